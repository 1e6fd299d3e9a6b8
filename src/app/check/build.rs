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

/// Commits whose results the configured names are held against: one may have been skipped, or be too young.
const COMMITS_MAX: usize = 3;

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
        let newest = match newest(tracker, repository, of_repo.branch.as_deref(), now) {
            Ok(newest) if !newest.is_empty() => newest,
            // What is wrong with the branch is told elsewhere.
            Ok(_) => continue,
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
        let asked = if of_repo.build_checks.is_some() {
            &newest[..]
        } else {
            &newest[..1]
        };
        let told: Result<Vec<CommitChecks>, ServiceError> = asked
            .iter()
            .map(|commit| match of_repo.build_checks {
                Some(_) => tracker.commit_checks_of_any_event(built_on, commit),
                None => tracker.commit_checks(built_on, commit),
            })
            .collect();
        let told = match told {
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
        if let Some(names) = &of_repo.build_checks {
            let rules = BuildRules::Named {
                names,
                branch: &branch,
            };
            told_of_names(lines, subject, &told, &rules);
            continue;
        }
        let rules = BuildRules::All {
            branch: &branch,
            deploy_context: of_repo.deploy.as_ref().and_then(Deploy::context),
        };
        if let (Some(told), Some(newest)) = (told.first(), newest.first()) {
            told_of(lines, subject, told, &rules, newest);
        }
    }
}

/// A name that nothing reports under is waited for until the run is frozen.
fn told_of_names(
    lines: &mut Lines,
    subject: String,
    told: &[CommitChecks],
    rules: &BuildRules<'_>,
) {
    let checks: Vec<&Check> = told.iter().flat_map(|commit| &commit.checks).collect();
    let commits = match told.len() {
        1 => "the newest commit".to_owned(),
        many => format!("the newest {many} commits"),
    };
    if checks.is_empty() {
        lines.ok(
            subject,
            format!("build.checks names what counts; nothing reported on {commits} yet"),
        );
        return;
    }
    let missing = rules.missing(&checks);
    if missing.is_empty() {
        lines.ok(
            subject,
            format!("build.checks names what counts, and {commits} have all of it"),
        );
        return;
    }
    let mut names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(NAMED_MAX);
    lines.warn(
        subject,
        format!(
            "build.checks names {}, and nothing of that name reported on {commits}: every run would be frozen as ci-silent",
            missing.join(", ")
        ),
        format!("spell it in AFK_REPOS as it reports: {}", names.join(", ")),
    );
}

/// Names that are shown at most.
const NAMED_MAX: usize = 12;

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
        .filter(|check| rules.selects_among(check, told))
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
) -> Result<Vec<CommitSha>, ServiceError> {
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
    let commits = reading.map_or_else(Vec::new, |reading| reading.commits);
    let newest = commits.into_iter().take(COMMITS_MAX);
    Ok(newest.map(|commit| commit.sha).collect())
}
