//! The one way to make an id out of a name.

use uuid::Uuid;

/// Returns an id of a text by which it is known again: `uuid5(NS, text)`.
#[must_use]
pub fn digest_of(text: &str) -> String {
    named(text).hyphenated().to_string()
}

/// `uuid5(NS, name)` with `NS = uuid5(DNS namespace, "afk.v1")`.
pub(super) fn named(name: &str) -> Uuid {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"afk.v1");
    Uuid::new_v5(&namespace, name.as_bytes())
}
