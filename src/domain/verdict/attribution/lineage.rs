//! Which commits of a list contain an older one.
//!
//! Follows the first parents from the head of the branch down: what lies on that line above a commit, or above the merge that
//! brought it in, contains it. A list whose parents nobody told is taken for a line, which it is where nobody merges. A commit
//! that a list is too short for is contained by the head, because the forge says that it is on the branch.

use std::collections::BTreeSet;

use super::reverts::numbered;
use super::{BranchCommit, Descent};
use crate::domain::verdict::ci::CommitSha;

/// Returns for each commit before `index`, newest first, how it stands to the commit at `index`. The first `listed` of them are
/// the branch's list; what comes after them is older than it, and on the branch as well.
#[must_use]
pub(super) fn descents(branch: &[&BranchCommit], listed: usize, index: usize) -> Vec<Descent> {
    let newer = &branch[..index.min(listed)];
    let mut descents = if newer.iter().any(|commit| commit.parents.is_empty()) {
        vec![Descent::Contains; newer.len()]
    } else if index < listed {
        above(newer, &branch[index].sha)
    } else {
        above_the_list(newer)
    };
    descents.resize(index, Descent::NotKnown);
    descents
}

/// What branches that others are merged into are called.
const TRUNKS: [&str; 6] = [
    "main",
    "master",
    "trunk",
    "develop",
    "development",
    "default",
];

/// Returns whether the title of a merge says that a side branch came into the branch `trunk`: as forges and git write it. That the
/// branch was merged into somebody's own work looks the same otherwise.
#[must_use]
pub(super) fn brings_side_branch(message: &str, trunk: &str) -> bool {
    let title = message.lines().next().unwrap_or_default();
    // A forge may be set to call a merge as the pull request: "Add x (#9)".
    if title.starts_with("Merge pull request ") || numbered(title.trim_end()).is_some() {
        return true;
    }
    let named = ["Merge branch '", "Merge remote-tracking branch 'origin/"]
        .iter()
        .find_map(|words| title.strip_prefix(words)?.split_once('\''));
    named.is_some_and(|(name, rest)| {
        // A branch that is merged into one of its name is the forge's, which somebody pulled.
        let is_pulled = rest.strip_prefix(" into ") == Some(name) || rest.starts_with(" of ");
        name != trunk && !TRUNKS.contains(&name) && !is_pulled
    })
}

/// Returns whether the merge at `merge` brought a side branch, all of which is among what `is_own` names, beside merges: those that
/// took in the branch or each other brought nothing else. What is not listed is older than all that is; whether a side branch begins
/// there, nobody knows where the list is not `complete`.
#[must_use]
pub(super) fn brings_only(
    branch: &[&BranchCommit],
    trunk: &str,
    merge: usize,
    complete: bool,
    is_own: impl Fn(usize) -> bool,
) -> bool {
    let [first, sides @ ..] = branch[merge].parents.as_slice() else {
        return false;
    };
    if !brings_side_branch(&branch[merge].message, trunk) {
        return false;
    }
    let position = |sha: &CommitSha| branch.iter().position(|commit| commit.sha == *sha);
    let mut before: BTreeSet<usize> = BTreeSet::new();
    let mut open: Vec<&CommitSha> = vec![first];
    while let Some(sha) = open.pop() {
        if let Some(at) = position(sha)
            && before.insert(at)
        {
            open.extend(&branch[at].parents);
        }
    }
    let mut brought: BTreeSet<usize> = BTreeSet::new();
    let mut open: Vec<&CommitSha> = sides.iter().collect();
    while let Some(sha) = open.pop() {
        match position(sha) {
            Some(at) if before.contains(&at) => {}
            Some(at) if !is_own(at) && branch[at].parents.len() < 2 => return false,
            Some(at) => {
                if brought.insert(at) {
                    open.extend(&branch[at].parents);
                }
            }
            None if complete => {}
            None => return false,
        }
    }
    !brought.is_empty()
}

fn above(newer: &[&BranchCommit], sha: &CommitSha) -> Vec<Descent> {
    let holding = holding(newer, sha);
    let own_line: BTreeSet<&CommitSha> = own_line(newer).collect();
    newer
        .iter()
        .map(|commit| {
            if !(holding.contains(&commit.sha) && own_line.contains(&commit.sha)) {
                return Descent::NotKnown;
            }
            match commit.parents.first() {
                Some(before) if !holding.contains(before) => Descent::Merges,
                Some(_) | None => Descent::Contains,
            }
        })
        .collect()
}

