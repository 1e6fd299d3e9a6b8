//! The trust gate: decides whether an issue may start an agent (SPEC 4.2).
//!
//! Pure: it fetches nothing and compares facts that adapters fetched. It never guesses: what is missing, unknown or
//! contradictory refuses. It gives every reason that holds, in the order of the clauses, so that a person sees at
//! once what to put right. Clauses that need the authorising event are silent when there is none: that it is
//! missing is the reason then.
//!
//! A permission that could not be had gives `permission-unknown` and nothing else, so that whatever is refused
//! without any permission ([`refused_without_people`]) is also refused with them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::domain::identity::Authorisation;
use crate::domain::issue::{
    Actor, BlockerState, BodyEdits, Comment, IssueFacts, IssueState, LabelChange, LabelEvent,
    OwnAccount, Permission, PermissionFact, Permissions, RepositoryFacts, ViaApp, Visibility,
};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::start::blocked_by::{BlockedBy, BlockerRef};
use crate::domain::start::frozen_text::{AdmittedComment, FrozenText};
use crate::domain::text::hidden_characters::code_points;
use crate::domain::text::shown_text::ShownText;

/// What the operator decided.
#[derive(Clone, Copy, Debug)]
pub struct GateRules<'a> {
    /// The label that asks for a run; compared exactly.
    pub ready_label: &'a str,
    /// The label that hands an issue back; a brake in any case.
    pub human_label: &'a str,
    /// Slugs of Apps that may label.
    pub trusted_apps: &'a BTreeSet<String>,
    /// Whether this repository may be public.
    pub public_allowed: bool,
    /// The account that our token belongs to.
    pub own_account: &'a OwnAccount,
    /// Longest frozen text, in UTF-16 code units.
    pub text_budget: usize,
}

/// What the gate judges.
#[derive(Clone, Copy, Debug)]
pub struct GateFacts<'a> {
    /// The repository.
    pub repository: &'a RepositoryFacts,
    /// The issue.
    pub issue: &'a IssueFacts,
    /// Permissions of the people that [`people_to_ask`] names.
    pub permissions: &'a Permissions,
    /// `E`: the label event that the run is, or would be, bound to.
    pub authorisation: &'a Authorisation,
}

/// The gate's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateVerdict {
    /// A trusted person asked for exactly this text.
    Trusted(FrozenText),
    /// Not, or not provably.
    Refused(Refusal),
}

/// Why the gate refuses: at least one reason, in the order of the clauses, none twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    reasons: Vec<Reason>,
}

impl Refusal {
    fn new(reasons: Vec<Reason>) -> Option<Self> {
        (!reasons.is_empty()).then_some(Self { reasons })
    }

    /// Returns the reasons.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Returns the reasons by value.
    #[must_use]
    pub fn into_reasons(self) -> Vec<Reason> {
        self.reasons
    }

    /// Returns whether some reason holds whatever the next tick can learn about facts that are missing now.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        self.reasons.iter().any(|reason| !reason.code.is_passing())
    }
}

/// Judges an issue.
#[must_use]
pub fn judge(facts: &GateFacts<'_>, rules: &GateRules<'_>) -> GateVerdict {
    let mut gate = Gate {
        issue: facts.issue,
        permissions: facts.permissions,
        authorisation: facts.authorisation,
        rules,
        reasons: Vec::new(),
    };
    let event = gate.label();
    if let Some(event) = event {
        gate.labeller(event);
    }
    gate.state(facts.repository, event);
    if let Some(event) = event {
        gate.edits(event.at);
    }
    gate.visibility(facts.repository);
    let text = gate.text(event);
    gate.blockers();
    for gap in &facts.issue.gaps {
        gate.refuse(ReasonCode::FactsIncomplete, gap.as_str());
    }
    match Refusal::new(gate.reasons) {
        None => GateVerdict::Trusted(text),
        Some(refusal) => GateVerdict::Refused(refusal),
    }
}

