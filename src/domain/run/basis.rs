//! What a decision on a run was made from, complete enough to make it again.
//!
//! What the agent said and what checks printed is not kept: it decides nothing. Nothing here decides by itself: it asks the
//! functions that a tick asks.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::allocated::{AllocatedIssue, withdrawn};
use super::evidence::{EndFacts, Proof, proof};
use super::run_state_machine::{
    Action, Decided, ForgeSilence, Obstacle, RunFacts, WithoutForge, decide, without_forge,
};
use crate::domain::config::RunLimits;
use crate::domain::reason::ReasonCode;

/// The word for an end that an earlier tick recorded and this one goes on with.
pub const FINISH: &str = "finish";

/// What a decision on a run was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunBasis {
    /// The time.
    pub now: DateTime<Utc>,
    /// The limits in force.
    pub limits: RunLimits,
    /// The question that gave the decision.
    pub asked: RunAsked,
}

/// The question that gave a decision on a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunAsked {
    /// The decision table.
    Table(Box<TableFacts>),
    /// Whether an end that stands in the title is believed.
    End {
        /// What the table was asked.
        table: Box<TableFacts>,
        /// What the end was held against.
        end: Box<EndFacts>,
    },
    /// Whether a slot that was never started stands down.
    Allocated {
        /// What the forge tells of its issue.
        issue: AllocatedIssue,
        /// When it was allocated.
        allocated_at: DateTime<Utc>,
    },
    /// Whether a run whose forge is silent is ended without it.
    Forge(ForgeSilence),
}

/// What the decision table was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFacts {
    /// The run.
    pub run: RunFacts,
    /// What stood in its way.
    pub obstacle: Obstacle,
}

impl TableFacts {
    /// Keeps what decides.
    #[must_use]
    pub fn of(run: &RunFacts, obstacle: &Obstacle) -> Self {
        Self {
            run: run.without_texts(),
            obstacle: obstacle.clone(),
        }
    }

    fn decide(&self, limits: &RunLimits, now: DateTime<Utc>) -> Decided {
        decide(&self.run, &self.obstacle, limits, now)
    }
}

impl RunBasis {
    /// Decides again: the word of the action, and why the run ends.
    #[must_use]
    pub fn decide(&self) -> (&'static str, Option<ReasonCode>) {
        let of = |decided: &Decided| (decided.action.as_str(), decided.reason);
        let waits = (Action::Wait.as_str(), None);
        match &self.asked {
            RunAsked::Table(table) => of(&table.decide(&self.limits, self.now)),
            RunAsked::End { table, end } => {
                match proof(end, &table.decide(&self.limits, self.now)) {
                    Proof::Proven => (FINISH, end.reason),
                    Proof::Waits(_) => waits,
                    Proof::Unproven(instead) => of(&instead),
                }
            }
            RunAsked::Allocated {
                issue,
                allocated_at,
            } => match withdrawn(issue, *allocated_at, self.limits.run_max, self.now) {
                Some(_) => (Action::StandDown.as_str(), Some(ReasonCode::Revoked)),
                None => waits,
            },
            RunAsked::Forge(silence) => match without_forge(silence, &self.limits, self.now) {
                WithoutForge::Waits => waits,
                WithoutForge::Finishes => (FINISH, None),
                WithoutForge::Lost => (
                    Action::EscalatePrepush.as_str(),
                    Some(ReasonCode::ForgeLost),
                ),
                WithoutForge::Halted => {
                    (Action::EscalatePrepush.as_str(), Some(ReasonCode::Halted))
                }
            },
        }
    }
}
