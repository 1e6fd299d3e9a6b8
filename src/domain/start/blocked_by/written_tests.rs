//! What people commonly write: neither overlooked nor refused for nothing.

use super::field_tests::assert_named;

#[test]
fn words_that_say_none_swallow_no_references() {
    assert_named(&[
        ("Blocked by: Nav bar redesign (#41)", "#41"),
        ("Blocked by: Null-safety migration (#41)", "#41"),
        ("Blocked by: Nil deref fix #41", "#41"),
        ("Blocked by: Zero-downtime deploys #41", "#41"),
        ("Blocked by: NIC firmware #41", "#41"),
        ("Blocked by: NA rollout (#41)", "#41"),
        ("Blocked by: na #41", "#41"),
        ("Blocked by: None-aware merge #41", "#41"),
        ("Blocked by: `null` check #41", "#41"),
        ("Blocked by: 无障碍改造 (#41)", "#41"),
        ("Blocked by: 無限スクロール #41", "#41"),
        ("Blocked by:\n- Null handling (#41)\n- #13", "#41 #13"),
        ("## Blocked by\n\n- Null handling (#41)\n- #13", "#41 #13"),
        // Siblings.
        ("Blocked by: None of the above but #41", "#41"),
        ("Blocked by: None of those below, #41", "#41"),
        ("Blocked by: nothing but #41", "#41"),
        ("Blocked by: none #41", "#41"),
        ("Blocked by: Null, empty and missing (#41)", "#41"),
        ("Blocked by: `null`, `undefined` #41", "#41"),
        ("Blocked by: nil::Option #41", "#41"),
        ("Blocked by: Null/undefined deref #41", "#41"),
        ("Blocked by: **Null** deref #41", "#41"),
        ("Blocked by: Nav: redesign (#41)", "#41"),
        ("Blocked by: NIC (#41)", "#41"),
        ("Blocked by: NA (#41)", "#41"),
        ("Blocked by: CAP theorem note #41", "#41"),
        ("Blocked by: Rien de grave #41", "#41"),
        ("Blocked by: Nada client #41", "#41"),
        ("Blocked by: 无线模块 #41", "#41"),
        ("Blocked by: 没有 #41 就不行", "#41"),
        ("Blocked by: None <br> #41", "#41"),
        (
            "Depends on: nu wachten op team API",
            "| nu wachten op team API",
        ),
        ("Depends on: pas na de release", "| pas na de release"),
        ("Depends on: na de release", "| na de release"),
        ("Depends on: Nav bar redesign", "| Nav bar redesign"),
        ("Depends on: NIC firmware", "| NIC firmware"),
        ("Depends on: null-safety", "| null-safety"),
        ("Depends on: 无障碍改造", "| 无障碍改造"),
    ]);
}

#[test]
fn what_explains_none_is_still_ignored() {
    assert_named(&[
        ("Blocked by: None — can start after #4 is read", ""),
        ("Blocked by: None - see #4", ""),
        ("Blocked by: None. #4 was merged.", ""),
        ("Blocked by: None (was #4)", ""),
        ("Blocked by: None(was #4)", ""),
        ("Blocked by: None, #4 is done", ""),
        ("Blocked by: None: #4 is done", ""),
        ("Blocked by: None; #4 is done", ""),
        ("Blocked by: **None** (#4 is done)", ""),
        ("Blocked by: `None` — #4 is done", ""),
        ("Blocked by: None → #4", ""),
        ("Blocked by: None yet", ""),
        ("Blocked by: None of them any more", ""),
        ("Blocked by: NA", ""),
        ("Blocked by: NA.", ""),
        ("Blocked by: NA - can start", ""),
        ("Blocked by: null", ""),
        ("Blocked by: nu", ""),
        ("Blocked by: nav", ""),
        ("Blocked by: nic.", ""),
        ("Blocked by: zero blockers", ""),
        ("Blocked by: pas de blocage", ""),
        ("Blocked by: pas d’autre ticket", ""),
        ("Blocked by: nu există", ""),
        ("Blocked by: 无，#4 已完成", ""),
        ("Blocked by: 无阻塞项", ""),
        ("Blocked by: なし。#4は完了", ""),
        ("| Blocked by | None | see #4 |", ""),
        ("| Blocked by |None|#4|", ""),
    ]);
}

