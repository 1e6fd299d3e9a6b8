//! The last look before the first turn: is the issue still what was checked (SPEC 4.1, p8)?
//!
//! It compares two readings of one issue. It does not judge the labeller again: an authorisation that is still
//! the newest was judged moments ago.

use crate::domain::identity::Authorisation;
use crate::domain::issue::{Comment, IssueFacts, IssueState, LabelChange, LabelEvent};
use crate::domain::reason::{Reason, ReasonCode};

/// Returns the newest change of exactly the ready label.
#[must_use]
pub fn newest_ready_event<'f>(facts: &'f IssueFacts, ready_label: &str) -> Option<&'f LabelEvent> {
    facts
        .label_events
        .iter()
        .rev()
        .find(|event| event.label == ready_label)
}

/// Returns why `now` is not what `checked` was; empty when nothing that matters changed.
#[must_use]
pub fn changes(
    checked: &IssueFacts,
    now: &IssueFacts,
    authorisation: &Authorisation,
    ready_label: &str,
    human_label: &str,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut refuse = |code, detail: &str| reasons.push(Reason::new(code, detail));
    let newest = newest_ready_event(now, ready_label);
    let same_event = newest
        .is_some_and(|event| event.id == *authorisation && event.change == LabelChange::Added);
    if !same_event || !now.labels.iter().any(|label| label == ready_label) {
        refuse(
            ReasonCode::LabelRemoved,
            "the ready label changed since the check",
        );
    }
    if !now
        .transfers
        .iter()
        .all(|at| checked.transfers.contains(at))
    {
        refuse(ReasonCode::Transferred, "transferred since the check");
    }
    match &now.state {
        IssueState::Open if now.is_pull_request => {
            refuse(ReasonCode::NotOpen, "a pull request");
        }
        IssueState::Open => {}
        IssueState::Closed => refuse(ReasonCode::NotOpen, "closed since the check"),
        IssueState::Unknown(word) => {
            refuse(
                ReasonCode::FactsIncomplete,
                &format!("unknown state {word}"),
            );
        }
    }
    if now
        .labels
        .iter()
        .any(|label| label.eq_ignore_ascii_case(human_label))
    {
        refuse(ReasonCode::HandedBack, "handed back since the check");
    }
    let text_changed = checked.title != now.title || checked.body != now.body;
    let comments_changed = match newest {
        Some(event) if same_event => {
            let before = |comment: &&Comment| comment.created_at < event.at;
            !checked
                .comments
                .iter()
                .filter(before)
                .eq(now.comments.iter().filter(before))
        }
        Some(_) | None => false,
    };
    if text_changed || comments_changed {
        refuse(ReasonCode::EditedSince, "the text changed since the check");
    }
    for gap in &now.gaps {
        refuse(ReasonCode::FactsIncomplete, gap);
    }
    reasons
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::domain::issue::{Actor, BodyEdits, ViaApp};
    use crate::domain::repository::IssueNumber;

    const READY: &str = "ready-for-agent";
    const HUMAN: &str = "ready-for-human";

    fn labelled_at() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    fn person() -> Actor {
        Actor::User {
            login: "alice".to_owned(),
            id: Some(1),
        }
    }

    fn event(id: &str, change: LabelChange, label: &str) -> LabelEvent {
        LabelEvent {
            id: Authorisation::new(id).unwrap(),
            at: labelled_at(),
            change,
            label: label.to_owned(),
            actor: person(),
            via_app: ViaApp::Unknown,
        }
    }

    fn comment(at: DateTime<Utc>, body: &str) -> Comment {
        Comment {
            author: person(),
            author_may_have_write: true,
            created_at: at,
            last_edited_at: None,
            body: body.to_owned(),
        }
    }

    fn facts() -> IssueFacts {
        IssueFacts {
            number: IssueNumber(1),
            url: String::new(),
            title: "title".to_owned(),
            body: "body".to_owned(),
            author: person(),
            state: IssueState::Open,
            is_pull_request: false,
            labels: vec![READY.to_owned()],
            label_events: vec![event("LE_1", LabelChange::Added, READY)],
            renames: Vec::new(),
            transfers: Vec::new(),
            body_edits: BodyEdits::Never,
            comments: vec![comment(labelled_at() - TimeDelta::hours(1), "context")],
            blockers: Vec::new(),
            open_native_blockers: None,
            listed_open_native_blockers: 0,
            gaps: Vec::new(),
        }
    }

    fn codes(change: impl Fn(&mut IssueFacts)) -> Vec<ReasonCode> {
        let mut now = facts();
        change(&mut now);
        let authorisation = Authorisation::new("LE_1").unwrap();
        changes(&facts(), &now, &authorisation, READY, HUMAN)
            .into_iter()
            .map(|reason| reason.code)
            .collect()
    }

    #[test]
    fn an_issue_that_stayed_the_same_goes_on() {
        assert_eq!(codes(|_| {}), []);
    }

    #[test]
    fn a_later_comment_and_another_label_do_not_matter() {
        let unchanged = codes(|now| {
            now.comments.push(comment(labelled_at(), "me too"));
            now.labels.push("bug".to_owned());
            now.label_events
                .push(event("LE_2", LabelChange::Added, "bug"));
        });
        assert_eq!(unchanged, []);
    }

    #[test]
    fn comments_are_compared_under_one_labelling_only() {
        let relabelled = codes(|now| {
            now.comments.push(comment(labelled_at(), "me too"));
            now.label_events.push(LabelEvent {
                at: labelled_at() + TimeDelta::hours(1),
                ..event("LE_2", LabelChange::Added, READY)
            });
        });
        assert_eq!(relabelled, [ReasonCode::LabelRemoved]);
    }

    #[test]
    fn every_change_that_matters_is_named() {
        use ReasonCode::{
            EditedSince, FactsIncomplete, HandedBack, LabelRemoved, NotOpen, Transferred,
        };
        assert_eq!(codes(|now| now.state = IssueState::Closed), [NotOpen]);
        assert_eq!(codes(|now| now.is_pull_request = true), [NotOpen]);
        assert_eq!(
            codes(|now| now.state = IssueState::Unknown("ODD".to_owned())),
            [FactsIncomplete]
        );
        assert_eq!(codes(|now| now.title.push('!')), [EditedSince]);
        assert_eq!(codes(|now| now.body.push('!')), [EditedSince]);
        assert_eq!(codes(|now| now.comments[0].body.push('!')), [EditedSince]);
        assert_eq!(codes(|now| now.comments.clear()), [EditedSince]);
        assert_eq!(
            codes(|now| now.labels.push("Ready-For-Human".to_owned())),
            [HandedBack]
        );
        assert_eq!(codes(|now| now.labels.clear()), [LabelRemoved]);
        assert_eq!(
            codes(|now| now.labels = vec!["Ready-For-Agent".to_owned()]),
            [LabelRemoved]
        );
        assert_eq!(codes(|now| now.label_events.clear()), [LabelRemoved]);
        assert_eq!(
            codes(|now| now
                .label_events
                .push(event("LE_2", LabelChange::Added, READY))),
            [LabelRemoved]
        );
        assert_eq!(
            codes(|now| now
                .label_events
                .push(event("LE_2", LabelChange::Removed, READY))),
            [LabelRemoved]
        );
        assert_eq!(
            codes(|now| now.transfers.push(labelled_at())),
            [Transferred]
        );
        assert_eq!(
            codes(|now| now.gaps.push("a gap".to_owned())),
            [FactsIncomplete]
        );
    }
}
