//! The decision on one issue, clause by clause (SPEC 9, `explain`).
//!
//! The decision is the tick's own: the whole tick is gone through without acting. What the tick need not ask any more, because
//! something refused already, is asked here as well, so that a person sees everything at once. It sends nothing.

use std::collections::BTreeMap;

use super::Decided;
use super::enrolment::Enrolled;
use super::setting::Poll;
use super::whereabouts::{holder, in_words, of_repository, turn};
use crate::domain::identity::{Authorisation, Slot, ThreadId};
use crate::domain::issue::{IssueFacts, LabelChange, Permissions};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::remedy::{NO_SUCH_ISSUE, Words};
use crate::domain::repository::{IssueNumber, IssueRef};
use crate::domain::start::clauses::clauses;
use crate::domain::start::dispatch_policy::{self, Opening, SlotState, SlotView};
use crate::domain::start::eligibility;
use crate::domain::start::trust_gate::{GateFacts, GateVerdict, beyond_reading, newest_event};
use crate::service_error::ServiceError;
use crate::tick::explanation::{ClauseLine, Explanation, Turn, Verdict, Whereabouts};
use crate::tick::{Decision, Failure, Outcome, TickKind, TickReport, slots, work_list};
use crate::tracker::IssueLookup;

/// Everything that the gate was told about one issue, and what it said.
struct Whole {
    facts: IssueFacts,
    permissions: Permissions,
    authorisation: Authorisation,
    reasons: Vec<Reason>,
}

/// What the dispatcher made of the issue, before it is told clause by clause.
struct Told {
    decision: Verdict,
    reasons: Vec<Reason>,
    known: BTreeMap<ReasonCode, String>,
    repository: Whereabouts,
    whole: Option<Whole>,
    turn: Option<Turn>,
}

/// What is said of a number that no issue has.
const MISSING: &str = "there is no such issue";

