//! The world of the histories: people, an issue, and what can happen to it.
//!
//! The common case: `rex`, who may only read, opened the issue; `grace`, who may push, labelled it.

pub(super) use std::collections::BTreeSet;

pub(super) use chrono::{DateTime, TimeDelta, Utc};

pub(super) use crate::domain::config::{Labels, TrustConfig};
pub(super) use crate::domain::identity::Authorisation;
pub(super) use crate::domain::issue::{
    Actor, Assignment, Blocker, BlockerState, BodyEdits, Comment, Edit, IssueFacts, IssueState,
    LabelChange, LabelEvent, OwnAccount, Parent, ParentIssue, Permission, PermissionFact,
    Permissions, RepositoryFacts, Rival, StateChange, StateEvent, ViaApp, Visibility,
};
pub(super) use crate::domain::repository::{ForgeKind, IssueNumber, RepoRef};
pub(super) use crate::domain::start::eligibility::{
    judge, people_to_ask, refused_so_far, refused_without_people, writers_to_ask,
};
pub(super) use crate::domain::start::frozen_text::FrozenText;
pub(super) use crate::domain::start::trust_gate::{GateFacts, GateRules, GateVerdict, Refusal};

pub(super) const READY: &str = "ready-for-agent";

/// Seconds after the labelling.
pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + TimeDelta::seconds(seconds)
}

pub(super) fn repo(full_name: &str) -> RepoRef {
    RepoRef::parse(full_name, ForgeKind::GitHub).unwrap()
}

pub(super) fn user(login: &str, id: u64) -> Actor {
    Actor::User {
        login: login.to_owned(),
        id: Some(id),
    }
}

pub(super) fn bot(slug: &str) -> Actor {
    Actor::Bot {
        slug: slug.to_owned(),
        id: Some(500),
    }
}

/// May push; labels.
pub(super) fn grace() -> Actor {
    user("grace", 2)
}

/// May push as well.
pub(super) fn ada() -> Actor {
    user("ada", 1)
}

/// May only label and edit issues.
pub(super) fn tim() -> Actor {
    user("tim", 20)
}

/// May only read; opened the issue.
pub(super) fn rex() -> Actor {
    user("rex", 30)
}

/// Nobody could look him up.
pub(super) fn uwe() -> Actor {
    user("uwe", 40)
}

/// May push; agents use it.
pub(super) fn robo() -> Actor {
    user("robo", 50)
}

/// The forge can not tell what she may.
pub(super) fn amy() -> Actor {
    user("amy", 60)
}

/// The account that our token belongs to.
pub(super) fn ourselves() -> Actor {
    user("afk-runner", 99)
}

pub(super) struct Story {
    pub(super) repository: RepositoryFacts,
    pub(super) issue: IssueFacts,
    pub(super) permissions: Permissions,
    pub(super) authorisation: Authorisation,
    pub(super) labels: Labels,
    pub(super) trust: TrustConfig,
    pub(super) forge: ForgeKind,
    pub(super) public_allowed: bool,
    pub(super) quiet: TimeDelta,
    pub(super) settle: TimeDelta,
    pub(super) now: DateTime<Utc>,
    pub(super) lock_brakes: bool,
    pub(super) enrolled: Vec<RepoRef>,
    pub(super) own_account: OwnAccount,
    pub(super) text_budget: usize,
}

