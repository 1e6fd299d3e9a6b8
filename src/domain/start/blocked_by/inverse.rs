//! Fields about other issues than blockers, in a value: "Blocked by: #1; Blocks: #2", "Parent: #5".

use std::borrow::Cow;

use super::mention::mention;

/// Words that name what waits for this issue. "Blocking" may be meant either way, and counts.
const WAITING: [&str; 7] = [
    "blocks",
    "unblocks",
    "enables",
    "dependents",
    "downstream",
    "required by",
    "needed by",
];

/// Those of them that often say when, or by whom: a comma ends them, too ("needed by: Friday, #12").
const CLAUSES: [&str; 2] = ["required by", "needed by"];

/// Words that name what the issue belongs to. Among "Dependencies", or in a row of fields, that is no blocker; as the value of
/// "Blocked by" it is one.
const KINDRED: [&str; 11] = [
    "parent issue",
    "parent",
    "epic",
    "related issues",
    "related to",
    "related",
    "relates to",
    "part of",
    "see also",
    "follow-up",
    "follow up",
];

/// Verbs of both that need no colon before what they name: anywhere, and where they begin something.
const VERBS: [&str; 4] = ["blocks", "unblocks", "required by", "needed by"];
const VERBS_AT_START: [&str; 4] = ["enables", "part of", "related to", "relates to"];

/// Words that begin a field behind another one.
const FIELDS: [&str; 5] = [
    "blocked by",
    "blocked on",
    "depends on",
    "depends upon",
    "requires",
];

/// Where a text stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Whether it begins a line or an item, and does not stand behind the words of a field.
    pub(super) begins_line: bool,
    /// Whether it is a value of "Dependencies", which may sort all that an issue has to do with.
    pub(super) of_dependencies: bool,
}

/// The text behind one of these words, if it begins with one.
fn behind<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    words.iter().find_map(|word| {
        text.get(..word.len())
            .filter(|start| start.eq_ignore_ascii_case(word))
            .map(|_| text[word.len()..].trim_start_matches(['*', '_', ' ']))
    })
}

fn is_label(text: &str, words: &[&str]) -> bool {
    behind(text, words).is_some_and(|rest| rest.starts_with([':', '：']))
}

fn is_verb(text: &str, words: &[&str]) -> bool {
    behind(text, words).is_some_and(|rest| mention(rest).is_some())
}

/// Whether a text begins with such words.
pub(super) fn is_of_others(text: &str) -> bool {
    behind(text, &WAITING).is_some() || behind(text, &KINDRED).is_some()
}

/// Whether a line is such a field with nothing behind it: what it names stands below.
pub(super) fn opens_others(text: &str, of_dependencies: bool) -> bool {
    behind(text, &WAITING)
        .or_else(|| behind(text, &KINDRED).filter(|_| of_dependencies))
        .is_some_and(|rest| !rest.contains(|c: char| c.is_alphanumeric() || c == '#'))
}

/// The text without such fields on the same line.
pub(super) fn without_inverse(text: &str, place: Place) -> Cow<'_, str> {
    let mut kept = String::new();
    // What is kept of the text from here on is not copied yet.
    let mut start = 0;
    let mut previous_is_word = false;
    for (at, c) in text.char_indices() {
        let is_word = c.is_alphanumeric();
        let begins_word = at >= start && is_word && !previous_is_word;
        previous_is_word = is_word;
        if begins_word && begins_other(text, at, place) {
            let before = text[start..at].trim_end_matches(['*', '_', ' ', '|', ';', ',', '.', '·']);
            kept.push_str(before);
            start = at + end_of_field(&text[at..]);
        }
    }
    if start == 0 {
        return Cow::Borrowed(text);
    }
    kept.push_str(&text[start..]);
    Cow::Owned(kept)
}

fn begins_other(text: &str, at: usize, place: Place) -> bool {
    let field = &text[at..];
    if is_label(field, &WAITING) || is_verb(field, &VERBS) {
        return true;
    }
    let before = text[..at].trim_end_matches(['*', '_', ' ']);
    let in_row = before.ends_with(['|', '·', '•', ';', ',', '.', '—', '–', '>']);
    let is_kindred = is_label(field, &KINDRED);
    let is_verb = is_verb(field, &VERBS_AT_START);
    is_kindred && (in_row || at == 0 && place.begins_line && place.of_dependencies)
        || is_verb && (in_row || at == 0)
}

/// Where the field that begins a text ends: at a sign that ends a clause, at the parenthesis around it, or where another field
/// begins. A comma ends only a clause in which nothing was named before it.
fn end_of_field(text: &str) -> usize {
    let is_clause = behind(text, &CLAUSES).is_some();
    let mut names_something = false;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        let rest = &text[at..];
        let is_stop = matches!(c, ';' | '|' | ')')
            || c == ',' && is_clause && !names_something
            || c == '.' && (rest[1..].is_empty() || rest[1..].starts_with(' '))
            || matches!(c, '—' | '–') && previous == ' ';
        let begins_word = at > 0 && c.is_alphanumeric() && !previous.is_alphanumeric();
        if is_stop || begins_word && behind(rest, &FIELDS).is_some() {
            return at;
        }
        names_something |= matches!(c, '#' | '!' | '/');
        previous = c;
    }
    text.len()
}
