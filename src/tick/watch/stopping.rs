//! w4: ends the agent of a run before anything is released.
//!
//! Only what T3 shows afterwards counts as proof: a session that is stopped, or none.

use chrono::SecondsFormat;

use super::context::Watch;
use super::observed::Observed;
use crate::domain::run::run_state_machine::START_MAX;
use crate::domain::run::thread_state::{SessionSign, ThreadReading, ThreadState};
use crate::domain::step::Step;
use crate::service_error::ServiceError;
use crate::tick::Applied;

/// Whether an agent may still be at work.
pub(super) enum Silence {
    /// None was.
    Proven,
    /// One may have been until now: what it pushed last may not be known yet.
    Stopped,
    /// One may be; why nothing is released, for people.
    Waits(String),
}

impl Watch<'_> {
    /// w4: interrupts and stops the agent.
    pub(super) fn silence(&self, run: &mut Observed) -> Result<Silence, ServiceError> {
        let thread = run.thread.id;
        // Deleted: T3 accepts a stop and does nothing. Who handles it has waited for the stall limit.
        if run.state.state == ThreadState::Gone {
            return Ok(Silence::Proven);
        }
        if let Some(waits) = self.may_live_on(&run.state) {
            return Ok(waits);
        }
        // A command in the background that moved nothing for so long may never end: nobody waits for it any longer.
        let is_waited_for =
            run.state.background && !run.state.dead_for_twice(self.config.limits.stall);
        if is_waited_for && run.ending.is_some() {
            // The stop that was sent when the end was recorded takes effect when that command ends.
            return Ok(Silence::Waits(
                "the agent was told to stop; a command in the background holds it up".to_owned(),
            ));
        }
        match run.state.session {
            // A turn that was accepted may still be waiting for T3 to begin it: the stop waits behind it.
            SessionSign::Absent | SessionSign::Stopped
                if run.state.state == ThreadState::Starting
                    && (run.thread.facts.is_started() || run.start_is_hidden) => {}
            SessionSign::Absent | SessionSign::Stopped => return Ok(Silence::Proven),
            SessionSign::Running => {
                let turn = run.thread.facts.active_turn().map(str::to_owned);
                self.act(run.repo(), &Step::Interrupt { thread, turn })?;
            }
            SessionSign::Idle => {}
        }
        let stop = Step::StopSession { thread };
        if self.act(run.repo(), &stop)? == Applied::Named {
            return Ok(Silence::Proven);
        }
        if run.state.background && !is_waited_for {
            return Ok(Silence::Stopped);
        }
        if is_waited_for {
            return Ok(Silence::Waits(
                "the agent was told to stop, beside a command in the background; that is not waited for"
                    .to_owned(),
            ));
        }
        let Some(found) = self.read_back(thread)? else {
            // Released meanwhile, and hidden by the server: nothing tells of an agent any more.
            return Ok(Silence::Stopped);
        };
        let state = self.state_of(&found);
        let limit = self.config.limits.stall;
        let stopped = match state.session {
            // Until that turn has come and gone, or is certainly lost.
            SessionSign::Absent | SessionSign::Stopped => {
                state.state != ThreadState::Starting || state.quiet_for >= START_MAX
            }
            // A session that the stop moved is no dead one, however long it was silent before.
            SessionSign::Idle | SessionSign::Running => state.dead_for_twice(limit),
        };
        let waits = self.may_live_on(&state);
        run.thread = found;
        Ok(match (waits, stopped) {
            (Some(waits), _) => waits,
            (None, true) => Silence::Stopped,
            (None, false) => Silence::Waits(
                "the agent was told to stop, and T3 still shows it at work".to_owned(),
            ),
        })
    }

    /// After a restart of T3's server the agent's process may live on unseen, for a while.
    fn may_live_on(&self, state: &ThreadReading) -> Option<Silence> {
        let until = state.may_live_on_until(self.config.limits.orphan)?;
        (self.now() < until).then(|| {
            let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
            Silence::Waits(format!(
                "T3's server was restarted under the agent, which may live on unseen: nothing is released before {until}"
            ))
        })
    }
}
