//! JSON as it was written: keys in order, and repeated ones still visible.
//!
//! A map would keep the last of two equal keys in silence; for a configuration that is a slip to report.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value. Other numbers, booleans and null are named and not kept: nothing in the configuration takes them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// An object.
    Object(Vec<(String, Node)>),
    /// A list.
    List(Vec<Node>),
    /// A string.
    Text(String),
    /// A whole number that is not negative.
    Number(u64),
    /// Something else, by its name.
    Other(&'static str),
}

impl Node {
    /// Returns what the value is, with an article.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Object(_) => "an object",
            Self::List(_) => "a list",
            Self::Text(_) => "a string",
            Self::Number(_) => "a number",
            Self::Other(kind) => kind,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other("a boolean"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other("a number"))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other("a number"))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other("null"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = seq.next_element()? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read_and_repeated_keys_stay() {
        let text = r#"{"a": ["x", 1, -1, 1.5, true, null], "a": {}}"#;
        let number = || Node::Other("a number");
        let list = vec![
            Node::Text("x".to_owned()),
            Node::Number(1),
            number(),
            number(),
            Node::Other("a boolean"),
            Node::Other("null"),
        ];
        assert_eq!(
            serde_json::from_str::<Node>(text).unwrap(),
            Node::Object(vec![
                ("a".to_owned(), Node::List(list)),
                ("a".to_owned(), Node::Object(vec![])),
            ])
        );
    }

    #[test]
    fn bottomless_nesting_is_an_error() {
        assert!(serde_json::from_str::<Node>(&"[".repeat(100_000)).is_err());
    }
}
