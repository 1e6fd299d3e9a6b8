//! Workloads and Applications over the Kubernetes API (`contracts/kubernetes`).
//!
//! One GET per object. Beside it a list of ReplicaSets, only where a Deployment runs another image and it matters what it ran
//! before, and a list of pods, only to explain a failure or a workload that waits for long; both are done without where our role does not allow them. It
//! changes nothing and watches nothing.

mod cluster;
mod owner;
mod pods;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

pub use self::cluster::{ClusterApi, PodVariables};
use self::owner::Owner;
use self::pods::WirePods;
use self::wire::{WireApplication, WireReplicaSets, WireWorkload};
use super::{StageQuery, StageReader};
use crate::domain::config::{Rollout, WorkloadKind};
use crate::domain::text::quoting::shorten;
use crate::domain::verdict::ci::StageOutcome;
use crate::domain::verdict::deploy::Misfit;
use crate::domain::verdict::rollout::{
    Application, PastTemplate, RolloutQuestion, Workload, asks_for_past, asks_for_pods, fold,
    fold_all, fold_application,
};
use crate::http::{Answer, Bearer, Call, Http, Method, join};
use crate::service_error::{AnsweredBy, DETAIL_MAX_CHARS, FailureKind, ServiceError};

const SERVICE: &str = "kubernetes";

/// The longest answer to how long to wait that is believed: a day.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Sentences of pods that are quoted while it is waited for them.
const SAID_WAITING_MAX: usize = 2;

/// Other objects that can not be read that are told beside the first one.
const UNREAD_MAX: usize = 2;

/// Pods and ReplicaSets that are read of one workload.
const LISTED_MAX: &str = "100";

/// What runs in a cluster.
#[derive(Debug)]
pub struct Rollouts<'a> {
    http: &'a Http<'a>,
    api: ClusterApi,
}

impl<'a> Rollouts<'a> {
    /// Prepares to talk to the server; `http` trusts [`ClusterApi::ca_file`] when there is one. Sends nothing.
    #[must_use]
    pub fn new(http: &'a Http<'a>, api: ClusterApi) -> Self {
        Self { http, api }
    }

    fn get<T: for<'de> Deserialize<'de>>(
        &self,
        name: &str,
        url: Url,
        kind: &str,
    ) -> Result<T, ServiceError> {
        let call = Call {
            service: SERVICE,
            name,
            method: Method::Get,
            url,
            headers: &[("accept", "application/json")],
            bearer: self.api.token.as_ref().map(|token| token as &dyn Bearer),
            json: None,
            repeatable: true,
        };
        let mut answer = self.http.send(&call)?;
        if answer.status == 401 && self.api.token.is_some() {
            // The file was swapped between our reading and the server's: sending reads it again.
            answer = self.http.send(&call)?;
        }
        if answer.status != 200 {
            return Err(failure(&call, answer, kind));
        }
        answer.decode()
    }

    fn object(&self, rollout: &Rollout) -> Url {
        let (group, version, plural) = match rollout.kind {
            WorkloadKind::Deployment => ("apps", "v1", "deployments"),
            WorkloadKind::StatefulSet => ("apps", "v1", "statefulsets"),
            WorkloadKind::DaemonSet => ("apps", "v1", "daemonsets"),
            WorkloadKind::Application => ("argoproj.io", "v1alpha1", "applications"),
        };
        join(
            &self.api.base,
            &[
                "apis",
                group,
                version,
                "namespaces",
                &rollout.namespace,
                plural,
                &rollout.name,
            ],
        )
    }

    fn workload(&self, name: &str, rollout: &Rollout) -> Result<Workload, ServiceError> {
        let kind = rollout.kind.as_str();
        let wire: WireWorkload = self.get(name, self.object(rollout), kind)?;
        if wire.kind.as_deref().is_some_and(|told| told != kind) {
            return Err(unreadable(name, format!("the answer is no {kind}")));
        }
        if wire.metadata.name != rollout.name {
            let detail = format!("got {kind} {}", wire.metadata.name);
            return Err(unreadable(name, detail));
        }
        Ok(wire.into_workload(rollout.kind))
    }

    fn application(&self, name: &str, rollout: &Rollout) -> Result<Application, ServiceError> {
        let kind = rollout.kind.as_str();
        let wire: WireApplication = self.get(name, self.object(rollout), kind)?;
        if wire.metadata.name != rollout.name {
            let detail = format!("got {kind} {}", wire.metadata.name);
            return Err(unreadable(name, detail));
        }
        Ok(wire.into())
    }

