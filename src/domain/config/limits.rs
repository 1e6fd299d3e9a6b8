//! What must not be exceeded: by a tick, by a run, by a stage of CI.
//!
//! It decides nothing: the decision table and the verdict take it as an argument.

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::value::Usd;

/// What must not be exceeded. Durations are 1 second to 30 days unless told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Runs under way at once, all repositories together; 1 to 1,000.
    pub max_in_flight: u32,
    /// Runs started within 24 hours, all repositories together, up to 10,000; `None` means no limit.
    pub max_starts_per_day: Option<u32>,
    /// What one run may cost; above 0 to 10,000 US dollars.
    pub budget: Usd,
    /// Corrective turns per run; 0 to 20, 0 means never.
    pub fix_forward_max_attempts: u32,
    /// Time from the first red until a run is frozen.
    pub fix_forward_max: TimeDelta,
    /// Time that a run may take until its push.
    pub run_max: TimeDelta,
    /// Silence after which an agent counts as dead.
    pub stall: TimeDelta,
    /// Time that a finished agent's push may take to show in commit lists.
    pub settle: TimeDelta,
    /// Time in which a CI stage must start.
    pub ci_start_max: TimeDelta,
    /// Time in which a CI stage must end.
    pub ci_max: TimeDelta,
    /// Age that the newest result of a green build must have where no checks are named; 0 to 1 hour.
    pub ci_settle: TimeDelta,
    /// Tokens that one run may use, as far as they are reported; `None` means no limit.
    pub run_max_tokens: Option<u64>,
    /// Resumes in a row after a provider's failure or a restart of T3; 0 to 100.
    pub resume_max: u32,
    /// Time that an agent may live on unseen after its server died.
    pub orphan: TimeDelta,
    /// Time that an authorisation must be old; 0 to 1 hour.
    pub ready_settle: TimeDelta,
    /// Time before an authorisation in which nobody untrusted may have changed the text; 0 to 1 day.
    pub quiet: TimeDelta,
    /// Time that one tick may take; no request outlives it.
    pub tick_max: Duration,
}

/// What a run must not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLimits {
    /// Corrective turns; 0 means never.
    pub fix_forward_max_attempts: u32,
    /// Time since the first red.
    pub fix_forward_max: TimeDelta,
    /// Age of the run.
    pub run_max: TimeDelta,
    /// Time that a finished agent's push may take to show in commit lists.
    pub settle: TimeDelta,
    /// Time in which a CI stage must start.
    pub ci_start_max: TimeDelta,
    /// Time in which a CI stage must end.
    pub ci_max: TimeDelta,
    /// Age that the newest result of a green build must have where no checks are named.
    pub ci_settle: TimeDelta,
    /// Tokens that the run may use, as far as they are reported; `None` means no limit.
    pub max_tokens: Option<u64>,
    /// Resumes in a row.
    pub resume_max: u32,
    /// Time that an agent may live on unseen after its server died.
    pub orphan: TimeDelta,
}

impl From<&Limits> for RunLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            fix_forward_max_attempts: limits.fix_forward_max_attempts,
            fix_forward_max: limits.fix_forward_max,
            run_max: limits.run_max,
            settle: limits.settle,
            ci_start_max: limits.ci_start_max,
            ci_max: limits.ci_max,
            ci_settle: limits.ci_settle,
            max_tokens: limits.run_max_tokens,
            resume_max: limits.resume_max,
            orphan: limits.orphan,
        }
    }
}
