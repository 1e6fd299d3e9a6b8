//! What CI says about a run's commit: asks the stages one after the other (SPEC 5).
//!
//! Reads only. What an answer means is decided in `domain::verdict`.

use super::context::Watch;
use super::lanes::{Lane, Lanes};
use crate::ci::StageQuery;
use crate::domain::config::{Deploy, RepositoryConfig, RunLimits};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::attribution::{NewerCommit, PushedCommit};
use crate::domain::verdict::build::{BuildMoment, BuildRules, fold_build, workflows_ended};
use crate::domain::verdict::ci::{
    CommitChecks, CommitSha, RedReason, Stage, StageOutcome, Verdict,
};
use crate::domain::verdict::deploy::fold_deployments;
use crate::domain::verdict::green;
use crate::domain::verdict::green::{CLOCK_SKEW, Next, Question, StagePlan, Until};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{Checks, CommitReading, Tracker, WatchReading};
use chrono::{DateTime, Utc};

/// What is asked about.
pub(super) struct Judged<'a> {
    pub(super) reading: &'a WatchReading,
    pub(super) config: &'a RepositoryConfig,
    pub(super) branch: &'a str,
    pub(super) pushed: &'a PushedCommit,
    /// When the run began.
    pub(super) started_at: DateTime<Utc>,
    /// When our last message was sent.
    pub(super) last_message_at: DateTime<Utc>,
    /// Where its questions wait for their turn.
    pub(super) lanes: &'a Lanes,
}

impl Judged<'_> {
    /// Which checks are the build.
    fn rules(&self) -> BuildRules<'_> {
        let (config, branch) = (self.config, self.branch);
        match &config.build_checks {
            Some(names) => BuildRules::Named { names, branch },
            None => BuildRules::All {
                branch,
                deploy_context: config.deploy.as_ref().and_then(Deploy::context),
            },
        }
    }
}

