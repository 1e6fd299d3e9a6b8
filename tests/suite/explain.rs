//! `afk-poll explain`: the dispatcher's own decision on one issue, clause by clause.

use serde_json::Value;

use crate::support::delivery::Delivery;
use crate::support::forge::Rank;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::saga::Saga;
use crate::support::sandbox::t3::{T3Options, T3Version};
use crate::support::world::{LOCK, READY, REPO, World, WorldOptions, finish};

mod worlds;

on_each_kind_of_forge! {
    an_eligible_issue_is_explained_fact_by_fact_and_nothing_is_written,
    everything_that_refuses_is_told_at_once_with_what_would_change_it,
    an_issue_that_nobody_labelled_and_one_that_is_none_are_refused,
    it_answers_with_the_gates_closed_and_off_the_allowlist,
    a_repository_that_is_held_says_by_which_run_and_the_run_is_shown,
    a_run_is_told_by_what_it_waits_for_and_no_advice_would_end_it,
    what_keeps_the_repository_is_told_beside_what_refuses_the_issue,
    equally_urgent_issues_are_named_where_there_is_not_room_for_all,
    on_lighter_readings_the_tick_and_explain_stop_at_the_same,
    a_lock_label_without_a_run_is_named,
    services_that_do_not_answer_are_told_by_the_exit_status,
}

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

