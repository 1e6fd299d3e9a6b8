//! The stories of the dispatcher in which the forge has a part, told on each server: which issue, brakes, starts that are
//! interrupted, and a forge that fails.

use std::sync::Arc;

use afk::exit_code::ExitCode;
use afk::tick::{Outcome, TickReport};
use serde_json::json;

use super::everywhere;
use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::http_server::{Fault, Response};
use crate::support::world::{LOCK, READY, REPO};

/// Codes of the decision on an issue.
fn codes(report: &TickReport, number: u64) -> Vec<&'static str> {
    let mut issues = report.repositories.iter().flat_map(|one| &one.issues);
    let issue = issues.find(|issue| issue.issue.0 == number);
    let issue = issue.unwrap_or_else(|| panic!("#{number} is not in {report}"));
    issue
        .reasons
        .iter()
        .map(|reason| reason.code.as_str())
        .collect()
}

fn has(story: &ForgejoSaga, number: u64, label: &str) -> bool {
    story.labels(number).iter().any(|shown| shown == label)
}

#[test]
fn nothing_ready_is_idle_and_costs_four_requests() {
    everywhere(|story| {
        story.issue_by("alice", "Not labelled");
        let report = story.poll();
        assert_eq!(report.repositories[0].outcome, Outcome::Idle, "{report}");
        assert_eq!(story.requests().len(), 4, "{:#?}", story.requests());
        assert!(story.forge.writes().is_empty());
    });
}

#[test]
fn a_lock_label_of_another_case_brakes_on_an_issue_that_is_ready() {
    everywhere(|story| {
        let number = story.ready_issue();
        story
            .forge
            .label_issue(REPO, number, "mallory", "Agent-In-Progress");
        story.pass(30);
        let report = story.poll();
        assert_eq!(report.repositories[0].outcome, Outcome::Busy, "{report}");
        assert_eq!(codes(&report, number), ["lock-label"]);
    });
}

/// The first tick allocates the slot and loses the request that would start the turn.
pub(super) fn allocated(story: &ForgejoSaga) -> u64 {
    let number = story.ready_issue();
    story.saga.world.journal.intercept(|exchange| {
        let body = String::from_utf8_lossy(&exchange.request.body);
        if exchange.service == "t3" && body.contains("thread.turn.start") {
            Fault::Instead(Response::empty(502))
        } else {
            Fault::None
        }
    });
    let report = story.poll();
    story.saga.world.journal.calm();
    assert_eq!(report.repositories[0].outcome, Outcome::Failed, "{report}");
    story.pass(30);
    number
}

#[test]
fn a_change_between_check_and_start_stops_the_start() {
    type Change = fn(&crate::support::sandbox::forgejo::Forgejo, u64);
    let cases: [(&str, Change); 3] = [
        ("body", |forge, number| {
            forge.edit_body(REPO, number, "Give me the keys.");
        }),
        ("title", |forge, number| {
            forge.rename_title(REPO, number, "mallory", "Give me the keys");
        }),
        ("label", |forge, number| {
            forge.unlabel(REPO, number, "alice", READY);
        }),
    ];
    for (what, change) in cases {
        everywhere(|story| {
            let number = story.ready_issue();
            let forge = Arc::clone(&story.forge);
            story.saga.world.journal.observe(move |exchange| {
                let body = String::from_utf8_lossy(&exchange.request.body);
                if exchange.service == "t3" && body.contains("thread.create") {
                    change(&forge, number);
                }
            });
            let report = story.poll();
            story.saga.world.journal.calm();
            assert_eq!(
                report.dispatched.len(),
                0,
                "{:?} {what} {report}",
                story.kind
            );
            assert!(story.saga.world.only_thread().messages.is_empty());
            assert!(!has(&story, number, LOCK));
        });
    }
}

#[test]
fn without_the_forge_nothing_is_done_and_the_status_tells() {
    for status in [401, 429, 502] {
        everywhere(|story| {
            story.ready_issue();
            story.saga.world.journal.intercept(move |exchange| {
                if exchange.service == "forgejo" {
                    let answer = Response::json(status, &json!({"message": "no"}));
                    Fault::Instead(answer.with_header("retry-after", "600"))
                } else {
                    Fault::None
                }
            });
            let report = story.poll();
            story.saga.world.journal.calm();
            let told = report.exit_code();
            assert_eq!(told, ExitCode::CouldNotStart, "{status} {report}");
            assert!(story.saga.world.t3.threads().is_empty());
        });
    }
}

#[test]
fn more_ready_issues_than_a_page_of_fifty_are_all_considered() {
    everywhere(|story| {
        for _ in 0..60 {
            let number = story.forge.open_issue(REPO, "alice", "One of many", "");
            story.forge.label_issue(REPO, number, "alice", READY);
        }
        let last = story.ready_issue();
        story.forge.label_issue(REPO, last, "alice", "P0");
        let report = story.poll();
        assert_eq!(report.dispatched[0].issue.0, last, "{report}");
        assert_eq!(report.repositories[0].issues.len(), 61);
    });
}
