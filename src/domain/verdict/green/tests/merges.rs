//! The watched commit came from a side branch with a merge: the branch never was at it.

use super::*;

/// When it was committed, long before somebody merged it.
const COMMITTED: i64 = 100;
const MERGED: i64 = 20_000;
const LEFT: &str = "nothing has started for cccccccc, which merged it";

/// The watched commit `a`, beside `b`, merged by `c`, below newer ones given newest first.
fn merged(by: Descent, on_top: &[(char, i64)]) -> PushedCommit {
    let below = [('c', MERGED), ('b', 150)];
    let mut commit = pushed(COMMITTED, &[on_top, &below].concat());
    commit.newer[on_top.len()].descent = by;
    commit.newer[on_top.len() + 1].descent = Descent::NotKnown;
    commit
}

/// The letters of the commits whose build was asked about, and the verdict.
fn judged(commit: &PushedCommit, now: i64, answers: &[StageOutcome]) -> (String, Verdict) {
    let (asked, verdict) = answer_all(commit, BUILD_ONLY, now, answers);
    let letters = asked
        .iter()
        .map(|(_, sha)| sha.as_str().chars().next().unwrap());
    (letters.collect(), verdict)
}

fn both(asked: &str, verdict: Verdict) -> (String, Verdict) {
    (asked.to_owned(), verdict)
}

fn unreadable() -> StageOutcome {
    StageOutcome::Unreadable {
        cause: "HTTP 500".to_owned(),
    }
}

fn not_named() -> StageOutcome {
    StageOutcome::NotNamed {
        said: "test did not report".to_owned(),
    }
}

fn only_newer() -> StageOutcome {
    StageOutcome::OnlyNewer {
        said: "red".to_owned(),
    }
}

/// Every answer of the merge, on both sides of both deadlines: what has a word decides, and the side branch is not asked.
#[test]
fn ci_runs_on_the_merge_and_not_on_what_it_brought() {
    let commit = merged(Descent::Merges, &[]);
    for age in [0, 5, START_MAX - 1, START_MAX, END_MAX - 1, END_MAX, 90_000] {
        let now = MERGED + age;
        let ask = |outcome: &StageOutcome| judged(&commit, now, std::slice::from_ref(outcome));
        let until = |limit: i64, detail: &str| {
            let verdict = if age < limit {
                pending(Stage::Build, detail)
            } else {
                silent(Stage::Build, MERGED + limit, detail)
            };
            both("c", verdict)
        };
        assert_eq!(ask(&success(Some(MERGED))), both("c", Verdict::Green));
        let red = failed_instead(Stage::Build, MERGED, left_to('c'));
        assert_eq!(ask(&failure(Some(MERGED))), both("c", red));
        assert_eq!(ask(&running()), until(END_MAX, "unit tests"));
        let cause = "it can not be read: HTTP 500";
        assert_eq!(ask(&unreadable()), until(END_MAX, cause));
        let stopped = needs_a_person(Stage::Build, MERGED);
        assert_eq!(ask(&blocked(Hold::Stopped, None)), both("c", stopped));
        let waits = if age < START_MAX {
            pending(Stage::Build, "unit")
        } else {
            needs_a_person(Stage::Build, MERGED + START_MAX)
        };
        assert_eq!(ask(&blocked(Hold::Waits, None)), both("c", waits));
        // Cancelled: there is nothing that it can have been cancelled for.
        let cancelled = "cancelled for a newer commit, which has no result yet";
        assert_eq!(ask(&StageOutcome::Superseded), until(END_MAX, cancelled));
    }
}

