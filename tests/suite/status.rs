//! `afk-watch status`: the runs under way, for people and for programs.

use std::process::{Command, Stdio};

use afk::tick::status::Page;
use serde_json::Value;

use crate::support::saga::Saga;
use crate::support::world::{Finished, LOCK, REPO, World, finish};

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

#[test]
fn nothing_under_way_is_said_in_one_line() {
    let mut world = World::new();
    let shown = status(&world, &[]);
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(shown.stdout.starts_with("no run is under way · 2"));
    assert_eq!(shown.stdout.lines().count(), 1, "{}", shown.stdout);
    world.set("AFK_KILL_SWITCH", "on");
    let told = status(&world, &["--output", "json"]).report();
    assert_eq!(told["armed"], false);
    assert_eq!(told["runs"], serde_json::json!([]));
    assert_eq!(told["strays"], serde_json::json!([]));
    assert_eq!(
        (&told["version"], &told["paused"]),
        (&1.into(), &Value::Null)
    );
}

#[test]
fn a_shard_shows_its_own_repositories_and_no_others_locks() {
    const OTHER: &str = "acme/gadgets";
    let mut world = World::new();
    world.add_repository(OTHER);
    world.enrol(&[REPO, OTHER]);
    // A run of another shard, of which this one's T3 knows nothing.
    let number = world.issue(OTHER, "Elsewhere", "");
    world.github.label(OTHER, number, "alice", LOCK);
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

#[test]
fn a_run_is_shown_with_all_that_is_known_of_it() {
    let saga = Saga::new();
    let (number, thread) = saga.started();
    let before = saga.world.requests().len();
    let status = saga.status();
    let json = serde_json::to_value(&status).unwrap();
    let run = &json["runs"][0];
    for (key, value) in [
        ("repository", format!("github:{REPO}")),
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

#[test]
fn strays_and_unreachable_services_are_shown() {
    let mut saga = Saga::new();
    let number = saga.world.issue(REPO, "Locked by hand", "");
    saga.world.github.label(REPO, number, "alice", LOCK);
    let told = serde_json::to_value(saga.status()).unwrap();
    assert_eq!(told["strays"][0]["issue"], number);
    assert_eq!(told["strays"][0]["state"], "stray");
    assert_eq!(told["runs"], serde_json::json!([]));
    saga.world.set("AFK_T3_TOKEN", "wrong");
    let shown = status(&saga.world, &["--output", "json"]);
    assert_eq!(shown.status, 3, "{shown:?}");
    assert_eq!(shown.report()["failures"][0]["service"], "t3");
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
