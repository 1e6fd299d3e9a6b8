//! The rules of dispatch: receipts, normalisation, and what is refused.
//!
//! It changes nothing but the receipts and the disk; what an accepted command does is written elsewhere.

use serde_json::Value;

use super::commands::{Act, Command};
use super::effects::apply;
use super::read_model::{Project, Workspace};
use super::{State, T3, T3Version};

/// What the server remembers of a command for ever.
#[derive(Clone, Debug)]
pub(super) enum Receipt {
    Accepted { sequence: u64, target: String },
    Refused,
}

/// Why a command that fits its schema was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It cannot be normalised; the server keeps no receipt.
    InvalidCommand,
    /// A rule forbids it, for ever under this command id.
    Rule,
}

/// Directory against which the server resolves relative workspace roots.
const SERVER_DIRECTORY: &str = "/opt/t3/apps/server";

/// Largest image that a message may carry.
const IMAGE_LIMIT_BYTES: u64 = 10 * 1024 * 1024;

impl T3 {
    /// Takes one command through normalisation, receipts and rules.
    pub(super) fn accept(&self, command: &Command) -> Result<u64, Refusal> {
        let now = self.now();
        let mut state = self.state();
        let state = &mut *state;
        let act = normalised(command.act.clone(), state)?;
        if let Some(receipt) = state.receipts.get(&command.id) {
            return answer_again(receipt, &act, state.model.version);
        }
        let events = events(&act, state);
        let Some(events) = events else {
            state.receipts.insert(command.id.clone(), Receipt::Refused);
            return Err(Refusal::Rule);
        };
        state.model.sequence += events;
        let sequence = state.model.sequence;
        let receipt = Receipt::Accepted {
            sequence,
            target: act.target().to_owned(),
        };
        state.receipts.insert(command.id.clone(), receipt);
        apply(act, state, &now, sequence);
        Ok(sequence)
    }
}

/// Answers a command id that was seen before, whatever the command says now.
fn answer_again(receipt: &Receipt, act: &Act, version: T3Version) -> Result<u64, Refusal> {
    match receipt {
        Receipt::Refused => Err(Refusal::Rule),
        Receipt::Accepted { sequence, target } => match version {
            T3Version::V0_0_27 | T3Version::July => Ok(*sequence),
            T3Version::Fork0_0_33 if target == act.target() => Ok(*sequence),
            T3Version::Fork0_0_33 => Err(Refusal::Rule),
        },
    }
}

/// Makes workspace roots absolute and checks what they point to.
fn normalised(mut act: Act, state: &mut State) -> Result<Act, Refusal> {
    match &mut act {
        Act::ProjectCreate {
            workspace_root,
            create_workspace,
            ..
        } => {
            let root = absolute(workspace_root);
            let workspaces = &mut state.model.workspaces;
            match workspaces.get(&root) {
                Some(Workspace::Directory | Workspace::Git { .. }) => {}
                Some(Workspace::File) => return Err(Refusal::InvalidCommand),
                // Made here already, before any rule looks at the command.
                None if *create_workspace => {
                    workspaces.insert(root.clone(), Workspace::Directory);
                }
                None => return Err(Refusal::InvalidCommand),
            }
            *workspace_root = root;
        }
        Act::ProjectMetaUpdate {
            workspace_root: Some(workspace_root),
            ..
        } => {
            let root = absolute(workspace_root);
            match state.model.workspaces.get(&root) {
                Some(Workspace::Directory | Workspace::Git { .. }) => *workspace_root = root,
                Some(Workspace::File) | None => return Err(Refusal::InvalidCommand),
            }
        }
        Act::TurnStart { attachments, .. } => {
            let is_image = |attachment: &Value| {
                let url = attachment["dataUrl"].as_str().unwrap_or("");
                let bytes = attachment["sizeBytes"].as_u64();
                url.starts_with("data:image/")
                    && bytes.is_some_and(|bytes| bytes <= IMAGE_LIMIT_BYTES)
            };
            if !attachments.iter().all(is_image) {
                return Err(Refusal::InvalidCommand);
            }
        }
        Act::ProjectMetaUpdate { .. }
        | Act::ProjectDelete { .. }
        | Act::ThreadCreate { .. }
        | Act::TurnInterrupt { .. }
        | Act::SessionStop { .. }
        | Act::UserInputRespond { .. }
        | Act::ApprovalRespond { .. }
        | Act::ThreadArchive { .. }
        | Act::ThreadUnarchive { .. }
        | Act::ThreadDelete { .. }
        | Act::ThreadMetaUpdate { .. }
        | Act::RuntimeModeSet { .. }
        | Act::InteractionModeSet { .. }
        | Act::CheckpointRevert { .. } => {}
    }
    Ok(act)
}

/// Resolves `.` and `..`, and roots relative paths in the server's own directory.
fn absolute(path: &str) -> String {
    let whole = match path.starts_with('/') {
        true => path.to_owned(),
        false => format!("{SERVER_DIRECTORY}/{path}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Counts the events that the command becomes, or returns `None` when a rule refuses it.
fn events(act: &Act, state: &State) -> Option<u64> {
    let model = &state.model;
    let live_project = |id: &str| {
        let mut projects = model.projects.iter();
        projects.any(|project| project.id == id && project.deleted_at.is_none())
    };
    let root_is_free = |root: &str, but: &str| {
        let taken = |project: &Project| {
            project.id != but && project.deleted_at.is_none() && project.workspace_root == root
        };
        model.version == T3Version::V0_0_27 || !model.projects.iter().any(taken)
    };
    let known = |thread: &str| model.thread(thread);
    match act {
        Act::ProjectCreate {
            project,
            workspace_root,
            ..
        } => {
            let is_new = !model.projects.iter().any(|known| known.id == *project);
            (is_new && root_is_free(workspace_root, project)).then_some(1)
        }
        Act::ProjectMetaUpdate {
            project,
            workspace_root,
            ..
        } => {
            let root = workspace_root.as_ref();
            let free = root.is_none_or(|root| root_is_free(root, project));
            (live_project(project) && free).then_some(1)
        }
        Act::ProjectDelete { project, force } => {
            if !model.projects.iter().any(|known| known.id == *project) {
                return None;
            }
            let threads = model.threads.iter();
            let threads = threads.filter(|thread| thread.project == *project);
            let threads = threads.filter(|thread| thread.deleted_at.is_none()).count() as u64;
            (*force || threads == 0).then_some(threads + 1)
        }
        Act::ThreadCreate {
            thread, project, ..
        } => (known(thread).is_none() && live_project(project)).then_some(1),
        // The message and the request are two events.
        Act::TurnStart { thread, .. } => known(thread).map(|_| 2),
        Act::ThreadArchive { thread } => known(thread)
            .filter(|thread| thread.archived_at.is_none())
            .map(|_| 1),
        Act::ThreadUnarchive { thread } => known(thread)
            .filter(|thread| thread.archived_at.is_some())
            .map(|_| 1),
        Act::TurnInterrupt { thread, .. }
        | Act::SessionStop { thread, .. }
        | Act::UserInputRespond { thread, .. }
        | Act::ApprovalRespond { thread, .. }
        | Act::ThreadDelete { thread }
        | Act::ThreadMetaUpdate { thread, .. }
        | Act::RuntimeModeSet { thread, .. }
        | Act::InteractionModeSet { thread, .. }
        | Act::CheckpointRevert { thread, .. } => known(thread).map(|_| 1),
    }
}
