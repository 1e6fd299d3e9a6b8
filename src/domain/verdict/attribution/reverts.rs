//! Which commits of a branch were taken back.
//!
//! Reads messages as git, forges and people write them: `This reverts commit …`, `Revert "…"`, `revert: …`, `Revert 4f1c2b7a`,
//! `[hotfix] Revert "…"`, `Reverts owner/name#12`. A revert that was itself reverted took nothing back. What a commit's content
//! does, nobody looks at, so that a title such as "Revert button" takes nothing back by itself.

mod ids;
mod part;
mod prefix;
mod restated;
mod sentences;
mod titles;

use self::ids::{Named, announces_a_list, in_lists, in_text, leading, leading_alone};
use self::part::takes_a_part;
use self::prefix::{brought_back, taking_back};
pub(super) use self::restated::restated;
use self::sentences::{outright, stated};
pub(super) use self::titles::numbered;
use self::titles::{Rest, first_line, goes_back_to, has_number, names_a_thing, rest, said_titles};
use super::BranchCommit;
use crate::domain::verdict::ci::CommitSha;

/// Returns whether a commit takes work back: it is nobody's work.
#[must_use]
pub(super) fn is_revert(message: &str) -> bool {
    rest(message).is_some() || !stated(message).is_empty()
}

/// Returns for each commit of the branch, newest first, which newer one took it back. `repository` is the full name of theirs.
#[must_use]
pub(super) fn reverted_by<'c>(
    branch: &[&'c BranchCommit],
    repository: &str,
) -> Vec<Option<&'c CommitSha>> {
    let mut by = vec![None; branch.len()];
    let mut left = (branch, by.as_mut_slice());
    while let ([commit, older @ ..], [own, marks @ ..]) = left {
        // Newest first: what is still standing here stands for good.
        if own.is_none() {
            let older = Older {
                commits: older,
                stands: &marks.iter().map(Option::is_none).collect::<Vec<bool>>(),
                repository,
            };
            for at in older.taken_back(&commit.message) {
                marks[at].get_or_insert(&commit.sha);
            }
        }
        left = (older, marks);
    }
    by
}

/// Returns which older commits one of the branch takes back, whether or not they stand.
#[must_use]
pub(super) fn takes_back(branch: &[&BranchCommit], index: usize, repository: &str) -> Vec<usize> {
    let (newer, commits) = branch.split_at(branch.len().min(index + 1));
    let Some(commit) = newer.last() else {
        return Vec::new();
    };
    let older = Older {
        commits,
        stands: &vec![true; commits.len()],
        repository,
    };
    let taken = older.taken_back(&commit.message).into_iter();
    taken.map(|at| newer.len() + at).collect()
}

/// The commits that one may take back.
struct Older<'o> {
    /// Newest first.
    commits: &'o [&'o BranchCommit],
    /// Which of them nothing newer took back.
    stands: &'o [bool],
    /// The full name of their repository.
    repository: &'o str,
}

impl Older<'_> {
    /// Which of them a message takes back. The commits that it names outright are all that it takes back, and otherwise its title
    /// tells, by ids or by other titles. Only where the title tells nothing, every id counts that the message mentions, but for
    /// those of which only a part is taken back.
    fn taken_back(&self, message: &str) -> Vec<usize> {
        let outright = outright(message);
        let mut found = self.places(&outright);
        if outright.iter().any(Named::is_by_id) {
            return found;
        }
        found.extend(brought_back(message, &|fits| self.newest(fits)));
        if let Some(rest) = rest(message) {
            found.extend(self.told_by(&rest, &leading(rest.text)));
            let is_told = !found.is_empty() || names_a_thing(&rest) || takes_a_part(&rest, message);
            let told = if is_told {
                in_lists(message)
            } else {
                in_text(message)
            };
            found.extend(self.places(&told));
        } else if let Some(rest) = taking_back(first_line(message)) {
            let told = self.told_by(&rest, &leading_alone(rest.text));
            if !told.is_empty() || announces_a_list(rest.text) {
                found.extend(self.places(&in_lists(message)));
            }
            found.extend(told);
        }
        found
    }

    /// Which of them a title tells, that begins by naming some.
    fn told_by(&self, rest: &Rest<'_>, leading: &[Named]) -> Vec<usize> {
        let mut told = self.places(leading);
        told.extend(said_titles(rest, &|fits| self.newest(fits)));
        if let Some(state) = goes_back_to(rest)
            && let [state] = self.places(&leading_alone(state))[..]
        {
            told.extend(0..state);
        }
        told
    }

    /// The newest that stands and has a title that fits.
    fn newest(&self, fits: &dyn Fn(&str) -> bool) -> Option<usize> {
        let mut commits = self.commits.iter().zip(self.stands);
        commits.position(|(commit, stands)| *stands && fits(first_line(&commit.message)))
    }

    /// Where the named commits are.
    fn places(&self, named: &[Named]) -> Vec<usize> {
        let place = |id: &str| {
            let mut commits = self.commits.iter();
            commits.position(|commit| commit.sha.as_str().starts_with(id))
        };
        let mut found = Vec::new();
        for named in named {
            match named {
                Named::Commit(id) => found.extend(place(id)),
                Named::Range(first, last) => match (place(first), place(last)) {
                    (Some(first), Some(last)) => found.extend(last.min(first)..=first.max(last)),
                    (first, last) => found.extend(first.into_iter().chain(last)),
                },
                Named::Pull(repository, number) => {
                    let is_ours = repository
                        .as_ref()
                        .is_none_or(|named| named.eq_ignore_ascii_case(self.repository));
                    let pull = || self.newest(&|title| has_number(title, number));
                    found.extend(is_ours.then(pull).flatten());
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod hurry_tests;

#[cfg(test)]
mod tests;
