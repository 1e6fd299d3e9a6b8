//! A saga whose repository goes on after its build: Woodpecker and Kubernetes stand beside the forge, and `AFK_REPOS` says
//! which of them it has.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use afk::tick::RunReport;

use super::kubernetes_contract::KubernetesContract;
use super::place::Place;
use super::saga::Saga;
use super::sandbox::http_server::HttpServer;
use super::sandbox::kubernetes::Kubernetes;
use super::sandbox::woodpecker::{self, Woodpecker};
use super::world::{HUMAN, LOCK, READY, REPO};

/// A saga with everything that comes after a build.
pub struct Delivery {
    pub saga: Saga,
    pub woodpecker: Arc<Woodpecker>,
    pub kubernetes: Arc<Kubernetes>,
    _servers: [HttpServer; 2],
}

/// A run whose agent pushed a commit that is green in CI.
pub struct Built {
    pub number: u64,
    pub thread: String,
    pub sha: String,
}

impl Delivery {
    /// With this value of `AFK_REPOS`.
    pub fn of(repos: &str) -> Self {
        Self::at(Place::GitHub, repos)
    }

    /// The same, on any forge.
    pub fn at(place: Place, repos: &str) -> Self {
        let mut saga = Saga::at(place);
        let clock = saga.world.clock.clone();
        let woodpecker = Woodpecker::new(clock.clone());
        let kubernetes = Kubernetes::proxy(clock);
        woodpecker.add_repository(REPO, saga.world.repository_id);
        let journal = || Arc::clone(&saga.world.journal);
        let servers = [
            HttpServer::start("woodpecker", journal(), woodpecker.clone()),
            HttpServer::start("kubernetes", journal(), kubernetes.clone()),
        ];
        saga.world.set("AFK_WOODPECKER_URL", &servers[0].url());
        saga.world.set("AFK_WOODPECKER_TOKEN", woodpecker::TOKEN);
        saga.world.set("AFK_KUBERNETES_URL", &servers[1].url());
        saga.world.set("AFK_REPOS", repos);
        Self {
            saga,
            woodpecker,
            kubernetes,
            _servers: servers,
        }
    }

    /// A run whose agent pushed and is done.
    pub fn pushed(&self) -> Built {
        let (number, thread) = self.saga.started();
        let sha = self.saga.push(number, &thread, "Reject negative sizes");
        self.saga.world.t3.agent_finishes(&thread, "Pushed.");
        Built {
            number,
            thread,
            sha,
        }
    }

    /// The same, and its commit is green in CI.
    pub fn built(&self) -> Built {
        let built = self.pushed();
        self.saga.ci(&built.sha, "success");
        built
    }

    /// A tick whose only run waits, for this.
    pub fn waits_for(&self, built: &Built, what: &str) {
        let acted = self.saga.acted();
        let shown = &self.saga.checklist(built.number)[0];
        assert_eq!(acted.0, "wait", "{what}: {shown}");
        assert!(
            shown.contains("\n_Waits: ") && shown.contains(what),
            "{what}: {shown}"
        );
    }

    /// A tick whose only run acts; what it says.
    pub fn acts(&self) -> RunReport {
        let mut report = self.saga.watch();
        assert_eq!(report.runs.len(), 1, "{report}");
        report.runs.remove(0)
    }

    /// A tick that closes the issue; then nothing of the run is left.
    pub fn lands(&self, built: &Built) {
        let run = self.acts();
        assert_eq!(run.action, "close_success", "{}", run.detail);
        self.is_over(built);
        assert!(!self.saga.is_open(built.number));
        assert_eq!(
            self.saga.bells.titles(),
            [format!("[DONE] {REPO}#{} landed", built.number)]
        );
        assert!(self.saga.watch().runs.is_empty());
    }

    /// A tick that hands the run back as frozen with this reason, and says this.
    pub fn freezes(&self, built: &Built, code: &str, said: &str) {
        let run = self.acts();
        assert_eq!(run.action, "freeze_escalate", "{}", run.detail);
        assert_eq!(run.reason.unwrap().as_str(), code, "{}", run.detail);
        self.is_over(built);
        let labels = self.saga.world.labels(built.number);
        assert!(labels.iter().any(|label| label == HUMAN), "{labels:?}");
        let shown = &self.saga.checklist(built.number)[0];
        let bell = self.saga.bells.rung().pop().unwrap().to_string();
        for text in [shown, &bell] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }

    /// A tick that sends a corrective turn, which says this.
    pub fn corrects(&self, built: &Built, said: &str) {
        let run = self.acts();
        assert_eq!(run.action, "fix_forward", "{}", run.detail);
        let messages = self.saga.world.t3.thread(&built.thread).unwrap().messages;
        let turn = messages.last().unwrap();
        assert!(
            turn.id.ends_with(&format!("|1|1|{}", built.sha)),
            "{}",
            turn.id
        );
        assert!(turn.text.contains(said), "{said}: {}", turn.text);
    }

    /// The first digits of a commit, as an image of it is tagged.
    pub fn image(&self, sha: &str) -> String {
        format!("registry.test/widgets:{}", &sha[..8])
    }

    fn is_over(&self, built: &Built) {
        let world = &self.saga.world;
        assert!(world.t3.thread(&built.thread).unwrap().archived);
        assert!(world.t3.live_agents().is_empty());
        let labels = world.labels(built.number);
        let is_shown = |label: &str| labels.iter().any(|shown| shown == label);
        assert!(!is_shown(LOCK) && !is_shown(READY), "{labels:?}");
    }
}

/// What the program asked of the cluster, and what the stand-in answers, fit Kubernetes' published description.
impl Drop for Delivery {
    fn drop(&mut self) {
        static CONTRACT: OnceLock<Option<KubernetesContract>> = OnceLock::new();
        if std::thread::panicking() {
            return;
        }
        let Some(contract) = CONTRACT.get_or_init(KubernetesContract::open) else {
            return;
        };
        let mut checked = BTreeSet::new();
        for exchange in self.saga.world.journal.exchanges() {
            let request = exchange.request;
            if exchange.service == "kubernetes"
                && checked.insert((request.path.clone(), request.query.clone()))
                && let Err(why) = contract.check(&request, &self.kubernetes)
            {
                panic!("{} {}: {why}", request.method, request.path);
            }
        }
    }
}
