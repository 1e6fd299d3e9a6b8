//! The stories of the watcher in which the forge has a part, told on each server: what CI does and does not, people who change
//! their minds, strays, checklists, and a forge that refuses or is lost. Those of T3 alone are told once, beside GitHub.

use std::sync::Arc;

use afk::exit_code::ExitCode;
use serde_json::json;

use super::everywhere;
use super::poll_stories::allocated;
use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::forgejo::state::IssuesAre;
use crate::support::sandbox::http_server::{Fault, Response};
use crate::support::world::{HUMAN, LOCK, READY, REPO};

/// More than all limits of a run together, and a day.
const PAST_EVERY_LIMIT: i64 = 3 * 86_400;

fn has(story: &ForgejoSaga, number: u64, label: &str) -> bool {
    story.labels(number).iter().any(|shown| shown == label)
}

/// A run whose agent pushed a commit and finished, before CI said anything.
fn pushed(story: &ForgejoSaga) -> (u64, String, String) {
    let (number, thread) = story.started();
    let sha = story.push(number, &thread, "Reject negative sizes");
    story.saga.world.t3.agent_finishes(&thread, "Pushed.");
    story.pass(5);
    (number, thread, sha)
}

/// A run whose agent finished without a commit, ready to be handed back.
fn without_push(story: &ForgejoSaga) -> (u64, String) {
    let (number, thread) = story.started();
    let t3 = &story.saga.world.t3;
    t3.agent_finishes(&thread, "I could not do it.");
    story.pass(130);
    (number, thread)
}

fn is_released(story: &ForgejoSaga, thread: &str) -> bool {
    story.saga.world.t3.thread(thread).unwrap().archived
}

/// Ticks, ten minutes apart, until no run is looked at any more.
fn until_released(story: &ForgejoSaga) {
    for _ in 0..12 {
        story.saga.world.t3.settle();
        story.pass(600);
        if story.saga.watch().runs.is_empty() {
            return;
        }
    }
    panic!("a run does not end: {}", story.saga.watch());
}

fn assert_over(story: &ForgejoSaga, number: u64, thread: &str) {
    assert!(is_released(story, thread), "{:?}", story.kind);
    assert!(!has(story, number, LOCK) && !has(story, number, READY));
    assert_eq!(story.own_comments(number).len(), 1);
}

#[test]
fn an_issue_that_a_push_closed_is_opened_again_when_it_is_handed_back() {
    everywhere(|story| {
        let mut story = story;
        let (number, thread) = story.started();
        let message = format!("Oops\n\nCloses #{number}\n\nAfk-Run: {thread}\n");
        let sha = story.forge.push_commit(REPO, "alice", &message);
        story.pass(5);
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        assert!(!story.forge.is_open(REPO, number));
        story.saga.world.set("AFK_FIX_FORWARD_MAX_ATTEMPTS", "0");
        story.ci(&sha, "failure");
        assert_eq!(story.acted(), "freeze_escalate");
        assert!(story.forge.is_open(REPO, number));
        assert_over(&story, number, &thread);
        assert!(has(&story, number, HUMAN));
    });
}

/// Every write whose address has this part is answered so.
fn writes_answer(story: &ForgejoSaga, part: &'static str, response: Response) {
    story.saga.world.journal.intercept(move |exchange| {
        let request = &exchange.request;
        if exchange.service == "forgejo" && request.path.contains(part) && request.method != "GET" {
            Fault::Instead(response.clone())
        } else {
            Fault::None
        }
    });
}

#[test]
fn a_run_whose_repository_is_gone_waits_and_ends_past_the_sum_of_its_limits() {
    everywhere(|story| {
        let (number, thread) = story.started();
        story.saga.watch();
        let id = story.forge.lock().state.repository_id(REPO);
        story.forge.lock().state.repositories.remove(&id);
        story.pass(60);
        let report = story.saga.watch();
        assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
        assert!(story.saga.bells.titles().is_empty());
        story.pass(PAST_EVERY_LIMIT);
        let report = story.saga.watch();
        let run = &report.runs[0];
        assert_eq!(run.action, "escalate_prepush", "{report}");
        assert_eq!(run.reason.unwrap().as_str(), "forge-lost");
        until_released(&story);
        assert!(is_released(&story, &thread));
        let bell = format!("[NEEDS-HUMAN] {REPO}#{number} needs a human");
        assert_eq!(story.saga.bells.titles(), [bell]);
    });
}

