//! The words that open a field, those of fields that say the opposite, and numbers without a sign.

use super::mention::number;
use crate::domain::repository::IssueNumber;

/// The words that open a field, and what follows them.
pub(super) struct FieldWords<'t> {
    /// The text behind words and colon.
    pub(super) rest: &'t str,
    /// Whether a colon, or the border of a table's cell, follows.
    pub(super) has_colon: bool,
    /// Whether the words are an emphasised line of their own, which people use as a heading.
    pub(super) is_emphasised_line: bool,
    /// Whether a heading says nothing but the words, and perhaps references.
    pub(super) is_whole: bool,
}

/// Reads the words of one or several fields at the beginning of a text.
pub(super) fn field_words(text: &str) -> Option<FieldWords<'_>> {
    let mut rest = one_field(text)?;
    loop {
        let joined = rest.trim_start_matches([' ', '\t', '/', '&', ',', '+', '|', '*', '_']);
        let joined = ["and ", "or "]
            .iter()
            .find_map(|word| {
                joined
                    .get(..word.len())
                    .filter(|start| start.eq_ignore_ascii_case(word))
                    .map(|_| joined[word.len()..].trim_start())
            })
            .unwrap_or(joined);
        match one_field(joined) {
            Some(after) => rest = after,
            None => break,
        }
    }
    // "Blocked by issues:", "Blocked by (hard):"
    rest = after_noun(rest);
    let emphasis = |c: char| matches!(c, '*' | '_' | ' ' | '\t' | '\u{a0}' | '~');
    let closed = rest.trim_start_matches(emphasis);
    let closed = closed
        .strip_prefix("</")
        .and_then(|tag| tag.split_once('>'))
        .map_or(closed, |(_, after)| after.trim_start_matches(emphasis));
    let colon = closed
        .strip_prefix(':')
        .or_else(|| closed.strip_prefix('：'))
        .or_else(|| closed.strip_prefix('|'))
        .or_else(|| behind_cell(closed))
        // "Blocked by (see #3): #4": what the remark names counts as well.
        .or_else(|| {
            let (_, behind) = remark(closed)?;
            let behind = behind.trim_start_matches(emphasis);
            behind.starts_with([':', '：']).then_some(closed)
        });
    let is_emphasised_line = closed.trim().is_empty() && rest.starts_with(['*', '_']);
    let behind = colon.unwrap_or(closed);
    let behind = behind.trim_start_matches(emphasis);
    Some(FieldWords {
        rest: behind,
        has_colon: colon.is_some(),
        is_emphasised_line,
        is_whole: colon.is_some() || !behind.starts_with(char::is_alphabetic),
    })
}

/// The text in the next cell of a table, or the description of a term, in raw HTML.
fn behind_cell(text: &str) -> Option<&str> {
    let tag = text.strip_prefix('<')?;
    let (tag, behind) = tag.split_once('>')?;
    let name = tag.split_whitespace().next()?;
    ["td", "dd"]
        .iter()
        .any(|cell| name.eq_ignore_ascii_case(cell))
        .then_some(behind)
}

/// The text behind one field's words.
fn one_field(text: &str) -> Option<&str> {
    const FIELDS: [&[&str]; 14] = [
        &["is", "blocked", "by"],
        &["blocked", "by"],
        &["blocked", "on"],
        &["depends", "on"],
        &["depends", "upon"],
        &["dependent", "on"],
        &["requires"],
        &["dependencies"],
        &["dependency"],
        &["blockers"],
        &["blocker"],
        &["dependson"],
        &["blockedby"],
        &["blockedon"],
    ];
    FIELDS.iter().find_map(|words| {
        let mut rest = text;
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                let gap = rest.trim_start_matches(|c: char| {
                    c.is_whitespace() && c != '\n' || matches!(c, '-' | '_' | '*')
                });
                if gap.len() == rest.len() {
                    return None;
                }
                rest = gap;
            }
            rest.get(..word.len())
                .filter(|start| start.eq_ignore_ascii_case(word))?;
            rest = &rest[word.len()..];
        }
        let ends = !rest
            .chars()
            .next()
            .is_some_and(|c| c.is_alphanumeric() || c == '-');
        ends.then_some(rest)
    })
}

