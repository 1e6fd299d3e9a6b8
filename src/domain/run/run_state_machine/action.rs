//! What can be done with a run, and a decision with its reason.
//!
//! How an action is carried out is for the tick.

use std::fmt;

use super::facts::{Progress, RunFacts};
use crate::domain::identity::EndKind;
use crate::domain::reason::ReasonCode;

/// What to do with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing that changes the run.
    Wait,
    /// Send a corrective turn for the red commit.
    FixForward,
    /// Tell the agent to go on, after a stop that was nobody's fault.
    Resume,
    /// The commit is green: close the issue.
    CloseSuccess {
        /// Whether no bell rings, because a person withdrew the issue and expects nothing.
        quiet: bool,
    },
    /// Hand back a run without a commit on the branch.
    EscalatePrepush,
    /// Hand back a run with a red commit on the branch.
    FreezeEscalate,
    /// Stop the agent and release the run, without a bell.
    StandDown,
}

impl Action {
    /// Returns the word that reports carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::FixForward => "fix_forward",
            Self::Resume => "resume",
            Self::CloseSuccess { .. } => "close_success",
            Self::EscalatePrepush => "escalate_prepush",
            Self::FreezeEscalate => "freeze_escalate",
            Self::StandDown => "stand_down",
        }
    }

    /// Returns the end that the title records; `None` when the run goes on.
    #[must_use]
    pub const fn end_kind(self) -> Option<EndKind> {
        match self {
            Self::Wait | Self::FixForward | Self::Resume => None,
            Self::CloseSuccess { .. } => Some(EndKind::Done),
            Self::EscalatePrepush => Some(EndKind::NeedsHuman),
            Self::FreezeEscalate => Some(EndKind::Frozen),
            Self::StandDown => Some(EndKind::StoodDown),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A decision on a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What to do.
    pub action: Action,
    /// Why the run ends; `None` exactly when it goes on.
    pub reason: Option<ReasonCode>,
    /// Why, in one sentence for people.
    pub detail: String,
}

impl Decided {
    pub(super) fn go_on(action: Action, detail: impl Into<String>) -> Self {
        Self {
            action,
            reason: None,
            detail: detail.into(),
        }
    }

    pub(super) fn end(action: Action, reason: ReasonCode, detail: impl Into<String>) -> Self {
        Self {
            action,
            reason: Some(reason),
            detail: detail.into(),
        }
    }

    /// Hands a run back: frozen when its commit is on the branch, as needing a person otherwise.
    pub(super) fn hand_back(
        facts: &RunFacts,
        reason: ReasonCode,
        detail: impl Into<String>,
    ) -> Self {
        let action = match facts.progress {
            Progress::Working => Action::EscalatePrepush,
            Progress::Pushed { .. } => Action::FreezeEscalate,
        };
        Self::end(action, reason, detail)
    }
}
