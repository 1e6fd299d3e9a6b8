//! Clause 1, its second half: since the labelling nobody withdrew the issue, even if that was undone.
//!
//! Reads closing, the hand-back label and the lock label out of the events. Events can be newer than the reading of the
//! issue itself: what they say and the issue does not show yet counts as shown, which is the business of clause 4.

use chrono::{DateTime, Utc};

use super::refusal::Reasons;
use super::rules::GateRules;
use crate::domain::issue::{Actor, IssueFacts, IssueState, LabelChange, LabelEvent, StateChange};
use crate::domain::reason::ReasonCode;

/// What the events since the labelling say about one way to withdraw an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Withdrawn<'a> {
    /// It did not happen.
    Never,
    /// It happened, and it was undone.
    Undone(&'a Actor),
    /// It happened last.
    Still(&'a Actor),
}

/// Judges what was withdrawn and brought back.
pub(super) fn check(
    issue: &IssueFacts,
    event: &LabelEvent,
    rules: &GateRules<'_>,
    reasons: &mut Reasons,
) {
    if let Withdrawn::Undone(actor) = closed(issue, event.at)
        && issue.state != IssueState::Closed
    {
        let name = actor.name();
        reasons.refuse(
            ReasonCode::Voided,
            format!("{name} closed it after it was labelled; a new label asks anew"),
        );
    }
    let human = &rules.labels.ready_for_human;
    if let Withdrawn::Undone(actor) = labelled(issue, human, event.at)
        && shown(issue, human).is_none()
    {
        let name = actor.name();
        reasons.refuse(
            ReasonCode::Voided,
            format!("{name} put '{human}' on after it was labelled; a new label asks anew"),
        );
    }
}

/// Returns whether the issue was closed at or after `since`, by the events.
pub(super) fn closed(issue: &IssueFacts, since: DateTime<Utc>) -> Withdrawn<'_> {
    let mut events: Vec<_> = issue
        .state_events
        .iter()
        .filter(|event| event.at >= since)
        .collect();
    events.sort_by_key(|event| event.at);
    fold(events.into_iter().map(|event| {
        let withdraws = match event.change {
            StateChange::Closed => true,
            StateChange::Reopened => false,
        };
        (withdraws, &event.actor)
    }))
}

/// Returns whether the label `name`, in any case, was put on at or after `since`, by the events.
pub(super) fn labelled<'a>(
    issue: &'a IssueFacts,
    name: &str,
    since: DateTime<Utc>,
) -> Withdrawn<'a> {
    let name = name.to_lowercase();
    let events = issue
        .label_events
        .iter()
        .filter(|event| event.at >= since && event.label.to_lowercase() == name);
    fold(events.map(|event| {
        let withdraws = match event.change {
            LabelChange::Added => true,
            LabelChange::Removed => false,
        };
        (withdraws, &event.actor)
    }))
}

/// Returns the label that is shown under `name` in any case, as it is spelled.
pub(super) fn shown<'a>(issue: &'a IssueFacts, name: &str) -> Option<&'a str> {
    let name = name.to_lowercase();
    issue
        .labels
        .iter()
        .map(String::as_str)
        .find(|label| label.to_lowercase() == name)
}

fn fold<'a>(events: impl Iterator<Item = (bool, &'a Actor)>) -> Withdrawn<'a> {
    events.fold(Withdrawn::Never, |before, (withdraws, actor)| {
        match (before, withdraws) {
            (_, true) => Withdrawn::Still(actor),
            (Withdrawn::Never, false) => Withdrawn::Never,
            (Withdrawn::Still(who) | Withdrawn::Undone(who), false) => Withdrawn::Undone(who),
        }
    })
}
