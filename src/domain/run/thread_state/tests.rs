//! Each rule by itself, each boundary of time, and what must hold whatever a server says.

use proptest::prelude::*;

use super::*;
use crate::domain::identity::{Authorisation, RepositoryId, RepositoryKey, Slot};
use crate::domain::repository::{ForgeKind, IssueNumber};

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
    }
}

fn failure(at: Option<DateTime<Utc>>) -> Option<StartFailure> {
    let detail = "no such provider".to_owned();
    Some(StartFailure { at, detail })
}

fn read(facts: &ThreadFacts) -> ThreadReading {
    thread_state(facts, at(200).unwrap(), STALL)
}

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

fn times() -> impl Strategy<Value = Option<DateTime<Utc>>> {
    prop_oneof![
        1 => Just(None),
        6 => (0_i64..300).prop_map(at),
        1 => Just(Some(DateTime::<Utc>::MAX_UTC)),
        1 => Just(Some(DateTime::<Utc>::MIN_UTC)),
    ]
}

fn words(known: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        8 => proptest::sample::select(known).prop_map(str::to_owned),
        1 => "[a-z]{0,8}",
    ]
}

prop_compose! {
    fn sessions()(
        status in words(&["idle", "starting", "running", "ready", "interrupted", "stopped", "error"]),
        active in any::<bool>(),
        error in any::<bool>(),
        updated_at in times(),
    ) -> SessionFacts {
        SessionFacts {
            status,
            active_turn: active.then(|| "turn".to_owned()),
            last_error: error.then(|| "broken".to_owned()),
            updated_at,
        }
    }
}

prop_compose! {
    fn turns()(
        state in words(&["running", "interrupted", "completed", "error"]),
        requested_at in times(),
        completed_at in times(),
    ) -> TurnFacts {
        TurnFacts { state, requested_at, completed_at, ..TurnFacts::default() }
    }
}

prop_compose! {
    fn logs()(
        counts in proptest::array::uniform4(0_usize..4),
        moments in proptest::array::uniform6(times()),
        failed in any::<bool>(),
        checkpoint in any::<bool>(),
        asked in proptest::collection::vec((times(), any::<bool>(), any::<bool>(), any::<bool>()), 0..3),
    ) -> ThreadLog {
        let [requests, answers, answers_since, activities] = counts;
        let [last_request_at, last_answer_at, last_activity_at, checkpoint_at, failed_at, _] = moments;
        ThreadLog {
            requests,
            answers,
            answers_since,
            activities,
            last_request_at,
            last_answer_at,
            last_activity_at,
            last_checkpoint: checkpoint.then(|| CheckpointFacts { status: "ready".to_owned(), at: checkpoint_at }),
            start_failure: failed.then(|| StartFailure { at: failed_at, detail: "why".to_owned() }),
            open_requests: asked
                .into_iter()
                .map(|(at, approval, ours, stale)| OpenRequest {
                    waits_for: if approval { WaitsFor::Approval } else { WaitsFor::Answer },
                    at,
                    turn: ours.then(|| "turn".to_owned()),
                    stale,
                })
                .collect(),
            ..ThreadLog::default()
        }
    }
}

prop_compose! {
    fn threads()(
        session in proptest::option::of(sessions()),
        latest_turn in proptest::option::of(turns()),
        log in proptest::option::of(logs()),
        moments in proptest::array::uniform3(times()),
        flags in proptest::array::uniform4(any::<bool>()),
    ) -> ThreadFacts {
        let [created_at, updated_at, latest_user_message_at] = moments;
        let [archived, deleted, pending_answer, pending_approval] = flags;
        ThreadFacts {
            archived: archived && deleted,
            deleted: deleted && pending_answer,
            created_at,
            updated_at,
            session,
            latest_turn,
            log,
            latest_user_message_at,
            pending_answer,
            pending_approval,
        }
    }
}

proptest! {
    #[test]
    fn thread_state_holds_its_promises_whatever_a_server_says(
        facts in threads(),
        now in prop_oneof![Just(at(150)), Just(Some(DateTime::<Utc>::MAX_UTC)), Just(Some(DateTime::<Utc>::MIN_UTC))],
        stall in prop_oneof![Just(STALL), Just(TimeDelta::zero()), Just(TimeDelta::MAX), Just(TimeDelta::seconds(1))],
    ) {
        let now = now.unwrap();
        let reading = thread_state(&facts, now, stall);
        let _ = (reading.state.to_string(), reading.dead_for_twice(stall));
        prop_assert!(reading.changed_at <= now);
        prop_assert!(reading.quiet_for >= TimeDelta::zero());
        prop_assert_eq!(reading.state == ThreadState::Gone, facts.is_released());
        let running = facts.session.as_ref().is_some_and(|session| session.status == "running");
        if running {
            prop_assert!(reading.shows_running_session());
            // A session that runs is never taken for a turn that is over: nothing but silence ends it.
            prop_assert!(reading.state != ThreadState::Over);
        }
        if let Some(session) = &facts.session && session.status == "hibernating" {
            prop_assert!(reading.shows_running_session());
        }
        // Time alone changes nothing but what runs in silence.
        let early = thread_state(&facts, now, TimeDelta::MAX);
        if early.state != reading.state {
            prop_assert_eq!(early.state, ThreadState::Running);
            prop_assert!(reading.quiet_for >= stall);
        }
    }
}
