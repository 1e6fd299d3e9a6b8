//! Folds the stages of one commit into its verdict, asking for one stage at a time (SPEC 5).
//!
//! It asks nobody itself: it returns a [`Question`], whoever can answers it with a [`StageOutcome`], and a stage is asked
//! only when all before it succeeded. Every stage has a deadline, so that every commit gets a verdict in the end. How the
//! checks of the build stage become an outcome is [`crate::domain::verdict::build`]; what to do about a verdict is
//! [`crate::domain::run::run_state_machine`].
//!
//! ```text
//! let mut next = judge(...);
//! let verdict = loop {
//!     match next {
//!         Next::Ask(question) => next = question.answer(ask the service of question.stage() about question.commit()),
//!         Next::Decided(verdict) => break verdict,
//!     }
//! };
//! ```

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::config::{RepositoryConfig, RunLimits};
use crate::domain::verdict::attribution::PushedCommit;
use crate::domain::verdict::ci::{
    CommitSha, FailedCheck, Red, RedReason, Stage, StageOutcome, Verdict,
};

/// How far ahead of ours a committer's clock may be. A date within this counts as now; one beyond it is made up.
pub const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

/// How many newer commits are asked about when a build was cancelled for a newer commit. The newest is asked first and
/// nearly always answers.
pub const NEWER_COMMITS_ASKED: usize = 3;

/// Which stages a repository has; every one has a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StagePlan {
    /// Whether Woodpecker deploys it.
    pub deploy: bool,
    /// Whether Kubernetes runs it.
    pub rollout: bool,
}

impl StagePlan {
    /// Returns the stages in the order they are asked.
    pub fn stages(self) -> impl Iterator<Item = Stage> {
        [Stage::Build, Stage::Deploy, Stage::Rollout]
            .into_iter()
            .filter(move |stage| match stage {
                Stage::Build => true,
                Stage::Deploy => self.deploy,
                Stage::Rollout => self.rollout,
            })
    }
}

impl From<&RepositoryConfig> for StagePlan {
    fn from(repository: &RepositoryConfig) -> Self {
        Self {
            deploy: repository.deploy.is_some(),
            rollout: repository.rollout.is_some(),
        }
    }
}

/// What comes next on the way to a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<'c> {
    /// Answer this.
    Ask(Question<'c>),
    /// The verdict.
    Decided(Verdict),
}

/// What one stage says about one commit, waiting for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question<'c> {
    pushed: &'c PushedCommit,
    stages: StagePlan,
    stage: Stage,
    /// Index of the newer commit that stands in for the watched one, which was superseded.
    stand_in: Option<usize>,
    /// When this stage's time began.
    clock: DateTime<Utc>,
    start_max: TimeDelta,
    end_max: TimeDelta,
    now: DateTime<Utc>,
}

/// Begins to judge the watched commit of a run. `last_message_at` is when our last message to the agent was sent.
#[must_use]
pub fn judge<'c>(
    pushed: &'c PushedCommit,
    stages: StagePlan,
    last_message_at: DateTime<Utc>,
    limits: &RunLimits,
    now: DateTime<Utc>,
) -> Next<'c> {
    let clock = build_clock(pushed.committed_at, last_message_at, now);
    if pushed.skip_token.is_some() {
        return red(Stage::Build, RedReason::CiSkipped, clock, Vec::new());
    }
    Next::Ask(Question {
        pushed,
        stages,
        stage: Stage::Build,
        stand_in: None,
        clock,
        start_max: limits.ci_start_max,
        end_max: limits.ci_max,
        now,
    })
}

