//! Finds issues by label, across all repositories of the server at once.
//!
//! The label filter is none when no label has the name: then every issue comes. So every issue is looked at here again, and a
//! page on which none shows the label ends the search. Some databases find a label in any case: a page that shows nothing but such
//! ones does not end it, or a stranger's labels could hide ours.
//!
//! A server may have many more readable repositories than ours, and anybody may use our label in theirs: where that would be many
//! pages, each owner of ours is searched for alone, so that strangers cost one request and an owner costs nobody else.

use std::collections::{BTreeMap, BTreeSet};

use super::Forgejo;
use super::rest::{Page, SERVICE};
use super::wire::WireListed;
use crate::domain::repository::RepoRef;
use crate::fan_out::fan_out_at_most;
use crate::service_error::{FailureKind, ServiceError};

/// Pages that are read of one search: 10,000 issues.
const PAGES_MAX: usize = 200;

/// Pages that are read of a search over everybody's repositories: 500 issues.
const PAGES_OF_ALL_MAX: usize = 10;

/// Pages that are read at once.
const PARALLEL: usize = 4;

/// What is searched for.
#[derive(Clone, Copy, Debug)]
struct Search<'s> {
    label: &'s str,
    /// `open` or `all`.
    state: &'s str,
    /// Whose repositories; everybody's when there is none.
    owner: Option<&'s str>,
    pages_max: usize,
}

/// What a search found.
#[derive(Debug)]
pub(super) struct Found<T> {
    pub(super) kept: Vec<T>,
    /// Owners whose repositories could not be searched, in lower case.
    failed: BTreeMap<String, ServiceError>,
}

impl<T> Found<T> {
    pub(super) const fn nothing() -> Self {
        Self {
            kept: Vec::new(),
            failed: BTreeMap::new(),
        }
    }

    /// Why nothing is known of this repository, if so.
    pub(super) fn failure_of(&self, repo: &RepoRef) -> Option<&ServiceError> {
        self.failed.get(&repo.owner().to_lowercase())
    }
}

/// What one page gave.
struct Read<T> {
    kept: Vec<T>,
    /// Issues on the page.
    size: usize,
    total: Option<usize>,
    /// Whether the label was looked for at all.
    filtered: bool,
}

/// How a search ended.
enum Ended<T> {
    Whole(Vec<T>),
    /// There are more pages than may be read.
    TooMany,
}

