//! The last part of the story: what goes wrong around runs, and how each of them ends all the same.
//!
//! Every run here has one trouble of its own, and the dead Slack channel besides. Failures are reported, as they should be;
//! the scene checks the ends.

use std::sync::Arc;

use afk::tick::TickReport;
use anyhow::{Context as _, Result, ensure};
use chrono::TimeDelta;
use serde_json::json;

use super::cast::READY;
use super::sandbox::github_state::{Role, Visibility};
use super::sandbox::http_server::{Fault, HttpServer, Response};
use super::sandbox::slack::{self, Slack};
use super::scenes::Scene;
use super::stage::Stage;

/// The scene.
pub const SCENES: [Scene; 1] = [Scene {
    title: "What goes wrong around runs, and how each ends all the same",
    play: troubles,
}];

/// What happens to one run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Renamed,
    Deleted,
    Mute,
    Cut,
    Forged,
    Background,
}

/// Repository, trouble, what happens for the reader, and the end in the title.
const RUNS: [(&str, Trouble, &str, &str); 6] = [
    (
        "acme/old-name",
        Trouble::Renamed,
        "its repository is renamed while the agent works",
        "done (landed)",
    ),
    (
        "acme/gone",
        Trouble::Deleted,
        "somebody deletes its repository",
        "needs-human (forge-lost)",
    ),
    (
        "acme/mute",
        Trouble::Mute,
        "the forge refuses its comment for good",
        "needs-human (no-push)",
    ),
    (
        "acme/long",
        Trouble::Cut,
        "T3 cuts its thread, CI is red, then green",
        "done (landed)",
    ),
    (
        "acme/forged",
        Trouble::Forged,
        "somebody gives its thread another issue's title",
        "needs-human (forged)",
    ),
    (
        "acme/sleeper",
        Trouble::Background,
        "a command of its agent runs on in the background",
        "done (landed)",
    ),
];

/// The name that the renamed repository has afterwards.
const NEW_NAME: &str = "acme/new-name";

/// Past the sum of a run's limits.
const LIMITS: TimeDelta = TimeDelta::seconds(14_400 + 3_600 + 900 + 5_400 + 60);

fn troubles(stage: &mut Stage) -> Result<()> {
    *stage = Stage::empty();
    let slack = Slack::new();
    let server = HttpServer::start("slack", Arc::clone(&stage.journal), slack.clone());
    stage.github.add_user("alice");
    for (name, ..) in RUNS {
        stage.github.add_repository(name, Visibility::Private);
        stage.github.set_permission(name, "alice", Role::MAINTAIN);
        let github = &stage.github;
        let number = github.open_issue(name, "alice", "Do it", "Please.\n", &[]);
        github.label(name, number, "alice", READY);
    }
    stage.later();
    let names: Vec<&str> = RUNS.iter().map(|(name, ..)| *name).collect();
    let mut settings = stage.opened_for(&names);
    settings.insert("AFK_MAX_IN_FLIGHT".to_owned(), RUNS.len().to_string());
    settings.insert("AFK_CI_SETTLE_SECONDS".to_owned(), "0".to_owned());
    settings.insert(
        "AFK_SLACK_WEBHOOK_URL".to_owned(),
        format!("{}{}", server.url(), slack::PATH),
    );
    let report = stage.tick(&settings, false)?;
    ensure!(report.dispatched.len() == RUNS.len(), "{report}");
    let thread_of = |name: &str| {
        let mut started = report.dispatched.iter();
        let run = started.find(|run| run.repository.full_name() == name);
        run.map(|run| run.thread.to_string())
            .with_context(|| format!("{name} was not started"))
    };
    stage.later();
    let mut threads = Vec::new();
    for (name, trouble, ..) in RUNS {
        let thread = thread_of(name)?;
        stage.t3.agent_starts(&thread);
        strike(stage, name, &thread, trouble)?;
        threads.push(thread);
    }
    // The channel was archived, and comments in one repository are refused, from now on.
    slack.refuses_from_now_on(410, "channel_is_archived");
    stage.journal.intercept(|exchange| {
        let request = &exchange.request;
        if request.method != "GET" && request.path.contains("/repos/acme/mute/issues/1/comments") {
            let message = "Commenting is disabled on issues with more than 2500 comments";
            Fault::Instead(Response::json(403, &json!({"message": message})))
        } else {
            Fault::None
        }
    });
    let mut warned = Vec::new();
    let mut given_up = 0;
    let mut note = |report: &TickReport| {
        warned.extend(report.warnings.iter().map(|warning| warning.error.clone()));
        let failures = report.failures.iter();
        given_up += failures
            .filter(|failure| failure.error.starts_with("given up"))
            .count();
    };
    for _ in 0..3 {
        stage.clock.advance(TimeDelta::minutes(5));
        stage.t3.settle();
        note(&stage.watch(&settings)?);
        repair(stage, &thread_of("acme/long")?)?;
    }
    stage.clock.advance(LIMITS);
    for _ in 0..2 {
        stage.t3.settle();
        note(&stage.watch(&settings)?);
        stage.clock.advance(TimeDelta::minutes(5));
    }
    println!(
        "   {:<15} {:<49} end in the thread's title",
        "repository", "what happened"
    );
    for ((name, _, story, end), thread) in RUNS.iter().zip(&threads) {
        let view = stage.t3.thread(thread).context("the thread is gone")?;
        ensure!(view.archived, "{name} is not released: {}", view.title);
        let tail = view.title.rsplit_once(end).map(|(_, tail)| tail);
        ensure!(
            tail == Some(" · rung ntfy,!slack"),
            "{name}: {}",
            view.title
        );
        println!(
            "   {name:<15} {story:<49} {end}{}",
            tail.unwrap_or_default()
        );
    }
    ensure!(stage.t3.live_agents().is_empty(), "an agent is at work");
    ensure!(stage.ntfy.messages().len() == RUNS.len(), "one bell each");
    ensure!(given_up == RUNS.len(), "{given_up} sinks were given up");
    ensure!(!stage.github.issue_state(NEW_NAME, 1).open, "it landed");
    let renamed = format!("put {NEW_NAME} on AFK_ALLOWLIST");
    ensure!(
        warned.iter().any(|warning| warning.contains(&renamed)),
        "{warned:?}"
    );
    println!(
        "\n   Nobody waits for the archived Slack channel: it is given up, and ntfy has all {} bells.",
        RUNS.len()
    );
    println!(
        "   The renamed repository was followed by its number, with a warning which name to enrol."
    );
    stage.journal.calm();
    Ok(())
}

