//! Providers that fail: runs wait and go on, nothing is handed back, nobody is rung; and agents that only write about limits.

use super::*;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::world::{HUMAN, READY};

on_each_kind_of_forge! {
    an_exhausted_quota_at_night_costs_no_issue_its_run,
    an_agent_that_writes_about_limits_was_not_stopped_by_one,
    a_provider_that_fails_again_and_again_is_given_up_in_the_end,
    a_resume_is_no_attempt_and_starts_the_clocks_anew,
    a_person_who_withdraws_a_paused_run_is_heard,
}

/// A repository of the story: one ready issue each.
fn repository(index: usize) -> String {
    format!("acme/r{index:02}")
}

/// The issue of every repository: the first one.
const NUMBER: u64 = 1;

/// The threads whose agent has a turn to take up, with their repositories.
fn started(saga: &Saga) -> Vec<(String, String)> {
    let report = saga.poll();
    assert!(report.failures.is_empty(), "{report}");
    let threads: Vec<(String, String)> = report
        .dispatched
        .iter()
        .map(|run| (run.repository.full_name(), run.thread.to_string()))
        .collect();
    saga.pass(5);
    for (_, thread) in &threads {
        saga.world.t3.agent_starts(thread);
    }
    threads
}

/// The agent of each run pushes, finishes, and CI is green.
fn work(saga: &Saga, threads: &[(String, String)]) {
    for (repository, thread) in threads {
        let message = format!("Done\n\nRefs {repository}#{NUMBER}\nAfk-Run: {thread}\n");
        let forge = &saga.world.forge;
        let sha = forge.push_commit(repository, "afk-bot", &message);
        saga.world.t3.agent_finishes(thread, "Pushed.");
        let run = forge.start_workflow(repository, &sha, "ci", &["build"]);
        forge.finish_workflow(repository, run, "success");
    }
    saga.pass(120);
}

/// At 02:00 the quota is used up with 5 runs under way and 25 issues ready.
fn an_exhausted_quota_at_night_costs_no_issue_its_run(place: Place) {
    const REPOSITORIES: usize = 30;
    let mut saga = Saga::at(place);
    let names: Vec<String> = (0..REPOSITORIES).map(repository).collect();
    for name in &names {
        saga.world.add_repository(name);
        saga.world.issue(name, "Reject negative sizes", "Please.\n");
        saga.world.forge.label(name, NUMBER, "alice", READY);
    }
    let enrolled: Vec<&str> = names.iter().map(String::as_str).collect();
    saga.world.enrol(&enrolled);
    saga.world.set("AFK_MAX_STARTS_PER_DAY", "0");
    let until = |saga: &Saga, time: &str| {
        let now = saga.world.clock.now();
        saga.pass((time.parse::<chrono::DateTime<chrono::Utc>>().unwrap() - now).num_seconds());
    };
    until(&saga, "2026-11-21T01:58:00Z");
    let first = started(&saga);
    assert_eq!(first.len(), 5);
    until(&saga, "2026-11-21T02:00:00Z");
    for (_, thread) in &first {
        saga.world
            .t3
            .provider_error_looks_like_success(thread, "You've hit your limit · resets 5am (UTC)");
    }
    // Nothing is handed back, and nothing is started, while the quota is used up.
    for time in ["02:05", "03:30", "04:59"] {
        until(&saga, &format!("2026-11-21T{time}:00Z"));
        let report = saga.watch();
        assert_eq!(report.runs.len(), 5, "{report}");
        for run in &report.runs {
            assert_eq!(
                (run.action, run.state.as_str()),
                ("wait", "paused"),
                "{report}"
            );
            assert!(run.detail.contains("2026-11-21T05:01:00Z"), "{report}");
        }
        let report = saga.poll();
        assert!(report.dispatched.is_empty(), "{time}: {report}");
        let waiting = report.repositories.iter().flat_map(|it| &it.issues);
        let codes: Vec<&str> = waiting
            .flat_map(|issue| &issue.reasons)
            .map(|reason| reason.code.as_str())
            .collect();
        assert_eq!(
            codes
                .iter()
                .filter(|code| **code == "provider-paused")
                .count(),
            REPOSITORIES - 5,
            "{time}: {report}"
        );
    }
    until(&saga, "2026-11-21T05:01:00Z");
    let report = saga.watch();
    assert!(
        report.runs.iter().all(|run| run.action == "resume"),
        "{report}"
    );
    saga.pass(5);
    for (_, thread) in &first {
        assert!(saga.world.t3.agent_starts(thread).is_some());
    }
    work(&saga, &first);
    let mut landed = 0;
    for _ in 0..12 {
        let report = saga.watch();
        assert!(report.failures.is_empty(), "{report}");
        landed += report
            .runs
            .iter()
            .filter(|run| run.action == "close_success")
            .count();
        if landed == REPOSITORIES {
            break;
        }
        work(&saga, &started(&saga));
    }
    assert_eq!(landed, REPOSITORIES);
    let titles = saga.bells.titles();
    assert_eq!(titles.len(), REPOSITORIES);
    assert!(
        titles.iter().all(|title| title.starts_with("[DONE] ")),
        "{titles:?}"
    );
    for name in &names {
        let labels = saga.world.forge.labels_of(name, NUMBER);
        assert!(!labels.iter().any(|label| label == HUMAN), "{name}");
    }
    assert_eq!(saga.world.t3.threads().len(), REPOSITORIES, "one run each");
}

