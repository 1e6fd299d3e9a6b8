//! Starts runs: one tick, then exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    afk::app::poll()
}
