//! What agents, people and the server's own machine do in a story: the driver of the T3 stand-in.
//!
//! Nothing here goes over HTTP, and nothing happens unless a test calls it. Each method leaves the thread as a
//! recorded server of that version showed it. On archived and deleted threads agents have no effect at all,
//! because their state is frozen. A method that makes no sense, such as talking without a turn, stops the test.

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};

use super::T3;
use super::commands::Command;
use super::read_model::{AgentProcess, Workspace};
use super::rules::Receipt;
use super::start_failure::StartFailure;
use super::turns::{Scene, TurnEnd};

/// The reaper stops sessions that have been idle for so long.
const IDLE_LIMIT: TimeDelta = TimeDelta::minutes(30);

impl T3 {
    /// The agent of `thread` is being started for a waiting turn, and has not begun it.
    pub fn agent_prepares(&self, thread: &str) {
        self.on(thread, |scene| {
            assert!(!scene.thread.queue.is_empty(), "no turn waits on {thread}");
            scene.settle();
            scene.open_session();
        });
    }

    /// An agent takes up the oldest waiting turn. Returns the turn id, or `None` when the server could not
    /// start it: unknown provider, workspace gone, prompt empty or too long, or the thread frozen.
    pub fn agent_starts(&self, thread: &str) -> Option<String> {
        self.on(thread, |scene| {
            // An earlier order goes first: the server works them off one by one.
            scene.settle();
            if scene.thread.queue.is_empty() || scene.blocked {
                return None;
            }
            let request = scene.thread.queue.remove(0);
            let failure = scene.obstacle(&request);
            if let Some(failure) = failure {
                scene.fail_start(&failure, &request.created_at);
                return None;
            }
            Some(scene.begin_turn(&request))
        })
        .flatten()
    }

    /// The waiting turn fails before it runs.
    pub fn start_fails(&self, thread: &str, failure: &StartFailure) {
        self.on(thread, |scene| {
            scene.settle();
            assert!(!scene.thread.queue.is_empty(), "no turn waits on {thread}");
            let request = scene.thread.queue.remove(0);
            scene.fail_start(failure, &request.created_at);
        });
    }

    /// The agent finishes a text segment and goes on working.
    pub fn agent_says(&self, thread: &str, text: &str) {
        self.working(thread, |scene| {
            scene.say(text);
            scene.model_call();
        });
    }

    /// The agent starts a shell command.
    pub fn agent_starts_tool(&self, thread: &str, command: &str) {
        self.working(thread, |scene| {
            scene.start_tool(
                "Bash",
                json!({"command": command}),
                format!("Bash: {command}"),
            );
        });
    }

    /// The running shell command ends.
    pub fn agent_ends_tool(&self, thread: &str, output: &str) {
        self.working(thread, |scene| {
            assert!(scene.thread.open_tool.is_some(), "no tool runs on {thread}");
            scene.end_tool(output, true);
        });
    }

    /// The agent runs one shell command from start to end.
    pub fn agent_runs_tool(&self, thread: &str, command: &str, output: &str) {
        self.agent_starts_tool(thread, command);
        self.agent_ends_tool(thread, output);
    }

    /// The agent changes a file; the turn's checkpoint will list it.
    pub fn agent_changes_file(&self, thread: &str, path: &str) {
        self.working(thread, |scene| {
            let active = scene.thread.active_turn().map(str::to_owned);
            let turn = active.and_then(|id| scene.thread.turn(&id));
            turn.expect("a working agent has an active turn")
                .files
                .push(path.to_owned());
        });
    }

    /// The agent ends its turn with `text`, or without a word when `text` is empty.
    pub fn agent_finishes(&self, thread: &str, text: &str) {
        self.agent_finishes_before_checkpoint(thread, text);
        self.on(thread, |scene| scene.land_checkpoint());
    }

    /// As `agent_finishes`, in the moment before the checkpoint of a git workspace is taken.
    pub fn agent_finishes_before_checkpoint(&self, thread: &str, text: &str) {
        self.working(thread, |scene| {
            if !text.is_empty() {
                scene.say(text);
            }
            scene.model_call();
            scene.end_turn(&TurnEnd::Over);
        });
    }

    /// The model API refuses the first call: the turn looks like a success whose text is `text`.
    pub fn provider_error_looks_like_success(&self, thread: &str, text: &str) {
        self.working(thread, |scene| {
            scene.say(text);
            scene.end_turn(&TurnEnd::Over);
            scene.land_checkpoint();
        });
    }

    /// The model API refuses a later call: the turn is over and nothing at all tells why.
    pub fn provider_fails_unnoticed(&self, thread: &str) {
        self.working(thread, |scene| {
            scene.end_turn(&TurnEnd::Over);
            scene.land_checkpoint();
        });
    }

