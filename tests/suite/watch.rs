//! Stories of `afk-watch`: runs followed to their end on a virtual clock.

use std::sync::Arc;

use crate::support::place::{Place, on_every_forge};
use crate::support::saga::Saga;
use crate::support::sandbox::http_server::HttpServer;
use crate::support::sandbox::slack::{self, Slack};
use crate::support::world::{HUMAN, LOCK, READY, REPO};

on_every_forge! {
    a_green_commit_lands_and_closes_the_issue,
    a_red_commit_is_repaired_by_one_corrective_turn,
    a_run_that_never_gets_green_is_frozen_after_five_turns,
    red_while_the_agent_is_still_at_work_burns_no_attempt,
    ci_that_never_starts_freezes_without_a_turn,
    an_agent_that_finishes_without_a_push_hands_back_its_last_words,
    a_stalled_agent_a_question_and_a_dead_agent_are_handed_back,
    a_removed_label_stops_the_agent_without_a_bell,
    an_issue_that_a_push_closed_is_reopened_when_it_is_handed_back,
    a_run_of_a_repository_that_left_the_allowlist_is_driven_to_its_end,
    the_kill_switch_drains,
    a_frozen_issue_waits_for_a_new_label,
    a_bell_that_does_not_ring_keeps_the_run_until_it_does,
    a_sink_that_is_down_does_not_keep_the_others_from_ringing,
    a_sink_that_is_down_does_not_make_the_others_ring_for_a_stray_at_every_tick,
}

fn has(saga: &Saga, number: u64, label: &str) -> bool {
    saga.world.labels(number).iter().any(|shown| shown == label)
}

/// Nothing of a run is left: released, unlocked, not ready.
fn assert_over(saga: &Saga, number: u64, thread: &str) {
    let view = saga.world.t3.thread(thread).unwrap();
    assert!(view.archived, "{view:?}");
    assert!(saga.world.t3.live_agents().is_empty());
    assert!(!has(saga, number, LOCK) && !has(saga, number, READY));
    assert_eq!(saga.checklist(number).len(), 1);
}

fn a_green_commit_lands_and_closes_the_issue(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    assert_eq!(saga.acted(), ("wait".to_owned(), "running".to_owned()));
    let sha = saga.push(number, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    assert_eq!(saga.acted(), ("wait".to_owned(), "over".to_owned()));
    saga.ci(&sha, "success");
    assert_eq!(
        saga.acted(),
        ("close_success".to_owned(), "over".to_owned())
    );

    assert_over(&saga, number, &thread);
    assert!(!saga.world.forge.is_open(REPO, number));
    assert!(!has(&saga, number, HUMAN));
    assert_eq!(
        saga.bells.titles(),
        [format!("[DONE] {REPO}#{number} landed")]
    );
    let title = saga.world.t3.thread(&thread).unwrap().title;
    assert!(title.ends_with(" · done (landed) · rung ntfy"), "{title}");
    // Nothing is left to do.
    assert!(saga.watch().runs.is_empty());
    assert_eq!(saga.poll().dispatched.len(), 0);
}

fn a_red_commit_is_repaired_by_one_corrective_turn(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let red = saga.push(number, &thread, "First try");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&red, "failure");
    assert_eq!(saga.acted(), ("fix_forward".to_owned(), "over".to_owned()));
    let messages = saga.world.t3.thread(&thread).unwrap().messages;
    let last = messages.last().unwrap();
    assert!(last.id.ends_with(&format!("|1|1|{red}")), "{}", last.id);
    assert!(last.text.contains("build") && last.text.contains(&red));

    saga.pass(5);
    saga.world.t3.agent_starts(&thread);
    assert_eq!(saga.acted().0, "wait");
    let green = saga.push(number, &thread, "Second try");
    saga.world.t3.agent_finishes(&thread, "Repaired.");
    saga.ci(&green, "success");
    assert_eq!(saga.acted().0, "close_success");
    assert_over(&saga, number, &thread);
    assert_eq!(saga.bells.titles().len(), 1);
    assert!(saga.checklist(number)[0].contains("_Fix-forward: 1 attempt._"));
}

fn a_run_that_never_gets_green_is_frozen_after_five_turns(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    for attempt in 0..5 {
        let red = saga.push(number, &thread, &format!("Try {attempt}"));
        saga.world.t3.agent_finishes(&thread, "Pushed.");
        saga.ci(&red, "failure");
        assert_eq!(saga.acted().0, "fix_forward", "{attempt}");
        saga.pass(5);
        saga.world.t3.agent_starts(&thread);
    }
    let red = saga.push(number, &thread, "The last try");
    saga.world.t3.agent_finishes(&thread, "I can not.");
    saga.ci(&red, "failure");
    let report = saga.watch();
    assert_eq!(report.runs[0].action, "freeze_escalate");
    assert_eq!(report.runs[0].reason.unwrap().as_str(), "budget-exhausted");
    assert_over(&saga, number, &thread);
    assert!(has(&saga, number, HUMAN));
    assert_eq!(
        saga.bells.titles(),
        [format!(
            "[FROZEN] {REPO}#{number} frozen — budget exhausted"
        )]
    );
}

