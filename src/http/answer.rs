//! An answer: its status, its headers, and a body that is read as a stream, once.
//!
//! Whatever is quoted of it has lost the bearer that the request was sent with.

use std::io::{self, BufReader, Read};

use flate2::read::MultiGzDecoder;
use reqwest::blocking::Response;
use reqwest::header::{HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;

use super::cause::chain;
use super::page::{described, is_page};
use crate::domain::config::Secret;
use crate::domain::text::redaction::REDACTED;
use crate::service_error::{AnsweredBy, FailureKind, ServiceError};

/// The largest answer that is read, in bytes. Four times the largest T3 snapshot that was measured.
pub(super) const BODY_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How much of an answer an error message quotes, in characters.
pub(super) const EXCERPT_MAX_CHARS: usize = 300;

/// As many characters, in bytes.
const EXCERPT_MAX_BYTES: u64 = 4 * EXCERPT_MAX_CHARS as u64;

/// How much more is read, so that a token that begins in the quoted part is whole, and so is taken out.
const TOKEN_ROOM_BYTES: u64 = 4 * 1024;

/// The largest error body that is read as JSON, in bytes. Services answer with a few hundred.
const SMALL_JSON_MAX_BYTES: u64 = 64 * 1024;

/// An answer whose body is not read yet.
#[derive(Debug)]
pub struct Answer<'c> {
    pub(super) service: &'static str,
    pub(super) call: &'c str,
    /// The HTTP status.
    pub status: u16,
    pub(super) headers: HeaderMap,
    /// What the request was sent with: a proxy that echoes requests must not bring it into an error message.
    pub(super) bearer: Option<Secret>,
    pub(super) body: Body,
}

/// Where the body comes from.
#[derive(Debug)]
pub(super) enum Source {
    Network(Response),
    Scripted(io::Cursor<Vec<u8>>),
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Network(response) => response.read(buffer),
            Self::Scripted(body) => body.read(buffer),
        }
    }
}

/// The body as it is meant. Every limit counts what comes out of it, so that a small answer that swells is as large as it becomes.
#[derive(Debug)]
pub(super) enum Body {
    Plain(Source),
    Gzip(Box<MultiGzDecoder<Source>>),
}

impl Body {
    /// Takes off the encoding that the headers name, if it is one that we ask for.
    pub(super) fn new(source: Source, headers: &HeaderMap) -> Self {
        let encoding = headers
            .get("content-encoding")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .trim();
        if ["gzip", "x-gzip"]
            .iter()
            .any(|gzip| encoding.eq_ignore_ascii_case(gzip))
        {
            Self::Gzip(Box::new(MultiGzDecoder::new(source)))
        } else {
            Self::Plain(source)
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(source) => source.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
        }
    }
}

