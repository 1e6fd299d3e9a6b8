//! A slot that was allocated and not started: poll's work, unless its issue may not be run any more.
//!
//! It starts nothing.

use super::context::Watch;
use super::observed::Observed;
use crate::domain::identity::{EndKind, Title};
use crate::domain::issue::IssueState;
use crate::domain::reason::ReasonCode;
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
        match self.withdrawn(&run) {
            None => {
                line.detail = "allocated; poll starts it".to_owned();
            }
            Some(why) => {
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

    /// Why the issue of an allocated slot may not be run any more; `None` when it may, or when that is not known.
    pub(super) fn withdrawn(&self, run: &Observed) -> Option<String> {
        if run.issue.number == Title::UNKNOWN_ISSUE {
            return Some("the title of the slot can not be read any more".to_owned());
        }
        let reading = match run.found.as_ref()? {
            RunIssue::Issue(reading) => reading,
            RunIssue::Missing => return Some(Gone::Deleted.in_words().to_owned()),
            RunIssue::Transferred => return Some(Gone::Transferred.in_words().to_owned()),
            RunIssue::Unreadable(_) => return None,
        };
        if reading.state == IssueState::Closed {
            return Some("the issue was closed before the run was started".to_owned());
        }
        let labels = &self.config.labels;
        if reading.shown_label(&labels.ready_for_human).is_some() {
            return Some("the issue was handed back before the run was started".to_owned());
        }
        let shown = reading.labels.contains(&labels.ready);
        let anew = matches!(run.standing.ready_label, ReadyLabel::Rearmed(_));
        if !shown || anew {
            return Some("the ready label was removed before the run was started".to_owned());
        }
        // Poll tries again while facts can not be had, and the repository must not wait for them for ever.
        let limit = self.config.limits.run_max;
        (self.now() - run.started_at >= limit)
            .then(|| format!("the run could not be started within {}", span(limit)))
    }
}
