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
//! turn ([`judge_again`]).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::checked::Checked;
use super::frozen_text::FrozenText;
use super::readiness;
pub use super::trust_gate::writers_to_ask;
use super::trust_gate::{
    self, GateFacts, GateRules, GateVerdict, Reasons, Refusal, TextFacts, check_native,
    check_visibility, logins,
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
    if let Some(why) = sight.repository.closed_to_work() {
        reasons.refuse(ReasonCode::Archived, why);
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

/// How much was known when the gate was asked, and so which reasons count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// More may be learned: only reasons that hold whatever it is.
    Certain,
    /// People and events were not looked up; everything else was.
    WithoutPeople,
    /// Everything was.
    Whole,
    /// Everything was, and is asked once more right before the first turn.
    Again(Sameness),
}

/// How the text of the second reading compares with the one that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sameness {
    /// Whether the agent would receive the same text; without meaning where the gate refuses.
    pub frozen: bool,
    /// Whether title and body are written as they were.
    pub source: bool,
}

impl Depth {
    /// Returns those of the gate's `reasons` about `issue` that refuse.
    #[must_use]
    pub fn of(self, reasons: Vec<Reason>, issue: &IssueFacts) -> Vec<Reason> {
        let mut reasons = reasons;
        match self {
            Self::Certain => reasons.retain(|reason| !reason.is_passing()),
            Self::WithoutPeople => reasons.retain(|reason| {
                let is_of_people = matches!(
                    reason.code,
                    ReasonCode::PermissionUnknown | ReasonCode::PermissionAmbiguous
                );
                let may_be_told = reason.code == ReasonCode::FactsIncomplete
                    && !issue.gaps.contains(&reason.detail);
                !is_of_people && !may_be_told
            }),
            Self::Whole => {}
            Self::Again(same) => return changed(reasons, same),
        }
        reasons
    }
}

/// Returns every reason of trust gate and readiness, given what was read of the texts. [`Depth::of`] tells which of them count.
#[must_use]
pub fn reasons(facts: &GateFacts<'_>, read: &TextFacts, rules: &GateRules<'_>) -> Vec<Reason> {
    let mut reasons = trust_gate::reasons(facts, read, rules);
    for reason in readiness::check(facts, rules) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
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
    refusal_at(Depth::WithoutPeople, &facts, rules)
}

/// Returns the definite reasons that hold whatever else is learned; `None` when there are none.
#[must_use]
pub fn refused_for_certain(facts: &GateFacts<'_>, rules: &GateRules<'_>) -> Option<Refusal> {
    refusal_at(Depth::Certain, facts, rules)
}

fn refusal_at(depth: Depth, facts: &GateFacts<'_>, rules: &GateRules<'_>) -> Option<Refusal> {
    match judge(facts, rules) {
        GateVerdict::Trusted(_) => None,
        GateVerdict::Refused(refusal) => {
            Refusal::new(depth.of(refusal.into_reasons(), facts.issue))
        }
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

/// Judges again what was judged moments ago, after another reading of the issue (SPEC 4.1, p8), and returns the text for the agent:
/// the one that was checked.
///
/// The second reading does not ask which App stood behind a labelling, nor for blockers that a body names, nor for the
/// parent: these are taken from the first. `facts` holds the second reading.
///
/// # Errors
///
/// Why the run may not start.
pub fn judge_again(
    checked: &Checked,
    facts: &GateFacts<'_>,
    rules: &GateRules<'_>,
) -> Result<FrozenText, Vec<Reason>> {
    let facts = GateFacts {
        issue: &second_reading(checked, facts.issue),
        ..*facts
    };
    let (same, verdict) = verdict_again(checked, &facts, rules);
    let reasons = match verdict {
        GateVerdict::Trusted(text) if same.frozen => return Ok(text),
        GateVerdict::Trusted(_) => Vec::new(),
        GateVerdict::Refused(refusal) => refusal.into_reasons(),
    };
    Err(Depth::Again(same).of(reasons, facts.issue))
}

/// Returns the second reading `now` of an issue, completed with what only the first one, `checked`, asked for.
#[must_use]
pub fn second_reading(checked: &Checked, now: &IssueFacts) -> IssueFacts {
    super::reread::completed(checked.facts(), now)
}

/// Returns how a completed second reading compares with what was checked.
#[must_use]
pub fn compared(checked: &Checked, facts: &GateFacts<'_>, rules: &GateRules<'_>) -> Sameness {
    verdict_again(checked, facts, rules).0
}

fn verdict_again(
    checked: &Checked,
    facts: &GateFacts<'_>,
    rules: &GateRules<'_>,
) -> (Sameness, GateVerdict) {
    let verdict = judge(facts, rules);
    let frozen = match &verdict {
        GateVerdict::Trusted(read_again) => checked.froze(read_again),
        GateVerdict::Refused(_) => false,
    };
    let source = checked.has_source_of(facts.issue);
    (Sameness { frozen, source }, verdict)
}

fn changed(mut reasons: Vec<Reason>, same: Sameness) -> Vec<Reason> {
    let changed = || Reason::new(ReasonCode::EditedSince, "the text changed since the check");
    if reasons.is_empty() {
        return if same.frozen {
            Vec::new()
        } else {
            vec![changed()]
        };
    }
    if !same.source {
        // Whoever did it, it is not what was checked. The next tick looks up who did.
        reasons.retain(|reason| !reason.is_passing());
        let is_said = |reason: &Reason| reason.code == ReasonCode::EditedSince;
        if !reasons.iter().any(is_said) {
            reasons.push(changed());
        }
    }
    reasons
}

#[cfg(test)]
mod tests;
