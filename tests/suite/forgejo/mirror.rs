//! Issues on one forge, CI on another: the chain that this program comes from, from the issue on Forgejo to the rollout.

use std::sync::Arc;

use super::everywhere;
use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::forgejo::ServerKind;
use crate::support::sandbox::github_state::{Role, Visibility};
use crate::support::sandbox::http_server::HttpServer;
use crate::support::sandbox::kubernetes::Kubernetes;
use crate::support::sandbox::woodpecker::{self, Woodpecker};
use crate::support::world::{LOCK, READY, REPO};

const MIRROR: &str = "acme/widgets-mirror";

/// A run on Forgejo whose repository is mirrored to GitHub.
fn mirrored(mut story: ForgejoSaga, more: &str) -> ForgejoSaga {
    let repos = format!(r#"{{"forgejo:{REPO}": {{"build": {{"on": "github:{MIRROR}"}}{more}}}}}"#);
    story.saga.world.set("AFK_REPOS", &repos);
    story
        .saga
        .world
        .set("AFK_ALLOWLIST", &format!("forgejo:{REPO}"));
    let github = &story.saga.world.github;
    github.add_repository(MIRROR, Visibility::Private);
    github.set_permission(MIRROR, "alice", Role::MAINTAIN);
    story
}

/// The agent pushes, and the mirror follows.
fn push(story: &ForgejoSaga, number: u64, thread: &str) -> String {
    let sha = story.push(number, thread, "Reject negative sizes");
    story
        .saga
        .world
        .github
        .mirror_commit(MIRROR, &sha, "Reject negative sizes");
    sha
}

#[test]
fn the_original_chain_from_the_issue_on_forgejo_to_the_rollout() {
    everywhere(|story| {
        let kind = story.kind;
        let mut story = mirrored(
            story,
            r#", "deploy": "woodpecker", "rollout": {"namespace": "shop", "deployment": "widgets", "container": "app"}"#,
        );
        let clock = story.saga.world.clock.clone();
        let woodpecker = Woodpecker::new(clock.clone());
        let kubernetes = Kubernetes::proxy(clock);
        let id = story.forge.lock().state.repository_id(REPO);
        woodpecker.add_repository(REPO, id);
        let journal = || Arc::clone(&story.saga.world.journal);
        let servers = [
            HttpServer::start("woodpecker", journal(), woodpecker.clone()),
            HttpServer::start("kubernetes", journal(), kubernetes.clone()),
        ];
        let world = &mut story.saga.world;
        world.set("AFK_WOODPECKER_URL", &servers[0].url());
        world.set("AFK_WOODPECKER_TOKEN", woodpecker::TOKEN);
        world.set("AFK_KUBERNETES_URL", &servers[1].url());
        let old = [("app", "registry.test/widgets:0a1b2c3d")];
        kubernetes.set_deployment("shop", "widgets", &old);

        let (number, thread) = story.started();
        // A status on Forgejo is no part of the build.
        let sha = push(&story, number, &thread);
        story
            .forge
            .post_status(REPO, &sha, "ci/elsewhere", "failure");
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        assert_eq!(story.acted(), "wait", "{kind:?}");
        let github = &story.saga.world.github;
        let run = github.start_workflow(MIRROR, &sha, "image", &["build"]);
        story.pass(60);
        assert_eq!(story.acted(), "wait");
        github.finish_workflow(MIRROR, run, "success");
        story.pass(60);
        assert_eq!(story.acted(), "wait");
        let deploy = woodpecker.deploy_pipeline(REPO, &sha[..8], "running");
        assert_eq!(story.acted(), "wait");
        woodpecker.set_status(REPO, deploy, "success");
        // Keel finds the new image.
        let image = format!("registry.test/widgets:{}", &sha[..8]);
        kubernetes.set_image("shop", "widgets", "app", &image);
        assert_eq!(story.acted(), "wait");
        kubernetes.rollout_completes("shop", "widgets");
        assert_eq!(story.acted(), "close_success");
        assert!(!story.forge.is_open(REPO, number));
        let labels = story.labels(number);
        assert!(!labels.iter().any(|label| label == LOCK || label == READY));
        assert!(story.saga.world.t3.thread(&thread).unwrap().archived);
        assert_eq!(
            story.saga.bells.titles(),
            [format!("[DONE] {REPO}#{number} landed")]
        );
    });
}

#[test]
fn a_red_mirror_is_repaired_and_one_that_is_not_there_is_waited_for() {
    let story = mirrored(ForgejoSaga::of(ServerKind::Forgejo13), "");
    let (number, thread) = story.started();
    let sha = story.push(number, &thread, "Reject negative sizes");
    story.saga.world.t3.agent_finishes(&thread, "Pushed.");
    // The mirror has not seen the commit yet.
    let report = story.saga.watch();
    assert_eq!(report.runs[0].action, "wait", "{report}");
    let github = &story.saga.world.github;
    github.mirror_commit(MIRROR, &sha, "Reject negative sizes");
    let run = github.start_workflow(MIRROR, &sha, "ci", &["build"]);
    story.pass(60);
    github.finish_workflow(MIRROR, run, "failure");
    story.pass(60);
    assert_eq!(story.acted(), "fix_forward");
    let messages = story.saga.world.t3.thread(&thread).unwrap().messages;
    let turn = &messages.last().unwrap().text;
    assert!(turn.contains("build") && turn.contains(MIRROR), "{turn}");
}

#[test]
fn one_allowlist_holds_repositories_of_both_forges() {
    everywhere(|story| {
        let mut story = story;
        let both = format!("github:{REPO},forgejo:{REPO}");
        story.saga.world.set("AFK_ALLOWLIST", &both);
        let here = story.ready_issue();
        let there = story.saga.world.ready_issue("On GitHub");
        let report = story.poll();
        assert_eq!(report.dispatched.len(), 2, "{report}");
        let mut names: Vec<String> = report
            .dispatched
            .iter()
            .map(|run| format!("{}#{}", run.repository, run.issue))
            .collect();
        // Repositories of equal priority take turns.
        names.sort();
        assert_eq!(
            names,
            [
                format!("forgejo:{REPO}#{here}"),
                format!("github:{REPO}#{there}")
            ]
        );
        let watched = story.saga.watch();
        assert_eq!(watched.runs.len(), 2, "{watched}");
        // Two repositories of one name have slots of their own.
        assert_eq!(story.saga.world.t3.threads().len(), 2);
    });
}
