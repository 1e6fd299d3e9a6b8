//! What is told of a commit that nothing deployed although something ran for it: what it was, and why it does not count.

use super::fitting::listed;
use super::pipeline::{Pipeline, PipelineEvent, PipelineStatus};
use crate::domain::config::{Trigger, WoodpeckerDeploy};
use crate::domain::verdict::ci::{CommitSha, FailedCheck};

/// Says what ran, with its address; `None` where nothing did. `spoke` is the pipeline that said nothing for the commit, or the newest
/// that would deploy it.
pub(super) fn seen(
    pipelines: &[Pipeline],
    deploy: &WoodpeckerDeploy,
    commit: &CommitSha,
    spoke: Option<&Pipeline>,
) -> Option<String> {
    let (pipeline, why) = match spoke {
        Some(spoke) => (spoke, why_not(spoke, deploy)?),
        None => elsewhere(pipelines, deploy, commit)?,
    };
    let seen = FailedCheck {
        name: format!("pipeline {} {why}", pipeline.number),
        url: pipeline.url.clone(),
        excerpt: None,
    };
    Some(seen.in_words())
}

/// Why a pipeline that would deploy the commit did not.
fn why_not(pipeline: &Pipeline, deploy: &WoodpeckerDeploy) -> Option<String> {
    let of_workflows = deploy.workflow.as_ref().zip(pipeline.workflows.as_ref());
    match of_workflows.filter(|(_, workflows)| !workflows.is_empty()) {
        Some((wanted, workflows)) => {
            let names = || workflows.iter().map(|(name, _)| name);
            if names().any(|name| name == wanted) {
                return Some(format!("skipped its workflow '{wanted}'"));
            }
            let runs = match listed("it runs", names()) {
                runs if runs.is_empty() => runs,
                runs => format!(" ({runs})"),
            };
            Some(format!("ran without workflow '{wanted}'{runs}"))
        }
        None => (pipeline.status == PipelineStatus::Skipped).then(|| "was skipped".to_owned()),
    }
}

