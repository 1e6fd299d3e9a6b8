//! What is told of a repository whatever its forge: whether it can be read, its state, and whether people can be looked up.

use super::lines::Lines;
use crate::domain::config::Config;
use crate::domain::issue::{OwnAccount, PermissionFact, Unworkable, Visibility};
use crate::domain::repository::{ForgeKind, RepoRef};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{Repository, Tracker};

/// What mends what a forge refuses, by the kind of credentials that we have there.
pub(super) struct Mends {
    /// What it is called.
    pub(super) forge: &'static str,
    /// Credentials that it does not know.
    pub(super) unknown: &'static str,
    /// A repository that is not there, or not for us.
    pub(super) not_found: &'static str,
    /// A repository that we may not read.
    pub(super) denied: &'static str,
    /// Permissions of people that can not be looked up.
    pub(super) permissions: &'static str,
}

/// Warns where our own account is listed as one that agents use: it is told apart from them, and needs no listing.
pub(super) fn own_account(lines: &mut Lines, config: &Config, login: &str) {
    if config.trust.is_agent(login) {
        lines.warn(
            "AFK_AGENT_ACCOUNTS",
            format!("it lists {login}, our own account: an agent that uses it can speak as AFK"),
            "take it out, and give agents an account of their own",
        );
    }
}

/// Says why a repository can not be read.
pub(super) fn unreadable(lines: &mut Lines, repo: &RepoRef, error: &ServiceError, mends: &Mends) {
    let mend = match (mend_of_illness(error, mends.forge), &error.kind) {
        (Some(mend), _) => mend,
        (None, FailureKind::NotFound) => mends.not_found.to_owned(),
        (None, FailureKind::Moved { .. }) => "put its name of today into AFK_ALLOWLIST".to_owned(),
        (None, FailureKind::Denied) if error.answered_by.status() == Some(401) => {
            mends.unknown.to_owned()
        }
        (None, FailureKind::Denied) => mends.denied.to_owned(),
        (
            None,
            FailureKind::RateLimited { .. }
            | FailureKind::Unreachable
            | FailureKind::Overloaded
            | FailureKind::Refused
            | FailureKind::Unreadable
            | FailureKind::SecretUnreadable
            | FailureKind::OutOfTime,
        ) => "see what the forge says, and try again".to_owned(),
    };
    lines.problem(format!("{repo} reading"), error.to_string(), mend);
}

/// What mends a failure that says nothing of what was asked of `who`; `None` for an answer of its own.
pub(super) fn mend_of_illness(error: &ServiceError, who: &str) -> Option<String> {
    match error.kind {
        FailureKind::RateLimited { .. } => Some(format!(
            "wait until the limit is over, and see who else asks {who} so much"
        )),
        FailureKind::Unreachable if error.is_refused_before() => Some(format!(
            "see what stands before {who}, and have it let us through"
        )),
        FailureKind::Unreachable | FailureKind::Overloaded
            if error
                .answered_by
                .status()
                .is_some_and(|status| status >= 500) =>
        {
            Some(format!(
                "wait, and look at {who} and at what stands before it: it is not well"
            ))
        }
        FailureKind::OutOfTime => Some("ask again: nothing was asked any more".to_owned()),
        FailureKind::Unreachable
        | FailureKind::Overloaded
        | FailureKind::NotFound
        | FailureKind::Moved { .. }
        | FailureKind::Denied
        | FailureKind::Refused
        | FailureKind::Unreadable
        | FailureKind::SecretUnreadable => None,
    }
}

/// Tells what would keep every issue from being started, or every commit from being pushed.
pub(super) fn state(lines: &mut Lines, config: &Config, repository: &Repository) {
    let repo = &repository.repo;
    if repository.facts.archived {
        lines.problem(
            format!("{repo} state"),
            "it is archived: nothing can be written or pushed",
            "take it out of the archive, or off AFK_ALLOWLIST",
        );
        if repo.forge() == ForgeKind::GitHub {
            lines.command(format!("gh repo unarchive {}", repo.full_name()));
        }
    } else if repository.facts.unworkable == Some(Unworkable::Mirror) {
        lines.problem(
            format!("{repo} state"),
            "it is a mirror: nobody can push to it",
            "enrol the repository that it follows, or take it off AFK_ALLOWLIST",
        );
    }
    match repository.facts.visibility {
        Visibility::Private => lines.ok(format!("{repo} visibility"), "private"),
        Visibility::Public | Visibility::Internal | Visibility::Unknown => {
            if config.trust.allow_public.contains(repo) {
                lines.ok(
                    format!("{repo} visibility"),
                    "public, and AFK_ALLOW_PUBLIC lists it",
                );
            } else {
                lines.problem(
                    format!("{repo} visibility"),
                    "it is not private, so that every issue is refused (public-repository)",
                    "make it private, or list it in AFK_ALLOW_PUBLIC knowing that strangers write its issues",
                );
            }
        }
    }
    if repository.default_branch.is_none() {
        lines.problem(
            format!("{repo} branch"),
            "it is empty: there is no branch to push to",
            "push a first commit",
        );
    }
}

/// Whether permissions of people can be looked up: our own stands for all.
pub(super) fn permission(
    lines: &mut Lines,
    tracker: &dyn Tracker,
    repository: &Repository,
    mend: &str,
) {
    let subject = format!("{} permissions", repository.repo);
    let OwnAccount { login, .. } = &repository.own_account;
    let login = login.strip_suffix("[bot]").unwrap_or(login);
    match tracker.permission(repository, login) {
        Ok(PermissionFact::Unknown(why)) => lines.problem(subject, why, mend),
        Ok(
            PermissionFact::Known { .. }
            | PermissionFact::Ambiguous { .. }
            | PermissionFact::Mistaken(_),
        ) => lines.ok(subject, "permissions of people can be looked up"),
        Err(error) => lines.problem(subject, error.to_string(), mend),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service_error::AnsweredBy;

    #[test]
    fn a_forge_that_is_ill_is_told_apart_from_one_that_refuses() {
        use AnsweredBy::{Nobody, Service, SomethingBefore};
        for (kind, answered_by, begins) in [
            (
                FailureKind::RateLimited { retry_after: None },
                Service(429),
                Some("wait until"),
            ),
            (FailureKind::Unreachable, Service(500), Some("wait, and")),
            (FailureKind::Overloaded, Service(502), Some("wait, and")),
            (
                FailureKind::Unreachable,
                SomethingBefore(403),
                Some("see what stands before GitHub"),
            ),
            (FailureKind::OutOfTime, Nobody, Some("ask again")),
            (FailureKind::Unreachable, Nobody, None),
            (FailureKind::Denied, Service(401), None),
            (FailureKind::NotFound, Service(404), None),
        ] {
            let error = ServiceError::new("github", "ask", kind, "no").answered_by(answered_by);
            let mend = mend_of_illness(&error, "GitHub");
            let is_right = match (&mend, begins) {
                (Some(mend), Some(begins)) => mend.starts_with(begins),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            assert!(is_right, "{error} {mend:?}");
        }
    }
}