impl Answer<'_> {
    /// Returns a header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the token that the request was sent with.
    #[must_use]
    pub(crate) const fn bearer(&self) -> Option<&Secret> {
        self.bearer.as_ref()
    }

    /// Returns whether the answer says that it is JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|content_type| {
            let kind = content_type.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/json")
                || kind.to_ascii_lowercase().ends_with("+json")
        })
    }

    /// Decodes the body as it arrives, without holding it.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Unreadable`] when it is not JSON, not of type `T`, cut short, or larger than 256 MiB.
    pub fn decode<T: DeserializeOwned>(self) -> Result<T, ServiceError> {
        let read = |body: &mut dyn Read| {
            let reader = BufReader::with_capacity(64 * 1024, body);
            let mut decoder = serde_json::Deserializer::from_reader(reader);
            let value = T::deserialize(&mut decoder)?;
            decoder.end().map(|()| value)
        };
        self.decode_with(BODY_MAX_BYTES, read)
            .map(|(value, _)| value)
    }

    /// As [`Answer::decode`], with a limit of its own in bytes and a reader of its own, for answers that grow without end. Tells
    /// the size, too.
    ///
    /// # Errors
    ///
    /// As [`Answer::decode`].
    pub fn decode_with<T>(
        self,
        max: u64,
        read: impl FnOnce(&mut dyn Read) -> serde_json::Result<T>,
    ) -> Result<(T, u64), ServiceError> {
        let error = |failure: &serde_json::Error| {
            let detail = without(self.bearer.as_ref(), describe_json(failure));
            let error = ServiceError::new(self.service, self.call, FailureKind::Unreadable, detail);
            // JSON that means nothing to us is an answer.
            if failure.is_data() {
                error
            } else {
                error.answered_by(AnsweredBy::Garbled)
            }
        };
        if !self.is_json() {
            let kind = self.header("content-type").unwrap_or("none").to_owned();
            let (service, call, status) = (self.service, self.call, self.status);
            return Err(ServiceError::new(
                service,
                call,
                FailureKind::Unreadable,
                format!(
                    "HTTP {status} with content type {kind} instead of JSON: {}",
                    self.excerpt()
                ),
            )
            .answered_by(AnsweredBy::Service(status)));
        }
        let mut limited = Limited {
            inner: self.body,
            left: max,
            max,
        };
        let value = read(&mut limited).map_err(|failure| error(&failure))?;
        Ok((value, max - limited.left))
    }

    /// Returns the beginning of the body, for error messages; of a web page its title.
    #[must_use]
    pub fn excerpt(self) -> String {
        let kind = self.header("content-type").map(str::to_owned);
        self.read_text(EXCERPT_MAX_BYTES + TOKEN_ROOM_BYTES)
            .map_or_else(
                |why| why.to_owned(),
                |text| beginning_of(kind.as_deref(), &text),
            )
    }

    /// Reads a small JSON body; `None` when it is not JSON. For error bodies, whose shape is a hint only.
    #[must_use]
    pub fn into_small_json(self) -> (Option<serde_json::Value>, String) {
        let kind = self.header("content-type").map(str::to_owned);
        match self.read_text(SMALL_JSON_MAX_BYTES) {
            Ok(text) => (
                serde_json::from_str(&text).ok(),
                beginning_of(kind.as_deref(), &text),
            ),
            Err(why) => (None, why.to_owned()),
        }
    }

    /// Reads a small body as text, for those who tell by it who answers; an empty one when it can not be read.
    #[must_use]
    pub fn into_small_text(self) -> String {
        self.read_text(SMALL_JSON_MAX_BYTES).unwrap_or_default()
    }

    /// Reads at most `max` bytes, and takes the bearer out of them.
    fn read_text(self, max: u64) -> Result<String, &'static str> {
        let mut bytes = Vec::new();
        let read = self.body.take(max).read_to_end(&mut bytes);
        if read.is_err() && bytes.is_empty() {
            return Err("(body not readable)");
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(without(self.bearer.as_ref(), text))
    }
}

/// Takes a bearer out of what a service said.
fn without(bearer: Option<&Secret>, text: String) -> String {
    match bearer.map(Secret::expose) {
        Some(bearer) if !bearer.is_empty() => text.replace(bearer, REDACTED),
        Some(_) | None => text,
    }
}

/// As [`without`], for what stands in headers.
pub(super) fn without_in_headers(bearer: Option<&Secret>, headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for value in headers.values_mut() {
        let Ok(text) = value.to_str() else { continue };
        let clean = without(bearer, text.to_owned());
        if clean != text {
            *value = HeaderValue::from_str(&clean)
                .unwrap_or_else(|_| HeaderValue::from_static(REDACTED));
        }
    }
    headers
}

/// The beginning of a body, on one line; of a web page its title.
#[must_use]
pub fn beginning_of(content_type: Option<&str>, text: &str) -> String {
    if is_page(content_type, text) {
        return described(text);
    }
    let beginning: String = text
        .chars()
        .take(EXCERPT_MAX_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match beginning.trim() {
        "" => "(empty body)".to_owned(),
        text => text.to_owned(),
    }
}

pub(super) fn describe_json(failure: &serde_json::Error) -> String {
    match failure.classify() {
        serde_json::error::Category::Io => {
            format!("the answer broke off: {}", chain(failure))
        }
        serde_json::error::Category::Eof => format!("the answer is cut short: {failure}"),
        serde_json::error::Category::Syntax => format!("not JSON: {failure}"),
        serde_json::error::Category::Data => format!("unexpected JSON: {failure}"),
    }
}

/// Fails, instead of ending quietly, when an answer is larger than allowed.
pub(super) struct Limited<R> {
    pub(super) inner: R,
    pub(super) left: u64,
    pub(super) max: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            let mebibytes = self.max / (1024 * 1024);
            io::Error::other(format!("the answer is larger than {mebibytes} MiB"))
        })?;
        Ok(read)
    }
}