/// The newest promotion of the commit, which went elsewhere than configured.
fn elsewhere<'p>(
    pipelines: &'p [Pipeline],
    deploy: &WoodpeckerDeploy,
    commit: &CommitSha,
) -> Option<(&'p Pipeline, String)> {
    let wanted = match &deploy.trigger {
        Trigger::Deployment { target } => target.as_ref()?,
        Trigger::Manual { .. } | Trigger::Push | Trigger::Tag | Trigger::Cron => return None,
    };
    let promoted = pipelines.iter().filter(|pipeline| {
        pipeline.event == PipelineEvent::Deployment
            && pipeline.commit.eq_ignore_ascii_case(commit.as_str())
            && !pipeline.target.is_empty()
    });
    let newest = promoted.max_by_key(|pipeline| pipeline.number)?;
    let went = format!("went to {}, and not to {wanted}", newest.target);
    Some((newest, went))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NEWER, OLDER, OURS, by, manual, push, superseded};
    use super::super::{DeployFinding, DeployQuestion, fold};
    use super::*;
    use crate::domain::verdict::ci::StageOutcome;

    fn said(pipelines: &[Pipeline], deploy: &WoodpeckerDeploy) -> String {
        let question = DeployQuestion {
            deploy,
            branch: "main",
            commit: &CommitSha::parse(OURS).unwrap(),
            descendants: &[CommitSha::parse(NEWER).unwrap()],
            of_run: &[],
        };
        match fold(pipelines, &question) {
            DeployFinding::Outcome(StageOutcome::None, _) => String::new(),
            DeployFinding::Outcome(StageOutcome::NotNamed { said }, _) => said,
            other @ (DeployFinding::Outcome(..) | DeployFinding::Missing(_)) => {
                format!("{other:?}")
            }
        }
    }

    fn running(number: u64, commit: &str, status: &str, workflows: &[(&str, &str)]) -> Pipeline {
        let workflows = workflows
            .iter()
            .map(|(name, state)| ((*name).to_owned(), PipelineStatus::parse(state)));
        Pipeline {
            workflows: Some(workflows.collect()),
            ..push(number, commit, status)
        }
    }

    fn workflow(name: &str) -> WoodpeckerDeploy {
        WoodpeckerDeploy {
            workflow: Some(name.to_owned()),
            ..by(Trigger::Push)
        }
    }

    #[test]
    fn a_pipeline_that_was_skipped_is_told() {
        let told = "pipeline 5 was skipped (https://ci/5)";
        let (pushed, tagged) = (by(Trigger::Push), WoodpeckerDeploy::usual());
        assert_eq!(said(&[push(5, OURS, "skipped")], &pushed), told);
        assert_eq!(said(&[manual(5, OURS, "skipped")], &tagged), told);
        // The newest says it, also one that took the place of ours.
        let both = [push(4, OURS, "skipped"), push(5, OURS, "skipped")];
        assert_eq!(said(&both, &pushed), told);
        let instead = [
            superseded(5, push(4, OURS, "killed")),
            push(5, NEWER, "skipped"),
        ];
        assert_eq!(said(&instead, &pushed), told);
        // Without an address.
        let bare = Pipeline {
            url: None,
            ..push(5, OURS, "skipped")
        };
        assert_eq!(said(&[bare], &pushed), "pipeline 5 was skipped");
        // What is of other commits and branches is nothing that was seen.
        let elsewhere = Pipeline {
            branch: "work".to_owned(),
            ..push(5, OURS, "skipped")
        };
        for other in [push(5, OLDER, "skipped"), elsewhere] {
            assert_eq!(said(&[other], &pushed), "");
        }
        assert_eq!(said(&[manual(5, OURS, "skipped")], &pushed), "");
        assert_eq!(said(&[], &pushed), "");
    }

    #[test]
    fn a_pipeline_without_the_configured_workflow_is_told() {
        let both = [("deploy", "success"), ("build", "success")];
        for (name, workflows, expected) in [
            (
                "Deploy",
                &both[..],
                "pipeline 5 ran without workflow 'Deploy' (it runs build, deploy) (https://ci/5)",
            ),
            (
                "Deploy",
                &both[..1],
                "pipeline 5 ran without workflow 'Deploy' (it runs deploy) (https://ci/5)",
            ),
            (
                "deploy",
                &[("build", "success"), ("deploy", "skipped")],
                "pipeline 5 skipped its workflow 'deploy' (https://ci/5)",
            ),
            (
                "deploy",
                &[("", "success")],
                "pipeline 5 ran without workflow 'deploy' (https://ci/5)",
            ),
        ] {
            let ran = running(5, OURS, "success", workflows);
            assert_eq!(said(&[ran], &workflow(name)), expected);
        }
        // A later commit that was only tested leaves it at that.
        let ran = [
            running(5, OURS, "success", &both),
            running(6, NEWER, "success", &both),
        ];
        assert_eq!(
            said(&ran, &workflow("Deploy")),
            "pipeline 5 ran without workflow 'Deploy' (it runs build, deploy) (https://ci/5)"
        );
        assert_eq!(said(&ran[1..], &workflow("Deploy")), "");
    }

    #[test]
    fn a_promotion_to_another_place_is_told() {
        let to = |number, commit, target: &str| Pipeline {
            event: PipelineEvent::Deployment,
            target: target.to_owned(),
            ..push(number, commit, "success")
        };
        let production = by(Trigger::Deployment {
            target: Some("production".to_owned()),
        });
        let ran = [to(4, OURS, "staging"), to(5, OURS, "Production")];
        assert_eq!(
            said(&ran, &production),
            "pipeline 5 went to Production, and not to production (https://ci/5)"
        );
        for nothing in [
            to(5, OLDER, "Production"),
            to(5, OURS, ""),
            push(5, OURS, "success"),
        ] {
            assert_eq!(said(&[nothing], &production), "");
        }
        // Something that counts says more.
        let ran = [to(6, OURS, "staging"), to(5, OURS, "production")];
        assert!(said(&ran, &production).contains("Success"));
        let skipped = Pipeline {
            status: PipelineStatus::Skipped,
            ..to(5, OURS, "production")
        };
        assert_eq!(
            said(&[to(6, OURS, "staging"), skipped], &production),
            "pipeline 5 was skipped (https://ci/5)"
        );
    }
}
