//! Why clauses hold: the fact that each rests on, in words.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::domain::issue::{
    Actor, BlockerState, BodyEdits, IssueState, LabelEvent, PermissionFact, ViaApp, Visibility,
};
use crate::domain::reason::ReasonCode;
use crate::domain::start::trust_gate::{
    GateFacts, GateRules, authorising_event, comments_left_out, permission_word,
};

/// The fact behind each clause, as if it held; nothing for a clause that there is nothing to go by for.
pub(super) fn holding(
    facts: &GateFacts<'_>,
    rules: &GateRules<'_>,
) -> BTreeMap<ReasonCode, String> {
    let mut known = BTreeMap::new();
    if let Some(event) = authorising_event(facts.issue, facts.authorisation, rules) {
        known.extend(of_label(event, facts, rules));
        known.extend(since_label(facts, rules));
    }
    known.extend(of_text(facts, rules));
    known.extend(of_state(facts, rules));
    known
}

fn of_label(
    event: &LabelEvent,
    facts: &GateFacts<'_>,
    rules: &GateRules<'_>,
) -> Vec<(ReasonCode, String)> {
    let who = event.actor.name();
    let age = (rules.now - event.at).num_seconds().max(0);
    let mut known = vec![
        (
            ReasonCode::NoLabelEvent,
            format!("{who} put '{}' on at {}", event.label, time(event.at)),
        ),
        (
            ReasonCode::LabelRemoved,
            format!(
                "that is the newest change of '{}', and the issue shows it",
                event.label
            ),
        ),
        (
            ReasonCode::Voided,
            "nobody closed, moved or handed it back since".to_owned(),
        ),
        (
            ReasonCode::LabelBySelf,
            format!("our own account is {}", rules.own_account.login),
        ),
        (
            ReasonCode::LabelByAgent,
            format!("AFK_AGENT_ACCOUNTS does not list {who}"),
        ),
        (
            ReasonCode::Settling,
            format!(
                "labelled {age} s ago, and {} s are asked for",
                rules.settle.num_seconds()
            ),
        ),
    ];
    let kind = match &event.actor {
        Actor::User { .. } => Some("a person"),
        Actor::Bot { .. } => Some("an App"),
        Actor::Other { .. } | Actor::Gone => None,
    };
    if let Some(kind) = kind {
        known.push((ReasonCode::LabelActorUnknown, format!("{who} is {kind}")));
    }
    let app = match (&event.actor, &event.via_app) {
        (Actor::Bot { .. }, _) => Some(format!("AFK_TRUSTED_APPS lists {who}")),
        (_, ViaApp::App(slug)) => Some(format!("AFK_TRUSTED_APPS lists {slug}")),
        (_, ViaApp::No) => Some("no App stood in between".to_owned()),
        (_, ViaApp::Unknown) => None,
    };
    known.extend(app.map(|app| (ReasonCode::LabelByApp, app)));
    known.extend(of_permission(&event.actor, facts));
    known
}

fn of_permission(labeller: &Actor, facts: &GateFacts<'_>) -> Vec<(ReasonCode, String)> {
    let by_itself = || {
        [
            ReasonCode::PermissionTooLow,
            ReasonCode::PermissionUnknown,
            ReasonCode::PermissionAmbiguous,
        ]
        .map(|code| (code, "the App acts by itself".to_owned()))
        .to_vec()
    };
    let login = match labeller {
        Actor::User { login, .. } => login,
        Actor::Bot { .. } => return by_itself(),
        Actor::Other { .. } | Actor::Gone => return Vec::new(),
    };
    match facts.permissions.of(login) {
        Some(PermissionFact::Known { id, permission }) => vec![
            (
                ReasonCode::PermissionTooLow,
                format!("{login} has {} permission", permission_word(*permission)),
            ),
            (
                ReasonCode::PermissionUnknown,
                format!("{login} is account {id}, as at the labelling"),
            ),
            (
                ReasonCode::PermissionAmbiguous,
                "the forge tells it for certain".to_owned(),
            ),
        ],
        Some(PermissionFact::Ambiguous { .. } | PermissionFact::Unknown(_)) => vec![(
            ReasonCode::PermissionTooLow,
            format!("AFK_TRUSTED_PEOPLE lists {login}"),
        )],
        Some(PermissionFact::Mistaken(_)) | None => Vec::new(),
    }
}

