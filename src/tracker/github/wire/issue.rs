//! One issue with its timeline, edits and comments.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::actor::{WireActor, actor};
use super::graphql::{Named, Nodes, maybe_null};
use super::parent::WireParent;
use super::work::{WireBlocker, WireDependenciesSummary, WireRival, WireSubIssuesSummary};
use crate::domain::issue::{Comment, Edit, IssueState};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireIssue {
    pub(in crate::tracker::github) number: u64,
    pub(in crate::tracker::github) url: String,
    pub(in crate::tracker::github) title: String,
    pub(in crate::tracker::github) body: String,
    pub(in crate::tracker::github) state: String,
    pub(in crate::tracker::github) created_at: DateTime<Utc>,
    pub(in crate::tracker::github) author: Option<WireActor>,
    pub(in crate::tracker::github) labels: Option<Nodes<Named>>,
    /// Null says that nobody ever edited; a missing member says nothing.
    #[serde(deserialize_with = "maybe_null")]
    pub(in crate::tracker::github) last_edited_at: Option<DateTime<Utc>>,
    pub(in crate::tracker::github) user_content_edits: Option<Nodes<WireEdit>>,
    pub(in crate::tracker::github) timeline_items: Option<Nodes<WireTimelineItem>>,
    #[serde(default)]
    pub(in crate::tracker::github) comments: Option<Nodes<WireComment>>,
    /// How many comments there are, where they are not asked for themselves.
    #[serde(default)]
    pub(in crate::tracker::github) commented: Option<WireCount>,
    pub(in crate::tracker::github) assignees: Option<Nodes<Option<WireActor>>>,
    #[serde(default)]
    pub(in crate::tracker::github) sub_issues_summary: Option<WireSubIssuesSummary>,
    #[serde(default)]
    pub(in crate::tracker::github) parent: Option<WireParent>,
    /// A pull request that we may not see is null.
    #[serde(default)]
    pub(in crate::tracker::github) closed_by_pull_requests_references:
        Option<Nodes<Option<WireRival>>>,
    #[serde(default)]
    pub(in crate::tracker::github) issue_dependencies_summary: Option<WireDependenciesSummary>,
    /// One in a repository that we may not see is null.
    #[serde(default)]
    pub(in crate::tracker::github) blocked_by: Option<Nodes<Option<WireBlocker>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireCount {
    #[serde(default)]
    pub(in crate::tracker::github) total_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireEdit {
    pub(in crate::tracker::github) edited_at: DateTime<Utc>,
    pub(in crate::tracker::github) editor: Option<WireActor>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireTimelineItem {
    #[serde(rename = "__typename")]
    pub(in crate::tracker::github) kind: String,
    #[serde(default)]
    pub(in crate::tracker::github) id: Option<String>,
    #[serde(default)]
    pub(in crate::tracker::github) created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(in crate::tracker::github) label: Option<Named>,
    #[serde(default)]
    pub(in crate::tracker::github) actor: Option<WireActor>,
    #[serde(default)]
    pub(in crate::tracker::github) assignee: Option<WireActor>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireComment {
    pub(in crate::tracker::github) author: Option<WireActor>,
    /// Missing where it was not asked for.
    #[serde(default)]
    pub(in crate::tracker::github) body: Option<String>,
    pub(in crate::tracker::github) created_at: DateTime<Utc>,
    /// Null says that nobody ever edited; a missing member says nothing.
    #[serde(deserialize_with = "maybe_null")]
    pub(in crate::tracker::github) last_edited_at: Option<DateTime<Utc>>,
    pub(in crate::tracker::github) editor: Option<WireActor>,
    /// Asked for with the body; null where nobody ever edited.
    #[serde(default)]
    pub(in crate::tracker::github) user_content_edits: Option<Nodes<WireEditor>>,
    pub(in crate::tracker::github) is_minimized: bool,
    /// Asked for with the body.
    #[serde(default)]
    pub(in crate::tracker::github) created_via_email: bool,
}

/// Who edited a text; the list has an entry for its creation too.
#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct WireEditor {
    editor: Option<WireActor>,
}

impl WireEdit {
    pub(in crate::tracker::github) fn into_edit(self) -> Edit {
        Edit {
            at: self.edited_at,
            editor: actor(self.editor),
        }
    }
}

impl WireComment {
    pub(in crate::tracker::github) fn into_comment(self) -> Comment {
        let earlier_editors = match self.user_content_edits {
            // Withheld, it comes with an error. A server that has no such list tells of the last editor alone.
            None => Some(Vec::new()),
            Some(edits) if edits.total_count == Some(edits.nodes.len() as u64) => {
                let editors = edits.nodes.into_iter().map(|edit| actor(edit.editor));
                Some(editors.collect())
            }
            Some(_) => None,
        };
        Comment {
            author: actor(self.author),
            created_at: self.created_at,
            last_edit: self.last_edited_at.map(|at| Edit {
                at,
                editor: actor(self.editor),
            }),
            earlier_editors,
            minimised: self.is_minimized,
            by_mail: self.created_via_email,
            body: self.body.unwrap_or_default(),
        }
    }
}

/// `Issue.state`.
pub(in crate::tracker::github) fn issue_state(word: String) -> IssueState {
    match word.as_str() {
        "OPEN" => IssueState::Open,
        "CLOSED" => IssueState::Closed,
        _ => IssueState::Unknown(word),
    }
}
