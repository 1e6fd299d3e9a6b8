//! The rows of a run whose commit is on the branch and judged.
//!
//! The verdict is given: how CI is read is decided in `domain::verdict`.

use chrono::{DateTime, Utc};

use super::action::{Action, Decided};
use super::brakes::over_tokens;
use super::facts::RunFacts;
use super::running::is_running;
use super::waits::in_words;
use crate::domain::config::RunLimits;
use crate::domain::reason::ReasonCode;
use crate::domain::verdict::ci::{CommitSha, Red, RedReason, Verdict};

/// The rows of a commit that no turn and no waiting makes green; `None` when there is hope.
pub(super) fn hopeless(commit: &CommitSha, verdict: &Verdict) -> Option<Decided> {
    let Verdict::Red(red) = verdict else {
        return None;
    };
    let (stage, commit) = (red.stage.as_str(), commit.short());
    let cause = |before: &str| {
        red.cause.as_ref().map_or_else(String::new, |cause| {
            format!("{before}{}", cause.trim_end_matches('.'))
        })
    };
    let freeze = |code, detail| Some(Decided::end(Action::FreezeEscalate, code, detail));
    match red.reason {
        RedReason::Failed => None,
        RedReason::Reverted => Some(Decided::end(
            Action::EscalatePrepush,
            ReasonCode::Reverted,
            format!(
                "What the run pushed was taken back: commit {commit}{}.",
                cause(", ")
            ),
        )),
        RedReason::CiSilent => freeze(
            ReasonCode::CiSilent,
            format!(
                "The {stage} of commit {commit} did not start or end in time{}.",
                cause(": ")
            ),
        ),
        RedReason::CiSkipped => freeze(
            ReasonCode::CiSkipped,
            format!("The message of commit {commit} asks CI to skip it, so nothing was checked."),
        ),
        RedReason::CiBlocked => {
            let names: Vec<&str> = red.checks.iter().map(|check| check.name.as_str()).collect();
            freeze(
                ReasonCode::CiBlocked,
                format!(
                    "The {stage} of commit {commit} needs a person: {}.",
                    names.join(", ")
                ),
            )
        }
    }
}

/// Decides about a run whose commit is pending, or red because something failed.
pub(super) fn after_push(
    commit: &CommitSha,
    verdict: &Verdict,
    facts: &RunFacts,
    limits: &RunLimits,
    now: DateTime<Utc>,
) -> Decided {
    match verdict {
        Verdict::Green => green(commit, facts, limits, now),
        Verdict::Red(red) => red_commit(commit, red, facts, limits, now),
        Verdict::Pending { stage, detail } => {
            let (stage, commit) = (stage.as_str(), commit.short());
            Decided::go_on(
                Action::Wait,
                format!("The {stage} of commit {commit} is not finished: {detail}."),
            )
        }
    }
}

/// The rows of a green commit.
pub(super) fn green(
    commit: &CommitSha,
    facts: &RunFacts,
    limits: &RunLimits,
    now: DateTime<Utc>,
) -> Decided {
    let commit = commit.short();
    let may_go_on = now - facts.clock_start() < limits.run_max
        && over_tokens(facts, limits).is_none()
        && !facts.halted;
    if is_running(facts, now) && may_go_on {
        return Decided::go_on(
            Action::Wait,
            format!("Commit {commit} is green and the agent is still at work; it may push more."),
        );
    }
    let quiet = facts.revocation.silences(facts.green_since);
    Decided::end(
        Action::CloseSuccess { quiet },
        ReasonCode::Landed,
        format!("Commit {commit} is green."),
    )
}

fn red_commit(
    commit: &CommitSha,
    red: &Red,
    facts: &RunFacts,
    limits: &RunLimits,
    now: DateTime<Utc>,
) -> Decided {
    let commit_name = commit.short();
    let red_since = now - facts.first_red_at(red.at);
    let attempts = facts.attempts();
    let freeze = |code, detail| Decided::end(Action::FreezeEscalate, code, detail);
    if red_since >= limits.fix_forward_max {
        freeze(
            ReasonCode::BudgetExhausted,
            format!(
                "Commit {commit_name} is red, and the time for repairs ({}) is used up.",
                in_words(limits.fix_forward_max)
            ),
        )
    } else if is_running(facts, now) {
        Decided::go_on(
            Action::Wait,
            format!("Commit {commit_name} is red and the agent is still at work."),
        )
    } else if let Some(who_and_what) = facts.revocation.in_words() {
        freeze(
            ReasonCode::RevokedRed,
            format!("Commit {commit_name} is red, and {who_and_what}."),
        )
    } else if facts.has_answered(commit) {
        freeze(
            ReasonCode::NoNewCommit,
            format!(
                "Commit {commit_name} is red; the agent had a corrective turn for it, which brought no commit with the run's line."
            ),
        )
    } else if attempts >= limits.fix_forward_max_attempts {
        freeze(
            ReasonCode::BudgetExhausted,
            match limits.fix_forward_max_attempts {
                0 => format!("Commit {commit_name} is red, and corrective turns are switched off."),
                1 => format!(
                    "Commit {commit_name} is red, and the only attempt to repair is used up."
                ),
                max => format!(
                    "Commit {commit_name} is red, and all {max} attempts to repair are used up."
                ),
            },
        )
    } else if facts.draining {
        let brake = if facts.halted {
            "AFK_HALT"
        } else {
            "the kill switch"
        };
        Decided::go_on(
            Action::Wait,
            format!("Commit {commit_name} is red; {brake} is on, so no corrective turn is sent."),
        )
    } else {
        Decided::go_on(
            Action::FixForward,
            format!(
                "Commit {commit_name} is red: corrective turn {} of {}.",
                attempts + 1,
                limits.fix_forward_max_attempts
            ),
        )
    }
}
