//! Stories of deploys, as they were seen on real servers: what a Woodpecker shows, and what becomes of the run.

use serde_json::json;

use crate::support::delivery::{Built, Delivery};
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::sandbox::http_server::{Fault, Response};
use crate::support::world::REPO;

on_each_kind_of_forge! {
    other_branches_at_the_same_commit_never_count,
    the_configured_target_is_the_only_one,
    a_newer_deploy_that_succeeded_beside_a_failed_workflow_lands_ours,
    newer_commits_that_deploy_nothing_do_not_hide_our_failure,
    a_deploy_by_hand_says_nothing_where_pushes_deploy,
    a_deploy_by_image_tag_is_waited_for_whatever_else_ran,
    our_own_deploy_behind_hundreds_of_others_is_found,
    what_a_person_stopped_is_handed_back_at_once_and_says_who,
    an_approval_is_waited_for_with_its_public_link,
    what_somebody_else_broke_is_not_ours_and_has_a_deadline,
    a_time_limit_and_a_failed_step_are_red,
    a_server_that_can_not_be_read_has_a_deadline_and_a_name,
    a_disabled_repository_and_one_of_the_same_name_are_named,
    statuses_of_the_deploy_are_left_out_of_the_build_by_their_configured_name,
    unnamed_statuses_of_woodpecker_are_no_build,
    a_restarted_pipeline_counts_in_the_place_of_the_first,
}

const BY_PUSH: &str = r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "push"}}}"#;
const BY_TAG: &str = r#"{"acme/widgets": {"deploy": "woodpecker"}}"#;
const BY_PROMOTION: &str = r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "deployment", "target": "production"}}}"#;
const BY_GITHUB: &str =
    r#"{"acme/widgets": {"deploy": {"on": "github", "environment": "production"}}}"#;

fn on_branch(story: &Delivery, number: u64, branch: &str) {
    story.woodpecker.change(REPO, number, |pipeline| {
        pipeline["branch"] = json!(branch);
        pipeline["ref"] = json!(format!("refs/heads/{branch}"));
    });
}

fn promote(story: &Delivery, sha: &str, target: &str, status: &str) -> u64 {
    let number = story.woodpecker.add(REPO, "deployment", sha, status);
    story.woodpecker.change(REPO, number, |pipeline| {
        pipeline["deploy_to"] = json!(target);
    });
    number
}

fn other_branches_at_the_same_commit_never_count(place: Place) {
    let story = Delivery::at(place, BY_PUSH);
    let built = story.built();
    // Pushed to a topic branch first.
    let topic = story.woodpecker.push_pipeline(REPO, &built.sha, "success");
    on_branch(&story, topic, "topic");
    let own = story.woodpecker.push_pipeline(REPO, &built.sha, "pending");
    story.waits_for(&built, "deploy: pipeline 2 waits for its turn");
    story.woodpecker.set_status(REPO, own, "failure");
    // A branch that somebody makes there afterwards.
    let release = story.woodpecker.push_pipeline(REPO, &built.sha, "success");
    on_branch(&story, release, "release-x");
    story.corrects(&built, "deploy pipeline 2");
}

fn the_configured_target_is_the_only_one(place: Place) {
    let story = Delivery::at(place, BY_PROMOTION);
    let built = story.built();
    promote(&story, &built.sha, "staging", "success");
    story.waits_for(
        &built,
        "deploy: pipeline 1 went to staging, and not to production (",
    );
    promote(&story, &built.sha, "production", "failure");
    story.corrects(&built, "deploy pipeline 2");
}

const BY_WORKFLOW: &str =
    r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "push", "workflow": "deploy"}}}"#;

fn with_workflows(story: &Delivery, number: u64, workflows: &[(&str, &str)]) {
    let workflows: Vec<_> = workflows
        .iter()
        .map(|(name, state)| json!({"id": 1, "pid": 1, "name": name, "state": state, "children": []}))
        .collect();
    story.woodpecker.change(REPO, number, |pipeline| {
        pipeline["workflows"] = json!(workflows);
    });
}

