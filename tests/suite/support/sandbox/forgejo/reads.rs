//! What a Forgejo or Gitea answers to readers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::http_server::Response;
use super::json::permission_word;
use super::state::{Commit, Dependency, Issue, IssuesAre, Level, Repository, What};
use super::{Inner, Query, Refused, ServerKind, list, unknown_route};

impl Inner {
    pub(super) fn own_repositories(&self, query: &Query) -> Response {
        let mine: Vec<&Repository> = self
            .state
            .repositories
            .values()
            .filter(|repository| {
                let is_member = repository.collaborators.contains_key(&self.viewer)
                    || self
                        .state
                        .teams_of(repository)
                        .iter()
                        .any(|team| team.members.contains(&self.viewer));
                repository.owner == self.viewer || is_member
            })
            .collect();
        let page: Vec<Value> = query
            .page(&mine)
            .into_iter()
            .map(|repository| self.repository(repository))
            .collect();
        list(200, &page, false).with_header("X-Total-Count", &mine.len().to_string())
    }

    /// Issues of all repositories. A label that nobody has is no filter.
    pub(super) fn search(&self, query: &Query) -> Result<Response, Refused> {
        let owner = match query.text("owner") {
            None => None,
            Some(login) => match self.state.find_account(login) {
                Some(owner) => Some(owner.id),
                None => {
                    let text = format!("user does not exist [uid: 0, name: {login}]");
                    return Err(self.message(400, &text));
                }
            },
        };
        let wanted: Vec<u64> = query
            .text("labels")
            .into_iter()
            .flat_map(|names| names.split(','))
            .flat_map(|name| {
                self.state.labels.iter().filter(move |label| {
                    let folds = self.options.folds_case;
                    label.name == name || folds && label.name.eq_ignore_ascii_case(name)
                })
            })
            .map(|label| label.id)
            .collect();
        let state = query.text("state").unwrap_or("open");
        let mut found: Vec<(&Repository, &Issue)> = self
            .state
            .repositories
            .values()
            .filter(|repository| self.sees(repository))
            .filter(|repository| repository.issues_are == IssuesAre::Here)
            .filter(|repository| owner.is_none_or(|owner| repository.owner == owner))
            .flat_map(|repository| {
                repository
                    .issues
                    .values()
                    .map(move |issue| (repository, issue))
            })
            .filter(|(_, issue)| match state {
                "open" => issue.open,
                "closed" => !issue.open,
                _ => true,
            })
            .filter(|(_, issue)| query.text("type") != Some("issues") || !issue.is_pull)
            .filter(|(_, issue)| {
                wanted.is_empty() || issue.labels.iter().any(|label| wanted.contains(label))
            })
            .collect();
        found.sort_by_key(|(_, issue)| std::cmp::Reverse((issue.created, issue.id)));
        let page: Vec<Value> = query
            .page(&found)
            .into_iter()
            .map(|(repository, issue)| self.issue(repository, issue))
            .collect();
        Ok(list(200, &page, false).with_header("X-Total-Count", &found.len().to_string()))
    }

