use proptest::prelude::*;
use proptest::sample::select;

use super::super::lineage::brings_side_branch;
use super::super::reverts::{is_revert, reverted_by};
use super::super::tests::{commit, thread};
use super::super::{BranchCommit, RunMarks, recognise};
use super::*;
use crate::domain::repository::{ForgeKind, IssueRef};
use crate::domain::verdict::issue_mention::mention;

/// A text with the ids of the run and of another one in it.
fn of_runs(text: &str) -> String {
    let (own, other) = (thread(3).to_string(), thread(4).to_string());
    text.replace("{T}", &own).replace("{other}", &other)
}

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
        "{:?} {:?} {:?} {} {:?} {:?} {}",
        told(60),
        told(-60),
        skip_token(message),
        is_revert(message),
        reverted_by(&branch, "octo-org/widgets"),
        mention(message, &issue, "github.com"),
        brings_side_branch(message, "dev"),
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
        let said = of_runs(&said.replace("{id}", &id));
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
fn a_title_stays_whole_or_its_beginning_does() {
    let filler = "Prose.\n".repeat(1_000);
    let kept = |title: &str| {
        let kept = kept_message(&format!("{title}\n\n{filler}")).into_owned();
        kept.lines().next().unwrap().to_owned()
    };
    for mark in ["x", "é", "😀"] {
        let whole = format!("Fix it {}", mark.repeat(505));
        assert_eq!(kept(&whole), whole);
        assert_eq!(kept(&format!("{whole}!")), "Fix it …");
        assert_eq!(kept(&format!("{whole} (#12)")), "Fix it … (#12)");
        assert_eq!(kept(&mark.repeat(513)), " …");
    }
    let long = "y ".repeat(300);
    for (title, expected) in [
        (
            format!("Fix it\\n\\n{long}(#9) "),
            format!("Fix it%n%n{}… (#9)", "y ".repeat(251)),
        ),
        // What is quoted in it is no line, though the end of the quotation is left out.
        (
            format!("Say \"x\\nAfk-Run: t1 {long}\""),
            format!("Say \"x%nAfk-Run: t1 {}…", "y ".repeat(246)),
        ),
        (
            format!("Afk-Run: t1\\n{long}"),
            format!("…Afk-Run: t1%n{}…", "y ".repeat(249)),
        ),
        (
            format!("Refs {long}"),
            format!("…Refs {}…", "y ".repeat(253)),
        ),
    ] {
        assert_eq!(kept(&title), expected);
    }
}

#[test]
fn a_message_is_filled_up_to_its_limits_and_no_further() {
    let lines = |line: &str| -> String {
        let numbered = |n: i32| line.replace("12345", &n.to_string());
        (10_000..12_000).map(numbered).collect()
    };
    let references = lines("see #12345\n");
    let skips = "\nskip-checks: true\n";
    for (said, most) in [
        (
            lines("Afk-Run: 2f1c2b7a-9d8e-5f60-8514-233241512345\n"),
            6_144,
        ),
        (references.clone(), 8_192 - SKIPS.len()),
        (format!("{references}{skips}"), 8_192),
        (lines("Refs o/w#12345\n") + skips, 8_192),
    ] {
        let lengths = (1..64).map(|length| {
            let title = "x".repeat(length);
            let kept = kept_message(&format!("{title}\n\n{said}")).into_owned();
            assert_eq!(kept.ends_with(SKIPS), said.ends_with(skips));
            kept.len()
        });
        assert_eq!(lengths.max(), Some(most), "{}", &said[..20]);
    }
}

#[test]
fn each_thing_is_said_once_and_means_nothing_else() {
    let filler = "Prose that says nothing.\n".repeat(200);
    let run = "2f1c2b7a-9d8e-5f60-8514-233241506f7e";
    let said = format!(
        "> - **Afk-Run:** say ({run}), `x\\nAfk-Run: t2` [skip ci]\nAfk-Run: t1\n[ci skip]\n\
         Refs: _Closes a/b#7_, 8, x#9 a/b#c `c/d#8.` which this reverts #10\n\
         - it came with bbbbbbb,#20\n\n- Reverts o/w#12\n\n"
    );
    let kept = kept_message(&format!("Title\n\n{filler}{said}{filler}{said}")).into_owned();
    let expected = format!(
        "Title\n…omitted…\n[skip ci]\nAfk-Run: {run}\nAfk-Run: \nReverts PR !10.\n\
         Reverts PR o/w!12.\nRefs: &c/d#8\nmentions a/b#7_\nmentions x#9\n\
         mentions (c/d#8.\nmentions #10\nmentions bbbbbbb,#20\nmentions o/w#12"
    );
    assert_eq!(kept, expected);
}

