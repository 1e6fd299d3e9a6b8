//! The checks of one commit from REST: workflow runs, their jobs, and commit statuses.
//!
//! For tokens that do not get the rollup of GraphQL (`contracts/github` section 2). Check runs of other Apps can not be had
//! this way.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::GitHub;
use super::checks::excerpt;
use super::rest::SERVICE;
use super::rollup_access::Events;
use crate::domain::repository::RepoRef;
use crate::domain::verdict::build::{
    GITHUB_ACTIONS, github_check_run, github_status, waits_for_group,
};
use crate::domain::verdict::ci::{Check, CheckSource, CommitChecks, CommitSha, Suite};
use crate::http::Method;
use crate::service_error::{FailureKind, ServiceError};

/// Pages of one list that are read: 1,000 entries.
const PAGES_MAX: usize = 10;

/// The event of a push.
const PUSH: &str = "push";

impl GitHub<'_> {
    /// The workflow runs of this commit, as their jobs.
    pub(super) fn workflow_checks(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
        events: Events,
    ) -> Result<CommitChecks, ServiceError> {
        let mut runs = Vec::new();
        let mut is_whole = false;
        if events == Events::Any {
            let any = self.runs(repo, sha, None)?;
            is_whole = any.is_whole();
            runs = any.workflow_runs;
        }
        if !is_whole {
            let pushed = self.runs(repo, sha, Some(PUSH))?;
            is_whole = pushed.is_whole();
            runs.retain(|run| run.event != PUSH);
            runs.extend(pushed.workflow_runs);
        }
        let pushed = runs.iter().filter(|run| run.event == PUSH).count();
        if !is_whole || pushed > RUNS_MAX {
            return Err(ServiceError::new(
                SERVICE,
                runs_of(repo, sha),
                FailureKind::Unreadable,
                format!("{pushed} workflow runs of a push, or more, are more than are read"),
            ));
        }
        let read = runs_to_read(&runs);
        let mut told = CommitChecks::default();
        let mut suites = Vec::new();
        for run in runs {
            if read.contains(&run.id) {
                let source = run.source();
                for job in self.jobs(repo, run.id)? {
                    told.checks.push(job.into_check(&source));
                }
            }
            suites.push(run.into_suite());
        }
        told.suites = Some(suites);
        Ok(told)
    }

    /// One page of workflow runs, newest first.
    fn runs(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
        event: Option<&str>,
    ) -> Result<RestRuns, ServiceError> {
        let mut url = self
            .sender
            .address(&["repos", repo.owner(), repo.name(), "actions", "runs"]);
        url.query_pairs_mut().append_pair("head_sha", sha.as_str());
        if let Some(event) = event {
            url.query_pairs_mut().append_pair("event", event);
        }
        url.query_pairs_mut().append_pair("per_page", "100");
        let name = runs_of(repo, sha);
        let call = self.sender.call(&name, Method::Get, url);
        self.answer(&call, 200)?.decode()
    }

    /// The jobs of the newest attempt of a workflow run.
    pub(super) fn jobs(&self, repo: &RepoRef, run: u64) -> Result<Vec<RestJob>, ServiceError> {
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
    pub(super) fn statuses(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
    ) -> Result<Vec<Check>, ServiceError> {
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
}

#[derive(Debug, Deserialize)]
struct RestRuns {
    total_count: usize,
    workflow_runs: Vec<RestRun>,
}

impl RestRuns {
    /// Whether these are all that GitHub counts.
    fn is_whole(&self) -> bool {
        self.total_count <= self.workflow_runs.len()
    }
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
    workflow_id: u64,
    check_suite_id: Option<u64>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct RestJobs {
    total_count: usize,
    jobs: Vec<RestJob>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RestJob {
    pub(super) id: u64,
    name: String,
    status: String,
    conclusion: Option<String>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    html_url: Option<String>,
    #[serde(default)]
    pub(super) steps: Vec<RestStep>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RestStep {
    pub(super) name: String,
    pub(super) conclusion: Option<String>,
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

impl RestRun {
    /// Jobs name their run by the number of its suite.
    fn suite(&self) -> u64 {
        self.check_suite_id.unwrap_or(self.id)
    }

    fn source(&self) -> CheckSource {
        CheckSource::Run {
            app: Some(GITHUB_ACTIONS.to_owned()),
            event: Some(self.event.clone()),
            branch: self.head_branch.clone(),
            suite: Some(self.suite()),
        }
    }

    fn into_suite(self) -> Suite {
        Suite {
            id: self.suite(),
            app: Some(GITHUB_ACTIONS.to_owned()),
            workflow: self.name.or_else(|| Some(format!("run {}", self.id))),
            workflow_id: Some(self.workflow_id),
            event: Some(self.event),
            branch: self.head_branch,
            state: github_check_run(
                self.status.as_deref().unwrap_or("none"),
                self.conclusion.as_deref(),
            ),
            waits_for_group: self.status.as_deref().is_some_and(waits_for_group),
            created_at: self.created_at,
            updated_at: self.updated_at,
            url: Some(self.html_url),
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
        let description = self.description.as_deref().unwrap_or_default();
        Check {
            state: github_status(&self.context, &self.state, description),
            name: self.context,
            source: CheckSource::Status,
            at: Some(self.updated_at),
            url: self.target_url,
            excerpt: excerpt(description),
        }
    }
}

/// Workflow runs of one commit whose jobs are read, each with a request of its own.
const RUNS_MAX: usize = 50;

fn runs_of(repo: &RepoRef, sha: &CommitSha) -> String {
    format!(
        "list the workflow runs of {} {}",
        repo.full_name(),
        sha.short()
    )
}

/// Whose jobs are read: of all runs that a push started, and of the newest of each workflow and other event, as far as there is room.
fn runs_to_read(runs: &[RestRun]) -> Vec<u64> {
    let key = |run: &RestRun| (run.created_at, run.id);
    let is_newest = |run: &&RestRun| {
        let mut others = runs.iter();
        others.all(|other| {
            other.workflow_id != run.workflow_id
                || other.event != run.event
                || key(other) <= key(run)
        })
    };
    let (pushed, others): (Vec<&RestRun>, Vec<&RestRun>) =
        runs.iter().partition(|run| run.event == PUSH);
    let others = others.into_iter().filter(is_newest);
    let read = pushed.into_iter().chain(others).take(RUNS_MAX);
    read.map(|run| run.id).collect()
}
