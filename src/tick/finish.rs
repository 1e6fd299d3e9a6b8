//! The end of a run, w4 to w10 of SPEC 4.3, and strays.
//!
//! Every line is safe to repeat: a tick that resumes an end walks all of them again and does only what is left. The
//! order is the promise: bells before labels, the ready label before the lock label, the lock label before the release,
//! and nothing while an agent may be at work.

use super::observe::Observed;
use super::watch::{Watch, title};
use super::{Applied, Failure, RunReport, TickReport};
use crate::domain::identity::{AuthorisationDigest, EndKind, Ending};
use crate::domain::issue::IssueState;
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::IssueRef;
use crate::domain::run::revocation::{ClosedBy, ReadyLabel};
use crate::domain::run::run_state_machine::{START_MAX, is_quiet};
use crate::domain::run::thread_state::{SessionSign, ThreadState};
use crate::domain::start::dispatch_policy::{SlotState, SlotView};
use crate::domain::step::Step;
use crate::domain::told::hand_back::{
    HandBack, LabelNames, LastCommit, Summary, is_stray_note, stood_down, stray_note, unrung_sinks,
    why_unmarked,
};
use crate::domain::told::notification::{BellKind, Notification};
use crate::domain::told::phase_checklist::{Phase, Progress};
use crate::executor::{Fleet, Thread};
use crate::notifier::Sink;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{IssueEventKind, IssueReading, LockedIssue, Repository, RunIssue};

