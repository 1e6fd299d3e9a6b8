//! Newer commits that stand in for the watched one.

use super::*;

const NEWER: &[(char, i64)] = &[('e', 500), ('d', 400), ('c', 300), ('b', 200)];

/// A newer commit stands in for the build only: its deploy is somebody else's, and may fail.
#[test]
fn a_superseded_build_is_judged_by_the_newest_and_the_later_stages_are_asked_of_our_own() {
    let commit = pushed(100, NEWER);
    for first in [StageOutcome::Superseded, StageOutcome::None] {
        let built = [first.clone(), success(Some(600))];
        let deployed = [&built[..], &[success(Some(700))]].concat();
        let green = [&deployed[..], &[success(Some(750))]].concat();
        let asked: Vec<_> = [
            (Stage::Build, 'a'),
            (Stage::Build, 'e'),
            (Stage::Deploy, 'a'),
            (Stage::Rollout, 'a'),
        ]
        .map(|(stage, letter)| (stage, sha(letter)))
        .into();
        assert_eq!(
            answer_all(&commit, ALL_STAGES, 800, &green),
            (asked.clone(), Verdict::Green)
        );
        // Red is what is said of our own commit, and waiting has its deadline from the end of the build.
        for (before, stage, began) in [
            (&built[..], Stage::Deploy, 600),
            (&deployed[..], Stage::Rollout, 700),
        ] {
            let after = |outcome: StageOutcome, now: i64| {
                let answers = [before, &[outcome]].concat();
                let said = answer_all(&commit, ALL_STAGES, now, &answers);
                assert_eq!(said.0, asked[..=before.len()]);
                said.1
            };
            assert_eq!(after(failure(Some(800)), 900), failed(stage, 800));
            assert_eq!(after(running(), 900), pending(stage, "unit tests"));
            assert_eq!(
                after(running(), began + END_MAX),
                silent(stage, began + END_MAX, "unit tests")
            );
            assert_eq!(
                after(StageOutcome::None, began + START_MAX),
                silent(stage, began + START_MAX, NOTHING_STARTED)
            );
        }
    }
    for before in [StageOutcome::Superseded, failure(Some(500))] {
        let red = [
            StageOutcome::Superseded,
            failure(Some(600)),
            StageOutcome::None,
            before,
            StageOutcome::None,
        ];
        assert_eq!(
            answer_all(&commit, ALL_STAGES, 800, &red).1,
            failed_instead(Stage::Build, 600, cancelled_for('e'))
        );
    }
}

/// What has no build is documentation, and counts for little; that many are read and no more.
#[test]
fn a_newer_commit_without_checks_gives_way_to_the_next_and_few_are_asked() {
    let newer: Vec<(char, i64)> = (0..9).map(|index| ('b', 1_000 - 100 * index)).collect();
    let commit = pushed(100, &newer);
    let not_named = StageOutcome::NotNamed {
        said: "test did not report".to_owned(),
    };
    let nothing = [StageOutcome::None, not_named];
    let built = [StageOutcome::Superseded, running(), failure(Some(500))];
    for first in [StageOutcome::Superseded, StageOutcome::None] {
        for silent in &nothing {
            for word in &built {
                // One letter for each that is asked: does it have a build?
                for pattern in [
                    "bbb", "sbbb", "bsbb", "bbsb", "ssbbb", "sbsbb", "sssbbb", "bssssb", "sssssb",
                    "bsssss", "ssssss",
                ] {
                    let of = |letter| {
                        if letter == 'b' {
                            word.clone()
                        } else {
                            silent.clone()
                        }
                    };
                    let mut answers: Vec<StageOutcome> = vec![first.clone()];
                    answers.extend(pattern.chars().map(of));
                    let (asked, _) = answer_all(&commit, BUILD_ONLY, 1_100, &answers);
                    assert_eq!(asked.len(), answers.len());
                    // The one below is green, and proves it while it is among those that are read.
                    let shown = pattern.trim_end_matches('b');
                    let mut answers: Vec<StageOutcome> = vec![first.clone()];
                    answers.extend(shown.chars().map(of));
                    answers.push(success(Some(1_000)));
                    if shown.len() < NEWER_COMMITS_READ {
                        let verdict = answer_all(&commit, BUILD_ONLY, 1_100, &answers).1;
                        assert_eq!(verdict, Verdict::Green, "{pattern}");
                    }
                }
            }
        }
    }
    assert_eq!(NEWER_COMMITS_READ, 6);
}