fn an_eligible_issue_is_explained_fact_by_fact_and_nothing_is_written(place: Place) {
    let world = World::at(place);
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

fn everything_that_refuses_is_told_at_once_with_what_would_change_it(place: Place) {
    let world = World::at(place);
    world.forge.set_rank(REPO, "mallory", Rank::Triage);
    let blocker = world.issue(REPO, "First", "");
    let number = world.issue(REPO, "Second", &format!("Blocked by: #{blocker}\n"));
    world.forge.label(REPO, number, "mallory", READY);
    world.forge.label(REPO, number, "alice", "wontfix");
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

fn an_issue_that_nobody_labelled_and_one_that_is_none_are_refused(place: Place) {
    let world = World::at(place);
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
    let mut clauses = told["clauses"].as_array().unwrap().iter();
    let clause = clauses.find(|clause| clause["code"] == "not-open").unwrap();
    assert_eq!(
        (&clause["fact"], &clause["change"]),
        (
            &"there is no such issue".into(),
            &"see that the number is right".into()
        )
    );
}

fn it_answers_with_the_gates_closed_and_off_the_allowlist(place: Place) {
    let mut world = World::at(place);
    let number = world.ready_issue("Reject negative sizes");
    world.set("AFK_KILL_SWITCH", "on");
    let told = of(&world, number);
    assert_eq!(told["decision"], "dispatch");
    assert_eq!(told["armed"], false);
    assert_eq!(
        told["gate"],
        "disarmed: AFK_KILL_SWITCH is on (environment); to arm, set AFK_KILL_SWITCH to off"
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

fn a_repository_that_is_held_says_by_which_run_and_the_run_is_shown(place: Place) {
    let mut world = World::at(place);
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
        detail.starts_with(&format!(
            "run 1 is under way: of #{first}, thread {thread}, since 2"
        )),
        "{detail}"
    );
    world.set("AFK_KILL_SWITCH", "on");
    let draining = of(&world, first);
    assert_eq!(
        draining["gate"],
        "draining: AFK_KILL_SWITCH is on (environment): nothing starts and no turn is sent"
    );
    world.set("AFK_KILL_SWITCH", "off");
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

fn a_run_is_told_by_what_it_waits_for_and_no_advice_would_end_it(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = saga.started();
    let other = saga.world.ready_issue("Second");
    let issue = format!("{REPO}#{number}");
    let explained = saga.explain(&issue);
    let told = serde_json::to_value(&explained).unwrap();
    assert_eq!(told["decision"], "run", "{told:#}");
    assert_eq!(failed(&told), [""; 0]);
    for code in [
        "repository-busy",
        "lock-label",
        "already-run",
        "cap-reached",
    ] {
        let mut clauses = told["clauses"].as_array().unwrap().iter();
        assert!(clauses.all(|clause| clause["code"] != code), "{told:#}");
    }
    let left = &told["run"]["left"][0];
    let until = left["until"].as_str().unwrap();
    let line = format!("  left: 3 h 59 min of AFK_RUN_MAX_SECONDS, until {until}\n");
    let text = explained.to_string();
    assert!(text.contains(&line), "{line}{text}");
    assert!(
        text.contains(" of AFK_STALL_SECONDS, until 2026-"),
        "{text}"
    );
    assert!(
        text.contains("  left: 5 turns of AFK_FIX_FORWARD_MAX_ATTEMPTS\n"),
        "{text}"
    );
    // Whatever happens to the issue meanwhile, nothing is advised that takes the label off.
    saga.world.forge.assign(REPO, number, "alice", "alice");
    saga.world.forge.label(REPO, number, "alice", "needs-info");
    let text = saga.explain(&issue).to_string();
    assert!(text.contains("FAILS  on-hold"), "{text}");
    assert!(!text.contains("take '") && !text.contains("anew"), "{text}");
    // CI has until its limits, too.
    let sha = saga.push(number, &thread, "Reject negative sizes");
    let text = saga.explain(&issue).to_string();
    assert!(
        text.contains("  left: 14 min of AFK_CI_START_MAX_SECONDS, until 2026-"),
        "{text}"
    );
    saga.world
        .forge
        .start_workflow(REPO, &sha, "ci", &["build"]);
    let text = saga.explain(&issue).to_string();
    assert!(
        text.contains("  left: 1 h 29 min of AFK_CI_MAX_SECONDS, until 2026-"),
        "{text}"
    );
    // Of the one that waits, the label of the run is told as what it is.
    let told = serde_json::to_value(saga.explain(&format!("{REPO}#{other}"))).unwrap();
    assert_eq!(failed(&told), ["repository-busy"]);
    assert_eq!(
        fact(&told, "lock-label"),
        format!("#{number} shows 'agent-in-progress', for run 1")
    );
}

/// What comes after the build has its time from the end of what came before it.
#[test]
fn a_pending_deploy_and_a_pending_rollout_tell_until_when() {
    let story = Delivery::of(
        r#"{"acme/widgets": {"deploy": "woodpecker", "rollout": {"namespace": "shop", "deployment": "widgets"}}}"#,
    );
    let old = [("app", "registry.test/widgets:0a1b2c3d")];
    story.kubernetes.set_deployment("shop", "widgets", &old);
    let built = story.built();
    let issue = format!("{REPO}#{}", built.number);
    let left = |waits_for: &str, limit: &str, seconds: i64| {
        let explained = story.saga.explain(&issue);
        let run = explained.run.as_ref().unwrap();
        let detail = run["detail"].as_str().unwrap();
        assert!(detail.contains(waits_for), "{detail}");
        let all = run["left"].as_array().unwrap();
        let of_ci: Vec<&Value> = all
            .iter()
            .filter(|limit| limit["key"].as_str().unwrap().starts_with("AFK_CI"))
            .collect();
        assert_eq!(of_ci.len(), 1, "{run:#}");
        assert_eq!(
            (
                of_ci[0]["key"].as_str().unwrap(),
                of_ci[0]["left"].as_i64().unwrap()
            ),
            (limit, seconds),
            "{waits_for}"
        );
        let until = of_ci[0]["until"].as_str().unwrap();
        let said = format!(" of {limit}, until {until}\n");
        assert!(explained.to_string().contains(&said), "{explained}");
    };
    // The build ended five seconds ago.
    left("nothing has started", "AFK_CI_START_MAX_SECONDS", 895);
    let deploy = story
        .woodpecker
        .deploy_pipeline(REPO, &built.sha[..8], "running");
    story.saga.pass(600);
    left("pipeline 1 runs", "AFK_CI_MAX_SECONDS", 4_795);
    story.woodpecker.set_status(REPO, deploy, "success");
    story.saga.pass(300);
    left("0a1b2c3d", "AFK_CI_MAX_SECONDS", 5_100);
}

fn what_keeps_the_repository_is_told_beside_what_refuses_the_issue(place: Place) {
    let mut saga = Saga::at(place);
    let (number, _) = saga.started();
    saga.world.set("AFK_MAX_IN_FLIGHT", "1");
    let locked = saga.world.issue(REPO, "Locked by hand", "");
    saga.world.forge.label(REPO, locked, "alice", LOCK);
    let held = saga.world.issue(REPO, "Waits for words", "");
    saga.world.approve(REPO, held);
    saga.world.forge.label(REPO, held, "alice", "needs-info");
    let told = serde_json::to_value(saga.explain(&format!("{REPO}#{held}"))).unwrap();
    assert_eq!(told["decision"], "refuse", "{told:#}");
    assert_eq!(
        failed(&told),
        ["repository-busy", "lock-label", "on-hold", "cap-reached"]
    );
    assert!(fact(&told, "lock-label").starts_with(&format!("#{locked} shows the lock label")));
    assert_ne!(number, locked);
}

fn equally_urgent_issues_are_named_where_there_is_not_room_for_all(place: Place) {
    const OTHER: &str = "acme/gears";
    let mut saga = Saga::at(place);
    saga.world.add_repository(OTHER);
    saga.world.enrol(&[REPO, OTHER]);
    saga.world.set("AFK_MAX_IN_FLIGHT", "1");
    let (one, other) = (
        saga.world.ready_issue("One"),
        saga.world.issue(OTHER, "Other", ""),
    );
    saga.world.approve(OTHER, other);
    let (one, other) = (format!("{REPO}#{one}"), format!("{OTHER}#{other}"));
    let mut decisions = Vec::new();
    for (issue, rival) in [(&one, &other), (&other, &one)] {
        let explained = saga.explain(issue);
        let told = serde_json::to_value(&explained).unwrap();
        assert_eq!(told["turn"]["equals"], serde_json::json!([rival]));
        assert_eq!(told["turn"]["slots"], 1);
        let line = format!(
            "  turn: one of 2 equally urgent, with {rival}, and 1 may start: whose turn it is changes from tick to tick\n"
        );
        assert!(explained.to_string().contains(&line), "{explained}");
        decisions.push(told["decision"].as_str().unwrap().to_owned());
    }
    decisions.sort_unstable();
    assert_eq!(decisions, ["dispatch", "skip"]);
    // With room for both, nobody has to wait for a turn.
    saga.world.set("AFK_MAX_IN_FLIGHT", "2");
    let told = serde_json::to_value(saga.explain(&one)).unwrap();
    assert_eq!(
        (&told["turn"], &told["decision"]),
        (&Value::Null, &"dispatch".into())
    );
}

fn on_lighter_readings_the_tick_and_explain_stop_at_the_same(place: Place) {
    const OTHER: &str = "acme/gears";
    let mut saga = Saga::with(WorldOptions {
        t3: T3Options::new(T3Version::Fork0_0_33),
        ..WorldOptions::at(place)
    });
    let (number, thread) = saga.started();
    // Its thread is gone, of which a lighter reading shows nothing.
    saga.world.t3.people_delete(&thread);
    saga.world.forge.unlabel(REPO, number, "alice", LOCK);
    saga.pass(3_600);
    saga.world.add_repository(OTHER);
    saga.world.enrol(&[REPO, OTHER]);
    saga.world.set("AFK_MAX_IN_FLIGHT", "1");
    let other = saga.world.issue(OTHER, "Other", "");
    saga.world.approve(OTHER, other);
    saga.world.forge.label(OTHER, other, "alice", "P0");
    saga.pass(60);
    assert_eq!(saga.poll().dispatched.len(), 1);
    let told = serde_json::to_value(saga.explain(&format!("{REPO}#{number}"))).unwrap();
    let report = saga.poll();
    let entry = &report.repositories[0].issues[0];
    assert_eq!(
        told["decision"],
        entry.decision.as_str(),
        "{told:#}\n{report}"
    );
    // What the tick need not know at a full cap is told to a person all the same.
    let failed = failed(&told);
    assert!(
        failed.contains(&"already-run") && failed.contains(&"cap-reached"),
        "{failed:?}"
    );
}

fn a_lock_label_without_a_run_is_named(place: Place) {
    let world = World::at(place);
    let locked = world.issue(REPO, "Locked", "");
    world.forge.label(REPO, locked, "alice", LOCK);
    let number = world.ready_issue("Waits");
    let told = of(&world, number);
    assert_eq!(told["decision"], "skip");
    assert_eq!(failed(&told), ["lock-label"]);
    assert!(fact(&told, "lock-label").starts_with(&format!("#{locked} shows the lock label")));
}

fn services_that_do_not_answer_are_told_by_the_exit_status(place: Place) {
    let mut world = World::at(place);
    let number = world.ready_issue("Waits");
    let issue = format!("{REPO}#{number}");
    world.set(&place.key("TOKEN"), "wrong");
    let (status, told) = explain(&world, &issue);
    assert_eq!((status, failed(&told)), (3, vec!["facts-incomplete"]));
    world.set("AFK_T3_TOKEN", "wrong");
    assert_eq!(explain(&world, &issue).0, 3);
}
