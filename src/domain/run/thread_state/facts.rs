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
        ours.filter(|message| message.id.step > StepNumber::FIRST && message.id.repairs().is_some())
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
