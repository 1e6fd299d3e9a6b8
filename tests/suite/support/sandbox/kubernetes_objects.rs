//! Objects of other kinds than Deployments, as their controllers would leave them.
//!
//! A story says what they show; nothing moves by itself. Counters of zero are left out, as on the real server.

use serde_json::{Map, Value, json};

use super::kubernetes::Kubernetes;

/// How far a StatefulSet is.
#[derive(Clone, Copy, Debug)]
pub struct StatefulSet<'a> {
    pub image: &'a str,
    /// `metadata.generation` and `status.observedGeneration`.
    pub generations: (u64, u64),
    pub wanted: u64,
    pub updated: u64,
    pub ready: u64,
    pub partition: u64,
    /// `RollingUpdate` or `OnDelete`.
    pub strategy: &'a str,
}

impl<'a> StatefulSet<'a> {
    /// One whose two pods run this image.
    pub const fn complete(image: &'a str) -> Self {
        Self {
            image,
            generations: (2, 2),
            wanted: 2,
            updated: 2,
            ready: 2,
            partition: 0,
            strategy: "RollingUpdate",
        }
    }
}

/// What an Argo CD Application shows.
#[derive(Clone, Copy, Debug)]
pub struct Application<'a> {
    pub revision: &'a str,
    pub images: &'a [&'a str],
    pub sync: &'a str,
    pub health: &'a str,
}

impl Kubernetes {
    pub fn set_stateful_set(&self, namespace: &str, name: &str, set: StatefulSet<'_>) {
        let (generation, observed) = set.generations;
        let mut strategy = json!({"type": set.strategy});
        if set.strategy == "RollingUpdate" {
            strategy["rollingUpdate"] = json!({"partition": set.partition});
        }
        self.set_object(
            &format!("apps/v1/namespaces/{namespace}/statefulsets/{name}"),
            json!({
                "kind": "StatefulSet", "apiVersion": "apps/v1",
                "metadata": {"name": name, "namespace": namespace, "generation": generation},
                "spec": {"replicas": set.wanted, "serviceName": name, "updateStrategy": strategy,
                    "selector": {"matchLabels": {"app": name}}, "template": template(name, set.image)},
                "status": counters(&[
                    ("observedGeneration", observed), ("replicas", set.wanted), ("readyReplicas", set.ready),
                    ("updatedReplicas", set.updated), ("availableReplicas", set.ready),
                ]),
            }),
        );
    }

    /// A DaemonSet for so many nodes, on so many of which this image runs.
    pub fn set_daemon_set(&self, namespace: &str, name: &str, image: &str, nodes: u64, done: u64) {
        self.set_object(
            &format!("apps/v1/namespaces/{namespace}/daemonsets/{name}"),
            json!({
                "kind": "DaemonSet", "apiVersion": "apps/v1",
                "metadata": {"name": name, "namespace": namespace, "generation": 2},
                "spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
                    "selector": {"matchLabels": {"app": name}}, "template": template(name, image)},
                "status": counters(&[
                    ("observedGeneration", 2), ("desiredNumberScheduled", nodes), ("currentNumberScheduled", nodes),
                    ("updatedNumberScheduled", done), ("numberAvailable", done), ("numberReady", done),
                ]),
            }),
        );
    }

    pub fn set_application(&self, namespace: &str, name: &str, application: Application<'_>) {
        self.set_object(
            &format!("argoproj.io/v1alpha1/namespaces/{namespace}/applications/{name}"),
            json!({
                "kind": "Application", "apiVersion": "argoproj.io/v1alpha1",
                "metadata": {"name": name, "namespace": namespace, "generation": 9},
                "spec": {"project": "default", "destination": {"namespace": "shop"}},
                "status": {
                    "sync": {"status": application.sync, "revision": application.revision},
                    "health": {"status": application.health},
                    "summary": {"images": application.images},
                    "operationState": {"phase": "Succeeded", "message": "successfully synced (all tasks run)",
                        "startedAt": "2026-11-20T09:00:00Z", "finishedAt": "2026-11-20T09:00:10Z",
                        "syncResult": {"revision": application.revision}},
                },
            }),
        );
    }
}

fn template(name: &str, image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "app", "image": image, "resources": {}}]},
    })
}

fn counters(all: &[(&str, u64)]) -> Value {
    let shown: Map<String, Value> = all
        .iter()
        .filter(|(_, count)| *count != 0)
        .map(|(name, count)| ((*name).to_owned(), json!(count)))
        .collect();
    Value::Object(shown)
}
