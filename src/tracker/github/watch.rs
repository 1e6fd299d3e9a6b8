//! The watcher's bulk read: repositories, the issues of their runs, and the commits since the dispatch.
//!
//! Any error about a repository fails it, with two exceptions that are facts: an issue that is not there, and checks
//! that our token may not read. What does not fit on one page is read on, bounded.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::batches::{Part, Parts, Size, in_batches};
use super::commit_checks::hides_workflow;
use super::rest::SERVICE;
use super::watch_documents::{self, Commits, Shape};
use super::watched_commits::{HISTORY_PAGES_MAX, WireHead, WireTarget, timestamp};
use super::watched_issue::WireRunIssue;
use super::wire::{Nodes, WireFacts, issue_state};
use super::{GitHub, decode, error_kind, take};
use crate::domain::issue::OwnAccount;
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::fan_out::fan_out;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{CommitReading, LockedIssue, Repository, RunIssue, WatchQuery, WatchReading};

/// What to read of one repository.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) repo: RepoRef,
    /// Issues, and back to when.
    pub(super) issues: Vec<(IssueNumber, Option<DateTime<Utc>>)>,
    /// Since when commits are read, when they are.
    pub(super) commits_since: Option<DateTime<Utc>>,
    pub(super) branch: Option<String>,
}

impl Wanted {
    fn of(query: &WatchQuery) -> Self {
        Self {
            repo: query.repo.clone(),
            issues: query
                .runs
                .iter()
                .map(|run| (run.issue, Some(run.since)))
                .collect(),
            commits_since: query.runs.iter().map(|run| run.since).min(),
            branch: query.branch.clone(),
        }
    }

    fn shape(&self) -> Shape {
        Shape {
            issues: self.issues.iter().map(|(number, _)| *number).collect(),
            commits: match (&self.commits_since, &self.branch) {
                (None, _) => Commits::No,
                (Some(_), None) => Commits::OfDefaultBranch,
                (Some(_), Some(_)) => Commits::OfBranch,
            },
        }
    }
}

/// One repository as one answer tells it.
struct Page {
    repository: Repository,
    locked: Vec<LockedIssue>,
    /// The wire form of each issue; `None` when it is not there.
    issues: Vec<Option<WireRunIssue>>,
    commits: Vec<CommitReading>,
    /// Head of the branch and cursor, when there are more commits.
    more: Option<(String, String)>,
}

#[derive(Debug, Deserialize)]
struct WireLocked {
    number: u64,
    title: String,
    url: String,
    state: String,
}

