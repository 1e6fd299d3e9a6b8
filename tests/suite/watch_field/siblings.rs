//! Siblings of what was reported: the same kinds of trouble in forms that nobody reported yet.

use std::sync::atomic::{AtomicBool, Ordering};

use afk::domain::identity::{Authorisation, Slot};
use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::support::place::{Place, on_every_forge};
use crate::support::sandbox::http_server::{Exchange, Fault, Response};
use crate::support::world::{HUMAN, LOCK, READY};

on_every_forge! {
    a_closing_keyword_bears_out_no_withdrawal,
    a_message_that_names_another_repository_is_forged,
    a_halt_names_the_commit_that_nobody_judged_yet,
    a_halt_stops_agents_that_are_silent_or_wait_behind_their_push,
    a_corrective_turn_without_a_line_of_the_run_is_told_with_what_is_green,
    a_late_commit_of_a_withdrawn_run_is_said,
    a_stray_whose_note_is_refused_for_good_rings_once,
    a_pause_longer_than_all_limits_survives_a_bad_moment,
    a_persons_own_pull_request_ends_a_red_run_and_is_not_reopened,
    a_run_follows_its_number_past_a_namesake,
}

fn type_of(exchange: &Exchange) -> String {
    let command = exchange.request.json().unwrap_or_default();
    command["type"].as_str().unwrap_or_default().to_owned()
}

/// A forged withdrawal over a red commit that closed the issue by its keyword: what the run's own work closed, nobody withdrew.
fn a_closing_keyword_bears_out_no_withdrawal(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let message = format!("Do it\n\nCloses #{number}\n\nRefs {REPO}#{number}\nAfk-Run: {thread}\n");
    let sha = saga.world.forge.push_commit(REPO, "alice", &message);
    saga.pass(5);
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "failure");
    let forged = format!("{} · stood-down (revoked)", title(&saga, &thread));
    saga.world.t3.people_rename(&thread, &forged);
    let report = until_released(&saga);
    assert_eq!(code(&report), "no-new-commit", "{report}");
    assert!(is_open(&saga, number) && has(&saga, number, HUMAN));
    assert_eq!(saga.bells.titles().len(), 1);
}

/// A thread whose id is this repository's, and whose only message names another one.
fn a_message_that_names_another_repository_is_forged(place: Place) {
    for true_event in [true, false] {
        let saga = Saga::at(place);
        let (_, landed) = green(&saga);
        saga.watch();
        assert!(is_released(&saga, &landed));
        saga.pass(60);
        let number = saga.world.ready_issue("Another one");
        let forge = &saga.world.forge;
        let key = |id| saga.world.key(id);
        let thread = key(saga.world.repository_id).thread(Slot(2)).to_string();
        let event = forge.newest_label_event(REPO, number, READY).unwrap();
        let digest = Authorisation::new(&event).unwrap().digest();
        let project = saga.world.t3.projects()[0].id.clone();
        let t3 = &saga.world.t3;
        t3.people_open_thread_as(
            &thread,
            &project,
            &format!("{REPO}#{number} · run 2 · {digest}"),
        );
        let named = if true_event {
            event
        } else {
            "LE_nonsense".to_owned()
        };
        let other = key(999_999);
        let message = format!("afk1|{}|{number}|{named}|2|0", other.as_str());
        t3.people_say_as(&thread, &message, "Do it.");
        t3.agent_starts(&thread);
        saga.pass(60);
        let report = saga.watch();
        assert_eq!(code(&report), "forged", "{true_event}: {report}");
        until_released(&saga);
        assert!(saga.world.t3.live_agents().is_empty());
        assert!(saga.checklist(number).is_empty() && has(&saga, number, READY));
        assert_eq!(
            saga.bells.titles().len(),
            2,
            "of the run that landed, and of this"
        );
    }
}

