//! Sessions that show an error while their agent works on: what a program wrote on its way is not its end.

use super::*;

/// A line that Codex writes when it falls back to another way to its provider.
const ON_THE_WAY: &str = "ERROR codex_api::endpoint::responses_websocket: failed to connect to websocket: HTTP error: 426 Upgrade Required";

/// A session that shows `error` since 110, in a turn that runs.
fn failed(error: &str, change: impl FnOnce(&mut ThreadFacts)) -> ThreadFacts {
    with(|facts| {
        facts.session = Some(SessionFacts {
            last_error: Some(error.to_owned()),
            ..session("error", 110)
        });
        facts.latest_turn = Some(turn("running", 100));
        change(facts);
    })
}

fn used_a_tool(facts: &mut ThreadFacts, seconds: i64) {
    log(facts).last_tool_at = at(seconds);
    log(facts).last_tool_began_at = at(seconds);
    log(facts).last_activity_at = at(seconds);
}

fn answered(facts: &mut ThreadFacts, seconds: i64) {
    log(facts).answers = 2;
    log(facts).answers_since = 1;
    log(facts).last_answer_at = at(seconds);
}

fn ended(facts: &mut ThreadFacts, state: &str, seconds: i64) {
    facts.latest_turn = Some(TurnFacts {
        completed_at: at(seconds),
        ..turn(state, 100)
    });
}

#[test]
fn thread_state_of_an_agent_that_works_on_after_an_error_is_running() {
    let state = |facts: &ThreadFacts| read(facts).state;
    for error in [ON_THE_WAY, "HTTP error: 503 Service Unavailable"] {
        let active = |facts: &mut ThreadFacts| {
            let session = facts.session.as_mut().unwrap();
            session.active_turn = Some("turn".to_owned());
        };
        for works in [
            failed(error, |f| used_a_tool(f, 141)),
            failed(error, |f| answered(f, 141)),
            failed(error, |f| {
                active(f);
                used_a_tool(f, 190);
            }),
            failed(error, |f| {
                f.latest_turn = None;
                used_a_tool(f, 190);
            }),
            // Some servers call a turn so when a text of it is complete, or when the error comes.
            failed(error, |f| {
                ended(f, "completed", 150);
                used_a_tool(f, 190);
            }),
            failed(error, |f| {
                ended(f, "error", 110);
                used_a_tool(f, 190);
            }),
        ] {
            let reading = read(&works);
            assert_eq!(reading.state, ThreadState::Running, "{works:?}");
            assert_eq!(reading.stop, None, "{works:?}");
        }
    }
    let waits = failed(ON_THE_WAY, |f| {
        used_a_tool(f, 190);
        log(f).open_requests = vec![question(190, None, false)];
    });
    assert_eq!(state(&waits).to_string(), "waiting for an answer");
    let stalled = thread_state(&waits, at(190).unwrap() + STALL, STALL);
    assert_eq!(stalled.state.to_string(), "waiting for an answer");
}

#[test]
fn thread_state_of_an_error_that_is_the_last_thing_is_failed() {
    for fails in [
        failed(ON_THE_WAY, |_| {}),
        failed(ON_THE_WAY, |f| used_a_tool(f, 109)),
        // A command in the background that ends behind its turn.
        failed(ON_THE_WAY, |f| {
            log(f).last_tool_at = at(190);
            log(f).last_tool_began_at = at(105);
            log(f).last_activity_at = at(190);
        }),
        // What was under way when the error came.
        failed(ON_THE_WAY, |f| used_a_tool(f, 140)),
        failed(ON_THE_WAY, |f| answered(f, 111)),
        // Whose turn ended by an error, or by somebody, after all that it did.
        failed(ON_THE_WAY, |f| {
            used_a_tool(f, 180);
            ended(f, "error", 181);
        }),
        failed(ON_THE_WAY, |f| {
            used_a_tool(f, 180);
            ended(f, "interrupted", 181);
        }),
        // The work of the turn before.
        failed(ON_THE_WAY, |f| {
            f.session.as_mut().unwrap().updated_at = at(20);
            log(f).last_tool_at = at(60);
        }),
        failed(ON_THE_WAY, |f| {
            f.session.as_mut().unwrap().updated_at = None;
            used_a_tool(f, 190);
        }),
    ] {
        let state = read(&fails).state;
        assert!(matches!(state, ThreadState::Failed { .. }), "{fails:?}");
    }
    // A person's words, and ours, are no work of the agent.
    let asked = failed(ON_THE_WAY, |f| log(f).last_request_at = at(105));
    assert!(!read(&asked).state.is_running_class());
}

#[test]
fn thread_state_of_a_turn_that_completed_after_an_error_is_over() {
    let over = failed("HTTP error: 503 Service Unavailable", |f| {
        used_a_tool(f, 180);
        answered(f, 182);
        ended(f, "completed", 183);
    });
    let reading = read(&over);
    assert_eq!((reading.state, reading.stop), (ThreadState::Over, None));
    // By the words that it ended with, as any other turn.
    let limit = failed(ON_THE_WAY, |f| {
        answered(f, 182);
        ended(f, "completed", 183);
        log(f).last_words = Some(LastWords {
            text: "You've hit your limit \u{b7} resets 3am (UTC)".to_owned(),
            shortened: false,
            at: at(182),
        });
    });
    let stop = read(&limit).stop.map(|stop| stop.cause);
    assert_eq!(stop, Some(StopCause::Limit));
}

/// Something of the agent outlived it, and said a last word.
#[test]
fn thread_state_of_an_agent_that_is_silent_after_an_error_is_that_error() {
    for (error, cause) in [
        (ON_THE_WAY, None),
        (
            "You've hit your usage limit. Try again in 2 hours.",
            Some(StopCause::Limit),
        ),
    ] {
        let facts = failed(error, |f| used_a_tool(f, 190));
        let judged = |seconds| {
            let now = at(190).unwrap() + STALL + TimeDelta::seconds(seconds);
            thread_state(&facts, now, STALL)
        };
        assert_eq!(judged(-1).state, ThreadState::Running);
        let reading = judged(0);
        assert_eq!(
            reading.state,
            ThreadState::Failed {
                why: Failure::Error(error.to_owned())
            }
        );
        assert_eq!(reading.stop.map(|stop| stop.cause), cause, "{error}");
    }
}
