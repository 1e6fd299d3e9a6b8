//! GitHub as an App: one installation, one token and one reader for each owner (`contracts/github` sections 2 and 13).
//!
//! An owner that has not installed the App, or suspended it, fails alone.
//!
//! ```text
//! asking.rs         asks as the App itself
//! assertion.rs      says who the App is                 installation.rs   mints and renews the token of one owner
//! rights.rs         what is asked for                   renamed.rs        what a repository is called today
//! sightings.rs      which ones are called otherwise      who.rs            what a check asks beside
//! ```

mod asking;
mod assertion;
mod installation;
mod renamed;
mod rights;
mod sightings;
mod who;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use url::Url;

use self::assertion::Issuer;
pub use self::assertion::check_key;
use self::installation::Installation;
use self::renamed::Renamed;
pub use self::rights::{POLL_RIGHTS, Right, WATCH_RIGHTS};
use self::sightings::Sightings;
pub use self::who::Opened;
use crate::domain::config::{AppIdentity, Secret};
use crate::domain::issue::{IssueFacts, Parent, Permission, PermissionFact};
use crate::domain::repository::{IssueNumber, IssueRef, RepoRef};
use crate::domain::start::blocked_by::BlockerRef;
use crate::domain::verdict::ci::{Check, CommitChecks, CommitSha};
use crate::domain::verdict::deploy::ForgeDeployment;
use crate::http::{Bearer, Http};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::github::{GitHub, Sender};
use crate::tracker::{
    ChangedIssue, IssueLookup, LabelNames, Points, Repository, RepositorySurvey, RunIssue, Tracker,
    WatchQuery, WatchReading, each_in_groups, in_groups,
};

/// A GitHub that is used as an App, for the length of one tick.
#[derive(Debug)]
pub struct GitHubApp<'a> {
    http: &'a Http<'a>,
    base: Url,
    labels: LabelNames,
    issuer: Arc<Issuer>,
    /// What tokens are narrowed to.
    enrolled: Vec<RepoRef>,
    rights: &'static [Right],
    owners: Mutex<BTreeMap<Narrowing, Arc<GitHub<'a>>>>,
    sightings: Sightings,
    renamed: Renamed<'a>,
    /// Held by whichever owner's reader reads an answer with long texts.
    texts: Arc<Mutex<()>>,
}

/// What one token is narrowed to: an owner's enrolled repositories, or one that has left the allowlist with a run under way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Narrowing {
    Enrolled(String),
    Only(RepoRef),
}

/// Signs as the App itself.
#[derive(Debug)]
struct AsApp<'a> {
    issuer: Arc<Issuer>,
    http: &'a Http<'a>,
}

impl Bearer for AsApp<'_> {
    fn bearer(&self) -> Result<Secret, (FailureKind, String)> {
        let now = self.http.deadline().clock().now().timestamp();
        self.issuer
            .assertion(now)
            .map_err(|why| (FailureKind::SecretUnreadable, why))
    }
}

impl<'a> GitHubApp<'a> {
    /// Prepares to talk to the GitHub whose REST base address is `base`. Sends nothing and reads no key yet.
    #[must_use]
    pub fn new(
        http: &'a Http<'a>,
        base: Url,
        app: &AppIdentity,
        labels: LabelNames,
        enrolled: &[RepoRef],
        rights: &'static [Right],
    ) -> Self {
        let issuer = Arc::new(Issuer::new(app));
        let sightings = Sightings::default();
        let as_app = AsApp {
            issuer: Arc::clone(&issuer),
            http,
        };
        let sender = Sender::new(http, base.clone(), Box::new(as_app));
        Self {
            http,
            base,
            labels,
            issuer,
            renamed: Renamed::new(sender, sightings.clone()),
            sightings,
            enrolled: enrolled.to_vec(),
            rights,
            owners: Mutex::new(BTreeMap::new()),
            texts: Arc::default(),
        }
    }

    fn narrowing(&self, repo: &RepoRef) -> Narrowing {
        if self.enrolled.contains(repo) {
            Narrowing::Enrolled(repo.owner().to_ascii_lowercase())
        } else {
            Narrowing::Only(repo.clone())
        }
    }

    fn of(&self, repo: &RepoRef) -> Arc<GitHub<'a>> {
        let narrowing = self.narrowing(repo);
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let known = owners
            .entry(narrowing)
            .or_insert_with_key(|narrowing| Arc::new(self.reader(narrowing)));
        Arc::clone(known)
    }

    fn installation(&self, narrowing: &Narrowing) -> Installation<'a> {
        let repositories = match narrowing {
            Narrowing::Enrolled(owner) => self
                .enrolled
                .iter()
                .filter(|repo| repo.owner().eq_ignore_ascii_case(owner))
                .cloned()
                .collect(),
            Narrowing::Only(repo) => vec![repo.clone()],
        };
        let as_app = AsApp {
            issuer: Arc::clone(&self.issuer),
            http: self.http,
        };
        Installation::new(
            self.http,
            Sender::new(self.http, self.base.clone(), Box::new(as_app)),
            Arc::clone(&self.issuer),
            repositories,
            self.rights,
            self.sightings.clone(),
        )
    }

    fn reader(&self, narrowing: &Narrowing) -> GitHub<'a> {
        GitHub::new(
            self.http,
            self.base.clone(),
            self.installation(narrowing),
            self.labels.clone(),
        )
        .taking_turns(&self.texts)
    }
}

