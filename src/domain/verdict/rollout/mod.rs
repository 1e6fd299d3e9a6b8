//! What the objects of a cluster say about a commit (`contracts/kubernetes` sections 4 and 5).
//!
//! One object in, outcome out: the image and the counters are judged on the same object, in the order of `kubectl rollout
//! status`. What does not run the commit's image yet is pending, and bounded by the stage's own deadline. It was rolled back
//! only when it is known to have run ours before.

mod application;
mod image;
mod progress;
mod question;
mod workload;

pub use self::application::Application;
pub use self::image::NoSuchContainer;
use self::image::{Image, image, ran_ours};
pub use self::progress::REFUSED_PODS_MAX;
use self::progress::{Judged, failure, pending, progress};
pub use self::question::RolloutQuestion;
pub use self::workload::{Condition, Container, PastTemplate, Workload};
use crate::domain::config::WorkloadKind;
use crate::domain::verdict::ci::{FailedCheck, Hold, StageOutcome};

/// Folds a workload into what it says about a commit. `past` is what it ran before, as far as somebody may read that.
///
/// # Errors
///
/// [`NoSuchContainer`] when the configuration names a container that is not there.
pub fn fold(
    workload: &Workload,
    past: &[PastTemplate],
    question: &RolloutQuestion<'_>,
) -> Result<StageOutcome, NoSuchContainer> {
    let judged = match image(workload, question)? {
        Image::Ours => progress(workload, question),
        Image::Partly(other) => pending(format!("one of its containers still runs {other}")),
        Image::Unnamed(tag) => pending(format!(
            "it runs an image whose tag '{tag}' names no commit; say where the commit is written with \"revision\" in AFK_REPOS"
        )),
        Image::Digest(container) => Ok(StageOutcome::Blocked {
            hold: Hold::Stopped,
            since: None,
            what: FailedCheck {
                name: format!(
                    "{} pins a digest in container {container}, which names no commit; say where the commit is written with \"revision\" in AFK_REPOS",
                    question.name()
                ),
                url: None,
                excerpt: None,
            },
        }),
        Image::NoRevision(place) => pending(format!("neither it nor its template has {place}")),
        Image::Other(what) => other_image(workload, past, question, &what),
    };
    Ok(named(judged, question))
}

/// Folds an Argo CD Application.
#[must_use]
pub fn fold_application(application: &Application, question: &RolloutQuestion<'_>) -> StageOutcome {
    named(self::application::judge(application, question), question)
}

/// Returns whether it matters what a workload ran before: it runs another commit's image, and did not a moment ago.
#[must_use]
pub fn asks_for_past(workload: &Workload, question: &RolloutQuestion<'_>) -> bool {
    let is_other = matches!(image(workload, question), Ok(Image::Other(_)));
    let changed_at = workload
        .progressing()
        .and_then(|condition| condition.updated_at);
    workload.kind == WorkloadKind::Deployment
        && is_other
        && workload.revision.is_some_and(|revision| revision > 1)
        && match (changed_at, question.deployed_at) {
            (Some(changed_at), Some(deployed_at)) => changed_at > deployed_at,
            (Some(_), None) => true,
            (None, _) => false,
        }
}

/// Folds the outcomes of several objects: any failure, else what waits for a person, else what is pending, else the last
/// success.
#[must_use]
pub fn fold_all(outcomes: Vec<StageOutcome>) -> StageOutcome {
    let rank = |outcome: &StageOutcome| match outcome {
        StageOutcome::Failure { .. } => 0,
        StageOutcome::Blocked { .. } => 1,
        StageOutcome::Unreadable { .. } => 2,
        StageOutcome::Pending { .. } | StageOutcome::Superseded => 3,
        StageOutcome::None => 4,
        StageOutcome::Success { .. } => 5,
    };
    let all_ended = outcomes
        .iter()
        .map(|outcome| match outcome {
            StageOutcome::Success { ended_at } => *ended_at,
            StageOutcome::None
            | StageOutcome::Pending { .. }
            | StageOutcome::Blocked { .. }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Failure { .. }
            | StageOutcome::Superseded => None,
        })
        .max()
        .flatten();
    match outcomes.into_iter().min_by_key(rank) {
        None => StageOutcome::None,
        Some(StageOutcome::Success { .. }) => StageOutcome::Success {
            ended_at: all_ended,
        },
        Some(worst) => worst,
    }
}

fn named(judged: Judged, question: &RolloutQuestion<'_>) -> StageOutcome {
    judged.unwrap_or_else(|detail| StageOutcome::Pending {
        detail: format!("{}: {detail}", question.name()),
    })
}

/// The template runs another commit's image: ours has not arrived, or it was taken back after it was current.
fn other_image(
    workload: &Workload,
    past: &[PastTemplate],
    question: &RolloutQuestion<'_>,
    what: &str,
) -> Judged {
    let ours = past
        .iter()
        .filter(|template| ran_ours(template, question))
        .map(|template| template.revision)
        .max();
    match (ours, workload.revision) {
        (Some(ours), Some(current)) if current > ours => Ok(failure(
            question,
            workload
                .progressing()
                .and_then(|condition| condition.updated_at),
            format!(
                "It was rolled back: revision {ours} ran the commit, and revision {current} runs {what}, which is not known to contain it."
            ),
        )),
        (Some(_) | None, Some(_) | None) => pending(format!("it still runs {what}")),
    }
}

#[cfg(test)]
mod tests;
