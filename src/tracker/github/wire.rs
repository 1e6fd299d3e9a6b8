//! Shapes of GitHub's answers, as far as they are read, and what they mean in domain terms.
//!
//! GraphQL shapes follow the public schema of July 2026, REST shapes the description 2022-11-28. Unknown
//! words become explicit unknowns; a member that the answer must have and lacks is a decoding error.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::identity::Authorisation;
use crate::domain::issue::{
    Actor, Comment, Edit, IssueState, LabelChange, LabelEvent, Permission, ViaApp, Visibility,
};

/// A GraphQL answer.
#[derive(Debug, Deserialize)]
pub(super) struct GraphQlAnswer {
    #[serde(default)]
    pub(super) data: Option<Map<String, Value>>,
    #[serde(default)]
    pub(super) errors: Vec<GraphQlError>,
}

/// One entry of a GraphQL answer's `errors`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GraphQlError {
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) path: Option<Vec<Value>>,
    #[serde(default)]
    pub(super) extensions: Option<Value>,
}

impl GraphQlError {
    /// The number that stands behind `name` in the path, as an entry of a list.
    pub(super) fn index_in(&self, name: &str) -> Option<usize> {
        let path = self.path.as_ref()?;
        let at = path.iter().position(|step| step.as_str() == Some(name))?;
        usize::try_from(path.get(at + 1)?.as_u64()?).ok()
    }

    /// The path's steps that are names, so without list indexes.
    pub(super) fn names(&self) -> Vec<&str> {
        self.path
            .iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    pub(super) fn is_kind(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    /// Whether the server's schema lacks the field.
    pub(super) fn is_undefined_field(&self, field: &str) -> bool {
        let extension = |key: &str| {
            self.extensions
                .as_ref()
                .and_then(|extensions| extensions[key].as_str())
        };
        (extension("code") == Some("undefinedField") && extension("fieldName") == Some(field))
            || (self.message.contains("doesn't exist on type")
                && self.message.contains(&format!("'{field}'")))
    }
}

/// A page of a connection.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Nodes<T> {
    pub(super) nodes: Vec<T>,
    #[serde(default)]
    pub(super) total_count: Option<u64>,
    #[serde(default)]
    pub(super) page_info: Option<PageInfo>,
}

/// Which members are asked for depends on the direction of reading; the ones that were must be there.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    #[serde(default)]
    has_next_page: Option<bool>,
    #[serde(default)]
    end_cursor: Option<String>,
    #[serde(default)]
    has_previous_page: Option<bool>,
    #[serde(default)]
    start_cursor: Option<String>,
}

/// The cursor of the next page, when there is one.
///
/// # Errors
///
/// A text for people when the answer does not say whether there is one.
pub(super) fn next_page(page_info: Option<PageInfo>, what: &str) -> Result<Option<String>, String> {
    let page_info = page_info.unwrap_or_default();
    match (page_info.has_next_page, page_info.end_cursor) {
        (Some(false), _) => Ok(None),
        (Some(true), Some(cursor)) => Ok(Some(cursor)),
        (Some(true), None) | (None, _) => Err(format!(
            "the answer does not say whether there are more {what}"
        )),
    }
}

/// The cursor of the page before, when there is one.
///
/// # Errors
///
/// A text for people when the answer does not say whether there is one.
pub(super) fn previous_page(
    page_info: Option<PageInfo>,
    what: &str,
) -> Result<Option<String>, String> {
    let page_info = page_info.unwrap_or_default();
    match (page_info.has_previous_page, page_info.start_cursor) {
        (Some(false), _) => Ok(None),
        (Some(true), Some(cursor)) => Ok(Some(cursor)),
        (Some(true), None) | (None, _) => Err(format!(
            "the answer does not say whether there are older {what}"
        )),
    }
}

