//! Headers of requests that carry credentials: `Authorization` with any scheme, and cookies.

use std::ops::Range;

use super::around;
use super::name::is_name_like;
use super::value::{has_both, is_odd, is_ordinary, is_stand_in};

/// Finds credentials behind the words that say so wherever they stand.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    schemes(text, secrets);
    cookies(text, secrets);
}

/// What stands behind `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Authorization {
    /// A scheme, and credentials behind it.
    Scheme(Range<usize>),
    /// A scheme, and a variable or another stand-in behind it.
    StandIn,
    /// One word, or a sentence.
    Other,
}

/// Returns what `Authorization` holds whose name and value begin at these places: schemes are many, so every word counts as one
/// that credentials follow.
pub(super) fn authorization(text: &str, name: usize, start: usize) -> Authorization {
    /// Schemes that one word follows, whatever it looks like. They are read where names are.
    const ONE_WORD: [&str; 4] = ["bearer", "basic", "token", "apikey"];
    const SCHEME_MAX: usize = 30;
    /// From here on a word is no name, whatever it is built of.
    const LONG: usize = 16;
    const LEAST: usize = 6;
    let quote = [start, name].into_iter().find_map(|at| {
        let c = text[..at].chars().next_back()?;
        matches!(c, '"' | '\'' | '`').then_some(c)
    });
    let whole = |head: &str| -> usize {
        let is_end =
            |at: usize, c: char| c == '\n' || (Some(c) == quote && !head[..at].ends_with('\\'));
        head.char_indices()
            .find(|&(at, c)| is_end(at, c))
            .map_or(head.len(), |(at, _)| at)
    };
    let line = around::head(&text[start..], 1_000);
    let line = &line[..whole(line)];
    let Some((scheme, behind)) = line.split_once(' ') else {
        return Authorization::Other;
    };
    let is_scheme = scheme.len() <= SCHEME_MAX
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !is_scheme || ONE_WORD.contains(&&*scheme.to_ascii_lowercase()) {
        return Authorization::Other;
    }
    let behind = behind.trim_start_matches(' ');
    let from = start + line.len() - behind.len();
    let first = &behind[..behind.find(' ').unwrap_or(behind.len())];
    let bare = first.trim_end_matches(['.', ';', ')', '"', '\'', '`', '\\']);
    if is_stand_in(bare, "") && !bare.contains('=') {
        return Authorization::StandIn;
    }
    let is_list = bare.ends_with(',') || bare.trim_end_matches('=').contains('=');
    if is_list {
        return Authorization::Scheme(from..from + whole(&text[from..]));
    }
    let is_all = quote.is_some() && first == behind && bare.len() >= LEAST;
    let is_random = is_odd(bare)
        && (bare.len() >= LONG || (has_both(bare) && bare.len() >= LEAST && !is_name_like(bare)));
    if is_ordinary(bare) || !(is_all || is_random) {
        return Authorization::Other;
    }
    Authorization::Scheme(from..from + bare.len())
}

/// `Bearer x` and `Basic x`, wherever they stand.
fn schemes(text: &str, secrets: &mut Vec<Range<usize>>) {
    const LEAST: usize = 8;
    let folded = text.to_ascii_lowercase();
    for scheme in ["bearer ", "basic "] {
        for (at, _) in folded.match_indices(scheme) {
            if folded[..at].ends_with(|c: char| c.is_alphanumeric()) {
                continue;
            }
            let start = at + scheme.len();
            let blanks =
                text[start..].len() - text[start..].trim_start_matches([' ', '"', '\'']).len();
            let start = start + blanks;
            let end = start
                + text[start..]
                    .find(|c: char| !(c.is_ascii_alphanumeric() || "-._~+/=".contains(c)))
                    .unwrap_or(text.len() - start);
            let word = &text[start..end];
            let is_header = around::before(&folded, at).contains("authorization");
            // "Basic e2e-test suite", "basic HTTP/1.1 support"
            let is_coded = if scheme == "basic " {
                !word.contains(['-', '.', '_', '~']) && (word.len() >= 16 || !word.contains('/'))
            } else {
                word.len() >= 20 || !is_name_like(word)
            };
            if word.len() >= LEAST && (is_header || (is_coded && is_odd(word))) {
                secrets.push(start..end);
            }
        }
    }
}

/// The values of cookies, behind the names of their headers and options.
fn cookies(text: &str, secrets: &mut Vec<Range<usize>>) {
    const LEAST: usize = 8;
    let folded = text.to_ascii_lowercase();
    for header in ["cookie: ", "--cookie ", "--cookie=", "curl -b "] {
        let mut read = 0;
        for (at, _) in folded.match_indices(header) {
            // The name again, in a value.
            if at < read {
                continue;
            }
            let start = at + header.len();
            let line = &text[start..];
            let line = line[..line.find(['\n', '\'', '"']).unwrap_or(line.len())]
                .trim_end_matches(['`', ' ']);
            let quote = text[start..].len() - text[start..].trim_start_matches(['\'', '"']).len();
            let line = if quote > 0 {
                let inside = &text[start + quote..];
                &inside[..inside.find(['\n', '\'', '"']).unwrap_or(inside.len())]
            } else {
                line
            };
            let mut place = start + quote;
            read = place + line.len();
            for cookie in line.split_inclusive("; ") {
                let pair = cookie.trim_end_matches([';', ' ']);
                let flags = [
                    "path", "domain", "expires", "max-age", "samesite", "secure", "httponly",
                ];
                if let Some((name, value)) = pair.split_once('=')
                    && !flags.contains(&&*name.to_ascii_lowercase())
                    && value.len() >= LEAST
                    && is_odd(value)
                    && !is_stand_in(value, "")
                {
                    let value_start = place + name.len() + 1;
                    secrets.push(value_start..value_start + value.len());
                }
                place += cookie.len();
            }
        }
    }
}
