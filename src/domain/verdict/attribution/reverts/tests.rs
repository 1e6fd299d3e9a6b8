use super::*;
use chrono::DateTime;

fn sha(letter: char) -> CommitSha {
    CommitSha::parse(&letter.to_string().repeat(40)).unwrap()
}

/// Newest first.
pub(super) fn taken_back(messages: &[(char, &str)]) -> Vec<Option<char>> {
    let commits: Vec<BranchCommit> = messages
        .iter()
        .map(|(letter, message)| BranchCommit {
            sha: sha(*letter),
            message: (*message).to_owned(),
            committed_at: DateTime::UNIX_EPOCH,
            author: None,
            by_bot: false,
            parents: Vec::new(),
        })
        .collect();
    let branch: Vec<&BranchCommit> = commits.iter().collect();
    reverted_by(&branch, "o/w")
        .into_iter()
        .map(|by| by.map(|by| by.as_str().chars().next().unwrap()))
        .collect()
}

#[test]
fn reverts_are_known_by_title_or_by_body() {
    for (message, revert) in [
        ("Revert \"Work\"\n\nThis reverts commit aaaaaaaaaa.", true),
        ("Revert \"Work\"", true),
        ("revert: work", true),
        (
            "Back out\n\nThis reverts commit\naaaaaaa, reversing changes.",
            true,
        ),
        ("Reapply \"Work\"\n\nThis reverts commit bbbbbbbbbb.", true),
        ("Reapply labels after an edit", false),
        ("Reverting is hard", false),
        ("Reverts are named", false),
        ("Talk about reverts\n\nThis reverts commit aaaaaa.", false),
        ("Undo it\n\nthis reverts commits of last week", false),
        // What else takes back is somebody's work all the same.
        ("Mend it\n\nThat reverts aaaaaaa", false),
        ("Mend it\n\nThis aaaaaaa", false),
        ("Mend it\n\nThis PR reverts aaaaaaa", false),
        ("Mend it\n\nThis reverts #12", false),
        ("Mend it\n\nReverts aaaaaaa", false),
        ("fix: revert aaaaaaa", false),
        ("[hotfix] Revert \"Work\"", false),
        ("", false),
    ] {
        assert_eq!(is_revert(message), revert, "{message:?}");
    }
}

#[test]
fn a_commit_is_taken_back_by_its_id_or_by_its_title() {
    for (revert, expected) in [
        (
            "Revert \"Work\"\n\nThis reverts commit aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.",
            Some('c'),
        ),
        ("Revert \"Work\"\n\nThis reverts commit aaaaaaa.", Some('c')),
        (
            "Undo\n\nThis reverts commit AAAAAAAA, reversing changes made to bbbbbbbb.",
            Some('c'),
        ),
        ("Revert \"Work\"", Some('c')),
        (
            "Revert \"Work (#12)\" (#13)\n\nReverts octo-org/widgets#12",
            Some('c'),
        ),
        ("Revert \"Other\"", None),
        ("Revert \"Work\"\n\nThis reverts commit dddddddd.", None),
        ("Revert it all", None),
        ("Revert \"", None),
        ("Revert \"\"", None),
        ("Revert \"Work (#12)\"", Some('c')),
        // No number of a pull request: part of the title.
        ("Revert \"Work (#)\"", None),
        ("Revert \"Work (#12\"", None),
        ("Revert \"Work (#1a)\"", None),
        ("Revert \"Work (#a1)\"", None),
        ("Work", None),
    ] {
        assert_eq!(
            taken_back(&[('c', revert), ('a', "Work\n\nText")]),
            [None, expected],
            "{revert}"
        );
    }
}

/// `b` has the same title, and is another pull request's.
#[test]
fn a_quoted_number_tells_commits_of_one_title_apart() {
    for (revert, expected) in [
        (
            "Revert \"Mend the test (#9)\" (#10)\n\nReverts octo-org/widgets#9",
            'a',
        ),
        ("Revert \"Mend the test (#9)\"", 'a'),
        ("Revert \"Mend the test (#8)\"", 'b'),
        ("Revert \"Mend the test\"", 'b'),
    ] {
        let branch = [
            ('c', revert),
            ('b', "Mend the test"),
            ('a', "Mend the test (#9)"),
        ];
        let taken = taken_back(&branch);
        let expected = [
            None,
            (expected == 'b').then_some('c'),
            (expected == 'a').then_some('c'),
        ];
        assert_eq!(taken, expected, "{revert}");
    }
}

