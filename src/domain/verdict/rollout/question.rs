//! What is asked about a rollout.

use chrono::{DateTime, Utc};

use crate::domain::config::{Revision, Rollout};
use crate::domain::verdict::ci::CommitSha;
use crate::domain::verdict::image_tag;

/// What is asked about one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RolloutQuestion<'a> {
    /// The object, as it is configured.
    pub rollout: &'a Rollout,
    /// The commit.
    pub commit: &'a CommitSha,
    /// Commits that contain it.
    pub descendants: &'a [CommitSha],
    /// All commits of the run: what they break, the run broke.
    pub of_run: &'a [CommitSha],
    /// Commits of the branch, ours or not, newest first, as far as they were read.
    pub known: &'a [CommitSha],
    /// Whether `known` are all commits of the branch, back to its first.
    pub knows_all: bool,
    /// When the commit's deploy succeeded, where there is a deploy stage.
    pub deployed_at: Option<DateTime<Utc>>,
    /// When the time of this stage began.
    pub began: DateTime<Utc>,
    /// The time.
    pub now: DateTime<Utc>,
}

impl RolloutQuestion<'_> {
    /// Returns the object's name for people: `Deployment prod/widgets`.
    #[must_use]
    pub fn name(&self) -> String {
        let Rollout {
            kind,
            namespace,
            name,
            ..
        } = self.rollout;
        format!("{} {namespace}/{name}", kind.as_str())
    }

    /// Returns whether a tag, or a revision, is of the commit or of one that contains it.
    #[must_use]
    pub fn is_ours(&self, tag: &str) -> bool {
        image_tag::names(tag, self.commit)
            || self
                .descendants
                .iter()
                .any(|newer| image_tag::names(tag, newer))
    }

    /// Returns whether a tag, or a revision, is of the commit itself or of another one of the run.
    pub(super) fn is_of_run(&self, tag: &str) -> bool {
        image_tag::names(tag, self.commit)
            || self
                .of_run
                .iter()
                .any(|commit| image_tag::names(tag, commit))
    }

    /// Returns whether a tag names a commit of the branch that is not known to contain ours.
    pub(super) fn is_another_of_ours(&self, tag: &str) -> bool {
        !self.is_ours(tag)
            && self
                .known
                .iter()
                .any(|commit| image_tag::names(tag, commit))
    }

    /// Returns whether a tag may name a commit of the branch that was not read.
    pub(super) fn may_be_unread(&self, tag: &str) -> bool {
        !self.knows_all && image_tag::names_a_commit(tag)
    }

    /// Returns whether a tag, or a revision, names a commit of the branch that is older than ours.
    pub(super) fn is_older(&self, tag: &str) -> bool {
        let mut older = self.known.iter().skip_while(|known| *known != self.commit);
        !self.is_ours(tag) && older.any(|commit| image_tag::names(tag, commit))
    }

    pub(super) fn revision(&self) -> Option<&Revision> {
        self.rollout.revision.as_ref()
    }
}
