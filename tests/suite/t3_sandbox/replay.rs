//! Recorded requests, sent again, and the recorded answers, expected again.
//!
//! Ids that the server mints, traces and absolute sequence numbers may differ; equality of two recorded
//! sequences must show in ours as well.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::rows::Step::{Do, Given, Send};
use super::rows::{FIRST_REQUESTS, ROWS, bring};
use super::{Answer, Bench, VERSIONS, recording, recordings_in, thread_create};
use crate::support::sandbox::t3::{ALL_SCOPES, T3Options, T3Version};

use T3Version::V0_0_27;

/// Recordings whose replay is a test of its own, because they are about a sequence of another thread.
const ELSEWHERE: [&str; 1] = ["turn-start.duplicate-command-id.after-server-restart"];

#[test]
fn t3_sandbox_answers_recorded_requests_as_recorded() {
    for row in ROWS {
        let bench = Bench::with(T3Options {
            web_client: row.web_client,
            ..T3Options::new(row.version)
        });
        allow_recorded_bearers(&bench);
        let mut sequences = BTreeMap::new();
        for step in row.steps {
            match step {
                Send(name) => replay(&bench, row.version, name, &mut sequences),
                Given(state, name) => bring(&bench, row.version, *state, name),
                Do(act) => act(&bench),
            }
        }
    }
}

#[test]
fn t3_sandbox_replays_every_recorded_request_of_the_fixtures() {
    for version in VERSIONS {
        let mut sent: BTreeSet<String> = ELSEWHERE
            .iter()
            .filter(|_| version == V0_0_27)
            .map(|name| (*name).to_owned())
            .collect();
        for step in ROWS
            .iter()
            .filter(|row| row.version == version)
            .flat_map(|row| row.steps)
        {
            if let Send(name) = step {
                sent.insert((*name).to_owned());
            }
        }
        assert_eq!(sent, recordings_in(version, ""), "{version:?}");
    }
}

#[test]
fn t3_sandbox_first_requests_end_at_the_recorded_snapshot() {
    let bench = Bench::new(V0_0_27);
    allow_recorded_bearers(&bench);
    let mut sequences = BTreeMap::new();
    for step in FIRST_REQUESTS {
        match step {
            Send(name) => replay(&bench, V0_0_27, name, &mut sequences),
            Do(act) => act(&bench),
            Given(..) => unreachable!("the first requests start from nothing"),
        }
    }
    assert!(
        sequences.iter().all(|(recorded, ours)| recorded == ours),
        "{sequences:?}"
    );
    let recorded = recording(V0_0_27, "auth.read-scope-snapshot");
    let ours = bench.get("/api/orchestration/snapshot").body;
    assert_eq!(ours, recorded["response"]["body"]);
}

#[test]
fn t3_sandbox_receipts_survive_a_restart() {
    let name = "turn-start.duplicate-command-id.after-server-restart";
    let recorded = recording(V0_0_27, name);
    let command = &recorded["request"]["body"];
    let thread = command["threadId"].as_str().unwrap();
    let bench = Bench::new(V0_0_27);
    allow_recorded_bearers(&bench);
    bench.create_project("project", "/data/ws/project");
    // The recorded id had been used to create the thread.
    let mut create = thread_create(thread, "project");
    create["commandId"] = command["commandId"].clone();
    let original = bench.accepted(&create);
    bench.request_turn(thread, "another event");
    bench.t3.restart_server(true);
    assert_eq!(bench.accepted(command), original);
    assert_eq!(bench.t3.thread(thread).unwrap().messages.len(), 1);
}

fn allow_recorded_bearers(bench: &Bench) {
    let all = ALL_SCOPES;
    bench.t3.allow_bearer("<bearer>", &all);
    bench.t3.allow_bearer("<bearer:afk-poll>", &all);
    bench.t3.allow_bearer("<bearer:exchanged>", &all[..5]);
    bench
        .t3
        .allow_bearer("<bearer:orchestration:read>", &["orchestration:read"]);
    bench
        .t3
        .allow_bearer("<bearer:orchestration:operate>", &["orchestration:operate"]);
    for gone in ["<bearer:expired>", "<bearer:revoked>"] {
        bench.t3.allow_bearer(gone, &all);
        bench.t3.expire_bearer(gone);
    }
}

/// Sends one recorded request and compares the answer.
fn replay(bench: &Bench, version: T3Version, name: &str, sequences: &mut BTreeMap<u64, u64>) {
    let recorded = recording(version, name);
    let request = &recorded["request"];
    let headers = request["headers"].as_object().unwrap();
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let body = match (&request["raw_body"], &request["body"]) {
        (Value::String(raw), _) => raw.clone(),
        (_, Value::Null) => String::new(),
        (_, body) => body.to_string(),
    };
    let (method, path) = (request["method"].as_str(), request["path"].as_str());
    let answer = bench.send(method.unwrap(), path.unwrap(), &headers, body.as_bytes());

    let expected = &recorded["response"];
    let at = format!("{version:?} {name}");
    assert_eq!(json!(answer.status), expected["status"], "{at}: {answer:?}");
    let content_type = expected["headers"]["content-type"].as_str();
    assert_eq!(answer.content_type.as_deref(), content_type, "{at}");
    assert_same_body(&at, &answer, &expected["body"]);
    if let Some(theirs) = expected["body"]["sequence"].as_u64() {
        let ours = answer.body["sequence"].as_u64().unwrap();
        let before = sequences.insert(theirs, ours);
        assert!(
            before.is_none_or(|before| before == ours),
            "{at}: same sequence as before"
        );
        let distinct: BTreeSet<&u64> = sequences.values().collect();
        assert_eq!(distinct.len(), sequences.len(), "{at}: a new sequence");
    }
}

fn assert_same_body(at: &str, answer: &Answer, recorded: &Value) {
    if at.ends_with("thread-detail.ok") || at.ends_with("thread-detail.turn-limit") {
        assert_eq!(shape(&answer.body), shape(recorded), "{at}");
        return;
    }
    let (mut ours, mut theirs) = (answer.body.clone(), recorded.clone());
    for body in [&mut ours, &mut theirs] {
        for minted in ["traceId", "environmentId", "expiresAt", "sequence"] {
            if let Some(value) = body.get_mut(minted) {
                *value = json!(value.is_string());
            }
        }
    }
    assert_eq!(ours, theirs, "{at}");
}

/// What kind of value stands where; lists without their order, tool data not at all.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Number(_) => json!("a number"),
        Value::String(_) => json!("a text"),
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(shape).collect();
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| *name != "data");
            members
                .map(|(name, value)| (name.clone(), shape(value)))
                .collect()
        }
    }
}
