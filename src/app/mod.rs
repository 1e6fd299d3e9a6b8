//! From the process to a tick: arguments, configuration, logging, wiring, exit status.
//!
//! The only part that names every adapter, reads the environment and the configuration directory, and writes to
//! standard output. Decides nothing about issues or runs.
//!
//! One file per command: `tick` is what the binaries do without one.

use std::process::ExitCode as ProcessExitCode;

use clap::Parser as _;

use self::arguments::{CommonArguments, PollCommand, TickArguments, WatchCommand};
pub use self::arguments::{PollArguments, WatchArguments};
pub use self::check::{Lines, check};
pub use self::digest::{Told, digest};
use self::exit::{Stopped, finish};
pub use self::explain::explain;
pub use self::status::status;
pub use self::wiring::{Surroundings, poll_tick, watch_tick};
use crate::exit_code::ExitCode;
use crate::tick::TickKind;

mod arguments;
mod check;
mod courtesy;
mod decisions;
mod digest;
mod exit;
mod explain;
mod heartbeat;
mod logging;
mod metrics;
mod replay;
mod settings;
mod setup;
mod status;
mod tick;
mod wiring;

/// Runs `afk-poll`.
#[must_use]
pub fn poll() -> ProcessExitCode {
    match PollArguments::try_parse() {
        Ok(arguments) => end(&arguments.common, || {
            let PollArguments {
                command,
                tick,
                common,
            } = &arguments;
            match command {
                None => tick::run(tick, common, TickKind::Poll),
                Some(command) => {
                    without_flags_of_a_tick(tick, TickKind::Poll)?;
                    match command {
                        PollCommand::Explain(explain) => explain::run(explain, common),
                        PollCommand::Check(check) => {
                            check::run(common, TickKind::Poll, false, check.fix)
                        }
                        PollCommand::Replay(replay) => replay::run(replay, common),
                    }
                }
            }
        }),
        Err(error) => not_parsed(&error),
    }
}

/// Runs `afk-watch`.
#[must_use]
pub fn watch() -> ProcessExitCode {
    match WatchArguments::try_parse() {
        Ok(arguments) => end(&arguments.common, || {
            let WatchArguments {
                command,
                tick,
                common,
            } = &arguments;
            match command {
                None => tick::run(tick, common, TickKind::Watch),
                Some(command) => {
                    without_flags_of_a_tick(tick, TickKind::Watch)?;
                    match command {
                        WatchCommand::Status(status) => status::run(status, common),
                        WatchCommand::Digest(digest) => digest::run(digest, common),
                        WatchCommand::Check(check) => {
                            check::run(common, TickKind::Watch, check.ring, check.fix)
                        }
                    }
                }
            }
        }),
        Err(error) => not_parsed(&error),
    }
}

fn end(
    common: &CommonArguments,
    run: impl FnOnce() -> Result<ExitCode, Stopped>,
) -> ProcessExitCode {
    finish(run(), || logging::is_json_early(common))
}

/// Refuses flags that a command would pass over in silence.
fn without_flags_of_a_tick(tick: &TickArguments, kind: TickKind) -> Result<(), Stopped> {
    match tick.given().first() {
        None => Ok(()),
        Some(flag) => Err(Stopped::Usage(format!(
            "{}: {flag} is a flag of a tick and means nothing to a command",
            kind.binary()
        ))),
    }
}

fn not_parsed(error: &clap::Error) -> ProcessExitCode {
    if error.use_stderr() {
        // Whoever writes a command line reads what is wrong with it.
        return finish(Err(Stopped::Usage(error.to_string())), || false);
    }
    // Help and version are no errors.
    drop(error.print());
    ExitCode::Done.into()
}
