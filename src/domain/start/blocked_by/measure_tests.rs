//! Numbers that count or measure what an issue waits for, and words between those of a field and a reference.

use super::field_tests::assert_named;
use super::tests::read;

#[test]
fn a_number_in_words_stands_for_no_issue() {
    for value in [
        "phases 1 and 2",
        "phase 1, 2",
        "step 1/2",
        "the ops team, 2 Sprints",
        "the ops team, 2",
        "upstream fix, 3 PRs",
        "vendor ticket, 123456",
        "release, 12 May",
        "release & 12",
        "release + 12",
        "release; 12",
        "the release, the docs, 12",
        "設計、12",
        "4 Aug release",
        "12 May",
        "2025 Q3 release",
        "16 GB RAM",
        "16\u{a0}GB RAM",
        "10 MB upload limit raised",
        "1 DB migration",
        "2 Reviewers",
        "**2** Reviewers",
        "_2_ Reviewers",
        "2 PRs in review",
        "3 Open questions",
        "2-factor auth rollout",
        "3-way merge support",
        "2-3 Reviewers",
        "2 - 3 Reviewers",
        "2 – 3 days",
        "24/7 support",
        "50/50 test",
        "1:1 with Bob",
        "18+",
        "03-auth-middleware.md",
        "issues/03-auth-middleware.md",
        "Node, 20",
        "node 20 and 22",
        "12 設計",
    ] {
        let shown = format!("| {value}");
        for body in [
            format!("Blocked by: {value}"),
            format!("Requires: {value}"),
            format!("## Blocked by\n\n- {value}"),
            format!("## Dependencies\n\n{value}\n"),
            format!("Depends on:\n\n- {value}"),
            format!("| Ticket | Blocked by |\n|---|---|\n| #1 | {value} |"),
        ] {
            // Marks of emphasis at the beginning are no part of what is shown.
            let shown = shown.replace("| **", "| ").replace("| _", "| ");
            assert_eq!(read(&body), shown, "{body:?}");
        }
    }
}

#[test]
fn a_number_with_a_title_counts_beside_what_is_certain() {
    assert_named(&[
        ("Blocked by: 12 Bootstrap", "| 12 Bootstrap"),
        ("Blocked by: 12 - Bootstrap", "#12"),
        ("Blocked by: 12 — Bootstrap", "#12"),
        ("Blocked by: 12: Bootstrap", "#12"),
        ("Blocked by: 12 (Bootstrap)", "#12"),
        ("Blocked by: Issue 12 Bootstrap", "#12"),
        ("Blocked by: #11, 12 Bootstrap", "#11 #12"),
        ("Blocked by: 12 Bootstrap, #13", "#13 #12"),
        (
            "Blocked by: the parser #11, 12 Bootstrap, 13",
            "#11 #12 #13",
        ),
        ("## Blocked by\n\n- 12 Bootstrap\n- #13", "#13 #12"),
        (
            "## Blocked by\n\n- 12 Bootstrap\n- 13 Auth",
            "| 12 Bootstrap",
        ),
        ("## Blocked by\n\n- the parser\n- 13", "#13"),
        (
            "| Blocked by | why |\n|---|---|\n| 12 Bootstrap | a |\n| #13 | b |",
            "#13 #12",
        ),
        (
            "| Blocked by | why |\n|---|---|\n| 12 Bootstrap | a |",
            "| 12 Bootstrap",
        ),
        // Nor does it take a value's words to the next one.
        (
            "Blocked by: 12 Bootstrap\n\nDepends on: #13",
            "#13 | 12 Bootstrap",
        ),
        (
            "Depends on: #13\n\nBlocked by: 12 Bootstrap",
            "#13 | 12 Bootstrap",
        ),
        ("Blocked by: Auth #12, 13", "#12 #13"),
        ("Blocked by: the parser<br>13", "#13"),
        ("Blocked by: , 12", "#12"),
        ("Blocked by: \"12\", 13", "#12 #13"),
    ]);
}

