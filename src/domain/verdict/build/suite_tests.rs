//! What suites, ages and names make of a build.

use super::*;
use crate::domain::config::NamedCheck;
use crate::domain::verdict::ci::{CheckSource, Hold};

const START_MAX: i64 = 900;
const SETTLE: i64 = 60;
pub(super) const ALL: BuildRules<'_> = BuildRules::All {
    branch: "main",
    deploy_context: None,
};

pub(super) const fn by_name(names: &[NamedCheck]) -> BuildRules<'_> {
    BuildRules::Named {
        names,
        branch: "main",
    }
}

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_366_400 + seconds, 0).unwrap()
}

/// A suite of GitHub Actions that was started at `created`, and changed last when it ended ten seconds later.
pub(super) fn suite(id: u64, workflow: &str, state: CheckState, created: i64) -> Suite {
    Suite {
        id,
        app: Some(GITHUB_ACTIONS.to_owned()),
        workflow: Some(workflow.to_owned()),
        workflow_id: None,
        event: Some("push".to_owned()),
        branch: Some("main".to_owned()),
        state,
        waits_for_group: false,
        created_at: at(created),
        updated_at: at(created + 10),
        url: Some(format!("https://ci.example/{id}")),
    }
}

pub(super) fn other_app(id: u64, state: CheckState) -> Suite {
    Suite {
        app: Some("some-app".to_owned()),
        workflow: None,
        event: None,
        ..suite(id, "", state, 0)
    }
}

/// The check run of a suite, at the time at which the suite changed last.
pub(super) fn run(name: &str, of: &Suite, state: CheckState) -> Check {
    Check {
        name: name.to_owned(),
        source: CheckSource::Run {
            app: of.app.clone(),
            event: of.event.clone(),
            branch: of.branch.clone(),
            suite: Some(of.id),
        },
        state,
        at: Some(of.updated_at),
        url: Some("https://ci.example/o/w/actions/runs/1/job/2".to_owned()),
        excerpt: None,
    }
}

pub(super) fn status(name: &str, state: CheckState, seconds: i64) -> Check {
    Check {
        name: name.to_owned(),
        source: CheckSource::Status,
        state,
        at: Some(at(seconds)),
        url: None,
        excerpt: None,
    }
}

pub(super) fn outcome(
    checks: &[Check],
    suites: &[Suite],
    rules: &BuildRules<'_>,
    newer: bool,
    now: i64,
) -> StageOutcome {
    let told = CommitChecks {
        checks: checks.to_vec(),
        suites: Some(suites.to_vec()),
    };
    fold_build(
        &told,
        rules,
        &BuildMoment {
            newer_commit_on_branch: newer,
            since: at(0),
            start_max: TimeDelta::seconds(START_MAX),
            ends_at: at(5_400),
            settle: TimeDelta::seconds(SETTLE),
            asks_to_skip: false,
            now: at(now),
        },
    )
}

/// In short, with what is pending or what failed.
pub(super) fn short(checks: &[Check], suites: &[Suite], now: i64) -> String {
    told(outcome(checks, suites, &ALL, false, now))
}

pub(super) fn told(outcome: StageOutcome) -> String {
    match outcome {
        StageOutcome::None | StageOutcome::NotNamed { .. } => "none".to_owned(),
        StageOutcome::Pending { detail } => format!("pending: {detail}"),
        StageOutcome::Blocked { hold, what, .. } => format!("{hold:?}: {}", what.name),
        StageOutcome::Unreadable { cause } => format!("unreadable: {cause}"),
        StageOutcome::Success { .. } => "success".to_owned(),
        StageOutcome::Failure { checks, .. } => {
            let names: Vec<_> = checks.into_iter().map(|check| check.name).collect();
            format!("failure: {}", names.join(", "))
        }
        StageOutcome::OnlyNewer { .. } => "only newer".to_owned(),
        StageOutcome::Superseded => "superseded".to_owned(),
    }
}

use CheckState::{ActionRequired, Cancelled, Failure, Passed, Pending, Success};

