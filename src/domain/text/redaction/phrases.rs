//! Secrets that sentences and notes name in several words, or tell on the line below: "recovery codes: …", "PIN: 4921",
//! "the token's value: x", "The password is:" above an indented line.

use std::ops::Range;

use super::around;
use super::name::is_name_like;
use super::value::{has_both, is_odd, is_ordinary, is_stand_in};

/// What stands behind a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    /// A key of letters and digits.
    Key,
    /// Several codes, on the line and on those below.
    Codes,
    /// Digits.
    Digits,
    /// Words of small letters up to the end of the line.
    Words,
    /// Text in quotes, without a sign before it.
    Quoted,
    /// Nothing more on the line: a word stands below.
    Below,
}

/// Phrases in small letters, and what follows them.
const PHRASES: [(&str, Follows); 41] = [
    ("secret key", Follows::Key),
    ("access key", Follows::Key),
    ("api key", Follows::Key),
    ("private key", Follows::Key),
    ("signing key", Follows::Key),
    ("encryption key", Follows::Key),
    ("license key", Follows::Key),
    ("token's value", Follows::Key),
    ("token’s value", Follows::Key),
    ("token value", Follows::Key),
    ("key's value", Follows::Key),
    ("secret's value", Follows::Key),
    ("secret’s value", Follows::Key),
    ("secret value", Follows::Key),
    ("password's value", Follows::Key),
    ("value of the token", Follows::Key),
    ("value of the secret", Follows::Key),
    ("recovery codes", Follows::Codes),
    ("recovery code", Follows::Codes),
    ("backup codes", Follows::Codes),
    ("backup code", Follows::Codes),
    ("scratch codes", Follows::Codes),
    ("one-time codes", Follows::Codes),
    ("pin", Follows::Digits),
    ("pin code", Follows::Digits),
    ("pin-code", Follows::Digits),
    ("otp", Follows::Digits),
    ("passphrase", Follows::Words),
    ("recovery phrase", Follows::Words),
    ("seed phrase", Follows::Words),
    ("mnemonic", Follows::Words),
    ("wpa-psk", Follows::Quoted),
    ("wpa-psk ascii", Follows::Quoted),
    ("wpa2-psk", Follows::Quoted),
    ("wpa-passphrase", Follows::Quoted),
    ("password", Follows::Below),
    ("passphrase", Follows::Below),
    ("passwort", Follows::Below),
    ("kennwort", Follows::Below),
    ("token", Follows::Below),
    ("secret", Follows::Below),
];

/// Finds such secrets.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    // Places stay the same.
    let folded = text.to_ascii_lowercase();
    for (phrase, follows) in PHRASES {
        let mut read = 0;
        for (at, _) in folded.match_indices(phrase) {
            let end = at + phrase.len();
            if at < read
                || folded[..at].ends_with(is_of_word)
                || folded[end..].starts_with(is_of_word)
            {
                continue;
            }
            let found = match follows {
                Follows::Key => key(text, end),
                Follows::Codes => {
                    read = codes(text, end, secrets);
                    None
                }
                Follows::Digits => digits(text, end),
                Follows::Words => words(text, end),
                Follows::Quoted => quoted(text, end),
                Follows::Below => below(text, end),
            };
            secrets.extend(found);
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the value begins behind a sign or a verb on the same line.
fn behind_sign(text: &str, end: usize) -> Option<usize> {
    let line = around::behind(text, end);
    let rest = line.trim_start_matches(['*', '_', '`', '"', '\'']);
    let rest = [
        ": ", ":", " = ", "=", " - ", " – ", " — ", " -> ", " → ", " is: ", " is ", " was ",
        " ist ", " lautet ", " | ",
    ]
    .iter()
    .find_map(|sign| rest.strip_prefix(sign))?;
    let value = rest.trim_start_matches(['*', '_', '`', '"', '\'', ' ', ':']);
    Some(end + line.len() - value.len())
}

/// The word at a place, without what closes it.
fn word(text: &str, at: usize) -> Range<usize> {
    let line = around::behind(text, at);
    let word = &line[..line
        .find(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | ')' | '|' | '<')
        })
        .unwrap_or(line.len())];
    at..at + word.trim_end_matches(['.', ':', '!', '?', '*']).len()
}

fn key(text: &str, end: usize) -> Option<Range<usize>> {
    const LEAST: usize = 8;
    let range = word(text, behind_sign(text, end)?);
    let value = &text[range.clone()];
    let is_key = value.len() >= LEAST
        && has_both(value)
        && !value.contains('/')
        && (!is_name_like(value) || is_odd(value) && value.len() >= 10 && !value.contains('.'))
        && !is_stand_in(value, "");
    is_key.then_some(range)
}

