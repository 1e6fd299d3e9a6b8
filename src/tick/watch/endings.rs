//! Ends that are no row of the decision table.

use crate::domain::reason::ReasonCode;
use crate::domain::run::run_state_machine::{Action, Decided};

/// The end of a run whose forge was not to be read until its limits were over. `why` is a clause without a full stop.
pub(super) fn forge_lost(why: &str) -> Decided {
    Decided {
        action: Action::EscalatePrepush,
        reason: Some(ReasonCode::ForgeLost),
        detail: format!("The run's limits are over, and {why}."),
    }
}

/// The end of a run whose agent is stopped by `AFK_HALT` while its forge can not be read.
pub(super) fn halted() -> Decided {
    Decided {
        action: Action::EscalatePrepush,
        reason: Some(ReasonCode::Halted),
        detail: "AFK_HALT is on, so the agent was stopped.".to_owned(),
    }
}
