//! More stories of `afk-watch`: limits to the second, servers that restart, and people who interfere.
//!
//! The common ways to an end are in `watch.rs`, crashes in `watch_crashes.rs`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use afk::exit_code::ExitCode;
use serde_json::json;

use crate::support::place::{Place, on_every_forge};
use crate::support::saga::{Saga, words};
use crate::support::sandbox::github_checks::CheckRights;
use crate::support::sandbox::http_server::{Fault, Request, Response, Service};
use crate::support::sandbox::t3::{T3, T3Options, T3Version};
use crate::support::world::{HUMAN, LOCK, READY, REPO, WorldOptions};

on_every_forge! {
    an_agent_that_worked_for_two_hours_has_its_whole_fix_forward_budget,
    the_budget_is_over_at_its_last_second_and_not_before,
    a_commit_that_was_answered_and_stays_the_last_one_is_frozen,
    a_skip_token_is_handed_back_without_a_turn,
    a_restart_in_mid_turn_is_handed_back_after_the_stall_limit,
    a_turn_that_a_restart_lost_is_handed_back_after_fifteen_minutes,
    an_answered_question_lets_the_run_go_on,
    t3_out_of_reach_stops_the_tick_before_it_asks_anybody_else,
    a_thread_that_a_person_archived_in_mid_run_is_stopped_and_handed_back_with_one_bell,
    a_thread_that_a_person_deleted_keeps_its_repository_for_the_stall_limit,
    a_lock_of_ours_that_t3_knows_nothing_of_rings_once_and_stays,
    locks_that_somebody_else_put_on_brake_and_ring_nothing,
    a_run_whose_thread_can_not_be_read_is_no_stray,
    a_second_note_on_a_stray_is_deleted,
    a_run_that_poll_starts_between_the_reads_of_watch_is_no_stray,
    a_lock_that_an_ended_run_left_over_is_removed_in_silence,
    a_checklist_that_a_person_deleted_or_changed_is_written_anew,
    a_comment_of_a_stranger_with_our_marker_is_ignored,
    an_allocated_slot_whose_issue_is_closed_is_released_without_a_bell,
    an_issue_that_leaves_in_mid_run_stops_the_agent_without_a_bell,
    an_issue_closed_by_a_person_before_the_push_stands_down_and_stays_closed,
    green_after_the_label_was_removed_closes_without_a_bell,
    a_new_label_while_a_run_is_being_frozen_is_left_alone_and_starts_the_next,
    a_commit_that_only_references_the_issue_is_followed,
    a_dry_run_says_what_it_would_do_and_writes_nothing,
    a_repository_that_can_not_be_read_does_not_stop_the_others,
}

fn has(saga: &Saga, number: u64, label: &str) -> bool {
    saga.world.labels(number).iter().any(|shown| shown == label)
}

fn is_open(saga: &Saga, number: u64) -> bool {
    saga.world.forge.is_open(REPO, number)
}

fn title(saga: &Saga, thread: &str) -> String {
    saga.world.t3.thread(thread).unwrap().title
}

/// Ticks, ten minutes apart, until no run is looked at any more.
fn until_released(saga: &Saga) {
    for _ in 0..12 {
        saga.world.t3.settle();
        saga.pass(600);
        if saga.watch().runs.is_empty() {
            return;
        }
    }
    panic!("a run does not end: {}", saga.watch());
}

/// Released, unlocked, and nobody at work.
fn assert_released(saga: &Saga, number: u64, thread: &str) {
    let view = saga.world.t3.thread(thread).unwrap();
    assert!(view.archived || view.deleted, "{view:?}");
    assert!(saga.world.t3.live_agents().is_empty());
    assert!(!has(saga, number, LOCK));
}

fn assert_handed_back(saga: &Saga, number: u64, thread: &str) {
    assert_released(saga, number, thread);
    assert!(has(saga, number, HUMAN) && !has(saga, number, READY));
    assert!(is_open(saga, number));
    assert_eq!(saga.bells.titles().len(), 1);
}

