//! The checks of one commit, whatever it takes.
//!
//! The rollup of GraphQL tells all of them, page by page, when the token may read checks. An App without Actions: read
//! gets it without the workflow runs, so without the events that started them. Fine-grained tokens do not get
//! it at all (`contracts/github` section 2): for those the workflow runs (those that a push started, or all), their jobs, and the
//! commit statuses come from REST. Check runs of other Apps can not be had that way.

use std::sync::PoisonError;

use serde::Deserialize;
use serde_json::json;

use super::GitHub;
use super::batches::same_name;
use super::checks::{WireReports, checks, suites};
use super::rest::SERVICE;
use super::rollup_access::{Access, Events};
use super::watch_documents::{self, CHECKS_PAGE};
use super::wire::{GraphQlError, next_page};
use super::{error_kind, take};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::ci::{CommitChecks, CommitSha};
use crate::service_error::{FailureKind, ServiceError};

/// Pages of checks or statuses that are read of one commit: 1,000 of them.
const PAGES_MAX: usize = 10;

/// The rollup of one commit.
enum Rollup {
    Read(CommitChecks),
    /// Our token may not read it.
    Denied(Access),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireChecksPage {
    name_with_owner: String,
    object: Option<WireRolledUp>,
}

#[derive(Debug, Deserialize)]
struct WireRolledUp {
    oid: String,
    #[serde(flatten)]
    reports: WireReports,
}

impl GitHub<'_> {
    /// Remembers that the rollups of a repository were refused in bulk.
    pub(super) fn note_refused_rollup(&self, repo: &RepoRef, error: &GraphQlError) {
        self.note_access(repo, Access::left(error, true));
    }

    fn note_access(&self, repo: &RepoRef, access: Access) {
        self.rollup_access
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(repo.clone(), access);
    }

    fn access(&self, repo: &RepoRef) -> Option<Access> {
        self.rollup_access
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(repo)
            .copied()
    }

    /// Reads all checks of one commit; where the rollup is not to be had, those of workflows that these events started.
    pub(super) fn checks_of(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
        events: Events,
    ) -> Result<CommitChecks, ServiceError> {
        loop {
            let with_workflows = match self.access(repo) {
                None => true,
                Some(Access::WithoutWorkflows) => false,
                Some(Access::Nothing) => break,
            };
            match self.rollup(repo, sha, with_workflows)? {
                Rollup::Read(checks) => return Ok(checks),
                Rollup::Denied(left) => self.note_access(repo, left),
            }
        }
        let mut checks = self.workflow_checks(repo, sha, events)?;
        checks.checks.extend(self.statuses(repo, sha)?);
        Ok(checks)
    }

    fn rollup(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
        with_workflows: bool,
    ) -> Result<Rollup, ServiceError> {
        let name = format!("read the checks of {} {}", repo.full_name(), sha.short());
        let fail = |kind, detail: String| ServiceError::new(SERVICE, name.clone(), kind, detail);
        let mut contexts = Vec::new();
        let mut listed = Vec::new();
        let mut after: Option<String> = None;
        let mut suites_after: Option<String> = None;
        let (mut checks_read, mut suites_read) = (false, false);
        for _ in 0..PAGES_MAX {
            let answer = self.query(
                &name,
                &watch_documents::checks_page(with_workflows),
                &json!({
                    "owner": repo.owner(), "name": repo.name(), "oid": sha.as_str(),
                    "page": CHECKS_PAGE, "after": after, "suites": suites_after,
                }),
            )?;
            if let Some(error) = answer.errors.iter().find(|error| !hides_workflow(error)) {
                let kind = error_kind(error);
                if kind == FailureKind::Denied && is_about_checks(error) {
                    return Ok(Rollup::Denied(Access::left(error, with_workflows)));
                }
                return Err(fail(kind, error.message.clone()));
            }
            let mut data = answer
                .data
                .ok_or_else(|| fail(FailureKind::Unreadable, "no data".to_owned()))?;
            let page: WireChecksPage =
                take(&mut data, "repository").map_err(|why| fail(FailureKind::Unreadable, why))?;
            same_name(&name, repo, &page.name_with_owner)?;
            let commit = page
                .object
                .filter(|commit| commit.oid == sha.as_str())
                .ok_or_else(|| fail(FailureKind::NotFound, "no such commit".to_owned()))?;
            let WireReports {
                status_check_rollup,
                check_suites,
            } = commit.reports;
            let unreadable = |why| fail(FailureKind::Unreadable, why);
            // A list that is at its end comes again while the other goes on.
            if let (Some(rollup), false) = (status_check_rollup, checks_read) {
                contexts.extend(rollup.contexts.nodes);
                after = next_page(rollup.contexts.page_info, "checks").map_err(unreadable)?;
            }
            if let (Some(page), false) = (check_suites, suites_read) {
                listed.extend(page.nodes);
                suites_after = next_page(page.page_info, "check suites").map_err(unreadable)?;
            }
            (checks_read, suites_read) = (after.is_none(), suites_after.is_none());
            if checks_read && suites_read {
                return Ok(Rollup::Read(CommitChecks {
                    checks: checks(contexts),
                    suites: Some(suites(listed).map_err(unreadable)?),
                }));
            }
        }
        Err(fail(
            FailureKind::Unreadable,
            "the commit has more than 1,000 checks, or check suites".to_owned(),
        ))
    }
}

/// Whether an error says no more than that our token may not see which workflow run a check belongs to. Then the event
/// that started it is unknown, and nothing else.
pub(super) fn hides_workflow(error: &GraphQlError) -> bool {
    error.names().last() == Some(&"workflowRun") && error_kind(error) == FailureKind::Denied
}

/// Whether an error is about what reports on a commit.
pub(super) fn is_about_checks(error: &GraphQlError) -> bool {
    let names = error.names();
    names.contains(&"statusCheckRollup") || names.contains(&"checkSuites")
}
