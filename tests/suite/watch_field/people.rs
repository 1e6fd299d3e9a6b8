//! People, bots and workflows that interfere with an issue whose run is under way.

use super::*;
use crate::support::place::{Place, on_every_forge};
use crate::support::world::{HUMAN, LOCK, READY};

on_every_forge! {
    only_persons_withdraw_a_run,
    what_a_bot_closed_is_handed_back_closed_or_open_with_its_label_and_its_bell,
    a_persons_closing_is_told_apart_from_ours_by_the_accounts_number,
    a_merged_pull_request_is_followed_as_the_runs_commit,
    a_merged_pull_request_that_is_red_gets_a_corrective_turn,
    a_persons_own_pull_request_is_a_withdrawal_where_agents_are_known,
    a_pull_request_that_may_be_an_agents_is_the_runs,
    what_a_bot_commits_is_the_runs_where_it_is_listed,
    a_pull_request_that_a_person_closed_the_issue_with_and_that_is_not_merged_is_a_withdrawal,
    an_issue_that_leaves_is_said_in_these_words,
    what_landed_rings_although_its_issue_left,
    a_red_commit_whose_issue_left_is_frozen_and_rings,
}

/// Somebody who is no person of the repository, and how they withdraw a run.
fn interfere(saga: &Saga, number: u64, what: &str) {
    let forge = &saga.world.forge;
    match what {
        "a stale bot closes" => {
            forge.add_bot("stale");
            forge.close(REPO, number, "stale");
        }
        "a workflow closes" => {
            let workflow = forge.add_workflow_account();
            forge.close(REPO, number, workflow);
        }
        "a workflow takes the label off" => {
            let workflow = forge.add_workflow_account();
            forge.unlabel(REPO, number, workflow, READY);
        }
        "a label sync takes the label off and puts it on" => {
            forge.add_bot("label-sync");
            forge.unlabel(REPO, number, "label-sync", READY);
            saga.pass(1);
            forge.label(REPO, number, "label-sync", READY);
        }
        "an agent closes" => forge.close(REPO, number, "machine"),
        "we take the label off" => forge.unlabel(REPO, number, "afk-bot", READY),
        _ => panic!("{what}"),
    }
}

fn only_persons_withdraw_a_run(place: Place) {
    for what in [
        "a stale bot closes",
        "a workflow closes",
        "a workflow takes the label off",
        "a label sync takes the label off and puts it on",
        "an agent closes",
        "we take the label off",
    ] {
        let mut saga = Saga::at(place);
        saga.world.forge.add_user("machine");
        // A bot is an App where there are Apps, and an account that has to be listed elsewhere.
        let listed = if place.is_github() {
            "Machine"
        } else {
            "Machine, Stale, label-sync"
        };
        saga.world.set("AFK_AGENT_ACCOUNTS", listed);
        let (number, thread) = saga.started();
        interfere(&saga, number, what);
        saga.pass(60);
        assert_eq!(
            saga.acted(),
            ("wait".to_owned(), "running".to_owned()),
            "{what}"
        );
        let sha = saga.push(number, &thread, "Done");
        saga.world.t3.agent_finishes(&thread, "Pushed.");
        saga.ci(&sha, "success");
        let report = saga.watch();
        assert_eq!(code(&report), "landed", "{what}: {report}");
        assert!(
            is_released(&saga, &thread) && !is_open(&saga, number),
            "{what}"
        );
        assert_eq!(
            saga.bells.titles(),
            [format!("[DONE] {REPO}#{number} landed")],
            "{what}"
        );
        assert!(!has(&saga, number, LOCK) && !has(&saga, number, HUMAN));
    }
}

fn what_a_bot_closed_is_handed_back_closed_or_open_with_its_label_and_its_bell(place: Place) {
    let mut saga = Saga::at(place);
    if !place.is_github() {
        saga.world.set("AFK_AGENT_ACCOUNTS", "stale");
    }
    let (number, thread) = saga.started();
    interfere(&saga, number, "a stale bot closes");
    saga.world.t3.agent_finishes(&thread, "I could not do it.");
    saga.pass(130);
    assert_eq!(code(&saga.watch()), "no-push");
    assert!(is_released(&saga, &thread));
    assert!(has(&saga, number, HUMAN) && !has(&saga, number, LOCK));
    assert_eq!(saga.bells.titles().len(), 1);
}

