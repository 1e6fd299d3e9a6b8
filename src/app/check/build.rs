//! Would a commit ever get green? Judged by what reported on the newest commit of each branch.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::lines::Lines;
use crate::domain::config::{Config, Deploy};
use crate::domain::identity::ThreadId;
use crate::domain::repository::IssueNumber;
use crate::domain::verdict::build::{BuildRules, WOODPECKER_PREFIX};
use crate::domain::verdict::ci::{Check, CommitChecks, CommitSha};
use crate::service_error::ServiceError;
use crate::tracker::{Repository, RunQuery, Tracker, WatchQuery};

/// Tells of each repository whether what reports there counts for its build.
pub(super) fn results(
    lines: &mut Lines,
    config: &Config,
    tracker: &dyn Tracker,
    read: &[Repository],
    now: DateTime<Utc>,
) {
    for repository in read {
        let repo = &repository.repo;
        let of_repo = config.repository(repo);
        let branch = of_repo.branch_or(repository.default_branch.as_deref());
        let subject = format!("{repo} build");
        if of_repo.build_checks.is_some() {
            lines.ok(subject, "build.checks names what counts");
            continue;
        }
        let newest = match newest(tracker, repository, of_repo.branch.as_deref(), now) {
            Ok(Some(newest)) => newest,
            // What is wrong with the branch is told elsewhere.
            Ok(None) => continue,
            Err(error) => {
                lines.warn(
                    subject,
                    error.to_string(),
                    "see what the forge says, and try again",
                );
                continue;
            }
        };
        let built_on = of_repo.build_on.as_ref().unwrap_or(repo);
        let told = match tracker.commit_checks(built_on, &newest) {
            Ok(told) => told,
            Err(error) => {
                lines.problem(
                    subject,
                    error.to_string(),
                    "let the token read checks and commit statuses: without them no commit gets green",
                );
                continue;
            }
        };
        let rules = BuildRules::All {
            branch: &branch,
            deploy_context: of_repo.deploy.as_ref().and_then(Deploy::context),
        };
        told_of(lines, subject, &told, &rules, &newest);
    }
}

fn told_of(
    lines: &mut Lines,
    subject: String,
    told: &CommitChecks,
    rules: &BuildRules<'_>,
    commit: &CommitSha,
) {
    let count = told
        .checks
        .iter()
        .filter(|check| rules.selects(check))
        .count();
    let has_suites = told
        .suites
        .as_ref()
        .is_some_and(|suites| !suites.is_empty());
    let of_woodpecker = |check: &&Check| check.name.starts_with(WOODPECKER_PREFIX);
    let woodpecker: Vec<&str> = told
        .checks
        .iter()
        .filter(of_woodpecker)
        .map(|check| check.name.as_str())
        .collect();
    let commit = commit.short();
    match (count, woodpecker.first()) {
        (0, Some(context)) if !has_suites => lines.warn(
            subject,
            format!(
                "the only results of commit {commit} are statuses of Woodpecker ({}), which never count by themselves: every run would be \
                 frozen as ci-silent",
                woodpecker.join(", ")
            ),
            format!("name them in AFK_REPOS: \"build\": {{\"checks\": [\"{context}\"]}}"),
        ),
        (0, _) => lines.ok(
            subject,
            format!("nothing that counts reported on commit {commit} yet"),
        ),
        (1, _) => lines.ok(subject, format!("1 result of commit {commit} counts")),
        (count, _) => lines.ok(subject, format!("{count} results of commit {commit} count")),
    }
}

/// The newest commit of the branch: what a run that began now would see. `None` without one.
fn newest(
    tracker: &dyn Tracker,
    repository: &Repository,
    branch: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<CommitSha>, ServiceError> {
    let query = WatchQuery {
        repo: repository.repo.clone(),
        runs: vec![RunQuery {
            // Of no run: only the branch is wanted.
            issue: IssueNumber(1),
            thread: ThreadId(Uuid::nil()),
            dispatched_at: now,
            since: now,
        }],
        branch: branch.map(str::to_owned),
    };
    let reading = tracker.watch(&[query]).pop().transpose()?;
    let newest = reading.and_then(|reading| reading.commits.into_iter().next());
    Ok(newest.map(|commit| commit.sha))
}
