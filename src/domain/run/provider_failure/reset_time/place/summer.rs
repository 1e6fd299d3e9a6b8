//! The rules of summer time.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

/// When clocks show an hour more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Summer {
    Never,
    /// From the last Sunday of March to the last of October, at 01:00 UTC.
    Europe,
    /// From the second Sunday of March to the first of November, at 02:00.
    America,
    /// From the first Sunday of October to the first of April, at 02:00 without summer time.
    Australia,
    /// From the last Sunday of September to the first of April, at 02:00 without summer time.
    NewZealand,
}

impl Summer {
    /// Returns whether it is on at a moment, where clocks are `here` seconds east of UTC without it.
    pub(super) fn is_on(self, at: DateTime<Utc>, here: i64) -> bool {
        let year = at.year();
        // Clocks change at an hour without summer time, or with it when that ends in America.
        let change = |day: Option<NaiveDate>, hours: i64, east: i64| {
            let day = day?.and_time(NaiveTime::MIN).and_utc();
            day.checked_add_signed(TimeDelta::try_seconds(hours * 3_600 - east)?)
        };
        let (begin, end) = match self {
            Summer::Never => return false,
            Summer::Europe => (
                change(last_sunday(year, 3), 1, 0),
                change(last_sunday(year, 10), 1, 0),
            ),
            Summer::America => (
                change(sunday(year, 3, 2), 2, here),
                change(sunday(year, 11, 1), 1, here),
            ),
            Summer::Australia => (
                change(sunday(year, 10, 1), 2, here),
                change(sunday(year, 4, 1), 2, here),
            ),
            Summer::NewZealand => (
                change(last_sunday(year, 9), 2, here),
                change(sunday(year, 4, 1), 2, here),
            ),
        };
        let (Some(begin), Some(end)) = (begin, end) else {
            return false;
        };
        if begin < end {
            begin <= at && at < end
        } else {
            begin <= at || at < end
        }
    }
}

fn sunday(year: i32, month: u32, count: u8) -> Option<NaiveDate> {
    NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Sun, count)
}

fn last_sunday(year: i32, month: u32) -> Option<NaiveDate> {
    sunday(year, month, 5).or_else(|| sunday(year, month, 4))
}
