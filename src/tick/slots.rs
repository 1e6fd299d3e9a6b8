//! The slots of a repository that T3 knows, and those that it lost (SPEC 3): both ticks read them here, so that they agree on what a slot is.
//!
//! Works on what T3 told and asks nobody. A slot is the thread whose id is made of the repository's key and the slot's number; what
//! messages and titles say only tells which numbers to look up.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::identity::{RepositoryKey, Slot};
use crate::executor::{Fleet, Thread};

/// So many numbers behind the highest known slot are tried: a person may have changed the titles of those.
const UNNAMED_SLOTS: u32 = 64;

/// What the threads of a fleet tell of slots, read once for all repositories.
pub(super) struct Told {
    /// The slots whose thread has a message of ours that names them, and their ids prove it.
    proven: BTreeMap<RepositoryKey, BTreeSet<Slot>>,
    /// The numbers that titles and messages name, whoever wrote them. No proof of anything: a number for which the thread's id
    /// has to be looked up.
    named: BTreeSet<Slot>,
    /// Whether any other thread may be of a slot.
    is_all: bool,
}

/// Reads what the threads of a fleet tell of slots.
pub(super) fn told_slots(fleet: &Fleet) -> Told {
    let mut told = Told {
        proven: BTreeMap::new(),
        named: BTreeSet::new(),
        is_all: true,
    };
    for thread in fleet.threads.values() {
        told.named.extend(slots_named_by(thread));
        let mut messages = thread.messages.iter();
        let proof = messages.find(|message| message.repository.thread(message.slot) == thread.id);
        match proof {
            Some(message) => {
                let slots = told.proven.entry(message.repository.clone()).or_default();
                slots.insert(message.slot);
            }
            None => told.is_all &= !thread.id.may_be_ours(),
        }
    }
    told
}

fn slots_named_by(thread: &Thread) -> impl Iterator<Item = Slot> + use<> {
    let by_messages: Vec<Slot> = thread.messages.iter().map(|message| message.slot).collect();
    let by_title = thread.parsed_title().map(|title| title.slot);
    by_messages.into_iter().chain(by_title)
}

/// The slots of a repository that exist, in order: the threads whose id is that of the slot, whatever they are called. There
/// may be gaps. A light reading shows live ones only.
pub(super) fn slots_of(key: &RepositoryKey, fleet: &Fleet) -> Vec<(Slot, Thread)> {
    slots_among(key, fleet, &told_slots(fleet))
}

/// As [`slots_of`], with what [`told_slots`] read.
pub(super) fn slots_among(key: &RepositoryKey, fleet: &Fleet, told: &Told) -> Vec<(Slot, Thread)> {
    let find = |slot: Slot| Some((slot, fleet.threads.get(&key.thread(slot))?.clone()));
    if told.is_all {
        let proven = told.proven.get(key).into_iter().flatten();
        return proven.copied().filter_map(find).collect();
    }
    let mut found: BTreeMap<Slot, Thread> = told.named.iter().copied().filter_map(find).collect();
    let mut last = found.keys().next_back().copied().unwrap_or(Slot(0));
    let mut slot = Slot::FIRST;
    while slot.0 <= last.0.saturating_add(UNNAMED_SLOTS) {
        if !found.contains_key(&slot)
            && let Some((slot, thread)) = find(slot)
        {
            found.insert(slot, thread);
            last = last.max(slot);
        }
        if slot == slot.next() {
            break;
        }
        slot = slot.next();
    }
    found.into_iter().collect()
}

/// Names the runs below the highest slot that do not exist: T3 lost them. `None` when there are none. Not to be asked of a light
/// reading.
pub(super) fn named_gaps(slots: &[(Slot, Thread)]) -> Option<String> {
    let (lost, more) = gaps(slots.iter().map(|(slot, _)| *slot));
    let (last, others) = lost.split_last()?;
    let others: Vec<String> = others.iter().map(ToString::to_string).collect();
    let others = others.join(", ");
    Some(match (others.is_empty(), more) {
        (true, false) => format!("run {last}"),
        (true, true) => format!("runs {last} and more"),
        (false, false) => format!("runs {others} and {last}"),
        (false, true) => format!("runs {others}, {last} and more"),
    })
}

