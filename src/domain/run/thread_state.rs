//! What a run's thread is doing (SPEC 6, `contracts/t3` section 6), and what our own messages in it tell.
//!
//! It judges one reading and remembers nothing: a turn counts for the newest request in the thread only, which
//! is found by the times and the order of what the thread lists. It does not know commits, verdicts or endings,
//! and it never takes "turn over" for "work done".
//!
//! Words of the server are kept as they came, because servers differ and change: a word nobody knows becomes
//! [`ThreadState::Unknown`], which waits, and which callers bound by time.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::identity::{MessageId, StepNumber};

/// The longest tail of an agent's message that is kept, in characters: enough for a hand-back.
pub const LAST_WORDS_MAX_CHARS: usize = 4_000;

/// The longest error text that is kept, in characters. A refused prompt is quoted in its own error, in full.
pub const DETAIL_MAX_CHARS: usize = 300;

/// Everything about a thread that its state depends on. Times are absent when the server had none, or something
/// that is no date: it does not check those that clients send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadFacts {
    /// Whether a person or we archived it.
    pub archived: bool,
    /// Whether it was deleted.
    pub deleted: bool,
    /// When it was created, by the clock of who created it.
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed in any way, a new title included.
    pub updated_at: Option<DateTime<Utc>>,
    /// The agent session, once there was one.
    pub session: Option<SessionFacts>,
    /// The latest turn. Absent also after a good run, when the server forgot it.
    pub latest_turn: Option<TurnFacts>,
    /// Messages, activities and checkpoints; absent when the answer at hand lists none of any thread.
    pub log: Option<ThreadLog>,
    /// When a user message was last sent, as light lists tell.
    pub latest_user_message_at: Option<DateTime<Utc>>,
    /// A light list's flag: somebody should answer a question. Stays set after a restart, for nobody.
    pub pending_answer: bool,
    /// A light list's flag: somebody should decide on an approval.
    pub pending_approval: bool,
}

/// The agent session of a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFacts {
    /// `status`, as the server words it.
    pub status: String,
    /// `activeTurnId`.
    pub active_turn: Option<String>,
    /// `lastError`, shortened.
    pub last_error: Option<String>,
    /// When the session last changed, by the server's clock.
    pub updated_at: Option<DateTime<Utc>>,
}

/// The latest turn of a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnFacts {
    /// Its id, minted by the server.
    pub id: String,
    /// `state`, as the server words it.
    pub state: String,
    /// The time that the request for it named: the very time of the user message.
    pub requested_at: Option<DateTime<Utc>>,
    /// When it started. The server copies the time of the request.
    pub started_at: Option<DateTime<Utc>>,
    /// When it, or on some servers its first text, was complete.
    pub completed_at: Option<DateTime<Utc>>,
}

/// What a thread lists, reduced to what is asked of it. No tool output, no message text but the last one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadLog {
    /// Our messages, in the order of their steps.
    pub ours: Vec<OurMessage>,
    /// How many user messages there are, whoever sent them: each asks for a turn.
    pub requests: usize,
    /// When the newest of them was sent, by the clock of who sent it.
    pub last_request_at: Option<DateTime<Utc>>,
    /// How many messages the agent wrote.
    pub answers: usize,
    /// How many of them are listed after the newest request.
    pub answers_since: usize,
    /// When the newest of them was written.
    pub last_answer_at: Option<DateTime<Utc>>,
    /// The end of the agent's last message that has a text.
    pub last_words: Option<LastWords>,
    /// How many checkpoints there are. Only git workspaces have any.
    pub checkpoints: usize,
    /// The newest checkpoint.
    pub last_checkpoint: Option<CheckpointFacts>,
    /// How many activities there are.
    pub activities: usize,
    /// When the newest of them happened.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// The newest failure to start a turn.
    pub start_failure: Option<StartFailure>,
    /// The newest failure to interrupt a turn: there was nothing to interrupt.
    pub interrupt_failed_at: Option<DateTime<Utc>>,
    /// Questions and approvals that were not resolved.
    pub open_requests: Vec<OpenRequest>,
}

/// A message of ours, as the thread lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurMessage {
    /// `M(T, k)`.
    pub id: MessageId,
    /// When we sent it, by our clock.
    pub at: Option<DateTime<Utc>>,
}

