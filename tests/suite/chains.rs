//! Every chain of the README's "What green means", told from label to release: its own `AFK_REPOS` line is the
//! configuration, and what it calls green is what lands.

use crate::support::delivery::Delivery;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::sandbox::kubernetes_objects::{Application, StatefulSet};
use crate::support::world::REPO;

on_each_kind_of_forge! {
    ci_that_is_only_woodpecker,
    an_image_that_woodpecker_deploys_by_tag,
    an_image_that_keel_finds_in_the_registry,
    a_push_that_woodpecker_deploys,
    a_promotion_a_tag_and_a_schedule,
    an_application_of_argo_cd,
    a_workload_that_pins_digests_and_says_its_commit,
}

const README: &str = include_str!("../../README.md");

/// The chains that this file tells, as the README names them.
const TOLD: [&str; 9] = [
    ACTIONS_ONLY,
    WOODPECKER_ONLY,
    BY_TAG,
    KEEL,
    BY_PUSH,
    BY_EVENT,
    BY_GITHUB,
    ARGO_CD,
    BY_REVISION,
];
const ACTIONS_ONLY: &str = "Actions only.";
const WOODPECKER_ONLY: &str = "CI is only Woodpecker.";
const BY_TAG: &str = "Actions builds an image, Woodpecker deploys it by tag, Keel or Woodpecker sets it in the cluster.";
const KEEL: &str = "Keel follows the registry, nothing else deploys.";
const BY_PUSH: &str = "Woodpecker deploys on push.";
const BY_EVENT: &str = "Somebody promotes, tags, or a schedule deploys.";
const BY_GITHUB: &str = "GitHub deployments.";
const ARGO_CD: &str = "Argo CD.";
const BY_REVISION: &str = "Flux, or anything that pins digests.";

fn section() -> &'static str {
    let (_, rest) = README.split_once("The common chains:\n").unwrap();
    rest.split_once("\n## ").unwrap().0
}

/// The configuration of a chain, with its repository `which` standing for ours.
fn repos(chain: &str, which: &str) -> String {
    let (_, rest) = section().split_once(&format!("**{chain}**")).unwrap();
    let (_, block) = rest.split_once("```json\n").unwrap();
    let (json, _) = block.split_once("```").unwrap();
    json.replace(which, REPO)
}

fn chain(place: Place, chain: &str) -> Delivery {
    Delivery::at(place, &repos(chain, "octo-org/widgets"))
}

#[test]
fn every_chain_of_the_readme_is_told() {
    let named: Vec<&str> = section()
        .lines()
        .filter_map(|line| line.strip_prefix("**")?.split_once("**"))
        .map(|(title, _)| title)
        .collect();
    assert_eq!(named, TOLD);
}

#[test]
fn actions_only() {
    let story = chain(Place::GitHub, ACTIONS_ONLY);
    let built = story.pushed();
    let github = &story.saga.world.github;
    let test = github.start_workflow(REPO, &built.sha, "test", &["unit"]);
    let image = github.start_workflow(REPO, &built.sha, "image", &[]);
    story.waits_for(&built, "build: unit, image");
    github.finish_workflow(REPO, test, "success");
    story.saga.pass(60);
    // The other workflow has no job yet.
    story.waits_for(&built, "build: image");
    github.add_job(REPO, image, "push");
    github.finish_workflow(REPO, image, "success");
    story.saga.pass(60);
    story.lands(&built);
}

fn ci_that_is_only_woodpecker(place: Place) {
    let story = chain(place, WOODPECKER_ONLY);
    let built = story.pushed();
    let forge = &story.saga.world.forge;
    let says = |check: &str, state: &str| {
        let context = format!("ci/woodpecker/push/{check}");
        forge.commit_status(REPO, &built.sha, "afk-bot", &context, state);
    };
    says("build", "success");
    says("test", "pending");
    story.waits_for(&built, "build: ci/woodpecker/push/test");
    says("test", "success");
    story.lands(&built);
}

fn an_image_that_woodpecker_deploys_by_tag(place: Place) {
    let story = chain(place, BY_TAG);
    let old = [("app", "registry.test/widgets:0a1b2c3d")];
    story.kubernetes.set_deployment("shop", "widgets", &old);
    let built = story.built();
    // The push's own pipeline only tests.
    story.woodpecker.push_pipeline(REPO, &built.sha, "success");
    story.waits_for(&built, "deploy: nothing has started");
    let deploy = story
        .woodpecker
        .deploy_pipeline(REPO, &built.sha[..8], "running");
    story.waits_for(&built, "deploy: pipeline 2 runs");
    story.woodpecker.set_status(REPO, deploy, "success");
    story.waits_for(
        &built,
        "rollout: Deployment shop/widgets: it still runs image tag '0a1b2c3d'",
    );
    let image = story.image(&built.sha);
    story.kubernetes.set_image("shop", "widgets", "app", &image);
    story.waits_for(&built, "the cluster has not seen the new image yet");
    story.kubernetes.rollout_completes("shop", "widgets");
    story.lands(&built);
}

