//! Values of names that a program declares with a type, in three quotes, or percent-encoded.
//!
//! `const apiKey: string = "x"`, `password = """x"""`, `token%3Dx`. Plain assignments are read where names are
//! ([`super::named`]).

use std::ops::Range;

use super::around;
use super::name::{Name, kind_of, next_name};
use super::value::{is_odd, is_ordinary, is_stand_in};

/// The longest type that is read, in bytes.
const TYPE_MAX: usize = 60;

/// Finds such values.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(Range { start, end }) = next_name(text, at) {
        at = end;
        let behind = &text[end..];
        if !behind.starts_with(['?', '!', ':', ' ', '=', '"', '\'', '%']) {
            continue;
        }
        let kind = match kind_of(&text[start..end]) {
            Some(kind @ (Name::Password | Name::Token)) => kind,
            Some(Name::Weak) | None => continue,
        };
        if let Some(value) = encoded(text, end).or_else(|| written(text, end))
            && is_secret(&text[value.clone()], kind)
        {
            at = value.end;
            secrets.push(value);
        }
    }
}

fn is_secret(value: &str, kind: Name) -> bool {
    let is_value = !value.trim().is_empty() && !is_stand_in(value, "") && !is_ordinary(value);
    match kind {
        Name::Password => is_value,
        Name::Token | Name::Weak => is_value && value.len() >= 6 && is_odd(value),
    }
}

/// The value behind `%3D`, or `%22%3A%22` of encoded JSON.
fn encoded(text: &str, end: usize) -> Option<Range<usize>> {
    let behind = around::behind(text, end);
    let value = ["%22%3A%22", "%22%3a%22", "%3D", "%3d", "%3A", "%3a"]
        .iter()
        .find_map(|sign| behind.strip_prefix(sign))?;
    let start = end + behind.len() - value.len();
    let value = &value[..value
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-._~%+".contains(c)))
        .unwrap_or(value.len())];
    // `&`, a quote, `;` and blanks end it, encoded.
    let length = ["%26", "%22", "%3B", "%3b", "%20", "%0A", "%0a"]
        .iter()
        .filter_map(|sign| value.find(sign))
        .min()
        .unwrap_or(value.len());
    Some(start..start + length)
}

/// The value in quotes behind a type and `=`, or in three quotes behind `=` or `:`.
fn written(text: &str, end: usize) -> Option<Range<usize>> {
    let line = around::behind(text, end);
    let closed = line.trim_start_matches(['?', '!', ' ', '"', '\'']);
    let (behind, is_typed) = if let Some(typed) = closed.strip_prefix(':') {
        match typed.find(|c: char| !is_of_type(c)) {
            Some(at)
                if at <= TYPE_MAX
                    && typed[at..].starts_with('=')
                    && !typed[..at].trim().is_empty() =>
            {
                (&typed[at + 1..], true)
            }
            Some(_) | None => (typed, false),
        }
    } else {
        (closed.strip_prefix('=')?, false)
    };
    let place = end + line.len() - behind.len();
    let value = &text[place..];
    let blanks = value.len() - value.trim_start_matches([' ', '\t']).len();
    let value = &value[blanks..];
    let prefix = [
        "String::from(",
        "Some(",
        "new String(",
        "b",
        "r",
        "f",
        "u",
        "@",
        "$",
    ]
    .iter()
    .find_map(|prefix| {
        value
            .strip_prefix(prefix)
            .filter(|rest| rest.starts_with(['"', '\'']))
            .map(|_| prefix.len())
    })
    .unwrap_or(0);
    let has_prefix = prefix > 0;
    let place = place + blanks + prefix;
    let value = &text[place..];
    for quote in ["\"\"\"", "'''", "```"] {
        if let Some(inside) = value.strip_prefix(quote) {
            let inside = &inside[..inside.find(quote).unwrap_or(inside.len())];
            let start = place + quote.len();
            return (!inside.is_empty()).then(|| start..start + inside.len());
        }
    }
    if !(is_typed || has_prefix) {
        return None;
    }
    let quote = value
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let inside = around::behind(text, place + 1);
    let inside = &inside[..inside.find(quote).unwrap_or(inside.len())];
    Some(place + 1..place + 1 + inside.len())
}

fn is_of_type(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(
            c,
            ' ' | '<' | '>' | '[' | ']' | '|' | '&' | '\'' | '_' | '?' | '.' | ':' | '!'
        )
}
