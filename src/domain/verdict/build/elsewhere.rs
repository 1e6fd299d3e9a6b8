//! Runs of GitHub Actions that the push of the commit did not start, where checks are named: whether they speak for the branch.
//!
//! A merge queue tests the very commit that the branch gets, by another event and on a branch of its own. Where the push starts the
//! same workflow, or any that reports the name, or its own runs have not ended, those of the push are what counts. What only happened
//! to run on the commit (a schedule, Pages, one workflow after another) speaks where nothing else has the name.

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
    let is_aside = is_aside(check);
    let is_elsewhere = |suite: &&Suite| {
        suite.app.as_deref() == Some(GITHUB_ACTIONS)
            && !rules.is_workflow_of_push(suite)
            && is_event_aside(suite.event.as_deref()) == is_aside
    };
    let key = |suite: &Suite| (suite.created_at, suite.id);
    let is_replaced = own.is_some_and(|own| {
        let mut others = suites.iter().filter(is_elsewhere);
        others.any(|other| is_same_workflow(other, own) && key(other) > key(own))
    });
    let has_runs = |pushed: &Suite| {
        let mut runs = told.checks.iter();
        runs.any(|run| suite_of(run) == Some(pushed.id))
    };
    let is_open = |pushed: &Suite| {
        let is_orphan = now - pushed.created_at >= start_max && !has_runs(pushed);
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
    // One that never began may be the one with the name.
    let hides_jobs = |pushed: &Suite| {
        matches!(pushed.state, CheckState::Failure | CheckState::Cancelled) && !has_runs(pushed)
    };
    let mut pushed = suites
        .iter()
        .filter(|suite| rules.is_workflow_of_push(suite));
    let mut others = told.checks.iter();
    let is_told_better = |other: &Check| {
        let says_more =
            is_of_actions_push(other, suites, rules) && other.state != CheckState::Passed;
        rules.share_name(check, other) && (says_more || (is_aside && !self::is_aside(other)))
    };
    !is_replaced
        && !pushed.any(|pushed| {
            is_open(pushed) || may_be_same(pushed) || (is_aside && hides_jobs(pushed))
        })
        && !others.any(is_told_better)
}

/// Whether a run of Actions was started by nothing that brought the commit: it only happened to meet the head of the branch (a
/// schedule), or GitHub started it itself (Pages), or another workflow did.
fn is_aside(check: &Check) -> bool {
    match &check.source {
        CheckSource::Run { app, event, .. } => {
            app.as_deref() == Some(GITHUB_ACTIONS) && is_event_aside(event.as_deref())
        }
        CheckSource::Status => false,
    }
}

fn is_event_aside(event: Option<&str>) -> bool {
    matches!(event, Some("schedule" | "dynamic" | "workflow_run"))
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
