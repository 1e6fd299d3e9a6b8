//! The one test binary of the crate.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: nobody links against it, a broken assumption must stop the test, and the sandbox serves demo and benches too"
)]

mod command_line;
mod github_sandbox;
mod layering;
mod overlap;
mod poll;
mod readme;
mod support;
mod t3_sandbox;
mod trust_gate_histories;
mod trust_gate_second_opinion;
