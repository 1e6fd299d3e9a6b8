//! Agents that live on, threads that forget, and T3 servers that restart.

use afk::domain::identity::Slot;
use chrono::TimeDelta;

use super::*;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::sandbox::t3::{StartFailure, T3Options, T3Version};
use crate::support::world::{HUMAN, LOCK, READY};

on_each_kind_of_forge! {
    an_agent_whose_command_runs_in_the_background_is_at_work,
    a_stop_beside_a_background_command_is_sent_last_and_once_and_is_not_waited_for,
    a_background_command_is_stopped_at_the_runs_limits_and_by_halt,
    a_background_command_that_never_ends_holds_nobody_for_ever_and_the_bell_says_where_to_look,
    a_provider_that_is_out_is_heard_beside_a_background_command,
    after_a_restart_the_orphan_is_waited_for_and_the_run_goes_on,
    what_an_orphan_pushes_is_said_and_nothing_is_released_before_it_ended_where_t3_tells,
    a_restart_pauses_nothing_else,
    an_agent_whose_thread_was_deleted_is_waited_for_and_the_bell_says_where_to_look,
    a_thread_that_was_cut_is_started_and_goes_on_under_the_next_free_step,
    a_thread_that_was_cut_can_be_ended_although_its_step_ids_are_burnt,
    a_gap_below_a_live_run_is_a_warning_and_never_filled,
    yesterdays_commit_does_not_land_an_issue_of_today,
    an_agents_clock_that_is_behind_costs_no_commit,
    an_unanswered_question_is_quoted_by_every_later_tick,
    a_missing_workspace_directory_is_said_with_t3s_own_words,
    a_run_that_uses_more_tokens_than_it_may_is_stopped_and_handed_back,
    tokens_that_are_not_told_are_unknown_and_no_limit,
}

// Work in the background (t3 1 and 9).

fn an_agent_whose_command_runs_in_the_background_is_at_work(place: Place) {
    for t3 in live() {
        let saga = saga_of(place, t3);
        let (number, thread) = saga.started();
        let task = saga.world.t3.agent_starts_background(&thread, "make test");
        saga.world.t3.agent_finishes(&thread, "The tests run.");
        saga.pass(170);
        assert_eq!(saga.acted(), ("wait".to_owned(), "running".to_owned()));
        saga.world.t3.background_ends(&thread, &task);
        saga.pass(5);
        assert_eq!(saga.acted(), ("wait".to_owned(), "running".to_owned()));
        let sha = saga.push(number, &thread, "Done");
        saga.world.t3.woken_agent_finishes(&thread, "Pushed.");
        saga.ci(&sha, "success");
        assert_eq!(saga.decided().1, "landed");
        assert!(is_released(&saga, &thread));
        assert_eq!(saga.bells.titles().len(), 1);
    }
}

