use chrono::{DateTime, Utc};

use super::*;
use crate::domain::identity::{RepositoryId, RepositoryKey, Slot, ThreadId};
use crate::domain::repository::{ForgeKind, IssueRef};
use crate::domain::verdict::ci::CommitSha;

pub(super) fn thread(slot: u32) -> ThreadId {
    RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1)).thread(Slot(slot))
}

pub(super) fn sha(letter: char) -> CommitSha {
    CommitSha::parse(&letter.to_string().repeat(40)).unwrap()
}

fn dispatched_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_366_400, 0).unwrap()
}

/// `minutes` after the dispatch.
pub(super) fn commit(letter: char, minutes: i64, message: &str) -> BranchCommit {
    BranchCommit {
        sha: sha(letter),
        message: message
            .replace("{T}", &thread(3).to_string())
            .replace("{other}", &thread(2).to_string()),
        committed_at: dispatched_at() + TimeDelta::minutes(minutes),
        author: None,
        by_bot: false,
        parents: Vec::new(),
    }
}

pub(super) fn by_bot(commit: BranchCommit) -> BranchCommit {
    BranchCommit {
        by_bot: true,
        ..commit
    }
}

pub(super) fn find_in(commits: Commits<'_>) -> Attribution {
    let issue = IssueRef::parse("octo-org/widgets#7", ForgeKind::GitHub).unwrap();
    let run = RunMarks {
        thread: thread(3),
        issue: &issue,
        web: "github.com",
        branch: "dev",
        dispatched_at: dispatched_at(),
    };
    attribute(commits, &run)
}

pub(super) fn find(
    branch: &[BranchCommit],
    linked: &[LinkedCommit],
    closers: &[CommitSha],
) -> Attribution {
    find_in(Commits {
        branch,
        complete: true,
        linked,
        closers,
        of_others: &[],
    })
}

pub(super) fn watched(branch: &[BranchCommit]) -> Option<(CommitSha, AttributedBy)> {
    watched_with(branch, &[])
}

fn watched_with(
    branch: &[BranchCommit],
    closers: &[CommitSha],
) -> Option<(CommitSha, AttributedBy)> {
    match find(branch, &[], closers) {
        Attribution::Pushed(pushed) => Some((pushed.sha, pushed.attributed_by)),
        Attribution::NotPushed | Attribution::NotKnown => None,
    }
}

pub(super) fn pushed(branch: &[BranchCommit]) -> PushedCommit {
    match find(branch, &[], &[]) {
        Attribution::Pushed(pushed) => pushed,
        other @ (Attribution::NotPushed | Attribution::NotKnown) => panic!("{other:?}"),
    }
}

pub(super) const TRAILED: &str = "Work\n\nRefs octo-org/widgets#7\nAfk-Run: {T}\n";

#[test]
fn the_newest_commit_with_the_runs_line_is_watched() {
    let branch = [
        commit('a', 50, "Somebody else's"),
        commit('b', 40, TRAILED),
        commit('c', 30, "Somebody else's, fixes #7"),
        commit('d', 20, TRAILED),
        commit('e', -10, "Before"),
    ];
    assert_eq!(
        pushed(&branch),
        PushedCommit {
            sha: sha('b'),
            committed_at: branch[1].committed_at,
            attributed_by: AttributedBy::Trailer,
            skip_token: None,
            of_run: vec![sha('b'), sha('d')],
            newer: vec![NewerCommit {
                sha: sha('a'),
                committed_at: branch[0].committed_at,
                descent: Descent::Contains,
                skips_ci: false,
            }],
            reverted_by: None,
        }
    );
}

