//! Pure code: facts in, decisions with reasons out.
//!
//! Nothing here reads a clock, the environment, a file or a random number, and nothing logs.

pub mod blocked_by;
pub mod build_checks;
pub mod ci;
pub mod ci_verdict;
pub mod commit_attribution;
pub mod commit_message;
pub mod config;
pub mod corrective_turn;
pub mod deploy_fold;
pub mod dispatch_policy;
pub mod end_reason;
pub mod frozen_text;
pub mod hand_back;
mod hidden_characters;
pub mod identity;
pub mod image_tag;
pub mod issue;
pub mod issue_mention;
pub mod notification;
pub mod phase_checklist;
pub mod priority;
pub mod prompt;
pub mod quoting;
pub mod reason;
pub mod redaction;
pub mod repository;
pub mod reread;
pub mod revocation;
pub mod rollout_fold;
pub mod run_state_machine;
mod shown_html;
mod shown_text;
pub mod step;
pub mod thread_state;
pub mod trust_gate;
