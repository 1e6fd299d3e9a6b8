//! JSON of which the long texts are left out that nobody will read.
//!
//! Answers are decoded as they arrive, so that what is left out is never held: how much people write must not decide how much
//! memory a tick takes. Left out is the body of a comment that its neighbours say does not count: one that is not ours where only
//! ours matter (`viewerDidAuthor`), one that somebody hid (`isMinimized`). Documents ask for these members before the body. Of the
//! message of a commit only that is kept which is read of it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::tracker::commit_message::CommitMessage;

/// A JSON value without such texts; in their place stands an empty one.
#[derive(Debug)]
pub(in crate::tracker::github) struct Pruned(pub(in crate::tracker::github) Value);

impl<'de> Deserialize<'de> for Pruned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PrunedVisitor).map(Self)
    }
}

/// The same for an object.
#[derive(Debug)]
pub(in crate::tracker::github) struct PrunedMap(pub(in crate::tracker::github) Map<String, Value>);

impl<'de> Deserialize<'de> for PrunedMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Pruned::deserialize(deserializer)?.0 {
            Value::Object(map) => Ok(Self(map)),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(serde::de::Error::custom("expected an object")),
        }
    }
}

/// Whether the body of this object, as far as it is known, will not be read.
fn is_left_out(map: &Map<String, Value>) -> bool {
    map.get("viewerDidAuthor") == Some(&Value::Bool(false))
        || map.get("isMinimized") == Some(&Value::Bool(true))
}

struct PrunedVisitor;

impl<'de> Visitor<'de> for PrunedVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Pruned::deserialize(deserializer).map(|pruned| pruned.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Pruned(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = if key == "body" && is_left_out(&map) {
                members.next_value::<IgnoredAny>()?;
                Value::String(String::new())
            } else if key == "message" {
                Value::String(members.next_value::<CommitMessage>()?.0)
            } else {
                members.next_value::<Pruned>()?.0
            };
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_else_stays_as_it_is() {
        let value = json!({
            "data": {"r0": null, "n": -1, "u": 7, "f": 1.5, "t": true, "list": [1, "x", {"body": "kept"}]},
            "body": "kept",
        });
        let read: Pruned = serde_json::from_str(&value.to_string()).unwrap();
        assert_eq!(read.0, value);
    }

    #[test]
    fn long_messages_of_commits_are_not_held() {
        let mark = "Afk-Run: 2f1c2b7a-9d8e-5f60-8514-233241506f7e";
        let message = format!("Title\n\n{}{mark}\n", "Prose.\n".repeat(2000));
        let text = json!({"nodes": [{"message": message}, {"message": "Short"}]}).to_string();
        let read: Pruned = serde_json::from_str(&text).unwrap();
        let kept = read.0["nodes"][0]["message"].as_str().unwrap();
        assert!(kept.len() < 4096 && kept.ends_with(mark), "{kept}");
        assert_eq!(read.0["nodes"][1]["message"], "Short");
    }

    #[test]
    fn bodies_that_do_not_count_are_left_out() {
        let text = r#"{"nodes": [
            {"viewerDidAuthor": false, "body": "a stranger"}, {"viewerDidAuthor": true, "body": "ours"},
            {"isMinimized": true, "body": "spam"}, {"isMinimized": false, "body": "the brief"},
            {"viewerDidAuthor": null, "body": "who knows"}
        ]}"#;
        let read: Pruned = serde_json::from_str(text).unwrap();
        let bodies: Vec<&str> = read.0["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| node["body"].as_str().unwrap())
            .collect();
        assert_eq!(bodies, ["", "ours", "", "the brief", "who knows"]);
    }
}
