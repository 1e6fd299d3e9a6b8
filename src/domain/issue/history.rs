//! What happened to an issue: labels, edits, closing and reopening.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::actor::{Actor, ViaApp};
use crate::domain::identity::Authorisation;

/// Whether a label was put on or taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelChange {
    /// Put on the issue.
    Added,
    /// Taken off the issue.
    Removed,
}

/// One change of one label (GitHub REST 2022-11-28, `labeled` and `unlabeled` events).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelEvent {
    /// The event's id on the forge.
    pub id: Authorisation,
    /// When, to the forge's resolution of one second.
    pub at: DateTime<Utc>,
    /// On or off.
    pub change: LabelChange,
    /// The label's name as of the event.
    pub label: String,
    /// Who.
    pub actor: Actor,
    /// Through which App.
    pub via_app: ViaApp,
}

/// One edit of the body, or one rename.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// When, to one second.
    pub at: DateTime<Utc>,
    /// Who.
    pub editor: Actor,
}

/// What a forge tells about edits of the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyEdits {
    /// The forge says that the body was never edited.
    Never,
    /// The body was edited.
    Edited {
        /// Time of the newest edit.
        last_at: DateTime<Utc>,
        /// The edits that could be listed, in any order.
        listed: Vec<Edit>,
        /// Whether `listed` holds every edit there was.
        complete: bool,
    },
    /// The forge hides who edited and when, and does not prove that nobody did (Forgejo, Gitea).
    Hidden {
        /// Whether people who may not push can edit issues of others (teams that have issues only).
        others_may_edit: bool,
        /// Whether nothing at all happened on the issue after the authorisation.
        quiet_since_authorisation: bool,
    },
}

/// Whether an issue was closed or opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateChange {
    /// Closed, for whatever reason.
    Closed,
    /// Opened again.
    Reopened,
}

/// One change of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateEvent {
    /// When, to one second.
    pub at: DateTime<Utc>,
    /// What.
    pub change: StateChange,
    /// Who.
    pub actor: Actor,
}
