//! An issue as the watcher reads it: its events, and the comments by our own account.
//!
//! What the bulk read gave is read on, page by page, back to the run's dispatch. A comment by anybody else is dropped
//! here, before anything looks at its text.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::documents::DETAIL_PAGE;
use super::older_pages::List;
use super::wire::{Named, Nodes, WireActor, actor, issue_state, maybe_null};
use super::{GitHub, watch_documents};
use crate::domain::identity::{Authorisation, RepositoryId};
use crate::domain::issue::{Actor, OwnAccount};
use crate::domain::repository::IssueNumber;
use crate::domain::verdict::ci::CommitSha;
use crate::service_error::ServiceError;
use crate::tracker::{Closer, IssueEvent, IssueEventKind, IssueReading, OwnComment, Repository};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireRunIssue {
    number: u64,
    title: String,
    url: String,
    state: String,
    repository: WireHome,
    labels: Nodes<Option<Named>>,
    comments: Nodes<Lenient<WireRunComment>>,
    timeline_items: Nodes<Lenient<WireRunEvent>>,
}

/// An entry of a list, or that it lacks what it must have: withheld, or of a form that is not known. It costs itself alone.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Whole(T),
    Partly(IgnoredAny),
}

impl<T> Lenient<T> {
    fn whole(&self) -> Option<&T> {
        match self {
            Self::Whole(entry) => Some(entry),
            Self::Partly(_) => None,
        }
    }

