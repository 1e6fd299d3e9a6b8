//! Secrets: values that can be used and can not be seen.
//!
//! [`Secret`] has no `Serialize` and shows `[redacted]` wherever it is printed. Files are not read here:
//! [`SecretSource::File`] is read anew for each use, because T3 tokens rotate.

use std::fmt;
use std::path::{Path, PathBuf};

/// A secret text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a text can not be a secret. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseSecretError {
    /// Nothing but white space.
    #[error("expected a secret, found nothing")]
    Empty,
    /// Something that no header can carry: a space, a control character, or anything beyond ASCII.
    #[error("expected one word of printable ASCII characters")]
    Unprintable,
}

impl Secret {
    /// Takes a text as it is. Prefer [`Secret::parse`] for texts that people wrote.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Parses what a variable or a file holds; white space around it is dropped. The result can stand in a
    /// header or an address: not empty, printable ASCII, no spaces.
    ///
    /// # Errors
    ///
    /// [`ParseSecretError`] when nothing is left, or when what is left is not one printable ASCII word.
    pub fn parse(text: &str) -> Result<Self, ParseSecretError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ParseSecretError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ParseSecretError::Unprintable);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the secret itself. Whatever it is given to must neither print nor store it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A variable held it.
    Inline(Secret),
    /// This file holds it, now or later; read it for each use.
    File(PathBuf),
}

impl SecretSource {
    /// Returns the secret when a variable held it.
    #[must_use]
    pub const fn inline(&self) -> Option<&Secret> {
        match self {
            Self::Inline(secret) => Some(secret),
            Self::File(_) => None,
        }
    }

    /// Returns the file to read, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Inline(_) => None,
            Self::File(path) => Some(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_printing_shows_the_text() {
        let secret = Secret::parse("hunter2").unwrap();
        let source = SecretSource::Inline(secret.clone());
        assert_eq!(
            format!("{secret} {secret:?} {source:?} {source:#?}"),
            "[redacted] [redacted] Inline([redacted]) Inline(\n    [redacted],\n)"
        );
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn a_secret_is_inline_or_in_a_file() {
        let secret = Secret::parse("hunter2").unwrap();
        let inline = SecretSource::Inline(secret.clone());
        assert_eq!((inline.inline(), inline.file()), (Some(&secret), None));
        let file = SecretSource::File("/run/token".into());
        assert_eq!(
            (file.inline(), file.file()),
            (None, Some(Path::new("/run/token")))
        );
    }

    #[test]
    fn white_space_around_is_dropped_and_inside_is_refused() {
        assert_eq!(Secret::parse(" token\r\n").unwrap().expose(), "token");
        assert_eq!(Secret::parse(" \n"), Err(ParseSecretError::Empty));
        for text in ["two words", "a\nb", "a\u{0}b", "tökén", "\u{feff}token"] {
            assert_eq!(
                Secret::parse(text),
                Err(ParseSecretError::Unprintable),
                "{text:?}"
            );
        }
    }
}
