//! Values behind names of secrets, in the notations of files, commands, code and prose.

use std::ops::Range;

use super::around;
use super::headers::{self, Authorization};
use super::name::{Name, ends_phrase, is_name_like, kind_of, next_name};
use super::notation::{Notation, notation};
use super::value::{has_both, is_odd, is_ordinary, is_plain_word, is_stand_in};

/// Finds values behind names.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(Range { start, end }) = next_name(text, at) {
        let name = text[start..end].trim_end_matches(['-', '.']);
        let name_end = start + name.len();
        let kind = kind_of(name).or_else(|| ends_phrase(text, name_end).then_some(Name::Password));
        if let Some(kind) = kind
            && let Some(value) = value_behind(text, start, name_end, kind)
        {
            at = value.end;
            secrets.push(value);
        } else {
            at = end;
        }
    }
}

/// The most bytes of a value by which it is judged. One that is longer is taken as a whole all the same.
const JUDGED_MAX: usize = 2_000;

fn value_behind(text: &str, start: usize, name_end: usize, kind: Name) -> Option<Range<usize>> {
    let (notation, at) = notation(text, start, name_end)?;
    let extent = Extent {
        notation,
        at,
        is_of_environment: notation == Notation::Assigned
            && is_line_of_environment(text, start, name_end),
    };
    let judged = &text[..at + around::head(&text[at..], JUDGED_MAX).len()];
    let (value, is_quoted) = extent.value(judged);
    let name = &text[start..name_end];
    if notation != Notation::Beside && name.to_ascii_lowercase().ends_with("authorization") {
        match headers::authorization(text, start, value.start) {
            Authorization::Scheme(credentials) => return Some(credentials),
            Authorization::StandIn => return None,
            Authorization::Other => {}
        }
    }
    let value = is_secret(text, start, name_end, kind, &extent, value, is_quoted)?;
    let whole = behind_scheme(text, extent.value(text).0);
    Some(value.start..value.end.max(whole.end))
}

/// Where a value begins, and what tells where it ends.
struct Extent {
    notation: Notation,
    at: usize,
    is_of_environment: bool,
}

impl Extent {
    /// Returns the value, and whether it stands in quotes.
    fn value(&self, text: &str) -> (Range<usize>, bool) {
        let at = self.at;
        match quoted_at(text, at) {
            Some(value) => (value, true),
            None if self.is_of_environment => {
                let end =
                    text[at..].find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
                (at..at + end.unwrap_or(text.len() - at), false)
            }
            None if matches!(self.notation, Notation::Below { is_block: true, .. }) => {
                (at..block_end(text, at), false)
            }
            None => (at..at + word_length(&text[at..]), false),
        }
    }
}

/// Returns the secret part of a value; `None` when it is none.
fn is_secret(
    text: &str,
    start: usize,
    name_end: usize,
    kind: Name,
    extent: &Extent,
    value: Range<usize>,
    is_quoted: bool,
) -> Option<Range<usize>> {
    let (notation, at) = (extent.notation, extent.at);
    // `Bearer x` and `token x`: the scheme is no secret.
    let value = behind_scheme(text, value);
    let word = &text[value.clone()];
    let after = &text[value.end..];
    let is_directory = word.starts_with(['/', '~']) && text[start..name_end].ends_with(['D', 'd']);
    if word.is_empty() || word.starts_with("//") || is_directory || is_stand_in(word, after) {
        return None;
    }
    if is_told_of_name(text, start, notation, &value)
        || is_harmless_cookie(&text[start..name_end], word)
    {
        return None;
    }
    // An option, and the name of a secret whose value follows: `pulumi config set --secret dbPassword x`.
    let is_option = !is_quoted && word.starts_with("--");
    let is_name = notation == Notation::Given
        && kind == Name::Token
        && kind_of(word).is_some()
        && !has_both(word);
    if is_option || is_name {
        return None;
    }
    let is_count = word.bytes().all(|byte| byte.is_ascii_digit()) && word.len() < 20;
    let has_both = has_both(word);
    let is_secret = match (notation, kind) {
        (Notation::Assigned | Notation::Given, Name::Password) => is_quoted || !is_ordinary(word),
        (Notation::Labelled, Name::Password) => {
            // `{User:bob Password:x}` is no sentence.
            let is_tight = text[name_end..].starts_with(':') && at == name_end + 1;
            let is_likely = is_quoted || is_tight || !is_in_prose(text, start) || is_odd(word);
            !is_ordinary(word) && (is_likely || is_told_word(word, after))
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
            let name = text[start..name_end].to_ascii_lowercase();
            let least = if name.ends_with("pass") || name.ends_with("pw") {
                6
            } else {
                8
            };
            has_both
                && word.len() >= least
                && (least == 6 || !is_name_like(word))
                && !is_key_of_data(text, start, name_end)
                && !(least == 6 && notation == Notation::Labelled && is_of_test(word))
        }
        (Notation::Told, Name::Password) => {
            is_quoted || (is_odd(word) && !is_ordinary(word)) || is_told_word(word, after)
        }
        (Notation::Below { is_inside, .. }, Name::Password) => {
            let is_likely = is_inside || (has_both && word.len() >= 6);
            is_likely && !is_ordinary(word) && is_alone(after)
        }
        (Notation::Below { .. }, Name::Token) => has_both && word.len() >= 8 && is_alone(after),
        (Notation::Told, Name::Token) => has_both && word.len() >= 8,
        (Notation::Passed, Name::Password | Name::Token) => {
            let least = if kind == Name::Password { 6 } else { 8 };
            let is_last = after[1.min(after.len())..].trim_start().starts_with(')');
            is_last && has_both && word.len() >= least
        }
        (Notation::Beside, Name::Password) => {
            is_quoted && text.as_bytes()[at] == b'\'' && !is_of_case(text, start, word, after)
                || (has_both && word.len() >= 6 && !is_ordinary(word))
        }
        (Notation::Beside, Name::Token) => has_both && word.len() >= 16 && !is_name_like(word),
        (
            Notation::Told | Notation::Passed | Notation::Beside | Notation::Below { .. },
            Name::Weak,
        ) => false,
    };
    is_secret.then_some(value)
}

