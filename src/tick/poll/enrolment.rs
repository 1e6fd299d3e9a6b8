//! One repository of the tick: its slots, what may happen in it, its candidates, and what is said of it.
//!
//! Nothing here looks an issue up or acts.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};

use super::setting::Poll;
use super::why::{Refused, Why};
use crate::domain::identity::{Authorisation, Slot, StepNumber, Title};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueNumber;
use crate::domain::start::basis::Asked;
use crate::domain::start::caps::Caps;
use crate::domain::start::dispatch_policy::{self, Candidate, Opening, SlotState, SlotView};
use crate::domain::start::priority::Priority;
use crate::executor::Thread;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::work_list;
use crate::tick::{
    Decision, Failure, IssueReport, Narrowing, Outcome, RepositoryReport, TickReport,
};
use crate::tracker::{ReadyIssue, RepositorySurvey};

/// One repository of the tick.
pub(super) struct Enrolled {
    pub(super) survey: RepositorySurvey,
    /// Where each issue stands in the survey.
    listed: BTreeMap<IssueNumber, usize>,
    pub(super) slots: Vec<SlotView>,
    pub(super) opening: Opening,
    /// The issues that show the lock label.
    pub(super) locked: Vec<IssueNumber>,
    /// What holds the repository beside its slots and the label.
    pub(super) held: Option<Reason>,
    /// The step under which the end of the newest slot's run is to be written, when a person archived its thread under its agent.
    /// The watcher finds such a run by the lock label of its issue; where that is gone, poll alone sees it.
    pub(super) put_away: Option<StepNumber>,
    /// Whether what a decision is made from is kept.
    pub(super) keeps_facts: bool,
    /// Candidates that were not tried yet, most urgent first.
    pub(super) waiting: VecDeque<Candidate>,
    /// Candidates that the bulk read alone refuses: whoever is told to wait is eligible as far as that shows.
    pub(super) at_sight: BTreeMap<IssueNumber, Refused>,
    pub(super) issues: Vec<IssueReport>,
    /// Candidates whose facts could not be read.
    pub(super) unread: usize,
    /// The issue that was started here in this tick, when it carries a note on its refusal.
    pub(super) noted_start: Option<IssueNumber>,
    /// Set once nothing more can happen here in this tick.
    pub(super) outcome: Option<(Outcome, String)>,
}