#[test]
fn none_is_known_in_more_languages_and_in_letters_that_come_apart() {
    for word in [
        "لا توجد",
        "cap",
        "nič",
        "brez",
        "کوئی نہیں",
        "नहीं",
        "Καμια",
        "ΚΑΝΕΝΑ",
        "…",
        "...",
        // A letter, and its mark behind it.
        "nic\u{30c}",
        "a\u{308}hnlich",
        "kho\u{302}ng co\u{301}",
        "κ\u{3b1}μι\u{301}α",
        "entfa\u{308}llt",
        "ne\u{301}ant",
        "nena\u{303}o",
        "na\u{303}o ha\u{301}",
        "z\u{307}adne",
        "hic\u{327}biri",
        "\u{110b}\u{1165}\u{11b9}\u{110b}\u{1173}\u{11b7}",
    ] {
        let expected = match word {
            "a\u{308}hnlich" | "nena\u{303}o" => format!("| {word}"),
            _ => String::new(),
        };
        for body in [
            format!("Blocked by: {word}"),
            format!("## Blocked by\n\n- {word}\n"),
        ] {
            assert_named(&[(&body, &expected)]);
        }
    }
    assert_named(&[
        ("Blocked by: Cap on uploads", "| Cap on uploads"),
        ("Blocked by: … #12", "#12"),
        ("Blocked by: …the parser", "| …the parser"),
    ]);
}

#[test]
fn labels_that_html_sets_apart_are_fields() {
    for tag in ["b", "strong", "u", "em", "i", "B"] {
        assert_named(&[
            (&format!("<{tag}>Blocked by</{tag}>\n\n- #12"), "#12"),
            (
                &format!("<p><{tag}>Depends on</{tag}></p>\n\n- x #12"),
                "#12",
            ),
            (&format!("<{tag}>Blocked by</{tag}><br>\n#12"), "#12"),
        ]);
    }
    assert_named(&[
        (
            "<details><summary>Blocked by</summary>\n\n- #12\n\n</details>",
            "#12",
        ),
        (
            "<details>\n<summary><b>Blocked by</b></summary>\n\nThe parser, #12,\nand #13.\n\n</details>\n\nSee #9",
            "#12 #13",
        ),
        ("<dl>\n<dt>Depends on</dt>\n<dd>#12</dd>\n</dl>", "#12"),
        (
            "<dl>\n<dt>Depends on</dt>\n<dd>parser: #12</dd>\n<dt>See</dt>\n<dd>#9</dd>\n</dl>",
            "#12",
        ),
        (
            "<table>\n<tr>\n<td>Blocked by</td>\n<td>#12</td>\n</tr>\n</table>",
            "#12",
        ),
        (
            "<table>\n<tr>\n<th>Blocked by</th>\n<td>the parser (#12)</td>\n</tr>\n</table>",
            "#12",
        ),
        (
            "<table>\n<tr>\n<th>Blocked by</th>\n<th>Task</th>\n</tr>\n</table>",
            "",
        ),
        ("**Blocked by**\n\nThe parser, #12", "#12"),
        ("- **Blocked by**\n\n  The parser, #12", "#12"),
        ("**Blocked by**\n\nNone\n\nSee #9", ""),
        ("**Blocked by**\n\n**Notes**\n\n- see #9", ""),
        ("**Blocked by**\n\nParent: #9", ""),
        ("<b>Blocked by</b>\n\n<b>Notes</b>\n\n- see #9", ""),
        ("It is <b>blocked by</b> the parser.\n\n- #9", ""),
    ]);
}

