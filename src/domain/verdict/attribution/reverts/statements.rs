//! Which lines of a long message say what it takes back, so that the others need not be held.
//!
//! Asks those that read reverts of a few lines at a time. What they name is not known here.

use std::ops::Range;

use super::ids::{NAMED_MAX, in_lists, in_text};
use super::part::says_a_part;
use super::prefix::taking_back;
use super::sentences::{outright, stated};
use super::titles::rest;

/// Returns whether a title says that something is taken back, whatever else it may mean.
#[must_use]
pub(in crate::domain::verdict::attribution) fn is_taking_back(title: &str) -> bool {
    rest(title).is_some() || taking_back(title).is_some()
}

/// How many lines of prose before a verb may hold what it is said of, and behind it the first id.
const NEAR: usize = 2;

/// The longest line that is looked at, in bytes.
const LINE_MAX_BYTES: usize = 1024;

/// Yields places of lines.
pub(in crate::domain::verdict::attribution) struct Statements<'l> {
    lines: &'l [&'l str],
    at: usize,
    /// Whether the title says that something is taken back, so that lines count that only name it.
    is_revert: bool,
}

impl<'l> Statements<'l> {
    /// Looks at the lines of a message.
    pub(in crate::domain::verdict::attribution) fn of(lines: &'l [&'l str]) -> Self {
        Self {
            lines,
            at: 0,
            is_revert: lines.first().is_some_and(|title| is_taking_back(title)),
        }
    }

    /// The lines that the statement takes of which one at `at` may have the verb.
    fn around(&self, at: usize) -> Option<Range<usize>> {
        const VERBS: [&str; 3] = ["revert", "undoes", "back"];
        let lower = self.lines[at].to_ascii_lowercase();
        if !VERBS.iter().any(|verb| lower.contains(verb)) {
            return None;
        }
        let is_prose = |at: &usize| !self.lines[*at].trim().is_empty();
        let start = (0..at).rev().filter(is_prose).nth(NEAR - 1).unwrap_or(0);
        let near = (at + 1..self.lines.len()).filter(is_prose).nth(NEAR);
        let mut end = near.map_or(self.lines.len(), |last| last + 1);
        if !self.says(start..end) {
            return None;
        }
        // The list may go on, and the title of what it names last.
        let mut apart = 0;
        end = at + 1;
        for next in at + 1..self.lines.len().min(at + NAMED_MAX + NEAR) {
            if names(self.lines[next]) {
                apart = 0;
            } else if is_prose(&next) {
                apart += 1;
            }
            if apart > NEAR {
                break;
            }
            end = next + 1;
        }
        Some(start..end)
    }

    fn says(&self, range: Range<usize>) -> bool {
        if self.lines[range.clone()]
            .iter()
            .any(|line| line.len() > LINE_MAX_BYTES)
        {
            return false;
        }
        // The title is no line of the body.
        let mut text = String::new();
        if range.start > 0 {
            text.push_str("title\n");
        }
        if range.start > 1 && self.lines[range.start - 1].trim().is_empty() {
            text.push('\n');
        }
        text.push_str(&self.lines[range].join("\n"));
        !outright(&text).is_empty() || !stated(&text).is_empty()
    }
}

impl Iterator for Statements<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        while self.at < self.lines.len() {
            let at = self.at;
            self.at += 1;
            if let Some(range) = self.around(at) {
                return Some(range);
            }
            let line = self.lines[at];
            if self.is_revert && (names_a_commit(line) || says_a_part(line)) {
                return Some(at..at + 1);
            }
        }
        None
    }
}

/// Whether a line names a commit or a pull request.
fn names(line: &str) -> bool {
    names_a_commit(line) || line.contains(['#', '!']) || line.contains("/pull")
}

fn names_a_commit(line: &str) -> bool {
    !in_text(line).is_empty() || !in_lists(&format!("\n{line}")).is_empty()
}
