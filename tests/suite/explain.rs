//! `afk-poll explain`: the dispatcher's own decision on one issue, clause by clause.

use serde_json::Value;

use crate::support::sandbox::github_state::Role;
use crate::support::world::{LOCK, READY, REPO, World, finish};

mod worlds;

/// What `explain` answers, and its exit status.
fn explain(world: &World, issue: &str) -> (i32, Value) {
    let finished = finish(
        world
            .poll_command(&["explain", issue, "--output", "json"])
            .spawn()
            .unwrap(),
    );
    (finished.status, finished.report())
}

fn of(world: &World, number: u64) -> Value {
    let (status, told) = explain(world, &format!("{REPO}#{number}"));
    assert_eq!(status, 0, "{told:#}");
    told
}

/// Codes of the clauses that do not hold.
fn failed(told: &Value) -> Vec<&str> {
    let clauses = told["clauses"].as_array().unwrap();
    clauses
        .iter()
        .filter(|clause| clause["passed"] == false)
        .map(|clause| {
            assert!(!clause["change"].as_str().unwrap().is_empty(), "{clause}");
            clause["code"].as_str().unwrap()
        })
        .collect()
}

/// The fact of one clause.
fn fact<'t>(told: &'t Value, code: &str) -> &'t str {
    let clauses = told["clauses"].as_array().unwrap();
    let clause = clauses.iter().find(|clause| clause["code"] == code);
    clause.unwrap_or_else(|| panic!("no {code} in {told:#}"))["fact"]
        .as_str()
        .unwrap()
}

/// Everything that was sent so far and was no reading.
fn writes(world: &World) -> Vec<String> {
    let is_reading =
        |request: &String| request.contains(" GET ") || request.ends_with("POST /graphql");
    let mut requests = world.requests();
    requests.retain(|request| !is_reading(request));
    requests
}

#[test]
fn an_eligible_issue_is_explained_fact_by_fact_and_nothing_is_written() {
    let world = World::new();
    let number = world.ready_issue("Reject negative sizes");
    let told = of(&world, number);
    assert_eq!(told["version"], 1);
    assert_eq!(told["issue"], format!("{REPO}#{number}"));
    assert_eq!(told["decision"], "dispatch", "{told:#}");
    assert_eq!((&told["armed"], &told["run"]), (&true.into(), &Value::Null));
    assert_eq!(failed(&told), [""; 0]);
    assert!(fact(&told, "no-label-event").starts_with("alice put 'ready-for-agent' on at 2026-"));
    assert_eq!(
        fact(&told, "permission-too-low"),
        "alice has write permission"
    );
    assert_eq!(
        fact(&told, "public-repository"),
        "the repository is private"
    );
    assert_eq!(
        fact(&told, "lower-priority"),
        "place 1 of 1 among the ready issues of its repository"
    );
    assert_eq!(
        fact(&told, "cap-reached"),
        "0 of 5 runs are in flight, 0 of 20 were started in the last 24 hours"
    );
    assert!(told["clauses"].as_array().unwrap().len() >= 30, "{told:#}");
    assert_eq!(writes(&world), [""; 0]);
    assert_eq!(world.poll().dispatched(), [number]);
}

#[test]
fn everything_that_refuses_is_told_at_once_with_what_would_change_it() {
    let world = World::new();
    world.github.set_permission(REPO, "mallory", Role::TRIAGE);
    let blocker = world.issue(REPO, "First", "");
    let number = world.issue(REPO, "Second", &format!("Blocked by: #{blocker}\n"));
    world.github.label(REPO, number, "mallory", READY);
    world.github.label(REPO, number, "alice", "wontfix");
    let told = of(&world, number);
    assert_eq!(told["decision"], "refuse");
    assert_eq!(failed(&told), ["permission-too-low", "blocked", "on-hold"]);
    assert_eq!(fact(&told, "blocked"), format!("{REPO}#{blocker} is open"));
    // The tick stops at the label that it sees first.
    let (decision, codes) = world.poll().decision(REPO, number);
    assert_eq!(
        (decision.as_str(), codes),
        ("refuse", vec!["on-hold".to_owned()])
    );
}