/// Returns the logins whose permission [`judge`] will want, each in one spelling: nobody else has to be looked up.
#[must_use]
pub fn people_to_ask(
    issue: &IssueFacts,
    authorisation: &Authorisation,
    rules: &GateRules<'_>,
) -> BTreeSet<String> {
    let mut people: Vec<&Actor> = Vec::new();
    let event = newest_event(issue, rules).filter(|event| is_authorising(event, authorisation));
    if let Some(event) = event {
        if matches!(labeller(event, rules), Labeller::Person { .. }) {
            people.push(&event.actor);
        }
        people.extend(changers(issue, event.at));
        let comments = issue.comments.iter().filter(|comment| {
            comment.author_may_have_write && is_unchanged_since_before(comment, event.at)
        });
        people.extend(comments.map(|comment| &comment.author));
    }
    if ShownText::of_markdown(&issue.body).removed_hidden > 0 {
        people.push(&issue.author);
    }
    let by_folded_login: BTreeMap<String, &str> = people
        .into_iter()
        .filter_map(|actor| identified_person(actor, rules))
        .map(|(login, _)| (login.to_ascii_lowercase(), login))
        .collect();
    by_folded_login.into_values().map(str::to_owned).collect()
}

/// Returns the definite reasons that hold whatever anybody's permission is, so that nobody has to be looked up;
/// `None` when there are none.
#[must_use]
pub fn refused_without_people(
    repository: &RepositoryFacts,
    issue: &IssueFacts,
    authorisation: &Authorisation,
    rules: &GateRules<'_>,
) -> Option<Refusal> {
    let facts = GateFacts {
        repository,
        issue,
        permissions: &Permissions::default(),
        authorisation,
    };
    match judge(&facts, rules) {
        GateVerdict::Trusted(_) => None,
        GateVerdict::Refused(refusal) => {
            let definite = refusal
                .reasons
                .into_iter()
                .filter(|reason| !reason.code.is_passing());
            Refusal::new(definite.collect())
        }
    }
}

/// What is known of somebody's rights.
enum Standing {
    /// A person who may push.
    Trusted,
    /// Somebody who is not trusted, and why.
    Untrusted(String),
    /// A person whose permission could not be had, and why.
    Unknown(String),
}

/// What the author of the label event is.
enum Labeller<'a> {
    /// A trusted App.
    TrustedApp,
    /// A person whose permission decides.
    Person {
        login: &'a str,
        id: u64,
        /// Whether the forge said that no App stood in between.
        is_direct: bool,
    },
    /// Nobody who may label.
    Refused {
        code: ReasonCode,
        detail: String,
        /// Whether the forge also left open whether an App stood in between.
        app_is_unknown: bool,
    },
}

struct Gate<'a> {
    issue: &'a IssueFacts,
    permissions: &'a Permissions,
    authorisation: &'a Authorisation,
    rules: &'a GateRules<'a>,
    reasons: Vec<Reason>,
}

impl<'a> Gate<'a> {
    fn refuse(&mut self, code: ReasonCode, detail: impl Into<String>) {
        let reason = Reason::new(code, detail);
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Clause 1. Returns the authorising event.
    fn label(&mut self) -> Option<&'a LabelEvent> {
        let label = self.rules.ready_label;
        let Some(newest) = newest_event(self.issue, self.rules) else {
            self.refuse(
                ReasonCode::NoLabelEvent,
                format!("nobody ever applied '{label}'"),
            );
            return None;
        };
        let event = is_authorising(newest, self.authorisation).then_some(newest);
        if event.is_none() {
            let detail = match newest.change {
                LabelChange::Removed => format!("{} took '{label}' away", newest.actor.name()),
                LabelChange::Added => format!("{} applied '{label}' anew", newest.actor.name()),
            };
            self.refuse(ReasonCode::LabelRemoved, detail);
        } else if !self.issue.labels.iter().any(|shown| shown == label) {
            self.refuse(
                ReasonCode::LabelRemoved,
                format!("the issue does not show '{label}'"),
            );
        }
        event
    }

