//! ntfy's JSON publishing (`contracts/ntfy`): to the server's root, never to the topic's path.
//!
//! It rings, and waits at most once, and leaves everything else to the next tick. It can not tell whether it rang
//! before.

use std::time::Duration;

use serde_json::{Value, json};

use super::Sink;
use crate::domain::config::NtfyConfig;
use crate::domain::text::quoting::{shorten, shorten_by};
use crate::domain::told::notification::{Notification, Urgency};
use crate::http::{Answer, Call, Http, Method, join};
use crate::service_error::{FailureKind, ServiceError};

const SERVICE: &str = "ntfy";
const CALL: &str = "ring";

/// The longest message, in bytes of JSON. Servers take 4,096 bytes of text, and 8,192 of the whole body.
const MESSAGE_MAX_BYTES: usize = 3_500;

/// The longest title, in characters.
const TITLE_MAX_CHARS: usize = 250;

/// How long a visitor waits for one more request; the server names no time.
const WAIT_AFTER_LIMIT: Duration = Duration::from_secs(5);

/// How long we wait when the server had a fault.
const WAIT_AFTER_FAULT: Duration = Duration::from_secs(1);

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

    fn send(&self, message: &Value) -> Result<(), Refusal> {
        let call = Call {
            service: SERVICE,
            name: CALL,
            method: Method::Post,
            url: join(self.config.url.url(), &[""]),
            headers: &[("accept", "application/json")],
            bearer: self.config.token.as_ref(),
            json: Some(serde_json::to_vec(message).expect("messages are plain data")),
            repeatable: false,
        };
        let answer = match self.http.send(&call) {
            Ok(answer) => answer,
            // It may have rung; a bell that rings twice is better than one that does not.
            Err(lost) if lost.kind == FailureKind::Unreachable => {
                return Err(Refusal::Passing(lost, Duration::ZERO));
            }
            Err(lost) => return Err(Refusal::Final(lost)),
        };
        if answer.status != 200 {
            return Err(refusal(answer));
        }
        let stored: Value = answer.decode().map_err(Refusal::Final)?;
        let is_ours = stored["event"] == "message" && stored["topic"] == self.config.topic.as_str();
        if is_ours {
            Ok(())
        } else {
            Err(Refusal::Final(error(
                FailureKind::Unreadable,
                "the server does not say that it took the message".to_owned(),
            )))
        }
    }

    /// Waits, when the tick has the time.
    fn waits(&self, wait: Duration) -> bool {
        let deadline = self.http.deadline();
        if wait >= deadline.remaining() || deadline.is_stopping() {
            return false;
        }
        if !wait.is_zero() {
            deadline.clock().sleep(wait);
        }
        true
    }
}

impl Sink for Ntfy<'_> {
    fn name(&self) -> &'static str {
        "ntfy"
    }

    fn ring(&self, notification: &Notification) -> Result<(), ServiceError> {
        let message = message(&self.config.topic, notification);
        match self.send(&message) {
            Ok(()) => return Ok(()),
            Err(Refusal::Passing(error, wait)) => {
                if !self.waits(wait) {
                    return Err(error);
                }
            }
            Err(Refusal::Final(error)) => return Err(error),
        }
        match self.send(&message) {
            Ok(()) => Ok(()),
            Err(Refusal::Passing(error, _) | Refusal::Final(error)) => Err(error),
        }
    }
}

/// Why a bell did not ring.
#[derive(Debug)]
enum Refusal {
    /// It may pass after this time.
    Passing(ServiceError, Duration),
    /// It will not pass in this tick.
    Final(ServiceError),
}

/// Judges an answer that is not 200 by the table of `contracts/ntfy` section 4.
fn refusal(answer: Answer<'_>) -> Refusal {
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
    let detail = match code {
        Some(code) => format!("HTTP {status}, code {code}: {said}"),
        None => format!("HTTP {status}: {said}"),
    };
    let error = |kind| error(kind, detail);
    match (status, code) {
        (401 | 403, _) => Refusal::Final(error(FailureKind::Denied)),
        // Too many requests; other codes are used up for hours.
        (429, Some(42_901) | None) => Refusal::Passing(
            error(FailureKind::RateLimited { retry_after }),
            WAIT_AFTER_LIMIT,
        ),
        (429, Some(_)) => Refusal::Final(error(FailureKind::RateLimited { retry_after })),
        (404, _) => Refusal::Final(error(FailureKind::NotFound)),
        (400..=499 | 507, _) => Refusal::Final(error(FailureKind::Refused)),
        (500..=599, _) => Refusal::Passing(error(FailureKind::Unreachable), WAIT_AFTER_FAULT),
        (_, _) => Refusal::Final(error(FailureKind::Unreadable)),
    }
}

fn error(kind: FailureKind, detail: String) -> ServiceError {
    ServiceError::new(SERVICE, CALL, kind, detail)
}

fn message(topic: &str, notification: &Notification) -> Value {
    let title = shorten(&notification.title(), TITLE_MAX_CHARS);
    let around = json_length(&notification.body_with("")) + json_length("\n");
    let detail = shorten_by(
        notification.detail(),
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
