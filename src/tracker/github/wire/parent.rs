//! The parent of an issue.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::actor::{WireActor, actor};
use super::graphql::{Nodes, PageInfo, maybe_null};
use super::work::WireHome;
use crate::domain::issue::{Actor, Parent, ParentIssue};
use crate::domain::repository::{ForgeKind, RepoRef};

/// An issue, as far as it is context of another one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireParent {
    number: u64,
    title: String,
    body: String,
    author: Option<WireActor>,
    /// Null says that nobody ever edited; a missing member says nothing.
    #[serde(deserialize_with = "maybe_null")]
    last_edited_at: Option<DateTime<Utc>>,
    user_content_edits: Option<Nodes<WireEditor>>,
    timeline_items: Option<Nodes<WireRename>>,
    repository: WireHome,
}

#[derive(Debug, Deserialize)]
struct WireEditor {
    editor: Option<WireActor>,
}

#[derive(Debug, Deserialize)]
struct WireRename {
    #[serde(default)]
    actor: Option<WireActor>,
}

impl WireParent {
    pub(in crate::tracker::github) fn into_parent(self) -> Parent {
        let full_name = self.repository.name_with_owner;
        let mut editors: Vec<Actor> = Vec::new();
        let mut editors_complete = true;
        // Where the time of the newest edit and the list contradict each other, the worse of the two counts.
        let lists_any = |edits: &Nodes<WireEditor>| !edits.nodes.is_empty();
        if self.last_edited_at.is_some() || self.user_content_edits.as_ref().is_some_and(lists_any)
        {
            match self.user_content_edits {
                Some(edits)
                    if !edits.nodes.is_empty()
                        && edits.total_count == Some(edits.nodes.len() as u64) =>
                {
                    editors.extend(edits.nodes.into_iter().map(|edit| actor(edit.editor)));
                }
                Some(_) | None => editors_complete = false,
            }
        }
        match self.timeline_items {
            Some(renames)
                if renames.page_info.as_ref().and_then(PageInfo::has_previous) == Some(false) =>
            {
                editors.extend(renames.nodes.into_iter().map(|rename| actor(rename.actor)));
            }
            Some(_) | None => editors_complete = false,
        }
        Parent::Read(Box::new(ParentIssue {
            name: format!("{full_name}#{}", self.number),
            repo: RepoRef::parse(&full_name, ForgeKind::GitHub).ok(),
            title: self.title,
            body: self.body,
            author: actor(self.author),
            editors,
            editors_complete,
        }))
    }
}
