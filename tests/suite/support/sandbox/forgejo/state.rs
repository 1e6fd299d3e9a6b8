//! What a Forgejo or Gitea remembers: accounts, repositories, labels, issues with their timelines, commits, statuses, runs.
//!
//! Whole seconds, ids that only grow, entries that vanish with their label: as the servers do it.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound as _, Utc};

use super::super::clock::SandboxClock;

/// A level of access, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    None,
    Read,
    Write,
    Admin,
    Owner,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Account {
    pub id: i64,
    pub login: String,
    pub is_organisation: bool,
    pub deleted: bool,
}

/// A team of an organisation. It has access to all repositories of it.
#[derive(Clone, Debug)]
pub struct Team {
    pub id: u64,
    pub name: String,
    /// Of the unit `repo.code`, and so on; owners and administrators have all of them.
    pub units: BTreeMap<String, Level>,
    pub level: Option<Level>,
    pub members: Vec<i64>,
}

impl Team {
    pub fn unit(&self, name: &str) -> Level {
        self.level
            .or_else(|| self.units.get(name).copied())
            .unwrap_or(Level::None)
    }
}

#[derive(Clone, Debug)]
pub struct Label {
    pub id: u64,
    pub name: String,
    pub color: String,
    pub exclusive: bool,
    /// The repository, or the organisation.
    pub of: LabelOwner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelOwner {
    Repository(u64),
    Organisation(i64),
}

#[derive(Clone, Debug)]
pub struct Repository {
    pub id: u64,
    pub owner: i64,
    pub name: String,
    pub private: bool,
    pub internal: bool,
    pub archived: bool,
    pub dependencies: bool,
    pub issues_are: IssuesAre,
    pub actions: bool,
    /// Our account may not see runs of Actions.
    pub runs_hidden: bool,
    /// It follows another repository, and nobody can push to it.
    pub mirror: bool,
    /// Only people whom a rule names may push to `main`.
    pub protected: bool,
    pub collaborators: BTreeMap<i64, Level>,
    pub issues: BTreeMap<u64, Issue>,
    pub next_issue: u64,
    /// The default branch.
    pub branch: String,
    /// Oldest first, all on the default branch.
    pub commits: Vec<Commit>,
    /// Commits on no branch that we are asked about.
    pub elsewhere: Vec<Commit>,
    pub statuses: Vec<Status>,
    pub runs: Vec<Run>,
}

/// Where the issues of a repository are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuesAre {
    Here,
    /// In another tracker, to which people are sent.
    Elsewhere,
    Off,
}

#[derive(Clone, Debug)]
pub struct Issue {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: String,
    pub user: i64,
    /// Who wrote it elsewhere, when a migration entered it under `user`.
    pub original_author: String,
    /// The same of comments, by their ids.
    pub original_commenters: BTreeMap<u64, String>,
    pub open: bool,
    pub is_pull: bool,
    pub merged: Option<Merged>,
    pub labels: Vec<u64>,
    pub assignees: Vec<i64>,
    pub created: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    pub closed: Option<DateTime<Utc>>,
    pub entries: Vec<Entry>,
    /// How often the body was edited.
    pub content_version: u64,
    pub dependencies: Vec<Dependency>,
    pub locked: bool,
}

/// How a pull request was merged.
#[derive(Clone, Debug)]
pub struct Merged {
    pub by: i64,
    pub at: DateTime<Utc>,
    pub sha: String,
}

#[derive(Clone, Copy, Debug)]
pub enum Dependency {
    On {
        repository: u64,
        number: u64,
    },
    /// Somewhere the token can not look.
    Hidden,
}

/// One entry of a timeline.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: u64,
    pub user: i64,
    pub at: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Label {
        id: u64,
        added: bool,
    },
    Close,
    Reopen,
    Title {
        old: String,
        new: String,
    },
    Comment(String),
    CommitRef {
        sha: String,
        link: String,
    },
    Assign {
        who: i64,
        removed: bool,
    },
    /// A pull request of the same repository that says what it will do.
    PullRef {
        number: u64,
        action: &'static str,
        /// In a comment on it, and not in its own text.
        by_comment: bool,
    },
    /// A mention from a repository that the token can not see.
    Hidden,
    Other(&'static str),
}

#[derive(Clone, Debug)]
pub struct Commit {
    pub sha: String,
    pub message: String,
    pub author: String,
    pub account: i64,
    pub at: DateTime<Utc>,
    pub parents: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Status {
    pub id: u64,
    pub sha: String,
    pub context: String,
    pub status: String,
    pub target: String,
    pub description: String,
    pub creator: Option<i64>,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub struct Run {
    pub id: u64,
    pub sha: String,
    pub workflow: String,
    pub event: String,
    /// What it runs on: `refs/heads/main`.
    pub place: String,
    /// Their statuses have these names.
    pub jobs: Vec<String>,
    /// In the words of Forgejo.
    pub status: String,
    pub at: DateTime<Utc>,
}

pub struct State {
    pub clock: SandboxClock,
    pub accounts: Vec<Account>,
    pub repositories: BTreeMap<u64, Repository>,
    pub labels: Vec<Label>,
    pub teams: BTreeMap<i64, Vec<Team>>,
    /// Old full names, in lower case.
    pub former_names: BTreeMap<String, u64>,
    next: u64,
}

impl State {
    pub fn new(clock: SandboxClock) -> Self {
        Self {
            clock,
            accounts: Vec::new(),
            repositories: BTreeMap::new(),
            labels: Vec::new(),
            teams: BTreeMap::new(),
            former_names: BTreeMap::new(),
            next: 100,
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(0)
    }

    pub fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub fn account(&self, login: &str) -> &Account {
        self.find_account(login)
            .unwrap_or_else(|| panic!("nobody is called {login}"))
    }

    pub fn find_account(&self, login: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| !account.deleted && account.login.eq_ignore_ascii_case(login))
    }

    pub fn account_of(&self, id: i64) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.id == id && !account.deleted)
    }