fn a_stop_beside_a_background_command_is_sent_last_and_once_and_is_not_waited_for(place: Place) {
    for t3 in live() {
        let mut saga = saga_of(place, t3);
        saga.world.add_repository("acme/zebras");
        saga.world.enrol(&[REPO, "acme/zebras"]);
        let (number, thread) = saga.started();
        let second = saga
            .world
            .issue("acme/zebras", "The other one", "Please.\n");
        saga.world.approve("acme/zebras", second);
        let other = saga.poll().dispatched[0].thread.to_string();
        saga.pass(5);
        saga.world.t3.agent_starts(&other);
        let task = saga.world.t3.agent_starts_background(&thread, "sleep 3600");
        saga.world.t3.agent_finishes(&thread, "It runs.");
        saga.world.forge.unlabel(REPO, number, "alice", READY);
        saga.world
            .forge
            .unlabel("acme/zebras", second, "alice", READY);
        saga.pass(60);
        saga.world.journal.clear();
        saga.watch();
        let stops: Vec<String> = saga
            .world
            .journal
            .exchanges()
            .iter()
            .filter(|it| command(it) == "thread.session.stop")
            .map(|it| {
                it.request.json().unwrap()["threadId"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        assert_eq!(
            stops,
            [other.clone(), thread.clone()],
            "background comes last"
        );
        for _ in 0..3 {
            saga.pass(60);
            saga.world.journal.clear();
            let report = saga.watch();
            assert!(
                report
                    .runs
                    .iter()
                    .any(|run| run.detail.contains("background")),
                "{report}"
            );
            let again = saga.world.journal.exchanges();
            let sent = again
                .iter()
                .filter(|it| command(it) == "thread.session.stop")
                .filter(|it| it.request.json().unwrap()["threadId"] == thread.as_str())
                .count();
            assert_eq!(sent, 0, "{report}");
            assert!(!is_released(&saga, &thread), "{report}");
        }
        saga.world.t3.background_ends(&thread, &task);
        saga.world.t3.settle();
        saga.pass(60);
        until_released(&saga);
        assert!(is_released(&saga, &thread) && is_released(&saga, &other));
        assert!(saga.bells.titles().is_empty());
    }
}

fn a_background_command_is_stopped_at_the_runs_limits_and_by_halt(place: Place) {
    for halt in [true, false] {
        let mut saga = saga_of(place, T3Options::v0_0_27_live());
        let (number, thread) = saga.started();
        let task = saga
            .world
            .t3
            .agent_starts_background(&thread, "sleep 99999");
        saga.world.t3.agent_finishes(&thread, "It runs.");
        saga.pass(60);
        assert_eq!(saga.acted().1, "running");
        let expected = if halt {
            saga.world.set("AFK_HALT", "on");
            "halted"
        } else {
            saga.world.set("AFK_STALL_SECONDS", "20000");
            saga.pass(14_400);
            "run-limit"
        };
        assert_eq!(code(&saga.watch()), expected);
        assert!(!is_released(&saga, &thread));
        saga.world.t3.background_ends(&thread, &task);
        saga.world.t3.settle();
        saga.pass(60);
        until_released(&saga);
        assert!(is_released(&saga, &thread) && has(&saga, number, HUMAN));
        assert!(title(&saga, &thread).contains(&format!("({expected})")));
    }
}

fn a_background_command_that_never_ends_holds_nobody_for_ever_and_the_bell_says_where_to_look(
    place: Place,
) {
    for t3 in live() {
        for withdrawn in [false, true] {
            let saga = saga_of(place, t3.clone());
            let (number, thread) = saga.started();
            saga.world
                .t3
                .agent_starts_background(&thread, "npm run dev");
            saga.world.t3.agent_finishes(&thread, "It runs.");
            saga.pass(60);
            if withdrawn {
                saga.world.forge.unlabel(REPO, number, "alice", READY);
                saga.watch();
            }
            let mut stops = 0;
            for _ in 0..61 {
                assert!(!is_released(&saga, &thread));
                saga.pass(60);
                saga.world.journal.clear();
                saga.watch();
                stops += saga
                    .world
                    .journal
                    .exchanges()
                    .iter()
                    .filter(|it| command(it) == "thread.session.stop")
                    .count();
                if is_released(&saga, &thread) {
                    break;
                }
            }
            // The first one may have been lost in a crash: it is repeated once, where nobody waits any longer.
            assert_eq!(stops, if withdrawn { 1 } else { 2 });
            assert!(is_released(&saga, &thread) && !has(&saga, number, LOCK));
            if withdrawn {
                assert!(saga.bells.titles().is_empty());
            } else {
                assert!(bell(&saga).contains("somebody has to look at the host"));
                assert!(has(&saga, number, HUMAN));
            }
            assert!(saga.watch().runs.is_empty());
            // Nobody waits for it in the archive either.
            let next = saga.world.ready_issue("Tidy up");
            saga.pass(60);
            let report = saga.poll();
            let started = report.dispatched.iter().map(|one| one.issue.0);
            assert_eq!(started.collect::<Vec<_>>(), [next], "{report}");
        }
    }
}

fn a_provider_that_is_out_is_heard_beside_a_background_command(place: Place) {
    for t3 in live() {
        let saga = saga_of(place, t3);
        saga.world.add_repository("acme/gadgets");
        let (_, thread) = saga.started();
        saga.world
            .t3
            .agent_starts_background(&thread, "npm run dev");
        saga.world
            .t3
            .provider_error_looks_like_success(&thread, "You've hit your limit · resets 5pm (UTC)");
        saga.pass(60);
        assert_eq!(saga.acted(), ("wait".to_owned(), "paused".to_owned()));
        saga.pass(7_200);
        assert_eq!(saga.acted(), ("wait".to_owned(), "paused".to_owned()));
    }
}

// Restarts (t3 2).

fn after_a_restart_the_orphan_is_waited_for_and_the_run_goes_on(place: Place) {
    let saga = saga_of(place, T3Options::main_2026_08_21());
    let (number, thread) = saga.started();
    saga.world.t3.restart_server(false);
    for _ in 0..9 {
        saga.pass(60);
        assert_eq!(saga.acted(), ("wait".to_owned(), "paused".to_owned()));
    }
    assert_eq!(saga.world.t3.orphans().len(), 1);
    saga.world.t3.orphan_ends(&thread);
    saga.pass(60);
    assert_eq!(saga.acted().0, "resume");
    saga.pass(5);
    assert!(saga.world.t3.agent_starts(&thread).is_some());
    let sha = saga.push(number, &thread, "Done");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");
    assert_eq!(saga.decided().1, "landed");
    assert_eq!(saga.bells.titles().len(), 1);
    // A restart is no reason to start nothing: other runs fare as they fare.
}

/// T3 0.0.27 shows nothing of its restart: there a stopped session is all that can be waited for (README).
fn what_an_orphan_pushes_is_said_and_nothing_is_released_before_it_ended_where_t3_tells(
    place: Place,
) {
    for t3 in live() {
        let tells = t3.restart_marks_sessions;
        let saga = saga_of(place, t3);
        let (number, thread) = saga.started();
        saga.world.t3.restart_server(false);
        saga.world.forge.unlabel(REPO, number, "alice", READY);
        saga.pass(60);
        let report = saga.watch();
        assert_eq!(code(&report), "revoked", "{report}");
        for minute in 0..8 {
            saga.pass(60);
            saga.watch();
            assert_eq!(is_released(&saga, &thread), !tells, "minute {minute}");
            if minute == 4 {
                saga.push(number, &thread, "Late");
            }
        }
        saga.world.t3.orphan_ends(&thread);
        saga.pass(300);
        until_released(&saga);
        assert!(is_released(&saga, &thread) && saga.bells.titles().is_empty());
        assert!(!has(&saga, number, LOCK));
        let shown = &saga.checklist(number)[0];
        assert_eq!(shown.contains("`late-push`"), tells, "{shown}");
    }
}

fn a_restart_pauses_nothing_else(place: Place) {
    let mut saga = saga_of(place, T3Options::main_2026_08_21());
    saga.world.add_repository("acme/zebras");
    saga.world.enrol(&[REPO, "acme/zebras"]);
    saga.started();
    saga.world.t3.restart_server(false);
    let second = saga
        .world
        .issue("acme/zebras", "The other one", "Please.\n");
    saga.world.approve("acme/zebras", second);
    saga.pass(60);
    assert_eq!(saga.poll().dispatched.len(), 1);
}

// Threads that people put away (t3 3 and 4).

fn an_agent_whose_thread_was_deleted_is_waited_for_and_the_bell_says_where_to_look(place: Place) {
    for t3 in live() {
        let saga = saga_of(place, t3);
        let (number, thread) = saga.started();
        saga.world.t3.agent_says(&thread, "Let me look.");
        saga.watch();
        saga.world.t3.people_delete(&thread);
        let other = saga.world.ready_issue("Another one");
        for _ in 0..2 {
            saga.pass(600);
            saga.watch();
            assert!(saga.poll().dispatched.is_empty());
            assert!(saga.bells.titles().is_empty());
        }
        saga.pass(1_000);
        saga.watch();
        let bell = bell(&saga);
        assert!(bell.contains("somebody has to look at the host"), "{bell}");
        assert!(has(&saga, number, HUMAN) && !has(&saga, number, LOCK));
        saga.pass(60);
        assert_eq!(saga.poll().dispatched[0].issue.0, other);
    }
}

// Threads that forget (A5, A6, A8).

fn a_thread_that_was_cut_is_started_and_goes_on_under_the_next_free_step(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    for _ in 0..2_050 {
        saga.world.t3.agent_says(&thread, "Still at it.");
    }
    assert_eq!(saga.turns(&thread), 0, "the first message is cut off");
    saga.pass(60);
    assert_eq!(saga.acted(), ("wait".to_owned(), "running".to_owned()));
    // Not taken for an allocated slot that nobody started.
    assert!(saga.poll().dispatched.is_empty());
    let red = saga.push(number, &thread, "First try");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&red, "failure");
    assert_eq!(saga.acted().0, "fix_forward");
    saga.pass(5);
    assert!(
        saga.world.t3.agent_starts(&thread).is_some(),
        "the turn took effect"
    );
    let sha = saga.push(number, &thread, "Second try");
    saga.world.t3.agent_finishes(&thread, "Repaired.");
    saga.ci(&sha, "success");
    assert_eq!(saga.decided().1, "landed");
    assert!(is_released(&saga, &thread) && !is_open(&saga, number));
}

fn a_thread_that_was_cut_can_be_ended_although_its_step_ids_are_burnt(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    for _ in 0..2_050 {
        saga.world.t3.agent_says(&thread, "Still at it.");
    }
    saga.world.forge.unlabel(REPO, number, "alice", READY);
    saga.pass(60);
    assert_eq!(code(&saga.watch()), "revoked");
    until_released(&saga);
    assert!(title(&saga, &thread).ends_with(" · stood-down (revoked)"));
    assert!(is_released(&saga, &thread) && saga.world.t3.live_agents().is_empty());
}

fn a_gap_below_a_live_run_is_a_warning_and_never_filled(place: Place) {
    let saga = Saga::at(place);
    let (number, _) = green(&saga);
    saga.watch();
    // A later run, and then T3 loses the first one.
    saga.pass(60);
    saga.world.forge.reopen(REPO, number, "alice");
    saga.world.approve(REPO, number);
    let second = saga.poll().dispatched[0].thread.to_string();
    saga.pass(5);
    saga.world.t3.agent_starts(&second);
    let first = saga.world.t3.threads().into_iter().find(|it| *it != second);
    saga.world.t3.loses_thread(&first.unwrap());
    let other = saga.world.ready_issue("Another one");
    saga.world.forge.unlabel(REPO, number, "alice", LOCK);
    let report = saga.poll();
    assert!(report.dispatched.is_empty(), "{report}");
    assert!(has(&saga, other, READY));
    assert_eq!(saga.world.t3.threads().len(), 1);
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.error.contains('1')),
        "{report}"
    );
}

