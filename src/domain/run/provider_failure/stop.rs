//! A stop that is nobody's fault: what it was, and when the run may go on.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::reset_time::{Told, told_time};

/// The wait before the first resume when the error names no time.
pub const WAIT_FIRST: TimeDelta = TimeDelta::minutes(15);

/// The longest wait between resumes when the error names no time.
pub const WAIT_MAX: TimeDelta = TimeDelta::hours(2);

/// What is added to a time that the error names: clocks differ.
pub const GRACE: TimeDelta = TimeDelta::minutes(1);

/// So many resumes in a row may follow at once on a time that the error names. Errors that say "in 30 seconds" for hours would
/// use up all of them in minutes: from then on the default wait is the least.
const RESUMES_AT_ONCE: usize = 2;

/// The longest text of an error that is kept, in characters.
pub const SAID_MAX_CHARS: usize = 300;

/// A stop that is nobody's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// What stopped the run.
    pub cause: StopCause,
    /// What was said, on one line, shortened to [`SAID_MAX_CHARS`].
    pub said: String,
    /// When it was said; for a restart, the last sign of the agent.
    pub at: DateTime<Utc>,
    /// When the provider takes work again, as far as the error says so.
    pub told: Option<Told>,
}

/// What stopped a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StopCause {
    /// The quota of a period is used up, or requests came too fast.
    Limit,
    /// The provider is overloaded, broken or out of reach.
    Overloaded,
    /// The provider refused one request, for a reason that may pass.
    Rejected,
    /// The conversation is longer than the model takes.
    TooLong,
    /// Our credentials are wrong, expired, or lack a right.
    Credentials,
    /// The model is unknown, or not ours to use.
    Model,
    /// Nothing is left to pay with.
    Credit,
    /// T3's server was restarted and its session did not survive.
    Restart,
}

impl StopCause {
    /// Every cause.
    pub const ALL: [Self; 8] = [
        Self::Limit,
        Self::Overloaded,
        Self::Rejected,
        Self::TooLong,
        Self::Credentials,
        Self::Model,
        Self::Credit,
        Self::Restart,
    ];

    /// Returns whether a turn "go on" can help once some time has passed.
    #[must_use]
    pub const fn is_resumable(self) -> bool {
        match self {
            Self::Limit | Self::Overloaded | Self::Rejected | Self::Restart => true,
            Self::TooLong | Self::Credentials | Self::Model | Self::Credit => false,
        }
    }

    /// Returns whether the provider is to blame, so that other runs would fare the same: only then nothing else is started.
    #[must_use]
    pub const fn is_of_the_provider(self) -> bool {
        match self {
            Self::Limit | Self::Overloaded | Self::Credentials | Self::Model | Self::Credit => true,
            // One request, or one conversation.
            Self::Rejected | Self::TooLong | Self::Restart => false,
        }
    }
}

impl fmt::Display for StopCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Limit => "the provider's usage limit is reached",
            Self::Overloaded => "the provider is overloaded or out of reach",
            Self::Rejected => "the provider refused a request",
            Self::TooLong => "the conversation is longer than the model takes",
            Self::Credentials => "the provider refused the credentials on T3's host",
            Self::Model => "the model is not available",
            Self::Credit => "the provider's credit is used up",
            Self::Restart => "T3's server was restarted under the run",
        })
    }
}

impl Stop {
    /// Describes an error of the provider; the time that it names is read from the text.
    #[must_use]
    pub fn of_provider(cause: StopCause, text: &str, at: DateTime<Utc>) -> Self {
        Self {
            cause,
            said: one_line(text),
            at,
            told: cause.is_resumable().then(|| told_time(text, at)).flatten(),
        }
    }

    /// Describes a restart of T3's server. `last_sign` is when the agent was last seen.
    #[must_use]
    pub fn of_restart(text: &str, last_sign: DateTime<Utc>) -> Self {
        Self {
            cause: StopCause::Restart,
            said: one_line(text),
            at: last_sign,
            told: None,
        }
    }

    /// Returns when the run may go on; `None` when it never may. `resumes` counts the resumes in a row before this stop,
    /// `orphan` is how long an agent may live on unseen after its server died.
    #[must_use]
    pub fn resume_at(&self, resumes: usize, orphan: TimeDelta) -> Option<DateTime<Utc>> {
        if !self.cause.is_resumable() {
            return None;
        }
        let latest = DateTime::<Utc>::MAX_UTC;
        let plus = |at: DateTime<Utc>, wait| at.checked_add_signed(wait).unwrap_or(latest);
        Some(match (self.cause, self.told) {
            (StopCause::Restart, _) => plus(self.at, orphan),
            // "Resets 5am", said at 5:06 to a run that was just resumed, is not the 5am of tomorrow.
            (_, Some(told)) if resumes > 0 && told.is_a_day_late => {
                plus(self.at, default_wait(resumes))
            }
            (_, Some(told)) if resumes >= RESUMES_AT_ONCE => {
                plus(told.at, GRACE).max(plus(self.at, default_wait(resumes)))
            }
            (_, Some(told)) => plus(told.at, GRACE),
            (_, None) => plus(self.at, default_wait(resumes)),
        })
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        if self.said.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.said)
        }
    }
}

