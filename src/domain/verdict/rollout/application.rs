//! What an Argo CD Application says about a commit.

use chrono::{DateTime, Utc};

use super::progress::{Judged, REFUSED_PODS_MAX, failure, helping, pending};
use super::question::RolloutQuestion;
use super::workload::Condition;
use crate::domain::text::quoting::{one_line, shorten};
use crate::domain::text::redaction::redact;
use crate::domain::verdict::ci::{FailedCheck, Hold, StageOutcome};
use crate::domain::verdict::image_tag::{self, ImageReference};

/// The longest message that is quoted of what is waited for, in characters.
const MESSAGE_MAX: usize = 200;

/// Errors that are quoted while it is waited for it.
const ERRORS_MAX: usize = 2;

/// An Application, as far as the fold asks. What it leaves out is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application {
    /// Whether somebody is deleting it.
    pub deleting: bool,
    /// `status.sync.status`.
    pub sync: String,
    /// `status.health.status`.
    pub health: String,
    /// `status.health.lastTransitionTime`.
    pub health_changed_at: Option<DateTime<Utc>>,
    /// `status.health.message`.
    pub health_message: String,
    /// `status.sync.revision` and `revisions`.
    pub revisions: Vec<String>,
    /// `status.summary.images`.
    pub images: Vec<String>,
    /// `status.conditions`, which have a type and a message only.
    pub conditions: Vec<Condition>,
    /// `status.operationState.phase`.
    pub operation: String,
    /// `status.operationState.message`.
    pub operation_message: String,
    /// What the operation was for: `status.operationState.syncResult.revision` and `revisions`.
    pub operation_revisions: Vec<String>,
    /// `status.operationState.startedAt`.
    pub started_at: Option<DateTime<Utc>>,
    /// `status.operationState.finishedAt`.
    pub finished_at: Option<DateTime<Utc>>,
}

pub(super) fn judge(application: &Application, question: &RolloutQuestion<'_>) -> Judged {
    let is_ours =
        |revisions: &[String]| revisions.iter().any(|revision| question.is_ours(revision));
    let is_own = |revisions: &[String]| {
        revisions
            .iter()
            .any(|revision| question.is_of_run(revision))
    };
    let runs = |is_one: &dyn Fn(&str) -> bool| {
        let mut images = application.images.iter();
        images.any(|image| ImageReference::parse(image).tag.is_some_and(is_one))
    };
    let has_failed = matches!(application.operation.as_str(), "Failed" | "Error");
    let operation = &application.operation_revisions;
    let was_terminated = has_failed && was_terminated(&application.operation_message);
    // Whoever wants to sync again has to terminate what runs first.
    let lasts = application
        .finished_at
        .is_none_or(|at| question.now - at >= REFUSED_PODS_MAX);
    if was_terminated && lasts && is_own(operation) && is_ours(operation) {
        let what = format!(
            "the sync of {} was terminated; a person has to sync it again",
            question.name()
        );
        return Ok(held(Hold::Stopped, application.finished_at, what));
    }
    // Whoever terminated the sync of an older commit did not stop ours.
    if has_failed && is_own(operation) && !was_terminated {
        return Ok(failure(
            question,
            application.finished_at,
            format!("the sync failed: {}", application.operation_message),
        ));
    }
    let runs_own = runs(&|tag| question.is_of_run(tag)) || is_own(&application.revisions);
    let is_newer = is_ours(operation) && !is_own(operation);
    let unfinished = unfinished(application, is_newer);
    let judged = helping(
        running(
            application,
            question,
            runs(&|tag| question.is_ours(tag)) || is_ours(&application.revisions),
            // What the sync of a newer commit came to says nothing about what runs.
            unfinished.as_deref().filter(|_| !is_newer),
        ),
        runs_own,
        "a newer commit that contains it is not healthy",
    );
    // Whoever's the sync is, it tells why it is waited for.
    judged.map_err(|detail| {
        let mut said = vec![detail];
        let errors = errors(application, unfinished.is_some());
        for why in unfinished.into_iter().chain(errors) {
            if !said.contains(&why) {
                said.push(why);
            }
        }
        said.join("; ")
    })
}

/// Whether a person ended a sync: Argo CD says so in these words, and names its own time limit where that ended it.
fn was_terminated(message: &str) -> bool {
    ["Operation terminated", "Operation termination had errors"]
        .iter()
        .any(|begins| message.starts_with(begins))
        && !message.contains("timeout")
}

/// Why a sync is not over well, where that is told: hooks run after everything is synced and healthy.
fn unfinished(application: &Application, is_newer: bool) -> Option<String> {
    let whose = if is_newer {
        "the sync of a newer commit that contains it"
    } else {
        "its sync"
    };
    let phase = application.operation.as_str();
    let said = if matches!(phase, "Running" | "Terminating") {
        "is under way"
    } else if matches!(phase, "Failed" | "Error") {
        "failed"
    } else {
        return None;
    };
    Some(with_message(
        &format!("{whose} {said}"),
        &application.operation_message,
    ))
}

