//! Which run a thread is, by its own words (SPEC 3).
//!
//! A thread is ours only when its id is `T(R, n)` of the repository and slot that its binding names: anybody who may write to T3
//! can type a title or send a message id in our format. Title and messages are read apart, and must agree. A title alone names
//! no repository id, so that callers hold it against the repositories they know with [`Claim::is_of`].

use crate::domain::identity::{
    Authorisation, AuthorisationDigest, MessageId, RepositoryKey, Slot, ThreadId, Title,
};
use crate::domain::repository::IssueNumber;

/// What a thread says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Neither title nor messages are in our format, or what they name is another thread: none of ours, as far as this tells.
    Nothing,
    /// Only the title speaks: allocated and not started, or the messages are not listed. Ours where [`Claim::is_of`] says so.
    Titled {
        /// The slot.
        slot: Slot,
        /// The issue.
        issue: IssueNumber,
        /// Short form of the authorisation.
        authorisation: AuthorisationDigest,
    },
    /// Messages of ours are there, the thread is the one that they name, and the title does not contradict them.
    Bound {
        /// The repository.
        repository: RepositoryKey,
        /// The slot.
        slot: Slot,
        /// The issue.
        issue: IssueNumber,
        /// The authorisation.
        authorisation: Authorisation,
    },
    /// The thread is the one that a message names, and title and messages, or two messages, name different bindings.
    Forged {
        /// The repository that the thread belongs to.
        repository: RepositoryKey,
        /// The slot.
        slot: Slot,
        /// What contradicts what, in words.
        why: String,
    },
}

impl Claim {
    /// Reads what a thread says of itself. `title` is absent where a person made it unreadable; `messages` are ours, as listed.
    #[must_use]
    pub fn read(thread: ThreadId, title: Option<&Title>, messages: &[MessageId]) -> Self {
        let genuine = |message: &&MessageId| message.repository.thread(message.slot) == thread;
        let mut ours = messages.iter().filter(genuine);
        let Some(first) = ours.next() else {
            return match title {
                Some(title) if messages.is_empty() => Self::Titled {
                    slot: title.slot,
                    issue: title.issue,
                    authorisation: title.authorisation.clone(),
                },
                // Messages in our format that belong elsewhere: somebody copied them.
                Some(_) | None => Self::Nothing,
            };
        };
        let forged = |why: String| Self::Forged {
            repository: first.repository.clone(),
            slot: first.slot,
            why,
        };
        let other = ours.find(|message| {
            (message.issue, &message.authorisation) != (first.issue, &first.authorisation)
        });
        if let Some(other) = other {
            return forged(format!(
                "a message names issue {} and another one issue {}, or another label event",
                first.issue, other.issue
            ));
        }
        if let Some(title) = title {
            let said = (title.slot, title.issue, &title.authorisation);
            let digest = first.authorisation.digest();
            // A title that we wrote when nobody knew the issue any more contradicts nothing.
            let unknown = title.issue == Title::UNKNOWN_ISSUE;
            if !unknown && said != (first.slot, first.issue, &digest) {
                return forged(format!(
                    "the title names issue {} in run {}, the messages name issue {} in run {}, or another label event",
                    title.issue, title.slot, first.issue, first.slot
                ));
            }
        }
        Self::Bound {
            repository: first.repository.clone(),
            slot: first.slot,
            issue: first.issue,
            authorisation: first.authorisation.clone(),
        }
    }

    /// Returns whether the thread with this id is a run of this repository.
    #[must_use]
    pub fn is_of(&self, thread: ThreadId, key: &RepositoryKey) -> bool {
        match self {
            Self::Nothing => false,
            Self::Titled { slot, .. } => key.thread(*slot) == thread,
            Self::Bound { repository, .. } | Self::Forged { repository, .. } => repository == key,
        }
    }

