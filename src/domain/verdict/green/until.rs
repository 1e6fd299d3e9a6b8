//! Until when a stage may be pending, and by which limit.
//!
//! When its time began is told by whoever asks.

use chrono::{DateTime, Utc};

/// When a stage that is pending becomes red.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Until {
    /// The moment.
    pub at: DateTime<Utc>,
    /// The limit that makes it so.
    pub limit: StageLimit,
}

/// How long a stage may be pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageLimit {
    /// Until something has started, or a person has allowed it.
    Start,
    /// Until it has ended.
    End,
}

impl StageLimit {
    /// Returns the variable that sets it.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Start => "AFK_CI_START_MAX_SECONDS",
            Self::End => "AFK_CI_MAX_SECONDS",
        }
    }
}
