//! Each rule by itself, each boundary of time, and what must hold whatever a server says.

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::domain::identity::{
    Authorisation, MessageId, RepositoryId, RepositoryKey, Slot, StepNumber,
};
use crate::domain::repository::{ForgeKind, IssueNumber};
use crate::domain::run::provider_failure::StopCause;

mod after_errors;
mod properties;
mod refused_starts;
mod rules;

const STALL: TimeDelta = TimeDelta::minutes(30);

/// Seconds after the beginning of all stories. The newest request is at 100.
fn at(seconds: i64) -> Option<DateTime<Utc>> {
    Some(DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds))
}

fn session(status: &str, updated: i64) -> SessionFacts {
    SessionFacts {
        status: status.to_owned(),
        active_turn: (status == "running").then(|| "turn".to_owned()),
        last_error: None,
        updated_at: at(updated),
    }
}

fn turn(state: &str, requested: i64) -> TurnFacts {
    TurnFacts {
        id: "turn".to_owned(),
        state: state.to_owned(),
        requested_at: at(requested),
        started_at: at(requested),
        completed_at: None,
    }
}

/// A thread with an earlier turn that was answered, and a follow-up request at 100.
fn follow_up() -> ThreadFacts {
    ThreadFacts {
        created_at: at(0),
        updated_at: at(100),
        log: Some(ThreadLog {
            requests: 2,
            last_request_at: at(100),
            answers: 1,
            last_answer_at: at(50),
            checkpoints: 1,
            last_checkpoint: Some(CheckpointFacts {
                status: "ready".to_owned(),
                at: at(51),
            }),
            ..ThreadLog::default()
        }),
        ..ThreadFacts::default()
    }
}

fn with(change: impl FnOnce(&mut ThreadFacts)) -> ThreadFacts {
    let mut facts = follow_up();
    change(&mut facts);
    facts
}

fn log(facts: &mut ThreadFacts) -> &mut ThreadLog {
    facts.log.as_mut().unwrap()
}

fn question(asked: i64, turn: Option<&str>, stale: bool) -> OpenRequest {
    OpenRequest {
        waits_for: WaitsFor::Answer,
        at: at(asked),
        turn: turn.map(str::to_owned),
        stale,
        question: Some("Which database?".to_owned()),
    }
}

fn task(began: Option<DateTime<Utc>>) -> OpenTask {
    OpenTask {
        id: "task".to_owned(),
        at: began,
    }
}

fn failure(at: Option<DateTime<Utc>>) -> Option<StartFailure> {
    let detail = "no such provider".to_owned();
    Some(StartFailure { at, detail })
}

fn read(facts: &ThreadFacts) -> ThreadReading {
    thread_state(facts, at(200).unwrap(), STALL)
}

/// The first turn needs no times: whatever a thread with one request shows came after that request.
#[test]
fn thread_state_of_a_first_turn_does_not_depend_on_clocks() {
    for asked in [at(0), at(100), at(100_000), None] {
        for answered in [at(0), at(100), at(100_000), None] {
            let facts = with(|facts| {
                facts.session = Some(SessionFacts {
                    updated_at: None,
                    ..session("ready", 0)
                });
                *log(facts) = ThreadLog {
                    requests: 1,
                    last_request_at: asked,
                    answers: 1,
                    last_answer_at: answered,
                    ..ThreadLog::default()
                };
            });
            assert_eq!(read(&facts).state, ThreadState::Over);
        }
    }
}

