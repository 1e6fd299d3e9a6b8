//! Folds the checks of one commit into the outcome of its build stage (`contracts/github` section 10, `contracts/forgejo`
//! section 9).
//!
//! First the forge's words become [`CheckState`]s, then [`BuildRules`] select the checks that count, then [`fold_build`]
//! folds them. It asks nothing and knows no clock: what is pending for too long is the business of [`crate::domain::verdict::ci_verdict`].

use chrono::{DateTime, Utc};

use crate::domain::verdict::ci::{Check, CheckSource, CheckState, FailedCheck, StageOutcome};

/// Slug of the App that posts the check runs of GitHub Actions.
pub const GITHUB_ACTIONS: &str = "github-actions";

/// What Woodpecker's statuses are called. They can sit on a commit that did not cause them (`contracts/woodpecker`
/// section 6), so that they count only when they are configured by name.
pub const WOODPECKER_PREFIX: &str = "ci/woodpecker/";

/// Which checks make up the build stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildRules<'r> {
    /// Push check runs of GitHub Actions on the branch, and commit statuses other than Woodpecker's.
    All {
        /// The branch that runs push to.
        branch: &'r str,
    },
    /// Exactly the checks with these names, wherever they come from; all of them must report.
    Named(&'r [String]),
}

impl BuildRules<'_> {
    /// Returns whether a check is part of the build stage. What a service does not tell about a check run does not
    /// exclude it.
    #[must_use]
    pub fn selects(&self, check: &Check) -> bool {
        match self {
            Self::Named(names) => names.contains(&check.name),
            Self::All { branch } => match &check.source {
                CheckSource::Status => !check.name.starts_with(WOODPECKER_PREFIX),
                CheckSource::Run {
                    app,
                    event,
                    branch: ran_on,
                } => {
                    app.as_deref() == Some(GITHUB_ACTIONS)
                        && event.as_deref().is_none_or(|event| event == "push")
                        && ran_on.as_deref().is_none_or(|ran_on| ran_on == *branch)
                }
            },
        }
    }

    /// Returns the configured names that no check carries.
    fn missing<'n>(&'n self, checks: &[&Check]) -> Vec<&'n str> {
        match self {
            Self::All { .. } => Vec::new(),
            Self::Named(names) => names
                .iter()
                .filter(|name| checks.iter().all(|check| check.name != **name))
                .map(String::as_str)
                .collect(),
        }
    }
}

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

/// Reads `status` and `conclusion` of a GitHub check run; in lower case (REST) or upper case (GraphQL).
#[must_use]
pub fn github_check_run(status: &str, conclusion: Option<&str>) -> CheckState {
    let (status, conclusion) = (
        status.to_ascii_lowercase(),
        conclusion.map(str::to_ascii_lowercase),
    );
    match (status.as_str(), conclusion.as_deref()) {
        ("completed", Some(conclusion)) => match conclusion {
            "success" => CheckState::Success,
            "neutral" | "skipped" => CheckState::Passed,
            "failure" | "timed_out" | "startup_failure" => CheckState::Failure,
            "action_required" => CheckState::ActionRequired,
            "cancelled" => CheckState::Cancelled,
            "stale" => CheckState::Stale,
            _ => CheckState::Unknown(conclusion.to_owned()),
        },
        ("completed", None) => CheckState::Unknown("completed without a conclusion".to_owned()),
        ("queued" | "in_progress" | "waiting" | "requested" | "pending", _) => CheckState::Pending,
        (unknown, _) => CheckState::Unknown(unknown.to_owned()),
    }
}

/// Reads `state` of a GitHub commit status; in lower case (REST) or upper case (GraphQL).
#[must_use]
pub fn github_status(state: &str) -> CheckState {
    match state.to_ascii_lowercase().as_str() {
        "success" => CheckState::Success,
        "failure" | "error" => CheckState::Failure,
        "pending" | "expected" => CheckState::Pending,
        unknown => CheckState::Unknown(unknown.to_owned()),
    }
}