/// B1, B2: a suite without a run beside one that is green.
#[test]
fn a_suite_that_has_no_run_yet_is_part_of_the_build() {
    let lint = suite(1, "Lint", Success, 0);
    let green = run("lint", &lint, Success);
    for (state, age, expected) in [
        (Pending, 0, "pending: Build"),
        (Pending, START_MAX - 1, "pending: Build"),
        // Orphaned: it will never run.
        (Pending, START_MAX, "success"),
        (CheckState::Stale, START_MAX - 1, "pending: Build (stale)"),
        (CheckState::Stale, START_MAX, "success"),
        (
            CheckState::Unknown("odd".to_owned()),
            500,
            "pending: Build ('odd')",
        ),
        // It failed to start.
        (Failure, 500, "failure: Build"),
        (Failure, 90_000, "failure: Build"),
        (Cancelled, 500, "failure: Build"),
        (
            ActionRequired,
            500,
            "Waits: Build waits for a person to approve it, or for a timer of its environment",
        ),
        (Passed, 500, "success"),
        (Success, 500, "success"),
    ] {
        let build = suite(2, "Build", state.clone(), 0);
        assert_eq!(
            short(std::slice::from_ref(&green), &[lint.clone(), build], age),
            expected,
            "{state:?} {age}"
        );
    }
}

#[test]
fn an_orphaned_suite_proves_nothing_by_itself() {
    let orphan = suite(1, "Build", Pending, 0);
    assert_eq!(
        short(&[], std::slice::from_ref(&orphan), START_MAX - 1),
        "pending: Build"
    );
    assert_eq!(short(&[], std::slice::from_ref(&orphan), START_MAX), "none");
    // Nor does it say that a workflow has started where the commit was pushed a moment ago.
    let early = "pending: all that reported is green, and no workflow has started yet";
    let old = suite(1, "Build", Pending, -START_MAX);
    let licence = status("licence/cla", Success, 5);
    let beside = [licence.clone(), status("ci/other", Success, 10)];
    assert_eq!(short(&beside, std::slice::from_ref(&old), 100), early);
    let other = suite(2, "Docs", Pending, -START_MAX - 5);
    assert_eq!(short(&beside, &[old.clone(), other.clone()], 100), early);
    // One that ran says so, whatever hangs beside it.
    let lint = suite(3, "Lint", Success, 5);
    let green = run("lint", &lint, Success);
    assert_eq!(
        short(&[licence, green], &[old, other, lint], 100),
        "success"
    );
    // One that waits for its turn in a group will run.
    let in_a_group = Suite {
        waits_for_group: true,
        ..orphan.clone()
    };
    for age in [START_MAX - 1, START_MAX, 5_000] {
        let suites = [suite(2, "Lint", Success, 0), in_a_group.clone()];
        let lint = run("lint", &suites[0], Success);
        let said = short(&[lint], &suites, age);
        let expected = "pending: Build (waits for another run of its concurrency group)";
        assert_eq!(said, expected, "{age}");
    }
    // One that has runs is no orphan, however old it is.
    let done = run("first", &orphan, Success);
    assert_eq!(short(&[done], &[orphan], 5_000), "pending: Build");
}

#[test]
fn empty_suites_of_other_apps_do_not_count_and_their_runs_do() {
    let lint = suite(1, "Lint", Success, 0);
    let green = run("lint", &lint, Success);
    for state in [Pending, Failure, ActionRequired] {
        let empty = other_app(2, state);
        assert_eq!(
            short(std::slice::from_ref(&green), &[lint.clone(), empty], 500),
            "success"
        );
    }
    for (state, expected) in [
        (Pending, "pending: scan"),
        (Failure, "failure: scan"),
        (Passed, "success"),
        (
            ActionRequired,
            "Waits: scan waits for a person to approve it, or for a timer of its environment",
        ),
    ] {
        let other = other_app(2, state.clone());
        let scan = run("scan", &other, state);
        assert_eq!(
            short(&[green.clone(), scan], &[lint.clone(), other], 500),
            expected
        );
    }
}

