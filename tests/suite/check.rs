//! `afk-poll check` and `afk-watch check`: what is planted is found, the mend is named, and nothing is written.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::Value;

use self::planted::assert_line;
use crate::support::saga::Saga;
use crate::support::sandbox::github_state::{Role, Visibility};
use crate::support::world::{READY, REPO, World, finish};

mod asked;
mod planted;
mod services;
mod whole;

const POLL: &str = env!("CARGO_BIN_EXE_afk-poll");
const WATCH: &str = env!("CARGO_BIN_EXE_afk-watch");

/// Exit status and lines.
fn check(world: &World, binary: &str, arguments: &[&str]) -> (i32, Vec<Value>) {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .envs(&world.settings)
        .args(["check", "--output", "json"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let finished = finish(command.spawn().unwrap());
    let report = finished.report();
    assert_eq!(report["version"], 1);
    let lines = report["lines"].as_array().unwrap().clone();
    for line in &lines {
        let needs_mend = line["level"] != "ok";
        assert_eq!(
            !line["mend"].as_str().unwrap().is_empty(),
            needs_mend,
            "{line}"
        );
    }
    (finished.status, lines)
}

/// Stops the test unless a line of this level has this subject.
fn assert_found(lines: &[Value], level: &str, subject: &str) {
    let found = lines
        .iter()
        .any(|line| line["level"] == level && line["subject"] == subject);
    assert!(found, "no {level} '{subject}' in {lines:#?}");
}

fn assert_nothing_written(world: &World) {
    let writes: Vec<String> = world
        .requests()
        .into_iter()
        .filter(|request| !request.contains(" GET ") && !request.ends_with("POST /graphql"))
        .collect();
    assert_eq!(writes, [""; 0]);
}

fn sound() -> World {
    let world = World::new();
    // Nobody pushed before: an empty repository has no branch.
    world.github.push_commit(REPO, "alice", "Begin");
    world.github.create_label(REPO, READY);
    world
}

#[test]
fn a_sound_installation_has_no_problem() {
    let world = sound();
    let (status, lines) = check(&world, POLL, &[]);
    let bad: Vec<&Value> = lines
        .iter()
        .filter(|line| line["level"] == "problem")
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
    for subject in [
        "configuration",
        "gates",
        "t3 token",
        "t3 version",
        "github token",
    ] {
        assert_found(&lines, "ok", subject);
    }
    // The sandbox's clock is days behind the machine's.
    let warned: BTreeSet<&str> = lines
        .iter()
        .filter(|line| line["level"] == "warning")
        .map(|line| line["subject"].as_str().unwrap())
        .collect();
    assert!(
        warned.iter().all(|subject| *subject == "clocks"),
        "{warned:?}"
    );
    assert_eq!(status, i32::from(!warned.is_empty()));
    assert_nothing_written(&world);
}

#[test]
fn twenty_five_values_that_can_not_be_read_are_named_at_once() {
    let mut world = sound();
    let planted = [
        ("AFK_KILL_SWITCH", "maybe"),
        ("AFK_ALLOWLIST", "x"),
        ("AFK_ALLOW_PUBLIC", "x"),
        ("AFK_TRUSTED_APPS", "a b"),
        ("AFK_TRUSTED_PEOPLE", "gitlab:someone"),
        ("AFK_QUIET_SECONDS", "-1"),
        ("AFK_READY_SETTLE_SECONDS", "3601"),
        ("AFK_MAX_IN_FLIGHT", "0"),
        ("AFK_MAX_STARTS_PER_DAY", "-1"),
        ("AFK_RESUME_MAX", "101"),
        ("AFK_HALT", "perhaps"),
        ("AFK_REFUSAL_COMMENT", "perhaps"),
        ("AFK_BUDGET_USD", "0"),
        ("AFK_FIX_FORWARD_MAX_ATTEMPTS", "21"),
        ("AFK_RUN_MAX_SECONDS", "0"),
        ("AFK_STALL_SECONDS", "soon"),
        ("AFK_CI_SETTLE_SECONDS", "3601"),
        ("AFK_TICK_MAX_SECONDS", "0"),
        ("AFK_T3_URL", "host"),
        ("AFK_GITHUB_URL", "http://github.example.org"),
        ("AFK_DEFAULT_FORGE", "gitlab"),
        ("AFK_COCKPIT_LINK", "{nothing}"),
        ("AFK_REPOS", "{"),
        ("AFK_LOG", "loud"),
        ("AFK_LOG_FORMAT", "xml"),
    ];
    for (key, value) in planted {
        world.set(key, value);
    }
    let (status, lines) = check(&world, POLL, &[]);
    assert_eq!(status, 2);
    for (key, _) in planted {
        assert_found(&lines, "problem", key);
    }
    assert_eq!(world.requests(), [""; 0]);
}

#[test]
fn what_is_missing_or_does_not_fit_together_is_named() {
    let mut world = sound();
    world.set("AFK_KILSWITCH", "off");
    world.set("AFK_STALL_SECONDS", "14400");
    world.set("AFK_CI_START_MAX_SECONDS", "5400");
    world.set("AFK_ALLOW_PUBLIC", "acme/other");
    world.set("AFK_TRUSTED_PEOPLE", "github:Robo");
    world.set("AFK_AGENT_ACCOUNTS", "robo,afk-bot");
    world.set("AFK_READY_LABEL", "ready-for-agnt");
    world.set("AFK_REPOS", r#"{"acme/elsewhere": {"branch": "main"}}"#);
    let (status, lines) = check(&world, WATCH, &[]);
    assert_eq!(status, 1);
    for subject in [
        "configuration",
        "AFK_STALL_SECONDS",
        "AFK_CI_START_MAX_SECONDS",
        "AFK_ALLOW_PUBLIC acme/other",
        "AFK_REPOS github:acme/elsewhere",
        "sinks",
    ] {
        let subject = subject.replace("AFK_ALLOW_PUBLIC acme", "AFK_ALLOW_PUBLIC github:acme");
        assert_found(&lines, "warning", &subject);
    }
    let label = format!("github:{REPO} label ready-for-agnt");
    for (subject, fact, mend) in [
        ("AFK_TRUSTED_PEOPLE", "lists robo", "one of the two"),
        (
            "AFK_AGENT_ACCOUNTS",
            "lists afk-bot, our own",
            "take it out",
        ),
        (&label, "is missing", "or mend AFK_READY_LABEL"),
    ] {
        assert_line(&lines, "warning", subject, fact, mend);
    }
    world.set(
        "AFK_REPOS",
        &format!(r#"{{"{REPO}": {{"deploy": "woodpecker"}}}}"#),
    );
    for key in ["AFK_T3_URL", "AFK_T3_TOKEN", "AFK_GITHUB_TOKEN"] {
        world.unset(key);
    }
    let (status, lines) = check(&world, WATCH, &[]);
    assert_eq!(status, 2);
    for key in [
        "AFK_T3_URL",
        "AFK_T3_TOKEN",
        "AFK_GITHUB_TOKEN",
        "AFK_WOODPECKER_URL",
        "AFK_WOODPECKER_TOKEN",
    ] {
        assert_found(&lines, "problem", key);
    }
}

#[test]
fn services_that_refuse_or_are_something_else_are_named() {
    let mut world = sound();
    let sound = world.settings.clone();
    let t3 = world.t3_url();
    let elsewhere = format!("{t3}/nothing");
    world.t3.allow_bearer("reader", &["orchestration:read"]);
    for (key, value, subject, fact, mend) in [
        (
            "AFK_T3_TOKEN",
            "wrong",
            "t3 token",
            "wrong, expired or revoked",
            "pair with T3 anew with the scopes orchestration:read and orchestration:operate, ",
        ),
        (
            "AFK_T3_TOKEN",
            "reader",
            "t3 token",
            "lacks orchestration:operate",
            "put the bearer into AFK_T3_TOKEN",
        ),
        ("AFK_T3_URL", "http://127.0.0.1:1", "t3", "", "AFK_T3_URL"),
        ("AFK_T3_URL", elsewhere.as_str(), "t3", "", "AFK_T3_URL"),
        (
            "AFK_GITHUB_TOKEN",
            "wrong",
            "github token",
            "does not know it",
            "put a token of the account that AFK acts as into AFK_GITHUB_TOKEN",
        ),
        (
            "AFK_GITHUB_URL",
            t3.as_str(),
            "github token",
            "",
            "AFK_GITHUB_URL",
        ),
        (
            "AFK_GITHUB_URL",
            "http://127.0.0.1:1",
            "github token",
            "",
            "AFK_GITHUB_URL",
        ),
    ] {
        world.set(key, value);
        let (status, lines) = check(&world, POLL, &[]);
        assert_eq!(status, 2, "{key}={value}");
        assert_line(&lines, "problem", subject, fact, mend);
        // One cause, one line.
        let problems = lines.iter().filter(|line| line["level"] == "problem");
        assert_eq!(problems.count(), 1, "{key}={value}: {lines:#?}");
        world.settings.clone_from(&sound);
    }
    world.unset("AFK_T3_TOKEN");
    world.set("AFK_T3_TOKEN_FILE", "/nonexistent/token");
    let (status, lines) = check(&world, POLL, &[]);
    assert_eq!(status, 2);
    assert_found(&lines, "problem", "AFK_T3_TOKEN_FILE");
    // A secret that comes from a file is mended there: a value beside it would be an error.
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "wrong").unwrap();
    for (key, subject) in [
        ("AFK_T3_TOKEN", "t3 token"),
        ("AFK_GITHUB_TOKEN", "github token"),
    ] {
        world.settings.clone_from(&sound);
        world.unset(key);
        world.set(&format!("{key}_FILE"), file.to_str().unwrap());
        let (_, lines) = check(&world, POLL, &[]);
        let place = format!("into the file {} that {key}_FILE names", file.display());
        assert_line(&lines, "problem", subject, "", &place);
        world.set(key, "wrong");
        let (_, lines) = check(&world, POLL, &[]);
        assert_line(
            &lines,
            "problem",
            key,
            "found both",
            "remove one of the two",
        );
    }
    assert_nothing_written(&world);
}

#[test]
fn repositories_that_a_tick_could_not_work_in_are_named() {
    let mut world = sound();
    for name in [
        "archived",
        "silent",
        "triage",
        "cased",
        "former",
        "unlabelled",
    ] {
        world.add_repository(&format!("acme/{name}"));
        world
            .github
            .push_commit(&format!("acme/{name}"), "alice", "Begin");
    }
    world
        .github
        .add_repository("acme/public", Visibility::Public);
    world.github.archive_repository("acme/archived");
    world.github.disable_issues("acme/silent");
    world
        .github
        .set_permission("acme/triage", "afk-bot", Role::TRIAGE);
    world.github.create_label("acme/cased", "Ready-For-Agent");
    world.github.rename_repository("acme/former", "acme/today");
    world.enrol(&[
        REPO,
        "acme/archived",
        "acme/silent",
        "acme/triage",
        "acme/cased",
        "acme/former",
        "acme/unlabelled",
        "acme/public",
        "acme/nowhere",
    ]);
    let (status, lines) = check(&world, POLL, &[]);
    assert_eq!(status, 2);
    for (level, subject) in [
        ("problem", "github:acme/archived state"),
        ("problem", "github:acme/public visibility"),
        ("problem", "github:acme/nowhere reading"),
        ("problem", "github:acme/former reading"),
        ("problem", "github:acme/cased label ready-for-agent"),
        ("warning", "github:acme/unlabelled label ready-for-agent"),
        ("warning", "github:acme/triage rights"),
        ("ok", "github:acme/widgets rights"),
    ] {
        assert_found(&lines, level, subject);
    }
    let silent = lines.iter().any(|line| {
        line["level"] == "problem"
            && line["subject"]
                .as_str()
                .unwrap()
                .starts_with("github:acme/silent")
    });
    assert!(silent, "{lines:#?}");
    assert_nothing_written(&world);
}

#[test]
fn ring_sends_one_test_to_each_sink_and_nothing_else() {
    let saga = Saga::new();
    let (_, lines) = check(&saga.world, WATCH, &[]);
    assert_found(&lines, "ok", "sink ntfy");
    assert!(saga.bells.rung().is_empty());
    let (_, lines) = check(&saga.world, WATCH, &["--ring"]);
    assert_found(&lines, "ok", "sink ntfy");
    assert_eq!(saga.bells.titles(), ["[TEST] AFK can reach you"]);
    saga.bells.is_down(true);
    let (status, lines) = check(&saga.world, WATCH, &["--ring"]);
    assert_eq!(status, 2);
    assert_found(&lines, "problem", "sink ntfy");
}
