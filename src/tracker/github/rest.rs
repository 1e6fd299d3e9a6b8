//! How requests to GitHub are sent and what their statuses mean (`contracts/github` sections 1, 3 and 11).
//!
//! One place for GraphQL and REST, because both share the rate limits. It does not know what is asked.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::budgets::Budgets;
use crate::domain::config::Key;
use crate::http::{Answer, Bearer, Call, Http, Method, place};
use crate::service_error::{AnsweredBy, FailureKind, ServiceError};

pub(in crate::tracker) const SERVICE: &str = "github";

/// The longest that a tick waits for a rate limit to pass; a longer one ends this tick's work on GitHub.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// GitHub asks for at least a minute when a secondary limit names no time (`contracts/github` section 11).
const WAIT_UNNAMED: Duration = Duration::from_secs(60);

const HEADERS: &[(&str, &str)] = &[
    ("accept", "application/vnd.github+json"),
    ("accept-encoding", "gzip"),
    ("x-github-api-version", "2022-11-28"),
];

/// Sends requests to one GitHub.
#[derive(Debug)]
pub(in crate::tracker) struct Sender<'a> {
    http: &'a Http<'a>,
    rest: Url,
    graphql: Url,
    bearer: Box<dyn Bearer + 'a>,
    /// Until when, in the clock's uptime, GitHub wants no requests.
    limited_until: Mutex<Option<Duration>>,
    budgets: Budgets,
}

impl<'a> Sender<'a> {
    /// `rest` is the REST base address: `https://api.github.com`, or `https://HOST/api/v3`.
    pub(in crate::tracker) fn new(
        http: &'a Http<'a>,
        rest: Url,
        bearer: Box<dyn Bearer + 'a>,
    ) -> Self {
        let mut graphql = rest.clone();
        let path = rest.path().trim_end_matches('/');
        let path = match path.strip_suffix("/api/v3") {
            Some(prefix) => format!("{prefix}/api/graphql"),
            None => format!("{path}/graphql"),
        };
        graphql.set_path(&path);
        Self {
            http,
            rest,
            graphql,
            bearer,
            limited_until: Mutex::new(None),
            budgets: Budgets::default(),
        }
    }

    /// The REST address with `segments` appended, each percent-encoded.
    pub(in crate::tracker) fn address(&self, segments: &[&str]) -> Url {
        let mut url = self.rest.clone();
        url.path_segments_mut()
            .expect("http and https addresses have a path")
            .pop_if_empty()
            .extend(segments);
        url
    }

