//! What blocks an issue.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireDependenciesSummary {
    pub(in crate::tracker::github) blocked_by: u64,
}

#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct WireBlocker {
    pub(in crate::tracker::github) number: u64,
    pub(in crate::tracker::github) state: String,
    pub(in crate::tracker::github) repository: WireBlockerRepository,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireBlockerRepository {
    pub(in crate::tracker::github) name_with_owner: String,
}

/// The state of a blocker that a body names: an issue's or a pull request's.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireBlockerState {
    #[serde(default)]
    pub(in crate::tracker::github) state: Option<String>,
    #[serde(default)]
    pub(in crate::tracker::github) pr_state: Option<String>,
}
