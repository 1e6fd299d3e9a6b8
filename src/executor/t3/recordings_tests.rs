//! Every recorded thread is a test case: what a client read, and what state that is.
//!
//! The trimmed recordings in `tests/fixtures/t3` are always there. The full ones are read too where the contracts
//! stand beside the crate, or where `AFK_CONTRACTS` points.

mod live;
mod usage;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::super::{Fleet, Thread};
use super::facts::{Kept, fleet, thread_of};
use super::wire::{ThreadDetail, WireThread};
use crate::domain::run::thread_state::{Death, Failure, ThreadReading, ThreadState, WaitsFor};

/// Which columns of [`STATES`] are light lists: they list no message of any thread.
const LIGHT: [&str; 5] = [
    "july-shell",
    "fork-list",
    "fork-shell",
    "main-list",
    "main-shell",
];

/// What each recording shows, from the table of `contracts/t3` section 5. Columns: snapshot of 0.0.27; snapshot and
/// shell of July; snapshot (which lists no messages), shell and thread detail of the fork. `-`: not recorded.
///
/// `failed` names an error, `unstarted` a failed start. Stuck sessions are `running` here, as long as they are young.
const STATES: &str = "
recording                                        v0.0.27    july       july-shell fork-list  fork-shell fork
10-thread-created-no-turn                        starting   starting   -          starting   starting   starting
11-turn-requested-session-not-started            starting   starting   -          starting   starting   starting
12-turn-completed                                over       over       -          unknown    over       over
13-turn-completed-with-git-commit                over       over       -          unknown    over       over
14-turn-running-tool-in-progress                 running    running    -          running    -          -
15-turn-completed-after-long-tool                over       over       -          unknown    -          -
16-turn-running-waiting-for-model                running    -          -          -          -          -
17-agent-switched-branch                         over       -          -          -          -          -
18-turn-in-own-worktree                          over       -          -          -          -          -
20-e400                                          over       over       over       unknown    over       over
20-e401                                          running    -          -          -          -          -
20-e403                                          over       -          -          -          -          -
20-e404                                          over       -          -          -          -          -
20-empty                                         over       over       over       unknown    over       over
20-maxtok                                        over       -          -          -          -          -
20-midfail                                       over       over       over       unknown    over       over
20-nongit-e400                                   over       over       unknown    -          -          -
20-nongit-ok                                     over       over       unknown    unknown    over       over
20-nongit-tools                                  over       -          -          -          -          -
20-plan                                          over       -          -          -          -          -
20-refusal                                       over       -          -          -          -          -
20-todo                                          over       -          -          -          -          -
21-e401-final                                    over       -          -          -          -          -
22-e429-final                                    over       -          -          -          -          -
22-e529-final                                    over       -          -          -          -          -
23-model-never-answers                           running    -          -          -          -          -
30-interrupted-without-turn-id                   failed     failed     failed     unknown    over       over
31-interrupted-with-turn-id                      failed     failed     failed     unknown    over       over
32-interrupted-during-tool                       failed     failed     failed     unknown    over       over
33-interrupt-requested-while-idle                failed     failed     failed     unknown    over       over
34-interrupt-requested-without-session           starting   starting   starting   starting   starting   starting
35-session-stopped-while-running                 over       over       over       -          -          -
35a-session-stop-requested-tool-still-running    over       over       over       -          -          -
35b-other-thread-delayed-by-session-stop         over       over       over       -          -          -
36-turn-after-session-stop                       over       over       over       -          -          -
37-session-stopped-while-idle                    over       over       over       -          -          -
38-session-stop-without-session                  over       over       unknown    -          -          -
39-follow-up-turn-after-interrupt                over       -          -          -          -          -
40-duplicate-turn-command                        over       -          -          -          -          -
41-duplicate-message-id                          over       -          -          -          -          -
42-second-turn-while-running                     running    -          -          -          -          -
43-second-turn-while-running-later               over       -          -          -          -          -
50-waiting-for-user-input                        answer     answer     answer     running    answer     answer
51-user-input-answered                           over       over       over       unknown    over       over
52-waiting-for-approval                          approval   approval   approval   running    approval   approval
53-approval-declined                             over       over       over       unknown    over       over
54-turn-runtime-mode-is-ignored                  approval   -          -          -          -          -
60-thread-archived                               gone       -          -          -          -          -
61-thread-deleted                                gone       -          -          -          -          -
62-archived-while-running                        gone       -          -          -          -          -
63-deleted-while-running                         gone       -          -          -          -          -
70-message-over-120000-chars                     unstarted  unstarted  unknown    -          -          -
71-empty-message-text                            unstarted  unstarted  unknown    -          -          -
72-turn-start-failed-unknown-provider-instance   unstarted  unstarted  starting   unknown    failed     unstarted
73-turn-start-failed-provider-not-installed      unstarted  unstarted  starting   unknown    failed     unstarted
74-agent-binary-missing                          unstarted  unstarted  failed     -          -          -
75-agent-process-exits-at-start                  unstarted  -          -          -          -          -
76-workspace-directory-removed                   unstarted  -          -          -          -          -
80-agent-process-killed                          failed     failed     failed     -          -          -
81-agent-process-terminated                      failed     failed     failed     -          -          -
82-turn-after-agent-process-death                over       over       over       -          -          -
90-after-sigkill-restart-idle                    over       over       over       unknown    over       over
90-after-sigkill-restart-model                   running    running    running    running    running    running
90-after-sigkill-restart-question                answer     answer     answer     running    answer     answer
90-after-sigkill-restart-tool                    running    running    running    running    running    running
90-after-sigterm-restart-idle                    over       -          -          -          -          -
90-after-sigterm-restart-model                   running    -          -          -          -          -
90-after-sigterm-restart-question                answer     -          -          -          -          -
90-after-sigterm-restart-tool                    running    -          -          -          -          -
91-after-sigkill-restart-question-answered       dead       dead       unknown    unknown    over       dead
91-after-sigterm-restart-question-answered       dead       -          -          -          -          -
92-after-sigkill-restart-interrupted             dead       starting   unknown    unknown    over       over
92-after-sigterm-restart-interrupted             dead       -          -          -          -          -
93-after-sigkill-restart-new-turn                over       over       over       unknown    over       over
93-after-sigterm-restart-new-turn                over       -          -          -          -          -
94-after-sigkill-restart-session-stopped         over       over       over       unknown    over       over
94-after-sigterm-restart-session-stopped         over       -          -          -          -          -
95-after-clean-sigterm-restart-model             running    -          -          -          -          -
96-after-clean-sigterm-restart-idle              over       -          -          -          -          -
97-session-reaped-after-30-idle-minutes          over       -          -          -          -          -
";

