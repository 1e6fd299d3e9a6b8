//! Clause 7: the agent reads what the labeller saw, and what people who are trusted now wrote around it.
//!
//! What a page hides is taken out and counted, whoever wrote it. Comments count whenever they were written: the brief for
//! the agent is often posted right after the label. A forge's word for what an author is to the repository decides
//! nothing, the permission does.

use super::parent;
use super::people::{People, Standing};
use super::refusal::Reasons;
use crate::domain::issue::{Actor, Comment, IssueFacts};
use crate::domain::reason::ReasonCode;
use crate::domain::start::frozen_text::{AdmittedComment, FrozenText, Parent};
use crate::domain::text::hidden_characters::code_points;
use crate::domain::text::shown_text::ShownText;

/// Judges the text. Returns what the agent receives if nothing else refuses.
pub(super) fn check(issue: &IssueFacts, people: &People<'_>, reasons: &mut Reasons) -> FrozenText {
    let title = ShownText::of_plain(&issue.title);
    let body = ShownText::of_markdown(&issue.body);
    for (name, text) in [("title", &title), ("body", &body)] {
        if !text.hidden_characters.is_empty() {
            let detail = format!("{name}: {}", code_points(&text.hidden_characters));
            reasons.refuse(ReasonCode::HiddenText, detail);
        }
    }
    if let Some(what) = unseen_source(&title, &body) {
        let author = issue.author.name();
        match people.standing(&issue.author) {
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
    let length = frozen.utf16_length();
    if length > budget {
        let detail = format!("{length} UTF-16 code units, at most {budget}");
        reasons.refuse(ReasonCode::TooLong, detail);
    }
    frozen
}

/// Returns everybody whose permission decides whether the agent reads a comment.
pub(super) fn comment_writers(issue: &IssueFacts) -> impl Iterator<Item = &Actor> {
    issue
        .comments
        .iter()
        .filter(|comment| !comment.minimised)
        .flat_map(|comment| {
            let editor = comment.last_edit.as_ref().map(|edit| &edit.editor);
            [Some(&comment.author), editor].into_iter().flatten()
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
    let edited_well = comment
        .last_edit
        .as_ref()
        .is_none_or(|edit| is_trusted(&edit.editor));
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
