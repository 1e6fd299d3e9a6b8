//! What deploys say about a commit (`contracts/woodpecker` sections 4 and 5, `contracts/github` section 13).
//!
//! Pipelines in, outcome out. Which pipelines deploy is configured, and never guessed. The newest one of the commit itself is
//! the one that counts. One of a newer commit that contains it may make it a success, and never a failure: that is somebody
//! else's. What a person stopped, or has to allow, is no failure either.

mod fitting;
mod github;
mod newer;
mod parts;
mod pipeline;
mod seen;
mod tag;
mod words;

pub use self::fitting::{Misfit, fitting, without_workflow};
pub use self::github::{DeploymentState, ForgeDeployment, fold_deployments};
use self::newer::{Newer, beside, deployed, is_success};
pub use self::pipeline::{Pipeline, PipelineEvent, PipelineStatus};
use self::seen::seen;
use self::words::outcome;
use crate::domain::config::{Trigger, WoodpeckerDeploy};
use crate::domain::verdict::ci::{CommitSha, StageOutcome};
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
        // Nothing deployed it, which is not to say that nothing ran.
        Ok((StageOutcome::None, number)) => {
            let said = fold.seen(number);
            let outcome = said.map_or(StageOutcome::None, |said| StageOutcome::NotNamed { said });
            DeployFinding::Outcome(outcome, number)
        }
        Ok((outcome, number)) => DeployFinding::Outcome(outcome, number),
        Err(missing) => DeployFinding::Missing(missing),
    }
}

