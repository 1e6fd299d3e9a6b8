//! Errors of a provider's API: statuses, and the words of its error objects.

use super::form::{goes_on_as_prose, normalised};
use crate::domain::run::provider_failure::stop::StopCause;

/// Reads a status that a provider's API answered with; `None` stands for no answer at all. `error` is the provider's own
/// word for it, which may be empty.
#[must_use]
pub fn cause_by_status(status: Option<u16>, error: &str) -> StopCause {
    let error = normalised(error);
    by_error_type(&error).unwrap_or_else(|| by_status(status, &error))
}

fn by_status(status: Option<u16>, text: &str) -> StopCause {
    match status {
        Some(401 | 403 | 407) => StopCause::Credentials,
        Some(402) => StopCause::Credit,
        Some(404) => StopCause::Model,
        Some(413) => StopCause::TooLong,
        Some(429) => StopCause::Limit,
        Some(400..=499) if is_too_long(text) => StopCause::TooLong,
        Some(400..=499) => StopCause::Rejected,
        Some(_) | None => StopCause::Overloaded,
    }
}

/// The words of the providers' own error objects, and what they come to whatever the status.
pub(super) fn by_error_type(text: &str) -> Option<StopCause> {
    const TYPES: &[(&str, StopCause)] = &[
        ("credit balance", StopCause::Credit),
        ("usage credits required", StopCause::Credit),
        ("extra usage is required", StopCause::Credit),
        ("api usage limits", StopCause::Limit),
        ("insufficient_quota", StopCause::Credit),
        ("billing_error", StopCause::Credit),
        ("billing_not_active", StopCause::Credit),
        ("authentication_error", StopCause::Credentials),
        ("authentication_failed", StopCause::Credentials),
        ("permission_error", StopCause::Credentials),
        ("invalid_api_key", StopCause::Credentials),
        ("organization has been disabled", StopCause::Credentials),
        ("disabled organization", StopCause::Credentials),
        ("not_found_error", StopCause::Model),
        ("model_not_found", StopCause::Model),
        ("overloaded_error", StopCause::Overloaded),
        ("rate_limit_error", StopCause::Limit),
        ("rate_limit_exceeded", StopCause::Limit),
        ("usage_limit_reached", StopCause::Limit),
    ];
    let found = TYPES.iter().find(|(word, _)| text.contains(word));
    found.map(|(_, cause)| *cause)
}

fn is_too_long(text: &str) -> bool {
    [
        "prompt is too long",
        "input is too long",
        "context length",
        "context window",
        "context limit",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// The text behind the region of a cloud: "(us-east5): 429".
fn behind_region(rest: &str) -> &str {
    let region = rest
        .trim_start()
        .strip_prefix('(')
        .and_then(|inside| inside.split_once(')'));
    match region {
        Some((region, behind)) if region.contains('-') && !region.contains(' ') => behind,
        Some(_) | None => rest,
    }
}

/// What stands behind "API Error": a status with words, or words that are known.
pub(super) fn api_error(rest: &str) -> Option<StopCause> {
    let rest = behind_region(rest);
    let rest = rest.trim_start_matches([':', ' ', '(', '·', '-', '…']);
    let rest = rest.strip_prefix("the ").unwrap_or(rest);
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    if digits.len() == 3 {
        let status = digits.parse().ok().filter(|status| *status >= 400)?;
        let after = &rest[digits.len()..];
        if after.starts_with(|c: char| c.is_alphanumeric()) || goes_on_as_prose(after) {
            return None;
        }
        return Some(cause_by_status(Some(status), after));
    }
    if let Some(at) = rest.find("rejected (") {
        let status = rest[at + "rejected (".len()..].split(')').next()?;
        return Some(cause_by_status(status.parse().ok(), rest));
    }
    let (words, usual) = KNOWN.iter().find(|(words, _)| rest.starts_with(words))?;
    if goes_on_as_prose(&rest[words.len()..]) {
        return None;
    }
    if *usual == StopCause::Rejected {
        return Some(StopCause::Rejected);
    }
    Some(by_error_type(rest).unwrap_or(*usual))
}

/// What is known to stand behind "API Error" where no status does, and what it comes to unless the provider's own words behind it
/// tell more.
const KNOWN: &[(&str, StopCause)] = &[
    ("connection", StopCause::Overloaded),
    ("request timed out", StopCause::Overloaded),
    ("request was aborted", StopCause::Overloaded),
    ("timed out", StopCause::Overloaded),
    ("timeout", StopCause::Overloaded),
    ("overloaded", StopCause::Overloaded),
    ("repeated", StopCause::Overloaded),
    ("internal server error", StopCause::Overloaded),
    ("server error", StopCause::Overloaded),
    ("fetch failed", StopCause::Overloaded),
    ("socket", StopCause::Overloaded),
    ("unable to connect", StopCause::Overloaded),
    ("unexpected", StopCause::Overloaded),
    ("operation timed out", StopCause::Overloaded),
    ("stream idle", StopCause::Overloaded),
    ("stream error", StopCause::Overloaded),
    ("no response from the model", StopCause::Overloaded),
    ("no response", StopCause::Overloaded),
    ("terminated", StopCause::Overloaded),
    ("response stalled", StopCause::Overloaded),
    ("retrying", StopCause::Overloaded),
    ("service unavailable", StopCause::Overloaded),
    ("bad gateway", StopCause::Overloaded),
    ("gateway timeout", StopCause::Overloaded),
    ("ssl certificate", StopCause::Overloaded),
    (
        "self-signed certificate in certificate chain",
        StopCause::Overloaded,
    ),
    (
        "self signed certificate in certificate chain",
        StopCause::Overloaded,
    ),
    ("self-signed certificate", StopCause::Overloaded),
    ("self signed certificate", StopCause::Overloaded),
    (
        "unable to get local issuer certificate",
        StopCause::Overloaded,
    ),
    (
        "unable to verify the first certificate",
        StopCause::Overloaded,
    ),
    ("certificate has expired", StopCause::Overloaded),
    // What the program's own runtime says of a connection, or of an answer that was cut.
    ("read econnreset", StopCause::Overloaded),
    ("read etimedout", StopCause::Overloaded),
    ("write econnreset", StopCause::Overloaded),
    ("write epipe", StopCause::Overloaded),
    ("connect econnrefused", StopCause::Overloaded),
    ("connect etimedout", StopCause::Overloaded),
    ("getaddrinfo", StopCause::Overloaded),
    ("premature close", StopCause::Overloaded),
    ("other side closed", StopCause::Overloaded),
    ("failed to parse json", StopCause::Overloaded),
    ("content block is not a text block", StopCause::Overloaded),
    ("content block not found", StopCause::Overloaded),
    ("cannot read properties of", StopCause::Overloaded),
    (
        "api returned an empty or malformed response",
        StopCause::Overloaded,
    ),
    (
        "model has reached its context window limit",
        StopCause::TooLong,
    ),
    ("claude's response exceeded", StopCause::Rejected),
    (
        "claude code is unable to respond to this request",
        StopCause::Rejected,
    ),
    (
        "security token included in the request is",
        StopCause::Credentials,
    ),
    (
        "could not load credentials from any providers",
        StopCause::Credentials,
    ),
    ("rate limit", StopCause::Limit),
    ("usage limit", StopCause::Limit),
    ("too many requests", StopCause::Limit),
    ("server is temporarily limiting", StopCause::Limit),
    ("usage credits required", StopCause::Credit),
    ("extra usage is required", StopCause::Credit),
    ("{", StopCause::Overloaded),
];
