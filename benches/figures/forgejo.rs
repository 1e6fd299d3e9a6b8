//! What ticks ask of a Forgejo and of a Gitea: counts of requests beside the contract's (`contracts/forgejo` section 11); and
//! what they hold where people write much.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;

use chrono::{TimeDelta, Utc};

use super::process::{self, POLL, WATCH};
use super::sandbox::clock::SandboxClock;
use super::sandbox::forgejo::state::Level;
use super::sandbox::forgejo::{Forgejo, ForgejoOptions, ServerKind};
use super::sandbox::http_server::{HttpServer, Journal};
use super::sandbox::t3::{T3, T3Options, T3Version};
use super::table::{Table, Target};

/// Ready issues in each repository.
const READY_PER_REPOSITORY: usize = 3;

/// Runs that are started, and then watched.
const RUNS: usize = 5;

/// A T3 and a Forgejo on loopback.
struct Forge {
    forge: Arc<Forgejo>,
    t3: Arc<T3>,
    clock: SandboxClock,
    journal: Arc<Journal>,
    servers: [HttpServer; 2],
    token: String,
}

/// What one tick asked of the forge.
struct Asked {
    reads: usize,
    writes: usize,
    dispatched: usize,
    runs: usize,
}

impl Forge {
    fn of(kind: ServerKind, repositories: usize, ready: usize) -> Self {
        // The binaries' clock is the machine's.
        let clock = SandboxClock::at(Utc::now() - TimeDelta::hours(2));
        let t3 = T3::new(T3Options::new(T3Version::V0_0_27), clock.clone());
        let options = ForgejoOptions::of(kind);
        let token = options.token.clone();
        let forge = Forgejo::new(options, clock.clone());
        let journal = Journal::new();
        let servers = [
            HttpServer::start("t3", Arc::clone(&journal), t3.clone()),
            HttpServer::start("forgejo", Arc::clone(&journal), forge.clone()),
        ];
        for login in ["acme", "alice", "mallory"] {
            forge.add_user(login);
        }
        for index in 0..repositories {
            let name = name(index);
            forge.add_repository(&name);
            forge.set_level(&name, "alice", Level::Write);
            forge.push_commit(&name, "alice", "Begin");
            // As `check --fix` leaves it; the first start of a repository that has no such label makes it.
            forge.create_label(&name, "agent-in-progress");
            for _ in 0..ready {
                let title = "Reject negative page sizes";
                let number = forge.open_issue(&name, "alice", title, "Please.");
                forge.label_issue(&name, number, "alice", "ready-for-agent");
                clock.advance(TimeDelta::seconds(1));
            }
        }
        Self {
            forge,
            t3,
            clock,
            journal,
            servers,
            token,
        }
    }

