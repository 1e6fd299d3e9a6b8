//! What GitHub's words about checks mean in domain terms.
//!
//! Check runs and commit statuses of one commit, from GraphQL's rollup. What the words mean and what a set of checks comes
//! to is decided by [`crate::domain::verdict::build`].

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::wire::{Named, Nodes};
use crate::domain::verdict::build::{GITHUB_ACTIONS, github_check_run, github_status};
use crate::domain::verdict::ci::{Check, CheckSource, CheckState};

/// The longest excerpt, in characters.
const EXCERPT_MAX: usize = 500;

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
    check_suite: WireSuite,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSuite {
    database_id: Option<u64>,
    status: String,
    conclusion: Option<String>,
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
    workflow: Named,
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

/// A workflow run beside the jobs that are known of it.
#[derive(Debug)]
pub(super) struct Workflow {
    /// Its own check; the name is the workflow's.
    pub(super) own: Check,
    /// The states of its jobs.
    pub(super) jobs: Vec<CheckState>,
}

impl Workflow {
    /// Returns the run's own check when its jobs do not say what it says: it goes on although all jobs that exist have
    /// ended (others wait for them and do not exist yet), or it failed without a job that did.
    pub(super) fn unsaid(self) -> Option<Check> {
        let said = |state: &CheckState| self.jobs.contains(state);
        let unsaid = match &self.own.state {
            CheckState::Pending | CheckState::Stale | CheckState::Unknown(_) => {
                !self.jobs.iter().any(|state| match state {
                    CheckState::Pending | CheckState::Stale | CheckState::Unknown(_) => true,
                    CheckState::Success
                    | CheckState::Passed
                    | CheckState::Failure
                    | CheckState::ActionRequired
                    | CheckState::Cancelled => false,
                })
            }
            CheckState::Failure => !said(&CheckState::Failure),
            CheckState::ActionRequired => {
                !(said(&CheckState::ActionRequired) || said(&CheckState::Failure))
            }
            CheckState::Cancelled => !(said(&CheckState::Cancelled) || said(&CheckState::Failure)),
            CheckState::Success | CheckState::Passed => self.jobs.is_empty(),
        };
        unsaid.then_some(self.own)
    }
}

/// Turns the contexts of one commit into checks.
pub(super) fn checks(contexts: Vec<WireContext>) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut workflows: Vec<(Option<u64>, Workflow)> = Vec::new();
    for context in contexts {
        match context {
            WireContext::StatusContext(status) => checks.push(status.into_check()),
            WireContext::CheckRun(run) => {
                let suite = run.check_suite.database_id;
                let workflow = run.workflow();
                let check = run.into_check();
                if let Some(workflow) = workflow {
                    let index = workflows
                        .iter()
                        .position(|(known, _)| known.is_some() && *known == suite)
                        .unwrap_or_else(|| {
                            workflows.push((suite, workflow));
                            workflows.len() - 1
                        });
                    workflows[index].1.jobs.push(check.state.clone());
                }
                checks.push(check);
            }
        }
    }
    checks.extend(
        workflows
            .into_iter()
            .filter_map(|(_, workflow)| workflow.unsaid()),
    );
    checks
}

impl WireCheckRun {
    fn source(&self) -> CheckSource {
        let suite = &self.check_suite;
        CheckSource::Run {
            app: suite.app.as_ref().map(|app| app.slug.clone()),
            event: suite.workflow_run.as_ref().map(|run| run.event.clone()),
            branch: suite.branch.as_ref().map(|branch| branch.name.clone()),
        }
    }

    /// The workflow run that it is a job of. Without Actions: read its suite tells the state all the same.
    fn workflow(&self) -> Option<Workflow> {
        let suite = &self.check_suite;
        let run = suite.workflow_run.as_ref();
        let is_actions = suite.app.as_ref().map(|app| app.slug.as_str()) == Some(GITHUB_ACTIONS);
        if run.is_none() && !is_actions {
            return None;
        }
        Some(Workflow {
            own: Check {
                name: run.map_or_else(|| "workflow".to_owned(), |run| run.workflow.name.clone()),
                source: self.source(),
                state: github_check_run(&suite.status, suite.conclusion.as_deref()),
                at: Some(suite.updated_at),
                url: run.map(|run| run.url.clone()),
                excerpt: None,
            },
            jobs: Vec::new(),
        })
    }

    fn into_check(self) -> Check {
        Check {
            source: self.source(),
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
        Check {
            name: self.context,
            source: CheckSource::Status,
            state: github_status(&self.state),
            at: Some(self.created_at),
            url: self.target_url,
            excerpt: self.description.as_deref().and_then(excerpt),
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
    fn a_workflow_speaks_for_itself_only_when_its_jobs_do_not() {
        let unsaid = |own: &CheckState, jobs: &[CheckState]| {
            let own = Check {
                name: "CI".to_owned(),
                source: CheckSource::Status,
                state: own.clone(),
                at: None,
                url: None,
                excerpt: None,
            };
            let jobs = jobs.to_vec();
            Workflow { own, jobs }.unsaid().is_some()
        };
        use CheckState::{Cancelled, Failure, Passed, Pending, Success};
        assert!(unsaid(&Pending, &[]));
        assert!(unsaid(&Pending, &[Success]));
        assert!(unsaid(&Pending, &[Failure, Passed]));
        assert!(!unsaid(&Pending, &[Success, Pending]));
        assert!(unsaid(&Failure, &[]));
        assert!(unsaid(&Failure, &[Success]));
        assert!(!unsaid(&Failure, &[Success, Failure]));
        assert!(!unsaid(&Cancelled, &[Success, Cancelled]));
        assert!(!unsaid(&Success, &[Passed]));
        assert!(unsaid(&Success, &[]));
    }

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
