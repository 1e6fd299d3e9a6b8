//! Suites beside the check runs that are known of them.
//!
//! A workflow that ran twice counts once, and a suite speaks for itself where its check runs do not say what it says.

use chrono::{DateTime, TimeDelta, Utc};

use super::rules::{BuildRules, GITHUB_ACTIONS};
use crate::domain::verdict::ci::{Check, CheckSource, CheckState, CommitChecks, Suite};

/// Returns the suites that another run of the same workflow and event replaced: a newer one of the same branch, or, for a suite
/// whose branch nobody tells, because it is deleted, any of the watched `branch`.
#[must_use]
pub(super) fn replaced(suites: &[Suite], branch: &str) -> Vec<u64> {
    let key = |suite: &Suite| (suite.created_at, suite.id);
    let of_branch = |suite: &Suite| suite.branch.as_deref() == Some(branch);
    suites
        .iter()
        .filter(|suite| {
            suites.iter().any(|other| {
                other.app == suite.app
                    && is_same_workflow(other, suite)
                    && other.event == suite.event
                    && ((other.branch == suite.branch && key(other) > key(suite))
                        || (suite.branch.is_none() && of_branch(other)))
            })
        })
        .map(|suite| suite.id)
        .collect()
}

/// Names are shared by files that were copied, so that they only count where a number is missing.
pub(super) fn is_same_workflow(one: &Suite, other: &Suite) -> bool {
    match (one.workflow_id, other.workflow_id) {
        (Some(one), Some(other)) => one == other,
        (Some(_) | None, Some(_) | None) => {
            one.workflow.is_some() && one.workflow == other.workflow
        }
    }
}

/// Returns whether a commit had workflows of GitHub Actions, and all of them are known to have ended, whatever started them.
#[must_use]
pub fn workflows_ended(told: &CommitChecks) -> bool {
    let suites = told.suites.iter().flatten();
    let workflows = suites.filter(|suite| suite.app.as_deref() == Some(GITHUB_ACTIONS));
    let mut states = workflows.map(|suite| &suite.state).peekable();
    let goes_on = |state: &CheckState| state_is_open(state) || *state == CheckState::ActionRequired;
    states.peek().is_some() && !states.any(goes_on)
}

/// A suite as a check of its own, and whether it may never run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unsaid {
    /// The check; its name is the workflow's.
    pub check: Check,
    /// Whether nothing of it has run although it had the time in which a stage must start.
    pub orphaned: bool,
}

/// Returns what the suites say that their check runs do not: a suite goes on although all check runs that exist have ended
/// (others wait for them and do not exist yet), or has none, or it failed without one that did.
#[must_use]
pub(super) fn unsaid<'s>(
    suites: impl Iterator<Item = &'s Suite>,
    checks: &[&Check],
    start_max: TimeDelta,
    now: DateTime<Utc>,
) -> Vec<Unsaid> {
    suites
        .filter_map(|suite| {
            let runs: Vec<&CheckState> = checks
                .iter()
                .filter(|check| suite_of(check) == Some(suite.id))
                .map(|check| &check.state)
                .collect();
            is_unsaid(&suite.state, &runs).then(|| Unsaid {
                check: own_check(suite),
                orphaned: runs.is_empty()
                    && !suite.waits_for_group
                    && now - suite.created_at >= start_max,
            })
        })
        .map(|unsaid| Unsaid {
            orphaned: unsaid.orphaned && state_is_open(&unsaid.check.state),
            ..unsaid
        })
        .collect()
}

/// Why checks that are named do not report, or prove nothing, as far as the workflows of the push tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Silence {
    /// Whether a workflow goes on, or may yet start, so that they may still come.
    pub may_come: bool,
    /// Jobs, and workflows without a job that says what they say: once nothing may come, those that failed, or wait for a person.
    pub decisive: Vec<Check>,
    /// The same, while something may come.
    pub undecided: Vec<Check>,
}

/// Returns what the workflows of the push tell of checks that do not report. `checks` are all that there are, named or not. Whoever
/// else may post a named check has the time in which a stage must start: `is_early` says that it is not over.
#[must_use]
pub(super) fn silence(
    suites: &[&Suite],
    checks: &[&Check],
    rules: &BuildRules<'_>,
    start_max: TimeDelta,
    now: DateTime<Utc>,
    is_early: bool,
) -> Silence {
    let of_push = || {
        let suites = suites.iter().copied();
        suites.filter(|suite| rules.is_workflow_of_push(suite))
    };
    let told = unsaid(of_push(), checks, start_max, now);
    let runs_on = |suite: &Suite| {
        let mut runs = checks
            .iter()
            .filter(|check| suite_of(check) == Some(suite.id));
        runs.any(|check| state_is_open(&check.state))
    };
    let may_come = of_push().any(runs_on)
        || told
            .iter()
            .any(|unsaid| state_is_open(&unsaid.check.state) && !unsaid.orphaned);
    let is_of_push = |check: &&&Check| {
        let suite = suite_of(check);
        !rules.selects(check) && of_push().any(|of_push| suite == Some(of_push.id))
    };
    let jobs = checks
        .iter()
        .filter(is_of_push)
        .map(|check| (*check).clone());
    let workflows = told.into_iter().map(|unsaid| unsaid.check);
    let waits = may_come || is_early;
    let (mut decisive, mut undecided) = (Vec::new(), Vec::new());
    for check in jobs.chain(workflows) {
        match check.state {
            CheckState::ActionRequired | CheckState::Declined if may_come => undecided.push(check),
            CheckState::Failure | CheckState::Cancelled if waits => undecided.push(check),
            CheckState::ActionRequired
            | CheckState::Declined
            | CheckState::Failure
            | CheckState::Cancelled => decisive.push(check),
            CheckState::Pending
            | CheckState::Success
            | CheckState::Passed
            | CheckState::NeverRan
            | CheckState::Stale
            | CheckState::Unknown(_) => {}
        }
    }
    Silence {
        may_come,
        decisive,
        undecided,
    }
}