/// B11: squash buttons append, indent and quote.
#[test]
fn a_line_names_the_run_wherever_it_stands() {
    for message in [
        "Work\n\nAfk-Run: {T}",
        "Afk-Run: {T}",
        "Work\r\n\r\nAFK-RUN: {T}\r\n",
        "Work\n\nafk-run:{T}\nSigned-off-by: A <a@b>\n",
        "Work\n\nSigned-off-by: A <a@b>\nAfk-Run: octo-org/widgets#7 {T}\n",
        "Work\n\nAfk-Run: {other}\nAfk-Run: {T}\n",
        "Work (#12)\n\nBody.\n\nRefs octo-org/widgets#7\nAfk-Run: {T}\n\n---------\n\nCo-authored-by: A <a@b>\n\nAnd prose after it.",
        "Work (#12)\n\n* First\n\n  Afk-Run: {T}\n\n* Second",
        "Work\n\n> Afk-Run: {T}\n> more",
        "Work\n\n- Afk-Run: `{T}`.",
        "Work\n\n\t**Afk-Run:** {T}",
        "Work\\n\\nRefs octo-org/widgets#7\\nAfk-Run: {T}",
        "Work\\r\\n\\r\\nRefs octo-org/widgets#7\\r\\nAfk-Run: {T}\\r\\n",
        "Work\n\nText.\\n\\nAfk-Run: {T}",
        "Work\n\nAfk-Run:\n {T}\n",
    ] {
        for bot in [false, true] {
            let commit = BranchCommit {
                by_bot: bot,
                ..commit('a', 5, message)
            };
            let found = watched(&[commit]);
            assert_eq!(
                found,
                Some((sha('a'), AttributedBy::Trailer)),
                "{message:?}"
            );
        }
    }
}

#[test]
fn prose_and_other_runs_are_not_the_run() {
    for message in [
        "Work\n\nThis undoes what Afk-Run: {T} did.",
        "Work\n\nAfk-Run: {other}\n",
        "Work\n\nRefs octo-org/widgets#7\nAfk-Run: {other}\n",
        "Work\n\nRefs octo-org/widgets#7\nAfk-Run:\n",
        "Work\n\nAfk-Run: x{T}\n",
        "Work\n\nAfk-Run:\n {other}\n",
        "Work\\n\\nRefs octo-org/widgets#7\\nAfk-Run: {other}",
        "Work\\n\\nThis undoes what Afk-Run: {T} did.",
        // The title of the run's own commit, told by another one.
        "Mend \"Work\\n\\nRefs octo-org/widgets#7\\nAfk-Run: {T}\"",
        "Revert \"Work\\n\\nRefs octo-org/widgets#7\\nAfk-Run: {T}\"",
        "Revert Work\\n\\nRefs octo-org/widgets#7\\nAfk-Run: {T}",
        "revert: Work\\n\\nAfk-Run: {T}",
        "Revert \"Other\"\n\nThis reverts commit bbbbbbb.\\n> Afk-Run: {T}",
        "Work on #70",
        "Work\n\nFixes other/widgets#7",
        // B7, B6: a mention is nothing, whatever word stands before it.
        "docs: changelog, see #7",
        "docs: changelog, see octo-org/widgets#7",
        "Work\n\nFixes octo-org/widgets#7",
        "Work\n\nRefs #7",
        "Work\n\nThis refs octo-org/widgets#7",
        "Bump left-pad from 1 to 2\n\nRelease notes: Fixes #7, thanks",
    ] {
        assert_eq!(watched(&[commit('a', 5, message)]), None, "{message:?}");
    }
}