// Restored from a backup.

fn yesterdays_commit_does_not_land_an_issue_of_today(place: Place) {
    let saga = Saga::at(place);
    // The thread id that slot 1 will have: a commit of yesterday carries it, and names yesterday's issue.
    let key = saga.world.key(saga.world.repository_id);
    let thread = key.thread(Slot::FIRST).to_string();
    let yesterday = saga.world.clock.now() - TimeDelta::days(1);
    let sha = saga.world.forge.push_commit_dated(
        REPO,
        "afk-bot",
        &format!("Done\n\nRefs {REPO}#77\nAfk-Run: {thread}\n"),
        yesterday,
    );
    saga.ci(&sha, "success");
    let (number, started) = saga.started();
    assert_eq!(started, thread);
    saga.world.t3.agent_finishes(&thread, "I could not do it.");
    saga.pass(130);
    let report = saga.watch();
    assert_eq!(code(&report), "no-push", "{report}");
    assert!(is_open(&saga, number) && has(&saga, number, HUMAN));
}

fn an_agents_clock_that_is_behind_costs_no_commit(place: Place) {
    for hours in [2, 48] {
        let saga = Saga::at(place);
        let (number, thread) = saga.started();
        let dated = saga.world.clock.now() - TimeDelta::hours(hours);
        let sha = saga.world.forge.push_commit_dated(
            REPO,
            "afk-bot",
            &format!("Done\n\nRefs {REPO}#{number}\nAfk-Run: {thread}\n"),
            dated,
        );
        saga.world.t3.agent_finishes(&thread, "Pushed.");
        saga.ci(&sha, "success");
        assert_eq!(saga.decided().1, "landed", "{hours}");
    }
}

