//! What was seen live on 2026-11-28 (`contracts/t3/LIVE.md`): agents that wake by themselves, stops that do nothing, restarts,
//! reverts. On stand-ins for the two servers of that day.

use afk::domain::run::provider_failure::StopCause;
use afk::executor::NewTurn;

use super::*;

fn on_both(story: impl Fn(&Run<'_>)) {
    for options in [T3Options::v0_0_27_live(), T3Options::main_2026_08_21()] {
        Run::on(options, &story);
    }
}

fn ours() -> String {
    id().to_string()
}

/// Sends our next message, which asks to go on.
fn resume(run: &Run<'_>) {
    let step = StepNumber(run.steps.get());
    run.steps.set(step.0 + 1);
    let turn = NewTurn {
        command: id().step(step),
        thread: id(),
        message: MessageId {
            repository: key(),
            issue: IssueNumber(7),
            authorisation: event(),
            slot: Slot::FIRST,
            step,
            red_commit: Some(MessageId::RESUME.to_owned()),
        },
        text: "Go on.".to_owned(),
        runtime_mode: run.thread().facts.runtime_mode,
    };
    run.executor.start_turn(&turn).unwrap();
    run.later();
}

#[test]
fn an_agent_whose_command_runs_in_the_background_is_running_and_wakes_by_itself() {
    on_both(|run| {
        run.send();
        run.starts();
        let mut task = String::new();
        run.play(|t3, thread| task = t3.agent_starts_background(thread, "make test"));
        run.is("running");
        run.finishes();
        assert_eq!(run.reading().session, SessionSign::Idle);
        assert!(run.reading().background);
        run.is("running");
        run.clock.advance(TimeDelta::minutes(5));
        run.is("running");
        run.play(|t3, thread| t3.background_ends(thread, &task));
        // A session that runs without a turn is running, too.
        assert_eq!(run.thread().facts.active_turn(), None);
        run.is("running");
        assert!(!run.reading().background);
        run.play(|t3, thread| t3.woken_agent_finishes(thread, "The tests pass."));
        run.is("over");
        let facts = run.thread().facts;
        assert_eq!(facts.last_words().unwrap().text, "The tests pass.");
        // Nobody asked for that turn.
        assert_eq!(facts.log.unwrap().requests, 1);
    });
}

#[test]
fn a_background_command_that_is_silent_for_the_stall_limit_is_dead() {
    on_both(|run| {
        run.send();
        run.starts();
        run.play(|t3, thread| drop(t3.agent_starts_background(thread, "sleep 99999")));
        run.finishes();
        let quiet = run.reading().quiet_for;
        run.clock.advance(STALL - quiet - TimeDelta::seconds(1));
        run.is("running");
        run.clock.advance(TimeDelta::seconds(1));
        run.is("dead: nothing moved for the stall limit");
        assert!(run.reading().may_hold_live_agent(STALL));
    });
}

#[test]
fn a_stop_beside_a_background_command_waits_and_holds_up_the_whole_server() {
    on_both(|run| {
        run.send();
        run.starts();
        let mut task = String::new();
        run.play(|t3, thread| task = t3.agent_starts_background(thread, "make test"));
        run.finishes();
        run.stops();
        // Accepted, and nothing happened.
        run.is("running");
        assert_eq!(run.t3.live_agents(), [ours()]);
        // Another thread's turn is accepted and not taken up.
        let other = run
            .t3
            .people_open_thread(&key().project().to_string(), "other");
        run.t3.people_say(&other, "Do it.");
        assert_eq!(run.t3.agent_starts(&other), None);
        assert_eq!(run.t3.thread(&other).unwrap().turns_waiting, 1);
        run.play(|t3, thread| t3.background_ends(thread, &task));
        assert_eq!(run.reading().session, SessionSign::Stopped);
        run.is("over");
        assert!(run.t3.agent_starts(&other).is_some());
    });
}

#[test]
fn an_archived_agent_can_be_stopped_only_after_it_was_taken_out_of_the_archive() {
    on_both(|run| {
        run.send();
        run.starts();
        run.play(|t3, thread| t3.agent_starts_tool(thread, "make"));
        run.play(|t3, thread| t3.people_archive(thread));
        let turn = run.t3.thread(&ours()).unwrap();
        assert!(turn.archived);
        // All three are accepted, and the agent lives on.
        run.executor.interrupt(run.fresh(), id(), None).unwrap();
        run.executor.stop_session(run.fresh(), id()).unwrap();
        run.t3.settle();
        run.executor.archive(run.fresh(), id()).unwrap();
        assert_eq!(run.t3.live_agents(), [ours()]);

        run.executor.unarchive(run.fresh(), id()).unwrap();
        run.later();
        assert!(run.reading().shows_running_session());
        let facts = run.thread().facts;
        run.executor
            .interrupt(run.fresh(), id(), facts.active_turn())
            .unwrap();
        run.play(|t3, _| t3.settle());
        run.stops();
        assert_eq!(run.reading().session, SessionSign::Stopped);
        assert_eq!(run.t3.live_agents(), Vec::<String>::new());
        run.executor.archive(run.fresh(), id()).unwrap();
        // Out of the archive twice is once too often.
        run.executor.unarchive(run.fresh(), id()).unwrap();
        assert!(run.executor.unarchive(run.fresh(), id()).is_err());
    });
}

#[test]
fn a_deleted_agent_can_not_be_stopped_and_its_deletion_has_a_time() {
    on_both(|run| {
        run.send();
        run.starts();
        run.play(|t3, thread| t3.people_delete(thread));
        let deleted_at = run.clock.now() - TimeDelta::seconds(10);
        run.executor.interrupt(run.fresh(), id(), None).unwrap();
        run.executor.stop_session(run.fresh(), id()).unwrap();
        run.t3.settle();
        assert_eq!(run.t3.live_agents(), [ours()]);
        assert!(run.executor.unarchive(run.fresh(), id()).is_err());
        let whole = run.executor.whole_fleet().unwrap();
        let facts = &whole.threads[&id()].facts;
        assert!(facts.deleted && !facts.archived);
        assert_eq!(facts.deleted_at, Some(deleted_at));
    });
}

#[test]
fn a_restart_that_a_session_did_not_survive_is_a_stop_that_is_nobodys_fault() {
    Run::on(T3Options::main_2026_08_21(), |run| {
        run.send();
        run.starts();
        run.play(|t3, thread| t3.agent_starts_tool(thread, "make"));
        let died_at = run.clock.now();
        run.play(|t3, _| t3.restart_server(true));
        assert_eq!(run.t3.orphans(), [ours()]);
        let reading = run.reading();
        let stop = reading.stop.clone().unwrap();
        assert_eq!((stop.cause, stop.at), (StopCause::Restart, died_at));
        let orphan = TimeDelta::seconds(600);
        assert_eq!(stop.resume_at(0, orphan), Some(died_at + orphan));
        assert_eq!(reading.may_live_on_until(orphan), Some(died_at + orphan));
        // The shell tells it, too.
        let fleet = run.executor.live_fleet().unwrap();
        let light = fleet.threads[&id()].reading(run.clock.now(), STALL);
        assert_eq!(light.stop.map(|stop| stop.cause), Some(StopCause::Restart));

        resume(run);
        assert_eq!(run.reading().stop, None);
        run.is("starting");
        run.starts();
        run.is("running");
        assert_eq!(run.thread().facts.resumes_in_a_row(), 1);
        assert_eq!(run.thread().facts.attempts(), 0);
        run.finishes();
        run.is("over");
        assert_eq!(run.reading().stop, None);
    });
}

#[test]
fn a_background_command_of_the_life_before_a_restart_holds_nothing_up_after_a_resume() {
    Run::on(T3Options::main_2026_08_21(), |run| {
        run.send();
        run.starts();
        run.play(|t3, thread| drop(t3.agent_starts_background(thread, "make test")));
        run.play(|t3, _| t3.restart_server(true));
        run.clock.advance(TimeDelta::minutes(10));
        resume(run);
        run.starts();
        run.finishes();
        run.is("over");
    });
}

#[test]
fn a_limit_stops_a_run_until_the_time_that_it_names_and_a_resume_takes_it_up() {
    Run::on_all(|run| {
        run.send();
        run.starts();
        run.play(|t3, thread| {
            t3.provider_error_looks_like_success(
                thread,
                "You've hit your limit · resets in 3 hours",
            );
        });
        run.is("over");
        let stop = run.reading().stop.unwrap();
        assert_eq!(stop.cause, StopCause::Limit);
        let said_at = run.clock.now() - TimeDelta::seconds(10);
        let told = said_at + TimeDelta::hours(3) + TimeDelta::minutes(1);
        assert_eq!(stop.resume_at(0, TimeDelta::zero()), Some(told));
        for resumes in 1..3 {
            resume(run);
            run.starts();
            assert_eq!(run.reading().stop, None);
            run.play(|t3, thread| {
                t3.provider_error_looks_like_success(thread, "API Error: 529 Overloaded");
            });
            let facts = run.thread().facts;
            assert_eq!(facts.resumes_in_a_row(), resumes);
            assert_eq!(facts.clock_started_at(), facts.last_resume_at());
            let stop = run.reading().stop.unwrap();
            let wait = TimeDelta::minutes(15 << resumes);
            assert_eq!(
                stop.resume_at(resumes, TimeDelta::zero()),
                Some(stop.at + wait)
            );
        }
        // A corrective turn in between: the row is broken.
        run.send();
        assert_eq!(run.thread().facts.resumes_in_a_row(), 0);
    });
}

#[test]
fn a_provider_that_gave_up_in_the_middle_is_found_by_its_last_warning() {
    Run::on_all(|run| {
        run.send();
        run.starts();
        run.play(|t3, thread| t3.agent_says(thread, "I begin."));
        for attempt in 1..=10 {
            run.play(|t3, thread| t3.agent_retries(thread, attempt, 529));
        }
        run.is("running");
        run.play(|t3, thread| t3.provider_fails_unnoticed(thread));
        run.is("over");
        let stop = run.reading().stop.unwrap();
        assert_eq!(
            (stop.cause, stop.said.as_str()),
            (StopCause::Overloaded, "HTTP 529")
        );
    });
}

#[test]
fn a_reverted_first_message_leaves_a_run_that_was_started() {
    on_both(|run| {
        run.send();
        run.starts();
        run.finishes();
        run.send();
        run.starts();
        run.finishes();
        assert_eq!(run.thread().messages.len(), 2);
        run.play(|t3, thread| t3.people_revert(thread, 1));
        let thread = run.thread();
        assert_eq!(thread.messages.len(), 1);
        assert!(thread.facts.is_started());
        run.is("over");
        // Sent again under its own command id: accepted, and nothing happens.
        run.steps.set(1);
        run.send();
        assert_eq!(run.thread().messages.len(), 1);
        run.play(|t3, thread| t3.people_revert(thread, 0));
        let thread = run.thread();
        assert_eq!(thread.messages, []);
        assert_eq!(thread.facts.dispatched_at(), thread.facts.created_at);
    });
}

#[test]
fn a_thread_that_was_cut_at_its_newest_messages_is_a_run_that_was_started() {
    on_both(|run| {
        run.send();
        run.starts();
        run.play(|t3, thread| {
            for number in 0..2_000 {
                t3.agent_says(thread, &format!("word {number}"));
            }
        });
        run.finishes();
        let thread = run.thread();
        assert_eq!(thread.messages, [], "the first message was cut");
        assert!(thread.facts.is_started());
        assert_eq!(thread.facts.last_words().unwrap().text, "Done.");
        run.is("over");
        // The whole list keeps the words of a thread that its title calls ours.
        let whole = run.executor.whole_fleet().unwrap();
        let words = whole.threads[&id()].facts.last_words();
        assert_eq!(words.is_some(), run.version == T3Version::V0_0_27);
    });
}

#[test]
fn a_turn_sends_the_mode_that_a_person_gave_the_thread() {
    on_both(|run| {
        run.send();
        run.starts();
        run.finishes();
        run.play(|t3, thread| t3.people_set_runtime_mode(thread, "approval-required"));
        let mode = run.thread().facts.runtime_mode;
        assert_eq!(mode.as_deref(), Some("approval-required"));
        resume(run);
        run.starts();
        run.play(|t3, thread| drop(t3.agent_wants_approval(thread, "git push")));
        run.is("waiting for an approval");
        let facts = run.thread().facts;
        assert_eq!(facts.unanswered_question(), Some("Bash: git push"));
    });
}

#[test]
fn a_missing_workspace_directory_is_told_in_the_sessions_error() {
    on_both(|run| {
        run.send();
        run.play(|t3, _| t3.remove_workspace(ROOT));
        run.play(|t3, thread| assert_eq!(t3.agent_starts(thread), None));
        let reading = run.reading();
        assert_eq!(reading.state.as_str(), "failed");
        assert_eq!(reading.stop, None);
        if run.version == T3Version::V0_0_27 {
            let facts = run.thread().facts;
            let error = facts.last_error().unwrap();
            assert!(error.contains("native binary not found"), "{error}");
        }
    });
}