#[test]
fn a_title_that_is_taken_back_in_one_place_only_stands() {
    for (revert, expected) in [
        ("Revert \"Work\" in Safari only", None),
        ("Revert \"Work\", only for guests", None),
        ("Revert \"Work\" for now", Some('c')),
        ("Revert \"Work\" because it breaks Safari", Some('c')),
        (
            "Revert \"Work\" in Safari only\n\nThis reverts commit aaaaaaa.",
            Some('c'),
        ),
    ] {
        let branch = [('c', revert), ('a', "Work")];
        assert_eq!(taken_back(&branch), [None, expected], "{revert}");
    }
}

#[test]
fn a_revert_that_was_reverted_took_nothing_back() {
    let chain = [
        ('e', "Reapply \"Work\"\n\nThis reverts commit ccccccc."),
        ('c', "Revert \"Work\"\n\nThis reverts commit aaaaaaa."),
        ('a', "Work"),
    ];
    assert_eq!(taken_back(&chain), [None, Some('e'), None]);
    let again: Vec<_> = [(
        'f',
        "Revert \"Reapply \"Work\"\"\n\nThis reverts commit eeeeeee.",
    )]
    .into_iter()
    .chain(chain)
    .collect();
    assert_eq!(taken_back(&again), [None, Some('f'), None, Some('c')]);
}

#[test]
fn one_revert_may_name_several_and_never_what_is_newer() {
    let branch = [
        ('d', "Later"),
        (
            'c',
            "Revert two\n\nThis reverts commit aaaaaaa.\nThis reverts commit bbbbbbb.\nThis reverts commit ddddddd.",
        ),
        ('b', "Two"),
        ('a', "One"),
    ];
    assert_eq!(taken_back(&branch), [None, None, Some('c'), Some('c')]);
    // Nor itself.
    let alone = [('c', "Undo\n\nThis reverts commit ccccccc.")];
    assert_eq!(taken_back(&alone), [None]);
}

