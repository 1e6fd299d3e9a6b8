//! `--decisions` and `afk-poll replay`: what a tick decided from, kept and decided again.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use afk::domain::record::{Line, POLICY_VERSION, replay};

use crate::support::world::{Finished, REPO, T3_TOKEN, World, finish};

const POLL: &str = env!("CARGO_BIN_EXE_afk-poll");
const WATCH: &str = env!("CARGO_BIN_EXE_afk-watch");

/// Decisions of every kind, as the rules of this version make them.
const OF_THESE_RULES: &str = include_str!("../fixtures/decisions.jsonl");

fn replayed(file: &Path, arguments: &[&str]) -> Finished {
    finish(
        std::process::Command::new(POLL)
            .env_clear()
            .arg("replay")
            .arg(file)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    )
}

/// A tick that starts one issue, lets another one wait, and refuses a third.
fn tick(file: &Path) -> (World, Finished) {
    let world = World::new();
    let body = "A private matter.\n\n<!-- ghp_0123456789abcdefghijABCDEFGHIJ012345 -->";
    let first = world.issue(REPO, "Add a spline", body);
    world.approve(REPO, first);
    world.ready_issue("Sand the gears");
    let blocked = world.issue(REPO, "Paint it", &format!("Blocked by: #{first}"));
    world.approve(REPO, blocked);
    world.later();
    let finished = world.poll_with(&["--decisions", file.to_str().unwrap()]);
    (world, finished)
}

fn lines(file: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| Line::parse(line).unwrap())
        .collect()
}

#[test]
fn a_tick_appends_what_it_decided_from_and_its_record_decides_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("decisions.jsonl");
    let (world, finished) = tick(&file);
    assert_eq!(finished.status, 0, "{finished:?}");
    let told: Vec<(u64, String, usize)> = lines(&file)
        .iter()
        .map(|line| {
            assert!(line.is_intact());
            assert_eq!(line.policy, POLICY_VERSION);
            assert!(!line.facts.is_null());
            (line.issue.0, line.decision.clone(), line.codes.len())
        })
        .collect();
    let report = finished.report();
    let reported: Vec<(u64, String, usize)> = report["repositories"][0]["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| {
            (
                issue["issue"].as_u64().unwrap(),
                issue["decision"].as_str().unwrap().to_owned(),
                issue["reasons"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(told, reported);
    assert_eq!(told.len(), 3);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    for secret in ["private matter", "ghp_", "Add a spline", T3_TOKEN] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    // A second tick adds to it.
    world.poll_with(&["--decisions", file.to_str().unwrap()]);
    assert_eq!(lines(&file).len(), 6);
    let again = replayed(&file, &[]);
    assert_eq!((again.status, again.stderr.as_str()), (0, ""));
    assert_eq!(
        again.stdout,
        "6 decisions made again under rules 1: none is made otherwise\n"
    );
    let again = replayed(&file, &["--output", "json"]);
    assert_eq!(
        again.report(),
        serde_json::json!({"version": 1, "policy": 1, "decisions": 6, "told": 0, "without_facts": 0, "different": [], "unread": []})
    );
}

#[test]
fn a_line_that_somebody_changed_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("decisions.jsonl");
    let (_, finished) = tick(&file);
    assert_eq!(finished.status, 0, "{finished:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    let time = &lines(&file)[0].time;
    let time = time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let changed = text
        .replacen(
            r#""decision":"dispatch","codes":[]"#,
            r#""decision":"refuse","codes":["blocked","on-hold"]"#,
            1,
        )
        .replacen(r#""of_first":"unranked""#, r#""of_first":{"ranked":1}"#, 1);
    std::fs::write(&file, changed).unwrap();
    let again = replayed(&file, &[]);
    assert_eq!(again.status, 1, "{again:?}");
    assert_eq!(
        again.stdout,
        format!(
            "{REPO}#1  line 1, poll of {time}, rules 1\n  then  refuse (blocked, on-hold)\n  now   dispatch\n\
             {REPO}#2  line 2, poll of {time}, rules 1\n  then  skip (lower-priority)\n  now   the facts were changed\n\
             3 decisions made again under rules 1: 2 are made otherwise\n"
        )
    );
    let told = replayed(&file, &["--output", "json"]).report();
    assert_eq!(
        told["different"][0]["then"],
        serde_json::json!({"decision": "refuse", "codes": ["blocked", "on-hold"]})
    );
    assert_eq!(
        told["different"][0]["now"],
        serde_json::json!({"decision": "dispatch", "codes": []})
    );
    assert_eq!(told["different"][1]["now"], serde_json::Value::Null);
}

#[test]
fn what_is_no_record_is_named_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("decisions.jsonl");
    let good = OF_THESE_RULES.lines().next().unwrap();
    for (text, says) in [
        (String::new(), "it holds no decision"),
        ("nonsense\n".to_owned(), "line 1 is no decision: expected "),
        (
            "{\"version\": 2}\n".to_owned(),
            "line 1 is no decision: its version is 2, and this program knows version 1",
        ),
        (
            "{\"version\": 1}\n".to_owned(),
            "line 1 is no decision: missing field ",
        ),
        (good[..good.len() - 9].to_owned(), "line 1 is no decision: "),
    ] {
        std::fs::write(&file, &text).unwrap();
        let again = replayed(&file, &[]);
        assert_eq!((again.status, again.stdout.as_str()), (2, ""), "{again:?}");
        let name = file.display();
        assert!(
            again.stderr.contains(&format!("afk-poll: {name}: {says}")),
            "{again:?}"
        );
    }
    // Facts of another kind, with the digest that belongs to them.
    let mut line = Line::parse(good).unwrap();
    line = Line {
        decision: line.decision.clone(),
        ..Line::new(
            line.tick,
            line.time,
            line.repository.clone(),
            line.issue,
            Some(&"no facts"),
        )
        .unwrap()
    };
    std::fs::write(&file, serde_json::to_string(&line).unwrap()).unwrap();
    let again = replayed(&file, &[]);
    assert_eq!(again.status, 2, "{again:?}");
    assert!(
        again
            .stderr
            .contains("line 1 is no decision: its facts are none of afk-")
    );
    for (path, says) in [
        (directory.path(), ": expected a file"),
        (Path::new("/dev/null"), ": expected a file"),
        (Path::new("/nowhere/decisions"), ": No such file"),
    ] {
        let again = replayed(path, &[]);
        assert_eq!(again.status, 2, "{again:?}");
        assert!(again.stderr.contains(says), "{again:?}");
    }
}

#[test]
fn a_record_that_can_not_be_written_fails_the_tick_and_stops_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (world, finished) = tick(directory.path());
    assert_eq!(finished.status, 1, "{finished:?}");
    let report = finished.report();
    let name = directory.path().display();
    assert_eq!(
        report["failures"],
        serde_json::json!([{"repository": null, "service": "afk", "call": "write the decisions",
            "error": format!("{name}: expected a file")}])
    );
    assert_eq!(finished.dispatched(), [1]);
    assert_eq!(world.messages().len(), 1);
}

#[test]
fn a_torn_line_and_one_without_facts_spoil_no_other_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("decisions.jsonl");
    tick(&file);
    let whole = std::fs::read_to_string(&file).unwrap();
    let first = lines(&file).remove(0);
    let of_the_log = serde_json::to_string(&first.without_facts()).unwrap();
    std::fs::write(&file, format!("{{\"vers\n{of_the_log}\n{whole}")).unwrap();
    let again = replayed(&file, &[]);
    assert_eq!((again.status, again.stderr.as_str()), (1, ""));
    assert_eq!(
        again.stdout,
        "3 decisions made again under rules 1: none is made otherwise\n\
         1 without facts, as a log has them: keep them with --decisions FILE\n\
         line 1 is no decision: EOF while parsing a string at column 6\n"
    );
    // What was told and not decided is counted by itself.
    let told =
        Line::new::<()>(first.tick, first.time, first.repository, first.issue, None).unwrap();
    let text = serde_json::to_string(&told).unwrap();
    std::fs::write(&file, format!("{text}\n{whole}")).unwrap();
    let again = replayed(&file, &[]);
    assert_eq!(again.status, 0, "{again:?}");
    assert_eq!(
        again.stdout,
        "3 decisions made again under rules 1: none is made otherwise\n\
         1 told by a service or another tick, with nothing to decide\n"
    );
}

