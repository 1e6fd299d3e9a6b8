//! `afk-poll`: starts runs (SPEC 4.1).
//!
//! Reads T3 once and the forges in bulk, asks the policy what may happen in each repository and the trust gate
//! about the best candidates, and carries out starts one after the other. It never ends a run that an agent works on, and it
//! never repeats an act: after each it reads back who won.

use std::collections::{BTreeMap, BTreeSet};

use super::start::Cleared;
use super::work_list;
use super::{
    Decision, Failure, Hands, IssueReport, Narrowing, Outcome, RepositoryReport, TickKind,
    TickReport,
};
use crate::domain::config::{Armed, Config};
use crate::domain::identity::{Slot, Title};
use crate::domain::issue::{LabelChange, PermissionFact, Permissions};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::start::blocked_by::BlockedBy;
use crate::domain::start::dispatch_policy::{
    self, Binding, Candidate, Opening, SlotState, SlotView,
};
use crate::domain::start::priority::Priority;
use crate::domain::start::prompt::{self};
use crate::domain::start::reread;
use crate::domain::start::trust_gate::{self, GateFacts, GateRules, GateVerdict};
use crate::executor::{Fleet, Thread};
use crate::fan_out::fan_out_at_most;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{IssueLookup, RepositorySurvey};

/// Everything that one poll tick needs.
pub struct Poll<'a> {
    /// Proof that both gates are open, and the repositories they open.
    pub armed: &'a Armed,
    /// The configuration.
    pub config: &'a Config,
    /// What the command line narrows the tick to.
    pub narrowing: &'a Narrowing,
    /// The way to the world.
    pub hands: Hands<'a>,
}

/// One repository of the tick.
pub(super) struct Enrolled {
    pub(super) survey: RepositorySurvey,
    slots: Vec<SlotView>,
    opening: Opening,
    /// Candidates that were not tried yet, most urgent first.
    waiting: Vec<Candidate>,
    issues: Vec<IssueReport>,
    /// Set once nothing more can happen here in this tick.
    pub(super) outcome: Option<(Outcome, String)>,
}

/// What the gate's look-ups gave for one candidate.
enum Examined {
    Trusted(Box<Cleared>),
    Refused(Vec<Reason>),
    Failed(ServiceError),
}

