//! Newer commits that are judged in the place of the run's: which, and why.

use super::words::{CANCELLED, newer_is_red, unreadable};
use crate::domain::verdict::attribution::{Descent, NewerCommit};
use crate::domain::verdict::ci::StageOutcome;

/// How many newer commits with a build are asked about when a build was cancelled for a newer commit, or never came. The first
/// nearly always answers.
pub const NEWER_COMMITS_ASKED: usize = 3;

/// How many are asked about in all: documentation has no build, and stands on top of what has.
pub const NEWER_COMMITS_READ: usize = 2 * NEWER_COMMITS_ASKED;

/// A search among the newer commits that contain the watched one for one that is judged in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Search {
    /// How many were asked, in the order of [`candidates`].
    asked: usize,
    /// How many of them have a build.
    built: usize,
    /// Whether anything at all reported on one of them.
    heard: bool,
    /// Why they are asked, and what they said.
    pub(super) why: Why,
}

impl Search {
    /// Nobody was asked yet.
    pub(super) const fn new(why: Why) -> Self {
        Self {
            asked: 0,
            built: 0,
            heard: false,
            why,
        }
    }

    /// Returns the next one to ask, by index.
    pub(super) fn next(&self, newer: &[NewerCommit]) -> Option<usize> {
        let goes_on = self.built < NEWER_COMMITS_ASKED && self.asked < NEWER_COMMITS_READ;
        let next = candidates(newer).get(self.asked).copied();
        next.filter(|_| goes_on)
    }

    /// Returns whether there are some, and none of them ever had a build: all were asked.
    pub(super) fn found_no_build(&self, newer: &[NewerCommit]) -> bool {
        self.asked > 0 && !self.heard && self.asked == candidates(newer).len()
    }

    /// Returns whether one of those that were asked has a build, whatever it says.
    pub(super) const fn found_a_build(&self) -> bool {
        self.built > 0
    }

    /// Takes what `newer`, which stands at `index`, says. Returns whether that decides; otherwise the next one is asked.
    pub(super) fn decides(
        &mut self,
        index: usize,
        newer: &NewerCommit,
        outcome: &StageOutcome,
    ) -> bool {
        self.asked += 1;
        self.heard |= *outcome != StageOutcome::None;
        self.built += usize::from(match outcome {
            StageOutcome::None | StageOutcome::OnlyNewer { .. } | StageOutcome::NotNamed { .. } => {
                false
            }
            StageOutcome::Pending { .. }
            | StageOutcome::Blocked { .. }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Success { .. }
            | StageOutcome::Failure { .. }
            | StageOutcome::Superseded => true,
        });
        let brings = newer.descent == Descent::Brings;
        match (&mut self.why, outcome) {
            (_, StageOutcome::Success { .. }) => true,
            (
                Why::Superseded { open, .. },
                StageOutcome::Pending { .. } | StageOutcome::Unreadable { .. },
            )
            | (Why::Superseded { open, red: None }, StageOutcome::Blocked { .. }) => {
                open.get_or_insert_with(|| outcome.clone());
                false
            }
            // An open one that contains it may have mended it.
            (Why::Superseded { open: None, red }, StageOutcome::Failure { .. }) => {
                red.get_or_insert_with(|| Box::new((index, outcome.clone())));
                false
            }
            (
                Why::Superseded { .. },
                StageOutcome::None
                | StageOutcome::OnlyNewer { .. }
                | StageOutcome::NotNamed { .. }
                | StageOutcome::Superseded
                | StageOutcome::Blocked { .. }
                | StageOutcome::Failure { .. },
            ) => false,
            (
                Why::NeverBuilt { pending, .. } | Why::Held { pending, .. },
                StageOutcome::Pending { detail },
            ) => {
                pending.get_or_insert_with(|| detail.clone());
                false
            }
            (Why::NeverBuilt { red, .. }, StageOutcome::Failure { checks, .. }) => {
                red.get_or_insert_with(|| newer_is_red(newer, checks));
                false
            }
            // That it could not be read is no silence.
            (
                Why::NeverBuilt { pending, .. } | Why::Held { pending, .. },
                StageOutcome::Unreadable { cause },
            ) => {
                pending.get_or_insert_with(|| unreadable(cause));
                false
            }
            // The merge is what CI runs on: that it has no word now is no silence.
            (Why::NeverBuilt { .. }, StageOutcome::Blocked { .. }) => brings,
            (Why::NeverBuilt { pending, .. }, StageOutcome::Superseded) if brings => {
                pending.get_or_insert_with(|| CANCELLED.to_owned());
                false
            }
            (
                Why::NeverBuilt { .. },
                StageOutcome::None
                | StageOutcome::OnlyNewer { .. }
                | StageOutcome::NotNamed { .. }
                | StageOutcome::Superseded,
            )
            | (
                Why::Held { .. },
                StageOutcome::None
                | StageOutcome::OnlyNewer { .. }
                | StageOutcome::NotNamed { .. }
                | StageOutcome::Blocked { .. }
                | StageOutcome::Failure { .. }
                | StageOutcome::Superseded,
            ) => false,
        }
    }
}

