//! One run, one tick (SPEC 4.3, w3): does what the decision table says about a run that was started.
//!
//! Decides nothing itself. Ends go on in `recording` and `ends`.

use super::context::Watch;
use super::observation::Observed;
use super::recording::next_step;
use crate::domain::identity::MessageId;
use crate::domain::run::corrective_turn::CorrectiveTurn;
use crate::domain::run::run_state_machine::{Action, without_step};
use crate::domain::step::Step;
use crate::domain::verdict::ci::{Check, Red, Verdict};
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Applied, Failure, RunReport, TickReport};
use crate::tracker::Repository;

impl Watch<'_> {
    /// w3: does what the table says about a run that was started.
    pub(super) fn drive(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        mut run: Observed,
    ) {
        let mut line = self.line(&run);
        for error in &run.unread {
            report
                .failures
                .push(Failure::new(Some(&repository.repo), error));
        }
        let result = match run.ending.clone() {
            Some(ending) => {
                let reason = run.reason(ending.kind, &self.config.limits);
                line.action = "finish";
                line.state = "ended".to_owned();
                line.reason = Some(reason.code);
                line.detail = format!("an earlier tick ended it as {}", ending.kind.as_str());
                self.finish(report, repository, &mut run, &ending)
            }
            None => match run.decided.action {
                Action::Wait => self.wait(report, repository, &run),
                Action::FixForward => self.fix_forward(report, repository, &mut run, &mut line),
                Action::CloseSuccess { .. }
                | Action::EscalatePrepush
                | Action::FreezeEscalate
                | Action::StandDown => self.end(report, repository, &mut run, &mut line),
            },
        };
        match result {
            Ok(Some(detail)) => line.detail = detail,
            Ok(None) => {}
            Err(error) => {
                line.detail = format!("{}; {error}", line.detail);
                report
                    .failures
                    .push(Failure::new(Some(&repository.repo), &error));
            }
        }
        tracing::info!(
            repo = %repository.repo, issue = run.issue.number.0, thread = %run.thread.id,
            "{}: {}: {}", run.issue, line.action, line.detail
        );
        report.runs.push(line);
    }

    /// WAIT: the lock label is shown, and the checklist is up to date.
    pub(super) fn wait(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &Observed,
    ) -> Result<Option<String>, ServiceError> {
        if let Some(reading) = &run.reading {
            let lock = &self.config.labels.in_progress;
            if reading.shown_label(lock).is_none() {
                self.act(
                    repository,
                    &Step::AddLabel {
                        issue: run.issue.clone(),
                        label: lock.clone(),
                    },
                )?;
            }
        }
        if let Err(error) = self.show_progress(repository, run) {
            report
                .failures
                .push(Failure::new(Some(&repository.repo), &error));
        }
        Ok(None)
    }

    /// FIX_FORWARD: asks the agent to repair the red commit, under the next step id, and reads back.
    pub(super) fn fix_forward(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &mut Observed,
        line: &mut RunReport,
    ) -> Result<Option<String>, ServiceError> {
        let (Some(pushed), Some(Verdict::Red(red)), Some(first)) =
            (&run.pushed, &run.verdict, run.thread.messages.first())
        else {
            return Ok(None);
        };
        let step = next_step(&run.thread);
        let red = self.with_excerpts(repository, red, &run.checks);
        let text = CorrectiveTurn {
            issue: &run.issue,
            thread: run.thread.id,
            branch: &run.branch,
            commit: &pushed.sha,
            red: &red,
            attempt: run.attempts + 1,
            max_attempts: self.config.limits.fix_forward_max_attempts,
        }
        .render();
        let turn = Step::StartTurn {
            thread: run.thread.id,
            message: MessageId {
                step,
                red_commit: Some(pushed.sha.to_string()),
                ..first.clone()
            },
            text,
            runtime_mode: run.thread.facts.runtime_mode.clone(),
        };
        let sent = match self.act(repository, &turn) {
            Ok(Applied::Named) => return Ok(None),
            Ok(Applied::Sent) => Ok(()),
            Err(error) if crate::tick::nothing_was_sent(&error) => return Err(error),
            Err(error) => Err(error),
        };
        let Some(found) = self.hands.executor.thread(run.thread.id)? else {
            return Ok(Some("the thread was released meanwhile".to_owned()));
        };
        if found.messages.iter().any(|message| message.step == step) {
            run.thread = found;
            run.attempts += 1;
            let short = run.pushed.as_ref().map_or("", |pushed| pushed.sha.short());
            let detail = format!("corrective turn {} for commit {short}", run.attempts);
            self.show_progress(repository, run)?;
            return Ok(Some(detail));
        }
        if let Some(ending) = found.parsed_title().and_then(|title| title.ending) {
            run.thread = found;
            line.action = "finish";
            return self.finish(report, repository, run, &ending);
        }
        if self.is_given_up(run) {
            run.decided = without_step(run.decided.clone());
            return self.end(report, repository, run, line);
        }
        sent?;
        Err(ServiceError::new(
            "t3",
            "read back the corrective turn",
            FailureKind::Unreadable,
            format!(
                "T3 accepted the message of step {} and does not show it",
                step.0
            ),
        ))
    }

    /// Adds what the first failing checks said, where the forge tells and the bulk read did not.
    pub(super) fn with_excerpts(
        &self,
        repository: &Repository,
        red: &Red,
        checks: &[Check],
    ) -> Red {
        /// Each may cost a request, and the agent can read the rest itself.
        const ASKED_MAX: usize = 3;
        let mut red = red.clone();
        for failed in red.checks.iter_mut().take(ASKED_MAX) {
            let check = checks.iter().find(|check| check.name == failed.name);
            if let (None, Some(check)) = (&failed.excerpt, check) {
                failed.excerpt = self.hands.tracker.failure_excerpt(&repository.repo, check);
            }
        }
        red
    }
}