/// The workflow's own word counts, in whatever the rest of its pipeline ends.
fn a_newer_deploy_that_succeeded_beside_a_failed_workflow_lands_ours(place: Place) {
    let story = Delivery::at(place, BY_WORKFLOW);
    let built = story.built();
    let own = story.woodpecker.push_pipeline(REPO, &built.sha, "failure");
    with_workflows(&story, own, &[("deploy", "failure")]);
    let newer = story
        .saga
        .world
        .forge
        .push_commit(REPO, "alice", "Another feature");
    let pipeline = story.woodpecker.push_pipeline(REPO, &newer, "failure");
    with_workflows(
        &story,
        pipeline,
        &[("notify", "failure"), ("deploy", "success")],
    );
    story.lands(&built);
}

fn newer_commits_that_deploy_nothing_do_not_hide_our_failure(place: Place) {
    let story = Delivery::at(place, BY_WORKFLOW);
    let built = story.built();
    let own = story.woodpecker.push_pipeline(REPO, &built.sha, "failure");
    with_workflows(&story, own, &[("test", "success"), ("deploy", "failure")]);
    for _ in 0..4 {
        let docs = story.saga.world.forge.push_commit(REPO, "alice", "Docs");
        let number = story.woodpecker.push_pipeline(REPO, &docs, "success");
        with_workflows(&story, number, &[("docs", "success")]);
    }
    story.corrects(&built, "deploy pipeline 1: deploy");
}

fn a_deploy_by_hand_says_nothing_where_pushes_deploy(place: Place) {
    let story = Delivery::at(place, BY_PUSH);
    let built = story.built();
    story
        .woodpecker
        .deploy_pipeline(REPO, &built.sha[..8], "failure");
    story.woodpecker.push_pipeline(REPO, &built.sha, "success");
    story
        .woodpecker
        .deploy_pipeline(REPO, "0a1b2c3d", "success");
    story.lands(&built);
}

fn a_deploy_by_image_tag_is_waited_for_whatever_else_ran(place: Place) {
    let story = Delivery::at(place, BY_TAG);
    let built = story.built();
    story.woodpecker.push_pipeline(REPO, &built.sha, "success");
    story
        .woodpecker
        .deploy_pipeline(REPO, "0a1b2c3d", "success");
    for _ in 0..60 {
        story.woodpecker.push_pipeline(REPO, &built.sha, "success");
    }
    story.waits_for(&built, "deploy: nothing has started");
    story.saga.pass(900);
    story.freezes(&built, "ci-silent", "nothing has started");
}

fn our_own_deploy_behind_hundreds_of_others_is_found(place: Place) {
    let story = Delivery::at(place, BY_TAG);
    let built = story.built();
    story
        .woodpecker
        .deploy_pipeline(REPO, &built.sha[..8], "success");
    for _ in 0..120 {
        story
            .woodpecker
            .deploy_pipeline(REPO, "0a1b2c3d", "success");
    }
    story.lands(&built);
}

fn what_a_person_stopped_is_handed_back_at_once_and_says_who(place: Place) {
    type Stop = fn(&Delivery, u64);
    let stops: [(Stop, &str); 3] = [
        (
            |story, number| story.woodpecker.decline(REPO, number, "alice"),
            "was declined by alice",
        ),
        (
            |story, number| story.woodpecker.cancel(REPO, number, "alice"),
            "was cancelled by alice",
        ),
        (
            |story, number| story.woodpecker.set_status(REPO, number, "canceled"),
            "was cancelled; a person has to start it again",
        ),
    ];
    for (stop, said) in stops {
        let story = Delivery::at(place, BY_PUSH);
        let built = story.built();
        let pipeline = story.woodpecker.push_pipeline(REPO, &built.sha, "running");
        stop(&story, pipeline);
        story.freezes(&built, "ci-blocked", said);
        assert_eq!(story.saga.turns(&built.thread), 1);
    }
}

