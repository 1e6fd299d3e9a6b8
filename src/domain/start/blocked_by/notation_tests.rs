//! Notations inside and outside fields: ranges, emphasis around references, words of fields that are links.

use super::field_tests::assert_named;
use super::tests::read;

#[test]
fn a_range_names_everything_in_it_whatever_joins_its_ends() {
    for joint in [
        "-",
        "–",
        "—",
        "..",
        "...",
        "…",
        "~",
        "～",
        " 至 ",
        " 到 ",
        " to ",
        " TO ",
        "  to  ",
        " up to ",
        " through ",
        " thru ",
        " until ",
        " till ",
        " bis ",
        " à ",
        " a ",
        " al ",
        " hasta ",
        " tot ",
        " до ",
        " – ",
        " - ",
    ] {
        for (body, expected) in [
            (format!("Blocked by: #12{joint}#14"), "#12 #13 #14"),
            (
                format!("Blocked by: all of #12{joint}#14, and #20"),
                "#12 #13 #14 #20",
            ),
            (format!("Blocked by: _#12_{joint}**#14**"), "#12 #13 #14"),
            (format!("Blocked by: GH-12{joint}GH-14"), "#12 #13 #14"),
            (format!("Blocked by: a/b#12{joint}#14"), "a/b#12 #14"),
            (
                format!("Blocked by: a/b#12{joint}a/b#14"),
                "a/b#12 a/b#13 a/b#14",
            ),
            (format!("Blocked by: a/b#12{joint}c/d#14"), "a/b#12 c/d#14"),
            (format!("Blocked by: #14{joint}#12"), "#14 #12"),
            (
                format!(
                    "Blocked by: [#12](https://github.com/a/b/issues/12){joint}[#14](https://github.com/a/b/issues/14)"
                ),
                "#12 #13 #14 a/b#12 a/b#14",
            ),
            (format!("## Blocked by\n\n- #12{joint}#14"), "#12 #13 #14"),
            (format!("It is blocked by #12{joint}#14."), "#12 #13 #14"),
            (
                format!("It depends on a/b#12{joint}a/b#14 and #20."),
                "a/b#12 a/b#13 a/b#14 #20",
            ),
        ] {
            // Words directly behind a name are part of it, and so is a sign.
            let is_name = body.contains("GH-12")
                || body.contains("_#12_")
                || body.contains(&format!("{joint}a/b"))
                || body.contains(&format!("{joint}c/d"));
            if is_name && !joint.starts_with(' ') {
                continue;
            }
            assert_eq!(sorted(&read(&body)), sorted(expected), "{body:?}");
        }
    }
}

fn sorted(named: &str) -> Vec<&str> {
    let mut words: Vec<&str> = named.split(' ').collect();
    words.sort_unstable();
    words
}

#[test]
fn the_end_of_a_range_needs_no_sign_where_a_number_follows() {
    assert_named(&[
        ("Blocked by: #12 to 14", "#12 #13 #14"),
        ("Blocked by: #12-14", "#12 #13 #14"),
        ("Blocked by: #12–14, #20", "#12 #13 #14 #20"),
        ("Blocked by: 12-14", "#12 #13 #14"),
        ("Blocked by: 12–14", "#12 #13 #14"),
        ("Blocked by: 12 to 14", "#12 #13 #14"),
        ("Blocked by: 12 bis 14", "#12 #13 #14"),
        ("Blocked by: 3, 12..14", "#3 #12 #13 #14"),
        ("Blocked by: issues 12 to 14", "#12 #13 #14"),
        ("Blocked by: tickets 12-14", "#12 #13 #14"),
        ("Blocked by: Issues #12 to #14", "#12 #13 #14"),
        ("## Blocked by\n\n- 12-14 (schema)", "#12 #13 #14"),
        // No ranges.
        ("Blocked by: #12 to 14 days of work", "#12"),
        ("Blocked by: #12 to be merged", "#12"),
        ("Blocked by: #12 to the end of #14", "#12 #14"),
        ("Blocked by: #12 until Monday", "#12"),
        ("Blocked by: #12 - 3 days", "#12"),
        ("Blocked by: #12 - the parser, #14 - the printer", "#12 #14"),
        ("Blocked by: #12 (moved to #14)", "#12 #14"),
        ("Blocked by: 12-14 weeks of work", "| 12-14 weeks of work"),
        ("Blocked by: 2024-10-12", "| 2024-10-12"),
        ("Blocked by: version 12-14", "| version 12-14"),
        ("It is blocked by #12 to be safe, see #14.", "#12"),
        ("It depends on #12 to 14 days of work", "#12"),
    ]);
}

