//! Commits: what a run's are looked for in, and what is known of the one that is watched.

use chrono::{DateTime, Utc};

use crate::domain::verdict::ci::CommitSha;

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchCommit {
    /// Its id.
    pub sha: CommitSha,
    /// Its whole message.
    pub message: String,
    /// The committer date, which whoever commits can set.
    pub committed_at: DateTime<Utc>,
}

/// Whether a commit that the issue's events name is on the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// It is; the forge was asked.
    OnBranch,
    /// It is not.
    Elsewhere,
    /// Nobody asked. A commit that the list of the branch holds is on it whatever this says.
    Unknown,
}

/// A commit that the issue's own events name: it closed or referenced the issue. Commits of other repositories are left
/// out by whoever reads the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedCommit {
    /// The commit.
    pub commit: BranchCommit,
    /// Where it is.
    pub placement: Placement,
}

/// What a run's commits are looked for in.
#[derive(Clone, Copy, Debug)]
pub struct Commits<'c> {
    /// The branch, newest first, from [`CLOCK_SLACK`] before the dispatch on.
    pub branch: &'c [BranchCommit],
    /// Commits that the issue's events name, in any order; reach further than a list that was cut short.
    pub linked: &'c [LinkedCommit],
}

/// How a commit was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributedBy {
    /// Its trailer names the run.
    Trailer,
    /// Fallback: it closes the bound issue.
    ClosesIssue,
    /// Fallback: it references the bound issue.
    ReferencesIssue,
}

impl AttributedBy {
    /// Returns whether it is the fallback, which people are told.
    #[must_use]
    pub const fn is_fallback(self) -> bool {
        match self {
            Self::Trailer => false,
            Self::ClosesIssue | Self::ReferencesIssue => true,
        }
    }
}

/// A commit on the branch that is newer than the watched one, whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewerCommit {
    /// Its id.
    pub sha: CommitSha,
    /// Its committer date.
    pub committed_at: DateTime<Utc>,
    /// Whether it is known, or nothing speaks against it, that it contains the watched commit.
    pub contains: bool,
}

/// The watched commit of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedCommit {
    /// Its id.
    pub sha: CommitSha,
    /// Its committer date.
    pub committed_at: DateTime<Utc>,
    /// How it was recognised.
    pub attributed_by: AttributedBy,
    /// What in its message makes CI skip it.
    pub skip_token: Option<String>,
    /// Every commit of the run, newest first, the watched one included.
    pub of_run: Vec<CommitSha>,
    /// What is newer on the branch, newest first.
    pub newer: Vec<NewerCommit>,
    /// The commit that took back the last of them, when all of them were taken back.
    pub reverted_by: Option<CommitSha>,
}