/// Whole answers that were recorded beside the stages of a run.
const ANSWERS: &[(&str, &str)] = &[
    ("v0.0.27/auth.read-scope-snapshot", "6 starting"),
    ("v0.0.27/path.trailing-slash-snapshot", "6 starting"),
    ("v0.0.27/snapshot.empty", "0"),
    ("july/snapshot.empty", "0"),
    ("july/shell.ok", "6 starting"),
    ("july/thread-detail.ok", "1 over"),
    ("july/thread-detail.thread-without-turns", "1 starting"),
    ("fork-0.0.33/shell.ok", "6 starting"),
    ("fork-0.0.33/thread-detail.ok", "1 over"),
    ("fork-0.0.33/thread-detail.turn-limit", "1 over"),
];

/// Version folders: in the fixtures, in the full recordings, and the columns of their snapshot, shell and detail.
const VERSIONS: [(&str, &str, [&str; 3]); 3] = [
    ("v0.0.27", "v0.0.27", ["v0.0.27", "", ""]),
    ("july", "head-2026-07-20", ["july", "july-shell", ""]),
    (
        "fork-0.0.33",
        "fork-0.0.33",
        ["fork-list", "fork-shell", "fork"],
    ),
];

const STALL: TimeDelta = TimeDelta::minutes(30);

