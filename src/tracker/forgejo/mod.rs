//! Forgejo and Gitea (`contracts/forgejo`).
//!
//! Everything is REST: two searches find the issues of all repositories, and what a decision needs is read of single issues.
//! It judges no issue: what could not be read becomes a named gap or an error, and what these forges do not tell is said so.
//! Who may do what, whether a timeline is whole and whether a text is unchanged are pure functions with their tables.
//!
//! ```text
//! poll    survey (bulk), issue, comments, permission, teams, edits, blockers, parent
//! watch   watch (bulk), run_issue, closers, commits, statuses
//! both    acts; repositories, search, timeline, timeline_pages, entries, server, wire; once remembers, rest sends, lists reads long ones
//! ```

mod acts;
mod blockers;
mod bounded;
mod closers;
mod comments;
mod commits;
mod edits;
mod entries;
mod issue;
mod lists;
mod parent;
mod permission;
mod repositories;
mod rest;
mod run_issue;
mod search;
mod server;
mod short_texts;
mod statuses;
mod survey;
mod teams;
mod timeline;
mod timeline_pages;
mod watch;
mod wire;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use url::Url;

use self::entries::Texts;
use self::rest::Sender;
use self::server::{Server, WireVersion};
use self::teams::Teams;
use self::wire::WireUser;
use super::{
    Asked, IssueLookup, LabelNames, Repository, RepositorySurvey, RunIssue, Tracker, WatchQuery,
    WatchReading,
};
use crate::domain::config::SecretSource;
use crate::domain::identity::RepositoryId;
use crate::domain::issue::{OwnAccount, Parent, PermissionFact};
use crate::domain::repository::{IssueNumber, IssueRef, RepoRef};
use crate::domain::start::blocked_by::BlockerRef;
use crate::domain::verdict::ci::{Check, CommitChecks, CommitSha};
use crate::fan_out::fan_out;
use crate::http::Http;
use crate::service_error::ServiceError;

/// A Forgejo or Gitea, for the length of one tick.
#[derive(Debug)]
pub struct Forgejo<'a> {
    sender: Sender<'a>,
    /// Host with its port when it is not the default one, as it enters the repository key.
    authority: String,
    /// Host without the port.
    host: String,
    labels: LabelNames,
    server: Asked<(), Server>,
    account: Asked<(), OwnAccount>,
    permissions: Asked<(RepositoryId, String), PermissionFact>,
    teams: Asked<RepositoryId, Teams>,
    /// Ids of labels of repositories, by name; `None` where a repository has none of the name.
    label_ids: Asked<(RepoRef, String), Option<u64>>,
    /// Comments of an issue that no migration brought.
    written_here: Asked<(RepositoryId, IssueNumber), BTreeSet<u64>>,
    /// Repositories whose runs of Actions we may not see, so that it is said once.
    runs_denied: Asked<RepoRef, ()>,
    known: Mutex<HashMap<RepositoryId, Known>>,
}

/// What else was told about a repository.
#[derive(Clone, Debug)]
struct Known {
    owner: WireUser,
    /// Whether issues can depend on others.
    has_dependencies: bool,
}

impl<'a> Forgejo<'a> {
    /// Prepares to talk to the server at `base`. Sends nothing.
    #[must_use]
    pub fn new(http: &'a Http<'a>, base: &Url, token: SecretSource, labels: LabelNames) -> Self {
        let host = base.host_str().unwrap_or_default().to_ascii_lowercase();
        Self {
            sender: Sender::new(http, base, token),
            authority: match base.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.clone(),
            },
            host,
            labels,
            server: Asked::default(),
            account: Asked::default(),
            permissions: Asked::default(),
            teams: Asked::default(),
            label_ids: Asked::default(),
            written_here: Asked::default(),
            runs_denied: Asked::default(),
            known: Mutex::default(),
        }
    }

    /// Returns what the server is.
    fn server(&self) -> Result<Server, ServiceError> {
        self.server.once(&(), || {
            let name = "read the version of the forge";
            let version: WireVersion = self.sender.read(name, &["version"], &[])?;
            let server = version.server();
            tracing::debug!(server = %server.name, "the forge says what it is");
            Ok(server)
        })
    }

    fn know(&self, id: RepositoryId, known: Known) {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(id, known);
    }

    fn known(&self, id: RepositoryId) -> Option<Known> {
        let all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&id).cloned()
    }
}

impl Tracker for Forgejo<'_> {
    fn survey(&self, repos: &[RepoRef]) -> Vec<Result<RepositorySurvey, ServiceError>> {
        self.survey_all(repos)
    }

    fn issue(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError> {
        let mut lookup = self.read_issue(repository, number, Texts::Read)?;
        if let IssueLookup::Issue(facts) = &mut lookup {
            self.add_named_blockers(repository, facts)?;
        }
        Ok(lookup)
    }

    fn issues(
        &self,
        wanted: &[(&Repository, IssueNumber)],
    ) -> Vec<Result<IssueLookup, ServiceError>> {
        fan_out(wanted, |(repository, number)| {
            self.issue(repository, *number)
        })
    }

    fn reread(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError> {
        self.read_issue(repository, number, Texts::Unread)
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

    fn watch(&self, queries: &[WatchQuery]) -> Vec<Result<WatchReading, ServiceError>> {
        self.watch_all(queries)
    }

    fn stray(&self, issue: &IssueRef) -> Result<RunIssue, ServiceError> {
        self.one_issue(issue)
    }

    fn commit_checks(&self, repo: &RepoRef, sha: &CommitSha) -> Result<CommitChecks, ServiceError> {
        self.checks_of(repo, sha)
    }

    fn failure_excerpt(&self, _: &RepoRef, _: &Check) -> Option<String> {
        // The description of a status is all there is, and it is part of the check.
        None
    }

    fn add_label(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError> {
        self.put_label_on(issue, label)
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
        self.set_state(issue, "closed")
    }

    fn reopen_issue(&self, issue: &IssueRef) -> Result<(), ServiceError> {
        self.set_state(issue, "open")
    }
}