#[test]
fn an_issue_that_nobody_labelled_and_one_that_is_none_are_refused() {
    let world = World::new();
    let number = world.issue(REPO, "An idea", "");
    let told = of(&world, number);
    assert_eq!(
        (told["decision"].as_str(), failed(&told)),
        (Some("refuse"), vec!["no-label-event"])
    );
    let told = of(&world, 999);
    assert_eq!(
        (told["decision"].as_str(), failed(&told)),
        (Some("refuse"), vec!["not-open"])
    );
}

#[test]
fn it_answers_with_the_gates_closed_and_off_the_allowlist() {
    let mut world = World::new();
    let number = world.ready_issue("Reject negative sizes");
    world.set("AFK_KILL_SWITCH", "on");
    let told = of(&world, number);
    assert_eq!(told["decision"], "dispatch");
    assert_eq!(told["armed"], false);
    assert!(
        told["gate"]
            .as_str()
            .unwrap()
            .contains("AFK_KILL_SWITCH is on")
    );
    world.add_repository("acme/gears");
    world.enrol(&["acme/gears"]);
    let told = of(&world, number);
    assert_eq!(
        (told["decision"].as_str(), failed(&told)),
        (Some("refuse"), vec!["not-allowlisted"])
    );
    assert_eq!(told["repository"]["outcome"], "refused");
    world.set("AFK_ALLOWLIST", "");
    let told = of(&world, number);
    assert_eq!(failed(&told), ["not-allowlisted"]);
    assert_eq!(writes(&world), [""; 0]);
}

#[test]
fn a_repository_that_is_held_says_by_which_run_and_the_run_is_shown() {
    let world = World::new();
    let first = world.ready_issue("First");
    let second = world.ready_issue("Second");
    assert_eq!(of(&world, second)["decision"], "skip");
    assert_eq!(failed(&of(&world, second)), ["lower-priority"]);
    assert_eq!(world.poll().dispatched(), [first]);
    let thread = world.only_thread().id;
    let told = of(&world, second);
    assert_eq!(told["decision"], "skip");
    assert_eq!(failed(&told), ["repository-busy"]);
    let detail = told["repository"]["detail"].as_str().unwrap();
    assert!(
        detail.contains(&format!("run 1 of #{first}, thread {thread}, since 2")),
        "{detail}"
    );
    let told = of(&world, first);
    assert_eq!(told["decision"], "run");
    let run = &told["run"];
    assert_eq!(
        (
            run["issue"].as_u64(),
            run["thread"].as_str(),
            run["action"].as_str()
        ),
        (Some(first), Some(thread.as_str()), Some("wait"))
    );
    assert!(run["left"].as_array().unwrap().len() >= 2, "{run:#}");
}

#[test]
fn a_lock_label_without_a_run_is_named() {
    let world = World::new();
    let locked = world.issue(REPO, "Locked", "");
    world.github.label(REPO, locked, "alice", LOCK);
    let number = world.ready_issue("Waits");
    let told = of(&world, number);
    assert_eq!(told["decision"], "skip");
    assert_eq!(failed(&told), ["lock-label"]);
    assert!(fact(&told, "lock-label").starts_with(&format!("#{locked} shows the lock label")));
}

#[test]
fn services_that_do_not_answer_are_told_by_the_exit_status() {
    let mut world = World::new();
    let number = world.ready_issue("Waits");
    let issue = format!("{REPO}#{number}");
    world.set("AFK_GITHUB_TOKEN", "wrong");
    let (status, told) = explain(&world, &issue);
    assert_eq!((status, failed(&told)), (3, vec!["facts-incomplete"]));
    world.set("AFK_T3_TOKEN", "wrong");
    assert_eq!(explain(&world, &issue).0, 3);
}
