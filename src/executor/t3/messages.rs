//! The messages of a thread, reduced to what is asked of them while they stream by.
//!
//! Nothing is held but ids, times and the end of the agent's last message. Nothing is judged here.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

use super::lenient::{Fold, Tail, Time, fold};
use crate::domain::identity::MessageId;
use crate::domain::run::thread_state::{LAST_WORDS_MAX_CHARS, LastWords, OurMessage};

/// The messages of a thread.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// Ours, in the order of their steps.
    pub(super) ours: Vec<OurMessage>,
    /// How many were listed, whoever sent them.
    pub(super) listed: usize,
    pub(super) requests: usize,
    pub(super) last_request_at: Option<DateTime<Utc>>,
    pub(super) answers: usize,
    pub(super) answers_since: usize,
    pub(super) last_answer_at: Option<DateTime<Utc>>,
    pub(super) last_words: Option<LastWords>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    id: String,
    role: String,
    #[serde(default)]
    text: Tail<LAST_WORDS_MAX_CHARS>,
    #[serde(default)]
    created_at: Time,
    #[serde(default)]
    updated_at: Time,
}

impl Fold for Messages {
    type Item = Message;

    fn add(&mut self, message: Message) {
        self.listed += 1;
        let at = message.created_at.0;
        match message.role.as_str() {
            "user" => {
                self.requests += 1;
                // Usually sorted by these times; the newest counts wherever it stands.
                let is_newest = match (at, self.last_request_at) {
                    (Some(at), Some(newest)) => at >= newest,
                    (None, _) | (_, None) => true,
                };
                if is_newest {
                    self.last_request_at = at;
                    self.answers_since = 0;
                }
                if let Some(id) = MessageId::parse(&message.id) {
                    self.ours.push(OurMessage { id, at });
                }
            }
            "assistant" => {
                self.answers += 1;
                self.answers_since += 1;
                let is_newest = at >= self.last_answer_at || at.is_none();
                self.last_answer_at = self.last_answer_at.max(at).max(message.updated_at.0);
                if is_newest && !message.text.text.is_empty() {
                    self.last_words = Some(LastWords {
                        text: message.text.text,
                        shortened: message.text.shortened,
                        at,
                    });
                }
            }
            // System messages, and roles that are not known yet: they neither ask nor answer.
            _ => {}
        }
    }

    fn finish(&mut self) {
        self.ours.sort_by_key(|message| message.id.step);
    }
}

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fold(deserializer)
    }
}
