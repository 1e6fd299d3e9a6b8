//! `R`, a repository for good, and what is its own: project and workspace.

use std::fmt;

use uuid::Uuid;

use super::namespace::named;
use super::slot::Slot;
use super::thread::ThreadId;
use crate::domain::repository::{ForgeKind, RepoRef};

/// Numeric id of a repository on its forge; survives renames and transfers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryId(pub u64);

/// `R`: a repository for good, as `<github|forgejo>@<host[:port]>/<numeric id>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryKey(String);

impl RepositoryKey {
    /// Builds the key. `host` carries the port when it is not the default one of its scheme.
    #[must_use]
    pub fn new(forge: ForgeKind, host: &str, id: RepositoryId) -> Self {
        Self(format!("{forge}@{}/{}", host.to_ascii_lowercase(), id.0))
    }

    /// Takes the text that a message id names. It may be no key at all: nothing is reached through it but by its id.
    pub(super) fn as_written(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Returns the key of another repository of the same forge.
    #[must_use]
    pub fn sibling(&self, id: RepositoryId) -> Self {
        let forge = self.0.rsplit_once('/').map_or("", |(forge, _)| forge);
        Self(format!("{forge}/{}", id.0))
    }

    /// Returns the text that enters the identities.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the kind of forge that hosts the repository.
    #[must_use]
    pub fn forge(&self) -> ForgeKind {
        if self.0.starts_with("forgejo@") {
            ForgeKind::Forgejo
        } else {
            ForgeKind::GitHub
        }
    }

    /// Returns the numeric id of the repository; `None` for a text that is no key.
    #[must_use]
    pub fn repository_id(&self) -> Option<RepositoryId> {
        let (_, id) = self.0.rsplit_once('/')?;
        id.parse().ok().map(RepositoryId)
    }

    /// Returns `P(R)`, the id of the repository's T3 project.
    #[must_use]
    pub fn project(&self) -> ProjectId {
        ProjectId(named(&format!("project|{}", self.0)))
    }

    /// Returns `T(R, n)`, the id of the T3 thread of slot `n`.
    #[must_use]
    pub fn thread(&self, slot: Slot) -> ThreadId {
        ThreadId(named(&format!("thread|{}|{}", self.0, slot.0)))
    }
}

impl fmt::Display for RepositoryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Id of a T3 project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(pub Uuid);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Returns the directory that a repository's agents work in: `<root>/<host>/<owner>/<name>-<numeric id>`.
///
/// The id keeps a repository apart from another one that takes its name later.
#[must_use]
pub fn workspace(root: &str, host: &str, repo: &RepoRef, id: RepositoryId) -> String {
    format!(
        "{}/{host}/{}/{}-{}",
        root.trim_end_matches('/'),
        repo.owner(),
        repo.name(),
        id.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_keep_namesakes_apart() {
        let repo = RepoRef::parse("octo-org/widgets", ForgeKind::GitHub).unwrap();
        for root in ["/data", "/data/"] {
            assert_eq!(
                workspace(root, "github.com", &repo, RepositoryId(7)),
                "/data/github.com/octo-org/widgets-7"
            );
        }
    }
}