    /// Clauses 2 and 3.
    fn labeller(&mut self, event: &LabelEvent) {
        match labeller(event, self.rules) {
            Labeller::TrustedApp => {}
            Labeller::Person {
                login,
                id,
                is_direct,
            } => {
                if !is_direct {
                    self.refuse(
                        ReasonCode::FactsIncomplete,
                        format!("whether an App labelled for {login}"),
                    );
                }
                match self.permission(login, id) {
                    Ok(permission) if permission.is_trusted() => {}
                    Ok(permission) => self.refuse(
                        ReasonCode::PermissionTooLow,
                        format!(
                            "{login} labelled and has {} permission",
                            permission_word(permission)
                        ),
                    ),
                    Err(why) => self.refuse(
                        ReasonCode::PermissionUnknown,
                        format!("{login}, who labelled: {why}"),
                    ),
                }
            }
            Labeller::Refused {
                code,
                detail,
                app_is_unknown,
            } => {
                self.refuse(code, detail);
                if app_is_unknown {
                    let detail = format!("whether an App labelled for {}", event.actor.name());
                    self.refuse(ReasonCode::FactsIncomplete, detail);
                }
            }
        }
    }

    /// Clause 4.
    fn state(&mut self, repository: &RepositoryFacts, event: Option<&LabelEvent>) {
        if let Some(event) = event
            && self.issue.transfers.iter().any(|at| *at >= event.at)
        {
            self.refuse(ReasonCode::Transferred, "moved here after it was labelled");
        }
        match &self.issue.state {
            IssueState::Open => {}
            IssueState::Closed => self.refuse(ReasonCode::NotOpen, "closed"),
            IssueState::Unknown(word) => {
                self.refuse(
                    ReasonCode::FactsIncomplete,
                    format!("state '{word}' is not known"),
                );
            }
        }
        if self.issue.is_pull_request {
            self.refuse(ReasonCode::NotOpen, "a pull request");
        }
        if repository.archived {
            self.refuse(ReasonCode::Archived, "");
        }
        let human_label = self.rules.human_label.to_lowercase();
        if let Some(label) = self
            .issue
            .labels
            .iter()
            .find(|label| label.to_lowercase() == human_label)
        {
            self.refuse(ReasonCode::HandedBack, format!("shows '{label}'"));
        }
    }

    /// Clause 5.
    fn edits(&mut self, since: DateTime<Utc>) {
        let issue = self.issue;
        match &issue.body_edits {
            BodyEdits::Never => {}
            BodyEdits::Edited {
                last_at,
                listed,
                complete,
            } => {
                for edit in listed.iter().filter(|edit| edit.at >= since) {
                    self.text_changed_by(&edit.editor, "edited the body");
                }
                if *last_at >= since {
                    let reaches_back = *complete || listed.iter().any(|edit| edit.at < since);
                    let reaches_up = listed.iter().any(|edit| edit.at >= *last_at);
                    if !(reaches_back && reaches_up) {
                        self.refuse(
                            ReasonCode::EditedSince,
                            "the body was edited by somebody who can not be listed",
                        );
                    }
                }
            }
            BodyEdits::Hidden {
                quiet_since_authorisation: true,
            } => {}
            BodyEdits::Hidden {
                quiet_since_authorisation: false,
            } => self.text_changed_by(&issue.author, "wrote the body and may have edited it"),
        }
        for rename in issue.renames.iter().filter(|rename| rename.at >= since) {
            self.text_changed_by(&rename.editor, "changed the title");
        }
    }

    fn text_changed_by(&mut self, actor: &Actor, what: &str) {
        match self.standing(actor) {
            Standing::Trusted => {}
            Standing::Untrusted(why) => {
                self.refuse(
                    ReasonCode::EditedSince,
                    format!("{} {what}: {why}", actor.name()),
                );
            }
            Standing::Unknown(why) => {
                self.refuse(
                    ReasonCode::PermissionUnknown,
                    format!("{}, who {what}: {why}", actor.name()),
                );
            }
        }
    }

    /// Clause 6.
    fn visibility(&mut self, repository: &RepositoryFacts) {
        let word = match repository.visibility {
            Visibility::Private => return,
            Visibility::Public => "public",
            Visibility::Internal => "internal, which counts as public",
            Visibility::Unknown => "of unknown visibility, which counts as public",
        };
        if !self.rules.public_allowed {
            self.refuse(
                ReasonCode::PublicRepository,
                format!("the repository is {word}"),
            );
        }
    }

