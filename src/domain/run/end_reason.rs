//! Why a run ended before a push, read from what is left in its thread after we stopped the agent ourselves.
//!
//! A tick that finishes an end which another tick began knows the kind from the title and not the reason, and the
//! thread now looks as if the agent had simply finished. This finds the reason again where the thread still shows it. It
//! decides nothing: the run has ended.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::reason::ReasonCode;
use crate::domain::run::thread_state::ThreadFacts;

/// Returns the most likely reason; [`ReasonCode::NoPush`] when nothing speaks for another.
#[must_use]
pub fn before_push(
    facts: &ThreadFacts,
    started_at: DateTime<Utc>,
    run_max: TimeDelta,
    stall_limit: TimeDelta,
) -> ReasonCode {
    let Some(log) = &facts.log else {
        return ReasonCode::AgentLost;
    };
    if !log.open_requests.is_empty() {
        return ReasonCode::AgentWaiting;
    }
    let session = facts.session.as_ref();
    // Our own stop was the last thing that happened to the session.
    let stopped_at = session.and_then(|session| session.updated_at);
    if stopped_at.is_some_and(|at| at - started_at >= run_max) {
        return ReasonCode::RunLimit;
    }
    let last_heard = log.last_answer_at.max(log.last_request_at);
    let silent = match (stopped_at, last_heard) {
        (Some(stopped_at), Some(last_heard)) => stopped_at - last_heard >= stall_limit,
        (None, _) | (_, None) => false,
    };
    if silent {
        return ReasonCode::AgentStalled;
    }
    let failed =
        log.start_failure.is_some() || session.is_some_and(|session| session.last_error.is_some());
    if failed {
        ReasonCode::AgentFailed
    } else if log.answers_since == 0 && log.last_checkpoint.is_none() {
        ReasonCode::AgentLost
    } else {
        ReasonCode::NoPush
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::thread_state::{
        OpenRequest, SessionFacts, StartFailure, ThreadLog, WaitsFor,
    };

    const RUN_MAX: TimeDelta = TimeDelta::hours(4);
    const STALL: TimeDelta = TimeDelta::minutes(30);

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    /// An agent that answered once and whose session was stopped a minute later.
    fn facts() -> ThreadFacts {
        ThreadFacts {
            session: Some(SessionFacts {
                status: "stopped".to_owned(),
                updated_at: Some(at(11)),
                ..SessionFacts::default()
            }),
            log: Some(ThreadLog {
                requests: 1,
                last_request_at: Some(at(0)),
                answers: 1,
                answers_since: 1,
                last_answer_at: Some(at(10)),
                ..ThreadLog::default()
            }),
            ..ThreadFacts::default()
        }
    }

    fn reason(bend: impl FnOnce(&mut ThreadFacts)) -> ReasonCode {
        let mut facts = facts();
        bend(&mut facts);
        before_push(&facts, at(0), RUN_MAX, STALL)
    }

    fn log(facts: &mut ThreadFacts) -> &mut ThreadLog {
        facts.log.as_mut().unwrap()
    }

    fn stopped(facts: &mut ThreadFacts, minutes: i64) {
        facts.session.as_mut().unwrap().updated_at = Some(at(minutes));
    }

    #[test]
    fn every_reason_is_found_again() {
        assert_eq!(reason(|_| {}), ReasonCode::NoPush);
        assert_eq!(reason(|facts| facts.log = None), ReasonCode::AgentLost);
        assert_eq!(
            reason(|facts| log(facts).open_requests.push(OpenRequest {
                waits_for: WaitsFor::Answer,
                at: None,
                turn: None,
                stale: false,
                question: None,
            })),
            ReasonCode::AgentWaiting
        );
        assert_eq!(reason(|facts| stopped(facts, 39)), ReasonCode::NoPush);
        assert_eq!(reason(|facts| stopped(facts, 40)), ReasonCode::AgentStalled);
        assert_eq!(
            reason(|facts| stopped(facts, 239)),
            ReasonCode::AgentStalled
        );
        assert_eq!(reason(|facts| stopped(facts, 240)), ReasonCode::RunLimit);
        assert_eq!(
            reason(|facts| facts.session.as_mut().unwrap().last_error = Some("killed".to_owned())),
            ReasonCode::AgentFailed
        );
        assert_eq!(
            reason(|facts| log(facts).start_failure = Some(StartFailure {
                at: None,
                detail: "no such model".to_owned(),
            })),
            ReasonCode::AgentFailed
        );
        assert_eq!(
            reason(|facts| {
                log(facts).answers_since = 0;
                log(facts).last_answer_at = None;
                stopped(facts, 1);
            }),
            ReasonCode::AgentLost
        );
    }
}
