//! p4 and p5 of SPEC 4.1 over all repositories: whose turn it is, and how many may start.
//!
//! The most urgent candidate goes first. Among equally urgent ones of different repositories the order rotates from tick to tick,
//! by the time alone, so that no repository is always the last one.

use super::candidates::{Candidates, Known};
use super::enrolment::Enrolled;
use super::gate_look_ups::Examined;
use super::glance::{Glanced, Glimpse, Question};
use super::line::{Key, Line, Place};
use super::setting::Poll;
use super::walk::Starting;
use super::why::{Refused, Why};
use crate::domain::identity::Slot;
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueNumber;
use crate::domain::start::basis::Asked;
use crate::domain::start::caps::Caps;
use crate::domain::start::dispatch_policy::Opening;
use crate::executor::Fleet;
use crate::fan_out::fan_out_owned;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Decision, Failure, Outcome, TickReport};
use crate::tracker::{ISSUES_AT_ONCE, reads_issues_together};

/// How often as many batches as may be under way are read, before what they name is looked up.
const WAVES: usize = 2;

/// Bytes of texts that are held of issues that nothing refuses so far, at most. A text for which there is no room is read again
/// when its turn comes; GitHub's longest has 64 KiB characters.
const TEXTS_MAX_BYTES: usize = 6 * 1024 * 1024;