    /// Clause 7. Returns the text that the agent receives if nothing else refuses.
    fn text(&mut self, event: Option<&LabelEvent>) -> FrozenText {
        let issue = self.issue;
        let title = ShownText::of_plain(&issue.title);
        let body = ShownText::of_markdown(&issue.body);
        for (name, text) in [("title", &title), ("body", &body)] {
            if !text.hidden_characters.is_empty() {
                let detail = format!("{name}: {}", code_points(&text.hidden_characters));
                self.refuse(ReasonCode::HiddenText, detail);
            }
        }
        if body.removed_hidden > 0 {
            let what = format!("pages hide {} of the body", parts(body.removed_hidden));
            let author = issue.author.name();
            match self.standing(&issue.author) {
                Standing::Trusted => {}
                Standing::Untrusted(why) => {
                    self.refuse(
                        ReasonCode::HiddenText,
                        format!("{what}, written by {author}: {why}"),
                    );
                }
                Standing::Unknown(why) => {
                    self.refuse(
                        ReasonCode::PermissionUnknown,
                        format!("{what}, written by {author}: {why}"),
                    );
                }
            }
        }
        let comments: Vec<AdmittedComment<'_>> = issue
            .comments
            .iter()
            .filter_map(|comment| self.admit(comment, event?.at))
            .collect();
        let left_out = issue.comments.len() - comments.len();
        let text = FrozenText::compose(&title, issue.author.name(), &body, &comments, left_out);
        let length = text.utf16_length();
        if length > self.rules.text_budget {
            let detail = format!(
                "{length} UTF-16 code units, at most {}",
                self.rules.text_budget
            );
            self.refuse(ReasonCode::TooLong, detail);
        }
        text
    }

    fn admit<'c>(
        &self,
        comment: &'c Comment,
        before: DateTime<Utc>,
    ) -> Option<AdmittedComment<'c>> {
        if !is_unchanged_since_before(comment, before)
            || !matches!(self.standing(&comment.author), Standing::Trusted)
        {
            return None;
        }
        let body = ShownText::of_markdown(&comment.body);
        body.hidden_characters
            .is_empty()
            .then_some(AdmittedComment {
                author: comment.author.name(),
                created_at: comment.created_at,
                body,
            })
    }

    /// Clause 8.
    fn blockers(&mut self) {
        let issue = self.issue;
        for blocker in &issue.blockers {
            match &blocker.state {
                BlockerState::Closed => {}
                BlockerState::Open => {
                    self.refuse(ReasonCode::Blocked, format!("{} is open", blocker.name))
                }
                BlockerState::Unresolved(why) => {
                    self.refuse(
                        ReasonCode::BlockerUnresolved,
                        format!("{}: {why}", blocker.name),
                    );
                }
            }
        }
        if let Some(open) = issue.open_native_blockers
            && open > issue.listed_open_native_blockers
        {
            let detail = format!(
                "{} open blockers can not be seen",
                open - issue.listed_open_native_blockers
            );
            self.refuse(ReasonCode::Blocked, detail);
        }
        // The body is read again here: what was looked up may stem from an older text.
        let named = BlockedBy::in_body(&issue.body, host_of(&issue.url));
        for reference in &named.references {
            if !issue
                .blockers
                .iter()
                .any(|blocker| may_be(&blocker.name, reference))
            {
                let name = match &reference.repo {
                    Some((owner, name)) => format!("{owner}/{name}#{}", reference.number),
                    None => format!("#{}", reference.number),
                };
                self.refuse(
                    ReasonCode::BlockerUnresolved,
                    format!("{name} was not looked up"),
                );
            }
        }
        for text in &named.unreadable {
            self.refuse(
                ReasonCode::BlockerUnresolved,
                format!("'{text}' can not be looked up"),
            );
        }
        if named.too_many {
            self.refuse(
                ReasonCode::BlockerUnresolved,
                "the body names too many blockers",
            );
        }
    }

    fn standing(&self, actor: &Actor) -> Standing {
        let Some((login, id)) = identified_person(actor, self.rules) else {
            let why = if is_own(actor, self.rules.own_account) {
                "our own account"
            } else {
                "no identified person"
            };
            return Standing::Untrusted(why.to_owned());
        };
        match self.permission(login, id) {
            Ok(permission) if permission.is_trusted() => Standing::Trusted,
            Ok(permission) => {
                Standing::Untrusted(format!("{} permission", permission_word(permission)))
            }
            Err(why) => Standing::Unknown(why),
        }
    }

    fn permission(&self, login: &str, id: u64) -> Result<Permission, String> {
        match self.permissions.of(login) {
            Some(PermissionFact::Known {
                id: now,
                permission,
            }) if *now == id => Ok(*permission),
            Some(PermissionFact::Known { .. }) => {
                Err("the login belongs to another account now".to_owned())
            }
            Some(PermissionFact::Unknown(why)) => Err(why.clone()),
            None => Err("not looked up".to_owned()),
        }
    }
}

