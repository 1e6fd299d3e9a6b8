//! The T3 client on the wire: recorded answers of three server versions, exact requests, and answers that no server
//! should give.
//!
//! What the ticks make of the results is looked at only where a broken answer must stop the whole tick or one
//! repository of it. Starts and overlaps are in `overlap.rs`.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use afk::domain::config::SecretSource;
use afk::domain::identity::{
    Authorisation, CommandId, MessageId, RepositoryId, RepositoryKey, Slot, StepNumber, ThreadId,
    Title,
};
use afk::domain::repository::{ForgeKind, IssueNumber};
use afk::executor::t3::{Agent, T3};
use afk::executor::{Executor, NewProject, NewThread, NewTurn};
use afk::service_error::{FailureKind, ServiceError};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::place::Place;
use crate::support::sandbox::http_server::{Fault, Request, Response};
use crate::support::sandbox::t3::T3Version;
use crate::support::world::{Finished, World, finish};
use crate::wire_lab::{Lab, Recording, TOKEN, broken_answers, fixtures, token};

const VERSIONS: [&str; 3] = ["v0.0.27", "july", "fork-0.0.33"];

const SNAPSHOT: &str = "/api/orchestration/snapshot";
const SHELL: &str = "/api/orchestration/shell";
const DISPATCH: &str = "/api/orchestration/dispatch";

/// How an operator gets a new bearer.
const PAIR: &str =
    "pair with T3 for one with the scopes orchestration:read and orchestration:operate";

fn client<'l>(lab: &'l Lab<'_>) -> T3<'l> {
    client_with(lab, token())
}

fn client_with<'l>(lab: &'l Lab<'_>, bearer: SecretSource) -> T3<'l> {
    let agent = Agent {
        instance: "claudeAgent".to_owned(),
        model: "claude-sonnet-4-6".to_owned(),
    };
    T3::new(lab.http, lab.url.clone(), bearer, agent)
}

fn key() -> RepositoryKey {
    RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(4711))
}

fn thread_id() -> ThreadId {
    key().thread(Slot::FIRST)
}

fn title() -> Title {
    Title {
        full_name: "acme/widgets".to_owned(),
        issue: IssueNumber(12),
        slot: Slot::FIRST,
        authorisation: event().digest(),
        ending: None,
    }
}

fn event() -> Authorisation {
    Authorisation::new("LE_lADOAB12").unwrap()
}

fn new_project() -> NewProject {
    NewProject {
        command: CommandId(Uuid::from_u128(1)),
        id: key().project(),
        title: "acme/widgets".to_owned(),
        workspace_root: "/data/github.com/acme/widgets-4711".to_owned(),
    }
}

fn new_thread() -> NewThread {
    NewThread {
        command: CommandId(Uuid::from_u128(2)),
        id: thread_id(),
        project: key().project().to_string(),
        title: title(),
    }
}

fn new_turn() -> NewTurn {
    let message = MessageId {
        repository: key(),
        issue: IssueNumber(12),
        authorisation: event(),
        slot: Slot::FIRST,
        step: StepNumber::FIRST,
        red_commit: None,
    };
    NewTurn {
        command: thread_id().step(StepNumber::FIRST),
        thread: thread_id(),
        message,
        text: "Line one\n\"quoted\" \u{1F600} </text>\n".to_owned(),
        runtime_mode: None,
    }
}

fn retitle(t3: &T3<'_>) -> Result<(), ServiceError> {
    t3.retitle(thread_id().step(StepNumber(3)), thread_id(), &title())
}

/// Sends the command that a recording is about, or a new title when it is about one that we never send.
fn send_like(t3: &T3<'_>, recording: &Recording) -> Result<(), ServiceError> {
    match recording.request_body["type"].as_str() {
        Some("project.create") => t3.create_project(&new_project()),
        Some("thread.create") => t3.create_thread(&new_thread()),
        Some("thread.turn.start") => t3.start_turn(&new_turn()),
        Some(_) | None => retitle(t3),
    }
}

/// Serves the recording at its own path, an empty snapshot, and nothing else.
fn serve(lab: &Lab<'_>, recording: &Recording) {
    let served = recording.clone();
    let empty = Recording::fixture("t3/v0.0.27/snapshot.empty");
    let absent = Recording::fixture("t3/v0.0.27/path.shell");
    lab.script(move |request| {
        if request.method == served.method && request.path == served.path {
            served.response.clone()
        } else if request.path == SNAPSHOT {
            empty.response.clone()
        } else {
            absent.response.clone()
        }
    });
}

