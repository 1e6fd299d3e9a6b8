//! The server's death and its next life, and the agents that outlive it.

use super::T3;
use super::read_model::{AgentProcess, Thread};

/// What newer servers say of a session that they lost.
const LOST: &str =
    "Provider session did not survive a server restart. Send a new message to continue.";

impl T3 {
    /// The server is killed and started again. Running turns stay `running` for ever, or, on servers that mark them, their
    /// sessions are in error. Agents that were at work live on, known to nobody. Turns that were accepted and not taken
    /// up survive or are lost: both are possible, so the test says which.
    pub fn restart_server(&self, loses_waiting_turns: bool) {
        let now = self.now();
        let marks = self.options.restart_marks_sessions;
        let mut state = self.state();
        for thread in &mut state.model.threads {
            let worked = !matches!(thread.agent, AgentProcess::None | AgentProcess::Idle);
            thread.orphaned |= worked || !thread.background.is_empty();
            thread.agent = AgentProcess::None;
            thread.open_tool = None;
            thread.order = None;
            thread.checkpoint_due = None;
            thread.background.clear();
            if loses_waiting_turns {
                thread.queue.clear();
            }
            if marks {
                mark(thread, &now);
            }
        }
    }

    /// Threads with an agent that outlived its server.
    pub fn orphans(&self) -> Vec<String> {
        let state = self.state();
        let threads = state.model.threads.iter();
        let orphaned = threads.filter(|thread| thread.orphaned);
        orphaned.map(|thread| thread.id.clone()).collect()
    }

    /// The agent that outlived its server ends: its command was over, and it had nobody to report to.
    pub fn orphan_ends(&self, thread: &str) {
        let mut state = self.state();
        let (thread, _) = state
            .model
            .thread_and_sequence(thread)
            .expect("the story names a thread that exists");
        assert!(
            thread.orphaned,
            "no agent outlived its server on {}",
            thread.id
        );
        thread.orphaned = false;
    }
}

fn mark(thread: &mut Thread, now: &str) {
    let Some(session) = &mut thread.session else {
        return;
    };
    if session.status != "running" {
        return;
    }
    session.status = "error";
    session.last_error = Some(LOST.to_owned());
    now.clone_into(&mut session.updated_at);
    let active = session.active_turn.take();
    if let Some(turn) = active.and_then(|turn| thread.turn(&turn)) {
        turn.state = "error";
        turn.completed_at = Some(now.to_owned());
    }
    now.clone_into(&mut thread.updated_at);
}
