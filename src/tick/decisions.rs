//! The record of what a tick decided, from its report.
//!
//! Pure data: whoever wants the record writes it.

use super::{TickKind, TickReport};
use crate::domain::record::{Line, Tick};

impl TickReport {
    /// Returns one line per decision about an issue, and per run.
    ///
    /// # Errors
    ///
    /// When the facts of one can not be written.
    pub fn decisions(&self) -> Result<Vec<Line>, String> {
        let tick = match self.tick {
            TickKind::Poll => Tick::Poll,
            TickKind::Watch => Tick::Watch,
        };
        let mut lines = Vec::new();
        for repository in &self.repositories {
            for issue in &repository.issues {
                let of = repository.repository.clone();
                let facts = issue.basis.as_deref();
                let line = Line::new(tick, self.started_at, of, issue.issue, facts)?;
                lines.push(Line {
                    dry_run: self.dry_run,
                    decision: issue.decision.as_str().to_owned(),
                    codes: issue.reasons.iter().map(|reason| reason.code).collect(),
                    ..line
                });
            }
        }
        for run in &self.runs {
            let of = run.repository.clone();
            let decided = run.basis.as_deref();
            // What came of an action is for the report: here it is what was decided.
            let (action, reason) = decided.map_or((run.action, run.reason), |decided| {
                (decided.action, decided.reason)
            });
            let facts = decided.map(|decided| &decided.basis);
            let line = Line::new(tick, self.started_at, of, run.issue, facts)?;
            lines.push(Line {
                dry_run: self.dry_run,
                thread: run.thread,
                slot: run.slot,
                state: Some(run.state.clone()),
                decision: action.to_owned(),
                codes: reason.into_iter().collect(),
                ..line
            });
        }
        Ok(lines)
    }
}