/// The ways in which people, forges and tools write which commits they take back. `a` and `b` are the older ones.
#[test]
fn other_spellings_take_back_as_well() {
    let full = "a".repeat(40);
    for (message, expected) in [
        // Conventional Commits.
        ("revert: add x\n\nRefs: bbbbbbb, aaaaaaa", "ab"),
        ("revert: something\n\nRefs: aaaaaaa", "a"),
        ("revert: Add x", "a"),
        ("revert: add x", "a"),
        ("Revert: Add x (#12)", "a"),
        ("revert(api): Add x", "a"),
        ("revert!: Add x", "a"),
        ("revert(api)!: feat(api): other", "b"),
        ("revert: other", "b"),
        ("revert: \"Add x\"", "a"),
        // Ids in the title.
        ("Revert aaaaaaaa", "a"),
        ("Revert AAAAAAAA.", "a"),
        ("Revert commit FULL", "a"),
        ("revert commits aaaaaaa and bbbbbbb", "ab"),
        ("Revert aaaaaaa, bbbbbbb", "ab"),
        ("Revert `aaaaaaa`: it broke the build", "a"),
        ("Revert o/w@aaaaaaa", "a"),
        ("Revert https://example.test/o/w/commit/FULL", "a"),
        // Titles.
        ("Revert 'Add x'", "a"),
        ("Revert “Add x”", "a"),
        ("Revert ‘Add x’", "a"),
        ("Revert «Add x»", "a"),
        ("Revert „Add x“", "a"),
        ("Revert `Add x`", "a"),
        ("Revert Add x", "a"),
        ("Revert \"Add x\" and \"feat(api): Other\"", "ab"),
        ("Revert \"Add x\", \"feat(api): Other\" (#14)", "ab"),
        ("Revert “Add x” and “feat(api): Other”", "ab"),
        ("Revert 'feat(api): Other' & 'Add x'", "ab"),
        ("Revert the commit \"Add x\"", "a"),
        (
            "Revert changes of \"Add x\" because of \"feat(api): Other\"",
            "a",
        ),
        // Ids in the text, where the title names none.
        (
            "Revert two commits\n\nThis reverts commits bbbbbbb and aaaaaaa.",
            "ab",
        ),
        (
            "Revert the login\n\nIt came with aaaaaaa, and broke it.",
            "a",
        ),
        (
            "Revert the login\n\nReverts commit aaaaaaa (\"Add x\")",
            "a",
        ),
        (
            "Revert broken work\n\n- aaaaaaa Add x\n- bbbbbbb Other",
            "ab",
        ),
        ("Revert \"Add x\" and others\n\n- bbbbbbb Other", "ab"),
        // Said outright, whatever the title is.
        ("Undo\n\nThis reverts commit:\nFULL", "a"),
        ("Undo\n\nThis reverts commit `FULL`.", "a"),
        ("Undo\n\nThis reverts commit:`aaaaaaa`", "a"),
        (
            "Undo\n\nThis reverts commit [aaaaaaaa](https://example.test/o/w/commit/FULL)",
            "a",
        ),
        (
            "Undo\n\nThis reverts commit [`aaaaaaaa`](https://example.test/o/w/commit/FULL).",
            "a",
        ),
        (
            "Undo\n\nThis reverts commit [Add x](https://example.test/o/w/commit/FULL).",
            "a",
        ),
        ("Undo\n\nThis reverts commit [aaaaaaaa][1]", "a"),
        (
            "Undo\n\nThis reverts commit https://example.test/o/w/commit/FULL.",
            "a",
        ),
        (
            "Undo\n\nThis reverts commit <https://example.test/o/w/-/commit/aaaaaaaa?w=1>",
            "a",
        ),
        ("Undo\n\nThis reverts commit o/w@FULL", "a"),
        ("Undo\n\nThis reverts commit \"aaaaaaa\".", "a"),
        ("Undo\n\nThis reverts commit (aaaaaaa).", "a"),
        ("Undo\n\nThis reverts the commit aaaaaaa", "a"),
        ("Undo\n\nThis reverts aaaaaaa.", "a"),
        ("Undo\n\n> This reverts commit aaaaaaa.", "a"),
        ("Undo\n\nThis reverts commit(s) aaaaaaa; bbbbbbb", "ab"),
        ("Undo\n\nThis reverts commits aaaaaaa,bbbbbbb.", "ab"),
        (
            "Undo\n\nThis reverts commit aaaaaaa and commit bbbbbbb.",
            "ab",
        ),
        (
            "Undo\n\nThis reverts commit aaaaaaa (Add x, 2026-01-01) and bbbbbbb (\"Other\").",
            "ab",
        ),
        (
            "Undo\n\nThis reverts commit aaaaaaa (\"Add x\"), and\nbbbbbbb.",
            "ab",
        ),
        (
            "Undo\n\nThis reverts the following commits:\n\n- aaaaaaa\n- bbbbbbb",
            "ab",
        ),
        (
            "Undo\n\nThis reverts commits:\n\n* bbbbbbb Other\n* aaaaaaa Add x.",
            "ab",
        ),
        (
            "Undo\n\nThis reverts commits:\n1. bbbbbbb Other\n2. aaaaaaa Add x",
            "ab",
        ),
        (
            "Undo\n\nThis reverts commits:\nbbbbbbb Other\naaaaaaa Add x",
            "ab",
        ),
        ("Undo\n\nThis reverts commits aaaaaaa..bbbbbbb.", "ab"),
        ("Undo\n\nThis reverts commits aaaaaaa^..bbbbbbb.", "ab"),
        (
            "Undo\n\nThis reverts commit aaaaaaa.\nThis reverts commit bbbbbbb.",
            "ab",
        ),
    ] {
        let message = message.replace("FULL", &full);
        assert!(is_revert(&message), "{message:?}");
        assert_eq!(by_d(&message), expected, "{message:?}");
    }
}

/// Which of `a` and `b` a newer commit takes back.
pub(super) fn by_d(message: &str) -> String {
    let branch = [
        ('d', message),
        ('b', "feat(api): Other (#20)\n\nText"),
        ('a', "Add x (#12)\n\nText"),
    ];
    let taken = taken_back(&branch);
    let letters = ['a', 'b'].into_iter();
    letters
        .filter(|letter| {
            let at = branch.iter().position(|(known, _)| known == letter);
            taken[at.unwrap()] == Some('d')
        })
        .collect()
}

