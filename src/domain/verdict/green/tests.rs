use super::*;
use crate::domain::config::RepositoryConfig;
use crate::domain::verdict::attribution::{AttributedBy, NewerCommit};
use crate::domain::verdict::ci::{CommitSha, FailedCheck, Hold, Red, StageOutcome, Verdict};
use chrono::TimeDelta;

mod deadlines;
mod held;
mod merges;
mod newer_commits;
mod nothing_built;

const START_MAX: i64 = 900;
const END_MAX: i64 = 5_400;
const ALL_STAGES: StagePlan = StagePlan {
    deploy: true,
    rollout: true,
};
const BUILD_ONLY: StagePlan = StagePlan {
    deploy: false,
    rollout: false,
};

/// Seconds on the tests' clock; our last message was sent at 0.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_366_400 + seconds, 0).unwrap()
}

fn sha(letter: char) -> CommitSha {
    CommitSha::parse(&letter.to_string().repeat(40)).unwrap()
}

/// The watched commit `a`, below newer ones given newest first.
fn pushed(committed: i64, newer: &[(char, i64)]) -> PushedCommit {
    PushedCommit {
        sha: sha('a'),
        committed_at: at(committed),
        attributed_by: AttributedBy::Trailer,
        skip_token: None,
        of_run: vec![sha('a')],
        reverted_by: None,
        newer: newer
            .iter()
            .map(|&(letter, committed)| NewerCommit {
                sha: sha(letter),
                committed_at: at(committed),
                descent: Descent::Contains,
                skips_ci: false,
            })
            .collect(),
    }
}

fn begin(commit: &PushedCommit, stages: StagePlan, now: i64) -> Next<'_> {
    let limits = RunLimits {
        fix_forward_max_attempts: 5,
        fix_forward_max: TimeDelta::seconds(3_600),
        run_max: TimeDelta::seconds(14_400),
        settle: TimeDelta::seconds(120),
        ci_start_max: TimeDelta::seconds(START_MAX),
        ci_max: TimeDelta::seconds(END_MAX),
        ci_settle: TimeDelta::seconds(60),
        max_tokens: None,
        resume_max: 8,
        orphan: TimeDelta::seconds(600),
    };
    judge(commit, stages, at(0), &limits, at(now))
}

/// Answers in turn; returns what was asked and the verdict. Fails when answers are left over or missing.
fn answer_all(
    commit: &PushedCommit,
    stages: StagePlan,
    now: i64,
    answers: &[StageOutcome],
) -> (Vec<(Stage, CommitSha)>, Verdict) {
    let mut asked = Vec::new();
    let mut next = begin(commit, stages, now);
    let mut answers = answers.iter().cloned();
    loop {
        match next {
            Next::Decided(verdict) => {
                assert_eq!(answers.len(), 0, "an answer nobody asked for");
                return (asked, verdict);
            }
            Next::Waits {
                stage,
                detail,
                until,
            } => {
                assert!(at(now) < until.at, "what waits is not over");
                next = Next::Decided(Verdict::Pending { stage, detail });
            }
            Next::Ask(question) => {
                asked.push((question.stage(), question.commit().clone()));
                next = question.answer(answers.next().unwrap());
            }
        }
    }
}

fn verdict(stages: StagePlan, now: i64, answers: &[StageOutcome]) -> Verdict {
    answer_all(&pushed(100, &[]), stages, now, answers).1
}

fn running() -> StageOutcome {
    StageOutcome::Pending {
        detail: "unit tests".to_owned(),
    }
}

fn success(ended: Option<i64>) -> StageOutcome {
    StageOutcome::Success {
        ended_at: ended.map(at),
    }
}

fn failure(concluded: Option<i64>) -> StageOutcome {
    StageOutcome::Failure {
        concluded_at: concluded.map(at),
        checks: failed_checks(),
    }
}

fn failed_checks() -> Vec<FailedCheck> {
    vec![FailedCheck {
        name: "unit".to_owned(),
        url: None,
        excerpt: None,
    }]
}

fn pending(stage: Stage, detail: &str) -> Verdict {
    let detail = detail.to_owned();
    Verdict::Pending { stage, detail }
}

fn silent(stage: Stage, deadline: i64, cause: &str) -> Verdict {
    Verdict::Red(Red {
        stage,
        reason: RedReason::CiSilent,
        at: at(deadline),
        checks: Vec::new(),
        cause: Some(cause.to_owned()),
    })
}