impl Poll<'_> {
    /// Runs the tick.
    #[must_use]
    pub fn run(&self) -> TickReport {
        let clock = self.hands.deadline.clock();
        let mut report = TickReport::new(TickKind::Poll, clock.now(), self.hands.dry_run);
        self.fill(&mut report);
        report.finished_at = clock.now();
        report
    }

    fn fill(&self, report: &mut TickReport) {
        self.report_not_allowlisted(report);
        let repos: Vec<RepoRef> = self
            .narrowing
            .among(self.armed.enrolled())
            .cloned()
            .collect();
        if repos.is_empty() {
            return;
        }
        let mut fleet = match self.hands.executor.live_fleet() {
            Ok(fleet) => fleet,
            Err(error) => return super::could_not_start(report, &repos, &error),
        };
        let surveys = self.hands.tracker.survey(&repos);
        let no_forge = surveys
            .iter()
            .all(|survey| survey.as_ref().is_err_and(ServiceError::is_whole_service));
        report.could_not_start = no_forge;
        let wants_start = surveys
            .iter()
            .flatten()
            .any(|survey| !survey.ready.is_empty());
        if fleet.live_only && wants_start {
            fleet = match self.hands.executor.whole_fleet() {
                Ok(fleet) => fleet,
                Err(error) => return super::could_not_start(report, &repos, &error),
            };
        }
        let mut enrolled = Vec::new();
        for (repo, survey) in repos.iter().zip(surveys) {
            match survey {
                Ok(survey) => enrolled.push(survey),
                Err(error) => super::fail(report, repo, &error),
            }
        }
        let mut enrolled = self.read_slots(report, enrolled, &fleet);
        let in_flight = in_flight(&enrolled, &fleet);
        self.repair_labels(report, &enrolled);
        self.resume(report, &mut enrolled, &fleet);
        self.start(report, &mut enrolled, &fleet, in_flight);
        for repository in enrolled {
            report
                .repositories
                .push(repository.into_report(self.narrowing));
        }
        report
            .repositories
            .sort_by_key(|entry| repos.iter().position(|repo| *repo == entry.repository));
    }

    /// Repositories that the command line names and the allowlist does not.
    fn report_not_allowlisted(&self, report: &mut TickReport) {
        for repo in self.narrowing.strangers(self.armed.enrolled()) {
            let reason = || {
                Reason::new(
                    ReasonCode::NotAllowlisted,
                    format!("{repo} is not on AFK_ALLOWLIST"),
                )
            };
            report.repositories.push(RepositoryReport {
                repository: repo.clone(),
                outcome: Outcome::Refused,
                detail: reason().to_string(),
                issues: self
                    .narrowing
                    .issues
                    .iter()
                    .filter(|issue| issue.repo == *repo)
                    .map(|issue| IssueReport {
                        issue: issue.number,
                        decision: Decision::Refuse,
                        reasons: vec![reason()],
                    })
                    .collect(),
            });
        }
    }

    /// p3: finds each repository's slots and what may happen in it.
    fn read_slots(
        &self,
        report: &mut TickReport,
        surveys: Vec<RepositorySurvey>,
        fleet: &Fleet,
    ) -> Vec<Enrolled> {
        let threads: Vec<Result<Vec<(Slot, Thread)>, ServiceError>> =
            fan_out_at_most(self.hands.parallel, &surveys, |survey| {
                let mut threads = work_list::slots_of(&survey.key, fleet);
                if let Some((_, highest)) = threads.last_mut()
                    && !highest.is_released()
                    && !highest.messages_told
                {
                    match self.hands.executor.thread(highest.id)? {
                        Some(thread) => *highest = thread,
                        // Released since the list was read.
                        None => highest.archived = true,
                    }
                }
                Ok(threads)
            });
        let mut enrolled = Vec::new();
        for (survey, threads) in surveys.into_iter().zip(threads) {
            match threads {
                Ok(threads) => enrolled.push(self.enrol(survey, &threads)),
                Err(error) => super::fail(report, &survey.repo, &error),
            }
        }
        enrolled
    }

    fn enrol(&self, survey: RepositorySurvey, threads: &[(Slot, Thread)]) -> Enrolled {
        let slots: Vec<SlotView> = threads
            .iter()
            .map(|(slot, thread)| work_list::view(*slot, thread))
            .collect();
        let opening = dispatch_policy::opening(&slots, &survey.locked);
        let candidates: Vec<Candidate> = survey
            .ready
            .iter()
            .filter(|issue| self.narrowing.includes_issue(&survey.repo, issue.number))
            .map(|issue| Candidate {
                number: issue.number,
                priority: Priority::of_labels(issue.labels.iter().map(String::as_str)),
                authorisation: issue.authorisation.clone(),
            })
            .collect();
        let ready: BTreeSet<IssueNumber> = candidates
            .iter()
            .map(|candidate| candidate.number)
            .collect();
        let queue = dispatch_policy::queue(&slots, candidates);
        let mut enrolled = Enrolled {
            survey,
            slots,
            opening,
            waiting: Vec::new(),
            issues: Vec::new(),
            outcome: None,
        };
        let closed = match &enrolled.opening {
            Opening::Closed(reason) | Opening::Running { reason, .. } => Some(reason.clone()),
            Opening::Resume(view) => Some(Reason::new(
                ReasonCode::RepositoryBusy,
                format!("run {} is allocated and not started", view.slot),
            )),
            Opening::Free(_) => None,
        };
        match closed {
            Some(reason) => {
                let resumed = match &enrolled.opening {
                    Opening::Resume(SlotView { binding, .. }) => {
                        binding.as_ref().map(|binding| binding.issue)
                    }
                    Opening::Closed(_) | Opening::Running { .. } | Opening::Free(_) => None,
                };
                for issue in ready.iter().filter(|issue| Some(**issue) != resumed) {
                    enrolled.note(*issue, Decision::Skip, vec![reason.clone()]);
                }
                if !matches!(enrolled.opening, Opening::Resume(_)) {
                    enrolled.outcome = Some((Outcome::Busy, reason.detail));
                }
                return enrolled;
            }
            None => {
                for (number, reason) in queue.dropped {
                    enrolled.note(number, Decision::Refuse, vec![reason]);
                }
            }
        }
        if queue.waiting.is_empty() {
            enrolled.outcome = Some(if enrolled.issues.is_empty() {
                (Outcome::Idle, "no issue is ready".to_owned())
            } else {
                (
                    Outcome::Refused,
                    "every ready issue had the run that its labelling asked for".to_owned(),
                )
            });
        }
        enrolled.waiting = queue.waiting;
        enrolled
    }

    /// p3: a run under way shows its lock label.
    fn repair_labels(&self, report: &mut TickReport, enrolled: &[Enrolled]) {
        for repository in enrolled {
            let Opening::Running { issue, .. } = repository.opening else {
                continue;
            };
            let survey = &repository.survey;
            if survey.locked.contains(&issue) || !self.narrowing.includes_issue(&survey.repo, issue)
            {
                continue;
            }
            tracing::info!(repo = %survey.repo, issue = issue.0, "the lock label of a run is missing");
            if let Err(error) = self
                .hands
                .apply(&survey.repo, &self.lock_label(survey, issue))
            {
                report
                    .failures
                    .push(Failure::new(Some(&survey.repo), &error));
            }
        }
    }

    /// p3: goes on with slots that were allocated and not started. They count against the cap already.
    fn resume(&self, report: &mut TickReport, enrolled: &mut [Enrolled], fleet: &Fleet) {
        for repository in enrolled {
            let Opening::Resume(view) = repository.opening.clone() else {
                continue;
            };
            let Some(binding) = view.binding.clone() else {
                let why = Reason::new(
                    ReasonCode::FactsIncomplete,
                    "its title can not be read any more",
                );
                self.stand_down(report, repository, &view, Title::UNKNOWN_ISSUE, vec![why]);
                continue;
            };
            if !self
                .narrowing
                .includes_issue(&repository.survey.repo, binding.issue)
            {
                repository.outcome = Some((
                    Outcome::Busy,
                    format!("run {} is allocated for #{}", view.slot, binding.issue),
                ));
                continue;
            }
            match self.examine(repository, binding.issue, view.slot, Some(&binding)) {
                Examined::Trusted(cleared) => {
                    self.carry_out(report, repository, view.slot, *cleared, fleet, true);
                }
                Examined::Refused(reasons) => {
                    if reasons.iter().all(|reason| reason.code.is_passing()) {
                        repository.outcome = Some((
                            Outcome::Refused,
                            format!(
                                "run {} is allocated; not every fact could be had",
                                view.slot
                            ),
                        ));
                        repository.note(binding.issue, Decision::Refuse, reasons);
                    } else {
                        self.stand_down(report, repository, &view, binding.issue, reasons);
                    }
                }
                Examined::Failed(error) => {
                    self.give_up(report, repository, binding.issue, &error);
                }
            }
        }
    }

    /// p4 to p11: starts the most urgent eligible issues, as many as the cap leaves room for.
    fn start(
        &self,
        report: &mut TickReport,
        enrolled: &mut [Enrolled],
        fleet: &Fleet,
        in_flight: usize,
    ) {
        let cap = self.config.limits.max_in_flight as usize;
        let mut room = cap.saturating_sub(in_flight);
        let mut examined: BTreeMap<(usize, IssueNumber), Examined> = BTreeMap::new();
        loop {
            let heads = heads(enrolled);
            let Some((_, _, index)) = heads.first().copied() else {
                return;
            };
            if room == 0 {
                for (_, _, index) in heads {
                    enrolled[index].cap(cap);
                }
                return;
            }
            if !self.hands.deadline.allows_more() {
                for (_, _, index) in heads {
                    let repository = &mut enrolled[index];
                    let error = unfinished();
                    report
                        .failures
                        .push(Failure::new(Some(&repository.survey.repo), &error));
                    repository.outcome = Some((Outcome::Unfinished, error.detail));
                }
                return;
            }
            let candidate = enrolled[index].waiting[0].number;
            if !examined.contains_key(&(index, candidate)) {
                let wanted: Vec<(usize, IssueNumber)> = heads
                    .iter()
                    .map(|(_, number, index)| (*index, *number))
                    .filter(|key| !examined.contains_key(key))
                    .take(room.min(self.hands.parallel))
                    .collect();
                let looked_up = fan_out_at_most(self.hands.parallel, &wanted, |(index, number)| {
                    let repository = &enrolled[*index];
                    let Opening::Free(slot) = repository.opening else {
                        return Examined::Refused(Vec::new());
                    };
                    self.examine(repository, *number, slot, None)
                });
                examined.extend(wanted.into_iter().zip(looked_up));
            }
            let repository = &mut enrolled[index];
            repository.waiting.remove(0);
            let Opening::Free(slot) = repository.opening else {
                continue;
            };
            match examined.remove(&(index, candidate)) {
                Some(Examined::Trusted(cleared)) => {
                    let used = self.carry_out(report, repository, slot, *cleared, fleet, false);
                    room -= usize::from(used);
                }
                Some(Examined::Refused(reasons)) => {
                    repository.note(candidate, Decision::Refuse, reasons);
                    if repository.waiting.is_empty() {
                        repository.outcome =
                            Some((Outcome::Refused, "no ready issue is eligible".to_owned()));
                    }
                }
                Some(Examined::Failed(error)) => {
                    self.give_up(report, repository, candidate, &error);
                }
                None => {}
            }
        }
    }

    /// p5: makes the gate's look-ups for one candidate and asks the gate.
    fn examine(
        &self,
        repository: &Enrolled,
        number: IssueNumber,
        slot: Slot,
        bound: Option<&Binding>,
    ) -> Examined {
        let survey = &repository.survey;
        let seen = survey.ready.iter().find(|issue| issue.number == number);
        let nothing_named = BlockedBy::default();
        let blocked_by = seen.map_or(&nothing_named, |issue| &issue.blocked_by);
        let refused = |code, detail: &str| Examined::Refused(vec![Reason::new(code, detail)]);
        let facts = match self.hands.tracker.issue(survey, number, blocked_by) {
            Ok(IssueLookup::Issue(facts)) => *facts,
            Ok(IssueLookup::PullRequest) => {
                return refused(ReasonCode::NotOpen, "the number is a pull request");
            }
            Ok(IssueLookup::Missing) => {
                return refused(ReasonCode::NotOpen, "the issue is not here any more");
            }
            Err(error) => return Examined::Failed(error),
        };
        let labels = &self.config.labels;
        let newest = reread::newest_ready_event(&facts, &labels.ready)
            .filter(|event| event.change == LabelChange::Added)
            .map(|event| event.id.clone());
        let authorisation = newest.or_else(|| seen.and_then(|issue| issue.authorisation.clone()));
        let Some(authorisation) = authorisation else {
            let event = reread::newest_ready_event(&facts, &labels.ready);
            let code = match event {
                Some(_) => ReasonCode::LabelRemoved,
                None => ReasonCode::NoLabelEvent,
            };
            return refused(code, "no labelling with the ready label is in force");
        };
        if let Some(binding) = bound {
            if !binding.authorisation.is(&authorisation) {
                return refused(
                    ReasonCode::LabelRemoved,
                    "the label was set anew since the slot was allocated",
                );
            }
        } else if let Some(reason) =
            dispatch_policy::already_run(&repository.slots, number, &authorisation)
        {
            return Examined::Refused(vec![reason]);
        }
        let brief = self.brief(survey, number, slot);
        let rules = GateRules {
            ready_label: &labels.ready,
            human_label: &labels.ready_for_human,
            trusted_apps: &self.config.trust.trusted_apps,
            public_allowed: self.config.trust.allow_public.contains(&survey.repo),
            own_account: &survey.own_account,
            text_budget: prompt::text_budget(&brief),
        };
        let mut permissions = Permissions::default();
        if let Some(refusal) =
            trust_gate::refused_without_people(&survey.facts, &facts, &authorisation, &rules)
        {
            return Examined::Refused(refusal.into_reasons());
        }
        for login in trust_gate::people_to_ask(&facts, &authorisation, &rules) {
            let fact = match self.hands.tracker.permission(survey, &login) {
                Ok(fact) => fact,
                // GitHub denies this one look-up to tokens that may do everything else.
                Err(error) if error.is_whole_service() && error.kind != FailureKind::Denied => {
                    return Examined::Failed(error);
                }
                Err(error) => PermissionFact::Unknown(error.to_string()),
            };
            permissions.insert(&login, fact);
        }
        let verdict = trust_gate::judge(
            &GateFacts {
                repository: &survey.facts,
                issue: &facts,
                permissions: &permissions,
                authorisation: &authorisation,
            },
            &rules,
        );
        match verdict {
            GateVerdict::Trusted(text) => Examined::Trusted(Box::new(Cleared {
                facts,
                authorisation,
                text,
            })),
            GateVerdict::Refused(refusal) => Examined::Refused(refusal.into_reasons()),
        }
    }
}

