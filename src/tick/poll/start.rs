//! The start of runs, p6 to p11 of SPEC 4.1, and what is said when one can not be carried out.
//!
//! All runs that start in a tick take each stage together: acts of different runs overlap, and one read-back tells of all of
//! them who won. Within a run nothing overlaps, and its order is data: [`Start::ORDER`]. The last look at an issue and its first
//! turn are taken by few at a time, so that only one round trip lies between them.

use super::enrolment::Enrolled;
use super::setting::Poll;
use super::walk::{Started, Starting, Walk};
use super::why::{Refused, Why};
use super::workspace_warning::warn_of_workspace;
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::start::basis::Asked;
use crate::domain::start::caps::Caps;
use crate::domain::start::dispatch_policy;
use crate::domain::step::Start;
use crate::domain::told::refusal_note::is_refusal_note;
use crate::executor::Fleet;
use crate::tick::{ACTS_AT_ONCE, Decision, Dispatched, Outcome, TickReport};

impl Poll<'_> {
    /// p6 to p11 for cleared candidates, at most one of each repository.
    pub(super) fn carry_out(
        &self,
        report: &mut TickReport,
        all: &mut [Enrolled],
        starting: Vec<Starting>,
        fleet: &Fleet,
        caps: &mut Caps,
    ) {
        let mut walks: Vec<Walk> = starting
            .into_iter()
            .map(|starting| {
                let repository = all[starting.index].survey.repository.clone();
                Walk {
                    thread: repository.key.thread(starting.slot),
                    project: repository.key.project().to_string(),
                    repository,
                    slot_used: starting.allocated,
                    text: None,
                    unproven: None,
                    ended: None,
                    starting,
                }
            })
            .collect();
        for stage in Start::ORDER {
            match stage {
                Start::EnsureProject => {
                    for walk in walks.iter().filter(|walk| !walk.starting.allocated) {
                        warn_of_workspace(report, &walk.repository, fleet);
                    }
                    self.ensure_projects(&mut walks, fleet);
                }
                Start::CreateThread => self.create_threads(&mut walks),
                // With the turn: nothing may come between the two.
                Start::Reread => {}
                Start::StartTurn => {
                    for few in walks.chunks_mut(ACTS_AT_ONCE) {
                        self.reread(few);
                        self.start_turns(few);
                    }
                    self.read_back_turns(&mut walks);
                }
                Start::AddLabel => self.add_lock_labels(report, &walks),
            }
        }
        for walk in walks {
            let enrolled = &mut all[walk.starting.index];
            let is_new = !walk.starting.allocated;
            let uses_a_slot = self.finish(report, enrolled, walk, caps);
            if is_new && uses_a_slot {
                caps.take_slot();
            }
            if enrolled.is_dispatched() {
                caps.count_start();
            }
        }
    }

    /// Says how a start ended. Returns whether a slot is in use afterwards.
    fn finish(
        &self,
        report: &mut TickReport,
        enrolled: &mut Enrolled,
        walk: Walk,
        caps: &Caps,
    ) -> bool {
        let number = walk.number();
        let Walk {
            starting,
            repository,
            thread,
            slot_used,
            ended,
            ..
        } = walk;
        let slot = starting.slot;
        match ended.unwrap_or(Ok(Started::Running)) {
            Ok(Started::Running) => {
                let hidden = &starting.cleared.left_out;
                tracing::info!(
                    repo = %repository.repo, issue = number.0, thread = %thread, slot = slot.0,
                    "{}started run {slot} for {}#{number}", self.hands.would_have(), repository.repo.full_name()
                );
                enrolled.outcome = Some((
                    Outcome::Dispatched,
                    format!("run {slot} for #{number}{hidden}"),
                ));
                let why = Why::Started(starting.cleared.asked, caps.clone());
                enrolled.note(number, Decision::Dispatch, Vec::new(), why);
                let mut comments = starting.cleared.checked.facts().comments.iter();
                enrolled.noted_start = comments
                    .any(|comment| is_refusal_note(&comment.body))
                    .then_some(number);
                let of_first = enrolled.priority(number);
                enrolled.skip_waiting_as(&dispatch_policy::goes_first(number), |waiting| {
                    Why::Asked(Asked::Order {
                        own: waiting.priority,
                        first: number,
                        of_first,
                    })
                });
                report.dispatched.push(Dispatched {
                    repository: repository.repo.clone(),
                    issue: number,
                    thread,
                    slot,
                });
                true
            }
            Ok(Started::Lost(why)) => {
                let reason = Reason::new(ReasonCode::RepositoryBusy, why);
                enrolled.outcome = Some((Outcome::Busy, reason.detail.clone()));
                enrolled.note(number, Decision::Skip, vec![reason.clone()], Why::Told);
                enrolled.skip_waiting(&reason);
                true
            }
            Ok(Started::Refused(refused)) => {
                let (reasons, why) = match refused {
                    Refused {
                        reasons,
                        asked: Asked::Nothing,
                    } => (reasons, Why::Told),
                    Refused { reasons, asked } => (reasons, Why::Asked(asked)),
                };
                enrolled.outcome = Some((
                    Outcome::Refused,
                    format!("#{number} changed while run {slot} was being started"),
                ));
                enrolled.note(number, Decision::Refuse, reasons, why);
                enrolled.skip_waiting(&Reason::new(
                    ReasonCode::RepositoryBusy,
                    format!("run {slot} is allocated for #{number}"),
                ));
                true
            }
            Err(error) => {
                enrolled.give_up(report, number, &error);
                slot_used
            }
        }
    }
}