    fn command(
        &self,
        binary: &str,
        repositories: usize,
        max_in_flight: usize,
        arguments: &[&str],
    ) -> Command {
        let names: Vec<String> = (0..repositories).map(name).collect();
        let settings: BTreeMap<String, String> = [
            ("AFK_KILL_SWITCH", "off".to_owned()),
            ("AFK_ALLOWLIST", names.join(",")),
            ("AFK_DEFAULT_FORGE", "forgejo".to_owned()),
            ("AFK_READY_SETTLE_SECONDS", "0".to_owned()),
            ("AFK_MAX_STARTS_PER_DAY", "0".to_owned()),
            ("AFK_MAX_IN_FLIGHT", max_in_flight.to_string()),
            ("AFK_T3_URL", self.servers[0].url()),
            ("AFK_T3_TOKEN", T3::BEARER.to_owned()),
            ("AFK_FORGEJO_URL", self.servers[1].url()),
            ("AFK_FORGEJO_TOKEN", self.token.clone()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        process::command(binary, &settings, arguments)
    }

    /// The most that a tick of this world holds, in bytes.
    fn peak(&self, binary: &str, repositories: usize) -> Option<u64> {
        let command = self.command(binary, repositories, repositories, &["--dry-run"]);
        process::peak_memory(command, || {
            let exchanges = self.journal.exchanges();
            exchanges.iter().all(|exchange| exchange.status.is_some())
        })
    }

    fn tick(&self, binary: &str, repositories: usize, max_in_flight: usize) -> Asked {
        self.journal.clear();
        let arguments = ["--output", "json"];
        let mut command = self.command(binary, repositories, max_in_flight, &arguments);
        let output = command.stdout(Stdio::piped()).output();
        let output = output.expect("the binary was built");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {text}", output.status);
        let report: serde_json::Value =
            serde_json::from_str(&text).expect("standard output is the report");
        let exchanges = self.journal.exchanges();
        let count = |reads: bool| {
            let asked = exchanges.iter().filter(|one| one.service == "forgejo");
            asked
                .filter(|one| (one.request.method == "GET") == reads)
                .count()
        };
        let length = |list: &str| report[list].as_array().map_or(0, Vec::len);
        Asked {
            reads: count(true),
            writes: count(false),
            dispatched: length("dispatched"),
            runs: length("runs"),
        }
    }
}

fn name(index: usize) -> String {
    format!("acme/repository-{index}")
}

fn limit(count: usize) -> Target {
    Target::CountAtMost(count as f64)
}

/// All rows.
pub fn figures(table: &mut Table) {
    for (kind, server) in [
        (ServerKind::Forgejo13, "Forgejo"),
        (ServerKind::Gitea126, "Gitea"),
    ] {
        // Account and version, repositories, two searches of one page or two.
        for (repositories, most) in [(1, 5), (10, 5), (100, 8)] {
            let idle = Forge::of(kind, repositories, 0);
            let figure = format!("{server}, {repositories:>3} idle repositories: requests");
            let poll = idle.tick(POLL, repositories, 1);
            table.row(
                &format!("{figure} of a poll"),
                poll.reads as f64,
                limit(most),
            );
            let watch = idle.tick(WATCH, repositories, 1);
            table.row(
                &format!("{figure} of a watch"),
                watch.reads as f64,
                limit(most - 1),
            );
        }
        // What the bulk read shows refuses without asking: 300 issues are six pages of the search.
        let refused = Forge::of(kind, 100, READY_PER_REPOSITORY);
        for index in 0..100 {
            refused.forge.make_public(&name(index));
        }
        let tick = refused.tick(POLL, 100, 1);
        assert_eq!(tick.dispatched, 0, "nothing may start");
        let figure = format!("{server}, poll refuses 300 in 100 repositories: requests");
        table.row(&figure, tick.reads as f64, limit(2 + 2 + 7));
        starting_and_watching(table, kind, server);
    }
}

/// Memory where people write much: comments, and issues of their own that mention ours.
pub fn texts(table: &mut Table) {
    const MANY_RUNS: usize = 50;
    const COMMENTS: usize = 50;
    const MENTIONS: usize = 100;
    for (kind, server) in [
        (ServerKind::Forgejo13, "Forgejo"),
        (ServerKind::Gitea126, "Gitea"),
    ] {
        let world = Forge::of(kind, MANY_RUNS, 1);
        let started = world.tick(POLL, MANY_RUNS, MANY_RUNS);
        assert_eq!(started.dispatched, MANY_RUNS, "every one starts");
        let text = "spam ".repeat(12_000);
        for index in 0..MANY_RUNS {
            for _ in 0..COMMENTS {
                world.forge.comment_on(&name(index), 1, "mallory", &text);
            }
        }
        let figure = format!("{server}, watch with 50 x 50 comments of 60 kB: resident, MB");
        super::resident(table, &figure, world.peak(WATCH, MANY_RUNS));
        let world = Forge::of(kind, 1, 1);
        let text = "spam ".repeat(60_000);
        for _ in 0..MENTIONS {
            let number = world.forge.open_pull_request(&name(0), "mallory", 1);
            world.forge.edit_body(&name(0), number, &text);
        }
        let figure = format!("{server}, poll with 100 mentions of 300 kB: resident, MB");
        super::resident(table, &figure, world.peak(POLL, 1));
        let world = Forge::of(kind, 1, 1);
        for _ in 0..COMMENTS {
            world.forge.comment_on(&name(0), 1, "mallory", &text);
        }
        let figure = format!("{server}, poll with 50 comments of 300 kB: resident, MB");
        super::resident(table, &figure, world.peak(POLL, 1));
    }
}

fn starting_and_watching(table: &mut Table, kind: ServerKind, server: &str) {
    let world = Forge::of(kind, RUNS, READY_PER_REPOSITORY);
    let full = world.tick(POLL, RUNS, 1);
    assert_eq!(full.dispatched, 1, "as many starts as there is room for");
    let starting = world.tick(POLL, RUNS, RUNS);
    assert_eq!(starting.dispatched, RUNS - 1, "all others start");
    let idle = world.tick(POLL, RUNS, RUNS);
    let starts = (RUNS - 1) as f64;
    // The contract's six of a candidate and the teams, what the last look reads anew (timeline, on Gitea with the page after
    // it, and dependencies); the version once.
    let most = if kind.is_gitea() { 11 } else { 10 };
    table.row(
        &format!("{server}, per start: reads"),
        (starting.reads - idle.reads - 1) as f64 / starts,
        limit(most),
    );
    let writes = starting.writes as f64 / starts;
    table.row(
        &format!("{server}, per start: writes"),
        writes,
        Target::CountAtMost(3.0),
    );
    world.clock.advance(TimeDelta::minutes(1));
    for thread in world.t3.threads() {
        let view = world.t3.thread(&thread).expect("it is listed");
        let (issue, _) = view.title.split_once(' ').expect("the title of a run");
        let (repository, _) = issue.split_once('#').expect("the title of a run");
        world.t3.agent_starts(&thread);
        let message = format!("Reject them\n\nRefs {issue}\nAfk-Run: {thread}\n");
        let sha = world.forge.push_commit(repository, "alice", &message);
        world.forge.post_status(repository, &sha, "ci", "pending");
    }
    // The first tick writes what people see; later ones only read.
    world.tick(WATCH, RUNS, RUNS);
    let none = Forge::of(kind, RUNS, 0).tick(WATCH, RUNS, RUNS);
    let watch = world.tick(WATCH, RUNS, RUNS);
    assert_eq!(
        (watch.runs, watch.writes),
        (RUNS, 0),
        "every run is looked at"
    );
    // Timeline (Gitea: and the page after it), commits, statuses, runs of Actions; the version once.
    let per_run = (watch.reads - none.reads - 1) as f64 / RUNS as f64;
    let most = if kind.is_gitea() { 5 } else { 4 };
    table.row(
        &format!("{server}, watch: requests for each run"),
        per_run,
        limit(most),
    );
}
