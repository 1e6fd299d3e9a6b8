//! The port to what runs agents.
//!
//! Speaks domain types only. It is a command log: a thread can be created once, ever, and a command id takes
//! effect once, ever. Accepted is not proof: callers read back who won.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::identity::{CommandId, MessageId, ProjectId, ThreadId, Title};
use crate::domain::run::thread_state::{ThreadFacts, ThreadReading, thread_state};
use crate::service_error::ServiceError;

mod snapshot_size;
pub mod t3;

pub use self::snapshot_size::{SnapshotDays, SnapshotSize};

/// Everything of ours that the executor knows, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Projects that are not deleted.
    pub projects: Vec<Project>,
    /// Threads by id.
    pub threads: BTreeMap<ThreadId, Thread>,
    /// Whether released threads are missing, because the server's light reading leaves them out.
    pub live_only: bool,
    /// How large the answer was, in bytes; 0 for a light reading.
    pub bytes: u64,
    /// Its bytes by the days of its threads; empty for a light reading.
    pub days: SnapshotDays,
}

/// From this size on, in bytes, a snapshot is a matter for a person.
const LARGE_SNAPSHOT_BYTES: u64 = 64 * 1024 * 1024;

impl Fleet {
    /// Returns how large the snapshot is and how it grew; `None` when none was read.
    #[must_use]
    pub fn snapshot_size(&self, now: DateTime<Utc>) -> Option<SnapshotSize> {
        (self.bytes > 0).then(|| self.days.size(self.bytes, now))
    }

    /// Returns what to tell a person of a snapshot that has grown large.
    #[must_use]
    pub fn size_warning(&self) -> Option<String> {
        let mebibytes = self.bytes / (1024 * 1024);
        (self.bytes >= LARGE_SNAPSHOT_BYTES).then(|| {
            format!(
                "the snapshot has {mebibytes} MiB and only grows: give T3 a new base directory while no run is under way, \
                 or use a newer T3, whose lighter readings need none of it"
            )
        })
    }
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id, which may be somebody else's text.
    pub id: String,
    /// Its title: `owner/name` at the time of creation, when it is ours and nobody changed it.
    pub title: String,
    /// Directory that its agents work in.
    pub workspace_root: String,
}

/// A thread, as far as the ticks ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Its id.
    pub id: ThreadId,
    /// Id of its project.
    pub project: String,
    /// Its title, as people may have changed it.
    pub title: String,
    /// Whether a person or we archived it.
    pub archived: bool,
    /// Whether it was deleted.
    pub deleted: bool,
    /// Our messages in it, in the order of their steps.
    pub messages: Vec<MessageId>,
    /// Whether the answer at hand would have shown messages. When it would not, ask for the thread by itself.
    pub messages_told: bool,
    /// What its state depends on.
    pub facts: ThreadFacts,
}

impl Thread {
    /// Returns whether the slot is released: archived or deleted, by us or by a person.
    #[must_use]
    pub const fn is_released(&self) -> bool {
        self.archived || self.deleted
    }

    /// Returns whether it may be under way and the answer at hand does not tell: it has to be asked for by itself.
    #[must_use]
    pub const fn is_untold(&self) -> bool {
        !self.is_released() && !self.messages_told
    }

    /// Judges what the thread is doing. Where [`Thread::messages_told`] is false, ask for the thread by itself first:
    /// a light list can not tell a turn from the one before.
    #[must_use]
    pub fn reading(&self, now: DateTime<Utc>, stall_limit: TimeDelta) -> ThreadReading {
        thread_state(&self.facts, now, stall_limit)
    }

    /// Returns the title, when it is still one of ours.
    #[must_use]
    pub fn parsed_title(&self) -> Option<Title> {
        Title::parse(&self.title)
    }

    /// Returns whether its title, while it is one of ours, tells an end.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.parsed_title()
            .is_some_and(|title| title.ending.is_some())
    }
}

/// A new project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProject {
    /// Fresh id of the command: the project id guards it.
    pub command: CommandId,
    /// `P(R)`.
    pub id: ProjectId,
    /// `owner/name`.
    pub title: String,
    /// Directory, created when missing.
    pub workspace_root: String,
}

/// A new thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewThread {
    /// Fresh id of the command: the thread id guards it.
    pub command: CommandId,
    /// `T(R, n)`.
    pub id: ThreadId,
    /// Id of an existing project.
    pub project: String,
    /// The title, which binds the slot.
    pub title: Title,
}

/// A turn to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTurn {
    /// `C(T, k)`.
    pub command: CommandId,
    /// The thread.
    pub thread: ThreadId,
    /// `M(T, k)`.
    pub message: MessageId,
    /// What the agent is told.
    pub text: String,
    /// The thread's present runtime mode, which a person may have changed; `None` for a thread that was just created. Some
    /// servers set the mode that a turn names.
    pub runtime_mode: Option<String>,
}

