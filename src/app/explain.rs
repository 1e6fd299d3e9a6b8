//! `afk-poll explain`: what the next tick makes of one issue.

use super::arguments::{CommonArguments, ExplainArguments};
use super::exit::{Stopped, print, reported};
use super::setup::{check_watch_secrets, closed, describe, load, usage};
use super::status::status;
use super::wiring::{Surroundings, with_poll};
use crate::clock::SystemClock;
use crate::domain::config::{Config, PollAccess, WatchAccess};
use crate::domain::repository::{IssueRef, RepoRef};
use crate::domain::text::quoting::printable;
use crate::exit_code::ExitCode;
use crate::tick::explanation::{Explanation, Verdict};
use crate::tick::poll::{Mandate, Poll};
use crate::tick::status::RunStatus;
use crate::tick::{Manner, Narrowing, TickKind};

/// Explains one issue. Reads with the gates closed, too, and acts on nothing.
pub(super) fn run(
    arguments: &ExplainArguments,
    common: &CommonArguments,
) -> Result<ExitCode, Stopped> {
    let usage = usage(TickKind::Poll);
    let config = load(common, TickKind::Poll, true)?;
    let issue = config
        .issue(&arguments.issue)
        .map_err(|error| usage(printable(&error.to_string())))?;
    let access = config
        .require_for_looking(Some(&issue.repo))
        .map_err(|errors| usage(describe(&errors)))?;
    check_watch_secrets(&config, &access).map_err(usage)?;
    let clock = SystemClock::start();
    let surroundings = Surroundings::of_machine(&clock).map_err(Stopped::Machine)?;
    let explanation = explain(&config, &issue, &access, &surroundings);
    let code = ExitCode::of(
        explanation.could_not_start,
        !explanation.failures.is_empty(),
    );
    let written = print(&explanation, common.output);
    Ok(reported(written, code, false, common))
}

/// Goes through a tick without acting, and tells what it makes of `issue`; for an issue with a run, what the watcher makes of
/// that. `access` is what [`Config::require_for_looking`] gives for its repository.
#[must_use]
pub fn explain(
    config: &Config,
    issue: &IssueRef,
    access: &WatchAccess,
    surroundings: &Surroundings<'_>,
) -> Explanation {
    let poll_access = PollAccess {
        t3: access.t3.clone(),
        github: access.github.clone(),
        forgejo: access.forgejo.clone(),
    };
    let listed = config.allowlist().contains(&issue.repo);
    let mut considered: Vec<RepoRef> = config.allowlist().to_vec();
    if !listed {
        considered.push(issue.repo.clone());
    }
    let mut explanation = with_poll(
        config,
        Mandate::Look(&considered),
        &poll_access,
        &Narrowing::default(),
        Manner::LOOKING,
        surroundings,
        |poll: &Poll<'_>| poll.explain(issue, listed),
    );
    let asked_of = if explanation.decision == Verdict::Run {
        TickKind::Watch
    } else {
        TickKind::Poll
    };
    explanation.gate = closed(config, asked_of);
    explanation.armed = explanation.gate.is_none();
    if explanation.decision == Verdict::Run {
        let narrowing = Narrowing {
            repos: Vec::new(),
            issues: vec![issue.clone()],
        };
        let status = status(config, access, &narrowing, surroundings);
        let is_it =
            |run: &RunStatus| (&run.line.repository, run.line.issue) == (&issue.repo, issue.number);
        let run = status.runs.into_iter().find(is_it);
        explanation.run = run.and_then(|run| serde_json::to_value(run).ok());
        explanation.failures.extend(status.failures);
    }
    explanation
}
