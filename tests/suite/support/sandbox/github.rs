//! A stand-in for GitHub: GraphQL and REST over one remembered world, as strict as the service.
//!
//! Requests reach it through [`Service`]; stories shape its world through the methods of
//! `github_story.rs`; tests look at the outcome through the methods here. It has no idea what the program
//! under test wants: every answer follows from the world, the token and the limits. Writes of the program
//! are kept in a list of their own, so that "nothing was written" is one comparison.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::clock::SandboxClock;
use super::github_app::{self, AppWorld};
use super::github_checks::CheckRights;
use super::github_graphql;
use super::github_limits::{Limits, Overload};
use super::github_objects::event_node_id;
use super::github_rest;
use super::github_schema::Capabilities;
use super::github_state::{Comment, EventKind, Issue, Repository, Role, State, Visibility};
use super::http_server::{Request, Response, Service};

/// Which GitHub this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Enterprise {
    /// github.com.
    #[default]
    No,
    /// A server whose GraphQL knows dependencies and sub-issues.
    WithDependencies,
    /// A server that knows dependencies, but not sub-issues.
    WithoutSubIssues,
    /// A server that knows neither.
    WithoutDependencies,
}

/// Whose token the program has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenAccount {
    /// A person's token.
    User(String),
    /// The installation token of the app with this slug.
    App(String),
}

/// What the token may do, besides what its account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRights {
    /// Without it new repositories give the account triage only, and an app may not create labels.
    pub push: bool,
    /// Without it every write is refused with a header that names the missing permission.
    pub issues_write: bool,
}

/// How a sandbox starts.
#[derive(Clone, Debug)]
pub struct GitHubOptions {
    pub enterprise: Enterprise,
    pub token: String,
    /// Scopes that a classic token has, as every REST answer to it tells; other tokens have none.
    pub scopes: Option<String>,
    /// When the token ends, as every answer to it tells.
    pub token_ends: Option<String>,
    /// Rights to read that a fine-grained token lacks, as `checks`.
    pub withheld: Vec<String>,
    pub account: TokenAccount,
    pub rights: TokenRights,
    /// REST requests per hour.
    pub rest_limit: u64,
    /// GraphQL points per hour.
    pub graphql_limit: u64,
    /// Entries REST gives on one page at most, whatever `per_page` asks for.
    pub page_limit: usize,
    /// REST shows deleted accounts as null, which the published description does not allow for events,
    /// instead of as the account `ghost`.
    pub null_for_deleted: bool,
    /// The App whose key the program has, in place of `token`.
    pub app: Option<AppWorld>,
}

impl Default for GitHubOptions {
    fn default() -> Self {
        Self {
            enterprise: Enterprise::No,
            token: "ghp_sandbox".to_owned(),
            scopes: None,
            token_ends: None,
            withheld: Vec::new(),
            account: TokenAccount::User("afk-bot".to_owned()),
            rights: TokenRights {
                push: true,
                issues_write: true,
            },
            rest_limit: 5_000,
            graphql_limit: 5_000,
            page_limit: 100,
            null_for_deleted: false,
            app: None,
        }
    }
}

/// Everything behind the lock.
pub struct Inner {
    pub options: GitHubOptions,
    pub state: State,
    pub limits: Limits,
    pub check_rights: CheckRights,
    /// Account the token acts as: the person, or the app's bot.
    pub viewer: u64,
    /// The repositories that the token of the request in hand opens; `None`: all that were granted.
    pub narrowed: Option<Vec<String>>,
    writes: Vec<Write>,
}

impl Inner {
    /// Where URLs of pages for people start.
    pub fn html_base(&self, request: &Request) -> String {
        match self.options.enterprise {
            Enterprise::No => "https://github.com".to_owned(),
            Enterprise::WithDependencies
            | Enterprise::WithoutSubIssues
            | Enterprise::WithoutDependencies => origin(request),
        }
    }

    /// Where URLs of REST resources start.
    pub fn api_base(&self, request: &Request) -> String {
        format!("{}{}", origin(request), self.rest_prefix())
    }

    pub fn rest_prefix(&self) -> &'static str {
        match self.options.enterprise {
            Enterprise::No => "",
            Enterprise::WithDependencies
            | Enterprise::WithoutSubIssues
            | Enterprise::WithoutDependencies => "/api/v3",
        }
    }

    pub fn is_app(&self) -> bool {
        matches!(self.options.account, TokenAccount::App(_))
    }

    /// Whether the token may look into a repository.
    pub fn sees(&self, repository: &Repository) -> bool {
        repository.visibility == Visibility::Public
            || repository.granted
                && self.opens(repository)
                && (self.is_app() || self.state.role(repository, self.viewer) != Role::NONE)
    }

    fn opens(&self, repository: &Repository) -> bool {
        self.narrowed
            .as_ref()
            .is_none_or(|names| names.contains(&self.state.full_name(repository)))
    }

    /// Whether the token may push to a repository.
    pub fn may_push(&self, repository: &Repository) -> bool {
        use super::github_state::Access;
        if self.is_app() {
            return self.options.rights.push && repository.granted && self.opens(repository);
        }
        repository.granted && self.state.role(repository, self.viewer).access() >= Access::Write
    }
}

