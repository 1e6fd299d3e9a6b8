//! What a thread is doing, in the words of the decision table and of people.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::facts::WaitsFor;
use crate::domain::run::provider_failure::Stop;

/// What a thread is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThreadState {
    /// A turn is asked for, or will be; no agent has taken it up.
    Starting,
    /// An agent works.
    Running,
    /// An agent waits for a person.
    Waiting {
        /// What for.
        on: WaitsFor,
    },
    /// The turn is finished, or the session was stopped. Not a word about the work.
    Over,
    /// The turn did not start, or ended badly.
    Failed {
        /// How.
        why: Failure,
    },
    /// A turn that nobody works on any more, although nothing says so.
    Dead {
        /// How that shows.
        why: Death,
    },
    /// The thread is archived or deleted.
    Gone,
    /// Nothing that is known. Wait, but not for ever.
    Unknown {
        /// What was seen.
        what: String,
    },
}

/// How a turn failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It was accepted and never started; what the server says about it.
    NotStarted(String),
    /// It ended with an error; what the server says about it, which may be nothing.
    Error(String),
    /// Somebody interrupted it.
    Interrupted,
}

/// How a dead turn shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Nothing moved for the stall limit.
    Silent,
    /// The server restarted and recovered the session without the turn.
    SessionRecovered,
    /// Its question outlived the agent that asked: the answer was refused.
    QuestionStale,
}

/// Whether an agent may be at work, by the session alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionSign {
    /// There is no session.
    Absent,
    /// The session was stopped.
    Stopped,
    /// The session waits for a turn. After a stop that was asked for, servers show this first, while a tool may still run.
    Idle,
    /// The session has a turn, is about to, or says something unknown.
    Running,
}

/// A thread, judged at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadReading {
    /// What it is doing.
    pub state: ThreadState,
    /// When it last changed: never later than the moment of judging, and not moved by a new title where the
    /// thread lists what happened in it.
    pub changed_at: DateTime<Utc>,
    /// How long ago that was.
    pub quiet_for: TimeDelta,
    /// What the session says, whatever the state.
    pub session: SessionSign,
    /// Whether something of the agent runs although no turn does. To stop such a session holds up the whole server until
    /// that has ended by itself.
    pub background: bool,
    /// What stopped the run, when that was its provider or a restart of the server.
    pub stop: Option<Stop>,
    /// When the agent was last seen, if its server was restarted under it: its process may live on.
    pub restarted_under_it: Option<DateTime<Utc>>,
}

impl ThreadState {
    /// Returns whether the decision table calls this "running": starting, running or waiting.
    #[must_use]
    pub const fn is_running_class(&self) -> bool {
        match self {
            Self::Starting | Self::Running | Self::Waiting { .. } => true,
            Self::Over
            | Self::Failed { .. }
            | Self::Dead { .. }
            | Self::Gone
            | Self::Unknown { .. } => false,
        }
    }

    /// Returns the word in reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Waiting { .. } => "waiting",
            Self::Over => "over",
            Self::Failed { .. } => "failed",
            Self::Dead { .. } => "dead",
            Self::Gone => "gone",
            Self::Unknown { .. } => "unknown",
        }
    }
}

impl fmt::Display for ThreadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            Self::Starting | Self::Running | Self::Over | Self::Gone => Ok(()),
            Self::Waiting {
                on: WaitsFor::Answer,
            } => f.write_str(" for an answer"),
            Self::Waiting {
                on: WaitsFor::Approval,
            } => f.write_str(" for an approval"),
            Self::Failed { why } => write!(f, ": {why}"),
            Self::Dead { why } => write!(f, ": {why}"),
            Self::Unknown { what } => write!(f, ": {what}"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(detail) => write!(f, "the turn did not start: {detail}"),
            Self::Error(detail) if detail.is_empty() => f.write_str("the turn ended with an error"),
            Self::Error(detail) => {
                write!(f, "the turn ended with an error: {detail}")?;
                match explanation(detail) {
                    Some(explanation) => write!(f, " ({explanation})"),
                    None => Ok(()),
                }
            }
            Self::Interrupted => f.write_str("the turn was interrupted"),
        }
    }
}

/// Returns what an error of T3 means where its words mislead: a missing program and a missing workspace directory look the
/// same, and T3 does not make the directory again.
#[must_use]
pub fn explanation(error: &str) -> Option<&'static str> {
    error.contains("native binary not found").then_some(
        "the workspace directory is missing on T3's host, or the agent's program is; T3 makes neither again",
    )
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silent => "nothing moved for the stall limit",
            Self::SessionRecovered => "the server restarted under the turn",
            Self::QuestionStale => "its question outlived the agent that asked",
        })
    }
}

impl ThreadReading {
    /// Returns whether the session looks as if an agent is at work. Only [`SessionSign::Stopped`] and
    /// [`SessionSign::Absent`] prove that none is left after a stop.
    #[must_use]
    pub const fn shows_running_session(&self) -> bool {
        match self.session {
            SessionSign::Running => true,
            SessionSign::Absent | SessionSign::Stopped | SessionSign::Idle => false,
        }
    }

    /// Returns whether an agent may be alive, so that `AFK_HALT` has one to stop: silent for long, or in a way that is not known, too.
    /// Of a turn that its server lost nobody is left to be stopped.
    #[must_use]
    pub const fn may_be_alive(&self) -> bool {
        let works = match &self.state {
            ThreadState::Starting | ThreadState::Running | ThreadState::Waiting { .. } => true,
            ThreadState::Failed { .. } | ThreadState::Unknown { .. } => {
                self.shows_running_session()
            }
            ThreadState::Dead { why } => match why {
                Death::Silent => self.shows_running_session(),
                Death::SessionRecovered | Death::QuestionStale => false,
            },
            ThreadState::Over => false,
            ThreadState::Gone => return false,
        };
        works || self.background
    }

    /// Returns whether a session that says "running" counts as dead all the same (SPEC 4.3, w4): its server
    /// restarted, or nothing moved for twice the stall limit.
    #[must_use]
    pub fn dead_for_twice(&self, stall_limit: TimeDelta) -> bool {
        let restarted = match &self.state {
            ThreadState::Dead { why } => match why {
                Death::SessionRecovered | Death::QuestionStale => true,
                Death::Silent => false,
            },
            ThreadState::Starting
            | ThreadState::Running
            | ThreadState::Waiting { .. }
            | ThreadState::Over
            | ThreadState::Failed { .. }
            | ThreadState::Gone
            | ThreadState::Unknown { .. } => false,
        };
        let twice = stall_limit.checked_add(&stall_limit);
        restarted || twice.is_some_and(|twice| self.quiet_for >= twice)
    }

    /// Returns whether an agent may still be alive, so that its repository must not be released.
    #[must_use]
    pub fn may_hold_live_agent(&self, stall_limit: TimeDelta) -> bool {
        let may_work = self.shows_running_session() || self.background;
        may_work && !self.dead_for_twice(stall_limit)
    }

    /// Returns until when the agent of a server that was restarted may live on unseen, so that nothing may be released;
    /// `orphan` is how long that can be. `None` where no server was restarted.
    #[must_use]
    pub fn may_live_on_until(&self, orphan: TimeDelta) -> Option<DateTime<Utc>> {
        let latest = DateTime::<Utc>::MAX_UTC;
        self.restarted_under_it
            .map(|seen_at| seen_at.checked_add_signed(orphan).unwrap_or(latest))
    }
}
