//! The rows of a run without a commit on the branch.
//!
//! It does not ask what the agent said, only what its thread is doing and for how long.

use chrono::{DateTime, Utc};

use super::action::{Action, Decided};
use super::facts::{AgentState, RunFacts};
use super::waits::{START_MAX, WAITING_MAX, in_words, unchanged};
use crate::domain::config::RunLimits;
use crate::domain::reason::ReasonCode;
use crate::domain::verdict::ci::CommitSha;

pub(super) fn before_push(facts: &RunFacts, limits: &RunLimits, now: DateTime<Utc>) -> Decided {
    let hand_back = |code, detail: String| Decided::end(Action::EscalatePrepush, code, detail);
    let unchanged = unchanged(facts, now);
    let is_over_age = now - facts.clock_start() >= limits.run_max;
    let gone = lost_commit(facts).map(|commit| {
        format!(
            "commit {}, for which the corrective turn was, is no longer on the branch",
            commit.short()
        )
    });
    let over_age = || {
        let limit = in_words(limits.run_max);
        hand_back(
            ReasonCode::RunLimit,
            match &gone {
                Some(gone) => format!("The run reached its limit of {limit}, and {gone}."),
                None => {
                    format!("The run reached its limit of {limit} without a commit on the branch.")
                }
            },
        )
    };
    let wait = |detail: &str| Decided::go_on(Action::Wait, detail);
    if !facts.every_commit_read {
        return if is_over_age {
            hand_back(
                ReasonCode::RunLimit,
                format!(
                    "The run reached its limit of {}, and not every commit on the branch could be read: look there for what it pushed.",
                    in_words(limits.run_max)
                ),
            )
        } else {
            wait(
                "Not every commit since the start could be read, so it is not known whether one is the run's.",
            )
        };
    }
    // What ended may have pushed a moment ago: commit lists lag a push.
    let ended = |code, detail: &str| {
        if unchanged >= limits.settle {
            let gone = gone.as_deref().unwrap_or("no commit is on the branch");
            hand_back(code, format!("{detail}, and {gone}."))
        } else {
            wait(&format!("{detail}; its push may not show yet."))
        }
    };
    let said = |what: &str| match &facts.said {
        Some(said) => format!("{what} ({said})"),
        None => what.to_owned(),
    };
    match facts.agent {
        AgentState::Over => {
            let how = facts.said.as_deref().unwrap_or("The agent finished");
            ended(ReasonCode::NoPush, how)
        }
        AgentState::Failed => ended(ReasonCode::AgentFailed, &said("The agent failed")),
        AgentState::Dead => ended(ReasonCode::AgentStalled, "The agent went silent"),
        AgentState::Gone => ended(ReasonCode::AgentLost, "The agent's thread is gone"),
        AgentState::Waiting if unchanged >= WAITING_MAX => hand_back(
            ReasonCode::AgentWaiting,
            format!(
                "The agent has waited {} for an answer that nobody is there to give{}.",
                in_words(unchanged),
                facts
                    .said
                    .as_ref()
                    .map_or_else(String::new, |said| format!(": {said}"))
            ),
        ),
        AgentState::Starting if unchanged >= START_MAX => hand_back(
            ReasonCode::AgentLost,
            format!("The agent did not start within {}.", in_words(unchanged)),
        ),
        AgentState::Unknown if unchanged >= START_MAX => hand_back(
            ReasonCode::AgentLost,
            format!(
                "What the agent does has not been known for {}.",
                in_words(unchanged)
            ),
        ),
        AgentState::Starting | AgentState::Running | AgentState::Waiting if is_over_age => {
            over_age()
        }
        AgentState::Starting => wait("The agent is starting."),
        AgentState::Running => wait("The agent is at work."),
        AgentState::Waiting => wait("The agent waits for an answer."),
        AgentState::Unknown => wait("What the agent does is not known."),
    }
}

/// The commit of the newest corrective turn. It was on the branch, and no commit of the run is there any more: somebody pushed over
/// it.
fn lost_commit(facts: &RunFacts) -> Option<&CommitSha> {
    let newest = facts
        .corrections
        .iter()
        .max_by_key(|correction| correction.sent_at)?;
    newest.red_commit.as_ref()
}

/// The row of a run that a person withdrew before anything was pushed.
pub(super) fn withdrawn(facts: &RunFacts) -> Option<Decided> {
    let who_and_what = facts.revocation.in_words()?;
    Some(Decided::end(
        Action::StandDown,
        ReasonCode::Revoked,
        format!("Before anything was pushed, {who_and_what}: the run is stopped."),
    ))
}
