//! What the service's words come to, one by one (`contracts/woodpecker` section 5).
//!
//! Which pipelines and which workflows are asked is decided by [`crate::domain::verdict::deploy`].

use super::{Pipeline, PipelineStatus};
use crate::domain::verdict::ci::{FailedCheck, Hold, StageOutcome};

/// What one word of a pipeline, or of a workflow of it, comes to.
pub(super) fn outcome(pipeline: &Pipeline, status: &PipelineStatus) -> StageOutcome {
    let number = pipeline.number;
    let pending = |what: String| StageOutcome::Pending {
        detail: format!("pipeline {number} {what}"),
    };
    let what = |what: &str| FailedCheck {
        name: format!("deploy pipeline {number} {what}"),
        url: pipeline.url.clone(),
        excerpt: (!pipeline.errors.is_empty()).then(|| pipeline.errors.join("\n")),
    };
    let failure = |said: &str| StageOutcome::Failure {
        concluded_at: pipeline.finished,
        checks: vec![what(said)],
    };
    let stopped = |said: &str| StageOutcome::Blocked {
        hold: Hold::Stopped,
        since: pipeline.finished.or(pipeline.created),
        what: what(said),
    };
    let cancelled_by_person = || match &pipeline.cancelled_by {
        Some(person) => stopped(&format!(
            "was cancelled by {person}; a person has to start it again"
        )),
        None => stopped("was cancelled; a person has to start it again"),
    };
    // Nobody stopped what ended because a step of it failed.
    let failed_step = pipeline
        .cancelled_by_step
        .as_ref()
        .filter(|_| pipeline.cancelled_by.is_none());
    match status {
        PipelineStatus::Waiting => pending("waits for its turn".to_owned()),
        PipelineStatus::Running => pending("runs".to_owned()),
        PipelineStatus::Blocked => StageOutcome::Blocked {
            hold: Hold::Waits,
            since: pipeline.created,
            what: what("waits for a person to approve it"),
        },
        PipelineStatus::Success => StageOutcome::Success {
            ended_at: pipeline.finished,
        },
        PipelineStatus::Failure => failure("failed"),
        PipelineStatus::Error => failure("has an error"),
        PipelineStatus::Killed | PipelineStatus::Cancelled => match failed_step {
            Some(step) => failure(&format!("was cancelled, for its step {step} failed")),
            // A time limit kills without a word.
            None if *status == PipelineStatus::Killed && pipeline.cancelled_by.is_none() => {
                failure("was killed")
            }
            None => cancelled_by_person(),
        },
        PipelineStatus::Declined => match &pipeline.reviewed_by {
            Some(person) => stopped(&format!(
                "was declined by {person}; a person has to decide how to go on"
            )),
            None => stopped("was declined by a person, who has to decide how to go on"),
        },
        PipelineStatus::Skipped => StageOutcome::None,
        PipelineStatus::Unknown(word) => {
            pending(format!("says '{word}', a word that is not known here"))
        }
    }
}