    /// The agent tries a failing model call again.
    pub fn agent_retries(&self, thread: &str, attempt: usize, error_status: u16) {
        self.working(thread, |scene| {
            let message = format!(
                "Claude system message 'api_retry' — attempt: {attempt} · max_retries: 10 · error_status: \
                 {error_status}"
            );
            let payload = json!({
                "message": message,
                "detail": {
                    "type": "system",
                    "subtype": "api_retry",
                    "attempt": attempt,
                    "max_retries": 10,
                    "error_status": error_status,
                },
            });
            let turn = scene.thread.active_turn().map(str::to_owned);
            scene.activity(("info", "runtime.warning"), &message, payload, turn);
        });
    }

    /// The agent asks a question and waits. Returns the request id; empty on a frozen thread.
    pub fn agent_asks(&self, thread: &str, question: &str) -> String {
        let asked = self.working(thread, |scene| {
            let questions = json!([{
                "question": question,
                "header": "Question",
                "options": [
                    {"label": "Yes", "description": "Do it"},
                    {"label": "No", "description": "Do not"},
                ],
                "multiSelect": false,
            }]);
            let mut with_ids = questions.clone();
            with_ids[0]["id"] = json!(question);
            let input = json!({"questions": questions});
            let detail = format!("AskUserQuestion: {input}");
            scene.start_tool("AskUserQuestion", input, detail);
            let request = scene.mint.id();
            let payload = json!({"requestId": request, "questions": with_ids});
            let turn = scene.thread.active_turn().map(str::to_owned);
            let kind = ("info", "user-input.requested");
            scene.activity(kind, "User input requested", payload, turn);
            scene.thread.agent = AgentProcess::Asking {
                request: request.clone(),
            };
            request
        });
        asked.unwrap_or_default()
    }

    /// The agent wants to run a command and waits for leave. Returns the request id; empty on a frozen thread.
    pub fn agent_wants_approval(&self, thread: &str, command: &str) -> String {
        let asked = self.working(thread, |scene| {
            assert_ne!(
                scene.thread.runtime_mode, "full-access",
                "an agent with full access asks for no approval"
            );
            let detail = format!("Bash: {command}");
            scene.start_tool("Bash", json!({"command": command}), detail.clone());
            let request = scene.mint.id();
            let payload = json!({
                "requestId": request,
                "requestKind": "command",
                "requestType": "command_execution_approval",
                "detail": detail,
            });
            let turn = scene.thread.active_turn().map(str::to_owned);
            let kind = ("approval", "approval.requested");
            scene.activity(kind, "Command approval requested", payload, turn);
            scene.thread.agent = AgentProcess::WantsApproval {
                request: request.clone(),
            };
            request
        });
        asked.unwrap_or_default()
    }

    /// The run fails with an error that the server records; the agent process stays.
    pub fn agent_fails(&self, thread: &str, error: &str) {
        self.working(thread, |scene| {
            scene.end_turn(&TurnEnd::Failed {
                error: error.to_owned(),
            });
            scene.land_checkpoint();
        });
    }

    /// The agent process is killed in the middle of its turn.
    pub fn agent_process_dies(&self, thread: &str) {
        self.working(thread, |scene| {
            scene.end_turn(&TurnEnd::Died {
                last_words: "Claude Code process terminated by signal SIGKILL".to_owned(),
            });
            scene.land_checkpoint();
        });
    }

    /// Interrupts and stops that were accepted take effect, and checkpoints land, on all threads.
    pub fn settle(&self) {
        for thread in self.threads() {
            self.on(&thread, |scene| scene.settle());
        }
    }

    /// The reaper stops every session that has been idle for 30 minutes; it skips turns that look running.
    pub fn reap_idle(&self) {
        let now = self.clock.now();
        for thread in self.threads() {
            self.on(&thread, |scene| {
                let Some(session) = &scene.thread.session else {
                    return;
                };
                let since = DateTime::parse_from_rfc3339(&session.updated_at);
                let rested = since.is_ok_and(|since| now - since.to_utc() >= IDLE_LIMIT);
                let idle = session.status == "ready" && session.active_turn.is_none();
                if idle && rested && scene.thread.queue.is_empty() {
                    scene.stop_session();
                }
            });
        }
    }

    /// A person archives the thread in the web client.
    pub fn people_archive(&self, thread: &str) {
        self.person_dispatches(json!({"type": "thread.archive", "threadId": thread}));
    }

    /// A person takes the thread out of the archive.
    pub fn people_unarchive(&self, thread: &str) {
        self.person_dispatches(json!({"type": "thread.unarchive", "threadId": thread}));
    }

    /// A person deletes the thread in the web client.
    pub fn people_delete(&self, thread: &str) {
        self.person_dispatches(json!({"type": "thread.delete", "threadId": thread}));
    }

    /// A person lets the thread's agent do more, or less, without asking.
    pub fn people_set_runtime_mode(&self, thread: &str, mode: &str) {
        let now = self.now();
        self.person_dispatches(json!({
            "type": "thread.runtime-mode.set",
            "threadId": thread,
            "runtimeMode": mode,
            "createdAt": now,
        }));
    }

