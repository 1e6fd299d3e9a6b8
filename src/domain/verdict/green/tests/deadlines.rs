//! No deadline moves on for ever, whatever is told again and again.

use super::*;

/// Three days, in steps that are no divisor of anything below.
const NIGHTS: i64 = 3 * 86_400;
const STEP: i64 = 4_370;

const DEPLOY_ONLY: StagePlan = StagePlan {
    deploy: true,
    rollout: false,
};

fn blocked(since: i64) -> StageOutcome {
    StageOutcome::Blocked {
        hold: Hold::Waits,
        since: Some(at(since)),
        what: failed_checks().remove(0),
    }
}

fn nothing_good_yet(now: i64) -> [StageOutcome; 6] {
    [
        StageOutcome::None,
        StageOutcome::OnlyNewer {
            said: "red".to_owned(),
        },
        running(),
        StageOutcome::Unreadable {
            cause: "403".to_owned(),
        },
        StageOutcome::Superseded,
        // Each newer commit brings an approval that is waited for anew.
        blocked(now - 60),
    ]
}

/// When the verdict became red, and that it was pending before and stays red after it.
fn first_red(judged: &dyn Fn(i64) -> Verdict) -> i64 {
    let mut red_at = None;
    for now in (600..NIGHTS).step_by(usize::try_from(STEP).unwrap()) {
        match (judged(now), red_at) {
            (Verdict::Pending { .. }, None) => {}
            (Verdict::Red(red), known) => {
                assert!(red.at <= at(now));
                red_at = Some(known.unwrap_or(now));
            }
            (other, known) => panic!("{other:?} at {now}, {known:?}"),
        }
    }
    red_at.expect("it ends within three days")
}

/// A commit without a build of its own, below one that is pushed every five minutes and is green two minutes later.
#[test]
fn a_busy_branch_does_not_push_the_deadlines_of_deploy_and_rollout_on() {
    for answer in 0..6 {
        for (stages, before) in [(DEPLOY_ONLY, 0), (ALL_STAGES, 1)] {
            let judged = |now: i64| {
                let count = (now - 120) / 300;
                let newer: Vec<(char, i64)> =
                    (1..=count).rev().map(|index| ('b', index * 300)).collect();
                let green_at = newer[0].1 + 120;
                let mut answers = vec![StageOutcome::None, success(Some(green_at))];
                // Each of them is deployed as well.
                answers.extend((0..before).map(|_| success(Some(now - 30))));
                answers.push(nothing_good_yet(now)[answer].clone());
                answer_all(&pushed(100, &newer), stages, now, &answers).1
            };
            let deadline = 300 + END_MAX * (1 + before) + END_MAX + START_MAX + STEP;
            let red_at = first_red(&judged);
            assert!(red_at <= deadline, "{answer} {before}: {red_at}");
        }
    }
}

/// A status that is posted anew every minute, on the commit itself.
#[test]
fn a_result_that_is_renewed_does_not_push_the_next_deadline_on() {
    for answer in 0..6 {
        for (stages, before) in [(DEPLOY_ONLY, 0), (ALL_STAGES, 1)] {
            let judged = |now: i64| {
                let mut answers = vec![success(Some(now - 60))];
                answers.extend((0..before).map(|_| success(Some(now - 30))));
                answers.push(nothing_good_yet(now)[answer].clone());
                verdict(stages, now, &answers)
            };
            let deadline = 100 + END_MAX * (1 + before) + END_MAX + START_MAX + STEP;
            let red_at = first_red(&judged);
            assert!(red_at <= deadline, "{answer} {before}: {red_at}");
        }
    }
}

/// An approval that is asked for anew with each result is waited for once.
#[test]
fn an_approval_that_is_asked_for_again_and_again_is_waited_for_once() {
    let judged = |now: i64| verdict(BUILD_ONLY, now, &[blocked(now - 10)]);
    assert!(first_red(&judged) <= 100 + END_MAX + START_MAX + STEP);
    // Within the time of its stage it counts from when it was asked for.
    for (since, until) in [
        (0, 100),
        (100, 100),
        (2_000, 2_000),
        (100 + END_MAX, 100 + END_MAX),
        (200 + END_MAX, 100 + END_MAX),
    ] {
        let now = until + START_MAX;
        let early = verdict(BUILD_ONLY, now - 1, &[blocked(since)]);
        assert!(matches!(early, Verdict::Pending { .. }), "{since}");
        let Verdict::Red(red) = verdict(BUILD_ONLY, now, &[blocked(since)]) else {
            panic!("{since}");
        };
        assert_eq!(
            (red.reason, red.at),
            (RedReason::CiBlocked, at(now)),
            "{since}"
        );
    }
}

/// The commit is of second 100.
#[test]
fn the_next_stages_clock_is_when_a_stage_ended_within_its_own_time() {
    let latest = 100 + END_MAX;
    for (ended, clock) in [
        (Some(-50), 100),
        (Some(100), 100),
        (Some(101), 101),
        (Some(3_000), 3_000),
        (Some(latest), latest),
        (Some(latest + 1), latest),
        (Some(NIGHTS), latest),
        (None, latest),
    ] {
        for (answer, limit) in [(running(), END_MAX), (StageOutcome::None, START_MAX)] {
            let deadline = clock + limit;
            let judged = |now| verdict(DEPLOY_ONLY, now, &[success(ended), answer.clone()]);
            let early = judged(deadline - 1);
            assert!(matches!(early, Verdict::Pending { .. }), "{ended:?}");
            let Verdict::Red(red) = judged(deadline) else {
                panic!("{ended:?}");
            };
            assert_eq!(
                (red.reason, red.at, red.stage),
                (RedReason::CiSilent, at(deadline), Stage::Deploy),
                "{ended:?}"
            );
        }
    }
}
