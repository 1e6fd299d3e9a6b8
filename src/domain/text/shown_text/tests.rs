use super::*;

/// Hidden parts, unshown parts, and the text.
fn shown(source: &str) -> (usize, usize, String) {
    let shown = ShownText::of_markdown(source);
    assert_eq!(shown.hidden_characters, BTreeSet::new(), "{source:?}");
    (shown.removed_hidden, shown.removed_unshown, shown.text)
}

#[test]
fn text_that_a_page_shows_stays_as_it_is() {
    for source in [
        "",
        "Plain *text* with **marks**, ~~more~~ and `code`\\\nand two lines  \nof it",
        "# Heading\n\nSetext\n======\n\n***\n\n> quote\nlazy\n\n> [!NOTE]\n> look",
        "- tight \\* item\n- [ ] task\n  - nested\n\n1. loose\n\n2. list",
        "Literal `<!-- comment -->` and\n\n```html\n<!-- comment -->\n<script>x</script>\n[a]: b\n```\n\n    <!-- indented -->",
        "~~~\n<!-- a -->\n~~~",
        "\\<!-- not a comment --> and &lt;!-- neither --&gt;",
        "| a | b |\n|---|:-:|\n| `x` | c \\| d |",
        "[text](https://example.org/a_(b)) <https://example.org> https://example.org a@b.example",
        "![](https://example.org/a.png)",
        "<details open><summary>Log</summary>\n\ntext\n\n</details>\n\nH<sub>2</sub>O<br/>",
        "<img src=\"https://example.org/a.png\" width=\"100%\">",
        "Note[^1] here\n\n[^1]: The note.",
        "a < b && c > d, 1 <2, x<-y, <3",
        "- [a]\n- b\\\n  c",
    ] {
        assert_eq!(shown(source), (0, 0, source.to_owned()), "{source:?}");
    }
}

#[test]
fn hidden_parts_are_removed_and_counted() {
    for (source, hidden, expected) in [
        ("a <!-- x --> b", 1, "a  b"),
        ("a<!-- x\ny -->b<!-- z -->c", 2, "abc"),
        ("<!-- x -->\n\ntext", 1, "text"),
        ("<!-- x\n\n```\ny\n```\n-->\ntext", 1, "text"),
        ("text\n\n<!-- x", 1, "text"),
        ("text\n\n<!-- x\n\nmore", 1, "text"),
        ("<div><!-- x\n\nmore -->\n\nmore", 1, "<div>"),
        ("<div title=\"x\n\nmore", 1, ""),
        ("> <!-- x\n> y --> z\n\nend", 1, ">  z\n\nend"),
        ("- <!-- x -->\n- b", 1, "- \n- b"),
        ("<!--> a -->", 1, " a -->"),
        ("a <?x y?> b <!X y> c <![CDATA[ z ]]> d", 3, "a  b  c  d"),
        ("<script>\nx\n\ny</script> z", 1, " z"),
        ("a <script>x *y*</script> b", 1, "a  b"),
        ("a <style>x", 1, "a"),
        ("<svg><text>x</text></svg>", 1, ""),
        ("<bdo dir=\"rtl\">x</bdo>", 1, ""),
        ("</ x y>", 1, "</ x y>"),
        ("<div></ x y></div>", 1, "<div></div>"),
        ("text\n\n[//]: # (x)", 1, "text"),
        (
            "text\n\n[a]: <b>\n  \"x\n  y\"\n\nmore",
            1,
            "text\n\n\n\nmore",
        ),
        ("> [a]: b\n> c", 1, "> c"),
        ("- [a]: b\n  c", 1, "  c"),
        ("[a]\n\n[a]: b\n[A]: c \"x\"", 1, "[a](b)"),
        ("text\n\n[^1]: x [^1]", 1, "text"),
        ("a[^1]\n\n[^1]: b\n\n[^1]: x", 1, "a[^1]\n\n[^1]: b"),
        ("a [](https://example.org/x) b", 1, "a  b"),
        ("a [ ](b \"x\") c", 1, "a  c"),
        ("| a |\n|---|\n| b | x |", 1, "| a |\n|---|\n| b"),
    ] {
        if source == "</ x y>" {
            // Markdown shows it.
            assert_eq!(shown(source), (0, 0, source.to_owned()));
            continue;
        }
        let (found, _, text) = shown(source);
        assert_eq!((found, text.as_str()), (hidden, expected), "{source:?}");
    }
}

#[test]
fn entities_in_html_are_hidden_characters_when_they_stand_for_one() {
    for (source, hidden) in [
        ("<div>a&#x202e;b &lt; &nbsp;c</div>", vec!['\u{202e}']),
        ("<div title=\"a\">1 &lt; 2 &amp; x</div>", Vec::new()),
    ] {
        let shown = ShownText::of_markdown(source);
        assert!(shown.hidden_characters.iter().eq(&hidden), "{source:?}");
    }
}

