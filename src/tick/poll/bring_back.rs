//! Brings a run that a person put into the archive under its agent before the watcher's eyes again. It would hold its repository
//! for as long as its agent moves, and nobody would hear of it.

use super::enrolment::Enrolled;
use super::setting::Poll;
use crate::domain::identity::{EndKind, Ending, StepNumber};
use crate::domain::reason::ReasonCode;
use crate::domain::repository::RepoRef;
use crate::domain::start::dispatch_policy::SlotView;
use crate::domain::step::Step;
use crate::service_error::ServiceError;
use crate::tick::{Failure, TickReport};

impl Poll<'_> {
    /// Writes the end of such runs, and takes their threads out of the archive, in which T3 stops nobody. The watcher does the
    /// rest: it stops the agent, rings and hands back (SPEC 4.3, w4).
    pub(super) fn bring_back(&self, report: &mut TickReport, enrolled: &[Enrolled]) {
        for one in enrolled {
            let repo = &one.survey.repository.repo;
            let (Some(step), Some(run)) = (one.put_away, one.slots.last()) else {
                continue;
            };
            let is_meant = run
                .binding
                .as_ref()
                .is_none_or(|binding| self.narrowing.includes_issue(repo, binding.issue));
            if !is_meant {
                continue;
            }
            tracing::warn!(
                %repo, run = %run.slot, thread = %run.thread,
                "the thread of a run was archived while its agent works; it is taken out, so that afk-watch stops the agent and hands the issue back"
            );
            if let Err(error) = self.bring_back_one(repo, run, step) {
                report.failures.push(Failure::new(Some(repo), &error));
            }
        }
    }

    /// The end comes first: a tick that dies in between leaves an ended run, and none that goes on.
    fn bring_back_one(
        &self,
        repo: &RepoRef,
        run: &SlotView,
        step: StepNumber,
    ) -> Result<(), ServiceError> {
        let thread = run.thread;
        let ending = Ending::new(EndKind::NeedsHuman, Some(ReasonCode::AgentLost));
        let end = Step::End {
            thread,
            step,
            title: run.title(repo, ending),
        };
        match self.apply(repo, &end) {
            Err(error) if crate::tick::nothing_was_sent(&error) => return Err(error),
            // What T3 refuses to write, the watcher decides again.
            Ok(_) | Err(_) => {}
        }
        self.apply(repo, &Step::Unarchive { thread }).map(|_| ())
    }
}
