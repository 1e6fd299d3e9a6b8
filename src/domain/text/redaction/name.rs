//! Names of things that are secret, and what a name says of the value beside it.
//!
//! A name ends with its word (`db_password`), or goes on with the part of a place or an age (`DB_PASSWORD_STAGING`,
//! `passwordProd`, `GITHUB_TOKEN_2`). A variable in capitals may have its word anywhere (`TOKEN_GITHUB`), unless it ends with what is
//! told about a secret (`TOKEN_TTL`, `PASSWORD_FILE`).

use std::ops::Range;

use super::around;
use super::name_words::{
    ABOUT, COUNTED, LAST_WORDS, PARTICLES, PASSWORD_PHRASES, PASSWORD_WORDS, PASSWORDS, TAILS,
    TOKENS, WEAK_WORDS,
};

/// What a name says of the value behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Whatever is there is secret.
    Password,
    /// Words of prose stand there, too, and counts.
    Token,
    /// Most of what stands there is something else.
    Weak,
}

/// The longest name that may go on behind its word, in bytes.
const LONGEST: usize = 200;

/// Returns where the next word stands that may be a name.
pub(super) fn next_name(text: &str, at: usize) -> Option<Range<usize>> {
    let start = at + text[at..].find(is_of_name)?;
    let length = text[start..].find(|c| !is_of_name(c));
    Some(start..length.map_or(text.len(), |length| start + length))
}

pub(super) fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Returns whether a name of several words ends at a place.
pub(super) fn ends_phrase(text: &str, name_end: usize) -> bool {
    /// More than the longest one has.
    const REACH: usize = 60;
    let from = around::boundary(text, name_end.saturating_sub(REACH));
    let end = &text[from..name_end];
    let may_end = ["ẩu", "ẨU", "di", "DI"]
        .iter()
        .any(|last| end.ends_with(last))
        || end.ends_with(|c: char| !c.is_ascii());
    may_end && {
        let end = end.to_lowercase();
        PASSWORD_PHRASES.iter().any(|phrase| {
            end.strip_suffix(phrase)
                .is_some_and(|before| !before.ends_with(char::is_alphanumeric))
        })
    }
}

/// Returns what a name says of the value beside it.
pub(super) fn kind_of(name: &str) -> Option<Name> {
    kind_of_end(name)
        .or_else(|| kind_of_stem(name))
        .or_else(|| kind_of_variable(name))
}

