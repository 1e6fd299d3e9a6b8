//! The decision table of a run (SPEC 6): facts in, one action with its reason out.
//!
//! It reads nothing, sends nothing and remembers nothing: attempts, answered commits and times are our own messages in
//! T3, and `now` is an argument, so that a tick after a crash decides the same. It does not know how an action is
//! carried out, nor in which order; it only says which one, and why in a sentence for people.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::config::RunLimits;
use crate::domain::identity::{EndKind, MessageId};
use crate::domain::reason::ReasonCode;
use crate::domain::run::revocation::Revocation;
use crate::domain::verdict::ci::{CommitSha, Red, RedReason, Verdict};

/// How long an agent may wait for an answer before a person is called; nobody is at the keyboard to give one.
pub const WAITING_MAX: TimeDelta = TimeDelta::minutes(10);

/// How long a turn may take to start, or a thread may be in a state that we do not know: T3 may accept a turn and lose it.
pub const START_MAX: TimeDelta = TimeDelta::minutes(15);

/// What a run's thread is doing; without the evidence, which the table does not need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgentState {
    /// The turn is accepted and did not begin.
    Starting,
    /// The agent works.
    Running,
    /// The agent waits for an answer or an approval.
    Waiting,
    /// The turn finished, or the session was stopped without an error.
    Over,
    /// Error, interrupted, or failed to start.
    Failed,
    /// Silent past the stall limit, or an old turn on a recovered session.
    Dead,
    /// The thread is deleted, or a person archived it.
    Gone,
    /// Anything else.
    Unknown,
}

/// One corrective turn that we sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The commit that it asked to repair; `None` when the message no longer says: it counts as an attempt and answers nothing.
    pub red_commit: Option<CommitSha>,
    /// When.
    pub sent_at: DateTime<Utc>,
}

impl Correction {
    /// Reads one of our messages; `None` when it is the run's first message and not a corrective turn.
    #[must_use]
    pub fn of_message(message: &MessageId, sent_at: DateTime<Utc>) -> Option<Self> {
        let red_commit = message.red_commit.as_deref()?;
        Some(Self {
            red_commit: CommitSha::parse(red_commit),
            sent_at,
        })
    }
}

/// How far a run has come. Only a pushed commit has a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// No commit of the run is on the branch.
    Working,
    /// A commit is on the branch.
    Pushed {
        /// The watched commit.
        commit: CommitSha,
        /// What CI says about it.
        verdict: Verdict,
    },
}

/// Everything the table asks about one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFacts {
    /// What its thread is doing.
    pub agent: AgentState,
    /// When the thread last changed.
    pub changed_at: DateTime<Utc>,
    /// When the run's first message was sent; the run's age counts from here.
    pub started_at: DateTime<Utc>,
    /// The corrective turns that we sent, in any order.
    pub corrections: Vec<Correction>,
    /// Whether the authorisation was withdrawn.
    pub revocation: Revocation,
    /// Whether the kill switch is on: no turn may be sent.
    pub draining: bool,
    /// Whether a commit is on the branch, and what CI says about it.
    pub progress: Progress,
}

impl RunFacts {
    /// Returns how many corrective turns were sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        u32::try_from(self.corrections.len()).unwrap_or(u32::MAX)
    }

    /// Returns whether `commit` had its corrective turn.
    #[must_use]
    pub fn has_answered(&self, commit: &CommitSha) -> bool {
        self.corrections
            .iter()
            .any(|correction| correction.red_commit.as_ref() == Some(commit))
    }

    /// Returns when the fix-forward clock started: at `red_at`, when the failing check concluded, or at our first
    /// corrective message when that was earlier.
    #[must_use]
    pub fn first_red_at(&self, red_at: DateTime<Utc>) -> DateTime<Utc> {
        self.corrections
            .iter()
            .map(|correction| correction.sent_at)
            .fold(red_at, DateTime::min)
    }
}

/// What to do with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing that changes the run.
    Wait,
    /// Send a corrective turn for the red commit.
    FixForward,
    /// The commit is green: close the issue.
    CloseSuccess {
        /// Whether no bell rings, because a person withdrew the issue and expects nothing.
        quiet: bool,
    },
    /// Hand back a run without a commit on the branch.
    EscalatePrepush,
    /// Hand back a run with a red commit on the branch.
    FreezeEscalate,
    /// Stop the agent and release the run, without a bell.
    StandDown,
}

