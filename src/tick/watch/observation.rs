//! What is known of a run before anything is decided (SPEC 4.3, w2): thread, commit, verdict and authorisation.
//!
//! Reads and derives; it never acts. Everything that is judged is judged by pure code in `domain`.

use super::context::Watch;
use super::stages::Judged;
use super::standing::{authorisation, standing};
use crate::domain::config::{Limits, RunLimits};
use crate::domain::identity::{Authorisation, AuthorisationDigest, EndKind, Ending, Slot, Title};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueRef;
use crate::domain::run::end_reason::before_push;
use crate::domain::run::revocation::{RunBinding, Standing};
use crate::domain::run::run_state_machine::{
    AgentState, Correction, Decided, Progress, RunFacts, next_action,
};
use crate::domain::run::thread_state::{ThreadReading, ThreadState};
use crate::domain::start::dispatch_policy::SlotState;
use crate::domain::verdict::attribution::{
    Attribution, BranchCommit, Commits, PushedCommit, RunMarks, attribute,
};
use crate::domain::verdict::ci::{Check, Verdict};
use crate::executor::Thread;
use crate::service_error::ServiceError;
use crate::tick::work_list;
use crate::tick::work_list::Run;
use crate::tracker::{Checks, IssueReading, Repository, RunIssue, WatchReading};
use chrono::{DateTime, Utc};

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
    /// Stages of it that could not be read.
    pub(super) unread: Vec<ServiceError>,
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
        let config = self.config.repository(&reading.repository.repo);
        let branch = config.branch_or(reading.repository.default_branch.as_deref());
        let issue_reading = issue.and_then(RunIssue::issue).cloned();
        let number = view
            .binding
            .as_ref()
            .map_or(Title::UNKNOWN_ISSUE, |binding| binding.issue);
        let issue_ref = IssueRef {
            repo: reading.repository.repo.clone(),
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
                host: &reading.repository.host,
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
                own_account: &reading.repository.own_account,
                commits: pushed.as_ref().map_or(&[], |pushed| &pushed.of_run),
                settle: self.config.limits.settle,
            },
            now,
        );
        let limits = RunLimits::from(&self.config.limits);
        let mut unread = Vec::new();
        let verdict = match &pushed {
            None => None,
            Some(pushed) => {
                let last_message_at = run.thread.facts.last_message_at().unwrap_or(started_at);
                let judged = Judged {
                    reading,
                    config,
                    branch: &branch,
                    pushed,
                    last_message_at,
                };
                Some(self.verdict(&judged, &limits, &mut unread)?)
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
            unread,
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
}

pub(super) fn agent_state(state: &ThreadState) -> AgentState {
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

/// The title of a run's thread.
pub(super) fn title(run: &Observed, ending: Option<Ending>) -> Title {
    Title {
        full_name: run.issue.repo.full_name(),
        issue: run.issue.number,
        slot: run.slot,
        authorisation: run.digest.clone(),
        ending,
    }
}
