//! Which commits of a list contain an older one.
//!
//! Follows the first parents from the head of the branch down: what lies on that line above a commit, or above the merge that
//! brought it in, contains it. A list whose parents nobody told is taken for a line, which it is where nobody merges.

use std::collections::BTreeSet;

use super::BranchCommit;
use crate::domain::verdict::ci::CommitSha;

/// Returns for each commit before `index`, newest first, whether it contains the commit at `index`.
#[must_use]
pub(super) fn containing(branch: &[&BranchCommit], index: usize) -> Vec<bool> {
    let newer = &branch[..index];
    if newer.iter().any(|commit| commit.parents.is_empty()) {
        return vec![true; index];
    }
    // Everything that has the commit among its ancestors, from the oldest on: parents come after their children.
    let mut holds: BTreeSet<&CommitSha> = BTreeSet::from([&branch[index].sha]);
    for commit in newer.iter().rev() {
        if commit.parents.iter().any(|parent| holds.contains(parent)) {
            holds.insert(&commit.sha);
        }
    }
    // Of these only the branch's own line: what a side branch held was never its state.
    let mut line: BTreeSet<&CommitSha> = BTreeSet::new();
    let mut next = newer.first().map(|head| &head.sha);
    for commit in newer {
        if next == Some(&commit.sha) {
            line.insert(&commit.sha);
            next = commit.parents.first();
        }
    }
    newer
        .iter()
        .map(|commit| holds.contains(&commit.sha) && line.contains(&commit.sha))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn sha(letter: char) -> CommitSha {
        CommitSha::parse(&letter.to_string().repeat(40)).unwrap()
    }

    /// Letters with those of their parents, newest first; the last is asked about.
    fn told(branch: &[(char, &str)]) -> String {
        let commits: Vec<BranchCommit> = branch
            .iter()
            .map(|(letter, parents)| BranchCommit {
                sha: sha(*letter),
                message: String::new(),
                committed_at: DateTime::UNIX_EPOCH,
                by_bot: false,
                parents: parents.chars().map(sha).collect(),
            })
            .collect();
        let commits: Vec<&BranchCommit> = commits.iter().collect();
        containing(&commits, commits.len() - 1)
            .into_iter()
            .zip(branch)
            .filter(|(contains, _)| *contains)
            .map(|(_, (letter, _))| *letter)
            .collect()
    }

    #[test]
    fn only_the_branchs_own_line_above_a_commit_contains_it() {
        // A line.
        assert_eq!(told(&[('c', "b"), ('b', "a"), ('a', "")]), "cb");
        // Nobody told: a line.
        assert_eq!(told(&[('c', "b"), ('b', ""), ('a', "")]), "cb");
        // `b` lies on a side branch that began before `a`, and `d` merged it.
        assert_eq!(
            told(&[('d', "cb"), ('c', "a"), ('b', "f"), ('a', "f")]),
            "dc"
        );
        // `a` itself lies on a side branch, and `d` merged it: `b` does not contain it.
        assert_eq!(
            told(&[('e', "d"), ('d', "ba"), ('b', "f"), ('a', "f")]),
            "ed"
        );
        // `b` grew on the side branch of `a`: the branch never was at `b`.
        assert_eq!(
            told(&[('d', "cb"), ('c', "f"), ('b', "a"), ('a', "f")]),
            "d"
        );
        assert_eq!(told(&[('a', "")]), "");
    }
}