/// What happens to a run while its agent works.
fn strike(stage: &Stage, name: &str, thread: &str, trouble: Trouble) -> Result<()> {
    let (t3, github) = (&stage.t3, &stage.github);
    match trouble {
        Trouble::Renamed => {
            github.rename_repository(name, NEW_NAME);
            push(
                stage,
                NEW_NAME,
                thread,
                "Pushed under the new name",
                "success",
            );
            t3.agent_finishes(thread, "Pushed.");
        }
        Trouble::Deleted => github.delete_repository(name),
        Trouble::Mute => t3.agent_finishes(thread, "I could not do it."),
        Trouble::Cut => {
            for _ in 0..2_001 {
                t3.agent_says(thread, "Still at it.");
            }
            push(stage, name, thread, "First try", "failure");
            t3.agent_finishes(thread, "Pushed.");
        }
        Trouble::Forged => {
            let title = t3.thread(thread).context("it was started")?.title;
            t3.people_rename(thread, &title.replace("#1 ", "#2 "));
        }
        Trouble::Background => {
            let task = t3.agent_starts_background(thread, "make test");
            t3.agent_finishes(thread, "The tests run.");
            push(stage, name, thread, "Pushed by a script", "success");
            t3.background_ends(thread, &task);
            t3.woken_agent_finishes(thread, "The tests pass.");
        }
    }
    Ok(())
}

/// The agent of the cut thread takes up its corrective turn, once.
fn repair(stage: &Stage, thread: &str) -> Result<()> {
    let view = stage.t3.thread(thread).context("it was started")?;
    if view.turns_waiting > 0 {
        stage.t3.agent_starts(thread);
        push(stage, "acme/long", thread, "Second try", "success");
        stage.t3.agent_finishes(thread, "Repaired.");
    }
    Ok(())
}

/// A commit of the run, and what CI says about it.
fn push(stage: &Stage, name: &str, thread: &str, what: &str, conclusion: &str) {
    let message = format!("{what}\n\nRefs {name}#1\nAfk-Run: {thread}\n");
    let sha = stage.github.push_commit(name, "afk-bot", &message);
    let run = stage.github.start_workflow(name, &sha, "ci", &["build"]);
    stage.github.finish_workflow(name, run, conclusion);
}
