//! An adapter against a loopback server with scripted answers.
//!
//! For the wire tests: the clock stands still and waits are noted, not waited. The script knows no service; what
//! recorded servers answered comes from the fixtures.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use afk::clock::{Clock, Deadline};
use afk::domain::config::{Secret, SecretSource};
use afk::http::Http;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::Url;

use crate::support::sandbox::http_server::{HttpServer, Journal, Request, Response, Service};

pub const TOKEN: &str = "lab-token";

/// A clock that moves only when somebody waits.
#[derive(Debug, Default)]
pub struct StillClock(AtomicU64);

impl StillClock {
    /// Milliseconds that were waited so far.
    pub fn waited(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clock for StillClock {
    fn now(&self) -> DateTime<Utc> {
        let start = DateTime::parse_from_rfc3339("2026-11-20T09:00:00Z").expect("a valid time");
        start.to_utc() + TimeDelta::milliseconds(self.waited().try_into().expect("short waits"))
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(self.waited())
    }

    fn sleep(&self, duration: Duration) {
        let millis = duration.as_millis().try_into().expect("short waits");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

type Answers = dyn Fn(&Request) -> Response + Send + Sync;

struct Script(Mutex<Arc<Answers>>);

impl Service for Script {
    fn answer(&self, request: &Request) -> Response {
        let answers = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        answers(request)
    }
}

/// One server, and what is needed to build adapters that talk to it.
pub struct Lab<'l> {
    pub http: &'l Http<'l>,
    pub clock: &'l StillClock,
    pub journal: Arc<Journal>,
    /// Address of the server, with a trailing slash.
    pub url: Url,
    script: Arc<Script>,
}

impl Lab<'_> {
    /// Runs a story in a tick of 100 s.
    pub fn run(story: impl FnOnce(&Lab<'_>)) {
        let clock = StillClock::default();
        let http = Http::new(Deadline::start(
            &clock,
            Duration::from_secs(100),
            Arc::default(),
        ));
        let script = Arc::new(Script(Mutex::new(Arc::new(|_| Response::empty(599)))));
        let journal = Journal::new();
        let server = HttpServer::start("lab", Arc::clone(&journal), script.clone());
        story(&Lab {
            http: &http,
            clock: &clock,
            journal,
            url: Url::parse(&server.url()).expect("a server has an address"),
            script,
        });
    }

    /// Sets what the server answers from now on, and forgets earlier requests.
    pub fn script(&self, answers: impl Fn(&Request) -> Response + Send + Sync + 'static) {
        self.journal.clear();
        *self.script.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(answers);
    }

    /// Requests since the script was set.
    pub fn requests(&self) -> Vec<Request> {
        self.journal
            .exchanges()
            .into_iter()
            .map(|exchange| exchange.request)
            .collect()
    }
}

/// A token as a variable gives it.
pub fn token() -> SecretSource {
    SecretSource::Inline(Secret::parse(TOKEN).expect("a usable token"))
}

/// One recorded exchange.
#[derive(Clone, Debug)]
pub struct Recording {
    pub name: String,
    pub method: String,
    pub path: String,
    /// `authorization` and `content-type` of the request, when it had them.
    pub request_headers: Value,
    pub request_body: Value,
    pub response: Response,
}

impl Recording {
    /// Reads a recording; `None` for a file of another form.
    pub fn read(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (request, response) = (file.get("request")?, file.get("response")?);
        let content_type = response["headers"]["content-type"].as_str();
        let body = match (&response["body"], content_type) {
            (Value::Null, _) => String::new(),
            (Value::String(text), Some(kind)) if !kind.starts_with("application/json") => {
                text.clone()
            }
            (body, _) => body.to_string(),
        };
        let status = response["status"]
            .as_u64()
            .expect("a recording has a status");
        let mut answer = Response::empty(status.try_into().expect("a status is small"));
        if let Some(kind) = content_type {
            answer = answer.with_header("content-type", kind);
        }
        answer.body = body.into_bytes();
        Some(Self {
            name: path.file_stem()?.to_string_lossy().into_owned(),
            method: request["method"].as_str()?.to_owned(),
            path: request["path"].as_str()?.to_owned(),
            request_headers: request["headers"].clone(),
            request_body: request["body"].clone(),
            response: answer,
        })
    }

    /// Reads `tests/fixtures/<path>.json`.
    pub fn fixture(path: &str) -> Self {
        let file = fixtures().join(format!("{path}.json"));
        Self::read(&file).unwrap_or_else(|| panic!("{} is no recording", file.display()))
    }

    /// Reads every recording in a directory, in order of their names.
    pub fn all_in(directory: &Path) -> Vec<Self> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
            .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
            .map(|entry| entry.expect("the directory can be read").path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "json")
            })
            .collect();
        files.sort();
        files.iter().filter_map(|path| Self::read(path)).collect()
    }

    pub fn status(&self) -> u16 {
        self.response.status
    }

    /// The answer's body as JSON; null when it is none.
    pub fn answer(&self) -> Value {
        serde_json::from_slice(&self.response.body).unwrap_or(Value::Null)
    }
}

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Answers that no service should give, and what they are.
pub fn broken_answers() -> Vec<(&'static str, Response)> {
    let json = |body: &[u8]| Response {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_vec(),
    };
    let nested = "[".repeat(200_000);
    vec![
        ("empty body", json(b"")),
        ("white space", json(b" \n ")),
        ("half an object", json(b"{\"projects\": [{\"id\": \"x")),
        ("no JSON", json(b"oops")),
        ("page", Response::text(200, "text/html; charset=utf-8", "<!doctype html><title>Login</title>")),
        ("JSON with another content type", Response::text(200, "text/plain", "{}")),
        ("no content type", Response { status: 200, headers: Vec::new(), body: b"{}".to_vec() }),
        ("null", json(b"null")),
        ("number", json(b"17")),
        ("empty object", json(b"{}")),
        ("list", json(b"[[]]")),
        ("wrong types", json(br#"{"projects": 1, "threads": "x", "thread": [], "sequence": "8", "data": 7, "errors": "x"}"#)),
        ("not UTF-8", json(b"{\"projects\": \"\xff\xfe\"}")),
        ("NUL bytes", json(&[0; 64])),
        ("deep nesting", json(nested.as_bytes())),
        ("deep nesting in an unknown member", json(format!("{{\"zzz\": {nested}").as_bytes())),
        ("second document", json(b"{\"sequence\": 8, \"projects\": [], \"threads\": []} {}")),
        ("no content", Response::empty(204)),
        ("redirect", Response::empty(302).with_header("location", "http://127.0.0.1:9/elsewhere")),
        ("teapot", Response::text(418, "text/plain", "short and stout")),
    ]
}
