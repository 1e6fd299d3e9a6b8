//! `afk-watch status`: the runs under way, for people and for programs.

use std::process::{Command, Stdio};

use afk::tick::status::Page;
use serde_json::Value;

use crate::support::place::{Place, on_every_forge};
use crate::support::saga::Saga;
use crate::support::world::{Finished, LOCK, REPO, World, finish};

on_every_forge! {
    nothing_under_way_is_said_in_one_line,
    a_shard_shows_its_own_repositories_and_no_others_locks,
    a_run_that_ended_shows_whom_its_bell_waits_for_and_no_limit,
    a_repository_that_is_named_by_mistake_is_one_line,
    a_run_is_shown_with_all_that_is_known_of_it,
    a_title_is_shown_without_secrets,
    strays_and_unreachable_services_are_shown,
}

fn watch_command(world: &World, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_afk-watch"));
    command
        .env_clear()
        .envs(&world.settings)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn status(world: &World, arguments: &[&str]) -> Finished {
    let mut all = vec!["status"];
    all.extend_from_slice(arguments);
    finish(watch_command(world, &all).spawn().unwrap())
}

fn nothing_under_way_is_said_in_one_line(place: Place) {
    let mut world = World::at(place);
    let shown = status(&world, &[]);
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(shown.stdout.starts_with("no run is under way · 2"));
    assert_eq!(shown.stdout.lines().count(), 1, "{}", shown.stdout);
    world.set("AFK_KILL_SWITCH", "on");
    let told = status(&world, &["--output", "json"]).report();
    assert_eq!(told["armed"], false);
    assert_eq!(
        told["gate"],
        "draining: AFK_KILL_SWITCH is on (environment): nothing starts and no turn is sent"
    );
    assert_eq!(told["runs"], serde_json::json!([]));
    assert_eq!(told["strays"], serde_json::json!([]));
    assert_eq!(
        (&told["version"], &told["paused"]),
        (&1.into(), &Value::Null)
    );
}

fn a_shard_shows_its_own_repositories_and_no_others_locks(place: Place) {
    const OTHER: &str = "acme/gadgets";
    let mut world = World::at(place);
    world.add_repository(OTHER);
    world.enrol(&[REPO, OTHER]);
    // A run of another shard, of which this one's T3 knows nothing.
    let number = world.issue(OTHER, "Elsewhere", "");
    world.forge.label(OTHER, number, "alice", LOCK);
    let strays = |arguments: &[&str]| {
        let shown = status(&world, &[&["--output", "json"], arguments].concat());
        assert_eq!(shown.status, 0, "{shown:?}");
        shown.report()["strays"].as_array().unwrap().len()
    };
    assert_eq!(strays(&[]), 1);
    assert_eq!(strays(&["--repo", REPO]), 0);
    assert_eq!(strays(&["--repo", OTHER]), 1);
    assert_eq!(status(&world, &["--repo", "gadgets"]).status, 2);
}

fn a_run_that_ended_shows_whom_its_bell_waits_for_and_no_limit(place: Place) {
    let saga = Saga::at(place);
    let (_, thread) = saga.started();
    saga.world.t3.agent_finishes(&thread, "I can not.");
    saga.pass(130);
    saga.bells.is_down(true);
    saga.watch();
    let status = saga.status();
    let json = serde_json::to_value(&status).unwrap();
    let run = &json["runs"][0];
    assert_eq!(
        (&run["phase"], &run["left"], &run["waits_for"]),
        (
            &"ended".into(),
            &serde_json::json!([]),
            &serde_json::json!(["ntfy"])
        ),
        "{run:#}"
    );
    let text = status.render(Page::new(100, false));
    assert!(
        text.contains("\n  its bell is to ring at: ntfy\n"),
        "{text}"
    );
    assert!(!text.contains("left: "), "{text}");
}

fn a_repository_that_is_named_by_mistake_is_one_line(place: Place) {
    let world = World::at(place);
    let shown = status(&world, &["--repo", "acme/widgetz"]);
    let line = "warning: command line: find acme/widgetz: not on AFK_ALLOWLIST, and no run of it is under way";
    assert_eq!(shown.status, 0, "{shown:?}");
    assert_eq!(shown.stdout.lines().nth(1), Some(line), "{shown:?}");
    assert_eq!(shown.stdout.lines().count(), 2, "{shown:?}");
}

fn a_run_is_shown_with_all_that_is_known_of_it(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let before = saga.world.requests().len();
    let status = saga.status();
    let json = serde_json::to_value(&status).unwrap();
    let run = &json["runs"][0];
    for (key, value) in [
        ("repository", format!("{}:{REPO}", place.word())),
        ("thread", thread.clone()),
        ("title", "Reject negative sizes".to_owned()),
        ("phase", "working".to_owned()),
        ("thread_state", "running".to_owned()),
        ("state", "running".to_owned()),
        ("action", "wait".to_owned()),
    ] {
        assert_eq!(run[key], value, "{key} in {run:#}");
    }
    assert_eq!((&run["issue"], &run["turns"]), (&number.into(), &1.into()));
    assert!(run["age_seconds"].as_i64().unwrap() >= 10, "{run:#}");
    assert!(run["link"].as_str().unwrap().ends_with(&thread));
    let writes: Vec<String> = saga.world.requests()[before..]
        .iter()
        .filter(|request| !request.contains(" GET ") && !request.ends_with("POST /graphql"))
        .cloned()
        .collect();
    assert_eq!(writes, [""; 0]);

    let sha = saga.push(number, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "failure");
    let status = saga.status();
    let json = serde_json::to_value(&status).unwrap();
    let run = &json["runs"][0];
    assert_eq!(run["stages"][0]["outcome"], "failure");
    assert_eq!(run["commit"], sha);
    assert_eq!(run["action"], "fix_forward");
    let text = status.render(Page::new(100, false));
    let expected = format!(
        "1 run under way · {at}\n\
         {REPO}#{number} run 1 · Reject negative sizes\n  \
         ci · over · {short} · build failure\n  \
         {age} old · quiet for {quiet} · 1 turn · 2042 tokens\n  \
         left: {left} of AFK_FIX_FORWARD_MAX_SECONDS, 5 turns of AFK_FIX_FORWARD_MAX_ATTEMPTS\n  \
         next: fix_forward: {detail}\n  \
         {link}\n",
        at = status.at.format("%Y-%m-%d %H:%M:%S UTC"),
        short = &sha[..8],
        age = "1 min",
        quiet = "1 min",
        left = "59 min",
        detail = run["detail"].as_str().unwrap(),
        link = run["link"].as_str().unwrap(),
    );
    assert_eq!(text, expected);
    for width in [20, 40, 72] {
        let narrow = status.render(Page::new(width, false));
        assert!(narrow.lines().all(|line| line.chars().count() <= width));
    }
    assert!(status.render(Page::new(80, true)).contains("\x1b[31m"));
    // Looking changed nothing: the tick still does it.
    assert_eq!(saga.acted().0, "fix_forward");
}

fn a_title_is_shown_without_secrets(place: Place) {
    let saga = Saga::at(place);
    let (number, _) = saga.started();
    let title = "Why does ghp_0123456789abcdefABCDEF fail";
    saga.world
        .forge
        .rename_title(REPO, number, "mallory", title);
    let status = saga.status();
    let json = serde_json::to_value(&status).unwrap();
    assert_eq!(json["runs"][0]["title"], "Why does [redacted] fail");
    let text = status.render(Page::new(100, false));
    assert!(text.contains("Why does [redacted] fail"), "{text}");
}

fn strays_and_unreachable_services_are_shown(place: Place) {
    let mut saga = Saga::at(place);
    let number = saga.world.issue(REPO, "Locked by hand", "");
    saga.world.forge.label(REPO, number, "alice", LOCK);
    let told = serde_json::to_value(saga.status()).unwrap();
    assert_eq!(told["strays"][0]["issue"], number);
    assert_eq!(told["strays"][0]["state"], "stray");
    assert_eq!(told["runs"], serde_json::json!([]));
    saga.world.set("AFK_T3_TOKEN", "wrong");
    let shown = status(&saga.world, &["--output", "json"]);
    assert_eq!(shown.status, 3, "{shown:?}");
    assert_eq!(shown.report()["failures"][0]["service"], "t3");
    let shown = status(&saga.world, &[]);
    assert!(
        shown
            .stdout
            .starts_with("which runs are under way can not be told · "),
        "{shown:?}"
    );
}

#[test]
fn it_needs_its_services_and_a_sensible_interval() {
    let mut world = World::new();
    for wrong in ["0", "3601", "x"] {
        assert_eq!(status(&world, &["--watch", wrong]).status, 2, "{wrong}");
    }
    world.unset("AFK_T3_URL");
    let shown = status(&world, &[]);
    assert_eq!((shown.status, shown.stdout.as_str()), (2, ""));
    assert!(shown.stderr.contains("AFK_T3_URL"), "{}", shown.stderr);
}

/// A terminal of its own, `columns` wide.
fn terminal(columns: u16) -> (std::fs::File, std::fs::File) {
    use rustix::pty;
    let outside = pty::openpt(pty::OpenptFlags::RDWR | pty::OpenptFlags::NOCTTY).unwrap();
    pty::grantpt(&outside).unwrap();
    pty::unlockpt(&outside).unwrap();
    let size = rustix::termios::Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    rustix::termios::tcsetwinsize(&outside, size).unwrap();
    let name = pty::ptsname(&outside, Vec::new()).unwrap();
    let inside = std::fs::File::options()
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    (outside.into(), inside)
}

/// What a terminal shows until `enough` of it was seen, or the program ended.
fn shown(world: &World, columns: u16, arguments: &[&str], enough: impl Fn(&str) -> bool) -> String {
    let (mut outside, inside) = terminal(columns);
    let mut child = Command::new(env!("CARGO_BIN_EXE_afk-watch"))
        .env_clear()
        .envs(&world.settings)
        .arg("status")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::from(inside))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut text = String::new();
    let mut bytes = [0; 4096];
    // A terminal without anybody inside says so by an error.
    while let Ok(read @ 1..) = std::io::Read::read(&mut outside, &mut bytes) {
        text.push_str(&String::from_utf8_lossy(&bytes[..read]));
        if enough(&text) {
            let pid = child.id().to_string();
            let killed = Command::new("kill").args(["-TERM", &pid]).status();
            assert!(killed.unwrap().success());
            break;
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(0), "{text}");
    text
}

#[test]
fn a_terminal_tells_its_own_width_and_colour_is_kept_from_whoever_wants_none() {
    let mut world = World::new();
    world.set("AFK_KILL_SWITCH", "on");
    let to_the_end = |_: &str| false;
    let text = shown(&world, 30, &[], to_the_end);
    assert!(text.contains("\x1b[1m"), "{text:?}");
    world.set("NO_COLOR", "1");
    let text = shown(&world, 30, &[], to_the_end);
    assert!(!text.contains('\x1b'), "{text:?}");
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(30) && text.lines().count() > 3, "{text}");
    let as_wide = |text: &str| text.lines().map(|line| line.chars().count()).max();
    assert!(as_wide(&shown(&world, 90, &[], to_the_end)) > Some(30));
    // What people export goes first, and an empty NO_COLOR is none.
    world.set("COLUMNS", "20");
    world.set("NO_COLOR", "");
    world.set("TERM", "dumb");
    let text = shown(&world, 90, &[], to_the_end);
    assert!(
        as_wide(&text) <= Some(20) && !text.contains('\x1b'),
        "{text}"
    );
    world.unset("TERM");
    assert!(shown(&world, 90, &[], to_the_end).contains("\x1b[1m"));
}

#[test]
fn it_is_shown_anew_until_it_is_stopped() {
    let world = World::new();
    let anew = "\x1b[H\x1b[2J";
    let text = shown(&world, 80, &["--watch", "1"], |text| {
        text.matches(anew).count() == 2 && text.ends_with('\n')
    });
    assert!(text.starts_with(anew), "{text:?}");
    assert_eq!(text.matches("no run is under way").count(), 2, "{text:?}");
}