/// Returns where the block ends that begins at `at`: before the first line that is indented less.
fn block_end(text: &str, at: usize) -> usize {
    let indent = around::before(text, at).len();
    let mut end = at;
    for (index, line) in text[at..].split_inclusive('\n').enumerate() {
        let own = line.len() - line.trim_start_matches([' ', '\t']).len();
        if index > 0 && own < indent {
            break;
        }
        end += line.len();
    }
    at + text[at..end].trim_end().len()
}

/// Returns whether nothing but closing marks follows on the line.
fn is_alone(after: &str) -> bool {
    let line = around::behind(after, 0);
    line.trim_matches(['"', '\'', '`', ',', ';', ')', ']', '}', ' '])
        .is_empty()
}

/// Returns whether a name is a variable that a line of an environment begins with: its value goes up to the next blank.
fn is_line_of_environment(text: &str, start: usize, name_end: usize) -> bool {
    let line = around::before(text, start);
    let is_variable = !text[start..name_end].contains(|c: char| c.is_lowercase());
    is_variable && ["", "export", "env", "ENV", "-e", "set"].contains(&line.trim())
}

/// Returns whether a name is a word of a sentence: small, and with another word before it on its line.
fn is_in_prose(text: &str, start: usize) -> bool {
    let line = around::before(text, start);
    line.ends_with(' ') && line.trim_end().ends_with(|c: char| c.is_alphabetic())
}

/// Returns whether a sentence tells of the name of a secret: "renamed `password` to `passwordHash`", "passwd: password updated".
fn is_told_of_name(text: &str, start: usize, notation: Notation, value: &Range<usize>) -> bool {
    let word = &text[value.clone()];
    match notation {
        Notation::Told | Notation::Labelled | Notation::Beside => {
            let before = around::before(text, start);
            let is_code = before.ends_with('`') && text[..value.start].ends_with('`');
            let is_name = word.bytes().all(|byte| byte.is_ascii_alphabetic())
                && word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
            // "renamed `password` to", "renamed the field `password` to"
            let is_renamed = before
                .rsplit(' ')
                .take(4)
                .any(|word| word.to_ascii_lowercase().starts_with("renam"));
            (is_renamed && notation != Notation::Beside && !has_both(word))
                || (is_code && is_name && names_secret(word))
                || (word == "password" && text[value.end..].starts_with(' '))
        }
        Notation::Assigned | Notation::Given | Notation::Passed | Notation::Below { .. } => false,
    }
}

/// Returns whether a name in code has the word of a secret in it: `passwordHash`.
fn names_secret(word: &str) -> bool {
    let folded = word.to_ascii_lowercase();
    ["password", "token", "secret"]
        .iter()
        .any(|name| folded.contains(name))
}

/// Returns whether a cookie is a choice, or a flag of cookies: `theme=dark`, `SameSite=Lax`.
fn is_harmless_cookie(name: &str, word: &str) -> bool {
    const LEAST: usize = 8;
    name.to_ascii_lowercase().ends_with("cookie")
        && word.split_once('=').is_some_and(|(_, value)| {
            value.len() < LEAST && value.bytes().all(|byte| byte.is_ascii_alphabetic())
        })
}

