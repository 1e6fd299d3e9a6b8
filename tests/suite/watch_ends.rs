//! Runs that must end whatever happens to their forge, their thread or their bells.

use std::sync::Arc;

use afk::exit_code::ExitCode;
use serde_json::json;

use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::saga::{Saga, words};
use crate::support::sandbox::http_server::{Fault, HttpServer, Response};
use crate::support::sandbox::slack::{self, Slack};
use crate::support::sandbox::t3::Workspace;
use crate::support::world::{HUMAN, LOCK, READY, REPO};

on_each_kind_of_forge! {
    while_the_branch_is_gone_it_is_not_known_what_was_pushed,
    a_branch_that_stays_away_ends_the_run_with_its_limit,
    without_the_branch_being_gone_no_commit_is_no_push,
    a_run_follows_its_repository_to_another_name,
    the_next_start_after_a_rename_says_which_directory_is_the_repositorys,
    a_run_whose_forge_is_lost_waits_and_ends_past_the_sum_of_its_limits,
    what_the_forge_refuses_for_good_costs_neither_bell_nor_release,
    what_may_pass_is_waited_for,
    no_bell_waits_for_a_forge_that_takes_no_writes,
    a_forge_that_takes_no_writes_for_good_holds_no_run,
    a_sink_that_refuses_for_good_is_given_up_and_holds_nobody,
    an_end_that_somebody_wrote_is_believed_only_on_evidence,
    a_thread_that_names_two_issues_is_ended_and_nothing_is_written_to_either,
    an_ended_run_that_a_person_archived_before_its_bell_is_finished,
    a_commit_that_comes_while_the_agent_is_stopped_is_said,
    a_usage_limit_pauses_a_run_and_it_goes_on_by_itself,
    refused_credentials_are_not_resumed,
    halt_stops_every_live_agent_and_hands_its_run_back,
    a_corrective_turn_whose_message_was_reverted_is_sent_under_the_next_step,
}

/// Run limit, fix-forward and both limits of CI together, and a minute.
const PAST_EVERY_LIMIT: i64 = 14_400 + 3_600 + 900 + 5_400 + 60;

fn has(saga: &Saga, number: u64, label: &str) -> bool {
    saga.world.labels(number).iter().any(|shown| shown == label)
}

fn title(saga: &Saga, thread: &str) -> String {
    saga.world.t3.thread(thread).unwrap().title
}

fn is_released(saga: &Saga, thread: &str) -> bool {
    saga.world.t3.thread(thread).unwrap().archived
}

fn is_open(saga: &Saga, number: u64) -> bool {
    saga.world.forge.is_open(REPO, number)
}

