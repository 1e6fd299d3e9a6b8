//! What the bulk read refuses, and the last look before the first turn.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::*;
use crate::domain::config::{Labels, TrustConfig};
use crate::domain::issue::{
    Actor, Assignment, Blocker, BlockerState, BodyEdits, Comment, Edit, IssueState, LabelChange,
    LabelEvent, OwnAccount, Parent, ParentIssue, Permission, PermissionFact, StateChange,
    StateEvent, Unworkable, ViaApp, Visibility,
};
use crate::domain::repository::{ForgeKind, IssueNumber, RepoRef};

const READY: &str = "ready-for-agent";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

fn alice() -> Actor {
    Actor::User {
        login: "alice".to_owned(),
        id: Some(1),
    }
}

fn mallory() -> Actor {
    Actor::User {
        login: "mallory".to_owned(),
        id: Some(2),
    }
}

struct World {
    labels: Labels,
    trust: TrustConfig,
    own_account: OwnAccount,
    repository: RepositoryFacts,
    permissions: Permissions,
    enrolled: Vec<RepoRef>,
    public_allowed: bool,
    now: DateTime<Utc>,
}

impl World {
    fn new() -> Self {
        let mut permissions = Permissions::default();
        for (login, id, permission) in [
            ("alice", 1, Permission::Write),
            ("mallory", 2, Permission::Read),
        ] {
            permissions.insert(login, PermissionFact::Known { id, permission });
        }
        Self {
            labels: Labels {
                ready: READY.to_owned(),
                in_progress: "agent-in-progress".to_owned(),
                ready_for_human: "ready-for-human".to_owned(),
                hold: BTreeSet::from(["needs-info".to_owned()]),
            },
            trust: TrustConfig {
                allow_public: BTreeSet::new(),
                trusted_apps: BTreeSet::new(),
                trusted_people: BTreeSet::new(),
                agent_accounts: BTreeSet::new(),
            },
            own_account: OwnAccount {
                login: "afk-bot".to_owned(),
                id: Some(9),
            },
            repository: RepositoryFacts {
                archived: false,
                unworkable: None,
                visibility: Visibility::Private,
            },
            permissions,
            enrolled: vec![RepoRef::parse("o/r", ForgeKind::GitHub).unwrap()],
            public_allowed: false,
            now: at(3_600),
        }
    }

    fn rules(&self) -> GateRules<'_> {
        GateRules {
            labels: &self.labels,
            trust: &self.trust,
            forge: ForgeKind::GitHub,
            public_allowed: self.public_allowed,
            quiet: TimeDelta::seconds(300),
            settle: TimeDelta::seconds(60),
            own_account: &self.own_account,
            lock_brakes: true,
            enrolled: &self.enrolled,
            text_budget: 120_000,
            now: self.now,
        }
    }

    fn judge(&self, issue: &IssueFacts) -> GateVerdict {
        let authorisation = Authorisation::new("LE_1").unwrap();
        judge(
            &GateFacts {
                repository: &self.repository,
                issue,
                permissions: &self.permissions,
                authorisation: &authorisation,
            },
            &self.rules(),
        )
    }

    /// The codes of the last look at `now`, after `checked` had passed.
    fn changes(&self, checked: &IssueFacts, now: &IssueFacts) -> Vec<ReasonCode> {
        let GateVerdict::Trusted(text) = self.judge(checked) else {
            panic!("the first reading passes");
        };
        let authorisation = Authorisation::new("LE_1").unwrap();
        let facts = GateFacts {
            repository: &self.repository,
            issue: now,
            permissions: &self.permissions,
            authorisation: &authorisation,
        };
        let sent = judge_again(&Checked::new(checked.clone(), &text), &facts, &self.rules());
        match sent {
            Ok(sent) => {
                assert_eq!(sent.as_str(), text.as_str(), "what is sent was checked");
                Vec::new()
            }
            Err(reasons) => {
                assert!(!reasons.is_empty());
                reasons.into_iter().map(|reason| reason.code).collect()
            }
        }
    }
}

fn event(id: &str, label: &str, change: LabelChange, seconds: i64) -> LabelEvent {
    LabelEvent {
        id: Authorisation::new(id).unwrap(),
        at: at(seconds),
        change,
        label: label.to_owned(),
        actor: alice(),
        via_app: ViaApp::No,
    }
}