impl Poll<'_> {
    /// The issues that show the lock label, in any case: it brakes however somebody spelled it.
    fn locked(&self, survey: &RepositorySurvey) -> Vec<IssueNumber> {
        let lock = self.config.labels.in_progress.to_lowercase();
        let shows_it = |labels: &[String]| labels.iter().any(|label| label.to_lowercase() == lock);
        let ready = survey.ready.iter().filter(|issue| shows_it(&issue.labels));
        let mut locked = survey.locked.clone();
        locked.extend(ready.map(|issue| issue.number));
        locked
    }

    fn is_held(&self, thread: &Thread) -> bool {
        let now = self.hands.deadline.clock().now();
        work_list::is_held(thread, now, self.config.limits.stall)
    }

    pub(super) fn enrol(
        &self,
        survey: RepositorySurvey,
        threads: &[(Slot, Thread)],
        elsewhere: Option<Slot>,
    ) -> Enrolled {
        let slots: Vec<SlotView> = threads
            .iter()
            .map(|(slot, thread)| work_list::view(*slot, thread))
            .collect();
        let busy = |why: String| Some(Reason::new(ReasonCode::RepositoryBusy, why));
        let (held, put_away) = match (elsewhere, threads.last()) {
            (Some(slot), _) => (
                busy(format!(
                    "run {slot} is under way, from when the forge had another address"
                )),
                None,
            ),
            (None, Some((slot, thread))) if self.is_held(thread) => (
                busy(format!(
                    "the thread of run {slot} was archived or deleted while its agent worked"
                )),
                work_list::is_put_away(thread).then(|| work_list::step_in_archive(thread)),
            ),
            (None, Some(_) | None) => (None, None),
        };
        let locked = self.locked(&survey);
        let opening = match &held {
            Some(reason) => Opening::Closed(reason.clone()),
            None => dispatch_policy::opening(&slots, &locked),
        };
        let candidates: Vec<Candidate> = survey
            .ready
            .iter()
            .filter(|issue| {
                self.narrowing
                    .includes_issue(&survey.repository.repo, issue.number)
            })
            .map(|issue| Candidate {
                number: issue.number,
                priority: Priority::of_labels(issue.labels.iter().map(String::as_str)),
                authorisation: issue.authorisation.clone(),
                labelled_at: issue.labelled_at,
            })
            .collect();
        let labelled: BTreeMap<IssueNumber, (Option<Authorisation>, Option<DateTime<Utc>>)> =
            candidates
                .iter()
                .map(|one| (one.number, (one.authorisation.clone(), one.labelled_at)))
                .collect();
        let queue = dispatch_policy::queue(&slots, candidates);
        let mut listed = BTreeMap::new();
        for (place, issue) in survey.ready.iter().enumerate() {
            listed.entry(issue.number).or_insert(place);
        }
        let mut enrolled = Enrolled {
            survey,
            listed,
            slots,
            opening,
            locked,
            held,
            put_away,
            keeps_facts: self.hands.keeps_facts,
            waiting: VecDeque::new(),
            at_sight: BTreeMap::new(),
            issues: Vec::new(),
            unread: 0,
            noted_start: None,
            outcome: None,
        };
        enrolled.at_sight = self.all_refused_at_sight(&enrolled, &queue.waiting);
        let allocated = match &enrolled.opening {
            Opening::Resume(view) => Some(view.clone()),
            Opening::Closed(_) | Opening::Running { .. } | Opening::Free(_) => None,
        };
        let bound_to = |view: &SlotView| view.binding.as_ref().map(|binding| binding.issue);
        // Told of as itself: as a run, or as a slot that goes on.
        let own = match (&allocated, enrolled.slots.last()) {
            (Some(view), _) => bound_to(view),
            (None, Some(view)) if view.state != SlotState::Released => bound_to(view),
            (None, Some(_) | None) => None,
        };
        for (number, reason) in queue.dropped {
            if own == Some(number) {
                continue;
            }
            let asked = match labelled.get(&number) {
                Some((Some(authorisation), labelled_at)) => Asked::Queue {
                    authorisation: authorisation.clone(),
                    labelled_at: *labelled_at,
                },
                Some((None, _)) | None => Asked::Nothing,
            };
            enrolled.note(number, Decision::Refuse, vec![reason], Why::Asked(asked));
        }
        let closed = match &enrolled.opening {
            Opening::Closed(reason) | Opening::Running { reason, .. } => Some(reason.clone()),
            Opening::Resume(view) => Some(dispatch_policy::allocated(view.slot)),
            Opening::Free(_) => None,
        };
        if let Some(reason) = closed {
            let is_own = |one: &Candidate| {
                // A labelling that a forge does not tell in bulk is taken for that of the run.
                own == Some(one.number) && (allocated.is_some() || one.authorisation.is_none())
            };
            enrolled.waiting = queue.waiting.into();
            enrolled.waiting.retain(|one| !is_own(one));
            if allocated.is_none() {
                enrolled.note_own_run(own, &reason);
            }
            enrolled.skip_waiting_as(&reason, |_| Why::Asked(Asked::Nothing));
            if allocated.is_none() {
                enrolled.outcome = Some((Outcome::Busy, reason.detail));
            }
            return enrolled;
        }
        if queue.waiting.is_empty() {
            enrolled.outcome = Some(if enrolled.issues.is_empty() {
                let repo = &enrolled.survey.repository.repo;
                (Outcome::Idle, self.narrowing.none_is_ready(repo))
            } else {
                (
                    Outcome::Refused,
                    "every ready issue had the run that its labelling asked for".to_owned(),
                )
            });
        }
        enrolled.waiting = queue.waiting.into();
        enrolled
    }
}

impl Enrolled {
    /// What the bulk read tells of a ready issue.
    pub(super) fn seen(&self, number: IssueNumber) -> Option<&ReadyIssue> {
        let place = self.listed.get(&number)?;
        self.survey.ready.get(*place)
    }

    /// How urgent an issue is, as far as the bulk read tells.
    pub(super) fn priority(&self, number: IssueNumber) -> Priority {
        let labels = self.seen(number).map_or(&[][..], |seen| &seen.labels);
        Priority::of_labels(labels.iter().map(String::as_str))
    }

    pub(super) fn note(
        &mut self,
        issue: IssueNumber,
        decision: Decision,
        reasons: Vec<Reason>,
        why: Why,
    ) {
        for reason in &reasons {
            tracing::debug!(repo = %self.survey.repository.repo, issue = issue.0, "{decision:?}: {reason}");
        }
        let basis = self.basis(issue, decision, &reasons, why);
        self.issues.push(IssueReport {
            issue,
            decision,
            reasons,
            labelled_at: self.seen(issue).and_then(|seen| seen.labelled_at),
            has_run: false,
            basis,
        });
    }

    /// Notes the issue of the run that holds the repository, while it still shows the label that asked for it. One that was
    /// labelled anew waits for its next run.
    fn note_own_run(&mut self, own: Option<IssueNumber>, reason: &Reason) {
        let is_shown = |own: &IssueNumber| {
            self.seen(*own).is_some() && self.waiting.iter().all(|one| one.number != *own)
        };
        let Some(own) = own.filter(is_shown) else {
            return;
        };
        let why = Why::Asked(Asked::Nothing);
        self.note(own, Decision::Skip, vec![reason.clone()], why);
        if let Some(noted) = self.issues.last_mut() {
            noted.has_run = true;
        }
    }

