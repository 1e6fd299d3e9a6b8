use super::suite_tests::by_name;
use super::*;
use crate::domain::config::NamedCheck;
use crate::domain::verdict::ci::CheckSource;

const ALL: BuildRules<'_> = BuildRules::All {
    branch: "main",
    deploy_context: None,
};

/// Long after everything, so that nothing more is to be expected.
fn fold(checks: &[Check], rules: &BuildRules<'_>, newer_commit_on_branch: bool) -> StageOutcome {
    let told = CommitChecks {
        checks: checks.to_vec(),
        suites: None,
    };
    fold_build(
        &told,
        rules,
        &BuildMoment {
            newer_commit_on_branch,
            since: at(0),
            start_max: TimeDelta::seconds(900),
            ends_at: at(5_400),
            settle: TimeDelta::seconds(60),
            asks_to_skip: false,
            now: at(5_000),
        },
    )
}

fn named(names: &[&str]) -> Vec<NamedCheck> {
    names
        .iter()
        .map(|name| NamedCheck {
            name: (*name).to_owned(),
            app: None,
        })
        .collect()
}

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
            suite: None,
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
        CheckState::Declined,
        CheckState::Cancelled,
        CheckState::NeverRan,
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
        for conclusion in [None, Some(conclusion)] {
            for status in ["queued", "IN_PROGRESS", "requested", "PENDING"] {
                assert_eq!(github_check_run(status, conclusion), CheckState::Pending);
            }
            // An environment's rule: a person's business.
            for status in ["waiting", "WAITING"] {
                let state = github_check_run(status, conclusion);
                assert_eq!(state, CheckState::ActionRequired);
            }
        }
    }
    assert_eq!(
        github_check_run("completed", None),
        unknown("completed without a conclusion")
    );
    assert_eq!(github_check_run("paused", None), unknown("paused"));
}

/// One that waits for a runner is queued, and one that waits for a person is waiting.
#[test]
fn a_suite_waits_for_its_concurrency_group_when_it_is_pending() {
    for (word, waits) in [
        ("pending", true),
        ("requested", false),
        ("queued", false),
        ("waiting", false),
        ("in_progress", false),
        ("completed", false),
    ] {
        assert_eq!(waits_for_group(word), waits, "{word}");
        let upper_case = word.to_ascii_uppercase();
        assert_eq!(waits_for_group(&upper_case), waits, "{word}");
    }
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
        for word in [word.to_owned(), word.to_ascii_uppercase()] {
            assert_eq!(github_status("ci", &word, ""), state, "{word}");
        }
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
            CheckState::Failure => [CheckOutcome::Failure; 2],
            CheckState::ActionRequired | CheckState::Declined => [CheckOutcome::Blocked; 2],
            CheckState::Cancelled => [CheckOutcome::Failure, CheckOutcome::Superseded],
            CheckState::NeverRan => [CheckOutcome::Passed, CheckOutcome::Superseded],
        };
        assert_eq!(
            [fold_check(&state, false), fold_check(&state, true)],
            expected,
            "{state:?}"
        );
    }
}

#[test]
fn unless_named_only_push_runs_of_actions_and_statuses_count() {
    let (actions, forge) = (Some(GITHUB_ACTIONS), Some(FORGE_ACTIONS));
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
        (run("build", Some("circleci-checks"), None, main), true),
        // Other Apps look at a commit once, on whichever branch it was pushed first.
        (
            run("build", Some("circleci-checks"), None, Some("topic")),
            true,
        ),
        (run("build", Some("circleci-checks"), None, None), true),
        (
            run("build", Some("circleci-checks"), Some("pull_request"), main),
            true,
        ),
        (run("ci.yml", forge, push, main), true),
        (run("ci.yml", forge, None, None), true),
        (run("ci.yml", forge, None, main), true),
        (run("ci.yml", forge, push, None), true),
        (run("ci.yml", forge, push, Some("topic")), false),
        (run("ci.yml", forge, push, Some("refs/tags/v1")), false),
        (run("ci.yml", forge, Some("schedule"), main), false),
        (run("ci.yml", forge, Some("issues"), main), false),
        (run("ci.yml", forge, Some("issue_comment"), main), false),
        (run("ci.yml", forge, Some("pull_request"), main), false),
        (run("build", None, push, main), false),
        (run("build", None, None, None), false),
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
    let names = named(&["build", "ci/woodpecker/push/test"]);
    let rules = by_name(&names);
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
        assert_eq!(rules.selects(&check), selected, "{check:?}");
    }
}

