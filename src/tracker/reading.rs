//! What the watcher reads about runs on a forge: issues, commits and checks, as the forge tells them.
//!
//! Judges nothing: whose commit it is, what a set of checks means and whether a run is revoked is decided by pure
//! code elsewhere.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::repository::Repository;
use crate::domain::identity::{Authorisation, ThreadId};
use crate::domain::issue::{Actor, IssueState, OwnAccount};
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::verdict::attribution::{Author, BranchCommit, LinkedCommit};
use crate::domain::verdict::ci::{CommitChecks, CommitSha};

/// What to read of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchQuery {
    /// The repository.
    pub repo: RepoRef,
    /// Its runs. Without one, no commits are read.
    pub runs: Vec<RunQuery>,
    /// The branch that runs push to, when it is not the default branch.
    pub branch: Option<String>,
}

/// One run to read about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunQuery {
    /// The bound issue.
    pub issue: IssueNumber,
    /// The run's thread, which its commits name.
    pub thread: ThreadId,
    /// When it was dispatched.
    pub dispatched_at: DateTime<Utc>,
    /// The same, minus slack for clocks that disagree: comments, events and commits are read back to this time.
    pub since: DateTime<Utc>,
}

/// What one bulk read tells about a repository and its runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchReading {
    /// The repository. Its `key` tells whether the name still means the repository that the run belongs to.
    pub repository: Repository,
    /// Issues, open or closed, that show the lock label. At most 100.
    pub locked: Vec<LockedIssue>,
    /// The issues of the runs, in the order of [`WatchQuery::runs`].
    pub runs: Vec<RunIssue>,
    /// Commits on the branch, newest first: the newest whatever their dates, and older ones back to the oldest
    /// [`RunQuery::since`] by committer date.
    pub commits: Vec<CommitReading>,
    /// Whether there are others in that time that were not read.
    pub more_commits: bool,
    /// Whether `commits` are all there are on the branch, back to its first.
    pub every_commit: bool,
    /// The branch, when the repository has others and not this one: it was renamed or deleted, and what runs pushed is elsewhere. Then
    /// no commits were read, and `more_commits` says so.
    pub absent_branch: Option<String>,
    /// Commits that events of the runs' issues name and that are not among `commits`, as far as they may be a run's.
    pub linked: Vec<LinkedCommit>,
}

/// An issue that shows the lock label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedIssue {
    /// Its number.
    pub number: IssueNumber,
    /// Its title.
    pub title: String,
    /// Its address for people.
    pub url: String,
    /// Open or closed.
    pub state: IssueState,
}

/// What became of the issue of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunIssue {
    /// It is there.
    Issue(Box<IssueReading>),
    /// The repository is readable and has no such issue: deleted, or made a discussion.
    Missing,
    /// The number leads to another repository now.
    Transferred,
    /// The repository is readable and the issue is withheld; why, for people.
    Unreadable(String),
}

impl RunIssue {
    /// Returns the issue, when it is there.
    #[must_use]
    pub fn issue(&self) -> Option<&IssueReading> {
        match self {
            Self::Issue(issue) => Some(issue),
            Self::Missing | Self::Transferred | Self::Unreadable(_) => None,
        }
    }
}

/// An issue, as far as a run asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueReading {
    /// Its number.
    pub number: IssueNumber,
    /// Its address for people.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Open or closed.
    pub state: IssueState,
    /// Names of the labels that it shows now.
    pub labels: Vec<String>,
    /// What happened to it, oldest first; at least everything since [`RunQuery::since`], unless `gaps` says otherwise.
    pub events: Vec<IssueEvent>,
    /// Comments by our own account, oldest first; at least those since [`RunQuery::since`], unless `gaps` says
    /// otherwise. Nobody else's comment is ever among them, whatever it looks like.
    pub own_comments: Vec<OwnComment>,
    /// What could not be read back far enough, for people. With anything here, "there is no such event" and "there is no
    /// such comment" are not known.
    pub gaps: Vec<String>,
    /// Whether one of the gaps is about comments: only then a comment of ours may exist that is not listed.
    pub comments_incomplete: bool,
}

impl IssueReading {
    /// Returns the label that is shown under this name in any case, in the case it is stored.
    #[must_use]
    pub fn shown_label(&self, name: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|shown| shown.to_lowercase() == name.to_lowercase())
            .map(String::as_str)
    }
}

/// Something that happened to an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueEvent {
    /// When, to one second.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// Whether it was our own account.
    pub by_us: bool,
    /// What.
    pub kind: IssueEventKind,
}

/// The kind of an event, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueEventKind {
    /// A label was put on.
    LabelAdded {
        /// The label's name. GitHub gives today's name, Forgejo too.
        label: String,
        /// The event's id: the authorisation, when the label is the ready label. `None` when the id can be none.
        id: Option<Authorisation>,
    },
    /// A label was taken off.
    LabelRemoved {
        /// The label's name today.
        label: String,
    },
    /// It was closed.
    Closed(Closer),
    /// It was opened again.
    Reopened,
    /// A commit somewhere mentions it. The branch is not known.
    Referenced {
        /// The commit.
        commit: CommitSha,
        /// Whether the commit was pushed to this repository; `false` for a fork or any other.
        here: bool,
    },
}

impl IssueEventKind {
    /// Returns what closed the issue, of an event that did.
    const fn closer(&self) -> Option<&Closer> {
        match self {
            Self::Closed(closer) => Some(closer),
            Self::LabelAdded { .. }
            | Self::LabelRemoved { .. }
            | Self::Reopened
            | Self::Referenced { .. } => None,
        }
    }
}