fn red_while_the_agent_is_still_at_work_burns_no_attempt(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let red = saga.push(number, &thread, "First try");
    saga.ci(&red, "failure");
    assert_eq!(saga.acted(), ("wait".to_owned(), "running".to_owned()));
    assert_eq!(saga.turns(&thread), 1);
}

fn ci_that_never_starts_freezes_without_a_turn(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.push(number, &thread, "Pushed into silence");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    assert_eq!(saga.acted().0, "wait");
    saga.pass(900);
    let report = saga.watch();
    assert_eq!(report.runs[0].reason.unwrap().as_str(), "ci-silent");
    assert_over(&saga, number, &thread);
    assert!(has(&saga, number, HUMAN));
}

fn an_agent_that_finishes_without_a_push_hands_back_its_last_words(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.world
        .t3
        .agent_finishes(&thread, "I need access to the staging database.");
    assert_eq!(saga.acted().0, "wait");
    saga.pass(120);
    assert_eq!(saga.acted().0, "escalate_prepush");
    assert_over(&saga, number, &thread);
    assert!(has(&saga, number, HUMAN));
    let checklist = &saga.checklist(number)[0];
    assert!(
        checklist.contains("I need access to the staging database."),
        "{checklist}"
    );
    assert_eq!(
        saga.bells.titles(),
        [format!("[NEEDS-HUMAN] {REPO}#{number} needs a human")]
    );
}

fn a_stalled_agent_a_question_and_a_dead_agent_are_handed_back(place: Place) {
    for (what, reason, seconds) in [
        ("stalls", "agent-stalled", 1_800 + 120),
        ("asks", "agent-waiting", 600),
        ("dies", "agent-failed", 120),
    ] {
        let saga = Saga::at(place);
        let (number, thread) = saga.started();
        match what {
            "stalls" => saga.world.t3.agent_says(&thread, "Let me look."),
            "asks" => {
                saga.world.t3.agent_asks(&thread, "Which database?");
            }
            _ => saga.world.t3.agent_process_dies(&thread),
        }
        assert_eq!(saga.acted().0, "wait", "{what}");
        saga.pass(seconds);
        let mut report = saga.watch();
        assert_eq!(report.runs[0].action, "escalate_prepush", "{what} {report}");
        assert_eq!(report.runs[0].reason.unwrap().as_str(), reason, "{what}");
        // A session may take a while to stop.
        for _ in 0..3 {
            saga.world.t3.settle();
            saga.pass(60);
            report = saga.watch();
        }
        assert!(report.runs.is_empty(), "{what} {report}");
        assert_over(&saga, number, &thread);
        assert!(has(&saga, number, HUMAN));
        // Also when a later tick had to wait for the session to stop, people are told the real reason.
        let bells = saga.bells.rung();
        assert_eq!(bells.len(), 1);
        let said = bells[0]["message"].as_str().unwrap();
        assert!(said.contains(reason), "{what}: {said}");
        assert!(saga.checklist(number)[0].contains(reason), "{what}");
    }
}

fn a_removed_label_stops_the_agent_without_a_bell(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.world.forge.unlabel(REPO, number, "alice", READY);
    saga.pass(5);
    let report = saga.watch();
    assert_eq!(report.runs[0].action, "stand_down", "{report}");
    for _ in 0..3 {
        saga.world.t3.settle();
        saga.pass(60);
        saga.watch();
    }
    assert_over(&saga, number, &thread);
    assert!(!has(&saga, number, HUMAN));
    assert!(saga.bells.titles().is_empty());
    assert!(saga.world.forge.is_open(REPO, number));
}

fn an_issue_that_a_push_closed_is_reopened_when_it_is_handed_back(place: Place) {
    let mut saga = Saga::at(place);
    let (number, thread) = saga.started();
    let sha = saga.world.forge.push_commit(
        REPO,
        "afk-bot",
        &format!("Oops\n\nCloses #{number}\n\nAfk-Run: {thread}\n"),
    );
    saga.pass(5);
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    assert!(!saga.world.forge.is_open(REPO, number));
    saga.world.set("AFK_FIX_FORWARD_MAX_ATTEMPTS", "0");
    saga.ci(&sha, "failure");
    assert_eq!(saga.acted().0, "freeze_escalate");
    assert!(saga.world.forge.is_open(REPO, number));
    assert_over(&saga, number, &thread);
    assert!(has(&saga, number, HUMAN));
}

