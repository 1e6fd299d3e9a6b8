//! What CI says about the watched commits of many runs, and how newer commits descend from them, in one request.
//!
//! The bulk read lists commits and tells the checks of the newest one; this asks about the few others that are a run's newest. Checks that can not be had in bulk are left:
//! whoever needs them asks for one commit ([`super::commit_checks`]). Parents are asked for once more.

use serde::Deserialize;
use serde_json::{Value, json};

use super::batches::{Part, Parts, in_batches_of};
use super::checks::{WireReports, checks, suites};
use super::commit_checks::{hides_workflow, is_about_checks};
use super::rest::SERVICE;
use super::watch_documents;
use super::watched_commits::{WireOid, name, names};
use super::wire::{GraphQlError, Nodes, next_page};
use super::{GitHub, decode, error_kind, take};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::ci::{CommitChecks, CommitSha};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Checks;

/// Commits in one request. Hardly any fills its pages, and the answer of fifty is smaller than that of a bulk read.
const BATCH: usize = 60;

/// A commit that is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) repo: RepoRef,
    pub(super) sha: CommitSha,
    /// How many commits from this one down tell their parents; at most a page.
    pub(super) line: u32,
}

/// Commits with their parents.
pub(super) type Line = Vec<(CommitSha, Vec<CommitSha>)>;

/// The newest commit of a branch, as the bulk read tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) sha: CommitSha,
    pub(super) checks: Checks,
}

/// What was told about a commit.
pub(super) struct Details {
    pub(super) checks: Checks,
    /// `None` when it was not told.
    pub(super) line: Option<Line>,
}

#[derive(Debug, Deserialize)]
struct WireLined {
    line: Nodes<WireLinked>,
}

#[derive(Debug, Deserialize)]
struct WireLinked {
    oid: String,
    parents: Nodes<WireOid>,
}

#[derive(Debug, Deserialize)]
struct WirePart {
    object: Option<WireObject>,
}

#[derive(Debug, Deserialize)]
struct WireTip {
    target: Option<WireObject>,
}

#[derive(Debug, Deserialize)]
struct WireObject {
    oid: String,
    #[serde(flatten)]
    reports: WireReports,
}

impl GitHub<'_> {
    /// Reads the checks of commits of any repositories, in their order, and of some their lines.
    pub(super) fn details(&self, wanted: &[Wanted]) -> Vec<Details> {
        in_batches_of(BATCH, wanted, |batch, _| self.details_batch(batch))
            .into_iter()
            .map(|result| {
                result.unwrap_or_else(|error| Details {
                    checks: Checks::Unreadable(error.to_string()),
                    line: None,
                })
            })
            .collect()
    }

    fn details_batch(
        &self,
        wanted: &[Wanted],
    ) -> Result<Vec<Result<Details, ServiceError>>, ServiceError> {
        let mut variables = json!({});
        for (index, wanted) in wanted.iter().enumerate() {
            variables[format!("o{index}")] = json!(wanted.repo.owner());
            variables[format!("n{index}")] = json!(wanted.repo.name());
            variables[format!("c{index}")] = json!(wanted.sha.as_str());
        }
        let lines: Vec<u32> = wanted.iter().map(|wanted| wanted.line).collect();
        let document = watch_documents::details(&lines);
        let Parts { parts, .. } = self.query_parts(
            "read checks",
            &|_| document.clone(),
            &variables,
            wanted.len(),
        )?;
        Ok(wanted
            .iter()
            .zip(parts)
            .map(|(wanted, part)| {
                let Part { data, errors } = part;
                let line = data
                    .as_ref()
                    .filter(|_| wanted.line > 0)
                    .and_then(|data| line(data["object"].clone()).ok());
                let checks = match self.refusal(&wanted.repo, errors) {
                    Some(why) => Checks::Unreadable(why),
                    None => read(&wanted.sha, data).unwrap_or_else(Checks::Unreadable),
                };
                Ok(Details { checks, line })
            })
            .collect())
    }

    /// Reads the newest commit of a branch, with the errors about it; `None` when it was not told, so that whoever needs it asks.
    pub(super) fn tip(
        &self,
        repo: &RepoRef,
        told: Option<Value>,
        errors: Vec<GraphQlError>,
    ) -> Option<Tip> {
        let WireTip { target } = decode(told?).ok()?;
        let object = target?;
        let sha = name(&object.oid).ok()?;
        let checks = match self.refusal(repo, errors) {
            Some(why) => Checks::Unreadable(why),
            None => reports(object).unwrap_or_else(Checks::Unreadable),
        };
        Some(Tip { sha, checks })
    }

    /// Why the checks of a commit were not told, when they were not.
    fn refusal(&self, repo: &RepoRef, errors: Vec<GraphQlError>) -> Option<String> {
        let error = errors.into_iter().find(|error| !hides_workflow(error))?;
        if is_about_checks(&error) && error_kind(&error) == FailureKind::Denied {
            self.note_refused_rollup(repo, &error);
        }
        Some(error.message)
    }

    /// Reads one line by itself.
    pub(super) fn line(&self, wanted: &Wanted) -> Result<Line, ServiceError> {
        let Wanted { repo, sha, line } = wanted;
        let name = format!("read the parents of commits of {}", repo.full_name());
        let unreadable = |detail: String| {
            ServiceError::new(SERVICE, name.clone(), FailureKind::Unreadable, detail)
        };
        let mut found = self.query_repository(
            &name,
            &watch_documents::line(),
            &json!({
                "owner": repo.owner(), "name": repo.name(), "oid": sha.as_str(), "page": line,
            }),
        )?;
        let object: Value = take(&mut found, "object").map_err(&unreadable)?;
        self::line(object).map_err(unreadable)
    }
}

/// The commits of a line, the newest first.
fn line(object: Value) -> Result<Line, String> {
    let lined: WireLined = decode(object)?;
    lined
        .line
        .nodes
        .into_iter()
        .map(|commit| Ok((name(&commit.oid)?, names(commit.parents)?)))
        .collect()
}

fn read(sha: &CommitSha, data: Option<Value>) -> Result<Checks, String> {
    let part: WirePart = decode(data.ok_or("no data")?)?;
    let object = part
        .object
        .filter(|object| object.oid == sha.as_str())
        .ok_or("no such commit")?;
    reports(object)
}

fn reports(object: WireObject) -> Result<Checks, String> {
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
