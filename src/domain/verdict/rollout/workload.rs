//! What runs an image in a cluster, in domain words (`contracts/kubernetes` section 3).
//!
//! Data only. Counters that the service leaves out are 0.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::config::WorkloadKind;

/// A Deployment, StatefulSet or DaemonSet, as far as the fold asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// What it is; never an Application.
    pub kind: WorkloadKind,
    /// `metadata.uid`: what belongs to it names it so.
    pub uid: Option<String>,
    /// `metadata.generation`.
    pub generation: i64,
    /// Whether somebody is deleting it.
    pub deleting: bool,
    /// How many pods there should be: `spec.replicas`, or the nodes that a DaemonSet is for.
    pub wanted: i64,
    /// `spec.paused` of a Deployment.
    pub paused: bool,
    /// Containers and init containers of the template.
    pub containers: Vec<Container>,
    /// Labels of the object and of its template; the template's count more.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the object and of its template; the template's count more.
    pub annotations: BTreeMap<String, String>,
    /// Labels of its template alone, which its pods carry.
    pub template_labels: BTreeMap<String, String>,
    /// Annotations of its template alone.
    pub template_annotations: BTreeMap<String, String>,
    /// Labels that its pods are found by.
    pub selector: BTreeMap<String, String>,
    /// `deployment.kubernetes.io/revision`: counts what a Deployment ran.
    pub revision: Option<u64>,
    /// `status.observedGeneration`.
    pub observed_generation: i64,
    /// Pods there are.
    pub replicas: i64,
    /// Pods that have the new template.
    pub updated: i64,
    /// Pods that are available; of a StatefulSet those that are ready.
    pub available: i64,
    /// Of a StatefulSet with a partition, how many pods do not get the new template.
    pub partition: i64,
    /// Whether new pods come only when somebody deletes old ones.
    pub on_delete: bool,
    /// `status.conditions`.
    pub conditions: Vec<Condition>,
}

impl Workload {
    /// Returns the images of the template.
    #[must_use]
    pub fn images(&self) -> Vec<&str> {
        let containers = self.containers.iter();
        containers
            .map(|container| container.image.as_str())
            .collect()
    }

    /// One without anything.
    #[must_use]
    pub const fn empty(kind: WorkloadKind) -> Self {
        Self {
            kind,
            uid: None,
            generation: 0,
            deleting: false,
            wanted: 0,
            paused: false,
            containers: Vec::new(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            template_labels: BTreeMap::new(),
            template_annotations: BTreeMap::new(),
            selector: BTreeMap::new(),
            revision: None,
            observed_generation: 0,
            replicas: 0,
            updated: 0,
            available: 0,
            partition: 0,
            on_delete: false,
            conditions: Vec::new(),
        }
    }

    /// Returns the condition `Progressing`.
    #[must_use]
    pub fn progressing(&self) -> Option<&Condition> {
        self.conditions
            .iter()
            .find(|condition| condition.kind == "Progressing")
    }
}

/// A container of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
}

/// A condition of the status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Its type.
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// One word.
    pub reason: String,
    /// For people.
    pub message: String,
    /// When it last changed at all.
    pub updated_at: Option<DateTime<Utc>>,
    /// When its status last changed.
    pub changed_at: Option<DateTime<Utc>>,
}

/// What a Deployment ran, or runs: one of its ReplicaSets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastTemplate {
    /// `deployment.kubernetes.io/revision`: higher when it was made current later.
    pub revision: u64,
    /// `deployment.kubernetes.io/revision-history`: the revisions under which it was current before.
    pub earlier: Vec<u64>,
    /// Containers and init containers.
    pub containers: Vec<Container>,
    /// Labels of the template.
    pub labels: BTreeMap<String, String>,
    /// Annotations, those of the template first. A ReplicaSet has those of its Deployment from the time when it was current.
    pub annotations: BTreeMap<String, String>,
}
