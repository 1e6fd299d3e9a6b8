//! `afk-poll`: starts runs (SPEC 4.1).
//!
//! Reads T3 once and the forges in bulk, asks the policy what may happen in each repository and the trust gate
//! about the best candidates, and carries out starts. It ends no run that an agent works on, but one that a person put into the
//! archive; and it never repeats an act: after each it reads back who won.
//!
//! ```text
//! setting.rs         what the tick works with
//! mandate.rs         whether it may act
//! reading.rs         p1, p2   T3 beside the forges
//! slots.rs           p3       the slots of each repository
//! enrolment.rs       p2, p3   one repository: opening, candidates, report
//! our_threads.rs     p4       what all threads of ours say: caps, pause
//! lock_label.rs      p3       writes: a missing lock label
//! bring_back.rs      p3       writes: the end of a run in the archive, and takes it out, for the watcher to carry that out
//! allocated.rs       p3       writes: goes on with an allocated slot, or stands it down
//! line.rs            p4       the order in which candidates are tried
//! candidates.rs      p5       what is known of them
//! turns.rs           p4, p5   whose turn it is, and the cap
//! glance.rs          p5       what the issues of many candidates tell
//! gate_look_ups.rs   p5       what the gate asks about one that nothing refuses so far
//! explaining.rs               the decision on one issue, clause by clause; acts on nothing
//! whereabouts.rs              who holds its repository, and whose turn it is
//! refusal_notes.rs            writes: notes on refused issues
//! stale_notes.rs              writes: takes them away where an issue only waits
//! why.rs, kept.rs             what a decision was made from, where that is kept
//! workspace_warning.rs p6     a workspace directory that is gone
//! walk.rs            p6-p11   a start under way
//! stages.rs          p6-p11   writes: project, thread, first message, lock label, of all starts together
//! start.rs           p6-p11   the order of the stages, and what is said of each start
//! ```

mod allocated;
mod bring_back;
mod candidates;
mod enrolment;
mod explaining;
mod gate_look_ups;
mod glance;
mod kept;
mod line;
mod lock_label;
mod mandate;
mod our_threads;
mod reading;
mod refusal_notes;
mod setting;
mod slots;
mod stages;
mod stale_notes;
mod start;
mod turns;
mod walk;
mod whereabouts;
mod why;
mod workspace_warning;

use std::collections::HashMap;

use self::candidates::{Candidates, Standing};
use self::enrolment::Enrolled;
pub use self::mandate::Mandate;
pub use self::setting::Poll;
use super::{
    Decision, Failure, IssueReport, Outcome, RepositoryReport, TickKind, TickReport,
    could_not_start, fail, no_forge_answered, warn_of_size,
};
use crate::domain::identity::RepositoryKey;
use crate::domain::repository::RepoRef;
use crate::domain::start::basis::{Asked, StartBasis, not_allowlisted};
use crate::domain::start::caps::Caps;
use crate::domain::start::rotation::Rotation;
use crate::service_error::ServiceError;
use crate::tracker::RepositorySurvey;

/// Warns of ready issues that no reading lists.
fn warn_of_more(report: &mut TickReport, repo: &RepoRef, listed: usize) {
    report.warn(Failure::warning(
        Some(repo),
        repo.forge().as_str(),
        "list ready issues",
        format!(
            "the repository has more ready issues than the oldest {listed}, which are all that is listed: the newer ones are not \
             looked at, however urgent, until some of these are closed or lose the label"
        ),
    ));
}

/// What a tick decided, repository by repository.
struct Decided {
    enrolled: Vec<Enrolled>,
    /// What could be started before anything was.
    caps: Caps,
    /// Whether T3 told of unreleased threads alone: nothing was to be started.
    live_only: bool,
}

