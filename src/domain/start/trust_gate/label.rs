//! Clause 1: the newest change of exactly the ready label put it on, is the event that the run is bound to, and the
//! issue shows the label now. What withdrew it since is in [`super::withdrawal`].

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
    let label = rules.labels.ready.as_str();
    let Some(newest) = newest_event(issue, label) else {
        reasons.refuse(ReasonCode::NoLabelEvent, unseen(issue, label));
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
pub(in crate::domain::start) fn authorising_event<'a>(
    issue: &'a IssueFacts,
    authorisation: &Authorisation,
    rules: &GateRules<'_>,
) -> Option<&'a LabelEvent> {
    newest_event(issue, &rules.labels.ready).filter(|event| is_authorising(event, authorisation))
}

/// Returns the newest change of exactly the label `ready`.
#[must_use]
pub fn newest_event<'a>(issue: &'a IssueFacts, ready: &str) -> Option<&'a LabelEvent> {
    issue
        .label_events
        .iter()
        .rev()
        .find(|event| event.label == ready)
}

/// Says that no event put the label `ready` on. A label that is given another name keeps its events under the old one, and
/// one that an issue begins with may have none.
pub(in crate::domain::start) fn unseen(issue: &IssueFacts, ready: &str) -> String {
    if issue.labels.iter().any(|shown| shown == ready) {
        format!(
            "the issue shows '{ready}', and no event says who put it on: it had another name then, or the issue was opened with it"
        )
    } else {
        format!("no event says that anybody ever put '{ready}' on")
    }
}

fn is_authorising(event: &LabelEvent, authorisation: &Authorisation) -> bool {
    event.change == LabelChange::Added && event.id == *authorisation
}
