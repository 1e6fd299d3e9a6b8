//! Reason codes: the stable words that say why something did or did not happen (SPEC 9).
//!
//! Codes are for machines and never change their meaning; details are for people and may.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! reason_codes {
    (
        refusals { $($(#[$refusal_doc:meta])* $refusal:ident = $refusal_word:literal,)+ }
        ends { $($(#[$end_doc:meta])* $end:ident = $end_word:literal,)+ }
    ) => {
        /// A stable reason code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ReasonCode {
            $($(#[$refusal_doc])* $refusal,)+
            $($(#[$end_doc])* $end,)+
        }

        impl ReasonCode {
            /// Every code, in the order of the specification.
            pub const ALL: &[Self] = &[$(Self::$refusal,)+ $(Self::$end,)+];

            /// Returns the word that reports carry.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$refusal => $refusal_word,)+
                    $(Self::$end => $end_word,)+
                }
            }
        }

        /// A pattern: every code of an issue that is not started. A `match` that has it stays exhaustive.
        macro_rules! any_refusal {
            () => { $($crate::domain::reason::ReasonCode::$refusal)|+ };
        }

        /// A pattern: every code of an end.
        macro_rules! any_end {
            () => { $($crate::domain::reason::ReasonCode::$end)|+ };
        }

        pub(super) use {any_end, any_refusal};
    };
}

reason_codes! {
    refusals {
        /// Nobody ever applied exactly the ready label.
        NoLabelEvent = "no-label-event",
        /// The ready label was taken away, or set anew, since the authorisation.
        LabelRemoved = "label-removed",
        /// Somebody closed, transferred or handed back the issue since the authorisation, even if that was undone.
        Voided = "voided",
        /// The labeller is unknown: a deleted account, or no person.
        LabelActorUnknown = "label-actor-unknown",
        /// An App that is not trusted labelled, by itself or for a person.
        LabelByApp = "label-by-app",
        /// Our own account labelled.
        LabelBySelf = "label-by-self",
        /// An account that agents use labelled.
        LabelByAgent = "label-by-agent",
        /// The labeller may not push.
        PermissionTooLow = "permission-too-low",
        /// A permission could not be looked up, or is a word we do not know.
        PermissionUnknown = "permission-unknown",
        /// The forge can not tell the labeller's permission: it may come from a team.
        PermissionAmbiguous = "permission-ambiguous",
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
        /// Somebody untrusted changed the text shortly before the authorisation: the labeller may have read an older page.
        EditedBefore = "edited-before",
        /// The forge does not tell whether somebody untrusted changed the text.
        EditHistoryHidden = "edit-history-hidden",
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
        /// The label is too young: blockers and the brief may still come.
        Settling = "settling",
        /// The issue shows a label that holds it back.
        OnHold = "on-hold",
        /// Somebody was assigned since the authorisation.
        AssignedSince = "assigned-since",
        /// The issue has open sub-issues.
        HasSubIssues = "has-sub-issues",
        /// An open pull request will close the issue.
        PullRequestOpen = "pull-request-open",
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
        /// `AFK_MAX_IN_FLIGHT` runs are under way, or `AFK_MAX_STARTS_PER_DAY` were started.
        CapReached = "cap-reached",
        /// A run waits for its provider: nothing else is started.
        ProviderPaused = "provider-paused",
    }
    ends {
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
        /// The run used more tokens than it may.
        TokenLimit = "token-limit",
        /// The provider of the model failed and the run can not be resumed.
        ProviderFailed = "provider-failed",
        /// A commit came while the agent was being stopped; comment, bell and report say so.
        LatePush = "late-push",
        /// Time or attempts for repairs are used up.
        BudgetExhausted = "budget-exhausted",
        /// A corrective turn brought no new commit.
        NoNewCommit = "no-new-commit",
        /// CI did not start, or did not end, in time.
        CiSilent = "ci-silent",
        /// The commit asks CI to skip it.
        CiSkipped = "ci-skipped",
        /// CI waits for a person: an approval, a declined or cancelled deploy.
        CiBlocked = "ci-blocked",
        /// The run's commit was reverted.
        Reverted = "reverted",
        /// The forge or the issue could not be read until the run's limits were over.
        ForgeLost = "forge-lost",
        /// Title and messages of the thread name different bindings.
        Forged = "forged",
        /// `AFK_HALT` is on.
        Halted = "halted",
        /// A person withdrew the issue before a commit was on the branch.
        Revoked = "revoked",
        /// A person withdrew the issue while its commit was red.
        RevokedRed = "revoked-red",
        /// The issue shows the lock label and no run of ours is live.
        Stray = "stray",
    }
}

impl ReasonCode {
    /// Returns the code that has this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == word)
    }

    /// Returns whether the code says nothing of the issue itself: whether a run may start now, and whether it is its turn.
    #[must_use]
    pub const fn is_policy(self) -> bool {
        matches!(
            self,
            Self::RepositoryBusy
                | Self::LockLabel
                | Self::AlreadyRun
                | Self::LowerPriority
                | Self::CapReached
                | Self::ProviderPaused
        )
    }

    /// Whether the code only says that a fact could not be had, so that the next tick may see it.
    const fn is_passing(self) -> bool {
        matches!(
            self,
            Self::FactsIncomplete
                | Self::PermissionUnknown
                | Self::BlockerUnresolved
                | Self::Settling
        )
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ReasonCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::of_word(&text).ok_or_else(|| D::Error::custom(format!("'{text}' is no reason code")))
    }
}

impl Serialize for ReasonCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One reason: a code and a sentence for people, which may be empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    /// Returns whether it only says that a fact could not be had, so that the next tick may see it. Of a blocker, what could not be
    /// looked up may be answered; a text that names no issue stays so until somebody changes it.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        let is_of_the_text = self.code == ReasonCode::BlockerUnresolved
            && (self.detail.ends_with(NAMES_NO_ISSUE) || self.detail == TOO_MANY_BLOCKERS);
        self.code.is_passing() && !is_of_the_text
    }
}

/// Ends the detail of [`ReasonCode::BlockerUnresolved`] behind a quoted text that names no issue of this forge.
pub(in crate::domain) const NAMES_NO_ISSUE: &str = "' can not be looked up";

/// The detail of [`ReasonCode::BlockerUnresolved`] of a text that names more than is looked up.
pub(in crate::domain) const TOO_MANY_BLOCKERS: &str = "the body names too many blockers";

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
        assert_eq!(words.len(), 57);
    }

    #[test]
    fn what_a_look_up_may_still_answer_is_passing() {
        let passing = ["facts-incomplete", "permission-unknown", "settling"];
        for code in ReasonCode::ALL {
            let is_blocker = *code == ReasonCode::BlockerUnresolved;
            for (detail, of_the_text) in [
                ("", false),
                ("o/r#12: the server is busy", false),
                ("#12 was not looked up", false),
                ("'TBD' can not be looked up", true),
                ("the body names too many blockers", true),
            ] {
                assert_eq!(
                    Reason::new(*code, detail).is_passing(),
                    passing.contains(&code.as_str()) || is_blocker && !of_the_text,
                    "{code} {detail}"
                );
            }
        }
    }
}
