//! w6: rings the sinks that have not rung, and notes each receipt in the title.
//!
//! What a bell says is decided in `domain::told`.

use super::context::Watch;
use super::observation::{Observed, title};
use crate::domain::identity::Ending;
use crate::domain::repository::IssueRef;
use crate::domain::run::thread_state::ThreadState;
use crate::domain::step::Step;
use crate::domain::told::notification::{BellKind, Notification};
use crate::domain::told::why::why_unmarked;
use crate::notifier::Sink;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Applied, Failure, TickReport};
use crate::tracker::Repository;

impl Watch<'_> {
    /// w6: rings every sink that the title does not list yet. Returns whether all of them rang.
    pub(super) fn ring(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &mut Observed,
        ending: &mut Ending,
        bell: BellKind,
    ) -> Result<bool, ServiceError> {
        let detail = why_unmarked(&run.reason(ending.kind, &self.config.limits));
        let link = self.link(run.thread.id);
        let notification = Notification::new(
            bell,
            run.issue.clone(),
            run.reading.as_ref().map(|reading| reading.url.as_str()),
            link.as_deref(),
            &detail,
        );
        self.warn_without_sinks(&run.issue, &format!("{}: {detail}", notification.title()));
        let mut all = true;
        for sink in self.sinks {
            let name = sink.name();
            if ending.rung.iter().any(|rung| rung == name) {
                continue;
            }
            match self.ring_one(report, repository, *sink, &notification)? {
                None => all = false,
                Some(Applied::Named) => {}
                Some(Applied::Sent) => {
                    ending.rung.push(name.to_owned());
                    if run.state.state != ThreadState::Gone {
                        self.hands.note(
                            &repository.repo,
                            &Step::NoteRung {
                                thread: run.thread.id,
                                title: title(run, Some(ending.clone())),
                            },
                        )?;
                    }
                }
            }
        }
        Ok(all)
    }

    /// Rings one sink; `None` when it failed, which is reported and does not stop the others.
    pub(super) fn ring_one(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        sink: &dyn Sink,
        notification: &Notification,
    ) -> Result<Option<Applied>, ServiceError> {
        match self.hands.ring(&repository.repo, sink, notification) {
            Ok(applied) => Ok(Some(applied)),
            Err(error) if error.kind == FailureKind::OutOfTime => Err(error),
            Err(error) => {
                tracing::warn!(repo = %repository.repo, sink = sink.name(), "{error}");
                report
                    .failures
                    .push(Failure::new(Some(&repository.repo), &error));
                Ok(None)
            }
        }
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