#[test]
fn thread_state_is_dead_at_the_stall_limit_and_for_good_at_twice_of_it() {
    let seconds = TimeDelta::seconds;
    let facts = with(|facts| facts.session = Some(session("running", 101)));
    for (quiet, state, dead_for_twice) in [
        (TimeDelta::zero(), ThreadState::Running, false),
        (STALL - seconds(1), ThreadState::Running, false),
        (STALL, ThreadState::Dead { why: Death::Silent }, false),
        (
            STALL + seconds(1),
            ThreadState::Dead { why: Death::Silent },
            false,
        ),
        (
            STALL * 2 - seconds(1),
            ThreadState::Dead { why: Death::Silent },
            false,
        ),
        (STALL * 2, ThreadState::Dead { why: Death::Silent }, true),
        (
            STALL * 2 + seconds(1),
            ThreadState::Dead { why: Death::Silent },
            true,
        ),
    ] {
        let now = at(101).unwrap() + quiet;
        let reading = thread_state(&facts, now, STALL);
        assert_eq!(
            (reading.changed_at, reading.quiet_for),
            (at(101).unwrap(), quiet)
        );
        assert_eq!(reading.state, state, "{quiet}");
        assert_eq!(reading.dead_for_twice(STALL), dead_for_twice, "{quiet}");
        assert!(reading.shows_running_session());
        assert_eq!(
            reading.may_hold_live_agent(STALL),
            !dead_for_twice,
            "{quiet}"
        );
    }
}

#[test]
fn thread_state_of_a_waiting_agent_does_not_stall_and_its_session_does() {
    let facts = with(|facts| {
        facts.session = Some(session("running", 101));
        log(facts).open_requests = vec![question(110, Some("turn"), false)];
    });
    let reading = thread_state(&facts, at(101).unwrap() + STALL * 3, STALL);
    assert!(reading.state.is_running_class());
    assert!(!reading.may_hold_live_agent(STALL));
}

#[test]
fn thread_state_sees_the_newest_movement_of_any_kind() {
    let later = at(500).unwrap();
    let quiet = with(|facts| facts.session = Some(session("running", 101)));
    let movements: [fn(&mut ThreadFacts); 6] = [
        |f| f.session.as_mut().unwrap().updated_at = at(500),
        |f| f.latest_turn = Some(turn("running", 500)),
        |f| log(f).last_request_at = at(500),
        |f| log(f).last_answer_at = at(500),
        |f| log(f).last_activity_at = at(500),
        |f| log(f).last_checkpoint.as_mut().unwrap().at = at(500),
    ];
    for movement in movements {
        let mut facts = quiet.clone();
        movement(&mut facts);
        let reading = thread_state(&facts, later + STALL - TimeDelta::seconds(1), STALL);
        assert_eq!(reading.changed_at, later);
        assert_eq!(reading.state.as_str(), "running");
    }
}

#[test]
fn thread_state_does_not_take_a_new_title_for_a_sign_of_life() {
    let mut facts = with(|facts| {
        facts.session = Some(session("running", 101));
        facts.updated_at = at(5_000);
    });
    let now = at(5_000).unwrap();
    assert_eq!(
        thread_state(&facts, now, STALL).changed_at,
        at(101).unwrap()
    );
    // A light list has nothing else to go by, and an archived thread has just been archived.
    let log = facts.log.take();
    assert_eq!(thread_state(&facts, now, STALL).changed_at, now);
    facts.log = log;
    facts.archived = true;
    assert_eq!(thread_state(&facts, now, STALL).changed_at, now);
}

#[test]
fn thread_state_never_changed_in_the_future() {
    let now = at(200).unwrap();
    for facts in [
        with(|facts| log(facts).last_activity_at = at(10_000)),
        ThreadFacts::default(),
    ] {
        let reading = thread_state(&facts, now, STALL);
        assert_eq!(
            (reading.changed_at, reading.quiet_for),
            (now, TimeDelta::zero())
        );
    }
    let created = ThreadFacts {
        created_at: at(20),
        ..ThreadFacts::default()
    };
    assert_eq!(
        thread_state(&created, now, STALL).changed_at,
        at(20).unwrap()
    );
}

/// Status, active turn, what it looks like.
#[test]
fn thread_state_of_a_first_turn_without_an_answer_is_not_over() {
    let facts = with(|facts| {
        facts.session = Some(session("ready", 101));
        facts.log = Some(ThreadLog {
            requests: 1,
            last_request_at: at(100),
            ..ThreadLog::default()
        });
    });
    assert_eq!(read(&facts).state, ThreadState::Starting);
}