/// Returns everybody who changed, or may have changed, the text at or after `since`.
fn changers(issue: &IssueFacts, since: DateTime<Utc>) -> impl Iterator<Item = &Actor> {
    let (edits, author) = match &issue.body_edits {
        BodyEdits::Never => ([].as_slice(), None),
        BodyEdits::Edited { listed, .. } => (listed.as_slice(), None),
        BodyEdits::Hidden {
            quiet_since_authorisation,
        } => (
            [].as_slice(),
            (!quiet_since_authorisation).then_some(&issue.author),
        ),
    };
    let changes = edits.iter().chain(&issue.renames);
    let editors = changes
        .filter(move |edit| edit.at >= since)
        .map(|edit| &edit.editor);
    author.into_iter().chain(editors)
}

fn newest_event<'a>(issue: &'a IssueFacts, rules: &GateRules<'_>) -> Option<&'a LabelEvent> {
    issue
        .label_events
        .iter()
        .rev()
        .find(|event| event.label == rules.ready_label)
}

fn is_authorising(event: &LabelEvent, authorisation: &Authorisation) -> bool {
    event.change == LabelChange::Added && event.id == *authorisation
}

fn labeller<'a>(event: &'a LabelEvent, rules: &GateRules<'_>) -> Labeller<'a> {
    let refused = |code, detail: String| Labeller::Refused {
        code,
        detail,
        app_is_unknown: false,
    };
    let by_self = is_own(&event.actor, rules.own_account)
        || matches!(&event.via_app, ViaApp::App(slug) if is_own_slug(slug, rules.own_account));
    if by_self {
        return refused(
            ReasonCode::LabelBySelf,
            "our own account put the label on".to_owned(),
        );
    }
    match (&event.actor, &event.via_app) {
        (Actor::User { login, .. }, ViaApp::App(slug)) => {
            if is_trusted_app(slug, rules) {
                Labeller::TrustedApp
            } else {
                refused(ReasonCode::LabelByApp, format!("{slug}, for {login}"))
            }
        }
        (
            Actor::User {
                login,
                id: Some(id),
            },
            via @ (ViaApp::No | ViaApp::Unknown),
        ) => Labeller::Person {
            login,
            id: *id,
            is_direct: *via == ViaApp::No,
        },
        (Actor::User { login, id: None }, via @ (ViaApp::No | ViaApp::Unknown)) => {
            Labeller::Refused {
                code: ReasonCode::LabelActorUnknown,
                detail: format!("{login} has no account id"),
                app_is_unknown: *via == ViaApp::Unknown,
            }
        }
        (Actor::Bot { slug, .. }, ViaApp::No | ViaApp::App(_) | ViaApp::Unknown) => {
            if is_trusted_app(slug, rules) {
                Labeller::TrustedApp
            } else {
                refused(ReasonCode::LabelByApp, slug.clone())
            }
        }
        (Actor::Other { kind, login }, ViaApp::No | ViaApp::App(_) | ViaApp::Unknown) => refused(
            ReasonCode::LabelActorUnknown,
            format!("{login} is no person: {kind}"),
        ),
        (Actor::Gone, ViaApp::No | ViaApp::App(_) | ViaApp::Unknown) => refused(
            ReasonCode::LabelActorUnknown,
            "a deleted account".to_owned(),
        ),
    }
}

/// Returns login and id of a person who is not us; nobody else can be trusted for what they wrote.
fn identified_person<'a>(actor: &'a Actor, rules: &GateRules<'_>) -> Option<(&'a str, u64)> {
    match actor {
        Actor::User {
            login,
            id: Some(id),
        } => (!is_own(actor, rules.own_account)).then_some((login, *id)),
        Actor::User { id: None, .. } | Actor::Bot { .. } | Actor::Other { .. } | Actor::Gone => {
            None
        }
    }
}

