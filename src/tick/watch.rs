//! `afk-watch`: follows every run to its end (SPEC 4.3).
//!
//! Reads T3 and the forges in bulk, derives the facts of each run, asks the decision table, and carries out what it
//! says. Reads are parallel, acts are serial, and each act is read back or safe to repeat, so that a tick that dies
//! between any two of them leaves a run that the next one finds and finishes. Ending a run is `finish.rs`, what is known of one `observe.rs`.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};

use super::observe::{Observed, Seen};
use super::report::count;
use super::work_list::{self, Run};
use super::{
    Applied, Failure, Hands, Narrowing, Outcome, RepositoryReport, RunReport, TickKind, TickReport,
};
use crate::ci::StageReader;
use crate::domain::config::{Config, RunLimits};
use crate::domain::identity::{EndKind, Ending, MessageId, StepNumber, ThreadId, Title};
use crate::domain::issue::IssueState;
use crate::domain::reason::ReasonCode;
use crate::domain::repository::{IssueNumber, IssueRef, RepoRef};
use crate::domain::run::corrective_turn::CorrectiveTurn;
use crate::domain::run::revocation::ReadyLabel;
use crate::domain::run::run_state_machine::{Action, Decided, step_given_up, without_step};
use crate::domain::run::thread_state::{ThreadReading, ThreadState};
use crate::domain::start::dispatch_policy::{SlotState, SlotView};
use crate::domain::step::Step;
use crate::domain::told::hand_back::span;
use crate::domain::told::phase_checklist::{
    Checklist, Phase, Progress as ShownProgress, has_rollout_line, is_checklist_of,
};
use crate::domain::verdict::attribution::CLOCK_SLACK;
use crate::domain::verdict::ci::{Check, Red, Verdict};
use crate::executor::{Fleet, Thread};
use crate::fan_out::fan_out_at_most;
use crate::notifier::Sink;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{
    IssueReading, LockedIssue, OwnComment, Repository, RunQuery, WatchQuery, WatchReading,
};

/// Everything that one watch tick needs.
pub struct Watch<'a> {
    /// The enrolled repositories.
    pub enrolled: &'a [RepoRef],
    /// Whether the kill switch is on: everything but sending turns.
    pub draining: bool,
    /// The configuration.
    pub config: &'a Config,
    /// What the command line narrows the tick to.
    pub narrowing: &'a Narrowing,
    /// The deploy stage, when a repository has one.
    pub deploy: Option<&'a dyn StageReader>,
    /// The rollout stage, when a repository has one.
    pub rollout: Option<&'a dyn StageReader>,
    /// Where doorbells ring.
    pub sinks: &'a [&'a dyn Sink],
    /// The way to the world.
    pub hands: Hands<'a>,
    /// T3's id of its environment, asked for when the first link is made.
    pub environment: OnceLock<Option<String>>,
}

