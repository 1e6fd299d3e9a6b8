//! The commits of a branch as the watcher reads them: pages of its history.
//!
//! What CI says about them is asked for few of them, by [`super::commit_details`].

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::rest::SERVICE;
use super::watch_documents::{self, HISTORY_PAGE};
use super::wire::{Nodes, maybe_null, next_page};
use super::{GitHub, take};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::attribution::{Author, is_bot};
use crate::domain::verdict::ci::CommitSha;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::commit_message::CommitMessage;
use crate::tracker::{Checks, CommitReading};

/// Commits of one branch that are read at most.
pub(super) const COMMITS_MAX: usize = 500;

#[derive(Debug, Deserialize)]
pub(super) struct WireHead {
    /// Null in an empty repository.
    #[serde(deserialize_with = "maybe_null")]
    pub(super) target: Option<WireTarget>,
}

/// What a branch points at. Only commits have a history.
#[derive(Debug, Deserialize)]
pub(super) struct WireTarget {
    pub(super) oid: String,
    pub(super) history: Option<Nodes<WireCommit>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireCommit {
    oid: String,
    message: CommitMessage,
    committed_date: DateTime<Utc>,
    url: String,
    author: Option<WireAuthor>,
    /// Not asked of the newest page.
    #[serde(default)]
    parents: Option<Nodes<WireOid>>,
}

/// A commit by its name alone.
#[derive(Debug, Deserialize)]
pub(super) struct WireOid {
    oid: String,
}

/// Reads names of commits.
///
/// # Errors
///
/// A text for people when one is none.
pub(super) fn names(commits: Nodes<WireOid>) -> Result<Vec<CommitSha>, String> {
    commits
        .nodes
        .iter()
        .map(|commit| name(&commit.oid))
        .collect()
}

/// Reads the name of a commit.
///
/// # Errors
///
/// A text for people when it is none.
pub(super) fn name(oid: &str) -> Result<CommitSha, String> {
    CommitSha::parse(oid).ok_or_else(|| format!("'{oid}' is no commit id"))
}

/// Who wrote a commit, in git's words, which anybody can choose: they can make a fallback of nobody, and one of somebody only on top of
/// a run's own commit.
#[derive(Debug, Deserialize)]
pub(super) struct WireAuthor {
    name: Option<String>,
    email: Option<String>,
}

impl WireAuthor {
    pub(super) fn author(&self) -> Option<Author> {
        Author::new(
            self.name.as_deref().unwrap_or_default(),
            self.email.as_deref().unwrap_or_default(),
        )
    }

    pub(super) fn is_bot(&self) -> bool {
        is_bot(
            self.name.as_deref().unwrap_or_default(),
            self.email.as_deref().unwrap_or_default(),
        )
    }
}

impl WireCommit {
    fn into_reading(self) -> Result<CommitReading, String> {
        Ok(CommitReading {
            sha: name(&self.oid)?,
            message: self.message.0,
            committed_at: self.committed_date,
            url: self.url,
            author: self.author.as_ref().and_then(WireAuthor::author),
            by_bot: self.author.is_some_and(|author| author.is_bot()),
            parents: self.parents.map_or(Ok(Vec::new()), names)?,
            checks: Checks::NotAsked,
        })
    }
}

/// Commits of one page, and the cursor of the next.
///
/// # Errors
///
/// A text for people when the page is not whole.
pub(super) fn commits(
    history: Nodes<WireCommit>,
) -> Result<(Vec<CommitReading>, Option<String>), String> {
    let next = next_page(history.page_info, "commits")?;
    let commits = history
        .nodes
        .into_iter()
        .map(WireCommit::into_reading)
        .collect::<Result<_, _>>()?;
    Ok((commits, next))
}

/// Whether older commits may still be of the time since `since`. Dates are out of order where clocks are, so one page
/// whose commits are all older ends the search.
pub(super) fn reaches_back(page: &[CommitReading], since: DateTime<Utc>) -> bool {
    page.iter().all(|commit| commit.committed_at < since)
}

impl GitHub<'_> {
    pub(super) fn older_commits(
        &self,
        repo: &RepoRef,
        head: &str,
        after: &str,
    ) -> Result<(Vec<CommitReading>, Option<String>), ServiceError> {
        let name = format!("read older commits of {}", repo.full_name());
        let unreadable = |detail: String| {
            ServiceError::new(SERVICE, name.clone(), FailureKind::Unreadable, detail)
        };
        let mut repository = self.query_repository(
            &name,
            &watch_documents::history_page(),
            &json!({
                "owner": repo.owner(), "name": repo.name(), "oid": head, "page": HISTORY_PAGE,
                "after": after,
            }),
        )?;
        let target: Option<WireTarget> = take(&mut repository, "object").map_err(&unreadable)?;
        let history = target
            .and_then(|target| target.history)
            .ok_or_else(|| unreadable("the commit is gone".to_owned()))?;
        commits(history).map_err(&unreadable)
    }
}
