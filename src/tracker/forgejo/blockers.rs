//! What must be finished first: dependencies, and references that a body names (`contracts/forgejo` section 7).
//!
//! Anything whose state is not exactly `closed` blocks.

use super::Forgejo;
use super::wire::{WireBlocker, WireListed};
use crate::domain::issue::{Blocker, BlockerState};
use crate::domain::repository::{ForgeKind, IssueNumber, IssueRef, RepoRef};
use crate::domain::start::blocked_by::BlockerRef;
use crate::fan_out::fan_out;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Repository;

/// Pages of dependencies that are read of one issue: 500 of them.
const PAGES_MAX: usize = 10;

/// Open dependencies that are named where an issue can not be closed.
const NAMED_MAX: usize = 3;

impl Forgejo<'_> {
    /// Reads the dependencies of an issue. None where the repository has none switched on.
    pub(super) fn dependencies(
        &self,
        repository: &Repository,
        number: IssueNumber,
        gaps: &mut Vec<String>,
    ) -> Result<Vec<Blocker>, ServiceError> {
        let known = self.known(repository.id);
        if known.is_some_and(|known| !known.has_dependencies) {
            return Ok(Vec::new());
        }
        let repo = &repository.repo;
        let name = format!("read what blocks {}#{number}", repo.full_name());
        let number = number.to_string();
        let segments = [
            "repos",
            repo.owner(),
            repo.name(),
            "issues",
            &number,
            "dependencies",
        ];
        let mut blockers = Vec::new();
        for page in 1..=PAGES_MAX {
            let page = match self.sender.page::<WireBlocker>(&name, &segments, &[], page) {
                Ok(page) => page,
                // Switched off since, or no such issue any more.
                Err(error) if error.kind == FailureKind::NotFound => {
                    gaps.push(error.to_string());
                    return Ok(blockers);
                }
                Err(error) => return Err(error),
            };
            // Some servers say how many there are, some do not: then an empty page is the end.
            let is_last = page.items.is_empty()
                || page
                    .total
                    .is_some_and(|total| total <= blockers.len() + page.items.len());
            blockers.extend(page.items.iter().map(blocker));
            if is_last {
                return Ok(blockers);
            }
        }
        gaps.push("the issue has more dependencies than are read".to_owned());
        Ok(blockers)
    }

    /// Looks up the issues and pull requests that a body names.
    pub(super) fn named_blockers(
        &self,
        repository: &Repository,
        references: &[BlockerRef],
    ) -> Result<Vec<Blocker>, ServiceError> {
        let looked_up = fan_out(references, |reference| {
            let (owner, repo_name) = match &reference.repo {
                Some((owner, name)) => (owner.as_str(), name.as_str()),
                None => (repository.repo.owner(), repository.repo.name()),
            };
            let name = format!("{owner}/{repo_name}#{}", reference.number);
            let state = match self.named_state(owner, repo_name, reference.number) {
                Ok(state) => state,
                Err(error) if ends_reading(&error) => return Err(error),
                Err(error) => BlockerState::Unresolved(error.to_string()),
            };
            Ok(Blocker { name, state })
        });
        looked_up.into_iter().collect()
    }

    /// Names open dependencies of an issue, for people; those that can not be read now are left out.
    pub(super) fn open_dependencies(&self, issue: &IssueRef) -> Vec<String> {
        let IssueRef { repo, number } = issue;
        let name = format!("read what blocks {issue}");
        let number = number.to_string();
        let segments = [
            "repos",
            repo.owner(),
            repo.name(),
            "issues",
            &number,
            "dependencies",
        ];
        let page = self.sender.page::<WireBlocker>(&name, &segments, &[], 1);
        let listed = page.map_or_else(|_| Vec::new(), |page| page.items);
        let open = listed
            .iter()
            .map(blocker)
            .filter(|blocker| match blocker.state {
                BlockerState::Closed => false,
                BlockerState::Open | BlockerState::Unresolved(_) => true,
            });
        open.map(|blocker| blocker.name).take(NAMED_MAX).collect()
    }

    fn named_state(
        &self,
        owner: &str,
        name: &str,
        number: IssueNumber,
    ) -> Result<BlockerState, ServiceError> {
        let call = format!("look up {owner}/{name}#{number}");
        let number = number.to_string();
        let issue: WireListed =
            self.sender
                .read(&call, &["repos", owner, name, "issues", &number], &[])?;
        Ok(match issue.state.as_str() {
            "closed" => BlockerState::Closed,
            "open" => BlockerState::Open,
            word => BlockerState::Unresolved(format!("unknown state '{word}'")),
        })
    }
}

fn blocker(wire: &WireBlocker) -> Blocker {
    let state = if wire.state == "closed" {
        BlockerState::Closed
    } else {
        BlockerState::Open
    };
    let home = wire.repository.as_ref();
    let name = match home.and_then(|home| RepoRef::parse(&home.full_name, ForgeKind::Forgejo).ok())
    {
        Some(home) if wire.number > 0 => format!("{}#{}", home.full_name(), wire.number),
        Some(_) | None => "an issue that our token can not see".to_owned(),
    };
    Blocker { name, state }
}

/// Whether nothing more can be read now, so that it is no fact about what was asked.
pub(super) fn ends_reading(error: &ServiceError) -> bool {
    match error.kind {
        FailureKind::RateLimited { .. }
        | FailureKind::Overloaded
        | FailureKind::Unreachable
        | FailureKind::SecretUnreadable
        | FailureKind::OutOfTime => true,
        FailureKind::NotFound
        | FailureKind::Moved { .. }
        | FailureKind::Denied
        | FailureKind::Refused
        | FailureKind::Unreadable => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_not_exactly_closed_blocks() {
        let home = r#"{"id": 1, "full_name": "owner/pub"}"#;
        for (state, home, number, name, expected) in [
            ("closed", home, 4, "owner/pub#4", BlockerState::Closed),
            ("open", home, 4, "owner/pub#4", BlockerState::Open),
            ("Closed", home, 4, "owner/pub#4", BlockerState::Open),
            ("", home, 4, "owner/pub#4", BlockerState::Open),
            (
                "",
                "null",
                0,
                "an issue that our token can not see",
                BlockerState::Open,
            ),
            (
                "open",
                home,
                0,
                "an issue that our token can not see",
                BlockerState::Open,
            ),
        ] {
            let json =
                format!(r#"{{"number": {number}, "state": "{state}", "repository": {home}}}"#);
            let expected = Blocker {
                name: name.to_owned(),
                state: expected,
            };
            assert_eq!(blocker(&serde_json::from_str(&json).unwrap()), expected);
        }
    }
}
