//! Where a notation ends: one character more or less, and it would be another.

use super::field_tests::assert_named;

#[test]
fn a_definition_counts_where_its_address_could_be_one() {
    assert_named(&[
        ("Blocked by [schema]\n\n[schema]: the-design", ""),
        (
            "Blocked by: [the schema]\n\n[The Schema]: <see://the plan>",
            "| [the schema]",
        ),
        (
            "Blocked by: [the schema]\n\n[The Schema]: #plan",
            "| [the schema]",
        ),
    ]);
}

#[test]
fn the_first_line_below_a_field_says_how_far_its_value_goes() {
    assert_named(&[
        ("**Blocked by**\n\nThe schema\nis #9", "#9"),
        ("Blocked by: (\n- 3", "#3"),
        ("- **Blocked by**\n  the design\n\n  12", "| the design"),
        ("- **Blocked by**\n the design\n\n #12", "| the design"),
        ("**Depends on**\n\n<dd", ""),
    ]);
}

#[test]
fn a_range_goes_up_and_has_the_same_blanks_on_both_sides() {
    assert_named(&[
        ("Blocked by #2..#1", "#2"),
        ("Blocked by #4 to #3.", "#4"),
        ("Blocked by #4 to #4.", "#4"),
        ("Blocked by: 12 to 12", "| 12 to 12"),
        ("Blocked by: 12-12", "| 12-12"),
        ("Blocked by: 2 - 3", "| 2 - 3"),
        ("Blocked by: 2- 3", "| 2- 3"),
        ("Blocked by: 2 -3", "| 2 -3"),
        ("Blocked by: 2\u{2013} 3", "| 2\u{2013} 3"),
        ("Blocked by: 2 \u{2014}3", "| 2 \u{2014}3"),
        ("Blocked by: 2- the parser", "#2"),
        ("Blocked by: 2-3", "#2 #3"),
        ("Blocked by: #k 3, 2..4", "#2 #3 #4 | #k"),
    ]);
}

#[test]
fn nothing_is_a_word_of_its_own() {
    assert_named(&[
        ("Blocked by: no)thing", "| no)thing"),
        (
            "Blocked by: \u{65e0}#\u{8bbe}\u{8ba1}",
            "| #\u{8bbe}\u{8ba1}",
        ),
        ("Blocked by: \u{65e0}", ""),
        ("# Blocked by\nNo<#4", "#4"),
        ("## Blocked by\nNone<br>#4", "#4"),
        ("## Blocked by\n<p>None</p>", ""),
    ]);
}

#[test]
fn the_words_of_a_field_may_be_a_link_or_a_cell() {
    assert_named(&[
        ("[Blocked by]() #3", "#3"),
        ("[Blocked by]()3", ""),
        ("Blocked by <td> the design", "| the design"),
        ("<tr><th>Blocked by</th><td>12</td></tr>", "#12"),
        ("Blocked by<td>12", "#12"),
        ("Depends on<dd>the design", "| the design"),
        ("| Blocked by | the design", "| the design"),
    ]);
}

#[test]
fn a_table_has_as_many_rules_as_cells_and_ends_where_its_last_row_does() {
    assert_named(&[
        ("| Blocked by\n|---|\n| 12", "#12"),
        ("|Blocked by\n--|\n|#7", "#7"),
        ("Blocked by | why\n--|\n", "| why"),
        ("Blocked by\n--|\na|", ""),
        ("Blocked by a | why\n--|--\n#3 | x", ""),
        ("Blocked by, | why\n--|--\n#3 | x", "#3"),
        ("Blocked by / | why\n--|--\n#3 | x", "#3"),
        // A line of one cell is a row as well, as long as rows follow.
        (
            "| Ticket | Blocked by |\n|---|---|\n| #1 | #2 |\nnote\n| #3 | #4 |",
            "#2 #4",
        ),
        (
            "Blocked by | why\n---|---\n#7 | a\nthe design\n#8 | b",
            "#7 #8",
        ),
        ("Blocked by | why\n---|---\n#7 | a\nThat is all.", "#7"),
        (
            "Blocked by | why\n---|---\n#7 | a\n## Notes\nuse a | b",
            "#7",
        ),
        (
            "Blocked by | why\n---|---\n#7 | a\n- a note\nuse a | b",
            "#7",
        ),
        ("Blocked by | why\n---|---\n#7 | a\n\nuse a | b", "#7"),
    ]);
}

