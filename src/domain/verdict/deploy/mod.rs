//! What deploys say about a commit (`contracts/woodpecker` sections 4 and 5, `contracts/github` section 13).
//!
//! Pipelines in, outcome out. Which pipelines deploy is configured, and never guessed. The newest one of the commit itself is
//! the one that counts. One of a newer commit that contains it may make it a success, and never a failure: that is somebody
//! else's. What a person stopped, or has to allow, is no failure either.

mod fitting;
mod github;
mod pipeline;

pub use self::fitting::{Misfit, fitting, without_workflow};
pub use self::github::{DeploymentState, ForgeDeployment, fold_deployments};
pub use self::pipeline::{Pipeline, PipelineEvent, PipelineStatus};
use crate::domain::config::{Trigger, WoodpeckerDeploy};
use crate::domain::verdict::ci::{CommitSha, FailedCheck, Hold, StageOutcome};
use crate::domain::verdict::image_tag;

/// How many times a cancelled pipeline is followed to the one that superseded it.
const SUPERSEDED_MAX: usize = 5;

/// What is asked about a deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeployQuestion<'a> {
    /// Which pipelines deploy.
    pub deploy: &'a WoodpeckerDeploy,
    /// The branch that runs push to.
    pub branch: &'a str,
    /// The commit.
    pub commit: &'a CommitSha,
    /// Newer commits that contain it.
    pub descendants: &'a [CommitSha],
    /// All commits of the run: what they break, the run broke.
    pub of_run: &'a [CommitSha],
}

/// What the pipelines say, or what must be known first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeployFinding {
    /// Nothing more is needed. The number is the pipeline that says so, when there is one.
    Outcome(StageOutcome, Option<u64>),
    /// This pipeline is not among those at hand, or without its workflows. Read it, put it there, fold again.
    Missing(u64),
}

/// Folds pipelines, in any order, into what they say about a commit.
#[must_use]
pub fn fold(pipelines: &[Pipeline], question: &DeployQuestion<'_>) -> DeployFinding {
    let fold = Fold {
        pipelines,
        question,
    };
    match fold.finding() {
        Ok((outcome, number)) => DeployFinding::Outcome(outcome, number),
        Err(missing) => DeployFinding::Missing(missing),
    }
}

/// Returns whether a pipeline deploys this commit itself, as far as the list tells; a reader stops paging at the first one.
#[must_use]
pub fn deploys(pipeline: &Pipeline, question: &DeployQuestion<'_>, commit: &CommitSha) -> bool {
    let on_branch = pipeline.branch == question.branch;
    let at_commit = || pipeline.commit.eq_ignore_ascii_case(commit.as_str());
    match (&question.deploy.trigger, pipeline.event) {
        (Trigger::Manual { variable }, PipelineEvent::Manual) => {
            on_branch
                && pipeline
                    .variables
                    .get(variable)
                    .is_some_and(|tag| image_tag::names(tag, commit))
        }
        (Trigger::Push, PipelineEvent::Push) | (Trigger::Cron, PipelineEvent::Cron) => {
            on_branch && at_commit()
        }
        (Trigger::Deployment { target }, PipelineEvent::Deployment) => {
            target
                .as_ref()
                .is_none_or(|target| *target == pipeline.target)
                && at_commit()
        }
        (Trigger::Tag, PipelineEvent::Tag) => at_commit(),
        (
            Trigger::Manual { .. }
            | Trigger::Push
            | Trigger::Deployment { .. }
            | Trigger::Tag
            | Trigger::Cron,
            PipelineEvent::Manual
            | PipelineEvent::Push
            | PipelineEvent::Deployment
            | PipelineEvent::Tag
            | PipelineEvent::Cron
            | PipelineEvent::Other,
        ) => false,
    }
}

/// An outcome with the pipeline that says so, or the number of one that must be read first.
type Found = Result<(StageOutcome, Option<u64>), u64>;

struct Fold<'a> {
    pipelines: &'a [Pipeline],
    question: &'a DeployQuestion<'a>,
}

impl<'a> Fold<'a> {
    fn finding(&self) -> Found {
        let commit = self.question.commit;
        let own = self.newest(&|pipeline| deploys(pipeline, self.question, commit))?;
        let own_number = own.map_or(0, |pipeline| pipeline.number);
        let later = |pipeline: &Pipeline| pipeline.number > own_number && self.contains(pipeline);
        let finding = match own {
            Some(own) => self.follow(own)?,
            None => (StageOutcome::None, None),
        };
        if let StageOutcome::Success { .. } = finding.0 {
            return Ok(finding);
        }
        let is_success =
            |pipeline: &Pipeline| later(pipeline) && pipeline.status == PipelineStatus::Success;
        if let Some(success) = self.newest(&is_success)? {
            let said = self.says(success);
            if let StageOutcome::Success { .. } = said {
                return Ok((said, Some(success.number)));
            }
        }
        let newer = match finding.0 {
            StageOutcome::None | StageOutcome::Failure { .. } => self.newest(&later)?,
            StageOutcome::Pending { .. }
            | StageOutcome::Blocked { .. }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Success { .. }
            | StageOutcome::Superseded => None,
        };
        Ok(match newer.map(|newer| (self.says(newer), newer.number)) {
            Some((StageOutcome::Pending { detail }, number)) => (
                StageOutcome::Pending {
                    detail: format!("a newer commit is being deployed: {detail}"),
                },
                Some(number),
            ),
            Some((StageOutcome::Blocked { what, .. }, number)) => (
                StageOutcome::Pending {
                    detail: format!("a newer commit is being deployed: {}", what.name),
                },
                Some(number),
            ),
            Some(_) | None => finding,
        })
    }

