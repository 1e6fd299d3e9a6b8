//! Drives every run to its end: one tick, then exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    afk::app::watch()
}
