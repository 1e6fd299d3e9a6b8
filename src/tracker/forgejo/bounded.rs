//! Reads one thing that anybody may have written, and holds no more of it than is said.

use std::io::{BufReader, Read};

use serde::de::DeserializeOwned;

use super::rest::Sender;
use super::short_texts::ShortTexts;
use crate::http::Method;
use crate::service_error::ServiceError;

/// Something that is read as long as it is not too long.
#[derive(Debug)]
pub(super) enum Bounded<T> {
    Within(T),
    /// The answer has more than so many bytes.
    Beyond(usize),
}

impl Sender<'_> {
    /// Reads one thing that anybody may have written, and that may be long: of each text in it that has more than `text_max` bytes
    /// only a beginning that has more, too, and of an answer of more than `max` bytes nothing.
    ///
    /// # Errors
    ///
    /// Any status but 200.
    pub(super) fn read_bounded<T: DeserializeOwned>(
        &self,
        name: &str,
        segments: &[&str],
        text_max: usize,
        max: usize,
    ) -> Result<Bounded<T>, ServiceError> {
        let call = self.call(name, Method::Get, self.address(segments, &[]), None);
        let answer = self.answer(&call, 200)?;
        let mut is_beyond = false;
        let read = answer.decode_with(u64::MAX, |body| {
            let mut limited = body.take(max as u64 + 1);
            let reader =
                BufReader::with_capacity(64 * 1024, ShortTexts::new(&mut limited, text_max));
            let mut decoder = serde_json::Deserializer::from_reader(reader);
            let value = T::deserialize(&mut decoder).and_then(|value| {
                decoder.end()?;
                Ok(value)
            });
            drop(decoder);
            is_beyond = limited.limit() == 0;
            value
        });
        if is_beyond {
            return Ok(Bounded::Beyond(max));
        }
        read.map(|(value, _)| Bounded::Within(value))
    }
}
