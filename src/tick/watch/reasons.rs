//! Why a run ended, for texts: the code stands in its title, the sentence comes from what this tick saw.

use super::context::Watch;
use super::observed::Observed;
use crate::domain::identity::{EndKind, Ending};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::told::why::{why_unmarked, with_clause};
use crate::domain::verdict::ci::Verdict;

impl Watch<'_> {
    /// The reason of an end, for texts.
    pub(super) fn reason(&self, run: &Observed, ending: &Ending) -> Reason {
        let code = run.code(ending);
        let plain = run.recorded_code(ending);
        // The sentence of the table belongs to its own code only.
        let detail = if run.decided.reason == Some(plain) {
            run.decided.detail.clone()
        } else {
            String::new()
        };
        match (code, &run.pushed) {
            (ReasonCode::LatePush, Some(pushed)) => {
                let verdict = match &run.verdict {
                    Some(Verdict::Green) => "it is green",
                    Some(Verdict::Red(_)) => "it is red",
                    Some(Verdict::Pending { .. }) | None => {
                        "what CI says about it is not known yet"
                    }
                };
                let sentence = why_unmarked(&Reason::new(plain, detail));
                Reason::new(
                    code,
                    format!(
                        "{sentence} Commit {} came all the same, while the agent was being stopped; {verdict}",
                        pushed.sha.short()
                    ),
                )
            }
            (code, _) => {
                let reason = Reason::new(code, detail);
                match self.clause(run, ending, &reason) {
                    Some(clause) => with_clause(&reason, &clause),
                    None => reason,
                }
            }
        }
    }

    /// What the branch shows beside the reason of an end, as far as that does not say it.
    fn clause(&self, run: &Observed, ending: &Ending, reason: &Reason) -> Option<String> {
        let stopped = [
            ReasonCode::Halted,
            ReasonCode::TokenLimit,
            ReasonCode::ProviderFailed,
        ];
        if reason.code == ReasonCode::AgentLost
            || (ending.kind == EndKind::Frozen && stopped.contains(&reason.code))
        {
            let pushed = run.pushed.as_ref()?;
            let is_said = reason.detail.contains(pushed.sha.short());
            return run.commit_in_words().filter(|_| !is_said);
        }
        if ![ReasonCode::NoNewCommit, ReasonCode::BudgetExhausted].contains(&reason.code) {
            return None;
        }
        let newer = run.newer_green.as_ref()?.short();
        let config = self.config_of(run.repo());
        Some(if config.deploy.is_none() && config.rollout.is_empty() {
            format!("newer commit {newer} is green")
        } else {
            format!("the build of newer commit {newer} is green")
        })
    }
}

impl Observed {
    /// The run's commit with what CI says of it, for a sentence; `None` where none is known.
    pub(super) fn commit_in_words(&self) -> Option<String> {
        let sha = self.pushed.as_ref()?.sha.short();
        let verdict = match &self.verdict {
            Some(Verdict::Green) => "green",
            Some(Verdict::Red(_)) => "red",
            Some(Verdict::Pending { .. }) | None => "pending",
        };
        Some(format!("commit {sha} was on the branch, {verdict}"))
    }

    /// The code of an end as its title says, or as its kind suggests where the title does not.
    pub(super) fn recorded_code(&self, ending: &Ending) -> ReasonCode {
        let decided = self.decided.action.end_kind() == Some(ending.kind);
        let decided = self.decided.reason.filter(|_| decided);
        ending.reason.or(decided).unwrap_or(match ending.kind {
            EndKind::Done => ReasonCode::Landed,
            EndKind::NeedsHuman => ReasonCode::NoPush,
            EndKind::Frozen => ReasonCode::BudgetExhausted,
            EndKind::StoodDown => ReasonCode::Revoked,
        })
    }

    /// The code that people are told: [`ReasonCode::LatePush`] where a commit came all the same.
    pub(super) fn code(&self, ending: &Ending) -> ReasonCode {
        if self.pushed_late(ending) {
            ReasonCode::LatePush
        } else {
            self.recorded_code(ending)
        }
    }
}
