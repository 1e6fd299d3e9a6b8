//! The second half of the story: runs from their start to their end, on a clock that only scenes move.
//!
//! A scene checks what it prints, as in the first half. Hours pass here as fast as ticks can be made.

use afk::domain::reason::ReasonCode;
use anyhow::{Context as _, Result, ensure};
use chrono::TimeDelta;
use uuid::Uuid;

use super::cast::{LOCK, READY};
use super::runs::{self, PINNED, PLAYS, PROMOTED, REVISION, Run, SHIPPED};
use super::scenes::Scene;
use super::stage::{COCKPIT, Settings, Stage};

/// The second half.
pub const SCENES: [Scene; 4] = [
    Scene {
        title: "Another day, sixteen repositories: afk-poll starts sixteen runs",
        play: starts,
    },
    Scene {
        title: "afk-watch runs every five minutes, on a clock that jumps",
        play: follows,
    },
    Scene {
        title: "What became of every issue",
        play: account,
    },
    Scene {
        title: "What people see",
        play: seen,
    },
];

/// Minutes between two ticks.
const BETWEEN_TICKS: i64 = 5;

/// When the scene gives up on runs that do not end.
const DAY_MINUTES: i64 = 300;

/// No printed line is longer, in characters.
const WIDTH: usize = 100;

const HUMAN: &str = "ready-for-human";

fn settings(stage: &Stage) -> Settings {
    let names: Vec<&str> = PLAYS.iter().map(|play| play.repository).collect();
    let mut settings = stage.opened_for(&names);
    settings.insert("AFK_MAX_IN_FLIGHT".to_owned(), PLAYS.len().to_string());
    let stages = format!(
        r#"{{"{SHIPPED}": {{"deploy": "woodpecker", "rollout": [
                {{"namespace": "shop", "deployment": "web", "container": "app"}},
                {{"kind": "StatefulSet", "namespace": "shop", "name": "jobs"}}]}},
            "{PROMOTED}": {{"deploy": {{"on": "github", "environment": "production"}}}},
            "{PINNED}": {{"rollout": {{"namespace": "radio", "name": "web", "revision": "annotation:{REVISION}"}}}}}}"#
    );
    settings.insert("AFK_REPOS".to_owned(), stages);
    settings
}

fn starts(stage: &mut Stage) -> Result<()> {
    *stage = Stage::empty();
    runs::come_on(stage);
    let report = stage.tick(&settings(stage), false)?;
    ensure!(report.failures.is_empty(), "{report}");
    for play in &PLAYS {
        let run = report
            .dispatched
            .iter()
            .find(|run| run.repository.full_name() == play.repository)
            .with_context(|| format!("{} was not started: {report}", play.repository))?;
        stage
            .runs
            .push(Run::new(play, run.issue.0, run.thread.to_string()));
    }
    println!(
        "   Started: {}. The forge, T3, Woodpecker, Kubernetes and ntfy are all stand-ins.",
        stage.runs.len()
    );
    Ok(())
}

fn follows(stage: &mut Stage) -> Result<()> {
    let settings = settings(stage);
    let mut runs = std::mem::take(&mut stage.runs);
    let mut minute = 0;
    let mut ticks = 0;
    while stage
        .t3
        .threads()
        .iter()
        .any(|thread| is_live(stage, thread))
    {
        ensure!(
            minute < DAY_MINUTES,
            "runs do not end: {:?}",
            unended(&runs)
        );
        stage.clock.advance(TimeDelta::minutes(BETWEEN_TICKS));
        minute += BETWEEN_TICKS;
        stage.t3.settle();
        for run in &mut runs {
            run.live(stage, minute)?;
        }
        let report = stage.watch(&settings)?;
        ticks += 1;
        ensure!(report.failures.is_empty(), "at minute {minute}: {report}");
        // A thread that a person archived is first stopped; its end is told by the tick that could record one.
        for line in report
            .runs
            .iter()
            .filter(|line| line.action != "wait" && line.state != "stray")
        {
            let name = line.repository.full_name();
            let detail = public(stage, &runs, &line.detail);
            let run = runs
                .iter_mut()
                .find(|run| run.play.repository == name)
                .with_context(|| format!("a run of {name} is not known"))?;
            if line.action == "finish" && run.ended.is_some() {
                continue;
            }
            if let (Some(reason), None) = (line.reason, run.ended) {
                run.ended = Some((minute, reason));
            }
            println!(
                "   {}",
                cut(&format!(
                    "{} {:<15} {:<16} {}",
                    span(minute),
                    run.name(),
                    line.action,
                    detail
                ))
            );
        }
    }
    println!(
        "\n   {ticks} ticks in {}; no run is under way, no agent is left.",
        span(minute).trim_start()
    );
    ensure!(stage.t3.live_agents().is_empty(), "an agent is at work");
    ensure!(
        stage.watch(&settings)?.runs.is_empty(),
        "a run is left after the last"
    );
    stage.runs = runs;
    Ok(())
}

