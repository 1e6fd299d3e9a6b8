//! One execution: what it reports, and the one function that applies a step.
//!
//! A tick reads the world, lets pure code decide, and acts through [`Hands`]. It keeps nothing between two runs.

use std::fmt::{self, Write as _};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::clock::{Deadline, IdSource};
use crate::domain::identity::{CommandId, Slot, ThreadId};
use crate::domain::reason::Reason;
use crate::domain::repository::{IssueNumber, IssueRef, RepoRef};
use crate::domain::step::Step;
use crate::executor::{Executor, NewProject, NewThread, NewTurn};
use crate::exit_code::ExitCode;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{RepositorySurvey, Tracker};

pub mod poll;

/// Which tick ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TickKind {
    /// `afk-poll`.
    Poll,
    /// `afk-watch`.
    Watch,
}

impl TickKind {
    /// Returns the binary's name.
    #[must_use]
    pub const fn binary(self) -> &'static str {
        match self {
            Self::Poll => "afk-poll",
            Self::Watch => "afk-watch",
        }
    }
}

/// What one tick found and did (SPEC 9). Serialises to the JSON report, displays as the text report.
#[derive(Clone, Debug, Serialize)]
pub struct TickReport {
    /// Version of the JSON document.
    pub version: u32,
    /// Which tick.
    pub tick: TickKind,
    /// When it started.
    #[serde(serialize_with = "seconds")]
    pub started_at: DateTime<Utc>,
    /// When it finished.
    #[serde(serialize_with = "seconds")]
    pub finished_at: DateTime<Utc>,
    /// Whether both gates were open.
    pub armed: bool,
    /// Whether writes were only named.
    pub dry_run: bool,
    /// Why nothing was done, when nothing was done on purpose.
    pub detail: Option<String>,
    /// One entry per repository considered.
    pub repositories: Vec<RepositoryReport>,
    /// Runs started.
    pub dispatched: Vec<Dispatched>,
    /// Runs observed; poll observes none.
    pub runs: Vec<serde_json::Value>,
    /// Everything that went wrong.
    pub failures: Vec<Failure>,
    /// Whether the tick could do nothing at all. Not part of the document: the exit status tells.
    #[serde(skip)]
    pub could_not_start: bool,
}

fn seconds<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn display<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn display_option<T: fmt::Display, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

/// What happened in one repository.
#[derive(Clone, Debug, Serialize)]
pub struct RepositoryReport {
    /// The repository.
    #[serde(serialize_with = "display")]
    pub repository: RepoRef,
    /// The outcome.
    pub outcome: Outcome,
    /// One sentence.
    pub detail: String,
    /// Every issue considered.
    pub issues: Vec<IssueReport>,
}

/// The outcome of one repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A run was started.
    Dispatched,
    /// A run is under way, or the lock label brakes.
    Busy,
    /// No issue is ready.
    Idle,
    /// Something is ready, nothing is eligible.
    Refused,
    /// Something is ready; the cap is reached.
    Capped,
    /// Something went wrong; see the failures.
    Failed,
    /// The tick ended before this repository was done.
    Unfinished,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Dispatched => "dispatched",
            Self::Busy => "busy",
            Self::Idle => "idle",
            Self::Refused => "refused",
            Self::Capped => "capped",
            Self::Failed => "failed",
            Self::Unfinished => "unfinished",
        }
    }
}

/// What was decided about one issue.
#[derive(Clone, Debug, Serialize)]
pub struct IssueReport {
    /// Its number.
    #[serde(serialize_with = "number")]
    pub issue: IssueNumber,
    /// The decision.
    pub decision: Decision,
    /// Why; empty for a dispatch.
    pub reasons: Vec<Reason>,
}

fn number<S: Serializer>(issue: &IssueNumber, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(issue.0)
}

/// The decision about one issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// A run was started for it.
    Dispatch,
    /// Not eligible.
    Refuse,
    /// Not its turn.
    Skip,
}

impl Decision {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Refuse => "refuse",
            Self::Skip => "skip",
        }
    }
}

/// A run that was started.
#[derive(Clone, Debug, Serialize)]
pub struct Dispatched {
    /// The repository.
    #[serde(serialize_with = "display")]
    pub repository: RepoRef,
    /// The issue.
    #[serde(serialize_with = "number")]
    pub issue: IssueNumber,
    /// Its thread.
    #[serde(serialize_with = "display")]
    pub thread: ThreadId,
    /// Its slot.
    #[serde(serialize_with = "slot")]
    pub slot: Slot,
}

fn slot<S: Serializer>(slot: &Slot, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(slot.0)
}

/// Something that went wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The repository concerned; `null` when all are.
    #[serde(serialize_with = "display_option")]
    pub repository: Option<RepoRef>,
    /// The service.
    pub service: String,
    /// What was asked of it.
    pub call: String,
    /// What happened.
    pub error: String,
}

impl Failure {
    /// Notes a failed call.
    #[must_use]
    pub fn new(repository: Option<&RepoRef>, error: &ServiceError) -> Self {
        let text = error.to_string();
        Self {
            repository: repository.cloned(),
            service: error.service.to_owned(),
            call: error.call.clone(),
            error: text
                .strip_prefix(&format!("{}: ", error.call))
                .map_or(text.clone(), str::to_owned),
        }
    }
}

impl TickReport {
    /// Starts an empty report of an armed tick.
    #[must_use]
    pub fn new(tick: TickKind, started_at: DateTime<Utc>, dry_run: bool) -> Self {
        Self {
            version: 1,
            tick,
            started_at,
            finished_at: started_at,
            armed: true,
            dry_run,
            detail: None,
            repositories: Vec::new(),
            dispatched: Vec::new(),
            runs: Vec::new(),
            failures: Vec::new(),
            could_not_start: false,
        }
    }

