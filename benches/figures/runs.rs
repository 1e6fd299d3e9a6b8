//! Runs in flight: started by ticks of `afk-poll`, then brought as far as agents and CI come.
//!
//! Half of the runs has no commit yet. The others wait for CI, or for the stages behind it.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::json;

use super::world::{World, name};

/// More than the shortest time that an agent has to be quiet before its run is over.
const SETTLED: Duration = Duration::from_millis(2_100);

/// Runs that wait for Woodpecker, and as many for Kubernetes.
const PER_STAGE: usize = 10;

/// How the stages behind the build are configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stages {
    /// There are none.
    None,
    /// Woodpecker is asked for its id of a repository.
    ByName,
    /// The configuration has that id.
    ById,
}

/// How often a tick has to ask Woodpecker: a run that waits for Kubernetes is asked about there first.
pub const DEPLOYS_ASKED: usize = 2 * PER_STAGE;

/// How often a tick has to ask Kubernetes.
pub const ROLLOUTS_ASKED: usize = PER_STAGE;

impl World {
    /// Starts so many runs and lets them get on. With stages, some have a green build and wait for what follows.
    pub fn fly(&self, repositories: usize, runs: usize, stages: Stages) {
        // The binaries' clock is the machine's: runs are young, and what belongs to one is no older than it by much.
        self.clock
            .advance(Utc::now() - self.clock.now() - TimeDelta::minutes(4));
        let tick = self.tick(repositories, runs, &[]);
        assert_eq!(tick.dispatched, runs, "as many runs as asked for");
        self.clock.advance(TimeDelta::minutes(1));
        for (index, thread) in self.t3.threads().iter().enumerate() {
            let (issue, repository) = self.issue_of(thread);
            let repository = repository.as_str();
            self.t3.agent_starts(thread);
            if index % 2 == 0 {
                continue;
            }
            let message = format!("Reject them\n\nRefs {issue}\nAfk-Run: {thread}\n");
            let sha = self.github.push_commit(repository, "afk-bot", &message);
            self.t3.agent_finishes(thread, "Pushed.");
            let workflow = self
                .github
                .start_workflow(repository, &sha, "ci", &["build"]);
            let waits_for = match stages {
                Stages::None => 2,
                Stages::ByName | Stages::ById => index / 2 / PER_STAGE,
            };
            if waits_for < 2 {
                // A deploy comes after the push that it deploys.
                self.clock.advance(TimeDelta::seconds(2));
                self.github.finish_workflow(repository, workflow, "success");
                let status = if waits_for == 0 { "running" } else { "success" };
                self.woodpecker.deploy_pipeline(repository, &sha, status);
            }
        }
        self.clock.advance(TimeDelta::minutes(1));
        if stages != Stages::None {
            self.configure_stages(repositories, stages == Stages::ById);
        }
    }

    /// Starts so many runs and lets all of them come to an end that no tick has seen: half of them pushed what is green.
    pub fn come_to_an_end(&self, runs: usize) {
        // The binaries' clock is the machine's: what agents do comes after the message that asked for it.
        self.impatient.store(true, Ordering::Relaxed);
        let tick = self.tick(runs, runs, &[]);
        assert_eq!(tick.dispatched, runs, "as many runs as asked for");
        self.clock.advance(Utc::now() - self.clock.now());
        for (index, thread) in self.t3.threads().iter().enumerate() {
            let (issue, repository) = self.issue_of(thread);
            self.t3.agent_starts(thread);
            if index % 2 == 1 {
                let message = format!("Reject them\n\nRefs {issue}\nAfk-Run: {thread}\n");
                let sha = self.github.push_commit(&repository, "afk-bot", &message);
                let workflow = self
                    .github
                    .start_workflow(&repository, &sha, "ci", &["build"]);
                self.github
                    .finish_workflow(&repository, workflow, "success");
            }
            self.t3.agent_finishes(thread, "Done.");
        }
        std::thread::sleep(SETTLED);
    }

    /// The issue that a thread names, and its repository.
    fn issue_of(&self, thread: &str) -> (String, String) {
        let view = self.t3.thread(thread).expect("it is listed");
        let (issue, _) = view.title.split_once(' ').expect("the title of a run");
        let (repository, _) = issue.split_once('#').expect("the title of a run");
        (issue.to_owned(), repository.to_owned())
    }

    /// Every repository is deployed and rolled out, and no rollout has the new commit yet.
    fn configure_stages(&self, repositories: usize, by_id: bool) {
        let of_repository = |index| {
            let deployment = format!("app-{index}");
            let image = "registry.example.org/app:0000000";
            self.kubernetes
                .set_deployment("apps", &deployment, &[("app", image)]);
            let rollout =
                json!({"namespace": "apps", "deployment": deployment, "container": "app"});
            let mut deploy = json!({"on": "woodpecker"});
            if by_id {
                deploy["id"] = json!(self.woodpecker.repository_id(&name(index)));
            }
            (name(index), json!({"deploy": deploy, "rollout": rollout}))
        };
        let all: serde_json::Map<_, _> = (0..repositories).map(of_repository).collect();
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        *stages = serde_json::Value::Object(all).to_string();
    }
}