fn assert_no_secret(error: &ServiceError) {
    assert_eq!(error.service, "t3");
    assert!(!error.to_string().contains(TOKEN), "{error}");
}

// Recorded answers.

/// What an operator must be able to read off a refusal.
fn assert_tells(recording: &Recording, error: &ServiceError) {
    let text = error.to_string();
    let answer = recording.answer();
    let wanted: Vec<&str> = match (recording.status(), answer["reason"].as_str()) {
        (401, Some("missing_credential")) => vec!["T3 saw no bearer", PAIR, "AFK_T3_TOKEN"],
        (401, _) => vec!["wrong, expired or revoked", PAIR, "AFK_T3_TOKEN_FILE"],
        (403, _) => vec![answer["requiredScope"].as_str().unwrap(), PAIR],
        (400, Some("invalid_command")) => vec!["workspace directory"],
        (400, _) => vec!["command shape", "(empty body)"],
        (500, Some(reason)) => vec!["refused the command or failed", reason],
        (500, None) => vec!["refused the command or failed", "(empty body)"],
        (415, _) => vec!["HTTP 415", "Unsupported content-type"],
        (status, _) => panic!("{}: unexpected status {status}", recording.name),
    };
    for words in wanted {
        assert!(text.contains(words), "{}: {text}", recording.name);
    }
}

#[test]
fn every_recorded_answer_to_a_command_becomes_the_right_result() {
    Lab::run(|lab| {
        let mut seen = BTreeSet::new();
        for version in VERSIONS {
            for recording in Recording::all_in(&fixtures().join("t3").join(version)) {
                if recording.method != "POST" || recording.path != DISPATCH {
                    continue;
                }
                let name = &recording.name;
                serve(lab, &recording);
                let result = send_like(&client(lab), &recording);
                // A command is never sent twice, whatever the answer.
                assert_eq!(lab.requests().len(), 1, "{version}/{name}");
                let kind = match recording.status() {
                    200 => None,
                    400 | 500 => Some(FailureKind::Refused),
                    401 | 403 => Some(FailureKind::Denied),
                    _ => Some(FailureKind::Unreadable),
                };
                seen.insert(recording.status());
                match result {
                    Ok(()) => assert_eq!(kind, None, "{version}/{name}"),
                    Err(error) => {
                        assert_eq!(
                            Some(&error.kind),
                            kind.as_ref(),
                            "{version}/{name}: {error}"
                        );
                        assert_no_secret(&error);
                        assert_tells(&recording, &error);
                    }
                }
            }
        }
        assert_eq!(seen, BTreeSet::from([200, 400, 401, 403, 415, 500]));
    });
}

#[test]
fn every_recorded_refusal_to_read_tells_how_to_get_a_bearer() {
    Lab::run(|lab| {
        let mut read = 0;
        for version in VERSIONS {
            for recording in Recording::all_in(&fixtures().join("t3").join(version)) {
                if recording.method != "GET" || !matches!(recording.status(), 401 | 403) {
                    continue;
                }
                serve(lab, &recording);
                let t3 = client(lab);
                let error = match recording.path.strip_prefix("/api/orchestration/threads/") {
                    Some(id) => t3.thread(ThreadId(id.parse().unwrap())).unwrap_err(),
                    None => t3.live_fleet().unwrap_err(),
                };
                assert_eq!(
                    error.kind,
                    FailureKind::Denied,
                    "{}: {error}",
                    recording.name
                );
                assert!(error.is_whole_service());
                assert_no_secret(&error);
                assert_tells(&recording, &error);
                read += 1;
            }
        }
        assert_eq!(read, 9);
    });
}

#[test]
fn server_without_light_reading_is_asked_for_the_snapshot() {
    Lab::run(|lab| {
        for absent in ["path.shell", "path.with-web-client.shell"] {
            serve(lab, &Recording::fixture(&format!("t3/v0.0.27/{absent}")));
            let t3 = client(lab);
            for _ in 0..2 {
                let fleet = t3.live_fleet().unwrap();
                assert!(!fleet.live_only, "{absent}");
            }
            let paths: Vec<String> = lab
                .requests()
                .into_iter()
                .map(|request| request.path)
                .collect();
            // The second reading knows.
            assert_eq!(paths, [SHELL, SNAPSHOT, SNAPSHOT], "{absent}");
        }
    });
}

