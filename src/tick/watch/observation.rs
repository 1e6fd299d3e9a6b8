//! What is known of a run before anything is decided (SPEC 4.3, w2): thread, commit, verdict and authorisation.
//!
//! Reads and derives; it never acts. Everything that is judged is judged by pure code in `domain`.

use super::binding::{Writes, is_contradictory, writes};
use super::context::Watch;
use super::facts::{Known, facts};
use super::gathering::bound_issue;
use super::lanes::{Lane, Lanes};
use super::observed::Observed;
use super::stages::Judged;
use super::standing::{authorisation, standing, unknown};
use crate::domain::identity::{RepositoryId, RepositoryKey, Title};
use crate::domain::reason::ReasonCode;
use crate::domain::repository::{IssueRef, RepoRef};
use crate::domain::run::revocation::RunBinding;
use crate::domain::run::run_state_machine::{Action, Decided, Obstacle, decide, past_every_limit};
use crate::domain::start::dispatch_policy::SlotState;
use crate::domain::verdict::attribution::{Attribution, Descent, RunMarks};
use crate::service_error::ServiceError;
use crate::tick::work_list::{self, Run};
use crate::tracker::{Checks, IssueReading, Repository, RunIssue, WatchReading};

/// A run after the reads: observed, or only allocated.
pub(super) enum Seen {
    Observed(Box<Observed>),
    Allocated(Box<Observed>),
}

