//! One reading of one address, for what no adapter asks: who a token is, what it may, what a server says of itself.

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use crate::http::{Bearer, Call, Http, Method, place};
use crate::service_error::ServiceError;

/// What a server answered.
pub(super) struct Got {
    /// The status.
    pub(super) status: u16,
    /// The body, when it is JSON and small; null otherwise.
    pub(super) json: Value,
    /// What its body says, shortened.
    pub(super) excerpt: String,
    /// Its own time.
    pub(super) date: Option<DateTime<Utc>>,
    /// The scopes that GitHub says a classic token has.
    pub(super) scopes: Option<String>,
    /// When GitHub says that a token ends.
    pub(super) ends: Option<String>,
    /// Where it sends us, without what may be a secret.
    pub(super) location: Option<String>,
}

impl Got {
    /// The message of an answer that is a refusal in an object; empty without one.
    pub(super) fn message(&self) -> &str {
        self.json["message"].as_str().unwrap_or_default()
    }

    /// What was answered, in words.
    pub(super) fn in_words(&self) -> String {
        match &self.location {
            Some(to) if self.is_redirect() => {
                format!("HTTP {}, which sends us to {to}", self.status)
            }
            Some(_) | None => format!("HTTP {}: {}", self.status, self.excerpt),
        }
    }

    /// What mends an answer that says nothing of what was asked of `who`, because that is not well or something before it answers;
    /// `None` when it is an answer of its own.
    pub(super) fn mend_of_illness(&self, who: &str) -> Option<String> {
        Some(match self.status {
            429 => format!("wait until the limit is over, and see who else asks {who} so much"),
            500..=599 => {
                format!("wait, and look at {who} and at what stands before it: it is not well")
            }
            _ if self.is_redirect() => {
                format!("let us through to {who} without a log-in, or mend its address")
            }
            // A refusal is worded in an object by every service that is asked here.
            400..=499 if self.status != 401 && !self.json.is_object() => {
                format!("see what stands before {who} and refuses us, or mend its address")
            }
            _ => return None,
        })
    }

    fn is_redirect(&self) -> bool {
        matches!(self.status, 300..=399)
    }
}

/// Reads `url`. Nothing but GET is ever sent.
pub(super) fn get(
    http: &Http<'_>,
    service: &'static str,
    name: &str,
    url: Url,
    headers: &[(&'static str, &'static str)],
    bearer: Option<&dyn Bearer>,
) -> Result<Got, ServiceError> {
    let call = Call {
        service,
        name,
        method: Method::Get,
        url,
        headers,
        bearer,
        json: None,
        repeatable: true,
    };
    let answer = http.send(&call)?;
    let date = answer
        .header("date")
        .and_then(|date| DateTime::parse_from_rfc2822(date).ok())
        .map(|date| date.to_utc());
    let scopes = answer.header("x-oauth-scopes").map(str::to_owned);
    let ends = answer
        .header("github-authentication-token-expiration")
        .map(str::to_owned);
    let location = answer.header("location").map(place);
    let status = answer.status;
    let (json, excerpt) = answer.into_small_json();
    Ok(Got {
        status,
        json: json.unwrap_or(Value::Null),
        excerpt,
        date,
        scopes,
        ends,
        location,
    })
}

/// Whether anybody answers at the host of an address, which may itself be a secret: only its host is asked, and told of.
pub(super) fn host_answers(
    http: &Http<'_>,
    service: &'static str,
    address: &Url,
) -> Result<(), String> {
    let origin = address.origin().ascii_serialization();
    let url = Url::parse(&origin).map_err(|error| error.to_string())?;
    get(http, service, "reach it", url, &[], None)
        .map(drop)
        .map_err(|error| error.detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_ill_is_told_apart_from_who_refuses() {
        let got = |status, json: Value, location: Option<&str>| Got {
            status,
            json,
            excerpt: "said".to_owned(),
            date: None,
            scopes: None,
            ends: None,
            location: location.map(place),
        };
        let object = || serde_json::json!({"message": "no"});
        for (status, json, begins) in [
            (200, object(), None),
            (401, Value::Null, None),
            (401, object(), None),
            (403, object(), None),
            (404, object(), None),
            (403, Value::Null, Some("see what stands before T3")),
            (404, Value::Null, Some("see what stands before T3")),
            (407, Value::Null, Some("see what stands before T3")),
            (429, object(), Some("wait until the limit is over")),
            (429, Value::Null, Some("wait until the limit is over")),
            (500, object(), Some("wait, and look at T3")),
            (503, Value::Null, Some("wait, and look at T3")),
            (302, Value::Null, Some("let us through to T3")),
        ] {
            let mend = got(status, json, None).mend_of_illness("T3");
            let is_right = match (&mend, begins) {
                (Some(mend), Some(begins)) => mend.starts_with(begins),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            assert!(is_right, "{status} {mend:?}");
        }
        let sso = got(
            302,
            Value::Null,
            Some("https://sso.example/login?state=s3cret"),
        );
        assert_eq!(
            sso.in_words(),
            "HTTP 302, which sends us to https://sso.example/login"
        );
        assert_eq!(got(403, Value::Null, None).in_words(), "HTTP 403: said");
    }
}
