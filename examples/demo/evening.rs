//! The end of a day: one issue landed, one is refused and says so itself, and the digest tells of both.
//!
//! A stage of its own, so that the account of the other scenes stays as it is.

use anyhow::{Context as _, Result, ensure};
use chrono::TimeDelta;

use super::cast::READY;
use super::sandbox::github_state::{Role, Visibility};
use super::scenes::Scene;
use super::stage::Stage;

/// The scene.
pub const SCENE: Scene = Scene {
    title: "The end of the day: a note on the issue that was refused, and the digest",
    play,
};

const REPOSITORY: &str = "acme/widgets";

fn play(_: &mut Stage) -> Result<()> {
    let stage = Stage::empty();
    let github = &stage.github;
    github.add_user("alice");
    github.add_repository(REPOSITORY, Visibility::Private);
    github.set_permission(REPOSITORY, "alice", Role::MAINTAIN);
    let open = |title: &str, body: &str| {
        let number = github.open_issue(REPOSITORY, "alice", title, body, &[]);
        stage.later();
        number
    };
    let done = open("Reject negative sizes", "Please.\n");
    let blocker = open("Choose a unit", "Inches?\n");
    let refused = open("Show sizes", &format!("Blocked by: #{blocker}\n"));
    for number in [done, refused] {
        github.label(REPOSITORY, number, "alice", READY);
        stage.later();
    }
    let settings = stage.opened_for(&[REPOSITORY]);

    let started = stage.tick(&settings, false)?;
    let run = started.dispatched.first().context("one run was started")?;
    ensure!(run.issue.0 == done, "{started}");
    let thread = run.thread.to_string();
    stage.t3.agent_starts(&thread);
    stage.later();
    let message = format!("Reject them\n\nRefs {REPOSITORY}#{done}\nAfk-Run: {thread}\n");
    let sha = github.push_commit(REPOSITORY, "afk-bot", &message);
    stage.t3.agent_finishes(&thread, "Pushed.");
    let workflow = github.start_workflow(REPOSITORY, &sha, "ci", &["build"]);
    stage.clock.advance(TimeDelta::minutes(4));
    github.finish_workflow(REPOSITORY, workflow, "success");
    // Long enough for a note, and for every result of the commit to be in.
    stage.clock.advance(TimeDelta::minutes(11));
    let landed = stage.watch(&settings)?;
    let run = landed.runs.first().context("one run is under way")?;
    ensure!(run.action == "close_success", "{landed}");

    let noted = stage.tick(&settings, false)?;
    ensure!(
        noted.dispatched.is_empty() && noted.failures.is_empty(),
        "{noted}"
    );
    ensure!(noted.refusal_notes.written == 1, "{noted}");
    let comments = github.comments_of(REPOSITORY, refused);
    let note = comments.first().context("the refused issue has a note")?;
    println!("   #{refused}, a quarter of an hour after it was asked for:\n");
    // The first line is a mark that pages do not show.
    print(note.body.lines().skip(1));

    let told = stage.digest(&settings)?;
    ensure!(told.not_told.is_empty() && !told.could_not_start);
    ensure!(told.digest.landed.len() == 1 && told.digest.ready.len() == 1);
    let message = told.digest.message();
    let bells = stage.ntfy.messages();
    let bell = bells.last().context("the digest came to the sink")?;
    ensure!(bell["title"] == message.title(), "{bell}");
    let body = message.body();
    for part in [
        format!("{REPOSITORY}#{done} as "),
        format!("{REPOSITORY}#{refused}: blocked"),
    ] {
        ensure!(body.contains(&part), "{part} in {body}");
    }
    println!("\n   And everybody who has a sink, once a day:\n");
    let short: String = sha.chars().take(8).collect();
    // The commit's id is made of an address that is another one in every run.
    let body = stage.public(body).replace(&short, "4f1c2b7a");
    print(std::iter::once(message.title()).chain(body.lines()));
    Ok(())
}

fn print<'l>(lines: impl Iterator<Item = &'l str>) {
    for line in lines {
        println!("{}", format!("   | {line}").trim_end());
    }
}