impl Poll<'_> {
    /// Explains what the next tick makes of `issue`. `listed`: whether its repository is on the allowlist; it is among the
    /// repositories of the mandate either way. The caller says what the gates are, and adds the view of a run.
    #[must_use]
    pub fn explain(&self, issue: &IssueRef, listed: bool) -> Explanation {
        let clock = self.hands.deadline.clock();
        let mut report = TickReport::new(TickKind::Poll, clock.now(), true);
        let decided = self.decide(&mut report);
        let enrolled = decided.as_ref().and_then(|decided| {
            let mut of_tick = decided.enrolled.iter();
            of_tick.find(|enrolled| enrolled.survey.repository.repo == issue.repo)
        });
        let told = match (&decided, enrolled) {
            (Some(decided), Some(enrolled)) => {
                self.tell(&mut report, decided, enrolled, issue.number, listed)
            }
            (Some(_) | None, _) => unread(&report, issue),
        };
        let Told {
            decision,
            mut reasons,
            mut known,
            repository,
            whole,
            turn,
        } = told;
        if listed {
            known.insert(
                ReasonCode::NotAllowlisted,
                "AFK_ALLOWLIST lists the repository".to_owned(),
            );
        } else {
            reasons.insert(
                0,
                Reason::new(
                    ReasonCode::NotAllowlisted,
                    format!("{} is not on AFK_ALLOWLIST", issue.repo),
                ),
            );
        }
        let rules = enrolled.map(|enrolled| {
            let (slot, allocated) = slot_for(enrolled, issue.number);
            self.rules(
                &enrolled.survey.repository,
                issue.number,
                slot,
                allocated.is_some(),
            )
        });
        let facts = whole
            .as_ref()
            .zip(enrolled)
            .map(|(whole, enrolled)| GateFacts {
                repository: &enrolled.survey.repository.facts,
                issue: &whole.facts,
                permissions: &whole.permissions,
                authorisation: &whole.authorisation,
            });
        let labels = &self.config.labels;
        let words = Words {
            ready: &labels.ready,
            in_progress: &labels.in_progress,
            ready_for_human: &labels.ready_for_human,
        };
        Explanation {
            version: 1,
            issue: issue.clone(),
            decision,
            armed: true,
            gate: None,
            clauses: clauses(&reasons, facts.as_ref().zip(rules.as_ref()), &known)
                .into_iter()
                .map(|clause| {
                    let mut line = ClauseLine::of(clause, decision, words);
                    if line.code == ReasonCode::NotOpen && !line.passed && line.fact == MISSING {
                        line.change = NO_SUCH_ISSUE.to_owned();
                    }
                    line
                })
                .collect(),
            repository,
            turn,
            run: None,
            failures: report.failures,
            could_not_start: report.could_not_start,
        }
    }

    /// What is to be told about an issue of a repository that could be read.
    fn tell(
        &self,
        report: &mut TickReport,
        decided: &Decided,
        enrolled: &Enrolled,
        number: IssueNumber,
        listed: bool,
    ) -> Told {
        let entry = enrolled.issues.iter().find(|entry| entry.issue == number);
        let holder = holder(&enrolled.slots);
        let run = holder.filter(|view| {
            let binding = view.binding.as_ref();
            view.state != SlotState::Allocated
                && binding.is_some_and(|binding| binding.issue == number)
        });
        let mut reasons: Vec<Reason> = entry.map_or_else(Vec::new, |entry| entry.reasons.clone());
        let slots = if decided.live_only {
            self.every_slot(report, enrolled)
        } else {
            enrolled.slots.clone()
        };
        let whole = match self.examine_whole(enrolled, &slots, number) {
            Ok(Ok(whole)) => Some(whole),
            Ok(Err(reason)) => {
                add(&mut reasons, vec![reason]);
                None
            }
            Err(error) => {
                let repo = &enrolled.survey.repository.repo;
                report.failures.push(Failure::new(Some(repo), &error));
                let reason = Reason::new(ReasonCode::FactsIncomplete, error.to_string());
                add(&mut reasons, vec![reason]);
                None
            }
        };
        if let Some(whole) = &whole {
            add(&mut reasons, whole.reasons.clone());
        }
        let decision = match (run, entry.map(|entry| entry.decision)) {
            (Some(_), _) => Verdict::Run,
            (None, _) if !listed => Verdict::Refuse,
            (None, Some(Decision::Dispatch)) if reasons.is_empty() => Verdict::Dispatch,
            (None, Some(Decision::Skip)) => Verdict::Skip,
            (None, Some(Decision::Dispatch | Decision::Refuse) | None) => Verdict::Refuse,
        };
        if decision == Verdict::Refuse && reasons.is_empty() && listed {
            // It passes by itself, and the list of ready issues does not have it.
            reasons.push(Reason::new(
                ReasonCode::FactsIncomplete,
                "the forge does not list it among the ready issues yet",
            ));
        }
        if run.is_some() {
            // They ask whether another run may start; what is said of that would end the run under way.
            reasons.retain(|reason| !reason.code.is_policy());
        } else {
            add(&mut reasons, of_repository(decided, enrolled, number));
        }
        let (outcome, detail) = enrolled
            .outcome
            .clone()
            .unwrap_or((Outcome::Unfinished, "not looked at".to_owned()));
        let detail = match holder {
            Some(view) => match in_words(view).strip_prefix(&format!("run {} ", view.slot)) {
                // The run itself was just named.
                Some(more) if detail.starts_with(&format!("run {} ", view.slot)) => {
                    format!("{detail}: {more}")
                }
                Some(_) | None => format!("{detail}: {}", in_words(view)),
            },
            None => detail,
        };
        Told {
            decision,
            reasons,
            known: if run.is_some() {
                BTreeMap::new()
            } else {
                self.known(decided, enrolled, number, whole.is_some())
            },
            turn: match (run, &whole) {
                (None, Some(whole)) if whole.reasons.is_empty() => turn(decided, enrolled, number),
                (Some(_), _) | (None, Some(_) | None) => None,
            },
            repository: if listed {
                Whereabouts { outcome, detail }
            } else {
                Whereabouts {
                    outcome: Outcome::Refused,
                    detail: format!("it is not on AFK_ALLOWLIST; otherwise: {detail}"),
                }
            },
            whole,
        }
    }

    /// The slots of a repository, also those that the tick need not know because nothing is to be started.
    fn every_slot(&self, report: &mut TickReport, enrolled: &Enrolled) -> Vec<SlotView> {
        let mut slots = enrolled.slots.clone();
        match self.hands.executor.whole_fleet() {
            Ok(fleet) => {
                let told = slots::told_slots(&fleet);
                let key = &enrolled.survey.repository.key;
                for (slot, thread) in slots::slots_among(key, &fleet, &told) {
                    if slots.iter().all(|known| known.slot != slot) {
                        slots.push(work_list::view(slot, &thread));
                    }
                }
                slots.sort_by_key(|view| view.slot);
            }
            Err(error) => {
                let repo = &enrolled.survey.repository.repo;
                report.failures.push(Failure::new(Some(repo), &error));
            }
        }
        slots
    }

    /// Asks everything that the gate can be asked about an issue, also what the tick need not ask any more. The inner error
    /// says why there is nothing to ask about.
    fn examine_whole(
        &self,
        enrolled: &Enrolled,
        slots: &[SlotView],
        number: IssueNumber,
    ) -> Result<Result<Whole, Reason>, ServiceError> {
        let repository = &enrolled.survey.repository;
        let mut seen = enrolled.survey.ready.iter();
        let seen = seen.find(|issue| issue.number == number);
        let not_open = |why: &str| Ok(Err(Reason::new(ReasonCode::NotOpen, why)));
        let mut facts = match self.hands.tracker.issue(repository, number)? {
            IssueLookup::Issue(facts) => *facts,
            IssueLookup::PullRequest => return not_open("the number is a pull request"),
            IssueLookup::TooLong(max) => {
                return Ok(Err(Reason::new(ReasonCode::TooLong, beyond_reading(max))));
            }
            IssueLookup::Missing => return not_open(MISSING),
        };
        self.read_parent(repository, &mut facts)?;
        let newest = newest_event(&facts, &self.config.labels.ready)
            .filter(|event| event.change == LabelChange::Added);
        let labelled_at = newest.map(|event| event.at);
        let authorisation = newest
            .map(|event| event.id.clone())
            .or_else(|| seen.and_then(|issue| issue.authorisation.clone()))
            .unwrap_or_else(no_event);
        let (slot, allocated) = slot_for(enrolled, number);
        let rules = self.rules(repository, number, slot, allocated.is_some());
        let mut permissions = Permissions::default();
        for people in [
            eligibility::people_to_ask(&repository.facts, &facts, &authorisation, &rules),
            eligibility::writers_to_ask(&facts, &rules),
        ] {
            self.look_up(repository, people, &mut permissions)?;
        }
        let verdict = eligibility::judge(
            &GateFacts {
                repository: &repository.facts,
                issue: &facts,
                permissions: &permissions,
                authorisation: &authorisation,
            },
            &rules,
        );
        let mut reasons = match verdict {
            GateVerdict::Trusted(_) => Vec::new(),
            GateVerdict::Refused(refusal) => refusal.into_reasons(),
        };
        if allocated.is_none()
            && let Some(had_run) =
                dispatch_policy::already_run(slots, number, &authorisation, labelled_at)
        {
            reasons.push(had_run);
        }
        Ok(Ok(Whole {
            facts,
            permissions,
            authorisation,
            reasons,
        }))
    }
}

