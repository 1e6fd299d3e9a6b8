//! What is kept of a decision about an issue, so that it can be made again (`--decisions`).
//!
//! Kept only where somebody wants it: a tick has no use for it. Decides nothing.

use super::enrolment::Enrolled;
use super::gate_look_ups::Cleared;
use super::glance::Question;
use super::setting::Poll;
use super::why::Why;
use crate::domain::issue::{IssueFacts, Permissions};
use crate::domain::reason::Reason;
use crate::domain::repository::IssueNumber;
use crate::domain::start::basis::{Asked, Examination, StartBasis};
use crate::domain::start::eligibility::{self, Depth};
use crate::domain::start::trust_gate::{GateFacts, GateRules, read_texts};
use crate::tick::Decision;

impl Poll<'_> {
    /// Keeps what the gate was asked, if anybody wants it.
    pub(super) fn kept(
        &self,
        question: &Question<'_>,
        depth: Depth,
        issue: &IssueFacts,
        permissions: &Permissions,
        rules: &GateRules<'_>,
    ) -> Asked {
        if !self.hands.keeps_facts {
            return Asked::Nothing;
        }
        let enrolled = question.enrolled;
        let seen = enrolled.seen(question.number);
        Asked::Gate(Box::new(Examination::of(
            depth,
            &question.repository().facts,
            issue,
            read_texts(issue, permissions, rules),
            permissions,
            seen.and_then(|seen| seen.authorisation.as_ref()),
            question.bound,
            rules,
        )))
    }

    /// Keeps what the gate was asked right before the first turn, if anybody wants it.
    pub(super) fn kept_again(
        &self,
        cleared: &Cleared,
        facts: &GateFacts<'_>,
        rules: &GateRules<'_>,
    ) -> Asked {
        if !self.hands.keeps_facts {
            return Asked::Nothing;
        }
        let now = eligibility::second_reading(&cleared.checked, facts.issue);
        let facts = GateFacts {
            issue: &now,
            ..*facts
        };
        let same = eligibility::compared(&cleared.checked, &facts, rules);
        let mut examination = Examination::of(
            Depth::Again(same),
            facts.repository,
            &now,
            read_texts(&now, facts.permissions, rules),
            facts.permissions,
            None,
            None,
            rules,
        );
        examination.authorisation = Some(cleared.authorisation.clone());
        Asked::Gate(Box::new(examination))
    }
}

impl Enrolled {
    /// What a decision about an issue was made from; `None` where nobody wants it.
    pub(super) fn basis(
        &self,
        issue: IssueNumber,
        decision: Decision,
        reasons: &[Reason],
        why: Why,
    ) -> Option<Box<StartBasis>> {
        if !self.keeps_facts {
            return None;
        }
        let (asked, caps) = match why {
            Why::Asked(asked) => (asked, None),
            Why::Capped(caps) => (Asked::Nothing, Some(caps)),
            Why::Started(asked, caps) => (asked, Some(caps)),
            Why::Told => {
                let reasons = reasons.to_vec();
                (Asked::Told { decision, reasons }, None)
            }
        };
        let highest = self.slots.last().map(|view| view.slot);
        let of_issue = self.slots.iter().filter(|view| {
            let binding = view.binding.as_ref();
            Some(view.slot) == highest || binding.is_some_and(|binding| binding.issue == issue)
        });
        Some(Box::new(StartBasis {
            slots: of_issue.cloned().collect(),
            locked: self.locked.clone(),
            held: self.held.clone(),
            caps,
            asked,
        }))
    }
}
