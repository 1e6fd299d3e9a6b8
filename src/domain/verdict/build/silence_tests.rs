//! What workflows say of checks that are named and do not report.

use super::suite_tests::{at, by_name, other_app, outcome, run, status, suite, told};
use super::*;
use crate::domain::config::NamedCheck;
use CheckState::{ActionRequired, Cancelled, Failure, Passed, Pending, Stale, Success};

const START_MAX: i64 = 900;

fn names(names: &[&str]) -> Vec<NamedCheck> {
    names
        .iter()
        .map(|name| NamedCheck {
            name: (*name).to_owned(),
            app: None,
        })
        .collect()
}

fn every_state() -> [CheckState; 8] {
    [
        Pending,
        Success,
        Passed,
        Failure,
        ActionRequired,
        Cancelled,
        Stale,
        CheckState::Unknown("odd".to_owned()),
    ]
}

fn is_open(state: &CheckState) -> bool {
    matches!(state, Pending | Stale | CheckState::Unknown(_))
}

/// A workflow without a run, beside one with a run, in every state of both; with the named check reported, skipped and missing,
/// early and late, with and without a newer commit.
#[test]
fn what_failed_or_waits_says_why_a_named_check_is_missing_or_skipped() {
    let wanted = names(&["test"]);
    let mut seen = std::collections::BTreeSet::new();
    for silent in every_state() {
        for beside in every_state() {
            for named in [None, Some(Passed), Some(Success)] {
                for (now, late) in [(500, false), (START_MAX + 5, true)] {
                    for newer in [false, true] {
                        let build = suite(1, "Build", silent.clone(), 0);
                        let lint = suite(2, "Lint", beside.clone(), 0);
                        let mut checks = vec![run("lint", &lint, beside.clone())];
                        if let Some(state) = &named {
                            checks.push(status("test", state.clone(), 5));
                        }
                        let said = told(outcome(
                            &checks,
                            &[build, lint],
                            &by_name(&wanted),
                            newer,
                            now,
                        ));
                        // A suite without a run that is old will never run.
                        let may_come = is_open(&beside) || (is_open(&silent) && !late);
                        let waits = may_come || (named.is_none() && !late);
                        let is = |state: &CheckState, wanted: CheckState| *state == wanted;
                        let failed: Vec<&str> = [(&beside, "lint"), (&silent, "Build")]
                            .into_iter()
                            .filter(|(state, _)| {
                                is(state, Failure) || (is(state, Cancelled) && !newer)
                            })
                            .map(|(_, name)| name)
                            .collect();
                        let ended: Vec<String> = [(&beside, "lint"), (&silent, "Build")]
                            .into_iter()
                            .filter_map(|(state, name)| match state {
                                Failure | Cancelled => Some(format!("{name} (failed)")),
                                ActionRequired => Some(format!("{name} {WAITS}")),
                                Pending
                                | Success
                                | Passed
                                | Stale
                                | CheckState::Unknown(_)
                                | CheckState::Declined
                                | CheckState::NeverRan => None,
                            })
                            .collect();
                        let asks: Vec<&str> = [(&beside, "lint"), (&silent, "Build")]
                            .into_iter()
                            .filter(|(state, _)| is(state, ActionRequired) && !may_come)
                            .map(|(_, name)| name)
                            .collect();
                        let superseded =
                            newer && (is(&beside, Cancelled) || is(&silent, Cancelled));
                        let expected = if named == Some(Success) {
                            "success".to_owned()
                        } else if !waits && !failed.is_empty() {
                            // What failed by itself comes before what was cancelled, and what waits is named, too.
                            "failure".to_owned()
                        } else if let Some(first) = asks.first() {
                            format!(
                                "Waits: {first} waits for a person to approve it, or for a timer of its environment"
                            )
                        } else if !waits && superseded {
                            "superseded".to_owned()
                        } else {
                            let missing = named.is_none().then(|| "test (not reported)".to_owned());
                            let missing = missing.filter(|_| may_come || named.is_some());
                            let parts: Vec<String> = missing.into_iter().chain(ended).collect();
                            if waits && !parts.is_empty() {
                                format!("pending: {}", parts.join(", "))
                            } else {
                                "none".to_owned()
                            }
                        };
                        let short = if said.starts_with("failure: ") {
                            for name in &failed {
                                assert!(said.contains(name), "{said}");
                            }
                            "failure".to_owned()
                        } else {
                            said
                        };
                        assert_eq!(
                            short, expected,
                            "{silent:?} {beside:?} {named:?} {now} {newer}"
                        );
                        seen.insert(expected);
                    }
                }
            }
        }
    }
    assert!(seen.len() > 9, "{seen:#?}");
}

