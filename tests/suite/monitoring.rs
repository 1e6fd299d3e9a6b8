//! Heartbeats and figures of the built binaries: who is told of a tick, and that it changes nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::support::sandbox::github::GitHubOptions;
use crate::support::sandbox::http_server::{HttpServer, Journal, Request, Response, Service};
use crate::support::world::{Finished, LOCK, REPO, T3_TOKEN, World, finish};

/// Answers everybody with one status.
struct Watchdog(u16);

impl Service for Watchdog {
    fn answer(&self, _request: &Request) -> Response {
        Response::text(self.0, "text/plain", "OK")
    }
}

/// A Pushgateway as the contract tells it: `PUT` replaces a group, `POST` the metrics of the names that it brings, and nothing
/// expires.
#[derive(Default)]
struct Pushgateway(Mutex<BTreeMap<String, BTreeMap<String, Vec<String>>>>);

impl Pushgateway {
    /// Every sample of every group.
    fn samples(&self) -> Vec<String> {
        let groups = self.0.lock().unwrap();
        let families = groups.values().flat_map(BTreeMap::values);
        families.flatten().cloned().collect()
    }

    fn of(&self, name: &str) -> Vec<String> {
        let mut samples = self.samples();
        samples.retain(|sample| sample.starts_with(&format!("{name}{{")));
        samples
    }
}

impl Service for Pushgateway {
    fn answer(&self, request: &Request) -> Response {
        let text = String::from_utf8(request.body.clone()).unwrap();
        let is_right = request.path.starts_with("/metrics/job/") && text.ends_with('\n');
        if !is_right {
            return Response::text(400, "text/plain", "no such group, or no end of a line");
        }
        let mut families: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, _) = line.split_once('{').unwrap();
            families
                .entry(name.to_owned())
                .or_default()
                .push(line.to_owned());
        }
        let mut groups = self.0.lock().unwrap();
        let group = groups.entry(request.path.clone()).or_default();
        match request.method.as_str() {
            "PUT" => *group = families,
            "POST" => group.extend(families),
            _ => return Response::text(405, "text/plain", "no such method"),
        }
        Response::text(200, "text/plain", "")
    }
}

/// A watchdog, and what it has heard: method, path and body.
struct Heard {
    server: HttpServer,
    journal: Arc<Journal>,
}

impl Heard {
    fn start(status: u16) -> Self {
        let journal = Journal::new();
        let server =
            HttpServer::start("watchdog", Arc::clone(&journal), Arc::new(Watchdog(status)));
        Self { server, journal }
    }

    fn lines(&self) -> Vec<String> {
        let lines = self
            .journal
            .exchanges()
            .iter()
            .map(|exchange| {
                let request = &exchange.request;
                let body = String::from_utf8_lossy(&request.body).into_owned();
                format!("{} {} {body}", request.method, request.path)
                    .trim_end()
                    .to_owned()
            })
            .collect();
        self.journal.clear();
        lines
    }
}

