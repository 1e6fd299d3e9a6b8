//! A newer commit that is judged in the place of the watched one: which, and why.

use chrono::{DateTime, Utc};

use crate::domain::verdict::attribution::{Descent, NewerCommit};
use crate::domain::verdict::ci::{CommitSha, FailedCheck, StageOutcome};

/// How many newer commits are asked about when a build was cancelled for a newer commit, or never came. The first nearly always
/// answers.
pub const NEWER_COMMITS_ASKED: usize = 3;

/// A newer commit that contains the watched one and is judged in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StandIn {
    /// Its index among the newer commits.
    pub(super) index: usize,
    /// How many were asked before it, in the order of [`candidates`].
    pub(super) asked_before: usize,
    /// Why it is asked.
    pub(super) why: Why,
}

impl StandIn {
    /// Takes what `newer`, the commit that stands in, says. Returns whether that decides; otherwise the next one is asked.
    pub(super) fn decides(&mut self, newer: &NewerCommit, outcome: &StageOutcome) -> bool {
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
                let index = self.index;
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
            // CI ran on the merge instead of the commit that it brought in.
            (
                Why::NeverBuilt { .. },
                StageOutcome::Failure { .. } | StageOutcome::Blocked { .. },
            ) if newer.descent == Descent::Merges => true,
            (Why::NeverBuilt { pending, .. }, StageOutcome::Pending { detail }) => {
                pending.get_or_insert_with(|| detail.clone());
                false
            }
            (Why::NeverBuilt { red, .. }, StageOutcome::Failure { checks, .. }) => {
                red.get_or_insert_with(|| newer_is_red(newer, checks));
                false
            }
            (
                Why::NeverBuilt { .. },
                StageOutcome::None
                | StageOutcome::OnlyNewer { .. }
                | StageOutcome::NotNamed { .. }
                | StageOutcome::Blocked { .. }
                | StageOutcome::Unreadable { .. }
                | StageOutcome::Superseded,
            ) => false,
        }
    }
}

impl StandIn {
    /// Returns what became of the watched commit's own stage, where `sha`, the commit that stands in, failed.
    pub(super) fn in_words(&self, sha: &CommitSha) -> String {
        match self.why {
            Why::Superseded { .. } => {
                format!("was cancelled for the newer commit {sha}, which contains it and failed")
            }
            Why::NeverBuilt { .. } => {
                format!("was left to commit {sha}, which merged it and failed")
            }
        }
    }
}

/// Why a newer commit is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The build of the watched commit was cancelled for a newer one. One of them that is green proves the watched one, whatever came
    /// on top of it; where none is, the newest that has a word decides.
    Superseded {
        /// What the first open one said.
        open: Option<StageOutcome>,
        /// Which failed, by index, and what it said: the newest, where nothing newer is open.
        red: Option<Box<(usize, StageOutcome)>>,
    },
    /// The watched commit never had a build. A newer one that is green proves it, and no other says anything about it.
    NeverBuilt {
        /// What is known of its own build.
        own: String,
        /// What a newer one waits for, when one does.
        pending: Option<String>,
        /// Which newer one is red and why, when one is: the newest.
        red: Option<String>,
        /// When the time of the watched commit's own build began.
        own_clock: DateTime<Utc>,
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
}

/// The newer commits that may stand in, by index: the merge that brought the watched one, then the newest first, because it
/// contains all others.
pub(super) fn candidates(newer: &[NewerCommit]) -> impl Iterator<Item = usize> {
    let of = |wanted: Descent| {
        newer
            .iter()
            .enumerate()
            .filter(move |(_, commit)| commit.descent == wanted)
            .map(|(index, _)| index)
    };
    of(Descent::Merges).chain(of(Descent::Contains))
}

/// What people are told of a newer commit that is red, of which nothing follows for the watched one.
fn newer_is_red(newer: &NewerCommit, checks: &[FailedCheck]) -> String {
    let what = checks.first().map_or_else(String::new, |check| {
        let more = match checks.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(": {}{more}", check.in_words())
    });
    format!("{} is red{what}", newer.sha.short())
}