    /// Builds the report of a tick that a gate kept from doing anything.
    #[must_use]
    pub fn disarmed(tick: TickKind, at: DateTime<Utc>, dry_run: bool, why: String) -> Self {
        Self {
            armed: false,
            detail: Some(why),
            ..Self::new(tick, at, dry_run)
        }
    }

    /// Returns the exit status that tells of this tick.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.could_not_start {
            ExitCode::CouldNotStart
        } else if self.failures.is_empty() {
            ExitCode::Done
        } else {
            ExitCode::DoneWithFailures
        }
    }
}

impl fmt::Display for TickReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.tick.binary();
        if !self.armed {
            let why = self.detail.as_deref().unwrap_or("disarmed");
            return writeln!(f, "{name}: nothing was done: {why}");
        }
        let mode = if self.dry_run { " (dry run)" } else { "" };
        writeln!(
            f,
            "{name}{mode}: {} repositories, {} started, {} failures",
            self.repositories.len(),
            self.dispatched.len(),
            self.failures.len()
        )?;
        for repository in &self.repositories {
            writeln!(
                f,
                "  {}: {}: {}",
                repository.repository,
                repository.outcome.as_str(),
                repository.detail
            )?;
            for issue in &repository.issues {
                let mut line = format!("    #{} {}", issue.issue, issue.decision.as_str());
                for (index, reason) in issue.reasons.iter().enumerate() {
                    let separator = if index == 0 { ": " } else { "; " };
                    write!(line, "{separator}{reason}")?;
                }
                writeln!(f, "{line}")?;
            }
        }
        for run in &self.dispatched {
            writeln!(
                f,
                "  started {}#{} as run {} in thread {}",
                run.repository, run.issue, run.slot, run.thread
            )?;
        }
        for failure in &self.failures {
            let repository = failure
                .repository
                .as_ref()
                .map_or_else(String::new, |repository| format!("{repository}: "));
            writeln!(
                f,
                "  failed: {repository}{}: {}: {}",
                failure.service, failure.call, failure.error
            )?;
        }
        Ok(())
    }
}

/// What narrows a tick, from the command line. Empty: everything on the allowlist.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    /// `--repo`.
    pub repos: Vec<RepoRef>,
    /// `--issue`.
    pub issues: Vec<IssueRef>,
}

impl Narrowing {
    /// Returns whether the tick may look at this repository.
    #[must_use]
    pub fn includes(&self, repo: &RepoRef) -> bool {
        (self.repos.is_empty() && self.issues.is_empty())
            || self.repos.contains(repo)
            || self.issues.iter().any(|issue| issue.repo == *repo)
    }

    /// Returns whether the tick may look at this issue of an included repository.
    #[must_use]
    pub fn includes_issue(&self, repo: &RepoRef, number: IssueNumber) -> bool {
        let mut of_repo = self.issues.iter().filter(|issue| issue.repo == *repo);
        let mut any = false;
        let named = of_repo.any(|issue| {
            any = true;
            issue.number == number
        });
        named || !any
    }

    /// Returns the repositories that the command line names.
    pub fn named(&self) -> impl Iterator<Item = &RepoRef> {
        self.repos
            .iter()
            .chain(self.issues.iter().map(|issue| &issue.repo))
    }
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was sent.
    Sent,
    /// A dry run: it was only named.
    Named,
}

/// The only way to act on the world.
pub struct Hands<'a> {
    /// What runs agents.
    pub executor: &'a dyn Executor,
    /// The forges.
    pub tracker: &'a dyn Tracker,
    /// Ids for commands that other ids guard.
    pub ids: &'a dyn IdSource,
    /// Until when acts may start.
    pub deadline: &'a Deadline<'a>,
    /// Whether acts are only named.
    pub dry_run: bool,
}

impl Hands<'_> {
    /// Applies one step. Never retries: the caller reads back and decides.
    ///
    /// # Errors
    ///
    /// [`FailureKind::OutOfTime`] when the tick may start no other act; otherwise what the service said. The step may have
    /// taken effect all the same.
    pub fn apply(
        &self,
        repository: &RepositorySurvey,
        step: &Step,
    ) -> Result<Applied, ServiceError> {
        let repo = repository.repo.to_string();
        if self.dry_run {
            tracing::info!(repo, "would {step}");
            return Ok(Applied::Named);
        }
        if !self.deadline.allows_more() {
            let why = if self.deadline.is_stopping() {
                "the tick was asked to stop"
            } else {
                "the tick's time (AFK_TICK_MAX_SECONDS) is over"
            };
            return Err(ServiceError::new(
                "afk",
                step.to_string(),
                FailureKind::OutOfTime,
                why,
            ));
        }
        tracing::info!(repo, "{step}");
        match step {
            Step::CreateProject {
                project,
                title,
                workspace_root,
            } => self.executor.create_project(&NewProject {
                command: CommandId(self.ids.fresh()),
                id: *project,
                title: title.clone(),
                workspace_root: workspace_root.clone(),
            }),
            Step::CreateThread {
                thread,
                project,
                title,
            } => self.executor.create_thread(&NewThread {
                command: CommandId(self.ids.fresh()),
                id: *thread,
                project: project.clone(),
                title: title.clone(),
            }),
            Step::StartTurn {
                thread,
                message,
                text,
            } => self.executor.start_turn(&NewTurn {
                command: thread.step(message.step),
                thread: *thread,
                message: message.clone(),
                text: text.clone(),
            }),
            Step::End {
                thread,
                step,
                title,
            } => self.executor.retitle(thread.step(*step), *thread, title),
            Step::AddLabel { issue, label } => {
                self.tracker.add_label(issue, label)
            }
        }
        .map(|()| Applied::Sent)
    }
}
