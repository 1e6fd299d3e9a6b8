//! The stages of a start, p6 to p11 of SPEC 4.1, each for all runs that start in a tick.
//!
//! Acts of different runs overlap, and what was sent for all of them is read back together.

use super::setting::Poll;
use super::walk::{Started, Starting, Walk};
use super::why::Refused;
use crate::domain::identity::{MessageId, StepNumber, ThreadId};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueNumber;
use crate::domain::start::basis::Asked;
use crate::domain::start::frozen_text::FrozenText;
use crate::domain::start::trust_gate::GateFacts;
use crate::domain::start::{eligibility, prompt};
use crate::domain::step::Step;
use crate::executor::{Fleet, Project, Thread};
use crate::fan_out::fan_out_at_most;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::{ACTS_AT_ONCE, Failure, TickReport, nothing_was_sent};
use crate::tracker::{IssueLookup, Repository};

impl Poll<'_> {
    /// Does one act for each start that goes on and that `wants` it; acts of different runs overlap. Returns those whose act was
    /// sent, or may have been.
    pub(super) fn act_for<'w>(
        &self,
        walks: &'w mut [Walk],
        wants: impl Fn(&Walk) -> bool,
        step: impl Fn(&Walk) -> Step + Sync,
    ) -> Vec<&'w mut Walk> {
        let mut walks: Vec<&mut Walk> = walks
            .iter_mut()
            .filter(|walk| walk.goes_on() && wants(walk))
            .collect();
        let steps: Vec<(&Repository, Step)> = walks
            .iter()
            .map(|walk| (&walk.repository, step(walk)))
            .collect();
        let applied = fan_out_at_most(self.acts_at_once(), &steps, |(repository, step)| {
            self.apply(&repository.repo, step)
        });
        drop(steps);
        let sent: Vec<bool> = walks
            .iter_mut()
            .zip(applied)
            .map(|(walk, applied)| walk.note(applied))
            .collect();
        let mut sent = sent.into_iter();
        walks.retain(|_| sent.next() == Some(true));
        walks
    }

    /// Reads back what was sent for these starts, all together; `judge` says how each goes on.
    pub(super) fn read_back(
        &self,
        walks: Vec<&mut Walk>,
        judge: impl Fn(
            &Walk,
            Option<Thread>,
            Result<(), ServiceError>,
        ) -> Result<Option<Started>, ServiceError>,
    ) {
        let ids: Vec<ThreadId> = walks.iter().map(|walk| walk.thread).collect();
        for (walk, found) in walks.into_iter().zip(self.hands.executor.threads(&ids)) {
            let applied = walk.unproven.take().unwrap_or(Ok(()));
            let judged = found.and_then(|found| {
                walk.slot_used = found.is_some();
                judge(walk, found, applied)
            });
            walk.ended = judged.transpose();
        }
    }

    pub(super) fn acts_at_once(&self) -> usize {
        ACTS_AT_ONCE.min(self.hands.parallel)
    }

    /// p6.
    pub(super) fn ensure_projects(&self, walks: &mut [Walk], fleet: &Fleet) {
        let mut new: Vec<&mut Walk> = walks
            .iter_mut()
            .filter(|walk| !walk.starting.allocated)
            .collect();
        let repositories: Vec<&Repository> = new.iter().map(|walk| &walk.repository).collect();
        let projects = fan_out_at_most(self.acts_at_once(), &repositories, |repository| {
            self.ensure_project(repository, fleet)
        });
        drop(repositories);
        for (walk, project) in new.iter_mut().zip(projects) {
            match project {
                Ok(project) => walk.project = project,
                Err(error) => walk.ended = Some(Err(error)),
            }
        }
    }

    /// p6: the project of the repository, or an existing one for the same directory.
    pub(super) fn ensure_project(
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
                        "project {own} of {repo} has the workspace {root} and not {workspace_root}: after a rename or a new AFK_T3_WORKSPACE_ROOT, set \"workspace\": \"{root}\" for {repo} in AFK_REPOS; otherwise somebody has to look who changed it",
                        repo = repository.repo,
                        root = project.workspace_root
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

    /// p7: allocates the slots and reads back whose they are.
    pub(super) fn create_threads(&self, walks: &mut [Walk]) {
        let sent = self.act_for(
            walks,
            |walk| !walk.starting.allocated,
            |walk| Step::CreateThread {
                thread: walk.thread,
                project: walk.project.clone(),
                title: walk.title(),
            },
        );
        let mut sent = sent;
        for walk in &mut sent {
            // Until the read-back says otherwise.
            walk.slot_used = true;
        }
        self.read_back(sent, |walk, found, applied| {
            let Some(found) = found else {
                return Err(applied.err().unwrap_or_else(|| {
                    ServiceError::new(
                        "t3",
                        "read back the created thread",
                        FailureKind::Unreadable,
                        format!("T3 accepted thread {} and does not show it", walk.thread),
                    )
                }));
            };
            let wanted = walk.title();
            let shown = found.parsed_title();
            let bound = shown.as_ref().is_some_and(|shown| {
                shown.issue == wanted.issue && shown.authorisation == wanted.authorisation
            });
            let lost = if found.is_released() || !found.messages.is_empty() || !bound {
                format!("another tick took run {}", wanted.slot)
            } else if shown.is_some_and(|shown| shown.ending.is_some()) {
                format!("run {} was ended meanwhile", wanted.slot)
            } else {
                return Ok(None);
            };
            Ok(Some(Started::Lost(lost)))
        });
    }

    /// p8.
    pub(super) fn reread(&self, walks: &mut [Walk]) {
        let mut walks: Vec<&mut Walk> = walks.iter_mut().filter(|walk| walk.goes_on()).collect();
        let wanted: Vec<(&Repository, IssueNumber)> = walks
            .iter()
            .map(|walk| (&walk.repository, walk.number()))
            .collect();
        let read = self.hands.tracker.rereads(&wanted);
        drop(wanted);
        for (walk, lookup) in walks.iter_mut().zip(read) {
            match lookup.map(|lookup| self.text_now(walk, lookup)) {
                Ok(Ok(text)) => walk.text = Some(text),
                Ok(Err(refused)) => walk.ended = Some(Ok(Started::Refused(refused))),
                Err(error) => walk.ended = Some(Err(error)),
            }
        }
    }

    /// The text that was checked, unless something changed since that matters.
    fn text_now(&self, walk: &Walk, lookup: IssueLookup) -> Result<FrozenText, Refused> {
        let Starting {
            slot,
            cleared,
            allocated,
            ..
        } = &walk.starting;
        let repository = &walk.repository;
        let IssueLookup::Issue(now) = lookup else {
            let why = "the issue is not here any more";
            return Err(Refused {
                reasons: vec![Reason::new(ReasonCode::NotOpen, why)],
                asked: Asked::Nothing,
            });
        };
        let facts = GateFacts {
            repository: &repository.facts,
            issue: &now,
            permissions: &cleared.permissions,
            authorisation: &cleared.authorisation,
        };
        let rules = self.rules(repository, walk.number(), *slot, *allocated);
        eligibility::judge_again(&cleared.checked, &facts, &rules).map_err(|reasons| Refused {
            reasons,
            asked: self.kept_again(cleared, &facts, &rules),
        })
    }

    /// p9: sends the first messages.
    pub(super) fn start_turns(&self, walks: &mut [Walk]) {
        self.act_for(
            walks,
            |walk| walk.text.is_some(),
            |walk| {
                let Starting { slot, cleared, .. } = &walk.starting;
                let brief = self.brief(&walk.repository, walk.number(), *slot);
                let text = walk
                    .text
                    .as_ref()
                    .expect("only those with a text are wanted");
                Step::StartTurn {
                    thread: walk.thread,
                    message: MessageId {
                        repository: walk.repository.key.clone(),
                        issue: walk.number(),
                        authorisation: cleared.authorisation.clone(),
                        slot: *slot,
                        step: StepNumber::FIRST,
                        red_commit: None,
                    },
                    text: prompt::first_message(&brief, text),
                    runtime_mode: None,
                }
            },
        );
        for walk in walks {
            walk.text = None;
        }
    }

    /// p10: reads back that the first messages are there.
    pub(super) fn read_back_turns(&self, walks: &mut [Walk]) {
        let sent: Vec<&mut Walk> = walks
            .iter_mut()
            .filter(|walk| walk.goes_on() && walk.unproven.is_some())
            .collect();
        self.read_back(sent, |walk, found, applied| {
            let slot = walk.starting.slot;
            let there = found.as_ref().is_some_and(|found| {
                let mut ours = found.messages.iter();
                ours.any(|message| message.slot == slot && message.step == StepNumber::FIRST)
            });
            if there {
                return Ok(None);
            }
            let ended = found
                .as_ref()
                .is_none_or(|found| found.is_released() || found.has_ended());
            if ended {
                return Ok(Some(Started::Lost(format!(
                    "run {slot} was ended meanwhile"
                ))));
            }
            Err(applied.err().unwrap_or_else(|| {
                ServiceError::new(
                    "t3",
                    "read back the first message",
                    FailureKind::Unreadable,
                    format!(
                        "T3 accepted the first message of thread {} and does not show it",
                        walk.thread
                    ),
                )
            }))
        });
    }

    /// p11: a forge is written to by one at a time.
    pub(super) fn add_lock_labels(&self, report: &mut TickReport, walks: &[Walk]) {
        for walk in walks.iter().filter(|walk| walk.goes_on()) {
            let repo = &walk.repository.repo;
            let step = self.lock_label(&walk.repository, walk.number());
            // The run is under way; a missing label is repaired by the next tick.
            if let Err(error) = self.apply(repo, &step) {
                report.failures.push(Failure::new(Some(repo), &error));
            }
        }
    }
}
