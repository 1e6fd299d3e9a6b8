//! Commits: what a run's are looked for in, and what is known of the one that is watched.

use chrono::{DateTime, Utc};

use crate::domain::verdict::ci::CommitSha;

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchCommit {
    /// Its id.
    pub sha: CommitSha,
    /// Its message, as far as [`kept_message`](super::kept_message) keeps it.
    pub message: String,
    /// The committer date, which whoever commits can set.
    pub committed_at: DateTime<Utc>,
    /// Who wrote it, in git's words.
    pub author: Option<Author>,
    /// Whether a bot wrote it, as far as its author's name and address tell.
    pub by_bot: bool,
    /// Its parents, the first one first; empty when nobody told. Then the list is taken for a line.
    pub parents: Vec<CommitSha>,
}

/// The author of a commit: the address, or the name where there is none. Anybody can choose both, so that it only tells commits
/// apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author(String);

impl Author {
    /// Takes the author's name and address; `None` when both are empty.
    #[must_use]
    pub fn new(name: &str, address: &str) -> Option<Self> {
        [address, name]
            .iter()
            .map(|text| text.trim())
            .find(|text| !text.is_empty())
            .map(|text| Self(text.to_lowercase()))
    }

    /// Returns whether this is the address that a forge gives the account `login`, or its name: `12345+login@…`, and `login[bot]` of an
    /// App. `login` is in lower case.
    #[must_use]
    pub fn is_account(&self, login: &str) -> bool {
        let local = self.0.split('@').next().unwrap_or_default();
        let name = local.split_once('+').map_or(local, |(_, name)| name);
        name.trim_end_matches("[bot]") == login.trim_end_matches("[bot]")
    }
}

/// Whether a commit that the issue's events name is on the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// It is; the forge was asked.
    OnBranch,
    /// It is not.
    Elsewhere,
    /// Nobody asked. A commit that the list of the branch holds is on it whatever this says.
    Unknown,
}

/// A commit that the issue's own events name. Commits of other repositories are left out by whoever reads the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedCommit {
    /// The commit.
    pub commit: BranchCommit,
    /// Where it is.
    pub placement: Placement,
}

/// What a run's commits are looked for in.
#[derive(Clone, Copy, Debug)]
pub struct Commits<'c> {
    /// The newest of the branch, newest first, whatever their dates.
    pub branch: &'c [BranchCommit],
    /// Whether all since the dispatch are among them.
    pub complete: bool,
    /// Commits that the issue's events name, in any order; reach further than a list that was cut short.
    pub linked: &'c [LinkedCommit],
    /// Commits, and merge commits of pull requests, that closed the issue since the dispatch, as the forge says.
    pub closers: &'c [CommitSha],
    /// Those of them that merged what somebody else proposed, as far as that is known: the run's only by their messages.
    pub of_others: &'c [CommitSha],
}

impl Commits<'_> {
    /// Returns the closers that may be the run's.
    #[must_use]
    pub fn own_closers(&self) -> Vec<CommitSha> {
        let closers = self.closers.iter();
        let own = closers.filter(|sha| !self.of_others.contains(sha));
        own.cloned().collect()
    }
}

/// How a commit was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributedBy {
    /// Its line `Afk-Run` names the run.
    Trailer,
    /// Fallback: the forge says that it, or the pull request that it merged, closed the bound issue.
    ClosesIssue,
    /// Fallback: its line `Refs` names the bound issue.
    ReferencesIssue,
}

impl AttributedBy {
    /// Returns whether it is the fallback, which people are told.
    #[must_use]
    pub const fn is_fallback(self) -> bool {
        match self {
            Self::Trailer => false,
            Self::ClosesIssue | Self::ReferencesIssue => true,
        }
    }
}

/// A commit on the branch that is newer than the watched one, whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewerCommit {
    /// Its id.
    pub sha: CommitSha,
    /// Its committer date.
    pub committed_at: DateTime<Utc>,
    /// How it stands to the watched commit.
    pub descent: Descent,
    /// Whether its message makes CI skip it: what else reports on it proves nothing.
    pub skips_ci: bool,
}

/// How a newer commit of the branch stands to an older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Descent {
    /// It is not known to contain it: it lies on a side branch, or beside one.
    NotKnown,
    /// It contains it: on the first-parent line of the branch, or nobody told otherwise.
    Contains,
    /// It merged the side branch that held it: the pull request that closed the issue, as the forge says, or nothing but commits of
    /// the run. The branch never was at the older one, so that CI runs on this one.
    Merges,
    /// As [`Self::Merges`], with what others made as well: what fails on it is not the run's by that alone.
    Brings,
}

