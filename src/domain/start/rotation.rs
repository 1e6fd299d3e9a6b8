//! Whose turn it is among equals: an order that changes from tick to tick.
//!
//! Nothing is remembered between ticks, so that the order comes from the time. It is a new one in every tick, and not the last one
//! moved on: who stands behind many that want nothing would go first in nearly every tick, and its neighbour never. Ticks come at
//! even distances, so the time is mixed first, or a distance that divides by the number of places would give few orders.

use chrono::{DateTime, Utc};

/// The order of one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    seed: u64,
}

impl Rotation {
    /// Returns the order of a tick that began at `at`.
    #[must_use]
    pub const fn at(at: DateTime<Utc>) -> Self {
        Self {
            seed: mix(at.timestamp().cast_unsigned()),
        }
    }

    /// Returns where `index` stands: the lowest goes first. Places are no numbers in a row, and no two indexes share one.
    #[must_use]
    pub const fn place(&self, index: usize) -> u64 {
        mix(self.seed ^ index as u64)
    }

    /// Returns the items in the order of this tick.
    #[must_use]
    pub fn order<T>(&self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut placed: Vec<(u64, T)> = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| (self.place(index), item))
            .collect();
        placed.sort_by_key(|(place, _)| *place);
        placed.into_iter().map(|(_, item)| item).collect()
    }
}

/// Spreads neighbours over all numbers, each to one of its own (the finaliser of SplitMix64).
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use chrono::TimeDelta;

    use super::*;

    /// Seconds between ticks, as schedules have them.
    const DISTANCES: [i64; 4] = [60, 120, 180, 300];

    fn rotation(seconds: i64) -> Rotation {
        Rotation::at(DateTime::UNIX_EPOCH + TimeDelta::seconds(1_795_000_000 + seconds))
    }

    #[test]
    fn every_index_has_a_place_of_its_own_and_a_tick_always_has_the_same_order() {
        let places: BTreeSet<u64> = (0..1_000).map(|index| rotation(0).place(index)).collect();
        assert_eq!(places.len(), 1_000);
        let order = rotation(0).order(0..1_000);
        assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), 1_000);
        assert_eq!(order, rotation(0).order(0..1_000));
        assert_ne!(order, rotation(60).order(0..1_000));
    }

    #[test]
    fn whoever_wants_to_start_goes_first_as_often_as_the_others_wherever_they_stand() {
        const TICKS: i64 = 6_000;
        for distance in DISTANCES {
            for wanting in [
                vec![0, 1],
                vec![0, 99],
                vec![10, 60],
                vec![98, 99],
                vec![3, 4, 5],
                vec![0, 33, 66, 99],
                (0..10).collect(),
            ] {
                let mut firsts: BTreeMap<usize, i64> = BTreeMap::new();
                for tick in 0..TICKS {
                    let rotation = rotation(tick * distance);
                    let first = wanting.iter().min_by_key(|index| rotation.place(**index));
                    *firsts.entry(*first.unwrap()).or_default() += 1;
                }
                let share = TICKS / wanting.len() as i64;
                for index in &wanting {
                    let times = firsts[index];
                    assert!(
                        (share * 8 / 10..=share * 12 / 10).contains(&times),
                        "{index} of {wanting:?} every {distance} s: {times} of {TICKS}"
                    );
                }
            }
        }
    }

    #[test]
    fn nobody_waits_long_among_many() {
        for distance in DISTANCES {
            let mut waiting: BTreeSet<usize> = (0..100).collect();
            for tick in 0..1_500 {
                let order = rotation(tick * distance).order(0..100);
                waiting.remove(&order[0]);
            }
            assert!(waiting.is_empty(), "every {distance} s: {waiting:?}");
        }
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
