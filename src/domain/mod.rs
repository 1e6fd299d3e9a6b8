//! Pure code: facts in, decisions with reasons out.
//!
//! Nothing here reads a clock, the environment, a file or a random number, and nothing logs. The words that every room
//! speaks are on the ground floor; each room answers one question that a tick asks.

pub mod config;
pub mod identity;
pub mod issue;
pub mod reason;
pub mod record;
pub mod remedy;
pub mod repository;
pub mod run;
pub mod start;
pub mod step;
pub mod text;
pub mod told;
pub mod verdict;