/// What the run of an agent whose last message this is comes to, past the settle time.
fn outcome_of(place: Place, words: &str) -> (String, String) {
    let saga = Saga::at(place);
    let (_, thread) = saga.started();
    saga.world
        .t3
        .provider_error_looks_like_success(&thread, words);
    saga.pass(130);
    let report = saga.watch();
    let run = &report.runs[0];
    let second = match run.reason {
        Some(code) => code.as_str(),
        None => run.state.as_str(),
    };
    (run.action.to_owned(), second.to_owned())
}

fn an_agent_that_writes_about_limits_was_not_stopped_by_one(place: Place) {
    for words in [
        "I added a test that a 429 from the provider is answered with `Claude AI usage limit reached|1751234567`.",
        "The log says \"You've hit your limit · resets 3am (UTC)\" and I do not know why.",
        "I could not reproduce the issue: the server answers `API Error: 429 rate_limit_error` only under load.",
        "The README documents the error 'Credit balance is too low'. Which text do you want instead?",
        "Rate limiting is implemented in src/limit.rs; the overloaded_error case of the client is not handled yet.",
        "> You've reached your usage limit. Your limit will reset at 14:00\n\nis what the user reported; I need a reproduction.",
    ] {
        let expected = ("escalate_prepush".to_owned(), "no-push".to_owned());
        assert_eq!(outcome_of(place, words), expected, "{words}");
    }
}

fn a_provider_that_fails_again_and_again_is_given_up_in_the_end(place: Place) {
    let mut saga = Saga::at(place);
    saga.world.set("AFK_RESUME_MAX", "2");
    let (number, thread) = saga.started();
    let overloaded = r#"API Error: 529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let mut waited = Vec::new();
    for _ in 0..2 {
        let t3 = &saga.world.t3;
        t3.provider_error_looks_like_success(&thread, overloaded);
        let mut minutes = 0;
        loop {
            saga.pass(60);
            minutes += 1;
            match saga.acted() {
                (action, state) if action == "wait" => assert_eq!(state, "paused"),
                (action, _) => {
                    assert_eq!(action, "resume");
                    break;
                }
            }
        }
        waited.push(minutes);
        saga.pass(5);
        saga.world.t3.agent_starts(&thread);
    }
    assert_eq!(waited, [15, 30]);
    saga.world
        .t3
        .provider_error_looks_like_success(&thread, overloaded);
    saga.pass(60);
    assert_eq!(code(&saga.watch()), "provider-failed");
    assert!(is_released(&saga, &thread) && has(&saga, number, HUMAN));
    assert!(bell(&saga).contains("overloaded"), "{}", bell(&saga));
}

fn a_resume_is_no_attempt_and_starts_the_clocks_anew(place: Place) {
    let mut saga = Saga::at(place);
    saga.world.set("AFK_FIX_FORWARD_MAX_ATTEMPTS", "1");
    let (number, thread) = saga.started();
    saga.pass(14_000);
    saga.world.t3.agent_says(&thread, "Still at it.");
    saga.world
        .t3
        .provider_error_looks_like_success(&thread, "You've hit your limit");
    saga.pass(905);
    assert_eq!(saga.acted().0, "resume");
    saga.pass(5);
    saga.world.t3.agent_starts(&thread);
    saga.pass(1_000);
    assert_eq!(saga.acted(), ("wait".to_owned(), "running".to_owned()));
    let red = saga.push(number, &thread, "First try");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&red, "failure");
    assert_eq!(saga.acted().0, "fix_forward");
}

fn a_person_who_withdraws_a_paused_run_is_heard(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.world
        .t3
        .provider_error_looks_like_success(&thread, "You've hit your limit · resets 5am (UTC)");
    saga.pass(130);
    assert_eq!(saga.acted().1, "paused");
    saga.world.forge.unlabel(REPO, number, "alice", READY);
    saga.pass(60);
    assert_eq!(code(&saga.watch()), "revoked");
    until_released(&saga);
    assert!(is_released(&saga, &thread) && saga.bells.titles().is_empty());
    // Nothing waits for the provider any more.
    let other = saga.world.ready_issue("Another one");
    assert_eq!(saga.poll().dispatched[0].issue.0, other);
}
