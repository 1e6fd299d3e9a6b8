//! GitHub: github.com, Enterprise Server and Enterprise Cloud (`contracts/github`).
//!
//! Reads through GraphQL, many repositories in one request; asks REST for what GraphQL does not tell (the App
//! behind a label event, the permission of one login, checks that a token may not read otherwise) and for every write.
//! It judges nothing: what could not be read becomes a named gap or an error.
//!
//! ```text
//! poll    survey and its document (bulk), issues (bulk), issue, named_blockers, events, comments, people, permission
//! watch   watch (bulk), watched_issue, watched_commits, run_commits, linked_commits, commit_details, commit_checks, rest_checks, checks, check_excerpt, deployments
//! both    acts; batches, older_pages, documents, wire; rest sends, budgets counts
//! ```

mod acts;
mod batches;
mod budgets;
mod capabilities;
mod changed_issues;
mod check_excerpt;
mod checks;
mod comments;
mod commit_checks;
mod commit_details;
mod deployments;
mod documents;
mod events;
mod issue;
mod issues;
mod linked_commits;
mod named_blockers;
mod older_pages;
mod parent;
mod people;
mod permission;
mod query;
mod rest;
mod rest_checks;
mod rollup_access;
mod run_commits;
mod survey;
mod survey_document;
mod watch;
mod watch_documents;
mod watched_commits;
mod watched_issue;
mod wire;
mod withheld;
mod work;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use self::capabilities::Capabilities;
pub(in crate::tracker) use self::rest::{SERVICE, Sender};
use self::rollup_access::{Access, Events};
use self::wire::GraphQlError;
use super::{
    Asked, ChangedIssue, IssueLookup, LabelNames, Points, Repository, RepositorySurvey, RunIssue,
    Tracker, WatchQuery, WatchReading,
};
use crate::domain::identity::RepositoryKey;
use crate::domain::issue::{IssueFacts, Parent, Permission, PermissionFact};
use crate::domain::repository::{IssueNumber, IssueRef, RepoRef};
use crate::domain::start::blocked_by::BlockerRef;
use crate::domain::verdict::ci::{Check, CommitChecks, CommitSha};
use crate::domain::verdict::deploy::ForgeDeployment;
use crate::http::{Bearer, Http};
use crate::service_error::{FailureKind, ServiceError};

/// A GitHub, for the length of one tick.
#[derive(Debug)]
pub struct GitHub<'a> {
    sender: Sender<'a>,
    /// Host with its port when it is not the default one, as it enters the repository key.
    authority: String,
    /// Host without the port.
    host: String,
    labels: LabelNames,
    capabilities: Mutex<Capabilities>,
    permissions: Asked<(RepoRef, String), PermissionFact>,
    /// Issues whose reading told that nobody commented.
    uncommented: Mutex<BTreeSet<(RepositoryKey, IssueNumber)>>,
    /// Whoever reads an answer with long texts holds it.
    texts: Arc<Mutex<()>>,
    /// Repositories whose rollups our token may not read in full.
    rollup_access: Mutex<HashMap<RepoRef, Access>>,
}

impl<'a> GitHub<'a> {
    /// Prepares to talk to the GitHub whose REST base address is `base`. Sends nothing.
    #[must_use]
    pub fn new(
        http: &'a Http<'a>,
        base: Url,
        bearer: impl Bearer + 'a,
        labels: LabelNames,
    ) -> Self {
        let host = web_host(&base);
        let authority = match base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        };
        Self {
            sender: Sender::new(http, base, Box::new(bearer)),
            authority,
            host,
            labels,
            capabilities: Mutex::new(Capabilities::ALL),
            permissions: Asked::default(),
            uncommented: Mutex::default(),
            texts: Arc::default(),
            rollup_access: Mutex::new(HashMap::new()),
        }
    }

    /// Takes turns with others that read answers with long texts.
    pub(in crate::tracker) fn taking_turns(self, texts: &Arc<Mutex<()>>) -> Self {
        Self {
            texts: Arc::clone(texts),
            ..self
        }
    }
}

