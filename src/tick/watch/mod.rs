//! `afk-watch`: follows every run to its end (SPEC 4.3).
//!
//! Reads T3 and the forges in bulk, derives the facts of each run, asks the decision table, and carries out what it
//! says. Reads are parallel, acts are serial, and each act is read back or safe to repeat, so that a tick that dies
//! between any two of them leaves a run that the next one finds and finishes.
//!
//! Which runs: `gathering`, `renames`, `mirrors`. What is known of one: `observation`, `binding`, `standing`, `stages`, `facts`. Whether an end
//! that was found is believed: `evidence`. What is written to the world, and nowhere else:
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

use std::cell::OnceCell;
use std::collections::BTreeMap;

use self::binding::Writes;
use self::forge_lost::unread;
use self::gathering::{Readable, bound_issue, pair};
use self::observation::Seen;
use self::observed::Observed;
use crate::domain::identity::Title;
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::run::run_state_machine::Unread;
use crate::executor::Fleet;
use crate::fan_out::fan_out_at_most;
use crate::service_error::ServiceError;
use crate::tick::report::count;
use crate::tick::work_list::Run;
use crate::tick::{Failure, Outcome, RepositoryReport, TickKind, TickReport, work_list};
use crate::tracker::{LockedIssue, WatchQuery};

mod allocated;
mod bells;
mod binding;
mod checklist;
mod context;
mod driving;
mod endings;
mod ends;
mod evidence;
mod facts;
mod forge_lost;
mod gathering;
mod lines;
mod looking;
mod looking_back;
mod mirrors;
mod observation;
mod observed;
mod reasons;
mod recording;
mod released;
mod renames;
mod sights;
mod sink_health;
mod stages;
mod standing;
mod stopping;
mod strays;
mod turns;

pub use self::context::Watch;
pub use self::looking_back::Past;
pub use self::sights::{LimitLeft, Paused, Sight, Sights, StageSight};
pub use self::sink_health::SinkHealth;

impl Watch<'_> {
    /// Runs the tick.
    #[must_use]
    pub fn run(&self) -> TickReport {
        let clock = self.hands.deadline.clock();
        let mut report = TickReport::new(TickKind::Watch, clock.now(), self.hands.dry_run);
        report.armed = true;
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
        report.finished_at = clock.now();
        report
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
        let mut fleet = match self.hands.executor.live_fleet() {
            Ok(fleet) => fleet,
            Err(error) => return crate::tick::could_not_start(report, &enrolled, &error),
        };
        crate::tick::warn_of_size(report, &fleet);
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
            return;
        }
        self.complete(report, &mut runs);
        let queries: Vec<WatchQuery> = repos
            .iter()
            .map(|repo| self.query(repo, runs.get(repo).map_or(&[], Vec::as_slice)))
            .collect();
        let readings = self.hands.tracker.watch(&queries);
        let mut could_not_start = readings
            .iter()
            .all(|reading| reading.as_ref().is_err_and(ServiceError::is_whole_service));
        let mut answers: Vec<_> = repos.into_iter().zip(readings).collect();
        self.ask_once_more(&mut answers, &runs);
        let followed = self.follow_renames(report, &mut answers, &mut runs);
        self.read_mirrors(&mut answers);
        let mut readable = Vec::new();
        for (repo, answer) in answers {
            let of_repo = runs.remove(&repo).unwrap_or_default();
            let enrolled = self.enrolled.contains(&repo) || followed.contains(&repo);
            match answer {
                Ok(reading) => readable.push(pair(reading, enrolled, of_repo)),
                Err(error) => {
                    crate::tick::fail(report, &repo, &error);
                    let why = format!("the forge could not be read: {error}");
                    let unread = unread(&error);
                    for run in of_repo {
                        could_not_start &= !self.without_forge(report, &repo, &run, unread, &why);
                    }
                }
            }
        }
        report.could_not_start = could_not_start;
        self.drive_all(report, readable);
    }

    /// Observes and drives all runs. A stop beside a command in the background holds up all of T3, so such runs come last.
    fn drive_all(&self, report: &mut TickReport, readable: Vec<Readable>) {
        // Deploy and rollout are asked one by one: of all repositories at once.
        let every: Vec<(&Readable, &(Run, Option<usize>))> = readable
            .iter()
            .flat_map(|readable| readable.runs.iter().map(move |run| (readable, run)))
            .collect();
        let second_look = OnceCell::new();
        let seen = fan_out_at_most(self.hands.parallel, &every, |(readable, (run, issue))| {
            let issue = readable.issue(*issue);
            self.observe(&readable.reading, run, issue, readable.enrolled)
        });
        self.note_sights(&seen);
        let mut seen = seen.into_iter();
        let mut last = Vec::new();
        for readable in &readable {
            let of_repo = seen.by_ref().take(readable.runs.len()).collect();
            self.repository(report, readable, of_repo, &second_look, &mut last);
        }
        for run in last {
            self.drive(report, run);
        }
    }

    /// Drives the runs of one repository, and looks for strays.
    fn repository(
        &self,
        report: &mut TickReport,
        readable: &Readable,
        seen: Vec<Result<Seen, ServiceError>>,
        second_look: &OnceCell<Option<Fleet>>,
        last: &mut Vec<Observed>,
    ) {
        let (before, postponed) = (report.runs.len(), last.len());
        let repo = &readable.reading.repository.repo;
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
                Ok(Seen::Observed(observed)) => {
                    if let Some(why) = self.is_elsewhere(report, readable, &observed) {
                        self.without_forge(report, repo, run, Unread::Refused, why);
                    } else if observed.state.background {
                        last.push(*observed);
                    } else {
                        self.drive(report, *observed);
                    }
                }
                Ok(Seen::Allocated(observed)) => self.allocated(report, *observed),
                Err(error) => {
                    report.failures.push(Failure::new(Some(repo), &error));
                    report.runs.push(self.unread(repo, run, &error.to_string()));
                }
            }
        }
        for run in &readable.of_namesake {
            let why = "its repository is not the one that has its name today";
            self.without_forge(report, repo, run, Unread::Refused, why);
        }
        if readable.enrolled {
            let locked: Vec<&LockedIssue> = readable
                .reading
                .locked
                .iter()
                .filter(|locked| {
                    !live.contains(&locked.number)
                        && self.narrowing.includes_issue(repo, locked.number)
                })
                .collect();
            self.strays(report, readable, &locked, second_look);
        }
        let driven = report.runs.len() - before + last.len() - postponed;
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

    /// A run that names the same repository number under another host: the forge's address changed, if the issue shows the
    /// very event that the run is bound to. Returns why not.
    fn is_elsewhere(
        &self,
        report: &mut TickReport,
        readable: &Readable,
        run: &Observed,
    ) -> Option<&'static str> {
        let repository = &readable.reading.repository;
        if run.key == repository.key {
            return None;
        }
        match run.writes {
            Writes::Refused(_) | Writes::Unknown(_) => {
                Some("its forge had another address, and the issue there is not the run's")
            }
            Writes::Allowed => {
                report.warn(Failure::warning(
                    Some(run.repo()),
                    "afk",
                    format!("read the runs of {}", run.repo().full_name()),
                    format!(
                        "the run is of {}, and the forge answers as {} now: the same issue, so it is followed",
                        run.key, repository.key
                    ),
                ));
                None
            }
        }
    }
}
