//! The commits of a branch as the watcher reads them: pages of its history, with what checks say.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::checks::{WireRollup, checks};
use super::commit_checks::hides_workflow;
use super::rest::SERVICE;
use super::watch_documents::{self, HISTORY_PAGE};
use super::wire::{GraphQlError, Nodes, maybe_null, next_page};
use super::{GitHub, decode, error_kind, take};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::ci::CommitSha;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{Checks, CommitReading};

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
    message: String,
    committed_date: DateTime<Utc>,
    url: String,
    /// Decoded later: where there are errors, parts that can not be null are null.
    status_check_rollup: Value,
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

/// Later pages of one branch's history that are read: 500 commits, beside the 40 of the bulk read.
pub(super) const HISTORY_PAGES_MAX: usize = 10;

pub(super) fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl GitHub<'_> {
    /// Commits of one page and the cursor of the next.
    pub(super) fn commits(
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

    pub(super) fn older_commits(
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