fn account(stage: &mut Stage) -> Result<()> {
    println!(
        "   {:<15} {:<51} {:<17} {:<5} turns",
        "issue", "what happened", "why", "after"
    );
    for run in &stage.runs {
        let (minute, reason) = run
            .ended
            .with_context(|| format!("{} did not end", run.name()))?;
        ensure!(
            reason == run.play.end,
            "{} ended as {reason}, not as {}",
            run.name(),
            run.play.end
        );
        let turns = turns(stage, run)?;
        ensure!(
            turns == run.play.turns,
            "{} had {turns} turns, not {}",
            run.name(),
            run.play.turns
        );
        let open = stage
            .github
            .issue_state(run.play.repository, run.number)
            .open;
        let labels = stage.github.labels_of(run.play.repository, run.number);
        let is_landed = reason == ReasonCode::Landed;
        let is_handed_back = !is_landed && reason != ReasonCode::Revoked;
        ensure!(open != is_landed, "{} is open: {open}", run.name());
        ensure!(
            labels.iter().any(|label| label == HUMAN) == is_handed_back,
            "{} shows {labels:?}",
            run.name()
        );
        ensure!(
            !labels.iter().any(|label| label == LOCK || label == READY),
            "{} shows {labels:?}",
            run.name()
        );
        println!(
            "   {:<15} {:<51} {:<17} {:<5} {turns}",
            run.name(),
            run.play.story,
            reason.as_str(),
            span(minute).trim_start(),
        );
    }
    for run in stage.runs.iter().filter(|run| run.play.closes_early) {
        let events = stage.github.events_of(run.play.repository, run.number);
        ensure!(
            ["closed ", "reopened "]
                .iter()
                .all(|word| events.iter().any(|event| event.starts_with(word))),
            "{}: {events:?}",
            run.name()
        );
    }
    println!(
        "\n   What landed is closed. The withdrawn one is open, without a bell. All others are open and"
    );
    println!("   show {HUMAN}; also the one that its push had closed.");
    Ok(())
}

fn seen(stage: &mut Stage) -> Result<()> {
    let frozen = stage
        .runs
        .iter()
        .find(|run| run.play.end == ReasonCode::BudgetExhausted)
        .context("no run was frozen")?;
    println!("   The comment on {}:\n", frozen.name());
    let text = checklist(stage, frozen)?;
    ensure!(text.contains("_Fix-forward: 5 attempts._"), "{text}");
    ensure!(text.contains("(`budget-exhausted`)"), "{text}");
    for line in text.lines() {
        print_wrapped(&public(stage, &stage.runs, line));
    }
    for run in &stage.runs {
        checklist(stage, run)?;
    }
    println!("\n   The bells:\n");
    let bells = stage.ntfy.messages();
    let ends_that_ring = stage
        .runs
        .iter()
        .filter(|run| run.play.end != ReasonCode::Revoked);
    ensure!(
        bells.len() == ends_that_ring.count(),
        "{} bells",
        bells.len()
    );
    for kind in ["[DONE]", "[NEEDS-HUMAN]", "[FROZEN]"] {
        let of_kind: Vec<(&str, &str)> = bells
            .iter()
            .filter_map(|bell| Some((bell["title"].as_str()?, bell["message"].as_str()?)))
            .filter(|(title, _)| title.starts_with(kind))
            .collect();
        let names = stage
            .runs
            .iter()
            .filter(|run| kind_of(run.play.end) == Some(kind));
        for run in names.clone() {
            let words = words_of(run.play.end);
            let wanted = format!("{kind} {} {words}", run.name());
            ensure!(
                of_kind.iter().any(|(title, _)| *title == wanted),
                "nobody rang: {wanted}"
            );
        }
        ensure!(of_kind.len() == names.count(), "{of_kind:?}");
        let (title, body) = of_kind.first().context("a kind never rang")?;
        ensure!(body.contains(&format!("\nThread: {COCKPIT}/")), "{body}");
        print_wrapped(title);
        for line in body.lines() {
            print_wrapped(&public(stage, &stage.runs, line));
        }
        println!("   and {} more like it\n", of_kind.len() - 1);
    }
    println!(
        "   Together {} bells for {} runs.",
        bells.len(),
        PLAYS.len()
    );
    Ok(())
}