#[test]
fn server_without_thread_reading_is_asked_for_the_snapshot() {
    Lab::run(|lab| {
        for absent in ["path.thread-detail", "path.with-web-client.thread-detail"] {
            let recording = Recording::fixture(&format!("t3/v0.0.27/{absent}"));
            let thread = json!({
                "id": thread_id().to_string(), "title": title().to_string(), "archivedAt": null, "deletedAt": null,
                "messages": [],
            });
            lab.script(move |request| {
                if request.path == SNAPSHOT {
                    Response::json(
                        200,
                        &json!({"snapshotSequence": 1, "projects": [], "threads": [thread]}),
                    )
                } else {
                    recording.response.clone()
                }
            });
            let t3 = client(lab);
            for _ in 0..2 {
                let found = t3.thread(thread_id()).unwrap().unwrap();
                assert!(found.messages_told && found.messages.is_empty(), "{absent}");
            }
            assert_eq!(
                t3.thread(ThreadId(Uuid::from_u128(9))).unwrap(),
                None,
                "{absent}"
            );
            let paths: Vec<String> = lab
                .requests()
                .into_iter()
                .map(|request| request.path)
                .collect();
            let detail = format!("/api/orchestration/threads/{}", thread_id());
            assert_eq!(paths, [&detail, SNAPSHOT, SNAPSHOT, SNAPSHOT], "{absent}");
        }
    });
}

#[test]
fn recorded_thread_readings_say_whether_the_thread_is_there() {
    Lab::run(|lab| {
        for (name, there) in [
            ("july/thread-detail.ok", true),
            ("july/thread-detail.thread-without-turns", true),
            ("july/thread-detail.archived", false),
            ("july/thread-detail.deleted", false),
            ("july/thread-detail.unknown", false),
            ("fork-0.0.33/thread-detail.ok", true),
        ] {
            let recording = Recording::fixture(&format!("t3/{name}"));
            serve(lab, &recording);
            let id = recording.path.rsplit('/').next().unwrap().parse().unwrap();
            let found = client(lab).thread(ThreadId(id)).unwrap();
            assert_eq!(found.is_some(), there, "{name}");
            assert!(
                found.is_none_or(|thread| thread.messages_told && !thread.is_released()),
                "{name}"
            );
            assert_eq!(lab.requests().len(), 1, "{name}");
        }
        // 404 without that reason is no statement about the thread.
        lab.script(|_| {
            Response::json(
                404,
                &json!({"code": "not_found", "reason": "route_not_found"}),
            )
        });
        let error = client(lab).thread(thread_id()).unwrap_err();
        assert_eq!(error.kind, FailureKind::Unreadable, "{error}");
    });
}

/// Every state of a thread in the fixtures, as snapshot, light list and thread reading show it.
#[test]
fn every_recorded_thread_state_is_readable() {
    Lab::run(|lab| {
        let mut states = 0;
        for version in VERSIONS {
            let directory = fixtures().join("t3").join(version).join("states");
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                let name = path.display().to_string();
                let state: Value =
                    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
                let list = |thread: &Value| json!({"snapshotSequence": 1, "projects": [], "threads": [thread]});
                let id = ThreadId(state["snapshot"]["id"].as_str().unwrap().parse().unwrap());
                let (snapshot, shell) = (list(&state["snapshot"]), state.get("shell").map(list));
                let detail = state
                    .get("detail")
                    .map(|thread| json!({"snapshotSequence": 1, "thread": thread}));
                let has_shell = shell.is_some();
                lab.script(move |request| {
                    let body = match request.path.as_str() {
                        SNAPSHOT => Some(&snapshot),
                        SHELL => shell.as_ref(),
                        _ => detail.as_ref(),
                    };
                    body.map_or_else(|| Response::empty(404), |body| Response::json(200, body))
                });
                let t3 = client(lab);
                let fleet = t3.live_fleet().unwrap();
                assert_eq!(fleet.live_only, has_shell, "{name}");
                assert!(fleet.threads.contains_key(&id), "{name}");
                let whole = t3.whole_fleet().unwrap();
                let thread = &whole.threads[&id];
                assert_eq!(
                    thread.title,
                    state["snapshot"]["title"].as_str().unwrap(),
                    "{name}"
                );
                assert_eq!(
                    thread.archived,
                    !state["snapshot"]["archivedAt"].is_null(),
                    "{name}"
                );
                assert_eq!(
                    thread.deleted,
                    !state["snapshot"]["deletedAt"].is_null(),
                    "{name}"
                );
                if state["snapshot"]["messages"].as_array().unwrap().is_empty() {
                    // Nobody knows yet: some servers list none here.
                    assert!(!thread.messages_told, "{name}");
                }
                let alone = t3.thread(id).unwrap().unwrap();
                assert!(alone.messages_told, "{name}");
                states += 1;
            }
        }
        assert!(states > 80, "{states}");
    });
}

