//! Runs that a person put into the archive under their agents, and that no lock label leads to (SPEC 3 and 4.3, w4): the label is
//! off, or the repository is not on the allowlist any more.
//!
//! Poll brings such runs back, but only while it is armed, and only in repositories that it reads.

use super::context::Watch;
use super::gathering::{Readable, bound_issue, pair};
use crate::domain::identity::Title;
use crate::domain::repository::{IssueRef, RepoRef};
use crate::executor::Fleet;
use crate::service_error::ServiceError;
use crate::tick::work_list::{self, Run};
use crate::tick::{Failure, TickReport};

impl Watch<'_> {
    /// Stops and ends them. They show in what was read of T3; where its light reading leaves out the archive, it is looked at only
    /// under `AFK_HALT`, which promises that no agent works on: then neither does one whose run has ended, nor one whose forge can not
    /// be read. Returns whether a run was ended or stopped whose repository could not be read.
    pub(super) fn finish_put_away(
        &self,
        report: &mut TickReport,
        light: &Fleet,
        readable: &[Readable],
    ) -> bool {
        let whole;
        let fleet = if !light.live_only {
            light
        } else if self.halted {
            match self.hands.executor.whole_fleet() {
                Ok(fleet) => {
                    whole = fleet;
                    &whole
                }
                Err(error) => {
                    report.failures.push(Failure::new(None, &error));
                    return false;
                }
            }
        } else {
            return false;
        };
        let forges = self.forges();
        let (now, stall) = (self.now(), self.config.limits.stall);
        let put_away =
            work_list::by_repository(fleet, self.config.default_forge, &forges, |thread| {
                (work_list::is_put_away(thread) && work_list::is_held(thread, now, stall))
                    || (self.halted && work_list::works_on_after_end(thread, now, stall))
            });
        let mut ended_unread = false;
        // A stop beside a command in the background holds up all of T3.
        for comes_last in [false, true] {
            for (repo, runs) in &put_away {
                if !self.narrowing.includes(repo) {
                    continue;
                }
                let comes_now = |run: &&Run| self.state_of(&run.thread).background == comes_last;
                let runs: Vec<&Run> = runs.iter().filter(comes_now).collect();
                if !runs.is_empty() {
                    ended_unread |= self.finish_put_away_of(report, repo, &runs, readable);
                }
            }
        }
        ended_unread
    }

    /// Those of one repository. Returns whether one was ended although the repository could not be read.
    fn finish_put_away_of(
        &self,
        report: &mut TickReport,
        repo: &RepoRef,
        runs: &[&Run],
        readable: &[Readable],
    ) -> bool {
        let is_of = |readable: &&Readable| {
            let key = &readable.reading.repository.key;
            runs.iter()
                .any(|run| work_list::slot_of(key, run).is_some())
        };
        let found = readable.iter().find(is_of);
        let read;
        let readable = if let Some(found) = found {
            found
        } else {
            match self.hands.tracker.watch(&[self.query(repo, &[])]).pop() {
                None => return false,
                Some(Err(error)) => return self.halt_all_unread(report, repo, runs, &error),
                Some(Ok(reading)) => {
                    read = pair(reading, self.enrolled.contains(repo), Vec::new());
                    &read
                }
            }
        };
        let repository = &readable.reading.repository;
        for run in runs {
            let Some(slot) = work_list::slot_of(&repository.key, run) else {
                continue;
            };
            let issue = bound_issue(run).unwrap_or(Title::UNKNOWN_ISSUE);
            let mut locked = readable.reading.locked.iter();
            // Strays were looked for only in what the tick read before.
            let is_stray =
                found.is_some() && readable.enrolled && locked.any(|locked| locked.number == issue);
            if is_stray || !self.narrowing.includes_issue(&repository.repo, issue) {
                continue;
            }
            if run.thread.has_ended() {
                let stopped = self.stop_after_end(&repository.repo, run);
                let repo = repository.repo.clone();
                let issue = IssueRef {
                    repo,
                    number: issue,
                };
                self.stray_line(report, &issue, true, stopped);
            } else {
                self.released(report, readable, slot, &run.thread, issue);
            }
        }
        false
    }

    /// Runs of a repository that can not be read wait, but for `AFK_HALT`. Returns whether one was ended.
    fn halt_all_unread(
        &self,
        report: &mut TickReport,
        repo: &RepoRef,
        runs: &[&Run],
        error: &ServiceError,
    ) -> bool {
        if !self.halted {
            report.failures.push(Failure::new(Some(repo), error));
            return false;
        }
        let mut ended = false;
        for run in runs {
            let number = bound_issue(run).unwrap_or(Title::UNKNOWN_ISSUE);
            if !self.narrowing.includes_issue(repo, number) {
                continue;
            }
            let key = run.key.as_ref();
            let is_ours = key.is_some_and(|key| key.thread(run.slot) == run.thread.id);
            let halted = if is_ours && run.thread.has_ended() {
                self.stop_after_end(repo, run)
            } else {
                self.halt_unread(report, repo, run, error.clone())
            };
            ended |= halted.is_ok();
            let issue = IssueRef {
                repo: repo.clone(),
                number,
            };
            self.stray_line(report, &issue, true, halted);
        }
        ended
    }
}
