//! One small world, the same on every forge: a private repository `acme/widgets` with a writer `alice`, a reader `rita`, a
//! stranger `mallory`, and our own account `afk-bot`. Whatever anybody does takes ten seconds.

use std::sync::Arc;
use std::time::Duration;

use afk::clock::{Clock, Deadline};
use afk::domain::config::{Secret, SecretSource};
use afk::domain::identity::ThreadId;
use afk::domain::issue::IssueFacts;
use afk::domain::repository::{IssueNumber, IssueRef, RepoRef};
use afk::http::Http;
use afk::service_error::ServiceError;
use afk::tracker::{
    IssueLookup, LabelNames, Repository, RepositorySurvey, RunQuery, Tracker, WatchQuery,
    WatchReading, forgejo, github,
};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::support::contract::Contract;
use crate::support::forgejo_contract;
pub use crate::support::place::Place;
use crate::support::sandbox::clock::SandboxClock;
use crate::support::sandbox::forgejo::state::{Dependency, Level};
use crate::support::sandbox::forgejo::{Forgejo, ForgejoOptions};
use crate::support::sandbox::github::{GitHub, GitHubOptions};
use crate::support::sandbox::github_state::{Role, Visibility};
use crate::support::sandbox::http_server::{HttpServer, Journal, Service};
use crate::support::world::{HUMAN, LOCK, READY, REPO, describe};

/// The thread of every run here, and a commit of it.
pub const THREAD: ThreadId = ThreadId(Uuid::from_u128(7));
pub const MARK: &str = "Afk-Run: 00000000-0000-0000-0000-000000000007";

/// How long a tick has.
const TICK: Duration = Duration::from_secs(100);

enum Side {
    GitHub(Arc<GitHub>),
    Forgejo(Arc<Forgejo>),
}

pub struct Stage {
    pub place: Place,
    pub clock: SandboxClock,
    pub journal: Arc<Journal>,
    side: Side,
    server: HttpServer,
    token: String,
}

/// The story's clock: a tick that waits lets time pass.
struct StageClock {
    clock: SandboxClock,
    start: DateTime<Utc>,
}

impl Clock for StageClock {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn uptime(&self) -> Duration {
        (self.now() - self.start).to_std().unwrap()
    }

    fn sleep(&self, duration: Duration) {
        self.clock.advance(TimeDelta::from_std(duration).unwrap());
    }
}

impl Stage {
    pub fn at(place: Place) -> Self {
        let clock = SandboxClock::at("2026-11-20T09:00:00Z".parse().unwrap());
        let journal = Journal::new();
        let (side, service, token): (_, Arc<dyn Service>, _) = match place.server() {
            None => {
                let options = GitHubOptions::default();
                let token = options.token.clone();
                let github = GitHub::new(options, clock.clone());
                (Side::GitHub(Arc::clone(&github)), github, token)
            }
            Some(kind) => {
                let options = ForgejoOptions::of(kind);
                let token = options.token.clone();
                let forgejo = Forgejo::new(options, clock.clone());
                forgejo.add_user("acme");
                (Side::Forgejo(Arc::clone(&forgejo)), forgejo, token)
            }
        };
        let name = place.server().map_or("github", |_| "forgejo");
        let server = HttpServer::start(name, Arc::clone(&journal), service);
        let stage = Self {
            place,
            clock,
            journal,
            side,
            server,
            token,
        };
        for login in ["alice", "rita", "mallory"] {
            match &stage.side {
                Side::GitHub(github) => _ = github.add_user(login),
                Side::Forgejo(forgejo) => _ = forgejo.add_user(login),
            }
        }
        stage.add_repository(REPO);
        stage.push("alice", "Begin");
        stage
    }

    fn later(&self) {
        self.clock.advance(TimeDelta::seconds(10));
    }

    // What people do.

