//! p3 of SPEC 4.1: the slots of each repository.
//!
//! Reads T3 alone, and acts on nothing.

use super::enrolment::Enrolled;
use super::setting::Poll;
use crate::domain::identity::{RepositoryKey, Slot};
use crate::domain::repository::RepoRef;
use crate::executor::{Fleet, Thread};
use crate::fan_out::fan_out_at_most;
use crate::service_error::ServiceError;
use crate::tick::{Failure, TickReport, fail, slots, work_list};
use crate::tracker::RepositorySurvey;

/// The slots of a repository, and that of a run of it under another address of its forge.
type Found = (Vec<(Slot, Thread)>, Option<Slot>);

impl Poll<'_> {
    /// p3: finds each repository's slots and what may happen in it.
    pub(super) fn read_slots(
        &self,
        report: &mut TickReport,
        surveys: Vec<RepositorySurvey>,
        fleet: &mut Fleet,
    ) -> Vec<Enrolled> {
        let told = slots::told_slots(fleet);
        let list = &*fleet;
        let live = work_list::live_with_workspaces(list);
        let threads: Vec<Result<Found, ServiceError>> =
            fan_out_at_most(self.hands.parallel, &surveys, |survey| {
                let mut threads = slots::slots_among(&survey.repository.key, list, &told);
                if let Some((_, highest)) = threads.last_mut()
                    && highest.is_untold()
                {
                    match self.hands.executor.thread(highest.id)? {
                        Some(thread) => *highest = thread,
                        // Released since the list was read.
                        None => highest.archived = true,
                    }
                }
                let elsewhere =
                    self.under_another_address(&survey.repository.key, &live, &threads)?;
                Ok((threads, elsewhere))
            });
        let mut enrolled = Vec::new();
        for (survey, threads) in surveys.into_iter().zip(threads) {
            match threads {
                Ok((threads, elsewhere)) => {
                    // What was asked for by itself tells more than the list: what the agent said last, for one.
                    if let Some((_, highest)) = threads.last() {
                        fleet.threads.insert(highest.id, highest.clone());
                    }
                    if !fleet.live_only {
                        warn_of_gaps(report, &survey.repository.repo, &threads);
                    }
                    enrolled.push(self.enrol(survey, &threads, elsewhere));
                }
                Err(error) => fail(report, &survey.repository.repo, &error),
            }
        }
        enrolled
    }

    /// A run of the same repository that was started when its forge had another address: its slots have other ids, and its agent
    /// works in the same repository. `afk-watch` drives it to its end.
    fn under_another_address(
        &self,
        key: &RepositoryKey,
        live: &[(&Thread, &str)],
        own: &[(Slot, Thread)],
    ) -> Result<Option<Slot>, ServiceError> {
        for thread in work_list::maybe_under_another_address(key, live) {
            if own.iter().any(|(_, own)| own.id == thread.id) {
                continue;
            }
            let told;
            let thread = if thread.messages_told {
                thread
            } else {
                let Some(thread) = self.hands.executor.thread(thread.id)? else {
                    continue;
                };
                told = thread;
                &told
            };
            if let Some(slot) = work_list::under_another_address(key, thread)
                && !thread.is_released()
            {
                return Ok(Some(slot));
            }
        }
        Ok(None)
    }
}

/// Says that T3 lost slots. They are never filled: what they were bound to is not known any more.
fn warn_of_gaps(report: &mut TickReport, repo: &RepoRef, threads: &[(Slot, Thread)]) {
    let Some((highest, _)) = threads.last() else {
        return;
    };
    let Some(lost) = slots::named_gaps(threads) else {
        return;
    };
    report.warn(Failure::warning(
        Some(repo),
        "t3",
        "read the slots",
        format!(
            "T3 does not show {lost} any more although it shows run {highest}: data was lost. What is missing is not filled"
        ),
    ));
}
