//! Folds the checks of one commit into the outcome of its build stage (`contracts/github` section 10, `contracts/forgejo`
//! section 9).
//!
//! First the forge's words become [`CheckState`]s, then [`BuildRules`] select the checks that count, then [`fold_build`]
//! folds them. It asks nothing: what is pending for too long is the business of [`crate::domain::verdict::green`].

mod context;
mod elsewhere;
mod matrix;
mod posted;
mod reported;
mod rules;
mod suites;
mod words;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::rules::{BuildRules, FORGE_ACTIONS, GITHUB_ACTIONS, WOODPECKER_PREFIX};
pub use self::suites::workflows_ended;
use self::suites::{Silence, Unsaid, suite_of};
pub(super) use self::words::WAITS;
pub use self::words::{forgejo_status, github_check_run, github_status, waits_for_group};
use crate::domain::verdict::ci::{
    Check, CheckState, CommitChecks, FailedCheck, StageOutcome, Suite,
};

/// What one check says, once it is known whether a newer commit is on the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckOutcome {
    /// It failed.
    Failure,
    /// It waits for a person, or one declined it.
    Blocked,
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
        CheckState::Failure => CheckOutcome::Failure,
        CheckState::ActionRequired | CheckState::Declined => CheckOutcome::Blocked,
        CheckState::Cancelled | CheckState::NeverRan if newer_commit_on_branch => {
            CheckOutcome::Superseded
        }
        CheckState::Passed | CheckState::NeverRan => CheckOutcome::Passed,
        CheckState::Cancelled => CheckOutcome::Failure,
    }
}

/// The circumstances of a commit, at the moment of folding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildMoment {
    /// Whether a newer commit is on the branch, so that this one may have been cancelled for it.
    pub newer_commit_on_branch: bool,
    /// When the time of the build began.
    pub since: DateTime<Utc>,
    /// Time in which a build must start: so long a suite may have no run, and statuses alone prove nothing.
    pub start_max: TimeDelta,
    /// When the time of the build is over; that may have begun with another commit than this one.
    pub ends_at: DateTime<Utc>,
    /// Age that the newest result must have where no checks are named.
    pub settle: TimeDelta,
    /// Whether the message of the commit asks CI to skip it.
    pub asks_to_skip: bool,
    /// The time.
    pub now: DateTime<Utc>,
}

