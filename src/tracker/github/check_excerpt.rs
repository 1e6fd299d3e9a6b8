//! What a failed check said.

use super::GitHub;
use super::checks::excerpt;
use crate::domain::repository::RepoRef;
use crate::domain::verdict::build::{GITHUB_ACTIONS, github_check_run};
use crate::domain::verdict::ci::{Check, CheckSource, CheckState};

impl GitHub<'_> {
    /// What a failed check said: its own words, or for a job of GitHub Actions the steps that failed.
    pub(super) fn excerpt_of(&self, repo: &RepoRef, check: &Check) -> Option<String> {
        if check.excerpt.is_some() {
            return check.excerpt.clone();
        }
        let CheckSource::Run { app, .. } = &check.source else {
            return None;
        };
        if app.as_deref() != Some(GITHUB_ACTIONS) {
            return None;
        }
        let (run, job) = run_and_job(check.url.as_deref()?)?;
        let jobs = match self.jobs(repo, run) {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::debug!(%repo, "no excerpt: {error}");
                return None;
            }
        };
        let job = jobs.into_iter().find(|known| known.id == job)?;
        let failed: Vec<String> = job
            .steps
            .into_iter()
            .filter(|step| {
                github_check_run("completed", step.conclusion.as_deref()) == CheckState::Failure
            })
            .map(|step| step.name)
            .collect();
        match failed.as_slice() {
            [] => None,
            [step] => excerpt(&format!("failed step: {step}")),
            steps => excerpt(&format!("failed steps: {}", steps.join(", "))),
        }
    }
}

/// The ids in the address of a job of GitHub Actions.
fn run_and_job(url: &str) -> Option<(u64, u64)> {
    let url = url::Url::parse(url).ok()?;
    let segments: Vec<&str> = url.path_segments()?.collect();
    match segments.as_slice() {
        [_, _, "actions", "runs", run, "job", job] => Some((run.parse().ok()?, job.parse().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_jobs_lead_to_jobs() {
        assert_eq!(
            run_and_job("https://github.com/o/r/actions/runs/555/job/9001?pr=1"),
            Some((555, 9001))
        );
        for other in [
            "https://github.com/o/r/runs/9001",
            "https://github.com/o/r/actions/runs/555",
            "https://github.com/o/r/actions/runs/x/job/9001",
            "no address",
        ] {
            assert_eq!(run_and_job(other), None, "{other}");
        }
    }
}
