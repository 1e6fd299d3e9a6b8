//! How much may start now: caps and the pause of a provider (SPEC 4.5).
//!
//! Counts what others found in T3; it remembers nothing between ticks and decides nothing about a single issue.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::reason::{Reason, ReasonCode};

/// A run that waits for its provider: while there is one, nothing starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The run, for people.
    pub run: String,
    /// What stopped it.
    pub cause: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it goes on; `None` when a person must act first.
    pub until: Option<DateTime<Utc>>,
}

/// What may still start in this tick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// `AFK_MAX_IN_FLIGHT`.
    pub max_in_flight: usize,
    /// Our unreleased slots, allocated and off-list ones too.
    pub in_flight: usize,
    /// `AFK_MAX_STARTS_PER_DAY`; `None`: no limit.
    pub max_starts: Option<usize>,
    /// Our first messages of the last 24 hours.
    pub starts: usize,
    /// The run that waits longest for its provider.
    pub pause: Option<Pause>,
}

/// How long a first message counts.
pub const DAY: TimeDelta = TimeDelta::hours(24);

impl Caps {
    /// Returns why no slot may be taken; `None` when one may.
    #[must_use]
    pub fn reached(&self) -> Option<Reason> {
        self.paused().or_else(|| {
            let in_flight = (self.in_flight >= self.max_in_flight).then(|| {
                Reason::new(
                    ReasonCode::CapReached,
                    format!("AFK_MAX_IN_FLIGHT is {}", self.max_in_flight),
                )
            });
            in_flight.or_else(|| self.day_is_full())
        })
    }

    /// Returns why no first message may be sent into a slot that exists already and counts.
    #[must_use]
    pub fn reached_for_allocated(&self) -> Option<Reason> {
        self.paused().or_else(|| self.day_is_full())
    }

    /// Returns how many slots may be taken before a cap is reached.
    #[must_use]
    pub fn room(&self) -> usize {
        if self.reached().is_some() {
            return 0;
        }
        let of_day = self
            .max_starts
            .map_or(usize::MAX, |max| max.saturating_sub(self.starts));
        self.max_in_flight
            .saturating_sub(self.in_flight)
            .min(of_day)
    }

    /// Notes that a new slot is in use.
    pub fn take_slot(&mut self) {
        self.in_flight += 1;
    }

    /// Notes that a first message was sent.
    pub fn count_start(&mut self) {
        self.starts += 1;
    }

    fn paused(&self) -> Option<Reason> {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        self.pause.as_ref().map(|pause| {
            let until = match pause.until {
                Some(until) => format!("until {}", time(until)),
                None => "until a person has mended that, or the run was handed back".to_owned(),
            };
            Reason::new(
                ReasonCode::ProviderPaused,
                format!(
                    "{} waits since {}, {until}: {}",
                    pause.run,
                    time(pause.since),
                    pause.cause
                ),
            )
        })
    }

    fn day_is_full(&self) -> Option<Reason> {
        let max = self.max_starts.filter(|max| self.starts >= *max)?;
        Some(Reason::new(
            ReasonCode::CapReached,
            format!(
                "AFK_MAX_STARTS_PER_DAY is {max}, and as many runs were started in the last 24 hours"
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(in_flight: usize, starts: usize, max_starts: Option<usize>, paused: bool) -> Caps {
        let at = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        Caps {
            max_in_flight: 2,
            in_flight,
            max_starts,
            starts,
            pause: paused.then(|| Pause {
                run: "octo-org/widgets#7".to_owned(),
                cause: "the provider's usage limit is reached".to_owned(),
                since: at,
                until: Some(at + TimeDelta::hours(3)),
            }),
        }
    }

    #[test]
    fn every_cap_is_named_alone_and_the_pause_first() {
        for (caps, reached, allocated, room) in [
            (caps(0, 0, Some(3), false), None, None, 2),
            (caps(1, 2, Some(3), false), None, None, 1),
            (caps(1, 1, Some(3), false), None, None, 1),
            (caps(0, 2, Some(3), false), None, None, 1),
            (
                caps(2, 0, Some(3), false),
                Some("AFK_MAX_IN_FLIGHT is 2"),
                None,
                0,
            ),
            (
                caps(9, 0, None, false),
                Some("AFK_MAX_IN_FLIGHT is 2"),
                None,
                0,
            ),
            (
                caps(0, 3, Some(3), false),
                Some("AFK_MAX_STARTS_PER_DAY is 3"),
                Some("AFK_MAX_STARTS_PER_DAY is 3"),
                0,
            ),
            (
                caps(0, 4, Some(3), false),
                Some("AFK_MAX_STARTS_PER_DAY is 3"),
                Some("AFK_MAX_STARTS_PER_DAY is 3"),
                0,
            ),
            (
                caps(2, 3, Some(3), false),
                Some("AFK_MAX_IN_FLIGHT is 2"),
                Some("AFK_MAX_STARTS_PER_DAY is 3"),
                0,
            ),
            (caps(0, 4_000, None, false), None, None, 2),
            (
                caps(2, 3, Some(3), true),
                Some("octo-org/widgets#7 waits"),
                Some("octo-org/widgets#7 waits"),
                0,
            ),
        ] {
            let detail = |reason: Option<Reason>| reason.map(|reason| reason.detail);
            let begins = |found: Option<String>, expected: Option<&str>| match (found, expected) {
                (None, None) => true,
                (Some(found), Some(expected)) => found.starts_with(expected),
                (Some(_), None) | (None, Some(_)) => false,
            };
            assert!(begins(detail(caps.reached()), reached), "{caps:?}");
            assert!(
                begins(detail(caps.reached_for_allocated()), allocated),
                "{caps:?}"
            );
            assert_eq!(caps.room(), room, "{caps:?}");
        }
    }

    #[test]
    fn what_starts_takes_room() {
        let mut both = caps(0, 0, Some(3), false);
        both.take_slot();
        both.count_start();
        assert_eq!((both.in_flight, both.starts, both.room()), (1, 1, 1));
        both.take_slot();
        both.count_start();
        assert_eq!((both.in_flight, both.starts, both.room()), (2, 2, 0));
        // An allocated slot counts already: only its start is counted.
        let mut one_a_day = caps(1, 0, Some(1), false);
        one_a_day.count_start();
        assert_eq!((one_a_day.in_flight, one_a_day.room()), (1, 0));
    }

    #[test]
    fn a_pause_says_since_when_and_until_when() {
        let mut caps = caps(0, 0, None, true);
        let reason = caps.reached().unwrap();
        assert_eq!(reason.code, ReasonCode::ProviderPaused);
        assert_eq!(
            reason.detail,
            "octo-org/widgets#7 waits since 2026-01-01T00:00:00Z, until 2026-01-01T03:00:00Z: \
             the provider's usage limit is reached"
        );
        caps.pause.as_mut().unwrap().until = None;
        assert!(
            caps.reached()
                .unwrap()
                .detail
                .contains("until a person has mended that")
        );
    }
}