/// The state that a table gives, `None` when there is no entry.
fn expected(table: &'static str, recording: &str, column: &str) -> Option<&'static str> {
    let mut rows = table.lines().filter(|line| !line.is_empty());
    let place = rows
        .next()?
        .split_whitespace()
        .position(|name| name == column)?;
    let mut cells = rows.find_map(|row| {
        let mut cells = row.split_whitespace();
        (cells.next() == Some(recording)).then_some(cells)
    })?;
    cells.nth(place - 1).filter(|cell| *cell != "-")
}

fn word(state: &ThreadState) -> &'static str {
    match state {
        ThreadState::Waiting {
            on: WaitsFor::Answer,
        } => "answer",
        ThreadState::Waiting {
            on: WaitsFor::Approval,
        } => "approval",
        ThreadState::Failed {
            why: Failure::NotStarted(_),
        } => "unstarted",
        ThreadState::Starting
        | ThreadState::Running
        | ThreadState::Over
        | ThreadState::Failed { .. }
        | ThreadState::Dead { .. }
        | ThreadState::Gone
        | ThreadState::Unknown { .. } => state.as_str(),
    }
}

/// Reads a recorded thread as the adapter does: `shell` and the fork's snapshot as lists, the rest as whole threads.
fn read(thread: &Value, column: &str) -> Thread {
    let is_light = LIGHT.contains(&column);
    let text = thread.to_string();
    let read = if is_light {
        let snapshot = json!({"projects": [], "threads": [thread]}).to_string();
        let fleet = fleet(snapshot.as_bytes(), true, Kept::All).unwrap();
        fleet.threads.into_values().next()
    } else {
        thread_of(serde_json::from_str::<WireThread>(&text).unwrap(), true)
    };
    let read = read.expect("recorded ids are UUIDs");
    assert_eq!(read.facts.log.is_some(), !is_light, "{column}");
    read
}

/// Judges a thread in the moment of its last change.
fn judge(thread: &Thread) -> ThreadReading {
    let far = DateTime::<Utc>::MAX_UTC;
    let changed_at = thread.reading(far, TimeDelta::MAX).changed_at;
    assert!(changed_at < far, "recorded threads have times");
    thread.reading(changed_at, STALL)
}

/// Holds one recorded thread against the table, and checks what follows when nothing moves any more.
fn check(table: &'static str, thread: &Value, recording: &str, column: &str) {
    let at = format!("{recording}, {column}");
    let expected = expected(table, recording, column).unwrap_or_else(|| panic!("{at}: no entry"));
    let thread = read(thread, column);
    let reading = judge(&thread);
    assert_eq!(word(&reading.state), expected, "{at}: {reading:?}");
    for late in [
        TimeDelta::seconds(-1),
        TimeDelta::zero(),
        TimeDelta::seconds(1),
    ] {
        let later = thread
            .reading(reading.changed_at + STALL + late, STALL)
            .state;
        if expected == "running" && late >= TimeDelta::zero() {
            // The fork's list has no flags, so that a silent agent may as well wait for somebody.
            match column {
                "fork-list" | "main-list" => assert_eq!(word(&later), "unknown", "{at}"),
                _ => assert_eq!(later, ThreadState::Dead { why: Death::Silent }, "{at}"),
            }
        } else {
            assert_eq!(word(&later), expected, "{at}");
        }
    }
    let runs = matches!(expected, "running" | "answer" | "approval");
    if runs || expected == "over" {
        let shows = reading.shows_running_session() || reading.background;
        assert_eq!(shows, runs, "{at}");
    }
}

fn json_files(folder: &Path) -> Vec<(String, Value)> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read(&path).unwrap();
            (name, serde_json::from_slice(&text).unwrap())
        })
        .collect()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/t3")
}

/// The folder of full recordings, if it is there.
#[expect(
    clippy::disallowed_methods,
    reason = "a test finds its data; no configuration of the program"
)]
fn contracts() -> Option<PathBuf> {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/contracts");
    let root = std::env::var_os("AFK_CONTRACTS").map_or(usual, PathBuf::from);
    let folder = root.join("t3");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: full recordings not found in {}", folder.display());
    None
}