/// What keeps it from being compared or synced, without what was said of its sync already.
fn errors(application: &Application, is_sync_told: bool) -> Vec<String> {
    let sync = one_line(&application.operation_message);
    let repeats =
        |message: &str| is_sync_told && !sync.is_empty() && one_line(message).contains(&sync);
    let conditions = application.conditions.iter();
    conditions
        .filter(|condition| condition.kind.ends_with("Error") && !repeats(&condition.message))
        .map(|condition| with_message(&condition.kind, &condition.message))
        .take(ERRORS_MAX)
        .collect()
}

fn with_message(said: &str, message: &str) -> String {
    // What is cut can not be redacted any more.
    match shorten(&one_line(&redact(message)), MESSAGE_MAX).as_str() {
        "" => said.to_owned(),
        message => format!("{said}: {message}"),
    }
}

fn running(
    application: &Application,
    question: &RolloutQuestion<'_>,
    is_ours: bool,
    unfinished: Option<&str>,
) -> Judged {
    if application.deleting {
        return pending("somebody is deleting it");
    }
    if !is_ours {
        return pending(format!("it still runs {}", runs(application, question)));
    }
    if application.sync != "Synced" {
        return pending(format!("it is {}", word(&application.sync)));
    }
    let message = match application.health_message.as_str() {
        "" => String::new(),
        message => format!(": {message}"),
    };
    match application.health.as_str() {
        "Healthy" => match unfinished {
            Some(unfinished) => pending(unfinished),
            None => Ok(StageOutcome::Success {
                ended_at: application.finished_at,
            }),
        },
        "Degraded" => degraded(application, question, &message),
        "Suspended" => Ok(held(
            Hold::Waits,
            Some(waits_since(application, question)),
            format!(
                "{} is suspended: it waits in a pause, or for a person to resume it",
                question.name()
            ),
        )),
        health => pending(format!("it is {}{message}", word(health))),
    }
}

/// What it runs: the image of a known commit, else two of which one may be the commit's.
fn runs(application: &Application, question: &RolloutQuestion<'_>) -> String {
    let images = || application.images.iter();
    let has_tag = |image: &str, counts: &dyn Fn(&str) -> bool| {
        ImageReference::parse(image).tag.is_some_and(counts)
    };
    let is_known = |image: &&String| has_tag(image, &|tag| question.is_another_of_ours(tag));
    if let Some(image) = images().find(is_known) {
        return format!("image {image}");
    }
    let names_a_commit = |image: &&String| has_tag(image, &image_tag::names_a_commit);
    let rest = images().filter(|image| !names_a_commit(image));
    let likely: Vec<&String> = images()
        .filter(names_a_commit)
        .chain(rest)
        .take(2)
        .collect();
    match (likely.as_slice(), application.revisions.first()) {
        ([one, two, ..], _) => format!("images {one} and {two}"),
        ([one], _) => format!("image {one}"),
        ([], Some(revision)) => format!("revision {revision}"),
        ([], None) => "nothing that it names".to_owned(),
    }
}

/// Since when it waits: a pause that began with our sync began when its health changed. One that was there before, or of which nobody
/// tells since when, is ours since the sync ended.
fn waits_since(application: &Application, question: &RolloutQuestion<'_>) -> DateTime<Utc> {
    let changed_at = application.health_changed_at;
    let synced_at = application.finished_at.or(application.started_at);
    changed_at
        .filter(|_| !was_so_before(application))
        .unwrap_or_else(|| not_before(synced_at, question))
}

/// Whether its health was what it is before its sync began.
fn was_so_before(application: &Application) -> bool {
    let started_at = application.started_at.or(application.finished_at);
    application
        .health_changed_at
        .zip(started_at)
        .is_some_and(|(changed_at, started_at)| changed_at < started_at)
}

/// A time, or that from which on anything was expected where it is later or nobody tells.
fn not_before(told: Option<DateTime<Utc>>, question: &RolloutQuestion<'_>) -> DateTime<Utc> {
    told.map_or(question.began, |told| told.max(question.began))
}

fn held(hold: Hold, since: Option<DateTime<Utc>>, name: String) -> StageOutcome {
    StageOutcome::Blocked {
        hold,
        since,
        what: FailedCheck {
            name,
            url: None,
            excerpt: None,
        },
    }
}

/// Pods that are replaced, or that wait for another part, look Degraded for a moment. It counts when it lasts, and not where it was
/// so before our sync began.
fn degraded(application: &Application, question: &RolloutQuestion<'_>, message: &str) -> Judged {
    // Where nobody tells since when, at the earliest since the sync ended, or since anything was expected of it.
    let since = (application.health_changed_at)
        .unwrap_or_else(|| not_before(application.finished_at, question));
    let was_before = was_so_before(application);
    let shown = since.format("%Y-%m-%d %H:%M:%S UTC");
    if was_before {
        pending(format!(
            "it is Degraded since {shown}, before its sync began{message}"
        ))
    } else if question.now - since < REFUSED_PODS_MAX {
        pending(format!("it is Degraded since {shown}{message}"))
    } else {
        let said = format!("it is Degraded since {shown}{message}");
        Ok(failure(question, Some(since), said))
    }
}

fn word(told: &str) -> &str {
    if told.is_empty() { "Unknown" } else { told }
}
