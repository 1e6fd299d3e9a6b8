//! What is known of a run before anything is decided (SPEC 4.3, w2): thread, commit, verdict and authorisation.
//!
//! Reads and derives; it never acts. Everything that is judged is judged by pure code in `domain`.

use chrono::{DateTime, Utc};

use super::watch::Watch;
use super::work_list::{self, Run};
use crate::ci::StageQuery;
use crate::domain::config::{Limits, RepositoryConfig, RunLimits};
use crate::domain::identity::{Authorisation, AuthorisationDigest, EndKind, Ending, Slot, Title};
use crate::domain::issue::{Actor, LabelChange, LabelEvent, ViaApp};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueRef;
use crate::domain::run::end_reason::before_push;
use crate::domain::run::revocation::{
    ClosedBy, Closer as EventCloser, IssueEvents, ReadyLabel, Revocation, RunBinding, Standing,
    StateChange, StateEvent,
};
use crate::domain::run::run_state_machine::{
    AgentState, Correction, Decided, Progress, RunFacts, next_action,
};
use crate::domain::run::thread_state::{ThreadReading, ThreadState};
use crate::domain::start::dispatch_policy::{Binding, BoundAuthorisation, SlotState};
use crate::domain::verdict::attribution::{
    Attribution, BranchCommit, Commits, PushedCommit, RunMarks, attribute,
};
use crate::domain::verdict::build::{BuildRules, fold_build};
use crate::domain::verdict::ci::{Check, CommitSha, Stage, StageOutcome, Verdict};
use crate::domain::verdict::green::{self, Next, Question, StagePlan};
use crate::executor::Thread;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{
    Checks, Closer, CommitReading, IssueEventKind, IssueReading, Repository, RunIssue, WatchReading,
};

/// What is known of one run at the moment of deciding.
pub(super) struct Observed {
    /// The thread, as T3 showed it last.
    pub(super) thread: Thread,
    /// Its slot.
    pub(super) slot: Slot,
    /// The bound issue.
    pub(super) issue: IssueRef,
    /// What the forge tells about it; `None` when it is gone.
    pub(super) reading: Option<IssueReading>,
    /// What it is bound to, for titles.
    pub(super) digest: AuthorisationDigest,
    /// The event that it is bound to.
    pub(super) authorisation: Authorisation,
    /// What the thread is doing.
    pub(super) state: ThreadReading,
    /// When the first message was sent, or the thread was created.
    pub(super) started_at: DateTime<Utc>,
    /// The watched commit.
    pub(super) pushed: Option<PushedCommit>,
    /// Its address.
    pub(super) commit_url: Option<String>,
    /// What CI says about it.
    pub(super) verdict: Option<Verdict>,
    /// The checks of its build, as the bulk read shows them.
    pub(super) checks: Vec<Check>,
    /// Where the authorisation stands.
    pub(super) standing: Standing,
    /// Corrective turns that were sent.
    pub(super) attempts: u32,
    /// The branch that it pushes to.
    pub(super) branch: String,
    /// The end that the title records.
    pub(super) ending: Option<Ending>,
    /// What the table says.
    pub(super) decided: Decided,
}

/// A run after the reads: observed, or only allocated.
pub(super) enum Seen {
    Observed(Box<Observed>),
    Allocated(Box<Observed>),
}

