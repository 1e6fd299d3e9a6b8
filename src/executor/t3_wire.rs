//! Shapes of T3's answers and commands, as far as they are read and sent (`contracts/t3` sections 3 and 4).
//!
//! Unknown members are ignored. Threads are reduced by `t3_facts` while the answer streams in.

use serde::{Deserialize, Serialize};

use super::t3_facts::{Activities, Checkpoints, Messages, Text, Time, WORD_MAX_CHARS, threads};
use crate::domain::run::thread_state::DETAIL_MAX_CHARS;

/// Answer of `GET /api/orchestration/snapshot` and of `GET /api/orchestration/shell`.
#[derive(Debug, Deserialize)]
pub(super) struct Snapshot {
    pub(super) projects: Vec<WireProject>,
    #[serde(deserialize_with = "threads")]
    pub(super) threads: Vec<WireThread>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireProject {
    pub(super) id: String,
    #[serde(default)]
    pub(super) title: String,
    pub(super) workspace_root: String,
    #[serde(default)]
    pub(super) deleted_at: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireThread {
    pub(super) id: String,
    #[serde(default)]
    pub(super) project_id: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) created_at: Time,
    #[serde(default)]
    pub(super) updated_at: Time,
    /// A thread that is neither archived nor deleted says so with nulls.
    pub(super) archived_at: Option<String>,
    #[serde(default)]
    pub(super) deleted_at: Option<String>,
    #[serde(default)]
    pub(super) session: Option<WireSession>,
    #[serde(default)]
    pub(super) latest_turn: Option<WireTurn>,
    /// Missing in `shell`; an empty list in the snapshot of servers that keep messages out of it.
    #[serde(default)]
    pub(super) messages: Messages,
    #[serde(default)]
    pub(super) activities: Activities,
    #[serde(default)]
    pub(super) checkpoints: Checkpoints,
    /// These three are in `shell` only.
    #[serde(default)]
    pub(super) latest_user_message_at: Time,
    #[serde(default)]
    pub(super) has_pending_user_input: bool,
    #[serde(default)]
    pub(super) has_pending_approvals: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireSession {
    #[serde(default)]
    pub(super) status: Text<WORD_MAX_CHARS>,
    #[serde(default)]
    pub(super) active_turn_id: Text<WORD_MAX_CHARS>,
    #[serde(default)]
    pub(super) last_error: Text<DETAIL_MAX_CHARS>,
    #[serde(default)]
    pub(super) updated_at: Time,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireTurn {
    #[serde(default)]
    pub(super) turn_id: Text<WORD_MAX_CHARS>,
    #[serde(default)]
    pub(super) state: Text<WORD_MAX_CHARS>,
    #[serde(default)]
    pub(super) requested_at: Time,
    #[serde(default)]
    pub(super) started_at: Time,
    #[serde(default)]
    pub(super) completed_at: Time,
}

/// Answer of `GET /api/orchestration/threads/{id}`.
#[derive(Debug, Deserialize)]
pub(super) struct ThreadDetail {
    pub(super) thread: WireThread,
}

/// Answer of `GET /.well-known/t3/environment`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Environment {
    pub(super) environment_id: String,
}

/// Answer of `POST /api/orchestration/dispatch`.
#[derive(Debug, Deserialize)]
pub(super) struct Accepted {
    #[serde(rename = "sequence")]
    pub(super) _sequence: u64,
}

/// A command; the body of a dispatch is the command itself.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(super) enum Command<'a> {
    #[serde(rename = "project.create")]
    ProjectCreate {
        command_id: String,
        project_id: String,
        title: &'a str,
        workspace_root: &'a str,
        create_workspace_root_if_missing: bool,
        created_at: String,
    },
    #[serde(rename = "thread.create")]
    ThreadCreate {
        command_id: String,
        thread_id: String,
        project_id: &'a str,
        title: String,
        model_selection: ModelSelection<'a>,
        runtime_mode: &'static str,
        interaction_mode: &'static str,
        branch: Option<&'a str>,
        worktree_path: Option<&'a str>,
        created_at: String,
    },
    #[serde(rename = "thread.turn.start")]
    ThreadTurnStart {
        command_id: String,
        thread_id: String,
        message: UserMessage<'a>,
        runtime_mode: &'static str,
        interaction_mode: &'static str,
        created_at: String,
    },
    #[serde(rename = "thread.meta.update")]
    ThreadMetaUpdate {
        command_id: String,
        thread_id: String,
        title: String,
    },
    #[serde(rename = "thread.turn.interrupt")]
    ThreadTurnInterrupt {
        command_id: String,
        thread_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        turn_id: Option<&'a str>,
        created_at: String,
    },
    #[serde(rename = "thread.session.stop")]
    ThreadSessionStop {
        command_id: String,
        thread_id: String,
        created_at: String,
    },
    #[serde(rename = "thread.archive")]
    ThreadArchive {
        command_id: String,
        thread_id: String,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ModelSelection<'a> {
    pub(super) instance_id: &'a str,
    pub(super) model: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserMessage<'a> {
    pub(super) message_id: String,
    pub(super) role: &'static str,
    pub(super) text: &'a str,
    pub(super) attachments: [(); 0],
}