/// A server that runs agents, as the ticks see it.
pub trait Executor: Sync {
    /// Reads all live threads, in the cheapest way that the server has. [`Fleet::live_only`] tells whether
    /// released ones are in it too.
    ///
    /// # Errors
    ///
    /// Any: then nothing else may be done in this tick.
    fn live_fleet(&self) -> Result<Fleet, ServiceError>;

    /// Reads all live threads, where the server has a reading for that which costs little; `None` where it has none, and
    /// [`Executor::live_fleet`] takes as long as the whole. It is the server's first answer: whoever has it knows that the server
    /// is there.
    ///
    /// # Errors
    ///
    /// As [`Executor::live_fleet`].
    fn light_fleet(&self) -> Result<Option<Fleet>, ServiceError> {
        self.live_fleet().map(Some)
    }

    /// Reads every thread there ever was.
    ///
    /// # Errors
    ///
    /// As [`Executor::live_fleet`].
    fn whole_fleet(&self) -> Result<Fleet, ServiceError>;

    /// Reads one thread back; `None` when it does not exist, or is released and the server hides such threads.
    ///
    /// # Errors
    ///
    /// Any: then nobody knows.
    fn thread(&self, id: ThreadId) -> Result<Option<Thread>, ServiceError>;

    /// Reads several threads back, in as few requests as the server allows: what was done to all of them can be seen in one
    /// reading. One result per id, in their order.
    ///
    /// # Errors
    ///
    /// Per thread, as [`Executor::thread`].
    fn threads(&self, ids: &[ThreadId]) -> Vec<Result<Option<Thread>, ServiceError>> {
        ids.iter().map(|id| self.thread(*id)).collect()
    }

    /// Creates a project.
    ///
    /// # Errors
    ///
    /// [`crate::service_error::FailureKind::Refused`] also when it exists already.
    fn create_project(&self, project: &NewProject) -> Result<(), ServiceError>;

    /// Creates a thread.
    ///
    /// # Errors
    ///
    /// [`crate::service_error::FailureKind::Refused`] also when it exists already.
    fn create_thread(&self, thread: &NewThread) -> Result<(), ServiceError>;

    /// Starts a turn. Success says that the command was recorded, or that another command took its id before.
    ///
    /// # Errors
    ///
    /// Any; the turn may have started all the same when no answer came.
    fn start_turn(&self, turn: &NewTurn) -> Result<(), ServiceError>;

    /// Changes a thread's title under a step id. Success says that the command was recorded, or that another
    /// command took its id before.
    ///
    /// # Errors
    ///
    /// Any; the title may have changed all the same when no answer came.
    fn retitle(
        &self,
        command: CommandId,
        thread: ThreadId,
        title: &Title,
    ) -> Result<(), ServiceError>;

    /// Returns the id of the server's environment, which links for people name.
    ///
    /// # Errors
    ///
    /// Any: links can not be made, runs can still be driven.
    fn environment_id(&self) -> Result<String, ServiceError>;

    /// Asks for an interrupt of the running turn, under a fresh id. Name the active turn where it is known. Nothing
    /// happens to a thread that is idle or has no session.
    ///
    /// # Errors
    ///
    /// Any; the turn may be interrupted all the same when no answer came.
    fn interrupt(
        &self,
        command: CommandId,
        thread: ThreadId,
        turn: Option<&str>,
    ) -> Result<(), ServiceError>;

    /// Asks for the end of the thread's agent, under a fresh id. Success says that the command was recorded: wait until
    /// the session shows "stopped". Harmless on a thread that is stopped or was never started.
    ///
    /// # Errors
    ///
    /// Any; the session may stop all the same when no answer came.
    fn stop_session(&self, command: CommandId, thread: ThreadId) -> Result<(), ServiceError>;

    /// Archives a thread under a fresh id, which releases its slot. Succeeds also when it is released already, whoever
    /// did it. Does not end its agent.
    ///
    /// # Errors
    ///
    /// Any, after reading back that the thread is still there.
    fn archive(&self, command: CommandId, thread: ThreadId) -> Result<(), ServiceError>;

    /// Takes a thread out of the archive, under a fresh id: on an archived thread, interrupt and stop are accepted and do
    /// nothing. Its agent, if it has one, goes on as before.
    ///
    /// # Errors
    ///
    /// Any; [`crate::service_error::FailureKind::Refused`] also when it is not archived.
    fn unarchive(&self, command: CommandId, thread: ThreadId) -> Result<(), ServiceError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_snapshot_is_told_from_64_mebibytes_on() {
        let of = |bytes| {
            let fleet = Fleet {
                bytes,
                ..Fleet::default()
            };
            fleet.size_warning()
        };
        assert_eq!(of(0), None);
        assert_eq!(of(LARGE_SNAPSHOT_BYTES - 1), None);
        let told = of(LARGE_SNAPSHOT_BYTES).unwrap();
        assert!(told.starts_with("the snapshot has 64 MiB"), "{told}");
    }
}
