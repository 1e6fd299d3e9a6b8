//! Poll's bulk read: repositories, their ready issues, and the lock labels.
//!
//! An error about a repository fails it: a partial answer must not be read as "no such issue". What only refuses earlier than the
//! issue's own reading would (assignees, pull requests, counts) may be withheld: it is left out.

use serde_json::json;

use super::GitHub;
use super::batches::{Part, Parts, Size, in_batches};
use super::rest::SERVICE;
use super::survey_document::{READY_FIRST_PAGE, READY_PAGE, READY_PAGE_SMALL, survey};
use super::wire::{GraphQlError, WireReady, WireSurvey, actor, next_page};
use super::work::{assigned_at, native_blocker, open_rival};
use super::{decode, error_kind};
use crate::domain::identity::Authorisation;
use crate::domain::issue::{Assignment, OwnAccount};
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{ReadyIssue, RepositorySurvey};

/// Pages of ready issues that are read of one repository: 1,000 issues.
const READY_PAGES_MAX: usize = 40;

/// Fields of a ready issue that may be withheld.
const DISPENSABLE: [&str; 6] = [
    "assignees",
    "assignee",
    "subIssuesSummary",
    "issueDependenciesSummary",
    "blockedBy",
    "closedByPullRequestsReferences",
];

/// One repository of a bulk read, and where its list of ready issues goes on.
#[derive(Clone, Debug)]
struct Wanted {
    repo: RepoRef,
    after: Option<String>,
    /// How many to ask for.
    page: u64,
}

/// One page of one repository.
#[derive(Debug)]
struct SurveyPage {
    survey: RepositorySurvey,
    next: Option<String>,
    /// How many ready issues there are; 0 when the answer does not tell.
    total: u64,
}

impl SurveyPage {
    /// What to ask for next, when there is more than `seen`.
    fn more(&self, seen: usize) -> Option<Wanted> {
        let left = self.total.saturating_sub(seen as u64);
        Some(Wanted {
            repo: self.survey.repository.repo.clone(),
            after: Some(self.next.clone()?),
            // The list may have grown since it was counted.
            page: left.clamp(READY_PAGE_SMALL, READY_PAGE),
        })
    }
}

