//! The report in words.

use std::fmt::{self, Write as _};

use super::{TickKind, TickReport};

impl fmt::Display for TickReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.tick.binary();
        if !self.armed {
            let why = self.detail.as_deref().unwrap_or("disarmed");
            return writeln!(f, "{name}: nothing was done: {why}");
        }
        let mode = if self.dry_run { " (dry run)" } else { "" };
        let repositories = count(self.repositories.len(), "repository", "repositories");
        let failures = count(self.failures.len(), "failure", "failures");
        match self.tick {
            TickKind::Poll => writeln!(
                f,
                "{name}{mode}: {repositories}, {} started, {failures}",
                self.dispatched.len()
            )?,
            TickKind::Watch => writeln!(
                f,
                "{name}{mode}: {repositories}, {}, {failures}",
                count(self.runs.len(), "run", "runs")
            )?,
        }
        if let Some(detail) = &self.detail {
            writeln!(f, "  {detail}")?;
        }
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
        for run in &self.runs {
            let slot = run
                .slot
                .map_or_else(String::new, |slot| format!(" run {slot}"));
            let reason = run
                .reason
                .map_or_else(String::new, |reason| format!(" ({reason})"));
            writeln!(
                f,
                "  {}#{}{slot}: {}: {}{reason}: {}",
                run.repository, run.issue, run.state, run.action, run.detail
            )?;
        }
        let failures = self.failures.iter().map(|failure| ("failed", failure));
        let warnings = self.warnings.iter().map(|warning| ("warning", warning));
        for (word, entry) in failures.chain(warnings) {
            let repository = entry
                .repository
                .as_ref()
                .map_or_else(String::new, |repository| format!("{repository}: "));
            writeln!(
                f,
                "  {word}: {repository}{}: {}: {}",
                entry.service, entry.call, entry.error
            )?;
        }
        Ok(())
    }
}

/// A number and its noun.
pub(in crate::tick) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
