//! How one turn moves through the read model, with all the differences between the versions.
//!
//! It writes what a server would have written at each moment: sessions, activities, checkpoints. It does not
//! decide when a moment comes; commands and the tests' agents do.

use serde_json::{Value, json};

use super::read_model::{
    Activity, AgentProcess, Checkpoint, CheckpointDue, Message, Order, Session, Thread, Turn,
    TurnRequest, Workspace,
};
use super::{Mint, State, T3Version};

/// How the work on a turn ended.
#[derive(Clone, Debug)]
pub(super) enum TurnEnd {
    /// The agent stopped talking; whether it did its work is not known here.
    Over,
    /// The run failed and the agent process is still there.
    Failed { error: String },
    /// A person or a client interrupted it.
    Interrupted,
    /// The session was stopped under it.
    Stopped,
    /// The agent process is gone; `last_words` is what version 0.0.27 repeats of its end.
    Died { last_words: String },
}

/// One thread at one moment, with everything that a change of it needs.
pub(super) struct Scene<'a> {
    pub thread: &'a mut Thread,
    pub mint: &'a mut Mint,
    pub sequence: &'a mut u64,
    pub version: T3Version,
    /// Checkpoints are taken in git repositories only.
    pub git: bool,
    pub has_workspace: bool,
    pub released_agents_live_on: bool,
    /// A stop waits for a background command, and with it every command of every thread.
    pub blocked: bool,
    pub now: String,
}

impl State {
    /// Opens the scene of `thread` at `now`.
    pub(super) fn scene(&mut self, thread: &str, now: String) -> Option<Scene<'_>> {
        let workspace = self.model.workspace_of(self.model.thread(thread)?);
        let git = matches!(workspace, Some(Workspace::Git { .. }));
        let has_workspace = workspace.is_some();
        let version = self.model.version;
        let blocked = self.model.threads.iter().any(|thread| {
            thread.order == Some(Order::Stop)
                && !thread.background.is_empty()
                && !thread.is_frozen()
        });
        let released_agents_live_on = self.model.released_agents_live_on;
        let (thread, sequence) = self.model.thread_and_sequence(thread)?;
        Some(Scene {
            thread,
            mint: &mut self.mint,
            sequence,
            version,
            git,
            has_workspace,
            released_agents_live_on,
            blocked,
            now,
        })
    }
}

