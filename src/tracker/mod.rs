//! The port to a forge's issues.
//!
//! Speaks domain types only. What a call costs, how answers are paged and which service gives which fact is
//! the adapter's business. Nothing here decides anything.

use chrono::{DateTime, Utc};

use crate::domain::identity::Authorisation;
use crate::domain::issue::{
    Assignment, Blocker, IssueFacts, Parent, Permission, PermissionFact, Rival,
};
use crate::domain::repository::{ForgeKind, IssueNumber, IssueRef, RepoRef};
use crate::domain::start::blocked_by::BlockerRef;
use crate::domain::verdict::ci::{Check, CommitChecks, CommitSha};
use crate::domain::verdict::deploy::ForgeDeployment;
use crate::service_error::{FailureKind, ServiceError};

mod attributed;
mod commit_message;
pub mod forgejo;
pub mod github;
pub mod github_app;
mod groups;
mod once;
mod points;
pub mod reading;
mod repository;
pub mod router;

use self::groups::{each_in_groups, grouped, in_groups};
use self::once::Asked;
pub use self::points::Points;
pub use self::reading::{
    Checks, Closer, CommitReading, IssueEvent, IssueEventKind, IssueReading, LockedIssue,
    OwnComment, RunIssue, RunQuery, WatchQuery, WatchReading,
};
pub use self::repository::Repository;

/// The names of the three labels that the loop reads and writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelNames {
    /// Asks for a run.
    pub ready: String,
    /// Shows that a run is under way, and brakes poll.
    pub in_progress: String,
    /// Shows that a person must look.
    pub ready_for_human: String,
}

/// What poll's bulk read tells about a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositorySurvey {
    /// The repository.
    pub repository: Repository,
    /// Open issues that show the ready label.
    pub ready: Vec<ReadyIssue>,
    /// Whether there are more of them than are listed: the newest are missing then.
    pub more_ready: bool,
    /// Issues, open or closed, that show the lock label. At most 100: one is enough to brake.
    pub locked: Vec<IssueNumber>,
}

/// An open issue with the ready label, as far as the dispatch policy asks, and what already shows that it can not start.
///
/// It holds nothing that people write at length, so that many of them can be held at once. A fact that the bulk read does not
/// tell is left out here and asked for with the issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyIssue {
    /// Its number.
    pub number: IssueNumber,
    /// Its labels.
    pub labels: Vec<String>,
    /// The newest labelling with the ready label; `None` when the bulk read did not reach back to it.
    pub authorisation: Option<Authorisation>,
    /// When that labelling was made, to one second; `None` with the same.
    pub labelled_at: Option<DateTime<Utc>>,
    /// When its body was edited last; `None` when it never was, or the bulk read does not tell.
    pub edited_at: Option<DateTime<Utc>>,
    /// Open sub-issues; `None` when the forge has no such thing.
    pub open_sub_issues: Option<u64>,
    /// Open native blockers; `None` when the forge has no such count.
    pub open_blockers: Option<u64>,
    /// Native blockers, as far as the bulk read lists them.
    pub blockers: Vec<Blocker>,
    /// Who is assigned now, as far as the bulk read tells since when.
    pub assignees: Vec<Assignment>,
    /// Open pull requests that will close it, as far as the bulk read tells.
    pub rivals: Vec<Rival>,
}

/// An issue that changed lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedIssue {
    /// Its number.
    pub number: IssueNumber,
    /// Whether it is closed.
    pub is_closed: bool,
    /// Names of the labels that it shows now.
    pub labels: Vec<String>,
    /// Whether anybody commented on it.
    pub has_comments: bool,
}
/// Issues that [`Tracker::issues`] is asked for at once, at most.
pub const ISSUES_AT_ONCE: usize = 20;

/// Returns whether one request can tell of many issues on this kind of forge. Where it can not, no more are read than may matter.
#[must_use]
pub const fn reads_issues_together(forge: ForgeKind) -> bool {
    match forge {
        ForgeKind::GitHub => true,
        ForgeKind::Forgejo => false,
    }
}

/// What a look-up of one number gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueLookup {
    /// An issue.
    Issue(Box<IssueFacts>),
    /// The number is a pull request.
    PullRequest,
    /// An issue whose answer is longer than the adapter reads, in bytes; nothing else is known of it.
    TooLong(usize),
    /// The repository is readable and has no such issue: deleted, or transferred away.
    Missing,
}

