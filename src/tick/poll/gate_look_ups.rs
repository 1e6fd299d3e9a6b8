//! p5 of SPEC 4.1, second half: what the gate asks about one candidate that everything else lets through, just before it is
//! needed.
//!
//! Reads only. What the facts mean is decided in [`eligibility`].

use std::collections::BTreeSet;

use super::enrolment::ends_turn;
use super::glance::{Glanced, Glimpse, Question};
use super::setting::Poll;
use crate::domain::identity::{Authorisation, Slot};
use crate::domain::issue::{IssueFacts, Parent, PermissionFact, Permissions};
use crate::domain::reason::Reason;
use crate::domain::repository::IssueNumber;
use crate::domain::start::eligibility;
use crate::domain::start::frozen_text::FrozenText;
use crate::domain::start::parent_reference::named_parent;
use crate::domain::start::prompt;
use crate::domain::start::trust_gate::{GateFacts, GateRules, GateVerdict};
use crate::service_error::ServiceError;
use crate::tracker::Repository;

/// A candidate that passed the gate.
pub(super) struct Cleared {
    pub(super) facts: IssueFacts,
    pub(super) authorisation: Authorisation,
    pub(super) text: FrozenText,
    /// What was looked up to judge it.
    pub(super) permissions: Permissions,
}

/// What the gate's look-ups gave for one candidate.
pub(super) enum Examined {
    Trusted(Box<Cleared>),
    Refused(Vec<Reason>),
    Failed(ServiceError),
}

impl Poll<'_> {
    /// p5: makes the look-ups of its own for a candidate that nothing refuses so far, and asks the gate.
    pub(super) fn confirm(&self, question: &Question<'_>, glanced: &Glanced) -> Examined {
        match glanced {
            Glanced::Open(glimpse) => self
                .confirmed(question, glimpse)
                .unwrap_or_else(Examined::Failed),
            Glanced::Refused(reasons) => Examined::Refused(reasons.clone()),
            Glanced::Failed(error) => Examined::Failed(error.clone()),
        }
    }

    /// Who labelled is looked up first: one answer serves all issues that somebody labelled. When nothing refuses, the events are
    /// read, whoever decides after them is looked up, and last those who wrote what the agent may read besides.
    fn confirmed(
        &self,
        question: &Question<'_>,
        glimpse: &Glimpse,
    ) -> Result<Examined, ServiceError> {
        let mut facts = glimpse.facts.clone();
        let repository = question.repository();
        let rules = self.rules_for(question);
        let mut permissions = Permissions::default();
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
                return Ok(Examined::Refused(refusal.into_reasons()));
            }
        }
        self.hands.tracker.confirm(repository, &mut facts)?;
        let authorisation = match self.authorisation(question, &facts) {
            Ok(authorisation) => authorisation,
            Err(reasons) => return Ok(Examined::Refused(reasons)),
        };
        if let Some(refusal) =
            eligibility::refused_without_people(&repository.facts, &facts, &authorisation, &rules)
        {
            return Ok(Examined::Refused(refusal.into_reasons()));
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
            return Ok(Examined::Refused(refusal.into_reasons()));
        }
        self.read_parent(repository, &mut facts)?;
        let writers = eligibility::writers_to_ask(&facts, &rules);
        self.look_up(repository, writers, &mut permissions)?;
        Ok(match verdict(&facts, &permissions) {
            GateVerdict::Refused(refusal) => Examined::Refused(refusal.into_reasons()),
            GateVerdict::Trusted(text) => Examined::Trusted(Box::new(Cleared {
                facts: *facts,
                authorisation,
                text,
                permissions,
            })),
        })
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

    pub(super) fn look_up(
        &self,
        repository: &Repository,
        people: BTreeSet<String>,
        permissions: &mut Permissions,
    ) -> Result<(), ServiceError> {
        for login in people {
            if permissions.of(&login).is_some() {
                continue;
            }
            let fact = match self.hands.tracker.permission(repository, &login) {
                Ok(fact) => fact,
                Err(error) if ends_turn(&error) => return Err(error),
                // About this person alone: without the fact the issue is refused, and the next one is tried.
                Err(error) => PermissionFact::Unknown(error.to_string()),
            };
            permissions.insert(&login, fact);
        }
        Ok(())
    }
}
