//! Whether a commit by itself is a run's: what its message says, who made it, and what the forge tells of it.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::commits::{AttributedBy, BranchCommit};
use super::reverts::is_revert;
use crate::domain::identity::ThreadId;
use crate::domain::repository::IssueRef;
use crate::domain::verdict::ci::CommitSha;
use crate::domain::verdict::commit_message::{marked_lines, meant_lines};
use crate::domain::verdict::issue_mention::{is_reference, mention};

/// The line that names a run.
pub const TRAILER: &str = "Afk-Run";

/// The line that names issues.
pub(super) const REFERENCES: &str = "Refs";

/// What a commit is held against.
#[derive(Clone, Copy, Debug)]
pub struct RunMarks<'r> {
    /// `T`, the run's thread.
    pub thread: ThreadId,
    /// The bound issue.
    pub issue: &'r IssueRef,
    /// What the addresses of the forge's pages begin with, for mentions by address.
    pub web: &'r str,
    /// What the branch that runs push to is called; empty when nobody told.
    pub branch: &'r str,
    /// When the run's first message was sent.
    pub dispatched_at: DateTime<Utc>,
}

/// What a message says in its own words; one that is `taking_back` work may quote it.
pub(super) fn own_words(message: &str, taking_back: bool) -> Cow<'_, str> {
    if taking_back {
        Cow::Owned(unquoted(message))
    } else {
        Cow::Borrowed(message)
    }
}

/// The words of a line's value that may be the id of a run: it may follow the issue's name.
pub(super) fn run_words(value: &str) -> impl Iterator<Item = &str> {
    let words = value.split_whitespace();
    words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
}

/// The words of a line's value that may be the name of an issue.
pub(super) fn issue_words(value: &str) -> impl Iterator<Item = &str> {
    value.split([',', ' '])
}

/// The lines of a revert that quote nothing. Its title may name another title whole, so that only its beginning counts.
fn unquoted(message: &str) -> String {
    let is_quoted = |line: &&str| {
        let is_indented = line.starts_with("    ") || line.starts_with('\t');
        is_indented || line.trim_start().starts_with('>')
    };
    let lines = message.lines().enumerate().flat_map(|(at, line)| {
        let taken = if at == 0 { 1 } else { usize::MAX };
        meant_lines(line).take(taken)
    });
    let own = lines.filter(|line| !is_quoted(line));
    own.collect::<Vec<&str>>().join("\n")
}

/// Returns how a commit on the branch would be recognised as the run's by itself. A forge's reader asks it of commits that only
/// events name, before it asks where they are. Whether a revert took back the run's own work is not known here.
#[must_use]
pub fn recognise(
    commit: &BranchCommit,
    closers: &[CommitSha],
    run: &RunMarks<'_>,
) -> Option<AttributedBy> {
    let message = &commit.message;
    let since_dispatch = commit.committed_at >= run.dispatched_at;
    let taking_back = is_revert(message);
    let words = own_words(message, taking_back);
    let mut runs = marked_lines(&words, TRAILER).peekable();
    if runs.peek().is_some() {
        let thread = run.thread.to_string();
        let names_run = runs
            .flat_map(run_words)
            .any(|word| word.eq_ignore_ascii_case(&thread));
        // Thread ids come again after a restore of T3: an old commit has to name the issue, too.
        let is_of_this_run = since_dispatch || mention(message, run.issue, run.web).is_some();
        return (names_run && is_of_this_run).then_some(AttributedBy::Trailer);
    }
    if commit.by_bot || taking_back {
        return None;
    }
    if closers.contains(&commit.sha) {
        return Some(AttributedBy::ClosesIssue);
    }
    let refers = since_dispatch
        && marked_lines(message, REFERENCES)
            .flat_map(issue_words)
            .any(|word| is_reference(word, run.issue));
    refers.then_some(AttributedBy::ReferencesIssue)
}
