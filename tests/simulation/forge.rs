//! The forge's memory: repositories, issues with their histories, commits with their checks.
//!
//! Holds what really is. What a caller is shown of it, how late and how wrong, is decided where the ports are.

use std::collections::{BTreeMap, BTreeSet};

use afk::domain::identity::{Authorisation, RepositoryId, RepositoryKey};
use afk::domain::issue::{
    Actor, Assignment, Blocker, BlockerState, BodyEdits, Edit, IssueFacts, IssueState, LabelChange,
    LabelEvent, OwnAccount, Parent, Permission, RepositoryFacts, Rival, StateChange, StateEvent,
    ViaApp, Visibility,
};
use afk::domain::repository::{ForgeKind, IssueNumber, RepoRef};
use afk::domain::verdict::ci::CommitSha;
use afk::tracker::{
    Closer, IssueEvent, IssueEventKind, IssueReading, OwnComment, ReadyIssue, Repository,
};
use chrono::{DateTime, SubsecRound, Utc};

use super::commits::Commit;

pub const READY: &str = "ready-for-agent";
pub const LOCK: &str = "agent-in-progress";
pub const HUMAN: &str = "ready-for-human";
pub const OWN_LOGIN: &str = "afk-bot";
/// The forge of a repository: the first is on another one than the others.
pub const fn forge_of(repo: usize) -> ForgeKind {
    if repo == 0 {
        ForgeKind::Forgejo
    } else {
        ForgeKind::GitHub
    }
}

/// Where a forge is.
pub const fn host(forge: ForgeKind) -> &'static str {
    match forge {
        ForgeKind::GitHub => "github.com",
        ForgeKind::Forgejo => "forge.example.org",
    }
}

/// Everybody who may do something, with the id of the account.
pub const PEOPLE: [(&str, u64); 6] = [
    ("alice", 11),
    ("bob", 12),
    ("tina", 13),
    ("rita", 14),
    ("mallory", 15),
    (AGENT, 16),
];

/// An account that agents use; it may push.
pub const AGENT: &str = "robo";

/// A label that holds an issue back.
pub const HOLD: &str = "needs-info";

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Person(&'static str),
    /// An App, by itself.
    App(&'static str),
    /// An App, for a person.
    Through(&'static str, &'static str),
    Us,
    Deleted,
}

impl By {
    pub fn actor(self) -> Actor {
        let user = |login: &str| Actor::User {
            login: login.to_owned(),
            id: PEOPLE
                .iter()
                .find(|(known, _)| *known == login)
                .map(|(_, id)| *id)
                .or((login == OWN_LOGIN).then_some(99)),
        };
        match self {
            Self::Person(login) | Self::Through(_, login) => user(login),
            Self::App(slug) => Actor::Bot {
                slug: slug.to_owned(),
                id: Some(500),
            },
            Self::Us => user(OWN_LOGIN),
            Self::Deleted => Actor::Gone,
        }
    }

    fn via(self) -> ViaApp {
        match self {
            Self::Through(app, _) => ViaApp::App(app.to_owned()),
            Self::Person(_) | Self::App(_) | Self::Us | Self::Deleted => ViaApp::No,
        }
    }
}

/// Something that happened to an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Labeled(String),
    Unlabeled(String),
    Closed(Option<CommitSha>),
    Reopened,
    Renamed,
    Edited,
    Transferred,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: u64,
    pub at: DateTime<Utc>,
    pub by: By,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub id: String,
    pub by: By,
    pub body: String,
    pub at: DateTime<Utc>,
    pub edited_by_other: bool,
}

/// What a person or an App said on an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Part of its text, and of no other.
    pub mark: String,
    pub by: By,
    pub at: DateTime<Utc>,
    pub minimised: bool,
    pub edited: Option<(By, DateTime<Utc>)>,
}

impl Remark {
    fn comment(&self) -> afk::domain::issue::Comment {
        afk::domain::issue::Comment {
            author: self.by.actor(),
            created_at: self.at.trunc_subsecs(0),
            last_edit: self.edited.map(|(by, at)| Edit {
                at: at.trunc_subsecs(0),
                editor: by.actor(),
            }),
            earlier_editors: Some(Vec::new()),
            minimised: self.minimised,
            by_mail: false,
            body: format!("Agent brief {}.", self.mark),
        }
    }
}

