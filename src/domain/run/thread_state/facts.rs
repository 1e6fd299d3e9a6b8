//! What is known of a thread: the facts that its state is judged by, and what our own messages in it tell.

use chrono::{DateTime, Utc};

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
    /// When it was archived, by the server's clock.
    pub archived_at: Option<DateTime<Utc>>,
    /// When it was deleted, by the server's clock.
    pub deleted_at: Option<DateTime<Utc>>,
    /// `runtimeMode`: what its agent may do without asking, as a person may have changed it.
    pub runtime_mode: Option<String>,
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
    /// `backgroundLiveness` of a light list: what still runs although no turn does. Absent also where servers do not tell.
    pub background: Option<String>,
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
    /// Commands and helpers that began and did not end, in the background too.
    pub open_tasks: Vec<OpenTask>,
    /// The newest word that the provider was asked again after an error.
    pub retry: Option<RetryWarning>,
    /// When the agent last used a tool.
    pub last_tool_at: Option<DateTime<Utc>>,
    /// When it last began to use one: what ends may have begun long before.
    pub last_tool_began_at: Option<DateTime<Utc>>,
    /// Tokens of all turns, as far as the server tells; absent when it tells of none, which is not zero.
    pub tokens: Option<u64>,
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
    /// The question, or what wants approval, shortened.
    pub question: Option<String>,
}

/// A command or a helper of the agent that began and did not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTask {
    /// `taskId`.
    pub id: String,
    /// When it began.
    pub at: Option<DateTime<Utc>>,
}

/// The agent's program asks its provider once more after an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryWarning {
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// Which try comes now.
    pub attempt: Option<u64>,
    /// How many there are.
    pub attempts_max: Option<u64>,
    /// The HTTP status of the error; absent when no answer came.
    pub status: Option<u16>,
    /// The provider's word for it.
    pub error: String,
}

/// What a waiting agent waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// An answer to a question.
    Answer,
    /// Leave to run something.
    Approval,
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

    /// Returns whether an agent was ever asked to work in this thread, as far as it still shows: by our first message or, where the
    /// server does not list it any more (it cuts long threads, people revert), by any other message of ours, any turn, or any
    /// message of an agent.
    #[must_use]
    pub fn is_started(&self) -> bool {
        !self.our_messages().is_empty()
            || self.latest_turn.is_some()
            || self.log.as_ref().is_some_and(|log| log.answers > 0)
    }

    /// Returns when the run began: when its first message was sent or, where that is not listed any more, when the thread was
    /// created, which is a little earlier.
    #[must_use]
    pub fn dispatched_at(&self) -> Option<DateTime<Utc>> {
        self.first_message_at().or(self.created_at).or_else(|| {
            self.our_messages()
                .iter()
                .filter_map(|message| message.at)
                .min()
        })
    }

    /// Returns our corrective messages, in the order of their steps.
    pub fn corrections(&self) -> impl Iterator<Item = &OurMessage> {
        let ours = self.our_messages().iter();
        ours.filter(|message| message.id.step > StepNumber::FIRST && message.id.repairs().is_some())
    }

    /// Returns how many resumes in a row were the last that we sent.
    #[must_use]
    pub fn resumes_in_a_row(&self) -> usize {
        let newest_first = self.our_messages().iter().rev();
        newest_first
            .take_while(|message| message.id.is_resume())
            .count()
    }

    /// Returns when the newest resume was sent.
    #[must_use]
    pub fn last_resume_at(&self) -> Option<DateTime<Utc>> {
        let ours = self.our_messages().iter();
        ours.filter(|message| message.id.is_resume())
            .filter_map(|message| message.at)
            .max()
    }

    /// Returns from when the clocks of the run are counted: from its newest resume, otherwise from its beginning.
    #[must_use]
    pub fn clock_started_at(&self) -> Option<DateTime<Utc>> {
        self.last_resume_at().or_else(|| self.dispatched_at())
    }

    /// Returns the tokens that the run used, as far as the server tells; `None` is not zero.
    #[must_use]
    pub fn tokens(&self) -> Option<u64> {
        self.log.as_ref()?.tokens
    }

    /// Returns the error that the server keeps of the session, shortened.
    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        let error = self.session.as_ref()?.last_error.as_deref()?;
        (!error.trim().is_empty()).then_some(error)
    }

    /// Returns the newest question, or request for approval, that nobody answered, for people to read; whether or not somebody
    /// still waits for the answer.
    #[must_use]
    pub fn unanswered_question(&self) -> Option<&str> {
        let requests = self.log.iter().flat_map(|log| &log.open_requests);
        let newest = requests
            .filter(|request| request.question.is_some())
            .max_by_key(|request| request.at)?;
        newest.question.as_deref()
    }

    /// Returns how many corrective messages were sent.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.corrections().count()
    }

    /// Returns the commits that a corrective message answered already.
    pub fn answered_commits(&self) -> impl Iterator<Item = &str> {
        self.corrections()
            .filter_map(|message| message.id.repairs())
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
}
