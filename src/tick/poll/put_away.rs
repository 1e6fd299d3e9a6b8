//! A run whose thread a person archived under its agent is brought before the watcher's eyes again.
//!
//! The watcher finds such a run by the lock label of its issue. Where that is gone, or was never taken, poll alone sees it: it holds
//! its repository for as long as its agent moves, and nobody would hear of it.

use super::enrolment::Enrolled;
use super::setting::Poll;
use crate::domain::identity::{AuthorisationDigest, EndKind, Ending, Slot, Title};
use crate::domain::reason::ReasonCode;
use crate::domain::repository::RepoRef;
use crate::domain::start::dispatch_policy::Binding;
use crate::domain::step::Step;
use crate::executor::Thread;
use crate::service_error::ServiceError;
use crate::tick::work_list;
use crate::tick::{Failure, TickReport};

/// Such a run.
pub(super) struct PutAway {
    thread: Thread,
    slot: Slot,
    /// What it is bound to; `None` when nobody knows any more.
    binding: Option<Binding>,
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
    fn title(&self, repo: &RepoRef) -> Title {
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
