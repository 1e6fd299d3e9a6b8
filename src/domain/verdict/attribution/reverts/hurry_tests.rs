//! Reverts behind a prefix, by a number, in other forms and in the body, and what only has such words.

use super::is_revert;
use super::tests::{by_d, taken_back};

/// What people write in a hurry: something before the word, another form of it, a number, a line of the body.
#[test]
fn reverts_behind_a_prefix_and_by_number_take_back_as_well() {
    let ids = "bbbbbbbb";
    for (message, expected) in [
        // By the number of the pull request.
        ("Revert #12", "a"),
        ("Revert PR #12", "a"),
        ("Revert pull request #12 (#13)", "a"),
        ("Revert !12", "a"),
        ("Revert o/w#12", "a"),
        ("Revert O/W#12: it broke the build", "a"),
        ("Revert https://example.test/o/w/pull/12", "a"),
        ("Revert [#12](https://example.test/o/w/pulls/12)", "a"),
        ("revert: #12", "a"),
        ("Revert changes from #12", ""),
        ("fix: revert #12", "a"),
        ("Rollback of the login (#14)\n\nReverts #12", "a"),
        ("Mend the login (#13)\n\nReverts o/w#12", "a"),
        ("chore: revert \"Add x\" (#13)\n\nReverts o/w#12", "a"),
        ("Undo\n\nThis reverts PR #12.", "a"),
        (
            "Undo\n\nThis reverts pull request o/w#12 and bbbbbbb.",
            "ab",
        ),
        ("Undo\n\nThis PR reverts #12 because of the load.", "a"),
        (
            "Undo\n\nThis pull request reverts https://example.test/o/w/pull/12/files",
            "a",
        ),
        ("Revert two\n\nReverts #12 and #20", "ab"),
        ("Revert two\n\nReverts:\n- #12\n- o/w#20", "ab"),
        // Behind something.
        ("[hotfix] Revert \"Add x\" (#13)", "a"),
        ("[hotfix]: Revert 'Add x'", "a"),
        ("(hotfix) revert \"Add x\"", "a"),
        ("OPS-12: Revert \"Add x\"", "a"),
        ("OPS-12 Revert \"Add x\"", "a"),
        ("[OPS-12] fix(api)!: revert \"Add x\"", "a"),
        ("#12: Revert \"Add x\"", "a"),
        ("\u{23ea}\u{fe0f} Revert \"Add x\"", "a"),
        (":rewind: Revert \"Add x\"", "a"),
        (
            "chore(api client): revert \"Add x\" and \"feat(api): Other\"",
            "ab",
        ),
        ("- Revert \"Add x\"", "a"),
        ("chore: revert Add x", "a"),
        ("hotfix: revert: add x", "a"),
        // Other forms of the word.
        ("Reverted \"Add x\"", "a"),
        ("Reverts \"Add x\"", "a"),
        ("Reverting 'Add x'", "a"),
        ("Reverting aaaaaaa, it broke the build", "a"),
        ("Reverting aaaaaaa because it broke the build", "a"),
        ("fix: revert aaaaaaa: logins broke", "a"),
        ("Reverted: add x", "a"),
        ("Back out \"Add x\"", "a"),
        ("Backed out changeset aaaaaaa (OPS-12) for failures", "a"),
        ("Backs out aaaaaaa and bbbbbbb", "ab"),
        ("Backout #12", "a"),
        ("Roll back \"Add x\" (#13)", "a"),
        ("Undo 'Add x'", "a"),
        // By id.
        ("fix: revert {ids}", "b"),
        ("hotfix: revert commit FULL", "a"),
        ("fix: revert #aaaaaaa", "a"),
        ("hotfix: revert commits aaaaaaa and bbbbbbb (#13)", "ab"),
        ("chore: revert aaaaaaa\n\nRefs: bbbbbbb", "ab"),
        (
            "chore: revert two commits\n\n- aaaaaaa Add x\n- bbbbbbb",
            "ab",
        ),
        // All that came after a commit.
        ("Revert to aaaaaaa", "b"),
        ("hotfix: roll back to aaaaaaa, which worked", "b"),
        // In the body.
        ("Mend it\n\nReverts commit FULL", "a"),
        ("Mend it\n\nReverts: aaaaaaa", "a"),
        ("Mend it\n\nReverts aaaaaaa..bbbbbbb", "ab"),
        ("Mend it\n\n* Reverts aaaaaaa\n* Reverts {ids}", "ab"),
        ("Mend it\n\nreverts #12", "a"),
        ("Mend it\n\n- reverts #12", "a"),
        ("Mend it\n\nBacks out changeset {ids}", "b"),
        ("Mend it\n\nBacked out aaaaaaa", "a"),
        ("Mend it\n\nThe cache is full.\nReverts aaaaaaa", "a"),
        ("Mend it\n\nRefs o/w#7\nReverts aaaaaaa", "a"),
        ("Mend it\n\nThis commit reverts aaaaaaa as it was.", "a"),
        ("Mend it\n\nThis change backs out aaaaaaa.", "a"),
        ("Mend it\n\nRevert aaaaaaa.", "a"),
        ("Mend it\n\nReverted commit aaaaaaa\n", "a"),
        ("Mend it\n\nReverted aaaaaaa\nLogins broke.", "a"),
    ] {
        let message = message
            .replace("{ids}", ids)
            .replace("FULL", &"a".repeat(40));
        assert_eq!(by_d(&message), expected, "{message:?}");
    }
}

