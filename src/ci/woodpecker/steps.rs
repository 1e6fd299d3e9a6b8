//! The steps of a pipeline that failed, as checks that say why.

use super::wire::WirePipeline;
use crate::domain::verdict::ci::FailedCheck;

/// Failed steps that are named.
const STEPS_MAX: usize = 20;

/// Names the steps and workflows of a pipeline that failed, in its order. `url` is where people look.
pub(super) fn failed_steps(pipeline: &WirePipeline, url: Option<&str>) -> Vec<FailedCheck> {
    let failed = |state: &str| matches!(state, "failure" | "error" | "killed" | "declined");
    let said = |exit_code: i64, error: &str| match (exit_code, error.trim()) {
        (0, "") => None,
        (0, error) => Some(error.to_owned()),
        (code, "") => Some(format!("exit code {code}")),
        (code, error) => Some(format!("exit code {code}: {error}")),
    };
    let mut checks = Vec::new();
    for workflow in pipeline.workflows.iter().flatten() {
        let mut named = false;
        for step in workflow.children.iter().flatten() {
            if failed(&step.state) {
                named = true;
                checks.push(FailedCheck {
                    name: format!(
                        "deploy pipeline {}: {}/{}",
                        pipeline.number, workflow.name, step.name
                    ),
                    url: url.map(str::to_owned),
                    excerpt: said(step.exit_code, &step.error),
                });
            }
        }
        if !named && failed(&workflow.state) {
            checks.push(FailedCheck {
                name: format!("deploy pipeline {}: {}", pipeline.number, workflow.name),
                url: url.map(str::to_owned),
                excerpt: said(0, &workflow.error),
            });
        }
    }
    checks.truncate(STEPS_MAX);
    checks
}
