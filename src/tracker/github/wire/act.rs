//! Answers to writing.

use serde::Deserialize;

/// The answer to writing something, as far as it is asked.
#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct RestId {
    pub(in crate::tracker::github) id: u64,
}

/// An issue after a change of its state.
#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct RestState {
    pub(in crate::tracker::github) state: String,
}
