//! The one test binary of the crate.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: nobody links against it, a broken assumption must stop the test, and the sandbox serves demo and benches too"
)]

mod argo;
mod causes;
mod chains;
mod check;
mod command_line;
mod decisions;
mod deploy;
mod deploy_parts;
mod deploy_retries;
mod deploys;
mod digest;
mod ends_side_by_side;
mod every_end;
mod explain;
mod forgejo;
mod found_by_simulation;
mod gate_attacks;
mod gate_facts;
mod gate_texts;
mod github_app;
mod github_sandbox;
mod layering;
mod manual;
mod monitoring;
mod only_on_github;
mod overlap;
mod poll;
mod poll_policy;
mod poll_readings;
mod readme;
mod refusal_notes;
mod rollouts;
mod shown_outputs;
mod status;
mod support;
mod t3_sandbox;
mod thread_state;
mod tracker_port;
mod trust_gate_second_opinion;
mod verdicts;
mod watch;
mod watch_crashes;
mod watch_ends;
mod watch_field;
mod watch_more;
mod watch_rollout;
mod wire_deploy;
mod wire_github;
mod wire_github_limits;
mod wire_github_watch;
mod wire_lab;
mod wire_notifiers;
mod wire_t3;
mod woodpecker_recordings;