/// Three commits that CI is asked to leave alone stand on top of the one that is green.
#[test]
fn commits_that_skip_ci_are_asked_last() {
    for skipping in 0..16_u32 {
        let mut commit = pushed(100, NEWER);
        for (index, newer) in commit.newer.iter_mut().enumerate() {
            newer.skips_ci = skipping & (1 << index) != 0;
        }
        let order = |skips: bool| {
            let of = commit
                .newer
                .iter()
                .filter(move |newer| newer.skips_ci == skips);
            of.map(|newer| newer.sha.clone())
        };
        // The two newest, and then from the oldest on.
        let mut first: Vec<CommitSha> = order(false).collect();
        let on = first.len().min(2);
        first[on..].reverse();
        let expected: Vec<CommitSha> = first.into_iter().chain(order(true)).collect();
        for first in [StageOutcome::Superseded, StageOutcome::None] {
            let mut answers = vec![first];
            answers.extend(std::iter::repeat_n(StageOutcome::None, 3));
            answers.push(success(Some(600)));
            let (asked, verdict) = answer_all(&commit, BUILD_ONLY, 700, &answers);
            let asked: Vec<CommitSha> = asked.into_iter().skip(1).map(|(_, sha)| sha).collect();
            assert_eq!((asked, verdict), (expected.clone(), Verdict::Green));
        }
    }
}

/// Below six commits without a build there is one that was not asked: it may have a build, and be what the run's was cancelled for.
#[test]
fn what_was_not_asked_may_have_been_built() {
    for (newer, is_asked_again) in [(6, true), (7, false)] {
        let newer: Vec<(char, i64)> = (1..=newer).rev().map(|at| ('b', 100 + 50 * at)).collect();
        let commit = pushed(100, &newer);
        let mut answers = vec![StageOutcome::Superseded];
        answers.extend(std::iter::repeat_n(StageOutcome::None, NEWER_COMMITS_READ));
        answers.extend(is_asked_again.then(|| failure(Some(2_000))));
        let (asked, verdict) = answer_all(&commit, BUILD_ONLY, 2_000 + START_MAX, &answers);
        let last = asked.last().map(|(_, sha)| sha.clone());
        assert_eq!(last, Some(sha(if is_asked_again { 'a' } else { 'b' })));
        let wanted = if is_asked_again {
            failed(Stage::Build, 2_000)
        } else {
            let detail = "cancelled for a newer commit, which has no result yet";
            pending(Stage::Build, detail)
        };
        assert_eq!(verdict, wanted);
    }
}