// What is quoted (t3 5, 6 and 8).

fn an_unanswered_question_is_quoted_by_every_later_tick(place: Place) {
    for t3 in live() {
        let saga = saga_of(place, t3);
        let (number, thread) = saga.started();
        saga.world.t3.agent_asks(&thread, "Which database?");
        saga.pass(600);
        saga.watch();
        let last = until_released(&saga);
        assert_eq!(code(&last), "agent-waiting", "{last}");
        assert!(title(&saga, &thread).contains("(agent-waiting)"));
        let comment = &saga.checklist(number)[0];
        assert!(comment.contains("Which database?"), "{comment}");
        assert!(bell(&saga).contains("agent-waiting"), "{}", bell(&saga));
    }
}

fn a_missing_workspace_directory_is_said_with_t3s_own_words(place: Place) {
    for failure in [
        StartFailure::WorkspaceRemoved,
        StartFailure::AgentBinaryMissing,
        StartFailure::AgentExitsAtStart,
    ] {
        let saga = Saga::at(place);
        let number = saga.world.ready_issue("Reject negative sizes");
        let thread = saga.poll().dispatched[0].thread.to_string();
        saga.pass(5);
        let root = saga.world.t3.projects()[0].workspace_root.clone();
        if let StartFailure::WorkspaceRemoved = failure {
            saga.world.t3.remove_workspace(&root);
        }
        saga.world.t3.start_fails(&thread, &failure);
        saga.pass(130);
        let report = saga.watch();
        assert_eq!(code(&report), "agent-failed", "{failure:?}: {report}");
        until_released(&saga);
        let comment = saga.checklist(number).pop().unwrap();
        assert!(!comment.contains("- [x] Worktree created"), "{comment}");
        let told = saga.world.t3.thread(&thread).unwrap();
        if let Some(error) = &told.last_error {
            let words: String = error.chars().take(40).collect();
            assert!(comment.contains(&words), "{words}: {comment}");
        }
        if let StartFailure::WorkspaceRemoved | StartFailure::AgentBinaryMissing = failure {
            assert!(comment.contains("missing on T3's host"), "{comment}");
            assert!(
                bell(&saga).contains("missing on T3's host"),
                "{}",
                bell(&saga)
            );
        }
        // The next start says so, too.
        saga.pass(60);
        saga.world.ready_issue("Another one");
        let report = saga.poll();
        assert_eq!(report.dispatched.len(), 1, "{report}");
        let missing = usize::from(matches!(
            failure,
            StartFailure::WorkspaceRemoved | StartFailure::AgentBinaryMissing
        ));
        assert_eq!(report.warnings.len(), missing, "{report}");
    }
}

