//! What the stand-in for GitHub remembers: people, apps, repositories, issues and everything on them.
//!
//! It keeps facts and the consequences every act has on GitHub (an added label makes an event, an edit
//! makes an entry in the edit history). It does not ask who may do what: the REST side does that for the
//! program under test, and the people of a story may do anything, so that every situation can be told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SubsecRound, Utc};

use super::clock::SandboxClock;
use super::github_branches::Guards;
use super::github_checks::Reports;
use super::github_commits::Commit;
use super::github_deployments::Deployment;

/// What kind of account acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    User,
    /// The account through which an app acts; its login has no `[bot]` here.
    Bot,
    Organization,
    /// A placeholder for somebody whose work was imported.
    Mannequin,
}

/// One account. Ids are never used twice, logins may be.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: u64,
    pub login: String,
    pub kind: AccountKind,
    pub deleted: bool,
}

impl Account {
    /// Login as REST shows it: bots carry `[bot]` there.
    pub fn rest_login(&self) -> String {
        match self.kind {
            AccountKind::Bot => format!("{}[bot]", self.login),
            AccountKind::User | AccountKind::Organization | AccountKind::Mannequin => {
                self.login.clone()
            }
        }
    }
}

/// One installed GitHub App.
#[derive(Clone, Debug)]
pub struct App {
    pub id: u64,
    pub slug: String,
    /// The bot account it acts through.
    pub bot: u64,
}

/// Who may read a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    Public,
    Private,
    Internal,
}

/// The rights behind a role, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    None,
    Read,
    Triage,
    Write,
    Maintain,
    Admin,
}

impl Access {
    /// Name of the plain role with these rights.
    pub fn role_name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The old four-step scale: maintain counts as write, triage as read.
    pub fn legacy(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read | Self::Triage => "read",
            Self::Write | Self::Maintain => "write",
            Self::Admin => "admin",
        }
    }
}

/// What somebody is in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    Plain(Access),
    /// A role an organisation made up; any name, even a misleading one.
    Custom {
        name: String,
        base: Access,
    },
}

impl Role {
    pub const NONE: Self = Self::Plain(Access::None);
    pub const READ: Self = Self::Plain(Access::Read);
    pub const TRIAGE: Self = Self::Plain(Access::Triage);
    pub const WRITE: Self = Self::Plain(Access::Write);
    pub const MAINTAIN: Self = Self::Plain(Access::Maintain);
    pub const ADMIN: Self = Self::Plain(Access::Admin);

    pub fn custom(name: &str, base: Access) -> Self {
        Self::Custom {
            name: name.to_owned(),
            base,
        }
    }

    pub fn access(&self) -> Access {
        match self {
            Self::Plain(access) => *access,
            Self::Custom { base, .. } => *base,
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Plain(access) => access.role_name(),
            Self::Custom { name, .. } => name,
        }
    }
}

/// A label of a repository.
#[derive(Clone, Debug)]
pub struct Label {
    pub id: u64,
    pub name: String,
    pub color: String,
    pub description: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// Who did something, and through what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doer {
    pub account: u64,
    /// The app that acted for this account.
    pub via_app: Option<u64>,
}

impl Doer {
    pub fn account(account: u64) -> Self {
        Self {
            account,
            via_app: None,
        }
    }
}

/// One entry of an issue's event list.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: u64,
    pub at: DateTime<Utc>,
    pub doer: Doer,
    pub kind: EventKind,
}

/// What an event says.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// `name` and `color` as they were then; `label` is the label whatever it is called now.
    Labeled {
        label: u64,
        name: String,
        color: String,
    },
    Unlabeled {
        label: u64,
        name: String,
        color: String,
    },
    Renamed {
        from: String,
        to: String,
    },
    Closed {
        reason: Option<&'static str>,
        commit: Option<String>,
        /// The number of the pull request whose merge did it.
        pull_request: Option<u64>,
    },
    Reopened,
    Assigned {
        assignee: u64,
    },
    Unassigned {
        assignee: u64,
    },
    Transferred {
        from: u64,
    },
    Referenced {
        commit: String,
        repository: u64,
    },
    Locked,
    /// A kind that GraphQL clients see only when they ask for it, such as `subscribed`.
    Other(String),
}

