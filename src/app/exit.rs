//! How a process ends: its exit status, and what it says last.

use std::fmt;
use std::io::Write;
use std::process::ExitCode as ProcessExitCode;

use anyhow::Context as _;
use serde::Serialize;

use super::arguments::{CommonArguments, Output};
use super::logging::is_json_early;
use crate::clock::{Clock as _, SystemClock};
use crate::domain::text::quoting::printable_lines;
use crate::exit_code::ExitCode;

/// Why a tick did not get as far as a report.
pub(super) enum Stopped {
    /// The command line or the configuration.
    Usage(String),
    /// This machine.
    Machine(anyhow::Error),
}

impl Stopped {
    /// The status that tells of it.
    pub(super) const fn code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::Usage,
            Self::Machine(_) => ExitCode::CouldNotStart,
        }
    }
}

fn in_one_line(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("; ").replace(":; ", ": ")
}

/// Says why there is no report, in the form of the log: `json` tells whether that is JSON.
pub(super) fn finish(
    result: Result<ExitCode, Stopped>,
    json: impl FnOnce() -> bool,
) -> ProcessExitCode {
    let stopped = match result {
        Ok(code) => return code.into(),
        Err(stopped) => stopped,
    };
    let code = stopped.code();
    let text = match stopped {
        Stopped::Usage(text) => text,
        Stopped::Machine(error) => format!("{error:#}"),
    };
    say(&text, json());
    code.into()
}

/// Returns how a command ends whose report is written, or is not: what it did and saw is so whoever can read of it, and that is no
/// reason to say that nothing was. `acted`: whether it did something that a person may look for.
pub(super) fn reported(
    written: anyhow::Result<()>,
    code: ExitCode,
    acted: bool,
    common: &CommonArguments,
) -> ExitCode {
    let Err(error) = written else {
        return code;
    };
    if tracing::dispatcher::has_been_set() {
        tracing::error!("{error:#}");
    } else {
        say(&format!("{error:#}"), is_json_early(common));
    }
    match code {
        ExitCode::Done if acted => ExitCode::DoneWithFailures,
        ExitCode::Done | ExitCode::DoneWithFailures | ExitCode::Usage | ExitCode::CouldNotStart => {
            code
        }
    }
}

/// Says something where there is no log, in its form.
fn say(text: &str, json: bool) {
    let text = printable_lines(text);
    let line = if json {
        let now = SystemClock::start().now();
        let timestamp = now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        // Whoever reads a log line by line reads one line, also within the text.
        let message = in_one_line(&text);
        serde_json::json!({"timestamp": timestamp, "level": "ERROR", "message": message})
            .to_string()
    } else {
        text
    };
    let mut stderr = std::io::stderr().lock();
    // Nobody is left to be told when standard error is gone.
    drop(writeln!(stderr, "{line}"));
}

/// Writes a report, or what a command has to say, to standard output, which carries nothing else.
pub(super) fn print<T: Serialize + fmt::Display>(report: &T, output: Output) -> anyhow::Result<()> {
    let text = match output {
        Output::Text => report.to_string(),
        Output::Json => serde_json::to_string(report).context("can not write the report")? + "\n",
    };
    print_text(&text)
}

/// Writes text to standard output.
pub(super) fn print_text(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .context("can not write the report")
}
