//! Stories in which the cause of an end must not get lost: what is not known is said, and never taken for an answer.

use crate::support::delivery::Delivery;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::sandbox::github_checks::CheckRights;
use crate::support::sandbox::http_server::{Fault, Response};
use crate::support::world::{LOCK, REPO};

on_each_kind_of_forge! {
    what_a_bots_notes_close_is_not_the_runs,
    a_commit_below_all_that_are_read_is_not_known_and_not_denied,
    a_stage_that_is_elsewhere_or_down_has_a_deadline_and_a_name,
    a_build_of_woodpecker_that_was_cancelled_is_left_to_the_newer_commit,
    a_build_of_woodpecker_that_a_person_holds_up_is_a_persons,
}

const BY_NAME: &str = r#"{"acme/widgets": {"build": {"checks": ["test"]}}}"#;

const WOODPECKER: &str = "ci/woodpecker/push/test";
const BY_WOODPECKER: &str =
    r#"{"acme/widgets": {"build": {"checks": ["ci/woodpecker/push/test"]}}}"#;

/// Somebody pushes on top, and Woodpecker cancels what runs, or has not begun, for the commit before.
fn a_build_of_woodpecker_that_was_cancelled_is_left_to_the_newer_commit(place: Place) {
    let github = place.is_github();
    for (word, says) in [
        (
            if github { "error" } else { "failure" },
            "Pipeline was canceled",
        ),
        (if github { "pending" } else { "failure" }, "unknown status"),
    ] {
        for green in [true, false] {
            let story = Delivery::at(place, BY_WOODPECKER);
            let built = story.pushed();
            let forge = &story.saga.world.forge;
            let newer = forge.push_commit(REPO, "alice", "Add docs");
            forge.described_status(REPO, &built.sha, (WOODPECKER, word), says);
            forge.described_status(REPO, &newer, (WOODPECKER, "pending"), "Pipeline is running");
            story.waits_for(&built, WOODPECKER);
            story.saga.pass(60);
            if green {
                let success = "Pipeline was successful";
                forge.described_status(REPO, &newer, (WOODPECKER, "success"), success);
                story.lands(&built);
            } else {
                forge.described_status(REPO, &newer, (WOODPECKER, "failure"), "Pipeline failed");
                story.corrects(&built, WOODPECKER);
            }
        }
    }
}

fn a_build_of_woodpecker_that_a_person_holds_up_is_a_persons(place: Place) {
    let declined = if place.is_github() {
        "failure"
    } else {
        "warning"
    };
    let story = Delivery::at(place, BY_WOODPECKER);
    let built = story.pushed();
    let forge = &story.saga.world.forge;
    let says = "Pipeline is pending approval";
    forge.described_status(REPO, &built.sha, (WOODPECKER, "pending"), says);
    let waits = format!("{WOODPECKER} waits for a person to approve it");
    story.waits_for(&built, &waits);
    story.saga.pass(900);
    story.freezes(&built, "ci-blocked", &waits);
    let story = Delivery::at(place, BY_WOODPECKER);
    let built = story.pushed();
    let forge = &story.saga.world.forge;
    let says = "Pipeline was rejected";
    forge.described_status(REPO, &built.sha, (WOODPECKER, declined), says);
    let said = format!("{WOODPECKER} was declined by a person, who has to decide how to go on");
    story.freezes(&built, "ci-blocked", &said);
}

/// GitHub makes the check run of a job that needs others only when it is due.
#[test]
fn one_of_several_jobs_of_a_name_does_not_land_a_run_before_the_others_are_there() {
    for ends in ["success", "failure"] {
        let story = Delivery::of(BY_NAME);
        let built = story.pushed();
        let github = &story.saga.world.github;
        let run = github.start_workflow(REPO, &built.sha, "ci", &["test (unit)", "build"]);
        github.finish_job(REPO, run, "test (unit)", "success");
        story.waits_for(
            &built,
            "test (unit) is green, and more of it may come after build",
        );
        github.finish_job(REPO, run, "build", "success");
        github.add_job(REPO, run, "test (e2e)");
        story.waits_for(&built, "build: test (e2e)");
        github.finish_job(REPO, run, "test (e2e)", ends);
        github.finish_workflow(REPO, run, ends);
        if ends == "success" {
            story.lands(&built);
        } else {
            story.corrects(&built, "test (e2e)");
        }
    }
}

