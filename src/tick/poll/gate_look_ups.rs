//! p5 of SPEC 4.1: what the gate asks about one candidate, looked up just before it is needed.
//!
//! Reads only. What the facts mean is decided in [`eligibility`].

use std::collections::BTreeSet;

use super::enrolment::{Enrolled, ends_turn};
use super::setting::Poll;
use crate::domain::identity::{Authorisation, Slot};
use crate::domain::issue::{IssueFacts, LabelChange, Parent, PermissionFact, Permissions};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueNumber;
use crate::domain::start::blocked_by::BlockedBy;
use crate::domain::start::dispatch_policy::{self, Binding};
use crate::domain::start::eligibility::{self, Sight};
use crate::domain::start::frozen_text::FrozenText;
use crate::domain::start::parent_reference::named_parent;
use crate::domain::start::prompt;
use crate::domain::start::trust_gate::{GateFacts, GateRules, GateVerdict, newest_event};
use crate::service_error::ServiceError;
use crate::tracker::{IssueLookup, Repository};

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
    /// p5: makes the gate's look-ups for one candidate and asks the gate.
    pub(super) fn examine(
        &self,
        enrolled: &Enrolled,
        number: IssueNumber,
        slot: Slot,
        bound: Option<&Binding>,
    ) -> Examined {
        let repository = &enrolled.survey.repository;
        let seen = enrolled
            .survey
            .ready
            .iter()
            .find(|issue| issue.number == number);
        let nothing_named = BlockedBy::default();
        let blocked_by = seen.map_or(&nothing_named, |issue| &issue.blocked_by);
        let refused = |code, detail: &str| Examined::Refused(vec![Reason::new(code, detail)]);
        let rules = self.rules(repository, number, slot, bound.is_some());
        if bound.is_none()
            && let Some(seen) = seen
        {
            let reasons = eligibility::refused_at_sight(
                &Sight {
                    repository: &repository.facts,
                    labels: &seen.labels,
                    labelled_at: seen.labelled_at,
                    open_sub_issues: seen.open_sub_issues,
                },
                &rules,
            );
            if !reasons.is_empty() {
                return Examined::Refused(reasons);
            }
        }
        let facts = match self.hands.tracker.issue(repository, number, blocked_by) {
            Ok(IssueLookup::Issue(facts)) => *facts,
            Ok(IssueLookup::PullRequest) => {
                return refused(ReasonCode::NotOpen, "the number is a pull request");
            }
            Ok(IssueLookup::Missing) => {
                return refused(ReasonCode::NotOpen, "the issue is not here any more");
            }
            Err(error) => return Examined::Failed(error),
        };
        let labels = &self.config.labels;
        let newest =
            newest_event(&facts, &labels.ready).filter(|event| event.change == LabelChange::Added);
        let labelled_at = newest.map(|event| event.at);
        let newest = newest.map(|event| event.id.clone());
        let authorisation = newest.or_else(|| seen.and_then(|issue| issue.authorisation.clone()));
        let Some(authorisation) = authorisation else {
            let event = newest_event(&facts, &labels.ready);
            let code = match event {
                Some(_) => ReasonCode::LabelRemoved,
                None => ReasonCode::NoLabelEvent,
            };
            return refused(code, "no labelling with the ready label is in force");
        };
        if let Some(binding) = bound {
            if !binding.authorisation.is(&authorisation) {
                return refused(
                    ReasonCode::LabelRemoved,
                    "the label was set anew since the slot was allocated",
                );
            }
        } else if let Some(reason) =
            dispatch_policy::already_run(&enrolled.slots, number, &authorisation, labelled_at)
        {
            return Examined::Refused(vec![reason]);
        }
        self.judge(repository, facts, authorisation, &rules)
    }

    /// Looks people up in two steps and asks the gate: those whose permission decides, and, when nothing refuses, those who
    /// wrote what the agent may read besides.
    fn judge(
        &self,
        repository: &Repository,
        mut facts: IssueFacts,
        authorisation: Authorisation,
        rules: &GateRules<'_>,
    ) -> Examined {
        if let Some(refusal) =
            eligibility::refused_without_people(&repository.facts, &facts, &authorisation, rules)
        {
            return Examined::Refused(refusal.into_reasons());
        }
        let deciding = eligibility::people_to_ask(&repository.facts, &facts, &authorisation, rules);
        let mut permissions = Permissions::default();
        let mut verdict = |facts: &IssueFacts, people| {
            self.look_up(repository, people, &mut permissions)?;
            Ok(eligibility::judge(
                &GateFacts {
                    repository: &repository.facts,
                    issue: facts,
                    permissions: &permissions,
                    authorisation: &authorisation,
                },
                rules,
            ))
        };
        let judged = verdict(&facts, deciding).and_then(|first| match first {
            GateVerdict::Refused(_) => Ok(first),
            GateVerdict::Trusted(_) => {
                self.read_parent(repository, &mut facts)?;
                let writers = eligibility::writers_to_ask(&facts, rules);
                verdict(&facts, writers)
            }
        });
        match judged {
            Err(error) => Examined::Failed(error),
            Ok(GateVerdict::Refused(refusal)) => Examined::Refused(refusal.into_reasons()),
            Ok(GateVerdict::Trusted(text)) => Examined::Trusted(Box::new(Cleared {
                facts,
                authorisation,
                text,
                permissions,
            })),
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
