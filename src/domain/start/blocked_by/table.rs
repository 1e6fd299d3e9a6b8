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
    /// What its first cells say, in lower case, where these number the rows.
    steps: Vec<String>,
}

impl Table {
    /// Whether a column holds values.
    pub(super) fn holds_values(&self, column: usize) -> bool {
        self.columns.binary_search(&column).is_ok()
    }

    /// Whether a cell names rows of the table itself, as the steps of a plan do: "1", "Step 1, 2".
    pub(super) fn names_rows(&self, cell: &str) -> bool {
        let mut parts = cell
            .split([',', ';', '&', '/', '+'])
            .map(|part| part.trim().to_lowercase())
            .filter(|part| !part.is_empty())
            .peekable();
        parts.peek().is_some()
            && parts.all(|part| {
                let bare = part
                    .strip_prefix("step ")
                    .or_else(|| part.strip_prefix("phase "));
                let is_step = |name: &str| self.steps.iter().any(|step| step == name);
                is_step(&part) || bare.is_some_and(is_step)
            })
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
        let rows = at + 2..at + 2 + length;
        let steps = if columns[0] == 0 {
            Vec::new()
        } else {
            steps(&lines[rows.clone()])
        };
        Some(Self {
            columns,
            rows,
            steps,
        })
    }
}

/// The first cells of rows, when they are numbers, or letters with numbers, and each another one.
fn steps(rows: &[Line<'_>]) -> Vec<String> {
    let steps: Vec<String> = rows
        .iter()
        .map(|row| row.cells().first().copied().unwrap_or_default())
        .map(|cell| cell.trim_matches(['*', '_', ' ']).to_lowercase())
        .collect();
    let is_step = |step: &String| {
        let digits = step.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && step.len() - digits.len() <= 2
    };
    let mut sorted = steps.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() == steps.len() && steps.iter().all(is_step) {
        sorted
    } else {
        Vec::new()
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
