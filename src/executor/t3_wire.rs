//! Shapes of T3's answers and commands, as far as they are read and sent (`contracts/t3` sections 3 and 4).
//!
//! Unknown members are ignored; message texts and tool output are skipped while the answer streams in, so
//! that a snapshot of many megabytes leaves only ids behind.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::identity::MessageId;

/// Answer of `GET /api/orchestration/snapshot` and of `GET /api/orchestration/shell`.
#[derive(Debug, Deserialize)]
pub(super) struct Snapshot {
    pub(super) projects: Vec<WireProject>,
    pub(super) threads: Vec<WireThread>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireProject {
    pub(super) id: String,
    pub(super) workspace_root: String,
    #[serde(default)]
    pub(super) deleted_at: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireThread {
    pub(super) id: String,
    pub(super) title: String,
    /// A thread that is neither archived nor deleted says so with nulls.
    pub(super) archived_at: Option<String>,
    #[serde(default)]
    pub(super) deleted_at: Option<String>,
    /// Missing in `shell`; an empty list in the snapshot of servers that keep messages out of it.
    #[serde(default, deserialize_with = "our_messages")]
    pub(super) messages: Messages,
}

/// The messages of a thread, as far as an answer lists them.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// Ids of ours.
    pub(super) ours: Vec<MessageId>,
    /// How many were listed, whoever sent them.
    pub(super) listed: usize,
}

/// Answer of `GET /api/orchestration/threads/{id}`.
#[derive(Debug, Deserialize)]
pub(super) struct ThreadDetail {
    pub(super) thread: WireThread,
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

/// Keeps the ids of our messages and drops the rest while it streams by.
fn our_messages<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Messages, D::Error> {
    #[derive(Deserialize)]
    struct Message {
        id: String,
        role: String,
    }

    struct Ours;

    impl<'de> Visitor<'de> for Ours {
        type Value = Messages;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of messages")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut messages: A) -> Result<Self::Value, A::Error> {
            let mut found = Messages::default();
            while let Some(message) = messages.next_element::<Message>()? {
                found.listed += 1;
                if message.role == "user"
                    && let Some(id) = MessageId::parse(&message.id)
                {
                    found.ours.push(id);
                }
            }
            Ok(found)
        }
    }

    deserializer.deserialize_seq(Ours)
}
