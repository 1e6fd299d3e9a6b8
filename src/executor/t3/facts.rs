//! From the shapes of an answer to the facts that the ticks ask for (`contracts/t3` section 4).
//!
//! Nothing is judged here.

use std::collections::BTreeMap;
use std::io::Read;

use uuid::Uuid;

use super::super::{Fleet, Project, Thread};
use super::lenient::time;
use super::snapshot::Snapshot;
use super::wire::{WireSession, WireThread, WireTurn};
use crate::domain::identity::ThreadId;
use crate::domain::run::thread_state::{SessionFacts, ThreadFacts, ThreadLog, TurnFacts};

/// Which threads of an answer are kept.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kept<'a> {
    /// All that may be ours.
    All,
    /// These, whose messages the answer is known to list: there is no other place.
    These(&'a [ThreadId]),
}

/// Reads a snapshot, or what is light and has its shape.
///
/// # Errors
///
/// As [`Snapshot::read`].
pub(super) fn fleet(
    reader: impl Read,
    live_only: bool,
    kept: Kept<'_>,
) -> serde_json::Result<Fleet> {
    let mut threads = BTreeMap::new();
    let snapshot = Snapshot::read(reader, |thread| {
        let is_whole = match kept {
            Kept::All => false,
            Kept::These(ids) if id_of(&thread).is_some_and(|id| ids.contains(&id)) => true,
            Kept::These(_) => return,
        };
        if let Some(thread) = thread_of(thread, is_whole) {
            threads.insert(thread.id, thread);
        }
    })?;
    let projects = snapshot
        .projects
        .into_iter()
        .filter(|project| project.deleted_at.is_none())
        .map(|project| Project {
            id: project.id,
            title: project.title,
            workspace_root: project.workspace_root,
        });
    Ok(Fleet {
        projects: projects.collect(),
        threads,
        live_only,
        bytes: 0,
        days: snapshot.days,
    })
}

/// Returns `None` for a thread whose id is no UUID: none of ours.
///
/// A list of a whole fleet that shows no message of a thread may be one that shows none at all, so only
/// `whole` answers prove that there is none.
pub(super) fn thread_of(mut thread: WireThread, whole: bool) -> Option<Thread> {
    let id = id_of(&thread)?;
    let messages_told = whole || thread.messages.listed > 0;
    let project = std::mem::take(&mut thread.project_id);
    let title = std::mem::take(&mut thread.title);
    let messages = thread.messages.ours.iter();
    Some(Thread {
        id,
        project,
        title,
        archived: thread.archived_at.is_some(),
        deleted: thread.deleted_at.is_some(),
        messages: messages.map(|message| message.id.clone()).collect(),
        messages_told,
        facts: facts_of(thread, messages_told),
    })
}

fn id_of(thread: &WireThread) -> Option<ThreadId> {
    Some(ThreadId(Uuid::try_parse(&thread.id).ok()?))
}

/// Returns what is known of a thread. `told` says whether the answer would have listed what happened in it.
fn facts_of(thread: WireThread, told: bool) -> ThreadFacts {
    let WireThread {
        messages,
        activities,
        checkpoints,
        ..
    } = thread;
    let provider = thread
        .session
        .as_ref()
        .and_then(|session| session.provider_name.0.as_deref());
    let tokens = activities.tokens_of(provider);
    ThreadFacts {
        archived: thread.archived_at.is_some(),
        deleted: thread.deleted_at.is_some(),
        archived_at: thread.archived_at.as_deref().and_then(time),
        deleted_at: thread.deleted_at.as_deref().and_then(time),
        runtime_mode: thread.runtime_mode.0,
        created_at: thread.created_at.0,
        updated_at: thread.updated_at.0,
        session: thread.session.map(session_of),
        latest_turn: thread.latest_turn.map(turn_of),
        log: told.then_some(ThreadLog {
            ours: messages.ours,
            requests: messages.requests,
            last_request_at: messages.last_request_at,
            answers: messages.answers,
            answers_since: messages.answers_since,
            last_answer_at: messages.last_answer_at,
            last_words: messages.last_words,
            checkpoints: checkpoints.count,
            last_checkpoint: checkpoints.newest,
            activities: activities.count,
            last_activity_at: activities.newest_at,
            start_failure: activities.start_failure,
            interrupt_failed_at: activities.interrupt_failed_at,
            open_requests: activities.open_requests,
            open_tasks: activities.open_tasks,
            retry: activities.retry,
            last_tool_at: activities.last_tool_at,
            last_tool_began_at: activities.last_tool_began_at,
            tokens,
        }),
        latest_user_message_at: thread.latest_user_message_at.0,
        pending_answer: thread.has_pending_user_input,
        pending_approval: thread.has_pending_approvals,
        background: thread.background_liveness.0,
    }
}

fn session_of(session: WireSession) -> SessionFacts {
    SessionFacts {
        status: session.status.0.unwrap_or_default(),
        active_turn: session.active_turn_id.0,
        last_error: session.last_error.0,
        updated_at: session.updated_at.0,
    }
}

fn turn_of(turn: WireTurn) -> TurnFacts {
    TurnFacts {
        id: turn.turn_id.0.unwrap_or_default(),
        state: turn.state.0.unwrap_or_default(),
        requested_at: turn.requested_at.0,
        started_at: turn.started_at.0,
        completed_at: turn.completed_at.0,
    }
}
