//! `afk-poll`: starts runs (SPEC 4.1).
//!
//! Reads T3 once and the forges in bulk, asks the policy what may happen in each repository and the trust gate
//! about the best candidates, and carries out starts one after the other. It never ends a run that an agent works on, and it
//! never repeats an act: after each it reads back who won.
//!
//! ```text
//! setting.rs         what the tick works with
//! enrolment.rs       p2, p3   one repository: slots, opening, candidates, report
//! our_threads.rs     p4       what all threads of ours say: caps, pause
//! lock_label.rs      p3       writes: a missing lock label
//! allocated.rs       p3       writes: goes on with an allocated slot, or stands it down
//! turns.rs           p4, p5   whose turn it is, and the cap
//! gate_look_ups.rs   p5       what the gate asks about a candidate
//! start.rs           p6-p11   writes: project, thread, first message, lock label
//! ```

mod allocated;
mod enrolment;
mod gate_look_ups;
mod lock_label;
mod our_threads;
mod setting;
mod start;
mod turns;

pub use self::setting::Poll;
use super::{
    Decision, IssueReport, Outcome, RepositoryReport, TickKind, TickReport, could_not_start, fail,
    warn_of_size,
};
use crate::domain::identity::RepositoryKey;
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::RepoRef;
use crate::service_error::ServiceError;
use crate::tracker::RepositorySurvey;

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
            Err(error) => return could_not_start(report, &repos, &error),
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
                Err(error) => return could_not_start(report, &repos, &error),
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
        let mut caps = self.caps(&enrolled, &fleet, &keys);
        self.repair_labels(report, &enrolled);
        self.resume(report, &mut enrolled, &fleet, &mut caps);
        self.start(report, &mut enrolled, &fleet, &mut caps);
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
}
