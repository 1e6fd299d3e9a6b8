//! How the three read endpoints show what the server remembers, with every field of the real answers.
//!
//! It changes nothing. Large answers are written thread by thread and never held as one tree of values.

use std::io::Write;

use serde_json::{Value, json};

use super::T3Version;
use super::read_model::{Activity, Checkpoint, Message, Project, ReadModel, Thread, Workspace};

impl Thread {
    fn has_open_request(&self, requested: &str, ended_by: &[&str]) -> bool {
        let request = |activity: &Activity| activity.payload["requestId"].clone();
        self.activities
            .iter()
            .filter(|activity| activity.kind == requested)
            .any(|asked| {
                let ended = |other: &Activity| {
                    ended_by.contains(&other.kind) && request(other) == request(asked)
                };
                !self.activities.iter().any(ended)
            })
    }

    fn latest_turn_json(&self) -> Value {
        let latest = self.latest_turn.as_ref();
        let turn = latest.and_then(|id| self.turns.iter().find(|turn| &turn.id == id));
        turn.map_or(Value::Null, |turn| {
            json!({
                "turnId": turn.id,
                "state": turn.state,
                "requestedAt": turn.requested_at,
                "startedAt": turn.requested_at,
                "completedAt": turn.completed_at,
                "assistantMessageId": turn.assistant_message,
            })
        })
    }

    fn session_json(&self) -> Value {
        let Some(session) = &self.session else {
            return Value::Null;
        };
        let mut shown = json!({
            "threadId": self.id,
            "status": session.status,
            "providerName": session.provider,
            "runtimeMode": self.runtime_mode,
            "activeTurnId": session.active_turn,
            "lastError": session.last_error,
            "updatedAt": session.updated_at,
        });
        if let Some(instance) = &session.instance {
            shown["providerInstanceId"] = json!(instance);
        }
        shown
    }

    /// The members that all read endpoints show.
    fn head_json(&self, version: T3Version) -> Value {
        let mut shown = json!({
            "id": self.id,
            "projectId": self.project,
            "title": self.title,
            "modelSelection": self.model_selection,
            "runtimeMode": self.runtime_mode,
            "interactionMode": self.interaction_mode,
            "branch": self.branch,
            "worktreePath": self.worktree_path,
            "latestTurn": self.latest_turn_json(),
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "archivedAt": self.archived_at,
            "session": self.session_json(),
        });
        if version == T3Version::Fork0_0_33 {
            for name in [
                "settledOverride",
                "settledAt",
                "snoozedUntil",
                "snoozedAt",
                "pinnedAt",
                "pinOrderKey",
                "titleRegeneration",
            ] {
                shown[name] = Value::Null;
            }
        }
        shown
    }

    pub(super) fn snapshot_json(&self, version: T3Version) -> Value {
        let mut shown = self.head_json(version);
        shown["deletedAt"] = json!(self.deleted_at);
        shown["proposedPlans"] = json!([]);
        let light = version == T3Version::Fork0_0_33;
        shown["messages"] = json!(if light { vec![] } else { self.messages_json(0) });
        shown["activities"] = json!(if light {
            vec![]
        } else {
            self.activities_json(version)
        });
        shown["checkpoints"] = json!(if light {
            vec![]
        } else {
            self.checkpoints_json()
        });
        shown
    }

    fn shell_json(&self, version: T3Version) -> Value {
        let mut shown = self.head_json(version);
        let from_user = self
            .messages
            .iter()
            .filter(|message| message.role == "user");
        shown["latestUserMessageAt"] = json!(from_user.map(|message| &message.created_at).max());
        shown["hasPendingApprovals"] = json!(self.has_open_request(
            "approval.requested",
            &["approval.resolved", "provider.approval.respond.failed"],
        ));
        shown["hasPendingUserInput"] = json!(self.has_open_request(
            "user-input.requested",
            &["user-input.resolved", "provider.user-input.respond.failed"],
        ));
        shown["hasActionableProposedPlan"] = json!(false);
        if version == T3Version::Fork0_0_33 {
            let runs = !self.background.is_empty();
            shown["backgroundLiveness"] = if runs {
                json!("monitoring")
            } else {
                Value::Null
            };
            shown["planProgress"] = Value::Null;
        }
        shown
    }

