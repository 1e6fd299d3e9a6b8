//! Asks GitHub as the App itself.

use chrono::{DateTime, Utc};

use super::assertion::Issuer;
use crate::domain::config::Key;
use crate::http::{Answer, Call};
use crate::service_error::ServiceError;
use crate::tracker::github::Sender;

impl Issuer {
    /// Sends what the App itself asks; once more by GitHub's clock where that is another one. `now` is ours, in seconds since 1970.
    pub(super) fn send<'c>(
        &self,
        sender: &Sender<'_>,
        call: &'c Call<'c>,
        now: i64,
    ) -> Result<Answer<'c>, ServiceError> {
        let answer = sender.send(call)?;
        if answer.status == 401 {
            // An assertion of another time than GitHub's is refused; its answer tells what time it is there.
            let theirs = answer.header("date").and_then(http_date);
            if theirs.is_some_and(|theirs| self.adjust(now, theirs.timestamp())) {
                return sender.send(call);
            }
        }
        Ok(answer)
    }

    /// What a refused assertion means.
    pub(super) fn refused(
        &self,
        sender: &Sender<'_>,
        call: &Call<'_>,
        answer: Answer<'_>,
    ) -> ServiceError {
        let mut error = sender.failure(call, answer);
        error.detail += &format!(
            "; {} has to hold a private key of the App whose id {} is",
            Key::GithubAppKeyFile,
            Key::GithubAppId
        );
        error
    }
}

/// A date of HTTP, such as `Sat, 28 Nov 2026 21:03:06 GMT`.
pub(super) fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text)
        .ok()
        .map(|date| date.with_timezone(&Utc))
}
