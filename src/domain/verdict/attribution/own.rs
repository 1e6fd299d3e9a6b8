//! Which commits of a branch are the run's, seen together.
//!
//! Each commit by itself is told by its message. Beside the others, three more things tell: a revert that takes back what the run
//! made is nobody's work; a merge that stands on a commit of the run, and a commit that names the issue and is newer than one with
//! the run's line, are the run's where the same author made them, because agents leave the line out there. A side branch that such
//! a merge brings has to be the run's as well: a person whose machine the agent works on merges pull requests under the same name.

use super::commits::{AttributedBy, BranchCommit, Commits};
use super::lineage::{brings_only, brings_side_branch};
use super::recognition::{RunMarks, TRAILER, recognise};
use super::reverts::{is_revert, takes_back};
use crate::domain::verdict::ci::CommitSha;
use crate::domain::verdict::commit_message::marked_lines;

/// Returns for each commit of the branch, newest first, how it is the run's.
#[must_use]
pub(super) fn own(
    branch: &[&BranchCommit],
    commits: Commits<'_>,
    run: &RunMarks<'_>,
) -> Vec<Option<AttributedBy>> {
    let repository = run.issue.repo.full_name();
    let tell = |closers: &[CommitSha]| -> Vec<Option<AttributedBy>> {
        let told = branch.iter();
        told.map(|commit| recognise(commit, closers, run)).collect()
    };
    // The author of a commit with the run's line is an agent, whoever proposed what: "on top" asks who that is.
    let told = tell(commits.closers);
    let has_line = |told: &[Option<AttributedBy>]| told.contains(&Some(AttributedBy::Trailer));
    let mut own = if commits.of_others.is_empty() {
        told.clone()
    } else {
        tell(&commits.own_closers())
    };
    // Reverts from the oldest on: one that is nobody's work may be taken back by the run.
    for index in (0..branch.len()).rev() {
        if own[index].is_some() && is_revert(&branch[index].message) {
            let taken = takes_back(branch, index, &repository);
            let is_known = commits.complete || !taken.is_empty();
            if !is_known || taken.iter().any(|at| own[*at].is_some()) {
                own[index] = None;
            }
        }
    }
    if has_line(&own) {
        own.iter_mut()
            .for_each(|own| *own = own.filter(|told| !told.is_fallback()));
    }
    for index in (0..branch.len()).rev() {
        if own[index].is_none()
            && let Some(attributed_by) =
                on_top(branch, index, (run.branch, commits.complete), &told, &own)
        {
            let taken = takes_back(branch, index, &repository);
            own[index] = taken
                .iter()
                .all(|at| own[*at].is_none())
                .then_some(attributed_by);
        }
    }
    own
}

/// How a commit is the run's that the author of older commits of the run put on top of them.
fn on_top(
    branch: &[&BranchCommit],
    index: usize,
    (trunk, complete): (&str, bool),
    told: &[Option<AttributedBy>],
    own: &[Option<AttributedBy>],
) -> Option<AttributedBy> {
    let commit = branch[index];
    if commit.by_bot || commit.author.is_none() || is_revert(&commit.message) {
        return None;
    }
    let mut older = branch
        .iter()
        .zip(own)
        .skip(index)
        .filter(|(older, _)| older.author == commit.author)
        .filter_map(|(older, own)| Some((&older.sha, (*own)?)));
    if let Some(fallback) = told[index] {
        let has_line = older.any(|(_, own)| own == AttributedBy::Trailer);
        return has_line.then_some(fallback);
    }
    let names_a_run = marked_lines(&commit.message, TRAILER).next().is_some();
    let is_others = || {
        brings_side_branch(&commit.message, trunk)
            && !brings_only(branch, trunk, index, complete, |at| own[at].is_some())
    };
    match commit.parents.as_slice() {
        [first, _, ..] if !names_a_run && !is_others() => older
            .find(|(sha, _)| *sha == first)
            .map(|(_, attributed_by)| attributed_by),
        [] | [_] | [_, _, ..] => None,
    }
}
