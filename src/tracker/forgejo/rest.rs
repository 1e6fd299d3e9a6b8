//! How requests to Forgejo and Gitea are sent, and what their statuses mean (`contracts/forgejo` sections 1, 2 and 10).
//!
//! The status is read first, and the body only where it says that it is JSON: some refusals are empty, some are web pages.
//! Redirects are never followed, because a write would become a read: they say where the repository is now. It does not
//! know what is asked.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::domain::config::{Key, SecretSource};
use crate::http::{Answer, Call, Http, Method, join};
use crate::service_error::{FailureKind, ServiceError};

pub(super) const SERVICE: &str = "forgejo";

/// What a page holds at most; servers that are configured to give less give less.
pub(super) const PAGE: usize = 50;

/// The longest that a tick waits for a limit to pass. The servers have none of their own, a proxy before them may.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// How long a limit lasts that names no time.
const WAIT_UNNAMED: Duration = Duration::from_secs(60);

const HEADERS: &[(&str, &str)] = &[("accept", "application/json")];

/// Sends requests to one server.
#[derive(Debug)]
pub(super) struct Sender<'a> {
    http: &'a Http<'a>,
    /// Ends in `/api/v1`.
    api: Url,
    token: SecretSource,
    /// Until when, in the clock's uptime, no requests are wanted.
    limited_until: Mutex<Option<Duration>>,
}

/// One page of a list, as far as its headers tell what comes after it.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// Items of the whole list, where the header counts them.
    pub(super) total: Option<usize>,
    /// Whether there is a next page, where a header says.
    pub(super) has_more: Option<bool>,
}

impl<'a> Sender<'a> {
    /// `base` is the server's address, with or without `/api/v1` behind it.
    pub(super) fn new(http: &'a Http<'a>, base: &Url, token: SecretSource) -> Self {
        let is_api = base.path().trim_end_matches('/').ends_with("/api/v1");
        let api = if is_api {
            base.clone()
        } else {
            join(base, &["api", "v1"])
        };
        Self {
            http,
            api,
            token,
            limited_until: Mutex::new(None),
        }
    }

    pub(super) fn http(&self) -> &Http<'a> {
        self.http
    }

    /// The address with `segments` appended, each percent-encoded, and a query.
    pub(super) fn address(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = join(&self.api, segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// The address of the pages for people.
    pub(super) fn web(&self) -> Url {
        let mut url = self.api.clone();
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/api/v1").unwrap_or(path).to_owned();
        url.set_path(&path);
        url
    }

    /// Prepares a request.
    pub(super) fn call<'c>(
        &'c self,
        name: &'c str,
        method: Method,
        url: Url,
        body: Option<&Value>,
    ) -> Call<'c> {
        Call {
            service: SERVICE,
            name,
            method,
            url,
            headers: HEADERS,
            bearer: Some(&self.token),
            json: body.map(|body| body.to_string().into_bytes()),
            repeatable: method == Method::Get,
        }
    }

    /// Reads one thing.
    ///
    /// # Errors
    ///
    /// Any status but 200.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        name: &str,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ServiceError> {
        let call = self.call(name, Method::Get, self.address(segments, query), None);
        self.answer(&call, 200)?.decode()
    }

    /// Reads one page of a list; `null` is an empty one.
    pub(super) fn page<T: DeserializeOwned>(
        &self,
        name: &str,
        segments: &[&str],
        query: &[(&str, &str)],
        number: usize,
    ) -> Result<Page<T>, ServiceError> {
        let (limit, number) = (PAGE.to_string(), number.to_string());
        let mut query = query.to_vec();
        query.extend([("limit", limit.as_str()), ("page", number.as_str())]);
        let call = self.call(name, Method::Get, self.address(segments, &query), None);
        let answer = self.answer(&call, 200)?;
        let total = answer
            .header("x-total-count")
            .and_then(|total| total.trim().parse().ok());
        let has_more = answer
            .header("x-hasmore")
            .map(|more| more.trim().eq_ignore_ascii_case("true"));
        let items: Option<Vec<T>> = answer.decode()?;
        Ok(Page {
            items: items.unwrap_or_default(),
            total,
            has_more,
        })
    }

    /// Sends a request; any status but the `expected` one is an error.
    pub(super) fn answer<'c>(
        &self,
        call: &'c Call<'c>,
        expected: u16,
    ) -> Result<Answer<'c>, ServiceError> {
        let answer = self.send(call)?;
        if answer.status == expected {
            Ok(answer)
        } else {
            Err(failure(call, answer))
        }
    }

    /// Sends a request, waits out a short limit once, and returns any answer that is no limit.
    pub(super) fn send<'c>(&self, call: &'c Call<'c>) -> Result<Answer<'c>, ServiceError> {
        self.wait_for_limit(call)?;
        let answer = self.http.send(call)?;
        let Some(wait) = limit(&answer) else {
            return Ok(answer);
        };
        self.note_limit(wait);
        self.wait_for_limit(call)?;
        let answer = self.http.send(call)?;
        match limit(&answer) {
            None => Ok(answer),
            Some(wait) => {
                self.note_limit(wait);
                Err(limited(call, wait))
            }
        }
    }

    fn note_limit(&self, wait: Duration) {
        let until = self.http.deadline().clock().uptime().saturating_add(wait);
        let mut limited_until = self
            .limited_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *limited_until = Some(limited_until.map_or(until, |known| known.max(until)));
    }

    fn wait_for_limit(&self, call: &Call<'_>) -> Result<(), ServiceError> {
        let deadline = self.http.deadline();
        let until = *self
            .limited_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let wait = until.and_then(|until| until.checked_sub(deadline.clock().uptime()));
        let Some(wait) = wait.filter(|wait| !wait.is_zero()) else {
            return Ok(());
        };
        if wait > WAIT_MAX || wait * 2 > deadline.remaining() || deadline.is_stopping() {
            return Err(limited(call, wait));
        }
        tracing::info!(
            seconds = wait.as_secs(),
            "the forge limits our rate, waiting"
        );
        deadline.clock().sleep(wait);
        Ok(())
    }
}

