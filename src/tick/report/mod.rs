//! What one tick found and did (SPEC 9): the JSON document, and the same in words.
//!
//! Reports are data: ticks fill them in, and nothing here decides or acts.

mod failure;
mod metrics;
mod text;

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

pub use self::failure::Failure;
pub use self::metrics::{digest_metrics, metrics, metrics_of_stopped};
pub(super) use self::text::count;
use crate::domain::identity::{Slot, ThreadId};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::run::basis::RunBasis;
pub use crate::domain::start::basis::Decision;
use crate::domain::start::basis::StartBasis;
use crate::domain::verdict::ci::CommitSha;
use crate::exit_code::ExitCode;
use crate::tracker::Points;

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
    pub runs: Vec<RunReport>,
    /// Notes on refused issues.
    pub refusal_notes: NoteCount,
    /// Everything that went wrong.
    pub failures: Vec<Failure>,
    /// What did not fail and needs a person. Has no influence on the exit status.
    pub warnings: Vec<Failure>,
    /// Requests that were sent, by service.
    pub requests: BTreeMap<&'static str, u64>,
    /// What was spent of the forges' rate limits, and what is left, per token and budget.
    pub points: Vec<Points>,
    /// Whether a gate kept the tick from doing anything. Not part of the document: a draining watch is not armed, and works.
    #[serde(skip)]
    pub idle: bool,
    /// Whether the tick could do nothing at all. Not part of the document: the exit status tells.
    #[serde(skip)]
    pub could_not_start: bool,
    /// Whether T3 could not be read, without which nothing is known. Not part of the document.
    #[serde(skip)]
    pub t3_is_unread: bool,
}

/// How many notes on refused issues a tick wrote, changed and took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NoteCount {
    /// New ones.
    pub written: usize,
    /// Those whose text was not right any more.
    pub edited: usize,
    /// Those whose issue was started, or is not ready any more.
    pub removed: usize,
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
    pub(in crate::tick) const fn as_str(self) -> &'static str {
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
    /// When the newest labelling was made, as far as the bulk read tells. Not part of the document: figures tell ages.
    #[serde(skip)]
    pub labelled_at: Option<DateTime<Utc>>,
    /// Whether a run of it holds the repository. It waits for nothing then. Not part of the document: the run is told of itself.
    #[serde(skip)]
    pub has_run: bool,
    /// What it was decided from, where that is kept. Not part of the document: a record of decisions tells.
    #[serde(skip)]
    pub basis: Option<Box<StartBasis>>,
}

fn number<S: Serializer>(issue: &IssueNumber, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(issue.0)
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

/// What was seen of a run, and what was done about it.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// The repository.
    #[serde(serialize_with = "display")]
    pub repository: RepoRef,
    /// The bound issue; 0 when nobody knows any more.
    #[serde(serialize_with = "number")]
    pub issue: IssueNumber,
    /// Its thread; `null` for a stray.
    #[serde(serialize_with = "display_option")]
    pub thread: Option<ThreadId>,
    /// Its slot; `null` for a stray.
    #[serde(serialize_with = "slot_option")]
    pub slot: Option<Slot>,
    /// What was done: an action of the decision table, or `finish` for an end that went on.
    pub action: &'static str,
    /// What the thread is doing: a thread state, `paused`, `allocated`, `ended`, or `stray`.
    pub state: String,
    /// The watched commit.
    #[serde(serialize_with = "display_option")]
    pub commit: Option<CommitSha>,
    /// `pending`, `green` or `red`; `null` without a commit.
    pub verdict: Option<&'static str>,
    /// Why a run ends; `null` while it goes on.
    pub reason: Option<ReasonCode>,
    /// Tokens that T3 reports for the run; `unknown` when it reports none, which is not zero.
    #[serde(serialize_with = "tokens")]
    pub tokens: Option<u64>,
    /// One sentence.
    pub detail: String,
    /// When the run began; `None` for a stray. Not part of the document: figures tell ages.
    #[serde(skip)]
    pub started_at: Option<DateTime<Utc>>,
    /// What it was decided from, where that is kept. Not part of the document: a record of decisions tells.
    #[serde(skip)]
    pub basis: Option<Box<RunDecision>>,
}

