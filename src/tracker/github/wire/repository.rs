//! Repositories and their ready issues, as bulk reads tell about them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::actor::WireActor;
use super::graphql::{Named, Nodes};
use super::issue::WireTimelineItem;
use super::work::{WireBlocker, WireDependenciesSummary, WireRival, WireSubIssuesSummary};
use crate::domain::issue::Visibility;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireFacts {
    pub(in crate::tracker::github) database_id: u64,
    pub(in crate::tracker::github) name_with_owner: String,
    pub(in crate::tracker::github) url: String,
    pub(in crate::tracker::github) is_archived: bool,
    pub(in crate::tracker::github) has_issues_enabled: bool,
    pub(in crate::tracker::github) visibility: String,
    pub(in crate::tracker::github) default_branch_ref: Option<Named>,
}

#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct WireSurvey {
    #[serde(flatten)]
    pub(in crate::tracker::github) facts: WireFacts,
    pub(in crate::tracker::github) locked: Nodes<Numbered>,
    pub(in crate::tracker::github) ready: Nodes<WireReady>,
}

#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct Numbered {
    pub(in crate::tracker::github) number: u64,
}

/// A ready issue. What may be withheld without harm is left out then: the issue's own reading tells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireReady {
    pub(in crate::tracker::github) number: u64,
    #[serde(default)]
    pub(in crate::tracker::github) last_edited_at: Option<DateTime<Utc>>,
    pub(in crate::tracker::github) labels: Nodes<Named>,
    pub(in crate::tracker::github) timeline_items: Nodes<WireTimelineItem>,
    #[serde(default)]
    pub(in crate::tracker::github) assignees: Option<Nodes<Option<WireActor>>>,
    #[serde(default)]
    pub(in crate::tracker::github) sub_issues_summary: Option<WireSubIssuesSummary>,
    #[serde(default)]
    pub(in crate::tracker::github) issue_dependencies_summary: Option<WireDependenciesSummary>,
    #[serde(default)]
    pub(in crate::tracker::github) blocked_by: Option<Nodes<Option<WireBlocker>>>,
    #[serde(default)]
    pub(in crate::tracker::github) closed_by_pull_requests_references:
        Option<Nodes<Option<WireRival>>>,
}

/// The part of the issue read that is about the repository.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireRepository {
    pub(in crate::tracker::github) database_id: u64,
    pub(in crate::tracker::github) issue_or_pull_request: Option<Value>,
}

/// `Repository.visibility`.
pub(in crate::tracker::github) fn visibility(word: &str) -> Visibility {
    match word {
        "PUBLIC" => Visibility::Public,
        "INTERNAL" => Visibility::Internal,
        "PRIVATE" => Visibility::Private,
        _ => Visibility::Unknown,
    }
}
