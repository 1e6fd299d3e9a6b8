//! Forges that move, forget, and withhold.

use std::sync::Arc;

use afk::exit_code::ExitCode;
use serde_json::{Value, json};

use super::*;
use crate::support::place::{Place, on_every_forge};
use crate::support::sandbox::http_server::{HttpServer, Response, Service};
use crate::support::world::{HUMAN, LOCK, READY};

on_every_forge! {
    a_run_follows_its_forge_to_another_address,
    nothing_starts_beside_a_run_whose_forge_has_another_address,
    another_forge_with_the_same_numbers_is_not_the_runs,
    a_repository_that_was_deleted_and_made_again_is_another_one,
    a_repository_that_is_gone_is_waited_for_and_then_given_up,
    a_halt_and_a_bell_wait_for_no_forge,
    what_ended_and_can_not_be_read_afterwards_is_not_released_unwritten,
    a_renamed_repository_is_not_lost_for_one_bad_moment,
}

/// The same forge under another address. It is there as long as its server.
fn moves(saga: &mut Saga) -> HttpServer {
    let journal = Arc::clone(&saga.world.journal);
    let place = saga.world.place;
    let server = HttpServer::start(place.word(), journal, saga.world.forge.service());
    saga.world.set(&place.key("URL"), &server.url());
    server
}

fn a_run_follows_its_forge_to_another_address(place: Place) {
    for finished in [true, false] {
        let mut saga = Saga::at(place);
        let (number, thread) = if finished {
            green(&saga)
        } else {
            saga.started()
        };
        let _server = moves(&mut saga);
        let report = saga.watch();
        assert_eq!(report.exit_code(), ExitCode::Done, "{report}");
        let warned = &report.warnings[0].error;
        assert!(warned.contains("it is followed"), "{report}");
        if finished {
            assert_eq!(report.runs[0].action, "close_success", "{report}");
            assert!(is_released(&saga, &thread) && !is_open(&saga, number));
            assert_eq!(
                saga.bells.titles(),
                [format!("[DONE] {REPO}#{number} landed")]
            );
        } else {
            assert_eq!(report.runs[0].action, "wait", "{report}");
            // Withdrawn through the new address.
            saga.world.forge.unlabel(REPO, number, "alice", READY);
            saga.pass(60);
            assert_eq!(saga.decided().0, "stand_down");
            until_released(&saga);
            assert!(is_released(&saga, &thread));
            assert!(saga.world.t3.live_agents().is_empty());
        }
    }
}

fn nothing_starts_beside_a_run_whose_forge_has_another_address(place: Place) {
    let mut saga = Saga::at(place);
    let (number, _) = saga.started();
    let other = saga.world.ready_issue("Another one");
    // Also where a person took the brake off.
    saga.world.forge.unlabel(REPO, number, "alice", LOCK);
    let _server = moves(&mut saga);
    let report = saga.poll();
    assert!(report.dispatched.is_empty(), "{report}");
    assert_eq!(saga.world.t3.threads().len(), 1, "{report}");
    assert!(has(&saga, other, READY));
}

fn another_forge_with_the_same_numbers_is_not_the_runs(place: Place) {
    let mut saga = Saga::at(place);
    let (_, thread) = saga.started();
    // Another installation, with a repository and an issue of the same numbers.
    let stranger = Saga::at(place);
    let there = stranger.world.issue(REPO, "Something else", "Please.\n");
    stranger.world.add_repository("acme/other");
    let elsewhere = stranger.world.issue("acme/other", "Another", "Please.\n");
    for label in ["bug", "red", "blue", "green"] {
        stranger
            .world
            .forge
            .label("acme/other", elsewhere, "alice", label);
    }
    stranger.world.approve(REPO, there);
    let (url, token) = (stranger.world.forge_url(), place.key("TOKEN"));
    saga.world.set(&place.key("URL"), &url);
    saga.world.set(&token, &stranger.world.settings[&token]);
    let before = stranger.world.forge.writes();
    let report = saga.watch();
    assert_eq!(report.runs[0].action, "wait", "{report}");
    saga.pass(PAST_EVERY_LIMIT);
    assert_eq!(code(&saga.watch()), "forge-lost");
    until_released(&saga);
    assert!(is_released(&saga, &thread));
    assert_eq!(saga.bells.titles().len(), 1);
    assert_eq!(stranger.world.forge.writes(), before);
}