impl GitHub<'_> {
    /// Reads all `repos`, page after page.
    pub(super) fn survey_all(
        &self,
        repos: &[RepoRef],
    ) -> Vec<Result<RepositorySurvey, ServiceError>> {
        let first: Vec<Wanted> = repos
            .iter()
            .map(|repo| Wanted {
                repo: repo.clone(),
                after: None,
                page: READY_FIRST_PAGE,
            })
            .collect();
        let mut surveys: Vec<Result<RepositorySurvey, ServiceError>> = Vec::new();
        let mut more: Vec<(usize, Wanted)> = Vec::new();
        for page in self.survey_pages(&first) {
            surveys.push(page.map(|page| {
                let seen = page.survey.ready.len();
                more.extend(page.more(seen).map(|wanted| (surveys.len(), wanted)));
                page.survey
            }));
        }
        for _ in 1..READY_PAGES_MAX {
            if more.is_empty() {
                break;
            }
            let (indexes, wanted): (Vec<usize>, Vec<Wanted>) = more.drain(..).unzip();
            for (index, page) in indexes.into_iter().zip(self.survey_pages(&wanted)) {
                match page {
                    Ok(mut page) => {
                        if let Ok(survey) = &mut surveys[index] {
                            survey.ready.append(&mut page.survey.ready);
                            let seen = survey.ready.len();
                            more.extend(page.more(seen).map(|wanted| (index, wanted)));
                        }
                    }
                    Err(error) => surveys[index] = Err(error),
                }
            }
        }
        for (index, _) in more {
            if let Ok(survey) = &mut surveys[index] {
                survey.more_ready = true;
            }
        }
        surveys
    }

    fn survey_pages(&self, wanted: &[Wanted]) -> Vec<Result<SurveyPage, ServiceError>> {
        in_batches(wanted, |batch, size| self.survey_batch(batch, size))
    }

    fn survey_batch(
        &self,
        wanted: &[Wanted],
        size: Size,
    ) -> Result<Vec<Result<SurveyPage, ServiceError>>, ServiceError> {
        let mut variables = json!({
            "ready": [self.labels.ready],
            "locked": [self.labels.in_progress],
        });
        for (index, Wanted { repo, after, page }) in wanted.iter().enumerate() {
            let page = match size {
                Size::Full => *page,
                Size::Small => (*page).min(READY_PAGE_SMALL),
            };
            variables[format!("o{index}")] = json!(repo.owner());
            variables[format!("n{index}")] = json!(repo.name());
            variables[format!("p{index}")] = json!(page);
            variables[format!("a{index}")] = json!(after);
        }
        let document = |capabilities| survey(capabilities, wanted.len());
        let Parts { own_account, parts } =
            self.query_parts("list ready issues", &document, &variables, wanted.len())?;
        Ok(wanted
            .iter()
            .zip(parts)
            .map(|(wanted, part)| self.survey_page(&wanted.repo, part, &own_account))
            .collect())
    }

    fn survey_page(
        &self,
        repo: &RepoRef,
        part: Part,
        own_account: &OwnAccount,
    ) -> Result<SurveyPage, ServiceError> {
        let name = format!("list ready issues of {}", repo.full_name());
        if let Some(error) = part.errors.iter().find(|error| !is_dispensable(error)) {
            return Err(ServiceError::new(
                SERVICE,
                name,
                error_kind(error),
                error.message.clone(),
            ));
        }
        let wire: WireSurvey = part
            .data
            .ok_or_else(|| "no data".to_owned())
            .and_then(decode)
            .map_err(|detail| ServiceError::new(SERVICE, &name, FailureKind::Unreadable, detail))?;
        let total = wire.ready.total_count.unwrap_or(0);
        let next = next_page(wire.ready.page_info, "ready issues")
            .map_err(|detail| ServiceError::new(SERVICE, &name, FailureKind::Unreadable, detail))?;
        Ok(SurveyPage {
            next,
            total,
            survey: RepositorySurvey {
                repository: self.repository(&name, repo, wire.facts, own_account)?,
                ready: wire
                    .ready
                    .nodes
                    .into_iter()
                    .map(|issue| self.ready_issue(issue))
                    .collect(),
                more_ready: false,
                locked: wire
                    .locked
                    .nodes
                    .into_iter()
                    .map(|issue| IssueNumber(issue.number))
                    .collect(),
            },
        })
    }

    fn ready_issue(&self, wire: WireReady) -> ReadyIssue {
        let items = wire.timeline_items.nodes;
        let newest = items.iter().rev().find(|change| {
            let label = change.label.as_ref();
            label.is_some_and(|label| label.name == self.labels.ready)
        });
        let newest = newest.filter(|change| change.kind == "LabeledEvent");
        let assignees = wire.assignees.into_iter().flat_map(|list| list.nodes);
        let blockers = wire.blocked_by.into_iter().flat_map(|list| list.nodes);
        let rivals = wire.closed_by_pull_requests_references.into_iter();
        ReadyIssue {
            number: IssueNumber(wire.number),
            labels: wire
                .labels
                .nodes
                .into_iter()
                .map(|label| label.name)
                .collect(),
            authorisation: newest.and_then(|change| Authorisation::new(change.id.as_deref()?)),
            labelled_at: newest.and_then(|change| change.created_at),
            edited_at: wire.last_edited_at,
            open_sub_issues: wire.sub_issues_summary.map(|summary| summary.open()),
            open_blockers: wire
                .issue_dependencies_summary
                .map(|summary| summary.blocked_by),
            blockers: blockers.flatten().map(native_blocker).collect(),
            assignees: assignees
                .flatten()
                .map(|assignee| {
                    let assignee = actor(Some(assignee));
                    Assignment {
                        since: assigned_at(&items, &assignee),
                        assignee,
                    }
                })
                .collect(),
            rivals: rivals
                .flat_map(|list| list.nodes)
                .flatten()
                .filter_map(open_rival)
                .collect(),
        }
    }
}

/// Whether an error costs nothing but a fact that the issue's own reading tells, too.
fn is_dispensable(error: &GraphQlError) -> bool {
    error.names().iter().any(|name| DISPENSABLE.contains(name))
}