    /// What a Deployment ran before; nothing where our role may not list that.
    fn past(&self, rollout: &Rollout, workload: &Workload) -> Vec<PastTemplate> {
        let path = [
            "apis",
            "apps",
            "v1",
            "namespaces",
            &rollout.namespace,
            "replicasets",
        ];
        self.list::<WireReplicaSets>("list ReplicaSets", &path, &workload.selector)
            .map_or_else(Vec::new, |sets| sets.into_past(&owner(rollout, workload)))
    }

    /// What the pods of a workload say; nothing where our role may not list them.
    fn pods(&self, rollout: &Rollout, workload: &Workload) -> Vec<String> {
        let path = ["api", "v1", "namespaces", &rollout.namespace, "pods"];
        self.list::<WirePods>("list pods", &path, &workload.selector)
            .map_or_else(Vec::new, |pods| {
                pods.of(&owner(rollout, workload)).said(&workload.images())
            })
    }

    fn list<T: for<'de> Deserialize<'de>>(
        &self,
        name: &str,
        path: &[&str],
        selector: &BTreeMap<String, String>,
    ) -> Option<T> {
        if selector.is_empty() {
            return None;
        }
        let selector: Vec<String> = selector
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let mut url = join(&self.api.base, path);
        url.query_pairs_mut()
            .append_pair("labelSelector", &selector.join(","))
            .append_pair("limit", LISTED_MAX);
        match self.get(name, url, "list") {
            Ok(list) => Some(list),
            Err(error) => {
                tracing::debug!(service = SERVICE, %error, "the rollout is judged without it");
                None
            }
        }
    }

    fn one(&self, query: &StageQuery<'_>, rollout: &Rollout) -> Result<StageOutcome, ServiceError> {
        let question = RolloutQuestion {
            rollout,
            commit: query.commit,
            descendants: query.descendants,
            of_run: query.of_run,
            known: query.known,
            knows_all: query.knows_all,
            deployed_at: query.deployed_at,
            began: query.began,
            now: self.http.deadline().clock().now(),
        };
        let name = format!("read {}", question.name());
        if rollout.kind == WorkloadKind::Application {
            let application = self.application(&name, rollout)?;
            return Ok(fold_application(&application, &question));
        }
        let workload = self.workload(&name, rollout)?;
        let past = if asks_for_past(&workload, &question) {
            self.past(rollout, &workload)
        } else {
            Vec::new()
        };
        let outcome = fold(&workload, &past, &question).map_err(|error| {
            ServiceError::new(
                SERVICE,
                &name,
                FailureKind::NotFound,
                format!("{error}; check AFK_REPOS"),
            )
        })?;
        Ok(match outcome {
            StageOutcome::Failure {
                concluded_at,
                mut checks,
            } => {
                let said = self.pods(rollout, &workload);
                for check in checks.iter_mut().filter(|_| !said.is_empty()) {
                    let told = check.excerpt.take().unwrap_or_default();
                    check.excerpt = Some(format!("{told}\nIts pods say:\n{}", said.join("\n")));
                }
                StageOutcome::Failure {
                    concluded_at,
                    checks,
                }
            }
            StageOutcome::Pending { detail } if asks_for_pods(&workload, &question) => {
                let mut said = self.pods(rollout, &workload);
                said.truncate(SAID_WAITING_MAX);
                StageOutcome::Pending {
                    detail: if said.is_empty() {
                        detail
                    } else {
                        format!("{detail}; its pods say: {}", said.join("; "))
                    },
                }
            }
            other @ (StageOutcome::None
            | StageOutcome::OnlyNewer { .. }
            | StageOutcome::NotNamed { .. }
            | StageOutcome::Pending { .. }
            | StageOutcome::Blocked { .. }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Success { .. }
            | StageOutcome::Superseded) => other,
        })
    }
}

