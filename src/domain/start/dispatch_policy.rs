//! Which issue goes next: order and brakes (SPEC 4.1, p3 and p4). How many may start is `caps`.
//!
//! It does not ask who labelled what: that is the trust gate's. It knows slots and labels, decides what may be
//! considered at all, and says of everything else why not.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::identity::{
    Authorisation, AuthorisationDigest, Ending, MessageId, Slot, ThreadId, Title,
};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::start::priority::Priority;

/// What a slot is bound to, as far as T3 still tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The issue.
    pub issue: IssueNumber,
    /// The authorisation.
    pub authorisation: BoundAuthorisation,
}

/// An authorisation as a slot names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoundAuthorisation {
    /// From a message id: the event itself.
    Event(Authorisation),
    /// From a title: its digest.
    Digest(AuthorisationDigest),
}

impl BoundAuthorisation {
    /// Returns the short form, as titles carry it.
    #[must_use]
    pub fn digest(&self) -> AuthorisationDigest {
        match self {
            Self::Event(event) => event.digest(),
            Self::Digest(digest) => digest.clone(),
        }
    }

    /// Returns whether the slot is bound to this event.
    #[must_use]
    pub fn is(&self, authorisation: &Authorisation) -> bool {
        match self {
            Self::Event(event) => event == authorisation,
            Self::Digest(digest) => *digest == authorisation.digest(),
        }
    }
}

/// One slot of a repository, as T3 shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotView {
    /// Its number.
    pub slot: Slot,
    /// Its thread.
    pub thread: ThreadId,
    /// What it is bound to; `None` when a person made the title unreadable and no message is listed.
    pub binding: Option<Binding>,
    /// How far it is.
    pub state: SlotState,
    /// When it was created, as far as T3 tells.
    pub created_at: Option<DateTime<Utc>>,
}

/// How far a slot is (SPEC 3). A slot that does not exist has no view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// The thread exists, without a message of ours.
    Allocated,
    /// A message of ours exists, or a sign that there was one: a turn, or a message of an agent.
    Started,
    /// The end is recorded in the title.
    Ended,
    /// Archived or deleted.
    Released,
}

impl SlotView {
    /// Reads a slot from its thread's title and our messages in it. Message ids outrank the title, because
    /// people can rename threads. `has_worked` says that the thread shows a turn, or a message of an agent: servers
    /// cut long threads, and people revert them, so that our messages may be gone.
    #[must_use]
    pub fn read(
        slot: Slot,
        thread: ThreadId,
        title: Option<&Title>,
        messages: &[MessageId],
        has_worked: bool,
        released: bool,
        created_at: Option<DateTime<Utc>>,
    ) -> Self {
        let ours = messages.iter().find(|message| message.slot == slot);
        let binding = match (ours, title) {
            (Some(message), _) => Some(Binding {
                issue: message.issue,
                authorisation: BoundAuthorisation::Event(message.authorisation.clone()),
            }),
            (None, Some(title)) if title.slot == slot && title.issue != Title::UNKNOWN_ISSUE => {
                Some(Binding {
                    issue: title.issue,
                    authorisation: BoundAuthorisation::Digest(title.authorisation.clone()),
                })
            }
            (None, Some(_) | None) => None,
        };
        let ended = title.is_some_and(|title| title.ending.is_some());
        let state = match (released, ended, ours.is_some() || has_worked) {
            (true, _, _) => SlotState::Released,
            (false, true, _) => SlotState::Ended,
            (false, false, true) => SlotState::Started,
            (false, false, false) => SlotState::Allocated,
        };
        Self {
            slot,
            thread,
            binding,
            state,
            created_at,
        }
    }

    /// Returns the bound issue, as titles tell it: [`Title::UNKNOWN_ISSUE`] when nobody knows it any more.
    #[must_use]
    pub fn issue(&self) -> IssueNumber {
        self.binding
            .as_ref()
            .map_or(Title::UNKNOWN_ISSUE, |binding| binding.issue)
    }

    /// Returns the short form of the bound authorisation, as titles tell it.
    #[must_use]
    pub fn digest(&self) -> AuthorisationDigest {
        self.binding
            .as_ref()
            .map_or_else(AuthorisationDigest::unknown, |binding| {
                binding.authorisation.digest()
            })
    }

    /// Returns the title that tells its end.
    #[must_use]
    pub fn title(&self, repo: &RepoRef, ending: Ending) -> Title {
        Title {
            full_name: repo.full_name(),
            issue: self.issue(),
            slot: self.slot,
            authorisation: self.digest(),
            ending: Some(ending),
        }
    }
}

