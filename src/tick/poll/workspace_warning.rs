//! A workspace directory that is not there any more: T3 does not make it again, and its words for it mislead.
//!
//! It warns and refuses nothing: somebody may have made the directory meanwhile, which T3 does not tell.

use crate::domain::run::thread_state::explanation;
use crate::executor::Fleet;
use crate::tick::{Failure, TickReport, slots};
use crate::tracker::Repository;

/// Says that the run before this one failed because its workspace is not there any more: T3 does not make it again.
pub(super) fn warn_of_workspace(report: &mut TickReport, repository: &Repository, fleet: &Fleet) {
    let slots = slots::slots_of(&repository.key, fleet);
    let Some((slot, thread)) = slots.last() else {
        return;
    };
    let failure = thread
        .facts
        .log
        .as_ref()
        .and_then(|log| log.start_failure.as_ref())
        .map(|failure| failure.detail.as_str());
    let mut told = thread.facts.last_error().into_iter().chain(failure);
    if let Some(explanation) = told.find_map(explanation) {
        report.warn(Failure::warning(
            Some(&repository.repo),
            "t3",
            "start the agent",
            format!(
                "run {slot} failed at its start, and this one may fare the same: {explanation}"
            ),
        ));
    }
}