fn a_repository_that_was_deleted_and_made_again_is_another_one(place: Place) {
    let saga = Saga::at(place);
    let (_, old) = saga.started();
    saga.world.forge.delete_repository(REPO);
    let new_id = saga.world.add_repository(REPO);
    let number = saga.world.ready_issue("In the new repository");
    // The old run is no reason to wait, and nothing of it is written to the new repository.
    let report = saga.poll();
    assert_eq!(report.dispatched.len(), 1, "{report}");
    assert_eq!(report.dispatched[0].slot.0, 1);
    let new = report.dispatched[0].thread.to_string();
    assert_ne!(new, old);
    let project = saga.world.t3.thread(&new).unwrap().project;
    let roots = saga.world.t3.projects();
    let root = roots.iter().find(|it| it.id == project).unwrap();
    assert!(
        root.workspace_root.ends_with(&format!("-{new_id}")),
        "{root:?}"
    );
    saga.pass(5);
    saga.world.t3.agent_starts(&new);
    let report = saga.watch();
    assert_eq!(report.runs.len(), 2, "{report}");
    assert!(saga.bells.titles().is_empty());
    saga.pass(600);
    let sha = saga.push(number, &new, "Done");
    saga.world.t3.agent_finishes(&new, "Pushed.");
    saga.ci(&sha, "success");
    saga.watch();
    assert!(is_released(&saga, &new) && !is_released(&saga, &old));
    saga.pass(PAST_EVERY_LIMIT);
    let report = saga.watch();
    assert_eq!(code(&report), "forge-lost");
    until_released(&saga);
    assert!(is_released(&saga, &old) && saga.world.t3.live_agents().is_empty());
    assert!(title(&saga, &old).contains(" · needs-human (forge-lost) · rung ntfy"));
    assert_eq!(saga.bells.titles().len(), 2);
    assert!(!has(&saga, number, HUMAN));
}

fn a_repository_that_is_gone_is_waited_for_and_then_given_up(place: Place) {
    for deleted in [true, false] {
        let saga = Saga::at(place);
        let (_, thread) = saga.started();
        if deleted {
            saga.world.forge.delete_repository(REPO);
        } else {
            saga.world.forge.withdraw_repository(REPO);
        }
        saga.pass(60);
        let report = saga.watch();
        assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
        assert_eq!(report.runs[0].action, "wait", "{report}");
        saga.pass(PAST_EVERY_LIMIT);
        assert_eq!(code(&saga.watch()), "forge-lost");
        until_released(&saga);
        assert!(is_released(&saga, &thread) && saga.world.t3.live_agents().is_empty());
        assert_eq!(saga.bells.titles().len(), 1, "deleted: {deleted}");
    }
}

/// From now on the run's issue can not be read, and all else can.
fn withhold_issue(saga: &Saga, number: u64) {
    if saga.world.place.is_github() {
        return withhold(saga, "/i0");
    }
    let part = format!("/issues/{number}");
    saga.world.journal.intercept(move |exchange| {
        let request = &exchange.request;
        if exchange.service == "forgejo" && request.method == "GET" && request.path.contains(&part)
        {
            Fault::Instead(Response::empty(500))
        } else {
            Fault::None
        }
    });
}

/// From now on the value at `path` below the story's repository is withheld: null, with an error
/// whose path leads to it.
fn withhold(saga: &Saga, path: &'static str) {
    let github = Arc::clone(&saga.world.github);
    saga.world.journal.intercept(move |exchange| {
        if exchange.service != "github" || exchange.request.path != "/graphql" {
            return Fault::None;
        }
        let answer = github.answer(&exchange.request);
        let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if body["data"]["r0"]["nameWithOwner"] != REPO {
            return Fault::Instead(answer);
        }
        match body["data"]["r0"].pointer_mut(path) {
            Some(value) => *value = Value::Null,
            None => return Fault::Instead(answer),
        }
        let mut steps = vec![json!("r0")];
        steps.extend(path.split('/').skip(1).map(|step| {
            step.parse::<u64>()
                .map_or_else(|_| json!(step), |index| json!(index))
        }));
        let error = json!({"path": steps, "type": "FORBIDDEN", "message": "SAML enforcement"});
        body["errors"] = json!([error]);
        Fault::Instead(Response::json(200, &body))
    });
}

/// Where something may be withheld, and whether the first run may still land on what is left.
const WITHHELD: &[(&str, bool)] = &[
    ("/i0/timelineItems/nodes/2/closer", true),
    ("/i0/timelineItems/nodes/2/actor", true),
    ("/i0/timelineItems/nodes/2", true),
    ("/i0/timelineItems/nodes/1/actor", true),
    ("/i0/comments/nodes/0", true),
    ("/i0/comments/nodes/0/editor", true),
    ("/i0/comments/nodes/0/body", true),
    ("/i0/labels/nodes/0", true),
    ("/locked/nodes/0", true),
    ("/locked/nodes/0/title", true),
    ("/locked", true),
    ("/defaultBranchRef", true),
    ("/head/target/history/nodes/0/author", true),
    ("/head/target/history/nodes/0/author/name", true),
    // What must be known before anything is done.
    ("/i0/timelineItems/nodes/0", false),
    ("/i0/timelineItems/nodes/0/label", false),
    ("/i0/timelineItems", false),
    ("/i0/comments", false),
    ("/i0/state", false),
    ("/i0", false),
    ("/head/target/history/nodes/0", false),
    ("/head/target/history", false),
    ("/head/target", false),
    ("/head", false),
];

