//! Clause 7: the agent reads what the labeller saw, and the comments of trusted people.

use chrono::{DateTime, Utc};

use super::people::{People, Standing};
use super::refusal::Reasons;
use crate::domain::issue::{Actor, Comment, IssueFacts, LabelEvent};
use crate::domain::reason::ReasonCode;
use crate::domain::start::frozen_text::{AdmittedComment, FrozenText, Parent};
use crate::domain::text::hidden_characters::code_points;
use crate::domain::text::shown_text::ShownText;

/// Judges the text. Returns what the agent receives if nothing else refuses.
pub(super) fn check(
    issue: &IssueFacts,
    event: Option<&LabelEvent>,
    people: &People<'_>,
    reasons: &mut Reasons,
) -> FrozenText {
    let title = ShownText::of_plain(&issue.title);
    let body = ShownText::of_markdown(&issue.body);
    for (name, text) in [("title", &title), ("body", &body)] {
        if !text.hidden_characters.is_empty() {
            let detail = format!("{name}: {}", code_points(&text.hidden_characters));
            reasons.refuse(ReasonCode::HiddenText, detail);
        }
    }
    if body.removed_hidden > 0 {
        let what = format!("pages hide {} of the body", parts(body.removed_hidden));
        let author = issue.author.name();
        match people.standing(&issue.author) {
            Standing::Trusted => {}
            Standing::Untrusted(why) => {
                reasons.refuse(
                    ReasonCode::HiddenText,
                    format!("{what}, written by {author}: {why}"),
                );
            }
            Standing::Unknown(why) => {
                reasons.refuse(
                    ReasonCode::PermissionUnknown,
                    format!("{what}, written by {author}: {why}"),
                );
            }
        }
    }
    let comments: Vec<AdmittedComment<'_>> = issue
        .comments
        .iter()
        .filter_map(|comment| admit(comment, event?.at, people))
        .collect();
    let left_out = issue.comments.len() - comments.len();
    let text = FrozenText::compose(
        &title,
        issue.author.name(),
        &body,
        &comments,
        left_out,
        &Parent::None,
    );
    let length = text.utf16_length();
    let budget = people.rules.text_budget;
    if length > budget {
        let detail = format!("{length} UTF-16 code units, at most {budget}");
        reasons.refuse(ReasonCode::TooLong, detail);
    }
    text
}

/// Returns the authors of comments whose permission decides whether the agent reads them.
pub(super) fn comment_authors(
    issue: &IssueFacts,
    before: DateTime<Utc>,
) -> impl Iterator<Item = &Actor> {
    issue
        .comments
        .iter()
        .filter(move |comment| {
            comment.author_may_have_write && is_unchanged_since_before(comment, before)
        })
        .map(|comment| &comment.author)
}

/// Returns the issue's author when the page hides parts of the body.
pub(super) fn author_of_hidden_parts(issue: &IssueFacts) -> Option<&Actor> {
    (ShownText::of_markdown(&issue.body).removed_hidden > 0).then_some(&issue.author)
}

fn admit<'c>(
    comment: &'c Comment,
    before: DateTime<Utc>,
    people: &People<'_>,
) -> Option<AdmittedComment<'c>> {
    if !is_unchanged_since_before(comment, before)
        || !matches!(people.standing(&comment.author), Standing::Trusted)
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

fn is_unchanged_since_before(comment: &Comment, at: DateTime<Utc>) -> bool {
    comment.created_at < at
        && comment
            .last_edited_at
            .is_none_or(|edited_at| edited_at < at)
}

fn parts(count: usize) -> String {
    match count {
        1 => "one part".to_owned(),
        _ => format!("{count} parts"),
    }
}
