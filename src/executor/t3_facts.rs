//! Reduces T3's threads to facts while an answer streams in (`contracts/t3` section 4).
//!
//! A snapshot carries every message and every tool output of every thread there ever was. Nothing of it is held
//! but ids, times and a few short texts, so that many megabytes leave little behind. Nothing is judged here.
//!
//! T3 does not check the times that clients send, and payloads differ between kinds and versions: whatever is
//! not of the expected type counts as absent instead of making the answer unreadable.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::t3_wire::{WireSession, WireThread, WireTurn};
use crate::domain::identity::MessageId;
use crate::domain::run::thread_state::{
    CheckpointFacts, DETAIL_MAX_CHARS, LAST_WORDS_MAX_CHARS, LastWords, OpenRequest, OurMessage,
    SessionFacts, StartFailure, ThreadFacts, ThreadLog, TurnFacts, WaitsFor,
};

/// The longest id or word that is kept, in characters. Recorded ones have at most 50.
pub(super) const WORD_MAX_CHARS: usize = 200;

/// How many unresolved questions and approvals of a thread are kept: the newest ones, because an agent waits for one.
const OPEN_REQUESTS_MAX: usize = 16;

/// Returns what is known of a thread. `told` says whether the answer would have listed what happened in it.
pub(super) fn facts_of(thread: WireThread, told: bool) -> ThreadFacts {
    let WireThread {
        messages,
        activities,
        checkpoints,
        ..
    } = thread;
    ThreadFacts {
        archived: thread.archived_at.is_some(),
        deleted: thread.deleted_at.is_some(),
        created_at: thread.created_at.0,
        updated_at: thread.updated_at.0,
        session: thread.session.map(session_of),
        latest_turn: thread.latest_turn.map(turn_of),
        log: told.then_some(ThreadLog {
            ours: messages.ours,
            requests: messages.requests,
            last_request_at: messages.last_request_at,
            answers: messages.answers,
            answers_since: messages.answers_since,
            last_answer_at: messages.last_answer_at,
            last_words: messages.last_words,
            checkpoints: checkpoints.count,
            last_checkpoint: checkpoints.newest,
            activities: activities.count,
            last_activity_at: activities.newest_at,
            start_failure: activities.start_failure,
            interrupt_failed_at: activities.interrupt_failed_at,
            open_requests: activities.open_requests,
        }),
        latest_user_message_at: thread.latest_user_message_at.0,
        pending_answer: thread.has_pending_user_input,
        pending_approval: thread.has_pending_approvals,
    }
}

fn session_of(session: WireSession) -> SessionFacts {
    SessionFacts {
        status: session.status.0.unwrap_or_default(),
        active_turn: session.active_turn_id.0,
        last_error: session.last_error.0,
        updated_at: session.updated_at.0,
    }
}

fn turn_of(turn: WireTurn) -> TurnFacts {
    TurnFacts {
        id: turn.turn_id.0.unwrap_or_default(),
        state: turn.state.0.unwrap_or_default(),
        requested_at: turn.requested_at.0,
        started_at: turn.started_at.0,
        completed_at: turn.completed_at.0,
    }
}

/// Reads a fleet, dropping the agent's words from threads that hold no message of ours.
pub(super) fn threads<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<WireThread>, D::Error> {
    #[derive(Default)]
    struct Fleet(Vec<WireThread>);

    impl Fold for Fleet {
        type Item = WireThread;

        fn add(&mut self, mut thread: WireThread) {
            if thread.messages.ours.is_empty() {
                thread.messages.last_words = None;
            }
            self.0.push(thread);
        }
    }

    fold(deserializer).map(|Fleet(threads)| threads)
}

/// The messages of a thread.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// Ours, in the order of their steps.
    pub(super) ours: Vec<OurMessage>,
    /// How many were listed, whoever sent them.
    pub(super) listed: usize,
    requests: usize,
    last_request_at: Option<DateTime<Utc>>,
    answers: usize,
    answers_since: usize,
    last_answer_at: Option<DateTime<Utc>>,
    last_words: Option<LastWords>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    role: String,
    #[serde(default)]
    text: Tail,
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

/// The activities of a thread.
#[derive(Debug, Default)]
pub(super) struct Activities {
    count: usize,
    newest_at: Option<DateTime<Utc>>,
    start_failure: Option<StartFailure>,
    interrupt_failed_at: Option<DateTime<Utc>>,
    open_requests: Vec<OpenRequest>,
    /// Until the list is at its end: who asked, and which requests were resolved or refused. An answer may stand
    /// before its question, because the order within equal times is arbitrary.
    asked: VecDeque<(String, OpenRequest)>,
    resolved: BTreeSet<String>,
    refused: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activity {
    #[serde(default)]
    kind: Text<WORD_MAX_CHARS>,
    #[serde(default)]
    created_at: Time,
    #[serde(default)]
    turn_id: Text<WORD_MAX_CHARS>,
    #[serde(default)]
    payload: Payload,
}

impl Fold for Activities {
    type Item = Activity;

