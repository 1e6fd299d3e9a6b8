//! Brings a run that a person put into the archive before the watcher's eyes again.

use super::enrolment::Enrolled;
use super::put_away::PutAway;
use super::setting::Poll;
use crate::domain::repository::RepoRef;
use crate::domain::step::Step;
use crate::service_error::ServiceError;
use crate::tick::work_list;
use crate::tick::{Failure, TickReport};

impl Poll<'_> {
    /// Writes the end of such runs, and takes their threads out of the archive, in which T3 stops nobody. The watcher does the
    /// rest: it stops the agent, rings and hands back (SPEC 4.3, w4).
    pub(super) fn bring_back(&self, report: &mut TickReport, enrolled: &[Enrolled]) {
        for one in enrolled {
            let repo = &one.survey.repository.repo;
            let Some(run) = &one.put_away else {
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
                %repo, run = %run.slot, thread = %run.thread.id,
                "the thread of a run was archived while its agent works; it is taken out, so that afk-watch stops the agent and hands the issue back"
            );
            if let Err(error) = self.bring_back_one(repo, run) {
                report.failures.push(Failure::new(Some(repo), &error));
            }
        }
    }

    /// The end comes first: a tick that dies in between leaves an ended run, and none that goes on.
    fn bring_back_one(&self, repo: &RepoRef, run: &PutAway) -> Result<(), ServiceError> {
        let thread = run.thread.id;
        let end = Step::End {
            thread,
            step: work_list::step_in_archive(&run.thread),
            title: run.title(repo),
        };
        match self.apply(repo, &end) {
            Err(error) if crate::tick::nothing_was_sent(&error) => return Err(error),
            // What T3 refuses to write, the watcher decides again.
            Ok(_) | Err(_) => {}
        }
        self.apply(repo, &Step::Unarchive { thread }).map(|_| ())
    }
}
