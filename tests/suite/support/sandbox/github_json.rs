//! REST bodies: what the stand-in's objects look like in answers, with every field the description requires.
//!
//! Links lead back to the stand-in, so that a client may follow them.

use serde_json::{Value, json};

use super::github::{Enterprise, Inner};
use super::github_ids::{node_id, timestamp};
use super::github_objects::{actor_node_id, association, event_node_id};
use super::github_state::{
    Access, Account, AccountKind, Comment, Event, EventKind, Issue, IssueKind, Label, Repository,
    Role, Visibility,
};
use super::http_server::Request;

/// Everything needed to write bodies for one request.
pub struct Writer<'w> {
    pub inner: &'w Inner,
    pub api: String,
    pub html: String,
}

impl<'w> Writer<'w> {
    pub fn new(inner: &'w Inner, request: &Request) -> Self {
        Self {
            inner,
            api: inner.api_base(request),
            html: inner.html_base(request),
        }
    }

    /// A deleted account becomes `ghost`, or null when the options say so.
    pub fn user(&self, id: u64) -> Value {
        match self.inner.state.account(id) {
            Some(account) => self.account(account),
            None if self.inner.options.null_for_deleted => Value::Null,
            None => self.account(&Account {
                id: 10_137,
                login: "ghost".to_owned(),
                kind: AccountKind::User,
                deleted: false,
            }),
        }
    }

