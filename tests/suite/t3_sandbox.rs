//! Proves that the T3 stand-in answers as the recorded servers did.
//!
//! `replay` sends the recorded requests of `rows` to a stand-in that was brought into the state they
//! presuppose; `states` drives the threads of a `story` into recorded states; `rules` covers what no recording
//! shows. The product is not involved.

mod replay;
mod rows;
mod rules;
mod states;
mod story;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::DateTime;
use serde_json::{Value, json};

use crate::support::sandbox::clock::SandboxClock;
use crate::support::sandbox::http_server::{HttpServer, Journal};
use crate::support::sandbox::t3::{T3, T3Options, T3Version};

const VERSIONS: [T3Version; 3] = [T3Version::V0_0_27, T3Version::July, T3Version::Fork0_0_33];

/// One stand-in behind a port, with a client that sends exactly what it is told.
struct Bench {
    t3: Arc<T3>,
    clock: SandboxClock,
    server: HttpServer,
}

/// An answer as it came.
#[derive(Debug)]
struct Answer {
    status: u16,
    content_type: Option<String>,
    /// `null` when there is no body, a string when it is not JSON.
    body: Value,
}

impl Bench {
    fn new(version: T3Version) -> Self {
        Self::with(T3Options {
            web_client: false,
            ..T3Options::new(version)
        })
    }

    fn with(options: T3Options) -> Self {
        let start = DateTime::parse_from_rfc3339("2026-11-21T00:00:00Z").unwrap();
        let clock = SandboxClock::at(start.to_utc());
        let t3 = T3::new(options, clock.clone());
        let server = HttpServer::start("t3", Journal::new(), t3.clone());
        Self { t3, clock, server }
    }

    fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let address = self.server.url();
        let address = address.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        read_answer(stream)
    }

    fn dispatch(&self, command: &Value) -> Answer {
        let bearer = format!("Bearer {}", T3::BEARER);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let body = command.to_string();
        self.send(
            "POST",
            "/api/orchestration/dispatch",
            &headers,
            body.as_bytes(),
        )
    }

    /// Dispatches what must be accepted and returns its sequence.
    fn accepted(&self, command: &Value) -> u64 {
        let answer = self.dispatch(command);
        assert_eq!(answer.status, 200, "{command}: {answer:?}");
        answer.body["sequence"].as_u64().unwrap()
    }

    fn get(&self, target: &str) -> Answer {
        let bearer = format!("Bearer {}", T3::BEARER);
        self.send("GET", target, &[("authorization", &bearer)], b"")
    }

    /// The thread as the snapshot shows it.
    fn snapshot_thread(&self, thread: &str) -> Value {
        let snapshot = self.get("/api/orchestration/snapshot").body;
        only(&snapshot["threads"], thread).expect("snapshots list every thread")
    }

    fn shell_thread(&self, thread: &str) -> Option<Value> {
        only(
            &self.get("/api/orchestration/shell").body["threads"],
            thread,
        )
    }

    fn detail(&self, thread: &str) -> Answer {
        self.get(&format!("/api/orchestration/threads/{thread}"))
    }

    /// Creates the project, and its workspace if nothing stands there.
    fn create_project(&self, project: &str, root: &str) {
        if self.t3.projects().iter().any(|known| known.id == project) {
            return;
        }
        self.accepted(&json!({
            "type": "project.create",
            "commandId": format!("seed-project-{project}"),
            "projectId": project,
            "title": "seed",
            "workspaceRoot": root,
            "createWorkspaceRootIfMissing": true,
            "createdAt": "2026-11-21T00:00:00.000Z",
        }));
    }

    /// Creates the thread in a project of its own.
    fn create_thread(&self, thread: &str) {
        let project = format!("project-of-{thread}");
        self.create_project(&project, &format!("/data/ws/{thread}"));
        self.accepted(&thread_create(thread, &project));
    }

    fn request_turn(&self, thread: &str, text: &str) {
        let number = self.t3.thread(thread).unwrap().messages.len();
        self.accepted(&turn_start(thread, &format!("turn-{number}"), text));
    }
}

