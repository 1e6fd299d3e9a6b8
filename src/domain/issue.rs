//! Facts about an issue, as a forge tells them and before anybody judges them.
//!
//! Adapters fill these in; the trust gate reads them. A fact that an adapter could not get is named in
//! [`IssueFacts::gaps`] or has an explicit "unknown" value: it is never left out in silence.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::identity::Authorisation;
use crate::domain::repository::IssueNumber;

/// Who did something on a forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person's account.
    User {
        /// Login at the time of reading; can be renamed and registered anew by somebody else.
        login: String,
        /// Numeric account id; `None` when the answer at hand does not carry it.
        id: Option<u64>,
    },
    /// An App or another machine account.
    Bot {
        /// Login without a `[bot]` suffix: the App's slug.
        slug: String,
        /// Numeric account id; `None` when the answer at hand does not carry it.
        id: Option<u64>,
    },
    /// Something else that a forge calls an actor: organisation, mannequin, enterprise account, or a kind we do not know.
    Other {
        /// The forge's word for it.
        kind: String,
        /// Its login.
        login: String,
    },
    /// A deleted account, or an answer without an actor.
    Gone,
}

impl Actor {
    /// Returns a name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::User { login, .. } | Self::Other { login, .. } => login,
            Self::Bot { slug, .. } => slug,
            Self::Gone => "a deleted account",
        }
    }
}

/// Whether an App stood between a person and an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViaApp {
    /// The person acted directly.
    No,
    /// The App with this slug acted for the person.
    App(String),
    /// The forge did not say.
    Unknown,
}

/// Whether a label was put on or taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelChange {
    /// Put on the issue.
    Added,
    /// Taken off the issue.
    Removed,
}

/// One change of one label (GitHub REST 2022-11-28, `labeled` and `unlabeled` events).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelEvent {
    /// The event's id on the forge.
    pub id: Authorisation,
    /// When, to the forge's resolution of one second.
    pub at: DateTime<Utc>,
    /// On or off.
    pub change: LabelChange,
    /// The label's name as of the event.
    pub label: String,
    /// Who.
    pub actor: Actor,
    /// Through which App.
    pub via_app: ViaApp,
}

/// One edit of the body, or one rename.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// When, to one second.
    pub at: DateTime<Utc>,
    /// Who.
    pub editor: Actor,
}

/// What a forge tells about edits of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyEdits {
    /// The forge says that the body was never edited.
    Never,
    /// The body was edited.
    Edited {
        /// Time of the newest edit.
        last_at: DateTime<Utc>,
        /// The edits that could be listed, in any order.
        listed: Vec<Edit>,
        /// Whether `listed` holds every edit there was.
        complete: bool,
    },
    /// The forge hides edits (Forgejo, Gitea).
    Hidden {
        /// Whether nothing at all happened on the issue after the authorisation.
        quiet_since_authorisation: bool,
    },
}

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Who wrote it.
    pub author: Actor,
    /// Whether the forge's word for the author's relation to the repository leaves room for write access
    /// (GitHub `authorAssociation` OWNER, MEMBER or COLLABORATOR). Only narrows: the permission decides.
    pub author_may_have_write: bool,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was last edited by anybody.
    pub last_edited_at: Option<DateTime<Utc>>,
    /// Its Markdown.
    pub body: String,
}

/// Whether something that must be finished first is finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockerState {
    /// Closed or merged.
    Closed,
    /// Open.
    Open,
    /// Could not be looked up, and why.
    Unresolved(String),
}

/// One blocker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// Its name for people: `owner/name#n`.
    pub name: String,
    /// Its state.
    pub state: BlockerState,
}

/// Open or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueState {
    /// Open.
    Open,
    /// Closed for whatever reason.
    Closed,
    /// A word we do not know.
    Unknown(String),
}

/// Who may see a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Everything the trust gate asks about one issue, except permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueFacts {
    /// Its number.
    pub number: IssueNumber,
    /// Its address for people.
    pub url: String,
    /// Title, as shown.
    pub title: String,
    /// Body, as Markdown.
    pub body: String,
    /// Who opened it.
    pub author: Actor,
    /// Open or closed.
    pub state: IssueState,
    /// Whether the number is a pull request.
    pub is_pull_request: bool,
    /// Names of the labels that it shows now.
    pub labels: Vec<String>,
    /// Changes of labels, oldest first. At least everything since the newest change of the ready label.
    pub label_events: Vec<LabelEvent>,
    /// Renames, in any order. At least those at or after the authorisation.
    pub renames: Vec<Edit>,
    /// Times at which the issue was moved here from another repository.
    pub transfers: Vec<DateTime<Utc>>,
    /// Edits of the body.
    pub body_edits: BodyEdits,
    /// Comments, oldest first.
    pub comments: Vec<Comment>,
    /// Blockers: native dependencies and those named in the body.
    pub blockers: Vec<Blocker>,
    /// Open native blockers by the forge's own count; `None` when the forge has no such count.
    /// More than the open ones in `blockers` means that some are invisible to us.
    pub open_native_blockers: Option<u64>,
    /// Number of native blockers listed as open in `blockers`.
    pub listed_open_native_blockers: u64,
    /// What could not be read, or contradicts itself, for people. Anything here refuses.
    pub gaps: Vec<String>,
}

/// What the trust gate asks about the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// Whether it is read-only.
    pub archived: bool,
    /// Who may see it.
    pub visibility: Visibility,
}

/// A level of access to one repository, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// None at all.
    None,
    /// May read.
    Read,
    /// May label and edit issues, not push.
    Triage,
    /// May push.
    Write,
    /// May push and manage.
    Maintain,
    /// May do everything; owners count as admins.
    Admin,
}

impl Permission {
    /// Returns whether the level is enough to ask for a run.
    #[must_use]
    pub const fn is_trusted(self) -> bool {
        match self {
            Self::Write | Self::Maintain | Self::Admin => true,
            Self::None | Self::Read | Self::Triage => false,
        }
    }
}

/// What a look-up of one login's permission on one repository gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionFact {
    /// The forge's answer.
    Known {
        /// Numeric id of the account that has the login now.
        id: u64,
        /// Its level.
        permission: Permission,
    },
    /// Not to be had: unknown user, unknown word, refused or failed look-up; the text says which.
    Unknown(String),
}

/// Permissions on one repository, looked up by exact login. GitHub and Forgejo compare logins without ASCII case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(BTreeMap<String, PermissionFact>);

impl Permissions {
    /// Notes what a look-up gave.
    pub fn insert(&mut self, login: &str, fact: PermissionFact) {
        self.0.insert(login.to_ascii_lowercase(), fact);
    }

    /// Returns what is known of `login`, or `None` when nobody asked.
    #[must_use]
    pub fn of(&self, login: &str) -> Option<&PermissionFact> {
        self.0.get(&login.to_ascii_lowercase())
    }
}

/// The account that our token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAccount {
    /// Its login; `slug[bot]` for an App.
    pub login: String,
    /// Its numeric id, where the forge tells.
    pub id: Option<u64>,
}
