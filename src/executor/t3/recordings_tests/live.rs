//! The recordings of 2026-11-28 (`contracts/t3/LIVE.md`): background commands, restarts, and what happens to threads while their
//! agents work.

use super::*;
use crate::domain::run::provider_failure::StopCause;

/// What each recording shows. Columns: snapshot of 0.0.27; snapshot (which lists no messages), shell and thread detail of
/// upstream main.
///
/// `stoptool.01` is the reason why "over" is no end: the agent and its command are alive, and only "stopped" is proof.
const STATES: &str = "
recording                               live-0.0.27  main-list    main-shell   main
archive.01-tool-runs                    running      running      running      running
archive.02-archived                     gone         gone         -            -
archive.03-archived-stop-sent           gone         gone         -            -
archive.04-archived-interrupt-sent      gone         gone         -            -
archive.05-archived-meta-updated        gone         gone         -            -
archive.06-unarchived                   running      running      running      running
archive.07-unarchived-interrupt-sent    failed       unknown      over         over
archive.08-unarchived-stop-sent         failed       unknown      over         over
archive.09-archived-again               gone         gone         -            -
bg.01-turn-over-command-runs            running      unknown      running      running
bg.02-woken-turn-runs                   running      running      running      running
bg.03-woken-turn-over                   over         unknown      over         over
bgstop.01-turn-over-command-runs        running      unknown      running      running
bgstop.02-stopped                       running      unknown      running      running
bgstop2.01-stop-4s                      running      unknown      running      running
bgstop2.02-command-over                 over         unknown      over         over
delete.01-deleted                       gone         gone         -            -
delete.02-deleted-stop-sent             gone         gone         -            -
delete.03-deleted-meta-updated          gone         gone         -            -
mode.01-full-access                     over         unknown      over         over
mode.02-approval-required               over         unknown      over         over
mode.03-turn-full-access-sent           approval     running      approval     approval
other.01-9s                             starting     starting     starting     starting
other.02-after-command-over             over         unknown      over         over
restart.01-tool-runs                    running      running      running      running
restart.02-restarted                    running      unknown      failed       failed
restart.03-restarted-10s                running      unknown      failed       failed
restart.04-gone-on                      over         unknown      over         over
revert.01-two-turns                     over         unknown      over         over
revert.02-reverted                      over         unknown      over         over
revert.03-turn-2-replayed               over         unknown      over         over
revert.04-turn-2-new-command            over         unknown      over         over
stoptool.01-stop-4s                     over         unknown      over         over
stoptool.02-command-over                over         unknown      over         over
";

/// Version folders: in the fixtures, in the full recordings, and the columns of their snapshot, shell and detail.
const FOLDERS: [(&str, &str, [&str; 3]); 2] = [
    ("live-0.0.27", "v0.0.27", ["live-0.0.27", "", ""]),
    (
        "live-main",
        "main-2026-08-21",
        ["main-list", "main-shell", "main"],
    ),
];

fn recorded(folder: &str, stage: &str, member: &str) -> Value {
    let path = fixtures()
        .join(folder)
        .join("states")
        .join(format!("{stage}.json"));
    let stage: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    stage[member].clone()
}

/// The two servers' whole threads at one stage.
fn both(stage: &str) -> [Thread; 2] {
    [
        read(&recorded("live-0.0.27", stage, "snapshot"), "live-0.0.27"),
        read(&recorded("live-main", stage, "detail"), "main"),
    ]
}

#[test]
fn thread_state_of_every_trimmed_live_recording_is_the_expected_one() {
    let mut checked = 0;
    for (folder, _, columns) in FOLDERS {
        for (name, stage) in json_files(&fixtures().join(folder).join("states")) {
            for (member, column) in ["snapshot", "shell", "detail"].into_iter().zip(columns) {
                match stage.get(member) {
                    Some(thread) => {
                        check(STATES, thread, &name, column);
                        checked += 1;
                    }
                    None if column.is_empty() => {}
                    None => assert_eq!(expected(STATES, &name, column), None, "{name}, {column}"),
                }
            }
        }
    }
    assert_eq!(checked, 120);
}

