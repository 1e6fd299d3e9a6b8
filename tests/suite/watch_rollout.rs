//! Stories of a commit on its way through build, deploy and rollout.

use std::sync::Arc;

use crate::support::place::{Place, on_every_forge};
use crate::support::saga::Saga;
use crate::support::sandbox::http_server::HttpServer;
use crate::support::sandbox::kubernetes::Kubernetes;
use crate::support::sandbox::woodpecker::{self, Woodpecker};
use crate::support::world::{HUMAN, REPO};

on_every_forge! {
    a_commit_lands_when_it_is_built_deployed_and_rolled_out,
    a_red_build_never_asks_the_deploy,
    a_failed_deploy_gets_a_corrective_turn_that_names_its_step,
    a_deploy_that_never_starts_freezes_the_run,
    a_rollout_that_stalls_is_a_failure,
    a_deploy_service_that_is_down_is_reported_and_decides_nothing,
}

/// A saga whose repository is deployed by Woodpecker and runs in Kubernetes.
struct Deployed {
    saga: Saga,
    woodpecker: Arc<Woodpecker>,
    kubernetes: Arc<Kubernetes>,
    _servers: [HttpServer; 2],
}

impl Deployed {
    fn at(place: Place) -> Self {
        let mut saga = Saga::at(place);
        let clock = saga.world.clock.clone();
        let woodpecker = Woodpecker::new(clock.clone());
        let kubernetes = Kubernetes::proxy(clock);
        woodpecker.add_repository(REPO, saga.world.repository_id);
        kubernetes.set_deployment(
            "shop",
            "widgets",
            &[("app", "registry.test/widgets:0ld0ld00")],
        );
        let journal = || Arc::clone(&saga.world.journal);
        let servers = [
            HttpServer::start("woodpecker", journal(), woodpecker.clone()),
            HttpServer::start("kubernetes", journal(), kubernetes.clone()),
        ];
        saga.world.set("AFK_WOODPECKER_URL", &servers[0].url());
        saga.world.set("AFK_WOODPECKER_TOKEN", woodpecker::TOKEN);
        saga.world.set("AFK_KUBERNETES_URL", &servers[1].url());
        saga.world.set(
            "AFK_REPOS",
            r#"{"acme/widgets": {"deploy": "woodpecker", "rollout": {"namespace": "shop", "deployment": "widgets"}}}"#,
        );
        Self {
            saga,
            woodpecker,
            kubernetes,
            _servers: servers,
        }
    }

    /// A run whose commit is green in CI.
    fn built(&self) -> (u64, String, String) {
        let (number, thread) = self.saga.started();
        let sha = self.saga.push(number, &thread, "Reject negative sizes");
        self.saga.world.t3.agent_finishes(&thread, "Pushed.");
        self.saga.ci(&sha, "success");
        (number, thread, sha)
    }

    fn requests_to(&self, service: &str) -> usize {
        let requests = self.saga.world.requests();
        requests
            .iter()
            .filter(|request| request.starts_with(service))
            .count()
    }
}

fn a_commit_lands_when_it_is_built_deployed_and_rolled_out(place: Place) {
    let story = Deployed::at(place);
    let (number, thread, sha) = story.built();
    assert_eq!(story.saga.acted().0, "wait");
    assert_eq!(
        story.requests_to("kubernetes"),
        0,
        "asked before the deploy succeeded"
    );

    let pipeline = story.woodpecker.deploy_pipeline(REPO, &sha[..8], "running");
    story.saga.pass(30);
    assert_eq!(story.saga.acted().0, "wait");
    story.woodpecker.set_status(REPO, pipeline, "success");
    story.saga.pass(5);
    assert_eq!(story.saga.acted().0, "wait");
    let checklist = &story.saga.checklist(number)[0];
    assert!(
        checklist.contains("- [~] Deployed / rolled out"),
        "{checklist}"
    );

    let image = format!("registry.test/widgets:{}", &sha[..8]);
    story.kubernetes.set_image("shop", "widgets", "app", &image);
    assert_eq!(story.saga.acted().0, "wait");
    story.kubernetes.rollout_completes("shop", "widgets");
    assert_eq!(story.saga.acted().0, "close_success");
    assert!(story.saga.world.t3.thread(&thread).unwrap().archived);
    assert!(!story.saga.world.forge.is_open(REPO, number));
    let checklist = &story.saga.checklist(number)[0];
    assert!(
        checklist.contains("- [x] Deployed / rolled out"),
        "{checklist}"
    );
    assert!(
        !checklist.contains("- [ ]") && !checklist.contains("- [~]"),
        "{checklist}"
    );
}

fn a_red_build_never_asks_the_deploy(place: Place) {
    let story = Deployed::at(place);
    let (number, thread) = story.saga.started();
    let sha = story.saga.push(number, &thread, "Red");
    story.saga.world.t3.agent_finishes(&thread, "Pushed.");
    story.saga.ci(&sha, "failure");
    assert_eq!(story.saga.acted().0, "fix_forward");
    assert_eq!(
        story.requests_to("woodpecker") + story.requests_to("kubernetes"),
        0
    );
}

fn a_failed_deploy_gets_a_corrective_turn_that_names_its_step(place: Place) {
    let story = Deployed::at(place);
    let (_, thread, sha) = story.built();
    let pipeline = story.woodpecker.deploy_pipeline(REPO, &sha[..8], "running");
    story
        .woodpecker
        .fail_step(REPO, pipeline, "deploy", "migrate", 1);
    story.saga.pass(5);
    assert_eq!(story.saga.acted().0, "fix_forward");
    let messages = story.saga.world.t3.thread(&thread).unwrap().messages;
    let text = &messages.last().unwrap().text;
    assert!(
        text.contains("migrate") && text.contains("deploy"),
        "{text}"
    );
}

fn a_deploy_that_never_starts_freezes_the_run(place: Place) {
    let story = Deployed::at(place);
    let (number, thread, _) = story.built();
    assert_eq!(story.saga.acted().0, "wait");
    story.saga.pass(900);
    let report = story.saga.watch();
    assert_eq!(report.runs[0].action, "freeze_escalate", "{report}");
    assert_eq!(report.runs[0].reason.unwrap().as_str(), "ci-silent");
    assert!(story.saga.world.t3.thread(&thread).unwrap().archived);
    assert!(
        story
            .saga
            .world
            .labels(number)
            .iter()
            .any(|label| label == HUMAN)
    );
}

fn a_rollout_that_stalls_is_a_failure(place: Place) {
    let story = Deployed::at(place);
    let (_, _, sha) = story.built();
    story.woodpecker.deploy_pipeline(REPO, &sha[..8], "success");
    let image = format!("registry.test/widgets:{}", &sha[..8]);
    story.kubernetes.set_image("shop", "widgets", "app", &image);
    story.kubernetes.rollout_stalls("shop", "widgets");
    story.saga.pass(5);
    assert_eq!(story.saga.acted().0, "fix_forward");
}

fn a_deploy_service_that_is_down_is_reported_and_decides_nothing(place: Place) {
    let story = Deployed::at(place);
    let (number, thread, _) = story.built();
    story.woodpecker.reset_token();
    let report = story.saga.watch();
    assert_eq!(report.exit_code() as u8, 1, "{report}");
    assert_eq!(report.failures[0].service, "woodpecker");
    assert_eq!(report.runs[0].action, "wait");
    assert!(!story.saga.world.t3.thread(&thread).unwrap().archived);
    assert!(story.saga.world.forge.is_open(REPO, number));
}
