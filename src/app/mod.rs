//! From the process to a tick: arguments, configuration, logging, wiring, exit status.
//!
//! The only part that names every adapter, reads the environment and the configuration directory, and writes to
//! standard output. Decides nothing about issues or runs.
//!
//! One file per command: `tick` is what the binaries do without one.

use std::process::ExitCode as ProcessExitCode;

use clap::Parser as _;

use self::arguments::{CommonArguments, PollArguments, WatchArguments};
use self::exit::finish;
pub use self::wiring::{Surroundings, poll_tick, watch_tick};
use crate::exit_code::ExitCode;
use crate::tick::TickKind;

mod arguments;
mod exit;
mod logging;
mod settings;
mod tick;
mod wiring;

/// Runs `afk-poll`.
#[must_use]
pub fn poll() -> ProcessExitCode {
    let arguments = PollArguments::try_parse().map(|arguments| arguments.common);
    main(arguments, TickKind::Poll)
}

/// Runs `afk-watch`.
#[must_use]
pub fn watch() -> ProcessExitCode {
    let arguments = WatchArguments::try_parse().map(|arguments| arguments.common);
    main(arguments, TickKind::Watch)
}

fn main(arguments: Result<CommonArguments, clap::Error>, kind: TickKind) -> ProcessExitCode {
    match arguments {
        Ok(arguments) => finish(tick::run(&arguments, kind), || {
            logging::is_json_early(&arguments)
        }),
        Err(error) => {
            if error.use_stderr() {
                // Whoever writes a command line reads what is wrong with it.
                return finish(Err(exit::Stopped::Usage(error.to_string())), || false);
            }
            // Help and version are no errors.
            drop(error.print());
            ExitCode::Done.into()
        }
    }
}
