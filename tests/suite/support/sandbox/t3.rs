//! A stand-in for a T3 Code server: same endpoints, same refusals, same odd states, for three versions.
//!
//! It answers what recorded servers answered and is strict where they were: every command is checked against
//! the whole schema, receipts last for ever, ids are never free again. It runs no agent and starts no thread:
//! tests say what agents do (`agents`), and nothing happens in between. It does not exchange tokens.

mod agents;
mod background;
mod commands;
mod effects;
mod endpoints;
mod read_model;
mod rendering;
mod restart;
mod revert;
mod rules;
mod start_failure;
mod tools;
mod turns;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use self::read_model::{Message, Project, ReadModel, Thread};
use self::rules::Receipt;
use super::clock::SandboxClock;

pub use self::read_model::{AgentProcess, Workspace};
pub use self::start_failure::StartFailure;

/// Which recorded server to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum T3Version {
    /// The pinned production version: snapshot only, and `completed` in mid-turn.
    V0_0_27,
    /// Upstream main of July 2026: shell and thread detail, one project per root.
    July,
    /// A fork of 0.0.33: the snapshot lists no messages.
    Fork0_0_33,
}

/// How a stand-in is set up.
#[derive(Clone, Debug)]
pub struct T3Options {
    pub version: T3Version,
    /// Unknown GET paths answer 200 with a page, as the published package does, instead of 503.
    pub web_client: bool,
    /// Whether a restarted server marks the sessions that it lost, as upstream main of 2026-08-21 does; the others leave
    /// them running for ever.
    pub restart_marks_sessions: bool,
    /// Whether the agents of archived and deleted threads live on whatever is sent to them, as all recorded servers of
    /// 2026-11-28 let them. Without it a deletion, and a stop of an archived thread, ends the agent: a guess of ours, which
    /// stories may stand on until the watcher takes such threads out of the archive.
    pub released_agents_live_on: bool,
    /// What stands on the server's disk before the first project. Keys are absolute paths.
    pub existing_workspaces: BTreeMap<String, Workspace>,
}

impl T3Options {
    /// The published package with an empty disk.
    pub fn new(version: T3Version) -> Self {
        Self {
            version,
            web_client: true,
            restart_marks_sessions: false,
            released_agents_live_on: false,
            existing_workspaces: BTreeMap::new(),
        }
    }
}

impl T3Options {
    /// Upstream main of 2026-08-21, which reports 0.0.33: like the fork, but that it marks sessions that it lost.
    pub fn main_2026_08_21() -> Self {
        Self {
            restart_marks_sessions: true,
            released_agents_live_on: true,
            ..Self::new(T3Version::Fork0_0_33)
        }
    }

    /// 0.0.27 as it was recorded on 2026-11-28.
    pub fn v0_0_27_live() -> Self {
        Self {
            released_agents_live_on: true,
            ..Self::new(T3Version::V0_0_27)
        }
    }
}

/// One message of a thread, for assertions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    pub id: String,
    /// `user` or `assistant`.
    pub role: &'static str,
    pub text: String,
}

/// One thread, for assertions; unlike the endpoints it also tells what the agent process does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadView {
    pub id: String,
    pub project: String,
    pub title: String,
    pub branch: Option<String>,
    pub worktree_path: Option<String>,
    pub archived: bool,
    pub deleted: bool,
    pub messages: Vec<MessageView>,
    /// `latestTurn.state`.
    pub turn_state: Option<&'static str>,
    /// `session.status`.
    pub session_status: Option<&'static str>,
    pub last_error: Option<String>,
    pub activity_kinds: Vec<&'static str>,
    pub checkpoints: Vec<&'static str>,
    pub agent: AgentProcess,
    /// Turns that were accepted and that no agent has taken up.
    pub turns_waiting: usize,
    /// Commands that run in the background.
    pub background: Vec<String>,
    /// Whether an agent lives on that no server knows any more.
    pub orphaned: bool,
    pub runtime_mode: String,
}

/// One project, for assertions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectView {
    pub id: String,
    pub title: String,
    pub workspace_root: String,
    pub deleted: bool,
}

/// All scopes of a bearer that was issued on the server's own host.
pub const ALL_SCOPES: [&str; 8] = [
    "orchestration:read",
    "orchestration:operate",
    "terminal:operate",
    "review:write",
    "relay:read",
    "access:read",
    "access:write",
    "relay:write",
];

/// What a token is good for.
#[derive(Clone, Debug)]
struct Bearer {
    pub scopes: Vec<String>,
    pub expires_at: DateTime<Utc>,
}

/// Everything that outlives a restart, and the agents that do not.
#[derive(Debug)]
struct State {
    pub model: ReadModel,
    pub receipts: BTreeMap<String, Receipt>,
    pub mint: Mint,
    bearers: BTreeMap<String, Bearer>,
}

/// Makes the ids that the server chooses; the same ones in every run.
#[derive(Debug, Default)]
struct Mint(u64);

impl Mint {
    fn id(&mut self) -> String {
        self.0 += 1;
        let name = format!("t3-stand-in|{}", self.0);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
    }
}

