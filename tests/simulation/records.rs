//! What a tick decided, its record decides again; and a record that somebody changed does not pass.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Mutex;

use afk::domain::reason::ReasonCode;
use afk::domain::record::{Difference, Line, replay};
use afk::tick::TickReport;
use serde_json::Value;

use super::ticks::Link;
use super::world::World;

/// Whether a tick is held against its record. Of sixteen one is: it reads every text once more, and decides everything again.
pub fn is_held(link: &Link) -> bool {
    link.tick.is_multiple_of(16)
}

/// Holds what a tick wrote against what it decided.
pub fn hold(link: &Link, report: &TickReport) {
    if !is_held(link) {
        return;
    }
    let lines = report.decisions().expect("facts are data");
    if lines.is_empty() {
        return;
    }
    let mut world = link.world();
    for line in lines {
        let text = serde_json::to_string(&line).expect("a line is data");
        let read = Line::parse(&text).expect("what was written can be read");
        let question = question(&line);
        world.count(&format!("record of {question}"));
        keep(&question, &line, &text);
        let replayed = replay(&read);
        if replayed != Ok(None) {
            world.violate(format!("a record decides otherwise, {replayed:?}: {text}"));
        }
        if !line.facts.is_null() {
            changed_lines_are_found(&mut world, &read);
        }
    }
}

/// Keeps one line of each kind in the file that `AFK_SIMULATION_RECORD` names: what today's rules decide.
fn keep(question: &str, line: &Line, text: &str) {
    static KEPT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let Ok(file) = std::env::var("AFK_SIMULATION_RECORD") else {
        return;
    };
    let kind = format!("{question} {} {:?}", line.decision, line.codes);
    let mut kept = KEPT.lock().expect("nobody panics here");
    if !line.facts.is_null() && line.codes.len() <= 1 && kept.insert(kind) {
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(file);
        let written = file.and_then(|mut file| writeln!(file, "{text}"));
        written.expect("the file can be written");
    }
}

/// What the decision came from: `poll gate whole`, `watch table`.
fn question(line: &Line) -> String {
    let tick = line.tick.as_str();
    let asked = &line.facts["asked"];
    let word = |value: &Value| {
        let of_object = || value.as_object()?.keys().next().map(String::as_str);
        value.as_str().or_else(of_object).map(str::to_owned)
    };
    let depth = word(&asked["gate"]["depth"]).map_or_else(String::new, |depth| format!(" {depth}"));
    let asked = word(asked).unwrap_or_else(|| "told".to_owned());
    format!("{tick} {asked}{depth}")
}

/// Another decision, another code, and other facts.
fn changed_lines_are_found(world: &mut World, line: &Line) {
    let mut other = line.clone();
    other.decision = "another".to_owned();
    let mut more = line.clone();
    more.codes.push(ReasonCode::Stray);
    let is_known = |line: &Line| replay(line) == Ok(None);
    let mut facts = line.clone();
    facts.facts["more"] = Value::Bool(true);
    let other_facts = Ok(Some(Difference::OtherFacts));
    if is_known(&other) || is_known(&more) || replay(&facts) != other_facts {
        world.violate(format!("a record that was changed passes: {line:?}"));
    }
}