/// A run whose agent pushed a commit and finished, before CI said anything.
fn pushed(saga: &Saga) -> (u64, String, String) {
    let (number, thread) = saga.started();
    let sha = saga.push(number, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    (number, thread, sha)
}

// Limits.

fn an_agent_that_worked_for_two_hours_has_its_whole_fix_forward_budget(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    for _ in 0..5 {
        saga.pass(1_500);
        saga.world.t3.agent_says(&thread, "Still at it.");
        assert_eq!(saga.acted(), ("wait".to_owned(), "running".to_owned()));
    }
    let red = saga.push(number, &thread, "First try");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&red, "failure");
    assert_eq!(saga.acted().0, "fix_forward");
}

fn the_budget_is_over_at_its_last_second_and_not_before(place: Place) {
    // The check concluded five seconds before `ci` returns.
    for (seconds, action) in [(3_594, "fix_forward"), (3_595, "freeze_escalate")] {
        let saga = Saga::at(place);
        let (number, thread, red) = pushed(&saga);
        saga.ci(&red, "failure");
        saga.pass(seconds);
        assert_eq!(saga.acted().0, action, "{seconds}");
        if action == "freeze_escalate" {
            assert_handed_back(&saga, number, &thread);
            assert!(title(&saga, &thread).contains(" · frozen ("));
        }
    }
}

fn a_commit_that_was_answered_and_stays_the_last_one_is_frozen(place: Place) {
    let saga = Saga::at(place);
    let (number, thread, red) = pushed(&saga);
    saga.ci(&red, "failure");
    assert_eq!(saga.acted().0, "fix_forward");
    saga.pass(5);
    saga.world.t3.agent_starts(&thread);
    saga.world
        .t3
        .agent_finishes(&thread, "I see nothing wrong.");
    saga.pass(120);
    assert_eq!(saga.decided(), words("freeze_escalate", "no-new-commit"));
    assert_handed_back(&saga, number, &thread);
}

fn a_skip_token_is_handed_back_without_a_turn(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.push(number, &thread, "Fix it [skip ci]");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    assert_eq!(saga.decided(), words("freeze_escalate", "ci-skipped"));
    assert_eq!(saga.turns(&thread), 1);
    assert_handed_back(&saga, number, &thread);
}

// The executor.

fn a_restart_in_mid_turn_is_handed_back_after_the_stall_limit(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.world.t3.restart_server(false);
    saga.pass(1_700);
    assert_eq!(saga.acted(), ("wait".to_owned(), "running".to_owned()));
    saga.pass(300);
    assert_eq!(saga.decided(), words("escalate_prepush", "agent-stalled"));
    until_released(&saga);
    assert_handed_back(&saga, number, &thread);
}

fn a_turn_that_a_restart_lost_is_handed_back_after_fifteen_minutes(place: Place) {
    let saga = Saga::at(place);
    let number = saga.world.ready_issue("Reject negative sizes");
    let report = saga.poll();
    let thread = report.dispatched[0].thread.to_string();
    saga.world.t3.restart_server(true);
    saga.pass(890);
    assert_eq!(saga.acted(), ("wait".to_owned(), "starting".to_owned()));
    saga.pass(10);
    assert_eq!(saga.decided(), words("escalate_prepush", "agent-lost"));
    until_released(&saga);
    assert_handed_back(&saga, number, &thread);
}

fn an_answered_question_lets_the_run_go_on(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let request = saga.world.t3.agent_asks(&thread, "Which database?");
    saga.pass(300);
    assert_eq!(saga.acted(), ("wait".to_owned(), "waiting".to_owned()));
    answer(&saga, &thread, &request);
    saga.pass(400);
    assert_eq!(saga.acted(), ("wait".to_owned(), "running".to_owned()));
    let sha = saga.push(number, &thread, "Done");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");
    assert_eq!(saga.decided(), words("close_success", "landed"));
    assert_released(&saga, number, &thread);
}

