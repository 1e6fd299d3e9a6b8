//! What each check of a commit says in the light of its suite: an older run of the same workflow says nothing any more, a failure
//! that its workflow does not mind is none, and what failed because a newer commit cancelled the rest was cancelled with it.
//!
//! It does not ask which checks count ([`super::rules`]).

use chrono::{DateTime, Utc};

use super::posted::is_posted;
use super::rules::{BuildRules, GITHUB_ACTIONS, Job};
use super::suites::{replaced, suite_of};
use crate::domain::verdict::ci::{Check, CheckSource, CheckState, CommitChecks, Suite};

/// Returns what is told of a commit without the suites that were replaced, every check and suite as it counts.
#[must_use]
pub(super) fn in_context(
    told: &CommitChecks,
    rules: &BuildRules<'_>,
    newer_commit_on_branch: bool,
) -> CommitChecks {
    let suites = told.suites.as_deref();
    let replaced = suites
        .map(|suites| replaced(suites, rules.branch()))
        .unwrap_or_default();
    let is_current = |suite: Option<u64>| suite.is_none_or(|suite| !replaced.contains(&suite));
    let all = Context {
        checks: told
            .checks
            .iter()
            .filter(|check| is_current(suite_of(check)))
            .collect(),
        suites: suites.map(|suites| {
            let current = suites.iter().filter(|suite| is_current(Some(suite.id)));
            current.collect()
        }),
        newer_commit_on_branch,
    };
    CommitChecks {
        checks: all
            .checks
            .iter()
            .map(|check| Check {
                state: all.state_of(check, rules),
                ..(*check).clone()
            })
            .collect(),
        suites: all.suites.as_ref().map(|suites| {
            let suites = suites.iter().map(|suite| Suite {
                state: all.state_of_suite(suite),
                ..(*suite).clone()
            });
            suites.collect()
        }),
    }
}

struct Context<'t> {
    checks: Vec<&'t Check>,
    suites: Option<Vec<&'t Suite>>,
    newer_commit_on_branch: bool,
}

impl Context<'_> {
    fn state_of(&self, check: &Check, rules: &BuildRules<'_>) -> CheckState {
        if check.state == CheckState::NeverRan && self.is_left_behind(check) {
            CheckState::Failure
        } else if check.state != CheckState::Failure {
            check.state.clone()
        } else if !self.is_minded(check, rules) {
            CheckState::Passed
        } else if self.is_cancelled_with_others(check) {
            CheckState::Cancelled
        } else {
            CheckState::Failure
        }
    }

    /// Whether a workflow of a service never ran, while one beside it, whose status is called like it up to the last word, failed: that
    /// held it back, unless all was cancelled for a newer commit.
    fn is_left_behind(&self, check: &Check) -> bool {
        let beside = |check: &Check| {
            check
                .name
                .rsplit_once('/')
                .map(|(group, _)| group.to_owned())
        };
        let is_beside = |other: &&&Check| {
            other.state == CheckState::Failure
                && other.source == CheckSource::Status
                && beside(other) == beside(check)
        };
        !self.newer_commit_on_branch && self.checks.iter().any(|other| is_beside(&other))
    }

    /// Whether its workflow failed with it. One that is a success has jobs that may `continue-on-error`; a name that is configured
    /// is minded all the same, and so is a report that a step of a job posted: no workflow knows what it says.
    fn is_minded(&self, check: &Check, rules: &BuildRules<'_>) -> bool {
        let suite = self.suite(check);
        suite.is_none_or(|suite| suite.state != CheckState::Success)
            || rules.names(check)
            || is_posted(check)
    }

    /// Whether a check failed because the rest was cancelled for a newer commit: a job that `needs` all others, and always runs.
    /// Its workflow was cancelled, or it ended later than the first that was: what a failure itself cancels (`fail-fast`) ends in the same
    /// second.
    fn is_cancelled_with_others(&self, check: &Check) -> bool {
        if !self.newer_commit_on_branch {
            return false;
        }
        let suite = self.suite(check);
        if suite.is_some_and(|suite| suite.state == CheckState::Cancelled) {
            return true;
        }
        let first = self.first_cancelled(&|other| match (suite, &self.suites) {
            (Some(suite), _) => suite_of(other) == Some(suite.id),
            (None, Some(_)) => false,
            // Without suites a workflow is what its jobs' statuses are called.
            (None, None) => match (Job::of_status(check), Job::of_status(other)) {
                (Some(job), Some(other)) => {
                    job.workflow == other.workflow && job.event == other.event
                }
                (Some(_) | None, Some(_) | None) => false,
            },
        });
        first.is_some_and(|first| check.at.is_some_and(|at| at > first))
    }

    fn first_cancelled(&self, is_beside: &dyn Fn(&Check) -> bool) -> Option<DateTime<Utc>> {
        let cancelled = self
            .checks
            .iter()
            .filter(|check| check.state == CheckState::Cancelled && is_beside(check));
        cancelled.filter_map(|check| check.at).min()
    }

    /// A workflow that failed only in what was cancelled with the rest was cancelled.
    fn state_of_suite(&self, suite: &Suite) -> CheckState {
        let of_suite = |check: &&&Check| {
            check.state == CheckState::Failure && suite_of(check) == Some(suite.id)
        };
        let mut failed = self.checks.iter().filter(of_suite).peekable();
        let is_cancelled = suite.state == CheckState::Failure
            && failed.peek().is_some()
            && failed.all(|check| self.is_cancelled_with_others(check));
        if is_cancelled {
            CheckState::Cancelled
        } else {
            suite.state.clone()
        }
    }

    /// The run of a workflow that a check belongs to.
    fn suite(&self, check: &Check) -> Option<&Suite> {
        let mut suites = self.suites.iter().flatten().copied();
        suites.find(|suite| {
            suite.app.as_deref() == Some(GITHUB_ACTIONS) && suite_of(check) == Some(suite.id)
        })
    }
}
