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
use self::image::{Another, Image, image, names, ran, runs_own};
pub use self::progress::REFUSED_PODS_MAX;
use self::progress::{Judged, failure, helping, is_stuck, pending, progress};
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
    let image = image(workload, question)?;
    let judged = after_ours(workload, past, question, &image)
        .unwrap_or_else(|| by_image(workload, question, image));
    Ok(named(judged, question))
}

/// What a template that was not taken back says.
fn by_image(workload: &Workload, question: &RolloutQuestion<'_>, image: Image) -> Judged {
    match image {
        Image::Ours => helping(
            progress(workload, question),
            runs_own(workload, question),
            "a newer commit that contains it does not become ready",
        ),
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
        Image::Other(Another {
            what,
            named: _,
            beside: None,
        }) => pending(format!("it still runs {what}")),
        Image::Other(Another {
            what,
            named: _,
            beside: Some(tag),
        }) => pending(format!(
            "it still runs {what}; where '{tag}' is the commit's image, say where the commit is written with \"revision\" in AFK_REPOS"
        )),
    }
}

/// Folds an Argo CD Application.
#[must_use]
pub fn fold_application(application: &Application, question: &RolloutQuestion<'_>) -> StageOutcome {
    named(self::application::judge(application, question), question)
}

/// Returns whether it matters what a workload ran before: it runs an image that is not known to be ours, and did not a moment
/// ago.
#[must_use]
pub fn asks_for_past(workload: &Workload, question: &RolloutQuestion<'_>) -> bool {
    let is_other = match image(workload, question) {
        Ok(Image::Other(_) | Image::Unnamed(_) | Image::Digest(_) | Image::NoRevision(_)) => true,
        Ok(Image::Ours | Image::Partly(_)) | Err(NoSuchContainer { .. }) => false,
    };
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

/// Returns whether its pods are asked why it is not complete, once it has had as long as refused pods have. A Deployment says by
/// itself when it makes no progress, and never where pods that crash come up for a moment; the other kinds never do. They change
/// words only.
#[must_use]
pub fn asks_for_pods(workload: &Workload, question: &RolloutQuestion<'_>) -> bool {
    let has_new_pods = match workload.kind {
        WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => true,
        WorkloadKind::Deployment => !workload.paused && workload.wanted > 0,
        WorkloadKind::Application => false,
    };
    has_new_pods
        && question.now - question.began >= REFUSED_PODS_MAX
        && matches!(image(workload, question), Ok(Image::Ours))
        && is_stuck(workload)
}

/// Details of objects that are waited for that are told at most.
const WAITING_MAX: usize = 3;

/// Folds the outcomes of several objects: any failure, else what waits for a person, else all that is pending, else the last
/// success.
#[must_use]
pub fn fold_all(outcomes: Vec<StageOutcome>) -> StageOutcome {
    let all_ended = outcomes.iter().map(StageOutcome::ended_at).max().flatten();
    let pending = outcomes
        .iter()
        .filter_map(|outcome| outcome.pending_detail().map(str::to_owned))
        .collect();
    match outcomes.into_iter().min_by_key(StageOutcome::badness) {
        None => StageOutcome::None,
        Some(StageOutcome::Success { .. }) => StageOutcome::Success {
            ended_at: all_ended,
        },
        Some(StageOutcome::Pending { detail }) => StageOutcome::Pending {
            detail: together(detail, pending),
        },
        Some(worst) => worst,
    }
}

/// Each detail once, the first ones of many.
fn together(first: String, all: Vec<String>) -> String {
    let mut told = vec![first];
    for detail in all {
        if !told.contains(&detail) {
            told.push(detail);
        }
    }
    let left = told.len().saturating_sub(WAITING_MAX);
    told.truncate(WAITING_MAX);
    if left > 0 {
        told.push(format!("and {left} more"));
    }
    told.join("; ")
}

fn named(judged: Judged, question: &RolloutQuestion<'_>) -> StageOutcome {
    judged.unwrap_or_else(|detail| StageOutcome::Pending {
        detail: format!("{}: {detail}", question.name()),
    })
}

/// The template runs something else after ours was current: a failure where that is older, and was so taken back, and a commit of the
/// run was current itself. What was never current before, or names no commit, may be a newer release that contains ours.
fn after_ours(
    workload: &Workload,
    past: &[PastTemplate],
    question: &RolloutQuestion<'_>,
    image: &Image,
) -> Option<Judged> {
    let (what, named) = match image {
        Image::Ours | Image::Partly(_) => return None,
        Image::Other(Another {
            what,
            named,
            beside: _,
        }) => (what.clone(), Some(named)),
        Image::Unnamed(tag) => (format!("image tag '{tag}'"), None),
        Image::Digest(container) => (format!("a digest in container {container}"), None),
        Image::NoRevision(place) => (format!("a template without {place}"), None),
    };
    let current = workload.revision?;
    let last = |counts: &dyn Fn(&str) -> bool| {
        past.iter()
            .filter(|template| ran(template, question, counts))
            .max_by_key(|template| template.revision)
            .filter(|template| current > template.revision)
    };
    let newest = last(&|told| question.is_ours(told))?;
    let own = last(&|told| question.is_ours(told) && question.is_of_run(told));
    let was_taken_back =
        |ours: &PastTemplate| was_taken_back(workload, past, question, named, ours);
    let runs = format!("revision {current} runs {what}");
    if let Some(own) = own.filter(|own| was_taken_back(own)) {
        let at = workload
            .progressing()
            .and_then(|condition| condition.updated_at);
        let ours = own.revision;
        return Some(Ok(failure(
            question,
            at,
            format!(
                "It was rolled back: revision {ours} ran the commit, and {runs}, which is not known to contain it."
            ),
        )));
    }
    let ours = newest.revision;
    let is_own = own.is_some_and(|own| own.revision == ours);
    // Somebody else's newer image hurts nobody else.
    if !is_own && was_taken_back(newest) {
        return Some(pending(format!(
            "revision {ours} ran a newer commit that contains it, and was taken back: {runs}, which is not known to contain it"
        )));
    }
    let ran = if is_own {
        "this one"
    } else {
        "a newer one that contains it"
    };
    named.map(|_| {
        pending(format!(
            "it runs another commit: revision {ours} ran {ran}, and {runs}, which was not there before and is not known to contain it"
        ))
    })
}

/// Whether what runs now is older than what ran before: it was current before that, or names an older commit.
fn was_taken_back(
    workload: &Workload,
    past: &[PastTemplate],
    question: &RolloutQuestion<'_>,
    named: Option<&String>,
    ours: &PastTemplate,
) -> bool {
    let is_before = |template: &PastTemplate| {
        let mut revisions = template.earlier.iter().chain([&template.revision]);
        revisions.any(|revision| *revision < ours.revision)
    };
    let came_back = past
        .iter()
        .any(|template| Some(template.revision) == workload.revision && is_before(template));
    // What stood beside ours as well says nothing about what came after it: it is a sidecar's.
    let is_older = named
        .filter(|named| !names(ours, named, question))
        .is_some_and(|named| {
            let same = |template: &PastTemplate| {
                let is_whole = template.containers == workload.containers;
                (is_whole || question.revision().is_some()) && names(template, named, question)
            };
            question.is_older(named) || past.iter().any(|past| is_before(past) && same(past))
        });
    came_back || is_older
}

#[cfg(test)]
mod tests;