/// What the word says that a name ends with.
fn kind_of_end(name: &str) -> Option<Name> {
    let joined: String = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let ends = |names: &[&str]| names.iter().any(|end| joined.ends_with(end));
    let last = name
        .rsplit(JOINTS)
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if ends(PASSWORDS) || PASSWORD_WORDS.contains(&&*joined) {
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

/// What stands between the parts of a name.
const JOINTS: [char; 3] = ['_', '-', '.'];

/// What the word says behind which a name goes on.
fn kind_of_stem(name: &str) -> Option<Name> {
    if name.len() > LONGEST {
        return None;
    }
    let mut stem = name;
    let mut says_less = false;
    let kind = loop {
        let tail = Tail::of(stem)?;
        stem = &stem[..tail.start];
        says_less |= tail.is_of_words;
        if let Some(kind) = kind_of_end(stem) {
            break kind;
        }
    };
    let is_constant = is_constant(name) || !name.is_ascii();
    let is_counted = || {
        let mut parts = name.split(JOINTS);
        says_less && parts.any(|part| COUNTED.contains(&&*part.to_ascii_lowercase()))
    };
    match kind {
        Name::Password if is_constant => Some(Name::Password),
        Name::Token | Name::Weak if is_constant => (!is_counted()).then_some(kind),
        // In sentences and code `password_test` and `token2` are less than a name of a variable.
        Name::Password => Some(Name::Token),
        Name::Token if says_less => Some(Name::Weak),
        Name::Token => Some(Name::Token),
        Name::Weak => None,
    }
}

/// The last part of a name, when it only tells one secret from others.
struct Tail {
    /// Where the name ends without it.
    start: usize,
    /// A number, or the sign of a plural.
    is_of_words: bool,
}

impl Tail {
    fn of(stem: &str) -> Option<Self> {
        let end = |rest: &str, is_of_words| {
            let start = rest.trim_end_matches(JOINTS).len();
            (start > 0).then_some(Self { start, is_of_words })
        };
        let joint = stem.rfind(JOINTS).map(|at| at + 1);
        let hump = stem
            .rfind(|c: char| c.is_ascii_uppercase())
            .filter(|at| stem[..*at].ends_with(|c: char| c.is_ascii_lowercase()));
        if let Some(start) = joint.max(hump)
            && TAILS.contains(&&*stem[start..].to_ascii_lowercase())
        {
            return end(&stem[..start], false);
        }
        let number = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        if number.len() < stem.len() {
            let bare = number
                .strip_suffix(['v', 'V'])
                .filter(|bare| bare.ends_with(JOINTS) || number.ends_with('V'));
            return end(bare.unwrap_or(number), true);
        }
        if let Some(bare) = PARTICLES.iter().find_map(|word| stem.strip_suffix(word)) {
            return end(bare, false);
        }
        end(stem.strip_suffix(['s', 'S'])?, true).filter(|tail| {
            let is_word = kind_of_end(&stem[..tail.start]);
            is_word.is_some() && !stem[..tail.start].ends_with(['s', 'S'])
        })
    }
}

/// What the word says that stands somewhere in the name of a variable.
fn kind_of_variable(name: &str) -> Option<Name> {
    if name.len() > LONGEST || !name.contains('_') || !is_constant(name) {
        return None;
    }
    let parts: Vec<&str> = name.split('_').collect();
    let word = |names: &[&str]| {
        (0..parts.len()).find(|&first| {
            (1..=3).any(|count| {
                let of_word = parts.get(first..first + count);
                of_word
                    .is_some_and(|of_word| names.contains(&&*of_word.concat().to_ascii_lowercase()))
            })
        })
    };
    let (first, kind) = word(PASSWORDS)
        .map(|first| (first, Name::Token))
        .or_else(|| word(TOKENS).map(|first| (first, Name::Weak)))?;
    let is_about = parts[first..].iter().any(|part| ABOUT.contains(part));
    (!is_about).then_some(kind)
}

/// Returns whether a name is one of an environment or of a constant: of capitals.
fn is_constant(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_lowercase())
}

/// Returns whether a word is built of names: `sha256-of-file`, `v1.2.3`, a path.
pub(super) fn is_name_like(word: &str) -> bool {
    word.contains(['/', '.']) || word.split(['-', '_']).all(|part| part.len() <= 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_on_behind_their_words() {
        for (name, kind) in [
            ("DB_PASSWORD", Some(Name::Password)),
            ("DB_PASSWORD_STAGING", Some(Name::Password)),
            ("PASSWORD_PROD", Some(Name::Password)),
            ("PASSWORD_2_OLD", Some(Name::Password)),
            ("PASSWORD2", Some(Name::Password)),
            ("ADMIN_PASSWORDS", Some(Name::Password)),
            ("PASSWORDS_PROD", Some(Name::Password)),
            ("API_KEY_PROD", Some(Name::Token)),
            ("API_KEYS", Some(Name::Token)),
            ("API_TOKENS", Some(Name::Token)),
            ("GITHUB_TOKEN_RO", Some(Name::Token)),
            ("GITHUB_TOKEN_2", Some(Name::Token)),
            ("SECRET1", Some(Name::Token)),
            ("SECRET_KEY_1", Some(Name::Token)),
            ("HASH_SECRET_V2", Some(Name::Token)),
            ("JWT_SECRET_OLD", Some(Name::Token)),
            ("PRIVATE_KEY_B64", Some(Name::Token)),
            ("CREDS", Some(Name::Token)),
            ("AccessKeyId", Some(Name::Token)),
            ("OPENAI_KEY_DEV", Some(Name::Weak)),
            ("db.password.prod", Some(Name::Token)),
            ("passwordProd", Some(Name::Token)),
            ("password-v2", Some(Name::Token)),
            ("apiKeyProd", Some(Name::Token)),
            ("clientSecretV2", Some(Name::Weak)),
            ("token2", Some(Name::Weak)),
            ("tokens", Some(Name::Weak)),
            ("密码是", Some(Name::Password)),
            // Anywhere in a variable.
            ("PASSWORD_SALT", Some(Name::Token)),
            ("TOKEN_GITHUB", Some(Name::Weak)),
            ("OAUTH_CLIENT_SECRET_ID", Some(Name::Weak)),
            ("API_KEY_GITHUB", Some(Name::Weak)),
            ("FILE_TOKEN_GITHUB", Some(Name::Weak)),
            // What is told about a secret.
            ("DB_PASSWORD_FILE", None),
            ("DB_PASSWORD_FILE_PROD", None),
            ("TOKEN_TTL", None),
            ("SECRET_NAME", None),
            ("API_KEY_HEADER", None),
            ("PASSWORD_MIN_LENGTH", None),
            ("TOKEN_URL", None),
            // Counts.
            ("MAX_TOKENS", None),
            ("TOKENS_PER_MINUTE_2", None),
            ("token_count", None),
            ("tokenizer", None),
            ("token_github", None),
            ("passwordHash", None),
            ("passwordResetUrl", None),
            ("pass2", None),
            ("key1", None),
            ("keys", None),
            ("access", None),
            ("test", None),
            ("prod", None),
            ("2", None),
            ("_1", None),
            ("V2", None),
            ("TOKENGITHUB", None),
        ] {
            assert_eq!(kind_of(name), kind, "{name}");
        }
        let long = format!("{}_PASSWORD_PROD", "A".repeat(LONGEST));
        assert_eq!(kind_of(&long), None);
    }

    #[test]
    fn names_of_several_words_are_seen_where_they_end() {
        for text in [
            "mật khẩu",
            "Mật Khẩu",
            "kata sandi",
            "x Kata sandi",
            "รหัสผ่าน",
            "पासवर्ड",
        ] {
            assert!(ends_phrase(text, text.len()), "{text}");
        }
        for text in ["xuất khẩu", "sandi", "akata sandi", "", "ผ่าน"] {
            assert!(!ends_phrase(text, text.len()), "{text}");
        }
    }
}
