//! The story, one function per scene.
//!
//! A scene acts, looks at the report and at what people would see, checks that against what must be, and only then
//! prints it. Scenes run in order and each goes on where the one before it stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use afk::tick::{Decision, IssueReport, Outcome, TickReport};
use anyhow::{Context as _, Result, ensure};

use super::cast::{ENROLLED, LOCK, PEOPLE, READY};
use super::stage::{Settings, Stage, command};

/// One scene.
pub struct Scene {
    pub title: &'static str,
    pub play: fn(&mut Stage) -> Result<()>,
}

/// The whole story.
pub const SCENES: [Scene; 7] = [
    Scene {
        title: "Who and what is there",
        play: introduction,
    },
    Scene {
        title: "It ships disarmed: with one gate closed, a tick does nothing at all",
        play: closed_gates,
    },
    Scene {
        title: "Both gates are open, and the tick is told to write nothing (--dry-run)",
        play: dry_run,
    },
    Scene {
        title: "The same tick, for real",
        play: first_tick,
    },
    Scene {
        title: "The next tick starts nothing more",
        play: second_tick,
    },
    Scene {
        title: "Two ticks at once start one run",
        play: two_ticks,
    },
    Scene {
        title: "A tick that is stopped half-way",
        play: interrupted_tick,
    },
];

/// Width of the first column of every table.
const FIRST: usize = 16;

fn introduction(stage: &mut Stage) -> Result<()> {
    yesterday(stage)?;
    for (login, role) in PEOPLE {
        println!("   {login:<8} {role}");
    }
    println!("\n   These issues show the label {READY}:\n");
    for issue in &stage.cast.ready {
        let name = format!("{}#{}", issue.repository, issue.number);
        let title = stage
            .github
            .issue_state(issue.repository, issue.number)
            .title;
        println!("   {name:<FIRST$} {title:<31} {}", issue.story);
    }
    println!(
        "   {:<FIRST$} {:<31} in a repository that nobody enrolled",
        "acme/vault#1", "Rotate keys"
    );
    Ok(())
}

/// The run of `acme/billing#1`: a tick that ran before the story begins.
fn yesterday(stage: &Stage) -> Result<()> {
    let report = stage.tick(&stage.opened_for(&["acme/billing"]), false)?;
    ensure!(
        started(&report) == ["acme/billing#1"],
        "yesterday's tick went wrong: {report}"
    );
    let thread = stage.only_thread("acme/billing")?;
    ensure!(
        stage.t3.agent_starts(&thread.id).is_some(),
        "the agent did not start"
    );
    stage.journal.clear();
    stage.later();
    Ok(())
}

fn closed_gates(stage: &mut Stage) -> Result<()> {
    let all = ENROLLED.join(",");
    let variants: [(&str, &[(&str, &str)]); 3] = [
        ("nothing is set", &[]),
        ("only enrolled", &[("AFK_ALLOWLIST", &all)]),
        ("only switched on", &[("AFK_KILL_SWITCH", "off")]),
    ];
    for (name, gates) in variants {
        let mut settings = stage.addresses.clone();
        for (key, value) in gates {
            settings.insert((*key).to_owned(), (*value).to_owned());
        }
        let reason = stage
            .disarmed(&settings)
            .with_context(|| name.to_owned())?
            .to_string();
        let (why, remedy) = reason.split_once("; ").unwrap_or((&reason, ""));
        println!("   {name:<FIRST$} {why};");
        println!("   {:<FIRST$} {remedy}", "");
    }
    ensure!(stage.journal.len() == 0, "a disarmed tick sent requests");
    println!("   Requests that reached the forge or T3: 0");
    Ok(())
}

fn dry_run(stage: &mut Stage) -> Result<()> {
    let before = stage.memory();
    let report = stage.tick(&stage.opened_for(&ENROLLED), true)?;
    expect_cast(stage, &report)?;
    ensure!(stage.memory() == before, "a dry run wrote");
    for exchange in stage.journal.exchanges() {
        let request = &exchange.request;
        let reads = request.method == "GET" || request.path == "/graphql";
        ensure!(reads, "a dry run sent {} {}", request.method, request.path);
    }
    for issue in started(&report) {
        println!("   would start {issue}");
    }
    println!("   Writes that reached the forge or T3: 0");
    Ok(())
}

