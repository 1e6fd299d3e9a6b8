//! Woodpecker over HTTP (`contracts/woodpecker`): 2.8 to 3.17.
//!
//! It finds the repository once per tick, lists the pipelines that may deploy and hands them to the fold. It never triggers,
//! restarts, approves or cancels. Servers before 3.0 know no filters, so everything is filtered again here.
//!
//! A wrong token is not always refused: public repositories answer anybody. A trigger that ran nothing (204) leaves no
//! pipeline, which is "nothing has started" here and bounded by the stage's deadline.

mod failure;
mod fit;
mod steps;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use url::Url;

use self::failure::failure;
use self::steps::failed_steps;
use self::wire::{WirePipeline, WireRepo};
use super::{StageQuery, StageReader};
use crate::domain::config::{BaseUrl, Deploy, Endpoint, SecretSource, Trigger};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::ci::{FailedCheck, StageOutcome};
use crate::domain::verdict::deploy::{
    DeployFinding, DeployQuestion, Misfit, Pipeline, PipelineEvent, PipelineStatus, deploys, fold,
};
use crate::http::{Call, Http, Method, join};
use crate::service_error::{FailureKind, ServiceError};

const SERVICE: &str = "woodpecker";

/// Pipelines per page: the most that the server gives.
const PAGE_SIZE: usize = 50;

/// Pipelines of others in a row behind the last one of a commit, after which no other part of its deploy is looked for: those are
/// started together.
const OTHERS_BEHIND: usize = PAGE_SIZE / 2;

/// Pages that are read at most: 1,000 pipelines of one event and branch are more than a run's time sees.
const PAGES_MAX: usize = 20;

/// How much older than the run's beginning a pipeline of it may look: clocks differ.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

/// Pipelines that are read by themselves because they superseded one at hand.
const SUPERSEDING_MAX: usize = 5;

