//! Time and fresh ids: the two things a tick can not compute.
//!
//! The only file that asks the operating system for either. Everything else is handed a [`Clock`] and an
//! [`IdSource`], so that tests move time and repeat ids.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
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
    /// Whether it is over as soon as somebody asks to stop.
    ends_at_stop: bool,
    /// What was sent within it, by service.
    requests: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl<'a> Deadline<'a> {
    /// Starts a tick of at most `limit`. `stop` is set from outside, by SIGTERM.
    #[must_use]
    pub fn start(clock: &'a dyn Clock, limit: Duration, stop: Arc<AtomicBool>) -> Self {
        Self {
            clock,
            ends_at: clock.uptime().saturating_add(limit),
            stop,
            ends_at_stop: false,
            requests: Arc::default(),
        }
    }

    /// Lets it be over as soon as somebody asks to stop, for whoever only looks: there is no act in hand to be finished.
    #[must_use]
    pub fn ending_at_stop(self) -> Self {
        Self {
            ends_at_stop: true,
            ..self
        }
    }

    /// Notes that a request is sent.
    pub fn note_request(&self, service: &'static str) {
        if let Ok(mut requests) = self.requests.lock() {
            *requests.entry(service).or_default() += 1;
        }
    }

    /// Returns how many requests were sent, by service, also under the deadlines that were made from this one.
    #[must_use]
    pub fn requests(&self) -> BTreeMap<&'static str, u64> {
        self.requests
            .lock()
            .map_or_else(|_| BTreeMap::new(), |requests| requests.clone())
    }

    /// Returns a deadline that is over `by` sooner, or by half of the time left, if that is less: for an act that has to leave
    /// time for its note.
    #[must_use]
    pub fn sooner(&self, by: Duration) -> Self {
        Self {
            ends_at: self.ends_at.saturating_sub(by.min(self.remaining() / 2)),
            ..self.clone()
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
        if self.ends_at_stop && self.is_stopping() {
            return Duration::ZERO;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Time that stands still.
    struct Standing(Duration);

    impl Clock for Standing {
        fn now(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH
        }

        fn uptime(&self) -> Duration {
            self.0
        }

        fn sleep(&self, _: Duration) {}
    }

    #[test]
    fn whoever_only_looks_ends_as_soon_as_asked_to() {
        let clock = Standing(Duration::ZERO);
        let limit = Duration::from_secs(100);
        for (looks, stops, left) in [
            (false, false, limit),
            (false, true, limit),
            (true, false, limit),
            (true, true, Duration::ZERO),
        ] {
            let deadline = Deadline::start(&clock, limit, Arc::new(AtomicBool::new(stops)));
            let deadline = if looks {
                deadline.ending_at_stop()
            } else {
                deadline
            };
            assert_eq!(deadline.remaining(), left, "{looks} {stops}");
            // Whatever is made from it, too.
            assert_eq!(deadline.sooner(Duration::ZERO).remaining(), left);
            assert_eq!(deadline.allows_more(), !stops);
        }
    }

    #[test]
    fn an_act_with_a_note_ends_sooner_but_is_never_left_without_time() {
        let clock = Standing(Duration::from_secs(7));
        let left = |limit, by| {
            let limit = Duration::from_secs(limit);
            let deadline = Deadline::start(&clock, limit, Arc::default());
            deadline.sooner(Duration::from_secs(by)).remaining()
        };
        assert_eq!(left(100, 5), Duration::from_secs(95));
        assert_eq!(left(10, 5), Duration::from_secs(5));
        assert_eq!(left(4, 5), Duration::from_secs(2));
        assert_eq!(left(0, 5), Duration::ZERO);
    }
}
