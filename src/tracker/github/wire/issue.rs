//! One issue with its timeline, edits and comments.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::actor::{WireActor, actor};
use super::blocker::{WireBlocker, WireDependenciesSummary};
use super::graphql::{Named, Nodes, maybe_null};
use crate::domain::issue::{Comment, Edit, IssueState};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireIssue {
    pub(in crate::tracker::github) number: u64,
    pub(in crate::tracker::github) url: String,
    pub(in crate::tracker::github) title: String,
    pub(in crate::tracker::github) body: String,
    pub(in crate::tracker::github) state: String,
    pub(in crate::tracker::github) author: Option<WireActor>,
    pub(in crate::tracker::github) labels: Option<Nodes<Named>>,
    /// Null says that nobody ever edited; a missing member says nothing.
    #[serde(deserialize_with = "maybe_null")]
    pub(in crate::tracker::github) last_edited_at: Option<DateTime<Utc>>,
    pub(in crate::tracker::github) user_content_edits: Option<Nodes<WireEdit>>,
    pub(in crate::tracker::github) timeline_items: Option<Nodes<WireTimelineItem>>,
    pub(in crate::tracker::github) comments: Option<Nodes<WireComment>>,
    #[serde(default)]
    pub(in crate::tracker::github) issue_dependencies_summary: Option<WireDependenciesSummary>,
    #[serde(default)]
    pub(in crate::tracker::github) blocked_by: Option<Nodes<WireBlocker>>,
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
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireComment {
    pub(in crate::tracker::github) author: Option<WireActor>,
    pub(in crate::tracker::github) author_association: String,
    pub(in crate::tracker::github) body: String,
    pub(in crate::tracker::github) created_at: DateTime<Utc>,
    /// Null says that nobody ever edited; a missing member says nothing.
    #[serde(deserialize_with = "maybe_null")]
    pub(in crate::tracker::github) last_edited_at: Option<DateTime<Utc>>,
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
        Comment {
            author: actor(self.author),
            author_may_have_write: matches!(
                self.author_association.as_str(),
                "OWNER" | "MEMBER" | "COLLABORATOR"
            ),
            created_at: self.created_at,
            last_edited_at: self.last_edited_at,
            body: self.body,
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
