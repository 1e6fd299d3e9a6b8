//! Repositories that are built on another forge, on a mirror that holds the same commits (`AFK_REPOS`, `build.on`).
//!
//! Reads only. What the issues' own forge says about such commits is no part of their build.

use super::context::Watch;
use super::renames::Answer;
use super::stages::read_checks;
use crate::domain::config::RepositoryConfig;
use crate::domain::repository::RepoRef;
use crate::domain::verdict::ci::CommitSha;
use crate::fan_out::fan_out_at_most;
use crate::tracker::Checks;

impl Watch<'_> {
    /// Returns where the commits of a repository are built: there, or on its mirror.
    pub(super) fn built_on<'r>(&'r self, repo: &'r RepoRef) -> &'r RepoRef {
        let config = self.config_of(repo);
        config.build_on.as_ref().unwrap_or(repo)
    }

    /// Puts what the mirrors say about commits in the place of what the forges of the issues say.
    pub(super) fn read_mirrors(&self, answers: &mut [Answer]) {
        let wanted: Vec<(usize, usize, &RepositoryConfig, &RepoRef, CommitSha)> = answers
            .iter()
            .enumerate()
            .filter_map(|(index, (_, answer))| Some((index, answer.as_ref().ok()?)))
            .filter_map(|(index, reading)| {
                let config = self.config_of(&reading.repository.repo);
                Some((index, reading, config, config.build_on.as_ref()?))
            })
            .flat_map(|(index, reading, config, mirror)| {
                let asked = |checks: &Checks| match checks {
                    Checks::Read(_) | Checks::Unreadable(_) => true,
                    Checks::NotAsked => false,
                };
                let commits = reading.commits.iter().enumerate();
                commits
                    .filter(move |(_, commit)| asked(&commit.checks))
                    .map(move |(place, commit)| (index, place, config, mirror, commit.sha.clone()))
            })
            .collect();
        let told = fan_out_at_most(
            self.hands.parallel,
            &wanted,
            |(_, _, config, mirror, sha)| match read_checks(self.hands.tracker, config, mirror, sha)
            {
                Ok(checks) => Checks::Read(checks),
                Err(error) => Checks::Unreadable(error.to_string()),
            },
        );
        let places: Vec<(usize, usize)> = wanted
            .iter()
            .map(|(index, place, _, _, _)| (*index, *place))
            .collect();
        for ((index, place), checks) in places.into_iter().zip(told) {
            if let Ok(reading) = &mut answers[index].1 {
                reading.commits[place].checks = checks;
            }
        }
    }
}