    /// Sends a GraphQL query. Queries only read, so they may be sent twice.
    pub(super) fn graphql<'c>(
        &'c self,
        name: &'c str,
        document: &str,
        variables: &Value,
    ) -> Result<Call<'c>, ServiceError> {
        #[derive(Serialize)]
        struct Body<'b> {
            query: &'b str,
            variables: &'b Value,
        }
        let body = Body {
            query: &priced(document),
            variables,
        };
        Ok(Call {
            json: Some(serde_json::to_vec(&body).expect("queries are plain data")),
            repeatable: true,
            ..self.call(name, Method::Post, self.graphql.clone())
        })
    }

    /// Prepares a REST request without a body.
    pub(in crate::tracker) fn call<'c>(
        &'c self,
        name: &'c str,
        method: Method,
        url: Url,
    ) -> Call<'c> {
        Call {
            service: SERVICE,
            name,
            method,
            url,
            headers: HEADERS,
            bearer: Some(self.bearer.as_ref()),
            json: None,
            repeatable: method == Method::Get,
        }
    }

    /// What was spent of the rate limits.
    pub(in crate::tracker) const fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    /// Sends a request and notes what is left of its budget; once more with another token where the first one is refused.
    fn send_counted<'c>(&self, call: &'c Call<'c>) -> Result<Answer<'c>, ServiceError> {
        let mut answer = self.http.send(call)?;
        self.budgets.note(SERVICE, &answer);
        // Whoever is not known to GitHub did nothing, so an act may be sent again too.
        if answer.status == 401
            && answer
                .bearer()
                .is_some_and(|token| self.bearer.refused(token))
        {
            answer = self.http.send(call)?;
            self.budgets.note(SERVICE, &answer);
        }
        Ok(answer)
    }

    /// Sends a request, waits out a short rate limit once, and returns any answer that is no rate limit.
    pub(in crate::tracker) fn send<'c>(
        &self,
        call: &'c Call<'c>,
    ) -> Result<Answer<'c>, ServiceError> {
        self.wait_for_limit(call)?;
        let answer = self.send_counted(call)?;
        let Some(wait) = self.rate_limit(&answer) else {
            return Ok(answer);
        };
        self.note_limit(wait);
        self.wait_for_limit(call)?;
        let answer = self.send_counted(call)?;
        match self.rate_limit(&answer) {
            None => Ok(answer),
            Some(wait) => {
                self.note_limit(wait);
                Err(limited(call, wait))
            }
        }
    }

    /// Notes that GitHub wants no requests for `wait`. For limits that only a body tells.
    pub(super) fn note_limit(&self, wait: Duration) {
        let until = self.http.deadline().clock().uptime().saturating_add(wait);
        let mut limited_until = self
            .limited_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *limited_until = Some(limited_until.map_or(until, |known| known.max(until)));
    }

    /// The time until the primary limit resets, from the answer's headers.
    pub(super) fn reset_in(&self, answer: &Answer<'_>) -> Duration {
        let now = self.http.deadline().clock().now().timestamp();
        answer
            .header("x-ratelimit-reset")
            .and_then(|reset| reset.parse::<i64>().ok())
            .and_then(|reset| u64::try_from(reset.saturating_sub(now)).ok())
            .map_or(WAIT_UNNAMED, |seconds| Duration::from_secs(seconds.max(1)))
    }

    /// How long an answer that only its body calls a limit asks us to wait.
    pub(super) fn limited_for(&self, answer: &Answer<'_>) -> Duration {
        let is_secondary = answer
            .header("x-ratelimit-remaining")
            .is_some_and(|remaining| remaining != "0");
        retry_after(answer).unwrap_or_else(|| {
            if is_secondary {
                WAIT_UNNAMED
            } else {
                self.reset_in(answer)
            }
        })
    }

    fn wait_for_limit(&self, call: &Call<'_>) -> Result<(), ServiceError> {
        let clock = self.http.deadline().clock();
        let until = *self
            .limited_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(wait) = until.and_then(|until| until.checked_sub(clock.uptime())) else {
            return Ok(());
        };
        if wait.is_zero() {
            return Ok(());
        }
        let deadline = self.http.deadline();
        if wait > WAIT_MAX || wait * 2 > deadline.remaining() || deadline.is_stopping() {
            return Err(limited(call, wait));
        }
        tracing::info!(seconds = wait.as_secs(), "GitHub limits our rate, waiting");
        clock.sleep(wait);
        Ok(())
    }

    /// Whether the answer's status and headers say that the rate is limited, and for how long.
    fn rate_limit(&self, answer: &Answer<'_>) -> Option<Duration> {
        if !matches!(answer.status, 403 | 429) {
            return None;
        }
        if let Some(wait) = retry_after(answer) {
            return Some(wait);
        }
        if answer.header("x-ratelimit-remaining") == Some("0") {
            return Some(self.reset_in(answer));
        }
        (answer.status == 429).then_some(WAIT_UNNAMED)
    }

    /// Turns an answer that is no success into an error.
    pub(in crate::tracker) fn failure(&self, call: &Call<'_>, answer: Answer<'_>) -> ServiceError {
        let status = answer.status;
        let location = answer.header("location").map(str::to_owned);
        let accepted = answer
            .header("x-accepted-github-permissions")
            .map(|permissions| format!("; needs {permissions}"))
            .unwrap_or_default();
        let (body, excerpt) = answer.into_small_json();
        let own = body.as_ref().and_then(|body| body["message"].as_str());
        let is_own = own.is_some();
        let message = own.map_or(excerpt, str::to_owned);
        // GitHub refuses in JSON, and redirects to its own addresses.
        let elsewhere = location
            .as_deref()
            .filter(|to| matches!(status, 300..=399) && !is_of_repository(to))
            .map(place);
        if let Some(to) = elsewhere {
            let detail =
                format!("HTTP {status} from something before GitHub, which sends us to {to}");
            return before_github(call, status, detail);
        }
        let kind = match status {
            301 | 302 | 307 | 308 if is_own || location.is_some() => FailureKind::Moved {
                to: location
                    .as_deref()
                    .map_or_else(|| "an address that GitHub does not name".to_owned(), place),
            },
            401 => FailureKind::Denied,
            // Creating too much is refused as a validation error, too.
            403 | 422 if is_limit_message(&message) => {
                self.note_limit(WAIT_UNNAMED);
                FailureKind::RateLimited {
                    retry_after: Some(WAIT_UNNAMED),
                }
            }
            400..=499 if !is_own => {
                let detail = format!("HTTP {status} from something before GitHub: {message}");
                return before_github(call, status, detail);
            }
            403 | 451 => FailureKind::Denied,
            404 | 410 => FailureKind::NotFound,
            // Too slow, or too early: something between us and GitHub.
            408 | 425 => FailureKind::Unreachable,
            400..=499 => FailureKind::Refused,
            502..=504 => FailureKind::Overloaded,
            500..=599 => FailureKind::Unreachable,
            _ => FailureKind::Unreadable,
        };
        ServiceError::new(
            SERVICE,
            call.name,
            kind,
            format!(
                "HTTP {status}: {message}{accepted}{}",
                call.why_unknown(status, Key::GithubToken)
            ),
        )
        .answered_by(AnsweredBy::Service(status))
    }
}