impl Watch<'_> {
    /// w2: the facts of one run, and what the table makes of them.
    pub(super) fn observe(
        &self,
        reading: &WatchReading,
        run: &Run,
        issue: Option<&RunIssue>,
    ) -> Result<Seen, ServiceError> {
        let now = self.now();
        let view = work_list::view(run.slot, &run.thread);
        let config = self.config.repository(&reading.repo);
        let branch = config.branch_or(reading.default_branch.as_deref());
        let issue_reading = issue.and_then(RunIssue::issue).cloned();
        let number = view
            .binding
            .as_ref()
            .map_or(Title::UNKNOWN_ISSUE, |binding| binding.issue);
        let issue_ref = IssueRef {
            repo: reading.repo.clone(),
            number,
        };
        let digest = view
            .binding
            .as_ref()
            .map_or_else(AuthorisationDigest::unknown, |binding| {
                binding.authorisation.digest()
            });
        let started_at = self.started_at(&run.thread);
        let state = self.state_of(&run.thread);
        let authorisation = authorisation(view.binding.as_ref(), issue_reading.as_ref());
        let branch_commits: Vec<BranchCommit> = reading
            .commits
            .iter()
            .map(|commit| BranchCommit {
                sha: commit.sha.clone(),
                message: commit.message.clone(),
                committed_at: commit.committed_at,
            })
            .collect();
        let attribution = attribute(
            Commits {
                branch: &branch_commits,
                linked: &[],
            },
            &RunMarks {
                thread: run.thread.id,
                issue: &issue_ref,
                host: &reading.host,
                dispatched_at: started_at,
            },
        );
        let pushed = match attribution {
            Attribution::Pushed(pushed) if view.state != SlotState::Allocated => Some(pushed),
            Attribution::Pushed(_) | Attribution::NotPushed | Attribution::Unplaced(_) => None,
        };
        let standing = standing(
            issue_reading.as_ref(),
            &RunBinding {
                authorisation: &authorisation,
                started_at,
                ready_label: &self.config.labels.ready,
                own_account: &reading.own_account,
                commits: pushed.as_ref().map_or(&[], |pushed| &pushed.of_run),
                settle: self.config.limits.settle,
            },
            now,
        );
        let limits = RunLimits::from(&self.config.limits);
        let verdict = match &pushed {
            None => None,
            Some(pushed) => {
                let last_message_at = run.thread.facts.last_message_at().unwrap_or(started_at);
                Some(self.verdict(reading, config, &branch, pushed, last_message_at, &limits)?)
            }
        };
        let corrections: Vec<Correction> = run
            .thread
            .facts
            .corrections()
            .filter_map(|message| {
                Correction::of_message(&message.id, message.at.unwrap_or(started_at))
            })
            .collect();
        let facts = RunFacts {
            agent: agent_state(&state.state),
            changed_at: state.changed_at,
            started_at,
            corrections,
            revocation: standing.revocation.clone(),
            draining: self.draining,
            progress: match (&pushed, &verdict) {
                (Some(pushed), Some(verdict)) => Progress::Pushed {
                    commit: pushed.sha.clone(),
                    verdict: verdict.clone(),
                },
                (None, _) | (_, None) => Progress::Working,
            },
        };
        let decided = next_action(&facts, &limits, now);
        let listed = pushed.as_ref().and_then(|pushed| {
            reading
                .commits
                .iter()
                .find(|commit| commit.sha == pushed.sha)
        });
        let commit_url = listed.map(|commit| commit.url.clone());
        let checks = match listed.map(|commit| &commit.checks) {
            Some(Checks::Read(checks)) => checks.clone(),
            Some(Checks::Unreadable(_)) | None => Vec::new(),
        };
        let observed = Box::new(Observed {
            thread: run.thread.clone(),
            slot: run.slot,
            issue: issue_ref,
            reading: issue_reading,
            digest,
            authorisation,
            state,
            started_at,
            pushed,
            commit_url,
            verdict,
            checks,
            standing,
            attempts: facts.attempts(),
            branch,
            ending: run.thread.parsed_title().and_then(|title| title.ending),
            decided,
        });
        Ok(match view.state {
            SlotState::Allocated => Seen::Allocated(observed),
            SlotState::Started | SlotState::Ended | SlotState::Released => Seen::Observed(observed),
        })
    }

    /// Looks at the issue once more, right before its labels and its state are changed: a person may have asked for a new
    /// run since the bulk read.
    pub(super) fn look_again(
        &self,
        repository: &Repository,
        run: &mut Observed,
    ) -> Result<(), ServiceError> {
        run.reading = match self.hands.tracker.stray(&run.issue)? {
            RunIssue::Issue(reading) => Some(*reading),
            RunIssue::Missing => None,
        };
        run.standing = standing(
            run.reading.as_ref(),
            &RunBinding {
                authorisation: &run.authorisation,
                started_at: run.started_at,
                ready_label: &self.config.labels.ready,
                own_account: &repository.own_account,
                commits: run.pushed.as_ref().map_or(&[], |pushed| &pushed.of_run),
                settle: self.config.limits.settle,
            },
            self.now(),
        );
        Ok(())
    }

    /// Asks the stages of the watched commit, one after the other, as long as they succeed.
    fn verdict(
        &self,
        reading: &WatchReading,
        config: &RepositoryConfig,
        branch: &str,
        pushed: &PushedCommit,
        last_message_at: DateTime<Utc>,
        limits: &RunLimits,
    ) -> Result<Verdict, ServiceError> {
        let plan = StagePlan::from(config);
        let mut next = green::judge(pushed, plan, last_message_at, limits, self.now());
        loop {
            match next {
                Next::Decided(verdict) => return Ok(verdict),
                Next::Ask(question) => {
                    let outcome = self.ask(reading, config, branch, pushed, &question)?;
                    next = question.answer(outcome);
                }
            }
        }
    }

    fn ask(
        &self,
        reading: &WatchReading,
        config: &RepositoryConfig,
        branch: &str,
        pushed: &PushedCommit,
        question: &Question<'_>,
    ) -> Result<StageOutcome, ServiceError> {
        let commit = question.commit();
        let reader = match question.stage() {
            Stage::Build => {
                let listed = reading.commits.iter().find(|listed| listed.sha == *commit);
                let checks = match listed.map(|listed: &CommitReading| &listed.checks) {
                    Some(Checks::Read(checks)) => checks.clone(),
                    Some(Checks::Unreadable(_)) | None => {
                        self.hands.tracker.commit_checks(&reading.repo, commit)?
                    }
                };
                let rules = match &config.build_checks {
                    Some(names) => BuildRules::Named(names),
                    None => BuildRules::All { branch },
                };
                return Ok(fold_build(
                    &checks,
                    &rules,
                    question.newer_commit_on_branch(),
                ));
            }
            Stage::Deploy => self.deploy,
            Stage::Rollout => self.rollout,
        };
        let Some(reader) = reader else {
            return Err(ServiceError::new(
                question.stage().as_str(),
                format!("ask about {}", commit.short()),
                FailureKind::NotFound,
                "AFK_REPOS names this stage and nothing is configured to ask",
            ));
        };
        let descendants: Vec<CommitSha> =
            pushed.newer.iter().map(|newer| newer.sha.clone()).collect();
        reader.read(&StageQuery {
            repo: &reading.repo,
            id: reading.id,
            config,
            commit,
            committed_at: pushed.committed_at,
            descendants: &descendants,
            // A rollout's time begins at the end of the deploy.
            deployed_at: (question.stage() == Stage::Rollout && config.deploy.is_some())
                .then(|| question.clock()),
        })
    }
}