#[test]
fn blocking_counts_and_what_waits_for_this_does_not() {
    assert_named(&[
        (
            "## Blockers\n\n- **Blocking:** #12\n- Nice to have: #13",
            "#12 #13",
        ),
        ("## Dependencies\n- Blocking: #12", "#12"),
        ("Blocked by: #1; needed by: Friday; #12", "#1 #12"),
        ("Blocked by: #1, needed by: Friday, #12", "#1 #12"),
        ("Blocked by: #1 | Required by: #9 | #12", "#1 #12"),
        ("Blocked by: #1; required by: #8, #9", "#1"),
        ("Blocked by: #1; needed by: #8; needed by: #9; #2", "#1 #2"),
        ("## Dependencies\n- Required by: #9\n- Unblocks: #8", ""),
        ("Blocked by: needed by: Friday", ""),
        (
            "## Dependencies\n\n### Blocked by\n- #1\n\n### Blocks\n- #9",
            "#1",
        ),
    ]);
}

#[test]
fn headings_with_other_words_refuse_nothing_of_their_own() {
    assert_named(&[
        ("## Dependencies & risks\n\n- slow on large inputs", ""),
        ("## Dependencies / Assumptions\n\nUTF-8", ""),
        ("## Dependencies + notes\n\n- slow", ""),
        ("## Dependencies, risks\n\n- slow", ""),
        ("## Dependencies and risks\n\n- slow", ""),
        ("## Dependencies & risks\n\n- slow, see #12", "#12"),
        ("## Dependencies & Blockers\n\n- slow", "| slow"),
    ]);
}

#[test]
fn smaller_headings_go_on_only_when_they_sort_blockers() {
    assert_named(&[
        (
            "## Blocked by\n\n### Acceptance criteria\n- [ ] works as in #9",
            "",
        ),
        ("## Blocked by\n\n### Notes\nSee #9", ""),
        ("## Blocked by\n\n### Related\n- #9", ""),
        (
            "## Blocked by\n\n### Hard\n- the parser, #1\n### Soft\n- #2",
            "#1 #2",
        ),
        ("## Blocked by\n\n### Internal issues (2)\n- see #1", "#1"),
        (
            "## Blocked by\n\n### Parser team\n- #1\n- bar (#2)\n",
            "#1 #2",
        ),
        (
            "## Blocked by\n\n### Parser\n| a | b |\n|---|---|\n| #1 | c |\n",
            "#1",
        ),
        (
            "## Blocked by\n\n### #1 Parser\nIt is slow.\n### #2 Bar\nSee #3",
            "#1 #2 #3",
        ),
        ("## Blocked by\n\n- #1\n\n### Soft\n- x #2", "#1 #2"),
        ("## Blocked by\n\n- #1\n\n### Seen\n- #9", "#1"),
        ("## Blocked by\n\n### Parser\n\n## Notes\n#9", ""),
        ("## Blocked by\n\n- #1\n\n### Tasks\n- [ ] see #9", "#1"),
        ("## Blocked by\n\n### 3 Parsers\n- #1", "#1"),
    ]);
}

#[test]
fn a_value_that_was_taken_out_is_not_filled_from_the_text_below() {
    assert_named(&[
        ("Blocked by: ~~#4~~\nSee #9 for background", ""),
        ("Depends on: <!-- e.g. #12 -->\nCrash when saving.", ""),
        (
            "**Depends on:** <!-- e.g. #12 -->\nCrash when saving, see #9.",
            "",
        ),
        ("Blocked by: <del>#4</del>\nSee #9", ""),
        ("Blocked by: ~~#4~~\n- the parser, #5", "#5"),
        ("Blocked by: ~~#4~~\n#5 and #6", "#5 #6"),
        ("Blocked by: <!-- numbers -->\n\n- x #5", "#5"),
        ("Blocked by: ~~#4~~ #5", "#5"),
        ("Blocked by:\nthe parser, #5", "#5"),
        ("- Blocked by: ~~#4~~\n  See #9", ""),
        ("- Blocked by: ~~#4~~\n  #5", "#5"),
        ("It is blocked by: ~~#4~~ #5", "#5"),
    ]);
}

