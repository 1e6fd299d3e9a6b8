//! The one comment of a run, and its last text (SPEC 4.3, w5 and 7).
//!
//! Nothing is read from it but its own id.

use super::context::Watch;
use super::observation::Observed;
use crate::domain::identity::EndKind;
use crate::domain::repository::IssueRef;
use crate::domain::run::thread_state::ThreadState;
use crate::domain::step::Step;
use crate::domain::told::hand_back::{HandBack, LastCommit, Summary, stood_down};
use crate::domain::told::phase_checklist::{
    Checklist, Phase, Progress, Progress as ShownProgress, has_rollout_line, is_checklist_of,
};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{IssueReading, OwnComment, Repository};

impl Watch<'_> {
    /// Brings the checklist of a run that goes on up to date.
    pub(super) fn show_progress(
        &self,
        repository: &Repository,
        run: &Observed,
    ) -> Result<(), ServiceError> {
        let shown = match (&run.verdict, &run.state.state) {
            (Some(verdict), _) => ShownProgress::Pushed(verdict),
            (None, ThreadState::Starting) if run.attempts == 0 => ShownProgress::Starting,
            (None, _) => ShownProgress::Working,
        };
        self.checklist(repository, run, Phase::of(shown), None)
            .map(drop)
    }

    /// w5: the checklist's last text. Returns whether the comment is new.
    pub(super) fn final_checklist(
        &self,
        repository: &Repository,
        run: &Observed,
        kind: EndKind,
    ) -> Result<bool, ServiceError> {
        let link = self.link(run.thread.id);
        let reason = run.reason(kind, &self.config.limits);
        // Until the thread last did something: a tick that resumes an end writes the same text again.
        let elapsed = run.state.changed_at - run.started_at;
        let ending = match kind {
            EndKind::Done => run.pushed.as_ref().map(|pushed| {
                Summary {
                    sha: &pushed.sha,
                    url: run.commit_url.as_deref(),
                    branch: &run.branch,
                    elapsed,
                    attempts: run.attempts,
                    rolled_out: self.config.repository(&repository.repo).rollout.is_some(),
                    thread_url: link.as_deref(),
                }
                .render()
            }),
            EndKind::NeedsHuman | EndKind::Frozen => Some(
                HandBack {
                    reason: &reason,
                    commit: run.pushed.as_ref().map(|pushed| LastCommit {
                        sha: &pushed.sha,
                        url: run.commit_url.as_deref(),
                        red_checks: run.red_checks(),
                    }),
                    branch: &run.branch,
                    elapsed,
                    attempts: run.attempts,
                    last_message: run
                        .thread
                        .facts
                        .last_words()
                        .map(|words| words.text.as_str()),
                    thread_url: link.as_deref(),
                    labels: self.label_names(),
                }
                .render(),
            ),
            EndKind::StoodDown => Some(stood_down(&reason, link.as_deref(), self.label_names())),
        };
        let phase = match (kind, &run.verdict) {
            (EndKind::Done, _) => Phase::of(Progress::Done),
            (EndKind::NeedsHuman | EndKind::Frozen | EndKind::StoodDown, Some(verdict)) => {
                Phase::of(Progress::Pushed(verdict))
            }
            (EndKind::NeedsHuman | EndKind::Frozen | EndKind::StoodDown, None)
                if run.thread.messages.is_empty() =>
            {
                Phase::of(Progress::Starting)
            }
            (EndKind::NeedsHuman | EndKind::Frozen | EndKind::StoodDown, None) => {
                Phase::of(Progress::Working)
            }
        };
        self.checklist(repository, run, phase, ending.as_deref())
    }

    /// Writes the one checklist comment of a run: creates it, edits it when its text changed, removes a second one.
    /// Returns whether it was created, so that another tick may have created one too.
    pub(super) fn checklist(
        &self,
        repository: &Repository,
        run: &Observed,
        phase: Phase,
        ending: Option<&str>,
    ) -> Result<bool, ServiceError> {
        let Some(reading) = &run.reading else {
            return Ok(false);
        };
        let body = Checklist {
            issue: &run.issue,
            thread: run.thread.id,
            branch: &run.branch,
            phase,
            rollout_line: has_rollout_line(self.config.repository(&repository.repo)),
            attempts: run.attempts,
            ending,
        }
        .render();
        let oldest = self.only_checklist(repository, run, reading)?;
        let create = Step::CreateComment {
            issue: run.issue.clone(),
            body: body.clone(),
        };
        match oldest {
            Some(comment) if same_text(&comment.body, &body) => Ok(false),
            Some(comment) => {
                let edit = Step::EditComment {
                    issue: run.issue.clone(),
                    comment: comment.id.clone(),
                    body,
                };
                match self.act(repository, &edit) {
                    // Somebody deleted it.
                    Err(error) if error.kind == FailureKind::NotFound => {
                        self.act(repository, &create).map(|_| true)
                    }
                    result => result.map(|_| false),
                }
            }
            // A comment that was not read back far enough may exist.
            None if !reading.gaps.is_empty() => Ok(false),
            None => self.act(repository, &create).map(|_| true),
        }
    }

    /// Returns the oldest checklist of a run and deletes the others, which overlapping ticks wrote.
    pub(super) fn only_checklist<'r>(
        &self,
        repository: &Repository,
        run: &Observed,
        reading: &'r IssueReading,
    ) -> Result<Option<&'r OwnComment>, ServiceError> {
        self.only_comment(repository, &run.issue, reading, |body| {
            is_checklist_of(body, run.thread.id)
        })
    }

    /// Returns the oldest of our comments of one kind and deletes the others.
    pub(super) fn only_comment<'r>(
        &self,
        repository: &Repository,
        issue: &IssueRef,
        reading: &'r IssueReading,
        is_of_kind: impl Fn(&str) -> bool,
    ) -> Result<Option<&'r OwnComment>, ServiceError> {
        let mut ours = reading
            .own_comments
            .iter()
            .filter(|comment| is_of_kind(&comment.body));
        let oldest = ours.next();
        for double in ours {
            self.act(
                repository,
                &Step::DeleteComment {
                    issue: issue.clone(),
                    comment: double.id.clone(),
                },
            )?;
        }
        Ok(oldest)
    }
}

/// Forges may change line ends and trailing blanks.
pub(super) fn same_text(shown: &str, wanted: &str) -> bool {
    let normal = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    normal(shown) == normal(wanted)
}