/// What blocks an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockedOn {
    Issue(u64),
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub number: u64,
    pub author: &'static str,
    /// How often the text was changed; part of the text.
    pub version: u32,
    pub open: bool,
    pub pull_request: bool,
    pub gone: bool,
    pub hidden: bool,
    pub long: bool,
    /// How often it was read while its text was too long.
    pub long_looks: u32,
    pub labels: BTreeSet<String>,
    pub events: Vec<Event>,
    pub comments: Vec<Comment>,
    /// What others than we said.
    pub remarks: Vec<Remark>,
    /// Who is assigned, and since when.
    pub assigned: BTreeMap<&'static str, DateTime<Utc>>,
    /// The issues that it was split into.
    pub parts: BTreeSet<u64>,
    /// Who has an open pull request that will close it.
    pub rivals: BTreeSet<&'static str>,
    pub blocked_on: Option<BlockedOn>,
    /// Comments are refused for good: the conversation is locked, or full.
    pub refuses_comments: bool,
    /// Every write is refused for good.
    pub refuses_writes: bool,
}

impl Issue {
    pub fn new(number: u64, author: &'static str) -> Self {
        Self {
            number,
            author,
            version: 1,
            open: true,
            pull_request: false,
            gone: false,
            hidden: false,
            long: false,
            long_looks: 0,
            labels: BTreeSet::new(),
            events: Vec::new(),
            comments: Vec::new(),
            remarks: Vec::new(),
            assigned: BTreeMap::new(),
            parts: BTreeSet::new(),
            rivals: BTreeSet::new(),
            blocked_on: None,
            refuses_comments: false,
            refuses_writes: false,
        }
    }

    /// A text that no other issue, and no other version of this one, has.
    pub fn mark(&self, repo: usize) -> String {
        format!("TEXT-{repo}-{}-v{}-", self.number, self.version)
    }

    pub fn body(&self, repo: usize) -> String {
        let mut body = format!("Please do {}.", self.mark(repo));
        if self.hidden {
            body.push_str(" Also\u{202e} this.");
        }
        match self.blocked_on {
            Some(BlockedOn::Issue(number)) => body.push_str(&format!("\n\nBlocked by #{number}")),
            Some(BlockedOn::Unknown) => body.push_str("\n\nBlocked by #9999"),
            None => {}
        }
        if self.long {
            // Code is what is read quickest; each character of this alphabet has the length of two.
            body.push_str("\n\n```\n");
            body.extend(std::iter::repeat_n('\u{1d54f}', 60_500));
            body.push_str("\n```");
        }
        body
    }

    pub fn shows(&self, label: &str) -> bool {
        self.labels.contains(label)
    }

    /// The newest change of the ready label.
    pub fn newest_ready(&self) -> Option<&Event> {
        self.events.iter().rev().find(|event| match &event.what {
            What::Labeled(label) | What::Unlabeled(label) => label == READY,
            What::Closed(_) | What::Reopened | What::Renamed | What::Edited | What::Transferred => {
                false
            }
        })
    }

    /// The labelling that is in force.
    pub fn authorisation(&self) -> Option<&Event> {
        self.newest_ready()
            .filter(|event| matches!(event.what, What::Labeled(_)))
    }
}

pub fn event_id(id: u64) -> Authorisation {
    Authorisation::new(&format!("LE_{id}")).unwrap()
}

pub struct Repo {
    pub index: usize,
    pub name: RepoRef,
    pub id: u64,
    pub key: RepositoryKey,
    /// The name it has now, when it was renamed.
    pub moved_to: Option<String>,
    /// Nobody can read or write it any more: deleted, or taken from our token.
    pub lost: bool,
    pub private: bool,
    pub archived: bool,
    pub permissions: BTreeMap<&'static str, Permission>,
    pub issues: BTreeMap<u64, Issue>,
    /// Each issue before its last change, which lagging lists still show.
    pub before: BTreeMap<u64, Issue>,
    pub commits: Vec<Commit>,
}

impl Repo {
    /// What it is called today.
    pub fn name_today(&self) -> RepoRef {
        match &self.moved_to {
            Some(name) => RepoRef::parse(name, self.name.forge()).unwrap(),
            None => self.name.clone(),
        }
    }

