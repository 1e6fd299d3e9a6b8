//! REST reads of commits and of what reported on them.
//!
//! Lists keep the service's traps: the combined status says `pending` where nothing reported, `filter=latest` hides what a
//! newer attempt replaced, and workflow runs may be filtered by commit and event.

use serde_json::{Value, json};

use super::github::Inner;
use super::github_checks::{CheckRun, Status, Suite, Workflow, run_url};
use super::github_commits::Commit;
use super::github_ids::{node_id, timestamp};
use super::github_json::{Writer, extend};
use super::github_rest::{DOCS, Outcome, Target, not_accessible, not_found, refuse};
use super::github_state::Repository;
use super::http_server::Response;

impl Target<'_> {
    /// Everything below `commits`, `compare` and `actions`.
    pub fn read_commits(&self, inner: &Inner, rest: &[&str]) -> Outcome {
        match rest {
            ["commits"] => self.list_commits(inner),
            ["commits", name] => {
                let home = self.home(inner);
                let commit = self.commit(home, name)?;
                Ok(Response::json(
                    200,
                    &self.writer(inner).commit(home, commit),
                ))
            }
            ["commits", name, "check-runs"] => self.list_check_runs(inner, name),
            ["commits", name, "status"] => self.combined_status(inner, name),
            ["commits", name, "statuses"] => self.list_statuses(inner, name),
            ["compare", range] => self.compare(inner, range),
            ["actions", "runs"] => self.list_workflow_runs(inner),
            ["actions", "runs", run] => {
                let (home, suite, flow) = self.workflow(inner, run)?;
                let body = self.writer(inner).workflow_run(home, suite, flow);
                Ok(Response::json(200, &body))
            }
            ["actions", "runs", run, "jobs"] => self.list_jobs(inner, run),
            _ => Err(not_found()),
        }
    }

    /// A commit by its name, or the head of the default branch by the branch's.
    fn commit<'w>(&self, home: &'w Repository, name: &str) -> Result<&'w Commit, Response> {
        let found = if name == home.default_branch {
            home.commits.last()
        } else {
            home.commits.iter().find(|commit| commit.oid == name)
        };
        found.ok_or_else(|| {
            let message = format!("No commit found for SHA: {name}");
            refuse(422, &message, &format!("{DOCS}/commits/commits"))
        })
    }

    fn list_commits(&self, inner: &Inner) -> Outcome {
        let home = self.home(inner);
        if home.commits.is_empty() {
            return Err(refuse(409, "Git Repository is empty.", DOCS));
        }
        let start = self.parameter("sha");
        let start = self.commit(home, start.as_deref().unwrap_or(&home.default_branch))?;
        let since = self.parameter("since");
        let length = home
            .commits
            .iter()
            .position(|commit| commit.oid == start.oid)
            .map_or(0, |at| at + 1);
        let writer = self.writer(inner);
        let shown = home.commits[..length].iter().rev().filter(|commit| {
            since
                .as_ref()
                .is_none_or(|since| timestamp(commit.at) >= *since)
        });
        let shown = shown.map(|commit| writer.commit(home, commit)).collect();
        Ok(self.page(inner, shown))
    }

    fn compare(&self, inner: &Inner, range: &str) -> Outcome {
        let home = self.home(inner);
        let (base, head) = range.split_once("...").ok_or_else(not_found)?;
        let place = |name: &str| {
            let commit = self.commit(home, name).map_err(|_| not_found())?;
            let at = home
                .commits
                .iter()
                .position(|known| known.oid == commit.oid);
            at.map(|at| (at, commit)).ok_or_else(not_found)
        };
        let ((from, base), (to, head)) = (place(base)?, place(head)?);
        let writer = self.writer(inner);
        let status = match from.cmp(&to) {
            std::cmp::Ordering::Less => "ahead",
            std::cmp::Ordering::Equal => "identical",
            std::cmp::Ordering::Greater => "behind",
        };
        let between = home.commits.iter().take(to + 1).skip(from + 1);
        let between: Vec<Value> = between.map(|commit| writer.commit(home, commit)).collect();
        let url = writer.repository_url(home);
        let page = writer.repository_page(home);
        let range = format!("{}...{}", base.oid, head.oid);
        let merge_base = if from <= to { base } else { head };
        Ok(Response::json(
            200,
            &json!({
                "url": format!("{url}/compare/{range}"),
                "html_url": format!("{page}/compare/{range}"),
                "permalink_url": format!("{page}/compare/{range}"),
                "diff_url": format!("{page}/compare/{range}.diff"),
                "patch_url": format!("{page}/compare/{range}.patch"),
                "base_commit": writer.commit(home, base),
                "merge_base_commit": writer.commit(home, merge_base),
                "status": status,
                "ahead_by": to.saturating_sub(from),
                "behind_by": from.saturating_sub(to),
                "total_commits": between.len(),
                "commits": between,
                "files": [],
            }),
        ))
    }

    fn list_check_runs(&self, inner: &Inner, name: &str) -> Outcome {
        let place = "checks/runs#list-check-runs-for-a-git-reference";
        if !inner.check_rights.checks {
            return Err(not_accessible(inner, "checks=read", place));
        }
        let home = self.home(inner);
        let commit = self.commit(home, name)?;
        let all = self.parameter("filter").as_deref() == Some("all");
        let writer = self.writer(inner);
        let runs: Vec<Value> = home
            .reports
            .suites_of(&commit.oid)
            .flat_map(|suite| suite.runs.iter().map(move |run| (suite, run)))
            .filter(|(_, run)| all || !run.replaced)
            .map(|(suite, run)| writer.check_run(home, suite, run))
            .collect();
        Ok(self.counted(inner, "check_runs", runs))
    }

    fn list_workflow_runs(&self, inner: &Inner) -> Outcome {
        self.may_read_actions(inner)?;
        let home = self.home(inner);
        let fits = |name: &str, value: &str| {
            self.parameter(name)
                .is_none_or(|wanted| wanted.as_str() == value)
        };
        let writer = self.writer(inner);
        let runs: Vec<Value> = home
            .reports
            .suites
            .iter()
            .rev()
            .filter_map(|suite| Some((suite, suite.workflow.as_ref()?)))
            .filter(|(suite, flow)| {
                fits("head_sha", &suite.sha)
                    && fits("event", &flow.event)
                    && fits("branch", suite.branch.as_deref().unwrap_or_default())
            })
            .map(|(suite, flow)| writer.workflow_run(home, suite, flow))
            .collect();
        Ok(self.counted(inner, "workflow_runs", runs))
    }

    fn list_jobs(&self, inner: &Inner, run: &str) -> Outcome {
        let (home, suite, flow) = self.workflow(inner, run)?;
        let all = self.parameter("filter").as_deref() == Some("all");
        let writer = self.writer(inner);
        let jobs: Vec<Value> = suite
            .runs
            .iter()
            .filter(|job| all || !job.replaced)
            .map(|job| writer.job(home, suite, flow, job))
            .collect();
        Ok(self.counted(inner, "jobs", jobs))
    }

    fn combined_status(&self, inner: &Inner, name: &str) -> Outcome {
        self.may_read_statuses(inner)?;
        let home = self.home(inner);
        let commit = self.commit(home, name)?;
        let latest = home.reports.latest_statuses(&commit.oid);
        let any = |words: &[&str]| {
            latest
                .iter()
                .any(|status| words.contains(&status.state.as_str()))
        };
        let state = if any(&["failure", "error"]) {
            "failure"
        } else if latest.is_empty() || any(&["pending"]) {
            "pending"
        } else {
            "success"
        };
        let writer = self.writer(inner);
        let total = latest.len();
        let url = writer.repository_url(home);
        let whole = json!({
            "state": state,
            "sha": commit.oid,
            "total_count": total,
            "repository": writer.repository(home),
            "commit_url": format!("{url}/commits/{}", commit.oid),
            "url": format!("{url}/commits/{}/status", commit.oid),
        });
        let statuses = latest
            .into_iter()
            .map(|status| writer.status(home, status, false))
            .collect();
        Ok(self.page_as(inner, statuses, |shown| {
            let mut body = whole;
            body["statuses"] = Value::from(shown);
            body
        }))
    }

    fn list_statuses(&self, inner: &Inner, name: &str) -> Outcome {
        self.may_read_statuses(inner)?;
        let home = self.home(inner);
        let commit = self.commit(home, name)?;
        let writer = self.writer(inner);
        let newest_first = home.reports.statuses.iter().rev();
        let statuses = newest_first
            .filter(|status| status.sha == commit.oid)
            .map(|status| writer.status(home, status, true))
            .collect();
        Ok(self.page(inner, statuses))
    }

    /// One page in a body with the number of all entries.
    fn counted(&self, inner: &Inner, member: &str, entries: Vec<Value>) -> Response {
        let total = entries.len();
        self.page_as(
            inner,
            entries,
            |shown| json!({"total_count": total, member: shown}),
        )
    }

    fn workflow<'w>(
        &self,
        inner: &'w Inner,
        run: &str,
    ) -> Result<(&'w Repository, &'w Suite, &'w Workflow), Response> {
        self.may_read_actions(inner)?;
        let home = self.home(inner);
        let run = run.parse().map_err(|_| not_found())?;
        let suite = home.reports.suite_of_run(run).ok_or_else(not_found)?;
        let flow = suite.workflow.as_ref().ok_or_else(not_found)?;
        Ok((home, suite, flow))
    }

    fn may_read_actions(&self, inner: &Inner) -> Result<(), Response> {
        if inner.check_rights.actions {
            return Ok(());
        }
        let place = "actions/workflow-runs#list-workflow-runs-for-a-repository";
        Err(not_accessible(inner, "actions=read", place))
    }

    fn may_read_statuses(&self, inner: &Inner) -> Result<(), Response> {
        if inner.check_rights.statuses {
            return Ok(());
        }
        let place = "commits/statuses#get-the-combined-status-for-a-specific-reference";
        Err(not_accessible(inner, "statuses=read", place))
    }
}