#[test]
fn suites_of_other_events_and_branches_do_not_count() {
    let lint = suite(1, "Lint", Success, 0);
    let green = run("lint", &lint, Success);
    for other in [
        Suite {
            event: Some("schedule".to_owned()),
            ..suite(2, "Nightly", Failure, 0)
        },
        Suite {
            event: Some("pull_request".to_owned()),
            ..suite(2, "Lint", Pending, 0)
        },
        Suite {
            branch: Some("topic".to_owned()),
            ..suite(2, "Lint", Failure, 5)
        },
    ] {
        let job = run("job", &other, other.state.clone());
        for checks in [vec![green.clone()], vec![green.clone(), job]] {
            assert_eq!(
                short(&checks, &[lint.clone(), other.clone()], 500),
                "success",
                "{other:?}"
            );
        }
    }
}

/// B4: one workflow ran twice for the commit by the same event.
#[test]
fn only_the_newest_run_of_a_workflow_and_event_counts() {
    for (old, new, expected) in [
        (Cancelled, Success, "success"),
        (Failure, Success, "success"),
        (Pending, Success, "success"),
        (Success, Failure, "failure: job-2"),
        (Success, Pending, "pending: job-2"),
    ] {
        let suites = [
            suite(1, "Build", old.clone(), 0),
            suite(2, "Build", new.clone(), 100),
        ];
        let checks = [run("job-1", &suites[0], old), run("job-2", &suites[1], new)];
        assert_eq!(short(&checks, &suites, 500), expected);
        let reversed = [suites[1].clone(), suites[0].clone()];
        assert_eq!(short(&checks, &reversed, 500), expected);
        let names = [NamedCheck {
            name: "job-2".to_owned(),
            app: None,
        }];
        let by_name = told(outcome(&checks, &suites, &by_name(&names), false, 500));
        assert_eq!(by_name, expected, "by name");
    }
    // Another workflow, and one whose name nobody tells, stand for themselves.
    for (first, second) in [
        (
            suite(1, "Build", Failure, 0),
            suite(2, "Lint", Success, 100),
        ),
        (
            Suite {
                workflow: None,
                ..suite(1, "", Failure, 0)
            },
            Suite {
                workflow: None,
                ..suite(2, "", Success, 100)
            },
        ),
    ] {
        let checks = [run("a", &first, Failure), run("b", &second, Success)];
        assert_eq!(short(&checks, &[first, second], 500), "failure: a");
    }
    // At the same second the higher number is the newer.
    let suites = [suite(7, "Build", Failure, 0), suite(8, "Build", Success, 0)];
    let checks = [run("a", &suites[0], Failure), run("b", &suites[1], Success)];
    assert_eq!(short(&checks, &suites, 500), "success");
}

/// B5: a red status may follow.
#[test]
fn green_holds_when_the_newest_result_has_settled() {
    let build = suite(1, "Build", Success, 90);
    let job = run("job", &build, Success);
    let late = status("ci/other", Passed, 200);
    let waits = "pending: all that reported is green, and more may come";
    for (checks, newest) in [(vec![job.clone()], 100), (vec![job.clone(), late], 200)] {
        for (age, expected) in [(3, waits), (SETTLE - 1, waits), (SETTLE, "success")] {
            assert_eq!(
                short(&checks, std::slice::from_ref(&build), newest + age),
                expected
            );
        }
    }
    // By name there is nothing more to come.
    let names = [NamedCheck {
        name: "job".to_owned(),
        app: None,
    }];
    let by_name = outcome(&[job], &[build], &by_name(&names), false, 101);
    assert_eq!(told(by_name), "success");
    // Red is red at once.
    let build = suite(1, "Build", Failure, 90);
    assert_eq!(
        short(&[run("job", &build, Failure)], &[build], 101),
        "failure: job"
    );
}

