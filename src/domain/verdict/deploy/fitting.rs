//! Does any pipeline that ran so far fit the deploy that is configured? For whoever checks an installation before it is needed.
//!
//! Of one that does not, it is said how far it fits, so that a person sees which word of the configuration is wrong.

use std::collections::BTreeSet;

use super::pipeline::{Pipeline, PipelineEvent};
use crate::domain::config::{Trigger, WoodpeckerDeploy};

/// What no pipeline has that the configuration asks for: a fact, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What is so, for people.
    pub fact: String,
    /// What would mend it.
    pub mend: String,
}

/// The pipelines of which it depends on their workflows whether they fit, newest first; or why none fits.
///
/// # Errors
///
/// Why none does, whatever workflows there are.
pub fn fitting<'p>(
    pipelines: &'p [Pipeline],
    deploy: &WoodpeckerDeploy,
    branch: &str,
) -> Result<Vec<&'p Pipeline>, Misfit> {
    let (event, word) = match &deploy.trigger {
        Trigger::Manual { .. } => (PipelineEvent::Manual, "manual"),
        Trigger::Push => (PipelineEvent::Push, "push"),
        Trigger::Deployment { .. } => (PipelineEvent::Deployment, "deployment"),
        Trigger::Tag => (PipelineEvent::Tag, "tag"),
        Trigger::Cron => (PipelineEvent::Cron, "cron"),
    };
    if pipelines.is_empty() {
        return Err(misfit(
            "no pipeline has run yet, so that it is not known whether one would fit".to_owned(),
            "run the deploy once, then check again".to_owned(),
        ));
    }
    let of_event: Vec<&Pipeline> = pipelines
        .iter()
        .filter(|pipeline| pipeline.event == event)
        .collect();
    if of_event.is_empty() {
        return Err(misfit(
            format!("none of the newest {} pipelines has the event {word}", pipelines.len()),
            "set deploy.event in AFK_REPOS to the event of the pipeline that deploys, or run it once"
                .to_owned(),
        ));
    }
    let fits: Vec<&Pipeline> = match &deploy.trigger {
        Trigger::Manual { variable } => {
            let on_branch = on_branch(&of_event, branch, word)?;
            let with: Vec<&Pipeline> = on_branch
                .iter()
                .copied()
                .filter(|pipeline| pipeline.variables.contains_key(variable))
                .collect();
            if with.is_empty() {
                let seen = on_branch
                    .iter()
                    .flat_map(|pipeline| pipeline.variables.keys());
                return Err(misfit(
                    format!(
                        "no {word} pipeline of {branch} was started with {variable}{}",
                        listed("; variables of them", seen)
                    ),
                    "set deploy.variable in AFK_REPOS to the variable that names the image"
                        .to_owned(),
                ));
            }
            with
        }
        Trigger::Push | Trigger::Cron => on_branch(&of_event, branch, word)?,
        Trigger::Deployment {
            target: Some(target),
        } => {
            let there: Vec<&Pipeline> = of_event
                .iter()
                .copied()
                .filter(|pipeline| pipeline.target == *target)
                .collect();
            if there.is_empty() {
                let seen = of_event.iter().map(|pipeline| &pipeline.target);
                return Err(misfit(
                    format!(
                        "no {word} pipeline went to {target}{}",
                        listed("; they went to", seen)
                    ),
                    "set deploy.target in AFK_REPOS to where the deploy goes".to_owned(),
                ));
            }
            there
        }
        Trigger::Deployment { target: None } | Trigger::Tag => of_event,
    };
    Ok(fits)
}

/// Returns why none of these pipelines, read whole, runs the configured workflow; `None` when one does, when none is configured,
/// or when it is not known.
#[must_use]
pub fn without_workflow(pipelines: &[Pipeline], deploy: &WoodpeckerDeploy) -> Option<Misfit> {
    let workflow = deploy.workflow.as_ref()?;
    let names: Vec<&String> = pipelines
        .iter()
        .flat_map(|pipeline| pipeline.workflows.iter().flatten())
        .map(|(name, _)| name)
        .collect();
    (!names.is_empty() && !names.contains(&workflow)).then(|| {
        misfit(
            format!(
                "no pipeline that fits otherwise runs the workflow {workflow}{}",
                listed("; they run", names)
            ),
            "set deploy.workflow in AFK_REPOS to the name of the workflow that deploys".to_owned(),
        )
    })
}