/// A job that a failed one held back proves nothing, whatever else is green.
#[test]
fn every_name_has_to_succeed() {
    let wanted = names(&["lint", "publish"]);
    let ci = suite(1, "CI", Failure, 0);
    let checks = [
        run("lint", &ci, Success),
        run("test", &ci, Failure),
        run("publish", &ci, Passed),
    ];
    let suites = std::slice::from_ref(&ci);
    let said = outcome(&checks, suites, &by_name(&wanted), false, 500);
    assert_eq!(told(said), "failure: test");
    let ci = suite(1, "CI", Success, 0);
    let checks = [run("lint", &ci, Success), run("publish", &ci, Passed)];
    let said = outcome(&checks, &[ci], &by_name(&wanted), false, 90_000);
    assert_eq!(
        told(said),
        "pending: publish (skipped, which proves nothing)"
    );
}

#[test]
fn only_workflows_of_the_push_say_why() {
    let wanted = names(&["test"]);
    let failed = suite(1, "Build", Failure, 0);
    for (what, suite) in [
        ("another App", other_app(1, Failure)),
        (
            "another branch",
            Suite {
                branch: Some("topic".to_owned()),
                ..failed.clone()
            },
        ),
        (
            "another event",
            Suite {
                event: Some("schedule".to_owned()),
                ..failed.clone()
            },
        ),
    ] {
        let said = told(outcome(&[], &[suite], &by_name(&wanted), false, 500));
        assert_eq!(said, "none", "{what}");
    }
    // One that was replaced says nothing either: its successor does.
    let again = suite(2, "Build", Pending, 100);
    let said = told(outcome(
        &[],
        &[failed.clone(), again],
        &by_name(&wanted),
        false,
        500,
    ));
    assert_eq!(said, "pending: test (not reported)");
    let suites = [failed];
    for (now, expected) in [
        (500, "pending: Build (failed)"),
        (START_MAX, "failure: Build"),
    ] {
        let said = told(outcome(&[], &suites, &by_name(&wanted), false, now));
        assert_eq!(said, expected);
    }
}

/// A job exists only when all that it needs has ended.
#[test]
fn a_named_check_that_waits_for_others_is_not_silent() {
    let wanted = names(&["publish"]);
    let build = suite(1, "Build", Pending, 0);
    let long = run("compile", &build, Pending);
    let suites = std::slice::from_ref(&build);
    for now in [500, START_MAX + 500] {
        let said = outcome(
            std::slice::from_ref(&long),
            suites,
            &by_name(&wanted),
            false,
            now,
        );
        assert_eq!(told(said), "pending: publish (not reported)", "{now}");
    }
    let ended = suite(1, "Build", Success, 0);
    let done = run("compile", &ended, Success);
    let said = outcome(&[done], &[ended], &by_name(&wanted), false, 500);
    assert_eq!(told(said), "none");
}

/// What is red by a named check is red, and says nothing of the rest.
#[test]
fn a_named_check_decides_before_a_workflow_does() {
    let wanted = names(&["test", "lint"]);
    let build = suite(1, "Build", Failure, 0);
    let ci = suite(2, "CI", Pending, 0);
    let red = run("lint", &ci, Failure);
    let said = outcome(&[red], &[build.clone(), ci], &by_name(&wanted), false, 500);
    assert_eq!(told(said), "failure: lint");
    let waits = outcome(
        &[status("lint", Pending, 5)],
        &[build],
        &by_name(&wanted),
        false,
        START_MAX,
    );
    let StageOutcome::Failure {
        concluded_at,
        checks,
    } = waits
    else {
        panic!("{waits:?}");
    };
    assert_eq!(concluded_at, Some(at(10)));
    assert_eq!(checks[0].name, "Build");
}

/// What people are told where nothing says anything by the names that are configured.
#[test]
fn what_did_report_is_told_where_nothing_has_a_configured_name() {
    let said = |wanted: &[&str], checks: &[Check], suites: &[Suite]| {
        let outcome = outcome(checks, suites, &by_name(&names(wanted)), false, 5_000);
        if let StageOutcome::NotNamed { said } = outcome {
            said
        } else {
            told(outcome)
        }
    };
    let ci = suite(1, "CI", Success, 0);
    let job = |name: &str, state| run(name, &ci, state);
    let suites = std::slice::from_ref(&ci);
    for (wanted, checks, expected) in [
        (vec!["test"], vec![], "none"),
        (
            vec!["test"],
            vec![job("changes", Success)],
            "test did not report; reported: changes (success)",
        ),
        (
            vec!["test"],
            vec![job("changes", Success), job("test", Passed)],
            "test was skipped, which proves nothing; reported: changes (success), test (skipped)",
        ),
        (
            vec!["test", "lint"],
            vec![job("docs", Passed), status("licence/cla", Success, 5)],
            "test, lint did not report; reported: docs (skipped), licence/cla (success)",
        ),
        (
            vec!["test"],
            vec![job("ci / lint", Success), job("ci / test", Success)],
            "test did not report; reported: ci / lint (success), ci / test (success); a job of a reusable workflow is named with it, so that 'test' may be 'ci / test'",
        ),
        (
            vec!["test"],
            ["a", "b", "c", "d", "e", "f", "g", "h", "a"]
                .map(|name| job(name, Success))
                .to_vec(),
            "test did not report; reported: a (success), b (success), c (success), d (success), e (success), f (success) and 2 more",
        ),
    ] {
        assert_eq!(said(&wanted, &checks, suites), expected);
    }
    // A run of another event or branch, beside one of the push.
    let elsewhere = Suite {
        event: Some("pull_request".to_owned()),
        branch: Some("topic".to_owned()),
        ..suite(2, "CI", Success, 0)
    };
    let checks = [job("build", Success), run("test", &elsewhere, Success)];
    assert_eq!(
        said(&["test"], &checks, &[ci.clone(), elsewhere]),
        "test did not report; reported: build (success), test (success, pull_request of topic)"
    );
    // Beside what is named and reported, the one that may be meant is told as well.
    let checks = [job("lint", Success), job("ci / test", Success)];
    assert_eq!(
        said(&["lint", "test"], &checks, suites),
        "pending: test (not reported; 'ci / test' is, a job of a reusable workflow)"
    );
}

