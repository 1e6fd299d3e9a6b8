//! What CI says about a commit, stage by stage, as evidence for a verdict.
//!
//! Adapters turn a service's words into these types; [`crate::domain::verdict::green`] folds them. Nothing here asks a service, and
//! a word that nobody knows becomes an explicit unknown, which counts as pending.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A full commit id: 40 or 64 hexadecimal digits, lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitSha(String);

impl CommitSha {
    /// Accepts a full id in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let valid = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        valid.then(|| Self(text.to_ascii_lowercase()))
    }

    /// Returns the full id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first eight digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..8]
    }
}

impl Serialize for CommitSha {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CommitSha {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("'{text}' is no id of a commit")))
    }
}

impl fmt::Display for CommitSha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A stage on the way of a commit, in the order they are asked (SPEC 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Checks of the forge.
    Build,
    /// Woodpecker.
    Deploy,
    /// The Kubernetes Deployment.
    Rollout,
}

impl Stage {
    /// Returns the stage's name for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Deploy => "deploy",
            Self::Rollout => "rollout",
        }
    }
}

/// Something red that people can look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCheck {
    /// Its name.
    pub name: String,
    /// Where to look.
    pub url: Option<String>,
    /// A short piece of what it said, where the service gives one; not yet redacted.
    pub excerpt: Option<String>,
}

impl FailedCheck {
    /// Returns its name and where to look, for a sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        match &self.url {
            None => self.name.clone(),
            Some(url) => format!("{} ({url})", self.name),
        }
    }
}

/// What one stage says about one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageOutcome {
    /// Nothing ran.
    None,
    /// Nothing ran for it, and what ran for a newer commit that contains it came to nothing good. That is somebody else's: it counts
    /// as nothing, and people are told.
    OnlyNewer {
        /// What a newer one came to, for people.
        said: String,
    },
    /// Nothing that counts succeeded, failed or runs, and something reported all the same: under other names than those that are
    /// configured, or skipped. It counts as nothing, and people are told.
    NotNamed {
        /// What is missing or skipped and what reported, for people.
        said: String,
    },
    /// Something runs, or says a word we do not know.
    Pending {
        /// What, for people.
        detail: String,
    },
    /// Only a person can move it on; a corrective turn does not help.
    Blocked {
        /// Whether somebody may still allow it.
        hold: Hold,
        /// Since when, as far as the service tells.
        since: Option<DateTime<Utc>>,
        /// What is held up, with its address.
        what: FailedCheck,
    },
    /// Nobody could be asked, or the answer says nothing: pending, and bounded by the stage's deadline.
    Unreadable {
        /// Why, for people; never holds a secret.
        cause: String,
    },
    /// It succeeded.
    Success {
        /// When the last part of it ended; the next stage's clock starts here.
        ended_at: Option<DateTime<Utc>>,
    },
    /// It failed.
    Failure {
        /// When the first failing part concluded.
        concluded_at: Option<DateTime<Utc>>,
        /// What failed; at least one.
        checks: Vec<FailedCheck>,
    },
    /// It was cancelled for a newer commit on the branch, which says what this one did not live to say.
    Superseded,
}

impl StageOutcome {
    /// Returns where it stands among several of which all must be good: the lowest decides.
    #[must_use]
    pub const fn badness(&self) -> u8 {
        match self {
            Self::Failure { .. } => 0,
            Self::Blocked { .. } => 1,
            Self::Unreadable { .. } => 2,
            Self::Pending { .. } | Self::Superseded => 3,
            Self::None | Self::OnlyNewer { .. } | Self::NotNamed { .. } => 4,
            Self::Success { .. } => 5,
        }
    }

    /// Returns what is waited for, of what is pending; `None` for everything else.
    #[must_use]
    pub fn pending_detail(&self) -> Option<&str> {
        match self {
            Self::Pending { detail } => Some(detail),
            Self::None
            | Self::OnlyNewer { .. }
            | Self::NotNamed { .. }
            | Self::Blocked { .. }
            | Self::Unreadable { .. }
            | Self::Success { .. }
            | Self::Failure { .. }
            | Self::Superseded => None,
        }
    }

    /// Returns when a success ended, as far as the service tells; `None` for everything else.
    #[must_use]
    pub const fn ended_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Success { ended_at } => *ended_at,
            Self::None
            | Self::OnlyNewer { .. }
            | Self::NotNamed { .. }
            | Self::Pending { .. }
            | Self::Blocked { .. }
            | Self::Unreadable { .. }
            | Self::Failure { .. }
            | Self::Superseded => None,
        }
    }
}

/// How a person holds a stage up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hold {
    /// It waits for an approval. Somebody may give it within the time in which a stage must start.
    Waits,
    /// A person declined or cancelled it. It does not go on by itself.
    Stopped,
}

/// Why a verdict is red.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedReason {
    /// A stage failed.
    Failed,
    /// A stage did not start, or did not end, in time.
    CiSilent,
    /// The commit asks CI to skip it.
    CiSkipped,
    /// A stage waits for a person, or a person stopped it.
    CiBlocked,
    /// Somebody reverted every commit of the run.
    Reverted,
}

