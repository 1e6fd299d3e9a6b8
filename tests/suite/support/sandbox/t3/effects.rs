//! What accepted commands do to the model.
//!
//! A turn that was asked for waits in its thread until a test lets an agent take it up; interrupts and stops
//! become orders that take effect when the test lets the server settle.

use serde_json::{Value, json};

use super::State;
use super::commands::Act;
use super::read_model::{AgentProcess, Message, Order, Project, Thread, TurnRequest};
use super::turns::{Scene, TurnEnd};

/// Writes an accepted command into the model.
pub(super) fn apply(act: Act, state: &mut State, now: &str, sequence: u64) {
    match act {
        Act::ProjectCreate {
            project,
            title,
            workspace_root,
            default_model_selection,
            created_at,
            ..
        } => state.model.projects.push(Project {
            id: project,
            title,
            workspace_root,
            default_model_selection,
            scripts: json!([]),
            created_at: created_at.clone(),
            updated_at: created_at,
            deleted_at: None,
        }),
        Act::ProjectMetaUpdate {
            project,
            title,
            workspace_root,
            default_model_selection,
            scripts,
        } => {
            if let Some(project) = state.model.project_mut(&project) {
                now.clone_into(&mut project.updated_at);
                put(&mut project.title, title);
                put(&mut project.workspace_root, workspace_root);
                put(
                    &mut project.default_model_selection,
                    default_model_selection,
                );
                put(&mut project.scripts, scripts);
            }
        }
        Act::ProjectDelete { project, .. } => {
            if let Some(project) = state.model.project_mut(&project) {
                now.clone_into(&mut project.updated_at);
                project.deleted_at = Some(now.to_owned());
            }
            let live_on = state.model.released_agents_live_on;
            let threads = state.model.threads.iter_mut();
            for thread in threads.filter(|thread| thread.project == project) {
                if thread.deleted_at.is_none() {
                    delete(thread, now, live_on);
                }
            }
        }
        Act::ThreadCreate {
            thread,
            project,
            title,
            model_selection,
            runtime_mode,
            interaction_mode,
            branch,
            worktree_path,
            created_at,
        } => state.model.add_thread(Thread {
            id: thread,
            project,
            title,
            model_selection,
            runtime_mode,
            interaction_mode,
            branch,
            worktree_path,
            updated_at: created_at.clone(),
            created_at,
            archived_at: None,
            deleted_at: None,
            messages: Vec::new(),
            activities: Vec::new(),
            checkpoints: Vec::new(),
            session: None,
            turns: Vec::new(),
            latest_turn: None,
            sequence,
            queue: Vec::new(),
            agent: AgentProcess::None,
            open_tool: None,
            order: None,
            checkpoint_due: None,
            turns_run: 0,
            background: Vec::new(),
            orphaned: false,
        }),
        Act::TurnStart { .. }
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
        | Act::CheckpointRevert { .. } => {
            let target = act.target().to_owned();
            if let Some(mut scene) = state.scene(&target, now.to_owned()) {
                scene.thread.sequence = sequence;
                scene.apply(act);
            }
        }
    }
}