#[test]
fn thread_state_of_a_turn_that_is_over_is_not_of_the_running_class() {
    for state in [
        ThreadState::Over,
        ThreadState::Failed {
            why: Failure::Interrupted,
        },
        ThreadState::Dead { why: Death::Silent },
        ThreadState::Gone,
        ThreadState::Unknown {
            what: String::new(),
        },
    ] {
        assert!(!state.is_running_class(), "{state}");
    }
    assert!(ThreadState::Starting.is_running_class());
    assert!(ThreadState::Running.is_running_class());
}

/// SIGTERM is what whoever shuts a server down sends; a crash, or a lack of memory, ends otherwise.
#[test]
fn thread_state_of_an_agent_that_was_told_to_end_is_a_restart() {
    for (said, is_restart) in [
        ("terminated by signal SIGTERM", true),
        ("exited with code 143", true),
        ("exited with code 143.", true),
        ("OpenCode server exited unexpectedly (143).", true),
        ("codex app-server exited (code=null, signal=SIGTERM).", true),
        ("codex app-server exited (code=143, signal=null).", true),
        ("OpenCode server exited unexpectedly (1).", false),
        ("OpenCode server exited unexpectedly (137).", false),
        (
            "codex app-server exited (code=null, signal=SIGKILL).",
            false,
        ),
        ("codex app-server exited (code=1, signal=null).", false),
        ("codex app-server exited (code=1430, signal=null).", false),
        ("terminated by signal SIGKILL", false),
        ("exited with code 137", false),
        ("exited with code 1430", false),
        ("exited with code 1", false),
    ] {
        let mut facts = follow_up();
        facts.session = Some(SessionFacts {
            last_error: Some(format!("Claude Code process {said}")),
            ..session("stopped", 110)
        });
        let stop = read(&facts).stop;
        assert_eq!(
            stop.map(|stop| stop.cause),
            is_restart.then_some(StopCause::Restart),
            "{said}"
        );
    }
}

#[test]
fn thread_state_tells_sessions_that_may_hold_an_agent() {
    for (status, active, sign) in [
        ("running", true, SessionSign::Running),
        ("running", false, SessionSign::Running),
        ("starting", false, SessionSign::Running),
        ("error", true, SessionSign::Running),
        ("ready", true, SessionSign::Running),
        ("hibernating", false, SessionSign::Running),
        ("ready", false, SessionSign::Idle),
        ("idle", false, SessionSign::Idle),
        ("error", false, SessionSign::Idle),
        ("interrupted", false, SessionSign::Idle),
        ("stopped", false, SessionSign::Stopped),
        ("stopped", true, SessionSign::Stopped),
    ] {
        let facts = with(|facts| {
            facts.session = Some(SessionFacts {
                active_turn: active.then(|| "turn".to_owned()),
                ..session(status, 101)
            });
        });
        let reading = read(&facts);
        assert_eq!(reading.session, sign, "{status}, {active}");
        assert_eq!(
            reading.shows_running_session(),
            sign == SessionSign::Running,
            "{status}, {active}"
        );
    }
    assert_eq!(read(&follow_up()).session, SessionSign::Absent);
    // A recovered session names its turn for ever. Nobody works on it.
    let recovered = with(|facts| {
        facts.session = Some(SessionFacts {
            active_turn: Some("turn".to_owned()),
            ..session("ready", 101)
        });
    });
    assert!(!read(&recovered).may_hold_live_agent(STALL));
}

/// What `AFK_HALT` has to stop.
#[test]
fn thread_state_tells_agents_that_may_be_alive() {
    let in_session = |status: &str, active: bool| {
        with(|facts| {
            facts.session = Some(SessionFacts {
                active_turn: active.then(|| "turn".to_owned()),
                ..session(status, 101)
            });
        })
    };
    let silent = with(|facts| facts.session = Some(session("running", -2_000)));
    let silent = thread_state(&silent, at(2_000).unwrap(), STALL);
    assert_eq!(silent.state, ThreadState::Dead { why: Death::Silent });
    assert!(silent.may_be_alive());
    for (status, active, is_alive) in [
        ("running", true, true),
        ("starting", false, true),
        ("compacting", true, true),
        ("error", true, true),
        ("error", false, false),
        ("interrupted", false, false),
        ("stopped", false, false),
        // Nobody works on the turn of a recovered session.
        ("ready", true, false),
    ] {
        let reading = read(&in_session(status, active));
        assert_eq!(reading.may_be_alive(), is_alive, "{status}, {active}");
    }
    let mut gone = in_session("running", true);
    gone.archived = true;
    assert!(!read(&gone).may_be_alive());
    let mut background = in_session("error", false);
    background.background = Some("active".to_owned());
    assert!(read(&background).may_be_alive());
}

