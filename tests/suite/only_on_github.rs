//! Stories of poll and watch that are told on GitHub alone, each with the reason. All others are told on every forge
//! (`support/place.rs`), and what only Forgejo and Gitea have is told in `forgejo/`.
//!
//! A story that nobody gave its form on the other forges, and that is not listed here, fails the test below.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const SUITES: &str = "workflow runs that have no job, or wait for a person, are told by suites; elsewhere `forgejo/run.rs` tells of runs without a status, where the server does";
const CANCELLED: &str = "a build that was cancelled is told as failed";
const DEPLOYMENTS: &str = "the forge has no deployments";
const BATCHES: &str =
    "many issues are read by one document; elsewhere each has requests of its own";
const ONE_SPELLING: &str = "ids of entries are numbers, and have one spelling";
const NO_FORGE: &str = "no forge has a part in it";
const NO_NOTES: &str = "notes on refusals are not written there (README): a comment of ours could keep the gate from proving that nothing changed";

/// Story and reason, by file.
const STORIES: &[(&str, &[(&str, &str)])] = &[
    (
        "causes.rs",
        &[
            (
                "a_named_check_whose_workflow_could_not_start_is_red",
                SUITES,
            ),
            (
                "a_named_check_whose_workflow_waits_for_approval_is_a_persons",
                SUITES,
            ),
            (
                "a_named_check_that_waits_for_long_jobs_before_it_is_waited_for",
                "jobs that wait for others post that they do, from the beginning",
            ),
            (
                "a_named_check_behind_a_job_that_failed_is_red",
                "no status tells of which workflow it is: a named check that was skipped has not reported, and its deadline ends the run",
            ),
            (
                "one_of_several_jobs_of_a_name_does_not_land_a_run_before_the_others_are_there",
                "jobs that wait for others post that they do, from the beginning",
            ),
            (
                "an_approval_beside_a_named_check_that_is_on_its_way_freezes_nothing",
                SUITES,
            ),
            (
                "a_run_that_only_met_the_commit_says_nothing_beside_that_of_the_push",
                "a status tells its event in its name, and `build.checks` names that",
            ),
            (
                "a_named_check_of_another_event_is_seen_without_the_rollup",
                "there is one right for all that CI says",
            ),
        ],
    ),
    (
        "chains.rs",
        &[
            ("every_chain_of_the_readme_is_told", NO_FORGE),
            ("actions_only", SUITES),
            ("deployments_of_the_forge", DEPLOYMENTS),
        ],
    ),
    (
        "deploy_parts.rs",
        &[(
            "deployments_of_newer_commits_are_waited_for_and_what_failed_is_told",
            DEPLOYMENTS,
        )],
    ),
    (
        "deploys.rs",
        &[
            (
                "what_another_commit_that_was_built_for_ours_deploys_is_not_our_failure",
                CANCELLED,
            ),
            (
                "deployments_of_the_forge_fail_wait_and_are_overtaken",
                DEPLOYMENTS,
            ),
            (
                "deployments_that_our_token_may_not_read_have_a_deadline_and_a_name",
                DEPLOYMENTS,
            ),
            (
                "a_deployment_of_another_commit_that_was_built_for_ours_is_not_our_failure",
                DEPLOYMENTS,
            ),
            (
                "our_own_deployment_behind_hundreds_of_others_is_found_and_too_many_are_not_known",
                DEPLOYMENTS,
            ),
        ],
    ),
    (
        "explain.rs",
        &[(
            "a_pending_deploy_and_a_pending_rollout_tell_until_when",
            "it counts the seconds of Woodpecker and Kubernetes, and what the build says is told of every forge before",
        )],
    ),
    (
        "overlap.rs",
        &[
            (
                "rate_limit_in_mid_start_doubles_nothing",
                "its limits are told in GitHub's words; elsewhere a proxy's 429 is told in `tracker_port`",
            ),
            (
                "start_makes_these_requests",
                "a list of GitHub's requests; those of the others are in `forgejo/figures.rs`",
            ),
        ],
    ),
    (
        "poll.rs",
        &[
            (
                "each_refusal_that_only_github_knows_is_named",
                "Apps, transfers, who edited a body, and labels that are found in any case",
            ),
            (
                "trusted_apps_and_allowed_public_repositories_pass",
                "there are no Apps; public repositories are told in `forgejo/gate.rs`",
            ),
        ],
    ),
    (
        "poll_policy.rs",
        &[
            (
                "a_labelling_whose_id_is_spelled_in_another_form_by_the_next_tick_has_one_run",
                ONE_SPELLING,
            ),
            (
                "a_new_labelling_in_the_other_form_has_its_own_run",
                ONE_SPELLING,
            ),
        ],
    ),
    (
        "poll_readings.rs",
        &[
            (
                "issues_that_will_hardly_pass_are_read_together_whatever_is_free",
                BATCHES,
            ),
            (
                "where_nothing_speaks_against_it_one_batch_is_read_for_one_start",
                BATCHES,
            ),
        ],
    ),
    ("refusal_notes.rs", &[("*", NO_NOTES)]),
    (
        "status.rs",
        &[
            ("it_needs_its_services_and_a_sensible_interval", NO_FORGE),
            (
                "a_terminal_tells_its_own_width_and_colour_is_kept_from_whoever_wants_none",
                NO_FORGE,
            ),
            ("it_is_shown_anew_until_it_is_stopped", NO_FORGE),
        ],
    ),
    ("every_end.rs", &[("*", "texts alone: no forge, no T3")]),
    (
        "verdicts.rs",
        &[
            (
                "a_workflow_that_could_not_start_is_red_beside_green_ones",
                SUITES,
            ),
            (
                "a_workflow_that_waits_for_approval_is_handed_back_after_the_start_limit",
                SUITES,
            ),
            (
                "a_job_that_its_environment_holds_back_is_a_persons_after_the_start_limit",
                "the forge has no environments",
            ),
            (
                "a_workflow_is_not_replaced_by_another_one_of_its_name",
                "statuses of two workflows of one name and job are one context there: the server keeps the newest",
            ),
            (
                "the_merge_of_a_pull_request_is_the_runs",
                "it tells CI of the pull request's own run apart by its event; merges are told on every forge in `watch_field/people.rs`",
            ),
            (
                "the_line_is_read_once_more_where_checks_of_many_can_not_be_had",
                BATCHES,
            ),
            ("a_merge_has_its_own_time_to_be_built", CANCELLED),
            (
                "a_build_that_ran_out_of_time_is_red_whatever_documentation_came_on_top",
                CANCELLED,
            ),
            ("documentation_on_top_hides_no_green_commit", CANCELLED),
        ],
    ),
    (
        "watch_more.rs",
        &[(
            "a_token_without_the_right_to_checks_reads_workflow_runs",
            "there is one right for all that CI says",
        )],
    ),
    (
        "watch_field/forges.rs",
        &[(
            "what_is_withheld_costs_a_fact_and_no_other_run",
            "only GraphQL withholds single values of an answer",
        )],
    ),
];

