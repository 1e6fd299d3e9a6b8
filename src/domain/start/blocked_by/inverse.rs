//! Fields about other issues than blockers, in a value: "Blocked by: #1; Blocks: #2", "Parent: #5".

use std::borrow::Cow;

use super::mention::mention;

/// Words of fields that name what waits for this issue, or what it belongs to. "Blocking" may be meant either way, and counts.
const OTHERS: [&str; 16] = [
    "blocks",
    "unblocks",
    "enables",
    "dependents",
    "downstream",
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

/// Those of them that also stand before what they name in the middle of a line: "Blocked by #1, blocks #2".
const IN_SENTENCES: [&str; 4] = ["blocks", "unblocks", "required by", "needed by"];

/// Such words that often say when, or by whom; they end with their clause: "needed by: Friday; #12".
const CLAUSES: [&str; 2] = ["required by", "needed by"];

/// The text behind one of these words, if it begins with one.
fn behind<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    words.iter().find_map(|word| {
        text.get(..word.len())
            .filter(|start| start.eq_ignore_ascii_case(word))
            .map(|_| text[word.len()..].trim_start_matches(['*', '_', ' ']))
    })
}

/// Whether one of these words and a colon begins a text, or one and what it names, where the text begins a line.
fn is_label(text: &str, words: &[&str], begins_line: bool) -> bool {
    behind(text, words).is_some_and(|rest| {
        rest.starts_with([':', '：'])
            || mention(rest).is_some() && (begins_line || behind(text, &IN_SENTENCES).is_some())
    })
}

/// Whether a text begins with such words.
pub(super) fn is_of_others(text: &str) -> bool {
    behind(text, &OTHERS).is_some() || behind(text, &CLAUSES).is_some()
}

/// Whether a text is such a field with nothing behind it: what it names stands below.
pub(super) fn opens_others(text: &str) -> bool {
    behind(text, &OTHERS)
        .or_else(|| behind(text, &CLAUSES))
        .and_then(|rest| rest.strip_prefix([':', '：']))
        .is_some_and(|rest| !rest.contains(char::is_alphanumeric))
}

/// The text without such fields on the same line.
pub(super) fn without_inverse(text: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    // What is kept of the text from here on is not copied yet.
    let mut start = 0;
    let mut previous_is_word = false;
    for (at, c) in text.char_indices() {
        let is_word = c.is_alphanumeric();
        let begins_word = at >= start && is_word && !previous_is_word;
        previous_is_word = is_word;
        if !begins_word {
            continue;
        }
        let is_clause = is_label(&text[at..], &CLAUSES, at == 0);
        if is_clause || is_label(&text[at..], &OTHERS, at == 0) {
            let before = text[start..at].trim_end_matches(['*', '_', ' ', '|', ';', ',', '.', '·']);
            kept.push_str(before);
            start = if is_clause {
                at + clause_end(&text[at..])
            } else {
                text.len()
            };
        }
    }
    if start == 0 {
        return Cow::Borrowed(text);
    }
    kept.push_str(&text[start..]);
    Cow::Owned(kept)
}

/// Where the clause that begins a text ends: at the next semicolon or border, or at a comma when nothing was named before it.
fn clause_end(text: &str) -> usize {
    let first = text.find([',', ';', '|']).unwrap_or(text.len());
    if text[first..].starts_with(',') && text[..first].contains(['#', '!', '/']) {
        return text.find([';', '|']).unwrap_or(text.len());
    }
    first
}
