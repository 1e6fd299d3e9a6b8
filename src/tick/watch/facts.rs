//! What the decision table is asked about a run, from what was observed.
//!
//! A translation: the table decides.

use chrono::TimeDelta;

use super::observed::Observed;
use crate::domain::run::run_state_machine::{AgentState, Correction, Progress, RunFacts, Stopped};
use crate::domain::run::thread_state::{Failure, ThreadFacts, ThreadState, explanation};

/// What is the same for every run of the tick, and what only the reading knows.
pub(super) struct Known {
    /// Whether no turn may be sent.
    pub(super) draining: bool,
    /// Whether `AFK_HALT` is on.
    pub(super) halted: bool,
    /// Whether every commit since the dispatch was read.
    pub(super) every_commit_read: bool,
    /// How long an agent may live on unseen after its server died.
    pub(super) orphan: TimeDelta,
}

/// Returns the facts of one run.
pub(super) fn facts(run: &Observed, known: &Known) -> RunFacts {
    let thread = &run.thread.facts;
    let resumes = thread.resumes_in_a_row();
    RunFacts {
        agent: agent_state(&run.state.state),
        live: run.state.may_be_alive(),
        changed_at: run.state.changed_at,
        said: said(run),
        stopped: run.state.stop.as_ref().map(|stop| Stopped {
            resume_at: stop.resume_at(resumes, known.orphan),
            what: stop.to_string().trim_end_matches('.').to_owned(),
        }),
        resumes: u32::try_from(resumes).unwrap_or(u32::MAX),
        resumed_at: thread.last_resume_at(),
        tokens: thread.tokens(),
        started_at: run.started_at,
        corrections: thread
            .corrections()
            .filter_map(|message| {
                Correction::of_message(&message.id, message.at.unwrap_or(run.started_at))
            })
            .collect(),
        revocation: run.standing.revocation.clone(),
        draining: known.draining,
        halted: known.halted,
        every_commit_read: known.every_commit_read,
        green_since: run.green_since(),
        progress: match (&run.pushed, &run.verdict) {
            (Some(pushed), Some(verdict)) => Progress::Pushed {
                commit: pushed.sha.clone(),
                verdict: verdict.clone(),
            },
            (None, _) | (_, None) => Progress::Working,
        },
    }
}

/// What T3 says about a failure, what the agent asks, or how it came to its end where it did not finish.
fn said(run: &Observed) -> Option<String> {
    let said = match &run.state.state {
        ThreadState::Waiting { .. } => run.thread.facts.unanswered_question()?.to_owned(),
        ThreadState::Failed { why } => match why {
            Failure::NotStarted(detail) | Failure::Error(detail) => in_plain_words(run, detail),
            Failure::Interrupted => "somebody interrupted it".to_owned(),
        },
        ThreadState::Over => how_it_was_stopped(&run.thread.facts)?.to_owned(),
        ThreadState::Starting
        | ThreadState::Running
        | ThreadState::Dead { .. }
        | ThreadState::Gone
        | ThreadState::Unknown { .. } => return None,
    };
    let said = said.trim().trim_end_matches('.').to_owned();
    (!said.is_empty()).then_some(said)
}

/// How an agent was stopped that shows no error: its turn did not complete, as far as the server still tells.
fn how_it_was_stopped(thread: &ThreadFacts) -> Option<&'static str> {
    let is_stopped = thread.session.as_ref()?.status == "stopped";
    let turn = thread.latest_turn.as_ref();
    match turn.map(|turn| turn.state.as_str()) {
        Some("running") if is_stopped => {
            Some("The agent's session was stopped in the middle of its turn")
        }
        None if is_stopped => Some("The agent's session was stopped"),
        Some(_) | None => None,
    }
}

/// An error in T3's words, with what it means where these mislead. The session's own error says more than the failed start.
fn in_plain_words(run: &Observed, detail: &str) -> String {
    let last_error = run.thread.facts.last_error();
    match [Some(detail), last_error]
        .into_iter()
        .flatten()
        .find_map(explanation)
    {
        Some(explanation) => format!(
            "{}; {explanation}",
            last_error.unwrap_or(detail).trim_end_matches('.')
        ),
        None => detail.to_owned(),
    }
}

const fn agent_state(state: &ThreadState) -> AgentState {
    match state {
        ThreadState::Starting => AgentState::Starting,
        ThreadState::Running => AgentState::Running,
        ThreadState::Waiting { .. } => AgentState::Waiting,
        ThreadState::Over => AgentState::Over,
        ThreadState::Failed { .. } => AgentState::Failed,
        ThreadState::Dead { .. } => AgentState::Dead,
        ThreadState::Gone => AgentState::Gone,
        ThreadState::Unknown { .. } => AgentState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::thread_state::{SessionFacts, TurnFacts};

    #[test]
    fn a_stop_is_told_where_the_turn_did_not_complete() {
        for (status, turn, told) in [
            (
                "stopped",
                Some("running"),
                Some("The agent's session was stopped in the middle of its turn"),
            ),
            ("stopped", None, Some("The agent's session was stopped")),
            // Sessions that rest are stopped by their server.
            ("stopped", Some("completed"), None),
            ("ready", Some("running"), None),
            ("ready", None, None),
        ] {
            let thread = ThreadFacts {
                session: Some(SessionFacts {
                    status: status.to_owned(),
                    ..SessionFacts::default()
                }),
                latest_turn: turn.map(|state| TurnFacts {
                    state: state.to_owned(),
                    ..TurnFacts::default()
                }),
                ..ThreadFacts::default()
            };
            assert_eq!(how_it_was_stopped(&thread), told, "{status} {turn:?}");
        }
        assert_eq!(how_it_was_stopped(&ThreadFacts::default()), None);
    }
}
