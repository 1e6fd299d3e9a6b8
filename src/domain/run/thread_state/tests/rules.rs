//! Each rule by itself.

use super::*;

#[test]
fn thread_state_follows_the_rules_for_a_follow_up_turn() {
    type Change = fn(&mut ThreadFacts);
    let rules: &[(&str, Change, &str)] = &[
        // Rule 1.
        ("archived", |f| f.archived = true, "gone"),
        ("deleted", |f| f.deleted = true, "gone"),
        // Rule 2: at or after the request, whose own time it carries.
        (
            "a failed start of this request",
            |f| log(f).start_failure = failure(at(100)),
            "failed: the turn did not start: no such provider",
        ),
        (
            "a failed start of this request, with the session of before",
            |f| {
                f.session = Some(session("stopped", 60));
                log(f).start_failure = failure(at(100));
            },
            "failed: the turn did not start: no such provider",
        ),
        (
            "a failed start of an earlier request",
            |f| log(f).start_failure = failure(at(99)),
            "starting",
        ),
        (
            "a failed start without a date is not of a request with one",
            |f| log(f).start_failure = failure(None),
            "starting",
        ),
        // Rule 3.
        ("no session", |_| {}, "starting"),
        (
            "the session starts",
            |f| f.session = Some(session("starting", 101)),
            "starting",
        ),
        (
            "ready before the turn",
            |f| f.session = Some(session("ready", 101)),
            "starting",
        ),
        (
            "idle",
            |f| f.session = Some(session("idle", 101)),
            "starting",
        ),
        // The session of the turn before.
        (
            "completed and ready of before",
            |f| {
                f.session = Some(session("ready", 60));
                f.latest_turn = Some(turn("completed", 10));
            },
            "starting",
        ),
        (
            "error of before",
            |f| {
                f.session = Some(SessionFacts {
                    last_error: Some("x".to_owned()),
                    ..session("error", 60)
                });
                f.latest_turn = Some(turn("error", 10));
            },
            "starting",
        ),
        (
            "stopped of before",
            |f| f.session = Some(session("stopped", 60)),
            "starting",
        ),
        (
            "recovered session of before",
            |f| {
                f.session = Some(SessionFacts {
                    active_turn: Some("turn".to_owned()),
                    ..session("ready", 60)
                });
            },
            "starting",
        ),
        // Rule 4.
        (
            "running",
            |f| f.session = Some(session("running", 101)),
            "running",
        ),
        (
            "completed in mid-turn",
            |f| {
                f.session = Some(session("running", 101));
                f.latest_turn = Some(turn("completed", 100));
            },
            "running",
        ),
        (
            "interrupted, and still running for a moment",
            |f| {
                f.session = Some(session("running", 101));
                f.latest_turn = Some(turn("interrupted", 100));
            },
            "running",
        ),
        (
            "a question of the active turn",
            |f| {
                f.session = Some(session("running", 101));
                log(f).open_requests = vec![question(110, Some("turn"), false)];
            },
            "waiting for an answer",
        ),
        (
            "a question of the active turn, by a skewed clock",
            |f| {
                f.session = Some(session("running", 101));
                log(f).open_requests = vec![question(90, Some("turn"), false)];
            },
            "waiting for an answer",
        ),
        (
            "an approval",
            |f| {
                f.session = Some(session("running", 101));
                log(f).open_requests = vec![OpenRequest {
                    waits_for: WaitsFor::Approval,
                    ..question(110, None, false)
                }];
            },
            "waiting for an approval",
        ),
        (
            "a question of the turn before",
            |f| {
                f.session = Some(session("running", 101));
                log(f).open_requests = vec![question(40, Some("before"), false)];
            },
            "running",
        ),
        (
            "a question whose answer was refused",
            |f| {
                f.session = Some(session("running", 101));
                log(f).open_requests = vec![question(110, Some("turn"), true)];
            },
            "running",
        ),
        // Rule 5, and its sign on newer servers.
        (
            "recovered",
            |f| {
                f.session = Some(SessionFacts {
                    active_turn: Some("turn".to_owned()),
                    ..session("ready", 110)
                });
            },
            "dead: the server restarted under the turn",
        ),
        (
            "answer refused, turn forgotten",
            |f| {
                f.session = Some(session("ready", 120));
                log(f).open_requests = vec![question(110, Some("turn"), true)];
            },
            "dead: its question outlived the agent that asked",
        ),
        (
            "answer refused, turn completed",
            |f| {
                f.session = Some(session("ready", 120));
                f.latest_turn = Some(turn("completed", 100));
                log(f).open_requests = vec![question(110, Some("turn"), true)];
            },
            "dead: its question outlived the agent that asked",
        ),
        // Rule 6.
        (
            "session error",
            |f| f.session = Some(session("error", 101)),
            "failed: the turn ended with an error",
        ),
        (
            "session error while the turn is still named",
            |f| {
                f.session = Some(SessionFacts {
                    active_turn: Some("turn".to_owned()),
                    last_error: Some("killed".to_owned()),
                    ..session("error", 101)
                });
            },
            "failed: the turn ended with an error: killed",
        ),
        (
            "turn error",
            |f| {
                f.session = Some(session("ready", 101));
                f.latest_turn = Some(turn("error", 100));
            },
            "failed: the turn ended with an error",
        ),
        (
            "turn interrupted",
            |f| {
                f.session = Some(session("ready", 101));
                f.latest_turn = Some(turn("interrupted", 100));
            },
            "failed: the turn was interrupted",
        ),
        (
            "session interrupted",
            |f| f.session = Some(session("interrupted", 101)),
            "failed: the turn was interrupted",
        ),
        (
            "stopped with an error",
            |f| {
                f.session = Some(SessionFacts {
                    last_error: Some("binary not found".to_owned()),
                    ..session("stopped", 101)
                });
            },
            "failed: the turn ended with an error: binary not found",
        ),
        (
            "ready with an error",
            |f| {
                f.session = Some(SessionFacts {
                    last_error: Some("x".to_owned()),
                    ..session("ready", 101)
                });
                f.latest_turn = Some(turn("completed", 100));
            },
            "failed: the turn ended with an error: x",
        ),
        // Rule 7.
        (
            "stopped",
            |f| f.session = Some(session("stopped", 101)),
            "over",
        ),
        // Rule 8.
        (
            "answered",
            |f| {
                f.session = Some(session("ready", 130));
                log(f).answers_since = 1;
            },
            "over",
        ),
        (
            "answered at the time of the request",
            |f| {
                f.session = Some(session("ready", 130));
                log(f).last_answer_at = at(100);
            },
            "over",
        ),
        (
            "answered just before the request",
            |f| {
                f.session = Some(session("ready", 130));
                log(f).last_answer_at = at(99);
            },
            "starting",
        ),
        (
            "a checkpoint without a word",
            |f| {
                f.session = Some(session("ready", 130));
                log(f).last_checkpoint.as_mut().unwrap().at = at(129);
            },
            "over",
        ),
        (
            "completed without a word",
            |f| {
                f.session = Some(session("ready", 130));
                f.latest_turn = Some(turn("completed", 100));
            },
            "over",
        ),
        (
            "completed by a session whose clock is behind",
            |f| {
                f.session = Some(session("ready", 90));
                f.latest_turn = Some(turn("completed", 100));
            },
            "over",
        ),
        // What runs in the background.
        (
            "answered, and a task did not end",
            |f| {
                f.session = Some(session("ready", 130));
                log(f).answers_since = 1;
                log(f).open_tasks = vec![task(at(120))];
            },
            "running",
        ),
        (
            "answered, and a task without a time did not end",
            |f| {
                f.session = Some(session("ready", 130));
                log(f).answers_since = 1;
                log(f).open_tasks = vec![task(None)];
            },
            "running",
        ),
        (
            "light: completed, and something lives on",
            |f| {
                f.log = None;
                f.latest_user_message_at = at(100);
                f.session = Some(session("ready", 101));
                f.latest_turn = Some(turn("completed", 100));
                f.background = Some("monitoring".to_owned());
            },
            "running",
        ),
        (
            "stopped: nothing outlives it",
            |f| {
                f.session = Some(session("stopped", 130));
                log(f).open_tasks = vec![task(at(120))];
            },
            "over",
        ),
        (
            "an error beside a task is an error",
            |f| {
                f.session = Some(session("error", 130));
                log(f).open_tasks = vec![task(at(120))];
            },
            "failed: the turn ended with an error",
        ),
        (
            "a session that runs without a turn",
            |f| {
                f.session = Some(SessionFacts {
                    active_turn: None,
                    ..session("running", 130)
                });
                f.latest_turn = Some(turn("completed", 100));
                log(f).answers_since = 1;
            },
            "running",
        ),
        (
            "an error that hides a missing directory",
            |f| {
                f.session = Some(SessionFacts {
                    last_error: Some("native binary not found".to_owned()),
                    ..session("stopped", 101)
                });
            },
            "failed: the turn ended with an error: native binary not found (the workspace directory is missing on T3's host, \
             or the agent's program is; T3 makes neither again)",
        ),
        // Words that nobody knows.
        (
            "an unknown session",
            |f| f.session = Some(session("hibernating", 101)),
            "unknown: the session is 'hibernating'",
        ),
        (
            "an unknown turn",
            |f| {
                f.session = Some(session("ready", 101));
                f.latest_turn = Some(turn("paused", 100));
            },
            "unknown: the turn is 'paused'",
        ),
        (
            "an unknown turn of a running session",
            |f| {
                f.session = Some(session("running", 101));
                f.latest_turn = Some(turn("paused", 100));
            },
            "running",
        ),
        // Light lists.
        (
            "light: waiting",
            |f| {
                f.log = None;
                f.pending_approval = true;
                f.session = Some(session("running", 101));
            },
            "waiting for an approval",
        ),
        (
            "light: ready without a turn",
            |f| {
                f.log = None;
                f.latest_user_message_at = at(100);
                f.session = Some(session("ready", 101));
            },
            "unknown: this list does not tell whether the agent answered",
        ),
        (
            "light: completed",
            |f| {
                f.log = None;
                f.latest_user_message_at = at(100);
                f.session = Some(session("ready", 101));
                f.latest_turn = Some(turn("completed", 100));
            },
            "over",
        ),
        (
            "light: completed before",
            |f| {
                f.log = None;
                f.latest_user_message_at = at(100);
                f.session = Some(session("ready", 60));
                f.latest_turn = Some(turn("completed", 10));
            },
            "starting",
        ),
        (
            "light: silent, and nothing tells whether it waits",
            |f| {
                f.log = None;
                f.session = Some(session("running", -2_000));
                f.updated_at = at(-2_000);
            },
            "unknown: this list does not tell whether the agent waits for somebody",
        ),
        (
            "light: no time of the request",
            |f| {
                f.log = None;
                f.session = Some(session("ready", 101));
                f.latest_turn = Some(turn("completed", 100));
            },
            "unknown: this list does not tell which turn the session speaks of",
        ),
    ];
    for (name, change, expected) in rules {
        assert_eq!(read(&with(change)).state.to_string(), *expected, "{name}");
    }
}
