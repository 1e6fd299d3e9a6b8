//! Many issues in few requests: everything that the trust gate asks of GraphQL.
//!
//! A document has one alias per issue. An error about one issue costs that issue alone, and a batch that fails as a whole is
//! halved until it is known which issue is to blame.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::batches::{Part, Parts, Size, in_one_batch};
use super::documents::{self, DETAIL_PAGE, DETAIL_PAGE_SMALL};
use super::rest::SERVICE;
use super::wire::{WireIssue, WireRepository};
use super::{GitHub, decode, error_kind};
use crate::domain::identity::{RepositoryId, RepositoryKey};
use crate::domain::issue::Parent;
use crate::domain::repository::{ForgeKind, IssueNumber};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{ISSUES_AT_ONCE, IssueLookup, Repository};

/// One issue to read.
type Wanted<'r> = (&'r Repository, IssueNumber);

/// Takes a result, with the place of its issue among those that were asked for.
pub(super) type Tell<'t> = &'t mut dyn FnMut(usize, Result<IssueLookup, ServiceError>);

impl GitHub<'_> {
    /// Reads issues, on request with what is known of their comments beside the texts; results in their order. Errors name the
    /// issue.
    pub(super) fn read_issues(
        &self,
        wanted: &[Wanted<'_>],
        with_comments: bool,
    ) -> Vec<Result<IssueLookup, ServiceError>> {
        let mut read: Vec<(usize, Result<IssueLookup, ServiceError>)> = Vec::new();
        self.read_each_issue(wanted, with_comments, &mut |place, lookup| {
            read.push((place, lookup));
        });
        read.sort_by_key(|(place, _)| *place);
        read.into_iter().map(|(_, lookup)| lookup).collect()
    }

    /// As [`GitHub::read_issues`], and gives each away with its place while no other answer of this kind is held: texts are long,
    /// and many such answers may be under way.
    pub(super) fn read_each_issue(
        &self,
        wanted: &[Wanted<'_>],
        with_comments: bool,
        tell: Tell<'_>,
    ) {
        let placed: Vec<(usize, Wanted<'_>)> = wanted.iter().copied().enumerate().collect();
        let told = RefCell::new(tell);
        for batch in placed.chunks(ISSUES_AT_ONCE) {
            let read = in_one_batch(batch, |part, size| {
                self.issues_batch(part, with_comments, size, &told)
            });
            for ((place, wanted), read) in batch.iter().zip(read) {
                if let Err(error) = read {
                    told.borrow_mut()(*place, Err(about(*wanted, error)));
                }
            }
        }
    }

    fn issues_batch(
        &self,
        wanted: &[(usize, Wanted<'_>)],
        with_comments: bool,
        size: Size,
        told: &RefCell<Tell<'_>>,
    ) -> Result<Vec<Result<(), ServiceError>>, ServiceError> {
        let page = match size {
            Size::Full => DETAIL_PAGE,
            Size::Small => DETAIL_PAGE_SMALL,
        };
        let mut variables = json!({ "page": page });
        for (index, (_, (repository, number))) in wanted.iter().enumerate() {
            variables[format!("o{index}")] = json!(repository.repo.owner());
            variables[format!("n{index}")] = json!(repository.repo.name());
            variables[format!("i{index}")] = json!(number.0);
        }
        let document = |capabilities| documents::issues(capabilities, wanted.len(), with_comments);
        let (Parts { parts, .. }, turn) =
            self.query_parts_in_turn("read issues", &document, &variables, wanted.len())?;
        for ((place, wanted), part) in wanted.iter().zip(parts) {
            let lookup = self.issue_of(*wanted, with_comments, part);
            told.borrow_mut()(*place, lookup.map_err(|error| about(*wanted, error)));
        }
        drop(turn);
        Ok(wanted.iter().map(|_| Ok(())).collect())
    }

    fn issue_of(
        &self,
        wanted @ (repository, number): Wanted<'_>,
        with_comments: bool,
        part: Part,
    ) -> Result<IssueLookup, ServiceError> {
        let failed =
            |kind, detail: String| ServiceError::new(SERVICE, name_of(wanted), kind, detail);
        let unreadable = |detail: String| failed(FailureKind::Unreadable, detail);
        let mut gaps = Vec::new();
        let mut parent_is_withheld = false;
        for error in &part.errors {
            match error.names().as_slice() {
                [_, "issueOrPullRequest"] if error.is_kind("NOT_FOUND") => {
                    return Ok(IssueLookup::Missing);
                }
                // It is context, and no work waits for it.
                [_, _, "parent", ..] => parent_is_withheld = true,
                // Then the comments are asked for.
                [_, _, "commented", ..] => {}
                [_, _, ..] => gaps.push(format!("GitHub says: {}", error.message)),
                [_] | [] => return Err(failed(error_kind(error), error.message.clone())),
            }
        }
        let data = part.data.ok_or_else(|| unreadable("no data".to_owned()))?;
        let wire: WireRepository = decode(data).map_err(unreadable)?;
        let id = RepositoryId(wire.database_id);
        if RepositoryKey::new(ForgeKind::GitHub, &self.authority, id) != repository.key {
            return Err(unreadable(
                "the name belongs to another repository now".to_owned(),
            ));
        }
        let Some(issue) = wire.issue_or_pull_request else {
            return if gaps.is_empty() {
                Ok(IssueLookup::Missing)
            } else {
                Err(unreadable(gaps.join("; ")))
            };
        };
        match issue["__typename"].as_str() {
            Some("Issue") => {}
            Some("PullRequest") => return Ok(IssueLookup::PullRequest),
            Some(_) | None => return Err(unreadable("neither issue nor pull request".to_owned())),
        }
        let mut issue = issue;
        if parent_is_withheld && let Some(parent) = issue.get_mut("parent") {
            // What is left of it need not even have its form.
            *parent = Value::Null;
        }
        let issue: WireIssue = decode(issue).map_err(unreadable)?;
        if issue.number != number.0 {
            return Err(unreadable(format!("got issue {}", issue.number)));
        }
        let mut facts = self.issue_facts(repository, issue, with_comments, gaps)?;
        if parent_is_withheld {
            facts.parent = Parent::Unreadable {
                name: "the parent".to_owned(),
                why: "GitHub withholds a part of it".to_owned(),
            };
        }
        Ok(IssueLookup::Issue(Box::new(facts)))
    }
}

fn about(wanted: Wanted<'_>, error: ServiceError) -> ServiceError {
    ServiceError {
        call: name_of(wanted),
        ..error
    }
}

fn name_of((repository, number): Wanted<'_>) -> String {
    format!("read {}#{number}", repository.repo.full_name())
}
