//! Which commit on the branch is a run's (SPEC 4.4).
//!
//! Reads commits that an adapter listed and says which one to watch; it asks nothing. A commit is the run's when a line
//! `Afk-Run` names the run's thread. Only when there is none, a commit since the dispatch counts that has the line `Refs` with
//! the bound issue, or of which the forge says that it closed the issue, and it is marked so. A mere mention is nothing, what a
//! bot wrote is no fallback, and a commit that names another run, or takes work back, is never taken. Nor are dates trusted.

mod commits;
mod lineage;
mod reverts;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::commits::{
    AttributedBy, BranchCommit, Commits, Descent, LinkedCommit, NewerCommit, Placement,
    PushedCommit, is_bot, is_bot_by_name,
};
use self::lineage::descents;
use self::reverts::{is_revert, reverted_by};
use crate::domain::identity::ThreadId;
use crate::domain::repository::IssueRef;
use crate::domain::verdict::ci::CommitSha;
use crate::domain::verdict::commit_message::{marked_lines, skip_token};
use crate::domain::verdict::issue_mention::{is_reference, mention};

/// The line that names a run.
pub const TRAILER: &str = "Afk-Run";

/// How much earlier than the dispatch comments, events and commits of the run may be dated: the clocks of agent, T3 and forge
/// differ.
pub const CLOCK_SLACK: TimeDelta = TimeDelta::hours(1);

/// What a commit is held against.
#[derive(Clone, Copy, Debug)]
pub struct RunMarks<'r> {
    /// `T`, the run's thread.
    pub thread: ThreadId,
    /// The bound issue.
    pub issue: &'r IssueRef,
    /// What the addresses of the forge's pages begin with, for mentions by address.
    pub web: &'r str,
    /// When the run's first message was sent.
    pub dispatched_at: DateTime<Utc>,
}

/// What is known about a run's push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribution {
    /// Nothing of the run is on the branch.
    NotPushed,
    /// Nothing of the run was found, and not everything since the dispatch could be read.
    NotKnown,
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
        .filter_map(|(index, commit)| Some((index, recognise(commit, commits.closers, run)?)))
        .collect();
    let has_trailer = marked
        .iter()
        .any(|(_, attributed_by)| !attributed_by.is_fallback());
    let mut of_run = marked
        .into_iter()
        .filter(|(_, attributed_by)| attributed_by.is_fallback() != has_trailer)
        .peekable();
    let Some(&(index, attributed_by)) = of_run.peek() else {
        let unplaced = cut_off
            .into_iter()
            .filter(|linked| linked.placement == Placement::Unknown)
            .any(|linked| recognise(&linked.commit, commits.closers, run).is_some());
        return if commits.complete && !unplaced {
            Attribution::NotPushed
        } else {
            Attribution::NotKnown
        };
    };
    let watched = on_branch[index];
    let descents = descents(&on_branch, commits.branch.len(), index);
    // Whoever takes back a merge takes back what it brought.
    let reverts = reverted_by(&on_branch, &run.issue.repo.full_name());
    let merge = descents
        .iter()
        .position(|descent| *descent == Descent::Merges);
    let reverted_by = reverts[index].or_else(|| reverts[merge?]).cloned();
    let newer = on_branch[..index]
        .iter()
        .zip(descents)
        .map(|(commit, descent)| NewerCommit {
            sha: commit.sha.clone(),
            committed_at: commit.committed_at,
            descent: match descent {
                // Somebody may have merged the branch into work of their own, and that is not the run's.
                Descent::Merges if !commits.closers.contains(&commit.sha) => Descent::Contains,
                told @ (Descent::NotKnown | Descent::Contains | Descent::Merges) => told,
            },
        })
        .collect();
    Attribution::Pushed(PushedCommit {
        sha: watched.sha.clone(),
        committed_at: watched.committed_at,
        attributed_by,
        skip_token: skip_token(&watched.message).map(str::to_owned),
        of_run: of_run
            .map(|(index, _)| on_branch[index].sha.clone())
            .collect(),
        newer,
        reverted_by,
    })
}

/// Returns how a commit on the branch would be recognised as the run's. A forge's reader asks it of commits that only events
/// name, before it asks where they are.
#[must_use]
pub fn recognise(
    commit: &BranchCommit,
    closers: &[CommitSha],
    run: &RunMarks<'_>,
) -> Option<AttributedBy> {
    let message = &commit.message;
    if is_revert(message) {
        return None;
    }
    let since_dispatch = commit.committed_at >= run.dispatched_at;
    let mut runs = marked_lines(message, TRAILER).peekable();
    if runs.peek().is_some() {
        let thread = run.thread.to_string();
        // The thread's id may follow the issue's name.
        let names_run = runs
            .flat_map(str::split_whitespace)
            .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
            .any(|word| word.eq_ignore_ascii_case(&thread));
        // Thread ids come again after a restore of T3: an old commit has to name the issue, too.
        let is_of_this_run = since_dispatch || mention(message, run.issue, run.web).is_some();
        return (names_run && is_of_this_run).then_some(AttributedBy::Trailer);
    }
    if commit.by_bot {
        return None;
    }
    if closers.contains(&commit.sha) {
        return Some(AttributedBy::ClosesIssue);
    }
    let refers = since_dispatch
        && marked_lines(message, "Refs").any(|line| {
            line.split([',', ' '])
                .any(|word| is_reference(word, run.issue))
        });
    refers.then_some(AttributedBy::ReferencesIssue)
}

#[cfg(test)]
mod tests;
