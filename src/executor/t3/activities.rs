//! The activities of a thread, reduced to what is asked of them while they stream by.
//!
//! Tool output is most of a snapshot; none of it is held. Nothing is judged here.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::lenient::{Fold, Text, Time, WORD_MAX_CHARS, fold};
use crate::domain::run::thread_state::{DETAIL_MAX_CHARS, OpenRequest, StartFailure, WaitsFor};

/// How many unresolved questions and approvals of a thread are kept: the newest ones, because an agent waits for one.
const OPEN_REQUESTS_MAX: usize = 16;

/// The activities of a thread.
#[derive(Debug, Default)]
pub(super) struct Activities {
    pub(super) count: usize,
    pub(super) newest_at: Option<DateTime<Utc>>,
    pub(super) start_failure: Option<StartFailure>,
    pub(super) interrupt_failed_at: Option<DateTime<Utc>>,
    pub(super) open_requests: Vec<OpenRequest>,
    /// Until the list is at its end: who asked, and which requests were resolved or refused. An answer may stand
    /// before its question, because the order within equal times is arbitrary.
    asked: VecDeque<(String, OpenRequest)>,
    resolved: BTreeSet<String>,
    refused: BTreeSet<String>,
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

impl<'de> Deserialize<'de> for Activities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fold(deserializer)
    }
}
