//! Which sinks answered in this tick, so that one that hangs costs its time once and starves nobody.
//!
//! Remembers nothing beyond the tick: receipts stand in titles.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// What the sinks did so far in one tick.
#[derive(Debug, Default)]
pub struct SinkHealth(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    answered: BTreeSet<&'static str>,
    silent: BTreeSet<&'static str>,
}

impl SinkHealth {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
}
