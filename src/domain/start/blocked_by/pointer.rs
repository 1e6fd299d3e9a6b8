//! What leads from the words of a field to its value where no colon does: a dash, an arrow, the next cell.

use super::mention::mention;
use super::references::names_issue;

/// The text in the next cell of a table, or the description of a term, in raw HTML.
pub(super) fn behind_cell(text: &str) -> Option<&str> {
    let tag = text.strip_prefix('<')?;
    let (tag, behind) = tag.split_once('>')?;
    let name = tag.split_whitespace().next()?;
    ["td", "dd"]
        .iter()
        .any(|cell| name.eq_ignore_ascii_case(cell))
        .then_some(behind)
}

/// The text behind a dash or an arrow that leads to a reference: "Dependencies — #12". With words before that only where the reader
/// of sentences would not read it, which `is_field` tells.
pub(super) fn behind_pointer(text: &str, is_field: bool) -> Option<&str> {
    const POINTERS: [&str; 12] = [
        "-->", "->", "=>", "-", "‐", "–", "—", "→", "⇒", "➡", "⟶", "=",
    ];
    let behind = POINTERS
        .iter()
        .find_map(|pointer| text.strip_prefix(pointer))?;
    let behind = behind.trim_start_matches([' ', '\t', '\u{a0}', '\u{fe0f}', '*']);
    let leads = is_field && (mention(behind).is_some() || names_behind_words(behind));
    leads.then_some(behind)
}

/// The text behind an arrow that leads to words with a reference among them: "Blocked by → Auth (#12)".
pub(super) fn behind_arrow(text: &str) -> Option<&str> {
    const ARROWS: [&str; 7] = ["-->", "->", "=>", "→", "⇒", "➡", "⟶"];
    let behind = ARROWS.iter().find_map(|arrow| text.strip_prefix(arrow))?;
    names_behind_words(behind).then_some(behind)
}

/// The beginning of a text: marks, and the words of a field, take no more.
pub(super) fn head(text: &str) -> &str {
    const BYTES: usize = 200;
    let mut end = text.len().min(BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Whether a text that begins with words names something behind them, on its line.
fn names_behind_words(text: &str) -> bool {
    let line = text.split('\n').next().unwrap_or(text);
    let words = line.trim_start_matches([' ', '\t', '*', '_']);
    words.starts_with(char::is_alphabetic) && mention(words).is_none() && names_issue(head(words))
}

/// The text behind the number of the items below, which ends the line: "(2)". Or behind a question mark.
pub(super) fn behind_count(text: &str) -> Option<&str> {
    if let Some((count, behind)) = remark(text) {
        let is_count = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        return Some(behind).filter(|behind| is_count && behind.trim().is_empty());
    }
    let behind = text.trim_start_matches(['?', '？']);
    let is_all = behind
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_'))
        .is_empty();
    (is_all && behind.len() < text.len()).then_some("")
}

/// A remark in parentheses at the beginning of a text, and the text behind it.
pub(super) fn remark(text: &str) -> Option<(&str, &str)> {
    let inside = text.trim_start_matches([' ', '\t']).strip_prefix('(')?;
    let end = inside.bytes().take(80).position(|byte| byte == b')')?;
    Some((&inside[..end], &inside[end + 1..]))
}
