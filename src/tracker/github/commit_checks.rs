//! The checks of one commit, whatever it takes.
//!
//! The rollup of GraphQL tells all of them, page by page, when the token may read checks. An App without Actions: read
//! gets it without the workflow runs, so without the events that started them. Fine-grained tokens do not get
//! it at all (`contracts/github` section 2): for those the workflow runs that a push started, their jobs, and the
//! commit statuses come from REST. Check runs of other Apps can not be had that way.

use std::sync::PoisonError;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::GitHub;
use super::batches::same_name;
use super::checks::{WireRollup, Workflow, checks, excerpt};
use super::rest::SERVICE;
use super::watch_documents::{self, CHECKS_PAGE};
use super::wire::{GraphQlError, maybe_null, next_page};
use super::{error_kind, take};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::build_checks::{GITHUB_ACTIONS, github_check_run, github_status};
use crate::domain::verdict::ci::{Check, CheckSource, CheckState, CommitSha};
use crate::http::Method;
use crate::service_error::{FailureKind, ServiceError};

/// Pages of checks or statuses that are read of one commit: 1,000 of them.
const PAGES_MAX: usize = 10;

/// Workflow runs of one commit whose jobs are read, each with a request of its own.
const RUNS_MAX: usize = 50;

/// The rollup of one commit.
enum Rollup {
    Read(Vec<Check>),
    /// Our token may not read it.
    Denied(Access),
}

/// How much of the rollups of a repository our token may read, as far as answers told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// All but the workflow runs, perhaps.
    WithoutWorkflows,
    /// Nothing.
    Nothing,
}

