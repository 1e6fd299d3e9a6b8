//! Which sinks answered in this tick, so that one that hangs costs its time once and starves nobody.
//!
//! Remembers nothing beyond the tick: receipts stand in titles.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What the sinks did so far in one tick.
#[derive(Debug, Default)]
pub struct SinkHealth {
    seen: Mutex<Seen>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Seen {
    answered: BTreeSet<&'static str>,
    silent: BTreeSet<&'static str>,
    /// Those of which nothing is known, and that are being rung.
    tried: BTreeSet<&'static str>,
}

/// Held while a sink is rung of which nothing is known.
pub(super) struct Trial<'h> {
    health: &'h SinkHealth,
    sink: &'static str,
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        self.health.seen().tried.remove(self.sink);
        self.health.moved.notify_all();
    }
}

impl SinkHealth {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits as long as somebody else rings a sink of which nothing is known: bells go out side by side, and one that hangs must
    /// not hold up several. Returns what to hold while ringing; `None` when the sink is known.
    pub(super) fn try_alone(&self, sink: &'static str) -> Option<Trial<'_>> {
        let mut seen = self.seen();
        loop {
            if seen.answered.contains(sink) || seen.silent.contains(sink) {
                return None;
            }
            if seen.tried.insert(sink) {
                return Some(Trial { health: self, sink });
            }
            seen = self
                .moved
                .wait(seen)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes that a sink took a bell, or refused it.
    pub(super) fn answered(&self, sink: &'static str) {
        self.seen().answered.insert(sink);
    }

    /// Notes that a sink hung or limits us: nothing more is sent to it in this tick.
    pub(super) fn silenced(&self, sink: &'static str) {
        self.seen().silent.insert(sink);
    }

    /// Returns whether nothing more is to be sent to a sink in this tick.
    pub(super) fn is_silent(&self, sink: &str) -> bool {
        self.seen().silent.contains(sink)
    }

    /// Returns the place of a sink in the order of ringing: those that answered go first.
    pub(super) fn place(&self, sink: &str) -> u8 {
        u8::from(!self.seen().answered.contains(sink))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sinks_that_answered_go_first_and_silent_ones_get_nothing_more() {
        let health = SinkHealth::default();
        assert_eq!((health.place("slack"), health.place("ntfy")), (1, 1));
        health.answered("ntfy");
        health.silenced("slack");
        assert!(health.place("ntfy") < health.place("slack"));
        assert!(health.is_silent("slack") && !health.is_silent("ntfy"));
    }

    #[test]
    fn a_sink_that_hangs_is_rung_once_however_many_bells_wait() {
        let health = SinkHealth::default();
        let rung = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _trial = health.try_alone("slack");
                    if !health.is_silent("slack") {
                        rung.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        health.silenced("slack");
                    }
                });
            }
        });
        assert_eq!(rung.into_inner(), 1);
        health.answered("ntfy");
        assert!(health.try_alone("ntfy").is_none());
    }
}
