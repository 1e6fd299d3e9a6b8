//! p4 and p5 of SPEC 4.1 over all repositories: whose turn it is, and how many may start.
//!
//! The most urgent candidate goes first. Among equally urgent ones of different repositories the order rotates from tick to tick,
//! by the time alone, so that no repository is always the last one.

use std::collections::BTreeMap;

use super::enrolment::Enrolled;
use super::gate_look_ups::Examined;
use super::glance::{Glanced, Question};
use super::setting::Poll;
use super::walk::Starting;
use super::why::{Refused, Why};
use crate::domain::identity::Slot;
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueNumber;
use crate::domain::start::basis::Asked;
use crate::domain::start::caps::Caps;
use crate::domain::start::dispatch_policy::Opening;
use crate::domain::start::priority::Priority;
use crate::domain::start::rotation::Rotation;
use crate::executor::Fleet;
use crate::fan_out::fan_out_at_most;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Decision, Failure, Outcome, TickReport};
use crate::tracker::{ISSUES_AT_ONCE, reads_issues_together};

/// Bytes of texts that are held of issues that nothing refuses so far, at most. A text for which there is no room is read again
/// when its turn comes; GitHub's longest has 64 KiB characters.
const TEXTS_MAX_BYTES: usize = 6 * 1024 * 1024;

/// A candidate: which repository of the tick, and its number.
type Key = (usize, IssueNumber);

/// What is known of a candidate whose turn has not come.
enum Known {
    /// What its issue told.
    Glanced(Glanced),
    /// What the gate said.
    Examined(Examined),
}

/// What is known of all candidates.
struct Candidates {
    known: BTreeMap<Key, Known>,
    rotation: Rotation,
    /// Whether one was refused: more may be, so that many are looked at at once from then on.
    some_refused: bool,
}

impl Candidates {
    fn is_open(&self, key: &Key) -> bool {
        matches!(self.known.get(key), Some(Known::Glanced(Glanced::Open(_))))
    }

    /// The bytes of the texts that are held.
    fn text_bytes(&self) -> usize {
        let bytes = self.known.values().map(|known| match known {
            Known::Glanced(Glanced::Open(glimpse)) => glimpse.text_bytes(),
            Known::Glanced(Glanced::Refused(_) | Glanced::Failed(_)) | Known::Examined(_) => 0,
        });
        bytes.sum()
    }
}

