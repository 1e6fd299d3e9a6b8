//! A start under way: where it stands, and how it ended.
//!
//! Reads nothing and sends nothing.

use super::gate_look_ups::Cleared;
use super::why::Refused;
use crate::domain::identity::{Slot, ThreadId, Title};
use crate::domain::repository::IssueNumber;
use crate::domain::start::frozen_text::FrozenText;
use crate::service_error::ServiceError;
use crate::tick::{Applied, nothing_was_sent};
use crate::tracker::Repository;

/// A run to start: its issue passed the gate.
pub(super) struct Starting {
    /// Which repository of the tick.
    pub(super) index: usize,
    pub(super) slot: Slot,
    pub(super) cleared: Cleared,
    /// Whether the slot was allocated by an earlier tick.
    pub(super) allocated: bool,
}

/// How a start ended.
pub(super) enum Started {
    Running,
    /// The same slot went to another tick, or to a person.
    Lost(String),
    Refused(Refused),
}

/// A start under way.
pub(super) struct Walk {
    pub(super) starting: Starting,
    pub(super) repository: Repository,
    pub(super) thread: ThreadId,
    pub(super) project: String,
    /// Whether the slot exists, as far as is known.
    pub(super) slot_used: bool,
    /// What the agent is told, between the last look at the issue and the first turn.
    pub(super) text: Option<FrozenText>,
    /// How the newest act went, as long as its effect was not read back.
    pub(super) unproven: Option<Result<(), ServiceError>>,
    /// Set once the start goes no further.
    pub(super) ended: Option<Result<Started, ServiceError>>,
}

impl Walk {
    pub(super) fn number(&self) -> IssueNumber {
        self.starting.cleared.checked.facts().number
    }

    pub(super) fn title(&self) -> Title {
        Title {
            full_name: self.repository.repo.full_name(),
            issue: self.number(),
            slot: self.starting.slot,
            authorisation: self.starting.cleared.authorisation.digest(),
            ending: None,
        }
    }

    pub(super) fn goes_on(&self) -> bool {
        self.ended.is_none()
    }

    /// Notes how an act went. Returns whether it was sent, or may have been.
    pub(super) fn note(&mut self, applied: Result<Applied, ServiceError>) -> bool {
        match applied {
            Ok(Applied::Named) => false,
            Ok(Applied::Sent) => {
                self.unproven = Some(Ok(()));
                true
            }
            Err(error) if nothing_was_sent(&error) => {
                self.ended = Some(Err(error));
                false
            }
            Err(error) => {
                self.unproven = Some(Err(error));
                true
            }
        }
    }
}
