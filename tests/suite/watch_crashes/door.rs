//! A door at which one exchange waits until the story lets it go on.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Ends a story that is stuck; no story waits that long when all is well.
const STUCK: Duration = Duration::from_secs(20);

/// Shut at first. Its clones are the same door.
#[derive(Clone, Default)]
pub(super) struct Door(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    arrived: bool,
    open: bool,
}

impl Door {
    /// Waits here until somebody opens.
    pub(super) fn hold(&self) {
        self.change(|state| state.arrived = true);
        self.wait_until("nobody opened", |state| state.open);
    }

    /// Waits until somebody stands before the door.
    pub(super) fn await_arrival(&self) {
        self.wait_until("nobody came", |state| state.arrived);
    }

    pub(super) fn open(&self) {
        self.change(|state| state.open = true);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.1.notify_all();
    }

    fn wait_until(&self, what: &str, reached: impl Fn(&State) -> bool) {
        let state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_state, timeout) = self
            .0
            .1
            .wait_timeout_while(state, STUCK, |state| !reached(state))
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "stuck: {what}");
    }
}
