//! What opens a field: a heading, a line, a row of keys and values.

use super::line::{Line, after_marks};
use super::question::{asks, names_among_others};
use super::references::{names_any, names_issue};
use super::words::field_words;

/// The line that opens a field.
pub(super) struct Field<'t> {
    /// Index of the line behind it.
    pub(super) next: usize,
    /// The rest of its line.
    pub(super) first: &'t str,
    /// The level of a heading.
    pub(super) heading: Option<usize>,
    /// How far a list item that is a field is indented; items as far belong to others.
    pub(super) item: Option<usize>,
    /// Whether a value without references is unresolvable.
    pub(super) strict: bool,
    /// Whether the words are a line of their own, which people use as a heading.
    pub(super) is_emphasised: bool,
    /// Whether the words are "Dependencies", which may sort all that an issue has to do with.
    pub(super) of_dependencies: bool,
}

impl<'t> Field<'t> {
    /// Reads the field that a line opens, if it does.
    pub(super) fn at(lines: &[Line<'t>], at: usize) -> Option<Self> {
        let line = &lines[at];
        let next = lines.get(at + 1);
        if line.is_row() && next.is_some_and(Line::is_table_rule) {
            // Names of columns, or the first pair of a table of keys and values.
            return field_words(after_marks(line.text))
                .filter(|words| words.has_colon && names_any(words.rest))
                .map(|words| Self::of_line(line, at + 1, words.rest));
        }
        if let Some(heading) = line.heading(next) {
            let of_heading = |first, strict| Self {
                next: at + heading.lines,
                first,
                heading: Some(heading.level),
                item: None,
                strict,
                is_emphasised: false,
                of_dependencies: is_of_dependencies(heading.text),
            };
            if let Some(words) = field_words(heading.text) {
                // "Blocked by: #12" above a rule is a line all the same.
                if !(heading.lines == 2 && words.has_colon) {
                    // "## Requires care" may be none; what it names counts.
                    return Some(of_heading(words.rest, words.is_whole));
                }
            } else if let Some(question) = asks(heading.text) {
                return Some(of_heading(question.rest, question.is_whole));
            } else if names_among_others(heading.text) {
                // What it names counts; the other things may be all that stands there.
                return Some(of_heading("", false));
            }
        }
        let words = field_words(after_marks(line.text))?;
        let is_above_list = || {
            let mut below = lines[at + 1..].iter().skip_while(|line| line.is_blank());
            words.rest.trim().is_empty()
                && below
                    .next()
                    .is_some_and(|line| line.item.is_some() && names_issue(line.text))
        };
        let has_value_below = line.text.trim_start().starts_with("**")
            && words.rest.trim_matches(['*', ' ', '\r', '\n']).is_empty();
        (words.has_colon || words.is_emphasised_line || is_above_list()).then(|| Self {
            is_emphasised: !words.has_colon || has_value_below,
            ..Self::of_line(line, at + 1, words.rest)
        })
    }

    fn of_line(line: &Line<'_>, next: usize, first: &'t str) -> Self {
        Self {
            next,
            first,
            heading: None,
            item: line.item,
            strict: true,
            is_emphasised: false,
            of_dependencies: is_of_dependencies(&line.text[..line.text.len() - first.len()]),
        }
    }
}

fn is_of_dependencies(words: &str) -> bool {
    words.to_lowercase().contains("dependenc")
}
