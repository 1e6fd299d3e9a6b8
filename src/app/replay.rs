//! `afk-poll replay`: makes recorded decisions again, and shows those that are made otherwise today.
//!
//! It asks no service and reads no settings: the facts are in the file.

use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::arguments::{CommonArguments, ReplayArguments};
use super::exit::{Stopped, print, reported};
use super::setup::usage;
use crate::domain::record::{Difference, Line, Outcome, POLICY_VERSION, Tick, replay};
use crate::domain::repository::{IssueNumber, IssueRef, RepoRef};
use crate::domain::text::quoting::printable;
use crate::exit_code::ExitCode;
use crate::tick::TickKind;

/// Longer than any line: one holds the facts of one issue.
const LINE_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What became of all lines.
#[derive(Debug, Serialize)]
struct Replayed {
    version: u32,
    /// Version of this program's rules.
    policy: u32,
    /// Decisions that were made again.
    decisions: usize,
    /// What a service or another tick had told: nothing was decided, and nothing is decided again.
    told: usize,
    /// Decisions whose facts were left out, as in a log: they could not be made again.
    without_facts: usize,
    different: Vec<Different>,
    /// Lines that are no decision.
    unread: Vec<Unread>,
}

/// A line that is no decision: a tick that was killed while it wrote leaves one.
#[derive(Debug, Serialize)]
struct Unread {
    line: usize,
    why: String,
}

/// A decision that is made otherwise today.
#[derive(Debug, Serialize)]
struct Different {
    line: usize,
    tick: Tick,
    time: DateTime<Utc>,
    repository: RepoRef,
    issue: IssueNumber,
    policy: u32,
    then: Outcome,
    /// `null` where more would be asked, or where the facts are not those that were written.
    now: Option<Outcome>,
    detail: &'static str,
}

/// Makes the decisions of a file again.
pub(super) fn run(
    arguments: &ReplayArguments,
    common: &CommonArguments,
) -> Result<ExitCode, Stopped> {
    let file = &arguments.file;
    let replayed = read(file).map_err(|why| {
        let text = printable(&format!("{}: {why}", file.display()));
        usage(TickKind::Poll)(text)
    })?;
    let code = ExitCode::of(false, !replayed.is_all_the_same());
    let written = print(&replayed, common.output);
    Ok(reported(written, code, false, common))
}

fn read(path: &Path) -> Result<Replayed, String> {
    // Asked before it is opened: opening a pipe waits for somebody who writes.
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("expected a file".to_owned());
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut reader = BufReader::new(file);
    let mut replayed = Replayed {
        version: 1,
        policy: POLICY_VERSION,
        decisions: 0,
        told: 0,
        without_facts: 0,
        different: Vec::new(),
        unread: Vec::new(),
    };
    let mut number = 0;
    loop {
        number += 1;
        let of_line = |why: String| format!("line {number}: {why}");
        let mut bytes = Vec::new();
        let read = reader
            .by_ref()
            .take(LINE_MAX_BYTES + 1)
            .read_until(b'\n', &mut bytes)
            .map_err(|error| of_line(error.to_string()))?;
        if read == 0 {
            return replayed.or_no_record();
        }
        if read as u64 > LINE_MAX_BYTES {
            let most = LINE_MAX_BYTES / (1024 * 1024);
            return Err(of_line(format!("expected at most {most} MiB")));
        }
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned());
        let decided = text.and_then(|text| {
            let line = Line::parse(&text)?;
            let difference = replay(&line)?;
            Ok((line, difference))
        });
        match decided {
            Ok((line, difference)) => replayed.add(number, line, difference),
            Err(why) => replayed.unread.push(Unread { line: number, why }),
        }
    }
}

impl Replayed {
    fn add(&mut self, number: usize, line: Line, difference: Option<Difference>) {
        match difference {
            Some(Difference::NoFacts) => self.without_facts += 1,
            None if line.facts.is_null() => self.told += 1,
            None => self.decisions += 1,
            Some(difference) => {
                self.decisions += 1;
                self.different.push(Different::of(number, line, difference));
            }
        }
    }

    /// Nothing but lines that are no decision, or no line at all: it is another file.
    fn or_no_record(self) -> Result<Self, String> {
        let read = self.decisions + self.told + self.without_facts;
        match self.unread.first() {
            Some(Unread { line, why }) if read == 0 => {
                Err(format!("line {line} is no decision: {why}"))
            }
            None if read == 0 => Err("it holds no decision".to_owned()),
            Some(_) | None => Ok(self),
        }
    }

    /// Whether every line was read and every decision is made as it was.
    const fn is_all_the_same(&self) -> bool {
        self.different.is_empty() && self.unread.is_empty() && self.without_facts == 0
    }
}

impl Different {
    fn of(number: usize, line: Line, difference: Difference) -> Self {
        let (now, detail) = match difference {
            Difference::Decides(now) => (Some(now), "decided otherwise"),
            Difference::AsksMore => (None, "more would be asked"),
            Difference::OtherFacts => (None, "the facts were changed"),
            Difference::NoFacts => (None, "the facts were left out"),
        };
        Self {
            line: number,
            tick: line.tick,
            time: line.time,
            repository: line.repository,
            issue: line.issue,
            policy: line.policy,
            then: Outcome {
                decision: line.decision,
                codes: line.codes,
            },
            now,
            detail,
        }
    }
}

fn in_words(outcome: &Outcome) -> String {
    if outcome.codes.is_empty() {
        return printable(&outcome.decision);
    }
    let codes: Vec<&str> = outcome.codes.iter().map(|code| code.as_str()).collect();
    printable(&format!("{} ({})", outcome.decision, codes.join(", ")))
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in &self.different {
            let issue = IssueRef {
                repo: one.repository.clone(),
                number: one.issue,
            };
            writeln!(
                f,
                "{issue}  line {}, {} of {}, rules {}\n  then  {}\n  now   {}",
                one.line,
                one.tick.as_str(),
                one.time.to_rfc3339_opts(SecondsFormat::Secs, true),
                one.policy,
                in_words(&one.then),
                one.now
                    .as_ref()
                    .map_or_else(|| one.detail.to_owned(), in_words)
            )?;
        }
        let decisions = match self.decisions {
            1 => "1 decision".to_owned(),
            count => format!("{count} decisions"),
        };
        writeln!(
            f,
            "{decisions} made again under rules {}: {} made otherwise",
            self.policy,
            match self.different.len() {
                0 => "none is".to_owned(),
                1 => "1 is".to_owned(),
                count => format!("{count} are"),
            }
        )?;
        for (count, what) in [
            (
                self.told,
                "told by a service or another tick, with nothing to decide",
            ),
            (
                self.without_facts,
                "without facts, as a log has them: keep them with --decisions FILE",
            ),
        ] {
            if count > 0 {
                writeln!(f, "{count} {what}")?;
            }
        }
        for Unread { line, why } in &self.unread {
            writeln!(f, "line {line} is no decision: {}", printable(why))?;
        }
        Ok(())
    }
}
