//! Fields in the middle of a line: "Size: S | **Blocked by:** Auth (#12)", "P1<br>Blocked by: #12".

use std::borrow::Cow;

use super::clause::is_picture;
use super::line::{Line, after_marks};
use super::pointer::head;
use super::references::{behind_break, names_issue};
use super::tag::behind_tag;
use super::words::field_words;

/// Signs that stand between fields on one line.
const BETWEEN: [char; 9] = ['|', '•', '·', '∙', '‣', '◦', '▪', '●', '⁃'];

/// Signs of sentences. What follows them is a field when it names something.
const IN_SENTENCES: [char; 14] = [
    ',', ';', '.', '，', '；', '。', '、', '—', '–', '(', '[', '/', '\t', '&',
];

/// Gives each such field a line of its own, with the mark of the list item that it stands in.
pub(super) fn apart(text: &str) -> Cow<'_, str> {
    let lines = Line::all(text);
    let mut kept = String::new();
    let mut copied = 0;
    let mut start = 0;
    for (index, line) in lines.iter().enumerate() {
        let in_table = line.is_row() || lines.get(index + 1).is_some_and(Line::is_table_rule);
        for at in places(line.text, in_table) {
            kept.push_str(&text[copied..start + at]);
            copied = start + at;
            kept.push('\n');
            if let Some(indent) = line.item {
                kept.extend(std::iter::repeat_n(' ', indent));
                kept.push_str("- ");
            }
        }
        start += line.text.len();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    kept.push_str(&text[copied..]);
    Cow::Owned(kept)
}

/// Where fields begin in the middle of a line. In a table a border is none of these signs, and a break stays in its cell.
fn places(line: &str, in_table: bool) -> Vec<usize> {
    if in_table {
        return Vec::new();
    }
    // Only in a row of fields is one with a value that names nothing meant as one.
    let is_row = is_row_of_fields(line);
    let signs = line.char_indices().filter_map(|(at, c)| {
        let behind = &line[at + c.len_utf8()..];
        let is_emphasis = c == ' ' && (behind.starts_with("**") || behind.starts_with("__"));
        let is_gap = (c == ' ' && behind.starts_with([' ', '*', '_']))
            || (c == '-' && behind.starts_with(' '))
            || is_picture(c);
        let (behind, is_sure) = if c == '<' {
            let text = &line[at..];
            let after_break = behind_break(text).map(|behind| (behind, true));
            after_break.or_else(|| Some((behind_tag(text)?, false)))?
        } else if is_emphasis || BETWEEN.contains(&c) {
            (behind, true)
        } else if is_gap || IN_SENTENCES.contains(&c) {
            (behind, false)
        } else {
            return None;
        };
        opens_field(behind, is_sure && is_row).then_some(line.len() - behind.len())
    });
    let mut found: Vec<usize> = signs.collect();
    found.sort_unstable();
    // What only marks stand before begins its line.
    let mut begun = behind_marks(line, 0);
    found.retain(|at| {
        let is_next = *at > begun;
        if is_next {
            begun = behind_marks(line, *at);
        }
        is_next
    });
    found
}

/// Whether a line begins with a label of few words and its value, or with what a tag sets apart.
fn is_row_of_fields(line: &str) -> bool {
    let text = head(after_marks(line));
    let first = text.split(BETWEEN).next().unwrap_or(text);
    let label = first.split([':', '：']).next().unwrap_or(first);
    let is_label = label.split_whitespace().count() <= 3 && !label.contains(['(', ')']);
    line.contains('<') || label.len() < first.len() && is_label
}

/// Where the marks at a place of a line end.
fn behind_marks(line: &str, at: usize) -> usize {
    let text = head(&line[at..]);
    at + text.len() - after_marks(text).len()
}

/// Whether a text begins with the words of a field and a colon. Where that is not `sure`, it has to name something.
fn opens_field(text: &str, is_sure: bool) -> bool {
    let text = head(text);
    field_words(after_marks(text)).is_some_and(|words| {
        let before = &text[..text.len() - words.rest.len()];
        before.contains([':', '：']) && (is_sure || names_issue(words.rest))
    })
}
