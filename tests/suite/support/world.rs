//! One T3 and one forge on loopback, and the program run against them.
//!
//! The default world is the common case: one private repository `acme/widgets` with a maintainer `alice`, a
//! stranger `mallory`, and our own account `afk-bot`. Nothing is ready until a story says so.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use afk::clock::{Clock as _, SystemClock};
use afk::domain::identity::{RepositoryId, RepositoryKey};
use chrono::{DateTime, TimeDelta};
use serde_json::Value;

use super::contract::Contract;
use super::forge::{Forge, Rank};
use super::forgejo_contract;
use super::place::Place;
use super::sandbox::clock::SandboxClock;
use super::sandbox::forgejo::ForgejoOptions;
use super::sandbox::github::{GitHub, GitHubOptions};
use super::sandbox::http_server::{Exchange, HttpServer, Journal};
use super::sandbox::t3::{ALL_SCOPES, T3, T3Options, T3Version};

pub const REPO: &str = "acme/widgets";
pub const READY: &str = "ready-for-agent";
pub const LOCK: &str = "agent-in-progress";
pub const HUMAN: &str = "ready-for-human";
pub const T3_TOKEN: &str = "t3-sandbox-bearer";

/// How a world starts.
pub struct WorldOptions {
    pub place: Place,
    pub t3: T3Options,
    pub github: GitHubOptions,
}

impl WorldOptions {
    pub fn at(place: Place) -> Self {
        Self {
            place,
            ..Self::default()
        }
    }
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            place: Place::GitHub,
            t3: T3Options::new(T3Version::V0_0_27),
            github: GitHubOptions::default(),
        }
    }
}

/// A sandbox and the settings that point the program at it.
pub struct World {
    pub clock: SandboxClock,
    pub t3: Arc<T3>,
    pub place: Place,
    /// The forge of this place.
    pub forge: Forge,
    /// The same, where the place is GitHub; elsewhere nobody is told of it.
    pub github: Arc<GitHub>,
    pub journal: Arc<Journal>,
    pub settings: BTreeMap<String, String>,
    /// The forge's numeric id of the default repository.
    pub repository_id: u64,
    t3_server: HttpServer,
    forge_server: HttpServer,
}

/// A finished process.
#[derive(Debug)]
pub struct Finished {
    /// Exit status; -1 when a signal ended it.
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// The JSON report. Stops the test when standard output is anything else.
    pub fn report(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no report ({error}): {self:?}"))
    }

