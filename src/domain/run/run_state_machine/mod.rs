//! The decision table of a run (SPEC 6): facts in, one action with its reason out.
//!
//! It reads nothing, sends nothing and remembers nothing: attempts, answered commits and times are our own messages in
//! T3, and `now` is an argument, so that a tick after a crash decides the same. It does not know how an action is
//! carried out, nor in which order; it only says which one, and why in a sentence for people.
//!
//! Rows without a commit: `before_push`. Rows with one: `after_push`. Rows of either kind: `brakes`, `provider_stop`.

use chrono::{DateTime, Utc};

use self::after_push::{after_push, green, hopeless};
use self::before_push::{before_push, withdrawn};
use self::brakes::braked;
use self::provider_stop::provider_stop;
use crate::domain::config::RunLimits;
use crate::domain::verdict::ci::Verdict;

mod action;
mod after_push;
mod before_push;
mod brakes;
mod facts;
mod given_up;
mod obstacle;
mod provider_stop;
mod running;
mod waits;

pub use self::action::{Action, Decided};
pub use self::facts::{AgentState, Correction, Progress, RunFacts, Stopped};
pub use self::given_up::{
    ForgeSilence, PATIENCE, Unread, WithoutForge, is_forge_lost, is_quiet, past_every_limit,
    sum_of_limits, without_forge, without_step,
};
pub use self::obstacle::{Obstacle, decide, forge_lost, halted};
pub use self::waits::{START_MAX, WAITING_MAX};

/// Returns what to do with a run: the first row of the table that matches.
#[must_use]
pub fn next_action(facts: &RunFacts, limits: &RunLimits, now: DateTime<Utc>) -> Decided {
    let pushed = match &facts.progress {
        Progress::Working => None,
        Progress::Pushed { commit, verdict } => Some((commit, verdict)),
    };
    if let Some((commit, Verdict::Green)) = pushed {
        return green(commit, facts, limits, now);
    }
    if let Some(braked) = braked(facts, limits, now) {
        return braked;
    }
    let hopeless = match pushed {
        Some((commit, verdict)) => hopeless(commit, verdict),
        None => withdrawn(facts),
    };
    if let Some(end) = hopeless.or_else(|| provider_stop(facts, limits, now)) {
        return end;
    }
    match pushed {
        Some((commit, verdict)) => after_push(commit, verdict, facts, limits, now),
        None => before_push(facts, limits, now),
    }
}

#[cfg(test)]
mod tests;
