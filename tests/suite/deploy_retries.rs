//! Stories of deploys that were tried again, that a failed step ended, and of pipelines that ran and deployed nothing.

use serde_json::{Value, json};

use crate::support::delivery::Delivery;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::world::REPO;

on_each_kind_of_forge! {
    a_deploy_that_is_tried_again_by_another_start_counts_in_the_place_of_the_first,
    a_deploy_that_was_stopped_and_tried_again_by_another_start_lands,
    parts_of_a_deploy_stay_parts_one_after_the_other_and_side_by_side,
    what_a_failed_step_cancelled_is_a_failure_and_no_persons_decision,
    what_ran_without_deploying_is_told_with_its_link,
}

const BY_PUSH: &str = r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "push"}}}"#;
const BY_TAG: &str = r#"{"acme/widgets": {"deploy": "woodpecker"}}"#;
const BY_WORKFLOW: &str =
    r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "push", "workflow": "Deploy"}}}"#;
const BY_PROMOTION: &str = r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "deployment", "target": "production"}}}"#;

/// A manual pipeline of an image that was started with another variable as well.
fn deploy(story: &Delivery, sha: &str, started_with: (&str, &str), status: &str) -> u64 {
    let number = story.woodpecker.deploy_pipeline(REPO, &sha[..8], "pending");
    let (name, value) = started_with;
    change(story, number, |pipeline| {
        if !name.is_empty() {
            pipeline["variables"][name] = json!(value);
        }
    });
    story.woodpecker.set_status(REPO, number, status);
    number
}

fn change(story: &Delivery, number: u64, change: impl FnOnce(&mut Value)) {
    story.woodpecker.change(REPO, number, change);
}

fn a_deploy_that_is_tried_again_by_another_start_counts_in_the_place_of_the_first(place: Place) {
    for (first, second) in [
        (("GITHUB_RUN_ID", "111"), ("GITHUB_RUN_ID", "222")),
        (("TRIGGERED_BY", "github-actions"), ("", "")),
        (("", ""), ("NOTE", "once more")),
    ] {
        let story = Delivery::at(place, BY_TAG);
        let built = story.built();
        deploy(&story, &built.sha, first, "failure");
        story.saga.pass(1);
        deploy(&story, &built.sha, second, "success");
        story.lands(&built);
    }
    // And the other way round.
    let story = Delivery::at(place, BY_TAG);
    let built = story.built();
    deploy(&story, &built.sha, ("RUN_ID", "1"), "success");
    story.saga.pass(1);
    deploy(&story, &built.sha, ("RUN_ID", "2"), "failure");
    story.corrects(&built, "deploy pipeline 2");
}

fn a_deploy_that_was_stopped_and_tried_again_by_another_start_lands(place: Place) {
    for declined in [true, false] {
        let story = Delivery::at(place, BY_TAG);
        let built = story.built();
        let first = deploy(&story, &built.sha, ("RUN_ID", "1"), "running");
        if declined {
            story.woodpecker.decline(REPO, first, "alice");
        } else {
            story.woodpecker.cancel(REPO, first, "alice");
        }
        story.saga.pass(1);
        deploy(&story, &built.sha, ("RUN_ID", "2"), "success");
        story.lands(&built);
    }
}

fn parts_of_a_deploy_stay_parts_one_after_the_other_and_side_by_side(place: Place) {
    for (first, second) in [
        (("SERVICE", "api"), ("SERVICE", "web")),
        (("", ""), ("DRY_RUN", "true")),
        (("TENANT_ID", "1"), ("TENANT_ID", "2")),
    ] {
        let story = Delivery::at(place, BY_TAG);
        let built = story.built();
        deploy(&story, &built.sha, first, "failure");
        story.saga.pass(1_200);
        deploy(&story, &built.sha, second, "success");
        story.corrects(&built, "deploy pipeline 1");
    }
    // Nothing but the run tells them apart, and both ran at once.
    let story = Delivery::at(place, BY_TAG);
    let built = story.built();
    let first = deploy(&story, &built.sha, ("RUN_ID", "1"), "running");
    deploy(&story, &built.sha, ("RUN_ID", "2"), "success");
    story.saga.pass(1);
    story.woodpecker.set_status(REPO, first, "failure");
    story.corrects(&built, "deploy pipeline 1");
}

fn what_a_failed_step_cancelled_is_a_failure_and_no_persons_decision(place: Place) {
    for status in ["killed", "canceled"] {
        let story = Delivery::at(place, BY_PUSH);
        let built = story.built();
        let number = story.woodpecker.push_pipeline(REPO, &built.sha, status);
        change(&story, number, |pipeline| {
            pipeline["cancel_info"] = json!({"canceled_by_step": "unit"});
        });
        story.corrects(
            &built,
            "deploy pipeline 1 was cancelled, for its step unit failed",
        );
    }
    // Of several workflows the one that deploys was cancelled by a step of another.
    let story = Delivery::at(place, BY_WORKFLOW);
    let built = story.built();
    let number = story.woodpecker.push_pipeline(REPO, &built.sha, "killed");
    change(&story, number, |pipeline| {
        pipeline["cancel_info"] = json!({"canceled_by_step": "unit"});
        pipeline["workflows"] = json!([
            {"id": 1, "pid": 1, "name": "test", "state": "failure", "children": [
                {"id": 2, "pid": 2, "name": "unit", "state": "failure", "exit_code": 1}]},
            {"id": 3, "pid": 3, "name": "Deploy", "state": "canceled", "children": []},
        ]);
    });
    story.corrects(&built, "deploy pipeline 1: test/unit");
    // A person's word weighs more.
    let story = Delivery::at(place, BY_PUSH);
    let built = story.built();
    let number = story.woodpecker.push_pipeline(REPO, &built.sha, "killed");
    change(&story, number, |pipeline| {
        pipeline["cancel_info"] = json!({"canceled_by_user": "alice", "canceled_by_step": "unit"});
    });
    story.freezes(&built, "ci-blocked", "was cancelled by alice");
}

fn what_ran_without_deploying_is_told_with_its_link(place: Place) {
    let link = "/pipeline/1)";
    for (repos, event, status, said) in [
        (BY_PUSH, "push", "skipped", "pipeline 1 was skipped ("),
        (
            BY_WORKFLOW,
            "push",
            "success",
            "pipeline 1 ran without workflow 'Deploy' (it runs deploy) (",
        ),
        (
            BY_PROMOTION,
            "deployment",
            "success",
            "pipeline 1 went to Production, and not to production (",
        ),
    ] {
        let story = Delivery::at(place, repos);
        let built = story.built();
        let number = story.woodpecker.add(REPO, event, &built.sha, status);
        change(&story, number, |pipeline| {
            pipeline["deploy_to"] = json!("Production");
            pipeline["workflows"] =
                json!([{"id": 1, "pid": 1, "name": "deploy", "state": status, "children": []}]);
        });
        story.waits_for(&built, &format!("deploy: {said}"));
        let shown = &story.saga.checklist(built.number)[0];
        assert!(shown.contains(link), "{shown}");
        story.saga.pass(900);
        story.freezes(&built, "ci-silent", said);
        assert_eq!(story.saga.turns(&built.thread), 1);
    }
}
