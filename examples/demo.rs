//! The loop in miniature: a forge, a T3 server and the rest on loopback, a small cast, and real ticks.
//!
//! `cargo run --example demo` tells a newcomer what the program starts, what it refuses and why, and what
//! becomes of what it started. It checks every sentence it prints: when one does not hold, the demo says which and exits with 1. It reaches nothing beyond
//! loopback and reads no setting of the machine it runs on. The ticks are those of the binary: settings go through
//! the crate's parser, the gates make the [`Armed`](afk::domain::config::Armed) value, and the adapters talk HTTP.
//!
//! ```text
//! demo/stage.rs    the sandbox, and ticks run against it
//! demo/cast.rs     who and what is there, and what must become of it
//! demo/scenes.rs   the story up to the start of runs, one function per scene
//! demo/runs.rs     what agents, CI and people do in the runs that are followed to their end
//! demo/watching.rs the story from there on
//! demo/troubles.rs what goes wrong around runs, and how each ends all the same
//! demo/forgejo.rs  one repository on another forge
//! demo/evening.rs  a note on a refused issue, and the digest of the day
//! ```
#![allow(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for a terminal, and nobody links against it"
)]

use std::process::ExitCode;

use afk::clock::{Clock, SystemClock};

#[path = "demo/cast.rs"]
mod cast;
#[path = "demo/evening.rs"]
mod evening;
#[path = "demo/forgejo.rs"]
mod forgejo;
#[path = "demo/runs.rs"]
mod runs;
#[path = "../tests/suite/support/sandbox/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "shared with the suite, which needs more of it; a broken story must stop"
)]
mod sandbox;
#[path = "demo/scenes.rs"]
mod scenes;
#[path = "demo/stage.rs"]
mod stage;
#[path = "demo/troubles.rs"]
mod troubles;
#[path = "demo/watching.rs"]
mod watching;

fn main() -> ExitCode {
    let clock = SystemClock::start();
    let mut stage = stage::Stage::open();
    println!("AFK in miniature: stand-ins on loopback, and real ticks of afk-poll and afk-watch.");
    let scenes = scenes::SCENES.iter().chain(&watching::SCENES);
    let scenes = scenes
        .chain(&troubles::SCENES)
        .chain([&forgejo::SCENE, &evening::SCENE]);
    for (index, scene) in scenes.enumerate() {
        println!("\n{}. {}\n", index + 1, scene.title);
        if let Err(error) = (scene.play)(&mut stage) {
            eprintln!(
                "\ndemo: this does not hold in scene {} ({}): {error:#}",
                index + 1,
                scene.title
            );
            return ExitCode::FAILURE;
        }
    }
    println!(
        "\nAll of this was checked while it ran, in {:.1} s.",
        clock.uptime().as_secs_f64()
    );
    println!("Go on with: cargo run --bin afk-watch -- --help");
    ExitCode::SUCCESS
}
