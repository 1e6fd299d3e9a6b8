//! A message that is no doorbell: a digest, or a test of the sinks. It has a title and a body, and asks nobody to act at once.

use crate::domain::text::redaction::redact;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    title: String,
    body: String,
    tag: &'static str,
}

impl Message {
    /// Builds a message. `body` may quote others: what looks like a secret is taken out. `tag` says what kind it is.
    #[must_use]
    pub fn new(title: impl Into<String>, body: &str, tag: &'static str) -> Self {
        Self {
            title: title.into(),
            body: redact(body).trim_end().to_owned(),
            tag,
        }
    }

    /// Returns the title: one line.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the text below the title, in lines; may be empty.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Returns the tags, the most general first.
    #[must_use]
    pub const fn tags(&self) -> [&'static str; 2] {
        ["afk", self.tag]
    }
}
