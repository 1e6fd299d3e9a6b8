//! What both ticks do to issues. Each act may be repeated, but for a new comment.

use afk::service_error::FailureKind;

use super::stage::Stage;
use crate::support::sandbox::http_server::Fault;
use crate::support::world::{HUMAN, LOCK, READY};

pub fn labels_are_swapped_and_made_where_they_are_missing(stage: &Stage) {
    let number = stage.ready();
    let at = stage.at_issue(number);
    // The repository has neither label.
    for _ in 0..2 {
        stage.with(|tracker| tracker.add_label(&at, LOCK).unwrap());
    }
    assert_eq!(stage.labels(number), [LOCK, READY], "{:?}", stage.place);
    // Both in one tick, which knows the labels already.
    stage.with(|tracker| {
        tracker.add_label(&at, HUMAN).unwrap();
        tracker.add_label(&at, HUMAN).unwrap();
        tracker.remove_label(&at, READY).unwrap();
        tracker.remove_label(&at, READY).unwrap();
        tracker.remove_label(&at, LOCK).unwrap();
    });
    assert_eq!(stage.labels(number), [HUMAN]);
    // In whatever case it is stored.
    let other = stage.issue("alice", "Other", "");
    stage.label(other, "alice", "Needs Review");
    let at = stage.at_issue(other);
    stage.with(|tracker| tracker.remove_label(&at, "needs review").unwrap());
    assert!(stage.labels(other).is_empty());
    // Nothing was put on twice: what happened once is told once.
    let reading = stage.watch(&[number]);
    let issue = reading.runs[0].issue().unwrap();
    assert_eq!(issue.events.iter().filter(|event| event.by_us).count(), 4);
}

pub fn an_issue_is_closed_and_opened_again(stage: &Stage) {
    let number = stage.ready();
    let at = stage.at_issue(number);
    for _ in 0..2 {
        stage.with(|tracker| tracker.close_issue(&at).unwrap());
        assert!(!stage.is_open(number), "{:?}", stage.place);
    }
    for _ in 0..2 {
        stage.with(|tracker| tracker.reopen_issue(&at).unwrap());
        assert!(stage.is_open(number));
    }
    let facts = stage.facts(number);
    let who: Vec<&str> = facts
        .state_events
        .iter()
        .map(|event| event.actor.name())
        .collect();
    assert_eq!(who, ["afk-bot", "afk-bot"]);
}

pub fn a_comment_is_written_edited_and_deleted(stage: &Stage) {
    let number = stage.ready();
    let at = stage.at_issue(number);
    let text = "<!-- afk -->\n### Progress\n\n- [x] `one` & two\n";
    let id = stage.with(|tracker| tracker.create_comment(&at, text).unwrap());
    let own = |text: &str| vec![("afk-bot".to_owned(), text.to_owned())];
    assert_eq!(stage.comments(number), own(text), "{:?}", stage.place);
    let told = stage.watch(&[number]);
    let comments = &told.runs[0].issue().unwrap().own_comments;
    assert_eq!((comments.len(), &comments[0].id), (1, &id));
    assert_eq!(comments[0].body, text);
    for _ in 0..2 {
        stage.with(|tracker| tracker.edit_comment(&at, &id, "two").unwrap());
    }
    assert_eq!(stage.comments(number), own("two"));
    for _ in 0..2 {
        stage.with(|tracker| tracker.delete_comment(&at, &id).unwrap());
    }
    assert!(stage.comments(number).is_empty());
    let gone = stage.with(|tracker| tracker.edit_comment(&at, &id, "three").unwrap_err());
    assert_eq!(gone.kind, FailureKind::NotFound, "{gone}");
}

pub fn a_comment_whose_answer_is_lost_is_written_once(stage: &Stage) {
    let number = stage.ready();
    let at = stage.at_issue(number);
    stage.journal.intercept(|exchange| {
        if exchange.request.method == "POST" && exchange.request.path.ends_with("/comments") {
            Fault::LostAnswer
        } else {
            Fault::None
        }
    });
    let lost = stage.with(|tracker| tracker.create_comment(&at, "one").unwrap_err());
    assert_eq!(lost.kind, FailureKind::Unreachable, "{lost}");
    assert_eq!(stage.comments(number).len(), 1);
    // Other acts are safe to repeat, and are.
    let lose_first = std::sync::atomic::AtomicBool::new(true);
    stage.journal.intercept(move |exchange| {
        let is_act = exchange.request.method == "PATCH";
        if is_act && lose_first.swap(false, std::sync::atomic::Ordering::SeqCst) {
            Fault::LostAnswer
        } else {
            Fault::None
        }
    });
    stage.with(|tracker| tracker.close_issue(&at).unwrap());
    assert!(!stage.is_open(number));
}

pub fn nothing_is_written_to_what_is_not_there(stage: &Stage) {
    let number = stage.ready();
    stage.delete_issue(number);
    let at = stage.at_issue(number);
    stage.with(|tracker| {
        for (what, done) in [
            ("label", tracker.add_label(&at, LOCK)),
            ("unlabel", tracker.remove_label(&at, LOCK)),
            ("comment", tracker.create_comment(&at, "x").map(drop)),
            ("close", tracker.close_issue(&at)),
            ("reopen", tracker.reopen_issue(&at)),
        ] {
            let error = done.unwrap_err();
            let place = stage.place;
            assert!(error.is_refused_for_good(), "{place:?} {what}: {error}");
        }
    });
}
