//! The words of forges about checks, as states (`contracts/github` section 10, `contracts/forgejo` section 9).
//!
//! A word that nobody knows becomes an explicit unknown, which counts as pending. What a set of states comes to is decided by
//! [`crate::domain::verdict::build`].

use super::rules::WOODPECKER_PREFIX;
use crate::domain::verdict::ci::{Check, CheckSource, CheckState, Hold};

/// What is said of a check that does not go on by itself. An environment holds a job for a person or for a timer, and does not
/// tell for which.
pub(in crate::domain::verdict) const WAITS: &str =
    "waits for a person to approve it, or for a timer of its environment";

/// Returns how a check that a person has to move on is held up, and what is said of it.
#[must_use]
pub(super) fn held(check: &Check) -> (Hold, &'static str) {
    if check.state == CheckState::Declined {
        let said = "was declined by a person, who has to decide how to go on";
        return (Hold::Stopped, said);
    }
    match check.source {
        CheckSource::Run { .. } => (Hold::Waits, WAITS),
        CheckSource::Status => (Hold::Waits, "waits for a person to approve it"),
    }
}

/// Returns what is said of what failed, or waits for a person, beside a check that may still come.
pub(super) fn undecided(check: &Check) -> String {
    match check.state {
        CheckState::ActionRequired | CheckState::Declined => {
            format!("{} {}", check.name, held(check).1)
        }
        CheckState::Pending
        | CheckState::Success
        | CheckState::Passed
        | CheckState::Failure
        | CheckState::Cancelled
        | CheckState::NeverRan
        | CheckState::Stale
        | CheckState::Unknown(_) => format!("{} (failed)", check.name),
    }
}

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

/// Reads `context`, `state` and `description` of a GitHub commit status; the state in lower case (REST) or upper case (GraphQL).
#[must_use]
pub fn github_status(context: &str, state: &str, description: &str) -> CheckState {
    let state = state.to_ascii_lowercase();
    let said = match state.as_str() {
        "success" => CheckState::Success,
        "failure" | "error" => CheckState::Failure,
        "pending" | "expected" => CheckState::Pending,
        unknown => CheckState::Unknown(unknown.to_owned()),
    };
    described(context, description, said)
}

/// Reads `context`, `status` and `description` of a Forgejo or Gitea commit status.
///
/// A warning proves nothing, except that Woodpecker says so of a declined pipeline. A job of the forge's own Actions that
/// a newer push cancelled is posted as a failure, and only the description tells.
#[must_use]
pub fn forgejo_status(context: &str, status: &str, description: &str) -> CheckState {
    let said = match status {
        "success" => CheckState::Success,
        "skipped" => CheckState::Passed,
        "warning" if context.starts_with(WOODPECKER_PREFIX) => CheckState::Failure,
        "warning" => CheckState::Passed,
        "failure" if description.starts_with("Has been cancelled") => CheckState::Cancelled,
        "failure" | "error" => CheckState::Failure,
        "pending" => CheckState::Pending,
        unknown => CheckState::Unknown(unknown.to_owned()),
    };
    described(context, description, said)
}

/// What services write of a build that ended before its end: for a newer push, by hand, or because its time was over. Of Woodpecker,
/// Drone, Jenkins and CircleCI.
const ENDED_EARLY: [&str; 4] = [
    "Pipeline was canceled",
    "Build was killed",
    "The build of this commit was aborted",
    "Your CircleCI tests were canceled",
];

/// What services write of a build that a person did not allow. Of Woodpecker and Drone.
const DECLINED: [&str; 2] = ["Pipeline was rejected", "Build was declined"];

/// What services write of a build that a person may still allow. Of Woodpecker and Drone.
const WAITS_FOR_PERSON: [&str; 2] = ["Pipeline is pending approval", "Build is pending approval"];

/// What Woodpecker writes of a workflow that it skipped, or that was cancelled before it began.
const NEVER_RAN: &str = "unknown status";