/// The end of the agent's last message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastWords {
    /// At most the last [`LAST_WORDS_MAX_CHARS`] characters.
    pub text: String,
    /// Whether the message was longer.
    pub shortened: bool,
    /// When it was written.
    pub at: Option<DateTime<Utc>>,
}

/// A checkpoint of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointFacts {
    /// `status`, as the server words it.
    pub status: String,
    /// When it was taken.
    pub at: Option<DateTime<Utc>>,
}

/// A turn that never started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartFailure {
    /// The time that the request named, not the time of the failure.
    pub at: Option<DateTime<Utc>>,
    /// Why, shortened.
    pub detail: String,
}

/// A question or an approval that was not resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    /// What it waits for.
    pub waits_for: WaitsFor,
    /// When it was asked.
    pub at: Option<DateTime<Utc>>,
    /// The turn that asked.
    pub turn: Option<String>,
    /// Whether an answer was refused because nobody waits for it any more.
    pub stale: bool,
}

/// What a waiting agent waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// An answer to a question.
    Answer,
    /// Leave to run something.
    Approval,
}

/// What a thread is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThreadState {
    /// A turn is asked for, or will be; no agent has taken it up.
    Starting,
    /// An agent works.
    Running,
    /// An agent waits for a person.
    Waiting {
        /// What for.
        on: WaitsFor,
    },
    /// The turn is finished, or the session was stopped. Not a word about the work.
    Over,
    /// The turn did not start, or ended badly.
    Failed {
        /// How.
        why: Failure,
    },
    /// A turn that nobody works on any more, although nothing says so.
    Dead {
        /// How that shows.
        why: Death,
    },
    /// The thread is archived or deleted.
    Gone,
    /// Nothing that is known. Wait, but not for ever.
    Unknown {
        /// What was seen.
        what: String,
    },
}

/// How a turn failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It was accepted and never started; what the server says about it.
    NotStarted(String),
    /// It ended with an error; what the server says about it, which may be nothing.
    Error(String),
    /// Somebody interrupted it.
    Interrupted,
}

/// How a dead turn shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Nothing moved for the stall limit.
    Silent,
    /// The server restarted and recovered the session without the turn.
    SessionRecovered,
    /// Its question outlived the agent that asked: the answer was refused.
    QuestionStale,
}

/// Whether an agent may be at work, by the session alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionSign {
    /// There is no session.
    Absent,
    /// The session was stopped.
    Stopped,
    /// The session waits for a turn. After a stop that was asked for, servers show this first, while a tool may still run.
    Idle,
    /// The session has a turn, is about to, or says something unknown.
    Running,
}

/// A thread, judged at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadReading {
    /// What it is doing.
    pub state: ThreadState,
    /// When it last changed: never later than the moment of judging, and not moved by a new title where the
    /// thread lists what happened in it.
    pub changed_at: DateTime<Utc>,
    /// How long ago that was.
    pub quiet_for: TimeDelta,
    /// What the session says, whatever the state.
    pub session: SessionSign,
}

impl ThreadState {
    /// Returns whether the decision table calls this "running": starting, running or waiting.
    #[must_use]
    pub const fn is_running_class(&self) -> bool {
        match self {
            Self::Starting | Self::Running | Self::Waiting { .. } => true,
            Self::Over
            | Self::Failed { .. }
            | Self::Dead { .. }
            | Self::Gone
            | Self::Unknown { .. } => false,
        }
    }

    /// Returns the word in reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Waiting { .. } => "waiting",
            Self::Over => "over",
            Self::Failed { .. } => "failed",
            Self::Dead { .. } => "dead",
            Self::Gone => "gone",
            Self::Unknown { .. } => "unknown",
        }
    }
}

