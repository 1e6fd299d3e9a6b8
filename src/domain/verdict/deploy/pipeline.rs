//! Woodpecker's pipelines in domain words (`contracts/woodpecker` section 3).
//!
//! What a set of them comes to is decided by [`crate::domain::verdict::deploy`].

use chrono::{DateTime, Utc};

/// One pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// Its number; newer ones are higher.
    pub number: u64,
    /// What started it.
    pub event: PipelineEvent,
    /// What it says.
    pub status: PipelineStatus,
    /// The commit that was recorded; for a manual pipeline the head of the branch, and not what was built.
    pub commit: String,
    /// The variable `IMAGE_TAG`.
    pub image_tag: Option<String>,
    /// When it ended.
    pub finished: Option<DateTime<Utc>>,
    /// The pipeline that took its place.
    pub superseded_by: Option<u64>,
    /// Where to look.
    pub url: Option<String>,
    /// Errors of its configuration, without warnings.
    pub errors: Vec<String>,
}

/// What started a pipeline, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipelineEvent {
    /// A person or a build, by hand.
    Manual,
    /// A push to a branch.
    Push,
    /// The forge's deployment API.
    Deployment,
    /// Anything else: it deploys nothing of ours.
    Other,
}

impl PipelineEvent {
    /// Reads the service's word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "manual" => Self::Manual,
            "push" => Self::Push,
            "deployment" => Self::Deployment,
            _ => Self::Other,
        }
    }
}

/// What a pipeline says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PipelineStatus {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Waits for a person's approval.
    Blocked,
    /// It succeeded.
    Success,
    /// A step failed.
    Failure,
    /// Its configuration or the system failed.
    Error,
    /// Stopped by a person, or superseded.
    Cancelled,
    /// A person refused it.
    Declined,
    /// Nothing was executed.
    Skipped,
    /// A word we do not know; pending, bounded by time.
    Unknown(String),
}

impl PipelineStatus {
    /// Reads the service's word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "created" | "pending" => Self::Waiting,
            "running" => Self::Running,
            "blocked" => Self::Blocked,
            "success" => Self::Success,
            "failure" => Self::Failure,
            "error" => Self::Error,
            "killed" | "canceled" => Self::Cancelled,
            "declined" => Self::Declined,
            "skipped" => Self::Skipped,
            other => Self::Unknown(other.to_owned()),
        }
    }
}
