//! How long a thread may be in a state before the table moves on, and how spans are said.
//!
//! Limits that operators set are in the configuration.

use chrono::{DateTime, TimeDelta, Utc};

use super::facts::RunFacts;

/// How long an agent may wait for an answer before a person is called; nobody is at the keyboard to give one.
pub const WAITING_MAX: TimeDelta = TimeDelta::minutes(10);

/// How long a turn may take to start, or a thread may be in a state that we do not know: T3 may accept a turn and lose it.
pub const START_MAX: TimeDelta = TimeDelta::minutes(15);

pub(super) fn unchanged(facts: &RunFacts, now: DateTime<Utc>) -> TimeDelta {
    now - facts.changed_at
}

/// Writes a duration for people: its two largest units.
pub(super) fn in_words(duration: TimeDelta) -> String {
    let (hours, minutes, seconds) = (
        duration.num_hours(),
        duration.num_minutes() % 60,
        duration.num_seconds() % 60,
    );
    match (hours, minutes, seconds) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