impl Forgejo<'_> {
    /// Finds the issues of at least these repositories in this state (`open` or `all`) that show exactly `label`, and keeps what
    /// `keep` makes of them.
    ///
    /// # Errors
    ///
    /// When nothing at all is known. What is known of some owners alone is in [`Found`].
    pub(super) fn search<T: Send>(
        &self,
        label: &str,
        state: &str,
        repos: &[RepoRef],
        keep: impl Fn(WireListed) -> Option<T> + Sync,
    ) -> Result<Found<T>, ServiceError> {
        let all = Search {
            label,
            state,
            owner: None,
            pages_max: PAGES_OF_ALL_MAX,
        };
        let mut found = Found::nothing();
        if let Ended::Whole(kept) = self.search_in(all, &keep)? {
            found.kept = kept;
            return Ok(found);
        }
        let owners: BTreeSet<String> = repos
            .iter()
            .map(|repo| repo.owner().to_lowercase())
            .collect();
        for owner in owners {
            let of_owner = Search {
                owner: Some(&owner),
                pages_max: PAGES_MAX,
                ..all
            };
            match self.search_in(of_owner, &keep) {
                Ok(Ended::Whole(kept)) => found.kept.extend(kept),
                Ok(Ended::TooMany) => {
                    found.failed.insert(owner.clone(), too_many(of_owner));
                }
                Err(error) => {
                    found.failed.insert(owner, error);
                }
            }
        }
        Ok(found)
    }

    fn search_in<T: Send>(
        &self,
        search: Search<'_>,
        keep: &(impl Fn(WireListed) -> Option<T> + Sync),
    ) -> Result<Ended<T>, ServiceError> {
        let read = |number: usize| {
            let page = self.search_page(search, number)?;
            let (size, total) = (page.items.len(), page.total);
            let shows = |issue: &WireListed| {
                let mut labels = issue.labels().iter();
                labels.any(|shown| shown.name == search.label)
            };
            let looks_like_it = |issue: &WireListed| {
                let mut labels = issue.labels().iter();
                labels.any(|shown| may_match(&shown.name, search.label))
            };
            // Some databases find names in another case, or with other accents, too: then all of a page may show such ones only.
            let all_alike = page.items.iter().all(looks_like_it);
            let shown: Vec<WireListed> = page.items.into_iter().filter(shows).collect();
            Ok(Read {
                filtered: all_alike || !shown.is_empty(),
                kept: shown
                    .into_iter()
                    .filter(|issue| !issue.is_pull_request())
                    .filter(|issue| search.state != "open" || issue.state == "open")
                    .filter_map(keep)
                    .collect(),
                size,
                total,
            })
        };
        let first = read(1)?;
        let mut kept = first.kept;
        let seen = first.size;
        let left = first.total.map(|total| total.saturating_sub(seen));
        if seen == 0 || !first.filtered || left == Some(0) {
            return Ok(Ended::Whole(kept));
        }
        let Some(left) = left else {
            // Without a count, until a page is empty.
            for number in 2..=search.pages_max {
                let page = read(number)?;
                kept.extend(page.kept);
                if page.size == 0 || !page.filtered {
                    return Ok(Ended::Whole(kept));
                }
            }
            return Ok(Ended::TooMany);
        };
        let last = 1 + left.div_ceil(seen);
        if last > search.pages_max {
            return Ok(Ended::TooMany);
        }
        let numbers: Vec<usize> = (2..=last).collect();
        for page in fan_out_at_most(PARALLEL, &numbers, |number| read(*number)) {
            kept.extend(page?.kept);
        }
        Ok(Ended::Whole(kept))
    }

    fn search_page(
        &self,
        search: Search<'_>,
        number: usize,
    ) -> Result<Page<WireListed>, ServiceError> {
        let mut query = vec![
            ("state", search.state),
            ("type", "issues"),
            ("labels", search.label),
        ];
        query.extend(search.owner.map(|owner| ("owner", owner)));
        self.sender.page(
            &search.name(),
            &["repos", "issues", "search"],
            &query,
            number,
        )
    }
}

impl Search<'_> {
    /// The call, for errors.
    fn name(&self) -> String {
        let of = self.owner.map(|owner| format!(" of {owner}"));
        format!(
            "search issues{} with the label {}",
            of.unwrap_or_default(),
            self.label
        )
    }
}

/// Whether a database that does not tell cases and accents apart can take one name for the other.
fn may_match(shown: &str, label: &str) -> bool {
    let (shown, label) = (shown.trim(), label.trim());
    shown.chars().count() == label.chars().count()
        && shown.chars().zip(label.chars()).all(|(one, other)| {
            !one.is_ascii() || !other.is_ascii() || one.eq_ignore_ascii_case(&other)
        })
}

fn too_many(search: Search<'_>) -> ServiceError {
    ServiceError::new(
        SERVICE,
        search.name(),
        FailureKind::Unreadable,
        "more issues show the label than are read",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_or_accents_may_be_found_as_one() {
        let label = "ready-for-agent";
        for (shown, expected) in [
            ("ready-for-agent", true),
            ("Ready-For-Agent", true),
            ("réady-for-agent", true),
            ("ready-for-agent ", true),
            ("ready-for-agents", false),
            ("ready for agent", false),
            ("bug", false),
        ] {
            assert_eq!(may_match(shown, label), expected, "{shown}");
        }
    }
}