/// The recordings in full, which are kept beside the crate and not in it.
#[test]
fn every_full_recording_is_readable() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/contracts/t3");
    if !root.is_dir() {
        println!("SKIPPED: the full recordings are not at {}", root.display());
        return;
    }
    Lab::run(|lab| {
        let mut read = 0;
        for version in ["v0.0.27", "head-2026-07-20", "fork-0.0.33"] {
            for part in ["snapshots", "shell", "thread-detail"] {
                let directory = root.join(version).join(part);
                if !directory.is_dir() {
                    assert!(
                        part == "shell" || part == "thread-detail",
                        "{version} has no {part}"
                    );
                    continue;
                }
                for recording in Recording::all_in(&directory) {
                    let name = format!("{version}/{part}/{}", recording.name);
                    serve(lab, &recording);
                    let t3 = client(lab);
                    match recording.path.strip_prefix("/api/orchestration/threads/") {
                        Some(_) if recording.status() == 404 => {}
                        Some(id) => {
                            let id = ThreadId(id.parse().unwrap());
                            let thread = t3
                                .thread(id)
                                .unwrap_or_else(|error| panic!("{name}: {error}"));
                            assert!(thread.is_some(), "{name}");
                        }
                        None => {
                            let fleet = if recording.path == SHELL {
                                t3.live_fleet()
                            } else {
                                t3.whole_fleet()
                            };
                            let fleet = fleet.unwrap_or_else(|error| panic!("{name}: {error}"));
                            let listed = recording.answer()["threads"].as_array().unwrap().len();
                            assert_eq!(fleet.threads.len(), listed, "{name}");
                        }
                    }
                    read += 1;
                }
            }
        }
        assert!(read > 100, "{read}");
    });
}

// Requests.

/// Members of an object at every depth, as paths.
fn members(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, value)| {
                let below = members(value)
                    .into_iter()
                    .map(|path| format!("{key}.{path}"))
                    .collect::<Vec<_>>();
                std::iter::once(key.clone()).chain(below)
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            BTreeSet::new()
        }
    }
}

fn only_request(lab: &Lab<'_>) -> Request {
    let mut requests = lab.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.remove(0)
}

/// Checks our only request against a recorded one: same way, same members, same values of `constants`.
fn assert_like(lab: &Lab<'_>, recorded: &str, constants: &[&str]) -> Value {
    let recording = Recording::fixture(&format!("t3/v0.0.27/{recorded}"));
    let request = only_request(lab);
    assert_eq!(
        (&request.method, &request.path),
        (&recording.method, &recording.path)
    );
    assert_eq!(request.query, "");
    assert_eq!(
        request.header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );
    assert_eq!(
        request.header("content-type"),
        recording.request_headers["content-type"].as_str()
    );
    assert_eq!(request.header("accept"), Some("application/json"));
    let body = request.json().unwrap();
    assert_eq!(
        members(&body),
        members(&recording.request_body),
        "{recorded}"
    );
    for constant in constants {
        let pointer = format!("/{}", constant.replace('.', "/"));
        let (ours, theirs) = (
            body.pointer(&pointer),
            recording.request_body.pointer(&pointer),
        );
        assert_eq!(ours, theirs, "{recorded}: {constant}");
        assert!(ours.is_some(), "{recorded}: {constant}");
    }
    let created_at = body["createdAt"].as_str().unwrap();
    assert_eq!(created_at, "2026-11-20T09:00:00.000Z");
    body
}