impl<'c> Question<'c> {
    /// Returns the stage to ask.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Returns the commit to ask about: the watched one, or a newer one that contains it.
    #[must_use]
    pub fn commit(&self) -> &'c CommitSha {
        match self.stand_in {
            None => &self.pushed.sha,
            Some(index) => &self.pushed.newer[index].sha,
        }
    }

    /// Returns whether a newer commit is on the branch, so that this one may have been cancelled for it.
    #[must_use]
    pub fn newer_commit_on_branch(&self) -> bool {
        self.stand_in.unwrap_or(self.pushed.newer.len()) > 0
    }

    /// Returns when the stage's time began; nothing that happened long before it matters.
    #[must_use]
    pub const fn clock(&self) -> DateTime<Utc> {
        self.clock
    }

    /// Takes the answer.
    #[must_use]
    pub fn answer(self, outcome: StageOutcome) -> Next<'c> {
        match outcome {
            StageOutcome::None if self.stand_in.is_some() && self.stage == Stage::Build => {
                self.ask_newer()
            }
            StageOutcome::None => {
                let limit = self.start_max;
                self.wait_for(limit, "nothing has started".to_owned())
            }
            StageOutcome::Pending { detail } => {
                let limit = self.end_max;
                self.wait_for(limit, detail)
            }
            StageOutcome::Success { ended_at } => self.ask_next_stage(ended_at),
            StageOutcome::Failure {
                concluded_at,
                checks,
            } => {
                let at = self.time_of(concluded_at);
                red(self.stage, RedReason::Failed, at, checks)
            }
            StageOutcome::Superseded => match self.stage {
                Stage::Build => self.ask_newer(),
                Stage::Deploy | Stage::Rollout => {
                    let limit = self.end_max;
                    self.wait_for(limit, "cancelled for a newer one".to_owned())
                }
            },
        }
    }

    /// Judges a newer commit instead: the newest first, because it contains all others.
    fn ask_newer(mut self) -> Next<'c> {
        if self.stand_in.is_none()
            && let Some(canceller) = self.pushed.newer.last()
        {
            // The clock starts anew once, with the oldest of them, so that a busy branch does not push the deadline on.
            self.clock = build_clock(canceller.committed_at, self.clock, self.now);
        }
        let index = self.stand_in.map_or(0, |index| index + 1);
        if index < self.pushed.newer.len().min(NEWER_COMMITS_ASKED) {
            self.stand_in = Some(index);
            return Next::Ask(self);
        }
        let limit = self.end_max;
        self.wait_for(
            limit,
            "cancelled for a newer commit, which has no result yet".to_owned(),
        )
    }

    fn ask_next_stage(mut self, ended_at: Option<DateTime<Utc>>) -> Next<'c> {
        let next = self.stages.stages().find(|stage| *stage > self.stage);
        match next {
            None => Next::Decided(Verdict::Green),
            Some(stage) => {
                self.clock = self.time_of(ended_at).max(self.clock);
                self.stage = stage;
                Next::Ask(self)
            }
        }
    }

    /// Pending until the stage's time reaches `limit`, silent from then on.
    fn wait_for(self, limit: TimeDelta, detail: String) -> Next<'c> {
        let deadline = self.clock + limit;
        if self.now >= deadline {
            red(self.stage, RedReason::CiSilent, deadline, Vec::new())
        } else {
            Next::Decided(Verdict::Pending {
                stage: self.stage,
                detail,
            })
        }
    }

    /// Returns when a stage ended. When nobody says, it is the latest moment at which it can have been: a clock that
    /// starts too late wastes a little time, one that starts too early would condemn a run, and one that starts now
    /// would never end.
    fn time_of(&self, told: Option<DateTime<Utc>>) -> DateTime<Utc> {
        told.unwrap_or(self.clock + self.end_max).min(self.now)
    }
}

/// Returns when the build's time began: the committer date, but not before our last message and not after now. A date in the
/// future counts as our last message.
fn build_clock(
    committed_at: DateTime<Utc>,
    last_message_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let is_made_up = committed_at > now + CLOCK_SKEW;
    let claimed = if is_made_up {
        last_message_at
    } else {
        committed_at
    };
    claimed.max(last_message_at).min(now)
}

fn red<'c>(
    stage: Stage,
    reason: RedReason,
    at: DateTime<Utc>,
    checks: Vec<FailedCheck>,
) -> Next<'c> {
    Next::Decided(Verdict::Red(Red {
        stage,
        reason,
        at,
        checks,
    }))
}

#[cfg(test)]
mod tests;
