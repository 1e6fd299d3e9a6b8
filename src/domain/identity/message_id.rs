//! `M(T, k)`: the ids of our messages, which repeat what a slot is bound to.

use std::fmt;

use super::authorisation::Authorisation;
use super::key::RepositoryKey;
use super::slot::{Slot, StepNumber};
use crate::domain::repository::IssueNumber;

/// `M(T, k)`: the id of a message of ours, which repeats what the slot is bound to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The repository.
    pub repository: RepositoryKey,
    /// The bound issue.
    pub issue: IssueNumber,
    /// The bound authorisation.
    pub authorisation: Authorisation,
    /// The slot.
    pub slot: Slot,
    /// The step that sent it.
    pub step: StepNumber,
    /// The commit that the message asks to repair; only corrective turns have one.
    pub red_commit: Option<String>,
}

impl MessageId {
    /// Reads a message id of ours; `None` for anybody else's, also for one that says the same in another spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('|');
        if parts.next()? != "afk1" {
            return None;
        }
        let message_id = Self {
            repository: RepositoryKey::as_written(parts.next()?),
            issue: IssueNumber(parts.next()?.parse().ok()?),
            authorisation: Authorisation::new(parts.next()?)?,
            slot: Slot(parts.next()?.parse().ok()?),
            step: StepNumber(parts.next()?.parse().ok()?),
            red_commit: parts.next().map(str::to_owned),
        };
        (parts.next().is_none() && message_id.to_string() == text).then_some(message_id)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            repository,
            issue,
            authorisation,
            slot,
            step,
            red_commit,
        } = self;
        write!(
            f,
            "afk1|{repository}|{issue}|{authorisation}|{slot}|{}",
            step.0
        )?;
        match red_commit {
            Some(sha) => write!(f, "|{sha}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::RepositoryId;
    use crate::domain::repository::ForgeKind;

    fn key() -> RepositoryKey {
        RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1_296_269))
    }

    fn message_id(red_commit: Option<&str>) -> MessageId {
        MessageId {
            repository: key(),
            issue: IssueNumber(87),
            authorisation: Authorisation::new("LE_lADOExample2").unwrap(),
            slot: Slot(3),
            step: StepNumber(1),
            red_commit: red_commit.map(str::to_owned),
        }
    }

    #[test]
    fn message_ids_are_read_back_as_written() {
        for red_commit in [None, Some("4f1c2b7a")] {
            let message_id = message_id(red_commit);
            assert_eq!(MessageId::parse(&message_id.to_string()), Some(message_id));
        }
        assert_eq!(
            message_id(None).to_string(),
            "afk1|github@github.com/1296269|87|LE_lADOExample2|3|1"
        );
    }

    #[test]
    fn message_ids_of_others_are_not_ours() {
        for text in [
            "",
            "afk1",
            "afk2|github@github.com/1|1|LE|1|0",
            "afk1|github@github.com/1|x|LE|1|0",
            "afk1|github@github.com/1|1||1|0",
            "afk1|github@github.com/1|1|LE|1",
            "afk1|github@github.com/1|1|LE|1|0|sha|more",
            "afk1|github@github.com/1|+1|LE|1|0",
            "afk1|github@github.com/1|1|LE|01|0",
            "c773c9d4-c6eb-4265-a038-63b52b83d42d",
        ] {
            assert_eq!(MessageId::parse(text), None, "{text:?}");
        }
    }
}
