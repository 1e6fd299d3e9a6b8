//! What a person is shown of the runs under way, beside the lines of the report (SPEC 9, `status`).
//!
//! Says what was observed and decides nothing. It is kept only where somebody asked for it: a tick has no use for it.

use std::sync::Mutex;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::domain::identity::ThreadId;
use crate::executor::SnapshotSize;

/// What is kept of the runs that a tick looks at.
#[derive(Debug, Default)]
pub struct Sights(Option<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    runs: Vec<Sight>,
    snapshot: Option<SnapshotSize>,
}

impl Sights {
    /// Keeps what is seen.
    #[must_use]
    pub fn kept() -> Self {
        Self(Some(Mutex::default()))
    }

    /// Returns whether somebody wants to see anything.
    pub(super) const fn are_kept(&self) -> bool {
        self.0.is_some()
    }

    /// Keeps more.
    pub(super) fn add(&self, more: Vec<Sight>) {
        if let Some(Ok(mut seen)) = self.0.as_ref().map(Mutex::lock) {
            seen.runs.extend(more);
        }
    }

    /// Keeps how large T3's snapshot is.
    pub(super) fn note_snapshot(&self, size: Option<SnapshotSize>) {
        if let Some(Ok(mut seen)) = self.0.as_ref().map(Mutex::lock) {
            seen.snapshot = size;
        }
    }

    /// Returns how large T3's snapshot is; `None` where none was read.
    #[must_use]
    pub fn snapshot(&self) -> Option<SnapshotSize> {
        self.0.as_ref()?.lock().ok()?.snapshot
    }

    /// Returns what was seen, in the order of the work list.
    #[must_use]
    pub fn take(&self) -> Vec<Sight> {
        let seen = self.0.as_ref().and_then(|seen| seen.lock().ok());
        seen.map_or_else(Vec::new, |mut seen| std::mem::take(&mut seen.runs))
    }
}

/// One run, for people.
#[derive(Clone, Debug, Serialize)]
pub struct Sight {
    /// Its thread, which finds its line in the report.
    #[serde(skip)]
    pub of: ThreadId,
    /// The issue's title; `null` when the issue could not be read.
    pub title: Option<String>,
    /// The issue's address; `null` with the same.
    pub issue_url: Option<String>,
    /// The line of the checklist that it stands at; `ended` once its title records an end.
    pub phase: &'static str,
    /// What its thread is doing.
    pub thread_state: &'static str,
    /// Since when the thread is in that state.
    pub changed_at: DateTime<Utc>,
    /// The stages of its commit, in order; empty without a commit.
    pub stages: Vec<StageSight>,
    /// Seconds since its first message.
    pub age_seconds: i64,
    /// Seconds since the last sign of the agent.
    pub quiet_seconds: i64,
    /// Messages that we sent: the first, corrective ones, resumes.
    pub turns: usize,
    /// Corrective turns among them.
    pub attempts: u32,
    /// What is left of each limit that counts now.
    pub left: Vec<LimitLeft>,
    /// The sinks that an ended run has to ring still; absent when there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<&'static str>,
    /// The link to its thread; `null` when T3 does not tell its environment.
    pub link: Option<String>,
    /// That it waits for its provider.
    #[serde(skip)]
    pub paused: Option<Paused>,
}

/// One stage of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StageSight {
    /// `build`, `deploy` or `rollout`.
    pub stage: &'static str,
    /// `success`, `pending`, `failure`, or `none` while it was not asked.
    pub outcome: &'static str,
    /// What it waits for, or what failed.
    pub detail: String,
}

/// What is left of one limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LimitLeft {
    /// The key that sets it.
    pub key: &'static str,
    /// What is left, in the unit of `unit`; 0 when it is used up.
    pub left: i64,
    /// `seconds`, `turns` or `tokens`.
    pub unit: &'static str,
    /// When a limit in seconds is used up, if nothing changes; `null` of others.
    #[serde(serialize_with = "seconds")]
    pub until: Option<DateTime<Utc>>,
}

fn seconds<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        None => serializer.serialize_none(),
    }
}

/// Why nothing new is started.
#[derive(Clone, Debug, Serialize)]
pub struct Paused {
    /// The run that waits, `owner/name#n`.
    pub run: String,
    /// What stopped it.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it goes on; `null` when a person must act first.
    pub until: Option<DateTime<Utc>>,
}
