//! How a call to an outside service fails: one type for all ports.
//!
//! Kinds follow what the caller may do about it, not where it broke.

use std::fmt;
use std::time::Duration;

/// The longest detail of a failure, in characters: services word many of them, and they go into logs and reports.
pub const DETAIL_MAX_CHARS: usize = 1_000;

/// What the caller may do about a failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The thing does not exist, or our token may not see it. Report it; do not retry in this tick.
    NotFound,
    /// The repository lives under another name now. Report the name; do not act under either.
    Moved {
        /// The name that the service gives.
        to: String,
    },
    /// The service refuses our credentials or our rights. Report it; a person must act.
    Denied,
    /// Too many requests. Send nothing more to this service in this tick.
    RateLimited {
        /// How long the service asks us to wait, when it says.
        retry_after: Option<Duration>,
    },
    /// The service could not finish in time. A smaller request may succeed.
    Overloaded,
    /// The service understood and refused. Read back before deciding anything.
    Refused,
    /// No answer, or none in time. The request may have taken effect: read back.
    Unreachable,
    /// An answer that does not mean what it should: malformed, truncated, huge, of a wrong type. The request may have taken effect.
    Unreadable,
    /// A secret could not be read from its file. Nothing was sent.
    SecretUnreadable,
    /// The tick's time is over, or it was asked to stop. Nothing was sent.
    OutOfTime,
}

/// Whose answer a failure is, as far as decisions depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnsweredBy {
    /// Nobody's, or it does not matter whose.
    #[default]
    Nobody,
    /// Nobody's in time.
    NobodyInTime,
    /// The service's, with this HTTP status.
    Service(u16),
    /// That of something before the service, such as a proxy, in its place, with this HTTP status.
    SomethingBefore(u16),
    /// An answer came that is none: it broke off, is cut short, or is in another language than JSON.
    Garbled,
    /// The service was not asked: there was no token to ask it with. Nothing was refused yet.
    NotAsked,
}

impl AnsweredBy {
    /// Whose an answer with an HTTP status is: the service's, or that of something before it.
    #[must_use]
    pub const fn with_status(status: u16, is_before: bool) -> Self {
        if is_before {
            Self::SomethingBefore(status)
        } else {
            Self::Service(status)
        }
    }

    /// Returns the HTTP status, where there was an answer with one.
    #[must_use]
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Service(status) | Self::SomethingBefore(status) => Some(status),
            Self::Nobody | Self::NobodyInTime | Self::Garbled | Self::NotAsked => None,
        }
    }
}

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {}{detail}", Prefix(kind))]
pub struct ServiceError {
    /// The service: `t3`, `github`, and so on.
    pub service: &'static str,
    /// What was asked of it, for people.
    pub call: String,
    /// What the caller may do.
    pub kind: FailureKind,
    /// Whose answer it is.
    pub answered_by: AnsweredBy,
    /// What happened, for people, with an excerpt of the answer. Never holds a secret.
    pub detail: String,
    /// Where nobody answered: scheme, host and port, never a path, which may be a secret. For operators alone, so that it is no
    /// part of the text: inner addresses are not for whoever reads a comment.
    pub origin: Option<String>,
}

impl ServiceError {
    /// Builds an error. Services have a say in `detail`, and in where something moved: both are kept to one line, and shortened
    /// when long.
    #[must_use]
    pub fn new(
        service: &'static str,
        call: impl Into<String>,
        kind: FailureKind,
        detail: impl Into<String>,
    ) -> Self {
        let mut kind = kind;
        if let FailureKind::Moved { to } = &mut kind {
            *to = one_line(to);
        }
        Self {
            service,
            call: call.into(),
            kind,
            answered_by: AnsweredBy::Nobody,
            detail: one_line(&detail.into()),
            origin: None,
        }
    }

    /// Notes whose answer it is.
    #[must_use]
    pub fn answered_by(self, answered_by: AnsweredBy) -> Self {
        Self {
            answered_by,
            ..self
        }
    }

    /// Notes where nobody answered.
    #[must_use]
    pub fn at(self, origin: String) -> Self {
        Self {
            origin: Some(origin),
            ..self
        }
    }

    /// Returns the whole of it, for operators: who failed, at what, how, and where.
    #[must_use]
    pub fn for_operators(&self) -> String {
        let origin = self.origin.as_ref();
        let origin = origin.map_or_else(String::new, |origin| format!(" ({origin})"));
        format!("{}: {self}{origin}", self.service)
    }

