//! Reads a list item by item while it arrives, and holds of each item only what is said to matter.
//!
//! Anybody may write texts of any length: what they write must not decide how much memory a tick takes. And an item that is not
//! what it should be costs itself, not the list. It does not know what the items are.

use std::fmt;
use std::io::{BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::rest::Sender;
use super::short_texts::ShortTexts;
use crate::http::Method;
use crate::service_error::ServiceError;

/// The largest list that is read, in bytes. It is never held.
const LIST_MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// The longest text of a list that is taken up whole, in bytes: as much as of all comments of an issue, and more than of anything
/// else. Of a longer one only a beginning that is longer, too.
const TEXT_MAX_BYTES: usize = 1024 * 1024;

/// What is kept of a JSON value. A value that is no such thing is kept as an empty one, which is not what it should be, either.
#[derive(Clone, Copy, Debug)]
pub(super) enum Keep {
    /// A number, a truth, nothing, or the beginning of a text: as many characters at most.
    Scalar(usize),
    /// These members of an object.
    Members(&'static [(&'static str, Keep)]),
    /// Whether it is there at all.
    Presence,
}

impl Sender<'_> {
    /// Reads a list and tells each of its items, as far as it is kept. Returns how many there are; `null` is an empty list.
    ///
    /// # Errors
    ///
    /// Any status but 200, and whatever is no list.
    pub(super) fn each(
        &self,
        name: &str,
        segments: &[&str],
        query: &[(&str, &str)],
        keep: Keep,
        tell: &mut dyn FnMut(Value),
    ) -> Result<usize, ServiceError> {
        let call = self.call(name, Method::Get, self.address(segments, query), None);
        let answer = self.answer(&call, 200)?;
        let (count, _) = answer.decode_with(LIST_MAX_BYTES, |body| read_list(body, keep, tell))?;
        Ok(count)
    }
}

fn read_list(
    body: &mut dyn Read,
    keep: Keep,
    tell: &mut dyn FnMut(Value),
) -> serde_json::Result<usize> {
    let reader = BufReader::with_capacity(64 * 1024, ShortTexts::new(body, TEXT_MAX_BYTES));
    let mut decoder = serde_json::Deserializer::from_reader(reader);
    let count = decoder.deserialize_any(List { keep, tell })?;
    decoder.end().map(|()| count)
}

struct List<'t> {
    keep: Keep,
    tell: &'t mut dyn FnMut(Value),
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while let Some(item) = items.next_element_seed(self.keep)? {
            count += 1;
            (self.tell)(item);
        }
        Ok(count)
    }
}

impl<'de> DeserializeSeed<'de> for Keep {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Keep {
    /// A value that is not looked into.
    fn scalar(self, value: impl Into<Value>) -> Value {
        match self {
            Self::Scalar(_) | Self::Members(_) => value.into(),
            Self::Presence => Value::Bool(true),
        }
    }
}

impl<'de> Visitor<'de> for Keep {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(self.scalar(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(self.scalar(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(self.scalar(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(self.scalar(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(match self {
            Self::Scalar(max) => Value::String(beginning(value, max).to_owned()),
            Self::Members(_) => Value::String(String::new()),
            Self::Presence => Value::Bool(true),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(match self {
            Self::Scalar(_) | Self::Members(_) => Value::Array(Vec::new()),
            Self::Presence => Value::Bool(true),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let kept = match self {
            Self::Members(kept) => kept,
            Self::Scalar(_) | Self::Presence => &[],
        };
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            match kept.iter().find(|(kept, _)| *kept == name) {
                Some((_, keep)) => {
                    let value = members.next_value_seed(*keep)?;
                    map.insert(name, value);
                }
                None => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(match self {
            Self::Scalar(_) | Self::Members(_) => Value::Object(map),
            Self::Presence => Value::Bool(true),
        })
    }
}

/// The beginning of a text, at most `max` characters of it.
pub(super) fn beginning(text: &str, max: usize) -> &str {
    match text.char_indices().nth(max) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ITEM: Keep = Keep::Members(&[
        ("id", Keep::Scalar(10)),
        ("text", Keep::Scalar(3)),
        ("who", Keep::Members(&[("id", Keep::Scalar(10))])),
        ("other", Keep::Presence),
    ]);

    fn kept(list: &Value) -> Result<Vec<Value>, String> {
        let mut told = Vec::new();
        let text = list.to_string();
        let read = read_list(&mut text.as_bytes(), ITEM, &mut |item| told.push(item));
        read.map(|count| {
            assert_eq!(count, told.len());
            told
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn of_each_item_only_what_matters_is_kept() {
        let item = |text: &str| json!([{"id": 1, "text": text, "who": {"id": 7, "login": "amy"}, "other": {"body": "long"}, "more": [[{}]]}]);
        for (text, short) in [("", ""), ("abc", "abc"), ("abcd", "abc"), ("äöüß", "äöü")] {
            let expected = json!({"id": 1, "text": short, "who": {"id": 7}, "other": true});
            assert_eq!(kept(&item(text)), Ok(vec![expected]));
        }
    }

    #[test]
    fn what_is_not_what_it_should_be_costs_its_item_and_is_not_held() {
        for (item, expected) in [
            (json!(null), json!(null)),
            (json!(5), json!(5)),
            (json!("text"), json!("")),
            (json!([1, 2]), json!([])),
            (json!({"id": {"a": 1}}), json!({"id": {}})),
            (json!({"id": [1]}), json!({"id": []})),
            (json!({"id": -1.5}), json!({"id": -1.5})),
            (json!({"who": "amy"}), json!({"who": ""})),
            (json!({"who": null}), json!({"who": null})),
            (json!({"other": null}), json!({"other": null})),
            (json!({"other": false}), json!({"other": true})),
            (json!({"other": [1]}), json!({"other": true})),
            (json!({"other": "x"}), json!({"other": true})),
        ] {
            let list = json!([item, {"id": 2}]);
            assert_eq!(kept(&list), Ok(vec![expected, json!({"id": 2})]), "{list}");
        }
    }

    #[test]
    fn nothing_is_an_empty_list_and_anything_else_is_none() {
        assert_eq!(kept(&json!(null)), Ok(Vec::new()));
        assert_eq!(kept(&json!([])), Ok(Vec::new()));
        for other in [json!({}), json!("x"), json!(1), json!(true)] {
            assert!(kept(&other).is_err(), "{other}");
        }
        let cut = read_list(&mut &b"[{\"id\": 1}, {"[..], ITEM, &mut |_| {});
        assert!(cut.is_err());
        let more = read_list(&mut &b"[] []"[..], ITEM, &mut |_| {});
        assert!(more.is_err());
    }
}