#[test]
fn nouns_and_signs_may_stand_between_the_words_and_a_reference() {
    for between in [
        "task ",
        "tasks ",
        "Tasks ",
        "epic ",
        "bug ",
        "bugs ",
        "story ",
        "sub-issue ",
        "sub-issues ",
        "tickets ",
        "issues ",
        "MR ",
        "MRs ",
        "merge request ",
        "the task ",
        "these tickets: ",
        "the following issues: ",
        "this issue: ",
        "the other story ",
        "🔴 ",
        "👉 ",
        "⛔️ ",
        "→ ",
        "“",
        "\"",
        "'",
        "«",
        "<br>",
        "<br />",
        "<b>",
        "<i class=\"x\">",
        "🔴 task ",
    ] {
        for words in [
            "Blocked by",
            "It depends on",
            "- blocked on",
            "> Depends upon",
        ] {
            for (reference, expected) in [("#12", "#12"), ("!12", "#12"), ("a/b#12", "a/b#12")] {
                let body = format!("{words} {between}{reference}, see #9.");
                assert_eq!(read(&body), expected, "{body:?}");
            }
        }
    }
    assert_named(&[
        ("Blocked by<br>#12", "#12"),
        (
            "Blocked by <a href=\"https://github.com/a/b/issues/12\">#12</a>",
            "#12",
        ),
        ("Blocked by “#12” and “#13”", "#12 #13"),
        ("Blocked by 🔴 #12 🔴 #13", "#12 #13"),
        // Other words, and ends of sentences.
        ("Blocked by the task force #12", ""),
        ("Blocked by the task. #12", ""),
        ("Blocked by task\n#12", ""),
        ("Blocked by the the the the the the the #12", ""),
        ("Blocked by the release… #12", ""),
        ("被阻塞 blocked by。#12", ""),
        ("Blocked by the following:\n\n- #12", "#12"),
    ]);
}

#[test]
fn headings_and_lines_may_sort_what_blocks() {
    for kind in [
        "Hard",
        "Known",
        "Upstream",
        "Blocking",
        "Task",
        "Ticket",
        "Issue",
        "External",
        "Known hard",
        "Still open",
    ] {
        for words in ["dependencies", "blockers"] {
            assert_named(&[
                (&format!("### {kind} {words}\n\n- x #12"), "#12"),
                (&format!("{kind} {words}: x #12"), "#12"),
                (&format!("**{kind} {words}**\n\n- x #12"), "#12"),
                (&format!("- {kind}-{words}: x #12"), "#12"),
                (&format!("## {kind} {words}\n\nthe parser"), "| the parser"),
                (&format!("## {kind} {words}\n\nNone"), ""),
                (&format!("{kind}{words}: #12"), ""),
            ]);
        }
    }
    assert_named(&[
        ("### Blocking issues\n\n- x #12", "#12"),
        ("### Blocking tickets\n\n12", "#12"),
        ("Blocking issues: x #12", "#12"),
        ("### Blocking\n\n- #12", ""),
        ("Blocking: #12", ""),
        ("Currently blocked by: x #12", "#12"),
        ("### Parser dependencies\n\n- #12", ""),
        ("### Hard\n\n- #12", ""),
        (
            "## Blocked by\n\n### Known\n- x #12\n### Existing issues\n- x #13",
            "#12 #13",
        ),
        ("## Blocked by\n\n- #1\n\n### Task\n- see #9", "#1"),
        ("### Open the door to the blockers: #12", ""),
    ]);
}

#[test]
fn a_form_may_ask_for_blockers() {
    for question in [
        "What is this blocked by?",
        "Is this blocked by another issue?",
        "Which issues does this depend on?",
        "Does this depend on other work?",
        "**What is it blocked on?**",
        "What is this blocked by？",
    ] {
        assert_named(&[
            (
                &format!("### {question}\n\n- x #12\n\n### Notes\n\n#9"),
                "#12",
            ),
            (&format!("### {question}\n\nthe parser"), "| the parser"),
            (&format!("### {question}\n\n_No response_"), ""),
            (&format!("### {question}\n\nNo"), ""),
            (&format!("{question} x #12"), ""),
        ]);
    }
    assert_named(&[
        ("### Is this blocked by #12?\n\nYes", "#12"),
        (
            "### Why is the parser blocked by design?\n\nIt is slow.",
            "",
        ),
        (
            "### Why is the parser blocked by design?\n\nSee #12.",
            "#12",
        ),
        ("### What is this unblocked by?\n\n#12", ""),
        ("### What is blocked bye?\n\n#12", ""),
    ]);
}

#[test]
fn a_dash_or_an_arrow_before_a_reference_is_a_colon() {
    for sign in ["-", "–", "—", "→", "->", "=>", "=", "➡️"] {
        for (body, expected) in [
            (format!("- Dependencies {sign} #12"), "#12"),
            (format!("- **Dependencies** {sign} #12 and 13"), "#12 #13"),
            (format!("Requires {sign} a/b#12"), "a/b#12"),
            (
                format!("Blockers {sign} [x](https://github.com/a/b/issues/12)"),
                "a/b#12",
            ),
            (format!("Hard dependencies {sign} **#12**"), "#12"),
            (format!("dependsOn {sign} #12"), "#12"),
            (format!("Requires {sign} a lot of care"), ""),
            (format!("Requires {sign} 12"), ""),
            // The reader of sentences reads on.
            (format!("Blocked by {sign} #12, not #9"), "#12"),
        ] {
            assert_eq!(read(&body), expected, "{body:?}");
        }
    }
}