/// Files whose tests are no stories of poll and watch.
const NO_STORIES: &[(&str, &str)] = &[
    ("check.rs", "`check` asks each forge in its own words"),
    ("check/asked.rs", "the same"),
    ("check/planted.rs", "the same"),
    ("check/services.rs", "the same"),
    ("check/whole.rs", "the same"),
    ("command_line.rs", "arguments and exit codes"),
    ("decisions.rs", "the record of decisions and its replay"),
    ("deploy/running.rs", "images and manifests"),
    (
        "gate_facts.rs",
        "GitHub's facts at the gate; those of the others are in `forgejo/gate.rs` and beside it",
    ),
    ("github_app.rs", "Apps"),
    ("monitoring.rs", "figures and watchdogs"),
    ("shown_outputs.rs", "outputs that the README shows"),
    (
        "watch_crashes/play.rs",
        "ticks that die at every request; of the other forges the simulation and `overlap.rs` tell",
    ),
    ("wire_github.rs", "GitHub's wire"),
    ("wire_github_limits.rs", "GitHub's wire"),
    ("wire_github_watch.rs", "GitHub's wire"),
    ("wire_t3.rs", "T3's wire"),
];

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite")
}

/// The Rust files below a directory of the suite, by their names from there.
fn files(below: &Path, all: &mut Vec<String>) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let name = path.strip_prefix(suite()).unwrap();
            all.push(name.to_str().unwrap().to_owned());
        }
    }
}

/// Whether a file tells stories in worlds that have a forge.
fn has_worlds(name: &str, text: &str) -> bool {
    let elsewhere = ["support/", "forgejo/", "tracker_port/", "only_on_github.rs"];
    let worlds = ["World::", "Saga::", "Delivery::"];
    !elsewhere.iter().any(|start| name.starts_with(start))
        && worlds.iter().any(|world| text.contains(world))
}

/// The tests of a file that are told in one place.
fn told_once(text: &str) -> Vec<&str> {
    text.split("#[test]\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("fn ")?.1.split('(').next())
        .collect()
}

#[test]
fn every_other_story_of_poll_and_watch_is_told_on_every_forge() {
    let mut names = Vec::new();
    files(&suite(), &mut names);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for name in names {
        let text = std::fs::read_to_string(suite().join(&name)).unwrap();
        let listed = STORIES.iter().find(|(file, _)| *file == name);
        if NO_STORIES.iter().any(|(file, _)| *file == name)
            || listed.is_none() && !has_worlds(&name, &text)
        {
            continue;
        }
        let listed = listed.map_or(&[][..], |(_, stories)| stories);
        for story in told_once(&text) {
            match listed
                .iter()
                .find(|(known, _)| [story, "*"].contains(known))
            {
                Some((known, _)) => _ = seen.insert((name.clone(), *known)),
                None => wrong.push(format!("{name}: {story} is told on GitHub alone")),
            }
        }
    }
    for (file, stories) in STORIES {
        for (story, _) in *stories {
            if !seen.contains(&((*file).to_owned(), *story)) {
                wrong.push(format!("{file}: {story} is listed and not there"));
            }
        }
    }
    for (file, _) in NO_STORIES {
        if !suite().join(file).is_file() {
            wrong.push(format!("{file} is listed and not there"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