/// For how long the answer asks us to send nothing; `None` when it is no limit.
fn limit(answer: &Answer<'_>) -> Option<Duration> {
    let named = answer.header("retry-after");
    match (answer.status, named) {
        (429, _) | (503, Some(_)) => Some(
            named
                .and_then(|seconds| seconds.trim().parse().ok())
                .map_or(WAIT_UNNAMED, Duration::from_secs),
        ),
        _ => None,
    }
}

fn limited(call: &Call<'_>, wait: Duration) -> ServiceError {
    ServiceError::new(
        SERVICE,
        call.name,
        FailureKind::RateLimited {
            retry_after: Some(wait),
        },
        "the forge, or a proxy before it, limits our rate",
    )
}

/// What a status that is not the expected one means. Much of what comes from a proxy no server of the family says itself.
fn kind(status: u16) -> FailureKind {
    match status {
        // Not the server that is asked, or something before it.
        301..=303 | 307 | 308 => FailureKind::Unreachable,
        401 | 403 | 451 => FailureKind::Denied,
        404 | 410 => FailureKind::NotFound,
        // Too slow, or too early: something between us and the forge.
        408 | 425 => FailureKind::Unreachable,
        400..=499 => FailureKind::Refused,
        502..=504 => FailureKind::Overloaded,
        500..=599 => FailureKind::Unreachable,
        _ => FailureKind::Unreadable,
    }
}

/// Turns an answer that is not the expected one into an error.
pub(super) fn failure(call: &Call<'_>, answer: Answer<'_>) -> ServiceError {
    let status = answer.status;
    let location = answer
        .header("location")
        .filter(|_| (300..400).contains(&status))
        .and_then(|location| call.url.join(location).ok());
    let message = if answer.is_json() {
        let (body, excerpt) = answer.into_small_json();
        let told = body.as_ref().and_then(|body| body["message"].as_str());
        told.filter(|told| !told.is_empty())
            .map_or(excerpt, str::to_owned)
    } else {
        match answer.header("content-type") {
            Some(kind) if kind.starts_with("text/html") => "(a web page)".to_owned(),
            Some(_) => answer.excerpt(),
            None => "(empty body)".to_owned(),
        }
    };
    let kind = match location.as_ref().and_then(|to| new_name(&call.url, to)) {
        Some(to) => FailureKind::Moved { to },
        None => kind(status),
    };
    let detail = match location {
        Some(to) if kind == FailureKind::Unreachable => format!(
            "HTTP {status}: it redirects to {}: mend AFK_FORGEJO_URL",
            without_query(to)
        ),
        Some(_) | None => format!(
            "HTTP {status}: {message}{}",
            call.why_unknown(status, Key::ForgejoToken)
        ),
    };
    ServiceError::new(SERVICE, call.name, kind, detail)
}