/// B9: the clock of the agent's machine may be far behind. Where ids came again after a restore, the issue tells.
#[test]
fn a_date_before_the_dispatch_needs_the_issues_name_too() {
    const BARE: &str = "Work\n\nAfk-Run: {T}";
    for (minutes, trailed, bare, refs) in [
        (0, true, true, true),
        (-1, true, false, false),
        (-120, true, false, false),
        (-2_880, true, false, false),
        (-100_000, true, false, false),
        (100_000, true, true, true),
    ] {
        let is_found = |message| watched(&[commit('a', minutes, message)]).is_some();
        assert_eq!(is_found(TRAILED), trailed, "{minutes}");
        assert_eq!(is_found(BARE), bare, "{minutes}");
        assert_eq!(is_found("Refs octo-org/widgets#7"), refs, "{minutes}");
    }
    for name in [
        "#7",
        "octo-org/widgets#7",
        "https://github.com/octo-org/widgets/issues/7",
    ] {
        let message = format!("Work, see {name}\n\nAfk-Run: {{T}}");
        assert!(watched(&[commit('a', -500, &message)]).is_some(), "{name}");
    }
    assert!(watched(&[commit('a', -500, "Work on #8\n\nAfk-Run: {T}")]).is_none());
}

#[test]
fn without_the_runs_line_the_newest_fallback_is_watched_and_marked() {
    let branch = [
        commit('a', 30, "Other work"),
        commit(
            'b',
            20,
            "Work\n\nRefs: Octo-Org/Widgets#7, octo-org/widgets#8",
        ),
        commit('c', 10, "Merge pull request #9 from octo-org/topic"),
    ];
    assert_eq!(
        watched(&branch),
        Some((sha('b'), AttributedBy::ReferencesIssue))
    );
    // B14: the merge commit of the pull request that closed the issue.
    assert_eq!(
        watched_with(&branch[2..], &[sha('c')]),
        Some((sha('c'), AttributedBy::ClosesIssue))
    );
    assert_eq!(watched_with(&branch[2..], &[sha('d')]), None);
    assert!(AttributedBy::ClosesIssue.is_fallback() && AttributedBy::ReferencesIssue.is_fallback());
    assert!(!AttributedBy::Trailer.is_fallback());
}

/// B6: a bot's release notes close issues by the dozen.
#[test]
fn what_a_bot_wrote_is_no_fallback() {
    for message in ["Bump left-pad\n\nFixes #7", "Refs octo-org/widgets#7"] {
        let branch = [by_bot(commit('a', 5, message))];
        assert_eq!(watched_with(&branch, &[sha('a')]), None, "{message}");
    }
    for (name, address, bot) in [
        ("dependabot[bot]", "support@github.com", true),
        (
            "Renovate",
            "29139614+renovate[bot]@users.noreply.github.com",
            true,
        ),
        ("Renovate[BOT] ", "x@y", true),
        ("afk-bot", "afk-bot@example.test", false),
        ("A Person", "person@bot.example", false),
        ("[bot] person", "a@b", false),
        ("", "", false),
    ] {
        assert_eq!(is_bot(name, address), bot, "{name} {address}");
    }
}

#[test]
fn where_bots_are_accounts_like_others_their_names_tell() {
    for (name, address, bot) in [
        ("Renovate Bot", "renovate@corp.test", true),
        ("renovate", "noreply@corp.test", true),
        ("Dependencies", "renovate@corp.test", true),
        ("Dependencies", "1234+dependabot@users.test", true),
        ("Release-Bot", "release@corp.test", true),
        ("release_bot", "release@corp.test", true),
        ("CI", "ci.bot@corp.test", true),
        ("dependabot[bot]", "support@github.com", true),
        ("Ada Talbot", "talbot@corp.test", false),
        ("Abbot", "robot.fan@corp.test", false),
        ("Bot Person", "person@bot.test", false),
        ("", "", false),
    ] {
        assert_eq!(is_bot_by_name(name, address), bot, "{name} {address}");
    }
}

#[test]
fn an_older_line_of_the_run_outranks_a_newer_fallback() {
    let branch = [
        commit('a', 20, "Refs octo-org/widgets#7"),
        commit('b', 10, TRAILED),
    ];
    assert_eq!(
        watched_with(&branch, &[sha('a')]),
        Some((sha('b'), AttributedBy::Trailer))
    );
}

