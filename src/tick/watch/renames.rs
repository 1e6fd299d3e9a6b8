//! Repositories that answer under another name: a run follows its numeric id (SPEC 4.3).
//!
//! Nothing is done under the old name. That the new one is the same repository is judged by the ids of the threads.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Watch;
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
                report.warn(Failure::warning(
                    Some(old),
                    error.service,
                    format!("read the runs of {}", old.full_name()),
                    format!(
                        "it is called {} now and is followed by its id: put {} on AFK_ALLOWLIST in the place of {}",
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
}
