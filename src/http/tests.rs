//! What an answer may and may not do to us.

use std::io::{self, Read};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use super::answer::{Answer, BODY_MAX_BYTES, EXCERPT_MAX_CHARS, Limited, describe_json};
use super::script::ScriptedAnswer;
use super::*;
use crate::clock::{Clock, Deadline, SystemClock};
use crate::domain::config::{Secret, SecretSource};

const TOKEN: &str = "tok-7421.Unguessable";

/// Asks once, is given this answer, and returns what is made of it.
fn asked<R>(answer: &ScriptedAnswer, read: impl FnOnce(Answer<'_>) -> R) -> R {
    let clock = SystemClock::start();
    let stop = Arc::new(AtomicBool::new(false));
    let deadline = Deadline::start(&clock, Duration::from_secs(100), stop);
    let bearer = SecretSource::Inline(Secret::new(TOKEN));
    let script = |_: &Call<'_>| Some(answer.clone());
    let call = Call {
        service: "service",
        name: "ask",
        method: Method::Get,
        url: Url::parse("https://service.example").unwrap(),
        headers: &[],
        bearer: Some(&bearer),
        json: None,
        repeatable: false,
    };
    read(Http::scripted(deadline, &script).send(&call).unwrap())
}

fn answer(content_type: &str, body: &str) -> ScriptedAnswer {
    ScriptedAnswer {
        status: 500,
        headers: vec![("content-type".to_owned(), content_type.as_bytes().to_vec())],
        body: body.as_bytes().to_vec(),
    }
}

#[test]
fn an_echo_of_the_bearer_is_taken_out_of_every_error() {
    let json = answer(
        "application/json",
        &format!("{{\"saw\": \"Bearer {TOKEN}\"}}"),
    );
    let (body, excerpt) = asked(&json, |answer| answer.into_small_json());
    assert_eq!(body, Some(serde_json::json!({"saw": "Bearer [redacted]"})));
    assert_eq!(excerpt, "{\"saw\": \"Bearer [redacted]\"}");
    let mistyped = answer("application/json", &format!("{{\"{TOKEN}\": \"{TOKEN}\"}}"));
    let text = asked(&mistyped, |answer| answer.decode::<Vec<u8>>().unwrap_err());
    assert!(!text.to_string().contains(TOKEN), "{text}");
    let page = answer(
        "text/plain",
        &format!("{}{TOKEN}", "x".repeat(EXCERPT_MAX_CHARS - 5)),
    );
    let text = asked(&page, |answer| answer.excerpt());
    assert!(text.ends_with("x[reda"), "{text}");
    let mut moved = answer("text/html", "");
    let location = format!("https://forge.example/?was={TOKEN}");
    moved
        .headers
        .push(("location".to_owned(), location.into_bytes()));
    assert_eq!(
        asked(&moved, |answer| answer
            .header("location")
            .map(str::to_owned)),
        Some("https://forge.example/?was=[redacted]".to_owned())
    );
    let error = asked(&page, |answer| answer.decode::<u64>().unwrap_err());
    assert!(
        error
            .detail
            .starts_with("HTTP 500 with content type text/plain instead of JSON: xxx")
    );
}

#[test]
fn a_web_page_is_told_by_its_title_and_without_the_bearer() {
    let body = format!("<!doctype html><title>Log in, {TOKEN}</title><p>please");
    for kind in ["text/html; charset=utf-8", "text/plain"] {
        let page = answer(kind, &body);
        let told = "(a web page: Log in, [redacted])";
        assert_eq!(asked(&page, |answer| answer.excerpt()), told);
        assert_eq!(
            asked(&page, |answer| answer.into_small_json()),
            (None, told.to_owned())
        );
    }
}

/// A clock that a test moves.
#[derive(Debug, Default)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + self.uptime()
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn sleep(&self, _duration: Duration) {}
}

#[test]
fn a_repeat_that_the_ticks_end_cuts_off_is_told_by_what_came_before() {
    let clock = Hands::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (first, _) = listener.accept().unwrap();
            // Nearly all of the tick went by until the connection broke.
            clock.0.store(99_900, Ordering::SeqCst);
            drop(first);
            let (mut second, _) = listener.accept().unwrap();
            // No answer; it is the client that hangs up.
            drop(io::copy(&mut second, &mut io::sink()));
        });
        let deadline = Deadline::start(&clock, Duration::from_secs(100), Arc::default());
        let call = Call {
            service: "service",
            name: "ask",
            method: Method::Get,
            url: Url::parse(&format!("http://{address}")).unwrap(),
            headers: &[],
            bearer: None,
            json: None,
            repeatable: true,
        };
        let error = Http::new(deadline).send(&call).unwrap_err();
        assert!(
            error.detail.starts_with("the connection broke: ")
                && error.detail.ends_with(
                    "; asked once more: timed out: the tick's time (AFK_TICK_MAX_SECONDS) was over"
                ),
            "{error}"
        );
    });
}