/// What may happen in one repository this tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Nothing may start.
    Closed(Reason),
    /// A run is under way whose issue may have lost its lock label.
    Running {
        /// The bound issue.
        issue: IssueNumber,
        /// Why nothing else may start.
        reason: Reason,
    },
    /// The slot was created and not started: this issue and no other.
    Resume(SlotView),
    /// This slot may be created.
    Free(Slot),
}

/// Decides what may happen, from the repository's slots (in order) and the issues that show the lock label.
#[must_use]
pub fn opening(slots: &[SlotView], locked: &[IssueNumber]) -> Opening {
    let highest = slots.last();
    let busy = |slot: Slot, what: &str| {
        Reason::new(ReasonCode::RepositoryBusy, format!("run {slot} {what}"))
    };
    match highest.map(|view| (view, view.state)) {
        Some((view, SlotState::Started)) => {
            let reason = busy(view.slot, "is under way");
            match &view.binding {
                Some(binding) => Opening::Running {
                    issue: binding.issue,
                    reason,
                },
                None => Opening::Closed(reason),
            }
        }
        Some((view, SlotState::Ended)) => {
            Opening::Closed(busy(view.slot, "has ended and is not released yet"))
        }
        Some((view, SlotState::Allocated)) => Opening::Resume(view.clone()),
        Some((_, SlotState::Released)) | None => match locked.first() {
            Some(issue) => Opening::Closed(lock_label(*issue)),
            None => Opening::Free(highest.map_or(Slot::FIRST, |view| view.slot.next())),
        },
    }
}

/// Why nothing may start in a repository in which an issue shows the lock label of no run.
#[must_use]
pub fn lock_label(issue: IssueNumber) -> Reason {
    Reason::new(
        ReasonCode::LockLabel,
        format!("#{issue} shows the lock label and no run is live"),
    )
}

/// Why nothing else may start in a repository whose slot is allocated.
#[must_use]
pub fn allocated(slot: Slot) -> Reason {
    Reason::new(
        ReasonCode::RepositoryBusy,
        format!("run {slot} is allocated and not started"),
    )
}

/// Why an issue waits that is less urgent than one that was started.
#[must_use]
pub fn goes_first(number: IssueNumber) -> Reason {
    Reason::new(ReasonCode::LowerPriority, format!("#{number} goes first"))
}

/// An issue that asks for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its number.
    pub number: IssueNumber,
    /// Its priority.
    pub priority: Priority,
    /// Its authorisation, when the bulk read reached it.
    pub authorisation: Option<Authorisation>,
    /// When that happened, when the bulk read tells.
    pub labelled_at: Option<DateTime<Utc>>,
}

/// How much older than a slot of its issue a labelling is at least, when the slot did not come after it by chance: the slot came
/// from it, and its event was spelled anew, or an older one. Clocks of forge and poll host may differ by less.
pub const SLOT_AFTER_LABEL: TimeDelta = TimeDelta::minutes(5);

/// Returns whether this authorisation had its run: it is bound to a slot, whatever became of that. A labelling that is
/// clearly older than a slot of the same issue had its run, too. `labelled_at` is when it happened, as far as that is known.
#[must_use]
pub fn already_run(
    slots: &[SlotView],
    number: IssueNumber,
    authorisation: &Authorisation,
    labelled_at: Option<DateTime<Utc>>,
) -> Option<Reason> {
    let refuse = |detail: String| Reason::new(ReasonCode::AlreadyRun, detail);
    let mut of_issue = slots.iter().filter_map(|view| {
        let binding = view.binding.as_ref()?;
        (binding.issue == number).then_some((view, binding))
    });
    of_issue.find_map(|(view, binding)| {
        let slot = view.slot;
        if binding.authorisation.is(authorisation) {
            return Some(refuse(format!(
                "this labelling had run {slot}: label the issue anew to start another"
            )));
        }
        let is_older = labelled_at
            .zip(view.created_at)
            .is_some_and(|(labelled_at, created_at)| created_at - labelled_at > SLOT_AFTER_LABEL);
        is_older.then(|| {
            refuse(format!(
                "run {slot} was created after this labelling: label the issue anew to start another"
            ))
        })
    })
}

/// The candidates of one repository in the order they are tried, and those that had their run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Most urgent first.
    pub waiting: Vec<Candidate>,
    /// Dropped, and why.
    pub dropped: Vec<(IssueNumber, Reason)>,
}

