//! Deployments to environments: stories make them and say how they go on.

use chrono::{DateTime, Utc};

use super::github::GitHub;
use super::github_connection::{Page, no_edges};
use super::github_ids::{node_id, timestamp};
use super::github_objects::{Ask, Object, Refusal, Value, View, leaf, null};
use super::github_state::Repository;

/// One deployment; statuses oldest first.
#[derive(Clone, Debug)]
pub struct Deployment {
    pub id: u64,
    pub sha: String,
    pub environment: String,
    pub created_at: DateTime<Utc>,
    /// State and time.
    pub statuses: Vec<(String, DateTime<Utc>)>,
}

impl GitHub {
    /// Something deploys a commit: no status yet. Returns its id.
    pub fn deploy(&self, full_name: &str, sha: &str, environment: &str) -> u64 {
        let mut inner = self.lock();
        let created_at = inner.state.now();
        let id = inner.state.next_check();
        inner
            .state
            .home_mut(full_name)
            .deployments
            .push(Deployment {
                id,
                sha: sha.to_owned(),
                environment: environment.to_owned(),
                created_at,
                statuses: Vec::new(),
            });
        id
    }

    /// A deployment goes on. A success makes the older ones of its environment inactive.
    pub fn deployment_is(&self, full_name: &str, id: u64, state: &str) {
        let mut inner = self.lock();
        let now = inner.state.now();
        let deployments = &mut inner.state.home_mut(full_name).deployments;
        let at = deployments
            .iter()
            .position(|deployment| deployment.id == id)
            .expect("stories name deployments that exist");
        let environment = deployments[at].environment.clone();
        deployments[at].statuses.push((state.to_owned(), now));
        if state == "success" {
            for older in &mut deployments[..at] {
                let was_active = older
                    .statuses
                    .last()
                    .is_some_and(|(word, _)| word == "success");
                if older.environment == environment && was_active {
                    older.statuses.push(("inactive".to_owned(), now));
                }
            }
        }
    }
}

impl<'w> View<'w> {
    /// Deployments of a repository, newest first; no other order is modelled.
    pub fn deployments(self, home: &'w Repository, ask: &Ask<'_>) -> Result<Value<'w>, Refusal> {
        if !ask.given("orderBy") {
            return Err(Refusal::not_modelled("Repository", ask));
        }
        let environments = ask.texts("environments");
        let shown = home.deployments.iter().rev().filter(|deployment| {
            environments
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&deployment.environment))
        });
        let places = (0_i64..).map(|index| (index, 0));
        let page = Page::cut("deployments", places.zip(shown).collect(), ask)?;
        let node = move |deployment: &&'w Deployment| self.deployment(home, deployment);
        Ok(page.connection("DeploymentConnection", node, no_edges))
    }

    fn deployment(self, home: &'w Repository, deployment: &'w Deployment) -> Value<'w> {
        let url = format!("{}/{}/actions", self.html, self.inner.state.full_name(home));
        Object::value("Deployment", move |ask| {
            Ok(match ask.field {
                "id" => leaf(node_id("DE", &[home.id, deployment.id])),
                "databaseId" => leaf(deployment.id),
                "commitOid" => leaf(deployment.sha.clone()),
                "environment" => leaf(deployment.environment.clone()),
                "createdAt" => leaf(timestamp(deployment.created_at)),
                "latestStatus" => match deployment.statuses.last() {
                    None => null(),
                    Some((state, at)) => {
                        let url = url.clone();
                        Object::value("DeploymentStatus", move |ask| {
                            Ok(match ask.field {
                                "state" => leaf(state.to_uppercase()),
                                "createdAt" => leaf(timestamp(*at)),
                                "logUrl" => leaf(url.clone()),
                                _ => return Err(Refusal::not_modelled("DeploymentStatus", ask)),
                            })
                        })
                    }
                },
                _ => return Err(Refusal::not_modelled("Deployment", ask)),
            })
        })
    }
}
