//! A run whose thread a person archived under its agent.
//!
//! The watcher finds such a run by the lock label of its issue. Where that is gone, or was never taken, poll alone sees it: it holds
//! its repository for as long as its agent moves, and nobody would hear of it.

use crate::domain::identity::{AuthorisationDigest, EndKind, Ending, Slot, Title};
use crate::domain::reason::ReasonCode;
use crate::domain::repository::RepoRef;
use crate::domain::start::dispatch_policy::Binding;
use crate::executor::Thread;
use crate::tick::work_list;

/// Such a run.
pub(super) struct PutAway {
    pub(super) thread: Thread,
    pub(super) slot: Slot,
    /// What it is bound to; `None` when nobody knows any more.
    pub(super) binding: Option<Binding>,
}

impl PutAway {
    /// The newest slot of a repository, if it is held and T3 itself says that somebody archived it before its end. A thread that
    /// was released since the list was read is none: that may have been the watcher.
    pub(super) fn of(slot: Slot, thread: &Thread) -> Option<Self> {
        let is_over = thread
            .parsed_title()
            .is_some_and(|title| title.ending.is_some());
        let is_put_away = thread.facts.archived_at.is_some() && !thread.deleted && !is_over;
        is_put_away.then(|| Self {
            thread: thread.clone(),
            slot,
            binding: work_list::view(slot, thread).binding,
        })
    }

    /// The title that tells its end.
    pub(super) fn title(&self, repo: &RepoRef) -> Title {
        let binding = self.binding.as_ref();
        Title {
            full_name: repo.full_name(),
            issue: binding.map_or(Title::UNKNOWN_ISSUE, |binding| binding.issue),
            slot: self.slot,
            authorisation: binding.map_or_else(AuthorisationDigest::unknown, |binding| {
                binding.authorisation.digest()
            }),
            ending: Some(Ending::new(
                EndKind::NeedsHuman,
                Some(ReasonCode::AgentLost),
            )),
        }
    }
}
