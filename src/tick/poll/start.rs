//! The start of one run, p6 to p11 of SPEC 4.1, and what is said when it can not be carried out.
//!
//! Every act is followed by a look at who won. The order of the stages is data: [`Start::ORDER`].

use super::enrolment::Enrolled;
use super::gate_look_ups::Cleared;
use super::setting::Poll;
use super::workspace_warning::warn_of_workspace;
use crate::domain::identity::{MessageId, Slot, StepNumber, ThreadId, Title};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::start::frozen_text::FrozenText;
use crate::domain::start::trust_gate::GateFacts;
use crate::domain::start::{eligibility, prompt};
use crate::domain::step::{Start, Step};
use crate::domain::told::refusal_note::is_refusal_note;
use crate::executor::{Fleet, Project};
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{Applied, Decision, Dispatched, Failure, Outcome, TickReport, nothing_was_sent};
use crate::tracker::{IssueLookup, Repository};

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
        enrolled: &mut Enrolled,
        slot: Slot,
        cleared: Cleared,
        fleet: &Fleet,
        allocated: bool,
    ) -> bool {
        let number = cleared.facts.number;
        let repository = enrolled.survey.repository.clone();
        let thread = repository.key.thread(slot);
        let mut slot_used = allocated;
        match self.start_run(report, &repository, slot, &cleared, fleet, &mut slot_used) {
            Ok(Started::Running) => {
                let hidden = left_out(&cleared.text);
                tracing::info!(
                    repo = %repository.repo, issue = number.0, thread = %thread, slot = slot.0,
                    "{}started run {slot} for {}#{number}", self.hands.would_have(), repository.repo.full_name()
                );
                enrolled.outcome = Some((
                    Outcome::Dispatched,
                    format!("run {slot} for #{number}{hidden}"),
                ));
                enrolled.note(number, Decision::Dispatch, Vec::new());
                let mut comments = cleared.facts.comments.iter();
                enrolled.noted_start = comments
                    .any(|comment| is_refusal_note(&comment.body))
                    .then_some(number);
                enrolled.skip_waiting(&Reason::new(
                    ReasonCode::LowerPriority,
                    format!("#{number} goes first"),
                ));
                report.dispatched.push(Dispatched {
                    repository: repository.repo.clone(),
                    issue: number,
                    thread,
                    slot,
                });
                true
            }
            Ok(Started::Lost(why)) => {
                let reason = Reason::new(ReasonCode::RepositoryBusy, why);
                enrolled.outcome = Some((Outcome::Busy, reason.detail.clone()));
                enrolled.note(number, Decision::Skip, vec![reason.clone()]);
                enrolled.skip_waiting(&reason);
                true
            }
            Ok(Started::Refused(reasons)) => {
                enrolled.outcome = Some((
                    Outcome::Refused,
                    format!("#{number} changed while run {slot} was being started"),
                ));
                enrolled.note(number, Decision::Refuse, reasons);
                enrolled.skip_waiting(&Reason::new(
                    ReasonCode::RepositoryBusy,
                    format!("run {slot} is allocated for #{number}"),
                ));
                true
            }
            Err(error) => {
                enrolled.give_up(report, number, &error);
                slot_used
            }
        }
    }

    /// Walks the stages of a start. `slot_used` tells whether the slot exists, also when the walk ends early: it is
    /// true on entry when the slot was allocated by an earlier tick.
    fn start_run(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        slot: Slot,
        cleared: &Cleared,
        fleet: &Fleet,
        slot_used: &mut bool,
    ) -> Result<Started, ServiceError> {
        let allocated = *slot_used;
        let number = cleared.facts.number;
        let thread = repository.key.thread(slot);
        let mut project = repository.key.project().to_string();
        for stage in Start::ORDER {
            match stage {
                Start::EnsureProject if allocated => {}
                Start::EnsureProject => {
                    warn_of_workspace(report, repository, fleet);
                    project = self.ensure_project(repository, fleet)?;
                }
                Start::CreateThread if allocated => {}
                Start::CreateThread => {
                    let title = self.title(repository, slot, cleared);
                    if let Some(lost) =
                        self.allocate(repository, thread, &project, &title, slot_used)?
                    {
                        return Ok(lost);
                    }
                }
                Start::Reread => {
                    let reasons = self.reread(repository, slot, allocated, cleared)?;
                    if !reasons.is_empty() {
                        return Ok(Started::Refused(reasons));
                    }
                }
                Start::StartTurn => {
                    let message = MessageId {
                        repository: repository.key.clone(),
                        issue: number,
                        authorisation: cleared.authorisation.clone(),
                        slot,
                        step: StepNumber::FIRST,
                        red_commit: None,
                    };
                    let text =
                        prompt::first_message(&self.brief(repository, number, slot), &cleared.text);
                    if let Some(lost) = self.first_turn(repository, thread, message, text)? {
                        return Ok(lost);
                    }
                }
                Start::AddLabel => {
                    // The run is under way; a missing label is repaired by the next tick.
                    if let Err(error) =
                        self.apply(&repository.repo, &self.lock_label(repository, number))
                    {
                        report
                            .failures
                            .push(Failure::new(Some(&repository.repo), &error));
                    }
                }
            }
        }
        Ok(Started::Running)
    }

    /// p6: the project of the repository, or an existing one for the same directory.
    fn ensure_project(
        &self,
        repository: &Repository,
        fleet: &Fleet,
    ) -> Result<String, ServiceError> {
        let own = repository.key.project();
        let workspace_root = self.workspace(repository);
        let find = |fleet: &Fleet| -> Result<Option<String>, ServiceError> {
            let own = own.to_string();
            let projects = &fleet.projects;
            let by_root = |project: &&Project| project.workspace_root == workspace_root;
            match projects.iter().find(|project| project.id == own) {
                Some(project) if !by_root(&project) => Err(ServiceError::new(
                    "t3",
                    "find the project",
                    FailureKind::Refused,
                    format!(
                        "project {own} of {} has the workspace {} and not {workspace_root}: somebody must look",
                        repository.repo, project.workspace_root
                    ),
                )),
                Some(project) => Ok(Some(project.id.clone())),
                None => Ok(projects
                    .iter()
                    .find(by_root)
                    .map(|project| project.id.clone())),
            }
        };
        if let Some(project) = find(fleet)? {
            return Ok(project);
        }
        let step = Step::CreateProject {
            project: own,
            title: repository.repo.full_name(),
            workspace_root: workspace_root.clone(),
        };
        match self.apply(&repository.repo, &step) {
            Ok(_) => Ok(own.to_string()),
            Err(error) if nothing_was_sent(&error) => Err(error),
            // Another tick may have been faster, or the answer was lost.
            Err(error) => find(&self.hands.executor.live_fleet()?)?.ok_or(error),
        }
    }

    /// p7: allocates the slot and reads back whose it is.
    fn allocate(
        &self,
        repository: &Repository,
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
        let applied = match self.apply(&repository.repo, &step) {
            Ok(Applied::Named) => return Ok(None),
            Ok(Applied::Sent) => Ok(()),
            Err(error) if nothing_was_sent(&error) => return Err(error),
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
        repository: &Repository,
        slot: Slot,
        allocated: bool,
        cleared: &Cleared,
    ) -> Result<Vec<Reason>, ServiceError> {
        let number = cleared.facts.number;
        Ok(match self.hands.tracker.reread(repository, number)? {
            IssueLookup::Issue(now) => eligibility::changes(
                &cleared.facts,
                &cleared.text,
                &GateFacts {
                    repository: &repository.facts,
                    issue: &now,
                    permissions: &cleared.permissions,
                    authorisation: &cleared.authorisation,
                },
                &self.rules(repository, number, slot, allocated),
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
        repository: &Repository,
        thread: ThreadId,
        message: MessageId,
        text: String,
    ) -> Result<Option<Started>, ServiceError> {
        let slot = message.slot;
        let step = Step::StartTurn {
            thread,
            message,
            text,
            runtime_mode: None,
        };
        let applied = match self.apply(&repository.repo, &step) {
            Ok(Applied::Named) => return Ok(None),
            Ok(Applied::Sent) => Ok(()),
            Err(error) if nothing_was_sent(&error) => return Err(error),
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

    fn title(&self, repository: &Repository, slot: Slot, cleared: &Cleared) -> Title {
        Title {
            full_name: repository.repo.full_name(),
            issue: cleared.facts.number,
            slot,
            authorisation: cleared.authorisation.digest(),
            ending: None,
        }
    }
}

/// Says what of an issue's text its page does not show, and the agent did not get.
fn left_out(text: &FrozenText) -> String {
    let count = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    let parts = count(text.removed_hidden(), "hidden part", "hidden parts");
    let characters = count(
        text.removed_characters(),
        "invisible character",
        "invisible characters",
    );
    let were = match text.removed_hidden() + text.removed_characters() {
        0 => return String::new(),
        1 => "was",
        _ => "were",
    };
    let named: Vec<String> = parts.into_iter().chain(characters).collect();
    format!("; {} {were} left out of the text", named.join(" and "))
}