/// Takes every member that is `null` out.
fn without_what_is_not_there(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(without_what_is_not_there);
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(without_what_is_not_there),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

/// A fact that a later release asks for is missing in the record of an older one: where it may be unknown, it is.
#[test]
fn the_record_of_a_release_that_knew_fewer_facts_is_still_read() {
    let mut shorter = 0;
    for text in OF_THESE_RULES.lines() {
        let line = Line::parse(text).unwrap();
        let mut facts = line.facts.clone();
        without_what_is_not_there(&mut facts);
        shorter += usize::from(facts != line.facts);
        let older = Line::new(
            line.tick,
            line.time,
            line.repository.clone(),
            line.issue,
            Some(&facts),
        );
        let older = Line {
            decision: line.decision.clone(),
            codes: line.codes.clone(),
            ..older.unwrap()
        };
        assert_eq!(replay(&older), Ok(None), "{text}");
    }
    assert!(shorter > 20, "{shorter}");
}

#[test]
fn a_disarmed_tick_decides_nothing_and_makes_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("decisions.jsonl");
    for binary in [POLL, WATCH] {
        let output = std::process::Command::new(binary)
            .env_clear()
            .arg("--decisions")
            .arg(&file)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(!file.exists());
    }
}

#[test]
fn the_log_tells_of_decisions_only_when_it_wants_everything() {
    for (level, told) in [("debug", 3), ("info", 0)] {
        let mut world = World::new();
        for title in ["Add a spline", "Sand the gears", "Paint it"] {
            world.ready_issue(title);
        }
        world.later();
        world.set("AFK_LOG", level);
        let finished = world.poll();
        let mut lines = finished.stderr.lines();
        let lines = lines.by_ref().filter(|line| line.contains("decided: "));
        let lines: Vec<&str> = lines.collect();
        assert_eq!(lines.len(), told, "{finished:?}");
        for line in lines {
            assert!(line.contains("digest") && !line.contains("facts"), "{line}");
        }
    }
}

/// Whoever changes what the same facts are decided to raises the version, and keeps decisions of the new rules: run the
/// simulation with `AFK_SIMULATION_RECORD` set to the file.
#[test]
fn decisions_of_these_rules_are_still_made() {
    let mut kinds = std::collections::BTreeSet::new();
    for (number, text) in OF_THESE_RULES.lines().enumerate() {
        let line = Line::parse(text).unwrap();
        assert_eq!(
            (line.policy, replay(&line)),
            (POLICY_VERSION, Ok(None)),
            "line {}: rules changed, so that POLICY_VERSION has to be raised: {text}",
            number + 1
        );
        kinds.extend(line.codes.iter().map(|code| code.as_str()));
    }
    assert!(kinds.len() > 40, "{kinds:?}");
}
