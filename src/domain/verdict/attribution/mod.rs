//! Which commit on the branch is a run's (SPEC 4.4).
//!
//! Reads commits that an adapter listed and says which one to watch; it asks nothing. A commit is the run's when its
//! trailer `Afk-Run` names the run's thread. Only when there is none, a commit since the dispatch that closes or references
//! exactly the bound issue is taken, and marked so. A commit whose trailer names another run is never taken.

mod commits;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::commits::{
    AttributedBy, BranchCommit, Commits, LinkedCommit, NewerCommit, Placement, PushedCommit,
};
use crate::domain::identity::ThreadId;
use crate::domain::repository::IssueRef;
use crate::domain::verdict::ci::CommitSha;
use crate::domain::verdict::commit_message::{skip_token, trailers};
use crate::domain::verdict::issue_mention::{Mention, mention};

/// The trailer that names a run.
pub const TRAILER: &str = "Afk-Run";

/// How much earlier than the dispatch a commit of the run may be dated: the clocks of agent, T3 and forge differ.
///
/// Ask forges for commits from this much before the dispatch. Only trailers profit: what merely mentions the issue must
/// be dated after the dispatch.
pub const CLOCK_SLACK: TimeDelta = TimeDelta::hours(1);

/// What a commit is held against.
#[derive(Clone, Copy, Debug)]
pub struct RunMarks<'r> {
    /// `T`, the run's thread.
    pub thread: ThreadId,
    /// The bound issue.
    pub issue: &'r IssueRef,
    /// `host[:port]` of the forge for people, for mentions by address.
    pub host: &'r str,
    /// When the run's first message was sent.
    pub dispatched_at: DateTime<Utc>,
}

/// What is known about a run's push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribution {
    /// Nothing of the run is on the branch.
    NotPushed,
    /// Nothing that is known to be on the branch is the run's, but these commits would be if they were: ask the forge whether
    /// the branch contains them, newest first.
    Unplaced(Vec<CommitSha>),
    /// This commit is to be watched.
    Pushed(PushedCommit),
}

/// Finds the watched commit of the run that `run` describes.
#[must_use]
pub fn attribute(commits: Commits<'_>, run: &RunMarks<'_>) -> Attribution {
    // What was cut off the list of the branch is older than all of it.
    let mut cut_off: Vec<&LinkedCommit> = commits
        .linked
        .iter()
        .filter(|linked| {
            commits
                .branch
                .iter()
                .all(|commit| commit.sha != linked.commit.sha)
        })
        .collect();
    cut_off.sort_by_key(|linked| std::cmp::Reverse(linked.commit.committed_at));
    let on_branch: Vec<&BranchCommit> = commits
        .branch
        .iter()
        .chain(
            cut_off
                .iter()
                .filter(|linked| linked.placement == Placement::OnBranch)
                .map(|linked| &linked.commit),
        )
        .collect();
    let marked: Vec<(usize, AttributedBy)> = on_branch
        .iter()
        .enumerate()
        .filter_map(|(index, commit)| Some((index, recognise(commit, commits.linked, run)?)))
        .collect();
    let has_trailer = marked
        .iter()
        .any(|(_, attributed_by)| !attributed_by.is_fallback());
    let mut of_run = marked
        .into_iter()
        .filter(|(_, attributed_by)| attributed_by.is_fallback() != has_trailer)
        .peekable();
    let Some(&(index, attributed_by)) = of_run.peek() else {
        let unplaced: Vec<CommitSha> = cut_off
            .into_iter()
            .filter(|linked| linked.placement == Placement::Unknown)
            .filter(|linked| recognise(&linked.commit, commits.linked, run).is_some())
            .map(|linked| linked.commit.sha.clone())
            .collect();
        return if unplaced.is_empty() {
            Attribution::NotPushed
        } else {
            Attribution::Unplaced(unplaced)
        };
    };
    let watched = on_branch[index];
    Attribution::Pushed(PushedCommit {
        sha: watched.sha.clone(),
        committed_at: watched.committed_at,
        attributed_by,
        skip_token: skip_token(&watched.message).map(str::to_owned),
        of_run: of_run
            .map(|(index, _)| on_branch[index].sha.clone())
            .collect(),
        newer: on_branch[..index]
            .iter()
            .map(|commit| NewerCommit {
                sha: commit.sha.clone(),
                committed_at: commit.committed_at,
                contains: true,
            })
            .collect(),
        reverted_by: None,
    })
}

/// Returns how a commit on the branch would be recognised as the run's.
fn recognise(
    commit: &BranchCommit,
    linked: &[LinkedCommit],
    run: &RunMarks<'_>,
) -> Option<AttributedBy> {
    let mut runs = trailers(&commit.message)
        .into_iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(TRAILER))
        .map(|(_, value)| value)
        .peekable();
    if runs.peek().is_some() {
        let thread = run.thread.to_string();
        // The thread's id may follow the issue's name.
        let names_run = runs
            .flat_map(str::split_whitespace)
            .any(|word| word.eq_ignore_ascii_case(&thread));
        let since_dispatch = commit.committed_at >= run.dispatched_at - CLOCK_SLACK;
        return (names_run && since_dispatch).then_some(AttributedBy::Trailer);
    }
    if commit.committed_at < run.dispatched_at {
        return None;
    }
    match mention(&commit.message, run.issue, run.host) {
        Some(Mention::Closes) => Some(AttributedBy::ClosesIssue),
        Some(Mention::References) => Some(AttributedBy::ReferencesIssue),
        // The forge understood more than we do.
        None => linked
            .iter()
            .any(|linked| linked.commit.sha == commit.sha)
            .then_some(AttributedBy::ReferencesIssue),
    }
}

#[cfg(test)]
mod tests;