impl Watch<'_> {
    /// Goes on with the end of a run as far as it gets. Returns what is left, in words, or `None` when it is released.
    pub(super) fn finish(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &mut Observed,
        ending: &Ending,
    ) -> Result<Option<String>, ServiceError> {
        let kind = ending.kind;
        if !self.silence(repository, run)? {
            return Ok(Some(
                "the agent was told to stop, and T3 still shows it at work".to_owned(),
            ));
        }
        let created = self.final_checklist(repository, run, kind)?;
        let mut ending = ending.clone();
        // Another tick may have rung since; a thread that had to be stopped was read again.
        let noted = run.thread.parsed_title().and_then(|title| title.ending);
        for sink in noted.into_iter().flat_map(|noted| noted.rung) {
            if !ending.rung.contains(&sink) {
                ending.rung.push(sink);
            }
        }
        if !is_quiet(kind, &run.standing.revocation)
            && let Some(bell) = BellKind::of(kind)
            && !self.ring(report, repository, run, &mut ending, bell)?
        {
            return Ok(Some(
                "a bell could not be rung; the next tick tries again".to_owned(),
            ));
        }
        self.look_again(repository, run)?;
        if created && let Some(reading) = &run.reading {
            // No later tick looks at a released run, so a second checklist must be found now.
            self.only_checklist(repository, run, reading)?;
        }
        self.settle_issue(repository, run, kind)?;
        // Released by a person, or by another tick: nothing is left to archive.
        if run.state.state != ThreadState::Gone {
            self.act(
                repository,
                &Step::Archive {
                    thread: run.thread.id,
                },
            )?;
        }
        tracing::info!(
            repo = %repository.repo, issue = run.issue.number.0, thread = %run.thread.id,
            "{}released run {} of {} as {}", self.hands.would_have(), run.slot, run.issue, kind.as_str()
        );
        Ok(None)
    }

    /// w4: interrupts and stops the agent. Returns whether it is certain that none is at work.
    fn silence(&self, repository: &Repository, run: &mut Observed) -> Result<bool, ServiceError> {
        let thread = run.thread.id;
        match run.state.session {
            // A turn that was accepted may still be waiting for T3 to begin it: the stop waits behind it.
            SessionSign::Absent | SessionSign::Stopped
                if run.state.state == ThreadState::Starting && !run.thread.messages.is_empty() => {}
            SessionSign::Absent | SessionSign::Stopped => return Ok(true),
            SessionSign::Running => {
                let turn = run.thread.facts.active_turn().map(str::to_owned);
                self.act(repository, &Step::Interrupt { thread, turn })?;
            }
            SessionSign::Idle => {}
        }
        let stop = Step::StopSession { thread };
        if self.act(repository, &stop)? == Applied::Named {
            return Ok(true);
        }
        let Some(found) = self.hands.executor.thread(thread)? else {
            // Released meanwhile, and hidden by the server: nothing tells of an agent any more.
            return Ok(true);
        };
        let limit = self.config.limits.stall;
        let state = found.reading(self.hands.deadline.clock().now(), limit);
        let stopped = match state.session {
            // Until that turn has come and gone, or is certainly lost.
            SessionSign::Absent | SessionSign::Stopped => {
                state.state != ThreadState::Starting || state.quiet_for >= START_MAX
            }
            // A session that the stop moved is no dead one, however long it was silent before.
            SessionSign::Idle | SessionSign::Running => state.dead_for_twice(limit),
        };
        run.thread = found;
        Ok(stopped)
    }

    /// w5: the checklist's last text. Returns whether the comment is new.
    fn final_checklist(
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

    /// w6: rings every sink that the title does not list yet. Returns whether all of them rang.
    fn ring(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &mut Observed,
        ending: &mut Ending,
        bell: BellKind,
    ) -> Result<bool, ServiceError> {
        let detail = why_unmarked(&run.reason(ending.kind, &self.config.limits));
        let link = self.link(run.thread.id);
        let notification = Notification::new(
            bell,
            run.issue.clone(),
            run.reading.as_ref().map(|reading| reading.url.as_str()),
            link.as_deref(),
            &detail,
        );
        self.warn_without_sinks(&run.issue, &format!("{}: {detail}", notification.title()));
        let mut all = true;
        for sink in self.sinks {
            let name = sink.name();
            if ending.rung.iter().any(|rung| rung == name) {
                continue;
            }
            match self.ring_one(report, repository, *sink, &notification)? {
                None => all = false,
                Some(Applied::Named) => {}
                Some(Applied::Sent) => {
                    ending.rung.push(name.to_owned());
                    if run.state.state != ThreadState::Gone {
                        self.hands.note(
                            &repository.repo,
                            &Step::NoteRung {
                                thread: run.thread.id,
                                title: title(run, Some(ending.clone())),
                            },
                        )?;
                    }
                }
            }
        }
        Ok(all)
    }

    /// Rings one sink; `None` when it failed, which is reported and does not stop the others.
    fn ring_one(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        sink: &dyn Sink,
        notification: &Notification,
    ) -> Result<Option<Applied>, ServiceError> {
        match self.hands.ring(&repository.repo, sink, notification) {
            Ok(applied) => Ok(Some(applied)),
            Err(error) if error.kind == FailureKind::OutOfTime => Err(error),
            Err(error) => {
                tracing::warn!(repo = %repository.repo, sink = sink.name(), "{error}");
                report
                    .failures
                    .push(Failure::new(Some(&repository.repo), &error));
                Ok(None)
            }
        }
    }

    /// w7 to w9: the issue's state and labels.
    fn settle_issue(
        &self,
        repository: &Repository,
        run: &Observed,
        kind: EndKind,
    ) -> Result<(), ServiceError> {
        let Some(reading) = &run.reading else {
            return Ok(());
        };
        let issue = || run.issue.clone();
        let labels = &self.config.labels;
        match kind {
            EndKind::Done => {
                if reading.state == IssueState::Open && !run.rearmed() {
                    self.act(repository, &Step::CloseIssue { issue: issue() })?;
                }
            }
            EndKind::NeedsHuman | EndKind::Frozen => {
                if run.standing.closed == Some(ClosedBy::Run) {
                    self.act(repository, &Step::ReopenIssue { issue: issue() })?;
                }
                if !run.rearmed() && reading.shown_label(&labels.ready_for_human).is_none() {
                    self.act(
                        repository,
                        &Step::AddLabel {
                            issue: issue(),
                            label: labels.ready_for_human.clone(),
                        },
                    )?;
                }
            }
            EndKind::StoodDown => {}
        }
        if reading.shown_label(&labels.ready).is_some()
            && run.standing.ready_label == ReadyLabel::FromRun
        {
            self.act(
                repository,
                &Step::RemoveLabel {
                    issue: issue(),
                    label: labels.ready.clone(),
                },
            )?;
        }
        // Also when the reading does not show it: poll may have put it back since.
        self.act(
            repository,
            &Step::RemoveLabel {
                issue: issue(),
                label: labels.in_progress.clone(),
            },
        )?;
        Ok(())
    }

    /// An issue with the lock label and no live slot.
    pub(super) fn stray(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        locked: &LockedIssue,
        slots: &[SlotView],
        fleet: &Fleet,
    ) {
        let issue = IssueRef {
            repo: repository.repo.clone(),
            number: locked.number,
        };
        let known = slots.iter().rev().find(|view| {
            view.state == SlotState::Released
                && view
                    .binding
                    .as_ref()
                    .is_some_and(|binding| binding.issue == locked.number)
        });
        let thread = known.and_then(|view| fleet.threads.get(&view.thread));
        let ended = thread
            .and_then(Thread::parsed_title)
            .is_some_and(|title| title.ending.is_some());
        let result = match thread {
            Some(_) if ended => self
                .act(repository, &self.remove_lock(&issue))
                .map(|_| "its run has ended; the lock label was left over".to_owned()),
            Some(thread) => self.hand_back_stray(report, repository, &issue, Some(thread)),
            None => self.hand_back_stray(report, repository, &issue, None),
        };
        let detail = match result {
            Ok(detail) => detail,
            Err(error) => {
                report
                    .failures
                    .push(Failure::new(Some(&repository.repo), &error));
                error.to_string()
            }
        };
        tracing::warn!(repo = %repository.repo, issue = locked.number.0, "stray: {detail}");
        report.runs.push(RunReport {
            repository: repository.repo.clone(),
            issue: locked.number,
            thread: None,
            slot: None,
            action: "finish",
            state: "stray".to_owned(),
            commit: None,
            verdict: None,
            reason: Some(ReasonCode::Stray),
            detail,
        });
    }

    fn remove_lock(&self, issue: &IssueRef) -> Step {
        Step::RemoveLabel {
            issue: issue.clone(),
            label: self.config.labels.in_progress.clone(),
        }
    }

    /// Hands back an issue whose slot a person released (`thread`), or that T3 knows nothing of.
    fn hand_back_stray(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        issue: &IssueRef,
        thread: Option<&Thread>,
    ) -> Result<String, ServiceError> {
        let reading = match self.hands.tracker.stray(issue)? {
            RunIssue::Issue(reading) => *reading,
            RunIssue::Missing => return Ok("the issue is not here any more".to_owned()),
        };
        if let Some(thread) = thread {
            self.silence_released(repository, thread)?;
        }
        if repository.facts.archived {
            // A bell that can not be noted there would ring at every tick.
            return Err(ServiceError::new(
                "afk",
                format!("hand back {issue}"),
                FailureKind::Refused,
                "its repository is archived, where nothing can be written; the bell rings when it is not archived any more",
            ));
        }
        let labels = &self.config.labels;
        if !self.ring_for_stray(report, repository, issue, thread, &reading)? {
            return Ok("a bell could not be rung; the next tick tries again".to_owned());
        }
        if reading.shown_label(&labels.ready_for_human).is_none() {
            self.act(
                repository,
                &Step::AddLabel {
                    issue: issue.clone(),
                    label: labels.ready_for_human.clone(),
                },
            )?;
        }
        if thread.is_none() {
            return Ok(
                "T3 knows no run of this issue; it was handed back, the lock label stays until a person removes it"
                    .to_owned(),
            );
        }
        if reading.shown_label(&labels.ready).is_some() {
            self.act(
                repository,
                &Step::RemoveLabel {
                    issue: issue.clone(),
                    label: labels.ready.clone(),
                },
            )?;
        }
        self.act(repository, &self.remove_lock(issue))?;
        Ok("a person released its slot before the end; it was handed back".to_owned())
    }

    /// Rings the sinks that have not rung for this stray yet, and notes on the issue which have. Returns whether all of them have.
    fn ring_for_stray(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        issue: &IssueRef,
        thread: Option<&Thread>,
        reading: &IssueReading,
    ) -> Result<bool, ServiceError> {
        // The note stands for the bell; a later labelling makes another stray of the same issue.
        let authorisation = newest_authorisation(reading, &self.config.labels.ready);
        let is_note = |body: &str| is_stray_note(body, authorisation.as_ref());
        let noted = self.only_comment(repository, issue, reading, is_note)?;
        let sinks: Vec<&dyn Sink> = match noted {
            None => self.sinks.to_vec(),
            Some(note) => {
                let unrung: Vec<&str> = unrung_sinks(&note.body).collect();
                let waits = |sink: &&&dyn Sink| unrung.contains(&sink.name());
                self.sinks.iter().filter(waits).copied().collect()
            }
        };
        if noted.is_some() && sinks.is_empty() {
            return Ok(true);
        }
        let detail = match thread {
            Some(_) => "a person archived or deleted the thread of a run under way",
            None => "T3 knows no run of this issue",
        };
        let detail = why_unmarked(&Reason::new(ReasonCode::Stray, detail));
        let link = thread.and_then(|thread| self.link(thread.id));
        let notification = Notification::new(
            BellKind::NeedsHuman,
            issue.clone(),
            Some(&reading.url),
            link.as_deref(),
            &detail,
        );
        self.warn_without_sinks(issue, &notification.title());
        let (mut rang, mut unrung) = (false, Vec::new());
        for sink in sinks {
            match self.ring_one(report, repository, sink, &notification) {
                Ok(Some(applied)) => rang |= applied == Applied::Sent,
                Ok(None) => unrung.push(sink.name()),
                // What rang has to be noted all the same.
                Err(_) if rang => unrung.push(sink.name()),
                Err(error) => return Err(error),
            }
        }
        if !rang && !unrung.is_empty() {
            return Ok(false);
        }
        let body = stray_note(authorisation.as_ref(), self.label_names(), &unrung);
        let note = match noted {
            None => Step::CreateComment {
                issue: issue.clone(),
                body,
            },
            Some(comment) => Step::EditComment {
                issue: issue.clone(),
                comment: comment.id.clone(),
                body,
            },
        };
        let written = if rang {
            self.hands.note(&repository.repo, &note)?
        } else {
            self.act(repository, &note)?
        };
        if written == Applied::Sent
            && noted.is_none()
            && let RunIssue::Issue(again) = self.hands.tracker.stray(issue)?
        {
            // Another tick may have noted it too, and no later one looks at it when its lock label is gone.
            self.only_comment(repository, issue, &again, is_note)?;
        }
        Ok(unrung.is_empty())
    }

    /// Without a sink the log is all that tells of a bell.
    fn warn_without_sinks(&self, issue: &IssueRef, bell: &str) {
        if self.sinks.is_empty() {
            tracing::warn!(
                repo = %issue.repo, issue = issue.number.0,
                "no sink is configured, this bell is only logged: {bell}"
            );
        }
    }

    /// Stops the session of a released thread, if it shows one. There is nothing to read back: what T3 shows of a released
    /// thread is frozen.
    fn silence_released(
        &self,
        repository: &Repository,
        thread: &Thread,
    ) -> Result<(), ServiceError> {
        let state = thread.reading(self.hands.deadline.clock().now(), self.config.limits.stall);
        match state.session {
            SessionSign::Absent | SessionSign::Stopped => Ok(()),
            SessionSign::Idle | SessionSign::Running => self
                .act(repository, &Step::StopSession { thread: thread.id })
                .map(drop),
        }
    }

    fn label_names(&self) -> LabelNames<'_> {
        let labels = &self.config.labels;
        LabelNames {
            ready: &labels.ready,
            in_progress: &labels.in_progress,
            ready_for_human: &labels.ready_for_human,
        }
    }
}

/// The newest labelling with the ready label, in short.
fn newest_authorisation(reading: &IssueReading, ready: &str) -> Option<AuthorisationDigest> {
    reading
        .events
        .iter()
        .rev()
        .find_map(|event| match &event.kind {
            IssueEventKind::LabelAdded {
                label,
                id: Some(id),
            } if label == ready => Some(id.digest()),
            IssueEventKind::LabelAdded { .. }
            | IssueEventKind::LabelRemoved { .. }
            | IssueEventKind::Closed(_)
            | IssueEventKind::Reopened
            | IssueEventKind::Referenced { .. } => None,
        })
}
