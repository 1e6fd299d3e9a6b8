//! Answers that are no answer, as errors that say what to do.

use std::time::Duration;

use crate::http::{Answer, Call};
use crate::service_error::{AnsweredBy, FailureKind, ServiceError};

/// The longest answer to how long to wait that is believed: a day.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Begins what is told of a token that Woodpecker does not know.
const TOKEN_IS_WRONG: &str = "AFK_WOODPECKER_TOKEN is wrong or was reset";

/// Turns an answer that is not 200 into an error, by `contracts/woodpecker` section 7.
pub(super) fn failure(call: &Call<'_>, answer: Answer<'_>) -> ServiceError {
    let status = answer.status;
    let retry_after = answer
        .header("retry-after")
        .and_then(|seconds| seconds.trim().parse().ok())
        .map(Duration::from_secs)
        .filter(|wait| *wait <= RETRY_AFTER_MAX);
    let excerpt = answer.excerpt();
    let (kind, detail) = match status {
        401 => (
            FailureKind::Denied,
            format!(
                "{TOKEN_IS_WRONG}; make a new one on the profile page of a user who may read the repository"
            ),
        ),
        403 => (FailureKind::Denied, format!("HTTP 403: {excerpt}")),
        404 => (
            FailureKind::NotFound,
            "Woodpecker does not know it, or the token's user may not read it".to_owned(),
        ),
        429 => (
            FailureKind::RateLimited { retry_after },
            format!("HTTP 429: {excerpt}"),
        ),
        400..=499 => (FailureKind::Refused, format!("HTTP {status}: {excerpt}")),
        500..=599 => (
            FailureKind::Unreachable,
            format!("HTTP {status}: {excerpt}"),
        ),
        _ => (FailureKind::Unreadable, format!("HTTP {status}: {excerpt}")),
    };
    ServiceError::new(call.service, call.name, kind, detail)
        .answered_by(AnsweredBy::Service(status))
}
