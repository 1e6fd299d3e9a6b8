//! The issue that a body names as its parent. These forges know none themselves.

use super::Forgejo;
use super::bounded::Bounded;
use super::edits::is_unedited;
use super::entries::Uses;
use super::timeline::Happened;
use super::timeline_pages::Sight;
use super::wire::actor;
use crate::domain::identity::RepositoryId;
use crate::domain::issue::{Actor, Parent, ParentIssue, TEXT_MAX_BYTES};
use crate::domain::repository::{ForgeKind, RepoRef};
use crate::domain::start::blocked_by::BlockerRef;
use crate::domain::start::trust_gate::beyond_reading;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Repository;

impl Forgejo<'_> {
    /// Reads a parent by its name.
    ///
    /// Who edited a body is not told. It is the author or somebody who may push, unless others may edit; in another
    /// repository nobody is asked about that, so that only a body that was never edited is known whole.
    pub(super) fn named_parent(
        &self,
        repository: &Repository,
        reference: &BlockerRef,
    ) -> Result<Parent, ServiceError> {
        let full_name = match &reference.repo {
            Some((owner, name)) => format!("{owner}/{name}"),
            None => repository.repo.full_name(),
        };
        let name = format!("{full_name}#{}", reference.number);
        let unreadable = |why: String| Parent::Unreadable {
            name: name.clone(),
            why,
        };
        let Ok(repo) = RepoRef::parse(&full_name, ForgeKind::Forgejo) else {
            return Ok(unreadable("no name of a repository".to_owned()));
        };
        let mut issue = match self.whole_issue(&repo, reference.number) {
            Ok(Bounded::Within(issue)) => issue,
            Ok(Bounded::Beyond(max)) => return Ok(unreadable(beyond_reading(max))),
            Err(error)
                if matches!(
                    error.kind,
                    FailureKind::NotFound | FailureKind::Moved { .. }
                ) =>
            {
                return Ok(unreadable(error.to_string()));
            }
            Err(error) => return Err(error),
        };
        if issue.is_pull_request() {
            return Ok(unreadable("it is a pull request".to_owned()));
        }
        let body = issue.body.take().unwrap_or_default();
        if issue.title.len() + body.len() > TEXT_MAX_BYTES {
            // It could not fit beside the issue.
            return Ok(unreadable(beyond_reading(TEXT_MAX_BYTES)));
        }
        let timeline = self.timeline(&repo, &issue, Uses::Gate)?;
        let mut gaps = Vec::new();
        let editors: Vec<Actor> = timeline
            .items(&self.labels.ready, &mut gaps)
            .iter()
            .filter(|item| matches!(item.what, Happened::Renamed))
            .map(|item| actor(item.entry.user.as_ref()))
            .collect();
        let is_here = issue
            .repository
            .as_ref()
            .is_some_and(|home| RepositoryId(home.id) == repository.id);
        let traits = self.server()?.traits;
        // Somebody can have changed the title behind entries that are not shown.
        let nobody_edited = is_unedited(&issue, traits) && timeline.sight == Sight::Whole;
        let editors_complete =
            nobody_edited || is_here && !self.others_may_edit(repository, &mut gaps)?;
        Ok(Parent::Read(Box::new(ParentIssue {
            name,
            repo: Some(repo),
            title: issue.title.clone(),
            body,
            author: issue.author(),
            editors,
            editors_complete: editors_complete && gaps.is_empty(),
        })))
    }
}