impl Poll<'_> {
    /// Runs the tick.
    #[must_use]
    pub fn run(&self) -> TickReport {
        let clock = self.hands.deadline.clock();
        let mut report = TickReport::new(TickKind::Poll, clock.now(), self.hands.dry_run);
        self.fill(&mut report);
        report.points = self.hands.tracker.points();
        report.requests = self.hands.deadline.requests();
        report.finished_at = clock.now();
        report
    }

    fn fill(&self, report: &mut TickReport) {
        self.report_not_allowlisted(report);
        let Some(decided) = self.decide(report) else {
            return;
        };
        for repository in decided.enrolled {
            report
                .repositories
                .push(repository.into_report(self.narrowing));
        }
        let listed = self.mandate.enrolled().iter().enumerate().rev();
        let places: HashMap<&RepoRef, usize> = listed.map(|(place, repo)| (repo, place)).collect();
        report
            .repositories
            .sort_by_key(|entry| places.get(&entry.repository).copied());
    }

    /// Decides, and acts as far as the mandate goes. `None` when there was nothing to decide, or T3 could not be read.
    fn decide(&self, report: &mut TickReport) -> Option<Decided> {
        let repos: Vec<RepoRef> = self
            .narrowing
            .among(self.mandate.enrolled())
            .cloned()
            .collect();
        if repos.is_empty() {
            return None;
        }
        let (mut fleet, surveys) = match self.read_all(&repos) {
            Ok(read) => read,
            Err(error) => {
                could_not_start(report, &repos, &error);
                return None;
            }
        };
        let no_forge = ServiceError::of_silence(surveys.iter().map(|survey| survey.as_ref().err()));
        report.could_not_start = no_forge.is_some();
        if let Some(error) = no_forge {
            no_forge_answered(error);
        }
        let mut read = Vec::new();
        for (repo, survey) in repos.iter().zip(surveys) {
            match survey {
                Ok(survey) => {
                    if survey.more_ready {
                        warn_of_more(report, repo, survey.ready.len());
                    }
                    read.push(survey);
                }
                Err(error) => fail(report, repo, &error),
            }
        }
        let keys: Vec<RepositoryKey> = read
            .iter()
            .map(|survey: &RepositorySurvey| survey.repository.key.clone())
            .collect();
        let wants_start = read.iter().any(|survey| !survey.ready.is_empty());
        self.complete(&mut fleet, &keys, wants_start);
        let mut enrolled = self.read_slots(report, read, &mut fleet);
        let mut caps = self.caps(&enrolled, &fleet, &keys);
        let mut candidates = Candidates::new(Rotation::at(report.started_at));
        if fleet.live_only && wants_start {
            // Only where something is to be started, everything that T3 ever knew is read, and all is gone through again.
            let before: Vec<Standing> = enrolled.iter().map(Standing::of).collect();
            let mut looked = TickReport::new(TickKind::Poll, report.started_at, report.dry_run);
            if self.would_start(&mut looked, &mut enrolled, &caps, &mut candidates) {
                let mut whole = match self.hands.executor.whole_fleet() {
                    Ok(whole) => whole,
                    Err(error) => {
                        could_not_start(report, &repos, &error);
                        return None;
                    }
                };
                our_threads::keep_told(&mut whole, fleet);
                fleet = whole;
                self.complete(&mut fleet, &keys, wants_start);
                let surveys = enrolled.into_iter().map(|one| one.survey).collect();
                enrolled = self.read_slots(report, surveys, &mut fleet);
                candidates = candidates.seen_again(&before, &enrolled);
                caps = self.caps(&enrolled, &fleet, &keys);
            } else {
                report.failures.append(&mut looked.failures);
            }
        }
        warn_of_size(report, &fleet);
        let mut left = caps.clone();
        self.repair_labels(report, &enrolled);
        self.bring_back(report, &enrolled);
        let resumed = self.resume(report, &mut enrolled, &left, &mut candidates);
        self.start(
            report,
            &mut enrolled,
            &fleet,
            &mut left,
            &mut candidates,
            resumed,
        );
        self.refusal_notes(report, &enrolled);
        Some(Decided {
            enrolled,
            caps,
            live_only: fleet.live_only,
        })
    }

    /// Repositories that the command line names and the allowlist does not.
    fn report_not_allowlisted(&self, report: &mut TickReport) {
        for repo in self.narrowing.strangers(self.mandate.enrolled()) {
            let reason = || not_allowlisted(repo);
            let basis = || StartBasis {
                slots: Vec::new(),
                locked: Vec::new(),
                held: None,
                caps: None,
                asked: Asked::Enrolment {
                    enrolled: self.mandate.enrolled().to_vec(),
                    repository: repo.clone(),
                },
            };
            report.warn(Failure::stranger(repo, "not on AFK_ALLOWLIST"));
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
                        labelled_at: None,
                        has_run: false,
                        basis: self.hands.keeps_facts.then(|| Box::new(basis())),
                    })
                    .collect(),
            });
        }
    }
}
