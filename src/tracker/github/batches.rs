//! Many repositories in few requests, and one repository's failure kept to itself.
//!
//! Documents have one alias per repository: `r0`, `r1`, and so on. GitHub answers such a document with data and errors
//! side by side; this file sorts both by alias. It does not know what was asked.

use serde_json::Value;

use super::capabilities::Capabilities;
use super::rest::SERVICE;
use super::wire::{self, GraphQlError, Viewer, WireFacts};
use super::{GitHub, error_kind, take};
use crate::domain::identity::{RepositoryId, RepositoryKey};
use crate::domain::issue::{OwnAccount, RepositoryFacts};
use crate::domain::repository::{ForgeKind, RepoRef};
use crate::fan_out::fan_out;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Repository;

/// Repositories in one bulk request. More would run into GitHub's 10 s limit (`contracts/github` section 3).
const BATCH: usize = 20;

/// How much of each repository is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// As much as usual.
    Full,
    /// Less, because GitHub could not finish one repository.
    Small,
}

/// One alias of an answer.
#[derive(Debug)]
pub(super) struct Part {
    /// Its data; missing or null when GitHub has none.
    pub(super) data: Option<Value>,
    /// The errors about it.
    pub(super) errors: Vec<GraphQlError>,
}

/// An answer sorted by alias.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) own_account: OwnAccount,
    pub(super) parts: Vec<Part>,
}

type Results<R> = Vec<Result<R, ServiceError>>;

/// Asks for all of `wanted` in batches, in parallel; results in the order of `wanted`. A batch that GitHub is too
/// busy for is halved, and a single repository is asked for in small pages.
pub(super) fn in_batches<Q: Sync, R: Send>(
    wanted: &[Q],
    ask: impl Fn(&[Q], Size) -> Result<Results<R>, ServiceError> + Sync,
) -> Results<R> {
    in_batches_of(BATCH, wanted, ask)
}

/// As [`in_batches`], with as many in one request as `most`.
pub(super) fn in_batches_of<Q: Sync, R: Send>(
    most: usize,
    wanted: &[Q],
    ask: impl Fn(&[Q], Size) -> Result<Results<R>, ServiceError> + Sync,
) -> Results<R> {
    let too_much = |error: &ServiceError| error.kind == FailureKind::Overloaded;
    let batches: Vec<&[Q]> = wanted.chunks(most).collect();
    fan_out(&batches, |batch| {
        halving(batch, Size::Full, &too_much, &ask)
    })
    .into_iter()
    .flatten()
    .collect()
}

/// One batch of `wanted`; it is halved for any answer that fails it, so that whatever spoils it costs itself alone. No answer, a
/// limit and a secret that can not be read are nobody's doing.
pub(super) fn in_one_batch<Q, R>(
    wanted: &[Q],
    ask: impl Fn(&[Q], Size) -> Result<Results<R>, ServiceError>,
) -> Results<R> {
    let spoiled = |error: &ServiceError| match error.kind {
        FailureKind::Unreachable => error.answered_by.status().is_some(),
        FailureKind::NotFound
        | FailureKind::Moved { .. }
        | FailureKind::Denied
        | FailureKind::Overloaded
        | FailureKind::Refused
        | FailureKind::Unreadable => true,
        FailureKind::RateLimited { .. }
        | FailureKind::SecretUnreadable
        | FailureKind::OutOfTime => false,
    };
    halving(wanted, Size::Full, &spoiled, &ask)
}

fn halving<Q, R>(
    wanted: &[Q],
    size: Size,
    splits: &impl Fn(&ServiceError) -> bool,
    ask: &impl Fn(&[Q], Size) -> Result<Results<R>, ServiceError>,
) -> Results<R> {
    match ask(wanted, size) {
        Ok(results) => results,
        Err(error) if splits(&error) && wanted.len() > 1 => {
            let (left, right) = wanted.split_at(wanted.len() / 2);
            let mut results = halving(left, size, splits, ask);
            results.extend(halving(right, size, splits, ask));
            results
        }
        Err(error) if error.kind == FailureKind::Overloaded && size == Size::Full => {
            halving(wanted, Size::Small, splits, ask)
        }
        Err(error) => wanted.iter().map(|_| Err(error.clone())).collect(),
    }
}