impl Poll<'_> {
    /// p4 to p11: starts the most urgent eligible issues, as many as the caps leave room for, together with `resumed`.
    pub(super) fn start(
        &self,
        report: &mut TickReport,
        all: &mut [Enrolled],
        fleet: &Fleet,
        caps: &mut Caps,
        resumed: Vec<Starting>,
    ) {
        let mut candidates = Candidates {
            known: BTreeMap::new(),
            rotation: Rotation::at(report.started_at),
            some_refused: false,
        };
        let mut starting = resumed;
        loop {
            self.choose(report, all, caps, &mut candidates, &mut starting);
            if starting.is_empty() {
                return;
            }
            let chosen = std::mem::take(&mut starting);
            if fleet.live_only {
                // It was not ready when the tick looked, so that not everything of T3 was read.
                for one in chosen {
                    let number = one.cleared.facts.number;
                    let reason = Reason::new(
                        ReasonCode::Settling,
                        "it became ready while this tick ran; the next one looks again",
                    );
                    let enrolled = &mut all[one.index];
                    enrolled.note(number, Decision::Refuse, vec![reason.clone()], Why::Told);
                    enrolled.outcome = Some((Outcome::Refused, reason.detail.clone()));
                    enrolled.skip_waiting(&reason);
                }
                continue;
            }
            self.carry_out(report, all, chosen, fleet, caps);
        }
    }

    /// Adds to `starting` what else may start, one of each repository, until the caps are reached or nobody is left.
    fn choose(
        &self,
        report: &mut TickReport,
        all: &mut [Enrolled],
        caps: &Caps,
        candidates: &mut Candidates,
        starting: &mut Vec<Starting>,
    ) {
        let mut planned = caps.clone();
        for one in starting.iter() {
            planned.count_start();
            if !one.allocated {
                planned.take_slot();
            }
        }
        loop {
            let heads = heads(all, candidates, starting);
            let Some(head) = heads.first().copied() else {
                return;
            };
            if let Some(reason) = planned.reached() {
                // What was planned may fail and leave room.
                if starting.is_empty() {
                    for (index, _) in heads {
                        all[index].cap(&reason, &planned);
                    }
                }
                return;
            }
            if !self.hands.deadline.allows_more() {
                if starting.is_empty() {
                    for (index, _) in heads {
                        leave_unfinished(report, &mut all[index]);
                    }
                }
                return;
            }
            let (index, number) = head;
            match candidates.known.remove(&head) {
                None => self.look_at_more(all, candidates, starting, planned.room()),
                Some(Known::Glanced(open @ Glanced::Open(_))) => {
                    candidates.known.insert(head, Known::Glanced(open));
                    self.confirm_some(all, &heads, candidates, planned.room());
                }
                Some(Known::Examined(Examined::Trusted(cleared))) => {
                    let enrolled = &mut all[index];
                    enrolled.waiting.remove(0);
                    if let Some(slot) = free_slot(enrolled) {
                        planned.take_slot();
                        planned.count_start();
                        starting.push(Starting {
                            index,
                            slot,
                            cleared: *cleared,
                            allocated: false,
                        });
                    }
                }
                Some(
                    Known::Glanced(Glanced::Refused(refused))
                    | Known::Examined(Examined::Refused(refused)),
                ) => {
                    candidates.some_refused = true;
                    refuse(&mut all[index], number, refused);
                }
                Some(
                    Known::Glanced(Glanced::Failed(error))
                    | Known::Examined(Examined::Failed(error)),
                ) => {
                    candidates.some_refused = true;
                    let enrolled = &mut all[index];
                    enrolled.waiting.remove(0);
                    enrolled.note_unread(report, number, &error);
                }
            }
        }
    }

    /// Reads candidates of which nothing is known yet: as long as nothing was refused one of each repository, one batch for as
    /// many as may start; then as many at once as the tick may read, whatever is free.
    fn look_at_more(
        &self,
        all: &[Enrolled],
        candidates: &mut Candidates,
        starting: &[Starting],
        room: usize,
    ) {
        let text_room = TEXTS_MAX_BYTES.saturating_sub(candidates.text_bytes());
        let (width, of_each) = if text_room < TEXTS_MAX_BYTES / 8 {
            (ISSUES_AT_ONCE, usize::MAX)
        } else if candidates.some_refused {
            (self.hands.parallel * ISSUES_AT_ONCE, usize::MAX)
        } else {
            let batches = room.div_ceil(ISSUES_AT_ONCE).min(self.hands.parallel);
            (batches * ISSUES_AT_ONCE, 1)
        };
        let mut one_by_one = if candidates.some_refused {
            self.hands.parallel
        } else {
            room.min(self.hands.parallel)
        };
        let mut wanted: Vec<(Key, Slot)> = Vec::new();
        for key in in_order(all, candidates, starting, of_each) {
            if wanted.len() >= width {
                break;
            }
            let enrolled = &all[key.0];
            let Some(slot) = free_slot(enrolled) else {
                continue;
            };
            if candidates.known.contains_key(&key) {
                continue;
            }
            match enrolled.at_sight.get(&key.1) {
                Some(refused) => {
                    candidates.some_refused = true;
                    let refused = Known::Glanced(Glanced::Refused(refused.clone()));
                    candidates.known.insert(key, refused);
                }
                None if reads_issues_together(enrolled.survey.repository.repo.forge()) => {
                    wanted.push((key, slot));
                }
                None if one_by_one > 0 => {
                    one_by_one -= 1;
                    wanted.push((key, slot));
                }
                None => {}
            }
        }
        let questions: Vec<Question<'_>> = wanted
            .iter()
            .map(|((index, number), slot)| question(&all[*index], *number, *slot))
            .collect();
        let glanced = self.glance(&questions, text_room);
        for ((key, _), glanced) in wanted.iter().zip(glanced) {
            if let Some(glanced) = glanced {
                candidates.known.insert(*key, Known::Glanced(glanced));
            }
        }
    }

    /// Makes the look-ups of their own for the most urgent candidates that nothing refuses so far: as many as may start, and,
    /// once one was refused, as many as the tick may ask at once.
    fn confirm_some(
        &self,
        all: &[Enrolled],
        heads: &[Key],
        candidates: &mut Candidates,
        room: usize,
    ) {
        let width = if candidates.some_refused {
            self.hands.parallel
        } else {
            room.min(self.hands.parallel)
        };
        let mut asked: Vec<(Key, Glanced)> = Vec::new();
        for key in heads.iter().take(width) {
            if !candidates.is_open(key) {
                break;
            }
            if let Some(Known::Glanced(open)) = candidates.known.remove(key) {
                asked.push((*key, open));
            }
        }
        let examined =
            fan_out_at_most(
                self.hands.parallel,
                &asked,
                |((index, number), open)| match free_slot(&all[*index]) {
                    Some(slot) => self.confirm(&question(&all[*index], *number, slot), open),
                    None => Examined::Refused(Refused {
                        reasons: Vec::new(),
                        asked: Asked::Nothing,
                    }),
                },
            );
        let examined = asked.iter().map(|(key, _)| *key).zip(examined);
        candidates
            .known
            .extend(examined.map(|(key, one)| (key, Known::Examined(one))));
    }
}

