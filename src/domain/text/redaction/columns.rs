//! Tables and lists whose head names a secret: the columns below it hold the values.
//!
//! Knows tables of Markdown and of databases, and lines of cells between commas, semicolons, tabs or several blanks. Tables
//! of keys and values are read where names are ([`super::named`]).

use std::ops::Range;

use super::around;
use super::name::{Name, is_name_like, is_of_name, kind_of};
use super::value::{has_both, is_odd, is_ordinary, is_stand_in};

/// The longest name of a column, in bytes.
const NAME_MAX: usize = 40;

/// What stands around the text of a cell.
const AROUND: [char; 6] = ['"', '\'', '`', '*', ' ', '\t'];

/// Finds the values in such columns.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push((start, line.trim_end_matches(['\n', '\r'])));
        start += line.len();
    }
    let mut at = 0;
    while at + 1 < lines.len() {
        let Some(head) = Head::of(lines[at].1, lines[at + 1].1) else {
            at += 1;
            continue;
        };
        at += 1;
        // Each line is a row of one table only.
        while let Some((start, line)) = lines.get(at) {
            if !is_rule(line) && !head.take(*start, line, secrets) {
                break;
            }
            at += 1;
        }
    }
}

/// What stands between cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Border {
    /// `|`, with a rule below the head.
    Bar,
    /// A sign that stands in sentences and code as well.
    Sign(char),
    /// Two blanks or more.
    Blanks,
}

/// The head of a table with a column of secrets.
struct Head {
    border: Border,
    kinds: Vec<Option<Name>>,
}

impl Head {
    fn of(line: &str, next: &str) -> Option<Self> {
        let border = if line.contains('|') && is_rule(next) {
            Border::Bar
        } else if let Some(sign) = [',', ';', '\t'].into_iter().find(|&c| line.contains(c)) {
            Border::Sign(sign)
        } else if line.trim().contains("  ") {
            Border::Blanks
        } else {
            return None;
        };
        let names = cells(line, border);
        let kinds: Vec<Option<Name>> = names
            .iter()
            .map(|range| kind_of_column(&line[range.clone()], border))
            .collect::<Option<_>>()?;
        let has_secret = kinds.iter().any(Option::is_some);
        let is_table = border == Border::Bar || kinds.len() > 1;
        let fits = border == Border::Bar || cells(next, border).len() == kinds.len();
        (has_secret && is_table && fits).then_some(Self { border, kinds })
    }

    /// Takes the secrets of a row; returns whether it is one.
    fn take(&self, start: usize, line: &str, secrets: &mut Vec<Range<usize>>) -> bool {
        let cells = cells(line, self.border);
        let fits = match self.border {
            Border::Bar => line.contains('|'),
            Border::Sign(_) | Border::Blanks => cells.len() == self.kinds.len(),
        };
        if !fits {
            return false;
        }
        for (cell, kind) in cells.into_iter().zip(&self.kinds) {
            let value = &line[cell.clone()];
            if kind.is_some_and(|kind| is_secret(value, kind, self.border)) {
                secrets.push(start + cell.start..start + cell.end);
            }
        }
        true
    }
}

/// `|---|---|`, `-----+-----`
fn is_rule(line: &str) -> bool {
    line.contains("--")
        && line
            .chars()
            .all(|c| matches!(c, '|' | '-' | '+' | ':' | ' ' | '\t'))
}

/// Returns what a column holds; `None` when the cell is no name of one.
fn kind_of_column(cell: &str, border: Border) -> Option<Option<Name>> {
    let is_of_column = |c: char| is_of_name(c) || matches!(c, ' ' | '*' | '(' | ')' | '#');
    let is_name = match border {
        Border::Bar => true,
        // "--password  the password" is an option and its help.
        Border::Sign(_) | Border::Blanks => {
            cell.starts_with(|c: char| c.is_alphanumeric() || c == '#')
                && cell.len() <= NAME_MAX
                && cell.chars().all(is_of_column)
        }
    };
    let is_one_word = !cell.contains(' ');
    if !is_name || (matches!(border, Border::Sign(_)) && !is_one_word) {
        return None;
    }
    if cell.len() > NAME_MAX {
        return Some(None);
    }
    let kind = kind_of(cell.trim_matches(['*', '_', '`', ' ']));
    Some(kind.filter(|kind| *kind != Name::Weak && (is_one_word || border == Border::Bar)))
}

fn is_secret(value: &str, kind: Name, border: Border) -> bool {
    if value.is_empty() || value.contains(' ') || is_ordinary(value) || is_stand_in(value, "") {
        return false;
    }
    match (kind, border) {
        (Name::Password, Border::Bar | Border::Sign(_)) => value.len() > 2,
        (Name::Password, Border::Blanks) => value.len() > 3 && is_odd(value),
        (Name::Token | Name::Weak, Border::Bar | Border::Sign(_) | Border::Blanks) => {
            has_both(value) && value.len() >= 8 && !is_name_like(value)
        }
    }
}

/// The cells of a line, without what stands around their text.
fn cells(line: &str, border: Border) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    let bytes = line.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let ends = match border {
            Border::Bar => byte == b'|',
            Border::Sign(sign) => {
                quoted ^= byte == b'"';
                !quoted && char::from(byte) == sign
            }
            Border::Blanks => bytes[at..].starts_with(b"  ") && (at == 0 || bytes[at - 1] != b' '),
        };
        if ends {
            cells.push(around::bare(line, start..at, &AROUND));
            start = at + 1;
        }
    }
    cells.push(around::bare(line, start..line.len(), &AROUND));
    // The borders at both ends of a row.
    if border == Border::Bar && line.trim_start().starts_with('|') {
        cells.remove(0);
    }
    if border == Border::Blanks {
        cells.retain(|cell| !cell.is_empty());
    }
    cells
}
