//! One execution of one binary, and the one function that applies a step.
//!
//! A tick reads the world, lets pure code decide, and acts through [`Hands`]. It keeps nothing between two runs.

use std::collections::BTreeSet;

use crate::clock::{Deadline, IdSource};
use crate::domain::identity::CommandId;
use crate::domain::repository::{IssueNumber, IssueRef, RepoRef};
use crate::domain::step::Step;
use crate::domain::told::notification::Notification;
use crate::executor::{Executor, Fleet, NewProject, NewThread, NewTurn};
use crate::notifier::Sink;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Tracker;

mod decisions;
pub mod digest;
pub mod explanation;
pub mod poll;
pub mod report;
mod slots;
pub mod status;

pub mod watch;
mod work_list;

pub use self::report::{
    Decision, Dispatched, Failure, IssueReport, NoteCount, Outcome, RepositoryReport, RunDecision,
    RunReport, TickKind, TickReport,
};

/// Acts of different runs in T3, and bells, that may be under way at once. Forges are written to by one act at a time, and acts
/// of one run are serial.
const ACTS_AT_ONCE: usize = 4;

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

    /// Says that no issue of a repository is ready, of those that the tick may look at.
    fn none_is_ready(&self, repo: &RepoRef) -> String {
        let of_repo = self.issues.iter().filter(|issue| issue.repo == *repo);
        let named: Vec<String> = of_repo.map(|issue| format!("#{}", issue.number)).collect();
        match &named[..] {
            [] => "no issue is ready".to_owned(),
            [one] => format!("{one} is not ready"),
            many => format!("{} are not ready", many.join(" and ")),
        }
    }

    /// Returns the enrolled repositories that the tick may look at.
    pub fn among<'r>(&'r self, enrolled: &'r [RepoRef]) -> impl Iterator<Item = &'r RepoRef> {
        enrolled.iter().filter(|repo| self.includes(repo))
    }

    /// Returns the repositories that the command line names and that are not enrolled, each once.
    #[must_use]
    pub fn strangers(&self, enrolled: &[RepoRef]) -> BTreeSet<&RepoRef> {
        self.repos
            .iter()
            .chain(self.issues.iter().map(|issue| &issue.repo))
            .filter(|repo| !enrolled.contains(repo))
            .collect()
    }
}

/// How a tick is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Whether acts are only named.
    pub dry_run: bool,
    /// Whether the report keeps what each decision was made from.
    pub keeps_facts: bool,
}

impl Manner {
    /// Nothing is done, and nothing is kept.
    pub const LOOKING: Self = Self {
        dry_run: true,
        keeps_facts: false,
    };
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
    /// Whether the report keeps what each decision was made from.
    pub keeps_facts: bool,
    /// Reads that the tick has under way at once, and the most acts of different runs: 1 makes the tick serial.
    pub parallel: usize,
}

impl Hands<'_> {
    /// Applies one step. Never retries: the caller reads back and decides.
    ///
    /// # Errors
    ///
    /// [`FailureKind::OutOfTime`] when the tick may start no other act; otherwise what the service said. The step may have
    /// taken effect all the same.
    pub fn apply(&self, repo: &RepoRef, step: &Step) -> Result<Applied, ServiceError> {
        self.may_act(&step.to_string())?;
        self.note(repo, step)
    }

    /// Applies the step that notes what was just done. It belongs to the act in hand: a tick that is asked to stop in between
    /// still takes it, or the same bell would ring again.
    ///
    /// # Errors
    ///
    /// As [`Hands::apply`].
    pub fn note(&self, repo: &RepoRef, step: &Step) -> Result<Applied, ServiceError> {
        if self.dry_run {
            tracing::info!(%repo, "would {step}");
            return Ok(Applied::Named);
        }
        tracing::info!(%repo, "{step}");
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
                runtime_mode,
            } => self.executor.start_turn(&NewTurn {
                command: thread.step(message.step),
                thread: *thread,
                message: message.clone(),
                text: text.clone(),
                runtime_mode: runtime_mode.clone(),
            }),
            Step::End {
                thread,
                step,
                title,
            } => self.executor.retitle(thread.step(*step), *thread, title),
            Step::NoteRung { thread, title } => {
                self.executor
                    .retitle(CommandId(self.ids.fresh()), *thread, title)
            }
            Step::Interrupt { thread, turn } => {
                self.executor
                    .interrupt(CommandId(self.ids.fresh()), *thread, turn.as_deref())
            }
            Step::StopSession { thread } => self
                .executor
                .stop_session(CommandId(self.ids.fresh()), *thread),
            Step::Unarchive { thread } => self
                .executor
                .unarchive(CommandId(self.ids.fresh()), *thread),
            Step::Archive { thread } => self.executor.archive(CommandId(self.ids.fresh()), *thread),
            Step::CreateComment { issue, body } => {
                self.tracker.create_comment(issue, body).map(drop)
            }
            Step::EditComment {
                issue,
                comment,
                body,
            } => self.tracker.edit_comment(issue, comment, body),
            Step::DeleteComment { issue, comment } => self.tracker.delete_comment(issue, comment),
            Step::CloseIssue { issue } => self.tracker.close_issue(issue),
            Step::ReopenIssue { issue } => self.tracker.reopen_issue(issue),
            Step::AddLabel { issue, label } => self.tracker.add_label(issue, label),
            Step::RemoveLabel { issue, label } => self.tracker.remove_label(issue, label),
        }
        .map(|()| Applied::Sent)
    }
}

