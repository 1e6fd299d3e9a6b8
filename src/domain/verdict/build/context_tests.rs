//! What a check says in the light of its suite, and of what was cancelled beside it.

use super::suite_tests::{ALL, at, by_name, other_app, outcome, run, status, suite, told};
use super::*;
use crate::domain::config::NamedCheck;
use CheckState::{Cancelled, Failure, Passed, Pending, Success};

/// A job that its workflow does not mind, and one that is named all the same.
#[test]
fn a_failure_that_its_workflow_does_not_mind_is_none() {
    let lint = |name: &str| {
        [NamedCheck {
            name: name.to_owned(),
            app: None,
        }]
    };
    let (named, other) = (lint("lint"), lint("test"));
    for (own, all, by_its_name, by_another) in [
        (Success, "success", "failure: lint", "success"),
        (Failure, "failure: lint", "failure: lint", "success"),
        (Pending, "failure: lint", "failure: lint", "success"),
    ] {
        let ci = suite(1, "CI", own, 0);
        let checks = [run("test", &ci, Success), run("lint", &ci, Failure)];
        let suites = [ci];
        for (rules, expected) in [
            (ALL, all),
            (by_name(&named), by_its_name),
            (by_name(&other), by_another),
        ] {
            for newer in [false, true] {
                let said = told(outcome(&checks, &suites, &rules, newer, 500));
                assert_eq!(said, expected, "{rules:?} {newer}");
            }
        }
    }
    // Of another App the suite is no workflow.
    let other = other_app(1, Success);
    let checks = [run("scan", &other, Failure)];
    let said = outcome(&checks, &[other], &ALL, false, 5_000);
    assert_eq!(told(said), "failure: scan");
}

/// A step posted it: test reporters do, and their step does not fail the job. No workflow knows what it says.
#[test]
fn a_report_that_a_step_posted_is_minded_whatever_its_workflow_says() {
    for (address, expected) in [
        ("https://github.com/o/w/runs/991", "failure: Test Results"),
        ("https://ghe.example/o/w/runs/991", "failure: Test Results"),
        ("https://github.com/o/w/actions/runs/7/job/991", "success"),
        (
            "https://ghe.example/o/w/runs/991?check_suite_focus=true",
            "success",
        ),
        (
            "https://github.com/o/w/actions/runs/7/jobs/991?pr=9#step:3:1",
            "success",
        ),
        // What the poster says.
        (
            "https://github.com/o/w/actions/runs/7",
            "failure: Test Results",
        ),
        ("https://github.com/o/w", "failure: Test Results"),
        ("https://reports.example/w/7", "failure: Test Results"),
        (
            "https://github.com/o/w/actions/runs/7/job/x",
            "failure: Test Results",
        ),
        ("no address", "success"),
    ] {
        let ci = suite(1, "CI", Success, 0);
        let report = Check {
            url: Some(address.to_owned()),
            ..run("Test Results", &ci, Failure)
        };
        let checks = [run("test", &ci, Success), report.clone()];
        let said = outcome(&checks, std::slice::from_ref(&ci), &ALL, false, 500);
        assert_eq!(told(said), expected, "{address}");
        let checks = [
            run("test", &ci, Success),
            Check {
                state: Passed,
                ..report
            },
        ];
        let said = outcome(&checks, &[ci], &ALL, false, 500);
        assert_eq!(told(said), "success", "{address}");
    }
}

/// GitHub puts what a step posts into whichever suite of Actions came first for the commit: also into one of its own, for Pages or
/// CodeQL, which posts no reports.
#[test]
fn a_report_is_minded_in_a_suite_of_githubs_own_too() {
    const JOB: &str = "https://github.com/o/w/actions/runs/7/job/9";
    const POSTED: &str = "https://github.com/o/w/runs/991";
    for (event, address, expected) in [
        ("push", POSTED, "failure: report"),
        ("push", JOB, "success"),
        ("dynamic", POSTED, "failure: report"),
        ("dynamic", JOB, "success"),
        ("schedule", POSTED, "success"),
        ("pull_request", POSTED, "success"),
    ] {
        let ci = suite(1, "CI", Success, 0);
        let other = Suite {
            event: Some(event.to_owned()),
            ..suite(2, "pages build and deployment", Success, 0)
        };
        let report = Check {
            url: Some(address.to_owned()),
            ..run("report", &other, Failure)
        };
        let checks = [run("test", &ci, Success), report];
        let said = outcome(&checks, &[ci, other], &ALL, false, 500);
        assert_eq!(told(said), expected, "{event} {address}");
    }
}