fn watch(world: &World, arguments: &[&str]) -> Finished {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_afk-watch"));
    command
        .env_clear()
        .envs(&world.settings)
        .args(["--output", "json"])
        .args(arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    finish(command.spawn().unwrap())
}

#[test]
fn a_watchdog_hears_of_the_start_and_the_end_of_every_tick_that_works() {
    let heard = Heard::start(200);
    let mut world = World::new();
    let url = heard.server.url();
    world.set("AFK_POLL_HEARTBEAT_URL", &format!("{url}/ping/secret-uuid"));
    world.set("AFK_WATCH_HEARTBEAT_URL", &format!("{url}/ping/other/"));
    assert_eq!(world.poll().status, 0);
    assert_eq!(
        heard.lines(),
        ["GET /ping/secret-uuid/start", "GET /ping/secret-uuid"]
    );
    assert_eq!(watch(&world, &[]).status, 0);
    assert_eq!(heard.lines(), ["GET /ping/other/start", "GET /ping/other"]);

    world.t3.allow_bearer("another-token", &[]);
    world.set("AFK_T3_TOKEN", "wrong");
    let refused = world.poll();
    assert_eq!(refused.status, 3, "{refused:?}");
    assert_eq!(
        heard.lines(),
        [
            "GET /ping/secret-uuid/start",
            "POST /ping/secret-uuid/fail {\"exit_status\":3}"
        ]
    );
    assert!(!refused.stderr.contains("secret-uuid"), "{refused:?}");

    world.unset("AFK_T3_TOKEN");
    assert_eq!(world.poll().status, 2);
    assert_eq!(
        heard.lines(),
        [
            "GET /ping/secret-uuid/start",
            "POST /ping/secret-uuid/fail {\"exit_status\":2}"
        ]
    );
}

#[test]
fn nobody_hears_of_a_tick_that_is_disarmed_or_only_tried() {
    let heard = Heard::start(200);
    let mut world = World::new();
    for key in [
        "AFK_POLL_HEARTBEAT_URL",
        "AFK_WATCH_HEARTBEAT_URL",
        "AFK_PUSHGATEWAY_URL",
    ] {
        world.set(key, &heard.server.url());
    }
    assert_eq!(world.poll_with(&["--dry-run"]).status, 0);
    assert_eq!(watch(&world, &["--dry-run"]).status, 0);
    world.set("AFK_KILL_SWITCH", "on");
    assert_eq!(world.poll().status, 0);
    world.set("AFK_ALLOWLIST", "");
    assert_eq!(world.poll().status, 0);
    assert_eq!(watch(&world, &[]).status, 0);
    assert_eq!(heard.lines(), [""; 0]);
}

#[test]
fn a_watchdog_that_is_not_there_changes_nothing() {
    let gone = {
        let heard = Heard::start(200);
        heard.server.url()
    };
    for (address, status) in [(gone, None), (Heard::start(500).server.url(), Some(500))] {
        let mut world = World::new();
        let number = world.ready_issue("Sort the list");
        world.catch_up();
        world.set("AFK_POLL_HEARTBEAT_URL", &format!("{address}/secret-uuid"));
        world.set("AFK_PUSHGATEWAY_URL", &address);
        world.set("AFK_METRICS_FILE", "/nowhere/afk.prom");
        let finished = world.poll();
        assert_eq!(finished.status, 0, "{status:?} {finished:?}");
        assert_eq!(finished.dispatched(), [number]);
        for key in [
            "AFK_POLL_HEARTBEAT_URL",
            "AFK_PUSHGATEWAY_URL",
            "AFK_METRICS_FILE",
        ] {
            assert!(finished.stderr.contains(key), "{finished:?}");
        }
        assert!(!finished.stderr.contains("secret-uuid"), "{finished:?}");
    }
}

#[test]
fn figures_go_to_a_file_and_to_a_pushgateway() {
    let heard = Heard::start(200);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("afk-poll.prom");
    let mut world = World::new();
    world.ready_issue("Sort the list");
    world.catch_up();
    world.set("AFK_METRICS_FILE", path.to_str().unwrap());
    world.set("AFK_PUSHGATEWAY_URL", &heard.server.url());
    assert_eq!(world.poll().status, 0);
    let text = read(&path);
    assert!(text.contains("afk_dispatched{tick=\"poll\"} 1\n"), "{text}");
    assert!(text.contains("afk_armed{tick=\"poll\"} 1\n"), "{text}");
    assert_eq!(
        heard.lines(),
        [format!("PUT /metrics/job/afk-poll {text}").trim_end()]
    );
    world.set("AFK_KILL_SWITCH", "on");
    assert_eq!(world.poll().status, 0);
    assert!(read(&path).contains("afk_armed{tick=\"poll\"} 0\n"));
    assert_eq!(heard.lines(), [""; 0]);
}

#[test]
fn a_pushgateway_forgets_what_the_last_tick_did_not_have_and_keeps_both_programs_apart() {
    let gateway = Arc::new(Pushgateway::default());
    let server = HttpServer::start("pushgateway", Journal::new(), gateway.clone());
    let mut world = World::new();
    world.ready_issue("Sort the list");
    world.catch_up();
    world.set("AFK_PUSHGATEWAY_URL", &server.url());
    assert_eq!(world.poll().status, 0);
    let polled = world.requests();
    assert_eq!(watch(&world, &[]).status, 0);
    let watched = world.requests()[polled.len()..].to_vec();
    assert_eq!(gateway.of("afk_runs").len(), 1, "{:?}", gateway.samples());
    assert_eq!(
        gateway.of("afk_dispatched"),
        [
            "afk_dispatched{tick=\"poll\"} 1",
            "afk_dispatched{tick=\"watch\"} 0"
        ]
    );
    let sent = |asked: &[String], tick: &str| {
        ["github", "t3"].map(|service| {
            let mut asked = asked.to_vec();
            asked.retain(|request| request.starts_with(service));
            let count = asked.len();
            format!("afk_requests{{tick=\"{tick}\",service=\"{service}\"}} {count}")
        })
    };
    let (polled, watched) = (sent(&polled, "poll"), sent(&watched, "watch"));
    assert_eq!(gateway.of("afk_requests"), [polled, watched].concat());
    // The next poll replaces nothing of watch.
    world.set("AFK_GITHUB_TOKEN", "wrong");
    assert_eq!(world.poll().status, 3);
    assert_eq!(
        gateway.of("afk_failures").len(),
        1,
        "{:?}",
        gateway.samples()
    );
    assert_eq!(gateway.of("afk_runs").len(), 1);
    world.set("AFK_GITHUB_TOKEN", &GitHubOptions::default().token);
    assert_eq!(world.poll().status, 0);
    assert_eq!(gateway.of("afk_failures"), [""; 0]);
    // When there is no run any more, no series says that one is under way.
    world.t3.people_delete(&world.only_thread().id);
    world.github.unlabel(REPO, 1, "alice", LOCK);
    world.set("AFK_STALL_SECONDS", "1");
    assert_eq!(watch(&world, &[]).status, 0);
    assert_eq!(gateway.of("afk_runs"), [""; 0], "{:?}", gateway.samples());
}

#[test]
fn a_watch_that_drains_is_not_armed_and_its_figures_say_so() {
    let gateway = Arc::new(Pushgateway::default());
    let server = HttpServer::start("pushgateway", Journal::new(), gateway.clone());
    let mut world = World::new();
    let number = world.ready_issue("Sort the list");
    world.catch_up();
    assert_eq!(world.poll().dispatched(), [number]);
    world.set("AFK_PUSHGATEWAY_URL", &server.url());
    for (key, value, armed) in [
        ("AFK_METRICS_FILE", "", true),
        ("AFK_HALT", "on", false),
        ("AFK_KILL_SWITCH", "on", false),
    ] {
        world.set(key, value);
        let drained = watch(&world, &[]);
        let report = drained.report();
        assert_eq!(report["armed"], armed, "{report:#}");
        assert_eq!(report["runs"][0]["issue"], number, "{report:#}");
        let figure = format!("afk_armed{{tick=\"watch\"}} {}", u8::from(armed));
        assert_eq!(gateway.of("afk_armed"), [figure]);
        world.unset("AFK_HALT");
    }
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_afk-watch"));
    command.env_clear().envs(&world.settings);
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(
        text.starts_with("afk-watch: 1 repository, 1 run, "),
        "{text}"
    );
}

#[test]
fn a_slip_in_the_settings_is_told_where_the_rest_can_be_read() {
    let gateway = Arc::new(Pushgateway::default());
    let server = HttpServer::start("pushgateway", Journal::new(), gateway.clone());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("poll");
    let mut world = World::new();
    world.set("AFK_PUSHGATEWAY_URL", &server.url());
    world.set("AFK_METRICS_FILE", path.to_str().unwrap());
    assert_eq!(world.poll().status, 0);
    let told = "afk_tick_exit_status{tick=\"poll\"} 2";
    let missing = directory.path().join("no-such-secret");
    for (key, value) in [
        ("AFK_RUN_MAX_SECONDS", "soon"),
        ("AFK_T3_TOKEN_FILE", missing.to_str().unwrap()),
    ] {
        let mut world = World::new();
        world.set("AFK_PUSHGATEWAY_URL", &server.url());
        world.set("AFK_METRICS_FILE", path.to_str().unwrap());
        if key.ends_with("_FILE") {
            world.unset("AFK_T3_TOKEN");
        }
        world.set(key, value);
        assert_eq!(world.poll_with(&["--dry-run"]).status, 2);
        assert_ne!(gateway.of("afk_tick_exit_status"), [told]);
        assert_eq!(world.poll().status, 2);
        assert_eq!(gateway.of("afk_tick_exit_status"), [told]);
        assert_eq!(gateway.of("afk_armed"), [""; 0]);
        assert!(read(&path).contains(told));
        world.unset(key);
        world.set("AFK_T3_TOKEN", T3_TOKEN);
        assert_eq!(world.poll().status, 0);
        // With a gate closed no connection is opened, and where the figures go must be readable itself.
        for (other, closed) in [
            ("AFK_KILL_SWITCH", "on"),
            ("AFK_PUSHGATEWAY_URL", "nowhere"),
        ] {
            let before = world.settings[other].clone();
            world.set("AFK_RUN_MAX_SECONDS", "soon");
            world.set(other, closed);
            assert_eq!(world.poll().status, 2);
            assert_ne!(gateway.of("afk_tick_exit_status"), [told], "{other}");
            world.set(other, &before);
        }
    }
}

#[test]
fn a_digest_tells_since_when_the_oldest_hand_back_waits() {
    let gateway = Arc::new(Pushgateway::default());
    let server = HttpServer::start("pushgateway", Journal::new(), gateway.clone());
    let mut world = World::new();
    world.set("AFK_PUSHGATEWAY_URL", &server.url());
    let locked = world.issue(REPO, "Locked by hand", "");
    world.github.label(REPO, locked, "alice", LOCK);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_afk-watch"));
    command.env_clear().envs(&world.settings).arg("digest");
    assert!(command.output().unwrap().status.success());
    assert_eq!(
        gateway.of("afk_handed_back"),
        ["afk_handed_back{tick=\"digest\"} 1"]
    );
    // Nobody knows since when a stray waits.
    assert_eq!(
        gateway.of("afk_oldest_handed_back_timestamp_seconds"),
        [""; 0]
    );
    assert_eq!(gateway.of("afk_digest_timestamp_seconds").len(), 1);
    // It has a group of its own.
    assert_eq!(watch(&world, &[]).status, 0);
    assert_eq!(gateway.of("afk_handed_back").len(), 1);
}

#[test]
fn the_issue_of_a_run_and_what_is_on_hold_do_not_count_as_waiting() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("poll");
    let mut world = World::new();
    let running = world.ready_issue("Sort the list");
    world.catch_up();
    assert_eq!(world.poll().dispatched(), [running]);
    let held = world.ready_issue("Ask again");
    world.github.label(REPO, held, "alice", "needs-info");
    world.set("AFK_METRICS_FILE", path.to_str().unwrap());
    let finished = world.poll();
    let issues = finished.repository(REPO)["issues"].clone();
    assert_eq!(
        issues,
        serde_json::json!([
            {"issue": running, "decision": "skip", "reasons": [
                {"code": "repository-busy", "detail": "run 1 is under way"}
            ]},
            {"issue": held, "decision": "refuse", "reasons": [
                {"code": "on-hold", "detail": "shows 'needs-info'"}
            ]},
        ])
    );
    let text = read(&path);
    assert!(
        text.contains("afk_eligible_not_started{tick=\"poll\"} 0\n"),
        "{text}"
    );
    assert!(
        text.contains("afk_oldest_not_started_seconds{tick=\"poll\"} 0\n"),
        "{text}"
    );
    // Who is eligible and waits for the repository counts.
    let waiting = world.ready_issue("Sort it again");
    assert_eq!(
        world.poll().decision(REPO, waiting),
        ("skip".to_owned(), vec!["repository-busy".to_owned()])
    );
    let text = read(&path);
    assert!(
        text.contains("afk_eligible_not_started{tick=\"poll\"} 1\n"),
        "{text}"
    );
    // With a full cap it is the same in other repositories.
    world.add_repository("acme/gears");
    world.enrol(&[REPO, "acme/gears"]);
    world.set("AFK_MAX_IN_FLIGHT", "1");
    let other = world.issue("acme/gears", "Hold it", "");
    world.approve("acme/gears", other);
    world
        .github
        .label("acme/gears", other, "alice", "needs-info");
    assert_eq!(
        world.poll().decision("acme/gears", other),
        ("refuse".to_owned(), vec!["on-hold".to_owned()])
    );
    let text = read(&path);
    assert!(
        text.contains("afk_eligible_not_started{tick=\"poll\"} 1\n"),
        "{text}"
    );
}