    /// Whether a pipeline deploys the commit or a newer one that contains it.
    fn contains(&self, pipeline: &Pipeline) -> bool {
        let deploys = |commit| deploys(pipeline, self.question, commit);
        deploys(self.question.commit) || self.question.descendants.iter().any(deploys)
    }

    /// The newest of the wanted pipelines in which the configured workflow runs.
    fn newest(&self, wanted: &dyn Fn(&Pipeline) -> bool) -> Result<Option<&'a Pipeline>, u64> {
        let mut candidates: Vec<&Pipeline> = self
            .pipelines
            .iter()
            .filter(|pipeline| wanted(pipeline))
            .collect();
        candidates.sort_by_key(|pipeline| std::cmp::Reverse(pipeline.number));
        let Some(workflow) = &self.question.deploy.workflow else {
            return Ok(candidates.first().copied());
        };
        for pipeline in candidates {
            match &pipeline.workflows {
                None => return Err(pipeline.number),
                // Nothing began yet, or the configuration could not be read: what it would run is not known.
                Some(workflows) if workflows.is_empty() => return Ok(Some(pipeline)),
                Some(workflows) if workflows.iter().any(|(name, _)| name == workflow) => {
                    return Ok(Some(pipeline));
                }
                Some(_) => {}
            }
        }
        Ok(None)
    }

    /// Follows a superseded pipeline to the one that took its place.
    fn follow(&self, own: &'a Pipeline) -> Found {
        let mut current = own;
        for _ in 0..SUPERSEDED_MAX {
            let is_cancelled = matches!(
                current.status,
                PipelineStatus::Killed | PipelineStatus::Cancelled
            );
            let Some(number) = current.superseded_by.filter(|_| is_cancelled) else {
                return Ok(self.judged(own, current));
            };
            current = self
                .pipelines
                .iter()
                .find(|pipeline| pipeline.number == number)
                .ok_or(number)?;
            if self.question.deploy.workflow.is_some() && current.workflows.is_none() {
                return Err(number);
            }
        }
        let detail = format!("pipeline {} was superseded again and again", own.number);
        Ok((StageOutcome::Pending { detail }, Some(current.number)))
    }

    /// What the pipeline at the end of the chain says about the commit.
    fn judged(&self, own: &Pipeline, last: &Pipeline) -> (StageOutcome, Option<u64>) {
        let said = self.says(last);
        if own.number == last.number {
            return (said, Some(own.number));
        }
        let (own, number) = (own.number, last.number);
        let is_of_run = || {
            self.question
                .of_run
                .iter()
                .any(|commit| deploys(last, self.question, commit))
        };
        let outcome = match said {
            StageOutcome::Success { .. } if !self.contains(last) => StageOutcome::Pending {
                detail: format!(
                    "pipeline {number} superseded pipeline {own}, and it is not known to deploy the commit"
                ),
            },
            // What somebody else broke is not ours, and a person's decision about it neither.
            StageOutcome::Failure { .. } | StageOutcome::Blocked { .. } if !is_of_run() => {
                StageOutcome::Pending {
                    detail: format!(
                        "pipeline {number} of another commit superseded pipeline {own} and did not succeed; a person has to deploy again"
                    ),
                }
            }
            StageOutcome::None
            | StageOutcome::Pending { .. }
            | StageOutcome::Blocked { .. }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Success { .. }
            | StageOutcome::Failure { .. }
            | StageOutcome::Superseded => said,
        };
        (outcome, Some(number))
    }

    /// What one pipeline says by itself: its configured workflow, or all of it.
    fn says(&self, pipeline: &Pipeline) -> StageOutcome {
        let wanted = self.question.deploy.workflow.as_ref();
        // A matrix makes several of one name: the worst counts.
        pipeline
            .workflows
            .iter()
            .flatten()
            .filter(|(name, _)| Some(name) == wanted)
            .map(|(_, state)| {
                // It never ran because something before it failed, or the pipeline goes on. Where everything else went well, it
                // was left out, and deployed nothing.
                let is_told_by_the_pipeline =
                    *state == PipelineStatus::Skipped && pipeline.status != PipelineStatus::Success;
                if is_told_by_the_pipeline {
                    &pipeline.status
                } else {
                    state
                }
            })
            .map(|state| outcome(pipeline, state))
            .min_by_key(badness)
            .unwrap_or_else(|| outcome(pipeline, &pipeline.status))
    }
}

/// Lower is worse.
const fn badness(outcome: &StageOutcome) -> u8 {
    match outcome {
        StageOutcome::Failure { .. } => 0,
        StageOutcome::Blocked { .. } => 1,
        StageOutcome::Pending { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Superseded => 2,
        StageOutcome::None => 3,
        StageOutcome::Success { .. } => 4,
    }
}

fn outcome(pipeline: &Pipeline, status: &PipelineStatus) -> StageOutcome {
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
        PipelineStatus::Killed if pipeline.cancelled_by.is_some() => cancelled_by_person(),
        // A time limit kills without a word.
        PipelineStatus::Killed => failure("was killed"),
        PipelineStatus::Cancelled => cancelled_by_person(),
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

#[cfg(test)]
mod attack_tests;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;
