//! A repository on its forge, as both ticks need it.

use crate::domain::identity::{RepositoryId, RepositoryKey};
use crate::domain::issue::{OwnAccount, RepositoryFacts, web_of_clone};
use crate::domain::repository::RepoRef;

/// A repository, as every bulk read tells about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The repository as it was asked for.
    pub repo: RepoRef,
    /// Its identity for good.
    pub key: RepositoryKey,
    /// Its numeric id.
    pub id: RepositoryId,
    /// Host of the forge without a port, for the workspace path.
    pub host: String,
    /// What the trust gate asks.
    pub facts: RepositoryFacts,
    /// The branch that runs push to; `None` in an empty repository.
    pub default_branch: Option<String>,
    /// Where the agent clones from.
    pub clone_url: String,
    /// The account that our token belongs to.
    pub own_account: OwnAccount,
}

impl Repository {
    /// Returns what the addresses of the forge's pages begin with: `host[:port]`, and the path where it is below one.
    #[must_use]
    pub fn web(&self) -> &str {
        web_of_clone(&self.clone_url)
    }
}