/// A run whose agent pushed a green commit and finished.
fn green(saga: &Saga) -> (u64, String) {
    let (number, thread) = saga.started();
    let sha = saga.push(number, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");
    (number, thread)
}

/// A run whose agent finished without a push, for longer than the settle time.
fn without_push(saga: &Saga) -> (u64, String) {
    let (number, thread) = saga.started();
    saga.world.t3.agent_finishes(&thread, "I could not do it.");
    saga.pass(130);
    (number, thread)
}

/// Every write to a comment, a label or a state is answered like this.
fn writes_answer(saga: &Saga, what: &'static str, status: u16, message: &'static str) {
    saga.world.journal.intercept(move |exchange| {
        let request = &exchange.request;
        if request.path.contains(what) && request.method != "GET" {
            Fault::Instead(Response::json(status, &json!({"message": message})))
        } else {
            Fault::None
        }
    });
}

// Renames and forges that can not be read.

fn a_run_follows_its_repository_to_another_name(place: Place) {
    for enrolled in [REPO, "acme/gizmos"] {
        let mut saga = Saga::at(place);
        let (number, thread) = green(&saga);
        saga.world.forge.rename_repository(REPO, "acme/gizmos");
        saga.world.set("AFK_ALLOWLIST", enrolled);
        let report = saga.watch();
        assert_eq!(report.exit_code(), ExitCode::Done, "{report}");
        assert_eq!(report.runs.len(), 1, "{report}");
        let run = &report.runs[0];
        assert_eq!(run.action, "close_success", "{report}");
        assert_eq!(run.repository.full_name(), "acme/gizmos");
        assert!(is_released(&saga, &thread));
        assert!(!saga.world.forge.is_open("acme/gizmos", number));
        assert_eq!(
            saga.bells.titles(),
            [format!("[DONE] acme/gizmos#{number} landed")]
        );
        let warned: Vec<&str> = report
            .warnings
            .iter()
            .map(|warning| warning.error.as_str())
            .collect();
        if enrolled == REPO {
            assert_eq!(warned.len(), 1, "{report}");
            assert!(
                warned[0].contains("put acme/gizmos on AFK_ALLOWLIST"),
                "{report}"
            );
        } else {
            assert!(warned.is_empty(), "{report}");
        }
    }
}

/// The clone stays where it is: nobody makes a second one beside it, and the report says how to go on.
fn the_next_start_after_a_rename_says_which_directory_is_the_repositorys(place: Place) {
    let mut saga = Saga::at(place);
    green(&saga);
    saga.watch();
    let root = saga.world.t3.projects()[0].workspace_root.clone();
    saga.world.forge.rename_repository(REPO, "acme/gizmos");
    saga.world.set("AFK_ALLOWLIST", "acme/gizmos");
    let next = saga.world.issue("acme/gizmos", "Sort the list", "Please.");
    saga.world.approve("acme/gizmos", next);
    saga.pass(600);
    let report = saga.poll();
    assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
    let said = report.failures[0].error.as_str();
    assert!(
        said.contains(&format!(
            "set \"workspace\": \"{root}\" for {}:acme/gizmos in AFK_REPOS",
            place.word()
        )),
        "{said}"
    );
    saga.world.set(
        "AFK_REPOS",
        &format!(r#"{{"acme/gizmos": {{"workspace": "{root}"}}}}"#),
    );
    let report = saga.poll();
    assert_eq!(report.dispatched.len(), 1, "{report}");
    assert_eq!(report.dispatched[0].issue.to_string(), next.to_string());
    assert_eq!(saga.world.t3.projects().len(), 1);
}

fn a_run_whose_forge_is_lost_waits_and_ends_past_the_sum_of_its_limits(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.watch();
    saga.world.forge.disable_issues(REPO);
    saga.pass(60);
    let report = saga.watch();
    assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
    assert_eq!(report.runs[0].action, "wait");
    assert!(
        report.runs[0]
            .detail
            .contains("it is ended without its forge after"),
        "{report}"
    );
    assert!(saga.bells.titles().is_empty());
    saga.pass(PAST_EVERY_LIMIT);
    let report = saga.watch();
    let run = &report.runs[0];
    assert_eq!(run.action, "escalate_prepush", "{report}");
    assert_eq!(run.reason.map(|code| code.as_str()), Some("forge-lost"));
    for _ in 0..2 {
        saga.world.t3.settle();
        saga.pass(60);
        saga.watch();
    }
    assert!(title(&saga, &thread).contains(" · needs-human (forge-lost) · rung ntfy"));
    assert!(is_released(&saga, &thread) && saga.world.t3.live_agents().is_empty());
    assert_eq!(
        saga.bells.titles(),
        [format!("[NEEDS-HUMAN] {REPO}#{number} needs a human")]
    );
}

// Writes that are refused for good.

fn what_the_forge_refuses_for_good_costs_neither_bell_nor_release(place: Place) {
    for (what, status, message) in [
        (
            "/comments",
            403,
            "Unable to create comment because issue is locked.",
        ),
        (
            "/comments",
            403,
            "Commenting is disabled on issues with more than 2500 comments",
        ),
        ("/labels", 422, "Validation Failed"),
        ("/labels", 410, "Issues are disabled for this repo"),
        ("/issues/", 403, "Repository was archived so is read-only."),
    ] {
        let saga = Saga::at(place);
        let (_, thread) = without_push(&saga);
        writes_answer(&saga, what, status, message);
        let report = saga.watch();
        assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
        assert!(
            report.failures.iter().any(|it| it.error.contains(message)),
            "{report}"
        );
        assert_eq!(saga.bells.titles().len(), 1, "{message}");
        assert!(is_released(&saga, &thread), "{message}: {report}");
    }
}

fn what_may_pass_is_waited_for(place: Place) {
    for (status, message) in [
        (401, "Bad credentials"),
        (500, "Server Error"),
        (503, "Unavailable"),
    ] {
        let saga = Saga::at(place);
        let (number, thread) = without_push(&saga);
        writes_answer(&saga, "/labels", status, message);
        let report = saga.watch();
        assert!(!report.failures.is_empty(), "{report}");
        assert!(!is_released(&saga, &thread), "{status}");
        saga.world.journal.calm();
        saga.pass(60);
        assert_eq!(saga.decided(), words("finish", "no-push"));
        assert!(is_released(&saga, &thread) && has(&saga, number, HUMAN));
        assert_eq!(saga.bells.titles().len(), 1, "{status}");
    }
}

fn no_bell_waits_for_a_forge_that_takes_no_writes(place: Place) {
    for (status, message) in [
        (500, "Server Error"),
        (502, "Bad Gateway"),
        (503, "Unavailable"),
    ] {
        for landed in [false, true] {
            let saga = Saga::at(place);
            let (number, thread) = if landed {
                green(&saga)
            } else {
                without_push(&saga)
            };
            writes_answer(&saga, "/comments", status, message);
            let report = saga.watch();
            assert!(!report.failures.is_empty(), "{report}");
            assert_eq!(saga.bells.titles().len(), 1, "{status}: {report}");
            assert!(!is_released(&saga, &thread), "{status}");
            saga.world.journal.calm();
            saga.pass(60);
            saga.watch();
            assert!(is_released(&saga, &thread), "{status}");
            assert_eq!(is_open(&saga, number), !landed, "{status}");
            assert_eq!(saga.bells.titles().len(), 1, "{status}");
        }
    }
}

/// Past all its limits and a day more; what is missing is done when the lock label makes a stray of its issue.
fn a_forge_that_takes_no_writes_for_good_holds_no_run(place: Place) {
    for what in ["/comments", "/labels"] {
        let saga = Saga::at(place);
        let (number, thread) = without_push(&saga);
        writes_answer(&saga, what, 502, "Bad Gateway");
        saga.watch();
        assert!(!is_released(&saga, &thread), "{what}");
        saga.pass(PAST_EVERY_LIMIT + 86_400);
        let report = saga.watch();
        assert!(is_released(&saga, &thread), "{what}: {report}");
        assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
        saga.world.journal.calm();
        saga.pass(60);
        saga.watch();
        assert!(!has(&saga, number, LOCK), "{what}");
        assert!(has(&saga, number, HUMAN), "{what}");
        assert_eq!(saga.bells.titles().len(), 1, "{what}");
    }
}

// Sinks.

fn a_sink_that_refuses_for_good_is_given_up_and_holds_nobody(place: Place) {
    for (status, word) in [
        (404, "no_service"),
        (410, "channel_is_archived"),
        (403, "invalid_token"),
    ] {
        let mut saga = Saga::at(place);
        let slack = Slack::new();
        let server = HttpServer::start("slack", Arc::clone(&saga.world.journal), slack.clone());
        let address = format!("{}{}", server.url(), slack::PATH);
        saga.world.set("AFK_SLACK_WEBHOOK_URL", &address);
        let (_, thread) = green(&saga);
        slack.refuse_next(status, word);
        let report = saga.watch();
        assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
        let title = title(&saga, &thread);
        assert!(
            title.ends_with(" · done (landed) · rung ntfy,!slack"),
            "{title}"
        );
        assert!(is_released(&saga, &thread), "{report}");
        assert!(slack.messages().is_empty());
        saga.pass(60);
        assert!(saga.watch().failures.is_empty());
    }
}

// Ends that stand in a title.

fn an_end_that_somebody_wrote_is_believed_only_on_evidence(place: Place) {
    for written in [
        "done (landed)",
        "done",
        "stood-down",
        "stood-down (revoked)",
    ] {
        let saga = Saga::at(place);
        let (number, thread) = without_push(&saga);
        let forged = format!("{} · {written}", title(&saga, &thread));
        saga.world.t3.people_rename(&thread, &forged);
        let report = saga.watch();
        assert!(report.failures.is_empty(), "{report}");
        assert!(is_open(&saga, number), "{written}: {report}");
        assert!(has(&saga, number, HUMAN) && !has(&saga, number, READY));
        assert!(
            title(&saga, &thread).contains(" · needs-human (no-push)"),
            "{report}"
        );
        assert_eq!(
            saga.bells.titles(),
            [format!("[NEEDS-HUMAN] {REPO}#{number} needs a human")]
        );
        assert!(is_released(&saga, &thread));
    }
}

fn a_thread_that_names_two_issues_is_ended_and_nothing_is_written_to_either(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = without_push(&saga);
    let other = saga.world.ready_issue("Another one");
    let forged = title(&saga, &thread).replace(&format!("#{number} "), &format!("#{other} "));
    saga.world.t3.people_rename(&thread, &forged);
    let labels = (saga.world.labels(number), saga.world.labels(other));
    let report = saga.watch();
    assert_eq!(
        report.runs[0].reason.map(|code| code.as_str()),
        Some("forged"),
        "{report}"
    );
    assert!(is_released(&saga, &thread));
    assert_eq!(
        (saga.world.labels(number), saga.world.labels(other)),
        labels
    );
    assert!(saga.checklist(number).is_empty() && saga.checklist(other).is_empty());
    assert_eq!(saga.bells.titles().len(), 1);
}

fn an_ended_run_that_a_person_archived_before_its_bell_is_finished(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = green(&saga);
    saga.bells.is_down(true);
    saga.watch();
    assert!(title(&saga, &thread).ends_with(" · done (landed)"));
    saga.world.t3.people_archive(&thread);
    saga.bells.is_down(false);
    saga.pass(60);
    let report = saga.watch();
    assert_eq!(report.exit_code(), ExitCode::Done, "{report}");
    assert_eq!(
        saga.bells.titles(),
        [format!("[DONE] {REPO}#{number} landed")]
    );
    assert!(!is_open(&saga, number) && !has(&saga, number, LOCK));
    assert!(title(&saga, &thread).ends_with(" · done (landed) · rung ntfy"));
    saga.pass(60);
    assert!(saga.watch().runs.is_empty());
}

fn a_commit_that_comes_while_the_agent_is_stopped_is_said(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = without_push(&saga);
    let (forge, id) = (saga.world.forge.clone(), thread.clone());
    saga.world.journal.intercept(move |exchange| {
        let command = exchange.request.json().unwrap_or_default();
        if command["type"] == "thread.session.stop" {
            let message = format!("Late\n\nRefs {REPO}#{number}\nAfk-Run: {id}\n");
            forge.push_commit(REPO, "afk-bot", &message);
        }
        Fault::None
    });
    let report = saga.watch();
    saga.world.journal.calm();
    saga.world.t3.settle();
    saga.pass(60);
    let report = if is_released(&saga, &thread) {
        report
    } else {
        saga.watch()
    };
    assert_eq!(
        report.runs[0].reason.map(|code| code.as_str()),
        Some("late-push"),
        "{report}"
    );
    let comment = saga.checklist(number).pop().unwrap();
    assert!(comment.contains("(`late-push`)"), "{comment}");
    assert!(comment.contains("came all the same"), "{comment}");
    assert!(title(&saga, &thread).contains(" · needs-human (no-push)"));
    let body = saga.bells.rung()[0]["message"].as_str().unwrap().to_owned();
    assert!(body.contains("came all the same"), "{body}");
}

// Providers, halt.

fn a_usage_limit_pauses_a_run_and_it_goes_on_by_itself(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let limit = "You've hit your limit · resets 3am (UTC)";
    saga.world
        .t3
        .provider_error_looks_like_success(&thread, limit);
    saga.pass(130);
    let report = saga.watch();
    let run = &report.runs[0];
    assert_eq!(
        (run.action, run.state.as_str()),
        ("wait", "paused"),
        "{report}"
    );
    assert_eq!(saga.turns(&thread), 1);
    saga.pass(24 * 3_600);
    assert_eq!(saga.acted().0, "resume");
    assert_eq!(saga.turns(&thread), 2);
    saga.pass(5);
    saga.world.t3.agent_starts(&thread);
    let sha = saga.push(number, &thread, "Done");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");
    assert_eq!(saga.decided(), words("close_success", "landed"));
    assert_eq!(
        saga.bells.titles(),
        [format!("[DONE] {REPO}#{number} landed")]
    );
}

fn refused_credentials_are_not_resumed(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let refused = "Invalid API key · Please run /login";
    saga.world
        .t3
        .provider_error_looks_like_success(&thread, refused);
    saga.pass(130);
    assert_eq!(saga.decided(), words("escalate_prepush", "provider-failed"));
    assert_eq!(saga.turns(&thread), 1);
    assert!(has(&saga, number, HUMAN));
}

fn halt_stops_every_live_agent_and_hands_its_run_back(place: Place) {
    let mut saga = Saga::at(place);
    let (number, thread) = saga.started();
    saga.world.set("AFK_HALT", "yes");
    assert_eq!(saga.decided(), words("escalate_prepush", "halted"));
    for _ in 0..2 {
        saga.world.t3.settle();
        saga.pass(60);
        saga.watch();
    }
    assert!(saga.world.t3.live_agents().is_empty() && is_released(&saga, &thread));
    assert!(title(&saga, &thread).contains(" · needs-human (halted) · rung ntfy"));
    assert!(has(&saga, number, HUMAN) && !has(&saga, number, LOCK));
}

fn a_corrective_turn_whose_message_was_reverted_is_sent_under_the_next_step(place: Place) {
    let saga = Saga::at(place);
    let number = saga.world.ready_issue("Reject negative sizes");
    let thread = saga.poll().dispatched[0].thread.to_string();
    // Only git workspaces have checkpoints to go back to.
    let root = saga.world.t3.projects()[0].workspace_root.clone();
    let workspace = Workspace::Git { remote: None };
    saga.world.t3.place_workspace(&root, workspace);
    saga.pass(5);
    saga.world.t3.agent_starts(&thread);
    saga.pass(5);
    let red = saga.push(number, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&red, "failure");
    assert_eq!(saga.acted().0, "fix_forward");
    saga.pass(5);
    saga.world.t3.agent_starts(&thread);
    saga.world.t3.agent_finishes(&thread, "Hm.");
    saga.world.t3.people_revert(&thread, 1);
    saga.pass(130);
    assert_eq!(saga.turns(&thread), 1);
    assert_eq!(saga.acted().0, "fix_forward");
    assert_eq!(saga.turns(&thread), 2);
    let steps: Vec<String> = saga
        .world
        .t3
        .thread(&thread)
        .unwrap()
        .messages
        .iter()
        .filter(|message| message.role == "user")
        .filter_map(|message| message.id.split('|').nth(5).map(str::to_owned))
        .collect();
    assert_eq!(steps, ["0", "2"]);
}

/// The configured branch, and what became of it.
const ON_DEVELOP: &str = r#"{"acme/widgets": {"branch": "develop"}}"#;

/// A run that pushed to `develop`, which was then renamed.
fn renamed_branch(place: Place) -> (Saga, u64, String) {
    let mut saga = Saga::at(place);
    saga.world.set("AFK_REPOS", ON_DEVELOP);
    saga.world.forge.set_default_branch(REPO, "develop");
    let (number, thread) = saga.started();
    let sha = saga.push(number, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");
    saga.world.forge.set_default_branch(REPO, "main");
    saga.pass(600);
    (saga, number, thread)
}

fn while_the_branch_is_gone_it_is_not_known_what_was_pushed(place: Place) {
    let (saga, number, thread) = renamed_branch(place);
    let report = saga.watch();
    assert_eq!(report.runs[0].action, "wait", "{report}");
    assert_eq!(report.warnings.len(), 1, "{report}");
    let warning = &report.warnings[0].error;
    assert!(warning.contains("no branch 'develop'"), "{warning}");
    // It comes back.
    saga.world.forge.set_default_branch(REPO, "develop");
    saga.pass(60);
    let report = saga.watch();
    assert_eq!(report.runs[0].action, "close_success", "{report}");
    assert!(report.warnings.is_empty(), "{report}");
    assert!(saga.world.t3.thread(&thread).unwrap().archived);
    assert!(!saga.is_open(number));
}

fn a_branch_that_stays_away_ends_the_run_with_its_limit(place: Place) {
    let (saga, _, _) = renamed_branch(place);
    assert_eq!(saga.acted().0, "wait");
    saga.pass(14_400);
    let report = saga.watch();
    let run = &report.runs[0];
    assert_eq!(run.action, "escalate_prepush", "{report}");
    assert_eq!(run.reason.map_or("", |code| code.as_str()), "run-limit");
    assert!(
        report.warnings[0].error.contains("no branch 'develop'"),
        "{report}"
    );
}

fn without_the_branch_being_gone_no_commit_is_no_push(place: Place) {
    let saga = Saga::at(place);
    let (_, thread) = saga.started();
    saga.world.t3.agent_finishes(&thread, "Nothing to do.");
    saga.pass(600);
    let report = saga.watch();
    assert_eq!(report.runs[0].action, "escalate_prepush", "{report}");
    assert!(report.warnings.is_empty(), "{report}");
}
