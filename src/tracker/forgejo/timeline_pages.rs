//! Reads the timeline of an issue to its end (`contracts/forgejo` section 4.1).
//!
//! Entries that our token may not see are dropped after paging: a stranger who mentions an issue often enough from a private
//! repository of his own leaves pages of nothing, and a labelling may stand behind them. Forgejo gives all of it at once; what may
//! be just a page of it is checked once.
//! Gitea pages; there an empty page ends the reading only where the issue's own time says that nothing came later.

use chrono::{DateTime, Utc};

use super::Forgejo;
use super::entries::{ENTRY, Entries, Uses, WireEntry};
use super::rest::PAGE;
use super::timeline::{Item, items};
use super::wire::WireIssue;
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::service_error::ServiceError;

/// Pages that are read behind the first empty one while something is unexplained: 1,000 hidden entries.
const PAGES_BEYOND: usize = 20;

/// Entries on a page: what servers give by themselves, and at most.
const PAGE_SIZES: [usize; 2] = [30, 50];

/// Pages that are read at most: 10,000 entries.
const PAGES_MAX: usize = 200;

/// What was read of a timeline, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    entries: Vec<WireEntry>,
    /// Entries that could not be read, by name.
    unreadable: Vec<String>,
    /// Whether entries stand, or can stand, where none are shown.
    pub(super) sight: Sight,
}

impl Timeline {
    fn of(entries: Entries, sight: Sight) -> Self {
        let (entries, unreadable) = entries.in_order();
        Self {
            entries,
            unreadable,
            sight,
        }
    }

    /// Reads the entries. What can not be read is a gap.
    pub(super) fn items(&self, ready: &str, gaps: &mut Vec<String>) -> Vec<Item<'_>> {
        gaps.extend(self.unreadable.iter().cloned());
        items(&self.entries, ready, gaps)
    }
}

/// How far a timeline can be believed to be whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sight {
    /// Nothing is missing that could matter.
    #[default]
    Whole,
    /// The issue changed later than its newest visible entry: an edit of the body, something deleted since, or something hidden.
    Unexplained,
    /// Empty pages stand between entries, or it is longer than is read.
    Broken,
}

impl Sight {
    /// Says what may be missing, for people; `None` when nothing that matters is. An edit of the body explains what is
    /// unexplained, and so does whatever people who may push did: it counts where others can have done something that is not
    /// shown. Anybody can hide it, who can read the issue and has a repository of his own.
    pub(super) fn gap(self, others_may_act: impl FnOnce() -> bool) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Unexplained => others_may_act().then_some(
                "the issue changed after its newest entry that our token can see, and somebody who may not push can have done it: putting the label on anew settles it",
            ),
            Self::Broken => {
                Some("the timeline has entries that our token can not see between those that it can")
            }
        }
    }
}

/// Whether to read on, page by page.
#[derive(Debug)]
struct Reader {
    /// `updated_at` of the issue: every entry moves it, hidden ones too.
    updated_at: DateTime<Utc>,
    entries: Entries,
    pages: usize,
    /// Pages read since, and with, the first empty one.
    beyond: usize,
    /// Empty pages since the last entry.
    empty: usize,
    broken: bool,
}

impl Reader {
    fn new(updated_at: DateTime<Utc>) -> Self {
        Self {
            updated_at,
            entries: Entries::default(),
            pages: 0,
            beyond: 0,
            empty: 0,
            broken: false,
        }
    }

    /// Takes the next page. Returns what is known when it was the last one to read.
    fn take(&mut self, page: Entries) -> Option<Sight> {
        self.pages += 1;
        if page.count == 0 {
            self.empty += 1;
        } else {
            self.broken |= self.empty > 0;
            self.empty = 0;
            self.entries.append(page);
        }
        if self.empty > 0 || self.beyond > 0 {
            self.beyond += 1;
        }
        let explained = self.is_explained();
        if self.empty > 0 && (explained || self.beyond > PAGES_BEYOND) {
            return Some(match (self.broken, explained) {
                (true, _) => Sight::Broken,
                (false, true) => Sight::Whole,
                (false, false) => Sight::Unexplained,
            });
        }
        (self.pages >= PAGES_MAX || self.beyond > 2 * PAGES_BEYOND).then_some(Sight::Broken)
    }

    fn is_explained(&self) -> bool {
        let newest = self.entries.newest;
        newest.is_some_and(|(_, created_at)| created_at == self.updated_at)
    }
}

