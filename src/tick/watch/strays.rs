//! Issues that show the lock label and have no live slot (SPEC 4.3, "Strays").
//!
//! A stray is looked for only where nothing that could not be read may be its run.

use super::context::Watch;
use crate::domain::identity::AuthorisationDigest;
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::{IssueNumber, IssueRef};
use crate::domain::start::dispatch_policy::{SlotState, SlotView};
use crate::domain::step::Step;
use crate::domain::told::notification::{BellKind, Notification};
use crate::domain::told::stray_note::{is_stray_note, stray_note, unrung_sinks};
use crate::domain::told::why::why_unmarked;
use crate::executor::{Fleet, Thread};
use crate::notifier::Sink;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Applied, Failure, RunReport, TickReport, work_list};
use crate::tracker::{
    IssueEventKind, IssueReading, LockedIssue, Repository, RunIssue, WatchReading,
};
use std::cell::OnceCell;

impl Watch<'_> {
    /// Strays among issues with the lock label that had no live slot when the tick read T3. The forge was read after T3, and
    /// poll may have started a run in between: the label comes after the slot, so T3 is looked at once more.
    pub(super) fn strays(
        &self,
        report: &mut TickReport,
        reading: &WatchReading,
        locked: &[&LockedIssue],
        second_look: &OnceCell<Option<Fleet>>,
    ) {
        if locked.is_empty() {
            return;
        }
        let fleet = second_look.get_or_init(|| match self.hands.executor.whole_fleet() {
            Ok(fleet) => Some(fleet),
            Err(error) => {
                report
                    .failures
                    .push(Failure::new(Some(&reading.repository.repo), &error));
                None
            }
        });
        let Some(fleet) = fleet else {
            return;
        };
        let slots: Vec<SlotView> = work_list::slots_of(&reading.repository.key, fleet)
            .iter()
            .map(|(slot, thread)| work_list::view(*slot, thread))
            .collect();
        // A live slot whose thread could not be read just now makes no stray of its issue, nor of any issue while it is not
        // known to which it belongs.
        let may_be_live = |number: IssueNumber| {
            slots.iter().any(|view| {
                view.state != SlotState::Released
                    && view
                        .binding
                        .as_ref()
                        .is_none_or(|binding| binding.issue == number)
            })
        };
        for locked in locked.iter().filter(|locked| !may_be_live(locked.number)) {
            self.stray(report, &reading.repository, locked, &slots, fleet);
        }
    }

    /// An issue with the lock label and no live slot.
    pub(super) fn stray(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        locked: &LockedIssue,
        slots: &[SlotView],
        fleet: &Fleet,
    ) {
        let issue = IssueRef {
            repo: repository.repo.clone(),
            number: locked.number,
        };
        let known = slots.iter().rev().find(|view| {
            view.state == SlotState::Released
                && view
                    .binding
                    .as_ref()
                    .is_some_and(|binding| binding.issue == locked.number)
        });
        let thread = known.and_then(|view| fleet.threads.get(&view.thread));
        let ended = thread
            .and_then(Thread::parsed_title)
            .is_some_and(|title| title.ending.is_some());
        let result = match thread {
            Some(_) if ended => self
                .act(repository, &self.remove_lock(&issue))
                .map(|_| "its run has ended; the lock label was left over".to_owned()),
            Some(thread) => self.hand_back_stray(report, repository, &issue, Some(thread)),
            None => self.hand_back_stray(report, repository, &issue, None),
        };
        let detail = match result {
            Ok(detail) => detail,
            Err(error) => {
                report
                    .failures
                    .push(Failure::new(Some(&repository.repo), &error));
                error.to_string()
            }
        };
        tracing::warn!(repo = %repository.repo, issue = locked.number.0, "stray: {detail}");
        report.runs.push(RunReport {
            repository: repository.repo.clone(),
            issue: locked.number,
            thread: None,
            slot: None,
            action: "finish",
            state: "stray".to_owned(),
            commit: None,
            verdict: None,
            reason: Some(ReasonCode::Stray),
            detail,
        });
    }

    pub(super) fn remove_lock(&self, issue: &IssueRef) -> Step {
        Step::RemoveLabel {
            issue: issue.clone(),
            label: self.config.labels.in_progress.clone(),
        }
    }

    /// Hands back an issue whose slot a person released (`thread`), or that T3 knows nothing of.
    pub(super) fn hand_back_stray(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        issue: &IssueRef,
        thread: Option<&Thread>,
    ) -> Result<String, ServiceError> {
        let reading = match self.hands.tracker.stray(issue)? {
            RunIssue::Issue(reading) => *reading,
            RunIssue::Missing => return Ok("the issue is not here any more".to_owned()),
        };
        if let Some(thread) = thread {
            self.silence_released(repository, thread)?;
        }
        if repository.facts.archived {
            // A bell that can not be noted there would ring at every tick.
            return Err(ServiceError::new(
                "afk",
                format!("hand back {issue}"),
                FailureKind::Refused,
                "its repository is archived, where nothing can be written; the bell rings when it is not archived any more",
            ));
        }
        let labels = &self.config.labels;
        if !self.ring_for_stray(report, repository, issue, thread, &reading)? {
            return Ok("a bell could not be rung; the next tick tries again".to_owned());
        }
        if reading.shown_label(&labels.ready_for_human).is_none() {
            self.act(
                repository,
                &Step::AddLabel {
                    issue: issue.clone(),
                    label: labels.ready_for_human.clone(),
                },
            )?;
        }
        if thread.is_none() {
            return Ok(
                "T3 knows no run of this issue; it was handed back, the lock label stays until a person removes it"
                    .to_owned(),
            );
        }
        if reading.shown_label(&labels.ready).is_some() {
            self.act(
                repository,
                &Step::RemoveLabel {
                    issue: issue.clone(),
                    label: labels.ready.clone(),
                },
            )?;
        }
        self.act(repository, &self.remove_lock(issue))?;
        Ok("a person released its slot before the end; it was handed back".to_owned())
    }

    /// Rings the sinks that have not rung for this stray yet, and notes on the issue which have. Returns whether all of them have.
    pub(super) fn ring_for_stray(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        issue: &IssueRef,
        thread: Option<&Thread>,
        reading: &IssueReading,
    ) -> Result<bool, ServiceError> {
        // The note stands for the bell; a later labelling makes another stray of the same issue.
        let authorisation = newest_authorisation(reading, &self.config.labels.ready);
        let is_note = |body: &str| is_stray_note(body, authorisation.as_ref());
        let noted = self.only_comment(repository, issue, reading, is_note)?;
        let sinks: Vec<&dyn Sink> = match noted {
            None => self.sinks.to_vec(),
            Some(note) => {
                let unrung: Vec<&str> = unrung_sinks(&note.body).collect();
                let waits = |sink: &&&dyn Sink| unrung.contains(&sink.name());
                self.sinks.iter().filter(waits).copied().collect()
            }
        };
        if noted.is_some() && sinks.is_empty() {
            return Ok(true);
        }
        let detail = match thread {
            Some(_) => "a person archived or deleted the thread of a run under way",
            None => "T3 knows no run of this issue",
        };
        let detail = why_unmarked(&Reason::new(ReasonCode::Stray, detail));
        let link = thread.and_then(|thread| self.link(thread.id));
        let notification = Notification::new(
            BellKind::NeedsHuman,
            issue.clone(),
            Some(&reading.url),
            link.as_deref(),
            &detail,
        );
        self.warn_without_sinks(issue, &notification.title());
        let (mut rang, mut unrung) = (false, Vec::new());
        for sink in sinks {
            match self.ring_one(report, repository, sink, &notification) {
                Ok(Some(applied)) => rang |= applied == Applied::Sent,
                Ok(None) => unrung.push(sink.name()),
                // What rang has to be noted all the same.
                Err(_) if rang => unrung.push(sink.name()),
                Err(error) => return Err(error),
            }
        }
        if !rang && !unrung.is_empty() {
            return Ok(false);
        }
        let body = stray_note(authorisation.as_ref(), self.label_names(), &unrung);
        let note = match noted {
            None => Step::CreateComment {
                issue: issue.clone(),
                body,
            },
            Some(comment) => Step::EditComment {
                issue: issue.clone(),
                comment: comment.id.clone(),
                body,
            },
        };
        let written = if rang {
            self.hands.note(&repository.repo, &note)?
        } else {
            self.act(repository, &note)?
        };
        if written == Applied::Sent
            && noted.is_none()
            && let RunIssue::Issue(again) = self.hands.tracker.stray(issue)?
        {
            // Another tick may have noted it too, and no later one looks at it when its lock label is gone.
            self.only_comment(repository, issue, &again, is_note)?;
        }
        Ok(unrung.is_empty())
    }
}

/// The newest labelling with the ready label, in short.
pub(super) fn newest_authorisation(
    reading: &IssueReading,
    ready: &str,
) -> Option<AuthorisationDigest> {
    reading
        .events
        .iter()
        .rev()
        .find_map(|event| match &event.kind {
            IssueEventKind::LabelAdded {
                label,
                id: Some(id),
            } if label == ready => Some(id.digest()),
            IssueEventKind::LabelAdded { .. }
            | IssueEventKind::LabelRemoved { .. }
            | IssueEventKind::Closed(_)
            | IssueEventKind::Reopened
            | IssueEventKind::Referenced { .. } => None,
        })
}
