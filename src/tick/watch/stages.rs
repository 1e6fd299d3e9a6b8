//! What CI says about a run's commit: asks the stages one after the other (SPEC 5).
//!
//! Reads only. What an answer means is decided in `domain::verdict`.

use super::context::Watch;
use crate::ci::StageQuery;
use crate::domain::config::{RepositoryConfig, RunLimits};
use crate::domain::verdict::attribution::PushedCommit;
use crate::domain::verdict::build::{BuildRules, fold_build};
use crate::domain::verdict::ci::{CommitSha, Stage, StageOutcome, Verdict};
use crate::domain::verdict::green;
use crate::domain::verdict::green::{Next, Question, StagePlan};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{Checks, CommitReading, WatchReading};
use chrono::{DateTime, Utc};

impl Watch<'_> {
    /// Asks the stages of the watched commit, one after the other, as long as they succeed.
    pub(super) fn verdict(
        &self,
        reading: &WatchReading,
        config: &RepositoryConfig,
        branch: &str,
        pushed: &PushedCommit,
        last_message_at: DateTime<Utc>,
        limits: &RunLimits,
    ) -> Result<Verdict, ServiceError> {
        let plan = StagePlan::from(config);
        let mut next = green::judge(pushed, plan, last_message_at, limits, self.now());
        loop {
            match next {
                Next::Decided(verdict) => return Ok(verdict),
                Next::Ask(question) => {
                    let outcome = self.ask(reading, config, branch, pushed, &question)?;
                    next = question.answer(outcome);
                }
            }
        }
    }

    pub(super) fn ask(
        &self,
        reading: &WatchReading,
        config: &RepositoryConfig,
        branch: &str,
        pushed: &PushedCommit,
        question: &Question<'_>,
    ) -> Result<StageOutcome, ServiceError> {
        let commit = question.commit();
        let reader = match question.stage() {
            Stage::Build => {
                let listed = reading.commits.iter().find(|listed| listed.sha == *commit);
                let checks = match listed.map(|listed: &CommitReading| &listed.checks) {
                    Some(Checks::Read(checks)) => checks.clone(),
                    Some(Checks::Unreadable(_)) | None => self
                        .hands
                        .tracker
                        .commit_checks(&reading.repository.repo, commit)?,
                };
                let rules = match &config.build_checks {
                    Some(names) => BuildRules::Named(names),
                    None => BuildRules::All { branch },
                };
                return Ok(fold_build(
                    &checks,
                    &rules,
                    question.newer_commit_on_branch(),
                ));
            }
            Stage::Deploy => self.deploy,
            Stage::Rollout => self.rollout,
        };
        let Some(reader) = reader else {
            return Err(ServiceError::new(
                question.stage().as_str(),
                format!("ask about {}", commit.short()),
                FailureKind::NotFound,
                "AFK_REPOS names this stage and nothing is configured to ask",
            ));
        };
        let descendants: Vec<CommitSha> =
            pushed.newer.iter().map(|newer| newer.sha.clone()).collect();
        reader.read(&StageQuery {
            repo: &reading.repository.repo,
            id: reading.repository.id,
            config,
            commit,
            committed_at: pushed.committed_at,
            descendants: &descendants,
            // A rollout's time begins at the end of the deploy.
            deployed_at: (question.stage() == Stage::Rollout && config.deploy.is_some())
                .then(|| question.clock()),
        })
    }
}
