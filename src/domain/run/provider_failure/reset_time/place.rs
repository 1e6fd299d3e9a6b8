//! What clocks show in places, as far as errors name them: agents' programs write the zone of the machine they run on.
//!
//! The history of all zones is more than this needs: every zone, by today's rules.

use chrono::{DateTime, Utc};

use self::names::NAMES;
use self::summer::Summer;

mod names;
mod summer;

/// A place's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Seconds east of UTC, without summer time.
    standard: i64,
    summer: Summer,
}

impl Place {
    /// Returns a place whose clocks are always so many seconds east of UTC.
    pub(super) const fn fixed(standard: i64) -> Self {
        Self {
            standard,
            summer: Summer::Never,
        }
    }

    /// Finds a place by its lower-case name, such as `europe/berlin`.
    pub(super) fn named(name: &str) -> Option<Self> {
        const QUARTER: i64 = 900;
        let mut zones = NAMES.iter();
        let (quarters, summer, _) =
            zones.find(|(.., names)| names.split(' ').any(|known| known == name))?;
        Some(Self {
            standard: quarters * QUARTER,
            summer: *summer,
        })
    }

    /// Returns how many seconds its clocks are east of UTC at a moment.
    pub(super) fn offset_at(self, at: DateTime<Utc>) -> i64 {
        if self.summer.is_on(at, self.standard) {
            self.standard + 3_600
        } else {
            self.standard
        }
    }
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
            ("us/pacific", "2026-07-01T00:00:00Z", -7),
            ("america/halifax", "2026-12-05T00:00:00Z", -4),
            ("america/halifax", "2026-07-01T00:00:00Z", -3),
            ("america/argentina/buenos_aires", "2026-07-01T00:00:00Z", -3),
            // Its own rule is not known: the later moment.
            ("asia/jerusalem", "2026-12-05T00:00:00Z", 2),
            ("asia/jerusalem", "2026-07-01T00:00:00Z", 2),
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
