//! Resolvers: what each GraphQL type of the stand-in answers, field by field.
//!
//! Values come from the remembered world only. A type that the schema knows and nobody wrote a resolver
//! for answers with an error that says so, never with an invented value.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::{JsonMap, JsonValue};
use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::github::{Enterprise, Inner};
use super::github_connection::{Page, no_edges};
use super::github_ids::{Place, account_node_id, node_id, timestamp};
use super::github_limits::Window;
use super::github_price::Price;
use super::github_state::{
    Access, Account, AccountKind, Comment, Edit, EditHistory, Event, EventKind, Issue, IssueKind,
    Label, Repository, Visibility, same_name,
};

/// One field with its arguments.
pub struct Ask<'a> {
    pub field: &'a str,
    arguments: &'a JsonMap,
}

impl Ask<'_> {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.arguments.get(name)?.as_str()
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.arguments.get(name)?.as_i64()
    }

    pub fn truth(&self, name: &str) -> Option<bool> {
        self.arguments.get(name)?.as_bool()
    }

    /// A list of texts; `None` when it was not given.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        texts(self.arguments.get(name)?)
    }

    /// A time; `None` when it was not given.
    pub fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
        time(self.text(name))
    }

    /// Whether an argument has a value.
    pub fn given(&self, name: &str) -> bool {
        self.arguments
            .get(name)
            .is_some_and(|value| !value.is_null())
    }

    /// A member of an input object.
    pub fn member(&self, name: &str, member: &str) -> Option<&JsonValue> {
        self.arguments
            .get(name)?
            .as_object()?
            .get(member)
            .filter(|value| !value.is_null())
    }
}

fn texts(value: &JsonValue) -> Option<Vec<String>> {
    let texts = value.as_array()?.iter().filter_map(JsonValue::as_str);
    Some(texts.map(str::to_owned).collect())
}

/// Why a field has no value.
pub struct Refusal {
    pub kind: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn not_modelled(type_name: &str, ask: &Ask<'_>) -> Self {
        Self {
            kind: "NOT_MODELLED",
            message: format!(
                "The sandbox has no value for '{}' of '{type_name}'.",
                ask.field
            ),
        }
    }

    fn not_found(message: String) -> Self {
        Self {
            kind: "NOT_FOUND",
            message,
        }
    }
}

/// The value of a field.
pub enum Value<'w> {
    Leaf(Json),
    Object(Object<'w>),
    List(Vec<Value<'w>>),
}

/// A scalar value.
pub fn leaf<'w>(value: impl Into<Json>) -> Value<'w> {
    Value::Leaf(value.into())
}

pub fn null<'w>() -> Value<'w> {
    Value::Leaf(Json::Null)
}

type Resolver<'w> = Box<dyn Fn(&Ask<'_>) -> Result<Value<'w>, Refusal> + 'w>;

/// An object of a known type.
pub struct Object<'w> {
    type_name: &'static str,
    resolve: Resolver<'w>,
}

impl<'w> Object<'w> {
    pub fn value(
        type_name: &'static str,
        resolve: impl Fn(&Ask<'_>) -> Result<Value<'w>, Refusal> + 'w,
    ) -> Value<'w> {
        Value::Object(Self::new(type_name, resolve))
    }

    pub fn new(
        type_name: &'static str,
        resolve: impl Fn(&Ask<'_>) -> Result<Value<'w>, Refusal> + 'w,
    ) -> Self {
        Self {
            type_name,
            resolve: Box::new(resolve),
        }
    }
}

impl ObjectValue for Object<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let ask = Ask {
            field: info.field_name(),
            arguments: info.arguments(),
        };
        match (self.resolve)(&ask) {
            Ok(value) => Ok(resolved(value)),
            Err(refusal) => Err(FieldError {
                message: format!("{KIND_MARK}{}{KIND_MARK}{}", refusal.kind, refusal.message),
            }),
        }
    }
}

/// Stands before the kind and before the message of a refusal while the executor carries it.
pub const KIND_MARK: char = '\u{1f}';

fn resolved<'a, 'w: 'a>(value: Value<'w>) -> ResolvedValue<'a> {
    match value {
        Value::Leaf(json) => ResolvedValue::leaf(JsonValue::from(json)),
        Value::Object(object) => ResolvedValue::object(object),
        Value::List(values) => {
            ResolvedValue::list(values.into_iter().map(resolved).collect::<Vec<_>>())
        }
    }
}

/// The world as one query sees it.
#[derive(Clone, Copy)]
pub struct View<'w> {
    pub inner: &'w Inner,
    pub html: &'w str,
    pub price: &'w Price,
    pub window: Window,
}