    /// The entry of one repository.
    pub fn repository(&self, full_name: &str) -> Value {
        let report = self.report();
        let wanted = ["github", "forgejo"].map(|forge| format!("{forge}:{full_name}"));
        report["repositories"]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| wanted.iter().any(|wanted| entry["repository"] == *wanted))
            .unwrap_or_else(|| panic!("{full_name} is not in {report:#}"))
            .clone()
    }

    /// The outcome of one repository.
    pub fn outcome(&self, full_name: &str) -> String {
        self.repository(full_name)["outcome"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Decision and reason codes of one issue.
    pub fn decision(&self, full_name: &str, number: u64) -> (String, Vec<String>) {
        let repository = self.repository(full_name);
        let issue = repository["issues"]
            .as_array()
            .unwrap()
            .iter()
            .find(|issue| issue["issue"] == number)
            .unwrap_or_else(|| panic!("#{number} is not in {repository:#}"));
        let codes = issue["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|reason| reason["code"].as_str().unwrap().to_owned())
            .collect();
        (issue["decision"].as_str().unwrap().to_owned(), codes)
    }

    /// Numbers of the issues that were started.
    pub fn dispatched(&self) -> Vec<u64> {
        self.report()["dispatched"]
            .as_array()
            .unwrap()
            .iter()
            .map(|run| run["issue"].as_u64().unwrap())
            .collect()
    }
}

impl World {
    pub fn new() -> Self {
        Self::with(WorldOptions::default())
    }

    pub fn at(place: Place) -> Self {
        Self::with(WorldOptions::at(place))
    }

    pub fn of_version(place: Place, version: T3Version) -> Self {
        Self::with(WorldOptions {
            t3: T3Options::new(version),
            ..WorldOptions::at(place)
        })
    }

    pub fn with(options: WorldOptions) -> Self {
        let clock = SandboxClock::at(
            DateTime::parse_from_rfc3339("2026-11-20T09:00:00Z")
                .expect("a valid time")
                .to_utc(),
        );
        let place = options.place;
        let github_token = options.github.token.clone();
        let t3 = T3::new(options.t3, clock.clone());
        t3.allow_bearer(T3_TOKEN, &ALL_SCOPES);
        let github = GitHub::new(options.github, clock.clone());
        let journal = Journal::new();
        let t3_server = HttpServer::start("t3", Arc::clone(&journal), t3.clone());
        let (forge, token) = match place.server() {
            None => (Forge::GitHub(Arc::clone(&github)), github_token),
            Some(kind) => (
                Forge::forgejo(kind, clock.clone()),
                ForgejoOptions::of(kind).token,
            ),
        };
        let forge_server = HttpServer::start(place.word(), Arc::clone(&journal), forge.service());
        let mut settings: BTreeMap<String, String> = [
            ("AFK_KILL_SWITCH", "off".to_owned()),
            ("AFK_ALLOWLIST", REPO.to_owned()),
            // Stories that are about late results set it.
            ("AFK_CI_SETTLE_SECONDS", "0".to_owned()),
            // The sandbox's clock is days behind the machine's, so that every refusal looks old; stories about notes set it.
            ("AFK_REFUSAL_COMMENT", "off".to_owned()),
            ("AFK_T3_URL", t3_server.url()),
            ("AFK_T3_TOKEN", T3_TOKEN.to_owned()),
            ("AFK_DEFAULT_FORGE", place.word().to_owned()),
            // Loading one root certificate instead of the machine's: there are many ticks.
            (
                "SSL_CERT_FILE",
                concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/one-root.pem").to_owned(),
            ),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        settings.insert(place.key("URL"), forge_server.url());
        settings.insert(place.key("TOKEN"), token);
        let mut world = Self {
            repository_id: 0,
            clock,
            t3,
            place,
            forge,
            github,
            journal,
            settings,
            t3_server,
            forge_server,
        };
        world.forge.add_user("alice");
        world.forge.add_user("mallory");
        world.repository_id = world.add_repository(REPO);
        world
    }

    /// A private repository in which `alice` maintains.
    pub fn add_repository(&self, full_name: &str) -> u64 {
        let id = self.forge.add_repository(full_name);
        self.forge.set_rank(full_name, "alice", Rank::Maintainer);
        id
    }

    /// Enrols exactly these repositories.
    pub fn enrol(&mut self, full_names: &[&str]) {
        self.set("AFK_ALLOWLIST", &full_names.join(","));
    }

    pub fn set(&mut self, key: &str, value: &str) {
        self.settings.insert(key.to_owned(), value.to_owned());
    }

    pub fn unset(&mut self, key: &str) {
        self.settings.remove(key);
    }

    /// Ten seconds pass.
    pub fn later(&self) {
        self.clock.advance(TimeDelta::seconds(10));
    }

    /// The forge's clock catches up with the machine's, by which the binaries stamp what they create, up to four minutes: what is
    /// labelled then is settled, and younger than their slots.
    pub fn catch_up(&self) {
        self.catch_up_to(TimeDelta::minutes(4));
    }

    /// The sandbox's clock catches up with the machine's altogether: what happens then is no older than what the binaries created.
    pub fn catch_up_fully(&self) {
        self.catch_up_to(TimeDelta::zero());
    }

    /// The sandbox's clock catches up with the machine's, but for `distance`.
    pub fn catch_up_to(&self, distance: TimeDelta) {
        let machine = SystemClock::start().now();
        let behind = machine - distance - self.clock.now();
        self.clock.advance(behind.max(TimeDelta::zero()));
    }

    /// An issue that `alice` opens, without labels.
    pub fn issue(&self, full_name: &str, title: &str, body: &str) -> u64 {
        let number = self.forge.open_issue(full_name, "alice", title, body);
        self.later();
        number
    }

    /// `alice` asks for a run.
    pub fn approve(&self, full_name: &str, number: u64) {
        self.forge.label(full_name, number, "alice", READY);
        self.later();
    }

    /// An issue that is ready: the common case of most stories.
    pub fn ready_issue(&self, title: &str) -> u64 {
        let number = self.issue(REPO, title, "Please do it.\n");
        self.approve(REPO, number);
        number
    }

    /// The built `afk-poll` with this world's settings and nothing else in its environment.
    pub fn poll_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_afk-poll"));
        command
            .env_clear()
            .envs(&self.settings)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// One tick of the built `afk-poll`, with a JSON report.
    pub fn poll(&self) -> Finished {
        self.poll_with(&[])
    }

    pub fn poll_with(&self, arguments: &[&str]) -> Finished {
        finish(self.start_poll(arguments))
    }

    /// Starts a tick and does not wait for it.
    pub fn start_poll(&self, arguments: &[&str]) -> Child {
        let mut all = vec!["--output", "json"];
        all.extend_from_slice(arguments);
        self.poll_command(&all)
            .spawn()
            .expect("the binary was built")
    }

    pub fn t3_url(&self) -> String {
        self.t3_server.url()
    }

    pub fn forge_url(&self) -> String {
        self.forge_server.url()
    }

    /// By which a repository of this number is known to T3, in all its slots.
    pub fn key(&self, repository: u64) -> RepositoryKey {
        let host = self.forge_url().replace("http://", "");
        RepositoryKey::new(self.place.forge(), &host, RepositoryId(repository))
    }

    /// Whether a request goes to the forge of this place.
    pub fn asks_forge(place: Place, exchange: &Exchange) -> bool {
        exchange.service == place.word()
    }

    /// Ids of all messages in all threads, as (thread, message).
    pub fn messages(&self) -> Vec<(String, String)> {
        self.t3
            .threads()
            .into_iter()
            .flat_map(|id| {
                let thread = self.t3.thread(&id).unwrap();
                thread
                    .messages
                    .into_iter()
                    .map(move |message| (id.clone(), message.id))
            })
            .collect()
    }

    /// The only thread. Stops the test when there is another number of them.
    pub fn only_thread(&self) -> super::sandbox::t3::ThreadView {
        let threads = self.t3.threads();
        assert_eq!(threads.len(), 1, "{threads:?}");
        self.t3.thread(&threads[0]).unwrap()
    }

    pub fn labels(&self, number: u64) -> Vec<String> {
        self.forge.labels_of(REPO, number)
    }

    /// Requests so far, as `service METHOD path`.
    pub fn requests(&self) -> Vec<String> {
        self.journal.exchanges().iter().map(describe).collect()
    }
}

/// Everything that the program sent to the forge in any story fits its published description.
impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for exchange in self.journal.exchanges() {
            if exchange.service != self.place.word() {
                continue;
            }
            let fits = match self.place.server() {
                Some(kind) => forgejo_contract::validate(kind, &exchange.request),
                None => Contract::open().map_or(Ok(()), |contract| {
                    contract.validate_github_request(&exchange.request)
                }),
            };
            if let Err(why) = fits {
                panic!("{}: {why}", describe(&exchange));
            }
        }
    }
}

/// Waits for a process.
pub fn finish(child: Child) -> Finished {
    let output = child
        .wait_with_output()
        .expect("the process can be waited for");
    Finished {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub fn describe(exchange: &Exchange) -> String {
    let Exchange {
        service, request, ..
    } = exchange;
    format!("{service} {} {}", request.method, request.path)
}
