//! Takes what looks like a secret out of text that machines and agents wrote.
//!
//! It errs on the side of taking too much: a lost commit id costs a click, a published token costs a rotation. It does
//! not find every secret, so texts that pass here are shortened and linked all the same.

/// What stands where something was taken out.
pub const REDACTED: &str = "[redacted]";

/// Beginnings of tokens whose makers mark them, with the least number of characters that follow.
const MARKED: &[(&str, usize)] = &[
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("github_pat_", 16),
    ("glpat-", 16),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("xapp-", 10),
    ("sk-", 20),
    ("tk_", 20),
    ("npm_", 20),
    ("pypi-", 20),
    ("hf_", 20),
    ("dckr_pat_", 16),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("eyJ", 20),
];

/// Ends of names whose values are secrets, in lower case.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "access-key",
    "private_key",
    "authorization",
];

/// Words before a credential.
const SCHEMES: &[&str] = &["bearer", "basic"];

/// The shortest hexadecimal run that counts as a secret: 128 bits.
const HEX_MIN: usize = 32;

/// The shortest run of the base64 alphabets that counts as a secret.
const BASE64_MIN: usize = 40;

/// Returns `text` without what looks like a secret, and without control characters other than line ends and tabs.
#[must_use]
pub fn redact(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    let text = without_private_keys(&text);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if length == 0 {
            let end = rest.chars().next().map_or(rest.len(), char::len_utf8);
            clean.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        let (word, after) = rest.split_at(length);
        rest = after;
        if let Some(with_credentials) = credentials(&clean, word, after) {
            clean.push_str(REDACTED);
            rest = &after[with_credentials..];
        } else if is_after_secret_name(&clean, word) || is_secret(word) {
            clean.push_str(REDACTED);
        } else {
            clean.push_str(&redact_parts(word));
        }
    }
    clean
}

/// Returns whether an address has a token in it whose maker marks it.
#[must_use]
pub fn has_marked_token(address: &str) -> bool {
    let is_of_token = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    MARKED.iter().any(|(start, least)| {
        address.match_indices(start).any(|(at, _)| {
            let after = &address[at + start.len()..];
            begins_word(&address[..at]) && after.chars().take_while(is_of_token).count() >= *least
        })
    })
}

/// Whether a word can begin behind `before`: `%20` is a space.
fn begins_word(before: &str) -> bool {
    let escape = before.len().checked_sub(3).and_then(|at| before.get(at..));
    let is_escape = escape.is_some_and(|escape| {
        escape.starts_with('%') && escape[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    is_escape || !before.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// What tokens are made of. Colons, dots and at signs stand between words.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '=' | '.' | '~' | '%' | '!')
}

/// Takes out everything from the first line of a private key to its last, or to the end.
fn without_private_keys(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        let head = rest[start..].lines().next().unwrap_or_default();
        clean.push_str(&rest[..start]);
        if !head.contains("PRIVATE KEY") {
            let next = start + "-----BEGIN ".len();
            clean.push_str(&rest[start..next]);
            rest = &rest[next..];
            continue;
        }
        clean.push_str(REDACTED);
        rest = rest[start..]
            .find("-----END ")
            .map_or("", |end| &rest[start + end + "-----END ".len()..]);
        rest = rest.find("-----").map_or("", |end| &rest[end + 5..]);
    }
    clean.push_str(rest);
    clean
}

/// Returns how much of `after` belongs to the credentials of an address, when `word` begins them:
/// `https://` before, `@` after, perhaps with a password between.
fn credentials(before: &str, word: &str, after: &str) -> Option<usize> {
    // The slashes of `https://` are part of a word, so the scheme stands before and the slashes begin the word.
    if !(before.ends_with(':') && word.starts_with("//")) {
        return None;
    }
    let end = after
        .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '<' | '>' | '`'))
        .unwrap_or(after.len());
    let is_first_path_part = word[2..].contains('/');
    let at = after[..end].rfind('@')?;
    (!is_first_path_part).then_some(at)
}

fn is_after_secret_name(before: &str, word: &str) -> bool {
    let before = before.trim_end_matches(['"', '\'', ' ', '\\']);
    if SCHEMES.iter().any(|scheme| ends_with_word(before, scheme)) {
        return word.len() >= 8;
    }
    let Some(name) = before.strip_suffix(':') else {
        return false;
    };
    let name = name.trim_end_matches(['"', '\'', ' ', '\\']);
    let named = SECRET_NAMES
        .iter()
        .any(|secret| ends_without_case(name, secret));
    // Prose has colons after such words too: "unexpected token: else".
    let is_prose = word.len() < 8 && !word.bytes().any(|byte| byte.is_ascii_digit());
    named
        && !is_prose
        && !SCHEMES
            .iter()
            .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

fn ends_with_word(text: &str, word: &str) -> bool {
    ends_without_case(text, word)
        && !text[..text.len() - word.len()].ends_with(|c: char| c.is_alphanumeric())
}

fn ends_without_case(text: &str, end: &str) -> bool {
    text.len() >= end.len()
        && text.is_char_boundary(text.len() - end.len())
        && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

fn is_secret(word: &str) -> bool {
    let word = word.trim_matches(['.', '=', '!', '-']);
    let marked = MARKED.iter().any(|(start, least)| {
        word.strip_prefix(start)
            .is_some_and(|rest| rest.len() >= *least)
    });
    let hex = word.len() >= HEX_MIN && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    marked || hex || is_base64(word) || word.contains("/services/T")
}

fn is_base64(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.bytes().any(|byte| test(&byte));
    let alphabet = word.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
    });
    // Paths and long names have many of these; random text has few.
    let joints = word
        .bytes()
        .filter(|byte| matches!(byte, b'/' | b'-' | b'_'))
        .count();
    word.len() >= BASE64_MIN
        && alphabet
        && joints <= word.len() / 16
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
}