#[test]
fn thread_state_of_every_trimmed_recording_is_the_expected_one() {
    let mut seen = BTreeSet::new();
    for (folder, _, columns) in VERSIONS {
        for (name, stage) in json_files(&fixtures().join(folder).join("states")) {
            for (member, column) in ["snapshot", "shell", "detail"].into_iter().zip(columns) {
                if let Some(thread) = stage.get(member) {
                    check(STATES, thread, &name, column);
                    seen.insert((name.clone(), column));
                }
            }
        }
    }
    let mut rows = STATES.lines().filter(|line| !line.is_empty());
    let columns: Vec<&str> = rows.next().unwrap().split_whitespace().skip(1).collect();
    for row in rows {
        let name = row.split_whitespace().next().unwrap();
        for column in &columns {
            let entered = expected(STATES, name, column).is_some();
            let recorded = seen.contains(&(name.to_owned(), *column));
            assert_eq!(
                entered, recorded,
                "{name}, {column}: entry without a recording"
            );
        }
    }
}

#[test]
fn thread_state_of_every_full_recording_is_the_expected_one() {
    let Some(contracts) = contracts() else {
        return;
    };
    let mut checked = 0;
    for (_, folder, columns) in VERSIONS {
        let kinds = ["snapshots", "shell", "thread-detail"];
        for (kind, column) in kinds.into_iter().zip(columns) {
            for (name, recording) in json_files(&contracts.join(folder).join(kind)) {
                let body = &recording["response"]["body"];
                let listed = body["threads"].as_array();
                let thread = listed.map_or(&body["thread"], |threads| &threads[0]);
                assert_eq!(listed.map_or(1, Vec::len), 1, "{folder} {kind} {name}");
                check(STATES, thread, &name, column);
                checked += 1;
            }
        }
    }
    assert!(checked > 200, "{checked}");
}

#[test]
fn thread_state_of_every_thread_in_a_whole_answer_is_the_expected_one() {
    let mut folders = vec![];
    for (folder, full, _) in VERSIONS {
        folders.push((folder, fixtures().join(folder)));
        folders.extend(contracts().map(|contracts| (folder, contracts.join(full))));
    }
    for (folder, path) in folders {
        for (name, recording) in json_files(&path) {
            let body = &recording["response"]["body"];
            let text = body.to_string();
            let threads = if body["threads"].is_array() {
                let Fleet {
                    projects, threads, ..
                } = fleet(text.as_bytes(), true, Kept::All).unwrap();
                assert!(
                    projects
                        .iter()
                        .all(|project| project.title.starts_with("acme/"))
                );
                threads.into_values().collect()
            } else if body["thread"].is_object() {
                let detail: ThreadDetail = serde_json::from_str(&text).unwrap();
                vec![thread_of(detail.thread, true).unwrap()]
            } else {
                continue;
            };
            let states: BTreeSet<&str> = threads
                .iter()
                .map(|thread| word(&judge(thread).state))
                .collect();
            let mut ours = vec![threads.len().to_string()];
            ours.extend(states.into_iter().map(str::to_owned));
            let at = format!("{folder}/{name}");
            let entry = ANSWERS.iter().find(|(answer, _)| *answer == at);
            let (_, expected) = entry.unwrap_or_else(|| panic!("{at}: no entry"));
            assert_eq!(ours.join(" "), *expected, "{at}");
        }
    }
}

#[test]
fn thread_state_finds_the_last_words_of_an_agent() {
    let recording = json_files(&fixtures().join("july"))
        .into_iter()
        .find(|(name, _)| name == "thread-detail.ok")
        .unwrap()
        .1;
    let thread = read(&recording["response"]["body"]["thread"], "july");
    let words = thread.facts.last_words().unwrap();
    assert_eq!(words.text, "Implemented and committed. AFK-RESULT: pushed");
    assert!(!words.shortened);
}

