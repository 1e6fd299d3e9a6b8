//! Records the end of a run in its title under the next step id, and reads back who won (SPEC 4.3, w3).
//!
//! It decides no end and carries none out.

use super::context::Watch;
use super::observation::{Observed, title};
use crate::domain::config::RunLimits;
use crate::domain::identity::{EndKind, Ending, StepNumber};
use crate::domain::run::run_state_machine::step_given_up;
use crate::domain::run::thread_state::ThreadState;
use crate::domain::step::Step;
use crate::executor::Thread;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Applied, RunReport, TickReport};
use crate::tracker::Repository;

impl Watch<'_> {
    pub(super) fn is_given_up(&self, run: &Observed) -> bool {
        step_given_up(
            self.now() - run.started_at,
            &RunLimits::from(&self.config.limits),
        )
    }

    /// Records the end in the title under the next step id, reads back who won, and finishes.
    pub(super) fn end(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &mut Observed,
        line: &mut RunReport,
    ) -> Result<Option<String>, ServiceError> {
        let Some(kind) = run.decided.action.end_kind() else {
            return Ok(None);
        };
        line.action = run.decided.action.as_str();
        line.reason = run.decided.reason;
        line.detail.clone_from(&run.decided.detail);
        self.end_as(report, repository, run, kind)
    }

    pub(super) fn end_as(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &mut Observed,
        kind: EndKind,
    ) -> Result<Option<String>, ServiceError> {
        let ending = Ending::new(kind, run.decided.reason);
        // Released by a person: there is no title to write in, and T3 may hide it.
        if run.state.state == ThreadState::Gone {
            return self.finish(report, repository, run, &ending);
        }
        let step = next_step(&run.thread);
        let record = Step::End {
            thread: run.thread.id,
            step,
            title: title(run, Some(ending.clone())),
        };
        let sent = match self.act(repository, &record) {
            Ok(Applied::Named) => {
                self.finish(report, repository, run, &ending)?;
                return Ok(None);
            }
            Ok(Applied::Sent) => Ok(()),
            Err(error) if crate::tick::nothing_was_sent(&error) => return Err(error),
            Err(error) => Err(error),
        };
        let Some(found) = self.hands.executor.thread(run.thread.id)? else {
            return Ok(Some("the thread was released meanwhile".to_owned()));
        };
        if let Some(recorded) = found.parsed_title().and_then(|title| title.ending) {
            run.thread = found;
            return self.finish(report, repository, run, &recorded);
        }
        if found.messages.iter().any(|message| message.step >= step) {
            return Ok(Some("a turn was sent first, the run goes on".to_owned()));
        }
        if self.is_given_up(run) {
            run.thread = found;
            return self.finish(report, repository, run, &ending);
        }
        sent?;
        Err(ServiceError::new(
            "t3",
            "read back the end of the run",
            FailureKind::Unreadable,
            format!(
                "T3 accepted the end under step {} and does not show it",
                step.0
            ),
        ))
    }
}

/// The step after the last one that a message of ours took.
pub(super) fn next_step(thread: &Thread) -> StepNumber {
    thread
        .messages
        .iter()
        .map(|message| message.step)
        .max()
        .map_or(StepNumber::FIRST, |step| StepNumber(step.0 + 1))
}
