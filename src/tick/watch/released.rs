//! Runs whose thread a person archived or deleted (SPEC 3 and 4.3). The lock label of their issues leads to them, or the archive.
//!
//! An end that stands in the title is finished. A run without one gets it there, and is stopped, which needs its thread out of
//! the archive. Of a deleted thread nothing can be stopped: its repository waits for the stall limit.

use chrono::SecondsFormat;

use super::context::Watch;
use super::gathering::Readable;
use super::lanes::Lanes;
use super::observation::Seen;
use super::observed::Observed;
use super::stopping::Silence;
use crate::domain::identity::{EndKind, Ending, Slot};
use crate::domain::reason::ReasonCode;
use crate::domain::repository::{IssueNumber, IssueRef, RepoRef};
use crate::domain::run::evidence::Proof;
use crate::domain::run::run_state_machine::{Action, Decided, halted, is_quiet};
use crate::domain::run::thread_state::{SessionSign, ThreadState};
use crate::domain::step::Step;
use crate::executor::Thread;
use crate::service_error::ServiceError;
use crate::tick::work_list::{self, Run};
use crate::tick::{Failure, TickReport};

impl Watch<'_> {
    /// Finishes what is left of a released run.
    pub(super) fn released(
        &self,
        report: &mut TickReport,
        readable: &Readable,
        slot: Slot,
        thread: &Thread,
        number: IssueNumber,
    ) {
        let issue = IssueRef {
            repo: readable.reading.repository.repo.clone(),
            number,
        };
        let result = self.finish_released(report, readable, slot, thread);
        self.stray_line(report, &issue, true, result);
    }

    fn finish_released(
        &self,
        report: &mut TickReport,
        readable: &Readable,
        slot: Slot,
        thread: &Thread,
    ) -> Result<String, ServiceError> {
        let told = thread.messages.first().map(|message| &message.repository);
        let key = told.unwrap_or(&readable.reading.repository.key);
        let run = Run {
            thread: thread.clone(),
            slot,
            key: Some(key.clone()),
        };
        let repo = &readable.reading.repository.repo;
        let query = self.query(repo, std::slice::from_ref(&run));
        let mut readings = self.hands.tracker.watch(&[query]);
        let reading = match readings.pop() {
            Some(Ok(reading)) => reading,
            Some(Err(error)) => return self.halt_unread(report, repo, &run, error),
            None => return Ok("it could not be read".to_owned()),
        };
        let (Seen::Observed(mut seen) | Seen::Allocated(mut seen)) = self.observe(
            &reading,
            &run,
            reading.runs.first(),
            readable.enrolled,
            &Lanes::of(1),
        )?;
        let mut line = self.line(&seen);
        let mut proven = None;
        if let Some(ending) = seen.ending.clone() {
            match self.proof_of(&seen, &ending).0 {
                Proof::Proven => proven = Some(ending),
                Proof::Waits(why) => return Ok(why),
                Proof::Unproven(instead) => seen.decided = instead,
            }
        } else {
            seen.decided = self.lost(&seen);
        }
        if let Some(ending) = proven {
            let is_read_only = readable.reading.repository.facts.archived;
            let has_rung = is_quiet(ending.kind, &seen.standing.revocation, seen.green_since())
                || self.sinks.iter().all(|sink| ending.is_settled(sink.name()));
            let is_silent = match seen.state.session {
                SessionSign::Absent | SessionSign::Stopped => true,
                SessionSign::Idle | SessionSign::Running => false,
            };
            if is_read_only && is_silent && has_rung {
                let why = "its run has ended; the lock label stays until the repository is not archived any more";
                let number = seen.issue.number.0;
                report.warn(Failure::warning(
                    Some(repo),
                    "afk",
                    format!("finish the end of the run of issue {number}"),
                    why,
                ));
                return Ok(why.to_owned());
            }
            // A tick died before it stopped the agent, or a person was faster than the tick.
            if !thread.deleted && !is_silent {
                self.take_out(repo, &mut seen)?;
            } else if thread.deleted
                && !is_silent
                && let Some(why) = self.waits_after_deletion(&seen)
            {
                return Ok(why);
            }
            let left = self.finish(report, &mut seen, &mut line, &ending)?;
            let left = left.unwrap_or_else(|| "what was left of its end was done".to_owned());
            let how = ended_as(&seen, &ending);
            return Ok(format!("its run has ended and was {how}; {left}"));
        }
        if thread.deleted {
            return self.after_deletion(report, &mut seen);
        }
        // A title can be written in the archive. The end stands there before the thread comes out, so that a tick that dies
        // in between leaves an ended run, and none that goes on.
        self.record_in_archive(&seen)?;
        self.take_out(repo, &mut seen)?;
        let left = self.end(report, &mut seen, &mut line)?;
        Ok(put_away_in_words(&seen, left.as_deref()))
    }

    /// Ends a run whose thread a person archived under its agent although its forge can not be read, where `AFK_HALT` is on: no agent
    /// may work on until it can. Otherwise it waits, and the `error` stands.
    pub(super) fn halt_unread(
        &self,
        report: &mut TickReport,
        repo: &RepoRef,
        run: &Run,
        error: ServiceError,
    ) -> Result<String, ServiceError> {
        let key = run.key.as_ref();
        let is_ours = key.is_some_and(|key| key.thread(run.slot) == run.thread.id);
        let is_held = work_list::is_held(&run.thread, self.now(), self.config.limits.stall);
        if !self.halted || !is_ours || !is_held || !work_list::is_put_away(&run.thread) {
            return Err(error);
        }
        let mut seen = self.of_thread(run, repo);
        seen.decided = halted();
        self.record_in_archive(&seen)?;
        self.take_out(repo, &mut seen)?;
        let mut line = self.line(&seen);
        let left = self.end(report, &mut seen, &mut line)?;
        report.failures.push(Failure::new(Some(repo), &error));
        Ok(put_away_in_words(&seen, left.as_deref()))
    }

    /// Stops the agent of a run that has ended, which works on in the archive, and puts its thread back where its end has rung. One
    /// that has not rung, or does not stop at once, stays outside, and the next tick finishes it as any other that has ended.
    pub(super) fn stop_after_end(&self, repo: &RepoRef, run: &Run) -> Result<String, ServiceError> {
        let mut seen = self.of_thread(run, repo);
        self.take_out(repo, &mut seen)?;
        // No stop was sent for what it does now.
        seen.ending = None;
        let ending = run.thread.parsed_title().and_then(|title| title.ending);
        let has_rung = ending.is_none_or(|ending| {
            let mut sinks = self.sinks.iter();
            ending.kind == EndKind::StoodDown || sinks.all(|sink| ending.is_settled(sink.name()))
        });
        let what = match self.silence(&mut seen)? {
            Silence::Proven | Silence::Stopped if !has_rung => {
                "it was stopped, and the next tick rings for its end".to_owned()
            }
            Silence::Proven | Silence::Stopped => {
                let thread = seen.thread.id;
                self.act(repo, &Step::Archive { thread })?;
                "it was stopped".to_owned()
            }
            Silence::Waits(why) => why,
        };
        Ok(format!(
            "its run has ended, and its agent worked on in the archive: {what}"
        ))
    }

    /// Takes a thread out of the archive, where T3 accepts a stop and does nothing, and reads it again.
    fn take_out(&self, repo: &RepoRef, seen: &mut Observed) -> Result<(), ServiceError> {
        let thread = seen.thread.id;
        self.act(repo, &Step::Unarchive { thread })?;
        if let Some(found) = self.read_back(thread)? {
            seen.state = self.state_of(&found);
            seen.thread = found;
        }
        Ok(())
    }

    /// Why nothing of a run is released yet whose thread was deleted; `None` when the stall limit is over.
    fn waits_after_deletion(&self, seen: &Observed) -> Option<String> {
        let deleted_at = seen.thread.facts.deleted_at;
        let until = deleted_at.unwrap_or(seen.state.changed_at) + self.config.limits.stall;
        (self.now() < until).then(|| {
            let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!(
                "a person deleted its thread, whose agent can not be stopped: nothing is released before {until}"
            )
        })
    }

    /// A deleted thread can not be stopped: nothing is released before the stall limit is over, and somebody has to look.
    fn after_deletion(
        &self,
        report: &mut TickReport,
        seen: &mut Observed,
    ) -> Result<String, ServiceError> {
        if let Some(why) = self.waits_after_deletion(seen) {
            return Ok(why);
        }
        seen.state.state = ThreadState::Gone;
        let mut line = self.line(seen);
        let left = self.end(report, seen, &mut line)?;
        Ok(left.unwrap_or_else(|| {
            "a person deleted its thread before the end; it was handed back".to_owned()
        }))
    }

    /// What becomes of a run whose thread a person released. An archived one may still have landed, and what a person withdrew
    /// stands down; otherwise it is handed back.
    fn lost(&self, run: &Observed) -> Decided {
        let is_deleted = run.thread.deleted;
        match run.decided.action {
            Action::CloseSuccess { .. } if !is_deleted => return run.decided.clone(),
            Action::StandDown => return run.decided.clone(),
            Action::CloseSuccess { .. }
            | Action::Wait
            | Action::FixForward
            | Action::Resume
            | Action::EscalatePrepush
            | Action::FreezeEscalate => {}
        }
        if self.halted && !is_deleted && may_work(run) {
            let action = if run.pushed.is_some() {
                Action::FreezeEscalate
            } else {
                Action::EscalatePrepush
            };
            return Decided { action, ..halted() };
        }
        let what = if is_deleted {
            "A person deleted the thread of a run under way"
        } else {
            "A person archived the thread of a run under way"
        };
        let commit = run.commit_in_words();
        let commit = commit.map_or_else(String::new, |commit| format!("; {commit}"));
        Decided {
            action: Action::EscalatePrepush,
            reason: Some(ReasonCode::AgentLost),
            detail: format!("{what}{commit}."),
        }
    }
}