/// What is asked of the time since the labelling.
fn since_label(facts: &GateFacts<'_>, rules: &GateRules<'_>) -> [(ReasonCode, String); 5] {
    let issue = facts.issue;
    let (edits, listed) = match &issue.body_edits {
        BodyEdits::Never => (
            "the body was never edited".to_owned(),
            "the forge lists edits".to_owned(),
        ),
        BodyEdits::Edited { last_at, .. } => (
            format!(
                "the newest edit of the body is of {}, and nobody untrusted changed the text since it was labelled",
                time(*last_at)
            ),
            "the forge lists edits".to_owned(),
        ),
        BodyEdits::Hidden { .. } => (
            "nobody untrusted could change the text".to_owned(),
            format!("{}, who wrote it, is trusted", issue.author.name()),
        ),
    };
    let assigned = if issue.assignees.is_empty() {
        "nobody is assigned".to_owned()
    } else {
        let names: Vec<&str> = issue
            .assignees
            .iter()
            .map(|assignment| assignment.assignee.name())
            .collect();
        format!("assigned before it was labelled: {}", names.join(", "))
    };
    [
        (
            ReasonCode::Transferred,
            "it was not moved here since it was labelled".to_owned(),
        ),
        (ReasonCode::EditedSince, edits),
        (
            ReasonCode::EditedBefore,
            format!(
                "nobody untrusted changed the text in the {} s before",
                rules.quiet.num_seconds()
            ),
        ),
        (ReasonCode::EditHistoryHidden, listed),
        (ReasonCode::AssignedSince, assigned),
    ]
}

fn of_text(facts: &GateFacts<'_>, rules: &GateRules<'_>) -> Vec<(ReasonCode, String)> {
    let issue = facts.issue;
    let all_read = (
        ReasonCode::FactsIncomplete,
        "every fact could be read".to_owned(),
    );
    if issue.is_beyond_reading() {
        // Nobody looked into the text.
        return vec![all_read];
    }
    let closed: Vec<&str> = issue
        .blockers
        .iter()
        .filter(|blocker| blocker.state == BlockerState::Closed)
        .map(|blocker| blocker.name.as_str())
        .collect();
    let blockers = if closed.is_empty() {
        "it names no blocker".to_owned()
    } else {
        format!("closed: {}", closed.join(", "))
    };
    let length = issue.title.encode_utf16().count() + issue.body.encode_utf16().count();
    vec![
        (ReasonCode::HiddenText, seen_text(facts, rules)),
        (
            ReasonCode::TooLong,
            format!("title and body have {length} characters, which fit into one message"),
        ),
        (ReasonCode::Blocked, blockers),
        (
            ReasonCode::BlockerUnresolved,
            "every blocker could be looked up".to_owned(),
        ),
        all_read,
    ]
}

/// What is seen of the text, and which comments of trusted people the agent would not get.
fn seen_text(facts: &GateFacts<'_>, rules: &GateRules<'_>) -> String {
    let mut told = "everything in title and body can be seen".to_owned();
    for comment in comments_left_out(facts, rules) {
        told.push_str(&format!("; {comment}"));
    }
    told
}

fn of_state(facts: &GateFacts<'_>, rules: &GateRules<'_>) -> Vec<(ReasonCode, String)> {
    let issue = facts.issue;
    let mut known = vec![
        (
            ReasonCode::Archived,
            "the repository is not archived".to_owned(),
        ),
        (
            ReasonCode::HandedBack,
            format!("it does not show '{}'", rules.labels.ready_for_human),
        ),
        (
            ReasonCode::PublicRepository,
            match facts.repository.visibility {
                Visibility::Private => "the repository is private",
                Visibility::Public | Visibility::Internal | Visibility::Unknown => {
                    "AFK_ALLOW_PUBLIC lists the repository"
                }
            }
            .to_owned(),
        ),
        (
            ReasonCode::OnHold,
            "it shows no label that holds it back".to_owned(),
        ),
        (
            ReasonCode::HasSubIssues,
            match issue.open_sub_issues {
                Some(_) => "no sub-issue is open",
                None => "the forge knows no sub-issues",
            }
            .to_owned(),
        ),
        (
            ReasonCode::PullRequestOpen,
            if issue.rivals.is_empty() {
                "no open pull request will close it"
            } else {
                "only people who may not push have pull requests for it"
            }
            .to_owned(),
        ),
    ];
    if issue.state == IssueState::Open && !issue.is_pull_request {
        known.push((ReasonCode::NotOpen, "it is an open issue".to_owned()));
    }
    known
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
