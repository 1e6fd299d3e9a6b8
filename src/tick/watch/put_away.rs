//! Runs that a person put into the archive under their agents, and that no lock label leads to (SPEC 3 and 4.3, w4): the label is
//! off, or the repository is not on the allowlist any more.
//!
//! Poll brings such runs back, but only while it is armed, and only in repositories that it reads.

use super::context::Watch;
use super::gathering::{Readable, bound_issue, pair};
use crate::domain::identity::Title;
use crate::domain::repository::RepoRef;
use crate::executor::Fleet;
use crate::service_error::ServiceError;
use crate::tick::work_list::{self, Run};
use crate::tick::{Failure, TickReport};

impl Watch<'_> {
    /// Stops and ends them. They show in what was read of T3; where its light reading leaves out the archive, it is looked at only
    /// under `AFK_HALT`, which promises that no agent works on.
    pub(super) fn finish_put_away(
        &self,
        report: &mut TickReport,
        light: &Fleet,
        readable: &[Readable],
    ) {
        let whole;
        let fleet = if !light.live_only {
            light
        } else if self.halted {
            match self.hands.executor.whole_fleet() {
                Ok(fleet) => {
                    whole = fleet;
                    &whole
                }
                Err(error) => return report.failures.push(Failure::new(None, &error)),
            }
        } else {
            return;
        };
        let forges = self.forges();
        let now = self.now();
        let put_away = work_list::put_away(fleet, self.config.default_forge, &forges, |thread| {
            work_list::is_held(thread, now, self.config.limits.stall)
        });
        for (repo, runs) in put_away {
            if !self.narrowing.includes(&repo) {
                continue;
            }
            if let Err(error) = self.finish_put_away_of(report, &repo, &runs, readable) {
                report.failures.push(Failure::new(Some(&repo), &error));
            }
        }
    }

    fn finish_put_away_of(
        &self,
        report: &mut TickReport,
        repo: &RepoRef,
        runs: &[Run],
        readable: &[Readable],
    ) -> Result<(), ServiceError> {
        let is_of = |readable: &&Readable| {
            let key = &readable.reading.repository.key;
            runs.iter()
                .any(|run| work_list::slot_of(key, run).is_some())
        };
        let read;
        let readable = if let Some(found) = readable.iter().find(is_of) {
            found
        } else {
            let Some(reading) = self.hands.tracker.watch(&[self.query(repo, &[])]).pop() else {
                return Ok(());
            };
            read = pair(reading?, self.enrolled.contains(repo), Vec::new());
            &read
        };
        let repository = &readable.reading.repository;
        for run in runs {
            let Some(slot) = work_list::slot_of(&repository.key, run) else {
                continue;
            };
            let issue = bound_issue(run).unwrap_or(Title::UNKNOWN_ISSUE);
            let mut locked = readable.reading.locked.iter();
            let is_stray = readable.enrolled && locked.any(|locked| locked.number == issue);
            if !is_stray && self.narrowing.includes_issue(&repository.repo, issue) {
                self.released(report, readable, slot, &run.thread, issue);
            }
        }
        Ok(())
    }
}