impl Story {
    pub(super) fn common() -> Self {
        let mut story = Self {
            repository: RepositoryFacts {
                archived: false,
                unworkable: None,
                visibility: Visibility::Private,
            },
            issue: IssueFacts {
                number: IssueNumber(87),
                url: "https://github.com/octo-org/widgets/issues/87".to_owned(),
                title: "Fix the widget".to_owned(),
                body: "It breaks.".to_owned(),
                author: rex(),
                created_at: at(-86_400),
                state: IssueState::Open,
                state_events: Vec::new(),
                is_pull_request: false,
                labels: vec!["bug".to_owned(), READY.to_owned()],
                label_events: Vec::new(),
                renames: Vec::new(),
                transfers: Vec::new(),
                body_edits: BodyEdits::Never,
                comments: Vec::new(),
                blockers: Vec::new(),
                open_native_blockers: Some(0),
                listed_open_native_blockers: 0,
                assignees: Vec::new(),
                open_sub_issues: Some(0),
                rivals: Vec::new(),
                parent: Parent::None,
                gaps: Vec::new(),
            },
            permissions: Permissions::default(),
            authorisation: Authorisation::new("LE_1").unwrap(),
            labels: Labels {
                ready: READY.to_owned(),
                in_progress: "agent-in-progress".to_owned(),
                ready_for_human: "ready-for-human".to_owned(),
                hold: ["needs-triage", "needs-info", "wontfix"]
                    .map(str::to_owned)
                    .into(),
            },
            trust: TrustConfig {
                allow_public: BTreeSet::new(),
                trusted_apps: BTreeSet::from(["triage-app".to_owned()]),
                trusted_people: BTreeSet::new(),
                agent_accounts: ["robo", "robo-app"].map(str::to_owned).into(),
            },
            forge: ForgeKind::GitHub,
            public_allowed: false,
            quiet: TimeDelta::seconds(300),
            settle: TimeDelta::seconds(60),
            now: at(3_600),
            lock_brakes: true,
            enrolled: vec![repo("octo-org/widgets")],
            own_account: OwnAccount {
                login: "afk-runner".to_owned(),
                id: Some(99),
            },
            text_budget: 120_000,
        };
        story.label("LE_1", LabelChange::Added, grace(), 0);
        for (login, id, permission) in [
            ("ada", 1, Permission::Admin),
            ("grace", 2, Permission::Write),
            ("tim", 20, Permission::Triage),
            ("rex", 30, Permission::Read),
            ("robo", 50, Permission::Write),
            ("afk-runner", 99, Permission::Write),
        ] {
            story.permit(login, id, permission);
        }
        let unknown = PermissionFact::Unknown("the look-up was refused".to_owned());
        story.permissions.insert("uwe", unknown);
        let ambiguous = PermissionFact::Ambiguous {
            id: 60,
            why: "she is in a team".to_owned(),
        };
        story.permissions.insert("amy", ambiguous);
        story
    }

    pub(super) fn permit(&mut self, login: &str, id: u64, permission: Permission) {
        let fact = PermissionFact::Known { id, permission };
        self.permissions.insert(login, fact);
    }

    pub(super) fn label(&mut self, id: &str, change: LabelChange, actor: Actor, seconds: i64) {
        self.issue.label_events.push(LabelEvent {
            id: Authorisation::new(id).unwrap(),
            at: at(seconds),
            change,
            label: READY.to_owned(),
            actor,
            via_app: ViaApp::No,
        });
    }

    pub(super) fn labeller(&mut self, actor: Actor) {
        self.issue.label_events[0].actor = actor;
    }

    pub(super) fn via(&mut self, via_app: ViaApp) {
        self.issue.label_events[0].via_app = via_app;
    }

    pub(super) fn edit(&mut self, editor: Actor, seconds: i64) {
        let edit = Edit {
            at: at(seconds),
            editor,
        };
        let edits = match std::mem::replace(&mut self.issue.body_edits, BodyEdits::Never) {
            BodyEdits::Edited { mut listed, .. } => {
                listed.push(edit);
                listed
            }
            BodyEdits::Never | BodyEdits::Hidden { .. } => vec![edit],
        };
        self.issue.body_edits = BodyEdits::Edited {
            last_at: edits.iter().map(|edit| edit.at).max().unwrap(),
            listed: edits,
            complete: true,
        };
    }

    pub(super) fn incomplete_edits(&mut self) {
        if let BodyEdits::Edited { complete, .. } = &mut self.issue.body_edits {
            *complete = false;
        }
    }

    pub(super) fn rename(&mut self, editor: Actor, seconds: i64) {
        self.issue.renames.push(Edit {
            at: at(seconds),
            editor,
        });
    }

    pub(super) fn hide_edits(&mut self, others_may_edit: bool, quiet_since_authorisation: bool) {
        self.issue.body_edits = BodyEdits::Hidden {
            others_may_edit,
            quiet_since_authorisation,
        };
    }

    /// Another label is put on or taken off; what the issue shows stays.
    pub(super) fn other_label(
        &mut self,
        label: &str,
        change: LabelChange,
        actor: Actor,
        seconds: i64,
    ) {
        let id = format!("LE_other_{}", self.issue.label_events.len());
        self.issue.label_events.push(LabelEvent {
            id: Authorisation::new(&id).unwrap(),
            at: at(seconds),
            change,
            label: label.to_owned(),
            actor,
            via_app: ViaApp::No,
        });
    }

