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
use crate::service_error::{FailureKind, ServiceError};

/// The longest that one request may take, even when the tick has more time left. A T3 snapshot of 65 MB took
/// about 2 s on loopback (`contracts/t3` section 9); a loaded server may be ten times slower.
const REQUEST_MAX: Duration = Duration::from_secs(60);

/// The longest that a connection may take to open.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// The largest answer that is read, in bytes. Four times the largest T3 snapshot that was measured.
const BODY_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How much of an answer an error message quotes, in bytes.
const EXCERPT_MAX_BYTES: u64 = 300;

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
                    && !self.deadline.remaining().is_zero() =>
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
        if let Some(source) = call.bearer {
            let secret =
                read_secret(source).map_err(|why| error(FailureKind::SecretUnreadable, why))?;
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
        let response = request
            .send()
            .map_err(|failure| error(FailureKind::Unreachable, describe(&failure.without_url())))?;
        Ok(Answer {
            service: call.service,
            call: call.name,
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            response,
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
    response: Response,
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
                inner: self.response,
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
        let mut bytes = Vec::new();
        let read = self
            .response
            .take(EXCERPT_MAX_BYTES)
            .read_to_end(&mut bytes);
        if read.is_err() && bytes.is_empty() {
            return "(body not readable)".to_owned();
        }
        let text: String = String::from_utf8_lossy(&bytes)
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let text = text.trim();
        if text.is_empty() {
            "(empty body)".to_owned()
        } else {
            text.to_owned()
        }
    }

    /// Reads a small JSON body; `None` when it is not JSON. For error bodies, whose shape is a hint only.
    #[must_use]
    pub fn into_small_json(self) -> (Option<serde_json::Value>, String) {
        const MAX_BYTES: u64 = 64 * 1024;
        let mut bytes = Vec::new();
        let read = self.response.take(MAX_BYTES).read_to_end(&mut bytes);
        if read.is_err() && bytes.is_empty() {
            return (None, "(body not readable)".to_owned());
        }
        let excerpt: String = String::from_utf8_lossy(&bytes)
            .chars()
            .take(300)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let excerpt = match excerpt.trim() {
            "" => "(empty body)".to_owned(),
            text => text.to_owned(),
        };
        (serde_json::from_slice(&bytes).ok(), excerpt)
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