/// Every answer of the merge without a build, before and after it had its time, with every answer of the side branch.
#[test]
fn a_side_branch_is_asked_once_the_merge_had_its_time_to_start() {
    let commit = merged(Descent::Merges, &[]);
    for (of_merge, said) in [
        (StageOutcome::None, LEFT),
        (only_newer(), LEFT),
        (not_named(), "test did not report"),
    ] {
        for age in [0, 5, 180, START_MAX - 1] {
            let asked = judged(&commit, MERGED + age, std::slice::from_ref(&of_merge));
            assert_eq!(asked, both("c", pending(Stage::Build, said)));
        }
        for age in [START_MAX, END_MAX - 1, END_MAX, 90_000] {
            let now = MERGED + age;
            let ask = |outcome| judged(&commit, now, &[of_merge.clone(), outcome]);
            assert_eq!(ask(success(Some(200))), both("ca", Verdict::Green));
            // Whatever failed before the merge, on the branch it did since.
            for (concluded, red_at) in [(200, MERGED), (MERGED + 60, MERGED + 60)] {
                let red = failed(Stage::Build, red_at);
                assert_eq!(ask(failure(Some(concluded))), both("ca", red));
            }
            let until_end = |detail: &str| {
                let verdict = if age < END_MAX {
                    pending(Stage::Build, detail)
                } else {
                    silent(Stage::Build, MERGED + END_MAX, detail)
                };
                both("ca", verdict)
            };
            assert_eq!(ask(running()), until_end("unit tests"));
            assert_eq!(ask(unreadable()), until_end("it can not be read: HTTP 500"));
            let waited = needs_a_person(Stage::Build, MERGED + START_MAX);
            assert_eq!(ask(blocked(Hold::Waits, Some(200))), both("ca", waited));
            for nothing in [
                StageOutcome::None,
                only_newer(),
                not_named(),
                // For a newer one of its side branch.
                StageOutcome::Superseded,
            ] {
                let silent = silent(Stage::Build, MERGED + START_MAX, said);
                assert_eq!(ask(nothing), both("ca", silent));
            }
        }
    }
}

/// Every answer of a commit on top of a merge that was never built.
#[test]
fn a_side_branch_is_not_asked_where_ci_ran_on_top_of_the_merge() {
    let commit = merged(Descent::Merges, &[('d', MERGED + 100)]);
    let of_newer = format!("{LEFT}; of a newer commit that contains it: ");
    let red = format!("{of_newer}dddddddd is red: unit");
    let said = |outcome: &StageOutcome| {
        let is_red = matches!(outcome, StageOutcome::Failure { .. });
        if is_red { red.as_str() } else { LEFT }
    };
    for outcome in [
        StageOutcome::None,
        not_named(),
        only_newer(),
        blocked(Hold::Waits, None),
        blocked(Hold::Stopped, None),
        StageOutcome::Superseded,
        failure(Some(MERGED + 200)),
    ] {
        let answers = [StageOutcome::None, outcome.clone()];
        let early = judged(&commit, MERGED + START_MAX - 1, &answers);
        let waits = pending(Stage::Build, said(&outcome));
        assert_eq!(early, both("cd", waits), "{outcome:?}");
        let now = MERGED + START_MAX;
        let has_no_build = matches!(
            outcome,
            StageOutcome::None | StageOutcome::NotNamed { .. } | StageOutcome::OnlyNewer { .. }
        );
        if has_no_build {
            let answers = [&answers[..], &[success(Some(200))]].concat();
            let green = both("cda", Verdict::Green);
            assert_eq!(judged(&commit, now, &answers), green, "{outcome:?}");
        } else {
            let silent = silent(Stage::Build, now, said(&outcome));
            let late = judged(&commit, now, &answers);
            assert_eq!(late, both("cd", silent), "{outcome:?}");
        }
    }
    let end = MERGED + 100 + END_MAX;
    for (outcome, said) in [
        (running(), "unit tests"),
        (unreadable(), "it can not be read: HTTP 500"),
    ] {
        let answers = [StageOutcome::None, outcome];
        let detail = format!("{of_newer}{said}");
        for (now, expected) in [
            (MERGED + START_MAX, pending(Stage::Build, &detail)),
            (end - 1, pending(Stage::Build, &detail)),
            (end, silent(Stage::Build, end, &detail)),
        ] {
            assert_eq!(judged(&commit, now, &answers), both("cd", expected));
        }
    }
    let answers = [StageOutcome::None, success(Some(MERGED + 200))];
    let green = both("cd", Verdict::Green);
    assert_eq!(judged(&commit, MERGED + 300, &answers), green);
}

