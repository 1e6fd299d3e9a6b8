//! Runs followed from label to release on a virtual clock: the library's own ticks over HTTP, in this process.
//!
//! Hours pass when a story says so. Ticks take the same way as in the binaries: settings, parser, gate, adapters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use afk::app::{self, Surroundings};
use afk::clock::{Clock, IdSource};
use afk::domain::config::{self, Config, Gate, Source, WatchAccess};
use afk::domain::record::{Line, replay};
use afk::domain::repository::IssueRef;
use afk::tick::explanation::Explanation;
use afk::tick::status::Status;
use afk::tick::{Manner, Narrowing, RunReport, TickKind, TickReport};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::place::Place;
use super::sandbox::clock::SandboxClock;
use super::sandbox::http_server::HttpServer;
use super::sandbox::ntfy::{self, Ntfy};
use super::world::{REPO, World, WorldOptions};

/// The place where bells ring: a strict ntfy server that wants its token.
#[derive(Clone)]
pub struct Bells(Arc<Ntfy>);

impl Bells {
    /// What rang, as it was stored.
    pub fn rung(&self) -> Vec<Value> {
        self.0.messages()
    }

    pub fn titles(&self) -> Vec<String> {
        self.rung()
            .iter()
            .map(|bell| bell["title"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Everything that the server remembers.
    pub fn memory(&self) -> String {
        self.0.memory()
    }

    pub fn is_down(&self, down: bool) {
        /// More than any story rings.
        const ALL: usize = 100;
        if down {
            self.0.goes_down(ALL);
        } else {
            self.0.recovers();
        }
    }
}

/// A world on a virtual clock, with a place where bells ring.
pub struct Saga {
    pub world: World,
    pub bells: Bells,
    ids: Counter,
    _bell_server: HttpServer,
}

/// The story's clock; time passes when the story says so, and while a tick waits.
struct StoryClock(SandboxClock);

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.now().timestamp_millis()).unwrap())
    }

    fn sleep(&self, duration: Duration) {
        self.0.advance(TimeDelta::from_std(duration).unwrap());
    }
}

#[derive(Default)]
struct Counter(AtomicU64);

impl IdSource for Counter {
    fn fresh(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("story {number}").as_bytes())
    }
}

/// Every story keeps what its ticks decided from.
fn keeping(dry_run: bool) -> Manner {
    Manner {
        dry_run,
        keeps_facts: true,
    }
}

/// Whatever a tick decides, its record decides again.
fn replayed(report: TickReport) -> TickReport {
    for line in report.decisions().unwrap() {
        let text = serde_json::to_string(&line).unwrap();
        let read = Line::parse(&text).unwrap();
        assert_eq!(read, line);
        assert_eq!(replay(&read), Ok(None), "{text}");
    }
    report
}

impl Saga {
    pub fn new() -> Self {
        Self::with(WorldOptions::default())
    }

    pub fn at(place: Place) -> Self {
        Self::with(WorldOptions::at(place))
    }

    pub fn with(options: WorldOptions) -> Self {
        let mut world = World::with(options);
        let server = Ntfy::new(world.clock.clone());
        server.require_token();
        let bell_server = HttpServer::start("ntfy", Arc::clone(&world.journal), server.clone());
        world.set("AFK_NTFY_URL", &bell_server.url());
        world.set("AFK_NTFY_TOPIC", ntfy::TOPIC);
        world.set("AFK_NTFY_TOKEN", ntfy::TOKEN);
        // Labels are seconds old in most stories.
        world.set("AFK_READY_SETTLE_SECONDS", "0");
        let bells = Bells(server);
        Self {
            world,
            bells,
            ids: Counter::default(),
            _bell_server: bell_server,
        }
    }

    /// Time passes.
    pub fn pass(&self, seconds: i64) {
        self.world.clock.advance(TimeDelta::seconds(seconds));
    }

    fn config(&self) -> Config {
        let values = self
            .world
            .settings
            .iter()
            .filter(|(key, _)| key.starts_with("AFK_"))
            .map(|(key, value)| (key.clone(), Ok(value.clone())))
            .collect();
        config::load(&[Source::new("story", values)])
            .unwrap()
            .config
    }

    /// One tick of `afk-poll`.
    pub fn poll(&self) -> TickReport {
        let config = self.config();
        let armed = config.gate().into_armed().unwrap();
        let access = config.require_for_poll().unwrap();
        let clock = StoryClock(self.world.clock.clone());
        let surroundings = Surroundings {
            clock: &clock,
            ids: &self.ids,
            stop: Arc::default(),
        };
        replayed(app::poll_tick(
            &config,
            &armed,
            &access,
            &Narrowing::default(),
            keeping(false),
            &surroundings,
        ))
    }

    /// One tick of `afk-watch`.
    pub fn watch(&self) -> TickReport {
        self.watch_as(false)
    }