impl Hands<'_> {
    /// Rings one sink.
    ///
    /// # Errors
    ///
    /// As [`Hands::apply`].
    pub fn ring(
        &self,
        repo: &RepoRef,
        sink: &dyn Sink,
        notification: &Notification,
    ) -> Result<Applied, ServiceError> {
        let name = sink.name();
        let title = notification.title();
        if self.dry_run {
            tracing::info!(%repo, sink = name, "would ring: {title}");
            return Ok(Applied::Named);
        }
        self.may_act(&format!("ring {name}"))?;
        tracing::info!(%repo, sink = name, "ring: {title}");
        sink.ring(notification).map(|()| Applied::Sent)
    }

    /// Returns what goes before a verb in the past: a dry run did nothing.
    fn would_have(&self) -> &'static str {
        if self.dry_run { "would have " } else { "" }
    }

    /// Refuses when the tick may start no other act. Naming acts is none.
    fn may_act(&self, what: &str) -> Result<(), ServiceError> {
        if self.dry_run || self.deadline.allows_more() {
            return Ok(());
        }
        let why = if self.deadline.is_stopping() {
            "the tick was asked to stop"
        } else {
            "the tick's time (AFK_TICK_MAX_SECONDS) is over"
        };
        Err(ServiceError::new("afk", what, FailureKind::OutOfTime, why))
    }
}

/// Notes that nothing could be done at all.
fn could_not_start(report: &mut TickReport, repos: &[RepoRef], error: &ServiceError) {
    tracing::error!("nothing was done: {}", error.for_operators());
    report.could_not_start = true;
    report.t3_is_unread = true;
    report.failures.push(Failure::new(None, error));
    for repo in repos {
        report.repositories.push(RepositoryReport {
            repository: repo.clone(),
            outcome: Outcome::Unfinished,
            detail: "nothing was done, because T3 could not be read".to_owned(),
            issues: Vec::new(),
        });
    }
}

/// Says that no forge in use could be read, so that nothing was done. Each repository's failure is in the report.
fn no_forge_answered(error: &ServiceError) {
    tracing::error!(
        "nothing was done: no forge in use could be read: {}",
        error.for_operators()
    );
}

/// Notes that T3's snapshot has grown so large that a person should know.
fn warn_of_size(report: &mut TickReport, fleet: &Fleet) {
    if let Some(what) = fleet.size_warning() {
        report.warn(Failure::warning(None, "t3", "read the snapshot", what));
    }
}

/// Notes that a repository could not be read.
fn fail(report: &mut TickReport, repo: &RepoRef, error: &ServiceError) {
    let outcome = if error.kind == FailureKind::OutOfTime {
        Outcome::Unfinished
    } else {
        tracing::warn!(repo = %repo, "{}", error.for_operators());
        Outcome::Failed
    };
    report.failures.push(Failure::new(Some(repo), error));
    report.repositories.push(RepositoryReport {
        repository: repo.clone(),
        outcome,
        detail: error.to_string(),
        issues: Vec::new(),
    });
}

/// Whether a failed act certainly had no effect, so that there is nothing to read back.
fn nothing_was_sent(error: &ServiceError) -> bool {
    matches!(
        error.kind,
        FailureKind::OutOfTime | FailureKind::SecretUnreadable
    )
}
