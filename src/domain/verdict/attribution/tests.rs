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
                contains: true,
            }],
            reverted_by: None,
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
    assert!(AttributedBy::ClosesIssue.is_fallback() && AttributedBy::ReferencesIssue.is_fallback());
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