/// Returns the wait before the next resume when the error names no time: doubled with each resume in a row.
#[must_use]
pub fn default_wait(resumes: usize) -> TimeDelta {
    let mut wait = WAIT_FIRST;
    for _ in 0..resumes {
        if wait >= WAIT_MAX {
            break;
        }
        wait = wait + wait;
    }
    wait.min(WAIT_MAX)
}

/// The beginning of a text, on one line.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    let mut beginning: String = line.chars().take(SAID_MAX_CHARS).collect();
    if beginning.len() < line.len() {
        beginning.push('…');
    }
    beginning
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What every other run would meet as well.
    const OF_ALL: [StopCause; 5] = [
        StopCause::Limit,
        StopCause::Overloaded,
        StopCause::Credentials,
        StopCause::Model,
        StopCause::Credit,
    ];

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_default_wait_doubles_up_to_two_hours() {
        let minutes: Vec<i64> = (0..6)
            .map(|resumes| default_wait(resumes).num_minutes())
            .collect();
        assert_eq!(minutes, [15, 30, 60, 120, 120, 120]);
        assert_eq!(default_wait(usize::MAX), WAIT_MAX);
    }

    #[test]
    fn a_stop_is_resumed_when_its_error_says_so_or_after_the_wait_or_never() {
        let now = at("2026-11-28T02:00:00Z");
        let orphan = TimeDelta::seconds(600);
        for cause in StopCause::ALL {
            let told = Stop::of_provider(cause, "limit · resets 5am (UTC)", now);
            let plain = Stop::of_provider(cause, "limit", now);
            let (of_told, of_plain) = (told.resume_at(1, orphan), plain.resume_at(1, orphan));
            assert_eq!(
                cause.is_of_the_provider(),
                OF_ALL.contains(&cause),
                "{cause:?}"
            );
            match cause {
                StopCause::Limit | StopCause::Overloaded | StopCause::Rejected => {
                    assert_eq!(of_told, Some(at("2026-11-28T05:01:00Z")), "{cause:?}");
                    assert_eq!(of_plain, Some(at("2026-11-28T02:30:00Z")), "{cause:?}");
                }
                StopCause::Restart => {
                    assert_eq!(of_told, Some(at("2026-11-28T02:10:00Z")));
                    assert_eq!(of_plain, Some(at("2026-11-28T02:10:00Z")));
                }
                StopCause::TooLong
                | StopCause::Credentials
                | StopCause::Model
                | StopCause::Credit => assert_eq!((of_told, of_plain), (None, None), "{cause:?}"),
            }
        }
        let last = Stop::of_restart("restarted", DateTime::<Utc>::MAX_UTC);
        assert_eq!(last.resume_at(0, orphan), Some(DateTime::<Utc>::MAX_UTC));
    }

    #[test]
    fn a_told_time_that_did_not_help_has_a_floor() {
        let said = at("2026-11-28T05:06:00Z");
        let wait = |text: &str, resumes| {
            let stop = Stop::of_provider(StopCause::Limit, text, said);
            let at = stop.resume_at(resumes, TimeDelta::seconds(600)).unwrap();
            (at - said).num_seconds()
        };
        for (text, resumes, seconds) in [
            ("retry after 30 seconds", 0, 90),
            ("retry after 30 seconds", 1, 90),
            ("retry after 30 seconds", 2, 3_600),
            ("retry after 30 seconds", 7, 7_200),
            ("try again in 5 hours", 7, 5 * 3_600 + 60),
            // The 5am of today, told late; without a resume before it may be that of tomorrow.
            ("limit · resets 5am (UTC)", 0, 23 * 3_600 + 55 * 60),
            ("limit · resets 5am (UTC)", 1, 1_800),
            ("limit · resets 4am (UTC)", 2, 3_600),
            ("limit · resets 3am (UTC)", 1, 21 * 3_600 + 55 * 60),
            (
                "limit · resets tomorrow at 5am (UTC)",
                1,
                23 * 3_600 + 55 * 60,
            ),
            ("limit · resets 6am (UTC)", 1, 55 * 60),
        ] {
            assert_eq!(wait(text, resumes), seconds, "{text} after {resumes}");
        }
    }

    #[test]
    fn what_was_said_is_one_short_line() {
        let stop = Stop::of_provider(
            StopCause::Limit,
            "You've hit\n\tyour limit\u{7}",
            at("2026-11-28T02:00:00Z"),
        );
        assert_eq!(
            stop.to_string(),
            "the provider's usage limit is reached: You've hit your limit"
        );
        let long = Stop::of_provider(
            StopCause::Overloaded,
            &"ä".repeat(1_000),
            at("2026-11-28T02:00:00Z"),
        );
        assert_eq!(long.said.chars().count(), SAID_MAX_CHARS + 1);
        let silent = Stop::of_restart("", at("2026-11-28T02:00:00Z"));
        assert_eq!(
            silent.to_string(),
            "T3's server was restarted under the run"
        );
    }
}
