//! Over generated worlds: what `explain` says of an issue is what the next tick does with it; of a run, what the watcher does.

use std::collections::{BTreeMap, BTreeSet};

use afk::tick::TickReport;
use serde_json::Value;

use super::failed;
use crate::support::forge::Rank;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::saga::Saga;
use crate::support::sandbox::t3::{AgentProcess, T3Options, T3Version, ThreadView};
use crate::support::world::{HUMAN, LOCK, READY, REPO, WorldOptions};

on_each_kind_of_forge! {
    what_explain_says_is_what_the_next_tick_does,
}

/// A small pseudo-random source; the same seed gives the same world.
struct Dice {
    state: u64,
    turns: u64,
}

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % sides
    }

    /// One side after the other, so that few worlds show all of them.
    fn turn(&mut self, sides: u64) -> u64 {
        self.turns += 1;
        self.turns % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

type Issues = Vec<(&'static str, u64)>;

const REPOS: [&str; 4] = [REPO, "acme/gears", "acme/bolts", "acme/nuts"];

/// Issues of every kind in several repositories, one of which may be held already.
fn generated(saga: &mut Saga, dice: &mut Dice) -> Issues {
    let world = &mut saga.world;
    for repo in &REPOS[1..] {
        world.add_repository(repo);
    }
    world.enrol(&REPOS);
    let in_flight = 1 + dice.roll(4);
    world.set("AFK_MAX_IN_FLIGHT", &in_flight.to_string());
    if dice.one_in(4) {
        world.set("AFK_MAX_STARTS_PER_DAY", &(1 + dice.roll(3)).to_string());
    }
    if dice.one_in(4) {
        world.set("AFK_READY_SETTLE_SECONDS", "30");
    }
    let saga = &*saga;
    let world = &saga.world;
    let mut issues = Vec::new();
    for repo in REPOS {
        world.forge.set_rank(repo, "mallory", Rank::Triage);
        world.forge.push_commit(repo, "alice", "Begin");
        let other = world.issue(repo, "Something else", "");
        for _ in 0..1 + dice.roll(3) {
            let body = match dice.roll(6) {
                0 => format!("Blocked by: #{other}\n"),
                1 => "Depends on: the weather\n".to_owned(),
                _ => "Please do it.\n".to_owned(),
            };
            let number = world.issue(repo, "Do it", &body);
            issues.push((repo, number));
            let labeller = if dice.one_in(6) { "mallory" } else { "alice" };
            if dice.roll(8) > 0 {
                world.forge.label(repo, number, labeller, READY);
            }
            world.later();
            for _ in 0..dice.roll(2) {
                happens(saga, dice, repo, number, other);
            }
        }
        if dice.one_in(8) {
            world.forge.label(repo, other, "alice", LOCK);
        }
    }
    issues
}

/// Something that somebody does about an issue.
fn happens(saga: &Saga, dice: &mut Dice, repo: &str, number: u64, other: u64) {
    let world = &saga.world;
    let forge = &world.forge;
    match dice.turn(11) {
        0 => forge.label(repo, number, "alice", "needs-info"),
        1 => forge.label(repo, number, "alice", "P1"),
        2 => forge.label(repo, number, "alice", HUMAN),
        3 => forge.unlabel(repo, number, "alice", READY),
        4 => {
            forge.unlabel(repo, number, "alice", READY);
            forge.label(repo, number, "alice", READY);
        }
        5 => forge.assign(repo, number, "alice", "alice"),
        6 if world.place.is_github() => world.github.add_sub_issue(repo, number, repo, other),
        7 => drop(forge.pull_request(repo, "alice", number)),
        8 => forge.edit_body(repo, number, "mallory", "And all secrets.\n"),
        9 => forge.close(repo, number, "alice"),
        _ => drop(forge.comment(repo, number, "alice", "A brief.")),
    }
    world.later();
}

/// Something that an agent, its provider, CI or a person does about a run.
fn goes_on(saga: &Saga, dice: &mut Dice, repo: &str, number: u64, thread: &str) {
    let world = &saga.world;
    let t3 = &world.t3;
    let at_work = |view: &ThreadView| matches!(view.agent, AgentProcess::Working);
    let mut view = t3.thread(thread).unwrap();
    if view.turns_waiting > 0 && !at_work(&view) {
        t3.agent_starts(thread);
        saga.pass(5);
        view = t3.thread(thread).unwrap();
    }
    let live = at_work(&view);
    let push = || {
        let message = format!("Do it\n\nRefs {repo}#{number}\nAfk-Run: {thread}\n");
        world.forge.push_commit(repo, "afk-bot", &message)
    };
    match dice.turn(8) {
        0 if live => t3.agent_finishes(thread, "I pushed nothing."),
        1 if live => t3.agent_fails(thread, "boom"),
        2 if live => {
            t3.provider_error_looks_like_success(
                thread,
                "You've hit your limit · resets 5am (UTC)",
            );
        }
        3 if live => drop(t3.agent_asks(thread, "Which one?")),
        conclusion @ (4 | 5) if live => {
            let sha = push();
            t3.agent_finishes(thread, "Pushed.");
            let run = world.forge.start_workflow(repo, &sha, "ci", &["build"]);
            let conclusion = if conclusion == 4 {
                "success"
            } else {
                "failure"
            };
            world.forge.finish_workflow(repo, run, conclusion);
        }
        6 => world.forge.unlabel(repo, number, "alice", READY),
        _ => {}
    }
    saga.pass(60 + i64::try_from(dice.roll(4)).unwrap() * 400);
}

/// The decision on an issue, and the codes of its reasons.
fn decided(report: &TickReport, repo: &str, number: u64) -> Option<(String, Vec<String>)> {
    let mut repositories = report.repositories.iter();
    let repository = repositories.find(|entry| entry.repository.full_name() == repo)?;
    let mut issues = repository.issues.iter();
    let issue = issues.find(|issue| issue.issue.0 == number)?;
    let codes = issue.reasons.iter().map(|reason| reason.code.to_string());
    Some((issue.decision.as_str().to_owned(), codes.collect()))
}

fn explained(saga: &Saga, repo: &str, number: u64) -> Value {
    serde_json::to_value(saga.explain(&format!("{repo}#{number}"))).unwrap()
}

/// What was seen in all worlds, and how often.
#[derive(Default)]
struct Seen(BTreeMap<String, usize>);

impl Seen {
    fn add(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }
}

/// A tick of poll: what starts, and what is said of the rest.
fn polls(saga: &Saga, issues: &Issues, seen: &mut Seen, seed: u64) {
    let told: Vec<Value> = issues
        .iter()
        .map(|(repo, number)| explained(saga, repo, *number))
        .collect();
    // Whose turn it is among equals changes with the second, and nothing else does.
    let settles = |told: &Value| failed(told).contains(&"settling");
    if !told.iter().any(settles) {
        saga.pass(1);
    }
    let contended: BTreeSet<String> = told
        .iter()
        .zip(issues)
        .filter(|(told, _)| !told["turn"].is_null())
        .flat_map(|(told, (repo, _))| {
            let equals = told["turn"]["equals"].as_array().unwrap().iter();
            let names = equals.map(|name| name.as_str().unwrap().split_once('#').unwrap().0);
            names.chain([*repo]).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let report = saga.poll();
    for ((repo, number), told) in issues.iter().zip(told) {
        let decision = told["decision"].as_str().unwrap();
        let mut dispatched = report.dispatched.iter();
        let is_started =
            dispatched.any(|run| run.repository.full_name() == *repo && run.issue.0 == *number);
        let what = format!("seed {seed}, {repo}#{number}: {told:#}\n{report}");
        seen.add(decision);
        if contended.contains(*repo) {
            seen.add("turn");
            continue;
        }
        assert_eq!(is_started, decision == "dispatch", "{what}");
        match decided(&report, repo, *number) {
            None => assert!(matches!(decision, "refuse" | "run"), "{what}"),
            // Whoever would be refused before the room is gone may stand behind it now.
            Some((by_tick, codes))
                if !contended.is_empty() && [by_tick.as_str(), decision].contains(&"skip") =>
            {
                assert_ne!(by_tick, "dispatch", "{what}");
                codes.into_iter().for_each(|code| seen.add(code));
            }
            // The run is told of, and not why another one has to wait for it.
            Some((by_tick, _)) if decision == "run" => assert_eq!(by_tick, "skip", "{what}"),
            Some((by_tick, codes)) => {
                assert_eq!(decision, by_tick, "{what}");
                let failed: BTreeSet<&str> = failed(&told).into_iter().collect();
                let all = codes.iter().all(|code| failed.contains(code.as_str()));
                assert!(all, "{what}");
                codes.into_iter().for_each(|code| seen.add(code));
            }
        }
    }
}

/// A tick of watch: each run's action, and why it ends.
fn watches(saga: &Saga, issues: &Issues, seen: &mut Seen, seed: u64) {
    let told: Vec<(&str, u64, Value)> = issues
        .iter()
        .map(|(repo, number)| (*repo, *number, explained(saga, repo, *number)))
        .filter(|(_, _, told)| told["decision"] == "run")
        .collect();
    let report = saga.watch();
    for (repo, number, told) in told {
        let mut runs = report.runs.iter();
        let run = runs
            .find(|run| run.repository.full_name() == repo && run.issue.0 == number)
            .unwrap_or_else(|| panic!("seed {seed}, {repo}#{number}: {told:#}\n{report}"));
        let reason = run.reason.map_or(Value::Null, |code| code.as_str().into());
        let by_watch = (
            Value::from(run.action),
            reason,
            Value::from(run.state.as_str()),
        );
        let member = |name: &str| told["run"][name].clone();
        let by_explain = (member("action"), member("reason"), member("state"));
        assert_eq!(
            by_explain, by_watch,
            "seed {seed}, {repo}#{number}: {told:#}\n{report}"
        );
        seen.add(format!("run {}", run.action));
    }
}

/// The runs under way, each with its repository, issue and thread.
fn under_way(saga: &Saga) -> Vec<(String, u64, String)> {
    saga.status()
        .runs
        .iter()
        .filter_map(|run| {
            let line = &run.line;
            let thread = line.thread?.to_string();
            Some((line.repository.full_name(), line.issue.0, thread))
        })
        .collect()
}

/// `AFK_EXPLAIN_SEEDS` tries more worlds.
#[expect(
    clippy::disallowed_methods,
    reason = "the number of worlds is a variable"
)]
fn what_explain_says_is_what_the_next_tick_does(place: Place) {
    const ROUNDS: usize = 3;
    // What is seen at all is seen on GitHub; elsewhere the same is told of fewer worlds.
    let worlds: u64 = if place.is_github() { 8 } else { 2 };
    let seeds = std::env::var("AFK_EXPLAIN_SEEDS").map_or(worlds, |seeds| seeds.parse().unwrap());
    let mut seen = Seen::default();
    let mut agents = Dice { state: 1, turns: 3 };
    for seed in 1..=seeds {
        // Every other world has a T3 with lighter readings.
        let version = if seed % 2 == 0 {
            T3Version::Fork0_0_33
        } else {
            T3Version::V0_0_27
        };
        let mut dice = Dice {
            state: seed,
            turns: seed,
        };
        let mut saga = Saga::with(WorldOptions {
            t3: T3Options::new(version),
            ..WorldOptions::at(place)
        });
        let issues = generated(&mut saga, &mut dice);
        for _ in 0..ROUNDS {
            polls(&saga, &issues, &mut seen, seed);
            for (repo, number, thread) in under_way(&saga) {
                goes_on(&saga, &mut agents, &repo, number, &thread);
            }
            watches(&saga, &issues, &mut seen, seed);
            let (repo, number) = issues[usize::try_from(dice.roll(issues.len() as u64)).unwrap()];
            happens(&saga, &mut dice, repo, number, 1);
        }
    }
    if !place.is_github() {
        return;
    }
    let wanted = [
        "dispatch",
        "refuse",
        "skip",
        "run",
        "blocked",
        "on-hold",
        "assigned-since",
        "has-sub-issues",
        "pull-request-open",
        "lock-label",
        "repository-busy",
        "cap-reached",
        "lower-priority",
        "provider-paused",
        "run wait",
        "run close_success",
        "run fix_forward",
        "run escalate_prepush",
        "turn",
    ];
    let missing: Vec<&str> = wanted
        .into_iter()
        .filter(|what| !seen.0.contains_key(*what))
        .collect();
    assert!(missing.is_empty(), "{missing:?} in {:#?}", seen.0);
}