fn a_run_of_a_repository_that_left_the_allowlist_is_driven_to_its_end(place: Place) {
    let mut saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.world.add_repository("acme/other");
    saga.world.enrol(&["acme/other"]);
    let sha = saga.push(number, &thread, "Done");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");
    assert_eq!(saga.acted().0, "close_success");
    assert_over(&saga, number, &thread);
}

fn the_kill_switch_drains(place: Place) {
    let mut saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.world.set("AFK_KILL_SWITCH", "on");
    let red = saga.push(number, &thread, "First try");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&red, "failure");
    assert_eq!(saga.acted().0, "wait");
    assert_eq!(saga.turns(&thread), 1);
    let green = saga.push(number, &thread, "A person helped");
    saga.ci(&green, "success");
    assert_eq!(saga.acted().0, "close_success");
    assert_over(&saga, number, &thread);
}

fn a_frozen_issue_waits_for_a_new_label(place: Place) {
    let saga = Saga::at(place);
    let (number, _) = saga.started();
    let thread = saga.world.t3.threads()[0].clone();
    saga.world.t3.agent_finishes(&thread, "Nothing to do.");
    saga.pass(120);
    saga.watch();
    assert!(saga.poll().dispatched.is_empty());
    // Not in the second in which it was handed back: that would leave open what came last.
    saga.pass(60);
    saga.world.forge.unlabel(REPO, number, "alice", HUMAN);
    saga.world.approve(REPO, number);
    assert_eq!(saga.poll().dispatched.len(), 1);
}

fn a_bell_that_does_not_ring_keeps_the_run_until_it_does(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let sha = saga.push(number, &thread, "Done");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");
    saga.bells.is_down(true);
    let report = saga.watch();
    assert_eq!(report.failures.len(), 1, "{report}");
    assert!(has(&saga, number, LOCK));
    assert!(!saga.world.t3.thread(&thread).unwrap().archived);
    saga.bells.is_down(false);
    assert_eq!(saga.acted(), ("finish".to_owned(), "ended".to_owned()));
    assert_over(&saga, number, &thread);
    assert_eq!(saga.bells.titles().len(), 1);
}

/// A story with a second place where bells ring, which is there as long as its server.
fn with_slack(place: Place) -> (Saga, Arc<Slack>, HttpServer) {
    let mut saga = Saga::at(place);
    let slack = Slack::new();
    let server = HttpServer::start("slack", Arc::clone(&saga.world.journal), slack.clone());
    saga.world.set(
        "AFK_SLACK_WEBHOOK_URL",
        &format!("{}{}", server.url(), slack::PATH),
    );
    (saga, slack, server)
}

fn a_sink_that_is_down_does_not_keep_the_others_from_ringing(place: Place) {
    let (saga, slack, _server) = with_slack(place);
    let (number, thread) = saga.started();
    let sha = saga.push(number, &thread, "Done");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");

    saga.bells.is_down(true);
    let report = saga.watch();
    assert_eq!(report.failures.len(), 1, "{report}");
    assert_eq!(slack.messages().len(), 1);
    let title = saga.world.t3.thread(&thread).unwrap().title;
    assert!(title.ends_with(" · done (landed) · rung slack"), "{title}");

    saga.bells.is_down(false);
    assert_eq!(saga.acted().0, "finish");
    assert_eq!(slack.messages().len(), 1);
    assert_eq!(saga.bells.titles().len(), 1);
    assert_over(&saga, number, &thread);
}

fn a_sink_that_is_down_does_not_make_the_others_ring_for_a_stray_at_every_tick(place: Place) {
    let (saga, slack, _server) = with_slack(place);
    let number = saga.world.ready_issue("Reject negative sizes");
    saga.world.forge.label(REPO, number, "afk-bot", LOCK);
    let notes = |saga: &Saga| -> Vec<String> {
        let mut ours = saga.checklist(number);
        ours.retain(|comment| comment.starts_with("<!-- afk:stray "));
        ours
    };
    saga.bells.is_down(true);
    for _ in 0..3 {
        saga.pass(60);
        let report = saga.watch();
        assert_eq!(report.failures.len(), 1, "{report}");
        assert_eq!(slack.messages().len(), 1);
        let found = notes(&saga);
        assert_eq!(found.len(), 1);
        assert!(found[0].ends_with("\n<!-- afk:unrung ntfy -->\n"));
        assert!(has(&saga, number, LOCK) && !has(&saga, number, HUMAN));
    }
    saga.bells.is_down(false);
    saga.pass(60);
    let report = saga.watch();
    assert!(report.failures.is_empty(), "{report}");
    assert_eq!((slack.messages().len(), saga.bells.titles().len()), (1, 1));
    let found = notes(&saga);
    assert_eq!(found.len(), 1);
    assert!(!found[0].contains("unrung"));
    assert!(has(&saga, number, LOCK) && has(&saga, number, HUMAN));
}