    /// Returns the slot that the thread names; it proves nothing by itself.
    #[must_use]
    pub const fn slot(&self) -> Option<Slot> {
        match self {
            Self::Nothing => None,
            Self::Titled { slot, .. } | Self::Bound { slot, .. } | Self::Forged { slot, .. } => {
                Some(*slot)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::{RepositoryId, StepNumber};
    use crate::domain::repository::ForgeKind;

    fn key() -> RepositoryKey {
        RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1))
    }

    fn message(slot: u32, issue: u64, event: &str, step: u32) -> MessageId {
        MessageId {
            repository: key(),
            issue: IssueNumber(issue),
            authorisation: Authorisation::new(event).unwrap(),
            slot: Slot(slot),
            step: StepNumber(step),
            red_commit: None,
        }
    }

    fn title(slot: u32, issue: u64, event: &str) -> Title {
        let digest = Authorisation::new(event).unwrap().digest();
        Title::parse(&format!("acme/widgets#{issue} · run {slot} · {digest}")).unwrap()
    }

    fn read(title: Option<Title>, messages: &[MessageId]) -> Claim {
        Claim::read(key().thread(Slot(2)), title.as_ref(), messages)
    }

    fn is_bound(binding: &Claim) -> bool {
        matches!(
            binding,
            Claim::Bound {
                slot: Slot(2),
                issue: IssueNumber(7),
                ..
            }
        )
    }

    fn is_forged(binding: &Claim) -> bool {
        matches!(binding, Claim::Forged { slot: Slot(2), .. })
    }

    #[test]
    fn title_and_messages_that_agree_bind() {
        let first = message(2, 7, "LE_1", 0);
        let second = message(2, 7, "LE_1", 1);
        assert!(is_bound(&read(
            Some(title(2, 7, "LE_1")),
            &[first.clone(), second.clone()]
        )));
        // The first message was cut; the title was changed by a person.
        assert!(is_bound(&read(
            Some(title(2, 7, "LE_1")),
            std::slice::from_ref(&second)
        )));
        assert!(is_bound(&read(None, &[first, second])));
        let allocated = read(Some(title(2, 7, "LE_1")), &[]);
        assert!(matches!(allocated, Claim::Titled { slot: Slot(2), .. }));
        assert!(allocated.is_of(key().thread(Slot(2)), &key()));
    }

    #[test]
    fn contradictions_are_forged() {
        for binding in [
            read(Some(title(2, 8, "LE_1")), &[message(2, 7, "LE_1", 0)]),
            read(Some(title(2, 7, "LE_2")), &[message(2, 7, "LE_1", 0)]),
            read(Some(title(3, 7, "LE_1")), &[message(2, 7, "LE_1", 0)]),
            read(None, &[message(2, 7, "LE_1", 0), message(2, 8, "LE_1", 1)]),
            read(
                Some(title(2, 7, "LE_1")),
                &[message(2, 7, "LE_1", 0), message(2, 7, "LE_2", 1)],
            ),
        ] {
            assert!(is_forged(&binding), "{binding:?}");
            assert!(binding.is_of(key().thread(Slot(2)), &key()));
        }
    }

    #[test]
    fn a_thread_whose_id_is_not_the_one_it_names_is_none_of_ours() {
        let foreign = ThreadId(uuid::Uuid::from_u128(1));
        let typed = title(2, 7, "LE_1");
        let copied = message(2, 7, "LE_1", 0);
        let binding = Claim::read(foreign, Some(&typed), std::slice::from_ref(&copied));
        assert_eq!(binding, Claim::Nothing);
        assert_eq!(Claim::read(foreign, None, &[copied]), Claim::Nothing);
        assert_eq!(Claim::read(foreign, None, &[]).slot(), None);
        // The title alone names a slot, and no repository has this thread there.
        let binding = Claim::read(foreign, Some(&typed), &[]);
        assert_eq!(binding.slot(), Some(Slot(2)));
        assert!(!binding.is_of(foreign, &key()));
        // A message from elsewhere beside a genuine one changes nothing.
        assert!(is_bound(&read(
            None,
            &[message(5, 9, "LE_9", 0), message(2, 7, "LE_1", 0)]
        )));
    }

    #[test]
    fn a_title_that_we_wrote_without_knowing_the_issue_contradicts_nothing() {
        let unknown = Title {
            issue: Title::UNKNOWN_ISSUE,
            authorisation: AuthorisationDigest::unknown(),
            ..title(2, 7, "LE_1")
        };
        assert!(is_bound(&read(Some(unknown), &[message(2, 7, "LE_1", 0)])));
    }
}