#[test]
fn thread_state_of_every_full_live_recording_is_the_expected_one() {
    let Some(contracts) = contracts() else {
        return;
    };
    let mut checked = 0;
    for (_, folder, columns) in FOLDERS {
        let kinds = ["snapshots", "shell", "thread-detail"];
        for (kind, column) in kinds.into_iter().zip(columns) {
            let path = contracts.join("live-2026-11-28").join(folder).join(kind);
            for (name, recording) in json_files(&path) {
                let body = &recording["response"]["body"];
                let thread = if body["threads"].is_array() {
                    body["threads"].get(0)
                } else {
                    body.get("thread")
                };
                if let Some(thread) = thread {
                    check(STATES, thread, &name, column);
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, 120);
}

#[test]
fn thread_state_waits_for_what_runs_in_the_background_and_for_nothing_after_a_stop() {
    for (stage, runs) in [
        ("bg.01-turn-over-command-runs", true),
        ("bg.02-woken-turn-runs", false),
        ("bg.03-woken-turn-over", false),
        ("bgstop2.01-stop-4s", true),
        ("bgstop2.02-command-over", false),
    ] {
        for thread in both(stage) {
            let reading = judge(&thread);
            assert_eq!(reading.background, runs, "{stage}");
            let alive = runs || stage.starts_with("bg.02");
            assert_eq!(reading.may_hold_live_agent(STALL), alive, "{stage}");
        }
    }
    // The light list of newer servers says so by itself.
    let shell = read(
        &recorded("live-main", "bg.01-turn-over-command-runs", "shell"),
        "main-shell",
    );
    assert_eq!(shell.facts.background.as_deref(), Some("monitoring"));
}

#[test]
fn thread_state_tells_a_session_that_did_not_survive_a_restart() {
    let thread = read(
        &recorded("live-main", "restart.02-restarted", "detail"),
        "main",
    );
    let reading = judge(&thread);
    let stop = reading.stop.as_ref().unwrap();
    assert_eq!(stop.cause, StopCause::Restart);
    assert_eq!(
        stop.said,
        "Provider session did not survive a server restart. Send a new message to continue."
    );
    let orphan = TimeDelta::seconds(600);
    let last_sign: DateTime<Utc> = "2026-11-28T17:36:02.093Z".parse().unwrap();
    assert_eq!(stop.resume_at(3, orphan), Some(last_sign + orphan));
    assert_eq!(reading.may_live_on_until(orphan), Some(last_sign + orphan));
    assert!(!stop.cause.is_of_the_provider(), "it pauses nothing else");
    // Nothing tells on the older server; the stall limit does.
    let silent = read(
        &recorded("live-0.0.27", "restart.03-restarted-10s", "snapshot"),
        "live-0.0.27",
    );
    assert_eq!(judge(&silent).stop, None);
    // It went on.
    for thread in both("restart.04-gone-on") {
        let reading = judge(&thread);
        assert_eq!((reading.stop, reading.restarted_under_it), (None, None));
    }
}

#[test]
fn thread_state_of_an_agent_that_did_its_work_is_no_stop() {
    for (folder, _, columns) in FOLDERS {
        for (name, stage) in json_files(&fixtures().join(folder).join("states")) {
            for (member, column) in ["snapshot", "shell", "detail"].into_iter().zip(columns) {
                let Some(thread) = stage.get(member).filter(|_| !column.is_empty()) else {
                    continue;
                };
                let stop = judge(&read(thread, column)).stop;
                let restarted = name.starts_with("restart.02") || name.starts_with("restart.03");
                let told = restarted && matches!(column, "main" | "main-shell");
                assert_eq!(stop.is_some(), told, "{name}, {column}: {stop:?}");
            }
        }
    }
}

#[test]
fn facts_of_a_thread_tell_its_mode_and_when_it_was_released() {
    for thread in both("mode.03-turn-full-access-sent") {
        assert_eq!(
            thread.facts.runtime_mode.as_deref(),
            Some("approval-required")
        );
        let waits = thread.facts.unanswered_question().unwrap();
        assert!(waits.starts_with("Bash: "), "{waits}");
    }
    for folder in ["live-0.0.27", "live-main"] {
        let column = if folder == "live-main" {
            "main-list"
        } else {
            folder
        };
        let deleted = read(&recorded(folder, "delete.01-deleted", "snapshot"), column);
        assert!(deleted.facts.deleted && deleted.facts.deleted_at.is_some());
        let archived = read(&recorded(folder, "archive.02-archived", "snapshot"), column);
        assert!(archived.facts.archived && archived.facts.archived_at.is_some());
        assert_eq!(archived.facts.deleted_at, None);
        // What the session of a released thread says is no proof of anything, and is told all the same.
        assert!(judge(&archived).shows_running_session());
    }
}

#[test]
fn facts_of_a_thread_that_was_reverted_still_say_that_it_was_started() {
    for mut thread in both("revert.02-reverted") {
        assert!(thread.facts.is_started());
        // Nothing is left but the turn, or but the agent's words.
        let log = thread.facts.log.as_mut().unwrap();
        log.ours.clear();
        log.answers = 0;
        assert!(thread.facts.is_started());
        thread.facts.latest_turn = None;
        assert!(!thread.facts.is_started());
        thread.facts.log.as_mut().unwrap().answers = 1;
        assert!(thread.facts.is_started());
    }
}
