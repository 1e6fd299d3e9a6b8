//! What the pods of a failed rollout say, where somebody may read that.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::owner::{Owner, WireOwner};
use crate::domain::text::quoting::shorten;
use crate::domain::text::redaction::redact;

/// Sentences that are quoted at most.
const SAID_MAX: usize = 5;

/// The longest message that is quoted, in characters.
const MESSAGE_MAX: usize = 300;

/// The label that tells the ReplicaSet of a Deployment's pod.
const HASH: &str = "pod-template-hash";

/// A list of pods.
#[derive(Debug, Deserialize)]
pub(super) struct WirePods {
    items: Vec<WirePod>,
}

#[derive(Debug, Deserialize)]
struct WirePod {
    #[serde(default)]
    metadata: WirePodMetadata,
    #[serde(default)]
    spec: WirePodSpec,
    #[serde(default)]
    status: WirePodStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePodMetadata {
    deletion_timestamp: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    owner_references: Option<Vec<WireOwner>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePodSpec {
    init_containers: Option<Vec<WirePodContainer>>,
    containers: Option<Vec<WirePodContainer>>,
}

#[derive(Debug, Deserialize)]
struct WirePodContainer {
    #[serde(default)]
    image: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePodStatus {
    phase: Option<String>,
    reason: Option<String>,
    message: Option<String>,
    conditions: Option<Vec<WirePodCondition>>,
    init_container_statuses: Option<Vec<WireContainerStatus>>,
    container_statuses: Option<Vec<WireContainerStatus>>,
}

#[derive(Debug, Deserialize)]
struct WirePodCondition {
    #[serde(rename = "type", default)]
    kind: String,
    status: String,
    reason: Option<String>,
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireContainerStatus {
    name: String,
    #[serde(default)]
    ready: bool,
    #[serde(default)]
    state: WireState,
    #[serde(default)]
    last_state: WireState,
}

#[derive(Debug, Default, Deserialize)]
struct WireState {
    waiting: Option<WireReason>,
    terminated: Option<WireReason>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireReason {
    reason: Option<String>,
    message: Option<String>,
    exit_code: Option<i64>,
}

impl WirePods {
    /// Returns those of a workload; others may carry its labels.
    pub(super) fn of(self, owner: &Owner<'_>) -> Self {
        let is_own = |pod: &WirePod| {
            let WirePodMetadata {
                labels,
                owner_references,
                deletion_timestamp: _,
            } = &pod.metadata;
            let hash = labels.as_ref().and_then(|labels| labels.get(HASH));
            owner.controls_pod(owner_references.as_deref(), hash.map(String::as_str))
        };
        Self {
            items: self.items.into_iter().filter(is_own).collect(),
        }
    }

    /// Returns what keeps pods from running, each once: `app: ImagePullBackOff: …`. Those that run other images than the template's
    /// `images` are not asked, unless all of them do: something may write them anew.
    pub(super) fn said(self, images: &[&str]) -> Vec<String> {
        let (new, old): (Vec<WirePod>, Vec<WirePod>) =
            self.items.into_iter().partition(|pod| pod.runs(images));
        let mut said: Vec<String> = Vec::new();
        for pod in if new.is_empty() { old } else { new } {
            let is_going = pod.metadata.deletion_timestamp.is_some();
            let status = pod.status;
            let runs = status.phase.as_deref() == Some("Running") && !is_going;
            let mut unready = None;
            if let Some(reason) = status.reason {
                said.push(sentence(&reason, status.message.as_deref()));
            }
            for condition in status.conditions.unwrap_or_default() {
                if let ("False", Some("Unschedulable")) =
                    (condition.status.as_str(), condition.reason.as_deref())
                {
                    said.push(sentence("Unschedulable", condition.message.as_deref()));
                }
                // Its probe fails, or was not asked yet.
                if runs
                    && (condition.kind.as_str(), condition.status.as_str()) == ("Ready", "False")
                {
                    let reason = condition.reason.as_deref().unwrap_or("NotReady");
                    unready = Some(sentence(reason, condition.message.as_deref()));
                }
            }
            let containers = status
                .init_container_statuses
                .unwrap_or_default()
                .into_iter()
                .chain(status.container_statuses.unwrap_or_default());
            let told: Vec<String> = containers.filter_map(WireContainerStatus::said).collect();
            // What a container says is why.
            said.extend(unready.filter(|_| told.is_empty()));
            said.extend(told);
        }
        let mut once: Vec<String> = Vec::new();
        for sentence in said {
            if !once.contains(&sentence) && once.len() < SAID_MAX {
                once.push(sentence);
            }
        }
        once
    }
}

impl WirePod {
    /// Whether it runs these images; where nobody tells what it runs, it may.
    fn runs(&self, images: &[&str]) -> bool {
        let spec = &self.spec;
        let containers = spec
            .containers
            .iter()
            .chain(&spec.init_containers)
            .flatten();
        let run: Vec<&str> = containers
            .map(|container| container.image.as_str())
            .collect();
        run.is_empty() || images.iter().all(|image| run.contains(image))
    }
}

impl WireContainerStatus {
    fn said(self) -> Option<String> {
        // Pods that are only starting say nothing.
        const USUAL: [&str; 2] = ["ContainerCreating", "PodInitializing"];
        let waiting = self.state.waiting.and_then(|waiting| {
            let reason = waiting
                .reason
                .filter(|reason| !USUAL.contains(&reason.as_str()))?;
            Some(sentence(&reason, waiting.message.as_deref()))
        });
        // What it was before it came up is over.
        let before = self.last_state.terminated.filter(|_| !self.ready);
        let ended = self
            .state
            .terminated
            .or(before)
            .filter(|ended| ended.exit_code != Some(0))
            .map(|ended| {
                let reason = ended.reason.unwrap_or_else(|| "ended".to_owned());
                let code = ended
                    .exit_code
                    .map_or_else(String::new, |code| format!(" (exit code {code})"));
                sentence(&format!("{reason}{code}"), ended.message.as_deref())
            });
        let said: Vec<String> = [waiting, ended].into_iter().flatten().collect();
        (!said.is_empty()).then(|| format!("{}: {}", self.name, said.join("; ")))
    }
}

fn sentence(reason: &str, message: Option<&str>) -> String {
    match message.map(str::trim).filter(|message| !message.is_empty()) {
        None => reason.to_owned(),
        Some(message) => {
            // What is cut can not be redacted any more.
            format!("{reason}: {}", shorten(&redact(message), MESSAGE_MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pods_say_what_keeps_them_from_running_and_nothing_else() {
        let pods: WirePods = serde_json::from_value(json!({"items": [
            {"status": {"containerStatuses": [
                {"name": "app", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}},
                {"name": "proxy", "state": {"running": {}}},
            ]}},
            {"status": {"containerStatuses": [
                {"name": "app", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}},
            ]}},
            {"status": {"initContainerStatuses": [
                {"name": "migrate", "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                 "lastState": {"terminated": {"reason": "Error", "exitCode": 3}}},
            ], "containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "PodInitializing"}}}]}},
            {"status": {"conditions": [
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"},
                {"type": "Ready", "status": "False"},
            ]}},
            {"status": {"reason": "Evicted", "message": "The node was low on resource: memory."}},
            {"status": {"containerStatuses": [
                {"name": "app", "state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}]}},
            {"status": {"containerStatuses": [
                {"name": "done", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}]}},
            {},
        ]})).unwrap();
        assert_eq!(
            pods.said(&[]),
            [
                "app: ImagePullBackOff: Back-off pulling image",
                "migrate: CrashLoopBackOff; Error (exit code 3)",
                "Unschedulable: 0/3 nodes are available",
                "Evicted: The node was low on resource: memory.",
                "app: OOMKilled (exit code 137)",
            ]
        );
    }

    fn said(pods: serde_json::Value, images: &[&str]) -> Vec<String> {
        let pods: WirePods = serde_json::from_value(json!({"items": pods})).unwrap();
        pods.said(images)
    }

    /// Old pods run on while new ones do not come up, and what was evicted stays in the list for weeks.
    #[test]
    fn only_pods_of_the_template_are_asked() {
        let pod = |image: &str, status: serde_json::Value| {
            json!({"spec": {"containers": [{"name": "app", "image": image}, {"name": "proxy", "image": "proxy:1"}]},
                   "status": status})
        };
        let evicted = json!({"reason": "Evicted", "message": "low on memory"});
        let crashes = json!({"containerStatuses": [
            {"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]});
        let both = json!([
            pod("r/w:old", evicted.clone()),
            pod("r/w:new", crashes.clone())
        ]);
        assert_eq!(said(both.clone(), &["r/w:new"]), ["app: CrashLoopBackOff"]);
        assert_eq!(
            said(both.clone(), &["r/w:new", "proxy:1"]),
            ["app: CrashLoopBackOff"]
        );
        // Something wrote all of them anew, or nobody tells.
        assert_eq!(said(both, &["r/w:else"]).len(), 2);
        let untold = json!([{"status": evicted}, pod("r/w:new", crashes)]);
        assert_eq!(said(untold, &["r/w:new"]).len(), 2);
        // An init container of the template.
        let init = json!([{"spec": {"containers": [{"image": "r/w:new"}], "initContainers": [{"image": "r/m:new"}]},
            "status": {"reason": "Evicted"}}, pod("r/w:new", json!({"reason": "NodeLost"}))]);
        assert_eq!(said(init, &["r/w:new", "r/m:new"]), ["Evicted"]);
    }

    /// A readiness probe that fails leaves no other trace.
    #[test]
    fn a_pod_that_runs_and_does_not_become_ready_says_so() {
        let why = "containers with unready status: [app]";
        let unready = |phase: Option<&str>, more: serde_json::Value| {
            let mut status = json!({
                "phase": phase,
                "conditions": [
                    {"type": "Initialized", "status": "True"},
                    {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": why},
                    {"type": "ContainersReady", "status": "False", "reason": "ContainersNotReady", "message": why},
                ],
                "containerStatuses": [{"name": "app", "ready": false, "state": {"running": {}}}],
            });
            let more = more.as_object().unwrap().clone();
            status.as_object_mut().unwrap().extend(more);
            status
        };
        let told = format!("ContainersNotReady: {why}");
        for (status, expected) in [
            (unready(Some("Running"), json!({})), vec![told.as_str()]),
            // It only starts, or nobody tells.
            (unready(Some("Pending"), json!({})), vec![]),
            (unready(None, json!({})), vec![]),
            // A container says more.
            (
                unready(
                    Some("Running"),
                    json!({"containerStatuses": [
                    {"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}),
                ),
                vec!["app: CrashLoopBackOff"],
            ),
            (
                unready(
                    Some("Running"),
                    json!({"conditions": [{"type": "Ready", "status": "True"}]}),
                ),
                vec![],
            ),
            (
                unready(
                    Some("Running"),
                    json!({"conditions": [{"type": "Ready", "status": "False"}]}),
                ),
                vec!["NotReady"],
            ),
        ] {
            let pods = json!([{"status": status}, {"status": status}]);
            assert_eq!(said(pods, &[]), expected, "{status}");
            let going = json!([{"metadata": {"deletionTimestamp": "2026-11-20T09:00:00Z"}, "status": unready(Some("Running"), json!({}))}]);
            assert!(said(going, &[]).is_empty());
        }
        let secret = unready(
            Some("Running"),
            json!({"conditions": [{"type": "Ready", "status": "False",
            "reason": "ReadinessGatesNotReady", "message": format!("{} postgres://app:hunter2secretX9longlong@db/x", "x ".repeat(140))}]}),
        );
        let said = said(json!([{"status": secret}]), &[]).join("");
        assert!(
            said.starts_with("ReadinessGatesNotReady: x x") && !said.contains("hunter2"),
            "{said}"
        );
        assert!(said.chars().count() < 340, "{said}");
    }

    #[test]
    fn pods_of_another_workload_are_not_asked() {
        let pod = |kind: &str, name: &str, hash: Option<&str>, reason: &str| {
            json!({"metadata": {"labels": {"pod-template-hash": hash},
                "ownerReferences": [{"kind": kind, "name": name, "uid": "u", "controller": true}]},
                "status": {"reason": reason}})
        };
        let mut job = pod("Job", "web-migrate", None, "Evicted");
        job["metadata"]["labels"] = json!({});
        let pods = json!({"items": [
            pod("ReplicaSet", "web-7d9", Some("7d9"), "NodeLost"),
            pod("ReplicaSet", "web-canary-7d9", Some("7d9"), "Shutdown"),
            job,
            {"status": {"reason": "Preempted"}},
        ]});
        for (kind, expected) in [
            ("Deployment", vec!["NodeLost", "Preempted"]),
            ("DaemonSet", vec!["Preempted"]),
        ] {
            let owner = Owner {
                kind,
                name: "web",
                uid: Some("u-web"),
            };
            let pods: WirePods = serde_json::from_value(pods.clone()).unwrap();
            assert_eq!(pods.of(&owner).said(&[]), expected, "{kind}");
        }
    }

    #[test]
    fn how_a_container_ended_that_is_ready_again_is_over() {
        for (ready, expected) in [(true, 0), (false, 1)] {
            let pods = json!([{"status": {"containerStatuses": [{"name": "app", "ready": ready, "state": {"running": {}},
                "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}]}}]);
            assert_eq!(said(pods, &[]).len(), expected);
        }
    }

    /// A program's last lines, as `terminationMessagePolicy: FallbackToLogsOnError` tells them.
    #[test]
    fn a_secret_that_the_cut_goes_through_is_redacted_before() {
        let lines = format!(
            "{} postgres://app:hunter2secretX9longlong@db.internal/x",
            "line ".repeat(54)
        );
        let pods = json!([{"status": {"containerStatuses": [{"name": "app", "state": {},
            "lastState": {"terminated": {"reason": "Error", "exitCode": 1, "message": lines}}}]}}]);
        let said = said(pods, &[]).join("");
        assert!(
            said.contains("line line") && !said.contains("hunter2"),
            "{said}"
        );
        assert!(said.chars().count() < 340, "{said}");
    }
}
