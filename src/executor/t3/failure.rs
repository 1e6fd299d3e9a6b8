//! What an answer that is no success means (`contracts/t3` sections 1 and 3).

use crate::http::{Answer, Call, Method, place};
use crate::service_error::{AnsweredBy, FailureKind, ServiceError};

/// How to get a bearer, for the operator who sees a refusal.
const PAIR_HINT: &str = "pair with T3 for one with the scopes orchestration:read and orchestration:operate, as step 2 of 'From nothing \
     to the first run' in the README says, and put it into AFK_T3_TOKEN or the file of AFK_T3_TOKEN_FILE";

/// Whether the answer is the one of a server that does not know the path (`contracts/t3` section 1).
pub(super) fn is_absent_endpoint(answer: &Answer<'_>) -> bool {
    let content_type = answer.header("content-type").unwrap_or_default();
    match answer.status {
        200 => content_type.starts_with("text/html"),
        404 => !answer.is_json(),
        503 => content_type.starts_with("text/plain"),
        _ => false,
    }
}

/// Turns an answer that is not 200 into an error, by the table of `contracts/t3` section 3.
pub(super) fn failure(call: &Call<'_>, answer: Answer<'_>) -> ServiceError {
    let status = answer.status;
    let location = answer.header("location").map(place);
    let (body, excerpt) = answer.into_small_json();
    // T3's errors have a tag. It says nothing at all to what it can not read, and whatever has other words stands before it.
    let is_own = body.as_ref().is_some_and(|body| body["_tag"].is_string());
    let is_silent = excerpt == "(empty body)";
    let is_before = match status {
        401 | 403 => !is_own,
        400 => !is_own && !is_silent,
        500 => body.is_none() && !is_silent,
        300..=399 => location.is_some(),
        _ => false,
    };
    let word = |key: &str| {
        body.as_ref()
            .and_then(|body| body[key].as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let (kind, detail) = match status {
        400 | 401 | 403 | 500 if is_before => (
            FailureKind::Unreachable,
            format!("something before T3 answers HTTP {status}: {excerpt}"),
        ),
        401 => (
            FailureKind::Denied,
            match word("reason").as_str() {
                "missing_credential" => format!("T3 saw no bearer; {PAIR_HINT}"),
                _ => format!("the bearer is wrong, expired or revoked; {PAIR_HINT}"),
            },
        ),
        403 => (
            FailureKind::Denied,
            format!(
                "the bearer lacks the scope {}; {PAIR_HINT}",
                word("requiredScope")
            ),
        ),
        400 => (
            FailureKind::Refused,
            match word("reason").as_str() {
                "invalid_command" => {
                    "T3 can not carry the command out (workspace directory missing or not a directory)".to_owned()
                }
                _ => format!("T3 does not know this command shape: {excerpt}"),
            },
        ),
        500 if call.method == Method::Post => (
            FailureKind::Refused,
            format!("T3 refused the command or failed: {excerpt}"),
        ),
        429 => (
            FailureKind::RateLimited { retry_after: None },
            format!("HTTP 429: {excerpt}"),
        ),
        500..=599 => (FailureKind::Unreachable, format!("HTTP {status}: {excerpt}")),
        300..=399 => (
            FailureKind::Unreadable,
            match location {
                Some(to) => format!("something before T3 answers HTTP {status}, and sends us to {to}"),
                None => format!("HTTP {status}: {excerpt}"),
            },
        ),
        _ => (FailureKind::Unreadable, format!("HTTP {status}: {excerpt}")),
    };
    ServiceError::new(call.service, call.name, kind, detail)
        .answered_by(AnsweredBy::with_status(status, is_before))
}
