//! A slot that was allocated and not started: poll starts it, unless its issue may not be run any more.
//!
//! It starts nothing, and asks nothing of the gate.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::revocation::Gone;

/// What the forge tells of the issue of an allocated slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllocatedIssue {
    /// Nobody knows which it is.
    Unknown,
    /// Nothing.
    Unread,
    /// That it is gone.
    Gone(Gone),
    /// What it shows.
    Read {
        /// Whether it is closed.
        closed: bool,
        /// Whether it shows the hand-back label.
        handed_back: bool,
        /// Whether it shows the ready label.
        ready: bool,
        /// Whether that was put on anew since the slot was allocated.
        rearmed: bool,
    },
}

/// Why an allocated slot is stood down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoodDown {
    /// In these words.
    Said(&'static str),
    /// It could not be started within this time.
    TooLate(TimeDelta),
}

/// Returns why the issue may not be run any more; `None` when it may, or when that is not known.
#[must_use]
pub fn withdrawn(
    issue: &AllocatedIssue,
    allocated_at: DateTime<Utc>,
    run_max: TimeDelta,
    now: DateTime<Utc>,
) -> Option<StoodDown> {
    let said = |why| Some(StoodDown::Said(why));
    match issue {
        AllocatedIssue::Unknown => said("the title of the slot can not be read any more"),
        AllocatedIssue::Unread => None,
        AllocatedIssue::Gone(gone) => said(gone.in_words()),
        AllocatedIssue::Read { closed: true, .. } => {
            said("the issue was closed before the run was started")
        }
        AllocatedIssue::Read {
            handed_back: true, ..
        } => said("the issue was handed back before the run was started"),
        AllocatedIssue::Read { ready: false, .. } | AllocatedIssue::Read { rearmed: true, .. } => {
            said("the ready label was removed before the run was started")
        }
        // Poll tries again while facts can not be had, and the repository must not wait for them for ever.
        AllocatedIssue::Read { .. } => {
            (now - allocated_at >= run_max).then_some(StoodDown::TooLate(run_max))
        }
    }
}