impl Enrolled {
    pub(super) fn note(&mut self, issue: IssueNumber, decision: Decision, reasons: Vec<Reason>) {
        for reason in &reasons {
            tracing::debug!(repo = %self.survey.repo, issue = issue.0, "{decision:?}: {reason}");
        }
        self.issues.push(IssueReport {
            issue,
            decision,
            reasons,
        });
    }

    pub(super) fn skip_waiting(&mut self, reason: &Reason) {
        for candidate in std::mem::take(&mut self.waiting) {
            self.note(candidate.number, Decision::Skip, vec![reason.clone()]);
        }
    }

    fn cap(&mut self, cap: usize) {
        let reason = Reason::new(
            ReasonCode::CapReached,
            format!("AFK_MAX_IN_FLIGHT is {cap}"),
        );
        self.outcome = Some((Outcome::Capped, reason.detail.clone()));
        self.skip_waiting(&reason);
    }

    fn into_report(mut self, narrowing: &Narrowing) -> RepositoryReport {
        let Self { survey, .. } = &self;
        let repository = survey.repo.clone();
        self.issues
            .retain(|issue| narrowing.includes_issue(&repository, issue.issue));
        self.issues.sort_by_key(|issue| issue.issue);
        let (outcome, detail) = self
            .outcome
            .unwrap_or((Outcome::Unfinished, "not looked at".to_owned()));
        RepositoryReport {
            repository,
            outcome,
            detail,
            issues: self.issues,
        }
    }
}