/// What closed an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closer {
    /// The actor, by hand or through the API.
    Actor,
    /// A commit with a closing keyword; the actor is whoever pushed it.
    Commit(CommitSha),
    /// A merged pull request.
    PullRequest {
        /// Its number.
        number: IssueNumber,
        /// The commit that merged it, when the forge tells.
        merge_commit: Option<CommitSha>,
        /// Who opened it.
        author: Actor,
    },
    /// Something else that the forge names.
    Other(String),
}

/// A comment by our own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnComment {
    /// The forge's id of the comment, as the acts take it.
    pub id: String,
    /// Its Markdown.
    pub body: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// Whether the newest edit is somebody else's, or nobody knows whose.
    pub edited_by_other: bool,
}

/// A commit on the branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitReading {
    /// Its full id.
    pub sha: CommitSha,
    /// Its message, as far as [`kept_message`](crate::domain::verdict::attribution::kept_message) keeps it.
    pub message: String,
    /// Committer date; whoever committed can have invented it.
    pub committed_at: DateTime<Utc>,
    /// Its address for people.
    pub url: String,
    /// Who wrote it.
    pub author: Option<Author>,
    /// Whether a bot wrote it.
    pub by_bot: bool,
    /// Its parents, the first one first; empty when nobody told.
    pub parents: Vec<CommitSha>,
    /// What the forge's checks say about it.
    pub checks: Checks,
}

impl CommitReading {
    /// Returns it without what CI says.
    #[must_use]
    pub fn commit(&self) -> BranchCommit {
        BranchCommit {
            sha: self.sha.clone(),
            message: self.message.clone(),
            committed_at: self.committed_at,
            author: self.author.clone(),
            by_bot: self.by_bot,
            parents: self.parents.clone(),
        }
    }
}

/// What the bulk read tells about the checks of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checks {
    /// All of them.
    Read(CommitChecks),
    /// Not to be had in bulk, and why, for people: ask [`super::Tracker::commit_checks`].
    Unreadable(String),
    /// Nobody asked, because it is no run's newest commit: ask [`super::Tracker::commit_checks`] where they matter.
    NotAsked,
}

impl IssueReading {
    /// Returns the commits, and the merge commits of pull requests, that closed it since `dispatched_at`, as the forge says. A
    /// commit that a bot pushed is not among them, whatever name its author has, unless it is an agent's: its notes close issues of
    /// other projects.
    #[must_use]
    pub fn closing_commits(
        &self,
        dispatched_at: DateTime<Utc>,
        own: &OwnAccount,
        agents: &BTreeSet<String>,
    ) -> Vec<CommitSha> {
        let bot_pushed = |event: &&IssueEvent| {
            let is_commit = matches!(event.kind, IssueEventKind::Closed(Closer::Commit(_)));
            is_commit && !event.by_us && event.actor.is_others_bot(own, agents)
        };
        let since = |event: &&IssueEvent| event.at >= dispatched_at && !bot_pushed(event);
        self.events
            .iter()
            .filter(since)
            .filter_map(|event| match event.kind.closer()? {
                Closer::Commit(sha)
                | Closer::PullRequest {
                    merge_commit: Some(sha),
                    ..
                } => Some(sha.clone()),
                Closer::Actor
                | Closer::Other(_)
                | Closer::PullRequest {
                    merge_commit: None, ..
                } => None,
            })
            .collect()
    }

    /// Returns the merge commits of pull requests that closed it and that a person opened. Where nobody told which accounts agents
    /// use there is none: any may be an agent's.
    #[must_use]
    pub fn merged_for_people(&self, own: &OwnAccount, agents: &BTreeSet<String>) -> Vec<CommitSha> {
        self.merged_for(|author| !agents.is_empty() && author.is_person(own, agents))
    }

    /// Returns the merge commits of pull requests that closed it and that somebody's bot opened: nobody's work on it, whoever merged
    /// them.
    #[must_use]
    pub fn merged_for_bots(&self, own: &OwnAccount, agents: &BTreeSet<String>) -> Vec<CommitSha> {
        self.merged_for(|author| author.is_others_bot(own, agents))
    }

    fn merged_for(&self, is_meant: impl Fn(&Actor) -> bool) -> Vec<CommitSha> {
        let closers = self.events.iter().filter_map(|event| event.kind.closer());
        let merged = closers.filter_map(|closer| match closer {
            Closer::PullRequest {
                merge_commit: Some(sha),
                author,
                ..
            } => Some((sha, author)),
            Closer::Actor
            | Closer::Commit(_)
            | Closer::Other(_)
            | Closer::PullRequest {
                merge_commit: None, ..
            } => None,
        });
        merged
            .filter(|(_, author)| is_meant(author))
            .map(|(sha, _)| sha.clone())
            .collect()
    }

    /// Returns the commits of this repository that its events name.
    pub fn named_commits(&self) -> impl Iterator<Item = &CommitSha> {
        self.events.iter().filter_map(|event| match &event.kind {
            IssueEventKind::Closed(
                Closer::Commit(sha)
                | Closer::PullRequest {
                    merge_commit: Some(sha),
                    ..
                },
            )
            | IssueEventKind::Referenced {
                commit: sha,
                here: true,
            } => Some(sha),
            IssueEventKind::Closed(
                Closer::Actor
                | Closer::Other(_)
                | Closer::PullRequest {
                    merge_commit: None, ..
                },
            )
            | IssueEventKind::LabelAdded { .. }
            | IssueEventKind::LabelRemoved { .. }
            | IssueEventKind::Reopened
            | IssueEventKind::Referenced { .. } => None,
        })
    }
}