    pub fn add_repository(&self, full_name: &str) {
        match &self.side {
            Side::GitHub(github) => {
                github.add_repository(full_name, Visibility::Private);
                github.set_permission(full_name, "alice", Role::WRITE);
                github.set_permission(full_name, "rita", Role::READ);
            }
            Side::Forgejo(forgejo) => {
                forgejo.add_repository(full_name);
                forgejo.set_level(full_name, "alice", Level::Write);
                forgejo.set_level(full_name, "rita", Level::Read);
            }
        }
        self.later();
    }

    pub fn make_public(&self) {
        match &self.side {
            Side::GitHub(github) => github.set_visibility(REPO, Visibility::Public),
            Side::Forgejo(forgejo) => forgejo.make_public(REPO),
        }
    }

    pub fn archive(&self) {
        match &self.side {
            Side::GitHub(github) => github.archive_repository(REPO),
            Side::Forgejo(forgejo) => {
                forgejo.with_repository(REPO, |repository| repository.archived = true);
            }
        }
    }

    pub fn rename(&self, to: &str) {
        match &self.side {
            Side::GitHub(github) => github.rename_repository(REPO, to),
            Side::Forgejo(forgejo) => forgejo.rename_repository(REPO, to),
        }
    }

    pub fn issue(&self, author: &str, title: &str, body: &str) -> u64 {
        self.issue_in(REPO, author, title, body)
    }

    pub fn issue_in(&self, full_name: &str, author: &str, title: &str, body: &str) -> u64 {
        let number = match &self.side {
            Side::GitHub(github) => github.open_issue(full_name, author, title, body, &[]),
            Side::Forgejo(forgejo) => forgejo.open_issue(full_name, author, title, body),
        };
        self.later();
        number
    }

    /// The common case: `alice` writes and asks.
    pub fn ready(&self) -> u64 {
        let number = self.issue("alice", "Reject negative sizes", "Please.\n");
        self.label(number, "alice", READY);
        number
    }

    pub fn pull_request(&self, author: &str) -> u64 {
        let number = match &self.side {
            Side::GitHub(github) => github.make_pull_request(REPO, author, "A pull request"),
            Side::Forgejo(forgejo) => {
                let number = forgejo.open_issue(REPO, author, "A pull request", "");
                forgejo.with_repository(REPO, |repository| {
                    repository.issues.get_mut(&number).unwrap().is_pull = true;
                });
                number
            }
        };
        self.later();
        number
    }

    pub fn label(&self, number: u64, who: &str, label: &str) {
        self.label_in(REPO, number, who, label);
    }

    pub fn label_in(&self, full_name: &str, number: u64, who: &str, label: &str) {
        match &self.side {
            Side::GitHub(github) => github.label(full_name, number, who, label),
            Side::Forgejo(forgejo) => forgejo.label_issue(full_name, number, who, label),
        }
        self.later();
    }

    pub fn unlabel(&self, number: u64, who: &str, label: &str) {
        match &self.side {
            Side::GitHub(github) => github.unlabel(REPO, number, who, label),
            Side::Forgejo(forgejo) => forgejo.unlabel(REPO, number, who, label),
        }
        self.later();
    }

    pub fn retitle(&self, number: u64, who: &str, title: &str) {
        match &self.side {
            Side::GitHub(github) => github.rename_title(REPO, number, who, title),
            Side::Forgejo(forgejo) => forgejo.rename_title(REPO, number, who, title),
        }
        self.later();
    }

    pub fn edit_body(&self, number: u64, who: &str, text: &str) {
        match &self.side {
            Side::GitHub(github) => github.edit_body(REPO, number, who, text),
            Side::Forgejo(forgejo) => forgejo.edit_body(REPO, number, text),
        }
        self.later();
    }

    pub fn comment(&self, number: u64, who: &str, text: &str) -> String {
        let id = match &self.side {
            Side::GitHub(github) => github.comment(REPO, number, who, text),
            Side::Forgejo(forgejo) => forgejo.comment_on(REPO, number, who, text),
        };
        self.later();
        id.to_string()
    }

