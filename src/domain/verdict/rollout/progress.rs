//! How far a rollout is: the tests of `kubectl rollout status` in their order, and those that it does not make.
//!
//! It does not ask whose image it is ([`super::image`]).

use chrono::{DateTime, TimeDelta, Utc};

use super::question::RolloutQuestion;
use super::workload::{Condition, Workload};
use crate::domain::config::WorkloadKind;
use crate::domain::verdict::ci::{FailedCheck, StageOutcome};

/// How long pods may be refused, by a quota or an admission check, or an Application be degraded, before that counts as a failure. Old pods that make
/// room are gone after 30 s, unless told otherwise.
pub const REFUSED_PODS_MAX: TimeDelta = TimeDelta::minutes(5);

/// An outcome, or what is still waited for.
pub(super) type Judged = Result<StageOutcome, String>;

pub(super) fn pending(detail: impl Into<String>) -> Judged {
    Err(detail.into())
}

/// A failure counts only for what the run made. Of somebody else's newer image it is waited for what comes of it.
pub(super) fn helping(judged: Judged, is_own: bool, otherwise: &str) -> Judged {
    match judged? {
        StageOutcome::Failure { checks, .. } if !is_own => {
            let why = checks.into_iter().find_map(|check| check.excerpt);
            pending(format!("{otherwise} ({})", why.unwrap_or_default()))
        }
        told @ (StageOutcome::None
        | StageOutcome::OnlyNewer { .. }
        | StageOutcome::NotNamed { .. }
        | StageOutcome::Pending { .. }
        | StageOutcome::Blocked { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Success { .. }
        | StageOutcome::Failure { .. }
        | StageOutcome::Superseded) => Ok(told),
    }
}

/// Whether an object that was seen by the cluster wants pods that are not there.
pub(super) fn is_stuck(workload: &Workload) -> bool {
    !workload.deleting
        && workload.generation <= workload.observed_generation
        && counters(workload, workload.wanted).is_err()
}

pub(super) fn progress(workload: &Workload, question: &RolloutQuestion<'_>) -> Judged {
    if workload.generation > workload.observed_generation {
        return pending("the cluster has not seen the new image yet");
    }
    match workload.kind {
        WorkloadKind::Deployment => deployment(workload, question),
        WorkloadKind::StatefulSet => stateful_set(workload),
        WorkloadKind::DaemonSet => daemon_set(workload),
        WorkloadKind::Application => pending("it is an Application"),
    }
}

fn deployment(workload: &Workload, question: &RolloutQuestion<'_>) -> Judged {
    let progressing = workload.progressing();
    if let Some(condition) =
        progressing.filter(|condition| condition.reason == "ProgressDeadlineExceeded")
    {
        let mut detail = format!("ProgressDeadlineExceeded: {}", condition.message);
        if let Some(refusal) = refusal(workload) {
            detail.push_str(&format!("\n{}", refused(refusal)));
        }
        let at = condition.changed_at.or(condition.updated_at);
        return Ok(failure(question, at, detail));
    }
    if workload.deleting {
        return pending("somebody is deleting it");
    }
    if workload.paused {
        return pending("somebody paused it; a person must resume it");
    }
    if let Some(condition) = refusal(workload) {
        let since = refused_since(condition, workload, question);
        return if since.is_some_and(|since| question.now - since >= REFUSED_PODS_MAX) {
            Ok(failure(question, since, refused(condition)))
        } else {
            pending(format!("the cluster refuses pods ({})", refused(condition)))
        };
    }
    if workload.wanted == 0 {
        return pending("it is scaled to zero, so nothing runs the image");
    }
    counters(workload, workload.wanted)?;
    if workload
        .conditions
        .iter()
        .any(|condition| condition.kind == "Available" && condition.status == "False")
    {
        return pending("its pods are failing");
    }
    Ok(StageOutcome::Success {
        ended_at: progressing.and_then(|condition| condition.updated_at),
    })
}

/// That the cluster refuses pods, whichever ReplicaSet's they are.
fn refusal(workload: &Workload) -> Option<&Condition> {
    workload
        .conditions
        .iter()
        .find(|condition| condition.kind == "ReplicaFailure" && condition.status == "True")
}

fn refused(condition: &Condition) -> String {
    format!("{}: {}", condition.reason, condition.message)
}

/// Since when new pods are refused, as far as that is known: not before anything was expected, and not before the last step. A refusal
/// that is older than that may be an old ReplicaSet's where new pods are there: what becomes of those decides.
fn refused_since(
    condition: &Condition,
    workload: &Workload,
    question: &RolloutQuestion<'_>,
) -> Option<DateTime<Utc>> {
    let told = condition.changed_at.or(condition.updated_at)?;
    let step = workload
        .progressing()
        .and_then(|condition| condition.updated_at);
    let is_of_new = told >= question.began || workload.updated == 0;
    is_of_new.then(|| told.max(question.began).max(step.unwrap_or(told)))
}

fn stateful_set(workload: &Workload) -> Judged {
    if workload.deleting {
        return pending("somebody is deleting it");
    }
    if workload.wanted == 0 {
        return pending("it is scaled to zero, so nothing runs the image");
    }
    // Old pods are there while it is staged. After the first creation, and after the last stage, there are none.
    if workload.partition > 0
        && workload.updated < workload.wanted
        && workload.replicas > workload.updated
    {
        return pending(format!(
            "its partition keeps {} of {} pods on the old image",
            workload.partition.min(workload.wanted),
            workload.wanted
        ));
    }
    counters(workload, workload.wanted)?;
    Ok(StageOutcome::Success { ended_at: None })
}

fn daemon_set(workload: &Workload) -> Judged {
    if workload.deleting {
        return pending("somebody is deleting it");
    }
    if workload.wanted == 0 {
        return pending("no node takes it, so nothing runs the image");
    }
    counters(workload, workload.wanted)?;
    Ok(StageOutcome::Success { ended_at: None })
}

fn counters(workload: &Workload, wanted: i64) -> Result<(), String> {
    let Workload {
        replicas,
        updated,
        available,
        on_delete,
        ..
    } = workload;
    if *updated < wanted {
        let why = if *on_delete {
            "; its strategy is OnDelete, so a person must delete the old ones"
        } else {
            ""
        };
        return Err(format!(
            "{updated} of {wanted} pods have the new image{why}"
        ));
    }
    if replicas > updated {
        return Err(format!("{} old pods are still there", replicas - updated));
    }
    if available < updated {
        return Err(format!("{available} of {updated} new pods are available"));
    }
    Ok(())
}

pub(super) fn failure(
    question: &RolloutQuestion<'_>,
    concluded_at: Option<DateTime<Utc>>,
    excerpt: String,
) -> StageOutcome {
    StageOutcome::Failure {
        concluded_at,
        checks: vec![FailedCheck {
            name: format!("rollout of {}", question.name()),
            url: None,
            excerpt: Some(excerpt),
        }],
    }
}
