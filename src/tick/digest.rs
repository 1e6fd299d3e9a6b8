//! Puts the digest together from what the two ticks would say, and from what is over.
//!
//! It reads nothing and sends nothing.

use super::report::{Decision, Failure, TickReport};
use super::status::{RunStatus, Status};
use super::watch::Past;
use crate::domain::told::digest::{Digest, Failed, Ready, Running, Waiting};

/// Puts a digest together. `poll`: what a poll would report; `None` when there is nothing to poll.
#[must_use]
pub fn digest(status: Status, past: Past, poll: Option<&TickReport>) -> Digest {
    let mut tokens = past.tokens;
    let mut tokens_unknown = past.tokens_unknown;
    for run in &status.runs {
        match run.line.tokens {
            Some(of_run) => tokens = tokens.saturating_add(of_run),
            None => tokens_unknown += 1,
        }
    }
    let mut waiting = past.waiting;
    waiting.extend(status.strays.iter().map(|stray| Waiting {
        issue: named(stray),
        kind: "stray",
        reason: stray.line.reason,
        age_seconds: None,
        link: None,
    }));
    let mut failures = past.failed;
    let mut seen: Vec<&Failure> = Vec::new();
    for failure in status
        .failures
        .iter()
        .chain(poll.into_iter().flat_map(|poll| &poll.failures))
    {
        if !seen.contains(&failure) {
            seen.push(failure);
            failures.push(failed(failure));
        }
    }
    Digest {
        version: 1,
        at: status.at,
        gate: status.gate.clone(),
        landed: past.landed,
        waiting,
        running: status.runs.iter().map(running).collect(),
        ready: poll.map_or_else(Vec::new, |poll| ready(poll, &status)),
        failures,
        warnings: status
            .warnings
            .iter()
            .filter(|warning| warning.is_of_command_line())
            .map(|warning| format!("{}: {}", warning.call, warning.error))
            .collect(),
        tokens,
        tokens_unknown,
    }
}

fn named(run: &RunStatus) -> String {
    format!("{}#{}", run.line.repository.full_name(), run.line.issue)
}

fn running(run: &RunStatus) -> Running {
    let sight = run.sight.as_ref();
    Running {
        issue: named(run),
        phase: sight.map_or("unknown", |sight| sight.phase),
        state: run.line.state.clone(),
        age_seconds: sight.map(|sight| sight.age_seconds),
        link: sight.and_then(|sight| sight.link.clone()),
    }
}

/// Ready issues without a run. The issue of a run under way still shows the ready label.
fn ready(poll: &TickReport, status: &Status) -> Vec<Ready> {
    let has_run = |entry: &super::RepositoryReport, number| {
        status
            .runs
            .iter()
            .any(|run| (&run.line.repository, run.line.issue) == (&entry.repository, number))
    };
    poll.repositories
        .iter()
        .flat_map(|entry| {
            entry
                .issues
                .iter()
                .filter(|issue| !has_run(entry, issue.issue))
                .map(|issue| Ready {
                    issue: format!("{}#{}", entry.repository.full_name(), issue.issue),
                    decision: match issue.decision {
                        Decision::Dispatch => "dispatch",
                        Decision::Refuse => "refuse",
                        Decision::Skip => "skip",
                    },
                    reasons: issue.reasons.clone(),
                })
        })
        .collect()
}

fn failed(failure: &Failure) -> Failed {
    Failed {
        repository: failure
            .repository
            .as_ref()
            .map(|repository| repository.to_string()),
        service: failure.service.clone(),
        call: failure.call.clone(),
        error: failure.error.clone(),
    }
}