/// What an agent pushes while it is stopped is said, also where a person withdrew the issue.
fn a_late_commit_of_a_withdrawn_run_is_said(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.watch();
    saga.world.forge.unlabel(REPO, number, "alice", READY);
    saga.pass(60);
    let (forge, id) = (saga.world.forge.clone(), thread.clone());
    let once = AtomicBool::new(false);
    saga.world.journal.intercept(move |exchange| {
        if type_of(exchange) == "thread.session.stop" && !once.swap(true, Ordering::SeqCst) {
            let message = format!("Late\n\nRefs {REPO}#{number}\nAfk-Run: {id}\n");
            forge.push_commit(REPO, "afk-bot", &message);
        }
        Fault::None
    });
    until_released(&saga);
    let shown = &saga.checklist(number)[0];
    assert!(
        shown.contains("came all the same, while the agent was being stopped"),
        "{shown}"
    );
    assert!(shown.contains("`late-push`"), "{shown}");
    assert!(saga.bells.titles().is_empty(), "a person did it, and knows");
}

/// A stray whose note can not be written rings once all the same: the label stands for it.
fn a_stray_whose_note_is_refused_for_good_rings_once(place: Place) {
    for (what, status) in [("/comments", 403), ("/labels", 422)] {
        let saga = Saga::at(place);
        let number = saga.world.ready_issue("Reject negative sizes");
        saga.world.forge.label(REPO, number, "afk-bot", LOCK);
        saga.world.journal.intercept(move |exchange| {
            let request = &exchange.request;
            if request.path.contains(what) && request.method != "GET" {
                let message = json!({"message": "Commenting is disabled on issues with more than 2500 comments"});
                Fault::Instead(Response::json(status, &message))
            } else {
                Fault::None
            }
        });
        for _ in 0..5 {
            saga.pass(60);
            saga.watch();
        }
        assert_eq!(saga.bells.titles().len(), 1, "{what}");
        assert_eq!(has(&saga, number, HUMAN), what == "/comments");
        assert!(has(&saga, number, LOCK));
    }
}

/// Time stands still while the provider takes no work: one bad moment in the tenth hour ends nothing.
fn a_pause_longer_than_all_limits_survives_a_bad_moment(place: Place) {
    for what in ["forge", "resume"] {
        let saga = Saga::at(place);
        let (number, thread) = saga.started();
        let reset = saga.world.clock.now() + TimeDelta::hours(10);
        let words = format!("Claude AI usage limit reached|{}", reset.timestamp());
        saga.world
            .t3
            .provider_error_looks_like_success(&thread, &words);
        saga.pass(130);
        assert_eq!(saga.acted().1, "paused");
        saga.pass(if what == "forge" {
            7 * 3_600
        } else {
            10 * 3_600
        });
        saga.world.journal.intercept(move |exchange| {
            let fails = match what {
                "forge" => exchange.service == place.word(),
                _ => type_of(exchange) == "thread.turn.start",
            };
            if fails {
                Fault::Instead(Response::json(500, &json!({"error": "internal"})))
            } else {
                Fault::None
            }
        });
        saga.watch();
        saga.world.journal.calm();
        assert!(saga.bells.titles().is_empty(), "{what}");
        assert!(!title(&saga, &thread).contains("needs-human"), "{what}");
        saga.pass(if what == "forge" { 3 * 3_600 + 60 } else { 60 });
        assert_eq!(saga.acted().0, "resume", "{what}");
        assert!(has(&saga, number, LOCK) && !has(&saga, number, HUMAN));
    }
}

/// Somebody's own pull request closes the issue after a red try of the run: a person did, and it stays closed.
fn a_persons_own_pull_request_ends_a_red_run_and_is_not_reopened(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.watch();
    let red = saga.push(number, &thread, "First try");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&red, "failure");
    let forge = &saga.world.forge;
    let pull_request = forge.pull_request(REPO, "alice", number);
    forge.merge(REPO, pull_request, "alice", number);
    saga.pass(200);
    let report = until_released(&saga);
    assert_eq!(code(&report), "revoked-red", "{report}");
    assert!(!is_open(&saga, number));
    assert_eq!(saga.turns(&thread), 1);
}

/// The repository was renamed, and somebody made another one of its old name.
fn a_run_follows_its_number_past_a_namesake(place: Place) {
    for enrolled in [vec!["acme/gizmos"], vec!["acme/gizmos", REPO]] {
        let mut saga = Saga::at(place);
        let (number, thread) = green(&saga);
        saga.world.forge.rename_repository(REPO, "acme/gizmos");
        saga.world.add_repository(REPO);
        saga.world.enrol(&enrolled);
        let report = saga.watch();
        assert_eq!(report.runs.len(), 1, "{report}");
        assert_eq!(report.runs[0].action, "close_success", "{report}");
        assert_eq!(report.runs[0].repository.full_name(), "acme/gizmos");
        assert!(is_released(&saga, &thread), "{enrolled:?}");
        assert!(!saga.world.forge.is_open("acme/gizmos", number));
        let warned = &report.warnings[0].error;
        assert!(warned.contains("it is followed by its id"), "{report}");
    }
}