/// An environment holds a deploy from the first minute, while what is named waits for a long job.
#[test]
fn an_approval_beside_a_named_check_that_is_on_its_way_freezes_nothing() {
    let story = Delivery::of(BY_NAME);
    let built = story.pushed();
    let github = &story.saga.world.github;
    let run = github.start_workflow(REPO, &built.sha, "ci", &["build"]);
    let deploy = github.start_workflow(REPO, &built.sha, "deploy", &["deploy"]);
    github.hold_job(REPO, deploy, "deploy");
    story.saga.pass(1_500);
    story.waits_for(
        &built,
        "build: test (not reported), deploy waits for a person",
    );
    github.finish_job(REPO, run, "build", "success");
    github.add_job(REPO, run, "test");
    story.waits_for(&built, "build: test");
    github.finish_job(REPO, run, "test", "success");
    story.lands(&built);
}

/// A nightly build, and that of Pages, may be called like the one that a push starts.
#[test]
fn a_run_that_only_met_the_commit_says_nothing_beside_that_of_the_push() {
    for event in ["schedule", "dynamic", "workflow_run"] {
        for ends in [Some("failure"), Some("cancelled"), None] {
            let story = Delivery::of(BY_NAME);
            let built = story.pushed();
            let github = &story.saga.world.github;
            let run = github.start_workflow(REPO, &built.sha, "ci", &["test"]);
            let other = github.start_workflow_by(REPO, &built.sha, "other", event, &["test"]);
            if let Some(ends) = ends {
                github.finish_job(REPO, other, "test", ends);
                github.finish_workflow(REPO, other, ends);
            }
            story.waits_for(&built, "build: test");
            github.finish_job(REPO, run, "test", "success");
            github.finish_workflow(REPO, run, "success");
            story.lands(&built);
        }
    }
}

/// A merge queue tested the commit, or a person started the workflow; the token gets no rollup.
#[test]
fn a_named_check_of_another_event_is_seen_without_the_rollup() {
    for event in ["merge_group", "workflow_dispatch"] {
        for rights in [CheckRights::ALL, CheckRights::FINE_GRAINED] {
            let story = Delivery::of(BY_NAME);
            let built = story.pushed();
            let github = &story.saga.world.github;
            github.set_check_rights(rights);
            let run = github.start_workflow_by(REPO, &built.sha, "queue", event, &["test"]);
            story.waits_for(&built, "build: test");
            github.finish_job(REPO, run, "test", "success");
            github.finish_workflow(REPO, run, "success");
            story.lands(&built);
        }
    }
}

/// A workflow that can not start brings none of the checks that are named.
#[test]
fn a_named_check_whose_workflow_could_not_start_is_red() {
    let story = Delivery::of(BY_NAME);
    let built = story.pushed();
    let github = &story.saga.world.github;
    let broken = github.start_workflow(REPO, &built.sha, "ci", &[]);
    let other = github.start_workflow(REPO, &built.sha, "lint", &["lint"]);
    github.finish_workflow(REPO, broken, "startup_failure");
    story.waits_for(&built, "build: test (not reported), ci (failed)");
    github.finish_workflow(REPO, other, "success");
    // Somebody else may post a check of that name, for as long as a build may take to start.
    story.waits_for(&built, "build: ci (failed)");
    story.saga.pass(900);
    story.corrects(&built, "ci");
}

#[test]
fn a_named_check_whose_workflow_waits_for_approval_is_a_persons() {
    let story = Delivery::of(BY_NAME);
    let built = story.pushed();
    let github = &story.saga.world.github;
    let run = github.start_workflow(REPO, &built.sha, "ci", &[]);
    github.finish_workflow(REPO, run, "action_required");
    let waits = "ci waits for a person to approve it";
    story.waits_for(&built, &format!("build: {waits}"));
    story.saga.pass(900);
    story.freezes(&built, "ci-blocked", waits);
    assert_eq!(story.saga.turns(&built.thread), 1);
}

/// A job exists only when all that it needs has ended, and that may take longer than a build may take to start.
#[test]
fn a_named_check_that_waits_for_long_jobs_before_it_is_waited_for() {
    let story = Delivery::at(Place::GitHub, BY_NAME);
    let built = story.pushed();
    let forge = &story.saga.world.forge;
    let run = forge.start_workflow(REPO, &built.sha, "ci", &["compile"]);
    story.saga.pass(1_200);
    story.waits_for(&built, "build: test (not reported)");
    story.saga.pass(4_200);
    story.freezes(&built, "ci-silent", "test (not reported)");
    forge.finish_workflow(REPO, run, "success");
}

/// A job that needs another one is skipped when that fails, or never made.
#[test]
fn a_named_check_behind_a_job_that_failed_is_red() {
    for skipped in [true, false] {
        let story = Delivery::at(Place::GitHub, BY_NAME);
        let built = story.pushed();
        let forge = &story.saga.world.forge;
        let jobs: &[&str] = if skipped {
            &["lint", "test"]
        } else {
            &["lint"]
        };
        let run = forge.start_workflow(REPO, &built.sha, "ci", jobs);
        if skipped {
            forge.finish_job(REPO, run, "test", "skipped");
        }
        forge.finish_job(REPO, run, "lint", "failure");
        forge.finish_workflow(REPO, run, "failure");
        if !skipped {
            story.waits_for(&built, "build: lint (failed)");
            story.saga.pass(900);
        }
        story.corrects(&built, "lint");
    }
}

