//! The sandbox and the ticks that run against it.
//!
//! A tick takes the same way as in the binary: settings, parser, gate, adapters. Only the wall clock is the sandbox's,
//! so that the account reads the same every time. Nothing here knows the story.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use afk::app::{self, Surroundings};
use afk::clock::{Clock, SystemClock};
use afk::domain::config::{self, Config, DisarmedReason, Source};
use afk::tick::{Manner, Narrowing, TickReport};
use anyhow::{Context as _, Result, anyhow, ensure};
use chrono::{DateTime, TimeDelta, Utc};

use super::cast::{self, Cast};
use super::runs::Run;
use super::sandbox::clock::SandboxClock;
use super::sandbox::github::{GitHub, GitHubOptions};
use super::sandbox::http_server::{Exchange, Fault, HttpServer, Journal};
use super::sandbox::kubernetes::Kubernetes;
use super::sandbox::ntfy::Ntfy;
use super::sandbox::t3::{T3, T3Options, T3Version, ThreadView};
use super::sandbox::woodpecker::{self, Woodpecker};

/// How long two ticks wait for each other at most; far longer than either needs, also on a busy machine.
const MEETING_MAX: Duration = Duration::from_secs(20);

/// Address of T3 for people.
pub const COCKPIT: &str = "https://t3.example.org";

/// Everything that the scenes play with.
pub struct Stage {
    /// The time of the sandbox; only scenes move it.
    pub clock: SandboxClock,
    /// What runs agents.
    pub t3: Arc<T3>,
    /// The forge.
    pub github: Arc<GitHub>,
    /// What deploys.
    pub woodpecker: Arc<Woodpecker>,
    /// The cluster.
    pub kubernetes: Arc<Kubernetes>,
    /// Where bells ring.
    pub ntfy: Arc<Ntfy>,
    /// Everything that the services were asked.
    pub journal: Arc<Journal>,
    /// Who and what is there.
    pub cast: Cast,
    /// The runs that the second half follows.
    pub runs: Vec<Run>,
    /// Addresses and tokens; no gate is open.
    pub addresses: Settings,
    servers: [HttpServer; 5],
}

/// Settings, as the environment would hold them.
pub type Settings = BTreeMap<String, String>;

/// What both services remember of writes. Equal before and after: nothing was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Memory {
    forge_writes: usize,
    t3_events: u64,
}

impl Stage {
    /// Starts the services and lets the cast come on.
    pub fn open() -> Self {
        let mut stage = Self::empty();
        stage.cast = cast::come_on(&stage.github, &stage.clock);
        stage
    }

    /// Starts the services, with nobody there.
    pub fn empty() -> Self {
        let start = DateTime::from_timestamp(1_795_000_000, 0).expect("a representable time");
        let clock = SandboxClock::at(start);
        let t3 = T3::new(T3Options::new(T3Version::July), clock.clone());
        let options = GitHubOptions::default();
        let token = options.token.clone();
        let github = GitHub::new(options, clock.clone());
        let woodpecker = Woodpecker::new(clock.clone());
        let kubernetes = Kubernetes::proxy(clock.clone());
        let ntfy = Ntfy::new(clock.clone());
        let journal = Journal::new();
        let servers = [
            HttpServer::start("t3", Arc::clone(&journal), t3.clone()),
            HttpServer::start("github", Arc::clone(&journal), github.clone()),
            HttpServer::start("woodpecker", Arc::clone(&journal), woodpecker.clone()),
            HttpServer::start("kubernetes", Arc::clone(&journal), kubernetes.clone()),
            HttpServer::start("ntfy", Arc::clone(&journal), ntfy.clone()),
        ];
        let addresses = [
            ("AFK_T3_URL", servers[0].url()),
            ("AFK_T3_TOKEN", T3::BEARER.to_owned()),
            ("AFK_GITHUB_URL", servers[1].url()),
            ("AFK_GITHUB_TOKEN", token),
            ("AFK_WOODPECKER_URL", servers[2].url()),
            ("AFK_WOODPECKER_TOKEN", woodpecker::TOKEN.to_owned()),
            ("AFK_KUBERNETES_URL", servers[3].url()),
            ("AFK_NTFY_URL", servers[4].url()),
            ("AFK_NTFY_TOPIC", "acme-agents".to_owned()),
            ("AFK_COCKPIT_URL", COCKPIT.to_owned()),
            ("AFK_COCKPIT_LINK", "{cockpit}/{thread}".to_owned()),
            // A tick may take as long as this machine needs.
            ("AFK_TICK_MAX_SECONDS", "3600".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value));
        Self {
            clock,
            t3,
            github,
            woodpecker,
            kubernetes,
            ntfy,
            journal,
            cast: Cast { ready: Vec::new() },
            runs: Vec::new(),
            addresses: addresses.into(),
            servers,
        }
    }

    /// Ten seconds pass.
    pub fn later(&self) {
        self.clock.advance(TimeDelta::seconds(10));
    }

    /// Both gates open for these repositories.
    pub fn opened_for(&self, repositories: &[&str]) -> Settings {
        let mut settings = self.addresses.clone();
        settings.insert("AFK_KILL_SWITCH".to_owned(), "off".to_owned());
        // Labels are seconds old in the scenes.
        settings.insert("AFK_READY_SETTLE_SECONDS".to_owned(), "0".to_owned());
        settings.insert("AFK_ALLOWLIST".to_owned(), repositories.join(","));
        settings
    }

    /// Why a tick with these settings does nothing, if that is so. Fails when it would act.
    pub fn disarmed(&self, settings: &Settings) -> Result<DisarmedReason> {
        match parse(settings)?.gate().into_armed() {
            Ok(armed) => Err(anyhow!("armed for {:?}", armed.enrolled())),
            Err(reason) => Ok(reason),
        }
    }