#[test]
fn sentences_that_have_such_words_take_none_back() {
    for message in [
        "This reverts to the old cache key",
        "Cache\n\nThis reverts to the old cache key of #12",
        "revert to 2 spaces",
        "Revert to 2 spaces\n\nSince aaaaaaa we had tabs.",
        "fix: revert to 2 spaces\n\nRefs: aaaaaaa",
        "Do not revert #12",
        "docs: do not revert #12",
        "Mend it\n\nDo not revert #12, please.",
        "Mend it\n\nWe could also\nrevert #12 or\nreverts aaaaaaa stay.",
        "Mend it\n\nRevert aaaaaaa if this does not help.",
        "Mend it\n\nReverting #12 did not help.",
        "Mend it\n\nReverts are known by #12",
        "Mend it\n\nIt reverts aaaaaaa when told so.",
        "Mend it\n\nRefs: aaaaaaa\nCloses #12",
        "Reverted orders show up (#12)",
        "Reverting #12 is hard",
        "Reverts aaaaaaa on a click",
        "fix: revert button",
        "feat: revert button\n\n- aaaaaaa",
        "feat(api): revert the cache\n\nLike aaaaaaa.",
        "feat: undo aaaaaaa by a click",
        "fix: reverted states, as in \"Add x\"",
        "Back out of the dialog with \"Add x\"",
        // Somebody else's, none at all, and a word that is none.
        "Revert other/w#12",
        "Revert x/o/w#12",
        "Revert w#12",
        "Revert https://example.test/other/w/pull/12",
        "Revert https://example.test/o/w/issues/12",
        "Revert #1",
        "Revert #120",
        "Revert #",
        "Revert 12",
        "Revert #12a",
        "Mend it\n\nReverts other/w#12",
        "[hotfix Revert \"Add x\"",
        "[a] [b] [c] [d] [e] Revert \"Add x\"",
        "The fix: revert \"Add x\"",
        "Ops-x Revert \"Add x\"",
        "todo(alice: revert aaaaaaa)",
        "ops-12 Revert \"Add x\"",
        "\"Revert \"Add x\"\" is listed",
        "“Revert “Add x”” is listed",
        "Irrevert \"Add x\"",
        // No more than a mention: an address of mail, a number in prose, a word that begins a line.
        "Undo\n\nThis reverts someone@aaaaaaa.",
        "Undo\n\nThis reverts\nfrom aaaaaaa on.",
        "Undo\n\nThat reverts aaaaaaa.",
        "Undo\n\nThis aaaaaaa.",
    ] {
        assert_eq!(by_d(message), "", "{message:?}");
    }
    // The first is named, and the other one is mentioned.
    for message in [
        "Undo\n\nThis reverts commit aaaaaaa 3 bbbbbbb.",
        "Undo\n\nThis reverts commit aaaaaaa\nfor bbbbbbb.",
        "Undo\n\nReverts aaaaaaa\n\nbbbbbbb stays.",
        "Undo\n\nThis reverts commits - aaaaaaa for now\nbbbbbbb stays.",
        "Undo\n\nThis reverts\ncommit aaaaaaa for now\nbbbbbbb stays.",
        "fix: revert aaaaaaa\n\nIt came with bbbbbbb.",
    ] {
        assert_eq!(by_d(message), "a", "{message:?}");
    }
}

