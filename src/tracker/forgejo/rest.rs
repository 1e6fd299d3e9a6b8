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
use crate::http::{Answer, Call, Http, Method, beginning_of, join};
use crate::service_error::{AnsweredBy, FailureKind, ServiceError};

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

/// Who speaks in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaker {
    /// The forge itself.
    Forge,
    /// A proxy, a gateway, a router: whatever stands before it.
    Before,
}

/// What a status that is not the expected one means. What the forge itself refuses it refuses for good; what stands before it is
/// mended by a person, or passes.
fn kind(status: u16, speaker: Speaker) -> FailureKind {
    match (status, speaker) {
        // Not the server that is asked, or something before it.
        (301..=303 | 307 | 308, _) => FailureKind::Unreachable,
        (401, _) => FailureKind::Denied,
        (400..=499, Speaker::Before) => FailureKind::Unreachable,
        (403 | 451, Speaker::Forge) => FailureKind::Denied,
        (404 | 410, Speaker::Forge) => FailureKind::NotFound,
        // Too slow, or too early.
        (408 | 425, Speaker::Forge) => FailureKind::Unreachable,
        (400..=499, Speaker::Forge) => FailureKind::Refused,
        (502..=504, _) => FailureKind::Overloaded,
        (500..=599, _) => FailureKind::Unreachable,
        (_, _) => FailureKind::Unreadable,
    }
}

/// Whether the forge itself refuses, by the forms that these servers have (`contracts/forgejo` sections 1 and 10): an object with
/// a message, `null` for a branch that is not there, and for a write without the right an empty body, or a page of theirs.
fn is_of_forge(call: &Call<'_>, status: u16, kind: Option<&str>, json: bool, body: &str) -> bool {
    /// What is in the head of every page of theirs, in all languages.
    const STYLE: &str = "/assets/css/index.css";
    /// What they call such a page.
    const TITLE: &str = "<title>Internal server error";
    if json {
        return match serde_json::from_str(body) {
            Ok(Value::Null) => status == 404,
            Ok(told) => told["message"].is_string(),
            Err(_) => false,
        };
    }
    let is_page = || body.contains(STYLE) || body.contains(TITLE);
    let is_write = call.method != Method::Get;
    is_write && status == 403 && kind.map_or_else(|| body.is_empty(), |_| is_page())
}

/// Turns an answer that is not the expected one into an error.
pub(super) fn failure(call: &Call<'_>, answer: Answer<'_>) -> ServiceError {
    let (status, is_json) = (answer.status, answer.is_json());
    let location = answer
        .header("location")
        .filter(|_| (300..400).contains(&status))
        .and_then(|location| call.url.join(location).ok());
    let content_type = answer.header("content-type").map(str::to_owned);
    let content_type = content_type.as_deref();
    let body = answer.into_small_text();
    let told: Option<Value> = serde_json::from_str(&body).ok().filter(|_| is_json);
    let message = told
        .as_ref()
        .and_then(|told| told["message"].as_str())
        .filter(|told| !told.is_empty())
        .map_or_else(|| beginning_of(content_type, &body), str::to_owned);
    let speaker = if is_of_forge(call, status, content_type, is_json, &body) {
        Speaker::Forge
    } else {
        Speaker::Before
    };
    let kind = match location.as_ref().and_then(|to| new_name(&call.url, to)) {
        Some(to) => FailureKind::Moved { to },
        None => kind(status, speaker),
    };
    let is_before = speaker == Speaker::Before && matches!(status, 400 | 402..=499);
    let detail = match location {
        Some(to) if kind == FailureKind::Unreachable => format!(
            "HTTP {status}: it redirects to {}: mend AFK_FORGEJO_URL, or what stands before the forge",
            without_query(to)
        ),
        Some(_) | None if is_before => {
            format!("HTTP {status} from something before the forge: {message}")
        }
        Some(_) | None => format!(
            "HTTP {status}: {message}{}",
            call.why_unknown(status, Key::ForgejoToken)
        ),
    };
    ServiceError::new(SERVICE, call.name, kind, detail)
        .answered_by(AnsweredBy::with_status(status, is_before))
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
            assert_eq!(kind(status, Speaker::Forge), expected, "{status}");
            // Whatever stands before it refuses nothing for good.
            let before = match status {
                401 => Denied,
                400..=499 => Unreachable,
                _ => expected,
            };
            assert_eq!(kind(status, Speaker::Before), before, "{status}");
        }
    }

    #[test]
    fn only_what_these_servers_say_is_theirs() {
        const JSON: Option<&str> = Some("application/json;charset=utf-8");
        const TEXT: Option<&str> = Some("text/plain; charset=utf-8");
        const PAGE: Option<&str> = Some("text/html; charset=utf-8");
        const THEIRS: &str = "<!DOCTYPE html>\n<title>Internal server error - forge</title>";
        const IN_GERMAN: &str = "<!DOCTYPE html>\n<title>Interner Serverfehler - forge</title>\n\
            <link rel=\"stylesheet\" href=\"/assets/css/index.css?v=11.0.15\">";
        const MESSAGE: &str = r#"{"message": "no", "url": "https://forge.example/api/swagger"}"#;
        // Method, status, type, body, and whether it is theirs.
        for (method, status, content_type, body, expected) in [
            (Method::Get, 404, JSON, MESSAGE, true),
            (Method::Patch, 403, JSON, r#"{"message": ""}"#, true),
            (Method::Post, 423, JSON, MESSAGE, true),
            (Method::Get, 404, JSON, "null", true),
            (Method::Get, 403, JSON, "null", false),
            (
                Method::Get,
                403,
                JSON,
                r#"{"error": "login_required"}"#,
                false,
            ),
            (Method::Get, 403, JSON, "cut", false),
            (Method::Get, 404, TEXT, MESSAGE, false),
            // Empty for a write without the right; nothing else is.
            (Method::Patch, 403, None, "", true),
            (Method::Delete, 403, None, "", true),
            (Method::Get, 403, None, "", false),
            (Method::Patch, 404, None, "", false),
            (Method::Patch, 403, TEXT, "", false),
            (Method::Patch, 403, None, "RBAC: access denied", false),
            // Their pages, and those of others.
            (Method::Post, 403, PAGE, THEIRS, true),
            (Method::Post, 403, PAGE, IN_GERMAN, true),
            (Method::Get, 403, PAGE, THEIRS, false),
            (Method::Post, 405, PAGE, THEIRS, false),
            (
                Method::Post,
                403,
                PAGE,
                "<title>403 Forbidden</title>",
                false,
            ),
            (Method::Post, 404, TEXT, "404 page not found\n", false),
        ] {
            let call = Call {
                service: SERVICE,
                name: "ask",
                method,
                url: Url::parse("https://forge.example").unwrap(),
                headers: &[],
                bearer: None,
                json: None,
                repeatable: false,
            };
            let json = content_type == JSON;
            assert_eq!(
                is_of_forge(&call, status, content_type, json, body),
                expected,
                "{method:?} {status} {content_type:?} {body}"
            );
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
