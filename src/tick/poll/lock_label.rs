//! p3 of SPEC 4.1: a run under way shows its lock label.

use super::enrolment::Enrolled;
use super::setting::Poll;
use crate::domain::start::dispatch_policy::Opening;
use crate::tick::{Failure, TickReport};

impl Poll<'_> {
    /// p3: a run under way shows its lock label.
    pub(super) fn repair_labels(&self, report: &mut TickReport, enrolled: &[Enrolled]) {
        for one in enrolled {
            let Opening::Running { issue, .. } = one.opening else {
                continue;
            };
            let repository = &one.survey.repository;
            if one.survey.locked.contains(&issue)
                || !self.narrowing.includes_issue(&repository.repo, issue)
            {
                continue;
            }
            tracing::info!(repo = %repository.repo, issue = issue.0, "the lock label of a run is missing");
            if let Err(error) = self.apply(&repository.repo, &self.lock_label(repository, issue)) {
                report
                    .failures
                    .push(Failure::new(Some(&repository.repo), &error));
            }
        }
    }
}
