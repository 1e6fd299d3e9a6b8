//! Clause 7, of comments: those of people who are trusted now, whenever they were written: the brief for the agent is often
//! posted right after the label.
//!
//! A forge's word for what an author is to the repository decides nothing, the permission does. What a trusted person wrote and the
//! agent may not read all the same is named, with the reason: it may be the brief.

use super::people::{People, Standing};
use crate::domain::issue::{Actor, Comment, IssueFacts};
use crate::domain::start::frozen_text::{AdmittedComment, CommentLeftOut, Comments};
use crate::domain::text::mail::without_quotes;
use crate::domain::text::shown_text::ShownText;

/// Sorts the comments of an issue.
pub(super) fn sorted<'c>(issue: &'c IssueFacts, people: &People<'_>) -> Comments<'c> {
    let mut comments = Comments::default();
    for comment in &issue.comments {
        match judged(comment, people) {
            Judged::Admitted(admitted) => comments.admitted.push(admitted),
            Judged::LeftOut(why) => comments.left_out.push(CommentLeftOut {
                author: comment.author.name().to_owned(),
                created_at: comment.created_at,
                why,
            }),
            Judged::NoMatter => comments.others += 1,
        }
    }
    comments
}

/// Returns everybody whose permission decides whether the agent reads a comment.
pub(super) fn writers(issue: &IssueFacts) -> impl Iterator<Item = &Actor> {
    issue
        .comments
        .iter()
        .filter(|comment| !comment.minimised)
        .flat_map(|comment| std::iter::once(&comment.author).chain(editors(comment)))
}

/// Everybody who is known to have edited a comment.
fn editors(comment: &Comment) -> impl Iterator<Item = &Actor> {
    let last = comment.last_edit.iter().map(|edit| &edit.editor);
    last.chain(comment.earlier_editors.iter().flatten())
}

/// What becomes of a comment.
enum Judged<'c> {
    Admitted(AdmittedComment<'c>),
    /// It is by somebody who is trusted.
    LeftOut(&'static str),
    /// Nobody expects the agent to read it.
    NoMatter,
}

fn judged<'c>(comment: &'c Comment, people: &People<'_>) -> Judged<'c> {
    let is_trusted = |actor| matches!(people.standing(actor), Standing::Trusted);
    if comment.minimised || !is_trusted(&comment.author) {
        return Judged::NoMatter;
    }
    if !editors(comment).all(is_trusted) {
        return Judged::LeftOut("somebody who is not trusted edited it");
    }
    if comment.earlier_editors.is_none() {
        return Judged::LeftOut("not everybody who edited it is known");
    }
    let body = shown(comment);
    if !body.hidden_characters.is_empty() {
        return Judged::LeftOut("it holds hidden characters");
    }
    Judged::Admitted(AdmittedComment {
        author: comment.author.name(),
        created_at: comment.created_at,
        body,
    })
}

/// What a comment shows. An answer by e-mail quotes what others wrote, strangers too, under the name of who answers.
fn shown(comment: &Comment) -> ShownText {
    if !comment.by_mail {
        return ShownText::of_markdown(&comment.body);
    }
    let own = without_quotes(&comment.body);
    let mut shown = ShownText::of_markdown(&own.text);
    shown.removed_hidden += own.removed;
    shown
}
