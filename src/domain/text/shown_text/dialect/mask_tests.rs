//! What of a source the parser is not shown, mark by mark.

use super::{ADDRESS, Dialect};

#[test]
fn marks_that_mean_nothing_to_a_page_are_masked() {
    for (source, masked) in [
        // Behind a run of backticks that nothing closes, the second span of a length is none.
        ("x ``` a `b` c `d`", "x ``` a `b` c ,d,"),
        ("x ``` ``b`` `c` ``d``", "x ``` ``b`` `c` ,,d,,"),
        ("x `b` c `d`", "x `b` c `d`"),
        ("x ``` `b`\n\ny `c` `d`", "x ``` `b`\n\ny `c` `d`"),
        (
            "- ```\n  `\n  ```\n  x `b` `d`",
            "- ```\n  `\n  ```\n  x `b` `d`",
        ),
        (
            "- ```\n  a\n  ```\n  x ``` `b` `d`",
            "- ```\n  a\n  ```\n  x ``` `b` ,d,",
        ),
        ("x \\` `b` `d`", "x \\` `b` `d`"),
        ("x \\`a``` `b` `d`", "x \\`a``` `b` ,d,"),
        ("x `` \\` `b` `d`", "x `` \\` `b` ,d,"),
        ("# x ``` `b`\ny `c` `d`", "# x ``` `b`\ny `c` `d`"),
        (
            "|x ``` `b`|y `c` `d`|\n|-|-|",
            "|x ``` `b`|y `c` `d`|\n|-|-|",
        ),
        ("- x ``` `b`\n- y `c` `d`", "- x ``` `b`\n- y `c` `d`"),
        // Only a name in capitals and a blank make a declaration, or the beginning of a line.
        (
            "see <!b> and <!X> and <!X y>",
            "see ,!b> and ,!X> and <!X y>",
        ),
        ("<!b", "<!b"),
        ("> <!b", "> <!b"),
        ("1. <!b", "1. <!b"),
        ("a <!-- x -->", "a <!-- x -->"),
        ("<<!b>", "<,!b>"),
        ("[^n]: <!b", "[^n]: <!b"),
        ("a [^n]: <!b", "a [^n]: <!b"),
        ("[^<!b>", "[^,!b>"),
        ("b<!X>", "b,!X>"),
        // Labels of footnotes, where they are defined, hold brackets.
        ("[^[]: a", "[^.]: a"),
        ("a[^[b] \n\n[^[b]: c", "a,,,,, \n\n[^.b]: c"),
        ("x[^a`b]: c\n\n[^a`b]: d", "x,,,,,,: c\n\n[^a.b]: d"),
        ("a [^[b] c", "a [^[b] c"),
        ("    [^n][\n\n[^n]: c", "    [^n][\n\n[^n]: c"),
        ("a[^m][b\n\n[^n]: c", "a[^m][b\n\n[^n]: c"),
        ("a[^n][b", "a[^n][b"),
        // Bare addresses hold marks, up to the punctuation at their end.
        ("http://a.b/[x](y) [z](y)", "http://a.b/,x,(y) [z](y)"),
        ("www.a.b/*x* *y*", "www.a.b/,x* *y*"),
        ("www.a_b.c/[x](y)", "www.a_b.c/[x](y)"),
        ("www.a_b.c.d/[x](y)", "www.a,b.c.d/,x,(y)"),
        ("http://a_b/[x](y)", "http://a_b/[x](y)"),
        ("http://ab/[x](y)", "http://ab/,x,(y)"),
        ("http://a\\_b/[x](y)", "http://a\\_b/[x](y)"),
        ("www.ab/[x](y)", "www.ab/[x](y)"),
        ("www.a\\.b/[x](y)", "www.a,.b/,x,(y)"),
        ("xwww.a.b/[x](y)", "xwww.a.b/[x](y)"),
        ("(www.a.b/[x](y)", "(www.a.b/,x,(y)"),
        ("xhttp://a.b/[x](y)", "xhttp://a.b/[x](y)"),
        ("1http://a.b/[x](y)", "1http://a.b/,x,(y)"),
        ("> www.a.b/[x](y)", "> www.a.b/,x,(y)"),
        ("[http://a.b/[x](y)", "[http://a.b/[x](y)"),
        ("\\[http://a.b/[x](y)", "\\[http://a.b/,x,(y)"),
        ("[a\\]http://a.b/[x](y)", "[a\\]http://a.b/[x](y)"),
        ("http://a.b/[x](y)<z", "http://a.b/,x,(y)<z"),
        ("http://a.b/x*. y", "http://a.b/x*. y"),
        ("http://a.b/(x_)_", "http://a.b/(x,)_"),
        ("http://a.b/x&amp;*", "http://a.b/x&amp;*"),
        ("`http://a.b/[x]`", "`http://a.b/[x]`"),
        ("[[]www.a.b/[x]](y)", "[[]www.a.b/[x]](y)"),
        ("ftp://a.b/!x", "ftp://a.b/,x"),
        (
            "www.a.b/ www.c.d/[x](y)\n\nwww.e.f/[x](y)",
            "www.a.b/ www.c.d/,x,(y)\n\nwww.e.f/,x,(y)",
        ),
        ("![www.a.b/[x]](y)", "![www.a.b/[x]](y)"),
        ("    http://a.b/[x](y)", "    http://a.b/[x](y)"),
        ("*www.a.b/[x](y)*", "*www.a.b/,x,(y)*"),
        ("http://-a/[x](y)", "http://-a/,x,(y)"),
        ("www.-/[x](y)", "www.-/[x](y)"),
    ] {
        assert_eq!(Dialect::of(source).masked, masked, "{source:?}");
    }
}