/// One entry of an edit history.
#[derive(Clone, Debug)]
pub struct Edit {
    pub id: u64,
    pub at: DateTime<Utc>,
    pub editor: u64,
    pub deleted_at: Option<DateTime<Utc>>,
}

/// How much of an edit history can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditHistory {
    Listed,
    /// The connection is null.
    Null,
    /// The connection is there and has no entries, although `lastEditedAt` is set.
    Empty,
}

/// One comment.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: u64,
    pub author: u64,
    pub body: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub last_edit: Option<(DateTime<Utc>, u64)>,
    /// The creation, once it was edited, and every edit.
    pub edits: Vec<Edit>,
    /// Why somebody hid it.
    pub minimised: Option<&'static str>,
}

/// Something that blocks an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocker {
    Issue {
        repository: u64,
        number: u64,
    },
    /// Counted as open, never listed: it is somewhere this token cannot look.
    Hidden,
}

/// What an issue-like object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueKind {
    Issue,
    PullRequest { merged: bool },
}

/// One issue or pull request.
#[derive(Clone, Debug)]
pub struct Issue {
    pub id: u64,
    pub repository: u64,
    pub number: u64,
    pub kind: IssueKind,
    pub title: String,
    pub body: Option<String>,
    pub author: u64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub closed: Option<Closing>,
    pub reopened: bool,
    pub locked: bool,
    pub labels: BTreeSet<u64>,
    /// Newest last; the first entry is the creation, present once anything was edited.
    pub edits: Vec<Edit>,
    pub edit_history: EditHistory,
    pub events: Vec<Event>,
    pub comments: Vec<Comment>,
    pub blocked_by: Vec<Blocker>,
    pub sub_issues: Vec<(u64, u64)>,
    pub assignees: Vec<u64>,
    /// Pull requests that will close it, by repository and number.
    pub closing_pull_requests: Vec<(u64, u64)>,
    /// Of a pull request that was merged.
    pub merge_commit: Option<String>,
}

/// How an issue was closed.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    pub at: DateTime<Utc>,
    pub by: u64,
    pub reason: &'static str,
}

impl Issue {
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    pub fn is_pull_request(&self) -> bool {
        self.kind != IssueKind::Issue
    }

    /// `completed`, `not_planned`, `duplicate`, `reopened`, or nothing.
    pub fn state_reason(&self) -> Option<&'static str> {
        match self.closed {
            Some(closing) => Some(closing.reason),
            None => self.reopened.then_some("reopened"),
        }
    }
}

/// What became of a number that no longer leads to an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    Deleted,
    MovedTo { repository: u64, number: u64 },
}

/// One repository.
#[derive(Clone, Debug)]
pub struct Repository {
    pub id: u64,
    pub owner: u64,
    pub name: String,
    pub visibility: Visibility,
    pub default_branch: String,
    pub created_at: DateTime<Utc>,
    pub archived: bool,
    pub has_issues: bool,
    /// False for a repository the token was not given.
    pub granted: bool,
    pub roles: BTreeMap<u64, Role>,
    pub labels: Vec<Label>,
    pub issues: BTreeMap<u64, Issue>,
    pub gone: BTreeMap<u64, Gone>,
    pub next_number: u64,
    /// The default branch, oldest first.
    pub commits: Vec<Commit>,
    pub reports: Reports,
    pub deployments: Vec<Deployment>,
    /// What guards the default branch, and whether Actions run.
    pub guards: Guards,
}

impl Repository {
    pub fn label(&self, id: u64) -> &Label {
        self.labels
            .iter()
            .find(|label| label.id == id)
            .expect("an issue shows only labels of its repository")
    }

    /// Label names match in any case.
    pub fn label_named(&self, name: &str) -> Option<&Label> {
        self.labels
            .iter()
            .find(|label| same_name(&label.name, name))
    }
}

