//! Jobs of one configured name that do not come together.
//!
//! GitHub makes the check run of a job that `needs` others only when it is due: `test (unit)` may be green before `test (e2e)` is
//! there. A check that is called exactly as configured is all there is.

use chrono::{DateTime, TimeDelta, Utc};

use super::rules::{BuildRules, GITHUB_ACTIONS};
use super::suites::{state_is_open, suite_of};
use crate::domain::verdict::ci::{Check, Suite};

/// Returns why more of a configured name may come, beside `named`, which are there and all green; `None` where nothing more is
/// waited for.
///
/// That is while another job of their workflow runs, and no longer than a job may take to start: one that runs on (a nightly one, a
/// slow deploy) is none that the name waits for. Between two jobs there is a moment without any. A job that waits for a person holds
/// nothing.
#[must_use]
pub(super) fn may_come(
    named: &[&Check],
    checks: &[Check],
    suites: &[&Suite],
    rules: &BuildRules<'_>,
    start_max: TimeDelta,
    settle: TimeDelta,
    now: DateTime<Utc>,
) -> Option<String> {
    suites.iter().find_map(|suite| {
        let is_open = suite.app.as_deref() == Some(GITHUB_ACTIONS) && state_is_open(&suite.state);
        let of_suite = |check: &&Check| suite_of(check) == Some(suite.id);
        let mut of_name = named.iter().copied().filter(of_suite);
        let one = of_name.find(|check| is_open && rules.names_one_of_several(check))?;
        let jobs = || checks.iter().filter(of_suite);
        let young =
            |ended: Option<DateTime<Utc>>, limit| ended.is_some_and(|ended| now - ended < limit);
        match jobs().find(|job| state_is_open(&job.state)) {
            Some(runs) => {
                let ended = named.iter().copied().filter(of_suite);
                let ended = ended.filter_map(|check| check.at).max();
                let words = format!(
                    "{} is green, and more of it may come after {}",
                    one.name, runs.name
                );
                young(ended, start_max).then_some(words)
            }
            None => {
                let ended = jobs().filter_map(|job| job.at).max();
                let words = format!("{} is green, and its workflow goes on", one.name);
                young(ended, settle).then_some(words)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::suite_tests::{at, by_name, outcome, run, suite, told};
    use super::*;
    use crate::domain::config::NamedCheck;
    use crate::domain::verdict::ci::CheckState::{
        self, ActionRequired, Cancelled, Failure, Passed, Pending, Success,
    };

    const START_MAX: i64 = 900;
    const SETTLE: i64 = 60;

    fn names(names: &[&str]) -> Vec<NamedCheck> {
        let named = |name: &&str| NamedCheck {
            name: (*name).to_owned(),
            app: None,
        };
        names.iter().map(named).collect()
    }

    fn ended(check: Check, seconds: i64) -> Check {
        Check {
            at: Some(at(seconds)),
            ..check
        }
    }

    /// What is said `age` seconds after the named check succeeded, at 100, beside another job that ended 10 seconds before it.
    fn said(own: CheckState, name: &str, beside: &CheckState, wanted: &[&str], age: i64) -> String {
        let ci = suite(1, "CI", own, 0);
        let checks = [
            ended(run(name, &ci, Success), 100),
            ended(run("build", &ci, beside.clone()), 90),
        ];
        told(outcome(
            &checks,
            &[ci],
            &by_name(&names(wanted)),
            false,
            100 + age,
        ))
    }

    /// Every state of the workflow and of the job beside, for a check that is one of several and for one that is all there is.
    #[test]
    fn one_of_several_waits_for_the_others_while_its_workflow_runs() {
        let unknown = || CheckState::Unknown("odd".to_owned());
        let states = [
            Pending,
            Success,
            Passed,
            Failure,
            ActionRequired,
            CheckState::Declined,
            Cancelled,
            CheckState::NeverRan,
            CheckState::Stale,
            unknown(),
        ];
        let runs = "pending: test (unit) is green, and more of it may come after build";
        let goes_on = "pending: test (unit) is green, and its workflow goes on";
        for own in &states {
            for beside in &states {
                for age in [0, SETTLE - 11, SETTLE, START_MAX - 1, START_MAX, 5_000] {
                    let said =
                        |name: &str, wanted: &[&str]| said(own.clone(), name, beside, wanted, age);
                    let expected = if !state_is_open(own) {
                        "success"
                    } else if state_is_open(beside) && age < START_MAX {
                        runs
                    } else if !state_is_open(beside) && age < SETTLE {
                        goes_on
                    } else {
                        "success"
                    };
                    assert_eq!(
                        said("test (unit)", &["test"]),
                        expected,
                        "{own:?} {beside:?} {age}"
                    );
                    // One that is called exactly so is there.
                    assert_eq!(
                        said("test", &["test"]),
                        "success",
                        "{own:?} {beside:?} {age}"
                    );
                    let exact = said("test (unit)", &["test (unit)"]);
                    assert_eq!(exact, "success", "{own:?} {beside:?} {age}");
                }
            }
        }
    }

    /// What is green is no silent build.
    #[test]
    fn nothing_holds_what_is_green_over_the_time_of_the_build() {
        let ci = suite(1, "CI", Pending, 0);
        let checks = [
            ended(run("test (unit)", &ci, Success), 5_000),
            run("build", &ci, Pending),
        ];
        let wanted = names(&["test"]);
        let said = |now| {
            let suites = std::slice::from_ref(&ci);
            told(outcome(&checks, suites, &by_name(&wanted), false, now))
        };
        let waits = "pending: test (unit) is green, and more of it may come after build";
        assert_eq!(said(5_399), waits);
        assert_eq!(said(5_400), "success");
    }

    /// Another workflow is another matter, and so is one of which a newer run counts.
    #[test]
    fn only_the_workflow_that_brought_one_holds_it() {
        let (ci, slow) = (suite(1, "CI", Success, 0), suite(2, "Slow", Pending, 0));
        let checks = [run("test (unit)", &ci, Success), run("e2e", &slow, Pending)];
        let wanted = names(&["test"]);
        let suites = [ci.clone(), slow];
        let said = told(outcome(&checks, &suites, &by_name(&wanted), false, 50));
        assert_eq!(said, "success");
        // The job is there.
        for (state, expected) in [
            (Pending, "pending: test (e2e)"),
            (Failure, "failure: test (e2e)"),
        ] {
            let own = suite(1, "CI", Pending, 0);
            let checks = [
                run("test (unit)", &own, Success),
                run("test (e2e)", &own, state),
            ];
            let said = told(outcome(&checks, &[own], &by_name(&wanted), false, 50));
            assert_eq!(said, expected);
        }
    }
}
