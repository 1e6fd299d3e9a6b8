//! The rules of `contracts/t3` section 6, in their order.

use chrono::{DateTime, TimeDelta, Utc};

use super::facts::{OpenRequest, SessionFacts, StartFailure, ThreadFacts, TurnFacts, WaitsFor};
use super::reading::{Death, Failure, SessionSign, ThreadReading, ThreadState};
use super::stopped::{restarted, stop};

/// Judges a thread by the rules of `contracts/t3` section 6, in their order.
#[must_use]
pub fn thread_state(
    facts: &ThreadFacts,
    now: DateTime<Utc>,
    stall_limit: TimeDelta,
) -> ThreadReading {
    let changed_at = facts.changed_at(now);
    let quiet_for = now - changed_at;
    let session = facts.session.as_ref();
    let state = state(facts, quiet_for >= stall_limit, changed_at);
    ThreadReading {
        stop: stop(facts, &state, changed_at),
        restarted_under_it: restarted(facts).then_some(changed_at),
        background: facts.works_in_background(),
        state,
        changed_at,
        quiet_for,
        session: session.map_or(SessionSign::Absent, SessionFacts::sign),
    }
}

fn state(facts: &ThreadFacts, stalled: bool, changed_at: DateTime<Utc>) -> ThreadState {
    if facts.is_released() {
        return ThreadState::Gone;
    }
    let log = facts.log.as_ref();
    let start_failure = log.and_then(|log| log.start_failure.as_ref());
    if let Some(failure) = start_failure.filter(|failure| facts.is_start_failure_current(failure)) {
        return ThreadState::Failed {
            why: Failure::NotStarted(failure.detail.clone()),
        };
    }
    let turn = facts.current_turn();
    let Some(session) = &facts.session else {
        return failure_of(turn, None).unwrap_or(ThreadState::Starting);
    };
    // A list without messages, flags or the time of the request.
    let blind = log.is_none() && facts.latest_user_message_at.is_none();
    let at_work = || match facts.waits_for() {
        Some(on) => ThreadState::Waiting { on },
        None if stalled && blind => ThreadState::Unknown {
            what: "this list does not tell whether the agent waits for somebody".to_owned(),
        },
        None if stalled => ThreadState::Dead { why: Death::Silent },
        None => ThreadState::Running,
    };
    if session.status == "running" {
        return at_work();
    }
    if blind {
        return ThreadState::Unknown {
            what: "this list does not tell which turn the session speaks of".to_owned(),
        };
    }
    if !facts.is_session_current(session) {
        return ThreadState::Starting;
    }
    match session.status.as_str() {
        "starting" | "idle" => ThreadState::Starting,
        "ready" => {
            let state = ready(facts, turn, session);
            // The turn is over, and the agent wakes by itself when what it left running ends; not one whose provider is out.
            let works_on = state == ThreadState::Over
                && facts.works_in_background()
                && stop(facts, &state, changed_at).is_none();
            match (works_on, stalled) {
                (false, _) => state,
                (true, false) => ThreadState::Running,
                (true, true) => ThreadState::Dead { why: Death::Silent },
            }
        }
        "stopped" => failure_of(turn, Some(session)).unwrap_or(ThreadState::Over),
        "error" => {
            let failed = || {
                failure_of(turn, Some(session)).unwrap_or(ThreadState::Failed {
                    why: Failure::Error(String::new()),
                })
            };
            let Some(worked_at) = facts.worked_after_error_at() else {
                return failed();
            };
            // A turn that ended after the error, and after all that the agent did, is judged as it ended.
            match turn.filter(|turn| turn.has_ended_after(worked_at)) {
                Some(turn) if turn.state == "completed" => ThreadState::Over,
                Some(_) => failed(),
                // Silent since, it was its error after all; who waits for somebody is silent.
                None if stalled && facts.waits_for().is_none() => failed(),
                None => at_work(),
            }
        }
        "interrupted" => ThreadState::Failed {
            why: Failure::Interrupted,
        },
        word => ThreadState::Unknown {
            what: format!("the session is '{word}'"),
        },
    }
}