#[test]
fn commands_have_the_recorded_shape() {
    Lab::run(|lab| {
        let accept = |_: &Request| Response::json(200, &json!({"sequence": 8}));
        let t3 = client(lab);

        lab.script(accept);
        t3.create_project(&new_project()).unwrap();
        let body = assert_like(
            lab,
            "project-create.ok-create-workspace",
            &["type", "title", "createWorkspaceRootIfMissing"],
        );
        assert_eq!(body["commandId"], Uuid::from_u128(1).to_string());
        assert_eq!(body["projectId"], key().project().to_string());
        assert_eq!(body["workspaceRoot"], "/data/github.com/acme/widgets-4711");

        lab.script(accept);
        t3.create_thread(&new_thread()).unwrap();
        let body = assert_like(
            lab,
            "thread-create.ok",
            &[
                "type",
                "modelSelection",
                "runtimeMode",
                "interactionMode",
                "branch",
                "worktreePath",
            ],
        );
        assert_eq!(body["commandId"], Uuid::from_u128(2).to_string());
        assert_eq!(body["threadId"], thread_id().to_string());
        assert_eq!(body["projectId"], key().project().to_string());
        assert_eq!(body["title"], title().to_string());

        lab.script(accept);
        t3.start_turn(&new_turn()).unwrap();
        let body = assert_like(
            lab,
            "turn-start.ok",
            &[
                "type",
                "message.role",
                "message.attachments",
                "runtimeMode",
                "interactionMode",
            ],
        );
        assert_eq!(
            body["commandId"],
            thread_id().step(StepNumber::FIRST).to_string()
        );
        assert_eq!(body["threadId"], thread_id().to_string());
        assert_eq!(body["message"]["text"], new_turn().text);
        assert_eq!(
            body["message"]["messageId"],
            format!("afk1|github@github.com/4711|12|{}|1|0", event().as_str())
        );

        lab.script(accept);
        retitle(&t3).unwrap();
        let request = only_request(lab);
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("POST", DISPATCH)
        );
        assert_eq!(
            request.json().unwrap(),
            json!({
                "type": "thread.meta.update",
                "commandId": thread_id().step(StepNumber(3)).to_string(),
                "threadId": thread_id().to_string(),
                "title": title().to_string(),
            })
        );
    });
}

#[test]
fn readings_have_the_recorded_shape() {
    Lab::run(|lab| {
        let recording = Recording::fixture("t3/july/thread-detail.ok");
        serve(lab, &recording);
        let id = recording.path.rsplit('/').next().unwrap().parse().unwrap();
        client(lab).thread(ThreadId(id)).unwrap();
        let request = only_request(lab);
        assert_eq!(
            (&request.method, &request.path),
            (&recording.method, &recording.path)
        );
        for path in [SHELL, SNAPSHOT] {
            lab.script(|_| Response::json(200, &json!({"projects": [], "threads": []})));
            let t3 = client(lab);
            if path == SHELL {
                t3.live_fleet()
            } else {
                t3.whole_fleet()
            }
            .unwrap();
            let request = only_request(lab);
            assert_eq!(
                (request.method.as_str(), request.path.as_str()),
                ("GET", path)
            );
            assert_eq!(request.query, "");
            assert_eq!(
                request.header("authorization"),
                Some(format!("Bearer {TOKEN}").as_str())
            );
            assert_eq!(request.header("accept"), Some("application/json"));
            assert_eq!(request.header("content-type"), None);
            assert!(request.body.is_empty());
        }
    });
}

#[test]
fn address_with_a_path_is_kept() {
    Lab::run(|lab| {
        for path in ["/t3", "/t3/"] {
            lab.script(|_| Response::json(200, &json!({"projects": [], "threads": []})));
            let agent = Agent {
                instance: "a".to_owned(),
                model: "b".to_owned(),
            };
            let t3 = T3::new(lab.http, lab.url.join(path).unwrap(), token(), agent);
            t3.whole_fleet().unwrap();
            assert_eq!(only_request(lab).path, "/t3/api/orchestration/snapshot");
        }
    });
}

#[test]
fn bearer_file_is_read_anew_for_each_request() {
    Lab::run(|lab| {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("bearer");
        lab.script(|_| Response::json(200, &json!({"projects": [], "threads": []})));
        let t3 = client_with(lab, SecretSource::File(file.clone()));
        for content in ["first\n", "  second  \r\n", "third"] {
            std::fs::write(&file, content).unwrap();
            t3.live_fleet().unwrap();
        }
        let sent: Vec<String> = lab
            .requests()
            .iter()
            .map(|request| request.header("authorization").unwrap().to_owned())
            .collect();
        assert_eq!(sent, ["Bearer first", "Bearer second", "Bearer third"]);

        for content in ["", " \n", "two words", "line\nline", "café"] {
            std::fs::write(&file, content).unwrap();
            let error = t3.live_fleet().unwrap_err();
            assert_eq!(error.kind, FailureKind::SecretUnreadable, "{content:?}");
            assert!(error.to_string().contains("bearer"), "{error}");
            assert!(
                content.trim().is_empty() || !error.to_string().contains(content),
                "{error}"
            );
        }
        std::fs::remove_file(&file).unwrap();
        assert_eq!(
            t3.live_fleet().unwrap_err().kind,
            FailureKind::SecretUnreadable
        );
        assert_eq!(lab.requests().len(), 3);
    });
}

