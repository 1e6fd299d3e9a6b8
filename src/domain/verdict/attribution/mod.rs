//! Which commit on the branch is a run's (SPEC 4.4).
//!
//! Reads commits that an adapter listed and says which one to watch; it asks nothing. A commit is the run's when a line
//! `Afk-Run` names the run's thread. Only when there is none, a commit since the dispatch counts that has the line `Refs` with
//! the bound issue, or of which the forge says that it closed the issue, and it is marked so. A mere mention is nothing, what a
//! bot wrote is no fallback, and a commit that names another run is never taken; nor is one that takes work back, unless it names
//! this run and took back nothing of it. Nor are dates trusted. What the author of the run's commits put on top of them is the
//! run's as well where it says so in part: see `own`.

mod commits;
mod kept_message;
mod lineage;
mod own;
mod recognition;
mod reverts;

use chrono::TimeDelta;

pub use self::commits::{
    AttributedBy, Author, BranchCommit, Commits, Descent, LinkedCommit, NewerCommit, Placement,
    PushedCommit, is_bot, is_bot_by_name, is_machine,
};
pub use self::kept_message::kept_message;
use self::lineage::{brings_only, brings_side_branch, descents};
use self::own::own;
pub use self::recognition::{RunMarks, TRAILER, recognise};
use self::reverts::reverted_by;
use crate::domain::verdict::commit_message::skip_token;

/// How much earlier than the dispatch comments, events and commits of the run may be dated: the clocks of agent, T3 and forge
/// differ.
pub const CLOCK_SLACK: TimeDelta = TimeDelta::hours(1);

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
    let own = own(&on_branch, commits, run);
    let mut of_run = own
        .iter()
        .enumerate()
        .filter_map(|(index, attributed_by)| Some((index, (*attributed_by)?)))
        .peekable();
    let Some(&(index, attributed_by)) = of_run.peek() else {
        let closers = commits.own_closers();
        let unplaced = cut_off
            .into_iter()
            .filter(|linked| linked.placement == Placement::Unknown)
            .any(|linked| recognise(&linked.commit, &closers, run).is_some());
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
    let reverted_by = reverts[index]
        .or_else(|| reverts[merge?])
        .or_else(|| {
            // A merge on top of the run's commit holds what that one brought.
            let mut below = merged_into(&on_branch, index).filter(|below| own[*below].is_some());
            while let Some(at) = below
                && reverts[at].is_none()
            {
                below = merged_into(&on_branch, at).filter(|below| own[*below].is_some());
            }
            reverts[below?]
        })
        .cloned();
    let of_others = |merge: usize| {
        let is_own = |at: usize| own[at].is_some();
        !commits.closers.contains(&on_branch[merge].sha)
            && !brings_only(&on_branch, run.branch, merge, commits.complete, is_own)
    };
    let newer = on_branch[..index]
        .iter()
        .zip(descents)
        .enumerate()
        .map(|(at, (commit, descent))| NewerCommit {
            sha: commit.sha.clone(),
            committed_at: commit.committed_at,
            skips_ci: skip_token(&commit.message).is_some(),
            descent: match descent {
                Descent::Merges if of_others(at) => {
                    if brings_side_branch(&commit.message, run.branch) {
                        Descent::Brings
                    } else {
                        // Somebody may have merged the branch into work of their own, and the branch was at the run's commit.
                        Descent::Contains
                    }
                }
                told @ (Descent::NotKnown
                | Descent::Contains
                | Descent::Merges
                | Descent::Brings) => told,
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

/// Where the first parent of a merge is.
fn merged_into(branch: &[&BranchCommit], index: usize) -> Option<usize> {
    match branch[index].parents.as_slice() {
        [first, _, ..] => branch.iter().position(|commit| commit.sha == *first),
        [] | [_] => None,
    }
}

#[cfg(test)]
mod own_tests;

#[cfg(test)]
mod tests;
