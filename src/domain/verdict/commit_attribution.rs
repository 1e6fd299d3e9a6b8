//! Which commit on the branch is a run's (SPEC 4.4).
//!
//! Reads commits that an adapter listed and says which one to watch; it asks nothing. A commit is the run's when its
//! trailer `Afk-Run` names the run's thread. Only when there is none, a commit since the dispatch that closes or references
//! exactly the bound issue is taken, and marked so. A commit whose trailer names another run is never taken.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::identity::ThreadId;
use crate::domain::repository::IssueRef;
use crate::domain::verdict::ci::CommitSha;
use crate::domain::verdict::commit_message::{skip_token, trailers};
use crate::domain::verdict::issue_mention::{Mention, mention};

/// The trailer that names a run.
pub const TRAILER: &str = "Afk-Run";

/// How much earlier than the dispatch a commit of the run may be dated: the clocks of agent, T3 and forge differ.
///
/// Ask forges for commits from this much before the dispatch. Only trailers profit: what merely mentions the issue must
/// be dated after the dispatch.
pub const CLOCK_SLACK: TimeDelta = TimeDelta::hours(1);

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchCommit {
    /// Its id.
    pub sha: CommitSha,
    /// Its whole message.
    pub message: String,
    /// The committer date, which whoever commits can set.
    pub committed_at: DateTime<Utc>,
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

/// A commit that the issue's own events name: it closed or referenced the issue. Commits of other repositories are left
/// out by whoever reads the events.
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
    /// The branch, newest first, from [`CLOCK_SLACK`] before the dispatch on.
    pub branch: &'c [BranchCommit],
    /// Commits that the issue's events name, in any order; reach further than a list that was cut short.
    pub linked: &'c [LinkedCommit],
}

/// What a commit is held against.
#[derive(Clone, Copy, Debug)]
pub struct RunMarks<'r> {
    /// `T`, the run's thread.
    pub thread: ThreadId,
    /// The bound issue.
    pub issue: &'r IssueRef,
    /// `host[:port]` of the forge for people, for mentions by address.
    pub host: &'r str,
    /// When the run's first message was sent.
    pub dispatched_at: DateTime<Utc>,
}

/// How a commit was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributedBy {
    /// Its trailer names the run.
    Trailer,
    /// Fallback: it closes the bound issue.
    ClosesIssue,
    /// Fallback: it references the bound issue.
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
}

/// What is known about a run's push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribution {
    /// Nothing of the run is on the branch.
    NotPushed,
    /// Nothing that is known to be on the branch is the run's, but these commits would be if they were: ask the forge whether
    /// the branch contains them, newest first.
    Unplaced(Vec<CommitSha>),
    /// This commit is to be watched.
    Pushed(PushedCommit),
}

/// Finds the watched commit of the run that `run` describes.
#[must_use]
pub fn attribute(commits: Commits<'_>, run: &RunMarks<'_>) -> Attribution {
    // What was cut off the list of the branch is older than all of it.
    let mut cut_off: Vec<&LinkedCommit> = commits
        .linked
        .iter()
        .filter(|linked| {
            commits
                .branch
                .iter()
                .all(|commit| commit.sha != linked.commit.sha)
        })
        .collect();
    cut_off.sort_by_key(|linked| std::cmp::Reverse(linked.commit.committed_at));
    let on_branch: Vec<&BranchCommit> = commits
        .branch
        .iter()
        .chain(
            cut_off
                .iter()
                .filter(|linked| linked.placement == Placement::OnBranch)
                .map(|linked| &linked.commit),
        )
        .collect();
    let marked: Vec<(usize, AttributedBy)> = on_branch
        .iter()
        .enumerate()
        .filter_map(|(index, commit)| Some((index, recognise(commit, commits.linked, run)?)))
        .collect();
    let has_trailer = marked
        .iter()
        .any(|(_, attributed_by)| !attributed_by.is_fallback());
    let mut of_run = marked
        .into_iter()
        .filter(|(_, attributed_by)| attributed_by.is_fallback() != has_trailer)
        .peekable();
    let Some(&(index, attributed_by)) = of_run.peek() else {
        let unplaced: Vec<CommitSha> = cut_off
            .into_iter()
            .filter(|linked| linked.placement == Placement::Unknown)
            .filter(|linked| recognise(&linked.commit, commits.linked, run).is_some())
            .map(|linked| linked.commit.sha.clone())
            .collect();
        return if unplaced.is_empty() {
            Attribution::NotPushed
        } else {
            Attribution::Unplaced(unplaced)
        };
    };
    let watched = on_branch[index];
    Attribution::Pushed(PushedCommit {
        sha: watched.sha.clone(),
        committed_at: watched.committed_at,
        attributed_by,
        skip_token: skip_token(&watched.message).map(str::to_owned),
        of_run: of_run
            .map(|(index, _)| on_branch[index].sha.clone())
            .collect(),
        newer: on_branch[..index]
            .iter()
            .map(|commit| NewerCommit {
                sha: commit.sha.clone(),
                committed_at: commit.committed_at,
            })
            .collect(),
    })
}