/// Looks at what stands between slashes, dots and equals signs: `TOKEN=ghp_…`, `key.ghp_…`, `/hooks/<hex>`.
fn redact_parts(word: &str) -> String {
    let mut clean = String::new();
    let mut rest = word;
    loop {
        let length = rest.find(['/', '=', '.', '%', '!', '~', '+']);
        let (part, joint) = match length {
            Some(length) => (&rest[..length], &rest[length..=length]),
            None => (rest, ""),
        };
        let value_of_name = clean.ends_with('=')
            && !part.is_empty()
            && SECRET_NAMES
                .iter()
                .any(|name| ends_without_case(clean.trim_end_matches('='), name));
        if value_of_name {
            clean.push_str(REDACTED);
            // The value goes on to the end of the word, whatever it is made of.
            return clean;
        }
        clean.push_str(if is_secret(part) { REDACTED } else { part });
        clean.push_str(joint);
        match length {
            Some(length) => rest = &rest[length + 1..],
            None => return clean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_taken_out() {
        let hex = "0123456789abcdef0123456789abcdef01234567";
        let base64 = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
        for (text, clean) in [
            (
                "push with ghp_0123456789abcdefABCDEF failed".to_owned(),
                "push with [redacted] failed",
            ),
            (
                "GH_TOKEN=ghp_0123456789abcdefABCDEF".to_owned(),
                "GH_TOKEN=[redacted]",
            ),
            (
                "(github_pat_11ABCDEFG0123456789_abc)".to_owned(),
                "([redacted])",
            ),
            ("xoxb-123456789012-abc.".to_owned(), "[redacted]"),
            (
                "Authorization: Bearer abc.def-ghi".to_owned(),
                "Authorization: Bearer [redacted]",
            ),
            (
                "authorization: basic dXNlcjpwYXNz".to_owned(),
                "authorization: basic [redacted]",
            ),
            (
                "git clone https://user:pass@example.org/x.git".to_owned(),
                "git clone https:[redacted]@example.org/x.git",
            ),
            (
                "postgres://app:p%40ss!w@db:5432/x".to_owned(),
                "postgres:[redacted]@db:5432/x",
            ),
            (
                "https://token@example.org/".to_owned(),
                "https:[redacted]@example.org/",
            ),
            (format!("sha {hex} here"), "sha [redacted] here"),
            (format!("key {base64} here"), "key [redacted] here"),
            (
                "curl https://hooks.slack.com/services/T00/B00/abcdef".to_owned(),
                "curl https:[redacted]",
            ),
            ("password=hunter2 and".to_owned(), "password=[redacted] and"),
            (
                "{\"password\": \"hunter2\"}".to_owned(),
                "{\"password\": \"[redacted]\"}",
            ),
            (
                "DB_PASSWORD: correcthorse".to_owned(),
                "DB_PASSWORD: [redacted]",
            ),
            ("password: hunterxx".to_owned(), "password: [redacted]"),
            ("AKIAIOSFODNN7EXAMPLE".to_owned(), "[redacted]"),
            (
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc".to_owned(),
                "[redacted]",
            ),
            (
                "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb"
                    .to_owned(),
                "a\n[redacted]\nb",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nMIIE and no end".to_owned(),
                "[redacted]",
            ),
        ] {
            assert_eq!(redact(&text), clean, "{text}");
        }
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in [
            "",
            "error[E0308]: mismatched types --> src/domain/config/load/tests.rs:12:5",
            "unexpected token: else",
            "The bearer of this message, basic as it is",
            "see https://ci.example.org/repos/12/pipeline/34#step-5?x=y",
            "http://127.0.0.1:8080 is up, says someone@example.org",
            "mail someone@example.org, commit 4f1c2b7a",
            "thread 7b1f0c52-7c51-5d0a-9c5e-0a2f3a4b5c6d",
            "test_long_names_of_functions_that_Have_1_number_are_not_secrets ... FAILED",
            "/home/runner/work/Widgets/Widgets/node_modules/left2pad/dist/index",
            "-----BEGIN CERTIFICATE-----",
            "größer als ✓ 3\n\tindented",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn marked_tokens_are_seen_in_addresses_where_a_word_begins() {
        let token = "ghp_0123456789abcdef";
        for (address, expected) in [
            (format!("https://h/{token}"), true),
            (token.to_owned(), true),
            (format!("https://h/?a=%20{token}"), true),
            (format!("https://h/?a=%aF{token}&b"), true),
            ("https://h/ghp_0123456789abcde".to_owned(), false),
            ("https://h/ghp_0123456789abcde.f".to_owned(), false),
            ("https://h/ghp_01234567_9abc-ef".to_owned(), true),
            (format!("https://h/x{token}"), false),
            (format!("https://h/20{token}"), false),
            (format!("20{token}"), false),
            (format!("https://h/%2x{token}"), false),
            (format!("https://h/é%20{token}"), true),
            (format!("https://h/aé0{token}"), false),
            // The first of two may be too short, or inside a word.
            (format!("https://h/ghp_0/{token}"), true),
            (format!("https://h/x{token}/{token}"), true),
            ("https://h/".to_owned(), false),
        ] {
            assert_eq!(has_marked_token(&address), expected, "{address}");
        }
    }

    #[test]
    fn terminal_colours_are_dropped() {
        assert_eq!(redact("\u{1b}[31mred\u{1b}[0m\r\n"), "[31mred[0m\n");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in "(\\PC|[\n:/@=\"]|://|Bearer |token|-----BEGIN PRIVATE KEY-----){0,40}") {
            let clean = redact(&text);
            assert!(!clean.contains(char::from(27)));
        }
    }
}
