//! What `explain` says of repository and queue: who holds it, what is full, whose turn it is.
//!
//! It decides nothing: what the tick decided is in [`Decided`].

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};

use super::Decided;
use super::enrolment::Enrolled;
use super::setting::Poll;
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::{IssueNumber, IssueRef};
use crate::domain::start::caps::Caps;
use crate::domain::start::dispatch_policy::{self, Opening, SlotState, SlotView};
use crate::domain::start::priority::Priority;
use crate::tick::Decision;
use crate::tick::explanation::Turn;

impl Poll<'_> {
    /// The facts about repository and queue.
    pub(super) fn known(
        &self,
        decided: &Decided,
        enrolled: &Enrolled,
        number: IssueNumber,
        is_read: bool,
    ) -> BTreeMap<ReasonCode, String> {
        let in_progress = &self.config.labels.in_progress;
        let mut known = BTreeMap::from([
            (
                ReasonCode::RepositoryBusy,
                match &enrolled.opening {
                    Opening::Resume(view) => format!("run {} is allocated for it", view.slot),
                    Opening::Closed(_) | Opening::Running { .. } | Opening::Free(_) => {
                        "no run holds it".to_owned()
                    }
                },
            ),
            (
                ReasonCode::LockLabel,
                match enrolled.locked.first() {
                    None => format!("no issue of it shows '{in_progress}'"),
                    Some(locked) => match holder(&enrolled.slots) {
                        Some(view) => {
                            format!("#{locked} shows '{in_progress}', for run {}", view.slot)
                        }
                        None => format!("#{locked} shows '{in_progress}'"),
                    },
                },
            ),
            (
                ReasonCode::ProviderPaused,
                "no run waits for its provider".to_owned(),
            ),
            (ReasonCode::CapReached, room(&decided.caps)),
        ]);
        if is_read {
            known.insert(
                ReasonCode::AlreadyRun,
                "this labelling had no run".to_owned(),
            );
        }
        let mut queue: Vec<(Priority, IssueNumber)> = enrolled
            .survey
            .ready
            .iter()
            .map(|issue| (enrolled.priority(issue.number), issue.number))
            .collect();
        queue.sort_unstable();
        if let Some(place) = queue.iter().position(|(_, other)| *other == number) {
            known.insert(
                ReasonCode::LowerPriority,
                format!(
                    "place {} of {} among the ready issues of its repository",
                    place + 1,
                    queue.len()
                ),
            );
        }
        known
    }
}

/// What keeps any run of this repository from starting, whatever its issue: the tick stops at what it sees first.
pub(super) fn of_repository(
    decided: &Decided,
    enrolled: &Enrolled,
    number: IssueNumber,
) -> Vec<Reason> {
    let is_for_it = holder(&enrolled.slots).is_some_and(|view| is_of(view, number));
    let mut reasons = Vec::new();
    match &enrolled.opening {
        Opening::Closed(reason) | Opening::Running { reason, .. } => reasons.push(reason.clone()),
        Opening::Resume(view) if !is_for_it => {
            reasons.push(dispatch_policy::allocated(view.slot));
        }
        Opening::Resume(_) | Opening::Free(_) => {}
    }
    if let Some(view) = holder(&enrolled.slots) {
        let of_others = enrolled.locked.iter().copied();
        let mut of_others = of_others.filter(|locked| !is_of(view, *locked));
        reasons.extend(of_others.next().map(dispatch_policy::lock_label));
    }
    if !is_for_it {
        reasons.extend(decided.caps.reached());
    }
    reasons
}

fn is_of(view: &SlotView, number: IssueNumber) -> bool {
    let binding = view.binding.as_ref();
    binding.is_some_and(|binding| binding.issue == number)
}

/// Who else is as urgent, when there is room for some of them and not for all: which of them it is changes with the time of the
/// tick.
pub(super) fn turn(decided: &Decided, enrolled: &Enrolled, number: IssueNumber) -> Option<Turn> {
    let priority = enrolled.priority(number);
    let own = equal(enrolled, priority)?;
    let entry = enrolled.issues.iter().find(|entry| entry.issue == number)?;
    let competes = match entry.decision {
        Decision::Dispatch => true,
        Decision::Skip => is_capped(&entry.reasons),
        Decision::Refuse => false,
    };
    let mut started = usize::from(own.1);
    let mut equals = Vec::new();
    for other in &decided.enrolled {
        let repo = &other.survey.repository.repo;
        if *repo == enrolled.survey.repository.repo {
            continue;
        }
        if let Some((number, starts)) = equal(other, priority) {
            started += usize::from(starts);
            equals.push(IssueRef {
                repo: repo.clone(),
                number,
            });
        }
    }
    let all = equals.len() + 1;
    (competes && started > 0 && started < all).then_some(Turn {
        slots: started,
        equals,
    })
}

/// The issue of a repository that starts, or waits for a slot alone, with this priority, and whether it starts.
fn equal(enrolled: &Enrolled, priority: Priority) -> Option<(IssueNumber, bool)> {
    let of_it = |issue: &IssueNumber| enrolled.priority(*issue) == priority;
    let started = enrolled
        .issues
        .iter()
        .find(|entry| entry.decision == Decision::Dispatch);
    if let Some(started) = started {
        return of_it(&started.issue).then_some((started.issue, true));
    }
    enrolled
        .issues
        .iter()
        .filter(|entry| entry.decision == Decision::Skip && is_capped(&entry.reasons))
        .map(|entry| entry.issue)
        .filter(of_it)
        .min()
        .map(|issue| (issue, false))
}

fn is_capped(reasons: &[Reason]) -> bool {
    reasons
        .iter()
        .any(|reason| reason.code == ReasonCode::CapReached)
}

/// The slot that holds a repository.
pub(super) fn holder(slots: &[SlotView]) -> Option<&SlotView> {
    slots
        .last()
        .filter(|view| view.state != SlotState::Released)
}

pub(super) fn in_words(view: &SlotView) -> String {
    let issue = view.binding.as_ref().map_or_else(
        || "of an issue that nobody knows any more".to_owned(),
        |binding| format!("of #{}", binding.issue),
    );
    let since = view
        .created_at
        .map_or_else(String::new, |at| format!(", since {}", time(at)));
    format!("run {} {issue}, thread {}{since}", view.slot, view.thread)
}

fn room(caps: &Caps) -> String {
    let starts = match caps.max_starts {
        Some(max) => format!("{} of {max}", caps.starts),
        None => format!("{} (no limit)", caps.starts),
    };
    format!(
        "{} of {} runs are in flight, {starts} were started in the last 24 hours",
        caps.in_flight, caps.max_in_flight
    )
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
