//! What must hold whatever a server says.

use proptest::prelude::*;

use super::*;

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
        tasks in proptest::collection::vec(times(), 0..2),
        words in proptest::option::of((words(&["Done.", "API Error: 529 Overloaded", "You've hit your limit · resets 3am (UTC)"]), times())),
        retry in proptest::option::of((times(), 0_u64..3)),
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
                    question: stale.then(|| "Which?".to_owned()),
                })
                .collect(),
            open_tasks: tasks.into_iter().map(|at| OpenTask { id: "task".to_owned(), at }).collect(),
            last_words: words.map(|(text, at)| LastWords { text, shortened: false, at }),
            retry: retry.map(|(at, attempt)| RetryWarning {
                at,
                attempt: Some(attempt),
                attempts_max: Some(2),
                status: Some(429),
                error: String::new(),
            }),
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
            ..ThreadFacts::default()
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
        // A stop is told of what is over or failed only, and never of the future.
        if let Some(stop) = &reading.stop {
            let stands = matches!(reading.state, ThreadState::Over | ThreadState::Failed { .. });
            prop_assert!(stands);
            prop_assert!(stop.at <= now);
            let _ = (stop.to_string(), stop.resume_at(3, STALL));
        }
        // What runs in the background is not over, unless its provider is out.
        let is_over = reading.state == ThreadState::Over && reading.stop.is_none();
        prop_assert!(!(reading.background && is_over));
        let _ = reading.may_live_on_until(STALL);
        // Time alone changes nothing but what runs in silence.
        let early = thread_state(&facts, now, TimeDelta::MAX);
        if early.state != reading.state {
            prop_assert_eq!(early.state, ThreadState::Running);
            prop_assert!(reading.quiet_for >= stall);
        }
    }
}