/// A forge, as the ticks see it.
pub trait Tracker: Sync {
    /// Reads all `repos` in bulk. The result has one entry per repository, in their order: a failure of one
    /// leaves the others alone.
    ///
    /// # Errors
    ///
    /// Per repository; [`crate::service_error::FailureKind::Moved`] when it was renamed.
    fn survey(&self, repos: &[RepoRef]) -> Vec<Result<RepositorySurvey, ServiceError>>;

    /// Reads everything that the trust gate asks about one issue, with what its body names and what [`Tracker::confirm`] adds.
    ///
    /// # Errors
    ///
    /// When nothing can be said about the issue. Facts that are merely missing are named in
    /// [`IssueFacts::gaps`].
    fn issue(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError>;

    /// Reads what many issues tell of themselves, in as few requests as the forge allows; at most [`ISSUES_AT_ONCE`] of them,
    /// because their texts are held. The result has one entry per issue, in their order: a failure of one leaves the others
    /// alone. Blockers that bodies name, comments, and what only a look-up of its own tells, may be missing.
    ///
    /// # Errors
    ///
    /// Per issue, as [`Tracker::issue`].
    fn issues(
        &self,
        wanted: &[(&Repository, IssueNumber)],
    ) -> Vec<Result<IssueLookup, ServiceError>> {
        wanted
            .iter()
            .map(|(repository, number)| self.issue(repository, *number))
            .collect()
    }

    /// As [`Tracker::issues`], and gives each result away as soon as it is read, with its place in `wanted`: however many of these
    /// calls are under way at once, a forge that answers many issues together holds the texts of one answer at a time.
    fn each_issue(
        &self,
        wanted: &[(&Repository, IssueNumber)],
        tell: &mut dyn FnMut(usize, Result<IssueLookup, ServiceError>),
    ) {
        for (place, lookup) in self.issues(wanted).into_iter().enumerate() {
            tell(place, lookup);
        }
    }

    /// Looks up the blockers that the bodies of these issues name, all together. What can not be looked up is an unresolved
    /// blocker. A forge whose [`Tracker::issues`] did so already does nothing.
    fn resolve_blockers(&self, issues: &mut [(&Repository, &mut IssueFacts)]) {
        let _ = issues;
    }

    /// Adds to the facts of one issue, which nothing else refuses, what only a look-up of its own tells: on GitHub, the events as
    /// REST has them, which name the App behind a labelling and do not lag, and the comments. A forge whose [`Tracker::issues`] told everything
    /// does nothing.
    ///
    /// # Errors
    ///
    /// As [`Tracker::issue`].
    fn confirm(&self, repository: &Repository, facts: &mut IssueFacts) -> Result<(), ServiceError> {
        let _ = (repository, facts);
        Ok(())
    }

    /// Reads the issue again, right before the first turn. App involvement, blockers that the body names, and the texts of comments
    /// may be left out: that nobody edited a comment proves that its text is the one that was checked.
    ///
    /// # Errors
    ///
    /// As [`Tracker::issue`].
    fn reread(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError>;

    /// Reads several issues again, in as few requests as the forge allows. One result per issue, in their order.
    ///
    /// # Errors
    ///
    /// Per issue, as [`Tracker::reread`].
    fn rereads(
        &self,
        wanted: &[(&Repository, IssueNumber)],
    ) -> Vec<Result<IssueLookup, ServiceError>> {
        wanted
            .iter()
            .map(|(repository, number)| self.reread(repository, *number))
            .collect()
    }

    /// Reads the issue that a body names as its parent. That it is not there is a fact.
    ///
    /// # Errors
    ///
    /// When nothing can be said about it.
    fn parent(
        &self,
        repository: &Repository,
        reference: &BlockerRef,
    ) -> Result<Parent, ServiceError>;

    /// Looks up the permission of `login` on the repository now; once per tick.
    ///
    /// # Errors
    ///
    /// When the look-up itself failed. A login that is no user, and a word we do not know, are facts.
    fn permission(
        &self,
        repository: &Repository,
        login: &str,
    ) -> Result<PermissionFact, ServiceError>;

    /// Looks many people up at once, where the forge can: a first look that refuses and never lets anybody pass. One entry per
    /// question, in their order; `None` when somebody may push, or when it could not be told this way.
    fn lower_permissions(&self, wanted: &[(&Repository, &str)]) -> Vec<Option<Permission>> {
        vec![None; wanted.len()]
    }

    /// Reads the repositories of runs in bulk. The result has one entry per query, in their order: a failure of one
    /// leaves the others alone. Nothing partial is returned: what is in a reading is whole, or says that it is not.
    ///
    /// # Errors
    ///
    /// Per repository; [`crate::service_error::FailureKind::Moved`] when it has another name now. The caller may ask
    /// again under that name and compare [`Repository::key`].
    fn watch(&self, queries: &[WatchQuery]) -> Vec<Result<WatchReading, ServiceError>>;

    /// Reads one issue, with its events and our own comments back to its beginning.
    ///
    /// # Errors
    ///
    /// When nothing can be said about the issue, or the repository has another name now.
    fn stray(&self, issue: &IssueRef) -> Result<RunIssue, ServiceError>;

    /// Reads the issues, open or closed, that changed since a time, the latest first; at most 100. Used to find notes of ours
    /// whose issue is not ready any more. A forge on which no notes are written answers nothing.
    ///
    /// # Errors
    ///
    /// Any.
    fn changed_since(
        &self,
        _repo: &RepoRef,
        _since: DateTime<Utc>,
    ) -> Result<Vec<ChangedIssue>, ServiceError> {
        Ok(Vec::new())
    }

    /// Reads all checks of one commit, whatever it takes. Check runs that a newer attempt replaced are left out. Empty
    /// means that nothing has reported yet: whether something will, only the configuration can tell.
    ///
    /// # Errors
    ///
    /// When a part is not to be had: a part of the checks proves nothing.
    fn commit_checks(&self, repo: &RepoRef, sha: &CommitSha) -> Result<CommitChecks, ServiceError>;

    /// As [`Self::commit_checks`], for names that runs of any event may report: where a forge tells those of a push apart and more
    /// cheaply, this reads the newest run of each workflow and other event beside them.
    ///
    /// # Errors
    ///
    /// The same.
    fn commit_checks_of_any_event(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
    ) -> Result<CommitChecks, ServiceError> {
        self.commit_checks(repo, sha)
    }

    /// Reads the deployments to one environment that were made since then, newest first; older ones may be among them.
    ///
    /// # Errors
    ///
    /// Any; [`FailureKind::NotFound`] by a forge that has no such thing, [`FailureKind::Unreadable`] when there are too many: a
    /// part of them proves nothing.
    fn deployments(
        &self,
        repo: &RepoRef,
        environment: &str,
        _since: DateTime<Utc>,
    ) -> Result<Vec<ForgeDeployment>, ServiceError> {
        Err(ServiceError::new(
            repo.forge().as_str(),
            format!("read deployments to {environment}"),
            FailureKind::NotFound,
            "this forge has no deployments; configure another deploy in AFK_REPOS",
        ))
    }

    /// Returns what was spent of the rate limits so far; empty where there are none.
    fn points(&self) -> Vec<Points> {
        Vec::new()
    }

    /// Returns a short piece of what a failed check said, at most 500 characters, when the forge has one. Never
    /// fails: without one, people follow the link.
    fn failure_excerpt(&self, repo: &RepoRef, check: &Check) -> Option<String>;

    /// Puts `label` on an issue; creates the label in the repository when it is missing. No effect when the
    /// issue shows it already.
    ///
    /// # Errors
    ///
    /// Any; the label may be on all the same when no answer came.
    fn add_label(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError>;

    /// Takes `label` off an issue, in whatever case it is stored. No effect when the issue does not show it.
    ///
    /// # Errors
    ///
    /// Any; the label may be off all the same when no answer came.
    fn remove_label(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError>;

    /// Writes a comment and returns the forge's id of it. The one act here that is not safe to repeat: after an unclear
    /// failure the caller reads our own comments first.
    ///
    /// # Errors
    ///
    /// Any; the comment may be there all the same when no answer came.
    fn create_comment(&self, issue: &IssueRef, body: &str) -> Result<String, ServiceError>;

    /// Replaces the text of a comment.
    ///
    /// # Errors
    ///
    /// [`crate::service_error::FailureKind::NotFound`] when somebody deleted it: the caller writes a new one.
    fn edit_comment(&self, issue: &IssueRef, comment: &str, body: &str)
    -> Result<(), ServiceError>;

    /// Deletes a comment. No effect when it is gone.
    ///
    /// # Errors
    ///
    /// Any; the comment may be gone all the same when no answer came.
    fn delete_comment(&self, issue: &IssueRef, comment: &str) -> Result<(), ServiceError>;

    /// Closes an issue as completed. No effect when it is closed.
    ///
    /// # Errors
    ///
    /// Any; it may be closed all the same when no answer came.
    fn close_issue(&self, issue: &IssueRef) -> Result<(), ServiceError>;

    /// Opens an issue again. No effect when it is open.
    ///
    /// # Errors
    ///
    /// Any; it may be open all the same when no answer came.
    fn reopen_issue(&self, issue: &IssueRef) -> Result<(), ServiceError>;
}
