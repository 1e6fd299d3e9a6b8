//! A stand-in for an ntfy server, as strict as `contracts/ntfy` tells.
//!
//! JSON that is posted to a topic's path is stored as plain text, as on the real server: the commonest mistake is not
//! refused, and shows in [`Ntfy::messages`].

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::clock::SandboxClock;
use super::http_server::{Request, Response, Service};

pub const TOPIC: &str = "afk-alerts";
pub const TOKEN: &str = "tk_sandbox000000000000000000000";

const RESERVED: [&str; 10] = [
    "docs", "static", "file", "app", "metrics", "account", "settings", "signup", "login", "v1",
];

#[derive(Debug, Default)]
struct State {
    /// `None`: anybody may write.
    token: Option<String>,
    messages: Vec<Value>,
    refusals: VecDeque<Response>,
}

/// An ntfy server.
pub struct Ntfy {
    clock: SandboxClock,
    state: Mutex<State>,
}

impl Ntfy {
    /// A server that takes messages from anybody.
    pub fn new(clock: SandboxClock) -> Arc<Self> {
        Arc::new(Self {
            clock,
            state: Mutex::default(),
        })
    }

    /// Only [`TOKEN`] may write from now on.
    pub fn require_token(&self) {
        self.state().token = Some(TOKEN.to_owned());
    }

    /// What was published, as it was stored.
    pub fn messages(&self) -> Vec<Value> {
        self.state().messages.clone()
    }

    /// The next request is refused with this code; its first three digits are the status.
    pub fn refuse_next(&self, code: u64) {
        self.state().refusals.push_back(error(code, "refused"));
    }

    /// The next requests fail.
    pub fn goes_down(&self, times: usize) {
        for _ in 0..times {
            self.refuse_next(50_001);
        }
    }

    /// Takes back what was planted.
    pub fn recovers(&self) {
        self.state().refusals.clear();
    }

    /// Everything that it remembers, in words that are the same when it is the same.
    pub fn memory(&self) -> String {
        format!("{:?}", *self.state())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for Ntfy {
    fn answer(&self, request: &Request) -> Response {
        let mut state = self.state();
        if !matches!(request.method.as_str(), "POST" | "PUT") || !request.query.is_empty() {
            return error(40_400, "page not found");
        }
        if let Some(refusal) = state.refusals.pop_front() {
            return refusal;
        }
        if let Some(token) = &state.token {
            match request.header("authorization") {
                None => return error(40_301, "forbidden"),
                Some(value) if value == format!("Bearer {token}") => {}
                Some(_) => return error(40_101, "unauthorized"),
            }
        }
        let now = self.clock.now().timestamp();
        let id = format!("sandbox{}", state.messages.len());
        let mut stored =
            json!({"id": id, "time": now, "expires": now + 43_200, "event": "message"});
        let topic = request.path.trim_start_matches('/');
        if topic.is_empty() {
            if request.body.len() > 8_192 {
                return error(41_303, "JSON body too large");
            }
            let Some(message) = request.json() else {
                return error(40_024, "request body must be message JSON");
            };
            if let Err(refusal) = check(&message) {
                return refusal;
            }
            for (key, value) in message.as_object().unwrap() {
                stored[key] = value.clone();
            }
            if message["message"].as_str().is_none_or(str::is_empty) {
                stored["message"] = json!("triggered");
            }
        } else {
            stored["topic"] = json!(topic);
            stored["message"] = json!(String::from_utf8_lossy(&request.body));
        }
        state.messages.push(stored.clone());
        Response::json(200, &stored)
    }
}

/// Holds a message against the rules of the JSON form.
fn check(message: &Value) -> Result<(), Response> {
    let not_json = || error(40_017, "request body must be message JSON");
    let members = message.as_object().ok_or_else(not_json)?;
    for (key, value) in members {
        let fits = match key.as_str() {
            // `sequence_id`: newer servers replace an earlier message, older ones pass over it.
            "topic" | "title" | "message" | "click" | "sequence_id" => value.is_string(),
            "priority" => value.is_u64(),
            "tags" => value
                .as_array()
                .is_some_and(|tags| tags.iter().all(Value::is_string)),
            "actions" => value.is_array(),
            _ => false,
        };
        if !fits {
            return Err(not_json());
        }
    }
    let topic = message["topic"].as_str().unwrap_or_default();
    let sane = (1..=64).contains(&topic.len())
        && topic
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !sane {
        return Err(error(40_009, "invalid request: topic invalid"));
    }
    if RESERVED.contains(&topic) {
        return Err(error(40_010, "invalid request: topic name is not allowed"));
    }
    if message["priority"].as_u64().is_some_and(|p| p > 5) {
        return Err(error(40_007, "invalid priority parameter"));
    }
    if message["message"]
        .as_str()
        .is_some_and(|text| text.len() >= 4_096)
    {
        // From 4,096 bytes on the server makes an attachment of it, or refuses, in the JSON form too.
        return Err(error(41_303, "message too long"));
    }
    let actions = message["actions"].as_array().map_or(&[][..], Vec::as_slice);
    let action_fits = |action: &Value| {
        action["action"] == "view"
            && action["label"]
                .as_str()
                .is_some_and(|label| !label.is_empty())
            && action["url"]
                .as_str()
                .is_some_and(|url| url.starts_with("http"))
    };
    if actions.len() > 3 || !actions.iter().all(action_fits) {
        return Err(error(40_018, "invalid request: actions invalid"));
    }
    Ok(())
}

fn error(code: u64, text: &str) -> Response {
    let status = u16::try_from(code / 100).expect("codes have five digits");
    Response::json(
        status,
        &json!({"code": code, "http": status, "error": text, "link": "https://ntfy.sh/docs/publish/"}),
    )
}
