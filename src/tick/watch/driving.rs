//! One run, one tick (SPEC 4.3, w3): does what the decision table says about a run that was started.
//!
//! Decides nothing itself. Turns are sent by `turns`, ends are recorded by `recording` and carried out by `ends`.

use super::context::Watch;
use super::observed::Observed;
use crate::domain::identity::Ending;
use crate::domain::run::basis::FINISH;
use crate::domain::run::evidence::Proof;
use crate::domain::run::run_state_machine::Action;
use crate::domain::step::Step;
use crate::service_error::ServiceError;
use crate::tick::{Failure, RunReport, TickReport};

impl Watch<'_> {
    /// w3: does what the table says about a run that was started.
    pub(super) fn drive(&self, report: &mut TickReport, mut run: Observed) {
        let mut line = self.line(&run);
        let repo = run.repo().clone();
        for error in &run.unread {
            report.failures.push(Failure::new(Some(&repo), error));
        }
        let result = match run.ending.clone() {
            Some(ending) => self.honour(report, &mut run, &mut line, &ending),
            None => match run.decided.action {
                Action::Wait => self.wait(report, &run),
                Action::FixForward => self.fix_forward(report, &mut run, &mut line),
                Action::Resume => self.resume(report, &mut run, &mut line),
                Action::CloseSuccess { .. }
                | Action::EscalatePrepush
                | Action::FreezeEscalate
                | Action::StandDown => self.end(report, &mut run, &mut line),
            },
        };
        match result {
            Ok(Some(left)) => line.add(&left),
            Ok(None) => {}
            Err(error) => {
                line.add(&error.to_string());
                report.failures.push(Failure::new(Some(&repo), &error));
            }
        }
        tracing::info!(
            %repo, issue = run.issue.number.0, thread = %run.thread.id,
            "{}: {}: {}", run.issue, line.action, line.detail
        );
        report.runs.push(line);
    }

    /// Goes on with an end that an earlier tick recorded, if this tick's facts bear it out.
    pub(super) fn honour(
        &self,
        report: &mut TickReport,
        run: &mut Observed,
        line: &mut RunReport,
        ending: &Ending,
    ) -> Result<Option<String>, ServiceError> {
        line.action = FINISH;
        "ended".clone_into(&mut line.state);
        line.reason = Some(run.code(ending));
        line.detail = format!("an earlier tick ended it as {}", ending.kind.as_str());
        let (proof, seen) = self.proof_of(run, ending);
        line.basis = self.kept_end(run, &seen, &proof);
        match proof {
            Proof::Proven => match self.bar_start(run, ending)? {
                None => self.finish(report, run, line, ending),
                Some(why) => Ok(Some(why)),
            },
            Proof::Waits(why) => Ok(Some(why)),
            Proof::Unproven(instead) => {
                run.decided = instead;
                self.end(report, run, line)
            }
        }
    }

    /// WAIT: the lock label is shown, and the checklist is up to date.
    fn wait(
        &self,
        report: &mut TickReport,
        run: &Observed,
    ) -> Result<Option<String>, ServiceError> {
        let Some(reading) = run.writable() else {
            return Ok(None);
        };
        let lock = &self.config.labels.in_progress;
        if reading.shown_label(lock).is_none() {
            let label = Step::AddLabel {
                issue: run.issue.clone(),
                label: lock.clone(),
            };
            let written = self.act(run.repo(), &label).map(|_| ());
            self.pass_refused(report, run.repo(), written)?;
        }
        if let Err(error) = self.show_progress(run) {
            report.failures.push(Failure::new(Some(run.repo()), &error));
        }
        Ok(None)
    }
}
