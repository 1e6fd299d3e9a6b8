//! What one poll tick works with, and what it derives for a repository from that alone.
//!
//! Reads no service and sends nothing.

use super::mandate::Mandate;
use crate::domain::config::Config;
use crate::domain::identity::{self, Slot};
use crate::domain::repository::{IssueNumber, IssueRef, RepoRef};
use crate::domain::start::prompt::RunBrief;
use crate::domain::step::Step;
use crate::service_error::ServiceError;
use crate::tick::{Applied, Hands, Narrowing};
use crate::tracker::Repository;

/// Everything that one poll tick needs.
pub struct Poll<'a> {
    /// What it may do, and in which repositories.
    pub mandate: Mandate<'a>,
    /// The configuration.
    pub config: &'a Config,
    /// What the command line narrows the tick to.
    pub narrowing: &'a Narrowing,
    /// The way to the world.
    pub hands: Hands<'a>,
}

impl Poll<'_> {
    /// Applies a step, if the mandate allows acts; otherwise names it.
    pub(super) fn apply(&self, repo: &RepoRef, step: &Step) -> Result<Applied, ServiceError> {
        match self.mandate {
            Mandate::Start(_) => self.hands.apply(repo, step),
            Mandate::Look(_) => {
                tracing::debug!(%repo, "would {step}");
                Ok(Applied::Named)
            }
        }
    }

    pub(super) fn brief(
        &self,
        repository: &Repository,
        number: IssueNumber,
        slot: Slot,
    ) -> RunBrief {
        RunBrief {
            issue: IssueRef {
                repo: repository.repo.clone(),
                number,
            },
            thread: repository.key.thread(slot),
            clone_url: repository.clone_url.clone(),
            branch: self
                .config
                .repository(&repository.repo)
                .branch_or(repository.default_branch.as_deref()),
            workspace: self.workspace(repository),
            budget: self.config.limits.budget,
        }
    }

    pub(super) fn workspace(&self, repository: &Repository) -> String {
        match &self.config.repository(&repository.repo).workspace {
            Some(workspace) => workspace.to_string(),
            None => identity::workspace(
                self.config.executor.workspace_root.as_str(),
                &repository.host,
                &repository.repo,
                repository.id,
            ),
        }
    }

    pub(super) fn lock_label(&self, repository: &Repository, number: IssueNumber) -> Step {
        Step::AddLabel {
            issue: IssueRef {
                repo: repository.repo.clone(),
                number,
            },
            label: self.config.labels.in_progress.clone(),
        }
    }
}
