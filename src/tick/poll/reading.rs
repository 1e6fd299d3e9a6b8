//! p1 and p2 of SPEC 4.1: what the tick reads before it decides anything.
//!
//! T3 comes first. As soon as it answered, the forges are read beside what is left to be read of it: when that fails, nothing was
//! done but reading. Decides nothing and acts on nothing.

use super::setting::Poll;
use crate::domain::repository::RepoRef;
use crate::executor::Fleet;
use crate::fan_out::both;
use crate::service_error::ServiceError;
use crate::tracker::RepositorySurvey;

/// What each repository's forge told.
pub(super) type Surveys = Vec<Result<RepositorySurvey, ServiceError>>;

impl Poll<'_> {
    /// Reads T3 and the repositories, in their order.
    ///
    /// # Errors
    ///
    /// When T3 can not be read: then nothing else may be done in this tick, whatever the forges told.
    pub(super) fn read_all(&self, repos: &[RepoRef]) -> Result<(Fleet, Surveys), ServiceError> {
        let executor = self.hands.executor;
        let survey = || self.hands.tracker.survey(repos);
        if self.hands.parallel > 1 {
            // A server that has no light list says so at once, and its whole one takes as long as the forges.
            return match executor.light_fleet()? {
                Some(fleet) => Ok((fleet, survey())),
                None => {
                    let (surveys, fleet) =
                        both(self.hands.parallel, survey, || executor.live_fleet());
                    Ok((fleet?, surveys))
                }
            };
        }
        let fleet = executor.live_fleet()?;
        Ok((fleet, survey()))
    }
}