#[test]
fn a_run_whose_repository_has_its_issues_switched_off_waits_and_is_lost_past_its_limits() {
    for whereabouts in [IssuesAre::Off, IssuesAre::Elsewhere] {
        everywhere(|story| {
            let (number, thread) = story.started();
            story.saga.watch();
            let switch = |to| {
                story
                    .forge
                    .with_repository(REPO, |repository| repository.issues_are = to);
            };
            switch(whereabouts);
            story.pass(300);
            let report = story.saga.watch();
            assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
            let said = &report.failures[0].error;
            assert!(said.contains("issues are switched off"), "{report}");
            let title = story.saga.world.t3.thread(&thread).unwrap().title;
            assert!(!title.contains("stood-down"), "{:?} {title}", story.kind);
            // Switched on again, it goes on.
            switch(IssuesAre::Here);
            story.pass(60);
            assert_eq!(story.acted(), "wait");
            switch(whereabouts);
            story.pass(PAST_EVERY_LIMIT);
            let report = story.saga.watch();
            let reason = report.runs[0].reason.map(|code| code.as_str());
            assert_eq!(reason, Some("forge-lost"), "{report}");
            until_released(&story);
            let bell = format!("[NEEDS-HUMAN] {REPO}#{number} needs a human");
            assert_eq!(story.saga.bells.titles(), [bell]);
        });
    }
}

#[test]
fn issues_that_are_switched_off_in_mid_tick_are_not_deleted_issues() {
    everywhere(|story| {
        let (number, _) = story.started();
        story.saga.watch();
        story.forge.unlabel(REPO, number, "alice", LOCK);
        let forge = Arc::clone(&story.forge);
        story.saga.world.journal.observe(move |exchange| {
            if exchange.request.path.ends_with(&format!("/repos/{REPO}")) {
                forge.with_repository(REPO, |repository| repository.issues_are = IssuesAre::Off);
            }
        });
        story.pass(60);
        let report = story.saga.watch();
        story.saga.world.journal.calm();
        assert!(
            report.runs.iter().all(|run| run.action != "stand_down"),
            "{report}"
        );
    });
}

#[test]
fn an_allocated_slot_whose_issues_are_switched_off_is_kept() {
    everywhere(|story| {
        let number = allocated(&story);
        let switch = |to| {
            story
                .forge
                .with_repository(REPO, |repository| repository.issues_are = to);
        };
        switch(IssuesAre::Off);
        story.pass(30);
        assert_eq!(story.poll().failures.len(), 1);
        switch(IssuesAre::Here);
        story.pass(30);
        assert_eq!(story.starts(), [number], "{:?}", story.kind);
    });
}

#[test]
fn what_is_refused_in_the_forms_of_these_servers_costs_neither_bell_nor_release() {
    let json = |status: u16| {
        let body = json!({"message": "no", "url": "https://forge.example/api/swagger"});
        Response::json(status, &body)
    };
    for (part, response) in [
        // An archive, a locked issue, and refusals without words or with a web page.
        ("/comments", json(423)),
        ("/comments", json(403)),
        ("/comments", Response::empty(403)),
        ("/labels", json(422)),
        (
            "/labels",
            Response::text(403, "text/html", "<title>Internal server error</title>"),
        ),
        ("/issues/", json(404)),
    ] {
        everywhere(|story| {
            let (_, thread) = without_push(&story);
            writes_answer(&story, part, response.clone());
            let report = story.saga.watch();
            assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
            let status = response.status.to_string();
            let said = report.failures.iter();
            assert!(
                said.clone().any(|it| it.error.contains(&status)),
                "{report}"
            );
            assert_eq!(story.saga.bells.titles().len(), 1, "{part} {status}");
            assert!(is_released(&story, &thread), "{part} {status}: {report}");
        });
    }
}
