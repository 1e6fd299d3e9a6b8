//! The port to a forge's issues.
//!
//! Speaks domain types only. What a call costs, how answers are paged and which service gives which fact is
//! the adapter's business. Nothing here decides anything.

use crate::domain::blocked_by::BlockedBy;
use crate::domain::identity::{Authorisation, RepositoryId, RepositoryKey};
use crate::domain::issue::{IssueFacts, OwnAccount, PermissionFact, RepositoryFacts};
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::service_error::ServiceError;

pub mod github;
pub mod router;

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

/// What one bulk read tells about a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositorySurvey {
    /// The repository as configured.
    pub repo: RepoRef,
    /// Its identity for good.
    pub key: RepositoryKey,
    /// Its numeric id.
    pub id: RepositoryId,
    /// Host of the forge without a port, for the workspace path.
    pub host: String,
    /// What the trust gate asks.
    pub facts: RepositoryFacts,
    /// The branch that runs push to; `None` in an empty repository.
    pub default_branch: Option<String>,
    /// Where the agent clones from.
    pub clone_url: String,
    /// The account that our token belongs to.
    pub own_account: OwnAccount,
    /// Open issues that show the ready label.
    pub ready: Vec<ReadyIssue>,
    /// Issues, open or closed, that show the lock label. At most 100: one is enough to brake.
    pub locked: Vec<IssueNumber>,
}

/// An open issue with the ready label, as far as the dispatch policy asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyIssue {
    /// Its number.
    pub number: IssueNumber,
    /// Its labels.
    pub labels: Vec<String>,
    /// The newest labelling with the ready label; `None` when the bulk read did not reach back to it.
    pub authorisation: Option<Authorisation>,
    /// Blockers that its body names.
    pub blocked_by: BlockedBy,
}

/// What a look-up of one number gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueLookup {
    /// An issue.
    Issue(Box<IssueFacts>),
    /// The number is a pull request.
    PullRequest,
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

    /// Reads everything that the trust gate asks about one issue, and resolves the blockers that its body names.
    /// `blocked_by` is what the body named when it was last seen; it saves a request when that is still so.
    ///
    /// # Errors
    ///
    /// When nothing can be said about the issue. Facts that are merely missing are named in
    /// [`IssueFacts::gaps`].
    fn issue(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        blocked_by: &BlockedBy,
    ) -> Result<IssueLookup, ServiceError>;

    /// Reads the issue again, right before the first turn: text, state, labels and the newest labelling.
    /// App involvement, blockers and hidden text are not asked for again.
    ///
    /// # Errors
    ///
    /// As [`Tracker::issue`].
    fn reread(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError>;

    /// Looks up the permission of `login` on the repository now; once per tick.
    ///
    /// # Errors
    ///
    /// When the look-up itself failed. A login that is no user, and a word we do not know, are facts.
    fn permission(
        &self,
        repository: &RepositorySurvey,
        login: &str,
    ) -> Result<PermissionFact, ServiceError>;

    /// Puts `label` on an issue; creates the label in the repository when it is missing. No effect when the
    /// issue shows it already.
    ///
    /// # Errors
    ///
    /// Any; the label may be on all the same when no answer came.
    fn add_label(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        label: &str,
    ) -> Result<(), ServiceError>;
}