/// Pipelines that are read by themselves to see which workflows ran in them: lists do not tell, and on a busy branch many
/// newer ones may deploy nothing.
const WORKFLOWS_MAX: usize = 30;

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
    /// Prepares to talk to a server; its address may be that of the site or end in `/api`. People are shown `public`, when it has
    /// an address of its own for them. Sends nothing.
    #[must_use]
    pub fn new(http: &'a Http<'a>, endpoint: &Endpoint, public: Option<&BaseUrl>) -> Self {
        let own = site(&endpoint.url);
        Self {
            http,
            api: join(&own, &["api"]),
            site: public.map_or(own, site),
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

    /// Lists the pipelines that may deploy, newest first, back to those of the commit itself, of which each may deploy a part, or to the
    /// run's beginning. One page is nearly always enough.
    fn pipelines(
        &self,
        id: u64,
        query: &StageQuery<'_>,
        question: &DeployQuestion<'_>,
    ) -> Result<Vec<Pipeline>, ServiceError> {
        let (event, has_branch) = match question.deploy.trigger {
            Trigger::Manual { .. } => ("manual", true),
            Trigger::Push => ("push", true),
            Trigger::Cron => ("cron", true),
            Trigger::Deployment { .. } => ("deployment", false),
            Trigger::Tag => ("tag", false),
        };
        let since = query.since.checked_sub_signed(CLOCK_SKEW);
        let id_text = id.to_string();
        let mut pipelines: Vec<Pipeline> = Vec::new();
        let mut behind_ours = None;
        for page in 1..=PAGES_MAX {
            let mut url = join(&self.api, &["repos", &id_text, "pipelines"]);
            url.query_pairs_mut()
                .append_pair("page", &page.to_string())
                .append_pair("perPage", &PAGE_SIZE.to_string())
                .append_pair("event", event);
            if has_branch {
                url.query_pairs_mut().append_pair("branch", question.branch);
            }
            if let Some(since) = since {
                let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
                url.query_pairs_mut().append_pair("after", &since);
            }
            let listed = self.list(url)?;
            let is_last = listed.len() < PAGE_SIZE
                || listed
                    .last()
                    .and_then(|oldest| time(oldest.created))
                    .zip(since)
                    .is_some_and(|(oldest, since)| oldest < since);
            for pipeline in listed {
                // A pipeline that starts while we turn a page shifts the others.
                if pipelines
                    .iter()
                    .all(|known| known.number != pipeline.number)
                {
                    let pipeline = self.pipeline(id, pipeline, false);
                    behind_ours = if deploys(&pipeline, question, question.commit) {
                        Some(0)
                    } else {
                        behind_ours.map(|others| others + 1)
                    };
                    pipelines.push(pipeline);
                }
            }
            if is_last || behind_ours >= Some(OTHERS_BEHIND) {
                return Ok(pipelines);
            }
        }
        Err(ServiceError::new(
            SERVICE,
            "list pipelines",
            FailureKind::Unreadable,
            format!(
                "more than {} pipelines since the run began",
                PAGES_MAX * PAGE_SIZE
            ),
        ))
    }

    /// Reads one page of pipelines.
    fn list(&self, url: Url) -> Result<Vec<WirePipeline>, ServiceError> {
        let call = self.get("list pipelines", url);
        let answer = self.http.send(&call)?;
        if answer.status != 200 {
            return Err(failure(&call, answer));
        }
        let listed = answer.decode::<Option<Vec<WirePipeline>>>()?;
        Ok(listed.unwrap_or_default())
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

    /// Puts a pipeline into domain words; `whole` when the answer tells workflows.
    fn pipeline(&self, id: u64, wire: WirePipeline, whole: bool) -> Pipeline {
        let (id, number) = (id.to_string(), wire.number.to_string());
        let told = |text: String| (!text.is_empty()).then_some(text);
        let event = PipelineEvent::parse(&wire.event);
        let named = wire.named(event);
        let workflows = wire.workflows.unwrap_or_default();
        let cancel = wire.cancel_info.unwrap_or_default();
        Pipeline {
            number: wire.number,
            event,
            named,
            status: PipelineStatus::parse(&wire.status),
            commit: wire.commit,
            branch: wire.branch,
            target: wire.deploy_to,
            variables: wire
                .variables
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
                .collect(),
            created: time(wire.created),
            finished: time(wire.finished),
            superseded_by: cancel.superseded_by.filter(|number| *number > 0),
            cancelled_by: told(cancel.canceled_by_user),
            cancelled_by_step: told(cancel.canceled_by_step),
            reviewed_by: told(wire.reviewed_by),
            url: Some(join(&self.site, &["repos", &id, "pipeline", &number]).into()),
            errors: wire
                .errors
                .unwrap_or_default()
                .into_iter()
                .filter(|error| !error.is_warning)
                .map(|error| error.message)
                .collect(),
            workflows: whole.then(|| {
                workflows
                    .into_iter()
                    .map(|workflow| (workflow.name, PipelineStatus::parse(&workflow.state)))
                    .collect()
            }),
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
        let Some(Deploy::Woodpecker(deploy)) = &query.config.deploy else {
            return Ok(StageOutcome::None);
        };
        let question = DeployQuestion {
            deploy,
            branch: query.branch,
            commit: query.commit,
            descendants: query.descendants,
            of_run: query.of_run,
        };
        let id = match deploy.id {
            Some(id) => id,
            None => self.id(query)?,
        };
        let mut pipelines = self.pipelines(id, query, &question)?;
        let (mut superseding, mut workflows) = (SUPERSEDING_MAX, WORKFLOWS_MAX);
        let pending = |detail| Ok(StageOutcome::Pending { detail });
        loop {
            let number = match fold(&pipelines, &question) {
                DeployFinding::Missing(number) => number,
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
            };
            let is_listed = pipelines.iter().any(|listed| listed.number == number);
            let left = if is_listed {
                &mut workflows
            } else {
                &mut superseding
            };
            if *left == 0 {
                return pending(if is_listed {
                    format!(
                        "which workflows ran was read of the {WORKFLOWS_MAX} newest pipelines, and that is not enough to know"
                    )
                } else {
                    "its pipeline was superseded again and again".to_owned()
                });
            }
            *left -= 1;
            let read = match self.single(id, number) {
                Ok(pipeline) => Some(self.pipeline(id, pipeline, true)),
                Err(error) if error.kind == FailureKind::NotFound => None,
                Err(error) => return Err(error),
            };
            if read.is_none() && !is_listed {
                return pending(format!(
                    "its pipeline was superseded by pipeline {number}, which can not be found"
                ));
            }
            // One that was deleted since it was listed is one less.
            pipelines.retain(|pipeline| pipeline.number != number);
            pipelines.extend(read);
        }
    }

    fn misfit(&self, query: &StageQuery<'_>) -> Result<Option<Misfit>, ServiceError> {
        match &query.config.deploy {
            Some(Deploy::Woodpecker(deploy)) => self.misfit_of(query, deploy),
            Some(Deploy::GitHub { .. }) | None => Ok(None),
        }
    }
}

/// The address of the site.
fn site(address: &BaseUrl) -> Url {
    let mut site = address.url().clone();
    let path = site.path().trim_end_matches('/').to_owned();
    site.set_path(path.strip_suffix("/api").unwrap_or(&path));
    site
}

/// Seconds since 1970; 0 is "not yet".
fn time(seconds: i64) -> Option<DateTime<Utc>> {
    (seconds > 0)
        .then(|| DateTime::from_timestamp(seconds, 0))
        .flatten()
}
