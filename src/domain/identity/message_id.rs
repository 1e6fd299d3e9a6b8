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
    /// What follows the step: the commit that a corrective turn asks to repair, or [`MessageId::RESUME`]. Ask with
    /// [`MessageId::repairs`] and [`MessageId::is_resume`].
    pub red_commit: Option<String>,
}

impl MessageId {
    /// Stands behind the step of a message that asks the agent to go on.
    pub const RESUME: &str = "resume";

    /// Returns whether the message asks the agent to go on after a stop that was nobody's fault.
    #[must_use]
    pub fn is_resume(&self) -> bool {
        self.red_commit.as_deref() == Some(Self::RESUME)
    }

    /// Returns the commit that the message asks to repair.
    #[must_use]
    pub fn repairs(&self) -> Option<&str> {
        self.red_commit.as_deref().filter(|_| !self.is_resume())
    }

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
    fn a_resume_is_no_repair() {
        for (suffix, is_resume, repairs) in [
            (None, false, None),
            (Some("resume"), true, None),
            (Some("4f1c2b7a"), false, Some("4f1c2b7a")),
        ] {
            let message_id = message_id(suffix);
            assert_eq!(message_id.is_resume(), is_resume);
            assert_eq!(message_id.repairs(), repairs);
            assert_eq!(MessageId::parse(&message_id.to_string()), Some(message_id));
        }
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
