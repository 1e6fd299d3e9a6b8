//! Whether what ran so far fits the deploy that is configured, for whoever checks an installation. Ticks ask none of it.

use super::{PAGE_SIZE, SERVICE, Woodpecker};
use crate::ci::StageQuery;
use crate::domain::config::WoodpeckerDeploy;
use crate::domain::verdict::deploy::{Misfit, Pipeline, fitting, without_workflow};
use crate::http::join;
use crate::service_error::ServiceError;

/// Pipelines that are read by themselves for their workflows, which lists do not tell.
const READ_MAX: usize = 5;

impl Woodpecker<'_> {
    /// Holds the newest pipelines, of any event, against the configuration.
    pub(super) fn misfit_of(
        &self,
        query: &StageQuery<'_>,
        deploy: &WoodpeckerDeploy,
    ) -> Result<Option<Misfit>, ServiceError> {
        let id = match deploy.id {
            Some(id) => id,
            None => self.id(query)?,
        };
        let newest = self.newest(id)?;
        let fits = match fitting(&newest, deploy, query.branch) {
            Ok(fits) => fits,
            Err(misfit) => return Ok(Some(misfit)),
        };
        if deploy.workflow.is_none() {
            return Ok(None);
        }
        let mut whole = Vec::new();
        for pipeline in fits.iter().take(READ_MAX) {
            match self.single(id, pipeline.number) {
                Ok(read) => whole.push(self.pipeline(id, read, true)),
                Err(error) => {
                    tracing::debug!(service = SERVICE, %error, "workflows can not be read");
                }
            }
        }
        Ok(without_workflow(&whole, deploy))
    }

    /// The newest pipelines of any event and branch, one page of them.
    fn newest(&self, id: u64) -> Result<Vec<Pipeline>, ServiceError> {
        let mut url = join(&self.api, &["repos", &id.to_string(), "pipelines"]);
        url.query_pairs_mut()
            .append_pair("page", "1")
            .append_pair("perPage", &PAGE_SIZE.to_string());
        let listed = self.list(url)?;
        Ok(listed
            .into_iter()
            .map(|pipeline| self.pipeline(id, pipeline, false))
            .collect())
    }
}
