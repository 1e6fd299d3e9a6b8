//! What is done in one repository in one tick: its runs, then strays; and of many repositories side by side.
//!
//! Each repository has a report of its own, and they are put together in order: what happened side by side is told as if one
//! had come after the other. Runs whose stop would hold up all of T3 come last, when everything else is done.

use std::sync::OnceLock;

use super::binding::Writes;
use super::context::Watch;
use super::forge_lost::unread;
use super::gathering::{Readable, bound_issue};
use super::lanes::Lanes;
use super::observation::Seen;
use super::observed::Observed;
use super::unread_issues::tell_what_is_unread;
use crate::domain::identity::Title;
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::run::run_state_machine::Unread;
use crate::executor::Fleet;
use crate::fan_out::fan_out_at_most;
use crate::service_error::ServiceError;
use crate::tick::report::count;
use crate::tick::work_list::Run;
use crate::tick::{Failure, Outcome, RepositoryReport, TickKind, TickReport};
use crate::tracker::{LockedIssue, WatchReading};

/// A repository that could not be read, and its runs.
pub(super) struct Unreadable {
    pub(super) repo: RepoRef,
    pub(super) runs: Vec<Run>,
    pub(super) error: ServiceError,
}

/// The work of one repository.
enum Work<'r> {
    Unreadable(Unreadable),
    Readable(&'r Readable, Vec<Result<Seen, ServiceError>>),
    /// Runs that come last.
    Last(Vec<Observed>),
}

/// What came of it.
struct Done {
    report: TickReport,
    last: Vec<Observed>,
    /// Whether its forge was not there, and no run was ended without it.
    nothing_done: bool,
}

impl Watch<'_> {
    /// Observes and drives all runs, those of different repositories side by side. Returns whether every repository was
    /// unreadable and nothing could be done in any.
    pub(super) fn drive_all(
        &self,
        report: &mut TickReport,
        unreadable: Vec<Unreadable>,
        readable: &[Readable],
    ) -> bool {
        // Deploy and rollout are asked one by one: of all repositories at once, and of the services side by side.
        let lanes = Lanes::of(self.hands.parallel);
        let every: Vec<(&Readable, &(Run, Option<usize>))> = readable
            .iter()
            .flat_map(|readable| readable.runs.iter().map(move |run| (readable, run)))
            .collect();
        let seen = fan_out_at_most(lanes.runs(), &every, |(readable, (run, issue))| {
            let issue = readable.issue(*issue);
            self.observe(&readable.reading, run, issue, readable.enrolled, &lanes)
        });
        self.note_sights(&seen);
        let mut seen = seen.into_iter();
        let mut work: Vec<Work<'_>> = unreadable.into_iter().map(Work::Unreadable).collect();
        work.extend(readable.iter().map(|readable| {
            let of_repository = seen.by_ref().take(readable.runs.len()).collect();
            Work::Readable(readable, of_repository)
        }));
        let mut nothing_done = true;
        let mut last = Vec::new();
        for done in self.do_all(work) {
            report.append(done.report);
            nothing_done &= done.nothing_done;
            if !done.last.is_empty() {
                last.push(Work::Last(done.last));
            }
        }
        // A stop beside a command in the background holds up all of T3.
        for done in self.do_all(last) {
            report.append(done.report);
        }
        nothing_done
    }

    fn do_all(&self, work: Vec<Work<'_>>) -> Vec<Done> {
        let second_look = OnceLock::new();
        self.pace.side_by_side(self.hands.parallel, work, |work| {
            let now = self.now();
            let mut done = Done {
                report: TickReport::new(TickKind::Watch, now, self.hands.dry_run),
                last: Vec::new(),
                nothing_done: false,
            };
            match work {
                Work::Unreadable(unreadable) => {
                    done.nothing_done = self.unreadable(&mut done.report, unreadable);
                }
                Work::Readable(readable, seen) => {
                    done.last = self.repository(&mut done.report, readable, seen, &second_look);
                }
                Work::Last(runs) => {
                    for run in runs {
                        self.drive(&mut done.report, run);
                    }
                }
            }
            done
        })
    }

    /// The runs of a repository that could not be read. Returns whether none was ended without its forge.
    fn unreadable(&self, report: &mut TickReport, unreadable: Unreadable) -> bool {
        let Unreadable { repo, runs, error } = unreadable;
        crate::tick::fail(report, &repo, &error);
        let why = format!("the forge could not be read: {error}");
        let mut none = true;
        for run in runs {
            none &= !self.without_forge(report, &repo, &run, unread(&error), &why);
        }
        none
    }

    /// Drives the runs of one repository, and looks for strays. Returns the runs that come last.
    fn repository(
        &self,
        report: &mut TickReport,
        readable: &Readable,
        seen: Vec<Result<Seen, ServiceError>>,
        second_look: &OnceLock<Option<Fleet>>,
    ) -> Vec<Observed> {
        let mut last = Vec::new();
        let repo = &readable.reading.repository.repo;
        warn_of_branch(report, &readable.reading);
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
            if let Ok(Seen::Observed(observed) | Seen::Allocated(observed)) = &seen {
                tell_what_is_unread(report, observed);
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
        let driven = report.runs.len() + last.len();
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
        last
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
        // What names another repository than its thread's id was never of another address.
        if run.key == repository.key || run.key.thread(run.slot) != run.thread.id {
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

/// Says that the branch which runs push to is not there: until somebody mends that, nothing is known of what they pushed.
fn warn_of_branch(report: &mut TickReport, reading: &WatchReading) {
    let repository = &reading.repository;
    if let Some(branch) = &reading.absent_branch {
        report.warn(Failure::warning(
            Some(&repository.repo),
            repository.repo.forge().as_str(),
            format!("read the commits of {}", repository.repo.full_name()),
            format!(
                "it has no branch '{branch}' (any more), so that it is not known what its runs pushed; put the branch back, or its new name into \"branch\" in AFK_REPOS"
            ),
        ));
    }
}