/// The first missing numbers, and whether there are more.
fn gaps(slots: impl Iterator<Item = Slot>) -> (Vec<Slot>, bool) {
    let mut expected = Slot::FIRST;
    let mut gaps = Vec::new();
    for slot in slots {
        while expected < slot {
            if gaps.len() == GAPS_NAMED {
                return (gaps, true);
            }
            gaps.push(expected);
            expected = expected.next();
        }
        expected = slot.next();
    }
    (gaps, false)
}

/// More are not told one by one.
const GAPS_NAMED: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::{Authorisation, MessageId, RepositoryId, StepNumber};
    use crate::domain::repository::{ForgeKind, IssueNumber};
    use crate::domain::run::thread_state::ThreadFacts;

    fn key(id: u64) -> RepositoryKey {
        RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(id))
    }

    /// A thread of a slot with this title, and with a message of ours where `messages` says so.
    fn thread(key: &RepositoryKey, slot: u32, title: &str, messages: bool) -> Thread {
        let message = MessageId {
            repository: key.clone(),
            issue: IssueNumber(7),
            authorisation: Authorisation::new("1").unwrap(),
            slot: Slot(slot),
            step: StepNumber::FIRST,
            red_commit: None,
        };
        Thread {
            id: key.thread(Slot(slot)),
            project: "project".to_owned(),
            title: title.to_owned(),
            archived: false,
            deleted: false,
            messages: Vec::from_iter(messages.then_some(message)),
            messages_told: true,
            facts: ThreadFacts::default(),
        }
    }

    fn slots(key: &RepositoryKey, threads: &[Thread]) -> Vec<u32> {
        let fleet = Fleet {
            threads: threads.iter().map(|one| (one.id, one.clone())).collect(),
            ..Fleet::default()
        };
        let slots = slots_of(key, &fleet).into_iter();
        slots.map(|(slot, _)| slot.0).collect()
    }

    /// The reading that looks up numbers and the one that need not find the same.
    #[test]
    fn slots_are_found_by_their_ids_whatever_else_is_there() {
        let run = |slot: u32| format!("acme/widgets#7 · run {slot} · 0123456789ab");
        let (own, other) = (key(9), key(10));
        let proven: Vec<Thread> = [1, 2, 3, 200]
            .into_iter()
            .flat_map(|slot| [&own, &other].map(|key| thread(key, slot, &run(slot), true)))
            .filter(|thread| thread.id != other.thread(Slot(200)))
            .collect();
        let titled = thread(&other, 4, &run(4), false);
        let renamed = thread(&other, 5, "my favourite thread", false);
        // A message that somebody copied proves nothing about the thread that it stands in.
        let copied = Thread {
            messages: proven[0].messages.clone(),
            ..thread(&other, 6, "a copy", true)
        };
        let far = thread(&other, 3 + UNNAMED_SLOTS, "far", false);
        let too_far = thread(&other, 4 + UNNAMED_SLOTS, "too far", false);
        for (more, of_other) in [
            (vec![], vec![1, 2, 3]),
            (vec![titled.clone()], vec![1, 2, 3, 4]),
            (vec![renamed.clone()], vec![1, 2, 3, 5]),
            (vec![copied.clone()], vec![1, 2, 3, 6]),
            (vec![far], vec![1, 2, 3, 3 + UNNAMED_SLOTS]),
            (vec![too_far], vec![1, 2, 3]),
            (vec![titled, renamed, copied], vec![1, 2, 3, 4, 5, 6]),
        ] {
            let all: Vec<Thread> = proven.iter().chain(&more).cloned().collect();
            assert_eq!(slots(&own, &all), [1, 2, 3, 200]);
            assert_eq!(slots(&other, &all), of_other);
            assert_eq!(slots(&key(11), &all), [0; 0]);
        }
    }

    #[test]
    fn the_first_five_lost_runs_are_named() {
        let of = |numbers: &[u32]| {
            let key = key(9);
            let slots: Vec<(Slot, Thread)> = numbers
                .iter()
                .map(|slot| (Slot(*slot), thread(&key, *slot, "", true)))
                .collect();
            named_gaps(&slots)
        };
        for (numbers, told) in [
            (&[][..], None),
            (&[1, 2, 3], None),
            (&[2], Some("run 1")),
            (&[1, 4], Some("runs 2 and 3")),
            (&[1, 7], Some("runs 2, 3, 4, 5 and 6")),
            (&[1, 8], Some("runs 2, 3, 4, 5, 6 and more")),
        ] {
            assert_eq!(of(numbers).as_deref(), told, "{numbers:?}");
        }
    }
}
