//! Commits: the newest of a branch, single ones, and where one is (`contracts/forgejo` section 8).

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::Forgejo;
use super::rest::{PAGE, SERVICE};
use super::wire::{WireCommit, is_own};
use crate::domain::issue::OwnAccount;
use crate::domain::repository::RepoRef;
use crate::domain::verdict::attribution::{Author, BranchCommit, Placement, is_bot_by_name};
use crate::domain::verdict::ci::CommitSha;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{Checks, CommitReading};

/// Commits that are read whatever their dates.
const NEWEST: usize = 100;

/// Commits of one branch that are read at most.
const COMMITS_MAX: usize = 500;

/// What is left out of answers about commits: it is long, and nobody reads it.
const BRIEF: [(&str, &str); 3] = [
    ("stat", "false"),
    ("verification", "false"),
    ("files", "false"),
];

/// Commits of a branch, newest first.
#[derive(Debug, Default)]
pub(super) struct Branch {
    pub(super) commits: Vec<CommitReading>,
    /// Whether there are others in the wanted time that were not read.
    pub(super) more: bool,
    /// Whether these are all there are.
    pub(super) whole: bool,
    /// Its name, when it is not there and the repository is not empty.
    pub(super) absent: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireComparison {
    /// Commits of the second that the first does not contain.
    total_commits: u64,
}

impl Forgejo<'_> {
    /// Reads the newest commits of a branch, and older ones back to `since` by date.
    pub(super) fn branch_commits(
        &self,
        repo: &RepoRef,
        branch: &str,
        since: DateTime<Utc>,
    ) -> Result<Branch, ServiceError> {
        let own = self.account()?;
        let name = format!("read the commits of {}", repo.full_name());
        let segments = ["repos", repo.owner(), repo.name(), "commits"];
        let mut query = vec![("sha", branch)];
        query.extend(BRIEF);
        let mut read = Branch::default();
        for number in 1..=COMMITS_MAX.div_ceil(PAGE) {
            let page = match self
                .sender
                .page::<WireCommit>(&name, &segments, &query, number)
            {
                Ok(page) => page,
                Err(error) if is_empty_repository(&error) => return Ok(Branch::default()),
                // Renamed or deleted: where its commits are nobody knows.
                Err(error) if error.kind == FailureKind::NotFound && number == 1 => {
                    return Ok(Branch {
                        commits: Vec::new(),
                        more: true,
                        whole: false,
                        absent: Some(branch.to_owned()),
                    });
                }
                Err(error) => return Err(error),
            };
            let seen = read.commits.len() + page.items.len();
            read.more = page
                .has_more
                .or(page.total.map(|total| total > seen))
                .unwrap_or(!page.items.is_empty());
            read.whole = !read.more;
            let mut is_older = true;
            for wire in page.items {
                let commit = reading(wire, &own).map_err(|why| {
                    ServiceError::new(SERVICE, &name, FailureKind::Unreadable, why)
                })?;
                is_older &= commit.committed_at < since;
                // A push in between moves commits to the next page.
                if read.commits.iter().all(|known| known.sha != commit.sha) {
                    read.commits.push(commit);
                }
            }
            // Dates are out of order where clocks are, so that one page whose commits are all older ends the search.
            if is_older && seen >= NEWEST {
                read.more = false;
            }
            if !read.more {
                break;
            }
        }
        Ok(read)
    }

    /// Reads one commit; `None` when the repository does not have it.
    pub(super) fn commit(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
    ) -> Result<Option<BranchCommit>, ServiceError> {
        let own = self.account()?;
        let name = format!("read commit {} of {}", sha.short(), repo.full_name());
        let segments = [
            "repos",
            repo.owner(),
            repo.name(),
            "git",
            "commits",
            sha.as_str(),
        ];
        match self.sender.read::<WireCommit>(&name, &segments, &BRIEF) {
            Ok(wire) => reading(wire, &own)
                .map(|reading| Some(reading.commit()))
                .map_err(|why| ServiceError::new(SERVICE, name, FailureKind::Unreadable, why)),
            Err(error) if error.kind == FailureKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether `head`, a branch or a commit, contains a commit.
    pub(super) fn placement(
        &self,
        repo: &RepoRef,
        head: &str,
        sha: &CommitSha,
    ) -> Result<Placement, ServiceError> {
        let name = format!("look for {} on {head} of {}", sha.short(), repo.full_name());
        let Some(head) = self.comparable(repo, head)? else {
            return Ok(Placement::Elsewhere);
        };
        let range = format!("{head}...{sha}");
        let segments = ["repos", repo.owner(), repo.name(), "compare", &range];
        match self.sender.read::<WireComparison>(&name, &segments, &[]) {
            Ok(WireComparison { total_commits: 0 }) => Ok(Placement::OnBranch),
            Ok(_) => Ok(Placement::Elsewhere),
            // They have no history in common.
            Err(error) if error.kind == FailureKind::NotFound => Ok(Placement::Elsewhere),
            Err(error) => Err(error),
        }
    }
}

impl Forgejo<'_> {
    /// What a branch is called in the address of a comparison: its name, or the id of its head where the name has slashes, which
    /// separate something else there. `None` when there is no such branch.
    fn comparable(&self, repo: &RepoRef, branch: &str) -> Result<Option<String>, ServiceError> {
        if !branch.contains('/') {
            return Ok(Some(branch.to_owned()));
        }
        let name = format!("read the head of {branch} of {}", repo.full_name());
        let segments = ["repos", repo.owner(), repo.name(), "commits"];
        let mut query = vec![("sha", branch), ("limit", "1")];
        query.extend(BRIEF);
        match self
            .sender
            .read::<Option<Vec<WireCommit>>>(&name, &segments, &query)
        {
            Ok(commits) => {
                let newest = commits.unwrap_or_default().into_iter().next();
                Ok(newest.map(|commit| commit.sha))
            }
            Err(error) if is_without_commits(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// 404 for a branch that is not there, 409 for an empty repository.
fn is_without_commits(error: &ServiceError) -> bool {
    error.kind == FailureKind::NotFound || is_empty_repository(error)
}

fn is_empty_repository(error: &ServiceError) -> bool {
    error.kind == FailureKind::Refused && error.answered_by.status() == Some(409)
}

fn reading(wire: WireCommit, own: &OwnAccount) -> Result<CommitReading, String> {
    let sha =
        |text: &str| CommitSha::parse(text).ok_or_else(|| format!("'{text}' is no commit id"));
    // Our own account is no bot of somebody's, whatever it is called.
    let is_ours = is_own(wire.author.as_ref(), own);
    let author = wire.commit.author.as_ref().filter(|_| !is_ours);
    Ok(CommitReading {
        sha: sha(&wire.sha)?,
        message: wire.commit.message.0,
        committed_at: wire.commit.committer.date,
        url: wire.html_url,
        author: wire
            .commit
            .author
            .as_ref()
            .and_then(|author| Author::new(&author.name, &author.email)),
        by_bot: author.is_some_and(|author| is_bot_by_name(&author.name, &author.email)),
        parents: wire
            .parents
            .unwrap_or_default()
            .iter()
            .map(|parent| sha(&parent.sha))
            .collect::<Result<_, _>>()?,
        checks: Checks::NotAsked,
    })
}
