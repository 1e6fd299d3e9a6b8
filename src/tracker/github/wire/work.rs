//! Who and what else is at work on an issue: blockers, sub-issues, pull requests.

use serde::Deserialize;

use super::actor::WireActor;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireDependenciesSummary {
    pub(in crate::tracker::github) blocked_by: u64,
}

#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct WireBlocker {
    pub(in crate::tracker::github) number: u64,
    pub(in crate::tracker::github) state: String,
    pub(in crate::tracker::github) repository: WireHome,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireHome {
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

#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct WireSubIssuesSummary {
    total: u64,
    completed: u64,
}

impl WireSubIssuesSummary {
    /// How many are open.
    pub(in crate::tracker::github) const fn open(&self) -> u64 {
        self.total.saturating_sub(self.completed)
    }
}

/// A pull request that will close an issue.
#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct WireRival {
    pub(in crate::tracker::github) number: u64,
    pub(in crate::tracker::github) state: String,
    pub(in crate::tracker::github) author: Option<WireActor>,
    pub(in crate::tracker::github) repository: WireHome,
}