impl Poll<'_> {
    /// p4 to p11: starts the most urgent eligible issues, as many as the caps leave room for, together with `resumed`.
    pub(super) fn start(
        &self,
        report: &mut TickReport,
        all: &mut [Enrolled],
        fleet: &Fleet,
        caps: &mut Caps,
        candidates: &mut Candidates,
        resumed: Vec<Starting>,
    ) {
        let mut starting = resumed;
        loop {
            self.choose(report, all, caps, candidates, &mut starting);
            if starting.is_empty() {
                return;
            }
            let chosen = std::mem::take(&mut starting);
            if fleet.live_only {
                // It was not ready when the tick looked, so that not everything of T3 was read.
                for one in chosen {
                    let number = one.cleared.checked.facts().number;
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

    /// Whether anything would start, as far as is known. When nothing would, every candidate has its decision afterwards.
    pub(super) fn would_start(
        &self,
        report: &mut TickReport,
        all: &mut [Enrolled],
        caps: &Caps,
        candidates: &mut Candidates,
    ) -> bool {
        candidates.keeps = true;
        let mut starting = Vec::new();
        let mut one_more = caps.clone();
        if caps.reached().is_none() {
            // One that passes is enough to know.
            one_more.max_in_flight = caps.in_flight + 1;
        }
        let would_start = self.would_resume(all, caps, candidates) || {
            self.choose(report, all, &one_more, candidates, &mut starting);
            !starting.is_empty()
        };
        for one in starting {
            let key = (one.index, one.cleared.checked.facts().number);
            candidates.put(key, Known::Trusted(Box::new(one.cleared)));
        }
        candidates.keeps = false;
        would_start
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
        let mut line = Line::new(all, starting, candidates.rotation);
        while let Some(head) = line.first() {
            if let Some(reason) = planned.reached() {
                // What was planned may fail and leave room.
                if starting.is_empty() {
                    for (index, _) in line.heads().map(Place::key) {
                        all[index].cap(&reason, &planned);
                    }
                }
                return;
            }
            if !self.hands.deadline.allows_more() {
                if starting.is_empty() {
                    for (index, _) in line.heads().map(Place::key) {
                        leave_unfinished(report, &mut all[index]);
                    }
                }
                return;
            }
            let (index, number) = head.key();
            let at_sight = all[index].at_sight.remove(&number).map(Known::Refused);
            match at_sight.or_else(|| candidates.take(head.key())) {
                None => self.look_at_more(all, &line, candidates, planned.room()),
                Some(Known::Open(glimpse)) => {
                    candidates.put(head.key(), Known::Open(glimpse));
                    self.confirm_some(all, &line, candidates, planned.room());
                }
                Some(Known::Trusted(cleared)) => {
                    let enrolled = &mut all[index];
                    enrolled.waiting.pop_front();
                    line.leave(index);
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
                Some(Known::Refused(refused)) => {
                    candidates.some_refused = true;
                    refuse(&mut all[index], number, refused);
                    line.step(index, &all[index]);
                }
                Some(Known::Failed(error)) => {
                    candidates.some_refused = true;
                    let enrolled = &mut all[index];
                    enrolled.waiting.pop_front();
                    enrolled.note_unread(report, number, &error);
                    line.step(index, enrolled);
                }
            }
        }
    }

    /// Reads candidates of which nothing is known yet: as long as nothing speaks against one, one of each repository, one batch for
    /// as many as may start; then a few hundred together, whatever is free.
    fn look_at_more(
        &self,
        all: &[Enrolled],
        line: &Line,
        candidates: &mut Candidates,
        room: usize,
    ) {
        let text_room = TEXTS_MAX_BYTES.saturating_sub(candidates.text_bytes());
        let is_wide = candidates.some_refused || is_doubtful(all, line, room);
        let width = if text_room < TEXTS_MAX_BYTES / 8 {
            ISSUES_AT_ONCE
        } else if is_wide {
            (WAVES * self.hands.parallel * ISSUES_AT_ONCE).min(candidates.width)
        } else {
            room.div_ceil(ISSUES_AT_ONCE).min(self.hands.parallel) * ISSUES_AT_ONCE
        };
        let mut wanted = Wanted {
            all,
            chosen: Vec::new(),
            one_by_one: if is_wide {
                self.hands.parallel
            } else {
                room.min(self.hands.parallel)
            },
        };
        let heads = line.heads().take(if is_wide { 1 } else { usize::MAX });
        for place in heads {
            if wanted.chosen.len() >= width {
                break;
            }
            if !candidates.knows(place.key()) {
                wanted.add(place);
            }
        }
        if is_wide {
            let mut passed = Vec::new();
            while wanted.chosen.len() < width
                && passed.len() < width
                && let Some(place) = candidates.ahead.next(all, line)
            {
                if !candidates.knows(place.key()) && !wanted.add(place) {
                    passed.push(place);
                }
            }
            for place in passed {
                candidates.ahead.let_go(place);
            }
        }
        let wanted = wanted.chosen;
        let questions: Vec<Question<'_>> = wanted
            .iter()
            .map(|(place, slot)| question(&all[place.key().0], place.key().1, *slot))
            .collect();
        let glanced = self.glance(&questions, text_room);
        let mut let_go = 0;
        for ((place, _), glanced) in wanted.iter().zip(glanced) {
            match glanced {
                Some(glanced) => candidates.put(place.key(), glanced.into()),
                None => {
                    candidates.ahead.let_go(*place);
                    let_go += 1;
                }
            }
        }
        if let_go > wanted.len() / 2 {
            // They are long: most of such a reading would be in vain again.
            candidates.width = (wanted.len() / 2).max(ISSUES_AT_ONCE);
        }
    }

    /// Makes the look-ups of their own for the most urgent candidates that nothing refuses so far: as many as may start, and,
    /// once one was refused, as many as the tick may ask at once.
    fn confirm_some(
        &self,
        all: &[Enrolled],
        line: &Line,
        candidates: &mut Candidates,
        room: usize,
    ) {
        let width = if candidates.some_refused {
            self.hands.parallel
        } else {
            room.min(self.hands.parallel)
        };
        let mut asked: Vec<(Key, Glimpse)> = Vec::new();
        for key in line.heads().map(Place::key).take(width) {
            if !candidates.is_open(key) {
                break;
            }
            if let Some(Known::Open(open)) = candidates.take(key) {
                asked.push((key, open));
            }
        }
        let examined = fan_out_owned(self.hands.parallel, asked, |((index, number), open)| {
            let examined = match free_slot(&all[index]) {
                Some(slot) => {
                    let question = question(&all[index], number, slot);
                    self.confirm(&question, Glanced::Open(open))
                }
                None => Examined::Refused(Refused {
                    reasons: Vec::new(),
                    asked: Asked::Nothing,
                }),
            };
            ((index, number), examined)
        });
        for (key, examined) in examined {
            candidates.put(key, examined.into());
        }
    }
}

/// Candidates that are to be read.
struct Wanted<'e> {
    all: &'e [Enrolled],
    chosen: Vec<(Place, Slot)>,
    /// How many more may be read by a request each.
    one_by_one: usize,
}

impl Wanted<'_> {
    /// Adds a candidate, unless the bulk read refuses it. Returns whether it need not be looked at again.
    fn add(&mut self, place: Place) -> bool {
        let (index, number) = place.key();
        let enrolled = &self.all[index];
        let is_chosen = || self.chosen.first().is_some_and(|(head, _)| *head == place);
        let Some(slot) = free_slot(enrolled) else {
            return true;
        };
        if enrolled.at_sight.contains_key(&number) || is_chosen() {
            return true;
        }
        if !reads_issues_together(enrolled.survey.repository.repo.forge()) {
            if self.one_by_one == 0 {
                return false;
            }
            self.one_by_one -= 1;
        }
        self.chosen.push((place, slot));
        true
    }
}

/// Whether the bulk read speaks against one of those whose turn it is: that of an issue which was edited since it was labelled may
/// have been done by somebody who may not.
fn is_doubtful(all: &[Enrolled], line: &Line, room: usize) -> bool {
    let mut heads = line.heads().map(Place::key).take(room);
    heads.any(|(index, number)| {
        let enrolled = &all[index];
        let seen = enrolled.seen(number);
        let is_edited = seen.is_some_and(|seen| {
            let times = seen.edited_at.zip(seen.labelled_at);
            times.is_some_and(|(edited_at, labelled_at)| edited_at >= labelled_at)
        });
        is_edited || enrolled.at_sight.contains_key(&number)
    })
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
    enrolled.waiting.pop_front();
    let Refused { reasons, asked } = refused;
    enrolled.note(number, Decision::Refuse, reasons, Why::Asked(asked));
    if enrolled.waiting.is_empty() {
        enrolled.note_refused_all();
    }
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