/// A decision on a run, and what it was made from.
#[derive(Clone, Debug)]
pub struct RunDecision {
    /// What was decided. What came of it is in the line of the report.
    pub action: &'static str,
    /// Why the run ends.
    pub reason: Option<ReasonCode>,
    /// What it was decided from.
    pub basis: RunBasis,
}

fn tokens<S: Serializer>(tokens: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    match tokens {
        Some(tokens) => serializer.serialize_u64(*tokens),
        None => serializer.serialize_str("unknown"),
    }
}

fn slot_option<S: Serializer>(slot: &Option<Slot>, serializer: S) -> Result<S::Ok, S::Error> {
    match slot {
        Some(slot) => serializer.serialize_u32(slot.0),
        None => serializer.serialize_none(),
    }
}

fn slot<S: Serializer>(slot: &Slot, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(slot.0)
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
            refusal_notes: NoteCount::default(),
            failures: Vec::new(),
            warnings: Vec::new(),
            points: Vec::new(),
            requests: BTreeMap::new(),
            idle: false,
            could_not_start: false,
            t3_is_unread: false,
        }
    }

    /// Builds the report of a tick that a gate kept from doing anything.
    #[must_use]
    pub fn disarmed(tick: TickKind, at: DateTime<Utc>, dry_run: bool, why: String) -> Self {
        Self {
            armed: false,
            idle: true,
            detail: Some(why),
            ..Self::new(tick, at, dry_run)
        }
    }

    /// Notes what did not fail and needs a person, once.
    pub fn warn(&mut self, warning: Failure) {
        if !self.warnings.contains(&warning) {
            tracing::warn!(
                service = warning.service,
                "{}: {}",
                warning.call,
                warning.error
            );
            self.warnings.push(warning);
        }
    }

    /// Adds what a part of the tick found and did. Whose part it is, and when it was, is not told twice.
    pub(in crate::tick) fn append(&mut self, part: Self) {
        let Self {
            repositories,
            dispatched,
            runs,
            refusal_notes,
            failures,
            warnings,
            version: _,
            tick: _,
            started_at: _,
            finished_at: _,
            armed: _,
            dry_run: _,
            detail: _,
            points: _,
            requests: _,
            idle: _,
            could_not_start: _,
            t3_is_unread: _,
        } = part;
        self.repositories.extend(repositories);
        self.dispatched.extend(dispatched);
        self.runs.extend(runs);
        self.refusal_notes.written += refusal_notes.written;
        self.refusal_notes.edited += refusal_notes.edited;
        self.refusal_notes.removed += refusal_notes.removed;
        self.failures.extend(failures);
        for warning in warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }

    /// Returns the exit status that tells of this tick.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::of(self.could_not_start, !self.failures.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::repository::ForgeKind;

    #[test]
    fn warnings_are_told_once_and_are_no_failure() {
        let mut report = TickReport::new(TickKind::Poll, DateTime::UNIX_EPOCH, false);
        let repo = RepoRef::parse("octo-org/widgets", ForgeKind::GitHub).unwrap();
        for repository in [Some(&repo), Some(&repo), None] {
            report.warn(Failure::warning(
                repository,
                "t3",
                "read the slots",
                "run 2 is missing",
            ));
        }
        assert_eq!(report.warnings.len(), 2);
        assert_eq!(report.exit_code(), ExitCode::Done);
        let text = report.to_string();
        let line = "  warning: github:octo-org/widgets: t3: read the slots: run 2 is missing\n";
        assert_eq!(text.matches(line).count(), 1, "{text}");
        assert!(
            text.contains("  warning: t3: read the slots: run 2 is missing\n"),
            "{text}"
        );
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(
            json["warnings"][0],
            serde_json::json!({"repository": "github:octo-org/widgets", "service": "t3",
                "call": "read the slots", "error": "run 2 is missing"})
        );
        assert_eq!(json["failures"], serde_json::json!([]));
    }
}
