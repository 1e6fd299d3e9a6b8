//! p5 of SPEC 4.1, second half: what the gate asks about one candidate that everything else lets through, just before it is
//! needed.
//!
//! Reads only. What the facts mean is decided in [`eligibility`].

use std::collections::BTreeSet;

use super::enrolment::ends_turn;
use super::glance::{Glanced, Glimpse, Question};
use super::setting::Poll;
use super::why::Refused;
use crate::domain::identity::{Authorisation, Slot};
use crate::domain::issue::{IssueFacts, Parent, PermissionFact, Permissions};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueNumber;
use crate::domain::start::basis::Asked;
use crate::domain::start::checked::Checked;
use crate::domain::start::eligibility::{self, Depth};
use crate::domain::start::frozen_text::FrozenText;
use crate::domain::start::parent_reference::named_parent;
use crate::domain::start::prompt;
use crate::domain::start::trust_gate::{GateFacts, GateRules, GateVerdict};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Repository;

/// So many writers of comments are looked up one by one.
const LOOKED_UP_ONE_BY_ONE: usize = 4;

/// A candidate that passed the gate.
pub(super) struct Cleared {
    pub(super) checked: Checked,
    pub(super) authorisation: Authorisation,
    /// What its page does not show, and the agent does not get, in words.
    pub(super) left_out: String,
    /// What was looked up to judge it.
    pub(super) permissions: Permissions,
    /// What the gate was asked, where that is kept.
    pub(super) asked: Asked,
}

/// What the gate's look-ups gave for one candidate.
pub(super) enum Examined {
    Trusted(Box<Cleared>),
    Refused(Refused),
    Failed(ServiceError),
}

impl Poll<'_> {
    /// p5: makes the look-ups of its own for a candidate that nothing refuses so far, and asks the gate.
    pub(super) fn confirm(&self, question: &Question<'_>, glanced: Glanced) -> Examined {
        match glanced {
            Glanced::Open(glimpse) => self
                .confirmed(question, glimpse)
                .unwrap_or_else(Examined::Failed),
            Glanced::Refused(refused) => Examined::Refused(refused),
            Glanced::Failed(error) => Examined::Failed(error),
        }
    }

    /// Who labelled is looked up first: one answer serves all issues that somebody labelled. When nothing refuses, the events are
    /// read, whoever decides after them is looked up, and last those who wrote what the agent may read besides.
    fn confirmed(
        &self,
        question: &Question<'_>,
        glimpse: Glimpse,
    ) -> Result<Examined, ServiceError> {
        let mut facts = glimpse.facts;
        let repository = question.repository();
        let rules = self.rules_for(question);
        let mut permissions = Permissions::default();
        let refused = |reasons, depth, issue: &IssueFacts, permissions: &Permissions| {
            let asked = self.kept(question, depth, issue, permissions, &rules);
            Ok(Examined::Refused(Refused { reasons, asked }))
        };
        let ask = |facts: &IssueFacts, authorisation: &Authorisation| {
            eligibility::people_to_ask(&repository.facts, facts, authorisation, &rules)
        };
        if let Some(authorisation) = &glimpse.authorisation {
            self.look_up(repository, ask(&facts, authorisation), &mut permissions)?;
            let so_far = GateFacts {
                repository: &repository.facts,
                issue: &facts,
                permissions: &permissions,
                authorisation,
            };
            if let Some(refusal) = eligibility::refused_for_certain(&so_far, &rules) {
                let reasons = refusal.into_reasons();
                return refused(reasons, Depth::Certain, &facts, &permissions);
            }
        }
        self.hands.tracker.confirm(repository, &mut facts)?;
        let authorisation = match self.authorisation(question, &facts) {
            Ok(authorisation) => authorisation,
            Err(reasons) => return refused(reasons, Depth::Whole, &facts, &permissions),
        };
        if let Some(refusal) =
            eligibility::refused_without_people(&repository.facts, &facts, &authorisation, &rules)
        {
            let nobody = Permissions::default();
            return refused(refusal.into_reasons(), Depth::Certain, &facts, &nobody);
        }
        self.look_up(repository, ask(&facts, &authorisation), &mut permissions)?;
        let verdict = |facts: &IssueFacts, permissions: &Permissions| {
            let facts = GateFacts {
                repository: &repository.facts,
                issue: facts,
                permissions,
                authorisation: &authorisation,
            };
            eligibility::judge(&facts, &rules)
        };
        if let GateVerdict::Refused(refusal) = verdict(&facts, &permissions) {
            return refused(refusal.into_reasons(), Depth::Whole, &facts, &permissions);
        }
        self.read_parent(repository, &mut facts)?;
        let writers = eligibility::writers_to_ask(&facts, &rules);
        self.look_up_together(repository, &writers, &facts, &mut permissions);
        let untold = self.look_up(repository, writers, &mut permissions)?;
        if !untold.is_empty() {
            // Whoever is not told is not trusted, and what they wrote would be left out in silence: a brief, for one.
            let reasons = untold.iter().map(not_told_now).collect();
            return Ok(Examined::Refused(Refused::told(reasons)));
        }
        match verdict(&facts, &permissions) {
            GateVerdict::Refused(refusal) => {
                refused(refusal.into_reasons(), Depth::Whole, &facts, &permissions)
            }
            GateVerdict::Trusted(text) => Ok(Examined::Trusted(Box::new(Cleared {
                asked: self.kept(question, Depth::Whole, &facts, &permissions, &rules),
                left_out: left_out(&text),
                checked: Checked::new(*facts, &text),
                authorisation,
                permissions,
            }))),
        }
    }

    /// Reads the parent that the body names, where the forge knows none. It is context: that it can not be read stops nothing.
    pub(super) fn read_parent(
        &self,
        repository: &Repository,
        facts: &mut IssueFacts,
    ) -> Result<(), ServiceError> {
        if facts.parent != Parent::None {
            return Ok(());
        }
        let Some(reference) = named_parent(facts) else {
            return Ok(());
        };
        facts.parent = match self.hands.tracker.parent(repository, &reference) {
            Ok(parent) => parent,
            Err(error) if ends_turn(&error) => return Err(error),
            Err(error) => Parent::Unreadable {
                name: match reference.repo {
                    Some((owner, name)) => format!("{owner}/{name}#{}", reference.number),
                    None => format!("{}#{}", repository.repo.full_name(), reference.number),
                },
                why: error.to_string(),
            },
        };
        Ok(())
    }

    /// What the gate goes by. `allocated`: the slot is bound to this issue already.
    pub(super) fn rules<'a>(
        &'a self,
        repository: &'a Repository,
        number: IssueNumber,
        slot: Slot,
        allocated: bool,
    ) -> GateRules<'a> {
        let brief = self.brief(repository, number, slot);
        GateRules {
            labels: &self.config.labels,
            trust: &self.config.trust,
            forge: repository.repo.forge(),
            public_allowed: self.config.trust.allow_public.contains(&repository.repo),
            quiet: self.config.limits.quiet,
            settle: self.config.limits.ready_settle,
            own_account: &repository.own_account,
            lock_brakes: !allocated,
            enrolled: self.mandate.enrolled(),
            text_budget: prompt::text_budget(&brief),
            now: self.hands.deadline.clock().now(),
        }
    }

    /// Where many wrote comments, looks up together who may not push, so that strangers who comment cost next to nothing. Whoever
    /// is not told for certain is looked up alone.
    fn look_up_together(
        &self,
        repository: &Repository,
        people: &BTreeSet<String>,
        issue: &IssueFacts,
        permissions: &mut Permissions,
    ) {
        let unknown: Vec<&String> = people
            .iter()
            .filter(|login| permissions.of(login).is_none())
            .collect();
        if unknown.len() <= LOOKED_UP_ONE_BY_ONE {
            return;
        }
        let pairs: Vec<(&Repository, &str)> = unknown
            .iter()
            .map(|login| (repository, login.as_str()))
            .collect();
        let levels = self.hands.tracker.lower_permissions(&pairs);
        for (login, level) in unknown.into_iter().zip(levels) {
            permissions.insert_level(login, issue.account_id(login), level);
        }
    }

    /// Looks up who may push, of those that are not known yet. Returns of whom the forge did not tell it this time, although it may
    /// the next.
    pub(super) fn look_up(
        &self,
        repository: &Repository,
        people: BTreeSet<String>,
        permissions: &mut Permissions,
    ) -> Result<Vec<Untold>, ServiceError> {
        let mut untold = Vec::new();
        for login in people {
            if permissions.of(&login).is_some() {
                continue;
            }
            let fact = match self.hands.tracker.permission(repository, &login) {
                Ok(fact) => fact,
                Err(error) if ends_turn(&error) => return Err(error),
                // About this person alone: without the fact the issue is refused, and the next one is tried.
                Err(error) => {
                    let why = error.to_string();
                    if is_passing(&error.kind) {
                        untold.push(Untold {
                            login: login.clone(),
                            why: why.clone(),
                        });
                    }
                    PermissionFact::Unknown(why)
                }
            };
            permissions.insert(&login, fact);
        }
        Ok(untold)
    }
}

