//! What happens between the ticks of a story: agents, people, and places that are set up.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::play::Play;
use crate::support::sandbox::http_server::{HttpServer, Request, Service};
use crate::support::sandbox::kubernetes::Kubernetes;
use crate::support::sandbox::slack::{self, Slack};
use crate::support::sandbox::t3::T3;
use crate::support::sandbox::woodpecker::{self, Woodpecker};
use crate::support::world::{HUMAN, READY, REPO};

/// Where commits of the repository are deployed, and where they run.
pub(super) struct Deployment {
    pub(super) woodpecker: Arc<Woodpecker>,
    pub(super) kubernetes: Arc<Kubernetes>,
}

impl Play {
    /// A second place where bells ring.
    pub(super) fn add_slack(&mut self) {
        let slack = Slack::new();
        let url = self.serve("slack", slack.clone());
        let channel = Arc::clone(&slack);
        self.memory.push(Arc::new(move || channel.memory()));
        self.saga
            .world
            .set("AFK_SLACK_WEBHOOK_URL", &format!("{url}{}", slack::PATH));
        self.slack = Some(slack);
    }

    /// The repository is deployed by Woodpecker and runs in Kubernetes.
    pub(super) fn add_deployment(&mut self) -> Deployment {
        let clock = self.saga.world.clock.clone();
        let woodpecker = Woodpecker::new(clock.clone());
        let kubernetes = Kubernetes::proxy(clock);
        woodpecker.add_repository(REPO, self.saga.world.repository_id);
        kubernetes.set_deployment(
            "shop",
            "widgets",
            &[("app", "registry.test/widgets:0ld0ld00")],
        );
        let deploy = self.serve("woodpecker", woodpecker.clone());
        let rollout = self.serve("kubernetes", kubernetes.clone());
        let (servers, cluster) = (Arc::clone(&woodpecker), Arc::clone(&kubernetes));
        self.memory.push(Arc::new(move || servers.memory()));
        self.memory.push(Arc::new(move || cluster.memory()));
        self.saga.world.set("AFK_WOODPECKER_URL", &deploy);
        self.saga
            .world
            .set("AFK_WOODPECKER_TOKEN", woodpecker::TOKEN);
        self.saga.world.set("AFK_KUBERNETES_URL", &rollout);
        self.saga.world.set(
            "AFK_REPOS",
            r#"{"acme/widgets": {"deploy": "woodpecker", "rollout": {"namespace": "shop", "deployment": "widgets"}}}"#,
        );
        Deployment {
            woodpecker,
            kubernetes,
        }
    }

    fn serve(&mut self, name: &'static str, service: Arc<dyn Service>) -> String {
        let journal = Arc::clone(&self.saga.world.journal);
        let server = HttpServer::start(name, journal, service);
        let url = server.url();
        self.servers.push(server);
        url
    }

    /// A run whose agent pushed a commit and finished, before CI said anything.
    pub(super) fn pushed(&self) -> (u64, String, String) {
        let (number, thread) = self.saga.started();
        let sha = self.pushes(number, &thread, "Reject negative sizes");
        (number, thread, sha)
    }

    /// The agent at work pushes and finishes.
    pub(super) fn pushes(&self, number: u64, thread: &str, what: &str) -> String {
        let sha = self.saga.push(number, thread, what);
        self.saga.world.t3.agent_finishes(thread, "Pushed.");
        sha
    }

    /// The agent takes up the turn that was just sent.
    pub(super) fn takes_up(&self, thread: &str, turns: usize) {
        assert_eq!(self.saga.turns(thread), turns, "{}", self.name);
        self.saga.pass(5);
        self.saga.world.t3.agent_starts(thread);
    }

    /// A person takes the ready label away.
    pub(super) fn unlabels(&self, number: u64) {
        self.saga.world.github.unlabel(REPO, number, "alice", READY);
        self.saga.pass(5);
    }

    /// A person asks for another run.
    pub(super) fn rearms(&mut self, number: u64) {
        self.rearmed = true;
        // Not in the second in which it was handed back: the order within one second is not told, and the gate refuses.
        self.saga.pass(5);
        if self.shows(number, READY) {
            self.unlabels(number);
        }
        if self.shows(number, HUMAN) {
            self.saga.world.github.unlabel(REPO, number, "alice", HUMAN);
        }
        // A labelling in the very second of a hand-back counts as withdrawn by it.
        self.saga.pass(5);
        self.saga.world.approve(REPO, number);
    }

    /// A command of somebody else. Returns the status of T3's answer.
    pub(super) fn stranger_sends(&self, command: &Value) -> u16 {
        let request = Request {
            method: "POST".to_owned(),
            path: "/api/orchestration/dispatch".to_owned(),
            query: String::new(),
            headers: BTreeMap::from([
                ("authorization".to_owned(), format!("Bearer {}", T3::BEARER)),
                ("content-type".to_owned(), "application/json".to_owned()),
            ]),
            body: command.to_string().into_bytes(),
        };
        self.saga.world.t3.answer(&request).status
    }

    pub(super) fn shows(&self, number: u64, label: &str) -> bool {
        let labels = self.saga.world.labels(number);
        labels.iter().any(|shown| shown == label)
    }
}
