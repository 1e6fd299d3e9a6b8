//! May this issue start now? The trust gate and readiness together, and what can be told without asking more.
//!
//! ```text
//! refused_at_sight         what the bulk read shows: no further request
//! refused_without_people   what the issue itself shows: no look-up of people
//! refused_so_far           the same, once its blockers were looked up
//! people_to_ask            whose permission decides
//! judge                    the decision
//! writers_to_ask           whose permission decides what the agent reads; then judge again
//! ```
//!
//! Reads nothing. The same function judges a candidate, a slot that is allocated, and the issue right before its first
//! turn ([`changes`]).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::frozen_text::FrozenText;
use super::readiness;
pub use super::trust_gate::writers_to_ask;
use super::trust_gate::{
    self, GateFacts, GateRules, GateVerdict, Reasons, Refusal, check_native, check_visibility,
    logins,
};
use crate::domain::identity::Authorisation;
use crate::domain::issue::{Assignment, Blocker, IssueFacts, Permissions, RepositoryFacts, Rival};
use crate::domain::reason::{Reason, ReasonCode};

/// What a bulk read shows of an issue.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The repository.
    pub repository: &'a RepositoryFacts,
    /// Labels that the issue shows.
    pub labels: &'a [String],
    /// When the newest labelling was made; `None` when the read does not tell.
    pub labelled_at: Option<DateTime<Utc>>,
    /// Open sub-issues; `None` when the read does not tell.
    pub open_sub_issues: Option<u64>,
    /// Open native blockers; `None` when the read does not tell.
    pub open_blockers: Option<u64>,
    /// Native blockers, as far as the read lists them.
    pub blockers: &'a [Blocker],
    /// Who is assigned, as far as the read tells.
    pub assignees: &'a [Assignment],
    /// Open pull requests that will close it, as far as the read tells.
    pub rivals: &'a [Rival],
}

/// Returns the reasons that the bulk read alone gives; empty when more has to be asked.
#[must_use]
pub fn refused_at_sight(sight: &Sight<'_>, rules: &GateRules<'_>) -> Vec<Reason> {
    let mut reasons = Reasons::default();
    if sight.repository.archived {
        reasons.refuse(ReasonCode::Archived, "");
    }
    let human = &rules.labels.ready_for_human;
    for label in sight.labels {
        if label.to_lowercase() == human.to_lowercase() {
            reasons.refuse(ReasonCode::HandedBack, format!("shows '{label}'"));
        }
    }
    check_visibility(sight.repository, rules, &mut reasons);
    check_native(sight.blockers, sight.open_blockers, &mut reasons);
    if let Some(labelled) = sight.labelled_at {
        readiness::check_settled(labelled, rules, &mut reasons);
    }
    readiness::check_hold(sight.labels, rules, &mut reasons);
    if let Some(labelled) = sight.labelled_at {
        readiness::check_assignees(sight.assignees, labelled, rules, &mut reasons);
    }
    readiness::check_sub_issues(sight.open_sub_issues, &mut reasons);
    let nobody = Permissions::default();
    readiness::check_rivals(sight.rivals, sight.repository, &nobody, rules, &mut reasons);
    // A fact that more has to be asked for does not refuse yet; what holds for the moment alone does.
    let mut reasons = reasons.into_inner();
    reasons.retain(|reason| reason.code != ReasonCode::FactsIncomplete);
    reasons
}

/// Judges an issue.
#[must_use]
pub fn judge(facts: &GateFacts<'_>, rules: &GateRules<'_>) -> GateVerdict {
    let not_ready = readiness::check(facts, rules);
    match trust_gate::judge(facts, rules) {
        GateVerdict::Trusted(text) => match Refusal::new(not_ready) {
            None => GateVerdict::Trusted(text),
            Some(refusal) => GateVerdict::Refused(refusal),
        },
        GateVerdict::Refused(refusal) => GateVerdict::Refused(refusal.and(not_ready)),
    }
}

