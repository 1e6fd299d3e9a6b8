//! What real repositories throw at the build: each line judged by what the forge's page would tell a person.

use super::suite_tests::{ALL, at, by_name, other_app, outcome, run, short, status, suite, told};
use super::*;
use crate::domain::config::NamedCheck;
use crate::domain::verdict::ci::CheckSource;
use CheckState::{ActionRequired, Cancelled, Failure, Passed, Pending, Stale, Success};

fn numbered(id: u64, workflow: u64, state: CheckState, created: i64) -> Suite {
    Suite {
        workflow_id: Some(workflow),
        ..suite(id, "CI", state, created)
    }
}

fn of_event(event: &str, id: u64, state: CheckState) -> Suite {
    Suite {
        event: Some(event.to_owned()),
        ..suite(id, "CI", state, 0)
    }
}

/// Two files with the same `name:` are two workflows; two runs of one file are one.
#[test]
fn workflows_are_told_apart_by_their_file_and_not_by_their_name() {
    let (red, green) = (numbered(1, 7, Failure, 0), numbered(2, 8, Success, 5));
    let checks = [run("test", &red, Failure), run("test", &green, Success)];
    assert_eq!(
        short(&checks, &[red.clone(), green.clone()], 600),
        "failure: test"
    );
    let again = numbered(2, 7, Success, 5);
    let checks = [run("test", &red, Failure), run("test", &again, Success)];
    assert_eq!(short(&checks, &[red, again], 600), "success");
    // A file that was renamed between two pushes of one commit keeps its number.
    let before = numbered(1, 7, Failure, 0);
    let after = Suite {
        workflow: Some("CI, renamed".to_owned()),
        ..numbered(2, 7, Success, 5)
    };
    let checks = [run("a", &before, Failure), run("a", &after, Success)];
    assert_eq!(short(&checks, &[before, after], 600), "success");
    // Where one number is missing, the name has to do, and without both nothing is replaced.
    let unnumbered = suite(1, "CI", Failure, 0);
    let newer = numbered(2, 7, Success, 5);
    let checks = [run("a", &unnumbered, Failure), run("a", &newer, Success)];
    assert_eq!(short(&checks, &[unnumbered, newer], 600), "success");
    let hidden = |id, state, created| Suite {
        workflow: None,
        ..suite(id, "", state, created)
    };
    let (old, new) = (hidden(1, Failure, 0), hidden(2, Success, 5));
    let checks = [run("a", &old, Failure), run("a", &new, Success)];
    assert_eq!(short(&checks, &[old, new], 600), "failure: a");
}

/// What else runs on the head of a branch is not what the push started.
#[test]
fn other_events_neither_hold_nor_prove_a_build() {
    let own = suite(1, "CI", Success, 0);
    for event in [
        "schedule",
        "workflow_dispatch",
        "repository_dispatch",
        "pull_request",
        "pull_request_target",
        "workflow_run",
        "merge_group",
        "dynamic",
        "deployment_status",
        "issue_comment",
        "release",
        "",
    ] {
        for state in [Failure, Pending, ActionRequired, Cancelled, Success] {
            let other = of_event(event, 2, state.clone());
            let checks = [
                run("build", &own, Success),
                run("other", &other, state.clone()),
            ];
            let both = [own.clone(), other.clone()];
            assert_eq!(short(&checks, &both, 600), "success", "{event} {state:?}");
            let alone = short(&[run("other", &other, state.clone())], &[other], 600);
            assert_eq!(alone, "none", "{event} {state:?}");
        }
    }
    // A tag at the same commit is a push, and not one of the branch.
    let tag = Suite {
        branch: Some("v1.2.3".to_owned()),
        ..suite(2, "Release", Failure, 0)
    };
    let checks = [run("build", &own, Success), run("publish", &tag, Failure)];
    assert_eq!(short(&checks, &[own, tag], 600), "success");
}

/// A re-run shows its jobs from the start again, and what it says now is all that counts.
#[test]
fn a_run_that_is_done_again_is_pending_whatever_it_said_before() {
    for before in [Success, Failure, Cancelled, Stale] {
        let again = suite(1, "CI", Pending, 0);
        let checks = [
            run("done before", &again, Success),
            run("again", &again, Pending),
        ];
        assert_eq!(
            short(&checks, std::slice::from_ref(&again), 600),
            "pending: again"
        );
        // Its jobs are not there yet.
        assert_eq!(short(&[], &[again], 600), "pending: CI");
        let own = suite(1, "CI", before.clone(), 0);
        let word = match before {
            Success => "success",
            Failure => "failure: job",
            Cancelled => "failure: job",
            Pending
            | Passed
            | ActionRequired
            | CheckState::Declined
            | CheckState::NeverRan
            | Stale
            | CheckState::Unknown(_) => "pending: job (stale)",
        };
        assert_eq!(
            short(&[run("job", &own, before.clone())], &[own], 600),
            word
        );
    }
}