/// Rules 3, 5, 6 and 8 for a session that waits for a turn.
fn ready(facts: &ThreadFacts, turn: Option<&TurnFacts>, session: &SessionFacts) -> ThreadState {
    if session.active_turn.is_some() {
        return ThreadState::Dead {
            why: Death::SessionRecovered,
        };
    }
    if facts.current_requests().any(|request| request.stale) {
        return ThreadState::Dead {
            why: Death::QuestionStale,
        };
    }
    if let Some(failed) = failure_of(turn, Some(session)) {
        return failed;
    }
    if let Some(turn) = turn.filter(|turn| !matches!(turn.state.as_str(), "running" | "completed"))
    {
        return ThreadState::Unknown {
            what: format!("the turn is '{}'", turn.state),
        };
    }
    if facts.has_answer() {
        ThreadState::Over
    } else if facts.log.is_some() {
        ThreadState::Starting
    } else {
        ThreadState::Unknown {
            what: "this list does not tell whether the agent answered".to_owned(),
        }
    }
}

/// Rule 6: what the turn or the session says of an error.
fn failure_of(turn: Option<&TurnFacts>, session: Option<&SessionFacts>) -> Option<ThreadState> {
    let said = session.and_then(|session| session.last_error.clone());
    let why = match (turn.map(|turn| turn.state.as_str()), said) {
        (_, Some(said)) => Failure::Error(said),
        (Some("error"), None) => Failure::Error(String::new()),
        (Some("interrupted"), None) => Failure::Interrupted,
        (Some(_) | None, None) => return None,
    };
    Some(ThreadState::Failed { why })
}

impl SessionFacts {
    fn sign(&self) -> SessionSign {
        let idle = match self.status.as_str() {
            "stopped" => return SessionSign::Stopped,
            "ready" | "idle" | "error" | "interrupted" => self.active_turn.is_none(),
            _ => false,
        };
        if idle {
            SessionSign::Idle
        } else {
            SessionSign::Running
        }
    }
}

impl TurnFacts {
    /// Whether the turn is told to have ended, and nothing that the agent did came later than that.
    fn has_ended_after(&self, worked_at: DateTime<Utc>) -> bool {
        let ended_at = self.completed_at.filter(|_| self.state != "running");
        // The difference of two dates is always one; not so their sum with a length of time.
        ended_at.is_some_and(|ended_at| worked_at - ended_at <= CLOCKS_APART)
    }
}

/// So far may our clock, which tells when we sent a message, be ahead of the server's. A resume comes later than that after
/// the last sign of the agent before.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(30);

impl ThreadFacts {
    /// When the newest request was sent, if any was and its time is a date.
    fn requested_at(&self) -> Option<DateTime<Utc>> {
        match &self.log {
            Some(log) => log.last_request_at,
            None => self.latest_user_message_at,
        }
    }

    /// Whether something with this time may stem from the newest request. What has no time may.
    pub(super) fn is_current(&self, at: Option<DateTime<Utc>>) -> bool {
        match (at, self.requested_at()) {
            (Some(at), Some(requested_at)) => at >= requested_at,
            (None, _) | (_, None) => true,
        }
    }

    /// Whether something of the agent runs although no turn does. What began before the newest resume is gone with the agent
    /// that began it, and nothing outlives a session that was stopped.
    pub(super) fn works_in_background(&self) -> bool {
        let Some(session) = &self.session else {
            return false;
        };
        let resumed_at = self.last_resume_at();
        let may_run = |at: Option<DateTime<Utc>>| match (at, resumed_at) {
            (Some(at), Some(resumed_at)) => resumed_at - at <= CLOCKS_APART,
            (None, _) | (_, None) => true,
        };
        let tasks = self.log.iter().flat_map(|log| &log.open_tasks);
        session.status != "stopped"
            && (self.background.is_some() || tasks.map(|task| task.at).any(may_run))
    }

    /// When the agent last began something after its session came to show an error, if it did: programs write such words on their way,
    /// too. A tool that only ends then was left behind.
    pub(super) fn worked_after_error_at(&self) -> Option<DateTime<Utc>> {
        let session = self.session.as_ref()?;
        let log = self.log.as_ref()?;
        let failed_at = session.updated_at?.checked_add_signed(CLOCKS_APART)?;
        let worked_at = log.last_tool_began_at.max(log.last_answer_at)?;
        let is_later = worked_at > failed_at && self.is_current(Some(worked_at));
        (session.status == "error" && is_later).then_some(worked_at)
    }

