//! Clause 7: the agent reads what the labeller saw, and what people who are trusted now wrote around it.
//!
//! What a page hides is taken out and counted, whoever wrote it. Which comments count is told in [`super::comments`].

use serde::{Deserialize, Serialize};

use super::comments;
use super::parent;
use super::people::{People, Standing};
use super::refusal::Reasons;
use crate::domain::issue::{Actor, BodyEdits, IssueFacts, TEXT_MAX_BYTES, web_of_issue};
use crate::domain::reason::ReasonCode;
use crate::domain::start::blocked_by::BlockedBy;
use crate::domain::start::frozen_text::{FrozenText, Parent};
use crate::domain::text::hidden_characters::code_points;
use crate::domain::text::shown_text::ShownText;

/// What the gate reads out of the texts of an issue, without the texts: enough to judge them again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFacts {
    /// Characters that nobody sees, of title and body, each with its place.
    pub hidden: Vec<String>,
    /// What the page shows in another form than it is written; `None` when there is nothing.
    pub unseen: Option<String>,
    /// Length of what the agent would receive, in UTF-16 code units.
    pub length: usize,
    /// Whether title and body are longer than is read, so that nothing else is known of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub beyond_reading: bool,
    /// What the body names as blockers.
    pub named: BlockedBy,
}

/// Says, for people, that title and body together are longer than the `max` bytes that are read.
#[must_use]
pub fn beyond_reading(max: usize) -> String {
    let kibibytes = max / 1024;
    format!("title and body have more than {kibibytes} KiB, and are not read")
}

/// Judges what was read of the texts, but for the blockers that they name.
pub(super) fn check(
    read: &TextFacts,
    issue: &IssueFacts,
    people: &People<'_>,
    reasons: &mut Reasons,
) {
    for hidden in &read.hidden {
        reasons.refuse(ReasonCode::HiddenText, hidden.as_str());
    }
    if let Some(what) = &read.unseen {
        let (writers, are_all) = writers(issue);
        for (writer, did) in writers {
            let standing = people.standing(writer);
            let writer = writer.name();
            match standing {
                Standing::Trusted => {}
                Standing::Untrusted(why) => reasons.refuse(
                    ReasonCode::HiddenText,
                    format!("{what}, {did} by {writer}: {why}"),
                ),
                Standing::NotKnown(code, why) => {
                    reasons.refuse(code, format!("{what}, {did} by {writer}: {why}"));
                }
            }
        }
        if !are_all {
            let detail = format!("{what}, and not everybody who edited the body can be listed");
            reasons.refuse(ReasonCode::HiddenText, detail);
        }
    }
    let (length, budget) = (read.length, people.rules.text_budget);
    if read.beyond_reading {
        reasons.refuse(ReasonCode::TooLong, beyond_reading(TEXT_MAX_BYTES));
    } else if length > budget {
        let detail = format!("{length} UTF-16 code units, at most {budget}");
        reasons.refuse(ReasonCode::TooLong, detail);
    }
}

/// Reads the texts. Returns what the agent receives if nothing refuses, and what there is to judge.
pub(super) fn read(issue: &IssueFacts, people: &People<'_>) -> (FrozenText, TextFacts) {
    let (title, body) = shown(issue);
    let hidden = [("title", &title), ("body", &body)]
        .into_iter()
        .filter(|(_, text)| !text.hidden_characters.is_empty())
        .map(|(name, text)| format!("{name}: {}", code_points(&text.hidden_characters)))
        .collect();
    let comments = comments::sorted(issue, people);
    let author = issue.author.name();
    let compose = |parent| FrozenText::compose(&title, author, &body, &comments, parent);
    let budget = people.rules.text_budget;
    let parent = parent::admit(&issue.parent, people);
    let mut frozen = compose(&parent);
    if frozen.utf16_length() > budget
        && let Parent::Shown { name, .. } = parent
    {
        // It is context only: no work waits for it.
        frozen = compose(&Parent::LeftOut {
            name: Some(name),
            why: "it does not fit beside the issue".to_owned(),
        });
    }
    let read = TextFacts {
        hidden,
        unseen: unseen_source(&title, &body),
        length: frozen.utf16_length(),
        beyond_reading: issue.is_beyond_reading(),
        named: if issue.is_beyond_reading() {
            BlockedBy::default()
        } else {
            BlockedBy::in_body(&issue.body, web_of_issue(&issue.url))
        },
    };
    (frozen, read)
}

/// What the page shows of title and body; nothing where they are longer than is read.
fn shown(issue: &IssueFacts) -> (ShownText, ShownText) {
    let (title, body) = if issue.is_beyond_reading() {
        ("", "")
    } else {
        (issue.title.as_str(), issue.body.as_str())
    };
    (ShownText::of_plain(title), ShownText::of_markdown(body))
}

/// Returns everybody who wrote title or body when the page shows parts of them in another form than they are written.
pub(super) fn writers_of_unseen_source(issue: &IssueFacts) -> Vec<&Actor> {
    let (title, body) = shown(issue);
    match unseen_source(&title, &body) {
        Some(_) => writers(issue).0.into_iter().map(|(who, _)| who).collect(),
        None => Vec::new(),
    }
}

/// Everybody who wrote title or body, each with what they did, and whether these are all. Where the forge hides who edited, it was
/// the author or somebody who may push, as clause 5 asks.
fn writers(issue: &IssueFacts) -> (Vec<(&Actor, &'static str)>, bool) {
    let mut writers = vec![(&issue.author, "written")];
    let mut are_all = true;
    let edits = match &issue.body_edits {
        BodyEdits::Edited {
            listed, complete, ..
        } => {
            are_all = *complete;
            listed.as_slice()
        }
        BodyEdits::Never | BodyEdits::Hidden { .. } => &[],
    };
    for edit in edits.iter().chain(&issue.renames) {
        if writers.iter().all(|(known, _)| *known != &edit.editor) {
            writers.push((&edit.editor, "edited"));
        }
    }
    (writers, are_all)
}

/// Names what nobody sees who reads the page, for which the author has to be trusted.
fn unseen_source(title: &ShownText, body: &ShownText) -> Option<String> {
    let texts = [("title", title), ("body", body)];
    let named: Vec<String> = texts
        .iter()
        .flat_map(|(name, text)| {
            text.unseen
                .iter()
                .map(move |unseen| format!("{unseen} in the {name}"))
        })
        .collect();
    (!named.is_empty()).then(|| named.join(", "))
}
