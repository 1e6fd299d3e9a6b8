//! The one comment of a run, and its last text (SPEC 4.3, w5 and 7).
//!
//! Nothing is read from it but its own id.

use super::context::Watch;
use super::observed::Observed;
use crate::domain::identity::{EndKind, Ending};
use crate::domain::repository::IssueRef;
use crate::domain::run::thread_state::ThreadState;
use crate::domain::step::Step;
use crate::domain::told::hand_back::{HandBack, LastCommit, Summary, not_closed, stood_down};
use crate::domain::told::phase_checklist::{
    Checklist, Phase, Progress, has_rollout_line, is_checklist_of,
};
use crate::domain::verdict::ci::Verdict;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{IssueReading, OwnComment};

impl Watch<'_> {
    /// Brings the checklist of a run that goes on up to date.
    pub(super) fn show_progress(&self, run: &Observed) -> Result<(), ServiceError> {
        self.checklist(run, Phase::of(run.progress()), None)
            .map(drop)
    }

    /// w5: the checklist's last text. Returns whether the comment is new.
    pub(super) fn final_checklist(
        &self,
        run: &Observed,
        ending: &Ending,
    ) -> Result<bool, ServiceError> {
        let link = self.link(run.thread.id);
        let reason = self.reason(run, ending);
        let elapsed = self.now() - run.started_at;
        let facts = &run.thread.facts;
        let section = match ending.kind {
            EndKind::Done => run.pushed.as_ref().map(|pushed| {
                Summary {
                    sha: &pushed.sha,
                    url: run.commit_url.as_deref(),
                    branch: &run.branch,
                    elapsed,
                    attempts: run.attempts,
                    tokens: facts.tokens(),
                    rolled_out: !self.config_of(run.repo()).rollout.is_empty(),
                    thread_url: link.as_deref(),
                }
                .render()
                    + &run.unclosed.as_deref().map_or_else(String::new, not_closed)
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
                    tokens: facts.tokens(),
                    last_error: facts.last_error(),
                    question: facts.unanswered_question(),
                    last_message: facts.last_words().map(|words| words.text.as_str()),
                    thread_url: link.as_deref(),
                    labels: self.label_names(),
                }
                .render(),
            ),
            EndKind::StoodDown => Some(stood_down(&reason, link.as_deref(), self.label_names())),
        };
        let phase = match ending.kind {
            EndKind::Done if run.unclosed.is_none() => Phase::of(Progress::Done),
            EndKind::Done | EndKind::NeedsHuman | EndKind::Frozen | EndKind::StoodDown => {
                Phase::of(run.progress())
            }
        };
        self.checklist(run, phase, section.as_deref())
    }

    /// Writes the one checklist comment of a run: creates it, edits it when its text changed, removes a second one.
    /// Returns whether it was created, so that another tick may have created one too.
    pub(super) fn checklist(
        &self,
        run: &Observed,
        phase: Phase,
        ending: Option<&str>,
    ) -> Result<bool, ServiceError> {
        let Some(reading) = run.writable() else {
            return Ok(false);
        };
        let body = Checklist {
            issue: &run.issue,
            thread: run.thread.id,
            branch: &run.branch,
            phase,
            rollout_line: has_rollout_line(self.config_of(run.repo())),
            attempts: run.attempts,
            // An end says by itself what was known last.
            waits: run.waits().as_deref().filter(|_| ending.is_none()),
            ending,
        }
        .render();
        let oldest = self.only_checklist(run, reading)?;
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
                match self.act(run.repo(), &edit) {
                    // Somebody deleted it.
                    Err(error) if error.kind == FailureKind::NotFound => {
                        self.act(run.repo(), &create).map(|_| true)
                    }
                    result => result.map(|_| false),
                }
            }
            // A comment that was not read back far enough may exist.
            None if reading.comments_incomplete => Ok(false),
            None => self.act(run.repo(), &create).map(|_| true),
        }
    }

    /// Returns the oldest checklist of a run and deletes the others, which overlapping ticks wrote.
    pub(super) fn only_checklist<'r>(
        &self,
        run: &Observed,
        reading: &'r IssueReading,
    ) -> Result<Option<&'r OwnComment>, ServiceError> {
        self.only_comment(&run.issue, reading, |body| {
            is_checklist_of(body, run.thread.id)
        })
    }

    /// Returns the oldest of our comments of one kind and deletes the others.
    pub(super) fn only_comment<'r>(
        &self,
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
                &issue.repo,
                &Step::DeleteComment {
                    issue: issue.clone(),
                    comment: double.id.clone(),
                },
            )?;
        }
        Ok(oldest)
    }
}

/// Forges may change line ends and trailing blanks, and time goes on while an end is carried out.
fn same_text(shown: &str, wanted: &str) -> bool {
    let normal = |text: &str| {
        let text = text.replace("\r\n", "\n");
        let lines: Vec<&str> = text
            .trim_end()
            .lines()
            .filter(|line| !line.starts_with("- Elapsed: "))
            .collect();
        lines.join("\n")
    };
    normal(shown) == normal(wanted)
}

impl Observed {
    /// What the commit's CI waits for, with its stage.
    fn waits(&self) -> Option<String> {
        match &self.verdict {
            Some(Verdict::Pending { stage, detail }) => {
                Some(format!("{}: {detail}", stage.as_str()))
            }
            Some(Verdict::Green | Verdict::Red(_)) | None => None,
        }
    }

    /// How far the run is, as far as there is evidence: nothing is claimed of a run whose agent has shown no sign of work.
    pub(super) fn progress(&self) -> Progress<'_> {
        if let Some(verdict) = &self.verdict {
            return Progress::Pushed(verdict);
        }
        let log = self.thread.facts.log.as_ref();
        let worked = log.is_some_and(|log| {
            log.answers > 0 || log.last_tool_at.is_some() || log.last_checkpoint.is_some()
        });
        let running = match &self.state.state {
            ThreadState::Running | ThreadState::Waiting { .. } => true,
            ThreadState::Starting
            | ThreadState::Over
            | ThreadState::Failed { .. }
            | ThreadState::Dead { .. }
            | ThreadState::Gone
            | ThreadState::Unknown { .. } => false,
        };
        if worked || running || self.attempts > 0 {
            Progress::Working
        } else {
            Progress::Starting
        }
    }
}
