//! Sends each call to the forge that hosts the repository.

use super::{IssueLookup, RepositorySurvey, Tracker};
use crate::domain::blocked_by::BlockedBy;
use crate::domain::issue::PermissionFact;
use crate::domain::repository::{ForgeKind, IssueNumber, RepoRef};
use crate::service_error::{FailureKind, ServiceError};

/// All forges of one tick.
pub struct Router<'a> {
    /// GitHub, when a repository of the tick is there.
    pub github: Option<&'a dyn Tracker>,
    /// Forgejo or Gitea, when a repository of the tick is there.
    pub forgejo: Option<&'a dyn Tracker>,
}

impl Router<'_> {
    fn of(&self, forge: ForgeKind) -> Result<&dyn Tracker, ServiceError> {
        let tracker = match forge {
            ForgeKind::GitHub => self.github,
            ForgeKind::Forgejo => self.forgejo,
        };
        tracker.ok_or_else(|| {
            ServiceError::new(
                forge.as_str(),
                "connect",
                FailureKind::NotFound,
                "this version can not talk to this kind of forge",
            )
        })
    }
}

impl Tracker for Router<'_> {
    fn survey(&self, repos: &[RepoRef]) -> Vec<Result<RepositorySurvey, ServiceError>> {
        let mut surveys: Vec<Option<Result<RepositorySurvey, ServiceError>>> =
            repos.iter().map(|_| None).collect();
        for forge in [ForgeKind::GitHub, ForgeKind::Forgejo] {
            let (indexes, wanted): (Vec<usize>, Vec<RepoRef>) = repos
                .iter()
                .enumerate()
                .filter(|(_, repo)| repo.forge() == forge)
                .map(|(index, repo)| (index, repo.clone()))
                .unzip();
            if wanted.is_empty() {
                continue;
            }
            let answers = match self.of(forge) {
                Ok(tracker) => tracker.survey(&wanted),
                Err(error) => wanted.iter().map(|_| Err(error.clone())).collect(),
            };
            for (index, answer) in indexes.into_iter().zip(answers) {
                surveys[index] = Some(answer);
            }
        }
        surveys
            .into_iter()
            .map(|survey| survey.expect("every repository is on one of the forges"))
            .collect()
    }

    fn issue(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        blocked_by: &BlockedBy,
    ) -> Result<IssueLookup, ServiceError> {
        self.of(repository.repo.forge())?
            .issue(repository, number, blocked_by)
    }

    fn reread(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError> {
        self.of(repository.repo.forge())?.reread(repository, number)
    }

    fn permission(
        &self,
        repository: &RepositorySurvey,
        login: &str,
    ) -> Result<PermissionFact, ServiceError> {
        self.of(repository.repo.forge())?
            .permission(repository, login)
    }

    fn add_label(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        label: &str,
    ) -> Result<(), ServiceError> {
        self.of(repository.repo.forge())?
            .add_label(repository, number, label)
    }
}
