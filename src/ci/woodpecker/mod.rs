//! Woodpecker over HTTP (`contracts/woodpecker`): 2.8 to 3.17.
//!
//! It finds the repository once per tick, lists its newest pipelines and hands them to the fold. It never triggers,
//! restarts, approves or cancels. Servers before 3.0 know no filters, so everything is filtered again here.
//!
//! A wrong token is not always refused: public repositories answer anybody. A trigger that ran nothing (204) leaves no
//! pipeline, which is "nothing has started" here and bounded by the stage's deadline.

mod wire;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::Url;

use self::wire::{WirePipeline, WireRepo};
use super::{StageQuery, StageReader};
use crate::domain::config::{Endpoint, SecretSource};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::ci::{FailedCheck, StageOutcome};
use crate::domain::verdict::deploy::{
    DeployFinding, Pipeline, PipelineEvent, PipelineStatus, fold,
};
use crate::http::{Answer, Call, Http, Method, join};
use crate::service_error::{FailureKind, ServiceError};

const SERVICE: &str = "woodpecker";

/// Pipelines per page: the most that the server gives.
const PAGE_SIZE: usize = 50;

/// Pages that are read at most: 500 pipelines since one commit are more than a branch sees in a stage's time.
const PAGES_MAX: usize = 10;

/// How much older than the commit a pipeline of it may look: clocks differ.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

/// Pipelines that are read by themselves because they superseded one at hand.
const MISSING_MAX: usize = 5;

/// Failed steps that are named.
const STEPS_MAX: usize = 20;

/// The longest answer to how long to wait that is believed: a day.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A Woodpecker server.
#[derive(Debug)]
pub struct Woodpecker<'a> {
    http: &'a Http<'a>,
    /// Where people look.
    site: Url,
    /// Where we ask.
    api: Url,
    bearer: SecretSource,
    /// Ids of repositories that were looked up in this tick.
    ids: Mutex<BTreeMap<RepoRef, u64>>,
}

impl<'a> Woodpecker<'a> {
    /// Prepares to talk to a server; its address may be that of the site or end in `/api`. Sends nothing.
    #[must_use]
    pub fn new(http: &'a Http<'a>, endpoint: &Endpoint) -> Self {
        let mut site = endpoint.url.url().clone();
        let path = site.path().trim_end_matches('/').to_owned();
        site.set_path(path.strip_suffix("/api").unwrap_or(&path));
        Self {
            http,
            api: join(&site, &["api"]),
            site,
            bearer: endpoint.token.clone(),
            ids: Mutex::default(),
        }
    }

    fn get<'c>(&'c self, name: &'c str, url: Url) -> Call<'c> {
        Call {
            service: SERVICE,
            name,
            method: Method::Get,
            url,
            headers: &[("accept", "application/json")],
            bearer: Some(&self.bearer),
            json: None,
            repeatable: true,
        }
    }

    /// Returns Woodpecker's id of a repository.
    fn id(&self, query: &StageQuery<'_>) -> Result<u64, ServiceError> {
        let known = self
            .ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(query.repo)
            .copied();
        if let Some(id) = known {
            return Ok(id);
        }
        let repo = query.repo;
        let name = format!("look up {}", repo.full_name());
        // The slash of the full name stays as it is.
        let url = join(&self.api, &["repos", "lookup", repo.owner(), repo.name()]);
        let call = self.get(&name, url);
        let answer = self.http.send(&call)?;
        if answer.status != 200 {
            return Err(failure(&call, answer));
        }
        let found: WireRepo = answer.decode()?;
        let refused = |kind, detail: String| Err(ServiceError::new(SERVICE, &name, kind, detail));
        // With several forges, the first repository of that name is found.
        let is_other = !matches!(found.forge_remote_id.as_str(), "" | "0")
            && found.forge_remote_id != query.id.0.to_string();
        if is_other {
            return refused(
                FailureKind::NotFound,
                "Woodpecker knows another repository by this name".to_owned(),
            );
        }
        if !found.active {
            return refused(
                FailureKind::NotFound,
                "the repository is not enabled in Woodpecker".to_owned(),
            );
        }
        self.ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(repo.clone(), found.id);
        Ok(found.id)
    }

    /// Lists pipelines, newest first, back to the commit. One page is nearly always enough.
    ///
    /// The list is not narrowed to the commit's time: what the repository did before tells whether it deploys by tag.
    fn pipelines(&self, id: u64, since: DateTime<Utc>) -> Result<Vec<Pipeline>, ServiceError> {
        let id_text = id.to_string();
        let mut pipelines: Vec<Pipeline> = Vec::new();
        for page in 1..=PAGES_MAX {
            let mut url = join(&self.api, &["repos", &id_text, "pipelines"]);
            url.query_pairs_mut()
                .append_pair("page", &page.to_string())
                .append_pair("perPage", &PAGE_SIZE.to_string())
                .append_pair("event", "manual,push,deployment");
            let call = self.get("list pipelines", url);
            let answer = self.http.send(&call)?;
            if answer.status != 200 {
                return Err(failure(&call, answer));
            }
            let listed: Vec<WirePipeline> = answer
                .decode::<Option<Vec<WirePipeline>>>()?
                .unwrap_or_default();
            let is_last = listed.len() < PAGE_SIZE
                || listed
                    .last()
                    .and_then(|oldest| time(oldest.created))
                    .is_some_and(|oldest| oldest.signed_duration_since(since) < -CLOCK_SKEW);
            for pipeline in listed {
                // A pipeline that starts while we turn a page shifts the others.
                if pipelines
                    .iter()
                    .all(|known| known.number != pipeline.number)
                {
                    pipelines.push(self.pipeline(id, pipeline));
                }
            }
            if is_last {
                break;
            }
        }
        Ok(pipelines)
    }