/// Everything that has a commit among its ancestors, from the oldest on: parents come after their children.
fn holding<'c>(newer: &[&'c BranchCommit], sha: &'c CommitSha) -> BTreeSet<&'c CommitSha> {
    let mut holding = BTreeSet::from([sha]);
    for commit in newer.iter().rev() {
        if commit.parents.iter().any(|parent| holding.contains(parent)) {
            holding.insert(&commit.sha);
        }
    }
    holding
}

/// The branch's own line: what a side branch held was never its state.
fn own_line<'c>(newer: &[&'c BranchCommit]) -> impl Iterator<Item = &'c CommitSha> {
    let mut next = newer.first().map(|head| &head.sha);
    newer.iter().filter_map(move |commit| {
        let is_next = next == Some(&commit.sha);
        if is_next {
            next = commit.parents.first();
        }
        is_next.then_some(&commit.sha)
    })
}

/// What contains an older commit of the branch than any that is listed: the head, and below it what it has everything from.
fn above_the_list(newer: &[&BranchCommit]) -> Vec<Descent> {
    let mut next = newer.first().map(|head| &head.sha);
    newer
        .iter()
        .map(|commit| {
            let is_next = next == Some(&commit.sha);
            if is_next {
                next = match commit.parents.as_slice() {
                    [only] => Some(only),
                    [] | [_, _, ..] => None,
                };
            }
            if is_next {
                Descent::Contains
            } else {
                Descent::NotKnown
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn sha(letter: char) -> CommitSha {
        CommitSha::parse(&letter.to_string().repeat(40)).unwrap()
    }

    fn commit(letter: char, parents: &str) -> BranchCommit {
        BranchCommit {
            sha: sha(letter),
            message: String::new(),
            committed_at: DateTime::UNIX_EPOCH,
            author: None,
            by_bot: false,
            parents: parents.chars().map(sha).collect(),
        }
    }

    fn commits(branch: &[(char, &str)]) -> Vec<BranchCommit> {
        branch
            .iter()
            .map(|(letter, parents)| commit(*letter, parents))
            .collect()
    }

    /// Those that contain it; a capital merged it in.
    fn shown(branch: &[(char, &str)], descents: &[Descent]) -> String {
        descents
            .iter()
            .zip(branch)
            .filter_map(|(descent, (letter, _))| match descent {
                Descent::NotKnown => None,
                Descent::Contains => Some(*letter),
                Descent::Merges | Descent::Brings => Some(letter.to_ascii_uppercase()),
            })
            .collect()
    }

    /// Letters with those of their parents, newest first; the last is asked about.
    fn told(branch: &[(char, &str)]) -> String {
        let commits = commits(branch);
        let commits: Vec<&BranchCommit> = commits.iter().collect();
        shown(
            branch,
            &descents(&commits, commits.len(), commits.len() - 1),
        )
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
            "eD"
        );
        // `b` grew on the side branch of `a`: the branch never was at `b`.
        assert_eq!(
            told(&[('d', "cb"), ('c', "f"), ('b', "a"), ('a', "f")]),
            "D"
        );
        // The merge is the first commit of all, and of two merges only the first brought it in.
        assert_eq!(
            told(&[('e', "db"), ('d', "cb"), ('c', "f"), ('b', "a"), ('a', "f")]),
            "eD"
        );
        assert_eq!(told(&[('b', "f0a"), ('a', "f")]), "B");
        assert_eq!(told(&[('a', "")]), "");
    }

    /// As `told`, of a commit that the list is too short for.
    fn told_beyond(branch: &[(char, &str)]) -> String {
        let mut commits = commits(branch);
        commits.push(commit('1', ""));
        let commits: Vec<&BranchCommit> = commits.iter().collect();
        shown(branch, &descents(&commits, branch.len(), branch.len()))
    }

    #[test]
    fn a_merge_of_a_side_branch_is_known_by_what_it_is_called_and_by_all_that_it_brings() {
        let brings = |message: &str, branch: &[(char, &str)], complete, own: &str| {
            let mut commits = commits(branch);
            commits[0].message = message.to_owned();
            let commits: Vec<&BranchCommit> = commits.iter().collect();
            brings_only(&commits, "dev", 0, complete, |at| {
                own.contains(branch[at].0)
            })
        };
        let plain = [('e', "ba"), ('b', "f"), ('a', "f"), ('f', "0")];
        for (title, expected) in [
            ("Merge pull request #9 from octo-org/afk-7\n\nMend it", true),
            (
                "Merge pull request 'Mend it' (#9) from afk/7 into main",
                true,
            ),
            ("Merge branch 'afk/7'", true),
            ("Add x (#9)", true),
            ("Add x (#9a)", false),
            ("Add x (#)", false),
            ("Merge branch 'afk/7' into main", true),
            ("Merge remote-tracking branch 'origin/afk/7'", true),
            ("Merge branch 'main'", false),
            ("Merge branch 'master' into topic", false),
            (
                "Merge branch 'release' of github.com:octo-org/widgets",
                false,
            ),
            (
                "Merge remote-tracking branch 'origin/main' into topic",
                false,
            ),
            ("Merge branch 'next' into next", false),
            (
                "Merge remote-tracking branch 'origin/next' into next",
                false,
            ),
            ("Merge branch 'next' into main", true),
            // What the branch is called here.
            ("Merge branch 'dev'", false),
            ("Merge branch 'dev' into topic", false),
            ("Merge remote-tracking branch 'origin/dev' into HEAD", false),
            ("Merge branch 'dev-tools' into dev", true),
            ("Bring it in", false),
            ("", false),
        ] {
            assert_eq!(brings(title, &plain, true, "a"), expected, "{title}");
        }
        let called = |branch: &[(char, &str)], complete, own| {
            brings("Merge pull request #9", branch, complete, own)
        };
        assert!(!called(&plain, true, ""), "it is somebody else's");
        assert!(!called(&plain, true, "b"), "it was on the branch before");
        let two = [('e', "bc"), ('c', "a"), ('b', "f"), ('a', "f"), ('f', "0")];
        assert!(called(&two, true, "ac"));
        assert!(!called(&two, true, "a"), "somebody worked on it, too");
        assert!(!called(&two, true, "c"));
        // It begins where the list ends.
        let cut = [('e', "ba"), ('b', "0"), ('a', "1")];
        assert!(called(&cut, true, "a"));
        assert!(!called(&cut, false, "a"));
        // It took the branch in meanwhile, and it is no merge.
        let twice = [('e', "bc"), ('c', "ab"), ('b', "f"), ('a', "f"), ('f', "0")];
        assert!(called(&twice, true, "ac"));
        // Somebody else took the branch in meanwhile ("Update branch"), or another side branch of the run.
        assert!(called(&twice, true, "a"));
        let nested = [
            ('e', "bd"),
            ('d', "fca"),
            ('c', "f"),
            ('b', "f"),
            ('a', "f"),
            ('f', "0"),
        ];
        assert!(called(&nested, true, "ac"));
        assert!(!called(&nested, true, "a"), "another's side branch");
        assert!(!called(&[('e', "a"), ('a', "f")], true, "a"));
        assert!(!called(&[('e', "ba"), ('b', "a"), ('a', "f")], true, "a"));
    }

    #[test]
    fn what_the_list_is_too_short_for_is_in_the_head_and_in_what_the_head_stands_on() {
        assert_eq!(told_beyond(&[('c', "b"), ('b', "a"), ('a', "0")]), "cba");
        // Nobody told.
        assert_eq!(told_beyond(&[('c', "b"), ('b', ""), ('a', "0")]), "cba");
        // `b` merged two lines, and either may hold it.
        assert_eq!(told_beyond(&[('c', "b"), ('b', "0a"), ('a', "0")]), "cb");
        assert_eq!(told_beyond(&[('b', "0a"), ('a', "2")]), "b");
        assert_eq!(told_beyond(&[]), "");
    }

    #[test]
    fn of_two_that_the_list_is_too_short_for_neither_is_known_to_contain_the_other() {
        let listed = commits(&[('b', "a"), ('a', "0")]);
        let (newer, older) = (commit('2', ""), commit('1', ""));
        let all: Vec<&BranchCommit> = listed.iter().chain([&newer, &older]).collect();
        let known = [Descent::Contains, Descent::Contains];
        assert_eq!(descents(&all, 2, 3)[..2], known);
        assert_eq!(descents(&all, 2, 3)[2], Descent::NotKnown);
        assert_eq!(descents(&all, 2, 2), known);
    }
}
