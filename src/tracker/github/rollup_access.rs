//! What our token may read of the checks of commits.

use super::wire::GraphQlError;

/// How much of the rollups of a repository our token may read, as far as answers told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// All but the workflow runs, perhaps.
    WithoutWorkflows,
    /// Nothing.
    Nothing,
}

impl Access {
    /// What is left when a rollup was refused. Only an App can have the right to checks and lack the one to
    /// Actions; GitHub calls it an integration.
    pub(super) fn left(error: &GraphQlError, with_workflows: bool) -> Self {
        if with_workflows && error.message.contains("integration") {
            Self::WithoutWorkflows
        } else {
            Self::Nothing
        }
    }
}

/// Runs of which events are read where the rollup is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Events {
    /// Those of a push.
    Push,
    /// Those of a push, and the newest of each workflow and other event.
    Any,
}