    pub fn edit_comment(&self, number: u64, comment: &str, who: &str, text: &str) {
        let comment = comment.parse().unwrap();
        match &self.side {
            Side::GitHub(github) => github.edit_comment(REPO, comment, who, text),
            Side::Forgejo(forgejo) => forgejo.edit_comment_text(REPO, number, comment, text),
        }
        self.later();
    }

    pub fn close(&self, number: u64, who: &str) {
        match &self.side {
            Side::GitHub(github) => github.close(REPO, number, who),
            Side::Forgejo(forgejo) => forgejo.close_issue(REPO, number, who),
        }
        self.later();
    }

    pub fn reopen(&self, number: u64, who: &str) {
        match &self.side {
            Side::GitHub(github) => github.reopen(REPO, number, who),
            Side::Forgejo(forgejo) => forgejo.reopen_issue(REPO, number, who),
        }
        self.later();
    }

    pub fn assign(&self, number: u64, who: &str, assignee: &str) {
        match &self.side {
            Side::GitHub(github) => github.assign(REPO, number, who, assignee),
            Side::Forgejo(forgejo) => forgejo.assign(REPO, number, who, assignee),
        }
        self.later();
    }

    pub fn block(&self, number: u64, on: u64) {
        match &self.side {
            Side::GitHub(github) => github.add_blocked_by(REPO, number, REPO, on),
            Side::Forgejo(forgejo) => forgejo.depend(REPO, number, on),
        }
        self.later();
    }

    /// An issue that our token can not see blocks.
    pub fn block_out_of_sight(&self, number: u64) {
        match &self.side {
            Side::GitHub(github) => github.add_hidden_blocker(REPO, number),
            Side::Forgejo(forgejo) => forgejo.with_repository(REPO, |repository| {
                let issue = repository.issues.get_mut(&number).unwrap();
                issue.dependencies.push(Dependency::Hidden);
            }),
        }
        self.later();
    }

    pub fn delete_issue(&self, number: u64) {
        match &self.side {
            Side::GitHub(github) => github.delete_issue(REPO, number),
            Side::Forgejo(forgejo) => forgejo.delete_issue(REPO, number),
        }
    }

    pub fn delete_user(&self, login: &str) {
        match &self.side {
            Side::GitHub(github) => github.delete_user(login),
            Side::Forgejo(forgejo) => forgejo.delete_user(login),
        }
    }

    pub fn push(&self, who: &str, message: &str) -> String {
        let sha = match &self.side {
            Side::GitHub(github) => github.push_commit(REPO, who, message),
            Side::Forgejo(forgejo) => forgejo.push_commit(REPO, who, message),
        };
        self.later();
        sha
    }

    pub fn status(&self, sha: &str, context: &str, word: &str) {
        match &self.side {
            Side::GitHub(github) => github.commit_status(REPO, sha, "alice", context, word),
            Side::Forgejo(forgejo) => forgejo.post_status(REPO, sha, context, word),
        }
    }

    // What a test looks at.

    pub fn labels(&self, number: u64) -> Vec<String> {
        let mut labels = match &self.side {
            Side::GitHub(github) => github.labels_of(REPO, number),
            Side::Forgejo(forgejo) => forgejo.labels_of(REPO, number),
        };
        labels.sort();
        labels
    }

    /// Author and text of all comments.
    pub fn comments(&self, number: u64) -> Vec<(String, String)> {
        let of = |author: String, body: String| (author, body);
        match &self.side {
            Side::GitHub(github) => github
                .comments_of(REPO, number)
                .into_iter()
                .map(|comment| of(comment.author, comment.body))
                .collect(),
            Side::Forgejo(forgejo) => forgejo
                .comments_of(REPO, number)
                .into_iter()
                .map(|comment| of(comment.author, comment.body))
                .collect(),
        }
    }

