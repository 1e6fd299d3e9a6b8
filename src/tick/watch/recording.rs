//! Records the end of a run in its title under the next step id, and reads back who won (SPEC 4.3, w3).
//!
//! It decides no end and carries none out.

use super::context::Watch;
use super::ends::ended_by_another;
use super::observed::Observed;
use super::stopping::Silence;
use crate::domain::identity::{EndKind, Ending, StepNumber};
use crate::domain::run::evidence::{EndFacts, Proof, proof};
use crate::domain::run::run_state_machine::{Unread, is_forge_lost, past_every_limit};
use crate::domain::run::thread_state::ThreadState;
use crate::domain::step::Step;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::work_list::{next_step, step_in_archive};
use crate::tick::{Applied, RunReport, TickReport};

/// How many step ids are tried in one tick, when T3 forgot what was done under them.
pub(super) const PROBES_MAX: u32 = 5;

impl Watch<'_> {
    /// Whether T3 refuses a step although nothing of the run can still be under way.
    pub(super) fn is_given_up(&self, run: &Observed) -> bool {
        let age = self.now() - self.clock_start(&run.thread);
        past_every_limit(age, &self.limits())
    }

    /// Holds an end that was found in a title against what this tick saw.
    pub(super) fn proof_of(&self, run: &Observed, ending: &Ending) -> (Proof, EndFacts) {
        let age = self.now() - self.clock_start(&run.thread);
        // Of what nobody knows any more no forge will ever tell.
        let lost = run.binding.is_none()
            || is_forge_lost(Unread::Silent, Some(ending.kind), age, &self.limits());
        let facts = EndFacts {
            kind: ending.kind,
            reason: ending.reason,
            withdrawn_once: run.standing.withdrawn_once,
            started: run.thread.facts.is_started(),
            issue_unread: run.is_unread(),
            lost,
            verdict: run.verdict.clone(),
            stage_unread: !run.unread.is_empty(),
            every_commit_read: run
                .facts
                .as_ref()
                .is_none_or(|facts| facts.every_commit_read),
        };
        (proof(&facts, &run.decided), facts)
    }

    /// Records the end that was decided, and carries it out.
    pub(super) fn end(
        &self,
        report: &mut TickReport,
        run: &mut Observed,
        line: &mut RunReport,
    ) -> Result<Option<String>, ServiceError> {
        let Some(kind) = run.decided.action.end_kind() else {
            return Ok(None);
        };
        line.action = run.decided.action.as_str();
        line.reason = run.decided.reason;
        line.detail.clone_from(&run.decided.detail);
        self.end_as(report, run, line, kind)
    }

    /// Sends the end that was decided to the title of an archived thread, and carries nothing out. Whether it stands there is
    /// judged by who reads the thread next. Where the server hides messages it is not known which step comes next, and a step
    /// that no turn can have is taken: should an overlapping tick send a turn all the same, the thread has both, and an end in
    /// the title stops the agent before anything is released.
    pub(super) fn record_in_archive(&self, run: &Observed) -> Result<(), ServiceError> {
        let Some(kind) = run.decided.action.end_kind() else {
            return Ok(());
        };
        let record = Step::End {
            thread: run.thread.id,
            step: step_in_archive(&run.thread),
            title: run.title(Some(Ending::new(kind, run.decided.reason))),
        };
        match self.act(run.repo(), &record) {
            Err(error) if crate::tick::nothing_was_sent(&error) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Takes the step of the first message from a slot that was never started, before an end that was found in its title is
    /// carried out: whoever typed that end took no step, and poll may be sending the message. Returns why the end is not carried
    /// out now.
    pub(super) fn bar_start(
        &self,
        run: &mut Observed,
        ending: &Ending,
    ) -> Result<Option<String>, ServiceError> {
        if run.thread.facts.is_started() || run.state.state == ThreadState::Gone {
            return Ok(None);
        }
        let record = Step::End {
            thread: run.thread.id,
            step: StepNumber::FIRST,
            title: run.title(Some(ending.clone())),
        };
        let sent = match self.act(run.repo(), &record) {
            Ok(Applied::Named) => return Ok(None),
            Ok(Applied::Sent) => Ok(()),
            Err(error) if crate::tick::nothing_was_sent(&error) => return Err(error),
            Err(error) => Err(error),
        };
        let Some(found) = self.hands.executor.thread(run.thread.id)? else {
            return Ok(Some("the thread was released meanwhile".to_owned()));
        };
        let is_started = found.facts.is_started();
        run.thread = found;
        if is_started {
            return Ok(Some(
                "its first message was sent meanwhile; the next tick judges the run".to_owned(),
            ));
        }
        if !self.is_given_up(run) {
            sent?;
        }
        Ok(None)
    }

    /// Records an end of this kind, and carries it out.
    pub(super) fn end_as(
        &self,
        report: &mut TickReport,
        run: &mut Observed,
        line: &mut RunReport,
        kind: EndKind,
    ) -> Result<Option<String>, ServiceError> {
        let ending = Ending::new(kind, run.decided.reason);
        // Deleted: there is no title to write in, and T3 may hide it.
        if run.state.state == ThreadState::Gone {
            return self.finish(report, run, line, &ending);
        }
        let before = run.ending.clone();
        // Written in the archive, before its thread was taken out.
        if let Some(recorded) = run.thread.parsed_title().and_then(|title| title.ending)
            && recorded.kind == kind
        {
            return self.finish(report, run, line, &recorded);
        }
        let was_started = run.thread.facts.is_started();
        let first = next_step(&run.thread);
        let mut tried = first;
        for probe in 0..PROBES_MAX {
            tried = StepNumber(first.0.saturating_add(probe));
            let record = Step::End {
                thread: run.thread.id,
                step: tried,
                title: run.title(Some(ending.clone())),
            };
            let sent = match self.act(run.repo(), &record) {
                Ok(Applied::Named) => {
                    self.finish(report, run, line, &ending)?;
                    return Ok(None);
                }
                Ok(Applied::Sent) => Ok(()),
                Err(error) if crate::tick::nothing_was_sent(&error) => return Err(error),
                Err(error) => Err(error),
            };
            let Some(found) = self.read_back(run.thread.id)? else {
                return Ok(Some("the thread was released meanwhile".to_owned()));
            };
            let recorded = found.parsed_title().and_then(|title| title.ending);
            let turn = found.messages.iter().any(|message| message.step >= first)
                || (!was_started && found.facts.is_started());
            if !was_started && !found.is_released() {
                run.state = self.state_of(&found);
            }
            run.thread = found;
            match recorded {
                // Whoever wrote it: it is the end that was decided.
                Some(recorded) if recorded.kind == kind => {
                    return self.finish(report, run, line, &recorded);
                }
                // Another tick decided otherwise, on facts of its own; the next tick judges it.
                Some(recorded) if before.as_ref() != Some(&recorded) => {
                    run.ending = Some(recorded.clone());
                    return Ok(Some(ended_by_another(&recorded)));
                }
                Some(_) | None => {}
            }
            if turn {
                return Ok(Some("a turn was sent first, the run goes on".to_owned()));
            }
            if self.is_given_up(run) {
                return self.finish(report, run, line, &ending);
            }
            sent?;
            if tried == StepNumber::FIRST && !was_started {
                // Used, and nothing shows for what: by a first message that T3 forgot, whose turn may be about to begin.
                run.start_is_hidden = true;
                if let Silence::Waits(why) = self.silence(run)? {
                    return Ok(Some(why));
                }
            }
        }
        Err(ServiceError::new(
            "t3",
            "read back the end of the run",
            FailureKind::Unreadable,
            format!(
                "T3 accepted the end under steps {} to {} and shows none of them",
                first.0, tried.0
            ),
        ))
    }
}