/// What a status says whose word alone says less. Only a whole description that a service is known to write tells more: programs write
/// what they like ("2 tests were aborted").
fn described(context: &str, description: &str, said: CheckState) -> CheckState {
    let is = |known: &[&str]| known.contains(&description.trim());
    let (is_bad, is_open) = (said == CheckState::Failure, said == CheckState::Pending);
    let never_ran = is(&[NEVER_RAN]) && context.starts_with(WOODPECKER_PREFIX);
    if is_bad && is(&ENDED_EARLY) {
        CheckState::Cancelled
    } else if is_bad && is(&DECLINED) {
        CheckState::Declined
    } else if is_open && is(&WAITS_FOR_PERSON) {
        CheckState::ActionRequired
    } else if (is_bad || is_open) && never_ran {
        CheckState::NeverRan
    } else {
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CheckState::{ActionRequired, Cancelled, Declined, Failure, NeverRan, Passed, Pending};

    /// Every word of both kinds of forge beside every description that tells more, and some that look like one.
    #[test]
    fn a_whole_description_that_a_service_is_known_to_write_tells_more() {
        let woodpecker = "ci/woodpecker/push/test";
        let known = |said: &'static str, bad: CheckState, open: CheckState| (said, bad, open);
        let descriptions = [
            known("Pipeline was canceled", Cancelled, Pending),
            known(" Pipeline was canceled\n", Cancelled, Pending),
            known("Build was killed", Cancelled, Pending),
            known("The build of this commit was aborted", Cancelled, Pending),
            known("Your CircleCI tests were canceled", Cancelled, Pending),
            known("Pipeline was rejected", Declined, Pending),
            known("Build was declined", Declined, Pending),
            known("Pipeline is pending approval", Failure, ActionRequired),
            known("Build is pending approval", Failure, ActionRequired),
            known("2 tests were aborted", Failure, Pending),
            known("Pipeline was canceled by its test", Failure, Pending),
            known("error: Pipeline was canceled", Failure, Pending),
            known("The upload was cancelled", Failure, Pending),
            known("1 change was rejected", Failure, Pending),
            known("Pipeline failed", Failure, Pending),
            known("Pipeline is pending", Failure, Pending),
            known("", Failure, Pending),
        ];
        for (said, bad, open) in descriptions {
            for context in [woodpecker, "continuous-integration/drone/push", "ci"] {
                for (word, expected) in [
                    ("success", &CheckState::Success),
                    ("failure", &bad),
                    ("error", &bad),
                    ("pending", &open),
                ] {
                    assert_eq!(
                        &github_status(context, word, said),
                        expected,
                        "{word} {said}"
                    );
                    assert_eq!(
                        &forgejo_status(context, word, said),
                        expected,
                        "{word} {said}"
                    );
                }
                assert_eq!(github_status(context, "expected", said), open, "{said}");
                assert_eq!(forgejo_status(context, "skipped", said), Passed, "{said}");
                let warning = if context == woodpecker {
                    bad.clone()
                } else {
                    Passed
                };
                assert_eq!(forgejo_status(context, "warning", said), warning, "{said}");
            }
        }
    }

    /// Woodpecker has no description for what never ran; on GitHub it is pending for ever.
    #[test]
    fn an_unknown_status_of_woodpecker_never_ran() {
        let said = "unknown status";
        for (context, never_ran) in [("ci/woodpecker/push/test", true), ("ci", false)] {
            for (word, otherwise) in [
                ("failure", Failure),
                ("error", Failure),
                ("pending", Pending),
            ] {
                let expected = if never_ran { NeverRan } else { otherwise };
                assert_eq!(github_status(context, word, said), expected, "{word}");
                assert_eq!(forgejo_status(context, word, said), expected, "{word}");
            }
            let success = CheckState::Success;
            assert_eq!(github_status(context, "success", said), success);
        }
    }
}
