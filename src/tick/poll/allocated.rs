//! p3 of SPEC 4.1: slots that an earlier tick allocated and did not start. Each goes on, or is stood down.

use super::candidates::{Candidates, Known};
use super::enrolment::Enrolled;
use super::glance::Question;
use super::setting::Poll;
use super::walk::Starting;
use super::why::{Refused, Why};
use crate::domain::identity::{EndKind, Ending, StepNumber, Title};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueNumber;
use crate::domain::start::basis::Asked;
use crate::domain::start::caps::Caps;
use crate::domain::start::dispatch_policy::{Binding, Opening, SlotView};
use crate::domain::step::Step;
use crate::fan_out::fan_out_owned;
use crate::tick::{Applied, Decision, Outcome, TickReport};

/// A slot to ask about: which repository of the tick, the slot, and what it is bound to.
type Bound = (usize, SlotView, Binding);

impl Poll<'_> {
    /// Whether a slot that was allocated and not started goes on, as far as is known.
    pub(super) fn would_resume(
        &self,
        all: &[Enrolled],
        caps: &Caps,
        candidates: &mut Candidates,
    ) -> bool {
        if caps.reached_for_allocated().is_some() {
            return false;
        }
        let of_all = all.iter().enumerate();
        let asked: Vec<Bound> = of_all
            .filter_map(|(index, enrolled)| {
                let Opening::Resume(view) = &enrolled.opening else {
                    return None;
                };
                let binding = view.binding.clone()?;
                let repo = &enrolled.survey.repository.repo;
                let is_asked = self.narrowing.includes_issue(repo, binding.issue);
                is_asked.then(|| (index, view.clone(), binding))
            })
            .collect();
        self.examine_allocated(all, &asked, candidates);
        let mut keys = asked
            .iter()
            .map(|(index, _, binding)| (*index, binding.issue));
        keys.any(|key| candidates.is_trusted(key))
    }

    /// Asks the gate about slots that are allocated, as far as it was not asked in this tick.
    fn examine_allocated(&self, all: &[Enrolled], asked: &[Bound], candidates: &mut Candidates) {
        let questions: Vec<(usize, Question<'_>)> = asked
            .iter()
            .filter(|(index, _, binding)| !candidates.knows((*index, binding.issue)))
            .map(|(index, view, binding)| {
                let question = Question {
                    enrolled: &all[*index],
                    number: binding.issue,
                    slot: view.slot,
                    bound: Some(binding),
                };
                (*index, question)
            })
            .collect();
        let looked_at: Vec<Question<'_>> =
            questions.iter().map(|(_, question)| *question).collect();
        let glanced = self.glance(&looked_at, usize::MAX).into_iter();
        let glanced = glanced.map(|one| one.expect("there is room for all"));
        let examined = fan_out_owned(
            self.hands.parallel,
            questions.into_iter().zip(glanced).collect(),
            |((index, question), glanced)| {
                let examined = self.confirm(&question, glanced);
                ((index, question.number), examined)
            },
        );
        for (key, examined) in examined {
            candidates.put(key, examined.into());
        }
    }

    /// p3: gates slots that were allocated and not started, and returns those that go on. They count against the cap already.
    pub(super) fn resume(
        &self,
        report: &mut TickReport,
        all: &mut [Enrolled],
        caps: &Caps,
        candidates: &mut Candidates,
    ) -> Vec<Starting> {
        let mut asked: Vec<Bound> = Vec::new();
        for (index, enrolled) in all.iter_mut().enumerate() {
            let Opening::Resume(view) = enrolled.opening.clone() else {
                continue;
            };
            let Some(binding) = view.binding.clone() else {
                let why = Refused {
                    reasons: vec![Reason::new(
                        ReasonCode::FactsIncomplete,
                        "its title can not be read any more",
                    )],
                    asked: Asked::Nothing,
                };
                self.stand_down(report, enrolled, &view, why);
                continue;
            };
            let repo = &enrolled.survey.repository.repo;
            if !self.narrowing.includes_issue(repo, binding.issue) {
                enrolled.outcome = Some((
                    Outcome::Busy,
                    format!("run {} is allocated for #{}", view.slot, binding.issue),
                ));
                continue;
            }
            match caps.reached_for_allocated() {
                Some(reason) => skip(enrolled, binding.issue, &reason, caps),
                None => asked.push((index, view, binding)),
            }
        }
        self.examine_allocated(all, &asked, candidates);
        let mut planned = caps.clone();
        let mut going_on = Vec::new();
        for (index, view, binding) in asked {
            let enrolled = &mut all[index];
            match candidates.take((index, binding.issue)) {
                Some(Known::Trusted(cleared)) => match planned.reached_for_allocated() {
                    Some(reason) => skip(enrolled, binding.issue, &reason, &planned),
                    None => {
                        planned.count_start();
                        going_on.push(Starting {
                            index,
                            slot: view.slot,
                            cleared: *cleared,
                            allocated: true,
                        });
                    }
                },
                Some(Known::Refused(Refused { reasons, asked }))
                    if reasons.iter().all(|reason| reason.is_passing()) =>
                {
                    enrolled.outcome = Some((
                        Outcome::Refused,
                        format!(
                            "run {} is allocated; not every fact could be had",
                            view.slot
                        ),
                    ));
                    let why = Why::Asked(asked);
                    enrolled.note(binding.issue, Decision::Refuse, reasons, why);
                }
                Some(Known::Refused(refused)) => {
                    self.stand_down(report, enrolled, &view, refused);
                }
                Some(Known::Failed(error)) => enrolled.give_up(report, binding.issue, &error),
                // Nobody: every slot was asked about.
                Some(Known::Open(_)) | None => {}
            }
        }
        going_on
    }

    /// Ends a slot that was allocated and may not start, under the id of the turn that would have started it.
    pub(super) fn stand_down(
        &self,
        report: &mut TickReport,
        enrolled: &mut Enrolled,
        view: &SlotView,
        refused: Refused,
    ) {
        let Refused { reasons, asked } = refused;
        let issue = view.issue();
        let repository = &enrolled.survey.repository;
        let code = reasons.first().map(|reason| reason.code);
        let step = Step::End {
            thread: view.thread,
            step: StepNumber::FIRST,
            title: view.title(&repository.repo, Ending::new(EndKind::StoodDown, code)),
        };
        let detail = match self.apply(&repository.repo, &step) {
            Ok(Applied::Named) => format!("run {} would be stood down", view.slot),
            Ok(Applied::Sent) => match self.hands.executor.thread(view.thread) {
                Ok(Some(thread)) if !thread.messages.is_empty() => {
                    format!("run {} was started meanwhile", view.slot)
                }
                Ok(Some(thread)) if !thread.has_ended() => {
                    format!(
                        "run {} could not be stood down: the step of its first message is used, and T3 shows no message",
                        view.slot
                    )
                }
                Ok(_) => format!("run {} was stood down", view.slot),
                Err(error) => return enrolled.give_up(report, issue, &error),
            },
            Err(error) => return enrolled.give_up(report, issue, &error),
        };
        enrolled.outcome = Some((Outcome::Refused, detail));
        if issue != Title::UNKNOWN_ISSUE {
            enrolled.note(issue, Decision::Refuse, reasons, Why::Asked(asked));
        }
    }
}

/// Says that a slot that is allocated may not start now.
fn skip(enrolled: &mut Enrolled, issue: IssueNumber, reason: &Reason, caps: &Caps) {
    let why = Why::Capped(caps.clone());
    enrolled.note(issue, Decision::Skip, vec![reason.clone()], why);
    enrolled.cap(reason, caps);
}
