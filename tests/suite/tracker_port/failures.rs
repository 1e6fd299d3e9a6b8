//! What the adapters say when a forge refuses, is elsewhere, or breaks off.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use afk::domain::repository::IssueNumber;
use afk::service_error::FailureKind;
use afk::tracker::RunIssue;
use serde_json::json;

use super::stage::{Place, Stage};
use crate::support::sandbox::http_server::{Fault, Response};
use crate::support::world::{HUMAN, LOCK, REPO};

/// Every act on one issue, with what became of it.
fn acts(stage: &Stage, number: u64, comment: &str) -> Vec<(&'static str, Option<FailureKind>)> {
    let at = stage.at_issue(number);
    stage.with(|tracker| {
        [
            ("add", tracker.add_label(&at, HUMAN)),
            ("remove", tracker.remove_label(&at, LOCK)),
            ("create", tracker.create_comment(&at, "x").map(drop)),
            ("edit", tracker.edit_comment(&at, comment, "x")),
            ("delete", tracker.delete_comment(&at, comment)),
            ("close", tracker.close_issue(&at)),
            ("reopen", tracker.reopen_issue(&at)),
        ]
        .map(|(act, done)| (act, done.err().map(|error| error.kind)))
        .into()
    })
}

pub fn an_archived_repository_is_told_and_takes_no_comment(stage: &Stage) {
    let number = stage.ready();
    stage.label(number, "alice", LOCK);
    let comment = stage.comment(number, "afk-bot", "text");
    stage.archive();
    assert!(stage.survey().repository.facts.archived);
    assert!(stage.watch(&[number]).repository.facts.archived);
    let before = stage.comments(number).len();
    for (act, refused) in acts(stage, number, &comment) {
        match (stage.place, act) {
            (Place::GitHub, _) => assert_eq!(refused, Some(FailureKind::Denied), "{act}"),
            // There an archive refuses new comments alone: that it is one is looked at by us.
            (Place::Forgejo11 | Place::Forgejo13 | Place::Gitea126, "create") => {
                assert_eq!(refused, Some(FailureKind::Refused));
            }
            (Place::Forgejo11 | Place::Forgejo13 | Place::Gitea126, _) => {
                assert_eq!(refused, None, "{act}");
            }
        }
    }
    assert!(stage.comments(number).len() <= before);
}

pub fn a_renamed_repository_says_its_name_and_is_not_written_to(stage: &Stage) {
    let number = stage.ready();
    stage.label(number, "alice", LOCK);
    let comment = stage.comment(number, "afk-bot", "text");
    stage.rename("acme/gadgets");
    let moved = FailureKind::Moved {
        to: "acme/gadgets".to_owned(),
    };
    let surveyed = stage.with(|tracker| tracker.survey(&[stage.repo(REPO)]).remove(0));
    assert_eq!(surveyed.unwrap_err().kind, moved);
    let watched = stage.with(|tracker| tracker.watch(&[stage.query(&[number])]).remove(0));
    assert_eq!(watched.unwrap_err().kind, moved);
    for (act, refused) in acts(stage, number, &comment) {
        let is_moved = matches!(refused, Some(FailureKind::Moved { .. }));
        assert!(is_moved, "{:?} {act}: {refused:?}", stage.place);
    }
    // No redirect was followed: every request went to the old name, and nothing was done under the new one.
    let followed = stage
        .journal
        .exchanges()
        .iter()
        .any(|one| one.request.path.contains("gadgets") && one.request.path != "/graphql");
    assert!(!followed);
    let repo = stage.repo("acme/gadgets");
    let found = stage.with(|tracker| tracker.survey(std::slice::from_ref(&repo)).remove(0));
    let found = found.unwrap();
    assert_eq!(found.locked, [IssueNumber(number)]);
    let at = afk::domain::repository::IssueRef {
        repo,
        number: IssueNumber(number),
    };
    let issue = stage.with(|tracker| tracker.stray(&at).unwrap());
    let issue = issue.issue().unwrap();
    assert_eq!(issue.own_comments.len(), 1);
    assert_eq!(issue.own_comments[0].body, "text");
    assert_eq!(issue.shown_label(HUMAN), None);
}

