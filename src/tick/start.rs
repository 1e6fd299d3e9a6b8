//! The start of one run, p6 to p11 of SPEC 4.1, and what to do when it can not be carried out.
//!
//! Every act is followed by a look at who won. The order of the stages is data: [`Start::ORDER`].

use super::poll::{Enrolled, Poll};
use super::{Applied, Decision, Dispatched, Failure, Outcome, TickReport};
use crate::domain::identity::{
    self, Authorisation, AuthorisationDigest, EndKind, Ending, MessageId, Slot, StepNumber,
    ThreadId, Title,
};
use crate::domain::issue::IssueFacts;
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::{IssueNumber, IssueRef};
use crate::domain::start::dispatch_policy::SlotView;
use crate::domain::start::frozen_text::FrozenText;
use crate::domain::start::prompt::{self, RunBrief};
use crate::domain::start::reread;
use crate::domain::step::{Start, Step};
use crate::executor::Fleet;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{IssueLookup, RepositorySurvey};

/// A candidate that passed the gate.
pub(super) struct Cleared {
    pub(super) facts: IssueFacts,
    pub(super) authorisation: Authorisation,
    pub(super) text: FrozenText,
}

/// How a start ended.
enum Started {
    Running,
    /// The same slot went to another tick, or to a person.
    Lost(String),
    Refused(Vec<Reason>),
}