/// Whether the agent of an archived thread may be at work, or would be told to go on.
fn may_work(run: &Observed) -> bool {
    let works = match run.state.session {
        SessionSign::Running => true,
        SessionSign::Absent | SessionSign::Stopped | SessionSign::Idle => false,
    };
    works || run.state.background || run.state.stop.is_some()
}

/// What became of a run whose thread a person archived, for its line.
fn put_away_in_words(run: &Observed, left: Option<&str>) -> String {
    let before = "a person archived its thread before the end";
    let Some(kind) = run.decided.action.end_kind() else {
        return left.unwrap_or(before).to_owned();
    };
    let how = ended_as(run, &Ending::new(kind, run.decided.reason));
    match left {
        None => format!("{before}; it was stopped and {how}"),
        Some(left) => format!("{before}; it is {how}: {left}"),
    }
}

/// How a run ended, after "it was", with the commit that is on the branch.
fn ended_as(run: &Observed, ending: &Ending) -> String {
    let how = match ending.kind {
        EndKind::Done => "landed".to_owned(),
        EndKind::StoodDown => "stood down".to_owned(),
        EndKind::NeedsHuman | EndKind::Frozen => format!("handed back ({})", run.code(ending)),
    };
    match run.commit_in_words() {
        Some(commit) => format!("{how}; {commit}"),
        None => how,
    }
}
