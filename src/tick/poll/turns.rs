//! p4 and p5 of SPEC 4.1 over all repositories: whose turn it is, and how many may start.

use std::collections::BTreeMap;

use super::enrolment::Enrolled;
use super::gate_look_ups::Examined;
use super::setting::Poll;
use crate::domain::repository::IssueNumber;
use crate::domain::start::dispatch_policy::Opening;
use crate::domain::start::priority::Priority;
use crate::executor::Fleet;
use crate::fan_out::fan_out_at_most;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Decision, Failure, Outcome, TickReport};

impl Poll<'_> {
    /// p4 to p11: starts the most urgent eligible issues, as many as the cap leaves room for.
    pub(super) fn start(
        &self,
        report: &mut TickReport,
        all: &mut [Enrolled],
        fleet: &Fleet,
        in_flight: usize,
    ) {
        let cap = self.config.limits.max_in_flight as usize;
        let mut room = cap.saturating_sub(in_flight);
        let mut examined: BTreeMap<(usize, IssueNumber), Examined> = BTreeMap::new();
        loop {
            let heads = heads(all);
            let Some((_, _, index)) = heads.first().copied() else {
                return;
            };
            if room == 0 {
                for (_, _, index) in heads {
                    all[index].cap(cap);
                }
                return;
            }
            if !self.hands.deadline.allows_more() {
                for (_, _, index) in heads {
                    let enrolled = &mut all[index];
                    let error = unfinished();
                    report
                        .failures
                        .push(Failure::new(Some(&enrolled.survey.repository.repo), &error));
                    enrolled.outcome = Some((Outcome::Unfinished, error.detail));
                }
                return;
            }
            let candidate = all[index].waiting[0].number;
            if !examined.contains_key(&(index, candidate)) {
                let wanted: Vec<(usize, IssueNumber)> = heads
                    .iter()
                    .map(|(_, number, index)| (*index, *number))
                    .filter(|key| !examined.contains_key(key))
                    .take(room.min(self.hands.parallel))
                    .collect();
                let looked_up = fan_out_at_most(self.hands.parallel, &wanted, |(index, number)| {
                    let enrolled = &all[*index];
                    let Opening::Free(slot) = enrolled.opening else {
                        return Examined::Refused(Vec::new());
                    };
                    self.examine(enrolled, *number, slot, None)
                });
                examined.extend(wanted.into_iter().zip(looked_up));
            }
            let enrolled = &mut all[index];
            enrolled.waiting.remove(0);
            let Opening::Free(slot) = enrolled.opening else {
                continue;
            };
            match examined.remove(&(index, candidate)) {
                Some(Examined::Trusted(cleared)) => {
                    let used = self.carry_out(report, enrolled, slot, *cleared, fleet, false);
                    room -= usize::from(used);
                }
                Some(Examined::Refused(reasons)) => {
                    enrolled.note(candidate, Decision::Refuse, reasons);
                    if enrolled.waiting.is_empty() {
                        enrolled.outcome =
                            Some((Outcome::Refused, "no ready issue is eligible".to_owned()));
                    }
                }
                Some(Examined::Failed(error)) => {
                    enrolled.give_up(report, candidate, &error);
                }
                None => {}
            }
        }
    }
}

/// The repositories that may still start something, most urgent candidate first.
fn heads(all: &[Enrolled]) -> Vec<(Priority, IssueNumber, usize)> {
    let mut heads: Vec<_> = all
        .iter()
        .enumerate()
        .filter(|(_, enrolled)| enrolled.outcome.is_none())
        .filter_map(|(index, enrolled)| {
            let candidate = enrolled.waiting.first()?;
            Some((candidate.priority, candidate.number, index))
        })
        .collect();
    heads.sort_unstable();
    heads
}

fn unfinished() -> ServiceError {
    ServiceError::new(
        "afk",
        "start a run",
        FailureKind::OutOfTime,
        "the tick ended before this repository was done",
    )
}
