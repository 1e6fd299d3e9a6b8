//! Clause 5: nobody untrusted can have changed the text since the labelling, nor shortly before it, when the labeller
//! may have read an older page. That the issue was written is no change.

use chrono::{DateTime, Utc};

use super::people::{People, Standing};
use super::refusal::Reasons;
use super::rules::GateRules;
use crate::domain::issue::{Actor, BodyEdits, Edit, IssueFacts};
use crate::domain::reason::ReasonCode;

/// When changes matter.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// From here on nobody untrusted may have changed the text.
    quiet: DateTime<Utc>,
    /// The labelling.
    labelled: DateTime<Utc>,
}

impl Window {
    fn before(labelled: DateTime<Utc>, rules: &GateRules<'_>) -> Self {
        let quiet = labelled
            .checked_sub_signed(rules.quiet)
            .unwrap_or(DateTime::<Utc>::MIN_UTC);
        Self { quiet, labelled }
    }

    /// The code of a change at this time; `None` when it does not matter.
    fn code(self, at: DateTime<Utc>) -> Option<ReasonCode> {
        if at >= self.labelled {
            Some(ReasonCode::EditedSince)
        } else {
            (at >= self.quiet).then_some(ReasonCode::EditedBefore)
        }
    }
}

/// Judges every change of body and title since the quiet time before `labelled`.
pub(super) fn check(
    issue: &IssueFacts,
    labelled: DateTime<Utc>,
    people: &People<'_>,
    reasons: &mut Reasons,
) {
    let window = Window::before(labelled, people.rules);
    match &issue.body_edits {
        BodyEdits::Never => {}
        BodyEdits::Edited {
            last_at,
            listed,
            complete,
        } => {
            let creation = creation(issue, listed);
            for (index, edit) in listed.iter().enumerate() {
                if Some(index) != creation || edit.at >= labelled {
                    changed(edit, "edited the body", window, people, reasons);
                }
            }
            if let Some(code) = not_listed(*last_at, listed, *complete, window) {
                reasons.refuse(
                    code,
                    "the body was edited by somebody who can not be listed",
                );
            }
        }
        BodyEdits::Hidden {
            others_may_edit,
            quiet_since_authorisation,
        } => hidden(
            issue,
            *others_may_edit && !quiet_since_authorisation,
            people,
            reasons,
        ),
    }
    for rename in &issue.renames {
        changed(rename, "changed the title", window, people, reasons);
    }
}

/// Returns the code when an edit that matters may be missing in the list.
fn not_listed(
    last_at: DateTime<Utc>,
    listed: &[Edit],
    complete: bool,
    window: Window,
) -> Option<ReasonCode> {
    let newest = window.code(last_at)?;
    let reaches_up = listed.iter().any(|edit| edit.at >= last_at);
    let reaches_back_to = |start| complete || listed.iter().any(|edit| edit.at < start);
    if !reaches_up || !reaches_back_to(window.labelled) && last_at >= window.labelled {
        Some(newest)
    } else {
        (!reaches_back_to(window.quiet)).then_some(ReasonCode::EditedBefore)
    }
}

/// A history of edits begins with the text as it was written: the oldest entry, by the author, at the issue's own time.
fn creation(issue: &IssueFacts, listed: &[Edit]) -> Option<usize> {
    let (index, oldest) = listed.iter().enumerate().min_by_key(|(_, edit)| edit.at)?;
    (oldest.at <= issue.created_at && oldest.editor == issue.author).then_some(index)
}

/// The forge tells neither who edited nor when.
fn hidden(
    issue: &IssueFacts,
    somebody_else_may_have: bool,
    people: &People<'_>,
    reasons: &mut Reasons,
) {
    let author = issue.author.name();
    let advice = "somebody trusted has to post the text";
    match people.standing(&issue.author) {
        Standing::Trusted => {}
        Standing::Untrusted(why) => reasons.refuse(
            ReasonCode::EditHistoryHidden,
            format!("{author} wrote it and may have edited it: {why}; {advice}"),
        ),
        Standing::NotKnown(code, why) => reasons.refuse(
            code,
            format!("{author}, who wrote it and may have edited it: {why}"),
        ),
    }
    if somebody_else_may_have {
        reasons.refuse(
            ReasonCode::EditHistoryHidden,
            format!("people who may not push can edit it, and something happened since the labelling; {advice}, or to label it anew"),
        );
    }
}

fn changed(edit: &Edit, what: &str, window: Window, people: &People<'_>, reasons: &mut Reasons) {
    let Some(code) = window.code(edit.at) else {
        return;
    };
    let name = edit.editor.name();
    match people.standing(&edit.editor) {
        Standing::Trusted => {}
        Standing::Untrusted(why) if code == ReasonCode::EditedBefore => reasons.refuse(
            code,
            format!("{name} {what} shortly before the labelling: {why}"),
        ),
        Standing::Untrusted(why) => reasons.refuse(code, format!("{name} {what}: {why}")),
        Standing::NotKnown(code, why) => {
            reasons.refuse(code, format!("{name}, who {what}: {why}"));
        }
    }
}

/// Returns everybody who changed, or may have changed, the text at a time that matters.
pub(super) fn changers<'a>(
    issue: &'a IssueFacts,
    labelled: DateTime<Utc>,
    rules: &GateRules<'_>,
) -> Vec<&'a Actor> {
    let window = Window::before(labelled, rules);
    let (edits, author) = match &issue.body_edits {
        BodyEdits::Never => ([].as_slice(), None),
        BodyEdits::Edited { listed, .. } => (listed.as_slice(), None),
        BodyEdits::Hidden { .. } => ([].as_slice(), Some(&issue.author)),
    };
    let creation = creation(issue, edits);
    let edits = edits
        .iter()
        .enumerate()
        .filter(|(index, edit)| Some(*index) != creation || edit.at >= labelled)
        .map(|(_, edit)| edit);
    let editors = edits
        .chain(&issue.renames)
        .filter(|edit| window.code(edit.at).is_some())
        .map(|edit| &edit.editor);
    author.into_iter().chain(editors).collect()
}
