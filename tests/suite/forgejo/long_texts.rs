//! Texts of any length on a Forgejo or Gitea, which set no limit: they are refused or left out, and hold up nothing else.

use afk::tick::TickReport;

use super::{everywhere, strangers_are_read_past};
use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::forgejo::ServerKind;

fn started(report: &TickReport) -> Vec<u64> {
    report.dispatched.iter().map(|run| run.issue.0).collect()
}

/// Codes of the decision on an issue.
fn codes(report: &TickReport, number: u64) -> Vec<&'static str> {
    let mut issues = report.repositories.iter().flat_map(|one| &one.issues);
    let issue = issues.find(|issue| issue.issue.0 == number);
    let issue = issue.unwrap_or_else(|| panic!("#{number} is not in {report}"));
    let codes = issue.reasons.iter().map(|reason| reason.code.as_str());
    codes.collect()
}

#[test]
fn a_body_of_any_length_is_refused_and_holds_up_no_other_issue() {
    everywhere(|story| {
        // More of them than issues of a repository that may fail before it is given up.
        let refused: Vec<u64> = [30_000, 22_000, 22_000, 22_000, 22_000, 22_000]
            .into_iter()
            .map(|lines| {
                let long = "All of this. <!-- x -->\n\n".repeat(lines);
                let number = story.issue_by("alice", &long);
                story.approve_by(number, "alice");
                number
            })
            .collect();
        let number = story.ready_issue();
        let report = story.poll();
        assert_eq!(started(&report), [number], "{:?} {report}", story.kind);
        assert!(report.failures.is_empty(), "{report}");
        for number in refused {
            assert_eq!(codes(&report, number), ["too-long"], "{:?}", story.kind);
        }
    });
}

#[test]
fn an_answer_that_is_not_read_to_its_end_is_refused_alike() {
    let story = ForgejoSaga::of(ServerKind::Forgejo13);
    let long = story.issue_by("alice", &"x".repeat(4 * 1024 * 1024));
    story.approve_by(long, "alice");
    assert_eq!(story.refused(long), ["too-long"]);
    let number = story.ready_issue();
    let report = story.poll();
    assert_eq!(started(&report), [number], "{report}");
    assert!(report.failures.is_empty(), "{report}");
}

#[test]
fn a_comment_of_any_length_by_a_stranger_is_left_out() {
    strangers_are_read_past(1, 120_000);
}

#[test]
fn a_parent_of_any_length_is_left_out_and_holds_nothing_up() {
    everywhere(|story| {
        let parent = story.issue_by("alice", &"The whole plan. ".repeat(40_000));
        let body = format!("## Parent\n\n#{parent}\n\n## Now\n\nGo.\n");
        let number = story.issue_by("alice", &body);
        story.approve_by(number, "alice");
        assert_eq!(story.starts(), [number], "{:?}", story.kind);
        let text = &story.saga.world.only_thread().messages[0].text;
        assert!(text.contains("it could not be read"), "{text}");
        assert!(!text.contains("The whole plan."));
    });
}
