//! The JSON of a Forgejo or Gitea, member by member as recorded.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::state::{
    Commit, Entry, Issue, IssuesAre, Label, LabelOwner, Level, Repository, Run, State, Status,
    Team, What,
};
use super::{Inner, ServerKind};

pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn original_id(original: &str) -> u64 {
    if original.is_empty() { 0 } else { 99 }
}

const EPOCH: &str = "1970-01-01T00:00:00Z";
const NEVER: &str = "0001-01-01T00:00:00Z";

impl Inner {
    fn web(&self) -> &str {
        &self.options.web
    }

    pub fn user(&self, id: i64) -> Value {
        let (id, login) = match self.state.account_of(id) {
            Some(account) => (account.id, account.login.as_str()),
            // Whoever was deleted, and the actions user.
            None if id == -2 => (-2, self.options.kind.actions_user()),
            None => (-1, "Ghost"),
        };
        let web = self.web();
        let mut user = json!({
            "id": id, "login": login, "login_name": "", "source_id": 0, "full_name": "",
            "email": format!("{login}@noreply.forge.example"),
            "avatar_url": format!("{web}/avatars/{id}"), "html_url": format!("{web}/{login}"),
            "language": "", "is_admin": false, "last_login": NEVER,
            "created": "2026-01-01T00:00:00Z", "restricted": false, "active": false,
            "prohibit_login": false, "location": "", "pronouns": "", "website": "",
            "description": "", "visibility": "public", "followers_count": 0,
            "following_count": 0, "starred_repos_count": 0, "username": login,
        });
        if self.options.kind == ServerKind::Gitea126 {
            user.as_object_mut().unwrap().remove("pronouns");
        }
        user
    }

    pub fn label(&self, label: &Label) -> Value {
        let place = match label.of {
            LabelOwner::Repository(id) => {
                format!(
                    "repos/{}",
                    self.state.full_name(&self.state.repositories[&id])
                )
            }
            LabelOwner::Organisation(id) => {
                format!("orgs/{}", self.state.account_of(id).unwrap().login)
            }
        };
        json!({
            "id": label.id, "name": label.name, "exclusive": label.exclusive, "is_archived": false,
            "color": label.color, "description": "",
            "url": format!("{}/api/v1/{place}/labels/{}", self.web(), label.id),
        })
    }

    pub fn labels(&self, ids: &[u64]) -> Value {
        let mut labels: Vec<&Label> = ids.iter().filter_map(|id| self.state.label(*id)).collect();
        labels.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        labels.into_iter().map(|label| self.label(label)).collect()
    }

    pub fn repository(&self, repository: &Repository) -> Value {
        let (web, full_name) = (self.web(), self.state.full_name(repository));
        let viewer = self.state.unit_level(repository, self.viewer, "repo.code");
        let mut json = json!({
            "id": repository.id, "owner": self.user(repository.owner), "name": repository.name,
            "full_name": full_name, "description": "", "empty": repository.commits.is_empty(),
            "private": repository.private, "fork": false, "template": false,
            "mirror": repository.mirror, "size": 25, "language": "", "html_url": format!("{web}/{full_name}"),
            "url": format!("{web}/api/v1/repos/{full_name}"), "link": "",
            "clone_url": format!("{web}/{full_name}.git"), "original_url": "", "website": "",
            "open_issues_count": 0, "default_branch": repository.branch, "archived": repository.archived,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            "archived_at": EPOCH,
            "permissions": {"admin": viewer >= Level::Admin, "push": viewer >= Level::Write, "pull": true},
            "has_issues": repository.issues_are != IssuesAre::Off,
            "internal_tracker": {
                "enable_time_tracker": true, "allow_only_contributors_to_track_time": true,
                "enable_issue_dependencies": repository.dependencies,
            },
            "has_actions": repository.actions, "internal": repository.internal,
            "object_format_name": "sha1",
        });
        if repository.issues_are != IssuesAre::Here {
            json.as_object_mut().unwrap().remove("internal_tracker");
        }
        if repository.issues_are == IssuesAre::Elsewhere {
            json["external_tracker"] = json!({"external_tracker_url": "https://issues.example"});
        }
        json
    }

    pub fn home(&self, repository: &Repository) -> Value {
        let full_name = self.state.full_name(repository);
        let (owner, name) = full_name.split_once('/').unwrap();
        json!({"id": repository.id, "name": name, "owner": owner, "full_name": full_name})
    }

