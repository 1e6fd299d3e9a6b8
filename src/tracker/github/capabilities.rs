//! What a server's schema has. One field that a server lacks fails the whole document, so that documents are built from
//! capabilities (`contracts/github` section 1). github.com has them all; older Enterprise servers do not.

use super::wire::GraphQlError;

/// Fields that some servers lack. A clause that rests on one is silent there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Capabilities {
    /// Issue dependencies: github.com since 2026, Enterprise Server since 3.19.
    pub(super) dependencies: bool,
    /// Sub-issues and parents.
    pub(super) sub_issues: bool,
    /// Pull requests that will close an issue.
    pub(super) closing_pull_requests: bool,
}

impl Capabilities {
    /// Everything; what a server lacks is learned from its first answer.
    pub(super) const ALL: Self = Self {
        dependencies: true,
        sub_issues: true,
        closing_pull_requests: true,
    };

    /// Returns what is left after an answer with these errors.
    pub(super) fn without_undefined(self, errors: &[GraphQlError]) -> Self {
        let has = |fields: &[&str]| {
            !errors
                .iter()
                .any(|error| fields.iter().any(|field| error.is_undefined_field(field)))
        };
        Self {
            dependencies: self.dependencies && has(&["blockedBy", "issueDependenciesSummary"]),
            sub_issues: self.sub_issues && has(&["subIssuesSummary", "parent"]),
            closing_pull_requests: self.closing_pull_requests
                && has(&["closedByPullRequestsReferences"]),
        }
    }
}
