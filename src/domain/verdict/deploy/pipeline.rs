//! Woodpecker's pipelines in domain words (`contracts/woodpecker` section 3).
//!
//! What a set of them comes to is decided by [`crate::domain::verdict::deploy`].

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// One pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipeline {
    /// Its number; newer ones are higher.
    pub number: u64,
    /// What started it.
    pub event: PipelineEvent,
    /// What it says.
    pub status: PipelineStatus,
    /// The commit that was recorded; for a manual pipeline the head of the branch, and not what was built.
    pub commit: String,
    /// The branch that was recorded; empty for a tag.
    pub branch: String,
    /// Where a deployment goes; empty for other events.
    pub target: String,
    /// What its event names beside that: the tag, the schedule, or the task of a promotion, which may be empty; `None` where the server
    /// does not tell, and for other events.
    pub named: Option<String>,
    /// The variables that it was started with.
    pub variables: BTreeMap<String, String>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished: Option<DateTime<Utc>>,
    /// The pipeline that took its place.
    pub superseded_by: Option<u64>,
    /// The person who cancelled it.
    pub cancelled_by: Option<String>,
    /// The step that failed and ended everything else with it.
    pub cancelled_by_step: Option<String>,
    /// The person who approved or declined it.
    pub reviewed_by: Option<String>,
    /// Where to look.
    pub url: Option<String>,
    /// Errors of its configuration, without warnings.
    pub errors: Vec<String>,
    /// Its workflows with what they say; `None` in lists, which do not tell them.
    pub workflows: Option<Vec<(String, PipelineStatus)>>,
}

/// What started a pipeline, as far as it can deploy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PipelineEvent {
    /// A person or a build, by hand.
    Manual,
    /// A push to a branch.
    Push,
    /// A promotion.
    Deployment,
    /// A tag.
    Tag,
    /// A schedule.
    Cron,
    /// Anything else: it deploys nothing of ours.
    #[default]
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
            "tag" => Self::Tag,
            "cron" => Self::Cron,
            _ => Self::Other,
        }
    }
}

/// What a pipeline, or a workflow of it, says.
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
    /// Stopped while it ran: by a person, for a newer one, or by a time limit.
    Killed,
    /// Cancelled before anything had started: by a person, or for a newer one.
    Cancelled,
    /// A person refused it.
    Declined,
    /// Nothing was executed.
    Skipped,
    /// A word we do not know; pending, bounded by time.
    Unknown(String),
}

impl Default for PipelineStatus {
    fn default() -> Self {
        Self::Unknown(String::new())
    }
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
            "killed" => Self::Killed,
            "canceled" => Self::Cancelled,
            "declined" => Self::Declined,
            "skipped" => Self::Skipped,
            other => Self::Unknown(other.to_owned()),
        }
    }
}
