//! Issues that changed lately, by the REST list: one request, and no part of what the trust gate asks.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;

use super::GitHub;
use super::wire::Named;
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::http::Method;
use crate::service_error::ServiceError;
use crate::tracker::ChangedIssue;

/// One entry of the list; pull requests are in it too.
#[derive(Debug, Deserialize)]
struct WireChanged {
    number: u64,
    state: String,
    labels: Vec<Named>,
    comments: u64,
    pull_request: Option<serde::de::IgnoredAny>,
}

impl GitHub<'_> {
    /// Reads the newest changes.
    pub(super) fn changed_issues(
        &self,
        repo: &RepoRef,
        since: DateTime<Utc>,
    ) -> Result<Vec<ChangedIssue>, ServiceError> {
        let name = format!("read what changed in {}", repo.full_name());
        let mut url = self
            .sender
            .address(&["repos", repo.owner(), repo.name(), "issues"]);
        url.query_pairs_mut()
            .append_pair("state", "all")
            .append_pair("sort", "updated")
            .append_pair("direction", "desc")
            .append_pair("since", &since.to_rfc3339_opts(SecondsFormat::Secs, true))
            .append_pair("per_page", "100");
        let call = self.sender.call(&name, Method::Get, url);
        let answer = self.sender.send(&call)?;
        if answer.status != 200 {
            return Err(self.sender.failure(&call, answer));
        }
        let listed: Vec<WireChanged> = answer.decode()?;
        Ok(listed
            .into_iter()
            .filter(|entry| entry.pull_request.is_none())
            .map(|entry| ChangedIssue {
                number: IssueNumber(entry.number),
                is_closed: entry.state == "closed",
                labels: entry.labels.into_iter().map(|label| label.name).collect(),
                has_comments: entry.comments > 0,
            })
            .collect())
    }
}