    /// Reads one pipeline with its steps.
    fn single(&self, id: u64, number: u64) -> Result<WirePipeline, ServiceError> {
        let url = join(
            &self.api,
            &["repos", &id.to_string(), "pipelines", &number.to_string()],
        );
        let name = format!("read pipeline {number}");
        let call = self.get(&name, url);
        let answer = self.http.send(&call)?;
        if answer.status != 200 {
            return Err(failure(&call, answer));
        }
        let pipeline: WirePipeline = answer.decode()?;
        if pipeline.number == number {
            Ok(pipeline)
        } else {
            Err(ServiceError::new(
                SERVICE,
                &name,
                FailureKind::Unreadable,
                format!("got pipeline {}", pipeline.number),
            ))
        }
    }

    fn pipeline(&self, id: u64, wire: WirePipeline) -> Pipeline {
        let (id, number) = (id.to_string(), wire.number.to_string());
        Pipeline {
            number: wire.number,
            event: PipelineEvent::parse(&wire.event),
            status: PipelineStatus::parse(&wire.status),
            commit: wire.commit,
            image_tag: wire
                .variables
                .as_ref()
                .and_then(|variables| variables.get("IMAGE_TAG"))
                .and_then(Value::as_str)
                .map(str::to_owned),
            finished: time(wire.finished),
            superseded_by: wire
                .cancel_info
                .and_then(|info| info.superseded_by)
                .filter(|number| *number > 0),
            url: Some(join(&self.site, &["repos", &id, "pipeline", &number]).into()),
            errors: wire
                .errors
                .unwrap_or_default()
                .into_iter()
                .filter(|error| !error.is_warning)
                .map(|error| error.message)
                .collect(),
        }
    }

    /// Names the steps that failed. Without them, the pipeline itself stands as it was found.
    fn explained(&self, id: u64, number: u64, found: Vec<FailedCheck>) -> Vec<FailedCheck> {
        let pipeline = match self.single(id, number) {
            Ok(pipeline) => pipeline,
            Err(error) => {
                tracing::debug!(service = SERVICE, %error, "failed steps can not be named");
                return found;
            }
        };
        let url = found.first().and_then(|check| check.url.clone());
        let steps = failed_steps(&pipeline, url.as_deref());
        if steps.is_empty() { found } else { steps }
    }
}

impl StageReader for Woodpecker<'_> {
    fn read(&self, query: &StageQuery<'_>) -> Result<StageOutcome, ServiceError> {
        let id = self.id(query)?;
        let mut pipelines = self.pipelines(id, query.committed_at)?;
        for _ in 0..MISSING_MAX {
            match fold(&pipelines, query.commit, query.descendants) {
                DeployFinding::Missing(number) => {
                    let missing = match self.single(id, number) {
                        Ok(pipeline) => self.pipeline(id, pipeline),
                        Err(error) if error.kind == FailureKind::NotFound => break,
                        Err(error) => return Err(error),
                    };
                    pipelines.push(missing);
                }
                DeployFinding::Outcome(
                    StageOutcome::Failure {
                        concluded_at,
                        checks,
                    },
                    Some(number),
                ) => {
                    return Ok(StageOutcome::Failure {
                        concluded_at,
                        checks: self.explained(id, number, checks),
                    });
                }
                DeployFinding::Outcome(outcome, _) => return Ok(outcome),
            }
        }
        // Deleted by an administrator, or a chain that goes on and on.
        Ok(StageOutcome::Pending {
            detail: "its pipeline was superseded by one that can not be found".to_owned(),
        })
    }
}

fn failed_steps(pipeline: &WirePipeline, url: Option<&str>) -> Vec<FailedCheck> {
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

/// Seconds since 1970; 0 is "not yet".
fn time(seconds: i64) -> Option<DateTime<Utc>> {
    (seconds > 0)
        .then(|| DateTime::from_timestamp(seconds, 0))
        .flatten()
}

/// Turns an answer that is not 200 into an error, by `contracts/woodpecker` section 7.
fn failure(call: &Call<'_>, answer: Answer<'_>) -> ServiceError {
    let status = answer.status;
    let retry_after = answer
        .header("retry-after")
        .and_then(|seconds| seconds.trim().parse().ok())
        .map(Duration::from_secs)
        .filter(|wait| *wait <= RETRY_AFTER_MAX);
    let excerpt = answer.excerpt();
    let (kind, detail) = match status {
        401 => (
            FailureKind::Denied,
            "AFK_WOODPECKER_TOKEN is wrong or was reset; make a new one on the profile page of a user who may read the repository".to_owned(),
        ),
        403 => (FailureKind::Denied, format!("HTTP 403: {excerpt}")),
        404 => (
            FailureKind::NotFound,
            "Woodpecker does not know it, or the token's user may not read it".to_owned(),
        ),
        429 => (
            FailureKind::RateLimited { retry_after },
            format!("HTTP 429: {excerpt}"),
        ),
        400..=499 => (FailureKind::Refused, format!("HTTP {status}: {excerpt}")),
        500..=599 => (FailureKind::Unreachable, format!("HTTP {status}: {excerpt}")),
        _ => (FailureKind::Unreadable, format!("HTTP {status}: {excerpt}")),
    };
    ServiceError::new(call.service, call.name, kind, detail)
}