/// A licence check is there within seconds, CI is not.
#[test]
fn without_a_suite_of_actions_green_needs_the_time_in_which_one_must_start() {
    let licence = status("licence/cla", Success, 5);
    let app = other_app(1, Success);
    let scan = run("scan", &app, Success);
    let early = "pending: all that reported is green, and no workflow has started yet";
    for (checks, suites) in [
        (vec![licence.clone()], vec![]),
        (vec![licence.clone()], vec![other_app(1, Pending)]),
        (vec![scan], vec![app]),
        (
            vec![licence.clone()],
            vec![Suite {
                event: Some("schedule".to_owned()),
                ..suite(3, "Nightly", Success, 0)
            }],
        ),
    ] {
        assert_eq!(short(&checks, &suites, START_MAX - 1), early);
        assert_eq!(short(&checks, &suites, START_MAX), "success");
    }
    // Where a forge has no suites, a job of its own Actions tells that CI is there.
    let without_suites = |checks: &[Check], now: i64| {
        let told_by_statuses = CommitChecks {
            checks: checks.to_vec(),
            suites: None,
        };
        let moment = BuildMoment {
            newer_commit_on_branch: false,
            since: at(0),
            start_max: TimeDelta::seconds(START_MAX),
            ends_at: at(5_400),
            settle: TimeDelta::seconds(SETTLE),
            asks_to_skip: false,
            now: at(now),
        };
        told(fold_build(&told_by_statuses, &ALL, &moment))
    };
    let job = status("CI / build (push)", Success, 30);
    let other = status("CI / build (schedule)", Success, 30);
    let foreign = Check {
        source: CheckSource::Run {
            app: Some(FORGE_ACTIONS.to_owned()),
            event: Some("schedule".to_owned()),
            branch: Some("main".to_owned()),
            suite: None,
        },
        ..status("nightly.yml", Failure, 30)
    };
    for beside in [vec![], vec![foreign], vec![other]] {
        let checks = [vec![licence.clone()], beside].concat();
        assert_eq!(without_suites(&checks, START_MAX - 1), early);
        assert_eq!(without_suites(&checks, START_MAX), "success");
    }
    assert_eq!(without_suites(&[licence.clone(), job], 100), "success");
    // By name it counts at once.
    let names = [NamedCheck {
        name: "licence/cla".to_owned(),
        app: None,
    }];
    let by_name = outcome(&[licence], &[], &by_name(&names), false, 6);
    assert_eq!(told(by_name), "success");
}

/// B3: a matrix, and the App.
#[test]
fn a_name_names_its_matrix_and_an_app_narrows_it() {
    let build = suite(1, "Build", Failure, 0);
    let foreign = other_app(2, Success);
    let checks = [
        run("test (3.11)", &build, Success),
        run("test (3.12)", &build, Failure),
        run("lint", &build, Success),
        run("lint", &foreign, Failure),
        status("lint", Success, 1),
        run("testing", &build, Failure),
        run("test (x) y", &build, Failure),
    ];
    let suites = [build, foreign];
    let name = |name: &str, app: Option<&str>| NamedCheck {
        name: name.to_owned(),
        app: app.map(str::to_owned),
    };
    // What is not named is told where a named one is missing.
    let others = "pending: test (3.12) (failed), testing (failed), test (x) y (failed)";
    for (names, expected) in [
        (vec![name("test", None)], "failure: test (3.12)"),
        (vec![name("test (3.11)", None)], "success"),
        (vec![name("lint", None)], "failure: lint"),
        (vec![name("lint", Some(GITHUB_ACTIONS))], "success"),
        (vec![name("lint", Some("some-app"))], "failure: lint"),
        (vec![name("lint", Some("third"))], others),
        (
            vec![name("lint", Some(GITHUB_ACTIONS)), name("docs", None)],
            "pending: docs (not reported), test (3.12) (failed), testing (failed) and 1 more",
        ),
        (vec![name("docs", None)], others),
    ] {
        let rules = by_name(&names);
        assert_eq!(
            told(outcome(&checks, &suites, &rules, false, 500)),
            expected,
            "{names:?}"
        );
    }
}

