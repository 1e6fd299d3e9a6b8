//! Which commits of a branch were taken back.
//!
//! Reads messages as git and forges write them: `Revert "…"`, `This reverts commit …`. A revert that was itself reverted took
//! nothing back. What a commit's content does, nobody looks at.

use super::BranchCommit;
use crate::domain::verdict::ci::CommitSha;

/// The shortest id in a message that counts, in hexadecimal digits.
const SHORTEST: usize = 7;

/// Returns whether a commit takes work back: it is nobody's work.
#[must_use]
pub(super) fn is_revert(message: &str) -> bool {
    starts_with_word(message, "revert") || names(message).next().is_some()
}

/// Returns for each commit of the branch, newest first, which newer one took it back.
#[must_use]
pub(super) fn reverted_by<'c>(branch: &[&'c BranchCommit]) -> Vec<Option<&'c CommitSha>> {
    let mut by = vec![None; branch.len()];
    for (index, commit) in branch.iter().enumerate() {
        // Newest first: what is still standing here stands for good.
        if by[index].is_some() || !is_revert(&commit.message) {
            continue;
        }
        let mut named = names(&commit.message).peekable();
        let older = index + 1..branch.len();
        if named.peek().is_some() {
            for id in named {
                let found = older
                    .clone()
                    .find(|older| branch[*older].sha.as_str().starts_with(&id));
                if let Some(found) = found {
                    by[found].get_or_insert(&commit.sha);
                }
            }
        } else if let Some(title) = quoted_title(&commit.message) {
            // Only the title tells: the newest that carries it and stands.
            let found = older.clone().find(|older| {
                by[*older].is_none() && same_title(first_line(&branch[*older].message), title)
            });
            if let Some(found) = found {
                by[found] = Some(&commit.sha);
            }
        }
    }
    by
}

/// The ids after "This reverts commit", in lower case.
fn names(message: &str) -> impl Iterator<Item = String> {
    const WORDS: &str = "this reverts commit ";
    let folded = message
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_ascii_lowercase();
    let starts: Vec<usize> = folded
        .match_indices(WORDS)
        .map(|(at, _)| at + WORDS.len())
        .collect();
    starts.into_iter().filter_map(move |start| {
        let id: String = folded[start..]
            .chars()
            .take_while(char::is_ascii_hexdigit)
            .collect();
        (id.len() >= SHORTEST).then_some(id)
    })
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default().trim()
}

fn starts_with_word(message: &str, word: &str) -> bool {
    let title = first_line(message);
    title
        .get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
        && title[word.len()..].starts_with([' ', ':'])
}

/// The title in `Revert "…"`.
fn quoted_title(message: &str) -> Option<&str> {
    let title = first_line(message);
    let start = title.find('"')? + 1;
    title.get(start..title.rfind('"')?)
}

/// Squash merges append the number of a pull request.
fn same_title(one: &str, other: &str) -> bool {
    fn bare(title: &str) -> &str {
        match title.rsplit_once(" (#") {
            Some((bare, number))
                if number.strip_suffix(')').is_some_and(|number| {
                    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
                }) =>
            {
                bare
            }
            Some(_) | None => title,
        }
    }
    !bare(one).is_empty() && bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn sha(letter: char) -> CommitSha {
        CommitSha::parse(&letter.to_string().repeat(40)).unwrap()
    }

    /// Newest first.
    fn taken_back(messages: &[(char, &str)]) -> Vec<Option<char>> {
        let commits: Vec<BranchCommit> = messages
            .iter()
            .map(|(letter, message)| BranchCommit {
                sha: sha(*letter),
                message: (*message).to_owned(),
                committed_at: DateTime::UNIX_EPOCH,
                by_bot: false,
                parents: Vec::new(),
            })
            .collect();
        let branch: Vec<&BranchCommit> = commits.iter().collect();
        reverted_by(&branch)
            .into_iter()
            .map(|by| by.map(|by| by.as_str().chars().next().unwrap()))
            .collect()
    }

    #[test]
    fn reverts_are_known_by_title_or_by_body() {
        for (message, revert) in [
            ("Revert \"Work\"\n\nThis reverts commit aaaaaaaaaa.", true),
            ("Revert \"Work\"", true),
            ("revert: work", true),
            (
                "Back out\n\nThis reverts commit\naaaaaaa, reversing changes.",
                true,
            ),
            ("Reapply \"Work\"\n\nThis reverts commit bbbbbbbbbb.", true),
            ("Reapply labels after an edit", false),
            ("Reverting is hard", false),
            ("Reverts are named", false),
            ("Talk about reverts\n\nThis reverts commit aaaaaa.", false),
            ("Undo it\n\nthis reverts commits of last week", false),
            ("", false),
        ] {
            assert_eq!(is_revert(message), revert, "{message:?}");
        }
    }

    #[test]
    fn a_commit_is_taken_back_by_its_id_or_by_its_title() {
        for (revert, expected) in [
            (
                "Revert \"Work\"\n\nThis reverts commit aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.",
                Some('c'),
            ),
            ("Revert \"Work\"\n\nThis reverts commit aaaaaaa.", Some('c')),
            (
                "Undo\n\nThis reverts commit AAAAAAAA, reversing changes made to bbbbbbbb.",
                Some('c'),
            ),
            ("Revert \"Work\"", Some('c')),
            (
                "Revert \"Work (#12)\" (#13)\n\nReverts octo-org/widgets#12",
                Some('c'),
            ),
            ("Revert \"Other\"", None),
            ("Revert \"Work\"\n\nThis reverts commit dddddddd.", None),
            ("Revert it all", None),
            ("Revert \"", None),
            ("Revert \"\"", None),
            ("Revert \"Work (#12)\"", Some('c')),
            // No number of a pull request: part of the title.
            ("Revert \"Work (#)\"", None),
            ("Revert \"Work (#12\"", None),
            ("Revert \"Work (#1a)\"", None),
            ("Revert \"Work (#a1)\"", None),
            ("Work", None),
        ] {
            assert_eq!(
                taken_back(&[('c', revert), ('a', "Work\n\nText")]),
                [None, expected],
                "{revert}"
            );
        }
    }

    #[test]
    fn a_revert_that_was_reverted_took_nothing_back() {
        let chain = [
            ('e', "Reapply \"Work\"\n\nThis reverts commit ccccccc."),
            ('c', "Revert \"Work\"\n\nThis reverts commit aaaaaaa."),
            ('a', "Work"),
        ];
        assert_eq!(taken_back(&chain), [None, Some('e'), None]);
        let again: Vec<_> = [(
            'f',
            "Revert \"Reapply \"Work\"\"\n\nThis reverts commit eeeeeee.",
        )]
        .into_iter()
        .chain(chain)
        .collect();
        assert_eq!(taken_back(&again), [None, Some('f'), None, Some('c')]);
    }

    #[test]
    fn one_revert_may_name_several_and_never_what_is_newer() {
        let branch = [
            ('d', "Later"),
            (
                'c',
                "Revert two\n\nThis reverts commit aaaaaaa.\nThis reverts commit bbbbbbb.\nThis reverts commit ddddddd.",
            ),
            ('b', "Two"),
            ('a', "One"),
        ];
        assert_eq!(taken_back(&branch), [None, None, Some('c'), Some('c')]);
        // Nor itself.
        let alone = [('c', "Undo\n\nThis reverts commit ccccccc.")];
        assert_eq!(taken_back(&alone), [None]);
    }
}
