//! Steps that T3 refuses for good, forges that can not be read any more, and ends that another tick began.
//!
//! Neither is a row of the table: the run was decided before, or can not be.

use chrono::{DateTime, TimeDelta, Utc};

use super::action::{Action, Decided};
use crate::domain::config::RunLimits;
use crate::domain::identity::EndKind;
use crate::domain::reason::ReasonCode;
use crate::domain::run::revocation::Revocation;

/// Returns the sum of the limits of a run: run, fix-forward, and both of CI. Past it nothing of it can still be under way.
#[must_use]
pub fn sum_of_limits(limits: &RunLimits) -> TimeDelta {
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
    run_max + fix_forward_max + ci_start_max + ci_max
}

/// Returns whether a run is older than the sum of its limits: a step that T3 refuses, and a forge that can not be read, is
/// given up.
#[must_use]
pub fn past_every_limit(run_age: TimeDelta, limits: &RunLimits) -> bool {
    run_age > sum_of_limits(limits)
}

/// Returns what replaces a decision whose step is given up: an end stays what it is and goes on without its record in the
/// title, and a turn becomes a hand-back. `pushed` says whether a commit is on the branch.
#[must_use]
pub fn without_step(refused: Decided, pushed: bool) -> Decided {
    match refused.action {
        Action::FixForward => Decided::end(
            Action::FreezeEscalate,
            ReasonCode::RunLimit,
            "The commit is red, and T3 refused the corrective turn for good.",
        ),
        Action::Resume => Decided::end(
            if pushed {
                Action::FreezeEscalate
            } else {
                Action::EscalatePrepush
            },
            ReasonCode::ProviderFailed,
            "The run was stopped, and T3 refused the turn that tells the agent to go on.",
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
pub fn is_quiet(end: EndKind, revocation: &Revocation, green_since: Option<DateTime<Utc>>) -> bool {
    match end {
        EndKind::Done => revocation.silences(green_since),
        EndKind::StoodDown => true,
        EndKind::NeedsHuman | EndKind::Frozen => false,
    }
}
