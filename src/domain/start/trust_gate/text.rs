//! Clause 7: the agent reads what the labeller saw, and what people who are trusted now wrote around it.
//!
//! What a page hides is taken out and counted, whoever wrote it. Comments count whenever they were written: the brief for
//! the agent is often posted right after the label. A forge's word for what an author is to the repository decides
//! nothing, the permission does.

use serde::{Deserialize, Serialize};

use super::blockers::host_of;
use super::parent;
use super::people::{People, Standing};
use super::refusal::Reasons;
use crate::domain::issue::{Actor, Comment, IssueFacts};
use crate::domain::reason::ReasonCode;
use crate::domain::start::blocked_by::BlockedBy;
use crate::domain::start::frozen_text::{AdmittedComment, FrozenText, Parent};
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
    /// What the body names as blockers.
    pub named: BlockedBy,
}

/// Judges what was read of the texts, but for the blockers that they name.
pub(super) fn check(read: &TextFacts, author: &Actor, people: &People<'_>, reasons: &mut Reasons) {
    for hidden in &read.hidden {
        reasons.refuse(ReasonCode::HiddenText, hidden.as_str());
    }
    if let Some(what) = &read.unseen {
        let standing = people.standing(author);
        let author = author.name();
        match standing {
            Standing::Trusted => {}
            Standing::Untrusted(why) => reasons.refuse(
                ReasonCode::HiddenText,
                format!("{what}, written by {author}: {why}"),
            ),
            Standing::NotKnown(code, why) => {
                reasons.refuse(code, format!("{what}, written by {author}: {why}"));
            }
        }
    }
    let (length, budget) = (read.length, people.rules.text_budget);
    if length > budget {
        let detail = format!("{length} UTF-16 code units, at most {budget}");
        reasons.refuse(ReasonCode::TooLong, detail);
    }
}

/// Reads the texts. Returns what the agent receives if nothing refuses, and what there is to judge.
pub(super) fn read(issue: &IssueFacts, people: &People<'_>) -> (FrozenText, TextFacts) {
    let title = ShownText::of_plain(&issue.title);
    let body = ShownText::of_markdown(&issue.body);
    let hidden = [("title", &title), ("body", &body)]
        .into_iter()
        .filter(|(_, text)| !text.hidden_characters.is_empty())
        .map(|(name, text)| format!("{name}: {}", code_points(&text.hidden_characters)))
        .collect();
    let comments: Vec<AdmittedComment<'_>> = issue
        .comments
        .iter()
        .filter_map(|comment| admit(comment, people))
        .collect();
    let left_out = issue.comments.len() - comments.len();
    let author = issue.author.name();
    let compose = |parent| FrozenText::compose(&title, author, &body, &comments, left_out, parent);
    let budget = people.rules.text_budget;
    let parent = parent::admit(&issue.parent, people);
    let mut frozen = compose(&parent);
    if frozen.utf16_length() > budget
        && let Parent::Shown { name, .. } = parent
    {
        // It is context only: no work waits for it.
        frozen = compose(&Parent::LeftOut {
            name,
            why: "it does not fit beside the issue".to_owned(),
        });
    }
    let read = TextFacts {
        hidden,
        unseen: unseen_source(&title, &body),
        length: frozen.utf16_length(),
        named: BlockedBy::in_body(&issue.body, host_of(&issue.url)),
    };
    (frozen, read)
}

/// Returns everybody whose permission decides whether the agent reads a comment.
pub(super) fn comment_writers(issue: &IssueFacts) -> impl Iterator<Item = &Actor> {
    issue
        .comments
        .iter()
        .filter(|comment| !comment.minimised)
        .flat_map(|comment| {
            let editor = comment.last_edit.as_ref().map(|edit| &edit.editor);
            let earlier = comment.earlier_editors.iter().flatten();
            let both = [Some(&comment.author), editor].into_iter().flatten();
            both.chain(earlier)
        })
}

/// Returns the issue's author when the page shows parts of title or body in another form than they are written.
pub(super) fn author_of_unseen_source(issue: &IssueFacts) -> Option<&Actor> {
    let title = ShownText::of_plain(&issue.title);
    let body = ShownText::of_markdown(&issue.body);
    unseen_source(&title, &body).map(|_| &issue.author)
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

fn admit<'c>(comment: &'c Comment, people: &People<'_>) -> Option<AdmittedComment<'c>> {
    let is_trusted = |actor| matches!(people.standing(actor), Standing::Trusted);
    let last_editor = comment.last_edit.iter().map(|edit| &edit.editor);
    let edited_well = comment
        .earlier_editors
        .as_ref()
        .is_some_and(|earlier| last_editor.chain(earlier).all(is_trusted));
    if comment.minimised || !edited_well || !is_trusted(&comment.author) {
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