#[test]
fn emphasis_around_a_reference_is_no_part_of_it() {
    for mark in ["_", "__", "___", "*", "**", "***", "_**", "**_"] {
        let end: String = mark.chars().rev().collect();
        for (reference, expected) in [
            ("#13", "#13"),
            ("!13", "#13"),
            ("GH-13", "#13"),
            ("a/b#13", "a/b#13"),
            ("https://github.com/a/b/issues/13", "a/b#13"),
            ("[#13](https://github.com/a/b/issues/13)", "#13 a/b#13"),
        ] {
            for body in [
                format!("Blocked by: {mark}{reference}{end}"),
                format!("Blocked by: the parser, {mark}{reference}{end}."),
                format!("## Blocked by\n\n- {mark}{reference}{end} the parser"),
                format!("It is blocked by {mark}{reference}{end}."),
            ] {
                assert_eq!(read(&body), expected, "{body:?}");
            }
        }
        for body in [
            format!("Blocked by: {mark}13{end}"),
            format!("Blocked by: 12, {mark}13{end}"),
        ] {
            assert!(read(&body).ends_with("#13"), "{body:?}: {}", read(&body));
        }
    }
    assert_named(&[
        ("Blocked by: #13_draft", "| #13_draft"),
        ("Blocked by: #13_draft_", "| #13_draft"),
        ("Blocked by: #13a", "| #13a"),
        ("Blocked by: 13_000 rows", "| 13_000 rows"),
        ("Blocked by: _none_", ""),
        ("Blocked by: __the parser__", "| the parser__"),
        ("Blocked by: a_b/c_d#13", "a_b/c_d#13"),
    ]);
}

#[test]
fn the_words_of_a_field_may_be_a_link() {
    assert_named(&[
        ("[Blocked by](https://docs.example/blocked): #13", "#13"),
        ("[Blocked by:](https://docs.example/blocked) #13", "#13"),
        (
            "[Blocked by](https://docs.example/blocked): the parser, #13",
            "#13",
        ),
        (
            "**[Blocked by](https://docs.example/blocked):** x #13",
            "#13",
        ),
        (
            "[**Depends on**](https://docs.example/blocked): x #13",
            "#13",
        ),
        ("- [Depends on](docs/blocked.md \"Help\"): x #13", "#13"),
        (
            "## [Blocked by](https://docs.example/blocked)\n\n- x #13",
            "#13",
        ),
        ("## [Blocked by](https://docs.example/blocked)\n\nNone", ""),
        (
            "**[Blocked by](https://docs.example/blocked)**\n\n- x #13",
            "#13",
        ),
        (
            "[Blocked by / Depends on](https://docs.example): x #13",
            "#13",
        ),
        ("[Blocked by][d]: x #13\n\n[d]: https://docs.example", "#13"),
        (
            "<a href=\"https://docs.example\">Blocked by</a>: x #13",
            "#13",
        ),
        ("| [Blocked by](https://docs.example) | x #13 |", "#13"),
        ("[Blocked by](https://docs.example): none", ""),
        (
            "[Blocked by](https://docs.example): the parser",
            "| the parser",
        ),
        ("It is [blocked by](https://docs.example) #13.", "#13"),
        // A link that leads to an issue names it.
        (
            "[Blocked by](https://github.com/a/b/issues/12): #13",
            "a/b#12 #13",
        ),
        (
            "It is [blocked by](https://github.com/a/b/issues/12).",
            "a/b#12",
        ),
        (
            "[Blocked by #12](https://github.com/a/b/issues/12)",
            "#12 a/b#12",
        ),
        // Other words are no field.
        ("[Blocked users](https://docs.example): #13", ""),
        ("[How requires works](https://docs.example): #13", ""),
        (
            "[Dependencies of the parser](https://docs.example): #13",
            "",
        ),
    ]);
}