    pub fn is_open(&self, number: u64) -> bool {
        match &self.side {
            Side::GitHub(github) => github.issue_state(REPO, number).open,
            Side::Forgejo(forgejo) => forgejo.is_open(REPO, number),
        }
    }

    /// Requests that changed something, or tried to.
    pub fn writes(&self) -> Vec<String> {
        self.journal
            .exchanges()
            .iter()
            .filter(|exchange| exchange.request.method != "GET")
            .filter(|exchange| exchange.request.path != "/graphql")
            .map(describe)
            .collect()
    }

    // The adapter.

    /// Runs something in a tick of its own.
    pub fn with<T>(&self, run: impl FnOnce(&dyn Tracker) -> T) -> T {
        self.with_token(&self.token, run)
    }

    pub fn with_token<T>(&self, token: &str, run: impl FnOnce(&dyn Tracker) -> T) -> T {
        let clock = StageClock {
            clock: self.clock.clone(),
            start: self.clock.now(),
        };
        let http = Http::new(Deadline::start(&clock, TICK, Arc::default()));
        let base = self.server.url().parse().unwrap();
        let token = SecretSource::Inline(Secret::new(token));
        let labels = LabelNames {
            ready: READY.to_owned(),
            in_progress: LOCK.to_owned(),
            ready_for_human: HUMAN.to_owned(),
        };
        match &self.side {
            Side::GitHub(_) => run(&github::GitHub::new(&http, base, token, labels)),
            Side::Forgejo(_) => run(&forgejo::Forgejo::new(&http, &base, token, labels)),
        }
    }

    pub fn repo(&self, full_name: &str) -> RepoRef {
        RepoRef::parse(full_name, self.place.forge()).unwrap()
    }

    pub fn at_issue(&self, number: u64) -> IssueRef {
        IssueRef {
            repo: self.repo(REPO),
            number: IssueNumber(number),
        }
    }

    pub fn survey(&self) -> RepositorySurvey {
        self.with(|tracker| tracker.survey(&[self.repo(REPO)]).remove(0).unwrap())
    }

    /// Runs something with the repository, as poll knows it.
    pub fn with_repository<T>(&self, run: impl FnOnce(&dyn Tracker, &Repository) -> T) -> T {
        self.with(|tracker| {
            let surveyed = tracker.survey(&[self.repo(REPO)]).remove(0).unwrap();
            run(tracker, &surveyed.repository)
        })
    }

    pub fn look_up(&self, number: u64) -> Result<IssueLookup, ServiceError> {
        self.with_repository(|tracker, repository| tracker.issue(repository, IssueNumber(number)))
    }

    /// What the gate asks of an issue that is there.
    pub fn facts(&self, number: u64) -> IssueFacts {
        match self.look_up(number) {
            Ok(IssueLookup::Issue(facts)) => *facts,
            other => panic!("{:?}: {other:?}", self.place),
        }
    }

    /// A run of this issue, dispatched before everything.
    pub fn query(&self, numbers: &[u64]) -> WatchQuery {
        let began = self.clock.now() - TimeDelta::hours(2);
        WatchQuery {
            repo: self.repo(REPO),
            runs: numbers
                .iter()
                .map(|number| RunQuery {
                    issue: IssueNumber(*number),
                    thread: THREAD,
                    dispatched_at: began,
                    since: began,
                })
                .collect(),
            branch: None,
        }
    }

    pub fn watch(&self, numbers: &[u64]) -> WatchReading {
        self.with(|tracker| tracker.watch(&[self.query(numbers)]).remove(0).unwrap())
    }
}

/// Everything that was sent fits the published description of the forge.
impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for exchange in self.journal.exchanges() {
            let fits = match self.place.server() {
                Some(kind) => forgejo_contract::validate(kind, &exchange.request),
                None => Contract::open().map_or(Ok(()), |contract| {
                    contract.validate_github_request(&exchange.request)
                }),
            };
            if let Err(why) = fits {
                panic!("{}: {why}", describe(&exchange));
            }
        }
    }
}
