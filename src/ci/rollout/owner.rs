//! Whose a ReplicaSet or a pod is.
//!
//! Labels do not tell: the selector of one workload may fit another one's pods that carry more (`component: worker`, `track: canary`).
//! Kubernetes itself goes by the controller among the owners of an object.

use serde::Deserialize;

/// One of `metadata.ownerReferences`.
#[derive(Debug, Deserialize)]
pub(super) struct WireOwner {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    uid: Option<String>,
    controller: Option<bool>,
}

/// A workload that others may belong to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'a> {
    /// `Deployment`, `StatefulSet` or `DaemonSet`.
    pub kind: &'a str,
    /// `metadata.name`.
    pub name: &'a str,
    /// `metadata.uid`, where it is told.
    pub uid: Option<&'a str>,
}

impl Owner<'_> {
    /// Whether an object with these owners is its own. What nobody controls is as its labels say.
    pub(super) fn controls(&self, owners: Option<&[WireOwner]>) -> bool {
        controller(owners).is_none_or(|told| match (self.uid, told.uid.as_deref()) {
            (Some(own), Some(told)) => own == told,
            (Some(_) | None, None) | (None, Some(_)) => {
                told.kind == self.kind && told.name == self.name
            }
        })
    }

    /// Whether a pod with these owners is its own. A Deployment has its pods by a ReplicaSet, which is called like it and like their
    /// `pod-template-hash`.
    pub(super) fn controls_pod(&self, owners: Option<&[WireOwner]>, hash: Option<&str>) -> bool {
        if self.kind != "Deployment" {
            return self.controls(owners);
        }
        controller(owners).is_none_or(|told| {
            told.kind == "ReplicaSet"
                && hash.is_none_or(|hash| told.name == format!("{}-{hash}", self.name))
        })
    }
}

fn controller(owners: Option<&[WireOwner]>) -> Option<&WireOwner> {
    owners
        .unwrap_or_default()
        .iter()
        .find(|owner| owner.controller == Some(true))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn owners(told: Value) -> Option<Vec<WireOwner>> {
        serde_json::from_value(told).unwrap()
    }

    fn one(kind: &str, name: &str, uid: Option<&str>) -> Value {
        json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true}])
    }

    #[test]
    fn an_object_is_its_controllers() {
        let told = Owner {
            kind: "Deployment",
            name: "web",
            uid: Some("u-1"),
        };
        let untold = Owner { uid: None, ..told };
        for (of, by_uid, by_name) in [
            (one("Deployment", "web", Some("u-1")), true, true),
            // A namesake that is gone, and one that was renamed by nobody.
            (one("Deployment", "web", Some("u-2")), false, true),
            (one("Deployment", "web-canary", Some("u-1")), true, false),
            (one("Deployment", "web-canary", Some("u-2")), false, false),
            (one("Deployment", "web", None), true, true),
            (one("Deployment", "web-canary", None), false, false),
            (one("StatefulSet", "web", None), false, false),
            // Nobody controls it.
            (json!([]), true, true),
            (Value::Null, true, true),
            (
                json!([{"kind": "Deployment", "name": "other", "uid": "u-2"}]),
                true,
                true,
            ),
            // The controller is not the first owner.
            (
                json!([{"kind": "Deployment", "name": "web", "uid": "u-1"},
                    {"kind": "Deployment", "name": "other", "uid": "u-2", "controller": true}]),
                false,
                false,
            ),
        ] {
            let owners = owners(of.clone());
            let said = [told, untold].map(|owner| owner.controls(owners.as_deref()));
            assert_eq!(said, [by_uid, by_name], "{of}");
        }
    }

    #[test]
    fn a_pod_of_a_deployment_is_its_replica_sets() {
        let of = |kind| Owner {
            kind,
            name: "web",
            uid: None,
        };
        for (kind, owner, hash, expected) in [
            (
                "Deployment",
                one("ReplicaSet", "web-7d9", None),
                Some("7d9"),
                true,
            ),
            (
                "Deployment",
                one("ReplicaSet", "web-canary-7d9", None),
                Some("7d9"),
                false,
            ),
            ("Deployment", one("ReplicaSet", "web-7d9", None), None, true),
            ("Deployment", one("Job", "web-migrate", None), None, false),
            ("Deployment", json!([]), Some("7d9"), true),
            ("Deployment", Value::Null, None, true),
            ("StatefulSet", one("StatefulSet", "web", None), None, true),
            (
                "StatefulSet",
                one("StatefulSet", "web-shadow", None),
                None,
                false,
            ),
            (
                "DaemonSet",
                one("ReplicaSet", "web-7d9", None),
                Some("7d9"),
                false,
            ),
        ] {
            let owners = owners(owner.clone());
            let said = of(kind).controls_pod(owners.as_deref(), hash);
            assert_eq!(said, expected, "{kind} {owner} {hash:?}");
        }
    }
}
