//! Reason codes: the stable words that say why something did or did not happen (SPEC 9).
//!
//! Codes are for machines and never change their meaning; details are for people and may.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! reason_codes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)+) => {
        /// A stable reason code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ReasonCode {
            $($(#[$doc])* $variant,)+
        }

        impl ReasonCode {
            /// Every code, in the order of the specification.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns the word that reports carry.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

reason_codes! {
    /// Nobody ever applied exactly the ready label.
    NoLabelEvent = "no-label-event",
    /// The ready label was taken away, or set anew, since the authorisation.
    LabelRemoved = "label-removed",
    /// The labeller is unknown: a deleted account, or no person.
    LabelActorUnknown = "label-actor-unknown",
    /// An App that is not trusted labelled, by itself or for a person.
    LabelByApp = "label-by-app",
    /// Our own account labelled.
    LabelBySelf = "label-by-self",
    /// The labeller may not push.
    PermissionTooLow = "permission-too-low",
    /// A permission could not be looked up, or is a word we do not know.
    PermissionUnknown = "permission-unknown",
    /// The issue moved here from another repository after the authorisation.
    Transferred = "transferred",
    /// Closed, or a pull request.
    NotOpen = "not-open",
    /// The repository is archived.
    Archived = "archived",
    /// The issue shows the hand-back label.
    HandedBack = "handed-back",
    /// Somebody untrusted changed, or may have changed, the text since the authorisation.
    EditedSince = "edited-since",
    /// The repository is not private and not listed in `AFK_ALLOW_PUBLIC`.
    PublicRepository = "public-repository",
    /// Title or body hold text that a person does not see.
    HiddenText = "hidden-text",
    /// The text does not fit into one message.
    TooLong = "too-long",
    /// A blocker is open.
    Blocked = "blocked",
    /// A blocker could not be looked up.
    BlockerUnresolved = "blocker-unresolved",
    /// Facts are missing or contradict each other.
    FactsIncomplete = "facts-incomplete",
    /// The repository is not on the allowlist.
    NotAllowlisted = "not-allowlisted",
    /// A run of this repository is not released yet.
    RepositoryBusy = "repository-busy",
    /// An issue of this repository shows the lock label.
    LockLabel = "lock-label",
    /// This authorisation had its run.
    AlreadyRun = "already-run",
    /// Another issue of this repository goes first.
    LowerPriority = "lower-priority",
    /// `AFK_MAX_IN_FLIGHT` runs are under way.
    CapReached = "cap-reached",
    /// The commit is green: the issue was closed.
    Landed = "landed",
    /// The agent finished without a commit on the branch.
    NoPush = "no-push",
    /// The agent failed.
    AgentFailed = "agent-failed",
    /// The agent was silent past the stall limit.
    AgentStalled = "agent-stalled",
    /// The agent waits for a person.
    AgentWaiting = "agent-waiting",
    /// The agent's thread is gone, or it never started.
    AgentLost = "agent-lost",
    /// The run reached its time limit.
    RunLimit = "run-limit",
    /// Time or attempts for repairs are used up.
    BudgetExhausted = "budget-exhausted",
    /// A corrective turn brought no new commit.
    NoNewCommit = "no-new-commit",
    /// CI did not start, or did not end, in time.
    CiSilent = "ci-silent",
    /// The commit asks CI to skip it.
    CiSkipped = "ci-skipped",
    /// A person withdrew the issue before a commit was on the branch.
    Revoked = "revoked",
    /// A person withdrew the issue while its commit was red.
    RevokedRed = "revoked-red",
    /// The issue shows the lock label and no run of ours is live.
    Stray = "stray",
}

impl ReasonCode {
    /// Returns whether the code only says that a fact could not be had, so that the next tick may see it.
    #[must_use]
    pub const fn is_passing(self) -> bool {
        matches!(
            self,
            Self::FactsIncomplete | Self::PermissionUnknown | Self::BlockerUnresolved
        )
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ReasonCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One reason: a code and a sentence for people, which may be empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The stable code.
    pub code: ReasonCode,
    /// What exactly, for people.
    pub detail: String,
}

impl Reason {
    /// Builds a reason.
    #[must_use]
    pub fn new(code: ReasonCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.detail.is_empty() {
            write!(f, "{}", self.code)
        } else {
            write!(f, "{} ({})", self.code, self.detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_words_in_lower_case() {
        let mut words: Vec<_> = ReasonCode::ALL.iter().map(|code| code.as_str()).collect();
        assert!(
            words
                .iter()
                .all(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        );
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), 38);
    }
}
