//! The watcher's bulk read: repositories, the issues of their runs, the commits since the dispatch and what CI says of them.
//!
//! One search finds what shows the lock label, and most issues of runs with it; each run then costs its timeline, and each
//! repository with runs the newest commits. What comes in the way of one issue costs the others nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Forgejo;
use super::commits::Branch;
use super::rest::SERVICE;
use super::run_issue::Seen;
use super::search::Found;
use super::wire::{WireIssue, WireListed, WireRepository, issue_state};
use crate::domain::identity::RepositoryId;
use crate::domain::repository::{IssueNumber, IssueRef, RepoRef};
use crate::domain::verdict::attribution::{Attribution, BranchCommit, LinkedCommit, recognise};
use crate::domain::verdict::ci::CommitSha;
use crate::fan_out::fan_out;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{
    Checks, CommitReading, LockedIssue, Repository, RunIssue, RunQuery, WatchQuery, WatchReading,
};

/// Locked issues that are told of one repository.
const LOCKED_MAX: usize = 100;

/// Commits that are read of one run because events name them.
const LINKED_MAX: usize = 10;

/// Newer commits whose checks are read beside those of a run's own commit.
const NEWER: usize = 1;

#[derive(Clone, Copy)]
enum Ask {
    Account,
    Repositories,
    Locked,
}

enum Told {
    Nothing,
    Repositories(Vec<Result<WireRepository, ServiceError>>),
    Locked(Result<Found<WireIssue>, ServiceError>),
}

/// One thing to read of one repository.
enum Unit<'q> {
    Issue(&'q RunQuery),
    Commits,
}

enum Read {
    Issue(Result<Seen, ServiceError>),
    Commits(Result<Branch, ServiceError>),
}