/// The link is one that people can open.
fn an_approval_is_waited_for_with_its_public_link(place: Place) {
    let mut story = Delivery::at(place, BY_PUSH);
    story
        .saga
        .world
        .set("AFK_WOODPECKER_PUBLIC_URL", "https://ci.example.org");
    let built = story.built();
    story.woodpecker.push_pipeline(REPO, &built.sha, "blocked");
    story.waits_for(&built, "waits for a person to approve it");
    story.saga.pass(890);
    story.waits_for(&built, "waits for a person to approve it");
    story.saga.pass(20);
    story.freezes(&built, "ci-blocked", "waits for a person to approve it");
    let shown = &story.saga.checklist(built.number)[0];
    let bell = story.saga.bells.rung().pop().unwrap().to_string();
    for text in [shown, &bell] {
        assert!(
            text.contains("https://ci.example.org/repos/40/pipeline/1"),
            "{text}"
        );
    }
}

fn what_somebody_else_broke_is_not_ours_and_has_a_deadline(place: Place) {
    let story = Delivery::at(place, BY_PUSH);
    let built = story.built();
    let own = story.woodpecker.push_pipeline(REPO, &built.sha, "running");
    let others = story
        .saga
        .world
        .forge
        .push_commit(REPO, "alice", "Somebody's");
    let later = story.woodpecker.push_pipeline(REPO, &others, "failure");
    story.woodpecker.supersede(REPO, own, later);
    let cause = "pipeline 2 of another commit superseded pipeline 1";
    story.waits_for(&built, cause);
    story.saga.pass(5_400);
    story.freezes(&built, "ci-silent", cause);
    assert_eq!(story.saga.turns(&built.thread), 1);
}

fn a_time_limit_and_a_failed_step_are_red(place: Place) {
    let story = Delivery::at(place, BY_PUSH);
    let built = story.built();
    let pipeline = story.woodpecker.push_pipeline(REPO, &built.sha, "killed");
    story.woodpecker.change(REPO, pipeline, |pipeline| {
        pipeline["workflows"] = json!([{"id": 1, "pid": 1, "name": "deploy", "state": "killed", "children": [
            {"id": 2, "pid": 2, "name": "apply", "state": "killed", "exit_code": 137, "error": "context deadline exceeded"},
        ]}]);
    });
    story.corrects(&built, "context deadline exceeded");
}

fn a_server_that_can_not_be_read_has_a_deadline_and_a_name(place: Place) {
    type Answer = fn() -> Response;
    let answers: [(Answer, &str); 5] = [
        (|| Response::empty(401), "is wrong or was reset"),
        (|| Response::empty(403), "HTTP 403"),
        (|| Response::empty(404), "Woodpecker does not know it"),
        (|| Response::empty(503), "HTTP 503"),
        (
            || Response::text(200, "text/html", "<!doctype html>"),
            "instead of JSON",
        ),
    ];
    for (answer, said) in answers {
        let story = Delivery::at(place, BY_PUSH);
        let built = story.built();
        story.saga.world.journal.intercept(move |exchange| {
            if exchange.service == "woodpecker" {
                Fault::Instead(answer())
            } else {
                Fault::None
            }
        });
        let report = story.saga.watch();
        assert_eq!(report.runs[0].action, "wait", "{report}");
        assert_eq!(report.failures.len(), 1, "{report}");
        let shown = &story.saga.checklist(built.number)[0];
        assert!(
            shown.contains("_Waits: deploy: it can not be read: ") && shown.contains(said),
            "{said}: {shown}"
        );
        story.saga.pass(5_400);
        story.freezes(&built, "ci-silent", said);
    }
}

fn a_disabled_repository_and_one_of_the_same_name_are_named(place: Place) {
    let story = Delivery::at(place, BY_PUSH);
    let built = story.built();
    story.woodpecker.disable(REPO);
    let report = story.saga.watch();
    assert_eq!(report.runs[0].action, "wait", "{report}");
    story.saga.pass(5_400);
    story.freezes(
        &built,
        "ci-silent",
        "the repository is not enabled in Woodpecker",
    );
}

