//! What became of runs that are over, for the digest (SPEC 7): what landed, and what was handed back and still waits.
//!
//! Reads T3 and the forges; it acts on nothing. What landed is taken from T3's titles, which commit it was from the forge. Whether
//! something still waits for a person, only the issue itself tells.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Watch;
use crate::domain::identity::{EndKind, Slot, Title};
use crate::domain::issue::IssueState;
use crate::domain::repository::{IssueRef, RepoRef};
use crate::domain::told::digest::{Failed, LOOK_BACK, Landed, Waiting};
use crate::domain::verdict::attribution::{Attribution, CLOCK_SLACK, RunMarks};
use crate::executor::{Fleet, Thread};
use crate::service_error::ServiceError;
use crate::tick::{Failure, TickReport};
use crate::tracker::{IssueReading, RunIssue, RunQuery, WatchQuery, WatchReading};

/// So long is looked for runs that were handed back. Whoever has not taken one up by then is told of it no more.
const HANDED_BACK_MAX: TimeDelta = TimeDelta::days(30);

/// Of one repository no more are looked up, the newest first.
const OF_REPOSITORY_MAX: usize = 50;

/// What became of runs that are over.
#[derive(Debug, Default)]
pub struct Past {
    /// Those that landed in the last day, the latest last.
    pub landed: Vec<Landed>,
    /// Those that wait for a person, the oldest first.
    pub waiting: Vec<Waiting>,
    /// Those that were handed back in the last day.
    pub failed: Vec<Failed>,
    /// Tokens of the runs of the last day that are over.
    pub tokens: u64,
    /// Runs of the last day that are over, and of which T3 reports no tokens.
    pub tokens_unknown: usize,
}

/// One run that is over.
struct Over {
    thread: Thread,
    title: Title,
    kind: EndKind,
    ended_at: DateTime<Utc>,
    started_at: DateTime<Utc>,
}

