//! Decodes commit messages, and never holds a long one whole: see [`kept_message`].

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::domain::verdict::attribution::kept_message;

/// A commit message, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommitMessage(pub(super) String);

impl<'de> Deserialize<'de> for CommitMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(MessageVisitor)
    }
}

struct MessageVisitor;

impl Visitor<'_> for MessageVisitor {
    type Value = CommitMessage;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a commit message")
    }

    fn visit_str<E: Error>(self, message: &str) -> Result<CommitMessage, E> {
        Ok(CommitMessage(kept_message(message).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_not_held() {
        let long = format!("Title\n\n{}Afk-Run: t1\n", "Prose.\n".repeat(100_000));
        for (told, most) in [("Title\n\nBody\r\n".to_owned(), 13), (long, 8 * 1024)] {
            let json = serde_json::to_string(&told).unwrap();
            let CommitMessage(kept) = serde_json::from_str(&json).unwrap();
            assert!(kept.capacity() <= most, "{}", kept.capacity());
            assert!(kept.starts_with("Title\n"));
        }
        assert!(serde_json::from_str::<CommitMessage>("7").is_err());
    }
}
