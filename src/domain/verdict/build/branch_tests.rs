//! What the branch of a suite says: other Apps see a commit once, and a branch that is deleted has no name any more.

use super::suite_tests::{by_name, other_app, outcome, run, short, suite, told};
use super::*;
use crate::domain::config::NamedCheck;
use CheckState::{ActionRequired, Cancelled, Failure, Pending, Success};

fn on(branch: Option<&str>, suite: Suite) -> Suite {
    Suite {
        branch: branch.map(str::to_owned),
        ..suite
    }
}

/// The commit was pushed to a topic branch first, where other Apps looked at it, and then fast-forwarded.
#[test]
fn check_runs_of_other_apps_count_wherever_the_commit_was_seen_first() {
    let lint = suite(1, "Lint", Success, 0);
    let green = run("lint", &lint, Success);
    for branch in [Some("topic"), Some("main"), None] {
        for event in [None, Some("pull_request"), Some("push")] {
            for (state, expected) in [
                (Failure, "failure: scan"),
                (Pending, "pending: scan"),
                (Cancelled, "failure: scan"),
                (
                    ActionRequired,
                    "Waits: scan waits for a person to approve it, or for a timer of its environment",
                ),
                (Success, "success"),
            ] {
                let other = Suite {
                    event: event.map(str::to_owned),
                    ..on(branch, other_app(2, state.clone()))
                };
                let scan = run("scan", &other, state.clone());
                assert_eq!(
                    short(&[green.clone(), scan], &[lint.clone(), other], 500),
                    expected,
                    "{branch:?} {event:?} {state:?}"
                );
            }
        }
    }
    // Workflows run once for each branch, and those of a topic branch are no part of it.
    for state in [Failure, Pending, ActionRequired, Cancelled] {
        let topic = on(Some("topic"), suite(2, "Build", state.clone(), 0));
        let job = run("job", &topic, state);
        assert_eq!(
            short(&[green.clone(), job], &[lint.clone(), topic], 500),
            "success"
        );
    }
}

/// A suite does not name a branch that was deleted, as topic branches are once they are merged.
#[test]
fn a_run_of_a_deleted_branch_is_replaced_by_that_of_the_branch() {
    let names = [NamedCheck {
        name: "job".to_owned(),
        app: None,
    }];
    // Whichever was first: a run can be started again for a branch that is gone.
    for (gone_at, own_at) in [(0, 100), (100, 0), (0, 0)] {
        for gone_id in [1, 9] {
            for gone_state in [Failure, Pending, ActionRequired, Cancelled, Success] {
                for (own_state, expected) in [
                    (Success, "success"),
                    (Failure, "failure: job"),
                    (Pending, "pending: job"),
                ] {
                    let gone = on(None, suite(gone_id, "CI", gone_state.clone(), gone_at));
                    let own = suite(5, "CI", own_state.clone(), own_at);
                    let checks = [
                        run("job", &gone, gone_state.clone()),
                        run("job", &own, own_state),
                    ];
                    for suites in [[gone.clone(), own.clone()], [own.clone(), gone.clone()]] {
                        assert_eq!(short(&checks, &suites, 500), expected, "{gone_state:?}");
                        let named = outcome(&checks, &suites, &by_name(&names), false, 500);
                        assert_eq!(told(named), expected, "by name, {gone_state:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_run_whose_branch_nobody_tells_stands_beside_all_others() {
    let gone = on(None, suite(1, "CI", Failure, 0));
    let job = run("job", &gone, Failure);
    // Alone it may be the branch's own.
    assert_eq!(
        short(std::slice::from_ref(&job), std::slice::from_ref(&gone), 500),
        "failure: job"
    );
    for other in [
        // Another workflow, another event, another branch.
        suite(2, "Lint", Success, 100),
        Suite {
            event: Some("schedule".to_owned()),
            ..suite(2, "CI", Success, 100)
        },
        on(Some("topic"), suite(2, "CI", Success, 100)),
        other_app(2, Success),
    ] {
        let green = run("other", &other, Success);
        assert_eq!(
            short(&[job.clone(), green], &[gone.clone(), other.clone()], 500),
            "failure: job",
            "{other:?}"
        );
    }
    // Of two without a branch the newer counts, and neither stands in for the branch's own.
    let newer = on(None, suite(2, "CI", Success, 100));
    let checks = [job.clone(), run("job", &newer, Success)];
    assert_eq!(
        short(&checks, &[gone.clone(), newer.clone()], 500),
        "success"
    );
    let own = suite(3, "CI", Failure, 50);
    let checks = [checks[1].clone(), run("own", &own, Failure)];
    assert_eq!(short(&checks, &[newer, own], 500), "failure: own");
}