/// The name of today of the repository that was `asked` for. A redirect of the whole server, to another address or to its page
/// for signing in, tells of no repository.
fn new_name(asked: &Url, location: &Url) -> Option<String> {
    let (asked_for, named) = (
        repository_in(asked.path())?,
        repository_in(location.path())?,
    );
    let is_other = !asked_for.eq_ignore_ascii_case(&named);
    (is_other && asked.origin() == location.origin()).then_some(named)
}

/// The `owner/name` that a path of the API names.
fn repository_in(path: &str) -> Option<String> {
    /// Below `repos`, and no repository.
    const SEARCH: &str = "issues/search";
    let (_, rest) = path.split_once("/api/v1/repos/")?;
    let mut segments = rest.split('/').filter(|segment| !segment.is_empty());
    let name = format!("{}/{}", segments.next()?, segments.next()?);
    (rest != SEARCH).then_some(name)
}

/// What may be shown of an address: pages for signing in get secrets behind their path.
fn without_query(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    // Refused only by addresses that can have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_says_whether_it_is_for_good() {
        use FailureKind::{Denied, NotFound, Overloaded, Refused, Unreachable, Unreadable};
        for (status, expected) in [
            (200, Unreadable),
            (301, Unreachable),
            (302, Unreachable),
            (303, Unreachable),
            (307, Unreachable),
            (308, Unreachable),
            (304, Unreadable),
            (400, Refused),
            (401, Denied),
            (403, Denied),
            (404, NotFound),
            (405, Refused),
            (406, Refused),
            (408, Unreachable),
            (409, Refused),
            (410, NotFound),
            (412, Refused),
            (413, Refused),
            (414, Refused),
            (422, Refused),
            (423, Refused),
            (425, Unreachable),
            (451, Denied),
            (499, Refused),
            (500, Unreachable),
            (501, Unreachable),
            (502, Overloaded),
            (504, Overloaded),
            (505, Unreachable),
        ] {
            assert_eq!(kind(status), expected, "{status}");
        }
    }

    #[test]
    fn only_a_redirect_to_another_repository_of_the_server_is_a_new_name() {
        const LIST: &str = "/api/v1/repos/owner/old/issues";
        for (asked, location, name) in [
            (
                "/api/v1/repos/owner/old",
                "/api/v1/repos/owner/new",
                Some("owner/new"),
            ),
            (
                LIST,
                "/api/v1/repos/owner/new/issues?state=open&type=issues",
                Some("owner/new"),
            ),
            (
                "/sub/api/v1/repos/owner/old/issues/1/comments",
                "http://forge.example/sub/api/v1/repos/acme/new/issues/1/comments",
                Some("acme/new"),
            ),
            // The whole server is elsewhere.
            (
                LIST,
                "https://forge.example/api/v1/repos/owner/old/issues",
                None,
            ),
            (
                LIST,
                "https://forge.example/api/v1/repos/owner/new/issues",
                None,
            ),
            (
                LIST,
                "http://new.example/api/v1/repos/owner/new/issues",
                None,
            ),
            (
                LIST,
                "http://forge.example:3000/api/v1/repos/owner/new",
                None,
            ),
            (LIST, "/sub/api/v1/repos/owner/old/issues", None),
            (LIST, "/api/v1/repos/Owner/Old/issues", None),
            (LIST, "/api/v1/repos/owner", None),
            (
                LIST,
                "/user/login?redirect_to=%2Fapi%2Fv1%2Frepos%2Fowner%2Fnew",
                None,
            ),
            (LIST, "/repos/owner/new", None),
            (
                "/api/v1/repos/issues/search",
                "/api/v1/repos/issues/search/",
                None,
            ),
            (
                "/api/v1/repos/issues/search",
                "/api/v1/repos/owner/new",
                None,
            ),
            ("/api/v1/user", "/api/v1/repos/owner/new", None),
        ] {
            let asked = Url::parse("http://forge.example")
                .unwrap()
                .join(asked)
                .unwrap();
            let location = asked.join(location).unwrap();
            let told = new_name(&asked, &location);
            assert_eq!(told.as_deref(), name, "{asked} {location}");
        }
    }

    #[test]
    fn an_address_is_shown_without_what_may_be_secret() {
        let url = Url::parse("https://amy:pass@new.example:8443/user/login?token=1#x").unwrap();
        assert_eq!(
            without_query(url).as_str(),
            "https://new.example:8443/user/login"
        );
    }
}