impl<'w> View<'w> {
    /// The root of all queries.
    pub fn query(self) -> Object<'w> {
        Object::new("Query", move |ask| match ask.field {
            "viewer" => Ok(self.viewer()),
            "rateLimit" => Ok(self.rate_limit()),
            "repository" => {
                let full_name = format!(
                    "{}/{}",
                    ask.text("owner").unwrap_or_default(),
                    ask.text("name").unwrap_or_default()
                );
                let state = &self.inner.state;
                let mut found = state.repository_named(&full_name);
                if found.is_none() && ask.truth("followRenames") != Some(false) {
                    found = state.repository_formerly(&full_name);
                }
                match found.filter(|repository| self.inner.sees(repository)) {
                    Some(repository) => Ok(self.repository(repository)),
                    None => Err(Refusal::not_found(format!(
                        "Could not resolve to a Repository with the name '{full_name}'."
                    ))),
                }
            }
            _ => Err(Refusal::not_modelled("Query", ask)),
        })
    }

    fn viewer(self) -> Value<'w> {
        let account = &self.inner.state.accounts[&self.inner.viewer];
        Object::value("User", move |ask| {
            Ok(match ask.field {
                // The field has type User; an app appears in it under its REST name.
                "login" => leaf(account.rest_login()),
                "databaseId" => leaf(account.id),
                "id" => leaf(actor_node_id(account)),
                "url" => leaf(self.account_url(account)),
                _ => return Err(Refusal::not_modelled("User", ask)),
            })
        })
    }

    /// Null on an Enterprise server, where rate limits are off by default.
    fn rate_limit(self) -> Value<'w> {
        if self.inner.options.enterprise != Enterprise::No {
            return null();
        }
        let Window { limit, used, reset } = self.window;
        Object::value("RateLimit", move |ask| {
            Ok(match ask.field {
                "cost" => leaf(self.price.points()),
                "nodeCount" => leaf(self.price.nodes),
                "limit" => leaf(limit),
                "used" => leaf(used),
                "remaining" => leaf(limit.saturating_sub(used)),
                "resetAt" => leaf(timestamp(reset)),
                _ => return Err(Refusal::not_modelled("RateLimit", ask)),
            })
        })
    }

    fn repository(self, repository: &'w Repository) -> Value<'w> {
        let full_name = self.inner.state.full_name(repository);
        Object::value("Repository", move |ask| {
            Ok(match ask.field {
                "id" => leaf(node_id("R", &[repository.id])),
                "databaseId" => leaf(repository.id),
                "nameWithOwner" => leaf(full_name.clone()),
                "url" => leaf(format!("{}/{full_name}", self.html)),
                "isArchived" => leaf(repository.archived),
                "isPrivate" => leaf(repository.visibility != Visibility::Public),
                "hasIssuesEnabled" => leaf(repository.has_issues),
                "visibility" => leaf(match repository.visibility {
                    Visibility::Public => "PUBLIC",
                    Visibility::Private => "PRIVATE",
                    Visibility::Internal => "INTERNAL",
                }),
                "defaultBranchRef" => self.default_branch(repository),
                "object" => self.object(repository, ask)?,
                "deployments" => self.deployments(repository, ask)?,
                "ref" => {
                    let wanted = ask.text("qualifiedName").unwrap_or_default();
                    let wanted = wanted.strip_prefix("refs/heads/").unwrap_or(wanted);
                    if wanted == repository.default_branch {
                        self.default_branch(repository)
                    } else {
                        null()
                    }
                }
                "issue" => self.issue_numbered(repository, ask, false)?,
                "issueOrPullRequest" => self.issue_numbered(repository, ask, true)?,
                "issues" => self.issues(repository, ask)?,
                "collaborators" => self.collaborators(repository, ask)?,
                _ => return Err(Refusal::not_modelled("Repository", ask)),
            })
        })
    }

    fn issue_numbered(
        self,
        repository: &'w Repository,
        ask: &Ask<'_>,
        any: bool,
    ) -> Result<Value<'w>, Refusal> {
        let number = ask.number("number").unwrap_or_default();
        let found = u64::try_from(number).ok();
        // Unlike REST, GraphQL does not lead from a transferred issue to where it went.
        let found = found.and_then(|number| repository.issues.get(&number));
        let kind = if any {
            "an issue or pull request"
        } else {
            "an Issue"
        };
        match found {
            Some(issue) if !issue.is_pull_request() && repository.has_issues => {
                Ok(self.issue(issue))
            }
            Some(issue) if issue.is_pull_request() && any => Ok(self.pull_request(issue)),
            Some(_) | None => Err(Refusal::not_found(format!(
                "Could not resolve to {kind} with the number of {number}."
            ))),
        }
    }

    fn issues(self, repository: &'w Repository, ask: &Ask<'_>) -> Result<Value<'w>, Refusal> {
        for unsupported in [
            "assignee",
            "createdBy",
            "mentioned",
            "milestone",
            "milestoneNumber",
            "type",
        ] {
            if ask.member("filterBy", unsupported).is_some() {
                return Err(Refusal::not_modelled("IssueFilters", ask));
            }
        }
        let labels = ask
            .texts("labels")
            .or_else(|| texts(ask.member("filterBy", "labels")?));
        let states = ask
            .texts("states")
            .or_else(|| texts(ask.member("filterBy", "states")?));
        let since = time(ask.member("filterBy", "since").and_then(JsonValue::as_str))?;
        let wanted = |issue: &Issue| {
            let named = |name: &String| {
                let mut shown = issue.labels.iter().map(|label| repository.label(*label));
                shown.any(|label| same_name(&label.name, name))
            };
            let state = if issue.is_open() { "OPEN" } else { "CLOSED" };
            repository.has_issues
                && !issue.is_pull_request()
                && labels
                    .as_ref()
                    .is_none_or(|labels| labels.iter().any(named))
                && states
                    .as_ref()
                    .is_none_or(|states| states.iter().any(|wanted| wanted == state))
                && since.is_none_or(|since| issue.updated_at >= since)
        };
        let order = ask.member("orderBy", "field").and_then(JsonValue::as_str);
        let place = |issue: &Issue| {
            let first = match order {
                Some("UPDATED_AT") => issue.updated_at.timestamp(),
                Some("COMMENTS") => signed(issue.comments.len()),
                _ => issue.created_at.timestamp(),
            };
            directed(ask, (first, signed(issue.number)))
        };
        let entries = repository.issues.values().filter(|issue| wanted(issue));
        let page = Page::cut(
            "issues",
            entries.map(|issue| (place(issue), issue)).collect(),
            ask,
        )?;
        Ok(page.connection("IssueConnection", move |issue| self.issue(issue), no_edges))
    }

    fn collaborators(
        self,
        repository: &'w Repository,
        ask: &Ask<'_>,
    ) -> Result<Value<'w>, Refusal> {
        if !self.inner.may_push(repository) {
            return Err(Refusal {
                kind: "FORBIDDEN",
                message: "Must have push access to view repository collaborators.".to_owned(),
            });
        }
        let state = &self.inner.state;
        let login = ask.text("login");
        // `query` is a fuzzy search over logins, which is why nobody may rely on it.
        let query = ask.text("query").map(str::to_lowercase);
        let mut entries = Vec::new();
        for account in state
            .accounts
            .values()
            .filter(|account| account.kind == AccountKind::User)
        {
            let member =
                repository.owner == account.id || repository.roles.contains_key(&account.id);
            let access = state.role(repository, account.id).access();
            let asked = login.is_none_or(|login| same_name(login, &account.login))
                && query
                    .as_ref()
                    .is_none_or(|query| account.login.to_lowercase().contains(query));
            if member && asked && !account.deleted && access > Access::None {
                entries.push(((signed(account.id), 0), (account, access)));
            }
        }
        let page = Page::cut("collaborators", entries, ask)?;
        let edge = move |(account, access): &(&'w Account, Access), cursor: String| {
            let (account, access) = (*account, *access);
            Object::value("RepositoryCollaboratorEdge", move |ask| {
                Ok(match ask.field {
                    "cursor" => leaf(cursor.clone()),
                    "permission" => leaf(access.role_name().to_uppercase()),
                    "node" => self.actor(account.id),
                    _ => return Err(Refusal::not_modelled("RepositoryCollaboratorEdge", ask)),
                })
            })
        };
        Ok(page.connection("RepositoryCollaboratorConnection", |_| null(), edge))
    }

    fn default_branch(self, repository: &'w Repository) -> Value<'w> {
        self.branch(repository, &repository.default_branch)
    }

    /// A branch under its name; only the default branch leads to commits.
    pub fn branch(self, repository: &'w Repository, name: &'w str) -> Value<'w> {
        Object::value("Ref", move |ask| {
            Ok(match ask.field {
                "id" => leaf(format!("{}Og", node_id("REF", &[repository.id]))),
                "name" => leaf(name),
                "prefix" => leaf("refs/heads/"),
                "target" if name == repository.default_branch => self.head(repository),
                "target" => null(),
                _ => return Err(Refusal::not_modelled("Ref", ask)),
            })
        })
    }

    fn pull_request(self, issue: &'w Issue) -> Value<'w> {
        let home = &self.inner.state.repositories[&issue.repository];
        let full_name = self.inner.state.full_name(home);
        Object::value("PullRequest", move |ask| {
            let merged = issue.kind == IssueKind::PullRequest { merged: true };
            Ok(match ask.field {
                "number" => leaf(issue.number),
                "merged" => leaf(merged),
                "mergeCommit" => issue
                    .merge_commit
                    .as_ref()
                    .map_or_else(null, |oid| self.commit_named(oid)),
                "author" => self.actor(issue.author),
                "createdAt" => leaf(timestamp(issue.created_at)),
                "isDraft" => leaf(false),
                "title" => leaf(issue.title.clone()),
                "repository" => self.repository(home),
                "url" => leaf(format!("{}/{full_name}/pull/{}", self.html, issue.number)),
                "state" => leaf(match (merged, issue.is_open()) {
                    (true, _) => "MERGED",
                    (false, true) => "OPEN",
                    (false, false) => "CLOSED",
                }),
                _ => return Err(Refusal::not_modelled("PullRequest", ask)),
            })
        })
    }

    fn issue(self, issue: &'w Issue) -> Value<'w> {
        let home = &self.inner.state.repositories[&issue.repository];
        let url = format!(
            "{}/{}/issues/{}",
            self.html,
            self.inner.state.full_name(home),
            issue.number
        );
        Object::value("Issue", move |ask| {
            Ok(match ask.field {
                "id" => leaf(node_id("I", &[home.id, issue.id])),
                "fullDatabaseId" => leaf(issue.id.to_string()),
                // Numbers of today's issues no longer fit the 32 bits of this field.
                "databaseId" => i32::try_from(issue.id).map_or_else(|_| null(), leaf),
                "number" => leaf(issue.number),
                "title" => leaf(issue.title.clone()),
                "body" => leaf(issue.body.clone().unwrap_or_default()),
                "url" => leaf(url.clone()),
                "bodyUrl" => leaf(format!("{url}#issue-{}", issue.id)),
                "repository" => self.repository(home),
                "state" => leaf(if issue.is_open() { "OPEN" } else { "CLOSED" }),
                "closed" => leaf(!issue.is_open()),
                "stateReason" => leaf(issue.state_reason().map(|reason| {
                    match (reason, ask.truth("enableDuplicate")) {
                        ("duplicate", Some(false)) => "NOT_PLANNED".to_owned(),
                        (reason, _) => reason.to_uppercase(),
                    }
                })),
                "closedAt" => leaf(issue.closed.map(|closing| timestamp(closing.at))),
                "locked" => leaf(issue.locked),
                "activeLockReason" => null(),
                "isPinned" | "isReadByViewer" | "createdViaEmail" => leaf(false),
                "createdAt" | "publishedAt" => leaf(timestamp(issue.created_at)),
                "updatedAt" => leaf(timestamp(issue.updated_at)),
                "author" => self.actor(issue.author),
                "authorAssociation" => leaf(self.association(home, issue.author)),
                "viewerDidAuthor" => leaf(issue.author == self.inner.viewer),
                "lastEditedAt" => leaf(issue.edits.last().map(|edit| timestamp(edit.at))),
                "includesCreatedEdit" => leaf(!issue.edits.is_empty()),
                "editor" => issue
                    .edits
                    .last()
                    .map_or_else(null, |edit| self.actor(edit.editor)),
                "userContentEdits" => self.edits(issue, ask)?,
                "labels" => self.labels(home, issue, ask)?,
                "comments" => self.comments(issue, &url, ask)?,
                "timelineItems" => self.timeline(issue, &url, ask)?,
                "issueDependenciesSummary" => self.dependencies(issue),
                "blockedBy" => self.blocked_by(issue, ask)?,
                "subIssuesSummary" => self.sub_issues(issue),
                "parent" => self
                    .inner
                    .state
                    .parent(issue)
                    .filter(|parent| {
                        let home = &self.inner.state.repositories[&parent.repository];
                        self.inner.sees(home)
                    })
                    .map_or_else(null, |parent| self.issue(parent)),
                "assignees" => self.assignees(issue, ask)?,
                "closedByPullRequestsReferences" => self.closing_pull_requests(issue, ask)?,
                _ => return Err(Refusal::not_modelled("Issue", ask)),
            })
        })
    }

    fn assignees(self, issue: &'w Issue, ask: &Ask<'_>) -> Result<Value<'w>, Refusal> {
        let places = (0_i64..).map(|index| (index, 0));
        let page = Page::cut(
            "assignees",
            places.zip(issue.assignees.iter()).collect(),
            ask,
        )?;
        // The connection has type User, whatever was assigned.
        let node = move |assignee: &&'w u64| {
            let Some(account) = self.inner.state.account(**assignee) else {
                return null();
            };
            Object::value("User", move |ask| {
                Ok(match ask.field {
                    "login" => leaf(account.login.clone()),
                    "databaseId" => leaf(account.id),
                    "id" => leaf(actor_node_id(account)),
                    "url" => leaf(self.account_url(account)),
                    _ => return Err(Refusal::not_modelled("User", ask)),
                })
            })
        };
        Ok(page.connection("UserConnection", node, no_edges))
    }

    fn closing_pull_requests(self, issue: &'w Issue, ask: &Ask<'_>) -> Result<Value<'w>, Refusal> {
        let closed_too = ask.truth("includeClosedPrs") == Some(true);
        let state = &self.inner.state;
        let linked: Vec<&Issue> = issue
            .closing_pull_requests
            .iter()
            .filter_map(|(repository, number)| state.issue(*repository, *number))
            .filter(|pull_request| closed_too || pull_request.is_open())
            .collect();
        let places = (0_i64..).map(|index| (index, 0));
        let page = Page::cut("pull requests", places.zip(linked).collect(), ask)?;
        let node = move |pull_request: &&'w Issue| self.pull_request(pull_request);
        Ok(page.connection("PullRequestConnection", node, no_edges))
    }

    fn edits(self, issue: &'w Issue, ask: &Ask<'_>) -> Result<Value<'w>, Refusal> {
        let shown: &[Edit] = match issue.edit_history {
            EditHistory::Listed => &issue.edits,
            EditHistory::Empty => &[],
            EditHistory::Null => return Ok(null()),
        };
        self.edit_list(shown, ask)
    }

    fn edit_list(self, shown: &'w [Edit], ask: &Ask<'_>) -> Result<Value<'w>, Refusal> {
        let newest_first = |edit: &'w Edit| ((-edit.at.timestamp(), -signed(edit.id)), edit);
        let page = Page::cut("edits", shown.iter().map(newest_first).collect(), ask)?;
        let node = move |edit: &&'w Edit| {
            let edit = *edit;
            Object::value("UserContentEdit", move |ask| {
                Ok(match ask.field {
                    "id" => leaf(node_id("UCE", &[edit.id])),
                    "createdAt" | "editedAt" | "updatedAt" => leaf(timestamp(edit.at)),
                    "deletedAt" => leaf(edit.deleted_at.map(timestamp)),
                    "diff" => null(),
                    "editor" => self.actor(edit.editor),
                    _ => return Err(Refusal::not_modelled("UserContentEdit", ask)),
                })
            })
        };
        Ok(page.connection("UserContentEditConnection", node, no_edges))
    }

    fn labels(
        self,
        home: &'w Repository,
        issue: &'w Issue,
        ask: &Ask<'_>,
    ) -> Result<Value<'w>, Refusal> {
        let mut shown: Vec<&Label> = issue
            .labels
            .iter()
            .map(|label| home.label(*label))
            .collect();
        if ask.member("orderBy", "field").and_then(JsonValue::as_str) == Some("NAME") {
            shown.sort_by_key(|label| label.name.to_lowercase());
        }
        let places = (0_i64..).map(|index| directed(ask, (index, 0)));
        let page = Page::cut("labels", places.zip(shown).collect(), ask)?;
        let node = move |label: &&'w Label| self.label(home, label.id, &label.name, &label.color);
        Ok(page.connection("LabelConnection", node, no_edges))
    }

    /// A label under its name of today; `name` and `color` serve where it is gone.
    fn label(self, home: &'w Repository, id: u64, name: &'w str, color: &'w str) -> Value<'w> {
        let today = home.labels.iter().find(|label| label.id == id);
        let name = today.map_or(name, |label| &label.name);
        let color = today.map_or(color, |label| &label.color);
        Object::value("Label", move |ask| {
            Ok(match ask.field {
                "id" => leaf(node_id("LA", &[home.id, id])),
                "name" => leaf(name),
                "color" => leaf(color),
                "description" => leaf(today.and_then(|label| label.description.clone())),
                "isDefault" => leaf(false),
                "createdAt" | "updatedAt" => leaf(today.map(|label| timestamp(label.created_at))),
                "url" => leaf(format!(
                    "{}/{}/labels/{name}",
                    self.html,
                    self.inner.state.full_name(home)
                )),
                _ => return Err(Refusal::not_modelled("Label", ask)),
            })
        })
    }

    fn comments(self, issue: &'w Issue, url: &str, ask: &Ask<'_>) -> Result<Value<'w>, Refusal> {
        let by_update = ask.member("orderBy", "field").is_some();
        let place = |comment: &Comment| {
            let time = if by_update {
                comment.updated_at
            } else {
                comment.created_at
            };
            directed(ask, (time.timestamp(), signed(comment.id)))
        };
        let entries = issue
            .comments
            .iter()
            .map(|comment| (place(comment), comment));
        let page = Page::cut("comments", entries.collect(), ask)?;
        let url = url.to_owned();
        let node = move |comment: &&'w Comment| self.comment(issue, comment, &url);
        Ok(page.connection("IssueCommentConnection", node, no_edges))
    }

    fn comment(self, issue: &'w Issue, comment: &'w Comment, issue_url: &str) -> Value<'w> {
        let home = &self.inner.state.repositories[&issue.repository];
        let url = format!("{issue_url}#issuecomment-{}", comment.id);
        Object::value("IssueComment", move |ask| {
            Ok(match ask.field {
                "id" => leaf(node_id("IC", &[home.id, comment.id])),
                "fullDatabaseId" => leaf(comment.id.to_string()),
                "databaseId" => i32::try_from(comment.id).map_or_else(|_| null(), leaf),
                "url" => leaf(url.clone()),
                "body" => leaf(comment.body.clone()),
                "author" => self.actor(comment.author),
                "authorAssociation" => leaf(self.association(home, comment.author)),
                "viewerDidAuthor" => leaf(comment.author == self.inner.viewer),
                "createdAt" | "publishedAt" => leaf(timestamp(comment.created_at)),
                "updatedAt" => leaf(timestamp(comment.updated_at)),
                "lastEditedAt" => leaf(comment.last_edit.map(|(at, _)| timestamp(at))),
                "editor" => comment
                    .last_edit
                    .map_or_else(null, |(_, editor)| self.actor(editor)),
                "includesCreatedEdit" => leaf(comment.last_edit.is_some()),
                "userContentEdits" => self.edit_list(&comment.edits, ask)?,
                "isMinimized" => leaf(comment.minimised.is_some()),
                "minimizedReason" => leaf(comment.minimised),
                "createdViaEmail" | "isPinned" => leaf(false),
                "pinnedAt" => null(),
                _ => return Err(Refusal::not_modelled("IssueComment", ask)),
            })
        })
    }

    fn timeline(self, issue: &'w Issue, url: &str, ask: &Ask<'_>) -> Result<Value<'w>, Refusal> {
        let kinds = ask.texts("itemTypes");
        let since = ask.time("since")?;
        let wanted = |kind: &str, at: DateTime<Utc>| {
            kinds
                .as_ref()
                .is_none_or(|kinds| kinds.iter().any(|wanted| wanted == kind))
                && since.is_none_or(|since| at >= since)
        };
        let mut entries: Vec<(Place, Entry<'w>)> = Vec::new();
        for event in &issue.events {
            if item_type(&event.kind).is_some_and(|kind| wanted(kind, event.at)) {
                entries.push((
                    (event.at.timestamp(), signed(event.id)),
                    Entry::Event(event),
                ));
            }
        }
        for comment in &issue.comments {
            if wanted("ISSUE_COMMENT", comment.created_at) {
                let place = (comment.created_at.timestamp(), signed(comment.id));
                entries.push((place, Entry::Comment(comment)));
            }
        }
        entries.sort_by_key(|(place, _)| *place);
        let skipped = usize::try_from(ask.number("skip").unwrap_or_default()).unwrap_or_default();
        let entries = entries.into_iter().skip(skipped).collect();
        let page = Page::cut("timeline", entries, ask)?;
        let url = url.to_owned();
        let node = move |entry: &Entry<'w>| match entry {
            Entry::Event(event) => self.event(issue, event),
            Entry::Comment(comment) => self.comment(issue, comment, &url),
        };
        Ok(page.connection("IssueTimelineItemsConnection", node, no_edges))
    }

    fn event(self, issue: &'w Issue, event: &'w Event) -> Value<'w> {
        let home = &self.inner.state.repositories[&issue.repository];
        let (type_name, prefix) = match &event.kind {
            EventKind::Labeled { .. } => ("LabeledEvent", "LE"),
            EventKind::Unlabeled { .. } => ("UnlabeledEvent", "UNLE"),
            EventKind::Renamed { .. } => ("RenamedTitleEvent", "RTE"),
            EventKind::Closed { .. } => ("ClosedEvent", "CE"),
            EventKind::Reopened => ("ReopenedEvent", "REE"),
            EventKind::Assigned { .. } => ("AssignedEvent", "AE"),
            EventKind::Unassigned { .. } => ("UnassignedEvent", "UNAE"),
            EventKind::Transferred { .. } => ("TransferredEvent", "TRE"),
            EventKind::Referenced { .. } => ("ReferencedEvent", "REFE"),
            // Left out of the timeline before this point.
            EventKind::Locked | EventKind::Other(_) => return null(),
        };
        Object::value(type_name, move |ask| {
            Ok(match (ask.field, &event.kind) {
                ("id", _) => leaf(event_node_id(prefix, home.id, issue, event)),
                ("createdAt", _) => leaf(timestamp(event.at)),
                ("actor", _) => self.actor(event.doer.account),
                (
                    "label",
                    EventKind::Labeled { label, name, color }
                    | EventKind::Unlabeled { label, name, color },
                ) => self.label(home, *label, name, color),
                (
                    "assignee",
                    EventKind::Assigned { assignee } | EventKind::Unassigned { assignee },
                ) => self.actor(*assignee),
                ("previousTitle", EventKind::Renamed { from, .. }) => leaf(from.clone()),
                ("currentTitle", EventKind::Renamed { to, .. }) => leaf(to.clone()),
                ("stateReason", EventKind::Closed { reason, .. }) => {
                    leaf(reason.map(str::to_uppercase))
                }
                (
                    "closer",
                    EventKind::Closed {
                        commit,
                        pull_request,
                        ..
                    },
                ) => match (commit, pull_request) {
                    (Some(oid), _) => self.commit_named(oid),
                    (None, Some(number)) => self
                        .inner
                        .state
                        .issue(home.id, *number)
                        .map_or_else(null, |pull_request| self.pull_request(pull_request)),
                    (None, None) => null(),
                },
                ("commit", EventKind::Referenced { commit, .. }) => self.commit_named(commit),
                ("commitRepository", EventKind::Referenced { repository, .. }) => {
                    self.repository(&self.inner.state.repositories[repository])
                }
                ("isCrossRepository", EventKind::Referenced { repository, .. }) => {
                    leaf(*repository != home.id)
                }
                ("isDirectReference", EventKind::Referenced { .. }) => leaf(true),
                ("url", EventKind::Closed { .. }) => {
                    let full_name = self.inner.state.full_name(home);
                    leaf(format!(
                        "{}/{full_name}/issues/{}#event-{}",
                        self.html, issue.number, event.id
                    ))
                }
                ("stateReason", EventKind::Reopened) => leaf("REOPENED"),
                ("fromRepository", EventKind::Transferred { from }) => {
                    let from = &self.inner.state.repositories[from];
                    if self.inner.sees(from) {
                        self.repository(from)
                    } else {
                        null()
                    }
                }
                _ => return Err(Refusal::not_modelled(type_name, ask)),
            })
        })
    }

    fn dependencies(self, issue: &'w Issue) -> Value<'w> {
        let state = &self.inner.state;
        let (_, open, all) = state.blockers(issue, |repository| self.inner.sees(repository));
        let blocking = state.blocking(issue);
        let open_blocking = blocking.iter().filter(|_| issue.is_open()).count();
        let all_blocking = blocking.len();
        Object::value("IssueDependenciesSummary", move |ask| {
            Ok(match ask.field {
                "blockedBy" => leaf(open),
                "totalBlockedBy" => leaf(all),
                "blocking" => leaf(open_blocking),
                "totalBlocking" => leaf(all_blocking),
                _ => return Err(Refusal::not_modelled("IssueDependenciesSummary", ask)),
            })
        })
    }

    fn blocked_by(self, issue: &'w Issue, ask: &Ask<'_>) -> Result<Value<'w>, Refusal> {
        let (listed, ..) = self
            .inner
            .state
            .blockers(issue, |repository| self.inner.sees(repository));
        let places = (0_i64..).map(|index| directed(ask, (index, 0)));
        let page = Page::cut("blockers", places.zip(listed).collect(), ask)?;
        Ok(page.connection("IssueConnection", move |issue| self.issue(issue), no_edges))
    }

    fn sub_issues(self, issue: &'w Issue) -> Value<'w> {
        let all = self.inner.state.sub_issues(issue);
        let completed = all.iter().filter(|sub_issue| !sub_issue.is_open()).count();
        let total = all.len();
        Object::value("SubIssuesSummary", move |ask| {
            Ok(match ask.field {
                "total" => leaf(total),
                "completed" => leaf(completed),
                "percentCompleted" => leaf((completed * 100).checked_div(total).unwrap_or(0)),
                _ => return Err(Refusal::not_modelled("SubIssuesSummary", ask)),
            })
        })
    }

    /// Whoever it was; null for a deleted account.
    pub fn actor(self, id: u64) -> Value<'w> {
        let Some(account) = self.inner.state.account(id) else {
            return null();
        };
        let type_name = match account.kind {
            AccountKind::User => "User",
            AccountKind::Bot => "Bot",
            AccountKind::Organization => "Organization",
            AccountKind::Mannequin => "Mannequin",
        };
        Object::value(type_name, move |ask| {
            Ok(match ask.field {
                "login" => leaf(account.login.clone()),
                "databaseId" => leaf(account.id),
                "id" => leaf(actor_node_id(account)),
                "url" => leaf(self.account_url(account)),
                _ => return Err(Refusal::not_modelled(type_name, ask)),
            })
        })
    }

    fn account_url(self, account: &Account) -> String {
        match account.kind {
            AccountKind::Bot => format!("{}/apps/{}", self.html, account.login),
            AccountKind::User | AccountKind::Organization | AccountKind::Mannequin => {
                format!("{}/{}", self.html, account.login)
            }
        }
    }

    fn association(self, home: &Repository, account: u64) -> &'static str {
        association(self.inner, home, account)
    }
}

