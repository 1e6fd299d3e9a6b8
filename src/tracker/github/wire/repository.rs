//! Repositories and their ready issues, as bulk reads tell about them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::graphql::{Named, Nodes};
use super::work::WireSubIssuesSummary;
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

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireReady {
    pub(in crate::tracker::github) number: u64,
    pub(in crate::tracker::github) body: String,
    pub(in crate::tracker::github) labels: Nodes<Named>,
    pub(in crate::tracker::github) timeline_items: Nodes<WireLabelChange>,
    #[serde(default)]
    pub(in crate::tracker::github) sub_issues_summary: Option<WireSubIssuesSummary>,
}

/// A labelled or unlabelled event of the bulk read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireLabelChange {
    #[serde(rename = "__typename")]
    pub(in crate::tracker::github) kind: String,
    #[serde(default)]
    pub(in crate::tracker::github) id: Option<String>,
    #[serde(default)]
    pub(in crate::tracker::github) created_at: Option<DateTime<Utc>>,
    pub(in crate::tracker::github) label: Option<Named>,
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