/// Every answer of a build that was cancelled, where nothing that is newer was ever built: a job's time was up, or `fail-fast` ended
/// it, and documentation came on top.
#[test]
fn what_was_never_built_cancelled_nothing() {
    const CANCELLED_AT: i64 = 2_000;
    let detail = "cancelled for a newer commit, which has no result yet";
    for newer in [1, 3, 6] {
        let newer: Vec<(char, i64)> = (1..=newer).rev().map(|at| ('b', 100 + 50 * at)).collect();
        let commit = pushed(100, &newer);
        let silent = newer.len();
        let judged = |now: i64, alone: &StageOutcome| {
            let mut answers = vec![StageOutcome::Superseded];
            answers.extend(std::iter::repeat_n(StageOutcome::None, silent));
            answers.push(alone.clone());
            let (asked, verdict) = answer_all(&commit, BUILD_ONLY, now, &answers);
            assert_eq!(asked.last().unwrap().1, sha('a'), "its own is asked again");
            verdict
        };
        // What cancelled it would have begun by now.
        let deadline = CANCELLED_AT + START_MAX;
        let red = failure(Some(CANCELLED_AT));
        assert_eq!(judged(CANCELLED_AT, &red), pending(Stage::Build, detail));
        assert_eq!(judged(deadline - 1, &red), pending(Stage::Build, detail));
        assert_eq!(judged(deadline, &red), failed(Stage::Build, CANCELLED_AT));
        // Nobody says when, or it is told again and again: that is no reason to wait for ever.
        let from_oldest = 150 + START_MAX;
        assert_eq!(
            judged(from_oldest - 1, &failure(None)),
            pending(Stage::Build, detail)
        );
        assert_eq!(
            judged(from_oldest, &failure(None)),
            failed(Stage::Build, from_oldest)
        );
        let latest = 150 + END_MAX + START_MAX;
        for late in [latest, 90_000] {
            let verdict = judged(late, &failure(Some(late - 5)));
            assert_eq!(verdict, failed(Stage::Build, late - 5));
        }
        // Somebody ran it again meanwhile.
        for (outcome, expected) in [
            (success(Some(2_500)), Verdict::Green),
            (running(), pending(Stage::Build, "unit tests")),
            (
                blocked(Hold::Waits, Some(2_900)),
                pending(Stage::Build, "unit"),
            ),
            (StageOutcome::None, pending(Stage::Build, detail)),
            (StageOutcome::Superseded, pending(Stage::Build, detail)),
        ] {
            assert_eq!(judged(3_000, &outcome), expected);
        }
        for outcome in [StageOutcome::None, StageOutcome::Superseded] {
            let end = 150 + END_MAX;
            assert_eq!(judged(end, &outcome), silent_at(end, detail));
        }
    }
    // It is folded as the newest of its branch.
    let commit = pushed(100, &[('b', 150)]);
    let mut seen = Vec::new();
    let mut next = begin(&commit, BUILD_ONLY, 3_000);
    for answer in [StageOutcome::Superseded, StageOutcome::None, running()] {
        let Next::Ask(question) = next else {
            panic!("it asks on");
        };
        seen.push(question.newer_commit_on_branch());
        next = question.answer(answer);
    }
    assert_eq!(seen, [true, false, false]);
}

/// What reported anything may have cancelled it, and has the time of a build.
#[test]
fn what_a_newer_commit_reported_leaves_a_cancelled_build_its_time() {
    let commit = pushed(100, &[('c', 300), ('b', 200)]);
    let not_named = StageOutcome::NotNamed {
        said: "test did not report".to_owned(),
    };
    let detail = "cancelled for a newer commit, which has no result yet";
    for told in [
        [not_named.clone(), StageOutcome::None],
        [StageOutcome::None, not_named],
        [StageOutcome::Superseded, StageOutcome::None],
        [StageOutcome::None, StageOutcome::Superseded],
    ] {
        let answers = [&[StageOutcome::Superseded][..], &told].concat();
        let end = 200 + END_MAX;
        for (now, expected) in [
            (200 + START_MAX, pending(Stage::Build, detail)),
            (end - 1, pending(Stage::Build, detail)),
            (end, silent_at(end, detail)),
        ] {
            assert_eq!(answer_all(&commit, BUILD_ONLY, now, &answers).1, expected);
        }
    }
}

fn silent_at(deadline: i64, cause: &str) -> Verdict {
    silent(Stage::Build, deadline, cause)
}