/// Jobs that did not run prove nothing, and beside one that did they are in nobody's way.
#[test]
fn skipped_and_neutral_jobs_prove_nothing_and_hold_nothing() {
    // A workflow that failed in a job says so; one that is green does not mind it.
    let of = |state| suite(1, "CI", state, 0);
    let own = |checks: &[Check]| {
        let failed = checks.iter().any(|check| check.state == Failure);
        of(if failed { Failure } else { Success })
    };
    let job = |name: &str, state| run(name, &of(Success), state);
    for (checks, expected) in [
        (vec![job("a", Passed), job("b", Success)], "success"),
        (vec![job("a", Passed), job("b", Pending)], "pending: b"),
        (vec![job("a", Passed), job("b", Failure)], "failure: b"),
        (vec![job("a", Passed), job("b", Passed)], "none"),
        (
            vec![job("a", Passed), status("ci/other", Success, 10)],
            "success",
        ),
    ] {
        assert_eq!(short(&checks, &[own(&checks)], 600), expected, "{checks:?}");
    }
    // A required job that was skipped did not say that it is fine.
    let names = ["test"].map(|name| NamedCheck {
        name: name.to_owned(),
        app: None,
    });
    let rules = by_name(&names);
    let named = |checks: &[Check]| told(outcome(checks, &[own(checks)], &rules, false, 600));
    assert_eq!(named(&[job("test", Passed), job("lint", Success)]), "none");
    assert_eq!(
        named(&[job("test (1)", Passed), job("test (2)", Success)]),
        "success"
    );
    assert_eq!(
        named(&[job("test (1)", Passed), job("test (2)", Failure)]),
        "failure: test (2)"
    );
    assert_eq!(named(&[job("lint", Failure)]), "pending: lint (failed)");
    assert_eq!(
        named(&[job("tests", Failure), job("test", Success)]),
        "success"
    );
    assert_eq!(
        named(&[
            job("test / unit", Failure),
            job("test(1)", Failure),
            job("test", Success)
        ]),
        "success"
    );
}

/// Two Apps may call their checks the same.
#[test]
fn a_name_is_of_every_app_unless_one_is_named() {
    let (actions, other) = (suite(1, "CI", Success, 0), other_app(2, Success));
    let checks = [
        run("test", &actions, Success),
        run("test", &other, Failure),
        status("test", Pending, 5),
    ];
    let suites = [actions, other];
    let with = |app: Option<&str>| {
        let names = [NamedCheck {
            name: "test".to_owned(),
            app: app.map(str::to_owned),
        }];
        told(outcome(&checks, &suites, &by_name(&names), false, 600))
    };
    assert_eq!(with(None), "failure: test");
    assert_eq!(with(Some(GITHUB_ACTIONS)), "success");
    assert_eq!(with(Some("some-app")), "failure: test");
    assert_eq!(with(Some("another-app")), "none");
    // Unnamed, everybody counts.
    assert_eq!(short(&checks, &suites, 600), "failure: test");
}

/// A status that somebody posted before the commit was pushed is as good as its age.
#[test]
fn statuses_from_before_the_push_do_not_make_a_build() {
    let old = status("ci/other", Success, -86_400);
    assert_eq!(
        short(std::slice::from_ref(&old), &[], 10),
        "pending: all that reported is green, and no workflow has started yet"
    );
    assert_eq!(short(std::slice::from_ref(&old), &[], 900), "success");
    let own = suite(1, "CI", Pending, 0);
    assert_eq!(short(&[old], &[own], 600), "pending: CI");
}

/// Somebody else's newer commit decides for what was cancelled, not for what failed.
#[test]
fn a_cancelled_workflow_gives_way_only_where_something_newer_is() {
    let (first, second) = (suite(1, "CI", Cancelled, 0), suite(2, "Lint", Success, 0));
    let checks = [
        run("build", &first, Cancelled),
        run("lint", &second, Success),
    ];
    let suites = [first.clone(), second];
    let with = |newer| told(outcome(&checks, &suites, &ALL, newer, 600));
    assert_eq!(with(true), "superseded");
    assert_eq!(with(false), "failure: build");
    // Where the workflow was cancelled as a whole, nothing in it was said to the end.
    for (own, expected) in [(Failure, "failure: build"), (Cancelled, "superseded")] {
        let own = suite(1, "CI", own, 0);
        let failed = [run("build", &own, Failure)];
        assert_eq!(told(outcome(&failed, &[own], &ALL, true, 600)), expected);
    }
}

/// A workflow without an end has the limit of the stage; how late it started does not matter.
#[test]
fn every_age_of_a_suite_without_a_run() {
    let green = suite(1, "CI", Success, 0);
    for (created, now, expected) in [
        (0, 899, "pending: Deploy docs"),
        (0, 900, "success"),
        (500, 1_399, "pending: Deploy docs"),
        (500, 1_400, "success"),
    ] {
        let late = suite(2, "Deploy docs", Pending, created);
        let checks = [run("build", &green, Success)];
        assert_eq!(
            short(&checks, &[green.clone(), late], now),
            expected,
            "{created} {now}"
        );
    }
    // One that has a run is no orphan, however old.
    let running = suite(2, "Slow", Pending, 0);
    let checks = [
        run("build", &green, Success),
        run("slow", &running, Pending),
    ];
    assert_eq!(short(&checks, &[green, running], 5_000), "pending: slow");
}

/// A check run whose suite nobody listed is a check like any other.
#[test]
fn runs_of_suites_that_are_not_listed_count() {
    let unlisted = suite(9, "CI", Pending, 0);
    for (state, expected) in [
        (Failure, "failure: build"),
        (Pending, "pending: build"),
        (
            ActionRequired,
            "Waits: build waits for a person to approve it, or for a timer of its environment",
        ),
    ] {
        assert_eq!(
            short(&[run("build", &unlisted, state)], &[], 2_000),
            expected
        );
    }
    let without = Check {
        source: CheckSource::Run {
            app: Some(GITHUB_ACTIONS.to_owned()),
            event: None,
            branch: None,
            suite: None,
        },
        at: Some(at(10)),
        ..run("build", &unlisted, Success)
    };
    assert_eq!(short(&[without], &[], 2_000), "success");
}
