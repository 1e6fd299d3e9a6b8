//! The only file that knows the HTTP library.
//!
//! It sends one request at a time, within the tick's deadline, and hands back status, headers and a body that
//! is read as a stream. It does not follow redirects (a renamed repository must be reported, not acted on), it
//! does not interpret statuses, and it never logs a header or a body.

use std::fmt;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Certificate;
use reqwest::blocking::{Client, ClientBuilder, Response};
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use serde::de::DeserializeOwned;
use url::Url;

use crate::clock::Deadline;
use crate::domain::config::{Secret, SecretSource, is_near};
use crate::domain::text::redaction::REDACTED;
use crate::service_error::{FailureKind, ServiceError};

/// The longest that one request may take, even when the tick has more time left. A T3 snapshot of 65 MB took
/// about 2 s on loopback (`contracts/t3` section 9); a loaded server may be ten times slower.
const REQUEST_MAX: Duration = Duration::from_secs(60);

/// The longest that a connection may take to open.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// The largest answer that is read, in bytes. Four times the largest T3 snapshot that was measured.
const BODY_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How much of an answer an error message quotes, in characters.
const EXCERPT_MAX_CHARS: usize = 300;

/// As many characters, in bytes.
const EXCERPT_MAX_BYTES: u64 = 4 * EXCERPT_MAX_CHARS as u64;

/// How much more is read, so that a token that begins in the quoted part is whole, and so is taken out.
const TOKEN_ROOM_BYTES: u64 = 4 * 1024;

/// The largest error body that is read as JSON, in bytes. Services answer with a few hundred.
const SMALL_JSON_MAX_BYTES: u64 = 64 * 1024;

/// HTTP methods that the program uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, and GraphQL queries.
    Post,
    /// Changes parts.
    Patch,
    /// Removes.
    Delete,
}

/// One request.
#[derive(Debug)]
pub struct Call<'a> {
    /// The service, as failures name it.
    pub service: &'static str,
    /// What is asked, as failures name it.
    pub name: &'a str,
    /// The method.
    pub method: Method,
    /// The address. Never shown: a webhook's is a secret.
    pub url: Url,
    /// Headers beside the usual ones.
    pub headers: &'a [(&'static str, &'static str)],
    /// The bearer, read anew for this request.
    pub bearer: Option<&'a SecretSource>,
    /// A JSON body.
    pub json: Option<Vec<u8>>,
    /// Whether sending it twice does no harm, so that a lost answer is asked for once more.
    pub repeatable: bool,
}

/// The connections of one tick. Nothing is loaded or opened before the first request.
pub struct Http<'a> {
    deadline: Deadline<'a>,
    /// The longest that one request may take.
    request_max: Duration,
    /// The only certificates that are trusted, in PEM; `None`: the machine's.
    only_roots: Option<PathBuf>,
    /// For public hosts; honours `HTTPS_PROXY` and its kin.
    public: OnceLock<Result<Client, String>>,
    /// For loopback and cluster-internal hosts; never uses a proxy.
    internal: OnceLock<Result<Client, String>>,
    /// For those hosts without encryption: loads no certificates.
    plain: OnceLock<Result<Client, String>>,
    /// What answers in place of a network.
    #[cfg(any(test, fuzzing))]
    script: Option<&'a Script<'a>>,
}

/// Answers a request in place of a network; `None` when no answer comes.
#[cfg(any(test, fuzzing))]
pub(crate) type Script<'a> = dyn Fn(&Call<'_>) -> Option<ScriptedAnswer> + Sync + 'a;

/// An answer that never was on a network.
#[cfg(any(test, fuzzing))]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScriptedAnswer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Headers; those that no HTTP library would let pass are left out.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The body, as it arrives.
    pub(crate) body: Vec<u8>,
}

#[cfg(any(test, fuzzing))]
impl ScriptedAnswer {
    fn headers(&self) -> HeaderMap {
        self.headers
            .iter()
            .filter_map(|(name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
                Some((name, HeaderValue::from_bytes(value).ok()?))
            })
            .collect()
    }
}

impl fmt::Debug for Http<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl<'a> Http<'a> {
    /// Prepares connections for one tick.
    #[must_use]
    pub fn new(deadline: Deadline<'a>) -> Self {
        Self {
            deadline,
            request_max: REQUEST_MAX,
            only_roots: None,
            public: OnceLock::new(),
            internal: OnceLock::new(),
            plain: OnceLock::new(),
            #[cfg(any(test, fuzzing))]
            script: None,
        }
    }

