//! Issues that show the lock label and have no live slot (SPEC 4.3, "Strays").
//!
//! A stray is looked for only where nothing that could not be read may be its run. What a person or somebody else locked
//! brakes and is warned about in one line; nothing rings for it.

use std::sync::OnceLock;

use super::bells::Rung;
use super::context::Watch;
use super::gathering::Readable;
use super::standing::handed_back_at;
use super::unread_issues::unread_issue;
use crate::domain::identity::{AuthorisationDigest, Slot};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::{IssueNumber, IssueRef};
use crate::domain::run::revocation::Gone;
use crate::domain::start::dispatch_policy::{SlotState, SlotView};
use crate::domain::step::Step;
use crate::domain::told::notification::{BellKind, Notification};
use crate::domain::told::stray_note::{is_stray_note, stray_note, unrung_sinks};
use crate::domain::told::to_do::to_do;
use crate::domain::told::why::why_unmarked;
use crate::executor::{Fleet, Thread};
use crate::notifier::Sink;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Applied, Failure, RunReport, TickReport, slots, work_list};
use crate::tracker::{IssueEventKind, IssueReading, LockedIssue, Repository, RunIssue};

impl Watch<'_> {
    /// Strays among issues with the lock label that had no live slot when the tick read T3. The forge was read after T3, and
    /// poll may have started a run in between: the label comes after the slot, so T3 is looked at once more.
    pub(super) fn strays(
        &self,
        report: &mut TickReport,
        readable: &Readable,
        locked: &[&LockedIssue],
        second_look: &OnceLock<Option<Fleet>>,
    ) {
        if locked.is_empty() {
            return;
        }
        let repository = &readable.reading.repository;
        let fleet = second_look.get_or_init(|| match self.hands.executor.whole_fleet() {
            Ok(fleet) => Some(fleet),
            Err(error) => {
                report
                    .failures
                    .push(Failure::new(Some(&repository.repo), &error));
                None
            }
        });
        let Some(fleet) = fleet else {
            return;
        };
        let slots: Vec<SlotView> = slots::slots_of(&repository.key, fleet)
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
        let mut of_others = Vec::new();
        for locked in locked.iter().filter(|locked| !may_be_live(locked.number)) {
            match released_slot(&slots, fleet, locked.number) {
                Some((slot, thread)) => {
                    self.released(report, readable, slot, thread, locked.number)
                }
                None => {
                    if self.unknown(report, repository, locked) == Whose::Others {
                        of_others.push(locked.number.to_string());
                    }
                }
            }
        }
        if !of_others.is_empty() {
            report.warn(Failure::warning(
                Some(&repository.repo),
                "afk",
                "look for strays",
                format!(
                    "{} {}, which we did not put on: no run of this repository starts until it is taken off: #{}",
                    if of_others.len() == 1 { "an issue shows" } else { "issues show" },
                    self.config.labels.in_progress,
                    of_others.join(", #")
                ),
            ));
        }
    }

    /// An issue with the lock label of which T3 knows nothing.
    fn unknown(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        locked: &LockedIssue,
    ) -> Whose {
        let issue = IssueRef {
            repo: repository.repo.clone(),
            number: locked.number,
        };
        let (whose, result) = match self.hands.tracker.stray(&issue) {
            Err(error) => (Whose::Ours, Err(error)),
            Ok(RunIssue::Issue(reading)) => {
                if locked_by_us(&reading, &self.config.labels.in_progress) {
                    (
                        Whose::Ours,
                        self.hand_back_stray(report, repository, &issue, &reading),
                    )
                } else {
                    let detail =
                        "somebody else put the lock label on; nothing rings for it".to_owned();
                    (Whose::Others, Ok(detail))
                }
            }
            Ok(RunIssue::Missing) => (Whose::Ours, Ok(Gone::Deleted.in_words().to_owned())),
            Ok(RunIssue::Transferred) => (Whose::Ours, Ok(Gone::Transferred.in_words().to_owned())),
            Ok(RunIssue::Unreadable(why)) => {
                report.failures.push(unread_issue(&issue, &why));
                (Whose::Ours, Ok(format!("it could not be read: {why}")))
            }
        };
        self.stray_line(report, &issue, whose == Whose::Ours, result);
        whose
    }

    /// The line of a stray.
    pub(super) fn stray_line(
        &self,
        report: &mut TickReport,
        issue: &IssueRef,
        acted: bool,
        result: Result<String, ServiceError>,
    ) {
        let detail = match result {
            Ok(detail) => detail,
            Err(error) => {
                report
                    .failures
                    .push(Failure::new(Some(&issue.repo), &error));
                error.to_string()
            }
        };
        tracing::info!(repo = %issue.repo, issue = issue.number.0, "stray: {detail}");
        report.runs.push(RunReport {
            started_at: None,
            basis: None,
            repository: issue.repo.clone(),
            issue: issue.number,
            thread: None,
            slot: None,
            action: if acted { "finish" } else { "wait" },
            state: "stray".to_owned(),
            commit: None,
            verdict: None,
            reason: Some(ReasonCode::Stray),
            tokens: None,
            detail,
        });
    }

    /// Hands back an issue that we locked and of which T3 knows nothing: it may have lost its data.
    fn hand_back_stray(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        issue: &IssueRef,
        reading: &IssueReading,
    ) -> Result<String, ServiceError> {
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
        if !self.ring_for_stray(report, repository, issue, reading)? {
            return Ok("a bell could not be rung; the next tick tries again".to_owned());
        }
        if reading.shown_label(&labels.ready_for_human).is_none() {
            let step = Step::AddLabel {
                issue: issue.clone(),
                label: labels.ready_for_human.clone(),
            };
            let added = self.act(&repository.repo, &step).map(|_| ());
            self.pass_refused(report, &repository.repo, added)?;
        }
        Ok(
            "T3 knows no run of this issue; it was handed back, the lock label stays until a person removes it"
                .to_owned(),
        )
    }

    /// Rings the sinks that have not rung for this stray yet, and notes on the issue which have. Returns whether nobody has to
    /// be waited for any more.
    fn ring_for_stray(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        issue: &IssueRef,
        reading: &IssueReading,
    ) -> Result<bool, ServiceError> {
        // The note stands for the bell; a later labelling makes another stray of the same issue.
        let authorisation = newest_authorisation(reading, &self.config.labels.ready);
        let is_note = |body: &str| is_stray_note(body, authorisation.as_ref());
        let noted = self.only_comment(issue, reading, is_note)?;
        let sinks: Vec<&dyn Sink> = match noted {
            None => self.sinks_in_order(),
            Some(note) => {
                let unrung: Vec<&str> = unrung_sinks(&note.body).collect();
                let waits = |sink: &&dyn Sink| unrung.contains(&sink.name());
                self.sinks_in_order().into_iter().filter(waits).collect()
            }
        };
        if noted.is_some() && sinks.is_empty() {
            return Ok(true);
        }
        // Where no note can be written, the label that came after the bell stands for it.
        if noted.is_none() && handed_back_at(reading, self.label_names()).is_some() {
            return Ok(true);
        }
        let reason = Reason::new(ReasonCode::Stray, "T3 knows no run of this issue");
        let notification = Notification::new(
            BellKind::NeedsHuman,
            issue.clone(),
            Some(&reading.url),
            None,
            &why_unmarked(&reason),
        )
        .about(Some(&reading.title))
        .because(reason.code)
        .to_do(to_do(reason.code, &self.label_names()).as_deref());
        self.warn_without_sinks(issue, &notification.title());
        let (mut settled, mut unrung) = (false, Vec::new());
        for sink in sinks {
            match self.ring_one(report, &repository.repo, sink, &notification) {
                Ok(Rung::Yes | Rung::Refused) => settled = true,
                Ok(Rung::Named) => {}
                Ok(Rung::NotNow) => unrung.push(sink.name()),
                // What rang has to be noted all the same.
                Err(_) if settled => unrung.push(sink.name()),
                Err(error) => return Err(error),
            }
        }
        if !settled && !unrung.is_empty() {
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
        let written = if settled {
            self.note(&repository.repo, &note)
        } else {
            self.act(&repository.repo, &note)
        };
        let mut is_sent = false;
        let written = written.map(|applied| is_sent = applied == Applied::Sent);
        self.pass_refused(report, &repository.repo, written)?;
        if is_sent
            && noted.is_none()
            && let RunIssue::Issue(again) = self.hands.tracker.stray(issue)?
        {
            // Another tick may have noted it too, and no later one looks at it when its lock label is gone.
            self.only_comment(issue, &again, is_note)?;
        }
        Ok(unrung.is_empty())
    }
}