fn ours(step: u32, red_commit: Option<&str>, sent: Option<DateTime<Utc>>) -> OurMessage {
    OurMessage {
        id: MessageId {
            repository: RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1)),
            issue: IssueNumber(7),
            authorisation: Authorisation::new("LE_1").unwrap(),
            slot: Slot(1),
            step: StepNumber(step),
            red_commit: red_commit.map(str::to_owned),
        },
        at: sent,
    }
}

#[test]
fn thread_state_counts_resumes_in_a_row_and_starts_its_clocks_with_them() {
    let with_messages = |messages: Vec<OurMessage>| with(|facts| log(facts).ours = messages);
    let resume = |step, sent| ours(step, Some(MessageId::RESUME), sent);
    let facts = with_messages(vec![
        ours(0, None, at(10)),
        resume(1, at(20)),
        ours(2, Some("aaa"), at(30)),
        resume(3, at(40)),
        resume(4, at(50)),
    ]);
    assert_eq!(facts.resumes_in_a_row(), 2);
    assert_eq!((facts.attempts(), facts.first_correction_at()), (1, at(30)));
    assert_eq!(facts.answered_commits().collect::<Vec<_>>(), ["aaa"]);
    assert_eq!(facts.dispatched_at(), at(10));
    assert_eq!(facts.clock_started_at(), at(50));
    let repaired = with_messages(vec![ours(0, None, at(10)), ours(1, Some("aaa"), at(30))]);
    assert_eq!(repaired.resumes_in_a_row(), 0);
    assert_eq!(repaired.clock_started_at(), at(10));
    // Cut: the thread's creation stands for the first message.
    let cut = with_messages(vec![resume(4, None)]);
    assert!(cut.is_started());
    assert_eq!(
        (cut.dispatched_at(), cut.clock_started_at()),
        (at(0), at(0))
    );
}

#[test]
fn thread_state_of_tasks_before_a_resume_is_not_background() {
    for (began, resumed, runs) in [
        (at(20), None, true),
        (at(20), at(51), false),
        (at(30), at(30), true),
        // Our clock is ahead of the server's.
        (at(20), at(50), true),
        (None, at(30), true),
    ] {
        let facts = with(|facts| {
            facts.session = Some(session("ready", 130));
            log(facts).open_tasks = vec![task(began)];
            log(facts).ours = match resumed {
                Some(_) => vec![ours(1, Some(MessageId::RESUME), resumed)],
                None => Vec::new(),
            };
        });
        assert_eq!(read(&facts).background, runs, "{began:?} {resumed:?}");
    }
}

#[test]
fn thread_state_reads_attempts_and_times_from_our_messages() {
    let facts = with(|facts| {
        log(facts).ours = vec![
            // Not a correction, whatever it names: it is the first.
            ours(0, Some("ccc"), at(10)),
            ours(1, Some("aaa"), at(30)),
            ours(2, None, at(35)),
            ours(3, Some("bbb"), at(40)),
        ];
    });
    assert_eq!(facts.first_message_at(), at(10));
    assert_eq!(facts.first_correction_at(), at(30));
    assert_eq!(facts.last_message_at(), at(40));
    assert_eq!(facts.attempts(), 2);
    assert_eq!(facts.answered_commits().collect::<Vec<_>>(), ["aaa", "bbb"]);

    let last_words = LastWords {
        text: "Done.".to_owned(),
        shortened: false,
        at: at(50),
    };
    let spoken = with(|facts| log(facts).last_words = Some(last_words.clone()));
    assert_eq!(spoken.last_words(), Some(&last_words));

    let light = ThreadFacts::default();
    assert_eq!(light.first_message_at(), None);
    assert_eq!(light.attempts(), 0);
    assert_eq!(light.last_words(), None);
}
