//! The references of one line of a field's value.

use super::gatherer::Gatherer;
use super::mention::{is_name_char, mention};
use super::range::BareRange;
use super::words::bare_number;

/// Notes every reference of a line, and the bare numbers that begin its items.
pub(super) fn references(text: &str, has_tables: bool, gatherer: &mut Gatherer<'_>) {
    let is_row = has_tables && text.contains('|');
    let mut rest = text;
    let mut begins_item = true;
    while let Some(first) = rest.chars().next() {
        if gatherer.is_full() {
            return;
        }
        if begins_item && let Some(range) = BareRange::at(rest) {
            gatherer.note_numbers(None, range.first, range.last);
            rest = range.behind;
            continue;
        }
        if begins_item && let Some((number, after)) = bare_number(rest) {
            gatherer.note_number(number);
            rest = after;
            continue;
        }
        if let Some((mention, after)) = mention(rest) {
            rest = gatherer.note_range(&mention, after);
            gatherer.note(mention, false);
            begins_item = false;
            continue;
        }
        // Emphasis, not the beginning of a name.
        if first == '_' {
            rest = rest.trim_start_matches('_');
            continue;
        }
        let word = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
        if word == 0 {
            begins_item = match first {
                ',' | ';' | '&' | '+' | '/' | '、' | '，' | '|' => !is_row,
                c if c.is_whitespace() => begins_item,
                '*' | '[' | '"' => begins_item,
                _ => false,
            };
            if let Some(behind) = behind_break(rest) {
                begins_item = true;
                rest = behind;
                continue;
            }
            rest = &rest[first.len_utf8()..];
        } else {
            let joins = ["and", "or", "und", "et", "y"]
                .iter()
                .any(|join| rest[..word].eq_ignore_ascii_case(join));
            begins_item = joins && !is_row;
            rest = &rest[word..];
        }
    }
}

/// Whether a text names any issue, or begins with a number.
pub(super) fn names_any(text: &str) -> bool {
    if bare_number(text).is_some() {
        return true;
    }
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if mention(rest).is_some() {
            return true;
        }
        let word = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
        rest = &rest[word.max(first.len_utf8())..];
    }
    false
}

/// The text behind a tag that begins a new line.
fn behind_break(text: &str) -> Option<&str> {
    let tag = text.strip_prefix('<')?;
    let end = tag.bytes().take(80).position(|byte| byte == b'>')?;
    let name = tag[..end].trim_start_matches('/');
    let name = name.split([' ', '/']).next()?;
    ["br", "li", "p", "div", "dd", "ul", "ol"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
        .then(|| &tag[end + 1..])
}
