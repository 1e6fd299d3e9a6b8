//! What all threads of ours together say: how many slots are in use, what was started today, and whether a provider is out.
//!
//! A thread is ours by its id alone. Titles that people typed, and threads of others, count for nothing.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::enrolment::Enrolled;
use super::setting::Poll;
use crate::domain::identity::{RepositoryKey, StepNumber, ThreadId};
use crate::domain::start::caps::{Caps, DAY, Pause};
use crate::executor::{Fleet, Thread};
use crate::fan_out::fan_out_at_most;
use crate::tick::work_list;

/// How long after its provider takes work again a run may wait for the tick that resumes it.
const RESUMED_WITHIN: TimeDelta = TimeDelta::minutes(10);

impl Poll<'_> {
    /// Asks for unreleased threads where the list shows no messages: those whose titles look like ours and can not be proved,
    /// and, when something may be started, every run that has not ended, also of repositories that are not looked at: it may
    /// wait for its provider. What can not be read stays as it is.
    pub(super) fn complete(&self, fleet: &mut Fleet, keys: &[RepositoryKey], wants_start: bool) {
        let keys: Vec<&RepositoryKey> = keys.iter().collect();
        let unclear: Vec<ThreadId> = fleet
            .threads
            .values()
            .filter(|thread| thread.is_untold() && thread.id.may_be_ours())
            .filter(|thread| {
                thread.parsed_title().is_some_and(|title| {
                    let may_wait = wants_start && title.ending.is_none();
                    may_wait || !work_list::is_ours(thread, fleet, &keys)
                })
            })
            .map(|thread| thread.id)
            .collect();
        let told = fan_out_at_most(self.hands.parallel, &unclear, |id| {
            self.hands.executor.thread(*id)
        });
        for thread in told.into_iter().flatten().flatten() {
            fleet.threads.insert(thread.id, thread);
        }
    }

    /// Counts what the caps ask. `keys` are those of all repositories that could be read.
    pub(super) fn caps(&self, all: &[Enrolled], fleet: &Fleet, keys: &[RepositoryKey]) -> Caps {
        let limits = &self.config.limits;
        let now = self.hands.deadline.clock().now();
        let of_slots: BTreeSet<ThreadId> = all
            .iter()
            .flat_map(|enrolled| enrolled.slots.iter().map(|view| view.thread))
            .collect();
        let keys: Vec<&RepositoryKey> = keys.iter().collect();
        let ours: Vec<&Thread> = fleet
            .threads
            .values()
            .filter(|thread| {
                of_slots.contains(&thread.id) || work_list::is_ours(thread, fleet, &keys)
            })
            .collect();
        let unreleased = || ours.iter().filter(|thread| !thread.is_released());
        let pause = unreleased()
            .filter(|thread| !thread.has_ended())
            .filter_map(|thread| self.pause(thread, now))
            .min_by_key(|pause| pause.since);
        Caps {
            max_in_flight: limits.max_in_flight as usize,
            in_flight: unreleased().count(),
            max_starts: limits.max_starts_per_day.map(|max| max as usize),
            starts: ours
                .iter()
                .filter(|thread| started_at(thread).is_some_and(|at| now - at < DAY))
                .count(),
            pause,
        }
    }

    /// The pause that a thread asks for, when its provider stopped it.
    fn pause(&self, thread: &Thread, now: DateTime<Utc>) -> Option<Pause> {
        let limits = &self.config.limits;
        let stop = thread.reading(now, limits.stall).stop?;
        if !stop.cause.is_of_the_provider() {
            return None;
        }
        let resumes = thread
            .messages
            .iter()
            .rev()
            .take_while(|message| message.is_resume())
            .count();
        let until = stop.resume_at(resumes, limits.orphan);
        // What holds such a run up now is not its provider: its forge, or T3.
        if until.is_some_and(|until| now - until > RESUMED_WITHIN) {
            return None;
        }
        Some(Pause {
            run: thread.parsed_title().map_or_else(
                || format!("thread {}", thread.id),
                |title| format!("{}#{}", title.full_name, title.issue),
            ),
            cause: stop.to_string(),
            since: stop.at,
            until,
        })
    }
}

/// Keeps what a light reading was completed with, where the whole one shows less of the same live thread.
pub(super) fn keep_told(whole: &mut Fleet, light: Fleet) {
    for (id, told) in light.threads {
        if let Some(known) = whole.threads.get_mut(&id)
            && known.is_untold()
            && told.messages_told
        {
            *known = told;
        }
    }
}

/// When our first message was sent; where it is not listed, when the thread was created, if it is known to have worked or may
/// have.
fn started_at(thread: &Thread) -> Option<DateTime<Utc>> {
    let log = thread.facts.log.as_ref();
    let first = log.and_then(|log| {
        log.ours
            .iter()
            .find(|message| message.id.step == StepNumber::FIRST)
            .and_then(|message| message.at)
    });
    let may_have_worked = !thread.messages_told
        || !thread.messages.is_empty()
        || thread.facts.latest_turn.is_some()
        || log.is_some_and(|log| log.answers > 0);
    first.or_else(|| thread.facts.created_at.filter(|_| may_have_worked))
}
