//! Which runs a tick looks at, and what it asks the forge about them (SPEC 4.3, w1).
//!
//! Reads only. Which threads are ours is decided by the work list; here they are completed and paired with what the forge answered.

use std::collections::BTreeMap;

use super::context::Watch;
use crate::domain::identity::{Slot, ThreadId};
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::verdict::attribution::CLOCK_SLACK;
use crate::executor::{Fleet, Thread};
use crate::fan_out::fan_out_at_most;
use crate::service_error::ServiceError;
use crate::tick::work_list::{self, Run};
use crate::tick::{Failure, TickReport};
use crate::tracker::{Repository, RunIssue, RunQuery, WatchQuery, WatchReading};

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
                    let told = thread.messages.first();
                    run.key = told
                        .map(|message| message.repository.clone())
                        .or(run.key.take());
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

    /// What to ask the forge about a repository and these runs of it.
    pub(super) fn query(&self, repo: &RepoRef, runs: &[Run]) -> WatchQuery {
        WatchQuery {
            repo: repo.clone(),
            branch: self.config_of(repo).branch.clone(),
            runs: runs
                .iter()
                .filter_map(|run| {
                    Some(RunQuery {
                        issue: bound_issue(run)?,
                        thread: run.thread.id,
                        dispatched_at: self.started_at(&run.thread),
                        since: self.started_at(&run.thread) - CLOCK_SLACK,
                    })
                })
                .collect(),
        }
    }
}

/// A repository that could be read, with its runs and, for each, what was read of its issue.
pub(super) struct Readable {
    /// What the forge told.
    pub(super) reading: WatchReading,
    /// Whether the repository is on the allowlist, under this name or the one it had before.
    pub(super) enrolled: bool,
    /// Its runs, and for each where in the reading its issue is.
    pub(super) runs: Vec<(Run, Option<usize>)>,
    /// Runs of a repository that had this name before.
    pub(super) of_namesake: Vec<Run>,
}

impl Readable {
    /// What was read of the issue of a run.
    pub(super) fn issue(&self, index: Option<usize>) -> Option<&RunIssue> {
        index.and_then(|index| self.reading.runs.get(index))
    }
}

/// Whose a thread is, by its id.
enum Owner {
    /// This repository's.
    Here(Slot),
    /// Another repository's of the same name, which its own messages name.
    Namesake,
    /// Nobody's: a title in our format that a person typed.
    Nobody,
}

/// Finds each run's issue in the reading. A thread whose id is of another repository of the same name is kept apart, and one
/// whose id is of none is nothing to us.
pub(super) fn pair(reading: WatchReading, enrolled: bool, runs: Vec<Run>) -> Readable {
    let mut issues = 0..reading.runs.len();
    let mut ours = Vec::new();
    let mut of_namesake = Vec::new();
    for run in runs {
        let issue = bound_issue(&run).and_then(|_| issues.next());
        match owner(&reading.repository, &run) {
            Owner::Here(slot) => ours.push((Run { slot, ..run }, issue)),
            Owner::Namesake => of_namesake.push(run),
            Owner::Nobody => {
                tracing::debug!(thread = %run.thread.id, "a title of ours over a thread that is not");
            }
        }
    }
    Readable {
        reading,
        enrolled,
        runs: ours,
        of_namesake,
    }
}

fn owner(repository: &Repository, run: &Run) -> Owner {
    if let Some(slot) = work_list::slot_of(&repository.key, run) {
        return Owner::Here(slot);
    }
    let Some(key) = run
        .key
        .as_ref()
        .filter(|key| key.thread(run.slot) == run.thread.id)
    else {
        return Owner::Nobody;
    };
    // The same number on the same kind of forge under another host: the forge's address changed. Whether it is the same
    // repository is judged by the issue's events.
    if work_list::is_same_number(key, &repository.key) {
        Owner::Here(run.slot)
    } else {
        Owner::Namesake
    }
}

/// The issue that a run is bound to, as far as T3 still tells.
pub(super) fn bound_issue(run: &Run) -> Option<IssueNumber> {
    work_list::view(run.slot, &run.thread)
        .binding
        .map(|binding| binding.issue)
}