fn failed(stage: Stage, concluded: i64) -> Verdict {
    Verdict::Red(Red {
        stage,
        reason: RedReason::Failed,
        at: at(concluded),
        checks: failed_checks(),
        cause: None,
    })
}

/// Red because another commit failed in the place of ours.
fn failed_instead(stage: Stage, concluded: i64, cause: String) -> Verdict {
    match failed(stage, concluded) {
        Verdict::Red(red) => Verdict::Red(Red {
            cause: Some(cause),
            ..red
        }),
        verdict @ (Verdict::Green | Verdict::Pending { .. }) => verdict,
    }
}

/// What is said where ours was cancelled for this one.
fn cancelled_for(letter: char) -> String {
    format!(
        "was cancelled for the newer commit {}, which contains it and failed",
        sha(letter)
    )
}

/// What is said where CI ran on this merge in the place of ours.
fn left_to(letter: char) -> String {
    format!(
        "was left to commit {}, which merged it and failed",
        sha(letter)
    )
}

#[test]
fn a_repository_has_the_stages_that_are_configured_in_order() {
    use Stage::{Build, Deploy, Rollout};
    for (deploy, rollout, expected) in [
        (false, false, vec![Build]),
        (true, false, vec![Build, Deploy]),
        (false, true, vec![Build, Rollout]),
        (true, true, vec![Build, Deploy, Rollout]),
    ] {
        let plan = StagePlan { deploy, rollout };
        assert_eq!(plan.stages().collect::<Vec<_>>(), expected);
        let commit = pushed(100, &[]);
        let answers = vec![success(Some(150)); expected.len()];
        let (asked, verdict) = answer_all(&commit, plan, 200, &answers);
        let asked: Vec<Stage> = asked.into_iter().map(|(stage, _)| stage).collect();
        assert_eq!((asked, verdict), (expected, Verdict::Green));
    }
    assert_eq!(StagePlan::from(&RepositoryConfig::BUILD_ONLY), BUILD_ONLY);
}

/// Every outcome at every stage, on both sides of both deadlines.
#[test]
fn the_first_decisive_stage_wins_and_no_later_one_is_asked() {
    use Stage::{Build, Deploy, Rollout};
    for (index, stage) in [Build, Deploy, Rollout].into_iter().enumerate() {
        // The build's clock is the commit's date; every stage before this one took 200 s.
        let clock = 100 + 200 * i64::try_from(index).unwrap();
        let before: Vec<StageOutcome> = (1..=index)
            .map(|index| success(Some(100 + 200 * i64::try_from(index).unwrap())))
            .collect();
        for age in [
            0,
            START_MAX - 1,
            START_MAX,
            START_MAX + 1,
            END_MAX - 1,
            END_MAX,
            END_MAX + 1,
        ] {
            let verdict = |outcome: StageOutcome| {
                let answers: Vec<_> = before.iter().cloned().chain([outcome]).collect();
                verdict(ALL_STAGES, clock + age, &answers)
            };
            assert_eq!(
                verdict(StageOutcome::None),
                if age < START_MAX {
                    pending(stage, "nothing has started")
                } else {
                    silent(stage, clock + START_MAX, "nothing has started")
                }
            );
            assert_eq!(
                verdict(running()),
                if age < END_MAX {
                    pending(stage, "unit tests")
                } else {
                    silent(stage, clock + END_MAX, "unit tests")
                }
            );
            assert_eq!(
                verdict(failure(Some(clock))),
                failed(stage, clock),
                "red is red, however late it is seen"
            );
        }
    }
}

#[test]
fn the_builds_clock_is_the_commit_date_between_our_last_message_and_now() {
    let now = 3_000;
    let skew = CLOCK_SKEW.num_seconds();
    for (committed, clock) in [
        (-5_000, 0),
        (-1, 0),
        (0, 0),
        (1, 1),
        (2_999, 2_999),
        (3_000, 3_000),
        // Clocks differ a little.
        (3_001, 3_000),
        (3_000 + skew, 3_000),
        // Made up.
        (3_001 + skew, 0),
        (1_000_000, 0),
    ] {
        let commit = pushed(committed, &[]);
        let Next::Ask(question) = begin(&commit, BUILD_ONLY, now) else {
            panic!("a build is asked about");
        };
        assert_eq!(question.clock(), at(clock), "{committed}");
    }
}

#[test]
fn a_message_that_our_clock_has_not_reached_yet_breaks_nothing() {
    let commit = pushed(-100, &[]);
    let (_, verdict) = answer_all(&commit, BUILD_ONLY, -50, &[StageOutcome::None]);
    assert_eq!(verdict, pending(Stage::Build, "nothing has started"));
}

