//! Reads lists and values of an answer while it streams in, and keeps little of them.
//!
//! Knows JSON and nothing of T3. T3 does not check what clients send, and payloads differ between kinds and versions:
//! whatever is not of the expected type counts as absent instead of making the answer unreadable.

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::domain::run::thread_state::DETAIL_MAX_CHARS;

/// The longest id or word that is kept, in characters. Recorded ones have at most 50.
pub(super) const WORD_MAX_CHARS: usize = 200;

/// Something that is made of a list's items while they stream by.
pub(super) trait Fold: Default {
    type Item;

    fn add(&mut self, item: Self::Item);

    fn finish(&mut self) {}
}

pub(super) fn fold<'de, D, F>(deserializer: D) -> Result<F, D::Error>
where
    D: Deserializer<'de>,
    F: Fold,
    F::Item: Deserialize<'de>,
{
    struct Items<F>(PhantomData<F>);

    impl<'de, F> Visitor<'de> for Items<F>
    where
        F: Fold,
        F::Item: Deserialize<'de>,
    {
        type Value = F;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<F, A::Error> {
            let mut folded = F::default();
            while let Some(item) = items.next_element()? {
                folded.add(item);
            }
            folded.finish();
            Ok(folded)
        }
    }

    deserializer.deserialize_seq(Items(PhantomData))
}

/// A text of at most `MAX` characters, its beginning; absent when it is anything but a text.
#[derive(Debug, Default)]
pub(super) struct Text<const MAX: usize>(pub(super) Option<String>);

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let head = |text: &str| text.chars().take(MAX).collect();
        TextOrElse(head).deserialize(deserializer).map(Self)
    }
}

/// A time; absent when it is no date.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Time(pub(super) Option<DateTime<Utc>>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = TextOrElse(time).deserialize(deserializer)?;
        Ok(Self(time.flatten()))
    }
}

/// Reads a date; `None` when it is none.
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.to_utc())
}

/// The end of a text, at most `MAX` characters of it.
#[derive(Debug, Default)]
pub(super) struct Tail<const MAX: usize> {
    pub(super) text: String,
    pub(super) shortened: bool,
}

impl<'de, const MAX: usize> Deserialize<'de> for Tail<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tail = |text: &str| {
            let text = text.trim();
            let last = text.char_indices().rev().take(MAX);
            let start = last.last().map_or(0, |(start, _)| start);
            Self {
                text: text[start..].to_owned(),
                shortened: start > 0,
            }
        };
        let tail = TextOrElse(tail).deserialize(deserializer)?;
        Ok(tail.unwrap_or_default())
    }
}

/// Writes the visits of a visitor that takes every other value for nothing.
macro_rules! nothing_for_other_values {
    ($nothing:expr; $($visit:ident)*) => {
        $(nothing_for_other_values!(@ $visit $nothing);)*
    };
    (@ scalars $nothing:expr) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($nothing)
        }
    };
    (@ numbers $nothing:expr) => {
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($nothing)
        }
    };
    (@ text $nothing:expr) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($nothing)
        }
    };
    (@ list $nothing:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok($nothing)
        }
    };
    (@ object $nothing:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($nothing)
        }
    };
}

/// Makes something of a text without holding the whole of it, and nothing of any other value.
pub(super) struct TextOrElse<F>(pub(super) F);

impl<'de, T, F: FnOnce(&str) -> T> DeserializeSeed<'de> for TextOrElse<F> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T, F: FnOnce(&str) -> T> Visitor<'de> for TextOrElse<F> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<T>, E> {
        Ok(Some((self.0)(text)))
    }

    nothing_for_other_values!(None; scalars numbers list object);
}

/// A whole number that is not negative; absent when it is anything else.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Number(pub(super) Option<u64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;

        impl<'de> Visitor<'de> for Whole {
            type Value = Option<u64>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Option<u64>, E> {
                Ok(Some(number))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Option<u64>, E> {
                Ok(u64::try_from(number).ok())
            }

            fn visit_f64<E>(self, _: f64) -> Result<Option<u64>, E> {
                Ok(None)
            }

            nothing_for_other_values!(None; scalars text list object);
        }

        deserializer.deserialize_any(Whole).map(Self)
    }
}

/// An object, a text, or anything else, of which nothing is read.
#[derive(Debug, Default)]
pub(super) enum Anything<T> {
    /// An object.
    Object(T),
    /// The beginning of a text.
    Text(String),
    /// Anything else.
    #[default]
    Nothing,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Anything<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Value<T> {
            type Value = Anything<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Anything<T>, A::Error> {
                T::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    .map(Anything::Object)
            }

            fn visit_str<E>(self, text: &str) -> Result<Anything<T>, E> {
                Ok(Anything::Text(
                    text.chars().take(DETAIL_MAX_CHARS).collect(),
                ))
            }

            nothing_for_other_values!(Anything::Nothing; scalars numbers list);
        }

        deserializer.deserialize_any(Value(PhantomData))
    }
}

/// The first item of a list; absent when there is none, or when it is no list.
#[derive(Debug)]
pub(super) struct First<T>(pub(super) Option<T>);

impl<T> Default for First<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = Option<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<T>, A::Error> {
                let first = items.next_element()?;
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(first)
            }

            nothing_for_other_values!(None; scalars numbers text object);
        }

        deserializer.deserialize_any(List(PhantomData)).map(Self)
    }
}
