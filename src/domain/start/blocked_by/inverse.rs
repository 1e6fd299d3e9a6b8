//! Fields that say the opposite, on the line of a value: "Blocked by: #1; Blocks: #2".

use std::borrow::Cow;

/// Words of fields that name what waits for this issue. "Blocking" may be meant either way, and counts.
const INVERSE: [&str; 3] = ["blocks", "unblocks", "dependents"];

/// Such words that often say when, or by whom; they end with their clause: "needed by: Friday; #12".
const INVERSE_CLAUSE: [&str; 2] = ["required by", "needed by"];

/// Whether one of these words and a colon begins a text.
fn is_label(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| {
        text.get(..word.len())
            .filter(|start| start.eq_ignore_ascii_case(word))
            .is_some_and(|_| {
                text[word.len()..]
                    .trim_start_matches(['*', '_', ' '])
                    .starts_with([':', '：'])
            })
    })
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
        let is_clause = is_label(&text[at..], &INVERSE_CLAUSE);
        if is_clause || is_label(&text[at..], &INVERSE) {
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
