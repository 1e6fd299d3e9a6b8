//! Notes on refused issues (SPEC 7): one comment that says why nothing happens, for the people who labelled.
//!
//! Written only where somebody who may label asked, where the refusal is definite and some minutes old; never in a dry run. A note
//! is found again among our own comments, so that a tick that dies makes no second one, and it is taken away when a run
//! starts or the label goes. Nothing here decides whether anything starts, and nothing of it is reported as a failure of a start.
//!
//! Not on Forgejo and Gitea: there the trust gate may have to ask that nothing at all happened on an issue since it was labelled,
//! and a comment of ours is something.

use chrono::{DateTime, TimeDelta, Utc};

use super::enrolment::Enrolled;
use super::mandate::Mandate;
use super::setting::Poll;
use crate::domain::identity::Slot;
use crate::domain::issue::{IssueState, LabelChange, LabelEvent, Permissions, ViaApp};
use crate::domain::reason::Reason;
use crate::domain::remedy::Words;
use crate::domain::repository::{ForgeKind, IssueNumber, IssueRef};
use crate::domain::start::rotation::Rotation;
use crate::domain::start::trust_gate::{labeller_to_ask, may_label};
use crate::domain::step::Step;
use crate::domain::told::refusal_note::{is_refusal_note, refusal_note};
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Decision, Failure, TickReport};
use crate::tracker::{IssueEventKind, IssueReading, OwnComment, RunIssue};

/// How old a labelling is before its refusal is told.
const AGE_MIN: TimeDelta = TimeDelta::minutes(10);

/// New notes of one tick.
const NEW_MAX: usize = 10;

/// Refused issues that are looked at in one tick; where there are more, the next ticks look at the others.
const LOOKS_MAX: usize = 20;

/// Repositories that are asked in one tick for issues that changed, and may have lost the label.
const GONE_REPOSITORIES: usize = 3;

/// The latest of them that are looked at, in each.
const GONE_LOOKS_MAX: usize = 5;

/// How far back changes are asked for: longer than it takes until it is a repository's turn again, in most installations, and
/// longer than somebody leaves the kill switch on for lunch.
const CHANGED_WITHIN: TimeDelta = TimeDelta::days(1);

/// A refused issue.
struct Refused<'e> {
    enrolled: &'e Enrolled,
    number: IssueNumber,
    reasons: Vec<Reason>,
}