pub fn what_is_missing_is_told_and_costs_the_others_nothing(stage: &Stage) {
    let number = stage.ready();
    stage.add_repository("acme/gadgets");
    let repos = [REPO, "acme/nowhere", "acme/gadgets"].map(|name| stage.repo(name));
    let surveyed = stage.with(|tracker| tracker.survey(&repos));
    assert_eq!(surveyed.len(), 3);
    let first = surveyed[0].as_ref().unwrap();
    assert_eq!(first.ready[0].number, IssueNumber(number));
    let missing = surveyed[1].as_ref().unwrap_err();
    assert_eq!(missing.kind, FailureKind::NotFound, "{missing}");
    assert!(missing.to_string().contains("acme/nowhere"), "{missing}");
    assert!(surveyed[2].as_ref().unwrap().ready.is_empty());
    let gone = stage.ready();
    stage.delete_issue(gone);
    let watched = stage.watch(&[gone, number, 999]);
    assert_eq!(watched.runs[0], RunIssue::Missing);
    assert!(watched.runs[1].issue().is_some());
    assert_eq!(watched.runs[2], RunIssue::Missing);
}

pub fn a_refused_token_is_denied_everywhere(stage: &Stage) {
    let number = stage.ready();
    let at = stage.at_issue(number);
    stage.with_token("mistaken-one", |tracker| {
        let repos = [stage.repo(REPO)];
        let query = stage.query(&[number]);
        for (what, error) in [
            ("survey", tracker.survey(&repos).remove(0).unwrap_err()),
            ("watch", tracker.watch(&[query]).remove(0).unwrap_err()),
            ("stray", tracker.stray(&at).unwrap_err()),
            ("label", tracker.add_label(&at, LOCK).unwrap_err()),
            ("comment", tracker.create_comment(&at, "x").unwrap_err()),
            ("close", tracker.close_issue(&at).unwrap_err()),
        ] {
            assert_eq!(error.kind, FailureKind::Denied, "{what}: {error}");
            assert!(error.is_whole_service() && !error.is_refused_for_good());
            assert!(!error.to_string().contains("mistaken-one"), "{error}");
        }
    });
    assert!(stage.labels(number).iter().all(|label| label != LOCK));
}

/// The first `times` requests are told to come again later.
fn limit(stage: &Stage, times: usize, seconds: u64) -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    stage.journal.intercept(move |_| {
        if counter.fetch_add(1, Ordering::SeqCst) >= times {
            return Fault::None;
        }
        let body = json!({"message": "You have exceeded a secondary rate limit."});
        let answer = Response::json(429, &body).with_header("retry-after", &seconds.to_string());
        Fault::Instead(answer)
    });
    asked
}

pub fn a_limit_that_the_tick_can_not_wait_for_is_told(stage: &Stage) {
    let number = stage.ready();
    let at = stage.at_issue(number);
    let asked = limit(stage, usize::MAX, 600);
    let before = stage.clock.now();
    stage.with(|tracker| {
        let error = tracker.close_issue(&at).unwrap_err();
        let told = matches!(error.kind, FailureKind::RateLimited { retry_after: Some(wait) } if wait.as_secs() >= 600);
        assert!(told, "{error:?}");
        // Nothing more is sent.
        let so_far = asked.load(Ordering::SeqCst);
        for _ in 0..3 {
            let error = tracker.survey(&[stage.repo(REPO)]).remove(0).unwrap_err();
            assert!(matches!(error.kind, FailureKind::RateLimited { .. }));
        }
        assert_eq!((so_far, asked.load(Ordering::SeqCst)), (1, 1));
    });
    assert_eq!(stage.clock.now(), before);
    stage.journal.calm();
    assert!(stage.is_open(number));
}

pub fn a_short_limit_is_waited_out_once(stage: &Stage) {
    let number = stage.ready();
    let at = stage.at_issue(number);
    limit(stage, 1, 5);
    let before = stage.clock.now();
    stage.with(|tracker| tracker.close_issue(&at).unwrap());
    let waited = (stage.clock.now() - before).num_seconds();
    assert!((5..=10).contains(&waited), "{waited}");
    assert!(!stage.is_open(number));
}

pub fn an_answer_that_breaks_off_is_a_failure_and_no_empty_list(stage: &Stage) {
    stage.ready();
    stage.journal.intercept(|_| Fault::Truncate(40));
    let surveyed = stage.with(|tracker| tracker.survey(&[stage.repo(REPO)]).remove(0));
    let kind = surveyed.unwrap_err().kind;
    assert!(
        matches!(kind, FailureKind::Unreachable | FailureKind::Unreadable),
        "{kind:?}"
    );
    stage.journal.intercept(|_| {
        let page = "<html><title>Sign in</title></html>";
        Fault::Instead(Response::text(200, "text/html", page))
    });
    let watched = stage.with(|tracker| tracker.watch(&[stage.query(&[1])]).remove(0));
    assert_eq!(watched.unwrap_err().kind, FailureKind::Unreadable);
}