fn thread(members: &Value) -> Value {
    let mut thread = json!({
        "id": "0635de56-f853-5817-9df6-39e052fba688",
        "projectId": "p",
        "title": "t",
        "archivedAt": null,
    });
    for (name, value) in members.as_object().unwrap() {
        thread[name] = value.clone();
    }
    thread
}

#[test]
fn thread_state_reads_values_of_wrong_types_as_absent() {
    for odd in [
        json!(null),
        json!("not a date"),
        json!(17),
        json!(-1),
        json!(1.5),
        json!(true),
        json!([{"a": [1]}]),
        json!({"a": {"b": 1}}),
    ] {
        let read = read(
            &thread(&json!({
                "createdAt": odd,
                "updatedAt": odd,
                "session": {"status": "running", "activeTurnId": 7, "lastError": 5, "updatedAt": odd},
                "latestTurn": {"turnId": "x", "state": "running", "requestedAt": odd},
                "messages": [{"id": "m", "role": "user", "text": odd, "createdAt": odd}],
                "activities": [
                    {"kind": "tool.updated", "payload": odd, "createdAt": odd},
                    {"kind": "runtime.warning", "payload": {"detail": odd, "requestId": odd}},
                    {"kind": "user-input.requested", "payload": odd, "turnId": odd},
                ],
                "checkpoints": [{"status": odd, "completedAt": odd}],
            })),
            "july",
        );
        let log = read.facts.log.as_ref().unwrap();
        assert_eq!((log.requests, log.activities, log.checkpoints), (1, 3, 1));
        let now = DateTime::UNIX_EPOCH;
        let reading = read.reading(now, STALL);
        assert_eq!(word(&reading.state), "answer");
        assert_eq!(
            reading.changed_at, now,
            "no time is known: as if it had just changed"
        );
    }
}

#[test]
fn thread_state_finds_answers_that_are_listed_before_their_questions() {
    let request =
        |kind: &str, id: &str| json!({"kind": kind, "payload": {"requestId": id}, "turnId": "x"});
    let listed = |activities: Vec<Value>| {
        let session = json!({"status": "running", "activeTurnId": "x"});
        let thread = thread(&json!({
            "session": session, "messages": [], "activities": activities, "updatedAt": "2026-01-01T00:00:00Z",
        }));
        word(&judge(&read(&thread, "july")).state)
    };
    let asked = request("approval.requested", "1");
    assert_eq!(listed(vec![asked.clone()]), "approval");
    for answer in ["approval.resolved", "provider.approval.respond.failed"] {
        assert_eq!(listed(vec![request(answer, "1"), asked.clone()]), "running");
        assert_eq!(
            listed(vec![asked.clone(), request(answer, "2")]),
            "approval"
        );
    }
}

#[test]
fn thread_state_keeps_the_end_of_long_words_only() {
    let long = format!("{}{}", "ä".repeat(5_000), "z".repeat(10));
    let ours = "afk1|github@github.com/1|2|LE_1|3|0";
    let whole = thread(&json!({"messages": [
        {"id": ours, "role": "user", "text": "x", "createdAt": "2026-01-01T00:00:00Z"},
        {"id": "a", "role": "assistant", "text": long, "createdAt": "2026-01-01T00:00:01Z"},
        {"id": "b", "role": "assistant", "text": "", "createdAt": "2026-01-01T00:00:02Z"},
    ]}));
    let snapshot = |thread: &Value| {
        let body = json!({"projects": [], "threads": [thread]}).to_string();
        let fleet = fleet(body.as_bytes(), false, Kept::All).unwrap();
        fleet.threads.into_values().next().unwrap()
    };
    let found = snapshot(&whole);
    let words = found.facts.last_words().unwrap();
    assert_eq!(words.text.chars().count(), 4_000);
    assert!(words.shortened && words.text.ends_with("äzzzzzzzzzz"));

    let mut foreign = whole;
    foreign["messages"][0]["id"] = json!("somebody's");
    assert_eq!(
        snapshot(&foreign).facts.last_words(),
        None,
        "nothing is held of foreign threads"
    );
}
