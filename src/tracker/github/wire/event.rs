//! Events of an issue through REST.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::actor::RestUser;
use crate::domain::identity::Authorisation;
use crate::domain::issue::{Actor, LabelChange, LabelEvent, ViaApp};

/// One entry of `GET /repos/{owner}/{repo}/issues/{n}/events`.
#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct RestEvent {
    #[serde(default)]
    pub(in crate::tracker::github) node_id: Option<String>,
    #[serde(default)]
    pub(in crate::tracker::github) event: String,
    #[serde(default)]
    pub(in crate::tracker::github) actor: Option<RestUser>,
    #[serde(default)]
    pub(in crate::tracker::github) created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(in crate::tracker::github) label: Option<RestLabel>,
    /// The outer `None`: the answer does not have the member at all, so nobody knows.
    #[serde(default, deserialize_with = "present")]
    pub(in crate::tracker::github) performed_via_github_app: Option<Option<RestApp>>,
}

fn present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<RestApp>>, D::Error> {
    Option::<RestApp>::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct RestApp {
    #[serde(default)]
    pub(in crate::tracker::github) slug: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct RestLabel {
    #[serde(default)]
    pub(in crate::tracker::github) name: Option<String>,
}

impl RestEvent {
    /// Returns the label event, `None` for every other kind of event.
    ///
    /// # Errors
    ///
    /// A text for people when a label event lacks what it must have.
    pub(in crate::tracker::github) fn into_label_event(self) -> Result<Option<LabelEvent>, String> {
        let change = match self.event.as_str() {
            "labeled" => LabelChange::Added,
            "unlabeled" => LabelChange::Removed,
            _ => return Ok(None),
        };
        let id = self
            .node_id
            .as_deref()
            .and_then(Authorisation::new)
            .ok_or("a label event without a usable node_id")?;
        let label = self
            .label
            .and_then(|label| label.name)
            .ok_or("a label event without a label name")?;
        let at = self.created_at.ok_or("a label event without a time")?;
        let via_app = match self.performed_via_github_app {
            None => ViaApp::Unknown,
            Some(None) => ViaApp::No,
            Some(Some(RestApp { slug: Some(slug) })) => ViaApp::App(slug),
            Some(Some(RestApp { slug: None })) => ViaApp::Unknown,
        };
        Ok(Some(LabelEvent {
            id,
            at,
            change,
            label,
            actor: self.actor.map_or(Actor::Gone, RestUser::into_actor),
            via_app,
        }))
    }
}
