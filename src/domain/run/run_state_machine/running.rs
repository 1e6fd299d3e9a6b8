//! Whether an agent is at work, as the table means it.
//!
//! Before a push a waiting agent counts as running; afterwards only for a while.

use chrono::{DateTime, Utc};

use super::facts::{AgentState, Progress, RunFacts};
use super::waits::{WAITING_MAX, unchanged};

/// Returns whether the agent may still push or go on.
pub(super) fn is_running(facts: &RunFacts, now: DateTime<Utc>) -> bool {
    match facts.agent {
        AgentState::Starting | AgentState::Running => true,
        AgentState::Waiting => match facts.progress {
            Progress::Working => true,
            Progress::Pushed { .. } => unchanged(facts, now) < WAITING_MAX,
        },
        AgentState::Over
        | AgentState::Failed
        | AgentState::Dead
        | AgentState::Gone
        | AgentState::Unknown => false,
    }
}
