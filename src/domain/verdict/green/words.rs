//! What people are told of a build, where another commit's stands in for it.

use crate::domain::verdict::attribution::NewerCommit;
use crate::domain::verdict::ci::{CommitSha, FailedCheck};

/// What is said of a stage that nothing was heard of.
pub(super) const NOTHING_STARTED: &str = "nothing has started";

/// What is said of a build that was cancelled for a newer commit, as long as none of those has a word.
pub(super) const CANCELLED: &str = "cancelled for a newer commit, which has no result yet";

/// What is known of the run's stage, before what is known of a newer commit.
pub(super) fn of_a_newer(own: &str, said: &str) -> String {
    match own {
        NOTHING_STARTED => {
            format!("nothing has started for it, and of a newer commit that contains it: {said}")
        }
        own => format!("{own}; of a newer commit that contains it: {said}"),
    }
}

/// What is said of the build of a merge that nothing was heard of.
pub(super) fn nothing_started_for(merge: &CommitSha) -> String {
    format!("nothing has started for {}, which merged it", merge.short())
}

/// What became of the run's build, which was cancelled for the commit `sha`.
pub(super) fn was_cancelled_for(sha: &CommitSha) -> String {
    format!("was cancelled for the newer commit {sha}, which contains it and failed")
}

/// What became of the watched commit's own stage, where the merge `sha` is what CI runs on.
pub(super) fn was_left_to(sha: &CommitSha) -> String {
    format!("was left to commit {sha}, which merged it and failed")
}

/// What is said of a stage that nobody could read.
pub(super) fn unreadable(cause: &str) -> String {
    format!("it can not be read: {cause}")
}

/// What is said of a newer commit that is red, of which nothing follows for the watched one.
pub(super) fn newer_is_red(newer: &NewerCommit, checks: &[FailedCheck]) -> String {
    let what = checks.first().map_or_else(String::new, |check| {
        let more = match checks.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(": {}{more}", check.in_words())
    });
    format!("{} is red{what}", newer.sha.short())
}
