//! Repositories that answer under another name: a run follows its numeric id (SPEC 4.3).
//!
//! Nothing is done under the old name. That the new one is the same repository is judged by the ids of the threads.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Watch;
use crate::domain::identity::RepositoryKey;
use crate::domain::repository::RepoRef;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::work_list::Run;
use crate::tick::{Failure, TickReport};
use crate::tracker::{WatchQuery, WatchReading};

/// A repository's name, and what the forge answered for it.
pub(super) type Answer = (RepoRef, Result<WatchReading, ServiceError>);

impl Watch<'_> {
    /// Asks again, under its name of today, for every repository that moved. The runs of the old name become those of the
    /// new one. Returns the names that count as enrolled beside the allowlist's.
    pub(super) fn follow_renames(
        &self,
        report: &mut TickReport,
        answers: &mut Vec<Answer>,
        runs: &mut BTreeMap<RepoRef, Vec<Run>>,
    ) -> BTreeSet<RepoRef> {
        let mut enrolled = BTreeSet::new();
        let mut former_names = BTreeMap::new();
        let mut moved: BTreeSet<RepoRef> = BTreeSet::new();
        answers.retain(|(old, answer)| {
            let Err(error) = answer else { return true };
            let FailureKind::Moved { to } = &error.kind else {
                return true;
            };
            let Ok(new) = RepoRef::parse(to, old.forge()) else {
                return true;
            };
            if self.enrolled.contains(old) {
                enrolled.insert(new.clone());
            }
            if !self.enrolled.contains(&new) {
                let entry = if self.config.mentions(old) && !self.config.mentions(&new) {
                    ", and rename its entry in AFK_REPOS as well"
                } else {
                    ""
                };
                report.warn(Failure::warning(
                    Some(old),
                    error.service,
                    format!("read the runs of {}", old.full_name()),
                    format!(
                        "it is called {} now and is followed by its id: put {} on AFK_ALLOWLIST in the place of {}{entry}",
                        new.full_name(),
                        new.full_name(),
                        old.full_name()
                    ),
                ));
            }
            let of_old = runs.remove(old).unwrap_or_default();
            runs.entry(new.clone()).or_default().extend(of_old);
            former_names.insert(new.clone(), old.clone());
            moved.insert(new);
            false
        });
        answers.retain(|(repo, _)| !moved.contains(repo));
        // Once per tick.
        drop(self.former_names.set(former_names));
        let queries: Vec<WatchQuery> = moved
            .iter()
            .map(|repo| self.query(repo, runs.get(repo).map_or(&[], Vec::as_slice)))
            .collect();
        if !queries.is_empty() {
            let again = self.hands.tracker.watch(&queries);
            let mut again: Vec<Answer> = moved.into_iter().zip(again).collect();
            self.ask_once_more(&mut again, runs);
            answers.extend(again);
        }
        enrolled
    }

    /// Moves runs whose name belongs to another repository by now to the one that has their number, where this tick has read it:
    /// it was renamed, and somebody made another one of its old name.
    pub(super) fn follow_ids(
        &self,
        report: &mut TickReport,
        answers: &mut [Answer],
        runs: &mut BTreeMap<RepoRef, Vec<Run>>,
    ) {
        let read: Vec<(RepoRef, RepositoryKey)> = answers
            .iter()
            .filter_map(|(repo, answer)| {
                let reading = answer.as_ref().ok()?;
                Some((repo.clone(), reading.repository.key.clone()))
            })
            .collect();
        let mut joined: BTreeSet<RepoRef> = BTreeSet::new();
        for (repo, own) in &read {
            let of_name = runs.remove(repo).unwrap_or_default();
            let (theirs, rest): (Vec<Run>, Vec<Run>) = of_name.into_iter().partition(|run| {
                let key = run.key.as_ref();
                key.is_some_and(|key| key != own && key.thread(run.slot) == run.thread.id)
            });
            runs.insert(repo.clone(), rest);
            for run in theirs {
                let today = read.iter().find(|(_, key)| Some(key) == run.key.as_ref());
                let Some((today, _)) = today else {
                    runs.entry(repo.clone()).or_default().push(run);
                    continue;
                };
                report.warn(Failure::warning(
                    Some(repo),
                    "afk",
                    format!("read the runs of {}", repo.full_name()),
                    format!(
                        "its repository is called {} now, and another one has its name: it is followed by its id",
                        today.full_name()
                    ),
                ));
                runs.entry(today.clone()).or_default().push(run);
                joined.insert(today.clone());
            }
        }
        if joined.is_empty() {
            return;
        }
        let queries: Vec<WatchQuery> = joined
            .iter()
            .map(|repo| self.query(repo, runs.get(repo).map_or(&[], Vec::as_slice)))
            .collect();
        let again = self.hands.tracker.watch(&queries);
        let mut again: Vec<Answer> = joined.into_iter().zip(again).collect();
        self.ask_once_more(&mut again, runs);
        for (repo, answer) in again {
            if let Some(entry) = answers.iter_mut().find(|(known, _)| *known == repo) {
                entry.1 = answer;
            }
        }
    }
}
