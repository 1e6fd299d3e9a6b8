//! What CI says about the watched commits of many runs, in one request.
//!
//! The bulk read lists commits; this asks about the few that are a run's newest. What can not be had in bulk is left: whoever
//! needs it asks for one commit ([`super::commit_checks`]).

use serde::Deserialize;
use serde_json::{Value, json};

use super::batches::{Parts, in_batches_of};
use super::checks::{WireReports, checks, suites};
use super::commit_checks::{hides_workflow, is_about_checks};
use super::watch_documents;
use super::wire::next_page;
use super::{GitHub, decode, error_kind};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::ci::{CommitChecks, CommitSha};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Checks;

/// Commits in one request. Hardly any fills its pages, and the answer of fifty is smaller than that of a bulk read.
const BATCH: usize = 60;

#[derive(Debug, Deserialize)]
struct WirePart {
    object: Option<WireObject>,
}

#[derive(Debug, Deserialize)]
struct WireObject {
    oid: String,
    #[serde(flatten)]
    reports: WireReports,
}

impl GitHub<'_> {
    /// Reads the checks of commits of any repositories, in their order.
    pub(super) fn details(&self, wanted: &[(RepoRef, CommitSha)]) -> Vec<Checks> {
        in_batches_of(BATCH, wanted, |batch, _| self.details_batch(batch))
            .into_iter()
            .map(|result| result.unwrap_or_else(|error| Checks::Unreadable(error.to_string())))
            .collect()
    }

    fn details_batch(
        &self,
        wanted: &[(RepoRef, CommitSha)],
    ) -> Result<Vec<Result<Checks, ServiceError>>, ServiceError> {
        let mut variables = json!({});
        for (index, (repo, sha)) in wanted.iter().enumerate() {
            variables[format!("o{index}")] = json!(repo.owner());
            variables[format!("n{index}")] = json!(repo.name());
            variables[format!("c{index}")] = json!(sha.as_str());
        }
        let document = watch_documents::details(wanted.len());
        let Parts { parts, .. } = self.query_parts(
            "read checks",
            &|_| document.clone(),
            &variables,
            wanted.len(),
        )?;
        Ok(wanted
            .iter()
            .zip(parts)
            .map(|((repo, sha), part)| {
                for error in part.errors {
                    if hides_workflow(&error) {
                        continue;
                    }
                    if is_about_checks(&error) && error_kind(&error) == FailureKind::Denied {
                        self.note_refused_rollup(repo, &error);
                    }
                    return Ok(Checks::Unreadable(error.message));
                }
                Ok(read(sha, part.data).unwrap_or_else(Checks::Unreadable))
            })
            .collect())
    }
}

fn read(sha: &CommitSha, data: Option<Value>) -> Result<Checks, String> {
    let part: WirePart = decode(data.ok_or("no data")?)?;
    let object = part
        .object
        .filter(|object| object.oid == sha.as_str())
        .ok_or("no such commit")?;
    let WireReports {
        status_check_rollup,
        check_suites,
    } = object.reports;
    let (contexts, more) = match status_check_rollup {
        None => (Vec::new(), None),
        Some(rollup) => (
            rollup.contexts.nodes,
            next_page(rollup.contexts.page_info, "checks")?,
        ),
    };
    let (listed, more_suites) = match check_suites {
        None => (Vec::new(), None),
        Some(suites) => (suites.nodes, next_page(suites.page_info, "check suites")?),
    };
    if more.is_some() || more_suites.is_some() {
        return Err("more checks than fit into a bulk read".to_owned());
    }
    Ok(Checks::Read(CommitChecks {
        checks: checks(contexts),
        suites: Some(suites(listed)?),
    }))
}