/// Takes every code on the line, or in the lines below it; returns where it stopped.
fn codes(text: &str, end: usize, secrets: &mut Vec<Range<usize>>) -> usize {
    const LINES_MAX: usize = 24;
    /// How far behind the phrase its sign stands.
    const REACH: usize = 40;
    let near = around::head(&text[end..], REACH);
    let Some(sign) = near
        .find([':', '='])
        .filter(|at| !near[..*at].contains(['.', '\n']))
    else {
        return end;
    };
    let mut at = end + sign + 1;
    for (index, line) in text[at..].split_inclusive('\n').take(LINES_MAX).enumerate() {
        let is_open = line.trim().is_empty() || line.trim().starts_with("```");
        let found = codes_of(line, at, index > 0);
        if found.is_empty() && !is_open {
            break;
        }
        secrets.extend(found);
        at += line.len();
    }
    at
}

/// The codes on a line that begins at a place; none when there must be nothing else and there is.
fn codes_of(line: &str, start: usize, only_codes: bool) -> Vec<Range<usize>> {
    let is_around = |c: char| !c.is_ascii_alphanumeric();
    let mut found = Vec::new();
    let mut place = start;
    for word in line.split_inclusive(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|')) {
        let offset = word.len() - word.trim_start_matches(is_around).len();
        let bare = word.trim_matches(is_around);
        // "1." before an item.
        let is_numbered = bare.len() <= 2 && bare.bytes().all(|byte| byte.is_ascii_digit());
        if is_code(bare) {
            found.push(place + offset..place + offset + bare.len());
        } else if only_codes && !is_numbered {
            return Vec::new();
        }
        place += word.len();
    }
    found
}

fn is_code(word: &str) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_alphanumeric).count();
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    (6..=40).contains(&letters)
        && has_digit
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn digits(text: &str, end: usize) -> Option<Range<usize>> {
    let range = word(text, behind_sign(text, end)?);
    let value = &text[range.clone()];
    // "pin: 1234 pixels" counts something.
    const GO_ON: [&str; 8] = ["for", "and", "or", "on", "to", "now", "if", "is"];
    let behind = around::behind(text, range.end);
    let next = behind.strip_prefix(' ').unwrap_or_default();
    let next = &next[..next
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(next.len())];
    if !next.is_empty() && !GO_ON.contains(&next) {
        return None;
    }
    ((4..=12).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit()))
        .then_some(range)
}

/// At least four words of small letters that are no sentence.
fn words(text: &str, end: usize) -> Option<Range<usize>> {
    let start = behind_sign(text, end)?;
    let line = around::behind(text, start).trim_end_matches(['.', '"', '\'', '`', '*', ' ']);
    let words: Vec<&str> = line.split([' ', '-']).collect();
    let is_phrase = (4..=24).contains(&words.len())
        && words
            .iter()
            .all(|word| word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_lowercase()));
    let ordinary = words.iter().filter(|word| is_ordinary(word)).count();
    (is_phrase && ordinary <= 1).then(|| start..start + line.len())
}

fn quoted(text: &str, end: usize) -> Option<Range<usize>> {
    let line = around::behind(text, end);
    let value = line.trim_start_matches([' ', '=', ':']);
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let start = end + line.len() - value.len() + 1;
    let inside = &value[1..];
    let inside = &inside[..inside.find(quote).unwrap_or(inside.len())];
    (!inside.is_empty() && !is_stand_in(inside, "")).then(|| start..start + inside.len())
}

/// The word on an indented, quoted or fenced line below "The password is:".
fn below(text: &str, end: usize) -> Option<Range<usize>> {
    const FEW: usize = 30;
    let line = around::behind(text, end);
    let told = line.trim_end().strip_suffix(':')?;
    let told = told.trim_end_matches(['*', '_']);
    let verbs = [
        " is",
        " was",
        " are",
        " ist",
        " lautet",
        " now",
        " below",
        " following",
    ];
    if told.len() > FEW || !verbs.iter().any(|verb| told.ends_with(verb)) {
        return None;
    }
    let mut at = end + line.len();
    let mut is_fenced = false;
    for below in text[at..].split_inclusive('\n').take(5) {
        let content = below.trim();
        let inner = content
            .trim_start_matches(['>', ' ', '`', '"', '\'', '*'])
            .trim_end_matches(['`', '"', '\'', '*']);
        if content.is_empty() {
            at += below.len();
            continue;
        }
        if content.starts_with("```") {
            if is_fenced {
                return None;
            }
            is_fenced = true;
            at += below.len();
            continue;
        }
        let is_inside = is_fenced || below.starts_with([' ', '\t', '>', '`', '"', '\'', '*']);
        let is_value = !inner.is_empty()
            && !inner.contains(char::is_whitespace)
            && !is_ordinary(inner)
            && !is_stand_in(inner, "")
            && (told.len() <= 4 || is_odd(inner));
        let start = at + below.find(inner)?;
        return (is_inside && is_value).then(|| start..start + inner.len());
    }
    None
}
