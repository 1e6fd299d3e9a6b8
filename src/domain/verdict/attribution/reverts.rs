//! Which commits of a branch were taken back.
//!
//! Reads messages as git, forges and people write them: `This reverts commit …`, `Revert "…"`, `revert: …`, `Revert 4f1c2b7a`. A
//! revert that was itself reverted took nothing back. What a commit's content does, nobody looks at, so that a title such as
//! "Revert button" takes nothing back by itself.

mod ids;
mod titles;

use self::ids::{Named, in_lists, in_text, stated};
use self::titles::{names_a_thing, rest, said_titles};
use super::BranchCommit;
use crate::domain::verdict::ci::CommitSha;

/// Returns whether a commit takes work back: it is nobody's work.
#[must_use]
pub(super) fn is_revert(message: &str) -> bool {
    rest(message).is_some() || !stated(message).is_empty()
}

/// Returns for each commit of the branch, newest first, which newer one took it back.
#[must_use]
pub(super) fn reverted_by<'c>(branch: &[&'c BranchCommit]) -> Vec<Option<&'c CommitSha>> {
    let mut by = vec![None; branch.len()];
    for (index, commit) in branch.iter().enumerate() {
        // Newest first: what is still standing here stands for good.
        if by[index].is_some() {
            continue;
        }
        let older = &branch[index + 1..];
        let standing = |at: usize| by[index + 1 + at].is_none();
        for at in taken_back(&commit.message, older, &standing) {
            by[index + 1 + at].get_or_insert(&commit.sha);
        }
    }
    by
}

/// Which of the older commits a message takes back. What it says outright is all that it takes back, and otherwise its title tells,
/// by ids or by other titles. Only where the title tells nothing, every id counts that the message mentions.
fn taken_back(
    message: &str,
    older: &[&BranchCommit],
    standing: &dyn Fn(usize) -> bool,
) -> Vec<usize> {
    let stated = stated(message);
    if !stated.is_empty() {
        return places(&stated, older);
    }
    let Some(rest) = rest(message) else {
        return Vec::new();
    };
    let mut found = places(&ids::leading(rest.text), older);
    // The newest that carries a title and stands.
    found.extend(said_titles(&rest, &|fits| {
        (0..older.len()).find(|at| standing(*at) && fits(titles::first_line(&older[*at].message)))
    }));
    let told = if found.is_empty() && !names_a_thing(&rest) {
        in_text(message)
    } else {
        in_lists(message)
    };
    found.extend(places(&told, older));
    found
}

/// Where the named commits are.
fn places(named: &[Named], older: &[&BranchCommit]) -> Vec<usize> {
    let place = |id: &str| {
        older
            .iter()
            .position(|commit| commit.sha.as_str().starts_with(id))
    };
    let mut found = Vec::new();
    for named in named {
        match named {
            Named::Commit(id) => found.extend(place(id)),
            Named::Range(first, last) => match (place(first), place(last)) {
                (Some(first), Some(last)) => found.extend(last.min(first)..=first.max(last)),
                (first, last) => found.extend(first.into_iter().chain(last)),
            },
        }
    }
    found
}

#[cfg(test)]
mod tests;