#[test]
fn links_that_are_defined_elsewhere_are_resolved() {
    assert_named(&[
        (
            "Blocked by: [the schema][1]\n\n[1]: https://github.com/o/r/issues/12",
            "o/r#12",
        ),
        (
            "Blocked by: [the schema]\n\n[the schema]: https://github.com/o/r/issues/12",
            "o/r#12",
        ),
        (
            "Blocked by: [the schema][]\n\n[The Schema]: <https://github.com/o/r/pull/12> \"t\"",
            "o/r#12",
        ),
        (
            "It is blocked by [the schema][1].\n\n[1]: https://github.com/o/r/issues/12",
            "o/r#12",
        ),
        (
            "## Blocked by\n\n- #1, as [told][]\n\n[told]: https://github.com/o/r/issues/9#issuecomment-1\n[docs]: https://github.com/o/r/issues/8",
            "#1 o/r#9",
        ),
        (
            "Blocked by: [the schema][1]\n\n[1]: https://tracker.example/X-1",
            "| [the schema](https://tracker.example/X-1)",
        ),
        ("Blocked by: [the schema][1]", "| [the schema][1]"),
        ("[1]: https://docs.example/page \"blocked by #12\"", "#12"),
        (
            "Blocked by: #1\n\n[1]: https://docs.example/blocked-by-#12",
            "#1",
        ),
        (
            "## Blocked by\n\n[#12]: https://github.com/o/r/issues/12",
            "#12 o/r#12",
        ),
    ]);
}

#[test]
fn other_ways_to_write_a_reference_are_read() {
    assert_named(&[
        ("It is blocked by \\#12 and \\#13.", "#12 #13"),
        ("It is blocked by \\[#12\\].", "#12"),
        ("Blocked by\\: #12", "#12"),
        ("**Depends on**\\: #12", "#12"),
        ("blocked\\_by: #12", "#12"),
        ("Depends on:\n• #12\n• the parser #13", "#12 #13"),
        ("Depends on:\n\n‣ #12\n‣ the parser #13", "#12 #13"),
        ("Depends on:\n◦ x #12\n◦ the parser #13", "#12 #13"),
        ("Depends on:\n– #12\n– the parser #13", "#12 #13"),
        ("Depends on:\n•\u{a0}x #12\n•the parser #13", "#12 #13"),
        ("• Depends on: #12\n• Part of #9", "#12"),
        ("It is blocked by:\n• the parser, #12", "#12"),
        ("Blocked by: –", ""),
        ("## Blocked by\n\n–\n", ""),
        ("Blocked by: https://github.com/a/b/pull/12/files", "a/b#12"),
        (
            "Blocked by https://github.com/a/b/pull/12/commits/abc1",
            "a/b#12",
        ),
        (
            "Blocked by [x](https://github.com/a/b/pull/12/checks?x=1)",
            "a/b#12",
        ),
        (
            "Blocked by: https://github.com/a/b/pulls/12/commits",
            "a/b#12",
        ),
        (
            "Blocked by https://github.com/a/b/issues/12/files",
            "| https://github.com/a/b/issues/12/files",
        ),
        ("Blocked by:<br>12<br>13", "#12 #13"),
        ("Blocked by:<br/>the parser<BR />13", "#13"),
        (
            "## Blocked by\n\n<ul><li>12</li><li>13</li></ul>",
            "#12 #13",
        ),
        ("**Block**ed by: #12", "#12"),
        ("**Block**ed **by**: #12", "#12"),
        ("**Depend**s on: #12", "#12"),
        ("| Dependencies | #12 |\n|---|---|\n| Parent | #9 |", "#12"),
        (
            "| **Blocked by** | the parser, #12 |\n|---|---|\n| Depends on | #13 |\n| Parent | #9 |",
            "#12 #13",
        ),
        ("| Blocked by | 12 |\n|---|---|\n| Parent | 9 |", "#12"),
        ("| Blocked by | PR # |\n|---|---|\n| x #12 | a |", "#12"),
    ]);
}
