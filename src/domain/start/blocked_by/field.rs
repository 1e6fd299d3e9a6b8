//! Fields: lines and headings that begin with "Blocked by" and its kin, and their values.
//!
//! In a value every reference counts, whatever stands between, and so do bare numbers at the beginning of an item. A value that
//! names none and does not say "none" is unresolvable, and named. Reading takes time linear in the length of the text: each
//! line is looked at a bounded number of times.

use super::apart::apart;
use super::gatherer::Gatherer;
use super::line::Line;
use super::opening::Field;
use super::table::Table;
use super::value::{Column, Value};

/// Reads every field of `text`; returns the text without them, for the reader of sentences.
pub(super) fn read_fields(text: &str, gatherer: &mut Gatherer<'_>) -> String {
    let text = apart(text);
    let lines: Vec<Line<'_>> = Line::all(&text);
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    let mut in_table = false;
    while at < lines.len() {
        if let Some(table) = Table::at(&lines, at) {
            at = read_table(&lines, &table, gatherer, &mut rest);
            continue;
        }
        let Some(field) = Field::at(&lines, at) else {
            rest.push_str(lines[at].text);
            in_table = lines[at].is_table_rule() || in_table && !lines[at].is_blank();
            // Nor from one row of a table to the next.
            if in_table || lines.get(at + 1).is_some_and(Line::is_table_rule) {
                rest.push_str(STOP);
            }
            at += 1;
            continue;
        };
        let mut value = Value::new(gatherer, field.of_dependencies);
        value.read_text(field.first);
        at = if field.heading.is_some() {
            value.read_section(&lines, &field)
        } else {
            value.read_below(&lines, &field)
        };
        value.finish(field.strict);
        // A sentence does not go on behind a field.
        rest.push_str(STOP);
    }
    rest
}

/// What ends a sentence.
const STOP: &str = "\n\n.\n\n";

/// Reads the columns of a table that hold values, and leaves the others to the reader of sentences; returns the line
/// behind it.
fn read_table(
    lines: &[Line<'_>],
    table: &Table,
    gatherer: &mut Gatherer<'_>,
    sentences: &mut String,
) -> usize {
    let mut column = Column::default();
    for line in &lines[table.rows.clone()] {
        for (index, cell) in line.cells().into_iter().enumerate() {
            if table.holds_values(index) {
                column.read_cell(&table.without_rows(cell), gatherer);
            } else {
                sentences.push_str(cell);
                sentences.push_str(STOP);
            }
        }
    }
    column.finish(gatherer);
    table.rows.end
}