/// Red, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Red {
    /// The stage.
    pub stage: Stage,
    /// Why.
    pub reason: RedReason,
    /// When it became red: the failing check's conclusion, or the deadline that passed.
    pub at: DateTime<Utc>,
    /// What failed, or what a person has to move on; empty unless [`RedReason::Failed`] or [`RedReason::CiBlocked`].
    pub checks: Vec<FailedCheck>,
    /// What was known last, for people: why a silent stage waited, or which commit reverted it; where another commit failed in the place
    /// of the watched one, what became of its stage. `None` where the checks say it.
    pub cause: Option<String>,
}

/// The fold of all stages of one commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A stage has not ended.
    Pending {
        /// Which.
        stage: Stage,
        /// What it waits for, for people.
        detail: String,
    },
    /// Every stage succeeded.
    Green,
    /// A stage failed, was silent, or was skipped.
    Red(Red),
}

impl Verdict {
    /// Returns the verdict without what failed checks printed.
    #[must_use]
    pub fn without_excerpts(&self) -> Self {
        let mut verdict = self.clone();
        if let Self::Red(red) = &mut verdict {
            for check in &mut red.checks {
                check.excerpt = None;
            }
        }
        verdict
    }
}

/// What a forge's checks say about one commit: all of them, each in its newest form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitChecks {
    /// Check runs and commit statuses. Empty means that nothing has reported yet, which is not the same as "nothing will".
    pub checks: Vec<Check>,
    /// Suites, also those without a check run; `None` where the forge knows none (Forgejo, Gitea).
    pub suites: Option<Vec<Suite>>,
}

/// What one App runs on one commit; of GitHub Actions, one run of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its number on the forge; check runs name it.
    pub id: u64,
    /// Slug of the App, when the service tells; `github-actions` for GitHub Actions.
    pub app: Option<String>,
    /// The name of the workflow, when the service tells; two files may have the same one.
    pub workflow: Option<String>,
    /// The number of the workflow, when the service tells; each file has its own.
    pub workflow_id: Option<u64>,
    /// The event that started it, when the service tells.
    pub event: Option<String>,
    /// The branch it ran on, when the service tells.
    pub branch: Option<String>,
    /// What it says itself.
    pub state: CheckState,
    /// Whether a group of which one runs at a time holds it: it will run, however long it has not.
    pub waits_for_group: bool,
    /// When it came to be.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Where to look.
    pub url: Option<String>,
}

/// One check of a commit on the forge: a check run or a commit status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Name of the check run, or context of the status.
    pub name: String,
    /// Where it comes from.
    pub source: CheckSource,
    /// What it says.
    pub state: CheckState,
    /// When it concluded, or when it was last heard of.
    pub at: Option<DateTime<Utc>>,
    /// Where to look.
    pub url: Option<String>,
    /// A short piece of what it said.
    pub excerpt: Option<String>,
}

/// Where a check comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckSource {
    /// A check run.
    Run {
        /// Slug of the App that posted it; `github-actions` for GitHub Actions.
        app: Option<String>,
        /// The event that started its workflow, when it has one: `push`, `schedule`, and so on.
        event: Option<String>,
        /// The branch it ran on, when the service tells.
        branch: Option<String>,
        /// The suite that it belongs to, when the service tells.
        suite: Option<u64>,
    },
    /// A commit status.
    Status,
}

/// What a check says, in the words of `contracts/github` section 10 and `contracts/forgejo` section 9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckState {
    /// Not completed.
    Pending,
    /// Completed well.
    Success,
    /// Passed and proves nothing: neutral or skipped.
    Passed,
    /// Completed badly: failure, timed out, startup failure, error.
    Failure,
    /// Waits for a person; a corrective turn does not help.
    ActionRequired,
    /// A person declined it; a corrective turn does not help.
    Declined,
    /// Cancelled; superseded when a newer commit is on the branch, a failure otherwise.
    Cancelled,
    /// Never began and never will, and the service does not tell why: superseded when a newer commit is on the branch; otherwise it
    /// proves nothing, and failed with what it was to come after.
    NeverRan,
    /// Left incomplete for good; pending until the time limit.
    Stale,
    /// A word we do not know; pending, bounded by time.
    Unknown(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_ids_are_ids() {
        let (short, long) = ("0a".repeat(20), "0A".repeat(32));
        assert_eq!(CommitSha::parse(&short).unwrap().as_str(), short);
        let parsed = CommitSha::parse(&long).unwrap();
        assert_eq!(parsed.as_str(), long.to_ascii_lowercase());
        for text in [
            String::new(),
            short[1..].to_owned(),
            format!("{short}0"),
            long[1..].to_owned(),
            format!("{long}0"),
            "g".repeat(40),
            format!("{}x", &short[1..]),
            format!(" {}", &short[1..]),
        ] {
            assert_eq!(CommitSha::parse(&text), None, "{text:?}");
        }
    }

    #[test]
    fn stages_have_names() {
        let names = [Stage::Build, Stage::Deploy, Stage::Rollout].map(Stage::as_str);
        assert_eq!(names, ["build", "deploy", "rollout"]);
    }
}