/// Nobody says when the build ended: it can not have been later than its own deadline.
#[test]
fn without_an_end_the_next_clock_starts_at_the_latest_possible_moment() {
    let answers = [success(None), StageOutcome::None];
    let latest_end = 100 + END_MAX;
    let deadline = latest_end + START_MAX;
    for (now, expected) in [
        (200, pending(Stage::Deploy, "nothing has started")),
        (
            100 + START_MAX,
            pending(Stage::Deploy, "nothing has started"),
        ),
        (deadline - 1, pending(Stage::Deploy, "nothing has started")),
        (
            deadline,
            silent(Stage::Deploy, deadline, "nothing has started"),
        ),
        (
            deadline + 9_999,
            silent(Stage::Deploy, deadline, "nothing has started"),
        ),
    ] {
        assert_eq!(verdict(ALL_STAGES, now, &answers), expected, "{now}");
    }
}

#[test]
fn an_end_is_never_before_the_stage_nor_after_now() {
    for (ended, now, deadline) in [
        // Ended before our last message: a deploy that is done again has its full time.
        (-5_000, 20_000, 100 + START_MAX),
        (99, 20_000, 100 + START_MAX),
        (500, 20_000, 500 + START_MAX),
        // Nor later than it had to end.
        (100 + END_MAX, 20_000, 100 + END_MAX + START_MAX),
        (99_999, 20_000, 100 + END_MAX + START_MAX),
    ] {
        let answers = [success(Some(ended)), StageOutcome::None];
        assert_eq!(
            verdict(ALL_STAGES, now, &answers),
            silent(Stage::Deploy, deadline, "nothing has started")
        );
    }
    let answers = [success(Some(99_999)), StageOutcome::None];
    assert_eq!(
        verdict(ALL_STAGES, 5_000, &answers),
        pending(Stage::Deploy, "nothing has started")
    );
}

#[test]
fn a_failure_without_a_time_has_a_fixed_one_in_the_end() {
    for (now, red_at) in [
        (200, 200),
        (100 + END_MAX, 100 + END_MAX),
        (90_000, 100 + END_MAX),
    ] {
        assert_eq!(
            verdict(BUILD_ONLY, now, &[failure(None)]),
            failed(Stage::Build, red_at)
        );
    }
    assert_eq!(
        verdict(BUILD_ONLY, 200, &[failure(Some(201))]),
        failed(Stage::Build, 200),
        "a failure in the future happened now"
    );
}

#[test]
fn superseded_deploys_are_pending_within_their_time() {
    let answers = [success(Some(200)), StageOutcome::Superseded];
    assert_eq!(
        verdict(ALL_STAGES, 300, &answers),
        pending(Stage::Deploy, "cancelled for a newer one")
    );
    assert_eq!(
        verdict(ALL_STAGES, 200 + END_MAX, &answers),
        silent(Stage::Deploy, 200 + END_MAX, "cancelled for a newer one")
    );
}

fn blocked(hold: Hold, since: Option<i64>) -> StageOutcome {
    StageOutcome::Blocked {
        hold,
        since: since.map(at),
        what: failed_checks().remove(0),
    }
}

fn needs_a_person(stage: Stage, since: i64) -> Verdict {
    Verdict::Red(Red {
        stage,
        reason: RedReason::CiBlocked,
        at: at(since),
        checks: failed_checks(),
        cause: None,
    })
}

/// An approval has as long as a stage may take to start; a no is final at once.
#[test]
fn what_only_a_person_can_move_is_no_failure() {
    for (index, stage) in [Stage::Build, Stage::Deploy, Stage::Rollout]
        .into_iter()
        .enumerate()
    {
        let before = vec![success(Some(100)); index];
        let verdict = |now, outcome: StageOutcome| {
            let answers: Vec<_> = before.iter().cloned().chain([outcome]).collect();
            verdict(ALL_STAGES, now, &answers)
        };
        for (since, from) in [(None, 100), (Some(-50), 100), (Some(400), 400)] {
            for age in [0, 1, START_MAX - 1, START_MAX, END_MAX] {
                let now = from + age;
                assert_eq!(
                    verdict(now, blocked(Hold::Waits, since)),
                    if age < START_MAX {
                        pending(stage, "unit")
                    } else {
                        needs_a_person(stage, from + START_MAX)
                    }
                );
                assert_eq!(
                    verdict(now, blocked(Hold::Stopped, since)),
                    needs_a_person(stage, from)
                );
            }
        }
        // A time that has not come yet counts as now.
        assert_eq!(
            verdict(200, blocked(Hold::Stopped, Some(9_999))),
            needs_a_person(stage, 200)
        );
    }
}

