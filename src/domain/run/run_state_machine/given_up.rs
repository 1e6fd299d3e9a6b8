//! Steps that T3 refuses for good, forges that can not be read any more, and ends that another tick began.
//!
//! Neither is a row of the table: the run was decided before, or can not be.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

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

/// How long past the sum of a run's limits what may come back is still waited for: a sink that can not be reached, and a forge
/// that does not answer.
pub const PATIENCE: TimeDelta = TimeDelta::days(1);

/// Why the forge of a run could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unread {
    /// It answered, and does not show the repository or the issue.
    Refused,
    /// It gave no answer that can be used, also when it was asked once more.
    Silent,
    /// It was not asked to the end: it limits us, or the tick's time was over.
    Unasked,
}

/// Returns whether a run is ended without its forge. One bad moment must not do that: an answer counts at once past the sum of
/// the limits, silence only where it was met twice, and what an earlier tick decided on the forge's own facts (`recorded`, other
/// than a hand-back) waits one day longer for a forge that is silent. A limit is no loss until then.
#[must_use]
pub fn is_forge_lost(
    unread: Unread,
    recorded: Option<EndKind>,
    run_age: TimeDelta,
    limits: &RunLimits,
) -> bool {
    let overdue = run_age - sum_of_limits(limits);
    let patience = match (unread, recorded) {
        (Unread::Refused, _)
        | (Unread::Silent, None | Some(EndKind::NeedsHuman | EndKind::Frozen)) => TimeDelta::zero(),
        (Unread::Silent, Some(EndKind::Done | EndKind::StoodDown)) | (Unread::Unasked, _) => {
            PATIENCE
        }
    };
    overdue > patience
}

/// What is known of a run whose forge could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgeSilence {
    /// Whether the id of its thread proves whose run it is.
    pub proven: bool,
    /// Why the forge could not be read.
    pub unread: Unread,
    /// The end that stands in its title.
    pub recorded: Option<EndKind>,
    /// Whether an agent may be at work, or would be told to go on.
    pub live: bool,
    /// Whether `AFK_HALT` is on.
    pub halted: bool,
    /// When the run's clock started.
    pub clock_start: DateTime<Utc>,
}

/// What is done with a run without its forge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutForge {
    /// Nothing yet.
    Waits,
    /// It was handed back: agent and bells wait for no forge.
    Finishes,
    /// It is ended, because its forge is lost.
    Lost,
    /// It is ended, because its agent has to be stopped.
    Halted,
}

impl ForgeSilence {
    /// Returns whether the forge is given up.
    #[must_use]
    pub fn is_lost(&self, limits: &RunLimits, now: DateTime<Utc>) -> bool {
        let age = now - self.clock_start;
        is_forge_lost(self.unread, self.recorded, age, limits)
    }
}

/// Returns what is done with a run whose forge could not be read.
#[must_use]
pub fn without_forge(
    silence: &ForgeSilence,
    limits: &RunLimits,
    now: DateTime<Utc>,
) -> WithoutForge {
    let lost = silence.is_lost(limits, now);
    let halts = silence.halted && silence.recorded.is_none() && silence.live;
    let handed_back = match silence.recorded {
        Some(EndKind::NeedsHuman | EndKind::Frozen) => true,
        Some(EndKind::Done | EndKind::StoodDown) | None => false,
    };
    if !silence.proven || !(lost || halts || handed_back) {
        WithoutForge::Waits
    } else if handed_back {
        WithoutForge::Finishes
    } else if lost {
        WithoutForge::Lost
    } else {
        WithoutForge::Halted
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: RunLimits = RunLimits {
        fix_forward_max_attempts: 5,
        fix_forward_max: TimeDelta::seconds(3_600),
        run_max: TimeDelta::seconds(14_400),
        settle: TimeDelta::seconds(120),
        ci_start_max: TimeDelta::seconds(900),
        ci_max: TimeDelta::seconds(5_400),
        ci_settle: TimeDelta::seconds(60),
        max_tokens: None,
        resume_max: 8,
        orphan: TimeDelta::seconds(600),
    };

    /// For each reason and each end that stands in the title: how long past the sum of the limits the run still waits.
    #[test]
    fn one_bad_moment_of_a_forge_ends_no_run_that_was_decided_on_its_facts() {
        let none = TimeDelta::zero();
        let hand_backs = [None, Some(EndKind::NeedsHuman), Some(EndKind::Frozen)];
        let others = [Some(EndKind::Done), Some(EndKind::StoodDown)];
        for (unread, recorded, waits) in [
            (Unread::Refused, &hand_backs[..], none),
            (Unread::Refused, &others, none),
            (Unread::Silent, &hand_backs, none),
            (Unread::Silent, &others, PATIENCE),
            (Unread::Unasked, &hand_backs, PATIENCE),
            (Unread::Unasked, &others, PATIENCE),
        ] {
            for recorded in recorded {
                let end = sum_of_limits(&LIMITS) + waits;
                let second = TimeDelta::seconds(1);
                assert!(!is_forge_lost(unread, *recorded, end, &LIMITS));
                assert!(is_forge_lost(unread, *recorded, end + second, &LIMITS));
            }
        }
    }
}
