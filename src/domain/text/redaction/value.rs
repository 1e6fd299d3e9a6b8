//! Is this the value of something secret, or a word of a sentence about it?
//!
//! "unexpected token: else", "password: String" and "the secret is missing" are ordinary.

/// Words that stand behind names of secrets in prose and code, in lower case.
const ORDINARY: &[&str] = &[
    "a",
    "all",
    "an",
    "and",
    "any",
    "anywhere",
    "are",
    "argon2",
    "argon2id",
    "array",
    "as",
    "at",
    "authentication",
    "base64",
    "bcrypt",
    "be",
    "being",
    "blank",
    "bool",
    "boolean",
    "by",
    "bytes",
    "changed",
    "char",
    "cleartext",
    "correct",
    "default",
    "different",
    "disabled",
    "eddsa",
    "elsewhere",
    "empty",
    "enabled",
    "encrypted",
    "es256",
    "es384",
    "es512",
    "everywhere",
    "expected",
    "expired",
    "extends",
    "false",
    "field",
    "for",
    "from",
    "generated",
    "given",
    "hash",
    "hashed",
    "hidden",
    "hs256",
    "hs384",
    "hs512",
    "id",
    "if",
    "in",
    "include",
    "incorrect",
    "input",
    "insecure",
    "int",
    "integer",
    "invalid",
    "is",
    "it",
    "loaded",
    "long",
    "longer",
    "malformed",
    "mandatory",
    "masked",
    "md5",
    "missing",
    "must",
    "never",
    "new",
    "nil",
    "no",
    "none",
    "not",
    "now",
    "nowhere",
    "null",
    "number",
    "oauth2",
    "object",
    "of",
    "off",
    "ok",
    "old",
    "on",
    "only",
    "option",
    "optional",
    "or",
    "passed",
    "pbkdf2",
    "plaintext",
    "provided",
    "ps256",
    "ps384",
    "ps512",
    "read",
    "redacted",
    "required",
    "reset",
    "revoked",
    "rotated",
    "rs256",
    "rs384",
    "rs512",
    "same-origin",
    "secret",
    "self",
    "sent",
    "set",
    "sha1",
    "sha256",
    "sha512",
    "short",
    "shorter",
    "shown",
    "something",
    "somewhere",
    "still",
    "stored",
    "str",
    "string",
    "text",
    "that",
    "the",
    "this",
    "to",
    "together",
    "token",
    "too",
    "true",
    "undefined",
    "unknown",
    "unset",
    "unused",
    "used",
    "utf8",
    "valid",
    "value",
    "varchar",
    "vec",
    "was",
    "what",
    "whatever",
    "when",
    "which",
    "whitespace",
    "with",
    "wrong",
    "yes",
    "you",
    "your",
];

/// Returns whether a value is a reference to one, or a stand-in: `$TOKEN`, `<token>`, `***`, `config.token`, `get()`.
pub(super) fn is_stand_in(value: &str, after: &str) -> bool {
    let begins = value.starts_with(['<', '{', '*', '&', '[', '(', '|', '…'])
        || value.strip_prefix('$').is_some_and(is_variable)
        || value.starts_with('%') && value.ends_with('%');
    let folded = value.to_ascii_lowercase();
    let is_filler = !value.is_empty()
        && value
            .chars()
            .all(|c| matches!(c, 'x' | 'X' | '*' | '.' | '-' | '_' | '…'));
    let names_one = folded.starts_with("your")
        || folded.contains("placeholder")
        || folded.starts_with("example")
        || folded.starts_with("secrets.")
        || folded.starts_with("process.env")
        || folded.starts_with("os.environ");
    let is_path_of_names = value.contains('.')
        && value.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        });
    let is_call = value.contains('(')
        || after.starts_with('(')
        || after.starts_with("::")
        || (after.starts_with('<') && !after.starts_with("</"));
    begins || is_filler || names_one || is_path_of_names || is_call || is_generic(value)
}

/// Returns whether a value is a type with another one in it: `Optional[str]`.
fn is_generic(value: &str) -> bool {
    value.split_once('[').is_some_and(|(name, inside)| {
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_alphabetic())
            && inside
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.' | b'[' | b']'))
    })
}

/// Returns whether what follows a `$` is the name of a variable, or an expression. Small letters with digits between them
/// are a password that begins with the sign.
fn is_variable(name: &str) -> bool {
    const LEAST: usize = 6;
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_mixed = name.bytes().any(|byte| byte.is_ascii_digit())
        && name.bytes().any(|byte| byte.is_ascii_lowercase());
    name.starts_with(['{', '(', ':']) || !(is_name && is_mixed && name.len() >= LEAST)
}

/// Returns whether a word is one of a sentence, or of a declaration.
pub(super) fn is_ordinary(word: &str) -> bool {
    let folded = word
        .trim_end_matches(|c: char| !c.is_ascii_alphanumeric())
        .to_ascii_lowercase();
    folded.is_empty() || ORDINARY.binary_search(&folded.as_str()).is_ok()
}

/// Returns whether a word has something that words of a language have not: a digit, a mark, capitals inside.
pub(super) fn is_odd(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let has_mark = word
        .bytes()
        .any(|byte| byte.is_ascii_punctuation() && !matches!(byte, b'-' | b'\'' | b'.' | b'/'));
    let has_capital = word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_lowercase());
    has_digit || has_mark || has_capital
}

/// Returns whether a word has letters and digits.
pub(super) fn has_both(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Returns whether all of it are letters of one case.
pub(super) fn is_plain_word(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_words_are_sorted() {
        assert!(ORDINARY.is_sorted());
    }

    #[test]
    fn what_stands_for_a_value_is_told_from_one() {
        for (value, after) in [
            ("<token>", ""),
            ("{token}", ""),
            ("***", ""),
            ("&token", ""),
            ("[token]", ""),
            ("(none)", ""),
            ("…", ""),
            ("$TOKEN", ""),
            ("%TOKEN%", ""),
            ("xxXX-xx", ""),
            ("Your-token", ""),
            ("a-placeholder-1", ""),
            ("example-1", ""),
            ("secrets.A1", ""),
            ("process.env[1]", ""),
            ("os.environ[1]", ""),
            ("config.api_token", ""),
            ("_a.b", ""),
            ("get(1)", ""),
            ("get", "(1)"),
            ("Token1", "::new"),
            ("Option1", "<T>"),
            ("Optional[str", "]"),
        ] {
            assert!(is_stand_in(value, after), "{value} {after}");
        }
        for (value, after) in [
            ("", ""),
            ("hunter2", ""),
            ("%hunter2", ""),
            ("hunter2%", ""),
            ("my-example-1", ""),
            ("a.b2", ""),
            ("a.-b", ""),
            ("2a.b", ""),
            ("token", ""),
            ("hunter2", "</password>"),
            ("$ecret123", ""),
            ("Hunter[2", ""),
            ("hunter[horse", ""),
            ("$ecret_123", ""),
        ] {
            assert!(!is_stand_in(value, after), "{value} {after}");
        }
    }
}
