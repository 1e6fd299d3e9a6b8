//! Answers of the API server as they come (`contracts/kubernetes` section 3), and what they mean in domain terms.
//!
//! Members that may be left out default to what their absence means.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::owner::{Owner, WireOwner};
use crate::domain::config::WorkloadKind;
use crate::domain::verdict::rollout::{Application, Condition, Container, PastTemplate, Workload};

/// Counts what a Deployment ran; on the Deployment and on its ReplicaSets.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// The revisions that a ReplicaSet had before, when it was made current again: `1,3`.
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";

#[derive(Debug, Deserialize)]
pub(super) struct WireWorkload {
    pub(super) kind: Option<String>,
    pub(super) metadata: WireMetadata,
    spec: WireSpec,
    #[serde(default)]
    status: WireStatus,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireMetadata {
    pub(super) name: String,
    #[serde(default)]
    generation: i64,
    deletion_timestamp: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    uid: Option<String>,
    owner_references: Option<Vec<WireOwner>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSpec {
    replicas: Option<i64>,
    #[serde(default)]
    paused: bool,
    selector: Option<WireSelector>,
    update_strategy: Option<WireStrategy>,
    template: WireTemplate,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSelector {
    match_labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireStrategy {
    #[serde(rename = "type", default)]
    kind: String,
    rolling_update: Option<WireRolling>,
}

#[derive(Debug, Deserialize)]
struct WireRolling {
    partition: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct WireTemplate {
    metadata: Option<WireTemplateMetadata>,
    spec: WirePodSpec,
}

#[derive(Debug, Deserialize)]
struct WireTemplateMetadata {
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
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
    ready_replicas: i64,
    desired_number_scheduled: i64,
    updated_number_scheduled: i64,
    number_available: i64,
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

/// A list of ReplicaSets.
#[derive(Debug, Deserialize)]
pub(super) struct WireReplicaSets {
    items: Vec<WireReplicaSet>,
}

#[derive(Debug, Deserialize)]
struct WireReplicaSet {
    metadata: WireMetadata,
    spec: WireReplicaSetSpec,
}

#[derive(Debug, Deserialize)]
struct WireReplicaSetSpec {
    template: Option<WireTemplate>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireApplication {
    pub(super) metadata: WireMetadata,
    #[serde(default)]
    status: WireApplicationStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireApplicationStatus {
    sync: WireSync,
    health: WireHealth,
    summary: WireSummary,
    conditions: Option<Vec<WireApplicationCondition>>,
    operation_state: WireOperation,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireSync {
    status: String,
    revision: Option<String>,
    revisions: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireHealth {
    status: String,
    message: Option<String>,
    last_transition_time: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireSummary {
    images: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct WireApplicationCondition {
    #[serde(rename = "type", default)]
    kind: String,
    message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireOperation {
    phase: String,
    message: Option<String>,
    started_at: Option<String>,
    finished_at: Option<String>,
    sync_result: Option<WireSync>,
}

impl WireWorkload {
    pub(super) fn into_workload(self, kind: WorkloadKind) -> Workload {
        let Self {
            kind: _,
            metadata,
            spec,
            status,
        } = self;
        let (template_labels, template_annotations) =
            spec.template
                .metadata
                .map_or_else(Default::default, |told| {
                    (
                        told.labels.unwrap_or_default(),
                        told.annotations.unwrap_or_default(),
                    )
                });
        let revision = revision(&metadata);
        let (wanted, replicas, updated, available) = match kind {
            WorkloadKind::Deployment | WorkloadKind::Application => (
                spec.replicas.unwrap_or(1),
                status.replicas,
                status.updated_replicas,
                status.available_replicas,
            ),
            WorkloadKind::StatefulSet => (
                spec.replicas.unwrap_or(1),
                status.replicas,
                status.updated_replicas,
                status.ready_replicas,
            ),
            WorkloadKind::DaemonSet => (
                status.desired_number_scheduled,
                status.updated_number_scheduled,
                status.updated_number_scheduled,
                status.number_available,
            ),
        };
        let strategy = spec.update_strategy;
        Workload {
            kind,
            uid: metadata.uid,
            generation: metadata.generation,
            deleting: metadata.deletion_timestamp.is_some(),
            wanted,
            paused: spec.paused,
            containers: containers(spec.template.spec),
            labels: both(metadata.labels, &template_labels),
            annotations: both(metadata.annotations, &template_annotations),
            template_labels,
            template_annotations,
            selector: spec
                .selector
                .and_then(|selector| selector.match_labels)
                .unwrap_or_default(),
            revision,
            observed_generation: status.observed_generation,
            replicas,
            updated,
            available,
            partition: strategy
                .as_ref()
                .and_then(|strategy| strategy.rolling_update.as_ref()?.partition)
                .unwrap_or(0),
            on_delete: strategy.is_some_and(|strategy| strategy.kind == "OnDelete"),
            conditions: status
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

impl WireReplicaSets {
    /// Those of others that carry its labels as well are none of its past.
    pub(super) fn into_past(self, owner: &Owner<'_>) -> Vec<PastTemplate> {
        self.items
            .into_iter()
            .filter(|set| owner.controls(set.metadata.owner_references.as_deref()))
            .filter_map(|set| {
                let template = set.spec.template?;
                let (labels, annotations) = template
                    .metadata
                    .map_or((None, None), |told| (told.labels, told.annotations));
                Some(PastTemplate {
                    revision: revision(&set.metadata)?,
                    earlier: earlier_revisions(&set.metadata),
                    containers: containers(template.spec),
                    labels: labels.unwrap_or_default(),
                    annotations: both(set.metadata.annotations, &annotations.unwrap_or_default()),
                })
            })
            .collect()
    }
}

impl From<WireApplication> for Application {
    fn from(wire: WireApplication) -> Self {
        let WireApplicationStatus {
            sync,
            health,
            summary,
            conditions,
            operation_state,
        } = wire.status;
        let revisions = |sync: Option<WireSync>| -> Vec<String> {
            sync.map_or_else(Vec::new, |sync| {
                sync.revision
                    .into_iter()
                    .chain(sync.revisions.unwrap_or_default())
                    .filter(|revision| !revision.is_empty())
                    .collect()
            })
        };
        Self {
            deleting: wire.metadata.deletion_timestamp.is_some(),
            sync: sync.status.clone(),
            revisions: revisions(Some(sync)),
            health: health.status,
            health_changed_at: time(health.last_transition_time.as_deref()),
            health_message: health.message.unwrap_or_default(),
            images: summary.images.unwrap_or_default(),
            conditions: conditions
                .unwrap_or_default()
                .into_iter()
                .map(|condition| Condition {
                    kind: condition.kind,
                    message: condition.message.unwrap_or_default(),
                    ..Condition::default()
                })
                .collect(),
            operation: operation_state.phase,
            operation_message: operation_state.message.unwrap_or_default(),
            operation_revisions: revisions(operation_state.sync_result),
            started_at: time(operation_state.started_at.as_deref()),
            finished_at: time(operation_state.finished_at.as_deref()),
        }
    }
}

fn revision(metadata: &WireMetadata) -> Option<u64> {
    metadata.annotations.as_ref()?.get(REVISION)?.parse().ok()
}

fn earlier_revisions(metadata: &WireMetadata) -> Vec<u64> {
    let told = metadata.annotations.as_ref();
    told.and_then(|told| told.get(REVISION_HISTORY))
        .map_or_else(Vec::new, |told| {
            told.split(',')
                .filter_map(|revision| revision.trim().parse().ok())
                .collect()
        })
}

/// What an object says of itself and of its template; the template's word counts where both have one.
fn both(
    own: Option<BTreeMap<String, String>>,
    template: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut told = own.unwrap_or_default();
    told.extend(template.clone());
    told
}

fn containers(spec: WirePodSpec) -> Vec<Container> {
    spec.init_containers
        .unwrap_or_default()
        .into_iter()
        .chain(spec.containers)
        .map(|container| Container {
            name: container.name,
            image: container.image,
        })
        .collect()
}

fn time(text: Option<&str>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text?)
        .ok()
        .map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What a Deployment ran says its commit where the template that is current does.
    #[test]
    fn what_ran_before_keeps_what_its_template_and_its_set_say() {
        let set = |revision: Value, metadata: Value| {
            json!({
                "metadata": {
                    "name": "widgets-5", "labels": {"of": "set"},
                    "annotations": {"deployment.kubernetes.io/revision": revision, "commit": "set", "own": "set"},
                },
                "spec": {"template": {
                    "metadata": metadata,
                    "spec": {"containers": [{"name": "app", "image": "w@sha256:01"}]},
                }},
            })
        };
        let said = json!({"labels": {"version": "a"}, "annotations": {"commit": "template"}});
        let sets: WireReplicaSets = serde_json::from_value(json!({"items": [
            set(json!("5"), said.clone()),
            set(json!("4"), Value::Null),
            set(json!("none"), said),
            {"metadata": {"name": "bare"}, "spec": {}},
        ]}))
        .unwrap();
        let owner = Owner {
            kind: "Deployment",
            name: "widgets",
            uid: None,
        };
        let past = sets.into_past(&owner);
        let told: Vec<_> = past
            .iter()
            .map(|past| {
                let said = |key: &str| past.annotations.get(key).map(String::as_str);
                let version = past.labels.get("version").map(String::as_str);
                (
                    past.revision,
                    version,
                    said("commit"),
                    said("own"),
                    past.labels.get("of"),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (5, Some("a"), Some("template"), Some("set"), None),
                (4, None, Some("set"), Some("set"), None),
            ]
        );
        assert_eq!(past[0].containers.len(), 1);
    }

    /// A canary, or a worker, with the same labels and more is deployed before.
    #[test]
    fn sets_of_another_deployment_are_none_of_its_past() {
        let set = |revision: &str, owners: Value| {
            json!({
                "metadata": {"name": "x", "annotations": {"deployment.kubernetes.io/revision": revision}, "ownerReferences": owners},
                "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "w:1"}]}}},
            })
        };
        let of = |name: &str, uid: &str| json!([{"kind": "Deployment", "name": name, "uid": uid, "controller": true}]);
        let sets = json!({"items": [
            set("30", of("web", "u-1")),
            set("4", of("web-canary", "u-2")),
            set("7", of("web", "u-0")),
            set("29", Value::Null),
        ]});
        for (uid, expected) in [(Some("u-1"), vec![30, 29]), (None, vec![30, 7, 29])] {
            let owner = Owner {
                kind: "Deployment",
                name: "web",
                uid,
            };
            let sets: WireReplicaSets = serde_json::from_value(sets.clone()).unwrap();
            let past = sets.into_past(&owner);
            let revisions: Vec<u64> = past.iter().map(|past| past.revision).collect();
            assert_eq!(revisions, expected, "{uid:?}");
        }
    }
}
