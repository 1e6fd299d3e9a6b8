//! The decision table of a run (SPEC 6): facts in, one action with its reason out.
//!
//! It reads nothing, sends nothing and remembers nothing: attempts, answered commits and times are our own messages in
//! T3, and `now` is an argument, so that a tick after a crash decides the same. It does not know how an action is
//! carried out, nor in which order; it only says which one, and why in a sentence for people.
//!
//! Rows without a commit: `before_push`. Rows with one: `after_push`.

use chrono::{DateTime, Utc};

use self::after_push::after_push;
use self::before_push::before_push;
use crate::domain::config::RunLimits;

mod action;
mod after_push;
mod before_push;
mod facts;
mod given_up;
mod waits;

pub use self::action::{Action, Decided};
pub use self::facts::{AgentState, Correction, Progress, RunFacts};
pub use self::given_up::{is_quiet, step_given_up, without_step};
pub use self::waits::{START_MAX, WAITING_MAX};

/// Returns what to do with a run: the first row of the table that matches.
#[must_use]
pub fn next_action(facts: &RunFacts, limits: &RunLimits, now: DateTime<Utc>) -> Decided {
    match &facts.progress {
        Progress::Working => before_push(facts, limits, now),
        Progress::Pushed { commit, verdict } => after_push(commit, verdict, facts, limits, now),
    }
}

#[cfg(test)]
mod tests;