fn comment(author: Actor, body: &str) -> Comment {
    Comment {
        author,
        created_at: at(-60),
        last_edit: None,
        earlier_editors: Some(Vec::new()),
        minimised: false,
        by_mail: false,
        body: body.to_owned(),
    }
}

fn issue() -> IssueFacts {
    IssueFacts {
        number: IssueNumber(1),
        url: "https://github.com/o/r/issues/1".to_owned(),
        title: "title".to_owned(),
        body: "body\n\nBlocked by #4".to_owned(),
        author: mallory(),
        created_at: at(-9_000),
        state: IssueState::Open,
        state_events: Vec::new(),
        is_pull_request: false,
        labels: vec![READY.to_owned()],
        label_events: vec![event("LE_1", READY, LabelChange::Added, 0)],
        renames: Vec::new(),
        transfers: Vec::new(),
        body_edits: BodyEdits::Never,
        comments: vec![comment(alice(), "context"), comment(mallory(), "me too")],
        blockers: vec![Blocker {
            name: "o/r#4".to_owned(),
            state: BlockerState::Closed,
        }],
        open_native_blockers: Some(0),
        listed_open_native_blockers: 0,
        assignees: Vec::new(),
        open_sub_issues: Some(0),
        rivals: Vec::new(),
        parent: Parent::Read(Box::new(ParentIssue {
            name: "o/r#3".to_owned(),
            repo: RepoRef::parse("o/r", ForgeKind::GitHub).ok(),
            title: "parent".to_owned(),
            body: "all of it".to_owned(),
            author: alice(),
            editors: Vec::new(),
            editors_complete: true,
        })),
        gaps: Vec::new(),
    }
}

/// What the second reading does not ask for.
fn read_again() -> IssueFacts {
    let mut now = issue();
    now.label_events[0].via_app = ViaApp::Unknown;
    now.blockers.clear();
    now.parent = Parent::None;
    now
}

fn last_look(bend: impl Fn(&mut IssueFacts)) -> Vec<ReasonCode> {
    let mut now = read_again();
    bend(&mut now);
    World::new().changes(&issue(), &now)
}

#[test]
fn an_issue_that_stayed_the_same_goes_on() {
    assert_eq!(last_look(|_| {}), []);
}

#[test]
fn what_does_not_reach_the_agent_does_not_matter() {
    assert_eq!(last_look(|now| now.labels.push("bug".to_owned())), []);
    assert_eq!(
        last_look(|now| {
            let bug = event("LE_2", "bug", LabelChange::Added, 1);
            now.label_events.push(bug);
        }),
        []
    );
    assert_eq!(
        last_look(|now| now.comments.push(comment(mallory(), "hurry"))),
        []
    );
    assert_eq!(
        last_look(|now| {
            now.comments.pop();
        }),
        []
    );
}

