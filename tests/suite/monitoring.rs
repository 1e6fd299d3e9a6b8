//! Heartbeats and figures of the built binaries: who is told of a tick, and that it changes nothing.

use std::path::Path;
use std::sync::Arc;

use crate::support::sandbox::http_server::{HttpServer, Journal, Request, Response, Service};
use crate::support::world::{Finished, World, finish};

/// Answers everybody with one status.
struct Watchdog(u16);

impl Service for Watchdog {
    fn answer(&self, _request: &Request) -> Response {
        Response::text(self.0, "text/plain", "OK")
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
        [format!("POST /metrics/job/afk-poll {text}").trim_end()]
    );
    world.set("AFK_KILL_SWITCH", "on");
    assert_eq!(world.poll().status, 0);
    assert!(read(&path).contains("afk_armed{tick=\"poll\"} 0\n"));
    assert_eq!(heard.lines(), [""; 0]);
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