/// A person answers the agent's question in the web client.
fn answer(saga: &Saga, thread: &str, request: &str) {
    let command = json!({
        "type": "thread.user-input.respond",
        "commandId": "a-person-answers",
        "threadId": thread,
        "requestId": request,
        "answers": {"Which database?": "Yes"},
        "createdAt": saga.world.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
    });
    let response = saga.world.t3.answer(&Request {
        method: "POST".to_owned(),
        path: "/api/orchestration/dispatch".to_owned(),
        query: String::new(),
        headers: BTreeMap::from([
            ("authorization".to_owned(), format!("Bearer {}", T3::BEARER)),
            ("content-type".to_owned(), "application/json".to_owned()),
        ]),
        body: command.to_string().into_bytes(),
    });
    assert_eq!(response.status, 200);
}

fn t3_out_of_reach_stops_the_tick_before_it_asks_anybody_else(place: Place) {
    let saga = Saga::at(place);
    pushed(&saga);
    saga.world.journal.clear();
    saga.world.journal.intercept(|exchange| {
        if exchange.service == "t3" {
            Fault::LostRequest
        } else {
            Fault::None
        }
    });
    let report = saga.watch();
    assert_eq!(report.exit_code(), ExitCode::CouldNotStart, "{report}");
    let asked = saga.world.requests();
    assert!(
        asked.iter().all(|line| line.starts_with("t3 ")),
        "{asked:?}"
    );
}

// Strays.

fn a_thread_that_a_person_archived_in_mid_run_is_stopped_and_handed_back_with_one_bell(
    place: Place,
) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.watch();
    saga.world.t3.people_archive(&thread);
    saga.pass(60);
    let report = saga.watch();
    assert_eq!(report.exit_code(), ExitCode::Done, "{report}");
    let run = &report.runs[0];
    assert!(run.thread.is_none() && run.slot.is_none(), "{report}");
    assert_eq!(run.state, "stray");
    let view = saga.world.t3.thread(&thread).unwrap();
    assert!(!view.archived, "it is stopped first");
    assert!(title(&saga, &thread).ends_with(" · needs-human (agent-lost)"));
    saga.world.t3.settle();
    saga.pass(60);
    assert_eq!(saga.decided(), words("finish", "agent-lost"));
    assert_eq!(saga.world.t3.live_agents(), Vec::<String>::new());
    assert_handed_back(&saga, number, &thread);
    assert_eq!(
        saga.bells.titles(),
        [format!("[NEEDS-HUMAN] {REPO}#{number} needs a human")]
    );
    assert!(saga.poll().dispatched.is_empty());
}

fn a_thread_that_a_person_deleted_keeps_its_repository_for_the_stall_limit(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.watch();
    saga.world.t3.people_delete(&thread);
    saga.pass(1_790);
    let report = saga.watch();
    assert!(
        report.runs[0].detail.contains("can not be stopped"),
        "{report}"
    );
    assert!(has(&saga, number, LOCK) && saga.bells.titles().is_empty());
    saga.pass(20);
    let report = saga.watch();
    assert_eq!(report.exit_code(), ExitCode::Done, "{report}");
    assert_handed_back(&saga, number, &thread);
    let bells = saga.bells.rung();
    assert_eq!(bells.len(), 1);
    let body = bells[0]["message"].as_str().unwrap();
    assert!(body.contains("somebody has to look at the host"), "{body}");
    saga.pass(60);
    assert!(saga.watch().runs.is_empty());
}

fn a_lock_of_ours_that_t3_knows_nothing_of_rings_once_and_stays(place: Place) {
    let saga = Saga::at(place);
    let number = saga.world.ready_issue("Reject negative sizes");
    saga.world.forge.label(REPO, number, "afk-bot", LOCK);
    for _ in 0..3 {
        saga.pass(60);
        let report = saga.watch();
        assert_eq!(report.runs[0].state, "stray", "{report}");
        assert!(report.failures.is_empty(), "{report}");
        assert!(saga.poll().dispatched.is_empty());
    }
    assert!(has(&saga, number, LOCK) && has(&saga, number, HUMAN));
    assert_eq!(
        saga.bells.titles(),
        [format!("[NEEDS-HUMAN] {REPO}#{number} needs a human")]
    );
    assert_eq!(saga.checklist(number).len(), 1);
}