// Answers that no server should give.

#[test]
fn broken_answer_fails_the_call_and_nothing_else() {
    Lab::run(|lab| {
        for (name, answer) in broken_answers() {
            let page = name == "page";
            lab.script(move |_| answer.clone());
            let t3 = client(lab);
            let results = [
                ("whole fleet", t3.whole_fleet().map(drop)),
                ("live fleet", t3.live_fleet().map(drop)),
                ("thread", t3.thread(thread_id()).map(drop)),
                ("project", t3.create_project(&new_project())),
                ("thread", t3.create_thread(&new_thread())),
                ("turn", t3.start_turn(&new_turn())),
                ("title", retitle(&t3)),
            ];
            for (call, result) in results {
                let error = result
                    .map(|()| panic!("{name}: {call} was taken"))
                    .unwrap_err();
                assert_eq!(
                    error.kind,
                    FailureKind::Unreadable,
                    "{name}, {call}: {error}"
                );
                assert!(!error.is_whole_service());
                assert!(!error.call.is_empty());
                assert!(error.to_string().len() < 1_000, "{name}, {call}: {error}");
                assert_no_secret(&error);
                if page {
                    assert!(error.detail.contains("text/html"), "{error}");
                }
            }
        }
    });
}

#[test]
fn what_stands_before_t3_is_told_apart_from_it() {
    use FailureKind::{Denied, Unreachable, Unreadable};
    let page = |status| {
        Response::text(
            status,
            "text/html",
            "<!doctype html><title>Access denied</title><p>Go away",
        )
    };
    let own = |status, tag: &str| Response::json(status, &json!({"_tag": tag, "reason": "x"}));
    let sso =
        Response::empty(302).with_header("location", "https://sso.example/login?state=s3cret");
    Lab::run(|lab| {
        for (answer, kind, told) in [
            (
                page(403),
                Unreachable,
                "something before T3 answers HTTP 403: (a web page: Access denied)",
            ),
            (
                Response::text(403, "text/plain", "RBAC: access denied"),
                Unreachable,
                "something before T3 answers HTTP 403: RBAC: access denied",
            ),
            (
                page(401),
                Unreachable,
                "something before T3 answers HTTP 401: (a web page: Access denied)",
            ),
            (
                Response::empty(401),
                Unreachable,
                "something before T3 answers HTTP 401: (empty body)",
            ),
            (
                page(400),
                Unreachable,
                "something before T3 answers HTTP 400: (a web page: Access denied)",
            ),
            (
                sso,
                Unreadable,
                "something before T3 answers HTTP 302, and sends us to https://sso.example/login",
            ),
            (own(401, "EnvironmentAuthInvalidError"), Denied, PAIR),
            (own(403, "EnvironmentScopeRequiredError"), Denied, PAIR),
        ] {
            lab.script(move |_| answer.clone());
            let t3 = client(lab);
            for result in [t3.live_fleet().map(drop), t3.start_turn(&new_turn())] {
                let error = result.unwrap_err();
                assert_eq!(error.kind, kind, "{error}");
                assert!(error.detail.contains(told), "{error}");
                assert!(!error.detail.contains("s3cret"), "{error}");
            }
        }
    });
}

#[test]
fn thread_of_another_id_is_not_taken() {
    Lab::run(|lab| {
        for id in [Uuid::from_u128(5).to_string(), "no uuid".to_owned()] {
            lab.script(move |_| {
                Response::json(200, &json!({"thread": {"id": id, "title": "x", "archivedAt": null, "messages": []}}))
            });
            let error = client(lab).thread(thread_id()).unwrap_err();
            assert_eq!(error.kind, FailureKind::Unreadable);
            assert!(error.detail.contains("got another"), "{error}");
        }
    });
}

#[test]
fn server_errors_of_a_reading_say_that_nobody_knows() {
    Lab::run(|lab| {
        for (status, kind) in [
            (500, FailureKind::Unreachable),
            (502, FailureKind::Unreachable),
            (504, FailureKind::Unreachable),
            (429, FailureKind::RateLimited { retry_after: None }),
        ] {
            lab.script(move |_| {
                Response::json(status, &json!({"reason": "orchestration_snapshot_failed"}))
            });
            let error = client(lab).live_fleet().unwrap_err();
            assert_eq!(error.kind, kind, "{status}");
            assert!(error.is_whole_service(), "{status}");
            assert!(
                error.to_string().contains("orchestration_snapshot_failed"),
                "{error}"
            );
        }
    });
}

