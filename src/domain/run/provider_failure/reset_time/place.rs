//! What clocks show in places, as far as errors name them: agents' programs write the zone of the machine they run on.
//!
//! A calendar of all zones and their history is more than this needs: the places of most machines, by today's rules.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

/// A place's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Seconds east of UTC, without summer time.
    standard: i64,
    summer: Summer,
}

/// When clocks show an hour more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Summer {
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

impl Place {
    /// Returns a place whose clocks are always so many seconds east of UTC.
    pub(super) const fn fixed(standard: i64) -> Self {
        Self {
            standard,
            summer: Summer::Never,
        }
    }

    /// Finds a place by its lower-case name, such as `europe/berlin`, or by a word for its time.
    pub(super) fn named(name: &str) -> Option<Self> {
        const QUARTERS: i64 = 900;
        let (quarters, summer) = match name {
            "europe/london" | "europe/dublin" | "europe/lisbon" | "europe/belfast" => {
                (0, Summer::Europe)
            }
            "europe/paris" | "europe/berlin" | "europe/madrid" | "europe/rome"
            | "europe/amsterdam" | "europe/brussels" | "europe/vienna" | "europe/zurich"
            | "europe/stockholm" | "europe/oslo" | "europe/copenhagen" | "europe/prague"
            | "europe/warsaw" | "europe/budapest" | "europe/belgrade" | "europe/zagreb"
            | "europe/bratislava" | "europe/ljubljana" | "europe/luxembourg" => (4, Summer::Europe),
            "europe/athens" | "europe/helsinki" | "europe/kyiv" | "europe/kiev"
            | "europe/bucharest" | "europe/sofia" | "europe/vilnius" | "europe/riga"
            | "europe/tallinn" => (8, Summer::Europe),
            "europe/istanbul" | "europe/moscow" | "europe/minsk" | "africa/nairobi" => {
                (12, Summer::Never)
            }
            "america/new_york" | "america/toronto" | "america/detroit" | "us/eastern" | "et"
            | "eastern" => (-20, Summer::America),
            "america/chicago" | "america/winnipeg" | "us/central" | "ct" | "central" => {
                (-24, Summer::America)
            }
            "america/denver" | "america/edmonton" | "us/mountain" | "mt" | "mountain" => {
                (-28, Summer::America)
            }
            "america/los_angeles" | "america/vancouver" | "us/pacific" | "pt" | "pacific" => {
                (-32, Summer::America)
            }
            "america/anchorage" => (-36, Summer::America),
            "america/phoenix" => (-28, Summer::Never),
            "america/bogota" | "america/lima" => (-20, Summer::Never),
            "america/mexico_city" => (-24, Summer::Never),
            "america/sao_paulo" | "america/argentina/buenos_aires" | "america/buenos_aires" => {
                (-12, Summer::Never)
            }
            "pacific/honolulu" => (-40, Summer::Never),
            "africa/lagos" => (4, Summer::Never),
            "africa/johannesburg" => (8, Summer::Never),
            "asia/dubai" => (16, Summer::Never),
            "asia/karachi" => (20, Summer::Never),
            "asia/kolkata" | "asia/calcutta" => (22, Summer::Never),
            "asia/kathmandu" => (23, Summer::Never),
            "asia/dhaka" => (24, Summer::Never),
            "asia/bangkok" | "asia/jakarta" | "asia/ho_chi_minh" | "asia/saigon" => {
                (28, Summer::Never)
            }
            "asia/shanghai" | "asia/hong_kong" | "asia/singapore" | "asia/taipei"
            | "asia/manila" | "asia/kuala_lumpur" | "australia/perth" => (32, Summer::Never),
            "asia/tokyo" | "asia/seoul" => (36, Summer::Never),
            "australia/brisbane" => (40, Summer::Never),
            "australia/sydney"
            | "australia/melbourne"
            | "australia/hobart"
            | "australia/canberra" => (40, Summer::Australia),
            "australia/adelaide" => (38, Summer::Australia),
            "pacific/auckland" => (48, Summer::NewZealand),
            "etc/utc" | "etc/gmt" | "etc/universal" => (0, Summer::Never),
            _ => return None,
        };
        Some(Self {
            standard: quarters * QUARTERS,
            summer,
        })
    }

    /// Returns how many seconds its clocks are east of UTC at a moment.
    pub(super) fn offset_at(self, at: DateTime<Utc>) -> i64 {
        if self.is_summer(at) {
            self.standard + 3_600
        } else {
            self.standard
        }
    }

    fn is_summer(self, at: DateTime<Utc>) -> bool {
        let year = at.year();
        // Clocks change at an hour without summer time, or with it when that ends in America.
        let change = |day: Option<NaiveDate>, hours: i64, east: i64| {
            let day = day?.and_time(NaiveTime::MIN).and_utc();
            day.checked_add_signed(TimeDelta::try_seconds(hours * 3_600 - east)?)
        };
        let here = self.standard;
        let (begin, end) = match self.summer {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_of_places_change_when_they_do() {
        for (name, at, hours) in [
            ("europe/berlin", "2026-03-29T00:59:59Z", 1),
            ("europe/berlin", "2026-03-29T01:00:00Z", 2),
            ("europe/berlin", "2026-10-25T00:59:59Z", 2),
            ("europe/berlin", "2026-10-25T01:00:00Z", 1),
            ("europe/london", "2026-07-01T00:00:00Z", 1),
            ("europe/moscow", "2026-07-01T00:00:00Z", 3),
            ("america/new_york", "2026-03-08T06:59:59Z", -5),
            ("america/new_york", "2026-03-08T07:00:00Z", -4),
            ("america/new_york", "2026-11-01T05:59:59Z", -4),
            ("america/new_york", "2026-11-01T06:00:00Z", -5),
            ("america/los_angeles", "2026-11-28T00:00:00Z", -8),
            ("pt", "2026-07-01T00:00:00Z", -7),
            ("america/phoenix", "2026-07-01T00:00:00Z", -7),
            ("australia/sydney", "2026-10-03T15:59:59Z", 10),
            ("australia/sydney", "2026-10-03T16:00:00Z", 11),
            ("australia/sydney", "2026-04-04T15:59:59Z", 11),
            ("australia/sydney", "2026-04-04T16:00:00Z", 10),
            ("pacific/auckland", "2026-11-28T00:00:00Z", 13),
            ("pacific/auckland", "2026-07-01T00:00:00Z", 12),
            ("asia/tokyo", "2026-07-01T00:00:00Z", 9),
        ] {
            let place = Place::named(name).unwrap();
            let at: DateTime<Utc> = at.parse().unwrap();
            assert_eq!(place.offset_at(at), hours * 3_600, "{name} {at}");
        }
        assert_eq!(Place::named("asia/kolkata"), Some(Place::fixed(19_800)));
        assert_eq!(Place::named("mars/olympus_mons"), None);
        let place = Place::named("europe/berlin").unwrap();
        let _ = (
            place.offset_at(DateTime::<Utc>::MIN_UTC),
            place.offset_at(DateTime::<Utc>::MAX_UTC),
        );
    }
}