/// Returns whether a pipeline deploys this commit itself, as far as the list tells; a reader pages back to all of these.
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
    /// What all parts of the deploy say: the worst counts. Pipelines of the commit that differ in what else they were started with
    /// deploy parts of it; of each part the newest one counts, see [`parts::replaces`].
    fn finding(&self) -> Found {
        let commit = self.question.commit;
        let own = self.newest_first(&|pipeline| deploys(pipeline, self.question, commit));
        let mut newest_of_part: Vec<&Pipeline> = Vec::new();
        for pipeline in own {
            let is_replaced = |newer: &&Pipeline| parts::replaces(newer, pipeline, self.trigger());
            if !newest_of_part.iter().any(is_replaced) && self.runs(pipeline)? {
                newest_of_part.push(pipeline);
            }
        }
        if newest_of_part.is_empty() {
            return self.finding_of(None, &[]);
        }
        let said: Result<Vec<_>, u64> = newest_of_part
            .iter()
            .map(|own| self.finding_of(Some(own), &newest_of_part))
            .collect();
        let said = said?.into_iter();
        let worst =
            said.min_by_key(|(said, _)| (said.badness(), std::cmp::Reverse(said.ended_at())));
        Ok(worst.unwrap_or((StageOutcome::None, None)))
    }

    /// What was seen of the commit where nothing deployed it; the number is of the pipeline that said so.
    fn seen(&self, number: Option<u64>) -> Option<String> {
        let commit = self.question.commit;
        let is_of_it = |pipeline: &Pipeline| match number {
            Some(number) => pipeline.number == number,
            None => deploys(pipeline, self.question, commit),
        };
        let spoke = self.newest_first(&is_of_it).first().copied();
        seen(self.pipelines, self.question.deploy, commit, spoke)
    }

    const fn trigger(&self) -> &'a Trigger {
        &self.question.deploy.trigger
    }

    /// What is said of the part that `own` deploys, the newest one of the commit for it among those of the other `parts`.
    fn finding_of(&self, own: Option<&'a Pipeline>, parts: &[&Pipeline]) -> Found {
        let own_number = own.map_or(0, |pipeline| pipeline.number);
        let finding = match own {
            Some(own) => self.follow(own)?,
            None => (StageOutcome::None, None),
        };
        if let StageOutcome::Success { .. } = finding.0 {
            return Ok(finding);
        }
        // What deploys another part says nothing of this one.
        let is_of_another = |pipeline: &Pipeline| {
            let is_alike = |part: &Pipeline| parts::is_alike(part, pipeline, self.trigger());
            let is_own = own.is_some_and(is_alike);
            let mut others = parts.iter().filter(|part| part.number != own_number);
            others.any(|part| {
                parts::is_same(part, pipeline, self.trigger()) || (!is_own && is_alike(part))
            })
        };
        let covers = |pipeline: &Pipeline| {
            own.is_none_or(|own| parts::covers(pipeline, own, self.trigger()))
        };
        // Those of the commit itself that count are its parts.
        let later = self.newest_first(&|pipeline| {
            pipeline.number > own_number && !is_of_another(pipeline) && covers(pipeline)
        });
        let commit_of = |pipeline: &'a Pipeline| Some((self.newer_commit(pipeline)?, pipeline));
        let later: Vec<(&str, &Pipeline)> = later.into_iter().filter_map(commit_of).collect();
        let mut heard: Vec<(&Pipeline, Newer<'_>)> = Vec::new();
        for &(commit, pipeline) in &later {
            let is_replaced = heard.iter().any(|(newer, said)| {
                said.commit == commit && parts::replaces(newer, pipeline, self.trigger())
            });
            let beside_it = later.iter().filter(|(of, _)| *of == commit);
            let beside_it: Vec<&Pipeline> = beside_it.map(|(_, pipeline)| *pipeline).collect();
            let is_made_good = || {
                heard.iter().any(|(newer, said)| {
                    said.commit != commit
                        && is_success(said)
                        && parts::makes_good(newer, pipeline, &beside_it, self.trigger())
                })
            };
            let is_told = own.is_some() || !(is_replaced || is_made_good());
            if !is_told || !self.runs(pipeline)? {
                continue;
            }
            let said = Newer {
                commit,
                number: Some(pipeline.number),
                said: self.says(pipeline),
                is_telling: Some(pipeline.number) > finding.1
                    && !is_replaced
                    && !self.is_cancelled(pipeline),
            };
            if own.is_some() && is_success(&said) {
                return Ok((said.said, said.number));
            }
            heard.push((pipeline, said));
        }
        let newer: Vec<Newer<'_>> = heard.into_iter().map(|(_, said)| said).collect();
        let being_deployed = |what: &str| format!("a newer commit is being deployed: {what}");
        Ok(deployed(&newer).unwrap_or_else(|| beside(finding, &newer, &being_deployed)))
    }

    /// Whether a pipeline deploys the commit or a newer one that contains it.
    fn contains(&self, pipeline: &Pipeline) -> bool {
        deploys(pipeline, self.question, self.question.commit)
            || self.newer_commit(pipeline).is_some()
    }

    /// The newer commit that a pipeline deploys, which contains this one; `None` for one that deploys this one itself.
    fn newer_commit(&self, pipeline: &Pipeline) -> Option<&'a str> {
        let deploys = |commit: &&CommitSha| deploys(pipeline, self.question, commit);
        let newer = self.question.descendants.iter().find(deploys);
        newer
            .filter(|_| !deploys(&self.question.commit))
            .map(CommitSha::as_str)
    }

    fn newest_first(&self, wanted: &dyn Fn(&Pipeline) -> bool) -> Vec<&'a Pipeline> {
        let mut candidates: Vec<&Pipeline> = self
            .pipelines
            .iter()
            .filter(|pipeline| wanted(pipeline))
            .collect();
        candidates.sort_by_key(|pipeline| std::cmp::Reverse(pipeline.number));
        candidates
    }

    /// Whether the configured workflow runs in a pipeline; without one, every pipeline is all of it. Fails with the pipeline's
    /// number when its workflows have to be read first.
    fn runs(&self, pipeline: &Pipeline) -> Result<bool, u64> {
        let Some(workflow) = &self.question.deploy.workflow else {
            return Ok(true);
        };
        let workflows = pipeline.workflows.as_ref().ok_or(pipeline.number)?;
        // Nothing began yet, or the configuration could not be read: what it would run is not known.
        Ok(workflows.is_empty()
            || workflows
                .iter()
                .any(|(name, state)| name == workflow && !is_left_out(pipeline, state)))
    }

    /// Follows a superseded pipeline to the one that took its place.
    fn follow(&self, own: &'a Pipeline) -> Found {
        let mut current = own;
        for _ in 0..SUPERSEDED_MAX {
            let superseded_by = current.superseded_by;
            let Some(number) = superseded_by.filter(|_| self.is_cancelled(current)) else {
                return self.judged(own, current);
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
    fn judged(&self, own: &Pipeline, last: &Pipeline) -> Found {
        let said = self.says(last);
        if own.number == last.number {
            return Ok((said, Some(own.number)));
        }
        if !self.runs(last)? {
            let (own, number) = (own.number, last.number);
            let detail = format!(
                "pipeline {number} superseded pipeline {own} and does not run the deploy; a person has to deploy again"
            );
            return Ok((StageOutcome::Pending { detail }, Some(number)));
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
            | StageOutcome::OnlyNewer { .. }
            | StageOutcome::NotNamed { .. }
            | StageOutcome::Pending { .. }
            | StageOutcome::Blocked { .. }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Success { .. }
            | StageOutcome::Failure { .. }
            | StageOutcome::Superseded => said,
        };
        Ok((outcome, Some(number)))
    }

    /// What one pipeline says by itself: its configured workflow, or all of it.
    fn says(&self, pipeline: &Pipeline) -> StageOutcome {
        // A matrix makes several of one name: the worst counts.
        self.words(pipeline)
            .into_iter()
            .map(|word| outcome(pipeline, word))
            .min_by_key(StageOutcome::badness)
            .unwrap_or_else(|| outcome(pipeline, &pipeline.status))
    }

    /// Whether a pipeline was cut off. A workflow that had ended before the rest was cancelled has said its word.
    fn is_cancelled(&self, pipeline: &Pipeline) -> bool {
        let words = self.words(pipeline);
        let mut words = words.iter();
        words.any(|word| matches!(word, PipelineStatus::Killed | PipelineStatus::Cancelled))
    }

    /// The words that count: those of the configured workflow, or the one of the whole pipeline.
    fn words<'p>(&self, pipeline: &'p Pipeline) -> Vec<&'p PipelineStatus> {
        let wanted = self.question.deploy.workflow.as_ref();
        let words: Vec<&PipelineStatus> = pipeline
            .workflows
            .iter()
            .flatten()
            .filter(|(name, _)| Some(name) == wanted)
            .map(|(_, state)| {
                // It never ran because something before it failed, or the pipeline goes on.
                let is_told_by_the_pipeline =
                    *state == PipelineStatus::Skipped && !is_left_out(pipeline, state);
                if is_told_by_the_pipeline {
                    &pipeline.status
                } else {
                    state
                }
            })
            .collect();
        if words.is_empty() {
            vec![&pipeline.status]
        } else {
            words
        }
    }
}

/// Where everything else went well, a skipped workflow was left out, and deployed nothing.
fn is_left_out(pipeline: &Pipeline, state: &PipelineStatus) -> bool {
    *state == PipelineStatus::Skipped && pipeline.status == PipelineStatus::Success
}

#[cfg(test)]
mod attack_tests;
#[cfg(test)]
mod newer_tests;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;
