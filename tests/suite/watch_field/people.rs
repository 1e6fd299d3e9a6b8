//! People, bots and workflows that interfere with an issue whose run is under way.

use super::*;
use crate::support::world::{HUMAN, LOCK, READY};

/// Somebody who is no person of the repository, and how they withdraw a run.
fn interfere(saga: &Saga, number: u64, what: &str) {
    let github = &saga.world.github;
    match what {
        "a stale bot closes" => {
            github.add_app("stale");
            github.close_because(REPO, number, "stale", "not_planned");
        }
        "a workflow closes" => {
            github.add_app("github-actions");
            github.close(REPO, number, "github-actions");
        }
        "a workflow takes the label off" => {
            github.add_app("github-actions");
            github.unlabel(REPO, number, "github-actions", READY);
        }
        "a label sync takes the label off and puts it on" => {
            github.add_app("label-sync");
            github.unlabel(REPO, number, "label-sync", READY);
            saga.pass(1);
            github.label(REPO, number, "label-sync", READY);
        }
        "an agent closes" => github.close(REPO, number, "machine"),
        "we take the label off" => github.unlabel(REPO, number, "afk-bot", READY),
        _ => panic!("{what}"),
    }
}

#[test]
fn only_persons_withdraw_a_run() {
    for what in [
        "a stale bot closes",
        "a workflow closes",
        "a workflow takes the label off",
        "a label sync takes the label off and puts it on",
        "an agent closes",
        "we take the label off",
    ] {
        let mut saga = Saga::new();
        saga.world.github.add_user("machine");
        saga.world.set("AFK_AGENT_ACCOUNTS", "Machine");
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

#[test]
fn what_a_bot_closed_is_handed_back_closed_or_open_with_its_label_and_its_bell() {
    let saga = Saga::new();
    let (number, thread) = saga.started();
    interfere(&saga, number, "a stale bot closes");
    saga.world.t3.agent_finishes(&thread, "I could not do it.");
    saga.pass(130);
    assert_eq!(code(&saga.watch()), "no-push");
    assert!(is_released(&saga, &thread));
    assert!(has(&saga, number, HUMAN) && !has(&saga, number, LOCK));
    assert_eq!(saga.bells.titles().len(), 1);
}

#[test]
fn a_persons_closing_is_told_apart_from_ours_by_the_accounts_number() {
    let saga = Saga::new();
    let (number, thread) = saga.started();
    // Our account was renamed, and somebody took the login that became free.
    saga.world.github.rename_account("afk-bot", "afk-machine");
    saga.world.github.add_user("afk-bot");
    saga.world.github.close(REPO, number, "afk-bot");
    saga.pass(60);
    assert_eq!(code(&saga.watch()), "revoked");
    until_released(&saga);
    assert!(is_released(&saga, &thread) && !is_open(&saga, number));
    assert!(saga.bells.titles().is_empty());
}

#[test]
fn a_merged_pull_request_is_followed_as_the_runs_commit() {
    for who in ["alice", "afk-bot"] {
        let saga = Saga::new();
        let (number, thread) = saga.started();
        let pull_request =
            saga.world
                .github
                .make_pull_request(REPO, "afk-bot", "Reject negative sizes");
        saga.world
            .t3
            .agent_finishes(&thread, "I opened a pull request.");
        saga.pass(60);
        let merge = saga
            .world
            .github
            .merge_closing(REPO, pull_request, who, number);
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

#[test]
fn a_merged_pull_request_that_is_red_gets_a_corrective_turn() {
    let saga = Saga::new();
    let (number, thread) = saga.started();
    let github = &saga.world.github;
    let pull_request = github.make_pull_request(REPO, "afk-bot", "Reject negative sizes");
    saga.world
        .t3
        .agent_finishes(&thread, "I opened a pull request.");
    saga.pass(60);
    let merge = github.merge_closing(REPO, pull_request, "alice", number);
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

#[test]
fn a_pull_request_that_a_person_closed_the_issue_with_and_that_is_not_merged_is_a_withdrawal() {
    let saga = Saga::new();
    let (number, thread) = saga.started();
    let github = &saga.world.github;
    github.make_pull_request(REPO, "afk-bot", "Reject negative sizes");
    github.close(REPO, number, "alice");
    saga.pass(60);
    assert_eq!(code(&saga.watch()), "revoked");
    until_released(&saga);
    assert!(is_released(&saga, &thread) && saga.bells.titles().is_empty());
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
            saga.world.github.delete_issue(REPO, number);
            "the issue was deleted or made a discussion"
        }
    }
}

#[test]
fn an_issue_that_leaves_is_said_in_these_words() {
    for how in ["transferred", "deleted"] {
        // While the agent works.
        let saga = Saga::new();
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

#[test]
fn what_landed_rings_although_its_issue_left() {
    for how in ["transferred", "deleted"] {
        let saga = Saga::new();
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

#[test]
fn a_red_commit_whose_issue_left_is_frozen_and_rings() {
    for how in ["transferred", "deleted"] {
        let saga = Saga::new();
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
