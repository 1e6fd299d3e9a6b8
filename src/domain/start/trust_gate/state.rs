//! Clauses 4 and 6: issue and repository are in a state in which work may start.
//!
//! The worse of two readings counts: what the issue shows, and what its events since the labelling say.

use super::refusal::Reasons;
use super::rules::GateRules;
use super::withdrawal::{Withdrawn, closed, labelled, shown};
use crate::domain::issue::{IssueFacts, IssueState, LabelEvent, RepositoryFacts, Visibility};
use crate::domain::reason::ReasonCode;

/// Clause 4: open, here, no pull request, not archived, not handed back.
pub(super) fn check_issue(
    issue: &IssueFacts,
    repository: &RepositoryFacts,
    event: Option<&LabelEvent>,
    rules: &GateRules<'_>,
    reasons: &mut Reasons,
) {
    if let Some(event) = event
        && issue.transfers.iter().any(|at| *at >= event.at)
    {
        reasons.refuse(ReasonCode::Transferred, "moved here after it was labelled");
    }
    let closed_lately = event.map_or(Withdrawn::Never, |event| closed(issue, event.at));
    match (&issue.state, closed_lately) {
        (IssueState::Closed, _) => reasons.refuse(ReasonCode::NotOpen, "closed"),
        (IssueState::Open | IssueState::Unknown(_), Withdrawn::Still(who)) => {
            let name = who.name();
            reasons.refuse(ReasonCode::NotOpen, format!("{name} closed it just now"));
        }
        (IssueState::Open, Withdrawn::Never | Withdrawn::Undone(_)) => {}
        (IssueState::Unknown(word), Withdrawn::Never | Withdrawn::Undone(_)) => {
            reasons.refuse(
                ReasonCode::FactsIncomplete,
                format!("state '{word}' is not known"),
            );
        }
    }
    if issue.is_pull_request {
        reasons.refuse(ReasonCode::NotOpen, "a pull request");
    }
    if let Some(why) = repository.closed_to_work() {
        reasons.refuse(ReasonCode::Archived, why);
    }
    if let Some(label) = brake(issue, &rules.labels.ready_for_human, event) {
        reasons.refuse(ReasonCode::HandedBack, label);
    }
    if rules.lock_brakes
        && let Some(label) = brake(issue, &rules.labels.in_progress, event)
    {
        reasons.refuse(ReasonCode::LockLabel, label);
    }
}

/// Returns what says that the issue has the label `name`.
pub(in crate::domain::start) fn brake(
    issue: &IssueFacts,
    name: &str,
    event: Option<&LabelEvent>,
) -> Option<String> {
    if let Some(label) = shown(issue, name) {
        return Some(format!("shows '{label}'"));
    }
    match labelled(issue, name, event?.at) {
        Withdrawn::Still(who) => Some(format!("{} put '{name}' on just now", who.name())),
        Withdrawn::Never | Withdrawn::Undone(_) => None,
    }
}

/// Clause 6: private, or allowed to be public.
pub(in crate::domain::start) fn check_visibility(
    repository: &RepositoryFacts,
    rules: &GateRules<'_>,
    reasons: &mut Reasons,
) {
    let word = match repository.visibility {
        Visibility::Private => return,
        Visibility::Public => "public",
        Visibility::Internal => "internal, which counts as public",
        Visibility::Unknown => "of unknown visibility, which counts as public",
    };
    if !rules.public_allowed {
        reasons.refuse(
            ReasonCode::PublicRepository,
            format!("the repository is {word}"),
        );
    }
}