impl Scene<'_> {
    pub(super) fn is(&self, version: T3Version) -> bool {
        self.version == version
    }

    /// Counts one event of the thread.
    pub(super) fn touch(&mut self) {
        *self.sequence += 1;
        self.thread.sequence = *self.sequence;
        self.thread.updated_at.clone_from(&self.now);
    }

    /// Acts with a time that a client's command claimed.
    pub(super) fn at(&mut self, time: &str, act: impl FnOnce(&mut Self)) {
        let now = std::mem::replace(&mut self.now, time.to_owned());
        act(self);
        self.now = now;
    }

    /// Returns whether an agent works on a turn right now.
    pub(super) fn is_working(&self) -> bool {
        match self.thread.agent {
            AgentProcess::None | AgentProcess::Idle | AgentProcess::Woken => false,
            AgentProcess::Working
            | AgentProcess::Asking { .. }
            | AgentProcess::WantsApproval { .. } => true,
        }
    }

    pub(super) fn activity(
        &mut self,
        (tone, kind): (&'static str, &'static str),
        summary: &str,
        payload: Value,
        turn: Option<String>,
    ) {
        let activity = Activity {
            id: self.mint.id(),
            tone,
            kind,
            summary: summary.to_owned(),
            payload,
            turn,
            created_at: self.now.clone(),
        };
        self.thread.activities.push(activity);
        self.touch();
    }

    /// Sets the session. On the two older servers the thread then shows the session's turn or none at all;
    /// only a checkpoint brings the last turn back.
    pub(super) fn session(
        &mut self,
        status: &'static str,
        active_turn: Option<String>,
        last_error: Option<String>,
    ) {
        let named = self.thread.model_selection["instanceId"].as_str();
        let named = named.map(str::to_owned);
        let kept = self.thread.session.take();
        let provider = kept.as_ref().and_then(|session| session.provider.clone());
        if active_turn.is_some() || !self.is(T3Version::Fork0_0_33) {
            self.thread.latest_turn.clone_from(&active_turn);
        }
        self.thread.session = Some(Session {
            status,
            provider: provider.or_else(|| named.clone()),
            instance: named,
            active_turn,
            last_error,
            updated_at: self.now.clone(),
        });
        self.touch();
    }

    /// The agent is being started: a session without a turn.
    pub(super) fn open_session(&mut self) {
        let status = match self.version {
            T3Version::V0_0_27 | T3Version::July => "ready",
            T3Version::Fork0_0_33 => "starting",
        };
        self.session(status, None, None);
    }

    /// The agent takes up a turn. While one runs this is steering: the running turn is closed without a
    /// checkpoint and both prompts share the rest.
    pub(super) fn begin_turn(&mut self, request: &TurnRequest) -> String {
        if self.is_working() {
            self.end_tool("", false);
        }
        let id = self.mint.id();
        self.thread.turns.push(Turn {
            id: id.clone(),
            state: "running",
            requested_at: request.created_at.clone(),
            completed_at: None,
            assistant_message: None,
            files: Vec::new(),
            model_calls: 0,
            call_is_open: false,
        });
        let title = Some(self.thread.title.as_str());
        if title == request.title_seed.as_deref() || title == Some("New thread") {
            "A title that the server invented".clone_into(&mut self.thread.title);
        }
        self.thread.turns_run += 1;
        self.thread.agent = AgentProcess::Working;
        self.session("running", Some(id.clone()), None);
        id
    }

    pub(super) fn active(&mut self) -> &mut Turn {
        let active = self.thread.active_turn().map(str::to_owned);
        let turn = active.and_then(|id| self.thread.turn(&id));
        turn.expect("a working agent has an active turn")
    }

    /// One finished text segment. Version 0.0.27 calls the turn completed from here on.
    pub(super) fn say(&mut self, text: &str) {
        let message = format!("assistant:{}", self.mint.id());
        let now = self.now.clone();
        let completes = self.is(T3Version::V0_0_27);
        let turn = self.active();
        turn.assistant_message = Some(message.clone());
        if completes {
            turn.state = "completed";
            turn.completed_at = Some(now.clone());
        }
        let turn = turn.id.clone();
        self.thread.list(Message {
            id: message,
            role: "assistant",
            text: text.to_owned(),
            attachments: None,
            turn: Some(turn),
            created_at: now.clone(),
            updated_at: now,
        });
        self.touch();
    }

    /// A model call that answered; newer versions report the context window after each.
    pub(super) fn model_call(&mut self) {
        let turn = self.active();
        turn.model_calls += 1;
        turn.call_is_open = true;
        if !self.is(T3Version::V0_0_27) {
            self.context_window(false);
        }
    }

    /// Reports usage, after one model call or of the turn as a whole.
    fn context_window(&mut self, of_turn: bool) {
        let turn = self.active().id.clone();
        let per_call = json!({
            "usedTokens": 2042,
            "lastUsedTokens": 2042,
            "inputTokens": 2000,
            "outputTokens": 42,
            "maxTokens": 200_000,
        });
        let total = json!({
            "usedTokens": 2000,
            "lastUsedTokens": 2000,
            "totalProcessedTokens": 2042,
            "maxTokens": 200_000,
            "compactsAutomatically": true,
        });
        let payload = match self.version {
            T3Version::V0_0_27 => per_call,
            T3Version::July if !of_turn => per_call,
            T3Version::July | T3Version::Fork0_0_33 => total,
        };
        if self.is(T3Version::Fork0_0_33) {
            // The fork keeps the newest of a turn only.
            let stale = |activity: &Activity| {
                activity.kind == "context-window.updated" && activity.turn.as_ref() == Some(&turn)
            };
            self.thread.activities.retain(|activity| !stale(activity));
        }
        let kind = ("info", "context-window.updated");
        self.activity(kind, "Context window updated", payload, Some(turn));
    }

    /// Ends the active turn. The checkpoint of a git workspace becomes due; it does not land here.
    pub(super) fn end_turn(&mut self, end: &TurnEnd) {
        let turn = self.active();
        let (id, had_calls) = (turn.id.clone(), turn.model_calls > 0);
        let old = self.is(T3Version::V0_0_27);
        let fork = self.is(T3Version::Fork0_0_33);
        let during_tool = self.thread.open_tool.is_some();
        let (status, error, checkpoint, agent) = match end {
            TurnEnd::Over => ("ready", None, "ready", AgentProcess::Idle),
            TurnEnd::Failed { error } => {
                self.end_tool("", true);
                ("error", Some(error.clone()), "error", AgentProcess::Idle)
            }
            TurnEnd::Interrupted if fork => {
                self.end_tool("", false);
                ("ready", None, "ready", AgentProcess::Idle)
            }
            TurnEnd::Interrupted => {
                self.end_tool("", true);
                let reason = if during_tool { "tool_use" } else { "null" };
                let error = format!(
                    "[ede_diagnostic] result_type=user last_content_type=n/a stop_reason={reason}"
                );
                ("error", Some(error), "error", AgentProcess::Idle)
            }
            TurnEnd::Stopped => {
                self.end_tool("", false);
                // It lives until its command has ended or was killed.
                ("ready", None, "ready", AgentProcess::Idle)
            }
            TurnEnd::Died { last_words } => {
                self.end_tool("", false);
                let error = if old {
                    adapter_error(&self.thread.id, last_words)
                } else {
                    "Claude runtime stream failed.".to_owned()
                };
                ("stopped", Some(error), "error", AgentProcess::None)
            }
        };
        if let Some(error) = &error {
            let payload = json!({"message": error});
            self.activity(
                ("error", "runtime.error"),
                "Runtime error",
                payload,
                Some(id.clone()),
            );
        }
        let reports_usage = match end {
            TurnEnd::Stopped | TurnEnd::Died { .. } => !old && had_calls,
            TurnEnd::Over | TurnEnd::Failed { .. } | TurnEnd::Interrupted => !old || had_calls,
        };
        if reports_usage {
            self.context_window(true);
        }
        let now = self.now.clone();
        let failed = checkpoint == "error";
        // On the fork an interrupted turn stays so until its checkpoint lands, which may be never.
        let stays = fork && matches!(end, TurnEnd::Interrupted);
        let turn = self.active();
        if !(stays && turn.state == "interrupted") {
            turn.state = if failed { "error" } else { "completed" };
        }
        turn.completed_at = Some(now);
        turn.call_is_open = false;
        self.session(status, None, error);
        self.thread.agent = agent;
        self.thread.order = None;
        if self.git {
            let cut_short = match end {
                TurnEnd::Interrupted => fork,
                TurnEnd::Stopped => true,
                TurnEnd::Over | TurnEnd::Failed { .. } | TurnEnd::Died { .. } => false,
            };
            if cut_short {
                // The first attempt finds nothing to compare with.
                self.checkpoint_activity(&id, "missing");
            }
            self.thread.checkpoint_due = Some(CheckpointDue {
                turn: id,
                status: checkpoint,
            });
        }
    }

    fn checkpoint_activity(&mut self, turn: &str, status: &'static str) {
        let count = self.thread.checkpoints.len() + 1;
        let payload = json!({"turnCount": count, "status": status});
        let kind = ("info", "checkpoint.captured");
        self.activity(kind, "Checkpoint captured", payload, Some(turn.to_owned()));
    }

    /// Takes the checkpoint that is due, if any, which brings the turn back into sight.
    pub(super) fn land_checkpoint(&mut self) {
        let Some(CheckpointDue { turn: id, status }) = self.thread.checkpoint_due.take() else {
            return;
        };
        self.checkpoint_activity(&id, status);
        let now = self.now.clone();
        let count = self.thread.checkpoints.len() + 1;
        let turn = self
            .thread
            .turn(&id)
            .expect("a checkpoint belongs to a turn");
        turn.state = if status == "error" {
            "error"
        } else {
            "completed"
        };
        turn.completed_at = Some(now.clone());
        // Names a message that does not exist when the agent said nothing.
        let dangling = || format!("assistant:{id}");
        let message = turn.assistant_message.get_or_insert_with(dangling).clone();
        let checkpoint = Checkpoint {
            turn: id.clone(),
            count,
            status,
            files: turn.files.clone(),
            assistant_message: Some(message),
            completed_at: now,
        };
        self.thread.checkpoints.push(checkpoint);
        self.thread.latest_turn = Some(id);
        self.touch();
    }

    /// Stops the session for good; messages and checkpoints stay.
    pub(super) fn stop_session(&mut self) {
        let had_session = self.thread.session.is_some();
        let kept_error = self
            .thread
            .session
            .as_ref()
            .and_then(|session| session.last_error.clone());
        self.thread.background.clear();
        self.session("stopped", None, kept_error);
        if let Some(session) = self.thread.session.as_mut().filter(|_| !had_session) {
            session.provider = None;
            session.instance = None;
        }
        self.thread.agent = AgentProcess::None;
        self.thread.order = None;
    }

    /// A command reached a session whose agent did not survive a restart: the server starts a new one and
    /// forgets the old turn, each version in its own way.
    pub(super) fn recover_session(&mut self) {
        let active = self.thread.active_turn().map(str::to_owned);
        match self.version {
            T3Version::V0_0_27 => {
                let turn = active.as_ref().and_then(|id| self.thread.turn(id));
                if let Some(turn) = turn.filter(|turn| turn.state == "interrupted") {
                    turn.state = "running";
                }
                self.session("ready", active, None);
            }
            T3Version::July => self.session("ready", None, None),
            T3Version::Fork0_0_33 => {
                let now = self.now.clone();
                if let Some(turn) = active.as_ref().and_then(|id| self.thread.turn(id)) {
                    turn.state = "completed";
                    turn.completed_at = Some(now);
                }
                self.session("ready", None, None);
            }
        }
        self.thread.agent = AgentProcess::Idle;
    }

    /// Lets whatever was ordered for this thread take effect, and the checkpoint that is due land.
    pub(super) fn settle(&mut self) {
        self.land_checkpoint();
        if self.blocked {
            return;
        }
        match self.thread.order {
            None => {}
            Some(Order::Interrupt) => {
                if !self.is_working() && !self.thread.queue.is_empty() {
                    let request = self.thread.queue.remove(0);
                    self.begin_turn(&request);
                }
                if self.is_working() {
                    self.end_turn(&TurnEnd::Interrupted);
                    self.land_checkpoint();
                }
            }
            Some(Order::Stop) => {
                self.thread.queue.clear();
                if self.is_working() {
                    self.end_turn(&TurnEnd::Stopped);
                    self.land_checkpoint();
                }
                self.stop_session();
            }
        }
        self.thread.order = None;
    }
}

pub(super) fn adapter_error(thread: &str, words: &str) -> String {
    format!("Provider adapter process error (claudeAgent) for thread {thread}: {words}")
}
