//! How far a rollout is: the tests of `kubectl rollout status` in their order, and those that it does not make.
//!
//! It does not ask whose image it is ([`super::image`]).

use chrono::{DateTime, TimeDelta, Utc};

use super::question::RolloutQuestion;
use super::workload::{Condition, Deployment};
use crate::domain::verdict::ci::{FailedCheck, StageOutcome};

/// How long pods may be refused, by a quota or an admission check, before that counts as a failure. Old pods that make
/// room are gone after 30 s, unless told otherwise.
pub const REFUSED_PODS_MAX: TimeDelta = TimeDelta::minutes(5);

/// An outcome, or what is still waited for.
pub(super) type Judged = Result<StageOutcome, String>;

pub(super) fn pending(detail: impl Into<String>) -> Judged {
    Err(detail.into())
}

/// The tests of `kubectl rollout status` in their order, and those that it does not make.
pub(super) fn progress(deployment: &Deployment, question: &RolloutQuestion<'_>) -> Judged {
    let Deployment {
        generation,
        deleting,
        wanted_replicas,
        paused,
        containers: _,
        revisions: _,
        observed_generation,
        replicas,
        updated_replicas,
        available_replicas,
        conditions,
    } = deployment;
    if generation > observed_generation {
        return pending("the cluster has not seen the new image yet");
    }
    let progressing = progressing(deployment);
    if let Some(condition) =
        progressing.filter(|condition| condition.reason == "ProgressDeadlineExceeded")
    {
        let detail = format!("ProgressDeadlineExceeded: {}", condition.message);
        let at = condition.changed_at.or(condition.updated_at);
        return Ok(failure(question, at, detail));
    }
    if *deleting {
        return pending("somebody is deleting it");
    }
    if *paused {
        return pending("somebody paused it; a person must resume it");
    }
    if let Some(condition) = conditions
        .iter()
        .find(|condition| condition.kind == "ReplicaFailure" && condition.status == "True")
    {
        let since = condition.changed_at.or(condition.updated_at);
        return if since.is_some_and(|since| question.now - since >= REFUSED_PODS_MAX) {
            let detail = format!("{}: {}", condition.reason, condition.message);
            Ok(failure(question, since, detail))
        } else {
            pending(format!("the cluster refuses pods ({})", condition.reason))
        };
    }
    if *wanted_replicas == 0 {
        return pending("it is scaled to zero, so nothing runs the image");
    }
    if updated_replicas < wanted_replicas {
        return pending(format!(
            "{updated_replicas} of {wanted_replicas} pods have the new image"
        ));
    }
    if replicas > updated_replicas {
        return pending(format!(
            "{} old pods are still there",
            replicas - updated_replicas
        ));
    }
    if available_replicas < updated_replicas {
        return pending(format!(
            "{available_replicas} of {updated_replicas} new pods are available"
        ));
    }
    if conditions
        .iter()
        .any(|condition| condition.kind == "Available" && condition.status == "False")
    {
        return pending("its pods are failing");
    }
    Ok(StageOutcome::Success {
        ended_at: progressing.and_then(|condition| condition.updated_at),
    })
}

pub(super) fn progressing(deployment: &Deployment) -> Option<&Condition> {
    deployment
        .conditions
        .iter()
        .find(|condition| condition.kind == "Progressing")
}

pub(super) fn failure(
    question: &RolloutQuestion<'_>,
    concluded_at: Option<DateTime<Utc>>,
    excerpt: String,
) -> StageOutcome {
    StageOutcome::Failure {
        concluded_at,
        checks: vec![FailedCheck {
            name: format!("rollout of Deployment {}", question.name),
            url: None,
            excerpt: Some(excerpt),
        }],
    }
}
