//! Poll's bulk read: repositories, their ready issues, and the lock labels.
//!
//! Two searches tell the issues of all repositories; which of them are ours is told by numeric ids. Who labelled when is not
//! among it: that is read of the candidates that are left.

use std::collections::BTreeMap;

use super::Forgejo;
use super::wire::{WireIssue, WireRepository};
use crate::domain::identity::RepositoryId;
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::fan_out::fan_out;
use crate::service_error::ServiceError;
use crate::tracker::{ReadyIssue, RepositorySurvey};

/// Locked issues that are told of one repository.
const LOCKED_MAX: usize = 100;

/// What is asked for at the same time.
#[derive(Clone, Copy)]
enum Ask {
    Account,
    Repositories,
    Ready,
    Locked,
}

enum Told {
    Nothing,
    Repositories(Vec<Result<WireRepository, ServiceError>>),
    Ready(Result<Vec<(RepositoryId, ReadyIssue)>, ServiceError>),
    Locked(Result<Vec<(RepositoryId, IssueNumber)>, ServiceError>),
}

impl Forgejo<'_> {
    /// Reads all `repos`.
    pub(super) fn survey_all(
        &self,
        repos: &[RepoRef],
    ) -> Vec<Result<RepositorySurvey, ServiceError>> {
        let asks = [Ask::Repositories, Ask::Ready, Ask::Locked, Ask::Account];
        let mut wires = Vec::new();
        let (mut ready, mut locked) = (Ok(Vec::new()), Ok(Vec::new()));
        for told in fan_out(&asks, |ask| self.ask(*ask, repos)) {
            match told {
                Told::Nothing => {}
                Told::Repositories(told) => wires = told,
                Told::Ready(told) => ready = told,
                Told::Locked(told) => locked = told,
            }
        }
        let (mut ready, mut locked) = (by_repository(ready), by_repository(locked));
        repos
            .iter()
            .zip(wires)
            .map(|(repo, wire)| {
                let repository = self.repository(repo, wire?)?;
                Ok(RepositorySurvey {
                    ready: take(&mut ready, repository.id)?,
                    more_ready: false,
                    locked: take(&mut locked, repository.id)?
                        .into_iter()
                        .take(LOCKED_MAX)
                        .collect(),
                    repository,
                })
            })
            .collect()
    }

    fn ask(&self, ask: Ask, repos: &[RepoRef]) -> Told {
        match ask {
            Ask::Account => {
                // Whoever needs it gets the same answer, or the same failure.
                drop(self.account());
                Told::Nothing
            }
            Ask::Repositories => Told::Repositories(self.wire_repositories(repos)),
            Ask::Ready => Told::Ready(self.search(&self.labels.ready, "open", ready_issue)),
            Ask::Locked => Told::Locked(self.search(&self.labels.in_progress, "all", |issue| {
                let home = RepositoryId(issue.repository?.id);
                Some((home, IssueNumber(issue.number)))
            })),
        }
    }
}

fn ready_issue(issue: WireIssue) -> Option<(RepositoryId, ReadyIssue)> {
    let home = RepositoryId(issue.repository.as_ref()?.id);
    let ready = ReadyIssue {
        number: IssueNumber(issue.number),
        labels: issue.label_names(),
        authorisation: None,
        labelled_at: None,
        open_sub_issues: None,
        open_blockers: None,
        blockers: Vec::new(),
        assignees: Vec::new(),
        rivals: Vec::new(),
    };
    Some((home, ready))
}

/// Returns `host[:port]` of the address of a page.
pub(super) fn authority(address: &str) -> &str {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

type ByRepository<T> = Result<BTreeMap<RepositoryId, Vec<T>>, ServiceError>;

fn by_repository<T>(found: Result<Vec<(RepositoryId, T)>, ServiceError>) -> ByRepository<T> {
    let mut sorted: BTreeMap<RepositoryId, Vec<T>> = BTreeMap::new();
    for (id, item) in found? {
        sorted.entry(id).or_default().push(item);
    }
    Ok(sorted)
}

fn take<T>(sorted: &mut ByRepository<T>, id: RepositoryId) -> Result<Vec<T>, ServiceError> {
    match sorted {
        Ok(sorted) => Ok(sorted.remove(&id).unwrap_or_default()),
        Err(error) => Err(error.clone()),
    }
}
