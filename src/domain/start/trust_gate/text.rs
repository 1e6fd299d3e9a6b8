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
    let unseen = unseen_source(&title, &body);
    if let Some(what) = unseen {
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
