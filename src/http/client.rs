//! The connections of one tick, and the sending of a request.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::blocking::{Client, ClientBuilder};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use url::Url;

use super::answer::{Answer, Body, Source, without_in_headers};
use super::bearer::Bearer;
use super::call::{Call, Method};
use super::cause::{chain, describe};
use super::proxy::through;
use super::roots::read_roots;
use super::script::Script;
use crate::clock::Deadline;
use crate::domain::config::is_near;
use crate::service_error::{AnsweredBy, FailureKind, ServiceError};

/// The longest that one request may take, even when the tick has more time left. A T3 snapshot of 65 MB took
/// about 2 s on loopback (`contracts/t3` section 9); a loaded server may be ten times slower.
const REQUEST_MAX: Duration = Duration::from_secs(60);

/// The longest that a connection may take to open.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// The connections of one tick. Nothing is loaded or opened before the first request.
pub struct Http<'a> {
    deadline: Deadline<'a>,
    /// The longest that one request may take.
    request_max: Duration,
    /// The only certificates that are trusted, in PEM; `None`: the machine's.
    only_roots: Option<PathBuf>,
    /// Certificates that are trusted beside the machine's, in PEM.
    more_roots: Option<PathBuf>,
    /// For public hosts; honours `HTTPS_PROXY` and its kin.
    public: OnceLock<Result<Client, String>>,
    /// For loopback and cluster-internal hosts; never uses a proxy.
    internal: OnceLock<Result<Client, String>>,
    /// For those hosts without encryption: loads no certificates.
    plain: OnceLock<Result<Client, String>>,
    /// What answers in place of a network.
    script: Option<&'a Script<'a>>,
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
            more_roots: None,
            public: OnceLock::new(),
            internal: OnceLock::new(),
            plain: OnceLock::new(),
            script: None,
        }
    }

    /// Takes every answer from `script`; nothing is sent.
    #[doc(hidden)]
    #[must_use]
    pub fn scripted(deadline: Deadline<'a>, script: &'a Script<'a>) -> Self {
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

    /// Trusts the certificates in this file beside the machine's. The file is read when the first encrypted request is sent.
    #[must_use]
    pub fn trusting_also(mut self, roots: Option<PathBuf>) -> Self {
        self.more_roots = roots;
        self
    }

    /// Returns the client for an address; loads the machine's root certificates when it is the first.
    fn client(&self, url: &Url) -> &Result<Client, String> {
        if let Some(roots) = &self.only_roots {
            self.internal.get_or_init(|| {
                let certificates = read_roots(roots)?;
                build(Client::builder().no_proxy().tls_certs_only(certificates))
            })
        } else if is_near(url) && url.scheme() == "http" {
            self.plain
                .get_or_init(|| build(Client::builder().no_proxy().tls_certs_only([])))
        } else if is_near(url) {
            self.internal
                .get_or_init(|| build(self.with_more_roots(Client::builder().no_proxy())?))
        } else {
            self.public
                .get_or_init(|| build(self.with_more_roots(Client::builder())?))
        }
    }

    /// Whether the client for an address is the one that honours proxies.
    fn may_use_proxy(&self, url: &Url) -> bool {
        self.only_roots.is_none() && !is_near(url)
    }

    fn with_more_roots(&self, builder: ClientBuilder) -> Result<ClientBuilder, String> {
        Ok(match &self.more_roots {
            Some(path) => builder.tls_certs_merge(read_roots(path)?),
            None => builder,
        })
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
        let first = match self.send_once(call) {
            Err(error)
                if call.repeatable && is_worth_another(&error) && self.deadline.allows_more() =>
            {
                error
            }
            result => return result,
        };
        tracing::debug!(
            service = call.service,
            call = call.name,
            "no answer, asking once more"
        );
        self.send_once(call)
            .map_err(|second| asked_twice(first, &second))
    }

    fn send_once<'c>(&self, call: &'c Call<'c>) -> Result<Answer<'c>, ServiceError> {
        let error = |kind, detail: String| ServiceError::new(call.service, call.name, kind, detail);
        let remaining = self.deadline.remaining();
        if remaining.is_zero() {
            let why = if self.deadline.is_stopping() {
                "it was asked to stop"
            } else {
                "the tick's time (AFK_TICK_MAX_SECONDS) is over"
            };
            return Err(error(FailureKind::OutOfTime, why.to_owned()));
        }
        let bearer = call
            .bearer
            .map(Bearer::bearer)
            .transpose()
            .map_err(|(kind, why)| error(kind, why).answered_by(AnsweredBy::NotAsked))?;
        self.deadline.note_request(call.service);
        if let Some(script) = self.script {
            let answer = script(call)
                .ok_or_else(|| error(FailureKind::Unreachable, "no answer".to_owned()))?;
            return Ok(Answer {
                service: call.service,
                call: call.name,
                status: answer.status,
                headers: without_in_headers(bearer.as_ref(), &answer.headers()),
                bearer,
                body: Body::new(
                    Source::Scripted(io::Cursor::new(answer.body.clone())),
                    &answer.headers(),
                ),
            });
        }
        let client = self
            .client(&call.url)
            .as_ref()
            .map_err(|why| error(FailureKind::Unreachable, why.clone()))?;
        let mut request = match call.method {
            Method::Get => client.get(call.url.clone()),
            Method::Post => client.post(call.url.clone()),
            Method::Put => client.put(call.url.clone()),
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
            if !call.headers.iter().any(|(name, _)| *name == "content-type") {
                request =
                    request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            request = request.body(body.clone());
        }
        tracing::debug!(service = call.service, call = call.name, "request");
        let response = request.send().map_err(|failure| {
            let limits = (remaining, self.request_max);
            let is_late = failure.is_timeout();
            let why = if is_late && tick_is_over(limits, failure.is_connect()) {
                "timed out: the tick's time (AFK_TICK_MAX_SECONDS) was over".to_owned()
            } else {
                describe(&failure.without_url())
            };
            let proxy = if self.may_use_proxy(&call.url) {
                through(&call.url)
            } else {
                None
            };
            let why = match proxy {
                Some(proxy) => format!("{why}, {proxy}"),
                None => why,
            };
            error(FailureKind::Unreachable, why)
                .answered_by(if is_late {
                    AnsweredBy::NobodyInTime
                } else {
                    AnsweredBy::Nobody
                })
                .at(call.url.origin().ascii_serialization())
        })?;
        Ok(Answer {
            service: call.service,
            call: call.name,
            status: response.status().as_u16(),
            headers: without_in_headers(bearer.as_ref(), response.headers()),
            bearer,
            body: {
                let headers = response.headers().clone();
                Body::new(Source::Network(response), &headers)
            },
        })
    }
}

/// Whether asking once more may help. Whoever was silent until a request's time was over is silent again, and the tick's time is
/// everybody's.
fn is_worth_another(error: &ServiceError) -> bool {
    error.kind == FailureKind::Unreachable && error.answered_by != AnsweredBy::NobodyInTime
}

/// What came of a request that was sent twice: why the first one failed, for that is what somebody has to mend, and then what else
/// went wrong. Often that is only the tick's time, which the first one used up.
fn asked_twice(mut first: ServiceError, second: &ServiceError) -> ServiceError {
    if first.detail != second.detail {
        let detail = format!("{}; asked once more: {}", first.detail, second.detail);
        let (origin, answered_by) = (first.origin, first.answered_by);
        first = ServiceError::new(first.service, first.call, first.kind, detail)
            .answered_by(answered_by);
        first.origin = origin;
    }
    first
}

/// Whether a time-out is the tick's doing, by the time that was left and the longest a request may take: not when the request had
/// less, nor when a connection that did not open had less.
fn tick_is_over((remaining, request_max): (Duration, Duration), connecting: bool) -> bool {
    remaining <= request_max && !(connecting && remaining > CONNECT_MAX)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_connection_is_tried_once_more_and_silence_is_not() {
        for (kind, answered_by, expected) in [
            (FailureKind::Unreachable, AnsweredBy::Nobody, true),
            (FailureKind::Unreachable, AnsweredBy::Garbled, true),
            (FailureKind::Unreachable, AnsweredBy::NobodyInTime, false),
            (FailureKind::OutOfTime, AnsweredBy::Nobody, false),
            (FailureKind::SecretUnreadable, AnsweredBy::NotAsked, false),
        ] {
            let error = ServiceError::new("service", "ask", kind, "").answered_by(answered_by);
            assert_eq!(is_worth_another(&error), expected, "{error:?}");
        }
    }

    #[test]
    fn what_failed_twice_is_told_by_its_first_cause() {
        const OVER: &str = "timed out: the tick's time (AFK_TICK_MAX_SECONDS) was over";
        let failed = |kind, detail: &str| ServiceError::new("service", "ask", kind, detail);
        for (first, kind, second, wanted) in [
            ("no route", FailureKind::Unreachable, "no route", "no route"),
            (
                "can not connect: operation timed out",
                FailureKind::Unreachable,
                OVER,
                "can not connect: operation timed out; asked once more: timed out: the tick's time (AFK_TICK_MAX_SECONDS) was over",
            ),
            (
                "no route",
                FailureKind::OutOfTime,
                "the tick's time (AFK_TICK_MAX_SECONDS) is over",
                "no route; asked once more: the tick's time (AFK_TICK_MAX_SECONDS) is over",
            ),
            (
                "the connection broke: reset",
                FailureKind::SecretUnreadable,
                "can not read token",
                "the connection broke: reset; asked once more: can not read token",
            ),
        ] {
            let told = asked_twice(
                failed(FailureKind::Unreachable, first),
                &failed(kind, second),
            );
            // The first request may have taken effect, whatever became of the second.
            assert_eq!(told, failed(FailureKind::Unreachable, wanted));
        }
    }

    #[test]
    fn a_time_out_is_blamed_on_the_limit_that_was_over() {
        let seconds = Duration::from_secs;
        for (remaining, request_max, connecting, wanted) in [
            // The request's own limit.
            (90, 60, false, false),
            (90, 60, true, false),
            (11, 5, true, false),
            // The connection did not open in its 10 seconds, and the tick went on.
            (60, 60, true, false),
            (11, 60, true, false),
            // The tick's.
            (60, 60, false, true),
            (10, 60, true, true),
            (3, 60, true, true),
            (3, 60, false, true),
        ] {
            assert_eq!(
                tick_is_over((seconds(remaining), seconds(request_max)), connecting),
                wanted,
                "{remaining} s left of the tick, {request_max} s for a request"
            );
        }
    }
}
