//! A stand-in for one Slack webhook, as strict as `contracts/slack` tells.
//!
//! The address is the key. Messages are held against Slack's limits by rules written out here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::http_server::{Request, Response, Service};

/// The path of the webhook; its last part is the secret.
pub const PATH: &str = "/services/T00000000/B00000000/XXXXsecretXXXX";

#[derive(Debug, Default)]
struct State {
    messages: Vec<Value>,
    refusals: VecDeque<Response>,
    rejects_blocks: bool,
    dead: Option<(u16, String)>,
}

/// A Slack channel behind a webhook.
#[derive(Default)]
pub struct Slack {
    state: Mutex<State>,
}

impl Slack {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// What people in the channel see.
    pub fn messages(&self) -> Vec<Value> {
        self.state().messages.clone()
    }

    /// The next request is refused with this word.
    pub fn refuse_next(&self, status: u16, word: &str) {
        let response = Response::text(status, "text/html", word);
        self.state().refusals.push_back(response);
    }

    /// Every request is refused with this word from now on: the channel is gone.
    pub fn refuses_from_now_on(&self, status: u16, word: &str) {
        self.state().dead = Some((status, word.to_owned()));
    }

    /// The next request comes too soon.
    pub fn rate_limit_next(&self, seconds: u64) {
        let response = Response::text(429, "text/html", "rate_limited")
            .with_header("retry-after", &seconds.to_string());
        self.state().refusals.push_back(response);
    }

    /// Refuses every request from now on, until [`Slack::recovers`].
    pub fn goes_down(&self, times: usize) {
        for _ in 0..times {
            self.refuse_next(503, "service_unavailable");
        }
    }

    /// Takes back what [`Slack::goes_down`] and the others planted.
    pub fn recovers(&self) {
        self.state().refusals.clear();
    }

    /// Blocks are refused, as when Slack narrows a limit.
    pub fn reject_blocks(&self) {
        self.state().rejects_blocks = true;
    }

    /// Everything that it remembers, in words that are the same when it is the same.
    pub fn memory(&self) -> String {
        format!("{:?}", *self.state())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for Slack {
    fn answer(&self, request: &Request) -> Response {
        let word = |status, word: &str| Response::text(status, "text/html", word);
        let mut state = self.state();
        if request.path != PATH || !request.query.is_empty() {
            return word(404, "no_service");
        }
        if request.method != "POST" {
            return word(405, "method_not_allowed");
        }
        if let Some((status, dead)) = &state.dead {
            return word(*status, dead);
        }
        if let Some(refusal) = state.refusals.pop_front() {
            return refusal;
        }
        if request.header("content-type") != Some("application/json")
            || request.header("authorization").is_some()
        {
            return word(400, "invalid_payload");
        }
        let Some(message) = request.json() else {
            return word(400, "invalid_payload");
        };
        if message["text"].as_str().is_none_or(str::is_empty) {
            return word(400, "no_text");
        }
        if message.get("blocks").is_some() && state.rejects_blocks {
            return word(400, "invalid_blocks");
        }
        match check(&message) {
            Ok(()) => {
                state.messages.push(message);
                word(200, "ok")
            }
            Err(_) => word(400, "invalid_blocks"),
        }
    }
}

/// Holds a message against the limits; the error says which one it breaks.
pub fn check(message: &Value) -> Result<(), String> {
    only(message, &["text", "blocks", "unfurl_links", "unfurl_media"])?;
    text(&message["text"], 4_000)?;
    let Some(blocks) = message.get("blocks") else {
        return Ok(());
    };
    let blocks = blocks.as_array().ok_or("blocks are no list")?;
    if blocks.len() > 50 {
        return Err("more than 50 blocks".to_owned());
    }
    for block in blocks {
        match block["type"].as_str() {
            Some("header") => {
                only(block, &["type", "text"])?;
                if block["text"]["type"] != "plain_text" {
                    return Err("a header is plain text".to_owned());
                }
                text(&block["text"]["text"], 150)?;
            }
            Some("section") => {
                only(block, &["type", "text"])?;
                mrkdwn(&block["text"])?;
            }
            Some("context") => {
                only(block, &["type", "elements"])?;
                let elements = block["elements"].as_array().ok_or("elements are no list")?;
                if !(1..=10).contains(&elements.len()) {
                    return Err("a context has 1 to 10 elements".to_owned());
                }
                elements.iter().try_for_each(mrkdwn)?;
            }
            other => return Err(format!("block of type {other:?}")),
        }
    }
    Ok(())
}

fn mrkdwn(value: &Value) -> Result<(), String> {
    only(value, &["type", "text"])?;
    if value["type"] != "mrkdwn" {
        return Err("not mrkdwn".to_owned());
    }
    text(&value["text"], 3_000)?;
    markup(value["text"].as_str().unwrap_or_default())
}

fn text(value: &Value, max: usize) -> Result<(), String> {
    let text = value.as_str().ok_or("a text is missing")?;
    if text.is_empty() || text.encode_utf16().count() > max {
        return Err(format!("a text of {} characters", text.chars().count()));
    }
    // Every ampersand begins one of the three entities.
    for (at, _) in text.match_indices('&') {
        let entity = ["&amp;", "&lt;", "&gt;"]
            .iter()
            .any(|entity| text[at..].starts_with(entity));
        if !entity {
            return Err("an ampersand that is not escaped, or an entity that is cut".to_owned());
        }
    }
    Ok(())
}

/// Angle brackets appear only as links of the form `<address|label>`.
fn markup(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some(open) = rest.find(['<', '>']) {
        let inner = rest[open..]
            .strip_prefix('<')
            .ok_or("a bracket closes nothing")?;
        let close = inner.find('>').ok_or("a link does not end")?;
        let (address, label) = inner[..close]
            .split_once('|')
            .ok_or("a link has no label")?;
        let is_address = address.starts_with("https://") || address.starts_with("http://");
        if !is_address || label.is_empty() || label.contains(['|', '<', '\n']) {
            return Err(format!("markup <{}>", &inner[..close]));
        }
        rest = &inner[close + 1..];
    }
    Ok(())
}

fn only(value: &Value, known: &[&str]) -> Result<(), String> {
    let members = value.as_object().ok_or("not an object")?;
    match members.keys().find(|key| !known.contains(&key.as_str())) {
        Some(other) => Err(format!("a member {other}")),
        None => Ok(()),
    }
}