#[test]
fn unshown_parts_are_left_out() {
    for (source, unshown, expected) in [
        ("![x](a.png)", 1, "![](a.png)"),
        ("![x *y* ![z](c)](a.png \"t\") d", 1, "![](a.png) d"),
        ("[a](b \"x\") c", 1, "[a](b) c"),
        ("<div>a</div title=\"x\">", 1, "<div>a</div>"),
        (
            "<div>1 <5 title=\"x\"> 2</div>",
            0,
            "<div>1 <5 title=\"x\"> 2</div>",
        ),
        ("[`a` *b*](<c d> 'x')", 1, "[`a` *b*](c%20d)"),
        ("[![x](a.png)](b)", 1, "[![](a.png)](b)"),
        ("[text][do x]\n\n[do x]: b (y)", 2, "[text](b)"),
        (
            "[text][] and [text]\n\n[text]: b",
            3,
            "[text](b) and [text](b)",
        ),
        ("![x][img]\n\n[img]: a.png", 2, "![](a.png)"),
        ("```rust do x\ncode\n```", 1, "```rust\ncode\n```"),
        (
            "~~~  rust title=\"x\"\ncode\n~~~",
            1,
            "~~~  rust\ncode\n~~~",
        ),
        ("> ```sh x y\n> code\n> ```", 1, "> ```sh\n> code\n> ```"),
        (
            "<img alt='x' src=a.png width=10 data-x=\"y\"/>",
            1,
            "<img src=\"a.png\" width=\"10\"/>",
        ),
        ("<p do evil>a</p >", 1, "<p>a</p >"),
        ("Vec<String>", 1, "Vec"),
        ("a </b x> c", 0, "a </b x> c"),
        ("<a href=\"do x\" HREF='b'>c</a>", 1, "<a HREF=\"b\">c</a>"),
    ] {
        let (hidden, found, text) = shown(source);
        assert_eq!(
            (hidden, found, text.as_str()),
            (0, unshown, expected),
            "{source:?}"
        );
    }
}

#[test]
fn entities_do_not_hide_characters() {
    for source in [
        "a&#x200B;b",
        "a&zwj;b",
        "a&#8203;b",
        "<div>a&#x202e;b</div>",
        "<div>a&#8203 b</div>",
        "<div>&shy;</div>",
        "[a](b&#xE0041;)",
        "![](b&#xE0041;)",
    ] {
        assert_eq!(
            ShownText::of_markdown(source).hidden_characters.len(),
            1,
            "{source:?}"
        );
    }
    assert_eq!(shown("`&zwj;` &amp;zwj;\n\n    &zwj;\n\n&nbsp;&copy;").0, 0);
}

#[test]
fn line_ends_become_plain() {
    assert_eq!(shown("a\r\nb\rc").2, "a\nb\nc");
}

#[test]
fn hostile_texts_take_linear_time() {
    for unit in [
        "[",
        "![",
        "[a](",
        "[a]: b\n",
        "[a][b] ",
        "<!--",
        "<",
        "</",
        "<a ",
        "<script>",
        "</script ",
        "<script></scripts>\n",
        "<div>\n</x",
        "&",
        "&#x200b",
        "`",
        "*a _b ",
        "> ",
        "- ",
        "| a ",
        "[^a]: ",
        "<a b=\"",
        "\u{200D}👨",
        "```a b\n",
    ] {
        let _ = ShownText::of_markdown(&unit.repeat(65_536 / unit.len()));
        let _ = ShownText::of_markdown(&format!("<script>\n{}", unit.repeat(65_536 / unit.len())));
    }
}

#[test]
fn no_text_is_too_strange() {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed, TestRunner};

    let mut runner = TestRunner::new(Config {
        cases: 4_000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Config::default()
    });
    let token = prop::sample::select(vec![
        "a",
        "é",
        "😀",
        " ",
        "  ",
        "    ",
        "\n",
        "\n\n",
        "\r\n",
        "\t",
        "<!--",
        "-->",
        "<",
        ">",
        "</",
        "/>",
        "<div>",
        "</div>",
        "<script>",
        "</script>",
        "<img alt=",
        "\"",
        "'",
        "=",
        "&#x200B;",
        "&amp;",
        "&",
        "[",
        "]",
        "(",
        ")",
        "![",
        "](b)",
        "]: b",
        "[a]",
        "[^1]",
        "[^1]: ",
        "`",
        "```",
        "~~~",
        "``` é x",
        "|",
        "|---|",
        "- ",
        "1. ",
        "> ",
        "# ",
        "*",
        "_",
        "\\",
        "<?",
        "?>",
        "<![CDATA[",
        "]]>",
        "<!X",
        "\0",
    ]);
    let text = prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat());
    let checked = runner.run(&text, |source| {
        let shown = ShownText::of_markdown(&source);
        prop_assert!(!shown.text.contains('\r'));
        Ok(())
    });
    checked.unwrap();
}
