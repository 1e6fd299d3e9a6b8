//! Runs of GitHub Actions that the push of the commit did not start, where checks are named: whether they speak for the branch.
//!
//! A merge queue tests the very commit that the branch gets, by another event and on a branch of its own. Where the push starts the
//! same workflow, or its own runs have not ended, those of the push are what counts.

use chrono::{DateTime, TimeDelta, Utc};

use super::rules::{BuildRules, GITHUB_ACTIONS};
use super::suites::{is_same_workflow, state_is_open, suite_of};
use crate::domain::verdict::ci::{Check, CheckSource, CheckState, CommitChecks, Suite};

/// Returns whether a check with a configured name speaks for the branch, beside all that is told of the commit. Check runs of other
/// Apps, and statuses, always do.
#[must_use]
pub(super) fn speaks_for_branch(
    check: &Check,
    told: &CommitChecks,
    rules: &BuildRules<'_>,
    start_max: TimeDelta,
    now: DateTime<Utc>,
) -> bool {
    let suites = told.suites.as_deref().unwrap_or_default();
    if is_of_push(check, suites, rules) {
        return true;
    }
    let own = suite(check, suites);
    let key = |suite: &Suite| (suite.created_at, suite.id);
    let is_replaced = own.is_some_and(|own| {
        let mut others = suites.iter();
        others.any(|other| is_same_workflow(other, own) && key(other) > key(own))
    });
    let is_open = |pushed: &Suite| {
        let is_orphan = now - pushed.created_at >= start_max
            && !told
                .checks
                .iter()
                .any(|run| suite_of(run) == Some(pushed.id));
        state_is_open(&pushed.state) && !is_orphan
    };
    let is_named_by_push = || {
        let mut others = told.checks.iter();
        others.any(|other| other.name == check.name && is_of_actions_push(other, suites, rules))
    };
    let may_be_same = |pushed: &Suite| match own {
        Some(own) if own.workflow.is_some() && pushed.workflow.is_some() => {
            is_same_workflow(own, pushed)
        }
        // Nobody tells which workflow it is: one that went well without the name has nothing to say of it.
        Some(_) | None => {
            !matches!(pushed.state, CheckState::Success | CheckState::Passed) || is_named_by_push()
        }
    };
    let mut pushed = suites
        .iter()
        .filter(|suite| rules.is_workflow_of_push(suite));
    !is_replaced && !pushed.any(|pushed| is_open(pushed) || may_be_same(pushed))
}

/// Returns where a run of Actions is from that the push did not start, for people.
#[must_use]
pub(super) fn origin(check: &Check, told: &CommitChecks, rules: &BuildRules<'_>) -> Option<String> {
    let suites = told.suites.as_deref().unwrap_or_default();
    if is_of_push(check, suites, rules) {
        return None;
    }
    match &check.source {
        CheckSource::Status => None,
        CheckSource::Run { event, branch, .. } => {
            let event = event.as_deref().unwrap_or("another run");
            Some(match branch {
                Some(branch) => format!("{event} of {branch}"),
                None => event.to_owned(),
            })
        }
    }
}

/// Whether a check is no run of Actions, or one that the push started. What nobody tells does not exclude it.
fn is_of_push(check: &Check, suites: &[Suite], rules: &BuildRules<'_>) -> bool {
    match &check.source {
        CheckSource::Run { app, .. } if app.as_deref() == Some(GITHUB_ACTIONS) => {
            is_of_actions_push(check, suites, rules)
        }
        CheckSource::Run { .. } | CheckSource::Status => true,
    }
}

fn is_of_actions_push(check: &Check, suites: &[Suite], rules: &BuildRules<'_>) -> bool {
    rules.is_run_of_push(check)
        && suite(check, suites).is_none_or(|suite| rules.is_workflow_of_push(suite))
}

fn suite<'s>(check: &Check, suites: &'s [Suite]) -> Option<&'s Suite> {
    let id = suite_of(check)?;
    suites.iter().find(|suite| suite.id == id)
}