impl Access {
    /// What is left when a rollup was refused. Only an App can have the right to checks and lack the one to
    /// Actions; GitHub calls it an integration.
    fn left(error: &GraphQlError, with_workflows: bool) -> Self {
        if with_workflows && error.message.contains("integration") {
            Self::WithoutWorkflows
        } else {
            Self::Nothing
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireChecksPage {
    name_with_owner: String,
    object: Option<WireRolledUp>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRolledUp {
    oid: String,
    /// Null says that nothing reported; a missing member says nothing.
    #[serde(deserialize_with = "maybe_null")]
    status_check_rollup: Option<WireRollup>,
}

#[derive(Debug, Deserialize)]
struct RestRuns {
    total_count: usize,
    workflow_runs: Vec<RestRun>,
}

#[derive(Debug, Deserialize)]
struct RestRun {
    id: u64,
    name: Option<String>,
    event: String,
    head_branch: Option<String>,
    status: Option<String>,
    conclusion: Option<String>,
    html_url: String,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct RestJobs {
    total_count: usize,
    jobs: Vec<RestJob>,
}

#[derive(Debug, Deserialize)]
struct RestJob {
    id: u64,
    name: String,
    status: String,
    conclusion: Option<String>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    html_url: Option<String>,
    #[serde(default)]
    steps: Vec<RestStep>,
}

#[derive(Debug, Deserialize)]
struct RestStep {
    name: String,
    conclusion: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RestStatuses {
    total_count: usize,
    statuses: Vec<RestStatus>,
}

#[derive(Debug, Deserialize)]
struct RestStatus {
    context: String,
    state: String,
    target_url: Option<String>,
    description: Option<String>,
    updated_at: DateTime<Utc>,
}

impl GitHub<'_> {
    /// Remembers that the rollups of a repository were refused in bulk.
    pub(super) fn note_refused_rollup(&self, repo: &RepoRef, error: &GraphQlError) {
        self.note_access(repo, Access::left(error, true));
    }

    fn note_access(&self, repo: &RepoRef, access: Access) {
        self.rollup_access
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(repo.clone(), access);
    }

    fn access(&self, repo: &RepoRef) -> Option<Access> {
        self.rollup_access
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(repo)
            .copied()
    }

    /// Reads all checks of one commit.
    pub(super) fn checks_of(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
    ) -> Result<Vec<Check>, ServiceError> {
        loop {
            let with_workflows = match self.access(repo) {
                None => true,
                Some(Access::WithoutWorkflows) => false,
                Some(Access::Nothing) => break,
            };
            match self.rollup(repo, sha, with_workflows)? {
                Rollup::Read(checks) => return Ok(checks),
                Rollup::Denied(left) => self.note_access(repo, left),
            }
        }
        let mut checks = self.workflow_checks(repo, sha)?;
        checks.extend(self.statuses(repo, sha)?);
        Ok(checks)
    }

    fn rollup(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
        with_workflows: bool,
    ) -> Result<Rollup, ServiceError> {
        let name = format!("read the checks of {} {}", repo.full_name(), sha.short());
        let fail = |kind, detail: String| ServiceError::new(SERVICE, name.clone(), kind, detail);
        let mut contexts = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let answer = self.query(
                &name,
                &watch_documents::checks_page(with_workflows),
                &json!({
                    "owner": repo.owner(), "name": repo.name(), "oid": sha.as_str(),
                    "page": CHECKS_PAGE, "after": after,
                }),
            )?;
            if let Some(error) = answer.errors.iter().find(|error| !hides_workflow(error)) {
                let kind = error_kind(error);
                if kind == FailureKind::Denied && error.names().contains(&"statusCheckRollup") {
                    return Ok(Rollup::Denied(Access::left(error, with_workflows)));
                }
                return Err(fail(kind, error.message.clone()));
            }
            let mut data = answer
                .data
                .ok_or_else(|| fail(FailureKind::Unreadable, "no data".to_owned()))?;
            let page: WireChecksPage =
                take(&mut data, "repository").map_err(|why| fail(FailureKind::Unreadable, why))?;
            same_name(&name, repo, &page.name_with_owner)?;
            let commit = page
                .object
                .filter(|commit| commit.oid == sha.as_str())
                .ok_or_else(|| fail(FailureKind::NotFound, "no such commit".to_owned()))?;
            let Some(rollup) = commit.status_check_rollup else {
                return Ok(Rollup::Read(Vec::new()));
            };
            contexts.extend(rollup.contexts.nodes);
            after = next_page(rollup.contexts.page_info, "checks")
                .map_err(|why| fail(FailureKind::Unreadable, why))?;
            if after.is_none() {
                return Ok(Rollup::Read(checks(contexts)));
            }
        }
        Err(fail(
            FailureKind::Unreadable,
            "the commit has more than 1,000 checks".to_owned(),
        ))
    }

    /// The workflow runs that a push of this commit started, as their jobs.
    fn workflow_checks(&self, repo: &RepoRef, sha: &CommitSha) -> Result<Vec<Check>, ServiceError> {
        let name = format!(
            "list the workflow runs of {} {}",
            repo.full_name(),
            sha.short()
        );
        let mut url = self
            .sender
            .address(&["repos", repo.owner(), repo.name(), "actions", "runs"]);
        url.query_pairs_mut()
            .append_pair("head_sha", sha.as_str())
            .append_pair("event", "push")
            .append_pair("per_page", "100");
        let call = self.sender.call(&name, Method::Get, url);
        let runs: RestRuns = self.answer(&call, 200)?.decode()?;
        if runs.total_count > runs.workflow_runs.len() || runs.workflow_runs.len() > RUNS_MAX {
            return Err(ServiceError::new(
                SERVICE,
                name,
                FailureKind::Unreadable,
                format!("{} workflow runs are more than are read", runs.total_count),
            ));
        }
        let mut checks = Vec::new();
        for run in runs.workflow_runs {
            let jobs = self.jobs(repo, run.id)?;
            let mut workflow = run.into_workflow();
            for job in jobs {
                let check = job.into_check(&workflow.own.source);
                workflow.jobs.push(check.state.clone());
                checks.push(check);
            }
            checks.extend(workflow.unsaid());
        }
        Ok(checks)
    }

    /// The jobs of the newest attempt of a workflow run.
    fn jobs(&self, repo: &RepoRef, run: u64) -> Result<Vec<RestJob>, ServiceError> {
        let name = format!("list the jobs of {} run {run}", repo.full_name());
        let mut jobs = Vec::new();
        for page in 1..=PAGES_MAX {
            let mut url = self.sender.address(&[
                "repos",
                repo.owner(),
                repo.name(),
                "actions",
                "runs",
                &run.to_string(),
                "jobs",
            ]);
            url.query_pairs_mut()
                .append_pair("filter", "latest")
                .append_pair("per_page", "100")
                .append_pair("page", &page.to_string());
            let call = self.sender.call(&name, Method::Get, url);
            let answer: RestJobs = self.answer(&call, 200)?.decode()?;
            let ended = answer.jobs.is_empty();
            jobs.extend(answer.jobs);
            if jobs.len() >= answer.total_count {
                return Ok(jobs);
            }
            if ended {
                break;
            }
        }
        Err(ServiceError::new(
            SERVICE,
            name,
            FailureKind::Unreadable,
            "GitHub counts more jobs than it lists",
        ))
    }

    /// The newest commit status of each context.
    fn statuses(&self, repo: &RepoRef, sha: &CommitSha) -> Result<Vec<Check>, ServiceError> {
        let name = format!("read the statuses of {} {}", repo.full_name(), sha.short());
        let mut statuses = Vec::new();
        for page in 1..=PAGES_MAX {
            let mut url = self.sender.address(&[
                "repos",
                repo.owner(),
                repo.name(),
                "commits",
                sha.as_str(),
                "status",
            ]);
            url.query_pairs_mut()
                .append_pair("per_page", "100")
                .append_pair("page", &page.to_string());
            let call = self.sender.call(&name, Method::Get, url);
            let answer: RestStatuses = self.answer(&call, 200)?.decode()?;
            let ended = answer.statuses.is_empty();
            statuses.extend(answer.statuses);
            if statuses.len() >= answer.total_count {
                return Ok(statuses.into_iter().map(RestStatus::into_check).collect());
            }
            if ended {
                break;
            }
        }
        Err(ServiceError::new(
            SERVICE,
            name,
            FailureKind::Unreadable,
            "GitHub counts more statuses than it lists",
        ))
    }

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

/// Whether an error says no more than that our token may not see which workflow run a check belongs to. Then the event
/// that started it is unknown, and nothing else.
pub(super) fn hides_workflow(error: &GraphQlError) -> bool {
    error.names().last() == Some(&"workflowRun") && error_kind(error) == FailureKind::Denied
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

impl RestRun {
    fn into_workflow(self) -> Workflow {
        Workflow {
            own: Check {
                name: self.name.unwrap_or_else(|| format!("run {}", self.id)),
                source: CheckSource::Run {
                    app: Some(GITHUB_ACTIONS.to_owned()),
                    event: Some(self.event),
                    branch: self.head_branch,
                },
                state: github_check_run(
                    self.status.as_deref().unwrap_or("none"),
                    self.conclusion.as_deref(),
                ),
                at: Some(self.updated_at),
                url: Some(self.html_url),
                excerpt: None,
            },
            jobs: Vec::new(),
        }
    }
}

impl RestJob {
    fn into_check(self, source: &CheckSource) -> Check {
        Check {
            name: self.name,
            source: source.clone(),
            state: github_check_run(&self.status, self.conclusion.as_deref()),
            at: self.completed_at.or(self.started_at),
            url: self.html_url,
            excerpt: None,
        }
    }
}

impl RestStatus {
    fn into_check(self) -> Check {
        Check {
            name: self.context,
            source: CheckSource::Status,
            state: github_status(&self.state),
            at: Some(self.updated_at),
            url: self.target_url,
            excerpt: self.description.as_deref().and_then(excerpt),
        }
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
