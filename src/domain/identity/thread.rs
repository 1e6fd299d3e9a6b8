//! Threads and the commands that are sent about them.

use std::fmt;

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
