//! p3 of SPEC 4.1: slots that an earlier tick allocated and did not start. Each goes on, or is stood down.

use super::enrolment::Enrolled;
use super::gate_look_ups::Examined;
use super::setting::Poll;
use crate::domain::identity::{AuthorisationDigest, EndKind, Ending, StepNumber, Title};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueNumber;
use crate::domain::start::caps::Caps;
use crate::domain::start::dispatch_policy::{Opening, SlotView};
use crate::domain::step::Step;
use crate::executor::Fleet;
use crate::tick::{Applied, Decision, Outcome, TickReport};

impl Poll<'_> {
    /// p3: goes on with slots that were allocated and not started. They count against the cap already.
    pub(super) fn resume(
        &self,
        report: &mut TickReport,
        all: &mut [Enrolled],
        fleet: &Fleet,
        caps: &mut Caps,
    ) {
        for enrolled in all {
            let Opening::Resume(view) = enrolled.opening.clone() else {
                continue;
            };
            let Some(binding) = view.binding.clone() else {
                let why = Reason::new(
                    ReasonCode::FactsIncomplete,
                    "its title can not be read any more",
                );
                self.stand_down(report, enrolled, &view, Title::UNKNOWN_ISSUE, vec![why]);
                continue;
            };
            if !self
                .narrowing
                .includes_issue(&enrolled.survey.repository.repo, binding.issue)
            {
                enrolled.outcome = Some((
                    Outcome::Busy,
                    format!("run {} is allocated for #{}", view.slot, binding.issue),
                ));
                continue;
            }
            if let Some(reason) = caps.reached_for_allocated() {
                enrolled.note(binding.issue, Decision::Skip, vec![reason.clone()]);
                enrolled.cap(&reason);
                continue;
            }
            match self.examine(enrolled, binding.issue, view.slot, Some(&binding)) {
                Examined::Trusted(cleared) => {
                    self.carry_out(report, enrolled, view.slot, *cleared, fleet, true);
                    if enrolled.is_dispatched() {
                        caps.count_start();
                    }
                }
                Examined::Refused(reasons) => {
                    if reasons.iter().all(|reason| reason.code.is_passing()) {
                        enrolled.outcome = Some((
                            Outcome::Refused,
                            format!(
                                "run {} is allocated; not every fact could be had",
                                view.slot
                            ),
                        ));
                        enrolled.note(binding.issue, Decision::Refuse, reasons);
                    } else {
                        self.stand_down(report, enrolled, &view, binding.issue, reasons);
                    }
                }
                Examined::Failed(error) => {
                    enrolled.give_up(report, binding.issue, &error);
                }
            }
        }
    }

    /// Ends a slot that was allocated and may not start, under the id of the turn that would have started it.
    pub(super) fn stand_down(
        &self,
        report: &mut TickReport,
        enrolled: &mut Enrolled,
        view: &SlotView,
        issue: IssueNumber,
        reasons: Vec<Reason>,
    ) {
        let repository = &enrolled.survey.repository;
        let authorisation = view
            .binding
            .as_ref()
            .map_or_else(AuthorisationDigest::unknown, |binding| {
                binding.authorisation.digest()
            });
        let step = Step::End {
            thread: view.thread,
            step: StepNumber::FIRST,
            title: Title {
                full_name: repository.repo.full_name(),
                issue,
                slot: view.slot,
                authorisation,
                ending: Some(Ending::new(
                    EndKind::StoodDown,
                    reasons.first().map(|reason| reason.code),
                )),
            },
        };
        let detail = match self.apply(&repository.repo, &step) {
            Ok(Applied::Named) => format!("run {} would be stood down", view.slot),
            Ok(Applied::Sent) => match self.hands.executor.thread(view.thread) {
                Ok(Some(thread)) if !thread.messages.is_empty() => {
                    format!("run {} was started meanwhile", view.slot)
                }
                Ok(_) => format!("run {} was stood down", view.slot),
                Err(error) => return enrolled.give_up(report, issue, &error),
            },
            Err(error) => return enrolled.give_up(report, issue, &error),
        };
        enrolled.outcome = Some((Outcome::Refused, detail));
        if issue != Title::UNKNOWN_ISSUE {
            enrolled.note(issue, Decision::Refuse, reasons);
        }
    }
}
