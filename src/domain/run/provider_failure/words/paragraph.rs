//! An error as the last paragraph of a message: agents' programs write it behind whatever the agent said.

use super::form::is_inside_quotes;

/// What programs write behind an error, as a paragraph of its own.
const HINTS: &[&str] = &["/upgrade", "/extra-usage", "/usage-credits", "/login"];

/// How many such paragraphs there are at most.
const HINTS_MAX: usize = 2;

/// The last paragraph of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastParagraph<'t> {
    /// It is of one piece with the rest: there is no other, too much is before it, or it is a list or a table.
    OfOnePiece,
    /// It stands alone behind other words.
    Alone(&'t str),
    /// The words before it lead up to it, or it is code or quoted.
    Shown,
}

/// Reads the last paragraph. `before_max` is the longest text before one that stands alone, in characters.
pub(super) fn last_paragraph(text: &str, before_max: usize) -> LastParagraph<'_> {
    let Some((before, paragraph)) = without_hints(text) else {
        return LastParagraph::OfOnePiece;
    };
    let said = before.trim();
    let leads_up = said.trim_end_matches(['*', '_', '`', ' ']).ends_with(':');
    let is_in_code = said.matches("```").count() % 2 == 1 || said.matches("~~~").count() % 2 == 1;
    if leads_up || is_in_code || is_inside_quotes(before, before.len()) || is_shown(paragraph) {
        return LastParagraph::Shown;
    }
    if said.is_empty() || said.chars().count() > before_max || is_part(paragraph) {
        return LastParagraph::OfOnePiece;
    }
    LastParagraph::Alone(paragraph)
}

fn without_hints(text: &str) -> Option<(&str, &str)> {
    let (mut before, mut paragraph) = split(text)?;
    for _ in 0..HINTS_MAX {
        let head = paragraph.trim_start();
        if HINTS.iter().any(|hint| head.starts_with(hint)) {
            (before, paragraph) = split(before)?;
        }
    }
    Some((before, paragraph))
}

/// What stands before the last blank line, and what behind it.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end();
    text.rmatch_indices('\n').find_map(|(at, _)| {
        let line = text[..at].rsplit('\n').next()?;
        line.trim()
            .is_empty()
            .then(|| (&text[..at], &text[at + 1..]))
    })
}

fn is_shown(paragraph: &str) -> bool {
    let is_indented = paragraph.starts_with("    ") || paragraph.starts_with('\t');
    let is_fenced = paragraph.contains("```") || paragraph.contains("~~~");
    let mut lines = paragraph.lines();
    is_indented || is_fenced || lines.any(|line| line.trim_start().starts_with('>'))
}

/// Whether a paragraph is a piece of a list or a table, or a heading.
fn is_part(paragraph: &str) -> bool {
    let head = paragraph.trim_start();
    let number = head.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered =
        number.len() < head.len() && (number.starts_with(". ") || number.starts_with(") "));
    let marks = ["- ", "* ", "+ ", "#", "|"];
    is_numbered || marks.iter().any(|mark| head.starts_with(mark))
}