fn a_persons_closing_is_told_apart_from_ours_by_the_accounts_number(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    // Our account was renamed, and somebody took the login that became free.
    saga.world.forge.rename_account("afk-bot", "afk-machine");
    saga.world.forge.add_user("afk-bot");
    saga.world.forge.close(REPO, number, "afk-bot");
    saga.pass(60);
    assert_eq!(code(&saga.watch()), "revoked");
    until_released(&saga);
    assert!(is_released(&saga, &thread) && !is_open(&saga, number));
    assert!(saga.bells.titles().is_empty());
}

fn a_merged_pull_request_is_followed_as_the_runs_commit(place: Place) {
    for who in ["alice", "afk-bot"] {
        let saga = Saga::at(place);
        let (number, thread) = saga.started();
        let pull_request = saga.world.forge.pull_request(REPO, "afk-bot", number);
        saga.world
            .t3
            .agent_finishes(&thread, "I opened a pull request.");
        saga.pass(60);
        let merge = saga.world.forge.merge(REPO, pull_request, who, number);
        saga.pass(5);
        assert_eq!(saga.acted().0, "wait", "{who}");
        saga.ci(&merge, "success");
        let report = saga.watch();
        assert_eq!(code(&report), "landed", "{who}: {report}");
        let commit = report.runs[0].commit.as_ref().unwrap().to_string();
        assert_eq!(commit, merge);
        assert!(is_released(&saga, &thread) && !is_open(&saga, number));
        assert_eq!(
            saga.bells.titles(),
            [format!("[DONE] {REPO}#{number} landed")]
        );
    }
}

fn a_merged_pull_request_that_is_red_gets_a_corrective_turn(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let forge = &saga.world.forge;
    let pull_request = forge.pull_request(REPO, "afk-bot", number);
    saga.world
        .t3
        .agent_finishes(&thread, "I opened a pull request.");
    saga.pass(60);
    let merge = forge.merge(REPO, pull_request, "alice", number);
    saga.ci(&merge, "failure");
    assert_eq!(saga.acted().0, "fix_forward");
    saga.pass(5);
    saga.world.t3.agent_starts(&thread);
    saga.world
        .t3
        .agent_finishes(&thread, "I see nothing wrong.");
    saga.pass(130);
    assert_eq!(code(&saga.watch()), "no-new-commit");
    assert!(is_open(&saga, number), "it is handed back open");
    assert!(has(&saga, number, HUMAN) && is_released(&saga, &thread));
}

/// Somebody was faster than the agent: green, red or without any CI it is their work, and stays closed.
fn a_persons_own_pull_request_is_a_withdrawal_where_agents_are_known(place: Place) {
    for (conclusion, at_work) in [
        (Some("success"), false),
        (Some("failure"), false),
        (None, false),
        (Some("success"), true),
    ] {
        let what = format!("{conclusion:?} {at_work}");
        let mut saga = Saga::at(place);
        saga.world.forge.add_user("machine");
        saga.world.set("AFK_AGENT_ACCOUNTS", "Machine");
        let (number, thread) = saga.started();
        if !at_work {
            saga.world
                .t3
                .agent_finishes(&thread, "Somebody mended it, I pushed nothing.");
        }
        saga.pass(60);
        let forge = &saga.world.forge;
        let pull_request = forge.pull_request(REPO, "alice", number);
        let merge = forge.merge(REPO, pull_request, "alice", number);
        if let Some(conclusion) = conclusion {
            saga.ci(&merge, conclusion);
        }
        saga.pass(200);
        let report = saga.watch();
        assert_eq!(report.runs[0].action, "stand_down", "{what}: {report}");
        assert_eq!(code(&report), "revoked", "{what}: {report}");
        assert_eq!(report.runs[0].commit, None, "{what}");
        until_released(&saga);
        assert!(is_released(&saga, &thread), "{what}");
        assert!(!is_open(&saga, number) && !has(&saga, number, HUMAN));
        assert_eq!(saga.turns(&thread), 1, "{what}: only the first message");
        assert!(saga.bells.titles().is_empty(), "{what}");
    }
}