/// A gate `needs` all others and always runs.
#[test]
fn a_gate_that_failed_for_what_was_cancelled_was_cancelled_with_it() {
    let rules = [ALL];
    let names = ["test", "all-green"].map(|name| NamedCheck {
        name: name.to_owned(),
        app: None,
    });
    let rules = rules.into_iter().chain([by_name(&names)]);
    for rules in rules {
        for own in [Failure, Cancelled, Pending] {
            let ci = suite(1, "CI", own.clone(), 0);
            for (gate_at, newer, expected) in [
                (30, true, "superseded"),
                (21, true, "superseded"),
                (20, true, "failure: all-green"),
                (19, true, "failure: all-green"),
                (30, false, "failure: all-green, test"),
            ] {
                // One that was cancelled as a whole says nothing by itself.
                let expected = match (&own, newer) {
                    (Cancelled, true) => "superseded",
                    _ => expected,
                };
                let timed = |name: &str, state, seconds| Check {
                    at: Some(at(seconds)),
                    ..run(name, &ci, state)
                };
                let checks = [
                    timed("test", Cancelled, 20),
                    timed("all-green", Failure, gate_at),
                ];
                let suites = std::slice::from_ref(&ci);
                let said = told(outcome(&checks, suites, &rules, newer, 500));
                assert_eq!(said, expected, "{own:?} {gate_at} {newer}");
            }
        }
    }
}

/// It failed by something that is no job: it did not start, say.
#[test]
fn a_workflow_that_failed_without_a_job_is_red_beside_jobs_that_were_cancelled() {
    let ci = suite(1, "CI", Failure, 0);
    for (job, newer, expected) in [
        (Cancelled, true, "failure: CI"),
        (Cancelled, false, "failure: CI, test"),
        (Success, true, "failure: CI"),
    ] {
        let checks = [run("test", &ci, job.clone())];
        let suites = std::slice::from_ref(&ci);
        let said = told(outcome(&checks, suites, &ALL, newer, 500));
        assert_eq!(said, expected, "{job:?} {newer}");
    }
}

/// Forgejo and Gitea know no suites: a workflow is what its jobs' statuses are called.
#[test]
fn without_suites_a_workflow_is_the_name_before_its_jobs() {
    let fold = |checks: &[Check], newer| {
        let told_of = CommitChecks {
            checks: checks.to_vec(),
            suites: None,
        };
        let moment = BuildMoment {
            newer_commit_on_branch: newer,
            since: at(0),
            start_max: TimeDelta::seconds(900),
            ends_at: at(5_400),
            settle: TimeDelta::seconds(60),
            asks_to_skip: false,
            now: at(5_000),
        };
        told(fold_build(&told_of, &ALL, &moment))
    };
    for (gate, gate_at, newer, expected) in [
        ("CI / all-green (push)", 30, true, "superseded"),
        ("CI / all-green (push)", 21, true, "superseded"),
        (
            "CI / all-green (push)",
            20,
            true,
            "failure: CI / all-green (push)",
        ),
        (
            "CI / all-green (push)",
            19,
            true,
            "failure: CI / all-green (push)",
        ),
        (
            "Docs / all-green (push)",
            30,
            true,
            "failure: Docs / all-green (push)",
        ),
        ("all-green", 30, true, "failure: all-green"),
        (
            "CI / all-green (push)",
            30,
            false,
            "failure: CI / all-green (push), CI / test (push)",
        ),
    ] {
        let checks = [
            status(gate, Failure, gate_at),
            status("CI / test (push)", Cancelled, 20),
            status("CI / lint (push)", Success, 10),
        ];
        assert_eq!(fold(&checks, newer), expected, "{gate} {gate_at} {newer}");
    }
}

/// Forgejo and Gitea post the jobs of every event on the commit.
#[test]
fn jobs_that_the_push_did_not_start_do_not_count_where_a_forge_posts_them() {
    let fold = |checks: &[Check], suites: Option<Vec<Suite>>| {
        let told_of = CommitChecks {
            checks: checks.to_vec(),
            suites,
        };
        let moment = BuildMoment {
            newer_commit_on_branch: false,
            since: at(0),
            start_max: TimeDelta::seconds(900),
            ends_at: at(5_400),
            settle: TimeDelta::seconds(60),
            asks_to_skip: false,
            now: at(5_000),
        };
        told(fold_build(&told_of, &ALL, &moment))
    };
    for event in [
        "pull_request",
        "pull_request_target",
        "pull_request_review",
        "schedule",
        "workflow_dispatch",
        "workflow_run",
        "release",
        "tag",
        "issue_comment",
        "merge_group",
    ] {
        for state in [Success, Passed, Failure, Cancelled, Pending] {
            for name in ["CI / build", "CI / build (20)", "CI / a / b"] {
                let name = format!("{name} ({event})");
                let there = status(&name, state.clone(), 10);
                let push = status("CI / build (push)", Success, 10);
                assert_eq!(
                    fold(std::slice::from_ref(&there), None),
                    "none",
                    "{name} {state:?}"
                );
                let both = [there.clone(), push];
                assert_eq!(fold(&both, None), "success", "{name} {state:?}");
                // GitHub's own jobs are check runs: a status of this name is somebody else's.
                let counts = fold(&[there], Some(Vec::new()));
                assert_eq!(counts == "none", state == Passed, "{name} {state:?}");
            }
        }
    }
    // A run of which no status tells yet, or ever.
    for (event, expected) in [
        ("push", "failure: ci.yml"),
        ("", "failure: ci.yml"),
        ("workflow_dispatch", "none"),
        ("schedule", "none"),
    ] {
        let of_forge = Suite {
            app: Some("actions".to_owned()),
            event: Some(event.to_owned()),
            ..suite(1, "", Failure, 0)
        };
        let red = run("ci.yml", &of_forge, Failure);
        assert_eq!(fold(&[red], None), expected, "{event}");
    }
    // What is called otherwise is a status like any other.
    for name in [
        "CI / build (20)",
        "CI / build (release) (push)",
        "build (schedule)",
        "CI/build (schedule)",
        "CI / build (schedule) ",
        "CI / build",
    ] {
        let red = status(name, Failure, 10);
        assert_eq!(fold(&[red], None), format!("failure: {name}"));
    }
}