/// A name that does not report where CI was asked to stay away is not waited for, whatever else has a name and reported.
#[test]
fn a_missing_name_of_a_commit_that_asks_to_skip_ci_is_no_build() {
    let wanted = names(&["test", "licence/cla"]);
    for asks_to_skip in [false, true] {
        for (state, build, expected) in [
            (Success, None, "pending: test (not reported)"),
            (Passed, None, "pending: test (not reported)"),
            (Failure, None, "failure: licence/cla"),
            (Pending, None, "pending: licence/cla, test (not reported)"),
            // A workflow goes on all the same.
            (Success, Some(Pending), "pending: test (not reported)"),
        ] {
            let suites: Vec<Suite> = build
                .iter()
                .map(|of| suite(1, "CI", of.clone(), 0))
                .collect();
            let told_of = CommitChecks {
                checks: vec![status("licence/cla", state.clone(), 5)],
                suites: Some(suites),
            };
            let moment = BuildMoment {
                newer_commit_on_branch: false,
                since: at(0),
                start_max: TimeDelta::seconds(START_MAX),
                ends_at: at(5_400),
                settle: TimeDelta::seconds(60),
                asks_to_skip,
                now: at(100),
            };
            let is_left = asks_to_skip && build.is_none() && matches!(state, Success | Passed);
            let expected = if is_left { "none" } else { expected };
            let said = told(fold_build(&told_of, &by_name(&wanted), &moment));
            assert_eq!(said, expected, "{state:?} {asks_to_skip}");
        }
    }
}

/// A licence check reports on every commit, also on one that asks CI to stay away.
#[test]
fn without_a_workflow_a_commit_that_asks_to_skip_ci_has_no_build() {
    for (state, suites, expected) in [
        (Success, Some(Vec::new()), "none"),
        (Failure, Some(Vec::new()), "failure: licence/cla"),
        (Pending, Some(Vec::new()), "pending: licence/cla"),
        (Success, Some(vec![suite(1, "CI", Success, 0)]), "success"),
        (Success, None, "none"),
    ] {
        let told_of = CommitChecks {
            checks: vec![status("licence/cla", state.clone(), 5)],
            suites,
        };
        for now in [100, 5_000] {
            let moment = BuildMoment {
                newer_commit_on_branch: false,
                since: at(0),
                start_max: TimeDelta::seconds(START_MAX),
                ends_at: at(5_400),
                settle: TimeDelta::seconds(60),
                asks_to_skip: true,
                now: at(now),
            };
            let rules = super::suite_tests::ALL;
            assert_eq!(told(fold_build(&told_of, &rules, &moment)), expected);
        }
    }
}

/// An approval of a deploy is nobody's business while what the check needs still runs.
#[test]
fn what_waits_for_a_person_is_told_and_decides_once_nothing_may_come() {
    let wanted = names(&["e2e"]);
    let (ci, deploy) = (
        suite(1, "CI", Pending, 0),
        suite(2, "Deploy", ActionRequired, 0),
    );
    let held = run("deploy", &deploy, ActionRequired);
    let waits = format!("deploy {WAITS}");
    for now in [500, START_MAX + 600] {
        for (job, expected) in [
            (
                ("build", Pending),
                format!("pending: e2e (not reported), {waits}"),
            ),
            // The next one is on its way.
            (
                ("build", Success),
                format!("pending: e2e (not reported), {waits}"),
            ),
            (("e2e", Pending), "pending: e2e".to_owned()),
            (("e2e", Success), "success".to_owned()),
            (("e2e", Failure), "failure: e2e".to_owned()),
        ] {
            let checks = [held.clone(), run(job.0, &ci, job.1)];
            let suites = [ci.clone(), deploy.clone()];
            let said = told(outcome(&checks, &suites, &by_name(&wanted), false, now));
            assert_eq!(said, expected, "{now}");
        }
        let ended = suite(1, "CI", Success, 0);
        let checks = [held.clone(), run("build", &ended, Success)];
        let suites = [ended, deploy.clone()];
        let said = told(outcome(&checks, &suites, &by_name(&wanted), false, now));
        assert_eq!(said, format!("Waits: {waits}"), "{now}");
    }
}
