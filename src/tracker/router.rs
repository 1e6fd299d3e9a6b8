//! Sends each call to the forge that hosts the repository.

use super::{
    ChangedIssue, IssueLookup, Points, Repository, RepositorySurvey, RunIssue, Tracker, WatchQuery,
    WatchReading, each_in_groups, grouped,
};
use chrono::{DateTime, Utc};

use crate::domain::issue::{IssueFacts, Parent, Permission, PermissionFact};
use crate::domain::repository::{ForgeKind, IssueNumber, IssueRef, RepoRef};
use crate::domain::start::blocked_by::BlockerRef;
use crate::domain::verdict::ci::{Check, CommitChecks, CommitSha};
use crate::domain::verdict::deploy::ForgeDeployment;
use crate::fan_out::fan_out;
use crate::service_error::{FailureKind, ServiceError};

/// All forges of one tick.
pub struct Router<'a> {
    /// GitHub, when a repository of the tick is there.
    pub github: Option<Box<dyn Tracker + 'a>>,
    /// Forgejo or Gitea, when a repository of the tick is there.
    pub forgejo: Option<Box<dyn Tracker + 'a>>,
}

impl Router<'_> {
    fn of(&self, forge: ForgeKind) -> Result<&dyn Tracker, ServiceError> {
        let tracker = match forge {
            ForgeKind::GitHub => &self.github,
            ForgeKind::Forgejo => &self.forgejo,
        };
        tracker.as_deref().ok_or_else(|| {
            ServiceError::new(
                forge.as_str(),
                "connect",
                FailureKind::Refused,
                "this kind of forge is not configured",
            )
        })
    }

    /// Asks each forge for its part of `wanted`, at once, and puts the answers in the order of `wanted`. One that does not answer must
    /// not take the other's time.
    fn in_bulk<Q: Clone + Sync + Send, R: Send>(
        &self,
        wanted: &[Q],
        repo: impl Fn(&Q) -> &RepoRef + Sync,
        ask: impl Fn(&dyn Tracker, &[Q]) -> Vec<Result<R, ServiceError>> + Sync,
    ) -> Vec<Result<R, ServiceError>> {
        in_groups_at_once(
            wanted,
            |query| repo(query).forge(),
            |part| match self.of(repo(&part[0]).forge()) {
                Ok(tracker) => ask(tracker, part),
                Err(error) => part.iter().map(|_| Err(error.clone())).collect(),
            },
        )
    }
}

