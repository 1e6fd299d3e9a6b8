//! The references of one line of a field's value.

use super::bare_number::BareNumber;
use super::gatherer::Gatherer;
use super::mention::{is_name_char, mention};
use super::range::BareRange;

/// Notes every reference of a line, and the bare numbers that begin its items. A number is doubtful when a word follows it, and
/// behind an item that names nothing: "the ops team, 2".
pub(super) fn references(text: &str, has_tables: bool, gatherer: &mut Gatherer<'_>) {
    let is_row = has_tables && text.contains('|');
    let mut rest = text;
    let mut begins_item = true;
    let mut item = Item::default();
    let mut follows_words = false;
    while let Some(first) = rest.chars().next() {
        if gatherer.is_full() {
            return;
        }
        if begins_item
            && !follows_words
            && let Some(range) = BareRange::at(rest)
        {
            gatherer.note_numbers(None, range.first, range.last);
            item.names_something = true;
            rest = range.behind;
            continue;
        }
        if begins_item && let Some(found) = BareNumber::at(rest) {
            if found.is_doubtful || follows_words {
                gatherer.note_doubtful(found.number);
                item.has_words = true;
            } else {
                gatherer.note_number(found.number);
                item.names_something = true;
            }
            rest = found.behind;
            continue;
        }
        if let Some((mention, after)) = mention(rest) {
            item.names_something = true;
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
            item.has_words |= first.is_alphanumeric();
            begins_item = match first {
                ',' | ';' | '&' | '+' | '/' | '、' | '，' | '|' => {
                    follows_words |= item.ends_in_words();
                    !is_row
                }
                c if c.is_whitespace() => begins_item,
                '*' | '[' | '"' => begins_item,
                _ => false,
            };
            if let Some(behind) = behind_break(rest) {
                begins_item = true;
                item = Item::default();
                follows_words = false;
                rest = behind;
                continue;
            }
            rest = &rest[first.len_utf8()..];
        } else {
            let joins = ["and", "or", "und", "et", "y"]
                .iter()
                .any(|join| rest[..word].eq_ignore_ascii_case(join));
            begins_item = joins && !is_row;
            if joins {
                follows_words |= item.ends_in_words();
            } else {
                item.has_words = true;
            }
            rest = &rest[word..];
        }
    }
}

/// What stood in an item so far.
#[derive(Default)]
struct Item {
    names_something: bool,
    has_words: bool,
}

impl Item {
    /// Begins the next item; returns whether this one has words and names nothing.
    fn ends_in_words(&mut self) -> bool {
        let item = std::mem::take(self);
        item.has_words && !item.names_something
    }
}

/// Whether a text names any issue, or begins with a number.
pub(super) fn names_any(text: &str) -> bool {
    BareNumber::at(text).is_some() || names_issue(text)
}

/// Whether a text names any issue by more than a number.
pub(super) fn names_issue(text: &str) -> bool {
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

/// The text behind a word or sign that goes on with a list.
pub(super) fn without_joint(text: &str) -> &str {
    ["and ", "or ", "und ", "plus ", "& ", "+ ", ", "]
        .iter()
        .find_map(|joint| {
            text.get(..joint.len())
                .filter(|start| start.eq_ignore_ascii_case(joint))
                .map(|_| text[joint.len()..].trim_start())
        })
        .unwrap_or(text)
}

/// The text behind a tag that begins a new line.
pub(super) fn behind_break(text: &str) -> Option<&str> {
    let tag = text.strip_prefix('<')?;
    let end = tag.bytes().take(80).position(|byte| byte == b'>')?;
    let name = tag[..end].trim_start_matches('/');
    let name = name.split([' ', '/']).next()?;
    ["br", "li", "p", "div", "dd", "ul", "ol", "summary"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
        .then(|| &tag[end + 1..])
}