fn a_halt_names_the_commit_that_nobody_judged_yet(place: Place) {
    for verdict in [None, Some("failure")] {
        let mut saga = Saga::at(place);
        let (number, thread) = saga.started();
        let sha = saga.push(number, &thread, "Reject negative sizes");
        if let Some(conclusion) = verdict {
            saga.ci(&sha, conclusion);
        }
        saga.world.set("AFK_HALT", "on");
        until_released(&saga);
        let said = bell(&saga);
        let verdict = if verdict.is_some() { "red" } else { "pending" };
        let on_branch = format!("commit {} was on the branch, {verdict}", &sha[..8]);
        assert!(said.contains(&on_branch), "{said}");
        assert!(title(&saga, &thread).contains(" · frozen (halted)"));
    }
    // Without a commit nothing is said of one.
    let mut saga = Saga::at(place);
    saga.started();
    saga.world.set("AFK_HALT", "on");
    until_released(&saga);
    assert!(!bell(&saga).contains("commit"), "{}", bell(&saga));
}

/// After a push they are not "running" any more, and alive all the same. One that is over is left to its verdict.
fn a_halt_stops_agents_that_are_silent_or_wait_behind_their_push(place: Place) {
    for is_red in [false, true] {
        for agent in ["silent", "asks", "over"] {
            let mut saga = Saga::at(place);
            let (number, thread) = saga.started();
            let sha = saga.push(number, &thread, "Reject negative sizes");
            if is_red {
                saga.ci(&sha, "failure");
            } else {
                saga.world
                    .forge
                    .start_workflow(REPO, &sha, "ci", &["build"]);
            }
            let quiet = match agent {
                "silent" => 2_400,
                "asks" => {
                    saga.world.t3.agent_asks(&thread, "Which database?");
                    660
                }
                _ => {
                    saga.world.t3.agent_finishes(&thread, "Pushed.");
                    660
                }
            };
            saga.pass(quiet);
            saga.world.set("AFK_HALT", "on");
            let report = saga.watch();
            let stops = agent != "over";
            assert_eq!(code(&report), if stops { "halted" } else { "" }, "{report}");
            if stops {
                until_released(&saga);
                assert!(saga.world.t3.live_agents().is_empty(), "{agent}");
                assert!(title(&saga, &thread).contains(" · frozen (halted)"));
            } else {
                assert_eq!(report.runs[0].action, "wait", "{report}");
            }
            assert_eq!(saga.turns(&thread), 1, "{agent}, red: {is_red}");
        }
    }
}

/// The agent repairs what it pushed and leaves the line out: the run is frozen, and people hear what there is.
fn a_corrective_turn_without_a_line_of_the_run_is_told_with_what_is_green(place: Place) {
    for conclusion in ["success", "failure"] {
        let saga = Saga::at(place);
        let (number, thread, red) = pushed(&saga);
        saga.ci(&red, "failure");
        assert_eq!(saga.acted().0, "fix_forward");
        saga.pass(5);
        saga.world.t3.agent_starts(&thread);
        let newer = saga.world.forge.push_commit(REPO, "afk-bot", "Repair it");
        saga.ci(&newer, conclusion);
        saga.world.t3.agent_finishes(&thread, "Repaired.");
        saga.pass(120);
        let report = until_released(&saga);
        assert_eq!(code(&report), "no-new-commit", "{report}");
        let line = "had a corrective turn for it, which brought no commit with the run's line";
        assert!(report.runs[0].detail.contains(line), "{report}");
        let is_green = format!("newer commit {} is green", &newer[..8]);
        for text in [bell(&saga), saga.checklist(number).remove(0)] {
            assert!(text.contains("brought no commit with the run"), "{text}");
            assert!(!text.contains("pushed nothing"), "{text}");
            assert_eq!(text.contains(&is_green), conclusion == "success", "{text}");
        }
    }
}
