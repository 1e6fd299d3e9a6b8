//! What people are told where nothing that reported proves anything: which checks were skipped, and, where checks are named, what
//! did report and what may be meant.

use super::elsewhere::origin;
use super::rules::{BuildRules, is_of_matrix};
use crate::domain::verdict::ci::{Check, CheckState, CommitChecks, StageOutcome};

/// How many checks are told.
const SHOWN: usize = 6;

/// Returns a name that nothing reports under, with what may be meant.
#[must_use]
pub(super) fn missing(name: &str, checks: &[Check]) -> String {
    match near_miss(name, checks) {
        None => format!("{name} (not reported)"),
        Some(near) => format!("{name} (not reported; '{near}' is, a job of a reusable workflow)"),
    }
}

/// Returns what is said where no check of a configured name succeeded, failed or runs: nothing where nothing reported at all.
#[must_use]
pub(super) fn not_named(
    missing: &[&str],
    unproven: &[&str],
    told: &CommitChecks,
    rules: &BuildRules<'_>,
) -> StageOutcome {
    let checks = &told.checks;
    if checks.is_empty() {
        return StageOutcome::None;
    }
    let of = |names: &[&str], what: &str| {
        (!names.is_empty()).then(|| format!("{} {what}", names.join(", ")))
    };
    let near = missing.iter().filter_map(|name| {
        let near = near_miss(name, checks)?;
        Some(format!(
            "a job of a reusable workflow is named with it, so that '{name}' may be '{near}'"
        ))
    });
    let parts: Vec<String> = of(missing, "did not report")
        .into_iter()
        .chain(of(unproven, "was skipped, which proves nothing"))
        .chain([format!("reported: {}", reported(told, rules))])
        .chain(near)
        .collect();
    StageOutcome::NotNamed {
        said: parts.join("; "),
    }
}

/// Returns what is said where every check that reported passed and proves nothing: nothing where none did.
#[must_use]
pub(super) fn only_passed<'c>(passed: impl Iterator<Item = &'c Check>) -> StageOutcome {
    let mut names: Vec<String> = Vec::new();
    for check in passed {
        if !names.contains(&check.name) {
            names.push(check.name.clone());
        }
    }
    if names.is_empty() {
        return StageOutcome::None;
    }
    let were = if names.len() == 1 { "was" } else { "were" };
    StageOutcome::NotNamed {
        said: format!("{} {were} skipped, which proves nothing", first_of(names)),
    }
}

/// The first checks with what they say; those of other events and branches with where they are from.
fn reported(told: &CommitChecks, rules: &BuildRules<'_>) -> String {
    let mut words: Vec<String> = Vec::new();
    for check in &told.checks {
        let word = match origin(check, told, rules) {
            None => format!("{} ({})", check.name, state(&check.state)),
            Some(origin) => format!("{} ({}, {origin})", check.name, state(&check.state)),
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    first_of(words)
}

fn first_of(mut words: Vec<String>) -> String {
    let more = words.len().saturating_sub(SHOWN);
    words.truncate(SHOWN);
    let shown = words.join(", ");
    match more {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn state(state: &CheckState) -> &str {
    match state {
        CheckState::Pending => "pending",
        CheckState::Success => "success",
        CheckState::Passed | CheckState::NeverRan => "skipped",
        CheckState::Failure => "failed",
        CheckState::ActionRequired => "waits",
        CheckState::Declined => "declined",
        CheckState::Cancelled => "cancelled",
        CheckState::Stale => "stale",
        CheckState::Unknown(word) => word,
    }
}

/// A job of a reusable workflow reports as `CALLER / JOB`.
fn near_miss<'c>(name: &str, checks: &'c [Check]) -> Option<&'c str> {
    let is_near = |check: &&Check| {
        let job = check.name.rsplit_once(" / ").map(|(_, job)| job);
        job.is_some_and(|job| is_of_matrix(name, job))
    };
    checks.iter().find(is_near).map(|check| check.name.as_str())
}
