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
//!         Next::Waits { stage, detail, .. } => break Verdict::Pending { stage, detail },
//!     }
//! };
//! ```

mod clock;
mod plan;
mod stand_in;
mod until;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::clock::CLOCK_SKEW;
use self::clock::{build_clock, within};
pub use self::plan::StagePlan;
pub use self::stand_in::NEWER_COMMITS_ASKED;
use self::stand_in::{StandIn, Why, candidates};
pub use self::until::{StageLimit, Until};
use crate::domain::config::RunLimits;
use crate::domain::verdict::attribution::{Descent, PushedCommit};
use crate::domain::verdict::build::BuildMoment;
use crate::domain::verdict::ci::{
    CommitSha, FailedCheck, Hold, Red, RedReason, Stage, StageOutcome, Verdict,
};

/// What is said of a stage that nothing was heard of.
const NOTHING_STARTED: &str = "nothing has started";

/// What is known of the watched commit's stage, before what is known of a newer one.
fn of_a_newer(own: &str, said: &str) -> String {
    match own {
        NOTHING_STARTED => {
            format!("nothing has started for it, and of a newer commit that contains it: {said}")
        }
        own => format!("{own}; of a newer commit that contains it: {said}"),
    }
}

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
    pushed: &'c PushedCommit,
    stages: StagePlan,
    stage: Stage,
    /// The newer commit that stands in for the watched one.
    stand_in: Option<StandIn>,
    /// When this stage's time began.
    clock: DateTime<Utc>,
    /// When the time of the watched commit's build began.
    first_clock: DateTime<Utc>,
    start_max: TimeDelta,
    end_max: TimeDelta,
    settle: TimeDelta,
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
    if let Some(revert) = &pushed.reverted_by {
        let cause = format!("commit {} reverts it", revert.short());
        return red(
            Stage::Build,
            RedReason::Reverted,
            clock,
            Vec::new(),
            Some(cause),
        );
    }
    Next::Ask(Question {
        pushed,
        stages,
        stage: Stage::Build,
        stand_in: None,
        clock,
        first_clock: clock,
        settle: limits.ci_settle,
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

    /// Returns the commit to ask about: the watched one; of the build also a newer one that contains it, and of every stage the
    /// merge that brought the watched one, when that was built in its place.
    #[must_use]
    pub fn commit(&self) -> &'c CommitSha {
        match &self.stand_in {
            None => &self.pushed.sha,
            Some(stand_in) => &self.pushed.newer[stand_in.index].sha,
        }
    }

    /// Returns the committer date of [`Self::commit`].
    #[must_use]
    pub fn committed_at(&self) -> DateTime<Utc> {
        match &self.stand_in {
            None => self.pushed.committed_at,
            Some(stand_in) => self.pushed.newer[stand_in.index].committed_at,
        }
    }

    /// Returns whether a newer commit is on the branch, so that this one may have been cancelled for it.
    #[must_use]
    pub fn newer_commit_on_branch(&self) -> bool {
        let newer = self
            .stand_in
            .as_ref()
            .map_or(self.pushed.newer.len(), |stand_in| stand_in.index);
        newer > 0
    }

    /// Returns the circumstances in which the checks of [`Self::commit`] are folded.
    #[must_use]
    pub fn moment(&self) -> BuildMoment {
        BuildMoment {
            newer_commit_on_branch: self.newer_commit_on_branch(),
            since: build_clock(self.committed_at(), self.first_clock, self.now),
            start_max: self.start_max,
            settle: self.settle,
            asks_to_skip: match &self.stand_in {
                None => self.pushed.skip_token.is_some(),
                Some(stand_in) => self.pushed.newer[stand_in.index].skips_ci,
            },
            now: self.now,
        }
    }

    /// Returns when the stage's time began; nothing that happened long before it matters.
    #[must_use]
    pub const fn clock(&self) -> DateTime<Utc> {
        self.clock
    }

    /// Takes the answer.
    #[must_use]
    pub fn answer(mut self, outcome: StageOutcome) -> Next<'c> {
        if self.stage == Stage::Build
            && let Some(stand_in) = &mut self.stand_in
            && !stand_in.decides(&self.pushed.newer[stand_in.index], &outcome)
        {
            return self.ask_newer(None);
        }
        self.settle(outcome)
    }

    /// Decides on an answer, whose commit speaks for the watched one.
    fn settle(self, outcome: StageOutcome) -> Next<'c> {
        match outcome {
            StageOutcome::None | StageOutcome::OnlyNewer { .. } if self.stage == Stage::Build => {
                self.ask_newer(Some(NOTHING_STARTED.to_owned()))
            }
            StageOutcome::NotNamed { said } if self.stage == Stage::Build => {
                self.ask_newer(Some(said))
            }
            StageOutcome::None => self.wait_for(StageLimit::Start, NOTHING_STARTED.to_owned()),
            StageOutcome::NotNamed { said } => self.wait_for(StageLimit::Start, said),
            StageOutcome::OnlyNewer { said } => {
                let limit = StageLimit::Start;
                let detail = of_a_newer(NOTHING_STARTED, &said);
                self.wait_for(limit, detail)
            }
            StageOutcome::Pending { detail } => self.wait_for(StageLimit::End, detail),
            StageOutcome::Unreadable { cause } => {
                self.wait_for(StageLimit::End, format!("it can not be read: {cause}"))
            }
            StageOutcome::Blocked { hold, since, what } => self.blocked(hold, since, what),
            StageOutcome::Success { ended_at } => self.ask_next_stage(ended_at),
            StageOutcome::Failure {
                concluded_at,
                checks,
            } => {
                let at = self.time_of(concluded_at);
                let newer = &self.pushed.newer;
                let instead = self.stand_in.as_ref();
                let cause = instead.map(|stand_in| stand_in.in_words(&newer[stand_in.index].sha));
                red(self.stage, RedReason::Failed, at, checks, cause)
            }
            StageOutcome::Superseded => match self.stage {
                Stage::Build => self.ask_newer(None),
                Stage::Deploy | Stage::Rollout => {
                    self.wait_for(StageLimit::End, "cancelled for a newer one".to_owned())
                }
            },
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
        Next::Waits {
            stage: self.stage,
            detail: what.in_words(),
            until: Until { at, limit },
        }
    }

    /// Judges a newer commit that contains the watched one, in the order of [`candidates`]. What is known of the watched one counts
    /// when the first is asked; nothing where it was cancelled for a newer one.
    fn ask_newer(mut self, never_built: Option<String>) -> Next<'c> {
        let newer = &self.pushed.newer;
        let (asked_before, why) = match self.stand_in.take() {
            None => {
                let own_clock = self.clock;
                let oldest = newer.iter().rev().find(|newer| newer.descent.contains());
                if let Some(oldest) = oldest {
                    // The clock starts anew once, with the oldest of them, so that a busy branch does not push the deadline on.
                    self.clock = build_clock(oldest.committed_at, self.clock, self.now);
                }
                let why = match never_built {
                    None => Why::superseded(),
                    Some(own) => Why::NeverBuilt {
                        own,
                        pending: None,
                        red: None,
                        own_clock,
                    },
                };
                (0, why)
            }
            Some(StandIn {
                index: _,
                asked_before,
                why,
            }) => (asked_before + 1, why),
        };
        let next = candidates(newer).nth(asked_before);
        if let Some(index) = next.filter(|_| asked_before < NEWER_COMMITS_ASKED) {
            self.stand_in = Some(StandIn {
                index,
                asked_before,
                why,
            });
            return Next::Ask(self);
        }
        match why {
            Why::Superseded { open, red } => match (open, red) {
                (Some(said), _) => self.settle(said),
                (None, Some(red)) => {
                    let (index, said) = *red;
                    self.stand_in = Some(StandIn {
                        index,
                        asked_before,
                        why: Why::superseded(),
                    });
                    self.settle(said)
                }
                (None, None) => self.wait_for(
                    StageLimit::End,
                    "cancelled for a newer commit, which has no result yet".to_owned(),
                ),
            },
            Why::NeverBuilt {
                own,
                pending: Some(detail),
                red,
                own_clock: _,
            } => {
                let limit = StageLimit::End;
                let red = red.map_or_else(String::new, |red| format!("; {red}"));
                self.wait_for(limit, of_a_newer(&own, &format!("{detail}{red}")))
            }
            Why::NeverBuilt {
                own,
                pending: None,
                red: of_newer,
                own_clock,
            } => {
                if let Some(token) = &self.pushed.skip_token {
                    let (stage, reason) = (Stage::Build, RedReason::CiSkipped);
                    let cause = format!("its message says '{token}'");
                    return red(stage, reason, own_clock, Vec::new(), Some(cause));
                }
                self.clock = own_clock;
                let limit = StageLimit::Start;
                let detail = match of_newer {
                    None => own,
                    Some(red) => of_a_newer(&own, &red),
                };
                self.wait_for(limit, detail)
            }
        }
    }

    fn ask_next_stage(mut self, ended_at: Option<DateTime<Utc>>) -> Next<'c> {
        let next = self.stages.stages().find(|stage| *stage > self.stage);
        match next {
            None => Next::Decided(Verdict::Green),
            Some(stage) => {
                self.clock = within(self.clock, self.end_max, self.time_of(ended_at));
                self.stage = stage;
                // Only a build may be another commit's. What deploys the merge deploys what it brought in.
                let newer = &self.pushed.newer;
                self.stand_in = self
                    .stand_in
                    .filter(|stand_in| newer[stand_in.index].descent == Descent::Merges);
                Next::Ask(self)
            }
        }
    }

    /// Pending until the stage's time reaches `limit`, silent from then on.
    fn wait_for(self, limit: StageLimit, detail: String) -> Next<'c> {
        let at = self.clock + self.time_of_limit(limit);
        let stage = self.stage;
        if self.now >= at {
            red(stage, RedReason::CiSilent, at, Vec::new(), Some(detail))
        } else {
            Next::Waits {
                stage,
                detail,
                until: Until { at, limit },
            }
        }
    }

    const fn time_of_limit(&self, limit: StageLimit) -> TimeDelta {
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

fn red<'c>(
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

#[cfg(test)]
mod tests;
