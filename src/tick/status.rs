//! What `afk-watch status` shows: the runs under way, strays, and what is paused.
//!
//! Data and JSON; how it is laid out for a terminal is `layout`'s. It decides nothing and reads nothing.

mod layout;

use chrono::{DateTime, Utc};
use serde::Serialize;

pub use self::layout::Page;
use super::report::{Failure, RunReport, TickReport};
use super::watch::{Paused, Sight, Sights};
use crate::executor::SnapshotSize;

/// The runs under way, at one moment.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The version of the document.
    pub version: u32,
    /// When it was looked at.
    pub at: DateTime<Utc>,
    /// Whether both gates are open.
    pub armed: bool,
    /// Why they are not; `null` when they are.
    pub gate: Option<String>,
    /// The runs under way.
    pub runs: Vec<RunStatus>,
    /// Issues that show the lock label without a run.
    pub strays: Vec<RunStatus>,
    /// Why nothing new is started; `null` when nothing is paused.
    pub paused: Option<Paused>,
    /// How large T3's snapshot is; `null` where it has lighter readings.
    pub snapshot: Option<SnapshotSize>,
    /// What could not be read.
    pub failures: Vec<Failure>,
    /// What needs a person.
    pub warnings: Vec<Failure>,
    /// Whether nothing could be read at all. Not part of the document: the exit status tells.
    #[serde(skip)]
    pub could_not_start: bool,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct RunStatus {
    /// Its line in a report.
    #[serde(flatten)]
    pub line: RunReport,
    /// What else is known of it; nothing of a stray, and nothing where the forge could not be read.
    #[serde(flatten)]
    pub sight: Option<Sight>,
    /// What is done next, or what is waited for.
    pub next: String,
}

impl Status {
    /// Puts together what a tick that did not act reports, and what was seen beside it.
    #[must_use]
    pub fn new(report: TickReport, sights: &Sights, gate: Option<String>) -> Self {
        let snapshot = sights.snapshot();
        let sights = sights.take();
        let paused = sights
            .iter()
            .filter_map(|sight| sight.paused.clone())
            .min_by_key(|paused| paused.since);
        let mut runs = Vec::new();
        let mut strays = Vec::new();
        for line in report.runs {
            let sight = sights
                .iter()
                .find(|sight| Some(sight.of) == line.thread)
                .cloned();
            let of_whom = if line.thread.is_some() {
                &mut runs
            } else {
                &mut strays
            };
            of_whom.push(RunStatus {
                next: format!("{}: {}", line.action, line.detail),
                line,
                sight,
            });
        }
        Self {
            version: 1,
            at: report.finished_at,
            armed: gate.is_none(),
            gate,
            runs,
            strays,
            paused,
            snapshot,
            failures: report.failures,
            warnings: report.warnings,
            could_not_start: report.could_not_start,
        }
    }
}
