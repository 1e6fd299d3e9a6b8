//! What a check found: one line per fact, with what would mend it.

use std::fmt;

use serde::Serialize;

use crate::domain::text::quoting::printable;
use crate::exit_code::ExitCode;

/// How bad a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// It works, and a person should know.
    Warning,
    /// Something does not work.
    Problem,
}

/// One fact.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    level: Level,
    subject: String,
    fact: String,
    /// What would mend it; empty when nothing has to be.
    mend: String,
    /// The command that mends it, where there is one for certain.
    #[serde(skip_serializing_if = "String::is_empty")]
    command: String,
}

/// Everything that was found. Serialises to the JSON document, displays as text.
#[derive(Clone, Debug, Serialize)]
pub struct Lines {
    version: u32,
    lines: Vec<Line>,
}

impl Lines {
    pub(super) const fn new() -> Self {
        Self {
            version: 1,
            lines: Vec::new(),
        }
    }

    pub(super) fn ok(&mut self, subject: impl Into<String>, fact: impl Into<String>) {
        self.add(Level::Ok, subject, fact, "");
    }

    pub(super) fn warn(
        &mut self,
        subject: impl Into<String>,
        fact: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.add(Level::Warning, subject, fact, mend);
    }

    pub(super) fn problem(
        &mut self,
        subject: impl Into<String>,
        fact: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.add(Level::Problem, subject, fact, mend);
    }

    fn add(
        &mut self,
        level: Level,
        subject: impl Into<String>,
        fact: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.lines.push(Line {
            level,
            subject: subject.into(),
            fact: fact.into(),
            mend: mend.into(),
            command: String::new(),
        });
    }

    /// Adds the command that mends the last line.
    pub(super) fn command(&mut self, command: impl Into<String>) {
        if let Some(line) = self.lines.last_mut() {
            line.command = command.into();
        }
    }

    /// What `--fix` shows: of each line that is not well its command, or what a person has to do, as comments of a shell.
    /// Nothing is carried out.
    #[must_use]
    pub fn fixes(&self) -> String {
        let mut text = String::new();
        for line in self.lines.iter().filter(|line| line.level != Level::Ok) {
            let head = printable(&format!("{}: {}", line.subject, line.fact));
            let mend = if line.command.is_empty() {
                format!("#   by hand: {}", printable(&line.mend))
            } else {
                printable(&line.command)
            };
            text.push_str(&format!("# {head}\n{mend}\n"));
        }
        if text.is_empty() {
            text.push_str("# nothing has to be mended\n");
        }
        text
    }

    /// The exit status that the worst line gives.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self.lines.iter().map(|line| line.level).max() {
            None | Some(Level::Ok) => ExitCode::Done,
            Some(Level::Warning) => ExitCode::DoneWithFailures,
            Some(Level::Problem) => ExitCode::Usage,
        }
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            let word = match line.level {
                Level::Ok => "ok     ",
                Level::Warning => "warning",
                Level::Problem => "PROBLEM",
            };
            let text = printable(&format!("{}: {}", line.subject, line.fact));
            writeln!(f, "{word}  {text}")?;
            if !line.mend.is_empty() {
                writeln!(f, "         -> {}", printable(&line.mend))?;
            }
        }
        Ok(())
    }
}
