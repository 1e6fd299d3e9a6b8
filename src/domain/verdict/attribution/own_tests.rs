//! Merges, commits without the run's line on top of one that has it, and reverts that an issue asks for.

use super::tests::{TRAILED, by_bot, commit, find, find_in, pushed, sha};
use super::*;

const REFS: &str = "Repair\n\nRefs octo-org/widgets#7";

fn by(author: &str, commit: BranchCommit) -> BranchCommit {
    BranchCommit {
        author: Author::new("", author),
        ..commit
    }
}

/// By the agent.
fn ours(letter: char, parents: &str, message: &str) -> BranchCommit {
    by(
        "agent@example.test",
        BranchCommit {
            parents: parents.chars().map(sha).collect(),
            ..commit(letter, 10, message)
        },
    )
}

/// By somebody else.
fn other(letter: char, parents: &str, message: &str) -> BranchCommit {
    by("person@example.test", ours(letter, parents, message))
}

/// The run's commits, newest first.
fn of_run(branch: &[BranchCommit]) -> String {
    match find(branch, &[], &[]) {
        Attribution::Pushed(pushed) => pushed
            .of_run
            .iter()
            .map(|sha| sha.as_str().chars().next().unwrap())
            .collect(),
        Attribution::NotPushed => "-".to_owned(),
        Attribution::NotKnown => "?".to_owned(),
    }
}

#[test]
fn authors_are_told_apart_by_address_or_by_name() {
    assert_eq!(Author::new("A", "a@b"), Author::new("B", " A@B "));
    assert_ne!(Author::new("A", "a@b"), Author::new("A", "c@b"));
    assert_eq!(Author::new("A", ""), Author::new("a ", " "));
    assert_eq!(Author::new("", " "), None);
}

/// The agent merges the newest main before it pushes, and CI runs on that merge alone.
#[test]
fn a_merge_on_top_of_the_runs_commit_by_the_same_author_is_the_runs() {
    const MERGE: &str = "Merge remote-tracking branch 'origin/main' into HEAD";
    let branch = |merge: BranchCommit| {
        [
            merge,
            other('b', "f", "Somebody else's"),
            ours('a', "f", TRAILED),
            other('f', "0", "Before"),
        ]
    };
    let merge = ours('c', "ab", MERGE);
    assert_eq!(of_run(&branch(merge.clone())), "ca");
    let found = pushed(&branch(merge.clone()));
    assert_eq!(
        (found.sha, found.attributed_by),
        (sha('c'), AttributedBy::Trailer)
    );
    for (is_other, merge) in [
        ("another author", other('c', "ab", MERGE)),
        ("a bot", by_bot(merge.clone())),
        (
            "nobody knows who",
            BranchCommit {
                author: None,
                ..merge.clone()
            },
        ),
        ("merged into other work", ours('c', "ba", MERGE)),
        ("no merge", ours('c', "a", MERGE)),
        ("nobody told", ours('c', "", MERGE)),
        (
            "another run",
            ours('c', "ab", "Merge branch 'main'\n\nAfk-Run: {other}"),
        ),
        (
            "it takes the work back",
            ours(
                'c',
                "ab",
                &format!("Merge main\n\nThis reverts commit {}.", sha('a')),
            ),
        ),
        (
            "so in other words",
            ours('c', "ab", &format!("Merge main\n\nReverts {}", sha('a'))),
        ),
    ] {
        assert_eq!(of_run(&branch(merge)), "a", "{is_other}");
    }
    // One on another, and upon a fallback.
    let twice = [
        ours('e', "cd", MERGE),
        other('d', "b", "Later"),
        ours('c', "ab", MERGE),
        other('b', "f", "Somebody else's"),
        ours('a', "f", REFS),
    ];
    assert_eq!(of_run(&twice), "eca");
    assert_eq!(pushed(&twice).attributed_by, AttributedBy::ReferencesIssue);
}

/// T3 Code on somebody's own machine: the agent commits under the name of the person who merges pull requests there.
#[test]
fn a_merge_of_somebodys_side_branch_is_not_the_runs_under_the_same_name_either() {
    let branch = |title: &str, side: BranchCommit| {
        [
            ours('c', "ab", title),
            side,
            ours('a', "f", TRAILED),
            other('f', "0", "Before"),
        ]
    };
    let feature = || ours('b', "f", "Feature");
    for title in [
        "Merge pull request #12 from octo-org/feature\n\nFeature",
        "Merge branch 'feature'",
        "Merge branch 'feature' into main",
        "Merge remote-tracking branch 'origin/feature'",
        "Feature (#12)",
    ] {
        assert_eq!(of_run(&branch(title, feature())), "a", "{title}");
        // Side work of the run itself.
        let side = ours('b', "f", TRAILED);
        assert_eq!(of_run(&branch(title, side)), "cba", "{title}");
    }
    for title in [
        "Merge branch 'main' into feature",
        "Merge branch 'feature' of github.com:octo-org/widgets",
        // What the branch is called here.
        "Merge remote-tracking branch 'origin/release' into release",
        "Merge remote-tracking branch 'origin/dev' into run-x",
        "Merge branch 'dev' into HEAD",
        "Merge the newest main",
    ] {
        assert_eq!(of_run(&branch(title, feature())), "ca", "{title}");
    }
}

