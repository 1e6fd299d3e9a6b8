//! The dispatcher's decision on one issue, clause by clause: what holds, what does not, and on which fact each rests.
//!
//! It judges nothing. What does not hold are the reasons that the dispatcher itself gave; of every other clause that could be
//! judged, it says which fact made it hold. A clause that could not be judged, for want of a labelling or of the issue, is left
//! out.

mod holding;

use std::collections::BTreeMap;

use self::holding::holding;
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::start::trust_gate::{GateFacts, GateRules};

/// One clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The code that refuses when it does not hold.
    pub code: ReasonCode,
    /// Whether it holds.
    pub passed: bool,
    /// The fact that it rests on.
    pub fact: String,
}

/// The clauses in the order in which the dispatcher asks them.
const ORDER: &[ReasonCode] = &[
    ReasonCode::NotAllowlisted,
    ReasonCode::RepositoryBusy,
    ReasonCode::LockLabel,
    ReasonCode::AlreadyRun,
    ReasonCode::NoLabelEvent,
    ReasonCode::LabelRemoved,
    ReasonCode::Voided,
    ReasonCode::LabelActorUnknown,
    ReasonCode::LabelByApp,
    ReasonCode::LabelBySelf,
    ReasonCode::LabelByAgent,
    ReasonCode::PermissionTooLow,
    ReasonCode::PermissionUnknown,
    ReasonCode::PermissionAmbiguous,
    ReasonCode::Transferred,
    ReasonCode::NotOpen,
    ReasonCode::Archived,
    ReasonCode::HandedBack,
    ReasonCode::EditedSince,
    ReasonCode::EditedBefore,
    ReasonCode::EditHistoryHidden,
    ReasonCode::PublicRepository,
    ReasonCode::HiddenText,
    ReasonCode::TooLong,
    ReasonCode::Blocked,
    ReasonCode::BlockerUnresolved,
    ReasonCode::FactsIncomplete,
    ReasonCode::Settling,
    ReasonCode::OnHold,
    ReasonCode::AssignedSince,
    ReasonCode::HasSubIssues,
    ReasonCode::PullRequestOpen,
    ReasonCode::ProviderPaused,
    ReasonCode::CapReached,
    ReasonCode::LowerPriority,
];

/// Returns every clause that was judged, in order. `refused`: what the dispatcher said. `judged`: what the gate was asked;
/// `None` when the issue could not be had. `surroundings`: the facts about repository and queue behind the clauses of the policy.
#[must_use]
pub fn clauses(
    refused: &[Reason],
    judged: Option<(&GateFacts<'_>, &GateRules<'_>)>,
    surroundings: &BTreeMap<ReasonCode, String>,
) -> Vec<Clause> {
    let mut known = judged.map_or_else(BTreeMap::new, |(facts, rules)| holding(facts, rules));
    known.extend(surroundings.clone());
    let mut clauses = Vec::new();
    for code in ORDER.iter().copied() {
        let failed: Vec<Clause> = refused
            .iter()
            .filter(|reason| reason.code == code)
            .map(|reason| Clause {
                code,
                passed: false,
                fact: if reason.detail.is_empty() {
                    code.as_str().replace('-', " ")
                } else {
                    reason.detail.clone()
                },
            })
            .collect();
        if failed.is_empty() {
            clauses.extend(known.remove(&code).map(|fact| Clause {
                code,
                passed: true,
                fact,
            }));
        } else {
            clauses.extend(failed);
        }
    }
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_that_can_refuse_a_start_has_its_place_once() {
        let last = ReasonCode::ALL
            .iter()
            .position(|code| *code == ReasonCode::ProviderPaused)
            .unwrap();
        let mut listed = ORDER.to_vec();
        listed.sort_unstable();
        let mut expected = ReasonCode::ALL[..=last].to_vec();
        expected.sort_unstable();
        assert_eq!(listed, expected);
    }

    #[test]
    fn reasons_come_in_the_dispatchers_order_and_none_is_lost() {
        let reasons = [
            Reason::new(ReasonCode::LowerPriority, "#3 goes first"),
            Reason::new(ReasonCode::Blocked, "a/b#1 is open"),
            Reason::new(ReasonCode::Archived, ""),
            Reason::new(ReasonCode::Blocked, "a/b#2 is open"),
        ];
        let told: Vec<String> = clauses(&reasons, None, &BTreeMap::new())
            .into_iter()
            .map(|clause| format!("{} {} {}", clause.passed, clause.code, clause.fact))
            .collect();
        assert_eq!(
            told,
            [
                "false archived archived",
                "false blocked a/b#1 is open",
                "false blocked a/b#2 is open",
                "false lower-priority #3 goes first",
            ]
        );
    }
}