    /// The latest turn, if it is the one that the newest request asked for.
    fn current_turn(&self) -> Option<&TurnFacts> {
        let turn = self.latest_turn.as_ref()?;
        self.is_current(turn.requested_at).then_some(turn)
    }

    /// Whether the session has changed since the newest request. Until then it tells of the turn before.
    fn is_session_current(&self, session: &SessionFacts) -> bool {
        self.is_current(session.updated_at) || self.current_turn().is_some()
    }

    /// Whether an activity that repeats the time of a request stems from the newest one.
    fn is_start_failure_current(&self, failure: &StartFailure) -> bool {
        match (failure.at, self.requested_at()) {
            (Some(at), Some(requested_at)) => at >= requested_at,
            // The two carry the same text: when only one of them is a date, they are not the same request.
            (None, Some(_)) => false,
            (_, None) => true,
        }
    }

    /// Whether the agent answered the newest request, or left a checkpoint for it.
    fn has_answer(&self) -> bool {
        let finished = self
            .current_turn()
            .is_some_and(|turn| turn.state == "completed");
        let Some(log) = &self.log else {
            return finished;
        };
        let since = |at: Option<DateTime<Utc>>| {
            // The only request of the thread: whatever is there came after it, by whatever clock.
            log.requests <= 1
                || at.is_some_and(|at| log.last_request_at.is_some_and(|asked| at >= asked))
        };
        let checkpoint = log.last_checkpoint.as_ref();
        finished
            || log.answers_since > 0
            || (log.answers > 0 && since(log.last_answer_at))
            || checkpoint.is_some_and(|checkpoint| since(checkpoint.at))
    }

    /// The questions and approvals of the newest request that were not resolved.
    fn current_requests(&self) -> impl Iterator<Item = &OpenRequest> {
        let requests = self.log.iter().flat_map(|log| &log.open_requests);
        requests.filter(|request| match (&request.turn, self.active_turn()) {
            (Some(turn), Some(active)) => turn == active,
            (None, _) | (_, None) => self.is_current(request.at),
        })
    }

    fn waits_for(&self) -> Option<WaitsFor> {
        if self.log.is_some() {
            let mut live = self.current_requests().filter(|request| !request.stale);
            return live.next().map(|request| request.waits_for);
        }
        if self.pending_answer {
            Some(WaitsFor::Answer)
        } else {
            self.pending_approval.then_some(WaitsFor::Approval)
        }
    }

    /// Returns when something last happened in the thread, as far as it is told. A new title and the archive move `updated_at`:
    /// it counts only where the answer at hand does not list what happened.
    #[must_use]
    pub fn last_sign_at(&self) -> Option<DateTime<Utc>> {
        match (self.moved_at(), &self.log) {
            (Some(moved_at), Some(_)) => Some(moved_at),
            (moved_at, Some(_) | None) => moved_at.max(self.updated_at),
        }
    }

    fn moved_at(&self) -> Option<DateTime<Utc>> {
        let session = self.session.as_ref();
        let turn = self.latest_turn.as_ref();
        let seen = [
            session.and_then(|session| session.updated_at),
            turn.and_then(|turn| turn.requested_at),
            turn.and_then(|turn| turn.completed_at),
        ];
        let listed = self.log.iter().flat_map(|log| {
            let checkpoint = log.last_checkpoint.as_ref();
            [
                log.last_request_at,
                log.last_answer_at,
                log.last_activity_at,
                checkpoint.and_then(|checkpoint| checkpoint.at),
            ]
        });
        seen.into_iter().chain(listed).flatten().max()
    }

    fn changed_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        // We give titles to runs that have ended: they would never look dead.
        let changed_at = if self.is_released() {
            self.moved_at().max(self.updated_at)
        } else {
            self.last_sign_at()
        };
        changed_at.or(self.created_at).map_or(now, |at| at.min(now))
    }
}