/// Folds the checks of one commit: any failure, else what waits for a person, else superseded by a newer commit, else anything
/// pending or missing, else at least one success, else nothing.
///
/// A failure is final while others still run, and names every check that is known to have failed. Where a named check is missing, or
/// was skipped, what else failed in the workflows of the push, or waits for a person there, says why.
#[must_use]
pub fn fold_build(
    told: &CommitChecks,
    rules: &BuildRules<'_>,
    moment: &BuildMoment,
) -> StageOutcome {
    let told = &context::in_context(told, rules, moment.newer_commit_on_branch);
    let reported: Vec<&Check> = told
        .checks
        .iter()
        .filter(|check| counts(check, told, rules, moment))
        .collect();
    let current: Vec<&Suite> = told.suites.iter().flatten().collect();
    let unsaid = suites::unsaid(
        current
            .iter()
            .copied()
            .filter(|suite| rules.selects_suite(suite)),
        &reported,
        moment.start_max,
        moment.now,
    );
    let (orphans, speaking): (Vec<&Unsaid>, Vec<&Unsaid>) =
        unsaid.iter().partition(|unsaid| unsaid.orphaned);
    let missing = rules.missing(&reported);
    let unproven = rules::unproven(rules, &reported);
    let silence = if missing.is_empty() && unproven.is_empty() {
        Silence::default()
    } else {
        let checks: Vec<&Check> = told.checks.iter().collect();
        let is_early = !missing.is_empty() && moment.now - moment.since < moment.start_max;
        suites::silence(
            &current,
            &checks,
            rules,
            moment.start_max,
            moment.now,
            is_early,
        )
    };
    let selected: Vec<&Check> = reported
        .iter()
        .copied()
        .chain(speaking.into_iter().map(|unsaid| &unsaid.check))
        .chain(&silence.decisive)
        .collect();
    let with = |outcome: CheckOutcome| {
        selected
            .iter()
            .copied()
            .filter(move |check| fold_check(&check.state, moment.newer_commit_on_branch) == outcome)
    };
    if with(CheckOutcome::Failure).next().is_some() {
        let failed = with(CheckOutcome::Failure)
            .chain(with(CheckOutcome::Blocked))
            .collect();
        return failure(failed);
    }
    let newest = selected.iter().filter_map(|check| check.at).max();
    let is_declined = |check: &&Check| check.state == CheckState::Declined;
    let declined = with(CheckOutcome::Blocked).find(is_declined);
    if let Some(held) = declined.or_else(|| with(CheckOutcome::Blocked).next()) {
        let (hold, said) = words::held(held);
        return StageOutcome::Blocked {
            hold,
            // A job that has not begun has no time, and waits since what it needs was there.
            since: held.at.or(newest),
            what: FailedCheck {
                name: format!("{} {said}", held.name),
                url: held.url.clone(),
                excerpt: held.excerpt.clone(),
            },
        };
    }
    if with(CheckOutcome::Superseded).next().is_some() {
        return StageOutcome::Superseded;
    }
    let goes_on = silence.may_come
        || !silence.undecided.is_empty()
        || with(CheckOutcome::Pending).next().is_some();
    if moment.asks_to_skip && !missing.is_empty() && !goes_on {
        // What is missing was asked to stay away.
        return reported::not_named(&missing, &unproven, told, rules);
    }
    let pending: Vec<String> = with(CheckOutcome::Pending)
        .map(describe_pending)
        .chain(
            // Nothing at all was heard of: that has a deadline of its own.
            missing
                .iter()
                .filter(|_| silence.may_come || !selected.is_empty())
                .map(|name| reported::missing(name, &told.checks)),
        )
        .chain(silence.undecided.iter().map(words::undecided))
        .collect();
    if !pending.is_empty() {
        return StageOutcome::Pending {
            detail: in_words(&pending),
        };
    }
    if with(CheckOutcome::Success).next().is_none() {
        return match rules {
            BuildRules::Named { .. } => reported::not_named(&missing, &unproven, told, rules),
            BuildRules::All { .. } => reported::only_passed(with(CheckOutcome::Passed)),
        };
    }
    if !unproven.is_empty() {
        return StageOutcome::Pending {
            detail: format!("{} (skipped, which proves nothing)", unproven.join(", ")),
        };
    }
    let ended_at = with(CheckOutcome::Success)
        .map(|check| check.at)
        .max()
        .flatten();
    match rules {
        // What is green is no silent build once the time is over.
        BuildRules::Named { .. } if moment.now < moment.ends_at => {
            let (start_max, settle) = (moment.start_max, moment.settle);
            let (all, now) = (&told.checks, moment.now);
            match matrix::may_come(&reported, all, &current, rules, start_max, settle, now) {
                Some(detail) => StageOutcome::Pending { detail },
                None => StageOutcome::Success { ended_at },
            }
        }
        BuildRules::Named { .. } => StageOutcome::Success { ended_at },
        BuildRules::All { .. } => {
            let speaks = |suite: &&&Suite| rules.selects_suite(suite);
            let has_actions = match &told.suites {
                None => reported.iter().any(|check| rules::tells_of_ci(check)),
                Some(_) => current.iter().filter(speaks).any(|suite| {
                    orphans
                        .iter()
                        .all(|orphan| suite_of(&orphan.check) != Some(suite.id))
                }),
            };
            late_enough(has_actions, newest, ended_at, moment)
        }
    }
}

/// Whether a check is part of the build stage, beside all that is told of the commit.
fn counts(
    check: &Check,
    told: &CommitChecks,
    rules: &BuildRules<'_>,
    moment: &BuildMoment,
) -> bool {
    let speaks = || elsewhere::speaks_for_branch(check, told, rules, moment.start_max, moment.now);
    rules.selects_among(check, told)
        && match rules {
            BuildRules::Named { .. } => speaks(),
            BuildRules::All { .. } => true,
        }
}

/// Whether nothing more is to be expected of a commit whose results are all good.
fn late_enough(
    has_actions: bool,
    newest: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    moment: &BuildMoment,
) -> StageOutcome {
    if !has_actions && moment.asks_to_skip {
        // What reports without CI proves nothing where CI was asked to stay away.
        StageOutcome::None
    } else if !has_actions && moment.now - moment.since < moment.start_max {
        // A licence check is there within seconds, CI is not.
        StageOutcome::Pending {
            detail: "all that reported is green, and no workflow has started yet".to_owned(),
        }
    } else if newest.is_some_and(|newest| moment.now - newest < moment.settle) {
        StageOutcome::Pending {
            detail: "all that reported is green, and more may come".to_owned(),
        }
    } else {
        StageOutcome::Success { ended_at }
    }
}

/// The checks that failed by themselves come first: cancelled ones often only went down with them.
fn failure(mut failed: Vec<&Check>) -> StageOutcome {
    failed.sort_by_key(|check| match check.state {
        CheckState::Failure => 0,
        CheckState::ActionRequired | CheckState::Declined => 1,
        CheckState::Pending
        | CheckState::Success
        | CheckState::Passed
        | CheckState::Cancelled
        | CheckState::NeverRan
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
        | CheckState::Declined
        | CheckState::Cancelled
        | CheckState::NeverRan => check.name.clone(),
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
mod attack_tests;
#[cfg(test)]
mod branch_tests;
#[cfg(test)]
mod context_tests;
#[cfg(test)]
mod elsewhere_tests;
#[cfg(test)]
mod silence_tests;
#[cfg(test)]
mod suite_tests;
#[cfg(test)]
mod tests;