impl fmt::Display for ThreadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            Self::Starting | Self::Running | Self::Over | Self::Gone => Ok(()),
            Self::Waiting {
                on: WaitsFor::Answer,
            } => f.write_str(" for an answer"),
            Self::Waiting {
                on: WaitsFor::Approval,
            } => f.write_str(" for an approval"),
            Self::Failed { why } => write!(f, ": {why}"),
            Self::Dead { why } => write!(f, ": {why}"),
            Self::Unknown { what } => write!(f, ": {what}"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(detail) => write!(f, "the turn did not start: {detail}"),
            Self::Error(detail) if detail.is_empty() => f.write_str("the turn ended with an error"),
            Self::Error(detail) => write!(f, "the turn ended with an error: {detail}"),
            Self::Interrupted => f.write_str("the turn was interrupted"),
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silent => "nothing moved for the stall limit",
            Self::SessionRecovered => "the server restarted under the turn",
            Self::QuestionStale => "its question outlived the agent that asked",
        })
    }
}

impl ThreadReading {
    /// Returns whether the session looks as if an agent is at work. Only [`SessionSign::Stopped`] and
    /// [`SessionSign::Absent`] prove that none is left after a stop.
    #[must_use]
    pub const fn shows_running_session(&self) -> bool {
        match self.session {
            SessionSign::Running => true,
            SessionSign::Absent | SessionSign::Stopped | SessionSign::Idle => false,
        }
    }

    /// Returns whether a session that says "running" counts as dead all the same (SPEC 4.3, w4): its server
    /// restarted, or nothing moved for twice the stall limit.
    #[must_use]
    pub fn dead_for_twice(&self, stall_limit: TimeDelta) -> bool {
        let restarted = match &self.state {
            ThreadState::Dead { why } => match why {
                Death::SessionRecovered | Death::QuestionStale => true,
                Death::Silent => false,
            },
            ThreadState::Starting
            | ThreadState::Running
            | ThreadState::Waiting { .. }
            | ThreadState::Over
            | ThreadState::Failed { .. }
            | ThreadState::Gone
            | ThreadState::Unknown { .. } => false,
        };
        let twice = stall_limit.checked_add(&stall_limit);
        restarted || twice.is_some_and(|twice| self.quiet_for >= twice)
    }

    /// Returns whether an agent may still be alive, so that its repository must not be released.
    #[must_use]
    pub fn may_hold_live_agent(&self, stall_limit: TimeDelta) -> bool {
        self.shows_running_session() && !self.dead_for_twice(stall_limit)
    }
}

impl SessionFacts {
    fn sign(&self) -> SessionSign {
        let idle = match self.status.as_str() {
            "stopped" => return SessionSign::Stopped,
            "ready" | "idle" | "error" | "interrupted" => self.active_turn.is_none(),
            _ => false,
        };
        if idle {
            SessionSign::Idle
        } else {
            SessionSign::Running
        }
    }
}

impl ThreadFacts {
    /// Returns whether the slot is released: archived or deleted, by us or by a person.
    #[must_use]
    pub const fn is_released(&self) -> bool {
        self.archived || self.deleted
    }

    /// Returns our messages, in the order of their steps; none when the answer at hand lists no messages.
    #[must_use]
    pub fn our_messages(&self) -> &[OurMessage] {
        self.log.as_ref().map_or(&[], |log| &log.ours)
    }

    /// Returns when the run was dispatched: when its first message was sent.
    #[must_use]
    pub fn first_message_at(&self) -> Option<DateTime<Utc>> {
        let mut ours = self.our_messages().iter();
        ours.find(|message| message.id.step == StepNumber::FIRST)?
            .at
    }

    /// Returns when we last sent a message.
    #[must_use]
    pub fn last_message_at(&self) -> Option<DateTime<Utc>> {
        let ours = self.our_messages().iter();
        ours.filter_map(|message| message.at).max()
    }

    /// Returns our corrective messages, in the order of their steps.
    pub fn corrections(&self) -> impl Iterator<Item = &OurMessage> {
        let ours = self.our_messages().iter();
        ours.filter(|message| {
            message.id.step > StepNumber::FIRST && message.id.red_commit.is_some()
        })
    }