/// The repositories that may still start something, most urgent candidate first.
fn heads(enrolled: &[Enrolled]) -> Vec<(Priority, IssueNumber, usize)> {
    let mut heads: Vec<_> = enrolled
        .iter()
        .enumerate()
        .filter(|(_, repository)| repository.outcome.is_none())
        .filter_map(|(index, repository)| {
            let candidate = repository.waiting.first()?;
            Some((candidate.priority, candidate.number, index))
        })
        .collect();
    heads.sort_unstable();
    heads
}

/// Our unreleased slots, on the allowlist and elsewhere.
fn in_flight(enrolled: &[Enrolled], fleet: &Fleet) -> usize {
    let ours = enrolled.iter().flat_map(|repository| {
        repository
            .slots
            .iter()
            .filter(|view| view.state != SlotState::Released)
            .map(|view| view.thread)
    });
    let elsewhere = fleet
        .threads
        .values()
        .filter(|thread| {
            !thread.is_released()
                && (!thread.messages.is_empty() || thread.parsed_title().is_some())
        })
        .map(|thread| thread.id);
    dispatch_policy::in_flight(ours, elsewhere)
}

fn unfinished() -> ServiceError {
    ServiceError::new(
        "afk",
        "start a run",
        FailureKind::OutOfTime,
        "the tick ended before this repository was done",
    )
}