fn locks_that_somebody_else_put_on_brake_and_ring_nothing(place: Place) {
    let saga = Saga::at(place);
    let numbers: Vec<u64> = (0..4)
        .map(|_| saga.world.ready_issue("Reject negative sizes"))
        .collect();
    for number in &numbers {
        saga.world.forge.label(REPO, *number, "alice", LOCK);
    }
    saga.world.forge.close(REPO, numbers[0], "alice");
    for _ in 0..2 {
        saga.pass(60);
        let report = saga.watch();
        assert_eq!(report.exit_code(), ExitCode::Done, "{report}");
        assert_eq!(report.warnings.len(), 1, "{report}");
        for number in &numbers {
            assert!(
                report.warnings[0].error.contains(&format!("#{number}")),
                "{report}"
            );
        }
        assert!(saga.poll().dispatched.is_empty());
    }
    assert!(saga.bells.titles().is_empty());
    for number in numbers {
        assert!(has(&saga, number, LOCK) && !has(&saga, number, HUMAN));
        assert!(saga.checklist(number).is_empty());
    }
}

fn a_run_whose_thread_can_not_be_read_is_no_stray(place: Place) {
    let saga = Saga::with(WorldOptions {
        t3: T3Options::new(T3Version::Fork0_0_33),
        ..WorldOptions::at(place)
    });
    let (number, thread) = saga.started();
    let labels = saga.world.labels(number);
    saga.world.journal.intercept(|exchange| {
        if exchange.request.path.contains("/threads/") {
            Fault::Instead(Response::empty(503))
        } else {
            Fault::None
        }
    });
    let report = saga.watch();
    saga.world.journal.calm();
    assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
    assert!(report.runs.is_empty(), "{report}");
    assert!(saga.bells.titles().is_empty() && saga.checklist(number).is_empty());
    assert_eq!(saga.world.labels(number), labels);
    assert_eq!(saga.acted(), ("wait".to_owned(), "running".to_owned()));
    assert_eq!(saga.turns(&thread), 1);
}

fn a_second_note_on_a_stray_is_deleted(place: Place) {
    let saga = Saga::at(place);
    let number = saga.world.ready_issue("Reject negative sizes");
    saga.world.forge.label(REPO, number, "afk-bot", LOCK);
    saga.watch();
    let note = saga.checklist(number);
    saga.world.forge.comment(REPO, number, "afk-bot", &note[0]);
    saga.pass(60);
    saga.watch();
    assert_eq!(saga.checklist(number), note);
    assert_eq!(saga.bells.titles().len(), 1);
}

fn a_run_that_poll_starts_between_the_reads_of_watch_is_no_stray(place: Place) {
    /// Ends a story that is stuck; no story waits that long when all is well.
    const STUCK: Duration = Duration::from_secs(20);
    let saga = Saga::at(place);
    let number = saga.world.ready_issue("Reject negative sizes");
    let (arrive, arrived) = channel();
    let (open, opened) = channel();
    let door = Mutex::new(Some((arrive, opened)));
    // Watch has read T3, and its first request to the forge waits.
    saga.world.journal.intercept(move |exchange| {
        let held = (exchange.service == place.word())
            .then(|| door.lock().unwrap().take())
            .flatten();
        if let Some((arrive, opened)) = held {
            arrive.send(()).unwrap();
            opened.recv_timeout(STUCK).unwrap();
        }
        Fault::None
    });
    let report = std::thread::scope(|scope| {
        let watch = scope.spawn(|| saga.watch());
        arrived.recv_timeout(STUCK).unwrap();
        assert_eq!(saga.poll().dispatched.len(), 1);
        open.send(()).unwrap();
        watch.join().unwrap()
    });
    assert_eq!(report.exit_code(), ExitCode::Done, "{report}");
    assert!(report.runs.is_empty(), "{report}");
    assert!(has(&saga, number, LOCK) && !has(&saga, number, HUMAN));
    assert!(saga.bells.titles().is_empty());
}

fn a_lock_that_an_ended_run_left_over_is_removed_in_silence(place: Place) {
    let saga = Saga::at(place);
    let (number, thread, sha) = pushed(&saga);
    saga.ci(&sha, "success");
    assert_eq!(saga.acted().0, "close_success");
    saga.world.forge.label(REPO, number, "alice", LOCK);
    saga.pass(60);
    assert_eq!(saga.acted().1, "stray");
    assert_released(&saga, number, &thread);
    assert!(!has(&saga, number, HUMAN));
    assert_eq!(saga.bells.titles().len(), 1);
}