    pub(super) fn read(&self, id: u64, rest: &[&str], query: &Query) -> Result<Response, Refused> {
        let home = &self.state.repositories[&id];
        if home.issues_are != IssuesAre::Here && matches!(rest, ["issues" | "labels", ..]) {
            return Err(self.not_found());
        }
        match rest {
            [] => Ok(Response::json(200, &self.repository(home))),
            ["labels"] => {
                let mut labels = self.state.labels_of(id);
                labels.sort_by(|one, other| one.name.cmp(&other.name));
                let page: Vec<Value> = query
                    .page(&labels)
                    .into_iter()
                    .map(|label| self.label(label))
                    .collect();
                Ok(list(200, &page, false).with_header("X-Total-Count", &labels.len().to_string()))
            }
            ["teams"] => {
                if !self.state.owner_is_organisation(home) {
                    return Err(self.message(405, "repo is not owned by an organization"));
                }
                let teams: Vec<Value> = self
                    .state
                    .teams_of(home)
                    .iter()
                    .map(|team| self.team(team))
                    .collect();
                Ok(list(200, &teams, false))
            }
            ["collaborators", login, "permission"] => self.permission(home, login),
            ["issues", number] => {
                let issue = self.find_issue(home, number)?;
                Ok(Response::json(200, &self.issue(home, issue)))
            }
            ["issues", number, "labels"] => {
                let issue = self.find_issue(home, number)?;
                Ok(Response::json(200, &self.labels(&issue.labels)))
            }
            ["issues", number, "timeline"] => self.timeline(home, number, query),
            ["issues", number, "comments"] => {
                let issue = self.find_listed_issue(home, number)?;
                let comments: Vec<Value> = issue
                    .entries
                    .iter()
                    .filter(|entry| matches!(entry.what, What::Comment(_)))
                    .map(|entry| self.comment(home, issue.number, entry))
                    .collect();
                let total = comments.len().to_string();
                Ok(list(200, &comments, false).with_header("X-Total-Count", &total))
            }
            ["pulls", number] => {
                let pull = self.find_issue(home, number)?;
                if !pull.is_pull {
                    return Err(self.not_found());
                }
                Ok(Response::json(200, &self.pull(pull)))
            }
            ["issues", number, "dependencies"] => self.dependencies(home, number, query),
            ["branches", "main"] if !home.commits.is_empty() => {
                let viewer = self.state.unit_level(home, self.viewer, "repo.code");
                let may_push = viewer >= Level::Write && !home.protected;
                Ok(Response::json(
                    200,
                    &json!({
                        "name": "main", "commit": {"id": home.commits.last().unwrap().sha}, "protected": home.protected,
                        "required_approvals": 0, "enable_status_check": false, "status_check_contexts": [],
                        "user_can_push": may_push, "user_can_merge": may_push,
                        "effective_branch_protection_name": if home.protected { "main" } else { "" },
                    }),
                ))
            }
            ["branches", _] => Err(self.not_found()),
            ["commits"] => self.commits(home, query),
            ["commits", sha, "status"] => self.statuses(home, sha, query),
            ["git", "commits", sha] => {
                let known = home.commits.iter().chain(&home.elsewhere);
                let found = known.into_iter().find(|commit| commit.sha == *sha);
                let found = found.ok_or_else(|| self.message(404, sha))?;
                Ok(Response::json(200, &self.commit(home, found)))
            }
            ["compare", range] => self.compare(home, range),
            ["actions", "runs"] => self.runs(home, query),
            _ => Err(unknown_route()),
        }
    }