impl Watch<'_> {
    /// Asks the stages of the watched commit, one after the other, as long as they succeed. A stage that can not be read is
    /// pending: what came in the way goes into `unread`. Of a pending one it is told when it becomes red.
    ///
    /// # Errors
    ///
    /// When the tick has no time left: then nothing is decided.
    pub(super) fn verdict(
        &self,
        judged: &Judged<'_>,
        limits: &RunLimits,
        unread: &mut Vec<ServiceError>,
    ) -> Result<(Verdict, Option<Until>), ServiceError> {
        let plan = StagePlan::from(judged.config);
        let mut next = green::judge(
            judged.pushed,
            plan,
            judged.last_message_at,
            limits,
            self.now(),
        );
        loop {
            match next {
                Next::Decided(verdict) => return Ok((verdict, None)),
                Next::Waits {
                    stage,
                    detail,
                    until,
                } => return Ok((Verdict::Pending { stage, detail }, Some(until))),
                Next::Ask(question) => {
                    let outcome = match self.ask(judged, &question) {
                        Ok(outcome) => outcome,
                        Err(error) if error.kind == FailureKind::OutOfTime => return Err(error),
                        Err(error) => {
                            let cause = error.to_string();
                            unread.push(error);
                            StageOutcome::Unreadable { cause }
                        }
                    };
                    next = question.answer(outcome);
                }
            }
        }
    }

    /// The newest commit that contains a red one and whose build is green, among those whose checks were read. It is told, and
    /// decides nothing.
    pub(super) fn newer_green(&self, judged: &Judged<'_>, verdict: &Verdict) -> Option<CommitSha> {
        match verdict {
            Verdict::Red(red) if red.reason == RedReason::Failed => {}
            Verdict::Red(_) | Verdict::Green | Verdict::Pending { .. } => return None,
        }
        let now = self.now();
        let limits = self.limits();
        let is_green = |newer: &(usize, &NewerCommit)| {
            let (index, newer) = newer;
            let mut listed = judged.reading.commits.iter();
            let Some(listed) = listed.find(|listed| listed.sha == newer.sha) else {
                return false;
            };
            let Checks::Read(checks) = &listed.checks else {
                return false;
            };
            let since = newer.committed_at.max(judged.started_at).min(now);
            let moment = BuildMoment {
                newer_commit_on_branch: *index > 0,
                since,
                start_max: limits.ci_start_max,
                ends_at: since + limits.ci_max,
                settle: limits.ci_settle,
                asks_to_skip: newer.skips_ci,
                now,
            };
            match fold_build(checks, &judged.rules(), &moment) {
                StageOutcome::Success { .. } => true,
                StageOutcome::None
                | StageOutcome::OnlyNewer { .. }
                | StageOutcome::NotNamed { .. }
                | StageOutcome::Pending { .. }
                | StageOutcome::Blocked { .. }
                | StageOutcome::Unreadable { .. }
                | StageOutcome::Failure { .. }
                | StageOutcome::Superseded => false,
            }
        };
        let newer = judged.pushed.newer.iter().enumerate();
        let mut containing = newer.filter(|(_, newer)| newer.descent.contains());
        containing
            .find(is_green)
            .map(|(_, newer)| newer.sha.clone())
    }

    fn ask(
        &self,
        judged: &Judged<'_>,
        question: &Question<'_>,
    ) -> Result<StageOutcome, ServiceError> {
        let Judged {
            reading,
            config,
            branch,
            pushed: _,
            started_at,
            last_message_at: _,
            lanes,
        } = judged;
        let commit = question.commit();
        let (reader, lane) = match question.stage() {
            Stage::Build => {
                let listed = reading.commits.iter().find(|listed| listed.sha == *commit);
                let checks = match listed.map(|listed: &CommitReading| &listed.checks) {
                    Some(Checks::Read(checks)) => checks.clone(),
                    Some(Checks::Unreadable(_) | Checks::NotAsked) | None => {
                        let _place = lanes.enter(Lane::Forge);
                        let built_on = self.built_on(&reading.repository.repo);
                        read_checks(self.hands.tracker, config, built_on, commit)?
                    }
                };
                return Ok(fold_build(&checks, &judged.rules(), &question.moment()));
            }
            Stage::Deploy => {
                if let Some(Deploy::GitHub { environment }) = &config.deploy {
                    let _place = lanes.enter(Lane::Forge);
                    let deployments = self.hands.tracker.deployments(
                        self.built_on(&reading.repository.repo),
                        environment,
                        started_at
                            .checked_sub_signed(CLOCK_SKEW)
                            .unwrap_or(*started_at),
                    )?;
                    return Ok(fold_deployments(
                        &deployments,
                        environment,
                        commit,
                        &question.proving(),
                        &|sha| all_ended(reading, sha),
                    ));
                }
                (self.deploy, Lane::Deploy)
            }
            Stage::Rollout => (self.rollout, Lane::Rollout),
        };
        let Some(reader) = reader else {
            return Err(ServiceError::new(
                question.stage().as_str(),
                format!("ask about {}", commit.short()),
                FailureKind::NotFound,
                "AFK_REPOS names this stage and nothing is configured to ask",
            ));
        };
        let descendants = question.proving();
        let of_run = question.of_run();
        let known: Vec<CommitSha> = reading
            .commits
            .iter()
            .map(|commit| commit.sha.clone())
            .collect();
        let query = StageQuery {
            repo: &reading.repository.repo,
            id: reading.repository.id,
            config,
            branch,
            commit,
            of_run: &of_run,
            since: *started_at,
            descendants: &descendants,
            known: &known,
            knows_all: reading.every_commit,
            // A rollout's time begins at the end of the deploy.
            deployed_at: (question.stage() == Stage::Rollout && config.deploy.is_some())
                .then(|| question.clock()),
            began: question.clock(),
        };
        lanes.ask(lane, || reader.read(&query))
    }
}

/// Reads the checks of a commit: those of any event where checks are named, for a name may be that of any.
pub(super) fn read_checks(
    tracker: &dyn Tracker,
    config: &RepositoryConfig,
    repo: &RepoRef,
    sha: &CommitSha,
) -> Result<CommitChecks, ServiceError> {
    if config.build_checks.is_some() {
        tracker.commit_checks_of_any_event(repo, sha)
    } else {
        tracker.commit_checks(repo, sha)
    }
}

/// Whether all workflows of a commit are known to have ended, from what was read of it.
fn all_ended(reading: &WatchReading, sha: &str) -> bool {
    let mut listed = reading.commits.iter();
    let listed = listed.find(|listed| listed.sha.as_str().eq_ignore_ascii_case(sha));
    listed.is_some_and(|listed| match &listed.checks {
        Checks::Read(checks) => workflows_ended(checks),
        Checks::Unreadable(_) | Checks::NotAsked => false,
    })
}
