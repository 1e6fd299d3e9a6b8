//! One stage of one commit, to be answered, and what follows from an answer that decides.
//!
//! Whose answer decides where a build may be another commit's is the business of [`super::build`].

use chrono::{DateTime, TimeDelta, Utc};

use super::clock::{build_clock, within};
use super::plan::StagePlan;
use super::stand_in::Search;
use super::until::{StageLimit, Until};
use super::words::{NOTHING_STARTED, of_a_newer, unreadable, was_cancelled_for, was_left_to};
use crate::domain::verdict::attribution::{NewerCommit, PushedCommit};
use crate::domain::verdict::build::BuildMoment;
use crate::domain::verdict::ci::{
    CommitSha, FailedCheck, Hold, Red, RedReason, Stage, StageOutcome, Verdict,
};

/// What comes next on the way to a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<'c> {
    /// Answer this.
    Ask(Question<'c>),
    /// The verdict.
    Decided(Verdict),
    /// A stage has not ended: a pending verdict, and until when it may be that.
    Waits {
        /// Which.
        stage: Stage,
        /// What it waits for, for people.
        detail: String,
        /// When it becomes red.
        until: Until,
    },
}

/// What one stage says about one commit, waiting for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question<'c> {
    pub(super) pushed: &'c PushedCommit,
    pub(super) stages: StagePlan,
    pub(super) stage: Stage,
    /// The merge that is what CI runs on and what is deployed of the run, by index among the newer commits; without one it is the
    /// watched commit.
    pub(super) merge: Option<usize>,
    pub(super) asked: Asked,
    /// When this stage's time began.
    pub(super) clock: DateTime<Utc>,
    /// When the time of the run's build began.
    pub(super) first_clock: DateTime<Utc>,
    pub(super) start_max: TimeDelta,
    pub(super) end_max: TimeDelta,
    pub(super) settle: TimeDelta,
    pub(super) now: DateTime<Utc>,
}

/// Which commit is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The run's: the merge, where there is one, else the watched commit.
    Own,
    /// The same, as if nothing newer were on the branch.
    Alone,
    /// A newer one that contains it, by index.
    Newer(usize, Search),
    /// The watched one, whose side branch was merged, and nothing was built on the branch. What is known of the merge's build.
    OnSideBranch(String),
}

