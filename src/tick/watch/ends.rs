//! The end of a run, w4 to w10 of SPEC 4.3, in its order.
//!
//! Every line is safe to repeat: a tick that resumes an end walks all of them again and does only what is left. The
//! order is the promise: bells before labels, the ready label before the lock label, the lock label before the release,
//! and nothing while an agent may be at work. What the forge refuses for good is reported and passed over.

use super::binding::Writes;
use super::context::Watch;
use super::lanes::Lanes;
use super::observation::Seen;
use super::observed::Observed;
use super::stopping::Silence;
use crate::domain::identity::{EndKind, Ending};
use crate::domain::issue::IssueState;
use crate::domain::reason::ReasonCode;
use crate::domain::run::revocation::{ClosedBy, ReadyLabel};
use crate::domain::run::run_state_machine::is_quiet;
use crate::domain::run::thread_state::ThreadState;
use crate::domain::step::Step;
use crate::domain::told::notification::BellKind;
use crate::service_error::ServiceError;
use crate::tick::work_list::Run;
use crate::tick::{RunReport, TickReport};
use crate::tracker::RunIssue;

/// What holds the release of a run up whose issue can not be read.
const UNREADABLE: &str =
    "the issue could not be read; the run is released when it can be, or when its limits are over";

/// What is left to do where the title shows the end that another tick decided: the next tick judges it.
pub(super) fn ended_by_another(recorded: &Ending) -> String {
    format!("another tick ended it as {}", recorded.kind.as_str())
}

