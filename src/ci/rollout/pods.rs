//! What the pods of a failed rollout say, where somebody may read that.

use serde::Deserialize;

/// Sentences that are quoted at most.
const SAID_MAX: usize = 5;

/// The longest message that is quoted, in characters.
const MESSAGE_MAX: usize = 300;

/// A list of pods.
#[derive(Debug, Deserialize)]
pub(super) struct WirePods {
    items: Vec<WirePod>,
}

#[derive(Debug, Deserialize)]
struct WirePod {
    #[serde(default)]
    status: WirePodStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePodStatus {
    reason: Option<String>,
    message: Option<String>,
    conditions: Option<Vec<WirePodCondition>>,
    init_container_statuses: Option<Vec<WireContainerStatus>>,
    container_statuses: Option<Vec<WireContainerStatus>>,
}

#[derive(Debug, Deserialize)]
struct WirePodCondition {
    status: String,
    reason: Option<String>,
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireContainerStatus {
    name: String,
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
    /// Returns what keeps pods from running, each once: `app: ImagePullBackOff: …`.
    pub(super) fn said(self) -> Vec<String> {
        let mut said: Vec<String> = Vec::new();
        for pod in self.items {
            let status = pod.status;
            if let Some(reason) = status.reason {
                said.push(sentence(&reason, status.message.as_deref()));
            }
            for condition in status.conditions.unwrap_or_default() {
                if let ("False", Some("Unschedulable")) =
                    (condition.status.as_str(), condition.reason.as_deref())
                {
                    said.push(sentence("Unschedulable", condition.message.as_deref()));
                }
            }
            let containers = status
                .init_container_statuses
                .unwrap_or_default()
                .into_iter()
                .chain(status.container_statuses.unwrap_or_default());
            for container in containers {
                said.extend(container.said());
            }
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
        let ended = self
            .state
            .terminated
            .or(self.last_state.terminated)
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
            let short: String = message.chars().take(MESSAGE_MAX).collect();
            format!("{reason}: {short}")
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
            pods.said(),
            [
                "app: ImagePullBackOff: Back-off pulling image",
                "migrate: CrashLoopBackOff; Error (exit code 3)",
                "Unschedulable: 0/3 nodes are available",
                "Evicted: The node was low on resource: memory.",
                "app: OOMKilled (exit code 137)",
            ]
        );
    }
}
