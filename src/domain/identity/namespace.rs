//! The one way to make an id out of a name.

use uuid::Uuid;

/// Returns an id of a text by which it is known again: `uuid5(NS, text)`.
#[must_use]
pub fn digest_of(text: &str) -> String {
    named(text).hyphenated().to_string()
}

/// `NS`: `uuid5(DNS namespace, "afk.v1")`.
const NAMESPACE: Uuid = uuid::uuid!("be8a04f0-f61b-570b-880e-ac4a6a31e38e");

/// `uuid5(NS, name)`.
pub(super) fn named(name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_is_made_of_its_name() {
        assert_eq!(Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"afk.v1"), NAMESPACE);
    }
}