/// B6, as it came: a bot's own commit on the branch, whose notes close the issue.
fn what_a_bots_notes_close_is_not_the_runs(place: Place) {
    let mut story = Delivery::at(place, "{}");
    if !place.is_github() {
        // An account like others, which is no person because it is listed.
        story.saga.world.set("AFK_AGENT_ACCOUNTS", "renovate");
    }
    let (number, thread) = story.saga.started();
    let forge = &story.saga.world.forge;
    forge.add_bot("renovate");
    let sha = forge.push_commit(
        REPO,
        "renovate",
        &format!(
            "Bump left-pad from 1 to 2\n\nRelease notes:\n\n- Fixes #{number} in the parser\n"
        ),
    );
    assert!(!forge.is_open(REPO, number), "the forge closes it");
    story.saga.ci(&sha, "success");
    assert_eq!(story.acts().action, "wait", "the agent is at work");
    story
        .saga
        .world
        .t3
        .agent_finishes(&thread, "Nothing to do.");
    story.saga.pass(200);
    let run = story.acts();
    assert_eq!(run.reason.unwrap().as_str(), "no-push", "{}", run.detail);
    assert_eq!(run.commit, None);
    let titles = story.saga.bells.titles();
    assert_eq!(
        titles,
        [format!("[NEEDS-HUMAN] {REPO}#{number} needs a human")]
    );
}

/// Beyond B10: the run's commit lies below all that are read, and the issue's events do not name it.
fn a_commit_below_all_that_are_read_is_not_known_and_not_denied(place: Place) {
    let story = Delivery::at(place, "{}");
    let (number, thread) = story.saga.started();
    let forge = &story.saga.world.forge;
    let own = forge.push_commit(REPO, "afk-bot", &format!("Do it\n\nAfk-Run: {thread}\n"));
    story.saga.ci(&own, "success");
    for index in 0..600 {
        forge.push_commit(REPO, "alice", &format!("Night shift {index}"));
    }
    story.saga.world.t3.agent_finishes(&thread, "Pushed.");
    story.saga.pass(200);
    let run = story.acts();
    assert_eq!(run.action, "wait", "{}", run.detail);
    let said = "it is not known whether one is the run's";
    assert!(run.detail.contains(said), "{}", run.detail);
    // It is not waited for without end, and the end says no more than is known.
    story.saga.pass(14_400);
    let run = story.acts();
    assert_eq!(run.action, "escalate_prepush", "{}", run.detail);
    assert!(story.saga.world.t3.thread(&thread).unwrap().archived);
    let shown = &story.saga.checklist(number)[0];
    assert!(!shown.contains("no commit is on the branch"), "{shown}");
    assert!(
        !story
            .saga
            .world
            .labels(number)
            .iter()
            .any(|label| label == LOCK)
    );
}

/// Services that send us elsewhere, or hang up.
fn a_stage_that_is_elsewhere_or_down_has_a_deadline_and_a_name(place: Place) {
    const BY_PUSH: &str = r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "push"}}}"#;
    const ROLLED_OUT: &str =
        r#"{"acme/widgets": {"rollout": {"namespace": "shop", "name": "widgets"}}}"#;
    for (repos, service, stage) in [
        (BY_PUSH, "woodpecker", "deploy"),
        (ROLLED_OUT, "kubernetes", "rollout"),
    ] {
        for (redirects, said) in [(true, "HTTP 302"), (false, "connection")] {
            let story = Delivery::at(place, repos);
            let built = story.built();
            story.saga.world.journal.intercept(move |exchange| {
                if exchange.service != service {
                    Fault::None
                } else if redirects {
                    let page = Response::empty(302);
                    Fault::Instead(page.with_header("location", "https://login.example/"))
                } else {
                    Fault::LostRequest
                }
            });
            let report = story.saga.watch();
            assert_eq!(report.runs[0].action, "wait", "{report}");
            assert_eq!(report.failures.len(), 1, "{report}");
            assert_eq!(report.failures[0].service, service);
            let shown = &story.saga.checklist(built.number)[0];
            assert!(
                shown.contains(&format!("_Waits: {stage}: it can not be read: "))
                    && shown.contains(said),
                "{said}: {shown}"
            );
            story.saga.pass(5_400);
            story.freezes(&built, "ci-silent", said);
        }
    }
}