/// The stand-in; serve it with an `HttpServer`.
#[derive(Debug)]
pub struct T3 {
    options: T3Options,
    clock: SandboxClock,
    state: Mutex<State>,
}

impl T3 {
    /// The bearer that is good from the start, with all scopes.
    pub const BEARER: &'static str = "sandbox-bearer";

    /// A server with an empty base directory.
    pub fn new(options: T3Options, clock: SandboxClock) -> Arc<Self> {
        let mut model = ReadModel::new(options.version, options.existing_workspaces.clone());
        model.released_agents_live_on = options.released_agents_live_on;
        let t3 = Arc::new(Self {
            options,
            clock,
            state: Mutex::new(State {
                model,
                receipts: BTreeMap::new(),
                mint: Mint::default(),
                bearers: BTreeMap::new(),
            }),
        });
        t3.allow_bearer(Self::BEARER, &ALL_SCOPES);
        t3
    }

    /// Makes `token` good for these scopes, for the usual 30 days.
    pub fn allow_bearer(&self, token: &str, scopes: &[&str]) {
        let bearer = Bearer {
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            expires_at: self.clock.now() + TimeDelta::days(30),
        };
        self.state().bearers.insert(token.to_owned(), bearer);
    }

    /// Lets `token` expire; revoked bearers look the same to a client.
    pub fn expire_bearer(&self, token: &str) {
        self.state().bearers.remove(token);
    }

    /// Puts something on the server's disk, such as the repository that an agent cloned.
    pub fn place_workspace(&self, path: &str, workspace: Workspace) {
        let mut state = self.state();
        state.model.workspaces.insert(path.to_owned(), workspace);
    }

    /// Takes a path from the server's disk.
    pub fn remove_workspace(&self, path: &str) {
        self.state().model.workspaces.remove(path);
    }

    /// What stands at `path` on the server's disk.
    pub fn workspace(&self, path: &str) -> Option<Workspace> {
        self.state().model.workspaces.get(path).cloned()
    }

    /// Ids of all threads, archived and deleted ones included, oldest first.
    pub fn threads(&self) -> Vec<String> {
        let state = self.state();
        state
            .model
            .threads
            .iter()
            .map(|thread| thread.id.clone())
            .collect()
    }

    /// One thread as it is now.
    pub fn thread(&self, id: &str) -> Option<ThreadView> {
        self.state().model.thread(id).map(view)
    }

    /// All projects, deleted ones included, oldest first.
    pub fn projects(&self) -> Vec<ProjectView> {
        let state = self.state();
        let view = |project: &Project| ProjectView {
            id: project.id.clone(),
            title: project.title.clone(),
            workspace_root: project.workspace_root.clone(),
            deleted: project.deleted_at.is_some(),
        };
        state.model.projects.iter().map(view).collect()
    }

    /// How many turns an agent has taken up on this thread.
    pub fn turns_run(&self, thread: &str) -> usize {
        let state = self.state();
        state
            .model
            .thread(thread)
            .map_or(0, |thread| thread.turns_run)
    }

    /// Number of the last recorded event.
    pub fn sequence(&self) -> u64 {
        self.state().model.sequence
    }

    /// Everything that it remembers, in words that are the same when it is the same.
    pub fn memory(&self) -> String {
        format!("{:?}", *self.state())
    }

    /// What `token` is good for now, if anything.
    fn bearer(&self, token: &str) -> Option<Bearer> {
        let state = self.state();
        let bearer = state.bearers.get(token)?;
        (self.clock.now() < bearer.expires_at).then(|| bearer.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> String {
        let now = self.clock.now();
        now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    }
}

fn view(thread: &Thread) -> ThreadView {
    let latest = thread.latest_turn.as_ref();
    let turn = latest.and_then(|id| thread.turns.iter().find(|turn| &turn.id == id));
    let session = thread.session.as_ref();
    let message = |message: &Message| MessageView {
        id: message.id.clone(),
        role: message.role,
        text: message.text.clone(),
    };
    ThreadView {
        id: thread.id.clone(),
        project: thread.project.clone(),
        title: thread.title.clone(),
        branch: thread.branch.clone(),
        worktree_path: thread.worktree_path.clone(),
        archived: thread.archived_at.is_some(),
        deleted: thread.deleted_at.is_some(),
        messages: thread.messages.iter().map(message).collect(),
        turn_state: turn.map(|turn| turn.state),
        session_status: session.map(|session| session.status),
        last_error: session.and_then(|session| session.last_error.clone()),
        activity_kinds: thread
            .activities
            .iter()
            .map(|activity| activity.kind)
            .collect(),
        checkpoints: thread
            .checkpoints
            .iter()
            .map(|checkpoint| checkpoint.status)
            .collect(),
        agent: thread.agent.clone(),
        turns_waiting: thread.queue.len(),
        background: thread
            .background
            .iter()
            .map(|task| task.id.clone())
            .collect(),
        orphaned: thread.orphaned,
        runtime_mode: thread.runtime_mode.clone(),
    }
}
