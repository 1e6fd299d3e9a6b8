//! How a process ends: its exit status, and what it says last.

use std::io::Write;
use std::process::ExitCode as ProcessExitCode;

use anyhow::Context as _;

use super::arguments::Output;
use crate::domain::text::quoting::printable_lines;
use crate::exit_code::ExitCode;
use crate::tick::TickReport;

/// Why a tick did not get as far as a report.
pub(super) enum Stopped {
    /// The command line or the configuration.
    Usage(String),
    /// This machine.
    Machine(anyhow::Error),
}

pub(super) fn finish(result: Result<ExitCode, Stopped>) -> ProcessExitCode {
    let (text, code) = match result {
        Ok(code) => return code.into(),
        Err(Stopped::Usage(text)) => (text, ExitCode::Usage),
        Err(Stopped::Machine(error)) => (format!("{error:#}"), ExitCode::CouldNotStart),
    };
    let mut stderr = std::io::stderr().lock();
    // Nobody is left to be told when standard error is gone.
    drop(writeln!(stderr, "{}", printable_lines(&text)));
    code.into()
}

pub(super) fn print(report: &TickReport, output: Output) -> anyhow::Result<()> {
    let text = match output {
        Output::Text => report.to_string(),
        Output::Json => serde_json::to_string(report).context("can not write the report")? + "\n",
    };
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .context("can not write the report")
}