/// Reads `context`, `status` and `description` of a Forgejo or Gitea commit status.
///
/// A warning proves nothing, except that Woodpecker says so of a declined pipeline. A job of the forge's own Actions that
/// a newer push cancelled is posted as a failure, and only the description tells.
#[must_use]
pub fn forgejo_status(context: &str, status: &str, description: &str) -> CheckState {
    match status {
        "success" => CheckState::Success,
        "skipped" => CheckState::Passed,
        "warning" if context.starts_with(WOODPECKER_PREFIX) => CheckState::Failure,
        "warning" => CheckState::Passed,
        "failure" if description.starts_with("Has been cancelled") => CheckState::Cancelled,
        "failure" | "error" => CheckState::Failure,
        "pending" => CheckState::Pending,
        unknown => CheckState::Unknown(unknown.to_owned()),
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
mod tests {
    use super::*;

    const ALL: BuildRules<'_> = BuildRules::All { branch: "main" };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_366_400 + seconds, 0).unwrap()
    }

    fn status(name: &str, state: CheckState, seconds: i64) -> Check {
        Check {
            name: name.to_owned(),
            source: CheckSource::Status,
            state,
            at: Some(at(seconds)),
            url: Some(format!("https://ci.example/{name}")),
            excerpt: None,
        }
    }

    fn run(name: &str, app: Option<&str>, event: Option<&str>, branch: Option<&str>) -> Check {
        Check {
            source: CheckSource::Run {
                app: app.map(str::to_owned),
                event: event.map(str::to_owned),
                branch: branch.map(str::to_owned),
            },
            ..status(name, CheckState::Success, 0)
        }
    }

    fn every_state() -> Vec<CheckState> {
        vec![
            CheckState::Pending,
            CheckState::Success,
            CheckState::Passed,
            CheckState::Failure,
            CheckState::ActionRequired,
            CheckState::Cancelled,
            CheckState::Stale,
            CheckState::Unknown("x".to_owned()),
        ]
    }

    #[test]
    fn words_of_github_check_runs_mean_what_the_contract_says() {
        let unknown = |word: &str| CheckState::Unknown(word.to_owned());
        let completed = [
            ("success", CheckState::Success),
            ("neutral", CheckState::Passed),
            ("skipped", CheckState::Passed),
            ("failure", CheckState::Failure),
            ("timed_out", CheckState::Failure),
            ("startup_failure", CheckState::Failure),
            ("action_required", CheckState::ActionRequired),
            ("cancelled", CheckState::Cancelled),
            ("stale", CheckState::Stale),
            ("exploded", unknown("exploded")),
        ];
        for (conclusion, state) in completed {
            assert_eq!(github_check_run("completed", Some(conclusion)), state);
            let upper = conclusion.to_ascii_uppercase();
            assert_eq!(github_check_run("COMPLETED", Some(&upper)), state);
            // A run that is done again still shows its old conclusion.
            for status in ["queued", "IN_PROGRESS", "waiting", "requested", "PENDING"] {
                for conclusion in [None, Some(conclusion)] {
                    assert_eq!(github_check_run(status, conclusion), CheckState::Pending);
                }
            }
        }
        assert_eq!(
            github_check_run("completed", None),
            unknown("completed without a conclusion")
        );
        assert_eq!(github_check_run("paused", None), unknown("paused"));
    }

    #[test]
    fn words_of_commit_statuses_mean_what_the_contracts_say() {
        let unknown = |word: &str| CheckState::Unknown(word.to_owned());
        for (word, state) in [
            ("success", CheckState::Success),
            ("failure", CheckState::Failure),
            ("error", CheckState::Failure),
            ("pending", CheckState::Pending),
            ("expected", CheckState::Pending),
            ("other", unknown("other")),
        ] {
            assert_eq!(github_status(word), state, "{word}");
            assert_eq!(github_status(&word.to_ascii_uppercase()), state, "{word}");
        }
        for (context, word, description, state) in [
            ("ci", "success", "", CheckState::Success),
            ("ci", "skipped", "", CheckState::Passed),
            ("ci", "warning", "", CheckState::Passed),
            (
                "ci/woodpecker/push/test",
                "warning",
                "",
                CheckState::Failure,
            ),
            ("ci", "failure", "Failing after 3s", CheckState::Failure),
            ("ci", "failure", "Has been cancelled", CheckState::Cancelled),
            ("ci", "error", "Has been cancelled", CheckState::Failure),
            ("ci", "pending", "Has started running", CheckState::Pending),
            ("ci", "", "", unknown("")),
            ("ci", "other", "", unknown("other")),
        ] {
            assert_eq!(forgejo_status(context, word, description), state, "{word}");
        }
    }

    #[test]
    fn every_state_folds_as_the_contract_says() {
        for state in every_state() {
            let expected = match &state {
                CheckState::Pending | CheckState::Stale | CheckState::Unknown(_) => {
                    [CheckOutcome::Pending; 2]
                }
                CheckState::Success => [CheckOutcome::Success; 2],
                CheckState::Passed => [CheckOutcome::Passed; 2],
                CheckState::Failure | CheckState::ActionRequired => [CheckOutcome::Failure; 2],
                CheckState::Cancelled => [CheckOutcome::Failure, CheckOutcome::Superseded],
            };
            assert_eq!(
                [fold_check(&state, false), fold_check(&state, true)],
                expected,
                "{state:?}"
            );
        }
    }

    #[test]
    fn unless_named_only_push_runs_of_github_actions_and_statuses_count() {
        let actions = Some(GITHUB_ACTIONS);
        let (push, main) = (Some("push"), Some("main"));
        for (check, selected) in [
            (run("build", actions, push, main), true),
            (run("build", actions, None, None), true),
            (run("build", actions, None, main), true),
            (run("build", actions, push, None), true),
            (run("build", actions, Some("schedule"), main), false),
            (
                run("build", actions, Some("workflow_dispatch"), main),
                false,
            ),
            (run("build", actions, Some("pull_request"), main), false),
            (run("build", actions, push, Some("topic")), false),
            (run("build", Some("code-scanning"), push, main), false),
            (run("build", None, push, main), false),
            (status("ci/circle", CheckState::Success, 0), true),
            (
                status("ci/woodpecker/push/test", CheckState::Success, 0),
                false,
            ),
            (status("ci/woodpecker", CheckState::Success, 0), true),
        ] {
            assert_eq!(ALL.selects(&check), selected, "{check:?}");
        }
    }

    #[test]
    fn named_checks_count_by_exact_name_wherever_they_come_from() {
        let names = ["build".to_owned(), "ci/woodpecker/push/test".to_owned()];
        let named = BuildRules::Named(&names);
        for (check, selected) in [
            (run("build", Some("other-ci"), None, None), true),
            (run("build", Some(GITHUB_ACTIONS), Some("push"), None), true),
            (status("build", CheckState::Success, 0), true),
            (
                status("ci/woodpecker/push/test", CheckState::Success, 0),
                true,
            ),
            (status("Build", CheckState::Success, 0), false),
            (status("build-docs", CheckState::Success, 0), false),
            (run("lint", Some(GITHUB_ACTIONS), Some("push"), None), false),
        ] {
            assert_eq!(named.selects(&check), selected, "{check:?}");
        }
    }

    /// What a set of states folds to, in the words of the contract.
    fn expected(states: &[&CheckState], newer: bool, missing: bool) -> &'static str {
        let any = |wanted: &[CheckOutcome]| {
            states
                .iter()
                .any(|state| wanted.contains(&fold_check(state, newer)))
        };
        if states.is_empty() {
            "none"
        } else if any(&[CheckOutcome::Failure]) {
            "failure"
        } else if any(&[CheckOutcome::Superseded]) {
            "superseded"
        } else if missing || any(&[CheckOutcome::Pending]) {
            "pending"
        } else if any(&[CheckOutcome::Success]) {
            "success"
        } else {
            "none"
        }
    }

    fn word(outcome: &StageOutcome) -> &'static str {
        match outcome {
            StageOutcome::None => "none",
            StageOutcome::Pending { .. } => "pending",
            StageOutcome::Success { .. } => "success",
            StageOutcome::Failure { checks, .. } => {
                assert!(!checks.is_empty());
                "failure"
            }
            StageOutcome::Superseded => "superseded",
        }
    }

    /// Every set of states, with and without a newer commit, and with none, one or two named checks that may be missing.
    #[test]
    fn every_set_of_states_folds_as_the_contract_says() {
        let states = every_state();
        let mut seen = std::collections::BTreeSet::new();
        for set in 0..1_u32 << states.len() {
            let members: Vec<&CheckState> = states
                .iter()
                .enumerate()
                .filter(|(index, _)| set & (1 << index) != 0)
                .map(|(_, state)| state)
                .collect();
            let checks: Vec<Check> = members
                .iter()
                .enumerate()
                .map(|(index, state)| status(&format!("check-{index}"), (*state).clone(), 0))
                .collect();
            let mut names: Vec<String> = checks.iter().map(|check| check.name.clone()).collect();
            let reported = names.clone();
            names.push("absent".to_owned());
            for newer in [false, true] {
                for (rules, missing) in [
                    (ALL, false),
                    (BuildRules::Named(&reported), false),
                    (BuildRules::Named(&names), true),
                ] {
                    let outcome = fold_build(&checks, &rules, newer);
                    let expected = expected(&members, newer, missing);
                    assert_eq!(word(&outcome), expected, "{members:?} {rules:?} {newer}");
                    seen.insert(expected);
                }
            }
        }
        assert_eq!(seen.len(), 5);
    }

    #[test]
    fn checks_that_do_not_count_change_nothing() {
        let noise = status("ci/woodpecker/manual/deploy", CheckState::Pending, 0);
        let ok = status("ci", CheckState::Success, 5);
        assert_eq!(
            fold_build(std::slice::from_ref(&noise), &ALL, false),
            StageOutcome::None
        );
        assert_eq!(
            fold_build(&[noise, ok], &ALL, false),
            StageOutcome::Success {
                ended_at: Some(at(5))
            }
        );
    }

    #[test]
    fn red_names_every_failing_check_and_the_time_of_the_first() {
        let checks = [
            status("cancelled", CheckState::Cancelled, 10),
            status("approval", CheckState::ActionRequired, 40),
            status("unit", CheckState::Failure, 30),
            status("lint", CheckState::Failure, 20),
            status("slow", CheckState::Pending, 50),
        ];
        let names = |outcome| {
            let StageOutcome::Failure {
                concluded_at,
                checks,
            } = outcome
            else {
                panic!("{outcome:?}");
            };
            let names: Vec<String> = checks.into_iter().map(|check| check.name).collect();
            (concluded_at, names.join(" "))
        };
        assert_eq!(
            names(fold_build(&checks, &ALL, false)),
            (Some(at(10)), "unit lint approval cancelled".to_owned())
        );
        assert_eq!(
            names(fold_build(&checks, &ALL, true)),
            (Some(at(20)), "unit lint approval".to_owned())
        );
    }

    #[test]
    fn people_read_what_is_pending() {
        let names = ["a".to_owned(), "b".to_owned()];
        let detail = |checks: &[Check], rules: &BuildRules<'_>| {
            let outcome = fold_build(checks, rules, false);
            let StageOutcome::Pending { detail } = outcome else {
                panic!("{outcome:?}");
            };
            detail
        };
        let odd = [
            status("a", CheckState::Stale, 0),
            status("b", CheckState::Unknown("odd".to_owned()), 0),
        ];
        assert_eq!(detail(&odd, &ALL), "a (stale), b ('odd')");
        let one = [status("a", CheckState::Success, 0)];
        assert_eq!(detail(&one, &BuildRules::Named(&names)), "b (not reported)");
        let many: Vec<Check> = ["a", "b", "c", "d", "e"]
            .iter()
            .map(|name| status(name, CheckState::Pending, 0))
            .collect();
        assert_eq!(detail(&many, &ALL), "a, b, c and 2 more");
    }

    #[test]
    fn success_ended_with_its_last_success() {
        let checks = [
            status("a", CheckState::Success, 10),
            status("b", CheckState::Success, 30),
            status("c", CheckState::Success, 20),
            status("d", CheckState::Passed, 99),
        ];
        assert_eq!(
            fold_build(&checks, &ALL, false),
            StageOutcome::Success {
                ended_at: Some(at(30))
            }
        );
    }
}
