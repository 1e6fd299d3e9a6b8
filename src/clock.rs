//! Time and fresh ids: the two things a tick can not compute.
//!
//! The only file that asks the operating system for either. Everything else is handed a [`Clock`] and an
//! [`IdSource`], so that tests move time and repeat ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Tells the time and waits.
pub trait Clock: Sync {
    /// Returns the wall clock in UTC; may jump.
    fn now(&self) -> DateTime<Utc>;

    /// Returns the time since some fixed moment; never goes back.
    fn uptime(&self) -> Duration;

    /// Waits. Used after a rate-limit answer only.
    fn sleep(&self, duration: Duration);
}

/// Makes ids that nobody used before.
pub trait IdSource: Sync {
    /// Returns a new random id, for commands that other ids guard.
    fn fresh(&self) -> Uuid;
}

/// The clock and the random numbers of this machine.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Starts counting [`Clock::uptime`] now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that waits")]
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

impl IdSource for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that makes random ids"
    )]
    fn fresh(&self) -> Uuid {
        Uuid::new_v4()
    }
}

/// How long a tick may still work: until its deadline, or until somebody asks it to stop.
#[derive(Clone)]
pub struct Deadline<'a> {
    clock: &'a dyn Clock,
    ends_at: Duration,
    stop: Arc<AtomicBool>,
}

impl<'a> Deadline<'a> {
    /// Starts a tick of at most `limit`. `stop` is set from outside, by SIGTERM.
    #[must_use]
    pub fn start(clock: &'a dyn Clock, limit: Duration, stop: Arc<AtomicBool>) -> Self {
        Self {
            clock,
            ends_at: clock.uptime().saturating_add(limit),
            stop,
        }
    }

    /// Returns the clock that the deadline is measured by.
    #[must_use]
    pub fn clock(&self) -> &'a dyn Clock {
        self.clock
    }

    /// Returns the time left; zero when it is over.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.ends_at.saturating_sub(self.clock.uptime())
    }

    /// Returns whether somebody asked the tick to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Returns whether another piece of work may be started.
    #[must_use]
    pub fn allows_more(&self) -> bool {
        !self.is_stopping() && !self.remaining().is_zero()
    }
}