/// Skips a noun and a remark in parentheses between the words and the colon.
fn after_noun(text: &str) -> &str {
    const NOUNS: [&str; 10] = [
        "issues", "issue", "tickets", "ticket", "tasks", "task", "prs", "pr", "items", "list",
    ];
    let start = text.trim_start_matches([' ', '\t']);
    let end = start
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(start.len());
    let is_noun = NOUNS
        .iter()
        .any(|noun| start[..end].eq_ignore_ascii_case(noun));
    let before_colon = |rest: &str| {
        let rest = rest.trim_start_matches(['*', '_', ' ', '\t']);
        rest.is_empty() || rest.starts_with([':', '：', '\n', '\r', '('])
    };
    let text = if is_noun && before_colon(&start[end..]) {
        &start[end..]
    } else {
        text
    };
    match remark(text) {
        Some((remark, rest)) if before_colon(rest) && !remark.contains(['#', '/']) => rest,
        Some(_) | None => text,
    }
}

/// A remark in parentheses at the beginning of a text, and the text behind it.
fn remark(text: &str) -> Option<(&str, &str)> {
    let inside = text.trim_start_matches([' ', '\t']).strip_prefix('(')?;
    let end = inside.bytes().take(80).position(|byte| byte == b')')?;
    Some((&inside[..end], &inside[end + 1..]))
}

/// Words of fields that name what waits for this issue.
const INVERSE: [&str; 6] = [
    "blocks",
    "blocking",
    "unblocks",
    "required by",
    "needed by",
    "dependents",
];

/// The text behind one of those words and a colon.
fn inverse_label(text: &str) -> bool {
    INVERSE.iter().any(|word| {
        text.get(..word.len())
            .filter(|start| start.eq_ignore_ascii_case(word))
            .is_some_and(|_| {
                text[word.len()..]
                    .trim_start_matches(['*', '_', ' '])
                    .starts_with([':', '：'])
            })
    })
}

/// The text before such a field on the same line.
pub(super) fn without_inverse(text: &str) -> &str {
    let mut previous_is_word = false;
    for (at, c) in text.char_indices() {
        let is_word = c.is_alphanumeric();
        if is_word && !previous_is_word && inverse_label(&text[at..]) {
            return text[..at].trim_end_matches(['*', '_', ' ', '|', ';', ',', '.', '·']);
        }
        previous_is_word = is_word;
    }
    text
}

/// A number without a sign at the beginning of an item: "12", "Issue 01 (ingest)". Not "2 weeks", "1.5", "12th".
pub(super) fn bare_number(text: &str) -> Option<(IssueNumber, &str)> {
    const NOUNS: [&str; 12] = [
        "issues",
        "issue",
        "tickets",
        "ticket",
        "prs",
        "pr",
        "pull requests",
        "pull request",
        "bugs",
        "bug",
        "no",
        "nr",
    ];
    let digits = NOUNS
        .iter()
        .find_map(|noun| {
            text.get(..noun.len())
                .filter(|start| start.eq_ignore_ascii_case(noun))
                .map(|_| text[noun.len()..].trim_start_matches(['.', ' ', '\u{a0}']))
                .filter(|rest| rest.len() < text.len() - noun.len())
        })
        .unwrap_or(text);
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let number = number(&digits[..end])?;
    let after = &digits[end..];
    let mut next = after.chars();
    let is_number = match next.next() {
        None => true,
        Some(c) if c.is_alphanumeric() => false,
        Some('/') => next.next().is_none_or(|c| c.is_ascii_digit() || c == ' '),
        Some('.' | ',' | '-' | ':') => !next.next().is_some_and(|c| c.is_ascii_digit()),
        Some('%' | '$' | '€' | '°' | '_' | '\'' | '’' | '#') => false,
        // "2 weeks" is a measure, "12 Bootstrap" a ticket with its title.
        Some(' ') => {
            !after.trim_start().starts_with(char::is_lowercase)
                || ["and ", "or "]
                    .iter()
                    .any(|join| after.trim_start().starts_with(join))
        }
        Some(_) => true,
    };
    is_number.then_some((number, after))
}