#[test]
fn each_field_of_a_section_says_for_itself_whether_there_is_none() {
    assert_named(&[
        (
            "## Dependencies\n\n- **Blocked by:** None\n- **Depends on:** the schema work (#12)",
            "#12",
        ),
        (
            "## Dependencies\n\n- Blocked by: n/a\n- Depends on: PR #12",
            "#12",
        ),
        (
            "## Dependencies\n\n- Blocked by: None\n- **Requires:** Auth (#12), Shell (#13)",
            "#12 #13",
        ),
        (
            "## Blocked by\n\nNone\n\n**Depends on:** the vendor contract",
            "| the vendor contract",
        ),
        (
            "## Dependencies\n\n### Hard\n\nNone\n\n### Soft\n\nAuth (#12)",
            "#12",
        ),
        (
            "## Dependencies\n\n- Depends on: #12\n- Blocked by: None",
            "#12",
        ),
        (
            "## Dependencies\n\n- Blocked by: None\n- Depends on: nothing",
            "",
        ),
        ("## Blocked by\n\nNone\n\nThis follows the schema work", ""),
    ]);
}

#[test]
fn what_is_said_behind_none_counts_where_it_says_blocked_by() {
    assert_named(&[
        ("## Blocked by\n\nNone\n\nUpdate: blocked by #12", "#12"),
        ("## Blocked by\n\nNone.\n\nBlocked by #12", "#12"),
        (
            "## Blocked by\n\nNone\n\nThis depends on #12 though.",
            "#12",
        ),
        ("Blocked by: None, except #12", "#12"),
        ("Blocked by: None \u{2014} except #12", "#12"),
        ("Blocked by: None (only #12)", "#12"),
        ("Blocked by: Nothing, just #12", "#12"),
        ("Blocked by: none - after #12 merges", "#12"),
        ("Blocked by: None \u{2014} can start immediately", ""),
        ("Blocked by: None (see #12)", ""),
    ]);
}

#[test]
fn what_is_missing_is_a_blocker_and_no_blocker_is_none() {
    assert_named(&[
        ("### Blocked by\n\nNo API key yet", "| No API key yet"),
        (
            "Blocked by: no staging environment",
            "| no staging environment",
        ),
        (
            "Blocked by: No decision yet on the schema",
            "| No decision yet on the schema",
        ),
        ("Blocked by: No known blockers", ""),
        ("Blocked by: no open tickets", ""),
        ("Blocked by: No dependencies", ""),
        ("Blocked by: no", ""),
        ("Blocked by: No, can start at once", ""),
    ]);
}

#[test]
fn code_as_a_value_can_not_be_read() {
    assert_named(&[
        ("### Blocked by\n\n```text\n#12\n```", "| \u{2026}"),
        ("Blocked by:\n```\n#12\n```", "| \u{2026}"),
        ("### Blocked by\n\n```\nnone\n```", ""),
        ("### Blocked by\n\n#12\n\n```\n#13\n```", "#12"),
        ("Do it.\n\n```\n#12\n```\n\nBlocked by: none", ""),
    ]);
}

#[test]
fn a_label_in_emphasis_has_its_value_below_and_may_say_how_many() {
    assert_named(&[
        ("**Blocked by:**\n\nAuth (#12), Shell (#13)", "#12 #13"),
        (
            "**Blocked by:**\n\nThe release of the API",
            "| The release of the API",
        ),
        ("**Blocked by:**\n\nnone", ""),
        ("**Blocked by:**\n\n- #12\n- #13", "#12 #13"),
        ("**Blocked by:** #12\n\nAuth (#13) is done.", "#12"),
        ("**Blocked by (2)**\n\n- #12\n- #13", "#12 #13"),
        (
            "<details>\n<summary>Dependencies (2)</summary>\n\n- #12\n- #13\n</details>",
            "#12 #13",
        ),
        ("<summary><b>Blocked by (2)</b></summary>\n\n- #12", "#12"),
    ]);
}