/// The event that a run is bound to. Before the first message only its digest is known; the event is found among those
/// that were read, or stands for one that is older than all of them.
fn authorisation(binding: Option<&Binding>, reading: Option<&IssueReading>) -> Authorisation {
    let older = || Authorisation::new("older-than-what-was-read").expect("a plain word");
    match binding.map(|binding| &binding.authorisation) {
        Some(BoundAuthorisation::Event(event)) => event.clone(),
        Some(bound @ BoundAuthorisation::Digest(_)) => reading
            .into_iter()
            .flat_map(|reading| &reading.events)
            .find_map(|event| match &event.kind {
                IssueEventKind::LabelAdded { id: Some(id), .. } if bound.is(id) => Some(id.clone()),
                IssueEventKind::LabelAdded { .. }
                | IssueEventKind::LabelRemoved { .. }
                | IssueEventKind::Closed(_)
                | IssueEventKind::Reopened
                | IssueEventKind::Referenced { .. } => None,
            })
            .unwrap_or_else(older),
        None => older(),
    }
}

/// Where the authorisation stands. An issue that is gone was withdrawn.
fn standing(
    reading: Option<&IssueReading>,
    binding: &RunBinding<'_>,
    now: DateTime<Utc>,
) -> Standing {
    let Some(reading) = reading else {
        return Standing {
            revocation: Revocation::ClosedByPerson {
                actor: Actor::Gone,
                at: now,
            },
            ready_label: ReadyLabel::Off,
            closed: Some(ClosedBy::Person),
        };
    };
    let mut events = IssueEvents::default();
    for (index, event) in reading.events.iter().enumerate() {
        let label_event = |id: Option<&Authorisation>, change, label: &String| LabelEvent {
            id: id
                .cloned()
                .or_else(|| Authorisation::new(&format!("event-{index}")))
                .expect("a plain word"),
            at: event.at,
            change,
            label: label.clone(),
            actor: event.actor.clone(),
            via_app: ViaApp::Unknown,
        };
        match &event.kind {
            IssueEventKind::LabelAdded { label, id } => {
                events
                    .labels
                    .push(label_event(id.as_ref(), LabelChange::Added, label));
            }
            IssueEventKind::LabelRemoved { label } => {
                events
                    .labels
                    .push(label_event(None, LabelChange::Removed, label));
            }
            IssueEventKind::Closed(closer) => events.states.push(StateEvent {
                at: event.at,
                actor: event.actor.clone(),
                change: StateChange::Closed(match closer {
                    Closer::Actor => EventCloser::Actor,
                    Closer::Commit(sha) => EventCloser::Commit(sha.clone()),
                    Closer::PullRequest(_) | Closer::Other(_) => EventCloser::Other,
                }),
            }),
            IssueEventKind::Reopened => events.states.push(StateEvent {
                at: event.at,
                actor: event.actor.clone(),
                change: StateChange::Reopened,
            }),
            IssueEventKind::Referenced { .. } => {}
        }
    }
    events.standing(binding, now)
}

