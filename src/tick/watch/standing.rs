//! Where a run's authorisation stands, from what the forge told of its issue.
//!
//! A translation: the judgement is `domain::run::revocation`'s.

use crate::domain::identity::Authorisation;
use crate::domain::issue::{LabelChange, LabelEvent, ViaApp};
use crate::domain::run::revocation::{
    Closer as EventCloser, Gone, IssueEvents, ReadyLabel, Revocation, RunBinding, Standing,
    StateChange, StateEvent,
};
use crate::domain::start::dispatch_policy::{Binding, BoundAuthorisation};
use crate::domain::told::labels::LabelNames;
use crate::tracker::{Closer, IssueEventKind, IssueReading, RunIssue};
use chrono::{DateTime, Utc};

/// The event that a run is bound to. Before the first message only its digest is known; the event is found among those
/// that were read, or stands for one that is older than all of them.
pub(super) fn authorisation(
    binding: Option<&Binding>,
    reading: Option<&IssueReading>,
) -> Authorisation {
    let older = || Authorisation::new("older-than-what-was-read").expect("a plain word");
    match binding.map(|binding| &binding.authorisation) {
        Some(BoundAuthorisation::Event(event)) => event.clone(),
        Some(bound @ BoundAuthorisation::Digest(_)) => reading
            .into_iter()
            .flat_map(|reading| &reading.events)
            .find_map(|event| match &event.kind {
                IssueEventKind::LabelAdded { id: Some(id), .. } if bound.is(id) => Some(id.clone()),
                IssueEventKind::LabelAdded { .. }
                | IssueEventKind::LabelRemoved { .. }
                | IssueEventKind::Closed(_)
                | IssueEventKind::Reopened
                | IssueEventKind::Referenced { .. } => None,
            })
            .unwrap_or_else(older),
        None => older(),
    }
}

/// Where the authorisation stands. An issue that is gone was withdrawn; of one that could not be read nothing is known.
pub(super) fn standing(
    issue: Option<&RunIssue>,
    binding: &RunBinding<'_>,
    now: DateTime<Utc>,
) -> Standing {
    let reading = match issue {
        Some(RunIssue::Issue(reading)) => reading,
        Some(RunIssue::Missing) => return without_issue(Revocation::IssueGone(Gone::Deleted)),
        Some(RunIssue::Transferred) => {
            return without_issue(Revocation::IssueGone(Gone::Transferred));
        }
        Some(RunIssue::Unreadable(_)) | None => return without_issue(Revocation::None),
    };
    let mut events = IssueEvents::default();
    for (index, event) in reading.events.iter().enumerate() {
        let label_event = |id: Option<&Authorisation>, change, label: &String| LabelEvent {
            id: id
                .cloned()
                .or_else(|| Authorisation::new(&format!("event-{index}")))
                .expect("a plain word"),
            at: event.at,
            change,
            label: label.clone(),
            actor: event.actor.clone(),
            via_app: ViaApp::Unknown,
        };
        match &event.kind {
            IssueEventKind::LabelAdded { label, id } => {
                events
                    .labels
                    .push(label_event(id.as_ref(), LabelChange::Added, label));
            }
            IssueEventKind::LabelRemoved { label } => {
                events
                    .labels
                    .push(label_event(None, LabelChange::Removed, label));
            }
            IssueEventKind::Closed(closer) => events.states.push(StateEvent {
                at: event.at,
                actor: event.actor.clone(),
                change: StateChange::Closed(match closer {
                    Closer::Actor => EventCloser::Actor,
                    Closer::Commit(sha) => EventCloser::Commit(sha.clone()),
                    // What a bot proposed is nobody's work on the issue, whoever merged it.
                    Closer::PullRequest { author, .. }
                        if author.is_others_bot(binding.own_account, binding.agents) =>
                    {
                        EventCloser::Other
                    }
                    Closer::PullRequest { merge_commit, .. } => {
                        EventCloser::Merge(merge_commit.clone())
                    }
                    Closer::Other(_) => EventCloser::Other,
                }),
            }),
            IssueEventKind::Reopened => events.states.push(StateEvent {
                at: event.at,
                actor: event.actor.clone(),
                change: StateChange::Reopened,
            }),
            IssueEventKind::Referenced { .. } => {}
        }
    }
    events.standing(binding, now)
}

const fn without_issue(revocation: Revocation) -> Standing {
    Standing {
        withdrawn_once: revocation.is_revoked(),
        revocation,
        ready_label: ReadyLabel::Off,
        closed: None,
    }
}

/// Where an authorisation stands of which nothing is known.
pub(super) const fn unknown() -> Standing {
    without_issue(Revocation::None)
}

/// When we handed the issue back, if we did since it was last locked.
pub(super) fn handed_back_at(
    reading: &IssueReading,
    labels: LabelNames<'_>,
) -> Option<DateTime<Utc>> {
    let newest_first = reading.events.iter().rev();
    let mut labelled = newest_first.filter_map(|event| match &event.kind {
        IssueEventKind::LabelAdded { label, .. } => Some((label.to_lowercase(), event)),
        IssueEventKind::LabelRemoved { .. }
        | IssueEventKind::Closed(_)
        | IssueEventKind::Reopened
        | IssueEventKind::Referenced { .. } => None,
    });
    let (lock, human) = (
        labels.in_progress.to_lowercase(),
        labels.ready_for_human.to_lowercase(),
    );
    let (label, event) = labelled.find(|(label, _)| *label == lock || *label == human)?;
    (label == human && event.by_us).then_some(event.at)
}