/// Whether two names are the same to GitHub.
pub fn same_name(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

/// Account id of the token.
const VIEWER: u64 = 555_001;

/// Everything.
#[derive(Debug)]
pub struct State {
    pub clock: SandboxClock,
    pub accounts: BTreeMap<u64, Account>,
    pub apps: Vec<App>,
    pub repositories: BTreeMap<u64, Repository>,
    /// Names repositories had before, in lower case.
    pub former_names: BTreeMap<String, u64>,
    next: Counters,
}

#[derive(Debug)]
struct Counters {
    account: u64,
    app: u64,
    repository: u64,
    issue: u64,
    event: u64,
    comment: u64,
    label: u64,
    edit: u64,
    check: u64,
}

impl State {
    pub fn new(clock: SandboxClock) -> Self {
        Self {
            clock,
            accounts: BTreeMap::new(),
            apps: Vec::new(),
            repositories: BTreeMap::new(),
            former_names: BTreeMap::new(),
            next: Counters {
                account: 101,
                app: 71_001,
                repository: 1_296_269,
                issue: 3_012_345_001,
                event: 6_430_295_168,
                comment: 2_200_000_001,
                label: 208_045_946,
                edit: 940_001,
                check: 9_001,
            },
        }
    }

    /// The time, as GitHub knows it.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(0)
    }

    // People.

    pub fn add_account(&mut self, login: &str, kind: AccountKind) -> u64 {
        let id = take(&mut self.next.account);
        self.add_account_with(id, login, kind)
    }

    fn add_account_with(&mut self, id: u64, login: &str, kind: AccountKind) -> u64 {
        assert!(
            self.account_named(login, kind).is_none(),
            "{login} is taken"
        );
        let account = Account {
            id,
            login: login.to_owned(),
            kind,
            deleted: false,
        };
        self.accounts.insert(id, account);
        id
    }

    /// The account the token belongs to; its id stays out of everybody else's row.
    pub fn add_viewer(&mut self, login: &str) -> u64 {
        self.add_account_with(VIEWER, login, AccountKind::User)
    }

    /// The app the token belongs to; returns its bot account.
    pub fn add_viewer_app(&mut self, slug: &str) -> u64 {
        let bot = self.add_account_with(VIEWER, slug, AccountKind::Bot);
        self.install(slug, bot);
        bot
    }

    pub fn add_app(&mut self, slug: &str) -> u64 {
        let bot = self.add_account(slug, AccountKind::Bot);
        self.install(slug, bot)
    }

    fn install(&mut self, slug: &str, bot: u64) -> u64 {
        let id = take(&mut self.next.app);
        self.apps.push(App {
            id,
            slug: slug.to_owned(),
            bot,
        });
        id
    }

    pub fn app(&self, id: u64) -> Option<&App> {
        self.apps.iter().find(|app| app.id == id)
    }

    /// The living account, unless it was deleted.
    pub fn account(&self, id: u64) -> Option<&Account> {
        self.accounts.get(&id).filter(|account| !account.deleted)
    }

    /// Users and organisations share one name space; bots and mannequins have their own.
    pub fn account_named(&self, login: &str, kind: AccountKind) -> Option<&Account> {
        self.accounts.values().find(|account| {
            !account.deleted && account.kind == kind && same_name(&account.login, login)
        })
    }

    // Repositories.

    pub fn add_repository(&mut self, owner: u64, name: &str, visibility: Visibility) -> u64 {
        let id = take(&mut self.next.repository);
        let repository = Repository {
            id,
            owner,
            name: name.to_owned(),
            visibility,
            default_branch: "main".to_owned(),
            created_at: self.now(),
            archived: false,
            has_issues: true,
            granted: true,
            roles: BTreeMap::new(),
            labels: Vec::new(),
            issues: BTreeMap::new(),
            gone: BTreeMap::new(),
            next_number: 1,
            commits: Vec::new(),
            reports: Reports::default(),
            deployments: Vec::new(),
            guards: Guards::default(),
        };
        self.repositories.insert(id, repository);
        id
    }

    pub fn full_name(&self, repository: &Repository) -> String {
        let owner = self
            .accounts
            .get(&repository.owner)
            .expect("owners stay on record");
        format!("{}/{}", owner.login, repository.name)
    }

    /// Finds a repository by its name now.
    pub fn repository_named(&self, full_name: &str) -> Option<&Repository> {
        self.repositories
            .values()
            .find(|repository| same_name(&self.full_name(repository), full_name))
    }

    /// Finds a repository by a name it had before.
    pub fn repository_formerly(&self, full_name: &str) -> Option<&Repository> {
        self.repositories
            .get(self.former_names.get(&full_name.to_lowercase())?)
    }

    /// What somebody is here, with what everybody is.
    pub fn role(&self, repository: &Repository, account: u64) -> Role {
        if repository.owner == account {
            return Role::ADMIN;
        }
        repository
            .roles
            .get(&account)
            .cloned()
            .unwrap_or(match repository.visibility {
                Visibility::Public => Role::READ,
                Visibility::Private | Visibility::Internal => Role::NONE,
            })
    }

    /// For stories: the repository of this name.
    pub fn home_mut(&mut self, full_name: &str) -> &mut Repository {
        let id = self
            .repository_named(full_name)
            .expect("stories name only repositories that were added")
            .id;
        self.repository_mut(id)
    }

    /// A number for a check suite, check run, workflow run or commit status.
    pub fn next_check(&mut self) -> u64 {
        take(&mut self.next.check)
    }

    fn repository_mut(&mut self, id: u64) -> &mut Repository {
        self.repositories
            .get_mut(&id)
            .expect("repositories are never removed")
    }

    pub fn create_label(
        &mut self,
        repository: u64,
        name: &str,
        color: &str,
        description: Option<&str>,
    ) -> u64 {
        let id = take(&mut self.next.label);
        let label = Label {
            id,
            name: name.to_owned(),
            color: color.to_owned(),
            description: description.map(str::to_owned),
            created_at: self.now(),
        };
        self.repository_mut(repository).labels.push(label);
        id
    }

    // Issues.

    pub fn open_issue(
        &mut self,
        repository: u64,
        kind: IssueKind,
        author: u64,
        title: &str,
        body: Option<&str>,
    ) -> u64 {
        let id = take(&mut self.next.issue);
        let now = self.now();
        let home = self.repository_mut(repository);
        let number = take(&mut home.next_number);
        let issue = Issue {
            id,
            repository,
            number,
            kind,
            title: title.to_owned(),
            body: body.map(str::to_owned),
            author,
            created_at: now,
            updated_at: now,
            closed: None,
            reopened: false,
            locked: false,
            labels: BTreeSet::new(),
            edits: Vec::new(),
            edit_history: EditHistory::Listed,
            events: Vec::new(),
            comments: Vec::new(),
            blocked_by: Vec::new(),
            sub_issues: Vec::new(),
            assignees: Vec::new(),
            closing_pull_requests: Vec::new(),
            merge_commit: None,
        };
        home.issues.insert(number, issue);
        number
    }

    pub fn issue(&self, repository: u64, number: u64) -> Option<&Issue> {
        self.repositories.get(&repository)?.issues.get(&number)
    }

    /// For acts only: marks the issue as updated now.
    pub fn issue_mut(&mut self, repository: u64, number: u64) -> &mut Issue {
        let now = self.now();
        let issue = self
            .repository_mut(repository)
            .issues
            .get_mut(&number)
            .expect("acts name only issues that exist");
        issue.updated_at = now;
        issue
    }

    pub fn record(&mut self, repository: u64, number: u64, doer: Doer, kind: EventKind) -> u64 {
        let id = take(&mut self.next.event);
        let at = self.now();
        self.issue_mut(repository, number)
            .events
            .push(Event { id, at, doer, kind });
        id
    }

    /// Adds a label that exists; `None` when the issue had it, which makes no event.
    pub fn add_label(
        &mut self,
        repository: u64,
        number: u64,
        doer: Doer,
        label: u64,
    ) -> Option<u64> {
        let described = self.repositories[&repository].label(label).clone();
        if !self.issue_mut(repository, number).labels.insert(label) {
            return None;
        }
        let (name, color) = (described.name, described.color);
        Some(self.record(
            repository,
            number,
            doer,
            EventKind::Labeled { label, name, color },
        ))
    }

    /// Takes a label away; false when the issue did not have it.
    pub fn remove_label(&mut self, repository: u64, number: u64, doer: Doer, label: u64) -> bool {
        let described = self.repositories[&repository].label(label).clone();
        if !self.issue_mut(repository, number).labels.remove(&label) {
            return false;
        }
        let (name, color) = (described.name, described.color);
        self.record(
            repository,
            number,
            doer,
            EventKind::Unlabeled { label, name, color },
        );
        true
    }

    /// The first edit also writes the creation down, as GitHub does.
    pub fn edit_body(&mut self, repository: u64, number: u64, editor: u64, body: &str) {
        let now = self.now();
        let (first, second) = (take(&mut self.next.edit), take(&mut self.next.edit));
        let issue = self.issue_mut(repository, number);
        if issue.edits.is_empty() {
            issue.edits.push(Edit {
                id: first,
                at: issue.created_at,
                editor: issue.author,
                deleted_at: None,
            });
        }
        issue.edits.push(Edit {
            id: second,
            at: now,
            editor,
            deleted_at: None,
        });
        issue.body = Some(body.to_owned());
    }

    pub fn rename_title(&mut self, repository: u64, number: u64, doer: Doer, title: &str) {
        let issue = self.issue_mut(repository, number);
        let from = std::mem::replace(&mut issue.title, title.to_owned());
        if from != title {
            let to = title.to_owned();
            self.record(repository, number, doer, EventKind::Renamed { from, to });
        }
    }

    /// Closing a closed issue does nothing.
    pub fn close(&mut self, repository: u64, number: u64, doer: Doer, reason: &'static str) {
        self.close_by(repository, number, doer, reason, None, None);
    }

    /// A push with a closing keyword closes as completed.
    pub fn close_with_commit(&mut self, repository: u64, number: u64, doer: Doer, commit: &str) {
        self.close_by(repository, number, doer, "completed", Some(commit), None);
    }

    /// The merge of a pull request closes as completed, and names no commit.
    pub fn close_with_pull_request(
        &mut self,
        repository: u64,
        number: u64,
        doer: Doer,
        pull_request: u64,
    ) {
        self.close_by(
            repository,
            number,
            doer,
            "completed",
            None,
            Some(pull_request),
        );
    }

    fn close_by(
        &mut self,
        repository: u64,
        number: u64,
        doer: Doer,
        reason: &'static str,
        commit: Option<&str>,
        pull_request: Option<u64>,
    ) {
        let at = self.now();
        let issue = self.issue_mut(repository, number);
        if issue.closed.is_some() {
            return;
        }
        issue.closed = Some(Closing {
            at,
            by: doer.account,
            reason,
        });
        let kind = EventKind::Closed {
            reason: Some(reason),
            commit: commit.map(str::to_owned),
            pull_request,
        };
        self.record(repository, number, doer, kind);
    }

    pub fn reopen(&mut self, repository: u64, number: u64, doer: Doer) {
        let issue = self.issue_mut(repository, number);
        if issue.closed.take().is_some() {
            issue.reopened = true;
            self.record(repository, number, doer, EventKind::Reopened);
        }
    }

    pub fn comment(&mut self, repository: u64, number: u64, author: u64, body: &str) -> u64 {
        let id = take(&mut self.next.comment);
        let now = self.now();
        self.issue_mut(repository, number).comments.push(Comment {
            id,
            author,
            body: body.to_owned(),
            created_at: now,
            updated_at: now,
            last_edit: None,
            edits: Vec::new(),
            minimised: None,
        });
        id
    }

    /// Assigning somebody who is assigned does nothing.
    pub fn assign(&mut self, repository: u64, number: u64, doer: Doer, assignee: u64) {
        let issue = self.issue_mut(repository, number);
        if !issue.assignees.contains(&assignee) {
            issue.assignees.push(assignee);
            self.record(repository, number, doer, EventKind::Assigned { assignee });
        }
    }

    pub fn unassign(&mut self, repository: u64, number: u64, doer: Doer, assignee: u64) {
        let issue = self.issue_mut(repository, number);
        if issue.assignees.contains(&assignee) {
            issue.assignees.retain(|assigned| *assigned != assignee);
            self.record(repository, number, doer, EventKind::Unassigned { assignee });
        }
    }

    /// Where a comment is: issue number and index.
    pub fn find_comment(&self, repository: u64, id: u64) -> Option<(u64, usize)> {
        self.repositories
            .get(&repository)?
            .issues
            .values()
            .find_map(|issue| {
                let index = issue.comments.iter().position(|comment| comment.id == id)?;
                Some((issue.number, index))
            })
    }

    pub fn edit_comment(&mut self, repository: u64, id: u64, editor: u64, body: &str) {
        let now = self.now();
        let (number, index) = self
            .find_comment(repository, id)
            .expect("acts edit comments that exist");
        let [creation, this] = [take(&mut self.next.edit), take(&mut self.next.edit)];
        let comment = &mut self.issue_mut(repository, number).comments[index];
        comment.body = body.to_owned();
        comment.updated_at = now;
        comment.last_edit = Some((now, editor));
        let entry = |id, at, editor| Edit {
            id,
            at,
            editor,
            deleted_at: None,
        };
        if comment.edits.is_empty() {
            let created = entry(creation, comment.created_at, comment.author);
            comment.edits.push(created);
        }
        comment.edits.push(entry(this, now, editor));
    }

    pub fn delete_comment(&mut self, repository: u64, id: u64) {
        let (number, index) = self
            .find_comment(repository, id)
            .expect("acts delete comments that exist");
        self.issue_mut(repository, number).comments.remove(index);
    }

    /// Moves an issue to another repository, where it gets a new number and keeps its events.
    pub fn transfer(&mut self, from: u64, number: u64, to: u64, doer: Doer) -> u64 {
        let mut issue = self
            .repository_mut(from)
            .issues
            .remove(&number)
            .expect("acts transfer issues that exist");
        let names: Vec<String> = issue
            .labels
            .iter()
            .map(|label| self.repositories[&from].label(*label).name.clone())
            .collect();
        issue.id = take(&mut self.next.issue);
        let target = self.repository_mut(to);
        issue.repository = to;
        issue.number = take(&mut target.next_number);
        issue.labels = names
            .iter()
            .filter_map(|name| target.label_named(name))
            .map(|label| label.id)
            .collect();
        let moved = issue.number;
        // Events keep naming labels by what they were; those without a counterpart stay nameless.
        for event in &mut issue.events {
            if let EventKind::Labeled { label, name, .. } | EventKind::Unlabeled { label, name, .. } =
                &mut event.kind
                && let Some(there) = target.label_named(name)
            {
                *label = there.id;
            }
        }
        target.issues.insert(moved, issue);
        let gone = Gone::MovedTo {
            repository: to,
            number: moved,
        };
        self.repository_mut(from).gone.insert(number, gone);
        self.record(to, moved, doer, EventKind::Transferred { from });
        moved
    }

    // Sums.

    /// Blockers as (listed, open of all, all): listed are those the token can see.
    pub fn blockers(
        &self,
        issue: &Issue,
        visible: impl Fn(&Repository) -> bool,
    ) -> (Vec<&Issue>, usize, usize) {
        let mut listed = Vec::new();
        let mut open = 0;
        for blocker in &issue.blocked_by {
            match blocker {
                Blocker::Hidden => open += 1,
                Blocker::Issue { repository, number } => {
                    let Some(found) = self.issue(*repository, *number) else {
                        continue;
                    };
                    open += usize::from(found.is_open());
                    if visible(&self.repositories[repository]) {
                        listed.push(found);
                    }
                }
            }
        }
        (listed, open, issue.blocked_by.len())
    }

    /// Issues that this one blocks.
    pub fn blocking(&self, issue: &Issue) -> Vec<&Issue> {
        let us = Blocker::Issue {
            repository: issue.repository,
            number: issue.number,
        };
        self.all_issues()
            .filter(|other| other.blocked_by.contains(&us))
            .collect()
    }

    pub fn parent(&self, issue: &Issue) -> Option<&Issue> {
        self.all_issues()
            .find(|other| other.sub_issues.contains(&(issue.repository, issue.number)))
    }

    pub fn sub_issues(&self, issue: &Issue) -> Vec<&Issue> {
        issue
            .sub_issues
            .iter()
            .filter_map(|(repository, number)| self.issue(*repository, *number))
            .collect()
    }

    fn all_issues(&self) -> impl Iterator<Item = &Issue> {
        self.repositories
            .values()
            .flat_map(|repository| repository.issues.values())
    }
}

fn take(counter: &mut u64) -> u64 {
    let taken = *counter;
    *counter += 1;
    taken
}