    pub fn issue(&self, repository: &Repository, issue: &Issue) -> Value {
        let (web, full_name) = (self.web(), self.state.full_name(repository));
        let number = issue.number;
        let comments = issue
            .entries
            .iter()
            .filter(|entry| matches!(entry.what, What::Comment(_)))
            .count();
        let assignees: Vec<Value> = issue.assignees.iter().map(|id| self.user(*id)).collect();
        let mut json = json!({
            "id": issue.id, "url": format!("{web}/api/v1/repos/{full_name}/issues/{number}"),
            "html_url": format!("{web}/{full_name}/issues/{number}"), "number": number,
            "user": self.user(issue.user), "original_author": issue.original_author,
            "original_author_id": original_id(&issue.original_author),
            "title": issue.title, "body": issue.body, "ref": "", "assets": [],
            "labels": self.labels(&issue.labels), "milestone": null,
            "assignee": assignees.first(),
            "assignees": if assignees.is_empty() { Value::Null } else { json!(assignees) },
            "state": if issue.open { "open" } else { "closed" }, "is_locked": issue.locked,
            "comments": comments, "created_at": time(issue.created),
            "updated_at": time(issue.updated), "closed_at": issue.closed.map(time),
            "due_date": null, "pull_request": null, "repository": self.home(repository),
            "pin_order": 0,
        });
        if issue.is_pull {
            let merged_at = issue.merged.as_ref().map(|merged| time(merged.at));
            json["pull_request"] = json!({"merged": merged_at.is_some(), "merged_at": merged_at, "draft": false,
                "html_url": format!("{web}/{full_name}/pulls/{number}")});
        }
        if self.options.kind == ServerKind::Gitea126 {
            json["time_estimate"] = json!(0);
            json["content_version"] = json!(issue.content_version);
        }
        json
    }

    /// A pull request by itself, as far as anybody reads it.
    pub fn pull(&self, issue: &Issue) -> Value {
        let merged = issue.merged.as_ref();
        json!({
            "id": issue.id, "number": issue.number, "user": self.user(issue.user),
            "title": issue.title, "body": issue.body,
            "state": if issue.open { "open" } else { "closed" },
            "merged": merged.is_some(), "merged_at": merged.map(|merged| time(merged.at)),
            "merged_by": merged.map(|merged| self.user(merged.by)),
            "merge_commit_sha": merged.map(|merged| merged.sha.as_str()),
        })
    }

    pub fn entry(&self, repository: &Repository, number: u64, entry: &Entry) -> Value {
        let (web, full_name) = (self.web(), self.state.full_name(repository));
        let page = format!("{web}/{full_name}/issues/{number}");
        let mut json = json!({
            "id": entry.id, "type": "", "html_url": format!("{page}#issuecomment-{}", entry.id),
            "pull_request_url": "", "issue_url": page, "user": self.user(entry.user), "body": "",
            "created_at": time(entry.at), "updated_at": time(entry.updated), "old_project_id": 0,
            "project_id": 0, "old_milestone": null, "milestone": null, "tracked_time": null,
            "old_title": "", "new_title": "", "old_ref": "", "new_ref": "", "ref_issue": null,
            "ref_comment": null, "ref_action": "none", "ref_commit_sha": "", "review_id": 0,
            "label": null, "assignee": null, "assignee_team": null, "removed_assignee": false,
            "resolve_doer": null, "dependent_issue": null,
        });
        let kind = match &entry.what {
            What::Label { id, added } => {
                json["body"] = json!(if *added { "1" } else { "" });
                let label = self
                    .state
                    .label(*id)
                    .expect("entries of deleted labels vanish");
                json["label"] = self.label(label);
                "label"
            }
            What::Close => "close",
            What::Reopen => "reopen",
            What::Title { old, new } => {
                (json["old_title"], json["new_title"]) = (json!(old), json!(new));
                "change_title"
            }
            What::Comment(text) => {
                json["body"] = json!(text);
                "comment"
            }
            What::CommitRef { sha, link } => {
                (json["ref_commit_sha"], json["body"]) = (json!(sha), json!(link));
                "commit_ref"
            }
            What::Assign { who, removed } => {
                json["assignee"] = self.user(*who);
                json["removed_assignee"] = json!(removed);
                "assignees"
            }
            What::PullRef {
                number,
                action,
                by_comment,
            } => {
                json["ref_action"] = json!(action);
                json["ref_issue"] = self.issue(repository, &repository.issues[number]);
                if *by_comment {
                    "comment_ref"
                } else {
                    "pull_ref"
                }
            }
            What::Hidden => unreachable!("hidden entries are dropped"),
            What::Other(kind) => kind,
        };
        json["type"] = json!(kind);
        json
    }

    pub fn comment(&self, repository: &Repository, number: u64, entry: &Entry) -> Value {
        let page = format!(
            "{}/{}/issues/{number}",
            self.web(),
            self.state.full_name(repository)
        );
        let What::Comment(text) = &entry.what else {
            unreachable!("only comments are shown as such")
        };
        let elsewhere = &repository.issues[&number].original_commenters;
        let original = elsewhere.get(&entry.id).map_or("", String::as_str);
        json!({
            "id": entry.id, "html_url": format!("{page}#issuecomment-{}", entry.id),
            "pull_request_url": "", "issue_url": page, "user": self.user(entry.user),
            "original_author": original, "original_author_id": original_id(original),
            "body": text, "assets": [],
            "created_at": time(entry.at), "updated_at": time(entry.updated),
        })
    }

