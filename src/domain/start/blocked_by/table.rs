//! Tables whose columns are fields: a cell of the head says "Blocked by", and the cells below it hold the values.
//!
//! Does not read values, and knows nothing of tables of keys and values, whose rows are fields of their own: it says which
//! tables are none of these.

use std::borrow::Cow;
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

    /// A cell without the rows of the table itself that it names, as the steps of a plan do: "1", "Steps 1, 2 and #12".
    pub(super) fn without_rows<'c>(&self, cell: &'c str) -> Cow<'c, str> {
        const NOUNS: [&str; 6] = ["steps ", "step ", "phases ", "phase ", "tasks ", "task "];
        if self.steps.is_empty() {
            return Cow::Borrowed(cell);
        }
        let is_step = |part: &str| {
            let part = bare_step(part);
            let part = NOUNS
                .iter()
                .find_map(|noun| part.strip_prefix(noun))
                .unwrap_or(&part);
            let ends = part.split(['-', '–']).map(str::trim);
            let mut steps = ends.map(|end| self.steps.iter().any(|step| step == end));
            steps.all(|is_step| is_step)
        };
        let parts = cell.split([',', ';', '&', '+']);
        let left: Vec<&str> = parts
            .flat_map(|part| part.split(" and "))
            .filter(|part| !is_step(part))
            .collect();
        Cow::Owned(left.join(","))
    }

    /// Reads the table whose head is a line; `None` when no cell of it holds the words of a field.
    pub(super) fn at(lines: &[Line<'_>], at: usize) -> Option<Self> {
        let rule = lines.get(at + 1).filter(|next| next.is_table_rule())?;
        let head = lines[at].cells();
        if !lines[at].text.contains('|') || head.len() != rule.cells().len() {
            return None;
        }
        let columns_of = |is_meant: fn(&str) -> bool| -> Vec<usize> {
            let head = head.iter().enumerate();
            head.filter(|(_, cell)| is_meant(cell))
                .map(|(index, _)| index)
                .collect()
        };
        let mut columns = columns_of(names_field);
        if columns.is_empty() || columns[0] == 0 && is_of_pairs(&head, &lines[at + 2..]) {
            return None;
        }
        // A "Dependency" is a name where another column says which issue that is.
        if columns == [0] && is_noun(head[0]) {
            columns.extend(columns_of(names_issues));
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

/// The first cells of rows, when they are numbers, letters, or letters with numbers, and each another one.
fn steps(rows: &[Line<'_>]) -> Vec<String> {
    const NOUNS: [&str; 3] = ["step ", "phase ", "task "];
    let steps: Vec<String> = rows
        .iter()
        .map(|row| bare_step(row.cells().first().copied().unwrap_or_default()))
        .map(|step| {
            let bare = NOUNS.iter().find_map(|noun| step.strip_prefix(noun));
            bare.map_or(step.clone(), str::to_owned)
        })
        .collect();
    let is_step = |step: &String| {
        let digits = step.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let letters = step.len() - digits.len();
        let is_number = digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        is_number
            && letters <= 2
            && (letters == 1 || digits.starts_with(|c: char| c.is_ascii_digit()))
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

/// A step without emphasis and dot, in lower case.
fn bare_step(text: &str) -> String {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '.'));
    text.to_lowercase()
}

/// Whether the head of a column says that it names issues.
fn names_issues(cell: &str) -> bool {
    const NAMES: [&str; 7] = [
        "issue",
        "ticket",
        "link",
        "pr",
        "reference",
        "issue/pr",
        "task",
    ];
    let name = cell.trim_matches(['*', '_', ' ']);
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether the words of a field name what the rows are, and not what they wait for.
fn is_noun(cell: &str) -> bool {
    const NOUNS: [&str; 4] = ["dependency", "dependencies", "blocker", "blockers"];
    let name = cell.trim_matches(['*', '_', ' ']);
    NOUNS.iter().any(|known| name.eq_ignore_ascii_case(known))
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
