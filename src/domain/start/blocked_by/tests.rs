use super::mention::MAX_LINK;
use super::*;
use crate::domain::repository::IssueNumber;

const HOST: &str = "github.com";

/// What a body names, written as `#1 o/n#2`, and what it names unreadably behind a bar.
pub(super) fn read(body: &str) -> String {
    let found = BlockedBy::in_body(body, HOST);
    assert!(!found.too_many, "{body:?}");
    let mut words: Vec<String> = found
        .references
        .iter()
        .map(|BlockerRef { repo, number }| match repo {
            Some((owner, name)) => format!("{owner}/{name}#{number}"),
            None => format!("#{number}"),
        })
        .collect();
    if !found.unreadable.is_empty() {
        words.push("|".to_owned());
        words.extend(found.unreadable);
    }
    words.join(" ")
}

#[test]
fn what_is_too_long_for_a_name_blocks_as_a_whole() {
    let path = "a/".repeat(129);
    let shown = &path[..100];
    for body in [
        format!("Blocked by\n- {path}"),
        format!("Blocked by {path}#7"),
        format!("Blocked by and/{path}"),
    ] {
        assert!(read(&body).contains("| "), "{body}");
    }
    assert_eq!(
        read(&format!("Blocked by\n- {path} #7")),
        format!("#7 | {shown}")
    );
    let fits = "a/".repeat(128);
    assert_eq!(read(&format!("Blocked by\n- {fits} #7")), "#7");
    let long = format!("https://github.com/{}", "x".repeat(MAX_LINK));
    let shown = &long[..100];
    assert_eq!(
        read(&format!("Blocked by [#7]({long}) and #8")),
        format!("#7 #8 | {shown}")
    );
}

