//! Events of an issue through REST.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::actor::RestUser;
use crate::domain::identity::Authorisation;
use crate::domain::issue::{Actor, Edit, LabelChange, LabelEvent, StateChange, StateEvent, ViaApp};

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
    #[serde(default)]
    pub(in crate::tracker::github) assignee: Option<RestUser>,
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

/// What an event says that anybody asks.
#[derive(Debug)]
pub(in crate::tracker::github) enum RestHappening {
    Label(LabelEvent),
    State(StateEvent),
    Rename(Edit),
    Transfer(DateTime<Utc>),
    Assignment {
        at: DateTime<Utc>,
        assignee: Actor,
        /// Whether it was put on, not taken off.
        begins: bool,
    },
}

impl RestEvent {
    /// Returns what happened, `None` for every other kind of event.
    ///
    /// # Errors
    ///
    /// A text for people when an event lacks what it must have.
    pub(in crate::tracker::github) fn into_happening(
        self,
    ) -> Result<Option<RestHappening>, String> {
        let kind = self.event.as_str();
        let time = || {
            self.created_at
                .ok_or(format!("a {kind} event without a time"))
        };
        let who = |actor: Option<RestUser>| actor.map_or(Actor::Gone, RestUser::into_actor);
        let state = |change, at, actor| {
            let actor = who(actor);
            Ok(Some(RestHappening::State(StateEvent { at, change, actor })))
        };
        match kind {
            "labeled" => self.into_label_event(LabelChange::Added).map(Some),
            "unlabeled" => self.into_label_event(LabelChange::Removed).map(Some),
            // What was made a discussion is closed, whatever another reading still shows.
            "closed" | "converted_to_discussion" => state(StateChange::Closed, time()?, self.actor),
            "reopened" => state(StateChange::Reopened, time()?, self.actor),
            "renamed" => Ok(Some(RestHappening::Rename(Edit {
                at: time()?,
                editor: who(self.actor),
            }))),
            "assigned" | "unassigned" => Ok(Some(RestHappening::Assignment {
                at: time()?,
                assignee: who(self.assignee),
                begins: kind == "assigned",
            })),
            "transferred" => Ok(Some(RestHappening::Transfer(time()?))),
            _ => Ok(None),
        }
    }

    fn into_label_event(self, change: LabelChange) -> Result<RestHappening, String> {
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
        Ok(RestHappening::Label(LabelEvent {
            id,
            at,
            change,
            label,
            actor: self.actor.map_or(Actor::Gone, RestUser::into_actor),
            via_app,
        }))
    }
}