#[test]
fn an_answer_beyond_its_limit_is_an_error_and_not_an_end() {
    let read = |left| {
        let mut text = String::new();
        let inner = io::Cursor::new(b"0123456789");
        let max = BODY_MAX_BYTES;
        let result = Limited { inner, left, max }.read_to_string(&mut text);
        (result.is_ok(), text)
    };
    assert_eq!(read(10), (true, "0123456789".to_owned()));
    assert!(!read(9).0);
    let numbers = serde_json::from_reader::<_, u64>(Limited {
        inner: io::Cursor::new(b"  12"),
        left: 3,
        max: BODY_MAX_BYTES,
    });
    assert_eq!(
        describe_json(&numbers.unwrap_err()),
        "the answer broke off: the answer is larger than 256 MiB"
    );
}

#[test]
fn a_large_error_body_is_read_in_part() {
    let long = answer(
        "application/json",
        &format!("\"{}\"", "ä".repeat(1_000_000)),
    );
    let (body, excerpt) = asked(&long, |answer| answer.into_small_json());
    assert_eq!(body, None);
    assert_eq!(excerpt.chars().count(), EXCERPT_MAX_CHARS);
    assert_eq!(
        asked(&long, |answer| answer.excerpt()).chars().count(),
        EXCERPT_MAX_CHARS
    );
}

#[test]
fn nesting_is_unreadable_where_it_matters_and_skipped_where_not() {
    #[derive(serde::Deserialize)]
    struct Known {
        known: u8,
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let read = |body: &str| {
        asked(&answer("application/json", body), |answer| {
            answer
                .decode::<serde_json::Value>()
                .map_err(|error| error.detail)
        })
    };
    assert_eq!(
        read(&deep),
        Err("not JSON: recursion limit exceeded at line 1 column 128".to_owned())
    );
    let beside = answer(
        "application/json",
        &format!("{{\"known\": 7, \"x\": {deep}}}"),
    );
    let known = asked(&beside, |answer| answer.decode::<Known>().unwrap().known);
    assert_eq!(known, 7);
}

#[test]
fn the_size_of_an_answer_is_told_and_its_limit_named() {
    let numbers = |body: &mut dyn Read| serde_json::from_reader::<_, Vec<u8>>(body);
    let body = answer("application/json", " [1, 2] ");
    let (read, bytes) = asked(&body, |answer| answer.decode_with(8, numbers).unwrap());
    assert_eq!((read, bytes), (vec![1, 2], 8));
    let large = answer("application/json", &format!("[{}1]", " ".repeat(3 << 20)));
    let error = asked(&large, |answer| {
        answer.decode_with(2 << 20, numbers).unwrap_err().detail
    });
    let expected = "the answer broke off: the answer is larger than 2 MiB";
    assert!(error.starts_with(expected), "{error}");
}

/// An answer that is compressed.
fn gzipped(body: &[u8]) -> ScriptedAnswer {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    io::Write::write_all(&mut encoder, body).unwrap();
    ScriptedAnswer {
        status: 200,
        headers: [
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
        ]
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .into(),
        body: encoder.finish().unwrap(),
    }
}

#[test]
fn compressed_answers_are_read_as_they_are_meant() {
    let text = format!("[\"{}\"]", "page size ".repeat(10_000));
    let answer = gzipped(text.as_bytes());
    assert!(answer.body.len() < text.len() / 10);
    let read = asked(&answer, |answer| answer.decode::<Vec<String>>().unwrap());
    assert_eq!(read[0].len(), 100_000);
    let excerpt = asked(&answer, |answer| answer.excerpt());
    assert!(excerpt.starts_with("[\"page size page"), "{excerpt}");
    // The encoding is no word for the type.
    for cut in [0, 1, 20, answer.body.len() / 2, answer.body.len() - 1] {
        let mut broken = answer.clone();
        broken.body.truncate(cut);
        let error = asked(&broken, |answer| {
            answer.decode::<Vec<String>>().unwrap_err()
        });
        assert_eq!(
            error.kind,
            crate::service_error::FailureKind::Unreadable,
            "{cut}: {error}"
        );
    }
}

#[test]
fn a_small_answer_that_swells_is_stopped_at_the_limit() {
    const MAX: u64 = 64 * 1024;
    let bomb = gzipped(format!("\"{}\"", " ".repeat(8 << 20)).as_bytes());
    assert!((bomb.body.len() as u64) < MAX);
    let read = |body: &mut dyn Read| {
        let mut taken = 0;
        let mut chunk = [0; 4096];
        loop {
            match body.read(&mut chunk) {
                Ok(0) => return Ok(taken),
                Ok(more) => taken += more as u64,
                Err(error) => {
                    assert!(taken <= MAX, "{taken}");
                    return Err(serde_json::Error::io(error));
                }
            }
        }
    };
    let error = asked(&bomb, |answer| answer.decode_with(MAX, read).unwrap_err());
    assert!(error.to_string().contains("larger than"), "{error}");
    let (_, excerpt) = asked(&bomb, |answer| answer.into_small_json());
    assert!(
        excerpt.chars().count() <= EXCERPT_MAX_CHARS,
        "{}",
        excerpt.len()
    );
}
