//! What became of its commit?
//!
//! Which commit is the run's, and what build, deploy and rollout say of it. It asks no service and sends no turn. Adapters of forges and CI speak its words; [`run`](super::run) decides on them.

pub mod attribution;
pub mod build;
pub mod ci;
pub mod commit_message;
pub mod deploy;
pub mod green;
pub mod image_tag;
pub mod issue_mention;
pub mod rollout;
