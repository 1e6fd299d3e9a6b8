//! Answers of a service, written down as bytes that a fuzzer can take apart.
//!
//! An input is a byte that picks the question, and then answers separated by lines of `%%%`. An answer that begins with a
//! digit has a status line and headers before an empty line; every other one is the body of a good answer. The
//! last answer is given for ever, so that a reader that never stops asking is found.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use afk::clock::{Clock, Deadline};
use afk::domain::config::{Secret, SecretSource};
use afk::http::script::ScriptedAnswer;
use afk::http::{Call, Http};
use afk::service_error::{DETAIL_MAX_CHARS, ServiceError};

/// The bearer of every request. An answer that is no success holds it where the input says [`ECHO`].
pub(crate) const TOKEN: &str = "Zk3-Unguessable.Bearer~91";
const ECHO: &str = "%TOKEN%";

/// More requests than any one question may need: 50 workflow runs with 10 pages of jobs each, and what leads there.
const CALLS_MAX: usize = 600;

/// A clock that stands still unless somebody waits.
#[derive(Debug, Default)]
struct StandingClock(AtomicU64);

impl Clock for StandingClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_225_600, 0).unwrap() + self.uptime()
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn sleep(&self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).unwrap();
        assert!(
            millis <= 30_000,
            "a service made us wait for {duration:?} within a tick"
        );
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

/// An input, read.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Which question is asked.
    pub(crate) question: u8,
    answers: Vec<ScriptedAnswer>,
}

impl Exchange {
    /// Reads an input; `None` when it holds no answer.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (question, rest) = bytes.split_first()?;
        let answers = split(rest, b"\n%%%\n").into_iter().map(answer).collect();
        Some(Self {
            question: *question,
            answers,
        })
    }

    /// Returns every text in every JSON body, keys included, decoded; for second opinions. `None` when a body that may be
    /// readable all the same, as a stream, is not to be had as a whole.
    pub(crate) fn texts(&self) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        for answer in &self.answers {
            collect(&serde_json::from_slice(&answer.body).ok()?, &mut texts);
        }
        Some(texts)
    }

    /// Returns the first answer.
    pub(crate) fn first(&self) -> &ScriptedAnswer {
        &self.answers[0]
    }

    /// Asks, and returns what came of it and what was sent.
    pub(crate) fn ask<R>(&self, question: impl FnOnce(&Http<'_>) -> R) -> (R, Vec<Vec<u8>>) {
        let clock = StandingClock::default();
        let deadline = Deadline::start(
            &clock,
            Duration::from_secs(100),
            Arc::new(AtomicBool::new(false)),
        );
        let asked = AtomicUsize::new(0);
        let sent = Mutex::new(Vec::new());
        let script = |call: &Call<'_>| {
            let index = asked.fetch_add(1, Ordering::Relaxed);
            assert!(index < CALLS_MAX, "asks without end: {}", call.name);
            sent.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(call.json.clone());
            let last = self.answers.len().checked_sub(1)?;
            let answer = &self.answers[index.min(last)];
            // Status 0 stands for a connection that broke.
            (answer.status != 0).then(|| answer.clone())
        };
        let result = question(&Http::scripted(deadline, &script));
        let sent = sent.into_inner().unwrap_or_else(PoisonError::into_inner);
        (result, sent)
    }
}

/// The token that the requests carry.
pub(crate) fn bearer() -> SecretSource {
    SecretSource::Inline(Secret::new(TOKEN))
}

/// What holds for every failure.
pub(crate) fn check_failure(error: &ServiceError) {
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(TOKEN), "shows the token: {shown}");
    assert!(error.detail.chars().count() <= DETAIL_MAX_CHARS + 1);
    assert!(!error.detail.chars().any(char::is_control), "{error:?}");
}

/// The same for a result.
pub(crate) fn checked<T>(result: Result<T, ServiceError>) -> Option<T> {
    result.inspect_err(check_failure).ok()
}

/// Splits bytes at a separator.
pub(crate) fn split<'b>(bytes: &'b [u8], separator: &[u8]) -> Vec<&'b [u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    let mut from = 0;
    // Both separators are rare from their first byte on.
    while let Some(offset) = rest[from..].iter().position(|byte| *byte == separator[0]) {
        let at = from + offset;
        if rest[at..].starts_with(separator) {
            parts.push(&rest[..at]);
            rest = &rest[at + separator.len()..];
            from = 0;
        } else {
            from = at + 1;
        }
    }
    parts.push(rest);
    parts
}

fn answer(bytes: &[u8]) -> ScriptedAnswer {
    let json = ("content-type".to_owned(), b"application/json".to_vec());
    if !bytes.first().is_some_and(u8::is_ascii_digit) {
        return ScriptedAnswer {
            status: 200,
            headers: vec![json],
            body: bytes.to_vec(),
        };
    }
    let (head, body) = match bytes.windows(2).position(|window| window == b"\n\n") {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes, &[][..]),
    };
    let mut lines = split(head, b"\n").into_iter();
    let status = lines.next().and_then(|line| str::from_utf8(line).ok());
    let status = status
        .and_then(|status| status.trim().parse::<u16>().ok())
        .filter(|status| *status < 1_000)
        .unwrap_or(0);
    let echoed = |bytes: &[u8]| {
        if status == 200 {
            return bytes.to_vec();
        }
        split(bytes, ECHO.as_bytes()).join(TOKEN.as_bytes())
    };
    let mut headers: Vec<(String, Vec<u8>)> = lines
        .filter_map(|line| {
            let at = line.iter().position(|byte| *byte == b':')?;
            let name = String::from_utf8_lossy(&line[..at]).into_owned();
            Some((name, echoed(line[at + 1..].trim_ascii())))
        })
        .collect();
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        headers.push(json);
    }
    ScriptedAnswer {
        status,
        headers,
        body: echoed(body),
    }
}

fn collect(value: &serde_json::Value, texts: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => texts.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        serde_json::Value::Object(members) => {
            for (key, value) in members {
                texts.push(key.clone());
                collect(value, texts);
            }
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}