#[test]
fn a_job_of_the_forges_own_actions_has_the_name_of_the_job() {
    let names = named(&["build"]);
    let rules = by_name(&names);
    let success = |name: &str| status(name, CheckState::Success, 0);
    for (name, selected) in [
        ("CI / build (push)", true),
        ("CI / build (20) (push)", true),
        ("Docs / build (push)", true),
        ("CI / build (pull_request)", false),
        ("CI / build (20)", false),
        ("CI / build", false),
        ("CI / rebuild (push)", false),
        ("CI / build docs (push)", false),
        ("build / CI (push)", false),
        ("CI / test / build (push)", false),
        ("build (push)", true),
    ] {
        assert_eq!(rules.selects(&success(name)), selected, "{name}");
        let alone = fold(&[success(name)], &rules, false);
        let is_green = matches!(alone, StageOutcome::Success { .. });
        assert_eq!(is_green, selected, "{name} {alone:?}");
    }
    // GitHub's own jobs are check runs, of which the name is all there is.
    for app in [GITHUB_ACTIONS, "other-ci"] {
        let called_alike = run("CI / build (push)", Some(app), Some("push"), Some("main"));
        assert!(!rules.selects(&called_alike), "{app}");
    }
    // Of an App there are none.
    let of_app = [NamedCheck {
        name: "build".to_owned(),
        app: Some(GITHUB_ACTIONS.to_owned()),
    }];
    assert!(!by_name(&of_app).selects(&success("CI / build (push)")));
}

#[test]
fn all_jobs_of_the_name_have_to_be_green_and_an_exact_name_goes_before_them() {
    let names = named(&["build"]);
    let rules = by_name(&names);
    let outcome = |checks: &[(&str, CheckState)]| {
        let checks: Vec<Check> = checks
            .iter()
            .map(|(name, state)| status(name, state.clone(), 0))
            .collect();
        match fold(&checks, &rules, false) {
            StageOutcome::Success { .. } => "green",
            StageOutcome::Failure { .. } => "red",
            StageOutcome::None
            | StageOutcome::Pending { .. }
            | StageOutcome::Blocked { .. }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Superseded
            | StageOutcome::OnlyNewer { .. }
            | StageOutcome::NotNamed { .. } => "else",
        }
    };
    let (good, bad) = (CheckState::Success, CheckState::Failure);
    let pending = CheckState::Pending;
    for (checks, expected) in [
        (
            vec![("CI / build (push)", &good), ("Docs / build (push)", &bad)],
            "red",
        ),
        (
            vec![
                ("CI / build (push)", &good),
                ("Docs / build (push)", &pending),
            ],
            "else",
        ),
        (
            vec![("CI / build (push)", &good), ("build", &pending)],
            "else",
        ),
        (vec![("CI / build (push)", &good), ("build", &bad)], "red"),
        (vec![("CI / build (push)", &bad), ("build", &good)], "green"),
        (
            vec![("CI / build (push)", &pending), ("build (20)", &good)],
            "green",
        ),
        (vec![("CI / lint (push)", &good)], "else"),
    ] {
        let checks: Vec<_> = checks
            .into_iter()
            .map(|(name, state)| (name, state.clone()))
            .collect();
        assert_eq!(outcome(&checks), expected, "{checks:?}");
    }
}