/// How the bell of an end begins.
fn kind_of(end: ReasonCode) -> Option<&'static str> {
    const FROZEN: [ReasonCode; 4] = [
        ReasonCode::CiBlocked,
        ReasonCode::BudgetExhausted,
        ReasonCode::NoNewCommit,
        ReasonCode::CiSilent,
    ];
    if end == ReasonCode::Revoked {
        None
    } else if end == ReasonCode::Landed {
        Some("[DONE]")
    } else if FROZEN.contains(&end) {
        Some("[FROZEN]")
    } else {
        Some("[NEEDS-HUMAN]")
    }
}

/// How the title of a bell of an end goes on behind the issue's name.
fn words_of(end: ReasonCode) -> &'static str {
    match kind_of(end) {
        Some("[DONE]") => "landed",
        Some("[FROZEN]") if end == ReasonCode::CiBlocked => "frozen — needs approval",
        Some("[FROZEN]") if end == ReasonCode::CiSilent => "frozen — CI silent",
        Some("[FROZEN]") if end == ReasonCode::NoNewCommit => "frozen — no new commit",
        Some("[FROZEN]") => "frozen — budget exhausted",
        _ => "needs a human",
    }
}

/// The one comment of a run.
fn checklist(stage: &Stage, run: &Run) -> Result<String> {
    let comments = stage.github.comments_of(run.play.repository, run.number);
    ensure!(
        comments.len() == 1,
        "{} has {} comments",
        run.name(),
        comments.len()
    );
    Ok(comments[0].body.clone())
}

fn turns(stage: &Stage, run: &Run) -> Result<usize> {
    let thread = stage
        .t3
        .thread(&run.thread)
        .with_context(|| format!("{} has no thread", run.name()))?;
    let ours = thread.messages.iter();
    Ok(ours.filter(|message| message.role == "user").count())
}

fn is_live(stage: &Stage, thread: &str) -> bool {
    stage
        .t3
        .thread(thread)
        .is_some_and(|thread| !thread.archived)
}

fn unended(runs: &[Run]) -> Vec<String> {
    let unended = runs.iter().filter(|run| run.ended.is_none());
    unended.map(Run::name).collect()
}

/// Text that people see, the same in every run of the demo: addresses on loopback have another port each time, and so have
/// the ids that are made of them.
fn public(stage: &Stage, runs: &[Run], text: &str) -> String {
    let mut text = stage.public(text);
    for run in runs {
        let stable = |what: &str| {
            let name = format!("{} {what}", run.name());
            Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
        };
        text = text.replace(&run.thread, &stable("thread").to_string());
        for (index, commit) in run.commits.iter().enumerate() {
            let shown = stable(&index.to_string()).simple().to_string();
            let short: String = commit.chars().take(8).collect();
            let shown_short: String = shown.chars().take(8).collect();
            text = text
                .replace(commit, &format!("{shown}{shown_short}"))
                .replace(&short, &shown_short);
        }
    }
    text
}

/// Minutes as hours and minutes.
fn span(minutes: i64) -> String {
    format!("{:>2}:{:02}", minutes / 60, minutes % 60)
}

/// A line that fits beside the margin.
fn cut(line: &str) -> String {
    const ROOM: usize = WIDTH - 6;
    if line.chars().count() <= ROOM {
        return line.to_owned();
    }
    let shown: String = line.chars().take(ROOM - 1).collect();
    format!("{shown}…")
}

/// Prints a line of text, over as many lines as it needs.
fn print_wrapped(line: &str) {
    const MARGIN: &str = "   | ";
    let mut rest: Vec<char> = line.chars().collect();
    loop {
        let tail = rest.split_off(rest.len().min(WIDTH - MARGIN.len()));
        let shown: String = rest.iter().collect();
        println!("{}", format!("{MARGIN}{shown}").trim_end());
        if tail.is_empty() {
            break;
        }
        rest = tail;
    }
}
