//! While a run waits for its provider, nothing is started: one exhausted quota must not use up the whole queue.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::stop::{Stop, StopCause};

/// Why nothing is started for the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What the provider said first.
    pub cause: StopCause,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when: when the last of the runs that wait may go on.
    pub until: DateTime<Utc>,
    /// How many runs wait.
    pub runs: usize,
}

impl Pause {
    /// Folds the stops of all runs that are under way, each with its resumes in a row; `None` when no run waits for its
    /// provider. Runs that are never resumed do not wait, and a restart of T3 is not the provider's.
    #[must_use]
    pub fn of<'s>(stops: impl IntoIterator<Item = (&'s Stop, usize)>) -> Option<Self> {
        let mut pause: Option<Self> = None;
        for (stop, resumes) in stops {
            if !stop.cause.is_of_the_provider() {
                continue;
            }
            let Some(until) = stop.resume_at(resumes, TimeDelta::zero()) else {
                continue;
            };
            pause = Some(match pause {
                None => Self {
                    cause: stop.cause,
                    since: stop.at,
                    until,
                    runs: 1,
                },
                Some(known) => Self {
                    cause: if stop.at < known.since {
                        stop.cause
                    } else {
                        known.cause
                    },
                    since: known.since.min(stop.at),
                    until: known.until.max(until),
                    runs: known.runs + 1,
                },
            });
        }
        pause
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let runs = if self.runs == 1 {
            "a run waits".to_owned()
        } else {
            format!("{} runs wait", self.runs)
        };
        write!(
            f,
            "{runs} for the provider since {}, until {}: {}",
            time(self.since),
            time(self.until),
            self.cause
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(cause: StopCause, minutes: i64) -> Stop {
        let at = DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        Stop::of_provider(cause, "limit", at)
    }

    #[test]
    fn a_pause_lasts_from_the_first_stop_to_the_last_resume() {
        let stops = [
            (stop(StopCause::Limit, 20), 0),
            (stop(StopCause::Overloaded, 10), 2),
            (stop(StopCause::Credentials, 1), 0),
            (stop(StopCause::Restart, 2), 0),
        ];
        let pause = Pause::of(stops.iter().map(|(stop, resumes)| (stop, *resumes)));
        assert_eq!(
            pause.unwrap().to_string(),
            "2 runs wait for the provider since 1970-01-01T00:10:00Z, until 1970-01-01T01:10:00Z: the provider is \
             overloaded or out of reach"
        );
        let one = Pause::of([(&stops[0].0, 0)]).unwrap();
        assert_eq!(
            one.to_string(),
            "a run waits for the provider since 1970-01-01T00:20:00Z, until 1970-01-01T00:35:00Z: the provider's usage \
             limit is reached"
        );
    }

    #[test]
    fn what_is_never_resumed_and_a_restart_pause_nothing() {
        for cause in [
            StopCause::Credentials,
            StopCause::Model,
            StopCause::Credit,
            StopCause::TooLong,
            StopCause::Restart,
        ] {
            assert_eq!(Pause::of([(&stop(cause, 0), 0)]), None, "{cause:?}");
        }
        assert_eq!(Pause::of([]), None);
    }
}
