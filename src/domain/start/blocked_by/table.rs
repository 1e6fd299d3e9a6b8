//! Tables whose columns are fields: a cell of the head says "Blocked by", and the cells below it hold the values.
//!
//! Does not read values, and knows nothing of tables of keys and values, whose rows are fields of their own: it says which
//! tables are none of these.

use std::ops::Range;

use super::line::{Line, after_marks};
use super::nothing;
use super::references::names_any;
use super::words::field_words;

/// The most rows by which a table is told from one of keys and values.
const JUDGED_ROWS: usize = 20;

/// A table with columns of values.
pub(super) struct Table {
    /// Their indexes, in order.
    columns: Vec<usize>,
    /// The lines of its rows, without head and rule.
    pub(super) rows: Range<usize>,
}

impl Table {
    /// Whether a column holds values.
    pub(super) fn holds_values(&self, column: usize) -> bool {
        self.columns.binary_search(&column).is_ok()
    }

    /// Reads the table whose head is a line; `None` when no cell of it holds the words of a field.
    pub(super) fn at(lines: &[Line<'_>], at: usize) -> Option<Self> {
        let rule = lines.get(at + 1).filter(|next| next.is_table_rule())?;
        let head = lines[at].cells();
        if !lines[at].text.contains('|') || head.len() != rule.cells().len() {
            return None;
        }
        let columns: Vec<usize> = head
            .iter()
            .enumerate()
            .filter(|(_, cell)| names_field(cell))
            .map(|(index, _)| index)
            .collect();
        if columns.is_empty() || columns[0] == 0 && is_of_pairs(&head, &lines[at + 2..]) {
            return None;
        }
        // A line without a border is a row as well, where rows follow it: only what begins something else ends a table.
        let below = &lines[at + 2..];
        let ends = |line: &Line<'_>| {
            line.is_blank() || line.item.is_some() || line.heading(None).is_some()
        };
        let end = below.iter().position(ends).unwrap_or(below.len());
        let length = below[..end]
            .iter()
            .rposition(|line| line.text.contains('|'))
            .map_or(0, |last| last + 1);
        Some(Self {
            columns,
            rows: at + 2..at + 2 + length,
        })
    }
}

/// Whether a cell holds the words of a field and nothing else.
fn names_field(cell: &str) -> bool {
    field_words(after_marks(cell)).is_some_and(|words| {
        words
            .rest
            .chars()
            .all(|c| !c.is_alphanumeric() && !matches!(c, '#' | '!'))
    })
}

/// Whether the first row and others are pairs of keys and values: it holds a value, or they hold keys.
fn is_of_pairs(head: &[&str], rows: &[Line<'_>]) -> bool {
    let Some(value) = head.get(1) else {
        return false;
    };
    let says_nothing = !value.is_empty() && nothing::is_nothing(value);
    says_nothing
        || head[1..].iter().any(|cell| names_any(cell))
        || rows
            .iter()
            .take(JUDGED_ROWS)
            .take_while(|line| line.is_row())
            .any(|line| line.cells().first().is_some_and(|cell| names_field(cell)))
}