#[test]
fn checks_that_were_all_skipped_are_told_and_count_as_nothing() {
    let said = |checks: &[(&str, CheckState)]| {
        let checks: Vec<Check> = checks
            .iter()
            .map(|(name, state)| status(name, state.clone(), 0))
            .collect();
        let outcome = fold(&checks, &ALL, false);
        if let StageOutcome::NotNamed { said } = outcome {
            said
        } else {
            word(&outcome).to_owned()
        }
    };
    let passed = || CheckState::Passed;
    assert_eq!(said(&[]), "none");
    assert_eq!(
        said(&[("test", passed())]),
        "test was skipped, which proves nothing"
    );
    // One of the same name twice is one.
    assert_eq!(
        said(&[("test", passed()), ("lint", passed()), ("test", passed())]),
        "test, lint were skipped, which proves nothing"
    );
    let many = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| (name, passed()));
    assert_eq!(
        said(&many),
        "a, b, c, d, e, f and 2 more were skipped, which proves nothing"
    );
    // What runs, succeeded or failed says more.
    for (state, expected) in [
        (CheckState::Success, "success"),
        (CheckState::Pending, "pending"),
        (CheckState::Failure, "failure"),
    ] {
        assert_eq!(said(&[("test", passed()), ("lint", state)]), expected);
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
    } else if any(&[CheckOutcome::Blocked]) {
        "blocked"
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
        StageOutcome::None | StageOutcome::NotNamed { .. } => "none",
        StageOutcome::Pending { .. } => "pending",
        StageOutcome::Blocked { .. } => "blocked",
        StageOutcome::Unreadable { .. } => "unreadable",
        StageOutcome::Success { .. } => "success",
        StageOutcome::Failure { checks, .. } => {
            assert!(!checks.is_empty());
            "failure"
        }
        StageOutcome::OnlyNewer { .. } => "only newer",
        StageOutcome::Superseded => "superseded",
    }
}

fn skipped(state: &CheckState) -> bool {
    matches!(state, CheckState::Passed | CheckState::NeverRan)
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
        let mut names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        let reported = named(&names);
        names.push("absent");
        let names = named(&names);
        for newer in [false, true] {
            for (rules, missing) in [
                (ALL, false),
                (by_name(&reported), false),
                (by_name(&names), true),
            ] {
                let outcome = fold(&checks, &rules, newer);
                let expected = match expected(&members, newer, missing) {
                    // By name each has to succeed, and one that was skipped did not.
                    "success" if rules != ALL && members.iter().any(|state| skipped(state)) => {
                        "pending"
                    }
                    expected => expected,
                };
                assert_eq!(word(&outcome), expected, "{members:?} {rules:?} {newer}");
                seen.insert(expected);
            }
        }
    }
    assert_eq!(seen.len(), 6);
}

#[test]
fn checks_that_do_not_count_change_nothing() {
    let noise = status("ci/woodpecker/manual/deploy", CheckState::Pending, 0);
    let ok = status("ci", CheckState::Success, 5);
    assert_eq!(
        fold(std::slice::from_ref(&noise), &ALL, false),
        StageOutcome::None
    );
    assert_eq!(
        fold(&[noise, ok], &ALL, false),
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
        names(fold(&checks, &ALL, false)),
        (Some(at(10)), "unit lint approval cancelled".to_owned())
    );
    assert_eq!(
        names(fold(&checks, &ALL, true)),
        (Some(at(20)), "unit lint approval".to_owned())
    );
}

#[test]
fn people_read_what_is_pending() {
    let names = named(&["a", "b"]);
    let detail = |checks: &[Check], rules: &BuildRules<'_>| {
        let outcome = fold(checks, rules, false);
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
    assert_eq!(detail(&one, &by_name(&names)), "b (not reported)");
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
        fold(&checks, &ALL, false),
        StageOutcome::Success {
            ended_at: Some(at(30))
        }
    );
}
