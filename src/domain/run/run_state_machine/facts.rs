//! Everything the decision table asks about one run.
//!
//! Facts only: nothing here decides.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::identity::MessageId;
use crate::domain::run::revocation::Revocation;
use crate::domain::verdict::ci::{CommitSha, Verdict};

/// What a run's thread is doing; without the evidence, which the table does not need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// A stop that is nobody's fault: the provider of the model failed, or T3's server was restarted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// When a turn "go on" may be sent; `None` when it would not help.
    pub resume_at: Option<DateTime<Utc>>,
    /// What happened, for people, without a full stop.
    pub what: String,
}

/// Everything the table asks about one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFacts {
    /// What its thread is doing.
    pub agent: AgentState,
    /// Whether an agent may be alive, whatever it is doing: what `AFK_HALT` stops.
    #[serde(default)]
    pub live: bool,
    /// When the thread last changed.
    pub changed_at: DateTime<Utc>,
    /// What T3 says about a failure, what the agent asks, or how it came to its end where it did not finish, for people; shortened.
    pub said: Option<String>,
    /// The last thing the thread shows is a stop that is nobody's fault.
    pub stopped: Option<Stopped>,
    /// How often the agent was told to go on, since any other message of ours.
    pub resumes: u32,
    /// When it was last told so: the clocks of the run and of fix-forward start anew.
    pub resumed_at: Option<DateTime<Utc>>,
    /// Tokens that T3 reports for the run; `None` when it reports none, which is not zero.
    pub tokens: Option<u64>,
    /// When the run's first message was sent.
    pub started_at: DateTime<Utc>,
    /// The corrective turns that we sent, in any order.
    pub corrections: Vec<Correction>,
    /// Whether the authorisation was withdrawn.
    pub revocation: Revocation,
    /// Whether the kill switch is on: no turn may be sent.
    pub draining: bool,
    /// Whether `AFK_HALT` is on: no agent of ours may live.
    pub halted: bool,
    /// Whether every commit since the dispatch was read. Otherwise "no commit" is not known.
    pub every_commit_read: bool,
    /// When the build of a green commit ended, as far as it is known.
    pub green_since: Option<DateTime<Utc>>,
    /// Whether a commit is on the branch, and what CI says about it.
    pub progress: Progress,
}

impl RunFacts {
    /// Returns the facts without what the agent said and what checks printed, which decides nothing.
    #[must_use]
    pub fn without_texts(&self) -> Self {
        let mut facts = self.clone();
        facts.said = None;
        if let Progress::Pushed { verdict, .. } = &mut facts.progress {
            *verdict = verdict.without_excerpts();
        }
        facts
    }

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
    /// corrective message when that was earlier, and never before the run itself did: after a restore of T3 the commit of the first
    /// try may be red for long. Anew with a resume.
    #[must_use]
    pub fn first_red_at(&self, red_at: DateTime<Utc>) -> DateTime<Utc> {
        let first = self
            .corrections
            .iter()
            .map(|correction| correction.sent_at)
            .fold(red_at, DateTime::min);
        first.max(self.clock_start())
    }

    /// Returns when the clock of the run started: with its first message, or with the last resume.
    #[must_use]
    pub fn clock_start(&self) -> DateTime<Utc> {
        self.resumed_at
            .map_or(self.started_at, |resumed| resumed.max(self.started_at))
    }

    /// Returns the same without the time in which its provider takes no work.
    #[must_use]
    pub fn clock_start_unpaused(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let began = self.clock_start();
        let resume_at = self.stopped.as_ref().and_then(|stopped| stopped.resume_at);
        resume_at.map_or(began, |at| began.max(at.min(now)))
    }
}
