//! A Deployment in domain words (`contracts/kubernetes` section 3).

use chrono::{DateTime, Utc};

/// A Deployment, as far as the fold asks. Counters that the service leaves out are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployment {
    /// `metadata.generation`.
    pub generation: i64,
    /// Whether somebody is deleting it.
    pub deleting: bool,
    /// `spec.replicas`, 1 unless told otherwise.
    pub wanted_replicas: i64,
    /// `spec.paused`.
    pub paused: bool,
    /// Containers and init containers of the template.
    pub containers: Vec<Container>,
    /// Labels and annotations of the template that tell a commit: `app.kubernetes.io/version` and
    /// `org.opencontainers.image.revision`.
    pub revisions: Vec<String>,
    /// `status.observedGeneration`.
    pub observed_generation: i64,
    /// `status.replicas`.
    pub replicas: i64,
    /// `status.updatedReplicas`.
    pub updated_replicas: i64,
    /// `status.availableReplicas`.
    pub available_replicas: i64,
    /// `status.conditions`.
    pub conditions: Vec<Condition>,
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