#[test]
fn a_commit_of_which_a_part_is_taken_back_stands() {
    for message in [
        "Revert changes to README from bbbbbbbb",
        "Revert changes to the login from bbbbbbbb",
        "Revert the changes in src/api.rs of bbbbbbbb",
        "Revert edits made to the menu in bbbbbbbb",
        "Revert the README change of bbbbbbbb",
        "Revert the docs of bbbbbbbb",
        "Revert package.json to bbbbbbbb",
        "Revert `src/api.rs` from bbbbbbbb",
        "Revert part of bbbbbbbb",
        "Revert parts of commit bbbbbbbb and aaaaaaaa",
        "Revert some of bbbbbbbb",
        "Revert most of commit bbbbbbbb",
        "Revert partially bbbbbbbb",
        "Revert one hunk of bbbbbbbb",
        "revert: part of bbbbbbbb",
        "Revert part of the login\n\nIt came with bbbbbbbb.",
        "Revert the login\n\nThis reverts part of commit bbbbbbbb.",
        "Revert the login\n\nPartially reverts bbbbbbbb.",
        "Revert the menu\n\nA partial revert of bbbbbbbb.",
        "fix: revert changes to README from bbbbbbbb",
    ] {
        assert_eq!(by_d(message), "", "{message:?}");
        assert!(
            message.starts_with("fix") || is_revert(message),
            "{message:?}"
        );
    }
    for (message, expected) in [
        ("Revert changes from bbbbbbbb", "b"),
        ("Revert all changes made in bbbbbbbb", "b"),
        ("Revert the changes of the merge in bbbbbbbb", "b"),
        ("Revert changes of the merge in bbbbbbbb", "b"),
        ("Revert bump to v2.0.1 in bbbbbbbb", "b"),
        ("Revert broken changes of bbbbbbbb", "b"),
        ("Revert the login change of bbbbbbbb", "b"),
        ("Revert the login of bbbbbbbb", "b"),
        ("Revert aaaaaaaa and part of bbbbbbbb", "a"),
        ("Revert \"Add x\" and changes to README from bbbbbbbb", "a"),
        (
            "Revert changes to README\n\nThis reverts commit bbbbbbbb.",
            "b",
        ),
        ("Revert changes to README\n\nThey came with bbbbbbbb.", "b"),
        ("Revert bbbbbbbb, changes to README", "b"),
        ("Revert some commits\n\n- aaaaaaa\n- bbbbbbb", "ab"),
        ("Revert some of the commits: aaaaaaa, bbbbbbb", "ab"),
        ("Revert part of the series\n\n- aaaaaaa\n- bbbbbbb", "ab"),
        ("Revert part 2 of the login, bbbbbbb", "b"),
        ("Revert Node.js upgrade bbbbbbb", "b"),
        ("Revert the Node.js upgrade of bbbbbbb", "b"),
        ("Revert docs typo fix from bbbbbbb", "b"),
        ("Revert partial index of bbbbbbb", "b"),
        (
            "Revert https://example.test/o/w/commit/bbbbbbbb: docs broke",
            "b",
        ),
    ] {
        assert_eq!(by_d(message), expected, "{message:?}");
    }
}

