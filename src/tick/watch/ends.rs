//! The end of a run, w4 to w10 of SPEC 4.3, in its order.
//!
//! Every line is safe to repeat: a tick that resumes an end walks all of them again and does only what is left. The
//! order is the promise: bells before labels, the ready label before the lock label, the lock label before the release,
//! and nothing while an agent may be at work.

use super::context::Watch;
use super::observation::Observed;
use crate::domain::identity::{EndKind, Ending};
use crate::domain::issue::IssueState;
use crate::domain::run::revocation::{ClosedBy, ReadyLabel};
use crate::domain::run::run_state_machine::is_quiet;
use crate::domain::run::thread_state::ThreadState;
use crate::domain::step::Step;
use crate::domain::told::notification::BellKind;
use crate::service_error::ServiceError;
use crate::tick::TickReport;
use crate::tracker::Repository;

impl Watch<'_> {
    /// Goes on with the end of a run as far as it gets. Returns what is left, in words, or `None` when it is released.
    pub(super) fn finish(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &mut Observed,
        ending: &Ending,
    ) -> Result<Option<String>, ServiceError> {
        let kind = ending.kind;
        if !self.silence(repository, run)? {
            return Ok(Some(
                "the agent was told to stop, and T3 still shows it at work".to_owned(),
            ));
        }
        let created = self.final_checklist(repository, run, kind)?;
        let mut ending = ending.clone();
        // Another tick may have rung since; a thread that had to be stopped was read again.
        let noted = run.thread.parsed_title().and_then(|title| title.ending);
        for sink in noted.into_iter().flat_map(|noted| noted.rung) {
            if !ending.rung.contains(&sink) {
                ending.rung.push(sink);
            }
        }
        if !is_quiet(kind, &run.standing.revocation)
            && let Some(bell) = BellKind::of(kind)
            && !self.ring(report, repository, run, &mut ending, bell)?
        {
            return Ok(Some(
                "a bell could not be rung; the next tick tries again".to_owned(),
            ));
        }
        self.look_again(repository, run)?;
        if created && let Some(reading) = &run.reading {
            // No later tick looks at a released run, so a second checklist must be found now.
            self.only_checklist(repository, run, reading)?;
        }
        self.settle_issue(repository, run, kind)?;
        // Released by a person, or by another tick: nothing is left to archive.
        if run.state.state != ThreadState::Gone {
            self.act(
                repository,
                &Step::Archive {
                    thread: run.thread.id,
                },
            )?;
        }
        tracing::info!(
            repo = %repository.repo, issue = run.issue.number.0, thread = %run.thread.id,
            "{}released run {} of {} as {}", self.hands.would_have(), run.slot, run.issue, kind.as_str()
        );
        Ok(None)
    }

    /// w7 to w9: the issue's state and labels.
    pub(super) fn settle_issue(
        &self,
        repository: &Repository,
        run: &Observed,
        kind: EndKind,
    ) -> Result<(), ServiceError> {
        let Some(reading) = &run.reading else {
            return Ok(());
        };
        let issue = || run.issue.clone();
        let labels = &self.config.labels;
        match kind {
            EndKind::Done => {
                if reading.state == IssueState::Open && !run.rearmed() {
                    self.act(repository, &Step::CloseIssue { issue: issue() })?;
                }
            }
            EndKind::NeedsHuman | EndKind::Frozen => {
                if run.standing.closed == Some(ClosedBy::Run) {
                    self.act(repository, &Step::ReopenIssue { issue: issue() })?;
                }
                if !run.rearmed() && reading.shown_label(&labels.ready_for_human).is_none() {
                    self.act(
                        repository,
                        &Step::AddLabel {
                            issue: issue(),
                            label: labels.ready_for_human.clone(),
                        },
                    )?;
                }
            }
            EndKind::StoodDown => {}
        }
        if reading.shown_label(&labels.ready).is_some()
            && run.standing.ready_label == ReadyLabel::FromRun
        {
            self.act(
                repository,
                &Step::RemoveLabel {
                    issue: issue(),
                    label: labels.ready.clone(),
                },
            )?;
        }
        // Also when the reading does not show it: poll may have put it back since.
        self.act(
            repository,
            &Step::RemoveLabel {
                issue: issue(),
                label: labels.in_progress.clone(),
            },
        )?;
        Ok(())
    }
}
