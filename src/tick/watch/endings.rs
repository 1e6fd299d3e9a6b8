//! Ends that are no row of the decision table.

use crate::domain::reason::ReasonCode;
use crate::domain::run::run_state_machine::{Action, Decided};

/// The end of a run whose forge was not to be read until its limits were over.
pub(super) fn forge_lost(why: &str) -> Decided {
    Decided {
        action: Action::EscalatePrepush,
        reason: Some(ReasonCode::ForgeLost),
        detail: format!("The run's limits are over, and its issue could not be read: {why}."),
    }
}