impl StageReader for Rollouts<'_> {
    fn read(&self, query: &StageQuery<'_>) -> Result<StageOutcome, ServiceError> {
        let mut outcomes = Vec::new();
        let mut unread = Vec::new();
        for rollout in &query.config.rollout {
            match self.one(query, rollout) {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) if error.kind == FailureKind::OutOfTime => return Err(error),
                Err(error) => unread.push(error),
            }
        }
        let folded = fold_all(outcomes);
        let mut unread = unread.into_iter();
        match (unread.next(), &folded) {
            // One that can not be read hides nothing that is decided.
            (Some(error), outcome) if !is_decisive(outcome) => {
                let others = unread.map(|error| error.to_string());
                Err(beside(error, others, outcome.pending_detail()))
            }
            (Some(error), _) => {
                tracing::warn!(service = SERVICE, %error, "the rollout is decided without one of its objects");
                Ok(folded)
            }
            (None, _) => Ok(folded),
        }
    }

    fn misfit(&self, query: &StageQuery<'_>) -> Result<Option<Misfit>, ServiceError> {
        for rollout in &query.config.rollout {
            if rollout.kind == WorkloadKind::Application {
                continue;
            }
            let workload = self.workload("read the workload", rollout)?;
            let path = ["api", "v1", "namespaces", &rollout.namespace, "pods"];
            let pods = self.list::<WirePods>("list pods", &path, &workload.selector);
            if pods.is_none() && !workload.selector.is_empty() {
                return Ok(Some(Misfit {
                    fact: format!("pods of {} can not be listed", rollout.namespace),
                    mend: "a red rollout does not say why, unless deploy/components/rollout-reasons is added"
                        .to_owned(),
                }));
            }
        }
        Ok(None)
    }
}

fn owner<'a>(rollout: &'a Rollout, workload: &'a Workload) -> Owner<'a> {
    Owner {
        kind: rollout.kind.as_str(),
        name: &rollout.name,
        uid: workload.uid.as_deref(),
    }
}

/// Why one object can not be read, and what is waited for of the others.
fn beside(
    error: ServiceError,
    others: impl Iterator<Item = String>,
    pending: Option<&str>,
) -> ServiceError {
    let told: Vec<String> = others
        .take(UNREAD_MAX)
        .chain(pending.map(str::to_owned))
        .collect();
    let detail = if told.is_empty() {
        error.detail
    } else {
        let detail = format!("{}; and {}", error.detail, told.join("; "));
        shorten(&detail, DETAIL_MAX_CHARS)
    };
    ServiceError { detail, ..error }
}

/// Whether one object alone decides about all.
const fn is_decisive(outcome: &StageOutcome) -> bool {
    match outcome {
        StageOutcome::Failure { .. } | StageOutcome::Blocked { .. } => true,
        StageOutcome::None
        | StageOutcome::OnlyNewer { .. }
        | StageOutcome::NotNamed { .. }
        | StageOutcome::Pending { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Success { .. }
        | StageOutcome::Superseded => false,
    }
}

fn unreadable(name: &str, detail: String) -> ServiceError {
    ServiceError::new(SERVICE, name, FailureKind::Unreadable, detail)
}

/// Begins what is told of a token that the cluster does not know.
const TOKEN_IS_WRONG: &str = "the token is wrong or expired";

/// Turns an answer that is not 200 into an error, by `contracts/kubernetes` section 6.
fn failure(call: &Call<'_>, answer: Answer<'_>, kind_name: &str) -> ServiceError {
    let status = answer.status;
    let retry_after = answer
        .header("retry-after")
        .and_then(|seconds| seconds.trim().parse().ok())
        .map(Duration::from_secs)
        .filter(|wait| *wait <= RETRY_AFTER_MAX);
    let (body, excerpt) = answer.into_small_json();
    let message = body
        .as_ref()
        .and_then(|body| body["message"].as_str())
        .map_or(excerpt, |message| message.chars().take(300).collect());
    let (kind, detail) = match status {
        401 => (FailureKind::Denied, format!("{TOKEN_IS_WRONG}: {message}")),
        403 => (
            FailureKind::Denied,
            format!("the Role must allow `get` on this {kind_name}: {message}"),
        ),
        404 => (
            FailureKind::NotFound,
            format!(
                "there is no such {kind_name}; kind, namespace or name may be wrong in AFK_REPOS: {message}"
            ),
        ),
        429 => (
            FailureKind::RateLimited { retry_after },
            format!("HTTP 429: {message}"),
        ),
        400..=499 => (FailureKind::Refused, format!("HTTP {status}: {message}")),
        500..=599 => (
            FailureKind::Unreachable,
            format!("HTTP {status}: {message}"),
        ),
        _ => (FailureKind::Unreadable, format!("HTTP {status}: {message}")),
    };
    ServiceError::new(call.service, call.name, kind, detail)
        .answered_by(AnsweredBy::Service(status))
}