impl GitHub<'_> {
    /// Reads all `queries` in bulk, and what did not fit.
    pub(super) fn watch_all(
        &self,
        queries: &[WatchQuery],
    ) -> Vec<Result<WatchReading, ServiceError>> {
        let wanted: Vec<Wanted> = queries.iter().map(Wanted::of).collect();
        let pages: Vec<_> = wanted
            .iter()
            .zip(self.watch_pages(&wanted))
            .map(|(wanted, page)| (wanted, Mutex::new(Some(page))))
            .collect();
        // Few need more pages; those of different repositories are read side by side.
        fan_out(&pages, |(wanted, page)| {
            let page = page.lock().unwrap_or_else(PoisonError::into_inner).take();
            page.expect("each is finished once")
                .and_then(|page| self.finish(wanted, page))
        })
    }

    /// Reads one issue, back to its beginning.
    pub(super) fn one_issue(
        &self,
        repo: &RepoRef,
        number: IssueNumber,
    ) -> Result<RunIssue, ServiceError> {
        let wanted = Wanted {
            repo: repo.clone(),
            issues: vec![(number, None)],
            commits_since: None,
            branch: None,
        };
        let page = self
            .watch_pages(std::slice::from_ref(&wanted))
            .pop()
            .expect("one page per repository")?;
        let mut reading = self.finish(&wanted, page)?;
        Ok(reading.runs.pop().expect("one issue was asked for"))
    }

    fn watch_pages(&self, wanted: &[Wanted]) -> Vec<Result<Page, ServiceError>> {
        in_batches(wanted, |batch, size| self.watch_batch(batch, size))
    }

    fn watch_batch(
        &self,
        wanted: &[Wanted],
        size: Size,
    ) -> Result<Vec<Result<Page, ServiceError>>, ServiceError> {
        let shapes: Vec<Shape> = wanted.iter().map(Wanted::shape).collect();
        let mut variables = json!({"locked": [self.labels.in_progress]});
        for (index, wanted) in wanted.iter().enumerate() {
            variables[format!("o{index}")] = json!(wanted.repo.owner());
            variables[format!("n{index}")] = json!(wanted.repo.name());
            if let Some(since) = wanted.commits_since {
                variables[format!("s{index}")] = json!(timestamp(since));
                if let Some(branch) = &wanted.branch {
                    variables[format!("b{index}")] = json!(format!("refs/heads/{branch}"));
                }
            }
        }
        let document = watch_documents::watch(&shapes, size);
        let Parts { own_account, parts } =
            self.query_parts("read runs", &document, &variables, wanted.len())?;
        Ok(wanted
            .iter()
            .zip(parts)
            .map(|(wanted, part)| self.watch_page(wanted, part, &own_account))
            .collect())
    }

    fn watch_page(
        &self,
        wanted: &Wanted,
        part: Part,
        own_account: &OwnAccount,
    ) -> Result<Page, ServiceError> {
        let name = format!("read the runs of {}", wanted.repo.full_name());
        let unreadable =
            |detail: String| ServiceError::new(SERVICE, &name, FailureKind::Unreadable, detail);
        let mut missing = vec![false; wanted.issues.len()];
        let mut about_checks = Vec::new();
        for error in part.errors {
            let names = error.names();
            let issue = match names.as_slice() {
                [_, alias] if error.is_kind("NOT_FOUND") => alias
                    .strip_prefix('i')
                    .and_then(|index| index.parse::<usize>().ok()),
                _ => None,
            };
            if let Some(missing) = issue.and_then(|index| missing.get_mut(index)) {
                *missing = true;
            } else if names.contains(&"statusCheckRollup") {
                about_checks.extend((!hides_workflow(&error)).then_some(error));
            } else {
                return Err(ServiceError::new(
                    SERVICE,
                    &name,
                    error_kind(&error),
                    error.message,
                ));
            }
        }
        let Some(Value::Object(mut data)) = part.data else {
            return Err(unreadable("no data".to_owned()));
        };
        let head: Option<WireHead> = match wanted.commits_since {
            Some(_) => take(&mut data, "head").map_err(&unreadable)?,
            None => None,
        };
        let locked: Nodes<WireLocked> = take(&mut data, "locked").map_err(&unreadable)?;
        let issues = missing
            .iter()
            .enumerate()
            .map(|(index, missing)| take_issue(&mut data, index, *missing))
            .collect::<Result<_, _>>()
            .map_err(&unreadable)?;
        let facts: WireFacts = decode(Value::Object(data)).map_err(&unreadable)?;
        let repository = self.repository(&name, &wanted.repo, facts, own_account)?;
        let (commits, more) = match head.and_then(|head| head.target) {
            None => (Vec::new(), None),
            Some(WireTarget { oid, history }) => {
                let history = history
                    .ok_or_else(|| unreadable("the branch points at no commit".to_owned()))?;
                let (commits, next) = self
                    .commits(&wanted.repo, history, &about_checks)
                    .map_err(&unreadable)?;
                (commits, next.map(|cursor| (oid, cursor)))
            }
        };
        Ok(Page {
            repository,
            locked: locked.nodes.into_iter().map(WireLocked::into).collect(),
            issues,
            commits,
            more,
        })
    }

    /// Reads on what one answer did not hold.
    fn finish(&self, wanted: &Wanted, page: Page) -> Result<WatchReading, ServiceError> {
        let Page {
            repository,
            locked,
            issues,
            mut commits,
            mut more,
        } = page;
        let mut runs = Vec::new();
        for ((number, since), issue) in wanted.issues.iter().zip(issues) {
            let issue = match issue {
                Some(issue) => self.watched_issue(&repository, *number, *since, issue)?,
                None => None,
            };
            runs.push(issue.map_or(RunIssue::Missing, |issue| RunIssue::Issue(Box::new(issue))));
        }
        if let Some(since) = wanted.commits_since {
            for _ in 0..HISTORY_PAGES_MAX {
                let Some((head, after)) = more.take() else {
                    break;
                };
                let (older, next) = self.older_commits(&wanted.repo, since, &head, &after)?;
                commits.extend(older);
                more = next.map(|after| (head, after));
            }
        }
        Ok(WatchReading {
            repository,
            locked,
            runs,
            commits,
            more_commits: more.is_some(),
        })
    }
}

/// The wire form of an issue; `None` when GitHub said that it is not there.
fn take_issue(
    data: &mut Map<String, Value>,
    index: usize,
    missing: bool,
) -> Result<Option<WireRunIssue>, String> {
    let issue: Option<WireRunIssue> = take(data, &format!("i{index}"))?;
    match (issue, missing) {
        (Some(issue), false) => Ok(Some(issue)),
        (None, true) => Ok(None),
        (None, false) | (Some(_), true) => {
            Err("an issue is neither there nor said to be missing".to_owned())
        }
    }
}

impl From<WireLocked> for LockedIssue {
    fn from(wire: WireLocked) -> Self {
        Self {
            number: IssueNumber(wire.number),
            title: wire.title,
            url: wire.url,
            state: issue_state(wire.state),
        }
    }
}