/// Every answer of the commit that a merge was cancelled for, which has its own time.
#[test]
fn a_merge_that_was_cancelled_is_superseded_like_a_commit_of_the_branch() {
    let newer = MERGED + 4_000;
    let commit = merged(Descent::Merges, &[('d', newer)]);
    let cancelled = "cancelled for a newer commit, which has no result yet";
    let ask = |now: i64, outcome: &StageOutcome| {
        judged(&commit, now, &[StageOutcome::Superseded, outcome.clone()])
    };
    let now = newer + 5;
    let red = failed_instead(Stage::Build, now, cancelled_for('d'));
    for (outcome, expected) in [
        (success(Some(now)), Verdict::Green),
        (failure(Some(now)), red),
        (running(), pending(Stage::Build, "unit tests")),
        (
            unreadable(),
            pending(Stage::Build, "it can not be read: HTTP 500"),
        ),
        (blocked(Hold::Waits, None), pending(Stage::Build, "unit")),
        (not_named(), pending(Stage::Build, cancelled)),
        (StageOutcome::Superseded, pending(Stage::Build, cancelled)),
    ] {
        assert_eq!(ask(now, &outcome), both("cd", expected), "{outcome:?}");
    }
    // Never built: the merge failed by itself.
    for (now, expected) in [
        (now, pending(Stage::Build, cancelled)),
        (
            newer + START_MAX,
            failed_instead(Stage::Build, newer, left_to('c')),
        ),
    ] {
        let answers = [
            StageOutcome::Superseded,
            StageOutcome::None,
            failure(Some(newer)),
        ];
        assert_eq!(judged(&commit, now, &answers), both("cdc", expected));
    }
}

/// Every answer of a merge that brought others' work as well.
#[test]
fn what_came_with_others_work_is_proved_by_green_and_never_red() {
    let commit = merged(Descent::Brings, &[]);
    let of_newer = "nothing has started for it, and of a newer commit that contains it: ";
    let with = |said: &str| format!("{of_newer}{said}");
    for age in [5, START_MAX - 1, START_MAX, END_MAX - 1, END_MAX, 90_000] {
        let now = MERGED + age;
        let ask = |outcome: &StageOutcome| judged(&commit, now, std::slice::from_ref(outcome));
        let until = |limit: i64, detail: &str| {
            let verdict = if age < limit {
                pending(Stage::Build, detail)
            } else {
                silent(Stage::Build, MERGED + limit, detail)
            };
            both("c", verdict)
        };
        assert_eq!(ask(&success(Some(MERGED))), both("c", Verdict::Green));
        let red = with("cccccccc is red: unit");
        assert_eq!(ask(&failure(Some(MERGED))), until(START_MAX, &red));
        assert_eq!(ask(&running()), until(END_MAX, &with("unit tests")));
        let cause = with("it can not be read: HTTP 500");
        assert_eq!(ask(&unreadable()), until(END_MAX, &cause));
        let cancelled = with("cancelled for a newer commit, which has no result yet");
        assert_eq!(ask(&StageOutcome::Superseded), until(END_MAX, &cancelled));
        let stopped = needs_a_person(Stage::Build, MERGED);
        assert_eq!(ask(&blocked(Hold::Stopped, None)), both("c", stopped));
        for nothing in [StageOutcome::None, not_named(), only_newer()] {
            if age < START_MAX {
                assert_eq!(ask(&nothing), until(START_MAX, NOTHING_STARTED));
            } else {
                let asked = judged(&commit, now, &[nothing, success(Some(200))]);
                assert_eq!(asked, both("ca", Verdict::Green));
            }
        }
    }
    // What stands on top is asked after it, and may prove it.
    let commit = merged(Descent::Brings, &[('e', MERGED + 200), ('d', MERGED + 100)]);
    let answers = [
        failure(Some(MERGED)),
        StageOutcome::None,
        success(Some(MERGED)),
    ];
    assert_eq!(
        judged(&commit, MERGED + 300, &answers),
        both("ced", Verdict::Green)
    );
}

