//! Poll's bulk read: repositories, their ready issues, and the lock labels.
//!
//! Two searches tell the issues of all repositories; which of them are ours is told by numeric ids. Who labelled when is not
//! among it: that is read of the candidates that are left.

use std::collections::BTreeMap;

use super::Forgejo;
use super::search::Found;
use super::wire::{WireListed, WireRepository};
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
    Ready(Result<Found<(RepositoryId, ReadyIssue)>, ServiceError>),
    Locked(Result<Found<(RepositoryId, IssueNumber)>, ServiceError>),
}

impl Forgejo<'_> {
    /// Reads all `repos`.
    pub(super) fn survey_all(
        &self,
        repos: &[RepoRef],
    ) -> Vec<Result<RepositorySurvey, ServiceError>> {
        let asks = [Ask::Repositories, Ask::Ready, Ask::Locked, Ask::Account];
        let mut wires = Vec::new();
        let (mut ready, mut locked) = (Ok(Found::nothing()), Ok(Found::nothing()));
        for told in fan_out(&asks, |ask| self.ask(*ask, repos)) {
            match told {
                Told::Nothing => {}
                Told::Repositories(told) => wires = told,
                Told::Ready(told) => ready = told,
                Told::Locked(told) => locked = told,
            }
        }
        let (mut ready, mut locked) = (Sorted::of(ready), Sorted::of(locked));
        repos
            .iter()
            .zip(wires)
            .map(|(repo, wire)| {
                let repository = self.repository(repo, wire?)?;
                Ok(RepositorySurvey {
                    ready: ready.take(repo, repository.id)?,
                    more_ready: false,
                    locked: locked
                        .take(repo, repository.id)?
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
            Ask::Ready => Told::Ready(self.search(&self.labels.ready, "open", repos, ready_issue)),
            Ask::Locked => {
                let locked = |issue: WireListed| {
                    let home = RepositoryId(issue.repository?.id);
                    Some((home, IssueNumber(issue.number)))
                };
                Told::Locked(self.search(&self.labels.in_progress, "all", repos, locked))
            }
        }
    }
}

fn ready_issue(issue: WireListed) -> Option<(RepositoryId, ReadyIssue)> {
    let home = RepositoryId(issue.repository.as_ref()?.id);
    let ready = ReadyIssue {
        number: IssueNumber(issue.number),
        labels: issue.label_names(),
        authorisation: None,
        labelled_at: None,
        edited_at: None,
        open_sub_issues: None,
        open_blockers: None,
        blockers: Vec::new(),
        assignees: Vec::new(),
        rivals: Vec::new(),
    };
    Some((home, ready))
}

/// What a search found, by repository.
struct Sorted<T> {
    found: Result<Found<(RepositoryId, T)>, ServiceError>,
    by_repository: BTreeMap<RepositoryId, Vec<T>>,
}

impl<T> Sorted<T> {
    fn of(mut found: Result<Found<(RepositoryId, T)>, ServiceError>) -> Self {
        let mut by_repository: BTreeMap<RepositoryId, Vec<T>> = BTreeMap::new();
        if let Ok(found) = &mut found {
            for (id, item) in std::mem::take(&mut found.kept) {
                by_repository.entry(id).or_default().push(item);
            }
        }
        Self {
            found,
            by_repository,
        }
    }

    fn take(&mut self, repo: &RepoRef, id: RepositoryId) -> Result<Vec<T>, ServiceError> {
        let found = self.found.as_ref().map_err(Clone::clone)?;
        match found.failure_of(repo) {
            Some(error) => Err(error.clone()),
            None => Ok(self.by_repository.remove(&id).unwrap_or_default()),
        }
    }
}