    const fn host(&self) -> &'static str {
        host(forge_of(self.index))
    }

    /// Whether it is called so today.
    pub fn is_called(&self, name: &RepoRef) -> bool {
        self.name_today() == *name
    }

    /// Whether it ever had this name.
    pub fn was_called(&self, name: &RepoRef) -> bool {
        let other = format!("org/moved{}", self.index);
        self.name == *name || name.full_name() == other
    }

    pub fn new(index: usize) -> Self {
        let id = 100 + index as u64;
        let forge = forge_of(index);
        Self {
            index,
            name: RepoRef::parse(&format!("org/repo{index}"), forge).unwrap(),
            id,
            key: RepositoryKey::new(forge, host(forge), RepositoryId(id)),
            moved_to: None,
            lost: false,
            private: true,
            archived: false,
            permissions: [
                ("alice", Permission::Write),
                ("bob", Permission::Admin),
                ("tina", Permission::Triage),
                ("rita", Permission::Read),
                ("mallory", Permission::None),
                (AGENT, Permission::Write),
            ]
            .into(),
            issues: BTreeMap::new(),
            before: BTreeMap::new(),
            commits: Vec::new(),
        }
    }

    pub fn repository(&self) -> Repository {
        Repository {
            repo: self.name_today(),
            key: self.key.clone(),
            id: RepositoryId(self.id),
            host: self.host().to_owned(),
            facts: RepositoryFacts {
                archived: self.archived,
                unworkable: None,
                visibility: if self.private {
                    Visibility::Private
                } else {
                    Visibility::Public
                },
            },
            default_branch: Some("main".to_owned()),
            clone_url: format!("https://{}/{}.git", self.host(), self.name.full_name()),
            own_account: OwnAccount {
                login: OWN_LOGIN.to_owned(),
                id: Some(99),
            },
        }
    }

    /// An issue that lists may show.
    pub fn listed(&self, number: u64, lagging: bool) -> Option<&Issue> {
        let now = self.issues.get(&number)?;
        let shown = if lagging {
            self.before.get(&number).unwrap_or(now)
        } else {
            now
        };
        (!shown.gone && !shown.pull_request).then_some(shown)
    }

    pub fn ready(&self, number: u64, lagging: bool) -> Option<ReadyIssue> {
        let issue = self.listed(number, lagging)?;
        (issue.open && issue.shows(READY)).then(|| ReadyIssue {
            number: IssueNumber(number),
            labels: issue.labels.iter().cloned().collect(),
            authorisation: issue.authorisation().map(|event| event_id(event.id)),
            labelled_at: issue.authorisation().map(|event| event.at.trunc_subsecs(0)),
            edited_at: None,
            open_sub_issues: Some(self.open_parts(issue)),
            open_blockers: None,
            blockers: Vec::new(),
            assignees: Vec::new(),
            rivals: Vec::new(),
        })
    }

    /// How many issues of those that it was split into are open.
    pub fn open_parts(&self, issue: &Issue) -> u64 {
        let is_open = |number: &&u64| {
            let part = self.issues.get(number);
            part.is_some_and(|part| part.open && !part.gone)
        };
        issue.parts.iter().filter(is_open).count() as u64
    }

    pub fn url(&self, number: u64) -> String {
        format!(
            "https://{}/{}/issues/{number}",
            self.host(),
            self.name.full_name()
        )
    }

    /// Everything that the gate asks about an issue.
    pub fn facts(&self, issue: &Issue) -> IssueFacts {
        let second = |at: DateTime<Utc>| at.trunc_subsecs(0);
        let of_kind = |wanted: &What| {
            let wanted = wanted.clone();
            issue
                .events
                .iter()
                .filter(move |event| event.what == wanted)
        };
        let edits: Vec<Edit> = of_kind(&What::Edited)
            .map(|event| Edit {
                at: second(event.at),
                editor: event.by.actor(),
            })
            .collect();
        IssueFacts {
            number: IssueNumber(issue.number),
            url: self.url(issue.number),
            title: format!("Issue {}", issue.number),
            body: issue.body(self.index),
            author: By::Person(issue.author).actor(),
            // Long before anything that is told.
            created_at: DateTime::UNIX_EPOCH,
            state: state_of(issue),
            state_events: issue
                .events
                .iter()
                .filter_map(|event| {
                    let change = match &event.what {
                        What::Closed(_) => StateChange::Closed,
                        What::Reopened => StateChange::Reopened,
                        What::Labeled(_)
                        | What::Unlabeled(_)
                        | What::Renamed
                        | What::Edited
                        | What::Transferred => return None,
                    };
                    Some(StateEvent {
                        at: second(event.at),
                        change,
                        actor: event.by.actor(),
                    })
                })
                .collect(),
            is_pull_request: issue.pull_request,
            labels: issue.labels.iter().cloned().collect(),
            label_events: issue
                .events
                .iter()
                .filter_map(|event| {
                    let (change, label) = match &event.what {
                        What::Labeled(label) => (LabelChange::Added, label),
                        What::Unlabeled(label) => (LabelChange::Removed, label),
                        What::Closed(_)
                        | What::Reopened
                        | What::Renamed
                        | What::Edited
                        | What::Transferred => return None,
                    };
                    Some(LabelEvent {
                        id: event_id(event.id),
                        at: second(event.at),
                        change,
                        label: label.clone(),
                        actor: event.by.actor(),
                        via_app: event.by.via(),
                    })
                })
                .collect(),
            renames: of_kind(&What::Renamed)
                .map(|event| Edit {
                    at: second(event.at),
                    editor: event.by.actor(),
                })
                .collect(),
            transfers: of_kind(&What::Transferred)
                .map(|event| second(event.at))
                .collect(),
            body_edits: match edits.last() {
                None => BodyEdits::Never,
                Some(last) => BodyEdits::Edited {
                    last_at: last.at,
                    listed: edits.clone(),
                    complete: true,
                },
            },
            comments: issue.remarks.iter().map(Remark::comment).collect(),
            blockers: issue
                .blocked_on
                .iter()
                .map(|blocker| self.blocker(*blocker))
                .collect(),
            open_native_blockers: Some(0),
            listed_open_native_blockers: 0,
            assignees: issue
                .assigned
                .iter()
                .map(|(login, since)| Assignment {
                    assignee: By::Person(login).actor(),
                    since: Some(second(*since)),
                })
                .collect(),
            open_sub_issues: Some(self.open_parts(issue)),
            rivals: issue
                .rivals
                .iter()
                .map(|login| Rival {
                    name: format!("{}#90", self.name.full_name()),
                    author: By::Person(login).actor(),
                })
                .collect(),
            parent: Parent::None,
            gaps: Vec::new(),
        }
    }

    fn blocker(&self, blocker: BlockedOn) -> Blocker {
        let (number, state) = match blocker {
            BlockedOn::Issue(number) => (
                number,
                match self.issues.get(&number) {
                    Some(issue) if issue.gone => BlockerState::Unresolved("gone".to_owned()),
                    Some(issue) if issue.open => BlockerState::Open,
                    Some(_) => BlockerState::Closed,
                    None => BlockerState::Unresolved("no such issue".to_owned()),
                },
            ),
            BlockedOn::Unknown => (9999, BlockerState::Unresolved("no such issue".to_owned())),
        };
        Blocker {
            name: format!("{}#{number}", self.name.full_name()),
            state,
        }
    }

    /// What the watcher is shown of an issue.
    pub fn reading(&self, issue: &Issue) -> IssueReading {
        let at = |at: DateTime<Utc>| at.trunc_subsecs(0);
        IssueReading {
            number: IssueNumber(issue.number),
            url: self.url(issue.number),
            title: format!("Issue {}", issue.number),
            state: state_of(issue),
            labels: issue.labels.iter().cloned().collect(),
            events: issue
                .events
                .iter()
                .filter_map(|event| {
                    let kind = match &event.what {
                        What::Labeled(label) => IssueEventKind::LabelAdded {
                            label: label.clone(),
                            id: Some(event_id(event.id)),
                        },
                        What::Unlabeled(label) => IssueEventKind::LabelRemoved {
                            label: label.clone(),
                        },
                        What::Closed(commit) => IssueEventKind::Closed(match commit {
                            Some(sha) => Closer::Commit(sha.clone()),
                            None => Closer::Actor,
                        }),
                        What::Reopened => IssueEventKind::Reopened,
                        What::Renamed | What::Edited | What::Transferred => return None,
                    };
                    Some(IssueEvent {
                        at: at(event.at),
                        actor: event.by.actor(),
                        by_us: event.by == By::Us,
                        kind,
                    })
                })
                .collect(),
            own_comments: issue
                .comments
                .iter()
                .filter(|comment| comment.by == By::Us)
                .map(|comment| OwnComment {
                    id: comment.id.clone(),
                    body: comment.body.clone(),
                    created_at: at(comment.at),
                    edited_by_other: comment.edited_by_other,
                })
                .collect(),
            gaps: Vec::new(),
            comments_incomplete: false,
        }
    }
}

pub fn state_of(issue: &Issue) -> IssueState {
    if issue.open {
        IssueState::Open
    } else {
        IssueState::Closed
    }
}
