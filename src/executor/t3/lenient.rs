//! Reads lists and values of an answer while it streams in, and keeps little of them.
//!
//! Knows JSON and nothing of T3. T3 does not check what clients send, and payloads differ between kinds and versions:
//! whatever is not of the expected type counts as absent instead of making the answer unreadable.

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

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
        let time = |text: &str| {
            let time = DateTime::parse_from_rfc3339(text).ok()?;
            Some(time.to_utc())
        };
        let time = TextOrElse(time).deserialize(deserializer)?;
        Ok(Self(time.flatten()))
    }
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

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<T>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<T>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