impl Forgejo<'_> {
    /// Reads the timeline of `issue`, which was read before.
    pub(super) fn timeline(
        &self,
        repo: &RepoRef,
        issue: &WireIssue,
        uses: Uses<'_>,
    ) -> Result<Timeline, ServiceError> {
        self.read_timeline(repo, issue, uses)
            .map_err(|error| self.or_missing(repo, IssueNumber(issue.number), error))
    }

    /// Whether a second page of that size shows nothing new. That a server gives everything at once is only told by its version.
    fn is_whole(
        &self,
        name: &str,
        segments: &[&str],
        entries: &Entries,
        uses: Uses<'_>,
    ) -> Result<bool, ServiceError> {
        let size = entries.count.to_string();
        let query = [("page", "2"), ("limit", size.as_str())];
        let second = self.entries(name, segments, &query, uses)?;
        // Entries that are hidden count on a page, so that the same ones can come again.
        let all_known = second.ids.iter().all(|id| entries.ids.contains(id));
        Ok(all_known && second.ids.len() == second.count)
    }

    fn entries(
        &self,
        name: &str,
        segments: &[&str],
        query: &[(&str, &str)],
        uses: Uses<'_>,
    ) -> Result<Entries, ServiceError> {
        let mut entries = Entries::default();
        let mut add = |entry| entries.add(entry, uses);
        self.sender.each(name, segments, query, ENTRY, &mut add)?;
        Ok(entries)
    }

    fn read_timeline(
        &self,
        repo: &RepoRef,
        issue: &WireIssue,
        uses: Uses<'_>,
    ) -> Result<Timeline, ServiceError> {
        let number = issue.number.to_string();
        let name = format!("read the timeline of {}#{number}", repo.full_name());
        let segments = [
            "repos",
            repo.owner(),
            repo.name(),
            "issues",
            &number,
            "timeline",
        ];
        if self.server()?.traits.whole_timeline {
            let entries = self.entries(&name, &segments, &[], uses)?;
            if !looks_like_a_page(entries.count)
                || self.is_whole(&name, &segments, &entries, uses)?
            {
                return Ok(Timeline::of(entries, Sight::Whole));
            }
        }
        let limit = PAGE.to_string();
        let mut reader = Reader::new(issue.updated_at);
        loop {
            let number = (reader.pages + 1).to_string();
            let query = [("limit", limit.as_str()), ("page", number.as_str())];
            let page = self.entries(&name, &segments, &query, uses)?;
            if let Some(sight) = reader.take(page) {
                return Ok(Timeline::of(reader.entries, sight));
            }
        }
    }
}

/// Whether there are just as many entries as servers put on a page.
fn looks_like_a_page(count: usize) -> bool {
    PAGE_SIZES.contains(&count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u32) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + i64::from(second), 0).unwrap()
    }

    fn page(entries: &[(u64, u32)]) -> Entries {
        let mut page = Entries::default();
        for (id, second) in entries {
            let entry = serde_json::json!({
                "id": id, "type": "label", "created_at": at(*second), "updated_at": at(*second), "body": "1",
            });
            page.add(entry, Uses::Gate);
        }
        page
    }

    /// Reads pages, given as (id, second); what comes after them is empty. Returns what was seen, and the number of pages.
    fn read(updated: u32, pages: &[&[(u64, u32)]]) -> (Sight, usize) {
        let mut reader = Reader::new(at(updated));
        let mut given = pages.iter();
        loop {
            let given = given.next().copied().unwrap_or_default();
            if let Some(sight) = reader.take(page(given)) {
                return (sight, reader.pages);
            }
        }
    }

    #[test]
    fn an_empty_page_ends_the_reading_only_where_the_issue_says_so() {
        for (what, updated, pages, expected) in [
            ("as usual", 5, &[&[(1, 5)][..]][..], (Sight::Whole, 2)),
            (
                "two full pages",
                9,
                &[&[(1, 5)], &[(2, 9)]],
                (Sight::Whole, 3),
            ),
            // The body was edited, or something is hidden for good.
            ("unexplained", 7, &[&[(1, 5)]], (Sight::Unexplained, 1 + 21)),
            ("no entry at all", 7, &[], (Sight::Unexplained, 21)),
            // A stranger's flood stands between a labelling and the next one.
            ("flood", 9, &[&[(1, 5)], &[], &[(2, 9)]], (Sight::Broken, 4)),
            (
                "flood over several pages, and an edit after it",
                12,
                &[&[(1, 5)], &[], &[], &[(2, 9)]],
                (Sight::Broken, 22),
            ),
            (
                "flood that ends before the last page",
                9,
                &[&[(1, 5)], &[], &[(2, 6)], &[(3, 9)]],
                (Sight::Broken, 5),
            ),
            // An older entry with the same time as the issue's explains nothing.
            (
                "time of an older entry",
                5,
                &[&[(1, 5), (2, 3)]],
                (Sight::Unexplained, 22),
            ),
        ] {
            assert_eq!(read(updated, pages), expected, "{what}");
        }
    }

    #[test]
    fn a_flood_of_pages_without_end_is_given_up() {
        let flood: Vec<&[(u64, u32)]> = (0..1000)
            .map(|page| if page % 2 == 0 { &[(1, 1)][..] } else { &[] })
            .collect();
        let (sight, pages) = read(9, &flood);
        assert_eq!(sight, Sight::Broken);
        assert!(pages <= 2 * PAGES_BEYOND + 2, "{pages}");
        // One hole, and entries without end behind it.
        let holed: Vec<&[(u64, u32)]> = (0..1000)
            .map(|page| if page == 1 { &[] } else { &[(1, 1)][..] })
            .collect();
        assert_eq!(read(9, &holed), (Sight::Broken, 42));
        let long: Vec<&[(u64, u32)]> = (0..1000).map(|_| &[(1, 1)][..]).collect();
        assert_eq!(read(9, &long), (Sight::Broken, 200));
    }

    #[test]
    fn what_is_unexplained_matters_where_others_can_have_acted() {
        for others in [true, false] {
            let gap = |sight: Sight| sight.gap(|| others).is_some();
            assert!(!gap(Sight::Whole));
            assert!(gap(Sight::Broken));
            assert_eq!(gap(Sight::Unexplained), others);
        }
    }
}