/// Somebody of whom the forge did not tell whether they may push, although it can.
pub(super) struct Untold {
    login: String,
    why: String,
}

/// Whether the same question may have an answer in the next tick.
const fn is_passing(kind: &FailureKind) -> bool {
    match kind {
        FailureKind::Overloaded | FailureKind::Unreachable | FailureKind::Unreadable => true,
        FailureKind::NotFound
        | FailureKind::Moved { .. }
        | FailureKind::Denied
        | FailureKind::RateLimited { .. }
        | FailureKind::Refused
        | FailureKind::SecretUnreadable
        | FailureKind::OutOfTime => false,
    }
}

fn not_told_now(untold: &Untold) -> Reason {
    let Untold { login, why } = untold;
    Reason::new(
        ReasonCode::PermissionUnknown,
        format!("whether {login} may push, who wrote a comment, could not be read: {why}"),
    )
}

/// Comments of trusted people that the agent did not get and that are named in the report; of others their number.
const COMMENTS_NAMED: usize = 3;

/// Says what of an issue's text its page does not show, and which comments of trusted people the agent did not get.
fn left_out(text: &FrozenText) -> String {
    let count = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    let parts = count(text.removed_hidden(), "hidden part", "hidden parts");
    let characters = count(
        text.removed_characters(),
        "invisible character",
        "invisible characters",
    );
    let were = match text.removed_hidden() + text.removed_characters() {
        1 => "was",
        _ => "were",
    };
    let named: Vec<String> = parts.into_iter().chain(characters).collect();
    let mut told = match named.as_slice() {
        [] => String::new(),
        named => format!("; {} {were} left out of the text", named.join(" and ")),
    };
    let comments = text.left_out_of_trusted();
    for comment in comments.iter().take(COMMENTS_NAMED) {
        told.push_str(&format!("; {comment}"));
    }
    if let Some(more @ 1..) = comments.len().checked_sub(COMMENTS_NAMED) {
        told.push_str(&format!("; {more} more"));
    }
    told
}
