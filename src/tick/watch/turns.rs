//! FIX_FORWARD and RESUME: the turns that the watcher sends, each under the next step id and read back.
//!
//! A step id that T3 accepted and that shows no effect was used before T3 forgot it: the next ones are tried, so that an
//! overlapping tick, which tries the same ones in the same order, sends nothing twice.

use super::context::Watch;
use super::observed::Observed;
use super::recording::PROBES_MAX;
use crate::domain::identity::{MessageId, StepNumber};
use crate::domain::run::corrective_turn::CorrectiveTurn;
use crate::domain::run::resume_turn::ResumeTurn;
use crate::domain::run::run_state_machine::without_step;
use crate::domain::step::Step;
use crate::domain::verdict::ci::{Check, Red, Verdict};
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::work_list::next_step;
use crate::tick::{Applied, RunReport, TickReport};

/// What became of a turn.
enum Turn {
    /// T3 shows it.
    Sent,
    /// A dry run.
    Named,
    /// Something else happened first, and the run goes on with it; what, for people.
    Overtaken(String),
    /// Another tick ended the run.
    Ended(crate::domain::identity::Ending),
    /// T3 refused it for good.
    GivenUp,
}

impl Watch<'_> {
    /// FIX_FORWARD: asks the agent to repair the red commit.
    pub(super) fn fix_forward(
        &self,
        report: &mut TickReport,
        run: &mut Observed,
        line: &mut RunReport,
    ) -> Result<Option<String>, ServiceError> {
        let (Some(pushed), Some(Verdict::Red(red))) = (&run.pushed, &run.verdict) else {
            return Ok(None);
        };
        let red = self.with_excerpts(run, red);
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
        let (sha, short) = (pushed.sha.to_string(), pushed.sha.short().to_owned());
        let turn = self.send_turn(run, &sha, &text)?;
        self.after_turn(report, run, line, turn, |run| {
            run.attempts += 1;
            format!("corrective turn {} for commit {short}", run.attempts)
        })
    }

    /// RESUME: tells the agent to go on after a stop that was nobody's fault.
    pub(super) fn resume(
        &self,
        report: &mut TickReport,
        run: &mut Observed,
        line: &mut RunReport,
    ) -> Result<Option<String>, ServiceError> {
        let text = ResumeTurn {
            issue: &run.issue,
            thread: run.thread.id,
            branch: &run.branch,
        }
        .render();
        let detail = run.decided.detail.clone();
        let turn = self.send_turn(run, MessageId::RESUME, &text)?;
        self.after_turn(report, run, line, turn, |_| detail)
    }

    fn after_turn(
        &self,
        report: &mut TickReport,
        run: &mut Observed,
        line: &mut RunReport,
        turn: Turn,
        sent: impl FnOnce(&mut Observed) -> String,
    ) -> Result<Option<String>, ServiceError> {
        match turn {
            Turn::Named => Ok(None),
            Turn::Overtaken(what) => Ok(Some(what)),
            Turn::Sent => {
                let detail = sent(run);
                self.show_progress(run)?;
                Ok(Some(detail))
            }
            Turn::Ended(ending) => self.honour(report, run, line, &ending),
            Turn::GivenUp => {
                run.decided = without_step(run.decided.clone(), run.pushed.is_some());
                self.end(report, run, line)
            }
        }
    }

    /// Sends one turn whose message id ends in `suffix`.
    fn send_turn(
        &self,
        run: &mut Observed,
        suffix: &str,
        text: &str,
    ) -> Result<Turn, ServiceError> {
        let first = next_step(&run.thread);
        let mut tried = first;
        for probe in 0..PROBES_MAX {
            tried = StepNumber(first.0.saturating_add(probe));
            let turn = Step::StartTurn {
                thread: run.thread.id,
                message: MessageId {
                    repository: run.key.clone(),
                    issue: run.issue.number,
                    authorisation: run.authorisation.clone(),
                    slot: run.slot,
                    step: tried,
                    red_commit: Some(suffix.to_owned()),
                },
                text: text.to_owned(),
                runtime_mode: run.thread.facts.runtime_mode.clone(),
            };
            let sent = match self.act(run.repo(), &turn) {
                Ok(Applied::Named) => return Ok(Turn::Named),
                Ok(Applied::Sent) => Ok(()),
                Err(error) if crate::tick::nothing_was_sent(&error) => return Err(error),
                Err(error) => Err(error),
            };
            let Some(found) = self.read_back(run.thread.id)? else {
                return Ok(Turn::Overtaken(
                    "the thread was released meanwhile".to_owned(),
                ));
            };
            let shows = |message: &MessageId| message.step >= first && message.step <= tried;
            let shown = found.messages.iter().any(shows);
            let ending = found.parsed_title().and_then(|title| title.ending);
            let is_released = found.is_released();
            let now_runs = self.state_of(&found).state.is_running_class();
            run.thread = found;
            if shown {
                return Ok(Turn::Sent);
            }
            if let Some(ending) = ending {
                return Ok(Turn::Ended(ending));
            }
            if is_released {
                return Ok(Turn::Overtaken(
                    "the thread was released meanwhile".to_owned(),
                ));
            }
            if now_runs {
                // T3 forgot the message, and not the turn that it began.
                return Ok(Turn::Overtaken(
                    "T3 does not show the message, and the agent is at work; the next tick judges the run"
                        .to_owned(),
                ));
            }
            if self.is_given_up(run) {
                return Ok(Turn::GivenUp);
            }
            sent?;
        }
        Err(ServiceError::new(
            "t3",
            "read back the turn",
            FailureKind::Unreadable,
            format!(
                "T3 accepted the messages of steps {} to {} and shows none of them",
                first.0, tried.0
            ),
        ))
    }

    /// Adds what the first failing checks said, where the forge tells and the bulk read did not.
    fn with_excerpts(&self, run: &Observed, red: &Red) -> Red {
        /// Each may cost a request, and the agent can read the rest itself.
        const ASKED_MAX: usize = 3;
        let mut red = red.clone();
        for failed in red.checks.iter_mut().take(ASKED_MAX) {
            let check: Option<&Check> = run.checks.iter().find(|check| check.name == failed.name);
            if let (None, Some(check)) = (&failed.excerpt, check) {
                failed.excerpt = self
                    .hands
                    .tracker
                    .failure_excerpt(self.built_on(run.repo()), check);
            }
        }
        red
    }
}