/// What came with a merge, or has several numbers.
#[test]
fn a_number_is_that_of_a_squash_or_of_a_merge() {
    for (title, is_12) in [
        ("Add x (#12)", true),
        ("Add x (#12) (#15)", true),
        ("Add x (#15) (#12)", true),
        ("Merge pull request #12 from o/topic", true),
        (
            "Merge pull request 'Add x' (#12) from topic into main",
            true,
        ),
        (
            "Merge pull request 'Mend (#12)' (#13) from topic into main",
            false,
        ),
        ("Merge pull request #120 from o/topic", false),
        ("Add x, as in (#12) and others", false),
        ("Add x (#12", false),
        ("Add x(#12)", false),
        ("Revert \"Add x (#12)\" (#13)", false),
    ] {
        let branch = [('d', "Revert #12"), ('a', title)];
        let by = is_12.then_some('d');
        assert_eq!(taken_back(&branch), [None, by], "{title}");
    }
    // The newest that stands.
    let branch = [
        ('e', "Revert #12"),
        ('d', "Revert #12"),
        ('b', "Add x again (#12)"),
        ('a', "Add x (#12)"),
    ];
    assert_eq!(taken_back(&branch), [None, None, Some('e'), Some('d')]);
}

#[test]
fn what_was_brought_back_stands_again() {
    for (again, revert) in [
        ("Reapply \"Add x\" (#14)", "Revert \"Add x\" (#13)"),
        ("Reapply \"Add x\"", "[hotfix] Revert \"Add x\" (#13)"),
        ("fix: reland \"Add x (#12)\"", "chore: revert Add x"),
        (
            "Reapply \"Add x\" (#14)\n\nReverts o/w#13",
            "hotfix (#13)\n\nReverts #12",
        ),
        (
            "Revert \"Revert \"Add x\" (#13)\" (#14)",
            "Revert \"Add x\" (#13)",
        ),
        (
            "Revert \"Revert \"Add x\"\"\n\nReverts o/w#13",
            "Revert \"Add x\" (#13)",
        ),
        (
            "OPS-1: revert \"[hotfix] Revert \"Add x\" (#13)\"",
            "[hotfix] Revert \"Add x\" (#13)",
        ),
        ("Revert #13", "fix: revert #12 (#13)"),
        ("fix: revert ccccccc", "Backs out changeset aaaaaaaa"),
    ] {
        let branch = [('e', again), ('c', revert), ('a', "Add x (#12)")];
        assert_eq!(taken_back(&branch[1..]), [None, Some('c')], "{revert}");
        assert_eq!(taken_back(&branch), [None, Some('e'), None], "{again}");
    }
    for other in [
        "Reapply \"Other\"",
        "Reapply it",
        "Reapply labels to \"Add x\"",
    ] {
        let branch = [
            ('e', other),
            ('c', "Revert \"Add x\" (#13)"),
            ('a', "Add x (#12)"),
        ];
        assert_eq!(taken_back(&branch), [None, None, Some('c')], "{other}");
    }
}

/// `revert: …` leaves the type of a commit out, and nothing else.
#[test]
fn only_a_type_may_be_left_out_of_a_title() {
    for (title, is_same) in [
        ("feat: add y", true),
        ("feat(api)!: add y", true),
        ("Step 2: add y", false),
        ("(api): add y", false),
        (": add y", false),
        ("feat:add y", false),
    ] {
        let branch = [('d', "revert: add y"), ('a', title)];
        let by = is_same.then_some('d');
        assert_eq!(taken_back(&branch), [None, by], "{title}");
    }
}
