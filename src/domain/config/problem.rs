//! What is wrong with a configuration, all of it at once, in words that are safe to log.

use std::fmt;

use super::key::Key;
use super::unenrolled::Unenrolled;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    key: Key,
    /// The name as it was written: that of the key, or its `_FILE` form.
    name: &'static str,
    text: String,
}

impl Problem {
    /// Notes that the value of `key` is wrong.
    pub(super) fn new(key: Key, text: impl Into<String>) -> Self {
        Self {
            key,
            name: key.name(),
            text: text.into(),
        }
    }

    /// Notes that the value under the `_FILE` name of `key` is wrong.
    pub(super) fn of_file(key: Key, text: impl Into<String>) -> Self {
        Self {
            name: key.file_name().unwrap_or(key.name()),
            ..Self::new(key, text)
        }
    }

    /// Returns the key that it is about.
    #[must_use]
    pub const fn key(&self) -> Key {
        self.key
    }
}

/// Writes `AFK_KEY: what was expected, and for values that are no secrets what was found`, in one line.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.text)
    }
}

/// Every problem of a configuration; never none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl ConfigErrors {
    /// Takes what was found, in the order of the table of keys.
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.key);
        Self {
            problems,
            warnings: Vec::new(),
        }
    }

    /// Adds the slips that were found on the way: one of them may be the reason of a problem.
    pub(super) fn with_warnings(mut self, warnings: Vec<Warning>) -> Self {
        self.warnings = warnings;
        self
    }

    /// Returns the problems, in the order of the table of keys.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

/// Writes one problem per line, then one warning per line.
impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        for warning in &self.warnings {
            write!(f, "\nwarning: {warning}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// Something in a configuration that has no effect, and probably should have had one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A name with our prefix that is no key.
    UnknownKey {
        /// The name, with odd characters escaped.
        name: String,
        /// The source that has it.
        source: String,
        /// The key that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A key that is set and changes nothing.
    NoEffect {
        /// The key.
        key: Key,
        /// The source that has it.
        source: String,
        /// Why not.
        why: &'static str,
    },
    /// An entry of `AFK_REPOS` that is of no enrolled repository.
    NotEnrolled {
        /// The entry.
        entry: Unenrolled,
        /// The source that has it.
        source: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey {
                name,
                source,
                nearest: Some(nearest),
            } => write!(f, "{name} ({source}): unknown key, did you mean {nearest}?"),
            Self::UnknownKey {
                name,
                source,
                nearest: None,
            } => write!(f, "{name} ({source}): unknown key"),
            Self::NoEffect { key, source, why } => {
                write!(f, "{key} ({source}): has no effect, {why}")
            }
            Self::NotEnrolled { entry, source } => {
                write!(f, "{} ({source}): {entry}", Key::Repos)
            }
        }
    }
}

/// Returns `, found '…'` to go after what was expected; nothing when `text` looks like an address that may have
/// credentials in it: people put those where names of repositories belong.
pub(super) fn found(text: &str) -> String {
    if text.contains("://") && text.contains(['@', '?', '#']) {
        String::new()
    } else {
        format!(", found {}", quoted(text))
    }
}

/// Returns `text` quoted, in one line, and shortened when long.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", one_line(text))
}

/// Returns `text` in one line, and shortened when long.
pub(super) fn one_line(text: &str) -> String {
    const SHOWN_CHARS: usize = 100;
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARS)
        .flat_map(|c| {
            // What nobody sees is often what is wrong.
            let odd = c.is_control() || (c.is_whitespace() && c != ' ') || is_format(c);
            let escaped = odd.then(|| c.escape_default());
            escaped.into_iter().flatten().chain((!odd).then_some(c))
        })
        .collect();
    if text.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a character only says how others are shown: byte order marks, zero widths, directions, tags (Unicode's category Cf).
const fn is_format(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_come_in_table_order_one_per_line() {
        let errors = ConfigErrors::new(vec![
            Problem::of_file(Key::NtfyToken, "expected an absolute path"),
            Problem::new(Key::KillSwitch, "expected on or off, found 'maybe'"),
        ]);
        assert_eq!(
            errors.to_string(),
            "AFK_KILL_SWITCH: expected on or off, found 'maybe'\nAFK_NTFY_TOKEN_FILE: expected an absolute path"
        );
    }

    #[test]
    fn addresses_that_may_have_credentials_are_not_shown() {
        for text in ["https://u:p@h/o/n", "http://h?token=p", "ftp://h#p"] {
            assert_eq!(found(text), "");
        }
        assert_eq!(found("git@github.com:o/n"), ", found 'git@github.com:o/n'");
    }

    #[test]
    fn shown_texts_stay_in_one_line_and_short() {
        assert_eq!(
            quoted("a\nb\u{2028}c \u{1b}[1m 'ä'"),
            r"'a\nb\u{2028}c \u{1b}[1m 'ä''"
        );
        assert_eq!(
            quoted("\u{feff}acme/wid\u{200b}gets\u{ad}\u{202e}"),
            r"'\u{feff}acme/wid\u{200b}gets\u{ad}\u{202e}'"
        );
        assert_eq!(quoted(&"x".repeat(101)), format!("'{}…'", "x".repeat(100)));
        assert_eq!(quoted(&"x".repeat(100)), format!("'{}'", "x".repeat(100)));
    }
}
