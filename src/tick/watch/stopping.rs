//! w4: ends the agent of a run before anything is released.
//!
//! Only what T3 shows afterwards counts as proof.

use super::context::Watch;
use super::observation::Observed;
use crate::domain::run::run_state_machine::START_MAX;
use crate::domain::run::thread_state::{SessionSign, ThreadState};
use crate::domain::step::Step;
use crate::executor::Thread;
use crate::service_error::ServiceError;
use crate::tick::Applied;
use crate::tracker::Repository;

impl Watch<'_> {
    /// w4: interrupts and stops the agent. Returns whether it is certain that none is at work.
    pub(super) fn silence(
        &self,
        repository: &Repository,
        run: &mut Observed,
    ) -> Result<bool, ServiceError> {
        let thread = run.thread.id;
        match run.state.session {
            // A turn that was accepted may still be waiting for T3 to begin it: the stop waits behind it.
            SessionSign::Absent | SessionSign::Stopped
                if run.state.state == ThreadState::Starting && !run.thread.messages.is_empty() => {}
            SessionSign::Absent | SessionSign::Stopped => return Ok(true),
            SessionSign::Running => {
                let turn = run.thread.facts.active_turn().map(str::to_owned);
                self.act(repository, &Step::Interrupt { thread, turn })?;
            }
            SessionSign::Idle => {}
        }
        let stop = Step::StopSession { thread };
        if self.act(repository, &stop)? == Applied::Named {
            return Ok(true);
        }
        let Some(found) = self.hands.executor.thread(thread)? else {
            // Released meanwhile, and hidden by the server: nothing tells of an agent any more.
            return Ok(true);
        };
        let limit = self.config.limits.stall;
        let state = found.reading(self.hands.deadline.clock().now(), limit);
        let stopped = match state.session {
            // Until that turn has come and gone, or is certainly lost.
            SessionSign::Absent | SessionSign::Stopped => {
                state.state != ThreadState::Starting || state.quiet_for >= START_MAX
            }
            // A session that the stop moved is no dead one, however long it was silent before.
            SessionSign::Idle | SessionSign::Running => state.dead_for_twice(limit),
        };
        run.thread = found;
        Ok(stopped)
    }

    /// Stops the session of a released thread, if it shows one. There is nothing to read back: what T3 shows of a released
    /// thread is frozen.
    pub(super) fn silence_released(
        &self,
        repository: &Repository,
        thread: &Thread,
    ) -> Result<(), ServiceError> {
        let state = thread.reading(self.hands.deadline.clock().now(), self.config.limits.stall);
        match state.session {
            SessionSign::Absent | SessionSign::Stopped => Ok(()),
            SessionSign::Idle | SessionSign::Running => self
                .act(repository, &Step::StopSession { thread: thread.id })
                .map(drop),
        }
    }
}
