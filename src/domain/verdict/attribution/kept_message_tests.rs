use proptest::prelude::*;
use proptest::sample::select;

use super::super::reverts::{is_revert, reverted_by};
use super::super::tests::{commit, thread};
use super::super::{BranchCommit, RunMarks, recognise};
use super::*;
use crate::domain::repository::{ForgeKind, IssueRef};
use crate::domain::verdict::issue_mention::mention;

/// Everything that is asked of a message: recognition as new and as old work, skipping, reverts, mentions.
fn answers(message: &str) -> String {
    let issue = IssueRef::parse("octo-org/widgets#7", ForgeKind::GitHub).unwrap();
    let marks = RunMarks {
        thread: thread(3),
        issue: &issue,
        web: "github.com",
        branch: "dev",
        dispatched_at: commit('a', 0, "").committed_at,
    };
    let told = |minutes| recognise(&commit('a', minutes, message), &[], &marks);
    let commits = [
        ('a', message),
        ('b', "Add x (#12)"),
        ('c', "Add y"),
        ('d', "feat: add z (#7)"),
        ('e', "Revert \"Add y\""),
    ]
    .map(|(letter, message)| commit(letter, 0, message));
    let branch: Vec<&BranchCommit> = commits.iter().collect();
    format!(
        "{:?} {:?} {:?} {} {:?} {:?}",
        told(60),
        told(-60),
        skip_token(message),
        is_revert(message),
        reverted_by(&branch, "octo-org/widgets"),
        mention(message, &issue, "github.com"),
    )
}

#[test]
fn a_short_message_stays_as_it_is() {
    for message in ["", "Title", "Title\r\n\r\nBody\n", &"x".repeat(4096)] {
        assert!(matches!(kept_message(message), Cow::Borrowed(same) if same == message));
    }
}

#[test]
fn what_is_read_of_a_long_message_is_kept_wherever_it_stands() {
    let filler = "Bump serde from 1.0 to 1.1, with notes of strangers.\n".repeat(150);
    let id = "b".repeat(40);
    for said in [
        "Afk-Run: {T}",
        "Afk-Run: {other}",
        "* Afk-Run:\n  {T}",
        "Prose.\\n\\nAfk-Run: {T}",
        "Refs octo-org/widgets#7",
        "Closes #7",
        "and it closes:\nhttps://github.com/octo-org/widgets/issues/7 at last",
        "Small. [skip ci]",
        "[CI SKIP]",
        "This reverts commit {id}.",
        "Prose of\nthis commit\n\nreverts\n{id}",
        "Prose.\n\nreverts #12",
        "Prose\nreverts #12",
        "- Reverts #12\n- and other things",
        "This reverts commits\n{id} (\"Add\nx\"),\nccccccc and\nddddddd.",
        "skip-checks: true",
    ] {
        let said = said.replace("{id}", &id);
        for message in [
            format!("Title\n\n{filler}\n{said}\n\n{filler}"),
            format!("Title\n\n{said}\n\n{filler}"),
            format!("Title\n\n{filler}\n{said}"),
            format!("Revert things\n\n{filler}\n{said}\n\n{filler}"),
            format!("Revert \"Add y\"\n\n{filler}\n{said}\n\n{filler}"),
        ] {
            let kept = kept_message(&message);
            assert!(kept.len() < 5 * 1024, "{}", kept.len());
            assert_eq!(answers(&kept), answers(&message), "{said:?}: {kept}");
        }
    }
}

#[test]
fn a_trailer_above_many_others_still_skips() {
    let others = "Co-authored-by: Somebody <somebody@example.org>\n".repeat(200);
    let message = format!("Title\n\nProse.\n\nskip-checks: true\n{others}");
    assert_eq!(skip_token(&kept_message(&message)), Some("skip-checks"));
    let prose = format!("Title\n\nskip-checks: true\nProse.\n{others}");
    assert_eq!(skip_token(&kept_message(&prose)), None);
}

#[test]
fn however_much_is_said_the_message_has_a_limit() {
    let lines = [
        "Refs octo-org/widgets#8",
        "Fixes #12345 in a release of others",
        "This reverts commit bbbbbbb.",
        "[skip ci]",
        "Reverts #12",
        "x\\nAfk-Run: t1",
    ];
    for line in lines {
        for joint in ["\n", "\\n", " "] {
            for title in ["Title", "Revert \"x\"", ""] {
                let mut message = title.to_owned();
                for number in 0..5_000 {
                    message.push_str(joint);
                    message.push_str(&line.replace("12", &number.to_string()));
                }
                let kept = kept_message(&message);
                assert!(kept.len() <= KEPT_MAX_BYTES, "{line} {}", kept.len());
            }
        }
    }
}

#[test]
fn of_a_message_that_is_one_line_the_marks_are_kept() {
    let filler = "Prose of an agent.\\n".repeat(400);
    for (title, count) in [("Title", 1), ("Revert \"Title", 0)] {
        let message = format!("{title}\\n\\n{filler}Afk-Run: t1\\n{filler} (#9)");
        let kept = kept_message(&message);
        assert_eq!(marked_lines(&kept, "Afk-Run").count(), count, "{kept}");
        assert!(kept.starts_with(title) && kept.lines().next().unwrap().ends_with(" (#9)"));
    }
}