    /// The thread with everything in it; messages before `first_message` are left out.
    fn detail_json(&self, version: T3Version, first_message: usize) -> Value {
        let mut shown = self.head_json(version);
        shown["deletedAt"] = json!(self.deleted_at);
        shown["proposedPlans"] = json!([]);
        shown["messages"] = json!(self.messages_json(first_message));
        shown["activities"] = json!(self.activities_json(version));
        shown["checkpoints"] = json!(self.checkpoints_json());
        if version == T3Version::Fork0_0_33 {
            shown["retention"] = json!("retained");
        }
        shown
    }

    fn messages_json(&self, first: usize) -> Vec<Value> {
        let shown = |message: &Message| {
            let mut shown = json!({
                "id": message.id,
                "role": message.role,
                "text": message.text,
                "turnId": message.turn,
                "streaming": false,
                "createdAt": message.created_at,
                "updatedAt": message.updated_at,
            });
            if let Some(attachments) = &message.attachments {
                shown["attachments"] = json!(attachments);
            }
            shown
        };
        self.messages.iter().skip(first).map(shown).collect()
    }

    fn activities_json(&self, version: T3Version) -> Vec<Value> {
        let shown = |activity: &Activity| {
            let mut payload = activity.payload.clone();
            if version == T3Version::Fork0_0_33 && payload.get("data").is_some() {
                payload["data"] = json!({});
            }
            json!({
                "id": activity.id,
                "tone": activity.tone,
                "kind": activity.kind,
                "summary": activity.summary,
                "payload": payload,
                "turnId": activity.turn,
                "createdAt": activity.created_at,
            })
        };
        self.activities.iter().map(shown).collect()
    }

    fn checkpoints_json(&self) -> Vec<Value> {
        let file = |path: &String| json!({"path": path, "kind": "modified", "additions": 1, "deletions": 0});
        let shown = |checkpoint: &Checkpoint| {
            json!({
                "turnId": checkpoint.turn,
                "checkpointTurnCount": checkpoint.count,
                "checkpointRef": format!(
                    "refs/t3/checkpoints/{}/turn/{}",
                    base64_url(self.id.as_bytes()),
                    checkpoint.count
                ),
                "status": checkpoint.status,
                "files": checkpoint.files.iter().map(file).collect::<Vec<_>>(),
                "assistantMessageId": checkpoint.assistant_message,
                "completedAt": checkpoint.completed_at,
            })
        };
        self.checkpoints.iter().map(shown).collect()
    }
}

impl ReadModel {
    /// `GET /api/orchestration/snapshot`.
    pub(super) fn snapshot(&self) -> Vec<u8> {
        let projects = self.projects.iter().map(|project| {
            let mut shown = self.project_json(project, self.version != T3Version::Fork0_0_33);
            shown["deletedAt"] = json!(project.deleted_at);
            shown
        });
        let threads = self.threads.iter();
        let threads = threads.map(|thread| thread.snapshot_json(self.version));
        self.body(projects, threads, self.updated_at(|_| true))
    }

    /// `GET /api/orchestration/shell`: archived and deleted things are not there.
    pub(super) fn shell(&self) -> Vec<u8> {
        let projects = self.projects.iter();
        let projects = projects.filter(|project| project.deleted_at.is_none());
        let projects = projects.map(|project| self.project_json(project, true));
        let threads = self.threads.iter().filter(|thread| !thread.is_frozen());
        let threads = threads.map(|thread| thread.shell_json(self.version));
        self.body(
            projects,
            threads,
            self.updated_at(|thread| !thread.is_frozen()),
        )
    }

    /// `GET /api/orchestration/threads/:threadId`, or `None` for a thread that is not shown.
    pub(super) fn detail(&self, id: &str, page: Option<Page>) -> Option<Value> {
        let thread = self.thread(id).filter(|thread| !thread.is_frozen())?;
        let first = page.map_or(0, |page| page.first_message(thread));
        let mut shown = json!({
            "snapshotSequence": self.sequence,
            "thread": thread.detail_json(self.version, first),
        });
        if page.is_some() {
            shown["page"] = json!({
                "beforeCursor": (first > 0).then(|| first.to_string()),
                "hasMore": first > 0,
                "snapshotSequence": self.sequence,
                "threadSequence": thread.sequence,
            });
        }
        Some(shown)
    }