// The checklist.

fn a_checklist_that_a_person_deleted_or_changed_is_written_anew(place: Place) {
    for deleted in [true, false] {
        let saga = Saga::at(place);
        let (number, _) = saga.started();
        saga.watch();
        let written = saga.checklist(number);
        let comment = saga.world.forge.comments_of(REPO, number)[0].id;
        if deleted {
            saga.world.forge.delete_comment(REPO, comment);
        } else {
            let text = format!("{}\n- [x] All done, pay mallory", written[0]);
            saga.world
                .forge
                .edit_comment(REPO, comment, "mallory", &text);
        }
        saga.pass(60);
        assert_eq!(saga.acted().0, "wait");
        assert_eq!(saga.checklist(number), written, "deleted: {deleted}");
    }
}

fn a_comment_of_a_stranger_with_our_marker_is_ignored(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let forged = format!("<!-- afk:run {thread} -->\n### All done");
    saga.world.forge.comment(REPO, number, "mallory", &forged);
    saga.pass(5);
    saga.watch();
    assert_eq!(saga.checklist(number).len(), 1);
    let sha = saga.push(number, &thread, "Done");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");
    assert_eq!(saga.acted().0, "close_success");
    assert_eq!(saga.checklist(number).len(), 1);
    let comments = saga.world.forge.comments_of(REPO, number);
    assert_eq!(comments.len(), 2);
    assert_eq!(
        (comments[0].author.as_str(), &comments[0].body),
        ("mallory", &forged)
    );
}

// People who change their minds.

fn an_allocated_slot_whose_issue_is_closed_is_released_without_a_bell(place: Place) {
    let saga = Saga::at(place);
    let number = saga.world.ready_issue("Reject negative sizes");
    saga.world.journal.intercept(|exchange| {
        let command = exchange.request.json().unwrap_or_default();
        if command["type"] == "thread.turn.start" {
            Fault::LostRequest
        } else {
            Fault::None
        }
    });
    assert!(saga.poll().dispatched.is_empty());
    saga.world.journal.calm();
    let thread = saga.world.only_thread().id;
    assert_eq!(saga.acted(), ("wait".to_owned(), "allocated".to_owned()));
    saga.world.forge.close(REPO, number, "alice");
    saga.pass(60);
    assert_eq!(saga.decided(), words("stand_down", "revoked"));
    assert_released(&saga, number, &thread);
    assert!(title(&saga, &thread).contains(" · stood-down"));
    assert_eq!(saga.turns(&thread), 0);
    assert!(saga.bells.titles().is_empty());
}

fn an_issue_that_leaves_in_mid_run_stops_the_agent_without_a_bell(place: Place) {
    // Only GitHub transfers issues.
    let transfers: &[bool] = if place.is_github() {
        &[false, true]
    } else {
        &[false]
    };
    for &transferred in transfers {
        let saga = Saga::at(place);
        let (number, thread) = saga.started();
        if transferred {
            saga.world.add_repository("acme/other");
            saga.world
                .github
                .transfer(REPO, number, "acme/other", "alice");
        } else {
            saga.world.forge.delete_issue(REPO, number);
        }
        saga.pass(60);
        let (action, _) = saga.decided();
        assert_eq!(action, "stand_down", "transferred: {transferred}");
        until_released(&saga);
        assert!(saga.world.t3.thread(&thread).unwrap().archived);
        assert!(saga.world.t3.live_agents().is_empty());
        assert!(saga.bells.titles().is_empty());
    }
}

fn an_issue_closed_by_a_person_before_the_push_stands_down_and_stays_closed(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.world.forge.close(REPO, number, "alice");
    saga.pass(60);
    assert_eq!(saga.decided(), words("stand_down", "revoked"));
    until_released(&saga);
    assert_released(&saga, number, &thread);
    assert!(!is_open(&saga, number) && !has(&saga, number, HUMAN));
    assert!(saga.bells.titles().is_empty());
}