    /// A person gives the thread another title.
    pub fn people_rename(&self, thread: &str, title: &str) {
        self.person_dispatches(
            json!({"type": "thread.meta.update", "threadId": thread, "title": title}),
        );
    }

    /// A person opens a thread of their own in a project. Returns its id.
    pub fn people_open_thread(&self, project: &str, title: &str) -> String {
        let thread = self.state().mint.id();
        self.people_open_thread_as(&thread, project, title);
        thread
    }

    /// Somebody opens a thread under an id of their choice.
    pub fn people_open_thread_as(&self, thread: &str, project: &str, title: &str) {
        self.person_dispatches(json!({
            "type": "thread.create",
            "threadId": thread,
            "projectId": project,
            "title": title,
            "modelSelection": {"instanceId": "claudeAgent", "model": "claude-sonnet-4-6"},
            "runtimeMode": "full-access",
            "branch": Value::Null,
            "worktreePath": Value::Null,
            "createdAt": self.now(),
        }));
    }

    /// Somebody makes a project under an id of their choice.
    pub fn people_create_project(&self, project: &str, root: &str) {
        self.person_dispatches(json!({
            "type": "project.create",
            "projectId": project,
            "title": "made by hand",
            "workspaceRoot": root,
            "createWorkspaceRootIfMissing": true,
            "createdAt": self.now(),
        }));
    }

    /// A person writes into the thread.
    pub fn people_say(&self, thread: &str, text: &str) {
        let message = self.state().mint.id();
        self.people_say_as(thread, &message, text);
    }

    /// Somebody writes into the thread, under a message id of their choice.
    pub fn people_say_as(&self, thread: &str, message: &str, text: &str) {
        self.person_dispatches(json!({
            "type": "thread.turn.start",
            "threadId": thread,
            "message": {"messageId": message, "role": "user", "text": text, "attachments": []},
            "runtimeMode": "full-access",
            "interactionMode": "default",
            "createdAt": self.now(),
        }));
    }

    /// The server loses a thread with everything in it, as after a restore of older data. Receipts stay.
    pub fn loses_thread(&self, thread: &str) {
        self.state()
            .model
            .threads
            .retain(|known| known.id != thread);
    }

    /// Threads whose agent process is alive, idle ones included: each costs the server some 250 MB.
    pub fn live_agents(&self) -> Vec<String> {
        let state = self.state();
        let threads = state.model.threads.iter();
        let alive = threads.filter(|thread| thread.agent != AgentProcess::None);
        alive.map(|thread| thread.id.clone()).collect()
    }

    /// Whether the server holds a receipt for this command id, and if so whether it was accepted.
    pub fn receipt(&self, command: &str) -> Option<bool> {
        let state = self.state();
        let receipt = state.receipts.get(command);
        receipt.map(|receipt| match receipt {
            Receipt::Accepted { .. } => true,
            Receipt::Refused => false,
        })
    }

    /// Adds finished threads of somebody else, each about `bytes_per_thread` long in the snapshot (of the
    /// versions whose snapshot lists messages).
    pub fn inflate(&self, threads: usize, bytes_per_thread: usize) {
        const ROOT: &str = "/data/ws/foreign";
        self.place_workspace(ROOT, Workspace::Directory);
        let project = self.state().mint.id();
        let now = self.now();
        self.person_dispatches(json!({
            "type": "project.create",
            "projectId": project,
            "title": "foreign",
            "workspaceRoot": ROOT,
            "createdAt": now,
        }));
        // What a thread weighs without its text.
        let filler = "x".repeat(bytes_per_thread.saturating_sub(2_500));
        for number in 0..threads {
            let thread = self.people_open_thread(&project, &format!("foreign thread {number}"));
            self.people_say(&thread, "Do something else.");
            self.agent_starts(&thread);
            self.agent_finishes(&thread, &filler);
            self.on(&thread, |scene| scene.stop_session());
        }
    }

    /// Takes a command from the web client: it goes through the same rules under a fresh id.
    pub(super) fn person_dispatches(&self, mut body: Value) {
        let id = self.state().mint.id();
        body["commandId"] = json!(id);
        let command = Command::parse(&body);
        let command = command.expect("the web client sends commands that fit");
        let accepted = self.accept(&command);
        accepted.expect("the web client offers only what the rules allow");
    }

    /// Opens the scene of a thread that must exist; `None` when it is frozen.
    pub(super) fn on<T>(&self, thread: &str, act: impl FnOnce(&mut Scene<'_>) -> T) -> Option<T> {
        let now = self.now();
        let mut state = self.state();
        let mut scene = state
            .scene(thread, now)
            .expect("the story names a thread that exists");
        if scene.thread.is_frozen() {
            return None;
        }
        Some(act(&mut scene))
    }

    /// As `on`, for an agent that works on a turn.
    pub(super) fn working<T>(
        &self,
        thread: &str,
        act: impl FnOnce(&mut Scene<'_>) -> T,
    ) -> Option<T> {
        self.on(thread, |scene| {
            assert!(scene.is_working(), "no agent works on {thread}");
            act(scene)
        })
    }
}