    pub(super) fn state(&mut self, change: StateChange, actor: Actor, seconds: i64) {
        self.issue.state_events.push(StateEvent {
            at: at(seconds),
            change,
            actor,
        });
    }

    pub(super) fn vouch(&mut self, forge: ForgeKind, login: &str) {
        self.trust.trusted_people.insert((forge, login.to_owned()));
    }

    pub(super) fn assign(&mut self, assignee: Actor, since: Option<i64>) {
        self.issue.assignees.push(Assignment {
            assignee,
            since: since.map(at),
        });
    }

    pub(super) fn rival(&mut self, author: Actor) {
        self.issue.rivals.push(Rival {
            name: "octo-org/widgets#90".to_owned(),
            author,
        });
    }

    pub(super) fn public(&mut self) {
        self.repository.visibility = Visibility::Public;
        self.public_allowed = true;
    }

    pub(super) fn parent(&mut self, author: Actor) -> &mut ParentIssue {
        self.issue.parent = Parent::Read(Box::new(ParentIssue {
            name: "octo-org/widgets#5".to_owned(),
            repo: Some(repo("octo-org/widgets")),
            title: "All widgets".to_owned(),
            body: "Parent text.".to_owned(),
            author,
            editors: Vec::new(),
            editors_complete: true,
        }));
        match &mut self.issue.parent {
            Parent::Read(parent) => parent,
            Parent::None | Parent::Unreadable { .. } => unreachable!(),
        }
    }

    pub(super) fn comment(&mut self, author: Actor, seconds: i64, body: &str) -> &mut Comment {
        self.issue.comments.push(Comment {
            author,
            created_at: at(seconds),
            last_edit: None,
            earlier_editors: Some(Vec::new()),
            minimised: false,
            by_mail: false,
            body: body.to_owned(),
        });
        self.issue.comments.last_mut().unwrap()
    }

    pub(super) fn blocker(&mut self, name: &str, state: BlockerState) {
        self.issue.blockers.push(Blocker {
            name: name.to_owned(),
            state,
        });
    }

    pub(super) fn rules(&self) -> GateRules<'_> {
        GateRules {
            labels: &self.labels,
            trust: &self.trust,
            forge: self.forge,
            public_allowed: self.public_allowed,
            quiet: self.quiet,
            settle: self.settle,
            own_account: &self.own_account,
            lock_brakes: self.lock_brakes,
            enrolled: &self.enrolled,
            text_budget: self.text_budget,
            now: self.now,
        }
    }

    pub(super) fn judge(&self) -> GateVerdict {
        let facts = GateFacts {
            repository: &self.repository,
            issue: &self.issue,
            permissions: &self.permissions,
            authorisation: &self.authorisation,
        };
        judge(&facts, &self.rules())
    }

    pub(super) fn codes(&self) -> Vec<&'static str> {
        match self.judge() {
            GateVerdict::Trusted(_) => Vec::new(),
            GateVerdict::Refused(refusal) => refusal
                .reasons()
                .iter()
                .map(|reason| reason.code.as_str())
                .collect(),
        }
    }

    pub(super) fn frozen(&self) -> FrozenText {
        match self.judge() {
            GateVerdict::Trusted(text) => text,
            GateVerdict::Refused(refusal) => panic!("{:?}", refusal.reasons()),
        }
    }

    pub(super) fn people(&self) -> Vec<String> {
        let people = people_to_ask(
            &self.repository,
            &self.issue,
            &self.authorisation,
            &self.rules(),
        );
        people.into_iter().collect()
    }

    pub(super) fn writers(&self) -> Vec<String> {
        let people = writers_to_ask(&self.issue, &self.rules());
        people.into_iter().collect()
    }

    pub(super) fn without_people(&self) -> Option<Refusal> {
        refused_without_people(
            &self.repository,
            &self.issue,
            &self.authorisation,
            &self.rules(),
        )
    }

    pub(super) fn so_far(&self) -> Option<Refusal> {
        refused_so_far(
            &self.repository,
            &self.issue,
            &self.authorisation,
            &self.rules(),
        )
    }
}

pub(super) struct History {
    pub(super) name: &'static str,
    pub(super) bend: fn(&mut Story),
    pub(super) codes: &'static [&'static str],
}

pub(super) const fn history(
    name: &'static str,
    bend: fn(&mut Story),
    codes: &'static [&'static str],
) -> History {
    History { name, bend, codes }
}
