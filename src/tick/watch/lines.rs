//! The lines of the report that tell of runs.
//!
//! Pure data; nothing is read or sent.

use super::context::Watch;
use super::gathering::bound_issue;
use super::observed::Observed;
use crate::domain::identity::Title;
use crate::domain::repository::RepoRef;
use crate::domain::run::run_state_machine::Action;
use crate::domain::verdict::ci::Verdict;
use crate::tick::RunReport;
use crate::tick::work_list::Run;

impl Watch<'_> {
    pub(super) fn line(&self, run: &Observed) -> RunReport {
        RunReport {
            repository: run.issue.repo.clone(),
            issue: run.issue.number,
            thread: Some(run.thread.id),
            slot: Some(run.slot),
            action: run.decided.action.as_str(),
            state: if run.is_paused() {
                "paused"
            } else {
                run.state.state.as_str()
            }
            .to_owned(),
            commit: run.pushed.as_ref().map(|pushed| pushed.sha.clone()),
            verdict: run.verdict.as_ref().map(|verdict| match verdict {
                Verdict::Pending { .. } => "pending",
                Verdict::Green => "green",
                Verdict::Red(_) => "red",
            }),
            reason: run.decided.reason,
            tokens: run.thread.facts.tokens(),
            detail: run.decided.detail.clone(),
            started_at: Some(run.started_at),
            basis: self.kept_table(run),
        }
    }

    /// The line of a run about which too little could be read.
    pub(super) fn unread(&self, repo: &RepoRef, run: &Run, why: &str) -> RunReport {
        RunReport {
            repository: repo.clone(),
            issue: bound_issue(run).unwrap_or(Title::UNKNOWN_ISSUE),
            thread: Some(run.thread.id),
            slot: Some(run.slot),
            action: Action::Wait.as_str(),
            state: self.state_of(&run.thread).state.as_str().to_owned(),
            commit: None,
            verdict: None,
            reason: None,
            tokens: run.thread.facts.tokens(),
            detail: why.to_owned(),
            started_at: Some(self.started_at(&run.thread)),
            basis: None,
        }
    }
}

impl RunReport {
    /// Adds what is left to do, or came in the way. An end keeps its reason; of a run that goes on only the newest counts.
    pub(super) fn add(&mut self, what: &str) {
        self.detail = if self.reason.is_some() && !self.detail.is_empty() {
            format!("{}; {what}", self.detail.trim_end_matches('.'))
        } else {
            what.to_owned()
        };
    }
}

impl Observed {
    /// Whether the run waits for its provider, or for the server that was restarted under it.
    fn is_paused(&self) -> bool {
        let stopped = self
            .facts
            .as_ref()
            .is_some_and(|facts| facts.stopped.is_some());
        stopped && self.decided.action == Action::Wait
    }
}
