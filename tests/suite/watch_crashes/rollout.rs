//! Stories of a commit on its way through build, deploy and rollout.

use super::play::Play;
use super::scenes::Deployment;
use crate::support::sandbox::woodpecker;
use crate::support::world::REPO;

/// A run whose commit is green in CI.
fn built(play: &mut Play) -> (Deployment, u64, String, String) {
    let deployment = play.add_deployment();
    let (number, thread, sha) = play.pushed();
    play.saga.ci(&sha, "success");
    (deployment, number, thread, sha)
}

/// The cluster is told to run the commit's image.
fn set_image(deployment: &Deployment, sha: &str) {
    let image = format!("registry.test/widgets:{}", &sha[..8]);
    deployment
        .kubernetes
        .set_image("shop", "widgets", "app", &image);
}

/// Deployed and running, from a pipeline that is under way.
fn rolls_out(play: &mut Play, deployment: &Deployment, sha: &str) {
    deployment
        .woodpecker
        .deploy_pipeline(REPO, &sha[..8], "success");
    set_image(deployment, sha);
    deployment.kubernetes.rollout_completes("shop", "widgets");
    play.saga.pass(5);
}

pub(super) fn rolled_out(play: &mut Play) -> u64 {
    let (deployment, number, _, sha) = built(play);
    play.tick();
    let pipeline = deployment
        .woodpecker
        .deploy_pipeline(REPO, &sha[..8], "running");
    play.saga.pass(30);
    play.tick();
    deployment.woodpecker.set_status(REPO, pipeline, "success");
    play.saga.pass(5);
    play.tick();
    set_image(&deployment, &sha);
    play.tick();
    deployment.kubernetes.rollout_completes("shop", "widgets");
    play.tick();
    play.until_over(number)
}

/// A red build, which never asks the deploy, and then a green one.
pub(super) fn rolled_out_after_a_red_build(play: &mut Play) -> u64 {
    let deployment = play.add_deployment();
    let (number, thread, red) = play.pushed();
    play.saga.ci(&red, "failure");
    play.tick();
    play.takes_up(&thread, 2);
    let green = play.pushes(number, &thread, "Second try");
    play.saga.ci(&green, "success");
    rolls_out(play, &deployment, &green);
    play.tick();
    play.until_over(number)
}

/// The deploy fails at its step `migrate`; the next one does not.
pub(super) fn rolled_out_after_a_failed_deploy(play: &mut Play) -> u64 {
    let (deployment, number, thread, sha) = built(play);
    let pipeline = deployment
        .woodpecker
        .deploy_pipeline(REPO, &sha[..8], "running");
    deployment
        .woodpecker
        .fail_step(REPO, pipeline, "deploy", "migrate", 1);
    play.saga.pass(5);
    play.tick();
    play.takes_up(&thread, 2);
    let green = play.pushes(number, &thread, "Second try");
    play.saga.ci(&green, "success");
    rolls_out(play, &deployment, &green);
    play.tick();
    play.until_over(number)
}

/// The rollout stalls, and the agent has nothing to add.
pub(super) fn frozen_by_a_stalled_rollout(play: &mut Play) -> u64 {
    let (deployment, number, thread, sha) = built(play);
    deployment
        .woodpecker
        .deploy_pipeline(REPO, &sha[..8], "success");
    set_image(&deployment, &sha);
    deployment.kubernetes.rollout_stalls("shop", "widgets");
    play.saga.pass(5);
    play.tick();
    play.takes_up(&thread, 2);
    play.saga
        .world
        .t3
        .agent_finishes(&thread, "The cluster is full.");
    play.saga.pass(120);
    play.tick();
    play.until_over(number)
}

pub(super) fn frozen_by_a_deploy_that_never_starts(play: &mut Play) -> u64 {
    let (_, number, _, _) = built(play);
    play.tick();
    play.saga.pass(900);
    play.tick();
    play.until_over(number)
}

/// The deploy service refuses our token, until we have the new one.
pub(super) fn rolled_out_after_a_new_token(play: &mut Play) -> u64 {
    let (deployment, number, _, sha) = built(play);
    rolls_out(play, &deployment, &sha);
    play.saga
        .world
        .set("AFK_WOODPECKER_TOKEN", "an-outdated-token");
    play.failing = true;
    play.tick();
    play.failing = false;
    play.saga
        .world
        .set("AFK_WOODPECKER_TOKEN", woodpecker::TOKEN);
    play.saga.pass(60);
    play.tick();
    play.until_over(number)
}