/// The id of no event: nothing was labelled.
fn no_event() -> Authorisation {
    Authorisation::new("none").expect("a plain word")
}

/// The slot that a run of this issue would get, or has, and the thread when it is allocated for it.
fn slot_for(enrolled: &Enrolled, number: IssueNumber) -> (Slot, Option<ThreadId>) {
    match &enrolled.opening {
        Opening::Free(slot) => (*slot, None),
        Opening::Resume(view) => {
            let binding = view.binding.as_ref();
            let own = binding.is_some_and(|binding| binding.issue == number);
            (view.slot, own.then_some(view.thread))
        }
        Opening::Closed(_) | Opening::Running { .. } => {
            let highest = enrolled.slots.last();
            (highest.map_or(Slot::FIRST, |view| view.slot.next()), None)
        }
    }
}

/// Adds what the tick did not say itself.
fn add(reasons: &mut Vec<Reason>, more: Vec<Reason>) {
    let said: Vec<ReasonCode> = reasons.iter().map(|reason| reason.code).collect();
    reasons.extend(
        more.into_iter()
            .filter(|reason| !said.contains(&reason.code)),
    );
}

/// What can be told of an issue whose repository could not be read.
fn unread(report: &TickReport, issue: &IssueRef) -> Told {
    let entry = report
        .repositories
        .iter()
        .find(|entry| entry.repository == issue.repo);
    let (outcome, detail) = entry.map_or_else(
        || (Outcome::Unfinished, "not looked at".to_owned()),
        |entry| (entry.outcome, entry.detail.clone()),
    );
    Told {
        decision: Verdict::Refuse,
        reasons: vec![Reason::new(ReasonCode::FactsIncomplete, detail.clone())],
        known: BTreeMap::new(),
        repository: Whereabouts { outcome, detail },
        whole: None,
        turn: None,
    }
}