/// A proxy, or whatever else stands before GitHub, answered in its place.
fn before_github(call: &Call<'_>, status: u16, detail: String) -> ServiceError {
    ServiceError::new(SERVICE, call.name, FailureKind::Unreachable, detail)
        .answered_by(AnsweredBy::SomethingBefore(status))
}

/// Whether an address is one at which GitHub shows a repository: it redirects to those where one was renamed, and to no others.
fn is_of_repository(location: &str) -> bool {
    let path = location.split(['?', '#']).next().unwrap_or_default();
    path.contains("/repos/") || path.contains("/repositories/")
}

/// Asks what the query costs, too.
fn priced(document: &str) -> String {
    document.replacen('{', "{\n  rateLimit { cost }", 1)
}

/// The header's time; a minute when it names a date or something else.
fn retry_after(answer: &Answer<'_>) -> Option<Duration> {
    let header = answer.header("retry-after")?;
    Some(
        header
            .trim()
            .parse()
            .map_or(WAIT_UNNAMED, Duration::from_secs),
    )
}

/// Whether a message is one of those with which GitHub says that we ask too much (`contracts/github` sections 3 and 11).
pub(super) fn is_limit_message(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    [
        "secondary rate limit",
        "rate limit exceeded",
        "rate limit already exceeded",
        "exceeded the rate limit",
        "exceeded a rate limit",
        "abuse detection",
        "abuse rate limit",
        "submitted too quickly",
    ]
    .iter()
    .any(|words| message.contains(words))
}

fn limited(call: &Call<'_>, wait: Duration) -> ServiceError {
    ServiceError::new(
        SERVICE,
        call.name,
        FailureKind::RateLimited {
            retry_after: Some(wait),
        },
        "GitHub limits our rate",
    )
}
