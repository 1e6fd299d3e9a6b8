//! `afk-poll`: starts runs (SPEC 4.1).
//!
//! Reads T3 once and the forges in bulk, asks the policy what may happen in each repository and the trust gate
//! about the best candidates, and carries out starts one after the other. It never ends a run that an agent works on, and it
//! never repeats an act: after each it reads back who won.
//!
//! ```text
//! setting.rs         what the tick works with
//! mandate.rs         whether it may act
//! enrolment.rs       p2, p3   one repository: slots, opening, candidates, report
//! our_threads.rs     p4       what all threads of ours say: caps, pause
//! lock_label.rs      p3       writes: a missing lock label
//! allocated.rs       p3       writes: goes on with an allocated slot, or stands it down
//! turns.rs           p4, p5   whose turn it is, and the cap
//! gate_look_ups.rs   p5       what the gate asks about a candidate
//! explaining.rs               the decision on one issue, clause by clause; acts on nothing
//! refusal_notes.rs   writes: notes on refused issues
//! start.rs           p6-p11   writes: project, thread, first message, lock label
//! workspace_warning.rs p6     a workspace directory that is gone
//! ```

mod allocated;
mod enrolment;
mod explaining;
mod gate_look_ups;
mod lock_label;
mod mandate;
mod our_threads;
mod refusal_notes;
mod setting;
mod start;
mod turns;
mod workspace_warning;

use self::enrolment::Enrolled;
pub use self::mandate::Mandate;
pub use self::setting::Poll;
use super::{
    Decision, IssueReport, Outcome, RepositoryReport, TickKind, TickReport, could_not_start, fail,
    warn_of_size,
};
use crate::domain::identity::RepositoryKey;
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::RepoRef;
use crate::domain::start::caps::Caps;
use crate::service_error::ServiceError;
use crate::tracker::RepositorySurvey;

/// What a tick decided, repository by repository.
struct Decided {
    enrolled: Vec<Enrolled>,
    /// What could be started before anything was.
    caps: Caps,
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
        let Some(decided) = self.decide(report) else {
            return;
        };
        for repository in decided.enrolled {
            report
                .repositories
                .push(repository.into_report(self.narrowing));
        }
        let repos = self.mandate.enrolled();
        report
            .repositories
            .sort_by_key(|entry| repos.iter().position(|repo| *repo == entry.repository));
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
        let mut fleet = match self.hands.executor.live_fleet() {
            Ok(fleet) => fleet,
            Err(error) => {
                could_not_start(report, &repos, &error);
                return None;
            }
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
                Err(error) => {
                    could_not_start(report, &repos, &error);
                    return None;
                }
            };
        }
        warn_of_size(report, &fleet);
        let mut enrolled = Vec::new();
        for (repo, survey) in repos.iter().zip(surveys) {
            match survey {
                Ok(survey) => enrolled.push(survey),
                Err(error) => fail(report, repo, &error),
            }
        }
        let keys: Vec<RepositoryKey> = enrolled
            .iter()
            .map(|survey: &RepositorySurvey| survey.repository.key.clone())
            .collect();
        self.complete(&mut fleet, &keys, wants_start);
        let mut enrolled = self.read_slots(report, enrolled, &mut fleet);
        let caps = self.caps(&enrolled, &fleet, &keys);
        let mut left = caps.clone();
        self.repair_labels(report, &enrolled);
        self.resume(report, &mut enrolled, &fleet, &mut left);
        self.start(report, &mut enrolled, &fleet, &mut left);
        self.refusal_notes(report, &enrolled);
        Some(Decided { enrolled, caps })
    }

    /// Repositories that the command line names and the allowlist does not.
    fn report_not_allowlisted(&self, report: &mut TickReport) {
        for repo in self.narrowing.strangers(self.mandate.enrolled()) {
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
}