impl Watch<'_> {
    /// Goes on with the end of a run as far as it gets. Returns what is left, in words, or `None` when it is released.
    pub(super) fn finish(
        &self,
        report: &mut TickReport,
        run: &mut Observed,
        line: &mut RunReport,
        ending: &Ending,
    ) -> Result<Option<String>, ServiceError> {
        let kind = ending.kind;
        let titled = |run: &Observed| run.thread.parsed_title().and_then(|title| title.ending);
        let before = titled(run);
        match self.silence(run)? {
            Silence::Proven => {}
            Silence::Stopped => {
                let looked = self.look_for_late_push(run);
                self.pass_refused_of(report, run, looked)?;
            }
            Silence::Waits(why) => return Ok(Some(why)),
        }
        let mut ending = ending.clone();
        // Another tick may have rung since, or decided otherwise on facts of its own; a thread that had to be stopped was read again.
        if let Some(noted) = titled(run) {
            if noted.kind != kind && before.as_ref() != Some(&noted) {
                return Ok(Some(ended_by_another(&noted)));
            }
            ending.merge(&noted);
        }
        if run.pushed_late(&ending) {
            line.reason = Some(ReasonCode::LatePush);
        }
        if run.thread.deleted && run.writes == Writes::Allowed {
            // No receipt can be noted in its title: what may hold the rest up is looked at before anything rings.
            let looked = self.look_again(run);
            self.pass_refused_of(report, run, looked)?;
            if self.waits_for_its_issue(run) {
                return Ok(Some(UNREADABLE.to_owned()));
            }
        }
        // Whoever waits for a bell does not wait for the forge: what it can not take just now is written by the next tick.
        let written = self.final_checklist(run, &ending);
        let written = self.pass_refused_of(report, run, written);
        if let Err(error) = &written
            && crate::tick::nothing_was_sent(error)
        {
            return Err(error.clone());
        }
        if !is_quiet(kind, &run.standing.revocation, run.green_since())
            && let Some(bell) = BellKind::of(kind)
            && !self.ring(report, run, &mut ending, bell)?
        {
            return Ok(Some(
                "a bell could not be rung; the next tick tries again".to_owned(),
            ));
        }
        let created = written?;
        let mut left = None;
        match run.writes {
            Writes::Allowed => {
                let looked = self.look_again(run);
                self.pass_refused_of(report, run, looked)?;
                if created && let Some(reading) = run.reading().cloned() {
                    // No later tick looks at a released run, so a second checklist must be found now.
                    let only = self.only_checklist(run, &reading).map(|_| ());
                    self.pass_refused_of(report, run, only)?;
                }
                run.unclosed = self.settle_issue(report, run, kind)?;
                if run.unclosed.is_some() {
                    // People were told that it is closed.
                    let corrected = self.final_checklist(run, &ending);
                    self.pass_refused_of(report, run, corrected)?;
                }
            }
            Writes::Unknown(why) if run.repository.is_none() || !self.is_given_up(run) => {
                return Ok(Some(format!("nothing is written to the issue yet: {why}")));
            }
            Writes::Refused(why) | Writes::Unknown(why) => {
                if !matches!(run.found, Some(RunIssue::Missing | RunIssue::Transferred)) {
                    left = Some(format!("nothing was written to the issue: {why}"));
                }
            }
        }
        if self.waits_for_its_issue(run) {
            // Whoever released now would leave the issue to a stray, and off the allowlist to nobody.
            return Ok(Some(UNREADABLE.to_owned()));
        }
        // Released by a person, or by another tick: nothing is left to archive.
        if run.state.state != ThreadState::Gone {
            self.act(
                run.repo(),
                &Step::Archive {
                    thread: run.thread.id,
                },
            )?;
        }
        tracing::info!(
            repo = %run.repo(), issue = run.issue.number.0, thread = %run.thread.id,
            "{}released run {} of {} as {}", self.hands.would_have(), run.slot, run.issue, kind.as_str()
        );
        Ok(left)
    }

    fn waits_for_its_issue(&self, run: &Observed) -> bool {
        matches!(run.found, Some(RunIssue::Unreadable(_))) && !self.is_given_up(run)
    }

    /// Looks once more for a commit, after an agent was stopped: what it pushed meanwhile is said and not denied.
    fn look_for_late_push(&self, run: &mut Observed) -> Result<(), ServiceError> {
        if run.repository.is_none() || run.pushed.is_some() {
            return Ok(());
        }
        let again = Run {
            thread: run.thread.clone(),
            slot: run.slot,
            key: Some(run.key.clone()),
        };
        let query = self.query(run.repo(), std::slice::from_ref(&again));
        let Some(reading) = self.hands.tracker.watch(&[query]).pop() else {
            return Ok(());
        };
        let enrolled = run.writes == Writes::Allowed;
        let reading = reading?;
        let (Seen::Observed(seen) | Seen::Allocated(seen)) = self.observe(
            &reading,
            &again,
            reading.runs.first(),
            enrolled,
            &Lanes::of(1),
        )?;
        run.pushed = seen.pushed;
        run.commit_url = seen.commit_url;
        run.verdict = seen.verdict;
        run.checks = seen.checks;
        Ok(())
    }

    /// w7 to w9: the issue's state and labels. Returns why the forge does not let the issue be closed, if so.
    fn settle_issue(
        &self,
        report: &mut TickReport,
        run: &Observed,
        kind: EndKind,
    ) -> Result<Option<String>, ServiceError> {
        let Some(reading) = run.reading() else {
            return Ok(None);
        };
        let issue = || run.issue.clone();
        let labels = &self.config.labels;
        let mut steps = Vec::new();
        match kind {
            EndKind::Done => {
                if reading.state == IssueState::Open && !run.rearmed() {
                    steps.push(Step::CloseIssue { issue: issue() });
                }
            }
            EndKind::NeedsHuman | EndKind::Frozen => {
                if run.standing.closed == Some(ClosedBy::Run) {
                    steps.push(Step::ReopenIssue { issue: issue() });
                }
                if !run.rearmed() && reading.shown_label(&labels.ready_for_human).is_none() {
                    steps.push(Step::AddLabel {
                        issue: issue(),
                        label: labels.ready_for_human.clone(),
                    });
                }
            }
            EndKind::StoodDown => {}
        }
        if reading.shown_label(&labels.ready).is_some()
            && run.standing.ready_label == ReadyLabel::FromRun
        {
            steps.push(Step::RemoveLabel {
                issue: issue(),
                label: labels.ready.clone(),
            });
        }
        // Also when the reading does not show it: poll may have put it back since.
        steps.push(Step::RemoveLabel {
            issue: issue(),
            label: labels.in_progress.clone(),
        });
        let mut unclosed = None;
        for step in &steps {
            let done = self.act(run.repo(), step).map(|_| ());
            if let (Step::CloseIssue { .. }, Err(error)) = (step, &done)
                && (error.is_refused_for_good() || error.is_refused_before())
            {
                unclosed = Some(error.detail.clone());
            }
            self.pass_refused_of(report, run, done)?;
        }
        Ok(unclosed)
    }
}