impl Scene<'_> {
    fn apply(&mut self, act: Act) {
        let now = self.now.clone();
        match act {
            Act::ProjectCreate { .. }
            | Act::ProjectMetaUpdate { .. }
            | Act::ProjectDelete { .. }
            | Act::ThreadCreate { .. } => {}
            Act::TurnStart {
                message,
                text,
                attachments,
                title_seed,
                created_at,
                ..
            } => {
                self.write_message(message, &text, attachments.clone(), &created_at);
                self.request_turn(TurnRequest {
                    text,
                    has_attachments: !attachments.is_empty(),
                    title_seed,
                    created_at,
                });
            }
            Act::TurnInterrupt {
                turn, created_at, ..
            } => {
                self.interrupt(turn.as_deref(), &created_at);
            }
            Act::SessionStop { .. } => self.stop(),
            Act::UserInputRespond {
                request, answers, ..
            } => self.answer_question(&request, answers),
            Act::ApprovalRespond {
                request, decision, ..
            } => self.decide_approval(&request, &decision),
            Act::ThreadArchive { .. } => {
                self.thread.updated_at.clone_from(&now);
                self.thread.archived_at = Some(now);
            }
            Act::ThreadUnarchive { .. } => {
                self.thread.updated_at = now;
                self.thread.archived_at = None;
            }
            Act::ThreadDelete { .. } => delete(self.thread, &now, self.released_agents_live_on),
            Act::ThreadMetaUpdate {
                title,
                model_selection,
                branch,
                worktree_path,
                ..
            } => {
                self.thread.updated_at = now;
                put(&mut self.thread.title, title);
                put(&mut self.thread.model_selection, model_selection);
                put(&mut self.thread.branch, branch);
                put(&mut self.thread.worktree_path, worktree_path);
            }
            Act::RuntimeModeSet {
                mode, created_at, ..
            } => {
                self.thread.updated_at = created_at;
                self.thread.runtime_mode = mode;
            }
            Act::InteractionModeSet {
                mode, created_at, ..
            } => {
                self.thread.updated_at = created_at;
                self.thread.interaction_mode = mode;
            }
            Act::CheckpointRevert { turns_kept, .. } => self.revert(turns_kept),
        }
    }

    /// A message id that is known already names the same message: its text is replaced.
    fn write_message(&mut self, id: String, text: &str, attachments: Vec<Value>, at: &str) {
        at.clone_into(&mut self.thread.updated_at);
        let mut messages = self.thread.messages.iter_mut();
        if let Some(known) = messages.find(|message| message.id == id) {
            text.clone_into(&mut known.text);
            at.clone_into(&mut known.updated_at);
            return;
        }
        self.thread.list(Message {
            id,
            role: "user",
            text: text.to_owned(),
            attachments: Some(attachments),
            turn: None,
            created_at: at.to_owned(),
            updated_at: at.to_owned(),
        });
    }

    fn request_turn(&mut self, request: TurnRequest) {
        if self.thread.is_frozen() {
            return;
        }
        if self.is_working() {
            self.begin_turn(&request);
            return;
        }
        self.thread.queue.push(request);
    }

    fn interrupt(&mut self, turn: Option<&str>, at: &str) {
        if self.thread.is_frozen() {
            // Nobody is interrupted; only the list says so.
            let active = self.thread.active_turn().map(str::to_owned);
            if let Some(turn) = active.and_then(|turn| self.thread.turn(&turn)) {
                turn.state = "interrupted";
            }
            return;
        }
        let status = self.thread.session.as_ref().map(|session| session.status);
        let is_stuck = status == Some("running") && !self.is_working();
        let may_mark = self.is_working() || is_stuck;
        let turn = turn.filter(|_| may_mark);
        if let Some(turn) = turn.and_then(|turn| self.thread.turn(turn)) {
            turn.state = "interrupted";
            turn.completed_at = Some(at.to_owned());
        }
        if self.is_working() || !self.thread.queue.is_empty() {
            self.thread.order = Some(Order::Interrupt);
        } else if is_stuck {
            self.recover_session();
        } else if matches!(status, None | Some("stopped")) {
            let payload = json!({"detail": NO_SESSION});
            let kind = ("error", "provider.turn.interrupt.failed");
            self.at(at, |scene| {
                scene.activity(kind, "Provider turn interrupt failed", payload, None);
            });
        }
    }

    fn stop(&mut self) {
        // Accepted, and nothing happens: the agent goes on.
        if self.thread.is_frozen() {
            if !self.released_agents_live_on {
                self.thread.agent = AgentProcess::None;
            }
            return;
        }
        if self.is_working() {
            // The turn looks finished at once; the session stops when its tool has ended or was killed.
            self.end_turn(&TurnEnd::Stopped);
            self.land_checkpoint();
            self.thread.order = Some(Order::Stop);
        } else if self.thread.queue.is_empty() && !self.blocked && self.thread.background.is_empty()
        {
            self.stop_session();
        } else {
            self.thread.order = Some(Order::Stop);
        }
    }

    fn answer_question(&mut self, request: &str, answers: Value) {
        if self.thread.is_frozen() {
            return;
        }
        let asked = AgentProcess::Asking {
            request: request.to_owned(),
        };
        if self.thread.agent != asked {
            let kind = "provider.user-input.respond.failed";
            self.fail_response(
                kind,
                "Provider user input response failed",
                "user-input",
                request,
            );
            return;
        }
        let turn = self.thread.active_turn().map(str::to_owned);
        let payload = json!({"requestId": request, "answers": answers});
        let kind = ("info", "user-input.resolved");
        self.activity(kind, "User input submitted", payload, turn);
        self.end_tool("Your questions have been answered.", true);
        self.thread.agent = AgentProcess::Working;
    }

    fn decide_approval(&mut self, request: &str, decision: &str) {
        if self.thread.is_frozen() {
            return;
        }
        let asked = AgentProcess::WantsApproval {
            request: request.to_owned(),
        };
        if self.thread.agent != asked {
            let kind = "provider.approval.respond.failed";
            self.fail_response(
                kind,
                "Provider approval response failed",
                "approval",
                request,
            );
            return;
        }
        let turn = self.thread.active_turn().map(str::to_owned);
        let payload = json!({
            "requestId": request,
            "requestKind": "command",
            "requestType": "command_execution_approval",
            "decision": decision,
        });
        self.activity(
            ("approval", "approval.resolved"),
            "Approval resolved",
            payload,
            turn,
        );
        self.end_tool(decision, true);
        self.thread.agent = AgentProcess::Working;
    }

    /// Nobody waits for this answer. A session that only looks alive is recovered on the way.
    fn fail_response(&mut self, kind: &'static str, summary: &str, what: &str, request: &str) {
        let status = self.thread.session.as_ref().map(|session| session.status);
        let detail = match status {
            None | Some("stopped") => NO_SESSION.to_owned(),
            Some(_) => format!(
                "Stale pending {what} request: {request}. Provider callback state does not survive app restarts \
                 or recovered sessions. Restart the turn to continue."
            ),
        };
        let payload = json!({"detail": detail, "requestId": request});
        self.activity(("error", kind), summary, payload, None);
        if status == Some("running") && !self.is_working() {
            self.recover_session();
        }
    }
}

const NO_SESSION: &str = "No active provider session is bound to this thread.";

fn delete(thread: &mut Thread, now: &str, agent_lives_on: bool) {
    now.clone_into(&mut thread.updated_at);
    thread.deleted_at = Some(now.to_owned());
    thread.queue.clear();
    if !agent_lives_on {
        thread.agent = AgentProcess::None;
    }
}

fn put<T>(place: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *place = new;
    }
}
