//! ntfy's JSON publishing (`contracts/ntfy`): to the server's root, never to the topic's path.
//!
//! It rings once and leaves everything else to the next tick. It can not tell whether it rang
//! before.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::{Sink, before_the_sink};
use crate::domain::config::NtfyConfig;
use crate::domain::text::quoting::{shorten, shorten_by};
use crate::domain::told::message::Message;
use crate::domain::told::notification::{Notification, Urgency};
use crate::http::{Answer, Bearer, Call, Http, Method, join};
use crate::service_error::{AnsweredBy, FailureKind, ServiceError};

const SERVICE: &str = "ntfy";
const CALL: &str = "ring";

/// The longest message, in bytes of JSON. Servers take 4,096 bytes of text, and 8,192 of the whole body.
const MESSAGE_MAX_BYTES: usize = 3_500;

/// The longest title, in characters.
const TITLE_MAX_CHARS: usize = 250;

/// A topic on an ntfy server.
#[derive(Debug)]
pub struct Ntfy<'a> {
    http: &'a Http<'a>,
    config: NtfyConfig,
}

impl<'a> Ntfy<'a> {
    /// Prepares to ring. Sends nothing.
    #[must_use]
    pub const fn new(http: &'a Http<'a>, config: NtfyConfig) -> Self {
        Self { http, config }
    }

    fn send(&self, message: &Value) -> Result<(), ServiceError> {
        let call = Call {
            service: SERVICE,
            name: CALL,
            method: Method::Post,
            url: join(&root(self.config.url.url(), &self.config.topic), &[""]),
            headers: &[("accept", "application/json")],
            bearer: self.config.token.as_ref().map(|token| token as &dyn Bearer),
            json: Some(serde_json::to_vec(message).expect("messages are plain data")),
            repeatable: false,
        };
        // It may have rung when no answer came; it is not repeated at once all the same.
        let answer = self.http.send(&call)?;
        if answer.status != 200 {
            return Err(refusal(answer));
        }
        let stored: Value = answer.decode()?;
        let is_ours = stored["event"] == "message" && stored["topic"] == self.config.topic.as_str();
        if is_ours {
            Ok(())
        } else {
            Err(error(
                FailureKind::Unreadable,
                "the server does not say that it took the message".to_owned(),
            ))
        }
    }
}

impl Sink for Ntfy<'_> {
    fn name(&self) -> &'static str {
        "ntfy"
    }

    fn ring(&self, notification: &Notification) -> Result<(), ServiceError> {
        self.send(&message(&self.config.topic, notification))
    }

    fn tell(&self, message: &Message) -> Result<(), ServiceError> {
        let title = shorten(message.title(), TITLE_MAX_CHARS);
        let body = shorten_by(message.body(), MESSAGE_MAX_BYTES, json_width);
        self.send(&json!({
            "topic": self.config.topic,
            "title": title,
            "message": if body.is_empty() { &title } else { &body },
            "priority": 2,
            "tags": message.tags(),
        }))
    }
}

/// Judges an answer that is not 200 by the table of `contracts/ntfy` section 4.
fn refusal(answer: Answer<'_>) -> ServiceError {
    let status = answer.status;
    let retry_after = answer
        .header("retry-after")
        .and_then(|seconds| seconds.trim().parse().ok())
        .map(Duration::from_secs);
    let (body, excerpt) = answer.into_small_json();
    let code = body.as_ref().and_then(|body| body["code"].as_u64());
    let said = body
        .as_ref()
        .and_then(|body| body["error"].as_str())
        .map_or(excerpt, |error| error.chars().take(300).collect());
    // The server itself always names a code.
    let is_strange = code.is_none() && matches!(status, 400..=499);
    let detail = match code {
        Some(code) => format!("HTTP {status}, code {code}: {said}"),
        None if is_strange => format!("HTTP {status} from something before ntfy: {said}"),
        None => format!("HTTP {status}: {said}"),
    };
    let kind = match status {
        429 => FailureKind::RateLimited { retry_after },
        status if is_strange => before_the_sink(status),
        401 | 403 => FailureKind::Denied,
        404 => FailureKind::NotFound,
        // Too slow, or too early: something between us and the server.
        408 | 425 => FailureKind::Unreachable,
        400..=499 | 507 => FailureKind::Refused,
        500..=599 => FailureKind::Unreachable,
        _ => FailureKind::Unreadable,
    };
    error(kind, detail).answered_by(AnsweredBy::with_status(status, is_strange))
}

