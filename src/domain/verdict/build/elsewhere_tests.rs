//! Named checks that runs of other events and branches report.

use super::suite_tests::{by_name, outcome, run, suite, told};
use super::*;
use crate::domain::config::NamedCheck;
use crate::domain::verdict::ci::CheckSource;
use CheckState::{ActionRequired, Cancelled, Failure, Passed, Pending, Success};

const START_MAX: i64 = 900;

fn test() -> [NamedCheck; 1] {
    ["test"].map(|name| NamedCheck {
        name: name.to_owned(),
        app: None,
    })
}

fn said(checks: &[Check], suites: &[Suite], now: i64) -> String {
    told(outcome(checks, suites, &by_name(&test()), false, now))
}

/// A run of the same workflow that the push of the branch did not start.
fn elsewhere(id: u64, event: &str, branch: &str, state: CheckState, created: i64) -> Suite {
    Suite {
        event: Some(event.to_owned()),
        branch: Some(branch.to_owned()),
        ..suite(id, "CI", state, created)
    }
}

const PLACES: [(&str, &str); 6] = [
    ("merge_group", "gh-readonly-queue/main/pr-7"),
    ("pull_request", "topic"),
    ("push", "topic"),
    ("push", "v1.2.3"),
    ("schedule", "main"),
    ("workflow_dispatch", "main"),
];

/// Every event and branch, before and after the run of the push, in every state of both.
#[test]
fn where_the_push_starts_the_workflow_its_run_is_what_counts() {
    for (event, branch) in PLACES {
        for created in [-100, 100] {
            for state in [Success, Failure, Cancelled, Pending, Passed, ActionRequired] {
                let other = elsewhere(2, event, branch, state.clone(), created);
                let there = run("test", &other, state.clone());
                for (own, job, expected) in [
                    (Success, Some(Success), "success"),
                    (Failure, Some(Failure), "failure: test"),
                    (Failure, Some(Passed), "failure: build"),
                    (Failure, None, "failure: build"),
                    (Pending, Some(Pending), "pending: test"),
                    // It has not created the job yet.
                    (
                        Pending,
                        None,
                        "pending: test (not reported), build (failed)",
                    ),
                ] {
                    let pushed = suite(1, "CI", own.clone(), 0);
                    let mut checks = vec![there.clone(), run("build", &pushed, Failure)];
                    checks.extend(job.map(|job| run("test", &pushed, job)));
                    let suites = [other.clone(), pushed];
                    let said = said(&checks, &suites, START_MAX + 5);
                    assert_eq!(
                        said, expected,
                        "{event} {branch} {state:?} {own:?} {created}"
                    );
                }
                // It is queued without a run, and at last never ran.
                let queued = suite(1, "CI", Pending, 0);
                let suites = [other, queued];
                let there = std::slice::from_ref(&there);
                let waits = "pending: test (not reported)";
                assert_eq!(said(there, &suites, START_MAX - 1), waits, "{event}");
                assert_eq!(said(there, &suites, START_MAX), "none", "{event}");
            }
        }
    }
}

/// A workflow of the push that never ran hides nothing: as long as one may still run, it may be the one with the name.
#[test]
fn a_workflow_of_the_push_that_never_ran_is_not_waited_for() {
    let queue = elsewhere(5, "merge_group", "gh-readonly-queue/main/pr-7", Success, 50);
    let docs = suite(1, "Docs", Pending, 0);
    let waits = "pending: test (not reported)";
    for (has_run, now, expected) in [
        (false, START_MAX - 1, waits),
        (false, START_MAX, "success"),
        (true, START_MAX, waits),
    ] {
        let mut checks = vec![run("test", &queue, Success)];
        checks.extend(has_run.then(|| run("pages", &docs, Pending)));
        let suites = [docs.clone(), queue.clone()];
        assert_eq!(said(&checks, &suites, now), expected, "{has_run} {now}");
    }
}