fn an_image_that_keel_finds_in_the_registry(place: Place) {
    let story = chain(place, KEEL);
    let old = [("app", "registry.test/widgets:0a1b2c3d")];
    story.kubernetes.set_deployment("shop", "widgets", &old);
    let worker = |image: &str, updated| {
        let set = StatefulSet {
            updated,
            ..StatefulSet::complete(image)
        };
        story
            .kubernetes
            .set_stateful_set("shop", "widgets-worker", set);
    };
    worker("registry.test/widgets-worker:0a1b2c3d", 2);
    let built = story.built();
    story.waits_for(&built, "Deployment shop/widgets: it still runs");
    let image = story.image(&built.sha);
    story.kubernetes.set_image("shop", "widgets", "app", &image);
    story.kubernetes.rollout_completes("shop", "widgets");
    story.waits_for(&built, "StatefulSet shop/widgets-worker: it still runs");
    let image = format!("registry.test/widgets-worker:{}", &built.sha[..8]);
    worker(&image, 1);
    story.waits_for(
        &built,
        "StatefulSet shop/widgets-worker: 1 of 2 pods have the new image",
    );
    worker(&image, 2);
    story.lands(&built);
}

fn a_push_that_woodpecker_deploys(place: Place) {
    let story = chain(place, BY_PUSH);
    let built = story.built();
    let pipeline = story.woodpecker.push_pipeline(REPO, &built.sha, "running");
    let workflows = |deploy: &str| {
        story.woodpecker.change(REPO, pipeline, |pipeline| {
            pipeline["workflows"] = serde_json::json!([
                {"id": 1, "pid": 1, "name": "test", "state": "success", "children": []},
                {"id": 2, "pid": 2, "name": "deploy", "state": deploy, "children": []},
            ]);
        });
    };
    workflows("running");
    story.waits_for(&built, "deploy: pipeline 1 runs");
    workflows("success");
    story.lands(&built);
}

fn a_promotion_a_tag_and_a_schedule(place: Place) {
    for (which, event, other) in [
        ("octo-org/widgets", "deployment", "staging"),
        ("octo-org/gadgets", "tag", "tag"),
        ("octo-org/nightly", "cron", "cron"),
    ] {
        let story = Delivery::at(place, &repos(BY_EVENT, which));
        let built = story.built();
        // Tests that the push started, and a promotion to another place, deploy nothing.
        story.woodpecker.push_pipeline(REPO, &built.sha, "success");
        if event == "deployment" {
            let staged = story.woodpecker.add(REPO, event, &built.sha, "success");
            story.woodpecker.change(REPO, staged, |pipeline| {
                pipeline["deploy_to"] = serde_json::json!(other);
            });
        }
        let seen = if event == "deployment" {
            format!("pipeline 2 went to {other}, and not to production")
        } else {
            "nothing has started".to_owned()
        };
        story.waits_for(&built, &format!("deploy: {seen}"));
        let deploy = story.woodpecker.add(REPO, event, &built.sha, "running");
        story
            .woodpecker
            .change(REPO, deploy, |pipeline| match event {
                "deployment" => pipeline["deploy_to"] = serde_json::json!("production"),
                "tag" => {
                    pipeline["branch"] = serde_json::json!("");
                    pipeline["ref"] = serde_json::json!("refs/tags/v1.2.3");
                }
                _ => {}
            });
        story.waits_for(&built, "runs");
        story.woodpecker.set_status(REPO, deploy, "success");
        story.lands(&built);
    }
}

#[test]
fn deployments_of_the_forge() {
    let story = chain(Place::GitHub, BY_GITHUB);
    let built = story.built();
    let github = &story.saga.world.github;
    story.waits_for(&built, "deploy: nothing has started");
    let staging = github.deploy(REPO, &built.sha, "staging");
    github.deployment_is(REPO, staging, "success");
    story.waits_for(&built, "deploy: nothing has started");
    let production = github.deploy(REPO, &built.sha, "production");
    story.waits_for(&built, "the deployment to production is under way");
    github.deployment_is(REPO, production, "in_progress");
    story.waits_for(&built, "the deployment to production is under way");
    github.deployment_is(REPO, production, "success");
    story.lands(&built);
}

fn an_application_of_argo_cd(place: Place) {
    let story = chain(place, ARGO_CD);
    let shows = |revision: &str, images: &[&str], sync: &str, health: &str| {
        let application = Application {
            revision,
            images,
            sync,
            health,
        };
        story
            .kubernetes
            .set_application("argocd", "widgets", application);
    };
    let manifests = "00112233445566778899aabbccddeeff00112233";
    shows(
        manifests,
        &["registry.test/widgets:0a1b2c3d"],
        "Synced",
        "Healthy",
    );
    let built = story.built();
    story.waits_for(&built, "Application argocd/widgets: it still runs image");
    let image = story.image(&built.sha);
    shows(manifests, &[&image], "OutOfSync", "Healthy");
    story.waits_for(&built, "it is OutOfSync");
    shows(manifests, &[&image], "Synced", "Progressing");
    story.waits_for(&built, "it is Progressing");
    shows(manifests, &[&image], "Synced", "Healthy");
    story.lands(&built);
}

fn a_workload_that_pins_digests_and_says_its_commit(place: Place) {
    let story = chain(place, BY_REVISION);
    let digest = format!("registry.test/widgets@sha256:{}", "ab".repeat(32));
    story
        .kubernetes
        .set_deployment("shop", "widgets", &[("app", &digest)]);
    let built = story.built();
    story.waits_for(
        &built,
        "neither it nor its template has annotation example.com/commit",
    );
    let says = |commit: &str| {
        story
            .kubernetes
            .annotate_template("shop", "widgets", "example.com/commit", commit);
    };
    says("0a1b2c3d");
    story.waits_for(&built, "it still runs annotation example.com/commit");
    says(&built.sha);
    story.lands(&built);
}