fn on_branch<'p>(
    pipelines: &[&'p Pipeline],
    branch: &str,
    word: &str,
) -> Result<Vec<&'p Pipeline>, Misfit> {
    let there: Vec<&Pipeline> = pipelines
        .iter()
        .copied()
        .filter(|pipeline| pipeline.branch == branch)
        .collect();
    if there.is_empty() {
        let seen = pipelines.iter().map(|pipeline| &pipeline.branch);
        return Err(misfit(
            format!(
                "no {word} pipeline ran on {branch}{}",
                listed("; they ran on", seen)
            ),
            "set branch in AFK_REPOS to the branch that is deployed, or deploy that branch"
                .to_owned(),
        ));
    }
    Ok(there)
}

/// The most names that are listed.
const LISTED_MAX: usize = 5;

pub(super) fn listed<'n>(before: &str, names: impl IntoIterator<Item = &'n String>) -> String {
    let names: BTreeSet<&str> = names
        .into_iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = names.into_iter().take(LISTED_MAX).collect();
    format!("{before} {}", shown.join(", "))
}

fn misfit(fact: String, mend: String) -> Misfit {
    Misfit { fact, mend }
}

#[cfg(test)]
mod tests {
    use super::super::PipelineStatus;
    use super::*;

    fn deploy(trigger: Trigger, workflow: Option<&str>) -> WoodpeckerDeploy {
        WoodpeckerDeploy {
            trigger,
            workflow: workflow.map(str::to_owned),
            id: None,
            context: None,
        }
    }

    fn pipeline(event: PipelineEvent, branch: &str, target: &str, variable: &str) -> Pipeline {
        Pipeline {
            event,
            branch: branch.to_owned(),
            target: target.to_owned(),
            variables: (!variable.is_empty())
                .then(|| (variable.to_owned(), "4f1c2b7a".to_owned()))
                .into_iter()
                .collect(),
            ..Pipeline::default()
        }
    }

    #[test]
    fn the_first_word_that_no_pipeline_fits_is_named() {
        use PipelineEvent as Of;
        let manual = |variable: &str| Trigger::Manual {
            variable: variable.to_owned(),
        };
        let to = |target: Option<&str>| Trigger::Deployment {
            target: target.map(str::to_owned),
        };
        let ran = [
            pipeline(Of::Push, "main", "", ""),
            pipeline(Of::Push, "work", "", ""),
            pipeline(Of::Manual, "main", "", "TAG"),
            pipeline(Of::Manual, "work", "", "IMAGE_TAG"),
            pipeline(Of::Deployment, "main", "staging", ""),
        ];
        for (trigger, branch, expected) in [
            (Trigger::Push, "main", Ok(1)),
            (manual("TAG"), "main", Ok(1)),
            (manual("IMAGE_TAG"), "work", Ok(1)),
            (to(None), "main", Ok(1)),
            (to(Some("staging")), "main", Ok(1)),
            (
                Trigger::Push,
                "trunk",
                Err("no push pipeline ran on trunk; they ran on main, work"),
            ),
            (
                manual("IMAGE_TAG"),
                "main",
                Err("no manual pipeline of main was started with IMAGE_TAG; variables of them TAG"),
            ),
            (
                to(Some("production")),
                "main",
                Err("no deployment pipeline went to production; they went to staging"),
            ),
            (
                Trigger::Tag,
                "main",
                Err("none of the newest 5 pipelines has the event tag"),
            ),
            (
                Trigger::Cron,
                "main",
                Err("none of the newest 5 pipelines has the event cron"),
            ),
        ] {
            let found = fitting(&ran, &deploy(trigger.clone(), None), branch);
            let found = found
                .as_ref()
                .map(Vec::len)
                .map_err(|misfit| misfit.fact.as_str());
            assert_eq!(found, expected, "{trigger:?}");
        }
        let none = fitting(&[], &deploy(Trigger::Push, None), "main").unwrap_err();
        assert!(none.fact.starts_with("no pipeline has run yet"));
    }

    #[test]
    fn a_workflow_that_nobody_runs_is_named_where_workflows_are_told() {
        let running = |names: &[&str]| Pipeline {
            workflows: Some(
                names
                    .iter()
                    .map(|name| ((*name).to_owned(), PipelineStatus::Success))
                    .collect(),
            ),
            ..Pipeline::default()
        };
        let named = deploy(Trigger::Push, Some("deploy"));
        let ran = [running(&["test"]), running(&["lint"])];
        assert_eq!(
            without_workflow(&ran, &named)
                .map(|misfit| misfit.fact)
                .as_deref(),
            Some("no pipeline that fits otherwise runs the workflow deploy; they run lint, test")
        );
        for (ran, deploy) in [
            (vec![running(&["test", "deploy"])], &named),
            (vec![running(&[])], &named),
            (vec![Pipeline::default()], &named),
            (vec![running(&["test"])], &deploy(Trigger::Push, None)),
        ] {
            assert_eq!(without_workflow(&ran, deploy), None);
        }
    }
}
