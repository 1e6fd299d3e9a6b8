//! Which runs a tick looks at, and what it asks the forge about them (SPEC 4.3, w1).
//!
//! Reads only. Which threads are ours is decided by the work list; here they are completed and paired with what the forge answered.

use super::context::Watch;
use crate::domain::identity::ThreadId;
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::verdict::attribution::CLOCK_SLACK;
use crate::executor::{Fleet, Thread};
use crate::fan_out::fan_out_at_most;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::work_list::Run;
use crate::tick::{Failure, TickReport, work_list};
use crate::tracker::{RunQuery, WatchQuery, WatchReading};
use std::collections::BTreeMap;

impl Watch<'_> {
    /// Asks for the threads that may be runs although the list shows neither a title of ours nor messages.
    pub(super) fn ask_nameless(&self, report: &mut TickReport, fleet: &mut Fleet) {
        let nameless = work_list::nameless(fleet);
        let told = fan_out_at_most(self.hands.parallel, &nameless, |id| {
            self.hands.executor.thread(*id)
        });
        for (id, thread) in nameless.into_iter().zip(told) {
            match thread {
                Ok(Some(thread)) => {
                    fleet.threads.insert(id, thread);
                }
                Ok(None) => {
                    fleet.threads.remove(&id);
                }
                Err(error) => report.failures.push(Failure::new(None, &error)),
            }
        }
    }

    /// Asks for the threads whose messages the list did not show.
    pub(super) fn complete(&self, report: &mut TickReport, runs: &mut BTreeMap<RepoRef, Vec<Run>>) {
        let unseen: Vec<ThreadId> = runs
            .values()
            .flatten()
            .filter(|run| !run.thread.messages_told)
            .map(|run| run.thread.id)
            .collect();
        let mut told: BTreeMap<ThreadId, Result<Option<Thread>, ServiceError>> = unseen
            .iter()
            .copied()
            .zip(fan_out_at_most(self.hands.parallel, &unseen, |id| {
                self.hands.executor.thread(*id)
            }))
            .collect();
        for (repo, of_repo) in runs.iter_mut() {
            of_repo.retain_mut(|run| match told.remove(&run.thread.id) {
                None => true,
                Some(Ok(Some(thread))) => {
                    run.key = thread
                        .messages
                        .first()
                        .map(|message| message.repository.clone());
                    run.thread = thread;
                    !run.thread.is_released()
                }
                Some(Ok(None)) => false,
                Some(Err(error)) => {
                    report.failures.push(Failure::new(Some(repo), &error));
                    false
                }
            });
        }
    }

    pub(super) fn query(&self, repo: &RepoRef, runs: &[Run]) -> WatchQuery {
        WatchQuery {
            repo: repo.clone(),
            branch: self.config.repository(repo).branch.clone(),
            runs: runs
                .iter()
                .filter_map(|run| {
                    Some(RunQuery {
                        issue: bound_issue(run)?,
                        since: self.started_at(&run.thread) - CLOCK_SLACK,
                    })
                })
                .collect(),
        }
    }
}

/// A repository that could be read, with its runs and, for each, where in the reading its issue is.
pub(super) struct Readable {
    pub(super) reading: WatchReading,
    pub(super) runs: Vec<(Run, Option<usize>)>,
}

/// Finds each run's issue in the reading. A thread whose repository is another one of the same name is reported and left
/// alone.
pub(super) fn pair(
    report: &mut TickReport,
    repo: &RepoRef,
    reading: WatchReading,
    runs: Vec<Run>,
) -> Readable {
    let mut issues = 0..reading.runs.len();
    let mut ours = Vec::new();
    for run in runs {
        let issue = bound_issue(&run).and_then(|_| issues.next());
        if let Some(slot) = work_list::slot_of(&reading.repository.key, &run) {
            ours.push((Run { slot, ..run }, issue));
        } else if run.slot != work_list::UNTOLD {
            let error = ServiceError::new(
                "t3",
                format!("drive thread {}", run.thread.id),
                FailureKind::Unreadable,
                format!("its repository is not the one that is called {repo} today"),
            );
            report.failures.push(Failure::new(Some(repo), &error));
        }
    }
    Readable {
        reading,
        runs: ours,
    }
}

pub(super) fn bound_issue(run: &Run) -> Option<IssueNumber> {
    work_list::view(run.slot, &run.thread)
        .binding
        .map(|binding| binding.issue)
}