    /// Returns how many corrective messages were sent.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.corrections().count()
    }

    /// Returns the commits that a corrective message answered already.
    pub fn answered_commits(&self) -> impl Iterator<Item = &str> {
        self.corrections()
            .filter_map(|message| message.id.red_commit.as_deref())
    }

    /// Returns when the first corrective message was sent.
    #[must_use]
    pub fn first_correction_at(&self) -> Option<DateTime<Utc>> {
        self.corrections().filter_map(|message| message.at).min()
    }

    /// Returns the end of the agent's last message.
    #[must_use]
    pub fn last_words(&self) -> Option<&LastWords> {
        self.log.as_ref()?.last_words.as_ref()
    }

    /// Returns the turn to name when the session is to be interrupted.
    #[must_use]
    pub fn active_turn(&self) -> Option<&str> {
        self.session.as_ref()?.active_turn.as_deref()
    }

    /// When the newest request was sent, if any was and its time is a date.
    fn requested_at(&self) -> Option<DateTime<Utc>> {
        match &self.log {
            Some(log) => log.last_request_at,
            None => self.latest_user_message_at,
        }
    }

    /// Whether something with this time may stem from the newest request. What has no time may.
    fn is_current(&self, at: Option<DateTime<Utc>>) -> bool {
        match (at, self.requested_at()) {
            (Some(at), Some(requested_at)) => at >= requested_at,
            (None, _) | (_, None) => true,
        }
    }

    /// The latest turn, if it is the one that the newest request asked for.
    fn current_turn(&self) -> Option<&TurnFacts> {
        let turn = self.latest_turn.as_ref()?;
        self.is_current(turn.requested_at).then_some(turn)
    }

    /// Whether the session has changed since the newest request. Until then it tells of the turn before.
    fn is_session_current(&self, session: &SessionFacts) -> bool {
        self.is_current(session.updated_at) || self.current_turn().is_some()
    }

    /// Whether an activity that repeats the time of a request stems from the newest one.
    fn is_start_failure_current(&self, failure: &StartFailure) -> bool {
        match (failure.at, self.requested_at()) {
            (Some(at), Some(requested_at)) => at >= requested_at,
            // The two carry the same text: when only one of them is a date, they are not the same request.
            (None, Some(_)) => false,
            (_, None) => true,
        }
    }

    /// Whether the agent answered the newest request, or left a checkpoint for it.
    fn has_answer(&self) -> bool {
        let finished = self
            .current_turn()
            .is_some_and(|turn| turn.state == "completed");
        let Some(log) = &self.log else {
            return finished;
        };
        let since = |at: Option<DateTime<Utc>>| {
            // The only request of the thread: whatever is there came after it, by whatever clock.
            log.requests <= 1
                || at.is_some_and(|at| log.last_request_at.is_some_and(|asked| at >= asked))
        };
        let checkpoint = log.last_checkpoint.as_ref();
        finished
            || log.answers_since > 0
            || (log.answers > 0 && since(log.last_answer_at))
            || checkpoint.is_some_and(|checkpoint| since(checkpoint.at))
    }

    /// The questions and approvals of the newest request that were not resolved.
    fn current_requests(&self) -> impl Iterator<Item = &OpenRequest> {
        let requests = self.log.iter().flat_map(|log| &log.open_requests);
        requests.filter(|request| match (&request.turn, self.active_turn()) {
            (Some(turn), Some(active)) => turn == active,
            (None, _) | (_, None) => self.is_current(request.at),
        })
    }

    fn waits_for(&self) -> Option<WaitsFor> {
        if self.log.is_some() {
            let mut live = self.current_requests().filter(|request| !request.stale);
            return live.next().map(|request| request.waits_for);
        }
        if self.pending_answer {
            Some(WaitsFor::Answer)
        } else {
            self.pending_approval.then_some(WaitsFor::Approval)
        }
    }

    fn changed_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let session = self.session.as_ref();
        let turn = self.latest_turn.as_ref();
        let seen = [
            session.and_then(|session| session.updated_at),
            turn.and_then(|turn| turn.requested_at),
            turn.and_then(|turn| turn.completed_at),
        ];
        let listed = self.log.iter().flat_map(|log| {
            let checkpoint = log.last_checkpoint.as_ref();
            [
                log.last_request_at,
                log.last_answer_at,
                log.last_activity_at,
                checkpoint.and_then(|checkpoint| checkpoint.at),
            ]
        });
        let moved_at = seen.into_iter().chain(listed).flatten().max();
        // A new title moves `updated_at`, and we give titles to runs that have ended: they would never look dead.
        let whole = self.log.is_some() && !self.is_released();
        let changed_at = match moved_at {
            Some(moved_at) if whole => Some(moved_at),
            Some(_) | None => moved_at.max(self.updated_at),
        };
        changed_at.or(self.created_at).map_or(now, |at| at.min(now))
    }
}