impl Tracker for GitHubApp<'_> {
    fn survey(&self, repos: &[RepoRef]) -> Vec<Result<RepositorySurvey, ServiceError>> {
        let surveys = in_groups(
            repos,
            |repo| self.narrowing(repo),
            |part| self.of(&part[0]).survey(part),
        );
        let named = repos.iter().zip(surveys);
        named
            .map(|(repo, survey)| self.renamed.told(repo, survey))
            .collect()
    }

    fn issue(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError> {
        self.of(&repository.repo).issue(repository, number)
    }

    fn issues(
        &self,
        wanted: &[(&Repository, IssueNumber)],
    ) -> Vec<Result<IssueLookup, ServiceError>> {
        in_groups(
            wanted,
            |(repository, _)| self.narrowing(&repository.repo),
            |part| self.of(&part[0].0.repo).issues(part),
        )
    }

    fn each_issue(
        &self,
        wanted: &[(&Repository, IssueNumber)],
        tell: &mut dyn FnMut(usize, Result<IssueLookup, ServiceError>),
    ) {
        each_in_groups(
            wanted,
            |(repository, _)| self.narrowing(&repository.repo),
            |part, tell| self.of(&part[0].0.repo).each_issue(part, tell),
            tell,
        );
    }

    fn resolve_blockers(&self, issues: &mut [(&Repository, &mut IssueFacts)]) {
        let mut groups: BTreeMap<Narrowing, Vec<(&Repository, &mut IssueFacts)>> = BTreeMap::new();
        for (repository, facts) in issues {
            let group = groups.entry(self.narrowing(&repository.repo)).or_default();
            group.push((*repository, &mut **facts));
        }
        for group in groups.values_mut() {
            self.of(&group[0].0.repo).resolve_blockers(group);
        }
    }

    fn confirm(&self, repository: &Repository, facts: &mut IssueFacts) -> Result<(), ServiceError> {
        self.of(&repository.repo).confirm(repository, facts)
    }

    fn rereads(
        &self,
        wanted: &[(&Repository, IssueNumber)],
    ) -> Vec<Result<IssueLookup, ServiceError>> {
        in_groups(
            wanted,
            |(repository, _)| self.narrowing(&repository.repo),
            |part| self.of(&part[0].0.repo).rereads(part),
        )
    }

    fn lower_permissions(&self, wanted: &[(&Repository, &str)]) -> Vec<Option<Permission>> {
        let levels = in_groups(
            wanted,
            |(repository, _)| self.narrowing(&repository.repo),
            |part| {
                let levels = self.of(&part[0].0.repo).lower_permissions(part);
                levels.into_iter().map(Ok).collect()
            },
        );
        levels
            .into_iter()
            .map(|level| level.ok().flatten())
            .collect()
    }

    fn points(&self) -> Vec<Points> {
        let owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.values().flat_map(|reader| reader.points()).collect()
    }

    fn reread(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError> {
        self.of(&repository.repo).reread(repository, number)
    }

    fn parent(
        &self,
        repository: &Repository,
        reference: &BlockerRef,
    ) -> Result<Parent, ServiceError> {
        self.of(&repository.repo).parent(repository, reference)
    }

    fn permission(
        &self,
        repository: &Repository,
        login: &str,
    ) -> Result<PermissionFact, ServiceError> {
        self.of(&repository.repo).permission(repository, login)
    }

    fn watch(&self, queries: &[WatchQuery]) -> Vec<Result<WatchReading, ServiceError>> {
        let readings = in_groups(
            queries,
            |query| self.narrowing(&query.repo),
            |part| self.of(&part[0].repo).watch(part),
        );
        let named = queries.iter().zip(readings);
        named
            .map(|(query, reading)| self.renamed.told(&query.repo, reading))
            .collect()
    }

    fn stray(&self, issue: &IssueRef) -> Result<RunIssue, ServiceError> {
        self.of(&issue.repo).stray(issue)
    }

    fn changed_since(
        &self,
        repo: &RepoRef,
        since: DateTime<Utc>,
    ) -> Result<Vec<ChangedIssue>, ServiceError> {
        self.of(repo).changed_since(repo, since)
    }

    fn commit_checks(&self, repo: &RepoRef, sha: &CommitSha) -> Result<CommitChecks, ServiceError> {
        self.of(repo).commit_checks(repo, sha)
    }

    fn commit_checks_of_any_event(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
    ) -> Result<CommitChecks, ServiceError> {
        self.of(repo).commit_checks_of_any_event(repo, sha)
    }

    fn deployments(
        &self,
        repo: &RepoRef,
        environment: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<ForgeDeployment>, ServiceError> {
        self.of(repo).deployments(repo, environment, since)
    }

    fn failure_excerpt(&self, repo: &RepoRef, check: &Check) -> Option<String> {
        self.of(repo).failure_excerpt(repo, check)
    }

    fn add_label(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError> {
        self.of(&issue.repo).add_label(issue, label)
    }

    fn remove_label(&self, issue: &IssueRef, label: &str) -> Result<(), ServiceError> {
        self.of(&issue.repo).remove_label(issue, label)
    }

    fn create_comment(&self, issue: &IssueRef, body: &str) -> Result<String, ServiceError> {
        self.of(&issue.repo).create_comment(issue, body)
    }

    fn edit_comment(
        &self,
        issue: &IssueRef,
        comment: &str,
        body: &str,
    ) -> Result<(), ServiceError> {
        self.of(&issue.repo).edit_comment(issue, comment, body)
    }

    fn delete_comment(&self, issue: &IssueRef, comment: &str) -> Result<(), ServiceError> {
        self.of(&issue.repo).delete_comment(issue, comment)
    }

    fn close_issue(&self, issue: &IssueRef) -> Result<(), ServiceError> {
        self.of(&issue.repo).close_issue(issue)
    }

    fn reopen_issue(&self, issue: &IssueRef) -> Result<(), ServiceError> {
        self.of(&issue.repo).reopen_issue(issue)
    }
}
