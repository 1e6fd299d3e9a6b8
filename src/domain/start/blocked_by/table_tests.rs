//! Tables with a column of blockers, and tables that look like them.

use super::field_tests::assert_named;

#[test]
fn a_column_under_the_words_of_a_field_holds_its_values() {
    assert_named(&[
        ("| Blocked by | why |\n|---|---|\n| #12 | schema |", "#12"),
        (
            "| Ticket | Depends on |\n|---|---|\n| #1 | nothing |\n| #2 | #12 |",
            "#12",
        ),
        (
            "| Ticket | **Blocked by** |\n|:--|--:|\n| #1 | the parser (#12) |",
            "#12",
        ),
        (
            "| Ticket | Blocked by | Note |\n|---|---|---|\n| #1 | #12, #13 | #14 |",
            "#12 #13",
        ),
        (
            "| Ticket | Blocked by | Depends on |\n|---|---|---|\n| #1 | #12 | #13 |",
            "#12 #13",
        ),
        ("| Blocked by |\n|---|\n| #12 |\n| #13 |", "#12 #13"),
        (
            "| Blocked by | why |\n|---|---|\n| 12 | 3 tables |\n| 13 | 4 rows |",
            "#12 #13",
        ),
        ("| Blocked by | why |\n|---|---|\n| x #12 | PR # |", "#12"),
        ("Blocked by | why\n---|---\n#12 | schema", "#12"),
        ("Ticket | Blocked by\n---|---\n#1 | #12", "#12"),
        (
            "> | Ticket | Blocked by |\n> |---|---|\n> | #1 | #12 |",
            "#12",
        ),
        (
            "| # | Dependencies |\n|---|---|\n| 1 | - |\n| 2 | 12-13 |",
            "#12 #13",
        ),
        (
            "| [Blocked by](https://docs.example) | why |\n|---|---|\n| #12 | schema |",
            "#12",
        ),
        (
            "| Blocked by (hard) | why |\n|---|---|\n| #12 | schema |",
            "#12",
        ),
        (
            "| Blocked by | why |\r\n|---|---|\r\n| #12 | schema |\r\n\r\n#9",
            "#12",
        ),
        // What follows a table is read from its end on.
        (
            "A\n\nB\n\nBlocked by:\n\n| ticket | why |\n|---|---|\n| #12 | schema |\n| #13 | parser |\n\nDepends on: #14\n\n#9",
            "#12 #13 #14",
        ),
        (
            "A\n\nB\n\n**Blocked by**\n\n| ticket | why |\n|---|---|\n| #12 | schema |\n\nDepends on: #14\n\nBlocked by: #15\n\n#9",
            "#12 #14 #15",
        ),
        // Below a label and a heading as well.
        (
            "Blocked by:\n\n| ticket | why |\n|---|---|\n| #12 | schema |\n\n#9",
            "#12",
        ),
        (
            "**Blocked by**\n\n| ticket | why |\n|---|---|\n| #12 | 3 tables |",
            "#12",
        ),
        (
            "Blocked by:\n| Ticket | Depends on |\n|---|---|\n| #1 | #12 |",
            "#12",
        ),
        (
            "Blocked by: #7\n\n| ticket | why |\n|---|---|\n| #12 | schema |",
            "#7",
        ),
        (
            "Blocked by: none\n\n| ticket | why |\n|---|---|\n| #12 | schema |",
            "",
        ),
        (
            "Blocked by:\n\n| Parent | #9 |\n|---|---|\n| Blocked by | #12 |",
            "#9 #12",
        ),
        (
            "## Blocked by\n\n| Ticket | Depends on |\n|---|---|\n| #1 | nothing |\n| #2 | the parser, #12 |",
            "#12",
        ),
        (
            "## Blocked by\n\n| Blocked by | why |\n|---|---|\n| #12 | schema |",
            "#12",
        ),
        (
            "## Dependencies\n\n| Ticket | Depends on |\n|---|---|\n| #1 | nothing |\n| #2 | #12 |",
            "#12",
        ),
        (
            "## Plan\n\n| Ticket | Depends on |\n|---|---|\n| #1 | #12 |\n\n## Notes\n\n#9",
            "#12",
        ),
    ]);
}

#[test]
fn a_column_says_that_there_is_none_cell_by_cell() {
    assert_named(&[
        (
            "| Ticket | Depends on |\n|---|---|\n| #1 | nothing |\n| #2 | none |\n| #3 | - |\n| #4 | — |\n| #5 | |",
            "",
        ),
        (
            "| Blocked by | why |\n|---|---|\n| none | all is ready |",
            "",
        ),
        ("| Blocked by | why |\n|---|---|", ""),
        (
            "| Ticket | Depends on |\n|---|---|\n| #1 | the parser |",
            "| the parser",
        ),
        (
            "| Ticket | Depends on |\n|---|---|\n| #1 | nothing |\n| #2 | the parser |",
            "| the parser",
        ),
        (
            "| Ticket | Depends on |\n|---|---|\n| #1 | #12 |\n| #2 | the parser |",
            "#12",
        ),
        (
            "| Ticket | Depends on |\n|---|---|\n| #1 | ~~#12~~ |\n| #2 | #13 |",
            "#13",
        ),
        (
            "| Ticket | Depends on |\n|---|---|\n| #1 | \\#12 \\| x |\n| #2 | none |",
            "#12",
        ),
    ]);
}

#[test]
fn tables_of_keys_and_values_stay_what_they_are() {
    assert_named(&[
        ("| Blocked by | #12 |\n|---|---|\n| Parent | #9 |", "#12"),
        ("| Blocked by | none |\n|---|---|\n| Parent | #9 |", ""),
        (
            "| Blocked by | the team |\n|---|---|\n| Depends on | #13 |\n| Parent | #9 |",
            "#13",
        ),
        (
            "| Field | Value |\n|---|---|\n| Blocked by | #12 |\n| Parent | #9 |",
            "#12",
        ),
        (
            "| | |\n|---|---|\n| Blocked by | #12 |\n| Parent | #9 |",
            "#12",
        ),
        (
            "| Key | Value |\n|---|---|\n| Blocked by | none |\n| Parent | #9 |",
            "",
        ),
    ]);
}

#[test]
fn a_sentence_ends_with_its_row() {
    assert_named(&[
        (
            "| Ticket | What it depends on |\n|---|---|\n| #1 | nothing |",
            "",
        ),
        ("| Ticket | It is blocked by |\n|---|---|\n| #1 | #12 |", ""),
        ("It is blocked by\n|---|---|\n| #1 |", ""),
        ("| a | b |\n|---|---|\n| x | blocked by |\n| #1 | y |", ""),
        (
            "| a | b |\n|---|---|\n| x | blocked by #12 |\n| #1 | y |",
            "#12",
        ),
        (
            "| a | Depends on |\n|---|---|\n| blocked by #12 | #13 |",
            "#13 #12",
        ),
        // Not a table: what is shown is a sentence.
        ("It is blocked by\n#12", "#12"),
    ]);
}
