//! What became of its commit?
//!
//! Which commit is the run's, and what build, deploy and rollout say of it. It asks no service and sends no turn. Adapters of forges and CI speak its words; [`run`](super::run) decides on them.

pub mod build_checks;
pub mod ci;
pub mod ci_verdict;
pub mod commit_attribution;
pub mod commit_message;
pub mod deploy_fold;
pub mod image_tag;
pub mod issue_mention;
pub mod rollout_fold;
