//! The stories of the dispatcher in which the forge has a part, told on each server: which issue, brakes, starts that are
//! interrupted, and a forge that fails.

use std::sync::Arc;

use afk::exit_code::ExitCode;
use afk::tick::{Outcome, TickReport};
use serde_json::json;

use super::everywhere;
use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::http_server::{Fault, Response};
use crate::support::world::{HUMAN, LOCK, READY, REPO};

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
fn the_most_urgent_issue_goes_first_then_the_lowest_number() {
    everywhere(|story| {
        let plain = story.ready_issue();
        let second = story.ready_issue();
        let urgent = story.ready_issue();
        story.forge.label_issue(REPO, second, "alice", "priority:2");
        story.forge.label_issue(REPO, urgent, "alice", "p2");
        let report = story.poll();
        assert_eq!(report.dispatched[0].issue.0, second, "{report}");
        for number in [plain, urgent] {
            assert_eq!(codes(&report, number), ["lower-priority"]);
        }
    });
}

#[test]
fn a_refused_issue_makes_room_for_the_next_one() {
    everywhere(|story| {
        let blocker = story.issue_by("alice", "");
        let blocked = story.issue_by("alice", &format!("Blocked by #{blocker}"));
        story.approve_by(blocked, "alice");
        story.forge.label_issue(REPO, blocked, "alice", "P0");
        let free = story.ready_issue();
        let report = story.poll();
        assert_eq!(report.dispatched[0].issue.0, free, "{report}");
        assert_eq!(codes(&report, blocked), ["blocked"]);
    });
}

