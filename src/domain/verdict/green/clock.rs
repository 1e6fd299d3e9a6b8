//! When the time of a build begins, whatever the clock of its committer says.

use chrono::{DateTime, TimeDelta, Utc};

/// How far ahead of ours a committer's clock may be. A date within this counts as now; one beyond it is made up.
pub const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

/// Returns when the build's time began: the committer date, but not before our last message and not after now. A date in the
/// future counts as our last message.
#[must_use]
pub(super) fn build_clock(
    committed_at: DateTime<Utc>,
    last_message_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let is_made_up = committed_at > now + CLOCK_SKEW;
    let claimed = if is_made_up {
        last_message_at
    } else {
        committed_at
    };
    claimed.max(last_message_at).min(now)
}

/// Returns a time as far as it lies in a stage's own, which begins at `clock`. What is told later than the stage's deadline would have
/// been silent then: it comes from a newer commit, or from a result that somebody renews, and those would push the next deadline on
/// for ever.
#[must_use]
pub(super) fn within(
    clock: DateTime<Utc>,
    end_max: TimeDelta,
    told: DateTime<Utc>,
) -> DateTime<Utc> {
    told.min(clock + end_max).max(clock)
}