#[test]
fn lost_connection_repeats_a_reading_and_never_a_command() {
    Lab::run(|lab| {
        lab.script(|_| Response::json(200, &json!({"projects": [], "threads": []})));
        lab.journal.intercept(|exchange| {
            if exchange.number == 0 {
                Fault::LostAnswer
            } else {
                Fault::None
            }
        });
        client(lab).whole_fleet().unwrap();
        assert_eq!(lab.requests().len(), 2);

        lab.script(|_| Response::json(200, &json!({"sequence": 1})));
        for fault in [Fault::LostAnswer, Fault::LostRequest] {
            lab.journal.clear();
            lab.journal.intercept(move |_| fault.clone());
            let error = client(lab).start_turn(&new_turn()).unwrap_err();
            assert_eq!(error.kind, FailureKind::Unreachable, "{error}");
            assert_eq!(lab.requests().len(), 1);
        }
        lab.journal.clear();
        lab.journal.intercept(|_| Fault::Truncate(5));
        let error = client(lab).start_turn(&new_turn()).unwrap_err();
        assert_eq!(error.kind, FailureKind::Unreadable, "{error}");
        assert_eq!(lab.requests().len(), 1);
    });
}

// The whole program.

const OTHER: &str = "zeta/tools";

/// Two repositories with a ready issue each.
fn two_repositories(version: T3Version) -> (World, u64, u64) {
    let mut world = World::of_version(Place::GitHub, version);
    world.add_repository(OTHER);
    world.enrol(&["acme/widgets", OTHER]);
    let first = world.ready_issue("Sort the list");
    let second = world.issue(OTHER, "Tidy up", "Please.\n");
    world.approve(OTHER, second);
    (world, first, second)
}

