//! The one way to make an id out of a name.

use uuid::Uuid;

/// `uuid5(NS, name)` with `NS = uuid5(DNS namespace, "afk.v1")`.
pub(super) fn named(name: &str) -> Uuid {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"afk.v1");
    Uuid::new_v5(&namespace, name.as_bytes())
}