/// A workflow of a service that never began: cancelled before, or left out for the one that it needs failed.
#[test]
fn what_never_ran_is_superseded_or_failed_with_what_it_needs_or_proves_nothing() {
    use CheckState::{Cancelled, Declined, Failure, NeverRan, Passed, Pending, Success};
    let (build, own) = ("ci/woodpecker/push/build", "ci/woodpecker/push/test");
    let fold = |checks: &[Check], names: &[&str], newer| {
        let names: Vec<NamedCheck> = names
            .iter()
            .map(|name| NamedCheck {
                name: (*name).to_owned(),
                app: None,
            })
            .collect();
        let said = [None, Some(Vec::new())].map(|suites| {
            let told_of = CommitChecks {
                checks: checks.to_vec(),
                suites,
            };
            let moment = BuildMoment {
                newer_commit_on_branch: newer,
                since: at(0),
                start_max: TimeDelta::seconds(900),
                ends_at: at(5_400),
                settle: TimeDelta::seconds(60),
                asks_to_skip: false,
                now: at(2_000),
            };
            told(fold_build(&told_of, &by_name(&names), &moment))
        });
        assert_eq!(said[0], said[1], "{checks:?}");
        said[0].clone()
    };
    let declined =
        format!("Stopped: {build} was declined by a person, who has to decide how to go on");
    let red = format!("failure: {build}");
    let skipped = format!("pending: {own} (skipped, which proves nothing)");
    for (beside, both, alone, both_newer) in [
        (Success, skipped.as_str(), "none", "superseded"),
        (
            Failure,
            &format!("{red}, {own}"),
            &format!("failure: {own}"),
            red.as_str(),
        ),
        // One that a person ended, or its time-out.
        (Cancelled, &red, "none", "superseded"),
        (Declined, &declined, "none", &declined),
        (NeverRan, "none", "none", "superseded"),
        (Passed, "none", "none", "superseded"),
        (Pending, &format!("pending: {build}"), "none", "superseded"),
    ] {
        let checks = [status(build, beside.clone(), 5), status(own, NeverRan, 5)];
        assert_eq!(fold(&checks, &[build, own], false), both, "{beside:?}");
        assert_eq!(fold(&checks, &[own], false), alone, "{beside:?}");
        assert_eq!(fold(&checks, &[build, own], true), both_newer, "{beside:?}");
        assert_eq!(fold(&checks, &[own], true), "superseded", "{beside:?}");
    }
    // What failed elsewhere held nothing back.
    let elsewhere = ["ci/other", "ci/woodpecker/manual/build", "build"];
    for name in elsewhere {
        let checks = [status(name, Failure, 5), status(own, NeverRan, 5)];
        assert_eq!(fold(&checks, &[own], false), "none", "{name}");
    }
}

/// A person who said no is not waited for, and who waits is told of what.
#[test]
fn who_declined_comes_before_who_is_waited_for() {
    let waits = status("a", CheckState::ActionRequired, 5);
    let declined = status("b", CheckState::Declined, 9);
    let said = |checks: &[Check]| {
        let outcome = outcome(checks, &[], &ALL, false, 2_000);
        let StageOutcome::Blocked { since, .. } = &outcome else {
            panic!("{outcome:?}");
        };
        let since = *since;
        (since, told(outcome))
    };
    let by_person = "Stopped: b was declined by a person, who has to decide how to go on";
    assert_eq!(
        said(&[waits.clone(), declined]),
        (Some(at(9)), by_person.to_owned())
    );
    let expected = "Waits: a waits for a person to approve it";
    assert_eq!(said(&[waits]), (Some(at(5)), expected.to_owned()));
}
