//! Which threads in T3 are runs of ours, and of which repository (SPEC 3 and 4.3, w1).
//!
//! Works on what T3 told and asks nobody. A run is recognised by our message ids, or by its title before the first
//! message exists. Which slots a repository has: `slots`.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::identity::{MessageId, RepositoryId, RepositoryKey, Slot, StepNumber, ThreadId};
use crate::domain::repository::{ForgeKind, RepoRef};
use crate::domain::run::thread_state::SessionSign;
use crate::domain::start::dispatch_policy::SlotView;
use crate::executor::{Fleet, Thread};

/// Reads one slot.
pub(super) fn view(slot: Slot, thread: &Thread) -> SlotView {
    let title = thread.parsed_title();
    let facts = &thread.facts;
    let answered = facts.log.as_ref().is_some_and(|log| log.answers > 0);
    SlotView::read(
        slot,
        thread.id,
        title.as_ref(),
        &thread.messages,
        facts.latest_turn.is_some() || answered,
        thread.is_released(),
        facts.created_at,
    )
}

/// The step after the last one that a message of ours took.
pub(super) fn next_step(thread: &Thread) -> StepNumber {
    thread
        .messages
        .iter()
        .map(|message| message.step)
        .max()
        .map_or(StepNumber::FIRST, |step| StepNumber(step.0 + 1))
}

/// The step of an end that is written in the archive while the messages are hidden: behind every step of a run.
const IN_ARCHIVE: StepNumber = StepNumber(1_000_000);

/// The step under which the end of a run is written whose thread is in the archive.
pub(super) fn step_in_archive(thread: &Thread) -> StepNumber {
    if thread.messages_told {
        next_step(thread)
    } else {
        IN_ARCHIVE
    }
}

/// Whether a released slot is in use all the same: a person archived or deleted it before its end was carried out, and its agent
/// may be at work, or wake by itself when what it left in the background ends. An archived one is in use as long as its session
/// works, at most twice the stall limit after its last sign, also when its end is written already; one that was deleted can not be
/// stopped, and is in use for the stall limit.
pub(super) fn is_held(thread: &Thread, now: DateTime<Utc>, stall: TimeDelta) -> bool {
    if !thread.is_released() {
        return false;
    }
    let facts = &thread.facts;
    let reading = thread.reading(now, stall);
    let works = facts.is_started() && reading.session == SessionSign::Running;
    let may_wake = facts.is_started() && reading.background;
    let within =
        |at: Option<DateTime<Utc>>, limit: TimeDelta| at.is_some_and(|at| now - at < limit);
    match (thread.deleted, thread.has_ended()) {
        (true, _) => (works || may_wake) && within(facts.deleted_at, stall),
        // The watcher itself gives up a command that never ends, and archives beside it: that is no sign of it.
        (false, true) => {
            (works && reading.quiet_for < stall + stall)
                || (may_wake && within(facts.last_sign_at(), stall + stall))
        }
        (false, false) => {
            (works || may_wake) && within(facts.updated_at.max(facts.archived_at), stall + stall)
        }
    }
}

/// Whether the agent of a run that has ended works on in the archive: a person took the thread out, had it go on, and archived it
/// again. What the watcher released beside a session that is dead, or a command that never ends, does not.
pub(super) fn works_on_after_end(thread: &Thread, now: DateTime<Utc>, stall: TimeDelta) -> bool {
    let last_sign_at = thread.facts.last_sign_at();
    thread.facts.archived_at.is_some()
        && thread.has_ended()
        && !thread.deleted
        && is_held(thread, now, stall)
        && last_sign_at.is_some_and(|at| now - at < stall + stall)
}