impl Watch<'_> {
    /// w2: the facts of one run, and what the table makes of them.
    ///
    /// # Errors
    ///
    /// When the tick has no time left: then nothing is decided.
    pub(super) fn observe(
        &self,
        reading: &WatchReading,
        run: &Run,
        issue: Option<&RunIssue>,
        enrolled: bool,
        lanes: &Lanes,
    ) -> Result<Seen, ServiceError> {
        let now = self.now();
        let repository = &reading.repository;
        let config = self.config_of(&repository.repo);
        let again = self.second_look(run, issue, &repository.repo, lanes);
        let issue = again.as_ref().or(issue);
        let mut observed = self.of_thread(run, &repository.repo);
        let branch = config.branch_or(repository.default_branch.as_deref());
        let issue_reading = issue.and_then(RunIssue::issue);
        observed.authorisation = authorisation(observed.binding.as_ref(), issue_reading);
        observed.writes = self.writes_to(&observed, issue, enrolled);
        observed.branch.clone_from(&branch);
        observed.key = run.key.clone().unwrap_or_else(|| repository.key.clone());
        let attribution = self.attribution(reading, issue_reading, &observed);
        let mut every_commit_read = !reading.more_commits;
        observed.pushed = match attribution {
            Attribution::Pushed(pushed) if run.thread.facts.is_started() => Some(pushed),
            Attribution::Pushed(_) | Attribution::NotPushed => None,
            Attribution::NotKnown => {
                every_commit_read = false;
                None
            }
        };
        observed.standing = standing(issue, &self.binding(&observed, repository), now);
        let limits = self.limits();
        if let Some(pushed) = &observed.pushed {
            let last_message_at = run.thread.facts.last_message_at();
            let judged = Judged {
                reading,
                config,
                branch: &branch,
                pushed,
                started_at: observed.started_at,
                last_message_at: last_message_at.unwrap_or(observed.started_at),
                lanes,
            };
            let (verdict, until) = self.verdict(&judged, &limits, &mut observed.unread)?;
            observed.newer_green = self.newer_green(&judged, &verdict);
            observed.verdict = Some(verdict);
            observed.until = until;
            let listed = reading
                .commits
                .iter()
                .find(|commit| commit.sha == pushed.sha);
            observed.commit_url = listed.map(|commit| commit.url.clone());
            observed.checks = match listed.map(|commit| &commit.checks) {
                Some(Checks::Read(told)) => told.checks.clone(),
                Some(Checks::Unreadable(_) | Checks::NotAsked) | None => Vec::new(),
            };
        }
        let facts = facts(
            &observed,
            &Known {
                draining: self.draining,
                halted: self.halted,
                every_commit_read,
                orphan: limits.orphan,
            },
        );
        observed.obstacle = if is_contradictory(&observed.thread) {
            Obstacle::Forged
        } else {
            unreadable(issue, &observed).map_or(Obstacle::None, Obstacle::Unreadable)
        };
        observed.decided = decide(&facts, &observed.obstacle, &limits, now);
        observed.decided_at = now;
        observed.attempts = facts.attempts();
        observed.facts = Some(facts);
        observed.repository = Some(repository.clone());
        observed.found = issue.cloned();
        let state = work_list::view(run.slot, &run.thread).state;
        let waits_for_poll = state == SlotState::Allocated && !run.thread.facts.is_started();
        Ok(if waits_for_poll {
            Seen::Allocated(Box::new(observed))
        } else {
            Seen::Observed(Box::new(observed))
        })
    }

    /// Reads an issue once more that was withheld, where its run would be ended for that: one bad moment ends none.
    fn second_look(
        &self,
        run: &Run,
        issue: Option<&RunIssue>,
        repo: &RepoRef,
        lanes: &Lanes,
    ) -> Option<RunIssue> {
        let withheld = matches!(issue, Some(RunIssue::Unreadable(_)));
        let age = self.now() - self.clock_start(&run.thread);
        if !withheld || !past_every_limit(age, &self.limits()) {
            return None;
        }
        let issue = IssueRef {
            repo: repo.clone(),
            number: bound_issue(run)?,
        };
        let _place = lanes.enter(Lane::Forge);
        self.hands.tracker.stray(&issue).ok()
    }

    /// What T3 alone tells of a run. It waits until something is decided.
    pub(super) fn of_thread(&self, run: &Run, repo: &RepoRef) -> Observed {
        let view = work_list::view(run.slot, &run.thread);
        let (number, digest) = (view.issue(), view.digest());
        let binding = view.binding;
        let corrections = run.thread.facts.attempts();
        Observed {
            slot: run.slot,
            key: run
                .key
                .clone()
                .unwrap_or_else(|| RepositoryKey::new(repo.forge(), "unknown", RepositoryId(0))),
            issue: IssueRef {
                repo: repo.clone(),
                number,
            },
            authorisation: authorisation(binding.as_ref(), None),
            binding,
            repository: None,
            found: None,
            writes: Writes::Unknown("the issue could not be read"),
            digest,
            state: self.state_of(&run.thread),
            start_is_hidden: false,
            started_at: self.started_at(&run.thread),
            pushed: None,
            commit_url: None,
            verdict: None,
            until: None,
            newer_green: None,
            unread: Vec::new(),
            checks: Vec::new(),
            standing: unknown(),
            facts: None,
            attempts: u32::try_from(corrections).unwrap_or(u32::MAX),
            branch: self.config_of(repo).branch_or(None),
            ending: run.thread.parsed_title().and_then(|title| title.ending),
            unclosed: None,
            obstacle: Obstacle::None,
            decided: Decided {
                action: Action::Wait,
                reason: None,
                detail: String::new(),
            },
            decided_at: self.now(),
            thread: run.thread.clone(),
        }
    }

    fn attribution(
        &self,
        reading: &WatchReading,
        issue: Option<&IssueReading>,
        run: &Observed,
    ) -> Attribution {
        let marks = RunMarks {
            thread: run.thread.id,
            issue: &run.issue,
            web: reading.repository.web(),
            branch: &run.branch,
            dispatched_at: run.started_at,
        };
        let agents = &self.config.trust.agent_accounts;
        reading.attribution(&reading.branch(), &marks, issue, agents)
    }

    fn writes_to(&self, run: &Observed, issue: Option<&RunIssue>, enrolled: bool) -> Writes {
        let forged =
            run.ending.as_ref().and_then(|ending| ending.reason) == Some(ReasonCode::Forged);
        if forged || is_contradictory(&run.thread) {
            return Writes::Refused("the thread's title and messages name different runs");
        }
        writes(
            run.binding.as_ref(),
            issue,
            run.issue.repo.forge(),
            self.label_names(),
            enrolled,
        )
    }

    fn binding<'b>(&'b self, run: &'b Observed, repository: &'b Repository) -> RunBinding<'b> {
        RunBinding {
            authorisation: &run.authorisation,
            started_at: run.started_at,
            ready_label: &self.config.labels.ready,
            own_account: &repository.own_account,
            agents: &self.config.trust.agent_accounts,
            apps: &self.config.trust.trusted_apps,
            commits: run.pushed.as_ref().map_or(&[], |pushed| &pushed.of_run),
            merges: run
                .pushed
                .iter()
                .flat_map(|pushed| &pushed.newer)
                .filter(|newer| newer.descent == Descent::Merges)
                .map(|newer| &newer.sha)
                .collect(),
            settle: self.config.limits.settle,
        }
    }

    /// Looks at the issue once more, right before its labels and its state are changed: a person may have asked for a new
    /// run since the bulk read.
    pub(super) fn look_again(&self, run: &mut Observed) -> Result<(), ServiceError> {
        let Some(repository) = run.repository.clone() else {
            return Ok(());
        };
        let found = self.hands.tracker.stray(&run.issue)?;
        let standing = standing(Some(&found), &self.binding(run, &repository), self.now());
        run.standing = standing;
        run.found = Some(found);
        Ok(())
    }
}

/// Why the issue of a run could not be read; `None` when it could, when it is gone, or when nobody knows which it is.
fn unreadable(issue: Option<&RunIssue>, run: &Observed) -> Option<String> {
    match issue {
        Some(RunIssue::Issue(_) | RunIssue::Missing | RunIssue::Transferred) => None,
        Some(RunIssue::Unreadable(why)) => Some(why.clone()),
        None if run.issue.number == Title::UNKNOWN_ISSUE => None,
        None => Some("the forge left it out of its answer".to_owned()),
    }
}