#[test]
fn what_a_merge_stands_on_may_be_taken_back_below_it() {
    for (of, is_reverted) in [('c', true), ('a', true), ('b', false)] {
        let branch = [
            other(
                'e',
                "d",
                &format!("Undo\n\nThis reverts commit {}.", sha(of)),
            ),
            ours('d', "cb", "Merge main again"),
            ours('c', "ab", "Merge main"),
            other('b', "f", "Somebody else's"),
            ours('a', "f", TRAILED),
        ];
        let found = pushed(&branch);
        assert_eq!(found.sha, sha('d'));
        assert_eq!(found.reverted_by, is_reverted.then(|| sha('e')), "{of}");
    }
}

/// A repair without the run's line.
#[test]
fn a_newer_commit_of_the_same_author_that_names_the_issue_is_the_runs() {
    let branch = |newer: BranchCommit| [newer, ours('a', "f", TRAILED)];
    assert_eq!(of_run(&branch(ours('b', "a", REFS))), "ba");
    assert_eq!(
        pushed(&branch(ours('b', "a", REFS))).attributed_by,
        AttributedBy::ReferencesIssue
    );
    for (why, newer) in [
        ("another author", other('b', "a", REFS)),
        ("a bot", by_bot(ours('b', "a", REFS))),
        ("a mention", ours('b', "a", "Repair of #7")),
        (
            "another issue",
            ours('b', "a", "Repair\n\nRefs octo-org/widgets#8"),
        ),
        (
            "another run",
            ours(
                'b',
                "a",
                "Repair\n\nRefs octo-org/widgets#7\nAfk-Run: {other}",
            ),
        ),
        (
            "it takes the work back",
            ours(
                'b',
                "a",
                &format!("fix: revert {}\n\nRefs octo-org/widgets#7", sha('a')),
            ),
        ),
    ] {
        assert_eq!(of_run(&branch(newer)), "a", "{why}");
    }
    // An older one is not on top.
    let older = [ours('a', "b", TRAILED), ours('b', "f", REFS)];
    assert_eq!(of_run(&older), "a");
}

/// An issue may ask for a revert.
#[test]
fn a_revert_with_the_runs_line_that_takes_back_nothing_of_the_run_is_the_runs() {
    let revert = |of: &str, more: &str| {
        let id = of.repeat(40);
        ours(
            'b',
            "e",
            &format!("Revert \"Add cache\" (#42)\n\nThis reverts commit {id}.\n\n{more}"),
        )
    };
    const LINES: &str = "Refs octo-org/widgets#7\nAfk-Run: {T}";
    let branch = |revert: BranchCommit| {
        [
            revert,
            ours('a', "d", TRAILED),
            other('d', "0", "Add cache"),
        ]
    };
    // What is not on the list is older than all of it.
    for (of, expected) in [("d", "ba"), ("e", "ba"), ("a", "a")] {
        assert_eq!(of_run(&branch(revert(of, LINES))), expected, "{of}");
    }
    let alone = |revert: BranchCommit| [revert, other('d', "0", "Add cache")];
    assert_eq!(of_run(&alone(revert("d", LINES))), "b");
    for more in [
        "Refs octo-org/widgets#7",
        "> Afk-Run: {T}",
        "    Afk-Run: {T}",
        "\tAfk-Run: {T}",
        "Refs octo-org/widgets#7\nAfk-Run: {other}",
    ] {
        assert_eq!(of_run(&alone(revert("d", more))), "-", "{more:?}");
    }
    // While not everything was read, it may take back a commit of the run that is not listed.
    for (of, is_found) in [("d", true), ("e", false)] {
        let branch = alone(revert(of, LINES));
        let found = find_in(Commits {
            branch: &branch,
            complete: false,
            linked: &[],
            closers: &[],
            of_others: &[],
        });
        assert_eq!(matches!(found, Attribution::Pushed(_)), is_found, "{of}");
    }
    // The agent took its own work back, and then that.
    let again = [
        ours(
            'c',
            "b",
            &format!(
                "Reapply \"Work\"\n\nThis reverts commit {}.\n\n{LINES}",
                sha('b')
            ),
        ),
        revert("a", LINES),
        ours('a', "d", TRAILED),
    ];
    assert_eq!(of_run(&again), "ca");
    // Somebody takes the wanted revert back.
    let undone = [
        other(
            'c',
            "b",
            &format!("Revert it\n\nThis reverts commit {}.", sha('b')),
        ),
        revert("d", LINES),
        other('d', "0", "Add cache"),
    ];
    assert_eq!(pushed(&undone).reverted_by, Some(sha('c')));
}