const fn question(enrolled: &Enrolled, number: IssueNumber, slot: Slot) -> Question<'_> {
    Question {
        enrolled,
        number,
        slot,
        bound: None,
    }
}

const fn free_slot(enrolled: &Enrolled) -> Option<Slot> {
    match enrolled.opening {
        Opening::Free(slot) => Some(slot),
        Opening::Closed(_) | Opening::Running { .. } | Opening::Resume(_) => None,
    }
}

fn refuse(enrolled: &mut Enrolled, number: IssueNumber, refused: Refused) {
    enrolled.waiting.remove(0);
    let Refused { reasons, asked } = refused;
    enrolled.note(number, Decision::Refuse, reasons, Why::Asked(asked));
    if enrolled.waiting.is_empty() {
        enrolled.note_refused_all();
    }
}

/// The first `of_each` candidates of every repository that may still start something, most urgent first.
fn in_order(
    all: &[Enrolled],
    candidates: &Candidates,
    starting: &[Starting],
    of_each: usize,
) -> Vec<Key> {
    let mut keys: Vec<(Priority, u64, IssueNumber, usize)> = all
        .iter()
        .enumerate()
        .filter(|(index, enrolled)| {
            let is_planned = starting.iter().any(|one| one.index == *index);
            enrolled.outcome.is_none() && !is_planned
        })
        .flat_map(|(index, enrolled)| {
            let place = candidates.rotation.place(index);
            let waiting = enrolled.waiting.iter().take(of_each);
            waiting.map(move |one| (one.priority, place, one.number, index))
        })
        .collect();
    keys.sort_unstable();
    keys.into_iter()
        .map(|(_, _, number, index)| (index, number))
        .collect()
}

/// The most urgent candidate of every repository that may still start something, most urgent first.
fn heads(all: &[Enrolled], candidates: &Candidates, starting: &[Starting]) -> Vec<Key> {
    in_order(all, candidates, starting, 1)
}

fn leave_unfinished(report: &mut TickReport, enrolled: &mut Enrolled) {
    let error = ServiceError::new(
        "afk",
        "start a run",
        FailureKind::OutOfTime,
        "the tick ended before this repository was done",
    );
    let repo = &enrolled.survey.repository.repo;
    report.failures.push(Failure::new(Some(repo), &error));
    enrolled.outcome = Some((Outcome::Unfinished, error.detail));
}