/// A queue tests the very commit that the branch gets.
#[test]
fn where_the_push_does_not_start_it_the_newest_run_elsewhere_counts() {
    for (state, expected) in [
        (Success, "success"),
        (Failure, "failure: test"),
        (Cancelled, "failure: test"),
        (Pending, "pending: test"),
    ] {
        let queue = elsewhere(
            5,
            "merge_group",
            "gh-readonly-queue/main/pr-7",
            state.clone(),
            50,
        );
        let there = run("test", &queue, state);
        assert_eq!(
            said(
                std::slice::from_ref(&there),
                std::slice::from_ref(&queue),
                500
            ),
            expected
        );
        // An older one of the same workflow, in whatever state, and a workflow of the push that ended.
        for (event, branch) in PLACES {
            for older in [Success, Failure, Cancelled, Pending] {
                let before = elsewhere(9, event, branch, older.clone(), 0);
                let docs = suite(3, "Docs", Success, 0);
                let checks = [
                    run("test", &before, older),
                    there.clone(),
                    run("pages", &docs, Success),
                ];
                let suites = [before, queue.clone(), docs];
                assert_eq!(said(&checks, &suites, 500), expected, "{event}");
            }
        }
    }
    // While the push runs anything, more may come of it.
    let queue = elsewhere(5, "merge_group", "gh-readonly-queue/main/pr-7", Success, 0);
    let docs = suite(3, "Docs", Pending, 0);
    let checks = [run("test", &queue, Success), run("pages", &docs, Pending)];
    let suites = [queue, docs];
    assert_eq!(
        said(&checks, &suites, 5_000),
        "pending: test (not reported)"
    );
}

/// A token that may not read Actions gets neither events nor workflows.
#[test]
fn what_nobody_tells_does_not_exclude_a_run() {
    let hidden = |id, branch: Option<&str>, state| Suite {
        workflow: None,
        event: None,
        branch: branch.map(str::to_owned),
        ..suite(id, "", state, 0)
    };
    let topic = hidden(2, Some("topic"), Success);
    let there = run("test", &topic, Success);
    for (own, job, expected) in [
        (Success, None, "success"),
        (Success, Some(Passed), "none"),
        (Success, Some(Success), "success"),
        (Failure, None, "failure: build"),
        (Failure, Some(Failure), "failure: test"),
        (Pending, None, "pending: test (not reported)"),
    ] {
        for branch in [Some("main"), None] {
            let pushed = hidden(1, branch, own.clone());
            let mut checks = vec![there.clone(), run("build", &pushed, own.clone())];
            checks.extend(job.clone().map(|job| run("test", &pushed, job)));
            let suites = [topic.clone(), pushed];
            let said = said(&checks, &suites, 1_000);
            assert_eq!(said, expected, "{own:?} {job:?} {branch:?}");
        }
    }
    // A run whose suite nobody lists.
    for (event, branch) in [(None, None), (Some("push"), None), (None, Some("main"))] {
        let unlisted = Check {
            source: CheckSource::Run {
                app: Some(GITHUB_ACTIONS.to_owned()),
                event: event.map(str::to_owned),
                branch: branch.map(str::to_owned),
                suite: None,
            },
            ..there.clone()
        };
        let docs = suite(3, "Docs", Pending, 0);
        assert_eq!(said(&[unlisted], &[docs], 500), "success");
    }
    // It tells itself that the push did not start it, and the workflow that failed may be the same.
    let pushed = suite(1, "CI", Failure, 0);
    for (event, branch) in PLACES {
        let queue = elsewhere(2, event, branch, Success, 0);
        let mut unlisted = run("test", &queue, Success);
        if let CheckSource::Run { suite, .. } = &mut unlisted.source {
            *suite = None;
        }
        let checks = [unlisted, run("build", &pushed, Failure)];
        let suites = std::slice::from_ref(&pushed);
        assert_eq!(said(&checks, suites, 1_000), "failure: build", "{event}");
    }
    // The workflow is told of one of the two only.
    let queue = elsewhere(2, "merge_group", "gh-readonly-queue/main/pr-7", Success, 0);
    let without = |suite: &Suite| Suite {
        workflow: None,
        ..suite.clone()
    };
    for (there, own) in [
        (without(&queue), pushed.clone()),
        (queue.clone(), without(&pushed)),
    ] {
        let checks = [run("test", &there, Success), run("build", &own, Failure)];
        assert_eq!(said(&checks, &[there, own], 1_000), "failure: build");
    }
}

/// Runs that nobody asked for, or that another workflow started: of the same file as a run of the push, or of another.
const ASIDE: [&str; 3] = ["schedule", "dynamic", "workflow_run"];

