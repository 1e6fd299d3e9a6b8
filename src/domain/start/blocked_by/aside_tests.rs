//! What the words for other issues, for "none" and for the foot of an issue must not take away, and what they must.

use super::tests::read;

#[test]
fn what_is_named_as_a_blocker_is_one_whatever_it_is() {
    for (body, expected) in [
        ("**Blocked by:** Epic #5, Story #6", "#5 #6"),
        ("## Blocked by\n\n- Epic #5\n- Story #6", "#5 #6"),
        ("Blocked by: parent #5", "#5"),
        (
            "## Blocked by\n\nEpic #5 — needs to be approved first",
            "#5",
        ),
        (
            "## Blocked by\n\n- Epic: https://github.com/o/r/issues/12",
            "o/r#12",
        ),
        ("**Depends on:** Epic: Auth (#5)", "#5"),
        (
            "| Field | Value |\n|---|---|\n| Blocked by | Epic #12 |\n| Parent | #5 |",
            "#12",
        ),
        (
            "## Depends on\n\nRelated issues:\n* #14\n\n* #12 is required",
            "#14 #12",
        ),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

#[test]
fn a_field_about_others_ends_where_the_next_one_begins() {
    for (body, expected) in [
        ("## Dependencies\n\nBlocks #20, blocked by #12", "#12"),
        ("## Dependencies\n\n- Parent: #5 — depends on #12", "#12"),
        ("**Dependencies:** Part of #5. Requires #12.", "#12"),
        ("Dependencies: Blocks #13 | Blocked by #12", "#12"),
        ("**Depends on:** #12 (blocks #14), #13", "#12 #13"),
        (
            "**Requires:** #12; blocks #14; also depends on #13",
            "#12 #13",
        ),
        ("**Depends on:** #12 | Parent: #5 | #13", "#12 #13"),
        (
            "## Dependencies\n\nEpic:\n\n- Depends on #12\n- Depends on #13",
            "#12 #13",
        ),
        (
            "## Dependencies\n\n**Parent:**\n- #5\n- **Blocked by:** #12",
            "#12",
        ),
        (
            "## Depends on\n\n**Blocks**\n\n- #14\n\n**Blocked by**\n\n- #12",
            "#12",
        ),
        ("## Dependencies\n\n- This ticket blocks #14.", ""),
        (
            "## Dependencies\n\n- The auth team; blocks #14",
            "| The auth team",
        ),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

#[test]
fn none_of_a_kind_is_nothing_but_the_word() {
    for (body, expected) in [
        (
            "## Blocked by\n\n- Issue 03: Null handling in the parser",
            "#3",
        ),
        (
            "## Blocked by\n\n- Infra: zero downtime deploys",
            "| Infra: zero downtime deploys",
        ),
        (
            "## Blocked by\n\n- API keys: none available yet",
            "| API keys: none available yet",
        ),
        (
            "## Blocked by\n\n- Schema merged: no",
            "| Schema merged: no",
        ),
        (
            "## Blocked by\n\n- Internal: none; External: waiting for vendor",
            "| Internal: none; External: waiting for vendor",
        ),
        (
            "## Blocked by\n\n- Internal: no blockers\n- External: —",
            "",
        ),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

#[test]
fn a_rule_ends_a_section_above_a_foot_only() {
    for (body, expected) in [
        (
            "## Blocked by\n\n### Hard\n\n- #12\n\n---\n\n### Soft\n\n- #13",
            "#12 #13",
        ),
        (
            "## Blocked by\n\nHard:\n- #12\n\n---\n\nSoft:\n- #13",
            "#12 #13",
        ),
        (
            "## Blocked by\n\n- #12\n\n---\n\n**Note:** also wait for #13",
            "#12 #13",
        ),
        ("## Blocked by\n\n- #12\n\n---\n_Generated from #5_", "#12"),
        ("## Blocked by\n\n- #12\n\n***\n\nPart of #5", "#12"),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

#[test]
fn examples_stand_behind_the_words_for_them() {
    for body in [
        "## Blocked by\n\n*#12 (for example the schema)*",
        "> ## Blocked by\n>\n> - #12, for example the schema",
        "### Blocked by\n\n*#12*, e.g. because of *the schema*",
    ] {
        assert_eq!(read(body), "#12", "{body:?}");
    }
}

#[test]
fn a_sentence_in_a_list_takes_only_what_is_below_it() {
    for (body, expected) in [
        (
            "## Relations\n\n- Blocked by #12\n- Blocks #14\n- Related to #15",
            "#12",
        ),
        (
            "**Linked issues**\n- is blocked by #12\n- Blocks: #14",
            "#12",
        ),
        (
            "## Notes\n- Depends on #12 (schema)\n- See #13 for the design",
            "#12",
        ),
        (
            "- This is blocked by\n  - #12\n  - #13\n- Other #14",
            "#12 #13",
        ),
        ("This is blocked by:\n- #12\n- #13", "#12 #13"),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

#[test]
fn steps_of_a_plan_are_no_issues_however_they_are_written() {
    for rows in [
        "| 1 | Schema | - |\n| 2 | API | Step 1 |\n| 3 | UI | Steps 1 and 2 |",
        "| **1** | Schema | - |\n| **2** | API | **1** |\n| **3** | UI | 1-2 |",
        "| Phase 1 | Schema | - |\n| Phase 2 | API | Phase 1 |",
        "| A | Schema | - |\n| B | API | A |",
        "| 1.1 | Schema | none |\n| 1.2 | API | 1.1 |",
        "| 1. | Schema | none |\n| 2. | API | 1 |",
    ] {
        let body = format!("| Step | Task | Depends on |\n|---|---|---|\n{rows}");
        assert_eq!(read(&body), "", "{rows:?}");
        let more = format!("{body}\n| 9 | More | #44 |");
        assert_eq!(read(&more), "#44", "{rows:?}");
    }
    // A dependency that has a name, and its issue in another column.
    let named = "| Dependency | Issue | Status |\n|---|---|---|\n| Auth API | #12 | open |";
    assert_eq!(read(named), "#12");
    assert_eq!(
        read(&format!("## Dependencies\n\n- #13\n\n{named}")),
        "#13 #12"
    );
}

#[test]
fn words_that_only_look_like_a_field_are_none() {
    for body in [
        "## Priority: Blocker\n\nUsers (#12) can't log in",
        "## Bug 3: Blocker\n\n- seen in #12",
        "**Dependency** updates in #12",
        "- **Dependency** on lodash removed (#12)",
        "**Blockers** found in #12 while testing",
        "**Requires** no change after #12",
        "feat(x): add **Requires:** header to the response",
        "Show the state **Blocked by:** next to the title.",
        "The UI shows • Requires: Pro plan • Limit: 5",
    ] {
        assert_eq!(read(body), "", "{body:?}");
    }
}
