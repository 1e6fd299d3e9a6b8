//! One thread and the verbs that move it, noting after each what a client would see.

use serde_json::{Value, json};

use super::{Bench, order, thread_create, turn_start};
use crate::support::sandbox::t3::{StartFailure, T3Version, Workspace};

pub(super) const THREAD: &str = "thread-under-test";
pub(super) const ROOT: &str = "/data/ws/under-test";

/// One thread in one workspace, with the states that were seen after each step.
pub(super) struct Story {
    pub bench: Bench,
    pub version: T3Version,
    commands: usize,
    pub seen: Vec<Value>,
}

impl Story {
    pub(super) fn new(version: T3Version) -> Self {
        Self {
            bench: Bench::new(version),
            version,
            commands: 0,
            seen: Vec::new(),
        }
    }

    /// A thread with full access in a git workspace.
    pub(super) fn in_git(&mut self) -> &mut Self {
        self.bench
            .t3
            .place_workspace(ROOT, Workspace::Git { remote: None });
        self.create(&json!({}))
    }

    pub(super) fn not_in_git(&mut self) -> &mut Self {
        self.create(&json!({}))
    }

    /// Creates the thread; `changes` replace members of the command.
    pub(super) fn create(&mut self, changes: &Value) -> &mut Self {
        self.bench.create_project("project", ROOT);
        let mut create = thread_create(THREAD, "project");
        for (name, value) in changes.as_object().unwrap() {
            create[name] = value.clone();
        }
        self.bench.accepted(&create);
        self
    }

    pub(super) fn dispatch(&mut self, command: &Value) -> &mut Self {
        self.bench.accepted(command);
        self.look()
    }

    /// Dispatches a command of this kind under a fresh id.
    pub(super) fn order(&mut self, kind: &str, members: &Value) -> &mut Self {
        self.commands += 1;
        let mut command = order(kind, THREAD, &format!("order-{}", self.commands));
        for (name, value) in members.as_object().unwrap() {
            command[name] = value.clone();
        }
        self.dispatch(&command)
    }

    pub(super) fn request(&mut self, text: &str) -> &mut Self {
        self.commands += 1;
        self.dispatch(&turn_start(
            THREAD,
            &format!("turn-{}", self.commands),
            text,
        ))
    }

    pub(super) fn prepares(&mut self) -> &mut Self {
        self.bench.t3.agent_prepares(THREAD);
        self.look()
    }

    pub(super) fn starts(&mut self) -> &mut Self {
        self.bench.t3.agent_starts(THREAD);
        self.look()
    }

    /// A turn is requested and taken up.
    pub(super) fn runs(&mut self) -> &mut Self {
        self.request("x").starts()
    }

    /// A turn is requested, taken up and ended with one text.
    pub(super) fn runs_through(&mut self) -> &mut Self {
        self.runs().finishes("ok")
    }

    pub(super) fn says(&mut self, text: &str) -> &mut Self {
        self.bench.t3.agent_says(THREAD, text);
        self.look()
    }

    pub(super) fn starts_tool(&mut self) -> &mut Self {
        self.bench.t3.agent_starts_tool(THREAD, "sleep 40");
        self.look()
    }

    pub(super) fn ends_tool(&mut self) -> &mut Self {
        self.bench.t3.agent_ends_tool(THREAD, "finished");
        self.look()
    }

    pub(super) fn runs_tool(&mut self) -> &mut Self {
        self.starts_tool().ends_tool()
    }

    pub(super) fn changes_file(&mut self) -> &mut Self {
        self.bench.t3.agent_changes_file(THREAD, "feature.txt");
        self
    }

    pub(super) fn finishes(&mut self, text: &str) -> &mut Self {
        self.bench.t3.agent_finishes(THREAD, text);
        self.look()
    }

    /// Ends the turn and looks before and after the checkpoint.
    pub(super) fn finishes_slowly(&mut self, text: &str) -> &mut Self {
        self.bench.t3.agent_finishes_before_checkpoint(THREAD, text);
        self.look().settles()
    }

    pub(super) fn api_error(&mut self) -> &mut Self {
        let text = "API Error: 400 bad request";
        self.bench
            .t3
            .provider_error_looks_like_success(THREAD, text);
        self.look()
    }

    pub(super) fn fails_unnoticed(&mut self) -> &mut Self {
        self.bench.t3.provider_fails_unnoticed(THREAD);
        self.look()
    }

