//! The activities of a thread, reduced to what is asked of them while they stream by.
//!
//! Tool output is most of a snapshot; none of it is held. Nothing is judged here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

use super::lenient::{Anything, First, Fold, Number, Text, Time, WORD_MAX_CHARS, fold};
use crate::domain::run::thread_state::{
    DETAIL_MAX_CHARS, OpenRequest, OpenTask, RetryWarning, StartFailure, WaitsFor,
};

/// How many unresolved questions and approvals of a thread are kept: the newest ones, because an agent waits for one.
const OPEN_REQUESTS_MAX: usize = 16;

/// How many tasks that did not end are kept: the newest ones.
const OPEN_TASKS_MAX: usize = 64;

/// Of how many turns the tokens are kept apart, because each of them is told several times. A run has a few.
const TURNS_MAX: usize = 256;

/// The activities of a thread.
#[derive(Debug, Default)]
pub(super) struct Activities {
    pub(super) count: usize,
    pub(super) newest_at: Option<DateTime<Utc>>,
    pub(super) start_failure: Option<StartFailure>,
    pub(super) interrupt_failed_at: Option<DateTime<Utc>>,
    pub(super) open_requests: Vec<OpenRequest>,
    pub(super) open_tasks: Vec<OpenTask>,
    pub(super) retry: Option<RetryWarning>,
    pub(super) last_tool_at: Option<DateTime<Utc>>,
    pub(super) last_tool_began_at: Option<DateTime<Utc>>,
    /// Tokens of all turns, where each turn tells its own; absent when none was told.
    tokens: Option<u64>,
    /// The same where each turn tells those of the whole session.
    of_sessions: Option<Sessions>,
    /// Until the list is at its end: tokens by turn, of which each is told several times.
    by_turn: BTreeMap<String, u64>,
    /// Until the list is at its end: tasks that began, and those that ended, in any order.
    began: VecDeque<OpenTask>,
    ended: BTreeSet<String>,
    /// Until the list is at its end: who asked, and which requests were resolved or refused. An answer may stand
    /// before its question, because the order within equal times is arbitrary.
    asked: VecDeque<(String, OpenRequest)>,
    resolved: BTreeSet<String>,
    refused: BTreeSet<String>,
}

/// Tokens of the sessions of a thread, of which each counts on from turn to turn.
#[derive(Debug, Default)]
struct Sessions {
    /// The turn that was told last.
    turn: String,
    /// Those of the sessions before.
    before: u64,
    /// Those of the session so far.
    session: u64,
}

impl Sessions {
    fn count(&mut self, turn: &str, tokens: u64) {
        if self.turn != turn {
            turn.clone_into(&mut self.turn);
            // A count that fell is that of a new session.
            if tokens < self.session {
                self.before = self.total();
                self.session = 0;
            }
        }
        self.session = self.session.max(tokens);
    }

