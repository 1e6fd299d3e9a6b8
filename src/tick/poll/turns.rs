//! p4 and p5 of SPEC 4.1 over all repositories: whose turn it is, and how many may start.

use std::collections::BTreeMap;

use super::enrolment::Enrolled;
use super::gate_look_ups::Examined;
use super::setting::Poll;
use crate::domain::repository::IssueNumber;
use crate::domain::start::caps::Caps;
use crate::domain::start::dispatch_policy::Opening;
use crate::domain::start::priority::Priority;
use crate::executor::Fleet;
use crate::fan_out::fan_out_at_most;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Decision, Failure, Outcome, TickReport};

impl Poll<'_> {
    /// p4 to p11: starts the most urgent eligible issues, as many as the caps leave room for.
    ///
    /// As long as nothing was refused, no more is looked up than can start. Then candidates are looked up in batches as wide as
    /// the tick may ask at once, so that refused ones do not keep an eligible one waiting.
    pub(super) fn start(
        &self,
        report: &mut TickReport,
        all: &mut [Enrolled],
        fleet: &Fleet,
        caps: &mut Caps,
    ) {
        let mut examined: BTreeMap<(usize, IssueNumber), Examined> = BTreeMap::new();
        let mut some_refused = false;
        loop {
            let heads = heads(all);
            let Some((_, _, index)) = heads.first().copied() else {
                return;
            };
            if let Some(reason) = caps.reached() {
                for (_, _, index) in heads {
                    all[index].cap(&reason);
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
                let (queue, width) = if some_refused {
                    (everyone(all), self.hands.parallel)
                } else {
                    (heads, caps.room().min(self.hands.parallel))
                };
                let wanted: Vec<(usize, IssueNumber)> = queue
                    .iter()
                    .map(|(_, number, index)| (*index, *number))
                    .filter(|key| !examined.contains_key(key))
                    .take(width)
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
                    if self.carry_out(report, enrolled, slot, *cleared, fleet, false) {
                        caps.take_slot();
                    }
                    if enrolled.is_dispatched() {
                        caps.count_start();
                    }
                }
                Some(Examined::Refused(reasons)) => {
                    some_refused = true;
                    enrolled.note(candidate, Decision::Refuse, reasons);
                    if enrolled.waiting.is_empty() {
                        enrolled.note_refused_all();
                    }
                }
                Some(Examined::Failed(error)) => {
                    some_refused = true;
                    enrolled.note_unread(report, candidate, &error);
                }
                None => {}
            }
        }
    }
}

/// Every candidate of the repositories that may still start something, most urgent first.
fn everyone(all: &[Enrolled]) -> Vec<(Priority, IssueNumber, usize)> {
    let mut everyone: Vec<_> = all
        .iter()
        .enumerate()
        .filter(|(_, enrolled)| enrolled.outcome.is_none())
        .flat_map(|(index, enrolled)| {
            let waiting = enrolled.waiting.iter();
            waiting.map(move |candidate| (candidate.priority, candidate.number, index))
        })
        .collect();
    everyone.sort_unstable();
    everyone
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