    pub fn account(&self, account: &Account) -> Value {
        let login = account.rest_login();
        let encoded = login.replace('[', "%5B").replace(']', "%5D");
        let url = format!("{}/users/{encoded}", self.api);
        let (kind, page) = match account.kind {
            AccountKind::User => ("User", encoded.clone()),
            AccountKind::Bot => ("Bot", format!("apps/{}", account.login)),
            AccountKind::Organization => ("Organization", encoded.clone()),
            AccountKind::Mannequin => ("Mannequin", encoded.clone()),
        };
        json!({
            "login": login,
            "id": account.id,
            "node_id": actor_node_id(account),
            "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", account.id),
            "gravatar_id": "",
            "url": url,
            "html_url": format!("{}/{page}", self.html),
            "followers_url": format!("{url}/followers"),
            "following_url": format!("{url}/following{{/other_user}}"),
            "gists_url": format!("{url}/gists{{/gist_id}}"),
            "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
            "subscriptions_url": format!("{url}/subscriptions"),
            "organizations_url": format!("{url}/orgs"),
            "repos_url": format!("{url}/repos"),
            "events_url": format!("{url}/events{{/privacy}}"),
            "received_events_url": format!("{url}/received_events"),
            "type": kind,
            "site_admin": false,
        })
    }

    /// `GET /user`.
    pub fn own_account(&self) -> Value {
        let mut user = self.user(self.inner.viewer);
        let more = json!({
            "name": null, "company": null, "blog": "", "location": null, "email": null, "hireable": null,
            "bio": null, "twitter_username": null, "user_view_type": "public",
            "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
            "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
        });
        extend(&mut user, more);
        user
    }

    fn integration(&self, id: u64) -> Value {
        let Some(app) = self.inner.state.app(id) else {
            return Value::Null;
        };
        let owner = &self.inner.state.accounts[&app.bot];
        json!({
            "id": app.id,
            "slug": app.slug,
            "node_id": node_id("A", &[app.id]),
            "client_id": format!("Iv23{:016}", app.id),
            "owner": self.account(owner),
            "name": app.slug,
            "description": "",
            "external_url": format!("https://{}.example.test", app.slug),
            "html_url": format!("{}/apps/{}", self.html, app.slug),
            "created_at": "2020-01-01T00:00:00Z",
            "updated_at": "2020-01-01T00:00:00Z",
            "permissions": {"issues": "write", "metadata": "read"},
            "events": [],
        })
    }

    pub fn repository_url(&self, repository: &Repository) -> String {
        format!(
            "{}/repos/{}",
            self.api,
            self.inner.state.full_name(repository)
        )
    }

    pub fn repository(&self, repository: &Repository) -> Value {
        let full_name = self.inner.state.full_name(repository);
        let (url, page) = (
            self.repository_url(repository),
            format!("{}/{full_name}", self.html),
        );
        let open = repository
            .issues
            .values()
            .filter(|issue| issue.is_open())
            .count();
        let visibility = match repository.visibility {
            Visibility::Public => "public",
            Visibility::Private => "private",
            Visibility::Internal => "internal",
        };
        let access = self
            .inner
            .state
            .role(repository, self.inner.viewer)
            .access();
        let push = self.inner.may_push(repository);
        let mut body = json!({
            "id": repository.id,
            "node_id": node_id("R", &[repository.id]),
            "name": repository.name,
            "full_name": full_name,
            "owner": self.account(&self.inner.state.accounts[&repository.owner]),
            "private": repository.visibility != Visibility::Public,
            "visibility": visibility,
            "html_url": page,
            "description": null,
            "fork": false,
            "url": url,
            "clone_url": format!("{page}.git"),
            "git_url": format!("git://github.com/{full_name}.git"),
            "ssh_url": format!("git@github.com:{full_name}.git"),
            "svn_url": page,
            "mirror_url": null,
            "homepage": null,
            "language": null,
            "license": null,
        });
        let more = json!({
            "default_branch": repository.default_branch,
            "archived": repository.archived,
            "disabled": false,
            "has_issues": repository.has_issues,
            "has_projects": true, "has_wiki": true, "has_pages": false, "has_discussions": false,
            "forks": 0, "forks_count": 0, "network_count": 0,
            "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "subscribers_count": 0,
            "open_issues": open,
            "open_issues_count": open,
            "size": 0,
            "pushed_at": timestamp(repository.created_at),
            "created_at": timestamp(repository.created_at),
            "updated_at": timestamp(repository.created_at),
            "permissions": {
                "admin": access >= Access::Admin, "maintain": access >= Access::Maintain, "push": push,
                "triage": push || access >= Access::Triage, "pull": true,
            },
        });
        extend(&mut body, more);
        let links = [
            ("archive_url", "/{archive_format}{/ref}"),
            ("assignees_url", "/assignees{/user}"),
            ("blobs_url", "/git/blobs{/sha}"),
            ("branches_url", "/branches{/branch}"),
            ("collaborators_url", "/collaborators{/collaborator}"),
            ("comments_url", "/comments{/number}"),
            ("commits_url", "/commits{/sha}"),
            ("compare_url", "/compare/{base}...{head}"),
            ("contents_url", "/contents/{+path}"),
            ("contributors_url", "/contributors"),
            ("deployments_url", "/deployments"),
            ("downloads_url", "/downloads"),
            ("events_url", "/events"),
            ("forks_url", "/forks"),
            ("git_commits_url", "/git/commits{/sha}"),
            ("git_refs_url", "/git/refs{/sha}"),
            ("git_tags_url", "/git/tags{/sha}"),
            ("hooks_url", "/hooks"),
            ("issue_comment_url", "/issues/comments{/number}"),
            ("issue_events_url", "/issues/events{/number}"),
            ("issues_url", "/issues{/number}"),
            ("keys_url", "/keys{/key_id}"),
            ("labels_url", "/labels{/name}"),
            ("languages_url", "/languages"),
            ("merges_url", "/merges"),
            ("milestones_url", "/milestones{/number}"),
            (
                "notifications_url",
                "/notifications{?since,all,participating}",
            ),
            ("pulls_url", "/pulls{/number}"),
            ("releases_url", "/releases{/id}"),
            ("stargazers_url", "/stargazers"),
            ("statuses_url", "/statuses/{sha}"),
            ("subscribers_url", "/subscribers"),
            ("subscription_url", "/subscription"),
            ("tags_url", "/tags"),
            ("teams_url", "/teams"),
            ("trees_url", "/git/trees{/sha}"),
        ];
        for (name, path) in links {
            body[name] = Value::from(format!("{url}{path}"));
        }
        body
    }

    /// The answer of the permission endpoint.
    pub fn permission(&self, account: &Account, role: &Role) -> Value {
        let access = role.access();
        let mut user = self.account(account);
        let more = json!({
            "role_name": role.name(),
            "permissions": {
                "pull": access >= Access::Read, "triage": access >= Access::Triage, "push": access >= Access::Write,
                "maintain": access >= Access::Maintain, "admin": access >= Access::Admin,
            },
        });
        extend(&mut user, more);
        json!({"permission": access.legacy(), "role_name": role.name(), "user": user})
    }

    pub fn label(&self, repository: &Repository, label: &Label) -> Value {
        let mut url =
            url::Url::parse(&self.repository_url(repository)).expect("API addresses are URLs");
        url.path_segments_mut()
            .expect("API addresses have paths")
            .extend(["labels", &label.name]);
        json!({
            "id": label.id,
            "node_id": node_id("LA", &[repository.id, label.id]),
            "url": url.as_str(),
            "name": label.name,
            "color": label.color,
            "default": false,
            "description": label.description,
        })
    }

    pub fn labels(&self, repository: &Repository, issue: &Issue) -> Vec<Value> {
        let labels = issue.labels.iter().map(|label| repository.label(*label));
        labels.map(|label| self.label(repository, label)).collect()
    }

    fn home(&self, issue: &Issue) -> &'w Repository {
        &self.inner.state.repositories[&issue.repository]
    }

    pub fn issue_url(&self, issue: &Issue) -> String {
        format!(
            "{}/issues/{}",
            self.repository_url(self.home(issue)),
            issue.number
        )
    }

    fn issue_page(&self, issue: &Issue) -> String {
        let kind = if issue.is_pull_request() {
            "pull"
        } else {
            "issues"
        };
        let full_name = self.inner.state.full_name(self.home(issue));
        format!("{}/{full_name}/{kind}/{}", self.html, issue.number)
    }

    pub fn issue(&self, issue: &Issue) -> Value {
        let (home, state) = (self.home(issue), &self.inner.state);
        let (url, page) = (self.issue_url(issue), self.issue_page(issue));
        let mut body = json!({
            "id": issue.id,
            "node_id": node_id(if issue.is_pull_request() { "PR" } else { "I" }, &[home.id, issue.id]),
            "url": url,
            "repository_url": self.repository_url(home),
            "labels_url": format!("{url}/labels{{/name}}"),
            "comments_url": format!("{url}/comments"),
            "events_url": format!("{url}/events"),
            "timeline_url": format!("{url}/timeline"),
            "html_url": page,
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "labels": self.labels(home, issue),
            "state": if issue.is_open() { "open" } else { "closed" },
            "locked": issue.locked,
            "active_lock_reason": null,
            "assignee": issue.assignees.first().map(|assignee| self.user(*assignee)),
            "assignees": issue.assignees.iter().map(|assignee| self.user(*assignee)).collect::<Vec<_>>(),
            "milestone": null,
            "comments": issue.comments.len(),
            "created_at": timestamp(issue.created_at),
            "updated_at": timestamp(issue.updated_at),
            "closed_at": issue.closed.map(|closing| timestamp(closing.at)),
            "closed_by": issue.closed.map(|closing| self.user(closing.by)),
            "author_association": association(self.inner, home, issue.author),
            "performed_via_github_app": null,
        });
        // The published schema lists null as a type of this field, and not among its values.
        body["state_reason"] = Value::from(issue.state_reason());
        if let IssueKind::PullRequest { merged } = issue.kind {
            let url = format!("{}/pulls/{}", self.repository_url(home), issue.number);
            let closed_at = issue.closed.map(|closing| timestamp(closing.at));
            body["pull_request"] = json!({
                "url": url, "html_url": page, "diff_url": format!("{page}.diff"), "patch_url": format!("{page}.patch"),
                "merged_at": closed_at.filter(|_| merged),
            });
            return body;
        }
        let enterprise = self.inner.options.enterprise;
        if enterprise != Enterprise::WithoutDependencies {
            let (_, open, all) = state.blockers(issue, |repository| self.inner.sees(repository));
            let blocking = state.blocking(issue);
            body["issue_dependencies_summary"] = json!({
                "blocked_by": open, "total_blocked_by": all,
                "blocking": if issue.is_open() { blocking.len() } else { 0 }, "total_blocking": blocking.len(),
            });
        }
        if enterprise == Enterprise::No {
            let all = state.sub_issues(issue);
            let completed = all.iter().filter(|sub_issue| !sub_issue.is_open()).count();
            body["sub_issues_summary"] = json!({
                "total": all.len(), "completed": completed,
                "percent_completed": (completed * 100).checked_div(all.len()).unwrap_or(0),
            });
            if let Some(parent) = state.parent(issue) {
                body["parent_issue_url"] = Value::from(self.issue_url(parent));
            }
        }
        body
    }

    pub fn comment(&self, issue: &Issue, comment: &Comment) -> Value {
        let home = self.home(issue);
        let url = format!(
            "{}/issues/comments/{}",
            self.repository_url(home),
            comment.id
        );
        json!({
            "id": comment.id,
            "node_id": node_id("IC", &[home.id, comment.id]),
            "url": url,
            "html_url": format!("{}#issuecomment-{}", self.issue_page(issue), comment.id),
            "issue_url": self.issue_url(issue),
            "body": comment.body,
            "user": self.user(comment.author),
            "created_at": timestamp(comment.created_at),
            "updated_at": timestamp(comment.updated_at),
            "author_association": association(self.inner, home, comment.author),
            "performed_via_github_app": null,
        })
    }

    /// A comment among the entries of the timeline.
    pub fn comment_entry(&self, issue: &Issue, comment: &Comment) -> Value {
        let mut entry = self.comment(issue, comment);
        let actor = entry["user"].clone();
        extend(&mut entry, json!({"event": "commented", "actor": actor}));
        entry
    }

    pub fn event(&self, issue: &Issue, event: &Event) -> Value {
        let home = self.home(issue);
        let (name, prefix, more) = match &event.kind {
            EventKind::Labeled { name, color, .. } => (
                "labeled",
                "LE",
                json!({"label": {"name": name, "color": color}}),
            ),
            EventKind::Unlabeled { name, color, .. } => (
                "unlabeled",
                "UNLE",
                json!({"label": {"name": name, "color": color}}),
            ),
            EventKind::Renamed { from, to } => (
                "renamed",
                "RTE",
                json!({"rename": {"from": from, "to": to}}),
            ),
            EventKind::Closed { reason, commit, .. } => {
                // GitHub leaves the reason out when it is the ordinary one.
                let reason = reason.filter(|reason| *reason != "completed");
                (
                    "closed",
                    "CE",
                    json!({"state_reason": reason, "commit_id": commit}),
                )
            }
            EventKind::Reopened => ("reopened", "REE", json!({"state_reason": null})),
            EventKind::Assigned { assignee } => (
                "assigned",
                "AE",
                json!({"assignee": self.user(*assignee), "assigner": self.user(event.doer.account)}),
            ),
            EventKind::Unassigned { assignee } => (
                "unassigned",
                "UNAE",
                json!({"assignee": self.user(*assignee), "assigner": self.user(event.doer.account)}),
            ),
            EventKind::Transferred { .. } => ("transferred", "TRE", json!({})),
            EventKind::Referenced { commit, repository } => {
                let there = self.repository_url(&self.inner.state.repositories[repository]);
                let commit_url = format!("{there}/commits/{commit}");
                (
                    "referenced",
                    "REFE",
                    json!({"commit_id": commit, "commit_url": commit_url}),
                )
            }
            EventKind::Locked => ("locked", "LOE", json!({"lock_reason": null})),
            EventKind::Other(name) => (name.as_str(), "EV", json!({})),
        };
        let mut body = json!({
            "id": event.id,
            "node_id": event_node_id(prefix, home.id, issue, event),
            "url": format!("{}/issues/events/{}", self.repository_url(home), event.id),
            "actor": self.user(event.doer.account),
            "event": name,
            "commit_id": null,
            "commit_url": null,
            "created_at": timestamp(event.at),
            "performed_via_github_app": event.doer.via_app.map(|app| self.integration(app)),
        });
        extend(&mut body, more);
        body
    }
}

pub fn extend(body: &mut Value, more: Value) {
    if let (Value::Object(body), Value::Object(more)) = (body, more) {
        body.extend(more);
    }
}