impl Tracker for Router<'_> {
    fn survey(&self, repos: &[RepoRef]) -> Vec<Result<RepositorySurvey, ServiceError>> {
        self.in_bulk(repos, |repo| repo, |tracker, part| tracker.survey(part))
    }

    fn issue(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError> {
        self.of(repository.repo.forge())?.issue(repository, number)
    }

    fn issues(
        &self,
        wanted: &[(&Repository, IssueNumber)],
    ) -> Vec<Result<IssueLookup, ServiceError>> {
        self.in_bulk(
            wanted,
            |(repository, _)| &repository.repo,
            |tracker, part| tracker.issues(part),
        )
    }

    fn each_issue(
        &self,
        wanted: &[(&Repository, IssueNumber)],
        tell: &mut dyn FnMut(usize, Result<IssueLookup, ServiceError>),
    ) {
        each_in_groups(
            wanted,
            |(repository, _)| repository.repo.forge(),
            |part, tell| match self.of(part[0].0.repo.forge()) {
                Ok(tracker) => tracker.each_issue(part, tell),
                Err(error) => (0..part.len()).for_each(|place| tell(place, Err(error.clone()))),
            },
            tell,
        );
    }

    fn resolve_blockers(&self, issues: &mut [(&Repository, &mut IssueFacts)]) {
        for forge in [ForgeKind::GitHub, ForgeKind::Forgejo] {
            let mut part: Vec<(&Repository, &mut IssueFacts)> = issues
                .iter_mut()
                .filter(|(repository, _)| repository.repo.forge() == forge)
                .map(|(repository, facts)| (*repository, &mut **facts))
                .collect();
            if let (false, Ok(tracker)) = (part.is_empty(), self.of(forge)) {
                tracker.resolve_blockers(&mut part);
            }
        }
    }

    fn confirm(&self, repository: &Repository, facts: &mut IssueFacts) -> Result<(), ServiceError> {
        self.of(repository.repo.forge())?.confirm(repository, facts)
    }

    fn reread(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError> {
        self.of(repository.repo.forge())?.reread(repository, number)
    }

    fn rereads(
        &self,
        wanted: &[(&Repository, IssueNumber)],
    ) -> Vec<Result<IssueLookup, ServiceError>> {
        self.in_bulk(
            wanted,
            |(repository, _)| &repository.repo,
            |tracker, part| tracker.rereads(part),
        )
    }

    fn parent(
        &self,
        repository: &Repository,
        reference: &BlockerRef,
    ) -> Result<Parent, ServiceError> {
        self.of(repository.repo.forge())?
            .parent(repository, reference)
    }

    fn permission(
        &self,
        repository: &Repository,
        login: &str,
    ) -> Result<PermissionFact, ServiceError> {
        self.of(repository.repo.forge())?
            .permission(repository, login)
    }

    fn lower_permissions(&self, wanted: &[(&Repository, &str)]) -> Vec<Option<Permission>> {
        let answers = self.in_bulk(
            wanted,
            |(repository, _)| &repository.repo,
            |tracker, part| {
                let levels = tracker.lower_permissions(part);
                levels.into_iter().map(Ok).collect()
            },
        );
        answers
            .into_iter()
            .map(|level| level.ok().flatten())
            .collect()
    }

    fn watch(&self, queries: &[WatchQuery]) -> Vec<Result<WatchReading, ServiceError>> {
        self.in_bulk(
            queries,
            |query| &query.repo,
            |tracker, part| tracker.watch(part),
        )
    }

    fn stray(&self, issue: &IssueRef) -> Result<RunIssue, ServiceError> {
        self.of(issue.repo.forge())?.stray(issue)
    }

    fn changed_since(
        &self,
        repo: &RepoRef,
        since: DateTime<Utc>,
    ) -> Result<Vec<ChangedIssue>, ServiceError> {
        self.of(repo.forge())?.changed_since(repo, since)
    }

    fn commit_checks(&self, repo: &RepoRef, sha: &CommitSha) -> Result<CommitChecks, ServiceError> {
        self.of(repo.forge())?.commit_checks(repo, sha)
    }

    fn commit_checks_of_any_event(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
    ) -> Result<CommitChecks, ServiceError> {
        self.of(repo.forge())?.commit_checks_of_any_event(repo, sha)
    }

    fn deployments(
        &self,
        repo: &RepoRef,
        environment: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<ForgeDeployment>, ServiceError> {
        self.of(repo.forge())?.deployments(repo, environment, since)
    }

    fn points(&self) -> Vec<Points> {
        let forges = [&self.github, &self.forgejo].into_iter().flatten();
        forges.flat_map(|forge| forge.points()).collect()
    }

    fn failure_excerpt(&self, repo: &RepoRef, check: &Check) -> Option<String> {
        self.of(repo.forge()).ok()?.failure_excerpt(repo, check)
    }

    fn add_label(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError> {
        self.of(issue.repo.forge())?.add_label(issue, label)
    }

    fn remove_label(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError> {
        self.of(issue.repo.forge())?.remove_label(issue, label)
    }

    fn create_comment(&self, issue: &IssueRef, body: &str) -> Result<String, ServiceError> {
        self.of(issue.repo.forge())?.create_comment(issue, body)
    }

    fn edit_comment(
        &self,
        issue: &IssueRef,
        comment: &str,
        body: &str,
    ) -> Result<(), ServiceError> {
        self.of(issue.repo.forge())?
            .edit_comment(issue, comment, body)
    }

    fn delete_comment(&self, issue: &IssueRef, comment: &str) -> Result<(), ServiceError> {
        self.of(issue.repo.forge())?.delete_comment(issue, comment)
    }

    fn close_issue(&self, issue: &IssueRef) -> Result<(), ServiceError> {
        self.of(issue.repo.forge())?.close_issue(issue)
    }

    fn reopen_issue(&self, issue: &IssueRef) -> Result<(), ServiceError> {
        self.of(issue.repo.forge())?.reopen_issue(issue)
    }
}

/// Asks for each group of `wanted` by itself, all at once, and puts the answers in the order of `wanted`.
///
/// # Panics
///
/// When `ask` does not answer once for each thing that it was asked.
fn in_groups_at_once<Q: Clone + Sync + Send, K: Ord, R: Send>(
    wanted: &[Q],
    key: impl Fn(&Q) -> K,
    ask: impl Fn(&[Q]) -> Vec<Result<R, ServiceError>> + Sync,
) -> Vec<Result<R, ServiceError>> {
    let (places, parts): (Vec<Vec<usize>>, Vec<Vec<Q>>) = grouped(wanted, key).unzip();
    let told = fan_out(&parts, |part| ask(part));
    let mut answers: Vec<(usize, Result<R, ServiceError>)> = places
        .into_iter()
        .flatten()
        .zip(told.into_iter().flatten())
        .collect();
    assert_eq!(
        answers.len(),
        wanted.len(),
        "a reader answers once for each thing that it is asked"
    );
    answers.sort_unstable_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All groups are asked before any of them answers, or this never ends.
    #[test]
    fn groups_that_are_asked_at_once_answer_in_the_order_of_the_questions() {
        let both = std::sync::Barrier::new(2);
        let answers = in_groups_at_once(
            &["b1", "a1", "b2", "a2"],
            |query| query.chars().next(),
            |part| {
                both.wait();
                part.iter().map(|query| Ok(query.to_uppercase())).collect()
            },
        );
        let answers: Result<Vec<String>, ServiceError> = answers.into_iter().collect();
        assert_eq!(answers.unwrap(), ["B1", "A1", "B2", "A2"]);
    }
}
