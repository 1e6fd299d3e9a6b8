//! Facts about an issue, as a forge tells them and before anybody judges them.
//!
//! Adapters fill these in; the trust gate reads them. A fact that an adapter could not get is named in
//! [`IssueFacts::gaps`] or has an explicit "unknown" value: it is never left out in silence.

mod actor;
mod address;
mod discussion;
mod history;
mod permission;
mod work;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::actor::{Actor, OwnAccount, ViaApp};
pub use self::address::{web_of_clone, web_of_issue};
pub use self::discussion::{Comment, Parent, ParentIssue};
pub use self::history::{BodyEdits, Edit, LabelChange, LabelEvent, StateChange, StateEvent};
pub use self::permission::{Permission, PermissionFact, Permissions};
pub use self::work::{Assignment, Blocker, BlockerState, Rival};
use crate::domain::repository::IssueNumber;

/// Open or closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueState {
    /// Open.
    Open,
    /// Closed for whatever reason.
    Closed,
    /// A word we do not know.
    Unknown(String),
}

/// Who may see a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Every member of the enterprise; counts as public.
    Internal,
    /// Collaborators only.
    Private,
    /// A word we do not know; counts as public.
    Unknown,
}

/// The longest title and body together that are read, in bytes. Beyond it nothing is looked for in them: some forges set no limit,
/// and a stranger must not decide how much memory a tick takes. An agent is told at most 120,000 characters, and so many bytes are
/// more than that in every writing.
pub const TEXT_MAX_BYTES: usize = 512 * 1024;

/// Everything the trust gate asks about one issue, except permissions. Texts of people are not written where facts are: what
/// was read of them is ([`TextFacts`](crate::domain::start::trust_gate::TextFacts)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueFacts {
    /// Its number.
    pub number: IssueNumber,
    /// Its address for people.
    pub url: String,
    /// Title, as shown.
    #[serde(skip)]
    pub title: String,
    /// Body, as Markdown; where it is longer than [`TEXT_MAX_BYTES`], a beginning that is, too.
    #[serde(skip)]
    pub body: String,
    /// Who opened it.
    pub author: Actor,
    /// When it was opened, to one second.
    pub created_at: DateTime<Utc>,
    /// Open or closed.
    pub state: IssueState,
    /// When it was closed and opened again, oldest first. At least everything at or after the authorisation.
    pub state_events: Vec<StateEvent>,
    /// Whether the number is a pull request.
    pub is_pull_request: bool,
    /// Names of the labels that it shows now.
    pub labels: Vec<String>,
    /// Changes of labels, oldest first. At least everything since the newest change of the ready label. Where two
    /// readings of a forge differ, what either of them has.
    pub label_events: Vec<LabelEvent>,
    /// Renames, in any order. At least those of a day before the authorisation, and later.
    pub renames: Vec<Edit>,
    /// Times at which the issue was moved here from another repository.
    pub transfers: Vec<DateTime<Utc>>,
    /// Edits of the body.
    pub body_edits: BodyEdits,
    /// Comments, oldest first.
    #[serde(skip)]
    pub comments: Vec<Comment>,
    /// Blockers: native dependencies and those named in the body.
    pub blockers: Vec<Blocker>,
    /// Open native blockers by the forge's own count; `None` when the forge has no such count.
    /// More than the open ones in `blockers` means that some are invisible to us.
    pub open_native_blockers: Option<u64>,
    /// Number of native blockers listed as open in `blockers`.
    pub listed_open_native_blockers: u64,
    /// Who is assigned now.
    pub assignees: Vec<Assignment>,
    /// Open sub-issues; `None` when the forge has no such thing.
    pub open_sub_issues: Option<u64>,
    /// Open pull requests that will close it; empty also when the forge has no such thing.
    pub rivals: Vec<Rival>,
    /// The issue that it is a part of.
    #[serde(skip)]
    pub parent: Parent,
    /// What could not be read, or contradicts itself, for people. Anything here refuses.
    pub gaps: Vec<String>,
}

impl IssueFacts {
    /// Returns the facts without what people wrote.
    #[must_use]
    pub fn without_texts(&self) -> Self {
        let Self {
            number,
            url,
            title: _,
            body: _,
            author,
            created_at,
            state,
            state_events,
            is_pull_request,
            labels,
            label_events,
            renames,
            transfers,
            body_edits,
            comments: _,
            blockers,
            open_native_blockers,
            listed_open_native_blockers,
            assignees,
            open_sub_issues,
            rivals,
            parent: _,
            gaps,
        } = self;
        Self {
            number: *number,
            url: url.clone(),
            title: String::new(),
            body: String::new(),
            author: author.clone(),
            created_at: *created_at,
            state: state.clone(),
            state_events: state_events.clone(),
            is_pull_request: *is_pull_request,
            labels: labels.clone(),
            label_events: label_events.clone(),
            renames: renames.clone(),
            transfers: transfers.clone(),
            body_edits: body_edits.clone(),
            comments: Vec::new(),
            blockers: blockers.clone(),
            open_native_blockers: *open_native_blockers,
            listed_open_native_blockers: *listed_open_native_blockers,
            assignees: assignees.clone(),
            open_sub_issues: *open_sub_issues,
            rivals: rivals.clone(),
            parent: Parent::None,
            gaps: gaps.clone(),
        }
    }

    /// Returns whether title and body are longer than is read, so that nothing of them counts but that.
    #[must_use]
    pub const fn is_beyond_reading(&self) -> bool {
        self.title.len() + self.body.len() > TEXT_MAX_BYTES
    }

    /// Returns the number of the account that did something here under this login.
    #[must_use]
    pub fn account_id(&self, login: &str) -> Option<u64> {
        let edits = match &self.body_edits {
            BodyEdits::Edited { listed, .. } => listed.as_slice(),
            BodyEdits::Never | BodyEdits::Hidden { .. } => &[],
        };
        let actors = std::iter::once(&self.author)
            .chain(self.label_events.iter().rev().map(|event| &event.actor))
            .chain(self.renames.iter().chain(edits).map(|edit| &edit.editor))
            .chain(self.rivals.iter().map(|rival| &rival.author))
            .chain(self.comments.iter().map(|comment| &comment.author));
        actors.into_iter().find_map(|actor| match actor {
            Actor::User { login: own, id } if own.eq_ignore_ascii_case(login) => *id,
            Actor::User { .. } | Actor::Bot { .. } | Actor::Other { .. } | Actor::Gone => None,
        })
    }
}

/// What the trust gate asks about the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryFacts {
    /// Whether it is read-only.
    pub archived: bool,
    /// What else keeps an agent's work out of it, as far as the forge tells.
    #[serde(default)]
    pub unworkable: Option<Unworkable>,
    /// Who may see it.
    pub visibility: Visibility,
}

/// Why no commit of a run can get into a repository that is not archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unworkable {
    /// It follows another repository.
    Mirror,
    /// It has no commit, and no branch to work on.
    Empty,
}

impl RepositoryFacts {
    /// Returns why no work can get into it, for people; empty where it is archived, which says all.
    #[must_use]
    pub const fn closed_to_work(&self) -> Option<&'static str> {
        match (self.archived, self.unworkable) {
            (true, _) => Some(""),
            (false, Some(Unworkable::Mirror)) => Some("it is a mirror: nobody can push to it"),
            (false, Some(Unworkable::Empty)) => Some("it is empty: there is no branch to work on"),
            (false, None) => None,
        }
    }
}