/// Returns the definite reasons that hold whatever anybody's permission is, so that nobody has to be looked up;
/// `None` when there are none.
#[must_use]
pub fn refused_without_people(
    repository: &RepositoryFacts,
    issue: &IssueFacts,
    authorisation: &Authorisation,
    rules: &GateRules<'_>,
) -> Option<Refusal> {
    let facts = GateFacts {
        repository,
        issue,
        permissions: &Permissions::default(),
        authorisation,
    };
    refused_for_certain(&facts, rules)
}

/// Returns the reasons that no look-up of people or events takes away, once the blockers that the body names were looked up;
/// `None` when there are none. Some of them may be gone in the next tick.
#[must_use]
pub fn refused_so_far(
    repository: &RepositoryFacts,
    issue: &IssueFacts,
    authorisation: &Authorisation,
    rules: &GateRules<'_>,
) -> Option<Refusal> {
    let facts = GateFacts {
        repository,
        issue,
        permissions: &Permissions::default(),
        authorisation,
    };
    let stays = |reason: &Reason| {
        let is_of_people = matches!(
            reason.code,
            ReasonCode::PermissionUnknown | ReasonCode::PermissionAmbiguous
        );
        let may_be_told =
            reason.code == ReasonCode::FactsIncomplete && !issue.gaps.contains(&reason.detail);
        !is_of_people && !may_be_told
    };
    match judge(&facts, rules) {
        GateVerdict::Trusted(_) => None,
        GateVerdict::Refused(refusal) => {
            Refusal::new(refusal.into_reasons().into_iter().filter(stays).collect())
        }
    }
}

/// Returns the definite reasons that hold whatever else is learned; `None` when there are none.
#[must_use]
pub fn refused_for_certain(facts: &GateFacts<'_>, rules: &GateRules<'_>) -> Option<Refusal> {
    match judge(facts, rules) {
        GateVerdict::Trusted(_) => None,
        GateVerdict::Refused(refusal) => refusal.into_definite(),
    }
}

/// Returns the logins whose permission decides whether [`judge`] refuses, each in one spelling.
#[must_use]
pub fn people_to_ask(
    repository: &RepositoryFacts,
    issue: &IssueFacts,
    authorisation: &Authorisation,
    rules: &GateRules<'_>,
) -> BTreeSet<String> {
    let mut people = trust_gate::people_to_ask(issue, authorisation, rules);
    for login in logins(readiness::people(issue, repository), rules) {
        if !people
            .iter()
            .any(|asked| asked.eq_ignore_ascii_case(&login))
        {
            people.insert(login);
        }
    }
    people
}

/// Judges again what was judged moments ago, after another reading of the issue (SPEC 4.1, p8). Returns why the run may
/// not start; empty when nothing that matters changed.
///
/// The second reading does not ask which App stood behind a labelling, nor for blockers that a body names, nor for the
/// parent: these are taken from the first. `facts` holds the second reading.
#[must_use]
pub fn changes(
    checked: &IssueFacts,
    text: &FrozenText,
    facts: &GateFacts<'_>,
    rules: &GateRules<'_>,
) -> Vec<Reason> {
    let now = super::reread::completed(checked, facts.issue);
    let facts = GateFacts {
        issue: &now,
        ..*facts
    };
    let changed = || Reason::new(ReasonCode::EditedSince, "the text changed since the check");
    match judge(&facts, rules) {
        GateVerdict::Trusted(read_again) if read_again.as_str() == text.as_str() => Vec::new(),
        GateVerdict::Trusted(_) => vec![changed()],
        GateVerdict::Refused(refusal) => {
            let mut reasons = refusal.into_reasons();
            if (&checked.title, &checked.body) != (&now.title, &now.body) {
                // Whoever did it, it is not what was checked. The next tick looks up who did.
                reasons.retain(|reason| !reason.code.is_passing());
                if !reasons
                    .iter()
                    .any(|reason| reason.code == ReasonCode::EditedSince)
                {
                    reasons.push(changed());
                }
            }
            reasons
        }
    }
}

#[cfg(test)]
mod tests;