    /// Returns whether the service as a whole can not be used now, so that other calls would fail alike.
    #[must_use]
    pub const fn is_whole_service(&self) -> bool {
        match self.kind {
            FailureKind::Denied
            | FailureKind::RateLimited { .. }
            | FailureKind::Overloaded
            | FailureKind::Unreachable
            | FailureKind::SecretUnreadable => true,
            FailureKind::NotFound
            | FailureKind::Moved { .. }
            | FailureKind::Refused
            | FailureKind::Unreadable
            | FailureKind::OutOfTime => false,
        }
    }
}

impl ServiceError {
    /// Returns whether the service said nothing of what was asked: it can not be used as a whole, or what came in the place of its
    /// answer is none, such as the page of a proxy. JSON that means nothing to us is an answer.
    #[must_use]
    pub fn is_no_answer(&self) -> bool {
        match self.kind {
            FailureKind::Unreadable => {
                self.answered_by == AnsweredBy::Garbled || self.answered_by.status().is_some()
            }
            FailureKind::Denied
            | FailureKind::RateLimited { .. }
            | FailureKind::Overloaded
            | FailureKind::Unreachable
            | FailureKind::SecretUnreadable
            | FailureKind::NotFound
            | FailureKind::Moved { .. }
            | FailureKind::Refused
            | FailureKind::OutOfTime => self.is_whole_service(),
        }
    }

    /// Returns the first error, when nothing was answered to anybody. What was not asked any more, because the first answer took all the
    /// time, was not answered either.
    pub fn of_silence<'e>(results: impl Iterator<Item = Option<&'e Self>>) -> Option<&'e Self> {
        let mut first = None;
        for error in results {
            let error = error?;
            if error.is_no_answer() {
                first = first.or(Some(error));
            } else if error.kind != FailureKind::OutOfTime {
                return None;
            }
        }
        first
    }
}

impl ServiceError {
    /// Returns whether something before the service refused in its place. That may pass, and may also be about the words of this one
    /// request: whoever waits for it waits with a limit.
    #[must_use]
    pub fn is_refused_before(&self) -> bool {
        self.kind == FailureKind::Unreachable
            && matches!(self.answered_by, AnsweredBy::SomethingBefore(_))
    }

    /// Returns whether the service understood, and will refuse the same again whenever it is asked: what comes after it must
    /// not wait. Refused credentials are no such answer, because a person mends them; nor is a limit.
    #[must_use]
    pub fn is_refused_for_good(&self) -> bool {
        if self.answered_by == AnsweredBy::NotAsked {
            return false;
        }
        match self.kind {
            FailureKind::NotFound | FailureKind::Refused => true,
            FailureKind::Denied => self.answered_by.status() != Some(401),
            FailureKind::Moved { .. }
            | FailureKind::RateLimited { .. }
            | FailureKind::Overloaded
            | FailureKind::Unreachable
            | FailureKind::Unreadable
            | FailureKind::SecretUnreadable
            | FailureKind::OutOfTime => false,
        }
    }
}