impl Writer<'_> {
    pub fn repository_page(&self, home: &Repository) -> String {
        format!("{}/{}", self.html, self.inner.state.full_name(home))
    }

    pub fn commit(&self, home: &Repository, commit: &Commit) -> Value {
        let url = self.repository_url(home);
        let person = json!({
            "name": commit.author_name, "email": commit.author_email, "date": timestamp(commit.at),
        });
        let account = commit.author.map(|author| self.user(author));
        let at = home
            .commits
            .iter()
            .position(|known| known.oid == commit.oid);
        let parent = at
            .and_then(|at| at.checked_sub(1))
            .map(|at| &home.commits[at]);
        json!({
            "url": format!("{url}/commits/{}", commit.oid),
            "sha": commit.oid,
            "node_id": node_id("C", &[home.id]) + &commit.oid,
            "html_url": format!("{}/commit/{}", self.repository_page(home), commit.oid),
            "comments_url": format!("{url}/commits/{}/comments", commit.oid),
            "commit": {
                "url": format!("{url}/git/commits/{}", commit.oid),
                "author": person, "committer": person,
                "message": commit.message,
                "comment_count": 0,
                "tree": {"sha": commit.oid, "url": format!("{url}/git/trees/{}", commit.oid)},
            },
            "author": account, "committer": account,
            "parents": parent.iter().map(|parent| json!({
                "sha": parent.oid, "url": format!("{url}/commits/{}", parent.oid),
                "html_url": format!("{}/commit/{}", self.repository_page(home), parent.oid),
            })).collect::<Vec<_>>(),
        })
    }

    fn check_run(&self, home: &Repository, suite: &Suite, run: &CheckRun) -> Value {
        let url = format!("{}/check-runs/{}", self.repository_url(home), run.id);
        let page = run_url(&self.repository_page(home), suite, run);
        json!({
            "id": run.id,
            "node_id": node_id("CR", &[home.id, run.id]),
            "head_sha": suite.sha,
            "external_id": "",
            "url": url,
            "html_url": page,
            "details_url": page,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": run.started_at.map(timestamp),
            "completed_at": run.completed_at.map(timestamp),
            "output": {
                "title": run.title, "summary": null, "text": null, "annotations_count": 0,
                "annotations_url": format!("{url}/annotations"),
            },
            "name": run.name,
            "check_suite": {"id": suite.id},
            "app": null,
            "pull_requests": [],
        })
    }

    fn workflow_run(&self, home: &Repository, suite: &Suite, flow: &Workflow) -> Value {
        let url = format!("{}/actions/runs/{}", self.repository_url(home), flow.run);
        let head = home.commits.iter().find(|commit| commit.oid == suite.sha);
        let head = head.map(|commit| {
            json!({
                "id": commit.oid, "tree_id": commit.oid, "message": commit.message,
                "timestamp": timestamp(commit.at),
                "author": {"name": commit.author_name, "email": commit.author_email},
                "committer": {"name": commit.author_name, "email": commit.author_email},
            })
        });
        let mut body = json!({
            "id": flow.run,
            "name": flow.name,
            "node_id": node_id("WFR", &[home.id, flow.run]),
            "head_branch": suite.branch,
            "head_sha": suite.sha,
            "path": ".github/workflows/ci.yml",
            "display_title": flow.name,
            "run_number": flow.number,
            "run_attempt": flow.attempt,
            "event": flow.event,
            "status": suite.status,
            "conclusion": suite.conclusion,
            "workflow_id": flow.id(),
            "check_suite_id": suite.id,
            "url": url,
            "html_url": format!("{}/actions/runs/{}", self.repository_page(home), flow.run),
            "pull_requests": [],
            "created_at": timestamp(suite.created_at),
            "updated_at": timestamp(suite.updated_at),
            "head_commit": head,
            "repository": self.repository(home),
            "head_repository": self.repository(home),
        });
        let links = json!({
            "jobs_url": format!("{url}/jobs"), "logs_url": format!("{url}/logs"),
            "check_suite_url": format!("{}/check-suites/{}", self.repository_url(home), suite.id),
            "artifacts_url": format!("{url}/artifacts"), "cancel_url": format!("{url}/cancel"),
            "rerun_url": format!("{url}/rerun"),
            "workflow_url": format!("{}/actions/workflows/161335", self.repository_url(home)),
        });
        extend(&mut body, links);
        body
    }

    fn job(&self, home: &Repository, suite: &Suite, flow: &Workflow, job: &CheckRun) -> Value {
        let url = self.repository_url(home);
        let steps: Vec<Value> = job
            .steps
            .iter()
            .enumerate()
            .map(|(index, (name, conclusion))| {
                json!({
                    "name": name, "status": "completed", "conclusion": conclusion, "number": index + 1,
                })
            })
            .collect();
        json!({
            "id": job.id,
            "run_id": flow.run,
            "run_url": format!("{url}/actions/runs/{}", flow.run),
            "run_attempt": flow.attempt,
            "node_id": node_id("CR", &[home.id, job.id]),
            "head_sha": suite.sha,
            "head_branch": suite.branch,
            "workflow_name": flow.name,
            "name": job.name,
            "url": format!("{url}/actions/jobs/{}", job.id),
            "html_url": run_url(&self.repository_page(home), suite, job),
            "status": job.status,
            "conclusion": job.conclusion,
            "created_at": timestamp(suite.created_at),
            "started_at": timestamp(job.started_at.unwrap_or(suite.updated_at)),
            "completed_at": job.completed_at.map(timestamp),
            "check_run_url": format!("{url}/check-runs/{}", job.id),
            "labels": ["ubuntu-latest"],
            "runner_id": null, "runner_name": null,
            "runner_group_id": null, "runner_group_name": null,
            "steps": steps,
        })
    }

    fn status(&self, home: &Repository, status: &Status, with_creator: bool) -> Value {
        let mut body = json!({
            "url": format!("{}/statuses/{}", self.repository_url(home), status.sha),
            "avatar_url": null,
            "id": status.id,
            "node_id": node_id("SC", &[status.id]),
            "state": status.state,
            "description": status.description,
            "target_url": status.target_url,
            "context": status.context,
            "created_at": timestamp(status.at),
            "updated_at": timestamp(status.at),
        });
        if with_creator {
            extend(&mut body, json!({"creator": self.user(status.creator)}));
        }
        body
    }
}
