//! The watcher's bulk read: repositories, the issues of their runs, and the commits since the dispatch.
//!
//! Any error about a repository fails it, with two exceptions that are facts: an issue that is not there, and checks
//! that our token may not read. What does not fit on one page is read on, bounded.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::batches::{Part, Parts, Size, in_batches};
use super::checks::{WireRollup, checks};
use super::commit_checks::hides_workflow;
use super::rest::SERVICE;
use super::watch_documents::{self, Commits, HISTORY_PAGE, Shape};
use super::watched_issue::WireRunIssue;
use super::wire::{GraphQlError, Nodes, WireFacts, issue_state, maybe_null, next_page};
use super::{GitHub, decode, error_kind, take};
use crate::domain::issue::OwnAccount;
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::verdict::ci::CommitSha;
use crate::fan_out::fan_out;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{
    Checks, CommitReading, LockedIssue, Repository, RunIssue, WatchQuery, WatchReading,
};

/// Later pages of one branch's history that are read: 500 commits, beside the 40 of the bulk read.
const HISTORY_PAGES_MAX: usize = 10;

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

#[derive(Debug, Deserialize)]
struct WireHead {
    /// Null in an empty repository.
    #[serde(deserialize_with = "maybe_null")]
    target: Option<WireTarget>,
}

/// What a branch points at. Only commits have a history.
#[derive(Debug, Deserialize)]
struct WireTarget {
    oid: String,
    history: Option<Nodes<WireCommit>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCommit {
    oid: String,
    message: String,
    committed_date: DateTime<Utc>,
    url: String,
    /// Decoded later: where there are errors, parts that can not be null are null.
    status_check_rollup: Value,
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

    /// Commits of one page and the cursor of the next.
    fn commits(
        &self,
        repo: &RepoRef,
        history: Nodes<WireCommit>,
        about_checks: &[GraphQlError],
    ) -> Result<(Vec<CommitReading>, Option<String>), String> {
        let denied = about_checks
            .iter()
            .find(|error| error_kind(error) == FailureKind::Denied);
        if let Some(error) = denied {
            self.note_refused_rollup(repo, error);
        }
        let next = next_page(history.page_info, "commits")?;
        let commits = history
            .nodes
            .into_iter()
            .enumerate()
            .map(|(index, commit)| {
                let error = about_checks
                    .iter()
                    .find(|error| error.index_in("nodes").is_none_or(|at| at == index))
                    // One commit that our token may not ask about stands for all that show nothing.
                    .or(denied.filter(|_| commit.status_check_rollup.is_null()));
                commit.into_reading(error)
            })
            .collect::<Result<_, _>>()?;
        Ok((commits, next))
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

    fn older_commits(
        &self,
        repo: &RepoRef,
        since: DateTime<Utc>,
        head: &str,
        after: &str,
    ) -> Result<(Vec<CommitReading>, Option<String>), ServiceError> {
        let name = format!("read older commits of {}", repo.full_name());
        let fail = |kind, detail: String| ServiceError::new(SERVICE, name.clone(), kind, detail);
        let unreadable = |detail| fail(FailureKind::Unreadable, detail);
        let answer = self.query(
            &name,
            &watch_documents::history_page(),
            &json!({
                "owner": repo.owner(), "name": repo.name(), "oid": head, "page": HISTORY_PAGE,
                "since": timestamp(since), "after": after,
            }),
        )?;
        let (about_checks, others): (Vec<_>, Vec<_>) = answer
            .errors
            .into_iter()
            .partition(|error| error.names().contains(&"statusCheckRollup"));
        if let Some(error) = others.first() {
            return Err(fail(error_kind(error), error.message.clone()));
        }
        let about_checks: Vec<_> = about_checks
            .into_iter()
            .filter(|error| !hides_workflow(error))
            .collect();
        let mut data = answer
            .data
            .ok_or_else(|| unreadable("no data".to_owned()))?;
        let mut repository: Map<String, Value> =
            take(&mut data, "repository").map_err(&unreadable)?;
        let target: Option<WireTarget> = take(&mut repository, "object").map_err(&unreadable)?;
        let history = target
            .and_then(|target| target.history)
            .ok_or_else(|| unreadable("the commit is gone".to_owned()))?;
        self.commits(repo, history, &about_checks)
            .map_err(&unreadable)
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

impl WireCommit {
    fn into_reading(self, error: Option<&GraphQlError>) -> Result<CommitReading, String> {
        let sha =
            CommitSha::parse(&self.oid).ok_or_else(|| format!("'{}' is no commit id", self.oid))?;
        let checks = match error {
            Some(error) => Checks::Unreadable(error.message.clone()),
            None => match decode::<Option<WireRollup>>(self.status_check_rollup) {
                Err(why) => Checks::Unreadable(why),
                Ok(None) => Checks::Read(Vec::new()),
                Ok(Some(WireRollup { contexts })) => {
                    match next_page(contexts.page_info, "checks") {
                        Err(why) => Checks::Unreadable(why),
                        Ok(Some(_)) => {
                            Checks::Unreadable("more checks than fit into a bulk read".to_owned())
                        }
                        Ok(None) => Checks::Read(checks(contexts.nodes)),
                    }
                }
            },
        };
        Ok(CommitReading {
            sha,
            message: self.message,
            committed_at: self.committed_date,
            url: self.url,
            checks,
        })
    }
}

fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
