//! Clause 1: the newest change of exactly the ready label put it on, is the event that the run is bound to, and the
//! issue shows the label now.

use super::refusal::Reasons;
use super::rules::GateRules;
use crate::domain::identity::Authorisation;
use crate::domain::issue::{IssueFacts, LabelChange, LabelEvent};
use crate::domain::reason::ReasonCode;

/// Judges the label. Returns the authorising event.
pub(super) fn check<'a>(
    issue: &'a IssueFacts,
    authorisation: &Authorisation,
    rules: &GateRules<'_>,
    reasons: &mut Reasons,
) -> Option<&'a LabelEvent> {
    let label = rules.ready_label;
    let Some(newest) = newest_event(issue, rules) else {
        reasons.refuse(
            ReasonCode::NoLabelEvent,
            format!("nobody ever applied '{label}'"),
        );
        return None;
    };
    let event = is_authorising(newest, authorisation).then_some(newest);
    if event.is_none() {
        let detail = match newest.change {
            LabelChange::Removed => format!("{} took '{label}' away", newest.actor.name()),
            LabelChange::Added => format!("{} applied '{label}' anew", newest.actor.name()),
        };
        reasons.refuse(ReasonCode::LabelRemoved, detail);
    } else if !issue.labels.iter().any(|shown| shown == label) {
        reasons.refuse(
            ReasonCode::LabelRemoved,
            format!("the issue does not show '{label}'"),
        );
    }
    event
}

/// Returns the authorising event, when it is the newest change of the ready label.
pub(super) fn authorising_event<'a>(
    issue: &'a IssueFacts,
    authorisation: &Authorisation,
    rules: &GateRules<'_>,
) -> Option<&'a LabelEvent> {
    newest_event(issue, rules).filter(|event| is_authorising(event, authorisation))
}

fn newest_event<'a>(issue: &'a IssueFacts, rules: &GateRules<'_>) -> Option<&'a LabelEvent> {
    issue
        .label_events
        .iter()
        .rev()
        .find(|event| event.label == rules.ready_label)
}

fn is_authorising(event: &LabelEvent, authorisation: &Authorisation) -> bool {
    event.change == LabelChange::Added && event.id == *authorisation
}
