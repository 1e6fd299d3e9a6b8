//! Readiness: is this the moment and the issue that people expect a run for (SPEC 4.2b)?
//!
//! None of it is trust. A label that is seconds old may still get a blocker or a brief; somebody may have taken the issue;
//! a specification that was split into tickets is not itself a ticket; a pull request may be on its way. It gives every
//! reason that holds. Where a forge has no such fact, the clause is silent; a fact that could not be read is a gap, which
//! the trust gate refuses.

use chrono::{DateTime, Utc};

use super::trust_gate::{
    GateFacts, GateRules, Level, People, Reasons, authorising_event, brake, is_agent, is_own,
};
use crate::domain::issue::{
    Actor, Assignment, IssueFacts, Permissions, RepositoryFacts, Rival, Visibility,
};
use crate::domain::reason::{Reason, ReasonCode};

/// Returns why it is not ready; empty when it is.
pub(super) fn check(facts: &GateFacts<'_>, rules: &GateRules<'_>) -> Vec<Reason> {
    let GateFacts {
        repository,
        issue,
        permissions,
        authorisation,
    } = *facts;
    let mut reasons = Reasons::default();
    let event = authorising_event(issue, authorisation, rules);
    if let Some(event) = event {
        check_settled(event.at, rules, &mut reasons);
    }
    // The events can be newer than the labels that are shown.
    for name in &rules.labels.hold {
        if let Some(why) = brake(issue, name, event) {
            reasons.refuse(ReasonCode::OnHold, why);
        }
    }
    if let Some(event) = event {
        check_assignees(&issue.assignees, event.at, rules, &mut reasons);
    }
    check_sub_issues(issue.open_sub_issues, &mut reasons);
    check_rivals(&issue.rivals, repository, permissions, rules, &mut reasons);
    reasons.into_inner()
}

/// Returns everybody whose permission decides whether a pull request is a rival.
pub(super) fn people<'a>(
    issue: &'a IssueFacts,
    repository: &RepositoryFacts,
) -> impl Iterator<Item = &'a Actor> {
    let asked = if anybody_counts(repository) {
        [].as_slice()
    } else {
        issue.rivals.as_slice()
    };
    asked.iter().map(|rival| &rival.author)
}

/// Clause 9: the labelling is old enough.
pub(super) fn check_settled(labelled: DateTime<Utc>, rules: &GateRules<'_>, reasons: &mut Reasons) {
    let age = rules.now.signed_duration_since(labelled);
    if age < rules.settle {
        let left = (rules.settle - age).num_seconds().max(1);
        let age = age.num_seconds().max(0);
        reasons.refuse(
            ReasonCode::Settling,
            format!("labelled {age} s ago; {left} s more for blockers and a brief to arrive"),
        );
    }
}

/// Clause 10: no label holds it back.
pub(super) fn check_hold(labels: &[String], rules: &GateRules<'_>, reasons: &mut Reasons) {
    for label in labels.iter().filter(|label| rules.labels.holds(label)) {
        reasons.refuse(ReasonCode::OnHold, format!("shows '{label}'"));
    }
}

/// Clause 11: nobody took it since the labelling. Whoever had it before, the labeller saw.
pub(super) fn check_assignees(
    assignees: &[Assignment],
    labelled: DateTime<Utc>,
    rules: &GateRules<'_>,
    reasons: &mut Reasons,
) {
    let others = assignees
        .iter()
        .filter(|assignment| !is_own(&assignment.assignee, rules.own_account));
    for assignment in others {
        let name = assignment.assignee.name();
        match assignment.since {
            None => reasons.refuse(
                ReasonCode::FactsIncomplete,
                format!("since when {name} is assigned"),
            ),
            Some(since) if since >= labelled => reasons.refuse(
                ReasonCode::AssignedSince,
                if since == labelled {
                    // Forges tell whole seconds, and a form assigns and labels in the same one.
                    format!("{name} was assigned in the second in which it was labelled")
                } else {
                    format!("{name} was assigned after it was labelled")
                },
            ),
            Some(_) => {}
        }
    }
}

/// Clause 12: it is not a container of open work.
pub(super) fn check_sub_issues(open: Option<u64>, reasons: &mut Reasons) {
    match open {
        None | Some(0) => {}
        Some(1) => reasons.refuse(ReasonCode::HasSubIssues, "1 sub-issue is open"),
        Some(open) => {
            reasons.refuse(
                ReasonCode::HasSubIssues,
                format!("{open} sub-issues are open"),
            );
        }
    }
}

/// Clause 13: nobody who may push has a pull request for it.
pub(super) fn check_rivals(
    rivals: &[Rival],
    repository: &RepositoryFacts,
    permissions: &Permissions,
    rules: &GateRules<'_>,
    reasons: &mut Reasons,
) {
    let people = People { permissions, rules };
    for rival in rivals {
        let (name, author) = (&rival.name, rival.author.name());
        let open = || format!("{name} by {author} is open and will close it");
        if anybody_counts(repository) {
            reasons.refuse(ReasonCode::PullRequestOpen, open());
            continue;
        }
        match &rival.author {
            // Neither of them is looked up: both may push.
            author if is_own(author, rules.own_account) || is_agent(author, rules) => {
                reasons.refuse(ReasonCode::PullRequestOpen, open());
            }
            Actor::User {
                login,
                id: Some(id),
            } => match people.level(login, *id) {
                Level::Enough => reasons.refuse(ReasonCode::PullRequestOpen, open()),
                // A stranger must not be able to hold an issue.
                Level::TooLow(_) => {}
                Level::NotKnown(_, why) => reasons.refuse(
                    ReasonCode::FactsIncomplete,
                    format!("whether {author}, who opened {name}, may push: {why}"),
                ),
            },
            // An App opens pull requests only where it was installed.
            Actor::Bot { .. } => reasons.refuse(ReasonCode::PullRequestOpen, open()),
            // Nobody who could push.
            Actor::Other { .. } | Actor::Gone => {}
            Actor::User { id: None, .. } => reasons.refuse(
                ReasonCode::FactsIncomplete,
                format!("whether {author}, who opened {name}, may push"),
            ),
        }
    }
}

/// Whether everybody who can open a pull request counts.
fn anybody_counts(repository: &RepositoryFacts) -> bool {
    match repository.visibility {
        Visibility::Private => true,
        Visibility::Public | Visibility::Internal | Visibility::Unknown => false,
    }
}
