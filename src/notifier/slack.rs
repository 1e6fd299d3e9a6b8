//! Slack's incoming webhooks (`contracts/slack`).
//!
//! The address is the secret: it is read anew for each bell and never part of an error or a log line. It rings once
//! and leaves everything else to the next tick. It can not tell whether it rang before.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Sink, before_the_sink};
use crate::domain::config::{SecretSource, parse_webhook};
use crate::domain::text::quoting::shorten_by;
use crate::domain::told::message::Message;
use crate::domain::told::notification::Notification;
use crate::http::{Answer, Call, Http, Method, read_secret};
use crate::service_error::{AnsweredBy, FailureKind, ServiceError};

const SERVICE: &str = "slack";
const CALL: &str = "ring";

/// The longest header, in UTF-16 code units: no way of counting characters finds more.
const HEADER_MAX: usize = 150;

/// The longest section.
const SECTION_MAX: usize = 3_000;

/// The longest text.
const TEXT_MAX: usize = 4_000;

/// The longest link that is worth its place in a section.
const LINK_MAX: usize = 1_500;

/// A Slack channel.
#[derive(Debug)]
pub struct Slack<'a> {
    http: &'a Http<'a>,
    webhook: SecretSource,
}

impl<'a> Slack<'a> {
    /// Prepares to ring. Sends nothing.
    #[must_use]
    pub const fn new(http: &'a Http<'a>, webhook: SecretSource) -> Self {
        Self { http, webhook }
    }

    fn send(&self, message: &Value) -> Result<(), Refusal> {
        let unreadable = |why: String| Refusal::Other(error(FailureKind::SecretUnreadable, why));
        let secret = read_secret(&self.webhook).map_err(unreadable)?;
        let url = parse_webhook(secret.expose())
            .map_err(|why| unreadable(format!("AFK_SLACK_WEBHOOK_URL: {why}")))?;
        let call = Call {
            service: SERVICE,
            name: CALL,
            method: Method::Post,
            url,
            headers: &[],
            bearer: None,
            json: Some(serde_json::to_vec(message).expect("messages are plain data")),
            repeatable: false,
        };
        // It may have rung when no answer came; it is not repeated at once all the same.
        let answer = self.http.send(&call).map_err(Refusal::Other)?;
        judge(answer)
    }
}

impl Sink for Slack<'_> {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn ring(&self, notification: &Notification) -> Result<(), ServiceError> {
        let mut message = blocks(notification);
        match self.send(&message) {
            Ok(()) => return Ok(()),
            // Nothing was delivered.
            Err(Refusal::Blocks(_)) => message = text_only(notification),
            Err(Refusal::Other(error)) => return Err(error),
        }
        self.send(&message).map_err(Refusal::into_error)
    }

    fn tell(&self, message: &Message) -> Result<(), ServiceError> {
        let body = escape(message.body(), SECTION_MAX);
        let title = escape(message.title(), HEADER_MAX);
        let text = escape(message.title(), TEXT_MAX / 4);
        let plain = json!({
            "text": format!("{text}\n{body}").trim_end(),
            "unfurl_links": false,
            "unfurl_media": false,
        });
        let mut blocks = vec![json!({
            "type": "header",
            "text": {"type": "plain_text", "text": title},
        })];
        if !body.is_empty() {
            blocks.push(json!({"type": "section", "text": {"type": "mrkdwn", "text": body}}));
        }
        let mut with_blocks = plain.clone();
        with_blocks["blocks"] = blocks.into();
        match self.send(&with_blocks) {
            Ok(()) => Ok(()),
            // Nothing was delivered.
            Err(Refusal::Blocks(_)) => self.send(&plain).map_err(Refusal::into_error),
            Err(Refusal::Other(error)) => Err(error),
        }
    }
}

/// Why a bell did not ring.
#[derive(Debug)]
enum Refusal {
    /// Slack does not like the blocks; the text alone may pass.
    Blocks(ServiceError),
    /// Anything else.
    Other(ServiceError),
}

impl Refusal {
    fn into_error(self) -> ServiceError {
        match self {
            Self::Blocks(error) | Self::Other(error) => error,
        }
    }
}

