//! `afk-watch digest`: what happened while nobody looked, in one message to every sink.

use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::saga::Saga;
use crate::support::sandbox::http_server::HttpServer;
use crate::support::sandbox::slack::{self, Slack};
use crate::support::world::{Finished, HUMAN, REPO, World, finish};

on_each_kind_of_forge! {
    nothing_to_say_is_said_in_one_line_and_sent,
    a_day_is_told_from_what_landed_to_what_waits,
    it_is_told_with_the_gates_closed_and_every_sink_counts,
    what_could_not_be_read_shows_in_the_exit_status,
    a_digest_that_was_sent_is_no_failure_to_start_when_nobody_takes_it_here,
    an_installation_that_is_not_set_up_yet_does_not_fail,
    a_shard_tells_of_its_own_repositories,
}

const WATCH: &str = env!("CARGO_BIN_EXE_afk-watch");

fn digest_with(world: &World, arguments: &[&str]) -> Finished {
    let mut command = Command::new(WATCH);
    command
        .env_clear()
        .envs(&world.settings)
        .arg("digest")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    finish(command.spawn().unwrap())
}

/// What was sent since `before` and was no reading of T3 or a forge.
fn sent(saga: &Saga, before: usize) -> Vec<String> {
    saga.world.requests()[before..]
        .iter()
        .filter(|request| !request.contains(" GET ") && !request.ends_with("POST /graphql"))
        .cloned()
        .collect()
}

fn nothing_to_say_is_said_in_one_line_and_sent(place: Place) {
    let saga = Saga::at(place);
    let told = saga.digest();
    assert!(told.digest.is_empty() && told.not_told.is_empty());
    let [bell] = &saga.bells.rung()[..] else {
        panic!("one message");
    };
    assert_eq!(bell["title"], "[DIGEST] nothing to say");
    assert_eq!(
        bell["message"],
        "Nothing landed, nothing waits for a person, nothing is under way or ready, and nothing failed."
    );
    assert_eq!(bell["tags"], json!(["afk", "digest"]));
}