#[test]
fn what_waits_for_a_person_is_shown_with_its_address() {
    let waits = StageOutcome::Blocked {
        hold: Hold::Waits,
        since: None,
        what: FailedCheck {
            name: "deploy waits for an approval".to_owned(),
            url: Some("https://ci.example/5".to_owned()),
            excerpt: None,
        },
    };
    assert_eq!(
        verdict(BUILD_ONLY, 200, &[waits]),
        pending(
            Stage::Build,
            "deploy waits for an approval (https://ci.example/5)"
        )
    );
}

/// The cause stays with the end.
#[test]
fn a_stage_that_can_not_be_read_has_its_deadline_all_the_same() {
    for (index, stage) in [Stage::Build, Stage::Deploy, Stage::Rollout]
        .into_iter()
        .enumerate()
    {
        let cause = "it can not be read: HTTP 403";
        let unreadable = StageOutcome::Unreadable {
            cause: "HTTP 403".to_owned(),
        };
        let answers: Vec<_> = std::iter::repeat_n(success(Some(100)), index)
            .chain([unreadable])
            .collect();
        for (age, expected) in [
            (START_MAX, pending(stage, cause)),
            (END_MAX - 1, pending(stage, cause)),
            (END_MAX, silent(stage, 100 + END_MAX, cause)),
        ] {
            assert_eq!(verdict(ALL_STAGES, 100 + age, &answers), expected);
        }
    }
}

#[test]
fn reverted_work_is_red_without_a_question_whatever_its_message_says() {
    let commit = PushedCommit {
        reverted_by: Some(sha('b')),
        skip_token: Some("[skip ci]".to_owned()),
        ..pushed(100, &[('b', 200)])
    };
    let (asked, verdict) = answer_all(&commit, ALL_STAGES, 300, &[]);
    assert_eq!(asked, []);
    assert_eq!(
        verdict,
        Verdict::Red(Red {
            stage: Stage::Build,
            reason: RedReason::Reverted,
            at: at(100),
            checks: Vec::new(),
            cause: Some("commit bbbbbbbb reverts it".to_owned()),
        })
    );
}

/// Until when a pending stage waits, and by which limit: the moment at which the same answers are red.
#[test]
fn what_waits_tells_when_it_becomes_red() {
    let built = success(Some(300));
    let deployed = [built.clone(), success(Some(400))];
    let unreadable = StageOutcome::Unreadable {
        cause: "HTTP 500".to_owned(),
    };
    for (answers, at_last, variable) in [
        (
            vec![StageOutcome::None],
            100 + START_MAX,
            "AFK_CI_START_MAX_SECONDS",
        ),
        (vec![running()], 100 + END_MAX, "AFK_CI_MAX_SECONDS"),
        (
            vec![built.clone(), StageOutcome::None],
            300 + START_MAX,
            "AFK_CI_START_MAX_SECONDS",
        ),
        (
            vec![built.clone(), running()],
            300 + END_MAX,
            "AFK_CI_MAX_SECONDS",
        ),
        (
            vec![built.clone(), blocked(Hold::Waits, Some(350))],
            350 + START_MAX,
            "AFK_CI_START_MAX_SECONDS",
        ),
        (
            vec![built, StageOutcome::Superseded],
            300 + END_MAX,
            "AFK_CI_MAX_SECONDS",
        ),
        (
            [&deployed[..], &[running()]].concat(),
            400 + END_MAX,
            "AFK_CI_MAX_SECONDS",
        ),
        (
            [&deployed[..], &[unreadable]].concat(),
            400 + END_MAX,
            "AFK_CI_MAX_SECONDS",
        ),
    ] {
        let commit = pushed(100, &[]);
        let judged = |now| {
            answers
                .iter()
                .fold(begin(&commit, ALL_STAGES, now), |next, answer| match next {
                    Next::Ask(question) => question.answer(answer.clone()),
                    Next::Decided(_) | Next::Waits { .. } => panic!("an answer nobody asked for"),
                })
        };
        let Next::Waits { until, .. } = judged(at_last - 1) else {
            panic!("{answers:?}");
        };
        assert_eq!(until.at, at(at_last), "{answers:?}");
        assert_eq!(until.limit.variable(), variable, "{answers:?}");
        let Next::Decided(Verdict::Red(red)) = judged(at_last) else {
            panic!("{answers:?}");
        };
        assert_eq!(red.at, until.at);
    }
}