    /// Takes every answer from `script`; nothing is sent.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn scripted(deadline: Deadline<'a>, script: &'a Script<'a>) -> Self {
        Self {
            script: Some(script),
            ..Self::new(deadline)
        }
    }

    /// Gives every request at most `limit`, for services that a tick must not wait long for.
    #[must_use]
    pub fn with_request_max(mut self, limit: Duration) -> Self {
        self.request_max = limit.min(REQUEST_MAX);
        self
    }

    /// Trusts the certificates in this file and no others, and uses no proxy: for a cluster's own server. The file is
    /// read when the first request is sent.
    #[must_use]
    pub fn trusting_only(mut self, roots: PathBuf) -> Self {
        self.only_roots = Some(roots);
        self
    }

    /// Returns the client for an address; loads the machine's root certificates when it is the first.
    fn client(&self, url: &Url) -> &Result<Client, String> {
        if let Some(roots) = &self.only_roots {
            self.internal.get_or_init(|| {
                let pem = std::fs::read(roots)
                    .map_err(|error| format!("can not read {}: {error}", roots.display()))?;
                let certificates = Certificate::from_pem_bundle(&pem)
                    .map_err(|error| format!("{}: {}", roots.display(), chain(&error)))?;
                if certificates.is_empty() {
                    return Err(format!("{} holds no certificate", roots.display()));
                }
                build(Client::builder().no_proxy().tls_certs_only(certificates))
            })
        } else if is_near(url) && url.scheme() == "http" {
            self.plain
                .get_or_init(|| build(Client::builder().no_proxy().tls_certs_only([])))
        } else if is_near(url) {
            self.internal
                .get_or_init(|| build(Client::builder().no_proxy()))
        } else {
            self.public.get_or_init(|| build(Client::builder()))
        }
    }

    /// Returns the deadline that no request outlives.
    #[must_use]
    pub fn deadline(&self) -> &Deadline<'a> {
        &self.deadline
    }

    /// Sends a request and returns the answer, whatever its status.
    ///
    /// # Errors
    ///
    /// [`FailureKind::OutOfTime`] and [`FailureKind::SecretUnreadable`] before anything was sent,
    /// [`FailureKind::Unreachable`] when no answer came.
    pub fn send<'c>(&self, call: &'c Call<'c>) -> Result<Answer<'c>, ServiceError> {
        let first = self.send_once(call);
        match &first {
            Err(error)
                if call.repeatable
                    && error.kind == FailureKind::Unreachable
                    && self.deadline.allows_more() =>
            {
                tracing::debug!(
                    service = call.service,
                    call = call.name,
                    "no answer, asking once more"
                );
                self.send_once(call)
            }
            Ok(_) | Err(_) => first,
        }
    }

    fn send_once<'c>(&self, call: &'c Call<'c>) -> Result<Answer<'c>, ServiceError> {
        let error = |kind, detail: String| ServiceError::new(call.service, call.name, kind, detail);
        let remaining = self.deadline.remaining();
        if remaining.is_zero() {
            return Err(error(
                FailureKind::OutOfTime,
                "the tick's time (AFK_TICK_MAX_SECONDS) is over".to_owned(),
            ));
        }
        let bearer = call
            .bearer
            .map(read_secret)
            .transpose()
            .map_err(|why| error(FailureKind::SecretUnreadable, why))?;
        #[cfg(any(test, fuzzing))]
        if let Some(script) = self.script {
            let answer = script(call)
                .ok_or_else(|| error(FailureKind::Unreachable, "no answer".to_owned()))?;
            return Ok(Answer {
                service: call.service,
                call: call.name,
                status: answer.status,
                headers: without_in_headers(bearer.as_ref(), &answer.headers()),
                bearer,
                body: Body::Scripted(io::Cursor::new(answer.body)),
            });
        }
        let client = self
            .client(&call.url)
            .as_ref()
            .map_err(|why| error(FailureKind::Unreachable, why.clone()))?;
        let mut request = match call.method {
            Method::Get => client.get(call.url.clone()),
            Method::Post => client.post(call.url.clone()),
            Method::Patch => client.patch(call.url.clone()),
            Method::Delete => client.delete(call.url.clone()),
        }
        .timeout(remaining.min(self.request_max))
        .header(USER_AGENT, concat!("afk/", env!("CARGO_PKG_VERSION")));
        for (name, value) in call.headers {
            request = request.header(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        if let Some(secret) = &bearer {
            let mut value =
                HeaderValue::from_str(&format!("Bearer {}", secret.expose())).map_err(|_| {
                    error(
                        FailureKind::SecretUnreadable,
                        "the token has characters that no header may have".to_owned(),
                    )
                })?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(body) = &call.json {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone());
        }
        tracing::debug!(service = call.service, call = call.name, "request");
        let response = request.send().map_err(|failure| {
            let why = if failure.is_timeout() && remaining <= self.request_max {
                "timed out: the tick's time (AFK_TICK_MAX_SECONDS) was over".to_owned()
            } else {
                describe(&failure.without_url())
            };
            error(FailureKind::Unreachable, why)
        })?;
        Ok(Answer {
            service: call.service,
            call: call.name,
            status: response.status().as_u16(),
            headers: without_in_headers(bearer.as_ref(), response.headers()),
            bearer,
            body: Body::Network(response),
        })
    }
}

fn build(builder: ClientBuilder) -> Result<Client, String> {
    // Fails only when a provider is installed already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    builder
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_MAX)
        .timeout(REQUEST_MAX)
        .tcp_nodelay(true)
        .build()
        .map_err(|error| format!("can not prepare connections: {}", chain(&error)))
}

