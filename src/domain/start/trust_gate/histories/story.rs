//! The world of the histories: people, an issue, and what can happen to it.
//!
//! The common case: `rex`, who may only read, opened the issue; `grace`, who may push, labelled it.

pub(super) use std::collections::BTreeSet;

pub(super) use crate::domain::identity::Authorisation;
pub(super) use crate::domain::issue::{
    Actor, Blocker, BlockerState, BodyEdits, Comment, Edit, IssueFacts, IssueState, LabelChange,
    LabelEvent, OwnAccount, Permission, PermissionFact, Permissions, RepositoryFacts, ViaApp,
    Visibility,
};
pub(super) use crate::domain::repository::IssueNumber;
pub(super) use crate::domain::start::frozen_text::FrozenText;
pub(super) use crate::domain::start::trust_gate::{
    GateFacts, GateRules, GateVerdict, judge, people_to_ask,
};
pub(super) use chrono::{DateTime, TimeDelta, Utc};

pub(super) const READY: &str = "ready-for-agent";

/// Seconds after the labelling.
pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + TimeDelta::seconds(seconds)
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

/// The account that our token belongs to.
pub(super) fn ourselves() -> Actor {
    user("afk-runner", 99)
}

pub(super) struct Story {
    pub(super) repository: RepositoryFacts,
    pub(super) issue: IssueFacts,
    pub(super) permissions: Permissions,
    pub(super) authorisation: Authorisation,
    pub(super) trusted_apps: BTreeSet<String>,
    pub(super) public_allowed: bool,
    pub(super) own_account: OwnAccount,
    pub(super) text_budget: usize,
}

impl Story {
    pub(super) fn common() -> Self {
        let mut story = Self {
            repository: RepositoryFacts {
                archived: false,
                visibility: Visibility::Private,
            },
            issue: IssueFacts {
                number: IssueNumber(87),
                url: "https://github.com/octo-org/widgets/issues/87".to_owned(),
                title: "Fix the widget".to_owned(),
                body: "It breaks.".to_owned(),
                author: rex(),
                state: IssueState::Open,
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
                gaps: Vec::new(),
            },
            permissions: Permissions::default(),
            authorisation: Authorisation::new("LE_1").unwrap(),
            trusted_apps: BTreeSet::from(["triage-app".to_owned()]),
            public_allowed: false,
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
            ("afk-runner", 99, Permission::Write),
        ] {
            story.permit(login, id, permission);
        }
        let unknown = PermissionFact::Unknown("the look-up was refused".to_owned());
        story.permissions.insert("uwe", unknown);
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

    pub(super) fn hide_edits(&mut self, quiet_since_authorisation: bool) {
        self.issue.body_edits = BodyEdits::Hidden {
            quiet_since_authorisation,
        };
    }

    pub(super) fn comment(&mut self, author: Actor, seconds: i64, body: &str) -> &mut Comment {
        self.issue.comments.push(Comment {
            author,
            author_may_have_write: true,
            created_at: at(seconds),
            last_edited_at: None,
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
            ready_label: READY,
            human_label: "ready-for-human",
            trusted_apps: &self.trusted_apps,
            public_allowed: self.public_allowed,
            own_account: &self.own_account,
            text_budget: self.text_budget,
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
        let people = people_to_ask(&self.issue, &self.authorisation, &self.rules());
        people.into_iter().collect()
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
