//! Which repositories our account has, by numeric id, and who our account is.
//!
//! One request tells 50 of them. A name that is not among them is asked for by itself: it may be public, renamed or gone.

use super::rest::SERVICE;
use super::wire::{WireRepository, WireUser};
use super::{Forgejo, Known};
use crate::domain::identity::{RepositoryId, RepositoryKey};
use crate::domain::issue::{OwnAccount, RepositoryFacts};
use crate::domain::repository::{ForgeKind, RepoRef};
use crate::fan_out::fan_out;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Repository;

/// So few are asked for one by one.
const FEW: usize = 2;

impl Forgejo<'_> {
    /// Returns the account that our token belongs to.
    pub(super) fn account(&self) -> Result<OwnAccount, ServiceError> {
        self.account.once(&(), || {
            let name = "read our own account";
            let user: WireUser = self.sender.read(name, &["user"], &[])?;
            let id = u64::try_from(user.id).ok().filter(|id| *id > 0);
            match id {
                Some(id) => Ok(OwnAccount {
                    login: user.login,
                    id: Some(id),
                }),
                None => Err(ServiceError::new(
                    SERVICE,
                    name,
                    FailureKind::Unreadable,
                    format!("{} is no account", user.id),
                )),
            }
        })
    }

    /// Reads `repos`, in their order.
    pub(super) fn wire_repositories(
        &self,
        repos: &[RepoRef],
    ) -> Vec<Result<WireRepository, ServiceError>> {
        let mut found: Vec<Option<WireRepository>> = vec![None; repos.len()];
        if repos.len() > FEW
            && let Err(error) = self.find_among_ours(repos, &mut found)
        {
            return repos.iter().map(|_| Err(error.clone())).collect();
        }
        let wanted: Vec<(&RepoRef, Option<WireRepository>)> = repos.iter().zip(found).collect();
        fan_out(&wanted, |(repo, found)| match found {
            Some(found) => Ok(found.clone()),
            None => self.wire_repository(repo),
        })
    }

    /// Looks through the repositories of our account, as long as that is cheaper than asking for each.
    fn find_among_ours(
        &self,
        repos: &[RepoRef],
        found: &mut [Option<WireRepository>],
    ) -> Result<(), ServiceError> {
        let mut seen = 0;
        for number in 1.. {
            let page = self.sender.page::<WireRepository>(
                "list our repositories",
                &["user", "repos"],
                &[],
                number,
            )?;
            let size = page.items.len();
            seen += size;
            for wire in page.items {
                let place = repos
                    .iter()
                    .position(|repo| repo.full_name().eq_ignore_ascii_case(&wire.full_name));
                if let Some(place) = place {
                    found[place] = Some(wire);
                }
            }
            let missing = found.iter().filter(|found| found.is_none()).count();
            let left = page.total.map_or(0, |total| total.saturating_sub(seen));
            if size == 0 || missing == 0 || left.div_ceil(size) > missing || left == 0 {
                break;
            }
        }
        Ok(())
    }

    fn wire_repository(&self, repo: &RepoRef) -> Result<WireRepository, ServiceError> {
        let name = format!("read the repository {}", repo.full_name());
        let wire: WireRepository =
            self.sender
                .read(&name, &["repos", repo.owner(), repo.name()], &[])?;
        if wire.full_name.eq_ignore_ascii_case(&repo.full_name()) {
            return Ok(wire);
        }
        Err(ServiceError::new(
            SERVICE,
            name,
            FailureKind::Moved { to: wire.full_name },
            "it answers under another name",
        ))
    }

    /// What was read of an issue; `None` when the repository has no such issue. A repository that is gone, or whose issues were
    /// switched off since it was read, says the same of every issue: it is asked again.
    ///
    /// # Errors
    ///
    /// Whatever came in the way, and when the repository has no issues at all.
    pub(super) fn unless_missing<T>(
        &self,
        repository: &Repository,
        read: Result<T, ServiceError>,
    ) -> Result<Option<T>, ServiceError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error) if error.kind == FailureKind::NotFound => {
                let wire = self.wire_repository(&repository.repo)?;
                self.repository(&repository.repo, wire)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What both ticks need of a repository. Remembers what else was told about it.
    pub(super) fn repository(
        &self,
        repo: &RepoRef,
        wire: WireRepository,
    ) -> Result<Repository, ServiceError> {
        if !wire.has_issues() {
            return Err(ServiceError::new(
                SERVICE,
                format!("read the repository {}", repo.full_name()),
                FailureKind::NotFound,
                "issues are switched off in this repository",
            ));
        }
        let id = RepositoryId(wire.id);
        let facts = RepositoryFacts {
            archived: wire.archived,
            unworkable: wire.unworkable(),
            visibility: wire.visibility(),
        };
        self.know(
            id,
            Known {
                has_dependencies: wire.has_dependencies(),
                owner: wire.owner,
            },
        );
        Ok(Repository {
            repo: repo.clone(),
            key: RepositoryKey::new(ForgeKind::Forgejo, &self.authority, id),
            id,
            host: self.host.clone(),
            facts,
            default_branch: Some(wire.default_branch)
                .filter(|branch| !branch.is_empty() && !wire.empty),
            clone_url: wire.clone_url,
            own_account: self.account()?,
        })
    }
}
