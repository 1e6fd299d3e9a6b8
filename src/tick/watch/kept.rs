//! What is kept of a decision on a run, so that it can be made again (`--decisions`).
//!
//! Kept only where somebody wants it: a tick has no use for it. Decides nothing.

use chrono::{DateTime, Utc};

use super::context::Watch;
use super::observed::Observed;
use crate::domain::reason::ReasonCode;
use crate::domain::run::allocated::AllocatedIssue;
use crate::domain::run::basis::{FINISH, RunAsked, RunBasis, TableFacts};
use crate::domain::run::evidence::{EndFacts, Proof};
use crate::domain::run::run_state_machine::{
    Action, Decided, ForgeSilence, WithoutForge, forge_lost, halted,
};
use crate::tick::RunDecision;

/// The word of a decision, and why the run ends.
type Word = (&'static str, Option<ReasonCode>);

const WAITS: Word = (Action::Wait.as_str(), None);

impl Watch<'_> {
    /// What the table was asked; `None` where it was not, or where nobody wants it.
    pub(super) fn kept_table(&self, run: &Observed) -> Option<Box<RunDecision>> {
        let facts = run.facts.as_ref()?;
        self.kept(run.decided_at, of(&run.decided), || {
            RunAsked::Table(Box::new(TableFacts::of(facts, &run.obstacle)))
        })
    }

    /// What an end in a title was held against.
    pub(super) fn kept_end(
        &self,
        run: &Observed,
        end: &EndFacts,
        proof: &Proof,
    ) -> Option<Box<RunDecision>> {
        let facts = run.facts.as_ref()?;
        let decided = match proof {
            Proof::Proven => (FINISH, end.reason),
            Proof::Waits(_) => WAITS,
            Proof::Unproven(instead) => of(instead),
        };
        self.kept(run.decided_at, decided, || RunAsked::End {
            table: Box::new(TableFacts::of(facts, &run.obstacle)),
            end: Box::new(EndFacts {
                verdict: end
                    .verdict
                    .as_ref()
                    .map(|verdict| verdict.without_excerpts()),
                ..end.clone()
            }),
        })
    }

    /// What was known of a slot that was never started.
    pub(super) fn kept_allocated(
        &self,
        run: &Observed,
        issue: &AllocatedIssue,
        stands_down: bool,
        now: DateTime<Utc>,
    ) -> Option<Box<RunDecision>> {
        let decided = if stands_down {
            (Action::StandDown.as_str(), Some(ReasonCode::Revoked))
        } else {
            WAITS
        };
        self.kept(now, decided, || RunAsked::Allocated {
            issue: issue.clone(),
            allocated_at: run.started_at,
        })
    }

    /// What was known of a run without its forge.
    pub(super) fn kept_silence(
        &self,
        silence: ForgeSilence,
        outcome: WithoutForge,
        now: DateTime<Utc>,
    ) -> Option<Box<RunDecision>> {
        let decided = match outcome {
            WithoutForge::Waits => WAITS,
            WithoutForge::Finishes => (FINISH, None),
            WithoutForge::Lost => of(&forge_lost("")),
            WithoutForge::Halted => of(&halted()),
        };
        self.kept(now, decided, || RunAsked::Forge(silence))
    }

    fn kept(
        &self,
        now: DateTime<Utc>,
        (action, reason): Word,
        asked: impl FnOnce() -> RunAsked,
    ) -> Option<Box<RunDecision>> {
        self.hands.keeps_facts.then(|| {
            Box::new(RunDecision {
                action,
                reason,
                basis: RunBasis {
                    now,
                    limits: self.limits(),
                    asked: asked(),
                },
            })
        })
    }
}

fn of(decided: &Decided) -> Word {
    (decided.action.as_str(), decided.reason)
}
