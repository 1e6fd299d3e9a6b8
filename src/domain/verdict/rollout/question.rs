//! What is asked about a rollout.

use chrono::{DateTime, Utc};

use crate::domain::verdict::ci::CommitSha;

/// What is asked about a Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RolloutQuestion<'a> {
    /// `namespace/name`, for people.
    pub name: &'a str,
    /// The container that runs the image; `None`: the only one, or whichever does, with all others of the same image.
    pub container: Option<&'a str>,
    /// The commit.
    pub commit: &'a CommitSha,
    /// Commits that contain it.
    pub descendants: &'a [CommitSha],
    /// When the commit's deploy succeeded, where there is a deploy stage.
    pub deployed_at: Option<DateTime<Utc>>,
    /// The time.
    pub now: DateTime<Utc>,
}
