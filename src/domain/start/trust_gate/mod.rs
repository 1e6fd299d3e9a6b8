//! The trust gate: decides whether an issue may start an agent (SPEC 4.2).
//!
//! Pure: it fetches nothing and compares facts that adapters fetched. It never guesses: what is missing, unknown or
//! contradictory refuses. It gives every reason that holds, in the order of the clauses, so that a person sees at
//! once what to put right. Clauses that need the authorising event are silent when there is none: that it is
//! missing is the reason then.
//!
//! A permission that could not be had gives `permission-unknown` and nothing else, so that whatever is refused
//! without any permission ([`refused_without_people`]) is also refused with them.
//!
//! ```text
//! rules, refusal, people      what is asked, how it is refused, who is trusted
//! label, labeller             clauses 1 to 3: which labelling counts, who may label
//! state, edits                clauses 4 and 6, clause 5
//! text, blockers              clauses 7 and 8
//! ```

mod blockers;
mod edits;
mod label;
mod labeller;
mod people;
mod refusal;
mod rules;
mod state;
mod text;

use std::collections::{BTreeMap, BTreeSet};

pub use self::refusal::Refusal;
pub use self::rules::{GateFacts, GateRules};

use self::people::{People, identified_person};
use self::refusal::Reasons;
use crate::domain::identity::Authorisation;
use crate::domain::issue::{Actor, IssueFacts, Permissions, RepositoryFacts};
use crate::domain::reason::ReasonCode;
use crate::domain::start::frozen_text::FrozenText;

/// The gate's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateVerdict {
    /// A trusted person asked for exactly this text.
    Trusted(FrozenText),
    /// Not, or not provably.
    Refused(Refusal),
}

/// Judges an issue.
#[must_use]
pub fn judge(facts: &GateFacts<'_>, rules: &GateRules<'_>) -> GateVerdict {
    let GateFacts {
        repository,
        issue,
        permissions,
        authorisation,
    } = *facts;
    let people = People { permissions, rules };
    let mut reasons = Reasons::default();
    let event = label::check(issue, authorisation, rules, &mut reasons);
    if let Some(event) = event {
        labeller::check(event, &people, &mut reasons);
    }
    state::check_issue(issue, repository, event, rules, &mut reasons);
    if let Some(event) = event {
        edits::check(issue, event.at, &people, &mut reasons);
    }
    state::check_visibility(repository, rules, &mut reasons);
    let text = text::check(issue, event, &people, &mut reasons);
    blockers::check(issue, &mut reasons);
    for gap in &issue.gaps {
        reasons.refuse(ReasonCode::FactsIncomplete, gap.as_str());
    }
    match Refusal::new(reasons.into_inner()) {
        None => GateVerdict::Trusted(text),
        Some(refusal) => GateVerdict::Refused(refusal),
    }
}

/// Returns the logins whose permission [`judge`] will want, each in one spelling: nobody else has to be looked up.
#[must_use]
pub fn people_to_ask(
    issue: &IssueFacts,
    authorisation: &Authorisation,
    rules: &GateRules<'_>,
) -> BTreeSet<String> {
    let mut people: Vec<&Actor> = Vec::new();
    if let Some(event) = label::authorising_event(issue, authorisation, rules) {
        people.extend(labeller::person_to_ask(event, rules));
        people.extend(edits::changers(issue, event.at));
        people.extend(text::comment_authors(issue, event.at));
    }
    people.extend(text::author_of_unseen_source(issue));
    let by_folded_login: BTreeMap<String, &str> = people
        .into_iter()
        .filter_map(|actor| identified_person(actor, rules))
        .map(|(login, _)| (login.to_ascii_lowercase(), login))
        .collect();
    by_folded_login.into_values().map(str::to_owned).collect()
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
    match judge(&facts, rules) {
        GateVerdict::Trusted(_) => None,
        GateVerdict::Refused(refusal) => {
            let definite = refusal
                .into_reasons()
                .into_iter()
                .filter(|reason| !reason.code.is_passing());
            Refusal::new(definite.collect())
        }
    }
}

/// The clauses are tested through the public functions: here by tables of histories, and against a second
/// implementation in `tests/suite/trust_gate_second_opinion.rs`.
#[cfg(test)]
mod histories;
