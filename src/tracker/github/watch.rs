//! The watcher's bulk read: repositories, the issues of their runs, and the commits since the dispatch.
//!
//! Any error about a repository fails it, with two exceptions that are facts: an issue that is not there, and checks
//! that our token may not read. What does not fit on one page is read on, bounded.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::batches::{Part, Parts, Size, in_batches};
use super::commit_details::Tip;
use super::rest::SERVICE;
use super::watch_documents::{self, Commits, Shape};
use super::watched_commits::{COMMITS_MAX, WireHead, WireTarget, commits, reaches_back};
use super::watched_issue::WireRunIssue;
use super::wire::{Nodes, WireFacts, issue_state};
use super::withheld::leave_out;
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
    /// Since when commits are read, when they are; the newest whatever their dates.
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
    /// The wire form of each issue, or why there is none.
    issues: Vec<Result<WireRunIssue, Absence>>,
    commits: Vec<CommitReading>,
    /// Head of the branch and cursor, when there are more commits.
    more: Option<(String, String)>,
    /// The newest commit with its checks, when it was told.
    tip: Option<Tip>,
    /// Whether GitHub withholds commits, so that it is not known what is on the branch.
    commits_withheld: bool,
    /// The configured branch, where the repository has branches and not this one.
    absent_branch: Option<String>,
}

