//! Values before the names of secrets: "use `x` as the password", "admin / x (password)".

use std::ops::Range;

use super::around;
use super::name::{Name, is_name_like, kind_of, next_name};
use super::value::{has_both, is_odd, is_ordinary, is_stand_in};

/// Words between "as" and the name.
const BETWEEN: [&str; 16] = [
    "the",
    "a",
    "an",
    "my",
    "our",
    "your",
    "its",
    "their",
    "default",
    "new",
    "temporary",
    "admin",
    "root",
    "database",
    "staging",
    "test",
];

/// Finds values before names.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let mut at = 0;
        while let Some(Range { start, end }) = next_name(line, at) {
            at = end;
            let name = line[start..end].trim_end_matches(['-', '.']);
            let behind = &line[start + name.len()..];
            if let Some(kind) = kind_of(name)
                && let Some(value) = value_before(line, start, behind)
                && (follows_user(line, &value, start) || is_secret(line, &value, kind))
            {
                secrets.push(line_start + value.start..line_start + value.end);
            }
        }
        line_start += line.len();
    }
}

fn value_before(line: &str, start: usize, behind: &str) -> Option<Range<usize>> {
    let before = around::before(line, start);
    let offset = start - before.len();
    let word = |text: &str| last_word(text).map(|word| offset + word.start..offset + word.end);
    if let Some(before) = before.strip_suffix('(')
        && behind.starts_with(')')
    {
        return word(before);
    }
    // "the password hash" is no password.
    const GO_ON: [&str; 12] = [
        "for", "to", "of", "on", "in", "when", "and", "at", "from", "here", "if", "with",
    ];
    let next = behind.trim_start_matches([' ', '`', '*', '"', '\'', '_']);
    let ends = next
        .chars()
        .next()
        .is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '=' | ':' | '-' | '/'));
    let goes_on = GO_ON.iter().any(|word| {
        next.strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    });
    if !ends && !goes_on {
        return None;
    }
    let mut rest = before.trim_end_matches([' ', '`', '*', '"', '\'', '_']);
    let mut has_article = false;
    for _ in 0..5 {
        let at = rest.rfind(' ').map_or(0, |at| at + 1);
        let last = &rest[at..];
        rest = rest[..at].trim_end();
        match last {
            "as" => return word(rest),
            "is" | "was" if has_article => return word(rest),
            last if BETWEEN.contains(&last) => has_article = true,
            _ => return None,
        }
    }
    None
}

/// Returns the last word of a text, or what stands in quotes there.
fn last_word(text: &str) -> Option<Range<usize>> {
    let text = text.trim_end_matches([' ', '*', ',']);
    let quote = text
        .chars()
        .next_back()
        .filter(|c| matches!(c, '"' | '\'' | '`'));
    let (start, end) = match quote {
        Some(quote) => {
            let end = text.len() - 1;
            (text[..end].rfind(quote)? + 1, end)
        }
        None => {
            let start = text.rfind([' ', '(', '*']).map_or(0, |at| at + 1);
            (start, text.len())
        }
    };
    Some(start..end)
}

/// "admin / x (password)": a separator before the word says enough.
fn follows_user(line: &str, value: &Range<usize>, start: usize) -> bool {
    let is_enclosed = line[..start].ends_with('(');
    let before = line[..value.start].trim_end_matches(['`', '"', '\'', '*']);
    let word = &line[value.clone()];
    is_enclosed
        && [" / ", ": ", " = "]
            .iter()
            .any(|separator| before.ends_with(separator))
        && !is_stand_in(word, "")
        && !is_ordinary(word)
}

fn is_secret(line: &str, value: &Range<usize>, kind: Name) -> bool {
    let word = &line[value.clone()];
    if is_stand_in(word, "") || is_ordinary(word) || kind_of(word).is_some() {
        return false;
    }
    let is_quoted = line[value.end..].starts_with(['"', '\'', '`']);
    let has_both = has_both(word);
    match kind {
        Name::Password => is_quoted || is_odd(word),
        Name::Token => has_both && word.len() >= 8 && !is_name_like(word),
        Name::Weak => has_both && word.len() >= 8 && !is_name_like(word) && !is_quoted,
    }
}
