//! The rows that stop an agent at work whatever it is about to do: `AFK_HALT` and the token limit.

use chrono::{DateTime, Utc};

use super::action::Decided;
use super::facts::RunFacts;
use super::running::is_running;
use crate::domain::config::RunLimits;
use crate::domain::reason::ReasonCode;

/// Returns the end that a brake makes of a run whose commit is not green; `None` when no brake is on.
pub(super) fn braked(facts: &RunFacts, limits: &RunLimits, now: DateTime<Utc>) -> Option<Decided> {
    let running = is_running(facts, now);
    // "May it still push" is not asked here: an agent that is silent, or waits for somebody, is stopped as well.
    let is_live = running || facts.live || facts.stopped.is_some();
    if facts.halted && is_live {
        return Some(Decided::hand_back(
            facts,
            ReasonCode::Halted,
            "AFK_HALT is on: the agent is stopped and the run handed back.",
        ));
    }
    let used = over_tokens(facts, limits)?;
    running.then(|| {
        Decided::hand_back(
            facts,
            ReasonCode::TokenLimit,
            format!("The run used {used} tokens, more than AFK_RUN_MAX_TOKENS allows."),
        )
    })
}

/// Returns the tokens of a run that used more than it may.
pub(super) fn over_tokens(facts: &RunFacts, limits: &RunLimits) -> Option<u64> {
    facts
        .tokens
        .filter(|used| limits.max_tokens.is_some_and(|max| *used > max))
}
