//! What the watcher reads beyond the list of commits: what CI says about each run's newest commit, how newer ones descend from
//! it, and commits that only events name.
//!
//! Which commit is a run's is decided by [`crate::domain::verdict::attribution`]; here it only saves requests. The tick asks the
//! same question again.

use std::collections::BTreeSet;

use super::GitHub;
use super::commit_details::{Details, Line, Tip, Wanted};
use super::watch_documents::HISTORY_PAGE;
use crate::domain::verdict::attribution::{Attribution, BranchCommit, LinkedCommit};
use crate::domain::verdict::ci::CommitSha;
use crate::fan_out::fan_out;
use crate::service_error::ServiceError;
use crate::tracker::{Checks, CommitReading, WatchQuery, WatchReading};

/// Newer commits whose checks are read beside those of a run's own commit.
const NEWER: usize = 1;

type Readings = Vec<Result<WatchReading, ServiceError>>;

impl GitHub<'_> {
    /// Completes readings; `queries` are theirs, in the same order.
    /// `tips` what was told of the newest commit of each branch.
    pub(super) fn with_run_commits(
        &self,
        queries: &[WatchQuery],
        readings: Readings,
        tips: &[Option<Tip>],
    ) -> Readings {
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
        let mut wanted: Vec<Wanted> = Vec::new();
        for ((query, reading), tip) in queries.iter().zip(&mut completed).zip(tips) {
            let Ok(reading) = reading else {
                continue;
            };
            for commit in watched(query, reading) {
                match tip {
                    Some(Tip { sha, checks }) if commit.line == 0 && *sha == commit.sha => {
                        note(reading, sha, checks, &Line::new());
                    }
                    Some(_) | None => wanted.push(commit),
                }
            }
        }
        let details = self.details(&wanted);
        for (wanted, details) in wanted.iter().zip(details) {
            let Details { checks, line } = details;
            let line = match line {
                None if wanted.line > 0 => self.line(wanted),
                told => Ok(told.unwrap_or_default()),
            };
            let readings = queries
                .iter()
                .zip(&mut completed)
                .filter(|(query, _)| query.repo == wanted.repo)
                .map(|(_, reading)| reading);
            for reading in readings {
                match &line {
                    // Nobody knows what contains the run's commit: that is no line of commits.
                    Err(error) => *reading = Err(error.clone()),
                    Ok(line) => {
                        if let Ok(reading) = reading {
                            note(reading, &wanted.sha, &checks, line);
                        }
                    }
                }
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
        // The branch's newest commits are withheld: one that an event names may be older than they.
        if reading.commits.is_empty() && reading.more_commits {
            return Ok(linked);
        }
        let Some(branch) = query.branch_in(&reading.repository) else {
            return Ok(linked);
        };
        let listed = reading.branch();
        for (run, issue) in query.runs.iter().zip(&reading.runs) {
            let Some(issue) = issue.issue() else {
                continue;
            };
            let closers = issue.closing_commits(
                run.dispatched_at,
                &reading.repository.own_account,
                &BTreeSet::new(),
            );
            let issue_ref = run.issue_in(reading);
            let marks = query.marks(run, reading, &issue_ref);
            if let Attribution::Pushed(_) =
                reading.attribution(&listed, &marks, Some(issue), &BTreeSet::new())
            {
                continue;
            }
            let named: Vec<&CommitSha> = issue
                .named_commits()
                .filter(|sha| listed.iter().all(|commit| commit.sha != **sha))
                .collect();
            if named.is_empty() {
                continue;
            }
            linked.extend(self.linked_commits(&query.repo, branch, &named, &closers, &marks)?);
        }
        Ok(linked)
    }
}

/// Puts what was told about one commit into a reading.
fn note(reading: &mut WatchReading, sha: &CommitSha, checks: &Checks, line: &Line) {
    for commit in &mut reading.commits {
        if commit.sha == *sha {
            commit.checks = checks.clone();
        }
        if let Some((_, parents)) = line.iter().find(|(told, _)| *told == commit.sha) {
            commit.parents.clone_from(parents);
        }
    }
}

/// The commits of which CI is asked: each run's own, and the newest where another one is. The newest tells how all down to the
/// run's own descend from it.
fn watched(query: &WatchQuery, reading: &WatchReading) -> Vec<Wanted> {
    let listed: Vec<BranchCommit> = reading.commits.iter().map(CommitReading::commit).collect();
    let mut wanted: Vec<Wanted> = Vec::new();
    for (run, issue) in query.runs.iter().zip(&reading.runs) {
        let Some(issue) = issue.issue() else {
            continue;
        };
        let issue_ref = run.issue_in(reading);
        let marks = query.marks(run, reading, &issue_ref);
        if let Attribution::Pushed(pushed) =
            reading.attribution(&listed, &marks, Some(issue), &BTreeSet::new())
        {
            let above = u32::try_from(pushed.newer.len()).unwrap_or(u32::MAX);
            let newer = pushed.newer.into_iter().map(|newer| newer.sha).take(NEWER);
            for sha in std::iter::once(pushed.sha).chain(newer) {
                if listed.iter().all(|commit| commit.sha != sha) {
                    continue;
                }
                let is_head = listed.first().is_some_and(|head| head.sha == sha);
                let line = if is_head { above.min(HISTORY_PAGE) } else { 0 };
                match wanted.iter_mut().find(|wanted| wanted.sha == sha) {
                    Some(known) => known.line = known.line.max(line),
                    None => wanted.push(Wanted {
                        repo: query.repo.clone(),
                        sha,
                        line,
                    }),
                }
            }
        }
    }
    wanted
}
