//! What GitHub's words about checks mean in domain terms.
//!
//! Check runs and commit statuses of one commit, from GraphQL's rollup, and its check suites. What the words mean and what a
//! set of checks comes to is decided by [`crate::domain::verdict::build`].

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::wire::{Named, Nodes, maybe_null};
use crate::domain::verdict::build::{github_check_run, github_status, waits_for_group};
use crate::domain::verdict::ci::{Check, CheckSource, Suite};

/// The longest excerpt, in characters.
const EXCERPT_MAX: usize = 500;

/// What reported on a commit.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireReports {
    /// Null says that nothing reported; a missing member says nothing.
    #[serde(deserialize_with = "maybe_null")]
    pub(super) status_check_rollup: Option<WireRollup>,
    /// Null says that there is no suite; a missing member says nothing.
    #[serde(deserialize_with = "maybe_null")]
    pub(super) check_suites: Option<Nodes<WireSuite>>,
}

/// `Commit.statusCheckRollup`.
#[derive(Debug, Deserialize)]
pub(super) struct WireRollup {
    pub(super) contexts: Nodes<WireContext>,
}

/// A check run or a commit status.
#[derive(Debug, Deserialize)]
#[serde(tag = "__typename")]
pub(super) enum WireContext {
    CheckRun(Box<WireCheckRun>),
    StatusContext(WireStatus),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireCheckRun {
    name: String,
    status: String,
    conclusion: Option<String>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    details_url: Option<String>,
    title: Option<String>,
    check_suite: WireSuiteName,
}

/// The suite of a check run.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSuiteName {
    database_id: Option<u64>,
    app: Option<WireApp>,
    branch: Option<Named>,
    #[serde(default)]
    workflow_run: Option<WireWorkflowRun>,
}

/// A check suite.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireSuite {
    database_id: Option<u64>,
    status: String,
    conclusion: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    app: Option<WireApp>,
    branch: Option<Named>,
    #[serde(default)]
    workflow_run: Option<WireWorkflowRun>,
}

#[derive(Debug, Deserialize)]
struct WireApp {
    slug: String,
}

#[derive(Debug, Deserialize)]
struct WireWorkflowRun {
    event: String,
    url: String,
    workflow: WireWorkflow,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireWorkflow {
    database_id: Option<u64>,
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireStatus {
    context: String,
    state: String,
    created_at: DateTime<Utc>,
    target_url: Option<String>,
    description: Option<String>,
}

/// Turns the contexts of one commit into checks.
pub(super) fn checks(contexts: Vec<WireContext>) -> Vec<Check> {
    contexts
        .into_iter()
        .map(|context| match context {
            WireContext::StatusContext(status) => status.into_check(),
            WireContext::CheckRun(run) => run.into_check(),
        })
        .collect()
}

/// Turns suites into domain words.
///
/// # Errors
///
/// A text for people when one has no number, by which check runs name it.
pub(super) fn suites(wire: Vec<WireSuite>) -> Result<Vec<Suite>, String> {
    wire.into_iter()
        .map(|suite| {
            let run = suite.workflow_run;
            Ok(Suite {
                id: suite
                    .database_id
                    .ok_or_else(|| "a check suite without a number".to_owned())?,
                app: suite.app.map(|app| app.slug),
                event: run.as_ref().map(|run| run.event.clone()),
                url: run.as_ref().map(|run| run.url.clone()),
                workflow_id: run.as_ref().and_then(|run| run.workflow.database_id),
                workflow: run.map(|run| run.workflow.name),
                branch: suite.branch.map(|branch| branch.name),
                state: github_check_run(&suite.status, suite.conclusion.as_deref()),
                waits_for_group: waits_for_group(&suite.status),
                created_at: suite.created_at,
                updated_at: suite.updated_at,
            })
        })
        .collect()
}

impl WireCheckRun {
    fn into_check(self) -> Check {
        let suite = self.check_suite;
        Check {
            source: CheckSource::Run {
                app: suite.app.map(|app| app.slug),
                event: suite.workflow_run.map(|run| run.event),
                branch: suite.branch.map(|branch| branch.name),
                suite: suite.database_id,
            },
            state: github_check_run(&self.status, self.conclusion.as_deref()),
            at: self.completed_at.or(self.started_at),
            url: self.details_url,
            excerpt: self.title.as_deref().and_then(excerpt),
            name: self.name,
        }
    }
}

impl WireStatus {
    fn into_check(self) -> Check {
        let description = self.description.as_deref().unwrap_or_default();
        Check {
            state: github_status(&self.context, &self.state, description),
            name: self.context,
            source: CheckSource::Status,
            at: Some(self.created_at),
            url: self.target_url,
            excerpt: excerpt(description),
        }
    }
}

/// A short piece of a text; `None` when there is nothing in it.
pub(super) fn excerpt(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| match text.char_indices().nth(EXCERPT_MAX) {
        None => text.to_owned(),
        Some(_) => {
            let mut short: String = text.chars().take(EXCERPT_MAX - 1).collect();
            short.push('…');
            short
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_bounded_and_never_empty() {
        assert_eq!(excerpt("  \n"), None);
        assert_eq!(excerpt(" 2 failed "), Some("2 failed".to_owned()));
        let long = excerpt(&"ä".repeat(501)).unwrap();
        assert_eq!(long.chars().count(), 500);
        assert!(long.ends_with('…'));
        assert_eq!(excerpt(&"ä".repeat(500)).unwrap(), "ä".repeat(500));
    }
}