fn every_state() -> [CheckState; 6] {
    [Success, Failure, Cancelled, Pending, Passed, ActionRequired]
}

fn of_file(file: u64, suite: Suite) -> Suite {
    Suite {
        workflow: Some(format!("File {file}")),
        workflow_id: Some(file),
        ..suite
    }
}

/// A nightly build, or that of Pages, is called like the one that the push starts.
#[test]
fn where_the_push_reports_the_name_no_run_of_another_event_does() {
    for (event, branch) in PLACES.into_iter().chain(ASIDE.map(|event| (event, "main"))) {
        for state in every_state() {
            for created in [-100, 100] {
                let other = of_file(9, elsewhere(2, event, branch, state.clone(), created));
                for name in ["test", "test (20)"] {
                    for (own, job, expected) in [
                        (Success, Success, "success"),
                        (Failure, Failure, "failure: test"),
                        (Pending, Pending, "pending: test"),
                    ] {
                        let pushed = of_file(5, suite(1, "", own, 0));
                        let checks = [run("test", &pushed, job), run(name, &other, state.clone())];
                        let suites = [pushed, other.clone()];
                        let said = said(&checks, &suites, START_MAX + 5);
                        assert_eq!(said, expected, "{event} {branch} {state:?} {name}");
                    }
                }
            }
        }
    }
}

/// A queue, another App or a status comes before what only met the commit; alone, that speaks.
#[test]
fn what_only_met_the_commit_speaks_where_nothing_else_has_the_name() {
    let docs = of_file(3, suite(3, "", Success, 0));
    for event in ASIDE {
        for state in every_state() {
            let aside = of_file(9, elsewhere(9, event, "main", state.clone(), 100));
            let there = run("test", &aside, state.clone());
            // Also of the file that the queue runs.
            for file in [5, 9] {
                let queue = elsewhere(5, "merge_group", "gh-readonly-queue/main/pr-7", Success, 50);
                let queue = of_file(file, queue);
                let checks = [there.clone(), run("test", &queue, Success)];
                let suites = [aside.clone(), queue, docs.clone()];
                assert_eq!(said(&checks, &suites, 500), "success", "{event} {state:?}");
            }
            let other = Check {
                source: CheckSource::Status,
                ..run("test", &docs, Success)
            };
            let checks = [there.clone(), other];
            let suites = [aside.clone(), docs.clone()];
            assert_eq!(said(&checks, &suites, 500), "success", "{event} {state:?}");
            // A job of the push that was skipped has the name, too.
            let checks = [there.clone(), run("test", &docs, Passed)];
            assert_eq!(said(&checks, &suites, 5_000), "none", "{event} {state:?}");
            let alone = match state {
                Success => "success",
                Failure | Cancelled => "failure: test",
                Pending => "pending: test",
                ActionRequired => {
                    "Waits: test waits for a person to approve it, or for a timer of its environment"
                }
                Passed
                | CheckState::Declined
                | CheckState::NeverRan
                | CheckState::Stale
                | CheckState::Unknown(_) => "none",
            };
            let there = std::slice::from_ref(&there);
            assert_eq!(said(there, &suites, 500), alone, "{event} {state:?}");
            // A workflow of the push goes on, or could not start: it may be the one with the name.
            for (own, now, expected) in [
                (Pending, 500, "pending: test (not reported)"),
                (Failure, 500, "pending: File 3 (failed)"),
                (Failure, 5_000, "failure: File 3"),
                (Cancelled, 5_000, "failure: File 3"),
            ] {
                let broken = of_file(3, suite(3, "", own, 0));
                let suites = [aside.clone(), broken];
                assert_eq!(said(there, &suites, now), expected, "{event} {state:?}");
            }
        }
    }
}

/// A queue of one file, whose job the push of another skips.
#[test]
fn a_job_of_the_push_that_was_skipped_gives_way_to_a_queue_of_another_file() {
    let pushed = of_file(3, suite(3, "", Success, 0));
    let queue = elsewhere(5, "merge_group", "gh-readonly-queue/main/pr-7", Success, 50);
    let queue = of_file(5, queue);
    let checks = [run("test", &pushed, Passed), run("test", &queue, Success)];
    assert_eq!(said(&checks, &[pushed, queue], 500), "success");
}
