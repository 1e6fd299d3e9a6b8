//! Who and what else is at work on an issue: assignees and pull requests.

use chrono::{DateTime, Utc};

use super::capabilities::Capabilities;
use super::wire::{Nodes, WireBlocker, WireRival, WireTimelineItem, actor, present};
use crate::domain::issue::{Actor, Blocker, BlockerState, Rival};

/// Since when somebody is assigned, by the newest event of it.
pub(super) fn assigned_at(items: &[WireTimelineItem], assignee: &Actor) -> Option<DateTime<Utc>> {
    let is_theirs = |item: &&WireTimelineItem| {
        item.kind == "AssignedEvent"
            && item
                .assignee
                .as_ref()
                .is_some_and(|assigned| same_account(&assigned.to_actor(), assignee))
    };
    items.iter().rev().find(is_theirs)?.created_at
}

fn same_account(one: &Actor, other: &Actor) -> bool {
    let id = |actor: &Actor| match actor {
        Actor::User { id, .. } | Actor::Bot { id, .. } => *id,
        Actor::Other { .. } | Actor::Gone => None,
    };
    match (id(one), id(other)) {
        (Some(one), Some(other)) => one == other,
        (None, _) | (_, None) => one.name().eq_ignore_ascii_case(other.name()),
    }
}

/// The open pull requests that will close the issue.
pub(super) fn rivals(
    wire: Option<Nodes<Option<WireRival>>>,
    capabilities: Capabilities,
    gaps: &mut Vec<String>,
) -> Vec<Rival> {
    if wire.is_none() && !capabilities.closing_pull_requests {
        return Vec::new();
    }
    let wire = present(wire, "pull requests that will close it", gaps);
    if wire.total_count != Some(wire.nodes.len() as u64) {
        gaps.push("more pull requests will close it than GitHub lists".to_owned());
    }
    let mut rivals = Vec::new();
    for rival in wire.nodes {
        match rival {
            None => gaps.push("a pull request that we may not see will close it".to_owned()),
            Some(rival) => rivals.extend(open_rival(rival)),
        }
    }
    rivals
}

/// One that is open, or in a state that nobody knows.
pub(super) fn open_rival(rival: WireRival) -> Option<Rival> {
    if matches!(rival.state.as_str(), "CLOSED" | "MERGED") {
        return None;
    }
    Some(Rival {
        name: format!("{}#{}", rival.repository.name_with_owner, rival.number),
        author: actor(rival.author),
    })
}

/// Stands for a native blocker that our token may not see.
pub(super) fn withheld_blocker() -> Blocker {
    Blocker {
        name: "a blocker that our token may not see".to_owned(),
        state: BlockerState::Unresolved("it is withheld".to_owned()),
    }
}

/// A native blocker.
pub(super) fn native_blocker(wire: WireBlocker) -> Blocker {
    Blocker {
        name: format!("{}#{}", wire.repository.name_with_owner, wire.number),
        state: match wire.state.as_str() {
            "OPEN" => BlockerState::Open,
            "CLOSED" => BlockerState::Closed,
            word => BlockerState::Unresolved(format!("unknown state {word}")),
        },
    }
}