fn green_after_the_label_was_removed_closes_without_a_bell(place: Place) {
    let saga = Saga::at(place);
    let (number, thread, sha) = pushed(&saga);
    saga.world.forge.unlabel(REPO, number, "alice", READY);
    saga.ci(&sha, "success");
    assert_eq!(saga.decided(), words("close_success", "landed"));
    assert_released(&saga, number, &thread);
    assert!(!is_open(&saga, number));
    assert!(title(&saga, &thread).ends_with(" · done (landed)"));
    assert!(saga.bells.titles().is_empty());
}

fn a_new_label_while_a_run_is_being_frozen_is_left_alone_and_starts_the_next(place: Place) {
    let mut saga = Saga::at(place);
    saga.world.set("AFK_FIX_FORWARD_MAX_ATTEMPTS", "0");
    let (number, thread, red) = pushed(&saga);
    saga.ci(&red, "failure");
    saga.bells.is_down(true);
    assert_eq!(saga.watch().exit_code(), ExitCode::DoneWithFailures);
    saga.world.forge.unlabel(REPO, number, "alice", READY);
    saga.pass(5);
    saga.world.approve(REPO, number);
    saga.bells.is_down(false);
    assert_eq!(saga.acted().0, "finish");
    assert_released(&saga, number, &thread);
    assert!(has(&saga, number, READY) && !has(&saga, number, HUMAN));
    assert_eq!(saga.bells.titles().len(), 1);
    saga.pass(60);
    let report = saga.poll();
    assert_eq!(report.dispatched.len(), 1, "{report}");
    assert_eq!(saga.world.t3.threads().len(), 2);
}

// Commits and checks.

fn a_commit_that_only_references_the_issue_is_followed(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let sha = saga.world.forge.push_commit(
        REPO,
        "afk-bot",
        &format!("Reject negative sizes\n\nRefs {REPO}#{number}\n"),
    );
    saga.pass(5);
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");
    assert_eq!(saga.decided(), words("close_success", "landed"));
    assert_released(&saga, number, &thread);
}

#[test]
fn a_token_without_the_right_to_checks_reads_workflow_runs() {
    for (conclusion, action) in [("success", "close_success"), ("failure", "fix_forward")] {
        let saga = Saga::new();
        saga.world
            .github
            .set_check_rights(CheckRights::FINE_GRAINED);
        let (_, _, sha) = pushed(&saga);
        assert_eq!(saga.acted().0, "wait");
        saga.ci(&sha, conclusion);
        saga.world.journal.clear();
        assert_eq!(saga.acted().0, action);
        let asked = saga.world.requests();
        assert!(
            asked.iter().any(|line| line.contains("/actions/runs")),
            "{asked:?}"
        );
    }
}

// Ticks that do less.

fn a_dry_run_says_what_it_would_do_and_writes_nothing(place: Place) {
    for (conclusion, action) in [("success", "close_success"), ("failure", "fix_forward")] {
        let saga = Saga::at(place);
        let (_, _, sha) = pushed(&saga);
        saga.ci(&sha, conclusion);
        let look = || {
            (
                saga.world.t3.sequence(),
                saga.world.forge.writes(),
                saga.bells.rung().len(),
            )
        };
        let before = look();
        let report = saga.watch_as(true);
        assert_eq!(report.exit_code(), ExitCode::Done, "{report}");
        assert!(report.dry_run);
        assert_eq!(report.runs[0].action, action);
        assert_eq!(look(), before);
        assert_eq!(saga.acted().0, action);
    }
}

fn a_repository_that_can_not_be_read_does_not_stop_the_others(place: Place) {
    let mut saga = Saga::at(place);
    saga.world.add_repository("acme/other");
    saga.world.enrol(&["acme/other", REPO]);
    let (number, thread, sha) = pushed(&saga);
    saga.ci(&sha, "success");
    saga.world.forge.withdraw_repository("acme/other");
    let report = saga.watch();
    assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
    assert_eq!(report.failures.len(), 1, "{report}");
    assert_eq!(report.runs[0].action, "close_success");
    assert_released(&saga, number, &thread);
    assert!(!is_open(&saga, number));
}