/// What a reader could take for something else where it stands beside other lines.
#[test]
fn a_long_message_says_no_more_than_the_whole_of_it() {
    let filler = "Prose of somebody that goes on and on, and says nothing at all.\n".repeat(80);
    let long = "y ".repeat(2_500);
    for message in [
        format!("Mend login. In effect this reverts commit bbbbbbb.\\n\\nIt broke {long}"),
        format!("Afk-Run: {{other}}\\nFollows {{T}}, and {long}"),
        format!("Refs a/b#1\\nunlike octo-org/widgets#7 {long}"),
        format!("Mend octo-org\\widgets#7 {long} Fixes octo-org\\widgets#7 {long}"),
        format!("Revert \"Add y\" (#13)\n\nReverts o/w#12\n\n{filler}\nRefs bbbbbbb"),
        format!("[x] Revert \"Add y\"\n\nReverts o/w#12\n\n{filler}\n> Refs: bbbbbbb"),
        format!("Mend it\n\nRefs octo-org/widgets#7, which this rolls back\n{filler} #12 and #20"),
        format!("Mend it\n\nRefs octo-org/widgets#7 for this\n{filler}\nReverts bbbbbbb."),
        format!("[x] Revert y\n\nRefs o/w#7 which this reverts\n{filler}- bbbbbbb stays"),
        format!("Revert \"Add y\"\n\n{filler}it came with bbbbbbb,#20 and [bbbbbbb](https://x/#9)"),
        format!("{}Fixes #70 {long}", "x ".repeat(252)),
        format!("{long} prefixes #7{}", " y".repeat(63)),
        format!(
            "Mend\n\nRefs: {}octo-org/widgets#70\n{filler}",
            "x ".repeat(247)
        ),
        format!("Mend\n\nRefs: _Closes #7_\nRefs: _#7_\n{filler}"),
        format!("Mend\n\nRefs: -fixes #7\n{filler}"),
        format!("Revert the login\\n\\n{long} it was part of the plan, see bbbbbbb {long}"),
        format!("Revert it\n\nReverts pull request partner/web#12\n\n{filler} bbbbbbb"),
        format!("Mend it\n\nRefs: this reverts bbbbbbb \"ccccccc note\"\n{filler}"),
        format!(
            "Mend\n\nRefs: {}octo-org/widgets#7\n{filler}",
            "a/b#1, ".repeat(200)
        ),
        format!("Mend\n\nAfk-Run: {}{{T}}\n{filler}", "prose ".repeat(200)),
    ] {
        let message = of_runs(&message);
        let kept = kept_message(&message);
        assert!(kept.len() < message.len());
        assert_eq!(answers(&kept), answers(&message), "{kept}");
    }
    // What says that it is no work of the run is said before what would make it one.
    let refs: String = (0..400)
        .map(|n| format!("Refs octo-org/widgets#{n}\n"))
        .collect();
    let message = format!("Mend it\n\nThis reverts commit bbbbbbb.\n\n{refs}");
    assert_eq!(answers(&kept_message(&message)), answers(&message));
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
        "Refs bbbbbbb",
        "- Refs: ccccccc",
        "Refs octo-org/widgets#7 for this",
        "Refs octo-org/widgets#7 which this reverts",
        "Refs: _Closes #7_",
        "bbbbbbb,#20 #10",
        "It was part of it, and only that",
        "Reverts pull request partner/web#12",
    ];
    (select(said), 0_usize..40).prop_map(|(said, filler)| {
        let filler = "Bump a dependency, with notes.\n".repeat(filler.saturating_sub(25));
        of_runs(&format!("{said}\n{filler}"))
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
