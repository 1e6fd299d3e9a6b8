//! Folds the stages of one commit into its verdict, asking for one stage at a time (SPEC 5).
//!
//! It asks nobody itself: it returns a [`Question`], whoever can answers it with a
//! [`StageOutcome`](crate::domain::verdict::ci::StageOutcome), and a stage is asked only when all before it succeeded. Every stage has a deadline, so that every commit gets a verdict in the end. How the
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

mod build;
mod clock;
mod plan;
mod question;
mod stand_in;
mod until;
mod words;

use chrono::{DateTime, Utc};

pub use self::clock::CLOCK_SKEW;
use self::clock::build_clock;
pub use self::plan::StagePlan;
use self::question::{Asked, red};
pub use self::question::{Next, Question};
use self::stand_in::Why;
pub use self::stand_in::{NEWER_COMMITS_ASKED, NEWER_COMMITS_READ};
pub use self::until::{StageLimit, Until};
use self::words::NOTHING_STARTED;
use crate::domain::config::RunLimits;
use crate::domain::verdict::attribution::{Descent, PushedCommit};
use crate::domain::verdict::ci::{RedReason, Stage};

/// Begins to judge the watched commit of a run. `last_message_at` is when our last message to the agent was sent.
#[must_use]
pub fn judge<'c>(
    pushed: &'c PushedCommit,
    stages: StagePlan,
    last_message_at: DateTime<Utc>,
    limits: &RunLimits,
    now: DateTime<Utc>,
) -> Next<'c> {
    // The branch never was at what a side branch held, so that what ran there says nothing of the branch.
    let merge = pushed.newer.iter().position(|newer| newer.descent.merges());
    let began = merge.map_or(pushed.committed_at, |index| {
        pushed.newer[index].committed_at
    });
    let clock = build_clock(began, last_message_at, now);
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
    let question = Question {
        pushed,
        stages,
        stage: Stage::Build,
        merge: merge.filter(|index| pushed.newer[*index].descent == Descent::Merges),
        asked: Asked::Own,
        clock,
        first_clock: clock,
        settle: limits.ci_settle,
        start_max: limits.ci_start_max,
        end_max: limits.ci_max,
        now,
    };
    if merge.is_some() && question.merge.is_none() {
        // Others' work came with it: green proves the run, and red is not its own.
        return question.ask_newer(Why::never_built(NOTHING_STARTED.to_owned()));
    }
    Next::Ask(question)
}

#[cfg(test)]
mod tests;