fn first_tick(stage: &mut Stage) -> Result<()> {
    stage.journal.clear();
    let report = stage.tick(&stage.opened_for(&ENROLLED), false)?;
    expect_cast(stage, &report)?;
    let vault = stage.journal.exchanges().iter().any(|exchange| {
        let sent = String::from_utf8_lossy(&exchange.request.body).into_owned();
        exchange.request.path.contains("vault") || sent.contains("vault")
    });
    ensure!(!vault, "a repository that nobody enrolled was asked for");
    for repository in &report.repositories {
        let name = repository.repository.full_name();
        println!(
            "   {name:<FIRST$} {}: {}",
            outcome(repository.outcome),
            repository.detail
        );
        for issue in &repository.issues {
            println!(
                "      {:<4} {}",
                format!("#{}", issue.issue),
                decision(issue)
            );
        }
    }
    println!("\n   What people see now:\n");
    for name in started(&report) {
        let (repository, number) = name.split_once('#').context("a name without a number")?;
        let labels = stage.github.labels_of(repository, number.parse()?);
        let thread = stage.only_thread(repository)?;
        ensure!(
            labels.iter().any(|label| label == LOCK),
            "{name} shows no lock label"
        );
        ensure!(
            thread.title.starts_with(&name),
            "the thread's title is {}",
            thread.title
        );
        ensure!(
            thread.messages.len() == 1,
            "{name} has {} messages",
            thread.messages.len()
        );
        println!("   {name:<FIRST$} labels {}", labels.join(", "));
        println!("   {:<FIRST$} thread {}", "", thread.title);
    }
    let text = &stage.only_thread("acme/docs")?.messages[0].text;
    ensure!(
        text.contains("Say what a column means."),
        "the agent did not get the issue"
    );
    ensure!(
        !text.contains("Thank you!"),
        "the agent got the hidden comment"
    );
    println!("   The agents got the text that was checked; nobody was asked about acme/vault.");
    Ok(())
}

fn second_tick(stage: &mut Stage) -> Result<()> {
    stage.later();
    let before = stage.memory();
    let report = stage.tick(&stage.opened_for(&ENROLLED), false)?;
    ensure!(
        started(&report).is_empty(),
        "it started {:?}",
        started(&report)
    );
    ensure!(stage.memory() == before, "it wrote");
    ensure!(report.failures.is_empty(), "{report}");
    for repository in &report.repositories {
        let name = repository.repository.full_name();
        println!(
            "   {name:<FIRST$} {}: {}",
            outcome(repository.outcome),
            repository.detail
        );
    }
    println!("   Started: 0. Written: 0.");
    Ok(())
}

fn two_ticks(stage: &mut Stage) -> Result<()> {
    const REPOSITORY: &str = "acme/notes";
    println!("   alice labels {REPOSITORY}#1, and two ticks go for it in step:\n");
    stage.github.label(REPOSITORY, 1, "alice", READY);
    stage.later();
    stage.journal.clear();
    let reports = stage.two_ticks_at_once(&stage.opened_for(&[REPOSITORY]))?;
    for report in &reports {
        ensure!(report.failures.is_empty(), "{report}");
        ensure!(report.dispatched.len() <= 1, "{report}");
    }
    let thread = stage.only_thread(REPOSITORY)?;
    ensure!(
        thread.messages.len() == 1,
        "{} messages",
        thread.messages.len()
    );
    ensure!(
        thread.turns_waiting == 1,
        "{} turns wait",
        thread.turns_waiting
    );
    let asked: Vec<String> = stage
        .journal
        .exchanges()
        .iter()
        .filter_map(command)
        .collect();
    for kind in ["project.create", "thread.create", "thread.turn.start"] {
        let sent = asked.iter().filter(|asked| *asked == kind).count();
        ensure!(sent == 2, "{kind} was sent {sent} times: {asked:?}");
        println!("   {kind:<18} asked twice, took effect once");
    }
    println!("\n   thread {}; messages to the agent: 1", thread.title);
    Ok(())
}