/// Why a newer commit is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The run's build was cancelled for a newer one. One of them that is green proves the watched commit, whatever came on top of it;
    /// where none is, the newest that has a word decides.
    Superseded {
        /// What the first open one said.
        open: Option<StageOutcome>,
        /// Which failed, by index, and what it said: the newest, where nothing newer is open.
        red: Option<Box<(usize, StageOutcome)>>,
    },
    /// The run never had a build. A newer commit that is green proves the watched one, and no other says anything about it.
    NeverBuilt {
        /// What is known of its own build.
        own: String,
        /// What a newer one waits for, when one does.
        pending: Option<String>,
        /// Which newer one is red and why, when one is: the newest.
        red: Option<String>,
    },
    /// The run's build waits for a person, who lets the newest go on and the others stand. A newer commit that is green proves it.
    Held {
        /// What its own build says.
        own: Box<StageOutcome>,
        /// What a newer one waits for, when one does.
        pending: Option<String>,
    },
}

impl Why {
    /// Cancelled, and no newer commit was asked yet.
    pub(super) const fn superseded() -> Self {
        Self::Superseded {
            open: None,
            red: None,
        }
    }

    /// Held up, and no newer commit was asked yet.
    pub(super) fn held(own: StageOutcome) -> Self {
        Self::Held {
            own: Box::new(own),
            pending: None,
        }
    }

    /// Never built, and no newer commit was asked yet.
    pub(super) const fn never_built(own: String) -> Self {
        Self::NeverBuilt {
            own,
            pending: None,
            red: None,
        }
    }
}

/// The newer commits that may stand in for the run's, by index: the merge that brought others' work as well, because CI ran on it; then
/// the newest, because they contain all others, and from the oldest on, whose push may be the run's own; those that ask CI to stay away
/// last.
fn candidates(newer: &[NewerCommit]) -> Vec<usize> {
    let those = |wanted: Descent, skips: bool| {
        newer
            .iter()
            .enumerate()
            .filter(move |(_, commit)| commit.descent == wanted && commit.skips_ci == skips)
            .map(|(index, _)| index)
    };
    let mut above: Vec<usize> = those(Descent::Contains, false).collect();
    let newest = above.len().min(NEWER_COMMITS_ASKED - 1);
    above[newest..].reverse();
    those(Descent::Brings, false)
        .chain(those(Descent::Brings, true))
        .chain(above)
        .chain(those(Descent::Contains, true))
        .collect()
}

/// The oldest of the newer commits that may stand in for the run's.
pub(super) fn oldest(newer: &[NewerCommit]) -> Option<&NewerCommit> {
    let oldest = candidates(newer).into_iter().max();
    oldest.map(|index| &newer[index])
}