/// The deploy's statuses on the commit would hold the build stage.
fn statuses_of_the_deploy_are_left_out_of_the_build_by_their_configured_name(place: Place) {
    let story = Delivery::at(
        place,
        r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "push", "context": "ci/cd"}}}"#,
    );
    let built = story.built();
    let forge = &story.saga.world.forge;
    forge.commit_status(REPO, &built.sha, "afk-bot", "ci/cd/push/deploy", "pending");
    story.woodpecker.push_pipeline(REPO, &built.sha, "success");
    story.lands(&built);
    // What is only called alike is a check like any other.
    let story = Delivery::at(
        place,
        r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "push", "context": "ci/cd"}}}"#,
    );
    let built = story.built();
    let forge = &story.saga.world.forge;
    forge.commit_status(REPO, &built.sha, "afk-bot", "ci/cdn", "pending");
    story.waits_for(&built, "build: ci/cdn");
}

/// Nobody named Woodpecker's checks, and nothing else reports.
fn unnamed_statuses_of_woodpecker_are_no_build(place: Place) {
    let story = Delivery::at(place, "{}");
    let built = story.pushed();
    let forge = &story.saga.world.forge;
    forge.commit_status(
        REPO,
        &built.sha,
        "afk-bot",
        "ci/woodpecker/push/test",
        "success",
    );
    story.waits_for(&built, "build: nothing has started");
    story.saga.pass(900);
    story.freezes(&built, "ci-silent", "nothing has started");
}

#[test]
fn deployments_of_the_forge_fail_wait_and_are_overtaken() {
    let story = Delivery::of(BY_GITHUB);
    let built = story.built();
    let github = &story.saga.world.github;
    let deployment = github.deploy(REPO, &built.sha, "production");
    github.deployment_is(REPO, deployment, "failure");
    story.corrects(&built, "deployment to production failed");

    let story = Delivery::of(BY_GITHUB);
    let built = story.built();
    let github = &story.saga.world.github;
    let deployment = github.deploy(REPO, &built.sha, "production");
    github.deployment_is(REPO, deployment, "waiting");
    story.waits_for(&built, "waits for a person to approve it");
    story.saga.pass(900);
    story.freezes(
        &built,
        "ci-blocked",
        "deployment to production waits for a person to approve it",
    );

    // Overtaken by one that contains it.
    let story = Delivery::of(BY_GITHUB);
    let built = story.built();
    let github = &story.saga.world.github;
    let own = github.deploy(REPO, &built.sha, "production");
    let newer = github.push_commit(REPO, "alice", "On top");
    let later = github.deploy(REPO, &newer, "production");
    github.deployment_is(REPO, own, "inactive");
    story.waits_for(&built, "another deployment to production took its place");
    github.deployment_is(REPO, later, "success");
    story.lands(&built);
}

#[test]
fn deployments_that_our_token_may_not_read_have_a_deadline_and_a_name() {
    let story = Delivery::of(BY_GITHUB);
    let built = story.built();
    forbid_deployments(&story);
    let report = story.saga.watch();
    assert_eq!(report.runs[0].action, "wait", "{report}");
    assert_eq!(report.failures.len(), 1, "{report}");
    let said = "Resource not accessible by personal access token";
    let shown = &story.saga.checklist(built.number)[0];
    assert!(shown.contains(said), "{shown}");
    story.saga.pass(5_400);
    story.freezes(&built, "ci-silent", said);
}

fn forbid_deployments(story: &Delivery) {
    story.saga.world.journal.intercept(|exchange| {
        let document = String::from_utf8_lossy(&exchange.request.body).into_owned();
        if document.contains("query Deployments") {
            Fault::Instead(Response::json(
                200,
                &json!({"data": {"repository": {"deployments": null}}, "errors": [{
                    "type": "FORBIDDEN", "path": ["repository", "deployments"],
                    "message": "Resource not accessible by personal access token",
                }]}),
            ))
        } else {
            Fault::None
        }
    });
}

/// A pipeline that a person started again counts in the place of the first.
fn a_restarted_pipeline_counts_in_the_place_of_the_first(place: Place) {
    let story = Delivery::at(place, BY_PUSH);
    let built = story.built();
    let first = story.woodpecker.push_pipeline(REPO, &built.sha, "failure");
    let second = story.woodpecker.restart(REPO, first, "running");
    story.waits_for(&built, "deploy: pipeline 2 runs");
    story.woodpecker.set_status(REPO, second, "success");
    lands_at(&story, &built);
}

fn lands_at(story: &Delivery, built: &Built) {
    story.lands(built);
    assert_eq!(story.saga.turns(&built.thread), 1);
}

