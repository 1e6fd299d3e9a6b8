//! Which threads stopped although neither issue nor agent is to blame.
//!
//! An error counts where it is the last thing that the agent shows for the newest request. What it means is read by
//! [`provider_failure`](crate::domain::run::provider_failure).

use chrono::{DateTime, Utc};

use super::facts::{LastWords, RetryWarning, ThreadFacts};
use super::reading::{Death, Failure, ThreadState};
use crate::domain::run::provider_failure::{
    Place, Stop, StopCause, cause_by_status, cause_of, error_in,
};

/// How newer servers say that a session did not survive their restart.
const RESTART_WORDS: &str = "did not survive a server restart";

/// How agents' programs say that they were asked to end, as whoever shuts a server down asks all that it started.
const ENDED_WORDS: [&str; 5] = [
    "terminated by signal sigterm",
    "exited with code 143",
    "exited unexpectedly (143)",
    "signal=sigterm",
    "code=143",
];

/// How the server names its own refusal of a message: too long, or empty.
const OWN_REFUSAL: &str = "ProviderValidationError";

/// Returns whether the server was restarted under the agent, as far as the thread shows.
pub(super) fn restarted(facts: &ThreadFacts) -> bool {
    let Some(session) = &facts.session else {
        return false;
    };
    let says_so = facts.last_error().is_some_and(names_restart);
    // A recovered session names a turn that nobody works on.
    says_so || (session.status == "ready" && session.active_turn.is_some())
}

fn names_restart(error: &str) -> bool {
    error.to_lowercase().contains(RESTART_WORDS)
}

/// Whether the agent's program ended because it was told to. That it lives on is out of the question.
fn was_told_to_end(error: &str) -> bool {
    let error = error.to_lowercase();
    ENDED_WORDS.iter().any(|words| {
        error
            .match_indices(words)
            .any(|(at, _)| !error[at + words.len()..].starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// Returns what stopped a thread in this state, if that was its provider or a restart. `changed_at` stands for times that
/// the server does not tell.
pub(super) fn stop(
    facts: &ThreadFacts,
    state: &ThreadState,
    changed_at: DateTime<Utc>,
) -> Option<Stop> {
    match state {
        ThreadState::Over => {}
        ThreadState::Failed { why } => match why {
            Failure::Error(_) => {}
            Failure::NotStarted(said) => return refused_start(facts, said, changed_at),
            // Somebody wanted it so.
            Failure::Interrupted => return None,
        },
        ThreadState::Dead { why } => match why {
            Death::Silent | Death::SessionRecovered | Death::QuestionStale => return None,
        },
        ThreadState::Starting
        | ThreadState::Running
        | ThreadState::Waiting { .. }
        | ThreadState::Gone
        | ThreadState::Unknown { .. } => return None,
    }
    // A turn that completed after the error of its session did not end by it.
    let is_outlived = *state == ThreadState::Over && facts.worked_after_error_at().is_some();
    if let Some(error) = facts.last_error().filter(|_| !is_outlived) {
        if names_restart(error) || was_told_to_end(error) {
            return Some(Stop::of_restart(error, changed_at));
        }
        if let Some(cause) = cause_of(error, Place::SystemError) {
            let session = facts.session.as_ref();
            let at = session.and_then(|session| session.updated_at);
            return Some(Stop::of_provider(
                cause,
                error,
                at.unwrap_or(changed_at).min(changed_at),
            ));
        }
    }
    let log = facts.log.as_ref()?;
    let words = log
        .last_words
        .as_ref()
        .filter(|words| !words.shortened && is_last(facts, words.at));
    if let Some(words) = words
        && let Some((cause, error)) = error_in(&words.text, Place::Message)
    {
        let at = words.at.unwrap_or(changed_at).min(changed_at);
        return Some(Stop::of_provider(cause, error, at));
    }
    let retry = log.retry.as_ref()?;
    let gave_up = is_last(facts, retry.at)
        && was_last_try(retry)
        && !answered_after(retry, log.last_words.as_ref());
    gave_up.then(|| of_retry(retry, changed_at))
}

/// A turn that its provider refused before it began; `said` is what the server says about the start.
fn refused_start(facts: &ThreadFacts, said: &str, changed_at: DateTime<Utc>) -> Option<Stop> {
    // T3's own refusal of a message quotes it.
    if said.contains(OWN_REFUSAL) {
        return None;
    }
    if let Some(cause) = cause_of(said, Place::SystemError) {
        return Some(Stop::of_provider(cause, said, changed_at));
    }
    let error = facts.last_error()?;
    let cause = cause_of(error, Place::SystemError)?;
    let written_at = facts
        .session
        .as_ref()
        .and_then(|session| session.updated_at);
    // The error of the turn before passes, and tells nothing of this start; what only a person mends is still to be mended.
    let is_only_request = facts.log.as_ref().is_some_and(|log| log.requests <= 1);
    let is_of_this = is_only_request || facts.is_current(written_at);
    let at = written_at.unwrap_or(changed_at).min(changed_at);
    (is_of_this || !cause.is_resumable()).then(|| Stop::of_provider(cause, error, at))
}

/// Whether nothing of the agent came after a moment, and the newest request did not either.
fn is_last(facts: &ThreadFacts, at: Option<DateTime<Utc>>) -> bool {
    let used_a_tool = facts.log.as_ref().and_then(|log| log.last_tool_at);
    // Our request has the time of our clock, which may be ahead of the server's: there the order of the list counts.
    let answered = facts.log.as_ref().is_some_and(|log| log.answers_since > 0);
    (facts.is_current(at) || answered) && (at.is_none() || used_a_tool <= at)
}

fn was_last_try(retry: &RetryWarning) -> bool {
    match (retry.attempt, retry.attempts_max) {
        (Some(attempt), Some(max)) => attempt >= max,
        (None, _) | (_, None) => false,
    }
}

fn answered_after(retry: &RetryWarning, words: Option<&LastWords>) -> bool {
    words.is_some_and(|words| words.at >= retry.at)
}

fn of_retry(retry: &RetryWarning, changed_at: DateTime<Utc>) -> Stop {
    let cause: StopCause = cause_by_status(retry.status, &retry.error);
    let status = match retry.status {
        Some(status) => format!("HTTP {status}"),
        None => "no answer".to_owned(),
    };
    let said = if retry.error.is_empty() {
        status
    } else {
        format!("{status} ({})", retry.error)
    };
    Stop::of_provider(cause, &said, retry.at.unwrap_or(changed_at).min(changed_at))
}
