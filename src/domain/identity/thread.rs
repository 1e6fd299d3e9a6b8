//! Threads and the commands that are sent about them.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::namespace::named;
use super::slot::StepNumber;

/// Id of a T3 thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub Uuid);

impl ThreadId {
    /// Returns `C(T, k)`, the command id under which step `k` of this run takes effect once.
    #[must_use]
    pub fn step(self, step: StepNumber) -> CommandId {
        CommandId(named(&format!("step|{self}|{}", step.0)))
    }

    /// Returns whether the id may be one of ours: it was made from a name (RFC 9562, version 5). Those of T3's own clients are
    /// random.
    #[must_use]
    pub fn may_be_ours(self) -> bool {
        self.0.get_version_num() == 5
    }
}

impl Serialize for ThreadId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ThreadId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Uuid::parse_str(&text)
            .ok()
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("'{text}' is no id of a thread")))
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Id of a T3 command: effective once, ever, first writer wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub Uuid);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}
