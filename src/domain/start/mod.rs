//! May it start?
//!
//! Which ready issue goes first, who asked for it, whether the text is still what they read, and what the agent is told. It asks no forge: a missing fact is a refusal. Poll enters, and nothing after the first turn.

pub mod basis;
pub mod blocked_by;
pub mod caps;
pub mod checked;
pub mod clauses;
pub mod dispatch_policy;
pub mod eligibility;
pub mod frozen_text;
pub mod kept_rules;
pub mod labelling;
pub mod parent_reference;
pub mod priority;
pub mod prompt;
mod readiness;
mod reread;
pub mod rotation;
pub mod trust_gate;
