//! A slot that was allocated and not started: poll's work, unless its issue may not be run any more.
//!
//! It starts nothing.

use super::context::Watch;
use super::observed::Observed;
use crate::domain::identity::{EndKind, Title};
use crate::domain::issue::IssueState;
use crate::domain::reason::ReasonCode;
use crate::domain::run::allocated::{AllocatedIssue, StoodDown, withdrawn};
use crate::domain::run::revocation::{Gone, ReadyLabel};
use crate::domain::run::run_state_machine::{Action, Decided};
use crate::domain::told::span::span;
use crate::tick::{Failure, TickReport};
use crate::tracker::RunIssue;

impl Watch<'_> {
    /// A slot that was allocated and not started: poll's work, unless its issue may not be run any more.
    pub(super) fn allocated(&self, report: &mut TickReport, mut run: Observed) {
        let mut line = self.line(&run);
        line.state = "allocated".to_owned();
        line.action = Action::Wait.as_str();
        line.reason = None;
        let issue = self.allocated_issue(&run);
        let (now, limits) = (self.now(), self.limits());
        let why = withdrawn(&issue, run.started_at, limits.run_max, now);
        line.basis = self.kept_allocated(&run, &issue, why.is_some(), now);
        match why {
            None => {
                line.detail = "allocated; poll starts it".to_owned();
            }
            Some(why) => {
                let why = match why {
                    StoodDown::Said(why) => why.to_owned(),
                    StoodDown::TooLate(limit) => {
                        format!("the run could not be started within {}", span(limit))
                    }
                };
                line.action = Action::StandDown.as_str();
                line.reason = Some(ReasonCode::Revoked);
                line.detail.clone_from(&why);
                run.decided = Decided {
                    action: Action::StandDown,
                    reason: Some(ReasonCode::Revoked),
                    detail: why,
                };
                match self.end_as(report, &mut run, &mut line, EndKind::StoodDown) {
                    Ok(Some(left)) => line.add(&left),
                    Ok(None) => {}
                    Err(error) => report.failures.push(Failure::new(Some(run.repo()), &error)),
                }
            }
        }
        report.runs.push(line);
    }

    /// What the forge tells of the issue of an allocated slot.
    fn allocated_issue(&self, run: &Observed) -> AllocatedIssue {
        if run.issue.number == Title::UNKNOWN_ISSUE {
            return AllocatedIssue::Unknown;
        }
        let reading = match &run.found {
            Some(RunIssue::Issue(reading)) => reading,
            Some(RunIssue::Missing) => return AllocatedIssue::Gone(Gone::Deleted),
            Some(RunIssue::Transferred) => return AllocatedIssue::Gone(Gone::Transferred),
            Some(RunIssue::Unreadable(_)) | None => return AllocatedIssue::Unread,
        };
        let labels = &self.config.labels;
        AllocatedIssue::Read {
            closed: reading.state == IssueState::Closed,
            handed_back: reading.shown_label(&labels.ready_for_human).is_some(),
            ready: reading.labels.contains(&labels.ready),
            rearmed: matches!(run.standing.ready_label, ReadyLabel::Rearmed(_)),
        }
    }
}
