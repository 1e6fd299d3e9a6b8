//! Fields: the bodies of the field with their right values, and siblings of each kind.

use super::tests::read;

pub(super) fn assert_named(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(body, expected)| read(body) != *expected)
        .map(|(body, expected)| format!("{body:?}: {:?} instead of {expected:?}", read(body)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bodies_from_the_field_name_what_they_mean() {
    assert_named(&[
        (
            "**Blocked by:** #1 - Bootstrap scaffold, #2 - Auth",
            "#1 #2",
        ),
        (
            "**Blocked by:** #02 Shell (outer + i18n + theme), #03 Bar",
            "#2 #3",
        ),
        ("Blocked by: Team A's #12, B's #13", "#12 #13"),
        ("## Blocked by / Depends on\n- #12", "#12"),
        ("## Blockers\n\n- #12", "#12"),
        (
            "## Blocked by\n\n| ticket | why |\n|---|---|\n| #12 | schema |",
            "#12",
        ),
        ("Depends on #12", "#12"),
        ("## Dependencies\n\n- Depends on: #3 (models)", "#3"),
        ("Blocked by: 12, 13", "#12 #13"),
        ("## Blocked by\n\n- Issue 01 (Plain-text ingest)", "#1"),
        (
            "## Blocked by\n\n- Phase 1 of the importer",
            "| Phase 1 of the importer",
        ),
        ("## Blocked by\n\n无（前沿票）。", ""),
        ("## Blocked by\n\nNone — can start immediately.", ""),
        ("## Blocked by\n\n- ~~#4~~ done\n- #5", "#5"),
    ]);
}

#[test]
fn the_words_of_a_field_are_known_in_any_case_and_dress() {
    for words in [
        "Blocked by",
        "Blocked on",
        "Depends on",
        "Depends upon",
        "Requires",
        "Dependencies",
        "Blockers",
    ] {
        for (line, expected) in [
            (format!("{words}: #12"), "#12"),
            (format!("{}: x #12", words.to_uppercase()), "#12"),
            (format!("{}: x #12", words.to_lowercase()), "#12"),
            (format!("- {words}: x #12"), "#12"),
            (format!("* [ ] {words}: x #12"), "#12"),
            (format!("- [x] {words}: x #12"), "#12"),
            (format!("3. {words}: x #12"), "#12"),
            (format!("> {words}: x #12"), "#12"),
            (format!("> - **{words}:** x #12"), "#12"),
            (format!("**{words}**: x #12"), "#12"),
            (format!("_{words}_: x #12"), "#12"),
            (format!("***{words}:*** x #12"), "#12"),
            (format!("🚧 {words}: x #12"), "#12"),
            (format!("⛔️ **{words}**: x #12"), "#12"),
            (format!(":construction: {words}: x #12"), "#12"),
            (format!("<b>{words}:</b> x #12"), "#12"),
            (format!("<strong>{words}</strong>: x #12"), "#12"),
            (format!("{words} : x #12"), "#12"),
            (format!("{words}：x #12"), "#12"),
            (format!("{words} (hard): x #12"), "#12"),
            (format!("{words} issues: x #12"), "#12"),
            (format!("| **{words}** | x #12 |"), "#12"),
            (format!("# {words}\nx #12"), "#12"),
            (format!("###### {words}\n\nx #12"), "#12"),
            (format!("## {words} ##\n\nx #12"), "#12"),
            (format!("## {words}:\n\nx #12"), "#12"),
            (format!("## 🔒 {words}\n\nx #12"), "#12"),
            (format!("## **{words}**\n\nx #12"), "#12"),
            (format!("## 2. {words}\n\nx #12"), "#12"),
            (format!("> ## {words}\n>\n> x #12"), "#12"),
            (format!("<h3>{words}</h3>\n\nx #12"), "#12"),
            (format!("{words}\n----\n\nx #12"), "#12"),
            (format!("{words}\n====\nx #12"), "#12"),
            (format!("## {words} #12"), "#12"),
            (format!("**{words}**\n\n- x #12"), "#12"),
            (format!("Text.\r\n\r\n{words}: x #12\r\nText."), "#12"),
            (format!("{words}: the parser"), "| the parser"),
            (format!("## {words}\n\nthe parser"), "| the parser"),
            (format!("{words}: none"), ""),
            (format!("{words}:"), ""),
            (format!("## {words}\n\n## Notes\n#12"), ""),
        ] {
            assert_eq!(read(&line), expected, "{line:?}");
        }
    }
    for joined in [
        "Blocked by / Depends on",
        "Dependencies and blockers",
        "Dependencies & Blockers",
        "Depends on, requires",
        "Blocked by or depends upon",
        "Blockers/Dependencies/Requires",
    ] {
        for body in [
            format!("## {joined}\n\n- x #12"),
            format!("{joined}: x #12"),
        ] {
            assert_eq!(read(&body), "#12", "{body:?}");
        }
    }
}

#[test]
fn other_lines_are_no_fields() {
    assert_named(&[
        ("Requires #12", ""),
        ("This requires: #12", ""),
        ("## Unblocked by\n#12", ""),
        ("## Notes on blockers\n#12", ""),
        ("Requirements: #12", ""),
        ("Dependencies-update: #12", ""),
        ("Blockersome: #12", ""),
        ("Requires2: #12", ""),
        ("Blocked by Anna: #12", ""),
        ("## Requires2\n\n#12", ""),
        ("Blocks: #12", ""),
        ("## Blocks\n\n- #12", ""),
        ("| Blocked by | Task |\n|---|---|\n| x #12 | a |", "#12"),
    ]);
}

#[test]
fn every_reference_of_a_value_counts() {
    assert_named(&[
        (
            "Blocked by: the parser (#1), then octo-org/gadgets#2 and GH-3; see also !4",
            "#1 octo-org/gadgets#2 #3 #4",
        ),
        (
            "Blocked by: https://github.com/a/b/issues/1 (parser) and [the bar](https://github.com/a/b/pull/2)",
            "a/b#1 a/b#2",
        ),
        ("Blocked by: #007, #08", "#7 #8"),
        ("Blocked by: [#1], (#2), \"#3\", *#4*", "#1 #2 #3 #4"),
        ("Blocked by: @alice's #12 → #13", "#12 #13"),
        (
            "Depends on: #1 — Bootstrap\n- #2 — Auth\n- the rest: #3\n\nSee #9",
            "#1 #2 #3",
        ),
        (
            "Depends on:\n\n1. parser, #1\n2. bar\n   in #2\n\nSee #9",
            "#1 #2",
        ),
        (
            "Depends on:\n- [ ] #1 a\n- [x] b #2\n  - c #3\n\nText #9",
            "#1 #2 #3",
        ),
        ("Depends on: #1,\n#2", "#1 #2"),
        ("Depends on: parser #1,\nbar #2\nSee #9", "#1 #2"),
        ("Depends on:\nthe parser, #1\nSee #9", "#1"),
        (
            "## Blockers\n\nFirst the parser #1.\n\nThen:\n\n* bar #2\n\n> #3\n\n## Notes\n#9",
            "#1 #2 #3",
        ),
        (
            "## Blockers\n\n### Hard\n- #1\n\n### Soft\n- #2\n\n## Notes\n#9",
            "#1 #2",
        ),
        ("## Blockers\n- #1\n### Notes\n- #9", "#1"),
        ("## Blockers\n---\n\n- #1", "#1"),
        ("## Blockers\n\n---\n\n- #1", "#1"),
        ("## Blockers\n\n- the parser\n---\n- #1", "#1"),
        (
            "## Blockers\n| | |\n|:-:|--|\n| parser | #1 |\n| bar | a/b#2 |",
            "#1 a/b#2",
        ),
        ("## Blockers\nticket | why\n--- | ---\n#1 | schema", "#1"),
        ("## Blockers #1\n- #2", "#1 #2"),
        ("Blocked by: #1\nDepends on: #2\nRequires: #3", "#1 #2 #3"),
        ("Blocked by: #1 #2  #3", "#1 #2 #3"),
        ("Blocked by: #1\n- parser #2", "#1 #2"),
        ("Blocked by (see #1): x #2", "#1 #2"),
        ("**Blocked by (a/b#1)**: x #2", "a/b#1 #2"),
        ("Blocked by (#1) and the parser: x #9", "#1"),
        ("Blocked by: #1\n--|--\n#9", "#1"),
        ("Blocked by: sunblocks: #1", "#1"),
        ("## Blockers\n\nWe wait.\n\n- the parser, #1", "#1"),
        ("- Blocked by:\n\t- #1", "#1"),
        ("- Blocked by:\n  the parser, #1\n\n  #9", "#1"),
        ("Blocked by:\nthe parser #1: slow", "#1"),
        ("Blocked by:\n#1: slow", "#1"),
        ("Blocked by:\nall that is on the list: #1", "#1"),
        ("Blocked by: #0", "| #0"),
        ("Blocked by: #1 and #backend", "#1 | #backend"),
        (
            "Blocked by: https://codeberg.org/a/b/issues/1",
            "| https://codeberg.org/a/b/issues/1",
        ),
        ("Blocked by: #1, see https://docs.example/page", "#1"),
    ]);
}

#[test]
fn fields_end_where_others_begin() {
    assert_named(&[
        ("- Blocked by: #1\n- Parent: #9\n- Estimate: 3", "#1"),
        ("- Blocked by:\n  - #1\n  - #2\n- Part of #9", "#1 #2"),
        ("- Blocked by: #1,\n  bar #2\n- Part of #9", "#1 #2"),
        ("Blocked by: #1\nParent: #9", "#1"),
        ("Blocked by:\nParent: #9", ""),
        ("Blocked by:\nNotes on #9\n-----\nText", ""),
        ("- Blocked by:\nSee #9", ""),
        ("Blocked by: none\n\n- #9", ""),
        ("Blocked by: No release before #1\n\n- #2", "#1 #2"),
        ("Blocked by: none\n\n- [ ] mend #9", ""),
        ("Blocked by: #1\n\n- [ ] mend #9", "#1"),
        ("Blocked by: #1\n\n- #2\n- #3", "#1 #2 #3"),
        ("Blocked by: #1\n---\n#9", "#1"),
        ("Blocked by: #1 | Blocks: #9", "#1"),
        ("**Blocked by:** #1; **Blocks:** #9", "#1"),
        (
            "## Dependencies\n- Blocked by: #1\n- Blocks: #9\n- **Unblocks**: #8",
            "#1",
        ),
        ("## Dependencies\n- Blocks: #9", ""),
        (
            "## Blocked by\n\nNone — can start immediately.\n\nWe looked at #9.",
            "",
        ),
        ("## Blocked by\n\nNone.\n- #5", "#5"),
        (
            "Blocked by: #1\n\nIt is also blocked by #2 and #3, not #9.",
            "#1 #2 #3",
        ),
    ]);
}

#[test]
fn bare_numbers_count_at_the_beginning_of_an_item() {
    assert_named(&[
        ("Blocked by: 12", "#12"),
        ("Blocked by: 12 and 13 & 14; 15 / 16", "#12 #13 #14 #15 #16"),
        ("Blocked by: 12/13", "#12 #13"),
        ("Blocked by: 12 13", "#12 #13"),
        ("## Blocked by\n\n12, 13 and 14", "#12 #13 #14"),
        ("Blocked by: 12 | 13", "#12 #13"),
        ("Blocked by: 1/d", "| 1/d"),
        ("Blocked by: PR3", "| PR3"),
        ("Blocked by: (3)", "| (3)"),
        ("Blocked by: 012", "#12"),
        ("Blocked by: 12 - Bootstrap 3, 13 - Auth", "#12 #13"),
        ("Blocked by: 12 (parser), 13: bar, 14.", "#12 #13 #14"),
        ("## Blocked by\n\n- 12\n- 13 Bar\n- **14**", "#12 #13 #14"),
        ("## Blocked by\n\n1. 12\n2. 13", "#12 #13"),
        (
            "Blocked by: issue 12, Ticket 13, PR 14, no. 15",
            "#12 #13 #14 #15",
        ),
        ("Depends on: issues 12 and 13", "#12 #13"),
        ("Blocked by: #12 (3 parts), #13 2 of them", "#12 #13"),
        (
            "## Blocked by\n| ticket | days |\n|--|--|\n| 12 | 5 |\n| #13 | 6 |",
            "#12 #13",
        ),
        ("Blocked by: 2 weeks of waiting", "| 2 weeks of waiting"),
        (
            "Blocked by: 1.5, 2026-01-05, 12th, 50%",
            "| 1.5, 2026-01-05, 12th, 50%",
        ),
        ("Blocked by: 0", "| 0"),
        ("Blocked by: Node 18", "| Node 18"),
        ("Blocked by: step 2", "| step 2"),
        ("It is blocked by 12.", ""),
    ]);
}

#[test]
fn values_that_name_nothing_are_named_unless_they_say_none() {
    assert_named(&[
        ("Blocked by: TBD", "| TBD"),
        ("Blocked by: ?", "| ?"),
        ("Blocked by: JIRA-123", "| JIRA-123"),
        (
            "Blocked by: the release of *gadgets*",
            "| the release of *gadgets*",
        ),
        ("Blocked by: @alice", "| @alice"),
        ("Requires: Node 22", "| Node 22"),
        ("## Dependencies\n\n- serde\n- tokio", "| serde"),
        (
            "## Blockers\n\nWaiting for legal.\n\n---\n",
            "| Waiting for legal.",
        ),
        ("Blocked by: `feature-x`", "| …"),
        ("Blocked by: <3 days>", "| <3 days>"),
        ("Blocked by: ::parser", "| ::parser"),
        ("Blocked by: / :", ""),
        (
            "## Blockers\n\n| ticket | why |\n|---|---|\n| parser | slow |",
            "| parser | slow |",
        ),
        ("## Blockers\n\nthe parser\n|", "| the parser"),
        ("## Blockers\n\nthe parser\n-- or so", "| the parser"),
        ("## Blockers\n---\nthe parser", "| the parser"),
        ("## Blockers\n\nthe parser\n\nNothing else.", "| the parser"),
        ("## Blockers\n\nthe parser\n\n—", "| the parser"),
        (
            "Blocked by:\n- the parser\n- no other tickets",
            "| the parser",
        ),
        ("## Blockers\n\nNo tickets.\n\nWe may start.", ""),
        ("## Requires care\n\nSee the guide.", ""),
        ("Blocked by: no-one knows", "| no-one knows"),
        ("Blocked by: None", ""),
        ("**Blocked by:** None (was #4)", ""),
        ("Blocked by: _none_", ""),
        ("Blocked by: `none`", ""),
        ("Blocked by: —", ""),
        ("Blocked by: -", ""),
        ("Blocked by: N/A", ""),
        ("Blocked by: n.a.", ""),
        ("Blocked by: Nothing, really", ""),
        ("Blocked by: no", ""),
        ("Blocked by: No blockers", ""),
        ("Blocked by: No release before #12", "#12"),
        ("### Blocked by\n\n_No response_", ""),
        ("## Blocked by\n\n- None", ""),
        ("## Blocked by\n- [ ] n/a", ""),
        ("Depends on: keine", ""),
        (
            "Depends on: Keine — kann sofort beginnen (#9 ist fertig)",
            "",
        ),
        ("Depends on: aucune", ""),
        ("Depends on: ninguna", ""),
        ("Depends on: nenhuma", ""),
        ("Depends on: nessuno", ""),
        ("Depends on: geen", ""),
        ("Depends on: brak", ""),
        ("Depends on: нет", ""),
        ("Depends on: なし（すぐ始められる）", ""),
        ("Depends on: 없음", ""),
        ("Depends on: 没有", ""),
        ("Depends on: yok", ""),
        ("Depends on: không", ""),
    ]);
}

#[test]
fn code_struck_text_and_comments_do_not_count() {
    assert_named(&[
        ("Blocked by: ~~#4~~", ""),
        ("Blocked by: ~~#4~~, #5", "#5"),
        ("~~Blocked by: #4~~", ""),
        ("~Blocked by #4~", ""),
        ("Blocked by: <del>#4</del> #5", "#5"),
        ("Blocked by: <s>#4, #6</s> #5", "#5"),
        ("Blocked by <strike>#4</strike>", ""),
        ("Blocked by: `#4` #5", "#5"),
        ("Write `blocked by #4` there", ""),
        ("```\nBlocked by: #4\n```\nBlocked by: #5", "#5"),
        ("~~~md\n## Blocked by\n- #4\n~~~", ""),
        ("Text.\n\n    Blocked by: #4\n\nText.", ""),
        ("## Blocked by\n\n```\n#4\n```\n\n- #5", "#5"),
        ("## Blocked by\n\n<!-- #4, or None -->\n\nNone", ""),
        ("## Blocked by\n\n<!-- list tickets -->\n", ""),
        ("Blocked by: <!-- #4 --> #5", "#5"),
        ("## Blocked by\n\n<!--\nname the tickets\n- #4\n-->\n", ""),
        ("## Blocked by\n\n<!--\n- #4\n-->\nNone", ""),
        ("> ## Blocked by\n> <!-- a\n> - #4\n> -->\n> - #5", "#5"),
        ("<!--\nBlocked by: #4\n-->\nBlocked by: #5", "#5"),
        (
            "<div>\n<del>\nBlocked by: #4\n</DEL>\nBlocked by: #5\n</div>",
            "#5",
        ),
        ("<p>Blocked by: <s class=\"x\">#4</s> #5</p>", "#5"),
        ("Blocked by: <del>`#4`", "| …"),
        ("Blocked by: <del>a ~~#4~~ b #5", "#5"),
        ("Blocked by: <b>#4</b> </s> #5", "#4 #5"),
        ("Blocked by: ~~`#4` #6~~ <s>`none` #7</s> #5", "#5"),
        (
            "<p>\nBlocked by<!-- x -->: the parser\n</p>",
            "| the parser",
        ),
        ("## Blockers\n\n<!-->\n", ""),
        // These end at once, or never.
        ("<!-->\nBlocked by: #4\n-->", "#4"),
        ("<!--->\nBlocked by: #4\n-->", "#4"),
        ("<div><!--\nBlocked by: #4\n</div>", "#4"),
        ("<div><del>\nBlocked by: #4\n<!-- #5 -->\n</div>", "#4"),
        ("<section>\nBlocked by: #4\n</section>", "#4"),
        // What is not closed is not struck, and a comment without an end counts.
        ("Blocked by: ~~#4", "#4"),
        ("Blocked by: <del>#4", "#4"),
        ("Blocked by: a `#4", "#4"),
    ]);
}

#[test]
fn siblings_of_the_bodies_from_the_field() {
    assert_named(&[
        // What says "none".
        ("Blocked by: nothing at the moment", ""),
        ("Blocked by: currently none", ""),
        ("Blocked by: at the moment nothing, see #12", ""),
        ("Blocked by: n / a", ""),
        ("Blocked by: ✅ None", ""),
        ("Blocked by: [none]", ""),
        ("Blocked by: —none—", ""),
        ("Blocked by: derzeit keine", ""),
        ("Blocked by: pas de blocage", ""),
        ("Blocked by: 目前无", ""),
        ("Blocked by: 현재 없음", ""),
        ("Blocked by: नहीं", ""),
        ("Blocked by: currently the parser", "| currently the parser"),
        (
            "Blocked by: can start immediately",
            "| can start immediately",
        ),
        // Dress.
        ("> - [ ] **Blocked by:** #12", "#12"),
        ("1. **Depends on**: #12\n2. Other: #13", "#12"),
        ("### 🚧 Blocked By (2)\n\n- #12", "#12"),
        ("## Dependencies / blocked by:\n\n* a/b#12", "a/b#12"),
        (
            "## Blocked by\n\n<ul><li>#12</li><li>#13</li></ul>",
            "#12 #13",
        ),
        (
            "<table><tr><td>Blocked by</td><td>#12</td></tr></table>",
            "#12",
        ),
        ("<dl><dt>Depends on</dt><dd>a/b#12</dd></dl>", "a/b#12"),
        (
            "| Field | Value |\n|---|---|\n| Blocked by | #12, #13 |\n| Blocks | #14 |",
            "#12 #13",
        ),
        ("Blocked-by: #12", "#12"),
        ("blockedBy: #12", "#12"),
        ("blocked_by: [12, 13]", "#12 #13"),
        ("depends_on:\n  - 12\n  - 13", "#12 #13"),
        ("Blocked&nbsp;by&#58; &#35;12", "#12"),
        ("B\u{200B}locked by\u{AD}: #1\u{2060}2", "#12"),
        ("Blocked by → #12", "#12"),
        ("Blocked by = #12", "#12"),
        // Notations.
        (
            "Blocked by: https://github.com/a/b/issues/12#issuecomment-99",
            "a/b#12",
        ),
        (
            "Blocked by: [x](https://github.com/a/b/issues/12#issuecomment-9 \"t\")",
            "a/b#12",
        ),
        ("Blocked by: https://github.com/a/b/pull/12/", "a/b#12"),
        (
            "Blocked by: https://github.com/a/b/discussions/12",
            "| https://github.com/a/b/discussions/12",
        ),
        ("Blocked by: gh-12", "#12"),
        ("Blocked by: \\#12", "#12"),
        ("Blocked by: #12/#13", "#12 #13"),
        ("Blocked by #12/#13", "#12 #13"),
        ("Blocked by: #12|#13;#14、#15，#16", "#12 #13 #14 #15 #16"),
        ("Blocked by: #12's fix, then #13’s", "#12 #13"),
        ("Blocked by: #1234567890123", "| #1234567890123"),
        // Ranges.
        ("Blocked by: #12-#14", "#12 #13 #14"),
        ("Blocked by: tickets #12–#14, #20", "#12 #13 #14 #20"),
        ("Blocked by: #12 through #13", "#12 #13"),
        ("Blocked by: #12..#13", "#12 #13"),
        ("Blocked by: #14-#12", "#14 #12"),
        ("Blocked by: a/b#1-#3", "a/b#1 #3"),
        ("Blocked by: #12-13", "#12 #13"),
        ("Blocked by: #12-2026-01-05", "#12"),
        ("Blocked by: #12-3 (parts)", "#12"),
        // Lines that go on.
        ("Blocked by: #12\n    and #13", "#12 #13"),
        ("Blocked by: #12\n, #13\n& 14", "#12 #13 #14"),
        ("Blocked by: #12\nand then we look at #13", "#12"),
        // Nothing to look up.
        ("Blocked by: milestone 3", "| milestone 3"),
        ("Blocked by: v2.0", "| v2.0"),
        ("Blocked by: AB-12", "| AB-12"),
        ("Blocked by: @octocat", "| @octocat"),
        ("Blocked by: …", ""),
        ("Requires: Python 3.11", "| Python 3.11"),
    ]);
}

#[test]
fn hostile_fields_are_read_to_their_end() {
    for unit in [
        "Blocked by: ",
        "Blocked by:\n",
        "- Blocked by:\n",
        "## Blocked by\n",
        "> ",
        "**",
        "| a ",
        "|--",
        "a~~ ",
        "a` ",
        "<!--",
        "<del>",
        "Blocks: ",
        "Blocked by / ",
        "Blocked by: none ",
        "no ",
        "1 ",
        "(",
        ":a:",
        "<b>",
        "Blocked by:\n\n",
        "a\n---\n",
        "[a][a] ",
        "[a] [a]: https://github.com/a/b/issues/0\n",
        "[a]: https://github.com/a/b/issues/0\n",
        "• ",
        "needed by: a, ",
        "needed by: #0, ",
        "Blocks: a ",
        "<br>",
        "</b>",
        "b*",
        ":**<!---->",
        "\\:",
        "### Hard\n- a\n",
        "### a\n(#0)\n",
        "### a\n",
        "| Blocked by | a |\n|--|--|\n",
        "**Blocked by**\n\na\n",
        "none\u{308}",
        "<td>",
        "12 A, ",
        "Known blocking ",
        "# blocked by?\n",
        "(blocked by: x",
        "[blocked by: #0",
        "<a href=",
        "• blocked by: ",
        "blocks: a; ",
        "\n- **Blocks:**",
        "\n- a: none",
        "Risks & ",
        "\n✅ a (#0)",
        "none, blocked by ",
    ] {
        // Reading in time with the square of this length would not end.
        let body = unit.repeat(200_000 / unit.len()) + "\n\n## Blocked by\n\n- #7";
        let shorter = unit.repeat(40_000 / unit.len()) + "\n\n## Blocked by\n\n- #7";
        for body in [
            format!("Blocked by: {shorter}"),
            format!("## Blocked by\n\n{shorter}"),
            body,
        ] {
            let found = read_any(&body);
            assert!(found.0 || found.1.contains("#7"), "{unit:?}");
        }
    }
}

/// Whether too much is named, and what.
fn read_any(body: &str) -> (bool, String) {
    let found = super::BlockedBy::in_body(body, "github.com");
    let named: Vec<String> = found
        .references
        .iter()
        .map(|reference| format!("#{}", reference.number))
        .collect();
    (found.too_many, named.join(" "))
}