fn one_line(detail: &str) -> String {
    let mut line: String = detail
        .chars()
        .take(DETAIL_MAX_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if detail.chars().nth(DETAIL_MAX_CHARS).is_some() {
        line.push('…');
    }
    line
}

struct Prefix<'a>(&'a FailureKind);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.0 {
            FailureKind::NotFound => "not found, or our token may not see it: ",
            FailureKind::Moved { to } => return write!(f, "moved to {to}: "),
            FailureKind::Denied => "denied: ",
            FailureKind::RateLimited {
                retry_after: Some(retry_after),
            } => return write!(f, "rate limited for {} s: ", retry_after.as_secs()),
            FailureKind::RateLimited { retry_after: None } => "rate limited: ",
            FailureKind::Overloaded => "overloaded: ",
            FailureKind::Refused => "refused: ",
            FailureKind::Unreachable => "no answer: ",
            FailureKind::Unreadable => "unreadable answer: ",
            FailureKind::SecretUnreadable => "secret not readable: ",
            FailureKind::OutOfTime => "not sent: ",
        };
        f.write_str(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_service_will_never_do_is_refused_for_good() {
        use AnsweredBy::{NobodyInTime, NotAsked, Service, SomethingBefore};
        let limited = FailureKind::RateLimited { retry_after: None };
        let moved = FailureKind::Moved {
            to: "a/b".to_owned(),
        };
        for (kind, answered_by, for_good) in [
            (FailureKind::Denied, Service(403), true),
            (FailureKind::Denied, Service(401), false),
            (FailureKind::Denied, NotAsked, false),
            (FailureKind::Refused, NotAsked, false),
            (FailureKind::NotFound, Service(410), true),
            (FailureKind::Refused, Service(422), true),
            (limited, Service(403), false),
            (FailureKind::Unreachable, Service(500), false),
            (FailureKind::Unreachable, NobodyInTime, false),
            (FailureKind::Unreachable, SomethingBefore(403), false),
            (FailureKind::Overloaded, Service(502), false),
            (FailureKind::Unreadable, Service(200), false),
            (moved, Service(301), false),
            (FailureKind::OutOfTime, AnsweredBy::Nobody, false),
        ] {
            let error =
                ServiceError::new("github", "comment", kind, "words").answered_by(answered_by);
            assert_eq!(error.is_refused_for_good(), for_good, "{error:?}");
            let is_before = matches!(answered_by, SomethingBefore(_));
            assert_eq!(error.is_refused_before(), is_before, "{error:?}");
        }
    }

    #[test]
    fn silence_is_when_nobody_was_answered() {
        let error = |kind| {
            ServiceError::new("github", "survey", kind, "words")
                .answered_by(AnsweredBy::Service(200))
        };
        let (gone, page) = (error(FailureKind::NotFound), error(FailureKind::Unreadable));
        let (down, late) = (
            error(FailureKind::Unreachable),
            error(FailureKind::OutOfTime),
        );
        for (results, expected) in [
            (vec![], None),
            (vec![Some(&page)], Some(&page)),
            (vec![Some(&down), Some(&page)], Some(&down)),
            (vec![Some(&late), Some(&page), Some(&down)], Some(&page)),
            // Somebody was answered, if only that there is no such repository.
            (vec![Some(&down), None], None),
            (vec![Some(&down), Some(&gone)], None),
            // The tick was asked to stop, or T3 took all of its time.
            (vec![Some(&late)], None),
        ] {
            let shown = format!("{results:?}");
            assert_eq!(
                ServiceError::of_silence(results.into_iter()),
                expected,
                "{shown}"
            );
        }
        for (kind, expected) in [
            (FailureKind::NotFound, false),
            (FailureKind::Moved { to: String::new() }, false),
            (FailureKind::Denied, true),
            (FailureKind::RateLimited { retry_after: None }, true),
            (FailureKind::Overloaded, true),
            (FailureKind::Refused, false),
            (FailureKind::Unreachable, true),
            (FailureKind::Unreadable, true),
            (FailureKind::SecretUnreadable, true),
            (FailureKind::OutOfTime, false),
        ] {
            assert_eq!(error(kind.clone()).is_no_answer(), expected, "{kind:?}");
        }
        for (answered_by, expected) in [
            (AnsweredBy::Service(204), true),
            (AnsweredBy::SomethingBefore(302), true),
            (AnsweredBy::Garbled, true),
            // JSON that means nothing to us is an answer.
            (AnsweredBy::Nobody, false),
        ] {
            let error = ServiceError::new("github", "survey", FailureKind::Unreadable, "words")
                .answered_by(answered_by);
            assert_eq!(error.is_no_answer(), expected, "{error:?}");
        }
    }

    #[test]
    fn operators_are_told_who_did_not_answer_and_where() {
        let error = ServiceError::new("t3", "read", FailureKind::Unreachable, "refused");
        assert_eq!(error.for_operators(), "t3: read: no answer: refused");
        let error = error.at("http://127.0.0.1:1".to_owned());
        assert_eq!(
            error.for_operators(),
            "t3: read: no answer: refused (http://127.0.0.1:1)"
        );
        assert_eq!(error.to_string(), "read: no answer: refused");
    }

    #[test]
    fn details_stay_on_one_line_and_short() {
        let detail = |text: &str| ServiceError::new("s", "c", FailureKind::Refused, text).detail;
        assert_eq!(detail("a\nb\u{1b}[1m\u{0}"), "a b [1m ");
        let exact = "ä".repeat(DETAIL_MAX_CHARS);
        assert_eq!(detail(&exact), exact);
        assert_eq!(detail(&format!("{exact}x")), format!("{exact}…"));
        let moved = FailureKind::Moved {
            to: "a\n/b".to_owned(),
        };
        let error = ServiceError::new("s", "c", moved, "gone");
        assert_eq!(error.to_string(), "c: moved to a /b: gone");
    }
}
