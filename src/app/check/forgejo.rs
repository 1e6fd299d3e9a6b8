//! Forgejo and Gitea: every repository can be read and worked in, and people can be looked up. Nothing is written.

use super::lines::Lines;
use super::repository::{Mends, state, unreadable};
use crate::domain::config::Config;
use crate::domain::issue::{Permission, PermissionFact};
use crate::domain::repository::ForgeKind;
use crate::tracker::{Repository, Tracker};

const MENDS: Mends = Mends {
    not_found: "see that it is spelled right in AFK_ALLOWLIST and that AFK_FORGEJO_TOKEN may read it",
    denied: "give AFK_FORGEJO_TOKEN the scopes write:issue, read:repository and read:user, and its account access to the repository",
    permissions: "make our account an administrator of the repository, or list people in AFK_TRUSTED_PEOPLE",
};

/// Tells of every enrolled repository there, and returns those that can be read.
pub(super) fn check(lines: &mut Lines, config: &Config, tracker: &dyn Tracker) -> Vec<Repository> {
    let mut read = Vec::new();
    let repos: Vec<_> = config
        .allowlist()
        .iter()
        .filter(|repo| repo.forge() == ForgeKind::Forgejo)
        .cloned()
        .collect();
    for (repo, survey) in repos.iter().zip(tracker.survey(&repos)) {
        match survey {
            Err(error) => unreadable(lines, repo, &error, &MENDS),
            Ok(survey) => {
                let repository = &survey.repository;
                lines.ok(
                    format!("{repo} reading"),
                    format!(
                        "{} ready issues; our account is {}",
                        survey.ready.len(),
                        repository.own_account.login
                    ),
                );
                state(lines, config, repository);
                people(lines, tracker, repository);
                read.push(survey.repository);
            }
        }
    }
    read
}

/// Whether people can be looked up. Anybody may look up themselves there, and only an administrator others: so our own level
/// tells.
fn people(lines: &mut Lines, tracker: &dyn Tracker, repository: &Repository) {
    let subject = format!("{} permissions", repository.repo);
    let fact = match tracker.permission(repository, &repository.own_account.login) {
        Ok(PermissionFact::Known {
            permission: Permission::Admin,
            ..
        }) => return lines.ok(subject, "permissions of people can be looked up"),
        Ok(
            PermissionFact::Known { .. }
            | PermissionFact::Ambiguous { .. }
            | PermissionFact::Unknown(_)
            | PermissionFact::Mistaken(_),
        ) => "our account does not administer it: only labels by the owner count, and by people whom AFK_TRUSTED_PEOPLE lists"
            .to_owned(),
        Err(error) => error.to_string(),
    };
    lines.warn(subject, fact, MENDS.permissions);
}