#[test]
fn more_ready_issues_than_one_page_are_all_considered() {
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
fn a_label_that_somebody_else_set_anew_is_judged_by_the_newest_event() {
    everywhere(|story| {
        let number = story.ready_issue();
        story.forge.unlabel(REPO, number, "mallory", READY);
        story.pass(5);
        story.approve_by(number, "mallory");
        assert_eq!(story.refused(number), ["permission-too-low"]);
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

#[test]
fn a_missing_lock_label_of_a_run_is_put_back_and_never_means_free() {
    everywhere(|story| {
        let (number, _) = story.started();
        story.forge.unlabel(REPO, number, "mallory", LOCK);
        let next = story.ready_issue();
        let report = story.poll();
        assert_eq!(codes(&report, next), ["repository-busy"], "{report}");
        assert!(has(&story, number, LOCK));
    });
}

#[test]
fn one_labelling_has_one_run_and_a_new_one_re_arms() {
    everywhere(|story| {
        let (number, thread) = story.started();
        story.saga.world.t3.agent_finishes(&thread, "No.");
        story.saga.world.t3.people_archive(&thread);
        story.forge.unlabel(REPO, number, "alice", LOCK);
        story.pass(600);
        assert_eq!(story.refused(number), ["already-run"], "{:?}", story.kind);
        story.forge.unlabel(REPO, number, "alice", READY);
        story.approve_by(number, "alice");
        let report = story.poll();
        assert_eq!(report.dispatched[0].issue.0, number, "{report}");
        assert_eq!(report.dispatched[0].slot.0, 2);
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
fn a_failed_dispatch_leaves_no_label_and_the_next_tick_completes_it() {
    everywhere(|story| {
        let number = allocated(&story);
        assert!(!has(&story, number, LOCK));
        let urgent = story.ready_issue();
        story.forge.label_issue(REPO, urgent, "alice", "P0");
        let report = story.poll();
        assert_eq!(report.dispatched[0].issue.0, number, "{report}");
        assert_eq!(codes(&report, urgent), ["repository-busy"]);
        assert_eq!(story.saga.world.only_thread().messages.len(), 1);
        assert!(has(&story, number, LOCK));
    });
}

#[test]
fn an_allocated_slot_whose_issue_was_withdrawn_is_stood_down() {
    type Withdraw = fn(&ForgejoSaga, u64);
    let cases: [(&str, Withdraw); 4] = [
        ("label-removed", |story, number| {
            story.forge.unlabel(REPO, number, "alice", READY);
        }),
        ("not-open", |story, number| {
            story.forge.close_issue(REPO, number, "alice");
        }),
        ("handed-back", |story, number| {
            story.forge.label_issue(REPO, number, "alice", HUMAN);
        }),
        ("label-removed", |story, number| {
            story.forge.unlabel(REPO, number, "alice", READY);
            story.pass(5);
            story.approve_by(number, "alice");
        }),
    ];
    for (code, withdraw) in cases {
        everywhere(|story| {
            let number = allocated(&story);
            withdraw(&story, number);
            story.pass(30);
            let report = story.poll();
            assert_eq!(codes(&report, number), [code], "{:?} {report}", story.kind);
            let thread = story.saga.world.only_thread();
            assert!(thread.title.contains(" · stood-down"), "{}", thread.title);
            assert!(thread.messages.is_empty());
        });
    }
}

#[test]
fn an_allocated_slot_waits_when_facts_can_not_be_had() {
    everywhere(|story| {
        let number = allocated(&story);
        for status in [403, 404] {
            story.saga.world.journal.intercept(move |exchange| {
                if exchange.request.path.ends_with("/permission") {
                    let body = json!({"message": "no"});
                    Fault::Instead(Response::json(status, &body))
                } else {
                    Fault::None
                }
            });
            let codes = story.refused(number);
            // Of the labeller, and of the author where edits are not told.
            let unknown = codes.iter().all(|code| code == "permission-unknown");
            assert!(unknown && !codes.is_empty(), "{status} {codes:?}");
        }
        story.saga.world.journal.calm();
        assert_eq!(story.starts(), [number]);
    });
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
fn a_label_that_can_not_be_set_does_not_undo_a_start() {
    everywhere(|story| {
        let number = story.ready_issue();
        story.saga.world.journal.intercept(|exchange| {
            if exchange.request.path.ends_with("/labels") {
                Fault::Instead(Response::empty(500))
            } else {
                Fault::None
            }
        });
        let report = story.poll();
        assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
        assert_eq!(report.dispatched[0].issue.0, number);
        story.saga.world.journal.calm();
        assert_eq!(story.poll().exit_code(), ExitCode::Done);
        assert!(has(&story, number, LOCK));
    });
}

#[test]
fn one_broken_repository_does_not_stop_the_others() {
    everywhere(|story| {
        let mut story = story;
        story.saga.world.enrol(&["acme/nowhere", REPO]);
        let number = story.ready_issue();
        let report = story.poll();
        assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
        assert_eq!(report.dispatched[0].issue.0, number);
        let failed = &report.failures[0];
        let failed = failed.repository.as_ref().map(ToString::to_string);
        assert_eq!(failed.as_deref(), Some("forgejo:acme/nowhere"));
    });
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
fn the_cap_counts_all_repositories_and_the_most_urgent_go_first() {
    everywhere(|story| {
        let mut story = story;
        let names = ["acme/gadgets", "acme/gizmos"];
        for name in names {
            story.forge.add_repository(name);
            story.forge.set_level(
                name,
                "alice",
                crate::support::sandbox::forgejo::state::Level::Write,
            );
        }
        story.saga.world.enrol(&[REPO, names[0], names[1]]);
        story.saga.world.set("AFK_MAX_IN_FLIGHT", "2");
        let low = story.ready_issue();
        for (name, priority) in [(names[0], "P5"), (names[1], "P1")] {
            let number = story.forge.open_issue(name, "alice", "More", "Please.");
            story.forge.label_issue(name, number, "alice", READY);
            story.forge.label_issue(name, number, "alice", priority);
        }
        story.pass(30);
        let report = story.poll();
        assert_eq!(report.dispatched.len(), 2, "{report}");
        let outcomes: Vec<Outcome> = report.repositories.iter().map(|one| one.outcome).collect();
        assert!(outcomes.contains(&Outcome::Capped), "{report}");
        assert!(story.labels(low).iter().all(|label| label != LOCK));
    });
}