/// Returns how a commit on the branch would be recognised as the run's.
fn recognise(
    commit: &BranchCommit,
    linked: &[LinkedCommit],
    run: &RunMarks<'_>,
) -> Option<AttributedBy> {
    let mut runs = trailers(&commit.message)
        .into_iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(TRAILER))
        .map(|(_, value)| value)
        .peekable();
    if runs.peek().is_some() {
        let thread = run.thread.to_string();
        // The thread's id may follow the issue's name.
        let names_run = runs
            .flat_map(str::split_whitespace)
            .any(|word| word.eq_ignore_ascii_case(&thread));
        let since_dispatch = commit.committed_at >= run.dispatched_at - CLOCK_SLACK;
        return (names_run && since_dispatch).then_some(AttributedBy::Trailer);
    }
    if commit.committed_at < run.dispatched_at {
        return None;
    }
    match mention(&commit.message, run.issue, run.host) {
        Some(Mention::Closes) => Some(AttributedBy::ClosesIssue),
        Some(Mention::References) => Some(AttributedBy::ReferencesIssue),
        // The forge understood more than we do.
        None => linked
            .iter()
            .any(|linked| linked.commit.sha == commit.sha)
            .then_some(AttributedBy::ReferencesIssue),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::{RepositoryId, RepositoryKey, Slot};
    use crate::domain::repository::ForgeKind;

    fn thread(slot: u32) -> ThreadId {
        RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1)).thread(Slot(slot))
    }

    fn sha(letter: char) -> CommitSha {
        CommitSha::parse(&letter.to_string().repeat(40)).unwrap()
    }

    fn dispatched_at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_366_400, 0).unwrap()
    }

    /// `minutes` after the dispatch.
    fn commit(letter: char, minutes: i64, message: &str) -> BranchCommit {
        BranchCommit {
            sha: sha(letter),
            message: message
                .replace("{T}", &thread(3).to_string())
                .replace("{other}", &thread(2).to_string()),
            committed_at: dispatched_at() + TimeDelta::minutes(minutes),
        }
    }

    fn find(branch: &[BranchCommit], linked: &[LinkedCommit]) -> Attribution {
        let issue = IssueRef::parse("octo-org/widgets#7", ForgeKind::GitHub).unwrap();
        let run = RunMarks {
            thread: thread(3),
            issue: &issue,
            host: "github.com",
            dispatched_at: dispatched_at(),
        };
        attribute(Commits { branch, linked }, &run)
    }

    fn watched(branch: &[BranchCommit]) -> Option<(CommitSha, AttributedBy)> {
        match find(branch, &[]) {
            Attribution::Pushed(pushed) => Some((pushed.sha, pushed.attributed_by)),
            Attribution::NotPushed | Attribution::Unplaced(_) => None,
        }
    }

    const TRAILED: &str = "Work\n\nRefs octo-org/widgets#7\nAfk-Run: {T}\n";

    #[test]
    fn the_newest_commit_with_the_runs_trailer_is_watched() {
        let branch = [
            commit('a', 50, "Somebody else's"),
            commit('b', 40, TRAILED),
            commit('c', 30, "Somebody else's, fixes #7"),
            commit('d', 20, TRAILED),
            commit('e', -10, "Before"),
        ];
        assert_eq!(
            find(&branch, &[]),
            Attribution::Pushed(PushedCommit {
                sha: sha('b'),
                committed_at: branch[1].committed_at,
                attributed_by: AttributedBy::Trailer,
                skip_token: None,
                of_run: vec![sha('b'), sha('d')],
                newer: vec![NewerCommit {
                    sha: sha('a'),
                    committed_at: branch[0].committed_at,
                }],
            })
        );
    }

    #[test]
    fn trailers_name_the_run_in_every_spelling() {
        for message in [
            "Work\n\nAfk-Run: {T}",
            "Work\r\n\r\nAFK-RUN: {T}\r\n",
            "Work\n\nafk-run:{T}\nSigned-off-by: A <a@b>\n",
            "Work\n\nSigned-off-by: A <a@b>\nAfk-Run: octo-org/widgets#7 {T}\n",
            "Work\n\nAfk-Run: {other}\nAfk-Run: {T}\n",
        ] {
            let found = watched(&[commit('a', 5, message)]);
            assert_eq!(
                found,
                Some((sha('a'), AttributedBy::Trailer)),
                "{message:?}"
            );
        }
    }

    #[test]
    fn prose_and_other_runs_are_not_the_run() {
        for message in [
            "Afk-Run: {T}",
            "Work\n\nThis undoes what Afk-Run: {T} did.",
            "Work\n\nAfk-Run: {T}\n\nis what it said.",
            "Work\n\nAfk-Run: {other}\n",
            "Work\n\nFixes #7\nAfk-Run: {other}\n",
            "Work\n\nFixes #7\nAfk-Run:\n",
            "Work\n\nAfk-Run: x{T}\n",
            "Work on #70",
            "Work\n\nFixes other/widgets#7",
        ] {
            assert_eq!(watched(&[commit('a', 5, message)]), None, "{message:?}");
        }
    }

    #[test]
    fn clocks_may_differ_for_trailers_and_not_for_mentions() {
        for (minutes, trailed, mentioned) in [
            (0, true, true),
            (-1, true, false),
            (-60, true, false),
            (-61, false, false),
            (100_000, true, true),
        ] {
            let is_found = |message| watched(&[commit('a', minutes, message)]).is_some();
            assert_eq!(is_found(TRAILED), trailed, "{minutes}");
            assert_eq!(is_found("Refs #7"), mentioned, "{minutes}");
        }
    }

    #[test]
    fn without_a_trailer_the_newest_mention_is_watched_and_marked() {
        let branch = [
            commit('a', 30, "Other work"),
            commit('b', 20, "Refs #7"),
            commit('c', 10, "Fixes octo-org/widgets#7"),
        ];
        assert_eq!(
            watched(&branch),
            Some((sha('b'), AttributedBy::ReferencesIssue))
        );
        assert_eq!(
            watched(&branch[2..]),
            Some((sha('c'), AttributedBy::ClosesIssue))
        );
        assert!(
            AttributedBy::ClosesIssue.is_fallback() && AttributedBy::ReferencesIssue.is_fallback()
        );
        assert!(!AttributedBy::Trailer.is_fallback());
    }

    #[test]
    fn an_older_trailer_outranks_a_newer_mention() {
        let branch = [commit('a', 20, "Refs #7"), commit('b', 10, TRAILED)];
        assert_eq!(watched(&branch), Some((sha('b'), AttributedBy::Trailer)));
    }

    #[test]
    fn a_commit_that_the_forge_linked_to_the_issue_is_a_mention() {
        let linked = |letter, minutes, placement| LinkedCommit {
            commit: commit(letter, minutes, "Understood by the forge only"),
            placement,
        };
        let branch = [commit('a', 10, "Understood by the forge only")];
        for placement in [
            Placement::Unknown,
            Placement::Elsewhere,
            Placement::OnBranch,
        ] {
            let found = find(&branch, &[linked('a', 10, placement)]);
            assert!(matches!(
                found,
                Attribution::Pushed(PushedCommit {
                    attributed_by: AttributedBy::ReferencesIssue,
                    ..
                })
            ));
        }
    }

    #[test]
    fn commits_that_a_short_list_leaves_out_are_asked_about_and_then_found() {
        let branch = [commit('a', 60, "Newer"), commit('b', 50, "Newer too")];
        let linked = |placement| {
            [
                LinkedCommit {
                    commit: commit('c', 10, TRAILED),
                    placement,
                },
                LinkedCommit {
                    commit: commit('d', 20, TRAILED),
                    placement,
                },
                LinkedCommit {
                    commit: commit('e', -120, TRAILED),
                    placement,
                },
            ]
        };
        assert_eq!(
            find(&branch, &linked(Placement::Unknown)),
            Attribution::Unplaced(vec![sha('d'), sha('c')])
        );
        assert_eq!(
            find(&branch, &linked(Placement::Elsewhere)),
            Attribution::NotPushed
        );
        let Attribution::Pushed(pushed) = find(&branch, &linked(Placement::OnBranch)) else {
            panic!("a commit on the branch is found");
        };
        assert_eq!(pushed.sha, sha('d'));
        assert_eq!(pushed.of_run, [sha('d'), sha('c')]);
        assert_eq!(pushed.newer.len(), 2);
    }

    #[test]
    fn a_request_to_skip_ci_is_noted_of_the_watched_commit_only() {
        let branch = [
            commit('a', 20, TRAILED),
            commit('b', 10, "Work [skip ci]\n\nAfk-Run: {T}"),
        ];
        let token = |branch: &[BranchCommit]| match find(branch, &[]) {
            Attribution::Pushed(pushed) => pushed.skip_token,
            Attribution::NotPushed | Attribution::Unplaced(_) => None,
        };
        assert_eq!(token(&branch), None);
        assert_eq!(token(&branch[1..]).as_deref(), Some("[skip ci]"));
    }
}
