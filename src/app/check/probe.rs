//! One reading of one address, for what no adapter asks: who a token is, what it may, what a server says of itself.

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use crate::http::{Bearer, Call, Http, Method};
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
    let status = answer.status;
    let (json, excerpt) = answer.into_small_json();
    Ok(Got {
        status,
        json: json.unwrap_or(Value::Null),
        excerpt,
        date,
        scopes,
        ends,
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