/// B8 and its kin.
#[test]
fn a_revert_is_nobodys_work_and_ends_the_run_it_reverts() {
    let id = "b".repeat(40);
    let revert = format!(
        "Revert \"Work\"\n\nThis reverts commit {id}.\n\nRefs octo-org/widgets#7\nAfk-Run: {{T}}"
    );
    let reverted = [commit('a', 20, &revert), commit('b', 10, TRAILED)];
    let found = pushed(&reverted);
    assert_eq!((found.sha, found.reverted_by), (sha('b'), Some(sha('a'))));
    assert_eq!(found.of_run, [sha('b')]);
    // A later commit of the run stands.
    let repaired = [
        commit('c', 30, TRAILED),
        reverted[0].clone(),
        reverted[1].clone(),
    ];
    let found = pushed(&repaired);
    assert_eq!((found.sha, found.reverted_by), (sha('c'), None));
    // The revert was taken back.
    let again = format!(
        "Reapply \"Work\"\n\nThis reverts commit {}.",
        "a".repeat(40)
    );
    let reapplied = [
        commit('c', 30, &again),
        reverted[0].clone(),
        reverted[1].clone(),
    ];
    let found = pushed(&reapplied);
    assert_eq!((found.sha, found.reverted_by), (sha('b'), None));
    // Of somebody else's commit.
    let other = format!(
        "Revert \"Other\"\n\nThis reverts commit {}.",
        "e".repeat(40)
    );
    let found = pushed(&[commit('a', 20, &other), commit('b', 10, TRAILED)]);
    assert_eq!(found.reverted_by, None);
    // Only the revert is there, and what it takes back is not the run's: somebody asked for it.
    assert_eq!(
        watched(&reverted[..1]),
        Some((sha('a'), AttributedBy::Trailer))
    );
    // Without the run's line it is nobody's, whatever else it says.
    let message = reverted[0].message.replace("Afk-Run:", "After");
    let bare = [BranchCommit {
        message,
        ..reverted[0].clone()
    }];
    assert_eq!(watched(&bare), None);
    assert_eq!(watched_with(&bare, &[sha('a')]), None);
}

/// B10: "no commit" is said only when all of them were read.
#[test]
fn nothing_found_is_not_known_while_not_everything_was_read() {
    let linked = |letter, minutes, placement| LinkedCommit {
        commit: commit(letter, minutes, TRAILED),
        placement,
    };
    let branch = [commit('a', 60, "Newer"), commit('b', 50, "Newer too")];
    for complete in [true, false] {
        let find = |linked: &[LinkedCommit]| {
            find_in(Commits {
                branch: &branch,
                complete,
                linked,
                closers: &[],
                of_others: &[],
            })
        };
        let nothing = if complete {
            Attribution::NotPushed
        } else {
            Attribution::NotKnown
        };
        assert_eq!(find(&[]), nothing);
        assert_eq!(find(&[linked('c', 10, Placement::Elsewhere)]), nothing);
        assert_eq!(
            find(&[linked('c', 10, Placement::Unknown)]),
            Attribution::NotKnown
        );
        let both = [
            linked('c', 10, Placement::OnBranch),
            linked('d', 20, Placement::OnBranch),
        ];
        let Attribution::Pushed(pushed) = find(&both) else {
            panic!("a commit on the branch is found");
        };
        assert_eq!(pushed.sha, sha('d'));
        assert_eq!(pushed.of_run, [sha('d'), sha('c')]);
        assert_eq!(pushed.newer.len(), 2);
    }
    // What is on the list is on the branch, whatever an event says.
    let branch = [commit('c', 10, TRAILED)];
    assert!(matches!(
        find(&branch, &[linked('c', 10, Placement::Elsewhere)], &[]),
        Attribution::Pushed(_)
    ));
}

