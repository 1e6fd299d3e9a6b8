//! GitHub's Deployments of one environment (`contracts/github` section 13).

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::rest::SERVICE;
use super::wire::Nodes;
use super::{GitHub, take};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::deploy::{DeploymentState, ForgeDeployment};
use crate::service_error::{FailureKind, ServiceError};

/// Deployments that are read, newest first: more than an environment sees in a stage's time.
const DEPLOYMENTS: u32 = 50;

const DOCUMENT: &str = "query Deployments($owner: String!, $name: String!, $environments: [String!], $page: Int!) {
  repository(owner: $owner, name: $name) {
    deployments(environments: $environments, first: $page, orderBy: {field: CREATED_AT, direction: DESC}) {
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

impl GitHub<'_> {
    /// Reads the newest deployments of an environment, newest first.
    pub(super) fn deployments_of(
        &self,
        repo: &RepoRef,
        environment: &str,
    ) -> Result<Vec<ForgeDeployment>, ServiceError> {
        let name = format!("read deployments of {}", repo.full_name());
        let unreadable = |detail: String| {
            ServiceError::new(SERVICE, name.clone(), FailureKind::Unreadable, detail)
        };
        let mut repository = self.query_repository(
            &name,
            DOCUMENT,
            &json!({
                "owner": repo.owner(), "name": repo.name(), "environments": [environment],
                "page": DEPLOYMENTS,
            }),
        )?;
        let deployments: Nodes<WireDeployment> =
            take(&mut repository, "deployments").map_err(&unreadable)?;
        let page = format!("{}/deployments", self.page_of(repo).trim_end_matches('/'));
        Ok(deployments
            .nodes
            .into_iter()
            .map(|deployment| {
                let status = deployment.latest_status;
                ForgeDeployment {
                    commit: deployment.commit_oid,
                    created_at: deployment.created_at,
                    state: status.as_ref().map_or(DeploymentState::Pending, |status| {
                        DeploymentState::parse(&status.state)
                    }),
                    changed_at: status.as_ref().map(|status| status.created_at),
                    url: status
                        .and_then(|status| status.log_url)
                        .filter(|url| !url.is_empty())
                        .or_else(|| Some(page.clone())),
                }
            })
            .collect())
    }

    /// Where people look at a repository.
    fn page_of(&self, repo: &RepoRef) -> String {
        format!("https://{}/{}", self.authority, repo.full_name())
    }
}
