//! Values behind names of secrets, in the notations of files, commands, code and prose.

use std::ops::Range;

use super::value::{is_odd, is_ordinary, is_plain_word, is_stand_in};

/// What a name says of the value behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    /// Whatever is there is secret.
    Password,
    /// Words of prose stand there, too, and counts.
    Token,
    /// Most of what stands there is something else.
    Weak,
}

/// Ends of names, without their joints and in lower case.
const PASSWORDS: &[&str] = &["password", "passwd", "passphrase", "passcode", "pwd"];
const TOKENS: &[&str] = &[
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "accountkey",
    "authkey",
    "sharedkey",
    "deploykey",
    "clientkey",
    "credential",
    "credentials",
    "authorization",
    "connectionstring",
    "secretaccesskey",
    "apisecret",
    "kennwort",
    "passwort",
    "mot_de_passe",
];
/// The last words of names that are all of the name, or follow a joint.
const LAST_WORDS: &[&str] = &["auth", "cookie", "jwt", "pat", "psk"];
const WEAK_WORDS: &[&str] = &["pass", "pw", "key"];

/// Finds values behind names.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(offset) = text[at..].find(is_of_name) {
        let start = at + offset;
        let end = start
            + text[start..]
                .find(|c| !is_of_name(c))
                .unwrap_or(text.len() - start);
        let name = text[start..end].trim_end_matches(['-', '.']);
        let name_end = start + name.len();
        if let Some(kind) = kind_of(name)
            && let Some(value) = value_behind(text, start, name_end, kind)
        {
            at = value.end;
            secrets.push(value);
        } else {
            at = end;
        }
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn kind_of(name: &str) -> Option<Name> {
    let joined: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let ends = |names: &[&str]| names.iter().any(|end| joined.ends_with(end));
    let last = name
        .rsplit(['_', '-', '.'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if ends(PASSWORDS) {
        Some(Name::Password)
    } else if ends(TOKENS) || LAST_WORDS.contains(&&*last) {
        Some(Name::Token)
    } else if WEAK_WORDS.contains(&&*last) {
        // `DB_PASS` is a variable, `pass` is a word.
        let is_variable = last != "key" && name.len() > last.len() && !name.starts_with('-');
        Some(if is_variable { Name::Token } else { Name::Weak })
    } else {
        None
    }
}

/// How a value stands behind its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    /// `name=value`, `name => value`.
    Assigned,
    /// `name: value`.
    Labelled,
    /// `--name value`, `<name>value`, `password value` of a `.netrc`.
    Given,
    /// `the name is value`.
    Told,
    /// `name value`.
    Beside,
}

fn value_behind(text: &str, start: usize, name_end: usize, kind: Name) -> Option<Range<usize>> {
    let (notation, at) = notation(text, start, name_end)?;
    let quoted = quoted_at(text, at);
    let (value, is_quoted) = match quoted {
        Some(value) => (value, true),
        None => (at..at + word_length(&text[at..]), false),
    };
    // `Bearer x` and `token x`: the scheme is no secret.
    let value = behind_scheme(text, value);
    let word = &text[value.clone()];
    let after = &text[value.end..];
    if word.is_empty() || word.starts_with("//") || is_stand_in(word, after) {
        return None;
    }
    let is_count = word.bytes().all(|byte| byte.is_ascii_digit()) && word.len() < 20;
    let has_both = word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_secret = match (notation, kind) {
        (Notation::Assigned | Notation::Given, Name::Password) => is_quoted || !is_ordinary(word),
        (Notation::Labelled, Name::Password) => {
            !is_ordinary(word) && (is_quoted || !is_in_prose(text, start) || is_odd(word))
        }
        (Notation::Assigned | Notation::Given, Name::Token) => {
            !is_ordinary(word) && !is_count && (word.len() >= 6 || is_odd(word))
        }
        (Notation::Labelled, Name::Token) => {
            let goes_on = after
                .strip_prefix(' ')
                .is_some_and(|rest| rest.starts_with(char::is_alphabetic));
            let is_prose = is_plain_word(word)
                && !is_quoted
                && (word.len() < 8 || goes_on || is_in_prose(text, start));
            !is_ordinary(word) && !is_count && !is_prose && (word.len() >= 8 || has_both)
        }
        (Notation::Assigned | Notation::Labelled | Notation::Given, Name::Weak) => {
            let least = if text[..name_end].ends_with(['y', 'Y']) {
                8
            } else {
                6
            };
            has_both && word.len() >= least && (least == 6 || !is_name_like(word))
        }
        (Notation::Told, Name::Password) => is_quoted || is_odd(word) || is_told_word(word, after),
        (Notation::Told, Name::Token) => has_both && word.len() >= 8,
        (Notation::Beside, Name::Password) => {
            is_quoted && text.as_bytes()[at] == b'\''
                || (has_both && word.len() >= 6 && !is_ordinary(word))
        }
        (Notation::Beside, Name::Token) => has_both && word.len() >= 16 && !is_name_like(word),
        (Notation::Told | Notation::Beside, Name::Weak) => false,
    };
    is_secret.then_some(value)
}

/// Returns whether a name is a word of a sentence: small, and with another word before it on its line.
fn is_in_prose(text: &str, start: usize) -> bool {
    let line = &text[text[..start].rfind('\n').map_or(0, |end| end + 1)..start];
    line.ends_with(' ') && line.trim_end().ends_with(|c: char| c.is_alphabetic())
}

/// A word of letters that ends a sentence, as no adjective does.
fn is_told_word(word: &str, after: &str) -> bool {
    const LEAST: usize = 8;
    const ENDS: [&str; 13] = [
        "ed", "ing", "ly", "ent", "ant", "ous", "able", "ible", "ory", "ive", "ary", "ful", "ical",
    ];
    let after = after.trim_start_matches(['.', '!']);
    let bare = word.trim_end_matches(['.', ',', '!', '?']);
    let ends_sentence = after.is_empty() || after.starts_with('\n') || word.len() > bare.len();
    ends_sentence
        && bare.len() >= LEAST
        && !is_ordinary(bare)
        && !ENDS.iter().any(|end| bare.ends_with(end))
}

/// Returns whether a word is built of names: `sha256-of-file`, `v1.2.3`, a path.
fn is_name_like(word: &str) -> bool {
    word.contains(['/', '.']) || word.split(['-', '_']).all(|part| part.len() <= 7)
}

fn notation(text: &str, start: usize, name_end: usize) -> Option<(Notation, usize)> {
    let behind = &text[name_end..];
    let closed = behind.trim_start_matches(['"', '\'', '`', '\\', ']', '*']);
    let blanks = closed.trim_start_matches([' ', '\t']);
    let place = |rest: &str| text.len() - rest.len();
    let before = &text[..start];
    for separator in ["=>", ":=", "==", "=", ":"] {
        let Some(rest) = blanks.strip_prefix(separator) else {
            continue;
        };
        let rest = rest.trim_start_matches([' ', '\t', '*']);
        let notation = if separator == ":" {
            Notation::Labelled
        } else {
            Notation::Assigned
        };
        return Some((notation, place(rest)));
    }
    if before.ends_with('<') && behind.starts_with('>') {
        return Some((Notation::Given, name_end + 1));
    }
    if let Some(rest) = value_member(closed) {
        return Some((Notation::Assigned, place(rest)));
    }
    if !blanks.is_empty() && blanks.len() < behind.len() && !blanks.starts_with('\n') {
        let name = &text[start..name_end];
        let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
        let previous = line.split_whitespace().next_back().unwrap_or_default();
        let is_option = name.starts_with("--");
        let is_netrc = line.contains("login ") || line.contains("machine ");
        let is_variable = matches!(
            previous,
            "ENV" | "ARG" | "set" | "setenv" | "-x" | "-gx" | "--env"
        );
        if is_option || is_netrc || is_variable {
            return Some((Notation::Given, place(blanks)));
        }
        if let Some(rest) = told(blanks) {
            return Some((Notation::Told, place(rest)));
        }
        return Some((Notation::Beside, place(blanks)));
    }
    None
}

/// Lists of names and values: `"TOKEN", "value": "x"`, `name: TOKEN⏎ value: x`, `key="Token" value="x"`.
fn value_member(behind: &str) -> Option<&str> {
    let rest = behind.trim_start_matches([',', ' ', '\t', '\n', '"', '\'']);
    let rest = rest.strip_prefix("value")?;
    let rest = rest.trim_start_matches(['"', '\'', ' ']);
    let rest = rest.strip_prefix([':', '='])?;
    Some(rest.trim_start_matches([' ', '\t']))
}

/// Returns what stands behind `is`, `was` or `to`, with a few words before it.
fn told(behind: &str) -> Option<&str> {
    const WORDS_MAX: usize = 6;
    let mut rest = behind;
    for _ in 0..WORDS_MAX {
        let end = rest.find([' ', '\n', '.', ';', '!', '?'])?;
        if !rest[end..].starts_with(' ') {
            return None;
        }
        let word = &rest[..end];
        rest = rest[end..].trim_start_matches(' ');
        if ["is", "was", "to", "be", "are"].contains(&word.trim_end_matches(':')) {
            return Some(rest);
        }
    }
    None
}

fn quoted_at(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    for quote in ["\\\"", "\"", "'", "`"] {
        if let Some(inside) = rest.strip_prefix(quote) {
            let start = at + quote.len();
            let line = &inside[..inside.find('\n').unwrap_or(inside.len())];
            let end = line.find(quote).unwrap_or(line.len());
            return Some(start..start + end);
        }
    }
    None
}

fn word_length(text: &str) -> usize {
    let end = text
        .find(|c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '"' | '\'' | '`' | ',' | ';' | ')' | '}' | ']' | '&' | '<'
                )
        })
        .unwrap_or(text.len());
    // What stands for something else is taken as a whole.
    if text.starts_with(['<', '&']) {
        return text[1..]
            .find(char::is_whitespace)
            .map_or(text.len(), |end| end + 1);
    }
    let word = &text[..end];
    word.trim_end_matches(['.', ':', '!', '?']).len()
}

fn behind_scheme(text: &str, value: Range<usize>) -> Range<usize> {
    const SCHEMES: [&str; 5] = ["bearer", "basic", "token", "apikey", "digest"];
    let word = &text[value.clone()];
    let (first, rest) = match word.split_once(' ') {
        Some((first, _)) => (first, value.start + first.len()..value.end),
        None => (word, value.end..value.end + 1),
    };
    if !SCHEMES
        .iter()
        .any(|scheme| first.eq_ignore_ascii_case(scheme))
    {
        return value;
    }
    let rest_of_line = &text[rest.start..];
    let blanks = rest_of_line.len() - rest_of_line.trim_start_matches(' ').len();
    if blanks == 0 {
        return value;
    }
    let start = rest.start + blanks;
    start..start + word_length(&text[start..])
}
