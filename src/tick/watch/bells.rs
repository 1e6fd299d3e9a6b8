//! w6: rings the sinks that have not rung, and notes each receipt in the title.
//!
//! What a bell says is decided in `domain::told`. A sink that refuses for good is given up and holds nobody; one that hangs
//! or limits us gets nothing more in this tick; a bell is never repeated at once.

use super::context::Watch;
use super::observed::Observed;
use super::pace::Counter;
use super::standing::handed_back_at;
use crate::domain::identity::{EndKind, Ending};
use crate::domain::repository::{IssueRef, RepoRef};
use crate::domain::run::run_state_machine::{PATIENCE, sum_of_limits};
use crate::domain::step::Step;
use crate::domain::told::checks;
use crate::domain::told::notification::{BellKind, Notification};
use crate::domain::told::to_do::to_do;
use crate::domain::told::why::why_unmarked;
use crate::notifier::Sink;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Applied, Failure, TickReport};
use crate::tracker::IssueEventKind;

/// What became of one bell.
pub(super) enum Rung {
    /// It rang.
    Yes,
    /// A dry run: it was only named.
    Named,
    /// The sink refuses it for good.
    Refused,
    /// The next tick tries again.
    NotNow,
}

impl Watch<'_> {
    /// w6: rings every sink that the title does not list yet. Returns whether nobody has to be waited for any more.
    pub(super) fn ring(
        &self,
        report: &mut TickReport,
        run: &mut Observed,
        ending: &mut Ending,
        bell: BellKind,
    ) -> Result<bool, ServiceError> {
        let notification = self.notification(run, ending, bell);
        self.warn_without_sinks(
            &run.issue,
            &format!("{}: {}", notification.title(), notification.detail()),
        );
        let age = self.now() - self.clock_start(&run.thread);
        let too_old = sum_of_limits(&self.limits()) + PATIENCE;
        // An end that this tick decided has next ticks, however old the run is, for as long again: where T3 takes no title, every tick
        // decides it.
        let out_of_patience = age > too_old && (run.ending.is_some() || age > too_old + PATIENCE);
        let mut waiting = self.sinks_in_order();
        waiting.retain(|sink| !ending.is_settled(sink.name()));
        // An agent may have put our label on as well, or closed its issue: these stand for a receipt only where T3 takes none.
        if !waiting.is_empty()
            && self.forge_shows_the_end(run, ending)
            && !self.note_receipts(report, run, ending)?
        {
            return Ok(true);
        }
        let mut all = true;
        for sink in waiting {
            let name = sink.name();
            match self.ring_one(report, run.repo(), sink, &notification)? {
                Rung::Named => continue,
                Rung::Yes => ending.rung.push(name.to_owned()),
                Rung::NotNow if !out_of_patience => {
                    all = false;
                    continue;
                }
                Rung::Refused | Rung::NotNow => {
                    report.failures.push(Failure::warning(
                        Some(run.repo()),
                        name,
                        "ring",
                        format!("given up for run {} of {}", run.slot, run.issue),
                    ));
                    ending.given_up.push(name.to_owned());
                }
            }
            // Without a receipt the run is handed back all the same.
            self.note_receipts(report, run, ending)?;
        }
        Ok(all)
    }

    /// Where T3 takes no receipt, what we did on the issue stands for it: our label goes on, and we close it, when every bell has
    /// rung.
    fn forge_shows_the_end(&self, run: &Observed, ending: &Ending) -> bool {
        let Some(reading) = run.reading() else {
            return false;
        };
        let shown_at = match ending.kind {
            EndKind::Done => reading
                .events
                .iter()
                .filter(|event| event.by_us && matches!(event.kind, IssueEventKind::Closed(_)))
                .map(|event| event.at)
                .max(),
            EndKind::NeedsHuman | EndKind::Frozen => handed_back_at(reading, self.label_names()),
            EndKind::StoodDown => None,
        };
        shown_at.is_some_and(|at| at >= self.started_at(&run.thread))
    }

    /// Writes the receipts into the title. Returns whether T3 took it: one without a place to write refuses, and one whose token
    /// may only read.
    fn note_receipts(
        &self,
        report: &mut TickReport,
        run: &Observed,
        ending: &Ending,
    ) -> Result<bool, ServiceError> {
        let title = run.title(Some(ending.clone()));
        let thread = run.thread.id;
        match self.note(run.repo(), &Step::NoteRung { thread, title }) {
            Ok(_) => Ok(true),
            Err(error) if error.is_refused_for_good() => {
                report.failures.push(Failure::new(Some(run.repo()), &error));
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn notification(&self, run: &Observed, ending: &Ending, bell: BellKind) -> Notification {
        let reason = self.reason(run, ending);
        let mut detail = why_unmarked(&reason);
        if bell != BellKind::Done {
            detail.push_str(&checks::lines(reason.code, run.red_checks()));
        }
        if run.thread.deleted {
            detail.push_str(
                "\nIts thread was deleted, so its agent could not be stopped: somebody has to look at the host.",
            );
        }
        if run.state.background {
            detail.push_str(
                "\nA command that its agent left in the background never ended, and may still run: somebody has to look at the host.",
            );
        }
        let link = self.link(run.thread.id);
        let reading = run.reading();
        Notification::new(
            bell,
            run.issue.clone(),
            reading.map(|reading| reading.url.as_str()),
            link.as_deref(),
            &detail,
        )
        .about(reading.map(|reading| reading.title.as_str()))
        .because(reason.code)
        .to_do(to_do(reason.code, &self.label_names()).as_deref())
        .keyed(run.thread.id)
    }

    /// The sinks, those that answered in this tick first.
    pub(super) fn sinks_in_order(&self) -> Vec<&dyn Sink> {
        let mut sinks: Vec<&dyn Sink> = self.sinks.to_vec();
        sinks.sort_by_key(|sink| self.sink_health.place(sink.name()));
        sinks
    }

    /// Rings one sink. A failure is reported and does not stop the others.
    ///
    /// # Errors
    ///
    /// When the tick may start no other act.
    pub(super) fn ring_one(
        &self,
        report: &mut TickReport,
        repo: &RepoRef,
        sink: &dyn Sink,
        notification: &Notification,
    ) -> Result<Rung, ServiceError> {
        let name = sink.name();
        let _trial = self.sink_health.try_alone(name);
        if self.sink_health.is_silent(name) {
            return Ok(Rung::NotNow);
        }
        let rung = {
            let _leave = self.pace.leave(Counter::Sink);
            self.hands.ring(repo, sink, notification)
        };
        let error = match rung {
            Ok(Applied::Sent) => {
                self.sink_health.answered(name);
                return Ok(Rung::Yes);
            }
            Ok(Applied::Named) => return Ok(Rung::Named),
            Err(error) if error.kind == FailureKind::OutOfTime => return Err(error),
            Err(error) => error,
        };
        tracing::warn!(%repo, sink = name, "{error}");
        report.failures.push(Failure::new(Some(repo), &error));
        Ok(match error.kind {
            FailureKind::NotFound | FailureKind::Denied | FailureKind::Refused => {
                self.sink_health.answered(name);
                Rung::Refused
            }
            FailureKind::RateLimited { .. }
            | FailureKind::Overloaded
            | FailureKind::Unreachable
            | FailureKind::SecretUnreadable => {
                self.sink_health.silenced(name);
                Rung::NotNow
            }
            FailureKind::Moved { .. } | FailureKind::Unreadable | FailureKind::OutOfTime => {
                Rung::NotNow
            }
        })
    }

    /// Without a sink the log is all that tells of a bell.
    pub(super) fn warn_without_sinks(&self, issue: &IssueRef, bell: &str) {
        if self.sinks.is_empty() {
            tracing::warn!(
                repo = %issue.repo, issue = issue.number.0,
                "no sink is configured, this bell is only logged: {bell}"
            );
        }
    }
}