impl Watch<'_> {
    /// Runs the tick.
    #[must_use]
    pub fn run(&self) -> TickReport {
        let clock = self.hands.deadline.clock();
        let mut report = TickReport::new(TickKind::Watch, clock.now(), self.hands.dry_run);
        report.armed = true;
        if self.draining {
            report.detail = Some("draining: AFK_KILL_SWITCH is on, no turn is sent".to_owned());
        }
        self.fill(&mut report);
        report.finished_at = clock.now();
        report
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.hands.deadline.clock().now()
    }

    /// Says of each repository that the command line names, and that is neither enrolled nor has a run, that there is nothing to
    /// do in it: it may be a slip.
    fn report_strangers<V>(&self, report: &mut TickReport, runs: &BTreeMap<RepoRef, V>) {
        let mut strangers = self.narrowing.strangers(self.enrolled);
        strangers.retain(|repo| !runs.contains_key(repo));
        for repo in strangers {
            tracing::warn!(%repo, "not on AFK_ALLOWLIST, and no run of it is under way");
            report.repositories.push(RepositoryReport {
                repository: repo.clone(),
                outcome: Outcome::Idle,
                detail: "it is not on AFK_ALLOWLIST, and no run of it is under way".to_owned(),
                issues: Vec::new(),
            });
        }
    }

    fn fill(&self, report: &mut TickReport) {
        let enrolled: Vec<RepoRef> = self.narrowing.among(self.enrolled).cloned().collect();
        let mut fleet = match self.hands.executor.whole_fleet() {
            Ok(fleet) => fleet,
            Err(error) => return super::could_not_start(report, &enrolled, &error),
        };
        self.ask_nameless(report, &mut fleet);
        let mut runs = work_list::runs(&fleet, self.config.default_forge);
        runs.retain(|repo, _| self.narrowing.includes(repo));
        self.report_strangers(report, &runs);
        let repos: Vec<RepoRef> = enrolled
            .into_iter()
            .chain(
                runs.keys()
                    .filter(|repo| !self.enrolled.contains(repo))
                    .cloned(),
            )
            .collect();
        if repos.is_empty() {
            return;
        }
        self.complete(report, &mut runs);
        let queries: Vec<WatchQuery> = repos
            .iter()
            .map(|repo| self.query(repo, runs.get(repo).map_or(&[], Vec::as_slice)))
            .collect();
        let readings = self.hands.tracker.watch(&queries);
        report.could_not_start = readings
            .iter()
            .all(|reading| reading.as_ref().is_err_and(ServiceError::is_whole_service));
        let mut readable = Vec::new();
        for (repo, reading) in repos.iter().zip(readings) {
            let of_repo = runs.remove(repo).unwrap_or_default();
            match reading {
                Ok(reading) => readable.push(pair(report, repo, reading, of_repo)),
                Err(error) => {
                    super::fail(report, repo, &error);
                    for run in of_repo {
                        report
                            .runs
                            .push(self.unread(repo, &run, "the forge could not be read"));
                    }
                }
            }
        }
        // Deploy and rollout are asked one by one: of all repositories at once.
        let every: Vec<(&Readable, &(Run, Option<usize>))> = readable
            .iter()
            .flat_map(|readable| readable.runs.iter().map(move |run| (readable, run)))
            .collect();
        let second_look = OnceCell::new();
        let mut seen = fan_out_at_most(self.hands.parallel, &every, |(readable, (run, issue))| {
            let issue = issue.map(|index| &readable.reading.runs[index]);
            self.observe(&readable.reading, run, issue)
        })
        .into_iter();
        for readable in &readable {
            let of_repo = seen.by_ref().take(readable.runs.len()).collect();
            self.repository(report, readable, of_repo, &second_look);
        }
    }

    /// The line of a run about which too little could be read.
    fn unread(&self, repo: &RepoRef, run: &Run, why: &str) -> RunReport {
        RunReport {
            repository: repo.clone(),
            issue: bound_issue(run).unwrap_or(Title::UNKNOWN_ISSUE),
            thread: Some(run.thread.id),
            slot: Some(run.slot),
            action: Action::Wait.as_str(),
            state: self.state_of(&run.thread).state.as_str().to_owned(),
            commit: None,
            verdict: None,
            reason: None,
            detail: why.to_owned(),
        }
    }

    /// Asks for the threads that may be runs although the list shows neither a title of ours nor messages.
    fn ask_nameless(&self, report: &mut TickReport, fleet: &mut Fleet) {
        let nameless = work_list::nameless(fleet);
        let told = fan_out_at_most(self.hands.parallel, &nameless, |id| {
            self.hands.executor.thread(*id)
        });
        for (id, thread) in nameless.into_iter().zip(told) {
            match thread {
                Ok(Some(thread)) => {
                    fleet.threads.insert(id, thread);
                }
                Ok(None) => {
                    fleet.threads.remove(&id);
                }
                Err(error) => report.failures.push(Failure::new(None, &error)),
            }
        }
    }

    /// Asks for the threads whose messages the list did not show.
    fn complete(&self, report: &mut TickReport, runs: &mut BTreeMap<RepoRef, Vec<Run>>) {
        let unseen: Vec<ThreadId> = runs
            .values()
            .flatten()
            .filter(|run| !run.thread.messages_told)
            .map(|run| run.thread.id)
            .collect();
        let mut told: BTreeMap<ThreadId, Result<Option<Thread>, ServiceError>> = unseen
            .iter()
            .copied()
            .zip(fan_out_at_most(self.hands.parallel, &unseen, |id| {
                self.hands.executor.thread(*id)
            }))
            .collect();
        for (repo, of_repo) in runs.iter_mut() {
            of_repo.retain_mut(|run| match told.remove(&run.thread.id) {
                None => true,
                Some(Ok(Some(thread))) => {
                    run.key = thread
                        .messages
                        .first()
                        .map(|message| message.repository.clone());
                    run.thread = thread;
                    !run.thread.is_released()
                }
                Some(Ok(None)) => false,
                Some(Err(error)) => {
                    report.failures.push(Failure::new(Some(repo), &error));
                    false
                }
            });
        }
    }

    fn query(&self, repo: &RepoRef, runs: &[Run]) -> WatchQuery {
        WatchQuery {
            repo: repo.clone(),
            branch: self.config.repository(repo).branch.clone(),
            runs: runs
                .iter()
                .filter_map(|run| {
                    Some(RunQuery {
                        issue: bound_issue(run)?,
                        since: self.started_at(&run.thread) - CLOCK_SLACK,
                    })
                })
                .collect(),
        }
    }

    /// When a run began: with our first message, or with its thread, or now when T3 knows no sensible time.
    pub(super) fn started_at(&self, thread: &Thread) -> DateTime<Utc> {
        let now = self.now();
        let facts = &thread.facts;
        facts
            .first_message_at()
            .or(facts.created_at)
            .unwrap_or(now)
            .min(now)
    }

    pub(super) fn state_of(&self, thread: &Thread) -> ThreadReading {
        thread.reading(self.now(), self.config.limits.stall)
    }

    /// Drives the runs of one repository, and looks for strays.
    fn repository(
        &self,
        report: &mut TickReport,
        readable: &Readable,
        seen: Vec<Result<Seen, ServiceError>>,
        second_look: &OnceCell<Option<Fleet>>,
    ) {
        let before = report.runs.len();
        let reading = &readable.reading;
        let repo = &reading.repo;
        let live: Vec<IssueNumber> = readable
            .runs
            .iter()
            .filter_map(|(run, _)| bound_issue(run))
            .collect();
        for ((run, _), seen) in readable.runs.iter().zip(seen) {
            if !self
                .narrowing
                .includes_issue(repo, bound_issue(run).unwrap_or(Title::UNKNOWN_ISSUE))
            {
                continue;
            }
            match seen {
                Ok(Seen::Observed(observed)) => self.drive(report, &reading.repository, *observed),
                Ok(Seen::Allocated(observed)) => {
                    self.allocated(report, &reading.repository, *observed);
                }
                Err(error) => {
                    report.failures.push(Failure::new(Some(repo), &error));
                    report.runs.push(self.unread(repo, run, &error.to_string()));
                }
            }
        }
        if self.enrolled.contains(repo) {
            let locked: Vec<&LockedIssue> = reading
                .locked
                .iter()
                .filter(|locked| {
                    !live.contains(&locked.number)
                        && self.narrowing.includes_issue(repo, locked.number)
                })
                .collect();
            self.strays(report, reading, &locked, second_look);
        }
        let driven = report.runs.len() - before;
        let (outcome, detail) = match driven {
            0 => (Outcome::Idle, "no run is under way".to_owned()),
            driven => (
                Outcome::Busy,
                count(driven, "run was looked at", "runs were looked at"),
            ),
        };
        report.repositories.push(RepositoryReport {
            repository: repo.clone(),
            outcome,
            detail,
            issues: Vec::new(),
        });
    }

    /// Strays among issues with the lock label that had no live slot when the tick read T3. The forge was read after T3, and
    /// poll may have started a run in between: the label comes after the slot, so T3 is looked at once more.
    fn strays(
        &self,
        report: &mut TickReport,
        reading: &WatchReading,
        locked: &[&LockedIssue],
        second_look: &OnceCell<Option<Fleet>>,
    ) {
        if locked.is_empty() {
            return;
        }
        let fleet = second_look.get_or_init(|| match self.hands.executor.whole_fleet() {
            Ok(fleet) => Some(fleet),
            Err(error) => {
                report
                    .failures
                    .push(Failure::new(Some(&reading.repo), &error));
                None
            }
        });
        let Some(fleet) = fleet else {
            return;
        };
        let slots: Vec<SlotView> = work_list::slots_of(&reading.key, fleet)
            .iter()
            .map(|(slot, thread)| work_list::view(*slot, thread))
            .collect();
        // A live slot whose thread could not be read just now makes no stray of its issue, nor of any issue while it is not
        // known to which it belongs.
        let may_be_live = |number: IssueNumber| {
            slots.iter().any(|view| {
                view.state != SlotState::Released
                    && view
                        .binding
                        .as_ref()
                        .is_none_or(|binding| binding.issue == number)
            })
        };
        for locked in locked.iter().filter(|locked| !may_be_live(locked.number)) {
            self.stray(report, &reading.repository, locked, &slots, fleet);
        }
    }

    /// w3: does what the table says about a run that was started.
    fn drive(&self, report: &mut TickReport, repository: &Repository, mut run: Observed) {
        let mut line = self.line(&run);
        let result = match run.ending.clone() {
            Some(ending) => {
                let reason = run.reason(ending.kind, &self.config.limits);
                line.action = "finish";
                line.state = "ended".to_owned();
                line.reason = Some(reason.code);
                line.detail = format!("an earlier tick ended it as {}", ending.kind.as_str());
                self.finish(report, repository, &mut run, &ending)
            }
            None => match run.decided.action {
                Action::Wait => self.wait(report, repository, &run),
                Action::FixForward => self.fix_forward(report, repository, &mut run, &mut line),
                Action::CloseSuccess { .. }
                | Action::EscalatePrepush
                | Action::FreezeEscalate
                | Action::StandDown => self.end(report, repository, &mut run, &mut line),
            },
        };
        match result {
            Ok(Some(detail)) => line.detail = detail,
            Ok(None) => {}
            Err(error) => {
                line.detail = format!("{}; {error}", line.detail);
                report
                    .failures
                    .push(Failure::new(Some(&repository.repo), &error));
            }
        }
        tracing::info!(
            repo = %repository.repo, issue = run.issue.number.0, thread = %run.thread.id,
            "{}: {}: {}", run.issue, line.action, line.detail
        );
        report.runs.push(line);
    }

    fn line(&self, run: &Observed) -> RunReport {
        RunReport {
            repository: run.issue.repo.clone(),
            issue: run.issue.number,
            thread: Some(run.thread.id),
            slot: Some(run.slot),
            action: run.decided.action.as_str(),
            state: run.state.state.as_str().to_owned(),
            commit: run.pushed.as_ref().map(|pushed| pushed.sha.clone()),
            verdict: run.verdict.as_ref().map(|verdict| match verdict {
                Verdict::Pending { .. } => "pending",
                Verdict::Green => "green",
                Verdict::Red(_) => "red",
            }),
            reason: run.decided.reason,
            detail: run.decided.detail.clone(),
        }
    }

    /// WAIT: the lock label is shown, and the checklist is up to date.
    fn wait(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &Observed,
    ) -> Result<Option<String>, ServiceError> {
        if let Some(reading) = &run.reading {
            let lock = &self.config.labels.in_progress;
            if reading.shown_label(lock).is_none() {
                self.act(
                    repository,
                    &Step::AddLabel {
                        issue: run.issue.clone(),
                        label: lock.clone(),
                    },
                )?;
            }
        }
        if let Err(error) = self.show_progress(repository, run) {
            report
                .failures
                .push(Failure::new(Some(&repository.repo), &error));
        }
        Ok(None)
    }

    /// Brings the checklist of a run that goes on up to date.
    fn show_progress(&self, repository: &Repository, run: &Observed) -> Result<(), ServiceError> {
        let shown = match (&run.verdict, &run.state.state) {
            (Some(verdict), _) => ShownProgress::Pushed(verdict),
            (None, ThreadState::Starting) if run.attempts == 0 => ShownProgress::Starting,
            (None, _) => ShownProgress::Working,
        };
        self.checklist(repository, run, Phase::of(shown), None)
            .map(drop)
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

    /// FIX_FORWARD: asks the agent to repair the red commit, under the next step id, and reads back.
    fn fix_forward(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &mut Observed,
        line: &mut RunReport,
    ) -> Result<Option<String>, ServiceError> {
        let (Some(pushed), Some(Verdict::Red(red)), Some(first)) =
            (&run.pushed, &run.verdict, run.thread.messages.first())
        else {
            return Ok(None);
        };
        let step = next_step(&run.thread);
        let red = self.with_excerpts(repository, red, &run.checks);
        let text = CorrectiveTurn {
            issue: &run.issue,
            thread: run.thread.id,
            branch: &run.branch,
            commit: &pushed.sha,
            red: &red,
            attempt: run.attempts + 1,
            max_attempts: self.config.limits.fix_forward_max_attempts,
        }
        .render();
        let turn = Step::StartTurn {
            thread: run.thread.id,
            message: MessageId {
                step,
                red_commit: Some(pushed.sha.to_string()),
                ..first.clone()
            },
            text,
        };
        let sent = match self.act(repository, &turn) {
            Ok(Applied::Named) => return Ok(None),
            Ok(Applied::Sent) => Ok(()),
            Err(error) if super::nothing_was_sent(&error) => return Err(error),
            Err(error) => Err(error),
        };
        let Some(found) = self.hands.executor.thread(run.thread.id)? else {
            return Ok(Some("the thread was released meanwhile".to_owned()));
        };
        if found.messages.iter().any(|message| message.step == step) {
            run.thread = found;
            run.attempts += 1;
            let short = run.pushed.as_ref().map_or("", |pushed| pushed.sha.short());
            let detail = format!("corrective turn {} for commit {short}", run.attempts);
            self.show_progress(repository, run)?;
            return Ok(Some(detail));
        }
        if let Some(ending) = found.parsed_title().and_then(|title| title.ending) {
            run.thread = found;
            line.action = "finish";
            return self.finish(report, repository, run, &ending);
        }
        if self.is_given_up(run) {
            run.decided = without_step(run.decided.clone());
            return self.end(report, repository, run, line);
        }
        sent?;
        Err(ServiceError::new(
            "t3",
            "read back the corrective turn",
            FailureKind::Unreadable,
            format!(
                "T3 accepted the message of step {} and does not show it",
                step.0
            ),
        ))
    }

    /// Adds what the first failing checks said, where the forge tells and the bulk read did not.
    fn with_excerpts(&self, repository: &Repository, red: &Red, checks: &[Check]) -> Red {
        /// Each may cost a request, and the agent can read the rest itself.
        const ASKED_MAX: usize = 3;
        let mut red = red.clone();
        for failed in red.checks.iter_mut().take(ASKED_MAX) {
            let check = checks.iter().find(|check| check.name == failed.name);
            if let (None, Some(check)) = (&failed.excerpt, check) {
                failed.excerpt = self.hands.tracker.failure_excerpt(&repository.repo, check);
            }
        }
        red
    }

    fn is_given_up(&self, run: &Observed) -> bool {
        step_given_up(
            self.now() - run.started_at,
            &RunLimits::from(&self.config.limits),
        )
    }

    /// Records the end in the title under the next step id, reads back who won, and finishes.
    fn end(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &mut Observed,
        line: &mut RunReport,
    ) -> Result<Option<String>, ServiceError> {
        let Some(kind) = run.decided.action.end_kind() else {
            return Ok(None);
        };
        line.action = run.decided.action.as_str();
        line.reason = run.decided.reason;
        line.detail.clone_from(&run.decided.detail);
        self.end_as(report, repository, run, kind)
    }

    fn end_as(
        &self,
        report: &mut TickReport,
        repository: &Repository,
        run: &mut Observed,
        kind: EndKind,
    ) -> Result<Option<String>, ServiceError> {
        let ending = Ending {
            kind,
            rung: Vec::new(),
        };
        // Released by a person: there is no title to write in, and T3 may hide it.
        if run.state.state == ThreadState::Gone {
            return self.finish(report, repository, run, &ending);
        }
        let step = next_step(&run.thread);
        let record = Step::End {
            thread: run.thread.id,
            step,
            title: title(run, Some(ending.clone())),
        };
        let sent = match self.act(repository, &record) {
            Ok(Applied::Named) => {
                self.finish(report, repository, run, &ending)?;
                return Ok(None);
            }
            Ok(Applied::Sent) => Ok(()),
            Err(error) if super::nothing_was_sent(&error) => return Err(error),
            Err(error) => Err(error),
        };
        let Some(found) = self.hands.executor.thread(run.thread.id)? else {
            return Ok(Some("the thread was released meanwhile".to_owned()));
        };
        if let Some(recorded) = found.parsed_title().and_then(|title| title.ending) {
            run.thread = found;
            return self.finish(report, repository, run, &recorded);
        }
        if found.messages.iter().any(|message| message.step >= step) {
            return Ok(Some("a turn was sent first, the run goes on".to_owned()));
        }
        if self.is_given_up(run) {
            run.thread = found;
            return self.finish(report, repository, run, &ending);
        }
        sent?;
        Err(ServiceError::new(
            "t3",
            "read back the end of the run",
            FailureKind::Unreadable,
            format!(
                "T3 accepted the end under step {} and does not show it",
                step.0
            ),
        ))
    }

    /// A slot that was allocated and not started: poll's work, unless its issue may not be run any more.
    fn allocated(&self, report: &mut TickReport, repository: &Repository, mut run: Observed) {
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
                match self.end_as(report, repository, &mut run, EndKind::StoodDown) {
                    Ok(Some(detail)) => line.detail = detail,
                    Ok(None) => {}
                    Err(error) => report
                        .failures
                        .push(Failure::new(Some(&repository.repo), &error)),
                }
            }
        }
        report.runs.push(line);
    }

    /// Why the issue of an allocated slot may not be run any more; `None` when it may, or when that is not known.
    fn withdrawn(&self, run: &Observed) -> Option<String> {
        if run.issue.number == Title::UNKNOWN_ISSUE {
            return Some("the title of the slot can not be read any more".to_owned());
        }
        let Some(reading) = &run.reading else {
            return Some("the issue is not here any more".to_owned());
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

    /// Applies a step.
    pub(super) fn act(
        &self,
        repository: &Repository,
        step: &Step,
    ) -> Result<Applied, ServiceError> {
        self.hands.apply(&repository.repo, step)
    }

    /// The link to a thread for people; `None` when T3 does not tell its environment.
    pub(super) fn link(&self, thread: ThreadId) -> Option<String> {
        let environment = self
            .environment
            .get_or_init(|| match self.hands.executor.environment_id() {
                Ok(environment) => Some(environment),
                Err(error) => {
                    tracing::warn!("links to threads can not be made: {error}");
                    None
                }
            })
            .as_deref()?;
        self.config.cockpit.link(environment, thread)
    }
}

/// A repository that could be read, with its runs and, for each, where in the reading its issue is.
struct Readable {
    reading: WatchReading,
    runs: Vec<(Run, Option<usize>)>,
}

/// Finds each run's issue in the reading. A thread whose repository is another one of the same name is reported and left
/// alone.
fn pair(
    report: &mut TickReport,
    repo: &RepoRef,
    reading: WatchReading,
    runs: Vec<Run>,
) -> Readable {
    let mut issues = 0..reading.runs.len();
    let mut ours = Vec::new();
    for run in runs {
        let issue = bound_issue(&run).and_then(|_| issues.next());
        if let Some(slot) = work_list::slot_of(&reading.key, &run) {
            ours.push((Run { slot, ..run }, issue));
        } else if run.slot != work_list::UNTOLD {
            let error = ServiceError::new(
                "t3",
                format!("drive thread {}", run.thread.id),
                FailureKind::Unreadable,
                format!("its repository is not the one that is called {repo} today"),
            );
            report.failures.push(Failure::new(Some(repo), &error));
        }
    }
    Readable {
        reading,
        runs: ours,
    }
}

/// The title of a run's thread.
pub(super) fn title(run: &Observed, ending: Option<Ending>) -> Title {
    Title {
        full_name: run.issue.repo.full_name(),
        issue: run.issue.number,
        slot: run.slot,
        authorisation: run.digest.clone(),
        ending,
    }
}

/// The step after the last one that a message of ours took.
fn next_step(thread: &Thread) -> StepNumber {
    thread
        .messages
        .iter()
        .map(|message| message.step)
        .max()
        .map_or(StepNumber::FIRST, |step| StepNumber(step.0 + 1))
}

pub(super) fn bound_issue(run: &Run) -> Option<IssueNumber> {
    work_list::view(run.slot, &run.thread)
        .binding
        .map(|binding| binding.issue)
}

/// Forges may change line ends and trailing blanks.
fn same_text(shown: &str, wanted: &str) -> bool {
    let normal = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    normal(shown) == normal(wanted)
}
