//! Pure code: facts in, decisions with reasons out.
//!
//! Nothing here reads a clock, the environment, a file or a random number, and nothing logs.

pub mod blocked_by;
pub mod config;
pub mod dispatch_policy;
pub mod frozen_text;
mod hidden_characters;
pub mod identity;
pub mod issue;
pub mod priority;
pub mod prompt;
pub mod reason;
pub mod repository;
pub mod reread;
mod shown_html;
mod shown_text;
pub mod step;
pub mod trust_gate;