    fn add(&mut self, activity: Activity) {
        self.count += 1;
        let at = activity.created_at.0;
        self.newest_at = self.newest_at.max(at);
        let request = activity.payload.request_id;
        let mut ask = |waits_for| {
            if self.asked.len() == OPEN_REQUESTS_MAX {
                self.asked.pop_front();
            }
            let request = request.clone().unwrap_or_default();
            let open = OpenRequest {
                waits_for,
                at,
                turn: activity.turn_id.0.clone(),
                stale: false,
            };
            self.asked.push_back((request, open));
        };
        match activity.kind.0.as_deref().unwrap_or_default() {
            "user-input.requested" => ask(WaitsFor::Answer),
            "approval.requested" => ask(WaitsFor::Approval),
            "user-input.resolved" | "approval.resolved" => self.resolved.extend(request),
            "provider.user-input.respond.failed" | "provider.approval.respond.failed" => {
                self.refused.extend(request);
            }
            "provider.turn.start.failed" => {
                let known = self.start_failure.as_ref();
                if known.is_none_or(|known| at >= known.at) {
                    self.start_failure = Some(StartFailure {
                        at,
                        detail: activity.payload.detail.unwrap_or_default(),
                    });
                }
            }
            "provider.turn.interrupt.failed" => {
                self.interrupt_failed_at = self.interrupt_failed_at.max(at);
            }
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
    }
}

/// The checkpoints of a thread.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    count: usize,
    newest: Option<CheckpointFacts>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checkpoint {
    #[serde(default)]
    status: Text<WORD_MAX_CHARS>,
    #[serde(default)]
    completed_at: Time,
}

impl Fold for Checkpoints {
    type Item = Checkpoint;

    fn add(&mut self, checkpoint: Checkpoint) {
        self.count += 1;
        let at = checkpoint.completed_at.0;
        let known = self.newest.as_ref();
        if known.is_none_or(|known| at >= known.at) {
            self.newest = Some(CheckpointFacts {
                status: checkpoint.status.0.unwrap_or_default(),
                at,
            });
        }
    }
}

/// Something that is made of a list's items while they stream by.
trait Fold: Default {
    type Item;

    fn add(&mut self, item: Self::Item);

    fn finish(&mut self) {}
}

fn fold<'de, D, F>(deserializer: D) -> Result<F, D::Error>
where
    D: Deserializer<'de>,
    F: Fold,
    F::Item: Deserialize<'de>,
{
    struct Items<F>(PhantomData<F>);

    impl<'de, F> Visitor<'de> for Items<F>
    where
        F: Fold,
        F::Item: Deserialize<'de>,
    {
        type Value = F;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<F, A::Error> {
            let mut folded = F::default();
            while let Some(item) = items.next_element()? {
                folded.add(item);
            }
            folded.finish();
            Ok(folded)
        }
    }

    deserializer.deserialize_seq(Items(PhantomData))
}

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fold(deserializer)
    }
}

impl<'de> Deserialize<'de> for Activities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fold(deserializer)
    }
}

impl<'de> Deserialize<'de> for Checkpoints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fold(deserializer)
    }
}

/// A text of at most `MAX` characters, its beginning; absent when it is anything but a text.
#[derive(Debug, Default)]
pub(super) struct Text<const MAX: usize>(pub(super) Option<String>);

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let head = |text: &str| text.chars().take(MAX).collect();
        TextOrElse(head).deserialize(deserializer).map(Self)
    }
}

/// A time; absent when it is no date.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Time(pub(super) Option<DateTime<Utc>>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = |text: &str| {
            let time = DateTime::parse_from_rfc3339(text).ok()?;
            Some(time.to_utc())
        };
        let time = TextOrElse(time).deserialize(deserializer)?;
        Ok(Self(time.flatten()))
    }
}

/// The end of a message's text.
#[derive(Debug, Default)]
struct Tail {
    text: String,
    shortened: bool,
}

impl<'de> Deserialize<'de> for Tail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tail = |text: &str| {
            let text = text.trim();
            let last = text.char_indices().rev().take(LAST_WORDS_MAX_CHARS);
            let start = last.last().map_or(0, |(start, _)| start);
            Self {
                text: text[start..].to_owned(),
                shortened: start > 0,
            }
        };
        let tail = TextOrElse(tail).deserialize(deserializer)?;
        Ok(tail.unwrap_or_default())
    }
}

/// What is read of an activity's payload. Tool payloads have the same members with other types.
#[derive(Debug, Default)]
struct Payload {
    request_id: Option<String>,
    detail: Option<String>,
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Members {
            #[serde(default)]
            request_id: Text<WORD_MAX_CHARS>,
            #[serde(default)]
            detail: Text<DETAIL_MAX_CHARS>,
        }

        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Payload;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a payload")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Payload, A::Error> {
                let members =
                    Members::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Payload {
                    request_id: members.request_id.0,
                    detail: members.detail.0,
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Payload, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Payload::default())
            }

            fn visit_unit<E>(self) -> Result<Payload, E> {
                Ok(Payload::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Payload, E> {
                Ok(Payload::default())
            }

            fn visit_i64<E>(self, _: i64) -> Result<Payload, E> {
                Ok(Payload::default())
            }

            fn visit_u64<E>(self, _: u64) -> Result<Payload, E> {
                Ok(Payload::default())
            }

            fn visit_f64<E>(self, _: f64) -> Result<Payload, E> {
                Ok(Payload::default())
            }

            fn visit_str<E>(self, _: &str) -> Result<Payload, E> {
                Ok(Payload::default())
            }
        }

        deserializer.deserialize_any(Object)
    }
}

/// Makes something of a text without holding the whole of it, and nothing of any other value.
struct TextOrElse<F>(F);

impl<'de, T, F: FnOnce(&str) -> T> DeserializeSeed<'de> for TextOrElse<F> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T, F: FnOnce(&str) -> T> Visitor<'de> for TextOrElse<F> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<T>, E> {
        Ok(Some((self.0)(text)))
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<T>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<T>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
