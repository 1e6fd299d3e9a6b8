//! Fields in the middle of lines, and what only looks like one.

use super::tests::read;

#[test]
fn fields_in_the_middle_of_a_line_are_read() {
    for body in [
        "P1<br>Blocked by: Auth (#12)",
        "P1<br/>**Blocked by:** Auth (#12)",
        "<ul><li>Size: S</li><li>Blocked by: Auth (#12)</li></ul>",
        "<details><summary>Blocked by: Auth (#12)</summary></details>",
        "**Size:** S | **Blocked by:** Auth (#12)",
        "Size: S • Blocked by: Auth (#12)",
        "Size: S · Depends on: Auth (#12)",
        "**Size:** S **Blocked by:** Auth (#12)",
        "Size: S — Blocked by: Auth (#12)",
        "Size: S / Blocked by: Auth (#12)",
        "Size: S, blocked by: Auth (#12)",
        "Priority: high    Blocked by: Auth (#12)",
        "Priority: high\tBlocked by: Auth (#12)",
        "Add the page (depends on: Auth, #12).",
        "Please build it. Blocked by: Auth (#12) and more.",
        "サイズ: S、Blocked by：Auth (#12)",
        "Blocked by: none | Depends on: Auth (#12)",
        "Blocked by: none; depends on: Auth (#12)",
        // What follows in the list is another item.
        "- P1<br>Blocked by: Auth (#12)\n- Related: #7",
        "  * P1 | Blocked by: Auth (#12)\n  * Related: #7",
    ] {
        assert_eq!(read(body), "#12", "{body:?}");
        // Words that the reader of sentences does not know.
        let requires = body
            .replace("Blocked by", "Requires")
            .replace("blocked by", "requires")
            .replace("Depends on", "Requires")
            .replace("depends on", "requires");
        assert_eq!(read(&requires), "#12", "{requires:?}");
    }
    assert_eq!(
        read("Size: S | Blocked by: the auth team"),
        "| the auth team"
    );
    assert_eq!(read("P1<br>Blocked by: none<br>Owner: bob"), "");
    // In a row of a table a sentence, and no field.
    assert_eq!(read("| a | Size: S, blocked by: #12 |"), "#12");
    for body in [
        "Set up the build; requires: Node 20",
        "The page says \"blocked by: nothing\", which is wrong.",
        "It is unblocked by: the release, #12",
        "Size | Blocked by | Owner",
    ] {
        assert_eq!(read(body), "", "{body:?}");
    }
}

#[test]
fn words_between_a_field_and_its_reference_hide_none() {
    for body in [
        "- Blocked by → Auth (#12)",
        "- Depends on => the Auth work (#12)",
        "- **Blocked by** Auth (#12)",
        "**Depends on** the Auth work (#12)",
        "<b>Depends on</b> the Auth work (#12)",
        "**Blocked by** (1)\n\n- Auth (#12)",
        "**Blockers?**\n\n- Auth (#12)",
        "**Blocked by these issues**\n\n- Auth (#12)",
        "**Depends on the following tickets**\n\n- Auth (#12)",
        "Blocked by:\n\nThese need to land first:\n\n- Auth (#12)",
        "Blocked by:\n\nMust be merged before this:\n\n- Auth (#12)",
    ] {
        assert_eq!(read(body), "#12", "{body:?}");
    }
    for body in [
        "**Depends on** the Auth work.",
        "Blocked by:\n\nWhat has to be done in this ticket:\n\n- foo (#3)",
        "Blocked by → the release",
    ] {
        assert_eq!(read(body), "", "{body:?}");
    }
}

#[test]
fn none_is_said_in_sentences_boxes_and_below_questions() {
    for body in [
        "### Blockers?\n\nNo",
        "### Known blockers?\n\nNone that I know of",
        "### Blockers?\n\n_No response_",
        "### Blockers\n\n- [ ] Yes\n- [x] No",
        "### Dependencies\n\n- [ ] Ja\n- [x] Nein",
        "## Blockers\n\nThere are no blockers.",
        "## Blockers\n\nThere are currently none.",
        "## Dependencies\n\nThis task has no dependencies.",
        "Blockers: there are none",
        "Blockers: we have none",
        "## Dependencies\n\nThis issue doesn't depend on anything.",
        "## Dependencies\n\nIt does not depend on other issues.",
        "## Dependencies\n\nThis one isn't blocked.",
    ] {
        assert_eq!(read(body), "", "{body:?}");
    }
    for (body, expected) in [
        ("## Blocked by\n\n- [ ] No\n- [x] Yes", "| Yes"),
        ("## Blocked by\n\n- [ ] #12\n- [x] #13", "#12 #13"),
        ("## Blockers\n\nThere are no blockers besides #12.", "#12"),
        (
            "## Dependencies\n\nThis issue does not depend on other issues but #12.",
            "#12",
        ),
        (
            "## Dependencies\n\nThere is no API key yet.",
            "| There is no API key yet.",
        ),
        (
            "## Dependencies\n\nCurrently no API key",
            "| Currently no API key",
        ),
        ("## Blocked by\n\n?", "| ?"),
        ("Blocked by: ?", "| ?"),
        (
            "## Blockers\n\nThis is the parser.",
            "| This is the parser.",
        ),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

#[test]
fn remarks_in_definitions_are_not_shown_and_name_nothing() {
    for (body, expected) in [
        (
            "## Blocked by\n\n[//]: # (List issues, e.g. #12)\n\nNone",
            "",
        ),
        (
            "## Blocked by\n[//]: # (List issues, e.g. #12)\n[//]: # (One per line, #13)\n\n#14",
            "#14",
        ),
        ("[comment]: <> (Blocked by: #12)", ""),
        ("[//]: <> \"Blocked by: #12\"", ""),
        // In a paragraph the page shows them.
        ("Blocked by: Auth,\n[//]: # (#12)", "#12"),
        // What could be an item is none.
        ("## Blocked by\n\n[#12]: # (Auth)", "#12"),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}