    pub(super) fn retries(&mut self, times: usize) -> &mut Self {
        for attempt in 1..=times {
            self.bench.t3.agent_retries(THREAD, attempt, 429);
        }
        self.look()
    }

    pub(super) fn start_fails(&mut self, failure: &StartFailure) -> &mut Self {
        self.bench.t3.start_fails(THREAD, failure);
        self.look()
    }

    pub(super) fn dies(&mut self) -> &mut Self {
        self.bench.t3.agent_process_dies(THREAD);
        self.look()
    }

    pub(super) fn asks(&mut self) -> &mut Self {
        self.bench
            .t3
            .agent_asks(THREAD, "Which database should be used?");
        self.look()
    }

    pub(super) fn wants_approval(&mut self) -> &mut Self {
        self.bench
            .t3
            .agent_wants_approval(THREAD, "touch needs-approval.txt");
        self.look()
    }

    pub(super) fn answers(&mut self, request: &str) -> &mut Self {
        let answers = json!({"Which database should be used?": "SQLite"});
        let members = json!({"requestId": request, "answers": answers});
        self.order("thread.user-input.respond", &members)
    }

    pub(super) fn decides(&mut self, decision: &str) -> &mut Self {
        let request = self.open_request();
        let members = json!({"requestId": request, "decision": decision});
        self.order("thread.approval.respond", &members)
    }

    /// The id of the newest request, as a client finds it.
    pub(super) fn open_request(&self) -> String {
        let thread = match self.version {
            T3Version::V0_0_27 | T3Version::July => self.bench.snapshot_thread(THREAD),
            T3Version::Fork0_0_33 => self.bench.detail(THREAD).body["thread"].clone(),
        };
        let activities = thread["activities"].as_array().unwrap();
        let request = |activity: &Value| {
            let asked = activity["kind"].as_str()?.ends_with(".requested");
            let request = activity["payload"]["requestId"].as_str()?;
            asked.then(|| request.to_owned())
        };
        activities.iter().rev().find_map(request).unwrap()
    }

    pub(super) fn interrupts(&mut self) -> &mut Self {
        self.order("thread.turn.interrupt", &json!({}))
    }

    pub(super) fn interrupts_turn(&mut self) -> &mut Self {
        let turn = self.bench.snapshot_thread(THREAD)["session"]["activeTurnId"].clone();
        self.order("thread.turn.interrupt", &json!({"turnId": turn}))
    }

    pub(super) fn stops(&mut self) -> &mut Self {
        self.order("thread.session.stop", &json!({}))
    }

    pub(super) fn settles(&mut self) -> &mut Self {
        self.bench.t3.settle();
        self.look()
    }

    pub(super) fn restarts(&mut self) -> &mut Self {
        self.bench.t3.restart_server(true);
        self.look()
    }

    pub(super) fn look(&mut self) -> &mut Self {
        let shown = self.bench.snapshot_thread(THREAD);
        let shown = match self.version {
            T3Version::V0_0_27 | T3Version::July => shown,
            T3Version::Fork0_0_33 => match self.bench.detail(THREAD).body.get("thread") {
                Some(thread) => thread.clone(),
                None => shown,
            },
        };
        let state = moment(&shown);
        if self.seen.last() != Some(&state) {
            self.seen.push(state);
        }
        self
    }
}

pub(super) fn turn_and_session(thread: &Value) -> Value {
    let is_set = |value: &Value| json!(!value.is_null());
    let turn = &thread["latestTurn"];
    let session = &thread["session"];
    json!({
        "turn": turn["state"],
        "completed": is_set(&turn["completedAt"]),
        "assistantMessage": is_set(&turn["assistantMessageId"]),
        "session": session["status"],
        "activeTurn": is_set(&session["activeTurnId"]),
        "lastError": is_set(&session["lastError"]),
    })
}

/// What a timeline keeps of one moment.
pub(super) fn moment(thread: &Value) -> Value {
    let texts = |list: &Value, member: &str| -> Vec<Value> {
        let list = list.as_array().unwrap().iter();
        let text = |entry: &Value| match entry.is_string() {
            true => entry.clone(),
            false => entry[member].clone(),
        };
        list.map(text).collect()
    };
    let mut state = turn_and_session(thread);
    state["roles"] = json!(texts(&thread["messages"], "role"));
    state["checkpoints"] = json!(texts(&thread["checkpoints"], "status"));
    state
}