fn thread_create(thread: &str, project: &str) -> Value {
    json!({
        "type": "thread.create",
        "commandId": format!("seed-thread-{thread}"),
        "threadId": thread,
        "projectId": project,
        "title": "seed",
        "modelSelection": {"instanceId": "claudeAgent", "model": "claude-sonnet-4-6"},
        "runtimeMode": "full-access",
        "interactionMode": "default",
        "branch": null,
        "worktreePath": null,
        "createdAt": "2026-11-21T00:00:00.000Z",
    })
}

fn turn_start(thread: &str, name: &str, text: &str) -> Value {
    json!({
        "type": "thread.turn.start",
        "commandId": format!("{thread}-{name}"),
        "threadId": thread,
        "message": {
            "messageId": format!("{thread}-{name}"),
            "role": "user",
            "text": text,
            "attachments": [],
        },
        "runtimeMode": "full-access",
        "interactionMode": "default",
        "createdAt": "2026-11-21T00:00:00.000Z",
    })
}

/// A command about a thread, with the command id derived from `name`.
fn order(kind: &str, thread: &str, name: &str) -> Value {
    json!({
        "type": kind,
        "commandId": format!("{thread}-{name}"),
        "threadId": thread,
        "createdAt": "2026-11-21T00:00:00.000Z",
    })
}

fn read_answer(stream: TcpStream) -> Answer {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    let (mut content_type, mut length) = (None, 0);
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name {
            "content-type" => content_type = Some(value.to_owned()),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
    let body = match body.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&body).unwrap_or_else(|_| text()),
    };
    Answer {
        status,
        content_type,
        body,
    }
}

fn only(list: &Value, id: &str) -> Option<Value> {
    let list = list.as_array()?;
    list.iter().find(|entry| entry["id"] == *id).cloned()
}

fn folder(version: T3Version) -> &'static str {
    match version {
        T3Version::V0_0_27 => "v0.0.27",
        T3Version::July => "july",
        T3Version::Fork0_0_33 => "fork-0.0.33",
    }
}

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/t3")
}

/// The recording `name`, such as `thread-create.ok` or `states/12-turn-completed`.
fn recording(version: T3Version, name: &str) -> Value {
    let path = fixtures()
        .join(folder(version))
        .join(format!("{name}.json"));
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

/// Names of the recordings in one folder of a version.
fn recordings_in(version: T3Version, below: &str) -> BTreeSet<String> {
    let path = fixtures().join(folder(version)).join(below);
    let entries = std::fs::read_dir(&path).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned));
    names.collect()
}

/// The id of the thread that a recorded request is about, if it is about one.
fn subject(version: T3Version, name: &str) -> Option<String> {
    let recorded = recording(version, name);
    let request = &recorded["request"];
    if let Some(thread) = request["body"]["threadId"].as_str() {
        return Some(thread.to_owned());
    }
    let path = request["path"].as_str()?;
    let thread = path.strip_prefix("/api/orchestration/threads/")?;
    Some(thread.split('?').next()?.to_owned())
}

/// Recordings that exist and are not in the fixtures, with the reason.
const NOT_KEPT: [(&str, &str); 3] = [
    ("oauth-token.", "the stand-in does not exchange tokens"),
    (
        "pairing-token.",
        "the stand-in does not mint pairing credentials",
    ),
    ("cli/", "the stand-in has no command line"),
];

#[test]
fn t3_sandbox_fixtures_account_for_every_recording() {
    let list = std::fs::read_to_string(fixtures().join("recordings.txt")).unwrap();
    for name in list.lines() {
        let kept = fixtures().join(format!("{name}.json")).exists();
        let (_, rest) = name.split_once('/').unwrap();
        let left_out = NOT_KEPT.iter().any(|(prefix, _)| rest.starts_with(prefix));
        assert!(
            kept != left_out,
            "{name}: kept {kept}, listed as left out {left_out}"
        );
    }
}
