//! What a Deployment says about a commit (`contracts/kubernetes` sections 4 and 5).
//!
//! One object in, outcome out: the image and the counters are judged on the same object, in the order of `kubectl rollout
//! status`. Only Deployments are understood; StatefulSets and DaemonSets follow other rules. A Deployment that does not
//! run the commit's image yet is pending, and bounded by the stage's own deadline.

mod image;
mod progress;
mod question;
mod workload;

use chrono::TimeDelta;

pub use self::image::NoSuchContainer;
use self::image::{Image, image};
pub use self::progress::REFUSED_PODS_MAX;
use self::progress::{Judged, failure, pending, progress, progressing};
pub use self::question::RolloutQuestion;
pub use self::workload::{Condition, Container, Deployment};
use crate::domain::verdict::ci::StageOutcome;

/// How long after a deploy another commit's rollout may still end without meaning that ours was rolled back. Tools that
/// bring manifests into a cluster look every few minutes.
pub const LATE_ROLLOUT_MAX: TimeDelta = TimeDelta::minutes(10);

/// Folds a Deployment into what it says about a commit.
///
/// # Errors
///
/// [`NoSuchContainer`] when the configuration names a container that is not there.
pub fn fold(
    deployment: &Deployment,
    question: &RolloutQuestion<'_>,
) -> Result<StageOutcome, NoSuchContainer> {
    let image = image(deployment, question)?;
    let outcome = match image {
        Image::Ours => progress(deployment, question),
        Image::Partly => pending("some of its containers still have another image"),
        Image::Unnamed(tag) => pending(format!(
            "it runs an image whose tag '{tag}' names no commit"
        )),
        Image::Other(tag) => other_image(deployment, question, &tag),
    };
    Ok(match outcome {
        Ok(outcome) => outcome,
        Err(detail) => StageOutcome::Pending {
            detail: format!("Deployment {}: {detail}", question.name),
        },
    })
}

/// The template runs another commit's image: ours has not arrived, or it was taken back.
fn other_image(deployment: &Deployment, question: &RolloutQuestion<'_>, tag: &str) -> Judged {
    let finished_at = progressing(deployment)
        .filter(|_| {
            matches!(
                progress(deployment, question),
                Ok(StageOutcome::Success { .. })
            )
        })
        .and_then(|condition| condition.updated_at);
    match (finished_at, question.deployed_at) {
        (Some(finished_at), Some(deployed_at))
            if finished_at.signed_duration_since(deployed_at) > LATE_ROLLOUT_MAX =>
        {
            Ok(failure(
                question,
                Some(finished_at),
                format!(
                    "The Deployment was rolled back, or on to image tag '{tag}', which is not known to contain the commit."
                ),
            ))
        }
        (Some(_) | None, Some(_) | None) => pending(format!("it still runs image tag '{tag}'")),
    }
}

#[cfg(test)]
mod tests;