fn a_day_is_told_from_what_landed_to_what_waits(place: Place) {
    let saga = Saga::at(place);
    let (landed, thread) = saga.started();
    let sha = saga.push(landed, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");
    assert_eq!(saga.acted().0, "close_success");
    saga.pass(60);
    // Handed back without a commit.
    let (handed_back, thread) = saga.started();
    saga.world.t3.agent_finishes(&thread, "I can not.");
    saga.pass(130);
    assert_eq!(saga.acted().0, "escalate_prepush");
    saga.pass(60);
    // Under way, and one that waits for it and for a label.
    let (running, _) = saga.started();
    let refused = saga.world.issue(REPO, "Later", "");
    saga.world.approve(REPO, refused);
    saga.pass(3_600);
    let (before, rung) = (saga.world.requests().len(), saga.bells.rung().len());
    let told = saga.digest();
    assert_eq!(
        sent(&saga, before),
        ["ntfy POST /"],
        "it acts on nothing else"
    );
    assert!(told.not_told.is_empty());
    let json = serde_json::to_value(&told.digest).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["landed"][0]["issue"], format!("{REPO}#{landed}"));
    assert_eq!(json["landed"][0]["commit"], sha);
    assert!(json["landed"][0]["seconds"].as_i64().unwrap() >= 60);
    let waiting = &json["waiting"][0];
    assert_eq!(waiting["issue"], format!("{REPO}#{handed_back}"));
    assert_eq!(
        (&waiting["kind"], &waiting["reason"]),
        (&json!("needs-human"), &json!("no-push"))
    );
    assert!(waiting["age_seconds"].as_i64().unwrap() >= 3_600);
    assert!(
        waiting["link"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/issues/{handed_back}"))
    );
    assert_eq!(json["running"][0]["issue"], format!("{REPO}#{running}"));
    assert_eq!(json["ready"][0]["issue"], format!("{REPO}#{refused}"));
    assert_eq!(json["ready"][0]["reasons"][0]["code"], "repository-busy");
    assert_eq!(json["ready"].as_array().unwrap().len(), 1, "{json:#}");
    assert_eq!(json["failures"][0]["service"], "afk");
    assert!(json["tokens"].as_u64().unwrap() > 0, "{json:#}");
    let bells = saga.bells.rung();
    assert_eq!(bells.len(), rung + 1);
    let bell = bells.last().unwrap();
    assert_eq!(
        bell["title"],
        "[DIGEST] 1 landed, 1 waiting for a person, 1 under way, 1 ready, 1 failed"
    );
    let message = bell["message"].as_str().unwrap();
    for line in [
        format!("- {REPO}#{landed} as {}, in ", &sha[..8]),
        format!("- {REPO}#{handed_back} needs-human (no-push), for 1 h"),
        format!("- {REPO}#{refused}: repository-busy (run 3 is under way)"),
    ] {
        assert!(message.contains(&line), "{line} in {message}");
    }
    // Whoever takes it up ends the waiting.
    saga.world.forge.unlabel(REPO, handed_back, "alice", HUMAN);
    assert!(saga.digest().digest.waiting.is_empty());
    // The day after, only what stands is told.
    saga.pass(90_000);
    let later = saga.digest().digest;
    assert!(
        later.landed.is_empty() && later.failures.is_empty(),
        "{later:?}"
    );
}

fn it_is_told_with_the_gates_closed_and_every_sink_counts(place: Place) {
    let mut saga = Saga::at(place);
    let number = saga.world.ready_issue("Waits");
    let slack = Slack::new();
    let server = HttpServer::start("slack", Arc::clone(&saga.world.journal), slack.clone());
    let webhook = format!("{}{}", server.url(), slack::PATH);
    saga.world.set("AFK_SLACK_WEBHOOK_URL", &webhook);
    saga.world.set("AFK_KILL_SWITCH", "on");
    let told = digest_with(&saga.world, &["--output", "json"]);
    assert_eq!(told.status, 0, "{told:?}");
    let json = told.report();
    assert_eq!(json["told"], true);
    assert_eq!(json["ready"][0]["issue"], format!("{REPO}#{number}"));
    assert_eq!(json["ready"][0]["decision"], "dispatch");
    assert!(json["gate"].as_str().unwrap().contains("AFK_KILL_SWITCH"));
    assert_eq!((slack.messages().len(), saga.bells.rung().len()), (1, 1));
    saga.bells.is_down(true);
    let told = digest_with(&saga.world, &[]);
    assert_eq!(told.status, 1, "{told:?}");
    assert!(told.stdout.starts_with("[DIGEST] 1 ready"), "{told:?}");
    assert_eq!(slack.messages().len(), 2);
    saga.world.set("AFK_T3_TOKEN", "wrong");
    let told = digest_with(&saga.world, &[]);
    assert_eq!(told.status, 3, "{told:?}");
    assert_eq!(slack.messages().len(), 2, "nobody was told");
    let first = told.stdout.lines().next();
    assert_eq!(
        first,
        Some("nothing could be read, and nobody was told anything")
    );
    let told = digest_with(&saga.world, &["--output", "json"]);
    assert_eq!(told.report()["told"], false);
}

fn what_could_not_be_read_shows_in_the_exit_status(place: Place) {
    let mut saga = Saga::at(place);
    saga.world.enrol(&[REPO, "acme/nowhere"]);
    let told = digest_with(&saga.world, &["--output", "json"]);
    assert_eq!(told.status, 1, "{told:?}");
    assert_eq!(saga.bells.rung().len(), 1);
    // T3 tells a part of it when no forge does, and that is told.
    let token = place.key("TOKEN");
    saga.world.set(&token, "expired");
    let told = digest_with(&saga.world, &["--output", "json"]);
    assert_eq!(told.status, 1, "{told:?}");
    assert_eq!(told.report()["told"], true);
    assert_eq!(saga.bells.rung().len(), 2);
    let error = told.report()["failures"][0]["error"].to_string();
    let mend = format!("the token of {token} (or its _FILE) is wrong, expired or revoked");
    assert!(error.contains(&mend), "{error}");
}

fn a_digest_that_was_sent_is_no_failure_to_start_when_nobody_takes_it_here(place: Place) {
    let saga = Saga::at(place);
    let output = Command::new(WATCH)
        .env_clear()
        .envs(&saga.world.settings)
        .arg("digest")
        .stdout(std::fs::File::create("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(saga.bells.rung().len(), 1);
    let said = String::from_utf8(output.stderr).unwrap();
    let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(last["level"], "ERROR", "{said}");
    let message = last["message"].as_str().unwrap();
    assert!(message.starts_with("can not write the report: "), "{said}");
    // What only looked has the status of what it saw.
    let output = Command::new(WATCH)
        .env_clear()
        .envs(&saga.world.settings)
        .arg("status")
        .stdout(std::fs::File::create("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

fn an_installation_that_is_not_set_up_yet_does_not_fail(place: Place) {
    let mut world = World::at(place);
    for key in ["AFK_ALLOWLIST", "AFK_T3_URL", "AFK_T3_TOKEN"] {
        world.unset(key);
    }
    let told = digest_with(&world, &["--output", "json"]);
    assert_eq!(told.status, 0, "{told:?}");
    assert_eq!(told.report()["landed"], json!([]));
    assert_eq!(world.requests(), [""; 0]);
    world.set("AFK_ALLOWLIST", REPO);
    assert_eq!(digest_with(&world, &[]).status, 2);
    assert_eq!(digest_with(&world, &["--nonsense"]).status, 2);
}

fn a_shard_tells_of_its_own_repositories(place: Place) {
    const OTHER: &str = "acme/gadgets";
    let mut saga = Saga::at(place);
    saga.world.add_repository(OTHER);
    saga.world.enrol(&[REPO, OTHER]);
    for repo in [REPO, OTHER] {
        let number = saga.world.issue(repo, "Waits", "");
        saga.world.approve(repo, number);
    }
    saga.world.catch_up();
    let ready = |arguments: &[&str]| -> Vec<String> {
        let told = digest_with(&saga.world, &[&["--output", "json"], arguments].concat());
        assert_eq!(told.status, 0, "{told:?}");
        let entries = told.report()["ready"].clone();
        let entries = entries.as_array().unwrap().iter();
        entries
            .map(|entry| entry["issue"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ready(&[]).len(), 2);
    let own = format!("--repo={OTHER}");
    assert_eq!(ready(&[&own]), [format!("{OTHER}#1")]);
    // As a tick it never widens the list.
    assert_eq!(ready(&["--repo=acme/elsewhere"]), [""; 0]);
    let nameless = digest_with(&saga.world, &["--repo=gadgets"]);
    assert_eq!(nameless.status, 2, "{nameless:?}");
    assert!(nameless.stderr.contains("--repo"), "{nameless:?}");
}
