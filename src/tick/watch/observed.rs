//! One run at the moment of deciding: what is known of it, and nothing else.
//!
//! Filled in by `observation`; whoever acts keeps its thread up to date.

use chrono::{DateTime, Utc};

use super::binding::Writes;
use crate::domain::identity::{
    Authorisation, AuthorisationDigest, EndKind, Ending, RepositoryKey, Slot, Title,
};
use crate::domain::reason::ReasonCode;
use crate::domain::repository::{IssueRef, RepoRef};
use crate::domain::run::revocation::Standing;
use crate::domain::run::run_state_machine::{Decided, Obstacle, Progress, RunFacts};
use crate::domain::run::thread_state::ThreadReading;
use crate::domain::start::dispatch_policy::Binding;
use crate::domain::verdict::attribution::PushedCommit;
use crate::domain::verdict::ci::{Check, CommitSha, FailedCheck, Verdict};
use crate::domain::verdict::green::Until;
use crate::executor::Thread;
use crate::service_error::ServiceError;
use crate::tracker::{IssueReading, Repository, RunIssue};

/// What is known of one run at the moment of deciding.
pub(super) struct Observed {
    /// The thread, as T3 showed it last.
    pub(super) thread: Thread,
    /// Its slot.
    pub(super) slot: Slot,
    /// `R` of the run, as its own messages name it.
    pub(super) key: RepositoryKey,
    /// The bound issue.
    pub(super) issue: IssueRef,
    /// What it is bound to; `None` when nobody knows any more.
    pub(super) binding: Option<Binding>,
    /// The repository; `None` when the forge could not be read.
    pub(super) repository: Option<Repository>,
    /// What the forge tells about the issue; `None` when it could not be read.
    pub(super) found: Option<RunIssue>,
    /// Whether the issue may be written to.
    pub(super) writes: Writes,
    /// What it is bound to, for titles.
    pub(super) digest: AuthorisationDigest,
    /// The event that it is bound to.
    pub(super) authorisation: Authorisation,
    /// What the thread is doing.
    pub(super) state: ThreadReading,
    /// Whether its first message was sent although T3 shows no sign of it: the step of that message turned out to be used.
    pub(super) start_is_hidden: bool,
    /// When the first message was sent, or the thread was created.
    pub(super) started_at: DateTime<Utc>,
    /// The watched commit.
    pub(super) pushed: Option<PushedCommit>,
    /// Its address.
    pub(super) commit_url: Option<String>,
    /// What CI says about it.
    pub(super) verdict: Option<Verdict>,
    /// When a pending verdict becomes red.
    pub(super) until: Option<Until>,
    /// The newest commit that contains it and whose build is green, where it is red itself; of what was read.
    pub(super) newer_green: Option<CommitSha>,
    /// Stages of it that could not be read.
    pub(super) unread: Vec<ServiceError>,
    /// The checks of its build, as the bulk read shows them.
    pub(super) checks: Vec<Check>,
    /// Where the authorisation stands.
    pub(super) standing: Standing,
    /// What the table was asked; `None` when the forge could not be read.
    pub(super) facts: Option<RunFacts>,
    /// Corrective turns that were sent.
    pub(super) attempts: u32,
    /// The branch that it pushes to.
    pub(super) branch: String,
    /// The end that the title records.
    pub(super) ending: Option<Ending>,
    /// Why the forge does not let the issue be closed that the run landed, where it said so.
    pub(super) unclosed: Option<String>,
    /// What stood in the way of the table.
    pub(super) obstacle: Obstacle,
    /// What the table says.
    pub(super) decided: Decided,
    /// When it was asked.
    pub(super) decided_at: DateTime<Utc>,
}

impl Observed {
    /// The issue, when it could be read.
    pub(super) fn reading(&self) -> Option<&IssueReading> {
        self.found.as_ref().and_then(RunIssue::issue)
    }

    /// The repository's name today.
    pub(super) fn repo(&self) -> &RepoRef {
        &self.issue.repo
    }

    /// Whether the forge told nothing of the issue, not even that it is gone.
    pub(super) fn is_unread(&self) -> bool {
        match &self.found {
            Some(RunIssue::Unreadable(_)) | None => true,
            Some(RunIssue::Issue(_) | RunIssue::Missing | RunIssue::Transferred) => false,
        }
    }

    /// The issue, when it could be read and may be written to.
    pub(super) fn writable(&self) -> Option<&IssueReading> {
        match self.writes {
            Writes::Allowed => self.reading(),
            Writes::Refused(_) | Writes::Unknown(_) => None,
        }
    }

    /// The red checks of the watched commit.
    pub(super) fn red_checks(&self) -> &[FailedCheck] {
        match &self.verdict {
            Some(Verdict::Red(red)) => &red.checks,
            Some(Verdict::Green | Verdict::Pending { .. }) | None => &[],
        }
    }

    /// Whether a newer authorisation re-armed the issue.
    pub(super) fn rearmed(&self) -> bool {
        self.standing.rearmed_by().is_some()
    }

    /// When the build of a green commit ended, as far as it is known.
    pub(super) fn green_since(&self) -> Option<DateTime<Utc>> {
        match &self.verdict {
            Some(Verdict::Green) => self.checks.iter().filter_map(|check| check.at).max(),
            Some(Verdict::Pending { .. } | Verdict::Red(_)) | None => None,
        }
    }

    /// Whether a commit came while the agent of a run that ended without one was being stopped.
    pub(super) fn pushed_late(&self, ending: &Ending) -> bool {
        let for_lack_of_one = match ending.reason {
            Some(
                ReasonCode::NoPush
                | ReasonCode::AgentFailed
                | ReasonCode::AgentStalled
                | ReasonCode::AgentWaiting
                | ReasonCode::RunLimit
                | ReasonCode::TokenLimit
                | ReasonCode::ProviderFailed
                | ReasonCode::Halted,
            ) => true,
            // A thread may be put away long after the push: only what came within this tick came while its agent was being stopped.
            Some(ReasonCode::AgentLost) => self.decided_without_commit(),
            Some(_) | None => false,
        };
        let without_one = match ending.kind {
            EndKind::NeedsHuman => for_lack_of_one,
            EndKind::StoodDown => ending.reason == Some(ReasonCode::Revoked),
            EndKind::Done | EndKind::Frozen => false,
        };
        without_one && self.pushed.is_some()
    }

    /// Whether no commit was on the branch when this tick asked the table.
    fn decided_without_commit(&self) -> bool {
        let progress = self.facts.as_ref().map(|facts| &facts.progress);
        match progress {
            Some(Progress::Working) => true,
            Some(Progress::Pushed { .. }) | None => false,
        }
    }

    /// The title of the run's thread.
    pub(super) fn title(&self, ending: Option<Ending>) -> Title {
        Title {
            full_name: self.issue.repo.full_name(),
            issue: self.issue.number,
            slot: self.slot,
            authorisation: self.digest.clone(),
            ending,
        }
    }
}
