//! Steps that T3 refuses for good, and ends that another tick began.
//!
//! Neither is a row of the table: the run was decided before.

use chrono::TimeDelta;

use super::action::{Action, Decided};
use crate::domain::config::RunLimits;
use crate::domain::identity::EndKind;
use crate::domain::reason::ReasonCode;
use crate::domain::run::revocation::Revocation;

/// Returns whether a step that T3 refuses again and again is given up: without any effect although the run is older than
/// everything that could still be under way.
#[must_use]
pub fn step_given_up(run_age: TimeDelta, limits: &RunLimits) -> bool {
    let RunLimits {
        fix_forward_max_attempts: _,
        fix_forward_max,
        run_max,
        settle: _,
        ci_start_max,
        ci_max,
        ci_settle: _,
        max_tokens: _,
        resume_max: _,
        orphan: _,
    } = *limits;
    run_age > run_max + fix_forward_max + ci_start_max + ci_max
}

/// Returns what replaces a decision whose step is given up: an end stays what it is and goes on without its record in the
/// title, and a corrective turn becomes a hand-back.
#[must_use]
pub fn without_step(refused: Decided) -> Decided {
    match refused.action {
        Action::FixForward => Decided::end(
            Action::FreezeEscalate,
            ReasonCode::RunLimit,
            "The commit is red, and T3 refused the corrective turn for good.",
        ),
        Action::Wait
        | Action::CloseSuccess { .. }
        | Action::EscalatePrepush
        | Action::FreezeEscalate
        | Action::StandDown => refused,
    }
}

/// Returns whether an end rings no bell; for a tick that finds the end in the title and goes on.
#[must_use]
pub fn is_quiet(end: EndKind, revocation: &Revocation) -> bool {
    match end {
        EndKind::Done => revocation.is_revoked(),
        EndKind::StoodDown => true,
        EndKind::NeedsHuman | EndKind::Frozen => false,
    }
}