/// One request that changed the world, or tried to.
#[derive(Clone, Debug)]
pub struct Write {
    /// Such as `POST /repos/octo-org/widgets/issues/7/labels`.
    pub line: String,
    pub body: Option<Value>,
    pub status: u16,
}

/// How an issue stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueState {
    pub open: bool,
    pub reason: Option<String>,
    pub title: String,
    pub body: Option<String>,
}

/// One comment as a test sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentView {
    pub id: u64,
    pub author: String,
    pub body: String,
}

/// The stand-in; share it, it locks itself.
pub struct GitHub {
    inner: Mutex<Inner>,
}

impl GitHub {
    /// An empty GitHub that knows only the account of the token.
    pub fn new(options: GitHubOptions, clock: SandboxClock) -> Arc<Self> {
        let mut state = State::new(clock);
        let viewer = match &options.account {
            TokenAccount::User(login) => state.add_viewer(login),
            TokenAccount::App(slug) => state.add_viewer_app(slug),
        };
        let limits = Limits::new(
            options.rest_limit,
            options.graphql_limit,
            options.enterprise == Enterprise::No,
        );
        Arc::new(Self {
            inner: Mutex::new(Inner {
                options,
                state,
                limits,
                check_rights: CheckRights::ALL,
                viewer,
                narrowed: None,
                writes: Vec::new(),
            }),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // Trouble.

    /// The next `requests` are answered, then the hourly limit is reached.
    pub fn rate_limit_after(&self, requests: u64) {
        self.lock().limits.primary_after(requests);
    }

    /// The next `requests` are answered, then an abuse limit refuses with `status` (403 or 429) until
    /// `retry_after` seconds have passed.
    pub fn secondary_limit_after(&self, requests: u64, status: u16, retry_after: i64) {
        self.lock()
            .limits
            .secondary_after(requests, status, retry_after);
    }

    /// How many requests came while a limit that had been announced was still in force.
    pub fn limit_violations(&self) -> u64 {
        self.lock().limits.violations()
    }

    /// GraphQL queries with more than `aliases` repositories fail like an overloaded server.
    pub fn overload_when_aliases_exceed(&self, aliases: usize, overload: Overload) {
        self.lock().limits.overload = Some((aliases, overload));
    }

    /// No overload and no forced limit any more.
    pub fn calm_down(&self) {
        self.lock().limits.calm_down();
    }

    /// Changes the App's world.
    pub fn with_app(&self, change: impl FnOnce(&mut AppWorld)) {
        change(
            self.lock()
                .options
                .app
                .as_mut()
                .expect("a sandbox with an App"),
        );
    }

    /// Every token that installations of the App gave out.
    pub fn minted_tokens(&self) -> Vec<String> {
        self.lock()
            .options
            .app
            .as_ref()
            .map(AppWorld::tokens)
            .unwrap_or_default()
    }

    /// The token stops working, as when it expires.
    pub fn replace_token(&self, token: &str) {
        token.clone_into(&mut self.lock().options.token);
    }

    /// What the token may do from now on.
    pub fn set_rights(&self, rights: TokenRights) {
        self.lock().options.rights = rights;
    }

    // Inspection.

    /// Names of the labels on an issue, sorted.
    pub fn labels_of(&self, repository: &str, number: u64) -> Vec<String> {
        self.look(repository, number, |repository, issue, _| {
            let mut names: Vec<String> = issue
                .labels
                .iter()
                .map(|label| repository.label(*label).name.clone())
                .collect();
            names.sort();
            names
        })
    }

    /// Comments, oldest first.
    pub fn comments_of(&self, repository: &str, number: u64) -> Vec<CommentView> {
        self.look(repository, number, |_, issue, state| {
            let view = |comment: &Comment| CommentView {
                id: comment.id,
                author: state.accounts[&comment.author].rest_login(),
                body: comment.body.clone(),
            };
            issue.comments.iter().map(view).collect()
        })
    }

    pub fn issue_state(&self, repository: &str, number: u64) -> IssueState {
        self.look(repository, number, |_, issue, _| IssueState {
            open: issue.is_open(),
            reason: issue.state_reason().map(str::to_owned),
            title: issue.title.clone(),
            body: issue.body.clone(),
        })
    }

    /// The numbers of all issues, and pull requests.
    pub fn issues_of(&self, repository: &str) -> Vec<u64> {
        let inner = self.lock();
        let home = inner.state.repository_named(repository);
        let home = home.expect("stories name repositories that were added");
        home.issues.keys().copied().collect()
    }

    /// Events in order, such as `labeled ready-for-agent by alice`.
    pub fn events_of(&self, repository: &str, number: u64) -> Vec<String> {
        self.look(repository, number, |_, issue, state| {
            let describe = |kind: &EventKind| match kind {
                EventKind::Labeled { name, .. } => format!("labeled {name}"),
                EventKind::Unlabeled { name, .. } => format!("unlabeled {name}"),
                EventKind::Renamed { to, .. } => format!("renamed to {to}"),
                EventKind::Closed { reason, .. } => {
                    format!("closed {}", reason.unwrap_or("without reason"))
                }
                EventKind::Reopened => "reopened".to_owned(),
                EventKind::Assigned { .. } => "assigned".to_owned(),
                EventKind::Unassigned { .. } => "unassigned".to_owned(),
                EventKind::Transferred { .. } => "transferred".to_owned(),
                EventKind::Referenced { .. } => "referenced".to_owned(),
                EventKind::Locked => "locked".to_owned(),
                EventKind::Other(name) => name.clone(),
            };
            let line = |event: &super::github_state::Event| {
                let actor = state.accounts[&event.doer.account].rest_login();
                format!("{} by {actor}", describe(&event.kind))
            };
            issue.events.iter().map(line).collect()
        })
    }

    /// Node id of the newest event that put this label on the issue.
    pub fn newest_label_event(&self, repository: &str, number: u64, label: &str) -> Option<String> {
        self.look(repository, number, |repository, issue, _| {
            issue.events.iter().rev().find_map(|event| {
                let EventKind::Labeled { name, .. } = &event.kind else {
                    return None;
                };
                (name == label).then(|| event_node_id("LE", repository.id, issue, event))
            })
        })
    }

    /// Whether the repository has a label of this name.
    pub fn has_label(&self, repository: &str, label: &str) -> bool {
        let inner = self.lock();
        inner
            .state
            .repository_named(repository)
            .is_some_and(|repository| repository.label_named(label).is_some())
    }

    /// Names of all labels of a repository, in order of creation.
    pub fn labels_in(&self, repository: &str) -> Vec<String> {
        let inner = self.lock();
        let repository = inner
            .state
            .repository_named(repository)
            .expect("tests look at repositories that exist");
        repository
            .labels
            .iter()
            .map(|label| label.name.clone())
            .collect()
    }

    /// All requests that wrote or tried to, in order.
    pub fn writes(&self) -> Vec<Write> {
        self.lock().writes.clone()
    }

    /// Everything that it remembers, in words that are the same when it is the same.
    pub fn memory(&self) -> String {
        format!("{:?}", self.lock().state)
    }

    /// Whether a number leads to an issue of this repository, and not to one that was deleted or transferred.
    pub fn has_issue(&self, repository: &str, number: u64) -> bool {
        let inner = self.lock();
        inner
            .state
            .repository_named(repository)
            .is_some_and(|repository| repository.issues.contains_key(&number))
    }

    fn look<T>(
        &self,
        repository: &str,
        number: u64,
        at: impl FnOnce(&Repository, &Issue, &State) -> T,
    ) -> T {
        let inner = self.lock();
        let repository = inner
            .state
            .repository_named(repository)
            .expect("tests look at repositories that exist");
        let issue = repository
            .issues
            .get(&number)
            .expect("tests look at issues that exist");
        at(repository, issue, &inner.state)
    }
}

impl Service for GitHub {
    fn answer(&self, request: &Request) -> Response {
        let mut inner = self.lock();
        inner.narrowed = github_app::narrowed_to(&inner, request);
        if let Some(response) = github_app::answer(&mut inner, request) {
            return response;
        }
        let graphql_path = match inner.options.enterprise {
            Enterprise::No => "/graphql",
            Enterprise::WithDependencies
            | Enterprise::WithoutSubIssues
            | Enterprise::WithoutDependencies => "/api/graphql",
        };
        if request.path == graphql_path {
            return github_graphql::answer(&mut inner, request);
        }
        let response = github_rest::answer(&mut inner, request);
        if request.method != "GET" {
            inner.writes.push(Write {
                line: format!("{} {}", request.method, request.path),
                body: request.json(),
                status: response.status,
            });
        }
        response
    }
}

impl From<Enterprise> for Capabilities {
    fn from(enterprise: Enterprise) -> Self {
        let (dependencies, sub_issues) = match enterprise {
            Enterprise::No | Enterprise::WithDependencies => (true, true),
            Enterprise::WithoutSubIssues => (true, false),
            Enterprise::WithoutDependencies => (false, false),
        };
        Self {
            dependencies,
            sub_issues,
        }
    }
}

/// Scheme and host as the client wrote them, so that links lead back here.
fn origin(request: &Request) -> String {
    format!("http://{}", request.header("host").unwrap_or("localhost"))
}
