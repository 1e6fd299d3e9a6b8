//! The report in words.

use std::fmt::{self, Write as _};

use super::{NoteCount, TickKind, TickReport};
use crate::domain::text::quoting::printable;

impl fmt::Display for TickReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.tick.binary();
        if self.idle {
            let why = self.detail.as_deref().unwrap_or("disarmed");
            return line(f, &format!("{name}: nothing was done: {why}"));
        }
        let mode = if self.dry_run { " (dry run)" } else { "" };
        let repositories = count(self.repositories.len(), "repository", "repositories");
        let failures = count(self.failures.len(), "failure", "failures");
        let started = if self.dry_run {
            "would start"
        } else {
            "started"
        };
        match self.tick {
            TickKind::Poll => line(
                f,
                &format!(
                    "{name}{mode}: {repositories}, {} {started}, {failures}",
                    self.dispatched.len()
                ),
            )?,
            TickKind::Watch => line(
                f,
                &format!(
                    "{name}{mode}: {repositories}, {}, {failures}",
                    count(self.runs.len(), "run", "runs")
                ),
            )?,
        }
        if let Some(detail) = &self.detail {
            line(f, &format!("  {detail}"))?;
        }
        for repository in &self.repositories {
            line(
                f,
                &format!(
                    "  {}: {}: {}",
                    repository.repository,
                    repository.outcome.as_str(),
                    repository.detail
                ),
            )?;
            for issue in &repository.issues {
                let mut text = format!("    #{} {}", issue.issue, issue.decision.as_str());
                for (index, reason) in issue.reasons.iter().enumerate() {
                    let separator = if index == 0 { ": " } else { "; " };
                    write!(text, "{separator}{reason}")?;
                }
                line(f, &text)?;
            }
        }
        let notes = self.refusal_notes;
        if notes != NoteCount::default() {
            line(
                f,
                &format!(
                    "  notes on refused issues: {} written, {} edited, {} removed",
                    notes.written, notes.edited, notes.removed
                ),
            )?;
        }
        for run in &self.dispatched {
            line(
                f,
                &format!(
                    "  {started} {}#{} as run {} in thread {}",
                    run.repository, run.issue, run.slot, run.thread
                ),
            )?;
        }
        for run in &self.runs {
            let slot = run
                .slot
                .map_or_else(String::new, |slot| format!(" run {slot}"));
            let reason = run
                .reason
                .map_or_else(String::new, |reason| format!(" ({reason})"));
            line(
                f,
                &format!(
                    "  {}#{}{slot}: {}: {}{reason}: {}",
                    run.repository, run.issue, run.state, run.action, run.detail
                ),
            )?;
        }
        let failures = self.failures.iter().map(|failure| ("failed", failure));
        let warnings = self.warnings.iter().map(|warning| ("warning", warning));
        for (word, entry) in failures.chain(warnings) {
            let repository = entry
                .repository
                .as_ref()
                .map_or_else(String::new, |repository| format!("{repository}: "));
            line(
                f,
                &format!(
                    "  {word}: {repository}{}: {}: {}",
                    entry.service, entry.call, entry.error
                ),
            )?;
        }
        Ok(())
    }
}

/// Writes one line, whatever texts of others are in it.
fn line(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    writeln!(f, "{}", printable(text))
}

/// A number and its noun.
pub(in crate::tick) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::tick::Failure;

    #[test]
    fn every_entry_is_one_line_whatever_services_are_called() {
        let mut report = TickReport::new(TickKind::Watch, DateTime::UNIX_EPOCH, false);
        report.detail = Some("a\u{1b}[31mb".to_owned());
        report.failures.push(Failure {
            repository: None,
            service: "github".to_owned(),
            call: "read a/b\r\nfailed: forged".to_owned(),
            error: "status context 'x\u{9b}2J\u{2028}y\u{202e}' is red".to_owned(),
        });
        assert_eq!(
            report.to_string(),
            "afk-watch: 0 repositories, 0 runs, 1 failure\n  a [31mb\n  \
             failed: github: read a/b failed: forged: status context 'x 2J y' is red\n"
        );
    }
}
