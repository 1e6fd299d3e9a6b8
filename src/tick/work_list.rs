//! Which threads in T3 are runs of ours, and of which repository (SPEC 3 and 4.3, w1).
//!
//! Works on what T3 told and asks nobody. A run is recognised by our message ids, or by its title before the first
//! message exists; both ticks read slots here, so that they agree on what a slot is.

use std::collections::BTreeMap;

use crate::domain::identity::{MessageId, RepositoryKey, Slot, ThreadId};
use crate::domain::repository::{ForgeKind, RepoRef};
use crate::domain::start::dispatch_policy::SlotView;
use crate::executor::{Fleet, Thread};

/// The slots of a repository, in order. A light reading shows live ones only, which it recognises by their titles.
pub(super) fn slots_of(key: &RepositoryKey, fleet: &Fleet) -> Vec<(Slot, Thread)> {
    if fleet.live_only {
        let mut slots: Vec<(Slot, Thread)> = fleet
            .threads
            .values()
            .filter_map(|thread| {
                let slot = thread.parsed_title()?.slot;
                (key.thread(slot) == thread.id).then(|| (slot, thread.clone()))
            })
            .collect();
        slots.sort_by_key(|(slot, _)| *slot);
        return slots;
    }
    std::iter::successors(Some(Slot::FIRST), |slot| Some(slot.next()))
        .map_while(|slot| Some((slot, fleet.threads.get(&key.thread(slot))?.clone())))
        .collect()
}

/// Reads one slot.
pub(super) fn view(slot: Slot, thread: &Thread) -> SlotView {
    let title = thread.parsed_title();
    SlotView::read(
        slot,
        thread.id,
        title.as_ref(),
        &thread.messages,
        thread.is_released(),
    )
}

/// An unreleased thread of ours, before the forge was asked which repository its name means today.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// The thread.
    pub(super) thread: Thread,
    /// Its slot; [`UNTOLD`] when neither title nor message tells.
    pub(super) slot: Slot,
    /// The repository's key, when a message of ours names it.
    pub(super) key: Option<RepositoryKey>,
}

/// Stands for the slot of a thread whose title a person changed before its first message. No slot has this number.
pub(super) const UNTOLD: Slot = Slot(0);

/// No repository has more runs than this.
const SLOTS_MAX: u32 = 10_000;

/// Finds the slot of a thread by its id; `None` when it is none of this repository.
pub(super) fn slot_of(key: &RepositoryKey, run: &Run) -> Option<Slot> {
    let is_it = |slot: &Slot| key.thread(*slot) == run.thread.id;
    if run.slot == UNTOLD {
        (1..=SLOTS_MAX).map(Slot).find(is_it)
    } else {
        Some(run.slot).filter(is_it)
    }
}

/// Unreleased threads that may be runs although the list shows neither a title of ours nor messages: somebody renamed them,
/// on a server whose list hides messages. Each must be asked for by itself.
pub(super) fn nameless(fleet: &Fleet) -> Vec<ThreadId> {
    fleet
        .threads
        .values()
        .filter(|thread| {
            !thread.is_released()
                && !thread.messages_told
                && thread.parsed_title().is_none()
                && thread.id.may_be_ours()
        })
        .map(|thread| thread.id)
        .collect()
}

/// Our unreleased threads by the repository that their titles, or their projects, name.
pub(super) fn runs(fleet: &Fleet, default_forge: ForgeKind) -> BTreeMap<RepoRef, Vec<Run>> {
    let project_titles: BTreeMap<&str, &str> = fleet
        .projects
        .iter()
        .map(|project| (project.id.as_str(), project.title.as_str()))
        .collect();
    let mut runs: BTreeMap<RepoRef, Vec<Run>> = BTreeMap::new();
    for thread in fleet
        .threads
        .values()
        .filter(|thread| !thread.is_released())
    {
        let title = thread.parsed_title();
        let message: Option<&MessageId> = thread.messages.first();
        let slot = message
            .map(|message| message.slot)
            .or_else(|| title.as_ref().map(|title| title.slot));
        if slot.is_none() && !thread.id.may_be_ours() {
            continue;
        }
        let forge = message.map_or(default_forge, |message| message.repository.forge());
        let named = title
            .map(|title| title.full_name)
            .into_iter()
            .chain(
                project_titles
                    .get(thread.project.as_str())
                    .map(|title| (*title).to_owned()),
            )
            .find_map(|full_name| RepoRef::parse(&full_name, forge).ok());
        let Some(repo) = named else {
            if slot.is_some() {
                tracing::warn!(thread = %thread.id, "a run names no repository any more");
            }
            continue;
        };
        runs.entry(repo).or_default().push(Run {
            key: message.map(|message| message.repository.clone()),
            thread: thread.clone(),
            slot: slot.unwrap_or(UNTOLD),
        });
    }
    runs
}