#[test]
fn every_change_that_matters_is_named() {
    use ReasonCode::{
        AssignedSince, Blocked, EditedSince, FactsIncomplete, HandedBack, HasSubIssues,
        LabelRemoved, LockLabel, NotOpen, OnHold, PermissionUnknown, Transferred, Voided,
    };
    assert_eq!(last_look(|now| now.state = IssueState::Closed), [NotOpen]);
    assert_eq!(last_look(|now| now.is_pull_request = true), [NotOpen]);
    assert_eq!(
        last_look(|now| now.state = IssueState::Unknown("ODD".to_owned())),
        [FactsIncomplete]
    );
    assert_eq!(last_look(|now| now.title.push('!')), [EditedSince]);
    assert_eq!(last_look(|now| now.body.insert(0, '!')), [EditedSince]);
    assert_eq!(
        last_look(|now| now.comments[0].body.push('!')),
        [EditedSince]
    );
    assert_eq!(last_look(|now| now.comments.clear()), [EditedSince]);
    assert_eq!(
        last_look(|now| now.comments[0].minimised = true),
        [EditedSince]
    );
    assert_eq!(
        last_look(|now| now.comments.push(comment(alice(), "the brief"))),
        [EditedSince]
    );
    assert_eq!(
        last_look(|now| now.labels.push("Ready-For-Human".to_owned())),
        [HandedBack]
    );
    assert_eq!(
        last_look(|now| now.labels.push("agent-in-progress".to_owned())),
        [LockLabel]
    );
    assert_eq!(
        last_look(|now| now.labels.push("needs-info".to_owned())),
        [OnHold]
    );
    assert_eq!(last_look(|now| now.labels.clear()), [LabelRemoved]);
    assert_eq!(
        last_look(|now| now.labels = vec!["Ready-For-Agent".to_owned()]),
        [LabelRemoved]
    );
    for (id, change) in [("LE_2", LabelChange::Added), ("LE_2", LabelChange::Removed)] {
        assert_eq!(
            last_look(|now| now.label_events.push(event(id, READY, change, 9))),
            [LabelRemoved]
        );
    }
    assert_eq!(
        last_look(|now| now.label_events.clear()),
        [ReasonCode::NoLabelEvent]
    );
    assert_eq!(last_look(|now| now.transfers.push(at(9))), [Transferred]);
    assert_eq!(
        last_look(|now| {
            for (change, seconds) in [(StateChange::Closed, 9), (StateChange::Reopened, 10)] {
                now.state_events.push(StateEvent {
                    at: at(seconds),
                    change,
                    actor: alice(),
                });
            }
        }),
        [Voided]
    );
    assert_eq!(
        last_look(|now| now.assignees.push(Assignment {
            assignee: alice(),
            since: Some(at(9)),
        })),
        [AssignedSince]
    );
    assert_eq!(
        last_look(|now| now.open_sub_issues = Some(1)),
        [HasSubIssues]
    );
    assert_eq!(
        last_look(|now| now.open_native_blockers = Some(1)),
        [Blocked]
    );
    assert_eq!(
        last_look(|now| now.gaps.push("a gap".to_owned())),
        [FactsIncomplete]
    );
    let edit_by = |login: &str| Edit {
        at: at(9),
        editor: Actor::User {
            login: login.to_owned(),
            id: Some(2),
        },
    };
    assert_eq!(
        last_look(|now| now.renames.push(edit_by("mallory"))),
        [EditedSince]
    );
    assert_eq!(
        last_look(|now| {
            now.renames.push(edit_by("newcomer"));
            now.title.push('!');
        }),
        [EditedSince]
    );
    // Who changed it is said once, and what else refuses is said as well.
    assert_eq!(
        last_look(|now| {
            now.renames.push(edit_by("mallory"));
            now.title.push('!');
        }),
        [EditedSince]
    );
    assert_eq!(
        last_look(|now| {
            now.labels.push("needs-info".to_owned());
            now.title.push('!');
        }),
        [OnHold, EditedSince]
    );
    // Somebody whom nobody looked up is looked up by the next tick.
    assert_eq!(
        last_look(|now| now.renames.push(edit_by("newcomer"))),
        [PermissionUnknown]
    );
}

#[test]
fn an_app_is_remembered_for_the_same_event_of_the_same_person_only() {
    let other = last_look(|now| now.label_events[0].actor = mallory());
    assert_eq!(
        other,
        [ReasonCode::FactsIncomplete, ReasonCode::PermissionTooLow]
    );
}

fn at_sight(
    bend: impl Fn(&mut World, &mut Vec<String>, &mut Option<DateTime<Utc>>, &mut Option<u64>),
) -> Vec<String> {
    let mut world = World::new();
    let mut labels = vec![READY.to_owned(), "bug".to_owned()];
    let (mut labelled_at, mut open_sub_issues) = (Some(at(0)), Some(0));
    bend(
        &mut world,
        &mut labels,
        &mut labelled_at,
        &mut open_sub_issues,
    );
    refused_at_sight(
        &Sight {
            repository: &world.repository,
            labels: &labels,
            labelled_at,
            open_sub_issues,
            open_blockers: None,
            blockers: &[],
            assignees: &[],
            rivals: &[],
        },
        &world.rules(),
    )
    .iter()
    .map(ToString::to_string)
    .collect()
}