/// Judges an answer by the table of `contracts/slack` section 1.
fn judge(answer: Answer<'_>) -> Result<(), Refusal> {
    let status = answer.status;
    let retry_after = answer
        .header("retry-after")
        .and_then(|seconds| seconds.trim().parse().ok())
        .map(Duration::from_secs);
    let (json, body) = answer.into_small_json();
    // Pages of proxies repeat the path, which is the secret: only Slack's own words are shown.
    let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
    let word = if body.len() <= 60 && body.chars().all(is_word) {
        body.as_str()
    } else {
        "(not a word of Slack's)"
    };
    // Every word of Slack's has two parts, which tells it from the "forbidden" of a gateway. Servers that take Slack's form
    // refuse in objects of their own.
    let is_own = word.contains('_') || json.as_ref().is_some_and(Value::is_object);
    let error = |kind| {
        error(kind, format!("HTTP {status} {word}")).answered_by(AnsweredBy::Service(status))
    };
    let kind = match status {
        200 if word == "ok" || json.as_ref().is_some_and(is_taken) => return Ok(()),
        400 if word.starts_with("invalid_blocks") => {
            return Err(Refusal::Blocks(error(FailureKind::Refused)));
        }
        429 => FailureKind::RateLimited { retry_after },
        400..=499 if !is_own => {
            let detail = format!("HTTP {status} {word} from something before the sink");
            let error = ServiceError::new(SERVICE, CALL, before_the_sink(status), detail);
            let before = AnsweredBy::SomethingBefore(status);
            return Err(Refusal::Other(error.answered_by(before)));
        }
        401 | 403 => FailureKind::Denied,
        404 | 410 => FailureKind::NotFound,
        // Too slow, or too early: something between us and Slack.
        408 | 425 => FailureKind::Unreachable,
        400..=499 => FailureKind::Refused,
        500..=599 => FailureKind::Unreachable,
        _ => FailureKind::Unreadable,
    };
    Err(Refusal::Other(error(kind)))
}

/// Servers that take Slack's form, such as Rocket.Chat, answer in words of their own. A page that stands in the way answers 200,
/// too, and took nothing.
fn is_taken(answer: &Value) -> bool {
    ["ok", "success"]
        .iter()
        .any(|name| answer.get(name) == Some(&Value::Bool(true)))
}

fn error(kind: FailureKind, detail: String) -> ServiceError {
    ServiceError::new(SERVICE, CALL, kind, detail)
}

/// The whole message.
fn blocks(notification: &Notification) -> Value {
    let title = notification.title();
    let mut blocks = vec![json!({
        "type": "header",
        "text": {"type": "plain_text", "text": escape(&title, HEADER_MAX)},
    })];
    let section = section(notification, SECTION_MAX);
    if !section.is_empty() {
        blocks.push(json!({"type": "section", "text": {"type": "mrkdwn", "text": section}}));
    }
    let issue = notification.issue().to_string();
    let issue = match notification.issue_url() {
        Some(url) => link(url, &issue),
        None => escape(&issue, SECTION_MAX),
    };
    blocks.push(json!({
        "type": "context",
        "elements": [
            {"type": "mrkdwn", "text": issue},
            {"type": "mrkdwn", "text": notification.tags().join(" · ")},
        ],
    }));
    json!({
        // Previews and lock screens show this alone.
        "text": plain_text(notification),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// The same without blocks.
fn text_only(notification: &Notification) -> Value {
    json!({"text": plain_text(notification), "unfurl_links": false, "unfurl_media": false})
}

/// Title, detail and thread as one text.
fn plain_text(notification: &Notification) -> String {
    let title = escape(&notification.title(), TEXT_MAX / 2);
    let section = section(notification, SECTION_MAX.min(TEXT_MAX - TEXT_MAX / 2));
    if section.is_empty() {
        title
    } else {
        format!("{title}\n{section}")
    }
}

/// The detail, shortened, and the thread, whole.
fn section(notification: &Notification, max: usize) -> String {
    let thread = notification
        .thread_url()
        .map(|url| format!("Thread: {}", link(url, "Open the thread")))
        .filter(|line| length(line) <= LINK_MAX)
        .unwrap_or_default();
    let detail = escape(
        &notification.detail(),
        max.saturating_sub(length(&thread) + 1),
    );
    match (detail.is_empty(), thread.is_empty()) {
        (false, false) => format!("{detail}\n{thread}"),
        (false, true) => detail,
        (true, _) => thread,
    }
}

/// Escapes the three characters that Slack asks for, after cutting, so that what comes out has at most `max` units and
/// no entity is cut.
fn escape(text: &str, max: usize) -> String {
    let width = |c| match c {
        '&' => 5,
        '<' | '>' => 4,
        other => char::len_utf16(other),
    };
    shorten_by(text, max, width)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A link; what would end its label early becomes a space. `url` has no such characters.
fn link(url: &str, label: &str) -> String {
    const LABEL_MAX: usize = 300;
    let label: String = label
        .chars()
        .map(|c| {
            if matches!(c, '|' | '<' | '>') || c.is_control() {
                ' '
            } else {
                c
            }
        })
        .collect();
    format!(
        "<{}|{}>",
        url.replace('&', "&amp;"),
        escape(label.trim(), LABEL_MAX)
    )
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}