    /// Notes that whoever waits is not looked at, because of what somebody told. Who is refused at sight is refused.
    pub(super) fn skip_waiting(&mut self, reason: &Reason) {
        self.skip_waiting_as(reason, |_| Why::Told);
    }

    pub(super) fn skip_waiting_as(&mut self, reason: &Reason, why: impl Fn(&Candidate) -> Why) {
        for candidate in std::mem::take(&mut self.waiting) {
            if let Some(Refused { reasons, asked }) = self.at_sight.remove(&candidate.number) {
                self.note(
                    candidate.number,
                    Decision::Refuse,
                    reasons,
                    Why::Asked(asked),
                );
                continue;
            }
            let why = why(&candidate);
            self.note(candidate.number, Decision::Skip, vec![reason.clone()], why);
        }
    }

    /// Notes that a repository can not go on in this tick.
    pub(super) fn give_up(
        &mut self,
        report: &mut TickReport,
        issue: IssueNumber,
        error: &ServiceError,
    ) {
        let repo = &self.survey.repository.repo;
        report.failures.push(Failure::new(Some(repo), error));
        let outcome = if error.kind == FailureKind::OutOfTime {
            Outcome::Unfinished
        } else {
            tracing::warn!(repo = %repo, issue = issue.0, "{error}");
            Outcome::Failed
        };
        self.outcome = Some((outcome, error.to_string()));
        let reason = Reason::new(ReasonCode::FactsIncomplete, error.to_string());
        if issue != Title::UNKNOWN_ISSUE {
            self.note(issue, Decision::Refuse, vec![reason.clone()], Why::Told);
        }
        self.skip_waiting(&reason);
    }

    /// The issue of the run under way, as far as it is known.
    pub(super) const fn running_issue(&self) -> Option<IssueNumber> {
        match &self.opening {
            Opening::Running { issue, .. } => Some(*issue),
            Opening::Closed(_) | Opening::Resume(_) | Opening::Free(_) => None,
        }
    }

    pub(super) const fn is_dispatched(&self) -> bool {
        matches!(self.outcome, Some((Outcome::Dispatched, _)))
    }

    /// Notes that nothing more may start here in this tick, and why.
    pub(super) fn cap(&mut self, reason: &Reason, caps: &Caps) {
        self.outcome = Some((Outcome::Capped, reason.detail.clone()));
        self.skip_waiting_as(reason, |_| Why::Capped(caps.clone()));
    }

    /// Notes that the facts about one candidate could not be read. The next one is tried, unless the service is out or too many
    /// readings failed.
    pub(super) fn note_unread(
        &mut self,
        report: &mut TickReport,
        issue: IssueNumber,
        error: &ServiceError,
    ) {
        /// A forge that fails for so many issues of a repository will fail for the next one.
        const UNREAD_MAX: usize = 5;
        self.unread += 1;
        if ends_turn(error) || self.unread >= UNREAD_MAX || self.waiting.is_empty() {
            self.give_up(report, issue, error);
            return;
        }
        let repo = &self.survey.repository.repo;
        tracing::warn!(repo = %repo, issue = issue.0, "{error}");
        report.failures.push(Failure::new(Some(repo), error));
        let reason = Reason::new(ReasonCode::FactsIncomplete, error.to_string());
        self.note(issue, Decision::Refuse, vec![reason], Why::Told);
    }

    /// Notes that the last candidate was refused.
    pub(super) fn note_refused_all(&mut self) {
        self.outcome = Some(if self.unread == 0 {
            (Outcome::Refused, "no ready issue is eligible".to_owned())
        } else {
            (
                Outcome::Failed,
                "no ready issue that could be read is eligible".to_owned(),
            )
        });
    }

    pub(super) fn into_report(mut self, narrowing: &Narrowing) -> RepositoryReport {
        let repository = self.survey.repository.repo.clone();
        self.issues
            .retain(|issue| narrowing.includes_issue(&repository, issue.issue));
        self.issues.sort_by_key(|issue| issue.issue);
        let (outcome, detail) = self
            .outcome
            .unwrap_or((Outcome::Unfinished, "not looked at".to_owned()));
        RepositoryReport {
            repository,
            outcome,
            detail,
            issues: self.issues,
        }
    }
}

/// Whether an error is the whole service's, so that the next candidate would fare the same.
pub(super) fn ends_turn(error: &ServiceError) -> bool {
    match error.kind {
        FailureKind::RateLimited { .. }
        | FailureKind::SecretUnreadable
        | FailureKind::OutOfTime => true,
        // An answer with an error is about what was asked; no answer is about the service.
        FailureKind::Unreachable => error.answered_by.status().is_none(),
        FailureKind::NotFound
        | FailureKind::Moved { .. }
        | FailureKind::Denied
        | FailureKind::Overloaded
        | FailureKind::Refused
        | FailureKind::Unreadable => false,
    }
}