impl Poll<'_> {
    /// p6 to p11 for one cleared candidate. Returns whether a slot is in use afterwards.
    pub(super) fn carry_out(
        &self,
        report: &mut TickReport,
        repository: &mut Enrolled,
        slot: Slot,
        cleared: Cleared,
        fleet: &Fleet,
        allocated: bool,
    ) -> bool {
        let number = cleared.facts.number;
        let survey = repository.survey.clone();
        let thread = survey.key.thread(slot);
        let mut slot_used = allocated;
        match self.start_run(report, &survey, slot, &cleared, fleet, &mut slot_used) {
            Ok(Started::Running) => {
                let hidden = match cleared.text.removed_hidden() {
                    0 => String::new(),
                    1 => "; 1 hidden part was left out of the text".to_owned(),
                    hidden => format!("; {hidden} hidden parts were left out of the text"),
                };
                tracing::info!(
                    repo = %survey.repo, issue = number.0, thread = %thread, slot = slot.0,
                    "{}started run {slot} for {}#{number}", self.hands.would_have(), survey.repo.full_name()
                );
                repository.outcome = Some((
                    Outcome::Dispatched,
                    format!("run {slot} for #{number}{hidden}"),
                ));
                repository.note(number, Decision::Dispatch, Vec::new());
                repository.skip_waiting(&Reason::new(
                    ReasonCode::LowerPriority,
                    format!("#{number} goes first"),
                ));
                report.dispatched.push(Dispatched {
                    repository: survey.repo.clone(),
                    issue: number,
                    thread,
                    slot,
                });
                true
            }
            Ok(Started::Lost(why)) => {
                let reason = Reason::new(ReasonCode::RepositoryBusy, why);
                repository.outcome = Some((Outcome::Busy, reason.detail.clone()));
                repository.note(number, Decision::Skip, vec![reason.clone()]);
                repository.skip_waiting(&reason);
                true
            }
            Ok(Started::Refused(reasons)) => {
                repository.outcome = Some((
                    Outcome::Refused,
                    format!("#{number} changed while run {slot} was being started"),
                ));
                repository.note(number, Decision::Refuse, reasons);
                repository.skip_waiting(&Reason::new(
                    ReasonCode::RepositoryBusy,
                    format!("run {slot} is allocated for #{number}"),
                ));
                true
            }
            Err(error) => {
                self.give_up(report, repository, number, &error);
                slot_used
            }
        }
    }

    /// Walks the stages of a start. `slot_used` tells whether the slot exists, also when the walk ends early: it is
    /// true on entry when the slot was allocated by an earlier tick.
    fn start_run(
        &self,
        report: &mut TickReport,
        survey: &RepositorySurvey,
        slot: Slot,
        cleared: &Cleared,
        fleet: &Fleet,
        slot_used: &mut bool,
    ) -> Result<Started, ServiceError> {
        let allocated = *slot_used;
        let number = cleared.facts.number;
        let thread = survey.key.thread(slot);
        let mut project = survey.key.project().to_string();
        for stage in Start::ORDER {
            match stage {
                Start::EnsureProject if allocated => {}
                Start::EnsureProject => project = self.ensure_project(survey, fleet)?,
                Start::CreateThread if allocated => {}
                Start::CreateThread => {
                    let title = self.title(survey, slot, cleared);
                    if let Some(lost) =
                        self.allocate(survey, thread, &project, &title, slot_used)?
                    {
                        return Ok(lost);
                    }
                }
                Start::Reread => {
                    let reasons = self.reread(survey, cleared)?;
                    if !reasons.is_empty() {
                        return Ok(Started::Refused(reasons));
                    }
                }
                Start::StartTurn => {
                    let message = MessageId {
                        repository: survey.key.clone(),
                        issue: number,
                        authorisation: cleared.authorisation.clone(),
                        slot,
                        step: StepNumber::FIRST,
                        red_commit: None,
                    };
                    let text =
                        prompt::first_message(&self.brief(survey, number, slot), &cleared.text);
                    if let Some(lost) = self.first_turn(survey, thread, message, text)? {
                        return Ok(lost);
                    }
                }
                Start::AddLabel => {
                    // The run is under way; a missing label is repaired by the next tick.
                    if let Err(error) = self
                        .hands
                        .apply(&survey.repo, &self.lock_label(survey, number))
                    {
                        report
                            .failures
                            .push(Failure::new(Some(&survey.repo), &error));
                    }
                }
            }
        }
        Ok(Started::Running)
    }

    /// p6: the project of the repository, or an existing one for the same directory.
    fn ensure_project(
        &self,
        survey: &RepositorySurvey,
        fleet: &Fleet,
    ) -> Result<String, ServiceError> {
        let own = survey.key.project();
        let workspace_root = self.workspace(survey);
        let find = |fleet: &Fleet| {
            let own = own.to_string();
            let by_id = fleet.projects.iter().find(|project| project.id == own);
            by_id
                .or_else(|| {
                    fleet
                        .projects
                        .iter()
                        .find(|project| project.workspace_root == workspace_root)
                })
                .map(|project| project.id.clone())
        };
        if let Some(project) = find(fleet) {
            return Ok(project);
        }
        let step = Step::CreateProject {
            project: own,
            title: survey.repo.full_name(),
            workspace_root: workspace_root.clone(),
        };
        match self.hands.apply(&survey.repo, &step) {
            Ok(_) => Ok(own.to_string()),
            Err(error) if super::nothing_was_sent(&error) => Err(error),
            // Another tick may have been faster, or the answer was lost.
            Err(error) => find(&self.hands.executor.live_fleet()?).ok_or(error),
        }
    }

    /// p7: allocates the slot and reads back whose it is.
    fn allocate(
        &self,
        survey: &RepositorySurvey,
        thread: ThreadId,
        project: &str,
        title: &Title,
        slot_used: &mut bool,
    ) -> Result<Option<Started>, ServiceError> {
        let step = Step::CreateThread {
            thread,
            project: project.to_owned(),
            title: title.clone(),
        };
        let applied = match self.hands.apply(&survey.repo, &step) {
            Ok(Applied::Named) => return Ok(None),
            Ok(Applied::Sent) => Ok(()),
            Err(error) if super::nothing_was_sent(&error) => return Err(error),
            Err(error) => Err(error),
        };
        // Until the read-back says otherwise.
        *slot_used = true;
        let Some(found) = self.hands.executor.thread(thread)? else {
            *slot_used = false;
            return match applied {
                Err(error) => Err(error),
                Ok(()) => Err(ServiceError::new(
                    "t3",
                    "read back the created thread",
                    FailureKind::Unreadable,
                    format!("T3 accepted thread {thread} and does not show it"),
                )),
            };
        };
        let bound = found.parsed_title().is_some_and(|found| {
            found.issue == title.issue && found.authorisation == title.authorisation
        });
        Ok(
            if found.is_released() || !found.messages.is_empty() || !bound {
                Some(Started::Lost(format!(
                    "another tick took run {}",
                    title.slot
                )))
            } else if found
                .parsed_title()
                .is_some_and(|found| found.ending.is_some())
            {
                Some(Started::Lost(format!(
                    "run {} was ended meanwhile",
                    title.slot
                )))
            } else {
                None
            },
        )
    }

    /// p8.
    fn reread(
        &self,
        survey: &RepositorySurvey,
        cleared: &Cleared,
    ) -> Result<Vec<Reason>, ServiceError> {
        let number = cleared.facts.number;
        Ok(match self.hands.tracker.reread(survey, number)? {
            IssueLookup::Issue(now) => reread::changes(
                &cleared.facts,
                &now,
                &cleared.authorisation,
                &self.config.labels.ready,
                &self.config.labels.ready_for_human,
            ),
            IssueLookup::PullRequest | IssueLookup::Missing => vec![Reason::new(
                ReasonCode::NotOpen,
                "the issue is not here any more",
            )],
        })
    }

    /// p9 and p10: sends the first message and reads back that it is there.
    fn first_turn(
        &self,
        survey: &RepositorySurvey,
        thread: ThreadId,
        message: MessageId,
        text: String,
    ) -> Result<Option<Started>, ServiceError> {
        let slot = message.slot;
        let step = Step::StartTurn {
            thread,
            message,
            text,
        };
        let applied = match self.hands.apply(&survey.repo, &step) {
            Ok(Applied::Named) => return Ok(None),
            Ok(Applied::Sent) => Ok(()),
            Err(error) if super::nothing_was_sent(&error) => return Err(error),
            Err(error) => Err(error),
        };
        let found = self.hands.executor.thread(thread)?;
        let there = found.as_ref().is_some_and(|found| {
            found
                .messages
                .iter()
                .any(|message| message.slot == slot && message.step == StepNumber::FIRST)
        });
        if there {
            return Ok(None);
        }
        let ended = found.as_ref().is_none_or(|found| {
            found.is_released()
                || found
                    .parsed_title()
                    .is_some_and(|title| title.ending.is_some())
        });
        if ended {
            return Ok(Some(Started::Lost(format!(
                "run {slot} was ended meanwhile"
            ))));
        }
        Err(match applied {
            Err(error) => error,
            Ok(()) => ServiceError::new(
                "t3",
                "read back the first message",
                FailureKind::Unreadable,
                format!("T3 accepted the first message of thread {thread} and does not show it"),
            ),
        })
    }

    /// Ends a slot that was allocated and may not start, under the id of the turn that would have started it.
    pub(super) fn stand_down(
        &self,
        report: &mut TickReport,
        repository: &mut Enrolled,
        view: &SlotView,
        issue: IssueNumber,
        reasons: Vec<Reason>,
    ) {
        let survey = &repository.survey;
        let authorisation = view
            .binding
            .as_ref()
            .map_or_else(AuthorisationDigest::unknown, |binding| {
                binding.authorisation.digest()
            });
        let step = Step::End {
            thread: view.thread,
            step: StepNumber::FIRST,
            title: Title {
                full_name: survey.repo.full_name(),
                issue,
                slot: view.slot,
                authorisation,
                ending: Some(Ending {
                    kind: EndKind::StoodDown,
                    rung: Vec::new(),
                }),
            },
        };
        let detail = match self.hands.apply(&survey.repo, &step) {
            Ok(Applied::Named) => format!("run {} would be stood down", view.slot),
            Ok(Applied::Sent) => match self.hands.executor.thread(view.thread) {
                Ok(Some(thread)) if !thread.messages.is_empty() => {
                    format!("run {} was started meanwhile", view.slot)
                }
                Ok(_) => format!("run {} was stood down", view.slot),
                Err(error) => return self.give_up(report, repository, issue, &error),
            },
            Err(error) => return self.give_up(report, repository, issue, &error),
        };
        repository.outcome = Some((Outcome::Refused, detail));
        if issue != Title::UNKNOWN_ISSUE {
            repository.note(issue, Decision::Refuse, reasons);
        }
    }

    /// Notes that a repository can not go on in this tick.
    pub(super) fn give_up(
        &self,
        report: &mut TickReport,
        repository: &mut Enrolled,
        issue: IssueNumber,
        error: &ServiceError,
    ) {
        let repo = &repository.survey.repo;
        report.failures.push(Failure::new(Some(repo), error));
        let outcome = if error.kind == FailureKind::OutOfTime {
            Outcome::Unfinished
        } else {
            tracing::warn!(repo = %repo, issue = issue.0, "{error}");
            Outcome::Failed
        };
        repository.outcome = Some((outcome, error.to_string()));
        let reason = Reason::new(ReasonCode::FactsIncomplete, error.to_string());
        if issue != Title::UNKNOWN_ISSUE {
            repository.note(issue, Decision::Refuse, vec![reason.clone()]);
        }
        repository.skip_waiting(&reason);
    }

    fn title(&self, survey: &RepositorySurvey, slot: Slot, cleared: &Cleared) -> Title {
        Title {
            full_name: survey.repo.full_name(),
            issue: cleared.facts.number,
            slot,
            authorisation: cleared.authorisation.digest(),
            ending: None,
        }
    }

    pub(super) fn brief(
        &self,
        survey: &RepositorySurvey,
        number: IssueNumber,
        slot: Slot,
    ) -> RunBrief {
        RunBrief {
            issue: IssueRef {
                repo: survey.repo.clone(),
                number,
            },
            thread: survey.key.thread(slot),
            clone_url: survey.clone_url.clone(),
            branch: self
                .config
                .repository(&survey.repo)
                .branch_or(survey.default_branch.as_deref()),
            budget: self.config.limits.budget,
        }
    }

    fn workspace(&self, survey: &RepositorySurvey) -> String {
        match &self.config.repository(&survey.repo).workspace {
            Some(workspace) => workspace.to_string(),
            None => identity::workspace(
                self.config.executor.workspace_root.as_str(),
                &survey.host,
                &survey.repo,
                survey.id,
            ),
        }
    }

    pub(super) fn lock_label(&self, survey: &RepositorySurvey, number: IssueNumber) -> Step {
        Step::AddLabel {
            issue: IssueRef {
                repo: survey.repo.clone(),
                number,
            },
            label: self.config.labels.in_progress.clone(),
        }
    }
}