/// An answer whose body is not read yet.
#[derive(Debug)]
pub struct Answer<'c> {
    service: &'static str,
    call: &'c str,
    /// The HTTP status.
    pub status: u16,
    headers: HeaderMap,
    /// What the request was sent with: a proxy that echoes requests must not bring it into an error message.
    bearer: Option<Secret>,
    body: Body,
}

/// Where the body comes from.
#[derive(Debug)]
enum Body {
    Network(Response),
    #[cfg(any(test, fuzzing))]
    Scripted(io::Cursor<Vec<u8>>),
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Network(response) => response.read(buffer),
            #[cfg(any(test, fuzzing))]
            Self::Scripted(body) => body.read(buffer),
        }
    }
}

impl Answer<'_> {
    /// Returns a header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
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
        let error = |detail: String| {
            let detail = without(self.bearer.as_ref(), detail);
            ServiceError::new(self.service, self.call, FailureKind::Unreadable, detail)
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
            ));
        }
        let reader = BufReader::with_capacity(
            64 * 1024,
            Limited {
                inner: self.body,
                left: BODY_MAX_BYTES,
            },
        );
        let mut decoder = serde_json::Deserializer::from_reader(reader);
        let value = T::deserialize(&mut decoder)
            .and_then(|value| decoder.end().map(|()| value))
            .map_err(|failure| error(describe_json(&failure)))?;
        Ok(value)
    }

    /// Returns the beginning of the body, for error messages.
    #[must_use]
    pub fn excerpt(self) -> String {
        self.read_text(EXCERPT_MAX_BYTES + TOKEN_ROOM_BYTES)
            .map_or_else(|why| why.to_owned(), |text| beginning_of(&text))
    }

    /// Reads a small JSON body; `None` when it is not JSON. For error bodies, whose shape is a hint only.
    #[must_use]
    pub fn into_small_json(self) -> (Option<serde_json::Value>, String) {
        match self.read_text(SMALL_JSON_MAX_BYTES) {
            Ok(text) => (serde_json::from_str(&text).ok(), beginning_of(&text)),
            Err(why) => (None, why.to_owned()),
        }
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
fn without_in_headers(bearer: Option<&Secret>, headers: &HeaderMap) -> HeaderMap {
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

/// The beginning of a body, on one line.
fn beginning_of(text: &str) -> String {
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

/// Appends path segments, escaped, to a base address that may have a path of its own.
///
/// # Panics
///
/// When the base is no http or https address.
#[must_use]
pub fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    url.path_segments_mut()
        .expect("http and https addresses have a path")
        .pop_if_empty()
        .extend(path);
    url
}

/// Reads a secret as it is now.
///
/// # Errors
///
/// A text that names the file and never its content.
pub fn read_secret(source: &SecretSource) -> Result<Secret, String> {
    match source {
        SecretSource::Inline(secret) => Ok(secret.clone()),
        SecretSource::File(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("can not read {}: {error}", path.display()))?;
            let text = text.trim();
            if text.is_empty() {
                return Err(format!("{} is empty", path.display()));
            }
            Secret::parse(text).map_err(|error| format!("{}: {error}", path.display()))
        }
    }
}

fn describe(failure: &reqwest::Error) -> String {
    let what = if failure.is_timeout() {
        "timed out"
    } else if failure.is_connect() {
        "can not connect"
    } else {
        "the connection broke"
    };
    format!("{what}: {}", chain(failure))
}

/// The innermost cause says the most; URLs are left out, the call is named already.
fn chain(failure: &dyn std::error::Error) -> String {
    let mut innermost = failure;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn describe_json(failure: &serde_json::Error) -> String {
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
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other("the answer is larger than 256 MiB"))?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::clock::SystemClock;

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
            "text/html",
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
                .starts_with("HTTP 500 with content type text/html instead of JSON: xxx")
        );
    }

    #[test]
    fn an_answer_beyond_its_limit_is_an_error_and_not_an_end() {
        let read = |left| {
            let mut text = String::new();
            let inner = io::Cursor::new(b"0123456789");
            let result = Limited { inner, left }.read_to_string(&mut text);
            (result.is_ok(), text)
        };
        assert_eq!(read(10), (true, "0123456789".to_owned()));
        assert!(!read(9).0);
        let numbers = serde_json::from_reader::<_, u64>(Limited {
            inner: io::Cursor::new(b"  12"),
            left: 3,
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
}