#[test]
fn references_are_found_before_a_bracket_too() {
    for (source, references) in [
        ("a[^n][b\n\n[^n]: c", vec![("n", 1)]),
        ("a[^n] b[^N][c\n\n[^n]: c", vec![("n", 1), ("N", 7)]),
        ("    [^n][\n\n[^n]: c", vec![]),
        ("```\n[^n][\n```\na[^n][b\n\n[^n]: c", vec![("n", 15)]),
        (
            "- ```\n  [^n][\n  ```\n  a[^n][b\n\n[^n]: c",
            vec![("n", 23)],
        ),
        ("a[^m][b\n\n[^n]: c", vec![]),
        ("a[^n](b\n\n[^n]: c", vec![("n", 1)]),
        ("a[^n][b", vec![]),
        ("a*b*[^n][c]\n\n[^n]: c", vec![("n", 4)]),
        ("[^ [^n][b\n\n[^n]: c", vec![("n", 3)]),
        ("a[^n][^n][b\n\n[^n]: c", vec![("n", 1), ("n", 5)]),
        ("a [^x *b* [^n][c\n\n[^n]: d", vec![("n", 10)]),
    ] {
        let dialect = Dialect::of(source);
        let found: Vec<(&str, usize)> = dialect
            .references
            .iter()
            .map(|(label, place)| (label.as_str(), place.start))
            .collect();
        assert_eq!(found, references, "{source:?}");
        for (label, place) in &dialect.references {
            assert_eq!(source[place.clone()], format!("[^{label}]"));
        }
    }
}

#[test]
fn addresses_in_brackets_that_are_still_open_are_in_doubt() {
    for (source, is_in_doubt) in [
        ("[[]www.a.b/[x]](y)", true),
        ("[[]http://[", true),
        ("[[]www.]()", true),
        ("[[]\nwww.]", false),
        ("[][]()http://`", false),
        ("[\\]http://a.b/](y)", false),
        ("`[` [] http://a.b/[x]", false),
    ] {
        let doubts = Dialect::of(source).doubts;
        assert_eq!(doubts.contains(ADDRESS), is_in_doubt, "{source:?}");
    }
    // An address in every block is masked at once; as many as this in one block are not.
    let many = |separator: &str| ["http://a.b/*"; 9].join(separator);
    assert!(!Dialect::of(&many("\n\n")).is_unsure);
    assert!(Dialect::of(&many("x ")).is_unsure);
}