/// By an account that agents use, by ours, and by anybody's where no such account is known.
fn a_pull_request_that_may_be_an_agents_is_the_runs(place: Place) {
    for (listed, author) in [
        ("Machine", "machine"),
        ("Machine", "afk-bot"),
        ("Machine,Claude-Bot", "claude-bot"),
        ("", "alice"),
    ] {
        let mut saga = Saga::at(place);
        saga.world.forge.add_user("machine");
        saga.world.forge.add_bot("claude-bot");
        saga.world.set("AFK_AGENT_ACCOUNTS", listed);
        let (number, thread) = saga.started();
        let pull_request = saga.world.forge.pull_request(REPO, author, number);
        saga.world
            .t3
            .agent_finishes(&thread, "I opened a pull request.");
        saga.pass(60);
        let merge = saga.world.forge.merge(REPO, pull_request, "alice", number);
        saga.pass(5);
        saga.ci(&merge, "success");
        let report = saga.watch();
        assert_eq!(code(&report), "landed", "{author}: {report}");
        let commit = report.runs[0].commit.as_ref().unwrap().to_string();
        assert_eq!(commit, merge, "{author}");
    }
}

/// An App's own commits, and what is squashed of its pull requests, have it as their author.
fn what_a_bot_commits_is_the_runs_where_it_is_listed(place: Place) {
    for refers in ["Closes", "Refs"] {
        let mut saga = Saga::at(place);
        saga.world.forge.add_bot("claude-bot");
        saga.world.set("AFK_AGENT_ACCOUNTS", "Claude-Bot");
        let (number, thread) = saga.started();
        let message = format!("Reject negative sizes (#9)\n\n{refers} {REPO}#{number}\n");
        let sha = saga.world.forge.push_commit(REPO, "claude-bot", &message);
        saga.ci(&sha, "success");
        saga.world.t3.agent_finishes(&thread, "Done.");
        saga.pass(200);
        let report = saga.watch();
        assert_eq!(code(&report), "landed", "{refers}: {report}");
    }
}

fn a_pull_request_that_a_person_closed_the_issue_with_and_that_is_not_merged_is_a_withdrawal(
    place: Place,
) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let forge = &saga.world.forge;
    forge.pull_request(REPO, "afk-bot", number);
    forge.close(REPO, number, "alice");
    saga.pass(60);
    assert_eq!(code(&saga.watch()), "revoked");
    until_released(&saga);
    assert!(is_released(&saga, &thread) && saga.bells.titles().is_empty());
}

/// How an issue leaves its repository: only GitHub transfers issues.
fn ways(place: Place) -> &'static [&'static str] {
    if place.is_github() {
        &["transferred", "deleted"]
    } else {
        &["deleted"]
    }
}

/// An issue leaves its repository; the word that says how.
fn leave(saga: &Saga, number: u64, how: &str) -> &'static str {
    match how {
        "transferred" => {
            saga.world.add_repository("acme/other");
            let github = &saga.world.github;
            github.transfer(REPO, number, "acme/other", "alice");
            "the issue was transferred to another repository"
        }
        _ => {
            saga.world.forge.delete_issue(REPO, number);
            "the issue was deleted or made a discussion"
        }
    }
}

fn an_issue_that_leaves_is_said_in_these_words(place: Place) {
    for how in ways(place) {
        // While the agent works.
        let saga = Saga::at(place);
        let (number, thread) = saga.started();
        let word = leave(&saga, number, how);
        saga.pass(60);
        let report = saga.watch();
        assert_eq!(code(&report), "revoked");
        assert!(report.runs[0].detail.contains(word), "{how}: {report}");
        until_released(&saga);
        assert!(is_released(&saga, &thread) && saga.bells.titles().is_empty());
        assert!(title(&saga, &thread).ends_with(" · stood-down (revoked)"));
    }
}

fn what_landed_rings_although_its_issue_left(place: Place) {
    for how in ways(place) {
        let saga = Saga::at(place);
        let (number, thread) = green(&saga);
        leave(&saga, number, how);
        saga.pass(60);
        let report = saga.watch();
        assert_eq!(code(&report), "landed", "{how}: {report}");
        assert!(report.failures.is_empty(), "{report}");
        assert!(is_released(&saga, &thread));
        assert_eq!(
            saga.bells.titles(),
            [format!("[DONE] {REPO}#{number} landed")]
        );
    }
}

fn a_red_commit_whose_issue_left_is_frozen_and_rings(place: Place) {
    for how in ways(place) {
        let saga = Saga::at(place);
        let (number, thread, red) = pushed(&saga);
        saga.ci(&red, "failure");
        let word = leave(&saga, number, how);
        saga.pass(60);
        let report = saga.watch();
        assert_eq!(code(&report), "revoked-red", "{how}: {report}");
        assert!(report.runs[0].detail.contains(word), "{how}: {report}");
        assert!(is_released(&saga, &thread), "{report}");
        assert!(bell(&saga).contains(word), "{}", bell(&saga));
    }
}