/// Our build was cancelled for alice's commit, which is green. Returns hers.
fn built_by_another(story: &Delivery) -> (Built, String) {
    let built = story.pushed();
    let newer = (story.saga.world.forge).push_commit(REPO, "alice", "Another feature");
    story.saga.ci(&built.sha, "cancelled");
    story.saga.ci(&newer, "success");
    (built, newer)
}

#[test]
fn what_another_commit_that_was_built_for_ours_deploys_is_not_our_failure() {
    // Ours is deployed, hers is not.
    let story = Delivery::at(Place::GitHub, BY_PUSH);
    let (built, newer) = built_by_another(&story);
    story.woodpecker.push_pipeline(REPO, &built.sha, "success");
    story.woodpecker.push_pipeline(REPO, &newer, "failure");
    story.lands(&built);
    // Ours was never deployed, and hers fails.
    let story = Delivery::at(Place::GitHub, BY_PUSH);
    let (built, newer) = built_by_another(&story);
    story.woodpecker.push_pipeline(REPO, &newer, "failure");
    let said = "nothing has started for it, and of a newer commit that contains it: deploy pipeline 1 failed (";
    story.waits_for(&built, &format!("deploy: {said}"));
    story.saga.pass(900);
    story.freezes(&built, "ci-silent", said);
    assert_eq!(story.saga.turns(&built.thread), 1);
    // Ours fails, as hers does.
    let story = Delivery::at(Place::GitHub, BY_PUSH);
    let (built, newer) = built_by_another(&story);
    story.woodpecker.push_pipeline(REPO, &built.sha, "failure");
    story.woodpecker.push_pipeline(REPO, &newer, "failure");
    story.corrects(&built, "deploy pipeline 1 failed");
}

#[test]
fn a_deployment_of_another_commit_that_was_built_for_ours_is_not_our_failure() {
    for own in [true, false] {
        let story = Delivery::of(BY_GITHUB);
        let (built, newer) = built_by_another(&story);
        let github = &story.saga.world.github;
        if own {
            let deployment = github.deploy(REPO, &built.sha, "production");
            github.deployment_is(REPO, deployment, "success");
        }
        let hers = github.deploy(REPO, &newer, "production");
        github.deployment_is(REPO, hers, "failure");
        if own {
            story.lands(&built);
        } else {
            story.waits_for(
                &built,
                "deploy: nothing has started for it, and of a newer commit that contains it: deployment to production failed (",
            );
        }
    }
}

/// Nothing is said of deployments that were not read, and older ones than the run are not read.
#[test]
fn our_own_deployment_behind_hundreds_of_others_is_found_and_too_many_are_not_known() {
    for (before, others, expected) in [(300, 10, Some(1)), (0, 120, Some(3)), (0, 500, None)] {
        let story = Delivery::of(BY_GITHUB);
        let github = &story.saga.world.github;
        let strange = github.push_commit(REPO, "alice", "Before");
        let deploy = |count: usize| {
            for _ in 0..count {
                let other = github.deploy(REPO, &strange, "production");
                github.deployment_is(REPO, other, "failure");
            }
        };
        deploy(before);
        story.saga.pass(86_400);
        let built = story.built();
        let own = github.deploy(REPO, &built.sha, "production");
        github.deployment_is(REPO, own, "success");
        deploy(others);
        let pages = || {
            let exchanges = story.saga.world.journal.exchanges();
            let bodies = exchanges.iter().map(|exchange| &exchange.request.body);
            bodies
                .filter(|body| String::from_utf8_lossy(body).contains("query Deployments"))
                .count()
        };
        match expected {
            Some(expected) => {
                story.lands(&built);
                assert_eq!(pages(), expected);
            }
            None => {
                let report = story.saga.watch();
                assert_eq!(report.runs[0].action, "wait", "{report}");
                assert_eq!(pages(), 10);
                let said = "production had more than 500 deployments since the run began";
                let shown = &story.saga.checklist(built.number)[0];
                assert!(shown.contains(said), "{shown}");
                story.saga.pass(5_400);
                story.freezes(&built, "ci-silent", said);
            }
        }
    }
}