impl GitHub<'_> {
    /// Sends a document with `count` aliases. An error that belongs to no alias fails the whole of it.
    pub(super) fn query_parts(
        &self,
        name: &str,
        document: &dyn Fn(Capabilities) -> String,
        variables: &Value,
        count: usize,
    ) -> Result<Parts, ServiceError> {
        self.query_parts_held(name, document, variables, count, &mut || {})
    }

    /// As [`GitHub::query_parts`]; `before_reading` is called when the answer is there and nothing of it is held yet.
    pub(super) fn query_parts_held(
        &self,
        name: &str,
        document: &dyn Fn(Capabilities) -> String,
        variables: &Value,
        count: usize,
        before_reading: &mut dyn FnMut(),
    ) -> Result<Parts, ServiceError> {
        let answer = self.query_capable(name, document, variables, before_reading)?;
        let whole = |kind, detail: String| ServiceError::new(SERVICE, name, kind, detail);
        let aliases: Vec<String> = (0..count).map(|index| format!("r{index}")).collect();
        if let Some(error) = answer.errors.iter().find(|error| {
            let first = error.names().first().copied().unwrap_or_default();
            !aliases.iter().any(|alias| alias == first)
        }) {
            return Err(whole(error_kind(error), error.message.clone()));
        }
        let mut data = answer
            .data
            .ok_or_else(|| whole(FailureKind::Unreadable, "no data".to_owned()))?;
        let viewer: Viewer =
            take(&mut data, "viewer").map_err(|detail| whole(FailureKind::Unreadable, detail))?;
        let mut errors = answer.errors;
        let parts = aliases
            .iter()
            .map(|alias| {
                let (own, others) = std::mem::take(&mut errors)
                    .into_iter()
                    .partition(|error| error.names().first() == Some(&alias.as_str()));
                errors = others;
                Part {
                    data: data.remove(alias).filter(|data| !data.is_null()),
                    errors: own,
                }
            })
            .collect();
        Ok(Parts {
            own_account: OwnAccount {
                login: viewer.login,
                id: viewer.database_id,
            },
            parts,
        })
    }

    /// Turns what every bulk read asks about a repository into domain words. `name` is the call, for the error.
    pub(super) fn repository(
        &self,
        name: &str,
        repo: &RepoRef,
        wire: WireFacts,
        own_account: &OwnAccount,
    ) -> Result<Repository, ServiceError> {
        same_name(name, repo, &wire.name_with_owner)?;
        if !wire.has_issues_enabled {
            return Err(ServiceError::new(
                SERVICE,
                name,
                FailureKind::NotFound,
                "issues are disabled in this repository",
            ));
        }
        let id = RepositoryId(wire.database_id);
        Ok(Repository {
            repo: repo.clone(),
            key: RepositoryKey::new(ForgeKind::GitHub, &self.authority, id),
            id,
            host: self.host.clone(),
            facts: RepositoryFacts {
                archived: wire.is_archived,
                unworkable: None,
                visibility: wire::visibility(&wire.visibility),
            },
            default_branch: wire.default_branch_ref.map(|branch| branch.name),
            clone_url: format!("{}.git", wire.url),
            own_account: own_account.clone(),
        })
    }
}

/// GitHub answers for a repository under an old name too; nothing is done under either.
///
/// # Errors
///
/// [`FailureKind::Moved`] with the name of today.
pub(super) fn same_name(name: &str, repo: &RepoRef, today: &str) -> Result<(), ServiceError> {
    if today.eq_ignore_ascii_case(&repo.full_name()) {
        return Ok(());
    }
    Err(ServiceError::new(
        SERVICE,
        name,
        FailureKind::Moved {
            to: today.to_owned(),
        },
        "the repository was renamed or transferred: put the new name on AFK_ALLOWLIST",
    ))
}
