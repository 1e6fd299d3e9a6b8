//! Who and what else is at work on an issue: blockers, assignees, pull requests.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::actor::Actor;

/// Whether something that must be finished first is finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockerState {
    /// Closed or merged.
    Closed,
    /// Open.
    Open,
    /// Could not be looked up, and why.
    Unresolved(String),
}

/// One blocker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocker {
    /// Its name for people: `owner/name#n`.
    pub name: String,
    /// Its state.
    pub state: BlockerState,
}

/// Somebody who is assigned now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Who.
    pub assignee: Actor,
    /// Since when, to one second; `None` when the forge shows no event of it.
    pub since: Option<DateTime<Utc>>,
}

/// An open pull request that will close the issue when it is merged, drafts included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rival {
    /// Its name for people: `owner/name#n`.
    pub name: String,
    /// Who opened it.
    pub author: Actor,
}
