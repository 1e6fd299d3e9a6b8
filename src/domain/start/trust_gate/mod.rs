//! The trust gate: decides whether an issue may start an agent (SPEC 4.2).
//!
//! Pure: it fetches nothing and compares facts that adapters fetched. It never guesses: what is missing, unknown or
//! contradictory refuses. It gives every reason that holds, in the order of the clauses, so that a person sees at
//! once what to put right. Clauses that need the authorising event are silent when there is none: that it is
//! missing is the reason then.
//!
//! A permission that could not be had gives `permission-unknown` and nothing else, so that whatever is refused
//! without any permission ([`super::eligibility::refused_without_people`]) is also refused with them.
//!
//! ```text
//! rules, refusal, people      what is asked, how it is refused, who is trusted
//! label, withdrawal           clause 1: which labelling counts, and that nobody withdrew it
//! labeller                    clauses 2 and 3: who may label
//! state, edits                clauses 4 and 6, clause 5
//! text, comments, parent      clause 7
//! blockers                    clause 8
//! ```

mod blockers;
mod comments;
mod edits;
mod label;
mod labeller;
mod parent;
mod people;
mod refusal;
mod rules;
mod state;
mod text;
mod withdrawal;

use std::collections::{BTreeMap, BTreeSet};

pub use self::label::newest_event;
pub use self::refusal::Refusal;
pub use self::rules::{GateFacts, GateRules};
pub use self::text::{TextFacts, beyond_reading};

pub(super) use self::blockers::check_native;
pub(super) use self::label::{authorising_event, unseen};
pub(super) use self::people::{
    Level, People, identified_person, is_agent, is_own, permission_word,
};
pub(super) use self::refusal::Reasons;
pub(super) use self::state::{brake, check_visibility};
use crate::domain::identity::Authorisation;
use crate::domain::issue::{Actor, IssueFacts, LabelEvent, Permissions};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::start::frozen_text::{CommentLeftOut, FrozenText};

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
    let permissions = facts.permissions;
    let (text, read) = text::read(facts.issue, &People { permissions, rules });
    match Refusal::new(reasons(facts, &read, rules)) {
        None => GateVerdict::Trusted(text),
        Some(refusal) => GateVerdict::Refused(refusal),
    }
}

/// Returns what [`judge`] reads out of the texts, with which [`reasons`] judges without them.
#[must_use]
pub fn read_texts(
    issue: &IssueFacts,
    permissions: &Permissions,
    rules: &GateRules<'_>,
) -> TextFacts {
    text::read(issue, &People { permissions, rules }).1
}

/// Returns every reason that holds, given what was read of the texts; empty when the gate trusts the issue.
#[must_use]
pub fn reasons(facts: &GateFacts<'_>, read: &TextFacts, rules: &GateRules<'_>) -> Vec<Reason> {
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
        withdrawal::check(issue, event, rules, &mut reasons);
        labeller::check(event, &people, &mut reasons);
    }
    state::check_issue(issue, repository, event, rules, &mut reasons);
    if let Some(event) = event {
        edits::check(issue, event.at, &people, &mut reasons);
    }
    check_visibility(repository, rules, &mut reasons);
    text::check(read, issue, &people, &mut reasons);
    blockers::check(issue, &read.named, &mut reasons);
    for gap in &issue.gaps {
        reasons.refuse(ReasonCode::FactsIncomplete, gap.as_str());
    }
    reasons.into_inner()
}

/// Returns the logins whose permission decides whether [`judge`] refuses, each in one spelling.
#[must_use]
pub fn people_to_ask(
    issue: &IssueFacts,
    authorisation: &Authorisation,
    rules: &GateRules<'_>,
) -> BTreeSet<String> {
    let mut people: Vec<&Actor> = Vec::new();
    if let Some(event) = authorising_event(issue, authorisation, rules) {
        people.extend(labeller::person_to_ask(event, rules));
        people.extend(edits::changers(issue, event.at, rules));
    }
    people.extend(text::writers_of_unseen_source(issue));
    logins(people, rules)
}

/// Returns the login whose permission decides whether the author of `event` may label, if one does.
#[must_use]
pub fn labeller_to_ask(event: &LabelEvent, rules: &GateRules<'_>) -> BTreeSet<String> {
    logins(labeller::person_to_ask(event, rules), rules)
}

/// Returns whether the author of `event` may label: clauses 2 and 3 alone.
#[must_use]
pub fn may_label(event: &LabelEvent, permissions: &Permissions, rules: &GateRules<'_>) -> bool {
    let mut reasons = Reasons::default();
    labeller::check(event, &People { permissions, rules }, &mut reasons);
    reasons.into_inner().is_empty()
}

/// Returns the logins whose permission decides which comments the agent reads, and whether it reads the parent, each in
/// one spelling. They are many where many people talk: ask about them when nothing else refuses.
#[must_use]
pub fn writers_to_ask(issue: &IssueFacts, rules: &GateRules<'_>) -> BTreeSet<String> {
    let nobody = Permissions::default();
    let people = People {
        permissions: &nobody,
        rules,
    };
    let parent = parent::writers(&issue.parent, &people);
    logins(comments::writers(issue).chain(parent), rules)
}

/// Returns the comments of trusted people that the agent does not receive, and why.
#[must_use]
pub fn comments_left_out(facts: &GateFacts<'_>, rules: &GateRules<'_>) -> Vec<CommentLeftOut> {
    let permissions = facts.permissions;
    comments::sorted(facts.issue, &People { permissions, rules }).left_out
}

/// Returns the logins of identified people, each in one spelling.
pub(super) fn logins<'a>(
    actors: impl IntoIterator<Item = &'a Actor>,
    rules: &GateRules<'_>,
) -> BTreeSet<String> {
    let by_folded_login: BTreeMap<String, &str> = actors
        .into_iter()
        .filter_map(|actor| identified_person(actor, rules))
        .map(|(login, _)| (login.to_ascii_lowercase(), login))
        .collect();
    by_folded_login.into_values().map(str::to_owned).collect()
}

/// The clauses are tested through the public functions: here by tables of histories, and against a second
/// implementation in `tests/suite/trust_gate_second_opinion.rs`.
#[cfg(test)]
mod histories;
