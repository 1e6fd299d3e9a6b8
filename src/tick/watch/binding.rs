//! Whose run a thread is, and whether anything may be written to its issue (SPEC 3 and 4.3).
//!
//! Whoever can write to T3 can write titles and messages there. So nothing that T3 says opens the way to an issue: the
//! forge must show the very event that the run is bound to, or that we locked the issue for what it does not show any more.

use crate::domain::identity::{MessageId, Title};
use crate::domain::repository::ForgeKind;
use crate::domain::run::revocation::Gone;
use crate::domain::start::dispatch_policy::Binding;
use crate::domain::told::labels::LabelNames;
use crate::executor::Thread;
use crate::tracker::{IssueEventKind, IssueReading, RunIssue};

/// Whether a run's issue may be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    /// It may.
    Allowed,
    /// It may not; why, for people.
    Refused(&'static str),
    /// Not every event could be read, and what would allow it is not among those that were: nothing is written, and what
    /// has to be written is waited for.
    Unknown(&'static str),
}

/// Returns whether the title, the messages and the id of a thread name different runs.
pub(super) fn is_contradictory(thread: &Thread) -> bool {
    // The id of a thread is made of its repository and its slot: what names others never had this one.
    let foreign = |message: &MessageId| message.repository.thread(message.slot) != thread.id;
    if thread.messages.iter().any(foreign) {
        return true;
    }
    let mut messages = thread.messages.iter();
    let Some(first) = messages.next() else {
        return false;
    };
    let other_message = messages.any(|message| {
        message.repository != first.repository
            || message.issue != first.issue
            || message.authorisation != first.authorisation
            || message.slot != first.slot
    });
    let other_title = thread.parsed_title().is_some_and(|title| {
        title.issue != Title::UNKNOWN_ISSUE
            && (title.issue != first.issue
                || title.slot != first.slot
                || title.authorisation != first.authorisation.digest())
    });
    other_message || other_title
}

/// Returns whether the issue shows the event that a run is bound to.
pub(super) fn is_shown(binding: &Binding, reading: &IssueReading) -> bool {
    reading.events.iter().any(|event| match &event.kind {
        IssueEventKind::LabelAdded { id: Some(id), .. } => binding.authorisation.is(id),
        IssueEventKind::LabelAdded { id: None, .. }
        | IssueEventKind::LabelRemoved { .. }
        | IssueEventKind::Closed(_)
        | IssueEventKind::Reopened
        | IssueEventKind::Referenced { .. } => false,
    })
}

/// Whether the events of a label that is deleted in its repository vanish from the issues. On GitHub they stay.
const fn forgets_deleted_labels(forge: ForgeKind) -> bool {
    match forge {
        ForgeKind::GitHub => false,
        ForgeKind::Forgejo => true,
    }
}

/// Returns whether we locked the issue for a labelling that the forge does not show any more: Forgejo and Gitea forget what was
/// done with a label that is deleted. Whatever we locked an issue for stands before our lock, as long as its label is there; so
/// a run that somebody made up finds it, and is not it.
fn lost_its_event(reading: &IssueReading, labels: LabelNames<'_>) -> bool {
    let (ready, lock) = (
        labels.ready.to_lowercase(),
        labels.in_progress.to_lowercase(),
    );
    for event in &reading.events {
        let IssueEventKind::LabelAdded { label, .. } = &event.kind else {
            continue;
        };
        let label = label.to_lowercase();
        if label == ready {
            return false;
        }
        if label == lock && event.by_us {
            return true;
        }
    }
    false
}

/// Judges what `forge` shows of a run's issue; `enrolled` is whether the repository is on the allowlist.
pub(super) fn writes(
    binding: Option<&Binding>,
    found: Option<&RunIssue>,
    forge: ForgeKind,
    labels: LabelNames<'_>,
    enrolled: bool,
) -> Writes {
    let Some(binding) = binding else {
        return Writes::Refused("nobody knows any more what the run is bound to");
    };
    let reading = match found {
        Some(RunIssue::Issue(reading)) => reading,
        Some(RunIssue::Missing) => return Writes::Refused(Gone::Deleted.in_words()),
        Some(RunIssue::Transferred) => return Writes::Refused(Gone::Transferred.in_words()),
        Some(RunIssue::Unreadable(_)) | None => {
            return Writes::Unknown("the issue could not be read");
        }
    };
    let mut labelled_by_us = None;
    let mut locked_by_us = false;
    for event in &reading.events {
        let IssueEventKind::LabelAdded { label, id } = &event.kind else {
            continue;
        };
        if id.as_ref().is_some_and(|id| binding.authorisation.is(id)) {
            labelled_by_us = Some(event.by_us);
        }
        locked_by_us |= event.by_us && label.to_lowercase() == labels.in_progress.to_lowercase();
    }
    const GAP: &str = "not every event of the issue could be read";
    let is_whole = reading.gaps.is_empty();
    match (labelled_by_us, enrolled) {
        (None, _) if !is_whole => Writes::Unknown(GAP),
        (Some(false), false) if !locked_by_us && !is_whole => Writes::Unknown(GAP),
        (None, true) if forgets_deleted_labels(forge) && lost_its_event(reading, labels) => {
            Writes::Allowed
        }
        (None, _) => Writes::Refused("what the run is bound to is no label event of the issue"),
        (Some(true), _) => Writes::Refused("the label that the run is bound to was put on by us"),
        (Some(false), false) if !locked_by_us => Writes::Refused(
            "the repository is not on AFK_ALLOWLIST, and we never put the lock label on the issue",
        ),
        (Some(false), _) => Writes::Allowed,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::identity::Authorisation;
    use crate::domain::issue::{Actor, IssueState};
    use crate::domain::repository::IssueNumber;
    use crate::domain::start::dispatch_policy::BoundAuthorisation;
    use crate::tracker::IssueEvent;

    const LABELS: LabelNames<'_> = LabelNames {
        ready: "ready-for-agent",
        in_progress: "agent-in-progress",
        ready_for_human: "ready-for-human",
    };

    fn id(id: &str) -> Authorisation {
        Authorisation::new(id).unwrap()
    }

    fn added(label: &str, event: &str, by_us: bool) -> IssueEvent {
        IssueEvent {
            at: DateTime::UNIX_EPOCH,
            actor: Actor::Gone,
            by_us,
            kind: IssueEventKind::LabelAdded {
                label: label.to_owned(),
                id: Some(id(event)),
            },
        }
    }

    fn found(events: &[IssueEvent], gaps: &[&str]) -> RunIssue {
        RunIssue::Issue(Box::new(IssueReading {
            number: IssueNumber(7),
            url: String::new(),
            title: String::new(),
            state: IssueState::Open,
            labels: Vec::new(),
            events: events.to_vec(),
            own_comments: Vec::new(),
            gaps: gaps.iter().map(|gap| (*gap).to_owned()).collect(),
            comments_incomplete: false,
        }))
    }

    /// In words: `allowed`, `refused`, or `unknown`.
    fn judged(
        events: &[IssueEvent],
        gaps: &[&str],
        forge: ForgeKind,
        enrolled: bool,
    ) -> &'static str {
        let binding = Binding {
            issue: IssueNumber(7),
            authorisation: BoundAuthorisation::Event(id("E")),
        };
        let found = found(events, gaps);
        match writes(Some(&binding), Some(&found), forge, LABELS, enrolled) {
            Writes::Allowed => "allowed",
            Writes::Refused(_) => "refused",
            Writes::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn an_issue_that_we_locked_for_a_labelling_that_is_forgotten_may_be_written_to() {
        let lock = || added("Agent-In-Progress", "2", true);
        let ready = |event| added("Ready-For-Agent", event, false);
        let other = || added("bug", "1", false);
        for (what, events, gaps, forge, enrolled, expected) in [
            (
                "the label is gone",
                vec![other(), lock()],
                &[][..],
                ForgeKind::Forgejo,
                true,
                "allowed",
            ),
            (
                "it came anew",
                vec![lock(), ready("3")],
                &[],
                ForgeKind::Forgejo,
                true,
                "allowed",
            ),
            (
                "it is not gone: the run is made up",
                vec![ready("1"), lock()],
                &[],
                ForgeKind::Forgejo,
                true,
                "refused",
            ),
            (
                "of two locks the first counts",
                vec![ready("1"), lock(), lock()],
                &[],
                ForgeKind::Forgejo,
                true,
                "refused",
            ),
            (
                "somebody else locked it",
                vec![added("agent-in-progress", "2", false)],
                &[],
                ForgeKind::Forgejo,
                true,
                "refused",
            ),
            (
                "we put another label on",
                vec![added("bug", "2", true)],
                &[],
                ForgeKind::Forgejo,
                true,
                "refused",
            ),
            (
                "nobody locked it",
                vec![],
                &[],
                ForgeKind::Forgejo,
                true,
                "refused",
            ),
            (
                "off the allowlist",
                vec![lock()],
                &[],
                ForgeKind::Forgejo,
                false,
                "refused",
            ),
            (
                "not all is shown",
                vec![lock()],
                &["a gap"],
                ForgeKind::Forgejo,
                true,
                "unknown",
            ),
            (
                "where nothing is forgotten",
                vec![lock()],
                &[],
                ForgeKind::GitHub,
                true,
                "refused",
            ),
        ] {
            assert_eq!(judged(&events, gaps, forge, enrolled), expected, "{what}");
        }
    }

    #[test]
    fn the_event_itself_opens_the_way_unless_it_is_ours() {
        for forge in [ForgeKind::GitHub, ForgeKind::Forgejo] {
            let bound = |by_us| added("ready-for-agent", "E", by_us);
            let lock = added("agent-in-progress", "2", true);
            assert_eq!(judged(&[bound(false)], &[], forge, true), "allowed");
            assert_eq!(judged(&[bound(false)], &["a gap"], forge, true), "allowed");
            assert_eq!(judged(&[bound(false)], &[], forge, false), "refused");
            assert_eq!(
                judged(&[bound(false), lock.clone()], &[], forge, false),
                "allowed"
            );
            assert_eq!(judged(&[bound(true), lock], &[], forge, true), "refused");
        }
    }
}
