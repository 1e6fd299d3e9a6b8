//! Runs whose forge or issue can not be read (SPEC 4.3): they wait, and past the sum of their limits they are ended from
//! T3's facts alone.
//!
//! Nothing is written to a forge here. What could not be written is made up for when the issue shows up as a stray.

use std::collections::BTreeMap;

use chrono::SecondsFormat;

use super::binding::Writes;
use super::context::Watch;
use super::observed::Observed;
use super::renames::Answer;
use crate::domain::repository::RepoRef;
use crate::domain::run::basis::FINISH;
use crate::domain::run::run_state_machine::{
    ForgeSilence, PATIENCE, Unread, WithoutForge, forge_lost, halted, past_every_limit,
    sum_of_limits, without_forge,
};
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::work_list::Run;
use crate::tick::{Failure, RunReport, TickReport};
use crate::tracker::WatchQuery;

impl Watch<'_> {
    /// Reads once more what gave no answer, where a run would be ended for that: one bad moment ends none. A new name is an
    /// answer.
    pub(super) fn ask_once_more(&self, answers: &mut [Answer], runs: &BTreeMap<RepoRef, Vec<Run>>) {
        let limits = self.limits();
        let would_end =
            |run: &Run| past_every_limit(self.now() - self.clock_start(&run.thread), &limits);
        let silent: Vec<usize> = (0..answers.len())
            .filter(|index| {
                let (repo, answer) = &answers[*index];
                let is_silent = answer.as_ref().is_err_and(|error| {
                    let is_renamed = matches!(error.kind, FailureKind::Moved { .. });
                    !is_renamed && unread(error) == Unread::Silent
                });
                is_silent
                    && runs
                        .get(repo)
                        .is_some_and(|runs| runs.iter().any(would_end))
            })
            .collect();
        if silent.is_empty() {
            return;
        }
        let queries: Vec<WatchQuery> = silent
            .iter()
            .map(|index| {
                let repo = &answers[*index].0;
                self.query(repo, runs.get(repo).map_or(&[], Vec::as_slice))
            })
            .collect();
        for (index, again) in silent.into_iter().zip(self.hands.tracker.watch(&queries)) {
            answers[index].1 = again;
        }
    }

    /// Waits for the forge of a run, or ends the run without it. An end that stands in the title already, and `AFK_HALT`, wait
    /// for it no longer than agent and bells need. Returns whether the forge was given up.
    pub(super) fn without_forge(
        &self,
        report: &mut TickReport,
        repo: &RepoRef,
        run: &Run,
        unread: Unread,
        why: &str,
    ) -> bool {
        let clock_start = self.clock_start(&run.thread);
        let (limits, now) = (self.limits(), self.now());
        let mut observed = self.of_thread(run, repo);
        let ending = observed.ending.clone();
        let silence = ForgeSilence {
            proven: run
                .key
                .as_ref()
                .is_some_and(|key| key.thread(run.slot) == run.thread.id),
            unread,
            recorded: ending.as_ref().map(|ending| ending.kind),
            live: is_live(&observed),
            halted: self.halted,
            clock_start,
        };
        let lost = silence.is_lost(&limits, now);
        let outcome = without_forge(&silence, &limits, now);
        let basis = self.kept_silence(silence, outcome, now);
        if outcome == WithoutForge::Waits {
            let until = clock_start + sum_of_limits(&limits);
            let until = if now > until { until + PATIENCE } else { until };
            let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
            let detail = format!("{why}; it is ended without its forge after {until}");
            let line = self.unread(repo, run, &detail);
            report.runs.push(RunReport { basis, ..line });
            return false;
        }
        if lost {
            observed.decided = forge_lost(why);
            observed.writes = Writes::Refused("its forge could not be read");
        } else {
            observed.decided = halted();
        }
        let mut line = self.line(&observed);
        line.basis = basis;
        let handed_back = ending.filter(|_| outcome == WithoutForge::Finishes);
        let result = match handed_back {
            // Handing back needs no evidence; any other end does, and there is none. Agent and bells wait for no forge, the
            // release does.
            Some(ending) => {
                line.action = FINISH;
                "ended".clone_into(&mut line.state);
                line.reason = Some(observed.code(&ending));
                line.detail = format!(
                    "an earlier tick ended it as {}; {why}",
                    ending.kind.as_str()
                );
                match self.bar_start(&mut observed, &ending) {
                    Ok(None) => self.finish(report, &mut observed, &mut line, &ending),
                    barred => barred,
                }
            }
            None => self.end(report, &mut observed, &mut line),
        };
        self.note_result(report, &observed, line, result);
        lost
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
            Ok(Some(left)) => line.add(&left),
            Ok(None) => {}
            Err(error) => {
                line.add(&error.to_string());
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

/// Whether an agent may be at work, or would be told to go on.
fn is_live(run: &Observed) -> bool {
    run.state.stop.is_some() || run.state.may_be_alive()
}

/// What a failed reading says about a forge.
pub(super) fn unread(error: &ServiceError) -> Unread {
    match error.kind {
        FailureKind::NotFound | FailureKind::Refused => Unread::Refused,
        FailureKind::Denied if error.is_refused_for_good() => Unread::Refused,
        // Refused credentials are mended by a person, and a name is followed in the next tick.
        FailureKind::Denied
        | FailureKind::Moved { .. }
        | FailureKind::Overloaded
        | FailureKind::Unreachable
        | FailureKind::Unreadable => Unread::Silent,
        FailureKind::RateLimited { .. }
        | FailureKind::SecretUnreadable
        | FailureKind::OutOfTime => Unread::Unasked,
    }
}
