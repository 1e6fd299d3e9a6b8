//! What is said of an issue that tells less than it should: nobody waits, or goes on without something, in silence.

use super::binding::{Writes, is_shown};
use super::observed::Observed;
use crate::domain::repository::IssueRef;
use crate::tick::{Failure, TickReport};
use crate::tracker::RunIssue;

/// The failure of an issue that can not be read although its repository can.
pub(super) fn unread_issue(issue: &IssueRef, why: &str) -> Failure {
    let service = issue.repo.forge().as_str();
    Failure::warning(Some(&issue.repo), service, format!("read {issue}"), why)
}

/// Says what could not be read of a run's issue: the run waits for it, or goes on without it.
pub(super) fn tell_what_is_unread(report: &mut TickReport, run: &Observed) {
    let (repo, call) = (run.repo(), format!("read {}", run.issue));
    let service = repo.forge().as_str();
    match &run.found {
        Some(RunIssue::Unreadable(why)) => {
            report.failures.push(unread_issue(&run.issue, why));
        }
        Some(RunIssue::Issue(reading)) if !reading.gaps.is_empty() => {
            let what = reading.gaps.join("; ");
            report.warn(Failure::warning(Some(repo), service, call, what));
        }
        Some(RunIssue::Issue(reading)) => {
            let binding = run.binding.as_ref();
            if run.writes == Writes::Allowed && !binding.is_some_and(|it| is_shown(it, reading)) {
                report.warn(Failure::warning(
                    Some(repo),
                    service,
                    call,
                    "the labelling that the run is bound to is not shown any more, so its label was deleted or made anew; we locked the issue for it, so the run is followed to its end",
                ));
            }
        }
        Some(RunIssue::Missing | RunIssue::Transferred) | None => {}
    }
}