#[test]
fn ages_and_the_end_of_the_bearer_are_told_without_a_further_request() {
    /// `{"exp":4102444800000}`, and a signature.
    const BEARER: &str = "eyJleHAiOjQxMDI0NDQ4MDAwMDB9.c2lnbmF0dXJl";
    let requests = |bearer: Option<&str>| {
        let directory = tempfile::tempdir().unwrap();
        let (poll, watched) = (
            directory.path().join("poll"),
            directory.path().join("watch"),
        );
        let mut world = World::new();
        if let Some(bearer) = bearer {
            world
                .t3
                .allow_bearer(bearer, &["orchestration:read", "orchestration:operate"]);
            world.set("AFK_T3_TOKEN", bearer);
        }
        world.ready_issue("Sort the list");
        world.ready_issue("Sort it again");
        world.catch_up();
        world.set("AFK_METRICS_FILE", poll.to_str().unwrap());
        assert_eq!(world.poll().status, 0);
        world.set("AFK_METRICS_FILE", watched.to_str().unwrap());
        assert_eq!(watch(&world, &[]).status, 0);
        (world.requests().len(), read(&poll), read(&watched))
    };
    let value = |text: &str, name: &str| -> Option<i64> {
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{name}{{")))?;
        line.rsplit_once(' ')?.1.parse().ok()
    };
    let (asked, poll, watched) = requests(Some(BEARER));
    let (asked_without, without, _) = requests(None);
    assert_eq!(asked, asked_without);
    assert!(
        value(&poll, "afk_oldest_not_started_seconds") > Some(0),
        "{poll}"
    );
    assert_eq!(value(&poll, "afk_oldest_run_seconds"), Some(0));
    assert_eq!(value(&watched, "afk_oldest_not_started_seconds"), Some(0));
    assert!(
        value(&watched, "afk_oldest_run_seconds") >= Some(0),
        "{watched}"
    );
    for text in [&poll, &watched] {
        let ends = value(text, "afk_t3_token_ends_timestamp_seconds");
        assert_eq!(ends, Some(4_102_444_800), "{text}");
    }
    assert_eq!(value(&without, "afk_t3_token_ends_timestamp_seconds"), None);
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
