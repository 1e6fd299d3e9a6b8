//! Blockers beside other things: in headings, sentences, lists without marks; and what is no blocker beside them.

use super::tests::read;

fn assert_all(expected: &str, bodies: &[&str]) {
    for body in bodies {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

#[test]
fn headings_name_blockers_beside_other_things_and_ask_for_them() {
    assert_all(
        "#12",
        &[
            "## Prerequisites & Dependencies\n\n- Auth (#12)",
            "## Risks & Dependencies\n\n- Auth (#12)",
            "## Related Issues and Dependencies\n\n- Auth (#12)",
            "### Phase 1: Dependencies\n\n- Auth (#12)",
            "### A. Dependencies\n\n- Auth (#12)",
            "### (4) Dependencies\n\n- Auth (#12)",
            "## Scope, Blockers\n\n- Auth (#12)",
            "### Are there any blockers?\n\n#12",
            "### What are the dependencies?\n\n- Auth (#12)",
            "### Any dependencies?\n\n- Auth (#12)",
            "Dependencies\n\n- Auth (#12)",
            "Blockers\n- Auth (#12)",
        ],
    );
    // The other things may be all that stands there.
    assert_all(
        "",
        &[
            "## Risks & Dependencies\n\n- The auth team is new",
            "## Update dependencies\n\n- serde (#12)",
            "## Non-blockers\n\n- #12",
            "## How the parser and the blockers of last week went\n\n- #12",
            "Dependencies\n\n- serde\n- tokio",
        ],
    );
}

#[test]
fn fields_behind_their_subject_and_before_words_are_read() {
    assert_all(
        "#12",
        &[
            "**Any dependencies:** Auth (#12)",
            "**Also blocked by:** Auth (#12)",
            "This issue is blocked by: Auth (#12)",
            "**This ticket depends on:** Auth (#12)",
            "**Status:** Blocked by: Auth (#12)",
            "**Requires** #12 (Auth)",
            "**Blockers** #12",
            "**Dependencies** — Auth (#12)",
            "**Depends on** — Auth (#12)",
            "**Depends on** \"Auth\" (#12)",
            "**Depends on** 🔒 Auth (#12)",
            "Dependencies - Auth (#12)",
            "Size: S - Blocked by: Auth (#12)",
            "🏷️ Size: S 🔒 Blocked by: Auth (#12)",
            "*Size:* S *Blocked by:* Auth (#12)",
            "<b>Size:</b> S &nbsp; <b>Blocked by:</b> Auth (#12)",
            "Phase 2 [blocked by: Auth #12]",
        ],
    );
    assert_all(
        "#12 #13",
        &[
            "Blocked by #12 and by #13.",
            "Depends on #12 as well as #13.",
            "Depends on #12, then #13.",
            "Depends on #12 (merged) and on #13",
            "Blocked by:\n✅ Auth (#12)\n⏳ Tokens (#13)",
            "BLOCKERS:\nAuth #12\nTokens #13",
            "**Blocked by:**\n\n🔴 Auth (#12)\n\n🔴 Tokens (#13)",
        ],
    );
    assert_all(
        "",
        &[
            "Please build it; requires: 16 GB RAM.",
            "The job takes long (requires: 2 Reviewers).",
            "1. Schema\n2. API (depends on: 1)\n3. UI (depends on: 2)",
            "Blocked by:\n\nThis fixes #5.",
            "Dependencies - see the lock file",
        ],
    );
}

#[test]
fn what_a_value_says_of_other_issues_does_not_block() {
    assert_all(
        "#12",
        &[
            "## Dependencies\n\n**Blocked by:**\n- Auth (#12)\n\n**Blocks:**\n- Page (#13)",
            "## Dependencies\n\n- **Blocked by:** #12\n- **Blocks:**\n  - #13\n  - #14",
            "## Dependencies\n\n- Blocked by #12\n- Blocks #13\n- Required by #13\n- Enables: #13\n- Downstream: #13",
            "## Dependencies\n\n- Parent: #5\n- Related: #6\n- Blocked by: #12",
            "Blocked by: #12, blocks #13",
            "> **Size:** S · **Blocked by:** #12 · **Epic:** #5",
            "## Blocked by\n\n- #12\n\nPart of #5",
            "## Blocked by\n\n- #12\n\n---\n\nCreated from PRD #5",
            "## Dependencies\n\n**Blocks:**\n- #13\n\n**Blocked by:**\n- #12",
        ],
    );
    // A rule between two lists sorts them.
    assert_all(
        "#12 #13",
        &[
            "## Blocked by\n\n- #12\n\n---\n\n- #13",
            "Blocked by: the parser (#12); see also #13",
        ],
    );
    assert_all(
        "",
        &[
            "### Blocks / Blocked by\n\n- Blocks: #13\n- Blocked by: none",
            "| # | Task | Depends on |\n|---|---|---|\n| 1 | Schema | - |\n| 2 | API | 1 |\n| 3 | UI | Step 1, 2 |",
            "| Step | What | Depends on |\n|---|---|---|\n| T1 | Schema | none |\n| T2 | API | T1 |",
        ],
    );
    assert_all(
        "#7 #12",
        &["| # | Task | Depends on |\n|---|---|---|\n| 1 | Schema | #7 |\n| 2 | API | 12 |"],
    );
}

#[test]
fn none_is_said_of_kinds_below_hints_and_in_more_languages() {
    assert_all(
        "",
        &[
            "### Dependencies\n\n* Internal: none.\n* External: none.",
            "### Dependencies\n\n- **Hard:** None\n- **Soft:** None",
            "### Blocked by\n\n_List any issues that must be completed first._\n\nNone",
            "### Blocked by\n\n> List any issues that block this\n\nNone",
            "### Blocked by\n\nList issues that must be done first:\n\n- none",
            "### Blocked by\n\n_List issues, e.g. #12._\n\nNone",
            "### Blocked by\n\n- Issue: \n- PR: ",
            "### Blocked by\n\n- [ ] Depends on other issues\n- [x] None",
            "Blocked by: #",
            "## Blocked by\n\n- ~~#12~~ done",
            "## Blocked by\n\n- ~~#12~~ (merged)\n- ~~#14~~ (merged)",
            "## Dependencies\n\n依存関係なし",
            "## Dependencies\n\n의존성 없음",
            "## Dependencies\n\nЗависимостей нет.",
            "## Dependencies\n\nBağımlılık yok",
            "## Dependencies\n\nEs gibt keine.",
            "## Dependencies\n\nNo tiene dependencias.",
            "## Blocked by\n\nStandalone — can start immediately.",
            "## Blocked by\n\nNo known external or internal technical dependencies.",
        ],
    );
    for (body, expected) in [
        (
            "### Dependencies\n\n- Internal: none\n- External: the auth team",
            "| External: the auth team",
        ),
        (
            "### Dependencies\n\n- Internal: none\n- External: #12",
            "#12",
        ),
        (
            "### Blocked by\n\n- [ ] Design approved",
            "| Design approved",
        ),
        ("### Blocked by\n\n_The auth team_", "| The auth team_"),
        ("## Dependencies\n\nAPI ключа нет", "| API ключа нет"),
        ("## Dependencies\n\nNone, once #12 is merged.", "#12"),
        ("## Dependencies\n\nNone (other than #12)", "#12"),
        ("Dependencies: Keine, außer #12", "#12"),
        ("Dependencies: 无（除 #12 外）", "#12"),
        ("## Blocked by\n\n- None for the API\n- UI: #12", "#12"),
        ("Blocked by: None. EDIT 12 Nov: blocked by #12", "#12"),
        ("Dependencies: None → blocked by #12 now", "#12"),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

#[test]
fn addresses_without_a_host_and_links_of_raw_html_are_followed() {
    for (body, expected) in [
        ("Blocked by: [Auth](../issues/12)", "#12"),
        ("Blocked by: [Auth](../../issues/12)", "#12"),
        ("Blocked by: [Auth](/o/w/issues/12)", "o/w#12"),
        ("Blocked by: [Auth](/o/w/pulls/12)", "o/w#12"),
        (
            "Blocked by: [the guide](/o/w/wiki/12)",
            "| [the guide](/o/w/wiki/12)",
        ),
        (
            "Blocked by: <a href=\"https://github.com/o/w/issues/12\">Auth</a>",
            "o/w#12",
        ),
        (
            "<p>Blocked by: <a class=\"x\" href='https://github.com/o/w/issues/12'>Auth</a></p>",
            "o/w#12",
        ),
        (
            "Blocked by <a href=\"https://github.com/o/w/issues/12\">#12</a>",
            "#12",
        ),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}
