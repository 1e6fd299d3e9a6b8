//! `n` and `k`: the number of a run, and of a decision on it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `n`: the n-th run of a repository, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot(pub u32);

impl Slot {
    /// The first slot of a repository.
    pub const FIRST: Self = Self(1);

    /// Returns the slot after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `k`: the k-th decision on a run, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepNumber(pub u32);

impl StepNumber {
    /// The step of a run's first turn.
    pub const FIRST: Self = Self(0);
}