/// For members whose null is a fact and whose absence is none.
pub(super) fn maybe_null<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Viewer {
    pub(super) login: String,
    pub(super) database_id: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireFacts {
    pub(super) database_id: u64,
    pub(super) name_with_owner: String,
    pub(super) url: String,
    pub(super) is_archived: bool,
    pub(super) has_issues_enabled: bool,
    pub(super) visibility: String,
    pub(super) default_branch_ref: Option<Named>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireSurvey {
    #[serde(flatten)]
    pub(super) facts: WireFacts,
    pub(super) locked: Nodes<Numbered>,
    pub(super) ready: Nodes<WireReady>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Numbered {
    pub(super) number: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireReady {
    pub(super) number: u64,
    pub(super) body: String,
    pub(super) labels: Nodes<Named>,
    pub(super) timeline_items: Nodes<WireLabelChange>,
}

/// A labelled or unlabelled event of the bulk read.
#[derive(Debug, Deserialize)]
pub(super) struct WireLabelChange {
    #[serde(rename = "__typename")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) id: Option<String>,
    pub(super) label: Option<Named>,
}

/// The part of the issue read that is about the repository.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireRepository {
    pub(super) database_id: u64,
    pub(super) issue_or_pull_request: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireIssue {
    pub(super) number: u64,
    pub(super) url: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) state: String,
    pub(super) author: Option<WireActor>,
    pub(super) labels: Option<Nodes<Named>>,
    /// Null says that nobody ever edited; a missing member says nothing.
    #[serde(deserialize_with = "maybe_null")]
    pub(super) last_edited_at: Option<DateTime<Utc>>,
    pub(super) user_content_edits: Option<Nodes<WireEdit>>,
    pub(super) timeline_items: Option<Nodes<WireTimelineItem>>,
    pub(super) comments: Option<Nodes<WireComment>>,
    #[serde(default)]
    pub(super) issue_dependencies_summary: Option<WireDependenciesSummary>,
    #[serde(default)]
    pub(super) blocked_by: Option<Nodes<WireBlocker>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireActor {
    #[serde(rename = "__typename")]
    pub(super) kind: String,
    pub(super) login: String,
    #[serde(default)]
    pub(super) database_id: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireEdit {
    pub(super) edited_at: DateTime<Utc>,
    pub(super) editor: Option<WireActor>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireTimelineItem {
    #[serde(rename = "__typename")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(super) label: Option<Named>,
    #[serde(default)]
    pub(super) actor: Option<WireActor>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireComment {
    pub(super) author: Option<WireActor>,
    pub(super) author_association: String,
    pub(super) body: String,
    pub(super) created_at: DateTime<Utc>,
    /// Null says that nobody ever edited; a missing member says nothing.
    #[serde(deserialize_with = "maybe_null")]
    pub(super) last_edited_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireDependenciesSummary {
    pub(super) blocked_by: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireBlocker {
    pub(super) number: u64,
    pub(super) state: String,
    pub(super) repository: WireBlockerRepository,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireBlockerRepository {
    pub(super) name_with_owner: String,
}

/// The answer to writing something, as far as it is asked.
#[derive(Debug, Deserialize)]
pub(super) struct RestId {
    pub(super) id: u64,
}

/// An issue after a change of its state.
#[derive(Debug, Deserialize)]
pub(super) struct RestState {
    pub(super) state: String,
}

/// The state of a blocker that a body names: an issue's or a pull request's.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireBlockerState {
    #[serde(default)]
    pub(super) state: Option<String>,
    #[serde(default)]
    pub(super) pr_state: Option<String>,
}

/// One entry of `GET /repos/{owner}/{repo}/issues/{n}/events`.
#[derive(Debug, Deserialize)]
pub(super) struct RestEvent {
    #[serde(default)]
    pub(super) node_id: Option<String>,
    #[serde(default)]
    pub(super) event: String,
    #[serde(default)]
    pub(super) actor: Option<RestUser>,
    #[serde(default)]
    pub(super) created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(super) label: Option<RestLabel>,
    /// The outer `None`: the answer does not have the member at all, so nobody knows.
    #[serde(default, deserialize_with = "present")]
    pub(super) performed_via_github_app: Option<Option<RestApp>>,
}

fn present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<RestApp>>, D::Error> {
    Option::<RestApp>::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize)]
pub(super) struct RestApp {
    #[serde(default)]
    pub(super) slug: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RestLabel {
    #[serde(default)]
    pub(super) name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RestUser {
    pub(super) login: String,
    pub(super) id: u64,
    #[serde(default, rename = "type")]
    pub(super) kind: String,
}

/// Answer of `GET /repos/{owner}/{repo}/collaborators/{login}/permission`.
#[derive(Debug, Deserialize)]
pub(super) struct RestPermission {
    pub(super) permission: String,
    #[serde(default)]
    pub(super) role_name: Option<String>,
    pub(super) user: Option<RestUser>,
}

/// GraphQL gives a Bot's login with or without `[bot]`, REST with it; the slug has none.
fn slug(login: &str) -> String {
    login.strip_suffix("[bot]").unwrap_or(login).to_owned()
}

impl WireActor {
    fn into_actor(self) -> Actor {
        match self.kind.as_str() {
            "User" => Actor::User {
                login: self.login,
                id: self.database_id,
            },
            "Bot" => Actor::Bot {
                slug: slug(&self.login),
                id: self.database_id,
            },
            _ => Actor::Other {
                kind: self.kind,
                login: self.login,
            },
        }
    }
}

/// Turns an actor that may be missing into a domain actor.
pub(super) fn actor(actor: Option<WireActor>) -> Actor {
    actor.map_or(Actor::Gone, WireActor::into_actor)
}

impl RestUser {
    fn into_actor(self) -> Actor {
        match self.kind.as_str() {
            // Where REST shows the account that stands for deleted ones, GraphQL shows none.
            "User" if self.login.eq_ignore_ascii_case("ghost") => Actor::Gone,
            "User" => Actor::User {
                login: self.login,
                id: Some(self.id),
            },
            "Bot" => Actor::Bot {
                slug: slug(&self.login),
                id: Some(self.id),
            },
            _ => Actor::Other {
                kind: self.kind,
                login: self.login,
            },
        }
    }
}

impl RestEvent {
    /// Returns the label event, `None` for every other kind of event.
    ///
    /// # Errors
    ///
    /// A text for people when a label event lacks what it must have.
    pub(super) fn into_label_event(self) -> Result<Option<LabelEvent>, String> {
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

impl WireEdit {
    pub(super) fn into_edit(self) -> Edit {
        Edit {
            at: self.edited_at,
            editor: actor(self.editor),
        }
    }
}

impl WireComment {
    pub(super) fn into_comment(self) -> Comment {
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
pub(super) fn issue_state(word: String) -> IssueState {
    match word.as_str() {
        "OPEN" => IssueState::Open,
        "CLOSED" => IssueState::Closed,
        _ => IssueState::Unknown(word),
    }
}

/// `Repository.visibility`.
pub(super) fn visibility(word: &str) -> Visibility {
    match word {
        "PUBLIC" => Visibility::Public,
        "INTERNAL" => Visibility::Internal,
        "PRIVATE" => Visibility::Private,
        _ => Visibility::Unknown,
    }
}

/// The legacy base permission, which custom roles collapse into (`contracts/github` section 5). The role's
/// name only tells people why read is what triage comes to.
pub(super) fn permission(word: &str, role_name: Option<&str>) -> Option<Permission> {
    match word {
        "read" if role_name == Some("triage") => Some(Permission::Triage),
        "admin" => Some(Permission::Admin),
        "maintain" => Some(Permission::Maintain),
        "write" => Some(Permission::Write),
        "triage" => Some(Permission::Triage),
        "read" => Some(Permission::Read),
        "none" => Some(Permission::None),
        _ => None,
    }
}
