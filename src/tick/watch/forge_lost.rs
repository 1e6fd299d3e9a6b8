//! Runs whose forge or issue can not be read (SPEC 4.3): they wait, and past the sum of their limits they are ended from
//! T3's facts alone.
//!
//! Nothing is written to a forge here. What could not be written is made up for when the issue shows up as a stray.

use chrono::SecondsFormat;

use super::context::Watch;
use super::endings::forge_lost;
use super::observed::Observed;
use crate::domain::identity::{EndKind, Ending};
use crate::domain::repository::RepoRef;
use crate::domain::run::run_state_machine::{past_every_limit, sum_of_limits};
use crate::service_error::ServiceError;
use crate::tick::work_list::Run;
use crate::tick::{Failure, RunReport, TickReport};

impl Watch<'_> {
    /// Waits for the forge of a run, or ends the run without it. Returns whether it was ended.
    pub(super) fn without_forge(
        &self,
        report: &mut TickReport,
        repo: &RepoRef,
        run: &Run,
        why: &str,
    ) -> bool {
        let by_its_own_word = run
            .key
            .as_ref()
            .is_some_and(|key| key.thread(run.slot) == run.thread.id);
        let clock_start = self.clock_start(&run.thread);
        let limits = self.limits();
        if !by_its_own_word || !past_every_limit(self.now() - clock_start, &limits) {
            let until = clock_start + sum_of_limits(&limits);
            let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
            let detail = format!("{why}; it is ended without its forge after {until}");
            report.runs.push(self.unread(repo, run, &detail));
            return false;
        }
        let mut observed = self.of_thread(run, repo);
        observed.decided = forge_lost(why);
        let mut line = self.line(&observed);
        let result = match observed.ending.clone() {
            // Handing back needs no evidence; any other end does, and there is none.
            Some(ending) if is_hand_back(&ending) => {
                line.action = "finish";
                "ended".clone_into(&mut line.state);
                line.reason = Some(observed.code(&ending));
                self.finish(report, &mut observed, &mut line, &ending)
            }
            Some(_) | None => self.end(report, &mut observed, &mut line),
        };
        self.note_result(report, &observed, line, result);
        true
    }

    /// Writes the line of a run that was handled apart from the others.
    pub(super) fn note_result(
        &self,
        report: &mut TickReport,
        run: &Observed,
        mut line: RunReport,
        result: Result<Option<String>, ServiceError>,
    ) {
        match result {
            Ok(Some(detail)) => line.detail = detail,
            Ok(None) => {}
            Err(error) => {
                line.detail = format!("{}; {error}", line.detail);
                report.failures.push(Failure::new(Some(run.repo()), &error));
            }
        }
        tracing::info!(
            repo = %run.repo(), issue = run.issue.number.0, thread = %run.thread.id,
            "{}: {}: {}", run.issue, line.action, line.detail
        );
        report.runs.push(line);
    }
}

fn is_hand_back(ending: &Ending) -> bool {
    match ending.kind {
        EndKind::NeedsHuman | EndKind::Frozen => true,
        EndKind::Done | EndKind::StoodDown => false,
    }
}