impl Poll<'_> {
    /// Writes, mends and takes away notes.
    pub(super) fn refusal_notes(&self, report: &mut TickReport, all: &[Enrolled]) {
        let acts = matches!(self.mandate, Mandate::Start(_)) && !self.hands.dry_run;
        if !acts || !self.config.refusal_comment {
            return;
        }
        let noted: Vec<&Enrolled> = all
            .iter()
            .filter(|enrolled| enrolled.survey.repository.repo.forge() == ForgeKind::GitHub)
            .collect();
        for enrolled in &noted {
            self.take_away_of_started(report, enrolled);
        }
        self.tell_refused(report, &noted);
        self.take_away_of_waiting(report, &noted, AGE_MIN);
        self.take_away_of_gone(report, &noted);
    }

    fn tell_refused(&self, report: &mut TickReport, all: &[&Enrolled]) {
        let now = self.hands.deadline.clock().now();
        let mut refused: Vec<Refused<'_>> = all
            .iter()
            .flat_map(|enrolled| old_enough(enrolled, now))
            .collect();
        if refused.len() > LOOKS_MAX {
            refused = Rotation::at(report.started_at).order(refused);
            refused.truncate(LOOKS_MAX);
        }
        let mut new = 0;
        for refused in refused {
            if !self.hands.deadline.allows_more() {
                return;
            }
            let repo = &refused.enrolled.survey.repository.repo;
            match self.tell_one(report, &refused, new < NEW_MAX) {
                Ok(true) => new += 1,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%repo, issue = refused.number.0, "{error}");
                    report.failures.push(Failure::new(Some(repo), &error));
                    if super::enrolment::ends_turn(&error) {
                        return;
                    }
                }
            }
        }
    }

    /// Brings the note on one issue up to date. Returns whether a new one was written.
    fn tell_one(
        &self,
        report: &mut TickReport,
        refused: &Refused<'_>,
        may_be_new: bool,
    ) -> Result<bool, ServiceError> {
        let repository = &refused.enrolled.survey.repository;
        let issue = IssueRef {
            repo: repository.repo.clone(),
            number: refused.number,
        };
        let RunIssue::Issue(reading) = self.hands.tracker.stray(&issue)? else {
            return Ok(false);
        };
        let now = self.hands.deadline.clock().now();
        let Some(event) = newest_label(&reading, &self.config.labels.ready)
            .filter(|event| now - event.at >= AGE_MIN)
        else {
            return Ok(false);
        };
        let rules = self.rules(repository, refused.number, Slot::FIRST, false);
        let mut permissions = Permissions::default();
        let people = labeller_to_ask(&event, &rules);
        self.look_up(repository, people, &mut permissions)?;
        if !may_label(&event, &permissions, &rules) {
            return Ok(false);
        }
        let labels = &self.config.labels;
        let body = refusal_note(
            &refused.reasons,
            Words {
                ready: &labels.ready,
                in_progress: &labels.in_progress,
                ready_for_human: &labels.ready_for_human,
            },
        );
        let mut notes = notes(&reading);
        let create = || Step::CreateComment {
            issue: issue.clone(),
            body: body.clone(),
        };
        let Some(oldest) = notes.next() else {
            // One that was not read back far enough may exist.
            if !may_be_new || !reading.gaps.is_empty() {
                return Ok(false);
            }
            self.apply(&issue.repo, &create())?;
            report.refusal_notes.written += 1;
            return Ok(true);
        };
        for double in notes {
            self.take_away(report, &issue, double)?;
        }
        if oldest.body.trim() == body.trim() {
            return Ok(false);
        }
        let edit = Step::EditComment {
            issue: issue.clone(),
            comment: oldest.id.clone(),
            body: body.clone(),
        };
        match self.apply(&issue.repo, &edit) {
            // Somebody deleted it just now: the next tick sees that.
            Err(error) if error.kind == FailureKind::NotFound => Ok(false),
            result => {
                result?;
                report.refusal_notes.edited += 1;
                Ok(false)
            }
        }
    }

    /// Takes the note of an issue away whose run this tick started.
    fn take_away_of_started(&self, report: &mut TickReport, enrolled: &Enrolled) {
        let Some(number) = enrolled.noted_start else {
            return;
        };
        self.take_all_away(report, enrolled, number, |_| true);
    }

    /// Takes notes away from issues that changed and are not ready any more, or have a run: of a few repositories a tick.
    fn take_away_of_gone(&self, report: &mut TickReport, all: &[&Enrolled]) {
        let order = Rotation::at(report.started_at).order(all);
        for enrolled in order.into_iter().take(GONE_REPOSITORIES) {
            self.take_away_of_gone_in(report, enrolled);
        }
    }

    fn take_away_of_gone_in(&self, report: &mut TickReport, enrolled: &Enrolled) {
        let repo = &enrolled.survey.repository.repo;
        let since = self.hands.deadline.clock().now() - CHANGED_WITHIN;
        let changed = match self.hands.tracker.changed_since(repo, since) {
            Ok(changed) => changed,
            Err(error) => {
                tracing::warn!(%repo, "{error}");
                report.failures.push(Failure::new(Some(repo), &error));
                return;
            }
        };
        let with_run = enrolled.running_issue();
        let labels = &self.config.labels;
        let gone = changed.iter().filter(|issue| {
            issue.has_comments
                && (issue.is_closed
                    || !issue.labels.contains(&labels.ready)
                    || with_run == Some(issue.number))
        });
        for issue in gone.take(GONE_LOOKS_MAX) {
            if !self.hands.deadline.allows_more() {
                return;
            }
            self.take_all_away(report, enrolled, issue.number, |reading| {
                with_run == Some(reading.number)
                    || reading.state != IssueState::Open
                    || !reading.labels.contains(&labels.ready)
            });
        }
    }

    pub(super) fn take_all_away(
        &self,
        report: &mut TickReport,
        enrolled: &Enrolled,
        number: IssueNumber,
        still_so: impl Fn(&IssueReading) -> bool,
    ) {
        let issue = IssueRef {
            repo: enrolled.survey.repository.repo.clone(),
            number,
        };
        let taken = self.hands.tracker.stray(&issue).and_then(|found| {
            let RunIssue::Issue(reading) = found else {
                return Ok(());
            };
            if !still_so(&reading) {
                return Ok(());
            }
            for note in notes(&reading) {
                self.take_away(report, &issue, note)?;
            }
            Ok(())
        });
        if let Err(error) = taken {
            tracing::warn!(repo = %issue.repo, issue = number.0, "{error}");
            report
                .failures
                .push(Failure::new(Some(&issue.repo), &error));
        }
    }

    fn take_away(
        &self,
        report: &mut TickReport,
        issue: &IssueRef,
        note: &OwnComment,
    ) -> Result<(), ServiceError> {
        let step = Step::DeleteComment {
            issue: issue.clone(),
            comment: note.id.clone(),
        };
        self.apply(&issue.repo, &step)?;
        report.refusal_notes.removed += 1;
        Ok(())
    }
}

/// The refused issues of a repository whose labelling is old enough, or of unknown age, with their definite reasons.
fn old_enough(enrolled: &Enrolled, now: DateTime<Utc>) -> Vec<Refused<'_>> {
    let young = |number: IssueNumber| {
        let mut ready = enrolled.survey.ready.iter();
        let seen = ready.find(|issue| issue.number == number);
        seen.and_then(|issue| issue.labelled_at)
            .is_some_and(|at| now - at < AGE_MIN)
    };
    enrolled
        .issues
        .iter()
        .filter(|entry| entry.decision == Decision::Refuse && !young(entry.issue))
        .filter_map(|entry| {
            let reasons: Vec<Reason> = entry
                .reasons
                .iter()
                .filter(|reason| !reason.is_passing())
                .cloned()
                .collect();
            (!reasons.is_empty()).then_some(Refused {
                enrolled,
                number: entry.issue,
                reasons,
            })
        })
        .collect()
}

/// The labelling that stands, if the newest change of the label is one and it was not we.
fn newest_label(reading: &IssueReading, ready: &str) -> Option<LabelEvent> {
    reading.events.iter().rev().find_map(|event| {
        let (label, change, id) = match &event.kind {
            IssueEventKind::LabelAdded { label, id } => (label, LabelChange::Added, id.clone()),
            IssueEventKind::LabelRemoved { label } => (label, LabelChange::Removed, None),
            IssueEventKind::Closed(_)
            | IssueEventKind::Reopened
            | IssueEventKind::Referenced { .. } => return None,
        };
        (label == ready).then(|| {
            (change == LabelChange::Added && !event.by_us)
                .then_some(())
                .and(id)
                .map(|id| LabelEvent {
                    id,
                    at: event.at,
                    change,
                    label: label.clone(),
                    actor: event.actor.clone(),
                    // Nobody asks here: a note to somebody whose App is not trusted does no harm.
                    via_app: ViaApp::No,
                })
        })
    })?
}

fn notes(reading: &IssueReading) -> impl Iterator<Item = &OwnComment> {
    reading
        .own_comments
        .iter()
        .filter(|comment| is_refusal_note(&comment.body))
}
