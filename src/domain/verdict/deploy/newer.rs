//! What is said of a commit by what deploys newer ones, which may help it and never hurt it.

use crate::domain::verdict::ci::{FailedCheck, StageOutcome};

/// What newer pipelines, newest first, may still make of a commit that is not deployed. A person's decision is waited for only
/// where nothing newer was tried.
pub(super) fn under_way(said: &[(StageOutcome, u64)]) -> Option<(StageOutcome, Option<u64>)> {
    said.iter().enumerate().find_map(|(place, (said, number))| {
        let what = match said {
            StageOutcome::Pending { detail } => detail,
            StageOutcome::Blocked { what, .. } if place == 0 => &what.name,
            StageOutcome::Blocked { .. }
            | StageOutcome::None
            | StageOutcome::OnlyNewer { .. }
            | StageOutcome::NotNamed { .. }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Success { .. }
            | StageOutcome::Failure { .. }
            | StageOutcome::Superseded => return None,
        };
        let detail = format!("a newer commit is being deployed: {what}");
        Some((StageOutcome::Pending { detail }, Some(*number)))
    })
}

/// What the newest of the newer pipelines that failed, newest first, says of a commit that nothing deployed. No number: what failed
/// in it is not explained, for it is nobody's to mend here.
pub(super) fn only_newer(said: &[(StageOutcome, u64)]) -> Option<(StageOutcome, Option<u64>)> {
    said.iter().find_map(|(said, _)| {
        let said = failed_words(said)?;
        Some((StageOutcome::OnlyNewer { said }, None))
    })
}

/// What failed, with its address; `None` where nothing did.
pub(super) fn failed_words(said: &StageOutcome) -> Option<String> {
    match said {
        StageOutcome::Failure { checks, .. } => checks.first().map(FailedCheck::in_words),
        StageOutcome::None
        | StageOutcome::OnlyNewer { .. }
        | StageOutcome::NotNamed { .. }
        | StageOutcome::Pending { .. }
        | StageOutcome::Blocked { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Success { .. }
        | StageOutcome::Superseded => None,
    }
}
