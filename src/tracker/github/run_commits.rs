//! What the watcher reads beyond the list of commits: what CI says about each run's newest commit, and commits that only
//! events name.
//!
//! Which commit is a run's is decided by [`crate::domain::verdict::attribution`]; here it only saves requests. The tick asks the
//! same question again.

use super::GitHub;
use crate::domain::repository::{IssueRef, RepoRef};
use crate::domain::verdict::attribution::{
    Attribution, BranchCommit, Commits, LinkedCommit, RunMarks, attribute,
};
use crate::domain::verdict::ci::CommitSha;
use crate::fan_out::fan_out;
use crate::service_error::ServiceError;
use crate::tracker::{CommitReading, IssueReading, RunQuery, WatchQuery, WatchReading};

/// Newer commits whose checks are read beside those of a run's own commit.
const NEWER: usize = 1;

type Readings = Vec<Result<WatchReading, ServiceError>>;

impl GitHub<'_> {
    /// Completes readings; `queries` are theirs, in the same order.
    pub(super) fn with_run_commits(&self, queries: &[WatchQuery], readings: Readings) -> Readings {
        let pairs: Vec<(&WatchQuery, &Result<WatchReading, ServiceError>)> =
            queries.iter().zip(&readings).collect();
        let linked = fan_out(&pairs, |(query, reading)| match reading {
            Ok(reading) => self.linked_of(query, reading),
            Err(_) => Ok(Vec::new()),
        });
        let mut completed: Readings = readings
            .into_iter()
            .zip(linked)
            .map(|(reading, linked)| {
                let mut reading = reading?;
                reading.linked = linked?;
                Ok(reading)
            })
            .collect();
        let wanted: Vec<(RepoRef, CommitSha)> = queries
            .iter()
            .zip(&completed)
            .filter_map(|(query, reading)| Some((query, reading.as_ref().ok()?)))
            .flat_map(|(query, reading)| {
                watched(query, reading)
                    .into_iter()
                    .map(|sha| (query.repo.clone(), sha))
            })
            .collect();
        let details = self.details(&wanted);
        for ((repo, sha), checks) in wanted.iter().zip(details) {
            let commit = queries
                .iter()
                .zip(&mut completed)
                .filter(|(query, _)| query.repo == *repo)
                .filter_map(|(_, reading)| reading.as_mut().ok())
                .flat_map(|reading| &mut reading.commits)
                .find(|commit| commit.sha == *sha);
            if let Some(commit) = commit {
                commit.checks = checks;
            }
        }
        completed
    }

    /// Commits that only events name, for the runs of which the list holds none.
    fn linked_of(
        &self,
        query: &WatchQuery,
        reading: &WatchReading,
    ) -> Result<Vec<LinkedCommit>, ServiceError> {
        let mut linked = Vec::new();
        let branch = query
            .branch
            .as_deref()
            .or(reading.repository.default_branch.as_deref());
        let Some(branch) = branch else {
            return Ok(linked);
        };
        let listed: Vec<BranchCommit> = reading.commits.iter().map(CommitReading::commit).collect();
        for (run, issue) in query.runs.iter().zip(&reading.runs) {
            let Some(issue) = issue.issue() else {
                continue;
            };
            let closers = issue.closing_commits(run.dispatched_at);
            if let Attribution::Pushed(_) = attribution(reading, &listed, run, issue) {
                continue;
            }
            let named: Vec<&CommitSha> = issue
                .named_commits()
                .filter(|sha| listed.iter().all(|commit| commit.sha != **sha))
                .collect();
            if named.is_empty() {
                continue;
            }
            let issue_ref = issue_ref(reading, run);
            linked.extend(self.linked_commits(
                &query.repo,
                branch,
                &named,
                &closers,
                &marks(reading, run, &issue_ref),
            )?);
        }
        Ok(linked)
    }
}

/// The commits of which CI is asked: each run's own, and the newest where another one is.
fn watched(query: &WatchQuery, reading: &WatchReading) -> Vec<CommitSha> {
    let listed: Vec<BranchCommit> = reading.commits.iter().map(CommitReading::commit).collect();
    let mut wanted = Vec::new();
    for (run, issue) in query.runs.iter().zip(&reading.runs) {
        let Some(issue) = issue.issue() else {
            continue;
        };
        if let Attribution::Pushed(pushed) = attribution(reading, &listed, run, issue) {
            let newer = pushed.newer.into_iter().map(|newer| newer.sha).take(NEWER);
            for sha in std::iter::once(pushed.sha).chain(newer) {
                let is_listed = listed.iter().any(|commit| commit.sha == sha);
                if is_listed && !wanted.contains(&sha) {
                    wanted.push(sha);
                }
            }
        }
    }
    wanted
}

fn attribution(
    reading: &WatchReading,
    listed: &[BranchCommit],
    run: &RunQuery,
    issue: &IssueReading,
) -> Attribution {
    let issue_ref = issue_ref(reading, run);
    attribute(
        Commits {
            branch: listed,
            complete: !reading.more_commits,
            linked: &reading.linked,
            closers: &issue.closing_commits(run.dispatched_at),
        },
        &marks(reading, run, &issue_ref),
    )
}

fn issue_ref(reading: &WatchReading, run: &RunQuery) -> IssueRef {
    IssueRef {
        repo: reading.repository.repo.clone(),
        number: run.issue,
    }
}

fn marks<'m>(reading: &'m WatchReading, run: &RunQuery, issue: &'m IssueRef) -> RunMarks<'m> {
    RunMarks {
        thread: run.thread,
        issue,
        host: &reading.repository.host,
        dispatched_at: run.dispatched_at,
    }
}