#[test]
fn bodies_name_what_the_table_says() {
    for (body, expected) in [
        (
            "Blocked by #41, octo-org/gadgets#12 and #7",
            "#41 octo-org/gadgets#12 #7",
        ),
        ("blocked by: #41", "#41"),
        ("BLOCKED BY #41 & #42", "#41 #42"),
        (
            "**Blocked by:** #41; #42 + #43 / #44 or #45",
            "#41 #42 #43 #44 #45",
        ),
        ("Blocked-by: #41", "#41"),
        ("Blocked\nby #41,\n#42", "#41 #42"),
        (
            "Text before. Blocked by #41. See also #7.\n\nMore text, blocked by #3!",
            "#41 #3",
        ),
        ("Blocked by #41, #41, a/b#41 and A/B#41", "#41 a/b#41"),
        (
            "Blocked by issue #41 and PR !42 and gh-43 and forge/tea!44",
            "#41 #42 #43 forge/tea#44",
        ),
        ("Blocked by GH-4 #5 and GH-61. #7", "#4 #5 #61"),
        ("Blocked by #41 (the parser, needs #40), #12", "#41 #40 #12"),
        (
            "## Blocked by\n\n- #41 the parser\n- [ ] #42\n- [x] Login, a/b#43\n  and #44\n1. #45\n\nSee #46",
            "#41 #42 a/b#43 #44 #45 #46",
        ),
        (
            "Blocked by the following:\n* #41\n* #42\nSee #43",
            "#41 #42",
        ),
        ("Blocked by (#41) and [#42]", "#41 #42"),
        (
            "Blocked by [#41](https://github.com/a/b/issues/41)",
            "#41 a/b#41",
        ),
        (
            "Blocked by [the parser](https://GitHub.com/a/b/pull/41#top)",
            "a/b#41",
        ),
        (
            "Blocked by https://github.com/a/b/issues/41, <https://github.com/a/b/pull/42>.",
            "a/b#41 a/b#42",
        ),
        ("> Blocked by #41", "#41"),
        ("Blocked by\u{a0}#41", "#41"),
        ("Nicht blöd: blocked by #41", "#41"),
        // A blank line ends a list that has begun, and may stand before the list.
        ("Blocked by #41\n\n#42", "#41"),
        ("Blocked by #0\n\n#42", "| #0"),
        ("Blocked by:\n\n#42", "#42"),
        ("Blocked by:\n\n#41,\n#42\n\n#7", "#41 #42"),
        ("Blocked by\n#41,\n#42", "#41 #42"),
        ("Blocked by\n   \n#41", "#41"),
        ("Blocked by #1 and #2\n      \nBlocked by #3", "#1 #2 #3"),
        ("Blocked by #41.\n\nBlocked by\n#42", "#41 #42"),
        // A dash on the first line begins no list item, in which every reference counts.
        ("Blocked by - #41, not #7", "#41"),
        (
            "Blocked by\n#41 and the following:\n- #42, not #43",
            "#41 #42 #43",
        ),
        (
            "Blocked by a/b#41, a/c#41 and c/b#41",
            "a/b#41 a/c#41 c/b#41",
        ),
        // Addresses of other pages may stand in the remarks of a list item.
        (
            "Blocked by:\n- #41, as https://docs.example/page says",
            "#41",
        ),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

#[test]
fn a_list_is_read_whatever_earlier_lists_named() {
    for (body, expected) in [
        ("Blocked by #41.\n\n## Blocked by\n\n#42", "#42 #41"),
        ("Blocked by #0.\n\nBlocked by:\n\n#42\n\n#7", "#42 | #0"),
        ("Blocked by #41.\n\nBlocked by:\n#41\n\n#7", "#41"),
        (
            "Blocked by #41, which is blocked by #42, as is:\n- #43",
            "#41 #42 #43",
        ),
        (
            "Blocked by the parser. Blocked by #41 until:\n\ntext",
            "#41",
        ),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

#[test]
fn text_without_references_names_nothing() {
    for body in [
        "",
        "Blocked by the release",
        "blocked by",
        "Blocked by:\n\nSee #7",
        "Unblocked by #7",
        "Blocked bye #7",
        "Blockedby #7",
        "Blocked by GH-",
        "Blocked by GH-7abc",
        "Blocked #7",
        "Blocked by C# support",
        "Blocked by nothing! #7",
        "Blocked by:\n## Notes\n#7",
        "Blocked by the following:\n. #7",
        "Blocked by the release.\n- #7",
        "Blocked by octo-org/gadgets",
        "#7",
        "ſblocked by the release",
    ] {
        assert_eq!(read(body), "", "{body:?}");
    }
}

#[test]
fn references_that_can_not_be_looked_up_are_not_dropped() {
    for (body, expected) in [
        ("Blocked by #0", "| #0"),
        ("Blocked by #0, #0 and #backend", "| #0 #backend"),
        (
            "Blocked by #2147483647 and #2147483648",
            "#2147483647 | #2147483648",
        ),
        (
            "Blocked by #99999999999999999999999, #4",
            "#4 | #99999999999999999999999",
        ),
        ("Blocked by #12abc", "| #12abc"),
        ("Blocked by GH-0", "| GH-0"),
        ("Blocked by GH-2147483648", "| GH-2147483648"),
        (
            "Blocked by https://github.com/a/b/issues/+12",
            "| https://github.com/a/b/issues/+12",
        ),
        ("Blocked by #backend", "| #backend"),
        // Without what is nobody's to see.
        (
            "Blocked by: https://user:pa55word1@jira.example.com/browse/X-1",
            "| https:[redacted]@jira.example.com/browse/X-1",
        ),
        ("Blocked by: ghp_0123456789abcdefABCDEF", "| [redacted]"),
        ("Blocked by gadgets#12", "| gadgets#12"),
        ("Blocked by /b#12", "| /b#12"),
        ("Blocked by: ---#12", "| ---#12"),
        ("Blocked by a/b/c#12", "| a/b/c#12"),
        ("Blocked by ../b#12", "| ../b#12"),
        (
            "Blocked by https://codeberg.org/a/b/issues/41",
            "| https://codeberg.org/a/b/issues/41",
        ),
        (
            "Blocked by https://github.com/a/b/commit/41",
            "| https://github.com/a/b/commit/41",
        ),
        (
            "Blocked by https://github.com/a/b/issues/41/x",
            "| https://github.com/a/b/issues/41/x",
        ),
        (
            "Blocked by https://github.com/../b/issues/41",
            "| https://github.com/../b/issues/41",
        ),
        (
            "Blocked by https://github.com/a/../issues/41",
            "| https://github.com/a/../issues/41",
        ),
        (
            "Blocked by https://github.com/a/b/issues/0",
            "| https://github.com/a/b/issues/0",
        ),
        (
            "Blocked by https://tracker.example/X-1 and #4",
            "#4 | https://tracker.example/X-1",
        ),
        (
            "Blocked by [#4](https://codeberg.org/a/b/issues/4)",
            "#4 | https://codeberg.org/a/b/issues/4",
        ),
        ("Blocked by:\n- #0 first", "| #0"),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
}

#[test]
fn more_references_than_the_limit_are_said_to_be_too_many() {
    let named = |count: usize, prefix: &str| {
        let names: Vec<String> = (1..=count).map(|n| format!("#{prefix}{n}")).collect();
        BlockedBy::in_body(&format!("Blocked by {}", names.join(", ")), HOST)
    };
    for (count, shown, too_many) in [(50, 50, false), (51, 50, true)] {
        let readable = named(count, "");
        assert_eq!(
            (readable.references.len(), readable.too_many),
            (shown, too_many)
        );
        let unreadable = named(count, "x");
        assert_eq!(
            (unreadable.unreadable.len(), unreadable.too_many),
            (shown, too_many)
        );
    }
}

/// A range names everything in it, or too much: what lies between must not be lost.
#[test]
fn ranges_name_everything_between_their_ends() {
    for (body, expected) in [
        ("Blocked by: #3-#6", "#3 #4 #5 #6"),
        ("Blocked by: #3–5 and #9", "#3 #4 #5 #9"),
        ("Blocked by: #3-9th", "#3"),
        ("Blocked by: #3-9-2", "#3"),
        ("Blocked by: #6-#3", "#6 #3"),
    ] {
        assert_eq!(read(body), expected, "{body:?}");
    }
    for (last, too_many) in [(50, false), (51, true), (52, true), (9_000, true)] {
        let found = BlockedBy::in_body(&format!("Blocked by: #1-#{last}"), HOST);
        assert_eq!(
            (found.references.len(), found.too_many),
            (MAX_REFERENCES, too_many),
            "{last}"
        );
    }
}

#[test]
fn hostile_bodies_are_read_to_their_end() {
    for unit in [
        "blocked by ",
        "blocked by:\n- ",
        "blocked by [",
        "blocked by #",
        "- blocked-",
        "blocked by https://",
    ] {
        // Reading in time with the square of this length would not end.
        let body = unit.repeat(200_000 / unit.len()) + "x.\n\nBlocked by #7.";
        let found = BlockedBy::in_body(&body, HOST);
        let seven = BlockerRef {
            repo: None,
            number: IssueNumber(7),
        };
        assert!(
            found.too_many || found.references.contains(&seven),
            "{unit:?}"
        );
    }
}

#[test]
fn addresses_below_another_path_are_elsewhere() {
    let web = "forge.example:3000/git";
    let here = "https://forge.example:3000/git/acme/widgets/issues/5";
    for (body, web, references, unreadable) in [
        (format!("Blocked by: {here}"), web, 1, 0),
        (format!("It is blocked by {here}."), web, 1, 0),
        (
            format!("Blocked by [the other]({here}#issuecomment-1)"),
            web,
            1,
            0,
        ),
        (
            "Blocked by: https://forge.example:3000/git/acme/widgets/pulls/5/commits/abc"
                .to_owned(),
            web,
            1,
            0,
        ),
        // A forge at the root of the same host is another one, whatever the text is.
        (format!("Blocked by: {here}"), "forge.example:3000", 0, 1),
        (
            format!("It is blocked by {here}."),
            "forge.example:3000",
            0,
            1,
        ),
        (
            "Blocked by https://forge.example:3000/acme/widgets/issues/5".to_owned(),
            web,
            0,
            1,
        ),
        (
            "Blocked by https://elsewhere.example/deep/acme/widgets/pulls/5/files".to_owned(),
            web,
            0,
            1,
        ),
    ] {
        let found = BlockedBy::in_body(&body, web);
        let told = (found.references.len(), found.unreadable.len());
        assert_eq!(told, (references, unreadable), "{body} {web} {found:?}");
        for reference in &found.references {
            let repo = Some(("acme".to_owned(), "widgets".to_owned()));
            assert_eq!((&reference.repo, reference.number.0), (&repo, 5));
        }
    }
}

#[test]
fn a_repository_may_be_called_issues() {
    for name in ["issues", "pull", "pulls"] {
        let body = format!("Blocked by: https://github.com/acme/{name}/issues/5");
        let found = BlockedBy::in_body(&body, "github.com");
        let repo = Some(("acme".to_owned(), name.to_owned()));
        assert_eq!(found.references[0].repo, repo, "{found:?}");
    }
}