    pub fn commit(&self, repository: &Repository, commit: &Commit) -> Value {
        let (web, full_name) = (self.web(), self.state.full_name(repository));
        let signature = json!({"name": commit.author, "email": format!("{}@x.test", commit.author),
            "date": time(commit.at)});
        let url = format!("{web}/api/v1/repos/{full_name}/git/commits/{}", commit.sha);
        let parents: Vec<Value> = commit
            .parents
            .iter()
            .map(|sha| json!({"url": url, "sha": sha, "created": NEVER}))
            .collect();
        json!({
            "url": url, "sha": commit.sha, "created": time(commit.at),
            "html_url": format!("{web}/{full_name}/commit/{}", commit.sha),
            "commit": {"url": url, "author": signature, "committer": signature,
                "message": commit.message, "tree": {"url": url, "sha": commit.sha, "created": time(commit.at)},
                "verification": null},
            "author": self.user(commit.account), "committer": self.user(commit.account),
            "parents": parents, "files": null, "stats": null,
        })
    }

    pub fn status(&self, repository: &Repository, status: &Status) -> Value {
        let (web, full_name) = (self.web(), self.state.full_name(repository));
        json!({
            "id": status.id, "status": status.status, "target_url": status.target,
            "description": status.description,
            "url": format!("{web}/api/v1/repos/{full_name}/statuses/{}", status.sha),
            "context": status.context, "creator": status.creator.map(|id| self.user(id)),
            "created_at": time(status.at), "updated_at": time(status.at),
        })
    }

    pub fn run(&self, repository: &Repository, run: &Run) -> Value {
        let web = self.web();
        let page = format!(
            "{web}/{}/actions/runs/{}",
            self.state.full_name(repository),
            run.id
        );
        if self.options.kind == ServerKind::Gitea126 {
            let over = matches!(
                run.status.as_str(),
                "success" | "failure" | "cancelled" | "skipped"
            );
            let status = match run.status.as_str() {
                "waiting" | "blocked" => "queued",
                "running" => "in_progress",
                _ => "completed",
            };
            let branch = run.place.strip_prefix("refs/heads/").unwrap_or_default();
            let mut json = json!({
                "id": run.id, "url": page, "html_url": page, "display_title": run.workflow,
                "path": format!("{}@{}", run.workflow, run.place), "event": run.event,
                "repository": self.repository(repository),
                "run_attempt": 0, "run_number": run.id, "head_sha": run.sha, "head_branch": branch,
                "status": status, "started_at": EPOCH,
                "completed_at": if over { time(run.at) } else { EPOCH.to_owned() },
            });
            if over {
                json["conclusion"] = json!(run.status);
            }
            return json;
        }
        let dispatched = run.event == "workflow_dispatch";
        let pretty = run.place.splitn(3, '/').nth(2).unwrap_or_default();
        json!({
            "id": run.id, "title": run.workflow, "repository": self.repository(repository),
            "workflow_id": run.workflow, "index_in_repo": run.id, "ScheduleID": 0,
            "prettyref": pretty, "is_ref_deleted": false, "commit_sha": run.sha,
            "is_fork_pull_request": false, "need_approval": false, "approved_by": 0,
            "event": if dispatched { "" } else { run.event.as_str() }, "event_payload": "{}",
            "trigger_event": run.event, "status": run.status, "started": EPOCH, "stopped": EPOCH,
            "created": time(run.at), "updated": time(run.at), "duration": 0, "html_url": page,
        })
    }

    pub fn team(&self, team: &Team) -> Value {
        const UNITS: [&str; 3] = ["repo.code", "repo.issues", "repo.pulls"];
        let units: serde_json::Map<String, Value> = match team.level {
            Some(level) => UNITS
                .iter()
                .map(|unit| ((*unit).to_owned(), json!(level.word())))
                .collect(),
            None => team
                .units
                .iter()
                .map(|(unit, level)| (unit.clone(), json!(level.word())))
                .collect(),
        };
        let names: Vec<&String> = units.keys().collect();
        json!({
            "id": team.id, "name": team.name, "description": "", "organization": null,
            "includes_all_repositories": true,
            "permission": self.options.kind.team_word(team), "units": names, "units_map": units,
            "can_create_org_repo": false,
        })
    }
}

/// What a permission look-up says: not the truth, where teams are.
pub fn permission_word(
    state: &State,
    repository: &Repository,
    who: i64,
    kind: ServerKind,
) -> Level {
    if repository.owner == who {
        return Level::Owner;
    }
    let public = if repository.private {
        Level::None
    } else {
        Level::Read
    };
    let direct = repository.collaborators.get(&who).copied();
    let teams: Vec<&Team> = state
        .teams_of(repository)
        .iter()
        .filter(|team| team.members.contains(&who))
        .collect();
    if teams.iter().any(|team| team.level.is_some()) {
        return Level::Owner;
    }
    let by_team = match kind {
        ServerKind::Gitea126 => None,
        ServerKind::Forgejo11 | ServerKind::Forgejo13 => teams
            .iter()
            .filter_map(|team| {
                team.units
                    .values()
                    .copied()
                    .filter(|level| *level > Level::None)
                    .min()
            })
            .max(),
    };
    direct.into_iter().chain(by_team).fold(public, Level::max)
}