/// Every answer of the newest, with every answer of the one before it.
#[test]
fn a_green_commit_before_the_newest_proves_a_superseded_one_whatever_came_on_top() {
    let commit = pushed(100, &[('c', 300), ('b', 200)]);
    let unreadable = StageOutcome::Unreadable {
        cause: "HTTP 500".to_owned(),
    };
    let outcomes = [
        StageOutcome::None,
        running(),
        blocked(Hold::Waits, None),
        blocked(Hold::Stopped, None),
        unreadable,
        success(Some(350)),
        failure(Some(350)),
        StageOutcome::Superseded,
    ];
    let says_nothing = |outcome: &StageOutcome| match outcome {
        StageOutcome::None
        | StageOutcome::OnlyNewer { .. }
        | StageOutcome::NotNamed { .. }
        | StageOutcome::Superseded => true,
        StageOutcome::Pending { .. }
        | StageOutcome::Blocked { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Success { .. }
        | StageOutcome::Failure { .. } => false,
    };
    // Where neither was ever built, its own is asked once more.
    let asked = |newest: &StageOutcome, before: &StageOutcome| {
        if matches!(newest, StageOutcome::Success { .. }) {
            2
        } else if [newest, before] == [&StageOutcome::None; 2] {
            4
        } else {
            3
        }
    };
    let alone = |outcome: &StageOutcome, letter: char| {
        let commit = pushed(100, &[(letter, 300), ('e', 200)]);
        let answers = [
            StageOutcome::Superseded,
            outcome.clone(),
            StageOutcome::None,
            failure(Some(390)),
        ];
        let asked = asked(outcome, &StageOutcome::None);
        answer_all(&commit, BUILD_ONLY, 400, &answers[..asked]).1
    };
    for newest in &outcomes {
        for before in &outcomes {
            let is_green = matches!(newest, StageOutcome::Success { .. });
            let answers = [
                StageOutcome::Superseded,
                newest.clone(),
                before.clone(),
                failure(Some(390)),
            ];
            let asked = asked(newest, before);
            let verdict = answer_all(&commit, BUILD_ONLY, 400, &answers[..asked]).1;
            let may_prove = matches!(
                before,
                StageOutcome::Pending { .. } | StageOutcome::Unreadable { .. }
            );
            let is_red = matches!(newest, StageOutcome::Failure { .. });
            let expected = if is_green || matches!(before, StageOutcome::Success { .. }) {
                Verdict::Green
            } else if says_nothing(newest) || (is_red && may_prove) {
                alone(before, 'b')
            } else {
                alone(newest, 'c')
            };
            assert_eq!(verdict, expected, "{newest:?}, {before:?}");
        }
    }
    // Also when the newest came long after the time of the first of them.
    let late = pushed(100, &[('c', 200 + END_MAX + 60), ('b', 200)]);
    let answers = [StageOutcome::Superseded, running(), success(Some(300))];
    let (asked, verdict) = answer_all(&late, BUILD_ONLY, 200 + END_MAX + 90, &answers);
    assert_eq!((asked.len(), verdict), (3, Verdict::Green));
}

/// However busy the branch is, the deadline stays where the first newer commit put it.
#[test]
fn a_superseded_build_gets_time_once_from_the_first_newer_commit() {
    let deadline = 200 + END_MAX;
    for head in [500, 2_000, deadline - 10] {
        let commit = pushed(100, &[('e', head), ('b', 200)]);
        for (now, expected) in [
            (deadline - 1, pending(Stage::Build, "unit tests")),
            (deadline, silent(Stage::Build, deadline, "unit tests")),
        ] {
            let answers = [StageOutcome::Superseded, running(), StageOutcome::None];
            assert_eq!(answer_all(&commit, BUILD_ONLY, now, &answers).1, expected);
        }
    }
}

/// Only a build may be another commit's: a deploy that never came is asked of nobody else.
#[test]
fn a_later_stage_without_a_word_waits_and_asks_no_newer_commit() {
    let commit = pushed(100, NEWER);
    for (stage, answers) in [
        (Stage::Deploy, vec![success(Some(600)), StageOutcome::None]),
        (
            Stage::Rollout,
            vec![success(Some(600)), success(Some(600)), StageOutcome::None],
        ),
    ] {
        let count = answers.len();
        for (now, expected) in [
            (700, pending(stage, NOTHING_STARTED)),
            (
                600 + START_MAX,
                silent(stage, 600 + START_MAX, NOTHING_STARTED),
            ),
        ] {
            let (asked, verdict) = answer_all(&commit, ALL_STAGES, now, &answers);
            assert_eq!(verdict, expected);
            assert_eq!(asked.len(), count);
            assert!(asked.iter().all(|(_, commit)| *commit == sha('a')));
        }
    }
}

/// The checks of a newer commit are as old as that commit, and never from before the watched one.
#[test]
fn a_newer_commit_has_its_own_time() {
    let commit = pushed(100, &[('d', 400), ('b', 50)]);
    let mut seen = Vec::new();
    let mut next = begin(&commit, BUILD_ONLY, 600);
    while let Next::Ask(question) = next {
        seen.push((question.committed_at(), question.moment().since));
        next = question.answer(StageOutcome::Superseded);
    }
    assert_eq!(
        seen,
        [(at(100), at(100)), (at(400), at(400)), (at(50), at(100)),]
    );
}

#[test]
fn only_the_head_of_the_branch_has_nothing_newer() {
    let newer_seen = |commit: &PushedCommit| {
        let mut seen = Vec::new();
        let mut next = begin(commit, BUILD_ONLY, 600);
        while let Next::Ask(question) = next {
            seen.push(question.newer_commit_on_branch());
            next = question.answer(StageOutcome::Superseded);
        }
        seen
    };
    assert_eq!(newer_seen(&pushed(100, NEWER)), [true, false, true, true]);
    assert_eq!(newer_seen(&pushed(100, &[])), [false]);
}

/// Every answer of a newer commit, where the watched one has no build of its own.
#[test]
fn a_commit_without_a_build_is_proved_by_a_green_newer_one_and_by_nothing_else() {
    let commit = pushed(100, &[('b', 200)]);
    let nothing = "nothing has started";
    let superseding =
        "nothing has started for it, and of a newer commit that contains it: unit tests";
    let unread = "nothing has started for it, and of a newer commit that contains it: it can not be read: HTTP 500";
    let red =
        "nothing has started for it, and of a newer commit that contains it: bbbbbbbb is red: unit";
    let told = [
        StageOutcome::None,
        running(),
        blocked(Hold::Waits, None),
        blocked(Hold::Stopped, None),
        StageOutcome::Unreadable {
            cause: "HTTP 500".to_owned(),
        },
        success(Some(300)),
        failure(Some(300)),
        StageOutcome::Superseded,
    ];
    for outcome in told {
        let answers = [StageOutcome::None, outcome.clone()];
        let at_time = |now| answer_all(&commit, BUILD_ONLY, now, &answers).1;
        match outcome {
            StageOutcome::Success { .. } => assert_eq!(at_time(400), Verdict::Green),
            // What could not be read is no silence.
            StageOutcome::Pending { .. } | StageOutcome::Unreadable { .. } => {
                let is_read = matches!(outcome, StageOutcome::Pending { .. });
                let said = if is_read { superseding } else { unread };
                assert_eq!(at_time(100 + START_MAX), pending(Stage::Build, said));
                assert_eq!(
                    at_time(200 + END_MAX),
                    silent(Stage::Build, 200 + END_MAX, said)
                );
            }
            StageOutcome::None
            | StageOutcome::OnlyNewer { .. }
            | StageOutcome::NotNamed { .. }
            | StageOutcome::Blocked { .. }
            | StageOutcome::Superseded
            | StageOutcome::Failure { .. } => {
                let is_red = matches!(outcome, StageOutcome::Failure { .. });
                let nothing = if is_red { red } else { nothing };
                assert_eq!(at_time(99 + START_MAX), pending(Stage::Build, nothing));
                assert_eq!(
                    at_time(100 + START_MAX),
                    silent(Stage::Build, 100 + START_MAX, nothing)
                );
            }
        }
    }
}

/// What is red of a newer commit is told, and changes neither the verdict nor its time.
#[test]
fn the_newest_red_commit_is_named_with_its_first_check() {
    let commit = pushed(100, NEWER);
    let red = |names: &[&str]| StageOutcome::Failure {
        concluded_at: Some(at(550)),
        checks: names
            .iter()
            .map(|name| FailedCheck {
                name: (*name).to_owned(),
                url: Some(format!("https://ci/{name}")),
                excerpt: None,
            })
            .collect(),
    };
    let of_a_newer = "nothing has started for it, and of a newer commit that contains it";
    for (answers, said) in [
        (
            [
                red(&["lint", "test", "docs"]),
                red(&["build"]),
                StageOutcome::None,
            ],
            "eeeeeeee is red: lint (https://ci/lint) and 2 more",
        ),
        (
            [StageOutcome::None, red(&["build"]), red(&["lint"])],
            "dddddddd is red: build (https://ci/build)",
        ),
        (
            [red(&["build"]), running(), red(&["lint"])],
            "unit tests; eeeeeeee is red: build (https://ci/build)",
        ),
        (
            [running(), StageOutcome::None, red(&["lint"])],
            "unit tests; bbbbbbbb is red: lint (https://ci/lint)",
        ),
    ] {
        let mut answers = [&[StageOutcome::None][..], &answers].concat();
        if answers[1..].contains(&StageOutcome::None) {
            answers.push(StageOutcome::None);
        }
        let verdict = answer_all(&commit, BUILD_ONLY, 600, &answers).1;
        let detail = format!("{of_a_newer}: {said}");
        assert_eq!(verdict, pending(Stage::Build, &detail));
    }
}

/// What became of a newer commit's deploy is told, and the time is that of a deploy which never came.
#[test]
fn a_deploy_that_only_a_newer_commit_had_is_none_of_ours() {
    let commit = pushed(100, NEWER);
    let said = "deploy pipeline 2 failed (https://ci/2)";
    let detail =
        format!("nothing has started for it, and of a newer commit that contains it: {said}");
    let answers = [
        success(Some(600)),
        StageOutcome::OnlyNewer {
            said: said.to_owned(),
        },
    ];
    let deadline = 600 + START_MAX;
    for (now, expected) in [
        (deadline - 1, pending(Stage::Deploy, &detail)),
        (deadline, silent(Stage::Deploy, deadline, &detail)),
    ] {
        assert_eq!(answer_all(&commit, ALL_STAGES, now, &answers).1, expected);
    }
}

#[test]
fn newer_commits_that_do_not_contain_the_watched_one_are_not_asked() {
    let mut commit = pushed(100, NEWER);
    for index in [0, 2] {
        commit.newer[index].descent = Descent::NotKnown;
    }
    let answers = [StageOutcome::None, StageOutcome::None, success(Some(500))];
    let (asked, verdict) = answer_all(&commit, BUILD_ONLY, 600, &answers);
    let asked: Vec<_> = asked.into_iter().map(|(_, commit)| commit).collect();
    assert_eq!(
        (asked, verdict),
        (vec![sha('a'), sha('d'), sha('b')], Verdict::Green)
    );
    // None of them: as if there were none.
    for newer in &mut commit.newer {
        newer.descent = Descent::NotKnown;
    }
    for (first, expected) in [
        (
            StageOutcome::None,
            pending(Stage::Build, "nothing has started"),
        ),
        (
            StageOutcome::Superseded,
            pending(
                Stage::Build,
                "cancelled for a newer commit, which has no result yet",
            ),
        ),
    ] {
        assert_eq!(answer_all(&commit, BUILD_ONLY, 600, &[first]).1, expected);
    }
}