// Tokens (item 6).

fn a_run_that_uses_more_tokens_than_it_may_is_stopped_and_handed_back(place: Place) {
    // 0.0.27 tells of them at the end of a turn only.
    let mut saga = saga_of(place, T3Options::new(T3Version::July));
    saga.world.set("AFK_RUN_MAX_TOKENS", "2042");
    let (number, thread) = saga.started();
    saga.world.t3.agent_says(&thread, "One.");
    saga.pass(60);
    let report = saga.watch();
    let run = &report.runs[0];
    assert_eq!((run.action, run.tokens), ("wait", Some(2_042)), "{report}");
    // The next turn's count on top of it.
    let red = saga.push(number, &thread, "First try");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&red, "failure");
    assert_eq!(saga.acted().0, "fix_forward");
    saga.pass(5);
    saga.world.t3.agent_starts(&thread);
    saga.world.t3.agent_says(&thread, "Three.");
    saga.pass(60);
    let report = saga.watch();
    assert_eq!(code(&report), "token-limit", "{report}");
    assert_eq!(report.runs[0].tokens, Some(4_084));
    until_released(&saga);
    assert!(is_released(&saga, &thread) && has(&saga, number, HUMAN));
    assert!(saga.world.t3.live_agents().is_empty());
    assert!(
        saga.checklist(number)[0].contains("- Tokens: 4084"),
        "{}",
        saga.checklist(number)[0]
    );
    assert!(bell(&saga).contains("token-limit"), "{}", bell(&saga));
}

fn tokens_that_are_not_told_are_unknown_and_no_limit(place: Place) {
    let mut saga = Saga::at(place);
    saga.world.set("AFK_RUN_MAX_TOKENS", "1");
    saga.started();
    saga.pass(60);
    let report = saga.watch();
    let run = &report.runs[0];
    assert_eq!((run.action, run.tokens), ("wait", None), "{report}");
    assert!(serde_json::to_value(&report).unwrap()["runs"][0]["tokens"] == "unknown");
}