/// Whether the id of a thread is that of the slot that its messages or its title name: only then it is ours. A title does not
/// tell the repository's number: it is read from the workspace of its project, of the forges that `known` repositories are on.
pub(super) fn is_ours(thread: &Thread, fleet: &Fleet, known: &[&RepositoryKey]) -> bool {
    if !thread.id.may_be_ours() {
        return false;
    }
    let by_message = thread
        .messages
        .iter()
        .any(|message| message.repository.thread(message.slot) == thread.id);
    let by_title = || {
        let slot = thread.parsed_title()?.slot;
        let project = fleet
            .projects
            .iter()
            .find(|project| project.id == thread.project)?;
        let (_, id) = project.workspace_root.rsplit_once('-')?;
        let id = RepositoryId(id.parse().ok()?);
        Some(
            known
                .iter()
                .any(|key| key.sibling(id).thread(slot) == thread.id),
        )
    };
    by_message || by_title().unwrap_or(false)
}

/// The unreleased threads that may be ours, each with the end of its project's workspace: `name-<numeric id>`.
pub(super) fn live_with_workspaces(fleet: &Fleet) -> Vec<(&Thread, &str)> {
    let roots: BTreeMap<&str, &str> = fleet
        .projects
        .iter()
        .map(|project| (project.id.as_str(), project.workspace_root.as_str()))
        .collect();
    fleet
        .threads
        .values()
        .filter(|thread| !thread.is_released() && thread.id.may_be_ours())
        .map(|thread| {
            let root = roots.get(thread.project.as_str()).copied();
            (thread, root.unwrap_or_default())
        })
        .collect()
}

/// Those of `live` that may be runs of this repository under another address of its forge: the same number on the same kind
/// of forge stands in their messages or, where these are not told, in their workspace. The latter have to be asked for.
pub(super) fn maybe_under_another_address<'f>(
    key: &RepositoryKey,
    live: &[(&'f Thread, &'f str)],
) -> Vec<&'f Thread> {
    let Some(id) = key.repository_id() else {
        return Vec::new();
    };
    let suffix = format!("-{}", id.0);
    live.iter()
        .filter(|(thread, root)| {
            let mut messages = thread.messages.iter();
            messages.any(|message| is_same_number(key, &message.repository))
                || (!thread.messages_told && root.ends_with(&suffix))
        })
        .map(|(thread, _)| *thread)
        .collect()
}

/// The slot of a thread that is, by its own word, a run of this repository under another address of its forge.
pub(super) fn under_another_address(key: &RepositoryKey, thread: &Thread) -> Option<Slot> {
    let mut messages = thread.messages.iter();
    let by_its_word = messages.find(|message| {
        is_same_number(key, &message.repository)
            && message.repository.thread(message.slot) == thread.id
    })?;
    Some(by_its_word.slot)
}

