//! What the branch of a suite says: other Apps see a commit once.

use super::suite_tests::{other_app, run, short, suite};
use super::*;
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
                    "Waits: scan waits for a person to approve it",
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