    const fn total(&self) -> u64 {
        self.before.saturating_add(self.session)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Activity {
    #[serde(default)]
    kind: Text<WORD_MAX_CHARS>,
    #[serde(default)]
    created_at: Time,
    #[serde(default)]
    turn_id: Text<WORD_MAX_CHARS>,
    #[serde(default)]
    payload: Anything<Payload>,
}

impl Fold for Activities {
    type Item = Activity;

    fn add(&mut self, activity: Activity) {
        self.count += 1;
        let at = activity.created_at.0;
        self.newest_at = self.newest_at.max(at);
        let turn = activity.turn_id.0;
        let payload = match activity.payload {
            Anything::Object(payload) => payload,
            Anything::Text(_) | Anything::Nothing => Payload::default(),
        };
        match activity.kind.0.as_deref().unwrap_or_default() {
            "user-input.requested" => self.ask(WaitsFor::Answer, at, turn, payload),
            "approval.requested" => self.ask(WaitsFor::Approval, at, turn, payload),
            "user-input.resolved" | "approval.resolved" => {
                self.resolved.extend(payload.request_id.0);
            }
            "provider.user-input.respond.failed" | "provider.approval.respond.failed" => {
                self.refused.extend(payload.request_id.0);
            }
            "provider.turn.start.failed" => {
                let known = self.start_failure.as_ref();
                if known.is_none_or(|known| at >= known.at) {
                    let detail = match payload.detail {
                        Anything::Text(detail) => detail,
                        Anything::Object(_) | Anything::Nothing => String::new(),
                    };
                    self.start_failure = Some(StartFailure { at, detail });
                }
            }
            "provider.turn.interrupt.failed" => {
                self.interrupt_failed_at = self.interrupt_failed_at.max(at);
            }
            "tool.started" => {
                self.last_tool_began_at = self.last_tool_began_at.max(at);
                self.last_tool_at = self.last_tool_at.max(at);
            }
            "tool.updated" | "tool.completed" => {
                self.last_tool_at = self.last_tool_at.max(at);
            }
            "task.started" => self.begin(payload.task_id.0, at),
            "task.completed" => self.end(payload.task_id.0),
            "task.updated" if payload.has_ended() => self.end(payload.task_id.0),
            "runtime.warning" => self.warn(at, payload.detail),
            "context-window.updated" => self.count_tokens(turn, &payload),
            // Kinds that nothing is asked of, and those that are not known yet.
            _ => {}
        }
    }

    fn finish(&mut self) {
        for (id, mut request) in std::mem::take(&mut self.asked) {
            if self.resolved.contains(&id) {
                continue;
            }
            request.stale = self.refused.contains(&id);
            self.open_requests.push(request);
        }
        self.resolved = BTreeSet::new();
        self.refused = BTreeSet::new();
        let ended = std::mem::take(&mut self.ended);
        self.open_tasks = std::mem::take(&mut self.began)
            .into_iter()
            .filter(|task| !ended.contains(&task.id))
            .collect();
        self.settle_tokens();
    }
}

impl Activities {
    fn ask(
        &mut self,
        waits_for: WaitsFor,
        at: Option<DateTime<Utc>>,
        turn: Option<String>,
        payload: Payload,
    ) {
        if self.asked.len() == OPEN_REQUESTS_MAX {
            self.asked.pop_front();
        }
        let question = match (payload.questions.0, payload.detail) {
            (Some(Anything::Object(first)), _) => first.question.0,
            (_, Anything::Text(detail)) => Some(detail),
            (_, Anything::Object(_) | Anything::Nothing) => None,
        };
        let open = OpenRequest {
            waits_for,
            at,
            turn,
            stale: false,
            question: question.filter(|question| !question.trim().is_empty()),
        };
        self.asked
            .push_back((payload.request_id.0.unwrap_or_default(), open));
    }

    fn begin(&mut self, task: Option<String>, at: Option<DateTime<Utc>>) {
        let Some(id) = task else { return };
        if self.ended.remove(&id) || self.began.iter().any(|task| task.id == id) {
            return;
        }
        if self.began.len() == OPEN_TASKS_MAX {
            self.began.pop_front();
        }
        self.began.push_back(OpenTask { id, at });
    }

    fn end(&mut self, task: Option<String>) {
        let Some(id) = task else { return };
        let began = self.began.len();
        self.began.retain(|task| task.id != id);
        // An end may stand before its beginning, because the order within equal times is arbitrary.
        if self.began.len() == began && self.ended.len() < OPEN_TASKS_MAX {
            self.ended.insert(id);
        }
    }

    fn warn(&mut self, at: Option<DateTime<Utc>>, detail: Anything<SystemMessage>) {
        let Anything::Object(said) = detail else {
            return;
        };
        if said.subtype.0.as_deref() != Some("api_retry") {
            return;
        }
        let warning = RetryWarning {
            at,
            attempt: said.attempt.0,
            attempts_max: said.max_retries.0,
            status: said
                .error_status
                .0
                .and_then(|status| u16::try_from(status).ok()),
            error: said.error.0.unwrap_or_default(),
        };
        let is_newer =
            |known: &RetryWarning| (warning.at, warning.attempt) >= (known.at, known.attempt);
        if self.retry.as_ref().is_none_or(is_newer) {
            self.retry = Some(warning);
        }
    }

    fn count_tokens(&mut self, turn: Option<String>, payload: &Payload) {
        let Some(tokens) = payload.tokens() else {
            return;
        };
        let turn = turn.unwrap_or_default();
        self.of_sessions
            .get_or_insert_default()
            .count(&turn, tokens);
        if self.by_turn.len() == TURNS_MAX && !self.by_turn.contains_key(&turn) {
            self.settle_tokens();
        }
        let known = self.by_turn.entry(turn).or_default();
        *known = tokens.max(*known);
    }

    /// Tokens of the thread, as the agent's program counts them: Codex tells the running total of its session with each turn, all
    /// others tell each turn's own.
    pub(super) fn tokens_of(&self, provider: Option<&str>) -> Option<u64> {
        match provider {
            Some("codex") => self.of_sessions.as_ref().map(Sessions::total),
            Some(_) | None => self.tokens,
        }
    }

    fn settle_tokens(&mut self) {
        for tokens in std::mem::take(&mut self.by_turn).into_values() {
            self.tokens = Some(self.tokens.unwrap_or(0).saturating_add(tokens));
        }
    }
}

/// What is read of an activity's payload. Tool payloads have the same members with other types.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Payload {
    request_id: Text<WORD_MAX_CHARS>,
    detail: Anything<SystemMessage>,
    questions: First<Anything<Question>>,
    task_id: Text<WORD_MAX_CHARS>,
    status: Text<WORD_MAX_CHARS>,
    ended_at: Time,
    used_tokens: Number,
    input_tokens: Number,
    output_tokens: Number,
    total_processed_tokens: Number,
}

/// A question, as an agent asks it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Question {
    question: Text<DETAIL_MAX_CHARS>,
}

/// What the agent's program said of itself, as a warning quotes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SystemMessage {
    subtype: Text<WORD_MAX_CHARS>,
    attempt: Number,
    max_retries: Number,
    error_status: Number,
    error: Text<WORD_MAX_CHARS>,
}

impl Payload {
    /// Whether a change of a task is its end.
    fn has_ended(&self) -> bool {
        self.ended_at.0.is_some()
            || matches!(
                self.status.0.as_deref(),
                Some("completed" | "failed" | "killed" | "stopped" | "cancelled")
            )
    }

    /// Tokens that this reading of the context counts as used by the turn so far. The size of a context alone is no use:
    /// servers show an estimate of it before a first answer.
    fn tokens(&self) -> Option<u64> {
        let ours = [self.input_tokens.0, self.output_tokens.0];
        let counted: u64 = ours
            .iter()
            .flatten()
            .fold(0, |sum, part| sum.saturating_add(*part));
        match self.total_processed_tokens.0 {
            Some(total) => Some(total.max(counted)),
            None if ours.iter().any(Option::is_some) => {
                Some(counted.max(self.used_tokens.0.unwrap_or(0)))
            }
            None => None,
        }
    }
}

impl<'de> Deserialize<'de> for Activities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fold(deserializer)
    }
}