#[test]
fn the_deploys_own_statuses_are_left_out_whatever_they_are_called() {
    let build = suite(1, "Build", Success, 0);
    let job = run("job", &build, Success);
    for (context, left_out) in [
        ("ci/cd", true),
        ("ci/cd/push/deploy", true),
        ("ci/cdn", false),
        ("ci/woodpecker/push/deploy", true),
        ("ci", false),
    ] {
        for given in ["ci/cd", "ci/cd/"] {
            let rules = BuildRules::All {
                branch: "main",
                deploy_context: Some(given),
            };
            let checks = [job.clone(), status(context, Failure, 5)];
            let red = matches!(
                outcome(&checks, std::slice::from_ref(&build), &rules, false, 500),
                StageOutcome::Failure { .. }
            );
            assert_eq!(red, !left_out, "{context}");
        }
    }
}

/// B17: a person has to approve, and an approval has a time.
#[test]
fn an_approval_is_waited_for_and_a_failure_beside_it_is_red() {
    let build = suite(1, "Build", ActionRequired, 40);
    let waits = outcome(&[], std::slice::from_ref(&build), &ALL, false, 500);
    assert_eq!(
        waits,
        StageOutcome::Blocked {
            hold: Hold::Waits,
            since: Some(at(50)),
            what: FailedCheck {
                name: "Build waits for a person to approve it, or for a timer of its environment"
                    .to_owned(),
                url: Some("https://ci.example/1".to_owned()),
                excerpt: None,
            },
        }
    );
    let lint = suite(2, "Lint", Failure, 0);
    let red = run("lint", &lint, Failure);
    assert_eq!(
        short(&[red], &[build.clone(), lint], 500),
        "failure: lint, Build"
    );
    // Others that go on do not hold the person up.
    let slow = suite(3, "Slow", Pending, 0);
    let job = run("slow", &slow, Pending);
    assert_eq!(
        short(&[job], &[build, slow], 500),
        "Waits: Build waits for a person to approve it, or for a timer of its environment"
    );
}

/// A job that an environment holds back has no time of its own where nobody tells one.
#[test]
fn an_approval_is_waited_for_since_it_was_asked_for() {
    let ci = suite(1, "CI", ActionRequired, 0);
    let tested = Check {
        at: Some(at(2_000)),
        ..run("test", &ci, Success)
    };
    let lint = Check {
        at: Some(at(40)),
        ..run("lint", &ci, Passed)
    };
    let deploy = |at| Check {
        at,
        ..run("deploy", &ci, ActionRequired)
    };
    for (told, expected) in [
        (Some(at(2_003)), Some(at(2_003))),
        (Some(at(7)), Some(at(7))),
        (None, Some(at(2_000))),
    ] {
        for checks in [
            [tested.clone(), lint.clone(), deploy(told)],
            [deploy(told), lint.clone(), tested.clone()],
        ] {
            let said = outcome(&checks, std::slice::from_ref(&ci), &ALL, false, 2_010);
            let StageOutcome::Blocked { hold, since, what } = said else {
                panic!("{said:?}");
            };
            assert_eq!((hold, since), (Hold::Waits, expected), "{told:?}");
            assert_eq!(
                what.name,
                "deploy waits for a person to approve it, or for a timer of its environment"
            );
        }
    }
    let alone = outcome(&[deploy(None)], &[ci], &ALL, false, 2_010);
    let StageOutcome::Blocked { since, .. } = alone else {
        panic!("{alone:?}");
    };
    assert_eq!(since, None);
}

#[test]
fn a_cancelled_suite_is_superseded_where_a_newer_commit_is() {
    let build = suite(1, "Build", Cancelled, 0);
    for runs in [vec![], vec![run("job", &build, Cancelled)]] {
        let superseded = outcome(&runs, std::slice::from_ref(&build), &ALL, true, 500);
        assert_eq!(told(superseded), "superseded");
    }
}