impl Tracker for GitHub<'_> {
    fn survey(&self, repos: &[RepoRef]) -> Vec<Result<RepositorySurvey, ServiceError>> {
        self.survey_all(repos)
    }

    fn issue(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError> {
        let read = self.read_issues(&[(repository, number)], false).remove(0);
        let mut facts = match read? {
            IssueLookup::Issue(facts) => facts,
            other @ (IssueLookup::PullRequest | IssueLookup::TooLong(_) | IssueLookup::Missing) => {
                return Ok(other);
            }
        };
        self.resolve_blockers(&mut [(repository, &mut facts)]);
        self.confirm(repository, &mut facts)?;
        Ok(IssueLookup::Issue(facts))
    }

    fn issues(
        &self,
        wanted: &[(&Repository, IssueNumber)],
    ) -> Vec<Result<IssueLookup, ServiceError>> {
        self.read_issues(wanted, false)
    }

    fn each_issue(
        &self,
        wanted: &[(&Repository, IssueNumber)],
        tell: &mut dyn FnMut(usize, Result<IssueLookup, ServiceError>),
    ) {
        self.read_each_issue(wanted, false, tell);
    }

    fn resolve_blockers(&self, issues: &mut [(&Repository, &mut IssueFacts)]) {
        self.look_up_named_blockers(issues);
    }

    fn confirm(&self, repository: &Repository, facts: &mut IssueFacts) -> Result<(), ServiceError> {
        let events = self.events(repository, facts.number, &mut facts.gaps)?;
        events.add_to(facts, &self.labels.ready);
        self.read_comments(repository, facts)
    }

    fn reread(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError> {
        self.read_issues(&[(repository, number)], true).remove(0)
    }

    fn rereads(
        &self,
        wanted: &[(&Repository, IssueNumber)],
    ) -> Vec<Result<IssueLookup, ServiceError>> {
        self.read_issues(wanted, true)
    }

    fn parent(
        &self,
        repository: &Repository,
        reference: &BlockerRef,
    ) -> Result<Parent, ServiceError> {
        self.named_parent(repository, reference)
    }

    fn permission(
        &self,
        repository: &Repository,
        login: &str,
    ) -> Result<PermissionFact, ServiceError> {
        self.known_permission(repository, login)
    }

    fn lower_permissions(&self, wanted: &[(&Repository, &str)]) -> Vec<Option<Permission>> {
        self.look_up_lower_permissions(wanted)
    }

    fn watch(&self, queries: &[WatchQuery]) -> Vec<Result<WatchReading, ServiceError>> {
        self.watch_all(queries)
    }

    fn stray(&self, issue: &IssueRef) -> Result<RunIssue, ServiceError> {
        self.one_issue(&issue.repo, issue.number)
    }

    fn changed_since(
        &self,
        repo: &RepoRef,
        since: DateTime<Utc>,
    ) -> Result<Vec<ChangedIssue>, ServiceError> {
        self.changed_issues(repo, since)
    }

    fn commit_checks(&self, repo: &RepoRef, sha: &CommitSha) -> Result<CommitChecks, ServiceError> {
        self.checks_of(repo, sha, Events::Push)
    }

    fn commit_checks_of_any_event(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
    ) -> Result<CommitChecks, ServiceError> {
        self.checks_of(repo, sha, Events::Any)
    }

    fn deployments(
        &self,
        repo: &RepoRef,
        environment: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<ForgeDeployment>, ServiceError> {
        self.deployments_of(repo, environment, since)
    }

    fn points(&self) -> Vec<Points> {
        self.sender.budgets().all()
    }

    fn failure_excerpt(&self, repo: &RepoRef, check: &Check) -> Option<String> {
        self.excerpt_of(repo, check)
    }

    fn add_label(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError> {
        match self.post_label(issue, label) {
            // A token that may label but not push can not create labels by using them.
            Err(error)
                if matches!(
                    error.kind,
                    FailureKind::Denied | FailureKind::NotFound | FailureKind::Refused
                ) =>
            {
                self.create_label(&issue.repo, label)?;
                self.post_label(issue, label)
            }
            result => result,
        }
    }

    fn remove_label(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError> {
        self.take_label_off(issue, label)
    }

    fn create_comment(&self, issue: &IssueRef, body: &str) -> Result<String, ServiceError> {
        self.post_comment(issue, body)
    }

    fn edit_comment(
        &self,
        issue: &IssueRef,
        comment: &str,
        body: &str,
    ) -> Result<(), ServiceError> {
        self.patch_comment(issue, comment, body)
    }

    fn delete_comment(&self, issue: &IssueRef, comment: &str) -> Result<(), ServiceError> {
        self.remove_comment(issue, comment)
    }

    fn close_issue(&self, issue: &IssueRef) -> Result<(), ServiceError> {
        self.set_state(issue, "closed", "completed", "close")
    }

    fn reopen_issue(&self, issue: &IssueRef) -> Result<(), ServiceError> {
        self.set_state(issue, "open", "reopened", "reopen")
    }
}

/// Host of the web pages that belong to a REST base address.
fn web_host(base: &Url) -> String {
    let host = base.host_str().unwrap_or_default().to_ascii_lowercase();
    match host.strip_prefix("api.") {
        Some(rest) if rest == "github.com" || rest.ends_with(".ghe.com") => rest.to_owned(),
        Some(_) | None => host,
    }
}

fn error_kind(error: &GraphQlError) -> FailureKind {
    match error.kind.as_deref() {
        Some("NOT_FOUND") => FailureKind::NotFound,
        Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => FailureKind::Denied,
        Some(_) | None => FailureKind::Unreadable,
    }
}

fn take<T: for<'de> Deserialize<'de>>(
    data: &mut Map<String, Value>,
    key: &str,
) -> Result<T, String> {
    data.remove(key)
        .ok_or_else(|| format!("the answer lacks {key}"))
        .and_then(decode)
}

fn decode<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("unexpected JSON: {error}"))
}
