//! Finds issues by label, across all repositories of the server at once.
//!
//! The label filter is none when no label has the name: then every issue comes. So every issue is looked at here again, and a
//! page on which none shows the label ends the search.

use super::Forgejo;
use super::rest::{Page, SERVICE};
use super::wire::WireIssue;
use crate::fan_out::fan_out_at_most;
use crate::service_error::{FailureKind, ServiceError};

/// Pages that are read of one search: 10,000 issues.
const PAGES_MAX: usize = 200;

/// Pages that are read at once: bodies can be long.
const PARALLEL: usize = 4;

/// What one page gave.
struct Read<T> {
    kept: Vec<T>,
    /// Issues on the page.
    size: usize,
    total: Option<usize>,
    /// Whether any of them shows the label.
    filtered: bool,
}

impl Forgejo<'_> {
    /// Finds the issues in this state (`open` or `all`) that show exactly `label`, and keeps what `keep` makes of them.
    pub(super) fn search<T: Send>(
        &self,
        label: &str,
        state: &str,
        keep: impl Fn(WireIssue) -> Option<T> + Sync,
    ) -> Result<Vec<T>, ServiceError> {
        let name = format!("search issues with the label {label}");
        let read = |number: usize| {
            let page = self.search_page(&name, label, state, number)?;
            let (size, total) = (page.items.len(), page.total);
            let shows = |issue: &WireIssue| issue.labels().iter().any(|shown| shown.name == label);
            let shown: Vec<WireIssue> = page.items.into_iter().filter(shows).collect();
            Ok(Read {
                filtered: !shown.is_empty(),
                kept: shown
                    .into_iter()
                    .filter(|issue| !issue.is_pull_request())
                    .filter(|issue| state != "open" || issue.state == "open")
                    .filter_map(&keep)
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
            return Ok(kept);
        }
        let Some(left) = left else {
            // Without a count, until a page is empty.
            for number in 2..=PAGES_MAX {
                let page = read(number)?;
                kept.extend(page.kept);
                if page.size == 0 || !page.filtered {
                    return Ok(kept);
                }
            }
            return Err(too_many(&name));
        };
        let last = 1 + left.div_ceil(seen);
        if last > PAGES_MAX {
            return Err(too_many(&name));
        }
        let numbers: Vec<usize> = (2..=last).collect();
        for page in fan_out_at_most(PARALLEL, &numbers, |number| read(*number)) {
            kept.extend(page?.kept);
        }
        Ok(kept)
    }

    fn search_page(
        &self,
        name: &str,
        label: &str,
        state: &str,
        number: usize,
    ) -> Result<Page<WireIssue>, ServiceError> {
        self.sender.page(
            name,
            &["repos", "issues", "search"],
            &[("state", state), ("type", "issues"), ("labels", label)],
            number,
        )
    }
}

fn too_many(name: &str) -> ServiceError {
    ServiceError::new(
        SERVICE,
        name,
        FailureKind::Unreadable,
        "more issues show the label than are read",
    )
}