/// A pull request came with a merge, and somebody takes the merge back.
#[test]
fn a_reverted_merge_takes_back_what_it_brought() {
    let with_parents = |letter, parents: &str, message: &str| BranchCommit {
        parents: parents.chars().map(sha).collect(),
        ..commit(letter, 10, message)
    };
    let reverts = |of: char| {
        format!(
            "Revert \"Merge pull request #5\"\n\nThis reverts commit {}, reversing\nchanges made to {}.",
            sha(of),
            sha('f')
        )
    };
    let branch = |revert: &str| {
        [
            with_parents('d', "c", revert),
            with_parents('c', "fa", "Merge pull request #5"),
            with_parents('a', "f", TRAILED),
            with_parents('f', "0", "Before"),
        ]
    };
    assert_eq!(pushed(&branch(&reverts('c'))).reverted_by, Some(sha('d')));
    assert_eq!(pushed(&branch(&reverts('a'))).reverted_by, Some(sha('d')));
    assert_eq!(pushed(&branch(&reverts('f'))).reverted_by, None);
    assert_eq!(pushed(&branch("Later")).reverted_by, None);
    // On the branch's own line nothing merged it in.
    let line = [
        with_parents('d', "c", &reverts('c')),
        with_parents('c', "a", "Later"),
        with_parents('a', "f", TRAILED),
    ];
    assert_eq!(pushed(&line).reverted_by, None);
}

/// What the forge says that it closed the issue is the run's merge, and what brought nothing but the run's commits from a side branch;
/// anybody may merge the branch into their own work.
#[test]
fn a_merge_is_the_runs_when_it_closed_the_issue_or_brought_its_work_alone() {
    let with_parents = |letter, parents: &str, message: &str| BranchCommit {
        parents: parents.chars().map(sha).collect(),
        ..commit(letter, 10, message)
    };
    let branch = |title| {
        [
            with_parents('c', "ba", title),
            with_parents('b', "f", "Somebody's own"),
            with_parents('a', "f", TRAILED),
        ]
    };
    let (of_main, of_side) = ("Merge branch 'main'", "Merge branch 'afk/7'");
    for (title, closers, expected) in [
        (of_main, vec![sha('c')], Descent::Merges),
        (of_main, vec![], Descent::Contains),
        (of_main, vec![sha('b')], Descent::Contains),
        (of_side, vec![], Descent::Merges),
        (of_side, vec![sha('b')], Descent::Merges),
    ] {
        let branch = branch(title);
        let Attribution::Pushed(pushed) = find(&branch, &[], &closers) else {
            panic!("{closers:?}");
        };
        assert_eq!(pushed.sha, sha('a'));
        let descents: Vec<Descent> = pushed.newer.iter().map(|newer| newer.descent).collect();
        assert_eq!(descents, [expected, Descent::NotKnown]);
    }
}

/// Others worked on the side branch, or took the branch into it; or somebody pulled the branch, which was at the run's commit.
#[test]
fn how_a_commit_came_to_the_branch_is_told_by_the_merge() {
    let with_parents = |letter, parents: &str, message: &str| BranchCommit {
        parents: parents.chars().map(sha).collect(),
        ..commit(letter, 10, message)
    };
    for (title, own_work, updated) in [
        (
            "Merge pull request #9 from octo-org/topic",
            Descent::Brings,
            Descent::Merges,
        ),
        ("Mend it (#9)", Descent::Brings, Descent::Merges),
        ("Merge branch 'afk/7'", Descent::Brings, Descent::Merges),
        (
            "Merge branch 'main' of forge.example:octo-org/widgets",
            Descent::Contains,
            Descent::Contains,
        ),
        (
            "Merge branch 'next' into next",
            Descent::Contains,
            Descent::Contains,
        ),
        (
            "Merge remote-tracking branch 'origin/main'",
            Descent::Contains,
            Descent::Contains,
        ),
        ("Bring it in", Descent::Contains, Descent::Contains),
    ] {
        // `c` is another's work on top of the run's, or the branch that another merged into it.
        for (parents, expected) in [("a", own_work), ("ab", updated)] {
            let branch = [
                with_parents('e', "d", "Later"),
                with_parents('d', "bc", title),
                with_parents('c', parents, "Another's"),
                with_parents('b', "f", "Somebody's own"),
                with_parents('a', "f", TRAILED),
            ];
            let found = pushed(&branch);
            assert_eq!(found.sha, sha('a'));
            let descents: Vec<Descent> = found.newer.iter().map(|newer| newer.descent).collect();
            let side = Descent::NotKnown;
            assert_eq!(
                descents,
                [Descent::Contains, expected, side, side],
                "{title} {parents}"
            );
        }
    }
}