/// Who put a lock label on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// We did, or nobody knows.
    Ours,
    /// Somebody else.
    Others,
}

/// The newest released slot that is bound to an issue.
fn released_slot<'f>(
    slots: &[SlotView],
    fleet: &'f Fleet,
    number: IssueNumber,
) -> Option<(Slot, &'f Thread)> {
    slots
        .iter()
        .rev()
        .filter(|view| view.state == SlotState::Released)
        .filter(|view| {
            view.binding
                .as_ref()
                .is_some_and(|binding| binding.issue == number)
        })
        .filter_map(|view| Some((view.slot, fleet.threads.get(&view.thread)?)))
        // One that was only allocated never ran; some servers do not list the messages of released threads.
        .find(|(_, thread)| {
            thread.has_ended() || !thread.messages_told || thread.facts.is_started()
        })
}

/// Whether the newest labelling with the lock label was ours.
fn locked_by_us(reading: &IssueReading, lock: &str) -> bool {
    let newest = reading.events.iter().rev().find(|event| match &event.kind {
        IssueEventKind::LabelAdded { label, .. } => label.to_lowercase() == lock.to_lowercase(),
        IssueEventKind::LabelRemoved { .. }
        | IssueEventKind::Closed(_)
        | IssueEventKind::Reopened
        | IssueEventKind::Referenced { .. } => false,
    });
    newest.is_some_and(|event| event.by_us)
}

/// The newest labelling with the ready label, in short.
fn newest_authorisation(reading: &IssueReading, ready: &str) -> Option<AuthorisationDigest> {
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