/// Whether two keys differ in nothing but the address of the forge.
pub(super) fn is_same_number(one: &RepositoryKey, other: &RepositoryKey) -> bool {
    one != other
        && one.forge() == other.forge()
        && one.repository_id().is_some()
        && one.repository_id() == other.repository_id()
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

/// The repository and the slot of a run without a message of ours: the workspace of its project names host and number, and the
/// thread's id bears it out.
fn by_workspace(
    run: &Run,
    fleet: &Fleet,
    forges: &[(ForgeKind, &str)],
) -> Option<(RepositoryKey, Slot)> {
    let project = fleet
        .projects
        .iter()
        .find(|project| project.id == run.thread.project)?;
    let (path, id) = project.workspace_root.rsplit_once('-')?;
    let id = RepositoryId(id.parse().ok()?);
    let named = path.rsplit('/').nth(2);
    let by_path = named
        .into_iter()
        .flat_map(|host| [(ForgeKind::GitHub, host), (ForgeKind::Forgejo, host)]);
    by_path
        .chain(forges.iter().copied())
        .map(|(forge, host)| RepositoryKey::new(forge, host, id))
        .find_map(|key| slot_of(&key, run).map(|slot| (key, slot)))
}

/// Unreleased threads that may be runs although the list shows neither a title of ours nor messages: somebody renamed them,
/// on a server whose list hides messages. Each must be asked for by itself.
pub(super) fn nameless(fleet: &Fleet) -> Vec<ThreadId> {
    fleet
        .threads
        .values()
        .filter(|thread| {
            thread.is_untold() && thread.parsed_title().is_none() && thread.id.may_be_ours()
        })
        .map(|thread| thread.id)
        .collect()
}

/// Our unreleased threads by the repository that their titles, or their projects, name.
/// `forges` are host and port of those that are configured.
pub(super) fn runs(
    fleet: &Fleet,
    default_forge: ForgeKind,
    forges: &[(ForgeKind, &str)],
) -> BTreeMap<RepoRef, Vec<Run>> {
    by_repository(fleet, default_forge, forges, |thread| !thread.is_released())
}

/// Whether T3 itself says that somebody archived a thread before its end. One that was released since the list was read is none:
/// that may have been the watcher.
pub(super) fn is_put_away(thread: &Thread) -> bool {
    thread.facts.archived_at.is_some() && !thread.deleted && !thread.has_ended()
}

/// As [`runs`], of all threads that are meant. A light reading shows no released ones.
pub(super) fn by_repository(
    fleet: &Fleet,
    default_forge: ForgeKind,
    forges: &[(ForgeKind, &str)],
    is_meant: impl Fn(&Thread) -> bool,
) -> BTreeMap<RepoRef, Vec<Run>> {
    let project_titles: BTreeMap<&str, &str> = fleet
        .projects
        .iter()
        .map(|project| (project.id.as_str(), project.title.as_str()))
        .collect();
    let mut runs: BTreeMap<RepoRef, Vec<Run>> = BTreeMap::new();
    for thread in fleet
        .threads
        .values()
        .filter(|thread| is_meant(thread) && thread.id.may_be_ours())
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
        let Some(mut repo) = named else {
            if slot.is_some() {
                tracing::warn!(thread = %thread.id, "a run names no repository any more");
            }
            continue;
        };
        let mut run = Run {
            key: message.map(|message| message.repository.clone()),
            thread: thread.clone(),
            slot: slot.unwrap_or(UNTOLD),
        };
        if run.key.is_none()
            && let Some((key, slot)) = by_workspace(&run, fleet, forges)
        {
            // The workspace tells the forge, which neither title nor project does.
            if let Ok(named) = RepoRef::parse(&repo.full_name(), key.forge()) {
                repo = named;
            }
            (run.key, run.slot) = (Some(key), slot);
        }
        runs.entry(repo).or_default().push(run);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::thread_state::{
        OpenTask, SessionFacts, ThreadFacts, ThreadLog, TurnFacts,
    };
    use crate::executor::Project;

    fn thread(id: ThreadId, title: &str) -> Thread {
        Thread {
            id,
            project: "project".to_owned(),
            title: title.to_owned(),
            archived: false,
            deleted: false,
            messages: Vec::new(),
            messages_told: true,
            facts: ThreadFacts::default(),
        }
    }

    /// What is found of one thread whose project has this workspace.
    fn found(thread: Thread, workspace_root: &str) -> Option<(RepositoryKey, Slot)> {
        let fleet = Fleet {
            projects: vec![Project {
                id: "project".to_owned(),
                title: "acme/widgets".to_owned(),
                workspace_root: workspace_root.to_owned(),
            }],
            threads: [(thread.id, thread)].into(),
            ..Fleet::default()
        };
        let forges = [(ForgeKind::Forgejo, "git.example.org:8443")];
        let mut runs = runs(&fleet, ForgeKind::GitHub, &forges)
            .into_values()
            .flatten();
        let run = runs.next()?;
        Some((run.key?, run.slot))
    }

    #[test]
    fn a_run_without_a_message_is_known_by_the_workspace_of_its_project() {
        let titled = "acme/widgets#7 · run 3 · 0123456789ab";
        for (forge, host, workspace) in [
            (
                ForgeKind::GitHub,
                "github.com",
                "/data/github.com/acme/widgets-9",
            ),
            (
                ForgeKind::Forgejo,
                "git.example.org",
                "/data/git.example.org/acme/widgets-9",
            ),
            // A port is in the key and not in the path.
            (
                ForgeKind::Forgejo,
                "git.example.org:8443",
                "/data/git.example.org/acme/widgets-9",
            ),
            // Only the forges that are configured are left where the path names none.
            (ForgeKind::Forgejo, "git.example.org:8443", "/srv/widgets-9"),
        ] {
            let key = RepositoryKey::new(forge, host, RepositoryId(9));
            for title in [titled, "my favourite thread"] {
                let run = thread(key.thread(Slot(3)), title);
                assert_eq!(
                    found(run, workspace),
                    Some((key.clone(), Slot(3))),
                    "{workspace}"
                );
            }
            // A title that somebody typed proves nothing, and neither does a path.
            let other = key.sibling(RepositoryId(10)).thread(Slot(3));
            assert_eq!(found(thread(other, titled), workspace), None);
        }
    }

    #[test]
    fn a_deleted_thread_whose_agent_worked_holds_its_repository_for_the_stall_limit() {
        let at = |seconds: i64| DateTime::from_timestamp(1_780_000_000 + seconds, 0);
        let stall = TimeDelta::seconds(1_800);
        let key = RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(9));
        for title in [
            "acme/widgets#7 · run 3 · 0123456789ab",
            "acme/widgets#7 · run 3 · 0123456789ab · needs-human (no-push)",
        ] {
            for (status, held) in [("running", true), ("stopped", false), ("ready", false)] {
                let mut deleted = thread(key.thread(Slot(3)), title);
                deleted.deleted = true;
                deleted.facts = ThreadFacts {
                    deleted: true,
                    deleted_at: at(0),
                    session: Some(SessionFacts {
                        status: status.to_owned(),
                        updated_at: at(0),
                        ..SessionFacts::default()
                    }),
                    latest_turn: Some(TurnFacts {
                        id: "turn".to_owned(),
                        state: "running".to_owned(),
                        requested_at: at(-60),
                        started_at: at(-60),
                        completed_at: None,
                    }),
                    ..ThreadFacts::default()
                };
                let is_held = |seconds| is_held(&deleted, at(seconds).unwrap(), stall);
                assert_eq!(is_held(1_799), held, "{status}, '{title}'");
                assert!(!is_held(1_800), "{status}, '{title}'");
            }
        }
    }

    #[test]
    fn an_archived_thread_is_held_beside_a_command_in_the_background_until_that_is_silent() {
        let at = |seconds: i64| DateTime::from_timestamp(1_780_000_000 + seconds, 0);
        let stall = TimeDelta::seconds(1_800);
        let key = RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(9));
        let plain = "acme/widgets#7 · run 3 · 0123456789ab";
        let ended = "acme/widgets#7 · run 3 · 0123456789ab · done (landed)";
        // The command began at 0, and the thread was archived at 1,000.
        for (title, status, is_open, until) in [
            (plain, "ready", true, 4_600),
            (plain, "ready", false, 0),
            (plain, "stopped", true, 0),
            // Of an ended run the archive is no sign of the command.
            (ended, "ready", true, 3_600),
            (ended, "ready", false, 0),
            (ended, "stopped", true, 0),
        ] {
            let mut archived = thread(key.thread(Slot(3)), title);
            archived.archived = true;
            let open = OpenTask {
                id: "task".to_owned(),
                at: at(0),
            };
            archived.facts = ThreadFacts {
                archived: true,
                archived_at: at(1_000),
                updated_at: at(1_000),
                session: Some(SessionFacts {
                    status: status.to_owned(),
                    updated_at: at(0),
                    ..SessionFacts::default()
                }),
                // Some servers show no turn that is over.
                latest_turn: None,
                log: Some(ThreadLog {
                    answers: 1,
                    open_tasks: Vec::from_iter(is_open.then_some(open)),
                    ..ThreadLog::default()
                }),
                ..ThreadFacts::default()
            };
            let is_held = |seconds| is_held(&archived, at(seconds).unwrap(), stall);
            let works_on = |seconds| works_on_after_end(&archived, at(seconds).unwrap(), stall);
            let told = format!("{status}, {is_open}, '{title}'");
            assert_eq!(is_held(until - 1), until > 0, "{told}");
            assert!(!is_held(until.max(1_000)), "{told}");
            let goes_on = until > 0 && title == ended;
            assert_eq!(works_on(until - 1), goes_on, "{told}");
            assert!(!works_on(until.max(1_000)), "{told}");
        }
    }
}
