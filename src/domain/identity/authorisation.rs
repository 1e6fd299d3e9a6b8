//! `E`, the labelling that asked for a run, and its short form.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::namespace::named;

/// `E`: the label event that made an issue ready, by its id on the forge.
///
/// GitHub: node id of the labeled event (GraphQL `id`, REST `node_id`). Forgejo and Gitea: id of the timeline entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authorisation(String);

impl Authorisation {
    /// Accepts an event id that can stand in a message id: not empty, no `|`, no white space.
    #[must_use]
    pub fn new(id: &str) -> Option<Self> {
        let usable = !id.is_empty()
            && id.len() <= 200
            && id.chars().all(|c| c.is_ascii_graphic() && c != '|');
        usable.then(|| Self(id.to_owned()))
    }

    /// Returns the forge's id of the event.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the short form that titles carry.
    #[must_use]
    pub fn digest(&self) -> AuthorisationDigest {
        let mut text = named(&self.0).simple().to_string();
        text.truncate(AuthorisationDigest::LENGTH);
        AuthorisationDigest(text)
    }
}

impl Serialize for Authorisation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Authorisation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| D::Error::custom(format!("'{text}' is no id of an event")))
    }
}

impl fmt::Display for Authorisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first 12 hexadecimal digits of `uuid5(NS, E)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorisationDigest(String);

impl AuthorisationDigest {
    const LENGTH: usize = 12;

    /// Stands where the bound authorisation is not known any more; belongs to no event that matters, because
    /// [`Title::UNKNOWN_ISSUE`](super::Title::UNKNOWN_ISSUE) stands beside it.
    #[must_use]
    pub fn unknown() -> Self {
        Self("0".repeat(Self::LENGTH))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == Self::LENGTH
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        valid.then(|| Self(text.to_owned()))
    }
}

impl Serialize for AuthorisationDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AuthorisationDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("'{text}' is no digest of an event")))
    }
}

impl fmt::Display for AuthorisationDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_that_could_break_a_message_id_are_refused() {
        for id in ["", "a|b", "a b", "a\nb", "é"] {
            assert_eq!(Authorisation::new(id), None, "{id:?}");
        }
    }
}