/// What GitHub withholds of a repository beside its issues.
#[derive(Clone, Copy, Debug, Default)]
struct Withheld {
    locked: bool,
    commits: bool,
    default_branch: bool,
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
        let mut pages = self.watch_pages(&wanted);
        let tips: Vec<Option<Tip>> = pages
            .iter_mut()
            .map(|page| page.as_mut().ok().and_then(|page| page.tip.take()))
            .collect();
        let pages: Vec<_> = wanted
            .iter()
            .zip(pages)
            .map(|(wanted, page)| (wanted, Mutex::new(Some(page))))
            .collect();
        // Few need more pages; those of different repositories are read side by side.
        let readings = fan_out(&pages, |(wanted, page)| {
            let page = page.lock().unwrap_or_else(PoisonError::into_inner).take();
            page.expect("each is finished once")
                .and_then(|page| self.finish(wanted, page))
        });
        self.with_run_commits(queries, readings, &tips)
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
            if let (Some(_), Some(branch)) = (wanted.commits_since, &wanted.branch) {
                variables[format!("b{index}")] = json!(format!("refs/heads/{branch}"));
            }
        }
        let document = watch_documents::watch(&shapes, size);
        let document = |_| document.clone();
        let (Parts { own_account, parts }, _turn) =
            self.query_parts_in_turn("read runs", &document, &variables, wanted.len())?;
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
        let mut missing = vec![Absence::None; wanted.issues.len()];
        let mut withheld = Withheld::default();
        let mut data = part.data;
        let mut about_tip = Vec::new();
        for error in part.errors {
            let names = error.names();
            let issue = names.get(1).and_then(|alias| {
                let index = alias.strip_prefix('i')?.parse::<usize>().ok()?;
                missing.get_mut(index)
            });
            match (issue, names.len()) {
                (Some(absence), 2) if error.is_kind("NOT_FOUND") => *absence = Absence::Missing,
                (Some(absence), 2) => *absence = Absence::Withheld(error.message),
                // A value that is withheld inside an issue costs that value, and no more, unless it had to be there.
                (Some(absence), _) => {
                    let alias = names.get(1).copied().unwrap_or_default();
                    let issue = data.as_ref().and_then(|data| data.get(alias));
                    if issue.is_none_or(Value::is_null) {
                        *absence = Absence::Withheld(error.message);
                    } else {
                        leave_out(data.as_mut(), &error);
                    }
                }
                (None, _) if names.get(1) == Some(&"locked") => {
                    if names.len() > 2 {
                        leave_out(data.as_mut(), &error);
                    } else {
                        withheld.locked = true;
                    }
                }
                // Without the name of its branch the configured one, or the usual one, is meant.
                (None, _) if names.get(1) == Some(&"defaultBranchRef") => {
                    withheld.default_branch = true;
                    if let Some(Value::Object(data)) = &mut data {
                        data.insert("defaultBranchRef".to_owned(), Value::Null);
                    }
                }
                (None, _) if names.get(1) == Some(&"tip") => about_tip.push(error),
                (None, _) if names.get(1) == Some(&"head") => {
                    leave_out(data.as_mut(), &error);
                    // Git's own words about an author are no fact that a run needs.
                    withheld.commits |= !names.contains(&"author");
                }
                (None, _) => {
                    return Err(ServiceError::new(
                        SERVICE,
                        &name,
                        error_kind(&error),
                        error.message,
                    ));
                }
            }
        }
        let Some(Value::Object(mut data)) = data else {
            return Err(unreadable("no data".to_owned()));
        };
        let tip = data.remove("tip");
        let tip = self.tip(&wanted.repo, tip, about_tip);
        // The newest one may be withheld, so of the others nothing is known either.
        let head: Option<WireHead> = match wanted.commits_since {
            Some(_) if !withheld.commits => take(&mut data, "head").map_err(&unreadable)?,
            Some(_) | None => None,
        };
        let locked: Vec<Value> = if withheld.locked {
            tracing::warn!(repo = %wanted.repo, "issues with the lock label are withheld, so strays are not looked for");
            Vec::new()
        } else {
            let locked: Nodes<Value> = take(&mut data, "locked").map_err(&unreadable)?;
            locked.nodes
        };
        let issues = missing
            .into_iter()
            .enumerate()
            .map(|(index, absence)| take_issue(&mut data, index, absence))
            .collect::<Result<_, _>>()
            .map_err(&unreadable)?;
        let facts: WireFacts = decode(Value::Object(data)).map_err(&unreadable)?;
        let repository = self.repository(&name, &wanted.repo, facts, own_account)?;
        // A repository without a default branch has no branch at all: nothing was ever pushed.
        let has_branches = withheld.default_branch || repository.default_branch.is_some();
        let was_asked = wanted.commits_since.is_some() && !withheld.commits;
        let absent_branch = match &wanted.branch {
            Some(branch) if was_asked && has_branches && head.is_none() => Some(branch.clone()),
            Some(_) | None => None,
        };
        let (commits, more) = match head.and_then(|head| head.target) {
            None => (Vec::new(), None),
            Some(WireTarget { oid, history }) => {
                let history = history
                    .ok_or_else(|| unreadable("the branch points at no commit".to_owned()))?;
                let (commits, next) = commits(history).map_err(&unreadable)?;
                (commits, next.map(|cursor| (oid, cursor)))
            }
        };
        Ok(Page {
            repository,
            // What is withheld of one of them is not known to be locked.
            locked: locked
                .into_iter()
                .filter_map(|node| serde_json::from_value::<WireLocked>(node).ok())
                .map(WireLocked::into)
                .collect(),
            issues,
            commits,
            more,
            tip,
            commits_withheld: withheld.commits,
            absent_branch,
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
            tip: _,
            commits_withheld,
            absent_branch,
        } = page;
        let mut runs = Vec::new();
        for ((number, since), issue) in wanted.issues.iter().zip(issues) {
            runs.push(match issue {
                Ok(issue) => match self.watched_issue(&repository, *number, *since, issue) {
                    Ok(Some(issue)) => RunIssue::Issue(Box::new(issue)),
                    Ok(None) => RunIssue::Transferred,
                    Err(error) if error.is_whole_service() => return Err(error),
                    Err(error) if error.kind == FailureKind::OutOfTime => return Err(error),
                    // What comes in the way of one issue costs the others nothing.
                    Err(error) => RunIssue::Unreadable(error.to_string()),
                },
                Err(Absence::Withheld(why)) => RunIssue::Unreadable(why),
                Err(Absence::Missing | Absence::None) => self.gone(&wanted.repo, *number)?,
            });
        }
        let mut every_commit = false;
        if let Some(since) = wanted.commits_since {
            let mut page_is_older = reaches_back(&commits, since);
            while let Some((head, after)) = more.take_if(|_| !page_is_older) {
                if commits.len() >= COMMITS_MAX {
                    more = Some((head, after));
                    break;
                }
                let (older, next) = self.older_commits(&wanted.repo, &head, &after)?;
                page_is_older = older.is_empty() || reaches_back(&older, since);
                commits.extend(older);
                more = next.map(|after| (head, after));
            }
            every_commit = more.is_none() && !commits_withheld && absent_branch.is_none();
            if page_is_older {
                more = None;
            }
        }
        Ok(WatchReading {
            repository,
            locked,
            runs,
            commits,
            more_commits: more.is_some() || commits_withheld || absent_branch.is_some(),
            every_commit,
            absent_branch,
            linked: Vec::new(),
        })
    }
}

/// Why an answer holds no issue under an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Absence {
    /// It holds one.
    None,
    /// GitHub says that there is no such issue.
    Missing,
    /// GitHub does not show it; why.
    Withheld(String),
}

/// The wire form of an issue, or why there is none.
fn take_issue(
    data: &mut Map<String, Value>,
    index: usize,
    absence: Absence,
) -> Result<Result<WireRunIssue, Absence>, String> {
    let issue: Option<Value> = take(data, &format!("i{index}"))?;
    match (issue, absence) {
        // An issue that can not be read costs the others nothing.
        (Some(issue), Absence::None) => Ok(serde_json::from_value(issue)
            .map_err(|error| Absence::Withheld(format!("unreadable answer: {error}")))),
        (None, absence @ (Absence::Missing | Absence::Withheld(_))) => Ok(Err(absence)),
        (None, Absence::None) | (Some(_), Absence::Missing | Absence::Withheld(_)) => {
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
