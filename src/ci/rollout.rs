//! Deployments over the Kubernetes API (`contracts/kubernetes`).
//!
//! One GET per question, and nothing else: it changes nothing, lists nothing and watches nothing. In a pod it uses what
//! the cluster puts there; from a shell it uses `kubectl proxy`.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{StageQuery, StageReader};
use crate::domain::config::{BaseUrl, KubernetesConfig, Rollout, SecretSource};
use crate::domain::verdict::ci::StageOutcome;
use crate::domain::verdict::rollout::{Condition, Container, Deployment, RolloutQuestion, fold};
use crate::http::{Answer, Call, Http, Method, join};
use crate::service_error::{FailureKind, ServiceError};

const SERVICE: &str = "kubernetes";

/// Where a pod finds its token and the cluster's certificates.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The longest answer to how long to wait that is believed: a day.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Parts of a template that may tell a commit when its tag does not.
const REVISION_LABEL: &str = "app.kubernetes.io/version";
const REVISION_ANNOTATION: &str = "org.opencontainers.image.revision";

/// What a pod is told about the server: `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodVariables<'a> {
    /// An address or a name.
    pub host: &'a str,
    /// A number.
    pub port: &'a str,
}

/// How to reach the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterApi {
    /// Where it is.
    pub base: Url,
    /// What opens it, read anew for each request; `kubectl proxy` needs none.
    pub token: Option<SecretSource>,
    /// The only certificates to trust; give them to [`Http::trusting_only`].
    pub ca_file: Option<PathBuf>,
}

impl ClusterApi {
    /// Finds the server: the configured one, with nothing taken from the cluster, or the one of the cluster that this is
    /// a pod of.
    ///
    /// # Errors
    ///
    /// A text for people when there is neither, or when what the pod is told makes no address.
    pub fn find(config: &KubernetesConfig, pod: Option<PodVariables<'_>>) -> Result<Self, String> {
        if let Some(url) = &config.api.url {
            return Ok(Self {
                base: url.url().clone(),
                token: config.api.token.clone(),
                ca_file: config.ca_file.clone(),
            });
        }
        let PodVariables { host, port } = pod.ok_or(
            "this is no pod: set AFK_KUBERNETES_URL, for example to http://127.0.0.1:8001 for `kubectl proxy`",
        )?;
        // Names and addresses of the fourth version have no colon.
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let base = BaseUrl::parse(&format!("https://{host}:{port}")).map_err(|error| {
            format!("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT make no address: {error}")
        })?;
        let file = |name: &str| PathBuf::from(SERVICE_ACCOUNT).join(name);
        Ok(Self {
            base: base.url().clone(),
            token: Some(
                config
                    .api
                    .token
                    .clone()
                    .unwrap_or_else(|| SecretSource::File(file("token"))),
            ),
            ca_file: Some(config.ca_file.clone().unwrap_or_else(|| file("ca.crt"))),
        })
    }
}

/// The Deployments of a cluster.
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

    fn deployment(&self, rollout: &Rollout) -> Result<Deployment, ServiceError> {
        let Rollout {
            namespace,
            name: deployment,
            kind: _,
            container: _,
            revision: _,
        } = rollout;
        let name = format!("read Deployment {namespace}/{deployment}");
        let call = Call {
            service: SERVICE,
            name: &name,
            method: Method::Get,
            url: join(
                &self.api.base,
                &[
                    "apis",
                    "apps",
                    "v1",
                    "namespaces",
                    namespace,
                    "deployments",
                    deployment,
                ],
            ),
            headers: &[("accept", "application/json")],
            bearer: self.api.token.as_ref(),
            json: None,
            repeatable: true,
        };
        let mut answer = self.http.send(&call)?;
        if answer.status == 401 && self.api.token.is_some() {
            // The file was swapped between our reading and the server's: sending reads it again.
            answer = self.http.send(&call)?;
        }
        if answer.status != 200 {
            return Err(failure(&call, answer));
        }
        let wire: WireDeployment = answer.decode()?;
        let unreadable = |detail: String| {
            Err(ServiceError::new(
                SERVICE,
                &name,
                FailureKind::Unreadable,
                detail,
            ))
        };
        if wire
            .kind
            .as_deref()
            .is_some_and(|kind| kind != "Deployment")
        {
            return unreadable("the answer is no Deployment".to_owned());
        }
        if wire.metadata.name != *deployment {
            return unreadable(format!("got Deployment {}", wire.metadata.name));
        }
        Ok(wire.into())
    }
}

impl StageReader for Rollouts<'_> {
    fn read(&self, query: &StageQuery<'_>) -> Result<StageOutcome, ServiceError> {
        let Some(rollout) = query.config.rollout.first() else {
            return Ok(StageOutcome::None);
        };
        let deployment = self.deployment(rollout)?;
        let name = format!("{}/{}", rollout.namespace, rollout.name);
        let question = RolloutQuestion {
            name: &name,
            container: rollout.container.as_deref(),
            commit: query.commit,
            descendants: query.descendants,
            deployed_at: query.deployed_at,
            now: self.http.deadline().clock().now(),
        };
        fold(&deployment, &question).map_err(|error| {
            ServiceError::new(
                SERVICE,
                format!("read Deployment {name}"),
                FailureKind::NotFound,
                format!("{error}; check AFK_REPOS"),
            )
        })
    }
}

