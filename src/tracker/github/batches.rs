//! Many repositories in few requests, and one repository's failure kept to itself.
//!
//! Documents have one alias per repository: `r0`, `r1`, and so on. GitHub answers such a document with data and errors
//! side by side; this file sorts both by alias. It does not know what was asked.

use std::ops::Range;
use std::sync::{MutexGuard, PoisonError};

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

/// Repositories in one request of those whose bulk request GitHub could not finish.
const PART: usize = 5;

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
/// busy for is asked for in parts, side by side with the parts of others; then each repository by itself, and at last in small pages.
/// GitHub takes 10 s to give up, so that one repository which it can not finish costs four times that, however many there are.
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
    let mut results: Vec<Option<Result<R, ServiceError>>> = wanted.iter().map(|_| None).collect();
    // Returns which of the batches were too much.
    let mut round = |batches: Vec<Range<usize>>, size| {
        let answers = fan_out(&batches, |batch| ask(&wanted[batch.clone()], size));
        let mut too_much = Vec::new();
        for (batch, answer) in batches.into_iter().zip(answers) {
            match answer {
                Ok(told) => {
                    for (place, result) in batch.zip(told) {
                        results[place] = Some(result);
                    }
                }
                Err(error) => {
                    for place in batch.clone() {
                        results[place] = Some(Err(error.clone()));
                    }
                    too_much.extend(Some(batch).filter(|_| error.kind == FailureKind::Overloaded));
                }
            }
        }
        too_much
    };
    let mut too_much = round(cut(0..wanted.len(), most), Size::Full);
    for (part, size) in [(PART, Size::Full), (1, Size::Full), (1, Size::Small)] {
        // What is no smaller than before is not asked for again.
        let is_smaller = |batch: &Range<usize>| batch.len() > part || size == Size::Small;
        let (now, later): (Vec<_>, Vec<_>) = too_much.into_iter().partition(is_smaller);
        let parts = now.into_iter().flat_map(|batch| cut(batch, part));
        too_much = later;
        too_much.extend(round(parts.collect(), size));
    }
    let no_answer = || {
        let why = "fewer answers than questions";
        Err(ServiceError::new(
            SERVICE,
            "read in bulk",
            FailureKind::Unreadable,
            why,
        ))
    };
    results
        .into_iter()
        .map(|result| result.unwrap_or_else(no_answer))
        .collect()
}

fn cut(all: Range<usize>, most: usize) -> Vec<Range<usize>> {
    let end = all.end;
    all.step_by(most)
        .map(|start| start..end.min(start + most))
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

    /// As [`GitHub::query_parts`], for answers that hold texts: they are held in turns, of which one is given with the answer. It
    /// begins when the answer is there and nothing of it is held yet, so that requests do not wait for one another.
    pub(super) fn query_parts_in_turn(
        &self,
        name: &str,
        document: &dyn Fn(Capabilities) -> String,
        variables: &Value,
        count: usize,
    ) -> Result<(Parts, Option<MutexGuard<'_, ()>>), ServiceError> {
        let mut turn = None;
        let parts = self.query_parts_held(name, document, variables, count, &mut || {
            turn.get_or_insert_with(|| self.texts.lock().unwrap_or_else(PoisonError::into_inner));
        })?;
        Ok((parts, turn))
    }

    /// As [`GitHub::query_parts`]; `before_reading` is called when the answer is there and nothing of it is held yet.
    fn query_parts_held(
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// What one request asked for, and in what size.
    type Batch = (Vec<usize>, Size);

    /// What is asked for, batch by batch in the order of the rounds, where some of 42 can not be finished: `none` of them in any
    /// size, `small` in small pages alone.
    fn asked(bad: &[usize], in_small: bool) -> (Vec<Batch>, Results<usize>) {
        let asked = Mutex::new(Vec::new());
        let wanted: Vec<usize> = (0..42).collect();
        let results = in_batches(&wanted, |batch, size| {
            asked.lock().unwrap().push((batch.to_vec(), size));
            let is_finished = !batch.iter().any(|one| bad.contains(one));
            if is_finished || (in_small && size == Size::Small) {
                Ok(batch.iter().map(|one| Ok(*one)).collect())
            } else {
                let kind = FailureKind::Overloaded;
                Err(ServiceError::new(SERVICE, "survey", kind, "502"))
            }
        });
        (asked.into_inner().unwrap(), results)
    }

    #[test]
    fn what_is_not_finished_is_asked_for_in_parts_and_by_itself_and_in_small_pages() {
        for (bad, in_small, requests) in [
            (&[][..], false, 3),
            // Four parts, five alone, one small.
            (&[7], true, 3 + 4 + 5 + 1),
            (&[7], false, 3 + 4 + 5 + 1),
            // Two in one part, and in two.
            (&[7, 8], false, 3 + 4 + 5 + 2),
            (&[7, 17], false, 3 + 4 + 10 + 2),
            // Of the last two there is no smaller part.
            (&[41], true, 3 + 2 + 1),
        ] {
            let (asked, results) = asked(bad, in_small);
            assert_eq!(asked.len(), requests, "{bad:?} {in_small}: {asked:?}");
            for (index, result) in results.iter().enumerate() {
                match result {
                    Ok(told) => assert_eq!(*told, index, "{bad:?}"),
                    Err(error) => assert_eq!(error.kind, FailureKind::Overloaded),
                }
                assert_eq!(
                    result.is_err(),
                    !in_small && bad.contains(&index),
                    "{bad:?} {index}"
                );
            }
            let small = asked.iter().filter(|(_, size)| *size == Size::Small);
            let small: Vec<&[usize]> = small.map(|(batch, _)| batch.as_slice()).collect();
            assert!(
                small
                    .iter()
                    .all(|batch| batch.len() == 1 && bad.contains(&batch[0]))
            );
            assert_eq!(small.len(), bad.len(), "{bad:?}");
        }
    }

    #[test]
    fn whoever_answers_too_little_is_told_of() {
        let results = in_batches(&[1, 2], |batch, _| {
            Ok(batch.iter().take(1).map(|one| Ok(*one)).collect())
        });
        assert_eq!(results[0], Ok(1));
        let why = results[1].as_ref().unwrap_err().to_string();
        assert!(why.contains("fewer answers than questions"), "{why}");
    }

    #[test]
    fn any_other_failure_is_not_asked_for_again() {
        let count = Mutex::new(0);
        let results: Results<()> = in_batches(&[1, 2, 3], |_, _| {
            *count.lock().unwrap() += 1;
            let kind = FailureKind::Unreachable;
            Err(ServiceError::new(SERVICE, "survey", kind, "no answer"))
        });
        assert_eq!(results.len(), 3);
        assert!(
            results
                .iter()
                .all(|result| result.as_ref().unwrap_err().kind == FailureKind::Unreachable)
        );
        assert_eq!(*count.lock().unwrap(), 1);
    }
}
