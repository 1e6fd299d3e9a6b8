//! What the command line says.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::domain::repository::{ForgeKind, IssueRef, ParseRepoError, RepoRef};
use crate::domain::text::quoting::printable;
use crate::tick::Narrowing;

/// Start coding agents for triaged issues
///
/// Runs one tick and exits: reads T3 and the forges, starts at most one agent per repository for issues that a
/// trusted person labelled, and reports what it did and why not more. Does nothing at all unless
/// AFK_KILL_SWITCH is off and AFK_ALLOWLIST names repositories. All settings come from AFK_* variables or from
/// a directory with one file per variable; see the README for the table.
///
/// Exit status: 0 done, 1 done with failures, 2 usage or configuration, 3 could not start.
#[derive(Debug, Parser)]
#[command(name = "afk-poll", version, max_term_width = 100)]
pub(super) struct PollArguments {
    #[command(flatten)]
    pub(super) common: CommonArguments,
}

/// Drive every run to its end
///
/// Runs one tick and exits: follows each run that afk-poll started through push, CI, deploy and rollout, sends corrective
/// turns when CI is red, closes the issue or hands it back with a doorbell, and releases the repository. Does nothing at all
/// unless AFK_ALLOWLIST names repositories; while AFK_KILL_SWITCH is on it drains: it observes, closes, hands back and rings,
/// and never sends a turn. All settings come from AFK_* variables or from a directory with one file per variable; see the
/// README for the table.
///
/// Exit status: 0 done, 1 done with failures, 2 usage or configuration, 3 could not start.
#[derive(Debug, Parser)]
#[command(name = "afk-watch", version, max_term_width = 100)]
pub(super) struct WatchArguments {
    #[command(flatten)]
    pub(super) common: CommonArguments,
}

/// Flags of both binaries.
#[derive(Debug, clap::Args)]
pub(super) struct CommonArguments {
    /// Read and decide, write nothing
    ///
    /// All reads are made and the report says what would be done; no write leaves the process.
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Look at this repository only; may repeat
    ///
    /// Narrows the allowlist and never widens it.
    #[arg(long, value_name = "OWNER/NAME")]
    pub(super) repo: Vec<String>,

    /// Look at this issue only; may repeat
    ///
    /// Narrows the allowlist and never widens it.
    #[arg(long, value_name = "OWNER/NAME#N")]
    pub(super) issue: Vec<String>,

    /// Read settings from the files of this directory too
    ///
    /// One file per setting, named after it, as a mounted ConfigMap or Secret has them. The environment wins,
    /// except that any "on" wins for AFK_KILL_SWITCH. [variable: AFK_CONFIG_DIR]
    #[arg(long, value_name = "DIR")]
    pub(super) config_dir: Option<PathBuf>,

    /// Form of the report on standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(super) output: Output,

    /// Form of the log on standard error [variable: AFK_LOG_FORMAT] [default: pretty on a terminal, json otherwise]
    #[arg(long, value_enum)]
    pub(super) log_format: Option<LogFormatArgument>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Output {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormatArgument {
    Pretty,
    Json,
}

/// Reads what the command line names.
pub(super) fn narrowing(
    arguments: &CommonArguments,
    default_forge: ForgeKind,
) -> Result<Narrowing, String> {
    let mut problems = Vec::new();
    let narrowing = Narrowing {
        repos: parsed("--repo", &arguments.repo, &mut problems, |text| {
            RepoRef::parse(text, default_forge)
        }),
        issues: parsed("--issue", &arguments.issue, &mut problems, |text| {
            IssueRef::parse(text, default_forge)
        }),
    };
    if problems.is_empty() {
        Ok(narrowing)
    } else {
        Err(problems.join("\n"))
    }
}

/// Reads all values of a flag; notes those that can not be read.
fn parsed<T>(
    flag: &str,
    texts: &[String],
    problems: &mut Vec<String>,
    parse: impl Fn(&str) -> Result<T, ParseRepoError>,
) -> Vec<T> {
    let mut values = Vec::new();
    for text in texts {
        match parse(text) {
            Ok(value) => values.push(value),
            Err(error) => problems.push(printable(&format!("{flag}: {error}"))),
        }
    }
    values
}
