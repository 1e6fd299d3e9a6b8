//! Poll's bulk read: repositories, their ready issues, and the lock labels.
//!
//! Any error about a repository fails it: a partial answer must not be read as "no such issue".

use serde_json::json;

use super::GitHub;
use super::batches::{Part, Parts, Size, in_batches};
use super::documents::{self, READY_PAGE, READY_PAGE_SMALL};
use super::rest::SERVICE;
use super::wire::{WireReady, WireSurvey, next_page};
use super::{decode, error_kind};
use crate::domain::identity::Authorisation;
use crate::domain::issue::OwnAccount;
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::start::blocked_by::BlockedBy;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{ReadyIssue, RepositorySurvey};

/// Pages of ready issues that are read of one repository: 1,000 issues.
const READY_PAGES_MAX: usize = 40;

/// One repository of a bulk read, and where its list of ready issues goes on.
#[derive(Clone, Debug)]
struct Wanted {
    repo: RepoRef,
    after: Option<String>,
}

/// One page of one repository.
#[derive(Debug)]
struct SurveyPage {
    survey: RepositorySurvey,
    next: Option<String>,
}

impl SurveyPage {
    /// What to ask for next, when there is more.
    fn more(&self) -> Option<Wanted> {
        Some(Wanted {
            repo: self.survey.repository.repo.clone(),
            after: Some(self.next.clone()?),
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
            })
            .collect();
        let mut surveys: Vec<Result<RepositorySurvey, ServiceError>> = Vec::new();
        let mut more: Vec<(usize, Wanted)> = Vec::new();
        for page in self.survey_pages(&first) {
            surveys.push(page.map(|page| {
                more.extend(page.more().map(|wanted| (surveys.len(), wanted)));
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
                    Ok(page) => {
                        more.extend(page.more().map(|wanted| (index, wanted)));
                        if let Ok(survey) = &mut surveys[index] {
                            survey.ready.extend(page.survey.ready);
                        }
                    }
                    Err(error) => surveys[index] = Err(error),
                }
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
        let page = match size {
            Size::Full => READY_PAGE,
            Size::Small => READY_PAGE_SMALL,
        };
        let mut variables = json!({
            "ready": [self.labels.ready],
            "locked": [self.labels.in_progress],
            "page": page,
        });
        for (index, Wanted { repo, after }) in wanted.iter().enumerate() {
            variables[format!("o{index}")] = json!(repo.owner());
            variables[format!("n{index}")] = json!(repo.name());
            variables[format!("a{index}")] = json!(after);
        }
        let document = |capabilities| documents::survey(capabilities, wanted.len());
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
        if let Some(error) = part.errors.first() {
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
        let next = next_page(wire.ready.page_info, "ready issues")
            .map_err(|detail| ServiceError::new(SERVICE, &name, FailureKind::Unreadable, detail))?;
        Ok(SurveyPage {
            next,
            survey: RepositorySurvey {
                repository: self.repository(&name, repo, wire.facts, own_account)?,
                ready: wire
                    .ready
                    .nodes
                    .into_iter()
                    .map(|issue| self.ready_issue(issue))
                    .collect(),
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
        let newest = wire.timeline_items.nodes.into_iter().rev().find(|change| {
            change
                .label
                .as_ref()
                .is_some_and(|label| label.name == self.labels.ready)
        });
        let newest = newest.filter(|change| change.kind == "LabeledEvent");
        ReadyIssue {
            labelled_at: newest.as_ref().and_then(|change| change.created_at),
            open_sub_issues: wire.sub_issues_summary.map(|summary| summary.open()),
            number: IssueNumber(wire.number),
            labels: wire
                .labels
                .nodes
                .into_iter()
                .map(|label| label.name)
                .collect(),
            authorisation: newest.and_then(|change| Authorisation::new(change.id.as_deref()?)),
            blocked_by: BlockedBy::in_body(&wire.body, &self.authority),
        }
    }
}
