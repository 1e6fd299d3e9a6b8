//! Notes on issues that are refused no more and wait for their turn: what they say is not so any more.
//!
//! Such an issue did not change itself, so that nothing but a look at it shows the note. Few are looked at in a tick, in turn.

use chrono::{DateTime, TimeDelta, Utc};

use super::enrolment::Enrolled;
use super::setting::Poll;
use crate::domain::repository::IssueNumber;
use crate::domain::start::rotation::Rotation;
use crate::tick::{Decision, TickReport};

/// Issues that wait for their turn and are looked at in one tick.
const LOOKS_MAX: usize = 3;

impl Poll<'_> {
    /// Takes notes away from issues that only wait. `age_min`: what is younger has no note.
    pub(super) fn take_away_of_waiting(
        &self,
        report: &mut TickReport,
        all: &[&Enrolled],
        age_min: TimeDelta,
    ) {
        let now = self.hands.deadline.clock().now();
        let mut waiting: Vec<(&Enrolled, IssueNumber)> = all
            .iter()
            .flat_map(|enrolled| waiting(enrolled, now - age_min))
            .collect();
        if waiting.len() > LOOKS_MAX {
            waiting = Rotation::at(report.started_at).order(waiting);
            waiting.truncate(LOOKS_MAX);
        }
        for (enrolled, number) in waiting {
            if !self.hands.deadline.allows_more() {
                return;
            }
            self.take_all_away(report, enrolled, number, |_| true);
        }
    }
}

/// The issues of a repository that wait for their turn and were labelled before `at`.
fn waiting(
    enrolled: &Enrolled,
    at: DateTime<Utc>,
) -> impl Iterator<Item = (&Enrolled, IssueNumber)> {
    enrolled
        .issues
        .iter()
        .filter(move |entry| {
            entry.decision == Decision::Skip
                && !entry.has_run
                && entry.labelled_at.is_none_or(|labelled| labelled <= at)
                && entry.reasons.iter().all(|reason| reason.code.is_policy())
        })
        .map(move |entry| (enrolled, entry.issue))
}
