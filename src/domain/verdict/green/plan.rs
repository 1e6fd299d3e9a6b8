//! Which stages a repository has.

use crate::domain::config::RepositoryConfig;
use crate::domain::verdict::ci::Stage;

/// Which stages a repository has; every one has a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StagePlan {
    /// Whether Woodpecker deploys it.
    pub deploy: bool,
    /// Whether Kubernetes runs it.
    pub rollout: bool,
}

impl StagePlan {
    /// Returns the stages in the order they are asked.
    pub fn stages(self) -> impl Iterator<Item = Stage> {
        [Stage::Build, Stage::Deploy, Stage::Rollout]
            .into_iter()
            .filter(move |stage| match stage {
                Stage::Build => true,
                Stage::Deploy => self.deploy,
                Stage::Rollout => self.rollout,
            })
    }
}

impl From<&RepositoryConfig> for StagePlan {
    fn from(repository: &RepositoryConfig) -> Self {
        Self {
            deploy: repository.deploy.is_some(),
            rollout: !repository.rollout.is_empty(),
        }
    }
}
