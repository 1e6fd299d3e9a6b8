//! Shapes of T3's answers, as far as they are read (`contracts/t3` section 4).
//!
//! A snapshot carries every message and every tool output of every thread there ever was: threads are reduced while the
//! answer streams in, so that many megabytes leave little behind. Unknown members are ignored.

use serde::Deserialize;

use super::activities::Activities;
use super::checkpoints::Checkpoints;
use super::lenient::{Text, Time, WORD_MAX_CHARS};
use super::messages::Messages;
use crate::domain::run::thread_state::DETAIL_MAX_CHARS;

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
    #[serde(default)]
    pub(super) runtime_mode: Text<WORD_MAX_CHARS>,
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
    /// These four are in `shell` only, the last one on newer servers.
    #[serde(default)]
    pub(super) latest_user_message_at: Time,
    #[serde(default)]
    pub(super) has_pending_user_input: bool,
    #[serde(default)]
    pub(super) has_pending_approvals: bool,
    #[serde(default)]
    pub(super) background_liveness: Text<WORD_MAX_CHARS>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireSession {
    #[serde(default)]
    pub(super) status: Text<WORD_MAX_CHARS>,
    #[serde(default)]
    pub(super) provider_name: Text<WORD_MAX_CHARS>,
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
