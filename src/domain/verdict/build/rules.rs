//! Which checks make up the build stage of a commit.
//!
//! It reads where a check comes from and not what it says.

use crate::domain::verdict::ci::{Check, CheckSource};

/// Slug of the App that posts the check runs of GitHub Actions.
pub const GITHUB_ACTIONS: &str = "github-actions";

/// What Woodpecker's statuses are called. They can sit on a commit that did not cause them (`contracts/woodpecker`
/// section 6), so that they count only when they are configured by name.
pub const WOODPECKER_PREFIX: &str = "ci/woodpecker/";

/// Which checks make up the build stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildRules<'r> {
    /// Push check runs of GitHub Actions on the branch, and commit statuses other than Woodpecker's.
    All {
        /// The branch that runs push to.
        branch: &'r str,
    },
    /// Exactly the checks with these names, wherever they come from; all of them must report.
    Named(&'r [String]),
}

impl BuildRules<'_> {
    /// Returns whether a check is part of the build stage. What a service does not tell about a check run does not
    /// exclude it.
    #[must_use]
    pub fn selects(&self, check: &Check) -> bool {
        match self {
            Self::Named(names) => names.contains(&check.name),
            Self::All { branch } => match &check.source {
                CheckSource::Status => !check.name.starts_with(WOODPECKER_PREFIX),
                CheckSource::Run {
                    app,
                    event,
                    branch: ran_on,
                } => {
                    app.as_deref() == Some(GITHUB_ACTIONS)
                        && event.as_deref().is_none_or(|event| event == "push")
                        && ran_on.as_deref().is_none_or(|ran_on| ran_on == *branch)
                }
            },
        }
    }

    /// Returns the configured names that no check carries.
    pub(super) fn missing<'n>(&'n self, checks: &[&Check]) -> Vec<&'n str> {
        match self {
            Self::All { .. } => Vec::new(),
            Self::Named(names) => names
                .iter()
                .filter(|name| checks.iter().all(|check| check.name != **name))
                .map(String::as_str)
                .collect(),
        }
    }
}
