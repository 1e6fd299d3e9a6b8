//! Reads values one by one, notes problems, and decides what may be shown of a value.

use std::path::PathBuf;

use super::ServiceConfig;
use super::base_url::{BaseUrl, ParseUrlError};
use super::key::{Key, KeyDefault};
use super::problem::{Problem, found as shown, quoted};
use super::secret::{Secret, SecretSource};
use super::source::Merged;
use super::value::{self, Expected};

/// Reads values one by one.
///
/// Invariant: whenever a method returns nothing for a value that can not be used, it has added a problem.
pub(super) struct Reader<'a> {
    pub(super) merged: Merged<'a>,
}

impl Reader<'_> {
    /// Reads address and token of a service, and refuses to send the token in the clear.
    pub(super) fn service(&mut self, url_key: Key, token_key: Key) -> ServiceConfig {
        let url = self.url(url_key);
        let token = self.secret(token_key, |_| Ok(()));
        if let Some(url) = &url
            && self.is_set(token_key)
        {
            self.encrypted(url_key, url, token_key);
        }
        ServiceConfig { url, token }
    }

    /// Notes a problem when what `because` opens would be sent in the clear.
    pub(super) fn encrypted(&mut self, url_key: Key, url: &BaseUrl, because: Key) {
        if url.is_near() || !url.is_plain() {
            return;
        }
        let text = format!(
            "expected https:// because of {because}, or a host that is loopback or cluster-internal, found {}{}",
            quoted(url.as_str()),
            self.origin(url_key)
        );
        self.problem(url_key, text);
    }

    pub(super) fn url(&mut self, key: Key) -> Option<BaseUrl> {
        let text = self.text(key)?;
        match BaseUrl::parse(&text) {
            Ok(url) => Some(url),
            Err(error) => {
                // What follows these characters, or stands before the first, may be a credential.
                let found = if text.contains(['@', '?', '#']) {
                    String::new()
                } else {
                    format!(", found {}", quoted(&text))
                };
                let text = format!("{error}{found}{}", self.origin(key));
                self.problem(key, text);
                None
            }
        }
    }

    /// Reads a secret. Only what is expected is ever reported, and `check` can not add to it.
    pub(super) fn secret(
        &mut self,
        key: Key,
        check: impl FnOnce(&Secret) -> Result<(), ParseUrlError>,
    ) -> Option<SecretSource> {
        if let Some(path) = self.merged.raw.file(key) {
            // A token that was put where a path belongs is no absolute path, and is not shown.
            return match value::absolute_path(path) {
                Ok(path) => Some(SecretSource::File(path)),
                Err(expected) => {
                    let text = format!("{expected}{}", self.origin(key));
                    self.merged.problems.push(Problem::of_file(key, text));
                    None
                }
            };
        }
        let text = self.merged.raw.value(key)?;
        let checked = Secret::parse(text)
            .map_err(|error| error.to_string())
            .and_then(|secret| match check(&secret) {
                Ok(()) => Ok(secret),
                Err(error) => Err(error.to_string()),
            });
        match checked {
            Ok(secret) => Some(match self.key_file(key) {
                Some(path) => SecretSource::File(path),
                None => SecretSource::Inline(secret),
            }),
            Err(expected) => {
                let text = format!("{expected}{}", self.origin(key));
                self.problem(key, text);
                None
            }
        }
    }

    /// Returns the file that the value of `key` came from, when it came from a directory.
    fn key_file(&self, key: Key) -> Option<PathBuf> {
        let directory = self.merged.origins.get(&key)?.path()?;
        Some(directory.join(key.name()))
    }

    /// Reads comma separated entries. Bad ones are left out, each with a problem of its own.
    pub(super) fn list<T>(
        &mut self,
        key: Key,
        parse: impl Fn(&str) -> Result<T, Expected>,
    ) -> Vec<T> {
        let text = self.text(key).unwrap_or_default();
        let mut values = Vec::new();
        for entry in value::entries(&text) {
            match parse(entry) {
                Ok(value) => values.push(value),
                // People separate entries by what they see.
                Err(expected) if entry.split_whitespace().all(|part| parse(part).is_ok()) => {
                    self.unexpected(key, &format!("{expected}, separated by commas"), entry);
                }
                Err(expected) => self.unexpected(key, &expected, entry),
            }
        }
        values
    }

    /// Reads a value of a key that has a default.
    pub(super) fn required<T>(
        &mut self,
        key: Key,
        parse: impl FnOnce(&str) -> Result<T, Expected>,
    ) -> Option<T> {
        let text = self.text(key).unwrap_or_default();
        parse(&text)
            .map_err(|expected| self.unexpected(key, &expected, &text))
            .ok()
    }

    /// Reads a value of a key that may be absent.
    pub(super) fn optional<T>(
        &mut self,
        key: Key,
        parse: impl FnOnce(&str) -> Result<T, Expected>,
    ) -> Option<T> {
        let text = self.text(key)?;
        parse(&text)
            .map_err(|expected| self.unexpected(key, &expected, &text))
            .ok()
    }

    /// Returns the value that was found, or the default.
    pub(super) fn text(&self, key: Key) -> Option<String> {
        let default = match key.default() {
            KeyDefault::Value(text) => Some(text),
            KeyDefault::Unset(_) => None,
        };
        self.merged.raw.value(key).or(default).map(str::to_owned)
    }

    /// Whether somebody set the key, to whatever.
    pub(super) fn is_set(&self, key: Key) -> bool {
        self.merged.origins.contains_key(&key)
    }

    pub(super) fn has_problem(&self, key: Key) -> bool {
        self.merged
            .problems
            .iter()
            .any(|problem| problem.key() == key)
    }

    /// Returns the source of the value in brackets, with a space before.
    pub(super) fn origin(&self, key: Key) -> String {
        self.merged
            .origins
            .get(&key)
            .map(|source| format!(" ({})", source.name()))
            .unwrap_or_default()
    }

    fn unexpected(&mut self, key: Key, expected: &str, found: &str) {
        let text = format!("{expected}{}{}", shown(found), self.origin(key));
        self.problem(key, text);
    }

    pub(super) fn problem(&mut self, key: Key, text: String) {
        self.merged.problems.push(Problem::new(key, text));
    }
}