impl Action {
    /// Returns the word that reports carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::FixForward => "fix_forward",
            Self::CloseSuccess { .. } => "close_success",
            Self::EscalatePrepush => "escalate_prepush",
            Self::FreezeEscalate => "freeze_escalate",
            Self::StandDown => "stand_down",
        }
    }

    /// Returns the end that the title records; `None` when the run goes on.
    #[must_use]
    pub const fn end_kind(self) -> Option<EndKind> {
        match self {
            Self::Wait | Self::FixForward => None,
            Self::CloseSuccess { .. } => Some(EndKind::Done),
            Self::EscalatePrepush => Some(EndKind::NeedsHuman),
            Self::FreezeEscalate => Some(EndKind::Frozen),
            Self::StandDown => Some(EndKind::StoodDown),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A decision on a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What to do.
    pub action: Action,
    /// Why the run ends; `None` exactly when it goes on.
    pub reason: Option<ReasonCode>,
    /// Why, in one sentence for people.
    pub detail: String,
}

impl Decided {
    fn go_on(action: Action, detail: impl Into<String>) -> Self {
        Self {
            action,
            reason: None,
            detail: detail.into(),
        }
    }

    fn end(action: Action, reason: ReasonCode, detail: impl Into<String>) -> Self {
        Self {
            action,
            reason: Some(reason),
            detail: detail.into(),
        }
    }
}

/// Returns what to do with a run: the first row of the table that matches.
#[must_use]
pub fn next_action(facts: &RunFacts, limits: &RunLimits, now: DateTime<Utc>) -> Decided {
    match &facts.progress {
        Progress::Working => before_push(facts, limits, now),
        Progress::Pushed { commit, verdict } => match verdict {
            Verdict::Green => green(commit, facts, limits, now),
            // CI will not say anything about the commit, whatever the agent does.
            Verdict::Red(red) => match red.reason {
                RedReason::CiSilent => Decided::end(
                    Action::FreezeEscalate,
                    ReasonCode::CiSilent,
                    format!(
                        "The {} of commit {} did not start or end in time.",
                        red.stage.as_str(),
                        commit.short()
                    ),
                ),
                RedReason::CiSkipped => Decided::end(
                    Action::FreezeEscalate,
                    ReasonCode::CiSkipped,
                    format!(
                        "The message of commit {} asks CI to skip it, so nothing was checked.",
                        commit.short()
                    ),
                ),
                RedReason::Failed => red_commit(commit, red, facts, limits, now),
            },
            Verdict::Pending { stage, detail } => {
                let (stage, commit) = (stage.as_str(), commit.short());
                Decided::go_on(
                    Action::Wait,
                    format!("The {stage} of commit {commit} is not finished: {detail}."),
                )
            }
        },
    }
}

/// Returns whether a step that T3 refuses again and again is given up: without any effect although the run is older than
/// everything that could still be under way.
#[must_use]
pub fn step_given_up(run_age: TimeDelta, limits: &RunLimits) -> bool {
    let RunLimits {
        fix_forward_max_attempts: _,
        fix_forward_max,
        run_max,
        settle: _,
        ci_start_max,
        ci_max,
        ci_settle: _,
        max_tokens: _,
        resume_max: _,
        orphan: _,
    } = *limits;
    run_age > run_max + fix_forward_max + ci_start_max + ci_max
}

/// Returns what replaces a decision whose step is given up: an end stays what it is and goes on without its record in the
/// title, and a corrective turn becomes a hand-back.
#[must_use]
pub fn without_step(refused: Decided) -> Decided {
    match refused.action {
        Action::FixForward => Decided::end(
            Action::FreezeEscalate,
            ReasonCode::RunLimit,
            "The commit is red, and T3 refused the corrective turn for good.",
        ),
        Action::Wait
        | Action::CloseSuccess { .. }
        | Action::EscalatePrepush
        | Action::FreezeEscalate
        | Action::StandDown => refused,
    }
}

/// Returns whether an end rings no bell; for a tick that finds the end in the title and goes on.
#[must_use]
pub fn is_quiet(end: EndKind, revocation: &Revocation) -> bool {
    match end {
        EndKind::Done => revocation.is_revoked(),
        EndKind::StoodDown => true,
        EndKind::NeedsHuman | EndKind::Frozen => false,
    }
}

/// Whether the agent may still push, once a commit is on the branch.
fn is_running(facts: &RunFacts, now: DateTime<Utc>) -> bool {
    match facts.agent {
        AgentState::Starting | AgentState::Running => true,
        AgentState::Waiting => unchanged(facts, now) < WAITING_MAX,
        AgentState::Over
        | AgentState::Failed
        | AgentState::Dead
        | AgentState::Gone
        | AgentState::Unknown => false,
    }
}

fn unchanged(facts: &RunFacts, now: DateTime<Utc>) -> TimeDelta {
    now - facts.changed_at
}

fn green(commit: &CommitSha, facts: &RunFacts, limits: &RunLimits, now: DateTime<Utc>) -> Decided {
    let commit = commit.short();
    if is_running(facts, now) && now - facts.started_at < limits.run_max {
        return Decided::go_on(
            Action::Wait,
            format!("Commit {commit} is green and the agent is still at work; it may push more."),
        );
    }
    let quiet = facts.revocation.is_revoked();
    Decided::end(
        Action::CloseSuccess { quiet },
        ReasonCode::Landed,
        format!("Commit {commit} is green."),
    )
}

fn red_commit(
    commit: &CommitSha,
    red: &Red,
    facts: &RunFacts,
    limits: &RunLimits,
    now: DateTime<Utc>,
) -> Decided {
    let commit_name = commit.short();
    let red_since = now - facts.first_red_at(red.at);
    let attempts = facts.attempts();
    let freeze = |code, detail| Decided::end(Action::FreezeEscalate, code, detail);
    if red_since >= limits.fix_forward_max {
        freeze(
            ReasonCode::BudgetExhausted,
            format!(
                "Commit {commit_name} is red, and the time for repairs ({}) is used up.",
                in_words(limits.fix_forward_max)
            ),
        )
    } else if is_running(facts, now) {
        Decided::go_on(
            Action::Wait,
            format!("Commit {commit_name} is red and the agent is still at work."),
        )
    } else if let Some(who_and_what) = facts.revocation.in_words() {
        freeze(
            ReasonCode::RevokedRed,
            format!("Commit {commit_name} is red, and {who_and_what}."),
        )
    } else if facts.has_answered(commit) {
        freeze(
            ReasonCode::NoNewCommit,
            format!(
                "Commit {commit_name} is red; the agent had a corrective turn for it and pushed nothing."
            ),
        )
    } else if attempts >= limits.fix_forward_max_attempts {
        freeze(
            ReasonCode::BudgetExhausted,
            match limits.fix_forward_max_attempts {
                0 => format!("Commit {commit_name} is red, and corrective turns are switched off."),
                1 => format!(
                    "Commit {commit_name} is red, and the only attempt to repair is used up."
                ),
                max => format!(
                    "Commit {commit_name} is red, and all {max} attempts to repair are used up."
                ),
            },
        )
    } else if facts.draining {
        Decided::go_on(
            Action::Wait,
            format!(
                "Commit {commit_name} is red; the kill switch is on, so no corrective turn is sent."
            ),
        )
    } else {
        Decided::go_on(
            Action::FixForward,
            format!(
                "Commit {commit_name} is red: corrective turn {} of {}.",
                attempts + 1,
                limits.fix_forward_max_attempts
            ),
        )
    }
}

fn before_push(facts: &RunFacts, limits: &RunLimits, now: DateTime<Utc>) -> Decided {
    let hand_back = |code, detail: String| Decided::end(Action::EscalatePrepush, code, detail);
    let unchanged = unchanged(facts, now);
    let is_over_age = now - facts.started_at >= limits.run_max;
    if let Some(who_and_what) = facts.revocation.in_words() {
        return Decided::end(
            Action::StandDown,
            ReasonCode::Revoked,
            format!("Stopped before anything was pushed, because {who_and_what}."),
        );
    }
    let over_age = || {
        hand_back(
            ReasonCode::RunLimit,
            format!(
                "The run reached its limit of {} without a commit on the branch.",
                in_words(limits.run_max)
            ),
        )
    };
    let wait = |detail: &str| Decided::go_on(Action::Wait, detail);
    // What ended may have pushed a moment ago: commit lists lag a push.
    let ended = |code, detail: &str| {
        if unchanged >= limits.settle {
            hand_back(code, format!("{detail}, and no commit is on the branch."))
        } else {
            wait(&format!("{detail}; its push may not show yet."))
        }
    };
    match facts.agent {
        AgentState::Over => ended(ReasonCode::NoPush, "The agent finished"),
        AgentState::Failed => ended(ReasonCode::AgentFailed, "The agent failed"),
        AgentState::Dead => ended(ReasonCode::AgentStalled, "The agent went silent"),
        AgentState::Gone => ended(ReasonCode::AgentLost, "The agent's thread is gone"),
        AgentState::Waiting if unchanged >= WAITING_MAX => hand_back(
            ReasonCode::AgentWaiting,
            format!(
                "The agent has waited {} for an answer that nobody is there to give.",
                in_words(unchanged)
            ),
        ),
        AgentState::Starting if unchanged >= START_MAX => hand_back(
            ReasonCode::AgentLost,
            format!("The agent did not start within {}.", in_words(unchanged)),
        ),
        AgentState::Unknown if unchanged >= START_MAX => hand_back(
            ReasonCode::AgentLost,
            format!(
                "What the agent does has not been known for {}.",
                in_words(unchanged)
            ),
        ),
        AgentState::Starting | AgentState::Running | AgentState::Waiting if is_over_age => {
            over_age()
        }
        AgentState::Starting => wait("The agent is starting."),
        AgentState::Running => wait("The agent is at work."),
        AgentState::Waiting => wait("The agent waits for an answer."),
        AgentState::Unknown => wait("What the agent does is not known."),
    }
}

/// Writes a duration for people: its two largest units.
fn in_words(duration: TimeDelta) -> String {
    let (hours, minutes, seconds) = (
        duration.num_hours(),
        duration.num_minutes() % 60,
        duration.num_seconds() % 60,
    );
    match (hours, minutes, seconds) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests;