impl<'c> Question<'c> {
    /// Returns the stage to ask.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Returns the commit to ask about: the watched one, or the merge that brought it from its side branch; of the build also a newer
    /// one that contains it.
    #[must_use]
    pub fn commit(&self) -> &'c CommitSha {
        self.asked_newer()
            .map_or(&self.pushed.sha, |newer| &newer.sha)
    }

    /// Returns the commits of which a deploy or an image is as good as one of [`Self::commit`]: the newer ones that contain it, and the
    /// watched one, where the merge that brought it is asked about.
    #[must_use]
    pub fn proving(&self) -> Vec<CommitSha> {
        std::iter::once(&self.pushed.sha)
            .chain(self.pushed.containing())
            .filter(|sha| *sha != self.commit())
            .cloned()
            .collect()
    }

    /// Returns the commits whose deploy or image is the run's own work: those that it pushed, and [`Self::commit`], for a merge that is
    /// judged in their place brought nothing else.
    #[must_use]
    pub fn of_run(&self) -> Vec<CommitSha> {
        let pushed = &self.pushed.of_run;
        let judged = Some(self.commit()).filter(|sha| !pushed.contains(sha));
        pushed.iter().chain(judged).cloned().collect()
    }

    /// Returns the committer date of [`Self::commit`].
    #[must_use]
    pub fn committed_at(&self) -> DateTime<Utc> {
        self.asked_newer()
            .map_or(self.pushed.committed_at, |newer| newer.committed_at)
    }

    /// Returns whether a newer commit is on the branch, so that this one may have been cancelled for it.
    #[must_use]
    pub fn newer_commit_on_branch(&self) -> bool {
        let newer = self.asked_index().unwrap_or(self.pushed.newer.len());
        newer > 0 && self.asked != Asked::Alone
    }

    /// Returns the circumstances in which the checks of [`Self::commit`] are folded.
    #[must_use]
    pub fn moment(&self) -> BuildMoment {
        BuildMoment {
            newer_commit_on_branch: self.newer_commit_on_branch(),
            since: build_clock(self.committed_at(), self.first_clock, self.now),
            start_max: self.start_max,
            ends_at: self.clock + self.end_max,
            settle: self.settle,
            asks_to_skip: self
                .asked_newer()
                .map_or(self.pushed.skip_token.is_some(), |newer| newer.skips_ci),
            now: self.now,
        }
    }

    fn asked_index(&self) -> Option<usize> {
        match &self.asked {
            Asked::Own | Asked::Alone => self.merge,
            Asked::Newer(index, _) => Some(*index),
            Asked::OnSideBranch(_) => None,
        }
    }

    /// The commit to ask about, where it is newer than the watched one.
    pub(super) fn asked_newer(&self) -> Option<&'c NewerCommit> {
        self.asked_index().map(|index| &self.pushed.newer[index])
    }

    /// Returns when the stage's time began; nothing that happened long before it matters.
    #[must_use]
    pub const fn clock(&self) -> DateTime<Utc> {
        self.clock
    }

    /// Decides on an answer, whose commit speaks for the watched one.
    pub(super) fn settle(self, outcome: StageOutcome) -> Next<'c> {
        match outcome {
            StageOutcome::None => self.wait_for(StageLimit::Start, NOTHING_STARTED.to_owned()),
            StageOutcome::NotNamed { said } => self.wait_for(StageLimit::Start, said),
            StageOutcome::OnlyNewer { said } => {
                self.wait_for(StageLimit::Start, of_a_newer(NOTHING_STARTED, &said))
            }
            StageOutcome::Pending { detail } => self.wait_for(StageLimit::End, detail),
            StageOutcome::Unreadable { cause } => {
                self.wait_for(StageLimit::End, unreadable(&cause))
            }
            StageOutcome::Blocked { hold, since, what } => self.blocked(hold, since, what),
            StageOutcome::Success { ended_at } => self.ask_next_stage(ended_at),
            StageOutcome::Failure {
                concluded_at,
                checks,
            } => {
                let at = self.time_of(concluded_at);
                let cause = self.asked_newer().map(|newer| match self.asked {
                    Asked::Newer(..) => was_cancelled_for(&newer.sha),
                    Asked::Own | Asked::Alone | Asked::OnSideBranch(_) => was_left_to(&newer.sha),
                });
                red(self.stage, RedReason::Failed, at, checks, cause)
            }
            StageOutcome::Superseded => {
                self.wait_for(StageLimit::End, "cancelled for a newer one".to_owned())
            }
        }
    }

    /// Waits for a person as long as a stage may take to start, and not at all for one who said no.
    fn blocked(self, hold: Hold, since: Option<DateTime<Utc>>, what: FailedCheck) -> Next<'c> {
        let since = within(self.clock, self.end_max, since.unwrap_or(self.clock)).min(self.now);
        let limit = StageLimit::Start;
        let at = match hold {
            Hold::Stopped => since,
            Hold::Waits => since + self.time_of_limit(limit),
        };
        if self.now >= at {
            return red(self.stage, RedReason::CiBlocked, at, vec![what], None);
        }
        self.waits(what.in_words(), Until { at, limit })
    }

    fn ask_next_stage(mut self, ended_at: Option<DateTime<Utc>>) -> Next<'c> {
        let next = self.stages.stages().find(|stage| *stage > self.stage);
        match next {
            None => Next::Decided(Verdict::Green),
            Some(stage) => {
                self.clock = within(self.clock, self.end_max, self.time_of(ended_at));
                self.stage = stage;
                // Only a build may be another commit's. What deploys the merge deploys what it brought in.
                self.asked = Asked::Own;
                Next::Ask(self)
            }
        }
    }

    /// Pending until the stage's time reaches `limit`, silent from then on.
    pub(super) fn wait_for(self, limit: StageLimit, detail: String) -> Next<'c> {
        let at = self.clock + self.time_of_limit(limit);
        if self.now >= at {
            let reason = RedReason::CiSilent;
            return red(self.stage, reason, at, Vec::new(), Some(detail));
        }
        self.waits(detail, Until { at, limit })
    }

    pub(super) const fn waits(&self, detail: String, until: Until) -> Next<'c> {
        Next::Waits {
            stage: self.stage,
            detail,
            until,
        }
    }

    pub(super) const fn time_of_limit(&self, limit: StageLimit) -> TimeDelta {
        match limit {
            StageLimit::Start => self.start_max,
            StageLimit::End => self.end_max,
        }
    }

    /// Returns when a stage ended. When nobody says, it is the latest moment at which it can have been: a clock that
    /// starts too late wastes a little time, one that starts too early would condemn a run, and one that starts now
    /// would never end.
    fn time_of(&self, told: Option<DateTime<Utc>>) -> DateTime<Utc> {
        told.unwrap_or(self.clock + self.end_max).min(self.now)
    }
}

/// A red verdict.
pub(super) fn red<'c>(
    stage: Stage,
    reason: RedReason,
    at: DateTime<Utc>,
    checks: Vec<FailedCheck>,
    cause: Option<String>,
) -> Next<'c> {
    Next::Decided(Verdict::Red(Red {
        stage,
        reason,
        at,
        checks,
        cause,
    }))
}
