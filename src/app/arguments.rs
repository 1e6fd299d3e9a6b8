//! What the command line says.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::domain::config::Config;
use crate::domain::repository::{ParseRepoError, RepoRef};
use crate::domain::text::quoting::printable;
use crate::tick::Narrowing;

/// Start coding agents for triaged issues
///
/// Runs one tick and exits: reads T3 and the forges, starts at most one agent per repository for
/// issues that a trusted person labelled, and reports what it did and why not more. Does nothing at
/// all unless AFK_KILL_SWITCH is off and AFK_ALLOWLIST names repositories. All settings come from
/// AFK_* variables or from a directory with one file per variable; see the README for the table.
///
/// Exit status: 0 done, 1 done with failures, 2 usage or configuration, 3 could not start.
#[derive(Debug, Parser)]
#[command(
    name = "afk-poll",
    version,
    verbatim_doc_comment,
    disable_help_subcommand = true
)]
pub struct PollArguments {
    #[command(subcommand)]
    pub(super) command: Option<PollCommand>,

    #[command(flatten)]
    pub(super) tick: TickArguments,

    #[command(flatten)]
    pub(super) common: CommonArguments,
}

/// What `afk-poll` does when it does not run a tick.
#[derive(Debug, Subcommand)]
pub(super) enum PollCommand {
    /// Say what the next tick makes of one issue, and why
    ///
    /// Goes through a whole tick without acting and tells every clause in the order in which it is
    /// asked: whether it holds, the fact that it rests on, and what would change it. Works with the
    /// gates closed, and for repositories that are not on the allowlist. For an issue with a run under
    /// way it shows the run as afk-watch sees it.
    ///
    /// Exit status: 0 told, 1 told with failures, 2 usage or configuration, 3 nothing could be read.
    #[command(verbatim_doc_comment)]
    Explain(ExplainArguments),
    /// Check that a tick would work, and say what mends what would not
    ///
    /// Settings, secrets, T3, forges, rights of each token, labels and branches: one line per fact,
    /// each ok, warning or problem. Reads with the gates closed, too, and writes nothing.
    ///
    /// Exit status: 0 all is well, 1 warnings, 2 problems.
    #[command(verbatim_doc_comment)]
    Check(PollCheckArguments),
    /// Make recorded decisions again, and show which are made otherwise today
    ///
    /// Reads a file that --decisions wrote, of either program, and asks this program's rules about the
    /// facts of each line. It asks no service, and needs no settings.
    ///
    /// Exit status: 0 every decision is made as it was, 1 some are not, or some lines could not be made
    /// again, 2 the file can not be read, or holds no decision.
    #[command(verbatim_doc_comment)]
    Replay(ReplayArguments),
}

/// Arguments of `afk-poll replay`.
#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// The file that --decisions wrote
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
}

/// Arguments of `afk-poll explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// The issue
    #[arg(value_name = "OWNER/NAME#N")]
    pub(super) issue: String,
}

/// Drive every run to its end
///
/// Runs one tick and exits: follows each run that afk-poll started through push, CI, deploy and
/// rollout, sends corrective turns when CI is red, closes the issue or hands it back with a
/// doorbell, and releases the repository. Does nothing at all unless AFK_ALLOWLIST names
/// repositories; while AFK_KILL_SWITCH is on it drains: it observes, closes, hands back and rings,
/// and never sends a turn. All settings come from AFK_* variables or from a directory with one file
/// per variable; see the README for the table.
///
/// Exit status: 0 done, 1 done with failures, 2 usage or configuration, 3 could not start.
#[derive(Debug, Parser)]
#[command(
    name = "afk-watch",
    version,
    verbatim_doc_comment,
    disable_help_subcommand = true
)]
pub struct WatchArguments {
    #[command(subcommand)]
    pub(super) command: Option<WatchCommand>,

    #[command(flatten)]
    pub(super) tick: TickArguments,

    #[command(flatten)]
    pub(super) common: CommonArguments,
}