/// Returns whether a word is the name of a test, behind `PASS:`.
fn is_of_test(word: &str) -> bool {
    word.starts_with("test") || word.contains(['_', '/'])
}

/// Returns whether a password is one of a test's case: "returns 422 for password 'abc'", "password 'short' must fail".
fn is_of_case(text: &str, start: usize, word: &str, after: &str) -> bool {
    const LEAST: usize = 8;
    let before = around::before(text, start).trim_end();
    let previous = before.rsplit(' ').next().unwrap_or_default();
    let is_tried = matches!(previous, "for" | "reject" | "rejects" | "rejected");
    let is_judged = ["' must ", "' should ", "' is too ", "' to be "]
        .iter()
        .any(|judged| after.starts_with(judged));
    (is_tried || is_judged) && !(has_both(word) && word.len() >= LEAST)
}

/// Returns whether a key is one of data: of a cache, a table or a store of objects, or of what Kubernetes refers to.
fn is_key_of_data(text: &str, start: usize, name_end: usize) -> bool {
    const DATA: [&str; 22] = [
        "cache",
        "composite",
        "config",
        "dictionary",
        "duplicate",
        "feature",
        "flag",
        "foreign",
        "i18n",
        "jira",
        "kafka",
        "keyboard",
        "metric",
        "object",
        "partition",
        "primary",
        "public",
        "redis",
        "registry",
        "s3",
        "sort",
        "translation",
    ];
    /// In the name itself others would be of a service: `S3_KEY`.
    const IN_NAMES: [&str; 7] = [
        "cache",
        "foreign",
        "partition",
        "primary",
        "public",
        "restore",
        "sort",
    ];
    /// How far above the reference begins.
    const REACH: usize = 200;
    let name = text[start..name_end].to_ascii_lowercase();
    let is_named = name
        .strip_suffix("key")
        .map(|before| before.trim_end_matches(['_', '-', '.']))
        .is_some_and(|before| IN_NAMES.iter().any(|data| before.ends_with(data)));
    let before = around::before(text, start).to_ascii_lowercase();
    let previous = before.split_whitespace().next_back().unwrap_or_default();
    let above = &text[around::boundary(text, start.saturating_sub(REACH))..start];
    is_named
        || (name == "key" && (DATA.contains(&previous) || before.contains("cache")))
        || above.contains("KeyRef")
}

/// A word of letters where an adjective does not stand: at the end of a sentence, or before a word that goes on with it.
fn is_told_word(word: &str, after: &str) -> bool {
    const LEAST: usize = 8;
    const ENDS: [&str; 18] = [
        "ed", "en", "ing", "ly", "ent", "ant", "ous", "able", "ible", "ory", "ive", "ary", "ful",
        "less", "al", "ic", "ate", "ete",
    ];
    const GO_ON: [&str; 12] = [
        "now", "again", "today", "anyway", "for", "on", "and", "so", "but", "until", "since", "if",
    ];
    let goes_on = || {
        let next = after.trim_start_matches(' ');
        let next = &next[..next
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(next.len())];
        GO_ON.contains(&next)
    };
    let is_whole =
        after.is_empty() || after.starts_with(['\n', '.', ',', ';', ')', '!', '?']) || goes_on();
    is_whole
        && word.len() >= LEAST
        && !is_ordinary(word)
        && !ENDS.iter().any(|end| word.ends_with(end))
}

fn quoted_at(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    for quote in ["\\\"", "\"", "'", "`"] {
        if let Some(inside) = rest.strip_prefix(quote) {
            let start = at + quote.len();
            let end = inside
                .char_indices()
                .find(|(at, c)| *c == '\n' || inside[*at..].starts_with(quote))
                .map_or(inside.len(), |(at, _)| at);
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
    text[..end].trim_end_matches(['.', ':', '!', '?']).len()
}

fn behind_scheme(text: &str, value: Range<usize>) -> Range<usize> {
    const SCHEMES: [&str; 5] = ["bearer", "basic", "token", "apikey", "digest"];
    let word = &text[value.clone()];
    let (first, rest) = match word.split_once(' ') {
        Some((first, _)) => (first, value.start + first.len()),
        None => (word, value.end),
    };
    if !SCHEMES
        .iter()
        .any(|scheme| first.eq_ignore_ascii_case(scheme))
    {
        return value;
    }
    let rest_of_line = &text[rest..];
    let blanks = rest_of_line.len() - rest_of_line.trim_start_matches(' ').len();
    if blanks == 0 {
        return value;
    }
    let start = rest + blanks;
    start..start + word_length(&text[start..])
}