/// Judges a thread by the rules of `contracts/t3` section 6, in their order.
#[must_use]
pub fn thread_state(
    facts: &ThreadFacts,
    now: DateTime<Utc>,
    stall_limit: TimeDelta,
) -> ThreadReading {
    let changed_at = facts.changed_at(now);
    let quiet_for = now - changed_at;
    let session = facts.session.as_ref();
    ThreadReading {
        state: state(facts, quiet_for >= stall_limit),
        changed_at,
        quiet_for,
        session: session.map_or(SessionSign::Absent, SessionFacts::sign),
    }
}

fn state(facts: &ThreadFacts, stalled: bool) -> ThreadState {
    if facts.is_released() {
        return ThreadState::Gone;
    }
    let log = facts.log.as_ref();
    let start_failure = log.and_then(|log| log.start_failure.as_ref());
    if let Some(failure) = start_failure.filter(|failure| facts.is_start_failure_current(failure)) {
        return ThreadState::Failed {
            why: Failure::NotStarted(failure.detail.clone()),
        };
    }
    let turn = facts.current_turn();
    let Some(session) = &facts.session else {
        return failure_of(turn, None).unwrap_or(ThreadState::Starting);
    };
    // A list without messages, flags or the time of the request.
    let blind = log.is_none() && facts.latest_user_message_at.is_none();
    if session.status == "running" {
        return match facts.waits_for() {
            Some(on) => ThreadState::Waiting { on },
            None if stalled && blind => ThreadState::Unknown {
                what: "this list does not tell whether the agent waits for somebody".to_owned(),
            },
            None if stalled => ThreadState::Dead { why: Death::Silent },
            None => ThreadState::Running,
        };
    }
    if blind {
        return ThreadState::Unknown {
            what: "this list does not tell which turn the session speaks of".to_owned(),
        };
    }
    if !facts.is_session_current(session) {
        return ThreadState::Starting;
    }
    match session.status.as_str() {
        "starting" | "idle" => ThreadState::Starting,
        "ready" => ready(facts, turn, session),
        "stopped" => failure_of(turn, Some(session)).unwrap_or(ThreadState::Over),
        "error" => failure_of(turn, Some(session)).unwrap_or(ThreadState::Failed {
            why: Failure::Error(String::new()),
        }),
        "interrupted" => ThreadState::Failed {
            why: Failure::Interrupted,
        },
        word => ThreadState::Unknown {
            what: format!("the session is '{word}'"),
        },
    }
}

/// Rules 3, 5, 6 and 8 for a session that waits for a turn.
fn ready(facts: &ThreadFacts, turn: Option<&TurnFacts>, session: &SessionFacts) -> ThreadState {
    if session.active_turn.is_some() {
        return ThreadState::Dead {
            why: Death::SessionRecovered,
        };
    }
    if facts.current_requests().any(|request| request.stale) {
        return ThreadState::Dead {
            why: Death::QuestionStale,
        };
    }
    if let Some(failed) = failure_of(turn, Some(session)) {
        return failed;
    }
    if let Some(turn) = turn.filter(|turn| !matches!(turn.state.as_str(), "running" | "completed"))
    {
        return ThreadState::Unknown {
            what: format!("the turn is '{}'", turn.state),
        };
    }
    if facts.has_answer() {
        ThreadState::Over
    } else if facts.log.is_some() {
        ThreadState::Starting
    } else {
        ThreadState::Unknown {
            what: "this list does not tell whether the agent answered".to_owned(),
        }
    }
}

/// Rule 6: what the turn or the session says of an error.
fn failure_of(turn: Option<&TurnFacts>, session: Option<&SessionFacts>) -> Option<ThreadState> {
    let said = session.and_then(|session| session.last_error.clone());
    let why = match (turn.map(|turn| turn.state.as_str()), said) {
        (_, Some(said)) => Failure::Error(said),
        (Some("error"), None) => Failure::Error(String::new()),
        (Some("interrupted"), None) => Failure::Interrupted,
        (Some(_) | None, None) => return None,
    };
    Some(ThreadState::Failed { why })
}

#[cfg(test)]
mod tests;