enum Entry<'w> {
    Event(&'w Event),
    Comment(&'w Comment),
}

/// What an author is to a repository, as coarse as the service tells it.
pub fn association(inner: &Inner, home: &Repository, account: u64) -> &'static str {
    if inner.state.account(account).is_none() {
        return "NONE";
    }
    if home.owner == account {
        return "OWNER";
    }
    match home
        .roles
        .get(&account)
        .map_or(Access::None, super::github_state::Role::access)
    {
        Access::None => "NONE",
        Access::Read | Access::Triage | Access::Write | Access::Maintain | Access::Admin => {
            "COLLABORATOR"
        }
    }
}

/// Node id of an account; the same in both interfaces.
pub fn actor_node_id(account: &Account) -> String {
    match account.kind {
        AccountKind::User => account_node_id("User", account.id),
        AccountKind::Organization => account_node_id("Organization", account.id),
        AccountKind::Bot => node_id("BOT", &[account.id]),
        AccountKind::Mannequin => node_id("M", &[account.id]),
    }
}

/// Node id of an event; the same in both interfaces.
pub fn event_node_id(prefix: &str, repository: u64, issue: &Issue, event: &Event) -> String {
    node_id(prefix, &[repository, issue.id, event.id])
}

fn item_type(kind: &EventKind) -> Option<&'static str> {
    match kind {
        EventKind::Labeled { .. } => Some("LABELED_EVENT"),
        EventKind::Unlabeled { .. } => Some("UNLABELED_EVENT"),
        EventKind::Renamed { .. } => Some("RENAMED_TITLE_EVENT"),
        EventKind::Closed { .. } => Some("CLOSED_EVENT"),
        EventKind::Reopened => Some("REOPENED_EVENT"),
        EventKind::Assigned { .. } => Some("ASSIGNED_EVENT"),
        EventKind::Unassigned { .. } => Some("UNASSIGNED_EVENT"),
        EventKind::Transferred { .. } => Some("TRANSFERRED_EVENT"),
        EventKind::Referenced { .. } => Some("REFERENCED_EVENT"),
        EventKind::Locked | EventKind::Other(_) => None,
    }
}

/// The place in the direction a query asks for.
fn directed(ask: &Ask<'_>, place: Place) -> Place {
    match ask
        .member("orderBy", "direction")
        .and_then(JsonValue::as_str)
    {
        Some("DESC") => (-place.0, -place.1),
        _ => place,
    }
}

fn time(text: Option<&str>) -> Result<Option<DateTime<Utc>>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(Some(time.to_utc())),
        Err(_) => Err(Refusal {
            kind: "argumentLiteralsIncompatible",
            message: format!("Could not parse '{text}' as a time."),
        }),
    }
}

fn signed<T: TryInto<i64>>(number: T) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