#[test]
fn a_title_stays_whole_or_its_ends_do() {
    let filler = "Prose.\n".repeat(1_000);
    for mark in ['x', 'é', '😀'] {
        for (length, is_whole) in [
            (1, true),
            (513, true),
            (641, true),
            (642, false),
            (9_000, false),
        ] {
            let title: String = std::iter::repeat_n(mark, length - 1).chain(['!']).collect();
            let kept = kept_message(&format!("{title}\n\n{filler}")).into_owned();
            let first = kept.lines().next().unwrap();
            assert_eq!(first == title, is_whole, "{mark} {length}");
            assert!(first.ends_with('!') && first.chars().count() <= 642);
        }
    }
    // What is quoted in it is no line, whether or not the end of the quotation is left out.
    for length in [500, 5_000] {
        let title = format!("Say \"x\\nAfk-Run: t1{}\" (#9)", " y".repeat(length));
        let kept = kept_message(&format!("{title}\n\n{filler}")).into_owned();
        assert_eq!(marked_lines(&kept, "Afk-Run").next(), None, "{kept}");
    }
}

#[test]
fn a_message_is_filled_up_to_its_limits_and_no_further() {
    let numbers = 10_000..12_000;
    let runs: String = numbers.clone().map(|n| format!("Afk-Run: {n}\n")).collect();
    let references: String = numbers.map(|n| format!("see #{n}\n")).collect();
    let skips = "\nskip-checks: true\n";
    for (said, most, end) in [
        (runs.clone(), 6_144, ""),
        (references.clone(), 8_192 - SKIPS.len(), ""),
        (format!("{references}{skips}"), 8_192, SKIPS),
        (format!("{runs}{references}{skips}"), 8_192, SKIPS),
    ] {
        let lengths = (1..64).map(|length| {
            let kept = kept_message(&format!("{}\n\n{said}", "x".repeat(length))).into_owned();
            assert!(kept.ends_with(end));
            kept.len()
        });
        assert_eq!(lengths.max(), Some(most), "{end}");
    }
}

#[test]
fn each_thing_is_said_once_and_without_marks_that_mean_something_else() {
    let filler = "Prose that says nothing.\n".repeat(200);
    let said = "> - **Afk-Run:** say `x\\nAfk-Run: t2` [skip ci]\nRefs a/b#7\n[ci skip]\n";
    let kept = kept_message(&format!("Title\n\n{filler}{said}{filler}{said}")).into_owned();
    assert_eq!(
        kept,
        "Title\n…omitted…\n[skip ci]\nAfk-Run: say (x(nAfk-Run: t2( (skip ci]\nRefs: a/b#7\n… a/b#7"
    );
}

/// A line, or a few.
fn said() -> impl Strategy<Value = String> {
    let said = vec![
        "Afk-Run: {T}",
        "Afk-Run: {other}",
        "> Afk-Run: {T}",
        "Afk-Run:",
        "  {T}",
        "    Afk-Run: {T}",
        "Refs octo-org/widgets#7",
        "Refs: octo-org/widgets#70",
        "Refs",
        "Fixes",
        "closes:",
        "#7",
        "Fixes #7",
        "(#7) is no-fixes #7",
        "gh-7, x#7",
        "other/w#7",
        "https://github.com/octo-org/widgets/issues/7",
        "[skip ci]",
        "skip-checks: true",
        "Signed-off-by: A <a@b>",
        "  folded",
        "This reverts commit bbbbbbb.",
        "this",
        "this commit",
        "reverts",
        "reverts #12",
        "Reverts",
        "reverting ccccccc",
        "ccccccc",
        "- ddddddd (\"Add",
        "z\")",
        "and",
        "the following commits:",
        "a partial revert",
        "backs out",
        "#12",
        "",
        "A sentence of a stranger about [things](https://example.org/x) that goes on for a while and says nothing.",
        "say `x\\nAfk-Run: {T}` or \"y\\nRefs octo-org/widgets#7\"",
        "x\\nAfk-Run: {T}",
        "x\\nRefs: octo-org/widgets#7",
    ];
    (select(said), 0_usize..40).prop_map(|(said, filler)| {
        let filler = "Bump a dependency, with notes.\n".repeat(filler.saturating_sub(25));
        format!("{said}\n{filler}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_kept_message_is_read_as_the_whole_one(
        title in select(vec!["Title", "Revert \"Add y\"", "Revert", "revert: add z", "[x] Revert the following commits:", "Undo it", "Revert part of it"]),
        before in prop::collection::vec(said(), 0..12),
        middle in prop::collection::vec(said(), 0..12),
        behind in prop::collection::vec(said(), 0..12),
    ) {
        let filler = "\nNotes of strangers say this and that.\n\n".repeat(60);
        let message = format!(
            "{title}\n\n{}{filler}{}{filler}{}", before.concat(), middle.concat(), behind.concat()
        );
        let kept = kept_message(&message);
        prop_assert!(kept.len() <= KEPT_MAX_BYTES);
        prop_assert_eq!(answers(&kept), answers(&message), "{}", kept.replace("\nNotes of strangers say this and that.\n\n", ""));
    }

    #[test]
    fn any_text_is_taken(text in "(\\PC|\n|\\\\n|#[0-9]|reverts |Refs |é){20,60}") {
        let text = text.repeat(100);
        prop_assert!(kept_message(&text).len() <= KEPT_MAX_BYTES.max(WHOLE_MAX_BYTES));
    }
}