    pub fn full_name(&self, repository: &Repository) -> String {
        let owner = self.account_of(repository.owner).expect("owners stay");
        format!("{}/{}", owner.login, repository.name)
    }

    pub fn repository(&self, full_name: &str) -> Option<&Repository> {
        self.repositories
            .values()
            .find(|repository| self.full_name(repository).eq_ignore_ascii_case(full_name))
    }

    pub fn repository_id(&self, full_name: &str) -> u64 {
        self.repository(full_name)
            .unwrap_or_else(|| panic!("there is no repository {full_name}"))
            .id
    }

    pub fn issue(&self, repository: u64, number: u64) -> Option<&Issue> {
        self.repositories[&repository].issues.get(&number)
    }

    pub fn issue_mut(&mut self, repository: u64, number: u64) -> &mut Issue {
        self.repositories
            .get_mut(&repository)
            .and_then(|repository| repository.issues.get_mut(&number))
            .unwrap_or_else(|| panic!("there is no issue {number}"))
    }

    pub fn owner_is_organisation(&self, repository: &Repository) -> bool {
        self.account_of(repository.owner)
            .is_some_and(|owner| owner.is_organisation)
    }

    pub fn teams_of(&self, repository: &Repository) -> &[Team] {
        self.teams.get(&repository.owner).map_or(&[], Vec::as_slice)
    }

    /// What somebody may really do with a unit.
    pub fn unit_level(&self, repository: &Repository, who: i64, unit: &str) -> Level {
        if repository.owner == who {
            return Level::Owner;
        }
        let direct = repository.collaborators.get(&who).copied();
        let by_team = self
            .teams_of(repository)
            .iter()
            .filter(|team| team.members.contains(&who))
            .map(|team| team.unit(unit))
            .max();
        let public = if repository.private {
            Level::None
        } else {
            Level::Read
        };
        direct.into_iter().chain(by_team).fold(public, Level::max)
    }

    /// Writes down what happened to an issue, which moves its time.
    pub fn record(&mut self, repository: u64, number: u64, user: i64, what: What) -> u64 {
        let (id, now) = (self.id(), self.now());
        let issue = self.issue_mut(repository, number);
        issue.entries.push(Entry {
            id,
            user,
            at: now,
            updated: now,
            what,
        });
        issue.updated = now;
        id
    }

    pub fn add_label(&mut self, repository: u64, number: u64, user: i64, label: u64) {
        if self.issue_mut(repository, number).labels.contains(&label) {
            return;
        }
        self.issue_mut(repository, number).labels.push(label);
        self.record(
            repository,
            number,
            user,
            What::Label {
                id: label,
                added: true,
            },
        );
    }

    pub fn remove_label(&mut self, repository: u64, number: u64, user: i64, label: u64) {
        let issue = self.issue_mut(repository, number);
        if !issue.labels.contains(&label) {
            return;
        }
        issue.labels.retain(|shown| *shown != label);
        self.record(
            repository,
            number,
            user,
            What::Label {
                id: label,
                added: false,
            },
        );
    }

    pub fn set_open(&mut self, repository: u64, number: u64, user: i64, open: bool) {
        let now = self.now();
        let issue = self.issue_mut(repository, number);
        if issue.open == open {
            return;
        }
        issue.open = open;
        issue.closed = (!open).then_some(now);
        let what = if open { What::Reopen } else { What::Close };
        self.record(repository, number, user, what);
    }

    pub fn new_label(&mut self, of: LabelOwner, name: &str, color: &str) -> u64 {
        let id = self.id();
        self.labels.push(Label {
            id,
            name: name.to_owned(),
            color: color.trim_start_matches('#').to_owned(),
            exclusive: false,
            of,
        });
        id
    }

    /// Labels of a repository, without the organisation's.
    pub fn labels_of(&self, repository: u64) -> Vec<&Label> {
        self.labels
            .iter()
            .filter(|label| label.of == LabelOwner::Repository(repository))
            .collect()
    }

    /// Labels that issues of a repository can have.
    pub fn usable_labels(&self, repository: u64) -> Vec<&Label> {
        let owner = self.repositories[&repository].owner;
        self.labels
            .iter()
            .filter(|label| {
                label.of == LabelOwner::Repository(repository)
                    || label.of == LabelOwner::Organisation(owner)
            })
            .collect()
    }

    pub fn label(&self, id: u64) -> Option<&Label> {
        self.labels.iter().find(|label| label.id == id)
    }

    pub fn open_issue(&mut self, repository: u64, user: i64, title: &str, body: &str) -> u64 {
        let (id, now) = (self.id(), self.now());
        let home = self.repositories.get_mut(&repository).expect("it is there");
        let number = home.next_issue;
        home.next_issue += 1;
        home.issues.insert(
            number,
            Issue {
                id,
                number,
                title: title.to_owned(),
                body: body.to_owned(),
                user,
                original_author: String::new(),
                original_commenters: BTreeMap::new(),
                open: true,
                is_pull: false,
                merged: None,
                labels: Vec::new(),
                assignees: Vec::new(),
                created: now,
                updated: now,
                closed: None,
                entries: Vec::new(),
                content_version: 0,
                dependencies: Vec::new(),
                locked: false,
            },
        );
        number
    }
}