#[test]
fn what_is_withheld_costs_a_fact_and_no_other_run() {
    for (path, lands) in WITHHELD {
        let mut saga = Saga::new();
        saga.world.add_repository("acme/zebras");
        saga.world.enrol(&[REPO, "acme/zebras"]);
        saga.world.github.add_app("stale");
        let (first, thread) = green(&saga);
        saga.world.github.close(REPO, first, "stale");
        let second = saga
            .world
            .issue("acme/zebras", "The other one", "Please.\n");
        saga.world.approve("acme/zebras", second);
        let other = saga.poll().dispatched[0].thread.to_string();
        saga.pass(5);
        saga.world.t3.agent_starts(&other);
        saga.world.t3.agent_finishes(&other, "Pushed.");
        let sha = saga.world.github.push_commit(
            "acme/zebras",
            "afk-bot",
            &format!("Done\n\nRefs acme/zebras#{second}\nAfk-Run: {other}\n"),
        );
        let run = saga
            .world
            .github
            .start_workflow("acme/zebras", &sha, "ci", &["build"]);
        saga.pass(60);
        saga.world
            .github
            .finish_workflow("acme/zebras", run, "success");
        saga.pass(60);
        withhold(&saga, path);
        let report = saga.watch();
        assert!(
            is_released(&saga, &other),
            "{path} costs the other run: {report}"
        );
        assert_eq!(is_released(&saga, &thread), *lands, "{path}: {report}");
        // Nothing is decided on silence, and nothing is left behind.
        saga.world.journal.calm();
        saga.pass(60);
        saga.watch();
        assert!(is_released(&saga, &thread), "{path}");
        assert!(
            !has(&saga, first, LOCK) && !has(&saga, first, HUMAN),
            "{path}"
        );
        assert!(title(&saga, &thread).contains(" · done (landed)"), "{path}");
    }
}

fn a_halt_and_a_bell_wait_for_no_forge(place: Place) {
    // The whole forge, or the one issue, can not be read; the agent works, or is silent for long.
    for (whole, quiet) in [(true, 60), (false, 60), (true, 2_400), (false, 2_400)] {
        let mut saga = Saga::at(place);
        let (number, thread) = saga.started();
        saga.watch();
        saga.pass(quiet);
        saga.world.set("AFK_HALT", "on");
        if whole {
            lose(&saga, place.word());
        } else {
            withhold_issue(&saga, number);
        }
        for _ in 0..3 {
            saga.pass(60);
            saga.watch();
            saga.world.t3.settle();
        }
        assert!(saga.world.t3.live_agents().is_empty(), "whole: {whole}");
        assert!(title(&saga, &thread).ends_with(" · needs-human (halted) · rung ntfy"));
        assert!(bell(&saga).contains("AFK_HALT"), "{}", bell(&saga));
        // The release waits, so that the issue is not forgotten.
        assert!(!is_released(&saga, &thread));
        saga.world.journal.calm();
        saga.pass(60);
        assert_eq!(saga.decided(), ("finish".to_owned(), "halted".to_owned()));
        assert!(is_released(&saga, &thread));
        assert!(has(&saga, number, HUMAN) && !has(&saga, number, LOCK));
        assert_eq!(saga.bells.titles().len(), 1);
    }
}

fn what_ended_and_can_not_be_read_afterwards_is_not_released_unwritten(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.world.t3.agent_finishes(&thread, "I could not do it.");
    saga.pass(130);
    saga.bells.is_down(true);
    saga.watch();
    assert!(title(&saga, &thread).ends_with(" · needs-human (no-push)"));
    saga.bells.is_down(false);
    withhold_issue(&saga, number);
    saga.pass(60);
    let report = saga.watch();
    assert_eq!(saga.bells.titles().len(), 1, "{report}");
    assert!(!is_released(&saga, &thread), "{report}");
    saga.world.journal.calm();
    saga.pass(60);
    saga.watch();
    assert!(is_released(&saga, &thread) && has(&saga, number, HUMAN));
    assert_eq!(saga.bells.titles().len(), 1);
}

/// A new name is an answer: what fails then is the reading under that name, and that is asked once more.
fn a_renamed_repository_is_not_lost_for_one_bad_moment(place: Place) {
    use std::sync::atomic::{AtomicUsize, Ordering};

    let saga = Saga::at(place);
    let (_, thread) = saga.started();
    saga.world.forge.rename_repository(REPO, "acme/gizmos");
    saga.pass(PAST_EVERY_LIMIT);
    // The first reading tells the new name. Then nothing is heard, also not when the call is repeated.
    let asked = AtomicUsize::new(0);
    saga.world.journal.intercept(move |exchange| {
        let document = String::from_utf8_lossy(&exchange.request.body).into_owned();
        if exchange.service == place.word() && document.contains("query Watch") {
            match asked.fetch_add(1, Ordering::SeqCst) {
                1 | 2 => return Fault::Instead(Response::empty(502)),
                _ => {}
            }
        }
        Fault::None
    });
    let report = saga.watch();
    assert_eq!(report.runs.len(), 1, "{report}");
    assert_eq!(report.runs[0].repository.full_name(), "acme/gizmos");
    assert_ne!(
        report.runs[0].reason.map(|code| code.as_str()),
        Some("forge-lost"),
        "{report}"
    );
    assert!(!title(&saga, &thread).contains("forge-lost"));
}