/// Somebody's own pull request says "Closes #7": its merge is theirs, unless it names the run or brought what does.
#[test]
fn what_somebody_else_proposed_is_the_runs_only_by_its_message() {
    let find = |branch: &[BranchCommit], of_others: &[CommitSha]| {
        let found = find_in(Commits {
            branch,
            complete: true,
            linked: &[],
            closers: &[sha('b')],
            of_others,
        });
        match found {
            Attribution::Pushed(pushed) => Some((pushed.sha, pushed.attributed_by)),
            Attribution::NotPushed | Attribution::NotKnown => None,
        }
    };
    for (message, told) in [
        ("Mend it myself (#9)", None),
        ("Merge pull request #9 from octo-org/topic", None),
        (
            "Mend it (#9)\n\nRefs octo-org/widgets#7",
            Some(AttributedBy::ReferencesIssue),
        ),
        (TRAILED, Some(AttributedBy::Trailer)),
    ] {
        let branch = [commit('b', 5, message)];
        let found = find(&branch, &[sha('b')]);
        assert_eq!(found, told.map(|told| (sha('b'), told)), "{message:?}");
        assert!(find(&branch, &[]).is_some(), "{message:?}");
        assert!(find(&branch, &[sha('c')]).is_some(), "{message:?}");
    }
    // The branch was the agent's, and a person proposed it: the merge still tells how the branch got it.
    let with_parents = |letter, parents: &str, message| BranchCommit {
        parents: parents.chars().map(sha).collect(),
        ..commit(letter, 10, message)
    };
    let branch = [
        with_parents('b', "fa", "Merge pull request #9 from octo-org/topic"),
        with_parents('a', "f", TRAILED),
    ];
    let found = find_in(Commits {
        branch: &branch,
        complete: true,
        linked: &[],
        closers: &[sha('b')],
        of_others: &[sha('b')],
    });
    let Attribution::Pushed(pushed) = found else {
        panic!("{found:?}");
    };
    assert_eq!(pushed.sha, sha('a'));
    assert_eq!(pushed.newer[0].descent, Descent::Merges);
}

#[test]
fn newer_commits_tell_whether_they_contain_the_watched_one() {
    let with_parents = |letter, parents: &str, message| BranchCommit {
        parents: parents.chars().map(sha).collect(),
        ..commit(letter, 10, message)
    };
    let branch = [
        with_parents('d', "cb", "Merge"),
        with_parents('c', "a", "Later"),
        with_parents('b', "f", "On a side branch"),
        with_parents('a', "f", TRAILED),
    ];
    let found = pushed(&branch);
    let containing: Vec<_> = found.containing().cloned().collect();
    assert_eq!(containing, [sha('d'), sha('c')]);
    assert_eq!(found.newer.len(), 3);
}

#[test]
fn a_request_to_skip_ci_is_noted_of_the_watched_commit_only() {
    let branch = [
        commit('a', 20, TRAILED),
        commit('b', 10, "Work [skip ci]\n\nAfk-Run: {T}"),
    ];
    assert_eq!(pushed(&branch).skip_token, None);
    assert_eq!(
        pushed(&branch[1..]).skip_token.as_deref(),
        Some("[skip ci]")
    );
}