impl Watch<'_> {
    /// Looks back. What could not be read is noted in the report.
    pub fn look_back(&self, report: &mut TickReport) -> Past {
        let fleet = match self.hands.executor.whole_fleet() {
            Ok(fleet) => fleet,
            Err(error) => {
                report.failures.push(Failure::new(None, &error));
                return Past::default();
            }
        };
        let over = self.over(&fleet);
        let queries: Vec<WatchQuery> = over
            .iter()
            .map(|(repo, runs)| self.query_of_past(repo, runs))
            .collect();
        let readings = if queries.is_empty() {
            Vec::new()
        } else {
            self.hands.tracker.watch(&queries)
        };
        let mut past = Past::default();
        let mut ages: Vec<(DateTime<Utc>, Waiting)> = Vec::new();
        let mut landed: Vec<(DateTime<Utc>, Landed)> = Vec::new();
        for ((runs, query), reading) in over.values().zip(&queries).zip(readings) {
            if let Err(error) = &reading {
                report.failures.push(Failure::new(Some(&query.repo), error));
            }
            self.tell_past(query, runs, &reading, &mut past, &mut ages, &mut landed);
        }
        ages.sort_by_key(|(ended_at, _)| *ended_at);
        landed.sort_by_key(|(ended_at, _)| *ended_at);
        past.waiting = ages.into_iter().map(|(_, waiting)| waiting).collect();
        past.landed = landed.into_iter().map(|(_, landed)| landed).collect();
        past
    }

    fn tell_past(
        &self,
        query: &WatchQuery,
        runs: &[Over],
        reading: &Result<WatchReading, ServiceError>,
        past: &mut Past,
        waiting: &mut Vec<(DateTime<Utc>, Waiting)>,
        landed: &mut Vec<(DateTime<Utc>, Landed)>,
    ) {
        let now = self.now();
        let repo = &query.repo;
        let reading = reading.as_ref().ok();
        let agents = &self.config.trust.agent_accounts;
        for (index, (run, asked)) in runs.iter().zip(&query.runs).enumerate() {
            let is_ours = reading.is_none_or(|reading| {
                reading.repository.key.thread(run.title.slot) == run.thread.id
            });
            if !is_ours || !self.narrowing.includes(repo) {
                continue;
            }
            let issue = IssueRef {
                repo: repo.clone(),
                number: run.title.issue,
            };
            let name = format!("{}#{}", repo.full_name(), run.title.issue);
            let of_the_day = now - run.ended_at < LOOK_BACK;
            if of_the_day {
                match run.thread.facts.tokens() {
                    Some(tokens) => past.tokens = past.tokens.saturating_add(tokens),
                    None => past.tokens_unknown += 1,
                }
            }
            let reason = run.title.ending.as_ref().and_then(|ending| ending.reason);
            match run.kind {
                EndKind::Done => landed.push((
                    run.ended_at,
                    Landed {
                        issue: name,
                        commit: reading.and_then(|reading| {
                            let found = reading.runs.get(index).and_then(RunIssue::issue);
                            let marks = query.marks(asked, reading, &issue);
                            commit_of(reading, &marks, found, agents)
                        }),
                        seconds: (run.ended_at - run.started_at).num_seconds().max(0),
                    },
                )),
                EndKind::NeedsHuman | EndKind::Frozen => {
                    if of_the_day {
                        past.failed.push(Failed {
                            repository: Some(repo.to_string()),
                            service: "afk".to_owned(),
                            call: format!("run {} of #{}", run.title.slot, run.title.issue),
                            error: match reason {
                                Some(reason) => format!("{} ({reason})", run.kind.as_str()),
                                None => run.kind.as_str().to_owned(),
                            },
                        });
                    }
                    let found = reading.and_then(|reading| reading.runs.get(index));
                    if self.still_waits(found) {
                        waiting.push((
                            run.ended_at,
                            Waiting {
                                issue: name,
                                kind: run.kind.as_str(),
                                reason,
                                age_seconds: Some((now - run.ended_at).num_seconds().max(0)),
                                link: found
                                    .and_then(RunIssue::issue)
                                    .map(|issue| issue.url.clone())
                                    .or_else(|| self.link(run.thread.id)),
                            },
                        ));
                    }
                }
                EndKind::StoodDown => {}
            }
        }
    }

    /// Whether an issue that was handed back still waits: open, and with the hand-back label. One that can not be read is told
    /// of rather than left out.
    fn still_waits(&self, found: Option<&RunIssue>) -> bool {
        match found {
            Some(RunIssue::Issue(issue)) => {
                let label = &self.config.labels.ready_for_human;
                issue.state == IssueState::Open && issue.shown_label(label).is_some()
            }
            Some(RunIssue::Missing | RunIssue::Transferred) => false,
            Some(RunIssue::Unreadable(_)) | None => true,
        }
    }

    /// Released runs with an end, by the repository that their titles name; of each issue the newest that was handed back.
    fn over(&self, fleet: &Fleet) -> BTreeMap<RepoRef, Vec<Over>> {
        let now = self.now();
        let mut over: BTreeMap<RepoRef, Vec<Over>> = BTreeMap::new();
        for thread in fleet.threads.values() {
            let Some(title) = thread.parsed_title() else {
                continue;
            };
            let (Some(ending), true) = (&title.ending, thread.is_released()) else {
                continue;
            };
            let facts = &thread.facts;
            let ended_at = facts.archived_at.or(facts.deleted_at).or(facts.updated_at);
            let (Some(ended_at), true) = (ended_at, thread.id.may_be_ours()) else {
                continue;
            };
            let within = match ending.kind {
                EndKind::Done | EndKind::StoodDown => LOOK_BACK,
                EndKind::NeedsHuman | EndKind::Frozen => HANDED_BACK_MAX,
            };
            let forge = thread
                .messages
                .first()
                .map_or(self.config.default_forge, |message| {
                    message.repository.forge()
                });
            let Ok(repo) = RepoRef::parse(&title.full_name, forge) else {
                continue;
            };
            if now - ended_at >= within {
                continue;
            }
            over.entry(repo).or_default().push(Over {
                kind: ending.kind,
                started_at: facts.dispatched_at().unwrap_or(ended_at).min(ended_at),
                thread: thread.clone(),
                title: title.clone(),
                ended_at,
            });
        }
        for runs in over.values_mut() {
            let newest: BTreeMap<_, Slot> = runs
                .iter()
                .map(|run| (run.title.issue, run.title.slot))
                .fold(BTreeMap::new(), |mut newest, (issue, slot)| {
                    let entry = newest.entry(issue).or_insert(slot);
                    *entry = (*entry).max(slot);
                    newest
                });
            runs.retain(|run| match run.kind {
                EndKind::NeedsHuman | EndKind::Frozen => {
                    newest.get(&run.title.issue) == Some(&run.title.slot)
                }
                EndKind::Done | EndKind::StoodDown => true,
            });
            runs.sort_by_key(|run| std::cmp::Reverse(run.ended_at));
            runs.truncate(OF_REPOSITORY_MAX);
        }
        over
    }

    fn query_of_past(&self, repo: &RepoRef, runs: &[Over]) -> WatchQuery {
        let now = self.now();
        WatchQuery {
            repo: repo.clone(),
            branch: self.config_of(repo).branch.clone(),
            runs: runs
                .iter()
                .map(|run| {
                    // Of a run that was handed back only the issue's state is asked.
                    let since = match run.kind {
                        EndKind::Done | EndKind::StoodDown => run.started_at,
                        EndKind::NeedsHuman | EndKind::Frozen => now,
                    };
                    RunQuery {
                        issue: run.title.issue,
                        thread: run.thread.id,
                        dispatched_at: since,
                        since: since - CLOCK_SLACK,
                    }
                })
                .collect(),
        }
    }
}

/// The commit of a run that landed, as far as the branch still tells.
fn commit_of(
    reading: &WatchReading,
    marks: &RunMarks<'_>,
    issue: Option<&IssueReading>,
    agents: &BTreeSet<String>,
) -> Option<String> {
    match reading.attribution(&reading.branch(), marks, issue, agents) {
        Attribution::Pushed(pushed) => Some(pushed.sha.as_str().to_owned()),
        Attribution::NotPushed | Attribution::NotKnown => None,
    }
}
