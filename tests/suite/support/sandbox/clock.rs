//! The one clock of a sandbox: every stand-in reads it, and only a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A shared clock that stands still until somebody advances it.
#[derive(Clone, Debug)]
pub struct SandboxClock(Arc<AtomicI64>);

impl SandboxClock {
    /// A clock that stands at `now`.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(AtomicI64::new(now.timestamp_millis())))
    }

    /// The time, in whole milliseconds.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst))
            .expect("a sandbox lives in representable times")
    }

    /// Moves the clock forward and returns the new time.
    pub fn advance(&self, by: TimeDelta) -> DateTime<Utc> {
        self.0.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        self.now()
    }
}