    /// The whole ones; the others are gaps.
    fn split(entries: Vec<Self>, what: &str, gaps: &mut Vec<String>) -> Vec<T> {
        let mut whole = Vec::new();
        for entry in entries {
            match entry {
                Self::Whole(entry) => whole.push(entry),
                Self::Partly(_) => gaps.push(format!("{what} of which GitHub withholds a part")),
            }
        }
        whole
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireHome {
    database_id: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRunComment {
    full_database_id: Option<WireBigInt>,
    viewer_did_author: bool,
    body: String,
    created_at: DateTime<Utc>,
    /// Null says that nobody ever edited; a missing member says nothing.
    #[serde(deserialize_with = "maybe_null")]
    last_edited_at: Option<DateTime<Utc>>,
    editor: Option<WireActor>,
}

/// GitHub writes these as texts; the scalar's description allows numbers.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum WireBigInt {
    Text(String),
    Number(u64),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRunEvent {
    #[serde(rename = "__typename")]
    kind: String,
    created_at: Option<DateTime<Utc>>,
    actor: Option<WireActor>,
    id: Option<String>,
    label: Option<Named>,
    /// Of closings only: null says that the actor closed it; a missing member says nothing.
    #[serde(default, deserialize_with = "known")]
    closer: Option<Option<WireCloser>>,
    is_cross_repository: Option<bool>,
    commit: Option<WireCommitName>,
}

#[derive(Debug, Deserialize)]
struct WireCloser {
    #[serde(rename = "__typename")]
    kind: String,
    oid: Option<String>,
    number: Option<u64>,
    /// Of a pull request: who opened it; `None` where the account is gone.
    author: Option<WireProposer>,
    #[serde(rename = "mergeCommit")]
    merge_commit: Option<WireCommitName>,
}

/// Who opened a pull request; what is left out of it is not known.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireProposer {
    #[serde(rename = "__typename")]
    kind: String,
    login: Option<String>,
    database_id: Option<u64>,
}

impl WireProposer {
    fn to_actor(&self) -> Option<Actor> {
        let actor = WireActor {
            kind: self.kind.clone(),
            login: self.login.clone()?,
            database_id: self.database_id,
        };
        Some(actor.into_actor())
    }
}

#[derive(Debug, Deserialize)]
struct WireCommitName {
    oid: String,
}

fn known<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<WireCloser>>, D::Error> {
    maybe_null(deserializer).map(Some)
}

impl GitHub<'_> {
    /// Reads on what one page did not hold, back to `since`; all of it without a `since`. `None` when the
    /// answer is about an issue elsewhere.
    pub(super) fn watched_issue(
        &self,
        repository: &Repository,
        asked: IssueNumber,
        since: Option<DateTime<Utc>>,
        wire: WireRunIssue,
    ) -> Result<Option<IssueReading>, ServiceError> {
        let number = IssueNumber(wire.number);
        if number != asked || RepositoryId(wire.repository.database_id) != repository.id {
            return Ok(None);
        }
        let repo = &repository.repo;
        let own = &repository.own_account;
        let (mut gaps, mut comment_gaps) = (Vec::new(), Vec::new());
        let labels: Vec<String> = wire
            .labels
            .nodes
            .into_iter()
            .flatten()
            .map(|label| label.name)
            .collect();
        if wire.labels.total_count != Some(labels.len() as u64) {
            gaps.push("the issue has more labels than GitHub lists".to_owned());
        }
        let comments = self.back_to(
            &List {
                repo,
                number,
                field: "comments",
                document: &watch_documents::comments_page(),
                too_many: "the issue's comments are too many to be read back to the dispatch",
            },
            DETAIL_PAGE,
            wire.comments,
            |comments: &mut [Lenient<WireRunComment>]| {
                let oldest = comments.iter().find_map(Lenient::whole);
                reaches(since, oldest.map(|comment| comment.created_at))
            },
            &mut comment_gaps,
        )?;
        let events = self.back_to(
            &List {
                repo,
                number,
                field: "timelineItems",
                document: &watch_documents::events_page(),
                too_many: "the issue's events are too many to be read back to the dispatch",
            },
            DETAIL_PAGE,
            wire.timeline_items,
            |events: &mut [Lenient<WireRunEvent>]| {
                let mut whole = events.iter().filter_map(Lenient::whole);
                // The labelling that the run stems from is older than the run.
                let label = |event: &WireRunEvent| {
                    let name = event.label.as_ref().map(|label| label.name.as_str());
                    name == Some(self.labels.ready.as_str())
                };
                let oldest = events.iter().find_map(Lenient::whole);
                reaches(since, oldest.and_then(|event| event.created_at)) && whole.any(label)
            },
            &mut gaps,
        )?;
        let comments = Lenient::split(comments, "a comment", &mut comment_gaps);
        let events = Lenient::split(events, "an event", &mut gaps);
        let own_comments = comments
            .into_iter()
            .filter(|comment| comment.viewer_did_author)
            .filter_map(|comment| {
                let comment = comment.into_own(own);
                if comment.is_none() {
                    comment_gaps.push("a comment of ours without a usable id".to_owned());
                }
                comment
            })
            .collect();
        let mut known = Vec::new();
        for event in events {
            match event.into_event(own) {
                Ok(event) => known.extend(event),
                Err(why) => gaps.push(why),
            }
        }
        let comments_incomplete = !comment_gaps.is_empty();
        gaps.append(&mut comment_gaps);
        Ok(Some(IssueReading {
            number,
            url: wire.url,
            title: wire.title,
            state: issue_state(wire.state),
            labels,
            events: known,
            own_comments,
            gaps,
            comments_incomplete,
        }))
    }
}

/// Whether the oldest entry is from before `since`.
fn reaches(since: Option<DateTime<Utc>>, oldest: Option<DateTime<Utc>>) -> bool {
    match (since, oldest) {
        (Some(since), Some(oldest)) => oldest < since,
        (None, _) | (_, None) => false,
    }
}

impl WireRunComment {
    /// A comment of ours; `None` when GitHub tells no number, without which it can not be edited.
    fn into_own(self, own: &OwnAccount) -> Option<OwnComment> {
        let id = match self.full_database_id? {
            WireBigInt::Text(text) => text.parse::<u64>().ok()?,
            WireBigInt::Number(number) => number,
        };
        let edited_by_other = self.last_edited_at.is_some() && !is_own(&actor(self.editor), own);
        Some(OwnComment {
            id: id.to_string(),
            body: self.body,
            created_at: self.created_at,
            edited_by_other,
        })
    }
}

impl WireRunEvent {
    /// The event; `None` when it tells nothing that a run asks.
    ///
    /// # Errors
    ///
    /// A text for people when it lacks what it must have.
    fn into_event(self, own: &OwnAccount) -> Result<Option<IssueEvent>, String> {
        let lacks = |what: &str| format!("a {} without {what}", self.kind);
        let at = self.created_at.ok_or_else(|| lacks("a time"))?;
        let label = || {
            let label = self.label.as_ref().ok_or_else(|| lacks("a label"))?;
            Ok::<_, String>(label.name.clone())
        };
        let kind = match self.kind.as_str() {
            "LabeledEvent" => IssueEventKind::LabelAdded {
                label: label()?,
                id: self.id.as_deref().and_then(Authorisation::new),
            },
            "UnlabeledEvent" => IssueEventKind::LabelRemoved { label: label()? },
            "ReopenedEvent" => IssueEventKind::Reopened,
            "ClosedEvent" => IssueEventKind::Closed(match &self.closer {
                None => return Err(lacks("its closer")),
                Some(None) => Closer::Actor,
                Some(Some(closer)) => closer.meaning().ok_or_else(|| lacks("a usable closer"))?,
            }),
            "ReferencedEvent" => {
                let commit = self.commit.as_ref();
                match commit.and_then(|commit| CommitSha::parse(&commit.oid)) {
                    Some(commit) => IssueEventKind::Referenced {
                        commit,
                        here: self.is_cross_repository == Some(false),
                    },
                    // The commit is gone, or in a repository that our token can not see.
                    None => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        let actor = actor(self.actor);
        Ok(Some(IssueEvent {
            at,
            by_us: is_own(&actor, own),
            actor,
            kind,
        }))
    }
}

impl WireCloser {
    fn meaning(&self) -> Option<Closer> {
        Some(match self.kind.as_str() {
            "Commit" => Closer::Commit(CommitSha::parse(self.oid.as_deref()?)?),
            "PullRequest" => Closer::PullRequest {
                number: IssueNumber(self.number?),
                merge_commit: self
                    .merge_commit
                    .as_ref()
                    .and_then(|commit| CommitSha::parse(&commit.oid)),
                author: self
                    .author
                    .as_ref()
                    .and_then(WireProposer::to_actor)
                    .unwrap_or(Actor::Gone),
            },
            kind => Closer::Other(kind.to_owned()),
        })
    }
}

/// Whether an actor is our own account: by number where both sides tell one, by login otherwise.
fn is_own(actor: &Actor, own: &OwnAccount) -> bool {
    let plain = |login: &str| {
        login
            .strip_suffix("[bot]")
            .unwrap_or(login)
            .to_ascii_lowercase()
    };
    let (login, id) = match actor {
        Actor::User { login, id } => (login, *id),
        Actor::Bot { slug, id } => (slug, *id),
        Actor::Other { .. } | Actor::Gone => return false,
    };
    match (id, own.id) {
        (Some(id), Some(own)) => id == own,
        (None, _) | (_, None) => {
            let is_bot = matches!(actor, Actor::Bot { .. });
            is_bot == own.login.ends_with("[bot]") && plain(login) == plain(&own.login)
        }
    }
}
