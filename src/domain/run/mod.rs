//! What is the run doing?
//!
//! From thread, commit and authorisation to one action. It carries nothing out. Watch enters; [`told`](super::told) may name its states.

pub mod allocated;
pub mod basis;
pub mod corrective_turn;
pub mod evidence;
pub mod provider_failure;
pub mod resume_turn;
pub mod revocation;
pub mod run_state_machine;
pub mod thread_state;
