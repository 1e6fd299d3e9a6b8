//! One repository on a Forgejo: asked for, started, pushed, green and closed there, and what is refused on the way.
//!
//! A stage of its own, so that the account of the other scenes stays as it is.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use chrono::TimeDelta;

use super::cast::{LOCK, READY};
use super::sandbox::forgejo::state::Level;
use super::sandbox::forgejo::{Forgejo, ForgejoOptions, ServerKind};
use super::sandbox::http_server::HttpServer;
use super::scenes::Scene;
use super::stage::{Settings, Stage};

/// The scene.
pub const SCENE: Scene = Scene {
    title: "The same on a Forgejo, from the label to the closed issue",
    play,
};

const REPOSITORY: &str = "fern/garden";

/// Who opens an issue, who asks for a run of it, and what comes of it; in the order of their numbers.
const ISSUES: [(&str, &str, &str); 3] = [
    ("moss", "fern", "edit-history-hidden"),
    ("fern", "moss", "permission-too-low"),
    ("fern", "fern", ""),
];

fn play(_: &mut Stage) -> Result<()> {
    let stage = Stage::empty();
    let options = ForgejoOptions::of(ServerKind::Forgejo13);
    let token = options.token.clone();
    let forge = Forgejo::new(options, stage.clock.clone());
    let server = HttpServer::start("forgejo", Arc::clone(&stage.journal), forge.clone());
    forge.add_user("fern");
    forge.add_user("moss");
    forge.add_repository(REPOSITORY);
    forge.set_level(REPOSITORY, "moss", Level::Read);
    forge.push_commit(REPOSITORY, "fern", "Begin");
    stage.later();
    let mut numbers = Vec::new();
    for (author, labeller, _) in ISSUES {
        let number = forge.open_issue(REPOSITORY, author, "Water the ferns", "Every morning.");
        stage.later();
        forge.label_issue(REPOSITORY, number, labeller, READY);
        stage.later();
        numbers.push(number);
    }
    let mut settings: Settings = stage.opened_for(&[&format!("forgejo:{REPOSITORY}")]);
    settings.insert("AFK_FORGEJO_URL".to_owned(), server.url());
    settings.insert("AFK_FORGEJO_TOKEN".to_owned(), token);

    let report = stage.tick(&settings, false)?;
    ensure!(report.failures.is_empty(), "{report}");
    let entry = report.repositories.first().context("one repository")?;
    for (number, (author, labeller, code)) in numbers.iter().zip(ISSUES) {
        let issue = entry.issues.iter().find(|issue| issue.issue.0 == *number);
        let issue = issue.with_context(|| format!("#{number} is not in the report"))?;
        let codes: Vec<&str> = issue
            .reasons
            .iter()
            .map(|reason| reason.code.as_str())
            .collect();
        let expected: Vec<&str> = Some(code)
            .filter(|code| !code.is_empty())
            .into_iter()
            .collect();
        ensure!(codes == expected, "#{number}: {codes:?}");
        let outcome = if code.is_empty() { "started" } else { code };
        println!("   #{number} by {author}, asked for by {labeller:<5} {outcome}");
    }
    let started = report.dispatched.first().context("one run was started")?;
    let (number, thread) = (started.issue.0, started.thread.to_string());
    ensure!(
        forge
            .labels_of(REPOSITORY, number)
            .iter()
            .any(|label| label == LOCK)
    );

    stage.t3.agent_starts(&thread);
    stage.later();
    let message = format!("Water them\n\nRefs {REPOSITORY}#{number}\nAfk-Run: {thread}\n");
    let sha = forge.push_commit(REPOSITORY, "fern", &message);
    stage.later();
    stage.t3.agent_finishes(&thread, "Pushed.");
    let waits = stage.watch(&settings)?;
    ensure!(waits.runs.iter().all(|run| run.action == "wait"), "{waits}");
    forge.post_status(REPOSITORY, &sha, "CI / test (push)", "success");
    stage.clock.advance(TimeDelta::minutes(5));
    let lands = stage.watch(&settings)?;
    ensure!(lands.failures.is_empty(), "{lands}");
    let run = lands.runs.first().context("one run is under way")?;
    ensure!(run.action == "close_success", "{lands}");
    ensure!(!forge.is_open(REPOSITORY, number));
    ensure!(
        !forge
            .labels_of(REPOSITORY, number)
            .iter()
            .any(|label| label == LOCK)
    );
    println!("   #{number} was pushed, its status came, and the issue is closed on the Forgejo.");
    Ok(())
}