/// Turns an answer that is not 200 into an error, by `contracts/kubernetes` section 6.
fn failure(call: &Call<'_>, answer: Answer<'_>) -> ServiceError {
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
        401 => (
            FailureKind::Denied,
            format!("the token is wrong or expired: {message}"),
        ),
        403 => (
            FailureKind::Denied,
            format!("the Role must allow `get` on this Deployment: {message}"),
        ),
        404 => (
            FailureKind::NotFound,
            format!("check the rollout in AFK_REPOS: {message}"),
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
}

#[derive(Debug, Deserialize)]
struct WireDeployment {
    kind: Option<String>,
    metadata: WireMetadata,
    spec: WireSpec,
    #[serde(default)]
    status: WireStatus,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMetadata {
    name: String,
    #[serde(default)]
    generation: i64,
    deletion_timestamp: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireSpec {
    replicas: Option<i64>,
    #[serde(default)]
    paused: bool,
    template: WireTemplate,
}

#[derive(Debug, Deserialize)]
struct WireTemplate {
    metadata: Option<WireTemplateMetadata>,
    spec: WirePodSpec,
}

#[derive(Debug, Deserialize)]
struct WireTemplateMetadata {
    labels: Option<serde_json::Map<String, Value>>,
    annotations: Option<serde_json::Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePodSpec {
    init_containers: Option<Vec<WireContainer>>,
    containers: Vec<WireContainer>,
}

#[derive(Debug, Deserialize)]
struct WireContainer {
    name: String,
    #[serde(default)]
    image: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireStatus {
    observed_generation: i64,
    replicas: i64,
    updated_replicas: i64,
    available_replicas: i64,
    conditions: Option<Vec<WireCondition>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCondition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    reason: Option<String>,
    message: Option<String>,
    last_update_time: Option<String>,
    last_transition_time: Option<String>,
}

impl From<WireDeployment> for Deployment {
    fn from(wire: WireDeployment) -> Self {
        let WireTemplate { metadata, spec } = wire.spec.template;
        let told = |map: Option<&serde_json::Map<String, Value>>, key: &str| {
            map.and_then(|map| map.get(key)?.as_str().map(str::to_owned))
        };
        let revisions = metadata.map_or_else(Vec::new, |metadata| {
            [
                told(metadata.labels.as_ref(), REVISION_LABEL),
                told(metadata.annotations.as_ref(), REVISION_ANNOTATION),
            ]
            .into_iter()
            .flatten()
            .collect()
        });
        Self {
            generation: wire.metadata.generation,
            deleting: wire.metadata.deletion_timestamp.is_some(),
            wanted_replicas: wire.spec.replicas.unwrap_or(1),
            paused: wire.spec.paused,
            containers: spec
                .init_containers
                .unwrap_or_default()
                .into_iter()
                .chain(spec.containers)
                .map(|container| Container {
                    name: container.name,
                    image: container.image,
                })
                .collect(),
            revisions,
            observed_generation: wire.status.observed_generation,
            replicas: wire.status.replicas,
            updated_replicas: wire.status.updated_replicas,
            available_replicas: wire.status.available_replicas,
            conditions: wire
                .status
                .conditions
                .unwrap_or_default()
                .into_iter()
                .map(|condition| Condition {
                    kind: condition.kind,
                    status: condition.status,
                    reason: condition.reason.unwrap_or_default(),
                    message: condition.message.unwrap_or_default(),
                    updated_at: time(condition.last_update_time.as_deref()),
                    changed_at: time(condition.last_transition_time.as_deref()),
                })
                .collect(),
        }
    }
}

fn time(text: Option<&str>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text?)
        .ok()
        .map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{Secret, ServiceConfig};

    fn config(url: Option<&str>, token: Option<&str>, ca_file: Option<&str>) -> KubernetesConfig {
        KubernetesConfig {
            api: ServiceConfig {
                url: url.map(|url| BaseUrl::parse(url).unwrap()),
                token: token.map(|token| SecretSource::Inline(Secret::new(token))),
            },
            ca_file: ca_file.map(PathBuf::from),
        }
    }

    const POD: PodVariables<'_> = PodVariables {
        host: "10.96.0.1",
        port: "443",
    };

    #[test]
    fn with_an_address_of_its_own_nothing_is_taken_from_the_cluster() {
        let proxy = ClusterApi::find(
            &config(Some("http://127.0.0.1:8001"), None, None),
            Some(POD),
        );
        assert_eq!(
            proxy,
            Ok(ClusterApi {
                base: Url::parse("http://127.0.0.1:8001").unwrap(),
                token: None,
                ca_file: None,
            })
        );
    }

    #[test]
    fn in_a_pod_everything_is_where_the_cluster_puts_it() {
        let found = ClusterApi::find(&config(None, None, None), Some(POD)).unwrap();
        assert_eq!(found.base.as_str(), "https://10.96.0.1/");
        assert_eq!(
            found.token.unwrap().file().unwrap().to_str(),
            Some("/var/run/secrets/kubernetes.io/serviceaccount/token")
        );
        assert_eq!(
            found.ca_file.unwrap().to_str(),
            Some("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt")
        );
        let own = ClusterApi::find(&config(None, Some("t"), Some("/ca")), Some(POD)).unwrap();
        assert!(own.token.unwrap().inline().is_some());
        assert_eq!(own.ca_file, Some(PathBuf::from("/ca")));
    }

    #[test]
    fn addresses_of_pods_may_be_of_the_sixth_version() {
        let pod = |host, port| {
            ClusterApi::find(&config(None, None, None), Some(PodVariables { host, port }))
                .map(|api| api.base.to_string())
        };
        assert_eq!(
            pod("fd00::1", "6443"),
            Ok("https://[fd00::1]:6443/".to_owned())
        );
        assert!(pod("a b", "443").is_err());
        assert!(pod("10.0.0.1", "many").is_err());
        assert!(ClusterApi::find(&config(None, None, None), None).is_err());
    }
}
