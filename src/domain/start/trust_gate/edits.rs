//! Clause 5: nobody untrusted can have changed the text since the labelling.

use chrono::{DateTime, Utc};

use super::people::{People, Standing};
use super::refusal::Reasons;
use crate::domain::issue::{Actor, BodyEdits, IssueFacts};
use crate::domain::reason::ReasonCode;

/// Judges every change of body and title at or after `since`.
pub(super) fn check(
    issue: &IssueFacts,
    since: DateTime<Utc>,
    people: &People<'_>,
    reasons: &mut Reasons,
) {
    match &issue.body_edits {
        BodyEdits::Never => {}
        BodyEdits::Edited {
            last_at,
            listed,
            complete,
        } => {
            for edit in listed.iter().filter(|edit| edit.at >= since) {
                changed_by(&edit.editor, "edited the body", people, reasons);
            }
            if *last_at >= since {
                let reaches_back = *complete || listed.iter().any(|edit| edit.at < since);
                let reaches_up = listed.iter().any(|edit| edit.at >= *last_at);
                if !(reaches_back && reaches_up) {
                    reasons.refuse(
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
        } => changed_by(
            &issue.author,
            "wrote the body and may have edited it",
            people,
            reasons,
        ),
    }
    for rename in issue.renames.iter().filter(|rename| rename.at >= since) {
        changed_by(&rename.editor, "changed the title", people, reasons);
    }
}

fn changed_by(actor: &Actor, what: &str, people: &People<'_>, reasons: &mut Reasons) {
    match people.standing(actor) {
        Standing::Trusted => {}
        Standing::Untrusted(why) => {
            reasons.refuse(
                ReasonCode::EditedSince,
                format!("{} {what}: {why}", actor.name()),
            );
        }
        Standing::Unknown(why) => {
            reasons.refuse(
                ReasonCode::PermissionUnknown,
                format!("{}, who {what}: {why}", actor.name()),
            );
        }
    }
}

/// Returns everybody who changed, or may have changed, the text at or after `since`.
pub(super) fn changers(issue: &IssueFacts, since: DateTime<Utc>) -> impl Iterator<Item = &Actor> {
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