fn assert_nothing_was_done(world: &World, tick: &Finished, story: &str) {
    assert_eq!(tick.status, 3, "{story}: {tick:?}");
    assert!(!tick.stderr.contains("panicked"), "{story}: {tick:?}");
    let report = tick.report();
    let failures = report["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 1, "{story}: {report:#}");
    assert_eq!(failures[0]["repository"], Value::Null, "{story}");
    assert_eq!(failures[0]["service"], "t3", "{story}");
    assert!(!failures[0]["call"].as_str().unwrap().is_empty(), "{story}");
    assert!(world.t3.threads().is_empty(), "{story}");
    assert!(world.github.writes().is_empty(), "{story}");
}

#[test]
fn broken_first_reading_stops_the_tick_with_status_3() {
    for (name, answer) in broken_answers() {
        let (world, ..) = two_repositories(T3Version::July);
        world.journal.intercept(move |exchange| {
            if exchange.request.path == SHELL {
                Fault::Mask(answer.clone())
            } else {
                Fault::None
            }
        });
        // An absent light reading is no fault: the snapshot is.
        if name == "page" {
            continue;
        }
        let tick = world.poll();
        assert_nothing_was_done(&world, &tick, name);
        assert!(
            world
                .requests()
                .iter()
                .all(|request| request.starts_with("t3 GET ")),
            "{name}"
        );
    }
}

#[test]
fn broken_read_back_fails_one_repository_and_the_next_tick_goes_on() {
    for (name, answer) in broken_answers() {
        // An absent endpoint is no fault.
        if name == "page" {
            continue;
        }
        let (world, first, second) = two_repositories(T3Version::July);
        world.github.label("acme/widgets", first, "alice", "P0");
        // The read-back of the first thread that is created.
        let first_thread = std::sync::Mutex::new(None);
        world.journal.intercept(move |exchange| {
            let mut first_thread = first_thread.lock().unwrap();
            let request = &exchange.request;
            if let Some(id) = request.path.strip_prefix("/api/orchestration/threads/") {
                let id = first_thread.get_or_insert_with(|| id.to_owned()) == id;
                if id {
                    return Fault::Mask(answer.clone());
                }
            }
            Fault::None
        });
        let tick = world.poll();
        world.journal.calm();
        assert_eq!(tick.status, 1, "{name}: {tick:?}");
        assert!(!tick.stderr.contains("panicked"), "{name}: {tick:?}");
        assert_eq!(tick.outcome("acme/widgets"), "failed", "{name}");
        assert_eq!(tick.outcome(OTHER), "dispatched", "{name}");
        assert_eq!(tick.dispatched(), [second], "{name}");
        let failures = tick.report()["failures"].clone();
        assert_eq!(
            failures.as_array().unwrap().len(),
            1,
            "{name}: {failures:#}"
        );
        assert_eq!(failures[0]["repository"], "github:acme/widgets", "{name}");
        assert_eq!(failures[0]["service"], "t3", "{name}");
        assert_eq!(failures[0]["call"], "read a thread", "{name}");
        let next = world.poll();
        assert_eq!(next.status, 0, "{name}: {next:?}");
        assert_eq!(next.dispatched(), [first], "{name}");
        assert_eq!(world.t3.threads().len(), 2, "{name}");
        assert_eq!(world.messages().len(), 2, "{name}");
    }
}

#[test]
fn refused_connection_stops_the_tick_with_status_3() {
    let (mut world, ..) = two_repositories(T3Version::July);
    // A port that was free a moment ago and that nobody listens on.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    world.set("AFK_T3_URL", &format!("http://127.0.0.1:{port}"));
    let tick = world.poll();
    assert_nothing_was_done(&world, &tick, "refused");
    let error = tick.report()["failures"][0]["error"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        error.contains("can not connect") && error.contains("refused"),
        "{error}"
    );
    // Who failed, at what, and where: in the report and in the log.
    assert!(
        error.ends_with(&format!(" (http://127.0.0.1:{port})")),
        "{error}"
    );
    assert!(tick.stderr.contains("nothing was done: t3: "), "{tick:?}");
    assert!(tick.stderr.contains(&format!("(http://127.0.0.1:{port})")));
}

#[test]
fn refused_bearer_stops_the_tick_with_status_3_and_says_how_to_get_one() {
    for version in [T3Version::V0_0_27, T3Version::July, T3Version::Fork0_0_33] {
        let (mut world, ..) = two_repositories(version);
        world.set("AFK_T3_TOKEN", "someone-elses");
        let tick = world.poll();
        assert_nothing_was_done(&world, &tick, "refused bearer");
        let all = format!("{}{}", tick.stdout, tick.stderr);
        assert!(all.contains(PAIR), "{all}");
        assert!(!all.contains("someone-elses"), "{all}");
    }
}

/// Waits for a tick that must end by itself.
fn ends(world: &World, story: &str) -> Finished {
    let mut child = world.start_poll(&[]);
    let mut stdout = child.stdout.take().unwrap();
    let (done, ended) = channel();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        drop(stdout.read_to_string(&mut text));
        done.send(()).ok();
        text
    });
    // The tick's limit is one second; the rest is for a machine under load.
    let late = ended.recv_timeout(Duration::from_secs(20)).is_err();
    if late {
        child.kill().unwrap();
    }
    let mut tick = finish(child);
    tick.stdout = reader.join().unwrap();
    assert!(!late, "{story}: did not end: {tick:?}");
    tick
}

#[test]
fn answer_that_never_comes_ends_with_the_tick() {
    let (mut world, ..) = two_repositories(T3Version::July);
    world.set("AFK_TICK_MAX_SECONDS", "1");
    world.journal.intercept(|exchange| {
        if exchange.service == "t3" {
            Fault::Hang
        } else {
            Fault::None
        }
    });
    let tick = ends(&world, "hang");
    assert_nothing_was_done(&world, &tick, "hang");
    let error = tick.report()["failures"][0]["error"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(error.contains("timed out"), "{error}");
}

/// A server that sends a byte now and then, for ever.
#[test]
fn answer_that_drips_ends_with_the_tick() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (mut world, ..) = two_repositories(T3Version::July);
    world.set("AFK_TICK_MAX_SECONDS", "1");
    world.set(
        "AFK_T3_URL",
        &format!("http://{}", listener.local_addr().unwrap()),
    );
    let (stop, stopped) = channel::<()>();
    let dripping = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n{";
        drop(stream.write_all(head.as_bytes()));
        // Paced by a channel that stays silent until the tick is over.
        while stopped.recv_timeout(Duration::from_millis(50)) == Err(RecvTimeoutError::Timeout) {
            if stream.write_all(b" ").is_err() {
                break;
            }
        }
    });
    let tick = ends(&world, "drip");
    drop(stop);
    dripping.join().unwrap();
    assert_nothing_was_done(&world, &tick, "drip");
}