/// What `afk-watch` does when it does not run a tick.
#[derive(Debug, Subcommand)]
pub(super) enum WatchCommand {
    /// Show the runs under way
    ///
    /// One block per run: repository, issue and title, phase, what its thread does, commit and verdict
    /// by stage, age and quiet time, turns and tokens, what is left of each limit, what is done next,
    /// and the link to its thread; then strays, and what is paused. Acts on nothing and works with the
    /// gates closed.
    ///
    /// Exit status: 0 shown, 1 shown with failures, 2 usage or configuration, 3 nothing could be read.
    #[command(verbatim_doc_comment)]
    Status(StatusArguments),
    /// Tell every sink what happened and what stands, in one message
    ///
    /// What landed in the last day, what was handed back and still waits for a person, what is under
    /// way, what is ready and not started and why, what failed, and tokens used. Meant for a daily
    /// schedule. It sends nothing else and works with the gates closed.
    ///
    /// Exit status: 0 told, 1 a sink did not take it, 2 usage or configuration, 3 nothing could be
    /// read, and nobody was told.
    #[command(verbatim_doc_comment)]
    Digest(DigestArguments),
    /// Check that a tick would work, and say what mends what would not
    ///
    /// As afk-poll check, and Woodpecker, Kubernetes and the sinks besides. Reads with the gates
    /// closed, too, and writes nothing.
    ///
    /// Exit status: 0 all is well, 1 warnings, 2 problems.
    #[command(verbatim_doc_comment)]
    Check(CheckArguments),
}

/// Arguments of `afk-poll check`.
#[derive(Debug, Args)]
pub(super) struct PollCheckArguments {
    /// Show the commands that would mend what is wrong, and carry out none
    #[arg(long)]
    pub(super) fix: bool,
}

/// Arguments of `afk-watch check`.
#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Show the commands that would mend what is wrong, and carry out none
    #[arg(long)]
    pub(super) fix: bool,
    /// Send a test message to every sink
    #[arg(long)]
    pub(super) ring: bool,
}

/// Arguments of `afk-watch digest`.
#[derive(Debug, Args)]
pub(super) struct DigestArguments {
    /// Tell of this repository only; may repeat
    ///
    /// For a shard of a fleet. Narrows the allowlist and never widens it.
    #[arg(long, value_name = "OWNER/NAME")]
    pub(super) repo: Vec<String>,
}

/// Arguments of `afk-watch status`.
#[derive(Debug, Args)]
pub(super) struct StatusArguments {
    /// Show it anew every so many seconds (1 to 3600), until stopped
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) watch: Option<u64>,

    /// Show this repository only; may repeat
    ///
    /// For a shard of a fleet. Narrows the allowlist and never widens it.
    #[arg(long, value_name = "OWNER/NAME")]
    pub(super) repo: Vec<String>,
}

/// Flags of a tick, which is what both binaries run without a command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of a tick")]
pub(super) struct TickArguments {
    /// Read and decide, write nothing
    ///
    /// All reads are made and the report says what would be done; no write leaves the process.
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Append what is decided to this file, one line per decision
    ///
    /// Each line is JSON and holds what the decision was made from, so that afk-poll replay
    /// can make it again. Texts of issues are not in it. A file that is missing is made, for
    /// its owner alone.
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub(super) decisions: Option<PathBuf>,

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
}

impl TickArguments {
    /// Returns the flags that were given, which mean nothing to a command.
    pub(super) fn given(&self) -> Vec<&'static str> {
        [
            ("--dry-run", self.dry_run),
            ("--decisions", self.decisions.is_some()),
            ("--repo", !self.repo.is_empty()),
            ("--issue", !self.issue.is_empty()),
        ]
        .into_iter()
        .filter_map(|(flag, given)| given.then_some(flag))
        .collect()
    }
}

/// Flags of everything that both binaries do.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(super) struct CommonArguments {
    /// Read settings from the files of this directory too
    ///
    /// One file per setting, named after it, as a mounted ConfigMap or Secret has them. The
    /// environment wins, except that any "on" wins for AFK_KILL_SWITCH.
    /// [variable: AFK_CONFIG_DIR]
    #[arg(long, global = true, value_name = "DIR", verbatim_doc_comment)]
    pub(super) config_dir: Option<PathBuf>,

    /// Form of the report on standard output
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub(super) output: Output,

    /// Form of the log on standard error
    ///
    /// [variable: AFK_LOG_FORMAT] [default: pretty on a terminal, json otherwise]
    #[arg(long, global = true, value_enum)]
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

/// Reads what the command line names: values of `--repo`, and values of `--issue`.
pub(super) fn narrowing(
    repos: &[String],
    issues: &[String],
    config: &Config,
) -> Result<Narrowing, String> {
    let mut problems = Vec::new();
    let narrowing = Narrowing {
        repos: parsed("--repo", repos, &mut problems, |text| {
            RepoRef::parse(text, config.default_forge)
        }),
        issues: parsed("--issue", issues, &mut problems, |text| config.issue(text)),
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
