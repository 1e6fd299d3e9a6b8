//! Clauses 4 and 6: issue and repository are in a state in which work may start.

use super::refusal::Reasons;
use super::rules::GateRules;
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
    match &issue.state {
        IssueState::Open => {}
        IssueState::Closed => reasons.refuse(ReasonCode::NotOpen, "closed"),
        IssueState::Unknown(word) => {
            reasons.refuse(
                ReasonCode::FactsIncomplete,
                format!("state '{word}' is not known"),
            );
        }
    }
    if issue.is_pull_request {
        reasons.refuse(ReasonCode::NotOpen, "a pull request");
    }
    if repository.archived {
        reasons.refuse(ReasonCode::Archived, "");
    }
    let human_label = rules.human_label.to_lowercase();
    if let Some(label) = issue
        .labels
        .iter()
        .find(|label| label.to_lowercase() == human_label)
    {
        reasons.refuse(ReasonCode::HandedBack, format!("shows '{label}'"));
    }
}

/// Clause 6: private, or allowed to be public.
pub(super) fn check_visibility(
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