fn interrupted_tick(stage: &mut Stage) -> Result<()> {
    const REPOSITORY: &str = "acme/search";
    println!(
        "   alice labels {REPOSITORY}#1, and the tick is told to stop right after its first writes:\n"
    );
    stage.github.label(REPOSITORY, 1, "alice", READY);
    stage.later();
    let settings = stage.opened_for(&[REPOSITORY]);
    let report = tick_stopped_after(stage, &settings, "thread.create")?;
    ensure!(started(&report).is_empty(), "{report}");
    let allocated = stage.only_thread(REPOSITORY)?;
    ensure!(allocated.messages.is_empty(), "a message was sent");
    let labels = stage.github.labels_of(REPOSITORY, 1);
    ensure!(labels == [READY], "the issue shows {labels:?}");
    println!("   after it         thread {}", allocated.title);
    println!(
        "                    no message to the agent, labels {}",
        labels.join(", ")
    );

    stage.later();
    let report = stage.tick(&settings, false)?;
    ensure!(started(&report) == [format!("{REPOSITORY}#1")], "{report}");
    let thread = stage.only_thread(REPOSITORY)?;
    ensure!(
        thread.id == allocated.id && thread.messages.len() == 1,
        "another run was started"
    );
    let labels = stage.github.labels_of(REPOSITORY, 1);
    ensure!(labels == [LOCK, READY], "the issue shows {labels:?}");
    println!(
        "   after the next   the same thread, one message, labels {}",
        labels.join(", ")
    );
    Ok(())
}

/// One tick that is told to stop while T3 carries out the first command of this type.
fn tick_stopped_after(
    stage: &Stage,
    settings: &Settings,
    kind: &'static str,
) -> Result<TickReport> {
    let stop = Arc::new(AtomicBool::new(false));
    let trigger = Arc::clone(&stop);
    stage.journal.observe(move |exchange| {
        if command(exchange).is_some_and(|command| command == kind) {
            trigger.store(true, Ordering::Relaxed);
        }
    });
    let report = stage.tick_until(settings, false, stop);
    stage.journal.calm();
    report
}

/// Holds a report against the cast: each ready issue is decided as it must be, and nothing else is decided.
fn expect_cast(stage: &Stage, report: &TickReport) -> Result<()> {
    ensure!(report.failures.is_empty(), "there are failures: {report}");
    for ready in &stage.cast.ready {
        let (wanted, code) = ready.expected;
        let found = find(report, ready.repository, ready.number)?;
        let first = found.reasons.first().map(|reason| reason.code);
        ensure!(
            found.decision == wanted && first == code,
            "{}#{} should be {wanted:?} {code:?} and is: {}",
            ready.repository,
            ready.number,
            decision(found)
        );
    }
    let decided: usize = report
        .repositories
        .iter()
        .map(|entry| entry.issues.len())
        .sum();
    ensure!(
        decided == stage.cast.ready.len(),
        "{decided} issues were decided: {report}"
    );
    let wanted = stage
        .cast
        .ready
        .iter()
        .filter(|ready| ready.expected.0 == Decision::Dispatch);
    ensure!(report.dispatched.len() == wanted.count(), "{report}");
    Ok(())
}

fn find<'a>(report: &'a TickReport, repository: &str, number: u64) -> Result<&'a IssueReport> {
    report
        .repositories
        .iter()
        .filter(|entry| entry.repository.full_name() == repository)
        .flat_map(|entry| &entry.issues)
        .find(|issue| issue.issue.0 == number)
        .with_context(|| format!("{repository}#{number} is not in the report: {report}"))
}

/// What a report says was started, as `owner/name#n`.
fn started(report: &TickReport) -> Vec<String> {
    let runs = report.dispatched.iter();
    runs.map(|run| format!("{}#{}", run.repository.full_name(), run.issue))
        .collect()
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Dispatched => "started",
        Outcome::Busy => "busy",
        Outcome::Idle => "idle",
        Outcome::Refused => "refused",
        Outcome::Capped => "capped",
        Outcome::Failed => "failed",
        Outcome::Unfinished => "unfinished",
    }
}

fn decision(issue: &IssueReport) -> String {
    let word = match issue.decision {
        Decision::Dispatch => "STARTED",
        Decision::Refuse => "refused",
        Decision::Skip => "not now",
    };
    let reasons: Vec<String> = issue.reasons.iter().map(ToString::to_string).collect();
    format!("{word}  {}", reasons.join("; "))
        .trim_end()
        .to_owned()
}
