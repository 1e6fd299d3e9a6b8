//! What stands in the way of the decision table: a thread that names two runs, and an issue that can not be read.
//!
//! Where nothing does, the table decides.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::action::{Action, Decided};
use super::facts::RunFacts;
use super::given_up::past_every_limit;
use super::next_action;
use crate::domain::config::RunLimits;
use crate::domain::reason::ReasonCode;

/// What keeps the table from being asked, or its answer from counting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Nothing.
    None,
    /// Title and messages of the thread name different runs.
    Forged,
    /// The issue could not be read; why, for people.
    Unreadable(String),
}

/// Returns what to do with a run that is not ended.
#[must_use]
pub fn decide(
    facts: &RunFacts,
    obstacle: &Obstacle,
    limits: &RunLimits,
    now: DateTime<Utc>,
) -> Decided {
    match obstacle {
        Obstacle::None => next_action(facts, limits, now),
        Obstacle::Forged => Decided::end(
            Action::EscalatePrepush,
            ReasonCode::Forged,
            "The thread's title and messages name different runs, so nothing is written to an issue.",
        ),
        Obstacle::Unreadable(why) => {
            let by_the_table = next_action(facts, limits, now);
            if past_every_limit(now - facts.clock_start_unpaused(now), limits) {
                forge_lost(&format!("its issue could not be read: {why}"))
            } else if by_the_table.reason == Some(ReasonCode::Halted) {
                // Who pulls the brake waits for no forge.
                by_the_table
            } else {
                Decided::go_on(
                    Action::Wait,
                    format!("Nothing is done while the issue can not be read: {why}."),
                )
            }
        }
    }
}

/// The end of a run whose forge was not to be read until its limits were over. `why` is a clause without a full stop.
#[must_use]
pub fn forge_lost(why: &str) -> Decided {
    Decided::end(
        Action::EscalatePrepush,
        ReasonCode::ForgeLost,
        format!("The run's limits are over, and {why}."),
    )
}

/// The end of a run whose agent is stopped by `AFK_HALT` while its forge can not be read.
#[must_use]
pub fn halted() -> Decided {
    Decided::end(
        Action::EscalatePrepush,
        ReasonCode::Halted,
        "AFK_HALT is on: the agent is stopped and the run handed back.",
    )
}