/// Orders candidates by priority, then number, and drops those whose authorisation had its run.
#[must_use]
pub fn queue(slots: &[SlotView], candidates: Vec<Candidate>) -> Queue {
    let mut queue = Queue::default();
    let mut seen = HashSet::new();
    for candidate in candidates {
        if !seen.insert(candidate.number) {
            continue;
        }
        let had_run = candidate.authorisation.as_ref().and_then(|authorisation| {
            already_run(
                slots,
                candidate.number,
                authorisation,
                candidate.labelled_at,
            )
        });
        match had_run {
            Some(reason) => queue.dropped.push((candidate.number, reason)),
            None => queue.waiting.push(candidate),
        }
    }
    queue
        .waiting
        .sort_by_key(|candidate| (candidate.priority, candidate.number));
    queue
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::{EndKind, Ending, RepositoryId, RepositoryKey, StepNumber};
    use crate::domain::repository::ForgeKind;

    fn key() -> RepositoryKey {
        RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1))
    }

    fn event(id: &str) -> Authorisation {
        Authorisation::new(id).unwrap()
    }

    fn title(slot: u32, issue: u64, authorisation: &str, ended: bool) -> Title {
        Title {
            full_name: "o/r".to_owned(),
            issue: IssueNumber(issue),
            slot: Slot(slot),
            authorisation: event(authorisation).digest(),
            ending: ended.then_some(Ending::new(EndKind::Done, None)),
        }
    }

    fn message(slot: u32, issue: u64, authorisation: &str) -> MessageId {
        MessageId {
            repository: key(),
            issue: IssueNumber(issue),
            authorisation: event(authorisation),
            slot: Slot(slot),
            step: StepNumber::FIRST,
            red_commit: None,
        }
    }

    fn view(slot: u32, title: Option<&Title>, messages: &[MessageId], released: bool) -> SlotView {
        SlotView::read(
            Slot(slot),
            key().thread(Slot(slot)),
            title,
            messages,
            false,
            released,
            None,
        )
    }

    /// Every combination of released, title (readable or not, ended or not) and message.
    #[test]
    fn slot_states_are_read_as_specified() {
        use SlotState::{Allocated, Ended, Released, Started};
        let running = title(1, 7, "A", false);
        let ended = title(1, 7, "A", true);
        let messages = [message(1, 7, "A")];
        for (title, messages, released, state, bound) in [
            (None, &[][..], false, Allocated, false),
            (None, &messages[..], false, Started, true),
            (Some(&running), &[][..], false, Allocated, true),
            (Some(&running), &messages[..], false, Started, true),
            (Some(&ended), &[][..], false, Ended, true),
            (Some(&ended), &messages[..], false, Ended, true),
            (None, &[][..], true, Released, false),
            (None, &messages[..], true, Released, true),
            (Some(&running), &[][..], true, Released, true),
            (Some(&running), &messages[..], true, Released, true),
            (Some(&ended), &[][..], true, Released, true),
            (Some(&ended), &messages[..], true, Released, true),
        ] {
            let view = view(1, title, messages, released);
            assert_eq!((view.state, view.binding.is_some()), (state, bound));
        }
    }

    #[test]
    fn message_ids_outrank_a_title_that_people_changed() {
        let forged = title(1, 8, "B", false);
        let view = view(1, Some(&forged), &[message(1, 7, "A")], false);
        assert_eq!(
            view.binding,
            Some(Binding {
                issue: IssueNumber(7),
                authorisation: BoundAuthorisation::Event(event("A")),
            })
        );
    }

    #[test]
    fn a_title_of_another_slot_binds_nothing() {
        let copied = title(2, 8, "B", false);
        assert_eq!(view(1, Some(&copied), &[], false).binding, None);
    }

    #[test]
    fn openings_follow_the_highest_slot_and_the_lock_label() {
        let released = view(1, Some(&title(1, 7, "A", true)), &[], true);
        let allocated = view(2, Some(&title(2, 7, "B", false)), &[], false);
        let started = view(
            2,
            Some(&title(2, 7, "B", false)),
            &[message(2, 7, "B")],
            false,
        );
        let started_unreadable = SlotView {
            binding: None,
            ..started.clone()
        };
        let ended = view(2, Some(&title(2, 7, "B", true)), &[], false);
        let locked = [IssueNumber(9)];
        let code = |slots: &[SlotView], locked: &[IssueNumber]| match opening(slots, locked) {
            Opening::Closed(reason) | Opening::Running { reason, .. } => Some(reason.code),
            Opening::Resume(_) | Opening::Free(_) => None,
        };
        assert_eq!(opening(&[], &[]), Opening::Free(Slot(1)));
        assert_eq!(
            opening(std::slice::from_ref(&released), &[]),
            Opening::Free(Slot(2))
        );
        assert_eq!(code(&[], &locked), Some(ReasonCode::LockLabel));
        assert_eq!(
            code(std::slice::from_ref(&released), &locked),
            Some(ReasonCode::LockLabel)
        );
        for locked in [&[][..], &locked[..]] {
            let with = |view: &SlotView| [released.clone(), view.clone()];
            assert_eq!(
                opening(&with(&allocated), locked),
                Opening::Resume(allocated.clone())
            );
            assert_eq!(
                code(&with(&started), locked),
                Some(ReasonCode::RepositoryBusy)
            );
            assert!(matches!(
                opening(&with(&started), locked),
                Opening::Running {
                    issue: IssueNumber(7),
                    ..
                }
            ));
            assert!(matches!(
                opening(&with(&started_unreadable), locked),
                Opening::Closed(_)
            ));
            assert_eq!(
                code(&with(&ended), locked),
                Some(ReasonCode::RepositoryBusy)
            );
        }
    }

    fn candidate(number: u64, labels: &[&str], authorisation: Option<&str>) -> Candidate {
        Candidate {
            number: IssueNumber(number),
            priority: Priority::of_labels(labels.iter().copied()),
            authorisation: authorisation.map(event),
            labelled_at: None,
        }
    }

    #[test]
    fn urgent_goes_first_then_the_lower_number() {
        let queue = queue(
            &[],
            vec![
                candidate(1, &[], Some("A")),
                candidate(5, &["P2"], Some("B")),
                candidate(4, &["priority:2"], Some("C")),
                candidate(9, &["P0", "P5"], None),
            ],
        );
        let order: Vec<u64> = queue
            .waiting
            .iter()
            .map(|candidate| candidate.number.0)
            .collect();
        assert_eq!(order, [9, 4, 5, 1]);
    }

    #[test]
    fn an_authorisation_has_one_run_whatever_names_it() {
        let slots = [
            view(1, Some(&title(1, 7, "A", true)), &[], true),
            view(2, None, &[message(2, 7, "B")], true),
        ];
        let queue = queue(
            &slots,
            vec![candidate(7, &[], Some("A")), candidate(8, &[], Some("A"))],
        );
        assert_eq!(queue.dropped.len(), 1);
        assert_eq!(queue.dropped[0].1.code, ReasonCode::AlreadyRun);
        assert_eq!(queue.waiting[0].number, IssueNumber(8));
        assert!(already_run(&slots, IssueNumber(7), &event("B"), None).is_some());
        assert!(already_run(&slots, IssueNumber(7), &event("C"), None).is_none());
    }

    #[test]
    fn a_thread_that_worked_is_started_although_no_message_of_ours_is_listed() {
        let title = title(1, 7, "A", false);
        for (has_worked, released, state) in [
            (true, false, SlotState::Started),
            (true, true, SlotState::Released),
            (false, false, SlotState::Allocated),
        ] {
            let thread = key().thread(Slot(1));
            let view = SlotView::read(
                Slot(1),
                thread,
                Some(&title),
                &[],
                has_worked,
                released,
                None,
            );
            assert_eq!(view.state, state);
            assert_eq!(
                view.binding.map(|binding| binding.issue),
                Some(IssueNumber(7))
            );
        }
    }

    /// The same labelling may be spelled in two forms, and a slot may come from it.
    #[test]
    fn a_labelling_clearly_older_than_a_slot_of_its_issue_had_its_run() {
        let created = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let slots = [SlotView {
            created_at: Some(created),
            ..view(1, None, &[message(1, 7, "old-form")], true)
        }];
        let seconds = |seconds: i64| Some(created - TimeDelta::seconds(seconds));
        for (issue, labelled_at, had_run) in [
            (7, seconds(301), true),
            (7, seconds(86_400), true),
            (7, seconds(300), false),
            (7, seconds(0), false),
            (7, seconds(-60), false),
            (7, None, false),
            (8, seconds(86_400), false),
        ] {
            let reason = already_run(&slots, IssueNumber(issue), &event("new-form"), labelled_at);
            assert_eq!(
                reason.map(|reason| reason.code),
                had_run.then_some(ReasonCode::AlreadyRun),
                "{issue} {labelled_at:?}"
            );
        }
        let untold = [view(1, None, &[message(1, 7, "old-form")], true)];
        assert!(
            already_run(&untold, IssueNumber(7), &event("new-form"), seconds(86_400)).is_none()
        );
    }
}
