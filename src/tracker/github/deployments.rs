//! GitHub's Deployments of one environment (`contracts/github` section 13).

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::rest::SERVICE;
use super::wire::{Nodes, next_page};
use super::{GitHub, take};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::deploy::{DeploymentState, ForgeDeployment};
use crate::service_error::{FailureKind, ServiceError};

/// Deployments per page, newest first: nearly always more than an environment sees in a run's time.
const DEPLOYMENTS: u32 = 50;

/// Pages that are read at most.
const PAGES_MAX: u32 = 10;

const DOCUMENT: &str = "query Deployments($owner: String!, $name: String!, $environments: [String!], $page: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    deployments(environments: $environments, first: $page, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes { commitOid createdAt latestStatus { state logUrl createdAt } }
    }
  }
}
";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDeployment {
    commit_oid: String,
    created_at: DateTime<Utc>,
    latest_status: Option<WireStatus>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireStatus {
    state: String,
    log_url: Option<String>,
    created_at: DateTime<Utc>,
}

impl WireDeployment {
    fn into_deployment(self, page: &str) -> ForgeDeployment {
        let status = self.latest_status;
        ForgeDeployment {
            commit: self.commit_oid,
            created_at: self.created_at,
            state: status.as_ref().map_or(DeploymentState::Pending, |status| {
                DeploymentState::parse(&status.state)
            }),
            changed_at: status.as_ref().map(|status| status.created_at),
            url: status
                .and_then(|status| status.log_url)
                .filter(|url| !url.is_empty())
                .or_else(|| Some(page.to_owned())),
        }
    }
}

impl GitHub<'_> {
    /// Reads the deployments of an environment, newest first, back to those that are older than `since`.
    pub(super) fn deployments_of(
        &self,
        repo: &RepoRef,
        environment: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<ForgeDeployment>, ServiceError> {
        let name = format!("read deployments of {}", repo.full_name());
        let unreadable = |detail: String| {
            ServiceError::new(SERVICE, name.clone(), FailureKind::Unreadable, detail)
        };
        let url = format!("{}/deployments", self.page_of(repo).trim_end_matches('/'));
        let mut read: Vec<ForgeDeployment> = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut repository = self.query_repository(
                &name,
                DOCUMENT,
                &json!({
                    "owner": repo.owner(), "name": repo.name(), "environments": [environment],
                    "page": DEPLOYMENTS, "after": after,
                }),
            )?;
            let page: Nodes<WireDeployment> =
                take(&mut repository, "deployments").map_err(&unreadable)?;
            after = next_page(page.page_info, "deployments").map_err(&unreadable)?;
            read.extend(
                page.nodes
                    .into_iter()
                    .map(|deployment| deployment.into_deployment(&url)),
            );
            let is_far_enough = read.last().is_none_or(|oldest| oldest.created_at < since);
            if after.is_none() || is_far_enough {
                return Ok(read);
            }
        }
        let many = DEPLOYMENTS * PAGES_MAX;
        Err(unreadable(format!(
            "{environment} had more than {many} deployments since the run began"
        )))
    }

    /// Where people look at a repository.
    fn page_of(&self, repo: &RepoRef) -> String {
        format!("https://{}/{}", self.authority, repo.full_name())
    }
}
