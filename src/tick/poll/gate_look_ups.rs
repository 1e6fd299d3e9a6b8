//! p5 of SPEC 4.1: what the gate asks about one candidate, looked up just before it is needed.
//!
//! Reads only. What the facts mean is decided in [`trust_gate`].

use super::enrolment::{Enrolled, ends_turn};
use super::setting::Poll;
use crate::domain::identity::{Authorisation, Slot};
use crate::domain::issue::{IssueFacts, LabelChange, PermissionFact, Permissions};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueNumber;
use crate::domain::start::blocked_by::BlockedBy;
use crate::domain::start::dispatch_policy::{self, Binding};
use crate::domain::start::frozen_text::FrozenText;
use crate::domain::start::prompt;
use crate::domain::start::reread;
use crate::domain::start::trust_gate::{self, GateFacts, GateRules, GateVerdict};
use crate::service_error::ServiceError;
use crate::tracker::IssueLookup;

/// A candidate that passed the gate.
pub(super) struct Cleared {
    pub(super) facts: IssueFacts,
    pub(super) authorisation: Authorisation,
    pub(super) text: FrozenText,
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
        let newest = reread::newest_ready_event(&facts, &labels.ready)
            .filter(|event| event.change == LabelChange::Added);
        let labelled_at = newest.map(|event| event.at);
        let newest = newest.map(|event| event.id.clone());
        let authorisation = newest.or_else(|| seen.and_then(|issue| issue.authorisation.clone()));
        let Some(authorisation) = authorisation else {
            let event = reread::newest_ready_event(&facts, &labels.ready);
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
        let brief = self.brief(repository, number, slot);
        let rules = GateRules {
            ready_label: &labels.ready,
            human_label: &labels.ready_for_human,
            trusted_apps: &self.config.trust.trusted_apps,
            public_allowed: self.config.trust.allow_public.contains(&repository.repo),
            own_account: &repository.own_account,
            text_budget: prompt::text_budget(&brief),
        };
        let mut permissions = Permissions::default();
        if let Some(refusal) =
            trust_gate::refused_without_people(&repository.facts, &facts, &authorisation, &rules)
        {
            return Examined::Refused(refusal.into_reasons());
        }
        for login in trust_gate::people_to_ask(&facts, &authorisation, &rules) {
            let fact = match self.hands.tracker.permission(repository, &login) {
                Ok(fact) => fact,
                Err(error) if ends_turn(&error) => return Examined::Failed(error),
                // About this person alone: without the fact the issue is refused, and the next one is tried.
                Err(error) => PermissionFact::Unknown(error.to_string()),
            };
            permissions.insert(&login, fact);
        }
        let verdict = trust_gate::judge(
            &GateFacts {
                repository: &repository.facts,
                issue: &facts,
                permissions: &permissions,
                authorisation: &authorisation,
            },
            &rules,
        );
        match verdict {
            GateVerdict::Trusted(text) => Examined::Trusted(Box::new(Cleared {
                facts,
                authorisation,
                text,
            })),
            GateVerdict::Refused(refusal) => Examined::Refused(refusal.into_reasons()),
        }
    }
}
