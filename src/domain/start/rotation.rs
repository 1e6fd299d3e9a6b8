//! Whose turn it is among equals: an order of repositories that changes from tick to tick.
//!
//! Nothing is remembered between ticks, so that the order comes from the time. Ticks come at even distances: the time is mixed
//! first, or a distance that divides by the number of repositories would give the same order for ever.

use chrono::{DateTime, Utc};

/// The order of one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    first: usize,
    count: usize,
}

impl Rotation {
    /// Returns the order of `count` places in a tick that began at `at`.
    #[must_use]
    pub fn at(at: DateTime<Utc>, count: usize) -> Self {
        let mixed = mix(at.timestamp().cast_unsigned());
        let first = usize::try_from(mixed % count.max(1) as u64).unwrap_or(0);
        Self { first, count }
    }

    /// Returns where `index` stands in the order, from 0.
    #[must_use]
    pub const fn place(&self, index: usize) -> usize {
        if index >= self.first {
            index - self.first
        } else {
            index + self.count - self.first
        }
    }
}

/// Spreads neighbours over all numbers (the finaliser of SplitMix64).
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::TimeDelta;

    use super::*;

    fn rotation(seconds: i64, count: usize) -> Rotation {
        Rotation::at(
            DateTime::UNIX_EPOCH + TimeDelta::seconds(1_795_000_000 + seconds),
            count,
        )
    }

    #[test]
    fn every_index_has_a_place_of_its_own() {
        for count in [0, 1, 2, 7, 100] {
            let rotation = rotation(0, count);
            let places: BTreeSet<usize> = (0..count).map(|index| rotation.place(index)).collect();
            assert_eq!(places, (0..count).collect());
        }
    }

    #[test]
    fn every_repository_is_the_first_one_soon_whatever_the_schedule() {
        for (seconds, count) in [(60, 5), (180, 3), (180, 60), (300, 100), (300, 7)] {
            let ticks = 12 * count;
            let firsts: BTreeSet<usize> = (0..ticks as i64)
                .map(|tick| {
                    let rotation = rotation(tick * seconds, count);
                    (0..count)
                        .find(|index| rotation.place(*index) == 0)
                        .unwrap()
                })
                .collect();
            assert_eq!(firsts.len(), count, "every {seconds} s, {count}");
        }
    }

    #[test]
    fn neighbours_stay_neighbours() {
        let rotation = rotation(0, 10);
        let last = (0..10).find(|index| rotation.place(*index) == 9).unwrap();
        assert_eq!(rotation.place((last + 1) % 10), 0);
    }

    /// The first numbers of SplitMix64 from the seed 0, as its authors publish them.
    #[test]
    fn times_are_mixed_as_by_splitmix64() {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        for (seed, mixed) in [
            (0, 0xe220_a839_7b1d_cdaf),
            (STEP, 0x6e78_9e6a_a1b9_65f4),
            (STEP.wrapping_mul(2), 0x06c4_5d18_8009_454f),
        ] {
            assert_eq!(mix(seed), mixed, "{seed:#x}");
        }
    }
}
