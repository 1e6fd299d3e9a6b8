//! What deploy pipelines say about a commit (`contracts/woodpecker` sections 4 and 5).
//!
//! Pipelines in, outcome out. The newest pipeline of the commit's own image is the one that counts. One of a newer image
//! that contains the commit may make it a success, and never a failure: that is somebody else's.

mod pipeline;

pub use self::pipeline::{Pipeline, PipelineEvent, PipelineStatus};
use crate::domain::verdict::ci::{CommitSha, FailedCheck, StageOutcome};
use crate::domain::verdict::image_tag;

/// How many times a cancelled pipeline is followed to the one that superseded it.
const SUPERSEDED_MAX: usize = 5;

/// What the pipelines say, or what must be known first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeployFinding {
    /// Nothing more is needed. The number is the pipeline that says so, when there is one.
    Outcome(StageOutcome, Option<u64>),
    /// A pipeline was superseded by one that is not among those at hand. Read it, add it, fold again.
    Missing(u64),
}

/// Folds pipelines, in any order, into what they say about `commit`.
#[must_use]
pub fn fold(
    pipelines: &[Pipeline],
    commit: &CommitSha,
    descendants: &[CommitSha],
) -> DeployFinding {
    // Where images are deployed by tag, pipelines of pushes test or build, and deploy nothing.
    let by_tag = pipelines
        .iter()
        .any(|pipeline| pipeline.image_tag.is_some());
    let deploys = |pipeline: &Pipeline, commit: &CommitSha| deploys(pipeline, commit, by_tag);
    let newest = |wanted: &dyn Fn(&Pipeline) -> bool| {
        pipelines
            .iter()
            .filter(|pipeline| wanted(pipeline))
            .max_by_key(|pipeline| pipeline.number)
    };
    let contains = |pipeline: &Pipeline| {
        deploys(pipeline, commit) || descendants.iter().any(|newer| deploys(pipeline, newer))
    };
    let own = newest(&|pipeline| deploys(pipeline, commit));
    let own_number = own.map_or(0, |pipeline| pipeline.number);
    let later = |pipeline: &Pipeline| pipeline.number > own_number && contains(pipeline);
    let later_success =
        newest(&|pipeline| later(pipeline) && pipeline.status == PipelineStatus::Success);
    let later_newest = newest(&later);

    let finding = match own {
        Some(own) => follow(own, pipelines, &contains),
        None => DeployFinding::Outcome(StageOutcome::None, None),
    };
    match (&finding, later_success, later_newest) {
        (DeployFinding::Outcome(StageOutcome::Success { .. }, _), _, _) => finding,
        (_, Some(success), _) => outcome(success),
        (
            DeployFinding::Missing(_)
            | DeployFinding::Outcome(
                StageOutcome::Pending { .. }
                | StageOutcome::Blocked { .. }
                | StageOutcome::Unreadable { .. }
                | StageOutcome::Superseded,
                _,
            ),
            ..,
        )
        | (
            DeployFinding::Outcome(StageOutcome::None | StageOutcome::Failure { .. }, _),
            None,
            None,
        ) => finding,
        (
            DeployFinding::Outcome(StageOutcome::None | StageOutcome::Failure { .. }, _),
            None,
            Some(newer),
        ) => match outcome(newer) {
            DeployFinding::Outcome(StageOutcome::Pending { detail }, number) => {
                DeployFinding::Outcome(
                    StageOutcome::Pending {
                        detail: format!("a newer commit is being deployed: {detail}"),
                    },
                    number,
                )
            }
            DeployFinding::Missing(_) | DeployFinding::Outcome(_, _) => finding,
        },
    }
}

fn deploys(pipeline: &Pipeline, commit: &CommitSha, by_tag: bool) -> bool {
    let at_commit = || pipeline.commit.eq_ignore_ascii_case(commit.as_str());
    match (pipeline.event, &pipeline.image_tag) {
        (PipelineEvent::Manual | PipelineEvent::Deployment, Some(tag)) => {
            image_tag::names(tag, commit)
        }
        (PipelineEvent::Push, _) => !by_tag && at_commit(),
        (PipelineEvent::Deployment, None) => at_commit(),
        (PipelineEvent::Manual, None) | (PipelineEvent::Other, _) => false,
    }
}

/// Follows a superseded pipeline to the one that took its place.
fn follow(
    own: &Pipeline,
    pipelines: &[Pipeline],
    contains: &dyn Fn(&Pipeline) -> bool,
) -> DeployFinding {
    let mut current = own;
    for _ in 0..SUPERSEDED_MAX {
        let Some(number) = current
            .superseded_by
            .filter(|_| current.status == PipelineStatus::Cancelled)
        else {
            let finding = outcome(current);
            let proves_nothing = !contains(current);
            return match finding {
                DeployFinding::Outcome(StageOutcome::Success { .. }, number) if proves_nothing => {
                    DeployFinding::Outcome(
                        StageOutcome::Pending {
                            detail: format!(
                                "pipeline {} superseded pipeline {}, and it is not known to deploy the commit",
                                current.number, own.number
                            ),
                        },
                        number,
                    )
                }
                DeployFinding::Outcome(_, _) | DeployFinding::Missing(_) => finding,
            };
        };
        match pipelines.iter().find(|pipeline| pipeline.number == number) {
            Some(next) => current = next,
            None => return DeployFinding::Missing(number),
        }
    }
    DeployFinding::Outcome(
        StageOutcome::Pending {
            detail: format!("pipeline {} was superseded again and again", own.number),
        },
        Some(current.number),
    )
}

/// What one pipeline says by itself.
fn outcome(pipeline: &Pipeline) -> DeployFinding {
    let number = pipeline.number;
    let pending = |what: String| StageOutcome::Pending {
        detail: format!("pipeline {number} {what}"),
    };
    let failure = |what: &str| StageOutcome::Failure {
        concluded_at: pipeline.finished,
        checks: vec![FailedCheck {
            name: format!("deploy pipeline {number} {what}"),
            url: pipeline.url.clone(),
            excerpt: (!pipeline.errors.is_empty()).then(|| pipeline.errors.join("\n")),
        }],
    };
    let outcome = match &pipeline.status {
        PipelineStatus::Waiting => pending("waits for its turn".to_owned()),
        PipelineStatus::Running => pending("runs".to_owned()),
        PipelineStatus::Blocked => pending("waits for a person to approve it".to_owned()),
        PipelineStatus::Success => StageOutcome::Success {
            ended_at: pipeline.finished,
        },
        PipelineStatus::Failure => failure("failed"),
        PipelineStatus::Error => failure("has an error"),
        PipelineStatus::Cancelled => failure("was cancelled"),
        PipelineStatus::Declined => failure("was declined by a person"),
        PipelineStatus::Skipped => StageOutcome::None,
        PipelineStatus::Unknown(word) => {
            pending(format!("says '{word}', a word that is not known here"))
        }
    };
    DeployFinding::Outcome(outcome, Some(number))
}

#[cfg(test)]
mod tests;
