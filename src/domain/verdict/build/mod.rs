//! Folds the checks of one commit into the outcome of its build stage (`contracts/github` section 10, `contracts/forgejo`
//! section 9).
//!
//! First the forge's words become [`CheckState`]s, then [`BuildRules`] select the checks that count, then [`fold_build`]
//! folds them. It asks nothing and knows no clock: what is pending for too long is the business of [`crate::domain::verdict::green`].

mod rules;
mod words;

use chrono::{DateTime, Utc};

pub use self::rules::{BuildRules, GITHUB_ACTIONS, WOODPECKER_PREFIX};
pub use self::words::{forgejo_status, github_check_run, github_status};
use crate::domain::verdict::ci::{Check, CheckState, FailedCheck, StageOutcome};

/// What one check says, once it is known whether a newer commit is on the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckOutcome {
    /// It failed.
    Failure,
    /// It was cancelled for a newer commit.
    Superseded,
    /// It runs, or may.
    Pending,
    /// It succeeded.
    Success,
    /// It passed and proves nothing.
    Passed,
}

/// Folds one check.
#[must_use]
pub const fn fold_check(state: &CheckState, newer_commit_on_branch: bool) -> CheckOutcome {
    match state {
        CheckState::Pending | CheckState::Stale | CheckState::Unknown(_) => CheckOutcome::Pending,
        CheckState::Success => CheckOutcome::Success,
        CheckState::Passed => CheckOutcome::Passed,
        CheckState::Failure | CheckState::ActionRequired => CheckOutcome::Failure,
        CheckState::Cancelled if newer_commit_on_branch => CheckOutcome::Superseded,
        CheckState::Cancelled => CheckOutcome::Failure,
    }
}

/// Folds the checks of one commit: any failure, else superseded by a newer commit, else anything pending or missing, else at
/// least one success, else nothing.
///
/// A failure is final while others still run, and names every check that is known to have failed.
#[must_use]
pub fn fold_build(
    checks: &[Check],
    rules: &BuildRules<'_>,
    newer_commit_on_branch: bool,
) -> StageOutcome {
    let selected: Vec<&Check> = checks.iter().filter(|check| rules.selects(check)).collect();
    let with = |outcome: CheckOutcome| {
        selected
            .iter()
            .copied()
            .filter(move |check| fold_check(&check.state, newer_commit_on_branch) == outcome)
    };
    if selected.is_empty() {
        return StageOutcome::None;
    }
    if with(CheckOutcome::Failure).next().is_some() {
        return failure(with(CheckOutcome::Failure).collect());
    }
    if with(CheckOutcome::Superseded).next().is_some() {
        return StageOutcome::Superseded;
    }
    let pending: Vec<String> = with(CheckOutcome::Pending)
        .map(describe_pending)
        .chain(
            rules
                .missing(&selected)
                .into_iter()
                .map(|name| format!("{name} (not reported)")),
        )
        .collect();
    if !pending.is_empty() {
        return StageOutcome::Pending {
            detail: in_words(&pending),
        };
    }
    let ends: Vec<Option<DateTime<Utc>>> =
        with(CheckOutcome::Success).map(|check| check.at).collect();
    if ends.is_empty() {
        return StageOutcome::None;
    }
    StageOutcome::Success {
        ended_at: ends.into_iter().max().flatten(),
    }
}

/// The checks that failed by themselves come first: cancelled ones often only went down with them.
fn failure(mut failed: Vec<&Check>) -> StageOutcome {
    failed.sort_by_key(|check| match check.state {
        CheckState::Failure => 0,
        CheckState::ActionRequired => 1,
        CheckState::Pending
        | CheckState::Success
        | CheckState::Passed
        | CheckState::Cancelled
        | CheckState::Stale
        | CheckState::Unknown(_) => 2,
    });
    StageOutcome::Failure {
        concluded_at: failed.iter().filter_map(|check| check.at).min(),
        checks: failed
            .into_iter()
            .map(|check| FailedCheck {
                name: check.name.clone(),
                url: check.url.clone(),
                excerpt: check.excerpt.clone(),
            })
            .collect(),
    }
}

fn describe_pending(check: &Check) -> String {
    match &check.state {
        CheckState::Stale => format!("{} (stale)", check.name),
        CheckState::Unknown(word) => format!("{} ('{word}')", check.name),
        CheckState::Pending
        | CheckState::Success
        | CheckState::Passed
        | CheckState::Failure
        | CheckState::ActionRequired
        | CheckState::Cancelled => check.name.clone(),
    }
}

/// Names the first few.
fn in_words(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
