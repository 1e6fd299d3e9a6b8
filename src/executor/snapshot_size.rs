//! How large what an executor tells of everything it ever ran is, and how it grew: by the days on which threads were created.
//!
//! Nothing is remembered between two ticks, so the days of the threads stand for what was there on them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// The days over which growth is averaged.
const GROWTH_DAYS: i64 = 28;

/// From this age on a released thread is of no use to anybody.
const OLD: TimeDelta = TimeDelta::days(30);

const MEBIBYTE: u64 = 1024 * 1024;

/// Bytes of the threads that were created on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct OfDay {
    all: u64,
    released: u64,
}

/// The bytes of a snapshot, by the days on which its threads were created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotDays(BTreeMap<i64, OfDay>);

/// The size of a snapshot at one moment, for people and programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SnapshotSize {
    /// All of it, in bytes.
    pub bytes: u64,
    /// What a week adds, in bytes, by the threads of the last four weeks.
    pub bytes_per_week: u64,
    /// Bytes of released threads that were created more than thirty days ago.
    pub bytes_released_long_ago: u64,
}

impl SnapshotDays {
    /// Counts a thread. One whose time of creation nobody knows counts as old.
    pub fn add(&mut self, created_at: Option<DateTime<Utc>>, released: bool, bytes: u64) {
        let day = self.0.entry(created_at.map_or(0, day)).or_default();
        day.all = day.all.saturating_add(bytes);
        if released {
            day.released = day.released.saturating_add(bytes);
        }
    }

    /// Returns the size of a snapshot that has so many bytes. What is younger than four weeks as a whole is averaged over its
    /// age, at least a week.
    #[must_use]
    pub fn size(&self, bytes: u64, now: DateTime<Utc>) -> SnapshotSize {
        let today = day(now);
        let recent: u64 = self
            .0
            .range(today - GROWTH_DAYS + 1..)
            .map(|(_, of_day)| of_day.all)
            .sum();
        let oldest = self.0.keys().next().copied().unwrap_or(today);
        let days = (today - oldest + 1).clamp(7, GROWTH_DAYS);
        SnapshotSize {
            bytes,
            bytes_per_week: recent.saturating_mul(7) / u64::try_from(days).unwrap_or(7),
            bytes_released_long_ago: self
                .0
                .range(..day(now - OLD))
                .map(|(_, of_day)| of_day.released)
                .sum(),
        }
    }
}

fn day(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(86_400)
}

impl SnapshotSize {
    /// Says it in a clause for people.
    #[must_use]
    pub fn in_words(&self) -> String {
        let share = self.bytes_released_long_ago.saturating_mul(100) / self.bytes.max(1);
        format!(
            "{} large, {} more a week, {share} % of it released threads older than 30 days",
            size(self.bytes),
            size(self.bytes_per_week)
        )
    }

    /// Returns whether it is worth a line to somebody who did not ask for it.
    #[must_use]
    pub const fn is_worth_a_line(&self) -> bool {
        self.bytes >= MEBIBYTE
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..MEBIBYTE => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{} MiB", bytes / MEBIBYTE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() - TimeDelta::days(days)
    }

    #[test]
    fn growth_is_told_by_the_threads_of_four_weeks() {
        let mut days = SnapshotDays::default();
        assert_eq!(days.size(0, at(0)).bytes_per_week, 0);
        // Two megabytes on each of the last two days: nobody knows yet what a week is like.
        days.add(Some(at(0)), false, 2 * MEBIBYTE);
        days.add(Some(at(1)), true, 2 * MEBIBYTE);
        assert_eq!(days.size(0, at(0)).bytes_per_week, 4 * MEBIBYTE);
        days.add(Some(at(13)), true, 4 * MEBIBYTE);
        assert_eq!(days.size(0, at(0)).bytes_per_week, 4 * MEBIBYTE);
        days.add(Some(at(28)), true, 100 * MEBIBYTE);
        days.add(Some(at(31)), true, 40 * MEBIBYTE);
        days.add(Some(at(90)), false, 10 * MEBIBYTE);
        days.add(None, true, 2 * MEBIBYTE);
        let size = days.size(168 * MEBIBYTE, at(0));
        assert_eq!(size.bytes_per_week, 2 * MEBIBYTE);
        assert_eq!(size.bytes_released_long_ago, 42 * MEBIBYTE);
        assert_eq!(
            size.in_words(),
            "168 MiB large, 2 MiB more a week, 25 % of it released threads older than 30 days"
        );
    }

    #[test]
    fn small_sizes_are_told_in_kibibytes() {
        let size = SnapshotDays::default().size(1_025, at(0));
        assert!(size.in_words().starts_with("2 KiB large, 0 KiB more"));
        assert!(!size.is_worth_a_line());
    }
}
