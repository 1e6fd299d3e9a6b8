//! Shapes of the commands that are sent to T3 (`contracts/t3` section 3).

use serde::Serialize;

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
        runtime_mode: &'a str,
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
    #[serde(rename = "thread.unarchive")]
    ThreadUnarchive {
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