    fn find_issue<'s>(&self, home: &'s Repository, number: &str) -> Result<&'s Issue, Refused> {
        let number: Option<u64> = number.parse().ok();
        number
            .and_then(|number| home.issues.get(&number))
            .ok_or_else(|| self.not_found())
    }

    /// Gitea fails over lists of what is not there.
    fn find_listed_issue<'s>(
        &self,
        home: &'s Repository,
        number: &str,
    ) -> Result<&'s Issue, Refused> {
        self.find_issue(home, number).map_err(|_| {
            if self.options.kind.is_gitea() {
                self.message(500, "")
            } else {
                self.message(404, "IsErrIssueNotExist")
            }
        })
    }

    fn timeline(
        &self,
        home: &Repository,
        number: &str,
        query: &Query,
    ) -> Result<Response, Refused> {
        let issue = self.find_listed_issue(home, number)?;
        let pages = self.options.kind.is_gitea() || self.options.always_pages;
        let whole = !pages && !query.is_paged();
        let page = if whole {
            issue.entries.clone()
        } else {
            query.page(&issue.entries)
        };
        // What the token may not see is dropped after paging.
        let shown: Vec<Value> = page
            .iter()
            .filter(|entry| !matches!(entry.what, What::Hidden))
            .map(|entry| self.entry(home, issue.number, entry))
            .collect();
        let total = shown.len().to_string();
        Ok(list(200, &shown, true).with_header("X-Total-Count", &total))
    }

    fn dependencies(
        &self,
        home: &Repository,
        number: &str,
        query: &Query,
    ) -> Result<Response, Refused> {
        if !home.dependencies {
            return Err(self.not_found());
        }
        let number: u64 = number.parse().map_err(|_| self.not_found())?;
        let issue = home
            .issues
            .get(&number)
            .ok_or_else(|| self.message(404, "IsErrIssueNotExist"))?;
        let writes = self.state.unit_level(home, self.viewer, "repo.issues") >= Level::Write;
        let mut all: Vec<Dependency> = issue.dependencies.clone();
        if self.options.kind.is_gitea() {
            all.reverse();
        }
        let page: Vec<Value> = query
            .page(&all)
            .into_iter()
            .map(|dependency| match dependency {
                Dependency::On { repository, number } => {
                    let repository = &self.state.repositories[&repository];
                    self.issue(repository, &repository.issues[&number])
                }
                Dependency::Hidden => self.hidden_issue(writes),
            })
            .collect();
        let answer = list(200, &page, false);
        Ok(if self.options.kind.is_gitea() {
            answer.with_header("X-Total-Count", &all.len().to_string())
        } else {
            answer
        })
    }

    /// An issue that the token can not read. Who may write sees even less of it.
    fn hidden_issue(&self, writes: bool) -> Value {
        let (title, state, at) = if writes {
            ("", "", "0001-01-01T00:00:00Z")
        } else {
            ("HIDDEN", "open", "1970-01-01T00:00:00Z")
        };
        let mut hidden = json!({
            "id": 0, "url": "", "html_url": "", "number": 0, "user": null,
            "original_author": "", "original_author_id": 0, "title": title, "body": "",
            "ref": "", "assets": null, "labels": null, "milestone": null,
            "assignee": null, "assignees": null, "state": state, "is_locked": false,
            "comments": 0, "created_at": at, "updated_at": at, "closed_at": null,
            "due_date": null, "pull_request": null, "repository": null, "pin_order": 0,
        });
        if self.options.kind.is_gitea() {
            hidden["content_version"] = json!(0);
        }
        hidden
    }

    fn permission(&self, home: &Repository, login: &str) -> Result<Response, Refused> {
        let asked = self.state.find_account(login);
        let is_admin = permission_word(&self.state, home, self.viewer, self.options.kind)
            >= Level::Admin
            || self.state.unit_level(home, self.viewer, "repo.code") >= Level::Admin;
        let about_self = asked.is_some_and(|asked| asked.id == self.viewer);
        // Gitea says so of people who do not exist, too.
        let is_known = asked.is_some() || self.options.kind.is_gitea();
        if !is_admin && !about_self && is_known {
            return Err(self.message(
                403,
                "Only admins can query all permissions, repo admins can query all repo permissions, collaborators can query only their own",
            ));
        }
        let Some(asked) = asked else {
            let text = format!("user does not exist [uid: 0, name: {login}]");
            return Err(self.message(404, &text));
        };
        let level = if asked.is_organisation {
            Level::Read
        } else {
            permission_word(&self.state, home, asked.id, self.options.kind)
        };
        let body = json!({
            "permission": level.word(), "role_name": level.word(), "user": self.user(asked.id),
        });
        Ok(Response::json(200, &body))
    }

    fn commits(&self, home: &Repository, query: &Query) -> Result<Response, Refused> {
        if home.commits.is_empty() {
            return Err(self.message(409, "Git Repository is empty."));
        }
        if query
            .text("sha")
            .is_some_and(|branch| branch != home.branch)
        {
            return Err(Response::json(404, &Value::Null));
        }
        let newest: Vec<_> = home.commits.iter().rev().collect();
        let page = query.page(&newest);
        let limit = query
            .text("limit")
            .and_then(|limit| limit.parse().ok())
            .unwrap_or(30);
        let number: usize = query
            .text("page")
            .and_then(|page| page.parse().ok())
            .unwrap_or(1);
        let has_more = number * std::cmp::min(limit, 50) < newest.len();
        let shown: Vec<Value> = page
            .into_iter()
            .map(|commit| self.commit(home, commit))
            .collect();
        Ok(list(200, &shown, false)
            .with_header("X-Total-Count", &newest.len().to_string())
            .with_header("X-Hasmore", if has_more { "true" } else { "false" }))
    }

    fn compare(&self, home: &Repository, range: &str) -> Result<Response, Refused> {
        let (base, head) = range.split_once("...").ok_or_else(|| self.not_found())?;
        // Whether a name with slashes would be understood here was not seen.
        if range.contains('/') {
            return Err(self.not_found());
        }
        let known = || home.commits.iter().chain(&home.elsewhere);
        let named = |name: &str| {
            let found = if name == home.branch {
                home.commits.last()
            } else {
                known().find(|commit| commit.sha == name)
            };
            found.ok_or_else(|| self.not_found())
        };
        let reachable = |from: &Commit| {
            let mut seen = BTreeSet::from([from.sha.clone()]);
            let mut next = vec![from];
            while let Some(commit) = next.pop() {
                let parents = known().filter(|it| commit.parents.contains(&it.sha));
                next.extend(parents.filter(|parent| seen.insert(parent.sha.clone())));
            }
            seen
        };
        let (base, head) = (reachable(named(base)?), reachable(named(head)?));
        let ahead: Vec<&Commit> = known()
            .filter(|commit| head.contains(&commit.sha) && !base.contains(&commit.sha))
            .collect();
        let commits: Vec<Value> = ahead
            .iter()
            .map(|commit| self.commit(home, commit))
            .collect();
        Ok(Response::json(
            200,
            &json!({"total_commits": commits.len(), "commits": commits}),
        ))
    }

    /// The newest status of each context; the combined state is folded from this page alone.
    fn statuses(&self, home: &Repository, sha: &str, query: &Query) -> Result<Response, Refused> {
        let is_known = home.commits.iter().any(|commit| commit.sha == sha);
        if !is_known && self.options.kind.is_gitea() {
            return Err(self.not_found());
        }
        let mut newest: Vec<&super::state::Status> = Vec::new();
        for status in home.statuses.iter().filter(|status| status.sha == sha) {
            newest.retain(|known| known.context != status.context);
            newest.push(status);
        }
        if newest.is_empty() && !self.options.kind.is_gitea() {
            return Ok(Response::json(
                200,
                &json!({"state": "", "sha": "", "total_count": 0, "statuses": null,
                    "repository": null, "commit_url": "", "url": ""}),
            ));
        }
        let page = query.page(&newest);
        let words: Vec<&str> = page.iter().map(|status| status.status.as_str()).collect();
        let state = self.combined(&words);
        let shown: Vec<Value> = page
            .iter()
            .map(|status| self.status(home, status))
            .collect();
        let statuses = if shown.is_empty() {
            Value::Null
        } else {
            json!(shown)
        };
        let body = json!({
            "state": state, "sha": sha, "total_count": page.len(), "statuses": statuses,
            "repository": self.repository(home), "commit_url": "", "url": "",
        });
        Ok(Response::json(200, &body).with_header("X-Total-Count", &newest.len().to_string()))
    }

    /// How each family folds statuses; of nothing, a Gitea waits for something.
    fn combined(&self, words: &[&str]) -> &'static str {
        let has = |word: &str| words.contains(&word);
        let is_gitea = self.options.kind.is_gitea();
        match () {
            () if has("failure") || has("error") || is_gitea && has("warning") => "failure",
            () if has("warning") => "warning",
            () if has("skipped") && !is_gitea => "skipped",
            () if has("pending") || words.is_empty() => "pending",
            () => "success",
        }
    }

    fn runs(&self, home: &Repository, query: &Query) -> Result<Response, Refused> {
        if self.options.kind == ServerKind::Forgejo11 {
            return Err(unknown_route());
        }
        if home.runs_hidden {
            return Err(Response::json(
                403,
                &json!({"message": "user should have a permission to read Actions"}),
            ));
        }
        let runs: Vec<Value> = home
            .runs
            .iter()
            .rev()
            .filter(|run| query.text("head_sha").is_none_or(|sha| run.sha == sha))
            .map(|run| self.run(home, run))
            .collect();
        let total = runs.len();
        let shown = if runs.is_empty() {
            Value::Null
        } else {
            json!(runs)
        };
        let answer = Response::json(200, &json!({"workflow_runs": shown, "total_count": total}));
        Ok(if self.options.kind.is_gitea() {
            answer.with_header("X-Total-Count", &total.to_string())
        } else {
            answer
        })
    }
}
