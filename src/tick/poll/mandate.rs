//! What a poll may do: start runs, or only look.
//!
//! Invariant: acts need a [`Mandate::Start`], which needs the proof that both gates are open. Looking names acts and sends none,
//! whatever else is configured, so that a question can be answered with the gates closed.

use crate::domain::config::Armed;
use crate::domain::repository::RepoRef;

/// What a poll may do.
#[derive(Clone, Copy, Debug)]
pub enum Mandate<'a> {
    /// Start runs: both gates are open.
    Start(&'a Armed),
    /// Decide as if these repositories were enrolled and the gates open, and act on nothing.
    Look(&'a [RepoRef]),
}

impl<'a> Mandate<'a> {
    /// Returns the repositories that are considered.
    #[must_use]
    pub fn enrolled(self) -> &'a [RepoRef] {
        match self {
            Self::Start(armed) => armed.enrolled(),
            Self::Look(repos) => repos,
        }
    }
}
