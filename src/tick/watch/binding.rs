//! Whose run a thread is, and whether anything may be written to its issue (SPEC 3 and 4.3).
//!
//! Whoever can write to T3 can write titles and messages there. So nothing that T3 says opens the way to an issue: the
//! forge must show the very event that the run is bound to.

use crate::domain::identity::{MessageId, Title};
use crate::domain::run::revocation::Gone;
use crate::domain::start::dispatch_policy::Binding;
use crate::executor::Thread;
use crate::tracker::{IssueEventKind, RunIssue};

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

/// Judges what the forge shows of a run's issue. `lock` is the lock label; `enrolled` whether the repository is on the
/// allowlist.
pub(super) fn writes(
    binding: Option<&Binding>,
    found: Option<&RunIssue>,
    lock: &str,
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
        locked_by_us |= event.by_us && label.to_lowercase() == lock.to_lowercase();
    }
    const GAP: &str = "not every event of the issue could be read";
    let is_whole = reading.gaps.is_empty();
    match (labelled_by_us, enrolled) {
        (None, _) if !is_whole => Writes::Unknown(GAP),
        (Some(false), false) if !locked_by_us && !is_whole => Writes::Unknown(GAP),
        (None, _) => Writes::Refused("what the run is bound to is no label event of the issue"),
        (Some(true), _) => Writes::Refused("the label that the run is bound to was put on by us"),
        (Some(false), false) if !locked_by_us => Writes::Refused(
            "the repository is not on AFK_ALLOWLIST, and we never put the lock label on the issue",
        ),
        (Some(false), _) => Writes::Allowed,
    }
}
