//! What a T3 Code server remembers: projects, threads, turns and sessions.
//!
//! It decides nothing and shows nothing: commands change it through the rules, agents through their driver,
//! and the read endpoints render it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::T3Version;

/// What stands at a workspace path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Workspace {
    /// A directory that is not a git repository.
    Directory,
    /// A git repository, with the URL of its remote if it has one.
    Git { remote: Option<String> },
    /// Not a directory at all.
    File,
}

#[derive(Clone, Debug)]
pub(super) struct Project {
    pub id: String,
    pub title: String,
    pub workspace_root: String,
    pub default_model_selection: Value,
    pub scripts: Value,
    pub created_at: String,
    pub updated_at: String,
    pub deleted_at: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub id: String,
    pub role: &'static str,
    pub text: String,
    pub attachments: Option<Vec<Value>>,
    pub turn: Option<String>,
    pub created_at: String,
    pub updated_at: String,
}

#[derive(Clone, Debug)]
pub(super) struct Activity {
    pub id: String,
    pub tone: &'static str,
    pub kind: &'static str,
    pub summary: String,
    pub payload: Value,
    pub turn: Option<String>,
    pub created_at: String,
}

#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub id: String,
    pub state: &'static str,
    pub requested_at: String,
    pub completed_at: Option<String>,
    pub assistant_message: Option<String>,
    pub files: Vec<String>,
    pub model_calls: usize,
    /// The open model call has not asked for a tool yet.
    pub call_is_open: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Checkpoint {
    pub turn: String,
    pub count: usize,
    pub status: &'static str,
    pub files: Vec<String>,
    pub assistant_message: Option<String>,
    pub completed_at: String,
}

#[derive(Clone, Debug)]
pub(super) struct Session {
    pub status: &'static str,
    pub provider: Option<String>,
    pub instance: Option<String>,
    pub active_turn: Option<String>,
    pub last_error: Option<String>,
    pub updated_at: String,
}

/// A turn that was asked for and that no agent has taken up yet.
#[derive(Clone, Debug)]
pub(super) struct TurnRequest {
    pub text: String,
    pub has_attachments: bool,
    pub title_seed: Option<String>,
    pub created_at: String,
}

/// What the agent process of a thread is doing; the read model does not show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentProcess {
    /// There is none.
    None,
    /// Alive between two turns.
    Idle,
    /// Works on the active turn.
    Working,
    /// Woke by itself when a background command ended; there is no turn yet.
    Woken,
    /// Waits for the answer to this question request.
    Asking { request: String },
    /// Waits for the decision on this approval request.
    WantsApproval { request: String },
}

/// What was ordered and has not shown its effect yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Interrupt,
    Stop,
}

#[derive(Clone, Debug)]
pub(super) struct Thread {
    pub id: String,
    pub project: String,
    pub title: String,
    pub model_selection: Value,
    pub runtime_mode: String,
    pub interaction_mode: String,
    pub branch: Option<String>,
    pub worktree_path: Option<String>,
    pub created_at: String,
    pub updated_at: String,
    pub archived_at: Option<String>,
    pub deleted_at: Option<String>,
    pub messages: Vec<Message>,
    pub activities: Vec<Activity>,
    pub checkpoints: Vec<Checkpoint>,
    pub session: Option<Session>,
    pub turns: Vec<Turn>,
    pub latest_turn: Option<String>,
    pub sequence: u64,
    pub queue: Vec<TurnRequest>,
    pub agent: AgentProcess,
    pub open_tool: Option<OpenTool>,
    pub order: Option<Order>,
    pub checkpoint_due: Option<CheckpointDue>,
    pub turns_run: usize,
    pub background: Vec<BackgroundCommand>,
    pub orphaned: bool,
}

/// A command that runs although its tool call is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BackgroundCommand {
    pub id: String,
    pub command: String,
}

/// Servers keep so many messages of a thread: the newest.
const MESSAGES_MAX: usize = 2_000;

/// A turn that is over and whose checkpoint has not been taken.
#[derive(Clone, Debug)]
pub(super) struct CheckpointDue {
    pub turn: String,
    pub status: &'static str,
}

/// A tool call that has started and not ended.
#[derive(Clone, Debug)]
pub(super) struct OpenTool {
    pub call: String,
    pub turn: String,
    pub name: &'static str,
    pub input: Value,
    pub detail: String,
}

impl Thread {
    pub(super) fn active_turn(&self) -> Option<&str> {
        self.session.as_ref()?.active_turn.as_deref()
    }

    pub(super) fn turn(&mut self, id: &str) -> Option<&mut Turn> {
        self.turns.iter_mut().find(|turn| turn.id == id)
    }

    /// Lists one more message; the oldest go when there are too many.
    pub(super) fn list(&mut self, message: Message) {
        self.messages.push(message);
        let surplus = self.messages.len().saturating_sub(MESSAGES_MAX);
        self.messages.drain(..surplus);
    }

    /// Archived and deleted threads are frozen: whatever their agent does is not recorded.
    pub(super) fn is_frozen(&self) -> bool {
        self.archived_at.is_some() || self.deleted_at.is_some()
    }
}

/// Everything the server's database holds, except receipts and bearers.
#[derive(Debug)]
pub(super) struct ReadModel {
    pub version: T3Version,
    pub sequence: u64,
    pub projects: Vec<Project>,
    pub threads: Vec<Thread>,
    pub workspaces: BTreeMap<String, Workspace>,
    pub released_agents_live_on: bool,
    positions: BTreeMap<String, usize>,
}

impl ReadModel {
    pub(super) fn new(version: T3Version, workspaces: BTreeMap<String, Workspace>) -> Self {
        Self {
            version,
            sequence: 0,
            projects: Vec::new(),
            threads: Vec::new(),
            workspaces,
            released_agents_live_on: false,
            positions: BTreeMap::new(),
        }
    }

    pub(super) fn add_thread(&mut self, thread: Thread) {
        self.positions.insert(thread.id.clone(), self.threads.len());
        self.threads.push(thread);
    }

    pub(super) fn thread(&self, id: &str) -> Option<&Thread> {
        self.threads.get(*self.positions.get(id)?)
    }

    pub(super) fn thread_and_sequence(&mut self, id: &str) -> Option<(&mut Thread, &mut u64)> {
        let thread = self.threads.get_mut(*self.positions.get(id)?)?;
        Some((thread, &mut self.sequence))
    }

    pub(super) fn project_mut(&mut self, id: &str) -> Option<&mut Project> {
        self.projects.iter_mut().find(|project| project.id == id)
    }

    /// What stands where the thread works, if anything does.
    pub(super) fn workspace_of(&self, thread: &Thread) -> Option<&Workspace> {
        let root = || {
            let mut projects = self.projects.iter();
            let project = projects.find(|project| project.id == thread.project)?;
            Some(&project.workspace_root)
        };
        let path = thread.worktree_path.as_ref().or_else(root)?;
        self.workspaces.get(path)
    }
}