impl Forgejo<'_> {
    /// Reads all `queries`.
    pub(super) fn watch_all(
        &self,
        queries: &[WatchQuery],
    ) -> Vec<Result<WatchReading, ServiceError>> {
        let repos: Vec<RepoRef> = queries.iter().map(|query| query.repo.clone()).collect();
        let asks = [Ask::Repositories, Ask::Locked, Ask::Account];
        let (mut wires, mut locked) = (Vec::new(), Ok(Found::nothing()));
        for told in fan_out(&asks, |ask| self.ask_for_watch(*ask, &repos)) {
            match told {
                Told::Nothing => {}
                Told::Repositories(told) => wires = told,
                Told::Locked(told) => locked = told,
            }
        }
        let locked = match locked {
            Ok(locked) => locked,
            Err(error) => return queries.iter().map(|_| Err(error.clone())).collect(),
        };
        let repositories: Vec<Result<Repository, ServiceError>> = repos
            .iter()
            .zip(wires)
            .map(|(repo, wire)| match locked.failure_of(repo) {
                Some(error) => Err(error.clone()),
                None => self.repository(repo, wire?),
            })
            .collect();
        let locked = by_repository(locked.kept);
        let mut units = Vec::new();
        for (index, (query, repository)) in queries.iter().zip(&repositories).enumerate() {
            let Ok(repository) = repository else { continue };
            units.extend(
                query
                    .runs
                    .iter()
                    .map(|run| (index, repository, Unit::Issue(run))),
            );
            if !query.runs.is_empty() {
                units.push((index, repository, Unit::Commits));
            }
        }
        let nothing = BTreeMap::new();
        let read = fan_out(&units, |(index, repository, unit)| match unit {
            Unit::Issue(run) => {
                let known = locked.get(&repository.id).unwrap_or(&nothing);
                Read::Issue(self.seen(repository, run.issue, known.get(&run.issue).cloned()))
            }
            Unit::Commits => Read::Commits(self.commits_of(&queries[*index], repository)),
        });
        let mut by_query: Vec<Vec<Read>> = queries.iter().map(|_| Vec::new()).collect();
        for ((index, _, _), read) in units.iter().zip(read) {
            by_query[*index].push(read);
        }
        let parts: Vec<_> = queries
            .iter()
            .zip(&repositories)
            .zip(by_query)
            .map(|((query, repository), reads)| (query, repository, std::sync::Mutex::new(reads)))
            .collect();
        let readings = fan_out(&parts, |(query, repository, reads)| {
            let repository = repository.as_ref().map_err(Clone::clone)?;
            let reads = std::mem::take(
                &mut *reads
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner),
            );
            let locked = locked.get(&repository.id).unwrap_or(&nothing);
            self.compose(query, repository, reads, locked)
        });
        self.with_checks(queries, readings)
    }

    fn ask_for_watch(&self, ask: Ask, repos: &[RepoRef]) -> Told {
        match ask {
            Ask::Account => {
                // Whoever needs it gets the same answer, or the same failure.
                drop(self.account());
                Told::Nothing
            }
            Ask::Repositories => Told::Repositories(self.wire_repositories(repos)),
            Ask::Locked => {
                let keep = |issue: WireListed| Some(issue.into_issue());
                Told::Locked(self.search(&self.labels.in_progress, "all", repos, keep))
            }
        }
    }

    fn commits_of(
        &self,
        query: &WatchQuery,
        repository: &Repository,
    ) -> Result<Branch, ServiceError> {
        let branch = query.branch_in(repository);
        let since = query.runs.iter().map(|run| run.since).min();
        match (branch, since) {
            (Some(branch), Some(since)) => self.branch_commits(&query.repo, branch, since),
            (None, _) | (_, None) => Ok(Branch::default()),
        }
    }

    /// Puts together what was read of one repository.
    fn compose(
        &self,
        query: &WatchQuery,
        repository: &Repository,
        reads: Vec<Read>,
        locked: &BTreeMap<IssueNumber, WireIssue>,
    ) -> Result<WatchReading, ServiceError> {
        let mut branch = Branch::default();
        let mut seen = Vec::new();
        for read in reads {
            match read {
                Read::Commits(read) => branch = read?,
                Read::Issue(read) => seen.push(read),
            }
        }
        let Branch {
            commits,
            more,
            whole,
            absent,
        } = branch;
        let mut runs = Vec::new();
        for seen in seen {
            let issue = seen.and_then(|seen| self.run_issue(repository, seen, &commits));
            runs.push(match issue {
                Ok(issue) => issue,
                Err(error) if error.is_whole_service() => return Err(error),
                Err(error) if error.kind == FailureKind::OutOfTime => return Err(error),
                // What comes in the way of one issue costs the others nothing.
                Err(error) => RunIssue::Unreadable(error.to_string()),
            });
        }
        let mut reading = WatchReading {
            repository: repository.clone(),
            locked: locked
                .values()
                .take(LOCKED_MAX)
                .map(|issue| LockedIssue {
                    number: IssueNumber(issue.number),
                    title: issue.title.clone(),
                    url: issue.html_url.clone(),
                    state: issue_state(&issue.state),
                })
                .collect(),
            runs,
            commits,
            more_commits: more,
            every_commit: whole,
            absent_branch: absent,
            linked: Vec::new(),
        };
        reading.linked = self.linked_of(query, &reading)?;
        Ok(reading)
    }

    /// Commits that only events name, for the runs of which the list holds none.
    fn linked_of(
        &self,
        query: &WatchQuery,
        reading: &WatchReading,
    ) -> Result<Vec<LinkedCommit>, ServiceError> {
        let mut linked = Vec::new();
        let Some(branch) = query.branch_in(&reading.repository) else {
            return Ok(linked);
        };
        // A name with slashes is no part of an address: the head's id is.
        let head = reading.commits.first();
        let head = head.map_or(branch, |commit| commit.sha.as_str());
        let listed = reading.branch();
        for (run, issue) in query.runs.iter().zip(&reading.runs) {
            let Some(issue) = issue.issue() else {
                continue;
            };
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
            let closers = issue.closing_commits(
                run.dispatched_at,
                &reading.repository.own_account,
                &BTreeSet::new(),
            );
            // The newest are named last.
            for sha in &named[named.len().saturating_sub(LINKED_MAX)..] {
                let Some(commit) = self.commit(&query.repo, sha)? else {
                    continue;
                };
                if recognise(&commit, &closers, &marks).is_some() {
                    let placement = self.placement(&query.repo, head, &commit.sha)?;
                    linked.push(LinkedCommit { commit, placement });
                }
            }
        }
        Ok(linked)
    }

    /// Reads what CI says about each run's own commit, and the newest where another one is.
    fn with_checks(
        &self,
        queries: &[WatchQuery],
        mut readings: Vec<Result<WatchReading, ServiceError>>,
    ) -> Vec<Result<WatchReading, ServiceError>> {
        let wanted: Vec<(usize, RepoRef, CommitSha)> = queries
            .iter()
            .zip(&readings)
            .enumerate()
            .filter_map(|(index, (query, reading))| Some((index, query, reading.as_ref().ok()?)))
            .flat_map(|(index, query, reading)| {
                watched(query, reading)
                    .into_iter()
                    .map(move |sha| (index, query.repo.clone(), sha))
            })
            .collect();
        let told = fan_out(&wanted, |(_, repo, sha)| self.checks_of(repo, sha));
        for ((index, _, sha), checks) in wanted.iter().zip(told) {
            let Ok(reading) = &mut readings[*index] else {
                continue;
            };
            let commit = reading.commits.iter_mut().find(|commit| commit.sha == *sha);
            if let Some(commit) = commit {
                commit.checks = match checks {
                    Ok(checks) => Checks::Read(checks),
                    Err(error) => Checks::Unreadable(error.to_string()),
                };
            }
        }
        readings
    }

    /// Reads one issue, back to its beginning.
    pub(super) fn one_issue(&self, issue: &IssueRef) -> Result<RunIssue, ServiceError> {
        let repo = &issue.repo;
        let wires = self.wire_repositories(std::slice::from_ref(repo));
        let wire = wires.into_iter().next().ok_or_else(|| {
            let name = format!("read the repository {}", repo.full_name());
            ServiceError::new(SERVICE, name, FailureKind::Unreadable, "no answer")
        })??;
        let repository = self.repository(repo, wire)?;
        let seen = self.seen(&repository, issue.number, None)?;
        self.run_issue(&repository, seen, &[])
    }
}

fn by_repository(
    locked: Vec<WireIssue>,
) -> BTreeMap<RepositoryId, BTreeMap<IssueNumber, WireIssue>> {
    let mut sorted: BTreeMap<RepositoryId, BTreeMap<IssueNumber, WireIssue>> = BTreeMap::new();
    for issue in locked {
        if let Some(home) = &issue.repository {
            let home = RepositoryId(home.id);
            let of_home = sorted.entry(home).or_default();
            of_home.insert(IssueNumber(issue.number), issue);
        }
    }
    sorted
}

/// The commits of which CI is asked.
fn watched(query: &WatchQuery, reading: &WatchReading) -> Vec<CommitSha> {
    let listed: Vec<BranchCommit> = reading.commits.iter().map(CommitReading::commit).collect();
    let mut wanted = Vec::new();
    for (run, issue) in query.runs.iter().zip(&reading.runs) {
        let Some(issue) = issue.issue() else {
            continue;
        };
        let issue_ref = run.issue_in(reading);
        let marks = query.marks(run, reading, &issue_ref);
        if let Attribution::Pushed(pushed) =
            reading.attribution(&listed, &marks, Some(issue), &BTreeSet::new())
        {
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