#[test]
fn the_bulk_read_refuses_what_it_shows_and_nothing_else() {
    let nothing: [String; 0] = [];
    assert_eq!(at_sight(|_, _, _, _| {}), nothing);
    assert_eq!(
        at_sight(|_, _, labelled, open| (*labelled, *open) = (None, None)),
        nothing
    );
    assert_eq!(
        at_sight(|_, labels, _, _| labels.push("Ready-for-Human".to_owned())),
        ["handed-back (shows 'Ready-for-Human')"]
    );
    assert_eq!(
        at_sight(|_, labels, _, _| labels.push("Needs-Info".to_owned())),
        ["on-hold (shows 'Needs-Info')"]
    );
    assert_eq!(
        at_sight(|_, _, _, open| *open = Some(3)),
        ["has-sub-issues (3 sub-issues are open)"]
    );
    assert_eq!(
        at_sight(|world, _, _, _| world.now = at(30)),
        ["settling (labelled 30 s ago; 30 s more for blockers and a brief to arrive)"]
    );
    assert_eq!(
        at_sight(|world, _, _, _| world.repository.archived = true),
        ["archived"]
    );
    assert_eq!(
        at_sight(|world, _, _, _| world.repository.unworkable = Some(Unworkable::Mirror)),
        ["archived (it is a mirror: nobody can push to it)"]
    );
    assert_eq!(
        at_sight(|world, _, _, _| world.repository.unworkable = Some(Unworkable::Empty)),
        ["archived (it is empty: there is no branch to work on)"]
    );
    assert_eq!(
        at_sight(|world, _, _, _| world.repository.visibility = Visibility::Public),
        ["public-repository (the repository is public)"]
    );
}

/// Whatever is refused at sight, the full judgement refuses with the same code.
#[test]
fn what_is_refused_at_sight_is_refused_by_the_judgement() {
    let mut world = World::new();
    world.now = at(30);
    world.repository = RepositoryFacts {
        archived: true,
        unworkable: None,
        visibility: Visibility::Public,
    };
    let mut facts = issue();
    facts.labels.push("ready-for-human".to_owned());
    facts.labels.push("needs-info".to_owned());
    facts.open_sub_issues = Some(2);
    facts.blockers.push(Blocker {
        name: "o/r#9".to_owned(),
        state: BlockerState::Open,
    });
    facts.open_native_blockers = Some(3);
    facts.listed_open_native_blockers = 1;
    facts.assignees.push(Assignment {
        assignee: Actor::User {
            login: "dora".to_owned(),
            id: Some(4),
        },
        since: Some(at(1)),
    });
    for author in [
        Actor::Gone,
        Actor::Bot {
            slug: "renovate".to_owned(),
            id: None,
        },
    ] {
        facts.rivals.push(Rival {
            name: "o/r#12".to_owned(),
            author,
        });
    }
    let sight = Sight {
        repository: &world.repository,
        labels: &facts.labels,
        labelled_at: Some(at(0)),
        open_sub_issues: facts.open_sub_issues,
        open_blockers: facts.open_native_blockers,
        blockers: &facts.blockers,
        assignees: &facts.assignees,
        rivals: &facts.rivals,
    };
    let GateVerdict::Refused(refusal) = world.judge(&facts) else {
        panic!();
    };
    let reasons = refused_at_sight(&sight, &world.rules());
    assert_eq!(reasons.len(), 10);
    for reason in reasons {
        assert!(refusal.reasons().contains(&reason), "{reason}");
    }
}

#[test]
fn what_was_checked_is_known_by_its_digests() {
    let GateVerdict::Trusted(text) = World::new().judge(&issue()) else {
        panic!("it passes");
    };
    let with = |title: &str, body: &str| IssueFacts {
        title: title.to_owned(),
        body: body.to_owned(),
        ..issue()
    };
    let checked = Checked::new(with("ab", "c"), &text);
    assert_eq!(checked.facts().body, "", "long texts are not kept");
    assert!(checked.has_source_of(&with("ab", "c")));
    for (title, body) in [
        ("a", "bc"),
        ("abc", ""),
        ("ab", "C"),
        ("", "abc"),
        ("c", "ab"),
    ] {
        assert!(!checked.has_source_of(&with(title, body)), "{title}|{body}");
    }
    assert!(checked.froze(&text));
}