/// What deploys the merge deploys what it brought in; where only the side branch was built, or others' work came with it, nobody knows
/// which of them is deployed.
#[test]
fn the_later_stages_are_asked_of_the_merge() {
    let on_top = [('d', MERGED + 100)];
    let red = |cause| failed_instead(Stage::Rollout, MERGED + 1_000, cause);
    for (by, built, deployed, expected) in [
        (
            Descent::Merges,
            vec![success(Some(MERGED))],
            'c',
            red(left_to('c')),
        ),
        (
            Descent::Merges,
            vec![StageOutcome::None, success(Some(MERGED))],
            'c',
            red(left_to('c')),
        ),
        (
            Descent::Merges,
            vec![StageOutcome::Superseded, success(Some(MERGED))],
            'c',
            red(left_to('c')),
        ),
        (
            Descent::Merges,
            vec![StageOutcome::None, StageOutcome::None, success(Some(200))],
            'a',
            failed(Stage::Rollout, MERGED + 1_000),
        ),
        (
            Descent::Brings,
            vec![success(Some(MERGED))],
            'a',
            failed(Stage::Rollout, MERGED + 1_000),
        ),
    ] {
        let commit = merged(by, &on_top);
        let later = [success(Some(MERGED + 950)), failure(Some(MERGED + 1_000))];
        let answers = [&built[..], &later].concat();
        let (asked, verdict) = answer_all(&commit, ALL_STAGES, MERGED + 1_200, &answers);
        assert_eq!(verdict, expected);
        assert_eq!(
            asked[built.len()..],
            [
                (Stage::Deploy, sha(deployed)),
                (Stage::Rollout, sha(deployed))
            ]
        );
    }
}

/// An image of the side branch is one of the run, too.
#[test]
fn the_merge_is_proved_by_what_contains_it_and_by_what_it_brought() {
    for (by, expected, work) in [
        (Descent::Merges, "cad", "eac"),
        (Descent::Brings, "adc", "ea"),
    ] {
        let mut commit = merged(by, &[('d', MERGED + 100)]);
        commit.of_run = vec![sha('e'), sha('a')];
        let mut next = begin(&commit, ALL_STAGES, MERGED + 200);
        let Next::Ask(question) = next else {
            panic!("it asks first");
        };
        assert_eq!(question.moment().ends_at, at(MERGED + END_MAX));
        next = question.answer(success(Some(MERGED)));
        let Next::Ask(question) = next else {
            panic!("it is deployed");
        };
        let proving = question.proving();
        let letters = |named: &[CommitSha]| -> String {
            let first = |sha: &CommitSha| sha.as_str().chars().next();
            named.iter().filter_map(first).collect()
        };
        let named = [&[question.commit().clone()], &proving[..]].concat();
        assert_eq!(letters(&named), expected);
        assert_eq!(letters(&question.of_run()), work);
    }
}

/// The agent's own commit says it, and CI runs on the merge all the same.
#[test]
fn a_side_branch_that_skips_ci_is_skipped_only_where_the_merge_is_never_built() {
    let skipped = |at_second| {
        Verdict::Red(Red {
            stage: Stage::Build,
            reason: RedReason::CiSkipped,
            at: at(at_second),
            checks: Vec::new(),
            cause: Some("its message says '[skip ci]'".to_owned()),
        })
    };
    for (by, said) in [(Descent::Merges, LEFT), (Descent::Brings, NOTHING_STARTED)] {
        let mut commit = merged(by, &[]);
        commit.skip_token = Some("[skip ci]".to_owned());
        let early = judged(&commit, MERGED + 5, &[StageOutcome::None]);
        assert_eq!(early, both("c", pending(Stage::Build, said)));
        let late = [StageOutcome::None, StageOutcome::None];
        assert_eq!(
            judged(&commit, MERGED + START_MAX, &late),
            both("ca", skipped(MERGED))
        );
        let green = judged(&commit, MERGED + 5, &[success(Some(MERGED))]);
        assert_eq!(green, both("c", Verdict::Green));
    }
}
