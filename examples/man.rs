//! Man pages and shell completions, made from the commands that the programs themselves read.
//!
//! `cargo run --example man -- DIRECTORY` writes them where the usual tools look below a directory such as
//! `/usr/local/share` or `~/.local/share`. The image's build does the same. It reads no setting and opens no socket.
#![allow(
    unreachable_pub,
    clippy::print_stderr,
    reason = "a program for a terminal, and nobody links against it"
)]

use std::path::Path;
use std::process::ExitCode;

#[path = "man/pages.rs"]
mod pages;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [directory] = arguments.as_slice() else {
        eprintln!("usage: cargo run --example man -- DIRECTORY");
        return ExitCode::from(2);
    };
    match pages::write(Path::new(directory)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("can not write below {}: {error}", directory.display());
            ExitCode::FAILURE
        }
    }
}
