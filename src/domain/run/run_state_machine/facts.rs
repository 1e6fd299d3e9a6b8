//! Everything the decision table asks about one run.
//!
//! Facts only: nothing here decides.

use chrono::{DateTime, Utc};

use crate::domain::identity::MessageId;
use crate::domain::run::revocation::Revocation;
use crate::domain::verdict::ci::{CommitSha, Verdict};

/// What a run's thread is doing; without the evidence, which the table does not need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgentState {
    /// The turn is accepted and did not begin.
    Starting,
    /// The agent works.
    Running,
    /// The agent waits for an answer or an approval.
    Waiting,
    /// The turn finished, or the session was stopped without an error.
    Over,
    /// Error, interrupted, or failed to start.
    Failed,
    /// Silent past the stall limit, or an old turn on a recovered session.
    Dead,
    /// The thread is deleted, or a person archived it.
    Gone,
    /// Anything else.
    Unknown,
}

/// One corrective turn that we sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The commit that it asked to repair; `None` when the message no longer says: it counts as an attempt and answers nothing.
    pub red_commit: Option<CommitSha>,
    /// When.
    pub sent_at: DateTime<Utc>,
}

impl Correction {
    /// Reads one of our messages; `None` when it is the run's first message and not a corrective turn.
    #[must_use]
    pub fn of_message(message: &MessageId, sent_at: DateTime<Utc>) -> Option<Self> {
        let red_commit = message.repairs()?;
        Some(Self {
            red_commit: CommitSha::parse(red_commit),
            sent_at,
        })
    }
}

/// How far a run has come. Only a pushed commit has a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// No commit of the run is on the branch.
    Working,
    /// A commit is on the branch.
    Pushed {
        /// The watched commit.
        commit: CommitSha,
        /// What CI says about it.
        verdict: Verdict,
    },
}

/// Everything the table asks about one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFacts {
    /// What its thread is doing.
    pub agent: AgentState,
    /// When the thread last changed.
    pub changed_at: DateTime<Utc>,
    /// When the run's first message was sent; the run's age counts from here.
    pub started_at: DateTime<Utc>,
    /// The corrective turns that we sent, in any order.
    pub corrections: Vec<Correction>,
    /// Whether the authorisation was withdrawn.
    pub revocation: Revocation,
    /// Whether the kill switch is on: no turn may be sent.
    pub draining: bool,
    /// Whether a commit is on the branch, and what CI says about it.
    pub progress: Progress,
}

impl RunFacts {
    /// Returns how many corrective turns were sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        u32::try_from(self.corrections.len()).unwrap_or(u32::MAX)
    }

    /// Returns whether `commit` had its corrective turn.
    #[must_use]
    pub fn has_answered(&self, commit: &CommitSha) -> bool {
        self.corrections
            .iter()
            .any(|correction| correction.red_commit.as_ref() == Some(commit))
    }

    /// Returns when the fix-forward clock started: at `red_at`, when the failing check concluded, or at our first
    /// corrective message when that was earlier.
    #[must_use]
    pub fn first_red_at(&self, red_at: DateTime<Utc>) -> DateTime<Utc> {
        self.corrections
            .iter()
            .map(|correction| correction.sent_at)
            .fold(red_at, DateTime::min)
    }
}