    /// One tick that ends by itself.
    pub fn tick(&self, settings: &Settings, dry_run: bool) -> Result<TickReport> {
        self.tick_until(settings, dry_run, Arc::default())
    }

    /// One tick that starts no other act once `stop` is set.
    pub fn tick_until(
        &self,
        settings: &Settings,
        dry_run: bool,
        stop: Arc<AtomicBool>,
    ) -> Result<TickReport> {
        let config = parse(settings)?;
        let armed = config
            .gate()
            .into_armed()
            .map_err(|reason| anyhow!("{reason}"))?;
        let access = config.require_for_poll()?;
        let ids = SystemClock::start();
        let clock = StageClock {
            sandbox: self.clock.clone(),
            machine: SystemClock::start(),
        };
        let surroundings = Surroundings {
            clock: &clock,
            ids: &ids,
            stop,
        };
        let narrowing = Narrowing::default();
        Ok(app::poll_tick(
            &config,
            &armed,
            &access,
            &narrowing,
            Manner {
                dry_run,
                ..Manner::default()
            },
            &surroundings,
        ))
    }

    /// One tick of `afk-watch`.
    pub fn watch(&self, settings: &Settings) -> Result<TickReport> {
        let config = parse(settings)?;
        let access = config.require_for_watch()?;
        let ids = SystemClock::start();
        let clock = StageClock {
            sandbox: self.clock.clone(),
            machine: SystemClock::start(),
        };
        let surroundings = Surroundings {
            clock: &clock,
            ids: &ids,
            stop: Arc::default(),
        };
        Ok(app::watch_tick(
            &config,
            &config.gate(),
            &access,
            &Narrowing::default(),
            Manner::default(),
            &surroundings,
        ))
    }

    /// What `afk-watch digest` tells, sent to the sink.
    pub fn digest(&self, settings: &Settings) -> Result<app::Told> {
        let config = parse(settings)?;
        let access = config.require_for_looking(None)?;
        let ids = SystemClock::start();
        let clock = StageClock {
            sandbox: self.clock.clone(),
            machine: SystemClock::start(),
        };
        let surroundings = Surroundings {
            clock: &clock,
            ids: &ids,
            stop: Arc::default(),
        };
        Ok(app::digest(
            &config,
            &access,
            &Narrowing::default(),
            &surroundings,
        ))
    }

    /// Text that people see, with addresses that are the same in every run.
    pub fn public(&self, text: &str) -> String {
        text.replace(&self.servers[1].url(), "https://github.example.org")
    }

    /// Two ticks at once. Each command that both send to T3 is held until the other's has arrived too, so
    /// that they meet at every step.
    pub fn two_ticks_at_once(&self, settings: &Settings) -> Result<[TickReport; 2]> {
        let meetings = Arc::new(Meetings::default());
        self.journal.intercept(move |exchange| {
            if let Some(command) = command(exchange) {
                meetings.wait_for_two(&command);
            }
            Fault::None
        });
        let (left, right) = std::thread::scope(|scope| {
            let left = scope.spawn(|| self.tick(settings, false));
            (self.tick(settings, false), left.join())
        });
        self.journal.calm();
        let right = right.map_err(|_| anyhow!("a tick panicked"))?;
        Ok([left?, right?])
    }

    /// What both services remember of writes.
    pub fn memory(&self) -> Memory {
        Memory {
            forge_writes: self.github.writes().len(),
            t3_events: self.t3.sequence(),
        }
    }

    /// The only thread of a repository.
    pub fn only_thread(&self, repository: &str) -> Result<ThreadView> {
        let prefix = format!("{repository}#");
        let mut threads = self
            .t3
            .threads()
            .into_iter()
            .filter_map(|id| self.t3.thread(&id));
        let mut of_repository = threads
            .by_ref()
            .filter(|thread| thread.title.starts_with(&prefix));
        let thread = of_repository
            .next()
            .with_context(|| format!("{repository} has no thread"))?;
        ensure!(
            of_repository.next().is_none(),
            "{repository} has several threads"
        );
        Ok(thread)
    }
}

/// The parser of the binary, on settings that stand for its environment.
fn parse(settings: &Settings) -> Result<Config> {
    let values = settings
        .iter()
        .map(|(key, value)| (key.clone(), Ok(value.clone())));
    Ok(config::load(&[Source::new("environment", values.collect())])?.config)
}

/// The type of a command to T3.
pub fn command(exchange: &Exchange) -> Option<String> {
    let is_command = exchange.service == "t3" && exchange.request.method == "POST";
    let body = exchange.request.json().filter(|_| is_command)?;
    Some(body["type"].as_str()?.to_owned())
}

/// The sandbox's time of day; waiting and the deadline are the machine's.
struct StageClock {
    sandbox: SandboxClock,
    machine: SystemClock,
}

impl Clock for StageClock {
    fn now(&self) -> DateTime<Utc> {
        self.sandbox.now()
    }

    fn uptime(&self) -> Duration {
        self.machine.uptime()
    }

    fn sleep(&self, duration: Duration) {
        self.machine.sleep(duration);
    }
}

/// Places where two ticks wait for each other.
#[derive(Default)]
struct Meetings {
    arrived: Mutex<BTreeMap<String, usize>>,
    changed: Condvar,
}

impl Meetings {
    /// Waits until two came to `place`. Whoever waits in vain goes on: the scene then sees what happened.
    fn wait_for_two(&self, place: &str) {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        *arrived.entry(place.to_owned()).or_default() += 1;
        self.changed.notify_all();
        drop(
            self.changed
                .wait_timeout_while(arrived, MEETING_MAX, |arrived| arrived[place] < 2),
        );
    }
}
