//! Runs under way on a Forgejo or Gitea whose issue tells less than it should.

use std::sync::Arc;

use afk::tick::TickReport;

use super::{everywhere, strangers_are_read_past};
use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::http_server::{Fault, Response, Service};
use crate::support::world::{LOCK, READY, REPO};

fn has(story: &ForgejoSaga, number: u64, label: &str) -> bool {
    story.labels(number).iter().any(|shown| shown == label)
}

fn warns(report: &TickReport, what: &str) -> bool {
    let mut warnings = report.warnings.iter();
    warnings.any(|warning| warning.error.contains(what))
}

#[test]
fn a_run_whose_ready_label_was_deleted_in_the_repository_is_handed_back_and_unlocked() {
    everywhere(|story| {
        let (number, thread) = story.started();
        // It was moved to the organisation, and what was said about it went with it.
        story.forge.delete_label(REPO, READY);
        story.pass(60);
        let report = story.saga.watch();
        assert_eq!(report.runs[0].action, "wait", "{report}");
        assert!(warns(&report, "is not shown any more"), "{report}");
        story.saga.world.t3.agent_finishes(&thread, "I can not.");
        story.pass(600);
        assert_eq!(story.acted(), "escalate_prepush", "{:?}", story.kind);
        assert!(!has(&story, number, LOCK), "{:?}", story.labels(number));
        assert!(has(&story, number, "ready-for-human"));
        assert_eq!(story.own_comments(number).len(), 1);
        assert!(story.saga.world.t3.thread(&thread).unwrap().archived);
        // The next one starts.
        let next = story.issue_by("alice", "Please.");
        story.approve_by(next, "alice");
        assert_eq!(story.starts(), [next], "{:?}", story.kind);
    });
}

#[test]
fn a_flood_between_label_and_lock_costs_no_comment_and_makes_no_second_one() {
    everywhere(|story| {
        let number = story.ready_issue();
        story.forge.flood(REPO, number, "alice", 110);
        story.pass(30);
        let report = story.poll();
        assert_eq!(report.dispatched.len(), 1, "{:?} {report}", story.kind);
        let thread = report.dispatched[0].thread.to_string();
        story.saga.world.t3.agent_starts(&thread);
        for _ in 0..2 {
            story.pass(60);
            let report = story.saga.watch();
            assert!(report.failures.is_empty(), "{report}");
            let is_hidden = warns(&report, "our token can not see");
            assert_eq!(is_hidden, story.kind.is_gitea(), "{report}");
            assert_eq!(story.own_comments(number).len(), 1, "{:?}", story.kind);
        }
        story.saga.world.t3.agent_finishes(&thread, "I can not.");
        story.pass(600);
        assert_eq!(story.acted(), "escalate_prepush", "{:?}", story.kind);
        let comments = story.own_comments(number);
        assert_eq!(comments.len(), 1, "{comments:?}");
        assert!(comments[0].contains("I can not."), "{comments:?}");
        assert!(has(&story, number, "ready-for-human") && !has(&story, number, LOCK));
    });
}

#[test]
fn an_issue_that_the_forge_does_not_let_be_closed_is_not_said_to_be_closed() {
    everywhere(|story| {
        let (number, thread) = story.started();
        let blocker = story.issue_by("alice", "Found on the way.");
        story.forge.depend(REPO, number, blocker);
        let sha = story.push(number, &thread, "Done");
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        story.ci(&sha, "success");
        story.saga.watch();
        let comments = story.own_comments(number);
        assert_eq!(comments.len(), 1, "{comments:?}");
        let said = &comments[0];
        assert!(!said.contains("[x] Done"), "{said}");
        assert!(said.contains("#### Landed"), "{said}");
        assert!(said.contains("does not let it be closed"), "{said}");
        assert!(
            said.contains(&format!("{REPO}#{blocker} is open")),
            "{said}"
        );
        assert!(story.forge.is_open(REPO, number));
    });
}

/// Answers the timeline in another way, as long as the journal is not calm.
fn timeline(story: &ForgejoSaga, answer: impl Fn(Response) -> Response + Send + Sync + 'static) {
    let forge = Arc::clone(&story.forge);
    story.saga.world.journal.intercept(move |exchange| {
        if exchange.request.path.ends_with("/timeline") {
            Fault::Instead(answer(forge.answer(&exchange.request)))
        } else {
            Fault::None
        }
    });
}

#[test]
fn an_issue_whose_timeline_is_a_web_page_is_a_failure_and_no_silence() {
    everywhere(|story| {
        let (number, _) = story.started();
        timeline(&story, |_| {
            Response::text(200, "text/html", "<html>Down</html>")
        });
        story.pass(60);
        let report = story.saga.watch();
        assert_eq!(report.runs[0].action, "wait", "{report}");
        let said = &report.failures[0];
        assert_eq!(said.call, format!("read {REPO}#{number}"), "{report}");
        assert!(said.error.contains("text/html"), "{report}");
        story.saga.world.journal.calm();
        assert_eq!(story.acted(), "wait", "{:?}", story.kind);
    });
}

#[test]
fn one_entry_that_can_not_be_read_costs_no_other() {
    everywhere(|story| {
        let (number, thread) = story.started();
        story.saga.watch();
        let hm = story.forge.comment_on(REPO, number, "mallory", "Hm.");
        timeline(&story, move |whole| {
            let mut entries: serde_json::Value = serde_json::from_slice(&whole.body).unwrap();
            for entry in entries.as_array_mut().into_iter().flatten() {
                if entry["id"] == hm {
                    entry["created_at"] = serde_json::Value::Null;
                }
            }
            Response::json(200, &entries)
        });
        story.pass(60);
        let report = story.saga.watch();
        assert!(report.failures.is_empty(), "{report}");
        assert!(
            warns(&report, &format!("entry {hm} of the timeline")),
            "{report}"
        );
        // The event that it is bound to is there, so the end is carried out.
        story.saga.world.t3.agent_finishes(&thread, "I can not.");
        story.pass(600);
        assert_eq!(story.acted(), "escalate_prepush", "{:?}", story.kind);
        assert_eq!(story.own_comments(number).len(), 1);
        assert!(has(&story, number, "ready-for-human") && !has(&story, number, LOCK));
    });
}

#[test]
fn what_strangers_write_is_read_past_and_what_people_with_a_say_write_is_told() {
    strangers_are_read_past(3, 50_000);
}

#[test]
fn too_much_by_people_with_a_say_refuses() {
    everywhere(|story| {
        let number = story.ready_issue();
        for expected in ["too-long", "too-long", "facts-incomplete"] {
            // 520 kB each: more than an agent is told, and the third is more than is read.
            let long = "All of this. ".repeat(40_000);
            story.forge.comment_on(REPO, number, "alice", &long);
            story.pass(30);
            assert_eq!(story.refused(number), [expected], "{:?}", story.kind);
        }
    });
}