fn is_own(actor: &Actor, own: &OwnAccount) -> bool {
    let is_id = |id: &Option<u64>| id.is_some() && *id == own.id;
    match actor {
        Actor::User { login, id } => is_id(id) || login.eq_ignore_ascii_case(&own.login),
        Actor::Bot { slug, id } => is_id(id) || is_own_slug(slug, own),
        Actor::Other { login, .. } => login.eq_ignore_ascii_case(&own.login),
        Actor::Gone => false,
    }
}

fn is_own_slug(slug: &str, own: &OwnAccount) -> bool {
    let own_slug = own.login.strip_suffix("[bot]").unwrap_or(&own.login);
    let slug = slug.strip_suffix("[bot]").unwrap_or(slug);
    slug.eq_ignore_ascii_case(own_slug)
}

fn is_trusted_app(slug: &str, rules: &GateRules<'_>) -> bool {
    rules
        .trusted_apps
        .iter()
        .any(|trusted| trusted.eq_ignore_ascii_case(slug))
}

fn is_unchanged_since_before(comment: &Comment, at: DateTime<Utc>) -> bool {
    comment.created_at < at
        && comment
            .last_edited_at
            .is_none_or(|edited_at| edited_at < at)
}

/// Returns whether a blocker can be the one that the body names. Repositories can be renamed, so that only
/// the number has to agree.
fn may_be(blocker: &str, reference: &BlockerRef) -> bool {
    blocker
        .rsplit_once('#')
        .is_some_and(|(_, number)| number.parse() == Ok(reference.number.0))
}

/// Returns `host[:port]` of an address.
fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    rest.split('/').next().unwrap_or("")
}

fn parts(count: usize) -> String {
    match count {
        1 => "one part".to_owned(),
        _ => format!("{count} parts"),
    }
}

const fn permission_word(permission: Permission) -> &'static str {
    match permission {
        Permission::None => "no",
        Permission::Read => "only read",
        Permission::Triage => "only triage",
        Permission::Write => "write",
        Permission::Maintain => "maintain",
        Permission::Admin => "admin",
    }
}

#[cfg(test)]
mod histories;

/// The clauses themselves are tested through the public functions: in `histories`, and against a second
/// implementation in `tests/suite/trust_gate_second_opinion.rs`.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::repository::IssueNumber;

    #[test]
    fn hosts_are_read_from_addresses() {
        for (address, host) in [
            ("https://github.com/a/b/issues/1", "github.com"),
            (
                "http://forge.example:3000/a/b/issues/1",
                "forge.example:3000",
            ),
            ("https://github.com", "github.com"),
            ("github.com/a/b", ""),
            ("", ""),
        ] {
            assert_eq!(host_of(address), host, "{address:?}");
        }
    }

    #[test]
    fn our_own_account_is_known_by_login_slug_and_id() {
        let app = OwnAccount {
            login: "afk[bot]".to_owned(),
            id: Some(9),
        };
        let bot = |slug: &str, id| Actor::Bot {
            slug: slug.to_owned(),
            id,
        };
        let user = |login: &str, id| Actor::User {
            login: login.to_owned(),
            id,
        };
        for (actor, own) in [
            (bot("afk", None), true),
            (bot("AFK", Some(1)), true),
            (bot("other", Some(9)), true),
            (bot("other", None), false),
            (bot("af", None), false),
            (user("afk[bot]", None), true),
            (user("afk", Some(1)), false),
            (user("other", Some(9)), true),
            (Actor::Gone, false),
        ] {
            assert_eq!(is_own(&actor, &app), own, "{actor:?}");
        }
        let unnumbered = OwnAccount {
            login: "afk".to_owned(),
            id: None,
        };
        assert!(!is_own(&user("other", None), &unnumbered));
    }

    #[test]
    fn looked_up_blockers_match_by_number() {
        let reference = BlockerRef {
            repo: Some(("old".to_owned(), "name".to_owned())),
            number: IssueNumber(12),
        };
        assert!(may_be("new/name#12", &reference));
        for other in ["new/name#112", "new/name#1", "12", "new/name#", ""] {
            assert!(!may_be(other, &reference), "{other:?}");
        }
    }
}