fn error(kind: FailureKind, detail: String) -> ServiceError {
    ServiceError::new(SERVICE, CALL, kind, detail)
}

/// The server's root, where JSON is taken; people copy addresses that end in their topic.
fn root(url: &Url, topic: &str) -> Url {
    let mut root = url.clone();
    let path = url.path().trim_end_matches('/');
    if let Some(before) = path.strip_suffix(topic)
        && before.ends_with('/')
    {
        root.set_path(before);
    }
    root
}

fn message(topic: &str, notification: &Notification) -> Value {
    let title = shorten(&notification.title(), TITLE_MAX_CHARS);
    let around = json_length(&notification.body_with("")) + json_length("\n");
    let detail = shorten_by(
        &notification.detail(),
        MESSAGE_MAX_BYTES.saturating_sub(around),
        json_width,
    );
    let body = notification.body_with(&detail);
    let priority = match notification.kind().urgency() {
        Urgency::Low => 2,
        Urgency::High => 4,
    };
    let mut message = json!({
        "topic": topic,
        "title": title,
        // The server puts a word of its own in the place of nothing.
        "message": if body.is_empty() { &title } else { &body },
        "priority": priority,
        "tags": notification.tags(),
    });
    if let Some(key) = notification.key() {
        // Newer servers replace an earlier message of the same run; older ones pass over it.
        message["sequence_id"] = key.to_string().into();
    }
    if let Some(url) = notification.thread_url().or(notification.issue_url()) {
        message["click"] = url.into();
    }
    if let Some(url) = notification.issue_url() {
        message["actions"] = json!([{"action": "view", "label": "Issue", "url": url}]);
    }
    message
}

fn json_length(text: &str) -> usize {
    text.chars().map(json_width).sum()
}

/// How many bytes a character takes in JSON.
const fn json_width(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::repository::{ForgeKind, IssueNumber, IssueRef, RepoRef};
    use crate::domain::told::notification::BellKind;

    #[test]
    fn no_message_becomes_an_attachment() {
        let repo = RepoRef::parse("octo-org/widgets", ForgeKind::GitHub).unwrap();
        let issue = IssueRef {
            repo,
            number: IssueNumber(7),
        };
        let thread = format!("https://t3.example/{}", "e".repeat(300));
        for text in ["a", "\"", "ä", "🦀", "\u{1}"] {
            for length in [0, 1, 3_400, 4_000, 4_095, 4_096, 4_097, 9_000] {
                let bell = Notification::new(
                    BellKind::NeedsHuman,
                    issue.clone(),
                    None,
                    Some(&thread),
                    &text.repeat(length),
                );
                let message = message("alerts", &bell);
                let shown = message["message"].as_str().unwrap();
                assert!(shown.len() < 4_096, "{text:?} {length}: {}", shown.len());
                assert!(shown.ends_with(&format!("Thread: {thread}")), "{shown}");
                assert!(serde_json::to_vec(&message).unwrap().len() <= 8_192);
            }
        }
    }

    #[test]
    fn an_address_that_ends_in_the_topic_is_cut_to_the_root() {
        for (address, expected) in [
            ("https://ntfy.example.org/", "https://ntfy.example.org/"),
            (
                "https://ntfy.example.org/alerts",
                "https://ntfy.example.org/",
            ),
            (
                "https://ntfy.example.org/alerts/",
                "https://ntfy.example.org/",
            ),
            (
                "https://example.org/ntfy/alerts",
                "https://example.org/ntfy/",
            ),
            ("https://example.org/ntfy", "https://example.org/ntfy"),
            (
                "https://example.org/myalerts",
                "https://example.org/myalerts",
            ),
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!(root(&url, "alerts").as_str(), expected, "{address}");
        }
    }
}
