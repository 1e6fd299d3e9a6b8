//! The words of forges about checks, as states (`contracts/github` section 10, `contracts/forgejo` section 9).
//!
//! A word that nobody knows becomes an explicit unknown, which counts as pending. What a set of states comes to is decided by
//! [`crate::domain::verdict::build`].

use super::rules::WOODPECKER_PREFIX;
use crate::domain::verdict::ci::CheckState;

/// What is said of a check that does not go on by itself. An environment holds a job for a person or for a timer, and does not
/// tell for which.
pub(in crate::domain::verdict) const WAITS: &str =
    "waits for a person to approve it, or for a timer of its environment";

/// Reads `status` and `conclusion` of a GitHub check run; in lower case (REST) or upper case (GraphQL).
#[must_use]
pub fn github_check_run(status: &str, conclusion: Option<&str>) -> CheckState {
    let (status, conclusion) = (
        status.to_ascii_lowercase(),
        conclusion.map(str::to_ascii_lowercase),
    );
    match (status.as_str(), conclusion.as_deref()) {
        ("completed", Some(conclusion)) => match conclusion {
            "success" => CheckState::Success,
            "neutral" | "skipped" => CheckState::Passed,
            "failure" | "timed_out" | "startup_failure" => CheckState::Failure,
            "action_required" => CheckState::ActionRequired,
            "cancelled" => CheckState::Cancelled,
            "stale" => CheckState::Stale,
            _ => CheckState::Unknown(conclusion.to_owned()),
        },
        ("completed", None) => CheckState::Unknown("completed without a conclusion".to_owned()),
        ("queued" | "in_progress" | "requested" | "pending", _) => CheckState::Pending,
        // A rule of an environment holds the job until a person lets it go on.
        ("waiting", _) => CheckState::ActionRequired,
        (unknown, _) => CheckState::Unknown(unknown.to_owned()),
    }
}

/// Returns whether `status` of a GitHub check suite says that a `concurrency` group holds its workflow, which runs in its turn; in
/// lower case (REST) or upper case (GraphQL).
#[must_use]
pub fn waits_for_group(status: &str) -> bool {
    status.eq_ignore_ascii_case("pending")
}

/// Reads `state` of a GitHub commit status; in lower case (REST) or upper case (GraphQL).
#[must_use]
pub fn github_status(state: &str) -> CheckState {
    match state.to_ascii_lowercase().as_str() {
        "success" => CheckState::Success,
        "failure" | "error" => CheckState::Failure,
        "pending" | "expected" => CheckState::Pending,
        unknown => CheckState::Unknown(unknown.to_owned()),
    }
}

/// Reads `context`, `status` and `description` of a Forgejo or Gitea commit status.
///
/// A warning proves nothing, except that Woodpecker says so of a declined pipeline. A job of the forge's own Actions that
/// a newer push cancelled is posted as a failure, and only the description tells.
#[must_use]
pub fn forgejo_status(context: &str, status: &str, description: &str) -> CheckState {
    match status {
        "success" => CheckState::Success,
        "skipped" => CheckState::Passed,
        "warning" if context.starts_with(WOODPECKER_PREFIX) => CheckState::Failure,
        "warning" => CheckState::Passed,
        "failure" if description.starts_with("Has been cancelled") => CheckState::Cancelled,
        "failure" | "error" => CheckState::Failure,
        "pending" => CheckState::Pending,
        unknown => CheckState::Unknown(unknown.to_owned()),
    }
}