fn agent_state(state: &ThreadState) -> AgentState {
    match state {
        ThreadState::Starting => AgentState::Starting,
        ThreadState::Running => AgentState::Running,
        ThreadState::Waiting { .. } => AgentState::Waiting,
        ThreadState::Over => AgentState::Over,
        ThreadState::Failed { .. } => AgentState::Failed,
        ThreadState::Dead { .. } => AgentState::Dead,
        ThreadState::Gone => AgentState::Gone,
        ThreadState::Unknown { .. } => AgentState::Unknown,
    }
}

impl Observed {
    /// The reason of the run's end, for texts.
    pub(super) fn reason(&self, kind: EndKind, limits: &Limits) -> Reason {
        let decided = self.decided.reason;
        let code = match (kind, &self.ending) {
            // Decided by another tick, and the thread has changed since: we stopped its agent.
            (EndKind::NeedsHuman, Some(_)) => {
                let facts = &self.thread.facts;
                let code = before_push(facts, self.started_at, limits.run_max, limits.stall);
                return Reason::new(code, "");
            }
            (EndKind::NeedsHuman, None) => decided.unwrap_or(ReasonCode::NoPush),
            (EndKind::Done, _) => ReasonCode::Landed,
            (EndKind::Frozen, _) => decided.unwrap_or(ReasonCode::BudgetExhausted),
            (EndKind::StoodDown, _) => ReasonCode::Revoked,
        };
        Reason::new(code, self.decided.detail.clone())
    }

    /// The red checks of the watched commit.
    pub(super) fn red_checks(&self) -> &[crate::domain::verdict::ci::FailedCheck] {
        match &self.verdict {
            Some(Verdict::Red(red)) => &red.checks,
            Some(Verdict::Green | Verdict::Pending { .. }) | None => &[],
        }
    }

    /// Whether a newer authorisation re-armed the issue.
    pub(super) fn rearmed(&self) -> bool {
        self.standing.rearmed_by().is_some()
    }
}
