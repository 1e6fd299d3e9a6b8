//! Which commit of a reading is a run's: one question, asked by adapters to save requests and by the tick to decide.
//!
//! The answer is [`crate::domain::verdict::attribution`]'s; here is only what a reading gives it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::reading::{CommitReading, IssueReading, RunQuery, WatchQuery, WatchReading};
use super::repository::Repository;
use crate::domain::repository::IssueRef;
use crate::domain::verdict::attribution::{
    Attribution, BranchCommit, Commits, RunMarks, attribute, is_machine,
};

impl WatchReading {
    /// Returns the commits on the branch, newest first, as attribution takes them.
    #[must_use]
    pub fn branch(&self) -> Vec<BranchCommit> {
        self.commits.iter().map(CommitReading::commit).collect()
    }

    /// Finds the commit of a run among `branch`, which [`WatchReading::branch`] gives, and among those that events name. `issue` is
    /// the run's issue, as far as it could be read, and `agents` are the accounts that agents use: without them, which adapters
    /// do not know, what a person proposed may be the run's, too.
    #[must_use]
    pub fn attribution(
        &self,
        branch: &[BranchCommit],
        run: &RunMarks<'_>,
        issue: Option<&IssueReading>,
        agents: &BTreeSet<String>,
    ) -> Attribution {
        let own = &self.repository.own_account;
        // What updates dependencies writes notes of other projects, whoever lists it.
        let bots: BTreeSet<String> = agents
            .iter()
            .filter(|login| !is_machine(login))
            .cloned()
            .collect();
        let branch = by_agents(branch, &bots);
        let of_others = issue
            .map(|issue| issue.merged_for_people(own, agents))
            .unwrap_or_default();
        let closers = issue.map_or_else(Vec::new, |issue| {
            let of_bots = issue.merged_for_bots(own, &bots);
            let mut closers = issue.closing_commits(run.dispatched_at, own, &bots);
            closers.retain(|sha| !of_bots.contains(sha));
            closers
        });
        attribute(
            Commits {
                branch: &branch,
                complete: !self.more_commits,
                linked: &self.linked,
                closers: &closers,
                of_others: &of_others,
            },
            run,
        )
    }
}

/// The same commits, of which those that an agent's account wrote are by no bot, whatever it is called.
fn by_agents<'b>(branch: &'b [BranchCommit], agents: &BTreeSet<String>) -> Cow<'b, [BranchCommit]> {
    let is_agents = |commit: &BranchCommit| {
        let author = commit.author.as_ref().filter(|_| commit.by_bot);
        author.is_some_and(|author| agents.iter().any(|login| author.is_account(login)))
    };
    if !branch.iter().any(is_agents) {
        return Cow::Borrowed(branch);
    }
    let mut branch = branch.to_vec();
    for commit in &mut branch {
        commit.by_bot = commit.by_bot && !is_agents(commit);
    }
    Cow::Owned(branch)
}

impl RunQuery {
    /// Returns the bound issue, in the repository of `reading`.
    #[must_use]
    pub fn issue_in(&self, reading: &WatchReading) -> IssueRef {
        IssueRef {
            repo: reading.repository.repo.clone(),
            number: self.issue,
        }
    }
}

impl WatchQuery {
    /// Returns the branch that runs push to in `repository`: the configured one, else the default branch. An empty repository may
    /// have neither.
    #[must_use]
    pub fn branch_in<'b>(&'b self, repository: &'b Repository) -> Option<&'b str> {
        let configured = self.branch.as_deref();
        configured.or(repository.default_branch.as_deref())
    }

    /// Returns what commits of the repository of `reading` are held against for `run`, one of the query's. `issue` is
    /// [`RunQuery::issue_in`].
    #[must_use]
    pub fn marks<'m>(
        &'m self,
        run: &RunQuery,
        reading: &'m WatchReading,
        issue: &'m IssueRef,
    ) -> RunMarks<'m> {
        RunMarks {
            thread: run.thread,
            issue,
            web: reading.repository.web(),
            branch: self.branch_in(&reading.repository).unwrap_or_default(),
            dispatched_at: run.dispatched_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::identity::{RepositoryId, RepositoryKey, Slot};
    use crate::domain::issue::{OwnAccount, RepositoryFacts, Visibility};
    use crate::domain::repository::{ForgeKind, IssueNumber, RepoRef};

    #[test]
    fn commits_are_held_against_the_branch_that_the_run_pushes_to() {
        let id = RepositoryId(42);
        let repo = RepoRef::parse("octo-org/widgets", ForgeKind::GitHub).unwrap();
        let key = RepositoryKey::new(ForgeKind::GitHub, "github.com", id);
        let thread = key.thread(Slot(1));
        for (configured, default, expected) in [
            (Some("stable"), Some("trunk"), "stable"),
            (Some("stable"), None, "stable"),
            (None, Some("trunk"), "trunk"),
            // An empty repository has none.
            (None, None, ""),
        ] {
            let run = RunQuery {
                issue: IssueNumber(7),
                thread,
                dispatched_at: DateTime::UNIX_EPOCH,
                since: DateTime::UNIX_EPOCH,
            };
            let query = WatchQuery {
                repo: repo.clone(),
                runs: vec![run],
                branch: configured.map(str::to_owned),
            };
            let reading = WatchReading {
                repository: Repository {
                    repo: repo.clone(),
                    key: key.clone(),
                    id,
                    host: "github.com".to_owned(),
                    facts: RepositoryFacts {
                        archived: false,
                        unworkable: None,
                        visibility: Visibility::Private,
                    },
                    default_branch: default.map(str::to_owned),
                    clone_url: "https://github.com/octo-org/widgets.git".to_owned(),
                    own_account: OwnAccount {
                        login: "afk".to_owned(),
                        id: None,
                    },
                },
                locked: Vec::new(),
                runs: Vec::new(),
                commits: Vec::new(),
                more_commits: false,
                every_commit: true,
                absent_branch: None,
                linked: Vec::new(),
            };
            let issue = run.issue_in(&reading);
            let marks = query.marks(&run, &reading, &issue);
            assert_eq!(marks.branch, expected, "{configured:?} {default:?}");
            assert_eq!(marks.web, "github.com");
        }
    }
}