#[test]
fn what_only_talks_of_commits_takes_none_back() {
    for message in [
        // A thing that has the word in its name.
        "Revert button for orders",
        "Revert button\n\nLike the one of aaaaaaa, which says \"Add x\".",
        "Revert link says \"Add x\"",
        "revert-safe migration\n\nAfter aaaaaaa.",
        "Reverting aaaaaaa is hard",
        "Revertable steps: Add x",
        // Somebody's commit in prose.
        "Mend the login\n\nIt broke with aaaaaaa.",
        "Mend the login\n\nFixes: aaaaaaa (\"Add x\")\nRefs: bbbbbbb",
        "Mend the login, see aaaaaaa",
        "Do not revert aaaaaaa",
        "feat: revert aaaaaaa from the page\n\nA button that takes back one commit.",
        // Another commit is taken back.
        "Revert \"Elsewhere\"\n\nThis reverts commit eeeeeee. It broke aaaaaaa.",
        "Undo\n\nThis reverts commit eeeeeee, because aaaaaaa mended it properly.",
        "Undo\n\nThis reverts commit eeeeeee, reversing\nchanges made to aaaaaaa.",
        "Undo\n\nThis reverts commit\neeeeeee, reversing changes made to\naaaaaaa.",
        "Undo\n\nThis reverts commit eeeeeee\n\naaaaaaa stays.",
        "Undo\n\nThis reverts commits eeeeeee.\n- aaaaaaa stays",
        "Undo\n\nThis reverts commits of last week, such as aaaaaaa.",
        "Undo\n\nThis reverts commit aaaaaa.",
        "Undo\n\nThis reverts commit aaaaaaab.",
        "Revert \"Elsewhere\" and so on",
        "Revert \"Add\"",
        "revert: x",
        "revert:",
        "Revert \"",
        "Revert 'Don't Add x'",
        "Revert the login\n\nAfk-Run: aaaaaaaa-aaaa-5aaa-8aaa-aaaaaaaaaaaa",
    ] {
        assert_eq!(by_d(message), "", "{message:?}");
    }
    // One is taken back, and the other is mentioned.
    for message in [
        "Revert \"Add x\"\n\nIt does not go with bbbbbbb.",
        "Revert aaaaaaa\n\nIt does not go with bbbbbbb.",
        "Revert \"Add x\"\n\nThis reverts commit aaaaaaa, reversing changes made to bbbbbbb.",
        "Undo\n\nThis reverts commit aaaaaaa because bbbbbbb is better.",
        "Undo\n\nThis reverts commit aaaaaaa. It came before bbbbbbb.",
        "Undo\n\nThis reverts commit aaaaaaa\n\nbbbbbbb is better.",
    ] {
        assert_eq!(by_d(message), "a", "{message:?}");
    }
}

/// All between two that are named, and a title that stands in several.
#[test]
fn a_range_takes_back_all_in_it_and_a_title_the_newest_that_stands() {
    let branch = |message| {
        [
            ('d', message),
            ('c', "Work"),
            ('b', "Work"),
            ('a', "Work"),
            ('f', "Work"),
        ]
    };
    let said = |message| taken_back(&branch(message))[1..].to_vec();
    let (yes, no) = (Some('d'), None);
    assert_eq!(
        said("Undo\n\nThis reverts commits aaaaaaa..ccccccc"),
        [yes, yes, yes, no]
    );
    assert_eq!(
        said("Undo\n\nThis reverts commits ccccccc...aaaaaaa"),
        [yes, yes, yes, no]
    );
    assert_eq!(
        said("Undo\n\nThis reverts commits aaaaaaa~1..aaaaaaa"),
        [no, no, yes, no]
    );
    assert_eq!(
        said("Undo\n\nThis reverts commits eeeeeee..bbbbbbb"),
        [no, yes, no, no]
    );
    assert_eq!(said("revert: work"), [yes, no, no, no]);
    assert_eq!(said("Revert 'Work'"), [yes, no, no, no]);
}

/// Whoever may push may write any message.
#[test]
fn a_hostile_message_is_read_in_time_and_names_nothing() {
    for piece in [
        "]",
        "[",
        "this reverts [",
        "this reverts (",
        "this reverts commit - ",
        "this reverts commit aaaaaab (",
        "this reverts commit aaaaaab\n- ",
        "this reverts\naaaaaab ",
        "\"",
        "revert \"",
        "..",
        "reverts #12a ",
        "Reverts aaaaaab\n",
        "- ",
        "[a] ",
        "#",
        "(#1)",
        " (#1)",
    ] {
        let body = piece.repeat(60_000 / piece.len());
        for head in ["Revert ", "revert: ", "Undo\n\nThis reverts commit ", ""] {
            assert_eq!(by_d(&format!("{head}{body}")), "", "{piece:?}");
        }
    }
}
