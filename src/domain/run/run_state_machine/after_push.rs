//! The rows of a run whose commit is on the branch and judged.
//!
//! The verdict is given: how CI is read is decided in `domain::verdict`.

use chrono::{DateTime, Utc};

use super::action::{Action, Decided};
use super::facts::{AgentState, RunFacts};
use super::waits::{WAITING_MAX, in_words, unchanged};
use crate::domain::config::RunLimits;
use crate::domain::reason::ReasonCode;
use crate::domain::verdict::ci::{CommitSha, Red, RedReason, Verdict};

/// Decides about a run with a commit.
pub(super) fn after_push(
    commit: &CommitSha,
    verdict: &Verdict,
    facts: &RunFacts,
    limits: &RunLimits,
    now: DateTime<Utc>,
) -> Decided {
    match verdict {
        Verdict::Green => green(commit, facts, limits, now),
        // CI will not say anything about the commit, whatever the agent does.
        Verdict::Red(red) => match red.reason {
            RedReason::CiSilent => Decided::end(
                Action::FreezeEscalate,
                ReasonCode::CiSilent,
                format!(
                    "The {} of commit {} did not start or end in time{}.",
                    red.stage.as_str(),
                    commit.short(),
                    red.cause
                        .as_ref()
                        .map_or_else(String::new, |cause| format!(": {cause}"))
                ),
            ),
            RedReason::CiBlocked => Decided::end(
                Action::FreezeEscalate,
                ReasonCode::CiBlocked,
                format!(
                    "The {} of commit {} needs a person: {}.",
                    red.stage.as_str(),
                    commit.short(),
                    red.checks
                        .iter()
                        .map(|check| check.name.as_str())
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            ),
            RedReason::Reverted => Decided::end(
                Action::EscalatePrepush,
                ReasonCode::Reverted,
                format!(
                    "What the run pushed was taken back: commit {}{}.",
                    commit.short(),
                    red.cause
                        .as_ref()
                        .map_or_else(String::new, |cause| format!(", {cause}"))
                ),
            ),
            RedReason::CiSkipped => Decided::end(
                Action::FreezeEscalate,
                ReasonCode::CiSkipped,
                format!(
                    "The message of commit {} asks CI to skip it, so nothing was checked.",
                    commit.short()
                ),
            ),
            RedReason::Failed => red_commit(commit, red, facts, limits, now),
        },
        Verdict::Pending { stage, detail } => {
            let (stage, commit) = (stage.as_str(), commit.short());
            Decided::go_on(
                Action::Wait,
                format!("The {stage} of commit {commit} is not finished: {detail}."),
            )
        }
    }
}

/// Whether the agent may still push, once a commit is on the branch.
fn is_running(facts: &RunFacts, now: DateTime<Utc>) -> bool {
    match facts.agent {
        AgentState::Starting | AgentState::Running => true,
        AgentState::Waiting => unchanged(facts, now) < WAITING_MAX,
        AgentState::Over
        | AgentState::Failed
        | AgentState::Dead
        | AgentState::Gone
        | AgentState::Unknown => false,
    }
}

fn green(commit: &CommitSha, facts: &RunFacts, limits: &RunLimits, now: DateTime<Utc>) -> Decided {
    let commit = commit.short();
    if is_running(facts, now) && now - facts.started_at < limits.run_max {
        return Decided::go_on(
            Action::Wait,
            format!("Commit {commit} is green and the agent is still at work; it may push more."),
        );
    }
    let quiet = facts.revocation.is_revoked();
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
                "Commit {commit_name} is red; the agent had a corrective turn for it and pushed nothing."
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
        Decided::go_on(
            Action::Wait,
            format!(
                "Commit {commit_name} is red; the kill switch is on, so no corrective turn is sent."
            ),
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