/// Returns the suite that a check run belongs to.
#[must_use]
pub(super) const fn suite_of(check: &Check) -> Option<u64> {
    match &check.source {
        CheckSource::Run { suite, .. } => *suite,
        CheckSource::Status => None,
    }
}

/// Returns whether what says so has not ended.
pub(super) fn state_is_open(state: &CheckState) -> bool {
    match state {
        CheckState::Pending | CheckState::Stale | CheckState::Unknown(_) => true,
        CheckState::Success
        | CheckState::Passed
        | CheckState::Failure
        | CheckState::ActionRequired
        | CheckState::Declined
        | CheckState::Cancelled
        | CheckState::NeverRan => false,
    }
}

fn is_unsaid(own: &CheckState, runs: &[&CheckState]) -> bool {
    let said = |state: &CheckState| runs.contains(&state);
    match own {
        CheckState::Pending | CheckState::Stale | CheckState::Unknown(_) => {
            !runs.iter().any(|state| state_is_open(state))
        }
        CheckState::Failure => !said(&CheckState::Failure),
        CheckState::ActionRequired | CheckState::Declined => {
            !(said(own) || said(&CheckState::Failure))
        }
        CheckState::Cancelled => !(said(&CheckState::Cancelled) || said(&CheckState::Failure)),
        CheckState::Success | CheckState::Passed | CheckState::NeverRan => runs.is_empty(),
    }
}

fn own_check(suite: &Suite) -> Check {
    let workflow = suite.workflow.as_deref().unwrap_or("workflow");
    Check {
        name: if suite.waits_for_group {
            format!("{workflow} (waits for another run of its concurrency group)")
        } else {
            workflow.to_owned()
        },
        source: CheckSource::Run {
            app: suite.app.clone(),
            event: suite.event.clone(),
            branch: suite.branch.clone(),
            suite: Some(suite.id),
        },
        state: suite.state.clone(),
        at: Some(suite.updated_at),
        url: suite.url.clone(),
        excerpt: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::suite_tests::{other_app, suite};
    use super::*;

    /// Every state of a suite beside every set of states of its runs.
    #[test]
    fn a_suite_speaks_for_itself_only_when_its_runs_do_not() {
        use CheckState::{
            ActionRequired, Cancelled, Declined, Failure, NeverRan, Passed, Pending, Stale,
            Success, Unknown,
        };
        let states = [
            Pending,
            Success,
            Passed,
            Failure,
            ActionRequired,
            Cancelled,
            Stale,
            Unknown("odd".to_owned()),
            Declined,
            NeverRan,
        ];
        for own in &states {
            for set in 0..1_u32 << states.len() {
                let has = |at: usize| set & (1 << at) != 0;
                let runs: Vec<&CheckState> = (0..states.len())
                    .filter(|at| has(*at))
                    .map(|at| &states[at])
                    .collect();
                let (failed, asks, cancelled) = (has(3), has(4), has(5));
                let said_by_runs = match own {
                    // Something that goes on shows that the suite does.
                    Pending | Stale | Unknown(_) => has(0) || has(6) || has(7),
                    Success | Passed | NeverRan => set != 0,
                    Failure => failed,
                    Declined => has(8) || failed,
                    ActionRequired => asks || failed,
                    Cancelled => cancelled || failed,
                };
                assert_eq!(is_unsaid(own, &runs), !said_by_runs, "{own:?} {runs:?}");
            }
        }
    }

    /// Then none of its deployments goes on, whatever the forge still says of it.
    #[test]
    fn the_workflows_of_a_commit_have_ended_when_all_of_them_are_known_to_have() {
        let ended = |states: Option<&[CheckState]>| {
            let suites = states.map(|states| {
                let mut suites: Vec<Suite> = vec![other_app(9, CheckState::Pending)];
                let ids = 1..;
                suites.extend(
                    ids.zip(states)
                        .map(|(id, state)| suite(id, "CI", state.clone(), 0)),
                );
                suites
            });
            workflows_ended(&CommitChecks {
                checks: Vec::new(),
                suites,
            })
        };
        assert!(!ended(None), "nobody tells");
        assert!(!ended(Some(&[])), "another App deploys");
        for (state, expected) in [
            (CheckState::Pending, false),
            (CheckState::Success, true),
            (CheckState::Passed, true),
            (CheckState::Failure, true),
            (CheckState::ActionRequired, false),
            (CheckState::Cancelled, true),
            (CheckState::Stale, false),
            (CheckState::Unknown("odd".to_owned()), false),
        ] {
            assert_eq!(
                ended(Some(std::slice::from_ref(&state))),
                expected,
                "{state:?}"
            );
            assert_eq!(
                ended(Some(&[CheckState::Success, state.clone()])),
                expected,
                "{state:?}"
            );
        }
    }
}
