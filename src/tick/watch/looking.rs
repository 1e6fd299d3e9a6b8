//! What a person is shown of one run, taken from what was observed of it.
//!
//! Reads nothing but the link to the thread, and only where somebody wants to see it.

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Watch;
use super::observation::Seen;
use super::observed::Observed;
use super::sights::{LimitLeft, Paused, Sight, StageSight};
use crate::domain::config::{RepositoryConfig, RunLimits};
use crate::domain::run::run_state_machine::is_quiet;
use crate::domain::run::thread_state::ThreadState;
use crate::domain::text::redaction::redact;
use crate::domain::told::notification::BellKind;
use crate::domain::told::phase_checklist::Phase;
use crate::domain::verdict::ci::{Stage, Verdict};
use crate::service_error::ServiceError;

impl Watch<'_> {
    /// Notes what was observed, where somebody wants to see it.
    pub(super) fn note_sights(&self, seen: &[Result<Seen, ServiceError>]) {
        if !self.sights.are_kept() {
            return;
        }
        let new: Vec<Sight> = seen
            .iter()
            .flatten()
            .map(|seen| match seen {
                Seen::Observed(run) | Seen::Allocated(run) => self.sight(run),
            })
            .collect();
        self.sights.add(new);
    }

    fn sight(&self, run: &Observed) -> Sight {
        let now = self.now();
        let reading = run.reading();
        let facts = &run.thread.facts;
        Sight {
            of: run.thread.id,
            title: reading.map(|issue| redact(&issue.title)),
            issue_url: reading.map(|issue| issue.url.clone()),
            phase: if run.ending.is_some() {
                "ended"
            } else {
                phase_word(Phase::of(run.progress()))
            },
            thread_state: run.state.state.as_str(),
            changed_at: run.state.changed_at,
            stages: stages(run.verdict.as_ref(), self.config_of(run.repo())),
            age_seconds: (now - run.started_at).num_seconds().max(0),
            quiet_seconds: run.state.quiet_for.num_seconds().max(0),
            turns: facts.our_messages().len(),
            attempts: run.attempts,
            left: left(run, &self.limits(), self.config.limits.stall, now),
            waits_for: self.waits_for(run),
            link: self.link(run.thread.id),
            paused: self.paused(run),
        }
    }

    /// The sinks that an ended run has to ring still.
    fn waits_for(&self, run: &Observed) -> Vec<&'static str> {
        let Some(ending) = &run.ending else {
            return Vec::new();
        };
        let is_silent = is_quiet(ending.kind, &run.standing.revocation, run.green_since());
        if is_silent || BellKind::of(ending.kind).is_none() {
            return Vec::new();
        }
        let names = self.sinks.iter().map(|sink| sink.name());
        names.filter(|name| !ending.is_settled(name)).collect()
    }

    fn paused(&self, run: &Observed) -> Option<Paused> {
        let stop = run.state.stop.as_ref()?;
        let waits = run.ending.is_none() && stop.cause.is_of_the_provider();
        let resumes = run.thread.facts.resumes_in_a_row();
        waits.then(|| Paused {
            run: run.issue.to_string(),
            reason: stop.to_string(),
            since: stop.at,
            until: stop.resume_at(resumes, self.config.limits.orphan),
        })
    }
}

/// Returns the word for a phase.
const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Worktree => "starting",
        Phase::FailingTest => "working",
        Phase::Ci => "ci",
        Phase::Rollout => "rollout",
        Phase::Closing => "closing",
        Phase::Done => "done",
    }
}

fn stages(verdict: Option<&Verdict>, config: &RepositoryConfig) -> Vec<StageSight> {
    let Some(verdict) = verdict else {
        return Vec::new();
    };
    let (decisive, outcome, detail) = match verdict {
        Verdict::Green => (None, "success", String::new()),
        Verdict::Pending { stage, detail } => (Some(*stage), "pending", detail.clone()),
        Verdict::Red(red) => {
            let names: Vec<&str> = red.checks.iter().map(|check| check.name.as_str()).collect();
            let names = names.join(", ");
            let detail = match &red.cause {
                None => names,
                Some(cause) if red.checks.is_empty() => cause.clone(),
                Some(cause) => format!("{cause}: {names}"),
            };
            (Some(red.stage), "failure", detail)
        }
    };
    let mut passed = true;
    [
        (Stage::Build, "build", true),
        (Stage::Deploy, "deploy", config.deploy.is_some()),
        (Stage::Rollout, "rollout", !config.rollout.is_empty()),
    ]
    .into_iter()
    .filter(|(_, _, there)| *there)
    .map(|(stage, word, _)| {
        let sight = |outcome, detail| StageSight {
            stage: word,
            outcome,
            detail,
        };
        if decisive == Some(stage) {
            passed = false;
            sight(outcome, detail.clone())
        } else if passed {
            sight("success", String::new())
        } else {
            sight("none", String::new())
        }
    })
    .collect()
}

fn left(
    run: &Observed,
    limits: &RunLimits,
    stall: TimeDelta,
    now: DateTime<Utc>,
) -> Vec<LimitLeft> {
    let seconds = |key, left: TimeDelta| LimitLeft {
        key,
        left: left.num_seconds().max(0),
        unit: "seconds",
        until: Some(now + left),
    };
    let mut all = Vec::new();
    let Some(facts) = run.facts.as_ref().filter(|_| run.ending.is_none()) else {
        // No limit counts for what is over.
        return all;
    };
    let red = match &run.verdict {
        Some(Verdict::Red(red)) => Some(red),
        Some(Verdict::Green | Verdict::Pending { .. }) | None => None,
    };
    if let Some(red) = red {
        let used = now - facts.first_red_at(red.at);
        all.push(seconds(
            "AFK_FIX_FORWARD_MAX_SECONDS",
            limits.fix_forward_max - used,
        ));
    } else if run.pushed.is_none() {
        let used = now - facts.clock_start();
        all.push(seconds("AFK_RUN_MAX_SECONDS", limits.run_max - used));
    }
    if let Some(until) = &run.until {
        all.push(seconds(until.limit.variable(), until.at - now));
    }
    if run.state.state == ThreadState::Running {
        let left = stall - run.state.quiet_for;
        all.push(seconds("AFK_STALL_SECONDS", left));
    }
    all.push(LimitLeft {
        key: "AFK_FIX_FORWARD_MAX_ATTEMPTS",
        left: i64::from(limits.fix_forward_max_attempts.saturating_sub(run.attempts)),
        unit: "turns",
        until: None,
    });
    if let (Some(max), Some(used)) = (limits.max_tokens, facts.tokens) {
        all.push(LimitLeft {
            key: "AFK_RUN_MAX_TOKENS",
            left: i64::try_from(max.saturating_sub(used)).unwrap_or(i64::MAX),
            unit: "tokens",
            until: None,
        });
    }
    all
}
