//! How urgent an issue is, by its labels.
//!
//! Knows `priority:<n>` and `P0` to `P9`, in any case; lower goes first. It only ranks: which issues may run
//! at all is the trust gate's and the policy's business, so a label that no one can read is simply no rank.

use serde::{Deserialize, Serialize};

/// An issue's rank. Orders from most to least urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Ranked by a label; the lower the number, the earlier.
    Ranked(u32),
    /// No label ranks it: after every ranked one.
    Unranked,
}

impl Priority {
    /// Returns the most urgent rank that any of the labels gives.
    #[must_use]
    pub fn of_labels<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        labels
            .into_iter()
            .map(Self::of_label)
            .min()
            .unwrap_or(Self::Unranked)
    }

    /// Returns the rank that one label gives.
    ///
    /// White space around the label, the colon and the number is ignored. A number past `u32::MAX` counts as
    /// `u32::MAX`: very late, still before everything unranked. Anything but plain digits is no rank.
    #[must_use]
    pub fn of_label(label: &str) -> Self {
        let label = label.trim();
        if let Some((word, number)) = label.split_once(':')
            && word.trim_end().eq_ignore_ascii_case("priority")
        {
            return Self::of_digits(number.trim());
        }
        match label.as_bytes() {
            [b'p' | b'P', digit @ b'0'..=b'9'] => Self::Ranked(u32::from(digit - b'0')),
            _ => Self::Unranked,
        }
    }

    fn of_digits(digits: &str) -> Self {
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Unranked;
        }
        // Only the size can be wrong now.
        Self::Ranked(digits.parse().unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Priority::{Ranked, Unranked};

    #[test]
    fn labels_rank_as_the_table_says() {
        for (label, expected) in [
            ("priority:0", Ranked(0)),
            ("priority:2", Ranked(2)),
            ("Priority: 2", Ranked(2)),
            (" PRIORITY : 10 ", Ranked(10)),
            ("priority:007", Ranked(7)),
            ("priority:4294967295", Ranked(u32::MAX)),
            ("priority:4294967296", Ranked(u32::MAX)),
            ("priority:99999999999999999999999999", Ranked(u32::MAX)),
            ("P0", Ranked(0)),
            ("p9", Ranked(9)),
            (" P1 ", Ranked(1)),
            ("P10", Unranked),
            ("P", Unranked),
            ("P-1", Unranked),
            ("priority", Unranked),
            ("priority:", Unranked),
            ("priority:-1", Unranked),
            ("priority:+1", Unranked),
            ("priority:1.5", Unranked),
            ("priority:high", Unranked),
            ("priority:1:2", Unranked),
            ("priority:\u{0663}", Unranked),
            ("high-priority:1", Unranked),
            ("", Unranked),
        ] {
            assert_eq!(Priority::of_label(label), expected, "{label:?}");
        }
    }

    #[test]
    fn the_lowest_of_several_wins_and_none_comes_last() {
        assert_eq!(
            Priority::of_labels(["bug", "priority:3", "P1", "priority:2"]),
            Ranked(1)
        );
        assert_eq!(Priority::of_labels(["bug"]), Unranked);
        assert_eq!(Priority::of_labels([]), Unranked);
        let mut ranks = [Unranked, Ranked(u32::MAX), Ranked(1), Ranked(0)];
        ranks.sort();
        assert_eq!(ranks, [Ranked(0), Ranked(1), Ranked(u32::MAX), Unranked]);
    }
}