impl Descent {
    /// Returns whether the newer commit contains the older one.
    #[must_use]
    pub const fn contains(self) -> bool {
        match self {
            Self::NotKnown => false,
            Self::Contains | Self::Merges | Self::Brings => true,
        }
    }

    /// Returns whether the newer commit brought the older one from a side branch, so that the branch never was at the older one.
    #[must_use]
    pub const fn merges(self) -> bool {
        match self {
            Self::NotKnown | Self::Contains => false,
            Self::Merges | Self::Brings => true,
        }
    }
}

/// The watched commit of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedCommit {
    /// Its id.
    pub sha: CommitSha,
    /// Its committer date.
    pub committed_at: DateTime<Utc>,
    /// How it was recognised.
    pub attributed_by: AttributedBy,
    /// What in its message makes CI skip it.
    pub skip_token: Option<String>,
    /// Every commit of the run, newest first, the watched one included.
    pub of_run: Vec<CommitSha>,
    /// What is newer on the branch, newest first.
    pub newer: Vec<NewerCommit>,
    /// The commit that took the watched one back.
    pub reverted_by: Option<CommitSha>,
}

impl PushedCommit {
    /// Returns the newer commits that contain the watched one, newest first.
    pub fn containing(&self) -> impl Iterator<Item = &CommitSha> {
        self.newer
            .iter()
            .filter(|newer| newer.descent.contains())
            .map(|newer| &newer.sha)
    }
}

/// What writes commits by itself and is not always called a bot.
const MACHINES: [&str; 12] = [
    "allcontributors",
    "dependabot",
    "depfu",
    "greenkeeper",
    "imgbot",
    "mergify",
    "pyup",
    "renovate",
    "renovatebot",
    "snyk",
    "updatecli",
    "weblate",
];

/// Returns whether an account is that of a known writer of commits, none of which is an agent. `login` is in lower case.
#[must_use]
pub fn is_machine(login: &str) -> bool {
    let mut words = login.split(|c: char| !c.is_alphanumeric());
    words.next().is_some_and(|word| MACHINES.contains(&word))
}

/// Returns whether an author's name or address is a bot's where bots are accounts like others: its name, or what stands before
/// the `@`, ends in the word "bot", or is that of a known one.
#[must_use]
pub fn is_bot_by_name(name: &str, address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    [name, local].iter().any(|text| {
        let text = text.to_ascii_lowercase();
        let mut words = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        let first = words.next().unwrap_or_default();
        let last = words.next_back().unwrap_or(first);
        // "Renovate", "renovate-bot", "12345+renovate"; a person may be called so, too, but hardly anything else.
        last == "bot" || MACHINES.contains(&first) || MACHINES.contains(&last)
    })
}

/// Returns whether an author's name or address is a bot's, as GitHub spells them.
#[must_use]
pub fn is_bot(name: &str, address: &str) -> bool {
    const MARK: &str = "[bot]";
    let local = address.split('@').next().unwrap_or_default();
    name.trim_end().to_ascii_lowercase().ends_with(MARK)
        || local.to_ascii_lowercase().ends_with(MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_known_by_the_address_that_its_forge_gives_it() {
        for (name, address, login, expected) in [
            (
                "claude[bot]",
                "209825114+claude[bot]@users.noreply.github.com",
                "claude",
                true,
            ),
            (
                "Claude[bot]",
                "209825114+Claude[bot]@users.noreply.github.com",
                "claude",
                true,
            ),
            ("claude[bot]", "", "claude", true),
            (
                "claude-bot",
                "claude-bot@noreply.forge.example",
                "claude-bot",
                true,
            ),
            ("Claude", "noreply@anthropic.com", "claude", false),
            (
                "renovate[bot]",
                "29139614+renovate[bot]@users.noreply.github.com",
                "claude",
                false,
            ),
            (
                "claude[bot]",
                "1+claude-fork[bot]@users.noreply.github.com",
                "claude",
                false,
            ),
        ] {
            let author = Author::new(name, address).unwrap();
            assert_eq!(author.is_account(login), expected, "{name} {address}");
        }
        for (login, expected) in [
            ("renovate", true),
            ("renovate-bot", true),
            ("dependabot", true),
            ("claude", false),
            ("claude-renovate", false),
        ] {
            assert_eq!(is_machine(login), expected, "{login}");
        }
    }
}