    pub fn watch_as(&self, dry_run: bool) -> TickReport {
        let config = self.config();
        let gate: Gate = config.gate();
        let access = config.require_for_watch().unwrap();
        let clock = StoryClock(self.world.clock.clone());
        let surroundings = Surroundings {
            clock: &clock,
            ids: &self.ids,
            stop: Arc::default(),
        };
        replayed(app::watch_tick(
            &config,
            &gate,
            &access,
            &Narrowing::default(),
            keeping(dry_run),
            &surroundings,
        ))
    }

    fn looking<T>(
        &self,
        issue: Option<&str>,
        work: impl FnOnce(&Config, &WatchAccess, &Surroundings<'_>) -> T,
    ) -> T {
        let config = self.config();
        let issue = issue.map(|issue| IssueRef::parse(issue, config.default_forge).unwrap());
        let access = config
            .require_for_looking(issue.as_ref().map(|issue| &issue.repo))
            .unwrap();
        let clock = StoryClock(self.world.clock.clone());
        let surroundings = Surroundings {
            clock: &clock,
            ids: &self.ids,
            stop: Arc::default(),
        };
        work(&config, &access, &surroundings)
    }

    /// What `check` says, for one of the binaries.
    pub fn check(&self, kind: TickKind) -> app::Lines {
        self.looking(None, |config, access, surroundings| {
            app::check(config, access, kind, false, surroundings)
        })
    }

    /// What `afk-poll explain` says of an issue.
    pub fn explain(&self, issue: &str) -> Explanation {
        self.looking(Some(issue), |config, access, surroundings| {
            let issue = IssueRef::parse(issue, config.default_forge).unwrap();
            app::explain(config, &issue, access, surroundings)
        })
    }

    /// What `afk-watch status` shows.
    pub fn status(&self) -> Status {
        self.looking(None, |config, access, surroundings| {
            app::status(config, access, &Narrowing::default(), surroundings)
        })
    }

    /// What `afk-watch digest` tells.
    pub fn digest(&self) -> app::Told {
        self.looking(None, |config, access, surroundings| {
            app::digest(config, access, &Narrowing::default(), surroundings)
        })
    }

    /// A ready issue whose agent is at work. Returns issue and thread.
    pub fn started(&self) -> (u64, String) {
        let number = self.world.ready_issue("Reject negative sizes");
        let report = self.poll();
        assert_eq!(report.dispatched.len(), 1, "{report}");
        let thread = report.dispatched[0].thread.to_string();
        self.pass(5);
        self.world.t3.agent_starts(&thread);
        self.pass(5);
        (number, thread)
    }

    /// The agent pushes a commit of the run.
    pub fn push(&self, number: u64, thread: &str, what: &str) -> String {
        let sha = self.world.forge.push_commit(
            REPO,
            "afk-bot",
            &format!("{what}\n\nRefs {REPO}#{number}\nAfk-Run: {thread}\n"),
        );
        self.pass(5);
        sha
    }

    /// CI runs one job on a commit and ends with `conclusion`.
    pub fn ci(&self, sha: &str, conclusion: &str) {
        let run = self.world.forge.start_workflow(REPO, sha, "ci", &["build"]);
        self.pass(60);
        self.world.forge.finish_workflow(REPO, run, conclusion);
        self.pass(5);
    }

    /// The only run of a watch report without failures.
    fn only_run(&self) -> RunReport {
        let mut report = self.watch();
        assert_eq!(report.runs.len(), 1, "{report}");
        assert!(report.failures.is_empty(), "{report}");
        report.runs.remove(0)
    }

    /// Action and state of the only run.
    pub fn acted(&self) -> (String, String) {
        let run = self.only_run();
        (run.action.to_owned(), run.state)
    }

    /// Action and reason of the only run.
    pub fn decided(&self) -> (String, String) {
        let run = self.only_run();
        let reason = run.reason.map_or("", |code| code.as_str());
        words(run.action, reason)
    }

    /// How many messages we sent to the agent.
    pub fn turns(&self, thread: &str) -> usize {
        let view = self.world.t3.thread(thread).unwrap();
        view.messages
            .iter()
            .filter(|message| message.role == "user")
            .count()
    }

    /// Whether the issue is open.
    pub fn is_open(&self, number: u64) -> bool {
        self.world.forge.is_open(REPO, number)
    }

    /// Our comments on an issue.
    pub fn checklist(&self, number: u64) -> Vec<String> {
        self.world
            .forge
            .comments_of(REPO, number)
            .into_iter()
            .filter(|comment| comment.author == "afk-bot")
            .map(|comment| comment.body)
            .collect()
    }
}

/// As [`Saga::acted`] and [`Saga::decided`] tell them.
pub fn words(action: &str, other: &str) -> (String, String) {
    (action.to_owned(), other.to_owned())
}
