//! What `afk-poll explain` says about one issue: as data, as JSON and as text.
//!
//! It decides nothing and reads nothing.

use std::fmt;

use chrono::TimeDelta;
use serde::Serialize;
use serde_json::Value;

use super::report::{Failure, Outcome};
use crate::domain::reason::ReasonCode;
use crate::domain::remedy::{Words, remedy};
use crate::domain::repository::IssueRef;
use crate::domain::start::clauses;
use crate::domain::text::quoting::printable;
use crate::domain::told::span::span;

/// What the dispatcher makes of one issue.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The version of the document.
    pub version: u32,
    /// `owner/name#n`.
    #[serde(serialize_with = "full_name")]
    pub issue: IssueRef,
    /// What the next tick would do with it, if both gates are open.
    pub decision: Verdict,
    /// Whether both gates are open.
    pub armed: bool,
    /// Why they are not; `null` when they are.
    pub gate: Option<String>,
    /// Every clause that was judged, in the order in which the dispatcher asks.
    pub clauses: Vec<ClauseLine>,
    /// Its repository.
    pub repository: Whereabouts,
    /// Who is as urgent, when there is not room for all of them; `null` otherwise.
    pub turn: Option<Turn>,
    /// The watcher's view of its run; `null` without one.
    pub run: Option<Value>,
    /// What could not be read.
    pub failures: Vec<Failure>,
    /// Whether nothing could be read at all. Not part of the document: the exit status tells.
    #[serde(skip)]
    pub could_not_start: bool,
}

fn full_name<S: serde::Serializer>(issue: &IssueRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&named(issue))
}

fn named(issue: &IssueRef) -> String {
    format!("{}#{}", issue.repo.full_name(), issue.number)
}

/// What the dispatcher would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Start a run.
    Dispatch,
    /// Not eligible.
    Refuse,
    /// Eligible, or not looked at, and not its turn.
    Skip,
    /// It has a run.
    Run,
}

/// One clause.
#[derive(Clone, Debug, Serialize)]
pub struct ClauseLine {
    /// The code that refuses when it does not hold.
    pub code: ReasonCode,
    /// Whether it holds.
    pub passed: bool,
    /// The fact that it rests on.
    pub fact: String,
    /// What would change it; empty when it holds.
    pub change: String,
}

/// What is said of a clause that would refuse an issue which has its run.
const ASKED_BEFORE: &str = "nothing to do: this is asked before a run starts; what becomes of the one under way is said above";

impl ClauseLine {
    /// Adds to a clause what would change it. Of an issue with a run nothing is advised: most of it would end the run.
    #[must_use]
    pub fn of(clause: clauses::Clause, decision: Verdict, words: Words<'_>) -> Self {
        Self {
            code: clause.code,
            passed: clause.passed,
            fact: clause.fact,
            change: match (clause.passed, decision) {
                (true, _) => String::new(),
                (false, Verdict::Run) => ASKED_BEFORE.to_owned(),
                (false, Verdict::Dispatch | Verdict::Refuse | Verdict::Skip) => {
                    remedy(clause.code, words)
                }
            },
        }
    }
}

/// Issues of different repositories that are equally urgent, and the room for some of them.
#[derive(Clone, Debug, Serialize)]
pub struct Turn {
    /// How many of them start.
    pub slots: usize,
    /// The others.
    #[serde(serialize_with = "full_names")]
    pub equals: Vec<IssueRef>,
}

fn full_names<S: serde::Serializer>(issues: &[IssueRef], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(issues.iter().map(named))
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More are counted and not named.
        const NAMED_MAX: usize = 5;
        let names: Vec<String> = self.equals.iter().take(NAMED_MAX).map(named).collect();
        let more = match self.equals.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        write!(
            f,
            "one of {} equally urgent, with {}{more}, and {} may start: whose turn it is changes from tick to tick",
            self.equals.len() + 1,
            names.join(", "),
            self.slots
        )
    }
}

/// The repository of the issue.
#[derive(Clone, Debug, Serialize)]
pub struct Whereabouts {
    /// As in the report of a tick.
    pub outcome: Outcome,
    /// One sentence.
    pub detail: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |text: String| writeln!(f, "{}", printable(&text));
        line(format!(
            "{}: {}",
            named(&self.issue),
            match self.decision {
                Verdict::Dispatch => "dispatch",
                Verdict::Refuse => "refuse",
                Verdict::Skip => "skip",
                Verdict::Run => "run",
            }
        ))?;
        if let Some(why) = &self.gate {
            line(format!("  gate: {why}"))?;
        }
        line(format!(
            "  repository: {}: {}",
            self.repository.outcome.as_str(),
            self.repository.detail
        ))?;
        if let Some(run) = &self.run {
            let text = |key: &str| run[key].as_str().unwrap_or("unknown").to_owned();
            line(format!(
                "  run: {}: {}: {}",
                text("state"),
                text("action"),
                text("detail")
            ))?;
            for limit in run["left"].as_array().into_iter().flatten() {
                line(format!("  left: {}", one_left(limit)))?;
            }
        }
        if let Some(turn) = &self.turn {
            line(format!("  turn: {turn}"))?;
        }
        for clause in &self.clauses {
            let word = if clause.passed { "holds " } else { "FAILS " };
            line(format!("  {word} {}: {}", clause.code, clause.fact))?;
            if !clause.change.is_empty() {
                line(format!("           -> {}", clause.change))?;
            }
        }
        for failure in &self.failures {
            line(format!(
                "  failed: {}: {}: {}",
                failure.service, failure.call, failure.error
            ))?;
        }
        Ok(())
    }
}

/// What is left of one limit of a run, and when it is used up.
fn one_left(limit: &Value) -> String {
    let key = limit["key"].as_str().unwrap_or("a limit");
    let left = limit["left"].as_i64().unwrap_or(0);
    match (limit["unit"].as_str(), limit["until"].as_str()) {
        (Some("seconds"), Some(until)) => {
            format!("{} of {key}, until {until}", span(TimeDelta::seconds(left)))
        }
        (Some(unit), _) => format!("{left} {unit} of {key}"),
        (None, _) => format!("{left} of {key}"),
    }
}