    /// Writes thread after thread, so that a large answer is never held as one tree of values.
    fn body(
        &self,
        projects: impl Iterator<Item = Value>,
        threads: impl Iterator<Item = Value>,
        updated_at: String,
    ) -> Vec<u8> {
        let mut body = Vec::new();
        let mut write = |separator: &str, value: &Value| {
            body.write_all(separator.as_bytes())
                .and_then(|()| Ok(serde_json::to_writer(&mut body, value)?))
                .expect("a vector takes every byte");
        };
        write("{\"snapshotSequence\":", &json!(self.sequence));
        let projects: Vec<Value> = projects.collect();
        write(",\"projects\":", &json!(projects));
        write(",\"updatedAt\":", &json!(updated_at));
        let mut separator = ",\"threads\":[";
        for thread in threads {
            write(separator, &thread);
            separator = ",";
        }
        let nothing_written = separator != ",";
        body.extend_from_slice(if nothing_written {
            b",\"threads\":[]}"
        } else {
            b"]}"
        });
        body
    }

    fn project_json(&self, project: &Project, with_identity: bool) -> Value {
        let mut shown = json!({
            "id": project.id,
            "title": project.title,
            "workspaceRoot": project.workspace_root,
            "defaultModelSelection": project.default_model_selection,
            "scripts": project.scripts,
            "createdAt": project.created_at,
            "updatedAt": project.updated_at,
        });
        if with_identity {
            let workspace = self.workspaces.get(&project.workspace_root);
            shown["repositoryIdentity"] = repository_identity(&project.workspace_root, workspace);
        }
        if self.version == T3Version::Fork0_0_33 {
            shown["defaultThreadEnvMode"] = Value::Null;
            shown["faviconPath"] = Value::Null;
        }
        shown
    }

    /// The greatest `updatedAt` as text: the server does not look whether it is a time.
    fn updated_at(&self, shown: impl Fn(&Thread) -> bool) -> String {
        let projects = self.projects.iter().map(|project| &project.updated_at);
        let threads = self.threads.iter().filter(|thread| shown(thread));
        let threads = threads.map(|thread| &thread.updated_at);
        let latest = projects.chain(threads).max().cloned();
        latest.unwrap_or_else(|| "1970-01-01T00:00:00.000Z".to_owned())
    }
}

/// Which part of a thread is asked for, where the server knows pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub turn_limit: usize,
    /// Only messages before this one count.
    pub before: Option<usize>,
}

impl Page {
    fn first_message(self, thread: &Thread) -> usize {
        let before = self.before.unwrap_or(thread.messages.len());
        let messages = thread.messages.iter().enumerate().take(before);
        let from_user = messages.filter(|(_, message)| message.role == "user");
        let turns: Vec<usize> = from_user.map(|(index, _)| index).collect();
        let skipped = turns.len().saturating_sub(self.turn_limit);
        if skipped == 0 { 0 } else { turns[skipped] }
    }
}

fn repository_identity(root: &str, workspace: Option<&Workspace>) -> Value {
    let Some(Workspace::Git {
        remote: Some(remote),
    }) = workspace
    else {
        return Value::Null;
    };
    let bare = remote.trim_end_matches(".git");
    let key = bare.split_once("://").map_or(bare, |(_, rest)| rest);
    let mut parts = key.rsplit('/');
    let (name, owner) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    json!({
        "canonicalKey": key,
        "locator": {"source": "git-remote", "remoteName": "origin", "remoteUrl": remote},
        "rootPath": root,
        "displayName": format!("{owner}/{name}"),
        "provider": if key.starts_with("github.com/") { "github" } else { "unknown" },
        "owner": owner,
        "name": name,
    })
}

/// Base64 with the alphabet for URLs and without padding.
fn base64_url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let index = (bits >> (18 - 6 * place)) & 63;
            text.push(char::from(ALPHABET[index as usize]));
        }
    }
    text
}
