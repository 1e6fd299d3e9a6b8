//! The port to what happens to a commit after its build: the deploy and the rollout stage.
//!
//! A reader asks one service about one commit and gives evidence; what that means for a run is decided elsewhere, and
//! so are deadlines. It never triggers, restarts or changes anything.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::config::RepositoryConfig;
use crate::domain::identity::RepositoryId;
use crate::domain::repository::RepoRef;
use crate::domain::verdict::ci::{CommitSha, StageOutcome};
use crate::domain::verdict::deploy::Misfit;
use crate::service_error::ServiceError;

pub mod rollout;
pub mod woodpecker;

/// The longest that one request to such a service may take. One that accepts and does not answer must not use up the tick of all runs.
pub const REQUEST_MAX: Duration = Duration::from_secs(15);

/// What a stage is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageQuery<'a> {
    /// The repository.
    pub repo: &'a RepoRef,
    /// Its id on its forge, which tells it from another of the same name.
    pub id: RepositoryId,
    /// What the repository has.
    pub config: &'a RepositoryConfig,
    /// The branch that runs push to.
    pub branch: &'a str,
    /// The commit.
    pub commit: &'a CommitSha,
    /// All commits of the run.
    pub of_run: &'a [CommitSha],
    /// When the run began: nothing older is about it, whatever dates a commit carries.
    pub since: DateTime<Utc>,
    /// Commits that are known to contain it: the newer ones on its branch; and the run's, where it is the merge that brought that one.
    /// An image of one of them counts.
    pub descendants: &'a [CommitSha],
    /// Commits of the branch, the run's or not, newest first, as far as they were read.
    pub known: &'a [CommitSha],
    /// Whether `known` are all commits of the branch, back to its first.
    pub knows_all: bool,
    /// When the commit's deploy succeeded; `None` when the repository has no deploy stage.
    pub deployed_at: Option<DateTime<Utc>>,
    /// When the time of this stage began.
    pub began: DateTime<Utc>,
}

/// A service that knows one stage of commits.
pub trait StageReader: Sync {
    /// Returns what the service says about a commit now.
    ///
    /// # Errors
    ///
    /// Any: then nobody knows, and the stage counts as pending. [`crate::service_error::FailureKind::NotFound`] and
    /// [`crate::service_error::FailureKind::Denied`] are mistakes of configuration that a person must repair.
    fn read(&self, query: &StageQuery<'_>) -> Result<StageOutcome, ServiceError>;

    /// Returns why nothing that the service saw so far fits what is configured; `None` when something does, or when that can not be
    /// told. For whoever checks an installation: no tick asks it.
    ///
    /// # Errors
    ///
    /// As [`StageReader::read`].
    fn misfit(&self, _query: &StageQuery<'_>) -> Result<Option<Misfit>, ServiceError> {
        Ok(None)
    }
}
