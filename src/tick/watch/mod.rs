//! `afk-watch`: follows every run to its end (SPEC 4.3).
//!
//! Reads T3 and the forges in bulk, derives the facts of each run, asks the decision table, and carries out what it
//! says. Repositories are handled side by side; within one, acts are serial, and each act is read back or safe to repeat, so
//! that a tick that dies between any two of them leaves a run that the next one finds and finishes.
//!
//! Which runs: `gathering`, `renames`, `mirrors`, `put_away`. In which order, and what waits for what: `repositories`, `pace`, `lanes`. What is known of one: `observation`, `binding`, `standing`, `stages`, `facts`. What is kept of
//! a decision: `kept`. What is said of what could not be read: `unread_issues`. What is written to the world, and nowhere else:
//!
//! | file | writes |
//! |---|---|
//! | `driving` | lock label |
//! | `turns` | corrective turns, resumes |
//! | `recording` | the end in the title |
//! | `stopping` | interrupt, stop |
//! | `checklist` | the run's comment |
//! | `bells` | doorbells and their receipts |
//! | `ends` | state and labels of the issue, the release |
//! | `released` | takes a thread out of the archive, to stop its agent |
//! | `strays` | note, bell and label of an issue without a run |
//!
//! All of it goes through `Watch::act` or the two other methods of [`Hands`](super::Hands).

use std::collections::BTreeMap;

use self::gathering::pair;
use self::repositories::Unreadable;
use crate::domain::repository::RepoRef;
use crate::service_error::ServiceError;
use crate::tick::{Failure, Outcome, RepositoryReport, TickKind, TickReport, work_list};
use crate::tracker::WatchQuery;

mod allocated;
mod bells;
mod binding;
mod checklist;
mod context;
mod driving;
mod ends;
mod facts;
mod forge_lost;
mod gathering;
mod kept;
mod lanes;
mod lines;
mod looking;
mod looking_back;
mod mirrors;
mod observation;
mod observed;
mod pace;
mod put_away;
mod reasons;
mod recording;
mod released;
mod renames;
mod repositories;
mod sights;
mod sink_health;
mod stages;
mod standing;
mod stopping;
mod strays;
mod turns;
mod unread_issues;

pub use self::context::Watch;
pub use self::looking_back::Past;
pub use self::pace::Pace;
pub use self::sights::{LimitLeft, Paused, Sight, Sights, StageSight};
pub use self::sink_health::SinkHealth;

impl Watch<'_> {
    /// Runs the tick.
    #[must_use]
    pub fn run(&self) -> TickReport {
        let clock = self.hands.deadline.clock();
        let mut report = TickReport::new(TickKind::Watch, clock.now(), self.hands.dry_run);
        report.armed = !self.draining;
        if self.halted {
            report.detail = Some(
                "halted: AFK_HALT is on, every live agent is stopped and its run handed back"
                    .to_owned(),
            );
        } else if self.draining {
            report.detail = Some("draining: AFK_KILL_SWITCH is on, no turn is sent".to_owned());
        }
        self.fill(&mut report);
        report.points = self.hands.tracker.points();
        report.requests = self.hands.deadline.requests();
        report.finished_at = clock.now();
        report
    }

    /// Says of each repository that the command line names, and that is neither enrolled nor has a run, that there is nothing to
    /// do in it: it may be a slip.
    fn report_strangers<V>(&self, report: &mut TickReport, runs: &BTreeMap<RepoRef, V>) {
        let mut strangers = self.narrowing.strangers(self.enrolled);
        strangers.retain(|repo| !runs.contains_key(repo));
        let why = "not on AFK_ALLOWLIST, and no run of it is under way";
        for repo in strangers {
            report.warn(Failure::stranger(repo, why));
            report.repositories.push(RepositoryReport {
                repository: repo.clone(),
                outcome: Outcome::Idle,
                detail: format!("it is {why}"),
                issues: Vec::new(),
            });
        }
    }

    /// A rollout that nobody can read fails the tick from the first on, not only once a run waits for it.
    fn report_no_rollout(&self, report: &mut TickReport, repos: &[RepoRef]) {
        let Some(why) = self.no_rollout else {
            return;
        };
        for repo in repos {
            if !self.config_of(repo).rollout.is_empty() {
                report.failures.push(Failure::warning(
                    Some(repo),
                    "kubernetes",
                    "find the cluster",
                    format!("the rollout can not be read: {why}"),
                ));
            }
        }
    }

    fn fill(&self, report: &mut TickReport) {
        let enrolled: Vec<RepoRef> = self.narrowing.among(self.enrolled).cloned().collect();
        let mut fleet = match self.hands.executor.live_fleet() {
            Ok(fleet) => fleet,
            Err(error) => return crate::tick::could_not_start(report, &enrolled, &error),
        };
        crate::tick::warn_of_size(report, &fleet);
        self.sights
            .note_snapshot(fleet.snapshot_size(report.started_at));
        self.ask_nameless(report, &mut fleet);
        let mut runs = work_list::runs(&fleet, self.config.default_forge, &self.forges());
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
            self.finish_put_away(report, &fleet, &[]);
            return;
        }
        self.report_no_rollout(report, &repos);
        self.complete(report, &mut runs);
        let queries: Vec<WatchQuery> = repos
            .iter()
            .map(|repo| self.query(repo, runs.get(repo).map_or(&[], Vec::as_slice)))
            .collect();
        let readings = self.hands.tracker.watch(&queries);
        let silence =
            ServiceError::of_silence(readings.iter().map(|reading| reading.as_ref().err()))
                .cloned();
        let mut answers: Vec<_> = repos.into_iter().zip(readings).collect();
        self.ask_once_more(&mut answers, &runs);
        let followed = self.follow_renames(report, &mut answers, &mut runs);
        self.follow_ids(report, &mut answers, &mut runs);
        self.read_mirrors(&mut answers);
        let (mut readable, mut unreadable) = (Vec::new(), Vec::new());
        for (repo, answer) in answers {
            let runs = runs.remove(&repo).unwrap_or_default();
            let enrolled = self.enrolled.contains(&repo) || followed.contains(&repo);
            match answer {
                Ok(reading) => readable.push(pair(reading, enrolled, runs)),
                Err(error) => unreadable.push(Unreadable { repo, runs, error }),
            }
        }
        let none_ended = self.drive_all(report, unreadable, &readable);
        let none_ended = !self.finish_put_away(report, &fleet, &readable) && none_ended;
        if none_ended && let Some(error) = &silence {
            report.could_not_start = true;
            crate::tick::no_forge_answered(error);
        }
    }
}
